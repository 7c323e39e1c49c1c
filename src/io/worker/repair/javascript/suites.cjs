// The test functions of every runner, collected into one tree and run one by one in our own process.
"use strict";

const { format, inspect } = require("util");
const path = require("path");

class Suite {
  constructor(title, parent, mode) {
    Object.assign(this, { title, parent, mode, children: [] });
    this.hooks = { beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] };
    this.context = parent ? Object.create(parent.context) : {};
  }

  titles() {
    return this.parent ? [...this.parent.titles(), this.title] : [];
  }
}

/** Tests of one file. `style` says how the runner calls functions, `checks` what it does around each test. */
class Tests {
  constructor(file, style, checks) {
    Object.assign(this, { file, style, checks });
    this.root = new Suite("", null, "");
    this.open = this.root;
    this.hasOnly = false;
    this.waiting = [];
    // All that were set, with their kinds.
    this.hooks = [];
    this.counts = new Map();
  }

  suite(title, work, mode) {
    const suite = new Suite(String(title), this.open, mode);
    if (mode === "only") this.hasOnly = true;
    this.open.children.push(suite);
    this.open = suite;
    try {
      const made = work?.call(suite.context);
      if (made?.then) this.waiting.push(made);
    } finally {
      this.open = suite.parent;
    }
  }

  test(title, work, mode, args = []) {
    if (mode === "only") this.hasOnly = true;
    this.open.children.push({ title: String(title), work, mode: work ? mode : "skip", args, suite: this.open });
  }

  hook(kind, work) {
    this.hooks.push([kind, work]);
    this.open.hooks[kind].push(work);
  }

  /** Sets hooks for all tests that are not set yet. */
  adopt(hooks) {
    for (const [kind, work] of hooks) {
      if (this.hooks.some((known) => known[0] === kind && known[1] === work)) continue;
      this.hooks.push([kind, work]);
      this.root.hooks[kind].push(work);
    }
  }

