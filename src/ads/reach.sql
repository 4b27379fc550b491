-- name: reach_put
insert into ad_reach (account_id, level, external_id, from_day, to_day, reach, impressions, learned_at)
values (:account_id, :level, :external_id, :from_day, :to_day, :reach, :impressions, :at)
on conflict (account_id, level, external_id, from_day, to_day) do update
set reach = excluded.reach,
    impressions = excluded.impressions,
    learned_at = excluded.learned_at;

-- name: reach_sweep
-- Ranges slide on: what ended long ago nobody asks for by its name.
delete from ad_reach
where account_id = :account_id and to_day < :before;

-- name: reach_of_account
select a.id as account_id, a.external_id
from ad_account a
where a.id = :id
  and (:scope_all = 1
       or exists (select 1
                  from ad_account_binding b
                  where b.account_id = a.id and b.team_id = :scope_team and b.valid_from <= :from_day
                    and (b.valid_to is null or b.valid_to >= :to_day)));

-- name: reach_of_campaign
select c.account_id, c.external_id
from campaign c
where c.id = :id
  and (:scope_all = 1
       or exists (select 1
                  from ad_account_binding b
                  where b.account_id = c.account_id and b.team_id = :scope_team
                    and b.valid_from <= :from_day and (b.valid_to is null or b.valid_to >= :to_day)));

-- name: reach_exact
select reach
from ad_reach
where account_id = :account_id and level = :level and external_id = :external_id
  and from_day = :from_day and to_day = :to_day;

-- name: reach_within
-- Of ranges that lie within, the largest reach is reached at least.
select max(reach) as reach
from ad_reach
where account_id = :account_id and level = :level and external_id = :external_id
  and from_day >= :from_day and to_day <= :to_day;

-- name: reach_days_of_account
select max(reach) as most, cast(sum(reach) as bigint) as total, count(*) as days,
       count(reach) as known
from ad_account_day
where account_id = :account_id and day >= :from_day and day <= :to_day and impressions > 0;

-- name: reach_days_of_campaign
select max(f.reach) as most, cast(sum(f.reach) as bigint) as total, count(*) as days,
       count(f.reach) as known
from ad_fact f
join ad a on a.id = f.ad_id
where f.account_id = :account_id and a.campaign_id = :id and f.day >= :from_day and f.day <= :to_day
  and f.impressions > 0;
