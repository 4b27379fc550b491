-- name: clicks_salt_put
insert into link_salt (day, salt)
values (:day, :salt)
on conflict (day) do nothing;

-- name: clicks_salt
select salt
from link_salt
where day = :day;

-- name: clicks_visitor_put
insert into link_visitor (link_id, day, visitor)
values (:link_id, :day, :visitor)
on conflict (link_id, day, visitor) do nothing;

-- name: clicks_put
insert into link_click (link_id, at, day, class, is_first, ip_prefix, agent, referrer_host)
values (:link_id, :at, :day, :class, :is_first, :ip_prefix, :agent, :referrer_host);

-- name: clicks_day_put
insert into link_day (link_id, day, class, clicks, visitors)
values (:link_id, :day, :class, 1, :is_first)
on conflict (link_id, day, class) do update
set clicks = link_day.clicks + 1,
    visitors = link_day.visitors + excluded.visitors;

-- name: clicks_days
select day,
       cast(sum(case when class = 'human' then clicks else 0 end) as bigint) as human,
       cast(sum(case when class = 'bot' then clicks else 0 end) as bigint) as bot,
       cast(sum(case when class = 'preview' then clicks else 0 end) as bigint) as preview,
       cast(sum(case when class = 'human' then visitors else 0 end) as bigint) as visitors
from link_day
where link_id = :link_id and day >= :from_day and day <= :to_day
group by day
order by day;

-- name: clicks_recent
select at, class, is_first, ip_prefix, agent, referrer_host
from link_click
where link_id = :link_id and day >= :from_day and day <= :to_day
order by at desc, id desc
limit :most;

-- name: clicks_salts_sweep
delete from link_salt
where day <= :day;

-- name: clicks_visitors_sweep
-- Without its salt a visitor's hash says nothing any more.
delete from link_visitor
where day <= :day;
