// The one-time links: the first administrator's (/setup#code) and an invitation (/invite#code).
// The code stands behind the # so that it reaches no log.
import '../../kit';
import { auth } from '../../api/endpoints';
import type { OneTimeCode } from '../../api/types';
import { go, usePlace } from '../../router';
import { setUser } from '../../session';
import { FormEnd, PasswordField, TextField, useForm, type FieldErrors } from '../../ui/form';
import { fmt, t } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { Block, Empty, Skeleton } from '../../ui/state';
import { Door } from './door';
import { shortestPassword } from './password';



interface Values {
  email: string;
  full_name: string;
  password: string;
}

function check(isSetup: boolean) {
  return (values: Values): FieldErrors => {
    const wrong: FieldErrors = {};
    if (isSetup && values.email.trim() === '') wrong['email'] = t('field.missing');
    if (isSetup && values.full_name.trim() === '') wrong['full_name'] = t('field.missing');
    if (values.password.length < shortestPassword) wrong['password'] = t('password.short', { n: shortestPassword });
    return wrong;
  };
}

function ChoosePassword({ code, known }: { code: string; known: OneTimeCode }) {
  const isSetup = known.purpose === 'setup';
  const form = useForm<Values>({
    initial: { email: known.email ?? '', full_name: known.full_name ?? '', password: '' },
    check: check(isSetup),
    send: async ({ email, full_name, password }) => {
      const own = isSetup ? { email: email.trim(), full_name: full_name.trim() } : {};
      const { user } = await auth.setup({ code, password, ...own });
      // The first administrator's language is the one this page was read in.
      setUser(isSetup && user.locale !== fmt.locale ? (await auth.change({ locale: fmt.locale })).user : user);
      go('/', 'replace');
    },
    overrides: { not_found: 'setup.used', not_signed_in: 'setup.used' },
  });
  return (
    <form onSubmit={form.submit} novalidate>
      <h1>{isSetup ? t('setup.title') : t('invite.title', { name: known.full_name ?? '' })}</h1>
      <p class="muted">{isSetup ? t('setup.lead') : t('invite.lead', { email: known.email ?? '' })}</p>
      {isSetup && (
        <>
          <TextField label={t('field.full_name')} name="full_name" autocomplete="name" required value={form.values.full_name} error={form.errors['full_name']} onInput={(full_name) => form.set({ full_name })} />
          <TextField label={t('field.email')} name="email" type="email" autocomplete="username" required value={form.values.email} error={form.errors['email']} onInput={(email) => form.set({ email })} />
        </>
      )}
      <PasswordField
        label={t('field.password')}
        name="password"
        autocomplete="new-password"
        value={form.values.password}
        help={t('password.help', { n: shortestPassword })}
        error={form.errors['password']}
        onInput={(password) => form.set({ password })}
      />
      <FormEnd form={form} action={isSetup ? t('setup.action') : t('invite.action')} />
    </form>
  );
}

function OneTime() {
  const { hash } = usePlace();
  const loaded = useLoad(hash === '' ? null : `code${hash}`, (signal) => auth.code(hash, signal));
  const spent = (
    <Empty icon="key" title={t('setup.dead_title')} text={t('setup.dead_text')}>
      <a class="button" href="/signin">{t('signin.title')}</a>
    </Empty>
  );
  if (hash === '') return spent;
  return (
    <Block loaded={loaded} skeleton={<Skeleton lines={4} />}>
      {(known) => (known.valid ? <ChoosePassword code={hash} known={known} /> : spent)}
    </Block>
  );
}

export default function SetupPage() {
  return <Door>{() => <OneTime />}</Door>;
}
