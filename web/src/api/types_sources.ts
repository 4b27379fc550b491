// What the server answers and accepts about where the numbers come from. A part of types.ts.
import type { Day, Decimal, Instant, List, Outcome, Reason, Sale } from './types';

// ---- sources and diagnostics ----
export type SourceState = 'fresh' | 'late' | 'broken' | 'off' | 'waiting';
export interface SourceRow {
  id: string;
  kind: string;
  name: string;
  state: SourceState;
  why: string | null;
  detail: string | null;
  last_ok_at: Instant | null;
  since: Instant | null;
  expected_every_s: number | null;
  next_at: Instant | null;
  fix: string | null;
}
export interface SourceList {
  as_of: Instant;
  items: SourceRow[];
  counts: { [state in SourceState]: number };
}
export type Recipe = 'no_facebook_data' | 'metrics_are_zero' | 'roas_looks_wrong';
export interface Check {
  check: string;
  state: 'ok' | 'warn' | 'fail' | 'skipped';
  detail: { [name: string]: string | number | null };
  fix: string | null;
}
export interface Diagnosis {
  recipe: Recipe;
  verdict: 'ok' | 'problem';
  items: Check[];
}
export interface Stats {
  engine: string;
  users: number;
  teams: number;
  accounts: number;
  accounts_tracked: number;
  campaigns: number;
  ads: number;
  facts: number;
  fact_versions: number;
  raw_pages: number;
  leads: number;
  sales: number;
  payments: number;
  deal_events: number;
  link_clicks: number;
  audit_rows: number;
  database_bytes: number;
  inbox: { new: number; done: number; parked: number; oldest_new_at: Instant | null };
  jobs: { [name: string]: { runs: number; ok: number; failed: number; last_at: Instant | null } };
}
export interface Monitoring {
  last_syncs: {
    sync_type: string;
    started_at: Instant;
    success: boolean;
    users_processed: number;
    records_synced: number;
    duration_ms: number;
    error_message: string | null;
  }[];
  last_aggregations: {
    team_name: string | null;
    period: string;
    spend_usd: Decimal | null;
    total_revenue: Decimal | null;
    roas: Decimal | null;
    updated_at: Instant;
  }[];
  raw_rows: {
    team_name: string | null;
    stat_date: Day;
    ad_count: number;
    total_impressions: number;
    total_spend: Decimal | null;
    currency: string;
  }[];
}
export interface VendorCall {
  id: number;
  at: Instant;
  vendor: string;
  method: string;
  path: string;
  status: number;
  ms: number;
  bytes: number;
  tries: number;
  error: string | null;
}
export interface ErrorGroup {
  fingerprint: string;
  event: string;
  level: string;
  sample: string;
  first_at: Instant;
  last_at: Instant;
  n: number;
}

// ---- Meta ----
export interface OauthUrl {
  url: string;
}
export interface ApiVersions {
  setting: string;
  state: 'ok' | 'ends_soon' | 'ended' | 'unknown';
  ends_on: Day | null;
  items: { version: string; released_on: Day | null; core_ends_on: Day | null; marketing_ends_on: Day | null }[];
  warned_at: Instant | null;
}
export interface AccountDay {
  day: Day;
  state: 'ok' | 'failed' | 'missing';
  rows: number | null;
  synced_at: Instant | null;
  error: string | null;
  ads_spend: Decimal | null;
  account_spend: Decimal | null;
  residual: Decimal | null;
  currency: string;
}
export interface TrackedCampaign {
  id: number;
  external_id: string;
  name: string;
  is_tracked: boolean;
}
export interface AdVersion {
  version: number;
  spend: Decimal;
  impressions: number;
  clicks: number;
  link_clicks: number;
  reach: number | null;
  leads: number;
  purchases: number;
  purchase_value: Decimal;
  learned_at: Instant;
  replaced_at: Instant | null;
  has_raw: boolean;
}
export interface AdDay {
  ad: {
    id: number;
    external_id: string;
    name: string;
    account_id: number;
    campaign_id: number;
    campaign_name: string;
    ad_set_id: number;
    ad_set_name: string;
  };
  day: Day;
  versions: AdVersion[];
  currency: string;
}
export interface AdRaw {
  received_at: Instant;
  sha256: string;
  row: unknown;
}
export interface PartSums {
  spend: Decimal | null;
  impressions: number;
  clicks: number;
  link_clicks: number;
  leads: number;
  purchases: number;
  purchase_value: Decimal | null;
}
export interface PartRow extends PartSums {
  value: string;
}
export interface PartList {
  kind: string;
  currency: string;
  items: PartRow[];
  totals: PartSums;
}
export interface LeadPage {
  id: number;
  external_id: string;
  name: string;
  connection_id: number | null;
  state: 'new' | 'ok' | 'failed';
  reason: string | null;
  is_subscribed: boolean;
  last_lead_at: Instant | null;
  checked_at: Instant | null;
  waiting: number;
  failed: number;
}
export interface LeadWebhook {
  url: string;
  verify_token_hint: string | null;
  is_ready: boolean;
  missing: string[];
}

