-- name: sales_crm_account_put
insert into crm_account (kind, external_id, subdomain, currency, seen_at)
values ('amocrm', :external_id, :subdomain, :currency, :at)
on conflict (kind, external_id) do update
set subdomain = case when excluded.subdomain = '' then crm_account.subdomain else excluded.subdomain end,
    seen_at = excluded.seen_at
returning id;

-- name: sales_crm_currency
select currency
from crm_account
where id = :id;

-- name: sales_event_put
-- The same observation twice is one row. Without a time of its own it happened when it was first
-- heard of, whichever delivery is worked off first.
insert into deal_event (crm_account_id, deal_id, event_key, action, at, learned_at, inbox_id, status_id,
                        pipeline_id, price_micros, name, responsible_id, created_at, utm_source,
                        utm_medium, utm_campaign, utm_content, utm_term, source, is_prepaid)
values (:crm_account_id, :deal_id, :event_key, :action, :at, :learned_at, :inbox_id, :status_id,
        :pipeline_id, :price_micros, :name, :responsible_id, :created_at, :utm_source, :utm_medium,
        :utm_campaign, :utm_content, :utm_term, :source, :is_prepaid)
on conflict (crm_account_id, deal_id, event_key) do update
set at = excluded.at,
    learned_at = excluded.learned_at,
    inbox_id = excluded.inbox_id
where excluded.learned_at < deal_event.learned_at;

-- name: sales_event_forget
-- An event of the inbox that is worked off again tells everything anew, in today's words.
delete from deal_event
where crm_account_id = :crm_account_id and deal_id = :deal_id and inbox_id = :inbox_id;

-- name: sales_events_of_deal
select event_key, action, at, learned_at, inbox_id, status_id, pipeline_id, price_micros, name,
       responsible_id, created_at, utm_source, utm_medium, utm_campaign, utm_content, utm_term, source,
       is_prepaid
from deal_event
where crm_account_id = :crm_account_id and deal_id = :deal_id;

-- name: sales_hook_told
-- Did any webhook say that the deal is there?
select count(*) as n
from deal_event
where crm_account_id = :crm_account_id and deal_id = :deal_id and source = 'hook'
  and (action = 'delete' and :is_deleted = 1 or action <> 'delete' and status_id = :status_id and :is_deleted = 0);

-- name: sales_stages
select pipeline_id, status_id, stage, product_id, funnel_stage
from stage_map;

-- name: sales_map_pipeline
insert into stage_map (pipeline_id, status_id, stage, product_id)
select :pipeline_id, '', 'lead', p.id
from product p
where p.code = :product_code
on conflict (pipeline_id, status_id) do update
set product_id = excluded.product_id;

-- name: sales_product_by_price
-- A pipeline that nobody has mapped yet: the product with exactly this price.
select id
from product
where price_micros = :price_micros and currency = :currency
order by position
limit 1;

-- name: sales_of_deal
select id, lead_id, state, price_micros, status_id, day, created_at, learned_at, utm_source, utm_medium,
       utm_campaign, utm_content, utm_term
from sale
where crm_account_id = :crm_account_id and deal_id = :deal_id;

-- name: sales_person_told
-- The read that last said who the deal's person is.
select i.received_at, i.id
from lead l
join inbox_event i on i.id = l.inbox_id
where l.source_kind = :source_kind and l.external_id = :external_id and i.source = 'amocrm.read';

-- name: sales_put
insert into sale (crm_account_id, deal_id, lead_id, product_id, name, state, pipeline_id, status_id,
                  price_micros, currency, responsible_id, created_at, modified_at, won_at, day,
                  learned_at, utm_source, utm_medium, utm_campaign, utm_content, utm_term)
values (:crm_account_id, :deal_id, :lead_id, :product_id, :name, :state, :pipeline_id, :status_id,
        :price_micros, :currency, :responsible_id, :created_at, :modified_at, :won_at, :day,
        :learned_at, :utm_source, :utm_medium, :utm_campaign, :utm_content, :utm_term)
on conflict (crm_account_id, deal_id) do update
set lead_id = excluded.lead_id,
    product_id = excluded.product_id,
    name = excluded.name,
    state = excluded.state,
    pipeline_id = excluded.pipeline_id,
    status_id = excluded.status_id,
    price_micros = excluded.price_micros,
    currency = excluded.currency,
    responsible_id = excluded.responsible_id,
    created_at = excluded.created_at,
    modified_at = excluded.modified_at,
    won_at = excluded.won_at,
    day = excluded.day,
    learned_at = excluded.learned_at,
    utm_source = excluded.utm_source,
    utm_medium = excluded.utm_medium,
    utm_campaign = excluded.utm_campaign,
    utm_content = excluded.utm_content,
    utm_term = excluded.utm_term
