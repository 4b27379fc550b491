// The program under test as a process: started, listened to, ended, and looked at for sanitizers.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const START_MS = 120_000;
const STOP_MS = 60_000;

/** The binary to test. Without one nothing is tested, and that is a failure. */
export function binary() {
  const file = process.env.TRAFFICD || process.env.TD_BINARY;
  assert.ok(file, 'TRAFFICD (or TD_BINARY) must name the binary under test');
  accessSync(file, constants.X_OK);
  return path.resolve(file);
}

/** Nothing of the caller's settings reaches the program, but for what is given. */
export function environment(more = {}) {
  const kept = {};
  for (const name of ['PATH', 'HOME', 'TMPDIR', 'LC_ALL', 'ASAN_OPTIONS', 'UBSAN_OPTIONS',
    'LSAN_OPTIONS', 'TSAN_OPTIONS'])
    if (process.env[name] !== undefined) kept[name] = process.env[name];
  return { ...kept, ...more };
}

/** A directory that is gone after the test. Short: a socket's path has 108 bytes. */
export function tempDir(t) {
  const dir = mkdtempSync(path.join(tmpdir(), 'td-'));
  t.after(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
}

/** A port nobody listens on now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const SANITIZER = /AddressSanitizer|LeakSanitizer|ThreadSanitizer|MemorySanitizer|runtime error:/;

/** Every line that a sanitizer wrote is a failure, whatever the exit code. */
export function assertSane(stderr, what) {
  const at = stderr.search(SANITIZER);
  assert.ok(at < 0, `${what}: a sanitizer spoke:\n${stderr.slice(Math.max(0, at - 200), at + 6000)}`);
}

/** Runs the program to its end. prefix: words before it, as of setpriv. */
export function run(args, { input = '', env = {}, cwd, within = START_MS, prefix = [] } = {}) {
  return new Promise((resolve, reject) => {
    const [file, ...words] = [...prefix, binary(), ...args];
    const child = spawn(file, words, { env: environment(env), cwd });
    const out = { stdout: '', stderr: '' };
    const timer = setTimeout(() => child.kill('SIGKILL'), within);
    child.stdout.setEncoding('utf8').on('data', (s) => { out.stdout += s; });
    child.stderr.setEncoding('utf8').on('data', (s) => { out.stderr += s; });
    child.stdin.on('error', () => {}); // it may end without reading
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      try {
        assertSane(out.stderr, args.join(' '));
        assert.ok(signal !== 'SIGKILL', `${args.join(' ')} did not end within ${within} ms`);
      } catch (e) {
        reject(e);
        return;
      }
      resolve({ code, signal, ...out });
    });
    child.stdin.end(input);
  });
}

/** The program as a server. Ended, and found sane, when the test is over. */
export class Program {
  constructor(args, env, cwd) {
    this.what = args.join(' ');
    this.stdout = '';
    this.stderr = '';
    this.listeners = new Set();
    this.child = spawn(binary(), args, { env: environment(env), cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout.setEncoding('utf8').on('data', (s) => this.#take('stdout', s));
    this.child.stderr.setEncoding('utf8').on('data', (s) => this.#take('stderr', s));
    this.closed = new Promise((resolve) => {
      this.child.once('error', (e) => {
        this.stderr += `${e}\n`;
        this.isOver = true;
        resolve({ code: null, signal: null });
      });
      this.child.once('close', (code, signal) => {
        this.isOver = true;
        resolve({ code, signal });
        this.#tell();
      });
    });
  }

  #take(stream, text) {
    this[stream] += text;
    this.#tell();
  }

  #tell() {
    for (const listener of this.listeners) listener();
  }

  /** Waits until the stream shows the pattern; its match. Fails at once when the program ends. */
  said(pattern, { stream = 'stdout', within = START_MS } = {}) {
    return new Promise((resolve, reject) => {
      const done = (end) => {
        clearTimeout(timer);
        this.listeners.delete(look);
        end();
      };
      const why = (text) => new Error(`${this.what}: ${text} before ${pattern} was said\n` +
        `${this.stdout.slice(-2000)}\n${this.stderr.slice(-4000)}`);
      const timer = setTimeout(() => done(() => reject(why(`${within} ms went by`))), within);
      const look = () => {
        const match = this[stream].match(pattern);
        if (match) done(() => resolve(match));
        else if (this.isOver) done(() => reject(why('it ended')));
      };
      this.listeners.add(look);
      look();
    });
  }

  /** Ends it as a service manager would. The exit must be clean. */
  async stop() {
    if (!this.isOver) this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    const end = await this.closed;
    clearTimeout(timer);
    assertSane(this.stderr, this.what);
    if (!this.wasKilled)
      assert.deepEqual(end, { code: 0, signal: null }, `${this.what} ended badly:\n${this.stderr.slice(-3000)}`);
    return end;
  }

  /** Ends it as a power cut would. */
  async kill() {
    this.wasKilled = true;
    this.child.kill('SIGKILL');
    await this.closed;
  }

  /** The log's entries with this event. */
  logged(event) {
    return this.stderr.split('\n').filter((line) => line.includes(`"event":"${event}"`))
      .map((line) => JSON.parse(line));
  }
}

/** Starts the program and ends it with the test. */
export function start(t, args, { env = {}, cwd } = {}) {
  const program = new Program(args, env, cwd);
  t.after(() => program.stop());
  return program;
}
