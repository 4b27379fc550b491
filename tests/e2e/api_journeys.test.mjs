// From an empty directory to a team that sees its own numbers and nobody else's, by API alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMIN, almatyDay, deal, form, hook, jobDone, setUp, startServer, startSim } from './support/agency.mjs';
import { Client, cookiesOf } from './support/client.mjs';
import { until } from './support/wait.mjs';

const PASSWORD = 'seven quiet marmots on a hill';

test('an empty directory, a link, a first admin', async (t) => {
  const server = await startServer(t);
  const link = server.setupLink();
  const code = link.split('#')[1];
  const api = server.client;

  await t.test('the link is printed once and leads to the public address', () => {
    assert.equal(server.program.stdout.split('/setup#').length, 2);
    assert.match(link, new RegExp(`^${server.base}/setup#[\\w-]{43}$`));
  });
  await t.test('whoever looks at the link learns that it is good, and nothing else', async () => {
    assert.deepEqual(await api.get(`/api/v1/auth/setup?code=${code}`),
      { valid: true, purpose: 'setup', email: null, full_name: null });
    assert.equal((await api.get('/api/v1/auth/setup?code=nonsense')).valid, false);
  });
  await t.test('a weak password or a wrong address is refused by field, and the link stays good', async () => {
    const refused = await api.want(422, 'POST', '/api/v1/auth/setup',
      { code, email: 'no-at-sign', full_name: '', password: 'short' });
    assert.deepEqual(new Set(refused.error.fields.map((f) => f.field)), new Set(['email', 'full_name']));
    const weak = await api.want(422, 'POST', '/api/v1/auth/setup',
      { code, email: ADMIN.email, full_name: ADMIN.name, password: 'password' });
    assert.deepEqual(weak.error.fields.map((f) => f.field), ['password']);
  });
  await t.test('two who use it at once: one becomes the admin', async () => {
    const body = { code, email: ADMIN.email, full_name: ADMIN.name, password: ADMIN.password };
    const answers = await Promise.all([1, 2, 3].map(() => api.ask('POST', '/api/v1/auth/setup', body)));
    assert.deepEqual(answers.map((a) => a.status).sort((a, b) => a - b).slice(0, 1), [200]);
    assert.equal(answers.filter((a) => a.status === 200).length, 1);
    const user = answers.find((a) => a.status === 200).json.user;
    assert.equal(user.email, ADMIN.email);
    assert.equal(user.role, 'admin');
    assert.equal(user.full_name, ADMIN.name);
  });
  await t.test('after that the link is worth nothing, and a restart prints none', async () => {
    assert.equal((await api.get(`/api/v1/auth/setup?code=${code}`)).valid, false);
    await api.want(422, 'POST', '/api/v1/auth/setup',
      { code, email: 'second@agency.example', full_name: 'Second', password: PASSWORD });
    await server.program.stop();
    const again = await startServer(t, { data: server.dir });
    assert.equal(again.setupLink(), undefined);
    assert.equal(again.hookUrl(), undefined);
    await again.client.login(ADMIN.email, ADMIN.password);
  });
});

