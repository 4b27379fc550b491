// Everything the server answers and accepts, by slice; types_sources.ts is its second half. Nothing
// else in the UI describes server data.
export type * from './types_sources';

// ---- shared ----
export type Day = string; // 2026-01-31, inclusive
export type Instant = number; // UTC milliseconds
export type Decimal = number; // money in major units; ratios

export interface List<T> {
  items: T[];
  next: string | null;
}
export interface Done {
  ok: boolean;
}
export interface FieldError {
  field: string;
  code: string;
}
export interface ErrorBody {
  error: { code: string; message: string; fields?: FieldError[]; request_id: string };
}

export type Currency = 'KZT' | 'USD' | 'BRL';
export type Preset = 'today' | 'yesterday' | '7d' | '30d' | 'month';
export type Compare = 'previous' | 'year' | 'none';
export type Granularity = 'day' | 'week' | 'month';

// ---- core ----
export type Role = 'viewer' | 'targetologist' | 'team_lead' | 'admin';
export type LocaleCode = 'ru' | 'kk' | 'en' | 'pt';

export interface User {
  id: number;
  email: string;
  full_name: string;
  role: Role;
  team_id: number | null;
  team_name: string | null;
  locale: LocaleCode;
  created_at: Instant;
  disabled_at: Instant | null;
  has_password: boolean;
  last_login_at: Instant | null;
}
export interface Me {
  user: User;
}
export interface SignedIn {
  user: User;
  access_expires_at: Instant;
}
export interface OneTimeCode {
  valid: boolean;
  purpose: 'setup' | 'invite';
  email: string | null;
  full_name: string | null;
}
export interface SetupForm {
  code: string;
  email?: string;
  full_name?: string;
  password: string;
}
export interface Session {
  id: string;
  created_at: Instant;
  last_used_at: Instant;
  remote_ip: string;
  user_agent: string;
  current: boolean;
}

// ---- teams, users ----
export interface Team {
  id: number;
  name: string;
  colour: string;
  emoji: string;
  lead_user_id: number | null;
  lead_name: string | null;
  created_at: Instant;
  archived_at: Instant | null;
  members: number;
  accounts: number;
  tags: string[];
}
export interface TeamForm {
  name: string;
  colour: string;
  emoji: string;
  lead_user_id: number | null;
  tags: string[];
}
export interface UserForm {
  email?: string;
  full_name: string;
  role: Role;
  team_id: number | null;
  locale: LocaleCode;
  password?: string;
}
export interface UserCreated {
  user: User;
  invite_link: string | null;
}
export interface Invited {
  invite_link: string;
}

// ---- ads ----
export interface Connection {
  id: number;
  platform: 'meta';
  label: string;
  external_id: string;
  state: 'ok' | 'reconnect' | 'error' | 'off';
  reason: string | null;
  token_hint: string | null;
  from_settings: boolean;
  accounts: number;
  created_at: Instant;
  checked_at: Instant;
  auth: 'token' | 'oauth' | 'settings';
  expires_at: Instant | null; // null: never
  data_access_expires_at: Instant | null;
  expires_in_days: number | null;
  scopes: string[];
  missing_scopes: string[];
  warning: 'expires_soon' | 'expired' | 'scopes' | null;
}
export interface Binding {
  id: number;
  team_id: number;
  team_name: string;
  user_id: number | null;
  user_name: string | null;
  valid_from: Day;
  valid_to: Day | null;
}
export interface BindingForm {
  team_id: number;
  user_id: number | null;
  valid_from: Day;
  valid_to: Day | null;
}
export interface Account {
  id: number;
  external_id: string;
  name: string;
  currency: string;
  tz: string;
  tz_differs: boolean;
  status: number;
  status_name: string;
  amount_spent: Decimal;
  is_tracked: boolean;
  sync_state: 'new' | 'ok' | 'failed' | 'reconnect';
  sync_error: string | null;
  synced_at: Instant | null;
  connection_id: number | null;
  team_id: number | null;
  team_name: string | null;
  bindings: Binding[];
  platform: string;
  role: 'owned' | 'client' | 'direct' | 'file' | null;
  business: string | null;
  usage_percent: number | null;
  paused_until: Instant | null;
  history_from: Day | null;
  history_done_at: Instant | null;
  disable_reason: number | null;
  balance: Decimal | null;
  spend_cap: Decimal | null;
}
export interface Campaign {
  id: number;
  external_id: string;
  name: string;
  status: string | null;
  objective: string | null;
  account_id: number;
  account_name: string;
  daily_budget: Decimal | null;
  budget_currency: string;
  metrics: Metrics;
  is_tracked: boolean;
  effective_status: string | null;
  buying_type: string | null;
  bid_strategy: string | null;
  start_at: Instant | null;
  stop_at: Instant | null;
  lifetime_budget: Decimal | null;
}

// ---- sales, rules, rates ----
export type SaleState = 'open' | 'won' | 'lost' | 'deleted';
export type Reason =
  | 'exact'
  | 'alias'
  | 'prefix'
  | 'suffix'
  | 'campaign'
  | 'ad'
  | 'responsible'
  | 'binding'
  | 'no_tag'
  | 'no_rule'
  | 'not_a_team_tag';

