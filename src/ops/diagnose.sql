-- name: diagnose_token_configured
select case when count(*) = 0 then 'fail' else 'ok' end as state, count(*) as connections
from ad_connection
where state <> 'off';

-- name: diagnose_token_valid
select case when count(*) = 0 then 'skipped'
            when sum(case when c.is_good = 1 then 1 else 0 end) = 0 then 'fail'
            when sum(case when c.is_good = 1 then 0 else 1 end) > 0 then 'warn'
            else 'ok' end as state,
       cast(coalesce(sum(c.is_good), 0) as bigint) as valid, count(*) as connections,
       min(case when c.is_good = 0 then c.label end) as name, min(case when c.is_good = 0 then c.reason end) as reason
from (
    select label, reason,
           case when state = 'ok' and (expires_at is null or expires_at = 0 or expires_at > :now) then 1
                else 0 end as is_good
    from ad_connection
    where state <> 'off'
) c;

-- name: diagnose_accounts_tracked
select case when count(*) = 0 then 'fail'
            when sum(a.is_tracked) = 0 then 'fail'
            else 'ok' end as state,
       count(*) as accounts, cast(coalesce(sum(a.is_tracked), 0) as bigint) as tracked
from ad_account a
where (cast(:team as bigint) is null
       or exists (select 1 from ad_account_binding b where b.account_id = a.id and b.team_id = :team));

-- name: diagnose_accounts_bound
-- Spend of an account without a team on the day is nobody's.
select case when count(*) = 0 then 'skipped'
            when sum(a.is_bound) = 0 then 'fail'
            when sum(a.is_bound) < count(*) then 'warn'
            else 'ok' end as state,
       count(*) as tracked, cast(coalesce(sum(a.is_bound), 0) as bigint) as bound,
       min(case when a.is_bound = 0 then a.name end) as name
from (
    select c.name,
           case when exists (select 1 from ad_account_binding b
                             where b.account_id = c.id and b.valid_from <= :today
                               and (b.valid_to is null or b.valid_to >= :week_ago)
                               and (cast(:team as bigint) is null or b.team_id = :team))
                then 1 else 0 end as is_bound
    from ad_account c
    where c.is_tracked = 1
      and (cast(:team as bigint) is null
           or exists (select 1 from ad_account_binding t where t.account_id = c.id and t.team_id = :team))
) a;

-- name: diagnose_campaigns_tracked
select case when count(*) = 0 then 'warn'
            when sum(c.is_tracked) = 0 then 'fail'
            when sum(c.is_tracked) < count(*) then 'warn'
            else 'ok' end as state,
       count(*) as campaigns, cast(coalesce(sum(c.is_tracked), 0) as bigint) as tracked
from campaign c
join ad_account a on a.id = c.account_id
where a.is_tracked = 1
  and (cast(:team as bigint) is null
       or exists (select 1 from ad_account_binding b where b.account_id = a.id and b.team_id = :team));

-- name: diagnose_last_sync
select case when r.last_ok is null then 'fail'
            when r.last_ok < cast(:now as bigint) - 7800000 then 'warn'
            else 'ok' end as state,
       r.last_ok as last_ok_at, r.last_at as last_run_at,
       (select j.outcome from job_run j where j.job = 'ads.sync' and j.finished_at is not null
        order by j.started_at desc, j.id desc limit 1) as outcome,
       (select j.error from job_run j where j.job = 'ads.sync' and j.finished_at is not null
        order by j.started_at desc, j.id desc limit 1) as error,
       (select s.paused_at from job_setting s where s.job = 'ads.sync') as paused_at
from (
    select max(case when outcome in ('ok', 'partial') then started_at end) as last_ok, max(started_at) as last_at
    from job_run
    where job = 'ads.sync'
) r;

