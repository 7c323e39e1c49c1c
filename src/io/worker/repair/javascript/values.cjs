// Values that calls are made with: copies of them, others near them, and how they are written.
"use strict";

const { createHash } = require("crypto");
const { inspect, types } = require("util");
const { nameOf, textOf } = require("./alive.cjs");

const DEPTH_MAX = 4;
const PARTS_MAX = 2000;
const SHOWN_MAX = 160;
const DAY_MS = 86_400_000;
const STYLE = { depth: DEPTH_MAX, breakLength: Infinity, compact: true, customInspect: false, maxArrayLength: null, maxStringLength: null };
// What is nested too deep to be shown.
const CUT_OFF = /\[[A-Z]\w*\]/;
const WORD = /\p{L}+|\d{1,18}/gu;
const WORDS_MAX = 3;
const TEXTS_MAX = 8;
const USUAL = new Set(["length", "name", "prototype", "arguments", "caller"]);
const EXOTIC = Object.keys(types).filter((name) => /^is[A-Z]/.test(name) && !/WebAssembly|CryptoKey|KeyObject/.test(name));

/** A value that no copy can stand for. */
class Opaque extends Error {}

/** A copy that shares nothing but functions; `swap` has the function that stands for one of the project's own. */
function copy(value, swap, seen = new Map()) {
  if (types.isProxy(value)) throw new Opaque();
  if (typeof value === "function") return copiedFunction(value, swap);
  if (typeof value === "symbol" && Symbol.keyFor(value) === undefined) throw new Opaque();
  if (!isObject(value)) return value;
  if (seen.has(value)) return seen.get(value);
  if (seen.size >= PARTS_MAX) throw new Opaque();
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  if (types.isTypedArray(value) || types.isAnyArrayBuffer(value)) return structuredClone(value);
  const made = shell(value, swap);
  seen.set(value, made);
  if (made instanceof Map) for (const [key, one] of value) made.set(copy(key, swap, seen), copy(one, swap, seen));
  if (made instanceof Set) for (const one of value) made.add(copy(one, swap, seen));
  for (const key of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (!("value" in property)) throw new Opaque();
    Object.defineProperty(made, key, { ...property, value: copy(property.value, swap, seen) });
  }
  return made;
}

/** Functions that carry something, as spies do, would carry it from one call to the next. */
function copiedFunction(value, swap) {
  const other = swap(value);
  const isPlain = other !== value || Reflect.ownKeys(value).every((key) => USUAL.has(key));
  if (!other || !isPlain) throw new Opaque();
  return other;
}

/** An object of the same kind that has nothing yet. */
function shell(value, swap) {
  const kind = Object.getPrototypeOf(value);
  if (Array.isArray(value) && kind === Array.prototype) return [];
  if (kind === Map.prototype || kind === Set.prototype) return new kind.constructor();
  if (kind === Date.prototype || kind === RegExp.prototype) return new kind.constructor(value);
  if (EXOTIC.some((is) => types[is](value)) || Array.isArray(value)) throw new Opaque();
  if (kind === null || kind === Object.prototype) return Object.create(kind);
  const owner = Object.getOwnPropertyDescriptor(kind, "constructor")?.value;
  if (typeof owner !== "function" || owner.prototype !== kind || hasPrivate(owner)) throw new Opaque();
  const made = swap(owner)?.prototype;
  if (!made) throw new Opaque();
  return Object.create(made);
}

/** Whether a text shows all that there is of a value. */
function isShown(value) {
  try {
    copy(value, (inner) => inner);
  } catch {
    return false;
  }
  return !CUT_OFF.test(show(value));
}

