import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './support/load.mjs';

const { inOrder } = await load('pages/ops/sources.tsx');
const { isDone } = await load('pages/ops/sync.tsx');
const { isCron } = await load('pages/ops/schedule.tsx');
const { pipelines, rulesOf } = await load('pages/crm/stages.tsx');
const { doubled } = await load('pages/crm/fields.tsx');
const { readAmount } = await load('pages/crm/products.tsx');
const { byMonth, differs } = await load('pages/ads/days.tsx');
const { readHosts } = await load('pages/links/hosts.tsx');
const { given } = await load('pages/links/tags.tsx');
const { readable } = await load('ui/raw.tsx');
const { dayAt, dayEnd } = await load('ui/day.ts');

test('what_is_broken_comes_first_and_what_is_off_last', () => {
  const row = (state, name) => ({ state, name, kind: 'ad_account' });
  const shown = inOrder([row('off', 'a'), row('fresh', 'b'), row('late', 'c'), row('broken', 'e'), row('waiting', 'd'), row('broken', 'd')]);

  assert.equal(shown.map((one) => one.state[0] + one.name).join(' '), 'bd be lc wd fb oa');
});

test('a_run_counts_once_it_began_after_the_button_and_ended', () => {
  const job = (running, started_at, finished_at) => ({ name: 'ads.sync', running, last: { started_at, finished_at } });
  const begun = { 'ads.sync': 11 };

  assert.equal(isDone(job(false, 10, 20), begun), false, 'the run before');
  assert.equal(isDone(job(true, 11, null), begun), false, 'under way');
  assert.equal(isDone(job(false, 11, 30), begun), true);
  assert.equal(isDone({ name: 'ads.sync', running: false, last: null }, begun), false, 'never ran');
});

test('a_timetable_has_five_fields', () => {
  for (const good of ['5 * * * *', '*/30 8-20 * * 1-5', ' 0 0 1,15 * * ']) assert.equal(isCron(good), true, good);
  for (const bad of ['', '* * * *', '5 * * * * *', 'five * * * *', '@daily']) assert.equal(isCron(bad), false, bad);
});

const status = (pipeline_id, status_id, sort, more = {}) => ({
  pipeline_id, pipeline: `P${pipeline_id}`, status_id, name: status_id, sort, stage: 'lead', product: null, funnel_stage: null, ...more,
});

test('a_pipeline_begins_with_the_row_of_all_its_statuses', () => {
  const shown = pipelines([status('2', '20', 5), status('1', '12', 9), status('1', '', 1), status('1', '11', 0)]);

  assert.deepEqual(shown.map((one) => [one.name, one.rows.map((row) => row.status_id)]), [['P2', ['20']], ['P1', ['', '11', '12']]]);
});

test('only_changed_stages_are_sent_and_each_as_a_whole', () => {
  const items = [status('1', '11', 0, { product: 'express' }), status('1', '12', 1)];

  assert.deepEqual(rulesOf(items, { '1/11': { stage: 'won' } }), [
    { pipeline_id: '1', status_id: '11', stage: 'won', product: 'express', funnel_stage: null },
  ]);
  assert.deepEqual(rulesOf(items, {}), []);
});

test('a_tag_that_two_fields_carry_is_noticed', () => {
  const field = (external_id, utm_code) => ({ external_id, utm_code, name: external_id, code: null, kind: 'text' });
  const items = [field('1', 'UTM_SOURCE'), field('2', null)];

  assert.deepEqual(doubled(items, {}), []);
  assert.deepEqual(doubled(items, { 2: 'UTM_SOURCE' }), ['UTM_SOURCE']);
  assert.deepEqual(doubled(items, { 1: null, 2: 'UTM_SOURCE' }), []);
});

test('an_amount_is_read_with_comma_or_point', () => {
  assert.equal(readAmount('90 000,50'), 90000.5);
  assert.equal(readAmount('90000'), 90000);
  for (const bad of ['', '-1', '1,2,3', 'x', '1.234']) assert.equal(readAmount(bad), null, bad);
});

test('days_stand_under_their_month_newest_month_first', () => {
  const day = (text, residual = null) => ({ day: text, state: 'ok', rows: 1, synced_at: 1, error: null, ads_spend: 1, account_spend: 1, residual, currency: 'USD' });
  const shown = byMonth([day('2026-01-02'), day('2025-12-31'), day('2026-01-01')]);

  assert.deepEqual(shown.map(([month, days]) => [month, days.map((one) => one.day.slice(8))]), [['2026-01-01', ['01', '02']], ['2025-12-01', ['31']]]);
  assert.deepEqual([differs(day('2026-01-01')), differs(day('2026-01-01', 0)), differs(day('2026-01-01', -0.5))], [false, false, true]);
});

test('hosts_are_taken_out_of_whatever_was_pasted', () => {
  assert.deepEqual(readHosts('https://Land.example.kz/path?x=1\nwa.me, wa.me;\n\nexample.kz'), ['land.example.kz', 'wa.me', 'example.kz']);
});

test('empty_tags_are_left_out_of_a_new_link_and_cleared_in_an_old_one', () => {
  const tags = { utm_source: ' fb ', utm_medium: '', utm_campaign: '', utm_content: '', utm_term: '' };

  assert.deepEqual(given(tags), { utm_source: 'fb' });
  assert.deepEqual(given(tags, true), { utm_source: 'fb', utm_medium: null, utm_campaign: null, utm_content: null, utm_term: null });
});

test('raw_bytes_become_readable_where_their_format_is_known', () => {
  assert.equal(readable('{"a":[1]}', 'text/plain'), '{\n  "a": [\n    1\n  ]\n}');
  assert.equal(readable('leads%5Bid%5D=7&b=%D1%8F', 'application/x-www-form-urlencoded; charset=utf-8'), 'leads[id] = 7\nb = я');
  assert.equal(readable('{broken', 'application/json'), null);
  assert.equal(readable('<html>', 'text/html'), null);
});

test('a_day_ends_where_its_zone_says', () => {
  for (const zone of ['Asia/Almaty', 'America/Sao_Paulo', 'UTC', 'Pacific/Kiritimati']) {
    const end = dayEnd('2026-03-01', zone);

    assert.equal(dayAt(end, zone), '2026-03-01', zone);
    assert.equal(dayAt(end + 1, zone), '2026-03-02', zone);
  }
});
