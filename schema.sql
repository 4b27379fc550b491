-- schema.sql: the whole database as it is today, commented column by column.
-- The one rule: facts are appended, everything else can be rebuilt from them.
--
-- Written for SQLite in a narrow dialect that the PostgreSQL driver translates word by word:
-- INTEGER, TEXT, BLOB, REAL, INTEGER PRIMARY KEY, STRICT, WITHOUT ROWID.
-- Money is int64 micro-units (1e-6) named *_micros, its currency beside it. Instants are UTC
-- milliseconds named *_at. Days are 'YYYY-MM-DD' text: in the ad account's zone for ad facts, in the
-- reporting zone for CRM facts. A vendor's ids are TEXT in external_id or deal_id; ours are INTEGER.

-- ---- core ----------------------------------------------------------------------------------

-- The steps this database has taken (src/db/migrations). Written by the migration alone.
create table schema_migration (
    version    INTEGER PRIMARY KEY,
    name       TEXT not null,          -- '0001_first'
    checksum   TEXT not null,          -- SHA-256 of the file as it was then, hex
    applied_at INTEGER not null
) STRICT;

-- One row: the number that moves whenever an answer could change. Caches and ETags are made of it.
create table data_version (
    id      INTEGER PRIMARY KEY check (id = 1),
    version INTEGER not null
) STRICT;
insert into data_version (id, version) values (1, 1);

-- Vendor tokens, sealed (XChaCha20-Poly1305; table, row and column are authenticated too).
create table secret (
    id         INTEGER PRIMARY KEY,
    kind       TEXT not null,    -- 'meta.token'
    sealed     BLOB not null,
    hint       TEXT not null,    -- the last four characters, for the eye
    created_at INTEGER not null,
    updated_at INTEGER not null
) STRICT;

-- ---- teams and users -----------------------------------------------------------------------

create table team (
    id           INTEGER PRIMARY KEY,
    name         TEXT not null,
    name_folded  TEXT not null unique, -- lower case in our own folding, what look-ups compare
    lead_user_id INTEGER,              -- app_user.id; no foreign key, the two tables point at each other
    colour       TEXT not null default '#5b9bff',
    emoji        TEXT not null default '',
    created_at   INTEGER not null,
    archived_at  INTEGER               -- archived, never deleted: past spend and sales keep their team
) STRICT;

create table app_user (
    id                  INTEGER PRIMARY KEY,
    email               TEXT not null unique, -- stored folded
    full_name           TEXT not null,
    role                TEXT not null check (role in ('viewer', 'targetologist', 'team_lead', 'admin')),
    team_id             INTEGER references team (id) on delete restrict,
    password_hash       TEXT,          -- Argon2id; null until the person has chosen one
    locale              TEXT not null default 'ru' check (locale in ('ru', 'kk', 'en', 'pt')),
    created_at          INTEGER not null,
    password_changed_at INTEGER,
    disabled_at         INTEGER        -- disabled, never deleted: history keeps its owner
) STRICT;
create index app_user_team on app_user (team_id);

-- A signed-in browser or script. Tokens only name a session; ending it acts at once.
create table session (
    id           TEXT primary key,     -- 128 random bits, base64url
    user_id      INTEGER not null references app_user (id) on delete cascade,
    created_at   INTEGER not null,
    last_used_at INTEGER not null,
    expires_at   INTEGER not null,     -- absolute, 30 days; idle limit is 7 days from last_used_at
    ended_at     INTEGER,
    end_reason   TEXT,                 -- 'logout', 'reuse', 'password', 'disabled', 'role'
    remote_ip    TEXT not null,
    user_agent   TEXT not null
) STRICT;
create index session_user_id on session (user_id);

-- One link of a session's rotating chain. Only hashes are kept.
create table refresh_token (
    hash       BLOB primary key,       -- BLAKE2b of the token
    session_id TEXT not null references session (id) on delete cascade,
    created_at INTEGER not null,
    used_at    INTEGER,                -- set by the first use; a later use within the grace gets the same successor
    successor  BLOB                    -- the next token, sealed, readable only during the grace
) STRICT;
create index refresh_token_session on refresh_token (session_id);

-- One-time codes: the first admin's set-up link, password invitations.
create table one_time_code (
    hash       BLOB primary key,
    purpose    TEXT not null check (purpose in ('setup', 'invite')),
    user_id    INTEGER references app_user (id) on delete cascade,
    created_at INTEGER not null,
    expires_at INTEGER not null,
    used_at    INTEGER
) STRICT;

create table login_event (
    id         INTEGER PRIMARY KEY,
    at         INTEGER not null,
    user_id    INTEGER references app_user (id) on delete set null,
    email      TEXT not null,          -- as typed, folded and cut to 254 characters
    result     TEXT not null check (result in ('ok', 'wrong', 'locked', 'disabled', 'reuse')),
    remote_ip  TEXT not null,
    user_agent TEXT not null
) STRICT;
create index login_event_user on login_event (user_id, at);

-- Who did what, to which row, before and after. Each row's hash covers the one before it.
create table audit_log (
    id         INTEGER PRIMARY KEY,
    at         INTEGER not null,
    user_id    INTEGER references app_user (id) on delete set null,
    actor      TEXT not null,          -- e-mail, or 'system', or 'command line'
    action     TEXT not null,          -- 'team.create'
    entity     TEXT not null,
    entity_id  INTEGER,
    before     TEXT,                   -- JSON, without secrets
    after      TEXT,
    request_id TEXT not null,
    hash       BLOB not null unique    -- keyed BLAKE2b over the previous hash and this row
) STRICT;
create index audit_log_at on audit_log (at);
create index audit_log_user on audit_log (user_id);

-- ---- jobs and inbox ------------------------------------------------------------------------

create table job_run (
    id          INTEGER PRIMARY KEY,
    job         TEXT not null,         -- 'ads.sync'
    slot_at     INTEGER not null,      -- when it was due; the claim of a run is this row
    started_at  INTEGER not null,
    finished_at INTEGER,
    -- null while running; lost = the process died
    outcome     TEXT check (outcome in ('ok', 'partial', 'failed', 'lost')),
    seen        INTEGER not null default 0,
    written     INTEGER not null default 0,
    failed      INTEGER not null default 0, -- parts that failed while others went on
    error       TEXT,
    log TEXT, -- the last lines it said
    unique (job, slot_at)
) STRICT;
create index job_run_started on job_run (job, started_at);

