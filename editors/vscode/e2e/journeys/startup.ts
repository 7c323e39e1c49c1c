// What the extension adds to start-up, by the workbench's own report. The figures are told, not judged: machines differ.

import { assert, greenloop, journey, run as command, tell, until, vscode } from '../lib';

export const run = (): Promise<void> =>
  journey({
    async 'the report of the workbench names the time that activation took'() {
      await greenloop();
      await vscode.commands.executeCommand('perfview.show');
      const report = await until('the report', () => {
        const editor = vscode.window.visibleTextEditors.find((editor) => editor.document.getText().includes('greenloop.greenloop'));
        return editor?.document.getText();
      });
      const row = report.split('\n').find((line) => line.includes('greenloop.greenloop'))!;
      const cells = row.split('|').map((cell) => cell.trim()).filter(Boolean);
      const head = report.split('\n').find((line) => line.includes('Load Code'))!.split('|').map((cell) => cell.trim()).filter(Boolean);
      const time = (name: string): number => Number(cells[head.indexOf(name)].replaceAll(/[^0-9.]/g, ''));
      const all = time('Load Code') + time('Call Activate') + time('Finish Activate');
      tell(`activation: ${all} ms`);
      // Beside those that come with the workbench, in the same window.
      const rows = report.split('\n').filter((line) => /^\| (vscode|greenloop)\.|^\| Extension /.test(line));
      rows.forEach((line) => tell(line.replaceAll(/ +/g, ' ')));
      assert.equal(cells[head.indexOf('Event')], 'onStartupFinished');
    },
    async 'every command of the palette is there'() {
      const known = new Set(await vscode.commands.getCommands(true));
      const declared = vscode.extensions.getExtension('greenloop.greenloop')!.packageJSON.contributes.commands as { command: string }[];
      assert.deepEqual(declared.map(({ command }) => command).filter((name) => !known.has(name)), []);
      await command('nextChange');
    },
  });