// ---- CRM ----
export interface CrmConnection {
  id: number;
  account_id: number;
  external_id: string;
  subdomain: string;
  host: string;
  auth: 'token' | 'oauth';
  state: 'ok' | 'reconnect' | 'error' | 'off';
  reason: string | null;
  currency: string;
  expires_at: Instant | null;
  hook_state: 'unknown' | 'ok' | 'missing' | 'disabled';
  hook_checked_at: Instant | null;
  read_until: Instant | null;
  blocked_until: Instant | null;
  last_hook_at: Instant | null;
  checked_at: Instant;
  created_at: Instant;
}
export interface CrmTokenForm {
  subdomain: string;
  token: string;
}
export interface CrmOauthForm {
  client_id?: string;
  client_secret?: string;
}
export interface WebhookKey {
  id: number;
  hint: string;
  created_at: Instant;
  retired_at: Instant | null;
}
export interface WebhookKeyMade {
  url: string;
  hint: string;
}
export type CrmStage = 'lead' | 'prepaid' | 'won' | 'lost';
export interface CrmStatus {
  pipeline_id: string;
  pipeline: string;
  status_id: string; // '' stands for every status of the pipeline
  name: string;
  sort: number;
  stage: CrmStage;
  product: string | null;
  funnel_stage: string | null;
}
export interface StageRule {
  pipeline_id: string;
  status_id: string;
  stage: CrmStage;
  product: string | null;
  funnel_stage: string | null;
}
export interface CrmField {
  external_id: string;
  name: string;
  code: string | null;
  kind: string;
  utm_code: string | null;
}
export interface CrmUser {
  external_id: string;
  name: string;
}
export interface Product {
  id: number;
  code: string;
  name: string;
  price: Decimal | null;
  currency: string | null;
  counts_as_sale: boolean;
  position: number;
}
export interface ProductForm {
  code?: string;
  name: string;
  price: Decimal | null;
  currency: string | null;
  counts_as_sale: boolean;
  position: number;
}
export interface CrmSync {
  id: number;
  kind: 'bulk' | 'read_back';
  from_at: Instant;
  to_at: Instant;
  started_at: Instant;
  finished_at: Instant | null;
  state: 'running' | 'ok' | 'failed';
  seen: number;
  same: number;
  missed: number;
  changed: number;
  failed: number;
  waiting: number;
  error: string | null;
}
export interface CrmSyncResult {
  deal_id: string;
  outcome: 'waiting' | 'same' | 'missed' | 'changed' | 'failed';
  detail: string | null;
  at: Instant;
  sale_id: number | null;
}
export interface SaleDetail extends Sale {
  payments: { kind: string; amount: Decimal; currency: string; day: Day; at: Instant; learned_at: Instant }[];
  observations: {
    id: number;
    at: Instant;
    learned_at: Instant;
    action: string;
    source: string;
    pipeline_id: string | null;
    status_id: string | null;
    status: string | null;
    price: Decimal | null;
    inbox_id: number | null;
  }[];
  activity: SaleActivity[];
}
export interface SaleActivity {
  at: Instant;
  action: string;
  state: string;
  team_id: number | null;
  team_name: string | null;
  details: object;
}
export interface RawEvent {
  source: string;
  received_at: Instant;
  content_type: string;
  signature: 'none' | 'ok' | 'bad';
  body: string;
}

// ---- inbox ----
export type InboxState = 'new' | 'done' | 'parked';
export interface InboxEvent {
  id: number;
  source: string;
  received_at: Instant;
  state: InboxState;
  signature: 'none' | 'ok' | 'bad';
  attempts: number;
  next_at: Instant | null;
  parser: string | null;
  outcome: string | null;
  subject: string | null;
  error: string | null;
  replays: number;
  size: number;
  done_at: Instant | null;
}
export interface InboxList extends List<InboxEvent> {
  counts: { [state in InboxState]: number };
}
export interface InboxDetail extends InboxEvent {
  content_type: string;
  body: string;
  encoding: 'text' | 'base64';
}
export interface Drift {
  source: string;
  field: string;
  last_seen_at: Instant;
  noticed_at: Instant;
  back_at: Instant | null;
  share_before: number | null;
}
export interface Replayed {
  count: number;
}

