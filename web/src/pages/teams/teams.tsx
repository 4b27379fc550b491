// The Team Constructor: teams with their sign, colour, lead and UTM tags.
import '../../kit';
import { useState } from 'preact/hooks';
import { teams, users } from '../../api/endpoints';
import type { Team, TeamForm, User } from '../../api/types';
import { setQuery, usePlace } from '../../router';
import { PageHead } from '../../shell/head';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Confirm, Dialog } from '../../ui/dialog';
import { Filter, FormEnd, matches, needed, SelectField, Switch, TextField, useForm } from '../../ui/form';
import { fmt, t } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { Actions } from '../../ui/popover';
import { Badge, Block, Card, Empty, Skeleton } from '../../ui/state';
import { reportZone } from '../../live';
import { dayAt } from '../../ui/day';
import { TeamMark } from '../metrics/teamname';
import { Tags } from './tags';

const colours = ['#f5b544', '#fb8b4b', '#ff6b6b', '#ff8fa3', '#c69bff', '#8b9cff', '#5b9bff', '#38bdf8', '#2dd4bf', '#34d399', '#a3d94c', '#94a3b8'];
const signs = ['🦅', '🐺', '🦊', '🐻', '🐯', '🦁', '🐎', '🐪', '🦉', '🐝', '⚡', '🔥', '🚀', '🎯', '💎', '🏔', '🌊', '🌿', '☀️', '🌙', '⭐', '🏆', '🛡', '🧭'];

