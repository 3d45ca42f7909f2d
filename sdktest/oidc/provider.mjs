// Runs oidc-provider, a certified OpenID provider, as a target to verify: with its own
// sign-in pages and its defaults wherever these allow. Configuration comes as JSON in the
// first argument: {clients: [{id, redirect}], mount, more, jwt, client, settings}; client is
// metadata that every client gets besides, settings are the provider's. Prints the base URL.

import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const config = JSON.parse(process.argv[2]);
const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const base = `http://localhost:${server.address().port}`;
const mount = config.mount ?? '';

const provider = new Provider(base + mount, {
  clients: config.clients.map(({ id, redirect }) => ({
    client_id: id,
    token_endpoint_auth_method: 'none',
    redirect_uris: [redirect],
    post_logout_redirect_uris: [redirect],
    grant_types: ['authorization_code', 'refresh_token'],
    ...config.client,
  })),
  scopes: ['openid', 'profile', 'email', 'offline_access'],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'updated_at'] },
  issueRefreshToken: async (context, client, code) => code.scopes.has('offline_access'),
  features: {
    devInteractions: { enabled: true },
    introspection: { enabled: config.more === true, allowedPolicy: () => true },
    revocation: { enabled: config.more === true, allowedPolicy: () => true },
    resourceIndicators: config.jwt ? {
      enabled: true,
      defaultResource: () => 'urn:api',
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: 'openid profile email offline_access', accessTokenFormat: 'jwt', audience: 'urn:api' }),
    } : { enabled: false },
  },
  findAccount: (context, id) => ({ accountId: id, claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: true, name: id, updated_at: 1 }) }),
  cookies: { keys: ['a key of a test'] },
  ...config.settings,
});
provider.proxy = true;
const callback = provider.callback();
server.on('request', (request, response) => {
  if (mount && request.url.startsWith(mount)) {
    request.originalUrl = request.url;
    request.url = request.url.slice(mount.length) || '/';
  }
  callback(request, response);
});
console.log(base);