// ---- leads and landing pages ----
export interface Lead {
  id: number;
  source_kind: string;
  external_id: string;
  name: string | null;
  phone_tail: string | null;
  created_at: Instant;
  day: Day;
  utm_source: string | null;
  utm_medium: string | null;
  utm_campaign: string | null;
  utm_content: string | null;
  utm_term: string | null;
  team_id: number | null;
  team_name: string | null;
  via_lead_id: number | null;
  reason: Reason | null;
  campaign_name: string | null;
  ad_name: string | null;
  person_id: number | null;
  duplicate_of: number | null;
  site: string | null;
  sale_state: string | null;
}
export interface Touch {
  position: 'first' | 'last';
  at: Instant;
  utm_source: string | null;
  utm_medium: string | null;
  utm_campaign: string | null;
  utm_content: string | null;
  utm_term: string | null;
  click_kind: string | null;
  click_id: string | null;
  referrer: string | null;
  landing: string | null;
}
export interface LeadDetail extends Lead {
  touches: Touch[];
  stages: { stage: string; at: Instant; source: string }[];
  same_person: number[];
  merges: { id: number; kind: string; at: Instant; undone_at: Instant | null }[];
}
export interface Site {
  id: number;
  name: string;
  origin: string;
  team_id: number | null;
  per_minute: number;
  key_hint: string | null;
  leads_30d: number;
  last_lead_at: Instant | null;
  created_at: Instant;
  archived_at: Instant | null;
}
export interface SiteForm {
  name: string;
  origin: string;
  team_id: number | null;
  per_minute: number;
}
export interface SiteMade {
  site: Site;
  key: string;
  event_key: string;
  snippet: string;
}

// ---- links ----
export type MergePolicy = 'keep' | 'fill' | 'replace';
export interface UtmTags {
  utm_source: string | null;
  utm_medium: string | null;
  utm_campaign: string | null;
  utm_content: string | null;
  utm_term: string | null;
}
export interface ShortLink extends UtmTags {
  id: number;
  code: string;
  short_url: string;
  title: string;
  target: string;
  team_id: number | null;
  team_name: string | null;
  owner_id: number | null;
  owner_name: string | null;
  merge_policy: MergePolicy;
  expires_at: Instant | null;
  created_at: Instant;
  archived_at: Instant | null;
  clicks: { human: number; bot: number; preview: number };
  visitors: number;
  last_click_at: Instant | null;
}
export interface LinkForm extends Partial<UtmTags> {
  team_id?: number | null; // only of a new one
  title: string;
  target: string;
  template_id?: number;
  merge_policy: MergePolicy;
  expires_at: Instant | null;
  code?: string;
}
export interface LinkClicks {
  days: { day: Day; human: number; bot: number; preview: number; visitors: number }[];
  recent: {
    at: Instant;
    class: 'human' | 'bot' | 'preview';
    is_first: boolean;
    ip_prefix: string;
    agent: string;
    referrer_host: string | null;
  }[];
}
export interface LinkDraft extends Partial<UtmTags> {
  target: string;
  template_id?: number;
}
export interface BuiltLink extends UtmTags {
  url: string;
  warnings: { code: string; field: string | null }[];
}
export interface LinkHosts {
  items: string[];
  from_settings: string[];
}
export interface UtmTemplate {
  id: number;
  name: string;
  team_id: number | null;
  team_name: string | null;
  utm_source: string;
  utm_medium: string;
  utm_campaign: string;
  utm_content: string;
  utm_term: string;
  is_default: boolean;
  created_at: Instant;
  archived_at: Instant | null;
}
export interface UtmTemplateForm extends UtmTags {
  name: string;
  team_id?: number | null; // only of a new one
  is_default: boolean;
}

// ---- jobs ----
export interface RunRow {
  id: number;
  slot_at: Instant;
  started_at: Instant;
  finished_at: Instant | null;
  outcome: Outcome | null;
  seen: number;
  written: number;
  failed: number;
  error: string | null;
  log: string | null;
}

// ---- imports ----
export interface ImportRow {
  line: number;
  outcome: 'taken' | 'merged' | 'refused';
  detail: string | null;
}
export interface ImportReport {
  id: number;
  kind: string;
  file: string;
  taken: number;
  merged: number;
  refused: number;
  before: number;
  after: number | null;
  rows?: ImportRow[];
  started_at: Instant;
  finished_at: Instant | null;
}
