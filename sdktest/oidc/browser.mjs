// Signs in with the vendors' SDKs in headless Chromium, through the mocks' real pages.
// Configuration comes as JSON in the first argument: {chromium, pages, username, password,
// wrong, authing: {client}, auth0: {authority, api}}; pages is where the applications are.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const config = JSON.parse(process.argv[2]);
const browser = await chromium.launch({ executablePath: config.chromium, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

const done = (what) => console.log(`ok  ${what}`);

async function fresh(what, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => console.log(`    ${what}: ${error.message}`));
  page.on('request', (request) => {
    const host = new URL(request.url()).hostname;
    if (!['localhost', '127.0.0.1', ''].includes(host)) throw new Error(`${what} reaches out to ${request.url()}`);
  });
  return { context, page };
}

const ready = (page) => page.waitForFunction(() => document.title === 'ready');

async function signInOnPage(page, { wrong } = {}) {
  await page.waitForSelector('input[name=password]');
  if (wrong) {
    await page.fill('input[name=username]', config.username);
    await page.fill('input[name=password]', 'not-the-password');
    await page.click('button[type=submit]:not([name])');
    await page.waitForSelector('[role=alert]');
    assert.match(await page.textContent('[role=alert]'), /wrong/i);
  }
  await page.fill('input[name=username]', config.username);
  await page.fill('input[name=password]', config.password);
  await page.click('button[type=submit]:not([name])');
}

async function call(api, token) {
  const response = await fetch(api, { headers: { Authorization: `Bearer ${token}` } });
  return response.status;
}

async function oidcClientTS(offline) {
  const { context, page } = await fresh('oidc-client-ts');
  const app = `${config.pages}/oidc-client-ts`;
  await page.goto(app);
  await ready(page);
  await page.evaluate((o) => { window.app.signIn(o); }, offline);
  await signInOnPage(page, { wrong: true });
  await page.waitForURL((url) => url.href.startsWith(app));
  await ready(page);
  const back = await page.evaluate(() => window.back);
  assert.equal(back.error, undefined);
  assert.deepEqual(back.state, { from: 'the test' });
  assert.equal(back.email, config.username);
  assert.equal(back.refresh, offline);
  done(`oidc-client-ts${offline ? ' with a refresh token' : ''}: signed in as ${back.email}`);
  assert.equal(await call(config.authing.api, back.access), 200);
  await page.reload();
  await ready(page);
  assert.equal((await page.evaluate(() => window.app.user())).sub, back.sub);
  const renewed = await page.evaluate((o) => window.app.renew(o), offline);
  assert.equal(renewed.sub, back.sub);
  assert.notEqual(renewed.access, back.access);
  done(`oidc-client-ts: reloaded, renewed ${offline ? 'by the refresh token' : 'in a frame'}`);
  if (offline) {
    await page.evaluate(() => window.app.revoke());
    assert.equal(await call(config.authing.api, renewed.access), 401);
    done('oidc-client-ts: revoked');
  } else {
    await page.evaluate(() => { window.app.signOut(); });
    await page.waitForURL((url) => url.href.startsWith(app) && url.searchParams.has('state'));
    await page.goto(app);
    await ready(page);
    const silent = await page.evaluate(() => window.app.renew().then(() => 'renewed', (error) => error.error ?? error.message));
    assert.equal(silent, 'login_required');
    done('oidc-client-ts: signed out, and login_required after that');
  }
  await context.close();
}

async function withoutScripts() {
  const { context, page } = await fresh('no scripts', { javaScriptEnabled: false });
  await page.goto(config.authing.authorize);
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  await page.keyboard.type(config.username); // the first field has the focus
  await page.keyboard.press('Tab');
  await page.keyboard.type(config.password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('text=Continue');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.href.startsWith(config.pages) && url.searchParams.has('code'));
  assert.equal(new URL(page.url()).searchParams.get('state'), 'a b+c==');
  done('Authing: signed in by keyboard alone, without JavaScript');
  await page.goto(config.authing.authorize.replace('/oidc/auth?', '/oidc/auth?prompt=login&'));
  await page.click('button[name=cancel]');
  await page.waitForURL((url) => url.searchParams.get('error') === 'access_denied');
  done('Authing: cancelled, access_denied');
  await context.close();
}

async function responseModes() {
  const { context, page } = await fresh('response modes');
  await page.goto(config.authing.authorize);
  await signInOnPage(page);
  await page.waitForURL((url) => url.searchParams.has('code'));
  await page.goto(`${config.authing.authorize}&response_mode=fragment`);
  assert.match(new URL(page.url()).hash, /^#code=[\w-]{43}&state=/);
  const posted = page.waitForRequest((request) => request.method() === 'POST' && request.url().startsWith(config.pages));
  await page.goto(`${config.authing.authorize}&response_mode=form_post`);
  assert.match((await posted).postData(), /^code=[\w-]{43}&state=/);
  await page.goto(`${config.pages}/empty`);
  const message = await page.evaluate((src) => new Promise((resolve) => {
    addEventListener('message', (event) => resolve({ origin: event.origin, ...event.data }));
    const frame = document.createElement('iframe');
    frame.src = src;
    document.body.append(frame);
  }), `${config.authing.authorize}&response_mode=web_message&prompt=none`);
  assert.equal(message.type, 'authorization_response');
  assert.equal(message.origin, new URL(config.authing.authorize).origin);
  assert.match(message.response.code, /^[\w-]{43}$/);
  assert.equal(message.response.state, 'a b+c==');
  done('response modes: query, fragment, form_post, web_message');
  await context.close();
}

async function auth0SPA(offline) {
  const { context, page } = await fresh('auth0-spa-js');
  const app = `${config.pages}/auth0-spa-js`;
  await page.goto(offline ? `${app}?offline` : app);
  await ready(page);
  await page.evaluate(() => { window.app.signIn(); });
  await signInOnPage(page, { wrong: true });
  await page.waitForURL((url) => url.href.startsWith(app));
  await ready(page);
  const back = await page.evaluate(() => window.back);
  assert.deepEqual(back, { state: { from: 'the test' } });
  const user = await page.evaluate(() => window.app.user());
  assert.equal(user.email, config.username);
  done(`auth0-spa-js${offline ? ' with a refresh token' : ''}: signed in as ${user.email}`);
  const first = await page.evaluate(() => window.app.token(false));
  assert.equal(await call(config.auth0.api, first), 200);
  const second = await page.evaluate(() => window.app.token(true));
  assert.equal(typeof second, 'string', JSON.stringify(second));
  const third = await page.evaluate(() => window.app.token(true));
  assert.equal(await call(config.auth0.api, third), 200);
  done(`auth0-spa-js: renewed twice ${offline ? 'by rotating refresh tokens' : 'in a frame'}`);
  await page.reload();
  await ready(page);
  assert.equal(typeof await page.evaluate(() => window.app.token(false)), 'string');
  assert.equal((await page.evaluate(() => window.app.user())).sub, user.sub);
  done('auth0-spa-js: reloaded');
  await page.evaluate(() => { document.title = 'leaving'; window.app.signOut(); });
  await ready(page);
  await page.evaluate(() => sessionStorage.clear());
  await page.goto(app);
  await ready(page);
  assert.deepEqual(await page.evaluate(() => window.app.token(true)), { error: 'login_required' });
  done('auth0-spa-js: signed out, and login_required after that');
  await context.close();
}

async function auth0React() {
  const { context, page } = await fresh('auth0-react');
  const app = `${config.pages}/auth0-react`;
  await page.goto(app);
  await ready(page);
  assert.equal(await page.textContent('#who'), 'nobody');
  const asked = page.waitForRequest((request) => request.url().includes('/authorize?'));
  await page.click('#in');
  const { name, version } = JSON.parse(atob(new URL((await asked).url()).searchParams.get('auth0Client')));
  assert.deepEqual({ name, version }, { name: 'auth0-react', version: '1.10.1' });
  await signInOnPage(page);
  await page.waitForURL((url) => url.href.startsWith(app));
  await page.waitForFunction((email) => document.getElementById('who')?.textContent === email, config.username);
  assert.equal(await page.textContent('#fault'), '');
  done('auth0-react 1.10.1: signed in');
  await page.click('#renew');
  await page.waitForFunction(() => document.getElementById('token').textContent !== '');
  assert.doesNotMatch(await page.textContent('#token'), /^error/);
  await page.reload();
  await page.waitForFunction((email) => document.getElementById('who')?.textContent === email, config.username);
  done('auth0-react 1.10.1: renewed, reloaded');
  await page.click('#out');
  await page.waitForURL((url) => url.href.startsWith(app));
  await page.waitForFunction(() => document.getElementById('who')?.textContent === 'nobody');
  await page.click('#renew');
  await page.waitForFunction(() => document.getElementById('token').textContent === 'error: login_required');
  done('auth0-react 1.10.1: signed out');
  await context.close();
}

try {
  await oidcClientTS(false);
  await oidcClientTS(true);
  await withoutScripts();
  await responseModes();
  await auth0SPA(false);
  await auth0SPA(true);
  await auth0React();
} finally {
  await browser.close();
}
