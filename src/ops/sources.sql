-- name: sources_accounts
-- why: what is wrong, the worst first; null = nothing.
select case when a.platform <> 'meta' or a.role = 'file' then 'cost.' else 'meta.account.' end
       || cast(a.id as text) as id,
       case when a.platform <> 'meta' or a.role = 'file' then 'cost_file' else 'ad_account' end as kind,
       a.name,
       case
           when a.is_tracked = 0 then 'not_tracked'
           when a.platform <> 'meta' or a.role = 'file' then
               case when a.synced_at is null and not exists (select 1 from ad_fact f where f.account_id = a.id)
                    then 'no_file_yet' end
           when a.connection_id is null or n.state = 'off' then 'no_connection'
           when a.sync_state = 'reconnect' or n.state = 'reconnect' then 'token_dead'
           when a.sync_state = 'failed' then 'sync_failed'
           when a.paused_until > :now then 'paused_by_limit'
           when a.sync_state = 'new' or a.synced_at is null then 'not_synced_yet'
           when a.synced_at < cast(:now as bigint) - 7800000 then 'late'
           when exists (select 1 from ad_sync_slice s
                        where s.account_id = a.id and s.day >= :week_ago and s.state = 'failed') then 'days_failed'
       end as why,
       coalesce(a.sync_error, (select min(s.day || ': ' || coalesce(s.error, 'failed'))
                               from ad_sync_slice s
                               where s.account_id = a.id and s.day >= :week_ago and s.state = 'failed')) as detail,
       a.synced_at as last_ok_at,
       case when a.sync_state <> 'ok' then a.synced_at end as since,
       case when a.platform = 'meta' and coalesce(a.role, '') <> 'file' then 3600 end as expected_s,
       case when a.paused_until > :now then a.paused_until end as next_at,
       case when a.platform = 'meta' and coalesce(a.role, '') <> 'file' and a.is_tracked = 1
            then 'ads.sync' end as job,
       case when a.platform <> 'meta' or a.role = 'file' then '/imports' else '/accounts' end as fix
from ad_account a
left join ad_connection n on n.id = a.connection_id
where :scope_all = 1
   or exists (select 1 from ad_account_binding b
              where b.account_id = a.id and b.team_id = :scope_team and b.valid_from <= :today
                and (b.valid_to is null or b.valid_to >= :today))
order by a.is_tracked desc, a.name, a.id;

-- name: sources_connections
select c.platform || '.connection.' || cast(c.id as text) as id, 'ad_connection' as kind, c.label as name,
       case
           when c.state = 'off' then 'switched_off'
           when c.state = 'reconnect' then 'token_dead'
           when c.state = 'error' then 'connection_error'
           when c.expires_at > 0 and c.expires_at <= :now then 'token_expired'
           when c.expires_at > 0 and c.expires_at <= cast(:now as bigint) + 604800000 then 'token_expires_soon'
       end as why,
       c.reason as detail,
       case when c.state = 'ok' then c.checked_at end as last_ok_at,
       case when c.state <> 'ok' then c.checked_at
            when c.expires_at > 0 and c.expires_at <= :now then c.expires_at end as since,
       cast(null as bigint) as expected_s, cast(null as bigint) as next_at, cast(null as text) as job,
       '/connections' as fix
from ad_connection c
where :scope_all = 1
order by c.id;

-- name: sources_crm
select 'crm.' || cast(c.id as text) as id, 'crm' as kind, a.subdomain as name,
       case
           when c.state = 'off' then 'switched_off'
           when c.state = 'reconnect' then 'token_dead'
           when c.state = 'error' then 'connection_error'
           when c.blocked_until > :now then 'blocked'
           when c.read_until is null then 'not_synced_yet'
           when c.read_until < cast(:now as bigint) - 7200000 then 'late'
       end as why,
       case when :scope_all = 1 then c.reason end as detail,
       c.read_until as last_ok_at,
       case when c.state <> 'ok' then c.checked_at end as since,
       1800 as expected_s,
       case when c.blocked_until > :now then c.blocked_until end as next_at,
       'crm.read_back' as job, '/connections' as fix
from crm_connection c
join crm_account a on a.id = c.crm_account_id
order by c.id;

-- name: sources_hooks
-- One row for each connection, and one without any when hooks come all the same.
select h.id, 'crm_hook' as kind, h.name,
       case
           when h.hook_state = 'disabled' then 'webhook_disabled'
           when h.hook_state = 'missing' then 'webhook_missing'
           when h.heard_at is null then 'no_events_yet'
           when h.heard_at < cast(:now as bigint) - 86400000 then 'webhook_silent'
           when h.n_parked > 0 then 'events_parked'
       end as why,
       case when h.n_parked > 0 then cast(h.n_parked as text) end as detail,
       h.heard_at as last_ok_at,
       case when h.hook_state in ('disabled', 'missing') then h.hook_checked_at end as since,
       cast(null as bigint) as expected_s, cast(null as bigint) as next_at, cast(null as text) as job,
       case when h.n_parked > 0 and h.hook_state not in ('disabled', 'missing') then '/inbox'
            else '/connections' end as fix
