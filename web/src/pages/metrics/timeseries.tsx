// The course of the numbers by day, week or month; the same figures as a table below on request.
import { useMemo, useState } from 'preact/hooks';
import type { Currency, Granularity, Overview, SeriesPoint } from '../../api/types';
import { setQuery, usePlace } from '../../router';
import { Segments } from '../../ui/button';
import type { ChartSpec } from '../../ui/chart';
import { ChartBox } from '../../ui/chartbox';
import { addDays, addMonths, dayAt } from '../../ui/day';
import { fmt, t, type Key } from '../../ui/i18n';
import { Icon } from '../../ui/icon';
import { changeView } from '../../ui/periodbar';
import { Card, Empty, Nil } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import type { Order } from '../../ui/sort';
import { choice, type View } from '../../view';

type Shown = 'money' | 'roi' | 'volume';
const shownKinds: readonly Shown[] = ['money', 'roi', 'volume'];
const granularities: readonly Granularity[] = ['day', 'week', 'month'];

interface Line {
  key: 'revenue' | 'spend' | 'roi' | 'leads' | 'sales';
  colour: string;
}
const lines: Record<Shown, Line[]> = {
  money: [{ key: 'revenue', colour: '--accent' }, { key: 'spend', colour: '--spend' }],
  roi: [{ key: 'roi', colour: '--accent' }],
  volume: [{ key: 'leads', colour: '--third' }, { key: 'sales', colour: '--accent' }],
};

// Nothing at all to draw: no points, or only zeros and gaps.
function isFlat(series: readonly SeriesPoint[], shown: Shown): boolean {
  return series.every((point) => lines[shown].every(({ key }) => point[key] === 0 || point[key] === null));
}

function write(key: Line['key'], value: number, currency: Currency): string {
  if (key === 'roi') return fmt.percent(value);
  return key === 'leads' || key === 'sales' ? fmt.number(value) : fmt.money(value, currency);
}

export function pointName(point: SeriesPoint, granularity: Granularity): string {
  if (granularity === 'month') return fmt.month(point.day);
  return granularity === 'week' ? fmt.range(point.day, addDays(point.day, 6)) : fmt.dayFull(point.day);
}

function axisName(point: SeriesPoint, granularity: Granularity, count: number): string {
  if (granularity === 'month') return fmt.monthShort(point.day);
  return granularity === 'day' && count <= 10 ? fmt.dayAxis(point.day) : fmt.day(point.day);
}

// Whether a point's time is not over yet, so that it may still grow.
export function isUnfinished(day: string, granularity: Granularity, today: string): boolean {
  const last =
    granularity === 'day' ? day : granularity === 'week' ? addDays(day, 6) : addDays(addMonths(day, 1), -1);
  return last >= today;
}

function SeriesTable({ overview, granularity }: { overview: Overview; granularity: Granularity }) {
  const [order, setOrder] = useState<Order | null>({ column: 'day', descending: true });
  const { currency, totals } = overview;
  const number = (key: 'revenue' | 'spend' | 'sales' | 'leads'): Column<SeriesPoint> => ({
    id: key,
    head: t(`metric.${key}`),
    priority: key === 'leads' ? 2 : 1,
    cell: (point) => write(key, point[key], currency),
    sort: (point) => point[key],
    total: write(key, totals[key], currency),
  });
  const columns: Column<SeriesPoint>[] = [
    { id: 'day', head: t(`granularity.${granularity}`), cell: (point) => pointName(point, granularity), sort: (point) => point.day },
    number('revenue'),
    number('spend'),
    number('sales'),
    number('leads'),
    {
      id: 'roi',
      head: t('metric.roi'),
      cell: (point) => (point.roi === null ? <Nil why={t('nil.no_spend')} /> : fmt.percent(point.roi)),
      sort: (point) => point.roi,
      total: totals.roi === null ? <Nil why={t('nil.no_spend')} /> : fmt.percent(totals.roi),
    },
  ];
  return (
    <DataTable caption={t('series.table')} rows={overview.series} columns={columns} keyOf={(point) => point.day} order={order} onOrder={setOrder} totals />
  );
}

