-- name: tokens_live
-- Connections that may be used now.
select id, label, secret_id
from ad_connection
where platform = 'meta' and state in ('ok', 'error')
order by id;

-- name: tokens_of
select secret_id, state
from ad_connection
where id = :id;

-- name: tokens_of_owner
select id, secret_id
from ad_connection
where platform = 'meta' and external_id = :external_id;

-- name: tokens_forget
update ad_connection
set state = 'reconnect',
    reason = :reason,
    secret_id = null,
    label = case when :forget_name = 1 then external_id else label end,
    checked_at = :at
where id = :id;
