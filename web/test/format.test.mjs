import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './support/load.mjs';

const { makeFormat } = await load('ui/format.ts');
const languages = ['ru', 'kk', 'en', 'pt'];
// Whatever kind of space a language puts between digits and units is an ordinary one here.
const plain = (text) => text.replace(/[\u00a0\u202f\u2009]/g, ' ');
const inAll = (use) => languages.map((language) => plain(use(makeFormat(language))));

test('money_is_written_as_each_language_writes_it', () => {
  const all = inAll((fmt) => fmt.money(1234567.89, 'KZT', 2));

  assert.deepEqual(all, ['1 234 567,89 ₸', '1 234 567,89 ₸', '₸1,234,567.89', '₸ 1.234.567,89']);
});

test('reais_are_written_as_each_language_writes_them', () => {
  assert.deepEqual(inAll((fmt) => fmt.money(1234.56, 'BRL')), ['1 234,56 R$', '1 234,56 R$', 'R$1,234.56', 'R$ 1.234,56']);
});

test('tenge_go_without_cents_and_dollars_with_them', () => {
  const fmt = makeFormat('ru');

  assert.equal(plain(fmt.money(236870.4, 'KZT')), '236 870 ₸');
  assert.equal(plain(fmt.money(463, 'USD')), '463,00 $');
});

test('a_negative_amount_has_a_true_minus_before_everything', () => {
  assert.deepEqual(inAll((fmt) => fmt.money(-65500, 'KZT')), ['−65 500 ₸', '−65 500 ₸', '−₸65,500', '−₸ 65.500']);
});

test('what_rounds_to_zero_has_no_sign', () => {
  assert.deepEqual(inAll((fmt) => fmt.number(-0.2)), ['0', '0', '0', '0']);
  assert.deepEqual(inAll((fmt) => fmt.number(-0)), ['0', '0', '0', '0']);
});

test('an_unknown_currency_keeps_its_code', () => {
  assert.deepEqual(inAll((fmt) => fmt.money(12, 'AED')), ['12,00 AED', '12,00 AED', 'AED 12.00', 'AED 12,00']);
});

test('percent_and_ratio_follow_the_language', () => {
  assert.deepEqual(inAll((fmt) => fmt.percent(788.66)), ['788,7 %', '788,7%', '788.7%', '788,7%']);
  assert.deepEqual(inAll((fmt) => fmt.ratio(8.887)), ['8,89×', '8,89×', '8.89×', '8,89×']);
});

test('huge_sums_become_short_words', () => {
  assert.deepEqual(inAll((fmt) => fmt.moneyCompact(101490000000, 'KZT')), ['101 млрд ₸', '101 млрд ₸', '₸101B', '₸ 101 bi']);
  assert.deepEqual(inAll((fmt) => fmt.compact(1950000)), ['1,95 млн', '1,95 млн', '1.95M', '1,95 mi']);
  assert.deepEqual(inAll((fmt) => fmt.compact(12)), ['12', '12', '12', '12']);
});

test('days_and_ranges_follow_the_language', () => {
  assert.deepEqual(inAll((fmt) => fmt.dayFull('2026-01-05')), ['5 янв 2026', '5 қаң 2026', 'Jan 5, 2026', '5 jan 2026']);
  assert.deepEqual(inAll((fmt) => fmt.range('2025-12-30', '2026-01-05')), [
    '30 дек 2025 – 5 янв 2026',
    '30 жел 2025 – 5 қаң 2026',
    'Dec 30, 2025 – Jan 5, 2026',
    '30 dez 2025 – 5 jan 2026',
  ]);
  assert.deepEqual(inAll((fmt) => fmt.range('2026-01-05', '2026-02-01')), [
    '5 янв – 1 февр 2026',
    '5 қаң – 1 ақп 2026',
    'Jan 5 – Feb 1, 2026',
    '5 jan – 1 fev 2026',
  ]);
  assert.deepEqual(inAll((fmt) => fmt.range('2026-01-05', '2026-01-09')), ['5–9 янв 2026', '5–9 қаң 2026', 'Jan 5–9, 2026', '5–9 jan 2026']);
});

test('a_range_of_one_day_is_that_day', () => {
  assert.deepEqual(inAll((fmt) => fmt.range('2026-05-09', '2026-05-09')), ['9 мая 2026', '9 мам 2026', 'May 9, 2026', '9 mai 2026']);
});

test('months_and_weekdays_follow_the_language', () => {
  assert.deepEqual(inAll((fmt) => fmt.month('2026-05-01')), ['Май 2026', 'Мамыр 2026', 'May 2026', 'Maio 2026']);
  assert.deepEqual(inAll((fmt) => fmt.dayAxis('2026-01-05')), ['Пн 5', 'Дс 5', 'Mon 5', 'Seg 5']);
  assert.deepEqual(inAll((fmt) => fmt.weekdays().map((day) => day.short).join(' ')).at(1), 'дс сс ср бс жм сб жс');
});

test('instants_are_shown_in_the_named_zone_with_its_real_history', () => {
  const fmt = makeFormat('ru');

  assert.equal(plain(fmt.moment(Date.UTC(2024, 1, 29, 10, 0), 'Asia/Almaty')), '29 февр 2024, 16:00');
  // Debian 12's Node carries zones older than Almaty's change; browsers have newer ones.
  if (process.versions.tz < '2024a') return;
  assert.equal(plain(fmt.moment(Date.UTC(2024, 2, 1, 10, 0), 'Asia/Almaty')), '1 мар 2024, 15:00');
  assert.equal(fmt.time(Date.UTC(2026, 0, 5, 19, 0), 'Asia/Almaty'), '00:00');
});

test('time_passed_is_told_in_words', () => {
  const now = Date.UTC(2026, 0, 5, 12, 0);

  assert.deepEqual(inAll((fmt) => fmt.ago(now - 5 * 60_000, now)), ['5 минут назад', '5 минут бұрын', '5 minutes ago', 'há 5 minutos']);
  assert.deepEqual(inAll((fmt) => fmt.ago(now + 3 * 3600_000, now)), ['через 3 часа', '3 сағат кейін', 'in 3 hours', 'em 3 horas']);
});

test('a_change_shows_its_sign', () => {
  const fmt = makeFormat('ru');

  assert.equal(fmt.signed(4, (value) => fmt.number(value)), '+4');
  assert.equal(fmt.signed(-4, (value) => fmt.number(value)), '−4');
  assert.equal(fmt.signed(0, (value) => fmt.number(value)), '0');
});
