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

-- name: attribution_find_tags
-- The newest lead of the person before this one that has any tags. One that came within a day after
-- a deal was made was on its way when the deal was typed in.
select v.id, v.utm_source, v.utm_medium, v.utm_campaign, v.utm_content, v.utm_term, v.ad_external_id,
       v.campaign_external_id
from lead v
where v.person_id = :person_id and v.id <> :lead_id and v.created_at <= :latest_at
  and coalesce(v.utm_source, v.utm_medium, v.utm_campaign, v.utm_content, v.utm_term, v.ad_external_id,
               v.campaign_external_id) is not null
order by case when v.created_at <= :created_at then 0 else 1 end, abs(v.created_at - :created_at),
         v.source_kind, v.external_id
limit 1;

-- name: attribution_sales_of_person
-- The sales of a lead, and those of its person's other leads.
select s.id, 'sale' as kind, s.day, s.utm_source, s.utm_medium, s.utm_campaign, s.utm_content, s.utm_term,
       l.ad_external_id, l.campaign_external_id, s.responsible_id, l.id as lead_id, l.person_id,
       s.created_at, s.created_at + 86400000 as latest_at,
       c.team_id, c.user_id, c.campaign_id, c.ad_id, c.rule_set_id, c.rule_id, c.reason, c.via_lead_id,
       s.state
from sale s
left join lead l on l.id = s.lead_id
left join credit c on c.subject_kind = 'sale' and c.subject_id = s.id and c.model = 'rule'
where s.lead_id in (
    select cast(:lead_id as bigint)
    union
    select p.id
    from lead o
    join lead p on p.person_id = o.person_id
    where o.id = :lead_id
)
order by s.created_at desc, s.id
limit :limit;

-- name: attribution_leads_of_person
select l.id, 'lead' as kind, l.day, l.utm_source, l.utm_medium, l.utm_campaign, l.utm_content, l.utm_term,
       l.ad_external_id, l.campaign_external_id,
       (select s.responsible_id from sale s where s.lead_id = l.id order by s.id limit 1) as responsible_id,
       l.id as lead_id, l.person_id, l.created_at,
       l.created_at + case when l.source_kind = 'crm' then 86400000 else 0 end as latest_at,
       c.team_id, c.user_id, c.campaign_id, c.ad_id, c.rule_set_id, c.rule_id, c.reason, c.via_lead_id,
       '' as state
from lead l
left join credit c on c.subject_kind = 'lead' and c.subject_id = l.id and c.model = 'rule'
where l.id in (
    select cast(:lead_id as bigint)
    union
    select p.id
    from lead o
    join lead p on p.person_id = o.person_id
    where o.id = :lead_id
)
order by l.created_at desc, l.id
limit :limit;

-- name: attribution_sales_after
-- A batch of sales to decide again. Stale: older rules decided; its tags may point at an ad that was
-- not known then; another lead of its person lends it tags by now; or no rule decided and the ad
-- account is another's on that day by now.
select s.id, 'sale' as kind, s.day, s.utm_source, s.utm_medium, s.utm_campaign, s.utm_content, s.utm_term,
       l.ad_external_id, l.campaign_external_id, s.responsible_id, l.id as lead_id, l.person_id,
       s.created_at, s.created_at + 86400000 as latest_at,
       c.team_id, c.user_id, c.campaign_id, c.ad_id, c.rule_set_id, c.rule_id, c.reason, c.via_lead_id,
       s.state
from sale s
left join lead l on l.id = s.lead_id
left join credit c on c.subject_kind = 'sale' and c.subject_id = s.id and c.model = 'rule'
where s.id > :after
  and (cast(:from_day as text) is null or s.day >= :from_day)
  and (cast(:to_day as text) is null or s.day <= :to_day)
  and (:only_stale = 0
       or c.id is null
       or c.rule_set_id <> :rule_set_id
       or (s.day >= :recent_day and c.campaign_id is null
           and (s.utm_content is not null or s.utm_campaign is not null or c.via_lead_id is not null))
       or coalesce(c.via_lead_id, 0) <> case
           when coalesce(s.utm_source, s.utm_medium, s.utm_campaign, s.utm_content, s.utm_term,
                         l.ad_external_id, l.campaign_external_id) is not null then 0
           else coalesce((
               select v.id
               from lead v
               where v.person_id = l.person_id and v.id <> l.id and v.created_at <= s.created_at
                 and coalesce(v.utm_source, v.utm_medium, v.utm_campaign, v.utm_content, v.utm_term,
                              v.ad_external_id, v.campaign_external_id) is not null
               order by v.created_at desc, v.source_kind, v.external_id
               limit 1
           ), (
               select v.id
               from lead v
               where v.person_id = l.person_id and v.id <> l.id and v.created_at > s.created_at
                 and v.created_at <= s.created_at + 86400000
                 and coalesce(v.utm_source, v.utm_medium, v.utm_campaign, v.utm_content, v.utm_term,
                              v.ad_external_id, v.campaign_external_id) is not null
               order by v.created_at, v.source_kind, v.external_id
               limit 1
           ), 0)
       end
       or (c.campaign_id is not null and c.rule_id is null
           and not exists (
               select 1
               from campaign g
               left join ad_account_binding b
                   on b.account_id = g.account_id and b.valid_from <= s.day
                      and (b.valid_to is null or b.valid_to >= s.day)
               where g.id = c.campaign_id and coalesce(b.team_id, 0) = coalesce(c.team_id, 0)
                 and coalesce(b.user_id, 0) = coalesce(c.user_id, 0)
           ))
       or (c.campaign_id is not null and c.reason = 'responsible'
           and exists (
               select 1
               from campaign g
               join ad_account_binding b
                   on b.account_id = g.account_id and b.valid_from <= s.day
                      and (b.valid_to is null or b.valid_to >= s.day)
               where g.id = c.campaign_id
           )))
