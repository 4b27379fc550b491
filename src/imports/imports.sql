-- name: imports_start
insert into import_run (kind, file_name, started_at, started_by, n_taken, n_merged, n_refused, n_before)
values (:kind, :file_name, :at, :started_by, 0, 0, 0, :n_before)
returning id;

-- name: imports_finish
update import_run
set finished_at = :at, n_taken = :n_taken, n_merged = :n_merged, n_refused = :n_refused, n_after = :n_after
where id = :id;

-- name: imports_row_put
insert into import_row (run_id, line, outcome, detail)
values (:run_id, :line, :outcome, :detail)
on conflict (run_id, line) do update
set outcome = excluded.outcome, detail = excluded.detail;

-- name: imports_list
select id, kind, file_name, started_at, finished_at, n_taken, n_merged, n_refused, n_before, n_after
from import_run
where id < :before_id
order by id desc
limit :limit;

-- name: imports_one
select id, kind, file_name, started_at, finished_at, n_taken, n_merged, n_refused, n_before, n_after
from import_run
where id = :id;

-- name: imports_rows
select line, outcome, detail
from import_row
where run_id = :run_id and line > :after_line
  and (cast(:outcome as text) is null or outcome = :outcome)
  and (:only_odd = 0 or outcome <> 'taken')
order by line
limit :limit;

-- name: imports_count_sales
select count(*) as n from sale;

-- name: imports_count_leads
select count(*) as n from lead;

-- name: imports_count_rates
select count(*) as n from fx_rate;

-- name: imports_count_costs
select count(*) as n from ad_fact;

-- name: imports_count_rules
select count(*) as n
from utm_rule
where rule_set_id = (select max(id) from rule_set);

-- name: imports_count_teams
select count(*) as n from team;

-- name: imports_count_users
select count(*) as n from app_user;

-- name: imports_sale_is_known
select count(*) as n
from sale s
join crm_account a on a.id = s.crm_account_id
where a.external_id = :account and s.deal_id = :deal_id;

-- name: imports_only_account
-- The CRM account that sales are of when nobody says: the only one there is.
select min(external_id) as external_id, min(currency) as currency, count(*) as n
from crm_account
where external_id <> '0';

-- name: imports_account_currency
select currency
from crm_account
where external_id = :external_id;

-- name: imports_team_id
select id
from team
where name_folded = :name_folded;

-- name: imports_user_id
select id
from app_user
where email = :email;
