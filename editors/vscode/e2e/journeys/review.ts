// Review in place: what is drawn, the way from change to change, diffs, decisions at each level, the refactor preview.

import { assert, clean, diagnostics, file, greenloop, journey, open, proposes, run as command, screen, states, task, until, vscode } from '../lib';

const SHOWN_LINE = '.monaco-editor .view-line span';

export const run = (): Promise<void> => {
  const current = () => task(greenloopApi!, 'the proposal', proposes);
  let greenloopApi: Awaited<ReturnType<typeof greenloop>> | undefined;
  const at = (): [string, number] => {
    const editor = vscode.window.activeTextEditor!;
    return [vscode.workspace.asRelativePath(editor.document.uri), editor.selection.active.line];
  };
  return journey({
    async 'a proposal of six changes in six files'() {
      greenloopApi = await greenloop();
      await open('warehouse/stock.py');
      await command('fixAll');
      const proposed = await current();
      assert.equal(proposed.hunks.length, 6);
      assert.equal(greenloopApi.runs.badge?.value, 6);
    },
    async 'keys go from change to change through all files, and around'() {
      const hunks = (await current()).hunks.map((hunk): [string, number] => [hunk.path, hunk.range.start.line]);
      hunks.sort(([a, m], [b, n]) => a.localeCompare(b) || m - n);
      const last = hunks.findIndex(([path]) => path === 'warehouse/stock.py');
      await open('README.md');
      const seen = [];
      for (const _ of hunks) {
        await command('nextChange');
        seen.push(at());
      }
      assert.deepEqual(seen, hunks);
      await command('nextChange');
      assert.deepEqual(at(), hunks[0]);
      await command('previousChange');
      assert.deepEqual(at(), hunks.at(-1));
      assert.ok(last >= 0);
    },
    async 'what goes and what comes is drawn in the text'() {
      await vscode.commands.executeCommand('greenloop.runs.focus');
      for (let n = 0; n < 3; n++) await vscode.commands.executeCommand('workbench.action.increaseViewSize');
      await open('warehouse/stock.py', 'self.pieces -= count');
      await until('the new line', async () => (await screen.afters(SHOWN_LINE)).some((text) => clean(text).includes('→ self.pieces -= taken')));
      await until('the lens', async () => (await screen.texts('.codelens-decoration')).some((lens) => lens.includes('Accept')));
      await screen.picture('vscode-review');
      for (let n = 0; n < 3; n++) await vscode.commands.executeCommand('workbench.action.decreaseViewSize');
      await screen.hover('.view-line', 'self.pieces -= count');
      await screen.picture('in-place');
    },
    async 'an insertion is drawn where it comes'() {
      const task = await current();
      const insertion = task.hunks.find((hunk) => hunk.removed < hunk.added) ?? task.hunks[0];
      await vscode.window.showTextDocument(vscode.Uri.parse(insertion.uri));
      await until('added text', async () => (await screen.afters(SHOWN_LINE)).some((text) => /[→⏎] /.test(clean(text))));
    },
    async 'colours hold in dark and high contrast themes'() {
      await open('warehouse/stock.py', 'self.pieces -= count');
      const workbench = vscode.workspace.getConfiguration('workbench');
      for (const [name, theme] of [['dark', 'Default Dark Modern'], ['high-contrast', 'Default High Contrast'], ['high-contrast-light', 'Default High Contrast Light']]) {
        await workbench.update('colorTheme', theme, vscode.ConfigurationTarget.Global);
        await until(theme, async () => (await screen.themes()).includes(theme.includes('High Contrast Light') ? 'hc-light' : theme.includes('High Contrast') ? 'hc-black' : 'vs-dark'));
        await until('the new line', async () => (await screen.afters(SHOWN_LINE)).some((text) => clean(text).includes('→ self.pieces -= taken')));
        await screen.picture(`theme-${name}`);
      }
      await workbench.update('colorTheme', undefined, vscode.ConfigurationTarget.Global);
    },
    async 'the lens shows the file in the native diff editor'() {
      await open('warehouse/stock.py', 'self.pieces -= count');
      await until('the lens', async () => (await screen.texts('.codelens-decoration')).some((lens) => lens.includes('Diff')));
      await screen.click('.codelens-decoration a', 'Diff');
      const tab = await until('a diff', () => { const tab = vscode.window.tabGroups.activeTabGroup.activeTab; return tab?.input instanceof vscode.TabInputTextDiff && tab; });
      const { original, modified } = tab.input as vscode.TabInputTextDiff;
      assert.deepEqual([original.scheme, modified.scheme], ['greenloop', 'greenloop']);
      assert.match((await vscode.workspace.openTextDocument(modified)).getText(), /self\.pieces -= taken/);
      assert.match((await vscode.workspace.openTextDocument(original)).getText(), /self\.pieces -= count/);
      await screen.seen('.monaco-diff-editor .editor.modified .view-lines', 'self.pieces -= taken');
      await screen.picture('diff');
    },
    async 'the whole proposal is one multi-file diff'() {
      await command('showProposal');
      await until('the multi-file diff', async () => (await screen.texts('.multiDiffEntry')).length >= 2);
      await screen.picture('multi-diff');
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    },
    async 'one is rejected and restored in the view, one is accepted by its action'() {
      const proposed = await current();
      const node = { kind: 'hunk', task: proposed, hunk: proposed.hunks[0] };
      await command('rejectChange', node);
      await task(greenloopApi!, 'one rejected', (task) => proposes(task) && states(task)[0] === 'rejected');
      await command('restoreChange', node);
      await task(greenloopApi!, 'none rejected', (task) => proposes(task) && states(task)[0] === 'pending');
      await command('rejectChange', node);
      await open('warehouse/stock.py', 'self.pieces -= count');
      const actions = await until('the actions', async () => {
        const editor = vscode.window.activeTextEditor!;
        const found = await vscode.commands.executeCommand<vscode.CodeAction[]>('vscode.executeCodeActionProvider', editor.document.uri, editor.selection, 'quickfix.greenloop');
        return found.length > 0 && found;
      });
      const accept = actions.find((action) => action.title.startsWith('Accept change'))!;
      await vscode.commands.executeCommand(accept.command!.command, ...accept.command!.arguments!);
      await until('the text', () => vscode.window.activeTextEditor!.document.getText().includes('self.pieces -= taken'));
    },
    async 'the rest is previewed as a refactoring; what is not ticked does not go in'() {
      const done = command('previewProposal');
      await until('the preview', async () => (await screen.texts('.part.panel .monaco-list-row')).length > 0);
      await screen.picture('preview');
      await vscode.commands.executeCommand('refactorPreview.discard');
      await done;
      assert.equal(states(await current()).filter((state) => state === 'pending').length, 4);
      await vscode.commands.executeCommand('workbench.action.closePanel');
    },
    async 'the rest is accepted at once, and only what was rejected is left out'() {
      await command('acceptProposal');
      const ended = await task(greenloopApi!, 'the end', (task) => proposes(task) && !states(task).includes('pending'));
      assert.deepEqual([...states(ended)].sort(), ['applied', 'applied', 'applied', 'applied', 'applied', 'rejected']);
      assert.equal(diagnostics('warehouse/stock.py', 'change').length, 0);
      assert.equal(greenloopApi!.runs.badge, undefined);
      await vscode.commands.executeCommand('greenloop.runs.focus');
      await screen.seen('.tree-explorer-viewlet-tree-view, .customview-tree', 'Take 6 red tests to green');
      await screen.picture('reviewed');
    },
    async 'the acceptance of several files is taken back at once'() {
      await command('undoAcceptance');
      await task(greenloopApi!, 'four pending again', (task) => proposes(task) && states(task).filter((state) => state === 'pending').length === 4);
      assert.ok((await vscode.workspace.openTextDocument(file('warehouse/stock.py'))).getText().includes('self.pieces -= taken'), 'an earlier acceptance stays');
    },
    async 'the report of the run opens inside the editor'() {
      await command('openRun');
      await until('the report', () => vscode.window.tabGroups.activeTabGroup.activeTab?.label.includes('Preview'));
      const { taskId } = await current();
      const page = await vscode.workspace.openTextDocument(vscode.Uri.parse(`greenloop:/run/${taskId}.md`));
      assert.match(page.getText(), /# Greenloop run [^]*## Evidence/);
      await until('its text', async () => (await screen.frames()).some((text) => text.includes(`Greenloop run ${taskId}`)));
      await screen.picture('report');
    },
  });
};