-- name: diagnose_accounts_synced
select case when count(*) = 0 then 'skipped'
            when sum(case when a.sync_state = 'ok' then 1 else 0 end) = 0 then 'fail'
            when sum(case when a.sync_state = 'ok' then 0 else 1 end) > 0 then 'warn'
            else 'ok' end as state,
       count(*) as tracked,
       cast(coalesce(sum(case when a.sync_state = 'ok' then 1 else 0 end), 0) as bigint) as synced,
       min(case when a.sync_state in ('failed', 'reconnect') then a.name end) as name,
       min(case when a.sync_state in ('failed', 'reconnect') then a.sync_error end) as reason
from ad_account a
where a.is_tracked = 1 and a.platform = 'meta'
  and (cast(:team as bigint) is null
       or exists (select 1 from ad_account_binding b where b.account_id = a.id and b.team_id = :team));

-- name: diagnose_rows_in_window
select case when f.n_rows = 0 then 'fail' when f.n_spending = 0 then 'warn' else 'ok' end as state,
       f.n_rows as facts, f.n_spending as with_spend,
       (select count(*) from ad_sync_slice s where s.day >= :week_ago and s.state = 'failed') as failed_days,
       f.last_day
from (
    select count(*) as n_rows, cast(coalesce(sum(case when f.spend_micros > 0 then 1 else 0 end), 0) as bigint)
           as n_spending, max(f.day) as last_day
    from ad_account a
    join ad_fact f on f.account_id = a.id and f.day >= :week_ago and f.day <= :today
    where (cast(:team as bigint) is null
           or exists (select 1 from ad_account_binding b
                      where b.account_id = a.id and b.team_id = :team and b.valid_from <= f.day
                        and (b.valid_to is null or b.valid_to >= f.day)))
) f;

-- name: diagnose_sales_in_window
select case when count(*) = 0 then 'warn' else 'ok' end as state, count(*) as sales,
       cast(coalesce(sum(case when s.state = 'won' then 1 else 0 end), 0) as bigint) as won
from sale s
left join credit c on c.subject_kind = 'sale' and c.subject_id = s.id and c.model = 'rule'
where s.day >= :month_ago and s.day <= :today
  and (cast(:team as bigint) is null or c.team_id = :team);

-- name: diagnose_leads_in_window
select case when count(*) = 0 then 'warn' else 'ok' end as state, count(*) as leads
from lead l
left join credit c on c.subject_kind = 'lead' and c.subject_id = l.id and c.model = 'rule'
where l.day >= :month_ago and l.day <= :today
  and (cast(:team as bigint) is null or c.team_id = :team);

-- name: diagnose_crm_heard
select case when i.heard_at is null then 'fail'
            when i.n_parked > 0 or i.heard_at < cast(:now as bigint) - 86400000 then 'warn'
            else 'ok' end as state,
       i.heard_at as last_event_at, i.n_new as waiting, i.n_parked as parked
from (
    select (select received_at from inbox_event where source in ('amocrm', 'amocrm.read')
            order by id desc limit 1) as heard_at,
           (select count(*) from inbox_event where state = 'new') as n_new,
           (select count(*) from inbox_event where state = 'parked') as n_parked
) i;

-- name: diagnose_rates_present
-- Facts left out of the money because a rate is missing.
select case when n.n_kzt + n.n_usd > 0 then 'fail' else 'ok' end as state, n.n_kzt as unpriced_kzt,
       n.n_usd as unpriced_usd,
       (select max(day) from fx_rate where base = 'USD' and quote = 'KZT' and day <= :today) as last_rate_day
from (
    select cast(coalesce(sum(unpriced_kzt), 0) as bigint) as n_kzt,
           cast(coalesce(sum(unpriced_usd), 0) as bigint) as n_usd
    from rollup_team_day
    where day >= :month_ago and day <= :today
      and (cast(:team as bigint) is null or team_id = :team)
) n;

-- name: diagnose_aggregation
select case when r.last_ok is null then 'fail'
            when r.last_ok < cast(:now as bigint) - 1800000 or r.dirty > 0 then 'warn'
            else 'ok' end as state,
       r.last_ok as last_ok_at, r.dirty as dirty_days,
       (select s.paused_at from job_setting s where s.job = 'metrics.build') as paused_at
