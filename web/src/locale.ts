// Which language to speak: the last one used in this browser, else the browser's own.
import type { LocaleCode } from './api/types';
import { recall } from './memory';

export const locales: readonly LocaleCode[] = ['ru', 'kk', 'en', 'pt'];

export function isLocale(text: string | null | undefined): text is LocaleCode {
  return locales.some((locale) => locale === text);
}

export function guessLocale(): LocaleCode {
  const stored = recall('locale');
  if (isLocale(stored)) return stored;
  const spoken = navigator.languages.map((tag) => tag.slice(0, 2)).find(isLocale);
  return spoken ?? 'ru';
}
