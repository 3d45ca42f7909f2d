// An application with oidc-client-ts. What a test does with it hangs on window.app.
import { UserManager, WebStorageStateStore } from 'oidc-client-ts';

const config = JSON.parse(document.getElementById('config').textContent);
const manager = (scope) => new UserManager({
  authority: config.authority,
  client_id: config.client,
  redirect_uri: location.origin + location.pathname,
  silent_redirect_uri: `${location.origin + location.pathname}?silent`,
  post_logout_redirect_uri: location.origin + location.pathname,
  scope,
  userStore: new WebStorageStateStore({ store: localStorage }),
});
const plain = manager('openid profile email');
const refreshing = manager('openid profile email offline_access');

const shown = (user) => user && { sub: user.profile.sub, email: user.profile.email, access: user.access_token, refresh: Boolean(user.refresh_token), scope: user.scope };
window.app = {
  signIn: (offline) => (offline ? refreshing : plain).signinRedirect({ state: { from: 'the test' } }),
  user: async () => shown(await plain.getUser()),
  renew: async (offline) => shown(await (offline ? refreshing : plain).signinSilent()),
  signOut: () => plain.signoutRedirect({ state: 'bye' }),
  revoke: async () => refreshing.revokeTokens(['access_token']),
};

const query = new URLSearchParams(location.search);
if (query.has('silent')) {
  await plain.signinSilentCallback();
} else if (query.has('code') || query.has('error')) {
  window.back = await plain.signinCallback().then((user) => ({ state: user.state, ...shown(user) }), (error) => ({ error: error.message }));
  history.replaceState(null, '', location.pathname);
}
document.title = 'ready';
