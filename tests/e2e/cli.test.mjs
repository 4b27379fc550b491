// The command line: what it says, what it returns, and that a running server makes no difference.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ADMIN, almatyDay, deal, form, hook, setUp, startServer, startSim } from './support/agency.mjs';
import { run, tempDir } from './support/program.mjs';
import { settled, until } from './support/wait.mjs';

const PASSWORD = 'seven quiet marmots on a hill';
const NAMES = ['serve', 'demo', 'sync', 'aggregate', 'attribute', 'verify', 'webhook', 'import', 'job list', 'job run', 'job pause',
  'inbox list', 'inbox replay', 'user add', 'user list', 'user passwd', 'user disable', 'team add', 'team list', 'team archive',
  'account list', 'account bind', 'config', 'sim'];

/** Wrong usage: exit 2, nothing on stdout, one plain line on stderr. */
function assertUsage(done, pattern) {
  assert.equal(done.code, 2, done.stdout + done.stderr);
  assert.equal(done.stdout, '');
  assert.match(done.stderr, pattern);
  assert.match(done.stderr, /^trafficd: [^\n]+\n$/);
}

/** Understood but not done: exit 1, and one plain line that says why. */
function assertFailed(done, pattern) {
  assert.equal(done.code, 1, done.stdout + done.stderr);
  assert.match(done.stderr, pattern);
  assert.match(done.stderr, /^trafficd: [^\n]+\n$/);
}

test('help and version', async (t) => {
  const help = await run(['--help']);
  const commands = [...help.stdout.split('Settings, for every command')[0].matchAll(/^ {2}([a-z]+(?: [a-z]+)?)(?= {2,}| [A-Zar|])/gm)]
    .map((m) => m[1]).filter((c) => !c.includes('trafficd'));

  await t.test('the list of commands names them all', () => {
    assert.equal(help.code, 0);
    assert.equal(help.stderr, '');
    for (const name of NAMES.filter((n) => n !== 'sim'))
      assert.match(help.stdout, new RegExp(`^  ${name} `, 'm'));
  });
  for (const name of NAMES)
    await t.test(`${name} --help`, async () => {
      assert.ok(commands.length > 10);
      const done = await run([...name.split(' '), '--help']);
      assert.equal(done.code, 0);
      assert.equal(done.stderr, '');
      assert.match(done.stdout, new RegExp(`^Usage: trafficd ${name}`));
      assert.match(done.stdout, /--data DIR/);
    });
  await t.test('help names every setting with what it means, and each secret only as a variable', async () => {
    const settings = JSON.parse((await run(['config', '--json'])).stdout).map((s) => s.setting);
    assert.ok(settings.length > 15);
    for (const name of settings) assert.ok(help.stdout.includes(name), name);
    for (const secret of ['--jwt_secret', '--secret_key', '--meta_token', '--amo_webhook_secret'])
      assert.ok(!help.stdout.includes(secret), secret);
  });
  await t.test('--version names the version and what is inside', async () => {
    const done = await run(['--version']);
    assert.equal(done.code, 0);
    assert.match(done.stdout, /^trafficd \d+\.\d+\.\d+ \([0-9a-f+]+|unknown\)/);
    for (const part of ['sqlite', 'curl', 'civetweb', 'openssl', 'libsodium', 'tzdata'])
      assert.match(done.stdout, new RegExp(`^  ${part} +\\S+`, 'm'));
  });
});

