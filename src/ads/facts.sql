-- name: facts_campaigns
select id, external_id
from campaign
where account_id = :account_id;

-- name: facts_ad_sets
select id, external_id
from ad_set
where account_id = :account_id;

-- name: facts_ads
select id, external_id
from ad
where account_id = :account_id;

-- name: facts_campaign_insert
-- Another run may have met the same object meanwhile.
insert into campaign (account_id, external_id, name, objective, status, effective_status, buying_type,
                      bid_strategy, daily_budget_micros, lifetime_budget_micros, start_at, stop_at, seen_at)
values (:account_id, :external_id, :name, :objective, :status, :effective_status, :buying_type,
        :bid_strategy, :daily_budget_micros, :lifetime_budget_micros, :start_at, :stop_at, :at)
on conflict (account_id, external_id) do update
set seen_at = excluded.seen_at
returning id;

-- name: facts_campaign_update
-- What a list leaves out keeps its value, but for budgets and times: those may be taken away.
update campaign
set name = :name,
    objective = coalesce(:objective, objective),
    status = coalesce(:status, status),
    effective_status = coalesce(:effective_status, effective_status),
    buying_type = coalesce(:buying_type, buying_type),
    bid_strategy = coalesce(:bid_strategy, bid_strategy),
    daily_budget_micros = :daily_budget_micros,
    lifetime_budget_micros = :lifetime_budget_micros,
    start_at = :start_at,
    stop_at = :stop_at,
    seen_at = :at
where id = :id
  and (name <> :name
       or coalesce(status, '') <> coalesce(:status, status, '')
       or coalesce(effective_status, '') <> coalesce(:effective_status, effective_status, '')
       or coalesce(objective, '') <> coalesce(:objective, objective, '')
       or coalesce(buying_type, '') <> coalesce(:buying_type, buying_type, '')
       or coalesce(bid_strategy, '') <> coalesce(:bid_strategy, bid_strategy, '')
       or coalesce(daily_budget_micros, -1) <> coalesce(cast(:daily_budget_micros as bigint), -1)
       or coalesce(lifetime_budget_micros, -1) <> coalesce(cast(:lifetime_budget_micros as bigint), -1)
       or coalesce(start_at, -1) <> coalesce(cast(:start_at as bigint), -1)
       or coalesce(stop_at, -1) <> coalesce(cast(:stop_at as bigint), -1));

-- name: facts_ad_set_insert
insert into ad_set (account_id, campaign_id, external_id, name, status, effective_status,
                    optimization_goal, billing_event, targeting, daily_budget_micros,
                    lifetime_budget_micros, start_at, stop_at, seen_at)
values (:account_id, :campaign_id, :external_id, :name, :status, :effective_status, :optimization_goal,
        :billing_event, :targeting, :daily_budget_micros, :lifetime_budget_micros, :start_at, :stop_at,
        :at)
on conflict (account_id, external_id) do update
set seen_at = excluded.seen_at
returning id;

-- name: facts_ad_set_update
update ad_set
set name = :name,
    status = coalesce(:status, status),
    effective_status = coalesce(:effective_status, effective_status),
    optimization_goal = coalesce(:optimization_goal, optimization_goal),
    billing_event = coalesce(:billing_event, billing_event),
    targeting = coalesce(:targeting, targeting),
    daily_budget_micros = :daily_budget_micros,
    lifetime_budget_micros = :lifetime_budget_micros,
    start_at = :start_at,
    stop_at = :stop_at,
    seen_at = :at
where id = :id
  and (name <> :name
       or coalesce(status, '') <> coalesce(:status, status, '')
       or coalesce(effective_status, '') <> coalesce(:effective_status, effective_status, '')
       or coalesce(optimization_goal, '') <> coalesce(:optimization_goal, optimization_goal, '')
       or coalesce(billing_event, '') <> coalesce(:billing_event, billing_event, '')
       or coalesce(targeting, '') <> coalesce(:targeting, targeting, '')
       or coalesce(daily_budget_micros, -1) <> coalesce(cast(:daily_budget_micros as bigint), -1)
       or coalesce(lifetime_budget_micros, -1) <> coalesce(cast(:lifetime_budget_micros as bigint), -1)
       or coalesce(start_at, -1) <> coalesce(cast(:start_at as bigint), -1)
       or coalesce(stop_at, -1) <> coalesce(cast(:stop_at as bigint), -1));

