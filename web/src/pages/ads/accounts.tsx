// Ad accounts: how they are connected, whether their data comes, and whose spend it is.
import '../../kit';
import { useState } from 'preact/hooks';
import { ads } from '../../api/endpoints';
import type { Account } from '../../api/types';
import { reportZone } from '../../live';
import { usePlace } from '../../router';
import { atLeast, currentUser } from '../../session';
import { PageHead } from '../../shell/head';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Filter, matches, Switch } from '../../ui/form';
import { fmt, t, tMaybe } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { Badge, Block, Card, Empty, Nil, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import type { Order } from '../../ui/sort';
import { Bindings } from './bindings';
import { Connections } from './connections';

const syncKinds: Record<Account['sync_state'], 'good' | 'bad' | 'quiet'> = { ok: 'good', failed: 'bad', reconnect: 'bad', new: 'quiet' };

function SyncState({ account }: { account: Account }) {
  const when =
    account.synced_at === null ? t('accounts.never_synced') : t('accounts.synced', { ago: fmt.ago(account.synced_at, Date.now()) });
  return (
    <span class="two-lines">
      <span><Badge kind={syncKinds[account.sync_state]}>{t(`sync.${account.sync_state}`)}</Badge></span>
      {account.sync_error !== null ? (
        <small class="bad clip" title={account.sync_error}>{account.sync_error}</small>
      ) : (
        <small data-tip={account.synced_at === null ? undefined : fmt.moment(account.synced_at, reportZone)}>{when}</small>
      )}
    </span>
  );
}

function columnsOf(isAdmin: boolean, bind: (account: Account) => void, track: (account: Account, on: boolean) => void, busy: string | null): Column<Account>[] {
  const columns: Column<Account>[] = [
    {
      id: 'name',
      head: t('account.one'),
      sort: (account) => account.name,
      cell: (account) => (
        <span class="two-lines">
          <span class="clip" title={account.name}>{account.name}</span>
          <small class="mono">{account.external_id}</small>
        </span>
      ),
    },
    {
      id: 'team',
      head: t('team.one'),
      kind: 'text',
      sort: (account) => account.team_name,
      cell: (account) =>
        account.team_name !== null ? (
          isAdmin ? <button type="button" class="as-link clip" title={account.team_name} onClick={() => bind(account)}>{account.team_name}</button> : account.team_name
        ) : isAdmin ? (
          <Button small icon="plus" onClick={() => bind(account)}>{t('accounts.bind')}</Button>
        ) : (
          <span class="nobody">{t('accounts.no_team')}</span>
        ),
    },
    { id: 'sync', head: t('accounts.sync'), kind: 'text', sort: (account) => account.sync_state, cell: (account) => <SyncState account={account} /> },
    {
      id: 'status',
      head: t('accounts.status'),
      kind: 'text',
      priority: 3,
      sort: (account) => account.status,
      cell: (account) => <Badge kind={account.status === 1 ? 'good' : account.status === 2 ? 'bad' : 'warn'}>{tMaybe(`account.${account.status_name}`) ?? account.status_name}</Badge>,
    },
    { id: 'spent', head: t('accounts.spent'), hint: t('accounts.spent_hint'), kind: 'number', priority: 3, sort: (account) => account.amount_spent, cell: (account) => fmt.money(account.amount_spent, account.currency) },
    {
      id: 'zone',
      head: t('accounts.zone'),
      kind: 'text',
      priority: 3,
      cell: (account) => (account.tz_differs ? <Badge kind="warn" tip={t('accounts.zone_differs')}>{account.tz}</Badge> : <span class="muted">{account.tz}</span>),
    },
  ];
  if (isAdmin) {
    columns.push({
      id: 'tracked',
      head: t('accounts.tracked'),
      hint: t('accounts.tracked_hint'),
      kind: 'text',
      priority: 2,
      sort: (account) => (account.is_tracked ? 0 : 1),
      cell: (account) => (
        <Switch hidden label={t('accounts.track', { name: account.name })} on={account.is_tracked} busy={busy === `t${account.id}`} onChange={(on) => track(account, on)} />
      ),
    });
  } else columns.push({ id: 'tracked', head: t('accounts.tracked'), kind: 'text', priority: 2, cell: (account) => (account.is_tracked ? t('accounts.yes') : <Nil why={t('accounts.not_tracked')} />) });
  return columns;
}

export default function AccountsPage() {
  const { query } = usePlace();
  const isAdmin = atLeast(currentUser(), 'admin');
  const list = useLoad('accounts', (signal) => ads.accounts(signal));
  const connections = useLoad(isAdmin ? 'connections' : null, (signal) => ads.connections(signal));
  const [find, setFind] = useState(query.get('find') ?? '');
  const [order, setOrder] = useState<Order | null>({ column: 'name', descending: false });
  const [bound, setBound] = useState<number | null>(null);
  const action = useAction();
  const reload = (): void => {
    list.reload();
    connections.reload();
  };
  const track = (account: Account, on: boolean): void =>
    action.run(`t${account.id}`, async () => {
      await ads.track(account.id, on);
      list.reload();
      return t(on ? 'accounts.track_on' : 'accounts.track_off', { name: account.name });
    });
  const shown = list.data?.items.find((account) => account.id === bound);
  return (
    <>
      <PageHead title={t('nav.accounts')} />
      {isAdmin && <Connections loaded={connections} onChange={reload} />}
      <Card title={t('accounts.title')} side={<Filter value={find} onInput={setFind} label={t('accounts.find')} />}>
        <Block loaded={list} skeleton={<Skeleton lines={6} />}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty icon="accounts" title={t('accounts.empty')} text={isAdmin ? t('accounts.empty_text') : t('accounts.empty_own')} />
            ) : (
              <DataTable
                caption={t('accounts.title')}
                rows={items.filter((account) => matches(find, account.name, account.external_id, account.team_name))}
                columns={columnsOf(isAdmin, (account) => setBound(account.id), track, action.busy)}
                keyOf={(account) => String(account.id)}
                order={order}
                onOrder={setOrder}
                rowClass={(account) => (account.is_tracked ? '' : 'off')}
              />
            )
          }
        </Block>
      </Card>
      {shown && <Bindings account={shown} onChange={() => list.reload()} onClose={() => setBound(null)} />}
    </>
  );
}
