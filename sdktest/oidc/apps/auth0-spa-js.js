// An application with auth0-spa-js. What a test does with it hangs on window.app.
import { createAuth0Client } from '@auth0/auth0-spa-js';

const config = JSON.parse(document.getElementById('config').textContent);
const offline = new URLSearchParams(location.search).has('offline') || sessionStorage.getItem('offline') === 'yes';
if (offline) sessionStorage.setItem('offline', 'yes');
const client = await createAuth0Client({
  domain: config.authority,
  clientId: config.client,
  useRefreshTokens: offline,
  cacheLocation: offline ? 'localstorage' : 'memory',
  authorizationParams: { redirect_uri: location.origin + location.pathname, audience: config.audience },
});

window.app = {
  signIn: () => client.loginWithRedirect({ appState: { from: 'the test' } }),
  user: () => client.getUser(),
  token: (fresh) => client.getTokenSilently({ cacheMode: fresh ? 'off' : 'on' }).catch((error) => ({ error: error.error ?? error.message })),
  signOut: () => client.logout({ logoutParams: { returnTo: location.origin + location.pathname } }),
};
const query = new URLSearchParams(location.search);
if (query.has('state') && (query.has('code') || query.has('error'))) {
  window.back = await client.handleRedirectCallback().then(({ appState }) => ({ state: appState }), (error) => ({ error: error.error ?? error.message }));
  history.replaceState(null, '', location.pathname);
}
document.title = 'ready';
