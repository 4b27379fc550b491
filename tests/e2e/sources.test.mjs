// Where numbers come from: each source connected, heard, broken and healed, and every number opened
// down to the bytes that brought it. Real program, real simulator, real browser.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
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
    // The oldest of a stretch of time; others may be of deals that a hook named without saying what they are.
    const [first] = (await admin.get('/api/v1/crm/syncs')).items.filter((x) => x.to_at > 0).slice(-1);
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
    const last = (await admin.get('/api/v1/crm/syncs')).items.find((x) => x.to_at > 0);
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

test('Lead Ads: pages, signed webhooks, lost leads', async (t) => {
  const sim = await startSim(t, { days: 12, appSecret: APP.secret });
  const world = await sim.world();
  const server = await startServer(t, {
    env: { ...sim.env, FACEBOOK_ADS_TOKEN: world.tokens[0], TRAFFICD_META_APP_ID: APP.id, TRAFFICD_META_APP_SECRET: APP.secret,
      TRAFFICD_META_VERIFY_TOKEN: VERIFY, TRAFFICD_HISTORY_MONTHS: '0' },
  });
  const { client: admin } = await setUp(server);
  const url = `${server.base}/webhook/facebook/leadgen`;
  const leads = () => all(admin, `/api/v1/leads?from=${almatyDay(-100)}&to=${almatyDay(1)}&kind=lead_ad`);
  await ok(server.sync('ads', '--days', '2')); // the settings' token becomes a connection

  await t.test('the pages that the token opens are found, and one that it does not open says why', async () => {
    const pages = (await admin.post('/api/v1/lead-pages/refresh', {})).items;
    const known = (await sim.forms()).pages;
    for (const p of known) assert.ok(pages.some((x) => x.external_id === p.id && x.name === p.name), p.name);
    assert.ok(pages.every((p) => !p.is_subscribed));
    const closed = pages.filter((p) => !known.some((k) => k.id === p.external_id));
    for (const p of closed) assert.match(p.reason, /\S/);
  });
  await t.test('a page is subscribed at the platform, and taken back', async () => {
    const page = (await admin.get('/api/v1/lead-pages')).items.find((p) => p.state !== 'failed');
    assert.equal((await admin.post(`/api/v1/lead-pages/${page.id}/subscribe`, {})).is_subscribed, true);
    const asked = (await sim.journal('subscribed_apps')).items.length;
    assert.ok(asked > 0);
    assert.equal((await admin.post(`/api/v1/lead-pages/${page.id}/unsubscribe`, {})).is_subscribed, false);
    for (const p of (await sim.forms()).pages) {
      const one = (await admin.get('/api/v1/lead-pages')).items.find((x) => x.external_id === p.id);
      assert.equal((await admin.post(`/api/v1/lead-pages/${one.id}/subscribe`, {})).is_subscribed, true);
    }
  });
  await t.test('the platform’s handshake is answered for our word and for no other', async () => {
    const hello = (word) => fetch(`${url}?hub.mode=subscribe&hub.challenge=12345&hub.verify_token=${encodeURIComponent(word)}`);
    assert.equal(await (await hello(VERIFY)).text(), '12345');
    assert.equal((await hello('another word')).status, 403);
  });
  await t.test('a webhook with a wrong signature is refused, and seen in the inbox', async () => {
    const reply = await fetch(url, { method: 'POST', body: '{"object":"page","entry":[]}',
      headers: { 'Content-Type': 'application/json', 'X-Hub-Signature-256': `sha256=${'0'.repeat(64)}` } });
    assert.equal(reply.status, 403);
    assert.equal((await admin.get('/api/v1/inbox?signature=bad')).items.length, 1);
  });
  await t.test('leads that webhooks tell of are fetched with their answers', async () => {
    const sum = await sim.leadgen({ url, most: 25, since_ms: Date.now() - 6 * DAY });
    assert.equal(sum.refused, 0);
    const found = await until('all are fetched', async () => {
      await server.command(['job', 'run', 'lead_ads.fetch']);
      const list = await leads();
      const known = list.filter((l) => l.name && l.phone_tail);
      if (list.length < 25 || known.length < list.length) throw new Error(`${known.length} of ${list.length} leads`);
      return list;
    });
    assert.equal(new Set(found.map((l) => l.external_id)).size, found.length);
    assert.ok(found.length >= 25 && found.length <= sum.leads);
  });
  await t.test('one lead opens down to the JSON that the platform gave', async () => {
    const [one] = await leads();
    const raw = await admin.get(`/api/v1/leads/${one.id}/raw`);
    assert.equal(JSON.parse(raw.body).id, one.external_id);
    assert.equal(raw.source, 'leadgen.read');
  });
  await t.test('what webhooks lost is found by asking the forms, each lead once', async () => {
    const before = (await leads()).length;
    const done = await ok(server.command(['job', 'run', 'lead_ads.poll']));
    assert.match(done.stdout, /leads that no webhook told of/);
    const truth = (await sim.forms()).items.reduce((sum, i) => sum + i.leads, 0);
    const now = await until('all of them are there', async () => {
      const list = await leads();
      if (list.length !== truth) throw new Error(`${list.length} of ${truth}`);
      return list;
    });
    assert.ok(now.length > before);
    await ok(server.command(['job', 'run', 'lead_ads.poll']));
    assert.equal((await leads()).length, truth);
  });
  await t.test('the page is fresh, and a token that dies breaks it with the reason until it heals', async () => {
    const [page] = (await sim.forms()).pages;
    const is = (state, why) => until(`the page is ${state}`, async () => {
      const s = (await sourcesOf(admin, 'lead_page')).find((x) => x.name === page.name);
      if (s.state !== state || s.why !== why) throw new Error(JSON.stringify(s));
      return s;
    });
    await is('fresh', null);
    await sim.fault({ match: 'leadgen_forms', kind: 'password', times: 20 });
    assert.equal((await server.command(['job', 'run', 'lead_ads.poll'])).code, 1);
    assert.match((await is('broken', 'page_failed')).detail, /connect again/);
    await sim.forgetFaults();
    await ok(server.command(['job', 'run', 'lead_ads.poll']));
    await is('fresh', null);
  });
});

