// Whatever a deal, a campaign, a team or a person is called: it is shown, and never run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deal, form, hook, jobDone, setUp, startServer, startSim } from './support/agency.mjs';
import { openBrowser, visitor } from './support/browser.mjs';
import { hostile, hostileGraph, short } from './support/hostile.mjs';
import { until } from './support/wait.mjs';

const PAGES = ['/?period=30d', '/?period=30d&teams=cards', '/campaigns?period=30d', '/campaigns?period=30d&by=ad', '/leads?period=30d', '/sales?period=30d',
  '/sources', '/connections', '/accounts', '/crm-maps', '/links', '/inbox', '/imports', '/diagnostics', '/teams', '/users', '/rules', '/rates', '/jobs', '/settings'];

/** Hostile names everywhere that names come in. */
async function fill(server, admin, graph, world) {
  const tags = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term'];
  for (let i = 0; i < hostile.length; i += 20) {
    const deals = hostile.slice(i, i + 20).map((name, k) => deal(1000 + i + k, {
      name, status: (i + k) % 3 ? '142' : '40000001', price: 1000,
      utm: Object.fromEntries(tags.map((tag, n) => [tag, hostile[(i + k + n * 41) % hostile.length]])),
    }));
    assert.equal(await hook(server.hookUrl(), form({ leads: { add: deals }, account: { id: '1', subdomain: hostile[i] } })), 200);
  }
  const teams = [];
  for (const name of short(80).filter((_, i) => i % 12 === 0)) {
    const answer = await admin.ask('POST', '/api/v1/teams', { name, emoji: '🚀', colour: '#34d399' });
    if (answer.status === 201) teams.push(answer.json);
    else assert.equal(answer.status, 422, answer.text);
  }
  assert.ok(teams.length > 5);
  for (const [i, full_name] of short(120).filter((_, k) => k % 12 === 5).entries()) {
    const answer = await admin.ask('POST', '/api/v1/users', { email: `evil${i}@agency.example`, full_name, role: 'targetologist', team_id: teams[i % teams.length].id });
    assert.ok([201, 422].includes(answer.status), answer.text);
  }
  const rules = await admin.get('/api/v1/rules');
  const evil = short(150).filter((_, i) => i % 9 === 0).map((value, i) => ({ kind: 'exact', value, team_id: teams[i % teams.length].id }));
  const put = await admin.ask('PUT', '/api/v1/rules', { note: hostile[3], base_version: rules.version, rules: evil });
  assert.ok([200, 422].includes(put.status), put.text);

  const since = Date.now();
  await admin.post('/api/v1/connections', { token: world.tokens[0] }, 201);
  await jobDone(admin, 'ads.sync', since);
  const accounts = (await admin.get('/api/v1/accounts')).items;
  for (const [i, a] of accounts.entries())
    await admin.post(`/api/v1/accounts/${a.id}/bindings`, { team_id: teams[i % teams.length].id, valid_from: '2025-01-01' }, 201);
  // The doors of leads, links, products and files.
  const { key } = await admin.post('/api/v1/sites', { name: hostile[3], origin: 'https://course.example', per_minute: 6000 }, 201);
  for (let i = 0; i < 60; i++) {
    const body = JSON.stringify({ lead_id: hostile[i], name: hostile[i], phone: `8701000${1000 + i}`, email: `${hostile[i]}@x.example`,
      utm_source: hostile[i + 1], utm_campaign: hostile[i + 2], page: hostile[i + 3], referrer: hostile[i + 4], fbclid: hostile[i + 5] });
    assert.equal(await hook(`${server.base}/webhook/lead?key=${key}`, body, 'application/json'), 200);
    if (i % 5 === 0) assert.equal(await hook(`${server.base}/webhook/lead?key=${key}`, `{"name": ${hostile[i]}`, 'application/json'), 200); // parked
  }
  await admin.put('/api/v1/link-hosts', { items: ['course.example'] });
  for (const [i, title] of hostile.slice(0, 30).entries()) {
    const made = await admin.ask('POST', '/api/v1/links', { title, target: `https://course.example/?x=${encodeURIComponent(title)}`, utm_campaign: hostile[i + 7] });
    assert.ok([201, 422].includes(made.status), made.text);
    const template = await admin.ask('POST', '/api/v1/utm-templates', { name: title, utm_source: hostile[i + 9] });
    assert.ok([201, 409, 422].includes(template.status), template.text);
    const product = await admin.ask('POST', '/api/v1/products', { code: `p${i}`, name: title, counts_as_sale: true, currency: 'KZT', price: 1 });
    assert.ok([201, 422].includes(product.status), product.text);
  }
  const table = await admin.ask('POST', `/api/v1/imports?kind=teams&file=${encodeURIComponent(hostile[0])}`,
    `name\n${short(80).slice(0, 40).map((name) => `"${name.replaceAll('"', '""')}"`).join('\n')}\n`, { 'Content-Type': 'text/csv' });
  assert.equal(table.status, 201, table.text);
  const ads = await server.sync('ads', '--days', '8');
  assert.equal(ads.code, 0, ads.stderr);
  assert.ok(graph.names.size > 50);
  // A failing account shows what the platform said, too.
  return { teams, accounts };
}

test(`${hostile.length} hostile names through the CRM, the ad platform and the forms`, async (t) => {
  const sim = await startSim(t, { days: 10 });
  const world = await sim.world();
  const graph = await hostileGraph(t, sim.url);
  const server = await startServer(t, {
    env: { TRAFFICD_META_GRAPH_URL: `${graph.url}/graph`, TRAFFICD_RATES_URL: sim.env.TRAFFICD_RATES_URL },
  });
  const { client: admin } = await setUp(server);
  await admin.patch('/api/v1/auth/me', { locale: 'en', full_name: hostile[0] });
  const rates = await server.sync('rates', '--days', '12');
  assert.equal(rates.code, 0, rates.stderr);
  await fill(server, admin, graph, world);
  await until('all deals are worked out', async () => {
    const page = await admin.get('/api/v1/sales?period=7d&limit=500');
    return page.items.length === hostile.length;
  });

  await t.test('the API gives every name back as it came', async () => {
    const names = new Set((await admin.get('/api/v1/sales?period=7d&limit=500')).items.map((s) => s.name));
    for (const name of hostile) assert.ok(names.has(name), name);
  });
  await t.test('answers are JSON and nothing a browser would take for a page', async () => {
    for (const path of ['/api/v1/sales?period=7d', '/api/v1/teams', '/api/v1/nothing/<script>', `/api/v1/teams/${encodeURIComponent(hostile[3])}`]) {
      const answer = await admin.ask('GET', path);
      assert.match(answer.headers.get('content-type'), /^application\/json/);
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
    }
  });

  const browser = await openBrowser(t);
  const me = await visitor(t, browser, server.base);
  const { page } = me;
  await me.context.addInitScript(() => { window.__xss = 0; });
  const { ADMIN } = await import('./support/agency.mjs');
  await me.signIn(ADMIN.email, ADMIN.password);
  let shown = '';

  /** Nothing ran, nothing was made an element, and nothing was even tried (CSP). */
  const assertHarmless = async (where) => {
    const found = await page.evaluate(() => ({
      ran: window.__xss,
      made: [...document.querySelectorAll('*')].filter((e) => [...e.attributes].some((a) => /^on/i.test(a.name)) ||
        ['IFRAME', 'OBJECT', 'EMBED', 'MARQUEE', 'VIDEO', 'AUDIO', 'BASE', 'MATH'].includes(e.tagName) ||
        (e.tagName === 'SCRIPT' && !e.src.startsWith(`${location.origin}/assets/`)) ||
        /^\s*(javascript|data):/i.test(e.getAttribute('href') ?? e.getAttribute('action') ?? '')).map((e) => e.outerHTML.slice(0, 200)),
    }));
    assert.equal(found.ran, 0, `${where}: name ${found.ran} ran: ${hostile[found.ran - 1]}`);
    assert.deepEqual(found.made, [], where);
    await me.assertQuiet();
    shown += await page.evaluate(() => document.body.textContent);
  };

  for (const address of PAGES)
    await t.test(`page ${address}`, async () => {
      await me.open(address);
      await assertHarmless(address);
      // Everything that opens is opened, every list read to its end.
      for (let i = 0; i < 12; i++) {
        const more = page.locator('main').getByRole('button', { name: /^Show more$/ });
        if (!(await more.count())) break;
        await more.first().click();
        await me.ready();
      }
      for (let i = 0; i < 6; i++) {
        const closed = page.locator('main tbody button[aria-expanded=false]:not([aria-haspopup])');
        if (!(await closed.count())) break;
        await closed.last().click();
        await me.ready();
      }
      await assertHarmless(`${address}, opened`);
      const menus = page.locator('main tbody button[aria-haspopup]');
      for (let i = 0; i < Math.min(3, await menus.count()); i++) {
        await menus.nth(i).click();
        await assertHarmless(`${address}, menu ${i}`);
        await page.keyboard.press('Escape');
      }
      await me.shot(`xss${address.replace(/\W+/g, '-')}`);
    });
  await t.test('tooltips, charts and dialogs', async () => {
    await me.open('/?period=30d');
    const tips = page.locator('main [data-tip], main [title]');
    for (let i = 0; i < Math.min(40, await tips.count()); i++) await tips.nth(i).hover({ force: true, timeout: 2000 }).catch(() => {});
    await page.locator('main canvas, main svg').first().hover({ force: true });
    await assertHarmless('overview, hovered');
    await me.open('/teams');
    await page.locator('.team-card').first().getByRole('button').click();
    await page.getByRole('menuitem').first().click();
    await page.locator('dialog[open]').waitFor();
    await assertHarmless('the team dialog');
    await page.keyboard.press('Escape');
    await me.open('/accounts');
    await page.locator('main tbody tr').first().getByRole('button').first().click();
    await page.locator('dialog[open]').waitFor();
    await assertHarmless('the binding dialog');
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await assertHarmless('search');
  });
  await t.test('the page keeps hostile addresses as text', async () => {
    for (const name of [hostile[0], hostile[3], hostile[27]]) {
      await page.goto(`/?period=${encodeURIComponent(name)}&sort=${encodeURIComponent(name)}#${encodeURIComponent(name)}`);
      await me.ready();
      await assertHarmless('query');
      await page.goto(`/signin?next=${encodeURIComponent(name)}`);
      await page.locator('main').first().waitFor();
      await assertHarmless('next');
      assert.equal(new URL(page.url()).origin, server.base);
    }
    for (const next of ['//evil.example/', 'https://evil.example/', '/\\evil.example', 'javascript:window.__xss=1']) {
      await page.goto(`/signin?next=${encodeURIComponent(next)}`);
      await me.ready();
      assert.equal(new URL(page.url()).origin, server.base);
      await assertHarmless(next);
    }
  });
  await t.test('the names were really on the screen', () => {
    const seen = hostile.filter((name) => shown.includes(name));
    assert.ok(seen.length > hostile.length * 0.9, `${seen.length} of ${hostile.length} were shown`);
  });
  await me.close();
});