export interface Sale {
  id: number;
  deal_id: string;
  name: string;
  state: SaleState;
  price: Decimal;
  currency: string;
  product: string | null;
  day: Day;
  created_at: Instant;
  won_at: Instant | null;
  utm_source: string | null;
  utm_medium: string | null;
  utm_campaign: string | null;
  utm_content: string | null;
  utm_term: string | null;
  team_id: number | null;
  team_name: string | null;
  reason: Reason;
  campaign_name: string | null;
  ad_name: string | null;
  /** The same person's earlier lead whose tags decided. */
  via_lead_id: number | null;
}
export type RuleKind = 'exact' | 'alias' | 'prefix' | 'suffix' | 'campaign' | 'ad' | 'responsible';
export interface Rule {
  position: number;
  kind: RuleKind;
  value: string;
  team_id: number;
  team_name: string;
  user_id: number | null;
  valid_from: Day | null;
  valid_to: Day | null;
}
export interface RuleSet {
  version: number;
  created_at: Instant;
  note: string;
  items: Rule[];
}
export interface RuleForm {
  kind: RuleKind;
  value: string;
  team_id: number;
  user_id: number | null;
  valid_from: Day | null;
  valid_to: Day | null;
}
export interface RuleSetForm {
  note: string;
  base_version: number;
  rules: RuleForm[];
}
export interface Rate {
  day: Day;
  base: string;
  quote: string;
  rate: Decimal;
  quant: number;
  source: 'manual' | 'nbk' | 'fallback';
  rate_day: Day;
}
export interface RateForm {
  day: Day;
  base: string;
  quote: 'KZT';
  rate: Decimal;
}

// ---- metrics ----
export type NullReason =
  | 'no_spend'
  | 'no_sales'
  | 'no_leads'
  | 'no_clicks'
  | 'no_impressions'
  | 'not_synced'
  | 'no_rate';
export type CountMetric =
  | 'sales'
  | 'leads'
  | 'impressions'
  | 'clicks'
  | 'link_clicks'
  | 'meta_leads'
  | 'meta_purchases';
export type MoneyMetric = 'spend' | 'revenue';
export type RatioMetric =
  | 'roas'
  | 'roi'
  | 'cpa'
  | 'cpl'
  | 'ctr'
  | 'cpc'
  | 'cpm'
  | 'meta_roas'
  | 'aov';
export type Metric = CountMetric | MoneyMetric | RatioMetric;

export type Metrics = { [name in CountMetric | MoneyMetric]: number } & {
  [name in RatioMetric]: Decimal | null;
} & { reasons: { [name in Metric]?: NullReason } };

export interface Source {
  source: 'meta' | 'amocrm' | 'rates';
  state: 'fresh' | 'stale' | 'failed' | 'never';
  last_ok_at: Instant | null;
  error: string | null;
}
export interface Problem {
  code: 'token_dead' | 'sync_failed' | 'webhook_silent' | 'rate_missing' | 'unbound_accounts';
  subject: string;
  count: number;
  since: Instant | null;
}
export interface Freshness {
  as_of: Instant;
  data_version: number;
  sources: Source[];
  problems: Problem[];
}
export interface Period {
  from: Day;
  to: Day;
  compare_from: Day | null;
  compare_to: Day | null;
  preset: string | null;
}
export interface SeriesPoint {
  day: Day;
  spend: Decimal;
  revenue: Decimal;
  sales: number;
  leads: number;
  roi: Decimal | null;
}
export interface TeamRow {
  team_id: number | null; // null: what no team owns
  name: string | null;
  colour: string | null;
  emoji: string | null;
  archived: boolean;
  metrics: Metrics;
  previous: Metrics | null;
}
export interface ProductRow {
  code: string;
  name: string | null; // null: what no product of ours fits
  sales: number;
  revenue: Decimal;
}
export interface Attribution {
  rate: Decimal | null;
  sales_unattributed: number;
  revenue_unattributed: Decimal;
}
export interface Overview {
  period: Period;
  currency: Currency;
  tz: string;
  totals: Metrics;
  previous: Metrics | null;
  attribution: Attribution;
  products: ProductRow[];
  series: SeriesPoint[];
  teams: TeamRow[];
  freshness: Freshness;
}
export type Group =
  | 'team'
  | 'user'
  | 'account'
  | 'campaign'
  | 'ad_set'
  | 'ad'
  | 'day'
  | 'week'
  | 'month'
  | 'product';
export interface MetricRow {
  key: string | null;
  name: string | null;
  external_id: string | null;
  status: string | null; // the platform's own word; null where there is none
  metrics: Metrics;
}
export interface Breakdown {
  period: Period;
  currency: Currency;
  group: Group;
  items: MetricRow[];
  totals: Metrics;
  freshness: Freshness;
}

// ---- jobs ----
export type Outcome = 'ok' | 'partial' | 'failed' | 'lost';
export interface JobRun {
  slot_at: Instant;
  started_at: Instant;
  finished_at: Instant | null;
  outcome: Outcome | null;
  seen: number;
  written: number;
  failed: number;
  error: string | null;
}
export interface Job {
  name: string;
  cron: string;
  default_cron: string;
  next_at: Instant | null; // null: paused
  running: boolean;
  paused_at: Instant | null;
  timeout_s: number;
  progress: JobProgress | null;
  last: JobRun | null;
}
export interface JobProgress {
  done: number;
  total: number | null;
  text: string | null;
  started_at: Instant;
}
