// amoCRM: access, the webhook that brings deals, and its secret address.
import { useState } from 'preact/hooks';
import { crm } from '../../../api/sources';
import type { CrmConnection } from '../../../api/types';
import { useAction } from '../../../ui/action';
import { Button } from '../../../ui/button';
import { Confirm, Dialog } from '../../../ui/dialog';
import { FormEnd, needed, TextField, useForm } from '../../../ui/form';
import { t } from '../../../ui/i18n';
import { Icon } from '../../../ui/icon';
import { useLoad } from '../../../ui/load';
import { Actions, type Action } from '../../../ui/popover';
import { Badge, Block, Card, Empty, Skeleton } from '../../../ui/state';
import { toast } from '../../../ui/toast';
import { Ago, At } from '../../../ui/when';
import { Keys } from './keys';

const kinds: Record<CrmConnection['state'], 'good' | 'bad' | 'quiet'> = { ok: 'good', reconnect: 'bad', error: 'bad', off: 'quiet' };
const hookKinds: Record<CrmConnection['hook_state'], 'good' | 'bad' | 'quiet'> = { ok: 'good', missing: 'bad', disabled: 'bad', unknown: 'quiet' };

function Token({ onDone, onClose }: { onDone: () => void; onClose: () => void }) {
  const form = useForm({
    initial: { subdomain: '', token: '' },
    check: ({ subdomain, token }) => ({ ...needed('subdomain', subdomain), ...needed('token', token) }),
    send: async ({ subdomain, token }) => {
      const made = await crm.connect({ subdomain: subdomain.trim().replace(/^https?:\/\//, '').replace(/[./].*$/, ''), token: token.trim() });
      toast(t('crm.connected', { name: made.subdomain }));
      onDone();
    },
    overrides: { upstream: 'crm.upstream' },
  });
  const { values, set, errors } = form;
  return (
    <Dialog title={t('crm.paste')} onClose={onClose}>
      <form onSubmit={form.submit} novalidate>
        <ol class="steps">
          <li>{t('crm.step_1')}</li>
          <li>{t('crm.step_2')}</li>
        </ol>
        <TextField label={t('crm.subdomain')} name="subdomain" required autofocus placeholder="company" value={values.subdomain} help={t('crm.subdomain_help')} error={errors['subdomain'] ?? errors['host']} onInput={(subdomain) => set({ subdomain })} />
        <TextField label={t('connect.token')} name="token" mono lines={4} required value={values.token} help={t('connect.help')} error={errors['token']} onInput={(token) => set({ token })} />
        <FormEnd form={form} action={t('connect.action')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

function Oauth({ onClose }: { onClose: () => void }) {
  const form = useForm({
    initial: { client_id: '', client_secret: '' },
    send: async ({ client_id, client_secret }) => {
      const given = client_id.trim() === '' ? {} : { client_id: client_id.trim(), client_secret: client_secret.trim() };
      const { url } = await crm.oauth(given);
      location.assign(url);
    },
  });
  const { values, set, errors } = form;
  return (
    <Dialog title={t('crm.oauth')} onClose={onClose}>
      <form onSubmit={form.submit} novalidate>
        <p class="muted">{t('crm.oauth_text')}</p>
        <TextField label={t('crm.client_id')} name="client_id" mono value={values.client_id} help={t('crm.client_help')} error={errors['client_id']} onInput={(client_id) => set({ client_id })} />
        <TextField label={t('crm.client_secret')} name="client_secret" mono value={values.client_secret} error={errors['client_secret']} onInput={(client_secret) => set({ client_secret })} />
        <FormEnd form={form} action={t('crm.oauth_go')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

function Line({ one, actions, hook, busy }: { one: CrmConnection; actions: Action[]; hook: () => void; busy: boolean }) {
  return (
    <li class="connection">
      <span class="connection-mark"><Icon name="sales" /></span>
      <div class="two-lines">
        <span class="connection-name">
          <b class="clip" title={one.host}>{one.host}</b>
          <Badge kind={kinds[one.state]}>{t(`connection.${one.state}`)}</Badge>
          <Badge kind={hookKinds[one.hook_state]}>{t(`crm.hook_${one.hook_state}`)}</Badge>
          {one.blocked_until !== null && one.blocked_until > Date.now() && <Badge kind="warn">{t('crm.blocked')}</Badge>}
        </span>
        {one.reason !== null && one.state !== 'ok' && <small class="bad">{one.reason}</small>}
        {one.blocked_until !== null && one.blocked_until > Date.now() && <small>{t('crm.blocked_until')} <At at={one.blocked_until} /></small>}
        <small>
          {t(`crm.auth_${one.auth}`)} · {one.currency} · {t('crm.last_hook')} <Ago at={one.last_hook_at} none={t('fresh.never_long')} /> · {t('crm.read_until')} <Ago at={one.read_until} none={t('fresh.never_long')} />
        </small>
        {one.expires_at !== null && <small>{t('crm.expires')} <At at={one.expires_at} /></small>}
      </div>
      <span class="item-side">
        {(one.hook_state === 'missing' || one.hook_state === 'disabled') && <Button small kind="primary" busy={busy} onClick={hook}>{t('crm.make_hook')}</Button>}
        <Actions label={t('action.for', { name: one.host })} actions={actions} />
      </span>
    </li>
  );
}

export function Crm() {
  const loaded = useLoad('crm-connections', (signal) => crm.connections(signal));
  const [doing, setDoing] = useState<'token' | 'oauth' | CrmConnection | null>(null);
  const action = useAction();
  const done = (): void => {
    setDoing(null);
    loaded.reload();
  };
  const act = (id: string, work: () => Promise<unknown>, said: string): void =>
    action.run(id, async () => {
      await work();
      done();
      return said;
    }, { upstream: 'crm.upstream' });
  const hook = (one: CrmConnection): void => act(`h${one.id}`, () => crm.hook(one.id), t('crm.hook_made', { name: one.subdomain }));
  const actionsOf = (one: CrmConnection): Action[] => [
    { text: t('connection.check'), run: () => act(`c${one.id}`, () => crm.check(one.id), t('connection.checked_toast', { name: one.subdomain })) },
    { text: t('crm.make_hook'), run: () => hook(one) },
    { text: t('connection.again'), run: () => setDoing(one.auth) },
    { text: t('crm.remove'), danger: true, run: () => setDoing(one) },
  ];
  const buttons = (
    <>
      <Button kind="primary" icon="key" onClick={() => setDoing('token')}>{t('crm.paste')}</Button>
      <Button icon="link" onClick={() => setDoing('oauth')}>{t('crm.oauth')}</Button>
    </>
  );
  return (
    <Card title={t('crm.title')} side={buttons}>
      <Block loaded={loaded} skeleton={<Skeleton lines={2} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="sales" title={t('crm.empty')} text={t('crm.empty_text')}>
              <span class="badges">{buttons}</span>
            </Empty>
          ) : (
            <ul class="connections">
              {items.map((one) => <Line key={one.id} one={one} actions={actionsOf(one)} hook={() => hook(one)} busy={action.busy === `h${one.id}`} />)}
            </ul>
          )
        }
      </Block>
      <Keys />
      {doing === 'token' && <Token onDone={done} onClose={() => setDoing(null)} />}
      {doing === 'oauth' && <Oauth onClose={() => setDoing(null)} />}
      {doing !== null && typeof doing === 'object' && (
        <Confirm
          danger
          title={t('crm.remove_title', { name: doing.host })}
          text={t('crm.remove_text')}
          action={t('crm.remove')}
          busy={action.busy !== null}
          error={null}
          onConfirm={() => act(`d${doing.id}`, () => crm.disconnect(doing.id), t('crm.removed', { name: doing.host }))}
          onClose={() => setDoing(null)}
        />
      )}
    </Card>
  );
}