from (
    select (select max(started_at) from job_run where job = 'metrics.build' and outcome in ('ok', 'partial')) as last_ok,
           (select count(*) from rollup_dirty) as dirty
) r;

-- name: diagnose_rollup_rows
select case when count(*) = 0 then 'fail' else 'ok' end as state, count(*) as days,
       cast(coalesce(sum(n_sources), 0) as bigint) as facts
from (
    select day, sum(n_sources) as n_sources
    from rollup_team_day
    where day >= :month_ago and day <= :today
      and (cast(:team as bigint) is null or team_id = :team)
    group by day
) d;

-- name: diagnose_unattributed
-- Sales that no rule gives to a team.
select case when count(*) = 0 then 'skipped'
            when sum(case when c.team_id is null then 1 else 0 end) * 5 > count(*) * 4 then 'fail'
            when sum(case when c.team_id is null then 1 else 0 end) * 5 > count(*) then 'warn'
            else 'ok' end as state,
       count(*) as sales,
       cast(coalesce(sum(case when c.team_id is null then 1 else 0 end), 0) as bigint) as unattributed,
       cast(coalesce(sum(case when c.reason = 'no_tag' then 1 else 0 end), 0) as bigint) as without_tags,
       cast(coalesce(sum(case when c.reason = 'no_rule' then 1 else 0 end), 0) as bigint) as without_rule
from sale s
left join credit c on c.subject_kind = 'sale' and c.subject_id = s.id and c.model = 'rule'
where s.day >= :month_ago and s.day <= :today and s.state = 'won';

-- name: diagnose_currencies
-- Money of accounts in a currency that has no rate cannot be shown in another.
select case when count(*) = 0 then 'skipped'
            when sum(case when c.has_rate = 0 then 1 else 0 end) > 0 then 'fail'
            else 'ok' end as state,
       count(*) as currencies, min(c.currency) as first, max(c.currency) as last,
       min(case when c.has_rate = 0 then c.currency end) as without_rate
from (
    select a.currency,
           max(case when a.currency = 'KZT'
                      or exists (select 1 from fx_rate r
                                 where r.base = a.currency and r.quote = 'KZT' and r.day >= :month_ago)
                    then 1 else 0 end) as has_rate
    from ad_account a
    where a.is_tracked = 1
      and (cast(:team as bigint) is null
           or exists (select 1 from ad_account_binding b where b.account_id = a.id and b.team_id = :team))
    group by a.currency
) c;

-- name: diagnose_rates_fresh
select case when r.day is null then 'fail' when r.day < :oldest_rate then 'fail'
            when r.source = 'fallback' then 'warn' else 'ok' end as state,
       r.day as last_rate_day, r.source
from (select 1 as one) o
left join (
    select day, source
    from fx_rate
    where base = 'USD' and quote = 'KZT' and day <= :today
    order by day desc, case source when 'manual' then 1 when 'nbk' then 2 else 3 end
    limit 1
) r on 1 = 1;

-- name: diagnose_time_zones
-- A day of an account in another zone is not the day of the sales.
select case when count(*) = 0 then 'skipped'
            when sum(case when a.tz <> :zone then 1 else 0 end) > 0 then 'warn'
            else 'ok' end as state,
       count(*) as accounts, cast(coalesce(sum(case when a.tz <> :zone then 1 else 0 end), 0) as bigint) as elsewhere,
       min(case when a.tz <> :zone then a.tz end) as zone
from ad_account a
where a.is_tracked = 1
  and (cast(:team as bigint) is null
       or exists (select 1 from ad_account_binding b where b.account_id = a.id and b.team_id = :team));

-- name: diagnose_spend_adds_up
-- What the account says it spent against what its ads add up to.
select case when d.n_days = 0 then 'skipped' when d.n_differ > 0 then 'warn' else 'ok' end as state,
       d.n_days as days, d.n_differ as differ
