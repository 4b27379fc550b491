// The script that landing pages embed: its size, what it keeps and what it hands over.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import * as esbuild from 'esbuild';
import { root } from './support/load.mjs';

const built = await esbuild.build({
  absWorkingDir: root,
  entryPoints: [join(root, 'src/script/t.ts')],
  bundle: true,
  minify: true,
  write: false,
  format: 'iife',
  target: 'es2019',
  charset: 'utf8',
  legalComments: 'none',
});
const code = built.outputFiles[0].text;

class Form {
  constructor(method, fields = {}) {
    this.method = method;
    this.inputs = Object.entries(fields).map(([name, value]) => ({ name, value, type: name === 'phone' ? 'tel' : 'hidden' }));
  }
  getAttribute(name) {
    return name === 'method' ? this.method : null;
  }
  querySelector(selector) {
    return this.inputs.find((input) => `input[name="${input.name}"]` === selector) ?? null;
  }
  append(input) {
    this.inputs.push(input);
  }
  value(name) {
    return this.inputs.find((input) => input.name === name)?.value;
  }
}

// One page view in a browser whose storage outlives it.
function view(storage, search, { referrer = '', now = 1000 } = {}) {
  const page = { listeners: [], asked: [] };
  const window = {
    document: {
      currentScript: { src: 'https://dash.kz/t.js', dataset: { key: '1.S+cret' } },
      referrer,
      createElement: () => ({ value: '' }),
      addEventListener: (name, listener, capture) => page.listeners.push({ name, listener, capture }),
    },
    location: { search, origin: 'https://page.kz', pathname: '/x' },
    localStorage: storage,
    Date: { now: () => now },
    URL,
    URLSearchParams,
    FormData: class {
      constructor(form) {
        this.form = form;
      }
      forEach(each) {
        for (const { name, value } of this.form.inputs) each(value, name);
      }
    },
    fetch: (url, options) => {
      page.asked.push({ url: String(url), ...options });
      return Promise.resolve({ ok: true });
    },
  };
  window.window = window;
  runInContext(code, createContext(window));
  page.td = window.td;
  page.submit = (form) => page.listeners.find((one) => one.name === 'submit').listener({ target: form });
  return page;
}

class Storage {
  #kept = new Map();
  getItem(name) {
    return this.#kept.get(name) ?? null;
  }
  setItem(name, value) {
    this.#kept.set(name, value);
  }
}

const plain = (value) => JSON.parse(JSON.stringify(value));

test('it_is_smaller_than_2_KB_and_asks_nobody_but_us', () => {
  assert.ok(Buffer.byteLength(code) < 2048, `${Buffer.byteLength(code)} bytes`);
  assert.doesNotMatch(code, /cookie|userAgent|screen|canvas|plugins|language|https?:/);
});

test('the_first_and_the_last_visit_with_tags_are_kept', () => {
  const storage = new Storage();
  view(storage, '', { now: 1 });
  view(storage, '?utm_source=fb_a&fbclid=F1', { now: 2, referrer: 'https://fb.com/' });
  view(storage, '', { now: 3 });
  const { td } = view(storage, '?utm_source=fb_b&utm_content=9001&gclid=G&x=1', { now: 4 });
  assert.deepEqual(plain(td.data()), {
    first_at: '2', first_page: 'https://page.kz/x', first_referrer: 'https://fb.com/', first_utm_source: 'fb_a', first_fbclid: 'F1',
    last_at: '4', page: 'https://page.kz/x', referrer: '', utm_source: 'fb_b', utm_content: '9001', gclid: 'G',
  });
  assert.equal(view(storage, '', { now: 9 }).td.data().utm_source, 'fb_b');
});

test('a_form_is_filled_when_it_is_sent_and_what_it_says_itself_stands', () => {
  const page = view(new Storage(), '?utm_source=fb_a&utm_term=t');
  const form = new Form('POST', { phone: '8701', utm_source: 'own', utm_term: '' });
  page.submit(form);
  assert.equal(form.value('utm_source'), 'own');
  assert.equal(form.value('utm_term'), 't');
  assert.equal(form.value('first_utm_source'), 'fb_a');
  page.submit(form);
  assert.equal(form.inputs.filter((input) => input.name === 'first_utm_source').length, 1);
  const search = new Form('get');
  page.submit(search);
  assert.equal(search.inputs.length, 0);
  assert.equal(page.listeners[0].capture, true);
});

test('send_posts_the_form_to_our_door_without_cookies', async () => {
  const page = view(new Storage(), '?utm_source=fb_a');
  await page.td.send(new Form(null, { phone: '8701 222' }));
  const [asked] = page.asked;
  assert.equal(asked.url, 'https://dash.kz/webhook/lead?key=1.S%2Bcret');
  assert.equal(asked.method, 'POST');
  assert.equal(asked.credentials, 'omit');
  assert.equal(asked.body.get('phone'), '8701 222');
  assert.equal(asked.body.get('utm_source'), 'fb_a');
});

test('without_storage_this_visit_is_told', () => {
  const broken = { getItem: () => { throw new Error('off'); }, setItem: () => { throw new Error('off'); } };
  assert.equal(view(broken, '?utm_source=fb_a').td.data().utm_source, 'fb_a');
  const nonsense = new Storage();
  nonsense.setItem('td', 'null');
  assert.equal(view(nonsense, '?utm_source=fb_a').td.data().first_utm_source, 'fb_a');
});
