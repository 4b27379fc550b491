// The platform's own SDK against our fake of the platform: whoever wrote the SDK knows the real one,
// so what it takes from the fake, in its own ways of asking, is how the real one answers.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import test from 'node:test';
import sdk from 'facebook-nodejs-business-sdk';
import { startSim } from './support/agency.mjs';
import { freePort } from './support/program.mjs';

const { AdAccount, Campaign, FacebookAdsApi, Lead, Page, User, Business } = sdk;
const DAY = 86_400_000;

/** The SDK's addresses are fixed; here they lead to the fake. */
function aim(sim, token, version) {
  Object.defineProperty(FacebookAdsApi, 'GRAPH', { get: () => `${sim.url}/graph`, configurable: true });
  Object.defineProperty(FacebookAdsApi, 'VERSION', { get: () => version, configurable: true });
  return FacebookAdsApi.init(token, 'en_US', false);
}

/** What is thrown, which must be the SDK's own kind of error. */
async function refusal(promise) {
  const error = await promise.then(() => assert.fail('it was not refused'), (e) => e);
  assert.equal(error.name, 'FacebookRequestError', String(error));
  return error;
}

/** All pages of a cursor, by the SDK's own paging. */
async function all(cursor) {
  const found = [...cursor];
  while (cursor.hasNext()) {
    await cursor.next();
    found.push(...cursor);
  }
  return found;
}

function day(offset) {
  return new Date(Date.now() + 5 * 3600_000 - offset * DAY).toISOString().slice(0, 10);
}

async function scene(t, options = {}) {
  const sim = await startSim(t, { days: 40, ...options });
  const world = await sim.world();
  aim(sim, world.tokens[0], 'v25.0');
  return { sim, world, accounts: world.accounts.filter((a) => a.token === 0) };
}

test('accounts are listed page by page, directly and through the business', async (t) => {
  const { accounts } = await scene(t);
  const me = new User('me');
  const cursor = await me.getAdAccounts(['account_id', 'name', 'currency', 'timezone_name', 'balance'], { limit: 3 });
  assert.equal(cursor.length, 3);
  const listed = await all(cursor);
  assert.deepEqual(listed.map((a) => a.account_id), accounts.map((a) => a.id));
  assert.deepEqual(listed.map((a) => a.id), accounts.map((a) => `act_${a.id}`));
  assert.deepEqual(listed.map((a) => a.currency), accounts.map((a) => a.currency));

  const [business] = await me.getBusinesses(['id', 'name']);
  const owned = await all(await new Business(business.id).getOwnedAdAccounts(['account_id']));
  const client = await all(await new Business(business.id).getClientAdAccounts(['account_id']));
  assert.deepEqual([...owned, ...client].map((a) => a.account_id).sort(), accounts.map((a) => a.id).sort());
  assert.ok(client.length > 0);
});

test('campaigns come in pages whose cursors lead on, and objects can be read by id', async (t) => {
  const { accounts } = await scene(t);
  const account = new AdAccount(`act_${accounts[0].id}`);
  const fields = [Campaign.Fields.id, Campaign.Fields.name, Campaign.Fields.effective_status, Campaign.Fields.objective];
  const effective = ['ACTIVE', 'PAUSED', 'DELETED', 'ARCHIVED', 'IN_PROCESS', 'WITH_ISSUES'];
  const small = await all(await account.getCampaigns(fields, { limit: 1, effective_status: effective }));
  const large = await all(await account.getCampaigns(fields, { limit: 100, effective_status: effective }));
  assert.ok(small.length >= 3);
  assert.deepEqual(small.map((c) => c.id), large.map((c) => c.id));
  const one = await new Campaign(small[0].id).read(fields);
  assert.equal(one.name, small[0].name);
  const [ad] = await account.getAds(['id', 'adset_id', 'creative{id,url_tags}'], { limit: 1 });
  assert.match(ad.creative.url_tags, /utm_source=/);
});

