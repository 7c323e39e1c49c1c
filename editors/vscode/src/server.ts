// The language server as this extension sees it: started, restarted, asked, listened to.

import * as fs from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { GenericNotificationHandler, LanguageClient, LanguageClientOptions, Middleware, State as ClientState } from 'vscode-languageclient/node';
import type { Answer, State, Task } from './protocol';

/** Loaded when the server is started first. */
let library: typeof import('./library') | undefined;

export type Health = 'starting' | 'running' | 'untrusted' | 'failed' | 'stopped';

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly healed = new vscode.EventEmitter<void>();
  /** Fires when the runs, their hunks or their questions changed. */
  readonly onDidChange = this.changed.event;
  /** Fires when the server starts, stops or fails. */
  readonly onDidChangeHealth = this.healed.event;
  health: Health = 'starting';
  /** Oldest first. */
  tasks: Task[] = [];

  constructor(
    private readonly folder: vscode.Uri,
    private readonly output: vscode.LogOutputChannel,
    private readonly middleware: Middleware,
    private readonly listeners: Record<string, GenericNotificationHandler>,
  ) {}

  /** The program: the one named in the settings, else the bundled one, else the one on the PATH. */
  program(): string {
    const named = vscode.workspace.getConfiguration('greenloop').get<string>('server.path')?.trim();
    if (named) return named;
    const name = process.platform === 'win32' ? 'greenloop.exe' : 'greenloop';
    const bundled = path.join(this.folder.fsPath, 'server', name);
    return fs.existsSync(bundled) ? bundled : name;
  }

  async start(): Promise<void> {
    const command = this.program();
    const run = { command, args: ['lsp', ...this.setting<string[]>('server.args', [])] };
    this.output.info(`starting ${command}`);
    library ??= require('./library') as typeof import('./library');
    const client = new library.LanguageClient('greenloop', 'Greenloop', { run, debug: run }, this.options());
    this.client = client;
    client.onDidChangeState(({ newState }) => this.became(newState, library!.State));
    client.onNotification('greenloop/state', (state: State) => this.heard(state));
    for (const [method, listener] of Object.entries(this.listeners)) client.onNotification(method, listener);
    try {
      await client.start();
      this.heard(await client.sendRequest<State>('greenloop/snapshot'));
    } catch (error) {
      this.setHealth('failed');
      this.output.error(`${command} could not be started: ${String(error)}`);
      void this.offerHelp(command);
    }
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    await client?.dispose().catch((error) => this.output.debug(`the server did not end politely: ${String(error)}`));
  }

  /** Asks the server; `undefined` when there is none. */
  async ask<T>(method: string, params?: unknown): Promise<T | undefined> {
    const { client } = this;
    if (!this.isRunning(client)) return undefined;
    return params === undefined ? client.sendRequest<T>(method) : client.sendRequest<T>(method, params);
  }

  /** Has the server carry out a command. The server itself tells the user why it does not. */
  async execute(command: string, argument?: unknown): Promise<Answer> {
    const { client } = this;
    if (!this.isRunning(client)) {
      void vscode.window.showWarningMessage('Greenloop: the server is not running.', 'Restart', 'Show Output').then((choice) => {
        if (choice === 'Restart') void this.restart();
        if (choice === 'Show Output') this.output.show();
      });
      return { ok: false, reason: 'failed' };
    }
    const args = argument === undefined ? [] : [argument];
    return client.sendRequest(library!.ExecuteCommandRequest.type, { command, arguments: args });
  }

  notify(method: string, params: unknown): void {
    void this.client?.sendNotification(method, params);
  }

  /** The id of the server's process. */
  get pid(): number | undefined {
    return (this.client as unknown as { _serverProcess?: { pid?: number } } | undefined)?._serverProcess?.pid;
  }

  dispose(): void {
    void this.stop();
    this.changed.dispose();
    this.healed.dispose();
  }

  private isRunning(client: LanguageClient | undefined): client is LanguageClient {
    return client !== undefined && client.state === library?.State.Running;
  }

  private setting<T>(name: string, otherwise: T): T {
    return vscode.workspace.getConfiguration('greenloop').get<T>(name) ?? otherwise;
  }

  private options(): LanguageClientOptions {
    return {
      // Any file may hold a test or a change.
      documentSelector: [{ scheme: 'file' }],
      outputChannel: this.output,
      middleware: this.middleware,
      // Read anew at each start: trust can be granted later.
      initializationOptions: () => ({
        trusted: vscode.workspace.isTrusted,
        budget: { attempts: this.setting('budget.attempts', null), wall_seconds: this.setting('budget.wallSeconds', null) },
        experimental: { greenloop: { version: 1, questionUi: true, testUi: true, reviewUi: true } },
      }),
    };
  }

  private became(state: ClientState, { Running, Starting }: typeof ClientState): void {
    if (state === Running) this.setHealth(vscode.workspace.isTrusted ? 'running' : 'untrusted');
    else if (state === Starting) this.setHealth('starting');
    else if (this.health !== 'failed') this.setHealth('stopped');
    // A server that took the place of a dead one says nothing until something changes.
    if (state === Running) void this.ask<State>('greenloop/snapshot').then((known) => known && this.heard(known));
  }

  private setHealth(health: Health): void {
    this.health = health;
    this.healed.fire();
  }

  private heard(state: State): void {
    this.tasks = state.tasks;
    this.changed.fire();
  }

  private async offerHelp(command: string): Promise<void> {
    const choice = await vscode.window.showErrorMessage(`Greenloop: ${command} could not be started.`, 'Set Path', 'Show Output');
    if (choice === 'Set Path') void vscode.commands.executeCommand('workbench.action.openSettings', 'greenloop.server.path');
    if (choice === 'Show Output') this.output.show();
  }
}
