// Background jobs: when each ran, what came of it, how far it is, when it runs next; run it now,
// hold it back, change its timetable, look at its history.
import '../../kit_more';
import { useState } from 'preact/hooks';
import { jobs } from '../../api/endpoints';
import { work } from '../../api/sources';
import type { Job } from '../../api/types';
import { reportZone } from '../../live';
import { PageHead } from '../../shell/head';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { fmt, t, tMaybe } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { later, soon, usePoll } from '../../ui/poll';
import { Actions, type Action } from '../../ui/popover';
import { Progress } from '../../ui/progress';
import { Badge, Block, Card, Empty, Nil, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import { Ago } from '../../ui/when';
import { outcomeKinds, Runs, runSeconds } from './runs';
import { Schedule } from './schedule';

function jobName(job: Job): string {
  return tMaybe(`job.${job.name}`) ?? job.name;
}

function State({ job }: { job: Job }) {
  if (job.running) return <Badge kind="accent">{t('jobs.running')}</Badge>;
  if (!job.last) return <Badge kind="quiet">{t('jobs.never')}</Badge>;
  const { outcome } = job.last;
  return <Badge kind={outcome === null ? 'accent' : outcomeKinds[outcome]}>{t(outcome === null ? 'jobs.running' : `outcome.${outcome}`)}</Badge>;
}

function Last({ job }: { job: Job }) {
  return (
    <span class="two-lines">
      <span class="job-state">
        <State job={job} />
        {job.last && <small class="nowrap" data-tip={fmt.moment(job.last.started_at, reportZone)}>{fmt.ago(job.last.started_at, Date.now())}</small>}
      </span>
      {job.running && <Progress label={jobName(job)} progress={job.progress} />}
      {!job.running && job.last && job.last.error !== null && <small class="bad clip" title={job.last.error}>{job.last.error}</small>}
    </span>
  );
}

function Next({ job }: { job: Job }) {
  if (job.paused_at !== null) {
    return (
      <span class="two-lines">
        <span><Badge kind="warn">{t('jobs.paused')}</Badge></span>
        <small>{fmt.ago(job.paused_at, Date.now())}</small>
      </span>
    );
  }
  return <Ago at={job.next_at} none={t('jobs.paused')} />;
}

function columns(run: (job: Job) => void, actionsOf: (job: Job) => Action[], busy: string | null): Column<Job>[] {
  return [
    {
      id: 'name',
      head: t('jobs.job'),
      cell: (job) => (
        <span class="two-lines">
          <span class="clip" title={jobName(job)}>{jobName(job)}</span>
          <small class="mono">{job.name} · {job.cron}{job.cron === job.default_cron ? '' : ` (${t('jobs.cron_own')})`}</small>
        </span>
      ),
    },
    { id: 'state', head: t('jobs.last'), kind: 'text', cell: (job) => <Last job={job} /> },
    { id: 'took', head: t('jobs.took'), kind: 'number', priority: 3, cell: (job) => (job.last && runSeconds(job.last)) ?? <Nil why={t('jobs.not_finished')} /> },
    { id: 'rows', head: t('jobs.rows'), hint: t('jobs.rows_hint'), kind: 'number', priority: 3, cell: (job) => (job.last ? `${fmt.number(job.last.written)} / ${fmt.number(job.last.seen)}` : <Nil why={t('jobs.never')} />) },
    { id: 'failed', head: t('jobs.failed'), kind: 'number', priority: 3, cell: (job) => (job.last ? <span class={job.last.failed > 0 ? 'bad' : 'muted'}>{fmt.number(job.last.failed)}</span> : <Nil why={t('jobs.never')} />) },
    { id: 'next', head: t('jobs.next'), kind: 'text', priority: 2, cell: (job) => <Next job={job} /> },
    {
      id: 'run',
      head: t('jobs.run'),
      kind: 'tool',
      cell: (job) => (
        <span class="item-side">
          <Button small icon="play" busy={busy === job.name} disabled={job.running} onClick={() => run(job)}>{t('jobs.run')}</Button>
          <Actions label={t('action.for', { name: jobName(job) })} actions={actionsOf(job)} />
        </span>
      ),
    },
  ];
}

export default function JobsPage() {
  const loaded = useLoad('jobs', (signal) => jobs.list(signal));
  const [shown, setShown] = useState<{ what: 'runs' | 'schedule'; name: string } | null>(null);
  const action = useAction();
  const running = loaded.data?.items.some((job) => job.running) ?? false;
  usePoll(running ? soon : later, loaded.reload);
  const run = (job: Job): void =>
    action.run(job.name, async () => {
      await jobs.run(job.name);
      loaded.reload();
      return t('jobs.started', { name: jobName(job) });
    }, { conflict: 'jobs.conflict' });
  const hold = (job: Job): void =>
    action.run(job.name, async () => {
      await (job.paused_at === null ? work.pause(job.name) : work.resume(job.name));
      loaded.reload();
      return t(job.paused_at === null ? 'jobs.paused_toast' : 'jobs.resumed_toast', { name: jobName(job) });
    });
  const actionsOf = (job: Job): Action[] => [
    { text: t('jobs.history'), run: () => setShown({ what: 'runs', name: job.name }) },
    { text: t('jobs.schedule'), run: () => setShown({ what: 'schedule', name: job.name }) },
    { text: t(job.paused_at === null ? 'jobs.pause' : 'jobs.resume'), run: () => hold(job) },
  ];
  const done = (): void => {
    setShown(null);
    loaded.reload();
  };
  const open = loaded.data?.items.find((job) => job.name === shown?.name);
  return (
    <>
      <PageHead title={t('nav.jobs')} lead={t('jobs.lead')} />
      <Card>
        <Block loaded={loaded} skeleton={<Skeleton lines={6} />}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty icon="jobs" title={t('jobs.empty')} />
            ) : (
              <DataTable
                caption={t('nav.jobs')}
                rows={items}
                columns={columns(run, actionsOf, action.busy)}
                keyOf={(job) => job.name}
                order={null}
                onOrder={() => undefined}
                rowClass={(job) => (job.paused_at === null ? '' : 'off')}
              />
            )
          }
        </Block>
      </Card>
      {open && shown?.what === 'runs' && <Runs job={open} name={jobName(open)} onClose={() => setShown(null)} />}
      {open && shown?.what === 'schedule' && <Schedule job={open} name={jobName(open)} onDone={done} onClose={() => setShown(null)} />}
    </>
  );
}
