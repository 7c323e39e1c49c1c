// A plan first: edited as text, carried out as it stands, its steps reviewed one by one, one of them done again.

import { assert, diagnostics, greenloop, journey, notified, open, proposes, replace, run as command, screen, states, task, until, vscode } from '../lib';

export const run = (): Promise<void> => {
  let first: string;
  return journey({
    async 'a plan waits for a yes'() {
      const api = await greenloop();
      await open('README.md');
      await command('planAll');
      const planned = await task(api, 'a plan', (task) => task.questions.length > 0);
      assert.equal(planned.steps.length, 6);
      await notified('carry out the plan of 6 steps?');
      await screen.picture('question');
      await vscode.commands.executeCommand('notifications.hideList');
      assert.equal(api.runs.badge?.value, 1);
    },
    async 'it is edited as text, with its outline and its faults told'() {
      await command('openPlan');
      const editor = await until('the plan', () => vscode.window.visibleTextEditors.find((editor) => /review\/plan\/.*\.md$/.test(editor.document.uri.path)));
      const { document } = editor;
      const outline = await until('an outline', async () => {
        const found = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>('vscode.executeDocumentSymbolProvider', document.uri);
        return found?.length > 0 && found;
      });
      assert.equal(outline.filter((symbol) => /^\d+\. /.test(symbol.name)).length, 6);
      const section = /## 3\. [^]*?(?=\n## 4\. )/.exec(document.getText())![0];
      const test = /`(tests\.[^`]*)`/.exec(section)![1];
      await replace(editor, test, `${test}_gone`);
      await until('a fault in the plan', () => vscode.languages.getDiagnostics(document.uri).some((found) => found.source === 'greenloop' && found.severity === vscode.DiagnosticSeverity.Error));
      await screen.picture('plan-fault');
      await replace(editor, `${test}_gone`, test);
      await until('no fault', () => vscode.languages.getDiagnostics(document.uri).every((found) => found.source !== 'greenloop' || found.severity !== vscode.DiagnosticSeverity.Error));
      // All but the first two steps are left out, in the words of the plan.
      for (const step of [3, 4, 5, 6]) {
        const actions = await until(`skip of step ${step}`, async () => {
          const at = document.positionAt(document.getText().indexOf(`## ${step}. `));
          const found = await vscode.commands.executeCommand<vscode.CodeAction[]>('vscode.executeCodeActionProvider', document.uri, new vscode.Range(at, at));
          return found.find((action) => action.title === `Skip step ${step}`) && found;
        });
        assert.ok(await vscode.workspace.applyEdit(actions.find((action) => action.title === `Skip step ${step}`)!.edit!));
      }
      await screen.picture('plan');
      await until('the lens', async () => (await screen.texts('.codelens-decoration')).some((lens) => lens.includes('Carry out this plan')));
    },
    async 'it is carried out as it stands'() {
      const api = await greenloop();
      await screen.click('.codelens-decoration a', 'Carry out this plan');
      const proposed = await task(api, 'a proposal', proposes);
      assert.deepEqual(proposed.steps.map((step) => step.state), ['done', 'done', 'skipped', 'skipped', 'skipped', 'skipped']);
      assert.deepEqual(states(proposed), ['pending', 'pending']);
      first = proposed.taskId;
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await vscode.commands.executeCommand('greenloop.runs.focus');
      await screen.seen('.tree-explorer-viewlet-tree-view, .customview-tree', 'attempt');
      await screen.picture('runs');
      assert.equal(api.runs.badge?.value, 2);
    },
    async 'the first of two steps is accepted'() {
      const api = await greenloop();
      await command('nextChange');
      await command('acceptChange');
      await task(api, 'one applied', (task) => task.taskId === first && states(task).includes('applied') && states(task).includes('pending'));
    },
    async 'the second is rejected with a note, and done again without what was rejected'() {
      const api = await greenloop();
      await command('nextChange');
      const old = api.server.tasks.find((task) => task.taskId === first)!.hunks.find((hunk) => hunk.state === 'pending')!;
      const typed = command('reviseChange');
      await screen.seen('.quick-input-widget', 'What is wrong with this change?');
      await screen.type('say it in another way');
      await screen.picture('note');
      await screen.press('Enter');
      await typed;
      const again = await task(api, 'another run', (task) => task.taskId > first);
      const goal = again.goal as unknown as { avoid: { path: string; note: string }[] };
      assert.deepEqual(goal.avoid.map(({ path, note }) => [path, note]), [[old.path, 'say it in another way']]);
      // It was planned first, so it is again.
      await task(api, 'its question', (task) => task.taskId === again.taskId && task.questions.length > 0);
      await command('approvePlan');
      const ended = await task(api, 'its end', (task) => task.taskId === again.taskId && task.outcome !== null);
      assert.ok(ended.hunks.length > 0, ended.state);
    },
    async 'what came of it is accepted'() {
      const api = await greenloop();
      await command('acceptProposal');
      await task(api, 'all applied', (task) => task.taskId > first && states(task).every((state) => state === 'applied'));
      await until('no change open', () => api.runs.badge === undefined);
      assert.equal(diagnostics('warehouse/figures.py', 'change').length, 0);
    },
  });
};
