// One workbench for all scenarios: whoever comes to the socket that is named and says a folder has a window on it for as
// long as they stay. `node workbench.mjs SOCKET`; it says that it is up, and ends with its input.
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const here = import.meta.dirname;
const repo = path.resolve(here, '../../..');
const extension = path.join(repo, 'editors/vscode');
const target = path.join(repo, 'target/test-vscode');
process.chdir(extension);
const { bundle } = await import(path.join(extension, 'scripts/build.mjs'));
const { lendHands, openBrowser, startServer } = await import(path.join(extension, 'e2e/workbench.mjs'));

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'greenloop-workbench-'));
await bundle();
// Both are installed, so that the window is none of an extension under development.
const install = (folder, name, parts) => parts.forEach((part) => fs.cpSync(path.join(folder, part), path.join(root, 'extensions', name, part), { recursive: true }));
install(extension, 'greenloop.greenloop-0.1.0', ['package.json', 'dist', 'media']);
install(here, 'tests.user-0.0.0', ['package.json', 'user.js']);
const browser = await openBrowser();
const server = await startServer({
  node: path.join(target, 'node/node_modules/node/bin/node'),
  codeServer: path.join(target, 'workbench/node_modules/code-server/out/node/entry.js'),
  root,
  settings: { 'files.watcherExclude': { '**/.documents/**': true } },
  machineSettings: { 'greenloop.server.path': path.join(here, 'server') },
  // What runs for a window that is gone ends soon.
  env: { CODE_SERVER_RECONNECTION_GRACE_TIME: '5' },
});

async function open(folder) {
  const page = await browser.context.newPage();
  const hands = await lendHands(page, path.join(target, 'pictures'));
  fs.writeFileSync(path.join(path.dirname(folder), 'hands'), hands.url);
  await page.goto(`${server.url}/?folder=${encodeURIComponent(folder)}`);
  return async () => {
    hands.close();
    await page.close();
  };
}

const door = net.createServer((visitor) => {
  let close;
  visitor.once('data', (said) => { close = open(String(said).trim()); });
  visitor.once('close', () => close?.then((end) => end()).catch((error) => console.error(String(error))));
  visitor.on('error', () => {});
});
door.listen(process.argv[2], () => console.log('up'));

process.stdin.resume().once('end', async () => {
  door.close();
  await browser.close();
  await server.stop();
  fs.rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  process.exit();
});
