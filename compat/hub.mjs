/**
 * A hub for the tests: the binary, on a free loopback port, with the example organisation and
 * the roles of `fixtures/`, its database in a temporary folder.
 */

import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The folder of these tests. */
export const COMPAT = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(COMPAT, '..');
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 10_000;

/** A token for services, which no policy judges. */
export const SERVICE_TOKEN = 'compatibility-tests-only-0123456789';

/** Who the example's people are to these tests, and what they own. */
export const CAST = {
  guest: 'user:default/guest',
  admin: 'user:default/compat-admin',
  lead: 'user:default/kwame.mensah',
  leadsGroup: 'group:default/payments',
  stranger: 'user:default/compat-stranger',
  owned: 'component:default/payments-gateway',
  foreign: 'component:default/box-office-api',
};

/**
 * Starts a hub and waits until it is ready.
 *
 * @param {{port?: number, permissionEnabled?: boolean, overlay?: object}} [options]
 *   `overlay` is configuration above all other
 * @returns {Promise<Hub>}
 */
export async function startHub({ port, permissionEnabled = true, overlay = {} } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'callboard-compat-'));
  port ??= await freePort();
  const configs = ['--config', 'app-config.yaml'];
  for (const [name, content] of Object.entries({ compat: configuration(folder, port, permissionEnabled), overlay })) {
    const path = join(folder, `app-config.${name}.yaml`);
    // JSON is YAML.
    await writeFile(path, JSON.stringify(content, null, 2));
    configs.push('--config', path);
  }
  const hub = new Hub(folder, `http://127.0.0.1:${port}`, configs);
  try {
    await hub.ready();
  } catch (error) {
    await hub.stop();
    throw error;
  }
  return hub;
}

function configuration(folder, port, permissionEnabled) {
  const baseUrl = `http://127.0.0.1:${port}`;
  return {
    app: { baseUrl },
    backend: {
      baseUrl,
      listen: { host: '127.0.0.1', port },
      database: { client: 'better-sqlite3', connection: { directory: join(folder, 'data') } },
      auth: {
        externalAccess: [{ type: 'static', options: { token: SERVICE_TOKEN, subject: 'compatibility-tests' } }],
      },
    },
    auth: { providers: { guest: { userEntityRef: CAST.guest, dangerouslyAllowOutsideDevelopment: true } } },
    permission: {
      enabled: permissionEnabled,
      rbac: {
        admin: { users: [{ name: CAST.admin }], superUsers: [] },
        'policies-csv-file': join(COMPAT, 'fixtures/policies.csv'),
        conditionalPoliciesFile: join(COMPAT, 'fixtures/conditions.yaml'),
        // What the example sets beside its files must not reach these tests.
        defaultPermissions: null,
        maxDepth: null,
        policyDecisionPrecedence: null,
      },
    },
    callboard: { metrics: { port: false } },
  };
}

class Hub {
  #folder;
  #configs;
  #process;
  #output = '';
  #ended;

  constructor(folder, url, configs) {
    this.url = url;
    this.#folder = folder;
    this.#configs = configs;
    this.#process = spawn(binary(), ['serve', ...configs], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.#output += text));
    }
    this.#ended = new Promise((ended) => {
      this.#process.once('error', (error) => ended(`could not be started: ${error.message}`));
      this.#process.once('exit', (code, signal) => ended(`ended with ${signal ?? `status ${code}`}`));
    });
    // A test runner that dies leaves no hub behind.
    process.once('exit', () => this.#process.kill('SIGKILL'));
  }

  /** Where a plugin's REST interface begins; this is what the clients ask of a discovery service. */
  discovery() {
    return { getBaseUrl: async (plugin) => `${this.url}/api/${plugin}` };
  }

  /** A request without a client. */
  fetch(path, { token, ...init } = {}) {
    const headers = { ...(token && { authorization: `Bearer ${token}` }), ...init.headers };
    return fetch(`${this.url}${path}`, { ...init, headers });
  }

  /** A token as an administrator at the machine makes one. */
  async token(user) {
    const { stdout } = await promisify(execFile)(binary(), ['token', ...this.#configs, '--user', user], { cwd: ROOT });
    return stdout.trim();
  }

  /** A token as the sign-in page of a Backstage front end gets one for guests. */
  async guestToken() {
    const response = await this.fetch('/api/auth/guest/refresh', { method: 'POST' });
    if (!response.ok) {
      throw new Error(`guest sign-in answered ${response.status}: ${await response.text()}`);
    }
    return (await response.json()).backstageIdentity.token;
  }

  async ready() {
    let isEnded = false;
    const ended = this.#ended.then((how) => {
      isEnded = true;
      throw new Error(`the hub ${how} before it was ready\n${this.#output}`);
    });
    await Promise.race([ended, this.#answersReady(() => isEnded)]);
  }

  async #answersReady(isEnded) {
    const deadline = Date.now() + START_DEADLINE_MS;
    while (!isEnded()) {
      const response = await this.fetch('/.backstage/health/v1/readiness').catch(() => undefined);
      if (response?.ok) {
        return;
      }
      if (Date.now() > deadline) {
        throw new Error(`the hub was not ready after ${START_DEADLINE_MS / 1000} s\n${this.#output}`);
      }
      await pause(50);
    }
  }

  /** Stops the hub as a service manager does, and removes its folder. */
  async stop() {
    this.#process.kill('SIGTERM');
    const timer = new AbortController();
    const late = pause(STOP_DEADLINE_MS, 'late', { signal: timer.signal }).catch(() => undefined);
    const how = await Promise.race([this.#ended, late]);
    timer.abort();
    this.#process.kill('SIGKILL');
    await rm(this.#folder, { recursive: true, force: true });
    if (how === 'late') {
      throw new Error(`the hub did not stop within ${STOP_DEADLINE_MS / 1000} s\n${this.#output}`);
    }
  }
}

let found;

/** The binary under test: `CALLBOARD_BIN`, else the one of the development profile. */
function binary() {
  found ??= process.env.CALLBOARD_BIN ?? join(targetDirectory(), 'debug/callboard');
  return found;
}

function targetDirectory() {
  const metadata = execFileSync('cargo', ['metadata', '--format-version', '1', '--no-deps', '--offline'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(metadata).target_directory;
}

/** A port that was free a moment ago. */
export function freePort() {
  return new Promise((resolvePort, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolvePort(port));
    });
  });
}
