-- name: dirty_mark
insert into rollup_dirty (day)
values (:day)
on conflict (day) do nothing;
