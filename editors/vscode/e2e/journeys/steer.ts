// A question answered, a run refused, a run cancelled.

import { assert, greenloop, journey, notified, open, proposes, run as command, screen, states, task, vscode } from '../lib';
import type { Task } from '../../src/protocol';

export const run = (): Promise<void> => {
  let last = '';
  const next = async (what: string, fits: (task: Task) => boolean): Promise<Task> =>
    task(await greenloop(), what, (task) => task.taskId > last && fits(task));
  return journey({
    async 'a question is put, and waits when it is put away'() {
      const api = await greenloop();
      await open('cases.py');
      await command('fixAll');
      const asking = await next('a question', (task) => task.questions.length > 0);
      await notified('carry out the plan of 1 step?');
      await vscode.commands.executeCommand('notifications.clearAll');
      await vscode.commands.executeCommand('greenloop.runs.focus');
      await screen.seen('.tree-explorer-viewlet-tree-view, .customview-tree', 'carry out the plan of 1 step?');
      assert.equal(api.runs.badge?.value, 1);
      await screen.seen('.statusbar-item', 'waits for your answer');
      await screen.picture('asked');
      assert.equal(api.server.tasks.find((task) => task.taskId === asking.taskId)?.outcome, null);
    },
    async 'it is answered from the keyboard'() {
      const answered = command('answerQuestion');
      await screen.seen('.quick-input-list', 'Carry it out');
      await screen.press('Enter');
      await answered;
      const proposed = await next('a proposal', proposes);
      assert.deepEqual(states(proposed), ['pending']);
      last = proposed.taskId;
    },
    async 'a no ends a run'() {
      await command('fixAll');
      const asking = await next('a question', (task) => task.questions.length > 0);
      const refused = command('refusePlan');
      await screen.seen('.quick-input-widget', 'Why is the plan not carried out?');
      await screen.type('not today');
      await screen.press('Enter');
      await refused;
      const ended = await next('the end', (task) => task.taskId === asking.taskId && task.outcome !== null);
      assert.match(ended.state, /not today/);
      last = ended.taskId;
    },
    async 'a run is cancelled at its notification'() {
      await command('fixAll');
      const asking = await next('a question', (task) => task.questions.length > 0);
      await command('approvePlan');
      await notified('Greenloop: fix');
      await screen.click('.notifications-center .monaco-button', 'Cancel');
      const ended = await next('the end', (task) => task.taskId === asking.taskId && task.outcome !== null);
      assert.equal(ended.outcome, 'cancelled');
    },
  });
};
