// A script that speaks to the API: bearer tokens, JSON, and every answer looked at whole.
import assert from 'node:assert/strict';

export class Client {
  constructor(base, token = null) {
    this.base = base;
    this.token = token;
  }

  /** {status, headers, text, json}. Redirects are answers too. */
  async ask(method, path, body, headers = {}) {
    const init = { method, headers: { ...headers }, redirect: 'manual' };
    if (this.token && init.headers.Authorization === undefined)
      init.headers.Authorization = `Bearer ${this.token}`;
    if (body !== undefined) {
      init.body = typeof body === 'string' ? body : JSON.stringify(body);
      init.headers['Content-Type'] ??= 'application/json';
    }
    const reply = await fetch(this.base + path, init);
    const text = await reply.text();
    const answer = { status: reply.status, headers: reply.headers, text };
    if ((reply.headers.get('content-type') ?? '').startsWith('application/json') && text)
      answer.json = JSON.parse(text);
    return answer;
  }

  /** As ask; the status must be the one that is told. The answer's JSON. */
  async want(status, method, path, body, headers) {
    const answer = await this.ask(method, path, body, headers);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text.slice(0, 600)}`);
    return answer.json;
  }

  get(path) { return this.want(200, 'GET', path); }
  post(path, body, status = 200) { return this.want(status, 'POST', path, body); }
  patch(path, body) { return this.want(200, 'PATCH', path, body); }
  put(path, body) { return this.want(200, 'PUT', path, body); }

  /** Signs in; a client that bears the token. */
  async login(email, password) {
    const answer = await this.post('/api/v1/auth/login', { email, password, token: true });
    const signedIn = new Client(this.base, answer.access_token);
    signedIn.refresh = answer.refresh_token;
    signedIn.user = answer.user;
    return signedIn;
  }
}

/** The cookies that an answer sets, by name: {value, attributes}. */
export function cookiesOf(headers) {
  const found = {};
  // Debian 12's Node has no getSetCookie and joins the lines; none of our attributes holds a comma.
  const lines = headers.getSetCookie?.() ?? headers.get('set-cookie')?.split(/, (?=[^;,=]+=)/) ?? [];
  for (const line of lines) {
    const [pair, ...attributes] = line.split(';').map((s) => s.trim());
    const at = pair.indexOf('=');
    found[pair.slice(0, at)] = { value: pair.slice(at + 1), attributes };
  }
  return found;
}
