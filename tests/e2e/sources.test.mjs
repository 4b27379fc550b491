// Where numbers come from: each source connected, heard, broken and healed, and every number opened
// down to the bytes that brought it. Real program, real simulator, real browser.
import assert from 'node:assert/strict';
import http from 'node:http';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { almatyDay, consent, deal, form, hook, jobDone, setUp, startServer, startSim } from './support/agency.mjs';
import { openBrowser } from './support/browser.mjs';
import { tempDir } from './support/program.mjs';
import { settled, until } from './support/wait.mjs';

const APP = { id: '312000000000000', secret: 'the secret of the app' };
const VERIFY = 'a word that the platform says';
const DAY = 86_400_000;

async function ok(result) {
  const done = await result;
  assert.equal(done.code, 0, done.stderr + done.stdout);
  return done;
}

/** All items of a list, page by page. */
async function all(admin, address) {
  const items = [];
  let cursor = '';
  do {
    const page = await admin.get(`${address}${address.includes('?') ? '&' : '?'}limit=500${cursor}`);
    items.push(...page.items);
    cursor = page.next ? `&cursor=${encodeURIComponent(page.next)}` : '';
  } while (cursor);
  return items;
}

const sourcesOf = async (client, kind) => (await client.get('/api/v1/sources')).items.filter((s) => s.kind === kind);

/** Waits until the source says so; it. */
function sourceIs(client, kind, state, why = null) {
  return until(`${kind} is ${state} ${why ?? ''}`, async () => {
    const [s] = await sourcesOf(client, kind);
    if (s?.state !== state || s.why !== why) throw new Error(JSON.stringify(s));
    return s;
  });
}

const checksOf = async (client, recipe) => {
  const said = await client.get(`/api/v1/diagnostics?recipe=${recipe}`);
  const failed = said.items.filter((i) => i.state === 'fail').map((i) => i.check);
  return { verdict: said.verdict, failed, ...Object.fromEntries(said.items.map((i) => [i.check, i])) };
};

