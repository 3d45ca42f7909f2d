// Plays the scenario with amazon-cognito-identity-js in Node, and checks the
// tokens with the published keys as a backend would. Configuration comes as
// JSON in the first argument: {endpoint, pool, client, username, password}.

import { createPublicKey, verify } from 'node:crypto';
import { createRequire } from 'node:module';
import { report, scenario } from './scenario.mjs';

const sdk = createRequire(import.meta.url)('amazon-cognito-identity-js');
const config = JSON.parse(process.argv[2]);

async function verifies(token) {
  const { keys } = await (await fetch(new URL(`/${config.pool}/.well-known/jwks.json`, config.endpoint))).json();
  const [header, payload, signature] = token.split('.');
  const { kid, alg } = JSON.parse(Buffer.from(header, 'base64url'));
  const jwk = keys.find((key) => key.kid === kid);
  return alg === 'RS256' && jwk?.alg === alg && jwk.use === 'sig'
    && verify('sha256', Buffer.from(`${header}.${payload}`), createPublicKey({ key: jwk, format: 'jwk' }), Buffer.from(signature, 'base64url'));
}

const checks = await scenario(sdk, config);
const pool = new sdk.CognitoUserPool({ UserPoolId: config.pool, ClientId: config.client, endpoint: config.endpoint });
const user = new sdk.CognitoUser({ Username: config.username, Pool: pool });
const session = await new Promise((onSuccess, onFailure) => user.authenticateUser(
  new sdk.AuthenticationDetails({ Username: config.username, Password: config.password }), { onSuccess, onFailure }));
checks.push({ sentence: 'the access token verifies with the key set', held: await verifies(session.getAccessToken().getJwtToken()) });
checks.push({ sentence: 'the id token verifies with the key set', held: await verifies(session.getIdToken().getJwtToken()) });
process.exit(report(checks) ? 0 : 1);
