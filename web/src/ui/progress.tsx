// How far something is: a bar with its figures, or a moving one while nobody knows the end.
import type { JobProgress } from '../api/types';
import { fmt, t } from './i18n';

export function Bar({ label, done, total }: { label: string; done: number; total: number | null }) {
  const known = total !== null && total > 0;
  const share = known ? Math.min(100, (done / total) * 100) : 0;
  return (
    <div
      class={known ? 'bar' : 'bar moving'}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={known ? Math.round(share) : undefined}
    >
      <i style={known ? { width: `${share}%` } : undefined} />
    </div>
  );
}

export function Progress({ label, progress }: { label: string; progress: JobProgress | null }) {
  const figures =
    progress === null
      ? t('progress.begins')
      : progress.total === null || progress.total === 0
        ? t('progress.done', { n: progress.done })
        : t('progress.of', { done: fmt.number(progress.done), total: fmt.number(progress.total) });
  return (
    <div class="progress">
      <Bar label={label} done={progress?.done ?? 0} total={progress?.total ?? null} />
      <small class="num">{[figures, progress?.text].filter((part) => part !== null && part !== undefined && part !== '').join(' · ')}</small>
    </div>
  );
}
