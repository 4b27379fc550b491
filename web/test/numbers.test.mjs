import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './support/load.mjs';

const { sortRows, nextOrder, readOrder, writeOrder } = await load('ui/sort.ts');
const { changeOf, definitions, share, steps } = await load('ui/metrics.ts');
const day = await load('ui/day.ts');
const { isUnfinished } = await load('pages/metrics/timeseries.tsx');
const { readRate } = await load('pages/rates/rates.tsx');
const { moved } = await load('pages/attribution/rules.tsx');
const { deviceName } = await load('pages/settings/settings.tsx');

test('rows_without_a_value_come_last_in_both_directions', () => {
  const rows = [{ v: 2 }, { v: null }, { v: 3 }, { v: 1 }, { v: null }];

  assert.deepEqual(sortRows(rows, (row) => row.v, false).map((row) => row.v), [1, 2, 3, null, null]);
  assert.deepEqual(sortRows(rows, (row) => row.v, true).map((row) => row.v), [3, 2, 1, null, null]);
});

test('equal_rows_keep_their_order_in_both_directions', () => {
  const rows = [{ v: 1, n: 'a' }, { v: 1, n: 'b' }, { v: 0, n: 'c' }, { v: 1, n: 'd' }];

  assert.equal(sortRows(rows, (row) => row.v, false).map((row) => row.n).join(''), 'cabd');
  assert.equal(sortRows(rows, (row) => row.v, true).map((row) => row.n).join(''), 'abdc');
});

test('names_sort_as_people_of_that_language_expect', () => {
  const names = ['Яна', 'Ёлка', 'Ежи', 'Кампания 10', 'Кампания 9', 'Жук'];

  assert.deepEqual(sortRows(names, (name) => name, false, 'ru'), ['Ежи', 'Ёлка', 'Жук', 'Кампания 9', 'Кампания 10', 'Яна']);
});

test('sorting_leaves_the_rows_it_was_given_alone', () => {
  const rows = [3, 1, 2];

  sortRows(rows, (row) => row, false);

  assert.deepEqual(rows, [3, 1, 2]);
});

test('a_second_click_on_a_column_turns_it_round', () => {
  const first = nextOrder(null, 'roas', true);
  const second = nextOrder(first, 'roas', true);

  assert.deepEqual(first, { column: 'roas', descending: true });
  assert.deepEqual(second, { column: 'roas', descending: false });
  assert.deepEqual(nextOrder(second, 'name', false), { column: 'name', descending: false });
});

test('an_order_comes_back_from_its_address', () => {
  for (const text of ['-roas', 'name']) assert.equal(writeOrder(readOrder(text)), text);
  for (const text of [null, '', '-']) assert.equal(readOrder(text), null);
});

test('a_falling_price_is_good_and_a_falling_revenue_is_bad', () => {
  const verdict = (metric, now, before) => changeOf(definitions[metric], now, before).verdict;

  for (const metric of ['cpl', 'cpa', 'cpc', 'cpm']) {
    assert.equal(verdict(metric, 90, 100), 'good', metric);
    assert.equal(verdict(metric, 110, 100), 'bad', metric);
  }
  for (const metric of ['revenue', 'roi', 'roas', 'sales', 'leads', 'ctr', 'aov', 'link_clicks', 'meta_roas']) {
    assert.equal(verdict(metric, 90, 100), 'bad', metric);
    assert.equal(verdict(metric, 110, 100), 'good', metric);
  }
  for (const metric of ['spend', 'impressions']) {
    assert.equal(verdict(metric, 90, 100), 'neutral', metric);
    assert.equal(verdict(metric, 110, 100), 'neutral', metric);
  }
});

test('a_change_is_told_against_the_size_of_what_was', () => {
  assert.equal(changeOf(definitions.revenue, 150, 100).value, 50);
  assert.equal(changeOf(definitions.revenue, -50, -100).value, 50);
  assert.equal(changeOf(definitions.roi, 788.7, 841.7).value.toFixed(1), '-53.0');
  assert.equal(changeOf(definitions.sales, 33, 29).value, 4);
});

