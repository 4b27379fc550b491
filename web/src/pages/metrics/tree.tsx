// The table that opens downwards.
import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { ads, metrics } from '../../api/endpoints';
import { toQuery, type Params } from '../../api/client';
import type { Breakdown, Campaign, Currency, Group, MetricRow } from '../../api/types';
import { fmt, t, tMaybe } from '../../ui/i18n';
import { Icon } from '../../ui/icon';
import { useLoad } from '../../ui/load';
import type { ColumnSet } from '../../ui/metrics';
import type { Order } from '../../ui/sort';
import { matches } from '../../ui/form';
import { errorText } from '../../ui/errors';
import { Badge } from '../../ui/state';
import { columnClass, orderRows, TableHead, type Column } from '../../ui/table';
import { isDay } from '../../ui/day';
import { metricColumns } from './columns';
import { Facts } from './facts';

interface TreeProps {
  answer: Breakdown;
  chain: readonly Group[];
  base: Params;
  set: ColumnSet;
  order: Order;
  onOrder: (order: Order) => void;
  find: string;
}

interface Shared {
  columns: Column<MetricRow>[];
  order: Order;
  campaigns: Map<string, Campaign>;
  explain: (row: MetricRow) => void; // where an ad's numbers come from
}

function nameOf(row: MetricRow, group: Group): string {
  if (row.key === null) return t(`rest.${group === 'team' || group === 'user' || group === 'product' ? group : 'ad'}`);
  if (group === 'day' && isDay(row.key)) return fmt.dayFull(row.key);
  return row.name ?? row.external_id ?? row.key;
}

export const statusKinds: { [status: string]: 'good' | 'quiet' | 'warn' } = { ACTIVE: 'good', PAUSED: 'quiet', ARCHIVED: 'quiet', DELETED: 'quiet' };

function budgetOf({ daily_budget, lifetime_budget, budget_currency }: Campaign): string | null {
  if (daily_budget !== null) return t('campaigns.budget', { value: fmt.money(daily_budget, budget_currency) });
  return lifetime_budget === null ? null : t('campaigns.budget_whole', { value: fmt.money(lifetime_budget, budget_currency) });
}

// Below a name: what state it is in, and for a campaign its goal and budget, else the platform's id.
function Note({ row, campaign }: { row: MetricRow; campaign: Campaign | undefined }) {
  const goal = campaign?.objective ? (tMaybe(`objective.${campaign.objective}`) ?? campaign.objective) : null;
  const budget = campaign ? budgetOf(campaign) : null;
  const words = [goal, budget].filter((part) => part !== null).join(' · ');
  if (row.status === null && words === '') return row.external_id === null ? null : <small class="mono">{row.external_id}</small>;
  return (
    <span class="campaign-note">
      {row.status !== null && <Badge kind={statusKinds[row.status] ?? 'warn'}>{tMaybe(`status.${row.status}`) ?? row.status}</Badge>}
      {campaign?.is_tracked === false && <Badge kind="quiet">{t('tracked.not')}</Badge>}
      {words === '' ? <small class="mono">{row.external_id}</small> : <small>{words}</small>}
    </span>
  );
}

function Wide({ shared, children }: { shared: Shared; children: ComponentChildren }) {
  return (
    <tr class="tree-wide">
      <td colSpan={shared.columns.length}>{children}</td>
    </tr>
  );
}

function Branch({ chain, params, depth, shared }: { chain: readonly Group[]; params: Params; depth: number; shared: Shared }) {
  const [group] = chain;
  const query = { ...params, group: group ?? '' };
  const loaded = useLoad(`metrics${toQuery(query)}`, (signal) => metrics.breakdown(query, signal), true);
  if (group === undefined) return null;
  if (loaded.data === null) {
    return (
      <Wide shared={shared}>
        {loaded.error === null ? (
          <span class="tree-note" role="status">{t('state.loading')}</span>
        ) : (
          <span class="tree-note bad" role="alert">
            {errorText(loaded.error)} <button type="button" class="button quiet small" onClick={loaded.reload}>{t('action.retry')}</button>
          </span>
        )}
      </Wide>
    );
  }
  if (loaded.data.items.length === 0) return <Wide shared={shared}><span class="tree-note">{t('campaigns.none_below')}</span></Wide>;
  return <Rows rows={loaded.data.items} chain={chain} params={params} depth={depth} shared={shared} />;
}

