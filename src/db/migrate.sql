-- name: migration_table_exists
select count(*) as n
from sqlite_schema
where type = 'table'
  and name = 'schema_migration';

-- name: migration_list
select version, checksum
from schema_migration
order by version;

-- name: migration_put
insert into schema_migration (version, name, checksum, applied_at)
values (:version, :name, :checksum, :applied_at);

-- name: migration_lock
-- One program at a time; on SQLite a write transaction is that already.
select 1 as locked;

-- name: migration_align
-- Rows that a migration brings with their ids must not be met by the engine's own counting.
select 1 as aligned;
