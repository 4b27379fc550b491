// The one way to the server. A 401 is answered by one refresh, shared by all tabs, and one retry;
// after that the session is over and whoever listens to onSignedOut shows the sign-in page.
import { recall, remember } from '../memory';
import type { ErrorBody, FieldError } from './types';

export type Params = Record<string, string | number | boolean | null | undefined>;

export class ApiError extends Error {
  constructor(
    readonly status: number, // 0: no answer came
    readonly code: string,
    message: string,
    readonly fields: FieldError[] = [],
    readonly requestId: string | null = null,
    readonly retryAfter: number | null = null, // seconds
  ) {
    super(message);
  }
}

export function isAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  query?: Params;
  body?: object;
  file?: Blob; // instead of a body: a table in a file
  signal?: AbortSignal;
}

const base = '/api/v1';
const refreshLock = 'traffic-refresh';
let signedOut: () => void = () => undefined;

export function onSignedOut(listener: () => void): void {
  signedOut = listener;
}

export function toQuery(params: Params): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === null || value === undefined || value === '') continue;
    query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

async function send(call: Call): Promise<Response> {
  const init: RequestInit = {
    method: call.method,
    headers: { Accept: 'application/json' },
    credentials: 'same-origin',
    redirect: 'error',
  };
  if (call.signal) init.signal = call.signal;
  if (call.method !== 'GET') {
    const type = call.file ? 'text/csv' : 'application/json';
    init.headers = { ...init.headers, 'Content-Type': type, 'X-Trafficd': '1' };
    init.body = call.file ?? JSON.stringify(call.body ?? {});
  }
  try {
    return await fetch(base + call.path + toQuery(call.query ?? {}), init);
  } catch (error) {
    if (isAborted(error)) throw error;
    throw new ApiError(0, 'offline', 'no answer');
  }
}

function seconds(text: string | null): number | null {
  const value = text === null ? NaN : Number(text);
  return Number.isFinite(value) ? Math.max(0, value) : null;
}

function isErrorBody(value: unknown): value is ErrorBody {
  return typeof value === 'object' && value !== null && 'error' in value;
}

async function failure(response: Response): Promise<ApiError> {
  const retryAfter = seconds(response.headers.get('Retry-After'));
  const body: unknown = await response.json().catch(() => null);
  if (!isErrorBody(body)) {
    return new ApiError(response.status, 'unreadable', response.statusText, [], null, retryAfter);
  }
  const { code, message, fields, request_id } = body.error;
  return new ApiError(response.status, code, message, fields ?? [], request_id, retryAfter);
}

// One refresh at a time over all tabs. Whoever waited for another's refresh uses its cookies.
let refreshing: Promise<boolean> | null = null;

function refresh(askedAt: number): Promise<boolean> {
  refreshing ??= refreshAlone(askedAt).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

async function refreshAlone(askedAt: number): Promise<boolean> {
  const attempt = async (): Promise<boolean> => {
    if (Number(recall('refreshed') ?? 0) > askedAt) return true;
    const response = await send({ method: 'POST', path: '/auth/refresh' });
    if (response.status === 409) return true; // another browser window was quicker; its cookies are ours
    if (response.ok) remember('refreshed', String(Date.now()));
    else if (response.status !== 401 && response.status !== 400) throw await failure(response);
    await response.text(); // an answer that is not read to its end holds the connection
    return response.ok;
  };
  return 'locks' in navigator ? navigator.locks.request(refreshLock, attempt) : attempt();
}

const withoutRefresh = ['/auth/login', '/auth/refresh', '/auth/logout', '/auth/setup'];

export async function request<T>(call: Call): Promise<T> {
  const askedAt = Date.now();
  let response = await send(call);
  if (response.status === 401 && !withoutRefresh.includes(call.path)) {
    const refused = response;
    if (await refresh(askedAt)) {
      await refused.text();
      response = await send(call);
    }
    if (response.status === 401) signedOut();
  }
  if (!response.ok) throw await failure(response);
  try {
    return (await response.json()) as T;
  } catch (error) {
    if (isAborted(error)) throw error;
    throw new ApiError(response.status, 'unreadable', 'not JSON');
  }
}