const METRICS = ['campaign_id', 'adset_id', 'ad_id', 'spend', 'impressions', 'clicks', 'actions', 'date_start'];

test('insights are the same at once and as a report, and on every level', async (t) => {
  const { sim, accounts } = await scene(t);
  await sim.set({ report_ms: 300 });
  const account = new AdAccount(`act_${accounts[0].id}`);
  const ask = { level: 'ad', time_increment: 1, time_range: { since: day(6), until: day(1) }, limit: 7 };
  const rows = await all(await account.getInsights(METRICS, { ...ask }));
  assert.ok(rows.length > 7, 'more than a page');
  assert.ok(rows.every((r) => typeof r.spend === 'string' && r.date_start === r.date_stop));

  const run = await account.getInsightsAsync(METRICS, { ...ask }); // its id is our report_run_id
  const seen = new Set();
  for (;;) {
    await run.read(['async_status', 'async_percent_completion']);
    seen.add(run.async_status);
    if (run.async_status === 'Job Completed' && run.async_percent_completion === 100) break;
    assert.ok(['Job Not Started', 'Job Started', 'Job Running'].includes(run.async_status), run.async_status);
  }
  assert.ok(seen.size > 1, [...seen].join());
  const later = await all(await run.getInsights([], { limit: 7 }));
  assert.deepEqual(later.map((r) => r._data), rows.map((r) => r._data));

  const cents = (list) => list.reduce((sum, r) => sum + Math.round(Number(r.spend ?? 0) * 100), 0);
  for (const level of ['account', 'campaign', 'adset'])
    assert.equal(cents(await all(await account.getInsights(METRICS, { ...ask, level }))), cents(rows), level);
  const parts = await all(await account.getInsights(METRICS, {
    ...ask, breakdowns: ['publisher_platform', 'platform_position', 'impression_device'],
  }));
  assert.equal(cents(parts), cents(rows));
  assert.ok(parts.some((r) => r._data.impression_device === undefined && r._data.publisher_platform));
});

test('a failed report says why, and rows that are too many are refused until a report is made', async (t) => {
  const { sim, accounts } = await scene(t);
  const account = new AdAccount(`act_${accounts[0].id}`);
  const ask = { level: 'ad', time_increment: 1, time_range: { since: day(6), until: day(1) } };
  await sim.set({ most_rows: 5, report_ms: 300, report_fate: 2 });
  const error = await refusal(account.getInsights(METRICS, { ...ask }));
  assert.deepEqual([error.status, error.response.code, error.response.error_subcode], [400, 100, 1487534]);

  const run = await account.getInsightsAsync(METRICS, { ...ask }); // its id is our report_run_id
  do await run.read(['async_status']); while (run.async_status !== 'Job Failed');
  assert.deepEqual([run._data.error_code, run._data.error_subcode], [2, 1504044]);
});

test("errors are the SDK's own errors, with the platform's numbers", async (t) => {
  const { sim, world, accounts } = await scene(t);
  const account = new AdAccount(`act_${accounts[0].id}`);
  const field = await refusal(account.read(['no_such_field']));
  assert.deepEqual([field.status, field.response.code], [400, 100]);
  assert.match(field.message, /nonexisting field/);
  assert.ok(field.response.fbtrace_id);
  assert.ok(JSON.parse(field.headers['x-business-use-case-usage'])[accounts[0].id]);
  assert.equal((await refusal(new AdAccount('act_1').read(['name']))).response.error_subcode, 33);
  await sim.fault({ match: '/insights', kind: 'insights_limit' });
  const busy = await refusal(account.getInsights(['spend']));
  assert.equal(busy.response.code, 80000);

  aim(sim, world.tokens[0], 'v21.0');
  assert.equal((await refusal(new AdAccount(account.id).read(['name']))).response.code, 2635);
  aim(sim, 'EAAnobody', 'v25.0');
  assert.equal((await refusal(new User('me').read(['id']))).response.code, 190);
});

