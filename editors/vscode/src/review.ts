// Review in place: proposed changes drawn in the text, and the way from one to the next.

import * as vscode from 'vscode';
import { isOpen, type DrawnHunk, type Hunk } from './protocol';
import type { Server } from './server';

/** What is typed right after the last key is not drawn at once. */
const QUIET_MS = 150;
/** A text that the server has not read yet is asked about again, this often. */
const RETRIES = 20;

const removed = vscode.window.createTextEditorDecorationType({
  backgroundColor: new vscode.ThemeColor('diffEditor.removedLineBackground'),
  overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.modifiedForeground'),
  overviewRulerLane: vscode.OverviewRulerLane.Left,
  // Seen in themes of high contrast, which have no backgrounds.
  borderColor: new vscode.ThemeColor('diffEditor.removedTextBorder'),
});

const added = vscode.window.createTextEditorDecorationType({
  after: {
    color: new vscode.ThemeColor('gitDecoration.addedResourceForeground'),
    backgroundColor: new vscode.ThemeColor('diffEditor.insertedLineBackground'),
    margin: '0 0 0 2ch',
  },
  rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
});

/** The open changes, by file and line. */
export function openHunks(server: Server): { taskId: string; hunk: Hunk }[] {
  const all = server.tasks.flatMap((task) => task.hunks.filter(isOpen).map((hunk) => ({ taskId: task.taskId, hunk })));
  const key = (hunk: Hunk): string => vscode.Uri.parse(hunk.uri).path;
  return all.sort((a, b) => key(a.hunk).localeCompare(key(b.hunk)) || a.hunk.range.start.line - b.hunk.range.start.line);
}

export function reveal(uri: vscode.Uri, line: number): Thenable<vscode.TextEditor> {
  const at = new vscode.Position(line, 0);
  return vscode.window.showTextDocument(uri, { selection: new vscode.Range(at, at) });
}

/** Goes to the next open change after the cursor, or before it, in all files and around. */
export async function goTo(server: Server, step: 1 | -1): Promise<void> {
  const hunks = openHunks(server);
  if (hunks.length === 0) {
    void vscode.window.showInformationMessage('Greenloop: no change waits for you.');
    return;
  }
  const editor = vscode.window.activeTextEditor;
  const path = editor?.document.uri.path ?? '';
  const line = editor?.selection.active.line ?? -1;
  const side = ({ hunk }: { hunk: Hunk }): number =>
    vscode.Uri.parse(hunk.uri).path.localeCompare(path) || hunk.range.start.line - line;
  const next = step > 0 ? (hunks.find((at) => side(at) > 0) ?? hunks[0]) : (hunks.findLast((at) => side(at) < 0) ?? hunks.at(-1)!);
  await reveal(vscode.Uri.parse(next.hunk.uri), next.hunk.range.start.line);
}

/** Draws the changes of all editors in sight, for as long as it is not disposed of. */
export class Decorations implements vscode.Disposable {
  private readonly listening: vscode.Disposable;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly server: Server) {
    this.listening = vscode.Disposable.from(
      server.onDidChange(() => this.drawSoon(0)),
      vscode.window.onDidChangeVisibleTextEditors(() => this.drawSoon(0)),
      vscode.window.onDidChangeActiveTextEditor(() => this.drawSoon(0)),
      vscode.workspace.onDidChangeTextDocument(() => this.drawSoon(QUIET_MS)),
      vscode.workspace.onDidChangeConfiguration((change) => change.affectsConfiguration('greenloop') && this.drawSoon(0)),
    );
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.listening.dispose();
  }

  private drawSoon(wait: number, retries = RETRIES): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.draw(retries), wait);
  }

  private async draw(retries: number): Promise<void> {
    const editors = vscode.window.visibleTextEditors.filter((editor) => editor.document.uri.scheme === 'file');
    const drawn = await Promise.all(editors.map((editor) => this.drawOne(editor)));
    if (drawn.includes(false) && retries > 0) this.drawSoon(QUIET_MS, retries - 1);
  }

  /** `false` when the server has not seen the text as it is now. */
  private async drawOne(editor: vscode.TextEditor): Promise<boolean> {
    const { document } = editor;
    const params = { textDocument: { uri: document.uri.toString() } };
    const answer = await this.server.ask<{ version: number | null; hunks: DrawnHunk[] }>('greenloop/hunks', params);
    const isShown = vscode.workspace.getConfiguration('greenloop').get('review.inPlace') === true;
    const hunks = isShown ? (answer?.hunks.filter(isOpen) ?? []) : [];
    if (hunks.length > 0 && answer?.version !== document.version) return false;
    editor.setDecorations(removed, hunks.filter((hunk) => hunk.startLine < hunk.endLine).map((hunk) => removal(document, hunk)));
    editor.setDecorations(added, hunks.filter((hunk) => hunk.state !== 'conflict').flatMap((hunk) => additions(document, hunk)));
    const isActive = vscode.window.activeTextEditor === editor;
    if (isActive) void vscode.commands.executeCommand('setContext', 'greenloop.changesHere', hunks.length > 0);
    return true;
  }
}

function removal(document: vscode.TextDocument, hunk: DrawnHunk): vscode.DecorationOptions {
  const last = Math.min(hunk.endLine, document.lineCount) - 1;
  return { range: new vscode.Range(hunk.startLine, 0, last, document.lineAt(last).text.length), hoverMessage: hover(document, hunk) };
}

/** The lines that come in, each behind one that goes; the rest of them behind the last. */
function additions(document: vscode.TextDocument, hunk: DrawnHunk): vscode.DecorationOptions[] {
  const lines = hunk.inserted.replace(/\r?\n$/, '').split(/\r?\n/);
  if (hunk.inserted === '') return [];
  // An insertion is shown at the line it comes behind.
  const places = Math.max(hunk.endLine - hunk.startLine, 1);
  const first = hunk.startLine < hunk.endLine ? hunk.startLine : Math.max(hunk.startLine - 1, 0);
  const groups = lines.slice(0, places).map((line, at) => (at === places - 1 ? lines.slice(at) : [line]));
  return groups.map((group, at) => {
    const line = document.lineAt(Math.min(first + at, document.lineCount - 1));
    const mark = hunk.startLine < hunk.endLine ? '→ ' : '⏎ ';
    const text = group.map((text, n) => (n === 0 ? text.trimStart() : text)).join(' ⏎ ');
    return { range: new vscode.Range(line.range.end, line.range.end), renderOptions: { after: { contentText: mark + text } } };
  });
}

function hover(document: vscode.TextDocument, hunk: DrawnHunk): vscode.MarkdownString {
  const gone = [];
  for (let line = hunk.startLine; line < Math.min(hunk.endLine, document.lineCount); line++) gone.push(`-${document.lineAt(line).text}`);
  const come = hunk.inserted === '' ? [] : hunk.inserted.replace(/\r?\n$/, '').split(/\r?\n/).map((line) => `+${line}`);
  const text = new vscode.MarkdownString(undefined, true);
  text.appendText(`${hunk.label} (${hunk.evidence})`);
  text.appendCodeblock([...gone, ...come].join('\n'), 'diff');
  return text;
}
