// What a person does in the browser, on the demo agency: real pages, a real Chromium.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMIN, startServer } from './support/agency.mjs';
import { LOCALES, openBrowser, startDemo, visitor, words } from './support/browser.mjs';
import { Client } from './support/client.mjs';
import { until } from './support/wait.mjs';

const say = words('en');
const PASSWORD = 'seven quiet marmots on a hill';
const ADMIN_PAGES = ['/teams', '/users', '/rules', '/rates', '/jobs', '/crm-maps', '/inbox', '/imports'];
const ALL_PAGES = ['/', '/campaigns', '/leads', '/sales', '/sources', '/connections', '/connections?tab=crm', '/connections?tab=sites', '/accounts',
  '/links', '/links?tab=build', '/links?tab=templates', '/links?tab=hosts', '/diagnostics', ...ADMIN_PAGES, '/settings'];

/** The number in a text such as "₸1 234 567" or "−12,5%". */
function numberIn(text) {
  const plain = text.replace(/[\s\u00a0\u202f,]/g, '').replace('\u2212', '-');
  return Number(plain.match(/-?\d+(\.\d+)?/)[0]);
}

const shotName = (address) => address.slice(1).replace(/\W+/g, '-') || 'overview';
const nav = (page, key) => page.locator('#sidebar').getByRole('link', { name: say(key), exact: true });
const button = (at, name) => at.getByRole('button', { name, exact: true });
const dialog = (page) => page.locator('dialog[open]');

