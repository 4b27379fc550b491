// What the system consists of, what ran last, what was asked of others, and what went wrong.
import { useState } from 'preact/hooks';
import { sources } from '../../api/sources';
import type { ErrorGroup, Figures, Monitoring as Lists, VendorCall } from '../../api/types';
import { Segments } from '../../ui/button';
import { fmt, t, tMaybe } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { More } from '../../ui/more';
import { usePaged } from '../../ui/paged';
import { Badge, Block, Card, Empty, Nil, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import { Ago, sizeText } from '../../ui/when';

const tabs = ['stats', 'lists', 'calls', 'errors'] as const;
type Cell = Lists[string][number][string];

// Groups of figures become one flat list: inbox.new, inbox.done and so on.
export function flat(figures: Figures): [string, number | string | null][] {
  return Object.entries(figures).flatMap(([name, value]) =>
    value !== null && typeof value === 'object'
      ? Object.entries(value).map(([part, one]): [string, number | string | null] => [`${name}.${part}`, one])
      : [[name, value] as [string, number | string | null]],
  );
}

function figure(name: string, value: number | string | null) {
  if (value === null) return <Nil why={null} />;
  if (/_at$/.test(name) && typeof value === 'number') return <Ago at={value} />;
  if (/bytes$/.test(name) && typeof value === 'number') return sizeText(value);
  return typeof value === 'number' ? fmt.number(value) : value;
}

function Stats() {
  const loaded = useLoad('stats', (signal) => sources.stats(signal));
  return (
    <Block loaded={loaded} skeleton={<Skeleton lines={5} />}>
      {(figures) => (
        <div class="figures">
          {flat(figures).map(([name, value]) => (
            <div key={name}>
              <small>{tMaybe(`stat.${name}`) ?? name.replace(/[_.]/g, ' ')}</small>
              <b class="num">{figure(name, value)}</b>
            </div>
          ))}
        </div>
      )}
    </Block>
  );
}

function cell(name: string, value: Cell) {
  if (value === null || value === undefined) return <Nil why={null} />;
  if (typeof value === 'boolean') return value ? '✓' : '—';
  if (/_at$/.test(name) && typeof value === 'number') return <Ago at={value} />;
  if (typeof value === 'number') return fmt.number(value, Number.isInteger(value) ? 0 : 2);
  return /^\d{4}-\d{2}-\d{2}$/.test(value) ? fmt.dayFull(value) : value;
}

function listColumns(rows: Lists[string]): Column<Lists[string][number]>[] {
  return Object.keys(rows[0] ?? {}).map((name, index) => ({
    id: name,
    head: tMaybe(`column.${name}`) ?? name.replace(/_/g, ' '),
    kind: index > 0 && typeof rows[0]?.[name] === 'number' && !/_at$/.test(name) ? 'number' : 'text',
    cell: (row) => cell(name, row[name] ?? null),
  }));
}

function MonitoringLists() {
  const loaded = useLoad('monitoring', (signal) => sources.monitoring(signal));
  return (
    <Block loaded={loaded} skeleton={<Skeleton lines={8} />}>
      {(lists) => (
        <>
          {Object.entries(lists)
            .filter(([, rows]) => Array.isArray(rows))
            .map(([name, rows]) => (
              <section key={name}>
                <h3>{tMaybe(`monitoring.${name}`) ?? name.replace(/_/g, ' ')}</h3>
                {rows.length === 0 ? (
                  <p class="muted">{t('monitoring.nothing')}</p>
                ) : (
                  <DataTable caption={tMaybe(`monitoring.${name}`) ?? name} rows={rows} columns={listColumns(rows)} keyOf={(row) => JSON.stringify(row)} order={null} onOrder={() => undefined} />
                )}
              </section>
            ))}
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
