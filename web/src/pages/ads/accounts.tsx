// Ad accounts: which are loaded, whether their data comes, day by day, and whose spend it is.
import '../../kit_more';
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
import { addDays, dayAt, daysBetween } from '../../ui/day';
import { fmt, t, tMaybe } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { Actions, type Action } from '../../ui/popover';
import { Bar } from '../../ui/progress';
import { Badge, Block, Card, Empty, Nil, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import type { Order } from '../../ui/sort';
import { Bindings } from './bindings';
import { ChooseAccounts } from './choose';
import { Days } from './days';

const historyDays = 37 * 30; // months that a new account's history goes back
const syncKinds: Record<Account['sync_state'], 'good' | 'bad' | 'quiet'> = { ok: 'good', failed: 'bad', reconnect: 'bad', new: 'quiet' };

// How far back the history has come, of how far it is to go.
function History({ account }: { account: Account }) {
  if (account.history_done_at !== null || account.history_from === null) return null;
  const today = dayAt(Date.now(), reportZone);
  const wanted = daysBetween(addDays(today, -historyDays), today);
  const here = Math.min(wanted, Math.max(0, daysBetween(account.history_from, today)));
  return (
    <span class="progress">
      <Bar label={t('accounts.history')} done={here} total={wanted} />
      <small class="num">{t('accounts.history_from', { day: fmt.dayFull(account.history_from) })}</small>
    </span>
  );
}

function SyncState({ account }: { account: Account }) {
  const when =
    account.synced_at === null ? t('accounts.never_synced') : t('accounts.synced', { ago: fmt.ago(account.synced_at, Date.now()) });
  return (
    <span class="two-lines">
      <span class="badges">
        <Badge kind={syncKinds[account.sync_state]}>{t(`sync.${account.sync_state}`)}</Badge>
        {account.paused_until !== null && account.paused_until > Date.now() && (
          <Badge kind="warn" tip={t('accounts.paused_tip')}>{t('accounts.paused', { when: fmt.time(account.paused_until, reportZone) })}</Badge>
        )}
        {account.usage_percent !== null && account.usage_percent >= 75 && <Badge kind="warn" tip={t('accounts.usage_tip')}>{t('accounts.usage', { n: account.usage_percent })}</Badge>}
      </span>
      {account.sync_error !== null ? (
        <small class="bad clip" title={account.sync_error}>{account.sync_error}</small>
      ) : (
        <small data-tip={account.synced_at === null ? undefined : fmt.moment(account.synced_at, reportZone)}>{when}</small>
      )}
      <History account={account} />
    </span>
  );
}

interface Doings {
  bind: (account: Account) => void;
  track: (account: Account, on: boolean) => void;
  actionsOf: (account: Account) => Action[];
}

function columnsOf(isAdmin: boolean, { bind, track, actionsOf }: Doings, busy: string | null): Column<Account>[] {
  const columns: Column<Account>[] = [
    {
      id: 'name',
      head: t('account.one'),
      sort: (account) => account.name,
      cell: (account) => (
        <span class="two-lines">
          <span class="clip" title={account.name}>{account.name}</span>
          <small><span class="mono">{account.external_id}</span>{account.business !== null && ` · ${account.business}`}</small>
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
  columns.push({ id: 'tools', head: t('users.tools'), kind: 'tool', cell: (account) => <Actions label={t('action.for', { name: account.name })} actions={actionsOf(account)} /> });
  return columns;
}

export default function AccountsPage() {
  const { query } = usePlace();
  const isAdmin = atLeast(currentUser(), 'admin');
  const list = useLoad('accounts', (signal) => ads.accounts(signal));
  const [find, setFind] = useState(query.get('find') ?? '');
  const [order, setOrder] = useState<Order | null>({ column: 'name', descending: false });
  const [bound, setBound] = useState<number | null>(null);
  const [days, setDays] = useState<number | null>(Number(query.get('days')) || null);
  const [choosing, setChoosing] = useState(false);
  const action = useAction();
  const track = (account: Account, on: boolean): void =>
    action.run(`t${account.id}`, async () => {
      await ads.track(account.id, on);
      list.reload();
      return t(on ? 'accounts.track_on' : 'accounts.track_off', { name: account.name });
    });
  const actionsOf = (account: Account): Action[] => {
    const all: Action[] = [{ text: t('days.open'), run: () => setDays(account.id) }];
    if (isAdmin) all.push({ text: t('accounts.bind'), run: () => setBound(account.id) });
    return all;
  };
  const shown = list.data?.items.find((account) => account.id === bound);
  const opened = list.data?.items.find((account) => account.id === days);
  return (
    <>
      <PageHead title={t('nav.accounts')} />
      <Card
        title={t('accounts.title')}
        side={
          <>
            <Filter value={find} onInput={setFind} label={t('accounts.find')} />
            {isAdmin && (list.data?.items.length ?? 0) > 0 && <Button icon="check" onClick={() => setChoosing(true)}>{t('choose.action')}</Button>}
          </>
        }
      >
        <Block loaded={list} skeleton={<Skeleton lines={6} />}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty icon="accounts" title={t('accounts.empty')} text={isAdmin ? t('accounts.empty_text') : t('accounts.empty_own')}>
                {isAdmin && <a class="button primary" href="/connections">{t('connect.title')}</a>}
              </Empty>
            ) : (
              <DataTable
                caption={t('accounts.title')}
                rows={items.filter((account) => matches(find, account.name, account.external_id, account.team_name))}
                columns={columnsOf(isAdmin, { bind: (account) => setBound(account.id), track, actionsOf }, action.busy)}
                keyOf={(account) => String(account.id)}
                order={order}
                onOrder={setOrder}
                rowClass={(account) => (account.is_tracked ? '' : 'off')}
              />
            )
          }
        </Block>
      </Card>
      {opened && <Days account={opened} onClose={() => setDays(null)} />}
      {choosing && (
        <ChooseAccounts
          accounts={list.data?.items ?? []}
          onDone={() => {
            setChoosing(false);
            list.reload();
          }}
          onClose={() => setChoosing(false)}
        />
      )}
      {shown && <Bindings account={shown} onChange={() => list.reload()} onClose={() => setBound(null)} />}
    </>
  );
}
