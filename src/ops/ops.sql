-- name: ops_ping
select 1 as one;
