-- name: crm_sync_begin
insert into crm_sync (crm_account_id, kind, from_at, to_at, started_at, state, n_seen)
values (:crm_account_id, :kind, :from_at, :to_at, :at, 'running', 0)
returning id;

-- name: crm_sync_seen
update crm_sync
set n_seen = n_seen + :n
where id = :id;

-- name: crm_sync_restart
-- A walk that starts over counts from nothing.
update crm_sync
set n_seen = 0
where id = :id and n_seen > 0;

-- name: crm_sync_end
update crm_sync
set state = :state, error = :error, finished_at = :at
where id = :id;

-- name: crm_syncs_lost
-- What a process before this one began and nobody ended. Asked ones and bulk reads go on by
-- themselves.
update crm_sync
set state = 'failed', error = 'the program ended before it was done', finished_at = :at
where crm_account_id = :crm_account_id and kind = 'read_back' and state = 'running' and to_at > 0;

-- name: crm_syncs_sweep
delete from crm_sync
where kind = 'read_back' and finished_at < :before;

-- name: crm_read_until
update crm_connection
set read_until = :read_until
where id = :id and (read_until is null or read_until < :read_until);

-- name: crm_result_put
-- What was found stays, but for "same": a deal that comes twice in one walk was changed by one of
-- the two.
insert into crm_sync_result (sync_id, deal_id, outcome, detail, at)
values (:sync_id, :deal_id, :outcome, :detail, :at)
on conflict (sync_id, deal_id) do update
set outcome = excluded.outcome,
    detail = excluded.detail,
    at = excluded.at
where crm_sync_result.outcome = 'waiting'
   or (crm_sync_result.outcome = 'same' and excluded.outcome not in ('same', 'waiting'));

-- name: crm_result_first
-- A deal may come twice in one walk.
insert into crm_sync_result (sync_id, deal_id, outcome, detail, at)
values (:sync_id, :deal_id, :outcome, :detail, :at)
on conflict (sync_id, deal_id) do nothing;

-- name: crm_want_put
insert into crm_sync_result (sync_id, deal_id, outcome, at)
values (:sync_id, :deal_id, 'waiting', :at)
on conflict (sync_id, deal_id) do update
set outcome = excluded.outcome,
    detail = null,
    at = excluded.at;

-- name: crm_sync_exists
select id
from crm_sync
where id = :id;

-- name: crm_known_event
-- What became of a snapshot that came before.
select state, error
from inbox_event
where id = :id;

-- name: crm_bulk_todo
select s.id, s.from_at, s.to_at
from crm_sync s
join crm_connection c on c.crm_account_id = s.crm_account_id
where c.id = :connection_id and s.kind = 'bulk' and s.state = 'running' and s.id > :after
order by s.id
limit 1;

-- name: crm_wanted_sync
-- The open list of deals to be read by their ids.
select s.id
from crm_sync s
where s.crm_account_id = :crm_account_id and s.kind = 'read_back' and s.state = 'running' and s.to_at = 0
order by s.id
limit 1;

-- name: crm_is_connected
select id
from crm_connection
where crm_account_id = :crm_account_id and state <> 'off';

-- name: crm_wanted
select deal_id
from crm_sync_result
where sync_id = :sync_id and outcome = 'waiting' and detail is null
order by deal_id
limit :most;

-- name: crm_syncs
select s.id, s.kind, s.from_at, s.to_at, s.started_at, s.finished_at, s.state, s.n_seen, s.error,
       cast(coalesce(sum(case when r.outcome = 'same' then 1 else 0 end), 0) as bigint) as n_same,
       cast(coalesce(sum(case when r.outcome = 'missed' then 1 else 0 end), 0) as bigint) as n_missed,
       cast(coalesce(sum(case when r.outcome = 'changed' then 1 else 0 end), 0) as bigint) as n_changed,
       cast(coalesce(sum(case when r.outcome = 'failed' then 1 else 0 end), 0) as bigint) as n_failed,
       cast(coalesce(sum(case when r.outcome = 'waiting' then 1 else 0 end), 0) as bigint) as n_waiting
from crm_sync s
left join crm_sync_result r on r.sync_id = s.id
where s.id in (select id from crm_sync order by id desc limit 100)
group by s.id, s.kind, s.from_at, s.to_at, s.started_at, s.finished_at, s.state, s.n_seen, s.error
order by s.id desc;

-- name: crm_results
select r.deal_id, r.outcome, r.detail, r.at, l.id as sale_id
from crm_sync_result r
join crm_sync s on s.id = r.sync_id
left join sale l on l.crm_account_id = s.crm_account_id and l.deal_id = r.deal_id
where r.sync_id = :sync_id
  and (cast(:outcome as text) is null or r.outcome = :outcome)
  and (cast(:cursor as text) is null or r.deal_id > :cursor)
order by r.deal_id
limit :limit;
