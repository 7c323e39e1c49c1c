// What test files of each runner find: modules, globals, files loaded before them.
"use strict";

const { createRequire } = require("module");
const fs = require("fs");
const path = require("path");
const { within } = require("./packages.cjs");
const { functions, usePretty } = require("./suites.cjs");

/** `{ modules, globals, setup, style, checks }` of a runner; `now()` are the tests of the file that is loaded. */
async function open(spec, now) {
  const dir = process.cwd();
  const from = createRequire(path.join(dir, "package.json"));
  const own = { "node-test": nodeTest, mocha, jest, vitest }[spec.framework];
  return { checks: { before() {}, after() {}, reset() {} }, setup: [], globals: {}, ...(await own(now, from, dir, spec)) };
}

function nodeTest(now) {
  const real = require("node:test");
  const only = ["test", "it", "describe", "suite", "before", "after", "beforeEach", "afterEach"];
  const made = functions(now, { only });
  const mocks = new Mocks(real.mock);
  const args = (tests, isHook, test, cleanups) => [subtests(tests, test, cleanups, mocks)];
  const style = { before: 1, args, over: (cleanups) => mocks.end(cleanups) };
  const main = made.test;
  Object.assign(main, made, { mock: mocks.all, run: real.run, default: main });
  const modules = new Map([["node:test", main], ["test", main]]);
  return { modules, style, checks: { before() {}, after() {}, reset: () => mocks.reset() } };
}

/**
 * What mocks for `node:test`: `all` for the file, and one more for each test, which ends with it. What is mocked twice is
 * left mocked by `node:test`, whose process ends with the file; ours goes on, so it is put back as it was at first.
 */
class Mocks {
  constructor(real) {
    const old = (this.old = []);
    this.Mock = class extends real.constructor {
      method(object, name, ...rest) {
        if (object) old.push([object, name, Object.getOwnPropertyDescriptor(object, name)]);
        return super.method(object, name, ...rest);
      }
    };
    this.all = new this.Mock();
    this.open = new Map();
  }

  /** One for a test and the hooks around it, which have the same list of what is done in the end. */
  of(cleanups) {
    if (!this.open.has(cleanups)) this.open.set(cleanups, new this.Mock());
    return this.open.get(cleanups);
  }

  end(cleanups) {
    this.open.get(cleanups)?.reset();
    this.open.delete(cleanups);
  }

  reset() {
    for (const mock of [...this.open.values(), this.all]) mock.reset();
    this.open.clear();
    for (const [object, name, was] of this.old.splice(0).reverse()) {
      if (was) Reflect.defineProperty(object, name, was);
      else Reflect.deleteProperty(object, name);
    }
  }
}

/** The context that `node:test` hands to tests. */
function subtests(tests, test, cleanups, mocks) {
  const titles = test ? test.titles || [...test.suite.titles(), test.title] : [];
  const context = {
    name: test?.title,
    get mock() {
      return mocks.of(cleanups);
    },
    signal: new AbortController().signal,
    diagnostic() {},
    plan() {},
    skip() {
      throw Object.assign(new Error("skipped"), { skipped: true });
    },
    todo() {},
    after: (work) => cleanups.push(work),
    before: (work) => work?.(),
    beforeEach: (work) => (context.each = work),
    afterEach() {},
    assert: require("assert"),
    test: async (title, ...rest) => {
      const work = rest.find((one) => typeof one === "function");
      const inner = { title: String(title), titles: [...titles, title], suite: test.suite, args: [] };
      const name = tests.nameOf(inner.titles);
      const own = [];
      const error = await tests.outcome(async () => {
        try {
          await context.each?.();
          await work(subtests(tests, inner, own, mocks));
        } finally {
          for (const after of own.reverse()) await after();
          mocks.end(own);
        }
      });
      tests.tell(name, error);
      if (error !== undefined) throw error;
    },
  };
  context.it = context.test;
  return context;
}

function mocha(now, from, dir, spec) {
  const compilers = /^(ts-node|tsx|@babel|@swc|esbuild|source-map)/;
  const setup = required(from, spec.args).filter((name) => !compilers.test(name)).map((name) => inFolder(dir, name));
  const only = undefined;
  const globals = functions(now, { only });
  const context = { timeout: () => context, slow: () => context, retries: () => context };
  context.skip = () => {
    throw Object.assign(new Error("skipped"), { skipped: true });
  };
  const begin = (tests) => Object.assign(tests.root.context, context);
  const loaded = (exported) => {
    for (const [kind, hooks] of Object.entries(exported?.mochaHooks || {})) [].concat(hooks).forEach((hook) => now().hook(kind, hook));
  };
  return { modules: new Map([["mocha", globals]]), globals, setup, begin, loaded, style: { before: 0, args: () => [] } };
}

/** What is loaded first, as Mocha's own reader of its options says; before version 6, and where it refuses, what words say. */
function required(from, args) {
  const { exit } = process;
  process.exit = () => {
    throw new Error("its options are refused");
  };
  try {
    return [].concat(from("mocha/lib/cli/options").loadOptions(args).require || []);
  } catch {
    const named = (word, at) => (/^(-r|--require)$/.test(word) ? args[at + 1] : /^--require=(.+)/.exec(word)?.[1]);
    return args.map(named).filter(Boolean);
  } finally {
    process.exit = exit;
  }
}

