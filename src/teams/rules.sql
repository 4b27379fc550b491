-- name: rules_newest_id
select max(id) as id
from rule_set;

-- name: rules_head
select s.id, s.created_at, s.note
from rule_set s
where s.id = (select max(id) from rule_set);

-- name: rules_list
select r.id, r.position, r.kind, r.value, r.team_id, t.name as team_name, r.user_id, r.valid_from,
       r.valid_to
from utm_rule r
join team t on t.id = r.team_id
where r.rule_set_id = :rule_set_id and (:scope_all = 1 or r.team_id = :scope_team)
order by r.position;

-- name: rules_set_insert
insert into rule_set (created_at, created_by, note)
values (:created_at, :created_by, :note)
returning id;

-- name: rules_insert
-- No row when the team or the user is not there.
insert into utm_rule (rule_set_id, position, kind, value, team_id, user_id, valid_from, valid_to)
select cast(:rule_set_id as bigint), cast(:position as bigint), cast(:kind as text), cast(:value as text), t.id,
       cast(:user_id as bigint), cast(:valid_from as text), cast(:valid_to as text)
from team t
where t.id = :team_id
  and (cast(:user_id as bigint) is null or exists (select 1 from app_user u where u.id = :user_id));
