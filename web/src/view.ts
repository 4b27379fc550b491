// What a page of numbers looks at. It lives in the address alone, so that a link shows the same.
import type { Compare, Currency, Day, Granularity, Preset } from './api/types';
import { toQuery, type Params } from './api/client';
import { isDay } from './ui/day';

export interface View {
  period: Preset | 'custom';
  from: Day | null; // both days with 'custom', else null
  to: Day | null;
  compare: Compare;
  currency: Currency;
  granularity: Granularity;
  team: number | null;
}

export const presets: readonly Preset[] = ['today', '7d', '30d', 'month'];
const allPresets: readonly Preset[] = ['today', 'yesterday', '7d', '30d', 'month'];
const compares: readonly Compare[] = ['previous', 'year', 'none'];
const currencies: readonly Currency[] = ['KZT', 'USD', 'BRL'];
const granularities: readonly Granularity[] = ['day', 'week', 'month'];

export const defaultView: View = {
  period: '7d',
  from: null,
  to: null,
  compare: 'previous',
  currency: 'KZT',
  granularity: 'day',
  team: null,
};

export function choice<T extends string>(text: string | null, choices: readonly T[], otherwise: T): T {
  return choices.find((one) => one === text) ?? otherwise;
}

export function readView(query: URLSearchParams): View {
  const from = query.get('from') ?? '';
  const to = query.get('to') ?? '';
  const custom = isDay(from) && isDay(to) && from <= to;
  const team = Number(query.get('team'));
  return {
    period: custom ? 'custom' : choice(query.get('period'), allPresets, '7d'),
    from: custom ? from : null,
    to: custom ? to : null,
    compare: choice(query.get('compare'), compares, 'previous'),
    currency: choice(query.get('currency'), currencies, 'KZT'),
    granularity: choice(query.get('granularity'), granularities, 'day'),
    team: Number.isSafeInteger(team) && team > 0 ? team : null,
  };
}

// Only what differs from the default is written: short addresses, one address per view.
export function writeView(view: View): URLSearchParams {
  const query = new URLSearchParams();
  if (view.period === 'custom' && view.from !== null && view.to !== null) {
    query.set('from', view.from);
    query.set('to', view.to);
  } else if (view.period !== defaultView.period && view.period !== 'custom') {
    query.set('period', view.period);
  }
  if (view.compare !== defaultView.compare) query.set('compare', view.compare);
  if (view.currency !== defaultView.currency) query.set('currency', view.currency);
  if (view.granularity !== defaultView.granularity) query.set('granularity', view.granularity);
  if (view.team !== null) query.set('team', String(view.team));
  return query;
}

const viewKeys = ['period', 'from', 'to', 'compare', 'currency', 'granularity', 'team'];

// The address of a page with another view; what else stands in the query stays.
export function withView(query: URLSearchParams, view: View): URLSearchParams {
  const next = writeView(view);
  for (const [name, value] of query) if (!viewKeys.includes(name)) next.set(name, value);
  return next;
}

export function periodParams(view: View): Params {
  return view.period === 'custom'
    ? { from: view.from, to: view.to }
    : { period: view.period };
}

export function overviewParams(view: View): Params {
  return { ...viewParams(view), compare: view.compare, granularity: view.granularity };
}

export function overviewKey(params: Params): string {
  return `overview${toQuery(params)}`;
}

export function viewParams(view: View): Params {
  return { ...periodParams(view), currency: view.currency, team: view.team };
}
