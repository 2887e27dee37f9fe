/**
 * The permissions, helpers and types that RBAC front ends and automation are written with: every
 * endpoint of the authorization guide is called, and each answer is compiled against its type.
 */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import {
  CONDITION_ALIAS_SIGN,
  ConditionalAliases,
  PermissionActionValues,
  RESOURCE_TYPE_POLICY_ENTITY,
  UnauthorizedError,
  isResourcedPolicy,
  isValidPermissionAction,
  policyEntityCreatePermission,
  policyEntityDeletePermission,
  policyEntityPermissions,
  policyEntityReadPermission,
  policyEntityUpdatePermission,
  toPermissionAction,
} from '@backstage-community/plugin-rbac-common';
import { ConfigReader } from '@backstage/config';
import { PermissionClient } from '@backstage/plugin-permission-common';
import ts from 'typescript';

import { CAST, COMPAT, startHub } from './hub.mjs';

const ROLE = 'role:default/ushers';
const ROLE_PATH = 'roles/role/default/ushers';
const POLICY_PATH = 'policies/role/default/ushers';
const OWN = `${CONDITION_ALIAS_SIGN}${ConditionalAliases.OWNER_REFS}`;

const CONDITION = {
  result: 'CONDITIONAL',
  roleEntityRef: ROLE,
  pluginId: 'catalog',
  resourceType: 'catalog-entity',
  permissionMapping: ['read'],
  conditions: {
    anyOf: [
      { rule: 'IS_ENTITY_OWNER', resourceType: 'catalog-entity', params: { claims: [OWN] } },
      { not: { rule: 'IS_ENTITY_KIND', resourceType: 'catalog-entity', params: { kinds: ['API'] } } },
    ],
  },
};

/** What the hub says beyond the types; anything else that they do not have is an error. */
const DECLARATIONS = `
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import type {
  PermissionAction, PermissionDependentPluginList, PermissionInfo, PluginPermissionMetaData, PolicyDetails, Role,
  RoleBasedPolicy, RoleConditionalPolicyDecision, Source,
} from '@backstage-community/plugin-rbac-common';

export type HubRole = Role & { metadata?: { isDefault?: boolean } };
export type HubPolicies = Omit<PluginPermissionMetaData, 'policies'>
  & { policies: (PolicyDetails & { resourceType?: string; permission: string; isResourced: boolean })[] };
export type Rules = { pluginId: string; rules: {
  name: string; description?: string; resourceType: string; paramsSchema?: object;
}[] };
export type Id = { id: number };
`;

