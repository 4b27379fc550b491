// The development server: the UI built anew at each page load, and the API either passed on to a
// running trafficd (--api URL) or answered from test/fixtures (--scene NAME picks a variant).
import { existsSync, readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { bundle, csp, root } from './build.mjs';

const types = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  woff2: 'font/woff2',
};

// Which fixture answers which address. The first that fits wins.
const answers = [
  ['GET', /^\/auth\/me$/, 'me'],
  ['PATCH', /^\/auth\/me$/, 'me'],
  ['GET', /^\/auth\/setup$/, 'one_time_code'],
  ['GET', /^\/auth\/sessions$/, 'sessions'],
  ['POST', /^\/auth\/(login|setup|refresh)$/, 'signed_in'],
  ['GET', /^\/overview$/, 'overview'],
  ['GET', /^\/metrics$/, 'metrics'],
  ['GET', /^\/freshness$/, 'freshness'],
  ['GET', /^\/teams$/, 'teams'],
  ['POST', /^\/teams/, 'team'],
  ['PATCH', /^\/teams\//, 'team'],
  ['GET', /^\/users$/, 'users'],
  ['POST', /^\/users$/, 'user_created'],
  ['POST', /^\/users\/\d+\/invite$/, 'invited'],
  ['GET', /^\/connections$/, 'connections'],
  ['POST', /^\/connections$/, 'connection'],
  ['GET', /^\/accounts$/, 'accounts'],
  ['PATCH', /^\/accounts\//, 'account'],
  ['POST', /^\/accounts\//, 'account'],
  ['DELETE', /^\/accounts\//, 'account'],
  ['GET', /^\/campaigns$/, 'campaigns'],
  ['GET', /^\/sales$/, 'sales'],
  ['GET', /^\/rules$/, 'rules'],
  ['PUT', /^\/rules$/, 'rules'],
  ['GET', /^\/rates$/, 'rates'],
  ['GET', /^\/jobs$/, 'jobs'],
  ['GET', /^\/jobs\/[^/]+\/runs$/, 'runs'],
  ['GET', /^\/sources$/, 'sources'],
  ['GET', /^\/diagnostics$/, 'diagnosis'],
  ['GET', /^\/stats$/, 'stats'],
  ['GET', /^\/monitoring$/, 'monitoring'],
  ['GET', /^\/integration-log$/, 'integration_log'],
  ['GET', /^\/errors$/, 'errors'],
  ['POST', /^\/(crm\/)?connections\/oauth$/, 'oauth_url'],
  ['GET', /^\/api-versions$/, 'api_versions'],
  ['GET', /^\/accounts\/\d+\/days$/, 'account_days'],
  ['GET', /^\/ads\/\d+\/days\/[\d-]+$/, 'ad_day'],
  ['GET', /^\/ads\/\d+\/days\/[\d-]+\/raw$/, 'ad_raw'],
  ['GET', /^\/breakdowns$/, 'breakdowns'],
  ['POST', /^\/costs\/import$/, 'import_report'],
  ['GET', /^\/lead-pages$/, 'lead_pages'],
  ['GET', /^\/lead-pages\/webhook$/, 'lead_webhook'],
  ['GET', /^\/crm\/connections$/, 'crm_connections'],
  ['GET', /^\/crm\/webhook-keys$/, 'webhook_keys'],
  ['POST', /^\/crm\/webhook-key$/, 'webhook_key_made'],
  ['GET', /^\/crm\/syncs$/, 'crm_syncs'],
  ['GET', /^\/crm\/syncs\/\d+\/results$/, 'sync_results'],
  ['GET', /^\/crm\/statuses$/, 'crm_statuses'],
  ['PUT', /^\/crm\/stage-map$/, 'crm_statuses'],
  ['GET', /^\/crm\/fields$/, 'crm_fields'],
  ['PUT', /^\/crm\/fields$/, 'crm_fields'],
  ['GET', /^\/crm\/users$/, 'crm_users'],
  ['GET', /^\/products$/, 'products'],
  ['GET', /^\/sales\/\d+$/, 'sale_detail'],
  ['GET', /^\/sales\/\d+\/raw\/\d+$/, 'raw_event'],
  ['GET', /^\/inbox$/, 'inbox'],
  ['GET', /^\/inbox\/drift$/, 'drift'],
  ['GET', /^\/inbox\/\d+$/, 'inbox_event'],
  ['POST', /^\/inbox\/replay$/, 'replayed'],
  ['GET', /^\/leads$/, 'leads'],
  ['GET', /^\/leads\/\d+$/, 'lead_detail'],
  ['GET', /^\/leads\/\d+\/raw$/, 'raw_event'],
  ['GET', /^\/sites$/, 'sites'],
  ['POST', /^\/sites(\/\d+\/key)?$/, 'site_made'],
  ['GET', /^\/links$/, 'links'],
  ['POST', /^\/links$/, 'link'],
  ['GET', /^\/links\/\d+\/clicks$/, 'link_clicks'],
  ['POST', /^\/links\/build$/, 'built_link'],
  ['GET', /^\/utm-templates$/, 'utm_templates'],
  ['GET', /^\/link-hosts$/, 'link_hosts'],
  ['GET', /^\/imports$/, 'imports'],
  ['POST', /^\/imports$/, 'import_report'],
  ['GET', /^\/imports\/\d+\/rows$/, 'import_rows'],
];

function fixture(scene, name) {
  const places = [join(root, 'test/fixtures', scene, `${name}.json`), join(root, 'test/fixtures', `${name}.json`)];
  const path = places.find(existsSync);
  return path && readFileSync(path);
}

function refusal(status, code) {
  return { status, body: JSON.stringify({ error: { code, message: code, request_id: 'fixture' } }) };
}

function answerFrom(scene, method, url, body) {
  const path = url.pathname.slice('/api/v1'.length);
  if (scene === 'down') return refusal(503, 'busy');
  if (path === '/auth/login' && body.includes('wrong')) return refusal(401, 'not_signed_in');
  if (path === '/auth/login' && body.includes('locked')) return { ...refusal(429, 'slow_down'), retry: '600' };
  if (scene === 'out' && !/^\/auth\/(login|setup)$/.test(path)) return refusal(401, 'not_signed_in');
  const found = answers.find(([verb, pattern]) => verb === method && pattern.test(path));
  if (!found) return method === 'GET' ? refusal(404, 'not_found') : { status: 200, body: '{"ok":true}' };
  const group = path === '/metrics' ? `metrics_${url.searchParams.get('group')}` : found[2];
  const data = fixture(scene, group) ?? fixture(scene, found[2]);
  return data ? { status: 200, body: data } : refusal(404, 'not_found');
}

async function bodyOf(incoming) {
  const parts = [];
  for await (const part of incoming) parts.push(part);
  return Buffer.concat(parts).toString();
}

function passOn(api, incoming, outgoing) {
  const url = new URL(incoming.url, api);
  const headers = { ...incoming.headers, host: url.host };
  if (headers.origin) headers.origin = url.origin;
  const call = request(url, { method: incoming.method, headers }, (reply) => {
    outgoing.writeHead(reply.statusCode, reply.headers);
    reply.pipe(outgoing);
  });
  call.on('error', (error) => outgoing.writeHead(502).end(error.message));
  incoming.pipe(call);
}

export async function serve({ port, api, scene, minify = false, quiet = false }) {
  let built = await bundle({ minify });
  const page = async (outgoing) => {
    if (!quiet) built = await bundle({ minify });
    outgoing.writeHead(200, { 'Content-Type': types.html, 'Content-Security-Policy': csp, 'Cache-Control': 'no-cache' });
    outgoing.end(built.files.get('index.html'));
  };
  const server = createServer(async (incoming, outgoing) => {
    try {
      const url = new URL(incoming.url, 'http://dev');
      const name = url.pathname.slice(1);
      const file = name === 'index.html' ? undefined : built.files.get(name);
      if (url.pathname.startsWith('/api/') && api) passOn(api, incoming, outgoing);
      else if (url.pathname.startsWith('/api/')) {
        const chosen = /scene=(\w+)/.exec(incoming.headers.cookie ?? '')?.[1] ?? scene;
        const answer = answerFrom(chosen, incoming.method, url, await bodyOf(incoming));
        const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
        if (answer.retry) headers['Retry-After'] = answer.retry;
        outgoing.writeHead(answer.status, headers).end(answer.body);
      } else if (file) {
        outgoing.writeHead(200, { 'Content-Type': types[name.split('.').pop()] ?? 'application/octet-stream' }).end(file);
      } else await page(outgoing);
    } catch (error) {
      outgoing.writeHead(500, { 'Content-Type': types.txt }).end(String(error.stack));
    }
  });
  await new Promise((resolve) => server.listen(Number(port), '127.0.0.1', resolve));
  if (!quiet) console.log(`http://127.0.0.1:${server.address().port}  ${api ? `API: ${api}` : `fixtures: ${scene}`}`);
  return server;
}