test('wrong usage is refused before anything is touched', async (t) => {
  const dir = tempDir(t);
  const data = path.join(dir, 'never-made');
  const cases = [
    [['frobnicate'], /unknown command frobnicate/],
    [['user'], /unknown command user/],
    [['user', 'frobnicate'], /unknown command user/],
    [['serve', '--frobnicate'], /unknown option --frobnicate/],
    [['serve', 'extra'], /extra is one word too many/],
    [['serve', '--listen'], /--listen needs a value/],
    [['serve', '--listen', 'not-an-address'], /listen/],
    [['serve', '--http_threads', 'many'], /http_threads/],
    [['serve', '--http_threads', '0'], /http_threads/],
    [['serve', '--jwt_secret', 'x'], /unknown option --jwt_secret/],
    [['sync'], /sync needs ads\|crm\|rates/],
    [['sync', 'planets'], /sync wants ads\|crm\|rates, not planets/],
    [['sync', 'ads', '--days', 'ten'], /--days wants a whole number/],
    [['sync', 'ads', '--days', '0'], /--days wants at least 1/],
    [['sync', 'ads', '--days', '-3'], /--days wants at least 1/],
    [['sync', 'ads', '--days', '99999999999999999999'], /--days wants a whole number/],
    [['sync', 'ads', '--days', '3', '--days', '4'], /--days is given twice/],
    [['aggregate', '--from', '2026-02-30'], /--from wants a day/],
    [['attribute', '--to', 'tomorrow'], /--to wants a day/],
    [['attribute', '--dry-run=yes'], /--dry-run takes no value/],
    [['webhook', 'bitrix'], /webhook wants amocrm, not bitrix/],
    [['import'], /import needs FILE/],
    [['import', ''], /import wants FILE that is not empty/],
    [['job'], /unknown command job/],
    [['job', 'run'], /job run needs NAME/],
    [['job', 'pause', 'ads.sync', '--undo=1'], /--undo takes no value/],
    [['inbox', 'replay'], /inbox replay needs ID/],
    [['inbox', 'list', '--state'], /--state needs a value/],
    [['inbox', 'list', '--state', 'lost'], /--state is one of new\|done\|parked/],
    [['user', 'add'], /--email is missing/],
    [['user', 'add', '--email', 'a@b.example'], /--role is missing/],
    [['user', 'add', '--email', 'a@b.example', '--role', 'king'], /--role is one of viewer\|targetologist\|team_lead\|admin/],
    [['user', 'add', '--email', 'a@b.example', '--role', 'admin', '--password', 'x'], /unknown option --password/],
    [['team', 'add'], /team add needs NAME/],
    [['team', 'add', ' '], /team add wants NAME that is not empty/],
    [['team', 'archive', ''], /team archive wants NAME that is not empty/],
    [['account', 'bind', '1'], /--team is missing/],
    [['account', 'bind', '1', '--team', 'A', '--from', 'x'], /--from wants a day/],
    [['demo', '--days', '3'], /--days 7 to/],
    [['demo', '--today', 'soon'], /--today wants a day/],
    [['demo', '--seed', '-1'], /--seed is 0 or more/],
    [['config', '--config', path.join(dir, 'absent.conf')], /absent\.conf: cannot open/],
  ];
  for (const [args, pattern] of cases)
    await t.test(`trafficd ${args.join(' ')}`, async () => {
      assertUsage(await run(args, { env: { TRAFFICD_DATA: data } }), pattern);
    });
  await t.test('after all of them the data directory was never made', () => {
    assert.ok(!existsSync(data));
  });
});

test('config shows each value and where it comes from, and no secret', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'trafficd.conf');
  writeFileSync(file, '# ours\n\ntz = Asia/Tashkent\ncurrency=USD\nlisten = 127.0.0.1:1111\n');
  const secret = 'f00dfacecafe1234567890abcdef9876';
  const env = { TRAFFICD_DATA: dir, TRAFFICD_LISTEN: '127.0.0.1:2222', TRAFFICD_JWT_SECRET: secret, FACEBOOK_ADS_TOKEN: `EAA${secret}` };
  const shown = async (...args) => {
    const done = await run(['config', '--json', '--config', file, ...args], { env });
    assert.equal(done.code, 0, done.stderr);
    assert.ok(!done.stdout.includes(secret));
    return Object.fromEntries(JSON.parse(done.stdout).map((s) => [s.setting, [s.value, s.from]]));
  };
  const settings = await shown('--currency', 'BRL');

  await t.test('flags stand over the environment, that over the file, that over the default', () => {
    assert.deepEqual(settings.TRAFFICD_TZ, ['Asia/Tashkent', 'file']);
    assert.deepEqual(settings.TRAFFICD_LISTEN, ['127.0.0.1:2222', 'environment']);
    assert.deepEqual(settings.TRAFFICD_CURRENCY, ['BRL', 'flag']);
    assert.deepEqual(settings.TRAFFICD_RATE_LIMIT, ['60', 'default']);
  });
  await t.test('a secret is masked, and still one sees that it is set and whence', () => {
    for (const name of ['TRAFFICD_JWT_SECRET', 'FACEBOOK_ADS_TOKEN']) {
      assert.ok(settings[name][0].length > 0);
      assert.equal(settings[name][1], 'environment');
    }
    assert.deepEqual(settings.TRAFFICD_SECRET_KEY, ['', 'default']);
  });
  await t.test('a table for people holds the same', async () => {
    const done = await run(['config', '--config', file], { env });
    assert.match(done.stdout, /^setting +value +from\n/);
    assert.match(done.stdout, /TRAFFICD_TZ +Asia\/Tashkent +file/);
    assert.ok(!done.stdout.includes(secret));
  });
  await t.test('nothing is made in the data directory', () => {
    assert.deepEqual(readdirSync(dir), ['trafficd.conf']);
  });
});