test('signing in and out', async (t) => {
  const server = await startServer(t);
  const { client: admin } = await setUp(server);
  const api = server.client;

  await t.test('a wrong password and an unknown address get the same answer', async () => {
    const wrong = await api.want(401, 'POST', '/api/v1/auth/login', { email: ADMIN.email, password: 'not this one' });
    const nobody = await api.want(401, 'POST', '/api/v1/auth/login', { email: 'nobody@agency.example', password: 'x' });
    delete wrong.error.request_id;
    delete nobody.error.request_id;
    assert.deepEqual(wrong, nobody);
  });
  await t.test('the browser gets cookies no script can read, and no token in the body', async () => {
    const answer = await api.ask('POST', '/api/v1/auth/login', { email: ADMIN.email, password: ADMIN.password });
    assert.equal(answer.status, 200);
    assert.equal(answer.json.access_token, undefined);
    assert.equal(answer.json.refresh_token, undefined);
    const cookies = Object.values(cookiesOf(answer.headers));
    assert.equal(cookies.length, 2);
    for (const c of cookies) {
      assert.ok(c.attributes.includes('HttpOnly'), c.attributes.join());
      assert.ok(c.attributes.includes('SameSite=Strict'), c.attributes.join());
      assert.ok(!answer.text.includes(c.value));
    }
  });
  await t.test('with a cookie, a change needs our header and our own page (CSRF)', async () => {
    const answer = await api.ask('POST', '/api/v1/auth/login', { email: ADMIN.email, password: ADMIN.password });
    const Cookie = Object.entries(cookiesOf(answer.headers)).map(([k, c]) => `${k}=${c.value}`).join('; ');
    const change = (headers) => api.ask('PATCH', '/api/v1/auth/me', { locale: 'en' }, { Cookie, ...headers });
    const own = { 'X-Trafficd': '1', Origin: server.base, 'Sec-Fetch-Site': 'same-origin' };
    assert.equal((await change({})).status, 403);
    assert.equal((await change({ ...own, 'X-Trafficd': '0' })).status, 403);
    assert.equal((await change({ ...own, 'Sec-Fetch-Site': 'cross-site' })).status, 403);
    assert.equal((await change({ ...own, Origin: 'https://evil.example' })).status, 403);
    assert.equal((await change(own)).status, 200);
    const both = await api.ask('GET', '/api/v1/auth/me', undefined, { Cookie, Authorization: `Bearer ${admin.token}` });
    assert.notEqual(both.status, 200, 'a request with a cookie and a bearer token is refused');
  });
  await t.test('refresh gives a new pair; the new access token works', async () => {
    const mine = await api.login(ADMIN.email, ADMIN.password);
    const next = await api.post('/api/v1/auth/refresh', { refresh_token: mine.refresh });
    assert.notEqual(next.refresh_token, mine.refresh);
    const me = await new Client(server.base, next.access_token).get('/api/v1/auth/me');
    assert.equal(me.user.email, ADMIN.email);
  });
  await t.test('an old refresh token: a short grace with the same successor, then the family ends', async () => {
    const mine = await api.login(ADMIN.email, ADMIN.password);
    const next = await api.post('/api/v1/auth/refresh', { refresh_token: mine.refresh });
    const twice = await api.post('/api/v1/auth/refresh', { refresh_token: mine.refresh });
    assert.equal(twice.refresh_token, next.refresh_token);
    await until('the reuse is punished', async () =>
      (await api.ask('POST', '/api/v1/auth/refresh', { refresh_token: mine.refresh })).status === 401,
    { every: 500 });
    await api.want(401, 'POST', '/api/v1/auth/refresh', { refresh_token: next.refresh_token });
    await new Client(server.base, next.access_token).want(401, 'GET', '/api/v1/auth/me');
    await admin.get('/api/v1/auth/me'); // another family is none of its business
  });
  await t.test('logout ends the access token at once and the refresh family with it (P66)', async () => {
    const mine = await api.login(ADMIN.email, ADMIN.password);
    await mine.post('/api/v1/auth/logout', { refresh_token: mine.refresh });
    await mine.want(401, 'GET', '/api/v1/auth/me');
    await api.want(401, 'POST', '/api/v1/auth/refresh', { refresh_token: mine.refresh });
  });
  await t.test('sessions are listed and can be ended one by one (S18)', async () => {
    const other = await api.login(ADMIN.email, ADMIN.password);
    const sessions = (await other.get('/api/v1/auth/sessions')).items;
    const current = sessions.filter((s) => s.current);
    assert.equal(current.length, 1);
    await admin.post(`/api/v1/auth/sessions/${current[0].id}/end`, {});
    await other.want(401, 'GET', '/api/v1/auth/me');
  });
  await t.test('a new password ends the other sessions and the old password', async () => {
    const other = await api.login(ADMIN.email, ADMIN.password);
    await admin.want(422, 'POST', '/api/v1/auth/password', { old_password: 'wrong', new_password: PASSWORD });
    await admin.post('/api/v1/auth/password', { old_password: ADMIN.password, new_password: PASSWORD });
    await other.want(401, 'GET', '/api/v1/auth/me');
    await admin.get('/api/v1/auth/me');
    await api.want(401, 'POST', '/api/v1/auth/login', { email: ADMIN.email, password: ADMIN.password });
    await api.login(ADMIN.email, PASSWORD);
  });
});

test('too many tries are slowed down, each kind by its own limit (S10)', async (t) => {
  const server = await startServer(t, { env: { TRAFFICD_LOGIN_LIMIT: '5', TRAFFICD_RATE_LIMIT: '20' } });
  const { client: admin } = await setUp(server);

  await t.test('reads beyond the limit get 429 with Retry-After; the limit is told', async () => {
    const answers = [];
    for (let i = 0; i < 22; i++) answers.push(await admin.ask('GET', '/api/v1/rates'));
    const refused = answers.filter((a) => a.status === 429);
    assert.ok(refused.length > 0 && answers[0].status === 200);
    assert.ok(Number(refused[0].headers.get('retry-after')) > 0);
    assert.equal(refused[0].json.error.code, 'slow_down');
    assert.equal(answers[0].headers.get('ratelimit-limit'), '20');
  });
  await t.test('sign-ins beyond theirs get 429, also with the right password', async () => {
    let last;
    for (let i = 0; i < 7; i++)
      last = await server.client.ask('POST', '/api/v1/auth/login', { email: ADMIN.email, password: `wrong ${i}` });
    assert.equal(last.status, 429);
    assert.ok(Number(last.headers.get('retry-after')) > 0);
    const right = await server.client.ask('POST', '/api/v1/auth/login', { email: ADMIN.email, password: ADMIN.password });
    assert.equal(right.status, 429);
  });
});

// ---- who sees what ----

