// An event that was answered 200 is there afterwards, once, whatever ends the process.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { ADMIN, almatyDay, deal, form, setUp, startServer, startSim } from './support/agency.mjs';
import { chance, exactJson, micros } from './support/exact.mjs';
import { freePort, tempDir } from './support/program.mjs';
import { settled, until } from './support/wait.mjs';

const SEED = Number(process.env.TD_SEED ?? 20260115);
const ROUNDS = Number(process.env.TD_KILL_ROUNDS ?? 12);
const CONNECTIONS = 8;
const KEY = 'e2e-webhook-key-e2e-webhook-key';

const CRM_DOOR = `/webhook/amocrm/traffic/${KEY}`;
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

/** Posts over a kept connection: {status} or {error}. began: part of an answer was seen. */
function post(agent, port, body, door = CRM_DOOR, headers = FORM) {
  return new Promise((resolve) => {
    let began = false;
    const rq = http.request({
      agent, port, host: '127.0.0.1', method: 'POST', path: door,
      headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
    }, (rs) => {
      began = true;
      rs.on('error', (e) => resolve({ error: e.code, began }));
      rs.on('aborted', () => resolve({ error: 'ABORTED', began }));
      rs.on('end', () => resolve({ status: rs.statusCode }));
      rs.resume();
    });
    rq.on('error', (e) => resolve({ error: e.code, began }));
    rq.end(body);
  });
}

