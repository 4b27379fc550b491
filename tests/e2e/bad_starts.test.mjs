// What cannot work is said in one plain sentence, with the right exit code, and nothing is touched.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { setUp, startServer, startSim } from './support/agency.mjs';
import { freePort, run, tempDir } from './support/program.mjs';

const LISTEN = ['--listen', '127.0.0.1:0'];

/** Exit code and sentence; beside it stderr holds log lines only. */
function assertRefused(done, code, pattern) {
  const lines = done.stderr.split('\n').filter((l) => l && !l.startsWith('{'));
  assert.equal(lines.length, 1, `one sentence, not ${lines.length}:\n${done.stderr}`);
  assert.match(lines[0], /^trafficd: /);
  assert.match(lines[0], pattern);
  assert.equal(done.code, code, lines[0]);
  assert.equal(done.stdout, '');
}

/** Every file below with its mode and content. */
function snapshot(dir) {
  const found = {};
  for (const name of readdirSync(dir).sort()) {
    const file = path.join(dir, name);
    const is = statSync(file);
    if (is.isDirectory()) Object.assign(found, snapshot(file));
    else if (is.isFile()) found[file] = `${is.mode} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`;
    else found[file] = String(is.mode);
  }
  return found;
}

/** A directory that was served once; sealed: with a vendor's token in it. */
async function usedDirectory(t, { sealed = false } = {}) {
  const sim = sealed ? await startSim(t, { days: 7 }) : null;
  const server = await startServer(t, { env: sim?.env ?? {} });
  const { client: admin } = await setUp(server);
  if (sealed) await admin.post('/api/v1/connections', { token: (await sim.world()).tokens[0] }, 201);
  await server.program.stop();
  return server.dir;
}

const sql = (dir, text) => execFileSync('sqlite3', [path.join(dir, 'trafficd.db'), text], { encoding: 'utf8' });

const serve = (dir, { args = [], env = {} } = {}) =>
  run(['serve', ...LISTEN, ...args], { env: { TRAFFICD_DATA: dir, ...env }, within: 60_000 });

test('settings that cannot work leave an empty directory empty', async (t) => {
  const dir = tempDir(t);
  const conf = path.join(dir, 'bad.conf');
  const data = path.join(dir, 'data');
  const cases = [
    ['a weak signing secret', { env: { TRAFFICD_JWT_SECRET: 'password' } }, /TRAFFICD_JWT_SECRET/],
    ['a long but foolish signing secret', { env: { TRAFFICD_JWT_SECRET: 'a'.repeat(64) } }, /TRAFFICD_JWT_SECRET/],
    ['a secret key that is too short', { env: { TRAFFICD_SECRET_KEY: 'f00d'.repeat(8) } }, /TRAFFICD_SECRET_KEY.*64 hex/],
    ['a secret key of zeros', { env: { TRAFFICD_SECRET_KEY: '0'.repeat(64) } }, /TRAFFICD_SECRET_KEY/],
    ['a secret key that is no hex', { env: { TRAFFICD_SECRET_KEY: 'z'.repeat(64) } }, /TRAFFICD_SECRET_KEY/],
    ['an unknown time zone', { env: { TRAFFICD_TZ: 'Asia/Atlantis' } }, /TRAFFICD_TZ.*time zone/],
    ['an unknown setting in the file', { conf: 'tz = Asia/Almaty\n\nlisten_on = 127.0.0.1:1\n' }, /bad\.conf:3: there is no setting "listen_on"/],
    ['a line that is none', { conf: 'what is this\n' }, /bad\.conf:1: not of the form key = value/],
    ['a setting twice', { conf: 'tz = Asia/Almaty\ntz = UTC\n' }, /bad\.conf:2: tz is set already in line 1/],
    ['a wrong value in the file', { conf: '# x\nhttp_threads = few\n' }, /bad\.conf:2: http_threads/],
    ['an address that is none', { args: ['--public_url', 'agency.example'] }, /public_url/],
    ['a proxy list that is none', { env: { TRAFFICD_TRUSTED_PROXIES: 'everybody' } }, /TRAFFICD_TRUSTED_PROXIES/],
    ['a currency that is none', { env: { TRAFFICD_CURRENCY: 'tenge' } }, /TRAFFICD_CURRENCY/],
    ['a database of a kind we do not know', { args: ['--database_url', 'mysql://x/y'] }, /database_url/],
    ['a path too long for the commands’ socket', { data: path.join(dir, 'x'.repeat(120)) }, /too long/],
    ['a folder whose parent is not there', { data: path.join(dir, 'no', 'such', 'place') }, /no\/such\/place/],
  ];
  for (const [name, { args = [], env = {}, conf: text, data: other }, pattern] of cases)
    await t.test(name, async () => {
      if (text !== undefined) writeFileSync(conf, text);
      const done = await serve(other ?? data, { env, args: [...args, ...(text !== undefined ? ['--config', conf] : [])] });
      assertRefused(done, 2, pattern);
      assert.ok(!existsSync(other ?? data), 'the directory was made all the same');
    });
  await t.test('a secret that is refused is not repeated', async () => {
    const done = await serve(data, { env: { TRAFFICD_JWT_SECRET: 'hunter2hunter2' } });
    assert.ok(!done.stderr.includes('hunter2'));
  });
});

