-- name: import_account_put
insert into crm_account (kind, external_id, subdomain, currency, seen_at)
values ('amocrm', :external_id, '', :currency, :at)
on conflict (kind, external_id) do update
set seen_at = case when crm_account.seen_at > excluded.seen_at then crm_account.seen_at else excluded.seen_at end
returning id;
