-- name: maps_statuses
-- Every status that the CRM has, a line for each whole pipeline, and what was mapped before the CRM
-- was asked.
select x.pipeline_id, x.pipeline, x.status_id, x.name, x.sort,
       coalesce(m.stage, case x.status_id when '142' then 'won' when '143' then 'lost' else 'lead' end) as stage,
       p.code as product, m.funnel_stage
from (select pipeline_id, status_id, min(pipeline) as pipeline, min(name) as name, min(sort) as sort
      from crm_status
      group by pipeline_id, status_id
      union all
      select pipeline_id, '' as status_id, min(pipeline) as pipeline, '' as name, min(sort) - 1 as sort
      from crm_status
      group by pipeline_id
      union all
      select m.pipeline_id, m.status_id, '' as pipeline, '' as name, 0 as sort
      from stage_map m
      where not exists (select 1 from crm_status c
                        where c.pipeline_id = m.pipeline_id and (c.status_id = m.status_id or m.status_id = ''))) x
left join stage_map m on m.pipeline_id = x.pipeline_id and m.status_id = x.status_id
left join product p on p.id = m.product_id
order by x.sort, x.pipeline_id, x.status_id;

-- name: maps_stage_put
insert into stage_map (pipeline_id, status_id, stage, product_id, funnel_stage)
values (:pipeline_id, :status_id, :stage, :product_id, :funnel_stage)
on conflict (pipeline_id, status_id) do update
set stage = excluded.stage,
    product_id = excluded.product_id,
    funnel_stage = excluded.funnel_stage;

-- name: maps_product_id
select id
from product
where code = :code;

-- name: maps_products
select id, code, name, price_micros, currency, counts_as_sale, position
from product
where cast(:id as bigint) is null or id = :id
order by position, id;

-- name: maps_product_insert
insert into product (code, name, price_micros, currency, counts_as_sale, position)
values (:code, :name, :price_micros, :currency, :counts_as_sale, :position)
returning id;

-- name: maps_product_update
update product
set name = coalesce(cast(:name as text), name),
    price_micros = case when :has_price = 1 then cast(:price_micros as bigint) else price_micros end,
    currency = case when :has_price = 1 then cast(:currency as text) else currency end,
    counts_as_sale = coalesce(cast(:counts_as_sale as bigint), counts_as_sale),
    position = coalesce(cast(:position as bigint), position)
where id = :id;
