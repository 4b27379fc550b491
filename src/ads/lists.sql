-- name: lists_ad_sets
select s.id, s.external_id, s.name, s.status, s.effective_status, s.optimization_goal, s.billing_event,
       s.targeting, s.daily_budget_micros, s.lifetime_budget_micros, s.start_at, s.stop_at,
       s.campaign_id, s.seen_at, c.currency,
       (select count(*) from ad x where x.ad_set_id = s.id) as ads
from ad_set s
join ad_account c on c.id = s.account_id
where s.campaign_id = :campaign_id
  and (:scope_all = 1
       or exists (select 1
                  from ad_account_binding m
                  where m.account_id = s.account_id and m.team_id = :scope_team))
order by s.name, s.id;

-- name: lists_ads
select a.id, a.external_id, a.name, a.status, a.effective_status, a.url_tags, a.creative_id, a.creative,
       a.thumbnail_url, a.campaign_id, a.ad_set_id, a.seen_at
from ad a
where (cast(:campaign_id as bigint) is null or a.campaign_id = :campaign_id)
  and (cast(:ad_set_id as bigint) is null or a.ad_set_id = :ad_set_id)
  and (:scope_all = 1
       or exists (select 1
                  from ad_account_binding m
                  where m.account_id = a.account_id and m.team_id = :scope_team))
order by a.name, a.id
limit 2000;

-- name: lists_campaign
select g.id, g.external_id, g.name, g.is_tracked
from campaign g
where g.id = :id
  and (:scope_all = 1
       or exists (select 1
                  from ad_account_binding m
                  where m.account_id = g.account_id and m.team_id = :scope_team));

-- name: lists_campaign_track
update campaign
set is_tracked = :is_tracked
where id = :id and is_tracked <> :is_tracked;

-- name: lists_account
select a.id, a.currency, a.tz
from ad_account a
where a.id = :id
  and (:scope_all = 1
       or exists (select 1
                  from ad_account_binding m
                  where m.account_id = a.id and m.team_id = :scope_team));

-- name: lists_account_periods
select valid_from, valid_to
from ad_account_binding
where account_id = :id and team_id = :scope_team;

-- name: lists_account_days
-- How well each day is known, and what no ad explains of it.
select s.day, s.state, s.n_rows, s.synced_at, s.error, s.ads_spend_micros, s.account_spend_micros,
       (select f.spend_micros
        from ad a
        join ad_fact f on f.account_id = a.account_id and f.day = s.day and f.ad_id = a.id
        where a.account_id = s.account_id and a.external_id = :residual) as residual_micros
from ad_sync_slice s
where s.account_id = :id and s.day >= :from_day and s.day <= :to_day;

-- name: lists_account_external
select external_id
from ad_account
where id = :id;

-- name: lists_days_again
update ad_sync_slice
set state = 'failed',
    error = 'waits to be read again'
where account_id = :id and day >= :from_day;

-- name: lists_history_again
update ad_account
set paused_until = null,
    history_from = case when :is_deep = 1 then null else history_from end,
    history_done_at = case when :is_deep = 1 then null else history_done_at end
where id = :id;

-- name: day_ad
-- The ad, for who owned its account on that day.
select a.id, a.external_id, a.name, a.campaign_id, g.name as campaign_name, a.ad_set_id,
       s.name as ad_set_name, a.account_id, c.currency
from ad a
join campaign g on g.id = a.campaign_id
join ad_set s on s.id = a.ad_set_id
join ad_account c on c.id = a.account_id
where a.id = :id
  and (:scope_all = 1
       or exists (select 1
                  from ad_account_binding b
                  where b.account_id = a.account_id and b.team_id = :scope_team
                    and b.valid_from <= :day and (b.valid_to is null or b.valid_to >= :day)));

-- name: day_versions
select version, spend_micros, impressions, clicks, link_clicks, reach, leads, purchases,
       purchase_micros, learned_at, null as replaced_at, raw_id
from ad_fact
where account_id = :account_id and day = :day and ad_id = :id
union all
select version, spend_micros, impressions, clicks, link_clicks, reach, leads, purchases,
       purchase_micros, learned_at, replaced_at, raw_id
from ad_fact_version
where account_id = :account_id and day = :day and ad_id = :id
order by version desc;