/** What is done to an installation; each step's code, words and complaints. */
async function script(command, cwd) {
  const steps = [
    [['team', 'add', 'Арыстан', '--utm', 'kenjifb', '--utm', 'arys']],
    [['team', 'add', 'Kenesary']],
    [['team', 'add', 'кенесары']],
    [['team', 'add', 'KENESARY']],
    [['team', 'list']],
    [['team', 'list', '--json']],
    [['user', 'add', '--email', 'ivan@agency.example', '--role', 'targetologist', '--team', 'Арыстан', '--name', 'Иван'], `${PASSWORD}\n`],
    [['user', 'add', '--email', 'IVAN@agency.example', '--role', 'viewer'], `${PASSWORD}\n`],
    [['user', 'add', '--email', 'weak@agency.example', '--role', 'viewer'], '12345\n'],
    [['user', 'add', '--email', 'lost@agency.example', '--role', 'targetologist', '--team', 'Nowhere'], `${PASSWORD}\n`],
    [['user', 'add', '--email', 'boss@agency.example', '--role', 'admin'], `${PASSWORD}\n`],
    [['user', 'list']],
    [['user', 'list', '--json']],
    [['user', 'passwd', 'ivan@agency.example'], `${PASSWORD} two\n`],
    [['user', 'passwd', 'ivan@agency.example'], ''],
    [['user', 'passwd', 'nobody@agency.example'], `${PASSWORD} two\n`],
    [['user', 'disable', 'ivan@agency.example']],
    [['user', 'disable', 'nobody@agency.example']],
    [['user', 'disable', 'boss@agency.example']],
    [['user', 'list', '--json']],
    [['user', 'disable', 'ivan@agency.example', '--undo']],
    [['team', 'archive', 'Kenesary']],
    [['team', 'archive', 'Nowhere']],
    [['team', 'list', '--json']],
    [['team', 'archive', 'Kenesary', '--undo']],
    [['account', 'list']],
    [['account', 'list', '--json']],
    [['account', 'bind', '123', '--team', 'Арыстан']],
    [['attribute', '--dry-run']],
    [['attribute', '--dry-run', '--json']],
    [['attribute', '--json']],
    [['import', 'rows.csv', '--kind', 'teams']],
    [['import', 'rows.csv', '--kind', 'teams', '--json']],
    [['import', 'rows.csv', '--kind', 'planets']],
    [['import', 'absent.csv']],
    [['job', 'pause', 'rates.sync']],
    [['job', 'pause', 'no.such']],
    [['job', 'run', 'no.such']],
    [['job', 'run', 'inbox.drain']],
    [['job', 'pause', 'rates.sync', '--undo']],
    [['inbox', 'list', '--state', 'parked']],
    [['inbox', 'list', '--json']],
    [['inbox', 'replay', 'all']],
    [['inbox', 'replay', '77']],
    [['inbox', 'replay', 'seven']],
    [['verify']],
  ];
  const results = [];
  for (const [words, input] of steps) {
    const done = await command(words, { input, cwd });
    results.push({ words: words.join(' '), code: done.code, stdout: done.stdout, stderr: done.stderr.split('\n').filter((l) => l.startsWith('trafficd:')).join('\n') });
  }
  return results;
}

