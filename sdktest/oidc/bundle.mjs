// Bundles the applications into the folder of the first argument.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

await build({
  entryPoints: ['oidc-client-ts.js', 'auth0-spa-js.js', 'auth0-react.jsx'].map((name) => fileURLToPath(new URL(`apps/${name}`, import.meta.url))),
  bundle: true, format: 'esm', platform: 'browser', outdir: process.argv[2], logLevel: 'error',
  define: { 'process.env.NODE_ENV': '"production"' },
});
