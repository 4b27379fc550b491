-- name: journal_call_put
insert into integration_log (at, vendor, method, path, status, ms, bytes, tries, error)
values (:at, :vendor, :method, :path, :status, :ms, :bytes, :tries, :error);

-- name: journal_trouble_put
insert into error_event (fingerprint, event, level, sample, first_at, last_at, n)
values (:fingerprint, :event, :level, :sample, :first_at, :last_at, :n)
on conflict (fingerprint) do update
set level = excluded.level,
    sample = excluded.sample,
    last_at = excluded.last_at,
    n = error_event.n + excluded.n;

-- name: journal_calls_forget
delete from integration_log
where at < :before;

-- name: journal_troubles_forget
delete from error_event
where last_at < :before;
