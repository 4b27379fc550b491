// What the system consists of, what ran last, what was asked of others, and what went wrong.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { sources } from '../../api/sources';
import type { ErrorGroup, Monitoring as Lists, Stats as Figures, VendorCall } from '../../api/types';
import { Segments } from '../../ui/button';
import { fmt, t, tMaybe } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { More } from '../../ui/more';
import { usePaged } from '../../ui/paged';
import { Badge, Block, Card, Empty, Nil, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import { Ago, At, sizeText } from '../../ui/when';

const tabs = ['stats', 'lists', 'calls', 'errors'] as const;
type Sync = Lists['last_syncs'][number];
type Aggregation = Lists['last_aggregations'][number];
type RawRow = Lists['raw_rows'][number];

const counted = [
  'users', 'teams', 'accounts', 'accounts_tracked', 'campaigns', 'ads', 'facts', 'fact_versions', 'raw_pages', 'leads', 'sales', 'payments', 'deal_events', 'link_clicks', 'audit_rows',
] as const;

export function figuresOf(stats: Figures): [string, ComponentChildren][] {
  return [
    ...counted.map((name): [string, ComponentChildren] => [t(`stat.${name}`), fmt.number(stats[name])]),
    [t('stat.database_bytes'), sizeText(stats.database_bytes)],
    [t('stat.engine'), stats.engine],
    [t('stat.inbox_new'), fmt.number(stats.inbox.new)],
    [t('stat.inbox_done'), fmt.number(stats.inbox.done)],
    [t('stat.inbox_parked'), fmt.number(stats.inbox.parked)],
    [t('stat.oldest_new'), <Ago at={stats.inbox.oldest_new_at} />],
  ];
}

type JobFigures = Figures['jobs'][string] & { name: string };

function jobColumns(): Column<JobFigures>[] {
  return [
    { id: 'name', head: t('jobs.job'), cell: (job) => <span class="two-lines"><span>{tMaybe(`job.${job.name}`) ?? job.name}</span><small class="mono">{job.name}</small></span> },
    { id: 'runs', head: t('stat.runs'), kind: 'number', cell: (job) => fmt.number(job.runs) },
    { id: 'ok', head: t('stat.good_runs'), kind: 'number', priority: 2, cell: (job) => fmt.number(job.ok) },
    { id: 'failed', head: t('stat.bad_runs'), kind: 'number', cell: (job) => <span class={job.failed > 0 ? 'bad' : 'muted'}>{fmt.number(job.failed)}</span> },
    { id: 'last', head: t('calls.last'), kind: 'text', priority: 3, cell: (job) => <Ago at={job.last_at} /> },
  ];
}

function Stats() {
  const loaded = useLoad('stats', (signal) => sources.stats(signal));
  return (
    <Block loaded={loaded} skeleton={<Skeleton lines={5} />}>
      {(stats) => (
        <>
          <div class="figures">
            {figuresOf(stats).map(([name, value]) => (
              <div key={name}>
                <small>{name}</small>
                <b class="num">{value}</b>
              </div>
            ))}
          </div>
          <h3>{t('nav.jobs')}</h3>
          <DataTable
            caption={t('nav.jobs')}
            rows={Object.entries(stats.jobs).map(([name, job]) => ({ name, ...job }))}
            columns={jobColumns()}
            keyOf={(job) => job.name}
            order={null}
            onOrder={() => undefined}
          />
        </>
      )}
    </Block>
  );
}

function syncColumns(): Column<Sync>[] {
  return [
    { id: 'type', head: t('jobs.job'), cell: (one) => tMaybe(`job.${one.sync_type}`) ?? one.sync_type },
    { id: 'state', head: t('jobs.outcome'), kind: 'text', cell: (one) => <Badge kind={one.success ? 'good' : 'bad'} tip={one.error_message ?? undefined}>{t(one.success ? 'outcome.ok' : 'outcome.failed')}</Badge> },
    { id: 'users', head: t('stat.accounts'), hint: t('monitoring.accounts_hint'), kind: 'number', priority: 3, cell: (one) => fmt.number(one.users_processed) },
    { id: 'rows', head: t('days.rows'), kind: 'number', priority: 2, cell: (one) => fmt.number(one.records_synced) },
    { id: 'took', head: t('jobs.took'), kind: 'number', priority: 3, cell: (one) => t('calls.ms', { value: fmt.number(one.duration_ms) }) },
    { id: 'at', head: t('jobs.began'), kind: 'text', priority: 2, cell: (one) => <At at={one.started_at} /> },
  ];
}

function aggregationColumns(): Column<Aggregation>[] {
  const money = (value: number | null, currency: string) => (value === null ? <Nil why={t('nil.no_rate')} /> : fmt.money(value, currency));
  return [
    { id: 'team', head: t('team.one'), cell: (one) => one.team_name ?? <span class="nobody">{t('team.unattributed')}</span> },
    { id: 'period', head: t('period.title'), kind: 'text', cell: (one) => tMaybe(`period.${one.period}`) ?? one.period },
    { id: 'spend', head: t('metric.spend'), kind: 'number', cell: (one) => money(one.spend_usd, 'USD') },
    { id: 'revenue', head: t('metric.revenue'), kind: 'number', priority: 2, cell: (one) => money(one.total_revenue, 'KZT') },
    { id: 'roas', head: t('metric.roas'), kind: 'number', priority: 2, cell: (one) => (one.roas === null ? <Nil why={t('nil.no_spend')} /> : fmt.ratio(one.roas)) },
    { id: 'at', head: t('days.synced'), kind: 'text', priority: 3, cell: (one) => <Ago at={one.updated_at} /> },
  ];
}

function rawColumns(): Column<RawRow>[] {
  return [
    { id: 'team', head: t('team.one'), cell: (one) => one.team_name ?? <span class="nobody">{t('team.unattributed')}</span> },
    { id: 'day', head: t('group.day'), kind: 'text', cell: (one) => fmt.dayFull(one.stat_date) },
    { id: 'ads', head: t('stat.ads'), kind: 'number', priority: 2, cell: (one) => fmt.number(one.ad_count) },
    { id: 'impressions', head: t('metric.impressions_short'), kind: 'number', priority: 3, cell: (one) => fmt.number(one.total_impressions) },
    { id: 'spend', head: t('metric.spend'), kind: 'number', cell: (one) => (one.total_spend === null ? <Nil why={null} /> : fmt.money(one.total_spend, one.currency, 2)) },
  ];
}

function ListOf<T>({ title, rows, columns }: { title: string; rows: readonly T[]; columns: readonly Column<T>[] }) {
  return (
    <section>
      <h3>{title}</h3>
      {rows.length === 0 ? (
        <p class="muted">{t('monitoring.nothing')}</p>
      ) : (
        <DataTable caption={title} rows={rows} columns={columns} keyOf={(row) => JSON.stringify(row)} order={null} onOrder={() => undefined} />
      )}
    </section>
  );
}

function MonitoringLists() {
  const loaded = useLoad('monitoring', (signal) => sources.monitoring(signal));
  return (
    <Block loaded={loaded} skeleton={<Skeleton lines={8} />}>
      {(lists) => (
        <>
          <ListOf title={t('monitoring.last_syncs')} rows={lists.last_syncs} columns={syncColumns()} />
          <ListOf title={t('monitoring.last_aggregations')} rows={lists.last_aggregations} columns={aggregationColumns()} />
          <ListOf title={t('monitoring.raw_rows')} rows={lists.raw_rows} columns={rawColumns()} />
        </>
      )}
    </Block>
  );
}

function callColumns(): Column<VendorCall>[] {
  return [
    { id: 'path', head: t('calls.what'), cell: (call) => <span class="two-lines"><span class="mono clip" title={call.path}>{call.method} {call.path}</span><small>{call.vendor}</small></span> },
    { id: 'status', head: t('calls.status'), kind: 'text', cell: (call) => <Badge kind={call.status >= 200 && call.status < 300 ? 'good' : call.status === 429 ? 'warn' : 'bad'}>{call.status === 0 ? t('calls.none') : String(call.status)}</Badge> },
    { id: 'ms', head: t('jobs.took'), kind: 'number', priority: 2, cell: (call) => t('calls.ms', { value: fmt.number(call.ms) }) },
    { id: 'bytes', head: t('inbox.size'), kind: 'number', priority: 3, cell: (call) => sizeText(call.bytes) },
    { id: 'error', head: t('calls.error'), kind: 'text', priority: 3, cell: (call) => <span class="bad clip" title={call.error ?? ''}>{call.error ?? ''}</span> },
    { id: 'at', head: t('sale.when'), kind: 'text', priority: 2, cell: (call) => <Ago at={call.at} /> },
  ];
}

function Calls() {
  const list = usePaged('calls', (cursor, signal) => sources.calls({ cursor, limit: 50 }, signal));
  return (
    <Block loaded={list} skeleton={<Skeleton lines={8} />}>
      {() =>
        list.items.length === 0 ? (
          <Empty icon="globe" title={t('calls.empty')} />
        ) : (
          <>
            <DataTable caption={t('monitoring.tab_calls')} rows={list.items} columns={callColumns()} keyOf={(call) => String(call.id)} order={null} onOrder={() => undefined} />
            <More list={list} />
          </>
        )
      }
    </Block>
  );
}

function errorColumns(): Column<ErrorGroup>[] {
  return [
    { id: 'event', head: t('calls.error'), cell: (one) => <span class="two-lines"><span class="clip" title={one.sample}>{one.sample}</span><small class="mono">{one.event}</small></span> },
    { id: 'n', head: t('calls.times'), kind: 'number', cell: (one) => fmt.number(one.n) },
    { id: 'first', head: t('calls.first'), kind: 'text', priority: 3, cell: (one) => <Ago at={one.first_at} /> },
    { id: 'last', head: t('calls.last'), kind: 'text', priority: 2, cell: (one) => <Ago at={one.last_at} /> },
  ];
}

function Errors() {
  const loaded = useLoad('errors', (signal) => sources.errors(signal));
  return (
    <Block loaded={loaded} skeleton={<Skeleton lines={6} />}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty icon="check" title={t('calls.no_errors')} />
        ) : (
          <DataTable caption={t('monitoring.tab_errors')} rows={items} columns={errorColumns()} keyOf={(one) => one.fingerprint} order={null} onOrder={() => undefined} />
        )
      }
    </Block>
  );
}

export function Monitoring() {
  const [tab, setTab] = useState<(typeof tabs)[number]>('stats');
  return (
    <Card title={t('monitoring.title')} side={<Segments label={t('monitoring.title')} options={tabs.map((one) => ({ value: one, text: t(`monitoring.tab_${one}`) }))} value={tab} onChange={setTab} />}>
      {tab === 'stats' && <Stats />}
      {tab === 'lists' && <MonitoringLists />}
      {tab === 'calls' && <Calls />}
      {tab === 'errors' && <Errors />}
    </Card>
  );
}
