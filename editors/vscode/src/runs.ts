// The Runs view: runs, the steps of their plans, the attempts at them, the changes they brought, and what is asked.

import * as vscode from 'vscode';
import { isOpen, isRunning, waits, type Attempt, type Hunk, type HunkId, type Question, type Step, type Task } from './protocol';
import type { Server } from './server';

export type Node =
  | { kind: 'run'; task: Task }
  | { kind: 'question'; task: Task; question: Question }
  | { kind: 'step'; task: Task; step: Step }
  | { kind: 'attempt'; task: Task; attempt: Attempt }
  | { kind: 'hunk'; task: Task; hunk: Hunk };

const icon = (name: string, color?: string): vscode.ThemeIcon => new vscode.ThemeIcon(name, color ? new vscode.ThemeColor(color) : undefined);

const GREEN = icon('pass', 'testing.iconPassed');
const RED = icon('error', 'testing.iconFailed');
const OPEN = icon('circle-outline');
const BUSY = icon('loading~spin');
const INTERRUPTED = icon('debug-disconnect', 'list.warningForeground');

const STEP_ICONS: Record<Step['state'], vscode.ThemeIcon> = {
  waiting: OPEN,
  asked: icon('question', 'list.warningForeground'),
  ready: OPEN,
  working: BUSY,
  checking: BUSY,
  done: GREEN,
  stuck: RED,
  skipped: icon('debug-step-over'),
  blocked: icon('circle-slash'),
  interrupted: INTERRUPTED,
};

const ATTEMPT_ICONS: Record<Attempt['state'], vscode.ThemeIcon> = { working: BUSY, interrupted: INTERRUPTED, green: GREEN, red: RED, nothing: icon('dash') };

const HUNK_ICONS: Record<Hunk['state'], vscode.ThemeIcon> = {
  pending: icon('diff-modified', 'gitDecoration.modifiedResourceForeground'),
  partly: icon('diff-modified', 'gitDecoration.modifiedResourceForeground'),
  applied: icon('check', 'testing.iconPassed'),
  rejected: icon('close'),
  conflict: icon('warning', 'list.warningForeground'),
  settled: icon('check'),
  superseded: icon('history'),
};

function runIcon(task: Task): vscode.ThemeIcon {
  if (task.interrupted) return INTERRUPTED;
  if (task.questions.length > 0) return icon('question', 'list.warningForeground');
  if (task.paused) return icon('debug-pause');
  if (isRunning(task)) return BUSY;
  if (task.hunks.some(isOpen)) return icon('git-pull-request', 'testing.iconPassed');
  const icons: Record<string, vscode.ThemeIcon> = { green: GREEN, 'already-green': GREEN, 'partly-green': GREEN, cancelled: icon('circle-slash'), stuck: RED, failed: RED, 'out-of-budget': RED };
  const red = / failing$/.test(task.state);
  return task.outcome === 'checked' ? (red ? RED : GREEN) : (icons[task.outcome ?? ''] ?? OPEN);
}

/** What menus go by: what the run can do next. */
function runContext(task: Task): string {
  const words = ['run'];
  if (task.interrupted) words.push('interrupted');
  else if (isRunning(task)) words.push(task.paused ? 'paused' : 'running');
  if (task.questions.length > 0) words.push('asks');
  if (task.hunks.some(isOpen)) words.push('open');
  if (task.hunks.length > 0) words.push('proposes');
  if (task.steps.length > 0) words.push('planned');
  if (task.acceptances.some((known) => !known.undone)) words.push('accepted');
  return words.join(' ');
}

/** How many lines a change adds and takes away. */
const size = (hunk: Hunk): string => `+${hunk.added} -${hunk.removed}`;