  nameOf(titles) {
    const clean = (title) => String(title).replace(/\u001b\[[0-9;]*m/g, "").replace(/\s+/g, " ").trim();
    const name = `${this.file}::${titles.map(clean).join(" > ")}`;
    const count = (this.counts.get(name) || 0) + 1;
    this.counts.set(name, count);
    return count > 1 ? `${name} #${count}` : name;
  }

  /**
   * Runs what `wants(name)`, and yields promises that are to be waited for; `tell(name, error)` without an error for a
   * pass.
   */
  *run(wants, tell) {
    if (this.waiting.length > 0) yield Promise.all(this.waiting);
    this.wants = wants;
    this.tell = tell;
    this.name(this.root);
    if (this.isWanted(this.root)) yield* this.runSuite(this.root);
  }

  /** Names all in their order, wanted or not, because the second of one name is called otherwise. */
  name(suite) {
    for (const child of suite.children) {
      if (child instanceof Suite) this.name(child);
      else child.name = this.nameOf([...suite.titles(), child.title]);
    }
  }

  isWanted(child) {
    if (child instanceof Suite) return child.mode !== "skip" && child.children.some((one) => this.isWanted(one));
    return child.mode !== "skip" && (!this.hasOnly || this.isOnly(child)) && this.wants(child.name);
  }

  isOnly(test) {
    if (test.mode === "only") return true;
    for (let at = test.suite; at; at = at.parent) if (at.mode === "only") return true;
    return false;
  }

  *runSuite(suite) {
    this.context = suite.context;
    let error;
    for (const hook of suite.hooks.beforeAll) error ??= yield* this.failure(this.call(hook, [], true));
    for (const child of suite.children) {
      if (!this.isWanted(child)) continue;
      if (error !== undefined) this.fail(child, error);
      else if (child instanceof Suite) yield* this.runSuite(child);
      else yield* this.runTest(child);
    }
    this.context = suite.context;
    for (const hook of suite.hooks.afterAll) yield* this.failure(this.call(hook, [], true));
  }

  fail(child, error) {
    if (child instanceof Suite) child.children.filter((one) => this.isWanted(one)).forEach((one) => this.fail(one, error));
    else this.tell(child.name, error);
  }

  *runTest(test) {
    const around = [];
    for (let at = test.suite; at; at = at.parent) around.unshift(at);
    const before = around.flatMap((suite) => suite.hooks.beforeEach);
    const after = [...around].reverse().flatMap((suite) => suite.hooks.afterEach);
    const cleanups = [];
    this.context = Object.create(test.suite.context);
    this.checks.before();
    let error;
    for (const hook of before) error ??= yield* this.failure(this.prepare(hook, cleanups));
    error ??= yield* this.failure(this.call(test.work, cleanups, false, test));
    error ??= yield* this.failure(this.checked());
    for (const work of [...cleanups.reverse(), ...after]) {
      const late = yield* this.failure(this.call(work, cleanups, true));
      error ??= late;
    }
    this.style.over?.(cleanups);
    this.tell(test.name, test.mode === "fails" ? (error === undefined ? new Error("it passes") : undefined) : error);
  }

  *prepare(hook, cleanups) {
    const cleanup = yield* this.call(hook, cleanups, true);
    if (typeof cleanup === "function" && this.style.cleansUp) cleanups.push(cleanup);
  }

  *checked() {
    yield* [];
    this.checks.after();
  }

  /** What went wrong; `undefined` when nothing did. */
  *failure(work) {
    try {
      yield* work;
      return undefined;
    } catch (error) {
      if (error?.skipped) return undefined;
      return error === undefined ? new Error("undefined was thrown") : error;
    }
  }

  /** The same for a function that may return a promise. */
  async outcome(work) {
    try {
      await work();
      return undefined;
    } catch (error) {
      return error ?? new Error("undefined was thrown");
    }
  }

  *call(work, cleanups, isHook, test) {
    const args = test?.args?.length ? test.args : this.style.args(this, isHook, test, cleanups);
    const takesDone = work.length > args.length && args.length === this.style.before;
    const value = takesDone ? this.callBack(work, args) : work.call(this.context, ...args);
    return typeof value?.then === "function" ? yield value : value;
  }

  callBack(work, args) {
    return new Promise((resolve, reject) => {
      work.call(this.context, ...args, (error) => (error ? reject(error) : resolve()));
    });
  }
}

/** The functions that a runner gives to test files; `now()` is the file that is loaded. */
function functions(now, style) {
  const modes = (make) => {
    const one = make("");
    for (const mode of ["only", "skip", "todo", "failing", "fails", "concurrent", "sequential"]) {
      const real = { todo: "skip", failing: "fails", concurrent: "", sequential: "" }[mode] ?? mode;
      one[mode] = make(real);
    }
    one.skipIf = (is) => make(is ? "skip" : "");
    one.runIf = (is) => make(is ? "" : "skip");
    return one;
  };
  const test = modes((mode) => {
    const one = (title, ...rest) => {
      const { work, options } = split(title, rest);
      now().test(named(title, work), work, modeOf(options, mode));
    };
    one.each = (...table) => (title, ...rest) => {
      const { work } = split(title, rest);
      rows(table).forEach((row, at) => now().test(titled(title, row, at), work, mode, row));
    };
    one.for = (table) => (title, ...rest) => {
      const { work } = split(title, rest);
      table.forEach((row, at) => now().test(titled(title, [].concat(row), at), (...args) => work(row, ...args), mode));
    };
    one.extend = () => test;
    return one;
  });
  const describe = modes((mode) => {
    const one = (title, ...rest) => {
      const { work, options } = split(title, rest);
      now().suite(named(title, work), work, modeOf(options, mode));
    };
    one.each = (...table) => (title, ...rest) => {
      const { work } = split(title, rest);
      rows(table).forEach((row, at) => now().suite(titled(title, row, at), () => work(...row), mode));
    };
    return one;
  });
  const hook = (kind) => (...args) => now().hook(kind, args.find((one) => typeof one === "function"));
  const hooks = {
    before: hook("beforeAll"),
    after: hook("afterAll"),
    beforeAll: hook("beforeAll"),
    afterAll: hook("afterAll"),
    beforeEach: hook("beforeEach"),
    afterEach: hook("afterEach"),
    setup: hook("beforeEach"),
    teardown: hook("afterEach"),
  };
  const skips = { xit: test.skip, xtest: test.skip, xdescribe: describe.skip, fit: test.only, fdescribe: describe.only };
  const names = { test, it: test, describe, suite: describe, context: describe, specify: test, ...hooks, ...skips };
  return style.only ? Object.fromEntries(style.only.map((name) => [name, names[name]])) : names;
}

function named(title, work) {
  return typeof title === "function" ? title.name || "<anonymous>" : String(title ?? work?.name ?? "<anonymous>");
}

function split(title, rest) {
  const all = typeof title === "function" ? [title, ...rest] : rest;
  return { work: all.find((one) => typeof one === "function"), options: all.find((one) => one && typeof one === "object") };
}

function modeOf(options, mode) {
  if (options?.skip || options?.todo) return "skip";
  return options?.fails ? "fails" : mode;
}

/** Rows of `each([...])` or of a template. */
function rows([table, ...values]) {
  if (!table?.raw) return [...table].map((row) => (Array.isArray(row) ? row : [row]));
  const keys = table[0].trim().split(/\n/)[0].split("|").map((key) => key.trim()).filter(Boolean);
  const made = [];
  for (let at = 0; at + keys.length <= values.length; at += keys.length) {
    made.push([Object.fromEntries(keys.map((key, place) => [key, values[at + place]]))]);
  }
  return made;
}

let pretty = inspect;

function usePretty(show) {
  pretty = show;
}

function titled(title, row, index) {
  let at = 0;
  const filled = named(title).replace(/%([sdifjoOpc#$%])/g, (match, kind) => {
    if (kind === "%") return "%";
    if (kind === "#") return String(index);
    if (kind === "$") return String(index + 1);
    // Only Jest knows it.
    const isUnknown = kind === "p" && pretty === inspect;
    if (at >= row.length || isUnknown) return match;
    const value = row[at++];
    return kind === "p" ? pretty(value) : format(`%${kind}`, value);
  });
  return filled.replace(/\$#/g, String(index)).replace(/\$([A-Za-z_][\w.]*)/g, (match, way) => {
    const value = way.split(".").reduce((inner, key) => inner?.[key], row[0]);
    if (value === undefined && !(row[0] && typeof row[0] === "object" && way in row[0])) return match;
    return typeof value === "string" && pretty === inspect ? value : pretty(value);
  });
}

module.exports = { Suite, Tests, functions, usePretty, fileName: (file) => path.relative(process.cwd(), file).split(path.sep).join("/") };
