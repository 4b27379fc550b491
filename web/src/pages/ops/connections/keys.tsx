// The secret addresses that amoCRM posts to. A new one is shown once; old ones keep working until
// they are retired.
import { useState } from 'preact/hooks';
import { crm } from '../../../api/sources';
import type { WebhookKeyMade } from '../../../api/types';
import { useAction } from '../../../ui/action';
import { Button } from '../../../ui/button';
import { Confirm, Dialog } from '../../../ui/dialog';
import { t } from '../../../ui/i18n';
import { useLoad } from '../../../ui/load';
import { CopyLine } from '../../../ui/once';
import { Badge, Block, Skeleton } from '../../../ui/state';
import { At } from '../../../ui/when';

export function Keys() {
  const loaded = useLoad('webhook-keys', (signal) => crm.keys(signal));
  const [made, setMade] = useState<WebhookKeyMade | null>(null);
  const [retiring, setRetiring] = useState(false);
  const action = useAction();
  const rotate = (): void =>
    action.run('rotate', async () => {
      setMade(await crm.newKey());
      loaded.reload();
      return t('keys.made');
    });
  const retire = (): void =>
    action.run('retire', async () => {
      await crm.retireOld();
      setRetiring(false);
      loaded.reload();
      return t('keys.retired_toast');
    });
  const alive = loaded.data?.items.filter((key) => key.retired_at === null) ?? [];
  return (
    <>
      <div class="take-head">
        <h3>{t('keys.title')}</h3>
        <span class="item-side">
          {alive.length > 1 && <Button small onClick={() => setRetiring(true)}>{t('keys.retire')}</Button>}
          <Button small icon="refresh" busy={action.busy === 'rotate'} onClick={rotate}>{t('keys.rotate')}</Button>
        </span>
      </div>
      <Block loaded={loaded} skeleton={<Skeleton lines={1} />}>
        {({ items }) =>
          items.length === 0 ? (
            <p class="muted">{t('keys.empty')}</p>
          ) : (
            <ul class="items">
              {items.map((key) => (
                <li class="item" key={key.id}>
                  <span><span class="mono">…{key.hint.replace(/^…/, '')}</span> <small class="muted">{t('keys.since')} <At at={key.created_at} /></small></span>
                  {key.retired_at === null ? <Badge kind="good">{t('keys.alive')}</Badge> : <Badge kind="quiet">{t('keys.retired')}</Badge>}
                </li>
              ))}
            </ul>
          )
        }
      </Block>
      {made && (
        <Dialog title={t('keys.made')} onClose={() => setMade(null)}>
          <p>{t('keys.once')}</p>
          <CopyLine label={t('keys.address')} text={made.url} />
        </Dialog>
      )}
      {retiring && (
        <Confirm danger title={t('keys.retire_title')} text={t('keys.retire_text')} action={t('keys.retire')} busy={action.busy !== null} error={null} onConfirm={retire} onClose={() => setRetiring(false)} />
      )}
    </>
  );
}
