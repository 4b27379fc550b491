-- 0003_sources: every source: CRM connections, identity, links, raw pages, breakdowns, jobs.

alter table job_run add column log TEXT;
create table job_setting (
    job        TEXT primary key,
    cron       TEXT,
    paused_at  INTEGER,
    changed_by INTEGER references app_user (id) on delete set null,
    changed_at INTEGER not null
) STRICT, WITHOUT ROWID;

alter table inbox_event add column signature TEXT not null default 'none' check (signature in ('none', 'ok', 'bad'));
alter table inbox_event add column parser TEXT;
alter table inbox_event add column outcome TEXT;
alter table inbox_event add column subject TEXT;
alter table inbox_event add column replays INTEGER not null default 0;
create index inbox_event_seen on inbox_event (received_at, id);
create index inbox_event_subject on inbox_event (subject);

create table inbox_field (
    source   TEXT not null,
    field    TEXT not null,
    day      TEXT not null,
    n_events INTEGER not null,
    last_at  INTEGER not null,
    primary key (source, field, day)
) STRICT, WITHOUT ROWID;

create table inbox_drift (
    source       TEXT not null,
    field        TEXT not null,
    last_seen_at INTEGER not null,
    noticed_at   INTEGER not null,
    back_at      INTEGER,
    primary key (source, field, last_seen_at)
) STRICT, WITHOUT ROWID;

create table integration_log (
    id     INTEGER PRIMARY KEY,
    at     INTEGER not null,
    vendor TEXT not null,
    method TEXT not null,
    path   TEXT not null,
    status INTEGER not null,
    ms     INTEGER not null,
    bytes  INTEGER not null,
    tries  INTEGER not null,
    error  TEXT
) STRICT;
create index integration_log_at on integration_log (at, id);

create table error_event (
    fingerprint TEXT primary key,
    event       TEXT not null,
    level       TEXT not null,
    sample      TEXT not null,
    first_at    INTEGER not null,
    last_at     INTEGER not null,
    n           INTEGER not null
) STRICT, WITHOUT ROWID;
create index error_event_last on error_event (last_at);

create table oauth_state (
    hash       BLOB primary key,
    vendor     TEXT not null,
    user_id    INTEGER not null references app_user (id) on delete cascade,
    details    TEXT not null,
    created_at INTEGER not null,
    expires_at INTEGER not null,
    used_at    INTEGER
) STRICT;
create index oauth_state_user on oauth_state (user_id);

create table utm_template (
    id          INTEGER PRIMARY KEY,
    name        TEXT not null,
    team_id     INTEGER references team (id) on delete restrict,
    source      TEXT not null,
    medium      TEXT not null,
    campaign    TEXT not null,
    content     TEXT not null,
    term        TEXT not null,
    is_default  INTEGER not null default 0 check (is_default in (0, 1)),
    created_by  INTEGER references app_user (id) on delete set null,
    created_at  INTEGER not null,
    archived_at INTEGER
) STRICT;
create index utm_template_team on utm_template (team_id);

create table link_host (
    host     TEXT primary key,
    added_by INTEGER references app_user (id) on delete set null,
    added_at INTEGER not null
) STRICT, WITHOUT ROWID;

create table short_link (
    id           INTEGER PRIMARY KEY,
    code         TEXT not null unique,
    title        TEXT not null,
    target       TEXT not null,
    team_id      INTEGER references team (id) on delete restrict,
    owner_id     INTEGER references app_user (id) on delete set null,
    merge_policy TEXT not null check (merge_policy in ('keep', 'fill', 'replace')),
    utm_source   TEXT,
    utm_medium   TEXT,
    utm_campaign TEXT,
    utm_content  TEXT,
    utm_term     TEXT,
    expires_at   INTEGER,
    created_at   INTEGER not null,
    archived_at  INTEGER
) STRICT;
create index short_link_team on short_link (team_id);
create index short_link_owner on short_link (owner_id);

