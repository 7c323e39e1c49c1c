// Finds the functions of the project that are alive, whoever holds them, and hears when they are called.
"use strict";

const { Inspection, fileAt } = require("./inspection.cjs");

const HANDED = Symbol.for("greenloop.handed");
const NOTE = Symbol.for("greenloop.note");
const textOf = Function.prototype.call.bind(Function.prototype.toString);

class Alive {
  constructor() {
    this.known = new WeakSet();
    // The newest script of each file.
    this.scripts = new Map();
    this.heard = [];
    this.inspection = new Inspection();
    this.inspection.on("Debugger.scriptParsed", ({ url, scriptId }) => this.scripts.set(fileAt(url), scriptId));
    this.inspection.post("Debugger.enable");
    this.all().forEach((one) => this.known.add(one));
  }

  /** Every function there is. */
  all() {
    const expression = "Function.prototype";
    const { objectId } = this.inspection.post("Runtime.evaluate", { expression, objectGroup: "alive" }).result;
    const found = this.inspection.post("Runtime.queryObjects", { prototypeObjectId: objectId, objectGroup: "alive" }).objects;
    const functionDeclaration = "function () { globalThis[Symbol.for('greenloop.handed')] = this; }";
    this.inspection.post("Runtime.callFunctionOn", { objectId: found.objectId, functionDeclaration });
    this.inspection.post("Runtime.releaseObjectGroup", { objectGroup: "alive" });
    const all = globalThis[HANDED];
    delete globalThis[HANDED];
    return all.filter((one) => typeof one === "function");
  }

  /** The newest script of each file. */
  scriptsOf(files) {
    return new Map(files.map((file) => [file, this.scripts.get(file)]));
  }

  /**
   * The functions of each load that came to life since this was last asked. A load has `codes` and `scripts`, its texts and
   * what they were made into, by file.
   */
  take(loads) {
    const places = new Map();
    for (const load of loads) for (const [file, script] of load.scripts) places.set(script, { load, file, code: load.codes.get(file) });
    const codeTexts = [...new Set([...places.values()].map(({ code }) => code))];
    const found = new Map(loads.map((load) => [load, []]));
    for (const one of this.all()) {
      if (this.known.has(one)) continue;
      this.known.add(one);
      const text = textOf(one);
      // A module is a function too.
      const isInside = codeTexts.some((code) => code.length > text.length && code.includes(text));
      const place = isInside && this.place(one, text, places);
      if (place) found.get(place.load).push({ ...place, run: one, text, name: nameOf(one) || place.assigned });
    }
    const isNamed = ({ name }) => !name.startsWith("<");
    return loads.map((load) => new Functions(found.get(load).filter(isNamed), load));
  }

  /** Where a function stands in what a load was made of, by scripts. */
  place(one, text, places) {
    const { scriptId, lineNumber, columnNumber } = this.handed(one, (objectId) => {
      const { internalProperties } = this.inspection.post("Runtime.getProperties", { objectId, ownProperties: true });
      return internalProperties.find(({ name }) => name === "[[FunctionLocation]]")?.value.value ?? {};
    });
    if (!places.has(scriptId)) return null;
    const { load, file, code } = places.get(scriptId);
    let line = 0;
    for (let left = lineNumber; left > 0; left--) line = code.indexOf("\n", line) + 1;
    const start = code.lastIndexOf(text, line + columnNumber);
    return start < 0 || text.length === code.length ? null : { load, file, start, end: start + text.length, assigned: assignedTo(code.slice(0, start)) };
  }

  handed(one, work) {
    globalThis[HANDED] = one;
    const expression = "globalThis[Symbol.for('greenloop.handed')]";
    const { objectId } = this.inspection.post("Runtime.evaluate", { expression, objectGroup: "alive" }).result;
    delete globalThis[HANDED];
    const value = work(objectId);
    this.inspection.post("Runtime.releaseObjectGroup", { objectGroup: "alive" });
    return value;
  }

