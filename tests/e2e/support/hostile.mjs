// Names that want to become code. Each carries its number, so that whoever runs tells which it was.
import http from 'node:http';

const CALL = (n) => `window.__xss=${n}`;

/** Ways to run something, each with the call in it. */
const VECTORS = [
  (c) => `<script>${c}</script>`,
  (c) => `<ScRiPt>${c}</sCrIpT>`,
  (c) => `<script src="data:text/javascript,${c}"></script>`,
  (c) => `<img src=x onerror="${c}">`,
  (c) => `<img/src='x'/onerror=${c}>`,
  (c) => `<svg onload="${c}">`,
  (c) => `<svg><animate onbegin="${c}" attributeName=x dur=1s>`,
  (c) => `<svg><script>${c}</script></svg>`,
  (c) => `<iframe srcdoc="<script>parent.${c}</script>"></iframe>`,
  (c) => `<iframe src="javascript:parent.${c}"></iframe>`,
  (c) => `<body onload="${c}">`,
  (c) => `<details open ontoggle="${c}">`,
  (c) => `<input autofocus onfocus="${c}">`,
  (c) => `<video><source onerror="${c}"></video>`,
  (c) => `<audio src=x onerror="${c}">`,
  (c) => `<marquee onstart="${c}">`,
  (c) => `<object data="javascript:${c}">`,
  (c) => `<embed src="javascript:${c}">`,
  (c) => `<a href="javascript:${c}">x</a>`,
  (c) => `<form action="javascript:${c}"><button>x</button></form>`,
  (c) => `<math><mtext></form><form><mglyph><style></math><img src onerror="${c}">`,
  (c) => `<noscript><p title="</noscript><img src=x onerror='${c}'>">`,
  (c) => `<template><img src=x onerror="${c}"></template>`,
  (c) => `<style>@import 'javascript:${c}';</style>`,
  (c) => `<link rel=stylesheet href="javascript:${c}">`,
  (c) => `<meta http-equiv=refresh content="0;url=javascript:${c}">`,
  (c) => `<base href="javascript:${c}//">`,
  (c) => `javascript:${c}`,
  (c) => `JaVaScRiPt:${c}`,
  (c) => `data:text/html,<script>${c}</script>`,
  (c) => `{{constructor.constructor('${c}')()}}`,
  (c) => `\${${c}}`,
  (c) => `#{${c}}`,
  (c) => `<%= ${c} %>`,
  (c) => `__proto__[x]=${c}`,
  (c) => `';${c};//`,
  (c) => `";${c};//`,
  (c) => `\`;${c};//`,
  (c) => `\\";${c};//`,
  (c) => `*/${c}/*`,
];
/** Ways to leave the place where the name stands. */
const DOORS = [
  (v) => v,
  (v) => `">${v}`,
  (v) => `'>${v}`,
  (v) => `</title>${v}`,
  (v) => `</textarea></script>${v}`,
  (v) => `-->${v}`,
  (v) => `]]>${v}`,
  (v) => `{"a":"${v}`,
];

/** Some 300 texts, the same ones every time. */
export const hostile = DOORS.flatMap((door, d) => VECTORS.map((vector, v) => door(vector(CALL(d * VECTORS.length + v + 1)))));

/** Those that a field of so many bytes can hold. */
export const short = (most) => hostile.filter((text) => Buffer.byteLength(text) <= most);

/** A Graph API whose every name is hostile: the simulator behind a mirror that renames. */
export function hostileGraph(t, simUrl) {
  const names = new Map(); // the same thing keeps its name from call to call
  const rename = (id) => {
    if (!names.has(id)) names.set(id, hostile[names.size % hostile.length]);
    return names.get(id);
  };
  const walk = (value) => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (value && typeof value === 'object')
      for (const [key, item] of Object.entries(value)) {
        if (/^(campaign_|adset_|ad_)?name$/.test(key) && typeof item === 'string') value[key] = rename(`${key} ${item}`);
        else walk(item);
      }
  };
  const server = http.createServer((rq, rs) => {
    const chunks = [];
    rq.on('data', (c) => chunks.push(c));
    rq.on('end', async () => {
      try {
        const headers = { ...rq.headers };
        delete headers.host;
        delete headers['accept-encoding'];
        const reply = await fetch(simUrl + rq.url, {
          method: rq.method, headers, body: ['GET', 'HEAD'].includes(rq.method) ? undefined : Buffer.concat(chunks),
        });
        let text = await reply.text();
        if ((reply.headers.get('content-type') ?? '').includes('json')) {
          const json = JSON.parse(text);
          walk(json);
          text = JSON.stringify(json);
        }
        const kept = {};
        for (const [name, value] of reply.headers)
          if (!/^(content-length|content-encoding|transfer-encoding|connection)$/i.test(name)) kept[name] = value;
        rs.writeHead(reply.status, kept);
        rs.end(text.replaceAll(simUrl, `http://${rq.headers.host}`));
      } catch (e) {
        rs.writeHead(502);
        rs.end(String(e));
      }
    });
  });
  t.after(() => {
    server.closeAllConnections?.();
    server.close();
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ url: `http://127.0.0.1:${server.address().port}`, names }));
  });
}