/** A landing page of somebody's: a real origin with a form, and the first-party script of the server. */
async function startLanding(t, script) {
  const page = (extra = '') => `<!doctype html><meta charset="utf-8"><title>Курс</title><h1>Курс</h1>${extra}
    <form id="f"><input name="name"><input name="phone"><input name="website" hidden><button>Оставить заявку</button></form>
    <script>document.getElementById('f').addEventListener('submit', (e) => {
      e.preventDefault();
      td.send(e.target).then((r) => { document.title = 'sent ' + r.status; }, (x) => { document.title = 'refused ' + x.name; });
    });</script>`;
  const server = http.createServer((rq, rs) => {
    rs.setHeader('Content-Type', 'text/html; charset=utf-8');
    rs.end(rq.url.startsWith('/favicon') ? '' : page(script()));
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => { server.closeAllConnections?.(); server.close(); });
  return `http://127.0.0.1:${server.address().port}`;
}

test('a landing page in a real browser', async (t) => {
  const server = await startServer(t);
  const { client: admin } = await setUp(server);
  let snippet = '';
  const origin = await startLanding(t, () => snippet);
  const foreign = await startLanding(t, () => snippet);
  const browser = await openBrowser(t);
  await ok(server.command(['team', 'add', 'Alpha', '--utm', 'fb_alpha', '--utm', 'ig_alpha']));
  const leads = async () => (await admin.get(`/api/v1/leads?period=today&kind=landing`)).items;
  let site;
  let key;

  const leave = async (page, { name, phone, website }) => {
    await page.locator('input[name=name]').fill(name);
    await page.locator('input[name=phone]').fill(phone);
    if (website) await page.evaluate((v) => { document.querySelector('input[name=website]').value = v; }, website);
    await page.waitForFunction(() => typeof td === 'object');
    await page.locator('button').click();
    await page.waitForFunction(() => /^(sent|refused)/.test(document.title));
    return page.title();
  };

  await t.test('a site is made with a key that is shown once and the line to paste', async () => {
    const made = await admin.post('/api/v1/sites', { name: 'Курс', origin }, 201);
    ({ site, key, snippet } = { site: made.site, key: made.key, snippet: made.snippet });
    assert.ok(snippet.includes(`${server.base}/t.js`) && snippet.includes(key));
    assert.ok(!JSON.stringify(await admin.get('/api/v1/sites')).includes(key));
    await sourceIs(admin, 'landing', 'waiting', 'no_events_yet');
  });
  await t.test('the script is small, and any origin may load it', async () => {
    const reply = await fetch(`${server.base}/t.js`);
    assert.equal(reply.headers.get('cross-origin-resource-policy'), 'cross-origin');
    assert.match(reply.headers.get('content-type'), /javascript/);
    assert.ok((await reply.text()).length < 4000);
  });
  await t.test('a form sent from the page is a lead with its first and its last visit', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const complaints = [];
    page.on('pageerror', (e) => complaints.push(String(e)));
    await page.goto(`${origin}/a?utm_source=fb_alpha&utm_campaign=autumn&fbclid=first-click`);
    await page.waitForFunction(() => typeof td === 'object');
    await page.goto(`${origin}/b`);
    await page.waitForFunction(() => typeof td === 'object');
    await page.goto(`${origin}/c?utm_source=ig_alpha&utm_medium=cpc&gclid=second-click`);
    assert.equal(await leave(page, { name: 'Айгерім', phone: '+7 (701) 123-45-67' }), 'sent 200');
    assert.deepEqual(complaints, []);
    assert.equal((await context.cookies()).length, 0, 'no cookie of anybody');
    await context.close();
    const [lead] = await until('the lead is there', async () => { const l = await leads(); return l.length === 1 && l; });
    assert.deepEqual([lead.name, lead.site, lead.team_name, lead.utm_source], ['Айгерім', 'Курс', 'Alpha', 'ig_alpha']);
    const { touches } = await admin.get(`/api/v1/leads/${lead.id}`);
    const at = (position) => touches.find((x) => x.position === position);
    assert.deepEqual([at('first').utm_source, at('first').utm_campaign, at('first').click_kind, at('first').click_id, at('first').landing],
      ['fb_alpha', 'autumn', 'fbclid', 'first-click', `${origin}/a`]);
    assert.deepEqual([at('last').utm_source, at('last').utm_medium, at('last').click_kind, at('last').click_id, at('last').landing],
      ['ig_alpha', 'cpc', 'gclid', 'second-click', `${origin}/c`]);
    assert.ok(at('first').at <= at('last').at);
    await sourceIs(admin, 'landing', 'fresh');
  });
  await t.test('who fills in the field that nobody sees is answered and not counted', async () => {
    const page = await browser.newPage();
    await page.goto(`${origin}/a`);
    assert.equal(await leave(page, { name: 'Robot', phone: '+7 701 000 00 01', website: 'http://spam.example' }), 'sent 200');
    await page.close();
    assert.equal((await admin.get('/api/v1/inbox?source=lead')).items.length, 1);
  });
  await t.test('a page of another origin with the same key is refused by server and browser', async () => {
    const page = await browser.newPage();
    await page.goto(`${foreign}/a`);
    assert.match(await leave(page, { name: 'Stranger', phone: '+7 701 000 00 02' }), /^refused TypeError/);
    await page.close();
    const reply = await fetch(`${server.base}/webhook/lead?key=${key}`, { method: 'POST', body: 'name=S&phone=77010000003',
      headers: { Origin: foreign, 'Content-Type': 'application/x-www-form-urlencoded' } });
    assert.equal(reply.status, 403);
    assert.equal(reply.headers.get('access-control-allow-origin'), null);
    assert.equal((await leads()).length, 1);
  });
  await t.test('a server without a browser posts JSON with the key, and the same lead twice is one', async () => {
    const post = () => fetch(`${server.base}/webhook/lead?key=${key}`, { method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ lead_id: 'crm-7', name: 'Марат', phone: '87010000004', utm_source: 'fb_alpha' }) });
    assert.equal((await post()).status, 200);
    assert.equal((await post()).status, 200);
    await until('it is there', async () => (await leads()).length === 2);
    assert.equal((await admin.get('/api/v1/inbox?source=lead')).items.length, 2);
  });
  await t.test('an old key stops with a new one after the site is archived', async () => {
    await admin.post(`/api/v1/sites/${site.id}/archive`, {});
    const reply = await fetch(`${server.base}/webhook/lead?key=${key}`, { method: 'POST', body: 'name=S&phone=77010000005',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
    assert.equal(reply.status, 401);
  });
});

