-- name: build_dirty_days
-- Newest first: what people look at is right soonest.
select day
from rollup_dirty
order by day desc
limit :limit;

-- name: build_clean
delete from rollup_dirty
where day = :day;

-- name: build_mark_all
-- Every day that has facts of any kind.
insert into rollup_dirty (day)
select f.day
from ad_account c
cross join ad_fact f
where f.account_id = c.id and f.day >= :from_day and f.day <= :to_day
union
select day from payment where day >= :from_day and day <= :to_day
union
select day from sale where day >= :from_day and day <= :to_day
union
select day from lead where day >= :from_day and day <= :to_day
union
select day from rollup_day where day >= :from_day and day <= :to_day
on conflict (day) do nothing;

-- name: build_forget_day
delete from rollup_day
where day = :day;

-- name: build_forget_team_day
delete from rollup_team_day
where day = :day;

-- name: build_spend
-- Whose spend it was: the binding of the account on that very day. Account by account, because that
-- is how the facts lie; cross join holds SQLite, which knows no sizes, to that order.
select coalesce(b.team_id, 0) as team_id, coalesce(b.user_id, 0) as user_id, f.account_id, a.campaign_id,
       a.ad_set_id, f.ad_id, c.currency, f.spend_micros, f.purchase_micros, f.impressions, f.clicks,
       f.link_clicks, f.leads, f.purchases
from ad_account c
cross join ad_fact f
join ad a on a.id = f.ad_id
left join ad_account_binding b
    on b.account_id = c.id and b.valid_from <= :day and (b.valid_to is null or b.valid_to >= :day)
where f.account_id = c.id and f.day = :day;

-- name: build_payments
-- Money on the day it moved, split as its sale is.
select coalesce(c.team_id, 0) as team_id, coalesce(c.user_id, 0) as user_id,
       coalesce(g.account_id, 0) as account_id, coalesce(c.campaign_id, 0) as campaign_id,
       coalesce(c.ad_set_id, 0) as ad_set_id, coalesce(c.ad_id, 0) as ad_id,
       coalesce(s.product_id, 0) as product_id, p.currency, p.amount_micros
from payment p
join sale s on s.id = p.sale_id
left join credit c on c.subject_kind = 'sale' and c.subject_id = s.id and c.model = 'rule'
left join campaign g on g.id = c.campaign_id
where p.day = :day;

-- name: build_sales
-- Deals that are won now, once each, on the day they were won; an unknown product counts.
select coalesce(c.team_id, 0) as team_id, coalesce(c.user_id, 0) as user_id,
       coalesce(g.account_id, 0) as account_id, coalesce(c.campaign_id, 0) as campaign_id,
       coalesce(c.ad_set_id, 0) as ad_set_id, coalesce(c.ad_id, 0) as ad_id,
       coalesce(s.product_id, 0) as product_id, count(*) as n
from sale s
left join product p on p.id = s.product_id
left join credit c on c.subject_kind = 'sale' and c.subject_id = s.id and c.model = 'rule'
left join campaign g on g.id = c.campaign_id
where s.day = :day and s.state = 'won' and coalesce(p.counts_as_sale, 1) = 1
group by 1, 2, 3, 4, 5, 6, 7;

-- name: build_leads
-- People, once each: a lead that repeats another is not counted. The one that counts has the team and
-- the ad that brought it, and the product of its first deal, its own or one that repeats it.
select coalesce(c.team_id, 0) as team_id, coalesce(c.user_id, 0) as user_id,
       coalesce(g.account_id, 0) as account_id, coalesce(c.campaign_id, 0) as campaign_id,
       coalesce(c.ad_set_id, 0) as ad_set_id, coalesce(c.ad_id, 0) as ad_id,
       coalesce((select s.product_id from sale s where s.lead_id = l.id order by s.created_at, s.deal_id limit 1),
                (select s.product_id from lead d join sale s on s.lead_id = d.id
                 where d.person_id = l.person_id and d.duplicate_of = l.id
                 order by s.created_at, s.deal_id limit 1),
                0) as product_id,
       count(*) as n
from lead l
left join credit c on c.subject_kind = 'lead' and c.subject_id = l.id and c.model = 'rule'
left join campaign g on g.id = c.campaign_id
where l.day = :day and l.duplicate_of is null
group by 1, 2, 3, 4, 5, 6, 7;