/** Every GET route and the least role that it asks for; the matrix below is made of it. */
const READS = {
  '/health': 'anyone',
  '/api/openapi.json': 'anyone',
  '/api/v1/auth/setup': 'anyone',
  '/api/v1/auth/me': 'viewer',
  '/api/v1/auth/sessions': 'viewer',
  '/api/v1/teams': 'viewer',
  '/api/v1/teams/{id}': 'viewer',
  '/api/v1/rules': 'viewer',
  '/api/v1/users': 'admin',
  '/api/v1/connections': 'admin',
  '/api/v1/api-versions': 'admin',
  '/api/v1/accounts': 'viewer',
  '/api/v1/accounts/{id}/days': 'targetologist',
  '/api/v1/campaigns': 'viewer',
  '/api/v1/ad-sets': 'viewer',
  '/api/v1/ads': 'viewer',
  '/api/v1/ads/{id}/days/{day}': 'viewer',
  '/api/v1/ads/{id}/days/{day}/raw': 'viewer',
  '/api/v1/breakdowns': 'viewer',
  '/api/v1/reach': 'viewer',
  '/api/v1/sales': 'viewer',
  '/api/v1/sales/{id}': 'viewer',
  '/api/v1/sales/{id}/raw/{observation_id}': 'viewer',
  '/api/v1/products': 'admin',
  '/api/v1/crm/connections': 'admin',
  '/api/v1/crm/fields': 'admin',
  '/api/v1/crm/statuses': 'admin',
  '/api/v1/crm/syncs': 'admin',
  '/api/v1/crm/syncs/{id}/results': 'admin',
  '/api/v1/crm/users': 'admin',
  '/api/v1/crm/webhook-keys': 'admin',
  '/api/v1/lead-pages': 'admin',
  '/api/v1/lead-pages/webhook': 'admin',
  '/api/v1/leads': 'viewer',
  '/api/v1/leads/{id}': 'viewer',
  '/api/v1/leads/{id}/raw': 'viewer',
  '/api/v1/sites': 'team_lead',
  '/api/v1/links': 'viewer',
  '/api/v1/links/{id}/clicks': 'viewer',
  '/api/v1/link-hosts': 'admin',
  '/api/v1/utm-templates': 'viewer',
  '/api/v1/rates': 'viewer',
  '/api/v1/rates/raw': 'viewer',
  '/api/v1/overview': 'viewer',
  '/api/v1/metrics': 'viewer',
  '/api/v1/freshness': 'viewer',
  '/api/v1/sources': 'targetologist',
  '/api/v1/diagnostics': 'targetologist',
  '/api/v1/stats': 'admin',
  '/api/v1/monitoring': 'admin',
  '/api/v1/integration-log': 'admin',
  '/api/v1/errors': 'admin',
  '/api/v1/inbox': 'admin',
  '/api/v1/inbox/drift': 'admin',
  '/api/v1/inbox/{id}': 'admin',
  '/api/v1/imports': 'admin',
  '/api/v1/imports/{id}/rows': 'admin',
  '/api/v1/jobs': 'admin',
  '/api/v1/jobs/{name}/runs': 'admin',
};
/** The questions that are asked of a route beside the plain one. */
const QUESTIONS = {
  '/api/v1/metrics': ['team', 'user', 'account', 'campaign', 'ad_set', 'ad', 'day', 'product'].map((g) => `?group=${g}&period=7d`),
  '/api/v1/teams': ['', '?archived=1'],
  '/api/v1/overview': ['?period=7d', '?period=7d&compare=year&currency=USD'],
  '/api/v1/sales': ['?period=7d&limit=500'],
  '/api/v1/campaigns': ['?period=7d'],
  '/api/v1/leads': ['?period=7d&limit=500', '?period=7d&kind=crm'],
  '/api/v1/breakdowns': ['placement', 'device', 'objective'].map((kind) => `?kind=${kind}&period=7d`),
  '/api/v1/diagnostics': ['no_facebook_data', 'metrics_are_zero', 'roas_looks_wrong'].map((r) => `?recipe=${r}`),
};
/** Addresses that name one thing: of this team. What nobody has here is 404 for those who may ask. */
const THINGS = {
  '/api/v1/teams/{id}': (x) => `/api/v1/teams/${x.id}`,
  '/api/v1/accounts/{id}/days': (x) => `/api/v1/accounts/${x.account.id}/days?from=${almatyDay(-3)}&to=${almatyDay(-1)}`,
  '/api/v1/ad-sets': (x) => `/api/v1/ad-sets?campaign=${x.campaign}`,
  '/api/v1/ads': (x) => `/api/v1/ads?campaign=${x.campaign}`,
  '/api/v1/ads/{id}/days/{day}': (x) => `/api/v1/ads/${x.ad}/days/${x.day}`,
  '/api/v1/ads/{id}/days/{day}/raw': (x) => `/api/v1/ads/${x.ad}/days/${x.day}/raw?version=${x.version}`,
  '/api/v1/reach': (x) => `/api/v1/reach?level=campaign&id=${x.campaign}&period=7d`,
  '/api/v1/sales/{id}': (x) => `/api/v1/sales/${x.sale}`,
  '/api/v1/sales/{id}/raw/{observation_id}': (x) => `/api/v1/sales/${x.sale}/raw/${x.observation}`,
  '/api/v1/leads/{id}': (x) => `/api/v1/leads/${x.lead}`,
  '/api/v1/leads/{id}/raw': (x) => `/api/v1/leads/${x.lead}/raw`,
  '/api/v1/links/{id}/clicks': (x) => `/api/v1/links/${x.link}/clicks?period=7d`,
  '/api/v1/rates/raw': (x) => `/api/v1/rates/raw?base=USD&day=${x.rate}`,
  '/api/v1/inbox/{id}': (x) => `/api/v1/inbox/${x.inbox}`,
  '/api/v1/crm/syncs/{id}/results': () => '/api/v1/crm/syncs/999/results',
  '/api/v1/imports/{id}/rows': () => '/api/v1/imports/999/rows',
  '/api/v1/jobs/{name}/runs': () => '/api/v1/jobs/ads.sync/runs',
};
const NOBODYS = ['/api/v1/crm/syncs/{id}/results', '/api/v1/imports/{id}/rows'];
const addressesOf = (route, team) => (THINGS[route] ? [THINGS[route](team)] : (QUESTIONS[route] ?? ['']).map((q) => route + q));
const RANK = { anyone: 0, viewer: 1, targetologist: 2, team_lead: 3, admin: 4 };

