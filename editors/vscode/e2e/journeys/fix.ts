// From a red project to green tests, by keys: the failing test, its quick fix, progress, the change, its acceptance.

import { assert, chord, clean, diagnostics, greenloop, journey, notified, onDisk, open, proposes, quickFixes, run as command, screen, states, task, until, vscode } from '../lib';

export const run = (): Promise<void> =>
  journey({
    async 'the server starts with the window'() {
      const { server } = await greenloop();
      assert.ok(server.pid);
      await screen.seen('.statusbar-item', 'Greenloop');
    },
    async 'failing tests are errors at their place'() {
      await open('cases.py');
      await command('runChecks');
      const found = await until('failing tests', () => { const found = diagnostics('cases.py', 'test'); return found.length === 3 && found; });
      assert.ok(found.every((one) => one.severity === vscode.DiagnosticSeverity.Error));
      await screen.picture('red');
    },
    async 'the quick fix of a failing test starts a run, which shows its progress'() {
      await open('cases.py');
      const found = diagnostics('cases.py', 'test');
      vscode.window.activeTextEditor!.selection = new vscode.Selection(found[0].range.start, found[0].range.start);
      await quickFixes('Fix failing test');
      await screen.picture('quick-fix');
      await screen.press('Enter');
      await notified('Greenloop: fix');
      await screen.picture('progress');
      await vscode.commands.executeCommand('notifications.hideList');
    },
    async 'the change is shown in the text that it is for'() {
      const api = await greenloop();
      const proposed = await task(api, 'a proposal', proposes);
      assert.deepEqual(states(proposed), ['pending']);
      await command('nextChange');
      const editor = vscode.window.activeTextEditor!;
      assert.equal(editor.document.uri.path.split('/').at(-1), 'roman.py');
      assert.equal(editor.selection.active.line, proposed.hunks[0].range.start.line);
      assert.equal(diagnostics('roman.py', 'change').length, 1);
      await screen.seen('.codelens-decoration', 'Accept (8/8 tests pass)');
      await until('the new line beside the old one', async () => (await screen.afters('.view-line span')).some((text) => clean(text).includes('→ while number >= value:')));
      await screen.picture('change');
    },
    async 'it is accepted by keys, and nothing is on disk yet'() {
      const api = await greenloop();
      const before = onDisk('roman.py');
      await chord('Control+Alt+g', 'a');
      await until('the change in the text', () => vscode.window.activeTextEditor!.document.getText().includes('number >= value'));
      await task(api, 'an applied change', (task) => proposes(task) && states(task)[0] === 'applied');
      assert.equal(onDisk('roman.py'), before);
    },
    async 'the tests are green'() {
      await until('no failing test', () => diagnostics('cases.py', 'test').length === 0);
      await command('runChecks');
      const api = await greenloop();
      await task(api, 'all tests passed', (task) => task.outcome === 'checked' && task.state === '8 tests pass');
      assert.equal(diagnostics('cases.py', 'test').length, 0);
      await screen.picture('green');
    },
  });
