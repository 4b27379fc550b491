-- name: costs_account
select id, currency, connection_id
from ad_account
where platform = :platform and external_id = :external_id;

-- name: costs_account_insert
insert into ad_account (platform, external_id, name, currency, tz, status, role, sync_state,
                        first_seen_at)
values (:platform, :external_id, :external_id, :currency, :tz, 1, 'file', 'ok', :at)
returning id;

-- name: costs_synced
update ad_account
set synced_at = :at
where id = :id;

-- name: costs_team
select id
from team
where lower(name) = lower(:name) and archived_at is null;

-- name: costs_owner
-- Whose account it is on the day, and the first period there is.
select (select b.team_id
        from ad_account_binding b
        where b.account_id = :account_id and b.valid_from <= :day
          and (b.valid_to is null or b.valid_to >= :day)) as team_id,
       (select min(f.valid_from) from ad_account_binding f where f.account_id = :account_id) as first_from,
       (select f.team_id
        from ad_account_binding f
        where f.account_id = :account_id
        order by f.valid_from
        limit 1) as first_team;

-- name: costs_binding_earlier
-- The account's first period begins sooner.
update ad_account_binding
set valid_from = :day
where account_id = :account_id and valid_from = :first_from;

-- name: costs_count
select count(*) as n
from ad_fact;

-- name: costs_run_start
insert into import_run (kind, file_name, started_at, started_by, n_taken, n_merged, n_refused, n_before)
values ('costs', :file_name, :at, :started_by, 0, 0, 0, :n_before)
returning id;

-- name: costs_run_row
insert into import_row (run_id, line, outcome, detail)
values (:run_id, :line, :outcome, :detail)
on conflict (run_id, line) do nothing;

-- name: costs_run_end
update import_run
set finished_at = :at,
    n_taken = :n_taken,
    n_merged = :n_merged,
    n_refused = :n_refused,
    n_after = :n_after
where id = :id;