test('commands do the same with a running server and without one', async (t) => {
  const dir = tempDir(t);
  const here = tempDir(t); // a server of another directory reads what the caller names
  writeFileSync(path.join(here, 'rows.csv'), 'name,utm_source\nFrom a file,ffile\n,\n');
  const alone = await script((words, o) => run(words, { ...o, env: { TRAFFICD_DATA: dir } }), here);
  const server = await startServer(t);
  const through = await script(server.command, here);
  // Only the time that work took, and ids, may differ.
  const plain = (results) => results.map((r) => ({ ...r, stdout: r.stdout.replace(/\d+ ms/g, 'N ms') }));

  await t.test('word for word', () => assert.deepEqual(plain(through), plain(alone)));

  const of = (words, nth = 0) => alone.filter((r) => r.words === words)[nth];
  await t.test('what was wanted is done, with exit code 0', () => {
    assert.equal(of('team add Арыстан --utm kenjifb --utm arys').code, 0);
    assert.deepEqual(JSON.parse(of('team list --json').stdout).map((x) => x.team).sort(), ['Kenesary', 'Арыстан', 'кенесары']);
    const ivan = JSON.parse(of('user list --json').stdout).find((u) => u.email === 'ivan@agency.example');
    assert.deepEqual(ivan, { email: 'ivan@agency.example', name: 'Иван', role: 'targetologist', team: 'Арыстан', state: 'active' });
    assert.equal(JSON.parse(of('user list --json', 1).stdout).find((u) => u.email === 'ivan@agency.example').state, 'disabled');
    assert.equal(JSON.parse(of('team list --json', 1).stdout).find((u) => u.team === 'Kenesary').state, 'archived');
    assert.match(of('verify').stdout, /audit chain: \d+ rows fit together/);
    assert.match(of('attribute --dry-run').stdout, /0 looked at, 0 would move/);
    assert.deepEqual(JSON.parse(of('attribute --dry-run --json').stdout), []);
    assert.deepEqual(JSON.parse(of('account list --json').stdout), []);
    assert.match(of('import rows.csv --kind teams').stdout, /line 3: name: it is empty\n.*1 rows taken, 0 known or merged, 1 refused; 3 in the table before, 4 now/s);
    assert.deepEqual(JSON.parse(of('import rows.csv --kind teams --json').stdout), { id: 2, kind: 'teams', taken: 0, merged: 1, refused: 1, before: 4, after: 4 });
    assert.equal(of('job pause rates.sync').stdout, 'rates.sync is paused\n');
    assert.equal(of('job pause rates.sync --undo').stdout, 'rates.sync runs again\n');
    assert.equal(of('job run inbox.drain').stdout, 'inbox.drain: 0 seen, 0 written, 0 failed\n');
    assert.deepEqual(JSON.parse(of('inbox list --json').stdout), []);
    assert.equal(of('inbox replay all').stdout, '0 events worked off again, 0 could not be\n');
  });
  await t.test('what cannot be done is one line and exit code 1 or 2', () => {
    for (const words of ['team add KENESARY', 'user passwd nobody@agency.example', 'user disable nobody@agency.example',
      'user disable boss@agency.example', 'team archive Nowhere', 'job pause no.such', 'job run no.such', 'inbox replay 77', 'account bind 123 --team Арыстан',
      'user add --email IVAN@agency.example --role viewer', 'user add --email lost@agency.example --role targetologist --team Nowhere']) {
      const r = of(words);
      assert.equal(r.code, 1, words);
      assert.match(r.stderr, /^trafficd: [^\n]{8,}$/, words);
    }
    assert.equal(of('user add --email weak@agency.example --role viewer').code, 2);
    assert.equal(of('user passwd ivan@agency.example', 1).code, 2);
    for (const words of ['inbox replay seven', 'import rows.csv --kind planets']) assert.equal(of(words).code, 2, words);
    assert.notEqual(of('import absent.csv').code, 0);
  });
  await t.test('a password given on stdin signs in', async () => {
    const ivan = await server.client.login('ivan@agency.example', `${PASSWORD} two`);
    assert.equal(ivan.user.full_name, 'Иван');
  });
  await t.test('without a password there is an invitation, and it works', async () => {
    const done = await server.command(['user', 'add', '--email', 'guest@agency.example', '--role', 'viewer']);
    const [, code] = done.stdout.match(/invitation, valid for 7 days: \S+\/invite#(\S+)/);
    await server.client.post('/api/v1/auth/setup', { code, password: PASSWORD });
  });
  await t.test('disabling through the socket ends the sessions at once', async () => {
    const ivan = await server.client.login('ivan@agency.example', `${PASSWORD} two`);
    await server.command(['user', 'disable', 'ivan@agency.example']);
    await ivan.want(401, 'GET', '/api/v1/auth/me');
  });
  await t.test('a second webhook address is made and both work', async () => {
    const done = await server.command(['webhook', 'amocrm']);
    const url = done.stdout.trim();
    assert.notEqual(url, server.hookUrl());
    for (const at of [url, server.hookUrl()])
      assert.equal(await hook(at, form({ leads: { add: [deal(1)] }, account: { id: '1' } })), 200);
  });
});

test('working commands on an installation with data', async (t) => {
  const sim = await startSim(t, { days: 10 });
  const world = await sim.world();
  const server = await startServer(t, { env: { ...sim.env, FACEBOOK_ADS_TOKEN: world.tokens[0] } });
  const { client: admin } = await setUp(server);
  const mine = world.accounts.find((a) => a.token === 0 && a.ads > 0);
  const run1 = await server.sync('rates', '--days', '12');
  assert.equal(run1.code, 0, run1.stderr);

  await t.test('sync says what it did per account; --account takes one', async () => {
    const all = await server.sync('ads', '--days', '3');
    assert.equal(all.code, 0, all.stderr);
    for (const a of world.accounts.filter((x) => x.token === 0 && x.ads > 0)) assert.ok(all.stdout.includes(a.id), a.id);
    const one = await server.sync('ads', '--days', '3', '--account', mine.id);
    assert.equal(one.code, 0);
    for (const a of world.accounts.filter((x) => x.id !== mine.id)) assert.ok(!one.stdout.includes(a.id), a.id);
    const json = JSON.parse((await server.sync('ads', '--days', '3', '--json')).stdout);
    assert.deepEqual(Object.keys(json).sort(), ['failed', 'seen', 'written']);
  });
  await t.test('an account nobody has seen is an error', async () => {
    const done = await server.sync('ads', '--account', '999');
    assert.equal(done.code, 1, done.stdout + done.stderr);
  });
  await t.test('accounts are listed and bound, and a second owner at the same time is refused', async () => {
    await server.command(['team', 'add', 'Alpha', '--utm', 'alphatag']);
    await server.command(['team', 'add', 'Beta']);
    const bound = await server.command(['account', 'bind', mine.id, '--team', 'alpha', '--from', '2025-01-01', '--to', '2027-12-31']);
    assert.equal(bound.code, 0, bound.stderr);
    const list = JSON.parse((await server.command(['account', 'list', '--json'])).stdout);
    assert.equal(list.find((a) => a.account === mine.id).team, 'Alpha');
    assertFailed(await server.command(['account', 'bind', mine.id, '--team', 'Beta', '--from', '2026-01-01']), /./);
  });
  await t.test('dry-run tells what would move and moves nothing; attribute moves it', async () => {
    const at = Date.parse(`${almatyDay(-1)}T05:00:00Z`);
    await hook(server.hookUrl(), form({ leads: { status: [deal(41, { utm: { utm_source: 'late_tag' }, at })] }, account: { id: '1' } }));
    await until('the sale is there', async () => (await admin.get('/api/v1/sales?period=7d')).items.length === 1);
    const rules = await admin.get('/api/v1/rules');
    const teams = (await admin.get('/api/v1/teams')).items;
    const beta = teams.find((x) => x.name === 'Beta');
    await until('a new rule moves the sale by itself', async () => {
      const now = await admin.get('/api/v1/rules');
      if (now.version === rules.version)
        await admin.put('/api/v1/rules', { note: 'late', base_version: now.version, rules: [...now.items.map(({ kind, value, team_id }) => ({ kind, value, team_id })), { kind: 'exact', value: 'late_tag', team_id: beta.id }] });
      return (await admin.get('/api/v1/sales?period=7d')).items[0].team_name === 'Beta';
    });
    const dry = await server.command(['attribute', '--dry-run']);
    assert.match(dry.stdout, /looked at, 0 would move/);
  });
  await t.test('aggregate builds the same numbers again', async () => {
    const ask = async () => {
      const { freshness, ...rest } = await admin.get('/api/v1/overview?period=7d');
      return rest;
    };
    await settled(async () => (await admin.get('/api/v1/freshness')).data_version);
    const before = await ask();
    const done = await server.command(['aggregate', '--from', almatyDay(-6), '--to', almatyDay()]);
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stdout, /\d+ days built again in \d+ ms/);
    assert.deepEqual(await ask(), before);
    assert.equal((await server.command(['verify'])).code, 0);
  });
  await t.test('after the server has gone the same commands still see it all', async () => {
    await server.program.stop();
    const list = JSON.parse((await server.command(['account', 'list', '--json'])).stdout);
    assert.equal(list.find((a) => a.account === mine.id).team, 'Alpha');
    assert.equal((await server.command(['verify'])).code, 0);
    assert.ok(readFileSync(path.join(server.dir, 'trafficd.db')).length > 0);
    const users = JSON.parse((await server.command(['user', 'list', '--json'])).stdout);
    assert.deepEqual(users.map((u) => u.email), [ADMIN.email]);
  });
});
