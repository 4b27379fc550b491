-- name: breakdown_of_days
select day, ad_id, value, spend_micros, impressions, clicks, link_clicks, reach, leads, purchases,
       purchase_micros, version
from ad_breakdown_fact
where account_id = :account_id and kind = :kind and day >= :from_day and day <= :to_day;

-- name: breakdown_versions
-- A row that went away and came back goes on counting from its last version.
select day, ad_id, value, max(version) as version
from ad_breakdown_version
where account_id = :account_id and kind = :kind and day >= :from_day and day <= :to_day
group by day, ad_id, value;

-- name: breakdown_insert
insert into ad_breakdown_fact (account_id, day, kind, ad_id, value, spend_micros, impressions, clicks,
                               link_clicks, reach, leads, purchases, purchase_micros, version,
                               learned_at, raw_id)
values (:account_id, :day, :kind, :ad_id, :value, :spend_micros, :impressions, :clicks, :link_clicks,
        :reach, :leads, :purchases, :purchase_micros, :version, :at, :raw_id);

-- name: breakdown_keep_version
insert into ad_breakdown_version (account_id, day, kind, ad_id, value, version, spend_micros,
                                  impressions, clicks, link_clicks, reach, leads, purchases,
                                  purchase_micros, learned_at, raw_id, replaced_at)
select account_id, day, kind, ad_id, value, version, spend_micros, impressions, clicks, link_clicks,
       reach, leads, purchases, purchase_micros, learned_at, raw_id, :at
from ad_breakdown_fact
where account_id = :account_id and day = :day and kind = :kind and ad_id = :ad_id and value = :value;

-- name: breakdown_delete
delete from ad_breakdown_fact
where account_id = :account_id and day = :day and kind = :kind and ad_id = :ad_id and value = :value;

-- name: breakdown_slice_put
insert into ad_breakdown_slice (account_id, day, kind, state, n_rows, synced_at, error)
values (:account_id, :day, :kind, :state, :n_rows, :at, :error)
on conflict (account_id, day, kind) do update
set state = excluded.state,
    n_rows = case when excluded.state = 'ok' then excluded.n_rows else ad_breakdown_slice.n_rows end,
    synced_at = case
        when excluded.state = 'ok' then excluded.synced_at
        else ad_breakdown_slice.synced_at
    end,
    error = excluded.error;

-- name: breakdown_sums
-- Parts of a day in one currency; whose it was is decided by the binding of that day.
select f.day, c.currency, f.value, cast(sum(f.spend_micros) as bigint) as spend_micros,
       cast(sum(f.purchase_micros) as bigint) as purchase_micros,
       cast(sum(f.impressions) as bigint) as impressions, cast(sum(f.clicks) as bigint) as clicks,
       cast(sum(f.link_clicks) as bigint) as link_clicks, cast(sum(f.leads) as bigint) as leads,
       cast(sum(f.purchases) as bigint) as purchases
from ad_account c
cross join ad_breakdown_fact f
join ad a on a.id = f.ad_id
left join ad_account_binding b
    on b.account_id = c.id and b.valid_from <= f.day and (b.valid_to is null or b.valid_to >= f.day)
where f.account_id = c.id and f.kind = :kind and f.day >= :from_day and f.day <= :to_day
  and (:scope_all = 1 or b.team_id = :scope_team)
  and (cast(:team_id as bigint) is null or b.team_id = :team_id)
  and (cast(:campaign_id as bigint) is null or a.campaign_id = :campaign_id)
group by f.day, c.currency, f.value
order by f.day;

-- name: breakdown_objectives
-- The same of whole facts, by what their campaigns are for.
select f.day, c.currency, coalesce(g.objective, '') as value,
       cast(sum(f.spend_micros) as bigint) as spend_micros,
       cast(sum(f.purchase_micros) as bigint) as purchase_micros,
       cast(sum(f.impressions) as bigint) as impressions, cast(sum(f.clicks) as bigint) as clicks,
       cast(sum(f.link_clicks) as bigint) as link_clicks, cast(sum(f.leads) as bigint) as leads,
       cast(sum(f.purchases) as bigint) as purchases
from ad_account c
cross join ad_fact f
join ad a on a.id = f.ad_id
join campaign g on g.id = a.campaign_id
left join ad_account_binding b
    on b.account_id = c.id and b.valid_from <= f.day and (b.valid_to is null or b.valid_to >= f.day)
where f.account_id = c.id and f.day >= :from_day and f.day <= :to_day
  and (:scope_all = 1 or b.team_id = :scope_team)
  and (cast(:team_id as bigint) is null or b.team_id = :team_id)
  and (cast(:campaign_id as bigint) is null or a.campaign_id = :campaign_id)
group by f.day, c.currency, coalesce(g.objective, '')
order by f.day;
