// The server and its runs in one word, in the status bar and in the language status of the open file.

import * as vscode from 'vscode';
import { isOpen, isRunning } from './protocol';
import type { Health, Server } from './server';

interface Look {
  text: string;
  icon: string;
  detail: string;
  severity: vscode.LanguageStatusSeverity;
}

const { Information, Warning, Error } = vscode.LanguageStatusSeverity;

const UNWELL: Partial<Record<Health, Look>> = {
  starting: { icon: '$(loading~spin)', text: 'starting', detail: 'The server is starting.', severity: Information },
  failed: { icon: '$(error)', text: 'failed', detail: 'The server could not be started.', severity: Error },
  stopped: { icon: '$(circle-slash)', text: 'stopped', detail: 'The server is not running.', severity: Warning },
  untrusted: {
    icon: '$(shield)',
    text: 'not trusted',
    detail: 'This workspace is not trusted, so nothing is run in it.',
    severity: Warning,
  },
};

function look(server: Server): Look {
  const unwell = UNWELL[server.health];
  if (unwell) return unwell;
  const { tasks } = server;
  const asked = tasks.filter((task) => isRunning(task) && task.questions.length > 0);
  const running = tasks.filter(isRunning);
  const open = tasks.flatMap((task) => task.hunks.filter(isOpen)).length;
  const last = running.at(-1);
  if (asked.length > 0) return { icon: '$(question)', text: 'waits for your answer', detail: asked[0].questions[0].text, severity: Warning };
  if (last) return { icon: '$(sync~spin)', text: last.title, detail: last.state, severity: Information };
  if (open > 0) {
    const text = `${open} ${open === 1 ? 'change' : 'changes'} to review`;
    return { icon: '$(git-pull-request)', text, detail: tasks.at(-1)?.state ?? '', severity: Information };
  }
  return { icon: '$(pass)', text: 'ready', detail: tasks.at(-1)?.state ?? 'Nothing was run yet.', severity: Information };
}

export function showStatus(server: Server): vscode.Disposable {
  const bar = vscode.window.createStatusBarItem('greenloop', vscode.StatusBarAlignment.Left, 0);
  const language = vscode.languages.createLanguageStatusItem('greenloop', { scheme: 'file' });
  bar.name = language.name = 'Greenloop';
  const draw = (): void => {
    const { icon, text, detail, severity } = look(server);
    bar.text = `${icon} Greenloop${text === 'ready' ? '' : `: ${text}`}`;
    bar.tooltip = detail;
    bar.accessibilityInformation = { label: `Greenloop, ${text}. ${detail}` };
    bar.command = server.health === 'untrusted' ? 'workbench.trust.manage' : server.health === 'running' ? 'greenloop.runs.focus' : 'greenloop.showOutput';
    bar.backgroundColor = severity === Information ? undefined : new vscode.ThemeColor(severity === Error ? 'statusBarItem.errorBackground' : 'statusBarItem.warningBackground');
    language.text = `${icon} ${text}`;
    language.detail = detail;
    language.severity = severity;
    language.busy = icon.endsWith('~spin)');
    language.command = { command: bar.command, title: server.health === 'untrusted' ? 'Manage Trust' : server.health === 'running' ? 'Show Runs' : 'Show Output' };
  };
  draw();
  bar.show();
  return vscode.Disposable.from(bar, language, server.onDidChange(draw), server.onDidChangeHealth(draw));
}
