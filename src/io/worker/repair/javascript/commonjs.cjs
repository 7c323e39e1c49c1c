// CommonJS in files with ES syntax, as Babel and Vite allow it: `require`, `exports`, `__dirname`; and files with ES syntax
// that are required.
"use strict";

const path = require("path");
const vm = require("vm");
const { pathToFileURL } = require("url");

const NAMES = ["require", "module", "exports", "__filename", "__dirname"];
/** What files with ES syntax import these names from, and what exports them whole imports them themselves from. */
const COMMONJS = "greenloop:commonjs";
const OWN = "greenloop:own";
const REQUIRED = /\brequire\s*\(\s*["'`]([^"'`\n]+)["'`]\s*\)/g;
const IMPORTED = /\b(?:from|import)\s*["']([^"'\n]+)["']/g;
const EXPORTED = /(?<![.\w$])(?:module\s*\.\s*)?exports\s*(?:\.\s*([\w$]+)\s*)?=(?!=)/g;

class CommonJs {
  constructor(files) {
    this.files = files;
    this.behind = new Map();
    this.lacking = new Map();
    this.exported = new Map();
  }

  /** Files with ES syntax that a file, or what it loads, requires, each after those that it needs itself. */
  requiredBy(file) {
    if (!this.behind.has(file)) {
      const found = new Set();
      this.follow(file, found, new Set());
      this.behind.set(file, [...found].filter((one) => one !== file));
    }
    return this.behind.get(file);
  }

  follow(file, found, seen) {
    if (seen.has(file) || file.endsWith(".json")) return;
    seen.add(file);
    const named = (pattern) => [...this.files.text(file).matchAll(pattern)].map((match) => this.files.find(match[1], file));
    for (const one of named(IMPORTED)) if (one) this.follow(one, found, seen);
    for (const one of named(REQUIRED).filter(Boolean)) {
      this.follow(one, found, seen);
      if (this.files.isEsm(one)) found.add(one);
    }
  }

  /** Names of CommonJS that a file with ES syntax uses and does not declare itself. */
  lackedBy(file) {
    if (!this.lacking.has(file)) this.lacking.set(file, this.files.mayMix(file) ? this._lackedBy(file) : []);
    return this.lacking.get(file);
  }

  _lackedBy(file) {
    const code = this.files.code(file, this.files.text(file));
    const names = NAMES.filter((name) => new RegExp(`(?<![.\\w$])${name.replaceAll("$", "\\$")}(?![\\w$])`).test(code));
    return names.filter((name) => {
      try {
        new vm.SourceTextModule(mixed(code, [name]));
        return true;
      } catch {
        return false;
      }
    });
  }

  /** What a file with ES syntax exports as CommonJS does, by name; `null` for one that does not. */
  exportedBy(file) {
    if (!this.exported.has(file)) {
      const isMixed = this.lackedBy(file).some((name) => name === "exports" || name === "module");
      const names = isMixed ? [...this.files.text(file).matchAll(EXPORTED)].map((match) => match[1]) : [];
      const own = names.filter((name) => name && name !== "default" && name !== "__esModule");
      this.exported.set(file, names.length > 0 ? [...new Set(own)] : null);
    }
    return this.exported.get(file);
  }
}

/** Code to which names of CommonJS are given, behind it, so that all of it stays where it was. */
function mixed(code, names) {
  return names.length > 0 ? `${code}\n;import { ${names.join(", ")} } from "${COMMONJS}";` : code;
}

/** A module that exports what a file exports in either way. */
function whole(file, names) {
  const from = (specifier) => JSON.stringify(specifier);
  const lines = [
    `import * as own from ${from(OWN)};`,
    `import { module } from ${from(COMMONJS)};`,
    `export * from ${from(OWN)};`,
    ...names.map((name, at) => `const value${at} = module.exports?.${name}; export { value${at} as ${name} };`),
    `export default "default" in own ? own.default : module.exports;`,
  ];
  return new vm.SourceTextModule(lines.join("\n"), { identifier: `${pathToFileURL(file).href}#whole` });
}

/** What one file sees of CommonJS, as a module. */
function offered(module, require) {
  const file = module.filename;
  const values = { require, module, exports: module.exports, __filename: file, __dirname: path.dirname(file) };
  return new vm.SyntheticModule(NAMES, function () {
    for (const name of NAMES) this.setExport(name, values[name]);
  }, { identifier: `${COMMONJS} ${file}` });
}

/** Adds what a file exports with ES syntax to what it exports otherwise. */
function merged(exported, namespace) {
  if ((typeof exported !== "object" && typeof exported !== "function") || exported === null) return exported;
  const names = Object.keys(namespace).filter((name) => !Object.hasOwn(exported, name));
  for (const name of names) Object.defineProperty(exported, name, { enumerable: true, configurable: true, get: () => namespace[name] });
  const isMarked = names.length > 0 && !Object.hasOwn(exported, "__esModule");
  return isMarked ? Object.defineProperty(exported, "__esModule", { value: true }) : exported;
}

module.exports = { COMMONJS, CommonJs, OWN, merged, mixed, offered, whole };
