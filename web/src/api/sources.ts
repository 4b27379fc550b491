// The addresses of the API about where the numbers come from; the second half of endpoints.ts.
import { get, patch, post, put, remove } from './endpoints';
import { request, type Params } from './client';
import type {
  Account,
  AccountDay,
  AdDay,
  AdRaw,
  ApiVersions,
  BuiltLink,
  Connection,
  CrmConnection,
  CrmField,
  CrmOauthForm,
  CrmStatus,
  CrmSync,
  CrmSyncResult,
  CrmTokenForm,
  CrmUser,
  Day,
  Diagnosis,
  Done,
  Drift,
  ErrorGroup,
  ImportReport,
  ImportRow,
  InboxDetail,
  InboxList,
  Job,
  Lead,
  LeadDetail,
  LeadPage,
  LeadWebhook,
  LinkClicks,
  LinkDraft,
  LinkForm,
  LinkHosts,
  List,
  Monitoring,
  OauthUrl,
  PartList,
  Product,
  ProductForm,
  RawEvent,
  Recipe,
  Replayed,
  RunRow,
  SaleDetail,
  ShortLink,
  Site,
  SiteForm,
  SiteMade,
  SourceList,
  StageRule,
  Stats,
  TrackedCampaign,
  UtmTemplate,
  UtmTemplateForm,
  VendorCall,
  WebhookKey,
  WebhookKeyMade,
} from './types';

// A file goes up as it is: the server reads the table in it.
const upload = <T>(path: string, query: Params, file: Blob): Promise<T> =>
  request<T>({ method: 'POST', path, query, file });

export const sources = {
  list: (signal?: AbortSignal) => get<SourceList>('/sources', {}, signal),
  diagnose: (recipe: Recipe, team: number | null, signal?: AbortSignal) =>
    get<Diagnosis>('/diagnostics', { recipe, team }, signal),
  stats: (signal?: AbortSignal) => get<Stats>('/stats', {}, signal),
  monitoring: (signal?: AbortSignal) => get<Monitoring>('/monitoring', {}, signal),
  calls: (query: Params, signal?: AbortSignal) => get<List<VendorCall>>('/integration-log', query, signal),
  errors: (signal?: AbortSignal) => get<List<ErrorGroup>>('/errors', {}, signal),
};

export const meta = {
  oauth: (return_to: string) => post<OauthUrl>('/connections/oauth', { return_to }),
  check: (id: number) => post<Connection>(`/connections/${id}/check`),
  versions: (signal?: AbortSignal) => get<ApiVersions>('/api-versions', {}, signal),
  select: (tracked: number[]) => post<List<Account>>('/accounts/select', { tracked }),
  days: (id: number, from: Day, to: Day, signal?: AbortSignal) =>
    get<List<AccountDay>>(`/accounts/${id}/days`, { from, to }, signal),
  sync: (id: number, days?: number) => post<unknown>(`/accounts/${id}/sync`, days === undefined ? {} : { days }),
  trackCampaign: (id: number, is_tracked: boolean) => patch<TrackedCampaign>(`/campaigns/${id}`, { is_tracked }),
  adDay: (id: string, day: Day, signal?: AbortSignal) => get<AdDay>(`/ads/${id}/days/${day}`, {}, signal),
  adRaw: (id: string, day: Day, version: number, signal?: AbortSignal) =>
    get<AdRaw>(`/ads/${id}/days/${day}/raw`, { version }, signal),
  breakdown: (query: Params, signal?: AbortSignal) => get<PartList>('/breakdowns', query, signal),
  pages: (signal?: AbortSignal) => get<List<LeadPage>>('/lead-pages', {}, signal),
  pageWebhook: (signal?: AbortSignal) => get<LeadWebhook>('/lead-pages/webhook', {}, signal),
  refreshPages: () => post<unknown>('/lead-pages/refresh'),
  subscribe: (id: number, on: boolean) => post<LeadPage>(`/lead-pages/${id}/${on ? 'subscribe' : 'unsubscribe'}`),
};

