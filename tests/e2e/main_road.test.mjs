// The main job, by settings alone: an empty directory, somebody's Graph API, a CRM that sends hooks,
// and at the end numbers that are true to the last micro-unit.
//
// The simulator's truth and our figures mean the same, with one difference: its revenue_kzt is what
// the deals that are won now are worth, on the day they were won; ours is money on the day on which
// it moved. So ours equals its paid_kzt - refunded_kzt.
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { almatyDay, deal, form, hook, jobDone, setUp, startServer, startSim } from './support/agency.mjs';
import { chance, exactJson, micros, muldiv } from './support/exact.mjs';
import { settled, until } from './support/wait.mjs';

const HOOK_KEY = 'e2e-webhook-key-e2e-webhook-key';
// Account zones are up to half a day away: two days ago is over everywhere.
const FROM = almatyDay(-27);
const TO = almatyDay(-2);

async function ok(result) {
  const done = await result;
  assert.equal(done.code, 0, done.stderr + done.stdout);
  return done;
}

/** Teams and bindings as the world has them, by command. */
async function makeTeams(server, world, { bind = true } = {}) {
  for (const team of world.teams)
    await ok(server.command(['team', 'add', team.name,
      ...[...team.tags, ...team.aliases].flatMap((tag) => ['--utm', tag])]));
  for (const b of bind ? world.bindings : [])
    await ok(server.command(['account', 'bind', b.account, '--team', b.team,
      ...(b.from ? ['--from', b.from] : []), ...(b.to ? ['--to', b.to] : [])]));
}

const COUNTS = ['sales', 'leads', 'impressions', 'clicks', 'link_clicks'];

/** {"day team": {spend, revenue, sales ...}} of the truth, in micro-units. */
async function truthOf(sim) {
  const answer = await sim.truthText(FROM, TO);
  const rows = {};
  for (const item of exactJson(answer).items) {
    const row = { spend: micros(item.spend_kzt), revenue: micros(item.paid_kzt) - micros(item.refunded_kzt) };
    for (const name of COUNTS) row[name] = BigInt(item[name]);
    rows[`${item.day} ${item.team}`] = row;
  }
  return rows;
}

function numbersOf(metrics) {
  const row = { spend: micros(metrics.spend), revenue: micros(metrics.revenue) };
  for (const name of COUNTS) row[name] = BigInt(metrics[name]);
  return row;
}

const isNothing = (row) => Object.values(row).every((v) => v === 0n);

/** The same shape, from the overview of each day. */
async function oursOf(admin) {
  const rows = {};
  for (let day = FROM; day <= TO; day = new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10)) {
    const { text, status } = await admin.ask('GET', `/api/v1/overview?from=${day}&to=${day}&compare=none`);
    assert.equal(status, 200, text);
    for (const team of exactJson(text).teams) {
      rows[`${day} ${team.name ?? ''}`] = numbersOf(team.metrics);
      assertRatios(team.metrics);
    }
  }
  return rows;
}

/** ROAS, ROI and CPA follow from the sums; without a denominator they are null, with a reason. */
function assertRatios(m) {
  const spend = micros(m.spend);
  const revenue = micros(m.revenue);
  const sales = BigInt(m.sales);
  if (spend) {
    assert.equal(micros(m.roas), muldiv(revenue, 1_000_000n, spend));
    assert.equal(micros(m.roi), muldiv(revenue - spend, 100_000_000n, spend));
  } else {
    assert.equal(m.roas, null);
    assert.equal(m.reasons.roas, 'no_spend');
  }
  if (sales && spend) assert.equal(micros(m.cpa), muldiv(spend, 1n, sales));
  else assert.equal(m.reasons.cpa, sales ? 'no_spend' : 'no_sales');
}

function differences(ours, truth) {
  const found = [];
  for (const key of new Set([...Object.keys(ours), ...Object.keys(truth)])) {
    const mine = ours[key];
    const theirs = truth[key];
    if (!mine && isNothing(theirs)) continue;
    for (const name of ['spend', 'revenue', ...COUNTS])
      if ((mine?.[name] ?? 0n) !== (theirs?.[name] ?? 0n))
        found.push(`${key} ${name}: ${mine?.[name]} instead of ${theirs?.[name]}`);
  }
  return found;
}

/** What the CRM tells of past days goes on coming in, so that this waits until both agree. */
function agree(admin, sim, what) {
  let last = [];
  return until(what, async () => {
    last = differences(await oursOf(admin), await truthOf(sim));
    if (last.length) throw new Error(`${last.length} differences:\n${last.slice(0, 12).join('\n')}`);
    return true;
  }, { within: 60_000, every: 1000 });
}

