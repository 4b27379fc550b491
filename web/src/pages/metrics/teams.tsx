// Teams side by side, as a table or as cards. What no team owns is a row of its own, last.
import type { Overview, TeamRow } from '../../api/types';
import { recall, remember } from '../../memory';
import { address, setQuery, usePlace } from '../../router';
import { Segments } from '../../ui/button';
import { fmt, t } from '../../ui/i18n';
import { Icon } from '../../ui/icon';
import { changeBetween, columnSets, type ColumnSet } from '../../ui/metrics';
import { Pick } from '../../ui/popover';
import { readOrder, sortRows, writeOrder } from '../../ui/sort';
import { Card, Empty } from '../../ui/state';
import { DataTable } from '../../ui/table';
import { choice, readView, withView } from '../../view';
import { ChangeMark, wasText } from './change';
import { columnSetNames, metricColumns, MetricCell } from './columns';
import { TeamName } from './teamname';

type Form = 'table' | 'cards';
const forms: readonly Form[] = ['table', 'cards'];

function linkOf(row: TeamRow, query: URLSearchParams): string | undefined {
  if (row.team_id === null) return undefined;
  return address('/', withView(query, { ...readView(query), team: row.team_id }));
}

function TeamCards({ overview, set, rows, query }: { overview: Overview; set: ColumnSet; rows: TeamRow[]; query: URLSearchParams }) {
  const most = Math.max(...rows.map((row) => Math.max(row.metrics.revenue, row.metrics.spend)), 1);
  return (
    <ul class="team-cards">
      {rows.map((row) => (
        <li key={String(row.team_id)} class="team-card" style={row.colour === null ? undefined : { '--team': row.colour }}>
          <header>
            <TeamName row={row} to={linkOf(row, query)} />
            <span class="num team-roas">
              <MetricCell metrics={row.metrics} metric="roas" currency={overview.currency} />
              <ChangeMark change={changeBetween('roas', row.metrics, row.previous)} was={wasText('roas', row.previous?.roas, overview.currency)} />
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
                <dd class="num"><MetricCell metrics={row.metrics} metric={metric} previous={row.previous} currency={overview.currency} short /></dd>
              </div>
            ))}
          </dl>
        </li>
      ))}
    </ul>
  );
}

export function TeamsCard({ overview }: { overview: Overview }) {
  const { query } = usePlace();
  const form = choice(query.get('teams') ?? recall('teams'), forms, 'table');
  const set = choice(query.get('cols'), columnSetNames, 'result');
  const order = readOrder(query.get('sort')) ?? { column: 'revenue', descending: true };
  const { teams, currency, totals } = overview;
  const columns = [
    { id: 'name', head: t('team.one'), cell: (row: TeamRow) => <TeamName row={row} to={linkOf(row, query)} />, sort: (row: TeamRow) => row.name },
    ...metricColumns<TeamRow>(set, currency, (row) => row.metrics, totals, (row) => row.previous),
  ];
  const column = columns.find((one) => one.id === order.column);
  const isRest = (row: TeamRow): boolean => row.team_id === null;
  const sorted = column?.sort ? sortRows(teams, column.sort, order.descending, fmt.locale) : teams;
  return (
    <Card
      class="teams-card"
      title={t('teams.compare')}
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
              setQuery({ teams: next === 'table' ? null : next });
            }}
          />
        </>
      }
    >
      {teams.length === 0 ? (
        <Empty icon="teams" title={t('teams.empty')} text={t('teams.empty_text')}>
          <a class="button primary" href="/teams">{t('teams.create')}</a>
        </Empty>
      ) : form === 'table' ? (
        <DataTable
          caption={t('teams.caption', { currency: t(`currency.${currency}`) })}
          rows={teams}
          columns={columns}
          keyOf={(row) => String(row.team_id)}
          order={order}
          onOrder={(next) => setQuery({ sort: writeOrder(next) })}
          last={isRest}
          rowClass={(row) => (isRest(row) ? 'rest' : '')}
          totals
        />
      ) : (
        <TeamCards overview={overview} set={set} query={query} rows={[...sorted.filter((row) => !isRest(row)), ...sorted.filter(isRest)]} />
      )}
    </Card>
  );
}
