-- name: stats_counts
select (select count(*) from app_user where disabled_at is null) as users,
       (select count(*) from team where archived_at is null) as teams,
       (select count(*) from ad_account) as accounts,
       (select count(*) from ad_account where is_tracked = 1) as accounts_tracked,
       (select count(*) from campaign) as campaigns,
       (select count(*) from ad) as ads,
       (select count(*) from ad_fact) as facts,
       (select count(*) from ad_fact_version) as fact_versions,
       (select count(*) from raw_page) as raw_pages,
       (select count(*) from lead) as leads,
       (select count(*) from sale) as sales,
       (select count(*) from payment) as payments,
       (select count(*) from deal_event) as deal_events,
       (select count(*) from link_click) as link_clicks,
       (select count(*) from audit_log) as audit_rows;

-- name: stats_bytes
select page_count * page_size as bytes
from pragma_page_count(), pragma_page_size();

-- name: stats_inbox
select state, count(*) as n, min(received_at) as oldest_at
from inbox_event
group by state;

-- name: stats_jobs
-- What the runs of the last seven days came to.
select job, count(*) as runs,
       cast(sum(case when outcome = 'ok' then 1 else 0 end) as bigint) as n_ok,
       cast(sum(case when outcome in ('failed', 'lost') then 1 else 0 end) as bigint) as n_failed,
       max(finished_at) as last_at
from job_run
where started_at >= cast(:now as bigint) - 604800000
group by job
order by job;

-- name: stats_syncs
-- Document 001: the last runs.
select sync_type, started_at, success, users_processed, records_synced, duration_ms, error_message
from traffic_sync_history
order by started_at desc
limit 20;

-- name: stats_aggregations
select team_name, period, cast(spend_usd * 1000000 as bigint) as spend_micros,
       cast(total_revenue * 1000000 as bigint) as revenue_micros, cast(roas * 1000000 as bigint) as roas_micros,
       updated_at
from traffic_aggregated_metrics
order by updated_at desc, team_name, period
limit 200;

-- name: stats_raw_rows
-- Rows as they came, per team and day, of the last fortnight.
select t.name as team_name, f.day, count(*) as ads, cast(sum(f.impressions) as bigint) as impressions,
       cast(sum(f.spend_micros) as bigint) as spend_micros, a.currency
from ad_account a
join ad_fact f on f.account_id = a.id and f.day >= :fortnight_ago and f.day <= :today
left join ad_account_binding b
    on b.account_id = a.id and b.valid_from <= f.day and (b.valid_to is null or b.valid_to >= f.day)
left join team t on t.id = b.team_id
group by t.name, f.day, a.currency
order by f.day desc, t.name, a.currency
limit 500;
