-- name: read_team_days
-- The overview's road: day by team, from the small rollup.
select r.day, r.team_id,
       cast(sum(case :currency when 'KZT' then r.spend_kzt when 'USD' then r.spend_usd else r.spend_brl end) as bigint) as spend,
       cast(sum(case :currency when 'KZT' then r.revenue_kzt when 'USD' then r.revenue_usd else r.revenue_brl end) as bigint) as revenue,
       cast(sum(case :currency when 'KZT' then r.meta_value_kzt when 'USD' then r.meta_value_usd else r.meta_value_brl end) as bigint) as meta_value,
       cast(sum(r.impressions) as bigint) as impressions, cast(sum(r.clicks) as bigint) as clicks,
       cast(sum(r.link_clicks) as bigint) as link_clicks, cast(sum(r.meta_leads) as bigint) as meta_leads,
       cast(sum(r.meta_purchases) as bigint) as meta_purchases, cast(sum(r.leads) as bigint) as leads,
       cast(sum(r.sales) as bigint) as sales, cast(sum(case :currency when 'KZT' then r.unpriced_kzt when 'USD' then r.unpriced_usd else r.unpriced_brl end) as bigint) as unpriced
from rollup_team_day r
where r.day >= :from_day and r.day <= :to_day
  and (:scope_all = 1 or r.team_id = :scope_team)
  and (cast(:team as bigint) is null or r.team_id = :team)
group by r.day, r.team_id
order by r.day, r.team_id;

-- name: read_groups
-- Any split of the finest rollup; the names come along. One statement for every level. Whose account
-- and budget a campaign has is told to those who had the account.
with k as (
    select case :split
               when 'account' then r.account_id
               when 'campaign' then r.campaign_id
               when 'ad_set' then r.ad_set_id
               when 'ad' then r.ad_id
               when 'user' then r.user_id
               when 'product' then r.product_id
               else r.team_id
           end as id,
           cast(sum(case :currency when 'KZT' then r.spend_kzt when 'USD' then r.spend_usd else r.spend_brl end) as bigint) as spend,
           cast(sum(case :currency when 'KZT' then r.revenue_kzt when 'USD' then r.revenue_usd else r.revenue_brl end) as bigint) as revenue,
           cast(sum(case :currency when 'KZT' then r.meta_value_kzt when 'USD' then r.meta_value_usd else r.meta_value_brl end) as bigint) as meta_value,
           cast(sum(r.impressions) as bigint) as impressions, cast(sum(r.clicks) as bigint) as clicks,
           cast(sum(r.link_clicks) as bigint) as link_clicks,
           cast(sum(r.meta_leads) as bigint) as meta_leads,
           cast(sum(r.meta_purchases) as bigint) as meta_purchases,
           cast(sum(r.leads) as bigint) as leads, cast(sum(r.sales) as bigint) as sales,
           cast(sum(case :currency when 'KZT' then r.unpriced_kzt when 'USD' then r.unpriced_usd else r.unpriced_brl end) as bigint) as unpriced
    from rollup_day r
    where r.day >= :from_day and r.day <= :to_day
      and (:scope_all = 1 or r.team_id = :scope_team)
      and (cast(:team as bigint) is null or r.team_id = :team)
      and (cast(:account as bigint) is null or r.account_id = :account)
      and (cast(:campaign as bigint) is null or r.campaign_id = :campaign)
      and (cast(:ad_set as bigint) is null or r.ad_set_id = :ad_set)
    group by 1
)
select k.id, k.spend, k.revenue, k.meta_value, k.impressions, k.clicks, k.link_clicks, k.meta_leads,
       k.meta_purchases, k.leads, k.sales, k.unpriced,
       coalesce(a.name, c.name, s.name, d.name, u.full_name, p.name, t.name) as name,
       coalesce(a.external_id, c.external_id, s.external_id, d.external_id, p.code) as external_id,
       coalesce(c.status, s.status, d.status) as status, c.objective,
       case when ca.id is not null then c.daily_budget_micros end as daily_budget_micros,
       case when ca.id is not null then c.lifetime_budget_micros end as lifetime_budget_micros,
       case when ca.id is not null then c.buying_type end as buying_type,
       case when ca.id is not null then c.bid_strategy end as bid_strategy,
       coalesce(c.effective_status, s.effective_status, d.effective_status) as effective_status,
       coalesce(c.is_tracked, 1) as is_tracked, c.start_at, c.stop_at,
       ca.id as account_id, ca.name as account_name, ca.currency as account_currency
