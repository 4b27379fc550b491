// Where the ads were shown, on what, and to what end: the platform's own breakdowns, which do not
// add up with the CRM's numbers and are therefore kept apart. Asked for once somebody opens it.
import { useState } from 'preact/hooks';
import { meta } from '../../api/sources';
import { toQuery } from '../../api/client';
import type { PartList, PartRow } from '../../api/types';
import { setQuery, usePlace } from '../../router';
import { Segments } from '../../ui/button';
import { fmt, t, tMaybe } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { Bar } from '../../ui/progress';
import type { Order } from '../../ui/sort';
import { Block, Empty, Nil, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import { choice, viewParams, type View } from '../../view';

const kinds = ['placement', 'device', 'objective'] as const;

function nameOf(row: PartRow, kind: string): string {
  if (kind === 'objective') return tMaybe(`objective.${row.value}`) ?? row.value;
  return row.value.replace(/_/g, ' ');
}

function columns({ kind, currency, totals }: PartList): Column<PartRow>[] {
  const money = (value: number | null) => (value === null ? <Nil why={t('nil.no_rate')} /> : fmt.money(value, currency));
  return [
    {
      id: 'value',
      head: t(`parts.${choice(kind, kinds, 'placement')}`),
      sort: (row) => nameOf(row, kind),
      cell: (row) => (
        <span class="two-lines">
          <span class="clip" title={row.value}>{nameOf(row, kind)}</span>
          {row.spend !== null && totals.spend !== null && <Bar label={t('parts.share')} done={row.spend} total={totals.spend} />}
        </span>
      ),
    },
    { id: 'spend', head: t('metric.spend'), kind: 'number', sort: (row) => row.spend, cell: (row) => money(row.spend), total: money(totals.spend) },
    { id: 'impressions', head: t('metric.impressions_short'), kind: 'number', priority: 2, sort: (row) => row.impressions, cell: (row) => fmt.number(row.impressions), total: fmt.number(totals.impressions) },
    { id: 'clicks', head: t('metric.clicks_short'), kind: 'number', priority: 3, sort: (row) => row.clicks, cell: (row) => fmt.number(row.clicks), total: fmt.number(totals.clicks) },
    { id: 'link_clicks', head: t('metric.link_clicks_short'), kind: 'number', priority: 3, sort: (row) => row.link_clicks, cell: (row) => fmt.number(row.link_clicks), total: fmt.number(totals.link_clicks) },
    { id: 'leads', head: t('metric.meta_leads_short'), kind: 'number', priority: 2, sort: (row) => row.leads, cell: (row) => fmt.number(row.leads), total: fmt.number(totals.leads) },
    { id: 'purchases', head: t('metric.meta_purchases_short'), kind: 'number', priority: 3, sort: (row) => row.purchases, cell: (row) => fmt.number(row.purchases), total: fmt.number(totals.purchases) },
  ];
}

function Numbers({ view }: { view: View }) {
  const { query } = usePlace();
  const kind = choice(query.get('parts'), kinds, 'placement');
  const [order, setOrder] = useState<Order>({ column: 'spend', descending: true });
  const params = { ...viewParams(view), kind };
  const loaded = useLoad(`breakdowns${toQuery(params)}`, (signal) => meta.breakdown(params, signal), true);
  return (
    <>
      <div class="filters">
        <Segments label={t('parts.title')} options={kinds.map((one) => ({ value: one, text: t(`parts.by_${one}`) }))} value={kind} onChange={(next) => setQuery({ parts: next })} />
      </div>
      <Block loaded={loaded} skeleton={<Skeleton lines={4} />}>
        {(list) =>
          list.items.length === 0 ? (
            <Empty icon="cards" title={t('parts.empty')} text={t('parts.empty_text')} />
          ) : (
            <DataTable caption={t('parts.title')} rows={list.items} columns={columns(list)} keyOf={(row) => row.value} order={order} onOrder={setOrder} totals />
          )
        }
      </Block>
    </>
  );
}

export function Parts({ view }: { view: View }) {
  const { query } = usePlace();
  const [open, setOpen] = useState(query.has('parts'));
  return (
    <details class="fold" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('parts.title')} <small class="muted">{t('parts.lead')}</small></summary>
      {open && <Numbers view={view} />}
    </details>
  );
}