-- What vendors sent, raw, before it was understood. Never changed but for its state.
create table inbox_event (
    id           INTEGER PRIMARY KEY,
    source       TEXT not null,        -- 'amocrm'
    dedupe_key   TEXT not null,        -- hash of the body: a repeated delivery is the same row
    received_at  INTEGER not null,
    content_type TEXT not null,
    body         BLOB not null,
    state        TEXT not null default 'new' check (state in ('new', 'done', 'parked')),
    attempts     INTEGER not null default 0,
    next_at      INTEGER not null,     -- not to be tried before
    error        TEXT,                 -- why the last try failed
    done_at      INTEGER,
    -- of the vendor, over the raw bytes
    signature TEXT not null default 'none' check (signature in ('none', 'ok', 'bad')),
    parser TEXT, -- who understood it, with the version of its words: 'amocrm/2'
    outcome TEXT, -- what became of it, in words
    subject TEXT, -- what it is about: a deal's or a lead's id there
    replays INTEGER not null default 0, -- how often it was worked off again by a person's word
    unique (source, dedupe_key)
) STRICT;
create index inbox_event_todo on inbox_event (state, next_at, id);
create index inbox_event_seen on inbox_event (received_at, id);
create index inbox_event_subject on inbox_event (subject);

-- Secrets in webhook paths, hashed. Two may be valid while one is being replaced.
create table webhook_key (
    id         INTEGER PRIMARY KEY,
    source     TEXT not null,
    hash       BLOB not null unique,
    hint       TEXT not null,
    created_at INTEGER not null,
    retired_at INTEGER
) STRICT;

-- ---- rates ---------------------------------------------------------------------------------

-- What one `quant` of base cost in quote on a day. The day a rate is asked for may differ from the
-- day it was set (weekends, holidays).
create table fx_rate (
    base        TEXT not null,         -- 'USD'
    quote       TEXT not null,         -- 'KZT'
    day         TEXT not null,         -- the day it is used for
    source      TEXT not null check (source in ('manual', 'nbk', 'fallback')),
    rate_micros INTEGER not null check (rate_micros > 0),
    quant       INTEGER not null default 1 check (quant > 0),
    rate_day    TEXT not null,         -- the day the source set it for
    learned_at  INTEGER not null,
    inbox_id INTEGER,
    primary key (base, quote, day, source)
) STRICT, WITHOUT ROWID;

-- ---- ads -----------------------------------------------------------------------------------

-- A way into an ad platform: a pasted token.
create table ad_connection (
    id              INTEGER PRIMARY KEY,
    platform        TEXT not null,
    label           TEXT not null,     -- the token owner's name as the platform says it
    external_id     TEXT not null,     -- the token owner's id there
    secret_id       INTEGER references secret (id) on delete set null, -- null: the token from the settings
    state           TEXT not null check (state in ('ok', 'reconnect', 'error', 'off')),
    reason          TEXT,              -- what is wrong, in words
    created_by      INTEGER references app_user (id) on delete set null,
    created_at      INTEGER not null,
    checked_at      INTEGER not null,
    auth TEXT not null default 'token' check (auth in ('token', 'oauth', 'settings')),
    expires_at INTEGER, -- of the token; null = never, or not said
    data_access_expires_at INTEGER,
    scopes TEXT, -- granted permissions, commas between
    warned_days INTEGER, -- the last step of 14, 7, 3, 1 that was said
    unique (platform, external_id)
) STRICT;

create table ad_account (
    id                  INTEGER PRIMARY KEY,
    platform            TEXT not null,
    external_id         TEXT not null, -- without the act_ prefix
    connection_id       INTEGER references ad_connection (id) on delete set null,
    name                TEXT not null,
    currency            TEXT not null,
    tz                  TEXT not null, -- its days are days of this zone
    status              INTEGER not null, -- the platform's number: 1 active, 2 disabled ...
    amount_spent_micros INTEGER not null default 0, -- lifetime, account currency
    is_tracked          INTEGER not null default 1 check (is_tracked in (0, 1)),
    sync_state          TEXT not null default 'new' check (sync_state in ('new', 'ok', 'failed', 'reconnect')),
    sync_error          TEXT,          -- what to do, in words
    synced_at           INTEGER,       -- end of the last good run
    first_seen_at       INTEGER not null,
    role TEXT, -- 'owned', 'client', 'direct', 'file'
    business TEXT,
    balance_micros INTEGER,
    spend_cap_micros INTEGER,
    disable_reason INTEGER,
    usage_percent INTEGER, -- of the platform's quota, when asked last
    paused_until INTEGER, -- the platform wants to be left alone until then
    history_from TEXT, -- days from here on are known; null = not begun
    history_done_at INTEGER, -- there is nothing older to read
    unique (platform, external_id)
) STRICT;
create index ad_account_connection on ad_account (connection_id);

-- Whose spend it is, day by day. Periods of one account never overlap.
create table ad_account_binding (
    id         INTEGER PRIMARY KEY,
    account_id INTEGER not null references ad_account (id) on delete restrict,
    team_id    INTEGER not null references team (id) on delete restrict,
    user_id    INTEGER references app_user (id) on delete set null,
    valid_from TEXT not null,          -- day, inclusive, in the account's zone
    valid_to   TEXT,                   -- day, inclusive; null = still
    created_at INTEGER not null
) STRICT;
create index ad_account_binding_account on ad_account_binding (account_id, valid_from);
create index ad_account_binding_team on ad_account_binding (team_id);
create index ad_account_binding_user on ad_account_binding (user_id);

create table campaign (
    id                     INTEGER PRIMARY KEY,
    account_id             INTEGER not null references ad_account (id) on delete restrict,
    external_id            TEXT not null,
    name                   TEXT not null,
    objective              TEXT,
    status                 TEXT,       -- the platform's own words: an open set
    daily_budget_micros    INTEGER,    -- account currency; null = not set on this level
    lifetime_budget_micros INTEGER,
    seen_at                INTEGER not null,
    is_tracked INTEGER not null default 1 check (is_tracked in (0, 1)), -- shown in lists; its money counts anyway
    effective_status TEXT, -- with what the account imposes
    buying_type TEXT,
    bid_strategy TEXT,
    start_at INTEGER,
    stop_at INTEGER,
    unique (account_id, external_id)
) STRICT;
create index campaign_external on campaign (external_id);
create index campaign_name on campaign (name);

create table ad_set (
    id                  INTEGER PRIMARY KEY,
    account_id          INTEGER not null references ad_account (id) on delete restrict,
    campaign_id         INTEGER not null references campaign (id) on delete restrict,
    external_id         TEXT not null,
    name                TEXT not null,
    status              TEXT,
    optimization_goal   TEXT,
    daily_budget_micros INTEGER,
    seen_at             INTEGER not null,
    effective_status TEXT,
    lifetime_budget_micros INTEGER,
    billing_event TEXT,
    targeting TEXT, -- JSON as the platform says it
    start_at INTEGER,
    stop_at INTEGER,
    unique (account_id, external_id)
) STRICT;
create index ad_set_campaign on ad_set (campaign_id);

