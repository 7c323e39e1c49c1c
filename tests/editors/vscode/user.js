// The user of a scenario: does what is said in lines of JSON on the socket beside the project, in a workbench whose
// extension talks to the server at another one.
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const vscode = require('vscode');

const WALL_MS = 20_000;
/** How long a menu may take that is shown at all. */
const MENU_MS = 4000;
const ATTEMPTS = 4;
/** More than a menu has entries. */
const MOVES_MAX = 40;
const root = vscode.workspace.workspaceFolders[0].uri.fsPath;
const run = vscode.commands.executeCommand;
const uriOf = (name) => vscode.Uri.file(path.join(root, name));

async function until(what, look, ms = WALL_MS) {
  const deadline = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not seen: ${what}`);
    await new Promise((ok) => setTimeout(ok, 20));
  }
}

/** A hand on the page. */
async function hand(act, params) {
  const answer = await fetch(fs.readFileSync(path.join(root, '../hands'), 'utf8'), { method: 'POST', body: JSON.stringify({ act, ...params }) });
  const value = await answer.json();
  if (!answer.ok) throw new Error(`${act} ${JSON.stringify(params)}: ${value}`);
  return value;
}

async function show(name) {
  const isShown = () => vscode.window.activeTextEditor?.document.uri.fsPath === uriOf(name).fsPath && vscode.window.activeTextEditor;
  if (!isShown()) await run('vscode.open', uriOf(name), { preview: false });
  return until(`${name} in an editor`, isShown);
}

async function at({ path: name, first, last }) {
  const editor = await show(name);
  editor.selection = new vscode.Selection(first, 0, last, 0);
  return editor;
}

/** The extension, and what passes between it and its server. */
const greenloop = vscode.extensions.getExtension('greenloop.greenloop').exports;
const { middleware } = greenloop.server;
/** The actions that the workbench was told of last, by what had it ask. */
const listed = new Map();
/** Something came of the entry that was entered: its command began or a text changed. That it is resolved says nothing. */
let isChosen = false;
vscode.workspace.onDidChangeTextDocument(({ document }) => { isChosen ||= document.uri.scheme === 'file'; });
/** Who waits for the end of a command. */
let ended = () => {};
middleware.provideCodeActions = async (document, range, context, token, next) => {
  const actions = await next(document, range, context, token);
  if (!token.isCancellationRequested) listed.set(context.triggerKind, actions ?? []);
  return actions;
};
const { executeCommand } = middleware;
middleware.executeCommand = async (command, args, next) => {
  isChosen = true;
  const answer = executeCommand(command, args, next);
  // One that asks what is wrong with a change is told nothing.
  if (command.endsWith('.revise') && args[0]?.feedback === undefined) {
    await until('a place to write', async () => (await hand('texts', { selector: '.quick-input-widget .quick-input-message' })).some((text) => text.includes('Another one is looked for')));
    await run('workbench.action.acceptSelectedQuickOpenItem');
  }
  return answer.finally(() => ended());
};

const plain = (action) => ({
  title: action.title,
  kind: action.kind?.value,
  ...(action.disabled && { disabled: action.disabled }),
  ...(action.isPreferred && { isPreferred: true }),
});

const orders = {
  async open({ path: name }) {
    await show(name);
    await until('a server', () => greenloop.server.health === 'running');
  },
  async close({ path: name }) {
    await show(name);
    await run('workbench.action.revertAndCloseActiveEditor');
    await until(`the end of ${name}`, () => !vscode.workspace.textDocuments.some((document) => document.uri.fsPath === uriOf(name).fsPath));
  },
  async save({ path: name }) {
    const { document } = await show(name);
    if (!(await document.save())) throw new Error(`${name} is not saved`);
  },
  async undo({ path: name }) {
    await show(name);
    await run('undo');
  },
  async redo({ path: name }) {
    await show(name);
    await run('redo');
  },
  async type({ path: name, old, new: typed }) {
    const editor = await show(name);
    const { document } = editor;
    const crlf = document.eol === vscode.EndOfLine.CRLF;
    let [gone, come] = [old, typed].map((text) => (crlf ? text.replaceAll('\n', '\r\n') : text));
    let start = document.getText().indexOf(gone);
    if (start < 0) throw new Error(`${name} does not hold it`);
    // People type no more than what is new.
    while (gone && come && gone[0] === come[0]) [gone, come, start] = [gone.slice(1), come.slice(1), start + 1];
    while (gone && come && gone.at(-1) === come.at(-1)) [gone, come] = [gone.slice(0, -1), come.slice(0, -1)];
    const range = new vscode.Range(document.positionAt(start), document.positionAt(start + gone.length));
    if (!(await editor.edit((edit) => edit.replace(range, come)))) throw new Error(`${name} is not edited`);
  },
  command({ name, arguments: args }) {
    void run(name, ...args);
  },
  async action(order) {
    await at(order);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const action = await this.entry(order.title);
      if (action === undefined || action.disabled) {
        await run('hideCodeActionWidget');
        return { chosen: false };
      }
      const done = new Promise((ok) => { ended = ok; });
      isChosen = false;
      if (!(await this.enter(action.title)) || !(await until('what comes of it', () => isChosen, MENU_MS).catch(() => false))) continue;
      // An edit that is refused has no command.
      await Promise.race([done, new Promise((ok) => setTimeout(ok, WALL_MS))]);
      return { chosen: true };
    }
    throw new Error(`${order.title} cannot be chosen`);
  },
  /** Goes to an entry of the open menu and chooses it, by what its keys do; whether it was there. */
  async enter(title) {
    for (let moves = 0; moves < MOVES_MAX; moves++) {
      const focused = await hand('texts', { selector: '.action-widget .monaco-list-row.focused' });
      if (focused.some((text) => text.replaceAll('\u00a0', ' ').trim().startsWith(title))) {
        await run('acceptSelectedCodeAction');
        return true;
      }
      await run('selectNextCodeAction');
    }
    return false;
  },
  /** Opens the menu of all actions at the cursor, again while the workbench shows none; the entry that begins so. */
  async entry(beginning) {
    let action;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      listed.delete(vscode.CodeActionTriggerKind.Invoke);
      await run('editor.action.codeAction', { kind: '', apply: 'never' });
      const isShown = async () => (await hand('texts', { selector: '.action-widget .monaco-list-row' })).length > 0;
      const menu = () => listed.get(vscode.CodeActionTriggerKind.Invoke);
      if (!(await until('a menu', async () => menu() && (await isShown()), MENU_MS).catch(() => false))) continue;
      action = menu().find(({ title }) => title.startsWith(beginning));
      if (action) break;
    }
    return action;
  },
  async actions(order) {
    const { document, selection } = await at({ ...order, first: order.first, last: order.last });
    if (order.automatic) {
      const editor = await show(order.path);
      editor.selection = new vscode.Selection(document.lineCount - 1, 0, document.lineCount - 1, 0);
      listed.delete(vscode.CodeActionTriggerKind.Automatic);
      editor.selection = selection;
      const actions = await until('the light bulb', () => listed.get(vscode.CodeActionTriggerKind.Automatic));
      return { actions: actions.map(plain) };
    }
    listed.delete(vscode.CodeActionTriggerKind.Invoke);
    await run('vscode.executeCodeActionProvider', document.uri, new vscode.Range(order.first, 0, order.last, 0), order.only?.[0]);
    return { actions: (listed.get(vscode.CodeActionTriggerKind.Invoke) ?? []).map(plain) };
  },
  async lens({ path: name, first, title }) {
    await show(name);
    const lenses = await run('vscode.executeCodeLensProvider', uriOf(name), 100);
    const lens = lenses.find((lens) => lens.range.start.line === first && lens.command?.title.startsWith(title));
    if (lens === undefined) return { chosen: false };
    void run(lens.command.command, ...lens.command.arguments);
    return { chosen: true };
  },
  async answer({ choice }) {
    if (choice === null) return run('notifications.clearAll');
    await this.notification(choice);
  },
  async 'cancel-progress'() {
    await this.notification('Cancel');
  },
  async notification(button) {
    await run('notifications.showList');
    await hand('click', { selector: '.notifications-center .notification-list-item-buttons-container .monaco-button', text: button });
    await run('notifications.hideList');
  },
  look() {
    const documents = vscode.workspace.textDocuments.filter(({ uri }) => uri.scheme === 'file' && uri.fsPath.startsWith(root + path.sep));
    return { documents: documents.map((document) => ({ path: path.relative(root, document.uri.fsPath), text: document.getText() })) };
  },
};

exports.activate = () => {
  const link = net.connect(path.join(root, '../user'));
  let unread = '';
  let busy = Promise.resolve();
  const obey = async (line) => {
    const order = JSON.parse(line);
    const said = await Promise.resolve(order).then((order) => orders[order.do](order)).catch((error) => ({ error: error.stack ?? String(error) }));
    link.write(`${JSON.stringify(said ?? { ok: true })}\n`);
  };
  link.setEncoding('utf8');
  link.on('data', (data) => {
    unread += data;
    const lines = unread.split('\n');
    unread = lines.pop();
    for (const line of lines) busy = busy.then(() => obey(line));
  });
};
