// Teams, or the people who run the ads, side by side: as a table or as cards. What nobody owns is
// a row of its own, last.
import { metrics } from '../../api/endpoints';
import { toQuery } from '../../api/client';
import type { Breakdown, Currency, Metrics, Overview } from '../../api/types';
import { recall, remember } from '../../memory';
import { address, setQuery, usePlace } from '../../router';
import { atLeast, currentUser } from '../../session';
import { Segments } from '../../ui/button';
import { fmt, t } from '../../ui/i18n';
import { Icon } from '../../ui/icon';
import { useLoad } from '../../ui/load';
import { changeBetween, columnSets, type ColumnSet } from '../../ui/metrics';
import { Pick } from '../../ui/popover';
import { readOrder, sortRows, writeOrder, type Order } from '../../ui/sort';
import { Block, Card, Empty, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import { choice, readView, viewParams, withView, type View } from '../../view';
import { ChangeMark, wasText } from './change';
import { columnSetNames, metricColumns, MetricCell } from './columns';
import { TeamName } from './teamname';

const forms = ['table', 'cards'] as const;
const kinds = ['team', 'user'] as const;
type Kind = (typeof kinds)[number];

interface Row {
  id: string | null; // null: what nobody owns
  name: string | null;
  colour: string | null;
  emoji: string | null;
  archived: boolean;
  metrics: Metrics;
  previous: Metrics | null;
  to: string | undefined;
}

interface Shown {
  kind: Kind;
  rows: Row[];
  totals: Metrics;
  currency: Currency;
}

function teamRows(overview: Overview, query: URLSearchParams): Row[] {
  return overview.teams.map(({ team_id, ...row }) => ({
    ...row,
    id: team_id === null ? null : String(team_id),
    to: team_id === null ? undefined : address('/', withView(query, { ...readView(query), team: team_id })),
  }));
}

function personRows(answer: Breakdown): Row[] {
  return answer.items.map(({ key, name, metrics: own }) => ({ id: key, name, colour: null, emoji: null, archived: false, metrics: own, previous: null, to: undefined }));
}

function RowName({ row, kind }: { row: Row; kind: Kind }) {
  const none = t(kind === 'team' ? 'team.unattributed' : 'rest.user');
  return <TeamName row={row} none={none} to={row.to} />;
}

function RowCards({ shown, rows, set }: { shown: Shown; rows: readonly Row[]; set: ColumnSet }) {
  const { currency } = shown;
  const most = Math.max(...rows.map((row) => Math.max(row.metrics.revenue, row.metrics.spend)), 1);
  return (
    <ul class="team-cards">
      {rows.map((row) => (
        <li key={String(row.id)} class="team-card" style={row.colour === null || row.colour === '' ? undefined : { '--team': row.colour }}>
          <header>
            <RowName row={row} kind={shown.kind} />
            <span class="num team-roas">
              <MetricCell metrics={row.metrics} metric="roas" currency={currency} />
              <ChangeMark change={changeBetween('roas', row.metrics, row.previous)} was={wasText('roas', row.previous?.roas, currency)} />
            </span>
          </header>
          <div class="team-bars" aria-hidden="true">
            <i class="revenue" style={{ width: `${(row.metrics.revenue / most) * 100}%` }} />
            <i class="spend" style={{ width: `${(row.metrics.spend / most) * 100}%` }} />
          </div>
          <dl>
            {columnSets[set].filter((metric) => metric !== 'roas').map((metric) => (
              <div key={metric}>
                <dt>{t(`metric.${metric}_short`)}</dt>
                <dd class="num"><MetricCell metrics={row.metrics} metric={metric} previous={row.previous} currency={currency} short /></dd>
              </div>
            ))}
          </dl>
        </li>
      ))}
    </ul>
  );
}

function Comparison({ shown, set, form, order }: { shown: Shown; set: ColumnSet; form: 'table' | 'cards'; order: Order }) {
  const { kind, rows, totals, currency } = shown;
  const columns: Column<Row>[] = [
    { id: 'name', head: t(`group.${kind}`), cell: (row) => <RowName row={row} kind={kind} />, sort: (row) => row.name },
    ...metricColumns<Row>(set, currency, (row) => row.metrics, totals, (row) => row.previous),
  ];
  const isRest = (row: Row): boolean => row.id === null;
  const column = columns.find((one) => one.id === order.column);
  const sorted = column?.sort ? sortRows(rows, column.sort, order.descending, fmt.locale) : rows;
  if (rows.length === 0) {
    return kind === 'team' ? (
      <Empty icon="teams" title={t('teams.empty')} text={t('teams.empty_text')}>
        {atLeast(currentUser(), 'admin') && <a class="button primary" href="/teams">{t('teams.create')}</a>}
      </Empty>
    ) : (
      <Empty icon="user" title={t('teams.people_empty')} text={t('teams.people_empty_text')} />
    );
  }
  if (form === 'cards') return <RowCards shown={shown} rows={[...sorted.filter((row) => !isRest(row)), ...sorted.filter(isRest)]} set={set} />;
  return (
    <DataTable
      caption={t(kind === 'team' ? 'teams.caption' : 'teams.people_caption', { currency: t(`currency.${currency}`) })}
      rows={rows}
      columns={columns}
      keyOf={(row) => String(row.id)}
      order={order}
      onOrder={(next) => setQuery({ sort: writeOrder(next) })}
      last={isRest}
      rowClass={(row) => (isRest(row) ? 'rest' : '')}
      totals
    />
  );
}

export function TeamsCard({ overview, view }: { overview: Overview; view: View }) {
  const { query } = usePlace();
  const kind = choice(query.get('by'), kinds, 'team');
  const form = choice(query.get('teams') ?? recall('teams'), forms, 'table');
  const set = choice(query.get('cols'), columnSetNames, 'result');
  const order = readOrder(query.get('sort')) ?? { column: 'revenue', descending: true };
  const params = { ...viewParams(view), group: 'user' };
  const people = useLoad(kind === 'user' ? `metrics${toQuery(params)}` : null, (signal) => metrics.breakdown(params, signal), true);
  const { currency } = overview;
  const parts = { set, form, order };
  return (
    <Card
      class="teams-card"
      title={
        <span class="title-pick">
          <Segments
            label={t('teams.compare')}
            options={[{ value: 'team', text: t('teams.compare') }, { value: 'user', text: t('teams.people') }]}
            value={kind}
            onChange={(next) => setQuery({ by: next === 'team' ? null : next })}
          />
        </span>
      }
      side={
        <>
          <Pick
            align="end"
            label={t('columns.label')}
            options={columnSetNames.map((one) => ({ value: one, text: t(`columns.${one}`) }))}
            value={set}
            onChange={(next) => setQuery({ cols: next === 'result' ? null : next })}
          />
          <Segments
            label={t('teams.form')}
            options={[
              { value: 'table', text: <Icon name="table" size={16} />, name: t('teams.as_table') },
              { value: 'cards', text: <Icon name="cards" size={16} />, name: t('teams.as_cards') },
            ]}
            value={form}
            onChange={(next) => {
              remember('teams', next);
              setQuery({ teams: next });
            }}
          />
        </>
      }
    >
      {kind === 'team' ? (
        <Comparison shown={{ kind, rows: teamRows(overview, query), totals: overview.totals, currency }} {...parts} />
      ) : (
        <Block loaded={people} skeleton={<Skeleton lines={4} />}>
          {(answer) => <Comparison shown={{ kind, rows: personRows(answer), totals: answer.totals, currency: answer.currency }} {...parts} />}
        </Block>
      )}
    </Card>
  );
}