/** Two teams, each with people, an ad account with spend, rules and sales; all of it has a name. */
async function twoTeams(t) {
  const sim = await startSim(t, { days: 10 });
  const server = await startServer(t, { env: sim.env });
  const { client: admin } = await setUp(server);
  const world = await sim.world();
  const yesterday = almatyDay(-1);
  const teams = [];

  const pasted = Date.now();
  await admin.post('/api/v1/connections', { token: world.tokens[0] }, 201);
  await jobDone(admin, 'ads.sync', pasted); // a new token starts it
  const accounts = (await admin.get('/api/v1/accounts')).items.filter((a) =>
    world.accounts.find((w) => w.id === a.external_id)?.ads > 0);
  assert.ok(accounts.length >= 2, 'the world has an account for each team');
  for (const [i, name] of ['Quokka', 'Numbat'].entries()) {
    const tag = `${name.toLowerCase()}tag`;
    const team = await admin.post('/api/v1/teams', { name, tags: [tag] }, 201);
    await admin.post('/api/v1/users', { email: `${name}@agency.example`, full_name: `${name} Person`, role: 'targetologist', team_id: team.id, password: PASSWORD }, 201);
    await admin.post('/api/v1/users', { email: `view-${name}@agency.example`, full_name: `${name} Looker`, role: 'viewer', team_id: team.id, password: PASSWORD }, 201);
    await admin.post(`/api/v1/accounts/${accounts[i].id}/bindings`, { team_id: team.id, valid_from: '2020-01-01' }, 201);
    await admin.post('/api/v1/users', { email: `lead-${name}@agency.example`, full_name: `${name} Lead`, role: 'team_lead', team_id: team.id, password: PASSWORD }, 201);
    const own = deal(5000 + i, { price: 77000 + i, utm: { utm_source: tag, utm_campaign: `${name}-campaign` }, name: `${name} deal`, at: Date.parse(`${yesterday}T06:00:00Z`) });
    assert.equal(await hook(server.hookUrl(), { leads: { status: [own] }, account: { id: '32100001' } }), 200);
    await admin.put('/api/v1/link-hosts', { items: ['course.example'] });
    const link = await admin.post('/api/v1/links', { title: `${name} link`, target: 'https://course.example/', team_id: team.id }, 201);
    await admin.post('/api/v1/utm-templates', { name: `${name} template`, team_id: team.id, utm_source: tag }, 201);
    const { key } = await admin.post('/api/v1/sites', { name: `${name} site`, origin: `https://site${i}.example`, team_id: team.id }, 201);
    assert.equal(await hook(`${server.base}/webhook/lead?key=${key}`, `name=${name}+Visitor&phone=8701000${1000 + i}&utm_source=${tag}`), 200);
    teams.push({ ...team, account: accounts[i], link: link.id });
  }
  const rates = await server.sync('rates', '--days', '12');
  assert.equal(rates.code, 0, rates.stderr);
  const synced = await server.sync('ads', '--days', '5');
  assert.equal(synced.code, 0, synced.stderr);
  await until('both sales are attributed and summed up', async () =>
    (await admin.get('/api/v1/overview?period=7d')).totals.revenue === 154001);
  for (const team of teams) {
    const campaigns = (await admin.get(`/api/v1/campaigns?period=7d&account=${team.account.id}`)).items;
    const ads = (await admin.get(`/api/v1/metrics?group=ad&period=7d&account=${team.account.id}`)).items;
    assert.ok(campaigns.length && ads.length, `${team.name} has campaigns and ads`);
    const sale = (await admin.get('/api/v1/sales?period=7d')).items.find((x) => x.team_id === team.id);
    const lead = await until('the lead is the team’s', async () =>
      (await admin.get('/api/v1/leads?period=7d&kind=landing')).items.find((x) => x.team_id === team.id));
    const rate = (await admin.get(`/api/v1/rates?from=${almatyDay(-12)}&to=${almatyDay()}`)).items.find((r) => r.base === 'USD' && r.source === 'nbk');
    const [observation] = (await admin.get(`/api/v1/sales/${sale.id}`)).observations;
    Object.assign(team, { sale: sale.id, lead: lead.id, observation: observation.id, inbox: observation.inbox_id, rate: rate.day, day: almatyDay(-2) });
    for (const c of campaigns)
      for (const a of (await admin.get(`/api/v1/ads?campaign=${c.id}`)).items) {
        const { versions } = await admin.get(`/api/v1/ads/${a.id}/days/${team.day}`);
        const kept = versions.find((v) => v.has_raw);
        if (kept) Object.assign(team, { ad: a.id, version: kept.version, campaign: c.id });
      }
    assert.ok(team.ad, `${team.name} has an ad with a kept row`);
    // What gives the team away, wherever it is written.
    team.marks = [team.name, `${team.name.toLowerCase()}tag`, team.account.external_id,
      ...campaigns.map((c) => c.external_id), ...ads.filter((a) => a.external_id).map((a) => a.external_id)];
  }
  return { server, admin, teams };
}

