// An installation of one's own: `serve` on an empty directory, and the fake upstreams beside it.
import { Client } from './client.mjs';
import { freePort, run, start, tempDir } from './program.mjs';
import { until } from './wait.mjs';

export const ADMIN = { email: 'owner@agency.example', password: 'a long enough pass phrase', name: 'Айгүл Owner' };

/** The simulator as a process of its own; what it said of itself. */
export async function startSim(t, { seed = 42, today, days = 40, hook, appSecret, listen } = {}) {
  const args = ['sim', '--seed', String(seed), '--days', String(days)];
  if (today) args.push('--today', today);
  if (hook) args.push('--hook', hook);
  if (appSecret) args.push('--app-secret', appSecret);
  if (listen) args.push('--listen-sim', listen);
  const program = start(t, args);
  const [, url] = await program.said(/sim: (http:\S+) seed/);
  const client = new Client(url);
  return {
    program,
    url,
    env: { TRAFFICD_META_GRAPH_URL: `${url}/graph`, TRAFFICD_META_WWW_URL: `${url}/www`,
      TRAFFICD_AMO_URL: `${url}/amo/{subdomain}`, TRAFFICD_AMO_WWW_URL: `${url}/amo/www`,
      TRAFFICD_RATES_URL: `${url}/nbk/rss/get_rates.cfm` },
    world: () => client.get('/_fake/world'),
    truth: (from, to, ids = 1) => client.get(`/_fake/truth?from=${from}&to=${to}&ids=${ids}`),
    set: (switches) => client.post('/_fake/switch', switches),
    fault: (fault) => client.post('/_fake/fault', fault),
    forgetFaults: () => client.want(200, 'DELETE', '/_fake/fault'),
    journal: (match) => client.get(`/_fake/journal?match=${encodeURIComponent(match)}`),
    deliver: (what) => client.post('/_fake/deliver', what),
    leadgen: (what) => client.post('/_fake/leadgen', what),
    ask: (address) => client.get(address),
    /** The CRM's own API, with its long-lived token. */
    rest: async (method, address, body) => {
      const world = await client.get('/_fake/world');
      const base = world.amo_url.replace('{subdomain}', world.crm_subdomain);
      const reply = await fetch(base + address, { method, body: body && JSON.stringify(body), headers: { Authorization: `Bearer ${world.amo_token}` } });
      const text = await reply.text();
      if (!reply.ok) throw new Error(`${method} ${address}: ${reply.status} ${text}`);
      return text ? JSON.parse(text) : null;
    },
    forms: () => client.get('/_fake/forms'),
    integration: (what) => client.post('/_fake/integration', what),
  };
}

/** `serve` on a directory. Settings are TRAFFICD_* variables; limits are wide unless said. */
export async function startServer(t, { data, env = {}, args = [], port } = {}) {
  const dir = data ?? tempDir(t);
  const at = port ?? await freePort();
  const settings = {
    TRAFFICD_DATA: dir,
    TRAFFICD_LISTEN: `127.0.0.1:${at}`,
    TRAFFICD_RATE_LIMIT: '1000000',
    TRAFFICD_LOGIN_LIMIT: '1000000',
    TRAFFICD_RETRY_BASE_MS: '20',
    ...env,
  };
  const program = start(t, ['serve', ...args], { env: settings });
  await program.said(/Traffic Dashboard \S+ is ready at (\S+)/);
  const base = `http://127.0.0.1:${at}`;
  const command = (words, options = {}) => run(words, { ...options, env: { ...settings, ...options.env } });
  return {
    program,
    dir,
    port: at,
    base,
    settings,
    client: new Client(base),
    setupLink: () => program.stdout.match(/password within 15 minutes: (\S+)/)?.[1],
    hookUrl: () => program.stdout.match(/amoCRM webhook, shown this once: (\S+)/)?.[1],
    /** A command on the same directory: it goes through the running server. */
    command,
    /** A sync; when the timetable has begun one at this very moment, the command follows it. */
    sync: (...words) => command(['sync', ...words]),
  };
}

/** The first admin, by the printed link. */
export async function setUp(server, admin = ADMIN) {
  const code = server.setupLink().split('#')[1];
  const answer = await server.client.post('/api/v1/auth/setup', {
    code, email: admin.email, full_name: admin.name, password: admin.password,
  });
  return { answer, client: await server.client.login(admin.email, admin.password) };
}

/** A browser that is sent on and on until it stands on a page of this origin; that address. */
export async function consent(url, origin) {
  for (let at = url, hops = 0; hops < 5; hops++) {
    const reply = await fetch(at, { redirect: 'manual' });
    await reply.arrayBuffer();
    const next = reply.headers.get('location');
    if (!next) throw new Error(`${at}: ${reply.status}, and no way on`);
    const isOurs = at.startsWith(origin);
    at = new URL(next, at).href;
    if (isOurs) return new URL(at);
  }
  throw new Error(`${url}: sent on without end`);
}

/** A body as amoCRM sends it: PHP's bracket notation, url-encoded. */
export function form(value) {
  const pairs = [];
  const walk = (name, v) => {
    if (v !== null && typeof v === 'object')
      for (const [key, item] of Object.entries(v)) walk(name ? `${name}[${key}]` : key, item);
    else if (v !== undefined)
      pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(String(v))}`);
  };
  walk('', value);
  return pairs.join('&');
}

/** One deal as it is told when its status changes. */
export function deal(id, { status = '142', old = '40000001', pipeline = '9430994', price = 5000, at, utm = {}, name, created } = {}) {
  const seconds = Math.floor((at ?? Date.now()) / 1000);
  const fields = Object.entries(utm).map(([field, value], i) => ({
    id: 600001 + i, name: field, values: [{ value }],
  }));
  return {
    id, name: name ?? `Deal ${id}`, status_id: status, old_status_id: old, pipeline_id: pipeline, price,
    responsible_user_id: 7000001, created_user_id: 0, date_create: created ? Math.floor(created / 1000) : seconds,
    last_modified: seconds, account_id: 32100001, custom_fields: fields,
  };
}

/** Posts a hook; the answer's status. */
export async function hook(url, body, type = 'application/x-www-form-urlencoded') {
  const reply = await fetch(url, {
    method: 'POST', headers: { 'Content-Type': type }, body: typeof body === 'string' || Buffer.isBuffer(body) ? body : form(body),
  });
  await reply.arrayBuffer();
  return reply.status;
}

/** Almaty's day, so many days from now. */
export function almatyDay(offset = 0) {
  return new Date(Date.now() + 5 * 3_600_000 + offset * 86_400_000).toISOString().slice(0, 10);
}

/** Waits until a job has run, finished, and runs no more; its last run. */
export function jobDone(admin, name, since = 0) {
  return until(`${name} has run`, async () => {
    const job = (await admin.get('/api/v1/jobs')).items.find((j) => j.name === name);
    return !job.running && job.last?.finished_at && job.last.started_at >= since && job.last;
  }, { within: 120_000, every: 200 });
}