function Constructor({ team, people, onDone, onClose }: {
  team: Team | null;
  people: readonly User[];
  onDone: () => void;
  onClose: () => void;
}) {
  const form = useForm<TeamForm>({
    initial: {
      name: team?.name ?? '',
      colour: team?.colour ?? colours[9] ?? '',
      emoji: team?.emoji ?? '🚀',
      lead_user_id: team?.lead_user_id ?? null,
      tags: team?.tags ?? [],
    },
    check: ({ name }) => needed('name', name),
    send: async (values) => {
      const ready = { ...values, name: values.name.trim() };
      await (team ? teams.change(team.id, ready) : teams.create(ready));
      onDone();
    },
    overrides: { conflict: 'teams.conflict' },
  });
  const { values, set, errors } = form;
  const leads = people.filter((one) => one.disabled_at === null && one.role !== 'viewer');
  return (
    <Dialog title={team ? t('teams.edit_title') : t('teams.create')} onClose={onClose}>
      <form onSubmit={form.submit} novalidate>
        <div class="team-preview" style={{ '--team': values.colour }}>
          <TeamMark colour={values.colour} emoji={values.emoji} name={values.name} />
          <b class="clip">{values.name.trim() === '' ? t('teams.unnamed') : values.name}</b>
        </div>
        <TextField label={t('teams.name')} name="name" required maxLength={80} value={values.name} error={errors['name']} onInput={(name) => set({ name })} />
        <div class="field">
          <span class="field-label" id="sign-label">{t('teams.emoji')}</span>
          <div class="swatches" role="group" aria-labelledby="sign-label">
            {signs.map((sign) => (
              <button type="button" key={sign} aria-pressed={values.emoji === sign} aria-label={sign} onClick={() => set({ emoji: sign })}>{sign}</button>
            ))}
          </div>
        </div>
        <div class="field">
          <span class="field-label" id="colour-label">{t('teams.colour')}</span>
          <div class="swatches colours" role="group" aria-labelledby="colour-label">
            {colours.map((colour) => (
              <button type="button" key={colour} aria-pressed={values.colour === colour} aria-label={colour} style={{ '--team': colour }} onClick={() => set({ colour })} />
            ))}
          </div>
        </div>
        <SelectField
          label={t('teams.lead')}
          name="lead_user_id"
          value={String(values.lead_user_id ?? '')}
          error={errors['lead_user_id']}
          options={[{ value: '', text: t('teams.no_lead') }, ...leads.map((one) => ({ value: String(one.id), text: one.full_name }))]}
          onChange={(id) => set({ lead_user_id: id === '' ? null : Number(id) })}
        />
        <Tags value={values.tags} error={errors['tags']} onChange={(tags) => set({ tags })} />
        <FormEnd form={form} action={team ? t('action.save') : t('teams.create')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

function TeamCard({ team, onEdit, onArchive, onRestore }: {
  team: Team;
  onEdit: () => void;
  onArchive: () => void;
  onRestore: () => void;
}) {
  const archived = team.archived_at !== null;
  return (
    <li class={archived ? 'team-card off' : 'team-card'} style={{ '--team': team.colour }}>
      <header>
        <span class="team-name">
          <TeamMark colour={team.colour} emoji={team.emoji} name={team.name} />
          <span class="clip" title={team.name}>{team.name}</span>
        </span>
        <Actions
          label={t('action.for', { name: team.name })}
          actions={archived ? [{ text: t('teams.restore'), run: onRestore }] : [{ text: t('action.edit'), run: onEdit }, { text: t('teams.archive'), danger: true, run: onArchive }]}
        />
      </header>
      <p class="muted clip">{team.lead_name === null ? t('teams.no_lead') : t('teams.lead_is', { name: team.lead_name })}</p>
      <p class="team-tags">
        {team.tags.length === 0 ? <small class="nobody">{t('teams.no_tags')}</small> : team.tags.map((tag) => <code class="mono" key={tag}>{tag}</code>)}
      </p>
      <footer>
        <span>{t('teams.members', { n: team.members })}</span>
        <span>{t('teams.accounts', { n: team.accounts })}</span>
        {team.archived_at !== null && <Badge kind="quiet">{t('teams.archived_on', { day: fmt.dayFull(dayAt(team.archived_at, reportZone)) })}</Badge>}
      </footer>
    </li>
  );
}

export default function TeamsPage() {
  const { query } = usePlace();
  const withArchived = query.get('archived') === '1';
  const list = useLoad(`teams:${withArchived}`, (signal) => teams.list(withArchived, signal));
  const people = useLoad('users', (signal) => users.list(signal));
  const [edited, setEdited] = useState<Team | 'new' | null>(null);
  const [leaving, setLeaving] = useState<Team | null>(null);
  const [find, setFind] = useState('');
  const action = useAction();
  const done = (): void => {
    setEdited(null);
    setLeaving(null);
    list.reload();
  };
  const archive = (team: Team): void =>
    action.run(`a${team.id}`, async () => {
      await teams.archive(team.id);
      done();
      return t('teams.archived_toast', { name: team.name });
    });
  const restore = (team: Team): void =>
    action.run(`r${team.id}`, async () => {
      await teams.restore(team.id);
      done();
      return t('teams.restored_toast', { name: team.name });
    });
  return (
    <>
      <PageHead title={t('nav.teams')} lead={t('teams.page_lead')} />
      <Card
        side={
          <>
            <Filter value={find} onInput={setFind} label={t('teams.find')} />
            <Switch label={t('teams.with_archived')} on={withArchived} onChange={(on) => setQuery({ archived: on ? '1' : null })} />
            <Button kind="primary" icon="plus" onClick={() => setEdited('new')}>{t('teams.create')}</Button>
          </>
        }
      >
        <Block loaded={list} skeleton={<Skeleton lines={5} />}>
          {({ items }) => {
            const found = items.filter((team) => matches(find, team.name, team.lead_name, ...team.tags));
            if (items.length === 0) {
              return (
                <Empty icon="teams" title={t('teams.empty')} text={t('teams.empty_text')}>
                  <Button kind="primary" onClick={() => setEdited('new')}>{t('teams.create')}</Button>
                </Empty>
              );
            }
            return (
              <>
                <ul class="team-cards">
                  {found.map((team) => (
                    <TeamCard key={team.id} team={team} onEdit={() => setEdited(team)} onArchive={() => setLeaving(team)} onRestore={() => restore(team)} />
                  ))}
                </ul>
                {found.length === 0 && <p class="muted">{t('search.nothing')}</p>}
              </>
            );
          }}
        </Block>
      </Card>
      {edited !== null && (
        <Constructor team={edited === 'new' ? null : edited} people={people.data?.items ?? []} onDone={done} onClose={() => setEdited(null)} />
      )}
      {leaving && (
        <Confirm
          danger
          title={t('teams.archive_title', { name: leaving.name })}
          text={`${t('teams.archive_text')} ${t('teams.archive_members', { n: leaving.members })}`}
          action={t('teams.archive')}
          busy={action.busy !== null}
          error={null}
          onConfirm={() => archive(leaving)}
          onClose={() => setLeaving(null)}
        />
      )}
    </>
  );
}
