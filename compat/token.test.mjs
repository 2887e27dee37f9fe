/** The hub's tokens in the hands of others, and the tokens of others in its own. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';

import { DefaultIdentityClient } from '@backstage/plugin-auth-node';
import * as jose from 'jose';

import { CAST, startHub } from './hub.mjs';

const SECRET = Buffer.from('a secret that two programs share').toString('base64');
const METADATA = '/api/catalog/.well-known/backstage/permissions/metadata';

/** Somebody who publishes keys and signs with one of them. */
class Issuer {
  #server;
  #keys = new Map();

  async start() {
    for (const alg of ['RS256', 'PS512', 'ES256', 'ES384', 'EdDSA']) {
      this.#keys.set(alg, await jose.generateKeyPair(alg));
    }
    const keys = [];
    for (const [alg, { publicKey }] of this.#keys) {
      keys.push({ ...(await jose.exportJWK(publicKey)), kid: alg, alg, use: 'sig' });
    }
    this.#server = createServer((_, response) => response.end(JSON.stringify({ keys })));
    await new Promise((listening) => this.#server.listen(0, '127.0.0.1', listening));
    this.url = `http://127.0.0.1:${this.#server.address().port}/keys`;
  }

  get algorithms() {
    return [...this.#keys.keys()];
  }

  sign(alg, claims, kid = alg) {
    return new jose.SignJWT(claims)
      .setProtectedHeader({ alg, kid })
      .setIssuer('https://ci.example.com')
      .setAudience('callboard')
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(this.#keys.get(alg).privateKey);
  }

  stop() {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }
}

describe('tokens', () => {
  const issuer = new Issuer();
  let hub;
  let token;
  let keys;

  before(async () => {
    await issuer.start();
    const externalAccess = [
      { type: 'legacy', options: { secret: SECRET, subject: 'old-backend' } },
      {
        type: 'jwks',
        options: {
          url: issuer.url,
          issuer: 'https://ci.example.com',
          audience: 'callboard',
          algorithm: issuer.algorithms,
          subjectPrefix: 'ci',
        },
        accessRestrictions: [{ plugin: 'catalog' }],
      },
    ];
    hub = await startHub({ overlay: { backend: { auth: { externalAccess } } } });
    token = await hub.guestToken();
    keys = jose.createRemoteJWKSet(new URL(`${hub.url}/api/auth/.well-known/jwks.json`));
  });
  after(async () => {
    await hub?.stop();
    issuer.stop();
  });

  /** The status and the message with which the hub answers to the holder of a token. */
  async function show(bearer, path = METADATA) {
    const response = await hub.fetch(path, { token: bearer });
    return [response.status, response.ok ? undefined : (await response.json()).error.message];
  }

  it('of users verify with the published keys', async () => {
    const { payload, protectedHeader } = await jose.jwtVerify(token, keys, {
      typ: 'vnd.backstage.user',
      audience: 'backstage',
      issuer: `${hub.url}/api/auth`,
      algorithms: ['ES256'],
    });

    assert.equal(payload.sub, CAST.guest);
    assert.deepEqual(Object.keys(protectedHeader), ['typ', 'alg', 'kid']);
    assert.deepEqual(Object.keys(payload), ['iss', 'sub', 'ent', 'aud', 'iat', 'exp', 'uip']);
  });

  it('of users tell the identity client of a backend who it is', async () => {
    const issuerUrl = `${hub.url}/api/auth`;
    const client = DefaultIdentityClient.create({ discovery: hub.discovery(), issuer: issuerUrl });

    const { identity } = await client.getIdentity({ request: { headers: { authorization: `Bearer ${token}` } } });

    assert.equal(identity.userEntityRef, CAST.guest);
    assert.ok(identity.ownershipEntityRefs.includes(CAST.guest));
  });

  it('of users hold a limited one, which verifies and asks for the ownership', async () => {
    const { kid, alg } = jose.decodeProtectedHeader(token);
    const { sub, iat, exp, uip, ent } = jose.decodeJwt(token);
    const part = (json) => jose.base64url.encode(JSON.stringify(json));
    const limited = `${part({ typ: 'vnd.backstage.limited-user', alg, kid })}.${part({ sub, iat, exp })}.${uip}`;

    await jose.jwtVerify(limited, keys, { typ: 'vnd.backstage.limited-user' });
    const info = await hub.fetch('/api/auth/v1/userinfo', { token: limited });

    assert.deepEqual(await info.json(), { claims: { sub, ent } });
    assert.deepEqual(await show(limited), [401, 'Illegal limited user token']);
  });

  it('of a shared secret let a program in', async () => {
    const sign = (claims) =>
      new jose.SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256' })
        .setExpirationTime('1h')
        .sign(Buffer.from(SECRET, 'base64'));

    assert.deepEqual(await show(await sign({ sub: 'backstage-server' })), [200, undefined]);
    assert.deepEqual(await show(await sign({ sub: 'backstage-plugin' })), [401, 'Illegal token']);
  });

  it('of another issuer let a program in, whatever its key is made of', async () => {
    for (const alg of issuer.algorithms) {
      assert.deepEqual(await show(await issuer.sign(alg, { sub: 'deployer' })), [200, undefined], alg);
    }
  });

  it('of another issuer are for the plugins that were named', async () => {
    const restricted = await issuer.sign('ES256', { sub: 'deployer' });

    const refusal = "This token's access is restricted to plugin(s) 'catalog'";
    assert.deepEqual(await show(restricted, '/api/permission/'), [403, refusal]);
  });

  it('of another issuer under the id of another key are refused', async () => {
    const forged = await issuer.sign('RS256', { sub: 'deployer' }, 'PS512');

    assert.deepEqual(await show(forged), [401, 'Illegal token']);
    assert.deepEqual(await show(await issuer.sign('ES256', {})), [401, 'Illegal token']);
  });
});