create table ad (
    id          INTEGER PRIMARY KEY,
    account_id  INTEGER not null references ad_account (id) on delete restrict,
    campaign_id INTEGER not null references campaign (id) on delete restrict,
    ad_set_id   INTEGER not null references ad_set (id) on delete restrict,
    external_id TEXT not null,
    name        TEXT not null,
    status      TEXT,
    url_tags    TEXT,                  -- the UTM template on the creative
    seen_at     INTEGER not null,
    effective_status TEXT,
    creative_id TEXT,
    creative TEXT, -- JSON as the platform says it
    thumbnail_url TEXT,
    unique (account_id, external_id)
) STRICT;
create index ad_campaign on ad (campaign_id);
create index ad_ad_set on ad (ad_set_id);
create index ad_external on ad (external_id);

-- What an ad cost and brought on a day, as the platform says it now.
create table ad_fact (
    account_id      INTEGER not null references ad_account (id) on delete restrict,
    day             TEXT not null,     -- in the account's zone
    ad_id           INTEGER not null references ad (id) on delete restrict,
    spend_micros    INTEGER not null,  -- account currency
    impressions     INTEGER not null,
    clicks          INTEGER not null,  -- all clicks
    link_clicks     INTEGER not null,
    reach           INTEGER,           -- not additive; null = not said
    leads           INTEGER not null,  -- what the platform counts as leads
    purchases       INTEGER not null,
    purchase_micros INTEGER not null,  -- the platform's value of them, account currency
    version         INTEGER not null,  -- 1 at first, +1 at each restatement
    learned_at      INTEGER not null,
    raw_id INTEGER, -- raw_page.id: the bytes that said so
    primary key (account_id, day, ad_id)
) STRICT, WITHOUT ROWID;
create index ad_fact_ad on ad_fact (ad_id);

-- What ad_fact said before the platform restated a day or took a row away. Only ever appended.
create table ad_fact_version (
    account_id      INTEGER not null,
    day             TEXT not null,
    ad_id           INTEGER not null,
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
    replaced_at     INTEGER not null,
    raw_id INTEGER,
    primary key (account_id, day, ad_id, version)
) STRICT, WITHOUT ROWID;

-- Which days of which account are known, since when, and what went wrong.
create table ad_sync_slice (
    account_id INTEGER not null references ad_account (id) on delete restrict,
    day        TEXT not null,
    state      TEXT not null check (state in ('ok', 'failed')),
    n_rows     INTEGER not null,
    synced_at  INTEGER not null,
    error      TEXT,
    account_spend_micros INTEGER, -- as the account level says; null = not compared
    ads_spend_micros INTEGER, -- as its ads add up to
    compared_at INTEGER,
    primary key (account_id, day)
) STRICT, WITHOUT ROWID;

-- ---- leads and sales -----------------------------------------------------------------------

create table product (
    id             INTEGER PRIMARY KEY,
    code           TEXT not null unique, -- 'express'
    name           TEXT not null,
    price_micros   INTEGER,
    currency       TEXT,
    counts_as_sale INTEGER not null check (counts_as_sale in (0, 1)),
    position       INTEGER not null
) STRICT;
insert into product (id, code, name, price_micros, currency, counts_as_sale, position) values
    (1, 'express', 'Express', 5000000000, 'KZT', 1, 1),
    (2, 'challenge3d', 'Challenge 3D', null, 'KZT', 1, 2),
    (3, 'intensive1d', 'Intensive 1D', null, 'KZT', 1, 3),
    (4, 'flagman', 'Flagman', 490000000000, 'KZT', 1, 4);

create table crm_account (
    id          INTEGER PRIMARY KEY,
    kind        TEXT not null check (kind in ('amocrm')),
    external_id TEXT not null,
    subdomain   TEXT not null,
    currency    TEXT not null,         -- of every deal's price
    seen_at     INTEGER not null,
    unique (kind, external_id)
) STRICT;

-- Which product a pipeline sells; a status other than 142 and 143 may count as paid in advance.
create table stage_map (
    pipeline_id TEXT not null,
    status_id   TEXT not null,         -- '' = every status of the pipeline
    stage       TEXT not null check (stage in ('lead', 'prepaid', 'won', 'lost')),
    product_id  INTEGER references product (id) on delete restrict,
    funnel_stage TEXT, -- the stage that a lead reaches here; null = none
    primary key (pipeline_id, status_id)
) STRICT, WITHOUT ROWID;

-- A site whose forms may send leads; its keys are in webhook_key under "landing:<id>".
create table landing_site (
    id          INTEGER PRIMARY KEY,
    name        TEXT not null,
    origin      TEXT not null unique, -- 'https://example.kz': the only one whose scripts may post
    -- whose lead looks after it; null = admins. Tags say whose its leads are
    team_id     INTEGER references team (id) on delete restrict,
    per_minute  INTEGER not null default 60, -- more leads than that are refused
    created_at  INTEGER not null,
    archived_at INTEGER
) STRICT;
create index landing_site_team on landing_site (team_id);

-- Somebody, by deterministic keys alone. Persons that turn out to be one keep their rows and point at a root.
create table person (
    id         INTEGER PRIMARY KEY,
    root_id    INTEGER references person (id) on delete restrict, -- null = itself
    created_at INTEGER not null
) STRICT;
create index person_root on person (root_id);

-- Someone who may buy. The same person from two doors is still two leads here.
create table lead (
    id           INTEGER PRIMARY KEY,
    source_kind  TEXT not null check (source_kind in ('lead_ad', 'landing', 'crm', 'whatsapp', 'import')),
    external_id  TEXT not null,        -- for crm: '<account>/<deal>'
    created_at   INTEGER not null,     -- when it happened
    day          TEXT not null,        -- of created_at, reporting zone
    learned_at   INTEGER not null,     -- when we heard of it
    utm_source   TEXT,
    utm_medium   TEXT,
    utm_campaign TEXT,
    utm_content  TEXT,
    utm_term     TEXT,
    person_id INTEGER references person (id) on delete set null, -- by its keys; the root is who it is
    duplicate_of INTEGER, -- lead.id; null = it counts
    inbox_id INTEGER, -- the raw bytes that brought it
    site_id INTEGER references landing_site (id) on delete set null,
    ad_external_id TEXT, -- the platform's id, when the platform says it
    campaign_external_id TEXT,
    form_id TEXT,
    name TEXT,
    phone_tail TEXT, -- the last four digits, for the eye
    unique (source_kind, external_id)
) STRICT;
create index lead_day on lead (day);
create index lead_person on lead (person_id);
create index lead_site on lead (site_id, created_at);

