// Every address of the API that the UI uses, with what goes in and what comes out.
import { request, type Params } from './client';
import type {
  Account,
  BindingForm,
  Breakdown,
  Campaign,
  Connection,
  Done,
  Freshness,
  Invited,
  Job,
  List,
  LocaleCode,
  Me,
  OneTimeCode,
  Overview,
  Rate,
  RateForm,
  RuleSet,
  RuleSetForm,
  Sale,
  Session,
  SetupForm,
  SignedIn,
  Team,
  TeamForm,
  User,
  UserCreated,
  UserForm,
} from './types';

export const get = <T>(path: string, query: Params, signal?: AbortSignal): Promise<T> =>
  request<T>(signal ? { method: 'GET', path, query, signal } : { method: 'GET', path, query });
export const post = <T>(path: string, body: object = {}): Promise<T> =>
  request<T>({ method: 'POST', path, body });
export const put = <T>(path: string, body: object): Promise<T> => request<T>({ method: 'PUT', path, body });
export const patch = <T>(path: string, body: object): Promise<T> =>
  request<T>({ method: 'PATCH', path, body });
export const remove = <T>(path: string): Promise<T> => request<T>({ method: 'DELETE', path });

export const auth = {
  login: (email: string, password: string) => post<SignedIn>('/auth/login', { email, password }),
  logout: () => post<Done>('/auth/logout'),
  me: (signal?: AbortSignal) => get<Me>('/auth/me', {}, signal),
  code: (code: string, signal?: AbortSignal) => get<OneTimeCode>('/auth/setup', { code }, signal),
  setup: (form: SetupForm) => post<SignedIn>('/auth/setup', form),
  change: (form: { locale?: LocaleCode; full_name?: string }) => patch<Me>('/auth/me', form),
  password: (old_password: string, new_password: string) =>
    post<Done>('/auth/password', { old_password, new_password }),
  sessions: (signal?: AbortSignal) => get<List<Session>>('/auth/sessions', {}, signal),
  endSession: (id: string) => post<Done>(`/auth/sessions/${encodeURIComponent(id)}/end`),
};

export const metrics = {
  overview: (query: Params, signal?: AbortSignal) => get<Overview>('/overview', query, signal),
  breakdown: (query: Params, signal?: AbortSignal) => get<Breakdown>('/metrics', query, signal),
  freshness: (signal?: AbortSignal) => get<Freshness>('/freshness', {}, signal),
};

export const teams = {
  list: (archived: boolean, signal?: AbortSignal) =>
    get<List<Team>>('/teams', { archived: archived ? 1 : null }, signal),
  create: (form: TeamForm) => post<Team>('/teams', form),
  change: (id: number, form: TeamForm) => patch<Team>(`/teams/${id}`, form),
  archive: (id: number) => post<Team>(`/teams/${id}/archive`),
  restore: (id: number) => post<Team>(`/teams/${id}/restore`),
};

export const users = {
  list: (signal?: AbortSignal) => get<List<User>>('/users', {}, signal),
  create: (form: UserForm) => post<UserCreated>('/users', form),
  change: (id: number, form: UserForm) => patch<unknown>(`/users/${id}`, form),
  disable: (id: number) => post<unknown>(`/users/${id}/disable`),
  enable: (id: number) => post<unknown>(`/users/${id}/enable`),
  invite: (id: number) => post<Invited>(`/users/${id}/invite`),
};

export const ads = {
  connections: (signal?: AbortSignal) => get<List<Connection>>('/connections', {}, signal),
  connect: (token: string) => post<Connection>('/connections', { token }),
  check: (id: number) => post<unknown>(`/connections/${id}/check`),
  disconnect: (id: number) => remove<Done>(`/connections/${id}`),
  accounts: (signal?: AbortSignal) => get<List<Account>>('/accounts', {}, signal),
  track: (id: number, is_tracked: boolean) => patch<Account>(`/accounts/${id}`, { is_tracked }),
  bind: (id: number, form: BindingForm) => post<Account>(`/accounts/${id}/bindings`, form),
  unbind: (id: number, binding: number) => remove<Account>(`/accounts/${id}/bindings/${binding}`),
  campaigns: (query: Params, signal?: AbortSignal) =>
    get<List<Campaign>>('/campaigns', query, signal),
};

export const sales = {
  list: (query: Params, signal?: AbortSignal) => get<List<Sale>>('/sales', query, signal),
};

export const rules = {
  current: (signal?: AbortSignal) => get<RuleSet>('/rules', {}, signal),
  replace: (form: RuleSetForm) => put<RuleSet>('/rules', form),
};

export const rates = {
  list: (from: string, to: string, signal?: AbortSignal) =>
    get<List<Rate>>('/rates', { from, to }, signal),
  add: (form: RateForm) => post<unknown>('/rates', form),
};

export const jobs = {
  list: (signal?: AbortSignal) => get<List<Job>>('/jobs', {}, signal),
  run: (name: string) => post<Done>(`/jobs/${encodeURIComponent(name)}/run`),
};
