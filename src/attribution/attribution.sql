-- name: attribution_find_ad
-- The ad that the platform's macro wrote into the tag, and whose account it was on the day.
select a.id as ad_id, a.external_id as ad_ext, a.ad_set_id, a.campaign_id, c.external_id as campaign_ext,
       b.team_id, b.user_id
from ad a
join campaign c on c.id = a.campaign_id
left join ad_account_binding b
    on b.account_id = a.account_id and b.valid_from <= :day and (b.valid_to is null or b.valid_to >= :day)
where a.external_id = :content
order by a.id
limit 1;

-- name: attribution_find_campaign
-- The campaign by its id, or by its name when no other has the same. At most two rows are read.
select c.id as campaign_id, c.external_id as campaign_ext, b.team_id, b.user_id
from campaign c
left join ad_account_binding b
    on b.account_id = c.account_id and b.valid_from <= :day and (b.valid_to is null or b.valid_to >= :day)
where c.external_id = :campaign or c.name = :campaign
order by case when c.external_id = :campaign then 0 else 1 end, c.id
limit 2;

-- name: attribution_sale
select s.id, 'sale' as kind, s.day, s.utm_source, s.utm_medium, s.utm_campaign, s.utm_content, s.utm_term,
       c.team_id, c.user_id, c.campaign_id, c.ad_id, c.rule_set_id, c.rule_id,
       c.reason, s.state
from sale s
left join credit c on c.subject_kind = 'sale' and c.subject_id = s.id and c.model = 'rule'
where s.id = :id;

-- name: attribution_lead
select l.id, 'lead' as kind, l.day, l.utm_source, l.utm_medium, l.utm_campaign, l.utm_content, l.utm_term,
       c.team_id, c.user_id, c.campaign_id, c.ad_id, c.rule_set_id, c.rule_id,
       c.reason, '' as state
from lead l
left join credit c on c.subject_kind = 'lead' and c.subject_id = l.id and c.model = 'rule'
where l.id = :id;

-- name: attribution_sales_after
-- A batch of sales to decide again. Stale: older rules decided; its tags may point at an ad that was
-- not known then; or no rule decided and the ad account is another's on that day by now.
select s.id, 'sale' as kind, s.day, s.utm_source, s.utm_medium, s.utm_campaign, s.utm_content, s.utm_term,
       c.team_id, c.user_id, c.campaign_id, c.ad_id, c.rule_set_id, c.rule_id,
       c.reason, s.state
from sale s
left join credit c on c.subject_kind = 'sale' and c.subject_id = s.id and c.model = 'rule'
where s.id > :after
  and (cast(:from_day as text) is null or s.day >= :from_day)
  and (cast(:to_day as text) is null or s.day <= :to_day)
  and (:only_stale = 0
       or c.id is null
       or c.rule_set_id <> :rule_set_id
       or (s.day >= :recent_day and c.campaign_id is null
           and (s.utm_content is not null or s.utm_campaign is not null))
       or (c.campaign_id is not null and c.rule_id is null
           and not exists (
               select 1
               from campaign g
               left join ad_account_binding b
                   on b.account_id = g.account_id and b.valid_from <= s.day
                      and (b.valid_to is null or b.valid_to >= s.day)
               where g.id = c.campaign_id and coalesce(b.team_id, 0) = coalesce(c.team_id, 0)
                 and coalesce(b.user_id, 0) = coalesce(c.user_id, 0)
           )))
order by s.id
limit :limit;

-- name: attribution_leads_after
select l.id, 'lead' as kind, l.day, l.utm_source, l.utm_medium, l.utm_campaign, l.utm_content, l.utm_term,
       c.team_id, c.user_id, c.campaign_id, c.ad_id, c.rule_set_id, c.rule_id,
       c.reason, '' as state
from lead l
left join credit c on c.subject_kind = 'lead' and c.subject_id = l.id and c.model = 'rule'
where l.id > :after
  and (cast(:from_day as text) is null or l.day >= :from_day)
  and (cast(:to_day as text) is null or l.day <= :to_day)
  and (:only_stale = 0
       or c.id is null
       or c.rule_set_id <> :rule_set_id
       or (l.day >= :recent_day and c.campaign_id is null
           and (l.utm_content is not null or l.utm_campaign is not null))
       or (c.campaign_id is not null and c.rule_id is null
           and not exists (
               select 1
               from campaign g
               left join ad_account_binding b
                   on b.account_id = g.account_id and b.valid_from <= l.day
                      and (b.valid_to is null or b.valid_to >= l.day)
               where g.id = c.campaign_id and coalesce(b.team_id, 0) = coalesce(c.team_id, 0)
                 and coalesce(b.user_id, 0) = coalesce(c.user_id, 0)
           )))
order by l.id
limit :limit;

-- name: attribution_credit_put
insert into credit (subject_kind, subject_id, model, numerator, denominator, team_id, user_id,
                    rule_set_id, rule_id, reason, campaign_id, ad_set_id, ad_id, decided_at)
values (:subject_kind, :subject_id, 'rule', 1, 1, :team_id, :user_id, :rule_set_id, :rule_id, :reason,
        :campaign_id, :ad_set_id, :ad_id, :at)
on conflict (subject_kind, subject_id, model) do update
set team_id = excluded.team_id,
    user_id = excluded.user_id,
    rule_set_id = excluded.rule_set_id,
    rule_id = excluded.rule_id,
    reason = excluded.reason,
    campaign_id = excluded.campaign_id,
    ad_set_id = excluded.ad_set_id,
    ad_id = excluded.ad_id,
    decided_at = excluded.decided_at;

-- name: attribution_mark_payment_days
insert into rollup_dirty (day)
select distinct day
from payment
where sale_id = :sale_id
on conflict (day) do nothing;
