// Teams for choices: in filters and in forms. One request serves a whole page.
import { teams } from '../api/endpoints';
import type { Team } from '../api/types';
import { t } from './i18n';
import { useLoad, type Loaded } from './load';
import { changeView } from './periodbar';
import { Pick } from './popover';
import type { List } from '../api/types';
import { atLeast, currentUser } from '../session';
import type { View } from '../view';

export function useTeams(wanted = true): Loaded<List<Team>> {
  return useLoad(wanted ? 'teams:false' : null, (signal) => teams.list(false, signal));
}

export function teamOptions(list: readonly Team[], none: string): { value: string; text: string }[] {
  return [{ value: '', text: none }, ...list.map((team) => ({ value: String(team.id), text: `${team.emoji} ${team.name}`.trim() }))];
}

export function TeamFilter({ view }: { view: View }) {
  const many = atLeast(currentUser(), 'admin');
  const { data } = useTeams(many);
  if (!many) return null;
  return (
    <Pick
      label={t('team.label')}
      options={teamOptions(data?.items ?? [], t('team.all'))}
      value={view.team === null ? '' : String(view.team)}
      onChange={(id) => changeView({ team: id === '' ? null : Number(id) })}
    />
  );
}
