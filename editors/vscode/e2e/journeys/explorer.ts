// The Test Explorer: what is detected, runs from it, results with their messages, and "fix until green" on a failed item.

import { assert, greenloop, journey, open, proposes, run as command, screen, states, task, until, vscode } from '../lib';

const ROWS = '.test-explorer .monaco-list-row';

export const run = (): Promise<void> => {
  const rows = async (): Promise<string[]> => (await screen.labels(ROWS)).map((label) => label ?? '');
  return journey({
    async 'refreshing the Test Explorer runs the checks and lists the tests'() {
      await greenloop();
      await vscode.commands.executeCommand('workbench.view.testing.focus');
      await vscode.commands.executeCommand('testing.refreshTests');
      await until('the check', async () => (await rows()).some((row) => row.includes('unittest')));
      await vscode.commands.executeCommand('testing.collapseAll');
      await until('its state', async () => (await rows()).some((row) => row.includes('unittest') && row.includes('Failed')));
    },
    async 'failed tests carry their message, with what was expected'() {
      const api = await greenloop();
      const { tests } = (await api.server.ask<{ tests: { name: string; outcome: string; headline: string; expected: string | null }[] }>('greenloop/tests'))!;
      const red = tests.filter((test) => test.outcome === 'failed');
      assert.equal(tests.length, 81);
      assert.equal(red.length, 3);
      assert.ok(red.every((test) => test.expected !== null && test.headline.startsWith('AssertionError')), JSON.stringify(red));
      await open('tests/test_invoice.py', 'self.assertEqual(bill.net, Money(4500))');
      await until('the red test in the gutter', async () => (await screen.labels('.monaco-editor .testing-run-glyph')).length > 0);
      await screen.picture('test-message');
    },
    async 'a run from the Test Explorer ends with its results'() {
      const api = await greenloop();
      const before = api.server.tasks.length;
      await vscode.commands.executeCommand('testing.runAll');
      const ran = await task(api, 'a run of all', (task) => api.server.tasks.length > before && task.outcome === 'checked');
      assert.equal(ran.state, '3 tests failing');
      await screen.picture('explorer');
    },
    async 'failed items offer to be fixed, and are green once the change is accepted'() {
      const api = await greenloop();
      const before = api.server.tasks.at(-1)!.taskId;
      await vscode.commands.executeCommand('workbench.view.testing.focus');
      await screen.click(ROWS, 'unittest');
      await until('the failed item', async () => (await rows()).some((row) => row.includes('unittest') && row.includes('Failed')));
      await screen.hover(ROWS, 'unittest');
      await command('fixTestItem', api.tests.item('unittest'));
      const proposed = await task(api, 'a proposal', (task) => task.taskId > before && proposes(task));
      assert.deepEqual(proposed.goal, { ...proposed.goal, checks: ['unittest'], tests: [] });
      await command('acceptProposal');
      await task(api, 'the change applied', (task) => proposes(task) && states(task).every((state) => state === 'applied'));
      await until('green', async () => (await rows()).some((row) => row.includes('unittest') && row.includes('Passed')));
      await screen.picture('explorer-green');
    },
  });
};
