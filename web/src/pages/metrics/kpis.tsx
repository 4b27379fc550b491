// The cards on top: one figure each, its change, one quiet fact, and its course.
import type { Metric, NullReason, Overview } from '../../api/types';
import { address, here } from '../../router';
import { fmt, t } from '../../ui/i18n';
import { changeBetween, definitions, reasonOf, show, type Change } from '../../ui/metrics';
import { Nil } from '../../ui/state';
import { Spark } from '../../ui/spark';
import { readView, writeView } from '../../view';
import { ChangeMark } from './change';

interface Figure {
  sign: string;
  figure: string;
  unit: string;
  unitFirst: boolean;
  exact: string;
}

// Long sums become short ones before they could wrap; the exact one is in the tooltip.
const longest = 11;

function figureOf(metric: Metric, value: number, overview: Overview): Figure {
  const { kind } = definitions[metric];
  const exact = kind === 'money' ? fmt.money(value, overview.currency, 2) : show(fmt, metric, value, overview.currency);
  if (kind === 'money') {
    const parts = fmt.moneyParts(value, overview.currency, Math.abs(value) >= 100_000 ? 0 : undefined);
    if (parts.figure.length <= longest) return { ...parts, exact };
    return { ...parts, figure: fmt.compact(Math.abs(value)), exact };
  }
  const plain = kind === 'count' ? fmt.number(value) : fmt.number(value, kind === 'percent' ? 1 : 2);
  const text = plain.length <= longest ? plain : fmt.compact(value);
  return { sign: '', figure: text, unit: kind === 'percent' ? '%' : '', unitFirst: false, exact };
}

function FigureText({ at }: { at: Figure }) {
  const unit = at.unit !== '' && <small>{at.unit}</small>;
  return (
    <p class="kpi-figure num" data-tip={at.exact}>
      {at.sign}{at.unitFirst && unit}{at.figure}{!at.unitFirst && unit}
    </p>
  );
}

interface KpiProps {
  title: string;
  hint: string;
  to: string;
  figure: Figure | null;
  why: NullReason | null;
  change: Change | null;
  was: string | null; // behind the change, in its tooltip
  note?: string; // in place of a change
  fact: string | null;
  course: (number | null)[];
  meter?: number; // a share, in place of the course
}

function Kpi({ title, hint, to, figure, why, change, was, note, fact, course, meter }: KpiProps) {
  const enough = course.filter((value) => value !== null).length > 1;
  return (
    <article class="kpi card">
      <h2><a href={to} data-tip={hint}>{title}</a></h2>
      {figure ? <FigureText at={figure} /> : <p class="kpi-figure"><Nil why={why && t(`nil.${why}`)} /></p>}
      <p class="kpi-change">
        {change ? <ChangeMark change={change} was={was} /> : <span class="muted clip">{note ?? (figure === null && why ? t(`nil.${why}`) : '')}</span>}
      </p>
      <p class="kpi-fact num" title={fact ?? undefined}>{fact}</p>
      {meter !== undefined && <div class="meter" aria-hidden="true"><i style={{ width: `${meter}%` }} /></div>}
      {meter !== undefined ? null : enough ? <Spark values={course} verdict={change?.verdict ?? 'neutral'} /> : <div class="spark" />}
    </article>
  );
}

function linkTo(path: string, extra: Record<string, string> = {}): string {
  const query = writeView({ ...readView(here().query), granularity: 'day' });
  for (const [name, value] of Object.entries(extra)) query.set(name, value);
  return address(path, query);
}

function metricCard(metric: Metric, overview: Overview, to: string, fact: string | null, course: (number | null)[]) {
  const { totals, previous, currency } = overview;
  const value = totals[metric];
  const before = previous?.[metric] ?? null;
  return (
    <Kpi
      key={metric}
      title={t(`metric.${metric}`)}
      hint={t(`metric.${metric}_hint`)}
      to={to}
      figure={value === null ? null : figureOf(metric, value, overview)}
      why={reasonOf(totals, metric)}
      change={changeBetween(metric, totals, previous)}
      was={before === null ? null : t('change.was', { value: show(fmt, metric, before, currency) })}
      fact={fact}
      course={course}
    />
  );
}

function attributionCard(overview: Overview) {
  const { rate, sales_unattributed: left, revenue_unattributed: lost } = overview.attribution;
  return (
    <Kpi
      key="attribution"
      title={t('kpi.attribution')}
      hint={t('kpi.attribution_hint')}
      to={linkTo('/sales')}
      figure={rate === null ? null : { sign: '', figure: fmt.number(rate, 1), unit: '%', unitFirst: false, exact: fmt.percent(rate, 2) }}
      why={rate === null ? 'no_sales' : null}
      change={null}
      was={null}
      note={rate === null ? t('nil.no_sales') : left === 0 ? t('kpi.attribution_full') : t('kpi.attribution_left', { n: left })}
      fact={left === 0 ? null : t('kpi.attribution_lost', { value: fmt.money(lost, overview.currency) })}
      course={[]}
      meter={rate ?? 0}
    />
  );
}

export function Kpis({ overview }: { overview: Overview }) {
  const { totals, currency, series, products } = overview;
  const per = (cost: number, count: number): number | null => (count === 0 ? null : cost / count);
  const sold = products.filter((product) => product.sales > 0);
  const split = sold.slice(0, 2).map((product) => `${fmt.number(product.sales)} ${product.name ?? t('rest.product')}`);
  const each = totals.leads > 0 || totals.sales === 0 ? 'cpl' : 'cpa';
  return (
    <div class="kpis">
      {metricCard('revenue', overview, linkTo('/sales', { state: 'won' }),
        totals.aov === null ? null : t('kpi.aov', { value: fmt.money(totals.aov, currency) }),
        series.map((point) => point.revenue))}
      {metricCard('spend', overview, linkTo('/campaigns'),
        totals.impressions === 0 ? null : t('kpi.impressions', { n: totals.impressions }),
        series.map((point) => point.spend))}
      {metricCard('roi', overview, linkTo('/campaigns', { sort: '-roi' }),
        totals.roas === null ? null : t('kpi.roas', { value: fmt.ratio(totals.roas) }),
        series.map((point) => point.roi))}
      {metricCard('sales', overview, linkTo('/sales', { state: 'won' }),
        split.length === 0 ? null : split.join(' · '),
        series.map((point) => point.sales))}
      {metricCard(each, overview, linkTo('/campaigns', { sort: each }),
        each === 'cpl' ? t('kpi.leads', { n: totals.leads }) : t('kpi.sales', { n: totals.sales }),
        series.map((point) => per(point.spend, each === 'cpl' ? point.leads : point.sales)))}
      {attributionCard(overview)}
    </div>
  );
}

export function KpiSkeleton() {
  return (
    <div class="kpis">
      {['1', '2', '3', '4', '5', '6'].map((key) => (
        <div class="kpi card skeleton" key={key} aria-hidden="true"><i /><i class="figure" /><i /></div>
      ))}
    </div>
  );
}
