// Which campaigns are watched: the others stay in the totals but not in the lists.
import { useState } from 'preact/hooks';
import { ads } from '../../api/endpoints';
import { meta } from '../../api/sources';
import { toQuery, type Params } from '../../api/client';
import type { Campaign } from '../../api/types';
import { useAction } from '../../ui/action';
import { Dialog } from '../../ui/dialog';
import { Filter, matches, Switch } from '../../ui/form';
import { t, tMaybe } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { Badge, Block, Empty, Skeleton } from '../../ui/state';
import { statusKinds } from './tree';

function Line({ campaign, busy, onChange }: { campaign: Campaign; busy: boolean; onChange: (on: boolean) => void }) {
  const status = campaign.effective_status ?? campaign.status;
  return (
    <li class="item">
      <span class="two-lines">
        <span class="badges">
          <span class="clip" title={campaign.name}>{campaign.name}</span>
          {status && <Badge kind={statusKinds[status] ?? 'warn'}>{tMaybe(`status.${status}`) ?? status}</Badge>}
        </span>
        <small>{campaign.account_name} · <span class="mono">{campaign.external_id}</span></small>
      </span>
      <Switch hidden label={t('tracked.track', { name: campaign.name })} on={campaign.is_tracked} busy={busy} onChange={onChange} />
    </li>
  );
}

export function Tracked({ base, onClose }: { base: Params; onClose: () => void }) {
  const query = { ...base, tracked: 'all', limit: 500 };
  const loaded = useLoad(`campaigns${toQuery(query)}`, (signal) => ads.campaigns(query, signal));
  const [find, setFind] = useState('');
  const action = useAction();
  const change = (campaign: Campaign, on: boolean): void =>
    action.run(`c${campaign.id}`, async () => {
      await meta.trackCampaign(campaign.id, on);
      loaded.reload();
      return t(on ? 'tracked.on' : 'tracked.off', { name: campaign.name });
    });
  return (
    <Dialog side title={t('tracked.title')} onClose={onClose}>
      <p class="muted">{t('tracked.lead')}</p>
      <div class="filters"><Filter value={find} onInput={setFind} label={t('campaigns.find')} /></div>
      <Block loaded={loaded} skeleton={<Skeleton lines={8} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="campaigns" title={t('campaigns.empty')} />
          ) : (
            <ul class="items">
              {items
                .filter((one) => matches(find, one.name, one.external_id, one.account_name))
                .map((one) => <Line key={one.id} campaign={one} busy={action.busy === `c${one.id}`} onChange={(on) => change(one, on)} />)}
            </ul>
          )
        }
      </Block>
    </Dialog>
  );
}
