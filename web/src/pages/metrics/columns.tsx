// The columns of metrics that every table of numbers shares.
import type { Currency, Metric, Metrics } from '../../api/types';
import { fmt, t } from '../../ui/i18n';
import { changeOf, columnSets, definitions, priority, reasonOf, show, showCell, type ColumnSet } from '../../ui/metrics';
import { Nil } from '../../ui/state';
import type { Column } from '../../ui/table';
import { changeText } from './change';

export const columnSetNames: readonly ColumnSet[] = ['result', 'delivery', 'platform'];

export function MetricCell({ metrics, metric, previous, currency, short = false }: {
  metrics: Metrics;
  metric: Metric;
  previous?: Metrics | null | undefined;
  currency: Currency;
  short?: boolean; // where there is little room; the exact figure is in the tooltip
}) {
  const value = metrics[metric];
  if (value === null) {
    const why = reasonOf(metrics, metric);
    return <Nil why={why && t(`nil.${why}`)} />;
  }
  const change = changeOf(definitions[metric], value, previous?.[metric]);
  const full = showCell(fmt, metric, value, currency);
  const text = short && full.length > 10 ? fmt.compact(value) : full;
  if (!change) return <span data-tip={text === full ? undefined : full}>{text}</span>;
  const before = previous?.[metric];
  const was = before === null || before === undefined ? null : `${t('change.was', { value: show(fmt, metric, before, currency) })} · ${changeText(change)}`;
  const tip = [text === full ? null : full, was].filter((part) => part !== null).join('\n');
  const marked = change.direction !== 0 && change.verdict !== 'neutral' && (metric === 'roas' || metric === 'cpl' || metric === 'sales');
  return (
    <span data-tip={tip}>
      {marked && <i class={`tiny tone ${change.verdict}`} aria-hidden="true">{change.direction > 0 ? '▲' : '▼'}</i>}
      {text}
    </span>
  );
}

export function metricColumns<T>(
  set: ColumnSet,
  currency: Currency,
  metricsOf: (row: T) => Metrics,
  totals: Metrics | null,
  previousOf?: (row: T) => Metrics | null,
): Column<T>[] {
  return columnSets[set].map((metric) => ({
    id: metric,
    head: t(`metric.${metric}_short`),
    hint: t(`metric.${metric}_hint`),
    kind: 'number' as const,
    priority: priority[metric],
    cell: (row: T) => <MetricCell metrics={metricsOf(row)} metric={metric} previous={previousOf?.(row)} currency={currency} />,
    sort: (row: T) => metricsOf(row)[metric],
    total: totals && <MetricCell metrics={totals} metric={metric} currency={currency} />,
  }));
}