/** A name as Mocha takes it: a file of the folder, if there is one. */
function inFolder(dir, name) {
  const file = path.resolve(dir, name);
  return [file, `${file}.js`].some((one) => fs.existsSync(one)) ? file : name;
}

function jest(now, from) {
  // By its names since version 22; what gives several things now gave one before version 27.
  const runner = within(from, "jest", ["@jest/core", "jest-cli"], "jest-config", ["jest-circus", "jest-jasmine2"]);
  const given = runner("expect");
  const expect = given.expect ?? given;
  const { ModuleMocker } = within(runner, "jest-runtime")("jest-mock");
  const pretty = runner("pretty-format");
  const format = pretty.format ?? pretty;
  usePretty((value) => format(value, { maxDepth: 1, min: true }));
  const mocker = new ModuleMocker(globalThis);
  const only = ["test", "it", "describe", "beforeAll", "afterAll", "beforeEach", "afterEach", "xit", "xtest", "xdescribe", "fit", "fdescribe"];
  const made = functions(now, { only });
  const timers = fakeTimers();
  const object = {
    fn: mocker.fn.bind(mocker),
    spyOn: mocker.spyOn.bind(mocker),
    isMockFunction: mocker.isMockFunction.bind(mocker),
    clearAllMocks: () => mocker.clearAllMocks(),
    resetAllMocks: () => mocker.resetAllMocks(),
    restoreAllMocks: () => mocker.restoreAllMocks(),
    setTimeout() {},
    retryTimes() {},
    ...timers.functions,
  };
  const globals = { ...made, expect, jest: object };
  const fresh = { assertionCalls: 0, expectedAssertionsNumber: null, isExpectingAssertions: false, suppressedErrors: [], currentTestName: "t" };
  const checks = {
    before: () => expect.setState(fresh),
    after() {
      const [wrong] = expect.extractExpectedAssertionsErrors();
      if (wrong) throw wrong.error;
    },
    reset() {
      timers.reset();
      mocker.restoreAllMocks();
    },
  };
  return { modules: new Map([["@jest/globals", globals]]), globals, checks, style: { before: 0, args: () => [] } };
}

async function vitest(now, from) {
  const inside = createRequire(from.resolve("vitest/package.json"));
  const load = (name, at = inside) => import(at.resolve(name));
  const base = await load("@vitest/expect");
  const chai = await load("chai", createRequire(inside.resolve("@vitest/expect")));
  const spy = await load("@vitest/spy");
  chai.use(base.JestExtend);
  chai.use(base.JestChaiExpect);
  if (base.ChaiStyleAssertions) chai.use(base.ChaiStyleAssertions);
  chai.use(base.JestAsymmetricMatchers);
  const expect = vitestExpect(chai, base);
  const made = functions(now, {});
  const timers = fakeTimers();
  const stubs = [];
  const vi = {
    fn: spy.fn,
    spyOn: spy.spyOn,
    isMockFunction: spy.isMockFunction,
    mocked: (value) => value,
    hoisted: (work) => work(),
    clearAllMocks: () => spy.clearAllMocks?.(),
    resetAllMocks: () => spy.resetAllMocks?.(),
    restoreAllMocks: () => spy.restoreAllMocks?.(),
    stubGlobal(name, value) {
      stubs.push([name, Object.getOwnPropertyDescriptor(globalThis, name)]);
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: true });
    },
    unstubAllGlobals() {
      for (const [name, old] of stubs.splice(0).reverse()) {
        if (old) Object.defineProperty(globalThis, name, old);
        else delete globalThis[name];
      }
    },
    stubEnv: (name, value) => (process.env[name] = value),
    unstubAllEnvs() {},
    setConfig() {},
    resetModules() {},
    ...timers.functions,
  };
  const type = new Proxy(() => type, { get: () => type });
  const onTestFinished = (work) => now().cleanups?.push(work);
  const all = { ...made, expect, assert: chai.assert, chai, vi, vitest: vi, expectTypeOf: type, assertType() {}, onTestFinished };
  const fresh = { assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null };
  const checks = {
    before: () => expect.setState(fresh),
    after() {
      const { assertionCalls, expectedAssertionsNumber, isExpectingAssertions } = expect.getState();
      const isShort = expectedAssertionsNumber !== null && assertionCalls !== expectedAssertionsNumber;
      if (isShort || (isExpectingAssertions && assertionCalls === 0)) throw new Error("too few assertions");
    },
    reset() {
      timers.reset();
      vi.restoreAllMocks();
      vi.unstubAllGlobals();
    },
  };
  const context = (tests, _isHook, test, cleanups) => {
    tests.cleanups = cleanups;
    const skip = () => {
      throw Object.assign(new Error("skipped"), { skipped: true });
    };
    return [{ expect, task: { name: test?.title }, skip, onTestFinished: (work) => cleanups.push(work) }];
  };
  return { modules: new Map([["vitest", all]]), globals: all, checks, style: { before: 1, args: context, cleansUp: true } };
}

