/** The permission framework's own client, asking for people with different rights. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { ConfigReader } from '@backstage/config';
import {
  catalogEntityCreatePermission,
  catalogEntityDeletePermission,
  catalogEntityReadPermission,
  catalogLocationDeletePermission,
} from '@backstage/plugin-catalog-common/alpha';
import { PermissionClient, createPermission } from '@backstage/plugin-permission-common';

import { CAST, SERVICE_TOKEN, startHub } from './hub.mjs';

const policyRead = createPermission({
  name: 'policy.entity.read',
  attributes: { action: 'read' },
  resourceType: 'policy-entity',
});
const policyCreate = createPermission({ name: 'policy.entity.create', attributes: { action: 'create' } });
const unknown = createPermission({ name: 'stage.curtain.raise', attributes: {} });

/** The client of a front end or a plugin whose configuration says that permissions are on. */
function clientOf(hub, permission = {}) {
  const config = new ConfigReader({ permission: { enabled: true, ...permission } });
  return new PermissionClient({ discovery: hub.discovery(), config });
}

describe('PermissionClient', () => {
  let hub;
  let client;
  const tokens = {};

  before(async () => {
    hub = await startHub();
    client = clientOf(hub);
    tokens.guest = await hub.guestToken();
    for (const person of ['admin', 'lead', 'stranger']) {
      tokens[person] = await hub.token(CAST[person]);
    }
  });
  after(() => hub?.stop());

  /** The results of the questions in their order. */
  async function decide(person, ...questions) {
    const answers = await client.authorize(questions, { token: tokens[person] });
    return answers.map(({ result }) => result);
  }

  it('allows a guest what his role allows, and nothing else', async () => {
    const results = await decide(
      'guest',
      { permission: catalogEntityReadPermission, resourceRef: CAST.foreign },
      { permission: catalogEntityDeletePermission, resourceRef: CAST.foreign },
      { permission: catalogEntityCreatePermission },
    );

    assert.deepEqual(results, ['ALLOW', 'DENY', 'DENY']);
  });

  it('gives a member the rights of the role that the group holds', async () => {
    const results = await decide(
      'lead',
      { permission: catalogEntityCreatePermission },
      { permission: catalogLocationDeletePermission },
    );

    assert.deepEqual(results, ['ALLOW', 'DENY']);
  });

  it('resolves a conditional decision for each resource', async () => {
    const results = await decide(
      'lead',
      { permission: catalogEntityReadPermission, resourceRef: CAST.owned },
      { permission: catalogEntityReadPermission, resourceRef: CAST.foreign },
      { permission: catalogEntityDeletePermission, resourceRef: CAST.owned },
      { permission: catalogEntityReadPermission, resourceRef: 'component:default/no-such-thing' },
    );

    assert.deepEqual(results, ['ALLOW', 'DENY', 'ALLOW', 'DENY']);
  });

  it('resolves a batch with several resources for one permission', async () => {
    const batching = clientOf(hub, { EXPERIMENTAL_enableBatchedRequests: true });

    const answers = await batching.authorize(
      [CAST.foreign, CAST.owned, CAST.foreign].map((resourceRef) => ({
        permission: catalogEntityReadPermission,
        resourceRef,
      })),
      { token: tokens.lead },
    );

    assert.deepEqual(answers, [{ result: 'DENY' }, { result: 'ALLOW' }, { result: 'DENY' }]);
  });

  it('gives an administrator the policies and the whole catalog, and nothing else', async () => {
    const results = await decide(
      'admin',
      { permission: policyCreate },
      { permission: policyRead, resourceRef: 'role:default/readers' },
      { permission: catalogEntityReadPermission, resourceRef: CAST.foreign },
      { permission: catalogEntityCreatePermission },
    );

    assert.deepEqual(results, ['ALLOW', 'ALLOW', 'ALLOW', 'DENY']);
  });

  it('denies everything to somebody without a role, and an unknown permission to everybody', async () => {
    const forStranger = await decide('stranger', { permission: catalogEntityCreatePermission }, { permission: unknown });
    const forAdmin = await decide('admin', { permission: unknown });

    assert.deepEqual([...forStranger, ...forAdmin], ['DENY', 'DENY', 'DENY']);
  });

  it('takes the same question twice and no question at all', async () => {
    const question = { permission: catalogEntityCreatePermission };

    assert.deepEqual(await decide('lead', question, question), ['ALLOW', 'ALLOW']);
    assert.deepEqual(await decide('lead'), []);
  });

  it('refuses a resource permission without a resource, whatever the decision would be', async () => {
    const expected = {
      name: 'ResponseError',
      statusCode: 400,
      cause: {
        name: 'InputError',
        message:
          'Resource permissions require a resourceRef to be set. ' +
          'Direct user requests without a resourceRef are not allowed.',
      },
    };

    for (const person of ['guest', 'lead', 'stranger']) {
      await assert.rejects(decide(person, { permission: catalogEntityReadPermission }), (error) => {
        assertError(error, expected);
        return true;
      });
    }
  });

  it('refuses the whole batch for one such question', async () => {
    const questions = [{ permission: catalogEntityCreatePermission }, { permission: catalogEntityReadPermission }];

    await assert.rejects(decide('lead', ...questions), { statusCode: 400 });
  });

  it('refuses callers without a token, with a wrong one, and services', async () => {
    const questions = [{ permission: catalogEntityCreatePermission }];

    await assert.rejects(client.authorize(questions), { statusCode: 401 });
    await assert.rejects(client.authorize(questions, { token: 'wrong' }), { statusCode: 401 });
    await assert.rejects(client.authorize(questions, { token: SERVICE_TOKEN }), (error) => {
      assertError(error, {
        statusCode: 403,
        cause: { name: 'NotAllowedError', message: "This endpoint does not allow 'service' credentials" },
      });
      return true;
    });
  });
});

describe('PermissionClient with permissions off', () => {
  let hub;
  before(async () => (hub = await startHub({ permissionEnabled: false })));
  after(() => hub?.stop());

  it('is allowed everything by a hub that it asks all the same', async () => {
    const token = await hub.token(CAST.stranger);
    const questions = [
      { permission: catalogEntityCreatePermission },
      { permission: catalogEntityDeletePermission, resourceRef: CAST.foreign },
    ];

    const answers = await clientOf(hub).authorize(questions, { token });

    assert.deepEqual(answers.map(({ result }) => result), ['ALLOW', 'ALLOW']);
  });

  it('is allowed everything without a request when its own configuration says so', async () => {
    const nowhere = { discovery: () => ({ getBaseUrl: () => assert.fail('no request is needed') }) };
    const client = clientOf(nowhere, { enabled: false });

    assert.deepEqual(await client.authorize([{ permission: catalogEntityCreatePermission }]), [{ result: 'ALLOW' }]);
  });
});

/** Compares the members that are given, so that a failure shows them and not a whole response. */
function assertError(error, { cause, ...members }) {
  const actual = Object.fromEntries(Object.keys(members).map((key) => [key, error[key]]));
  assert.deepEqual(
    { ...actual, cause: { name: error.cause?.name, message: error.cause?.message } },
    { ...members, cause },
  );
}