create table link_click (
    id            INTEGER PRIMARY KEY,
    link_id       INTEGER not null references short_link (id) on delete restrict,
    at            INTEGER not null,
    day           TEXT not null,
    class         TEXT not null check (class in ('human', 'bot', 'preview')),
    is_first      INTEGER not null check (is_first in (0, 1)),
    ip_prefix     TEXT not null,
    agent         TEXT not null,
    referrer_host TEXT
) STRICT;
create index link_click_link on link_click (link_id, at);

create table link_day (
    link_id  INTEGER not null references short_link (id) on delete restrict,
    day      TEXT not null,
    class    TEXT not null check (class in ('human', 'bot', 'preview')),
    clicks   INTEGER not null,
    visitors INTEGER not null,
    primary key (link_id, day, class)
) STRICT, WITHOUT ROWID;

create table link_visitor (
    link_id INTEGER not null references short_link (id) on delete restrict,
    day     TEXT not null,
    visitor BLOB not null,
    primary key (link_id, day, visitor)
) STRICT, WITHOUT ROWID;

create table link_salt (
    day  TEXT primary key,
    salt BLOB not null
) STRICT, WITHOUT ROWID;

create table landing_site (
    id          INTEGER PRIMARY KEY,
    name        TEXT not null,
    origin      TEXT not null unique,
    team_id     INTEGER references team (id) on delete restrict,
    per_minute  INTEGER not null default 60,
    created_at  INTEGER not null,
    archived_at INTEGER
) STRICT;
create index landing_site_team on landing_site (team_id);

create table person (
    id         INTEGER PRIMARY KEY,
    root_id    INTEGER references person (id) on delete restrict,
    created_at INTEGER not null
) STRICT;
create index person_root on person (root_id);

create table identity_key (
    kind         TEXT not null check (kind in ('phone', 'email', 'lead_ad', 'click', 'deal', 'external')),
    hash         BLOB not null,
    subject_kind TEXT not null check (subject_kind in ('lead', 'stage')),
    subject_id   INTEGER not null,
    person_id    INTEGER not null references person (id) on delete restrict,
    learned_at   INTEGER not null,
    primary key (kind, hash, subject_kind, subject_id)
) STRICT, WITHOUT ROWID;
create index identity_key_subject on identity_key (subject_kind, subject_id);
create index identity_key_person on identity_key (person_id);

create table person_merge (
    id        INTEGER PRIMARY KEY,
    person_id INTEGER not null references person (id) on delete restrict,
    other_id  INTEGER not null references person (id) on delete restrict,
    kind      TEXT not null,
    hash      BLOB not null,
    at        INTEGER not null,
    undone_at INTEGER,
    undone_by INTEGER references app_user (id) on delete set null,
    unique (person_id, other_id)
) STRICT;
create index person_merge_other on person_merge (other_id);

alter table lead add column person_id INTEGER references person (id) on delete set null;
alter table lead add column duplicate_of INTEGER;
alter table lead add column inbox_id INTEGER;
alter table lead add column site_id INTEGER references landing_site (id) on delete set null;
alter table lead add column ad_external_id TEXT;
alter table lead add column campaign_external_id TEXT;
alter table lead add column form_id TEXT;
alter table lead add column name TEXT;
alter table lead add column phone_tail TEXT;
create index lead_person on lead (person_id);
create index lead_site on lead (site_id, created_at);

create table touch (
    lead_id      INTEGER not null references lead (id) on delete cascade,
    position     TEXT not null check (position in ('first', 'last')),
    at           INTEGER not null,
    utm_source   TEXT,
    utm_medium   TEXT,
    utm_campaign TEXT,
    utm_content  TEXT,
    utm_term     TEXT,
    click_kind   TEXT,
    click_id     TEXT,
    referrer     TEXT,
    landing      TEXT,
    primary key (lead_id, position)
) STRICT, WITHOUT ROWID;

create table stage_event (
    id          INTEGER PRIMARY KEY,
    lead_id     INTEGER references lead (id) on delete cascade,
    person_id   INTEGER references person (id) on delete set null,
    stage       TEXT not null,
    at          INTEGER not null,
    day         TEXT not null,
    learned_at  INTEGER not null,
    source      TEXT not null check (source in ('crm', 'webhook', 'import')),
    event_key   TEXT not null,
    inbox_id    INTEGER,
    unique (source, event_key)
) STRICT;
create index stage_event_lead on stage_event (lead_id, at);
create index stage_event_person on stage_event (person_id, at);

