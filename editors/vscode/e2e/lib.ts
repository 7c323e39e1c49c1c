// What the journeys have in common. They run inside the extension host, with the whole API of the editor at hand.

import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Greenloop } from '../src/extension';
import type { Hunk, Task } from '../src/protocol';

export { assert, vscode };

const WALL_MS = 90_000;

/** The first value of `look` that counts, which must come in time. */
export async function until<T>(what: string, look: () => T | Promise<T>): Promise<Exclude<NonNullable<T>, false>> {
  const deadline = Date.now() + WALL_MS;
  for (;;) {
    const found = await look();
    if (found) return found as Exclude<NonNullable<T>, false>;
    if (Date.now() > deadline) throw new Error(`not seen: ${what}`);
    await pause();
  }
}

async function hand<T>(act: string, params: object): Promise<T> {
  const answer = await fetch(process.env.GREENLOOP_HANDS!, { method: 'POST', body: JSON.stringify({ act, ...params }) });
  const value = (await answer.json()) as T;
  if (!answer.ok) throw new Error(`${act} ${JSON.stringify(params)}: ${String(value)}`);
  return value;
}

/** Keys, clicks and looks at the page. */
export const screen = {
  press: (keys: string) => hand<void>('press', { keys }),
  type: (text: string) => hand<void>('type', { text }),
  click: (selector: string, text?: string) => hand<void>('click', { selector, text }),
  hover: (selector: string, text?: string) => hand<void>('hover', { selector, text }),
  texts: (selector: string) => hand<string[]>('texts', { selector }),
  labels: (selector: string) => hand<(string | null)[]>('labels', { selector }),
  colors: (selector: string) => hand<string[]>('colors', { selector }),
  afters: (selector: string) => hand<string[]>('afters', { selector }),
  /** What is shown in frames, hence in webviews. */
  frames: () => hand<string[]>('frames', {}),
  themes: () => hand<string[]>('themes', {}),
  picture: (name: string) => hand<void>('picture', { name }),
  seen: (selector: string, text: string) => until(`${text} at ${selector}`, async () => (await screen.texts(selector)).some((found) => clean(found).includes(text))),
};

/** The editor draws spaces that do not break. */
export const clean = (text: string): string => text.replaceAll('\u00a0', ' ');

/** Opens the quick fixes at the cursor; again until the workbench knows who has some. */
export async function quickFixes(title: string): Promise<void> {
  await until(`the quick fix ${title}`, async () => {
    await screen.press('Control+.');
    for (let look = 0; look < 25; look++) {
      if ((await screen.texts('.action-widget')).some((text) => clean(text).includes(title))) return true;
      await pause();
    }
    await screen.press('Escape');
    return false;
  });
}

/** Looks for a notification in the notification center: a workbench under test pops none up, and hides the center with the last one that goes. */
export async function notified(text: string): Promise<void> {
  const place = '.notifications-center .notification-list-item';
  await until(`${text} at ${place}`, async () => {
    await vscode.commands.executeCommand('notifications.showList');
    return (await screen.texts(place)).some((found) => clean(found).includes(text));
  });
}

const pause = (): Promise<void> => new Promise((ok) => setTimeout(ok, 40));

/** Types a chord of keys, each after the other. */
export async function chord(...keys: string[]): Promise<void> {
  for (const key of keys) await screen.press(key);
}

export const folder = (): string => vscode.workspace.workspaceFolders![0].uri.fsPath;
export const file = (name: string): vscode.Uri => vscode.Uri.file(path.join(folder(), name));
export const onDisk = (name: string): string => fs.readFileSync(path.join(folder(), name), 'utf8');

export async function open(name: string, text?: string): Promise<vscode.TextEditor> {
  const editor = await vscode.window.showTextDocument(file(name), { preview: false });
  if (text !== undefined) {
    const at = editor.document.positionAt(editor.document.getText().indexOf(text));
    assert.ok(editor.document.getText().includes(text), `${name} holds ${text}`);
    editor.selection = new vscode.Selection(at, at);
    editor.revealRange(new vscode.Range(at, at));
  }
  return editor;
}

export async function replace(editor: vscode.TextEditor, old: string, text: string): Promise<void> {
  const { document } = editor;
  const start = document.getText().indexOf(old);
  assert.ok(start >= 0, `${old} is there`);
  const range = new vscode.Range(document.positionAt(start), document.positionAt(start + old.length));
  assert.ok(await editor.edit((edit) => edit.replace(range, text)));
}

/** The running extension. */
export async function greenloop(): Promise<Greenloop> {
  const extension = vscode.extensions.getExtension<Greenloop>('greenloop.greenloop')!;
  const api = await extension.activate();
  await until('a running server', () => api.server.health === 'running');
  return api;
}

export const run = (command: string, ...args: unknown[]): Thenable<unknown> => vscode.commands.executeCommand(`greenloop.${command}`, ...args);

/** A code that leads somewhere is no bare text. */
const codeOf = ({ code }: vscode.Diagnostic): unknown => (typeof code === 'object' ? code.value : code);

export const diagnostics = (name: string, code: string): vscode.Diagnostic[] =>
  vscode.languages.getDiagnostics(file(name)).filter((found) => found.source === 'greenloop' && codeOf(found) === code);

/** The task that fits, once there is one. */
export const task = (api: Greenloop, what: string, fits: (task: Task) => boolean): Promise<Task> =>
  until(what, () => api.server.tasks.findLast(fits));

export const states = (task: Task): Hunk['state'][] => task.hunks.map((hunk) => hunk.state);

export const proposes = (task: Task): boolean => task.outcome !== null && task.hunks.length > 0;

const figures: string[] = [];

/** Says something with the verdict. */
export const tell = (line: string): void => void figures.push(line);

type Steps = Record<string, () => Promise<void>>;

/** A journey: its steps in order, up to the first that fails. */
export async function journey(steps: Steps): Promise<void> {
  const told: { name: string; ms: number; error?: string; figures?: string[] }[] = [];
  for (const [name, step] of Object.entries(steps)) {
    const start = Date.now();
    try {
      await step();
      told.push({ name, ms: Date.now() - start, figures: figures.splice(0) });
    } catch (error) {
      told.push({ name, ms: Date.now() - start, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      await screen.picture(`failed-${path.basename(process.env.GREENLOOP_RESULT!, '.json')}`);
      break;
    } finally {
      fs.writeFileSync(process.env.GREENLOOP_RESULT!, JSON.stringify(told));
    }
  }
  if (told.some((step) => step.error)) throw new Error('a step failed');
}
