// Words. One language is loaded at a time, its first part with the UI and its second with the pages
// that need it; a text with plural forms takes the number as {n}.
import type ru from '../i18n/ru.json';
import type more from '../i18n/more/ru.json';
import type { LocaleCode } from '../api/types';
import { remember } from '../memory';
import { makeFormat, type Format } from './format';

export type Key = Extract<keyof typeof ru | keyof typeof more, string>;
export type Words = Record<string, string | number>;
type Forms = { [category in Intl.LDMLPluralRule]?: string };
export type Dictionary = Record<string, string | Forms>;

export const localeNames: Record<LocaleCode, string> = {
  ru: 'Русский',
  kk: 'Қазақша',
  en: 'English',
  pt: 'Português',
};

const loaders: Record<LocaleCode, () => Promise<{ default: Dictionary }>> = {
  ru: () => import('../i18n/ru.json'),
  kk: () => import('../i18n/kk.json'),
  en: () => import('../i18n/en.json'),
  pt: () => import('../i18n/pt.json'),
};

const moreLoaders: typeof loaders = {
  ru: () => import('../i18n/more/ru.json'),
  kk: () => import('../i18n/more/kk.json'),
  en: () => import('../i18n/more/en.json'),
  pt: () => import('../i18n/more/pt.json'),
};

let spoken: LocaleCode | null = null;
let moreWanted = false;
let dictionary: Dictionary = {};
let plural = new Intl.PluralRules('ru');
export let fmt: Format = makeFormat('ru');

export async function loadLocale(locale: LocaleCode): Promise<void> {
  const [first, second] = await Promise.all([loaders[locale](), moreWanted ? moreLoaders[locale]() : null]);
  spoken = locale;
  dictionary = { ...first.default, ...second?.default };
  plural = new Intl.PluralRules(locale === 'pt' ? 'pt-BR' : locale);
  fmt = makeFormat(locale);
  document.documentElement.lang = locale;
  remember('locale', locale);
}

// The second part of the words; a page that uses it is shown once this has ended.
export async function loadMore(): Promise<void> {
  moreWanted = true;
  const asked = spoken;
  if (asked === null) return; // loadLocale is under way or still to come, and brings both
  const { default: words } = await moreLoaders[asked]();
  if (asked === spoken) dictionary = { ...dictionary, ...words };
}

export function fill(text: string, words: Words, format: Format): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const word = words[name];
    if (word === undefined) return whole;
    return typeof word === 'number' ? format.number(word) : word;
  });
}

export function pick(entry: string | Forms, words: Words, rules: Intl.PluralRules): string {
  if (typeof entry === 'string') return entry;
  const count = Number(words['n'] ?? 0);
  return entry[rules.select(Math.abs(count))] ?? entry.other ?? '';
}

export function t(key: Key, words: Words = {}): string {
  const entry = dictionary[key];
  return entry === undefined ? key : fill(pick(entry, words, plural), words, fmt);
}

// For keys made at run time from what the server says; null when there are no words for it.
export function tMaybe(key: string, words: Words = {}): string | null {
  const entry = dictionary[key];
  return entry === undefined ? null : fill(pick(entry, words, plural), words, fmt);
}