order by s.id
limit :limit;

-- name: attribution_leads_after
select l.id, 'lead' as kind, l.day, l.utm_source, l.utm_medium, l.utm_campaign, l.utm_content, l.utm_term,
       l.ad_external_id, l.campaign_external_id,
       (select s.responsible_id from sale s where s.lead_id = l.id order by s.id limit 1) as responsible_id,
       l.id as lead_id, l.person_id, l.created_at,
       l.created_at + case when l.source_kind = 'crm' then 86400000 else 0 end as latest_at,
       c.team_id, c.user_id, c.campaign_id, c.ad_id, c.rule_set_id, c.rule_id, c.reason, c.via_lead_id,
       '' as state
from lead l
left join credit c on c.subject_kind = 'lead' and c.subject_id = l.id and c.model = 'rule'
where l.id > :after
  and (cast(:from_day as text) is null or l.day >= :from_day)
  and (cast(:to_day as text) is null or l.day <= :to_day)
  and (:only_stale = 0
       or c.id is null
       or c.rule_set_id <> :rule_set_id
       or (l.day >= :recent_day and c.campaign_id is null
           and (l.utm_content is not null or l.utm_campaign is not null or l.ad_external_id is not null
                or l.campaign_external_id is not null or c.via_lead_id is not null))
       or coalesce(c.via_lead_id, 0) <> case
           when coalesce(l.utm_source, l.utm_medium, l.utm_campaign, l.utm_content, l.utm_term,
                         l.ad_external_id, l.campaign_external_id) is not null then 0
           else coalesce((
               select v.id
               from lead v
               where v.person_id = l.person_id and v.id <> l.id and v.created_at <= l.created_at
                 and coalesce(v.utm_source, v.utm_medium, v.utm_campaign, v.utm_content, v.utm_term,
                              v.ad_external_id, v.campaign_external_id) is not null
               order by v.created_at desc, v.source_kind, v.external_id
               limit 1
           ), (
               select v.id
               from lead v
               where v.person_id = l.person_id and v.id <> l.id and v.created_at > l.created_at
                 and v.created_at <= l.created_at + case when l.source_kind = 'crm' then 86400000 else 0 end
                 and coalesce(v.utm_source, v.utm_medium, v.utm_campaign, v.utm_content, v.utm_term,
                              v.ad_external_id, v.campaign_external_id) is not null
               order by v.created_at, v.source_kind, v.external_id
               limit 1
           ), 0)
       end
       or (c.campaign_id is not null and c.rule_id is null
           and not exists (
               select 1
               from campaign g
               left join ad_account_binding b
                   on b.account_id = g.account_id and b.valid_from <= l.day
                      and (b.valid_to is null or b.valid_to >= l.day)
               where g.id = c.campaign_id and coalesce(b.team_id, 0) = coalesce(c.team_id, 0)
                 and coalesce(b.user_id, 0) = coalesce(c.user_id, 0)
           ))
       or (c.campaign_id is not null and c.reason = 'responsible'
           and exists (
               select 1
               from campaign g
               join ad_account_binding b
                   on b.account_id = g.account_id and b.valid_from <= l.day
                      and (b.valid_to is null or b.valid_to >= l.day)
               where g.id = c.campaign_id
           )))
order by l.id
limit :limit;

-- name: attribution_credit_put
insert into credit (subject_kind, subject_id, model, numerator, denominator, team_id, user_id,
                    rule_set_id, rule_id, reason, campaign_id, ad_set_id, ad_id, decided_at, via_lead_id)
values (:subject_kind, :subject_id, 'rule', 1, 1, :team_id, :user_id, :rule_set_id, :rule_id, :reason,
        :campaign_id, :ad_set_id, :ad_id, :at, :via_lead_id)
on conflict (subject_kind, subject_id, model) do update
set team_id = excluded.team_id,
    user_id = excluded.user_id,
    rule_set_id = excluded.rule_set_id,
    rule_id = excluded.rule_id,
    reason = excluded.reason,
    campaign_id = excluded.campaign_id,
    ad_set_id = excluded.ad_set_id,
    ad_id = excluded.ad_id,
    decided_at = excluded.decided_at,
    via_lead_id = excluded.via_lead_id;

-- name: attribution_mark_payment_days
insert into rollup_dirty (day)
select distinct day
from payment
where sale_id = :sale_id
on conflict (day) do nothing;
