// Background jobs: when each ran, what came of it, when it runs next, and a button to run it now.
import '../../kit';
import { useEffect } from 'preact/hooks';
import { jobs } from '../../api/endpoints';
import type { Job, Outcome } from '../../api/types';
import { reportZone } from '../../live';
import { PageHead } from '../../shell/head';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { fmt, t, tMaybe } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { Badge, Block, Card, Empty, Nil, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';

const kinds: Record<Outcome, 'good' | 'warn' | 'bad'> = { ok: 'good', partial: 'warn', failed: 'bad', lost: 'bad' };

function jobName(job: Job): string {
  return tMaybe(`job.${job.name}`) ?? job.name;
}

function duration(job: Job): string | null {
  const { last } = job;
  if (!last || last.finished_at === null) return null;
  const seconds = Math.max(0, last.finished_at - last.started_at) / 1000;
  return seconds < 10 ? t('jobs.took_seconds', { value: fmt.number(seconds, 1) }) : t('jobs.took_seconds', { value: fmt.number(seconds) });
}

function State({ job }: { job: Job }) {
  if (job.running) return <Badge kind="accent">{t('jobs.running')}</Badge>;
  if (!job.last) return <Badge kind="quiet">{t('jobs.never')}</Badge>;
  const { outcome } = job.last;
  return <Badge kind={outcome === null ? 'accent' : kinds[outcome]}>{t(outcome === null ? 'jobs.running' : `outcome.${outcome}`)}</Badge>;
}

function columns(run: (job: Job) => void, busy: string | null): Column<Job>[] {
  return [
    { id: 'name', head: t('jobs.job'), cell: (job) => <span class="two-lines"><span class="clip" title={jobName(job)}>{jobName(job)}</span><small class="mono">{job.name} · {job.cron}</small></span> },
    {
      id: 'state',
      head: t('jobs.last'),
      kind: 'text',
      cell: (job) => (
        <span class="two-lines">
          <span class="job-state">
            <State job={job} />
            {job.last && <small class="nowrap" data-tip={fmt.moment(job.last.started_at, reportZone)}>{fmt.ago(job.last.started_at, Date.now())}</small>}
          </span>
          {job.last && job.last.error !== null && <small class="bad clip" title={job.last.error}>{job.last.error}</small>}
        </span>
      ),
    },
    { id: 'took', head: t('jobs.took'), kind: 'number', priority: 3, cell: (job) => duration(job) ?? <Nil why={t('jobs.not_finished')} /> },
    { id: 'rows', head: t('jobs.rows'), hint: t('jobs.rows_hint'), kind: 'number', priority: 3, cell: (job) => (job.last ? `${fmt.number(job.last.written)} / ${fmt.number(job.last.seen)}` : <Nil why={t('jobs.never')} />) },
    { id: 'failed', head: t('jobs.failed'), kind: 'number', priority: 2, cell: (job) => (job.last ? <span class={job.last.failed > 0 ? 'bad' : 'muted'}>{fmt.number(job.last.failed)}</span> : <Nil why={t('jobs.never')} />) },
    { id: 'next', head: t('jobs.next'), kind: 'text', priority: 2, cell: (job) => <span class="num nowrap" data-tip={fmt.moment(job.next_at, reportZone)}>{fmt.ago(job.next_at, Date.now())}</span> },
    { id: 'run', head: t('jobs.run'), kind: 'tool', cell: (job) => <Button small icon="play" busy={busy === job.name} disabled={job.running} onClick={() => run(job)}>{t('jobs.run')}</Button> },
  ];
}

export default function JobsPage() {
  const loaded = useLoad('jobs', (signal) => jobs.list(signal));
  const action = useAction();
  const running = loaded.data?.items.some((job) => job.running) ?? false;
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) loaded.reload();
    }, running ? 4_000 : 30_000);
    return () => clearInterval(timer);
  }, [running]);
  const run = (job: Job): void =>
    action.run(job.name, async () => {
      await jobs.run(job.name);
      loaded.reload();
      return t('jobs.started', { name: jobName(job) });
    }, { conflict: 'jobs.conflict' });
  return (
    <>
      <PageHead title={t('nav.jobs')} lead={t('jobs.lead')} />
      <Card>
        <Block loaded={loaded} skeleton={<Skeleton lines={6} />}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty icon="jobs" title={t('jobs.empty')} />
            ) : (
              <DataTable caption={t('nav.jobs')} rows={items} columns={columns(run, action.busy)} keyOf={(job) => job.name} order={null} onOrder={() => undefined} />
            )
          }
        </Block>
      </Card>
    </>
  );
}
