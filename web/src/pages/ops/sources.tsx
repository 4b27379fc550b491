// Every source on one screen: what is fresh, what is late, what is broken, why, and what to do.
import '../../kit_more';
import { useState } from 'preact/hooks';
import { sources } from '../../api/sources';
import type { SourceRow, SourceState } from '../../api/types';
import { isOpen } from '../../pages';
import { setQuery, usePlace } from '../../router';
import { atLeast, currentUser } from '../../session';
import { PageHead } from '../../shell/head';
import { Filter, matches } from '../../ui/form';
import { fmt, t, tMaybe } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { later, usePoll } from '../../ui/poll';
import { Badge, Block, Card, Empty, Nil, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import { Ago } from '../../ui/when';
import { SyncButton, SyncResult, useSync } from './sync';

export const states: readonly SourceState[] = ['broken', 'late', 'waiting', 'fresh', 'off'];
const kinds: Record<SourceState, 'good' | 'warn' | 'bad' | 'quiet' | 'accent'> = {
  fresh: 'good',
  late: 'warn',
  broken: 'bad',
  off: 'quiet',
  waiting: 'accent',
};

// What needs care comes first; within a state by kind and name.
export function inOrder(items: readonly SourceRow[]): SourceRow[] {
  return [...items].sort(
    (a, b) =>
      states.indexOf(a.state) - states.indexOf(b.state) || a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name),
  );
}

function every(seconds: number): string {
  if (seconds >= 172_800) return t('sources.every_days', { n: Math.round(seconds / 86_400) });
  if (seconds >= 7_200) return t('sources.every_hours', { n: Math.round(seconds / 3_600) });
  return t('sources.every_minutes', { n: Math.max(1, Math.round(seconds / 60)) });
}

function Why({ row }: { row: SourceRow }) {
  if (row.why === null && row.detail === null) return <span class="muted">{t(`sources.all_${row.state}`)}</span>;
  const words = row.why === null ? null : (tMaybe(`why.${row.why}`) ?? row.why);
  return (
    <span class="two-lines why">
      {words !== null && <span>{words}</span>}
      {row.detail !== null && <small>{row.detail}</small>}
      {row.since !== null && row.state !== 'fresh' && <small>{t('sources.since')} <Ago at={row.since} /></small>}
    </span>
  );
}

// Connections stand on tabs of one page; the server names the page alone.
const tabs: { [kind: string]: string } = { crm: 'crm', crm_hook: 'crm', landing: 'sites' };

export function fixOf({ fix, kind }: SourceRow): string | null {
  const tab = tabs[kind];
  return fix === '/connections' && tab !== undefined ? `${fix}?tab=${tab}` : fix;
}

function Fix({ row }: { row: SourceRow }) {
  const to = fixOf(row);
  if (!isOpen(to)) return null;
  return (
    <a class={row.state === 'broken' ? 'button small primary' : 'button small'} href={to}>
      {t(row.state === 'broken' || row.state === 'late' ? 'sources.fix' : 'sources.open')}
    </a>
  );
}

function columns(): Column<SourceRow>[] {
  return [
    {
      id: 'name',
      head: t('sources.one'),
      cell: (row) => (
        <span class="two-lines">
          <span class="clip" title={row.name}>{row.name}</span>
          <small>{tMaybe(`sources.kind_${row.kind}`) ?? row.kind}</small>
          {row.why !== null && <small class="narrow-only">{tMaybe(`why.${row.why}`) ?? row.why}</small>}
        </span>
      ),
    },
    { id: 'state', head: t('sources.state'), kind: 'text', cell: (row) => <Badge kind={kinds[row.state]}>{t(`sources.state_${row.state}`)}</Badge> },
    { id: 'why', head: t('sources.why'), kind: 'text', priority: 2, cell: (row) => <Why row={row} /> },
    { id: 'last', head: t('sources.last_ok'), kind: 'text', priority: 3, cell: (row) => <Ago at={row.last_ok_at} none={t('fresh.never_long')} /> },
    {
      id: 'next',
      head: t('sources.next'),
      kind: 'text',
      priority: 3,
      cell: (row) =>
        row.next_at === null && row.expected_every_s === null ? (
          <Nil why={t('sources.no_schedule')} />
        ) : (
          <span class="two-lines">
            {row.next_at !== null && <Ago at={row.next_at} />}
            {row.expected_every_s !== null && <small>{every(row.expected_every_s)}</small>}
          </span>
        ),
    },
    {
      id: 'fix',
      head: t('sources.fix'),
      kind: 'tool',
      cell: (row) => <Fix row={row} />,
    },
  ];
}

export default function SourcesPage() {
  const { query } = usePlace();
  const chosen = states.find((state) => state === query.get('state')) ?? null;
  const [find, setFind] = useState('');
  const loaded = useLoad('sources', (signal) => sources.list(signal));
  const sync = useSync(atLeast(currentUser(), 'admin'), loaded.reload);
  usePoll(later, loaded.reload);
  return (
    <>
      <PageHead title={t('nav.sources')} lead={t('sources.lead')}>
        {atLeast(currentUser(), 'admin') && <SyncButton sync={sync} />}
      </PageHead>
      <SyncResult sync={sync} />
      <Block loaded={loaded} skeleton={<Card><Skeleton lines={8} /></Card>}>
        {({ items, counts, as_of }) => (
          <>
            <div class="counts" role="group" aria-label={t('sources.counts')}>
              {states.map((state) => (
                <button
                  type="button"
                  key={state}
                  class={counts[state] === 0 ? 'count none' : 'count'}
                  aria-pressed={chosen === state}
                  onClick={() => setQuery({ state: chosen === state ? null : state })}
                >
                  <b class="num">{fmt.number(counts[state])}</b>
                  <Badge kind={kinds[state]}>{t(`sources.state_${state}`)}</Badge>
                </button>
              ))}
            </div>
            <Card title={t('sources.title')} side={<Filter value={find} onInput={setFind} label={t('sources.find')} />}>
              {items.length === 0 ? (
                <Empty icon="sources" title={t('sources.empty')} text={t('sources.empty_text')}>
                  {atLeast(currentUser(), 'admin') && <a class="button primary" href="/connections">{t('sources.to_connections')}</a>}
                </Empty>
              ) : (
                <DataTable
                  caption={t('sources.title')}
                  rows={inOrder(items).filter((row) => (chosen === null || row.state === chosen) && matches(find, row.name, row.kind, row.detail))}
                  columns={columns()}
                  keyOf={(row) => row.id}
                  order={null}
                  onOrder={() => undefined}
                  rowClass={(row) => (row.state === 'off' ? 'off' : '')}
                />
              )}
            </Card>
            <p class="aside-line">{t('sources.as_of')} <Ago at={as_of} /></p>
          </>
        )}
      </Block>
    </>
  );
}
