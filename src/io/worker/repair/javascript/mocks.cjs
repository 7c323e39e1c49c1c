// What tests have given in place of modules, and how code is written so that it is in force before they are loaded.
"use strict";

const path = require("path");
const { isModuleNamespaceObject } = require("util").types;

const MAY_MOCK = /\b(?:vi|vitest|jest)\s*\.\s*(?:mock|unmock|hoisted)\s*\(/;
const HOISTED = /^(?:(?:const|let|var)\s+(?:\{[^{}=;]{0,2000}\}|\[[^\]=;]{0,2000}\]|[\w$]+)\s*=\s*(?:await\s+)?)?(?:[\w$]+\.)?(?:vi|vitest|jest)\s*\.\s*(?:mock|unmock|hoisted)\s*\(/gm;
const IMPORT = /^import\b(?<names>[^"';()=]{0,2000}?)(?<quote>["'])(?<name>[^"'\n]*)\k<quote>(?:\s*with\s*\{[^}]*\})?[ \t]*;?/gm;
const REQUIRE = /^(?:const|let|var)\s+(?:\{[^{}=;]{0,2000}\}|[\w$]+)\s*=\s*require\((?<quote>["'])(?<name>[^"'\n]*)\k<quote>\)[ \t]*;?/gm;
/** What mocks are made with. */
const RUNNERS = ["vitest", "@jest/globals"];
const DIRECTIVE = /^\s*(["'])use strict\1[ \t]*;?/;
/** Before a slash that does not divide. */
const BEFORE_PATTERN = /(?:^|[-+*%=<>&|^!~?:;,({[}]|\b(?:return|typeof|case|in|of))\s*$/;
const PATTERN = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\//y;
const MORE = /\s*\.\s*\w+\s*\(/y;

/** Code whose mocks are in force before what it imports is loaded; the same code where there are none. */
function hoisted(code, isEsm) {
  if (!MAY_MOCK.test(code)) return code;
  const bare = masked(code);
  const found = (pattern) => [...bare.matchAll(pattern)].map((match) => ({ match, start: match.index, end: match.index + match[0].length }));
  const first = found(HOISTED).map(({ start, end }) => ({ start, end: endOfCalls(bare, end) }));
  if (first.length === 0) return code;
  const isOutside = ({ start }) => !first.some((one) => one.start < start && start < one.end);
  const name = ({ match, start }) => {
    const { quote, name: blank } = match.groups;
    const at = start + match[0].indexOf(quote + blank + quote) + 1;
    return code.slice(at, at + blank.length);
  };
  const loads = found(isEsm ? IMPORT : REQUIRE).filter(isOutside);
  const runners = loads.filter((one) => RUNNERS.includes(name(one)));
  const others = isEsm ? loads.filter((one) => !runners.includes(one)) : [];
  const text = ({ start, end }) => code.slice(start, end);
  const loaded = others.map((one) => loading(one.match.groups.names.replace(/\bfrom\s*$/, ""), `await import(${JSON.stringify(name(one))})`));
  const [directive = ""] = DIRECTIVE.exec(code) ?? [];
  const cut = [{ start: 0, end: directive.length }, ...first, ...runners, ...others].sort((a, b) => a.start - b.start);
  return [directive, ...runners.map(text), ...first.map(text).map(named), ...loaded, without(code, cut)].join("\n");
}

/** A mock of `import("name")` is one of the name. */
function named(statement) {
  return statement.replace(/(\.\s*(?:un)?mock\s*\(\s*)import\(\s*((["']).*?\3)\s*\)/, "$1$2");
}

/** A text without some of its ranges, which stand in order. */
function without(text, ranges) {
  let at = 0;
  const kept = ranges.map(({ start, end }) => {
    const part = text.slice(at, start);
    at = end;
    return part;
  });
  return kept.join("") + text.slice(at);
}

/** A statement that binds the names of an import to what `loaded` gives. */
function loading(names, loaded) {
  if (names.trim() === "") return `${loaded};`;
  const [, own, whole, listed] = /^([\w$]+)?\s*,?\s*(?:\*\s*as\s+([\w$]+)|\{([^]*)\})?$/.exec(names.trim()) ?? [];
  if (whole) return own ? `const ${whole} = ${loaded}, ${own} = ${whole}.default;` : `const ${whole} = ${loaded};`;
  const parts = (listed ?? "").split(",").map((part) => part.trim()).filter(Boolean);
  const all = [...(own ? [`default: ${own}`] : []), ...parts.map((part) => part.replace(/\s+as\s+/, ": "))];
  return `const { ${all.join(", ")} } = ${loaded};`;
}

/** Where calls end, one on what the other gives, of which the first one's bracket opens right before `at`, in masked code. */
function endOfCalls(bare, at) {
  for (;;) {
    for (let depth = 1; at < bare.length && depth > 0; at += 1) {
      if ("([{".includes(bare[at])) depth += 1;
      if (")]}".includes(bare[at])) depth -= 1;
    }
    MORE.lastIndex = at;
    if (!MORE.test(bare)) break;
    at = MORE.lastIndex;
  }
  return at + /^(?:[ \t]*;)?/.exec(bare.slice(at, at + 80))[0].length;
}

/** Code in which all that stands in comments, texts and patterns is blank. */
function masked(code) {
  const parts = [];
  let kept = 0;
  for (let at = 0; at < code.length; ) {
    const end = endOfWords(code, at);
    if (end > at + 1) {
      const isText = code[at] !== "/";
      const inner = code.slice(at, end).replace(/[^\n]/g, " ");
      parts.push(code.slice(kept, at), isText ? code[at] + inner.slice(2) + code[at] : inner);
      kept = end;
    }
    at = end;
  }
  return parts.join("") + code.slice(kept);
}

/** Where a comment, a text or a pattern ends that begins at `at`; the next character where none begins. */
function endOfWords(code, at) {
  if ("\"'`".includes(code[at])) return endOfText(code, at);
  if (code[at] !== "/") return at + 1;
  const upTo = (end) => {
    const found = code.indexOf(end, at + 2);
    return found < 0 ? code.length : found + end.length;
  };
  if (code[at + 1] === "/") return upTo("\n") - 1;
  if (code[at + 1] === "*") return upTo("*/");
  if (!BEFORE_PATTERN.test(code.slice(Math.max(0, at - 40), at))) return at + 1;
  PATTERN.lastIndex = at;
  return PATTERN.test(code) ? PATTERN.lastIndex : at + 1;
}

/** Where a text in quotes ends that begins at `at`. */
function endOfText(code, at) {
  const quote = code[at];
  for (at += 1; at < code.length && code[at] !== quote; ) {
    if (code[at] === "\\") at += 2;
    else if (quote === "`" && code.startsWith("${", at)) at = endOfBraces(code, at + 2);
    else if (quote !== "`" && code[at] === "\n") return at;
    else at += 1;
  }
  return Math.min(at + 1, code.length);
}

function endOfBraces(code, at) {
  for (let depth = 1; at < code.length && depth > 0; ) {
    if (code[at] === "{") depth += 1;
    if (code[at] === "}") depth -= 1;
    at = endOfWords(code, at);
  }
  return at;
}

/** What is given in place of modules in one run. */
class Mocks {
  /** `imitate` makes something of a module of which only its name was said. */
  constructor(registry, imitate) {
    this.registry = registry;
    this.imitate = imitate;
    this.all = new Map();
    // What is not to be mocked though something always stands for it.
    this.real = new Set();
  }

  /** `make` gives it, and may be asked for a promise of the module itself; without one the module is imitated. */
  set(specifier, from, make) {
    this.all.set(this.key(specifier, from), { specifier, from, make });
  }

  delete(specifier, from) {
    this.all.delete(this.key(specifier, from));
    this.real.add(specifier);
  }

  /** Has everything made anew when it is asked for. */
  forget() {
    for (const [key, { specifier, from, make }] of this.all) this.all.set(key, { specifier, from, make });
  }

  key(specifier, from) {
    return this.registry.files.find(specifier, from) ?? this.registry.files.names.real(specifier).replace(/^node:/, "");
  }

  find(specifier, from) {
    const mock = this.all.size > 0 ? this.all.get(this.key(specifier, from)) : undefined;
    const standIn = this.registry.files.manual.get(specifier);
    const isUnasked = !mock && standIn !== undefined && standIn !== from && !this.real.has(specifier);
    return isUnasked ? { specifier, from, standIn } : mock;
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
      mock.isModule = isModuleNamespaceObject(real);
      mock.value = manual ? real : this.imitate(real);
    }
    return mock.value;
  }

  /** The file of the project that is kept for imitating a module. */
  manual({ specifier, from }) {
    const { files } = this.registry;
    if (files.manual.has(specifier)) return files.manual.get(specifier);
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
