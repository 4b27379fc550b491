// People: who may do what, in which team. Nobody is deleted: history keeps its owner.
import '../../kit';
import { useState } from 'preact/hooks';
import { users } from '../../api/endpoints';
import type { LocaleCode, Role, User, UserForm } from '../../api/types';
import { reportZone } from '../../live';
import { currentUser } from '../../session';
import { PageHead } from '../../shell/head';
import { copyText, useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Confirm, Dialog } from '../../ui/dialog';
import { Filter, FormEnd, matches, PasswordField, SelectField, Switch, TextField, useForm, type FieldErrors } from '../../ui/form';
import { isLocale, locales } from '../../locale';
import { fmt, localeNames, t } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { Actions } from '../../ui/popover';
import { Badge, Block, Card, Empty, Nil, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import type { Order } from '../../ui/sort';
import { teamOptions, useTeams } from '../../ui/teampick';
import { toast } from '../../ui/toast';
import { shortestPassword } from '../core/password';

const roles: readonly Role[] = ['viewer', 'targetologist', 'team_lead', 'admin'];

interface Values {
  email: string;
  full_name: string;
  role: Role;
  team: string;
  locale: LocaleCode;
  byLink: boolean;
  password: string;
}

function check(isNew: boolean) {
  return (values: Values): FieldErrors => {
    const wrong: FieldErrors = {};
    if (values.full_name.trim() === '') wrong['full_name'] = t('field.missing');
    if (isNew && values.email.trim() === '') wrong['email'] = t('field.missing');
    if (values.role !== 'admin' && values.team === '') wrong['team_id'] = t('users.team_needed');
    if (isNew && !values.byLink && values.password.length < shortestPassword) wrong['password'] = t('password.short', { n: shortestPassword });
    return wrong;
  };
}

function toForm(values: Values, isNew: boolean): UserForm {
  const form: UserForm = {
    full_name: values.full_name.trim(),
    role: values.role,
    team_id: values.team === '' ? null : Number(values.team),
    locale: values.locale,
  };
  if (isNew) form.email = values.email.trim();
  if (isNew && !values.byLink) form.password = values.password;
  return form;
}

function Editor({ user, onDone, onClose }: { user: User | null; onDone: (link: string | null) => void; onClose: () => void }) {
  const teams = useTeams();
  const isNew = user === null;
  const form = useForm<Values>({
    initial: {
      email: user?.email ?? '',
      full_name: user?.full_name ?? '',
      role: user?.role ?? 'targetologist',
      team: user?.team_id ? String(user.team_id) : '',
      locale: user?.locale ?? 'ru',
      byLink: true,
      password: '',
    },
    check: check(isNew),
    send: async (values) => {
      const ready = toForm(values, isNew);
      if (user) {
        await users.change(user.id, ready);
        onDone(null);
      } else onDone((await users.create(ready)).invite_link);
    },
    overrides: { conflict: isNew ? 'users.conflict' : 'users.last_admin' },
  });
  const { values, set, errors } = form;
  return (
    <Dialog title={user ? t('users.edit_title') : t('users.create_title')} onClose={onClose}>
      <form onSubmit={form.submit} novalidate>
        <TextField label={t('field.full_name')} name="full_name" required maxLength={120} value={values.full_name} error={errors['full_name']} onInput={(full_name) => set({ full_name })} />
        <TextField label={t('field.email')} name="email" type="email" required disabled={!isNew} value={values.email} error={errors['email']} onInput={(email) => set({ email })} />
        <div class="form-row">
          <SelectField
            label={t('users.role')}
            name="role"
            value={values.role}
            help={t(`role.${values.role}_hint`)}
            error={errors['role']}
            options={roles.map((role) => ({ value: role, text: t(`role.${role}`) }))}
            onChange={(chosen) => set({ role: roles.find((role) => role === chosen) ?? 'viewer' })}
          />
          <SelectField label={t('team.one')} name="team_id" value={values.team} error={errors['team_id']} options={teamOptions(teams.data?.items ?? [], t('users.no_team'))} onChange={(team) => set({ team })} />
        </div>
        <SelectField
          label={t('settings.language')}
          name="locale"
          value={values.locale}
          error={errors['locale']}
          options={locales.map((locale) => ({ value: locale, text: localeNames[locale] }))}
          onChange={(locale) => isLocale(locale) && set({ locale })}
        />
        {isNew && (
          <>
            <div class="field"><Switch label={t('users.by_link')} on={values.byLink} onChange={(byLink) => set({ byLink })} /></div>
            {!values.byLink && (
              <PasswordField label={t('field.password')} name="password" autocomplete="new-password" value={values.password} help={t('password.help', { n: shortestPassword })} error={errors['password']} onInput={(password) => set({ password })} />
            )}
          </>
        )}
        <FormEnd form={form} action={user ? t('action.save') : t('users.create')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

function InviteLink({ link, onClose }: { link: string; onClose: () => void }) {
  const copy = (): void => {
    copyText(link).then(() => toast(t('action.copied')), () => toast(t('users.copy_failed'), 'bad'));
  };
  return (
    <Dialog title={t('users.link_title')} onClose={onClose}>
      <p>{t('users.link_text')}</p>
      <p class="copy-line"><code class="mono">{link}</code></p>
      <footer class="form-actions">
        <Button onClick={onClose}>{t('action.close')}</Button>
        <Button kind="primary" icon="copy" onClick={copy}>{t('action.copy')}</Button>
      </footer>
    </Dialog>
  );
}

function stateBadge(user: User) {
  if (user.disabled_at !== null) return <Badge kind="quiet">{t('users.disabled')}</Badge>;
  return user.has_password ? <Badge kind="good">{t('users.active')}</Badge> : <Badge kind="warn">{t('users.invited')}</Badge>;
}

type Doing = { kind: 'edit' | 'disable'; user: User } | { kind: 'new' } | { kind: 'link'; link: string } | null;

function columnsOf(act: (doing: Doing) => void, invite: (user: User) => void, enable: (user: User) => void): Column<User>[] {
  return [
    { id: 'name', head: t('field.full_name'), sort: (user) => user.full_name, cell: (user) => <span class="two-lines"><span class="clip" title={user.full_name}>{user.full_name}</span><small class="clip">{user.email}</small></span> },
    { id: 'role', head: t('users.role'), kind: 'text', priority: 2, sort: (user) => roles.indexOf(user.role), cell: (user) => t(`role.${user.role}`) },
    { id: 'team', head: t('team.one'), kind: 'text', priority: 2, sort: (user) => user.team_name, cell: (user) => user.team_name ?? <Nil why={t('users.no_team')} /> },
    { id: 'state', head: t('users.state'), kind: 'text', sort: (user) => (user.disabled_at === null ? 0 : 1), cell: stateBadge },
    { id: 'seen', head: t('users.last_login'), kind: 'text', priority: 3, sort: (user) => user.last_login_at, cell: (user) => (user.last_login_at === null ? <Nil why={t('users.never')} /> : <span class="num nowrap" data-tip={fmt.moment(user.last_login_at, reportZone)}>{fmt.ago(user.last_login_at, Date.now())}</span>) },
    {
      id: 'tools',
      head: t('users.tools'),
      kind: 'tool',
      cell: (user) => {
        const edit = { text: t('action.edit'), run: () => act({ kind: 'edit', user }) };
        const link = { text: t('users.new_link'), run: () => invite(user) };
        const disable = { text: t('users.disable'), danger: true, run: () => act({ kind: 'disable', user }) };
        const own = user.id === currentUser()?.id;
        const actions = user.disabled_at !== null ? [{ text: t('users.enable'), run: () => enable(user) }] : own ? [edit] : [edit, link, disable];
        return <Actions label={t('action.for', { name: user.full_name })} actions={actions} />;
      },
    },
  ];
}

export default function UsersPage() {
  const list = useLoad('users', (signal) => users.list(signal));
  const [doing, setDoing] = useState<Doing>(null);
  const [order, setOrder] = useState<Order | null>({ column: 'name', descending: false });
  const [find, setFind] = useState('');
  const action = useAction();
  const done = (link: string | null): void => {
    setDoing(link === null ? null : { kind: 'link', link });
    list.reload();
  };
  const invite = (user: User): void =>
    action.run(`i${user.id}`, async () => {
      const { invite_link } = await users.invite(user.id);
      setDoing({ kind: 'link', link: invite_link });
      return t('users.link_made');
    });
  const turn = (user: User, on: boolean): void =>
    action.run(`t${user.id}`, async () => {
      await (on ? users.enable(user.id) : users.disable(user.id));
      done(null);
      return t(on ? 'users.enabled_toast' : 'users.disabled_toast', { name: user.full_name });
    }, { conflict: 'users.last_admin' });
  return (
    <>
      <PageHead title={t('nav.users')} />
      <Card
        side={
          <>
            <Filter value={find} onInput={setFind} label={t('users.find')} />
            <Button kind="primary" icon="plus" onClick={() => setDoing({ kind: 'new' })}>{t('users.create')}</Button>
          </>
        }
      >
        <Block loaded={list} skeleton={<Skeleton lines={7} />}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty icon="user" title={t('users.empty')} text={t('users.empty_text')}>
                <Button kind="primary" onClick={() => setDoing({ kind: 'new' })}>{t('users.create')}</Button>
              </Empty>
            ) : (
              <DataTable
                caption={t('nav.users')}
                rows={items.filter((user) => matches(find, user.full_name, user.email, user.team_name))}
                columns={columnsOf(setDoing, invite, (user) => turn(user, true))}
                keyOf={(user) => String(user.id)}
                order={order}
                onOrder={setOrder}
                rowClass={(user) => (user.disabled_at === null ? '' : 'off')}
              />
            )
          }
        </Block>
      </Card>
      {doing?.kind === 'new' && <Editor user={null} onDone={done} onClose={() => setDoing(null)} />}
      {doing?.kind === 'edit' && <Editor user={doing.user} onDone={done} onClose={() => setDoing(null)} />}
      {doing?.kind === 'link' && <InviteLink link={doing.link} onClose={() => setDoing(null)} />}
      {doing?.kind === 'disable' && (
        <Confirm
          danger
          title={t('users.disable_title', { name: doing.user.full_name })}
          text={t('users.disable_text')}
          action={t('users.disable')}
          busy={action.busy !== null}
          error={null}
          onConfirm={() => turn(doing.user, false)}
          onClose={() => setDoing(null)}
        />
      )}
    </>
  );
}
