-- name: webhook_keys_valid
select source, hash
from webhook_key
where retired_at is null
order by source, id
limit 1000;

-- name: webhook_key_insert
insert into webhook_key (source, hash, hint, created_at)
values (:source, :hash, :hint, :now);

-- name: webhook_keys_retire
-- Of the valid keys of a source the newest :keep stay.
update webhook_key
set retired_at = :now
where source = :source
  and retired_at is null
  and (
      select count(*)
      from webhook_key n
      where n.source = :source
        and n.retired_at is null
        and n.id > webhook_key.id
  ) >= :keep;

-- name: webhook_key_count
select count(*) as n
from webhook_key
where source = :source and retired_at is null;
