// The server dies in the middle of a run: another one takes its place, and nothing that was proposed is lost.

import { assert, diagnostics, file, greenloop, journey, open, proposes, run as command, screen, states, task, until, vscode } from '../lib';

export const run = (): Promise<void> => {
  let first: string;
  return journey({
    async 'a proposal is there'() {
      const api = await greenloop();
      await open('warehouse/stock.py');
      await command('runChecks');
      const test = await until('a failing test', () => diagnostics('tests/test_stock.py', 'test')[0]);
      const editor = await vscode.window.showTextDocument(file('tests/test_stock.py'));
      editor.selection = new vscode.Selection(test.range.start, test.range.start);
      // Nothing is offered until the workbench knows who offers it.
      await until('a run', async () => ((await command('fixTest')) as { ok?: boolean } | undefined)?.ok);
      const proposed = await task(api, 'a proposal', proposes);
      assert.deepEqual(states(proposed), ['pending']);
      first = proposed.taskId;
    },
    async 'the server is killed while another run is at work'() {
      const api = await greenloop();
      await command('fixAll');
      await task(api, 'a run at work', (task) => task.taskId > first && task.steps.some((step) => step.attempts.length > 0));
      const { pid } = api.server;
      process.kill(pid!, 'SIGKILL');
      await until('another server', () => api.server.health === 'running' && api.server.pid !== undefined && api.server.pid !== pid);
    },
    async 'the proposal is still there, and the run can be resumed'() {
      const api = await greenloop();
      const known = await task(api, 'the proposal', (task) => task.taskId === first && states(task).length === 1);
      assert.deepEqual(states(known), ['pending']);
      await open('warehouse/stock.py');
      await until('the change in the text', () => diagnostics('warehouse/stock.py', 'change').length > 0);
      await task(api, 'the interrupted run', (task) => task.taskId > first && task.interrupted);
      await vscode.commands.executeCommand('greenloop.runs.focus');
      await screen.seen('.tree-explorer-viewlet-tree-view, .customview-tree', 'interrupted');
      await screen.seen('.customview-tree .monaco-list-row', 'warehouse/stock.py:25');
      await screen.picture('interrupted');
    },
    async 'it is resumed and comes to an end'() {
      const api = await greenloop();
      await command('resumeRun');
      const ended = await task(api, 'the end', (task) => task.taskId > first && task.outcome !== null);
      assert.equal(ended.outcome, 'green', ended.state);
      assert.equal(ended.hunks.length, 6);
    },
    async 'the server is restarted politely, and the changes are still there'() {
      const api = await greenloop();
      const { pid } = api.server;
      await command('restartServer');
      await until('another server', () => api.server.health === 'running' && api.server.pid !== pid);
      await task(api, 'the changes', (task) => task.taskId > first && states(task).length === 6);
    },
  });
};
