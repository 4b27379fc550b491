// What each metric is: how it is written, which direction is good, how its change is told.
import type { Compare, CountMetric, Currency, Metric, Metrics, NullReason } from '../api/types';
import type { Format } from './format';

export type Kind = 'money' | 'count' | 'percent' | 'ratio';
export type Verdict = 'good' | 'bad' | 'neutral';

interface Definition {
  kind: Kind;
  better: 'up' | 'down' | 'neither';
  change: 'percent' | 'points' | 'absolute';
}

export const definitions: Record<Metric, Definition> = {
  revenue: { kind: 'money', better: 'up', change: 'percent' },
  spend: { kind: 'money', better: 'neither', change: 'percent' },
  roi: { kind: 'percent', better: 'up', change: 'points' },
  roas: { kind: 'ratio', better: 'up', change: 'percent' },
  sales: { kind: 'count', better: 'up', change: 'absolute' },
  leads: { kind: 'count', better: 'up', change: 'absolute' },
  cpl: { kind: 'money', better: 'down', change: 'percent' },
  cpa: { kind: 'money', better: 'down', change: 'percent' },
  aov: { kind: 'money', better: 'up', change: 'percent' },
  impressions: { kind: 'count', better: 'neither', change: 'percent' },
  clicks: { kind: 'count', better: 'up', change: 'percent' },
  link_clicks: { kind: 'count', better: 'up', change: 'percent' },
  ctr: { kind: 'percent', better: 'up', change: 'points' },
  cpc: { kind: 'money', better: 'down', change: 'percent' },
  cpm: { kind: 'money', better: 'down', change: 'percent' },
  meta_leads: { kind: 'count', better: 'up', change: 'absolute' },
  meta_purchases: { kind: 'count', better: 'up', change: 'absolute' },
  meta_roas: { kind: 'ratio', better: 'up', change: 'percent' },
};

export interface Change {
  value: number | null; // null: there was nothing before, so no share can be told
  kind: Definition['change'];
  direction: -1 | 0 | 1;
  verdict: Verdict;
}

function judge(direction: number, better: Definition['better']): Verdict {
  if (direction === 0 || better === 'neither') return 'neutral';
  return direction > 0 === (better === 'up') ? 'good' : 'bad';
}

export function changeOf(
  definition: Definition,
  now: number | null,
  before: number | null | undefined,
): Change | null {
  if (now === null || before === null || before === undefined) return null;
  const difference = now - before;
  // What would be shown as zero is no change.
  const still = definition.change === 'points' ? Math.abs(difference) < 0.005 : Math.abs(difference) < Math.abs(before) * 0.0005;
  const direction = still || difference === 0 ? 0 : difference > 0 ? 1 : -1;
  const verdict = judge(direction, definition.better);
  if (definition.change !== 'percent') {
    return { value: difference, kind: definition.change, direction, verdict };
  }
  if (before === 0) return now === 0 ? null : { value: null, kind: 'percent', direction, verdict };
  return { value: (difference / Math.abs(before)) * 100, kind: 'percent', direction, verdict };
}

export function changeBetween(metric: Metric, now: Metrics, before: Metrics | null): Change | null {
  return before === null ? null : changeOf(definitions[metric], now[metric], before[metric]);
}

export function reasonOf(metrics: Metrics, metric: Metric): NullReason | null {
  return metrics.reasons[metric] ?? null;
}

export function show(format: Format, metric: Metric, value: number, currency: Currency): string {
  return showKind(format, definitions[metric].kind, value, currency);
}

export function showKind(format: Format, kind: Kind, value: number, currency: Currency): string {
  switch (kind) {
    case 'money':
      return format.money(value, currency);
    case 'count':
      return format.number(value);
    case 'percent':
      return format.percent(value);
    case 'ratio':
      return format.ratio(value);
  }
}

// Inside tables the currency stands in the heading, not in every cell.
export function showCell(format: Format, metric: Metric, value: number, currency: Currency): string {
  const { kind } = definitions[metric];
  return kind === 'money'
    ? format.number(value, currency === 'KZT' ? 0 : 2)
    : showKind(format, kind, value, currency);
}

export const columnSets: Record<ColumnSet, Metric[]> = {
  result: ['spend', 'leads', 'cpl', 'sales', 'cpa', 'revenue', 'roas', 'roi'],
  delivery: ['spend', 'impressions', 'cpm', 'clicks', 'ctr', 'cpc', 'link_clicks', 'leads'],
  platform: ['spend', 'meta_leads', 'leads', 'meta_purchases', 'sales', 'meta_roas', 'roas', 'aov'],
};
export type ColumnSet = 'result' | 'delivery' | 'platform';

// Which columns stay when the table gets narrow: 1 always, 3 only with room to spare.
export const priority: Record<Metric, 1 | 2 | 3> = {
  spend: 1,
  sales: 2,
  revenue: 2,
  roas: 1,
  roi: 3,
  leads: 2,
  cpl: 1,
  cpa: 3,
  aov: 3,
  impressions: 2,
  clicks: 3,
  link_clicks: 3,
  ctr: 2,
  cpc: 3,
  cpm: 2,
  meta_leads: 1,
  meta_purchases: 2,
  meta_roas: 1,
};

export const comparisons: readonly Compare[] = ['previous', 'year', 'none'];
export const currencies: readonly Currency[] = ['KZT', 'USD', 'BRL'];

// The steps from an impression to a sale, with what each one costs and how many came through.
export interface Step {
  metric: CountMetric;
  cost: 'cpm' | 'cpc' | 'cpl' | 'cpa';
}
export const steps: readonly Step[] = [
  { metric: 'impressions', cost: 'cpm' },
  { metric: 'clicks', cost: 'cpc' },
  { metric: 'leads', cost: 'cpl' },
  { metric: 'sales', cost: 'cpa' },
];

export function share(part: number, whole: number): number | null {
  return whole === 0 ? null : (part / whole) * 100;
}