-- One observation of a deal, as a webhook told it. The sale is what these add up to, in the order
-- in which they happened, whatever the order in which they came.
create table deal_event (
    id             INTEGER PRIMARY KEY,
    crm_account_id INTEGER not null references crm_account (id) on delete restrict,
    deal_id        TEXT not null,
    event_key      TEXT not null,      -- the same observation twice has the same key
    action         TEXT not null check (action in ('add', 'update', 'status', 'responsible', 'delete', 'restore', 'read')),
    at             INTEGER not null,   -- when it happened, as the CRM says
    learned_at     INTEGER not null,
    inbox_id       INTEGER,            -- the raw bytes that brought it
    status_id      TEXT,
    pipeline_id    TEXT,
    price_micros   INTEGER,            -- null = not said
    name           TEXT,
    responsible_id TEXT,
    created_at     INTEGER,            -- of the deal
    utm_source     TEXT,
    utm_medium     TEXT,
    utm_campaign   TEXT,
    utm_content    TEXT,
    utm_term       TEXT,
    -- a webhook, our own reading, a file
    source TEXT not null default 'hook' check (source in ('hook', 'read', 'import')),
    is_prepaid INTEGER, -- the prepaid flag; null = not said
    unique (crm_account_id, deal_id, event_key)
) STRICT;

-- A deal of the CRM: one row, whatever it went through.
create table sale (
    id             INTEGER PRIMARY KEY,
    crm_account_id INTEGER not null references crm_account (id) on delete restrict,
    deal_id        TEXT not null,
    lead_id        INTEGER references lead (id) on delete set null,
    product_id     INTEGER references product (id) on delete restrict,
    name           TEXT,
    state          TEXT not null check (state in ('open', 'won', 'lost', 'deleted')),
    pipeline_id    TEXT,
    status_id      TEXT,
    price_micros   INTEGER not null,   -- 0 while unknown
    currency       TEXT not null,
    responsible_id TEXT,
    created_at     INTEGER not null,
    modified_at    INTEGER not null,
    won_at         INTEGER,            -- when it was won last, while it is won
    day            TEXT not null,      -- of won_at, else of created_at; reporting zone
    learned_at     INTEGER not null,
    utm_source     TEXT,
    utm_medium     TEXT,
    utm_campaign   TEXT,
    utm_content    TEXT,
    utm_term       TEXT,
    unique (crm_account_id, deal_id)
) STRICT;
create index sale_day on sale (day, id);
create index sale_lead on sale (lead_id);
create index sale_product on sale (product_id);

-- Money that came in or went back: refunds are negative, on their own day.
create table payment (
    id            INTEGER PRIMARY KEY,
    sale_id       INTEGER not null references sale (id) on delete cascade,
    kind          TEXT not null check (kind in ('prepayment', 'full', 'correction', 'refund')),
    amount_micros INTEGER not null,
    currency      TEXT not null,
    at            INTEGER not null,
    day           TEXT not null,       -- of at, reporting zone
    learned_at    INTEGER not null,
    event_key     TEXT not null,       -- the deal_event it follows from
    unique (sale_id, kind, event_key)
) STRICT;
create index payment_day on payment (day);

create table sale_activity (
    id         INTEGER PRIMARY KEY,
    sale_id    INTEGER not null references sale (id) on delete cascade,
    at         INTEGER not null,       -- when we did it
    action     TEXT not null check (action in ('created', 'updated', 'attributed')),
    state      TEXT not null,          -- of the sale afterwards
    team_id    INTEGER references team (id) on delete restrict,
    user_id    INTEGER references app_user (id) on delete set null,
    metadata   TEXT not null           -- JSON
) STRICT;
create index sale_activity_sale on sale_activity (sale_id, id);
create index sale_activity_team on sale_activity (team_id);

-- ---- attribution ---------------------------------------------------------------------------

-- A numbered, immutable version of the ordered rules. The newest one decides.
create table rule_set (
    id         INTEGER PRIMARY KEY,
    created_at INTEGER not null,
    created_by INTEGER references app_user (id) on delete set null,
    note       TEXT not null
) STRICT;

create table utm_rule (
    id          INTEGER PRIMARY KEY,
    rule_set_id INTEGER not null references rule_set (id) on delete restrict,
    position    INTEGER not null,      -- lower is asked first
    kind        TEXT not null check (kind in ('exact', 'alias', 'prefix', 'suffix', 'campaign', 'ad', 'responsible')),
    value       TEXT not null,         -- folded; for campaign and ad the platform's id
    team_id     INTEGER not null references team (id) on delete restrict,
    user_id     INTEGER references app_user (id) on delete set null,
    valid_from  TEXT,                  -- days, inclusive; null = always
    valid_to    TEXT,
    unique (rule_set_id, position)
) STRICT;
create index utm_rule_team on utm_rule (team_id);
create index utm_rule_user on utm_rule (user_id);

-- Whose sale or lead it is under one model. The shares of one subject sum to exactly 1.
create table credit (
    id           INTEGER PRIMARY KEY,
    subject_kind TEXT not null check (subject_kind in ('sale', 'lead')),
    subject_id   INTEGER not null,
    model        TEXT not null check (model in ('rule')),
    numerator    INTEGER not null,
    denominator  INTEGER not null check (denominator > 0),
    team_id      INTEGER references team (id) on delete restrict, -- null = the unattributed bucket
    user_id      INTEGER references app_user (id) on delete set null,
    rule_set_id  INTEGER not null references rule_set (id) on delete restrict,
    rule_id      INTEGER references utm_rule (id) on delete restrict,
    reason       TEXT not null,        -- 'exact', 'prefix', 'binding', 'no_tag', 'no_rule' ...
    campaign_id  INTEGER references campaign (id) on delete set null, -- what its tags point at
    ad_set_id    INTEGER references ad_set (id) on delete set null,
    ad_id        INTEGER references ad (id) on delete set null,
    decided_at   INTEGER not null,
    -- lead.id of the same person whose tags decided; null = its own
    via_lead_id INTEGER references lead (id) on delete set null,
    unique (subject_kind, subject_id, model)
) STRICT;
create index credit_team on credit (team_id);

-- ---- metrics -------------------------------------------------------------------------------

-- Days whose rollups no longer follow from the facts. Written in the transaction that changed them.
create table rollup_dirty (
    day TEXT primary key
) STRICT, WITHOUT ROWID;

