// The rules of the house that a machine can check.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { root } from './support/load.mjs';

function walk(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : [path];
  });
}

const files = walk(join(root, 'src'))
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => ({ name: relative(join(root, 'src'), path), text: readFileSync(path, 'utf8') }));
// Comments and strings are no code.
const code = (text) => text.replace(/\/\/[^\n]*/g, '').replace(/'(?:[^'\\\n]|\\.)*'/g, "''");

function nowhere(pattern, except = []) {
  for (const { name, text } of files) {
    if (!except.includes(name)) assert.doesNotMatch(code(text), pattern, name);
  }
}

test('nothing_turns_text_into_markup_or_code', () => {
  nowhere(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySet|\beval\b|new Function|srcdoc|DOMParser/);
});

test('nothing_is_any_and_nothing_is_sworn_to_be_there', () => {
  nowhere(/:\s*any\b|\bas any\b|<any>|any\[\]/);
  nowhere(/[\w)\]]!(?=[.;,)\[\s](?!=))/);
});

test('the_type_checker_is_never_silenced', () => {
  for (const { name, text } of files) assert.doesNotMatch(text, /@ts-|eslint-disable/, name);
});

test('the_server_is_reached_through_one_file', () => {
  // script/t.ts is no part of the UI: other sites embed it.
  nowhere(/\bfetch\(|XMLHttpRequest|sendBeacon|WebSocket|EventSource/, ['api/client.ts', 'script/t.ts']);
});

test('numbers_and_days_are_written_by_one_file', () => {
  nowhere(/Intl\.(NumberFormat|DateTimeFormat|RelativeTimeFormat|ListFormat)|toLocale(Date|Time)?String\(/, ['ui/format.ts', 'ui/day.ts']);
});

test('echarts_is_named_in_one_file', () => {
  for (const { name, text } of files) {
    if (name !== 'ui/chart.ts') assert.doesNotMatch(text, /from 'echarts|import\('echarts/, name);
  }
});

test('server_data_is_described_in_one_file', () => {
  for (const { name, text } of files) {
    if (!/^api\/types/.test(name)) assert.doesNotMatch(text, /^export (interface|type) \w+ .*(request_id|data_version|utm_source)/m, name);
  }
});

test('colours_are_not_written_in_code', () => {
  // A team's colour is data: the palette to choose from stands in the constructor.
  nowhere(/\brgba?\(|\bhsla?\(/);
  for (const { name, text } of files) {
    if (name !== 'pages/teams/teams.tsx') assert.doesNotMatch(text, /'#[0-9a-f]{3,8}'/i, name);
  }
});

test('pages_do_not_know_one_another', () => {
  // Names of teams and the column set are the metrics slice's own parts that others may show.
  const shared = ['metrics/teamname', 'core/password'];
  for (const { name, text } of files) {
    const own = /^pages\/(\w+)\//.exec(name)?.[1];
    if (own === undefined) continue;
    for (const [, slice, file] of text.matchAll(/from '\.\.\/(\w+)\/([\w.]+)'/g)) {
      assert.ok(slice === own || shared.includes(`${slice}/${file}`), `${name} uses ${slice}/${file}`);
    }
  }
});

test('files_stay_short', () => {
  for (const { name, text } of files) assert.ok(text.split('\n').length <= 600, name);
});

test('the_lock_file_names_no_host', () => {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');

  assert.doesNotMatch(lock, /"resolved"/);
});

test('few_packages_are_depended_on', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

  assert.deepEqual(Object.keys(dependencies), ['@fontsource-variable/inter', '@fontsource-variable/jetbrains-mono', 'echarts', 'preact']);
  assert.deepEqual(Object.keys(devDependencies), ['esbuild', 'typescript']);
});
