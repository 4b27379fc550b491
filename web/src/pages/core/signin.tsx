// Signing in: wrong password, too many attempts and an ended session are each said in words.
import '../../kit';
import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../../api/client';
import { auth } from '../../api/endpoints';
import { go, safeReturn, usePlace } from '../../router';
import { setUser } from '../../session';
import { Button } from '../../ui/button';
import { errorText, waitText } from '../../ui/errors';
import { PasswordField, TextField, type FieldErrors } from '../../ui/form';
import { t } from '../../ui/i18n';
import { Icon } from '../../ui/icon';
import { Door } from './door';

// Counts down the seconds until the server listens again; 0 when it does.
function useLock(): [number, (seconds: number) => void] {
  const [until, setUntil] = useState(0);
  const [now, setNow] = useState(Date.now());
  const left = Math.max(0, Math.ceil((until - now) / 1000));
  useEffect(() => {
    if (left === 0) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [left === 0]);
  return [left, (seconds) => {
    setNow(Date.now());
    setUntil(Date.now() + seconds * 1000);
  }];
}

function SignIn() {
  const { query } = usePlace();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [errors, setErrors] = useState<FieldErrors>({});
  const [notice, setNotice] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [locked, lock] = useLock();
  const why = query.get('why');

  const failed = (error: unknown): void => {
    setBusy(false);
    if (!(error instanceof ApiError)) setNotice(errorText(error));
    else if (error.status === 429) lock(error.retryAfter ?? 60);
    else setNotice(error.status === 401 || error.status === 422 ? t('signin.wrong') : errorText(error));
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const missing: FieldErrors = {};
    if (email.trim() === '') missing['email'] = t('field.missing');
    if (password === '') missing['password'] = t('field.missing');
    setErrors(missing);
    setNotice(null);
    if (Object.keys(missing).length > 0 || locked > 0) return;
    setBusy(true);
    auth.login(email.trim(), password).then(({ user }) => {
      setUser(user);
      go(safeReturn(query.get('next')), 'replace');
    }, failed);
  };

  return (
    <form onSubmit={submit} novalidate>
      <h1>{t('signin.title')}</h1>
      {why === 'expired' && notice === null && (
        <p class="form-note" role="status"><Icon name="info" size={16} />{t('signin.expired')}</p>
      )}
      {why === 'out' && notice === null && <p class="form-note" role="status"><Icon name="check" size={16} />{t('signin.out')}</p>}
      <TextField
        label={t('field.email')}
        name="email"
        type="email"
        autocomplete="username"
        value={email}
        autofocus
        required
        error={errors['email']}
        onInput={(value) => {
          setEmail(value);
          setErrors({});
        }}
      />
      <PasswordField
        label={t('field.password')}
        name="password"
        autocomplete="current-password"
        value={password}
        error={errors['password']}
        onInput={(value) => {
          setPassword(value);
          setErrors({});
        }}
      />
      <div aria-live="assertive">
        {locked > 0 ? (
          <p class="form-error"><Icon name="lock" size={16} />{t('signin.locked', { time: waitText(locked) })}</p>
        ) : (
          notice !== null && <p class="form-error"><Icon name="alert" size={16} />{notice}</p>
        )}
      </div>
      <Button kind="primary" submit busy={busy} disabled={locked > 0}>{t('signin.action')}</Button>
      <p class="muted small">{t('signin.forgot')}</p>
    </form>
  );
}

export default function SignInPage() {
  return <Door>{() => <SignIn />}</Door>;
}
