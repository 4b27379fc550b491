// Sales: each deal, whose it is, and why.
import '../../kit_more';
import { useState } from 'preact/hooks';
import { sales } from '../../api/endpoints';
import { toQuery } from '../../api/client';
import type { Sale } from '../../api/types';
import { reportZone } from '../../live';
import { setQuery, usePlace } from '../../router';
import { PageHead } from '../../shell/head';
import { Button, Segments } from '../../ui/button';
import { errorText } from '../../ui/errors';
import { fmt, t } from '../../ui/i18n';
import { usePaged } from '../../ui/paged';
import { PeriodBar } from '../../ui/periodbar';
import { Badge, Block, Card, Empty, Nil, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import { TeamFilter } from '../../ui/teampick';
import { choice, periodParams, readView } from '../../view';
import { reasonWords, Receipt, ReceiptOf, stateKinds } from './receipt';

const stateFilters = ['all', 'won', 'open', 'lost'] as const;

function columns(open: (sale: Sale) => void): Column<Sale>[] {
  return [
    {
      id: 'name',
      head: t('sale.one'),
      cell: (sale) => (
        <span class="two-lines">
          <button type="button" class="as-link clip" title={sale.name} onClick={() => open(sale)}>{sale.name}</button>
          <small class="mono">{sale.deal_id}</small>
        </span>
      ),
    },
    { id: 'when', head: t('sale.when'), kind: 'text', priority: 3, cell: (sale) => <span class="num nowrap">{fmt.moment(sale.won_at ?? sale.created_at, reportZone)}</span> },
    { id: 'price', head: t('sale.price'), kind: 'number', cell: (sale) => fmt.money(sale.price, sale.currency) },
    { id: 'state', head: t('sale.state'), kind: 'text', cell: (sale) => <Badge kind={stateKinds[sale.state]}>{t(`sale.${sale.state}`)}</Badge> },
    { id: 'product', head: t('sale.product'), kind: 'text', priority: 3, cell: (sale) => sale.product ?? <Nil why={t('sale.no_product')} /> },
    {
      id: 'team',
      head: t('team.one'),
      kind: 'text',
      priority: 2,
      cell: (sale) => (
        <span class="two-lines">
          {sale.team_name === null ? <span class="nobody">{t('team.unattributed')}</span> : <span class="clip">{sale.team_name}</span>}
          <small>{reasonWords(sale)}</small>
        </span>
      ),
    },
    {
      id: 'utm',
      head: 'UTM',
      kind: 'text',
      priority: 3,
      cell: (sale) => (sale.utm_source === null ? <Nil why={t('reason.no_tag')} /> : <span class="mono clip" title={sale.utm_source}>{sale.utm_source}</span>),
    },
  ];
}

export default function SalesPage() {
  const { query } = usePlace();
  const view = readView(query);
  const state = choice(query.get('state'), stateFilters, 'all');
  const [shown, setShown] = useState<Sale | null>(null);
  const named = Number(query.get('sale')) || null;
  const params = { ...periodParams(view), team: view.team, state: state === 'all' ? null : state, limit: 50 };
  const list = usePaged(`sales${toQuery(params)}`, (cursor, signal) => sales.list({ ...params, cursor }, signal), true);
  return (
    <>
      <PageHead title={t('nav.sales')}>
        <PeriodBar view={view} compare={false} currency={false}>
          <TeamFilter view={view} />
        </PeriodBar>
      </PageHead>
      <Card
        title={t('sales.title')}
        side={
          <Segments
            label={t('sale.state')}
            options={stateFilters.map((one) => ({ value: one, text: t(`sales.${one}`) }))}
            value={state}
            onChange={(next) => setQuery({ state: next === 'all' ? null : next })}
          />
        }
      >
        <Block loaded={list} skeleton={<Skeleton lines={9} />}>
          {() =>
            list.items.length === 0 ? (
              <Empty icon="sales" title={t('sales.empty')} text={t('sales.empty_text')} />
            ) : (
              <>
                <DataTable
                  caption={t('sales.title')}
                  rows={list.items}
                  columns={columns(setShown)}
                  keyOf={(sale) => String(sale.id)}
                  order={null}
                  onOrder={() => undefined}
                  rowClass={(sale) => (sale.state === 'deleted' || sale.state === 'lost' ? 'off' : '')}
                />
                <div class="more">
                  {list.moreError !== null && <p class="form-error" role="alert">{errorText(list.moreError)}</p>}
                  {list.next !== null && <Button busy={list.loadingMore} onClick={list.more}>{t('action.more')}</Button>}
                  <small class="muted">{t('sales.shown', { n: list.items.length })}</small>
                </div>
              </>
            )
          }
        </Block>
      </Card>
      {shown && <Receipt sale={shown} onClose={() => setShown(null)} />}
      {named !== null && <ReceiptOf id={named} onClose={() => setQuery({ sale: null })} />}
    </>
  );
}
