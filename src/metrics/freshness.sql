-- name: freshness_accounts
-- What the user's ad accounts are at: all for an admin, else those of the own team.
select count(*) as n, max(a.synced_at) as synced_at,
       cast(coalesce(sum(case when a.sync_state = 'failed' then 1 else 0 end), 0) as bigint) as failed,
       cast(coalesce(sum(case when a.sync_state = 'reconnect' then 1 else 0 end), 0) as bigint) as reconnect,
       cast(coalesce(sum(case when a.sync_state <> 'new' and b.id is null then 1 else 0 end), 0) as bigint) as unbound,
       min(case when a.sync_state = 'reconnect' then a.name end) as dead_name,
       min(case when a.sync_state = 'failed' then a.name end) as failed_name,
       min(case when a.sync_state <> 'new' and b.id is null then a.name end) as unbound_name
from ad_account a
left join ad_account_binding b
    on b.account_id = a.id and b.valid_from <= :today and (b.valid_to is null or b.valid_to >= :today)
where a.is_tracked = 1
  and (:scope_all = 1 or b.team_id = :scope_team);

-- name: freshness_inbox
-- When the CRM was heard last.
select received_at
from inbox_event
where source = :source
order by id desc
limit 1;

-- name: freshness_rates
select max(day) as day
from fx_rate
where base = 'USD' and quote = 'KZT' and day <= :today;