-- The finest rollup: one row per day and everything a number can be split by. 0 = none. Money is
-- converted row by row at the rate of the row's own day.
create table rollup_day (
    day             TEXT not null,
    team_id         INTEGER not null,
    user_id         INTEGER not null,
    account_id      INTEGER not null,
    campaign_id     INTEGER not null,
    ad_set_id       INTEGER not null,
    ad_id           INTEGER not null,
    product_id      INTEGER not null,
    spend_kzt       INTEGER not null,  -- micros
    spend_usd       INTEGER not null,
    spend_brl       INTEGER not null,
    revenue_kzt     INTEGER not null,
    revenue_usd     INTEGER not null,
    revenue_brl     INTEGER not null,
    meta_value_kzt  INTEGER not null,  -- what the platform says its purchases were worth
    meta_value_usd  INTEGER not null,
    meta_value_brl  INTEGER not null,
    impressions     INTEGER not null,
    clicks          INTEGER not null,
    link_clicks     INTEGER not null,
    meta_leads      INTEGER not null,
    meta_purchases  INTEGER not null,
    leads           INTEGER not null,
    sales           INTEGER not null,
    unpriced_kzt    INTEGER not null,  -- facts left out of the money because a rate is missing
    unpriced_usd    INTEGER not null,
    unpriced_brl    INTEGER not null,
    n_sources       INTEGER not null,  -- facts that went into this row
    primary key (day, team_id, user_id, account_id, campaign_id, ad_set_id, ad_id, product_id)
) STRICT, WITHOUT ROWID;

-- The same, per day, team and product: what the overview reads.
create table rollup_team_day (
    day             TEXT not null,
    team_id         INTEGER not null,
    user_id         INTEGER not null,
    product_id      INTEGER not null,
    spend_kzt       INTEGER not null,
    spend_usd       INTEGER not null,
    spend_brl       INTEGER not null,
    revenue_kzt     INTEGER not null,
    revenue_usd     INTEGER not null,
    revenue_brl     INTEGER not null,
    meta_value_kzt  INTEGER not null,
    meta_value_usd  INTEGER not null,
    meta_value_brl  INTEGER not null,
    impressions     INTEGER not null,
    clicks          INTEGER not null,
    link_clicks     INTEGER not null,
    meta_leads      INTEGER not null,
    meta_purchases  INTEGER not null,
    leads           INTEGER not null,
    sales           INTEGER not null,
    unpriced_kzt    INTEGER not null,
    unpriced_usd    INTEGER not null,
    unpriced_brl    INTEGER not null,
    n_sources       INTEGER not null,
    primary key (day, team_id, user_id, product_id)
) STRICT, WITHOUT ROWID;

-- Sums over today, 7d and 30d, per user and per team, as document 001 knew them.
create table period_metric (
    team_id              INTEGER not null,
    user_id              INTEGER not null, -- 0 = the whole team
    period               TEXT not null check (period in ('today', '7d', '30d')),
    period_start         TEXT not null,
    period_end           TEXT not null,
    spend_usd            INTEGER not null,
    spend_kzt            INTEGER not null,
    revenue_kzt          INTEGER not null,
    impressions          INTEGER not null,
    clicks               INTEGER not null,
    leads                INTEGER not null,
    challenge3d_leads    INTEGER not null,
    express_leads        INTEGER not null,
    challenge3d_prepayments           INTEGER not null,
    challenge3d_prepayment_kzt        INTEGER not null,
    sales                INTEGER not null,
    updated_at           INTEGER not null,
    primary key (team_id, user_id, period)
) STRICT, WITHOUT ROWID;

-- ---- what comes in, and what went wrong ----------------------------------------------------

-- What an admin set for a job over its row in the program: another schedule, a pause.
create table job_setting (
    job        TEXT primary key,
    cron       TEXT, -- null = the program's own
    paused_at  INTEGER,
    changed_by INTEGER references app_user (id) on delete set null,
    changed_at INTEGER not null
) STRICT, WITHOUT ROWID;

-- Which fields a source's events had, day by day; field '' counts the events themselves.
create table inbox_field (
    source   TEXT not null,
    field    TEXT not null, -- 'custom_fields[utm_source]': indexes are left out
    day      TEXT not null,
    n_events INTEGER not null,
    last_at  INTEGER not null,
    primary key (source, field, day)
) STRICT, WITHOUT ROWID;

-- A field that used to come and came no more.
create table inbox_drift (
    source       TEXT not null,
    field        TEXT not null,
    last_seen_at INTEGER not null, -- of the last event that had it
    noticed_at   INTEGER not null,
    back_at      INTEGER, -- null = still missing
    primary key (source, field, last_seen_at)
) STRICT, WITHOUT ROWID;

-- Calls to the APIs of others, without tokens and queries; kept for 30 days.
create table integration_log (
    id     INTEGER PRIMARY KEY,
    at     INTEGER not null,
    vendor TEXT not null,
    method TEXT not null,
    path   TEXT not null, -- tokens and queries left out
    status INTEGER not null, -- HTTP; 0 = no answer
    ms     INTEGER not null, -- all tries together
    bytes  INTEGER not null,
    tries  INTEGER not null,
    error  TEXT
) STRICT;
create index integration_log_at on integration_log (at, id);

-- Warnings and errors, one row for each kind; the fingerprint leaves numbers out.
create table error_event (
    fingerprint TEXT primary key,
    event       TEXT not null,
    level       TEXT not null,
    sample      TEXT not null, -- the words as they were the last time
    first_at    INTEGER not null,
    last_at     INTEGER not null,
    n           INTEGER not null
) STRICT, WITHOUT ROWID;
create index error_event_last on error_event (last_at);

-- The state of a consent that is under way: used once, for the one who began it.
create table oauth_state (
    hash       BLOB primary key, -- BLAKE2b of the state
    vendor     TEXT not null, -- 'meta', 'amocrm'
    user_id    INTEGER not null references app_user (id) on delete cascade,
    details    TEXT not null, -- JSON: where to go on
    created_at INTEGER not null,
    expires_at INTEGER not null,
    used_at    INTEGER
) STRICT;
create index oauth_state_user on oauth_state (user_id);

-- ---- links ---------------------------------------------------------------------------------