test('the demo agency in a browser', async (t) => {
  const demo = await startDemo(t);
  const browser = await openBrowser(t);
  const api = await demo.admin();
  for (const email of Object.keys(demo.logins)) {
    const who = await new Client(demo.base).login(email, demo.password);
    await who.patch('/api/v1/auth/me', { locale: 'en' });
  }
  const open = (t2, options) => visitor(t2, browser, demo.base, options);
  const enter = async (t2, role, options) => {
    const me = await open(t2, options);
    await me.signIn(demo.login(role), demo.password);
    return me;
  };

  await t.test('signing in, wrong then right, leads back to where one wanted to go (P01)', async (t) => {
    const me = await open(t);
    const { page } = me;
    me.allow(/ 401 |401 \(|^401 /);
    await page.goto('/campaigns?period=30d');
    await page.waitForURL(/\/signin\?next=/);
    await me.shot('signin');
    await page.locator('input[name=email]').fill(demo.login('admin'));
    await page.locator('input[name=password]').fill('not the password');
    await page.keyboard.press('Enter');
    await page.getByText(say('signin.wrong')).waitFor();
    assert.equal(new URL(page.url()).pathname, '/signin');
    await me.shot('signin-wrong');
    await page.locator('input[name=password]').fill(demo.password);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/campaigns\?period=30d$/);
    await me.ready();
    assert.equal(await page.evaluate(() => document.cookie), '', 'scripts see no cookie');
    assert.deepEqual(await page.evaluate(() => Object.keys(localStorage).filter((k) => /token|jwt|session/i.test(k))), []);
    await me.close();
  });

  await t.test('the overview shows the numbers of the API, in at most 6 calls (P02, P14-P17, P19)', async (t) => {
    const me = await enter(t, 'admin');
    const { page } = me;
    me.api.length = 0;
    await me.open('/?period=30d');
    assert.ok(me.api.length <= 6, me.api.join('\n'));
    await me.shot('overview');
    // The CRM goes on sending: both are asked until they tell of the same moment.
    await until('page and API agree', async () => {
      await me.open('/?period=30d');
      const { json } = await me.ask('/api/v1/overview?period=30d&currency=KZT');
      const cards = await page.locator('.kpi').evaluateAll((all) => all.map((card) => ({
        href: card.querySelector('h2').textContent, figure: card.querySelector('.kpi-figure')?.getAttribute('data-tip') ?? '',
      })));
      const figure = (key) => numberIn(cards.find((c) => c.href === say(`metric.${key}`)).figure);
      assert.ok(Math.abs(figure('revenue') - json.totals.revenue) < 0.006, `${figure('revenue')} ${json.totals.revenue}`);
      assert.ok(Math.abs(figure('spend') - json.totals.spend) < 0.006);
      assert.equal(figure('sales'), json.totals.sales);
      assert.ok(Math.abs(figure('roi') - json.totals.roi) < 0.06);
      const rows = await page.locator('.teams-card tbody tr').evaluateAll((all) => all.map((row) => [...row.children].map((c) => c.textContent)));
      assert.equal(rows.length, json.teams.length);
      const heads = await page.locator('.teams-card thead th').allTextContents();
      const column = (key) => heads.findIndex((h) => h.trim() === say(`metric.${key}_short`));
      for (const team of json.teams) {
        const row = rows.find((r) => r[0].includes(team.name ?? say('team.unattributed')));
        assert.ok(row, `${team.name} has a row`);
        assert.ok(Math.abs(numberIn(row[column('revenue')]) - team.metrics.revenue) <= 0.5, `${team.name}: ${row} ${team.metrics.revenue}`);
        assert.ok(Math.abs(numberIn(row[column('spend')]) - team.metrics.spend) <= 0.5);
        assert.equal(numberIn(row[column('sales')]), team.metrics.sales);
      }
      return true;
    });
    await me.close();
  });

  await t.test('a sale posted with the printed curl appears on the open page', async (t) => {
    const me = await enter(t, 'admin');
    await me.open('/?period=today&compare=none');
    const { url, body } = demo.curl();
    const before = (await me.ask('/api/v1/overview?period=today')).json.totals;
    const reply = await fetch(url, { method: 'POST', body, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
    assert.equal(reply.status, 200);
    await until('the API counts it', async () => (await me.ask('/api/v1/overview?period=today')).json.totals.revenue >= before.revenue + 490000);
    await me.open('/sales?period=today');
    await me.page.getByText('900001').first().waitFor();
    await me.close();
  });

  await t.test('period, currency, comparison and the order of teams live in the address and survive a reload', async (t) => {
    const me = await enter(t, 'admin');
    const { page } = me;
    const bar = page.getByRole('toolbar', { name: say('period.title') });
    await button(bar, say('period.30d')).click();
    await page.waitForURL(/period=30d/);
    await bar.getByRole('group', { name: say('currency.label') }).getByRole('button', { name: say('currency.USD') }).click();
    await page.waitForURL(/currency=USD/);
    const head = page.locator('.teams-card thead').getByRole('button', { name: say('metric.roas_short'), exact: true });
    await head.click();
    await page.waitForURL(/sort=-roas/);
    await head.click();
    await page.waitForURL(/sort=roas/);
    await me.ready();
    const names = () => page.locator('.teams-card tbody th').allTextContents();
    const address = page.url();
    const before = await names();
    assert.equal(before.at(-1).includes(say('team.unattributed')), true, 'what is nobody’s stays last');
    assert.match(await page.locator('.kpi-figure').first().textContent(), /\$/);
    await page.reload();
    await me.ready();
    assert.equal(page.url(), address);
    assert.deepEqual(await names(), before);
    assert.equal(await button(bar, say('period.30d')).getAttribute('aria-pressed'), 'true');
    assert.equal(await page.locator('.teams-card th[aria-sort=ascending]').textContent(), say('metric.roas_short'));
    await me.shot('overview-usd-sorted');
    await page.goBack();
    await page.waitForURL((u) => !u.search.includes('currency=USD') || u.search.includes('sort'));
    await me.close();
  });

  await t.test('the side bar closes by keyboard, says so, and stays so (P09-P11)', async (t) => {
    const me = await enter(t, 'admin');
    const { page } = me;
    await me.open('/');
    let reached = false;
    for (let i = 0; i < 6 && !reached; i++) {
      await page.keyboard.press('Tab');
      reached = await page.evaluate(() => document.activeElement?.getAttribute('aria-controls') === 'sidebar');
    }
    assert.ok(reached, 'the toggle is among the first stops of the Tab key');
    const toggle = page.locator('[aria-controls=sidebar]');
    assert.equal(await toggle.getAttribute('aria-expanded'), 'true');
    const wide = (await page.locator('#sidebar').boundingBox()).width;
    await page.keyboard.press('Enter');
    await until('it is narrow', async () => (await page.locator('#sidebar').boundingBox()).width < wide - 50);
    assert.equal(await toggle.getAttribute('aria-expanded'), 'false');
    await page.reload();
    await me.ready();
    assert.equal(await toggle.getAttribute('aria-expanded'), 'false');
    assert.ok((await page.locator('#sidebar').boundingBox()).width < wide - 50);
    await me.shot('overview-narrow');
    await nav(page, 'nav.sales').click(); // names are there for those who cannot see icons
    await page.waitForURL(/\/sales/);
    await toggle.click();
    await me.close();
  });

  await t.test('only an admin sees the admin’s entries, and typing the address does not help (P12, P13)', async (t) => {
    for (const role of ['targetologist', 'viewer', 'team_lead']) {
      const me = await enter(t, role);
      const { page } = me;
      for (const key of ['nav.overview', 'nav.sales', 'nav.settings']) await nav(page, key).waitFor();
      for (const key of ['nav.teams', 'nav.users', 'nav.rules', 'nav.rates', 'nav.jobs'])
        assert.equal(await nav(page, key).count(), 0, `${role} sees ${key}`);
      for (const address of ADMIN_PAGES) {
        me.api.length = 0;
        await page.goto(address);
        await page.getByText(say('page.forbidden'), { exact: true }).waitFor();
        assert.deepEqual(me.api.filter((c) => /users|jobs|connections/.test(c)), []);
      }
      const { json: own } = await me.ask('/api/v1/overview?period=30d');
      await me.open('/?period=30d');
      const rows = await page.locator('.teams-card tbody tr').count();
      assert.equal(rows, own.teams.length);
      assert.ok(rows <= 1, 'one’s own team only');
      await me.shot(`overview-${role}`);
      await me.close();
    }
    const boss = await enter(t, 'admin');
    for (const key of ['nav.teams', 'nav.users', 'nav.rules', 'nav.rates', 'nav.jobs']) await nav(boss.page, key).waitFor();
    await boss.close();
  });

  await t.test('a team is made, a person invited, the invitation taken, an account bound (P07, P08)', async (t) => {
    const me = await enter(t, 'admin');
    const { page } = me;
    me.allow(/422 |409 /);
    await me.open('/teams');
    await me.shot('teams');
    await button(page, say('teams.create')).first().click();
    await dialog(page).locator('button[type=submit]').click();
    await dialog(page).getByText(say('field.missing')).waitFor();
    await dialog(page).locator('input[name=name]').fill('Барс');
    await dialog(page).locator('input[name=tags]').fill('bars_fb');
    await page.keyboard.press('Enter');
    await dialog(page).locator('.chip', { hasText: 'bars_fb' }).waitFor();
    await me.shot('team-constructor');
    await dialog(page).locator('button[type=submit]').click();
    await dialog(page).waitFor({ state: 'detached' });
    await page.locator('.team-card', { hasText: 'Барс' }).waitFor();
    const team = (await api.get('/api/v1/teams')).items.find((x) => x.name === 'Барс');
    assert.ok(team.tags.includes('bars_fb'));

    await me.open('/users');
    await me.shot('users');
    await button(page, say('users.create')).first().click();
    await dialog(page).locator('input[name=full_name]').fill('Сауле Новая');
    await dialog(page).locator('input[name=email]').fill('saule@agency.example');
    await dialog(page).locator('select[name=role]').selectOption('targetologist');
    await dialog(page).locator('select[name=team_id]').selectOption(String(team.id));
    await dialog(page).locator('select[name=locale]').selectOption('en');
    await me.shot('user-new');
    await dialog(page).locator('button[type=submit]').click();
    const link = await dialog(page).locator('.copy-line code').textContent();
    assert.match(link, /\/invite#[\w-]{40,}$/);
    await me.shot('invitation');
    await button(dialog(page), say('action.close')).last().click();
    await page.getByText('saule@agency.example').waitFor();

    await t.test('the invited person chooses a password and is in', async (t) => {
      const guest = await open(t);
      guest.allow(/422 /);
      await guest.page.goto(link);
      await guest.page.getByText(say('invite.title', { name: 'Сауле Новая' })).waitFor();
      await guest.shot('invite');
      await guest.page.locator('input[name=password]').fill('password1234');
      await guest.page.locator('button[type=submit]').click();
      await guest.page.locator('.field-error').waitFor();
      await guest.page.locator('input[name=password]').fill(PASSWORD);
      await guest.page.locator('button[type=submit]').click();
      await guest.page.waitForURL((u) => u.pathname === '/');
      await guest.ready();
      assert.deepEqual((await guest.ask('/api/v1/teams')).json.items.map((x) => x.name), ['Барс']);
      await guest.shot('overview-of-a-new-team');
      await guest.page.goto(link);
      await guest.page.getByText(say('setup.dead_title')).waitFor();
      await guest.close();
    });

    await me.open('/accounts');
    await me.shot('accounts');
    const free = (await api.get('/api/v1/accounts')).items.find((a) => a.team_id === null) ?? (await api.get('/api/v1/accounts')).items[0];
    const row = page.locator('tbody tr', { hasText: free.external_id });
    await row.getByRole('button').first().click();
    await dialog(page).locator('select[name=team_id]').selectOption(String(team.id));
    await me.shot('binding');
    await dialog(page).locator('button[type=submit]').click();
    await until('the account is theirs', async () =>
      (await api.get('/api/v1/accounts')).items.find((a) => a.id === free.id).team_name === 'Барс');
    await dialog(page).getByText('Барс').first().waitFor();
    await page.keyboard.press('Escape');
    await row.getByText('Барс').waitFor();

    await me.open('/teams');
    await page.locator('.team-card', { hasText: 'Барс' }).getByRole('button').click();
    await page.getByRole('menuitem', { name: say('teams.archive') }).click();
    await button(dialog(page), say('teams.archive')).click();
    await page.locator('.team-card', { hasText: 'Барс' }).waitFor({ state: 'detached' });
    await me.close();
  });

  await t.test('rules are edited with a reason, and two who edit at once notice', async (t) => {
    const me = await enter(t, 'admin');
    const { page } = me;
    me.allow(/409 |beforeunload/);
    await me.open('/rules');
    await me.shot('rules');
    const before = await api.get('/api/v1/rules');
    assert.equal(await page.locator('.rule').count(), before.items.length);
    await button(page, say('rules.add')).click();
    const row = page.locator('.rule').last();
    await row.locator('input').fill('Bars_Test');
    const muha = (await api.get('/api/v1/teams')).items.find((x) => x.name === 'Muha');
    await row.locator('select').nth(1).selectOption(String(muha.id));
    await page.locator('.rules-save button[type=submit]').click();
    await page.getByText(say('rules.note_missing')).waitFor();
    await page.locator('input[name=note]').fill('a test of the rules');
    await page.locator('.rules-save button[type=submit]').click();
    await until('a new version is there', async () => (await api.get('/api/v1/rules')).version > before.version);
    const after = await api.get('/api/v1/rules');
    assert.equal(after.items.at(-1).value, 'bars_test');
    assert.equal(after.items.at(-1).team_name, 'Muha');
    assert.equal(after.note, 'a test of the rules');

    await me.open('/rules');
    await api.put('/api/v1/rules', { note: 'somebody else', base_version: after.version, rules: before.items.map(({ kind, value, team_id }) => ({ kind, value, team_id })) });
    await button(page, `${say('rules.place', { n: '1' })}, ${say('rules.down')}`).click();
    await page.locator('input[name=note]').fill('too late');
    await page.locator('.rules-save button[type=submit]').click();
    await page.getByText(say('rules.conflict')).waitFor();
    await me.shot('rules-conflict');
    await me.close();
  });

  await t.test('every page speaks every language, with no key left over', async (t) => {
    const keys = new Set(say.keys);
    const me = await enter(t, 'admin');
    const { page } = me;
    for (const locale of LOCALES) {
      await me.open('/settings');
      await page.locator(`button span[lang=${locale}]`).click();
      await until('the language is kept', async () => (await api.get('/api/v1/auth/me')).user.locale === locale);
      await page.waitForFunction((l) => document.documentElement.lang === l, locale);
      for (const address of ALL_PAGES) {
        await me.open(address === '/' || address === '/campaigns' || address === '/sales' ? `${address}?period=30d` : address);
        assert.equal(await page.evaluate(() => document.documentElement.lang), locale, address);
        const text = await page.evaluate(() => `${document.title}\n${document.body.innerText}\n${[...document.querySelectorAll('[aria-label],[data-tip],[title],[placeholder]')]
          .map((e) => ['aria-label', 'data-tip', 'title', 'placeholder'].map((a) => e.getAttribute(a) ?? '').join('\n')).join('\n')}`);
        for (const word of text.match(/[a-z]+\.[a-z0-9_.]+/gi) ?? [])
          assert.ok(!keys.has(word), `${locale} ${address}: the key ${word} is shown`);
        for (const bad of ['undefined', 'NaN', '[object', 'Infinity', 'Invalid Date', '{n}', '{name}'])
          assert.ok(!text.includes(bad), `${locale} ${address}: ${bad} is shown`);
        if (locale !== 'en') assert.ok(!text.includes(say('nav.campaigns')), `${locale} ${address} speaks English`);
        await me.shot(`${locale}-${shotName(address)}`);
      }
    }
    await api.patch('/api/v1/auth/me', { locale: 'en' });
    await me.close();
  });

  await t.test('a theme is chosen and kept', async (t) => {
    const me = await enter(t, 'admin');
    const { page } = me;
    const seen = new Set();
    for (const theme of ['light', 'navy', 'neon']) {
      await me.open('/settings');
      await page.locator('.themes button', { hasText: say(`theme.${theme}`) }).click();
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), theme);
      await me.open('/?period=30d');
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), theme);
      seen.add(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      await me.shot(`theme-${theme}`);
    }
    assert.equal(seen.size, 3);
    await me.close();
  });

  await t.test('on a phone every page fits the width (P58)', async (t) => {
    const tooWide = [];
    for (const width of [320, 390, 820]) {
      const me = await enter(t, 'admin', { width, height: 800 });
      const { page } = me;
      for (const address of ALL_PAGES) {
        await me.open(address === '/' ? '/?period=30d' : address);
        const wide = await page.evaluate(() => {
          const limit = document.documentElement.clientWidth;
          return { scroll: document.scrollingElement.scrollWidth, limit, who: [...document.querySelectorAll('body *')]
            .filter((e) => e.getBoundingClientRect().right > limit + 1 && !e.closest('.table-box, [popover], .segments, .controls, .sr'))
            .slice(0, 3).map((e) => `${e.tagName}.${e.className}`) };
        });
        await me.shot(`phone-${width}-${shotName(address)}`);
        if (wide.scroll > wide.limit) tooWide.push(`${width} px, ${address}: ${JSON.stringify(wide)}`);
      }
      await me.close();
    }
    assert.deepEqual(tooWide, []);
  });
  await t.test('on a phone the sections are in reach at the bottom', async (t) => {
    const me = await enter(t, 'admin', { width: 390, height: 800 });
    const { page } = me;
    await me.open('/');
    const bar = page.locator('.bottom-bar');
    await bar.getByRole('link', { name: say('nav.sales') }).click();
    await page.waitForURL(/\/sales/);
    await bar.getByRole('button', { name: say('nav.more') }).click();
    await dialog(page).getByRole('link', { name: say('nav.teams') }).click();
    await page.waitForURL(/\/teams/);
    await me.ready();
    assert.equal(await dialog(page).count(), 0);
    await me.close();
  });

  await t.test('campaigns open down to the ad, and their sum is the total', async (t) => {
    const me = await enter(t, 'admin');
    const { page } = me;
    await me.open('/campaigns?period=30d');
    for (let depth = 0; depth < 3; depth++) {
      const closed = page.locator('table.tree tbody button[aria-expanded=false]');
      await closed.nth(depth).click();
      await me.ready();
    }
    assert.ok(await page.locator('table.tree tbody button[aria-expanded=true]').count() >= 3);
    await me.shot('campaigns-open');
    await me.close();
  });

  await t.test('signing out ends the session for good (P66)', async (t) => {
    const me = await enter(t, 'admin');
    const { page, context } = me;
    me.allow(/401/);
    await me.open('/sales');
    await nav(page, 'nav.overview').click();
    await me.ready();
    const stolen = (await context.cookies()).map((c) => `${c.name}=${c.value}`).join('; ');
    const ask = () => fetch(`${demo.base}/api/v1/auth/me`, { headers: { Cookie: stolen } });
    assert.equal((await ask()).status, 200);
    await button(page.locator('#sidebar'), say('nav.signout')).click();
    await page.waitForURL(/\/signin/);
    await page.getByText(say('signin.out')).waitFor();
    assert.deepEqual((await context.cookies()).filter((c) => c.value), []);
    assert.equal((await ask()).status, 401);
    await page.goBack({ waitUntil: 'commit' });
    await page.locator('input[name=password]').waitFor();
    assert.equal(await page.locator('.kpi').count(), 0, 'going back shows nothing');
    await page.goto('/sales');
    await page.waitForURL(/\/signin\?next=/);
    await me.close();
  });

  await t.test('a session ended elsewhere sends one to sign in, and back', async (t) => {
    const me = await enter(t, 'viewer');
    const { page } = me;
    me.allow(/401/);
    await me.open('/sales?period=30d');
    await me.context.clearCookies();
    await nav(page, 'nav.overview').click();
    await page.waitForURL(/\/signin\?next=/);
    await page.getByText(say('signin.expired')).waitFor();
    await me.close();
  });
});