function Rows({ rows, chain, params, depth, shared }: {
  rows: readonly MetricRow[];
  chain: readonly Group[];
  params: Params;
  depth: number;
  shared: Shared;
}) {
  const [open, setOpen] = useState<readonly string[]>([]);
  const [group, ...below] = chain;
  if (group === undefined) return null;
  const toggle = (key: string): void => setOpen(open.includes(key) ? open.filter((one) => one !== key) : [...open, key]);
  const sorted = orderRows(rows, shared.columns, shared.order, (row) => row.key === null);
  return (
    <>
      {sorted.map((row) => {
        const name = nameOf(row, group);
        const expanded = row.key !== null && open.includes(row.key);
        const campaign = group === 'campaign' && row.key !== null ? shared.campaigns.get(row.key) : undefined;
        return (
          <>
            <tr key={row.key ?? 'rest'} class={row.key === null ? 'rest' : expanded ? 'open' : ''}>
              {shared.columns.map((column, index) =>
                index > 0 ? (
                  <td key={column.id} class={columnClass(column, index)}>{column.cell(row)}</td>
                ) : (
                  <th key={column.id} scope="row" class={columnClass(column, index)}>
                    <span class="tree-name" style={{ paddingLeft: `${depth * 18}px` }}>
                      {below.length > 0 && row.key !== null ? (
                        <button
                          type="button"
                          aria-expanded={expanded}
                          aria-label={t('campaigns.open', { name })}
                          onClick={() => toggle(row.key ?? '')}
                        >
                          <Icon name="right" size={15} />
                        </button>
                      ) : (
                        <i class="tree-leaf" aria-hidden="true" />
                      )}
                      <span class="two-lines">
                        {group === 'ad' && row.key !== null ? (
                          <button type="button" class="as-link clip" title={t('facts.open', { name })} onClick={() => shared.explain(row)}>{name}</button>
                        ) : (
                          <span class="clip" title={name}>{name}</span>
                        )}
                        <Note row={row} campaign={campaign} />
                      </span>
                    </span>
                  </th>
                ),
              )}
            </tr>
            {expanded && (
              <Branch key={`${row.key}-below`} chain={below} params={{ ...params, [group]: row.key }} depth={depth + 1} shared={shared} />
            )}
          </>
        );
      })}
    </>
  );
}

// What the numbers do not say about campaigns: state, goal, budget. A page without it still works.
function useCampaigns(wanted: boolean, base: Params): Map<string, Campaign> {
  const query = { ...base, limit: 500 };
  const { data } = useLoad(wanted ? `campaigns${toQuery(query)}` : null, (signal) => ads.campaigns(query, signal));
  return useMemo(() => new Map((data?.items ?? []).map((campaign) => [String(campaign.id), campaign])), [data]);
}

function treeColumns(set: ColumnSet, currency: Currency, answer: Breakdown): Column<MetricRow>[] {
  return [
    { id: 'name', head: t(`group.${answer.group}`), cell: (row) => nameOf(row, answer.group), sort: (row) => (answer.group === 'day' ? row.key : row.name) },
    ...metricColumns<MetricRow>(set, currency, (row) => row.metrics, answer.totals),
  ];
}

export function Tree({ answer, chain, base, set, order, onOrder, find }: TreeProps) {
  const campaigns = useCampaigns(chain.includes('campaign'), base);
  const columns = useMemo(() => treeColumns(set, answer.currency, answer), [set, answer]);
  const [explained, setExplained] = useState<MetricRow | null>(null);
  const shared: Shared = { columns, order, campaigns, explain: setExplained };
  const [first] = chain;
  const rows = answer.items.filter((row) => first === undefined || matches(find, nameOf(row, first), row.external_id));
  return (
    <>
    {explained && <Facts row={explained} base={base} onClose={() => setExplained(null)} />}
    <div class="table-box" tabIndex={0} role="region" aria-label={t('campaigns.numbers')}>
      <table class="tree">
        <caption class="sr">{t('campaigns.caption', { currency: t(`currency.${answer.currency}`) })}</caption>
        <TableHead columns={columns} order={order} onOrder={onOrder} />
        <tbody>
          <Rows rows={rows} chain={chain} params={base} depth={0} shared={shared} />
          {rows.length === 0 && <Wide shared={shared}><span class="tree-note">{t('search.nothing')}</span></Wide>}
        </tbody>
        {find === '' && (
          <tfoot>
            <tr>
              {columns.map((column, index) =>
                index === 0 ? (
                  <th key={column.id} scope="row" class={columnClass(column, index)}>{t('table.total')}</th>
                ) : (
                  <td key={column.id} class={columnClass(column, index)}>{column.total}</td>
                ),
              )}
            </tr>
          </tfoot>
        )}
      </table>
    </div>
    </>
  );
}