alter table fx_rate add column inbox_id INTEGER;

alter table ad_connection add column auth TEXT not null default 'token' check (auth in ('token', 'oauth', 'settings'));
alter table ad_connection add column expires_at INTEGER;
alter table ad_connection add column data_access_expires_at INTEGER;
alter table ad_connection add column scopes TEXT;
alter table ad_connection add column warned_days INTEGER;

alter table ad_account add column role TEXT;
alter table ad_account add column business TEXT;
alter table ad_account add column balance_micros INTEGER;
alter table ad_account add column spend_cap_micros INTEGER;
alter table ad_account add column disable_reason INTEGER;
alter table ad_account add column usage_percent INTEGER;
alter table ad_account add column paused_until INTEGER;
alter table ad_account add column history_from TEXT;
alter table ad_account add column history_done_at INTEGER;

alter table campaign add column is_tracked INTEGER not null default 1 check (is_tracked in (0, 1));
alter table campaign add column effective_status TEXT;
alter table campaign add column buying_type TEXT;
alter table campaign add column bid_strategy TEXT;
alter table campaign add column start_at INTEGER;
alter table campaign add column stop_at INTEGER;
alter table ad_set add column effective_status TEXT;
alter table ad_set add column lifetime_budget_micros INTEGER;
alter table ad_set add column billing_event TEXT;
alter table ad_set add column targeting TEXT;
alter table ad_set add column start_at INTEGER;
alter table ad_set add column stop_at INTEGER;
alter table ad add column effective_status TEXT;
alter table ad add column creative_id TEXT;
alter table ad add column creative TEXT;
alter table ad add column thumbnail_url TEXT;

create table raw_page (
    id          INTEGER PRIMARY KEY,
    account_id  INTEGER not null references ad_account (id) on delete restrict,
    kind        TEXT not null,
    received_at INTEGER not null,
    n_rows      INTEGER not null,
    size        INTEGER not null,
    sha256      BLOB not null,
    body        BLOB not null
) STRICT;
create index raw_page_account on raw_page (account_id, received_at);

alter table ad_fact add column raw_id INTEGER;
alter table ad_fact_version add column raw_id INTEGER;

alter table ad_sync_slice add column account_spend_micros INTEGER;
alter table ad_sync_slice add column ads_spend_micros INTEGER;
alter table ad_sync_slice add column compared_at INTEGER;

create table ad_account_day (
    account_id   INTEGER not null references ad_account (id) on delete restrict,
    day          TEXT not null,
    spend_micros INTEGER not null,
    impressions  INTEGER not null,
    clicks       INTEGER not null,
    link_clicks  INTEGER not null,
    reach        INTEGER,
    learned_at   INTEGER not null,
    primary key (account_id, day)
) STRICT, WITHOUT ROWID;

create table ad_reach (
    account_id  INTEGER not null references ad_account (id) on delete restrict,
    level       TEXT not null check (level in ('account', 'campaign', 'adset', 'ad')),
    external_id TEXT not null,
    from_day    TEXT not null,
    to_day      TEXT not null,
    reach       INTEGER not null,
    impressions INTEGER not null,
    learned_at  INTEGER not null,
    primary key (account_id, level, external_id, from_day, to_day)
) STRICT, WITHOUT ROWID;

create table ad_breakdown_fact (
    account_id      INTEGER not null references ad_account (id) on delete restrict,
    day             TEXT not null,
    kind            TEXT not null check (kind in ('placement', 'device')),
    ad_id           INTEGER not null references ad (id) on delete restrict,
    value           TEXT not null,
    spend_micros    INTEGER not null,
    impressions     INTEGER not null,
    clicks          INTEGER not null,
    link_clicks     INTEGER not null,
    reach           INTEGER,
    leads           INTEGER not null,
    purchases       INTEGER not null,
    purchase_micros INTEGER not null,
    version         INTEGER not null,
    learned_at      INTEGER not null,
    raw_id          INTEGER,
    primary key (account_id, day, kind, ad_id, value)
) STRICT, WITHOUT ROWID;
create index ad_breakdown_fact_ad on ad_breakdown_fact (ad_id);

