// The ways into Meta: what each may do, until when, and what to do when it is dead.
import { useState } from 'preact/hooks';
import { ads } from '../../../api/endpoints';
import { meta } from '../../../api/sources';
import type { Connection, List } from '../../../api/types';
import { reportZone } from '../../../live';
import { useAction } from '../../../ui/action';
import { Button } from '../../../ui/button';
import { Confirm, Dialog } from '../../../ui/dialog';
import { FormEnd, needed, TextField, useForm } from '../../../ui/form';
import { fmt, t } from '../../../ui/i18n';
import { Icon } from '../../../ui/icon';
import type { Loaded } from '../../../ui/load';
import { Actions, type Action } from '../../../ui/popover';
import { Badge, Block, Card, Empty, Skeleton } from '../../../ui/state';
import { toast } from '../../../ui/toast';

const kinds: Record<Connection['state'], 'good' | 'bad' | 'quiet'> = { ok: 'good', reconnect: 'bad', error: 'bad', off: 'quiet' };

function Paste({ onDone, onClose }: { onDone: () => void; onClose: () => void }) {
  const form = useForm<{ token: string }>({
    initial: { token: '' },
    check: ({ token }) => needed('token', token),
    send: async ({ token }) => {
      const made = await ads.connect(token.trim());
      toast(t('connect.done', { name: made.label, n: made.accounts }));
      onDone();
    },
    overrides: { upstream: 'connect.upstream' },
  });
  return (
    <Dialog title={t('connect.paste')} onClose={onClose}>
      <form onSubmit={form.submit} novalidate>
        <ol class="steps">
          <li>{t('connect.step_1')}</li>
          <li>{t('connect.step_2')}</li>
          <li>{t('connect.step_3')}</li>
        </ol>
        <TextField
          label={t('connect.token')}
          name="token"
          mono
          lines={4}
          required
          autofocus
          value={form.values.token}
          help={t('connect.help')}
          error={form.errors['token']}
          onInput={(token) => form.set({ token })}
        />
        <FormEnd form={form} action={t('connect.action')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

// How long the token still lives, louder the nearer its end is.
function Expiry({ connection }: { connection: Connection }) {
  const { expires_at, expires_in_days: left } = connection;
  if (expires_at === null || expires_at === 0) return <Badge kind="quiet">{t('connection.never_expires')}</Badge>;
  const when = fmt.moment(expires_at, reportZone);
  if (left === null || left <= 0) return <Badge kind="bad" tip={when}>{t('connection.expired')}</Badge>;
  return <Badge kind={left <= 3 ? 'bad' : left <= 14 ? 'warn' : 'good'} tip={when}>{t('connection.expires_in', { n: left })}</Badge>;
}

function Scopes({ connection }: { connection: Connection }) {
  if (connection.scopes.length === 0 && connection.missing_scopes.length === 0) return null;
  return (
    <span class="badges">
      {connection.missing_scopes.map((scope) => <Badge key={scope} kind="bad" tip={t('connection.scope_missing_tip')}>{t('connection.scope_missing', { scope })}</Badge>)}
      {connection.scopes.map((scope) => <Badge key={scope} kind="quiet" tip={t('connection.scope_granted')}>✓ {scope}</Badge>)}
    </span>
  );
}

function Line({ connection, checking, actions, again }: { connection: Connection; checking: boolean; actions: Action[]; again: () => void }) {
  const notes = [
    t(`connection.auth_${connection.auth}`),
    t('connection.accounts', { n: connection.accounts }),
    connection.token_hint === null ? null : t('connection.token', { hint: connection.token_hint }),
    checking ? t('connection.checking') : t('connection.checked', { ago: fmt.ago(connection.checked_at, Date.now()) }),
  ];
  return (
    <li class="connection">
      <span class="connection-mark"><Icon name="accounts" /></span>
      <div class="two-lines">
        <span class="connection-name">
          <b class="clip" title={connection.label}>{connection.label}</b>
          <Badge kind={kinds[connection.state]}>{t(`connection.${connection.state}`)}</Badge>
          <Expiry connection={connection} />
        </span>
        {connection.reason !== null && connection.state !== 'ok' && <small class="bad">{connection.reason}</small>}
        <small>{notes.filter((part) => part !== null).join(' · ')}</small>
        <Scopes connection={connection} />
      </div>
      <span class="item-side">
        {(connection.state === 'reconnect' || connection.warning !== null) && <Button small kind="primary" onClick={again}>{t('connection.again')}</Button>}
        <Actions label={t('action.for', { name: connection.label })} actions={actions} />
      </span>
    </li>
  );
}

export function Meta({ loaded, onChange }: { loaded: Loaded<List<Connection>>; onChange: () => void }) {
  const [doing, setDoing] = useState<'paste' | Connection | null>(null);
  const action = useAction();
  const done = (): void => {
    setDoing(null);
    onChange();
  };
  const facebook = (): void =>
    action.run('oauth', async () => {
      const { url } = await meta.oauth('/connections');
      location.assign(url);
      return t('connect.leaving');
    }, { invalid_fields: 'connect.no_app', conflict: 'connect.no_app', bad_input: 'connect.no_app' });
  const check = (connection: Connection): void =>
    action.run(`c${connection.id}`, async () => {
      await ads.check(connection.id);
      onChange();
      return t('connection.checked_toast', { name: connection.label });
    });
  const remove = (connection: Connection): void =>
    action.run(`d${connection.id}`, async () => {
      await ads.disconnect(connection.id);
      done();
      return t('connection.removed', { name: connection.label });
    });
  const again = (connection: Connection): void => (connection.auth === 'oauth' ? facebook() : setDoing('paste'));
  const actionsOf = (connection: Connection): Action[] => {
    const all: Action[] = [
      { text: t('connection.check'), run: () => check(connection) },
      { text: t('connection.again'), run: () => again(connection) },
    ];
    if (!connection.from_settings) all.push({ text: t('connection.remove'), danger: true, run: () => setDoing(connection) });
    return all;
  };
  const buttons = (
    <>
      <Button kind="primary" icon="link" busy={action.busy === 'oauth'} onClick={facebook}>{t('connect.facebook')}</Button>
      <Button icon="key" onClick={() => setDoing('paste')}>{t('connect.paste')}</Button>
    </>
  );
  return (
    <Card title={t('connections.title')} side={buttons}>
      <Block loaded={loaded} skeleton={<Skeleton lines={3} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="key" title={t('connections.empty')} text={t('connections.empty_text')}>
              <span class="badges">{buttons}</span>
            </Empty>
          ) : (
            <ul class="connections">
              {items.map((connection) => (
                <Line
                  key={connection.id}
                  connection={connection}
                  checking={action.busy === `c${connection.id}`}
                  actions={actionsOf(connection)}
                  again={() => again(connection)}
                />
              ))}
            </ul>
          )
        }
      </Block>
      {doing === 'paste' && <Paste onDone={done} onClose={() => setDoing(null)} />}
      {doing !== null && doing !== 'paste' && (
        <Confirm
          danger
          title={t('connection.remove_title', { name: doing.label })}
          text={t('connection.remove_text', { n: doing.accounts })}
          action={t('connection.remove')}
          busy={action.busy !== null}
          error={null}
          onConfirm={() => remove(doing)}
          onClose={() => setDoing(null)}
        />
      )}
    </Card>
  );
}
