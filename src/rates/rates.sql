-- name: rates_put
-- What was heard last stands. A feed that says the same again tells nothing; what people enter and
-- files bring is as old as its last telling, or one in between would count as newer.
insert into fx_rate (base, quote, day, source, rate_micros, quant, rate_day, learned_at, inbox_id)
values (:base, 'KZT', :day, :source, :rate_micros, :quant, :day, :learned_at, :inbox_id)
on conflict (base, quote, day, source) do update
set rate_micros = excluded.rate_micros,
    quant = excluded.quant,
    learned_at = excluded.learned_at,
    inbox_id = excluded.inbox_id
where (excluded.learned_at > fx_rate.learned_at
       and (fx_rate.rate_micros <> excluded.rate_micros or fx_rate.quant <> excluded.quant
            or excluded.source = 'manual'))
   or (excluded.learned_at = fx_rate.learned_at
       and coalesce(excluded.inbox_id, 0) >= coalesce(fx_rate.inbox_id, 0)
       and (fx_rate.rate_micros <> excluded.rate_micros or fx_rate.quant <> excluded.quant));

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

-- name: rates_fallbacks_of
select base, rate_micros, quant
from fx_rate
where day = :day and source = 'fallback';

-- name: rates_fallbacks_forget
delete from fx_rate
where day = :day and source = 'fallback';

-- name: rates_days_of_dollar
-- Days that some source knows already.
select distinct day
from fx_rate
where base = 'USD' and quote = 'KZT' and day >= :from_day and day <= :to_day;

-- name: rates_bank_answered_at
-- When the bank was reached last; without such a run, when it was first tried.
select coalesce(max(case when outcome in ('ok', 'partial') then finished_at end), min(started_at)) as at
from job_run
where job = 'rates.sync';

-- name: rates_raw
-- What said so: the bank's own bytes before others.
select r.base, r.day, r.source, e.received_at, e.content_type, e.body
from fx_rate r
join inbox_event e on e.id = r.inbox_id
where r.base = :base and r.quote = 'KZT' and r.day = :day
order by case r.source when 'nbk' then 1 else 2 end
limit 1;