/** What an element shows, and what it is called where nothing is seen. */
function item(node: Node): vscode.TreeItem {
  const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
  const { taskId } = node.task;
  switch (node.kind) {
    case 'run': {
      const { task } = node;
      const isOfInterest = isRunning(task) || task.interrupted || waits(task) > 0;
      const it = new vscode.TreeItem(task.title, children(node).length === 0 ? None : isOfInterest ? Expanded : Collapsed);
      const age = new Date(task.startedMs);
      it.description = task.state;
      it.iconPath = runIcon(task);
      it.tooltip = `${task.title}\n${task.state}\n${task.spent.checks} runs of checks since ${age.toLocaleTimeString()}\nrun ${taskId}`;
      it.contextValue = runContext(task);
      it.id = taskId;
      return it;
    }
    case 'question': {
      const it = new vscode.TreeItem(node.question.text, None);
      it.iconPath = icon('question', 'list.warningForeground');
      it.contextValue = `question ${node.question.about.kind}`;
      it.command = { command: 'greenloop.answerQuestion', title: 'Answer', arguments: [node] };
      it.id = `${taskId}/question/${node.question.id}`;
      return it;
    }
    case 'step': {
      const { step } = node;
      const it = new vscode.TreeItem(`${step.step}. ${step.title}`, children(node).length === 0 ? None : Expanded);
      it.description = step.told;
      it.iconPath = STEP_ICONS[step.state];
      it.contextValue = children(node).some((child) => child.kind === 'hunk' && isOpen(child.hunk)) ? 'step open' : 'step';
      it.id = `${taskId}/step/${step.step}`;
      return it;
    }
    case 'attempt': {
      const it = new vscode.TreeItem(`attempt ${node.attempt.attempt} by ${node.attempt.worker}`, None);
      it.description = node.attempt.told;
      it.iconPath = ATTEMPT_ICONS[node.attempt.state];
      it.contextValue = 'attempt';
      it.id = `${taskId}/attempt/${node.attempt.attempt}`;
      return it;
    }
    case 'hunk': {
      const { hunk } = node;
      const line = hunk.range.start.line + 1;
      const it = new vscode.TreeItem(`${hunk.path}:${line}`, None);
      it.description = `${size(hunk)} ${hunk.state}, ${hunk.evidence}`;
      it.tooltip = `${hunk.label}\n${hunk.evidence}`;
      it.iconPath = HUNK_ICONS[hunk.state];
      it.contextValue = `hunk ${isOpen(hunk) ? 'open' : hunk.state}`;
      it.command = { command: 'greenloop.openChange', title: 'Open', arguments: [node] };
      it.accessibilityInformation = { label: `${hunk.label}, ${hunk.path} line ${line}, ${hunk.state}, ${hunk.evidence}` };
      it.id = `${taskId}/hunk/${hunk.path}/${hunk.hunk}`;
      return it;
    }
  }
}

function children(node: Node): Node[] {
  const { task } = node;
  const changes = (fits: (hunk: Hunk) => boolean): Node[] => task.hunks.filter(fits).map((hunk) => ({ kind: 'hunk', task, hunk }));
  if (node.kind === 'run') {
    const known = new Set(task.steps.map((step) => step.step));
    return [
      ...task.questions.map((question): Node => ({ kind: 'question', task, question })),
      ...task.steps.map((step): Node => ({ kind: 'step', task, step })),
      ...changes((hunk) => hunk.step === null || !known.has(hunk.step)),
    ];
  }
  if (node.kind !== 'step') return [];
  const attempts = node.step.attempts.map((attempt): Node => ({ kind: 'attempt', task, attempt }));
  return [...attempts, ...changes((hunk) => hunk.step === node.step.step)];
}

export const hunkId = ({ task, hunk }: { task: Task; hunk: Hunk }): HunkId => ({ taskId: task.taskId, path: hunk.path, hunk: hunk.hunk });

export class Runs implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<Node>;
  private readonly listening: vscode.Disposable[];

  constructor(private readonly server: Server) {
    this.view = vscode.window.createTreeView('greenloop.runs', { treeDataProvider: this, showCollapseAll: true });
    this.listening = [
      server.onDidChange(() => this.draw()),
      // A tree that changed while nobody saw it may come up with open elements that show nothing.
      this.view.onDidChangeVisibility(({ visible }) => visible && this.changed.fire()),
    ];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return item(node);
  }

  getChildren(node?: Node): Node[] {
    if (node) return children(node);
    return [...this.server.tasks].reverse().map((task) => ({ kind: 'run', task }));
  }

  dispose(): void {
    for (const listener of this.listening) listener.dispose();
    this.view.dispose();
    this.changed.dispose();
  }

  /** What the badge says; `undefined` when nothing waits. */
  get badge(): vscode.ViewBadge | undefined {
    return this.view.badge;
  }

  private draw(): void {
    const value = this.server.tasks.filter((task) => !task.interrupted || task.outcome).reduce((sum, task) => sum + waits(task), 0);
    this.view.badge = value > 0 ? { value, tooltip: `${value} ${value === 1 ? 'thing waits' : 'things wait'} for you` } : undefined;
    this.changed.fire();
  }
}
