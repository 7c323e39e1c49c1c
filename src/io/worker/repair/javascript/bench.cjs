// Runs tests of the project with some files changed, again and again in one process, and cleans up after each run.
"use strict";

const fs = require("fs");
const path = require("path");
const { pathToFileURL } = require("url");
const frameworks = require("./frameworks.cjs");
const { Dom } = require("./dom.cjs");
const { Files } = require("./files.cjs");
const { ONLY_IMPORTED, Outside, Registry, within } = require("./loader.cjs");
const { Names, pathIn: fileOf, plain } = require("./names.cjs");
const settings = require("./settings.cjs");
const { Tests, fileName } = require("./suites.cjs");

const PATIENCE_MAX = 9;
// Bound now, because tests replace them.
const timers = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate };
const { env, getActiveResourcesInfo } = process;
const { readdirSync, readFileSync } = fs;
// Goes on with promises until none is left that can be; some versions of Node.js may lack it.
const goOn = process._tickCallback?.bind(process);
const LOOK_MS = 25;
// Where what is given up too early is tried again.
const QUICK_LOOK_MS = 5;
const OWN_TIMERS = 2;
// So many looks in a row at a process that waits for nothing: what does not keep it from ending may still come.
const IDLE_LOOKS = 4;
// What computes more of the time between two looks has work under way that it does not tell of, such as hashes and compression.
const IDLE_CPU_SHARE = 0.08;
// Threads of this process, as Linux has them.
const TASKS = "/proc/self/task";

/** Names of tests by their files. */
function groups(names) {
  const all = new Map();
  for (const name of names) all.set(fileOf(name), [...(all.get(fileOf(name)) || []), name]);
  return all;
}

/** Whether a name stands for a whole file: its runner could tell of none of its tests. */
function isWhole(name) {
  return name.endsWith(" (import)");
}

/** Whether a name stands for what nothing handled while the tests of a file ran. */
function isStray(name) {
  return name.endsWith(" (unhandled)");
}

/** Why a test failed, or a whole file; `undefined` when it passed. */
function failureOf({ ran, error, strays }, name) {
  if (error !== undefined) return error;
  if (isStray(name)) return strays[0];
  if (isWhole(name)) return ran.size === 0 ? new Error("no test ran") : [...ran.values()].find((failure) => failure !== undefined);
  return ran.has(name) ? ran.get(name) : new Error("not found");
}

class Bench {
  constructor(spec) {
    this.serve(spec);
    this.pending = new Set();
    this.tests = null;
    // Errors that nothing handled in this run, by what they came of.
    this.strays = new Map();
    // Called with the registry of a run once its files are loaded.
    this.loaded = null;
    // Called when a test has ended.
    this.ended = () => {};
    // How often what takes too long is ended again.
    this.nAgain = 0;
  }

  /** Goes on to an order of the same project. */
  serve(spec) {
    this.spec = spec;
    this.asksForStrays = [...spec.failing, ...spec.passing].some(isStray);
  }

  async open() {
    const { spec } = this;
    const { names, paths, setup, compiler, environment, resets, projects, manual } = settings.read(spec);
    this.projects = projects;
    this.files = new Files(spec, new Names(names, paths), new Map(manual));
    await this.files.open(compiler, process.cwd());
    const now = () => this.tests;
    this.framework = await frameworks.open({ ...spec, resets }, now);
    this.setup = [...this.framework.setup, ...setup];
    this.outside = new Outside(this.framework, this.files, now);
    Object.assign(globalThis, this.framework.globals);
    this.dom = new Dom(environment, process.cwd());
    this.trackTimers();
    process.exit = () => {
      throw new Error("process.exit was called");
    };
    process.stdout.write = process.stderr.write = (_text, coding, done) => {
      const after = typeof coding === "function" ? coding : done;
      if (after) after();
      return true;
    };
    const stray = (error, promise) => this.strays.set(promise, error ?? new Error("undefined was thrown"));
    process.on("unhandledRejection", stray);
    process.on("uncaughtException", (error) => stray(error, {}));
    // Mocha alone forgives what is handled later.
    if (spec.framework === "mocha") process.on("rejectionHandled", (promise) => this.strays.delete(promise));
    this.share();
    this.env = { ...env };
    this.folder = process.cwd();
  }

  share() {
    this.shared = [globalThis, process, console, process.stdout, process.stderr].map((object) => new Shared(object));
  }

  /** Timers that a test leaves behind would go off in the next. */
  trackTimers() {
    for (const kind of ["setTimeout", "setInterval", "setImmediate"]) {
      const real = timers[kind];
      const tracked = (...args) => {
        const timer = real(...args);
        this.pending.add(timer);
        return timer;
      };
      for (const symbol of Object.getOwnPropertySymbols(real)) tracked[symbol] = real[symbol];
      globalThis[kind] = tracked;
    }
  }