from (
    select 'crm.hook.' || cast(c.id as text) as id, a.subdomain as name, c.hook_state, c.hook_checked_at,
           (select received_at from inbox_event where source = 'amocrm' order by id desc limit 1) as heard_at,
           (select count(*) from inbox_event where source = 'amocrm' and state = 'parked') as n_parked
    from crm_connection c
    join crm_account a on a.id = c.crm_account_id
    where c.state <> 'off'
    union all
    select 'crm.hook', 'amoCRM', 'unknown', null,
           (select received_at from inbox_event where source = 'amocrm' order by id desc limit 1),
           (select count(*) from inbox_event where source = 'amocrm' and state = 'parked')
    where not exists (select 1 from crm_connection where state <> 'off')
) h
order by h.id;

-- name: sources_sites
-- Silent: it used to send a lead a day, and sent none for three days.
select 'landing.' || cast(s.id as text) as id, 'landing' as kind, s.name,
       case
           when s.last_at is null then 'no_events_yet'
           when s.last_at < cast(:now as bigint) - 259200000 and s.n_leads >= 14 then 'silent'
       end as why,
       s.origin as detail, s.last_at as last_ok_at, cast(null as bigint) as since,
       cast(null as bigint) as expected_s, cast(null as bigint) as next_at, cast(null as text) as job,
       '/connections' as fix
from (
    select l.id, l.name, l.origin,
           (select max(d.learned_at) from lead d where d.site_id = l.id and d.day >= :month_ago) as last_at,
           (select count(*) from lead d where d.site_id = l.id and d.day >= :fortnight_ago) as n_leads
    from landing_site l
    where l.archived_at is null
      and (:scope_all = 1 or l.team_id = :scope_team)
) s
order by s.name, s.id;

-- name: sources_pages
select 'page.' || cast(p.id as text) as id, 'lead_page' as kind, p.name,
       case
           when p.state = 'failed' then 'page_failed'
           when p.state = 'new' then 'not_checked_yet'
           when p.is_subscribed = 0 then 'not_subscribed'
           when exists (select 1 from lead_ad_fetch f where f.page_id = p.external_id and f.state = 'failed')
               then 'leads_failed'
           when p.last_lead_at is null then 'no_events_yet'
       end as why,
       p.reason as detail, p.last_lead_at as last_ok_at,
       case when p.state = 'failed' then nullif(p.checked_at, 0) end as since,
       cast(null as bigint) as expected_s, cast(null as bigint) as next_at, cast(null as text) as job,
       '/connections' as fix
from lead_page p
where :scope_all = 1
order by p.name, p.id;

-- name: sources_rates
select 'rates.nbk' as id, 'rates' as kind, 'USD/KZT' as name,
       case
           when r.day is null or r.day < :oldest_rate then 'rate_missing'
           when r.source = 'fallback' then 'fallback_in_use'
       end as why,
       r.day as detail, r.learned_at as last_ok_at, cast(null as bigint) as since, 86400 as expected_s,
       cast(null as bigint) as next_at, 'rates.sync' as job, '/rates' as fix
from (select 1 as one) o
left join (
    select day, source, learned_at
    from fx_rate
    where base = 'USD' and quote = 'KZT' and day <= :today
    order by day desc, case source when 'manual' then 1 when 'nbk' then 2 else 3 end
    limit 1
) r on 1 = 1;

-- name: sources_links
select 'links' as id, 'links' as kind, 'Short links' as name, cast(null as text) as why,
       cast(null as text) as detail,
       (select at from link_click order by id desc limit 1) as last_ok_at, cast(null as bigint) as since,
       cast(null as bigint) as expected_s, cast(null as bigint) as next_at, cast(null as text) as job,
       '/links' as fix
from (select 1 as one from short_link where archived_at is null limit 1) l;

-- name: sources_drift
select 'drift.' || source || '.' || field as id, 'drift' as kind, source as name, 'field_vanished' as why,
       field as detail, last_seen_at as last_ok_at, last_seen_at as since, cast(null as bigint) as expected_s,
       cast(null as bigint) as next_at, cast(null as text) as job, '/inbox' as fix
from inbox_drift
where :scope_all = 1 and back_at is null and noticed_at > cast(:now as bigint) - 2592000000
order by noticed_at desc, source, field
limit 50;
