-- name: users_list
select u.id, u.email, u.full_name, u.role, u.team_id, t.name as team_name, u.locale, u.created_at,
       u.disabled_at, case when u.password_hash is null then 0 else 1 end as has_password,
       (select max(e.at) from login_event e where e.user_id = u.id and e.result = 'ok') as last_login_at
from app_user u
left join team t on t.id = u.team_id
order by u.disabled_at nulls first, u.full_name, u.id;

-- name: users_one
select u.id, u.email, u.full_name, u.role, u.team_id, t.name as team_name, u.locale, u.created_at,
       u.disabled_at, case when u.password_hash is null then 0 else 1 end as has_password,
       (select max(e.at) from login_event e where e.user_id = u.id and e.result = 'ok') as last_login_at
from app_user u
left join team t on t.id = u.team_id
where u.id = :id;

-- name: users_find
select id
from app_user
where email = :email;

-- name: users_insert
insert into app_user (email, full_name, role, team_id, password_hash, locale, created_at,
                      password_changed_at)
values (:email, :full_name, :role, :team_id, :password_hash, :locale, :created_at,
        :password_changed_at)
returning id;

-- name: users_update
update app_user
set full_name = coalesce(:full_name, full_name),
    role = coalesce(:role, role),
    locale = coalesce(:locale, locale),
    team_id = case when :team_given = 1 then :team_id else team_id end
where id = :id;

-- name: users_set_password
update app_user
set password_hash = :password_hash,
    password_changed_at = :at
where id = :id;

-- name: users_set_disabled
update app_user
set disabled_at = :disabled_at
where id = :id;

-- name: users_not_last_admin
-- Above 0: someone else is an admin who can sign in, or this one is not.
select count(*) as n
from app_user
where (id <> :id and role = 'admin' and disabled_at is null)
   or (id = :id and (role <> 'admin' or disabled_at is not null));

-- name: users_place
select role, team_id
from app_user
where id = :id;

-- name: users_team
select id
from team
where id = :id and archived_at is null;
