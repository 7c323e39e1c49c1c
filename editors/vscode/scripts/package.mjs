// Makes a VSIX for each platform that is named (`linux-x64`, `darwin-arm64`, ...), else for this one, into dist/vsix.
// The server is taken from server/PLATFORM/greenloop where it is there, for this platform else from target/release. A VSIX
// of no platform (`universal`) is without one: it starts the `greenloop` of the PATH.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { bundle } from './build.mjs';

process.chdir(path.resolve(import.meta.dirname, '..'));
const SIZE_WITHOUT_SERVER_MAX = 1_000_000;
const here = `${process.platform}-${process.arch}`;
const platforms = process.argv.length > 2 ? process.argv.slice(2) : [here];

/** Where the server of a platform is. */
function serverOf(platform) {
  const name = platform.startsWith('win32') ? 'greenloop.exe' : 'greenloop';
  const places = [path.join('server', platform, name), ...(platform === here ? [path.join('../../target/release', name)] : [])];
  return places.find((place) => fs.existsSync(place));
}

/** What goes into the package, and nothing else. */
function stage(platform) {
  const staged = path.join('dist/stage', platform);
  fs.rmSync(staged, { recursive: true, force: true });
  for (const part of ['package.json', 'README.md', 'media', 'sample', 'dist/extension.js', 'dist/library.js']) fs.cpSync(part, path.join(staged, part), { recursive: true });
  for (const part of ['LICENSE-APACHE', 'LICENSE-MIT', 'CHANGELOG.md']) fs.cpSync(path.join('../..', part), path.join(staged, part));
  fs.writeFileSync(path.join(staged, 'LICENSE'), 'Dual licence, at your choice: MIT (LICENSE-MIT) or Apache-2.0 (LICENSE-APACHE).\n');
  // The page's pictures go with it.
  const page = path.join(staged, 'README.md');
  const pictures = fs.readFileSync(page, 'utf8').matchAll(/\.\.\/\.\.\/docs\/images\/([\w-]+\.png)/g);
  for (const [, name] of pictures) fs.cpSync(path.join('../../docs/images', name), path.join(staged, 'media', name));
  fs.writeFileSync(page, fs.readFileSync(page, 'utf8').replaceAll('../../docs/images/', 'media/'));
  // All that is staged is meant.
  fs.writeFileSync(path.join(staged, '.vscodeignore'), '');
  const server = platform === 'universal' ? undefined : serverOf(platform);
  if (server) {
    fs.mkdirSync(path.join(staged, 'server'));
    fs.copyFileSync(server, path.join(staged, 'server', path.basename(server)));
    fs.chmodSync(path.join(staged, 'server', path.basename(server)), 0o755);
  } else if (platform !== 'universal') {
    console.log(`${platform}: no server in server/${platform}, so the one on the PATH will be started`);
  }
  return { staged, server };
}

await bundle();
fs.mkdirSync('dist/vsix', { recursive: true });
for (const platform of platforms) {
  const { staged, server } = stage(platform);
  const { version } = JSON.parse(fs.readFileSync('package.json', 'utf8'));
  const out = path.resolve('dist/vsix', `greenloop-${version}${platform === 'universal' ? '' : `-${platform}`}.vsix`);
  const target = platform === 'universal' ? [] : ['--target', platform];
  const args = ['package', ...target, '--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links', '--out', out];
  execFileSync(path.resolve('node_modules/.bin/vsce'), args, { cwd: staged, stdio: ['ignore', 'pipe', 'inherit'] });
  const { size } = fs.statSync(out);
  console.log(`${path.relative('.', out)}: ${size} bytes${server ? ` with ${server}` : ' without a server'}`);
  if (!server && size > SIZE_WITHOUT_SERVER_MAX) throw new Error(`more than ${SIZE_WITHOUT_SERVER_MAX} bytes without a server`);
}
