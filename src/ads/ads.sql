-- name: ads_connections
select c.id, c.platform, c.label, c.external_id, c.state, c.reason, s.hint as token_hint, c.secret_id,
       (select count(*) from ad_account a where a.connection_id = c.id) as accounts, c.created_at,
       c.checked_at, c.auth, c.expires_at, c.data_access_expires_at, c.scopes, c.warned_days
from ad_connection c
left join secret s on s.id = c.secret_id
order by c.id;

-- name: ads_connection_one
select c.id, c.platform, c.label, c.external_id, c.state, c.reason, s.hint as token_hint, c.secret_id,
       (select count(*) from ad_account a where a.connection_id = c.id) as accounts, c.created_at,
       c.checked_at, c.auth, c.expires_at, c.data_access_expires_at, c.scopes, c.warned_days
from ad_connection c
left join secret s on s.id = c.secret_id
where c.id = :id;

-- name: ads_connection_secret
-- The sealed token of the connection that a platform user already has.
select secret_id
from ad_connection
where platform = 'meta' and external_id = :external_id and secret_id is not null;

-- name: ads_connection_put
-- The same person again is the same connection. keeps: what is known of the token stays.
insert into ad_connection (platform, label, external_id, secret_id, state, auth, expires_at,
                           data_access_expires_at, scopes, created_by, created_at, checked_at)
values ('meta', :label, :external_id, :secret_id, 'ok', :auth, :expires_at, :data_access_expires_at,
        :scopes, :created_by, :at, :at)
on conflict (platform, external_id) do update
set label = excluded.label,
    secret_id = excluded.secret_id,
    state = 'ok',
    reason = null,
    auth = excluded.auth,
    expires_at = case when :keeps = 1 then ad_connection.expires_at else excluded.expires_at end,
    data_access_expires_at = case
        when :keeps = 1 then ad_connection.data_access_expires_at
        else excluded.data_access_expires_at
    end,
    scopes = case when :keeps = 1 then ad_connection.scopes else excluded.scopes end,
    warned_days = case when :keeps = 1 then ad_connection.warned_days end,
    checked_at = excluded.checked_at
returning id;

-- name: ads_connection_token
-- What the daily look at a token found.
update ad_connection
set expires_at = :expires_at,
    data_access_expires_at = :data_access_expires_at,
    scopes = :scopes,
    warned_days = :warned_days
where id = :id
  and (coalesce(expires_at, 0) <> coalesce(cast(:expires_at as bigint), 0)
       or coalesce(data_access_expires_at, 0) <> coalesce(cast(:data_access_expires_at as bigint), 0)
       or coalesce(scopes, '') <> coalesce(cast(:scopes as text), '')
       or coalesce(warned_days, -1) <> coalesce(cast(:warned_days as bigint), -1));

-- name: ads_connection_state
update ad_connection
set state = :state,
    reason = :reason
where id = :id
  and (state <> :state or coalesce(reason, '') <> coalesce(cast(:reason as text), ''));

-- name: ads_connection_checked
update ad_connection
set checked_at = :at
where id = :id;

-- name: ads_connection_off
update ad_connection
set state = 'off',
    reason = null,
    secret_id = null,
    expires_at = null,
    data_access_expires_at = null,
    scopes = null,
    warned_days = null,
    checked_at = :at
where id = :id;

-- name: ads_account_put
-- An account that two tokens open stays with the first as long as that one works for it.
insert into ad_account (platform, external_id, connection_id, name, currency, tz, status,
                        amount_spent_micros, role, business, balance_micros, spend_cap_micros,
                        disable_reason, first_seen_at)
values (:platform, :external_id, :connection_id, :name, :currency, :tz, :status, :amount_spent_micros,
        :role, :business, :balance_micros, :spend_cap_micros, :disable_reason, :at)
on conflict (platform, external_id) do update
set connection_id = case
        when ad_account.sync_state in ('new', 'ok')
            and exists (select 1
                        from ad_connection c
                        where c.id = ad_account.connection_id and c.state = 'ok')
            then ad_account.connection_id
        else excluded.connection_id
    end,
    name = excluded.name,
    currency = excluded.currency,
    tz = excluded.tz,
    status = excluded.status,
    amount_spent_micros = excluded.amount_spent_micros,
    role = excluded.role,
    business = excluded.business,
    balance_micros = excluded.balance_micros,
    spend_cap_micros = excluded.spend_cap_micros,
    disable_reason = excluded.disable_reason
where ad_account.name <> excluded.name
   or ad_account.currency <> excluded.currency
   or ad_account.tz <> excluded.tz
   or ad_account.status <> excluded.status
   or ad_account.amount_spent_micros <> excluded.amount_spent_micros
   or coalesce(ad_account.role, '') <> coalesce(excluded.role, '')
   or coalesce(ad_account.business, '') <> coalesce(excluded.business, '')
   or coalesce(ad_account.balance_micros, -1) <> coalesce(excluded.balance_micros, -1)
   or coalesce(ad_account.spend_cap_micros, -1) <> coalesce(excluded.spend_cap_micros, -1)
   or coalesce(ad_account.disable_reason, 0) <> coalesce(excluded.disable_reason, 0)
   or (coalesce(ad_account.connection_id, 0) <> excluded.connection_id
       and (ad_account.sync_state not in ('new', 'ok')
            or not exists (select 1
                           from ad_connection c
                           where c.id = ad_account.connection_id and c.state = 'ok')));

