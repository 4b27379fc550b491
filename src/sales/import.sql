-- name: import_account_put
insert into crm_account (kind, external_id, subdomain, currency, seen_at)
values ('amocrm', :external_id, '', :currency, :at)
on conflict (kind, external_id) do update
set seen_at = case when crm_account.seen_at > excluded.seen_at then crm_account.seen_at else excluded.seen_at end
returning id;

-- name: import_event_put
insert into deal_event (crm_account_id, deal_id, event_key, action, at, learned_at, inbox_id, status_id,
                        pipeline_id, price_micros, name, responsible_id, created_at, utm_source, utm_medium,
                        utm_campaign, utm_content, utm_term, source, is_prepaid)
values (:crm_account_id, :deal_id, :event_key, 'read', :at, :learned_at, :inbox_id, :status_id,
        :pipeline_id, :price_micros, :name, :responsible_id, :created_at, :utm_source, :utm_medium,
        :utm_campaign, :utm_content, :utm_term, 'import', :is_prepaid)
on conflict (crm_account_id, deal_id, event_key) do nothing;
