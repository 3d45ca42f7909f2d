// An application with auth0-react 1.10.1, the library that sent the recorded requests.
import React, { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Auth0Provider, useAuth0 } from '@auth0/auth0-react';

const config = JSON.parse(document.getElementById('config').textContent);

function App() {
  const { isLoading, isAuthenticated, user, error, loginWithRedirect, logout, getAccessTokenSilently } = useAuth0();
  const [token, setToken] = useState('');
  useEffect(() => { if (!isLoading) document.title = 'ready'; }, [isLoading]);
  return (
    <main>
      <p id="who">{isLoading ? 'loading' : isAuthenticated ? user.email : 'nobody'}</p>
      <p id="fault">{error?.message}</p>
      <p id="token">{token}</p>
      <button id="in" onClick={() => loginWithRedirect()}>Sign in</button>
      <button id="renew" onClick={() => getAccessTokenSilently({ ignoreCache: true }).then(setToken, (e) => setToken(`error: ${e.error ?? e.message}`))}>Renew</button>
      <button id="out" onClick={() => logout({ returnTo: location.origin + location.pathname })}>Sign out</button>
    </main>
  );
}

createRoot(document.getElementById('root')).render(
  <Auth0Provider domain={config.authority} clientId={config.client} redirectUri={location.origin + location.pathname}
    {...(config.audience ? { audience: config.audience } : {})}>
    <App />
  </Auth0Provider>,
);
