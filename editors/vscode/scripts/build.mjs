// Bundles the extension, and the tests that run inside the extension host.
import { build } from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';

const common = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  external: ['vscode'],
  logLevel: 'warning',
  // Some of the client library's own packages are CommonJS with a better twin.
  mainFields: ['module', 'main'],
};

/** Leaves the client library to a bundle of its own. */
const apart = {
  name: 'apart',
  setup: (build) => build.onResolve({ filter: /^\.\/library$/ }, () => ({ path: './library.js', external: true })),
};

export async function bundle() {
  const entryPoints = ['src/extension.ts', 'src/library.ts'];
  await build({ ...common, entryPoints, outdir: 'dist', minify: true, legalComments: 'none', plugins: [apart] });
}

export async function bundleTests() {
  const journeys = fs.readdirSync('e2e/journeys').map((name) => path.join('e2e/journeys', name));
  await build({ ...common, entryPoints: journeys, outdir: 'dist/e2e', sourcemap: 'inline' });
}

if (import.meta.url === `file://${process.argv[1]}`) await bundle();
