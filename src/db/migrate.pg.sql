-- name: migration_table_exists
select count(*) as n
from pg_tables
where schemaname = current_schema()
  and tablename = 'schema_migration';

-- name: migration_lock
select 1 as locked
from (select pg_advisory_xact_lock(1414678084)) as l;

-- name: migration_align
do '
declare
    c record;
begin
    for c in
        select a.attrelid, a.attname
        from pg_attribute a
        join pg_class t on t.oid = a.attrelid
        where a.attidentity <> ''''
          and t.relkind = ''r''
          and t.relnamespace = current_schema()::regnamespace
    loop
        execute format(
            ''select setval(pg_get_serial_sequence(%L, %L), max(%I)) from %s having max(%I) is not null'',
            c.attrelid::regclass, c.attname, c.attname, c.attrelid::regclass, c.attname);
    end loop;
end';
