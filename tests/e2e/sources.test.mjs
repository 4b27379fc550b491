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

/** Teams with their tags, as the world has them. */
async function makeTeams(server, world) {
  for (const team of world.teams)
    await ok(server.command(['team', 'add', team.name, ...[...team.tags, ...team.aliases].flatMap((tag) => ['--utm', tag])]));
}

/** Waits until the sync is over and none of its deals waits; it. */
function synced(admin, id) {
  return until(`sync ${id} is worked out`, async () => {
    const one = (await admin.get('/api/v1/crm/syncs')).items.find((s) => s.id === id);
    if (!one || one.state === 'running' || one.waiting) throw new Error(JSON.stringify(one));
    return one;
  }, { within: 90_000, every: 200 });
}

// All of it: on which day a deal was paid, taken back and paid again is not to be known any more
// when the hooks between were lost; what it came to in the end is.
const EVER = `from=${almatyDay(-45)}&to=${almatyDay(1)}`;

/** What the CRM knows, also without a hook. */
async function truthOf(sim) {
  const { items } = await sim.ask(`/_fake/truth?${EVER}&read=1`);
  const sum = (name) => items.reduce((s, i) => s + i[name], 0);
  return { leads: sum('leads'), sales: sum('sales'), revenue: Math.round(sum('paid_kzt') - sum('refunded_kzt')) };
}

async function oursOf(admin) {
  const { totals } = await admin.get(`/api/v1/overview?${EVER}&compare=none`);
  return { leads: totals.leads, sales: totals.sales, revenue: Math.round(totals.revenue) };
}

const agree = (admin, sim) => until('the numbers are what the CRM knows', async () => {
  assert.deepEqual(await oursOf(admin), await truthOf(sim));
  return true;
}, { within: 60_000, every: 500 });

test('the CRM by its long-lived token: hooks, lost hooks, bulk reads', async (t) => {
  const sim = await startSim(t, { days: 30 });
  const world = await sim.world();
  const server = await startServer(t, { env: sim.env });
  const { client: admin } = await setUp(server);
  await makeTeams(server, world);
  const only = async () => (await admin.get('/api/v1/crm/connections')).items[0];

  await t.test('a wrong token is refused by its field, and nothing is stored', async () => {
    const refused = await admin.want(422, 'POST', '/api/v1/crm/connections', { subdomain: world.crm_subdomain, token: 'not.a.token-of-theirs' });
    assert.deepEqual(refused.error.fields.map((f) => [f.field, f.code]), [['token', 'token_refused']]);
    assert.deepEqual((await admin.get('/api/v1/crm/connections')).items, []);
  });
  await t.test('half of the hooks were lost before anybody connected', async () => {
    await sim.set({ lose_hooks: 2 });
    const sum = await sim.deliver({ url: server.hookUrl(), history: true, batch: 50 });
    assert.ok(sum.events > 100 && sum.refused === 0);
  });
  await t.test('the token makes a connection that is read at once', async () => {
    const began = Date.now();
    const made = await admin.post('/api/v1/crm/connections', { subdomain: world.crm_subdomain, token: world.amo_token }, 201);
    assert.deepEqual([made.auth, made.state, made.subdomain, made.external_id], ['token', 'ok', world.crm_subdomain, world.crm_account]);
    assert.ok(made.expires_at > Date.now());
    for (const job of ['crm.meta', 'crm.watch', 'crm.read_back']) await jobDone(admin, job, began);
    const statuses = (await admin.get('/api/v1/crm/statuses')).items;
    for (const p of world.pipelines) assert.ok(statuses.some((s) => s.pipeline_id === p.id), p.name);
    assert.ok((await admin.get('/api/v1/crm/fields')).items.length > 3);
    assert.ok((await admin.get('/api/v1/crm/users')).items.length > 0);
  });
  await t.test('what the hooks had lost is found by it, deal by deal', async () => {
    const [first] = (await admin.get('/api/v1/crm/syncs')).items.slice(-1);
    const done = await synced(admin, first.id);
    assert.equal(done.kind, 'read_back');
    assert.deepEqual([done.state, done.failed, done.error], ['ok', 0, null]);
    assert.ok(done.missed > 10, JSON.stringify(done));
    const missed = await all(admin, `/api/v1/crm/syncs/${done.id}/results?outcome=missed`);
    assert.equal(missed.length, done.missed);
    for (const m of missed.slice(0, 5)) {
      assert.match(m.detail ?? '', /\S/);
      if (m.sale_id) assert.equal((await admin.get(`/api/v1/sales/${m.sale_id}`)).deal_id, m.deal_id);
    }
  });
  await t.test('a month is read whole, with the bin, and every deal has its own result', async () => {
    const { id } = await admin.post('/api/v1/crm/syncs', { from: almatyDay(-32), to: almatyDay(1) }, 202);
    const done = await synced(admin, id);
    assert.deepEqual([done.kind, done.state, done.failed], ['bulk', 'ok', 0]);
    const results = await all(admin, `/api/v1/crm/syncs/${id}/results`);
    assert.equal(results.length, done.seen);
    assert.equal(new Set(results.map((r) => r.deal_id)).size, results.length);
    assert.equal(done.same + done.missed + done.changed, done.seen);
    assert.ok(done.missed > 0, 'deals whose hooks were all lost and that were thrown away');
    await agree(admin, sim);
  });
  await t.test('the same read again finds everything the same, and moves no number', async () => {
    const before = await oursOf(admin);
    const done = await ok(server.sync('crm'));
    const [last] = (await admin.get('/api/v1/crm/syncs')).items;
    const again = await synced(admin, last.id);
    assert.deepEqual([again.missed, again.failed], [0, 0], done.stdout);
    assert.deepEqual(await oursOf(admin), before);
  });
  await t.test('our webhook is missing at the CRM and the sources say so; one word makes it', async () => {
    // The simulator tells a hook that was entered by hand, with the first key.
    assert.equal((await only()).hook_state, 'ok');
    await sim.rest('DELETE', '/api/v4/webhooks', { destination: server.hookUrl() });
    await admin.post(`/api/v1/crm/connections/${(await only()).id}/check`, {});
    await sourceIs(admin, 'crm_hook', 'broken', 'webhook_missing');
    const made = await admin.post(`/api/v1/crm/connections/${(await only()).id}/hook`, {});
    assert.equal(made.hook_state, 'ok');
    const hooks = (await sim.rest('GET', '/api/v4/webhooks'))._embedded.webhooks;
    assert.equal(hooks.length, 1);
    assert.ok(hooks[0].destination.startsWith(`${server.base}/webhook/amocrm/traffic/`));
    assert.notEqual(hooks[0].destination, server.hookUrl());
    await sourceIs(admin, 'crm_hook', 'fresh');
  });
  await t.test('hooks come through it from now on', async () => {
    const before = (await only()).last_hook_at;
    await sim.set({ lose_hooks: 0, clock_shift_ms: 6 * 3_600_000 });
    const told = await sim.deliver({ tick: true });
    assert.ok(told.events > 0);
    await until('a hook was heard', async () => (await only()).last_hook_at > before);
  });
  await t.test('a token that died is said, and a good one heals it', async () => {
    await sim.set({ dead_crm_token: 1 });
    const done = await server.sync('crm');
    assert.equal(done.code, 1);
    const broken = await sourceIs(admin, 'crm', 'broken', 'token_dead');
    assert.equal(broken.fix, '/connections');
    await sim.set({ dead_crm_token: 0 });
    const checked = await admin.post(`/api/v1/crm/connections/${(await only()).id}/check`, {});
    assert.equal(checked.state, 'ok');
    await sourceIs(admin, 'crm', 'fresh');
  });
  await t.test('an account that moved to another address is followed', async () => {
    await sim.set({ crm_moved: 1 });
    await ok(server.sync('crm'));
    const now = await only();
    assert.equal(now.state, 'ok');
    assert.ok(!now.host.startsWith(`${world.crm_subdomain}.`), now.host);
    await sim.set({ crm_moved: 0 });
  });
  await t.test('disconnected, the token is gone, and the numbers stay', async () => {
    const before = await oursOf(admin);
    await admin.want(200, 'DELETE', `/api/v1/crm/connections/${(await only()).id}`);
    await sourceIs(admin, 'crm', 'off', 'switched_off');
    assert.deepEqual(await oursOf(admin), before);
    assert.equal((await server.command(['verify'])).code, 0);
  });
});

