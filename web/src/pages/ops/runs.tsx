// What came of a job's runs: the list and each run's log.
import { useState } from 'preact/hooks';
import { work } from '../../api/sources';
import type { Job, Outcome, RunRow } from '../../api/types';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { fmt, t } from '../../ui/i18n';
import { More } from '../../ui/more';
import { CopyLine } from '../../ui/once';
import { usePaged } from '../../ui/paged';
import { Badge, Block, Empty, Nil, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import { At } from '../../ui/when';

export const outcomeKinds: Record<Outcome, 'good' | 'warn' | 'bad'> = { ok: 'good', partial: 'warn', failed: 'bad', lost: 'bad' };

export function runSeconds(run: { started_at: number; finished_at: number | null }): string | null {
  if (run.finished_at === null) return null;
  const seconds = Math.max(0, run.finished_at - run.started_at) / 1000;
  return t('jobs.took_seconds', { value: fmt.number(seconds, seconds < 10 ? 1 : 0) });
}

function columns(open: (run: RunRow) => void, shown: RunRow | null): Column<RunRow>[] {
  return [
    { id: 'at', head: t('jobs.began'), cell: (run) => <At at={run.started_at} /> },
    {
      id: 'outcome',
      head: t('jobs.outcome'),
      kind: 'text',
      cell: (run) => (
        <Badge kind={run.outcome === null ? 'accent' : outcomeKinds[run.outcome]}>{t(run.outcome === null ? 'jobs.running' : `outcome.${run.outcome}`)}</Badge>
      ),
    },
    { id: 'took', head: t('jobs.took'), kind: 'number', priority: 2, cell: (run) => runSeconds(run) ?? <Nil why={t('jobs.not_finished')} /> },
    { id: 'rows', head: t('jobs.rows'), hint: t('jobs.rows_hint'), kind: 'number', priority: 3, cell: (run) => `${fmt.number(run.written)} / ${fmt.number(run.seen)}` },
    { id: 'failed', head: t('jobs.failed'), kind: 'number', priority: 3, cell: (run) => <span class={run.failed > 0 ? 'bad' : 'muted'}>{fmt.number(run.failed)}</span> },
    {
      id: 'log',
      head: t('jobs.log'),
      kind: 'tool',
      cell: (run) =>
        run.log === null && run.error === null ? null : (
          <Button small kind="quiet" onClick={() => open(run)}>{shown?.id === run.id ? t('action.hide') : t('jobs.log')}</Button>
        ),
    },
  ];
}

export function Runs({ job, name, onClose }: { job: Job; name: string; onClose: () => void }) {
  const [shown, setShown] = useState<RunRow | null>(null);
  const list = usePaged(`runs${job.name}`, (cursor, signal) => work.runs(job.name, { cursor, limit: 30 }, signal));
  return (
    <Dialog side title={t('jobs.history_of', { name })} onClose={onClose}>
      {shown && (
        <section aria-live="polite">
          {shown.error !== null && <p class="note bad"><span>{shown.error}</span></p>}
          {shown.log !== null && <CopyLine label={t('jobs.log')} text={shown.log} lines />}
        </section>
      )}
      <Block loaded={list} skeleton={<Skeleton lines={8} />}>
        {() =>
          list.items.length === 0 ? (
            <Empty icon="jobs" title={t('jobs.never')} />
          ) : (
            <>
              <DataTable
                caption={t('jobs.history_of', { name })}
                rows={list.items}
                columns={columns((run) => setShown(shown?.id === run.id ? null : run), shown)}
                keyOf={(run) => String(run.id)}
                order={null}
                onOrder={() => undefined}
              />
              <More list={list} />
            </>
          )
        }
      </Block>
    </Dialog>
  );
}
