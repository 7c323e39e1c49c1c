// Proposals in the native diff editors, on documents that only the server has.

import * as vscode from 'vscode';
import type { Server } from './server';

/** A document about a run, as the server names it. */
export function documentUri(kind: 'run' | 'log', taskId: string): vscode.Uri {
  return vscode.Uri.from({ scheme: 'greenloop', path: `/${kind}/${taskId}.${kind === 'run' ? 'md' : 'txt'}` });
}

/** What a proposal found of a file, and what it leaves: with the file's own path, so that both have one name. */
function side(kind: 'base' | 'proposed', taskId: string, path: string): vscode.Uri {
  return vscode.Uri.from({ scheme: 'greenloop', authority: `${kind}-${taskId}`, path: `/${path}` });
}

/** One file of a proposal, at a line of what it becomes. */
export async function showFileDiff(taskId: string, path: string, line?: number): Promise<void> {
  const sides = [side('base', taskId, path), side('proposed', taskId, path)] as const;
  const selection = line === undefined ? undefined : new vscode.Range(line, 0, line, 0);
  await vscode.commands.executeCommand('vscode.diff', ...sides, `${path} (proposed)`, { selection });
}

/** All files of a proposal in one editor. */
export async function showProposal(server: Server, taskId: string): Promise<void> {
  const task = server.tasks.find((task) => task.taskId === taskId);
  const paths = [...new Set(task?.hunks.map((hunk) => hunk.path))];
  if (task === undefined || paths.length === 0) {
    void vscode.window.showInformationMessage('Greenloop: this run proposes nothing.');
    return;
  }
  const resources = paths.map((path) => {
    const label = vscode.Uri.parse(task.hunks.find((hunk) => hunk.path === path)!.uri);
    return [label, side('base', taskId, path), side('proposed', taskId, path)];
  });
  await vscode.commands.executeCommand('vscode.changes', `Greenloop: ${task.title}`, resources);
}
