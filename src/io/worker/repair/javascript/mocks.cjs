// What tests have given in place of modules, and how code is written so that it is in force before they are loaded.
"use strict";

const path = require("path");

const HOISTED = /^(?:(?:const|let|var)\s+[^=;]+=\s*(?:await\s+)?)?(?:vi|vitest|jest)\s*\.\s*(?:mock|unmock|hoisted)\s*\(/gm;
const IMPORT = /^import\s+(?:([^"';]+?)\s*from\s*)?(["'])([^"'\n]+)\2(?:\s*with\s*\{[^}]*\})?[ \t]*;?/gm;
/** What mocks are made with. */
const RUNNERS = ["vitest", "@jest/globals"];
/** Before a slash that does not divide. */
const BEFORE_PATTERN = /(?:^|[-+*%=<>&|^!~?:;,({[}]|\b(?:return|typeof|case|in|of))\s*$/;
const QUOTES = ["'", '"', "`"];

/** Code whose mocks are in force before what it imports is loaded; the same code where there are none. */
function hoisted(code, isEsm) {
  const statements = [...code.matchAll(HOISTED)].map(({ index, 0: { length } }) => [index, endOf(code, index + length)]);
  if (statements.length === 0) return code;
  const first = statements.map(([start, end]) => code.slice(start, end));
  const rest = without(code, statements);
  if (!isEsm) return `${first.join("\n")}\n${rest}`;
  const imports = [...rest.matchAll(IMPORT)];
  const isStatic = ({ 3: name }) => RUNNERS.includes(name);
  const kept = imports.filter(isStatic).map(([whole]) => whole);
  const loaded = imports.filter((one) => !isStatic(one)).map(([, names, , name]) => loading(names, `await import(${JSON.stringify(name)})`));
  const body = without(rest, imports.map(({ index, 0: { length } }) => [index, index + length]));
  return [...kept, ...first.map(named), ...loaded, body].join("\n");
}

/** A mock of `import("name")` is one of the name. */
function named(statement) {
  return statement.replace(/(\.\s*(?:un)?mock\s*\(\s*)import\(\s*((["']).*?\3)\s*\)/, "$1$2");
}

/** A text without some of its ranges. */
function without(text, ranges) {
  let at = 0;
  const kept = ranges.map(([start, end]) => {
    const part = text.slice(at, start);
    at = end;
    return part;
  });
  return kept.join("") + text.slice(at);
}

/** A statement that binds the names of an import to what `loaded` gives. */
function loading(names, loaded) {
  if (names === undefined) return `${loaded};`;
  const [, own, whole, listed] = /^([\w$]+)?\s*,?\s*(?:\*\s*as\s+([\w$]+)|\{([^]*)\})?$/.exec(names.trim()) ?? [];
  if (whole) return own ? `const ${whole} = ${loaded}, ${own} = ${whole}.default;` : `const ${whole} = ${loaded};`;
  const parts = (listed ?? "").split(",").map((part) => part.trim()).filter(Boolean);
  const all = [...(own ? [`default: ${own}`] : []), ...parts.map((part) => part.replace(/\s+as\s+/, ": "))];
  return `const { ${all.join(", ")} } = ${loaded};`;
}

/** Where the statement ends whose call's bracket opens right before `at`. */
function endOf(code, at) {
  let depth = 1;
  while (at < code.length && depth > 0) {
    const character = code[at];
    if ("([{".includes(character)) depth += 1;
    if (")]}".includes(character)) depth -= 1;
    at = QUOTES.includes(character) ? endOfText(code, at) : character === "/" ? endOfSlash(code, at) : at + 1;
  }
  const end = /^[ \t]*;/.exec(code.slice(at, at + 80));
  return at + (end ? end[0].length : 0);
}

/** Where a text in quotes ends that begins at `at`. */
function endOfText(code, at) {
  const quote = code[at];
  for (at += 1; at < code.length && code[at] !== quote; ) {
    if (code[at] === "\\") at += 2;
    else if (quote === "`" && code.startsWith("${", at)) at = endOfBraces(code, at + 2);
    else at += 1;
  }
  return at + 1;
}

function endOfBraces(code, at) {
  for (let depth = 1; at < code.length && depth > 0; ) {
    if (code[at] === "{") depth += 1;
    if (code[at] === "}") depth -= 1;
    at = QUOTES.includes(code[at]) ? endOfText(code, at) : at + 1;
  }
  return at;
}

/** Where a comment or a regular expression ends that begins at `at`; a sign of division is one character. */
function endOfSlash(code, at) {
  const upTo = (end) => {
    const found = code.indexOf(end, at + 2);
    return found < 0 ? code.length : found + end.length;
  };
  if (code[at + 1] === "/") return upTo("\n");
  if (code[at + 1] === "*") return upTo("*/");
  if (!BEFORE_PATTERN.test(code.slice(Math.max(0, at - 40), at))) return at + 1;
  const pattern = /^\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\//.exec(code.slice(at, at + 1000));
  return at + (pattern ? pattern[0].length : 1);
}

/** What is given in place of modules in one run. */
class Mocks {
  /** `imitate` makes something of a module of which only its name was said. */
  constructor(registry, imitate) {
    this.registry = registry;
    this.imitate = imitate;
    this.all = new Map();
  }

  /** `make` gives it, and may be asked for a promise of the module itself; without one the module is imitated. */
  set(specifier, from, make) {
    this.all.set(this.key(specifier, from), { specifier, from, make });
  }

  delete(specifier, from) {
    this.all.delete(this.key(specifier, from));
  }

  /** Has everything made anew when it is asked for. */
  forget() {
    for (const [key, { specifier, from, make }] of this.all) this.all.set(key, { specifier, from, make });
  }

  key(specifier, from) {
    return this.registry.files.find(specifier, from) ?? this.registry.files.names.real(specifier);
  }

  find(specifier, from) {
    return this.all.size > 0 ? this.all.get(this.key(specifier, from)) : undefined;
  }

  /** What `require` gives. */
  required(mock) {
    if (!("value" in mock)) mock.value = mock.make ? mock.make() : this.imitated(mock);
    return mock.value;
  }

  imitated(mock) {
    const manual = this.manual(mock);
    if (manual) return this.registry.requireFrom(manual, mock.from);
    return this.imitate(this.registry.requireReal(mock.specifier, mock.from));
  }

  /** A promise of what `import` gives. */
  imported(mock) {
    mock.promise ??= this._imported(mock);
    return mock.promise;
  }

  async _imported(mock) {
    if ("value" in mock) return mock.value;
    if (mock.make) {
      mock.value = await mock.make(() => this.registry.importReal(mock.specifier, mock.from));
    } else {
      const manual = this.manual(mock);
      const real = await this.registry.importReal(manual ?? mock.specifier, mock.from);
      mock.value = manual ? real : this.imitate(real);
    }
    return mock.value;
  }

  /** The file of the project that is kept for imitating a module. */
  manual({ specifier, from }) {
    const { files } = this.registry;
    const file = files.find(specifier, from);
    const [folder, name] = file ? [path.dirname(file), path.basename(file, path.extname(file))] : [files.root, specifier];
    return files.find(path.join(folder, "__mocks__", name), from);
  }
}

/** Something of the same shape whose functions, made by `fn`, do nothing. */
function imitation(value, fn, known = new Map()) {
  if (known.has(value)) return known.get(value);
  if (Array.isArray(value)) return [];
  const isFunction = typeof value === "function";
  if (!isFunction && (typeof value !== "object" || value === null)) return value;
  const made = isFunction ? fn() : {};
  known.set(value, made);
  const fill = (to, from) => {
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(from))) {
      if (!OF_FUNCTIONS.includes(key)) to[key] = imitation(value, fn, known);
    }
  };
  fill(made, value);
  if (isFunction && value.prototype) fill((made.prototype ??= {}), value.prototype);
  return made;
}

const OF_FUNCTIONS = ["length", "name", "prototype", "arguments", "caller", "constructor"];

module.exports = { Mocks, hoisted, imitation };