  /** Has `note(self, args)` called whenever a function is. */
  hear(one, note) {
    const args = argumentsOf(one.text);
    if (!args) return;
    const at = this.heard.length;
    // A condition that never holds runs in the call's own frame and stops nothing.
    const condition = `void globalThis[Symbol.for("greenloop.note")](${at}, ${usesThis(one) ? "this" : "undefined"}, ${args})`;
    const id = this.handed(one.run, (objectId) => this.inspection.post("Debugger.setBreakpointOnFunctionCall", { objectId, condition }).breakpointId);
    this.heard.push({ id, note });
    globalThis[NOTE] = (at, self, args) => this.heard[at]?.note(self, [...args]);
  }

  hearNoMore() {
    for (const { id } of this.heard.splice(0)) this.inspection.post("Debugger.removeBreakpoint", { breakpointId: id });
  }
}

/** Functions of one load, by keys that are the same in every load. */
class Functions {
  constructor(all, { codes, registry }) {
    this.codeTexts = [...codes.values()];
    // What functions import while they are called comes from there.
    this.registry = registry;
    this.byKey = new Map();
    this.keys = new Map();
    const places = new Set();
    const counts = new Map();
    all.sort((a, b) => (a.file === b.file ? a.start - b.start : a.file < b.file ? -1 : 1));
    for (const one of all) {
      const place = `${one.file}\n${one.start}`;
      if (places.has(place)) continue;
      places.add(place);
      const name = `${one.file}\n${one.name}`;
      const count = (counts.get(name) || 0) + 1;
      counts.set(name, count);
      this.byKey.set(`${name}\n${count}`, one);
      this.keys.set(one.run, `${name}\n${count}`);
    }
  }

  /** The innermost functions that have a part of a file's text. */
  around(file, from, to) {
    const touched = [...this.byKey].filter(([, one]) => one.file === file && one.start <= to && from <= one.end);
    const holds = (outer, inner) => outer !== inner && outer.start <= inner.start && inner.end <= outer.end;
    return touched.filter(([, one]) => !touched.some(([, inner]) => holds(one, inner))).map(([key]) => key);
  }

  /** The functions of a file that read a name. */
  reading(file, name) {
    const word = new RegExp(`(?<![\\w$])${name.replaceAll("$", "\\$")}(?![\\w$])`);
    return [...this.byKey].filter(([, one]) => one.file === file && word.test(one.text)).map(([key]) => key);
  }

  /** What stands in another registry for a function of this one; `undefined` where that is not known. */
  counterpart(one, other) {
    if (this.keys.has(one)) return other.byKey.get(this.keys.get(one))?.run;
    const text = textOf(one);
    if (/\{ \[native code\] \}$/.test(text)) return globalThis[nameOf(one)] === one ? one : undefined;
    return this.codeTexts.some((code) => code.includes(text)) ? undefined : one;
  }
}

function nameOf(one) {
  const name = Object.getOwnPropertyDescriptor(one, "name")?.value;
  return typeof name === "string" ? name : "";
}

/** The member that what comes next becomes. */
function assignedTo(text) {
  return /([\w$]+)\s*=\s*$/.exec(text.slice(-100))?.[1] ?? "";
}

function isClass({ text }) {
  return /^class\b/.test(text);
}

/** Whether a function does something with what it is called on. */
function usesThis(one) {
  return !isClass(one) && !ARROW.test(one.text) && /\b(this|super)\b/.test(one.text);
}

const ARROW = /^(?:async\s*)?(?:\(([^]*?)\)|([\w$]+))\s*=>/;
const DEFAULTS = /\s*=\s*(\{\s*\}|\[\s*\]|"[^"\\]*"|'[^'\\]*'|[^,(){}[\]"'`=]+)/g;

/** An expression for the arguments of a function inside of it; `null` where none is known. */
function argumentsOf(text) {
  const [isArrow, list, one] = ARROW.exec(text) || [];
  if (!isArrow) return "arguments";
  // Parameters without their defaults are written as the values they take apart.
  const values = (list ?? one).replace(DEFAULTS, "");
  return /[=()]|\/[/*]/.test(values) ? null : `[${values}]`;
}

module.exports = { Alive, isClass, nameOf, textOf, usesThis };
