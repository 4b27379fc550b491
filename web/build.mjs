// Builds the UI: node build.mjs --out DIR. With --dev it serves instead of writing; see dev.mjs.
// The rule: what it writes depends on the sources and package-lock.json alone, so that two builds
// of one commit are the same bytes.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';

export const root = dirname(fileURLToPath(import.meta.url));
const compressible = /\.(html|js|css|svg|txt|json)$/;

// What the pages may do. The server sends the same words.
export const csp =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; " +
  "frame-ancestors 'none'; require-trusted-types-for 'script'";

// The canvas painter empties its element with a markup assignment, which Trusted Types refuses.
// The replacement must be found exactly as often as expected, or the build stops.
const trustedTypes = {
  name: 'trusted-types',
  setup(build) {
    build.onLoad({ filter: /zrender[\\/]lib[\\/]canvas[\\/]Painter\.js$/ }, ({ path }) => {
      const parts = readFileSync(path, 'utf8').split(/root\.innerHTML = '';/);
      if (parts.length !== 3) throw new Error(`${path}: expected two places that empty the root`);
      return { contents: parts.join('root.replaceChildren();'), loader: 'js' };
    });
  },
};

const shared = {
  absWorkingDir: root,
  bundle: true,
  write: false,
  metafile: true,
  target: 'es2022',
  legalComments: 'none',
  charset: 'utf8',
  logLevel: 'warning',
  outdir: '/out',
  entryNames: 'assets/[name]-[hash]',
  chunkNames: 'assets/[name]-[hash]',
  assetNames: 'assets/[name]-[hash]',
};

function settings(minify) {
  return [
    {
      ...shared,
      minify,
      entryPoints: ['src/main.tsx', 'src/style/index.css'],
      format: 'esm',
      splitting: true,
      jsx: 'automatic',
      jsxImportSource: 'preact',
      loader: { '.woff2': 'file' },
      plugins: [trustedTypes],
    },
    { ...shared, minify, entryPoints: ['src/boot.ts'], format: 'iife' },
    { ...shared, minify: true, entryPoints: ['src/script/t.ts'], format: 'iife', target: 'es2019', entryNames: 't' },
  ];
}

export function typecheck() {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const run = spawnSync(process.execPath, [tsc, '-p', root], { stdio: 'inherit' });
  if (run.status !== 0) throw new Error('the types do not fit');
}

// Every file of the UI by its name below the site's root, index.html last.
export async function bundle({ minify }) {
  const results = await Promise.all(settings(minify).map((one) => esbuild.build(one)));
  const files = new Map();
  const outputs = {};
  for (const result of results) {
    for (const file of result.outputFiles) files.set(relative('/out', file.path), file.contents);
    for (const [path, meta] of Object.entries(result.metafile.outputs)) {
      outputs[relative('/out', resolve(root, path))] = meta;
    }
  }
  for (const name of readdirSync(join(root, 'static'))) {
    files.set(name, readFileSync(join(root, 'static', name)));
  }
  files.set('licenses.txt', Buffer.from(licences()));
  files.set('index.html', Buffer.from(page(outputs)));
  return { files, outputs };
}

function entryOf(outputs, source) {
  const found = Object.entries(outputs).find(([, meta]) => meta.entryPoint === source);
  if (!found) throw new Error(`nothing was built from ${source}`);
  return found;
}

export function staticImports(outputs, name) {
  return (outputs[name]?.imports ?? [])
    .filter((one) => one.kind === 'import-statement')
    .map((one) => relative('/out', resolve(root, one.path)));
}

function page(outputs) {
  const [app] = entryOf(outputs, 'src/main.tsx');
  const [style] = entryOf(outputs, 'src/style/index.css');
  const [boot] = entryOf(outputs, 'src/boot.ts');
  const fonts = Object.keys(outputs).filter((name) => /inter-(latin|cyrillic)-wght.*woff2$/.test(name));
  const preloads = [
    ...fonts.map((name) => `<link rel="preload" as="font" type="font/woff2" crossorigin href="/${name}">`),
    ...staticImports(outputs, app).map((name) => `<link rel="modulepreload" href="/${name}">`),
  ];
  const later = { overview: 'src/pages/metrics/overview.tsx' };
  for (const locale of ['ru', 'kk', 'en', 'pt']) later[locale] = `src/i18n/${locale}.json`;
  const files = Object.entries(later).map(([name, source]) => ` data-${name}="/${entryOf(outputs, source)[0]}"`);
  return readFileSync(join(root, 'index.html'), 'utf8')
    .replace('%BOOT%', `/${boot}`)
    .replace('%FILES%', files.join(''))
    .replace('%STYLE%', `/${style}`)
    .replace('%APP%', `/${app}`)
    .replace('%PRELOADS%', preloads.join('\n    '))
    .replace(/\n\s*/g, '\n');
}

// The notices that the packages inside the bundle ask for.
function licences() {
  const packages = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies);
  const parts = [...packages, 'zrender', 'tslib'].map((name) => {
    const folder = join(root, 'node_modules', name);
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const texts = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && /^(licen[cs]e|notice|copying)/i.test(entry.name))
      .map((entry) => entry.name)
      .sort();
    return [`${name} ${version}`, ...texts.map((file) => readFileSync(join(folder, file), 'utf8').trim())];
  });
  return parts.map((part) => part.join('\n\n')).join(`\n\n${'-'.repeat(78)}\n\n`) + '\n';
}

function write(out, files) {
  const wire = new Map();
  for (const [name, data] of files) {
    const path = join(out, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, data);
    wire.set(name, data.length);
    if (!compressible.test(name)) continue;
    // Gzip alone: every client takes it, and with brotli beside it the pages would be in the
    // program twice, for a seventh less on the wire.
    const packed = gzipSync(data, { level: 9 });
    if (packed.length >= data.length) continue;
    writeFileSync(`${path}.gz`, packed);
    wire.set(name, packed.length);
  }
  return wire;
}

function report(outputs, wire) {
  const [app] = entryOf(outputs, 'src/main.tsx');
  const [overview] = entryOf(outputs, 'src/pages/metrics/overview.tsx');
  const [locale] = entryOf(outputs, 'src/i18n/ru.json');
  const first = new Set(['index.html', entryOf(outputs, 'src/style/index.css')[0], entryOf(outputs, 'src/boot.ts')[0]]);
  const queue = [app, overview, locale];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (first.has(name)) continue;
    first.add(name);
    queue.push(...staticImports(outputs, name));
  }
  let sum = 0;
  for (const name of first) sum += wire.get(name) ?? 0;
  const chart = Object.entries(outputs).find(([, meta]) => meta.entryPoint === 'src/ui/chart.ts');
  console.log(`web: ${wire.size} files; first paint ${(sum / 1024).toFixed(1)} KB on the wire` +
    (chart ? `; charts ${((wire.get(chart[0]) ?? 0) / 1024).toFixed(1)} KB, loaded after it` : ''));
}

async function main() {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      dev: { type: 'boolean', default: false },
      api: { type: 'string' },
      port: { type: 'string', default: '5173' },
      scene: { type: 'string', default: 'plain' },
    },
  });
  if (values.dev) {
    const { serve } = await import('./dev.mjs');
    await serve(values);
    return;
  }
  if (values.out === undefined || !statSync(root).isDirectory()) {
    throw new Error('usage: node build.mjs --out DIR | --dev [--api URL] [--scene NAME] [--port N]');
  }
  typecheck();
  const { files, outputs } = await bundle({ minify: true });
  report(outputs, write(resolve(values.out), files));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(`web: ${error.message}`);
    process.exit(1);
  });
}
