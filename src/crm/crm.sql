-- name: crm_account_put
-- What the CRM itself says of the account; before, hooks may have told of it.
insert into crm_account (kind, external_id, subdomain, currency, seen_at)
values ('amocrm', :external_id, :subdomain, :currency, :at)
on conflict (kind, external_id) do update
set subdomain = excluded.subdomain,
    currency = excluded.currency,
    seen_at = excluded.seen_at
returning id;

-- name: crm_account_currency
select currency
from crm_account
where kind = 'amocrm' and external_id = :external_id;

-- name: crm_connection_of_account
select id, client_secret_id, access_id, refresh_id
from crm_connection
where crm_account_id = :crm_account_id;

-- name: crm_connection_put
insert into crm_connection (crm_account_id, host, auth, client_id, client_secret_id, access_id, refresh_id,
                            redirect_uri, expires_at, state, created_at, checked_at)
values (:crm_account_id, :host, :auth, :client_id, :client_secret_id, :access_id, :refresh_id,
        :redirect_uri, :expires_at, 'ok', :at, :at)
on conflict (crm_account_id) do update
set host = excluded.host,
    auth = excluded.auth,
    client_id = excluded.client_id,
    client_secret_id = excluded.client_secret_id,
    access_id = excluded.access_id,
    refresh_id = excluded.refresh_id,
    redirect_uri = excluded.redirect_uri,
    expires_at = excluded.expires_at,
    renewing_until = null,
    state = 'ok',
    reason = null,
    blocked_until = null,
    checked_at = excluded.checked_at
returning id;

-- name: crm_connections
select c.id, c.crm_account_id, c.host, c.auth, c.client_id, c.client_secret_id, c.access_id, c.refresh_id,
       c.redirect_uri, c.expires_at, c.state, c.reason, c.blocked_until, c.hook_state, c.hook_checked_at,
       c.read_until, c.created_at, c.checked_at, a.external_id, a.subdomain, a.currency,
       (select max(e.learned_at) from deal_event e
         where e.crm_account_id = c.crm_account_id and e.source = 'hook') as last_hook_at
from crm_connection c
join crm_account a on a.id = c.crm_account_id
where cast(:id as bigint) is null or c.id = :id
order by c.id;

-- name: crm_connection_off
update crm_connection
set state = 'off', reason = null, client_secret_id = null, access_id = null, refresh_id = null,
    blocked_until = null, hook_state = 'unknown', checked_at = :at
where id = :id;

-- name: crm_connection_note
-- What the watch over the webhook found stays said while the rest is well.
update crm_connection
set state = :state,
    reason = case when cast(:reason as text) is null and reason like 'webhook:%' then reason
                  else :reason end,
    blocked_until = :blocked_until, checked_at = :at
where id = :id and state <> 'off';

-- name: crm_connection_host
update crm_connection
set host = :host
where id = :id;

-- name: crm_renewal_claim
-- One at a time: who changes this row renews, until it says so or its time is over.
update crm_connection
set renewing_until = :until
where id = :id and state <> 'off' and (renewing_until is null or renewing_until < :now);

-- name: crm_renewal_done
update crm_connection
set renewing_until = null, host = :host, expires_at = :expires_at
where id = :id;

-- name: crm_renewal_failed
update crm_connection
set renewing_until = null
where id = :id;

-- name: crm_sender_known
-- Connected accounts in all, and the one that it is.
select count(*) as n_connected,
       max(case when a.external_id = :external_id then a.external_id end) as by_id,
       max(case when a.subdomain = :subdomain then a.external_id end) as by_subdomain
from crm_connection c
join crm_account a on a.id = c.crm_account_id
where c.state <> 'off';

-- name: crm_oauth_begin
insert into oauth_state (hash, vendor, user_id, details, created_at, expires_at)
values (:hash, 'amocrm', :user_id, :details, :now, :expires_at);

-- name: crm_oauth_claim
-- Once only.
update oauth_state
set used_at = :now
where hash = :hash and vendor = 'amocrm' and used_at is null and expires_at > :now
returning user_id;

-- name: crm_oauth_details
select details
from oauth_state
where hash = :hash and vendor = 'amocrm';

-- name: crm_oauth_sweep
delete from oauth_state
where vendor = 'amocrm' and expires_at < :now;

-- name: crm_status_put
insert into crm_status (crm_account_id, pipeline_id, status_id, pipeline, name, sort, seen_at)
values (:crm_account_id, :pipeline_id, :status_id, :pipeline, :name, :sort, :at)
on conflict (crm_account_id, pipeline_id, status_id) do update
set pipeline = excluded.pipeline,
    name = excluded.name,
    sort = excluded.sort,
    seen_at = excluded.seen_at;

-- name: crm_statuses_forget
delete from crm_status
where crm_account_id = :crm_account_id and seen_at < :at;

-- name: crm_user_put
insert into crm_user (crm_account_id, external_id, name, seen_at)
values (:crm_account_id, :external_id, :name, :at)
on conflict (crm_account_id, external_id) do update
set name = excluded.name,
    seen_at = excluded.seen_at;

-- name: crm_users
select external_id, min(name) as name
from crm_user
group by external_id
order by 2, 1;

-- name: crm_field_put
insert into crm_field (crm_account_id, external_id, name, code, kind, seen_at)
values (:crm_account_id, :external_id, :name, :code, :kind, :at)
on conflict (crm_account_id, external_id) do update
set name = excluded.name,
    code = excluded.code,
    kind = excluded.kind,
    seen_at = excluded.seen_at;

-- name: crm_fields
select external_id, min(name) as name, min(code) as code, min(kind) as kind, min(utm_code) as utm_code
from crm_field
group by external_id
order by 2, 1;

-- name: crm_field_map
update crm_field
set utm_code = :utm_code
where external_id = :external_id;

-- name: crm_fields_mapped
select external_id, utm_code
from crm_field
where crm_account_id = :crm_account_id and utm_code is not null
order by external_id;

-- name: crm_webhook_keys
select id, hint, created_at, retired_at
from webhook_key
where source = 'amocrm'
order by id desc;

-- name: crm_hook_secret
select id
from secret
where kind = 'amocrm.hook'
order by id
limit 1;

-- name: crm_hook_note
update crm_connection
set hook_state = :hook_state, hook_checked_at = :at,
    reason = case when :hook_reason <> '' then :hook_reason
                  when reason like 'webhook:%' then null
                  else reason end
where id = :id and state <> 'off';
