-- name: periods_of_day
select count(*) as n
from period_metric
where period = 'today' and period_end = :today;

-- name: periods_forget
delete from period_metric;

-- name: periods_insert
-- One period, per user and (user 0) per team.
insert into period_metric (team_id, user_id, period, period_start, period_end, spend_usd, spend_kzt,
                           revenue_kzt, impressions, clicks, leads, challenge3d_leads, express_leads,
                           challenge3d_prepayments, challenge3d_prepayment_kzt, sales, updated_at)
select r.team_id, :per_user * r.user_id, :period, :from_day, :to_day,
       cast(sum(r.spend_usd) as bigint), cast(sum(r.spend_kzt) as bigint),
       cast(sum(r.revenue_kzt) as bigint), cast(sum(r.impressions) as bigint),
       cast(sum(r.clicks) as bigint), cast(sum(r.leads) as bigint),
       cast(sum(case when p.code = 'challenge3d' then r.leads else 0 end) as bigint),
       cast(sum(case when p.code = 'express' then r.leads else 0 end) as bigint),
       0, 0,
       cast(sum(r.sales) as bigint), :at
from rollup_team_day r
left join product p on p.id = r.product_id
where r.day >= :from_day and r.day <= :to_day and (:per_user = 0 or r.user_id <> 0)
group by r.team_id, :per_user * r.user_id;

-- name: periods_prepayments
-- Prepayments of Challenge 3D, which the rollups do not tell apart from full payments.
select coalesce(c.team_id, 0) as team_id, coalesce(c.user_id, 0) as user_id, p.day, p.currency, p.amount_micros
from payment p
join sale s on s.id = p.sale_id
join product d on d.id = s.product_id and d.code = 'challenge3d'
left join credit c on c.subject_kind = 'sale' and c.subject_id = s.id and c.model = 'rule'
where p.kind = 'prepayment' and p.day >= :from_day and p.day <= :to_day;

-- name: periods_prepayment_add
update period_metric
set challenge3d_prepayments = challenge3d_prepayments + 1,
    challenge3d_prepayment_kzt = challenge3d_prepayment_kzt + :kzt
where team_id = :team_id and (user_id = 0 or user_id = :user_id) and period_start <= :day and period_end >= :day;
