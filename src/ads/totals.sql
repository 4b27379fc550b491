-- name: totals_sums
-- What the ads of an account add up to, day by day, without the residual.
select day, cast(sum(spend_micros) as bigint) as spend_micros,
       cast(sum(impressions) as bigint) as impressions, cast(sum(clicks) as bigint) as clicks,
       cast(sum(link_clicks) as bigint) as link_clicks
from ad_fact
where account_id = :account_id and day >= :from_day and day <= :to_day and ad_id <> :residual_ad
group by day;

-- name: totals_compared_before
select day, account_spend_micros, ads_spend_micros
from ad_sync_slice
where account_id = :account_id and day >= :from_day and day <= :to_day and state = 'ok';

-- name: totals_put
insert into ad_account_day (account_id, day, spend_micros, impressions, clicks, link_clicks, reach,
                            learned_at)
values (:account_id, :day, :spend_micros, :impressions, :clicks, :link_clicks, :reach, :at)
on conflict (account_id, day) do update
set spend_micros = excluded.spend_micros,
    impressions = excluded.impressions,
    clicks = excluded.clicks,
    link_clicks = excluded.link_clicks,
    reach = excluded.reach,
    learned_at = excluded.learned_at
where ad_account_day.spend_micros <> excluded.spend_micros
   or ad_account_day.impressions <> excluded.impressions
   or ad_account_day.clicks <> excluded.clicks
   or ad_account_day.link_clicks <> excluded.link_clicks
   or coalesce(ad_account_day.reach, -1) <> coalesce(excluded.reach, -1);

-- name: totals_compared
update ad_sync_slice
set account_spend_micros = :account_spend_micros,
    ads_spend_micros = :ads_spend_micros,
    compared_at = :at,
    error = case when state = 'ok' then cast(:note as text) else error end
where account_id = :account_id and day = :day;

-- name: totals_differ
-- Account days whose ads, the residual among them, do not add up to the account's total, although
-- the two were compared after the day was last read.
select count(*) as n
from (select d.account_id, d.day
      from ad_account_day d
      join ad_sync_slice s on s.account_id = d.account_id and s.day = d.day
      left join ad_fact f on f.account_id = d.account_id and f.day = d.day
      where s.state = 'ok' and s.compared_at is not null and s.compared_at >= s.synced_at
      group by d.account_id, d.day, d.spend_micros, d.impressions, d.clicks, d.link_clicks
      having coalesce(sum(f.spend_micros), 0) <> d.spend_micros
          or coalesce(sum(f.impressions), 0) <> d.impressions
          or coalesce(sum(f.clicks), 0) <> d.clicks
          or coalesce(sum(f.link_clicks), 0) <> d.link_clicks) as x;
