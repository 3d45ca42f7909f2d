// Signs in with openid-client 5 and 6, and with Authing's own SDK, in Node. The person at the browser is played by
// fetch: redirects by hand, cookies kept, forms filled in. Configuration comes as JSON in
// the first argument: {username, password, providers: [{name, issuer, client, redirect, scope, introspect}]}.

import assert from 'node:assert/strict';
import authing from 'authing-js-sdk';
import { custom, generators, Issuer } from 'openid-client5';
import * as six from 'openid-client';

const config = JSON.parse(process.argv[2]);
const done = (what) => console.log(`ok  ${what}`);
const unescape = (text) => text.replaceAll('&#43;', '+').replaceAll('&#34;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

// person follows an authorization URL to the application and returns the address there.
function person() {
  const cookies = new Map();
  return async (start, redirect) => {
    let request = { url: new URL(start) };
    for (let hop = 0; hop < 20; hop++) {
      if (request.url.href.startsWith(redirect)) return request.url;
      const response = await fetch(request.url, {
        redirect: 'manual', method: request.body ? 'POST' : 'GET', body: request.body,
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '), accept: 'text/html' },
      });
      for (const cookie of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
        cookies.set(name, value);
      }
      const location = response.headers.get('location');
      if (location) { request = { url: new URL(location, request.url) }; continue; }
      const page = await response.text();
      const [, action, inner] = /<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/.exec(page) ?? assert.fail(`no form at ${request.url}: ${response.status} ${page}`);
      const body = new URLSearchParams();
      for (const [, name, value] of inner.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)) body.set(name, unescape(value));
      if (inner.includes('name="password"')) { body.set('username', config.username); body.set('password', config.password); }
      request = { url: new URL(unescape(action), request.url), body };
    }
    return assert.fail('the sign-in goes round in circles');
  };
}

async function withSix({ name, issuer, client, redirect, scope, introspect }) {
  const go = person();
  const server = await six.discovery(new URL(issuer), client, undefined, six.None(), { execute: [six.allowInsecureRequests] });
  const verifier = six.randomPKCECodeVerifier();
  const [state, nonce] = [six.randomState(), six.randomNonce()];
  const url = six.buildAuthorizationUrl(server, {
    redirect_uri: redirect, scope: `${scope} offline_access`, state, nonce, code_challenge: await six.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  });
  const back = await go(url, redirect);
  const tokens = await six.authorizationCodeGrant(server, back, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true });
  const { sub } = tokens.claims();
  assert.equal((await six.fetchUserInfo(server, tokens.access_token, sub)).email, config.username);
  const refreshed = await six.refreshTokenGrant(server, tokens.refresh_token);
  assert.notEqual(refreshed.access_token, tokens.access_token);
  if (introspect) assert.equal((await six.tokenIntrospection(server, refreshed.access_token)).active, true);
  await six.tokenRevocation(server, refreshed.refresh_token);
  await assert.rejects(six.refreshTokenGrant(server, refreshed.refresh_token), { error: 'invalid_grant' });
  const again = new URL(url);
  again.searchParams.set('prompt', 'none');
  assert.ok((await go(again, redirect)).searchParams.has('code'));
  await go(six.buildEndSessionUrl(server, { id_token_hint: tokens.id_token, post_logout_redirect_uri: redirect, state: 'out' }), redirect);
  assert.equal((await go(again, redirect)).searchParams.get('error'), 'login_required');
  done(`${name} with openid-client 6: sign-in, userinfo, refresh, revocation, silent renewal, sign-out`);
}

async function withFive({ name, issuer, client, redirect, scope, introspect }) {
  const go = person();
  const discovered = await Issuer.discover(issuer);
  const relying = new discovered.Client({ client_id: client, token_endpoint_auth_method: 'none', redirect_uris: [redirect], response_types: ['code'] });
  relying[custom.clock_tolerance] = 0;
  const [verifier, state, nonce] = [generators.codeVerifier(), generators.state(), generators.nonce()];
  const back = await go(relying.authorizationUrl({ scope: `${scope} offline_access`, state, nonce, code_challenge: generators.codeChallenge(verifier), code_challenge_method: 'S256' }), redirect);
  const tokens = await relying.callback(redirect, relying.callbackParams(back.href), { code_verifier: verifier, state, nonce, response_type: 'code' });
  assert.equal((await relying.userinfo(tokens)).sub, tokens.claims().sub);
  const refreshed = await relying.refresh(tokens);
  assert.equal(refreshed.claims().sub, tokens.claims().sub);
  if (introspect) assert.equal((await relying.introspect(refreshed.access_token)).active, true);
  await relying.revoke(refreshed.refresh_token);
  await assert.rejects(relying.refresh(refreshed.refresh_token), { error: 'invalid_grant' });
  done(`${name} with openid-client 5: sign-in, userinfo, refresh, revocation`);
}

async function withAuthingSDK({ issuer, client, redirect, scope }) {
  const go = person();
  const sdk = new authing.AuthenticationClient({
    appId: client, appHost: new URL(issuer).origin, redirectUri: redirect, protocol: 'oidc',
    tokenEndPointAuthMethod: 'none', introspectionEndPointAuthMethod: 'none', revocationEndPointAuthMethod: 'none',
    onError: (code, message) => { throw new Error(`${code} ${message}`); },
  });
  const verifier = sdk.generateCodeChallenge();
  const back = await go(sdk.buildAuthorizeUrl({
    scope: `${scope} offline_access`, responseType: 'code', codeChallenge: sdk.getCodeChallengeDigest({ codeChallenge: verifier, method: 'S256' }), codeChallengeMethod: 'S256',
  }), redirect);
  const tokens = await sdk.getAccessTokenByCode(back.searchParams.get('code'), { codeVerifier: verifier });
  assert.equal((await sdk.getUserInfoByAccessToken(tokens.access_token)).email, config.username);
  const fresh = await sdk.getNewAccessTokenByRefreshToken(tokens.refresh_token);
  assert.equal((await sdk.introspectToken(fresh.access_token)).active, true);
  assert.equal(await sdk.revokeToken(fresh.access_token), true);
  assert.deepEqual(await sdk.introspectToken(fresh.access_token), { active: false });
  await go(sdk.buildLogoutUrl({ expert: true, idToken: tokens.id_token, redirectUri: redirect }), redirect);
  done('Authing with authing-js-sdk: sign-in, userinfo, refresh, introspection, revocation, sign-out');
}

for (const provider of config.providers) {
  await withSix(provider);
  await withFive(provider);
  if (provider.name === 'Authing') await withAuthingSDK(provider);
}