test('the first start in a browser', async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);

  await t.test('the printed link makes the first admin, whose overview says what to do next', async (t) => {
    const me = await visitor(t, browser, server.base);
    const { page } = me;
    me.allow(/422 /);
    await page.goto(server.setupLink());
    await page.getByText(say('setup.title')).waitFor();
    await me.shot('setup');
    await page.locator('button[type=submit]').click();
    await page.getByText(say('field.missing')).first().waitFor();
    await page.locator('input[name=full_name]').fill(ADMIN.name);
    await page.locator('input[name=email]').fill(ADMIN.email);
    await page.locator('input[name=password]').fill(ADMIN.password);
    await page.locator('button[type=submit]').click();
    await page.waitForURL((u) => u.pathname === '/');
    await page.getByText(ADMIN.name).first().waitFor();
    await me.shot('overview-empty');
    for (const address of ALL_PAGES) {
      await me.open(address);
      const text = await page.evaluate(() => document.body.innerText);
      for (const bad of ['undefined', 'NaN', '[object', 'Infinity']) assert.ok(!text.includes(bad), `${address}: ${bad}`);
      await me.shot(`empty-${shotName(address)}`);
    }
    await me.close();
  });
  await t.test('a link that was used says so', async (t) => {
    const me = await visitor(t, browser, server.base);
    await me.page.goto(server.setupLink());
    await me.page.getByText(say('setup.dead_title')).waitFor();
    await me.shot('setup-dead');
    await me.close();
  });
});
