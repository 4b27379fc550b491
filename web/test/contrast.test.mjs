import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from './support/load.mjs';

const css = readFileSync(join(root, 'src/style/tokens.css'), 'utf8');

function tokensOf(theme) {
  const start = css.indexOf(`[data-theme="${theme}"]`);
  const block = css.slice(css.indexOf('{', start) + 1, css.indexOf('}', start));
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map((match) => [match[1], match[2]]));
}

function luminance(hex) {
  const [r, g, b] = [1, 3, 5]
    .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

const grounds = ['background', 'background-2', 'surface', 'surface-2', 'surface-3'];
const readable = [
  ...['text', 'muted'].flatMap((ink) => grounds.map((ground) => [ink, ground])),
  ...['accent-text', 'good', 'warn', 'bad'].flatMap((ink) => ['background', 'surface', 'surface-2'].map((ground) => [ink, ground])),
  ...['good', 'warn', 'bad', 'accent'].map((kind) => [kind === 'accent' ? 'accent-text' : kind, `${kind}-soft`]),
  ...['good', 'warn', 'bad', 'accent'].map((kind) => ['text', `${kind}-soft`]),
  ['accent-ink', 'accent'],
  ['bad-ink', 'bad-strong'],
  ['text', 'accent-soft'],
];
// Lines, marks and the borders of controls must be seen, not read.
const visible = [
  ...['accent', 'spend', 'third', 'edge'].flatMap((ink) => ['background', 'surface', 'surface-2'].map((ground) => [ink, ground])),
  ['edge', 'background-2'],
];

for (const theme of ['neon', 'navy', 'light']) {
  const tokens = tokensOf(theme);
  const reaches = (pairs, least) => {
    for (const [ink, ground] of pairs) {
      assert.ok(tokens[ink] && tokens[ground], `${theme}: ${ink} or ${ground} is not a plain colour`);
      const found = contrast(tokens[ink], tokens[ground]);
      assert.ok(found >= least, `${theme}: ${ink} on ${ground} is ${found.toFixed(2)}, needs ${least}`);
    }
  };

  test(`text_in_${theme}_reaches_aa`, () => reaches(readable, 4.5));
  test(`marks_and_borders_in_${theme}_can_be_seen`, () => reaches(visible, 3));
}

test('every_theme_has_every_token', () => {
  const names = (theme) => {
    const start = css.indexOf(`[data-theme="${theme}"]`);
    const block = css.slice(css.indexOf('{', start) + 1, css.indexOf('}', start));
    return [...block.matchAll(/--([\w-]+):/g)].map((match) => match[1]);
  };

  assert.deepEqual(names('navy'), names('neon'));
  assert.deepEqual(names('light'), names('neon'));
});

test('colours_come_from_the_tokens_alone', () => {
  const files = ['base', 'shell', 'controls', 'blocks', 'overview', 'door', 'pages', 'sources'];
  for (const file of files) {
    const text = readFileSync(join(root, 'src/style', `${file}.css`), 'utf8');
    assert.doesNotMatch(text, /#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(/i, file);
    const used = [...text.matchAll(/var\(--([\w-]+)/g)].map((match) => match[1]);
    for (const name of used) assert.ok(name === 'team' || css.includes(`--${name}:`), `${file}: --${name} is not a token`);
  }
});
