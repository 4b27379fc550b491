-- name: job_claim
-- Lost when the slot is taken, or while a run of the job that may still be alive is not finished.
insert into job_run (job, slot_at, started_at)
select cast(:job as text), cast(:slot_at as bigint), cast(:started_at as bigint)
where not exists (
    select 1
    from job_run r
    where r.job = :job
      and r.finished_at is null
      and r.started_at > :alive_after
)
on conflict (job, slot_at) do nothing
returning id;

-- name: job_finish
update job_run
set finished_at = :finished_at, outcome = :outcome, seen = :seen, written = :written, failed = :failed,
    error = :error, log = :log
where id = :id;

-- name: job_mark_lost
update job_run
set finished_at = :now, outcome = 'lost', error = 'the program ended during the run'
where finished_at is null;

-- name: job_last_slot
select max(slot_at) as slot_at
from job_run
where job = :job;

-- name: job_prune
-- Keeps the newest runs of a job.
delete from job_run
where job = :job
  and started_at < (
      select n.started_at
      from job_run n
      where n.job = :job
      order by n.started_at desc
      limit 1 offset :keep
  );

-- name: job_last_run
select slot_at, started_at, finished_at, outcome, seen, written, failed, error
from job_run
where job = :job
order by started_at desc, id desc
limit 1;

-- name: job_runs
-- Newest first; the page goes on below (:cursor_at, :cursor_id).
select id, slot_at, started_at, finished_at, outcome, seen, written, failed, error, log
from job_run
where job = :job
  and (cast(:cursor_at as bigint) is null or started_at < :cursor_at
       or (started_at = :cursor_at and id < :cursor_id))
order by started_at desc, id desc
limit :limit;

-- name: job_setting_read
select cron, paused_at, changed_at
from job_setting
where job = :job;

-- name: job_setting_put
insert into job_setting (job, cron, paused_at, changed_by, changed_at)
values (:job, :cron, :paused_at, :changed_by, :changed_at)
on conflict (job) do update
set cron = excluded.cron,
    paused_at = excluded.paused_at,
    changed_by = excluded.changed_by,
    changed_at = excluded.changed_at;
