-- name: lead_ads_fetch_put
-- Asks for a lead's answers, once.
insert into lead_ad_fetch (leadgen_id, page_id, lead_id, state, tries, next_at)
values (:leadgen_id, :page_id, :lead_id, 'waiting', 0, :at)
on conflict (leadgen_id) do update
set page_id = case when lead_ad_fetch.page_id = '' then excluded.page_id else lead_ad_fetch.page_id end;

-- name: lead_ads_fetch_known
-- The answers are there, whichever way they came.
insert into lead_ad_fetch (leadgen_id, page_id, lead_id, state, tries, next_at)
values (:leadgen_id, '', :lead_id, 'done', 0, :at)
on conflict (leadgen_id) do update
set state = 'done', error = null;

-- name: lead_ads_answered
-- Are the answers worked in? Fetched they are before that, and a touch comes with nothing else.
select count(*) as n
from lead l
join touch t on t.lead_id = l.id
where l.source_kind = 'lead_ad' and l.external_id = :leadgen_id;

-- name: lead_ads_fetch_due
-- The newest first: who just asked is waiting for a call.
select f.leadgen_id, f.page_id, f.tries, l.created_at, p.id as page,
       case when c.state <> 'off' then p.secret_id end as secret_id
from lead_ad_fetch f
join lead l on l.id = f.lead_id
left join lead_page p on p.external_id = f.page_id
left join ad_connection c on c.id = p.connection_id
where f.state = 'waiting'
  and f.next_at <= :now
order by f.next_at desc, f.leadgen_id desc
limit :most;

-- name: lead_ads_fetch_set
update lead_ad_fetch
set state = :state, tries = :tries, next_at = :next_at, error = :error
where leadgen_id = :leadgen_id;

-- name: lead_ads_page_seen
-- A page that only its leads told of has its id for a name until a connection opens it.
insert into lead_page (external_id, name, state, checked_at, last_lead_at)
values (:external_id, :external_id, 'new', 0, :at)
on conflict (external_id) do update
set last_lead_at = case
        when coalesce(lead_page.last_lead_at, 0) < excluded.last_lead_at then excluded.last_lead_at
        else lead_page.last_lead_at
    end;

-- name: lead_ads_page_put
insert into lead_page (external_id, name, connection_id, secret_id, state, checked_at)
values (:external_id, :name, :connection_id, :secret_id, 'new', 0)
on conflict (external_id) do update
set name = excluded.name,
    connection_id = excluded.connection_id,
    secret_id = excluded.secret_id
returning id;

-- name: lead_ads_page_find
select id, secret_id
from lead_page
where external_id = :external_id;

-- name: lead_ads_page_open
-- A page's token outlives the one it came with, unless somebody ended that connection.
select p.id, p.external_id, p.name, p.connection_id, p.checked_at,
       case when c.state <> 'off' then p.secret_id end as secret_id
from lead_page p
left join ad_connection c on c.id = p.connection_id
where p.id = :id;

-- name: lead_ads_pages_open
-- Pages whose leads can be asked for.
select p.id, p.external_id, p.name, p.connection_id, p.checked_at, p.secret_id
from lead_page p
join ad_connection c on c.id = p.connection_id and c.state <> 'off'
where p.secret_id is not null
order by p.id;

-- name: lead_ads_pages_shut
-- Pages with a token whose connection was ended.
select p.id, p.secret_id
from lead_page p
left join ad_connection c on c.id = p.connection_id
where p.secret_id is not null and (c.id is null or c.state = 'off')
order by p.id;

-- name: lead_ads_page_state
update lead_page
set state = :state,
    reason = :reason,
    checked_at = coalesce(cast(:checked_at as bigint), checked_at)
where id = :id
  and (state <> :state or coalesce(reason, '') <> coalesce(cast(:reason as text), '')
       or cast(:checked_at as bigint) is not null);

-- name: lead_ads_page_subscribed
update lead_page
set is_subscribed = :is_subscribed
where id = :id;

-- name: lead_ads_pages_of
select id, secret_id
from lead_page
where connection_id = :connection_id
order by id;

-- name: lead_ads_page_close
-- Its token is gone or not given any more; its leads stay.
update lead_page
set state = 'failed', reason = :reason, secret_id = null
where id = :id;

-- name: lead_ads_pages
select p.id, p.external_id, p.name, p.connection_id, p.state, p.reason, p.is_subscribed,
       p.last_lead_at, p.checked_at,
       (select count(*) from lead_ad_fetch f
        where f.page_id = p.external_id and f.state = 'waiting') as waiting,
       (select count(*) from lead_ad_fetch f
        where f.page_id = p.external_id and f.state = 'failed') as failed
from lead_page p
where cast(:id as bigint) is null or p.id = :id
order by p.name, p.id;

-- name: lead_ads_deletion_put
insert into deletion_request (code, external_id, received_at, done_at)
values (:code, :external_id, :at, :at);

-- name: lead_ads_deletion_find
select done_at
from deletion_request
where code = :code;

-- name: lead_ads_known
select count(*) as n
from lead
where source_kind = 'lead_ad' and external_id = :external_id;

-- name: lead_ads_fetch_again
-- A person has put something right: what had failed is tried anew, while it can be.
update lead_ad_fetch
set state = 'waiting', tries = 0, next_at = :now, error = null
where (state = 'failed' or (state = 'waiting' and error is not null))
  and lead_id in (select l.id from lead l where l.source_kind = 'lead_ad' and l.created_at > :oldest);
