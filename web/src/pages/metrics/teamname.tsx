// A team, or a person, as they are written everywhere: a sign on a colour, then the name.
import { t } from '../../ui/i18n';

interface Named {
  id: string | null;
  name: string | null;
  colour: string | null;
  emoji: string | null;
  archived?: boolean;
}

export function TeamMark({ colour, emoji, name }: { colour: string | null; emoji: string | null; name: string | null }) {
  const sign = emoji !== null && emoji !== '' ? emoji : (name ?? '').trim().slice(0, 1).toLocaleUpperCase();
  const plain = colour === null || colour === '';
  return (
    <i class={plain ? 'team-mark none' : 'team-mark'} style={plain ? undefined : { '--team': colour }} aria-hidden="true">
      {sign === '' ? '?' : sign}
    </i>
  );
}

export function TeamName({ row, none, to }: { row: Named; none: string; to?: string | undefined }) {
  const text = row.id === null ? none : (row.name ?? row.id);
  return (
    <span class="team-name">
      <TeamMark colour={row.id === null ? null : row.colour} emoji={row.emoji} name={row.name} />
      {to === undefined ? <span class="clip" title={text}>{text}</span> : <a class="clip" href={to} title={text}>{text}</a>}
      {row.archived && <small class="badge quiet">{t('team.archived')}</small>}
    </span>
  );
}
