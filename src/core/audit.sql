-- name: audit_last_hash
select hash
from audit_log
order by id desc
limit 1;

-- name: audit_insert
insert into audit_log (at, user_id, actor, action, entity, entity_id, before, after, request_id, hash)
values (:at, :user_id, :actor, :action, :entity, :entity_id, :before, :after, :request_id, :hash);

-- name: audit_page
select id, at, user_id, actor, action, entity, entity_id, before, after, request_id, hash
from audit_log
where id > :after_id
order by id
limit 500;
