-- name: inbox_insert
insert into inbox_event (source, dedupe_key, received_at, content_type, body, next_at, signature, state,
                         error)
values (:source, :dedupe_key, :received_at, :content_type, :body, :received_at, :signature, :state, :error)
on conflict (source, dedupe_key) do nothing
returning id;

-- name: inbox_find
select id
from inbox_event
where source = :source and dedupe_key = :dedupe_key;

-- name: inbox_due
-- The oldest first; an event that failed stands where its next try is.
select id, source, content_type, body, received_at, attempts, signature
from inbox_event
where state = 'new'
  and next_at <= :now
order by next_at, id
limit :most;

-- name: inbox_done
update inbox_event
set state = 'done', done_at = :now, error = null, parser = :parser, outcome = :outcome, subject = :subject
where id = :id
  and state = 'new';

-- name: inbox_failed
update inbox_event
set state = :state, attempts = attempts + 1, next_at = :next_at, error = :error
where id = :id
  and state = 'new';