/** Whether objects of a class have members that only its constructor can give them, as those of the language have. */
function hasPrivate(owner) {
  for (let at = owner; typeof at === "function" && at !== Function.prototype; at = Object.getPrototypeOf(at)) {
    if (/#[\w$]|\[native code\]/.test(textOf(at))) return true;
  }
  return false;
}

/** Values of the same kind near one; `words` take the place of those in texts. */
function variants(value, words = []) {
  const found = near(value, words);
  const shown = found.map(show);
  return found.filter((_, place) => shown[place] !== show(value) && shown.indexOf(shown[place]) === place);
}

function near(value, words) {
  if (value === null) return [undefined];
  if (value === undefined) return [null];
  if (typeof value === "boolean") return [!value];
  if (Number.isInteger(value)) return [value + 1, value - 1, 0, -value || 0, value * 2];
  if (typeof value === "number") return Number.isFinite(value) ? [value + 1, value - 1, 0, -value] : [0];
  if (typeof value === "bigint") return [value + 1n, value - 1n, 0n, -value];
  if (typeof value === "string") return inTurn(reworded(value, words), [value.slice(0, -1), value + value.slice(-1), value.slice(1), swapped(value), ""]);
  switch (Object.getPrototypeOf(value)) {
    case Date.prototype:
      return [1, -1, 31].map((days) => new Date(value.getTime() + days * DAY_MS));
    case Array.prototype:
      return [value.slice(0, -1), [...value, ...value.slice(-1)], [...value].reverse(), []];
    case Map.prototype:
    case Set.prototype:
      return [[...value].slice(0, -1), []].map((parts) => new value.constructor(parts));
    case Object.prototype:
      return [Object.fromEntries(Object.entries(value).slice(0, -1)), {}];
    default:
      return [];
  }
}

/** A text with the next of the words in the place of one of its own, or with a number one higher. */
function reworded(text, words) {
  const own = [...text.matchAll(WORD)];
  const isNumber = ({ 0: word }) => /^\d/.test(word);
  const some = [own.filter((one) => !isNumber(one)), own.filter(isNumber)].map((list) => list.slice(0, WORDS_MAX));
  return inTurn(...some).flatMap(({ 0: word, index }) => {
    const other = /^\d/.test(word) ? oneMore(word) : words[(words.indexOf(word) + 1) % words.length];
    return other === undefined ? [] : [text.slice(0, index) + other + text.slice(index + word.length)];
  });
}

/** One of these, one of those. */
function inTurn(these, those) {
  const both = Array.from({ length: Math.max(these.length, those.length) }, (_, at) => [these[at], those[at]]);
  return both.flat().filter((one) => one !== undefined);
}

function oneMore(digits) {
  return `${BigInt(digits) + 1n}`.padStart(digits.length, "0");
}

/** The words of the first texts in some values, each once. */
function wordsOf(values) {
  const words = values.flatMap((value) => textsIn(value, [])).flatMap((text) => text.match(WORD) ?? []);
  return [...new Set(words.filter((word) => !/^\d/.test(word)))];
}

function textsIn(value, texts, depth = 0) {
  if (typeof value === "string") texts.push(value);
  const parts = isObject(value) && !ArrayBuffer.isView(value) && depth <= DEPTH_MAX ? Object.keys(value).slice(0, TEXTS_MAX) : [];
  for (const part of parts) {
    if (texts.length >= TEXTS_MAX) break;
    textsIn(value[part], texts, depth + 1);
  }
  return texts;
}

function swapped(text) {
  return text.replace(/\p{L}/gu, (letter) => (letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase()));
}

/** Where values stand that have others near them, outermost first but for records. */
function* leaves(value, path = []) {
  if (path.length > DEPTH_MAX || typeof value === "function") return;
  const hasOthers = path.length > 1 && variants(value).length > 0;
  const isRecord = isObject(value) && Object.getPrototypeOf(value) === Object.prototype;
  if (hasOthers && !isRecord) yield path;
  const isWhole = !isObject(value) || value instanceof Map || value instanceof Set || ArrayBuffer.isView(value);
  for (const part of isWhole ? [] : Object.keys(value)) yield* leaves(value[part], [...path, part]);
  // Most code expects the members that it is given.
  if (hasOthers && isRecord) yield path;
}

function isObject(value) {
  return typeof value === "object" && value !== null;
}

/** A value with another one at one place. */
function replaced(value, [part, ...path], other) {
  if (part === undefined) return other;
  const made = Array.isArray(value) ? [...value] : Object.create(Object.getPrototypeOf(value), Object.getOwnPropertyDescriptors(value));
  made[part] = replaced(value[part], path, other);
  return made;
}

function show(value) {
  return inspect(value, STYLE);
}

/** A call as one would write it, on what it is made. */
function written({ name, isNew, self, args }) {
  const parts = args.map((one) => (typeof one === "function" ? nameOf(one) || textOf(one) : show(one)));
  const call = `${isNew ? "new " : ""}${name || "<anonymous>"}(${parts.join(", ")})`;
  return self === undefined ? call : `${call} on ${show(self)}`;
}

/** A text that is short and still another one for another text. */
function cut(text) {
  if (text.length <= SHOWN_MAX) return text;
  return `${text.slice(0, SHOWN_MAX)}... (${createHash("sha1").update(text).digest("hex").slice(0, 8)})`;
}

module.exports = { copy, cut, isShown, leaves, replaced, show, variants, wordsOf, written };