test('ad accounts by consent', async (t) => {
  const sim = await startSim(t, { days: 20, appSecret: APP.secret });
  const server = await startServer(t, {
    env: { ...sim.env, TRAFFICD_META_APP_ID: APP.id, TRAFFICD_META_APP_SECRET: APP.secret, TRAFFICD_HISTORY_MONTHS: '0' },
  });
  const { client: admin } = await setUp(server);
  const only = async () => {
    const { items } = await admin.get('/api/v1/connections');
    assert.equal(items.length, 1);
    return items[0];
  };
  const ask = (body = {}) => admin.post('/api/v1/connections/oauth', body);

  await t.test('before anything is connected the diagnosis names the first step', async () => {
    const now = await checksOf(admin, 'no_facebook_data');
    assert.equal(now.verdict, 'problem');
    assert.deepEqual([now.token_configured.state, now.token_configured.fix], ['fail', '/connections']);
  });
  await t.test('whoever says no comes back with the reason, and nothing is connected', async () => {
    await sim.set({ deny_consent: 1 });
    const back = await consent((await ask()).url, server.base);
    assert.equal(`${back.pathname}${back.search}`, '/connections?error=denied');
    assert.deepEqual((await admin.get('/api/v1/connections')).items, []);
    await sim.set({ deny_consent: 0 });
  });
  await t.test('a yes becomes a connection that says what its token may and how long', async () => {
    const { url, state_expires_at: until } = await ask({ return_to: '/accounts' });
    assert.ok(url.startsWith(`${sim.url}/www/v25.0/dialog/oauth?`));
    assert.ok(until > Date.now());
    const back = await consent(url, server.base);
    assert.equal(back.pathname, '/accounts');
    const mine = await only();
    assert.equal(back.searchParams.get('connected'), String(mine.id));
    assert.deepEqual([mine.auth, mine.state, mine.from_settings, mine.warning], ['oauth', 'ok', false, null]);
    assert.deepEqual(mine.missing_scopes, []);
    for (const scope of ['ads_read', 'business_management', 'leads_retrieval']) assert.ok(mine.scopes.includes(scope), scope);
    assert.ok(mine.expires_at > Date.now() + 50 * DAY && mine.expires_in_days >= 50);
    assert.ok(mine.data_access_expires_at > Date.now() + 80 * DAY);
    assert.ok((await sim.journal('debug_token')).items.length > 0);
  });
  await t.test('the first sync starts by itself and finds the accounts', async () => {
    await jobDone(admin, 'ads.sync');
    const accounts = (await admin.get('/api/v1/accounts')).items;
    const known = (await sim.world()).accounts.map((a) => a.id);
    assert.ok(accounts.length > 0);
    for (const a of accounts) assert.ok(known.includes(a.external_id));
  });
  await t.test('what is left to do is named, and once it is done the diagnosis is good', async () => {
    const now = await checksOf(admin, 'no_facebook_data');
    assert.deepEqual(now.failed, ['accounts_bound']);
    assert.equal(now.accounts_bound.fix, '/accounts');
    await server.command(['team', 'add', 'Alpha']);
    for (const a of (await admin.get('/api/v1/accounts')).items)
      await ok(server.command(['account', 'bind', a.external_id, '--team', 'Alpha']));
    assert.equal((await checksOf(admin, 'no_facebook_data')).verdict, 'ok');
  });
  await t.test('a state works once, and one of somebody else never', async () => {
    const { url } = await ask();
    const dialog = await fetch(url, { redirect: 'manual' });
    const callback = dialog.headers.get('location');
    assert.match((await consent(callback, server.base)).search, /^\?connected=/);
    assert.equal((await consent(callback, server.base)).search, '?error=state');
    assert.equal((await consent(`${server.base}/facebook/callback?code=x&state=forged.forged`, server.base)).search, '?error=state');
  });
  await t.test('permissions that were not given are named', async () => {
    await sim.set({ withhold: 2 });
    await consent((await ask()).url, server.base);
    const less = (await admin.get('/api/v1/connections')).items.find((c) => c.missing_scopes.length);
    assert.equal(less.missing_scopes.length, 2);
    assert.equal(less.warning, 'scopes');
    await sim.set({ withhold: 0 });
  });
  await t.test('disconnected, the token is gone and its accounts say why; the numbers stay', async () => {
    const range = `from=${almatyDay(-8)}&to=${almatyDay(-2)}&compare=none`;
    const before = (await admin.get(`/api/v1/overview?${range}`)).totals;
    for (const c of (await admin.get('/api/v1/connections')).items) await admin.want(200, 'DELETE', `/api/v1/connections/${c.id}`);
    for (const s of await sourcesOf(admin, 'ad_account')) assert.deepEqual([s.state, s.why], ['broken', 'no_connection'], s.name);
    for (const s of await sourcesOf(admin, 'ad_connection')) assert.deepEqual([s.state, s.why], ['off', 'switched_off'], s.name);
    const done = await server.sync('ads', '--days', '3');
    const asked = (await sim.journal('/insights')).items.length;
    await server.sync('ads', '--days', '3');
    assert.equal((await sim.journal('/insights')).items.length, asked, `nobody is asked without a token: ${done.stdout}`);
    assert.deepEqual((await admin.get(`/api/v1/overview?${range}`)).totals, before);
    const now = await checksOf(admin, 'no_facebook_data');
    assert.equal(now.verdict, 'problem');
  });
  await t.test('connected again it goes on where it stopped', async () => {
    await consent((await ask()).url, server.base);
    await ok(server.sync('ads', '--days', '3'));
    for (const s of await sourcesOf(admin, 'ad_account')) assert.equal(s.state, 'fresh', JSON.stringify(s));
    assert.equal((await checksOf(admin, 'no_facebook_data')).verdict, 'ok');
    assert.equal((await server.command(['verify'])).code, 0);
  });
});
