// How numbers, money, days and times look in each language. Nothing else formats. Chromium carries
// no Kazakh number and date data, so Kazakh takes the Russian number patterns, which are the same,
// and the names of months and days from here.
import type { Day, LocaleCode } from '../api/types';
import { parts } from './day';

const tags: Record<LocaleCode, string> = { ru: 'ru', kk: 'ru', en: 'en', pt: 'pt-BR' };

const kazakh = {
  months: 'қаңтар ақпан наурыз сәуір мамыр маусым шілде тамыз қыркүйек қазан қараша желтоқсан'.split(' '),
  monthsShort: 'қаң ақп нау сәу мам мау шіл там қыр қаз қар жел'.split(' '),
  days: 'дүйсенбі сейсенбі сәрсенбі бейсенбі жұма сенбі жексенбі'.split(' '),
  daysShort: 'дс сс ср бс жм сб жс'.split(' '),
  units: { second: 'секунд', minute: 'минут', hour: 'сағат', day: 'күн' },
  thousand: 'мың',
  million: 'млн',
  billion: 'млрд',
  trillion: 'трлн',
};

export const nbsp = '\u00a0';
export const dash = '—';
const minus = '\u2212';

export interface MoneyParts {
  sign: string;
  figure: string;
  unit: string;
  unitFirst: boolean;
  gap: string; // between unit and figure
}

export interface Format {
  locale: LocaleCode;
  number: (value: number, digits?: number) => string;
  compact: (value: number) => string;
  money: (value: number, currency: string, digits?: number) => string;
  moneyCompact: (value: number, currency: string) => string;
  moneyParts: (value: number, currency: string, digits?: number) => MoneyParts;
  percent: (value: number, digits?: number) => string;
  percentUnit: { gap: string };
  ratio: (value: number) => string;
  signed: (value: number, show: (value: number) => string) => string;
  day: (day: Day) => string;
  dayFull: (day: Day) => string;
  dayAxis: (day: Day) => string;
  range: (from: Day, to: Day) => string;
  month: (day: Day) => string;
  monthShort: (day: Day) => string;
  weekdays: () => { short: string; long: string }[];
  time: (instant: number, zone: string) => string;
  moment: (instant: number, zone: string) => string;
  ago: (instant: number, now: number) => string;
  list: (items: string[]) => string;
}

// Money without cents where nobody counts them; the exact figure is always one hover away.
export function moneyDigits(currency: string): number {
  return currency === 'KZT' ? 0 : 2;
}

const symbols: Record<string, string> = { KZT: '₸', USD: '$', BRL: 'R$', EUR: '€', RUB: '₽' };
export function currencySymbol(currency: string): string {
  return symbols[currency] ?? currency;
}

function memo<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const fresh = make(key);
    made.set(key, fresh);
    return fresh;
  };
}

const trueMinus = (text: string): string => text.replace('-', minus);