test('the CRM by consent', async (t) => {
  const sim = await startSim(t, { days: 15 });
  const world = await sim.world();
  const INTEGRATION = { client_id: '5f0d7f6e-0000-4000-8000-000000000001', client_secret: 'the-secret-of-the-integration' };
  const server = await startServer(t, { env: sim.env });
  const { client: admin } = await setUp(server);
  const only = async () => (await admin.get('/api/v1/crm/connections')).items[0];
  await sim.integration({ ...INTEGRATION, redirect_uri: `${server.base}/crm/callback` });

  await t.test('without an integration the field is asked for', async () => {
    const refused = await admin.want(422, 'POST', '/api/v1/crm/connections/oauth', {});
    assert.deepEqual(refused.error.fields.map((f) => f.field), ['client_id']);
  });
  await t.test('a yes becomes a connection', async () => {
    const { url } = await admin.post('/api/v1/crm/connections/oauth', INTEGRATION);
    assert.ok(!url.includes(INTEGRATION.client_secret));
    const back = await consent(url, server.base);
    assert.equal(back.pathname, '/connections');
    const mine = await only();
    assert.equal(back.searchParams.get('crm_connected'), String(mine.id));
    assert.deepEqual([mine.auth, mine.state, mine.external_id], ['oauth', 'ok', world.crm_account]);
    await jobDone(admin, 'crm.read_back');
  });
  await t.test('an answer with a state of somebody else is refused', async () => {
    assert.equal((await consent(`${server.base}/crm/callback?code=x&state=a.b&referer=agency.amocrm.ru`, server.base)).search, '?crm_error=state');
  });
  await t.test('tokens are renewed before they end, each time once, and the new ones work', async () => {
    await sim.set({ clock_shift_ms: 86_400_000 + 60_000 }); // the access token has ended
    await ok(server.sync('crm'));
    assert.equal((await only()).state, 'ok');
    const renewals = (await sim.journal('oauth2/access_token')).items.length;
    assert.equal(renewals, 2, 'the code, and one renewal');
    await sim.set({ clock_shift_ms: 0 });
  });
  await t.test('when the CRM takes back everything, the person is asked to connect again, and that heals it', async () => {
    await sim.set({ dead_crm_token: 2 });
    assert.equal((await server.sync('crm')).code, 1);
    await sourceIs(admin, 'crm', 'broken', 'token_dead');
    await sim.set({ dead_crm_token: 0 });
    const { url } = await admin.post('/api/v1/crm/connections/oauth', INTEGRATION);
    await consent(url, server.base);
    assert.equal((await admin.get('/api/v1/crm/connections')).items.length, 1);
    await ok(server.sync('crm'));
    await sourceIs(admin, 'crm', 'fresh');
  });
});
