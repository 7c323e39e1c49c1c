// What is on the screen counts, not what is on disk: a fault that was typed and never saved is found, mended and undone.

import { assert, chord, diagnostics, greenloop, journey, onDisk, open, proposes, replace, run as command, screen, states, task, until, vscode } from '../lib';

export const run = (): Promise<void> => {
  let sound: string;
  const text = (): string => vscode.window.activeTextEditor!.document.getText();
  return journey({
    async 'a fault is typed and not saved'() {
      await greenloop();
      sound = onDisk('roman.py');
      await replace(await open('roman.py'), 'while number >= value', 'while number > value');
      assert.ok(vscode.window.activeTextEditor!.document.isDirty);
    },
    async 'a run for everything finds and mends it'() {
      await chord('Control+Alt+g', 'f');
      const proposed = await task(await greenloop(), 'a proposal', proposes);
      assert.deepEqual(states(proposed), ['pending']);
      assert.equal(onDisk('roman.py'), sound);
    },
    async 'typing elsewhere moves the change along'() {
      await replace(vscode.window.activeTextEditor!, 'def write(', '# Of whole numbers only.\ndef write(');
      const line = text().split('\n').findIndex((line) => line.includes('while number > value'));
      await until('the change at its new line', () => diagnostics('roman.py', 'change')[0]?.range.start.line === line);
    },
    async 'the change goes into the text as it is by now'() {
      await command('nextChange');
      await command('acceptChange');
      await until('the change in the text', () => text() === sound.replace('def write(', '# Of whole numbers only.\ndef write('));
      await task(await greenloop(), 'an applied change', (task) => proposes(task) && states(task)[0] === 'applied');
      await until('no lens', async () => !(await screen.texts('.codelens-decoration')).some((lens) => lens.includes('Accept')));
    },
    async 'undo takes it out and it is open again'() {
      await vscode.commands.executeCommand('undo');
      await until('the fault in the text', () => text().includes('while number > value'));
      await task(await greenloop(), 'a pending change', (task) => proposes(task) && states(task)[0] === 'pending');
    },
    async 'after redo and more typing the acceptance itself can be taken back'() {
      await vscode.commands.executeCommand('redo');
      await task(await greenloop(), 'an applied change', (task) => proposes(task) && states(task)[0] === 'applied');
      await replace(vscode.window.activeTextEditor!, '# Of whole numbers only.', '# Of whole and positive numbers only.');
      await chord('Control+Alt+g', 'u');
      await until('the fault in the text', () => text().includes('while number > value'));
      assert.ok(text().includes('# Of whole and positive numbers only.'), 'what was typed since stays');
      await task(await greenloop(), 'a pending change', (task) => proposes(task) && states(task)[0] === 'pending');
      assert.equal(onDisk('roman.py'), sound);
    },
  });
};
