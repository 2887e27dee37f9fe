/** The catalog's own client, reading the example organisation. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { CATALOG_FILTER_EXISTS, CatalogClient } from '@backstage/catalog-client';
import { entitySchemaValidator, parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';

import { CAST, SERVICE_TOKEN, startHub } from './hub.mjs';

const validate = entitySchemaValidator();
const refs = (entities) => entities.map(stringifyEntityRef);
const sorted = (values) => [...values].sort();

describe('CatalogClient', () => {
  let hub;
  let client;
  let everything;
  const service = { token: SERVICE_TOKEN };

  before(async () => {
    hub = await startHub();
    client = new CatalogClient({ discoveryApi: hub.discovery() });
    everything = (await client.getEntities({}, service)).items;
  });
  after(() => hub?.stop());

  /** The references of all entities for which the condition holds, in order. */
  const expected = (condition) => sorted(refs(everything.filter(condition)));

  describe('getEntities', () => {
    it('gives every entity of the example in a form that the model accepts', () => {
      assert.ok(everything.length > 100, `the example has only ${everything.length} entities`);
      for (const entity of everything) {
        const ref = stringifyEntityRef(entity);
        assert.doesNotThrow(() => validate(entity), `${ref} does not match the schema`);
        assert.ok(entity.metadata.uid, `${ref} has no uid`);
        assert.ok(entity.metadata.etag, `${ref} has no etag`);
        for (const { type, targetRef } of entity.relations ?? []) {
          const canonical = stringifyEntityRef(parseEntityRef(targetRef));
          assert.equal(targetRef, canonical, `${ref} ${type}: the reference is not canonical`);
        }
      }
    });

    it('lists each entity once, in order of references', () => {
      assert.deepEqual(refs(everything), sorted(new Set(refs(everything))));
    });

    it('has both directions of every relation whose target exists', () => {
      const relationsOf = new Map(everything.map((entity) => [stringifyEntityRef(entity), entity.relations ?? []]));
      for (const [owner, relations] of relationsOf) {
        for (const { targetRef } of relations.filter(({ type }) => type === 'ownedBy')) {
          const back = relationsOf.get(targetRef);
          if (back) {
            const isBack = back.some(({ type, targetRef: target }) => type === 'ownerOf' && target === owner);
            assert.ok(isBack, `${targetRef} is not ownerOf ${owner}`);
          }
        }
      }
    });

    it('joins the conditions of one filter, and either of two filters suffices', async () => {
      const { items } = await client.getEntities(
        {
          filter: [
            { kind: 'component', 'spec.type': ['service', 'library'] },
            { kind: 'GROUP', 'metadata.name': 'payments' },
          ],
        },
        service,
      );

      assert.deepEqual(
        sorted(refs(items)),
        expected(
          ({ kind, spec, metadata }) =>
            (kind === 'Component' && ['service', 'library'].includes(spec.type)) ||
            (kind === 'Group' && metadata.name === 'payments'),
        ),
      );
    });

    it('finds entities by tag, by relation, and by the mere presence of a key', async () => {
      const by = async (filter) => sorted(refs((await client.getEntities({ filter }, service)).items));

      assert.deepEqual(
        await by({ 'metadata.tags.java': 'true' }),
        expected(({ metadata }) => metadata.tags?.includes('java')),
      );
      assert.deepEqual(
        await by({ 'relations.ownedBy': CAST.leadsGroup }),
        expected(({ relations }) =>
          relations?.some(({ type, targetRef }) => type === 'ownedBy' && targetRef === CAST.leadsGroup),
        ),
      );
      assert.deepEqual(
        await by({ 'spec.system': CATALOG_FILTER_EXISTS }),
        expected(({ spec }) => spec?.system !== undefined),
      );
    });

    it('projects to the fields that are asked for', async () => {
      const { items } = await client.getEntities(
        { filter: { kind: 'component' }, fields: ['kind', 'metadata.name', 'metadata.annotations'] },
        service,
      );

      assert.ok(items.length > 0);
      for (const item of items) {
        assert.deepEqual(sorted(Object.keys(item)), ['kind', 'metadata']);
        const unexpected = Object.keys(item.metadata).filter((key) => !['name', 'annotations'].includes(key));
        assert.deepEqual(unexpected, []);
      }
    });

    it('orders by fields, backwards too, with entities that lack the field last', async () => {
      const { items } = await client.getEntities(
        { order: [{ field: 'spec.lifecycle', order: 'desc' }, { field: 'metadata.name', order: 'asc' }] },
        service,
      );

      assert.equal(items.length, everything.length);
      const keys = items.map(({ spec, metadata }) => [spec?.lifecycle?.toLowerCase(), metadata.name.toLowerCase()]);
      keys.reduce(([lifecycle, name], [nextLifecycle, nextName]) => {
        const isInOrder =
          lifecycle === nextLifecycle
            ? name <= nextName
            : nextLifecycle === undefined || (lifecycle !== undefined && lifecycle > nextLifecycle);
        assert.ok(isInOrder, `${lifecycle} ${name} stands before ${nextLifecycle} ${nextName}`);
        return [nextLifecycle, nextName];
      });
    });

    it('walks with limit and offset over everything', async () => {
      const walked = [];
      for (let offset = 0; offset < everything.length; offset += 37) {
        walked.push(...(await client.getEntities({ limit: 37, offset }, service)).items);
      }

      assert.deepEqual(refs(walked), refs(everything));
    });
  });

  describe('queryEntities', () => {
    const order = { orderFields: { field: 'metadata.name', order: 'asc' } };

    it('walks forth and back with cursors over the same pages', async () => {
      const request = { filter: { kind: ['component', 'api'] }, limit: 7, ...order };
      const all = expected(({ kind }) => kind === 'Component' || kind === 'API');

      const forth = [await client.queryEntities(request, service)];
      while (forth.at(-1).pageInfo.nextCursor) {
        assert.ok(forth.length <= all.length, 'the pages do not end');
        const cursor = forth.at(-1).pageInfo.nextCursor;
        forth.push(await client.queryEntities({ cursor, limit: 7 }, service));
      }
      assert.deepEqual(sorted(refs(forth.flatMap(({ items }) => items))), all);
      assert.deepEqual(new Set(forth.map(({ totalItems }) => totalItems)), new Set([all.length]));
      assert.equal(forth[0].pageInfo.prevCursor, undefined);

      const back = [forth.at(-1)];
      while (back[0].pageInfo.prevCursor) {
        assert.ok(back.length <= forth.length, 'the pages back do not end');
        back.unshift(await client.queryEntities({ cursor: back[0].pageInfo.prevCursor, limit: 7 }, service));
      }
      assert.deepEqual(
        back.map(({ items }) => refs(items)),
        forth.map(({ items }) => refs(items)),
      );
    });

    it('gives twenty items without a limit', async () => {
      const page = await client.queryEntities(order, service);

      assert.equal(page.items.length, 20);
      assert.equal(page.totalItems, everything.length);
    });

    it('gives only the total for a limit of zero', async () => {
      const page = await client.queryEntities({ limit: 0 }, service);

      assert.deepEqual(page, { items: [], totalItems: everything.length, pageInfo: {} });
    });

    it('leaves the total out when asked to', async () => {
      const page = await client.queryEntities({ ...order, limit: 1, totalItems: 'exclude' }, service);

      assert.equal(page.items.length, 1);
      assert.equal(page.totalItems, 0);
    });

    it('finds text in the fields that are named', async () => {
      const page = await client.queryEntities(
        { fullTextFilter: { term: 'PAYMENTS', fields: ['metadata.name'] }, limit: 500 },
        service,
      );

      assert.ok(page.items.length > 0);
      assert.deepEqual(
        sorted(refs(page.items)),
        expected(({ metadata }) => metadata.name.toLowerCase().includes('payments')),
      );
    });

    it('takes a predicate, and its cursor', async () => {
      const query = { $all: [{ kind: 'component' }, { $not: { 'spec.type': { $in: ['service', 'library'] } } }] };

      const first = await client.queryEntities({ query, limit: 3, ...order }, service);
      const walked = [...first.items];
      let cursor = first.pageInfo.nextCursor;
      while (cursor && walked.length <= everything.length) {
        const page = await client.queryEntities({ cursor, limit: 3 }, service);
        walked.push(...page.items);
        cursor = page.pageInfo.nextCursor;
      }

      const all = expected(({ kind, spec }) => kind === 'Component' && !['service', 'library'].includes(spec.type));
      assert.ok(all.length > 0, 'the example has no such component');
      assert.deepEqual(sorted(refs(walked)), all);
      assert.equal(first.totalItems, all.length);
    });

    it('streams every entity', async () => {
      const streamed = [];
      for await (const page of client.streamEntities({ pageSize: 50 }, service)) {
        streamed.push(...page);
      }

      assert.deepEqual(sorted(refs(streamed)), sorted(refs(everything)));
    });

    it('refuses a broken cursor and a wrong order', async () => {
      await assert.rejects(client.queryEntities({ cursor: 'bm9uc2Vuc2U=' }, service), { statusCode: 400 });
      await assert.rejects(
        client.queryEntities({ orderFields: { field: 'kind', order: 'sideways' } }, service),
        { statusCode: 400 },
      );
    });
  });

  describe('single entities', () => {
    it('finds one by reference in any case', async () => {
      const entity = await client.getEntityByRef(CAST.owned, service);

      assert.equal(stringifyEntityRef(validate(entity)), CAST.owned);
      assert.deepEqual(await client.getEntityByRef(CAST.owned.toUpperCase(), service), entity);
    });

    it('is undefined when there is none', async () => {
      assert.equal(await client.getEntityByRef('component:default/no-such-thing', service), undefined);
    });

    it('gives many by reference, in their order, with gaps and copies', async () => {
      const wanted = [CAST.foreign, 'component:default/no-such-thing', CAST.owned, CAST.foreign];

      const { items } = await client.getEntitiesByRefs({ entityRefs: wanted }, service);

      assert.deepEqual(
        items.map((item) => item && stringifyEntityRef(item)),
        [CAST.foreign, undefined, CAST.owned, CAST.foreign],
      );
    });

    it('gives fields of many, and only those that match', async () => {
      const { items } = await client.getEntitiesByRefs(
        {
          entityRefs: [CAST.owned, CAST.leadsGroup],
          fields: ['kind', 'metadata.name'],
          filter: { kind: 'group' },
        },
        service,
      );

      assert.deepEqual(items, [undefined, { kind: 'Group', metadata: { name: 'payments' } }]);
    });

    it('gives the ancestors up to a root', async () => {
      const { rootEntityRef, items } = await client.getEntityAncestors({ entityRef: CAST.owned }, service);

      assert.equal(rootEntityRef, CAST.owned);
      const known = new Map(items.map(({ entity, parentEntityRefs }) => [stringifyEntityRef(entity), parentEntityRefs]));
      assert.ok(known.get(CAST.owned)?.length > 0, 'the entity has no parent');
      for (const [ref, parents] of known) {
        assert.deepEqual(parents.filter((parent) => !known.has(parent)), [], `parents of ${ref} are missing`);
      }
      assert.ok([...known.values()].some((parents) => parents.length === 0), 'no ancestor is a root');
    });
  });

  describe('getEntityFacets', () => {
    it('counts the values of several keys', async () => {
      const { facets } = await client.getEntityFacets({ facets: ['kind', 'metadata.tags'] }, service);

      assert.deepEqual(tally(facets.kind), count(everything.map(({ kind }) => kind)));
      assert.deepEqual(
        tally(facets['metadata.tags']),
        count(everything.flatMap(({ metadata }) => metadata.tags ?? [])),
      );
    });

    it('counts only what matches, by filter and by predicate', async () => {
      const components = everything.filter(({ kind }) => kind === 'Component');
      const byType = count(components.map(({ spec }) => spec.type));

      const filtered = await client.getEntityFacets({ facets: ['spec.type'], filter: { kind: 'component' } }, service);
      const queried = await client.getEntityFacets({ facets: ['spec.type'], query: { kind: 'component' } }, service);

      assert.deepEqual(tally(filtered.facets['spec.type']), byType);
      assert.deepEqual(tally(queried.facets['spec.type']), byType);
    });
  });

  describe('locations', () => {
    it('lists them in the form that the client takes', async () => {
      const { items } = await client.getLocations({}, service);

      for (const item of items) {
        assert.deepEqual(sorted(Object.keys(item)), ['entityRef', 'id', 'target', 'type']);
        assert.deepEqual(await client.getLocationById(item.id, service), item);
      }
    });

    it('is undefined for one that is not registered', async () => {
      const unknown = '6b9cc1ef-5a3c-4c3d-9a52-7e0c1c1e5b1f';

      assert.equal(await client.getLocationById(unknown, service), undefined);
      assert.equal(await client.getLocationByEntity(CAST.owned, service), undefined, 'it comes from configuration');
      assert.equal(await client.getLocationByRef('url:https://host.example/catalog-info.yaml', service), undefined);
    });
  });

  describe('as a person', () => {
    it('shows a guest the whole catalog', async () => {
      const { items } = await client.getEntities({}, { token: await hub.guestToken() });

      assert.deepEqual(refs(items), refs(everything));
    });

    it('shows a conditional reader what the condition lets through, with exact totals', async () => {
      const lead = { token: await hub.token(CAST.lead) };
      const owners = [CAST.lead, CAST.leadsGroup];
      const own = expected(({ relations }) =>
        relations?.some(({ type, targetRef }) => type === 'ownedBy' && owners.includes(targetRef)),
      );
      assert.ok(own.length > 1 && own.length < everything.length, `${own.length} entities are his`);

      const page = await client.queryEntities({ limit: 1, orderFields: { field: 'kind', order: 'asc' } }, lead);
      const { facets } = await client.getEntityFacets({ facets: ['kind'] }, lead);
      const found = await client.getEntitiesByRefs({ entityRefs: [CAST.owned, CAST.foreign] }, lead);

      assert.deepEqual(sorted(refs((await client.getEntities({}, lead)).items)), own);
      assert.equal(page.totalItems, own.length);
      assert.deepEqual(tally(facets.kind), count(own.map((ref) => everything.find((e) => stringifyEntityRef(e) === ref).kind)));
      assert.deepEqual(found.items.map((item) => item && stringifyEntityRef(item)), [CAST.owned, undefined]);
      assert.equal(await client.getEntityByRef(CAST.foreign, lead), undefined);
      await assert.rejects(client.getEntityAncestors({ entityRef: CAST.foreign }, lead), { statusCode: 403 });
    });

    it('shows somebody without a role nothing at all', async () => {
      const stranger = { token: await hub.token(CAST.stranger) };

      assert.deepEqual(await client.getEntities({}, stranger), { items: [] });
      assert.deepEqual(await client.queryEntities({}, stranger), { items: [], totalItems: 0, pageInfo: {} });
      assert.deepEqual(await client.getEntityFacets({ facets: ['kind'] }, stranger), { facets: { kind: [] } });
      assert.deepEqual(await client.getEntitiesByRefs({ entityRefs: [CAST.owned] }, stranger), { items: [undefined] });
      assert.equal(await client.getEntityByRef(CAST.owned, stranger), undefined);
    });

    it('refuses a caller without a token', async () => {
      await assert.rejects(client.getEntities({}), { statusCode: 401 });
    });
  });
});

/** Facets as a plain object of counts, in order of their values. */
function tally(facets) {
  return Object.fromEntries(facets.map(({ value, count: times }) => [value, times]).sort());
}

/** The same from a list of values. */
function count(values) {
  const counts = new Map();
  for (const value of values) {
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort());
}
