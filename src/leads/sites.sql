-- name: sites_find
select id, origin, per_minute
from landing_site
where id = :id and archived_at is null;

-- name: sites_list
select s.id, s.name, s.origin, s.team_id, s.per_minute, s.created_at, s.archived_at,
       (select k.hint from webhook_key k
        where k.source = 'landing:' || cast(s.id as text) and k.retired_at is null
        order by k.id desc limit 1) as key_hint,
       (select count(*) from lead l where l.site_id = s.id and l.created_at >= :since) as leads_30d,
       (select max(l.created_at) from lead l where l.site_id = s.id) as last_lead_at
from landing_site s
where (:scope_all = 1 or s.team_id = :scope_team)
  and (cast(:id as bigint) is null or s.id = :id)
order by s.archived_at is not null, s.name, s.id;

-- name: sites_insert
insert into landing_site (name, origin, team_id, per_minute, created_at)
values (:name, :origin, :team_id, :per_minute, :at)
returning id;

-- name: sites_team_is_there
select count(*) as n
from team
where id = :id and archived_at is null;

-- name: sites_with_origin
select count(*) as n
from landing_site
where origin = :origin and id <> :own_id;

-- name: sites_update
update landing_site
set name = coalesce(cast(:name as text), name),
    origin = coalesce(cast(:origin as text), origin),
    team_id = case when :has_team = 1 then cast(:team_id as bigint) else team_id end,
    per_minute = coalesce(cast(:per_minute as bigint), per_minute)
where id = :id;

-- name: sites_archive
update landing_site
set archived_at = coalesce(archived_at, :at)
where id = :id;
