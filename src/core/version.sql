-- name: version_read
select version
from data_version
where id = 1;

-- name: version_bump
update data_version
set version = version + 1
where id = 1;
