-- name: journey_list
-- Newest first; the page goes on below (:cursor_day, :cursor_id). The state is that of the newest
-- deal: its own, or one that repeats it.
select l.id, l.source_kind, l.external_id, l.name, l.phone_tail, l.created_at, l.day, l.utm_source,
       l.utm_medium, l.utm_campaign, l.utm_content, l.utm_term, c.team_id, t.name as team_name, c.reason,
       c.via_lead_id, g.name as campaign_name, a.name as ad_name, l.person_id, l.duplicate_of,
       w.name as site,
       coalesce((select s.state from sale s where s.lead_id = l.id order by s.created_at desc, s.id desc limit 1),
                (select s.state from lead d join sale s on s.lead_id = d.id
                 where d.person_id = l.person_id and d.duplicate_of = l.id
                 order by s.created_at desc, s.id desc limit 1)) as sale_state
from lead l
left join credit c on c.subject_kind = 'lead' and c.subject_id = l.id and c.model = 'rule'
left join team t on t.id = c.team_id
left join campaign g on g.id = c.campaign_id
left join ad a on a.id = c.ad_id
left join landing_site w on w.id = l.site_id
where l.day >= :from_day and l.day <= :to_day
  and (:scope_all = 1 or c.team_id = :scope_team)
  and (cast(:team as bigint) is null or c.team_id = :team)
  and (cast(:kind as text) is null or l.source_kind = :kind)
  and (cast(:cursor_day as text) is null or l.day < :cursor_day or (l.day = :cursor_day and l.id < :cursor_id))
order by l.day desc, l.id desc
limit :limit;

-- name: journey_one
select l.id, l.source_kind, l.external_id, l.name, l.phone_tail, l.created_at, l.day, l.utm_source,
       l.utm_medium, l.utm_campaign, l.utm_content, l.utm_term, c.team_id, t.name as team_name, c.reason,
       c.via_lead_id, g.name as campaign_name, a.name as ad_name, l.person_id, l.duplicate_of,
       w.name as site,
       coalesce((select s.state from sale s where s.lead_id = l.id order by s.created_at desc, s.id desc limit 1),
                (select s.state from lead d join sale s on s.lead_id = d.id
                 where d.person_id = l.person_id and d.duplicate_of = l.id
                 order by s.created_at desc, s.id desc limit 1)) as sale_state
from lead l
left join credit c on c.subject_kind = 'lead' and c.subject_id = l.id and c.model = 'rule'
left join team t on t.id = c.team_id
left join campaign g on g.id = c.campaign_id
left join ad a on a.id = c.ad_id
left join landing_site w on w.id = l.site_id
where l.id = :id and (:scope_all = 1 or c.team_id = :scope_team);

-- name: journey_touches
select position, at, utm_source, utm_medium, utm_campaign, utm_content, utm_term, click_kind, click_id,
       referrer, landing
from touch
where lead_id = :id
order by at, position;

-- name: journey_stages
-- Its own, and those of the leads that repeat it.
select e.id, e.stage, e.at, e.source
from stage_event e
where e.lead_id in (
    select cast(:id as bigint)
    union
    select d.id
    from lead l
    join lead d on d.person_id = l.person_id and d.duplicate_of = l.id
    where l.id = :id
)
order by e.at, e.stage, e.id
limit 1000;

-- name: journey_same_person
select o.id
from lead l
join lead o on o.person_id = l.person_id and o.id <> l.id
left join credit c on c.subject_kind = 'lead' and c.subject_id = o.id and c.model = 'rule'
where l.id = :id and (:scope_all = 1 or c.team_id = :scope_team)
order by o.id
limit 1000;

-- name: journey_raw
select e.source, e.received_at, e.content_type, e.signature, e.body, l.external_id
from lead l
join inbox_event e on e.id = l.inbox_id
where l.id = :id;

-- name: journey_person
select coalesce(person_id, 0) as person_id
from lead
where id = :id;

-- name: journey_merge
select id, kind, at, undone_at
from person_merge
where id = :id;
