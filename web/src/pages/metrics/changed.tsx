// Who made the change: each team's part of the difference to the comparison. The parts add up to
// the whole, the bucket of what no team owns included.
import { useState } from 'preact/hooks';
import type { Overview, TeamRow } from '../../api/types';
import { Segments } from '../../ui/button';
import { fmt, t } from '../../ui/i18n';
import { definitions, showKind } from '../../ui/metrics';
import { Card } from '../../ui/state';
import { TeamName } from './teamname';

type Part = 'revenue' | 'spend' | 'sales';
const partsOf: readonly Part[] = ['revenue', 'spend', 'sales'];

function difference(row: TeamRow, part: Part): number {
  return row.metrics[part] - (row.previous?.[part] ?? 0);
}

export function Changed({ overview }: { overview: Overview }) {
  const [part, setPart] = useState<Part>('revenue');
  const { totals, previous, currency, teams, period } = overview;
  if (previous === null || teams.length < 2) return null;
  const rows = teams
    .map((row) => ({ row, by: difference(row, part) }))
    .filter(({ by }) => by !== 0)
    .sort((a, b) => Math.abs(b.by) - Math.abs(a.by));
  const most = Math.max(...rows.map(({ by }) => Math.abs(by)), 0);
  const whole = totals[part] - previous[part];
  const { kind, better } = definitions[part];
  const tone = (by: number): string => (better === 'neither' || by === 0 ? 'neutral' : by > 0 ? 'good' : 'bad');
  const write = (by: number): string => fmt.signed(by, (value) => showKind(fmt, kind, value, currency));
  return (
    <Card
      title={t('changed.title')}
      side={
        <Segments
          label={t('changed.what')}
          options={partsOf.map((one) => ({ value: one, text: t(`metric.${one}`) }))}
          value={part}
          onChange={setPart}
        />
      }
    >
      <p class="changed-whole">
        <b class={`num tone ${tone(whole)}`}>{write(whole)}</b>
        {period.compare_from !== null && period.compare_to !== null && (
          <span class="muted small">{t('changed.against', { range: fmt.range(period.compare_from, period.compare_to) })}</span>
        )}
      </p>
      {rows.length === 0 ? (
        <p class="muted">{t('changed.nothing')}</p>
      ) : (
        <ul class="changed num">
          {rows.map(({ row, by }) => (
            <li key={String(row.team_id)}>
              <TeamName row={{ ...row, id: row.team_id === null ? null : String(row.team_id) }} none={t('team.unattributed')} />
              <span class="diverging" aria-hidden="true">
                <i
                  class={tone(by)}
                  style={by > 0 ? { left: '50%', width: `${(by / most) * 50}%` } : { right: '50%', width: `${(-by / most) * 50}%` }}
                />
              </span>
              <b class={`tone ${tone(by)}`}>{write(by)}</b>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
