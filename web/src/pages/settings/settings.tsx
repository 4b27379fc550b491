// One's own settings: name, language, look, password, and where one is signed in.
import '../../kit';
import { useState } from 'preact/hooks';
import { auth } from '../../api/endpoints';
import type { LocaleCode, Session, User } from '../../api/types';
import { reportZone } from '../../live';
import { currentUser, setUser } from '../../session';
import { PageHead } from '../../shell/head';
import { setTheme, storedTheme, themes, type Theme } from '../../theme';
import { useAction } from '../../ui/action';
import { Button, Segments } from '../../ui/button';
import { FormEnd, needed, PasswordField, TextField, useForm, type FieldErrors } from '../../ui/form';
import { locales } from '../../locale';
import { fmt, localeNames, t } from '../../ui/i18n';
import { Icon } from '../../ui/icon';
import { useLoad } from '../../ui/load';
import { Badge, Block, Card, Skeleton } from '../../ui/state';
import { toast } from '../../ui/toast';
import { shortestPassword } from '../core/password';

function Profile({ user }: { user: User }) {
  const form = useForm<{ full_name: string }>({
    initial: { full_name: user.full_name },
    check: ({ full_name }) => needed('full_name', full_name),
    send: async ({ full_name }) => {
      setUser((await auth.change({ full_name: full_name.trim() })).user);
      toast(t('settings.saved'));
    },
  });
  return (
    <Card title={t('settings.profile')}>
      <form onSubmit={form.submit} novalidate>
        <TextField label={t('field.full_name')} name="full_name" autocomplete="name" maxLength={120} value={form.values.full_name} error={form.errors['full_name']} onInput={(full_name) => form.set({ full_name })} />
        <dl class="details">
          <dt>{t('field.email')}</dt><dd>{user.email}</dd>
          <dt>{t('users.role')}</dt><dd>{t(`role.${user.role}`)}</dd>
          {user.team_name !== null && <><dt>{t('team.one')}</dt><dd>{user.team_name}</dd></>}
        </dl>
        <FormEnd form={form} action={t('action.save')} />
      </form>
    </Card>
  );
}

function Language() {
  const action = useAction();
  const speak = (locale: LocaleCode): void => {
    action.run(locale, async () => {
      setUser((await auth.change({ locale })).user);
      return t('settings.saved');
    });
  };
  return (
    <Card title={t('settings.language')}>
      <Segments
        label={t('settings.language')}
        options={locales.map((locale) => ({ value: locale, text: <span lang={locale}>{localeNames[locale]}</span> }))}
        value={fmt.locale}
        onChange={speak}
      />
    </Card>
  );
}

function Look() {
  const [chosen, setChosen] = useState<Theme>(storedTheme());
  const choose = (theme: Theme): void => {
    setTheme(theme);
    setChosen(theme);
  };
  return (
    <Card title={t('settings.theme')}>
      <div class="themes" role="group" aria-label={t('settings.theme')}>
        {themes.map((theme) => (
          <button type="button" key={theme} aria-pressed={theme === chosen} onClick={() => choose(theme)}>
            <span class={`theme-sample ${theme}`} aria-hidden="true">
              {(theme === 'auto' ? (['light', 'neon'] as const) : [theme]).map((part) => (
                <span data-theme={part} key={part}><i /><i /><i /></span>
              ))}
            </span>
            <span>{t(`theme.${theme}`)}</span>
          </button>
        ))}
      </div>
    </Card>
  );
}

interface Passwords {
  old_password: string;
  new_password: string;
}

function checkPasswords(values: Passwords): FieldErrors {
  const wrong: FieldErrors = {};
  if (values.old_password === '') wrong['old_password'] = t('field.missing');
  if (values.new_password.length < shortestPassword) wrong['new_password'] = t('password.short', { n: shortestPassword });
  return wrong;
}

