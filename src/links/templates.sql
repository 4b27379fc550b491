-- name: templates_list
-- The user's own team's and everybody's.
select p.id, p.name, p.team_id, t.name as team_name, p.source, p.medium, p.campaign, p.content,
       p.term, p.is_default, p.created_at, p.archived_at
from utm_template p
left join team t on t.id = p.team_id
where (:scope_all = 1 or p.team_id is null or p.team_id = :scope_team)
  and (cast(:id as bigint) is null or p.id = :id)
  and (:archived = 1 or p.archived_at is null)
order by p.archived_at nulls first, t.name nulls first, p.is_default desc, p.name, p.id;

-- name: templates_default
-- A team's own default goes before everybody's.
select id, source, medium, campaign, content, term
from utm_template
where is_default = 1
  and archived_at is null
  and (team_id is null or team_id = cast(:team as bigint))
order by team_id nulls last
limit 1;

-- name: templates_insert
insert into utm_template (name, team_id, source, medium, campaign, content, term, is_default,
                          created_by, created_at)
values (:name, :team_id, :source, :medium, :campaign, :content, :term, :is_default, :created_by,
        :created_at)
returning id;

-- name: templates_update
update utm_template
set name = coalesce(:name, name),
    source = coalesce(:source, source),
    medium = coalesce(:medium, medium),
    campaign = coalesce(:campaign, campaign),
    content = coalesce(:content, content),
    term = coalesce(:term, term),
    is_default = coalesce(cast(:is_default as bigint), is_default)
where id = :id;

-- name: templates_only_default
-- There is one default for each team and one for everybody.
update utm_template
set is_default = 0
where id <> :id
  and is_default = 1
  and coalesce(team_id, 0) = (select coalesce(p.team_id, 0) from utm_template p where p.id = :id);

-- name: templates_archive
update utm_template
set archived_at = :archived_at, is_default = 0
where id = :id;
