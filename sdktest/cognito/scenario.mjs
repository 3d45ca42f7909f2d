// What an application does with amazon-cognito-identity-js, from signing in to
// signing out everywhere. It runs in Node and in a page alike; each check is a
// sentence and whether it held.

export async function scenario(sdk, config) {
  const checks = [];
  const check = (sentence, held, seen) => checks.push({ sentence, held: Boolean(held), seen: held ? undefined : String(seen) });

  const pool = new sdk.CognitoUserPool({ UserPoolId: config.pool, ClientId: config.client, endpoint: config.endpoint });
  const userCalled = (name) => new sdk.CognitoUser({ Username: name, Pool: pool });
  const signIn = (user, password) => new Promise((resolve, reject) => user.authenticateUser(
    new sdk.AuthenticationDetails({ Username: user.getUsername(), Password: password }),
    { onSuccess: resolve, onFailure: reject, newPasswordRequired: () => reject(new Error('asked for a new password')) },
  ));
  const call = (object, method, ...args) => new Promise((resolve, reject) =>
    object[method](...args, (error, value) => (error ? reject(error) : resolve(value))));
  const codeOf = (promise) => promise.then(() => 'no error', (error) => error.code);
  const settings = (authorization) => fetch(new URL('/v1/settings/', config.endpoint), { headers: authorization ? { authorization } : {} });

  const user = userCalled(config.username);
  const session = await signIn(user, config.password);
  const access = session.getAccessToken();
  const id = session.getIdToken();
  check('the session is valid', session.isValid(), 'invalid');
  check('the access token is one', access.payload.token_use === 'access' && access.payload.client_id === config.client, JSON.stringify(access.payload));
  check('the access token has no aud', !('aud' in access.payload), access.payload.aud);
  check('the id token is one', id.payload.token_use === 'id' && id.payload.aud === config.client, JSON.stringify(id.payload));
  check('email_verified is a boolean in the id token', id.payload.email_verified === true, typeof id.payload.email_verified);

  const attributes = await call(user, 'getUserAttributes');
  const named = Object.fromEntries(attributes.map((a) => [a.getName(), a.getValue()]));
  check('sub is the first attribute', attributes[0].getName() === 'sub' && named.sub === id.payload.sub, JSON.stringify(named));
  check('email_verified is a string among the attributes', named.email_verified === 'true', typeof named.email_verified);

  const listed = await settings(access.getJwtToken());
  check('the settings are an array', listed.status === 200 && Array.isArray(await listed.json()), listed.status);
  const refused = await settings(id.getJwtToken());
  check('an id token does not open the settings', refused.status === 401 && (await refused.json()).message === 'Unauthorized', refused.status);
  check('nothing does not open the settings', (await settings()).status === 401, 'opened');

  const refreshed = await call(user, 'refreshSession', session.getRefreshToken());
  check('a refresh gives a new access token', refreshed.getAccessToken().payload.jti !== access.payload.jti, 'the same');
  check('a refresh keeps the sign-in', refreshed.getAccessToken().payload.origin_jti === access.payload.origin_jti, 'another');
  check('a refresh keeps the refresh token', refreshed.getRefreshToken().getToken() === session.getRefreshToken().getToken(), 'another');

  check('a wrong password is refused', await codeOf(signIn(userCalled(config.username), config.password + '!')) === 'NotAuthorizedException', 'otherwise');
  check('an empty password is refused', await codeOf(signIn(userCalled(config.username), '')) === 'NotAuthorizedException', 'otherwise');
  const unknown = await codeOf(signIn(userCalled('nobody-' + Date.now()), config.password));
  check('an unknown user is refused', unknown === 'UserNotFoundException' || unknown === 'NotAuthorizedException', unknown);
  const stray = new sdk.CognitoUserPool({ UserPoolId: config.pool, ClientId: 'nosuchclient', endpoint: config.endpoint });
  const strayCode = await codeOf(signIn(new sdk.CognitoUser({ Username: config.username, Pool: stray }), config.password));
  check('an unknown client is refused', strayCode === 'ResourceNotFoundException', strayCode);

  const second = userCalled(config.username);
  await signIn(second, config.password);
  const secondRefresh = second.getSignInUserSession().getRefreshToken();
  await new Promise((resolve, reject) => second.signOut((error) => (error ? reject(error) : resolve())));
  const revived = await codeOf(call(userCalled(config.username), 'refreshSession', secondRefresh));
  check('a revoked refresh token is refused', revived === 'NotAuthorizedException', revived);

  const third = userCalled(config.username);
  const thirdSession = await signIn(third, config.password);
  await new Promise((resolve, reject) => third.globalSignOut({ onSuccess: resolve, onFailure: reject }));
  check('a global sign-out ends every access token', (await settings(access.getJwtToken())).status === 401, 'still open');
  check('a global sign-out ends every refresh token',
    await codeOf(call(userCalled(config.username), 'refreshSession', thirdSession.getRefreshToken())) === 'NotAuthorizedException', 'still good');
  check('one can sign in again', (await signIn(userCalled(config.username), config.password)).isValid(), 'invalid');
  return checks;
}

// report prints the checks and tells whether all of them held.
export function report(checks) {
  for (const c of checks) console.log(`${c.held ? 'ok    ' : 'FAILED'} ${c.sentence}${c.held ? '' : `: ${c.seen}`}`);
  const failed = checks.filter((c) => !c.held).length;
  console.log(`${checks.length - failed} passed, ${failed} failed`);
  return checks.length > 0 && failed === 0;
}