create table ad_breakdown_version (
    account_id      INTEGER not null,
    day             TEXT not null,
    kind            TEXT not null,
    ad_id           INTEGER not null,
    value           TEXT not null,
    version         INTEGER not null,
    spend_micros    INTEGER not null,
    impressions     INTEGER not null,
    clicks          INTEGER not null,
    link_clicks     INTEGER not null,
    reach           INTEGER,
    leads           INTEGER not null,
    purchases       INTEGER not null,
    purchase_micros INTEGER not null,
    learned_at      INTEGER not null,
    raw_id          INTEGER,
    replaced_at     INTEGER not null,
    primary key (account_id, day, kind, ad_id, value, version)
) STRICT, WITHOUT ROWID;

create table ad_breakdown_slice (
    account_id INTEGER not null references ad_account (id) on delete restrict,
    day        TEXT not null,
    kind       TEXT not null,
    state      TEXT not null check (state in ('ok', 'failed')),
    n_rows     INTEGER not null,
    synced_at  INTEGER not null,
    error      TEXT,
    primary key (account_id, day, kind)
) STRICT, WITHOUT ROWID;

create table ad_report_run (
    id         INTEGER PRIMARY KEY,
    account_id INTEGER not null references ad_account (id) on delete restrict,
    kind       TEXT not null,
    from_day   TEXT not null,
    to_day     TEXT not null,
    run_id     TEXT not null,
    state      TEXT not null check (state in ('running', 'ready', 'taken', 'failed')),
    percent    INTEGER not null,
    tries      INTEGER not null,
    error      TEXT,
    created_at INTEGER not null,
    updated_at INTEGER not null
) STRICT;
create index ad_report_run_account on ad_report_run (account_id, state);

create table lead_page (
    id            INTEGER PRIMARY KEY,
    external_id   TEXT not null unique,
    name          TEXT not null,
    connection_id INTEGER references ad_connection (id) on delete set null,
    secret_id     INTEGER references secret (id) on delete set null,
    is_subscribed INTEGER not null default 0 check (is_subscribed in (0, 1)),
    state         TEXT not null check (state in ('new', 'ok', 'failed')),
    reason        TEXT,
    checked_at    INTEGER not null,
    last_lead_at  INTEGER
) STRICT;
create index lead_page_connection on lead_page (connection_id);
create index lead_page_secret on lead_page (secret_id);

create table lead_ad_fetch (
    leadgen_id TEXT primary key,
    page_id    TEXT not null,
    lead_id    INTEGER not null references lead (id) on delete cascade,
    state      TEXT not null check (state in ('waiting', 'done', 'failed')),
    tries      INTEGER not null,
    next_at    INTEGER not null,
    error      TEXT
) STRICT, WITHOUT ROWID;
create index lead_ad_fetch_todo on lead_ad_fetch (state, next_at);
create index lead_ad_fetch_lead on lead_ad_fetch (lead_id);

create table deletion_request (
    code        TEXT primary key,
    external_id TEXT not null,
    received_at INTEGER not null,
    done_at     INTEGER
) STRICT, WITHOUT ROWID;

create table crm_connection (
    id               INTEGER PRIMARY KEY,
    crm_account_id   INTEGER not null unique references crm_account (id) on delete restrict,
    host             TEXT not null,
    auth             TEXT not null check (auth in ('token', 'oauth')),
    client_id        TEXT,
    client_secret_id INTEGER references secret (id) on delete set null,
    access_id        INTEGER references secret (id) on delete set null,
    refresh_id       INTEGER references secret (id) on delete set null,
    redirect_uri     TEXT,
    expires_at       INTEGER,
    renewing_until   INTEGER,          -- somebody renews the tokens just now, at most until then
    state            TEXT not null check (state in ('ok', 'reconnect', 'error', 'off')),
    reason           TEXT,
    blocked_until    INTEGER,
    hook_state       TEXT not null default 'unknown' check (hook_state in ('unknown', 'ok', 'missing', 'disabled')),
    hook_checked_at  INTEGER,
    read_until       INTEGER,
    created_at       INTEGER not null,
    checked_at       INTEGER not null
) STRICT;
create index crm_connection_client_secret on crm_connection (client_secret_id);
create index crm_connection_access on crm_connection (access_id);
create index crm_connection_refresh on crm_connection (refresh_id);

