/** Search, asked as the front end's search client asks: one `qs` string for the whole query. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { stringifyEntityRef } from '@backstage/catalog-model';
import { CatalogClient } from '@backstage/catalog-client';
import qs from 'qs';

import { CAST, SERVICE_TOKEN, startHub } from './hub.mjs';

const TYPE = 'software-catalog';

describe('search', () => {
  let hub;
  let everything;

  /** What the client of `@backstage/plugin-search` does, without the React that it comes with. */
  const query = async (question, token = SERVICE_TOKEN) => {
    const base = await hub.discovery().getBaseUrl('search');
    const response = await fetch(`${base}/query?${qs.stringify(question)}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return { status: response.status, body: await response.json() };
  };
  const refOf = ({ document: { kind, location } }) => {
    const [, , namespace, , name] = location.split('/');
    return stringifyEntityRef({ kind, namespace, name });
  };

  before(async () => {
    hub = await startHub();
    const client = new CatalogClient({ discoveryApi: hub.discovery() });
    everything = (await client.getEntities({}, { token: SERVICE_TOKEN })).items;
  });
  after(() => hub?.stop());

  it('leads through all documents, page by page, each once', async () => {
    const found = [];
    let pageCursor;
    do {
      const { body } = await query({ term: '', types: [TYPE], pageCursor, pageLimit: 40 });
      assert.equal(body.numberOfResults, everything.length);
      assert.deepEqual(body.results.map(({ rank }) => rank), body.results.map((_, place) => found.length + place + 1));
      found.push(...body.results.map(refOf));
      pageCursor = body.nextPageCursor;
    } while (pageCursor);
    assert.deepEqual(found.sort(), everything.map(stringifyEntityRef).sort());
  });

  it('narrows by filters, of which a list means any', async () => {
    const { body } = await query({ term: '', filters: { kind: ['API', 'System'], lifecycle: 'production' }, pageLimit: 100 });
    const isMeant = ({ kind, spec }) => ['API', 'System'].includes(kind) && spec?.lifecycle === 'production';
    assert.equal(body.numberOfResults, everything.filter(isMeant).length);
    assert.ok(body.numberOfResults > 0);
  });

  it('marks what it found, for a client that splits at the tags', async () => {
    const { body } = await query({ term: 'box-offise' });
    const first = body.results.find((result) => refOf(result) === CAST.foreign);
    const { preTag, postTag, fields } = first.highlight;
    assert.ok(fields.title.includes(`${preTag}office${postTag}`), fields.title);
    assert.equal(fields.title.replaceAll(preTag, '').replaceAll(postTag, ''), first.document.title);
  });

  it('refuses a type that is not there', async () => {
    const { status, body } = await query({ term: '', types: ['techdocs'] });
    assert.equal(status, 400);
    assert.equal(body.error.name, 'InputError');
    assert.match(body.error.message, /^Invalid query string: \[/);
  });

  it('shows a person what the catalog shows', async () => {
    for (const user of [CAST.lead, CAST.stranger]) {
      const token = await hub.token(user);
      const client = new CatalogClient({ discoveryApi: hub.discovery() });
      const { totalItems } = await client.queryEntities({ limit: 0 }, { token });
      const { body } = await query({ term: '' }, token);
      assert.equal(body.numberOfResults, totalItems, user);
    }
  });
});
