-- name: stats_bytes
select pg_database_size(current_database()) as bytes;
