// Writes SRP test vectors: the client's side is reckoned by
// amazon-cognito-identity-js, the server's by the few lines below, which share
// no code with the mock. Run it from sdktest/ to make the file anew:
//
//   node cognito/vectors.mjs > ../mockserver/idp/cognito/srp/testdata/vectors.json

import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const AuthenticationHelper = require('amazon-cognito-identity-js/lib/AuthenticationHelper').default;
const BigInteger = require('amazon-cognito-identity-js/lib/BigInteger').default;

const N = BigInt('0x' + new AuthenticationHelper('x').N.toString(16));
const g = 2n;

function power(base, exponent) {
  let result = 1n;
  for (base %= N; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % N;
    base = (base * base) % N;
  }
  return result;
}

const number = (bytes) => BigInt('0x' + Buffer.from(bytes).toString('hex'));
const sha256 = (...parts) => parts.reduce((h, p) => h.update(p), createHash('sha256')).digest();

function pad(n) {
  let digits = n.toString(16);
  if (digits.length % 2) digits = '0' + digits;
  if (/^[89a-f]/.test(digits)) digits = '00' + digits;
  return Buffer.from(digits, 'hex');
}

const k = number(sha256(pad(N), pad(g)));

// One exchange, up to the values that a search may want to look at.
function exchange({ pool, user, password, salt, a, b }) {
  const x = number(sha256(pad(number(salt)), sha256(pool + user + ':' + password)));
  const v = power(g, x);
  const A = power(g, number(a));
  const B = (k * v + power(g, number(b))) % N;
  const u = sha256(pad(A), pad(B));
  return { pool, user, password, salt, a, b, x, v, A, B, u };
}

const S = (e) => power(e.A * power(e.v, number(e.u)), number(e.b));

function signed(name, e) {
  const helper = new AuthenticationHelper(e.pool);
  helper.smallAValue = new BigInteger(e.a.toString('hex'), 16);
  helper.largeAValue = undefined;
  helper.getLargeAValue(() => {});
  const B = new BigInteger(e.B.toString(16), 16);
  const salt = new BigInteger(e.salt.toString('hex'), 16);
  let key;
  helper.getPasswordAuthenticationKey(e.user, e.password, B, salt, (err, value) => { if (err) throw err; key = value; });
  const block = randomBytes(48);
  const timestamp = 'Sun Mar 5 07:09:03 UTC 2023';
  const signature = createHmac('sha256', Buffer.from(key))
    .update(e.pool, 'utf8').update(e.user, 'utf8').update(block).update(timestamp).digest('base64');
  return {
    name, pool: e.pool, user: e.user, password: e.password, salt: e.salt.toString('hex'), a: e.a.toString('hex'), b: e.b.toString('hex'),
    A: helper.largeAValue.toString(16), B: e.B.toString(16), u: e.u.toString('hex'), S: S(e).toString(16),
    key: Buffer.from(key).toString('hex'), block: block.toString('base64'), timestamp, signature,
  };
}

const fresh = (over = {}) => ({
  pool: 'hT4pXw2Qz', user: 'admin', password: 'Correct-Horse-7',
  salt: Buffer.concat([Buffer.from([0x40]), randomBytes(15)]), a: randomBytes(32), b: randomBytes(32), ...over,
});

// Draws exchanges until one is as asked.
function search(over, fits) {
  for (;;) {
    const e = exchange(fresh(typeof over === 'function' ? over() : over));
    if (fits(e)) return e;
  }
}
const any = () => true;
const bytes = (n) => Math.ceil(n.toString(16).length / 2);

const vectors = [
  signed('a plain name and password', search({}, any)),
  signed('A has an odd number of digits', search({}, (e) => e.A.toString(16).length === 767)),
  signed('A begins with a zero byte', search({}, (e) => bytes(e.A) === 383)),
  signed('A has its top bit clear', search({}, (e) => e.A.toString(16).length === 768 && !/^[89a-f]/.test(e.A.toString(16)))),
  signed('B begins with a zero byte', search({}, (e) => bytes(e.B) === 383)),
  signed('u begins with a zero byte', search({}, (e) => e.u[0] === 0)),
  signed('x begins with a zero byte', search(() => ({ salt: randomBytes(16) }), (e) => bytes(e.x) === 31)),
  signed('S begins with a zero byte', search({}, (e) => bytes(S(e)) === 383)),
  signed('the salt begins with a zero byte', search({ salt: Buffer.concat([Buffer.from([0, 0x91]), randomBytes(14)]) }, any)),
  signed('the salt has its top bit set', search({ salt: Buffer.concat([Buffer.from([0xf3]), randomBytes(15)]) }, any)),
  signed('b is small', search({ b: Buffer.concat([Buffer.alloc(30), randomBytes(2)]) }, any)),
  signed('name and password in several scripts', search({ user: 'Zoë.Ångström', password: 'пароль-密码-🔑-Aa1' }, any)),
  signed('colons in name and password', search({ user: 'team:admin', password: ':a:B:9:' }, any)),
  signed('an e-mail address and a password with quotes, spaces and a backslash', search({ user: 'admin@example.com', password: ' "quoted" \\ it\'s A1 ' }, any)),
  signed('an empty password', search({ password: '' }, any)),
];
process.stdout.write(JSON.stringify(vectors, null, 2) + '\n');
