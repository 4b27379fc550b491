// A team as it is written everywhere: its sign on its colour, then its name.
import { t } from '../../ui/i18n';

interface Named {
  team_id: number | null;
  name: string | null;
  colour: string | null;
  emoji: string | null;
  archived?: boolean;
}

export function TeamMark({ colour, emoji, name }: { colour: string | null; emoji: string | null; name: string | null }) {
  const sign = emoji !== null && emoji !== '' ? emoji : (name ?? '?').trim().slice(0, 1).toLocaleUpperCase();
  return (
    <i class={colour === null ? 'team-mark none' : 'team-mark'} style={colour === null ? undefined : { '--team': colour }} aria-hidden="true">
      {sign === '' ? '?' : sign}
    </i>
  );
}

export function TeamName({ row, to }: { row: Named; to?: string | undefined }) {
  const text = row.team_id === null ? t('team.unattributed') : (row.name ?? String(row.team_id));
  return (
    <span class="team-name">
      <TeamMark colour={row.team_id === null ? null : row.colour} emoji={row.team_id === null ? '?' : row.emoji} name={row.name} />
      {to === undefined ? <span class="clip" title={text}>{text}</span> : <a class="clip" href={to} title={text}>{text}</a>}
      {row.archived && <small class="badge quiet">{t('team.archived')}</small>}
    </span>
  );
}
