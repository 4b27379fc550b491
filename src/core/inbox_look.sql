-- name: inbox_list
-- Newest first; the page goes on below (:cursor_at, :cursor_id).
select id, source, received_at, state, signature, attempts, next_at, parser, outcome, subject, error,
       replays, length(body) as size, done_at
from inbox_event
where (cast(:source as text) is null or source = :source)
  and (cast(:state as text) is null or state = :state)
  and (cast(:signature as text) is null or signature = :signature)
  and (cast(:subject as text) is null or subject = :subject)
  and received_at >= :from_at
  and received_at < :to_at
  and (cast(:cursor_at as bigint) is null or received_at < :cursor_at
       or (received_at = :cursor_at and id < :cursor_id))
order by received_at desc, id desc
limit :limit;

-- name: inbox_list_bodies
-- The same with what was sent, for who looks into the text.
select id, source, received_at, state, signature, attempts, next_at, parser, outcome, subject, error,
       replays, length(body) as size, done_at, body
from inbox_event
where (cast(:source as text) is null or source = :source)
  and (cast(:state as text) is null or state = :state)
  and (cast(:signature as text) is null or signature = :signature)
  and received_at >= :from_at
  and received_at < :to_at
  and (cast(:cursor_at as bigint) is null or received_at < :cursor_at
       or (received_at = :cursor_at and id < :cursor_id))
order by received_at desc, id desc
limit :limit;

-- name: inbox_has_subject
select count(*) as n
from (select 1 as one from inbox_event where subject = :subject limit 1) f;

-- name: inbox_counts
select cast(coalesce(sum(case when state = 'new' then n else 0 end), 0) as bigint) as n_new,
       cast(coalesce(sum(case when state = 'done' then n else 0 end), 0) as bigint) as n_done,
       cast(coalesce(sum(case when state = 'parked' then n else 0 end), 0) as bigint) as n_parked
from (select state, count(*) as n from inbox_event group by state) s;

-- name: inbox_show
select id, source, received_at, state, signature, attempts, next_at, parser, outcome, subject, error,
       replays, length(body) as size, done_at, content_type, body
from inbox_event
where id = :id;

-- name: inbox_replay_one
update inbox_event
set state = 'new', attempts = 0, next_at = :now, error = null, done_at = null, replays = replays + 1
where id = :id;

-- name: inbox_ids
select coalesce((select min(id) from inbox_event), 0) as first_id,
       coalesce((select max(id) from inbox_event), 0) as last_id;

-- name: inbox_replay_count
select count(*) as n
from inbox_event
where source = :source
  and state <> 'new'
  and (:all = 1 or state = 'parked')
  and received_at >= :from_at
  and received_at < :to_at;

-- name: inbox_replay_some
-- What waits already is not touched. The source is written so that its index is not taken: a range
-- of ids is read and nothing else.
update inbox_event
set state = 'new', attempts = 0, next_at = :now, error = null, done_at = null, replays = replays + 1
where id >= :first_id
  and id < :end_id
  and source || '' = :source
  and state <> 'new'
  and (:all = 1 or state = 'parked')
  and received_at >= :from_at
  and received_at < :to_at;

-- name: inbox_sweep
-- The oldest first, few at a time. What is parked waits for a person however long.
delete from inbox_event
where id in (
    select id
    from inbox_event
    where received_at < :before
      and state = 'done'
    order by received_at, id
    limit :most
);
