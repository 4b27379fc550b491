-- name: rates_put
insert into fx_rate (base, quote, day, source, rate_micros, quant, rate_day, learned_at)
values (:base, 'KZT', :day, :source, :rate_micros, :quant, :day, :learned_at)
on conflict (base, quote, day, source) do update
set rate_micros = excluded.rate_micros,
    quant = excluded.quant,
    learned_at = excluded.learned_at
where fx_rate.rate_micros <> excluded.rate_micros or fx_rate.quant <> excluded.quant;

-- name: rates_on
-- The newest day of each currency that is not after :day and not before :oldest; manual first.
select r.base, r.day, r.rate_micros, r.quant
from fx_rate r
where r.quote = 'KZT'
  and r.day = (
      select max(n.day)
      from fx_rate n
      where n.base = r.base and n.quote = 'KZT' and n.day <= :day and n.day >= :oldest
  )
order by r.base, case r.source when 'manual' then 1 when 'nbk' then 2 else 3 end;

-- name: rates_next_day
-- The next day for which this currency has a rate of its own.
select min(day) as day
from fx_rate
where base = :base and quote = 'KZT' and day > :day;

-- name: rates_known_days
select day
from fx_rate
where base = 'USD' and quote = 'KZT' and source = 'nbk' and day >= :from_day and day <= :to_day
order by day;

-- name: rates_first_needed
-- The first day that has money; the facts lie by account and day.
select min(d.day) as day
from (
    select min((select min(f.day) from ad_fact f where f.account_id = c.id)) as day from ad_account c
    union all
    select min(day) as day from payment
) d;

-- name: rates_list
select base, day, source, rate_micros, quant, rate_day
from fx_rate
where day >= :from_day and day <= :to_day
  and (base in ('USD', 'EUR', 'RUB', 'BRL') or source = 'manual')
order by day desc, base, source
limit 2000;

-- name: rates_manual
select base, day, source, rate_micros, quant, rate_day
from fx_rate
where base = :base and quote = 'KZT' and day = :day and source = 'manual';
