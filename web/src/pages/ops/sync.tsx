// The Synchronise button: runs every job that fetches, follows each to its end and says what came.
import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../../api/client';
import { jobs } from '../../api/endpoints';
import type { Job } from '../../api/types';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { fmt, t, tMaybe } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { soon, usePoll } from '../../ui/poll';
import { Progress } from '../../ui/progress';
import { Badge, Card } from '../../ui/state';
import { outcomeKinds } from './runs';

const fetching = ['ads.sync', 'crm.read_back', 'lead_ads.fetch', 'rates.sync'];

// From which beginning on a run of each job is one of ours: the one under way when the button was
// pressed, or any after the last.
type Begun = { [job: string]: number };

function begunOf(jobs: readonly Job[]): Begun {
  return Object.fromEntries(jobs.map((job) => [job.name, (job.last?.started_at ?? 0) + (job.running ? 0 : 1)]));
}

export function isDone(job: Job, begun: Begun): boolean {
  return !job.running && job.last !== null && job.last.started_at >= (begun[job.name] ?? 0) && job.last.finished_at !== null;
}

// The timetable may be quicker than we are: what runs already need not be started.
async function startJob(job: Job): Promise<void> {
  if (job.running) return;
  try {
    await jobs.run(job.name);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'conflict') throw error;
  }
}

function Line({ job, begun }: { job: Job; begun: Begun }) {
  const name = tMaybe(`job.${job.name}`) ?? job.name;
  const { last } = job;
  return (
    <div class="sync-line">
      <b>{name}</b>
      {isDone(job, begun) && last && last.outcome !== null ? (
        <>
          <span class="two-lines">
            <span>{t('sync_all.result', { seen: fmt.number(last.seen), written: fmt.number(last.written) })}</span>
            {last.error !== null && <small class="bad">{last.error}</small>}
          </span>
          <Badge kind={outcomeKinds[last.outcome]}>{t(`outcome.${last.outcome}`)}</Badge>
        </>
      ) : (
        <>
          <Progress label={name} progress={job.progress} />
          <Badge kind={job.running ? 'accent' : 'quiet'}>{t(job.running ? 'jobs.running' : 'sync_all.queued')}</Badge>
        </>
      )}
    </div>
  );
}

export interface Sync {
  begun: Begun | null; // null: nothing was started
  shown: Job[];
  running: boolean;
  busy: boolean;
  start: () => void;
  hide: () => void;
}

export function useSync(wanted: boolean, onEnd: () => void): Sync {
  const list = useLoad(wanted ? 'jobs' : null, (signal) => jobs.list(signal));
  const [begun, setBegun] = useState<Begun | null>(null);
  const action = useAction();
  const shown = (list.data?.items ?? []).filter((job) => fetching.includes(job.name) && job.paused_at === null);
  const running = begun !== null && shown.some((job) => !isDone(job, begun));
  usePoll(running ? soon : null, list.reload);
  useEffect(() => {
    if (begun !== null && !running) onEnd();
  }, [begun, running]);
  const start = (): void =>
    action.run('sync', async () => {
      await Promise.all(shown.map(startJob));
      setBegun(begunOf(shown));
      list.reload();
      return t('sync_all.started');
    });
  return { begun, shown, running, busy: action.busy !== null, start, hide: () => setBegun(null) };
}

export function SyncButton({ sync }: { sync: Sync }) {
  return (
    <Button kind="primary" icon="refresh" busy={sync.busy || sync.running} disabled={sync.shown.length === 0} onClick={sync.start}>
      {t('sync_all.action')}
    </Button>
  );
}

export function SyncResult({ sync }: { sync: Sync }) {
  const { begun } = sync;
  if (begun === null) return null;
  return (
    <Card
      title={t(sync.running ? 'sync_all.under_way' : 'sync_all.ended')}
      side={!sync.running && <Button small kind="quiet" icon="close" label={t('action.close')} onClick={sync.hide} />}
    >
      <div class="sync-strip" aria-live="polite">
        {sync.shown.map((job) => <Line key={job.name} job={job} begun={begun} />)}
      </div>
    </Card>
  );
}
