// The Synchronise button: runs every job that fetches, follows each to its end and says what came.
import { useEffect, useState } from 'preact/hooks';
import { jobs } from '../../api/endpoints';
import type { Job } from '../../api/types';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { fmt, t, tMaybe } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { usePoll } from '../../ui/poll';
import { Progress } from '../../ui/progress';
import { Badge, Card } from '../../ui/state';
import { outcomeKinds } from './runs';

const fetching = ['ads.sync', 'crm.read_back', 'lead_ads.fetch', 'rates.sync'];

function isDone(job: Job, since: number): boolean {
  return !job.running && job.last !== null && job.last.started_at >= since && job.last.finished_at !== null;
}

function Line({ job, since }: { job: Job; since: number }) {
  const name = tMaybe(`job.${job.name}`) ?? job.name;
  const { last } = job;
  return (
    <div class="sync-line">
      <b>{name}</b>
      {isDone(job, since) && last && last.outcome !== null ? (
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
  since: number | null; // when it was started
  shown: Job[];
  running: boolean;
  busy: boolean;
  start: () => void;
  hide: () => void;
}

export function useSync(wanted: boolean, onEnd: () => void): Sync {
  const list = useLoad(wanted ? 'jobs' : null, (signal) => jobs.list(signal));
  const [since, setSince] = useState<number | null>(null);
  const action = useAction();
  const shown = (list.data?.items ?? []).filter((job) => fetching.includes(job.name) && job.paused_at === null);
  const running = since !== null && shown.some((job) => !isDone(job, since));
  usePoll(running ? 2_000 : null, list.reload);
  useEffect(() => {
    if (since !== null && !running) onEnd();
  }, [since, running]);
  const start = (): void =>
    action.run('sync', async () => {
      // The runs' times are the server's own: what ended last before now is what they are told by.
      const before = Math.max(0, ...shown.map((job) => job.last?.started_at ?? 0));
      await Promise.all(shown.filter((job) => !job.running).map((job) => jobs.run(job.name)));
      setSince(before + 1);
      list.reload();
      return t('sync_all.started');
    });
  return { since, shown, running, busy: action.busy !== null, start, hide: () => setSince(null) };
}

export function SyncButton({ sync }: { sync: Sync }) {
  return (
    <Button kind="primary" icon="refresh" busy={sync.busy || sync.running} disabled={sync.shown.length === 0} onClick={sync.start}>
      {t('sync_all.action')}
    </Button>
  );
}

export function SyncResult({ sync }: { sync: Sync }) {
  const { since } = sync;
  if (since === null) return null;
  return (
    <Card
      title={t(sync.running ? 'sync_all.under_way' : 'sync_all.ended')}
      side={!sync.running && <Button small kind="quiet" icon="close" label={t('action.close')} onClick={sync.hide} />}
    >
      <div class="sync-strip" aria-live="polite">
        {sync.shown.map((job) => <Line key={job.name} job={job} since={since} />)}
      </div>
    </Card>
  );
}
