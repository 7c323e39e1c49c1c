// The real workbench without a screen: code-server, and a headless Chromium on it.
import { chromium } from 'playwright-core';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on', // else pictures catch notifications half faded in
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'chat.disableAIFeatures': true,
  'git.enabled': false,
  'npm.autoDetect': 'off',
  'typescript.disableAutomaticTypeAcquisition': true,
  'editor.minimap.enabled': false,
  'editor.accessibilitySupport': 'off',
  'testing.automaticallyOpenPeekView': 'never',
  'testing.automaticallyOpenTestResults': 'neverOpen',
  'files.autoSave': 'off',
  'window.confirmBeforeClose': 'never',
};

/** Listens on loopback, at a port that is free. */
const listen = (server) => new Promise((ok) => server.listen(0, '127.0.0.1', () => ok(server.address().port)));

async function freePort() {
  const server = net.createServer();
  const port = await listen(server);
  await new Promise((ok) => server.close(ok));
  return port;
}

/** A code-server with a home of its own. `trust`: whether workspaces are trusted without a question. */
export async function startServer({ node, codeServer, root, settings, machineSettings, trust = true, env }) {
  const data = path.join(root, 'data');
  const write = (file, value) => {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, JSON.stringify(value, null, 2));
  };
  write(path.join(data, 'User/settings.json'), { ...SETTINGS, 'security.workspace.trust.enabled': !trust, 'security.workspace.trust.startupPrompt': 'never', 'security.workspace.trust.banner': 'always', ...settings });
  // Settings of scope machine are not read from the user's settings in a remote window.
  write(path.join(data, 'Machine/settings.json'), machineSettings);
  fs.writeFileSync(path.join(root, 'config.yaml'), 'auth: none\n');
  fs.mkdirSync(path.join(root, 'extensions'), { recursive: true });
  const port = await freePort();
  const args = [codeServer, '--config', path.join(root, 'config.yaml'), '--bind-addr', `127.0.0.1:${port}`, '--auth', 'none',
    '--disable-telemetry', '--disable-update-check', '--disable-proxy', '--disable-getting-started-override',
    ...(trust ? ['--disable-workspace-trust'] : []),
    '--user-data-dir', data, '--extensions-dir', path.join(root, 'extensions'),
    // Without it a built workbench ignores where the tests are.
    '--vscode-option', 'enable-smoke-test-driver'];
  const log = fs.openSync(path.join(root, 'server.log'), 'w');
  const child = spawn(node, args, {
    stdio: ['ignore', log, log],
    detached: true,
    env: { ...process.env, EXTENSIONS_GALLERY: '{}', TMPDIR: root, XDG_RUNTIME_DIR: root, XDG_DATA_HOME: root,
      XDG_STATE_HOME: path.join(root, 'state'), XDG_CACHE_HOME: path.join(root, 'cache'), ...env },
  });
  const gone = new Promise((ok) => child.once('exit', ok));
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 60_000;
  while (!(await fetch(`${url}/healthz`).then((answer) => answer.ok, () => false))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`code-server did not come up:\n${fs.readFileSync(path.join(root, 'server.log'), 'utf8')}`);
    await new Promise((ok) => setTimeout(ok, 50));
  }
  const stop = async () => {
    // The whole group: the extension host is a grandchild.
    try { process.kill(-child.pid, 'SIGTERM'); } catch { return; }
    await gone;
  };
  return { url, port, stop };
}

export async function openBrowser() {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    viewport: { width: 1280, height: 800 },
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      // No page asks for anything outside.
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
  });
  const close = async () => {
    await context.close();
    fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return { context, close };
}

/** What a test inside the extension host can have done on the screen: keys, clicks, looks and pictures. */
export async function lendHands(page, pictures) {
  const acts = {
    press: ({ keys }) => page.keyboard.press(keys),
    type: ({ text }) => page.keyboard.type(text),
    click: ({ selector, text, button }) => page.locator(selector, text ? { hasText: text } : {}).first().click({ timeout: 10_000, button }),
    hover: ({ selector, text }) => page.locator(selector, text ? { hasText: text } : {}).first().hover({ timeout: 10_000 }),
    texts: ({ selector }) => page.locator(selector).allInnerTexts(),
    labels: ({ selector }) => page.locator(selector).evaluateAll((found) => found.map((one) => one.getAttribute('aria-label'))),
    colors: ({ selector }) => page.locator(selector).evaluateAll((found) => found.map((one) => getComputedStyle(one).backgroundColor)),
    afters: ({ selector }) => page.locator(selector).evaluateAll((found) => found.map((one) => getComputedStyle(one, '::after').content)),
    frames: () => Promise.all(page.frames().map((frame) => frame.locator('body').innerText({ timeout: 1000 }).catch(() => ''))),
    themes: () => page.locator('.monaco-workbench').evaluateAll((found) => found.flatMap((one) => [...one.classList])),
    picture: async ({ name }) => {
      fs.mkdirSync(pictures, { recursive: true });
      await page.screenshot({ path: path.join(pictures, `${name}.png`) });
    },
  };
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { act, ...params } = JSON.parse(body);
    const [status, answer] = await acts[act](params).then((value) => [200, value ?? null], (error) => [500, String(error)]);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}