-- How links are tagged: values with macros such as {{ad.id}} kept as they are.
create table utm_template (
    id          INTEGER PRIMARY KEY,
    name        TEXT not null,
    team_id     INTEGER references team (id) on delete restrict, -- null = everybody's
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

-- Hosts that short links may lead to (beside those of the settings).
create table link_host (
    host     TEXT primary key,
    added_by INTEGER references app_user (id) on delete set null,
    added_at INTEGER not null
) STRICT, WITHOUT ROWID;

-- A link of ours: /s/{code}.
create table short_link (
    id           INTEGER PRIMARY KEY,
    code         TEXT not null unique,
    title        TEXT not null,
    target       TEXT not null, -- https, without our tags
    team_id      INTEGER references team (id) on delete restrict,
    owner_id     INTEGER references app_user (id) on delete set null,
    -- tags of the visitor's own: keep ours, fill gaps with theirs, let theirs replace
    merge_policy TEXT not null check (merge_policy in ('keep', 'fill', 'replace')),
    utm_source   TEXT,
    utm_medium   TEXT,
    utm_campaign TEXT,
    utm_content  TEXT,
    utm_term     TEXT,
    expires_at   INTEGER, -- null = never
    created_at   INTEGER not null,
    archived_at  INTEGER
) STRICT;
create index short_link_team on short_link (team_id);
create index short_link_owner on short_link (owner_id);

-- One visit of a short link.
create table link_click (
    id            INTEGER PRIMARY KEY,
    link_id       INTEGER not null references short_link (id) on delete restrict,
    at            INTEGER not null,
    day           TEXT not null,
    class         TEXT not null check (class in ('human', 'bot', 'preview')),
    is_first      INTEGER not null check (is_first in (0, 1)), -- the visitor's first of the day
    ip_prefix     TEXT not null, -- /24 or /48
    agent         TEXT not null, -- the browser's family, not its whole name
    referrer_host TEXT
) STRICT;
create index link_click_link on link_click (link_id, at);

-- Clicks summed up, what lists and charts read.
create table link_day (
    link_id  INTEGER not null references short_link (id) on delete restrict,
    day      TEXT not null,
    class    TEXT not null check (class in ('human', 'bot', 'preview')),
    clicks   INTEGER not null,
    visitors INTEGER not null,
    primary key (link_id, day, class)
) STRICT, WITHOUT ROWID;

-- Who came today, as a hash under the day's salt: counts a visitor once; swept with the salt.
create table link_visitor (
    link_id INTEGER not null references short_link (id) on delete restrict,
    day     TEXT not null,
    visitor BLOB not null,
    primary key (link_id, day, visitor)
) STRICT, WITHOUT ROWID;

-- The day's random salt; gone after two days, and with it every way back to an address.
create table link_salt (
    day  TEXT primary key,
    salt BLOB not null
) STRICT, WITHOUT ROWID;

-- ---- leads and persons ---------------------------------------------------------------------

-- What a lead or a stage event is known by: a keyed hash, never the phone or address itself.
create table identity_key (
    -- 'click': fbclid or ctwa_clid; 'external': an id with its system's name
    kind         TEXT not null check (kind in ('phone', 'email', 'lead_ad', 'click', 'deal', 'external')),
    hash         BLOB not null, -- keyed BLAKE2b of the normalised text
    subject_kind TEXT not null check (subject_kind in ('lead', 'stage')),
    subject_id   INTEGER not null,
    person_id    INTEGER not null references person (id) on delete restrict,
    learned_at   INTEGER not null,
    primary key (kind, hash, subject_kind, subject_id)
) STRICT, WITHOUT ROWID;
create index identity_key_subject on identity_key (subject_kind, subject_id);
create index identity_key_person on identity_key (person_id);

-- Two persons share a key. Undone, the edge stays and joins them no more.
create table person_merge (
    id        INTEGER PRIMARY KEY,
    person_id INTEGER not null references person (id) on delete restrict,
    other_id  INTEGER not null references person (id) on delete restrict,
    kind      TEXT not null, -- of the key they share
    hash      BLOB not null,
    at        INTEGER not null,
    undone_at INTEGER,
    undone_by INTEGER references app_user (id) on delete set null,
    unique (person_id, other_id)
) STRICT;
create index person_merge_other on person_merge (other_id);

-- How a lead came: its first and its last visit, as our script kept them.
create table touch (
    lead_id      INTEGER not null references lead (id) on delete cascade,
    position     TEXT not null check (position in ('first', 'last')),
    at           INTEGER not null,
    utm_source   TEXT,
    utm_medium   TEXT,
    utm_campaign TEXT,
    utm_content  TEXT,
    utm_term     TEXT,
    click_kind   TEXT, -- 'fbclid', 'gclid' ...
    click_id     TEXT,
    referrer     TEXT,
    landing      TEXT,
    primary key (lead_id, position)
) STRICT, WITHOUT ROWID;

-- A stage that a lead reached: from the CRM, from outside, or from a file.
create table stage_event (
    id          INTEGER PRIMARY KEY,
    -- null = its lead is not known yet, or known by its person
    lead_id     INTEGER references lead (id) on delete cascade,
    person_id   INTEGER references person (id) on delete set null,
    stage       TEXT not null, -- 'registration', 'prepaid' ...: an open set
    at          INTEGER not null,
    day         TEXT not null,
    learned_at  INTEGER not null,
    source      TEXT not null check (source in ('crm', 'webhook', 'import')),
    event_key   TEXT not null, -- the same stage told twice has the same key
    inbox_id    INTEGER,
    unique (source, event_key)
) STRICT;
create index stage_event_lead on stage_event (lead_id, at);
create index stage_event_person on stage_event (person_id, at);

-- ---- ads, in more detail -------------------------------------------------------------------

-- A page of an ad platform as it came, deflated; kept when a row of it said something new.
create table raw_page (
    id          INTEGER PRIMARY KEY,
    account_id  INTEGER not null references ad_account (id) on delete restrict,
    kind        TEXT not null, -- 'insights', 'placement' ...
    received_at INTEGER not null,
    n_rows      INTEGER not null,
    size        INTEGER not null, -- of the body before it was deflated
    sha256      BLOB not null, -- of the body before it was deflated
    body        BLOB not null
) STRICT;
create index raw_page_account on raw_page (account_id, received_at);

-- What the platform says an account came to on a day, to be held against its ads.
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

-- People reached in a whole range: it cannot be added up from days.
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

-- An ad's day split by where it was shown; its sums may differ from ad_fact, so it is kept apart.
create table ad_breakdown_fact (
    account_id      INTEGER not null references ad_account (id) on delete restrict,
    day             TEXT not null,
    kind            TEXT not null check (kind in ('placement', 'device')),
    ad_id           INTEGER not null references ad (id) on delete restrict,
    value           TEXT not null, -- 'instagram/instagram_reels/iphone'; what is not said is 'unknown'
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

-- What ad_breakdown_fact said before. Only ever appended.
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

-- Which days of which account are split, since when, and what went wrong.
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

-- A report that the platform is making for us: its id survives our end.
create table ad_report_run (
    id         INTEGER PRIMARY KEY,
    account_id INTEGER not null references ad_account (id) on delete restrict,
    kind       TEXT not null, -- what was asked for: 'insights' ...
    from_day   TEXT not null,
    to_day     TEXT not null,
    run_id     TEXT not null, -- the platform's
    state      TEXT not null check (state in ('running', 'ready', 'taken', 'failed')),
    percent    INTEGER not null,
    tries      INTEGER not null,
    error      TEXT,
    created_at INTEGER not null,
    updated_at INTEGER not null
) STRICT;
create index ad_report_run_account on ad_report_run (account_id, state);

-- ---- Lead Ads ------------------------------------------------------------------------------

-- A page whose Lead Ads' leads we may read.
create table lead_page (
    id            INTEGER PRIMARY KEY,
    external_id   TEXT not null unique,
    name          TEXT not null,
    connection_id INTEGER references ad_connection (id) on delete set null,
    secret_id     INTEGER references secret (id) on delete set null, -- the page's own token
    is_subscribed INTEGER not null default 0 check (is_subscribed in (0, 1)),
    state         TEXT not null check (state in ('new', 'ok', 'failed')),
    reason        TEXT,
    checked_at    INTEGER not null,
    last_lead_at  INTEGER
) STRICT;
create index lead_page_connection on lead_page (connection_id);
create index lead_page_secret on lead_page (secret_id);

-- A Lead Ads lead whose answers are still at the platform's.
create table lead_ad_fetch (
    leadgen_id TEXT primary key,
    page_id    TEXT not null,
    lead_id    INTEGER not null references lead (id) on delete cascade,
    state      TEXT not null check (state in ('waiting', 'done', 'failed')),
    tries      INTEGER not null,
    next_at    INTEGER not null, -- not to be tried before
    error      TEXT
) STRICT, WITHOUT ROWID;
create index lead_ad_fetch_todo on lead_ad_fetch (state, next_at);
create index lead_ad_fetch_lead on lead_ad_fetch (lead_id);

-- Somebody asked the platform that we forget them; the code is what they can look up.
create table deletion_request (
    code        TEXT primary key,
    external_id TEXT not null,
    received_at INTEGER not null,
    done_at     INTEGER
) STRICT, WITHOUT ROWID;

-- ---- the CRM -------------------------------------------------------------------------------

-- A way into the CRM: a long-lived token, or one that is renewed.
create table crm_connection (
    id               INTEGER PRIMARY KEY,
    crm_account_id   INTEGER not null unique references crm_account (id) on delete restrict,
    host             TEXT not null, -- 'agency.amocrm.ru': may move
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
    blocked_until    INTEGER, -- the CRM shut us out until then
    -- of our webhook there
    hook_state       TEXT not null default 'unknown' check (hook_state in ('unknown', 'ok', 'missing', 'disabled')),
    hook_checked_at  INTEGER,
    read_until       INTEGER, -- changes up to here (of updated_at) are on disk
    created_at       INTEGER not null,
    checked_at       INTEGER not null
) STRICT;
create index crm_connection_client_secret on crm_connection (client_secret_id);
create index crm_connection_access on crm_connection (access_id);
create index crm_connection_refresh on crm_connection (refresh_id);

-- Pipelines and statuses by their names, as the CRM says them.
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

-- People of the CRM.
create table crm_user (
    crm_account_id INTEGER not null references crm_account (id) on delete restrict,
    external_id    TEXT not null,
    name           TEXT not null,
    seen_at        INTEGER not null,
    primary key (crm_account_id, external_id)
) STRICT, WITHOUT ROWID;

-- Custom fields of deals, and which of them are UTM tags or the prepaid flag.
create table crm_field (
    crm_account_id INTEGER not null references crm_account (id) on delete restrict,
    external_id    TEXT not null,
    name           TEXT not null,
    code           TEXT,
    kind           TEXT not null,
    -- what an admin says it is; null = told by its code or name
    utm_code       TEXT check (utm_code in ('UTM_SOURCE', 'UTM_MEDIUM', 'UTM_CAMPAIGN', 'UTM_CONTENT', 'UTM_TERM', 'FBCLID', 'PREPAID')),
    seen_at        INTEGER not null,
    primary key (crm_account_id, external_id)
) STRICT, WITHOUT ROWID;

-- One reading of the CRM: the regular look back, or all deals of a span that somebody asked for.
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

-- What was found of each deal.
create table crm_sync_result (
    sync_id INTEGER not null references crm_sync (id) on delete cascade,
    deal_id TEXT not null,
    -- missed: no webhook told of this state
    outcome TEXT not null check (outcome in ('waiting', 'same', 'missed', 'changed', 'failed')),
    detail  TEXT,
    at      INTEGER not null,
    primary key (sync_id, deal_id)
) STRICT, WITHOUT ROWID;

-- ---- files ---------------------------------------------------------------------------------

-- A file that was taken in.
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
    n_before    INTEGER not null, -- rows of the table that it fills
    n_after     INTEGER
) STRICT;
create index import_run_by on import_run (started_by);

-- What became of each of its lines.
create table import_row (
    run_id  INTEGER not null references import_run (id) on delete cascade,
    line    INTEGER not null,
    outcome TEXT not null check (outcome in ('taken', 'merged', 'refused')),
    detail  TEXT,
    primary key (run_id, line)
) STRICT, WITHOUT ROWID;

-- ---- the documents' names, as read-only views ------------------------------------------------
-- Money as decimals for reading by eye; nothing computes from these.

create view traffic_users as
select u.id, u.email, u.full_name, u.role, u.team_id,
       (select min(a.external_id)
          from ad_account_binding b join ad_account a on a.id = b.account_id
         where b.user_id = u.id and b.valid_to is null) as fb_ad_account_id,
       u.created_at
  from app_user u;

create view traffic_teams as
select id, name, lead_user_id as lead_id, created_at, colour, emoji, archived_at from team;

create view traffic_user_sessions as
select id, user_id, created_at, last_used_at, expires_at, ended_at, end_reason, remote_ip, user_agent from session;

create view traffic_ad_account_bindings as
select b.id, a.external_id as ad_account_id, a.name as ad_account_name, b.team_id, t.name as team_name,
       b.user_id, b.valid_from, b.valid_to, b.created_at
  from ad_account_binding b join ad_account a on a.id = b.account_id join team t on t.id = b.team_id;

create view integration_ad_accounts as
select id, platform, external_id as account_id, name, currency, tz as timezone_name, status as account_status,
       amount_spent_micros / 1000000.0 as amount_spent, sync_state, synced_at
  from ad_account;

create view traffic_user_utm_sources as
select r.id, r.user_id, r.team_id, r.kind, r.value as utm_source, r.valid_from, r.valid_to
  from utm_rule r
 where r.rule_set_id = (select max(id) from rule_set);

create view exchange_rates as
select base as from_currency, quote as to_currency, day as rate_date, rate_micros / 1000000.0 / quant as rate,
       source, rate_day as set_for, learned_at as created_at
  from fx_rate;

create view fb_campaigns as
select min(f.ad_id) as id, c.external_id as campaign_id, c.name as campaign_name, a.external_id as ad_account_id,
       sum(f.spend_micros) / 1000000.0 as spend, sum(f.impressions) as impressions, sum(f.clicks) as clicks,
       sum(f.purchases) as conversions, f.day as date, min(f.learned_at) as created_at
  from ad_fact f join ad on ad.id = f.ad_id join campaign c on c.id = ad.campaign_id
       join ad_account a on a.id = f.account_id
 group by c.id, c.external_id, c.name, a.external_id, f.day;

create view traffic_fb_campaigns as
select id, campaign_id, campaign_name, ad_account_id, spend, impressions, clicks, conversions, date, created_at
  from fb_campaigns;

create view fb_adsets as
select min(f.ad_id) as id, s.external_id as adset_id, s.name as adset_name, c.external_id as campaign_id,
       sum(f.spend_micros) / 1000000.0 as spend, sum(f.impressions) as impressions, sum(f.clicks) as clicks,
       f.day as date
  from ad_fact f join ad on ad.id = f.ad_id join ad_set s on s.id = ad.ad_set_id
       join campaign c on c.id = ad.campaign_id
 group by s.id, s.external_id, s.name, c.external_id, f.day;

create view traffic_fb_ad_sets as
select id, adset_id, adset_name, campaign_id, spend, impressions, clicks, date from fb_adsets;

create view fb_ads as
select f.ad_id as id, ad.external_id as ad_id, ad.name as ad_name, s.external_id as adset_id,
       f.spend_micros / 1000000.0 as spend, f.impressions, f.clicks, f.day as date
  from ad_fact f join ad on ad.id = f.ad_id join ad_set s on s.id = ad.ad_set_id;

create view traffic_fb_ads as
select id, ad_id, ad_name, adset_id, spend, impressions, clicks, date from fb_ads;

create view insights as
select f.day as date, a.external_id as account_id, ad.external_id as ad_id, f.spend_micros / 1000000.0 as spend,
       f.impressions, f.clicks, f.link_clicks, f.reach, f.leads, f.purchases,
       f.purchase_micros / 1000000.0 as purchase_value,
       case when f.impressions > 0 then f.clicks * 100.0 / f.impressions end as ctr,
       case when f.clicks > 0 then f.spend_micros / 1000000.0 / f.clicks end as cpc,
       case when f.impressions > 0 then f.spend_micros / 1000.0 / f.impressions end as cpm,
       case when f.spend_micros > 0 then f.purchase_micros * 1.0 / f.spend_micros end as meta_roas
  from ad_fact f join ad on ad.id = f.ad_id join ad_account a on a.id = f.account_id;

create view traffic_facebook_ads_raw as
select b.user_id, t.name as team_name, c.external_id as campaign_id, f.day as stat_date,
       f.spend_micros / 1000000.0 as spend, f.impressions, f.clicks, f.reach,
       s.external_id as adset_id, s.name as adset_name, ad.external_id as ad_id, ad.name as ad_name,
       a.external_id as ad_account_id, a.currency
  from ad_fact f join ad on ad.id = f.ad_id join ad_set s on s.id = ad.ad_set_id
       join campaign c on c.id = ad.campaign_id join ad_account a on a.id = f.account_id
       left join ad_account_binding b
              on b.account_id = f.account_id and b.valid_from <= f.day
             and (b.valid_to is null or b.valid_to >= f.day)
       left join team t on t.id = b.team_id;

create view facebook_ad_spend as
select a.external_id as ad_account_id, f.day as date, sum(f.spend_micros) / 1000000.0 as spend, a.currency
  from ad_fact f join ad_account a on a.id = f.account_id
 group by a.external_id, f.day, a.currency;

create view traffic_stats as
select r.day as date, t.name as team, sum(r.spend_usd) / 1000000.0 as spend_usd,
       sum(r.spend_kzt) / 1000000.0 as spend_kzt, sum(r.impressions) as impressions, sum(r.clicks) as clicks,
       sum(r.leads) as leads, sum(r.sales) as sales, sum(r.revenue_kzt) / 1000000.0 as revenue
  from rollup_team_day r left join team t on t.id = r.team_id
 group by r.day, t.name;

create view traffic_sales_stats as
select day as date, sum(sales) as sales, sum(revenue_kzt) / 1000000.0 as revenue
  from rollup_team_day
 group by day;

create view traffic_aggregated_metrics as
select nullif(p.user_id, 0) as user_id, t.name as team_name, p.period, p.period_start, p.period_end,
       p.spend_usd / 1000000.0 as spend_usd, p.spend_kzt / 1000000.0 as spend_kzt, p.impressions, p.clicks,
       p.leads, p.challenge3d_leads, p.express_leads, p.challenge3d_prepayments,
       p.challenge3d_prepayment_kzt / 1000000.0 as challenge3d_prepayment_revenue,
       p.revenue_kzt / 1000000.0 as total_revenue, p.sales as total_sales,
       case when p.spend_kzt > 0 then p.revenue_kzt * 1.0 / p.spend_kzt end as roas,
       case when p.sales > 0 then p.spend_usd / 1000000.0 / p.sales end as cpa_usd,
       p.updated_at
  from period_metric p left join team t on t.id = p.team_id;

create view all_sales_tracking as
select s.id, s.deal_id as lead_id, s.state, s.price_micros / 1000000.0 as sale_amount, s.currency as sale_currency,
       p.name as product, s.pipeline_id, s.status_id, s.utm_source, s.utm_medium, s.utm_campaign, s.utm_content,
       s.utm_term, c.team_id, c.user_id as targetologist_id, s.day as sale_date, s.created_at
  from sale s left join product p on p.id = s.product_id
       left join credit c on c.subject_kind = 'sale' and c.subject_id = s.id and c.model = 'rule';

create view traffic_sales as
select id, lead_id, sale_amount, sale_currency, utm_source, utm_medium, utm_campaign, utm_content,
       targetologist_id, sale_date, created_at
  from all_sales_tracking
 where state = 'won';

create view traffic_leads as
select l.id, l.source_kind, l.external_id, l.utm_source, l.utm_medium, l.utm_campaign, l.utm_content, l.utm_term,
       c.team_id, l.day, l.created_at
  from lead l left join credit c on c.subject_kind = 'lead' and c.subject_id = l.id and c.model = 'rule';

create view lead_tracking as
select l.id, l.id as lead_id, l.utm_source, l.utm_medium, l.utm_campaign, l.utm_content, l.utm_term,
       t.name as team_name, c.decided_at as attributed_at, l.created_at, l.learned_at as updated_at
  from lead l left join credit c on c.subject_kind = 'lead' and c.subject_id = l.id and c.model = 'rule'
       left join team t on t.id = c.team_id;

create view sales_activity_log as
select a.id, a.sale_id, a.action as action_type, t.name as team_name, a.user_id, a.metadata, a.at as created_at
  from sale_activity a left join team t on t.id = a.team_id;

create view traffic_sync_history as
select job as sync_type, started_at, case when outcome = 'ok' then 1 else 0 end as success,
       seen as users_processed, written as records_synced, finished_at - started_at as duration_ms,
       error as error_message
  from job_run
 where finished_at is not null;

create view integration_tokens as
select s.id, s.kind, s.hint, s.created_at, s.updated_at from secret s;

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
