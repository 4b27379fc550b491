-- name: verify_days
-- Days whose rollups should be right now; those still marked are known not to be.
select distinct t.day
from rollup_team_day t
where not exists (select 1 from rollup_dirty d where d.day = t.day)
order by t.day;

-- name: verify_is_dirty
select count(*) as n
from rollup_dirty
where day = :day;

-- name: verify_day
select team_id, user_id, account_id, campaign_id, ad_set_id, ad_id, product_id, spend_kzt, spend_usd,
       spend_brl, revenue_kzt, revenue_usd, revenue_brl, meta_value_kzt, meta_value_usd, meta_value_brl,
       impressions, clicks, link_clicks, meta_leads, meta_purchases, leads, sales, unpriced_kzt,
       unpriced_usd, unpriced_brl, n_sources
from rollup_day
where day = :day
order by team_id, user_id, account_id, campaign_id, ad_set_id, ad_id, product_id;

-- name: verify_team_day
select team_id, user_id, 0 as account_id, 0 as campaign_id, 0 as ad_set_id, 0 as ad_id, product_id,
       spend_kzt, spend_usd, spend_brl, revenue_kzt, revenue_usd, revenue_brl, meta_value_kzt,
       meta_value_usd, meta_value_brl, impressions, clicks, link_clicks, meta_leads, meta_purchases, leads,
       sales, unpriced_kzt, unpriced_usd, unpriced_brl, n_sources
from rollup_team_day
where day = :day
order by team_id, user_id, product_id;

-- name: verify_sales_without_credit
select count(*) as n
from sale s
where not exists (
    select 1
    from credit c
    where c.subject_kind = 'sale' and c.subject_id = s.id and c.model = 'rule' and c.numerator = c.denominator
);

-- name: verify_leads_without_credit
select count(*) as n
from lead l
where not exists (
    select 1
    from credit c
    where c.subject_kind = 'lead' and c.subject_id = l.id and c.model = 'rule' and c.numerator = c.denominator
);

-- name: verify_sales_against_payments
-- A won deal has brought its price, a lost or deleted one nothing.
select count(*) as n
from sale s
where s.state <> 'open'
  and coalesce((select sum(p.amount_micros) from payment p where p.sale_id = s.id), 0)
      <> case when s.state = 'won' then s.price_micros else 0 end;
