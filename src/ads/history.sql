-- name: history_state
select sync_state, history_from, history_done_at
from ad_account
where id = :id;

-- name: history_set
update ad_account
set history_from = :history_from,
    history_done_at = :done_at
where id = :id;

-- name: history_days
-- What is known of the days of a range, and what is being done about them.
select s.day, s.state, s.synced_at
from ad_sync_slice s
where s.account_id = :account_id and s.day >= :from_day and s.day <= :to_day
order by s.day;

-- name: history_has_facts
select count(*) as n
from (select 1 as one
      from ad_fact
      where account_id = :account_id and day >= :from_day and day <= :to_day
      limit 1) as x;

-- name: report_rows
select id, from_day, run_id, state, percent, tries, created_at, updated_at
from ad_report_run
where account_id = :account_id and kind = 'day' and updated_at > :since
order by id;

-- name: report_insert
insert into ad_report_run (account_id, kind, from_day, to_day, run_id, state, percent, tries,
                           created_at, updated_at)
values (:account_id, 'day', :day, :day, :run_id, 'running', 0, :tries, :at, :at)
returning id;

-- name: report_again
-- Another run in place of one that came to nothing.
update ad_report_run
set run_id = :run_id,
    state = 'running',
    percent = 0,
    tries = :tries,
    error = null,
    updated_at = :at
where id = :id;

-- name: report_percent
update ad_report_run
set percent = :percent
where id = :id and percent <> :percent;

-- name: report_end
update ad_report_run
set state = :state,
    error = :error,
    updated_at = :at
where id = :id;

-- name: report_sweep
delete from ad_report_run
where account_id = :account_id and updated_at < :before;