test('short links send on and count who came', async (t) => {
  const server = await startServer(t);
  const { client: admin } = await setUp(server);
  const browser = await openBrowser(t);
  const origin = 'https://course.example'; // links lead to https alone: there is no such page here
  const target = `${origin}/course?lang=kk`;
  await admin.put('/api/v1/link-hosts', { items: ['course.example'] });
  const link = await admin.post('/api/v1/links', { title: 'Осень', target, utm_source: 'tg_alpha', utm_campaign: 'autumn', code: 'osen' }, 201);
  const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36';
  const follow = (code, agent, more = {}) => fetch(`${server.base}/s/${code}`, { redirect: 'manual', headers: { 'User-Agent': agent }, ...more });

  await t.test('a person lands where the link leads, with its tags', async () => {
    const context = await browser.newContext({ userAgent: CHROME });
    const page = await context.newPage();
    const asked = page.waitForRequest((rq) => rq.url().startsWith(origin));
    await page.goto(`${server.base}/s/osen`).catch(() => {});
    const at = new URL((await asked).url());
    assert.equal(at.origin + at.pathname, `${origin}/course`);
    assert.deepEqual(Object.fromEntries(at.searchParams), { lang: 'kk', utm_source: 'tg_alpha', utm_campaign: 'autumn' });
    await context.close();
  });
  await t.test('previews of messengers and robots are sent on too, and counted apart', async () => {
    for (const agent of ['TelegramBot (like TwitterBot)', 'WhatsApp/2.23.20.0', 'Googlebot/2.1 (+http://www.google.com/bot.html)'])
      assert.equal((await follow('osen', agent)).status, 302);
    assert.equal((await follow('osen', CHROME, { method: 'HEAD' })).status, 302);
    await until('all are counted', async () => {
      const now = (await admin.get('/api/v1/links')).items.find((l) => l.id === link.id);
      assert.deepEqual(now.clicks, { human: 1, bot: 1, preview: 3 });
      assert.equal(now.visitors, 1);
      return now.last_click_at;
    });
  });
  await t.test('an unknown code is a page that says so, and an archived link has ended', async () => {
    assert.equal((await follow('nowhere', CHROME)).status, 404);
    await admin.post(`/api/v1/links/${link.id}/archive`, {});
    assert.ok([404, 410].includes((await follow('osen', CHROME)).status));
    await admin.post(`/api/v1/links/${link.id}/restore`, {});
    assert.equal((await follow('osen', CHROME)).status, 302);
  });
  await t.test('a link to a host that was not allowed is refused by its field', async () => {
    const refused = await admin.want(422, 'POST', '/api/v1/links', { title: 'x', target: 'https://phishing.example/' });
    assert.deepEqual(refused.error.fields.map((f) => f.field), ['target']);
  });
  await t.test('clicks outlive a restart', async () => {
    await follow('osen', CHROME);
    await server.program.stop();
    const again = await startServer(t, { data: server.dir });
    const client = await again.client.login('owner@agency.example', 'a long enough pass phrase');
    const now = (await client.get('/api/v1/links')).items.find((l) => l.id === link.id);
    assert.equal(now.clicks.human, 3);
  });
});