function PasswordCard({ onChanged }: { onChanged: () => void }) {
  const form = useForm<Passwords>({
    initial: { old_password: '', new_password: '' },
    check: checkPasswords,
    send: async (values) => {
      await auth.password(values.old_password, values.new_password);
      form.set({ old_password: '', new_password: '' });
      toast(t('settings.password_changed'));
      onChanged();
    },
  });
  const { values, set, errors } = form;
  return (
    <Card title={t('settings.password')}>
      <form onSubmit={form.submit} novalidate>
        <PasswordField label={t('settings.old_password')} name="old_password" autocomplete="current-password" value={values.old_password} error={errors['old_password']} onInput={(old_password) => set({ old_password })} />
        <PasswordField label={t('settings.new_password')} name="new_password" autocomplete="new-password" value={values.new_password} help={t('password.help', { n: shortestPassword })} error={errors['new_password'] ?? errors['password']} onInput={(new_password) => set({ new_password })} />
        <FormEnd form={form} action={t('settings.change_password')} />
      </form>
    </Card>
  );
}

// "Chrome, Linux" from a browser's self-description; unknown ones are shown as they are.
export function deviceName(agent: string): string {
  const browser = [['Edg/', 'Edge'], ['OPR/', 'Opera'], ['YaBrowser/', 'Yandex'], ['Firefox/', 'Firefox'], ['Chrome/', 'Chrome'], ['Safari/', 'Safari']].find(([mark]) => mark !== undefined && agent.includes(mark))?.[1];
  const system = [['iPhone', 'iPhone'], ['iPad', 'iPad'], ['Android', 'Android'], ['Windows', 'Windows'], ['Mac OS X', 'macOS'], ['Linux', 'Linux']].find(([mark]) => mark !== undefined && agent.includes(mark))?.[1];
  const known = [browser, system].filter((part) => part !== undefined);
  return known.length > 0 ? known.join(', ') : agent.slice(0, 60);
}

function Sessions({ turn }: { turn: number }) {
  const loaded = useLoad(`sessions${turn}`, (signal) => auth.sessions(signal));
  const action = useAction();
  const end = (session: Session): void =>
    action.run(session.id, async () => {
      await auth.endSession(session.id);
      loaded.reload();
      return t('settings.session_ended');
    });
  return (
    <Card title={t('settings.sessions')}>
      <Block loaded={loaded} skeleton={<Skeleton lines={3} />}>
        {({ items }) => (
          <ul class="connections">
            {items.map((session) => (
              <li class="connection" key={session.id}>
                <span class="connection-mark"><Icon name="globe" /></span>
                <div class="two-lines">
                  <span class="connection-name" data-tip={session.user_agent}>
                    <b>{session.user_agent === '' ? t('settings.unknown_device') : deviceName(session.user_agent)}</b>
                    {session.current && <Badge kind="good">{t('settings.this_one')}</Badge>}
                  </span>
                  <small>
                    <span class="mono">{session.remote_ip}</span> · <span data-tip={fmt.moment(session.created_at, reportZone)}>{t('settings.seen', { ago: fmt.ago(session.last_used_at, Date.now()) })}</span>
                  </small>
                </div>
                {!session.current && <Button small busy={action.busy === session.id} onClick={() => end(session)}>{t('settings.end_session')}</Button>}
              </li>
            ))}
          </ul>
        )}
      </Block>
    </Card>
  );
}

export default function SettingsPage() {
  const user = currentUser();
  const [turn, setTurn] = useState(0);
  if (!user) return null;
  return (
    <>
      <PageHead title={t('nav.settings')} />
      <div class="settings">
        <div class="stack">
          <Profile user={user} />
          <PasswordCard onChanged={() => setTurn(turn + 1)} />
        </div>
        <div class="stack">
          <Look />
          <Language />
          <Sessions turn={turn} />
          <p class="muted small">{t('settings.licences')} <a href="/licenses.txt">licenses.txt</a></p>
        </div>
      </div>
    </>
  );
}
