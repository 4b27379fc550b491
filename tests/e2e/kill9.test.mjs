// An event that was answered 200 is there afterwards, once, whatever ends the process.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { ADMIN, deal, form, setUp, startServer } from './support/agency.mjs';
import { chance } from './support/exact.mjs';
import { tempDir } from './support/program.mjs';
import { settled, until } from './support/wait.mjs';

const SEED = Number(process.env.TD_SEED ?? 20260115);
const ROUNDS = 10;
const CONNECTIONS = 8;
const KEY = 'e2e-webhook-key-e2e-webhook-key';

/** Posts over a kept connection: {status} or {error}. began: part of an answer was seen. */
function post(agent, port, body) {
  return new Promise((resolve) => {
    let began = false;
    const rq = http.request({
      agent, port, host: '127.0.0.1', method: 'POST', path: `/webhook/amocrm/traffic/${KEY}`,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': Buffer.byteLength(body) },
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

test(`killed ${ROUNDS} times in the middle of webhooks (TD_SEED=${SEED})`, async (t) => {
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

  for (let round = 1; round <= ROUNDS; round++)
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
  const { startSim } = await import('./support/agency.mjs');
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