const SALES = ['id,lead_id,sale_amount,sale_currency,utm_source,sale_date,created_at',
  `1,910001,22500,KZT,fb_alpha,${almatyDay(-3)},${almatyDay(-4)}T10:00:00+05:00`,
  `2,910002,"490 000,50",KZT,fb_alpha,${almatyDay(-2)},`,
  `3,,5000,KZT,fb_alpha,${almatyDay(-2)},`, ''].join('\r\n');
const LEADS = `phone,name,utm_source,created_at\n+77015550001,Айгүл,fb_alpha,${almatyDay(-3)}T12:00:00+05:00\n87015550002,Марат,,${almatyDay(-2)}T12:00:00+05:00\n`;

test('tables from files, by command and by API', async (t) => {
  const server = await startServer(t);
  const { client: admin } = await setUp(server);
  await ok(server.command(['team', 'add', 'Alpha', '--utm', 'fb_alpha']));
  const dir = tempDir(t);
  const put = (name, text) => { writeFileSync(path.join(dir, name), text); return name; };
  const importFile = (...words) => server.command(['import', ...words], { cwd: dir });
  const csv = (address, text) => admin.want(201, 'POST', address, text, { 'Content-Type': 'text/csv' });

  await t.test('sales without a known CRM account are refused as a whole, with what to say', async () => {
    const done = await importFile(put('traffic_sales_rows.csv', SALES));
    assert.equal(done.code, 2);
    assert.match(done.stderr, /0 CRM accounts are known/);
    assert.deepEqual((await admin.get('/api/v1/imports')).items, []);
  });
  await t.test('by command: rows taken, refused with their line, and the numbers move', async () => {
    const done = await ok(importFile('traffic_sales_rows.csv', '--account', '32100001'));
    assert.match(done.stdout, /line 4: lead_id/);
    assert.match(done.stdout, /2 rows taken, 0 known or merged, 1 refused; 0 in the table before, 2 now/);
    await until('they are counted', async () => (await admin.get('/api/v1/overview?period=7d&compare=none')).totals.sales === 2);
    const { totals } = await admin.get('/api/v1/overview?period=7d&compare=none');
    assert.equal(totals.revenue, 512500.5);
  });
  await t.test('the same file again merges every row and moves nothing', async () => {
    const done = JSON.parse((await ok(importFile('traffic_sales_rows.csv', '--account', '32100001', '--json'))).stdout);
    assert.deepEqual([done.taken, done.merged, done.refused, done.before, done.after], [0, 2, 1, 2, 2]);
    const { totals } = await admin.get('/api/v1/overview?period=7d&compare=none');
    assert.deepEqual([totals.sales, totals.revenue], [2, 512500.5]);
  });
  await t.test('by API the same: a report with the rows that were not taken', async () => {
    const first = await csv('/api/v1/imports?kind=auto&file=landing_leads.csv', LEADS);
    assert.deepEqual([first.kind, first.taken, first.merged, first.refused], ['landing_leads', 2, 0, 0]);
    const again = await csv('/api/v1/imports?kind=auto&file=landing_leads.csv', LEADS);
    assert.equal(first.after, first.before + 2);
    assert.deepEqual([again.taken, again.merged, again.before, again.after], [0, 2, first.after, first.after]);
    assert.deepEqual(again.rows.map((r) => r.outcome), ['merged', 'merged']);
    const rows = await all(admin, `/api/v1/imports/${first.id}/rows`);
    assert.deepEqual(rows.map((r) => [r.line, r.outcome]), [[2, 'taken'], [3, 'taken']]);
  });
  await t.test('rates, rules, teams and people go the same way', async () => {
    const day = almatyDay(-2);
    const files = {
      'rates.csv': `date,base,rate\n${day},USD,512.34\n`,
      'teams.csv': 'name\nBeta\n',
      'rules.csv': 'utm_source,team\nig_beta,Beta\n',
      'users.csv': 'email,full_name,role,team\nlead@agency.example,Lead,team_lead,Beta\n',
    };
    for (const [name, text] of Object.entries(files)) {
      const once = JSON.parse((await ok(importFile(put(name, text), '--json'))).stdout);
      assert.deepEqual([once.taken, once.refused], [1, 0], `${name} ${JSON.stringify(await all(admin, `/api/v1/imports/${once.id}/rows`))}`);
      const twice = JSON.parse((await ok(importFile(name, '--json'))).stdout);
      assert.deepEqual([twice.taken, twice.merged, twice.after], [0, 1, once.after], name);
    }
    assert.equal((await server.command(['verify'])).code, 0);
  });
  await t.test('a file of costs of another network becomes spend, once', async () => {
    const text = `date,platform,account,campaign,spend,currency\n${almatyDay(-2)},google,Main,Brand,100.5,KZT\n`;
    const once = JSON.parse((await ok(importFile(put('costs.csv', text), '--json'))).stdout);
    assert.deepEqual([once.kind, once.taken, once.refused], ['costs', 1, 0], JSON.stringify(await all(admin, `/api/v1/imports/${once.id}/rows`)));
    const twice = await csv('/api/v1/imports?kind=costs&file=costs.csv', text);
    assert.deepEqual([twice.taken, twice.merged, twice.after], [0, 1, once.after]);
    await until('it is spend', async () => (await admin.get('/api/v1/overview?period=7d&compare=none')).totals.spend === 100.5);
  });
  await t.test('what is no table, or another one, is refused in one line', async () => {
    for (const [name, text] of [['empty.csv', ''], ['odd.csv', 'a,b\n1,2\n'], ['bytes.csv', Buffer.from([0xff, 0xfe, 0, 1, 2, 10])]]) {
      const done = await importFile(put(name, text));
      assert.equal(done.code, 2, `${name}: ${done.stdout}`);
      assert.match(done.stderr, /^trafficd: [^\n]+\n$/, name);
    }
    assert.notEqual((await importFile('absent.csv')).code, 0);
  });
  await t.test('each imported sale opens to the row of the file', async () => {
    const sale = (await admin.get('/api/v1/sales?period=7d')).items.find((s) => s.deal_id === '910002');
    const { observations } = await admin.get(`/api/v1/sales/${sale.id}`);
    const raw = await admin.get(`/api/v1/sales/${sale.id}/raw/${observations[0].id}`);
    assert.equal(raw.source, 'import.sale');
    assert.match(raw.body, /490 000,50/);
  });
});

