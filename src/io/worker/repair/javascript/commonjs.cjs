// CommonJS in files with ES syntax, as Babel and Vite allow it: `require`, `exports`, `__dirname`; and files with ES syntax
// that are required.
"use strict";

const vm = require("vm");
const { pathToFileURL } = require("url");

const NAMES = ["require", "module", "exports", "__filename", "__dirname"];
/** What files with ES syntax import these names from, and what exports them whole imports them themselves from. */
const COMMONJS = "greenloop:commonjs";
const OWN = "greenloop:own";
const OFFERED = `export const { ${NAMES.join(", ")} } = import.meta.commonjs;`;
const REQUIRED = /\brequire(?:Actual)?\s*\(\s*["'`]([^"'`\n]+)["'`]\s*\)/g;
const IMPORTED = /\b(?:from|import)\s*["']([^"'\n]+)["']/g;
const EXPORTED = /(?<![.\w$])(?:module\s*\.\s*)?exports\s*(?:\.\s*([\w$]+)\s*)?=(?!=)\s*(?:\{([^{}]*)\})?/g;
const COMMENT = /\/\*[^]*?\*\/|(?<![:"'`\\])\/\/.*/g;
const DECLARES = "(?:const|let|var|function|class|import)\\b[^;=\\n]*";

class CommonJs {
  constructor(files) {
    this.files = files;
    this.edges = new Map();
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
    if (seen.has(file)) return;
    seen.add(file);
    const { imported, required } = this.edgesOf(file);
    for (const one of imported) this.follow(one, found, seen);
    for (const one of required) {
      this.follow(one, found, seen);
      if (this.files.isEsm(one)) found.add(one);
    }
  }

  /** The files of the project that a file names where it imports or requires something. */
  edgesOf(file) {
    if (!this.edges.has(file)) {
      const named = (pattern) => (file.endsWith(".json") ? [] : [...this.files.text(file).matchAll(pattern)].map((match) => match[1]));
      const found = (names) => names.map((name) => this.found(name, file)).filter(Boolean);
      this.edges.set(file, { imported: found(named(IMPORTED)), required: found(named(REQUIRED)) });
    }
    return this.edges.get(file);
  }

  found(name, from) {
    try {
      return this.files.manual.get(name) ?? this.files.find(name, from);
    } catch {
      // It is no name of a file.
      return null;
    }
  }

  /** Names of CommonJS that a file with ES syntax uses and does not declare itself. */
  lackedBy(file) {
    if (!this.lacking.has(file)) this.lacking.set(file, this.files.mayMix(file) ? this._lackedBy(file) : []);
    return this.lacking.get(file);
  }

  _lackedBy(file) {
    const text = this.files.text(file);
    const used = NAMES.filter((name) => new RegExp(`(?<![.\\w$])${name}(?![\\w$])`).test(text));
    if (used.length === 0) return used;
    const compiles = (names) => {
      try {
        return Boolean(new vm.SourceTextModule(mixed(this.files.code(file, text), names)));
      } catch {
        return false;
      }
    };
    const isDeclared = (name) => new RegExp(`${DECLARES}(?<![\\w$])${name}(?![\\w$])`).test(text);
    return used.filter(compiles([]) ? (name) => compiles([name]) : (name) => !isDeclared(name));
  }

  /** What a file with ES syntax exports as CommonJS does, by name; `null` for one that does not. */
  exportedBy(file) {
    if (!this.exported.has(file)) {
      const isMixed = this.lackedBy(file).some((name) => name === "exports" || name === "module");
      const text = this.files.text(file).replace(COMMENT, "");
      const all = isMixed ? [...text.matchAll(EXPORTED)] : [];
      const names = all.flatMap(([, name, object]) => (object ? keys(object) : [name]));
      const own = names.filter((name) => name && !["default", "__esModule"].includes(name) && !isExportedEsm(text, name));
      this.exported.set(file, all.length > 0 ? [...new Set(own)] : null);
    }
    return this.exported.get(file);
  }
}

/** Whether a text exports a name with ES syntax. */
function isExportedEsm(text, name) {
  const whole = `(?<![\\w$])${name.replaceAll("$", "\\$")}(?![\\w$])`;
  return new RegExp(`\\bexport\\s+(?:\\w+[\\s*]+)*${whole}|\\bexport\\s*\\{[^}]*${whole}`).test(text);
}

/** The keys of an object, from what stands between its braces. */
function keys(object) {
  const flat = object.replace(/\([^()]*\)|\[[^[\]]*\]/g, "()");
  return flat.split(",").map((part) => /^\s*([A-Za-z_$][\w$]*)\s*(?:[:(]|$)/.exec(part)?.[1]);
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
  return compiled(lines.join("\n"), { identifier: `${pathToFileURL(file).href}#whole` });
}

/** What a file sees of CommonJS, as a module; `values` gives it by name. */
function offered(file, values) {
  return compiled(OFFERED, {
    identifier: `${pathToFileURL(file).href}#commonjs`,
    initializeImportMeta: (meta) => {
      meta.commonjs = values();
    },
  });
}

const codes = new Map();

/** A module of code that was compiled before: Node.js 20 keeps for ever what it compiles anew, and all that is loaded with it. */
function compiled(code, options) {
  const made = new vm.SourceTextModule(code, { ...options, cachedData: codes.get(code) });
  if (!codes.has(code)) codes.set(code, made.createCachedData());
  return made;
}

/** Adds what a file exports with ES syntax to the object that it began to export things with. */
function merge(exported, namespace) {
  const names = Reflect.ownKeys(namespace).filter((name) => typeof name === "string" && !Object.hasOwn(exported, name));
  if (names.length === 0 || !Object.isExtensible(exported)) return;
  for (const name of names) {
    const set = (value) => Object.defineProperty(exported, name, { enumerable: true, configurable: true, writable: true, value });
    Object.defineProperty(exported, name, { enumerable: true, configurable: true, get: () => namespace[name], set });
  }
  if (!Object.hasOwn(exported, "__esModule")) Object.defineProperty(exported, "__esModule", { value: true });
}

module.exports = { COMMONJS, CommonJs, OWN, merge, mixed, offered, whole };
