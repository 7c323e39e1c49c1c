import * as vscode from 'vscode';
import type { Middleware } from 'vscode-languageclient/node';
import { commands, execute, isBusy } from './commands';
import { Preview } from './preview';
import { Progress } from './progress';
import { Questions } from './questions';
import { Decorations, openHunks } from './review';
import { Runs } from './runs';
import { Server } from './server';
import { showStatus } from './status';
import { Tests } from './tests';

/** For tests and for other extensions. */
export interface Greenloop {
  server: Server;
  runs: Runs;
  tests: Tests;
}

export function activate(context: vscode.ExtensionContext): Greenloop {
  const output = vscode.window.createOutputChannel('Greenloop', { log: true });
  const progress = new Progress((token) => server.notify('window/workDoneProgress/cancel', { token }));
  const questions = new Questions(() => server);
  const preview = new Preview();
  const middleware: Middleware = {
    handleWorkDoneProgress: progress.handle,
    executeCommand: (command, args) => execute(server, command, args),
    workspace: { handleApplyEdit: preview.handle },
  };
  const server: Server = new Server(context.extensionUri, output, middleware, {
    'greenloop/question': questions.asked,
    'greenloop/questionClosed': questions.closed,
  });
  const tests = new Tests(server);
  const runs = new Runs(server);
  const parts = { server, tests, questions, preview, output, folder: context.extensionUri };
  const registered = Object.entries(commands(parts)).map(([name, run]) => vscode.commands.registerCommand(`greenloop.${name}`, run));
  context.subscriptions.push(
    output,
    server,
    tests,
    runs,
    showStatus(server),
    new Decorations(server),
    server.onDidChange(() => setContexts(server)),
    server.onDidChangeHealth(() => server.health !== 'running' && progress.clear()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void server.restart()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('greenloop.server')) void server.restart();
    }),
    ...runChecksOften(server),
    ...registered,
  );
  // Start-up goes on meanwhile.
  setTimeout(() => void server.start());
  return { server, runs, tests };
}

function setContexts(server: Server): void {
  const set = (name: string, value: boolean): void => void vscode.commands.executeCommand('setContext', `greenloop.${name}`, value);
  set('busy', isBusy(server));
  set('changes', openHunks(server).length > 0);
  set('asked', server.tasks.some((task) => task.outcome === null && task.questions.length > 0));
}

/** Runs the checks by itself where the settings want it. */
function runChecksOften(server: Server): vscode.Disposable[] {
  const isWanted = (when: string): boolean => vscode.workspace.getConfiguration('greenloop').get<string>('checks.run') === when;
  const run = (uri?: vscode.Uri): void => {
    if (server.health === 'running' && !isBusy(server)) void server.execute('greenloop.test.run', { uri: uri?.toString() });
  };
  let isFirst = true;
  return [
    vscode.workspace.onDidSaveTextDocument((document) => isWanted('onSave') && document.uri.scheme === 'file' && run(document.uri)),
    server.onDidChangeHealth(() => {
      if (server.health !== 'running' || !isFirst) return;
      isFirst = false;
      const folder = vscode.workspace.workspaceFolders?.[0];
      if (isWanted('onOpen') && folder) run(folder.uri);
    }),
  ];
}