from (
    select count(*) as n_days,
           cast(coalesce(sum(case when s.account_spend_micros > s.ads_spend_micros + s.account_spend_micros / 100
                                    or s.account_spend_micros < s.ads_spend_micros - s.account_spend_micros / 100
                                  then 1 else 0 end), 0) as bigint) as n_differ
    from ad_sync_slice s
    join ad_account a on a.id = s.account_id
    where s.day >= :month_ago and s.day <= :today and s.account_spend_micros is not null
      and s.ads_spend_micros is not null and a.is_tracked = 1
      and (cast(:team as bigint) is null
           or exists (select 1 from ad_account_binding b where b.account_id = a.id and b.team_id = :team))
) d;

-- name: diagnose_prepayments
-- More was paid for a deal than it costs: a prepayment counted once more in the full price.
select case when count(*) = 0 then 'ok' else 'fail' end as state, count(*) as sales, min(p.deal_id) as deal
from (
    select s.deal_id
    from sale s
    join payment p on p.sale_id = s.id
    left join credit c on c.subject_kind = 'sale' and c.subject_id = s.id and c.model = 'rule'
    where s.day >= :month_ago and s.day <= :today and s.price_micros > 0
      and (cast(:team as bigint) is null or c.team_id = :team)
    group by s.deal_id, s.id, s.price_micros
    having sum(p.amount_micros) > s.price_micros
) p;

-- name: diagnose_refunds
select case when count(*) > 0 then 'warn' else 'ok' end as state, count(*) as refunds, max(p.day) as last_day
from payment p
join sale s on s.id = p.sale_id
left join credit c on c.subject_kind = 'sale' and c.subject_id = s.id and c.model = 'rule'
where p.day >= :month_ago and p.day <= :today and p.kind = 'refund'
  and (cast(:team as bigint) is null or c.team_id = :team);

-- name: diagnose_prices
-- A sale without a price brings nothing.
select case when count(*) = 0 then 'ok' else 'warn' end as state, count(*) as sales, min(s.deal_id) as deal
from sale s
left join credit c on c.subject_kind = 'sale' and c.subject_id = s.id and c.model = 'rule'
where s.day >= :month_ago and s.day <= :today and s.state = 'won' and s.price_micros = 0
  and (cast(:team as bigint) is null or c.team_id = :team);

-- name: diagnose_products
select case when count(*) = 0 then 'ok' else 'warn' end as state, count(*) as sales, min(s.pipeline_id) as pipeline
from sale s
left join credit c on c.subject_kind = 'sale' and c.subject_id = s.id and c.model = 'rule'
where s.day >= :month_ago and s.day <= :today and s.state = 'won' and s.product_id is null
  and (cast(:team as bigint) is null or c.team_id = :team);

-- name: diagnose_meta_against_crm
-- What the platform counts as purchases beside what the CRM won.
select case when n.bought = 0 and n.sold = 0 then 'skipped'
            when n.bought > 2 * n.sold or n.sold > 2 * n.bought then 'warn' else 'ok' end as state,
       n.bought as meta_purchases, n.sold as crm_sales
from (
    select cast(coalesce(sum(meta_purchases), 0) as bigint) as bought, cast(coalesce(sum(sales), 0) as bigint) as sold
    from rollup_team_day
    where day >= :month_ago and day <= :today
      and (cast(:team as bigint) is null or team_id = :team)
) n;

-- name: diagnose_rollups_agree
-- The two stored sums of the same facts.
select case when d.spend = t.spend and d.revenue = t.revenue and d.n = t.n then 'ok' else 'fail' end as state,
       d.n as facts, t.n as facts_by_team
from (
    select cast(coalesce(sum(spend_kzt), 0) as bigint) as spend, cast(coalesce(sum(revenue_kzt), 0) as bigint) as revenue,
           cast(coalesce(sum(n_sources), 0) as bigint) as n
    from rollup_day
    where day >= :month_ago and day <= :today
) d,
(
    select cast(coalesce(sum(spend_kzt), 0) as bigint) as spend, cast(coalesce(sum(revenue_kzt), 0) as bigint) as revenue,
           cast(coalesce(sum(n_sources), 0) as bigint) as n
    from rollup_team_day
    where day >= :month_ago and day <= :today
) t;
