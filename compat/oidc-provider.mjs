// A real OpenID provider on a free loopback port, for tests of sign-in.
//
//   node oidc-provider.mjs cognito|keycloak
//
// The first line of its output is JSON: `metadataUrl`. It stops with its standard input. Whoever
// says a name at its sign-in page is that person; the password is not looked at.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

// Its advice is for those who run it for people.
console.info = console.warn = () => {};

const kind = process.argv[2];
const isCognito = kind === 'cognito';
const port = await new Promise(resolve => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});

// Like Amazon Cognito: metadata, keys and issuer on one host, the endpoints of people on another.
const issuerPath = isCognito ? '/eu-west-1_pool' : '/realms/lantern';
const issuer = isCognito ? `http://127.0.0.1:${port}${issuerPath}` : `http://localhost:${port}${issuerPath}`;
const people = `http://localhost:${port}`;
const below = isCognito ? '/oauth2' : `${issuerPath}/protocol/openid-connect`;
const routes = isCognito
  ? { authorization: `${below}/authorize`, token: `${below}/token`, userinfo: `${below}/userInfo`, revocation: `${below}/revoke`, jwks: `${issuerPath}/.well-known/jwks.json` }
  : { authorization: `${below}/auth`, token: `${below}/token`, userinfo: `${below}/userinfo`, revocation: `${below}/revoke`, jwks: `${below}/certs`, end_session: `${below}/logout` };

const nameOf = login => login.split('.').map(part => part[0].toUpperCase() + part.slice(1)).join(' ');
const provider = new Provider(issuer, {
  clients: [{
    client_id: 'callboard',
    client_secret: 'a client secret of tests: 100 % ASCII',
    redirect_uris: ['http://127.0.0.1/api/auth/oidc/handler/frame'],
    grant_types: ['authorization_code', 'refresh_token'],
  }],
  routes,
  scopes: ['openid', 'profile', 'email'],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'picture'], email: ['email', 'email_verified'] },
  conformIdTokenClaims: false,
  features: {
    devInteractions: { enabled: true },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: !isCognito },
  },
  pkce: { methods: ['S256'], required: () => true },
  rotateRefreshToken: !isCognito,
  issueRefreshToken: async () => true,
  cookies: { keys: ['of tests'] },
  async findAccount(_, id) {
    return {
      accountId: id,
      claims: async () => ({
        sub: id,
        email: `${id}@lantern.example`,
        email_verified: isCognito ? 'true' : true,
        name: nameOf(id),
        preferred_username: id,
        picture: `${people}/pictures/${id}.png`,
      }),
    };
  },
  // Nobody is asked for consent.
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope('openid profile email');
    await grant.save();
    return grant;
  },
});

// The hub of a test is on whichever port was free.
provider.Client.prototype.redirectUriAllowed = uri => {
  const url = new URL(uri);
  return url.hostname === '127.0.0.1' && /^\/api\/auth\/[a-z]+\/handler\/frame$/.test(url.pathname);
};

if (isCognito) {
  // A refresh gives no refresh token, and an id token without nonce.
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.oidc?.route === 'token' && ctx.oidc.params?.grant_type === 'refresh_token') delete ctx.body?.refresh_token;
  });
}

const metadata = async ask => {
  const found = await (await fetch(`${people}/.well-known/openid-configuration`)).json();
  const issued = isCognito ? { ...found, issuer, jwks_uri: `http://127.0.0.1:${port}${routes.jwks}`, code_challenge_methods_supported: undefined } : { ...found, issuer };
  ask.setHeader('content-type', 'application/json');
  ask.end(JSON.stringify(issued));
};
const answer = provider.callback();
const server = createServer((request, response) => {
  if (request.url === `${issuerPath}/.well-known/openid-configuration`) metadata(response);
  else answer(request, response);
});
server.listen(port, () => {
  process.stdout.write(`${JSON.stringify({ metadataUrl: `${issuer}/.well-known/openid-configuration` })}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();