  cleanUp() {
    for (const timer of this.pending) {
      timers.clearTimeout(timer);
      timers.clearImmediate(timer);
    }
    this.pending.clear();
    this.framework.checks.reset();
    for (const one of this.shared) one.restore();
    if (this.dom.reset()) this.share();
    process.exitCode = undefined;
    for (const name of Object.keys(env)) if (!(name in this.env)) delete env[name];
    for (const name of Object.keys(this.env)) if (env[name] !== this.env[name]) env[name] = this.env[name];
    if (process.cwd() !== this.folder) process.chdir(this.folder);
  }

  /**
   * Runs the tests of `names`, all of one file, with the texts of `overlay` in force: `{ ran, error, strays, took, worked,
   * active, loaded }`, where `ran` has an error or `undefined` for each test by name, `error` is why the file cannot be loaded and
   * `strays` are errors that nothing handled. `look` is how often it is looked whether anything is left to wait for.
   */
  async run(file, names, overlay, budget, look = LOOK_MS) {
    for (let patience = 1; ; patience *= 3) {
      // On a busy machine the process wants to compute and cannot: it does not wait for anything, as what never ends does.
      const before = process.cpuUsage();
      const loop = performance.eventLoopUtilization();
      const started = performance.now();
      const result = await this.once(file, names, overlay, budget * patience, look);
      result.took = performance.now() - started;
      const { user, system } = process.cpuUsage(before);
      result.worked = (user + system) / 1000;
      result.active = performance.eventLoopUtilization(loop).active;
      const isBusy = result.active > budget / 2 && result.worked < budget / 4;
      const isLate = isTimeout(result.error) || [...result.ran.values()].some(isTimeout);
      if (!isLate || !isBusy || patience >= PATIENCE_MAX) return result;
    }
  }

  async once(file, names, overlay, budget, look) {
    const ran = new Map();
    const full = path.join(this.folder, file);
    const registry = new Registry(this.files, this.outside, overlay);
    const tests = new Tests(fileName(full), this.framework.style, this.framework.checks);
    Object.assign(tests, { modules: registry, from: full });
    this.tests = tests;
    // What the run before left behind is told once nothing is left to do.
    if (this.asksForStrays) await turn();
    this.strays.clear();
    let error;
    try {
      if (this.dom.enter(this.files.text(full))) this.share();
      this.framework.begin?.(tests);
      const first = this.setup.map((name) => this.setupFile(name));
      const last = fs.realpathSync(full);
      await registry.prepare([...first, last]);
      for (const file of first) {
        // What it gives in place of modules is in force for what comes after it.
        await registry.open(file);
        await drive(this.load(registry, file, tests), budget, look, this.nAgain);
      }
      await registry.open(last);
      await drive(this.steps(registry, last, tests, names, ran), budget, look, this.nAgain);
      if (this.asksForStrays) await turn();
    } catch (failure) {
      error = failure ?? new Error("undefined was thrown");
    }
    this.cleanUp();
    return { ran, error, strays: [...this.strays.values()], loaded: () => [...registry.touched] };
  }

  /** Loads a file, and yields promises that are to be waited for. */
  *load(registry, file, tests) {
    tests.from = file;
    const exported = this.files.isOwn(file) ? yield* registry.load(file) : yield* this.setUp(file);
    this.framework.loaded?.(exported);
  }

  /** The same for a file of tests, which it runs. */
  *steps(registry, file, tests, names, ran) {
    yield* this.load(registry, file, tests);
    if (this.loaded) yield this.loaded(registry);
    const whole = new Map();
    for (const name of names) {
      const short = plain(name, this.projects);
      whole.set(short, [...(whole.get(short) ?? []), name]);
    }
    yield* tests.run(wants([...whole.keys()]), (short, failure) => {
      for (const name of whole.get(short) ?? [short]) ran.set(name, failure);
      this.ended();
    });
  }

  /** Loads a file of a package first. */
  *setUp(file) {
    try {
      return this.outside.loaded(file, () => require(file));
    } catch (error) {
      if (!ONLY_IMPORTED.includes(error?.code)) throw error;
      return yield this.outside.imported(pathToFileURL(file).href);
    }
  }

  setupFile(name) {
    return this.files.find(name, path.join(this.folder, "x.js")) || require.resolve(name, { paths: [this.folder] });
  }
}

