// Facebook pages whose forms hand us leads: subscribed or not, and what waits to be fetched.
import { meta } from '../../../api/sources';
import type { LeadPage } from '../../../api/types';
import { useAction } from '../../../ui/action';
import { Button } from '../../../ui/button';
import { Switch } from '../../../ui/form';
import { fmt, t, tMaybe } from '../../../ui/i18n';
import { Icon } from '../../../ui/icon';
import { useLoad } from '../../../ui/load';
import { CopyLine } from '../../../ui/once';
import { Badge, Block, Card, Empty, Skeleton } from '../../../ui/state';
import { Ago } from '../../../ui/when';

const kinds: Record<LeadPage['state'], 'good' | 'bad' | 'quiet'> = { ok: 'good', failed: 'bad', new: 'quiet' };

function Line({ page, busy, onChange }: { page: LeadPage; busy: boolean; onChange: (on: boolean) => void }) {
  return (
    <li class="item">
      <div class="two-lines">
        <span class="connection-name">
          <b class="clip" title={page.name}>{page.name}</b>
          <Badge kind={kinds[page.state]}>{t(`pages.${page.state}`)}</Badge>
          {page.waiting > 0 && <Badge kind="accent">{t('pages.waiting', { n: page.waiting })}</Badge>}
          {page.failed > 0 && <Badge kind="bad">{t('pages.failed_leads', { n: page.failed })}</Badge>}
        </span>
        {page.reason !== null && <small class="bad">{page.reason}</small>}
        <small>{t('pages.last')} <Ago at={page.last_lead_at} none={t('pages.none_yet')} /> · <span class="mono">{page.external_id}</span></small>
      </div>
      <Switch label={t('pages.subscribed')} on={page.is_subscribed} busy={busy} onChange={onChange} />
    </li>
  );
}

function Webhook() {
  const { data } = useLoad('lead-webhook', (signal) => meta.pageWebhook(signal));
  if (!data) return null;
  return (
    <>
      {!data.is_ready && (
        <p class="note warn">
          <Icon name="alert" size={16} />
          <span>{t('pages.not_ready', { missing: fmt.list(data.missing.map((one) => tMaybe(`pages.needs_${one}`) ?? one)) })}</span>
        </p>
      )}
      <CopyLine label={t('pages.webhook')} text={data.url} />
    </>
  );
}

export function LeadPages() {
  const loaded = useLoad('lead-pages', (signal) => meta.pages(signal));
  const action = useAction();
  const change = (page: LeadPage, on: boolean): void =>
    action.run(`p${page.id}`, async () => {
      await meta.subscribe(page.id, on);
      loaded.reload();
      return t(on ? 'pages.on' : 'pages.off', { name: page.name });
    }, { upstream: 'connect.upstream' });
  const refresh = (): void =>
    action.run('refresh', async () => {
      await meta.refreshPages();
      loaded.reload();
      return t('pages.refreshed');
    }, { upstream: 'connect.upstream' });
  return (
    <Card title={t('pages.title')} side={<Button icon="refresh" busy={action.busy === 'refresh'} onClick={refresh}>{t('pages.refresh')}</Button>}>
      <p class="muted">{t('pages.lead')}</p>
      <Block loaded={loaded} skeleton={<Skeleton lines={2} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="leads" title={t('pages.empty')} text={t('pages.empty_text')} />
          ) : (
            <ul class="items">
              {items.map((page) => (
                <Line key={page.id} page={page} busy={action.busy === `p${page.id}`} onChange={(on) => change(page, on)} />
              ))}
            </ul>
          )
        }
      </Block>
      <Webhook />
    </Card>
  );
}
