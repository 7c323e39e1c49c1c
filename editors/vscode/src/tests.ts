// The project's tests in the Test Explorer: what is known of them, runs of them, and "fix until green".

import * as vscode from 'vscode';
import type { Test } from './protocol';
import { documentUri } from './diff';
import type { Server } from './server';

const RED = ['failed', 'errored', 'crashed', 'timed-out'];

interface Wanted {
  checks?: string[];
  tests?: string[];
  uri?: string;
}

export class Tests implements vscode.Disposable {
  private readonly controller = vscode.tests.createTestController('greenloop', 'Greenloop');
  private readonly listening: vscode.Disposable;
  private readonly known = new Map<string, Test>();
  private readonly said = new Map<string, string>();
  /** What the user asked to be run here and has not ended, by task. */
  private readonly running = new Map<string, { run: vscode.TestRun; items: vscode.TestItem[]; done: () => void }>();
  private asking = false;
  private again = false;

  constructor(private readonly server: Server) {
    const { Run } = vscode.TestRunProfileKind;
    this.controller.createRunProfile('Run', Run, (request, token) => this.run('greenloop.test.run', request, token), true);
    this.controller.createRunProfile('Fix Until Green', Run, (request, token) => this.run('greenloop.fix', request, token), false);
    this.controller.refreshHandler = async () => {
      await this.server.execute('greenloop.test.run', {});
    };
    this.listening = server.onDidChange(() => void this.refresh());
  }

  /** What a command about these items, or about everything, is told. */
  wanted(items: readonly vscode.TestItem[]): Wanted {
    const tests = items.flatMap((item) => this.below(item)).map((item) => this.known.get(item.id)!);
    if (tests.length === 0) return {};
    const whole = items.every((item) => item.children.size > 0);
    const checks = [...new Set(tests.map((test) => test.check))];
    const uri = tests[0].root ?? undefined;
    return whole ? { checks, uri } : { checks, tests: [...new Set(tests.map((test) => test.name))], uri };
  }

  /** A check by its name, for tests. */
  item(label: string): vscode.TestItem | undefined {
    return this.roots().find((item) => item.label === label);
  }

  dispose(): void {
    this.listening.dispose();
    this.controller.dispose();
  }

