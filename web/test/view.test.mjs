import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './support/load.mjs';

const { readView, writeView, withView, defaultView, periodParams } = await load('view.ts');
const read = (text) => readView(new URLSearchParams(text));

test('the_default_view_has_an_empty_address', () => {
  assert.equal(writeView(defaultView).toString(), '');
  assert.deepEqual(read(''), defaultView);
});

test('every_view_comes_back_from_its_address', () => {
  for (const period of ['today', 'yesterday', '7d', '30d', 'month', 'custom']) {
    for (const compare of ['previous', 'year', 'none']) {
      for (const currency of ['KZT', 'USD', 'BRL']) {
        for (const granularity of ['day', 'week', 'month']) {
          for (const team of [null, 12]) {
            const custom = period === 'custom';
            const view = { period, compare, currency, granularity, team, from: custom ? '2026-01-05' : null, to: custom ? '2026-01-09' : null };

            assert.deepEqual(readView(writeView(view)), view);
          }
        }
      }
    }
  }
});

test('nonsense_in_an_address_becomes_the_default', () => {
  assert.deepEqual(read('period=century&compare=x&currency=EUR&granularity=hour&team=-1&from=2026-02-30&to=2026-03-01'), defaultView);
});

test('a_range_that_ends_before_it_starts_is_not_taken', () => {
  assert.equal(read('from=2026-01-09&to=2026-01-05').period, '7d');
});

test('half_a_range_is_not_taken', () => {
  assert.equal(read('from=2026-01-09').period, '7d');
});

test('what_else_stands_in_an_address_stays_when_the_view_changes', () => {
  const query = withView(new URLSearchParams('sort=-roas&period=30d&teams=cards'), { ...defaultView, currency: 'USD' });

  assert.equal(query.toString(), 'currency=USD&sort=-roas&teams=cards');
});

test('a_custom_range_is_asked_for_by_its_days', () => {
  assert.deepEqual(periodParams(read('from=2026-01-05&to=2026-01-09')), { from: '2026-01-05', to: '2026-01-09' });
  assert.deepEqual(periodParams(read('period=month')), { period: 'month' });
});

test('only_our_own_pages_are_returned_to_after_signing_in', async () => {
  const { safeReturn } = await load('router.ts');

  assert.equal(safeReturn('/campaigns?team=2'), '/campaigns?team=2');
  for (const bad of [null, '', 'https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)', '/signin?next=/']) {
    assert.equal(safeReturn(bad), '/');
  }
});
