// What an application does with AWS Amplify 6, in Node: it signs in with SRP,
// asks for the user, refreshes, and signs out here and everywhere.
// Configuration comes as JSON in the first argument: {endpoint, pool, client,
// username, password}.

import { Amplify } from 'aws-amplify';
import { fetchAuthSession, fetchUserAttributes, getCurrentUser, signIn, signOut } from 'aws-amplify/auth';
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito';
import { report } from './scenario.mjs';

const config = JSON.parse(process.argv[2]);
const checks = [];
const check = (sentence, held, seen) => checks.push({ sentence, held: Boolean(held), seen: held ? undefined : String(seen) });
const nameOf = (promise) => promise.then(() => 'no error', (error) => error.name);

const kept = new Map();
cognitoUserPoolsTokenProvider.setKeyValueStorage({
  setItem: async (key, value) => { kept.set(key, value); },
  getItem: async (key) => kept.get(key) ?? null,
  removeItem: async (key) => { kept.delete(key); },
  clear: async () => kept.clear(),
});
Amplify.configure({ Auth: { Cognito: { userPoolId: config.pool, userPoolClientId: config.client, userPoolEndpoint: config.endpoint } } });
const credentials = { username: config.username, password: config.password };

check('a wrong password is refused', await nameOf(signIn({ ...credentials, password: config.password + '!' })) === 'NotAuthorizedException', 'otherwise');
const unknown = await nameOf(signIn({ ...credentials, username: 'nobody-' + Date.now() }));
check('an unknown user is refused', unknown === 'UserNotFoundException' || unknown === 'NotAuthorizedException', unknown);

const begun = await signIn(credentials);
check('the sign-in is done', begun.isSignedIn && begun.nextStep.signInStep === 'DONE', JSON.stringify(begun));
const user = await getCurrentUser();
check('the user is who signed in', user.username === config.username, user.username);
const { tokens } = await fetchAuthSession();
check('the access token is one', tokens.accessToken.payload.token_use === 'access' && tokens.accessToken.payload.client_id === config.client, JSON.stringify(tokens.accessToken.payload));
check('the id token is one', tokens.idToken.payload.token_use === 'id' && tokens.idToken.payload.aud === config.client, JSON.stringify(tokens.idToken.payload));
const attributes = await fetchUserAttributes();
check('sub is among the attributes', attributes.sub === user.userId, JSON.stringify(attributes));

const refreshed = (await fetchAuthSession({ forceRefresh: true })).tokens;
check('a refresh gives a new access token', refreshed.accessToken.payload.jti !== tokens.accessToken.payload.jti, 'the same');
check('a refresh keeps the sign-in', refreshed.accessToken.payload.origin_jti === tokens.accessToken.payload.origin_jti, 'another');

const settings = (token) => fetch(new URL('/v1/settings/', config.endpoint), { headers: { authorization: token.toString() } });
check('the settings open', (await settings(refreshed.accessToken)).status === 200, 'shut');
await signOut();
check('signing out revokes the access token', (await settings(refreshed.accessToken)).status === 401, 'still open');
check('nobody is signed in any more', await nameOf(getCurrentUser()) === 'UserUnAuthenticatedException', 'somebody');

await signIn(credentials);
const last = (await fetchAuthSession()).tokens;
await signOut({ global: true });
check('signing out everywhere ends the access token', (await settings(last.accessToken)).status === 401, 'still open');

process.exit(report(checks) ? 0 : 1);
