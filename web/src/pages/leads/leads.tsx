// Leads: each with where it came from, whose it is, and what became of it.
import '../../kit_more';
import { leads } from '../../api/sources';
import { toQuery } from '../../api/client';
import type { Lead } from '../../api/types';
import { reportZone } from '../../live';
import { setQuery, usePlace } from '../../router';
import { PageHead } from '../../shell/head';
import { Segments } from '../../ui/button';
import { fmt, t, tMaybe } from '../../ui/i18n';
import { More } from '../../ui/more';
import { usePaged } from '../../ui/paged';
import { PeriodBar } from '../../ui/periodbar';
import { Badge, Block, Card, Empty, Nil, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import { TeamFilter } from '../../ui/teampick';
import { choice, periodParams, readView } from '../../view';
import { Journey, kindName, saleKinds } from './journey';

const kindFilters = ['all', 'landing', 'lead_ad', 'crm', 'whatsapp', 'import'] as const;

function columns(open: (lead: Lead) => void): Column<Lead>[] {
  return [
    {
      id: 'name',
      head: t('lead.one'),
      cell: (lead) => (
        <span class="two-lines">
          <span class="badges">
            <button type="button" class="as-link clip" onClick={() => open(lead)}>{lead.name ?? t('lead.number', { id: lead.external_id })}</button>
            {lead.duplicate_of !== null && <Badge kind="quiet" tip={t('lead.repeat_tip')}>{t('lead.repeat')}</Badge>}
          </span>
          <small>{kindName(lead)}{lead.phone_tail !== null && <span class="num"> · ···{lead.phone_tail}</span>}</small>
        </span>
      ),
    },
    { id: 'when', head: t('sale.when'), kind: 'text', priority: 2, cell: (lead) => <span class="num nowrap">{fmt.moment(lead.created_at, reportZone)}</span> },
    {
      id: 'team',
      head: t('team.one'),
      kind: 'text',
      cell: (lead) => (
        <span class="two-lines">
          {lead.team_name === null ? <span class="nobody">{t('team.unattributed')}</span> : <span class="clip">{lead.team_name}</span>}
          {lead.reason !== null && <small>{tMaybe(`reason.${lead.reason}`, { tag: lead.utm_source ?? '', campaign: lead.campaign_name ?? '', ad: lead.ad_name ?? '' }) ?? lead.reason}</small>}
        </span>
      ),
    },
    { id: 'ad', head: t('lead.from'), kind: 'text', priority: 3, cell: (lead) => <span class="clip" title={lead.ad_name ?? ''}>{lead.ad_name ?? lead.campaign_name ?? lead.site ?? lead.utm_source ?? <Nil why={t('sale.not_given')} />}</span> },
    {
      id: 'sale',
      head: t('sale.one'),
      kind: 'text',
      priority: 2,
      cell: (lead) => (lead.sale_state === null ? <Nil why={t('lead.no_deal')} /> : <Badge kind={saleKinds[lead.sale_state] ?? 'quiet'}>{tMaybe(`sale.${lead.sale_state}`) ?? lead.sale_state}</Badge>),
    },
  ];
}

export default function LeadsPage() {
  const { query } = usePlace();
  const view = readView(query);
  const kind = choice(query.get('kind'), kindFilters, 'all');
  const shown = Number(query.get('lead')) || null;
  const params = { ...periodParams(view), team: view.team, kind: kind === 'all' ? null : kind, limit: 50 };
  const list = usePaged(`leads${toQuery(params)}`, (cursor, signal) => leads.list({ ...params, cursor }, signal), true);
  return (
    <>
      <PageHead title={t('nav.leads')}>
        <PeriodBar view={view} compare={false} currency={false}>
          <TeamFilter view={view} />
        </PeriodBar>
      </PageHead>
      <Card
        title={t('lead.title')}
        side={<Segments label={t('lead.kind')} options={kindFilters.map((one) => ({ value: one, text: t(`lead.kind_${one}`) }))} value={kind} onChange={(next) => setQuery({ kind: next === 'all' ? null : next })} />}
      >
        <Block loaded={list} skeleton={<Skeleton lines={9} />}>
          {() =>
            list.items.length === 0 ? (
              <Empty icon="leads" title={t('lead.empty')} text={t('lead.empty_text')} />
            ) : (
              <>
                <DataTable
                  caption={t('lead.title')}
                  rows={list.items}
                  columns={columns((lead) => setQuery({ lead: String(lead.id) }))}
                  keyOf={(lead) => String(lead.id)}
                  order={null}
                  onOrder={() => undefined}
                  rowClass={(lead) => (lead.duplicate_of === null ? '' : 'off')}
                />
                <More list={list} />
              </>
            )
          }
        </Block>
      </Card>
      {shown !== null && <Journey key={shown} id={shown} onOpen={(id) => setQuery({ lead: String(id) })} onClose={() => setQuery({ lead: null })} />}
    </>
  );
}