/** An object that tests share with us and with each other; its own properties are put back as they were at first. */
class Shared {
  constructor(object) {
    this.object = object;
    this.was = new Map(this.names().map((name) => [name, this.now(name)]));
  }

  names() {
    const names = Object.getOwnPropertyNames(this.object);
    // What Node.js itself changes there: listeners that come and go, and more.
    return this.object === globalThis ? names : names.filter((name) => !name.startsWith("_"));
  }

  now(name) {
    return Object.getOwnPropertyDescriptor(this.object, name);
  }

  restore() {
    for (const name of this.names()) if (!this.was.has(name)) Reflect.deleteProperty(this.object, name);
    for (const [name, was] of this.was) {
      const now = this.now(name);
      const isSame = now && now.value === was.value && now.get === was.get;
      if (isSame) continue;
      if (now?.configurable ?? true) Reflect.defineProperty(this.object, name, was);
      else if (now.writable && "value" in was) this.object[name] = was.value;
    }
  }
}

/** Waits until all promises that can be settled are. */
function turn() {
  return new Promise((resolve) => timers.setImmediate(resolve));
}

/** Goes through steps; no stretch of work and no wait takes longer than `budget` milliseconds. */
async function drive(steps, budget, look, nAgain) {
  let [value, isError] = [undefined, false];
  const next = () => (isError ? steps.throw(value) : steps.next(value));
  for (;;) {
    const step = nAgain > 0 && goOn ? await stretch(budget, nAgain, next) : within(budget, next);
    if (step.done) return step.value;
    try {
      [value, isError] = [await inTime(step.value, budget, look), false];
    } catch (error) {
      [value, isError] = [error, true];
    }
  }
}

/**
 * A step, and all that promises go on with right after it: both are ended after `budget` milliseconds. That is only possible
 * where no promise is gone on with already, and tells of some rejections that the next step would have handled.
 */
function stretch(budget, nAgain, next) {
  let given;
  const work = () => {
    // Promises go on before what waits for the next tick only where they have begun.
    Promise.resolve().then(() => {
      try {
        const { done, value } = next();
        given = { step: { done, value: done ? value : Promise.resolve(value) } };
        // Who waits for it comes later.
        if (!done) given.step.value.catch(() => {});
      } catch (error) {
        given = { error };
      }
    });
    goOn();
  };
  return new Promise((resolve, reject) => {
    timers.setImmediate(() => {
      try {
        within(budget, work, nAgain);
        if (given.step) resolve(given.step);
        else reject(given.error);
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** Gives a promise up after `budget` milliseconds, or once nothing is left in the process that could settle it. */
async function inTime(promise, budget, look = LOOK_MS) {
  let [timer, watch, nIdle] = [null, null, 0];
  const late = new Promise((_, reject) => {
    const giveUp = () => reject(new Error("it took too long"));
    timer = timers.setTimeout(giveUp, budget);
    let before = process.cpuUsage();
    watch = timers.setInterval(() => {
      const { user, system } = process.cpuUsage(before);
      before = process.cpuUsage();
      nIdle = isWaiting() || user + system > IDLE_CPU_SHARE * look * 1000 ? 0 : nIdle + 1;
      if (nIdle < IDLE_LOOKS) return;
      if (!isComputing()) return giveUp();
      nIdle = 0;
      before = process.cpuUsage();
    }, look);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    timers.clearTimeout(timer);
    timers.clearInterval(watch);
  }
}

/** Whether anything but the two timers above and the channel to our supervisor keeps the process from ending. */
function isWaiting() {
  const active = getActiveResourcesInfo?.call(process).filter((kind) => kind !== "PipeWrap");
  return active === undefined || active.length > OWN_TIMERS;
}

/** Whether another thread computes, or would if a core were free; never where the system does not say. */
function isComputing() {
  try {
    const threads = readdirSync(TASKS).filter((id) => id !== String(process.pid));
    return threads.some((id) => /\) [RD] /.test(readFileSync(`${TASKS}/${id}/stat`, "latin1")));
  } catch {
    return false;
  }
}

/** Subtests run with the test around them, and all tests with the file. */
function wants(names) {
  if (names.some((name) => isWhole(name) || isStray(name))) return () => true;
  const all = new Set(names);
  for (const name of names) {
    const parts = name.split(" > ");
    for (let at = 1; at < parts.length; at++) all.add(parts.slice(0, at).join(" > "));
  }
  return (name) => all.has(name) || all.has(name.replace(/ #\d+$/, ""));
}

function isTimeout(error) {
  return error?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT" || error?.message === "it took too long";
}

module.exports = { Bench, QUICK_LOOK_MS, failureOf, fileOf, groups, inTime, isStray, isTimeout, isWhole };