test('a file where the directory should be', async (t) => {
  const file = path.join(tempDir(t), 'file');
  writeFileSync(file, 'mine');
  const done = await serve(file);
  assert.notEqual(done.code, 0);
  assert.equal(readFileSync(file, 'utf8'), 'mine');
});

test('a directory that cannot be written', async (t) => {
  const dir = tempDir(t);
  const data = path.join(dir, 'data');
  mkdirSync(data);
  chmodSync(data, 0o555);
  // Root may write everywhere, unless it gives that right away.
  const asOthers = process.getuid() === 0
    ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-dac_override,-dac_read_search', '--'] : [];
  const done = await run(['serve', ...LISTEN], { env: { TRAFFICD_DATA: data }, prefix: asOthers });
  assertRefused(done, 1, /cannot be (written|made|opened).*[Pp]ermission|give this user the right/);
  assert.deepEqual(readdirSync(data), []);
});

test('a database that is not ours to open', async (t) => {
  for (const [name, content] of [
    ['garbage', Buffer.from('this is not a database, it is a letter\n'.repeat(500))],
    ['half of a header', Buffer.from('SQLite format 3\0\x10')],
    ['random bytes', createHash('sha512').update('x').digest()],
  ])
    await t.test(name, async (t) => {
      const dir = tempDir(t);
      writeFileSync(path.join(dir, 'trafficd.db'), content, { mode: 0o600 });
      const done = await serve(dir);
      assertRefused(done, 1, /trafficd\.db/);
      assert.deepEqual(readFileSync(path.join(dir, 'trafficd.db')), content);
      assert.ok(!existsSync(path.join(dir, 'secret.key')), 'a key was made for it');
    });
  await t.test('the database of another program', async (t) => {
    const dir = tempDir(t);
    sql(dir, "create table diary (entry text); insert into diary values ('dear');");
    const before = readFileSync(path.join(dir, 'trafficd.db'));
    assertRefused(await serve(dir), 1, /another program/);
    assert.deepEqual(readFileSync(path.join(dir, 'trafficd.db')), before);
  });
  await t.test('one made by a newer version is left as it is', async (t) => {
    const dir = await usedDirectory(t);
    sql(dir, "insert into schema_migration (version, name, checksum, applied_at) values (9999, '9999_later', 'x', 0);");
    const count = () => sql(dir, 'select count(*) from app_user; select count(*) from schema_migration;');
    const before = count();
    for (const words of [['serve', ...LISTEN], ['user', 'list'], ['verify']]) {
      const done = await run(words, { env: { TRAFFICD_DATA: dir } });
      assertRefused(done, 1, /version 9999, made by a newer trafficd/);
    }
    assert.equal(count(), before);
  });
  await t.test('one that is cut in the middle', async (t) => {
    const dir = await usedDirectory(t);
    const file = path.join(dir, 'trafficd.db');
    for (const side of ['-wal', '-shm']) rmSync(file + side, { force: true });
    const whole = readFileSync(file);
    assert.ok(whole.length > 40_000);
    writeFileSync(file, whole.subarray(0, 20_480));
    const done = await serve(dir);
    assertRefused(done, 1, /trafficd\.db|database/);
    assert.equal(statSync(file).size, 20_480);
  });
});

