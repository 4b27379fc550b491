-- name: secret_insert
insert into secret (kind, sealed, hint, created_at, updated_at)
values (:kind, :sealed, :hint, :now, :now)
returning id;

-- name: secret_update
update secret
set sealed = :sealed, hint = :hint, updated_at = :now
where id = :id;

-- name: secret_sealed
select sealed
from secret
where id = :id;

-- name: secret_delete
delete from secret
where id = :id;

-- name: secrets_need_key
-- Is there anything in the database that only the present key can read or check?
select case when exists (select 1 from secret) or exists (select 1 from audit_log) then 1 else 0 end as needed;