-- name: ads_accounts_to_sync
select id, external_id, name, currency, tz, paused_until
from ad_account
where connection_id = :connection_id and is_tracked = 1
  and (cast(:account as text) is null or external_id = :account)
order by id;

-- name: ads_account_find
select id
from ad_account
where external_id = :external_id
order by case when platform = 'meta' then 0 else 1 end, id
limit 1;

-- name: ads_account_state
update ad_account
set sync_state = :state,
    sync_error = :error
where id = :id
  and (sync_state <> :state or coalesce(sync_error, '') <> coalesce(cast(:error as text), ''));

-- name: ads_account_usage
-- How full its window is at the platform; a pause that a later answer does not repeat is over.
update ad_account
set usage_percent = :usage_percent,
    paused_until = :paused_until
where id = :id
  and (coalesce(usage_percent, -1) <> cast(:usage_percent as bigint)
       or coalesce(paused_until, 0) <> coalesce(cast(:paused_until as bigint), 0));

-- name: ads_accounts_pause
-- The whole platform asks to wait.
update ad_account
set paused_until = :paused_until
where connection_id = :connection_id;

-- name: ads_account_synced
update ad_account
set synced_at = :at
where id = :id;

-- name: ads_accounts_reconnect
-- A dead token stops every account that it opened.
update ad_account
set sync_state = 'reconnect',
    sync_error = :error
where connection_id = :connection_id and is_tracked = 1
  and (sync_state <> 'reconnect' or coalesce(sync_error, '') <> coalesce(cast(:error as text), ''));

-- name: ads_account_track
update ad_account
set is_tracked = :is_tracked
where id = :id;

-- name: ads_accounts_list
-- Everyone sees the accounts that are or were theirs; an admin sees all.
select a.id, a.external_id, a.name, a.currency, a.tz, a.status, a.amount_spent_micros, a.is_tracked,
       a.sync_state, a.sync_error, a.synced_at, a.connection_id, b.team_id, t.name as team_name,
       a.platform, a.role, a.business, a.balance_micros, a.spend_cap_micros, a.disable_reason,
       a.usage_percent, case when a.paused_until > :now then a.paused_until end as paused_until,
       a.history_from, a.history_done_at
from ad_account a
left join ad_account_binding b
    on b.account_id = a.id and b.valid_from <= :today and (b.valid_to is null or b.valid_to >= :today)
       and (:scope_all = 1 or b.team_id = :scope_team)
left join team t on t.id = b.team_id
where (cast(:id as bigint) is null or a.id = :id)
  and (:scope_all = 1
       or exists (select 1
                  from ad_account_binding m
                  where m.account_id = a.id and m.team_id = :scope_team))
order by a.name, a.id;

-- name: ads_accounts_select
-- What is not named is left out, within one connection or all of them.
update ad_account
set is_tracked = :is_tracked
where id = :id and is_tracked <> :is_tracked;

-- name: ads_accounts_of
select id
from ad_account
where cast(:connection_id as bigint) is null or connection_id = :connection_id
order by id;

-- name: ads_bindings_list
select b.id, b.account_id, b.team_id, t.name as team_name, b.user_id, u.full_name as user_name,
       b.valid_from, b.valid_to
from ad_account_binding b
join team t on t.id = b.team_id
left join app_user u on u.id = b.user_id
where (cast(:account_id as bigint) is null or b.account_id = :account_id)
  and (:scope_all = 1 or b.team_id = :scope_team)
order by b.account_id, b.valid_from;

-- name: ads_binding_close_open
-- An open binding that began earlier ends the day before the new one.
update ad_account_binding
set valid_to = :day_before
where account_id = :account_id and valid_to is null and valid_from < :valid_from;

-- name: ads_binding_overlap
select count(*) as n
from ad_account_binding
where account_id = :account_id
  and (valid_to is null or valid_to >= :valid_from)
  and (cast(:valid_to as text) is null or valid_from <= :valid_to);

-- name: ads_binding_whose
select (select count(*) from team where id = :team_id and archived_at is null) as teams,
       (select count(*) from app_user where id = :user_id) as users;

-- name: ads_binding_insert
insert into ad_account_binding (account_id, team_id, user_id, valid_from, valid_to, created_at)
values (:account_id, :team_id, :user_id, :valid_from, :valid_to, :at)
returning id;

-- name: ads_binding_from
select valid_from
from ad_account_binding
where id = :id and account_id = :account_id;

-- name: ads_binding_delete
delete from ad_account_binding
where id = :id and account_id = :account_id;

-- name: ads_mark_days
-- Days of an account whose spend may now belong to another team.
insert into rollup_dirty (day)
select distinct day
from ad_fact
where account_id = :account_id and day >= :from_day
on conflict (day) do nothing;

-- name: ads_version_warned
-- A connection that stands still because of the version has said so when it was last looked at.
select coalesce(max(checked_at), 0) as at
from ad_connection
where platform = 'meta' and state = 'error' and reason like '%TRAFFICD_META_API_VERSION%';
