-- name: leads_find
-- The day it is on, and the day of the lead that it repeats.
select l.day, d.day as counted_day
from lead l
left join lead d on d.id = l.duplicate_of
where l.source_kind = :source_kind and l.external_id = :external_id;

-- name: leads_days
select l.day, d.day as counted_day
from lead l
left join lead d on d.id = l.duplicate_of
where l.id = :id;

-- name: leads_put
insert into lead (source_kind, external_id, created_at, day, learned_at, utm_source, utm_medium,
                  utm_campaign, utm_content, utm_term, inbox_id, site_id, ad_external_id,
                  campaign_external_id, form_id, name, phone_tail)
values (:source_kind, :external_id, :created_at, :day, :learned_at, :utm_source, :utm_medium,
        :utm_campaign, :utm_content, :utm_term, :inbox_id, :site_id, :ad_external_id,
        :campaign_external_id, :form_id, :name, :phone_tail)
on conflict (source_kind, external_id) do update
set created_at = excluded.created_at,
    day = excluded.day,
    learned_at = excluded.learned_at,
    utm_source = excluded.utm_source,
    utm_medium = excluded.utm_medium,
    utm_campaign = excluded.utm_campaign,
    utm_content = excluded.utm_content,
    utm_term = excluded.utm_term,
    inbox_id = coalesce(excluded.inbox_id, lead.inbox_id),
    site_id = case when :is_whole = 1 then excluded.site_id else coalesce(excluded.site_id, lead.site_id) end,
    ad_external_id = case when :is_whole = 1 then excluded.ad_external_id else coalesce(excluded.ad_external_id, lead.ad_external_id) end,
    campaign_external_id = case when :is_whole = 1 then excluded.campaign_external_id else coalesce(excluded.campaign_external_id, lead.campaign_external_id) end,
    form_id = case when :is_whole = 1 then excluded.form_id else coalesce(excluded.form_id, lead.form_id) end,
    name = case when :is_whole = 1 then excluded.name else coalesce(excluded.name, lead.name) end,
    phone_tail = case when :is_whole = 1 then excluded.phone_tail else coalesce(excluded.phone_tail, lead.phone_tail) end
returning id;

-- name: leads_fill
update lead
set ad_external_id = coalesce(ad_external_id, :ad_external_id),
    form_id = coalesce(form_id, :form_id)
where id = :id;

-- name: leads_known_since
-- What is stored, when that was heard, and by which event.
select id, created_at, learned_at, coalesce(inbox_id, 0) as inbox_id, utm_source, utm_medium, utm_campaign,
       utm_content, utm_term
from lead
where source_kind = :source_kind and external_id = :external_id;

-- name: leads_other_events
-- What else was told about the lead, newest first.
select id, content_type, body, received_at
from inbox_event
where subject = :subject and source = 'lead' and id <> :id
order by received_at desc, id desc
limit :limit;

-- name: leads_own_id
select source_kind, external_id
from lead
where id = :id;

-- name: leads_touch_put
insert into touch (lead_id, position, at, utm_source, utm_medium, utm_campaign, utm_content, utm_term,
                   click_kind, click_id, referrer, landing)
values (:lead_id, :position, :at, :utm_source, :utm_medium, :utm_campaign, :utm_content, :utm_term,
        :click_kind, :click_id, :referrer, :landing)
on conflict (lead_id, position) do update
set at = excluded.at,
    utm_source = excluded.utm_source,
    utm_medium = excluded.utm_medium,
    utm_campaign = excluded.utm_campaign,
    utm_content = excluded.utm_content,
    utm_term = excluded.utm_term,
    click_kind = excluded.click_kind,
    click_id = excluded.click_id,
    referrer = excluded.referrer,
    landing = excluded.landing;

-- name: leads_crm_stages_forget
delete from stage_event
where lead_id = :lead_id and source = 'crm';

-- name: leads_crm_stage_put
insert into stage_event (lead_id, person_id, stage, at, day, learned_at, source, event_key, inbox_id)
select l.id, l.person_id, :stage, :at, :day, :learned_at, 'crm',
       l.source_kind || '/' || l.external_id || '/' || :tail, :inbox_id
from lead l
where l.id = :lead_id
on conflict (source, event_key) do nothing;

-- name: leads_stage_put
-- The same event is one row; without a time of its own it happened when it was first heard of.
insert into stage_event (stage, at, day, learned_at, source, event_key, inbox_id)
values (:stage, :at, :day, :learned_at, 'webhook', :event_key, :inbox_id)
on conflict (source, event_key) do update
set stage = case when excluded.learned_at < stage_event.learned_at then excluded.stage
                 else stage_event.stage end,
    at = case when excluded.learned_at < stage_event.learned_at then excluded.at else stage_event.at end,
    day = case when excluded.learned_at < stage_event.learned_at then excluded.day else stage_event.day end,
    inbox_id = case when excluded.learned_at < stage_event.learned_at then excluded.inbox_id
                    else stage_event.inbox_id end,
    learned_at = case when excluded.learned_at < stage_event.learned_at then excluded.learned_at
                      else stage_event.learned_at end
returning id;

-- name: leads_of_stage
-- The lead that a stage was found to be about.
select coalesce(lead_id, 0) as lead_id
from stage_event
where id = :id;
