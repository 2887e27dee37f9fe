/** Every method of the catalog's own client, for callers who may all, some and nothing. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { CatalogClient } from '@backstage/catalog-client';
import { entitySchemaValidator, stringifyEntityRef } from '@backstage/catalog-model';

import { CAST, COMPAT, SERVICE_TOKEN, startHub } from './hub.mjs';

const DEADLINE_MS = 20_000;
const KEEPER = 'user:default/compat-keeper';

/** Parts of the client that are private, though the language shows them. */
const PRIVATE = [
  'constructor',
  'getEntityFacetsByPredicate',
  'getFilterValue',
  'queryEntitiesByPredicate',
  'requestIgnored',
  'requestOptional',
  'requestRequired',
];

const validate = entitySchemaValidator();

const component = (name, owner = 'payments') => `---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: ${name}}
spec: {type: service, lifecycle: production, owner: ${owner}}
`;

/** Pages on a loopback port, to register. */
class Site {
  #pages = new Map();
  #server = createServer((request, response) => {
    const page = this.#pages.get(request.url);
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/plain' }).end(page);
  });

  async start() {
    await new Promise((listening) => this.#server.listen(0, '127.0.0.1', listening));
    this.host = `127.0.0.1:${this.#server.address().port}`;
  }

  put(path, text) {
    this.#pages.set(path, text);
    return `http://${this.host}${path}`;
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describe('every method of CatalogClient', () => {
  const site = new Site();
  const called = new Set();
  let hub;
  let client;
  let keeper;
  let lead;
  let stranger;

  before(async () => {
    await site.start();
    hub = await startHub({
      overlay: {
        backend: { reading: { allow: [{ host: site.host, allowPrivateAddresses: true }] } },
        permission: {
          rbac: {
            'policies-csv-file': join(COMPAT, 'fixtures/catalog-policies.csv'),
            conditionalPoliciesFile: join(COMPAT, 'fixtures/catalog-conditions.yaml'),
          },
        },
      },
    });
    const plain = new CatalogClient({ discoveryApi: hub.discovery() });
    client = new Proxy(plain, {
      get(target, name) {
        called.add(name);
        return target[name].bind(target);
      },
    });
    const tokens = [KEEPER, CAST.lead, CAST.stranger].map(async (user) => ({ token: await hub.token(user) }));
    [keeper, lead, stranger] = await Promise.all(tokens);
  });
  after(async () => {
    site.stop();
    await hub?.stop();
  });

  /** Waits for what the hub does on its own. */
  const eventually = async (what, holds) => {
    const deadline = Date.now() + DEADLINE_MS;
    while (!(await holds())) {
      assert.ok(Date.now() < deadline, `${what} in time`);
      await pause(50);
    }
  };
  const isThere = (ref) => async () => (await client.getEntityByRef(ref, keeper)) !== undefined;
  const isGone = (ref) => async () => !(await isThere(ref)());
  const refused = (promise) =>
    assert.rejects(promise, (error) => {
      assert.equal(error.statusCode, 403);
      assert.equal(error.cause.name, 'NotAllowedError');
      assert.equal(error.cause.message, '');
      return true;
    });
  const register = async (path, text) => {
    const { location } = await client.addLocation({ target: site.put(path, text) }, keeper);
    return location;
  };

  it('addLocation registers once, reads again on conflict, and shows what it would bring', async () => {
    const target = site.put('/shown.yaml', component('shown'));

    const shown = await client.addLocation({ target, dryRun: true }, keeper);
    assert.equal(shown.exists, false);
    assert.equal(shown.location.id, `url:${target}`);
    assert.deepEqual(
      shown.entities.map((entity) => validate(entity).kind),
      ['Location', 'Component'],
    );
    assert.equal(await client.getEntityByRef('component:default/shown', keeper), undefined);

    const { location, entities } = await client.addLocation({ target }, keeper);
    assert.deepEqual(entities, []);
    assert.deepEqual(Object.keys(location).sort(), ['entityRef', 'id', 'target', 'type']);
    await eventually('it is read', isThere('component:default/shown'));
    await eventually('its location is there', isThere(location.entityRef));
    await assert.rejects(client.addLocation({ target }, keeper), { statusCode: 409 });
    const again = await client.addLocation({ target, onConflict: 'refresh' }, keeper);
    assert.deepEqual(again.location, location);
    assert.equal((await client.addLocation({ target, dryRun: true }, keeper)).exists, true);

    for (const caller of [lead, stranger]) {
      await refused(client.addLocation({ target }, caller));
      await refused(client.addLocation({ target, dryRun: true }, caller));
    }
    await assert.rejects(client.addLocation({ type: 'file', target: '/etc/passwd' }, keeper), { statusCode: 400 });
    await assert.rejects(client.addLocation({ target: `http://${site.host}/none`, dryRun: true }, keeper), {
      statusCode: 400,
    });
  });

  it('finds locations by id, reference, entity and predicate', async () => {
    const location = await register('/found.yaml', component('found'));
    await eventually('it is read', isThere('component:default/found'));
    const ref = `url:${location.target}`;

    for (const caller of [keeper, lead]) {
      const { items } = await client.getLocations({}, caller);
      assert.ok(items.some(({ id }) => id === location.id));
      assert.deepEqual(await client.getLocationById(location.id, caller), location);
      assert.deepEqual(await client.getLocationByRef(ref, caller), location);
      assert.deepEqual(await client.getLocationByEntity('component:default/found', caller), location);
      const query = { $all: [{ type: 'url' }, { target: { $hasPrefix: location.target } }] };
      const found = await client.queryLocations({ query }, caller);
      assert.deepEqual(found, { items: [location], totalItems: 1, pageInfo: {} });
    }
    assert.deepEqual(await client.getLocations({}, stranger), { items: [] });
    assert.equal(await client.getLocationById(location.id, stranger), undefined);
    assert.equal(await client.getLocationByRef(ref, stranger), undefined);
    assert.equal(await client.getLocationByEntity('component:default/found', stranger), undefined);
    assert.deepEqual(await client.queryLocations({}, stranger), { items: [], totalItems: 0, pageInfo: {} });
    await assert.rejects(client.queryLocations({ query: { kind: 'x' } }, keeper), { statusCode: 400 });
    await assert.rejects(client.queryLocations({ cursor: 'x' }, keeper), { statusCode: 400 });
  });

  it('walks and streams locations', async () => {
    for (const name of ['w1', 'w2', 'w3']) {
      await register(`/${name}.yaml`, component(name));
    }
    const all = (await client.getLocations({}, keeper)).items;

    const streamed = [];
    for await (const page of client.streamLocations({ limit: 2 }, keeper)) {
      assert.ok(page.length <= 2);
      streamed.push(...page);
    }

    const ids = (locations) => locations.map(({ id }) => id).sort();
    assert.deepEqual(ids(streamed), ids(all));
    for await (const page of client.streamLocations({}, stranger)) {
      assert.fail(`a page of ${page.length} locations`);
    }
  });

  it('updateLocation has a location lead elsewhere', async () => {
    const location = await register('/before.yaml', component('before'));
    await eventually('it is read', isThere('component:default/before'));
    const target = site.put('/after.yaml', component('after'));

    for (const caller of [lead, stranger]) {
      await refused(client.updateLocation(location.id, { target }, caller));
    }
    const moved = await client.updateLocation(location.id, { target }, keeper);

    assert.deepEqual([moved.id, moved.target], [location.id, target]);
    await eventually('the new place is read', isThere('component:default/after'));
    await eventually('the old one is gone', isGone('component:default/before'));
    await assert.rejects(client.updateLocation('none', { target: `${target}?` }, keeper), { statusCode: 404 });
  });

  it('removeLocationById removes what came from it', async () => {
    const location = await register('/gone.yaml', component('gone'));
    await eventually('it is read', isThere('component:default/gone'));

    for (const caller of [lead, stranger]) {
      await refused(client.removeLocationById(location.id, caller));
      await refused(client.removeLocationById('none', caller));
    }
    await client.removeLocationById(location.id, keeper);

    assert.equal(await client.getEntityByRef('component:default/gone', keeper), undefined);
    await assert.rejects(client.removeLocationById(location.id, keeper), { statusCode: 404 });
  });

  it('removeEntityByUid and refreshEntity go by the condition', async () => {
    await register('/own.yaml', component('own') + component('foreign', 'somebody'));
    await eventually('both are read', isThere('component:default/foreign'));
    const uid = async (name) => (await client.getEntityByRef(`component:default/${name}`, keeper)).metadata.uid;
    const [own, foreign] = [await uid('own'), await uid('foreign')];

    await client.refreshEntity('component:default/own', lead);
    await client.refreshEntity('component:default/foreign', keeper);
    await refused(client.refreshEntity('component:default/foreign', lead));
    await refused(client.refreshEntity('component:default/own', stranger));
    await refused(client.refreshEntity('component:default/none', lead));
    await assert.rejects(client.refreshEntity('component:default/none', keeper), { statusCode: 404 });

    await refused(client.removeEntityByUid(foreign, lead));
    await refused(client.removeEntityByUid('none', lead));
    await refused(client.removeEntityByUid(own, stranger));
    await client.removeEntityByUid(own, lead);
    assert.equal(await client.getEntityByRef('component:default/own', keeper), undefined);
    await client.removeEntityByUid(foreign, keeper);
    await client.removeEntityByUid('none', keeper);
  });

  it('validateEntity and analyzeLocation are for those who may', async () => {
    const entity = {
      apiVersion: 'backstage.io/v1alpha1',
      kind: 'Component',
      metadata: { name: 'a' },
      spec: { type: 'service', lifecycle: 'production', owner: 'payments' },
    };
    const target = 'https://github.com/lantern/box-office';
    const location = { type: 'url', target };

    assert.deepEqual(await client.validateEntity(entity, `url:${target}`, keeper), { valid: true });
    const { valid, errors } = await client.validateEntity({ ...entity, spec: {} }, `url:${target}`, keeper);
    assert.equal(valid, false);
    assert.match(errors[0].message, /must have required property/);
    const { existingEntityFiles, generateEntities } = await client.analyzeLocation({ location }, keeper);
    assert.deepEqual(existingEntityFiles, []);
    assert.equal(generateEntities[0].entity.metadata.name, 'box-office');
    await assert.rejects(client.analyzeLocation({ location: { type: 'url', target: 'nothing' } }, keeper), {
      statusCode: 400,
    });
    for (const caller of [lead, stranger]) {
      await refused(client.validateEntity(entity, `url:${target}`, caller));
      await refused(client.analyzeLocation({ location }, caller));
    }
  });

  it('reads of every form show the same entities to the same caller', async () => {
    const shown = new Map();
    for (const [name, caller] of Object.entries({ keeper, lead, stranger })) {
      const { items } = await client.getEntities({ filter: { kind: 'component' } }, caller);
      const refs = items.map((entity) => stringifyEntityRef(validate(entity)));
      shown.set(name, refs);
      const sorted = [...refs].sort();

      const streamed = [];
      for await (const page of client.streamEntities({ filter: { kind: 'component' }, pageSize: 3 }, caller)) {
        streamed.push(...page.map(stringifyEntityRef));
      }
      assert.deepEqual(streamed.sort(), sorted);

      const request = { query: { kind: 'component' }, limit: 4, orderFields: { field: 'metadata.name', order: 'asc' } };
      const pages = [await client.queryEntities(request, caller)];
      while (pages.at(-1).pageInfo.nextCursor) {
        pages.push(await client.queryEntities({ cursor: pages.at(-1).pageInfo.nextCursor, limit: 4 }, caller));
        assert.ok(pages.length <= refs.length, 'the pages do not end');
      }
      assert.deepEqual(pages.flatMap((page) => page.items.map(stringifyEntityRef)).sort(), sorted);
      assert.deepEqual(new Set(pages.map(({ totalItems }) => totalItems)), new Set([refs.length]));
      if (pages.length > 1) {
        const back = await client.queryEntities({ cursor: pages[1].pageInfo.prevCursor, limit: 4 }, caller);
        assert.deepEqual(back.items, pages[0].items);
      }

      const { facets } = await client.getEntityFacets({ facets: ['kind'], filter: { kind: 'component' } }, caller);
      assert.deepEqual(facets.kind, refs.length ? [{ value: 'Component', count: refs.length }] : []);

      const entityRefs = shown.get('keeper');
      const query = { kind: 'component' };
      const { items: byRefs } = await client.getEntitiesByRefs({ entityRefs, query }, caller);
      assert.deepEqual(
        byRefs.map((entity) => entity && stringifyEntityRef(entity)),
        entityRefs.map((ref) => (refs.includes(ref) ? ref : undefined)),
      );

      for (const ref of [CAST.owned, CAST.foreign]) {
        const [, compound] = ref.split(':');
        const [namespace, entityName] = compound.split('/');
        const isShown = refs.includes(ref);
        const one = await client.getEntityByRef(ref, caller);
        const same = await client.getEntityByName({ kind: 'Component', namespace, name: entityName }, caller);
        assert.equal(one !== undefined, isShown, `${ref} for ${name}`);
        assert.deepEqual(same, one);
        if (isShown) {
          const { items: above } = await client.getEntityAncestors({ entityRef: ref }, caller);
          assert.equal(stringifyEntityRef(above[0].entity), ref);
          // Whoever reads components alone sees nothing above them.
          assert.equal(above.length > 1, name === 'keeper');
        } else {
          await refused(client.getEntityAncestors({ entityRef: ref }, caller));
        }
      }
    }
    const [all, some, none] = shown.values();
    assert.ok(all.length > some.length && some.length > 4, `${all.length} and ${some.length}`);
    assert.deepEqual(none, []);
  });

  it('leaves out no method', () => {
    const methods = Object.getOwnPropertyNames(CatalogClient.prototype);

    const missing = methods.filter((method) => !PRIVATE.includes(method) && !called.has(method));

    assert.deepEqual(missing, []);
  });

  it('gives a service everything, with what it was told to read back', async () => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ type: 'url', target: site.put('/told.yaml', component('told')) });
    const options = { token: SERVICE_TOKEN, method: 'POST', headers, body };
    const written = await hub.fetch('/api/catalog/locations', options);
    const revision = written.headers.get('callboard-revision');

    const read = await hub.fetch('/api/catalog/locations', {
      token: SERVICE_TOKEN,
      headers: { 'callboard-revision': revision },
    });

    assert.match(revision, /^\d+$/);
    const { location } = await written.json();
    assert.ok((await read.json()).some(({ data }) => data.id === location.id));
  });
});
