// Moments: how long ago or how soon, with the exact time one hover away.
import type { Instant } from '../api/types';
import { reportZone } from '../live';
import { fmt } from './i18n';
import { Nil } from './state';

export function Ago({ at, none }: { at: Instant | null; none?: string }) {
  if (at === null) return <Nil why={none ?? null} />;
  return <span class="num nowrap" data-tip={fmt.moment(at, reportZone)}>{fmt.ago(at, Date.now())}</span>;
}
export function At({ at, none }: { at: Instant | null; none?: string }) {
  if (at === null) return <Nil why={none ?? null} />;
  return <span class="num nowrap" data-tip={fmt.ago(at, Date.now())}>{fmt.moment(at, reportZone)}</span>;
}

// Bytes as people say them.
export function sizeText(bytes: number): string {
  const steps: [number, string][] = [[1e9, 'GB'], [1e6, 'MB'], [1e3, 'KB']];
  const [size, unit] = steps.find(([least]) => bytes >= least) ?? [1, 'B'];
  return `${fmt.number(bytes / size, size === 1 ? 0 : 1)}\u00a0${unit}`;
}