test('jobs and the inbox by command', async (t) => {
  const server = await startServer(t);
  const { client: admin } = await setUp(server);
  const { key } = await admin.post('/api/v1/sites', { name: 'Курс', origin: 'https://course.example' }, 201);
  const post = (body) => fetch(`${server.base}/webhook/lead?key=${key}`, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
  const listed = async (...words) => JSON.parse((await ok(server.command(['inbox', 'list', ...words, '--json']))).stdout);

  await t.test('a job that is paused is not run by the timetable, only by hand, until it goes on', async () => {
    const job = async () => (await admin.get('/api/v1/jobs')).items.find((j) => j.name === 'metrics.build');
    await ok(server.command(['job', 'pause', 'metrics.build']));
    assert.ok((await job()).paused_at);
    const line = JSON.parse((await ok(server.command(['job', 'list', '--json']))).stdout).find((j) => j.job === 'metrics.build');
    assert.equal(line.next, 'paused');
    assert.match((await ok(server.command(['job', 'run', 'metrics.build']))).stdout, /metrics\.build: \d+ seen/);
    await ok(server.command(['job', 'pause', 'metrics.build', '--undo']));
    assert.equal((await job()).paused_at, null);
    assert.equal((await server.command(['job', 'run', 'no.such'])).code, 1);
  });
  await t.test('a body that cannot be read is kept, parked with the reason, and tried again on demand', async () => {
    assert.equal((await post('{"name":')).status, 200);
    const parked = await until('it is parked', async () => (await listed('--state', 'parked'))[0]);
    assert.equal(parked.source, 'lead');
    assert.match(parked.outcome, /\S/);
    const done = await ok(server.command(['inbox', 'replay', 'all']));
    assert.match(done.stdout, /1 events worked off again, 1 could not be/);
    assert.equal((await listed('--state', 'parked')).length, 1);
    assert.equal((await admin.get(`/api/v1/inbox/${parked.id}`)).body, '{"name":');
  });
  await t.test('an event that was worked off gives the same facts once more', async () => {
    await post(JSON.stringify({ name: 'Айгүл', phone: '+77015550009' }));
    await until('it is done', async () => (await listed('--state', 'done')).length === 1);
    const leads = async () => (await admin.get('/api/v1/leads?period=7d')).items;
    const before = await leads();
    const [event] = await listed('--state', 'done');
    await ok(server.command(['inbox', 'replay', event.id]));
    assert.deepEqual(await leads(), before);
    assert.equal((await admin.get(`/api/v1/inbox/${event.id}`)).replays, 1);
    assert.equal((await server.command(['inbox', 'replay', '99999'])).code, 1);
  });
});

test('the screen of sources, and numbers opened to their bytes', async (t) => {
  const sim = await startSim(t, { days: 20 });
  const world = await sim.world();
  const server = await startServer(t, { env: { ...sim.env, FACEBOOK_ADS_TOKEN: world.tokens[0], TRAFFICD_HISTORY_MONTHS: '0' } });
  const { client: admin } = await setUp(server);
  await makeTeams(server, world);
  await ok(server.sync('rates', '--days', '25'));
  await ok(server.sync('ads', '--days', '14'));
  for (const b of world.bindings)
    await server.command(['account', 'bind', b.account, '--team', b.team, ...(b.from ? ['--from', b.from] : []), ...(b.to ? ['--to', b.to] : [])]);
  await admin.post('/api/v1/crm/connections', { subdomain: world.crm_subdomain, token: world.amo_token }, 201);
  await sim.deliver({ url: server.hookUrl(), history: true, batch: 50 });
  await ok(server.sync('crm'));
  await until('everything is worked off', async () => (await admin.get('/api/v1/inbox?state=new')).counts.new === 0);
  await settled(async () => (await admin.get('/api/v1/freshness')).data_version);
  const states = async (client = admin) => {
    const { items, counts } = await client.get('/api/v1/sources');
    for (const state of Object.keys(counts)) assert.equal(counts[state], items.filter((s) => s.state === state).length, state);
    return items;
  };

  await t.test('all that was connected is fresh', async () => {
    for (const s of await states()) assert.deepEqual([s.state, s.why], ['fresh', null], JSON.stringify(s));
    for (const recipe of ['no_facebook_data', 'metrics_are_zero'])
      assert.equal((await checksOf(admin, recipe)).verdict, 'ok', recipe);
  });

  const member = async (email, team) => {
    await ok(server.command(['user', 'add', '--email', email, '--role', 'targetologist', '--team', team], { input: 'seven quiet marmots on a hill\n' }));
    return server.client.login(email, 'seven quiet marmots on a hill');
  };
  await t.test('a sale opens to the webhook that brought it, for its own team and nobody else’s', async () => {
    const sale = (await all(admin, `/api/v1/sales?from=${almatyDay(-14)}&to=${almatyDay()}`)).find((s) => s.team_name === world.teams[0].name && s.state === 'won');
    const mine = await member('mine@agency.example', world.teams[0].name);
    const other = await member('other@agency.example', world.teams[1].name);
    const { observations, payments } = await mine.get(`/api/v1/sales/${sale.id}`);
    assert.ok(payments.length > 0);
    const heard = observations.find((o) => o.source === 'hook');
    const raw = await mine.get(`/api/v1/sales/${sale.id}/raw/${heard.id}`);
    assert.equal(raw.source, 'amocrm');
    assert.ok(raw.body.includes(sale.deal_id));
    const read = observations.find((o) => o.source === 'read');
    if (read) assert.equal(String(JSON.parse((await mine.get(`/api/v1/sales/${sale.id}/raw/${read.id}`)).body).lead.id), sale.deal_id);
    await other.want(404, 'GET', `/api/v1/sales/${sale.id}`);
    await other.want(404, 'GET', `/api/v1/sales/${sale.id}/raw/${heard.id}`);
    await server.client.want(401, 'GET', `/api/v1/sales/${sale.id}/raw/${heard.id}`);
  });
  await t.test('an ad’s day opens to the row that the platform gave, for its own team and nobody else’s', async () => {
    const day = almatyDay(-3);
    const mine = await server.client.login('mine@agency.example', 'seven quiet marmots on a hill');
    const other = await server.client.login('other@agency.example', 'seven quiet marmots on a hill');
    const campaign = (await mine.get(`/api/v1/campaigns?from=${day}&to=${day}&limit=500`)).items.find((c) => c.metrics.spend > 0);
    const ads = (await mine.get(`/api/v1/ads?campaign=${campaign.id}`)).items;
    const days = await Promise.all(ads.map((a) => mine.get(`/api/v1/ads/${a.id}/days/${day}`)));
    const ad = ads[days.findIndex((d) => d.versions.some((v) => v.spend > 0))];
    const shown = await mine.get(`/api/v1/ads/${ad.id}/days/${day}`);
    const [version] = shown.versions.filter((v) => v.has_raw);
    const raw = await mine.get(`/api/v1/ads/${ad.id}/days/${day}/raw?version=${version.version}`);
    assert.equal(raw.row.ad_id, ad.external_id);
    assert.equal(raw.row.date_start, day);
    assert.equal(Number(raw.row.spend ?? 0), version.spend);
    assert.match(raw.sha256, /^[0-9a-f]{64}$/);
    await other.want(404, 'GET', `/api/v1/ads/${ad.id}/days/${day}`);
    await other.want(404, 'GET', `/api/v1/ads/${ad.id}/days/${day}/raw?version=${version.version}`);
  });
  await t.test('a team sees its own sources and no secrets of others', async () => {
    const mine = await server.client.login('mine@agency.example', 'seven quiet marmots on a hill');
    const items = await states(mine);
    const seen = items.filter((s) => s.kind === 'ad_account').map((s) => s.name);
    const everything = (await states()).filter((s) => s.kind === 'ad_account').map((s) => s.name);
    assert.ok(seen.length > 0 && seen.length < everything.length);
    assert.deepEqual(items.filter((s) => s.kind === 'ad_connection'), []);
  });
  await t.test('a dead token breaks its accounts with the reason; checked again it is fresh', async () => {
    await sim.fault({ match: '/graph/', kind: 'password', times: 500 });
    assert.equal((await server.sync('ads', '--days', '2')).code, 1);
    for (const s of await sourcesOf(admin, 'ad_account')) assert.deepEqual([s.state, s.why, s.fix], ['broken', 'token_dead', '/accounts'], JSON.stringify(s));
    const [connection] = await sourcesOf(admin, 'ad_connection');
    assert.deepEqual([connection.state, connection.why, connection.fix], ['broken', 'token_dead', '/connections']);
    const now = await checksOf(admin, 'no_facebook_data');
    assert.equal(now.verdict, 'problem');
    assert.deepEqual([now.token_valid.state, now.token_valid.fix], ['fail', '/connections']);
    await sim.forgetFaults();
    const mine = (await admin.get('/api/v1/connections')).items[0];
    assert.equal((await admin.post(`/api/v1/connections/${mine.id}/check`, {})).state, 'ok');
    await ok(server.sync('ads', '--days', '2'));
    for (const s of await states()) assert.equal(s.state, 'fresh', JSON.stringify(s));
    assert.equal((await checksOf(admin, 'no_facebook_data')).verdict, 'ok');
  });
  await t.test('when the platform is gone the connections say so at once, the accounts once they are late; what was read stays', async () => {
    const range = `from=${almatyDay(-12)}&to=${almatyDay(-2)}&compare=none`;
    const before = (await admin.get(`/api/v1/overview?${range}`)).totals;
    await sim.program.stop();
    assert.equal((await server.sync('ads', '--days', '2')).code, 1);
    assert.equal((await server.sync('crm')).code, 1);
    const connection = await sourceIs(admin, 'ad_connection', 'broken', 'connection_error');
    assert.match(connection.detail, /\S/);
    await sourceIs(admin, 'crm', 'broken', 'connection_error');
    // Three hours later, as the rows see it.
    execFileSync('sqlite3', ['-cmd', '.timeout 5000', path.join(server.dir, 'trafficd.db'), 'update ad_account set synced_at = synced_at - 10800000']);
    for (const s of await sourcesOf(admin, 'ad_account')) assert.deepEqual([s.state, s.why], ['late', 'late'], JSON.stringify(s));
    assert.deepEqual((await admin.get(`/api/v1/overview?${range}`)).totals, before);
    assert.equal((await server.command(['verify'])).code, 0);
  });
  await t.test('when it is back all is fresh again, by the next run', async () => {
    await startSim(t, { days: 20, listen: new URL(sim.url).host });
    await ok(server.sync('ads', '--days', '2'));
    await ok(server.sync('crm'));
    for (const kind of ['ad_account', 'ad_connection', 'crm']) for (const s of await sourcesOf(admin, kind)) assert.equal(s.state, 'fresh', JSON.stringify(s));
  });
});

test('a diagnosis turns good by doing what it names', async (t) => {
  const sim = await startSim(t, { days: 14 });
  const world = await sim.world();
  const server = await startServer(t, { env: { ...sim.env, FACEBOOK_ADS_TOKEN: world.tokens[0], TRAFFICD_HISTORY_MONTHS: '0' } });
  const { client: admin } = await setUp(server);
  await ok(server.command(['job', 'pause', 'rates.sync'])); // the bank is not asked yet
  const of = async (recipe, check) => (await checksOf(admin, recipe))[check];
  const becomes = (recipe, check, ...states) => until(`${check} is ${states}`, async () => {
    const now = await of(recipe, check);
    if (!states.includes(now.state)) throw new Error(JSON.stringify(now));
    return now;
  });

  await t.test('without a CRM nothing was heard of it; the first webhook is heard', async () => {
    const now = await of('metrics_are_zero', 'crm_heard');
    assert.deepEqual([now.state, now.fix], ['fail', '/inbox']);
    assert.equal((await checksOf(admin, 'metrics_are_zero')).verdict, 'problem');
    await sim.deliver({ url: server.hookUrl(), history: true, batch: 50 });
    await becomes('metrics_are_zero', 'crm_heard', 'ok');
  });
  await t.test('without rules nearly every sale is nobody’s; teams with their tags take them', async () => {
    const now = await becomes('metrics_are_zero', 'unattributed', 'fail');
    assert.equal(now.fix, '/rules');
    assert.ok(now.detail.unattributed > 0 && now.detail.without_rule > 0);
    await makeTeams(server, world);
    await becomes('metrics_are_zero', 'unattributed', 'ok', 'warn');
  });
  await t.test('money without a rate is left out, and the rates bring it in', async () => {
    await ok(server.sync('ads', '--days', '7'));
    for (const b of world.bindings)
      await server.command(['account', 'bind', b.account, '--team', b.team, ...(b.from ? ['--from', b.from] : []), ...(b.to ? ['--to', b.to] : [])]);
    const missing = await becomes('roas_looks_wrong', 'rates_present', 'fail');
    assert.equal(missing.fix, '/rates');
    assert.deepEqual([(await of('roas_looks_wrong', 'currencies')).state, (await of('roas_looks_wrong', 'rates_fresh')).state], ['fail', 'fail']);
    await sourceIs(admin, 'rates', 'broken', 'rate_missing');
    await ok(server.command(['job', 'pause', 'rates.sync', '--undo']));
    await ok(server.sync('rates', '--days', '20'));
    await becomes('roas_looks_wrong', 'rates_present', 'ok');
    for (const check of ['currencies', 'rates_fresh', 'rollups_agree', 'prepayments']) await becomes('roas_looks_wrong', check, 'ok');
    await sourceIs(admin, 'rates', 'fresh');
  });
  await t.test('in the end nothing fails any more', async () => {
    for (const recipe of ['no_facebook_data', 'metrics_are_zero', 'roas_looks_wrong'])
      await until(`${recipe} is good`, async () => {
        const now = await checksOf(admin, recipe);
        assert.deepEqual([recipe, now.failed], [recipe, []]);
        assert.equal(now.verdict, 'ok');
        return true;
      });
  });
});
