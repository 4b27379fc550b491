// What a landing page embeds: <script async src="https://dashboard/t.js" data-key="SITE.SECRET">.
// It keeps the first and the last visit's tags and click ids in the page's own storage and hands
// them to forms. The rule: under 2 KB, no cookies, nothing about the device, nobody else is told.
export {};

type Visit = Record<string, string>;
type Kept = { first?: Visit; last?: Visit };

const tags = 'utm_source utm_medium utm_campaign utm_content utm_term fbclid gclid yclid ctwa_clid ttclid'.split(' ');
const script = document.currentScript as HTMLScriptElement | null;
const isTagged = (visit: Visit) => tags.some((tag) => visit[tag]);

function thisVisit(): Visit {
  const query = new URLSearchParams(location.search);
  const visit: Visit = { at: `${Date.now()}`, page: location.origin + location.pathname, referrer: document.referrer };
  for (const tag of tags) {
    const value = query.get(tag);
    if (value) visit[tag] = value.slice(0, 500);
  }
  return visit;
}

// A visit without tags is kept only until one with tags comes.
function remember(): Kept {
  const visit = thisVisit();
  let kept: Kept = {};
  try {
    kept = JSON.parse(localStorage.getItem('td') || '{}') || {};
  } catch {
    // Storage is off, or is not ours: this visit is all that is known.
  }
  if (!kept.first || (isTagged(visit) && !isTagged(kept.first))) kept.first = visit;
  if (!kept.last || isTagged(visit)) kept.last = visit;
  try {
    localStorage.setItem('td', JSON.stringify(kept));
  } catch {
    // As above.
  }
  return kept;
}

const kept = remember();

function data(): Visit {
  const out: Visit = {};
  for (const [name, value] of Object.entries(kept.first || {})) out[`first_${name}`] = value;
  for (const [name, value] of Object.entries(kept.last || {})) out[name === 'at' ? 'last_at' : name] = value;
  return out;
}

function fill(form: HTMLFormElement) {
  for (const [name, value] of Object.entries(data())) {
    let input = form.querySelector<HTMLInputElement>(`input[name="${name}"]`);
    if (!input) {
      input = document.createElement('input');
      input.type = 'hidden';
      input.name = name;
      form.append(input);
    }
    if (input.type === 'hidden' && !input.value) input.value = value;
  }
}

function send(form: HTMLFormElement): Promise<Response> {
  const body = new URLSearchParams();
  fill(form);
  new FormData(form).forEach((value, name) => {
    if (typeof value === 'string') body.append(name, value);
  });
  const url = new URL('/webhook/lead', script?.src);
  url.searchParams.set('key', script?.dataset['key'] || '');
  return fetch(url, { method: 'POST', body, credentials: 'omit', keepalive: true });
}

document.addEventListener(
  'submit',
  (event) => {
    const form = event.target as HTMLFormElement;
    if ((form.getAttribute('method') || '').toLowerCase() !== 'get') fill(form);
  },
  true,
);
Object.assign(window, { td: { data, send } });