test('a consent becomes a token, and the token says what it may', async (t) => {
  const { sim } = await scene(t);
  const back = 'http://127.0.0.1:1/facebook/callback';
  const scopes = ['ads_read', 'business_management', 'leads_retrieval'];
  const query = new URLSearchParams({ client_id: '312000000000000', redirect_uri: back, state: 's1', scope: scopes.join() });
  const answer = await fetch(`${sim.url}/www/v25.0/dialog/oauth?${query}`, { redirect: 'manual' });
  assert.equal(answer.status, 302);
  const to = new URL(answer.headers.get('location'));
  assert.equal(to.searchParams.get('state'), 's1');
  const ask = async (more) => (await fetch(`${sim.url}/graph/v25.0/oauth/access_token?${new URLSearchParams({
    client_id: '312000000000000', client_secret: 'any', ...more })}`)).json();
  const code = to.searchParams.get('code');
  const short = await ask({ redirect_uri: back, code });
  assert.equal(short.token_type, 'bearer');
  assert.equal((await ask({ redirect_uri: back, code })).error.error_subcode, 36007);
  const long = await ask({ grant_type: 'fb_exchange_token', fb_exchange_token: short.access_token });

  const api = aim(sim, long.access_token, 'v25.0');
  const debug = await api.call('GET', ['debug_token'], { input_token: long.access_token });
  assert.equal(debug.data.is_valid, true);
  assert.deepEqual(debug.data.scopes, scopes);
  assert.ok(debug.data.expires_at * 1000 > Date.now() + 50 * DAY);
  assert.equal((await api.getAppID()).data.data.app_id, '312000000000000');
});

test('leads of a page are read one by one and as a list, and their webhooks are signed', async (t) => {
  const secret = 'a secret of the app';
  const { sim, world } = await scene(t);
  const pages = await all(await new User('me').getAccounts(['id', 'name', 'access_token']));
  assert.ok(pages.length >= 4 && pages.at(-1).access_token === undefined);
  assert.equal((await refusal(new Page(pages[0].id).getSubscribedApps([]))).response.code, 210);
  aim(sim, pages[0].access_token, 'v25.0');
  const page = new Page(pages[0].id);
  await page.createSubscribedApp([], { subscribed_fields: ['leadgen'] });
  const [app] = await page.getSubscribedApps(['id']);
  assert.equal(app.id, '312000000000000');

  const [form] = await page.getLeadGenForms(['id', 'name']);
  const since = Math.floor((Date.now() - 20 * DAY) / 1000);
  const leads = await all(await form.getLeads(['id', 'created_time', 'ad_id', 'field_data'], {
    limit: 5, filtering: [{ field: 'time_created', operator: 'GREATER_THAN', value: since }],
  }));
  assert.ok(leads.length > 5);
  assert.ok(leads.every((l) => Date.parse(l.created_time) / 1000 > since));
  const one = await new Lead(leads[0].id).read(['id', 'field_data', 'campaign_name', 'form_id']);
  assert.equal(one.form_id, form.id);
  assert.deepEqual(one.field_data, leads[0].field_data);
  assert.match(one.field_data.find((f) => f.name === 'phone_number').values[0], /^\+7701\d{7}$/);

  const signed = await startSim(t, { days: 10, appSecret: secret });
  const bodies = [];
  const port = await freePort();
  const hook = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (s) => { body += s; });
    request.on('end', () => {
      const want = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
      assert.equal(request.headers['x-hub-signature-256'], want);
      bodies.push(JSON.parse(body));
      response.end();
    });
  }).listen(port, '127.0.0.1');
  t.after(() => hook.close());
  const sum = await signed.leadgen({ url: `http://127.0.0.1:${port}/hook`, most: 20 });
  assert.ok(sum.leads >= 20);
  assert.equal(sum.posts, bodies.length);
  const change = bodies[0].entry[0].changes[0];
  assert.equal(change.field, 'leadgen');
  assert.equal(String(change.value.page_id), bodies[0].entry[0].id);
  assert.equal(world.tokens.length, 2);
});
