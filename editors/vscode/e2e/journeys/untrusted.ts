// A workspace that is not trusted: nothing is run, and everything that would run says so.

import { assert, diagnostics, journey, notified, open, run as command, screen, until, vscode } from '../lib';
import type { Greenloop } from '../../src/extension';

export const run = (): Promise<void> => {
  const api = (): Greenloop => vscode.extensions.getExtension<Greenloop>('greenloop.greenloop')!.exports;
  return journey({
    async 'the server starts, and says that nothing is run'() {
      assert.equal(vscode.workspace.isTrusted, false);
      await vscode.extensions.getExtension<Greenloop>('greenloop.greenloop')!.activate();
      await until('the server', () => api().server.health === 'untrusted');
      await screen.seen('.statusbar-item', 'Greenloop: not trusted');
      await vscode.commands.executeCommand('greenloop.runs.focus');
      await screen.seen('.welcome-view', 'This workspace is not trusted');
      await screen.picture('untrusted');
    },
    async 'no command runs anything'() {
      await open('cases.py');
      for (const name of ['runChecks', 'fixAll', 'planAll']) {
        await vscode.commands.executeCommand('notifications.clearAll');
        const answer = (await command(name)) as { ok: boolean; reason: string };
        assert.deepEqual([answer.ok, answer.reason], [false, 'not-allowed'], name);
        await notified('is not trusted, so nothing is run in it');
      }
      await screen.picture('untrusted-refused');
      assert.deepEqual(api().server.tasks, []);
      assert.equal(diagnostics('cases.py', 'test').length, 0);
    },
  });
};
