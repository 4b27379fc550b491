-- An agency of 4 teams and 20 ad accounts: %1$lld ads with a row on each of 365 days up to today,
-- 40 sales a day. The table `number` is there for the length of this script only.
create table number (n INTEGER PRIMARY KEY) STRICT;
with recursive count(n) as (select 0 union all select n + 1 from count where n < 99999)
insert into number (n) select n from count;
create table bench_day (n INTEGER PRIMARY KEY, day TEXT not null) STRICT;
insert into bench_day (n, day) select n, date('now', '+5 hours', '-' || n || ' days') from number where n < 365;

insert into team (id, name, name_folded, created_at)
select n + 1, 'Team ' || (n + 1), 'team ' || (n + 1), 0 from number where n < 4;
insert into ad_account (id, platform, external_id, name, currency, tz, status, synced_at, first_seen_at)
select n + 1, 'meta', '7000' || n, 'Account ' || n, case n %% 3 when 0 then 'USD' when 1 then 'KZT' else 'BRL' end,
       'Asia/Almaty', 1, 1, 0
from number where n < 20;
insert into ad_account_binding (account_id, team_id, valid_from, created_at)
select n + 1, n %% 4 + 1, '0001-01-01', 0 from number where n < 20;
insert into campaign (id, account_id, external_id, name, seen_at)
select n + 1, n %% 20 + 1, 'c' || n, 'Campaign ' || n, 0 from number where n < 100;
insert into ad_set (id, account_id, campaign_id, external_id, name, seen_at)
select n + 1, n %% 20 + 1, n %% 100 + 1, 's' || n, 'Ad set ' || n, 0 from number where n < 500;
insert into ad (id, account_id, campaign_id, ad_set_id, external_id, name, seen_at)
select n + 1, n %% 20 + 1, n %% 100 + 1, n %% 500 + 1, 'a' || n, 'Ad ' || n, 0 from number where n < %1$lld;
insert into fx_rate (base, quote, day, source, rate_micros, quant, rate_day, learned_at)
select b.base, 'KZT', d.day, 'nbk', b.rate + d.n * 1000, 1, d.day, 0
from bench_day d, (select 'USD' as base, 520000000 as rate union all select 'BRL', 95000000) b;
insert into ad_fact (account_id, day, ad_id, spend_micros, impressions, clicks, link_clicks, reach, leads,
                     purchases, purchase_micros, version, learned_at)
select a.account_id, d.day, a.id, (a.id * 7919 + d.n * 104729) %% 90000000, (a.id * 31 + d.n * 17) %% 9000,
       (a.id + d.n) %% 300, (a.id + d.n) %% 200, (a.id * 29 + d.n) %% 8000, (a.id + d.n) %% 5, (a.id + d.n) %% 97 = 0,
       ((a.id + d.n) %% 97 = 0) * 40000000, 1, 0
from ad_account c cross join bench_day d cross join ad a
where a.account_id = c.id
order by c.id, d.day, a.id;

insert into crm_account (id, kind, external_id, subdomain, currency, seen_at) values (1, 'amocrm', '1', 'agency', 'KZT', 0);
insert into rule_set (id, created_at, note) values (1000, 0, 'bench');
insert into sale (id, crm_account_id, deal_id, product_id, state, price_micros, currency, created_at, modified_at,
                  won_at, day, learned_at)
select d.n * 40 + k.n + 1, 1, 'd' || (d.n * 40 + k.n), k.n %% 4 + 1, 'won', 490000000000, 'KZT', 0, 0, 0, d.day, 0
from bench_day d cross join number k where k.n < 40;
insert into payment (sale_id, kind, amount_micros, currency, at, day, learned_at, event_key)
select id, 'full', price_micros, currency, 0, day, 0, 'e' from sale;
insert into credit (subject_kind, subject_id, model, numerator, denominator, team_id, rule_set_id, reason,
                    campaign_id, ad_set_id, ad_id, decided_at)
select 'sale', s.id, 'rule', 1, 1, nullif(s.id %% 5, 0), 1000, 'exact', a.campaign_id, a.ad_set_id, a.id, 0
from sale s left join ad a on a.id = s.id %% 2000 and s.id %% 3 > 0;
drop table bench_day;
drop table number;
