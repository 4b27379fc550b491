// What went wrong, in words and with what to do next.
import { ApiError } from '../api/client';
import { t, tMaybe, type Key } from './i18n';

export type Overrides = { [code: string]: Key };

export function errorText(error: unknown, overrides: Overrides = {}): string {
  if (!(error instanceof ApiError)) return t('error.internal');
  const own = overrides[error.code];
  if (own !== undefined) return t(own);
  if (error.code === 'slow_down' && error.retryAfter !== null) {
    return t('error.slow_down_for', { time: waitText(error.retryAfter) });
  }
  return tMaybe(`error.${error.code}`) ?? t('error.internal');
}

export function waitText(seconds: number): string {
  return seconds < 90
    ? t('time.seconds', { n: Math.max(1, Math.ceil(seconds)) })
    : t('time.minutes', { n: Math.ceil(seconds / 60) });
}

export function fieldText(code: string): string {
  return tMaybe(`field.${code}`) ?? t('field.other');
}

export function requestId(error: unknown): string | null {
  return error instanceof ApiError ? error.requestId : null;
}