create table crm_status (
    crm_account_id INTEGER not null references crm_account (id) on delete restrict,
    pipeline_id    TEXT not null,
    status_id      TEXT not null,
    pipeline       TEXT not null,
    name           TEXT not null,
    sort           INTEGER not null,
    seen_at        INTEGER not null,
    primary key (crm_account_id, pipeline_id, status_id)
) STRICT, WITHOUT ROWID;

create table crm_user (
    crm_account_id INTEGER not null references crm_account (id) on delete restrict,
    external_id    TEXT not null,
    name           TEXT not null,
    seen_at        INTEGER not null,
    primary key (crm_account_id, external_id)
) STRICT, WITHOUT ROWID;

create table crm_field (
    crm_account_id INTEGER not null references crm_account (id) on delete restrict,
    external_id    TEXT not null,
    name           TEXT not null,
    code           TEXT,
    kind           TEXT not null,
    utm_code       TEXT check (utm_code in ('UTM_SOURCE', 'UTM_MEDIUM', 'UTM_CAMPAIGN', 'UTM_CONTENT', 'UTM_TERM', 'FBCLID', 'PREPAID')),
    seen_at        INTEGER not null,
    primary key (crm_account_id, external_id)
) STRICT, WITHOUT ROWID;

create table crm_sync (
    id             INTEGER PRIMARY KEY,
    crm_account_id INTEGER not null references crm_account (id) on delete restrict,
    kind           TEXT not null check (kind in ('bulk', 'read_back')),
    from_at        INTEGER not null,
    to_at          INTEGER not null,
    started_at     INTEGER not null,
    finished_at    INTEGER,
    state          TEXT not null check (state in ('running', 'ok', 'failed')),
    n_seen         INTEGER not null,
    error          TEXT
) STRICT;
create index crm_sync_account on crm_sync (crm_account_id, started_at);

create table crm_sync_result (
    sync_id INTEGER not null references crm_sync (id) on delete cascade,
    deal_id TEXT not null,
    outcome TEXT not null check (outcome in ('waiting', 'same', 'missed', 'changed', 'failed')),
    detail  TEXT,
    at      INTEGER not null,
    primary key (sync_id, deal_id)
) STRICT, WITHOUT ROWID;

alter table stage_map add column funnel_stage TEXT;
alter table deal_event add column source TEXT not null default 'hook' check (source in ('hook', 'read', 'import'));
alter table deal_event add column is_prepaid INTEGER;
alter table credit add column via_lead_id INTEGER references lead (id) on delete set null;

create table import_run (
    id          INTEGER PRIMARY KEY,
    kind        TEXT not null,
    file_name   TEXT not null,
    started_at  INTEGER not null,
    finished_at INTEGER,
    started_by  INTEGER references app_user (id) on delete set null,
    n_taken     INTEGER not null,
    n_merged    INTEGER not null,
    n_refused   INTEGER not null,
    n_before    INTEGER not null,
    n_after     INTEGER
) STRICT;
create index import_run_by on import_run (started_by);

create table import_row (
    run_id  INTEGER not null references import_run (id) on delete cascade,
    line    INTEGER not null,
    outcome TEXT not null check (outcome in ('taken', 'merged', 'refused')),
    detail  TEXT,
    primary key (run_id, line)
) STRICT, WITHOUT ROWID;

create view landing_leads as
select l.id, l.external_id, l.name, l.utm_source, l.utm_medium, l.utm_campaign, l.utm_content, l.utm_term,
       s.name as site, l.day, l.created_at
  from lead l left join landing_site s on s.id = l.site_id
 where l.source_kind = 'landing';

