// Runs the journeys in the real workbench, each with a home, a project and a page of its own.
// `node e2e/run.mjs [NAME...]`: those whose name holds one of these; without one all of them.
// KEEP=1 leaves the scratch folders, VERBOSE=1 prints the page's console, THEME sets a colour theme.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bundle, bundleTests } from '../scripts/build.mjs';
import { journeys } from './journeys.mjs';
import { lendHands, openBrowser, startServer } from './workbench.mjs';

const here = path.resolve(import.meta.dirname, '..');
const repo = path.resolve(here, '../..');
const target = path.join(repo, 'target/test-vscode');
const pictures = path.join(target, 'pictures');
const program = process.env.GREENLOOP ?? path.join(repo, 'target/debug/greenloop');
const WALL_MS = 240_000;

const started = Date.now();
const say = (line) => console.log(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} ${line}`);

/** One journey, from an empty home to its verdict. */
async function travel(browser, { name, fixture, change = () => {}, settings = {}, trust, env = {} }) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), `greenloop-${name}-`));
  const project = path.join(root, 'project');
  fs.cpSync(path.join(repo, 'fixtures', fixture), project, { recursive: true });
  change(project);
  const page = await browser.context.newPage();
  const hands = await lendHands(page, pictures);
  const result = path.join(root, `${name}.json`);
  let server;
  try {
    server = await startServer({
      node: path.join(target, 'node/node_modules/node/bin/node'),
      codeServer: path.join(target, 'workbench/node_modules/code-server/out/node/entry.js'),
      root,
      settings: { ...(process.env.THEME ? { 'workbench.colorTheme': process.env.THEME } : {}), ...settings },
      machineSettings: { 'greenloop.server.path': program },
      trust,
      env: { GREENLOOP_HANDS: hands.url, GREENLOOP_RESULT: result, ...env },
    });
    const ended = new Promise((ok) => page.exposeFunction('codeAutomationExit', ok));
    await page.exposeFunction('codeAutomationLog', (_kind, args) => process.env.VERBOSE && args.forEach((arg) => say(`| ${arg}`)));
    const remote = `vscode-remote://127.0.0.1:${server.port}`;
    const payload = [['extensionDevelopmentPath', remote + here], ['extensionTestsPath', `${remote}${here}/dist/e2e/${name}.js`]];
    await page.goto(`${server.url}/?folder=${encodeURIComponent(project)}&payload=${encodeURIComponent(JSON.stringify(payload))}`);
    let timer;
    const late = new Promise((ok) => { timer = setTimeout(() => ok('no end in time'), WALL_MS); });
    const code = await Promise.race([ended, late]);
    clearTimeout(timer);
    const steps = fs.existsSync(result) ? JSON.parse(fs.readFileSync(result, 'utf8')) : [];
    for (const step of steps) for (const figure of step.figures ?? []) say(`       ${figure}`);
    for (const step of steps) say(`  ${step.error ? 'FAIL' : 'ok  '} ${step.name} (${step.ms} ms)${step.error ? `\n${step.error}` : ''}`);
    const isGreen = code === 0 && steps.length > 0 && steps.every((step) => !step.error);
    if (!isGreen) say(`  ended with ${code}; see ${path.join(pictures, `failed-${name}.png`)}`);
    return { isGreen, n: steps.length, fault: steps.find((step) => step.error) };
  } finally {
    hands.close();
    await page.close();
    await server?.stop();
    if (process.env.KEEP) say(`  kept ${root}`);
    else fs.rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

const wanted = process.argv.slice(2);
const chosen = journeys.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
await bundle();
await bundleTests();
const browser = await openBrowser();
const failed = [];
let passed = 0;
try {
  for (const journey of chosen) {
    say(`journey ${journey.name} (${journey.fixture})`);
    const { isGreen, n, fault } = await travel(browser, journey);
    if (isGreen) passed += n;
    else failed.push(`${journey.name}: ${fault ? `${fault.name}: ${fault.error.split('\n')[0]}` : 'it did not come to its end'}`);
  }
} finally {
  await browser.close();
}
for (const line of failed) say(`FAIL ${line}`);
say(`${chosen.length - failed.length} of ${chosen.length} journeys, ${passed} steps passed`);
process.exitCode = failed.length > 0 || chosen.length === 0 ? 1 : 0;
