// Progress of runs as notifications with a Cancel button in sight; the client library would show it in the status bar
// only, where nothing can be cancelled.

import * as vscode from 'vscode';
import type { ProgressToken, WorkDoneProgressBegin, WorkDoneProgressEnd, WorkDoneProgressReport } from 'vscode-languageclient';

type Value = WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd;

interface Bar {
  say(message?: string): void;
  end(): void;
}

export class Progress {
  private readonly bars = new Map<ProgressToken, Bar>();

  constructor(private readonly cancel: (token: ProgressToken) => void) {}

  readonly handle = (token: ProgressToken, value: Value, next: (token: ProgressToken, value: Value) => void): void => {
    const bar = this.bars.get(token);
    if (value.kind === 'begin' && this.inNotification()) return this.begin(token, value);
    if (bar === undefined) return next(token, value);
    if (value.kind === 'report') return bar.say(value.message);
    bar.end();
    // The library's own bar never began; its end lets it go.
    next(token, value);
  };

  /** Ends all bars: whoever would have ended them is gone. */
  readonly clear = (): void => [...this.bars.values()].forEach((bar) => bar.end());

  private inNotification(): boolean {
    return vscode.workspace.getConfiguration('greenloop').get('progress') === 'notification';
  }

  private begin(token: ProgressToken, value: WorkDoneProgressBegin): void {
    const options = { location: vscode.ProgressLocation.Notification, cancellable: value.cancellable, title: value.title };
    void vscode.window.withProgress(options, (progress, cancelled) => {
      cancelled.onCancellationRequested(() => this.cancel(token));
      progress.report({ message: value.message });
      return new Promise<void>((resolve) => {
        const end = (): void => {
          this.bars.delete(token);
          resolve();
        };
        this.bars.set(token, { say: (message) => progress.report({ message }), end });
      });
    });
  }
}