test('a_change_from_nothing_has_no_share', () => {
  assert.deepEqual(changeOf(definitions.revenue, 5, 0), { value: null, kind: 'percent', direction: 1, verdict: 'good' });
  assert.equal(changeOf(definitions.revenue, 0, 0), null);
});

test('nothing_after_nothing_is_no_change', () => {
  assert.deepEqual(changeOf(definitions.sales, 0, 0), { value: 0, kind: 'absolute', direction: 0, verdict: 'neutral' });
  assert.equal(changeOf(definitions.roi, 12, 12).verdict, 'neutral');
});

test('without_a_comparison_there_is_no_change', () => {
  assert.equal(changeOf(definitions.cpl, null, 3), null);
  assert.equal(changeOf(definitions.cpl, 3, null), null);
  assert.equal(changeOf(definitions.cpl, 3, undefined), null);
});

test('what_would_read_as_no_change_is_none', () => {
  assert.deepEqual([changeOf(definitions.ctr, 1.8021, 1.8).direction, changeOf(definitions.revenue, 100.01, 100).verdict], [0, 'neutral']);
});

test('a_share_of_nothing_is_not_zero', () => {
  assert.equal(share(0, 0), null);
  assert.equal(share(1, 4), 25);
  assert.deepEqual(steps.map((step) => step.metric), ['impressions', 'clicks', 'leads', 'sales']);
});

test('days_are_counted_without_a_time_zone', () => {
  assert.equal(day.addDays('2024-02-28', 1), '2024-02-29');
  assert.equal(day.addDays('2026-01-01', -1), '2025-12-31');
  assert.equal(day.addMonths('2026-01-31', 1), '2026-02-28');
  assert.equal(day.addMonths('2026-03-31', -1), '2026-02-28');
  assert.equal(day.daysBetween('2025-12-30', '2026-01-05'), 6);
  assert.equal(day.isDay('2026-02-29'), false);
  assert.equal(day.isDay('2026-2-9'), false);
  assert.equal(day.dayAt(Date.UTC(2026, 0, 5, 19, 30), 'Asia/Almaty'), '2026-01-06');
});

test('a_months_page_starts_on_monday_and_never_jumps', () => {
  for (const month of ['2026-01-15', '2026-02-01', '2024-02-29', '2026-06-01']) {
    const days = day.monthGrid(month);
    assert.equal(days.length, 42);
    assert.equal(day.parts(days[0]).weekday, 0);
    assert.ok(days.includes(day.firstOfMonth(month)));
  }
});

test('a_point_is_unfinished_until_its_last_day_is_over', () => {
  assert.equal(isUnfinished('2026-01-05', 'day', '2026-01-05'), true);
  assert.equal(isUnfinished('2026-01-04', 'day', '2026-01-05'), false);
  assert.equal(isUnfinished('2026-01-05', 'week', '2026-01-11'), true);
  assert.equal(isUnfinished('2026-01-05', 'week', '2026-01-12'), false);
  assert.equal(isUnfinished('2026-01-01', 'month', '2026-01-31'), true);
  assert.equal(isUnfinished('2026-01-01', 'month', '2026-02-01'), false);
});

test('a_rate_is_read_with_comma_or_point', () => {
  assert.equal(readRate('512,40'), 512.4);
  assert.equal(readRate(' 1 512.405 '), 1512.405);
  for (const bad of ['', '0', '-3', 'abc', '1e5', '5,1,2', 'Infinity']) assert.equal(readRate(bad), null, bad);
});

test('moving_a_rule_keeps_all_others_in_order', () => {
  assert.deepEqual(moved(['a', 'b', 'c'], 0, 1), ['b', 'a', 'c']);
  assert.deepEqual(moved(['a', 'b', 'c'], 2, 0), ['c', 'a', 'b']);
});

test('a_device_is_named_by_browser_and_system', () => {
  assert.equal(deviceName('Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36'), 'Chrome, Linux');
  assert.equal(deviceName('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1'), 'Safari, iPhone');
  assert.equal(deviceName('curl/8.5'), 'curl/8.5');
});