/** What the compiler says about answers, each with the type that it should have. */
function compile(answers) {
  const name = join(COMPAT, 'answers.ts');
  const values = answers.map(({ type, answer }, at) => {
    const literal = JSON.stringify(answer, null, 1).replaceAll(
      '"result": "CONDITIONAL"',
      '"result": AuthorizeResult.CONDITIONAL',
    );
    return `export const answer${at}: ${type} = ${literal};`;
  });
  const text = `${DECLARATIONS}\n${values.join('\n')}\n`;
  const options = {
    noEmit: true,
    strict: true,
    // The original sends null, too, where its types say that a member may be absent.
    strictNullChecks: false,
    skipLibCheck: true,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ES2022,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (file) => file === name || fileExists.call(host, file);
  host.readFile = (file) => (file === name ? text : readFile.call(host, file));
  host.getSourceFile = (file, ...rest) =>
    file === name
      ? ts.createSourceFile(file, text, options.target, true)
      : getSourceFile.call(host, file, ...rest);
  const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([name], options, host));
  return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe('the interface of roles', () => {
  let hub;
  let token;
  const typed = [];

  before(async () => {
    hub = await startHub({
      overlay: { permission: { rbac: { pluginsWithPermission: ['catalog', 'permission'] } } },
    });
    token = await hub.token(CAST.admin);
  });
  after(() => hub?.stop());

  /** One request; its answer is kept for the compiler when it has a type. */
  async function call(method, path, { body, status = 200, type } = {}) {
    const response = await hub.fetch(`/api/permission/${path}`, {
      method,
      token,
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    assert.equal(response.status, status, `${method} ${path}: ${text}`);
    const answer = text === '' ? undefined : JSON.parse(text);
    if (type) {
      typed.push({ type, answer });
    }
    return answer;
  }

  it('knows the permissions of the package', async () => {
    const { permissions } = await call('GET', '.well-known/backstage/permissions/metadata');

    const byName = (list) => Object.fromEntries(list.map((permission) => [permission.name, permission]));
    assert.deepEqual(byName(permissions), byName(policyEntityPermissions));
    assert.equal(policyEntityReadPermission.resourceType, RESOURCE_TYPE_POLICY_ENTITY);
  });

  it('decides about them', async () => {
    const config = new ConfigReader({ permission: { enabled: true } });
    const client = new PermissionClient({ discovery: hub.discovery(), config });
    const questions = [
      { permission: policyEntityCreatePermission },
      ...[policyEntityReadPermission, policyEntityUpdatePermission, policyEntityDeletePermission].map(
        (permission) => ({ permission, resourceRef: 'role:default/rbac_admin' }),
      ),
    ];

    for (const [person, expected] of [['admin', 'ALLOW'], ['stranger', 'DENY']]) {
      const answers = await client.authorize(questions, { token: await hub.token(CAST[person]) });
      assert.deepEqual(answers.map(({ result }) => result), questions.map(() => expected));
    }
  });

  it('lets the front end in, and answers others as unauthorized', async () => {
    assert.deepEqual(await call('GET', ''), { status: 'Authorized' });

    const response = await hub.fetch('/api/permission/', { token: await hub.token(CAST.stranger) });
    const { error } = await response.json();
    assert.equal(response.status, 403);
    assert.equal(error.name, 'NotAllowedError');
    assert.equal(new UnauthorizedError().name, error.name);
  });

  it('creates, reads and updates roles', async () => {
    const member = { name: ROLE, memberReferences: ['group:default/ushers'] };
    await call('POST', 'roles', { status: 201, body: { ...member, metadata: { description: 'who show seats' } } });
    await call('PUT', ROLE_PATH, {
      body: { oldRole: member, newRole: { name: ROLE, memberReferences: [CAST.lead, 'user:default/second'] } },
    });
    await call('DELETE', `${ROLE_PATH}?memberReferences=user:default/second`, { status: 204 });

    const [role] = await call('GET', ROLE_PATH, { type: 'HubRole[]' });
    const all = await call('GET', 'roles', { type: 'HubRole[]' });

    assert.deepEqual(role.memberReferences, [CAST.lead]);
    assert.equal(role.metadata.source, 'rest');
    assert.equal(role.metadata.owner, CAST.admin);
    assert.ok(all.some(({ name }) => name === ROLE));
    assert.ok(all.some(({ metadata }) => metadata.source === 'csv-file'));
  });

  it('adds, replaces, filters and removes policies', async () => {
    const policy = (permission, action, effect) => ({ entityReference: ROLE, permission, policy: action, effect });
    const read = policy('catalog-entity', 'read', 'allow');
    const create = policy('catalog.entity.create', 'create', 'allow');
    const refuse = policy('catalog.entity.create', 'create', 'deny');
    await call('POST', 'policies', { status: 201, body: [read, create] });
    await call('PUT', POLICY_PATH, { body: { oldPolicy: [create], newPolicy: [refuse] } });

    const own = await call('GET', POLICY_PATH, { type: 'RoleBasedPolicy[]' });
    const query = new URLSearchParams({ entityRef: ROLE, permission: 'catalog-entity', policy: 'read', effect: 'allow' });
    const found = await call('GET', `policies?${query}`, { type: 'RoleBasedPolicy[]' });
    await call('GET', 'policies', { type: 'RoleBasedPolicy[]' });

    const metadata = { source: 'rest' };
    assert.deepEqual(own, [{ ...read, metadata }, { ...refuse, metadata }]);
    assert.deepEqual(found, [{ ...read, metadata }]);

    // The form of the newest server, and those that the guide of 1.4 shows.
    await call('DELETE', POLICY_PATH, { status: 204, body: [read] });
    await call('DELETE', `${POLICY_PATH}?permission=catalog.entity.create&policy=create&effect=deny`, { status: 204 });
    await call('GET', POLICY_PATH, { status: 404 });
    await call('POST', 'policies', { status: 201, body: [create] });
    await call('DELETE', POLICY_PATH, { status: 204 });
  });

  it('refuses actions that are none of the package', async () => {
    const body = [{ entityReference: ROLE, permission: 'catalog-entity', policy: 'paint', effect: 'allow' }];

    const { error } = await call('POST', 'policies', { status: 400, body });

    assert.ok(!isValidPermissionAction('paint'));
    assert.ok(error.message.endsWith(`It should be one of: ${PermissionActionValues.join(', ')}`), error.message);
  });

  it('takes conditions with actions as 1.4 writes them, and with names as newer servers do', async () => {
    const named = { ...CONDITION, permissionMapping: [{ name: 'catalog.entity.delete', action: 'delete' }] };
    const { id } = await call('POST', 'roles/conditions', { status: 201, body: CONDITION, type: 'Id' });
    const second = await call('POST', 'roles/conditions', { status: 201, body: named, type: 'Id' });
    await call('PUT', `roles/conditions/${id}`, { body: { ...CONDITION, permissionMapping: ['read', 'update'] } });

    const query = new URLSearchParams({ roleEntityRef: ROLE, pluginId: 'catalog', resourceType: 'catalog-entity' });
    const found = await call('GET', `roles/conditions?${query}&actions=read&actions=update`, {
      type: 'RoleConditionalPolicyDecision<PermissionAction>[]',
    });
    const one = await call('GET', `roles/conditions/${second.id}`, {
      type: 'RoleConditionalPolicyDecision<PermissionInfo>',
    });
    await call('GET', 'roles/conditions', {
      type: 'RoleConditionalPolicyDecision<PermissionAction | PermissionInfo>[]',
    });

    assert.deepEqual(found, [{ ...CONDITION, id, permissionMapping: ['read', 'update'] }]);
    assert.deepEqual(one, { ...named, id: second.id });
    for (const gone of [id, second.id]) {
      await call('DELETE', `roles/conditions/${gone}`, { status: 204 });
      await call('GET', `roles/conditions/${gone}`, { status: 404 });
    }
  });

  it('lists what plugins declare, in the words of the package', async () => {
    const plugins = await call('GET', 'plugins/policies', { type: 'HubPolicies[]' });
    const rules = await call('GET', 'plugins/condition-rules', { type: 'Rules[]' });

    const catalog = plugins.find(({ pluginId }) => pluginId === 'catalog');
    for (const policy of catalog.policies) {
      assert.ok(isValidPermissionAction(policy.policy), policy.policy);
      assert.equal(isResourcedPolicy(policy), policy.isResourced);
    }
    const own = plugins.find(({ pluginId }) => pluginId === 'permission');
    for (const permission of policyEntityPermissions) {
      const policy = own.policies.find(({ name }) => name === permission.name);
      assert.equal(policy.policy, toPermissionAction(permission.attributes));
    }
    const names = rules.flatMap((plugin) => plugin.rules.map(({ name }) => name));
    assert.ok(names.includes('IS_OWNER') && names.includes('IS_ENTITY_OWNER'), names.join());
  });

  it('keeps plugin ids', async () => {
    const type = 'PermissionDependentPluginList';
    const before = await call('GET', 'plugins/id', { type });

    const added = await call('POST', 'plugins/id', { body: { ids: ['props'] }, type });
    const removed = await call('DELETE', 'plugins/id', { body: { ids: ['props'] }, type });

    assert.deepEqual(added.ids, [...before.ids, 'props']);
    assert.deepEqual(removed, before);
  });

  it('removes roles, and creates them under their path as the guide of 1.4 does', async () => {
    await call('DELETE', ROLE_PATH, { status: 204 });
    await call('GET', ROLE_PATH, { status: 404 });
    await call('POST', ROLE_PATH, { status: 201, body: { memberReferences: [CAST.lead] } });
    await call('DELETE', ROLE_PATH, { status: 204 });
  });

  it('answers what the types say', () => {
    assert.ok(typed.length >= 14, `${typed.length} answers`);
    assert.deepEqual(compile(typed), []);
  });
});

describe('the compiler', () => {
  it('refuses an answer that has another type, or more than is known', () => {
    const role = { name: ROLE, memberReferences: [] };
    const wrong = [
      { type: 'HubRole', answer: { ...role, memberReferences: CAST.lead } },
      { type: 'HubRole', answer: { ...role, metadata: { colour: 'red' } } },
      { type: 'RoleConditionalPolicyDecision<PermissionAction>', answer: { ...CONDITION, id: 1, permissionMapping: ['paint'] } },
    ];

    assert.deepEqual(compile([{ type: 'HubRole', answer: role }]), []);
    for (const answer of wrong) {
      assert.equal(compile([answer]).length, 1, JSON.stringify(answer));
    }
  });
});