export const crm = {
  connections: (signal?: AbortSignal) => get<List<CrmConnection>>('/crm/connections', {}, signal),
  connect: (form: CrmTokenForm) => post<CrmConnection>('/crm/connections', form),
  oauth: (form: CrmOauthForm) => post<OauthUrl>('/crm/connections/oauth', form),
  check: (id: number) => post<unknown>(`/crm/connections/${id}/check`),
  disconnect: (id: number) => remove<Done>(`/crm/connections/${id}`),
  hook: (id: number) => post<unknown>(`/crm/connections/${id}/hook`),
  keys: (signal?: AbortSignal) => get<List<WebhookKey>>('/crm/webhook-keys', {}, signal),
  newKey: () => post<WebhookKeyMade>('/crm/webhook-key'),
  retireOld: () => post<unknown>('/crm/webhook-keys/retire-old'),
  statuses: (signal?: AbortSignal) => get<List<CrmStatus>>('/crm/statuses', {}, signal),
  mapStages: (items: StageRule[]) => put<List<CrmStatus>>('/crm/stage-map', { items }),
  fields: (signal?: AbortSignal) => get<List<CrmField>>('/crm/fields', {}, signal),
  mapFields: (items: { external_id: string; utm_code: string | null }[]) => put<List<CrmField>>('/crm/fields', { items }),
  users: (signal?: AbortSignal) => get<List<CrmUser>>('/crm/users', {}, signal),
  products: (signal?: AbortSignal) => get<List<Product>>('/products', {}, signal),
  addProduct: (form: ProductForm) => post<Product>('/products', form),
  changeProduct: (id: number, form: ProductForm) => patch<Product>(`/products/${id}`, form),
  syncs: (signal?: AbortSignal) => get<List<CrmSync>>('/crm/syncs', {}, signal),
  sync: (from: Day, to: Day) => post<{ id: number }>('/crm/syncs', { from, to }),
  results: (id: number, query: Params, signal?: AbortSignal) =>
    get<List<CrmSyncResult>>(`/crm/syncs/${id}/results`, query, signal),
  sale: (id: number, signal?: AbortSignal) => get<SaleDetail>(`/sales/${id}`, {}, signal),
  saleRaw: (id: number, observation: number, signal?: AbortSignal) =>
    get<RawEvent>(`/sales/${id}/raw/${observation}`, {}, signal),
};

export const inbox = {
  list: (query: Params, signal?: AbortSignal) => get<InboxList>('/inbox', query, signal),
  one: (id: number, signal?: AbortSignal) => get<InboxDetail>(`/inbox/${id}`, {}, signal),
  replay: (id: number) => post<unknown>(`/inbox/${id}/replay`),
  replayAll: (form: { source?: string; state: 'parked' | 'all' }) => post<Replayed>('/inbox/replay', form),
  drift: (signal?: AbortSignal) => get<List<Drift>>('/inbox/drift', {}, signal),
};

export const leads = {
  list: (query: Params, signal?: AbortSignal) => get<List<Lead>>('/leads', query, signal),
  one: (id: number, signal?: AbortSignal) => get<LeadDetail>(`/leads/${id}`, {}, signal),
  raw: (id: number, signal?: AbortSignal) => get<RawEvent>(`/leads/${id}/raw`, {}, signal),
  merge: (id: number, how: 'undo' | 'redo') => post<unknown>(`/person-merges/${id}/${how}`),
  sites: (signal?: AbortSignal) => get<List<Site>>('/sites', {}, signal),
  addSite: (form: SiteForm) => post<SiteMade>('/sites', form),
  changeSite: (id: number, form: SiteForm) => patch<Site>(`/sites/${id}`, form),
  newSiteKey: (id: number) => post<SiteMade>(`/sites/${id}/key`),
  archiveSite: (id: number) => post<Site>(`/sites/${id}/archive`),
};

export const links = {
  list: (query: Params, signal?: AbortSignal) => get<List<ShortLink>>('/links', query, signal),
  create: (form: LinkForm) => post<ShortLink>('/links', form),
  change: (id: number, form: LinkForm) => patch<ShortLink>(`/links/${id}`, form),
  archive: (id: number) => post<ShortLink>(`/links/${id}/archive`),
  restore: (id: number) => post<ShortLink>(`/links/${id}/restore`),
  clicks: (id: number, from: Day, to: Day, signal?: AbortSignal) =>
    get<LinkClicks>(`/links/${id}/clicks`, { from, to }, signal),
  build: (form: LinkDraft) => post<BuiltLink>('/links/build', form),
  templates: (signal?: AbortSignal) => get<List<UtmTemplate>>('/utm-templates', {}, signal),
  addTemplate: (form: UtmTemplateForm) => post<UtmTemplate>('/utm-templates', form),
  changeTemplate: (id: number, form: UtmTemplateForm) => patch<UtmTemplate>(`/utm-templates/${id}`, form),
  archiveTemplate: (id: number) => post<unknown>(`/utm-templates/${id}/archive`),
  hosts: (signal?: AbortSignal) => get<LinkHosts>('/link-hosts', {}, signal),
  allow: (items: string[]) => put<LinkHosts>('/link-hosts', { items }),
};

export const work = {
  runs: (name: string, query: Params, signal?: AbortSignal) =>
    get<List<RunRow>>(`/jobs/${encodeURIComponent(name)}/runs`, query, signal),
  pause: (name: string) => post<Job>(`/jobs/${encodeURIComponent(name)}/pause`),
  resume: (name: string) => post<Job>(`/jobs/${encodeURIComponent(name)}/resume`),
  schedule: (name: string, cron: string | null) => put<Job>(`/jobs/${encodeURIComponent(name)}/schedule`, { cron }),
};

export const imports = {
  list: (signal?: AbortSignal) => get<List<ImportReport>>('/imports', {}, signal),
  rows: (id: number, query: Params, signal?: AbortSignal) => get<List<ImportRow>>(`/imports/${id}/rows`, query, signal),
  send: (query: { kind: string; currency: string }, file: File) =>
    upload<ImportReport>('/imports', { ...query, file: file.name }, file),
  sendCosts: (query: { platform: string; currency: string }, file: File) =>
    upload<ImportReport>('/costs/import', { ...query, file: file.name }, file),
};