async function bringSim(t) {
  const sim = await startSim(t, { days: 40 });
  const { Client } = await import('./support/client.mjs');
  const client = new Client(sim.url);
  sim.truthText = async (from, to) => (await client.ask('GET', `/_fake/truth?from=${from}&to=${to}`)).text;
  return sim;
}

test('the main road', async (t) => {
  const sim = await bringSim(t);
  const world = await sim.world();
  // One token is in the settings, the other is pasted.
  const server = await startServer(t, {
    env: { ...sim.env, FACEBOOK_ADS_TOKEN: world.tokens[0], TRAFFICD_AMO_WEBHOOK_SECRET: HOOK_KEY },
  });
  const hookUrl = `${server.base}/webhook/amocrm/traffic/${HOOK_KEY}`;
  const { client: admin } = await setUp(server);
  const version = async () => (await admin.get('/api/v1/freshness')).data_version;
  const sync = (...more) => server.sync('ads', '--days', '30', ...more);
  const accountsOf = async () => (await admin.get('/api/v1/accounts')).items;

  await t.test('a CRM key from the settings is not printed', () => {
    assert.equal(server.hookUrl(), undefined);
    assert.ok(!server.program.stdout.includes(HOOK_KEY));
  });
  await t.test('rates come from the bank that the settings name, through the running server', async () => {
    await ok(server.sync('rates', '--days', '45'));
    const rates = (await admin.get(`/api/v1/rates?from=${FROM}&to=${TO}`)).items;
    assert.ok(rates.some((r) => r.base === 'USD' && r.source === 'nbk'));
    assert.ok((await sim.journal('/nbk')).items.length >= 30);
  });
  await t.test('the token of the settings shows its accounts, the pasted one shows the others', async () => {
    await ok(sync());
    const first = await accountsOf();
    const pasted = Date.now();
    await admin.post('/api/v1/connections', { token: world.tokens[1] }, 201);
    await jobDone(admin, 'ads.sync', pasted); // a new token starts it
    const both = await accountsOf();
    assert.ok(first.length > 0 && both.length > first.length);
    assert.deepEqual(both.map((a) => a.external_id).sort(), world.accounts.map((a) => a.id).sort());
    const connections = (await admin.get('/api/v1/connections')).items;
    assert.deepEqual(connections.map((c) => c.from_settings).sort(), [false, true]);
    for (const c of connections) assert.ok(!JSON.stringify(c).includes(world.tokens[c.from_settings ? 0 : 1]));
  });
  await t.test('ad days of a month come in by one command', async () => {
    const done = await ok(sync());
    assert.match(done.stdout, /account/);
    const again = JSON.parse((await ok(sync('--json'))).stdout);
    assert.equal(again.failed, 0);
    assert.ok(again.seen >= world.accounts.length);
  });
  await t.test('before anybody owns an account its spend is shown, and that it is nobody’s', async () => {
    const overview = await admin.get(`/api/v1/overview?from=${FROM}&to=${TO}`);
    const nobody = overview.teams.find((x) => x.team_id === null);
    assert.ok(nobody.metrics.spend > 0);
    assert.ok(overview.freshness.problems.some((p) => p.code === 'unbound_accounts'));
  });

  await makeTeams(server, world);
  const history = await sim.deliver({ url: hookUrl, history: true, batch: 20 });

  await t.test('all webhooks of the CRM are taken', () => {
    assert.equal(history.refused, 0);
    assert.equal(history.pending, 0);
    assert.ok(history.events > 1000);
  });
  await t.test('spend, leads, sales, revenue and ROAS of every team and day are true to the last micro-unit', async () => {
    await agree(admin, sim, 'truth');
    const truth = await truthOf(sim);
    assert.ok(Object.values(truth).some((r) => r.spend > 0n && r.revenue > 0n && r.leads > 0n));
  });
  await t.test('every split adds up to the same totals', async () => {
    const range = `from=${FROM}&to=${TO}&compare=none`;
    const overview = await admin.get(`/api/v1/overview?${range}`);
    for (const group of ['team', 'account', 'campaign', 'ad_set', 'ad', 'day', 'week', 'month', 'user', 'product']) {
      const { text } = await admin.ask('GET', `/api/v1/metrics?${range}&group=${group}&limit=5000`);
      const split = exactJson(text);
      const sum = { spend: 0n, revenue: 0n, sales: 0n, leads: 0n, impressions: 0n, clicks: 0n, link_clicks: 0n };
      for (const item of split.items) {
        const row = numbersOf(item.metrics);
        for (const name of Object.keys(sum)) sum[name] += row[name];
      }
      const totals = numbersOf(split.totals);
      for (const name of Object.keys(sum)) assert.equal(sum[name], totals[name], `${group} ${name}`);
      assert.equal(Number(split.totals.spend), overview.totals.spend, group);
      assert.equal(Number(split.totals.revenue), overview.totals.revenue, group);
    }
  });
  await t.test('verify finds nothing wrong', async () => {
    const done = await ok(server.command(['verify']));
    assert.match(done.stdout, /audit chain: \d+ rows fit together/);
  });

  await t.test('a sale posted as the README shows moves the number within seconds', async () => {
    const today = almatyDay();
    const team = world.teams[0];
    const ask = `/api/v1/overview?from=${today}&to=${today}&compare=none`;
    const before = (await admin.get(ask)).teams.find((x) => x.name === team.name).metrics;
    const body = ['leads[status][0][id]=900001&leads[status][0][status_id]=142',
      `leads[status][0][price]=490000&account[id]=${world.crm_account}`,
      'leads[status][0][custom_fields][0][name]=utm_source',
      `leads[status][0][custom_fields][0][values][0][value]=${team.tags[0]}`].join('&');
    assert.equal(await hook(hookUrl, body), 200);
    await until('the sale is counted', async () => {
      const now = (await admin.get(ask)).teams.find((x) => x.name === team.name).metrics;
      return now.revenue >= before.revenue + 490000 && now.sales >= before.sales + 1;
    }, { within: 10_000 });
    const sale = (await admin.get(`/api/v1/sales?from=${today}&to=${today}&limit=500`)).items.find((s) => s.deal_id === '900001');
    assert.deepEqual([sale.state, sale.price, sale.currency, sale.team_name, sale.reason],
      ['won', 490000, 'KZT', team.name, 'exact']);
  });

  await t.test('the same sync again changes nothing, down to the version of the data', async (t) => {
    // The CRM speaks to somebody else meanwhile, and the platform's clock has just passed one of the
    // quarters of an hour at which its numbers of today move.
    const elsewhere = await recorder(t);
    await sim.deliver({ url: elsewhere.url });
    await sim.set({ clock_shift_ms: -(Date.now() % (15 * 60_000)) });
    await ok(sync());
    await ok(server.sync('rates', '--days', '45'));
    const before = await settled(version);
    const again = JSON.parse((await ok(sync('--json'))).stdout);
    assert.equal(again.written, 0);
    const rates = JSON.parse((await ok(server.sync('rates', '--days', '45', '--json'))).stdout);
    assert.equal(rates.written, 0);
    assert.equal(await settled(version), before);
    await sim.set({ clock_shift_ms: 0 });
    await sim.deliver({ url: hookUrl });
    for (const { body, type } of elsewhere.bodies) assert.equal(await hook(hookUrl, body, type), 200);
  });
  await t.test('days that the platform restates change the numbers, also by rows that vanish', async () => {
    const old = await truthOf(sim);
    await sim.set({ restate: 1 });
    const fresh = await truthOf(sim);
    assert.ok(Object.keys(fresh).some((k) => fresh[k].spend < old[k].spend));
    await ok(sync());
    await agree(admin, sim, 'the restated truth');
  });

  await t.test('a dead token stops its own accounts only, and says so', async () => {
    await sim.set({ dead_token: 1 });
    const before = await oursOf(admin);
    const done = await sync();
    assert.equal(done.code, 1);
    assert.match(done.stderr, /failed/);
    const accounts = await accountsOf();
    for (const a of accounts) {
      const isDead = world.accounts.find((w) => w.id === a.external_id).token === 1;
      if (a.synced_at || isDead)
        assert.equal(a.sync_state, isDead ? 'reconnect' : 'ok', a.name);
    }
    const freshness = await admin.get('/api/v1/freshness');
    assert.ok(freshness.problems.some((p) => p.code === 'token_dead' && p.count > 0));
    assert.equal(freshness.sources.find((s) => s.source === 'meta').state, 'failed');
    const connections = (await admin.get('/api/v1/connections')).items;
    assert.deepEqual(connections.map((c) => [c.from_settings, c.state]).sort(), [[false, 'reconnect'], [true, 'ok']]);
    const after = await oursOf(admin);
    for (const key of Object.keys(before)) assert.equal(after[key].spend, before[key].spend, key);
  });
  await t.test('a token that works again heals it', async () => {
    await sim.set({ dead_token: 0 });
    const mine = (await admin.get('/api/v1/connections')).items.find((c) => !c.from_settings);
    const checked = await admin.post(`/api/v1/connections/${mine.id}/check`, {});
    assert.equal(checked.state, 'ok');
    await ok(sync());
    const freshness = await admin.get('/api/v1/freshness');
    assert.ok(!freshness.problems.some((p) => p.code === 'token_dead' || p.code === 'sync_failed'), JSON.stringify(freshness.problems));
    await agree(admin, sim, 'the truth after healing');
  });
  await t.test('limits, nonsense and half replies of the platform are outlived by retries', async () => {
    for (const kinds of [['account_limit', 'html'], ['unavailable', 'half'], ['unknown', 'empty']]) {
      for (const kind of kinds) await sim.fault({ match: '/insights', kind, times: 1 });
      await ok(sync());
    }
    await sim.forgetFaults();
    await agree(admin, sim, 'the truth after faults');
  });
  await t.test('an account that keeps failing is named, the others stay fresh', async () => {
    const account = world.accounts.find((a) => a.ads > 0);
    await sim.fault({ match: `act_${account.id}/insights`, kind: 'ok_html', times: 100 });
    const done = await sync();
    assert.equal(done.code, 1);
    const accounts = await accountsOf();
    const failed = accounts.filter((a) => a.sync_state === 'failed');
    assert.deepEqual(failed.map((a) => a.external_id), [account.id]);
    assert.ok(failed[0].sync_error.length > 5);
    await sim.forgetFaults();
    await ok(sync());
    assert.deepEqual((await accountsOf()).filter((a) => a.sync_state === 'failed'), []);
  });
  await t.test('no token is in the log, in an answer or in the clear on disk', async () => {
    const { readFileSync, readdirSync } = await import('node:fs');
    for (const token of [...world.tokens, HOOK_KEY]) {
      assert.ok(!server.program.stderr.includes(token), 'log');
      for (const file of readdirSync(server.dir).filter((f) => f.startsWith('trafficd.db')))
        assert.ok(!readFileSync(`${server.dir}/${file}`).includes(token), file);
    }
  });
});

