-- 0002_open_sets: platforms are an open set; a rule may name a CRM user; a deal may be read back.
-- SQLite keeps a table's checks in its text alone, so the text is what changes.
pragma writable_schema = on;
update sqlite_schema
set sql = replace(sql, ' check (platform in (''meta''))', '')
where type = 'table' and name in ('ad_connection', 'ad_account');
update sqlite_schema
set sql = replace(sql, '''suffix'', ''campaign'', ''ad'')', '''suffix'', ''campaign'', ''ad'', ''responsible'')')
where type = 'table' and name = 'utm_rule';
update sqlite_schema
set sql = replace(sql, '''delete'', ''restore'')', '''delete'', ''restore'', ''read'')')
where type = 'table' and name = 'deal_event';
pragma writable_schema = reset;
