-- name: oauth_put
insert into oauth_state (hash, vendor, user_id, details, created_at, expires_at)
values (:hash, 'meta', :user_id, :details, :at, :expires_at);

-- name: oauth_sweep
delete from oauth_state
where vendor = 'meta' and expires_at < :before;

-- name: oauth_take
-- Once only, in time only, and only for who may still do it.
update oauth_state
set used_at = :at
where hash = :hash and vendor = 'meta' and used_at is null and expires_at > :at
  and exists (select 1
              from app_user u
              where u.id = oauth_state.user_id and u.role = 'admin' and u.disabled_at is null)
returning user_id, details;

-- name: oauth_email
select email
from app_user
where id = :id;