/** Whoever sends hooks here is answered 200, and its bodies are kept. */
function recorder(t) {
  const bodies = [];
  const server = http.createServer((rq, rs) => {
    const chunks = [];
    rq.on('data', (c) => chunks.push(c));
    rq.on('end', () => {
      bodies.push({ body: Buffer.concat(chunks), type: rq.headers['content-type'] });
      rs.end('{"ok":true}');
    });
  });
  t.after(() => server.close());
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ url: `http://127.0.0.1:${server.address().port}/hook`, bodies }));
  });
}

test('webhooks in any order, and twice, give the same numbers', async (t) => {
  const sim = await startSim(t, { days: 40, seed: 7 });
  const world = await sim.world();
  const record = await recorder(t);
  await sim.deliver({ url: record.url, history: true, batch: 3 });
  assert.ok(record.bodies.length > 300);

  const draw = chance(20260115);
  const shuffled = [...record.bodies, ...record.bodies.filter(() => draw(3) === 0)];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const k = draw(i + 1);
    [shuffled[i], shuffled[k]] = [shuffled[k], shuffled[i]];
  }
  const results = [];
  for (const [name, bodies] of [['in order', record.bodies], ['shuffled and repeated', shuffled]]) {
    await t.test(`${bodies.length} webhooks ${name}`, async (t) => {
      const server = await startServer(t, { env: { ...sim.env, TRAFFICD_AMO_WEBHOOK_SECRET: HOOK_KEY } });
      const url = `${server.base}/webhook/amocrm/traffic/${HOOK_KEY}`;
      const { client: admin } = await setUp(server);
      await ok(server.sync('rates', '--days', '45'));
      await makeTeams(server, world, { bind: false });
      let at = 0;
      await Promise.all([...Array(8)].map(async () => {
        while (at < bodies.length) {
          const { body, type } = bodies[at++];
          const reply = await fetch(url, { method: 'POST', body, headers: { 'Content-Type': type } });
          await reply.arrayBuffer();
          assert.equal(reply.status, 200);
        }
      }));
      const ask = async () => {
        const { freshness, ...rest } = await admin.get(`/api/v1/metrics?group=day&from=${FROM}&to=${TO}&compare=none`);
        const teams = (await admin.get(`/api/v1/overview?from=${FROM}&to=${TO}&compare=none`)).teams;
        return { days: rest, teams, version: freshness.data_version };
      };
      // Over when a deal posted last is seen and nothing changes any more.
      await hook(url, form({ leads: { add: [deal(990001, { status: '40000001', name: 'the last' })] }, account: { id: '1' } }));
      await until('the last deal is seen', async () =>
        (await admin.get('/api/v1/sales?period=today&limit=500')).items.some((s) => s.name === 'the last'), { within: 120_000 });
      let before;
      results.push(await until('the numbers have settled', async () => {
        const now = await ask();
        const isSame = before?.version === now.version;
        before = now;
        return isSame && now;
      }, { within: 60_000, every: 1000 }));
    });
  }
  await t.test('are the same', () => {
    const [a, b] = results;
    assert.ok(a.days.totals.sales > 10 && a.days.totals.revenue > 0);
    assert.deepEqual(b.days, a.days);
    assert.deepEqual(b.teams, a.teams);
  });
});
