// The commands of the palette, menus and keys: each says to the server what is meant and leaves the rest to it.

import * as vscode from 'vscode';
import { documentUri, showFileDiff, showProposal } from './diff';
import type { Preview } from './preview';
import { isOpen, isRunning, type Task } from './protocol';
import type { Questions } from './questions';
import { goTo, reveal } from './review';
import { hunkId, type Node } from './runs';
import { openSample } from './sample';
import type { Server } from './server';
import type { Tests } from './tests';

type Run = (...args: never[]) => unknown;
type HunkNode = Extract<Node, { kind: 'hunk' }>;
type StepNode = Extract<Node, { kind: 'step' }>;

interface Parts {
  server: Server;
  tests: Tests;
  questions: Questions;
  preview: Preview;
  output: vscode.LogOutputChannel;
  folder: vscode.Uri;
}

/** By the command's name without `greenloop.`. */
export function commands({ server, tests, questions, preview, output, folder }: Parts): Record<string, Run> {
  const here = (): string | undefined => {
    const uri = vscode.window.activeTextEditor?.document.uri;
    return uri?.scheme === 'file' ? uri.toString() : undefined;
  };
  /** On the run of a tree's node, or on the newest that the command fits. */
  const onRun = (command: string) => (node?: Node) => server.execute(command, node ? { taskId: node.task.taskId } : {});
  const onFile = (command: string) => () => server.execute(command, { uri: here() });
  const onStep = (command: string) => (node: StepNode) => server.execute(command, { taskId: node.task.taskId, step: node.step.step });
  /** On the change of a tree's node, or on the one at the cursor. */
  const onHunk = (command: string, kind: string) => async (node?: HunkNode) => {
    if (node) return server.execute(command, hunkId(node));
    return chooseHere(server, kind);
  };
  const newest = (fits: (task: Task) => boolean): Task | undefined => server.tasks.findLast(fits);
  const show = (what: string, fits: (task: Task) => boolean) => async (node?: Node) => {
    const task = node?.task ?? newest(fits);
    if (task === undefined) return vscode.window.showInformationMessage('Greenloop: there is no such run.');
    return server.execute('greenloop.show', { what, taskId: task.taskId });
  };

  return {
    fixAll: () => server.execute('greenloop.fix', { uri: here() }),
    fixFile: () => server.execute('greenloop.fix', { uri: here(), file: here() }),
    fixTest: () => chooseHere(server, 'quickfix.greenloop.fix'),
    fixTestItem: (item: vscode.TestItem, items?: vscode.TestItem[]) => server.execute('greenloop.fix', tests.wanted(items?.length ? items : [item])),
    planAll: () => server.execute('greenloop.plan', { uri: here(), ...selection() }),
    change: async () => {
      const goal = await vscode.window.showInputBox({
        title: 'Greenloop',
        prompt: 'What is to be changed? A model plans it, and what passed before still passes.',
        ignoreFocusOut: true,
      });
      if (goal?.trim()) await server.execute('greenloop.plan', { goal, uri: here(), ...selection() });
    },
    runChecks: () => server.execute('greenloop.test.run', { uri: here() }),
    approvePlan: onRun('greenloop.plan.approve'),
    refusePlan: async (node?: Node) => {
      const feedback = await note('Why is the plan not carried out?');
      if (feedback !== undefined) await server.execute('greenloop.plan.refuse', { taskId: node?.task.taskId, feedback });
    },
    acceptChange: onHunk('greenloop.hunk.accept', 'quickfix.greenloop.accept'),
    rejectChange: onHunk('greenloop.hunk.reject', 'quickfix.greenloop.reject'),
    reviseChange: onHunk('greenloop.hunk.revise', 'quickfix.greenloop.revise'),
    restoreChange: (node: HunkNode) => server.execute('greenloop.hunk.restore', hunkId(node)),
    checkChange: (node: HunkNode) => server.execute('greenloop.hunk.check', hunkId(node)),
    acceptFile: onFile('greenloop.file.accept'),
    rejectFile: onFile('greenloop.file.reject'),
    acceptStep: onStep('greenloop.step.accept'),
    rejectStep: onStep('greenloop.step.reject'),
    reviseStep: onStep('greenloop.step.revise'),
    acceptProposal: onRun('greenloop.proposal.accept'),
    previewProposal: (node?: Node) => preview.of(() => onRun('greenloop.proposal.accept')(node)),
    rejectProposal: onRun('greenloop.proposal.reject'),
    nextChange: () => goTo(server, 1),
    previousChange: () => goTo(server, -1),
    openChange: ({ hunk }: HunkNode) => reveal(vscode.Uri.parse(hunk.uri), hunk.range.start.line),
    showFileDiff: async (node?: HunkNode) => {
      const at = node ? { taskId: node.task.taskId, hunk: node.hunk } : inFile(server, here());
      if (at === undefined) return vscode.window.showInformationMessage('Greenloop: no change of this file is proposed.');
      return showFileDiff(at.taskId, at.hunk.path, at.hunk.range.start.line);
    },
    showProposal: (node?: Node) => showProposal(server, (node?.task ?? newest((task) => task.hunks.some(isOpen)))?.taskId ?? ''),
    undoAcceptance: onRun('greenloop.proposal.undo'),
    redoAcceptance: onRun('greenloop.proposal.redo'),
    cancelRun: onRun('greenloop.task.cancel'),
    pauseRun: onRun('greenloop.task.pause'),
    continueRun: onRun('greenloop.task.unpause'),
    resumeRun: onRun('greenloop.task.resume'),
    openPlan: show('plan', (task) => task.steps.length > 0),
    openLog: show('log', (task) => task.checked),
    openRun: async (node?: Node) => {
      const task = node?.task ?? newest(() => true);
      if (task === undefined) return vscode.window.showInformationMessage('Greenloop: there is no run yet.');
      return vscode.commands.executeCommand('markdown.showPreview', documentUri('run', task.taskId));
    },
    answerQuestion: (node?: Node) => questions.ask(node?.kind === 'question' ? node.question : undefined),
    restartServer: () => server.restart(),
    showOutput: () => output.show(),
    openSample: () => openSample(folder),
    openWalkthrough: () => vscode.commands.executeCommand('workbench.action.openWalkthrough', 'greenloop.greenloop#start'),
  };

  /** What is selected, for a plan about it. */
  function selection(): { file?: string; lines?: [number, number] } {
    const editor = vscode.window.activeTextEditor;
    return editor && !editor.selection.isEmpty && here() ? { lines: [editor.selection.start.line, editor.selection.end.line], file: here() } : {};
  }
}

