// One deal: whose it is and why, its payments, every observation of it, down to the raw bytes.
import { useState } from 'preact/hooks';
import { crm } from '../../api/sources';
import type { Sale, SaleDetail, SaleState } from '../../api/types';
import { reportZone } from '../../live';
import { Button } from '../../ui/button';
import { Details, type Detail } from '../../ui/details';
import { Dialog } from '../../ui/dialog';
import { fmt, t, tMaybe } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { Raw } from '../../ui/raw';
import { Badge, Block, Nil, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import { At } from '../../ui/when';

export const stateKinds: Record<SaleState, 'good' | 'accent' | 'quiet' | 'bad'> = { won: 'good', open: 'accent', lost: 'bad', deleted: 'quiet' };
type Payment = SaleDetail['payments'][number];
type Observation = SaleDetail['observations'][number];

export function reasonWords(sale: Sale): string {
  return t(`reason.${sale.reason}`, { tag: sale.utm_source ?? '', campaign: sale.campaign_name ?? '', ad: sale.ad_name ?? '' });
}

function detailsOf(sale: Sale): Detail[] {
  return [
    [t('sale.deal'), sale.deal_id],
    [t('sale.product'), sale.product],
    [t('sale.created'), fmt.moment(sale.created_at, reportZone)],
    [t('sale.won_at'), sale.won_at === null ? null : fmt.moment(sale.won_at, reportZone)],
    [t('sale.day'), fmt.dayFull(sale.day)],
    ['utm_source', sale.utm_source],
    ['utm_medium', sale.utm_medium],
    ['utm_campaign', sale.utm_campaign],
    ['utm_content', sale.utm_content],
    ['utm_term', sale.utm_term],
    [t('group.campaign'), sale.campaign_name],
    [t('group.ad'), sale.ad_name],
  ];
}

function paymentColumns(): Column<Payment>[] {
  return [
    { id: 'kind', head: t('sale.payment'), cell: (one) => tMaybe(`sale.pay_${one.kind}`) ?? one.kind },
    { id: 'amount', head: t('sale.price'), kind: 'number', cell: (one) => fmt.money(one.amount, one.currency, 2) },
    { id: 'at', head: t('sale.paid_at'), kind: 'text', cell: (one) => <At at={one.at} /> },
    { id: 'learned', head: t('sale.learned'), hint: t('sale.learned_hint'), kind: 'text', priority: 3, cell: (one) => <At at={one.learned_at} /> },
  ];
}

function observationColumns(currency: string, open: (id: number) => void, shown: number | null): Column<Observation>[] {
  return [
    { id: 'at', head: t('sale.when'), cell: (one) => <At at={one.at} /> },
    {
      id: 'action',
      head: t('sale.action'),
      kind: 'text',
      cell: (one) => (
        <span class="two-lines">
          <span>{tMaybe(`sale.action_${one.action}`) ?? one.action}</span>
          <small>{tMaybe(`sale.by_${one.source}`) ?? one.source}</small>
        </span>
      ),
    },
    { id: 'status', head: t('maps.status'), kind: 'text', priority: 3, cell: (one) => one.status ?? <Nil why={t('sale.not_given')} /> },
    { id: 'price', head: t('sale.price'), kind: 'number', priority: 2, cell: (one) => (one.price === null ? <Nil why={t('sale.not_given')} /> : fmt.money(one.price, currency)) },
    {
      id: 'raw',
      head: t('raw.title'),
      kind: 'tool',
      cell: (one) => (one.inbox_id === null ? null : <Button small kind="quiet" onClick={() => open(one.id)}>{shown === one.id ? t('action.hide') : t('raw.short')}</Button>),
    },
  ];
}

// What we made of it, step by step: when the deal appeared here, and whose it became.
function Activity({ steps }: { steps: SaleDetail['activity'] }) {
  if (steps.length === 0) return null;
  return (
    <>
      <h3>{t('sale.activity')}</h3>
      <ol class="timeline">
        {[...steps].sort((a, b) => a.at - b.at).map((step, index) => (
          <li key={`${step.at}${index}`}>
            <b>{tMaybe(`sale.step_${step.action}`) ?? step.action}</b>
            <small><At at={step.at} /> · {tMaybe(`sale.${step.state}`) ?? step.state} · {step.team_name ?? t('team.unattributed')}</small>
          </li>
        ))}
      </ol>
    </>
  );
}

function ObservationRaw({ sale, id }: { sale: number; id: number }) {
  const loaded = useLoad(`sale-raw${sale}-${id}`, (signal) => crm.saleRaw(sale, id, signal));
  return (
    <Block loaded={loaded} skeleton={<Skeleton lines={5} />}>
      {(raw) => (
        <>
          <p class="aside-line">
            <span>{tMaybe(`inbox.source_${raw.source}`) ?? raw.source}</span>
            <At at={raw.received_at} />
          </p>
          <Raw key={id} body={raw.body} contentType={raw.content_type} />
        </>
      )}
    </Block>
  );
}

function History({ id, currency }: { id: number; currency: string }) {
  const loaded = useLoad(`sale${id}`, (signal) => crm.sale(id, signal));
  const [shown, setShown] = useState<number | null>(null);
  return (
    <Block loaded={loaded} skeleton={<Skeleton lines={6} />}>
      {(sale) => (
        <>
          <h3>{t('sale.payments')}</h3>
          {sale.payments.length === 0 ? (
            <p class="muted">{t('sale.no_payments')}</p>
          ) : (
            <DataTable caption={t('sale.payments')} rows={sale.payments} columns={paymentColumns()} keyOf={(one) => `${one.kind}${one.at}${one.amount}`} order={null} onOrder={() => undefined} />
          )}
          <h3>{t('sale.observations')}</h3>
          <p class="muted">{t('sale.observations_lead')}</p>
          <DataTable
            caption={t('sale.observations')}
            rows={sale.observations}
            columns={observationColumns(currency, (one) => setShown(shown === one ? null : one), shown)}
            keyOf={(one) => String(one.id)}
            order={null}
            onOrder={() => undefined}
          />
          {shown !== null && <ObservationRaw sale={id} id={shown} />}
          <Activity steps={sale.activity} />
        </>
      )}
    </Block>
  );
}

export function Receipt({ sale, onClose }: { sale: Sale; onClose: () => void }) {
  return (
    <Dialog side title={sale.name} onClose={onClose}>
      <p class="receipt-sum num">{fmt.money(sale.price, sale.currency, 2)} <Badge kind={stateKinds[sale.state]}>{t(`sale.${sale.state}`)}</Badge></p>
      <div class={sale.team_id === null ? 'receipt-why nobody' : 'receipt-why'}>
        <b>{sale.team_name ?? t('team.unattributed')}</b>
        <p>{reasonWords(sale)}</p>
      </div>
      <Details rows={detailsOf(sale)} />
      <History id={sale.id} currency={sale.currency} />
    </Dialog>
  );
}

// A deal that an address names: it need not be among the rows of the page.
export function ReceiptOf({ id, onClose }: { id: number; onClose: () => void }) {
  const loaded = useLoad(`sale${id}`, (signal) => crm.sale(id, signal));
  if (loaded.data) return <Receipt sale={loaded.data} onClose={onClose} />;
  return (
    <Dialog side title={t('sale.one')} onClose={onClose}>
      <Block loaded={loaded} skeleton={<Skeleton lines={8} />}>{() => null}</Block>
    </Dialog>
  );
}
