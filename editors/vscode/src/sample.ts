// A small red project to try everything on, offline.

import * as os from 'node:os';
import * as vscode from 'vscode';

export async function openSample(folder: vscode.Uri): Promise<void> {
  const chosen = await vscode.window.showOpenDialog({
    canSelectFiles: false,
    canSelectFolders: true,
    defaultUri: vscode.Uri.file(os.homedir()),
    openLabel: 'Create the Sample Here',
    title: 'Where shall the sample project be?',
  });
  if (chosen === undefined) return;
  const target = vscode.Uri.joinPath(chosen[0], 'greenloop-sample');
  await vscode.workspace.fs.copy(vscode.Uri.joinPath(folder, 'sample'), target, { overwrite: false });
  await vscode.commands.executeCommand('vscode.openFolder', target);
}
