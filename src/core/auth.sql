-- name: auth_session_find
-- Everything one request needs to know about who is asking, by primary keys only.
select s.user_id, s.last_used_at, s.expires_at, s.ended_at,
       u.email, u.full_name, u.role, u.team_id, u.locale, u.disabled_at,
       v.version as data_version
from session s
join app_user u on u.id = s.user_id
join data_version v on v.id = 1
where s.id = :id;

-- name: auth_session_touch
update session
set last_used_at = :now
where id = :id
  and last_used_at < :now;

-- name: auth_session_insert
insert into session (id, user_id, created_at, last_used_at, expires_at, remote_ip, user_agent)
values (:id, :user_id, :now, :now, :expires_at, :remote_ip, :user_agent);

-- name: auth_session_end
update session
set ended_at = :now, end_reason = :reason
where id = :id
  and ended_at is null;

-- name: auth_session_end_own
update session
set ended_at = :now, end_reason = :reason
where id = :id
  and user_id = :user_id
  and ended_at is null;

-- name: auth_sessions_end
-- All of a user's sessions but one; :except is '' to end them all.
update session
set ended_at = :now, end_reason = :reason
where user_id = :user_id
  and id <> :except
  and ended_at is null;

-- name: auth_sessions_list
select id, created_at, last_used_at, remote_ip, user_agent
from session
where user_id = :user_id
  and ended_at is null
  and expires_at > :now
  and last_used_at > :idle_before
order by last_used_at desc, id
limit 200;

-- name: auth_refresh_insert
insert into refresh_token (hash, session_id, created_at)
values (:hash, :session_id, :now);

-- name: auth_refresh_find
select r.session_id, r.used_at, r.successor,
       s.user_id, s.last_used_at, s.expires_at, s.ended_at,
       u.email, u.disabled_at
from refresh_token r
join session s on s.id = r.session_id
join app_user u on u.id = s.user_id
where r.hash = :hash;

-- name: auth_refresh_use
update refresh_token
set used_at = :now, successor = :successor
where hash = :hash
  and used_at is null;

-- name: auth_login_find
select id, email, full_name, password_hash, disabled_at
from app_user
where email = :email;

-- name: auth_password_of
select password_hash
from app_user
where id = :id;

-- name: auth_password_set
update app_user
set password_hash = :password_hash, password_changed_at = :now
where id = :id;

-- name: auth_password_rehash
update app_user
set password_hash = :password_hash
where id = :id
  and password_hash = :old_hash;

-- name: auth_user_card
select u.id, u.email, u.full_name, u.role, u.team_id, t.name as team_name, u.locale,
       u.created_at, u.disabled_at,
       case when u.password_hash is null then 0 else 1 end as has_password,
       (select max(e.at) from login_event e where e.user_id = u.id and e.result = 'ok') as last_login_at
from app_user u
left join team t on t.id = u.team_id
where u.id = :id;

-- name: auth_profile_set
update app_user
set full_name = :full_name, locale = :locale
where id = :id;

-- name: auth_login_event
insert into login_event (at, user_id, email, result, remote_ip, user_agent)
values (:at, :user_id, :email, :result, :remote_ip, :user_agent);

-- name: auth_admin_exists
select case when exists (select 1 from app_user where role = 'admin') then 1 else 0 end as found;

-- name: auth_admin_insert
insert into app_user (email, full_name, role, password_hash, created_at, password_changed_at)
values (:email, :full_name, 'admin', :password_hash, :now, :now)
returning id;

-- name: auth_code_insert
insert into one_time_code (hash, purpose, user_id, created_at, expires_at)
values (:hash, :purpose, :user_id, :now, :expires_at);

-- name: auth_code_drop
-- Earlier links of the same purpose and person stop working when a new one is made.
delete from one_time_code
where purpose = :purpose
  and used_at is null
  and coalesce(user_id, 0) = :user_id;

-- name: auth_code_find
select c.purpose, c.user_id, u.email, u.full_name
from one_time_code c
left join app_user u on u.id = c.user_id
where c.hash = :hash
  and c.used_at is null
  and c.expires_at > :now
  and u.disabled_at is null;

-- name: auth_code_use
update one_time_code
set used_at = :now
where hash = :hash
  and used_at is null
  and expires_at > :now;

-- name: auth_sweep_successors
update refresh_token
set successor = null
where successor is not null
  and used_at < :before;

-- name: auth_sweep_refresh
delete from refresh_token
where session_id in (select id from session where ended_at < :before or expires_at < :before);

-- name: auth_sweep_sessions
delete from session
where ended_at < :before
   or expires_at < :before;

-- name: auth_sweep_codes
delete from one_time_code
where expires_at < :before;

-- name: auth_sweep_logins
delete from login_event
where at < :before;
