-- name: logs_calls
-- Newest first; the page goes on below :cursor_id.
select id, at, vendor, method, path, status, ms, bytes, tries, error
from integration_log
where (cast(:vendor as text) is null or vendor = :vendor)
  and (:failed = 0 or status < 200 or status > 299)
  and (cast(:cursor_id as bigint) is null or id < :cursor_id)
order by id desc
limit :limit;

-- name: logs_errors
select fingerprint, event, level, sample, first_at, last_at, n
from error_event
order by last_at desc, fingerprint
limit 500;