test('keys that do not fit', async (t) => {
  await t.test('the key is gone, and the data is sealed with it', async (t) => {
    const dir = await usedDirectory(t, { sealed: true });
    rmSync(path.join(dir, 'secret.key'));
    assertRefused(await serve(dir), 2, /secret\.key is missing.*put the file back/);
    assert.ok(!existsSync(path.join(dir, 'secret.key')), 'a new key would lock the data away');
  });
  await t.test('others can read the key', async (t) => {
    const dir = await usedDirectory(t);
    chmodSync(path.join(dir, 'secret.key'), 0o644);
    assertRefused(await serve(dir), 2, /secret\.key can be read by others.*chmod 600/);
  });
  await t.test('the key file is empty, or no key', async (t) => {
    const dir = await usedDirectory(t);
    const before = snapshot(dir);
    for (const text of ['', 'password\n', `${'0'.repeat(64)}\n`]) {
      writeFileSync(path.join(dir, 'jwt.secret'), text);
      assertRefused(await serve(dir), 2, /jwt\.secret is (empty|not a strong key)/);
    }
    writeFileSync(path.join(dir, 'secret.key'), 'short');
    assertRefused(await serve(dir), 2, /secret\.key is not a strong key/);
    assert.equal(readFileSync(path.join(dir, 'secret.key'), 'utf8'), 'short');
    assert.deepEqual(Object.keys(snapshot(dir)), Object.keys(before));
  });
  await t.test('made by the first start, they are private', async (t) => {
    const dir = await usedDirectory(t);
    for (const name of ['secret.key', 'jwt.secret', 'trafficd.db'])
      assert.equal(statSync(path.join(dir, name)).mode & 0o777, 0o600, name);
  });
});

test('what is taken already', async (t) => {
  await t.test('a second serve on the same directory', async (t) => {
    const server = await startServer(t);
    const done = await serve(server.dir);
    assertRefused(done, 1, new RegExp(`process ${server.program.child.pid} works on ${server.dir}`));
    await server.client.get('/health'); // the first one goes on
    assert.ok(existsSync(path.join(server.dir, 'trafficd.sock')));
    assert.equal((await server.command(['user', 'list'])).code, 0);
  });
  await t.test('the port', async (t) => {
    const port = await freePort();
    const other = net.createServer();
    await new Promise((resolve) => { other.listen(port, '127.0.0.1', resolve); });
    t.after(() => other.close());
    const dir = tempDir(t);
    const done = await run(['serve', '--listen', `127.0.0.1:${port}`], { env: { TRAFFICD_DATA: dir } });
    assertRefused(done, 1, new RegExp(`127\\.0\\.0\\.1:${port}`));
    assert.ok(!existsSync(path.join(dir, 'trafficd.sock')), 'no socket is left behind');
    const server = await startServer(t, { data: dir });
    assert.ok(server.setupLink(), 'the directory can be used afterwards');
  });
  await t.test('an address of another machine', async (t) => {
    const done = await run(['serve', '--listen', '203.0.113.7:8090'], { env: { TRAFFICD_DATA: tempDir(t) } });
    assertRefused(done, 1, /203\.0\.113\.7:8090/);
  });
  await t.test('a demo never takes the place of real data', async (t) => {
    const dir = await usedDirectory(t);
    const before = snapshot(dir);
    const done = await run(['demo', '--data', dir, ...LISTEN, '--days', '7']);
    assertRefused(done, 2, /holds a database that is not a demo's/);
    assert.deepEqual(snapshot(dir), before);
  });
  await t.test('a socket that a dead server left behind is no hindrance', async (t) => {
    const server = await startServer(t);
    await server.program.kill();
    assert.ok(existsSync(path.join(server.dir, 'trafficd.sock')));
    assert.equal((await server.command(['team', 'add', 'After'])).code, 0);
    const again = await startServer(t, { data: server.dir });
    assert.match((await again.command(['team', 'list'])).stdout, /After/);
  });
});