function useSpec(overview: Overview, shown: Shown, granularity: Granularity): ChartSpec {
  return useMemo(() => {
    const { series, currency } = overview;
    const today = dayAt(overview.freshness.as_of, overview.tz);
    const last = series[series.length - 1];
    return {
      labels: series.map((point) => axisName(point, granularity, series.length)),
      series: lines[shown].map(({ key, colour }) => ({
        name: t(`metric.${key}`),
        colour,
        shape: shown === 'roi' || series.length > 31 ? ('line' as const) : ('bar' as const),
        values: series.map((point) => point[key]),
      })),
      unfinished: last !== undefined && isUnfinished(last.day, granularity, today),
      axis: (value) =>
        shown === 'roi' ? fmt.percent(value, 0) : shown === 'volume' ? fmt.compact(value) : fmt.moneyCompact(value, currency),
    };
  }, [overview, shown, granularity]);
}

export function TimeSeries({ overview, view }: { overview: Overview; view: View }) {
  const { query } = usePlace();
  const shown = choice(query.get('chart'), shownKinds, 'money');
  const [asTable, setAsTable] = useState(false);
  // The answer may still be the old one while the new granularity is on its way.
  const spec = useSpec(overview, shown, view.granularity);
  const { series, currency, period } = overview;
  const names = lines[shown].map(({ key }) => t(`metric.${key}`));
  const range = fmt.range(period.from, period.to);
  return (
    <Card
      class="series"
      title={
        <span class="title-pick">
          <Segments
            label={t('series.what')}
            options={shownKinds.map((one) => ({ value: one, text: t(`series.${one}` as Key) }))}
            value={shown}
            onChange={(next) => setQuery({ chart: next === 'money' ? null : next })}
          />
        </span>
      }
      side={
        <>
          <Segments
            label={t('granularity.title')}
            options={granularities.map((one) => ({ value: one, text: t(`granularity.${one}`) }))}
            value={view.granularity}
            onChange={(granularity) => changeView({ granularity })}
          />
          <button type="button" class="icon-button framed" aria-pressed={asTable} aria-label={t('chart.as_table')} data-tip={t('chart.as_table')} onClick={() => setAsTable(!asTable)}>
            <Icon name="table" />
          </button>
        </>
      }
    >
      {isFlat(series, shown) ? (
        <Empty icon="chart" title={t('series.empty')} text={t('series.empty_text')} />
      ) : (
        <>
          <p class="legend">
            {lines[shown].map(({ key, colour }) => (
              <span key={key}><i style={{ background: `var(${colour})` }} />{t(`metric.${key}`)}</span>
            ))}
            {spec.unfinished && <span><i class="unfinished" />{t('series.unfinished')}</span>}
          </p>
          <ChartBox
            spec={spec}
            description={t('series.describe', { what: fmt.list(names), range, n: series.length })}
            asTable={asTable}
            table={<SeriesTable overview={overview} granularity={view.granularity} />}
            read={(index) => {
              const point = series[index];
              if (!point) return { title: '', rows: [] };
              const reading = {
                title: pointName(point, view.granularity),
                rows: lines[shown].map(({ key, colour }) => {
                  const value = point[key];
                  return { name: t(`metric.${key}`), colour, text: value === null ? t('nil.no_spend') : write(key, value, currency) };
                }),
              };
              if (shown === 'money' && point.roi !== null) reading.rows.push({ name: t('metric.roi'), colour: '--third', text: fmt.percent(point.roi) });
              return spec.unfinished && index === series.length - 1 ? { ...reading, note: t('series.unfinished_note') } : reading;
            }}
          />
        </>
      )}
    </Card>
  );
}
