// A real Chromium in front of the real pages. Whatever the page complains about fails the test.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { until } from './wait.mjs';
import { Client } from './client.mjs';
import { freePort, start, tempDir } from './program.mjs';

const I18N = fileURLToPath(new URL('../../../web/src/i18n/', import.meta.url));
export const LOCALES = ['ru', 'en', 'kk', 'pt'];
const WAIT_MS = 20_000;

/** The words of a language by key, as the page shows them; {name} is filled in. */
export function words(locale) {
  const part = (folder) => JSON.parse(readFileSync(path.join(I18N, folder, `${locale}.json`), 'utf8'));
  const all = { ...part(''), ...part('more') };
  const say = (key, values = {}) => {
    const text = all[key];
    assert.equal(typeof text, 'string', `${locale} has no plain text ${key}`);
    return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? `{${name}}`);
  };
  say.keys = Object.keys(all);
  return say;
}

function chromiumPath() {
  return process.env.TD_CHROMIUM || execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim();
}

export async function openBrowser(t) {
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb'],
  });
  t.after(() => browser.close());
  return browser;
}

/** Reports what a page's scripts may not do without being asked. */
function watchInside() {
  window.__violations = [];
  document.addEventListener('securitypolicyviolation', (e) => {
    window.__violations.push(`${e.violatedDirective}: ${e.blockedURI || e.sample} at ${e.sourceFile}:${e.lineNumber}`);
  });
}

/** A visitor with a browser profile of their own: {page, context, problems}. */
export async function visitor(t, browser, base, { width = 1440, height = 900, locale = 'en-US', scheme = 'dark' } = {}) {
  const context = await browser.newContext({
    baseURL: base, viewport: { width, height }, locale, colorScheme: scheme, timezoneId: 'Asia/Almaty',
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(WAIT_MS);
  const problems = [];
  const allowed = [];
  const api = [];
  const asking = new Set(); // requests without an answer
  let quietSince = Date.now();
  const answered = (rq) => {
    asking.delete(rq);
    quietSince = Date.now();
  };
  await context.addInitScript(watchInside);
  const page = await context.newPage();
  const note = (text) => { if (!allowed.some((pattern) => pattern.test(text))) problems.push(text); };
  page.on('pageerror', (e) => note(`page error: ${e.stack ?? e}`));
  page.on('console', (m) => { if (['error', 'warning'].includes(m.type())) note(`console ${m.type()}: ${m.text()} ${m.location().url}`); });
  page.on('dialog', (d) => { note(`dialog: ${d.message()}`); void d.dismiss(); });
  page.on('requestfinished', answered);
  page.on('requestfailed', answered);
  page.on('request', (rq) => {
    asking.add(rq);
    const url = new URL(rq.url());
    if (url.protocol.startsWith('http') && url.origin !== base) note(`asks ${url.origin}`);
    if (url.pathname.startsWith('/api/')) api.push(`${rq.method()} ${url.pathname}${url.search}`);
  });
  page.on('response', (rs) => {
    if (rs.status() < 400) return;
    answered(rs.request()); // whose body the page may leave unread
    note(`${rs.status()} ${rs.request().method()} ${rs.url()}`);
  });

  const me = {
    page, context, problems, api,
    /** Complaints that belong to what is being tested: a refused sign-in, a forbidden page. */
    allow(...patterns) { allowed.push(...patterns); },
    /** 0 violations of the content policy, 0 errors, on this page until now. */
    async assertQuiet() {
      const violations = await page.evaluate(() => window.__violations ?? []);
      assert.deepEqual([...problems, ...violations], []);
    },
    async close() {
      await me.assertQuiet();
      await context.close();
    },
    /** Saves what is on the screen, when a folder for that is named. */
    async shot(name) {
      if (!process.env.TD_SHOTS) return;
      mkdirSync(process.env.TD_SHOTS, { recursive: true });
      await page.screenshot({ path: path.join(process.env.TD_SHOTS, `${name}.png`), fullPage: true });
    },
    /** Nothing is being loaded any more, and the page has something to show. */
    async ready() {
      await page.locator('main h1').first().waitFor();
      await until('the page is loaded', async () => {
        const waits = [...asking].map((rq) => rq.url());
        if (waits.length || await page.locator('main .skeleton').count()) throw new Error(`waits for ${waits.join(' ')}`);
        return Date.now() - quietSince > 150;
      }, { within: WAIT_MS });
    },
    async open(address) {
      await page.goto(address);
      await me.ready();
    },
    async signIn(email, password) {
      await page.goto('/signin');
      await page.locator('input[name=email]').fill(email);
      await page.locator('input[name=password]').fill(password);
      await page.locator('button[type=submit]').click();
      await page.waitForURL((url) => url.pathname !== '/signin');
      await me.ready();
    },
    /** What the API says with this visitor's cookies. */
    ask: (address) => page.evaluate(async (at) => {
      const reply = await fetch(at);
      return { status: reply.status, json: reply.ok ? await reply.json() : null };
    }, address),
  };
  return me;
}

/** The demo: its address, logins and the sale to post. */
export async function startDemo(t, { days = 70, seed = 42 } = {}) {
  const port = await freePort();
  const program = start(t, ['demo', '--data', tempDir(t), '--listen', `127.0.0.1:${port}`, '--days', String(days), '--seed', String(seed)],
    { env: { TRAFFICD_RATE_LIMIT: '1000000', TRAFFICD_LOGIN_LIMIT: '1000000' } });
  await program.said(/Ctrl-C stops it/, { within: 180_000 });
  const base = `http://127.0.0.1:${port}`;
  const password = program.stdout.match(/password (\S+)/)[1];
  const logins = Object.fromEntries([...program.stdout.matchAll(/^ {2}(\S+@\S+) +(\w+)$/gm)].map((m) => [m[1], m[2]]));
  return {
    program, base, password, logins,
    /** The first login with this role. */
    login: (role) => Object.keys(logins).find((email) => logins[email] === role),
    admin: () => new Client(base).login(Object.keys(logins).find((e) => logins[e] === 'admin'), password),
    /** The printed curl, taken at its word: {url, body}. */
    curl() {
      const text = program.stdout.slice(program.stdout.indexOf('  curl '));
      const url = text.match(/curl (\S+)/)[1];
      return { url, body: [...text.matchAll(/-d '([^']*)'/g)].map((m) => m[1]).join('&') };
    },
  };
}

export { assert, until };