  private async run(command: string, request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> {
    const excluded = new Set(request.exclude?.flatMap((item) => this.below(item)));
    const items = (request.include ?? this.roots()).flatMap((item) => this.below(item)).filter((item) => !excluded.has(item));
    const run = this.controller.createTestRun(request);
    items.forEach((item) => run.started(item));
    const answer = await this.server.execute(command, request.include || excluded.size > 0 ? this.wanted(excluded.size > 0 ? items : request.include!) : {});
    if (!answer.ok || answer.taskId === undefined) {
      run.appendOutput(`${answer.message ?? 'It could not be started.'}\r\n`);
      return run.end();
    }
    const taskId = answer.taskId;
    token.onCancellationRequested(() => void this.server.execute('greenloop.task.cancel', { taskId }));
    await new Promise<void>((done) => {
      this.running.set(taskId, { run, items, done });
      void this.refresh();
    });
  }

  private roots(): vscode.TestItem[] {
    const all: vscode.TestItem[] = [];
    this.controller.items.forEach((item) => all.push(item));
    return all;
  }

  /** The tests of an item; itself if it is one. */
  private below(item: vscode.TestItem): vscode.TestItem[] {
    if (item.children.size === 0) return this.known.has(item.id) ? [item] : [];
    const all: vscode.TestItem[] = [];
    item.children.forEach((child) => all.push(...this.below(child)));
    return all;
  }

  /** Asks what is known of the tests; once more when something changed meanwhile. */
  private async refresh(): Promise<void> {
    this.again = true;
    if (this.asking) return;
    this.asking = true;
    try {
      while (this.again) {
        this.again = false;
        const answer = await this.server.ask<{ tests: Test[] }>('greenloop/tests');
        if (answer) this.show(answer.tests);
        await this.end();
      }
    } finally {
      this.asking = false;
    }
  }

  private show(tests: Test[]): void {
    const items = this.place(tests);
    const news = tests.filter((test) => this.said.get(key(test)) !== said(test) && test.outcome !== null);
    for (const test of news) this.said.set(key(test), said(test));
    for (const taskId of new Set(news.map((test) => test.taskId))) {
      const own = this.running.get(taskId)?.run;
      const title = this.server.tasks.find((task) => task.taskId === taskId)?.title;
      const run = own ?? this.controller.createTestRun(new vscode.TestRunRequest(), title);
      for (const test of news.filter((test) => test.taskId === taskId)) report(run, items.get(key(test))!, test);
      if (own === undefined) run.end();
    }
    const red = tests.filter((test) => RED.includes(test.outcome ?? '')).map(key);
    void vscode.commands.executeCommand('setContext', 'greenloop.redTests', red);
  }

  /** Puts each test below its check, and the checks below their project where there are several. */
  private place(tests: Test[]): Map<string, vscode.TestItem> {
    const items = new Map<string, vscode.TestItem>();
    const roots = new Set(tests.map((test) => test.root));
    const groups = new Map<string, { item: vscode.TestItem; children: vscode.TestItem[] }>();
    this.known.clear();
    for (const test of tests) {
      const id = key(test);
      const uri = test.uri === null ? undefined : vscode.Uri.parse(test.uri);
      const group = `${test.root}\n${test.check}`;
      const folder = vscode.Uri.parse(test.root ?? '').path.split('/').at(-1);
      const label = roots.size > 1 ? `${folder}: ${test.check}` : test.check;
      const { item: parent, children } = groups.get(group) ?? { item: this.controller.items.get(group) ?? this.controller.createTestItem(group, label), children: [] };
      groups.set(group, { item: parent, children });
      const old = parent.children.get(id);
      const item = old && old.uri?.toString() === uri?.toString() ? old : this.controller.createTestItem(id, short(test.name), uri);
      item.description = test.name.slice(0, test.name.length - item.label.length);
      item.range = test.line === null ? undefined : new vscode.Range(test.line, 0, test.line, 0);
      children.push(item);
      items.set(id, item);
      this.known.set(id, test);
    }
    for (const { item, children } of groups.values()) item.children.replace(children);
    this.controller.items.replace([...groups.values()].map(({ item }) => item));
    return items;
  }


  /** Ends the runs whose task has ended. */
  private async end(): Promise<void> {
    for (const [taskId, { run, items, done }] of [...this.running]) {
      const task = this.server.tasks.find((task) => task.taskId === taskId);
      if (task === undefined || (task.outcome === null && !task.interrupted)) continue;
      this.running.delete(taskId);
      for (const item of items) {
        const test = this.known.get(item.id);
        if (test?.outcome) report(run, item, test);
      }
      run.appendOutput(`${task.state}\r\n\r\n`);
      const log = await this.server.ask<{ text: string }>('workspace/textDocumentContent', { uri: documentUri('log', taskId).toString() }).catch(() => undefined);
      run.appendOutput((log?.text ?? '').replace(/\r?\n/g, '\r\n'));
      run.end();
      done();
    }
  }
}

/** What tells a test from its neighbours: its name without the module and class that it is in. */
const short = (name: string): string => name.split(/\s/.test(name) ? / > / : /::|\./).at(-1) || name;

const key = (test: Test): string => `${test.root}\n${test.check}\n${test.name}`;
const said = (test: Test): string => `${test.taskId} ${test.outcome}`;

function report(run: vscode.TestRun, item: vscode.TestItem, test: Test): void {
  if (test.outcome === 'passed') return run.passed(item, test.durationMs);
  if (test.outcome === 'skipped') return run.skipped(item);
  const whole = test.message === test.headline ? '' : `\n\n${test.message}`;
  const message = new vscode.TestMessage(`${test.headline || test.outcome}${whole}`);
  if (test.expected !== null) message.expectedOutput = test.expected;
  if (test.actual !== null) message.actualOutput = test.actual;
  if (item.uri && item.range) message.location = new vscode.Location(item.uri, item.range);
  if (test.outcome === 'failed') run.failed(item, message, test.durationMs);
  else run.errored(item, message, test.durationMs);
}
