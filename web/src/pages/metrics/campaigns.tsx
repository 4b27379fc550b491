// From an account down to an ad, with the platform's and the CRM's numbers on one row. Each level
// is fetched when it is opened; whatever no row claims stands in a row of its own.
import '../../kit_more';
import { useState } from 'preact/hooks';
import { metrics } from '../../api/endpoints';
import { toQuery, type Params } from '../../api/client';
import type { Breakdown, Group } from '../../api/types';
import { noteFreshness } from '../../live';
import { setQuery, usePlace } from '../../router';
import { PageHead } from '../../shell/head';
import { atLeast, currentUser } from '../../session';
import { Button } from '../../ui/button';
import { Filter } from '../../ui/form';
import { t } from '../../ui/i18n';
import type { ColumnSet } from '../../ui/metrics';
import { useLoad } from '../../ui/load';
import { PeriodBar } from '../../ui/periodbar';
import { Pick } from '../../ui/popover';
import { readOrder, writeOrder } from '../../ui/sort';
import { Block, Card, Empty, Skeleton } from '../../ui/state';
import { TeamFilter } from '../../ui/teampick';
import { choice, readView, viewParams, type View } from '../../view';
import { columnSetNames } from './columns';
import { Parts } from './parts';
import { Tracked } from './tracked';
import { Tree } from './tree';

export const roots = ['account', 'campaign', 'team', 'user', 'product', 'day'] as const;
export type Root = (typeof roots)[number];

// What lies below each level.
const chains: Record<Root, readonly Group[]> = {
  account: ['account', 'campaign', 'ad_set', 'ad'],
  campaign: ['campaign', 'ad_set', 'ad'],
  team: ['team', 'account', 'campaign', 'ad_set', 'ad'],
  user: ['user'],
  product: ['product'],
  day: ['day'],
};

async function fetchRoot(query: Params, signal: AbortSignal): Promise<Breakdown> {
  const answer = await metrics.breakdown(query, signal);
  noteFreshness(answer.freshness);
  return answer;
}

function Numbers({ view, root, set }: { view: View; root: Root; set: ColumnSet }) {
  const { query } = usePlace();
  const [find, setFind] = useState('');
  const [tracking, setTracking] = useState(false);
  const params = { ...viewParams(view), group: root };
  const loaded = useLoad(`metrics${toQuery(params)}`, (signal) => fetchRoot(params, signal), true);
  const order = readOrder(query.get('sort')) ?? { column: root === 'day' ? 'name' : 'spend', descending: true };
  return (
    <Card
      title={t('campaigns.numbers')}
      side={
        <>
          <Filter value={find} onInput={setFind} label={t('campaigns.find')} />
          <Pick
            align="end"
            label={t('campaigns.group')}
            value={root}
            options={roots.map((one) => ({ value: one, text: t(`group.by_${one}`) }))}
            onChange={(next) => setQuery({ group: next === 'account' ? null : next })}
          />
          <Pick
            align="end"
            label={t('columns.label')}
            value={set}
            options={columnSetNames.map((one) => ({ value: one, text: t(`columns.${one}`) }))}
            onChange={(next) => setQuery({ cols: next === 'result' ? null : next })}
          />
          {atLeast(currentUser(), 'targetologist') && <Button small onClick={() => setTracking(true)}>{t('tracked.action')}</Button>}
        </>
      }
    >
      <Block loaded={loaded} skeleton={<Skeleton lines={7} />}>
        {(answer) =>
          answer.items.length === 0 ? (
            <Empty icon="campaigns" title={t('campaigns.empty')} text={t('campaigns.empty_text')}>
              <a class="button" href="/accounts">{t('campaigns.to_accounts')}</a>
            </Empty>
          ) : (
            <Tree
              key={answer.group}
              answer={answer}
              chain={chains[root].slice(chains[root].indexOf(answer.group))}
              base={viewParams(view)}
              set={set}
              order={order}
              onOrder={(next) => setQuery({ sort: writeOrder(next) })}
              find={find}
            />
          )
        }
      </Block>
      {tracking && <Tracked base={viewParams(view)} onClose={() => setTracking(false)} />}
    </Card>
  );
}

export default function CampaignsPage() {
  const { query } = usePlace();
  const view = readView(query);
  return (
    <>
      <PageHead title={t('nav.campaigns')}>
        <PeriodBar view={view} compare={false}>
          <TeamFilter view={view} />
        </PeriodBar>
      </PageHead>
      <Numbers view={view} root={choice(query.get('group'), roots, 'account')} set={choice(query.get('cols'), columnSetNames, 'result')} />
      <Parts view={view} />
    </>
  );
}
