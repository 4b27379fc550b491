-- name: leads_find
select id, day
from lead
where source_kind = :source_kind and external_id = :external_id;

-- name: leads_put
insert into lead (source_kind, external_id, created_at, day, learned_at, utm_source, utm_medium,
                  utm_campaign, utm_content, utm_term)
values (:source_kind, :external_id, :created_at, :day, :learned_at, :utm_source, :utm_medium,
        :utm_campaign, :utm_content, :utm_term)
on conflict (source_kind, external_id) do update
set created_at = excluded.created_at,
    day = excluded.day,
    learned_at = excluded.learned_at,
    utm_source = excluded.utm_source,
    utm_medium = excluded.utm_medium,
    utm_campaign = excluded.utm_campaign,
    utm_content = excluded.utm_content,
    utm_term = excluded.utm_term
returning id;