/** Many connections that post deals, each with an id of its own, until the server is gone. */
class Sender {
  constructor(port, firstId) {
    this.port = port;
    this.next = firstId;
    this.sent = new Set();
    this.taken = new Set();
    this.failures = [];
    this.waiting = [];
    this.agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    this.over = Promise.all([...Array(CONNECTIONS)].map(() => this.#work())).then(() => this.agent.destroy());
  }

  async #work() {
    for (;;) {
      const ids = [this.next++, ...(this.next % 5 === 0 ? [this.next++, this.next++] : [])];
      for (const id of ids) this.sent.add(String(id));
      const deals = ids.map((id) => deal(id, { status: id % 2 ? '142' : '40000001', price: 1000, utm: { utm_source: 'fb_alpha' } }));
      const answer = await post(this.agent, this.port, form({ leads: { add: deals }, account: { id: '32100001' } }));
      if (answer.status === 200) {
        for (const id of ids) this.taken.add(String(id));
        for (const w of this.waiting.filter((x) => this.taken.size >= x.count)) w.resolve();
        continue;
      }
      this.failures.push(answer);
      return;
    }
  }

  /** Resolves at the moment when so many have been taken. */
  hasTaken(count) {
    return Promise.race([
      new Promise((resolve) => { this.waiting.push({ count, resolve }); }),
      this.over.then(() => { throw new Error(`only ${this.taken.size} were taken: ${JSON.stringify(this.failures)}`); }),
    ]);
  }
}

/** The ids of all deals that the API knows, as often as it lists them. */
async function dealsOf(admin) {
  const ids = [];
  let cursor = '';
  do {
    const page = await admin.get(`/api/v1/sales?period=7d&limit=500${cursor}`);
    ids.push(...page.items.map((s) => s.deal_id));
    cursor = page.next ? `&cursor=${encodeURIComponent(page.next)}` : '';
  } while (cursor);
  return ids;
}

/** Waits until what is in the inbox is worked out, which no timetable delays; the deals then. */
async function drained(admin, taken) {
  return until('everything taken is worked out', async () => {
    const ids = await dealsOf(admin);
    const known = new Set(ids);
    const missing = [...taken].filter((id) => !known.has(id));
    if (missing.length) throw new Error(`${missing.length} of ${taken.size} are missing: ${missing.slice(0, 10)}`);
    return ids;
  }, { within: 20_000, every: 250 });
}

function assertWhole(dir) {
  assert.equal(execFileSync('sqlite3', [path.join(dir, 'trafficd.db'), 'pragma integrity_check; pragma foreign_key_check;'], { encoding: 'utf8' }).trim(), 'ok');
}

test(`killed 4 times in the middle of webhooks (TD_SEED=${SEED})`, async (t) => {
  const dir = tempDir(t);
  const env = { TRAFFICD_AMO_WEBHOOK_SECRET: KEY };
  const draw = chance(SEED);
  const taken = new Set();
  const sent = new Set();
  let nextId = 100_000;

  const first = await startServer(t, { data: dir, env });
  await setUp(first);
  await first.command(['team', 'add', 'Alpha']);
  await first.program.stop();

  for (let round = 1; round <= 4; round++)
    await t.test(`round ${round}: nothing acknowledged is lost, nothing is there twice`, async (t) => {
      const server = await startServer(t, { data: dir, env });
      const sender = new Sender(server.port, nextId);
      await sender.hasTaken(20 + draw(400));
      await server.program.kill();
      await sender.over;
      nextId = sender.next;
      for (const id of sender.taken) taken.add(id);
      for (const id of sender.sent) sent.add(id);
      assert.ok(sender.failures.every((f) => f.error), JSON.stringify(sender.failures));

      const again = await startServer(t, { data: dir, env });
      const admin = await again.client.login(ADMIN.email, ADMIN.password);
      const ids = await drained(admin, taken);
      assert.equal(new Set(ids).size, ids.length, 'a deal is listed twice');
      for (const id of ids) assert.ok(sent.has(id), `${id} was never sent`);
      await again.program.stop();
    });

  await t.test('the numbers count each deal once, and the database is whole', async (t) => {
    const server = await startServer(t, { data: dir, env });
    const admin = await server.client.login(ADMIN.email, ADMIN.password);
    const ids = await dealsOf(admin);
    await settled(async () => (await admin.get('/api/v1/freshness')).data_version);
    const { totals } = await admin.get('/api/v1/overview?period=7d&compare=none');
    assert.equal(totals.leads, ids.length);
    assert.equal(totals.sales, ids.filter((id) => Number(id) % 2).length);
    const verify = await server.command(['verify']);
    assert.equal(verify.code, 0, verify.stdout + verify.stderr);
    await server.program.stop();
    assertWhole(dir);
  });
});

test('ended politely under load: every answer is whole, and what was taken is there', async (t) => {
  const dir = tempDir(t);
  const env = { TRAFFICD_AMO_WEBHOOK_SECRET: KEY };
  const taken = new Set();
  let nextId = 500_000;
  const draw = chance(SEED + 1);

  for (let round = 1; round <= 5; round++)
    await t.test(`round ${round}`, async (t) => {
      const server = await startServer(t, { data: dir, env });
      if (round === 1) await setUp(server);
      const sender = new Sender(server.port, nextId);
      await sender.hasTaken(50 + draw(200));
      const end = await server.program.stop();
      assert.deepEqual(end, { code: 0, signal: null });
      await sender.over;
      nextId = sender.next;
      for (const id of sender.taken) taken.add(id);
      for (const f of sender.failures) {
        // Refused at the door (503), or a connection that was closed before anything was said.
        assert.ok(f.status === 503 || (['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(f.error) && !f.began), JSON.stringify(f));
      }
      assertWhole(dir);
    });
  await t.test('nothing acknowledged is lost', async (t) => {
    const server = await startServer(t, { data: dir, env });
    const admin = await server.client.login(ADMIN.email, ADMIN.password);
    const ids = await drained(admin, taken);
    assert.equal(new Set(ids).size, ids.length);
  });
});

test('a sync that is killed leaves whole days and is done again', async (t) => {
  const sim = await startSim(t, { days: 30 });
  const dir = tempDir(t);
  const { tokens } = await sim.world();
  const env = { ...sim.env, FACEBOOK_ADS_TOKEN: tokens[0] };
  const server = await startServer(t, { data: dir, env });
  await setUp(server);
  await server.sync('rates', '--days', '40');

  const asked = async () => (await sim.journal('/insights')).items.length;
  const before = await asked();
  const running = server.sync('ads', '--days', '28');
  await until('the sync is in the middle', async () => (await asked()) >= before + 4, { every: 5 });
  await server.program.kill();
  assert.equal((await running).code, 1, 'the command says that the server hung up');
  assertWhole(dir);

  const again = await startServer(t, { data: dir, env });
  const admin = await again.client.login(ADMIN.email, ADMIN.password);
  const done = await again.sync('ads', '--days', '28');
  assert.equal(done.code, 0, done.stderr);
  const jobs = (await admin.get('/api/v1/jobs')).items;
  assert.ok(!jobs.find((j) => j.name === 'ads.sync').running);
  assert.equal((await again.command(['verify'])).code, 0);
  const accounts = (await admin.get('/api/v1/accounts')).items;
  assert.ok(accounts.every((a) => a.sync_state === 'ok'), JSON.stringify(accounts.map((a) => [a.name, a.sync_state])));
});

/** The first column of what a query of the database says, as texts. */
function rowsOf(dir, query) {
  const text = execFileSync('sqlite3', ['-cmd', '.timeout 5000', path.join(dir, 'trafficd.db'), query], { encoding: 'utf8', maxBuffer: 64 << 20 });
  return text.split('\n').filter(Boolean);
}

test('a report that was being made when the program died is taken, not asked for anew', async (t) => {
  const sim = await startSim(t, { days: 12 });
  const world = await sim.world();
  const dir = tempDir(t);
  const env = { ...sim.env, FACEBOOK_ADS_TOKEN: world.tokens[0], TRAFFICD_HISTORY_MONTHS: '0', TRAFFICD_RESTATE_DAYS: '2' };
  const mine = world.accounts.filter((a) => a.token === 0).sort((a, b) => b.ads - a.ads)[0];
  await sim.set({ most_rows: Math.floor(mine.ads / 2), report_ms: 4000 });

  const server = await startServer(t, { data: dir, env });
  await setUp(server);
  await server.sync('ads', '--days', '2', '--account', mine.id);
  const running = () => rowsOf(dir, "select run_id from ad_report_run where state = 'running'");
  const [run] = await until('a report is being made', async () => { const list = running(); return list.length && list; }, { within: 60_000 });
  await server.program.kill();
  assert.ok(running().includes(run));

  const again = await startServer(t, { data: dir, env });
  await again.command(['job', 'run', 'ads.history']);
  assert.deepEqual(rowsOf(dir, `select state || ' ' || tries from ad_report_run where run_id = '${run}'`), ['taken 1']);
  await until('the others are taken too', async () => {
    await again.command(['job', 'run', 'ads.history']);
    return !running().length;
  }, { within: 60_000 });
  assert.deepEqual(rowsOf(dir, 'select account_id, from_day from ad_report_run group by 1, 2 having count(*) > 1'), []);
  assert.equal((await again.command(['verify'])).code, 0);
});

/** What two vendors say, taken down, to be said again at will: [{door, headers, body}]. */
async function record(t, deliver) {
  const said = [];
  const server = http.createServer((rq, rs) => {
    const parts = [];
    rq.on('data', (d) => parts.push(d)).on('end', () => {
      const headers = { 'Content-Type': rq.headers['content-type'] };
      if (rq.headers['x-hub-signature-256']) headers['X-Hub-Signature-256'] = rq.headers['x-hub-signature-256'];
      said.push({ headers, body: Buffer.concat(parts).toString() });
      rs.end('{}');
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  await deliver(`http://127.0.0.1:${server.address().port}/hook`);
  server.closeAllConnections?.();
  server.close();
  return said;
}

/** Says everything once and until it is acknowledged: what was not is said again to the next one. */
class Feed {
  constructor(items) {
    this.left = items;
    this.taken = []; // acknowledged
  }

  /** Until the server is gone or nothing is left. */
  async run(port) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    const refused = [];
    const work = async () => {
      for (let item; (item = this.left.pop());) {
        const answer = await post(agent, port, item.body, item.door, item.headers);
        if (answer.status === 200) {
          this.taken.push(item);
          continue;
        }
        this.left.push(item);
        if (answer.status) refused.push(answer.status);
        return;
      }
    };
    await Promise.all([...Array(CONNECTIONS)].map(work));
    agent.destroy();
    assert.deepEqual(refused, []);
  }
}

const FROM = almatyDay(-4);
const TO = almatyDay(-2);
const SUMS = ['spend', 'sales', 'revenue', 'impressions', 'clicks'];

/** Day by day what is true, all teams together: who a person without a tag belongs to, the CRM's contacts may tell. */
async function truthOf(sim) {
  const days = {};
  const reply = await fetch(`${sim.url}/_fake/truth?from=${FROM}&to=${TO}`);
  for (const i of exactJson(await reply.text()).items) {
    const d = days[i.day] ??= Object.fromEntries(SUMS.map((name) => [name, 0n]));
    d.spend += micros(i.spend_kzt);
    d.revenue += micros(i.paid_kzt) - micros(i.refunded_kzt);
    for (const name of ['sales', 'impressions', 'clicks']) d[name] += BigInt(i[name]);
  }
  return days;
}

async function oursOf(admin) {
  const days = {};
  for (let day = FROM; day <= TO; day = new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10)) {
    const { text } = await admin.ask('GET', `/api/v1/overview?from=${day}&to=${day}&compare=none`);
    const { totals } = exactJson(text);
    days[day] = { spend: micros(totals.spend), revenue: micros(totals.revenue),
      sales: BigInt(totals.sales), impressions: BigInt(totals.impressions), clicks: BigInt(totals.clicks) };
  }
  return days;
}

test(`killed ${ROUNDS} times in the middle of everything (TD_SEED=${SEED})`, async (t) => {
  const APP_SECRET = 'the secret of the app';
  const sim = await startSim(t, { days: 25, appSecret: APP_SECRET });
  const world = await sim.world();
  const dir = tempDir(t);
  const draw = chance(SEED + 2);
  const port = await freePort();
  const env = { ...sim.env, TRAFFICD_AMO_WEBHOOK_SECRET: KEY, TRAFFICD_META_APP_ID: '312000000000000',
    TRAFFICD_META_APP_SECRET: APP_SECRET, TRAFFICD_HISTORY_MONTHS: '0', TRAFFICD_RESTATE_DAYS: '5', TRAFFICD_LEAD_DUPLICATE_DAYS: '0' };
  const serve = () => startServer(t, { data: dir, env, port });

  const first = await serve();
  const { client } = await setUp(first);
  for (const team of world.teams) await first.command(['team', 'add', team.name, ...team.tags.flatMap((tag) => ['--utm', tag])]);
  await first.sync('rates', '--days', '35');
  for (const token of world.tokens) await client.post('/api/v1/connections', { token }, 201);
  await client.post('/api/v1/lead-pages/refresh', {});
  await client.post('/api/v1/crm/connections', { subdomain: world.crm_subdomain, token: world.amo_token }, 201);
  const { key } = await client.post('/api/v1/sites', { name: 'Курс', origin: 'https://course.example', per_minute: 6000 }, 201);
  await first.program.stop();
  await sim.set({ most_rows: 14, report_ms: 800 }); // the days of large accounts come as reports only

  const crm = (await record(t, (url) => sim.deliver({ url, history: true, batch: 4 }))).map((x) => ({ ...x, door: CRM_DOOR }));
  const ads = (await record(t, (url) => sim.leadgen({ url, most: 200 }))).map((x) => ({ ...x, door: '/webhook/facebook/leadgen' }));
  const landing = [...Array(400)].map((_, i) => ({ door: `/webhook/lead?key=${key}`, headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ lead_id: `n${i}`, name: `Visitor ${i}`, phone: `+7702${String(1000000 + i)}`, utm_source: world.teams[0].tags[0] }) }));
  const bodies = (items) => new Set(items.map((i) => i.body)).size;
  const mixed = [...crm, ...ads, ...landing].map((item) => [draw(1 << 30), item]).sort((a, b) => a[0] - b[0]).map(([, item]) => item);
  const feed = new Feed(mixed);
  const portion = Math.ceil(mixed.length / ROUNDS);
  const files = [];
  const importAll = async (server) => {
    for (const file of files) {
      const done = await server.command(['import', file, '--account', '999', '--json']);
      if (done.code) return;
    }
  };
  const isThere = () => {
    const counts = Object.fromEntries(rowsOf(dir, 'select source, count(*) from inbox_event group by source').map((r) => r.split('|')));
    for (const [source, door] of [['amocrm', CRM_DOOR], ['leadgen', '/webhook/facebook/leadgen'], ['lead', `/webhook/lead?key=${key}`]])
      assert.ok(Number(counts[source] ?? 0) >= bodies(feed.taken.filter((i) => i.door === door)), `${source}: an acknowledged event is gone`);
  };

  for (let round = 1; round <= ROUNDS; round++)
    await t.test(`round ${round}: what was acknowledged is on disk`, async (t) => {
      const file = path.join(dir, `sales_${round}.csv`);
      writeFileSync(file, `lead_id,sale_amount,sale_currency,sale_date\n${[...Array(60)].map((_, i) => `${round * 1000 + i},100,KZT,${almatyDay(-35)}`).join('\n')}\n`);
      files.push(file);
      const server = await startServer(t, { data: dir, env, port });
      isThere();
      const commands = [server.sync('ads', '--days', '5'), server.sync('crm'), importAll(server)];
      const enough = feed.taken.length + 1 + draw(portion * 2);
      const posting = feed.run(port);
      const moment = draw(2) ? 20 + draw(2500) : 10_000;
      const began = Date.now();
      await until('the moment has come', async () => feed.taken.length >= enough || Date.now() - began > moment || !feed.left.length, { every: 3 });
      await server.program.kill();
      await posting;
      await Promise.all(commands);
      assertWhole(dir);
    });

  const server = await serve();
  const admin = await server.client.login(ADMIN.email, ADMIN.password);
  await t.test('everything is said to the end, and all of it is worked off', async () => {
    isThere();
    await sim.set({ report_ms: 1 });
    await feed.run(port);
    assert.equal(feed.left.length, 0);
    await importAll(server);
    await server.sync('ads', '--days', '5');
    await server.sync('crm');
    await until('reports are taken', async () => {
      await server.command(['job', 'run', 'ads.history']);
      return !rowsOf(dir, "select id from ad_report_run where state = 'running'").length;
    }, { within: 60_000 });
    assert.ok(rowsOf(dir, "select id from ad_report_run where state = 'taken'").length > 3);
    await until('the forms’ answers are fetched', async () => {
      await server.command(['job', 'run', 'lead_ads.fetch']);
      const left = rowsOf(dir, "select state || ' ' || coalesce(error, '') from lead_ad_fetch where state <> 'done'");
      if (left.length) throw new Error(`${left.length}: ${left[0]}`);
      return true;
    });
    await until('the inbox is empty', async () => {
      const { counts } = await admin.get('/api/v1/inbox');
      if (counts.new) throw new Error(JSON.stringify(counts));
      assert.equal(counts.parked, 0);
      return true;
    }, { within: 60_000 });
  });
  await t.test('every event is there once', async () => {
    const counts = Object.fromEntries(rowsOf(dir, 'select source, count(*) from inbox_event group by source').map((r) => r.split('|')));
    assert.deepEqual([counts.amocrm, counts.leadgen, counts.lead].map(Number), [crm, ads, landing].map(bodies));
  });
  await t.test('every lead is there once, whichever door it came through', async () => {
    const told = new Set(ads.flatMap((i) => JSON.parse(i.body).entry.flatMap((e) => e.changes.map((c) => String(c.value.leadgen_id)))));
    assert.deepEqual(rowsOf(dir, "select external_id from lead where source_kind = 'lead_ad' order by 1"), [...told].sort());
    assert.equal(rowsOf(dir, "select distinct name from lead where source_kind = 'landing'").length, landing.length);
    assert.equal(rowsOf(dir, "select id from lead where source_kind = 'landing'").length, landing.length);
    assert.deepEqual(rowsOf(dir, "select external_id from lead where source_kind = 'lead_ad' and coalesce(name, '') = ''"), []);
  });
  await t.test('every row of the files is one sale', async () => {
    const { totals } = await admin.get(`/api/v1/overview?from=${almatyDay(-35)}&to=${almatyDay(-35)}&compare=none`);
    assert.deepEqual([totals.sales, totals.revenue], [60 * ROUNDS, 6000 * ROUNDS]);
  });
  await t.test('spend, sales and money of every day are true to the last micro-unit', async () => {
    await until('the truth', async () => {
      assert.deepEqual(await oursOf(admin), await truthOf(sim));
      return true;
    }, { within: 60_000, every: 500 });
  });
  await t.test('verify finds nothing wrong, and the database is whole', async () => {
    const verify = await server.command(['verify']);
    assert.equal(verify.code, 0, verify.stdout + verify.stderr);
    const { items } = await admin.get('/api/v1/jobs');
    assert.deepEqual(items.filter((j) => j.last && !j.last.finished_at && !j.running).map((j) => j.name), []);
    await server.program.stop();
    assertWhole(dir);
  });
});