-- name: build_add
insert into rollup_day (day, team_id, user_id, account_id, campaign_id, ad_set_id, ad_id, product_id,
                        spend_kzt, spend_usd, spend_brl, revenue_kzt, revenue_usd, revenue_brl,
                        meta_value_kzt, meta_value_usd, meta_value_brl, impressions, clicks, link_clicks,
                        meta_leads, meta_purchases, leads, sales, unpriced_kzt, unpriced_usd, unpriced_brl, n_sources)
values (:day, :team_id, :user_id, :account_id, :campaign_id, :ad_set_id, :ad_id, :product_id,
        :spend_kzt, :spend_usd, :spend_brl, :revenue_kzt, :revenue_usd, :revenue_brl,
        :meta_value_kzt, :meta_value_usd, :meta_value_brl, :impressions, :clicks, :link_clicks,
        :meta_leads, :meta_purchases, :leads, :sales, :unpriced_kzt, :unpriced_usd, :unpriced_brl, :n_sources)
on conflict (day, team_id, user_id, account_id, campaign_id, ad_set_id, ad_id, product_id) do update
set spend_kzt = rollup_day.spend_kzt + excluded.spend_kzt,
    spend_usd = rollup_day.spend_usd + excluded.spend_usd,
    spend_brl = rollup_day.spend_brl + excluded.spend_brl,
    revenue_kzt = rollup_day.revenue_kzt + excluded.revenue_kzt,
    revenue_usd = rollup_day.revenue_usd + excluded.revenue_usd,
    revenue_brl = rollup_day.revenue_brl + excluded.revenue_brl,
    meta_value_kzt = rollup_day.meta_value_kzt + excluded.meta_value_kzt,
    meta_value_usd = rollup_day.meta_value_usd + excluded.meta_value_usd,
    meta_value_brl = rollup_day.meta_value_brl + excluded.meta_value_brl,
    impressions = rollup_day.impressions + excluded.impressions,
    clicks = rollup_day.clicks + excluded.clicks,
    link_clicks = rollup_day.link_clicks + excluded.link_clicks,
    meta_leads = rollup_day.meta_leads + excluded.meta_leads,
    meta_purchases = rollup_day.meta_purchases + excluded.meta_purchases,
    leads = rollup_day.leads + excluded.leads,
    sales = rollup_day.sales + excluded.sales,
    unpriced_kzt = rollup_day.unpriced_kzt + excluded.unpriced_kzt,
    unpriced_usd = rollup_day.unpriced_usd + excluded.unpriced_usd,
    unpriced_brl = rollup_day.unpriced_brl + excluded.unpriced_brl,
    n_sources = rollup_day.n_sources + excluded.n_sources;

-- name: build_team_day
insert into rollup_team_day (day, team_id, user_id, product_id,
                             spend_kzt, spend_usd, spend_brl, revenue_kzt, revenue_usd, revenue_brl,
                             meta_value_kzt, meta_value_usd, meta_value_brl, impressions, clicks,
                             link_clicks, meta_leads, meta_purchases, leads, sales, unpriced_kzt, unpriced_usd, unpriced_brl, n_sources)
select day, team_id, user_id, product_id,
       cast(sum(spend_kzt) as bigint), cast(sum(spend_usd) as bigint), cast(sum(spend_brl) as bigint),
       cast(sum(revenue_kzt) as bigint), cast(sum(revenue_usd) as bigint), cast(sum(revenue_brl) as bigint),
       cast(sum(meta_value_kzt) as bigint), cast(sum(meta_value_usd) as bigint),
       cast(sum(meta_value_brl) as bigint), cast(sum(impressions) as bigint), cast(sum(clicks) as bigint),
       cast(sum(link_clicks) as bigint), cast(sum(meta_leads) as bigint),
       cast(sum(meta_purchases) as bigint), cast(sum(leads) as bigint), cast(sum(sales) as bigint),
       cast(sum(unpriced_kzt) as bigint), cast(sum(unpriced_usd) as bigint),
       cast(sum(unpriced_brl) as bigint), cast(sum(n_sources) as bigint)
from rollup_day
where day = :day
group by day, team_id, user_id, product_id;

-- name: build_unpriced
-- Is a rate missing anywhere?
select count(*) as n
from (
    select day
    from rollup_team_day
    where unpriced_kzt + unpriced_usd + unpriced_brl > 0
    limit 1
) u;
