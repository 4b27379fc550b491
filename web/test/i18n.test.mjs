import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { load, root } from './support/load.mjs';

const { fill, pick } = await load('ui/i18n.ts');
const { makeFormat } = await load('ui/format.ts');
const tags = { ru: 'ru', kk: 'kk', en: 'en', pt: 'pt-BR' };
const languages = Object.keys(tags);
const part = (folder, language) => JSON.parse(readFileSync(join(root, 'src/i18n', folder, `${language}.json`), 'utf8'));
const texts = Object.fromEntries(
  languages.map((language) => [language, { ...part('', language), ...part('more', language) }]),
);
const forms = (entry) => (typeof entry === 'string' ? [entry] : Object.values(entry));
const names = (text) => new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) ? [readFileSync(path, 'utf8')] : [];
  });
}

test('every_language_has_the_same_texts_in_the_same_order', () => {
  for (const language of languages) assert.deepEqual(Object.keys(texts[language]), Object.keys(texts.ru), language);
});

test('a_text_stands_in_one_part_only', () => {
  for (const language of languages) {
    const first = new Set(Object.keys(part('', language)));
    assert.deepEqual(Object.keys(part('more', language)).filter((key) => first.has(key)), []);
  }
});

// The second part of the words comes with a page of pages.ts that is wrapped in worded(); whatever
// else is shown must make do with the first.
test('what_is_always_shown_uses_the_first_part_of_the_words', () => {
  const more = Object.keys(part('more', 'ru'));
  for (const folder of ['shell', 'pages/core/signin.tsx', 'pages/core/setup.tsx', 'pages/core/door.tsx', 'app.tsx', 'pages.ts']) {
    const code = (folder.includes('.') ? [readFileSync(join(root, 'src', folder), 'utf8')] : sources(join(root, 'src', folder))).join('\n');
    for (const key of more) assert.ok(!code.includes(`'${key}'`), `${folder}: ${key}`);
  }
});

test('no_text_is_empty_or_padded', () => {
  for (const language of languages) {
    for (const [key, entry] of Object.entries(texts[language])) {
      for (const form of forms(entry)) assert.ok(form !== '' && form === form.trim(), `${language} ${key}`);
    }
  }
});

test('every_language_fills_in_the_same_words', () => {
  for (const [key, entry] of Object.entries(texts.ru)) {
    const wanted = names(forms(entry).join(' '));
    for (const language of languages) {
      for (const form of forms(texts[language][key])) {
        for (const name of names(form)) assert.ok(wanted.has(name), `${language} ${key}: {${name}} is not given`);
      }
      assert.deepEqual(names(forms(texts[language][key]).join(' ')), wanted, `${language} ${key}`);
    }
  }
});

test('plural_texts_cover_exactly_the_forms_of_their_language', () => {
  for (const language of languages) {
    const wanted = new Intl.PluralRules(tags[language]).resolvedOptions().pluralCategories.sort();
    for (const [key, entry] of Object.entries(texts[language])) {
      if (typeof entry !== 'string') assert.deepEqual(Object.keys(entry).sort(), wanted, `${language} ${key}`);
    }
  }
});

test('a_text_with_a_number_is_plural_in_all_languages_or_in_none', () => {
  for (const key of Object.keys(texts.ru)) {
    const kinds = new Set(languages.map((language) => typeof texts[language][key]));
    assert.equal(kinds.size, 1, key);
  }
});

test('numbers_choose_the_right_form', () => {
  const entry = texts.ru['kpi.leads'];
  const said = [0, 1, 2, 5, 11, 21, 22, 1000].map((n) =>
    fill(pick(entry, { n }, new Intl.PluralRules('ru')), { n }, makeFormat('ru')).replace(/\u00a0/g, ' '),
  );

  assert.deepEqual(said, ['0 лидов', '1 лид', '2 лида', '5 лидов', '11 лидов', '21 лид', '22 лида', '1 000 лидов']);
});

test('words_from_outside_are_not_read_as_placeholders', () => {
  const text = fill('{name} / {n}', { name: '{n}', n: 7 }, makeFormat('en'));

  assert.equal(text, '{n} / 7');
});

test('every_text_is_used_and_every_used_text_exists', () => {
  const code = sources(join(root, 'src')).join('\n');
  const literal = new Set([...code.matchAll(/['"`]([a-z_0-9]+(?:\.[A-Za-z0-9_]+)+)['"`]/g)].map((match) => match[1]));
  // Keys put together at run time: t(`metric.${name}_short`) uses everything that fits the pattern.
  const patterns = [...code.matchAll(/`([a-z_]+\.[^`]*\$\{[^`]*)`/g)].map((match) => {
    const parts = match[1].split(/\$\{(?:[^{}]|\{[^}]*\})*\}/).map((part) => part.replace(/[.]/g, '\\.'));
    return new RegExp(`^${parts.join('[A-Za-z0-9_.]+')}$`);
  });
  const suffixed = [...literal].flatMap((key) => [key, `${key}_hint`]);

  const unused = Object.keys(texts.ru).filter((key) => !suffixed.includes(key) && !patterns.some((pattern) => pattern.test(key)));
  assert.deepEqual(unused, []);
});
