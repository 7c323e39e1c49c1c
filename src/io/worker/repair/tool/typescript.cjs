// Writes the fixes that the project's own TypeScript has for its errors into the files: those that do not guess.
"use strict";

const path = require("path");
const root = process.cwd();
const ts = require(require.resolve("typescript", { paths: [root] }));

// What TypeScript calls them in `src/services/codefixes`.
const FIXES = new Set([
  "spelling", "import", "addMissingAwait", "fixAwaitInSyncFunction", "fixOverrideModifier", "forgottenThisPropertyAccess",
  "constructorForDerivedNeedSuperCall", "extendsInterfaceBecomesImplements", "fixReturnTypeInAsyncFunction", "addMissingConst",
  "fixNaNEquality", "convertToAsyncFunction", "fixAddMissingTypeof", "correctQualifiedNameToIndexedAccessType",
]);
const FIXES_MAX = 100;

const config = ts.findConfigFile(root, ts.sys.fileExists);
const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => process.exit(1) };
const { fileNames, options } = ts.getParsedCommandLineOfConfigFile(config, {}, host);
const changed = new Map();
const text = (file) => (changed.has(file) ? changed.get(file).text : ts.sys.readFile(file));

const service = ts.createLanguageService({
  ...ts.sys,
  useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
  getScriptFileNames: () => fileNames,
  getScriptVersion: (file) => String(changed.get(file)?.version ?? 0),
  getScriptSnapshot: (file) => (text(file) === undefined ? undefined : ts.ScriptSnapshot.fromString(text(file))),
  getCurrentDirectory: () => root,
  getCompilationSettings: () => options,
  getDefaultLibFileName: ts.getDefaultLibFilePath,
});

/** The first fix for an error of a file that was not tried before. */
function next(file, tried) {
  for (const { start, length, code, messageText } of [...service.getSyntacticDiagnostics(file), ...service.getSemanticDiagnostics(file)]) {
    const key = `${file} ${code} ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    if (tried.has(key)) continue;
    tried.add(key);
    const fixes = service.getCodeFixesAtPosition(file, start, start + length, [code], ts.getDefaultFormatCodeSettings(), {});
    const fix = fixes.find(({ fixName }) => FIXES.has(fixName));
    if (fix) return fix;
  }
  return undefined;
}

function apply({ changes }) {
  for (const { fileName, textChanges } of changes) {
    const edits = [...textChanges].sort((a, b) => b.span.start - a.span.start);
    const edited = edits.reduce((all, { span, newText }) => all.slice(0, span.start) + newText + all.slice(span.start + span.length), text(fileName));
    changed.set(fileName, { text: edited, version: (changed.get(fileName)?.version ?? 0) + 1 });
  }
}

for (const file of fileNames.filter((name) => !name.includes("/node_modules/"))) {
  const tried = new Set();
  for (let n = 0; n < FIXES_MAX; n++) {
    const fix = next(file, tried);
    if (fix === undefined) break;
    apply(fix);
  }
}
for (const [file, { text: after }] of changed) if (!path.relative(root, file).startsWith("..")) ts.sys.writeFile(file, after);
