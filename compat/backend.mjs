/**
 * Another backend for the tests: a real one of Backstage's, whose permission service is a hub.
 */

import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const COMPAT = dirname(fileURLToPath(import.meta.url));
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 10_000;

/**
 * Starts the backend of `fixtures/props` on `port` and waits until it is ready.
 *
 * @param {{port: number, hub: string}} options the hub by its base URL
 * @returns {Promise<Backend>}
 */
export async function startBackend({ port, hub }) {
  const folder = await mkdtemp(join(tmpdir(), 'callboard-compat-backend-'));
  const config = join(folder, 'app-config.yaml');
  // JSON is YAML.
  await writeFile(config, JSON.stringify(await configuration(folder, port, hub), null, 2));
  const backend = new Backend(folder, `http://127.0.0.1:${port}`, config);
  try {
    await backend.ready();
  } catch (error) {
    await backend.stop();
    throw error;
  }
  return backend;
}

async function configuration(folder, port, hub) {
  const baseUrl = `http://127.0.0.1:${port}`;
  return {
    app: { baseUrl },
    backend: {
      baseUrl,
      listen: { host: '127.0.0.1', port },
      // Without a database, the keys of its plugins are files.
      auth: { pluginKeyStore: { type: 'static', static: { keys: [await keyPair(folder)] } } },
    },
    permission: { enabled: true },
    discovery: {
      endpoints: [{ target: `${hub}/api/{{ pluginId }}`, plugins: ['auth', 'catalog', 'permission'] }],
    },
  };
}

async function keyPair(folder) {
  const [publicKeyFile, privateKeyFile] = [join(folder, 'public.pem'), join(folder, 'private.pem')];
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  await writeFile(publicKeyFile, publicKey);
  await writeFile(privateKeyFile, privateKey);
  return { publicKeyFile, privateKeyFile, keyId: 'props-tests', algorithm: 'ES256' };
}

/** A decision without the random id of its question, which the client leaves in. */
function decision({ id: _, ...rest }) {
  return rest;
}

class Backend {
  #folder;
  #process;
  #output = '';
  #ended;

  constructor(folder, url, config) {
    this.url = url;
    this.#folder = folder;
    this.#process = spawn(process.execPath, [join(COMPAT, 'fixtures/props/backend.mjs'), '--config', config], {
      cwd: COMPAT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_ENV: 'production' },
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.#output += text));
    }
    this.#ended = new Promise((ended) => {
      this.#process.once('error', (error) => ended(`could not be started: ${error.message}`));
      this.#process.once('exit', (code, signal) => ended(`ended with ${signal ?? `status ${code}`}`));
    });
    // A test runner that dies leaves no backend behind.
    process.once('exit', () => this.#process.kill('SIGKILL'));
  }

  /** What it has logged, for messages of failed tests. */
  get output() {
    return this.#output;
  }

  /** What the plugin `props` finds out about the holder of a token. */
  async ask(token) {
    const response = await fetch(`${this.url}/api/props/`, { headers: { authorization: `Bearer ${token}` } });
    if (!response.ok) {
      throw new Error(`the backend answered ${response.status}: ${await response.text()}\n${this.#output}`);
    }
    const { user, counts, reads, list } = await response.json();
    return { user, counts: decision(counts), reads: reads.map(decision), list: decision(list) };
  }

  async ready() {
    let how;
    this.#ended.then((ended) => (how = ended));
    const deadline = Date.now() + START_DEADLINE_MS;
    for (;;) {
      const response = await fetch(`${this.url}/.backstage/health/v1/readiness`).catch(() => undefined);
      if (response?.ok) {
        return;
      }
      if (how !== undefined || Date.now() > deadline) {
        throw new Error(`the backend ${how ?? 'was not ready in time'}\n${this.#output}`);
      }
      await pause(50);
    }
  }

  /** Stops the backend and removes its folder. */
  async stop() {
    this.#process.kill('SIGTERM');
    const timer = new AbortController();
    const late = pause(STOP_DEADLINE_MS, undefined, { signal: timer.signal }).catch(() => undefined);
    await Promise.race([this.#ended, late]);
    timer.abort();
    this.#process.kill('SIGKILL');
    await rm(this.#folder, { recursive: true, force: true });
  }
}