function numbers(locale: LocaleCode) {
  const tag = tags[locale];
  const plain = memo((digits: number) =>
    new Intl.NumberFormat(tag, { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  );
  const short = new Intl.NumberFormat(tag, { notation: 'compact', maximumSignificantDigits: 3 });

  const threeDigits = new Intl.NumberFormat(tag, { maximumSignificantDigits: 3 });

  const number = (value: number, digits = 0): string => {
    const text = plain(digits).format(value === 0 ? 0 : value);
    return trueMinus(Number(value.toFixed(digits)) === 0 ? text.replace('-', '') : text);
  };
  const compact = (value: number): string => {
    if (locale !== 'kk') return trueMinus(short.format(value).replace(/\s/g, nbsp));
    const steps: [number, string][] = [
      [1e12, kazakh.trillion],
      [1e9, kazakh.billion],
      [1e6, kazakh.million],
      [1e3, kazakh.thousand],
    ];
    const step = steps.find(([size]) => Math.abs(value) >= size);
    if (!step) return number(value);
    const scaled = value / step[0];
    return `${threeDigits.format(scaled)}${nbsp}${step[1]}`;
  };
  return { number, compact };
}

function amounts(locale: LocaleCode, number: (value: number, digits?: number) => string) {
  const unitFirst = locale === 'en' || locale === 'pt';
  const gap = locale === 'en' ? '' : nbsp;
  const moneyParts = (value: number, currency: string, digits?: number): MoneyParts => {
    const text = number(value, digits ?? moneyDigits(currency));
    const negative = text.startsWith(minus);
    const unit = currencySymbol(currency);
    return {
      sign: negative ? minus : '',
      figure: negative ? text.slice(1) : text,
      unit,
      unitFirst,
      gap: unitFirst && unit === currency ? nbsp : gap,
    };
  };
  const join = (sign: string, figure: string, at: MoneyParts): string =>
    at.unitFirst ? `${sign}${at.unit}${at.gap}${figure}` : `${sign}${figure}${at.gap}${at.unit}`;
  return { moneyParts, join };
}

function calendarNames(locale: LocaleCode) {
  const name = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat(tags[locale], { ...options, timeZone: 'UTC' });
    return (date: Date) => format.format(date).replace(/\.$/, '');
  };
  const months = Array.from({ length: 12 }, (_, month) => new Date(Date.UTC(2024, month, 15)));
  const days = Array.from({ length: 7 }, (_, day) => new Date(Date.UTC(2024, 0, 1 + day)));
  if (locale === 'kk') return kazakh;
  // A month beside a day takes the genitive in Russian: "5 мая", but "май 2026".
  const withDay = new Intl.DateTimeFormat(tags[locale], { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const shortOf = (date: Date): string =>
    (withDay.formatToParts(date).find((part) => part.type === 'month')?.value ?? '').replace(/\.$/, '');
  return {
    months: months.map(name({ month: 'long' })),
    monthsShort: months.map(shortOf),
    days: days.map(name({ weekday: 'long' })),
    daysShort: days.map(name({ weekday: 'short' })),
  };
}

function dates(locale: LocaleCode) {
  let made: ReturnType<typeof calendarNames> | undefined;
  const names = () => (made ??= calendarNames(locale));
  const inOrder = (day: string, month: string): string =>
    locale === 'en' ? `${month}${nbsp}${day}` : `${day}${nbsp}${month}`;
  const withYear = (text: string, year: number): string =>
    locale === 'en' ? `${text}, ${year}` : `${text} ${year}`;
  const month = (index: number): string => names().monthsShort[index] ?? '';
  const bare = (day: Day): string => inOrder(String(parts(day).day), month(parts(day).month));
  const full = (day: Day): string => withYear(bare(day), parts(day).year);

  const range = (from: Day, to: Day): string => {
    const a = parts(from);
    const b = parts(to);
    if (from === to) return full(from);
    if (a.year !== b.year) return `${full(from)} – ${full(to)}`;
    if (a.month !== b.month) return withYear(`${bare(from)} – ${bare(to)}`, b.year);
    return withYear(inOrder(`${a.day}–${b.day}`, month(a.month)), b.year);
  };
  const long = (day: Day): string => {
    const name = names().months[parts(day).month] ?? '';
    return `${name.slice(0, 1).toLocaleUpperCase()}${name.slice(1)} ${parts(day).year}`;
  };
  const short = (day: Day): string => `${month(parts(day).month)} ${parts(day).year}`;
  const axis = (day: Day): string => {
    const weekday = names().daysShort[parts(day).weekday] ?? '';
    return `${weekday.slice(0, 1).toLocaleUpperCase()}${weekday.slice(1)} ${parts(day).day}`;
  };
  const weekdays = () =>
    names().daysShort.map((text, index) => ({ short: text, long: names().days[index] ?? text }));
  return { day: bare, dayFull: full, dayAxis: axis, range, month: long, monthShort: short, weekdays };
}

function clocks(locale: LocaleCode, dayFull: (day: Day) => string, number: (value: number) => string) {
  const clock = memo((zone: string) =>
    new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: zone }),
  );
  const date = memo((zone: string) =>
    new Intl.DateTimeFormat('sv-SE', { year: 'numeric', month: '2-digit', day: '2-digit', timeZone: zone }),
  );
  const relative = new Intl.RelativeTimeFormat(tags[locale], { numeric: 'always' });
  const time = (instant: number, zone: string): string => clock(zone).format(instant);
  const ago = (instant: number, now: number): string => {
    const seconds = Math.round((now - instant) / 1000);
    const steps: ['day' | 'hour' | 'minute' | 'second', number][] = [
      ['day', 86_400],
      ['hour', 3_600],
      ['minute', 60],
      ['second', 1],
    ];
    const [unit, size] = steps.find((step) => Math.abs(seconds) >= step[1]) ?? ['second', 1];
    const count = Math.trunc(seconds / size);
    if (locale !== 'kk') return relative.format(-count, unit);
    const amount = `${number(Math.abs(count))} ${kazakh.units[unit]}`;
    return count < 0 ? `${amount} кейін` : `${amount} бұрын`;
  };
  return {
    time,
    moment: (instant: number, zone: string) => `${dayFull(date(zone).format(instant))}, ${time(instant, zone)}`,
    ago,
  };
}

export function makeFormat(locale: LocaleCode): Format {
  const { number, compact } = numbers(locale);
  const { moneyParts, join } = amounts(locale, number);
  const calendar = dates(locale);
  const percentGap = locale === 'ru' ? nbsp : '';
  const words = new Intl.ListFormat(tags[locale], { type: 'unit', style: 'short' });

  return {
    locale,
    number,
    compact,
    money: (value, currency, digits) => {
      const at = moneyParts(value, currency, digits);
      return join(at.sign, at.figure, at);
    },
    moneyCompact: (value, currency) => {
      const text = compact(value);
      const negative = text.startsWith(minus);
      return join(negative ? minus : '', negative ? text.slice(1) : text, moneyParts(value, currency));
    },
    moneyParts,
    percent: (value, digits = 1) => `${number(value, digits)}${percentGap}%`,
    percentUnit: { gap: percentGap },
    ratio: (value) => `${number(value, 2)}×`,
    signed: (value, show) => (value > 0 ? `+${show(value)}` : show(value)),
    ...calendar,
    ...clocks(locale, calendar.dayFull, number),
    list: (items) => (locale === 'kk' ? items.join(', ') : words.format(items)),
  };
}
