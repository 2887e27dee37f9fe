/** A real Backstage backend that asks the hub for every decision, and is asked by it in turn. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { startBackend } from './backend.mjs';
import { CAST, COMPAT, SERVICE_TOKEN, freePort, startHub } from './hub.mjs';

const LIST_DEADLINE_MS = 30_000;

describe('a backend whose permission service is the hub', () => {
  let hub;
  let backend;
  const tokens = {};

  before(async () => {
    const [port, hubPort] = [await freePort(), await freePort()];
    // First, so that it answers when the hub starts to ask.
    backend = await startBackend({ port, hub: `http://127.0.0.1:${hubPort}` });
    hub = await startHub({
      port: hubPort,
      overlay: {
        discovery: { endpoints: [{ target: `http://127.0.0.1:${port}/api/{{pluginId}}`, plugins: ['props'] }] },
        permission: {
          rbac: {
            pluginsWithPermission: ['props'],
            'policies-csv-file': join(COMPAT, 'fixtures/props/policies.csv'),
            conditionalPoliciesFile: join(COMPAT, 'fixtures/props/conditions.yaml'),
          },
        },
      },
    });
    for (const person of ['guest', 'lead', 'stranger']) {
      tokens[person] = await hub.token(CAST[person]);
    }
  });
  after(async () => {
    await backend?.stop();
    await hub?.stop();
  });

  /** A list of the role editor, once the hub has the plugin's part of it. */
  async function listed(list) {
    const deadline = Date.now() + LIST_DEADLINE_MS;
    for (;;) {
      const response = await hub.fetch(`/api/permission/plugins/${list}`, { token: SERVICE_TOKEN });
      const found = (await response.json()).find(({ pluginId }) => pluginId === 'props');
      if (found || Date.now() > deadline) {
        return found;
      }
      await pause(200);
    }
  }

  it('gives the holder of an unconditional role all of it', async () => {
    const { counts, reads, list, user } = await backend.ask(tokens.lead);

    assert.deepEqual(counts, { result: 'ALLOW' });
    assert.deepEqual(reads, [{ result: 'ALLOW' }, { result: 'ALLOW' }]);
    assert.deepEqual(list, { result: 'ALLOW' });
    assert.equal(user.userEntityRef, CAST.lead);
    assert.ok(user.ownershipEntityRefs.includes(CAST.leadsGroup));
  });

  it('is told by the hub what the person who asks owns, though it has only their limited token', async () => {
    const { user } = await backend.ask(tokens.guest);

    assert.equal(user.userEntityRef, CAST.guest);
    const info = await hub.fetch('/api/auth/v1/userinfo', { token: tokens.guest });
    assert.deepEqual(user.ownershipEntityRefs, (await info.json()).claims.ent);
  });

  it('gets conditions for a list, and the hub resolves them for one resource by asking back', async () => {
    const { counts, reads, list } = await backend.ask(tokens.guest);

    assert.deepEqual(counts, { result: 'DENY' });
    assert.deepEqual(reads, [{ result: 'ALLOW' }, { result: 'DENY' }]);
    assert.deepEqual(list, {
      result: 'CONDITIONAL',
      pluginId: 'props',
      resourceType: 'prop',
      conditions: {
        anyOf: [{ rule: 'IS_KEPT_BY', resourceType: 'prop', params: { keepers: [CAST.guest] } }],
      },
    });
  });

  it('denies everything to somebody without a role', async () => {
    const { counts, reads, list } = await backend.ask(tokens.stranger);

    assert.deepEqual([counts, ...reads, list], Array(4).fill({ result: 'DENY' }));
  });

  it('is asked by the hub for a person who asks the hub directly', async () => {
    const question = (resourceRef) => ({
      id: resourceRef,
      resourceRef,
      permission: { type: 'resource', name: 'props.read', attributes: { action: 'read' }, resourceType: 'prop' },
    });
    const response = await hub.fetch('/api/permission/authorize', {
      method: 'POST',
      token: tokens.guest,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ items: [question('crown'), question('skull'), question('sword')] }),
    });

    const { items } = await response.json();
    const results = items.map(({ id, result }) => [id, result]);
    assert.deepEqual(results, [['crown', 'ALLOW'], ['skull', 'DENY'], ['sword', 'DENY']], backend.output);
  });

  it('tells its permissions and rules to the role editor of the hub', async () => {
    const { policies } = await listed('policies');
    const { rules } = await listed('condition-rules');

    assert.deepEqual(
      policies.map(({ name, policy, resourceType }) => [name, policy, resourceType]),
      [['props.read', 'read', 'prop'], ['props.count', 'use', undefined]],
    );
    assert.deepEqual(rules.map(({ name, resourceType }) => [name, resourceType]), [['IS_KEPT_BY', 'prop']]);
    assert.deepEqual(rules[0].paramsSchema.required, ['keepers']);
  });

  it('refuses whoever it does not know', async () => {
    await assert.rejects(backend.ask('garbage'), /401/);
  });
});