create view leads as
select id, source_kind, external_id, name, utm_source, utm_medium, utm_campaign, utm_content, utm_term, day, created_at
  from lead
 where duplicate_of is null;

create view traffic_lead_journey as
select e.id, e.lead_id, e.person_id, e.stage, e.source, e.at as stage_at, e.learned_at as created_at
  from stage_event e;

create view journey_stages as
select id, lead_id, person_id, stage, source, stage_at, created_at from traffic_lead_journey;

create view express_course_sales as
select a.id, a.lead_id, a.sale_amount, a.sale_currency, a.utm_source, a.sale_date, a.created_at
  from all_sales_tracking a join sale s on s.id = a.id join product p on p.id = s.product_id
 where p.code = 'express' and a.state = 'won';

create view challenge3d_sales as
select a.id, a.lead_id, a.state, a.sale_amount, a.sale_currency, a.utm_source, a.sale_date, a.created_at,
       case when a.state = 'open' then 1 else 0 end as prepaid
  from all_sales_tracking a join sale s on s.id = a.id join product p on p.id = s.product_id
 where p.code = 'challenge3d'
   and (a.state = 'won' or exists (select 1 from payment y where y.sale_id = s.id and y.kind = 'prepayment'));

create view intensive1d_sales as
select a.id, a.lead_id, a.sale_amount, a.sale_currency, a.utm_source, a.sale_date, a.created_at
  from all_sales_tracking a join sale s on s.id = a.id join product p on p.id = s.product_id
 where p.code = 'intensive1d' and a.state = 'won';

create view main_product_sales as
select a.id, a.lead_id, a.sale_amount, a.sale_currency, a.utm_source, a.sale_date, a.created_at
  from all_sales_tracking a join sale s on s.id = a.id join product p on p.id = s.product_id
 where p.code = 'flagman' and a.state = 'won';

create view short_links as
select id, code, title, target as original_url, owner_id as user_id, team_id, utm_source, utm_medium, utm_campaign,
       utm_content, utm_term, expires_at, created_at
  from short_link;

create view short_link_clicks as
select id, link_id as short_link_id, at as clicked_at, class, is_first as is_unique, ip_prefix, agent as user_agent,
       referrer_host as referer
  from link_click;

create view targetologist_utm_settings as
select id, name, team_id, source as utm_source, medium as utm_medium, campaign as utm_campaign,
       content as utm_content, term as utm_term, is_default, created_by as user_id, created_at
  from utm_template
 where archived_at is null;

create view traffic_targetologist_settings as
select a.id, b.user_id, b.team_id, a.external_id as ad_account_id, a.is_tracked, s.hint as token_hint,
       (select count(*) from campaign c where c.account_id = a.id and c.is_tracked = 1) as tracked_campaigns
  from ad_account a
       left join ad_account_binding b on b.account_id = a.id and b.valid_to is null
       left join ad_connection n on n.id = a.connection_id
       left join secret s on s.id = n.secret_id;

create view bulk_syncs as
select s.id, a.subdomain, s.kind, s.from_at, s.to_at, s.started_at, s.finished_at, s.state as status, s.n_seen as total,
       (select count(*) from crm_sync_result r where r.sync_id = s.id and r.outcome in ('missed', 'changed')) as repaired,
       s.error as error_message
  from crm_sync s join crm_account a on a.id = s.crm_account_id;

create view bulk_sync_results as
select sync_id, deal_id as lead_id, outcome as status, detail as message, at as created_at from crm_sync_result;

create view historical_sync_log as
select id, job as sync_type, started_at, finished_at, outcome as status, seen, written, failed, error as error_message
  from job_run
 where job in ('ads.history', 'crm.bulk', 'attribution.run');

create view integration_logs as
select id, vendor as integration, method, path as endpoint, status as status_code, ms as duration_ms, bytes, tries,
       error as error_message, at as created_at
  from integration_log;

create view error_logs as
select fingerprint, event, level, sample as message, n as occurrences, first_at, last_at as created_at from error_event;
