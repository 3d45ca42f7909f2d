// What a backend does with the AWS SDK for JavaScript 3 and an SRP helper: it
// signs in, refreshes and signs out, and checks the tokens with aws-jwt-verify.
// Configuration comes as JSON in the first argument: {endpoint, pool, client,
// username, password}.

import {
  CognitoIdentityProviderClient, GetTokensFromRefreshTokenCommand, GetUserCommand, GlobalSignOutCommand,
  InitiateAuthCommand, RespondToAuthChallengeCommand, RevokeTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { CognitoJwtVerifier } from 'aws-jwt-verify';
import { createSrpSession, signSrpSession, wrapAuthChallenge, wrapInitiateAuth } from 'cognito-srp-helper';
import { report } from './scenario.mjs';

const config = JSON.parse(process.argv[2]);
const checks = [];
const check = (sentence, held, seen) => checks.push({ sentence, held: Boolean(held), seen: held ? undefined : String(seen) });
const nameOf = (promise) => promise.then(() => 'no error', (error) => error.name);
const client = new CognitoIdentityProviderClient({
  region: config.pool.split('_')[0], endpoint: config.endpoint, maxAttempts: 1, credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
});

async function signIn(password, ClientId = config.client) {
  const begin = createSrpSession(config.username, password, config.pool, false);
  const challenge = await client.send(new InitiateAuthCommand(
    wrapInitiateAuth(begin, { ClientId, AuthFlow: 'USER_SRP_AUTH', AuthParameters: { USERNAME: config.username } })));
  const answer = await client.send(new RespondToAuthChallengeCommand(
    wrapAuthChallenge(signSrpSession(begin, challenge), { ClientId, ChallengeName: 'PASSWORD_VERIFIER', ChallengeResponses: { USERNAME: config.username } })));
  return answer.AuthenticationResult;
}

const tokens = await signIn(config.password);
check('the tokens live an hour', tokens.ExpiresIn === 3600 && tokens.TokenType === 'Bearer', JSON.stringify(tokens));
check('a wrong password is refused', await nameOf(signIn(config.password + '!')) === 'NotAuthorizedException', 'otherwise');
check('an unknown client is refused', await nameOf(signIn(config.password, 'nosuchclient')) === 'ResourceNotFoundException', 'otherwise');

const { Username, UserAttributes } = await client.send(new GetUserCommand({ AccessToken: tokens.AccessToken }));
check('the user is who signed in', Username === config.username && UserAttributes[0].Name === 'sub', JSON.stringify(UserAttributes));

const keys = await (await fetch(new URL(`/${config.pool}/.well-known/jwks.json`, config.endpoint))).json();
const verifier = (tokenUse) => {
  const v = CognitoJwtVerifier.create({ userPoolId: config.pool, clientId: config.client, tokenUse });
  v.cacheJwks(keys);
  return v;
};
check('the access token verifies', (await verifier('access').verify(tokens.AccessToken)).username === config.username, 'otherwise');
check('the access token has its scope', (await verifier('access').verify(tokens.AccessToken, { scope: 'aws.cognito.signin.user.admin' })).sub, 'none');
check('the id token verifies', (await verifier('id').verify(tokens.IdToken))['cognito:username'] === config.username, 'otherwise');
check('an id token is no access token', await nameOf(verifier('access').verify(tokens.IdToken)) !== 'no error', 'it is');

const fresh = await client.send(new GetTokensFromRefreshTokenCommand({ RefreshToken: tokens.RefreshToken, ClientId: config.client }));
check('a refreshed access token verifies', (await verifier('access').verify(fresh.AuthenticationResult.AccessToken)).username === config.username, 'otherwise');
await client.send(new RevokeTokenCommand({ Token: tokens.RefreshToken, ClientId: config.client }));
check('a revoked session gives no tokens', await nameOf(client.send(
  new GetTokensFromRefreshTokenCommand({ RefreshToken: tokens.RefreshToken, ClientId: config.client }))) === 'NotAuthorizedException', 'it does');
check('a revoked session opens nothing', await nameOf(client.send(new GetUserCommand({ AccessToken: tokens.AccessToken }))) === 'NotAuthorizedException', 'it does');

const last = await signIn(config.password);
await client.send(new GlobalSignOutCommand({ AccessToken: last.AccessToken }));
check('whoever signed out everywhere opens nothing', await nameOf(client.send(new GetUserCommand({ AccessToken: last.AccessToken }))) === 'NotAuthorizedException', 'it does');

process.exit(report(checks) ? 0 : 1);