-- name: facts_ad_insert
insert into ad (account_id, campaign_id, ad_set_id, external_id, name, status, effective_status,
                url_tags, creative_id, creative, thumbnail_url, seen_at)
values (:account_id, :campaign_id, :ad_set_id, :external_id, :name, :status, :effective_status,
        :url_tags, :creative_id, :creative, :thumbnail_url, :at)
on conflict (account_id, external_id) do update
set seen_at = excluded.seen_at
returning id;

-- name: facts_ad_update
-- A thumbnail's address is signed anew with each answer: it is written down beside other changes
-- only, and when there was none.
update ad
set name = :name,
    status = coalesce(:status, status),
    effective_status = coalesce(:effective_status, effective_status),
    url_tags = coalesce(:url_tags, url_tags),
    creative_id = coalesce(:creative_id, creative_id),
    creative = coalesce(:creative, creative),
    thumbnail_url = coalesce(:thumbnail_url, thumbnail_url),
    seen_at = :at
where id = :id
  and (name <> :name
       or coalesce(status, '') <> coalesce(:status, status, '')
       or coalesce(effective_status, '') <> coalesce(:effective_status, effective_status, '')
       or coalesce(url_tags, '') <> coalesce(:url_tags, url_tags, '')
       or coalesce(creative_id, '') <> coalesce(:creative_id, creative_id, '')
       or coalesce(creative, '') <> coalesce(:creative, creative, '')
       or (thumbnail_url is null and cast(:thumbnail_url as text) is not null));

-- name: facts_of_days
-- What is known of an account's days, to be compared with what the platform says now.
select day, ad_id, spend_micros, impressions, clicks, link_clicks, reach, leads, purchases,
       purchase_micros, version
from ad_fact
where account_id = :account_id and day >= :from_day and day <= :to_day
order by day, ad_id;

-- name: facts_insert
insert into ad_fact (account_id, day, ad_id, spend_micros, impressions, clicks, link_clicks, reach, leads,
                     purchases, purchase_micros, version, learned_at, raw_id)
values (:account_id, :day, :ad_id, :spend_micros, :impressions, :clicks, :link_clicks, :reach, :leads,
        :purchases, :purchase_micros, :version, :at, :raw_id);

-- name: facts_keep_version
insert into ad_fact_version (account_id, day, ad_id, version, spend_micros, impressions, clicks,
                             link_clicks, reach, leads, purchases, purchase_micros, learned_at, replaced_at,
                             raw_id)
select account_id, day, ad_id, version, spend_micros, impressions, clicks, link_clicks, reach, leads,
       purchases, purchase_micros, learned_at, :at, raw_id
from ad_fact
where account_id = :account_id and day = :day and ad_id = :ad_id;

-- name: facts_delete
delete from ad_fact
where account_id = :account_id and day = :day and ad_id = :ad_id;

-- name: facts_versions_of_days
-- A row that went away and came back goes on counting from its last version.
select day, ad_id, max(version) as version
from ad_fact_version
where account_id = :account_id and day >= :from_day and day <= :to_day
group by day, ad_id;

-- name: facts_slice_put
-- A failure says nothing new about the numbers: those stay as old as they are.
insert into ad_sync_slice (account_id, day, state, n_rows, synced_at, error)
values (:account_id, :day, :state, :n_rows, :at, :error)
on conflict (account_id, day) do update
set state = excluded.state,
    n_rows = case when excluded.state = 'ok' then excluded.n_rows else ad_sync_slice.n_rows end,
    synced_at = case when excluded.state = 'ok' then excluded.synced_at else ad_sync_slice.synced_at end,
    error = excluded.error;

-- name: facts_slices_fresh
-- Days before yesterday that were read lately.
select count(*) as n
from ad_sync_slice
where account_id = :account_id and day >= :from_day and day < :yesterday and state = 'ok'
  and synced_at >= :since;