/** Has the server do what its code action of this kind at the cursor does; only it knows what is there. */
async function chooseHere(server: Server, kind: string): Promise<unknown> {
  const editor = vscode.window.activeTextEditor;
  const offered = editor
    ? await vscode.commands.executeCommand<vscode.CodeAction[]>('vscode.executeCodeActionProvider', editor.document.uri, editor.selection, kind)
    : [];
  const action = offered?.find((action) => action.command && !action.disabled);
  if (action?.command === undefined) {
    const why = offered?.find((action) => action.disabled)?.disabled?.reason;
    return vscode.window.showInformationMessage(`Greenloop: ${why ?? 'there is nothing of that kind at the cursor.'}`);
  }
  return execute(server, action.command.command, action.command.arguments ?? []);
}

function inFile(server: Server, uri: string | undefined): { taskId: string; hunk: Task['hunks'][number] } | undefined {
  const fits = (known: string): boolean => uri !== undefined && vscode.Uri.parse(known).path === vscode.Uri.parse(uri).path;
  const task = server.tasks.findLast((task) => task.hunks.some((hunk) => fits(hunk.uri) && isOpen(hunk)));
  const hunk = task?.hunks.find((hunk) => fits(hunk.uri) && isOpen(hunk));
  return task && hunk && { taskId: task.taskId, hunk };
}

/** What the person writes; `undefined` when they think better of it. */
function note(prompt: string): Thenable<string | undefined> {
  return vscode.window.showInputBox({ title: 'Greenloop', prompt, placeHolder: 'may be left empty', ignoreFocusOut: true });
}

/**
 * A command of the server, from wherever it comes: lenses, actions and keys. Diffs are shown in the native editor, and
 * whoever wants another change is asked what is wrong with this one.
 */
export async function execute(server: Server, command: string, args: unknown[]): Promise<unknown> {
  const argument = args[0] as Record<string, unknown> | undefined;
  if (command === 'greenloop.show' && argument?.what === 'diff' && typeof argument.taskId === 'string') {
    const { taskId, path } = argument;
    return typeof path === 'string' ? showFileDiff(taskId, path) : showProposal(server, taskId);
  }
  if (command.endsWith('.revise') && argument !== undefined && argument.feedback === undefined) {
    const feedback = await note('What is wrong with this change? Another one is looked for.');
    return feedback === undefined ? undefined : server.execute(command, { ...argument, feedback });
  }
  return server.execute(command, argument);
}

export const isBusy = (server: Server): boolean => server.tasks.some(isRunning);