function vitestExpect(chai, base) {
  const expect = (value, message) => {
    const { assertionCalls } = base.getState(expect);
    base.setState({ assertionCalls: assertionCalls + 1 }, expect);
    return chai.expect(value, message);
  };
  Object.assign(expect, chai.expect);
  Object.assign(expect, globalThis[base.ASYMMETRIC_MATCHERS_OBJECT]);
  expect.getState = () => base.getState(expect);
  expect.setState = (state) => base.setState(state, expect);
  expect.extend = (matchers) => chai.expect.extend(expect, matchers);
  expect.soft = expect;
  expect.addEqualityTesters = (testers) => base.addCustomEqualityTesters(testers);
  expect.unreachable = (message) => chai.assert.fail(message || "unreachable");
  expect.assertions = (number) => expect.setState({ expectedAssertionsNumber: number });
  expect.hasAssertions = () => expect.setState({ isExpectingAssertions: true });
  if (base.customMatchers) chai.expect.extend(expect, base.customMatchers);
  base.setState({ assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null, testPath: "t", currentTestName: "t" }, expect);
  globalThis[base.GLOBAL_EXPECT] ??= expect;
  return expect;
}

/** A clock that stands still until it is told to go on. */
function fakeTimers() {
  const real = { Date, setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate };
  let clock = null;
  const use = (options) => {
    if (!clock) clock = new Clock(real.Date);
    if (options?.now !== undefined) clock.now = Number(options.now);
    clock.install();
  };
  const reset = () => {
    clock = null;
    Object.assign(globalThis, real);
  };
  const isOn = () => clock !== null;
  const chain = (work) => function (...args) {
    work(...args);
    return this;
  };
  const flush = async () => {
    for (let at = 0; at < 20; at++) await null;
  };
  const functions = {
    useFakeTimers: chain(use),
    useRealTimers: chain(reset),
    isFakeTimers: isOn,
    setSystemTime: chain((now) => {
      if (!clock) use();
      clock.now = Number(now ?? real.Date.now());
    }),
    getRealSystemTime: () => real.Date.now(),
    now: () => (clock ? clock.now : real.Date.now()),
    getMockedSystemTime: () => (clock ? new real.Date(clock.now) : null),
    advanceTimersByTime: chain((by) => clock?.advance(by)),
    advanceTimersByTimeAsync: async (by) => {
      await flush();
      clock?.advance(by);
      await flush();
    },
    runAllTimers: chain(() => clock?.runAll()),
    runAllTimersAsync: async () => {
      await flush();
      for (let at = 0; at < 100 && clock?.timers.size; at++) {
        clock.runOne();
        await flush();
      }
    },
    runOnlyPendingTimers: chain(() => clock?.runPending()),
    advanceTimersToNextTimer: chain(() => clock?.runOne()),
    clearAllTimers: chain(() => clock?.timers.clear()),
    getTimerCount: () => clock?.timers.size ?? 0,
  };
  return { functions, reset };
}

const RUNS_MAX = 10_000;

class Clock {
  constructor(RealDate) {
    this.RealDate = RealDate;
    this.now = RealDate.now();
    this.timers = new Map();
    this.next = 1;
  }

  install() {
    const clock = this;
    const { RealDate } = this;
    globalThis.Date = class Date extends RealDate {
      constructor(...args) {
        if (args.length === 0) super(clock.now);
        else super(...args);
      }

      static now() {
        return clock.now;
      }
    };
    const set = (every) => (work, delay = 0, ...args) => {
      const id = this.next++;
      const handle = { id, unref: () => handle, ref: () => handle, hasRef: () => true, [Symbol.toPrimitive]: () => id };
      this.timers.set(id, { at: this.now + Math.max(Number(delay) || 0, every ? 1 : 0), every: every ? delay : 0, work: () => work(...args), id });
      return handle;
    };
    const clear = (handle) => this.timers.delete(typeof handle === "object" ? handle?.id : handle);
    Object.assign(globalThis, { setTimeout: set(false), setInterval: set(true), setImmediate: (work, ...args) => set(false)(work, 0, ...args) });
    Object.assign(globalThis, { clearTimeout: clear, clearInterval: clear, clearImmediate: clear });
  }

  first() {
    return [...this.timers.values()].reduce((best, one) => (!best || one.at < best.at ? one : best), null);
  }

  runOne() {
    const timer = this.first();
    if (!timer) return false;
    this.now = Math.max(this.now, timer.at);
    if (timer.every) timer.at += timer.every;
    else this.timers.delete(timer.id);
    timer.work();
    return true;
  }

  advance(by) {
    const until = this.now + by;
    for (let n = 0; n < RUNS_MAX; n++) {
      const timer = this.first();
      if (!timer || timer.at > until) break;
      this.runOne();
    }
    this.now = until;
  }

  runAll() {
    for (let n = 0; n < RUNS_MAX && this.runOne(); n++);
  }

  runPending() {
    const last = Math.max(0, ...[...this.timers.values()].map((one) => one.at));
    if (this.timers.size > 0) this.advance(last - this.now);
  }
}

module.exports = { open };
