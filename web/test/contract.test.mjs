// The contract with the server: its golden answers and our fixtures are compiled against
// src/api/types.ts. A file belongs to the longest name in contract.json that begins its own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { root } from './support/load.mjs';

const kinds = JSON.parse(readFileSync(join(root, 'test/contract.json'), 'utf8'));

function jsonFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return jsonFiles(path);
    return entry.name.endsWith('.json') ? [path] : [];
  });
}

function kindOf(path) {
  const name = basename(path, '.json');
  const fits = Object.keys(kinds).filter((kind) => name === kind || name.startsWith(`${kind}_`));
  return kinds[fits.sort((a, b) => b.length - a.length)[0]];
}

function compile(paths) {
  if (paths.length === 0) return '';
  const folder = mkdtempSync(join(tmpdir(), 'contract-'));
  try {
    const types = join(root, 'src/api/types.ts').replace(/\.ts$/, '');
    paths.forEach((path, index) => {
      const kind = kindOf(path);
      const used = kind.match(/\w+/g).join(', ');
      writeFileSync(
        join(folder, `${index}_${basename(path, '.json')}.ts`),
        `import type { ${used} } from ${JSON.stringify(types)};\nexport const answer: ${kind} = ${readFileSync(path, 'utf8')};\n`,
      );
    });
    const options = { module: 'esnext', moduleResolution: 'bundler', target: 'es2022', strict: true, noEmit: true, skipLibCheck: true, types: [] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['*.ts'] }));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const run = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
    return run.status === 0 ? '' : run.stdout + run.stderr;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('every_fixture_is_an_answer_the_server_could_give', () => {
  const paths = jsonFiles(join(root, 'test/fixtures'));
  assert.ok(paths.length > 20);
  for (const path of paths) assert.ok(kindOf(path), `${path}: name its type in test/contract.json`);

  assert.equal(compile(paths), '');
});

test('every_golden_answer_fits_the_types', () => {
  const paths = jsonFiles(join(root, '../tests/golden')).filter((path) => kindOf(path));

  assert.equal(compile(paths), '');
});

test('an_answer_that_does_not_fit_is_noticed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'contract-'));
  const path = join(folder, 'team.json');
  try {
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(join(root, 'test/fixtures/team.json'), 'utf8')), colour: 5 }));

    assert.match(compile([path]), /not assignable/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
