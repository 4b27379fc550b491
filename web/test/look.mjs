// Pictures of every page, theme and width, to be looked at before a change lands:
//   node test/look.mjs OUT_FOLDER [part of a picture's name]
// Needs Chromium and the driver of ../tests (npm ci there). Says what a person might overlook:
// errors on the console, refusals of the content policy, pages wider than the screen.
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { serve } from '../dev.mjs';

const { chromium } = createRequire(new URL('../../tests/package.json', import.meta.url))('playwright-core');
const fixtureTime = new Date('2026-01-05T09:33:00Z');
const [out, only = ''] = process.argv.slice(2);
const pages = [
  ['overview', '/'],
  ['overview-cards', '/?teams=cards&chart=roi'],
  ['campaigns', '/campaigns'],
  ['campaigns-parts', '/campaigns?parts=placement'],
  ['sales', '/sales'],
  ['accounts', '/accounts'],
  ['teams', '/teams'],
  ['users', '/users'],
  ['rules', '/rules'],
  ['rates', '/rates'],
  ['jobs', '/jobs'],
  ['leads', '/leads'],
  ['leads-journey', '/leads?lead=1'],
  ['sales-receipt', '/sales?sale=1'],
  ['sources', '/sources'],
  ['connections', '/connections'],
  ['connections-crm', '/connections?tab=crm'],
  ['connections-sites', '/connections?tab=sites'],
  ['accounts-days', '/accounts?days=2'],
  ['maps-stages', '/crm-maps'],
  ['maps-products', '/crm-maps?tab=products'],
  ['maps-fields', '/crm-maps?tab=fields'],
  ['links', '/links'],
  ['links-build', '/links?tab=build'],
  ['links-templates', '/links?tab=templates'],
  ['links-hosts', '/links?tab=hosts'],
  ['inbox', '/inbox'],
  ['inbox-event', '/inbox?event=639'],
  ['imports', '/imports'],
  ['diagnostics', '/diagnostics?recipe=no_facebook_data'],
  ['settings', '/settings'],
  ['setup', '/setup#code'],
];
const looks = [
  { scene: 'plain', theme: 'neon', locale: 'ru', width: 1440 },
  { scene: 'plain', theme: 'navy', locale: 'en', width: 1440 },
  { scene: 'plain', theme: 'light', locale: 'kk', width: 390 },
  { scene: 'wild', theme: 'light', locale: 'kk', width: 1440 },
  { scene: 'wild', theme: 'neon', locale: 'pt', width: 390 },
  { scene: 'empty', theme: 'navy', locale: 'pt', width: 1440 },
  { scene: 'empty', theme: 'light', locale: 'ru', width: 390 },
];

async function shoot(browser, base, name, path, look) {
  const context = await browser.newContext({ viewport: { width: look.width, height: 860 }, reducedMotion: 'reduce' });
  await context.addCookies([{ name: 'scene', value: look.scene, url: base }]);
  await context.addInitScript(({ theme, locale }) => {
    localStorage.setItem('traffic.theme', theme);
    localStorage.setItem('traffic.locale', locale);
  }, look);
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('dialog', (dialog) => {
    faults.push(`a dialog opened: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.route('**/api/v1/auth/me', async (route) => {
    const response = await route.fetch();
    const json = await response.json();
    if (json.user) json.user.locale = look.locale;
    await route.fulfill({ response, json });
  });
  await page.clock.setFixedTime(fixtureTime);
  await page.goto(base + path);
  await page.locator('h1').first().waitFor();
  await page.waitForLoadState('networkidle');
  const extra = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (extra > 0) faults.push(`${extra} pixels wider than the screen`);
  await page.screenshot({ path: join(out, `${name}.png`), fullPage: true });
  await context.close();
  return faults;
}

if (!out) throw new Error('usage: node test/look.mjs OUT_FOLDER [part of a name]');
mkdirSync(out, { recursive: true });
const server = await serve({ port: '0', scene: 'plain', quiet: true });
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
let bad = 0;
for (const look of looks) {
  for (const [page, path] of pages) {
    const name = `${page}-${look.scene}-${look.theme}-${look.locale}-${look.width}`;
    if (!name.includes(only)) continue;
    const faults = await shoot(browser, `http://127.0.0.1:${server.address().port}`, name, path, look);
    for (const fault of faults) console.log(`${name}: ${fault}`);
    bad += faults.length;
  }
}
await browser.close();
server.close();
console.log(bad === 0 ? 'no faults; now look at the pictures' : `${bad} faults`);
process.exitCode = bad === 0 ? 0 : 1;
