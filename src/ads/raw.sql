-- name: raw_insert
insert into raw_page (account_id, kind, received_at, n_rows, size, sha256, body)
values (:account_id, :kind, :at, :n_rows, :size, :sha256, :body)
returning id;

-- name: raw_one
select received_at, n_rows, size, sha256, body
from raw_page
where id = :id;
