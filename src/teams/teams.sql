-- name: teams_list
select t.id, t.name, t.colour, t.emoji, t.lead_user_id, u.full_name as lead_name, t.created_at,
       t.archived_at,
       (select count(*) from app_user m where m.team_id = t.id and m.disabled_at is null) as members,
       (select count(distinct b.account_id)
        from ad_account_binding b
        where b.team_id = t.id and b.valid_to is null) as accounts
from team t
left join app_user u on u.id = t.lead_user_id
where (:scope_all = 1 or t.id = :scope_team)
  and (:archived = 1 or t.archived_at is null)
order by t.archived_at nulls first, t.name_folded;

-- name: teams_one
select t.id, t.name, t.colour, t.emoji, t.lead_user_id, u.full_name as lead_name, t.created_at,
       t.archived_at,
       (select count(*) from app_user m where m.team_id = t.id and m.disabled_at is null) as members,
       (select count(distinct b.account_id)
        from ad_account_binding b
        where b.team_id = t.id and b.valid_to is null) as accounts
from team t
left join app_user u on u.id = t.lead_user_id
where t.id = :id and (:scope_all = 1 or t.id = :scope_team);

-- name: teams_tags
-- Every tag that the newest rules give to a team.
select r.team_id, r.value
from utm_rule r
where r.rule_set_id = (select max(id) from rule_set)
  and r.kind in ('exact', 'alias', 'prefix', 'suffix')
order by r.team_id, r.position;

-- name: teams_find
select id
from team
where name_folded = :name_folded;

-- name: teams_person
select count(*) as n
from app_user
where id = :id;

-- name: teams_insert
insert into team (name, name_folded, lead_user_id, colour, emoji, created_at)
values (:name, :name_folded, :lead_user_id, :colour, :emoji, :created_at)
returning id;

-- name: teams_update
update team
set name = coalesce(:name, name),
    name_folded = coalesce(:name_folded, name_folded),
    colour = coalesce(:colour, colour),
    emoji = coalesce(:emoji, emoji),
    lead_user_id = case when :lead_given = 1 then :lead_user_id else lead_user_id end
where id = :id;

-- name: teams_archive
update team
set archived_at = :archived_at
where id = :id;