where sale.lead_id is distinct from excluded.lead_id
   or sale.product_id is distinct from excluded.product_id
   or sale.name is distinct from excluded.name
   or sale.state <> excluded.state
   or sale.pipeline_id is distinct from excluded.pipeline_id
   or sale.status_id is distinct from excluded.status_id
   or sale.price_micros <> excluded.price_micros
   or sale.currency <> excluded.currency
   or sale.responsible_id is distinct from excluded.responsible_id
   or sale.created_at <> excluded.created_at
   or sale.modified_at <> excluded.modified_at
   or sale.won_at is distinct from excluded.won_at
   or sale.day <> excluded.day
   or sale.learned_at <> excluded.learned_at
   or sale.utm_source is distinct from excluded.utm_source
   or sale.utm_medium is distinct from excluded.utm_medium
   or sale.utm_campaign is distinct from excluded.utm_campaign
   or sale.utm_content is distinct from excluded.utm_content
   or sale.utm_term is distinct from excluded.utm_term
returning id;

-- name: sales_payments
select kind, amount_micros, currency, at, day, learned_at, event_key
from payment
where sale_id = :sale_id
order by at, id;

-- name: sales_payments_forget
delete from payment
where sale_id = :sale_id;

-- name: sales_payment_insert
insert into payment (sale_id, kind, amount_micros, currency, at, day, learned_at, event_key)
values (:sale_id, :kind, :amount_micros, :currency, :at, :day, :learned_at, :event_key);

-- name: sales_log
insert into sale_activity (sale_id, at, action, state, team_id, user_id, metadata)
values (:sale_id, :at, :action, :state, :team_id, :user_id, :metadata);

-- name: sales_list
-- Newest first; the page goes on below (:cursor_day, :cursor_id).
select s.id, s.deal_id, s.name, s.state, s.price_micros, s.currency, p.name as product, s.day,
       s.created_at, s.won_at, s.utm_source, s.utm_medium, s.utm_campaign, s.utm_content, s.utm_term,
       c.team_id, t.name as team_name, c.reason, c.via_lead_id, g.name as campaign_name, a.name as ad_name
from sale s
left join product p on p.id = s.product_id
left join credit c on c.subject_kind = 'sale' and c.subject_id = s.id and c.model = 'rule'
left join team t on t.id = c.team_id
left join campaign g on g.id = c.campaign_id
left join ad a on a.id = c.ad_id
where s.day >= :from_day and s.day <= :to_day
  and (:scope_all = 1 or c.team_id = :scope_team)
  and (cast(:team as bigint) is null or c.team_id = :team)
  and (cast(:state as text) is null or s.state = :state)
  and (cast(:cursor_day as text) is null or s.day < :cursor_day or (s.day = :cursor_day and s.id < :cursor_id))
order by s.day desc, s.id desc
limit :limit;

-- name: sales_deals_after
select s.id, s.crm_account_id, s.deal_id, a.external_id, a.currency
from sale s
join crm_account a on a.id = s.crm_account_id
where s.id > :after
order by s.id
limit :limit;

-- name: sales_count
select count(*) as n
from sale;

-- name: sales_one
select s.id, s.deal_id, s.name, s.state, s.price_micros, s.currency, p.name as product, s.day,
       s.created_at, s.won_at, s.utm_source, s.utm_medium, s.utm_campaign, s.utm_content, s.utm_term,
       c.team_id, t.name as team_name, c.reason, c.via_lead_id, g.name as campaign_name, a.name as ad_name
from sale s
left join product p on p.id = s.product_id
left join credit c on c.subject_kind = 'sale' and c.subject_id = s.id and c.model = 'rule'
left join team t on t.id = c.team_id
left join campaign g on g.id = c.campaign_id
left join ad a on a.id = c.ad_id
where s.id = :id
  and (:scope_all = 1 or c.team_id = :scope_team);

-- name: sales_observations
select e.id, e.at, e.learned_at, e.action, e.source, e.pipeline_id, e.status_id, n.name as status,
       e.price_micros, e.inbox_id
from sale s
join deal_event e on e.crm_account_id = s.crm_account_id and e.deal_id = s.deal_id
left join crm_status n on n.crm_account_id = e.crm_account_id and n.pipeline_id = e.pipeline_id
                      and n.status_id = e.status_id
where s.id = :sale_id
order by e.at, e.id;

-- name: sales_activity
select l.at, l.action, l.state, l.team_id, t.name as team_name, l.metadata
from sale_activity l
left join team t on t.id = l.team_id
where l.sale_id = :sale_id
order by l.at, l.id;

-- name: sales_raw
select i.source, i.received_at, i.content_type, i.signature, i.body
from sale s
join deal_event e on e.crm_account_id = s.crm_account_id and e.deal_id = s.deal_id
join inbox_event i on i.id = e.inbox_id
left join credit c on c.subject_kind = 'sale' and c.subject_id = s.id and c.model = 'rule'
where s.id = :id and e.id = :observation_id
  and (:scope_all = 1 or c.team_id = :scope_team);
