-- name: inbox_drift_place
-- The row without a source holds the id up to which events were looked at.
select n_events
from inbox_field
where source = '' and field = '' and day = '';

-- name: inbox_drift_place_put
insert into inbox_field (source, field, day, n_events, last_at)
values ('', '', '', :id, :now)
on conflict (source, field, day) do update
set n_events = excluded.n_events,
    last_at = excluded.last_at;

-- name: inbox_drift_page
select id, source, received_at, state, body
from inbox_event
where id > :after
order by id
limit :most;

-- name: inbox_field_add
-- Fields of a flood of made-up names are not taken past a bound.
insert into inbox_field (source, field, day, n_events, last_at)
select cast(:source as text), cast(:field as text), cast(:day as text), cast(:n as bigint),
       cast(:last_at as bigint)
where (select count(*) from inbox_field f where f.source = :source and f.day = :day) < :most
   or exists (select 1 from inbox_field f where f.source = :source and f.field = :field and f.day = :day)
on conflict (source, field, day) do update
set n_events = inbox_field.n_events + excluded.n_events,
    last_at = case when inbox_field.last_at > excluded.last_at then inbox_field.last_at
                   else excluded.last_at end;

-- name: inbox_field_forget
delete from inbox_field
where day < :before and source <> '';

-- name: inbox_drift_back
update inbox_drift
set back_at = :at
where source = :source and field = :field and last_seen_at < :at
  and (back_at is null or back_at > :at);

-- name: inbox_drift_candidates
-- When each field was seen last.
select source, field, max(last_at) as last_at
from inbox_field
where day >= :since and field <> ''
group by source, field
order by source, field;

-- name: inbox_drift_edge
-- The source's :fewest newest events are those from here on: what was seen last before them is
-- missing in all of them.
select received_at
from inbox_event
where source = :source and state = 'done' and received_at >= :since
order by received_at desc
limit 1 offset :skip;

-- name: inbox_drift_share
-- Of the events of the seven days up to the last that had the field, how many had it; n_day are those
-- of the last of these days.
select (select cast(coalesce(sum(n_events), 0) as bigint)
        from inbox_field
        where source = :source and field = :field and day >= :from_day and day <= :to_day) as n_field,
       (select cast(coalesce(sum(n_events), 0) as bigint)
        from inbox_field
        where source = :source and field = '' and day >= :from_day and day <= :to_day) as n_all,
       (select cast(coalesce(sum(n_events), 0) as bigint)
        from inbox_field
        where source = :source and field = '' and day = :to_day) as n_day;

-- name: inbox_drift_after
select count(*) as n
from inbox_event
where source = :source and state = 'done' and received_at > :last_at and received_at < :day_end;

-- name: inbox_drift_put
insert into inbox_drift (source, field, last_seen_at, noticed_at)
values (:source, :field, :last_seen_at, :now)
on conflict (source, field, last_seen_at) do nothing;

-- name: inbox_drift_list
select source, field, last_seen_at, noticed_at, back_at
from inbox_drift
order by noticed_at desc, source, field
limit 500;
