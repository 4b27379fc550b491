// The ways into Meta: a pasted token each, with its state and what to do when it is dead.
import { useState } from 'preact/hooks';
import { ads } from '../../api/endpoints';
import type { Connection, List } from '../../api/types';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Confirm, Dialog } from '../../ui/dialog';
import { FormEnd, needed, TextField, useForm } from '../../ui/form';
import { fmt, t } from '../../ui/i18n';
import { Icon } from '../../ui/icon';
import type { Loaded } from '../../ui/load';
import { Actions, type Action } from '../../ui/popover';
import { Badge, Block, Card, Empty, Skeleton } from '../../ui/state';
import { toast } from '../../ui/toast';

const kinds: Record<Connection['state'], 'good' | 'bad' | 'quiet'> = { ok: 'good', reconnect: 'bad', error: 'bad', off: 'quiet' };

function Connect({ onDone, onClose }: { onDone: () => void; onClose: () => void }) {
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
    <Dialog title={t('connect.title')} onClose={onClose}>
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

function Line({ connection, checking, actions }: { connection: Connection; checking: boolean; actions: Action[] }) {
  return (
    <li class="connection">
      <span class="connection-mark"><Icon name="accounts" /></span>
      <div class="two-lines">
        <span class="connection-name">
          <b class="clip" title={connection.label}>{connection.label}</b>
          <Badge kind={kinds[connection.state]}>{t(`connection.${connection.state}`)}</Badge>
        </span>
        {connection.reason !== null && connection.state !== 'ok' && <small class="bad">{connection.reason}</small>}
        <small>
          {[
            t('connection.accounts', { n: connection.accounts }),
            connection.from_settings ? t('connection.from_settings') : connection.token_hint === null ? null : t('connection.token', { hint: connection.token_hint }),
            checking ? t('connection.checking') : t('connection.checked', { ago: fmt.ago(connection.checked_at, Date.now()) }),
          ]
            .filter((part) => part !== null)
            .join(' · ')}
        </small>
      </div>
      <Actions label={t('action.for', { name: connection.label })} actions={actions} />
    </li>
  );
}

export function Connections({ loaded, onChange }: { loaded: Loaded<List<Connection>>; onChange: () => void }) {
  const [doing, setDoing] = useState<'connect' | Connection | null>(null);
  const action = useAction();
  const done = (): void => {
    setDoing(null);
    onChange();
  };
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
  const actionsOf = (connection: Connection): Action[] => {
    const all: Action[] = [
      { text: t('connection.check'), run: () => check(connection) },
      { text: t('connection.replace'), run: () => setDoing('connect') },
    ];
    if (!connection.from_settings) all.push({ text: t('connection.remove'), danger: true, run: () => setDoing(connection) });
    return all;
  };
  return (
    <Card
      title={t('connections.title')}
      side={<Button kind="primary" icon="plus" onClick={() => setDoing('connect')}>{t('connect.title')}</Button>}
    >
      <Block loaded={loaded} skeleton={<Skeleton lines={2} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="key" title={t('connections.empty')} text={t('connections.empty_text')}>
              <Button kind="primary" onClick={() => setDoing('connect')}>{t('connect.title')}</Button>
            </Empty>
          ) : (
            <ul class="connections">
              {items.map((connection) => (
                <Line key={connection.id} connection={connection} checking={action.busy === `c${connection.id}`} actions={actionsOf(connection)} />
              ))}
            </ul>
          )
        }
      </Block>
      {doing === 'connect' && <Connect onDone={done} onClose={() => setDoing(null)} />}
      {doing !== null && doing !== 'connect' && (
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