test('who sees what', async (t) => {
  const { server, admin, teams } = await twoTeams(t);
  const [mine, other] = teams;
  const people = {
    nobody: server.client,
    viewer: await server.client.login(`view-${mine.name}@agency.example`, PASSWORD),
    targetologist: await server.client.login(`${mine.name}@agency.example`, PASSWORD),
    team_lead: await server.client.login(`lead-${mine.name}@agency.example`, PASSWORD),
    admin,
  };
  const described = Object.entries((await admin.get('/api/openapi.json')).paths)
    .filter(([path, methods]) => methods.get && path.startsWith('/api/v1/')).map(([path]) => path);

  await t.test('the API describes each of its GET routes, and the matrix knows all of them', () => {
    assert.deepEqual([...new Set(described)].sort(),
      Object.keys(READS).filter((p) => p.startsWith('/api/v1/')).sort());
  });

  for (const [route, least] of Object.entries(READS))
    for (const address of addressesOf(route, mine))
      await t.test(`GET ${address}`, async () => {
        for (const [who, client] of Object.entries(people)) {
          const answer = await client.ask('GET', address);
          const may = RANK[who === 'nobody' ? 'anyone' : who] >= RANK[least];
          const wanted = who === 'nobody' && !may ? 401 : !may ? 403 : NOBODYS.includes(route) ? 404 : 200;
          assert.equal(answer.status, wanted, `${who}: ${answer.text.slice(0, 300)}`);
          if (who === 'admin') continue;
          for (const mark of other.marks)
            assert.ok(!answer.text.includes(mark), `${who} reads ${mark} of the other team`);
        }
      });

  await t.test('the probes mean something: the admin reads the marks of both teams', async () => {
    let all = '';
    for (const route of Object.keys(READS))
      for (const address of addressesOf(route, mine)) all += (await admin.ask('GET', address)).text;
    for (const team of teams)
      for (const mark of team.marks) assert.ok(all.includes(mark), `nobody ever reads ${mark}`);
  });
  for (const route of Object.keys(THINGS).filter((r) => RANK[READS[r]] < RANK.admin && THINGS[r](mine) !== THINGS[r](other)))
    await t.test(`the other team’s ${THINGS[route](other)} is not there for anybody of mine`, async () => {
      assert.equal((await admin.ask('GET', THINGS[route](other))).status, 200);
      for (const who of ['viewer', 'targetologist', 'team_lead']) {
        const answer = await people[who].ask('GET', THINGS[route](other));
        const isList = answer.status === 200 && answer.json?.items?.length === 0;
        assert.ok(isList || answer.status === (RANK[who] < RANK[READS[route]] ? 403 : 404), `${who}: ${answer.status} ${answer.text.slice(0, 300)}`);
      }
    });
  await t.test("asking for the other team's things by their ids finds nothing (S06, P34)", async () => {
    const me = people.targetologist;
    await me.want(404, 'GET', `/api/v1/teams/${other.id}`);
    for (const path of ['overview', 'metrics', 'sales', 'campaigns'])
      for (const filter of [`team=${other.id}`, `account=${other.account.id}`]) {
        const answer = await me.get(`/api/v1/${path}?period=7d&${filter}`);
        const text = JSON.stringify(answer);
        for (const mark of other.marks) assert.ok(!text.includes(mark), `${path}?${filter} shows ${mark}`);
        if (filter.startsWith('team=') && answer.totals) {
          assert.equal(answer.totals.spend, 0);
          assert.equal(answer.totals.revenue, 0);
        }
      }
  });
  await t.test('the own numbers are whole, and only the admin sees the sum of both', async () => {
    const all = await admin.get('/api/v1/overview?period=7d');
    const own = await people.targetologist.get('/api/v1/overview?period=7d');
    const row = all.teams.find((x) => x.team_id === mine.id);
    assert.deepEqual(own.totals, row.metrics);
    assert.ok(all.totals.revenue > own.totals.revenue && all.totals.spend > own.totals.spend);
    assert.equal(own.totals.revenue, 77000);
    assert.deepEqual(own.teams.map((x) => x.team_id), [mine.id]);
  });
  await t.test('one cache serves both teams and mixes nothing up', async () => {
    const them = await server.client.login(`${other.name}@agency.example`, PASSWORD);
    const path = '/api/v1/overview?period=7d';
    for (let i = 0; i < 3; i++) {
      assert.equal((await people.targetologist.get(path)).totals.revenue, 77000);
      assert.equal((await them.get(path)).totals.revenue, 77001);
    }
    const first = await them.ask('GET', path);
    const etag = first.headers.get('etag');
    assert.equal((await them.ask('GET', path, undefined, { 'If-None-Match': etag })).status, 304);
    assert.equal((await people.targetologist.ask('GET', path, undefined, { 'If-None-Match': etag })).status, 200);
  });

  await t.test('one webhook that tells of two teams shows each of them its own deal alone', async () => {
    const two = teams.map((x, i) => deal(6000 + i, { price: 5100 + i, utm: { utm_source: `${x.name.toLowerCase()}tag` }, name: `${x.name} shared` }));
    assert.equal(await hook(server.hookUrl(), { leads: { status: two }, account: { id: '32100001' } }), 200);
    const sale = await until('it is mine', async () =>
      (await people.viewer.get('/api/v1/sales?period=today')).items.find((x) => x.deal_id === '6000' && x.team_id === mine.id));
    const [seen] = (await people.viewer.get(`/api/v1/sales/${sale.id}`)).observations;
    const address = `/api/v1/sales/${sale.id}/raw/${seen.id}`;
    for (const who of ['viewer', 'targetologist', 'team_lead']) {
      const text = decodeURIComponent((await people[who].get(address)).body.replaceAll('+', ' '));
      for (const mark of [mine.name, '=6000', '=5100', '=32100001']) assert.ok(text.includes(mark), `${who}: ${text}`);
      for (const mark of [...other.marks, '6001', '5101']) assert.ok(!text.includes(mark), `${who} reads ${mark}: ${text}`);
    }
    const whole = (await admin.get(address)).body;
    assert.ok(whole.includes('6000') && whole.includes('6001'), 'an admin sees the bytes as they came');
  });
  await t.test('only an admin changes anything (S04, S05, P13)', async () => {
    const changes = [
      ['POST', '/api/v1/teams', { name: 'Mole' }],
      ['PATCH', `/api/v1/teams/${mine.id}`, { name: 'Mole' }],
      ['POST', `/api/v1/teams/${mine.id}/archive`, {}],
      ['POST', `/api/v1/teams/${mine.id}/restore`, {}],
      ['POST', '/api/v1/users', { email: 'a@b.example', full_name: 'A', role: 'admin' }],
      ['POST', '/api/traffic-auth/register', { email: 'a@b.example', full_name: 'A', role: 'admin' }],
      ['PATCH', `/api/v1/users/${admin.user.id}`, { role: 'viewer' }],
      ['POST', `/api/v1/users/${admin.user.id}/disable`, {}],
      ['POST', `/api/v1/users/${admin.user.id}/enable`, {}],
      ['POST', `/api/v1/users/${admin.user.id}/invite`, {}],
      ['POST', '/api/v1/connections', { token: 'EAAmadeup1234567890' }],
      ['DELETE', '/api/v1/connections/1'],
      ['POST', '/api/v1/connections/1/check', {}],
      ['PATCH', `/api/v1/accounts/${mine.account.id}`, { is_tracked: false }],
      ['POST', `/api/v1/accounts/${mine.account.id}/bindings`, { team_id: mine.id, valid_from: '2025-01-01' }],
      ['PUT', '/api/v1/rules', { note: 'mine', base_version: 1, rules: [] }],
      ['POST', '/api/v1/rates', { day: '2026-01-01', base: 'USD', quote: 'KZT', rate: 1 }],
      ['POST', '/api/v1/jobs/ads.sync/run', {}],
    ];
    for (const [method, path, body] of changes) {
      assert.equal((await people.nobody.ask(method, path, body)).status, 401, `nobody: ${method} ${path}`);
      for (const who of ['viewer', 'targetologist'])
        assert.equal((await people[who].ask(method, path, body)).status, 403, `${who}: ${method} ${path}`);
    }
  });

  await t.test('401, 403 and 422 keep their meanings when a team is created (S20, C40)', async () => {
    const ask = (token, body) => new Client(server.base, token).ask('POST', '/api/v1/teams', body);
    const [head, claims, signature] = admin.token.split('.');
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    for (const token of ['malformed', 'a.b.c', `${head}.${claims}`, `${head}.${claims}.`, `${none}.${claims}.`,
      `${head}.${claims}.${signature.split('').reverse().join('')}`, `${head}.${claims}.${signature}x`, 'Bearer', '%00'])
      assert.equal((await ask(token, { name: 'Vole' })).status, 401, token);
    assert.equal((await ask(people.targetologist.token, { name: 'Vole' })).status, 403);
    const empty = await ask(admin.token, { name: '' });
    assert.equal(empty.status, 422);
    assert.deepEqual(empty.json.error.fields.map((f) => f.field), ['name']);
    assert.equal((await ask(admin.token, { name: 7 })).status, 422);
    assert.equal((await ask(admin.token, { name: 'Vole', nonsense: 1 })).status, 422);
    assert.ok([400, 422].includes((await ask(admin.token, '{"name":')).status));
    const typed = await new Client(server.base, admin.token).ask('POST', '/api/v1/teams', 'name=Vole', { 'Content-Type': 'text/plain' });
    assert.equal(typed.status, 415);
    assert.equal((await ask(admin.token, { name: 'Vole' })).status, 201);
    assert.equal((await ask(admin.token, { name: 'VOLE' })).status, 409, 'the name is taken, whatever its case');
  });
  await t.test('an unknown address is 404 and a wrong method is 405 with Allow', async () => {
    await admin.want(404, 'GET', '/api/v1/nothing-here');
    await admin.want(404, 'GET', '/api/v1/teams/999999');
    const answer = await admin.ask('DELETE', '/api/v1/teams');
    assert.equal(answer.status, 405);
    assert.match(answer.headers.get('allow'), /GET/);
    assert.match(answer.headers.get('allow'), /POST/);
  });
  await t.test('wrong questions are told by field', async () => {
    for (const [path, field] of [['overview?from=2026-02-30&to=2026-03-01', 'from'], ['overview?period=never', 'period'],
      ['overview?currency=XXX', 'currency'], ['metrics?group=planet', 'group'], ['metrics?limit=0', 'limit'],
      ['metrics?sort=-nonsense', 'sort'], ['sales?state=maybe', 'state'], ['sales?cursor=zzz', 'cursor'],
      ['overview?team=abc', 'team'], ['overview?from=2026-02-02&to=2026-02-01', 'to']]) {
      const answer = await admin.ask('GET', `/api/v1/${path}`);
      assert.equal(answer.status, 422, `${path}: ${answer.text.slice(0, 200)}`);
      assert.ok(answer.json.error.fields.some((f) => f.field === field), `${path}: ${answer.text}`);
    }
  });

  await t.test("the documents' addresses answer as ours do (A01-A05, A07, A16, A46)", async () => {
    const stable = (answer) => {
      const { freshness, ...rest } = answer;
      return { ...rest, version: freshness?.data_version };
    };
    const pairs = [
      ['/api/traffic-dashboard/sales?period=7d', '/api/v1/sales?period=7d'],
      ['/api/traffic-dashboard/metrics?group=team&period=7d', '/api/v1/metrics?group=team&period=7d'],
      ['/api/traffic-facebook/campaigns?period=7d', '/api/v1/campaigns?period=7d'],
      ['/api/insights/summary?period=7d', '/api/v1/overview?period=7d'],
      ['/api/traffic/teams', '/api/v1/teams'],
      [`/api/traffic/teams/${mine.id}`, `/api/v1/teams/${mine.id}`],
      ['/api/traffic/overview?period=7d', '/api/v1/overview?period=7d'],
      ['/api/traffic/accounts', '/api/v1/accounts'],
    ];
    for (const [alias, canonical] of pairs)
      for (const who of ['admin', 'targetologist'])
        assert.deepEqual(stable(await people[who].get(alias)), stable(await people[who].get(canonical)), alias);
    for (const [alias] of pairs) await server.client.want(401, 'GET', alias);

    const login = await server.client.post('/api/traffic-auth/login', { email: ADMIN.email, password: ADMIN.password, token: true });
    await new Client(server.base, login.access_token).get('/api/v1/users');
    const made = await admin.post('/api/traffic-auth/register', { email: 'reg@agency.example', full_name: 'Reg', role: 'viewer' }, 201);
    assert.match(made.invite_link, /\/invite#[\w-]+$/);
    const health = await server.client.get('/health');
    assert.equal(health.status, 'ok');
    assert.deepEqual(Object.keys(health).sort(), ['status', 'version']);
  });
  await t.test('the CRM may send to the path or with ?key=, and to nothing else (A08)', async () => {
    const url = new URL(server.hookUrl());
    const key = url.pathname.split('/').pop();
    const body = (id) => form({ leads: { add: [deal(id, { status: '40000001', name: 'alias' })] }, account: { id: '32100001' } });
    assert.equal(await hook(`${server.base}/webhook/amocrm/traffic?key=${key}`, body(7001)), 200);
    assert.equal(await hook(url.href, body(7002)), 200);
    assert.ok([401, 403, 404].includes(await hook(`${server.base}/webhook/amocrm/traffic/wrong-key`, body(7003))));
    assert.ok([401, 403, 404].includes(await hook(`${server.base}/webhook/amocrm/traffic`, body(7004))));
    await until('both are taken', async () =>
      (await admin.get('/api/v1/sales?period=7d&limit=500')).items.filter((s) => s.name === 'alias').length === 2);
  });
});

test('people and teams over time', async (t) => {
  const server = await startServer(t);
  const { client: admin } = await setUp(server);
  const team = await admin.post('/api/v1/teams', { name: 'Арыстан', colour: '#00ff88', emoji: '🦁', tags: ['kenjifb'] }, 201);

  await t.test('a team brings its default rules with it', async () => {
    const rules = (await admin.get('/api/v1/rules')).items;
    assert.ok(rules.some((r) => r.kind === 'exact' && r.value === 'kenjifb'));
    assert.ok(rules.some((r) => r.value === 'fb_арыстан') && rules.some((r) => r.value === 'арыстанfb'));
  });
  let link;
  await t.test('a user without a password gets an invitation that works once', async () => {
    const made = await admin.post('/api/v1/users', { email: 'Dinara@Agency.Example', full_name: 'Динара', role: 'targetologist', team_id: team.id, locale: 'kk' }, 201);
    assert.equal(made.user.has_password, false);
    assert.equal(made.user.locale, 'kk');
    link = made.invite_link;
    const code = link.split('#')[1];
    const shown = await server.client.get(`/api/v1/auth/setup?code=${code}`);
    assert.deepEqual({ valid: shown.valid, purpose: shown.purpose, name: shown.full_name }, { valid: true, purpose: 'invite', name: 'Динара' });
    await server.client.post('/api/v1/auth/setup', { code, password: PASSWORD });
    await server.client.want(422, 'POST', '/api/v1/auth/setup', { code, password: PASSWORD });
  });
  const dinara = await server.client.login('dinara@agency.example', PASSWORD);
  await t.test('a disabled user is out at once and comes back when let in', async () => {
    await admin.post(`/api/v1/users/${dinara.user.id}/disable`, {});
    await dinara.want(401, 'GET', '/api/v1/auth/me');
    await server.client.want(401, 'POST', '/api/v1/auth/login', { email: 'dinara@agency.example', password: PASSWORD });
    await admin.post(`/api/v1/users/${dinara.user.id}/enable`, {});
    await server.client.login('dinara@agency.example', PASSWORD);
  });
  await t.test('another role ends the sessions of before', async () => {
    const before = await server.client.login('dinara@agency.example', PASSWORD);
    await admin.patch(`/api/v1/users/${dinara.user.id}`, { role: 'team_lead' });
    await before.want(401, 'GET', '/api/v1/auth/me');
    const after = await server.client.login('dinara@agency.example', PASSWORD);
    assert.equal(after.user.role, 'team_lead');
  });
  await t.test('the last admin can neither be disabled nor become something else', async () => {
    await admin.want(409, 'PATCH', `/api/v1/users/${admin.user.id}`, { role: 'viewer' });
    await admin.want(409, 'POST', `/api/v1/users/${admin.user.id}/disable`, {});
  });
  await t.test('an archived team leaves the list and comes back with its past (P07)', async () => {
    await admin.post(`/api/v1/teams/${team.id}/archive`, {});
    assert.deepEqual((await admin.get('/api/v1/teams')).items, []);
    assert.equal((await admin.get('/api/v1/teams?archived=1')).items.length, 1);
    await admin.post(`/api/v1/teams/${team.id}/restore`, {});
    const back = (await admin.get('/api/v1/teams')).items[0];
    assert.deepEqual([back.name, back.colour, back.emoji, back.members], ['Арыстан', '#00ff88', '🦁', 1]);
  });
  await t.test('rules changed by somebody else are not overwritten', async () => {
    const now = await admin.get('/api/v1/rules');
    const rules = now.items.map(({ kind, value, team_id }) => ({ kind, value, team_id }));
    await admin.put('/api/v1/rules', { note: 'first', base_version: now.version, rules: [...rules, { kind: 'alias', value: 'arys', team_id: team.id }] });
    await admin.want(409, 'PUT', '/api/v1/rules', { note: 'second', base_version: now.version, rules });
    await admin.want(422, 'PUT', '/api/v1/rules', { note: 'third', base_version: now.version + 1, rules: [{ kind: 'exact', value: 'facebook', team_id: team.id }] });
  });
});