from k
left join ad_account a on :split = 'account' and a.id = k.id
left join campaign c on :split = 'campaign' and c.id = k.id
left join ad_set s on :split = 'ad_set' and s.id = k.id
left join ad d on :split = 'ad' and d.id = k.id
left join app_user u on :split = 'user' and u.id = k.id
left join product p on :split = 'product' and p.id = k.id
left join team t on :split = 'team' and t.id = k.id
left join ad_account ca
    on ca.id = c.account_id
       and (:scope_all = 1
            or exists (select 1 from ad_account_binding b where b.account_id = ca.id and b.team_id = :scope_team))
order by k.id;

-- name: read_days
-- The same filters, day by day, from the finest rollup.
select r.day,
       cast(sum(case :currency when 'KZT' then r.spend_kzt when 'USD' then r.spend_usd else r.spend_brl end) as bigint) as spend,
       cast(sum(case :currency when 'KZT' then r.revenue_kzt when 'USD' then r.revenue_usd else r.revenue_brl end) as bigint) as revenue,
       cast(sum(case :currency when 'KZT' then r.meta_value_kzt when 'USD' then r.meta_value_usd else r.meta_value_brl end) as bigint) as meta_value,
       cast(sum(r.impressions) as bigint) as impressions, cast(sum(r.clicks) as bigint) as clicks,
       cast(sum(r.link_clicks) as bigint) as link_clicks, cast(sum(r.meta_leads) as bigint) as meta_leads,
       cast(sum(r.meta_purchases) as bigint) as meta_purchases, cast(sum(r.leads) as bigint) as leads,
       cast(sum(r.sales) as bigint) as sales, cast(sum(case :currency when 'KZT' then r.unpriced_kzt when 'USD' then r.unpriced_usd else r.unpriced_brl end) as bigint) as unpriced
from rollup_day r
where r.day >= :from_day and r.day <= :to_day
  and (:scope_all = 1 or r.team_id = :scope_team)
  and (cast(:team as bigint) is null or r.team_id = :team)
  and (cast(:account as bigint) is null or r.account_id = :account)
  and (cast(:campaign as bigint) is null or r.campaign_id = :campaign)
  and (cast(:ad_set as bigint) is null or r.ad_set_id = :ad_set)
group by r.day
order by r.day;

-- name: read_products
-- Sales of a product that nobody has named yet are listed too, so that the parts add up.
select coalesce(p.code, 'unknown') as code, p.name, k.sales, k.revenue
from (
    select r.product_id, cast(sum(r.sales) as bigint) as sales,
           cast(sum(case :currency when 'KZT' then r.revenue_kzt when 'USD' then r.revenue_usd else r.revenue_brl end) as bigint) as revenue
    from rollup_team_day r
    where r.day >= :from_day and r.day <= :to_day
      and (:scope_all = 1 or r.team_id = :scope_team)
      and (cast(:team as bigint) is null or r.team_id = :team)
    group by r.product_id
    having sum(r.sales) <> 0 or sum(r.revenue_kzt) <> 0
) k
left join product p on p.id = k.product_id
order by p.position nulls last;

-- name: read_teams
select id, name, colour, emoji, archived_at
from team
where :scope_all = 1 or id = :scope_team
order by name_folded;
