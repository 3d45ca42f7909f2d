// Plays the scenario with amazon-cognito-identity-js in headless Chromium, from
// a page of another origin than the mock's. Configuration comes as JSON in the
// first argument: {endpoint, pool, client, username, password, chromium}.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { report } from './scenario.mjs';

const config = JSON.parse(process.argv[2]);
const files = {
  '/': ['text/html', '<!doctype html><title>sign in</title><script src="/sdk.js"></script>'],
  '/sdk.js': ['text/javascript', await readFile(createRequire(import.meta.url).resolve('amazon-cognito-identity-js/dist/amazon-cognito-identity.min.js'))],
  '/scenario.mjs': ['text/javascript', await readFile(new URL('scenario.mjs', import.meta.url))],
};
const pages = createServer((request, response) => {
  const [type, body] = files[request.url] ?? ['text/plain', ''];
  response.writeHead(files[request.url] ? 200 : 404, { 'content-type': type }).end(body);
});
await new Promise((resolve) => pages.listen(0, '127.0.0.1', resolve));

const browser = await chromium.launch({ executablePath: config.chromium, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
let held = false;
try {
  const page = await browser.newPage();
  page.on('requestfailed', (request) => console.log(`        ${request.method()} ${request.url()}: ${request.failure()?.errorText}`));
  await page.goto(`http://127.0.0.1:${pages.address().port}/`);
  held = report(await page.evaluate(async (config) => {
    const { scenario } = await import('/scenario.mjs');
    return scenario(window.AmazonCognitoIdentity, config);
  }, config));
} finally {
  await browser.close();
  pages.close();
}
process.exit(held ? 0 : 1);
