// What test files of each runner find: modules, globals, files loaded before them.
"use strict";

const { createRequire, register, registerHooks } = require("module");
const fs = require("fs");
const path = require("path");
const { fileAt } = require("./inspection.cjs");
const { FLAGS } = require("./loader.cjs");
const { imitation } = require("./mocks.cjs");
const { within } = require("./packages.cjs");
const { functions, usePretty } = require("./suites.cjs");
const { fakeTimers } = require("./timers.cjs");

/** What runners, and what they load, ask the environment for. */
const ENVIRONMENT = {
  jest: { NODE_ENV: "test", JEST_WORKER_ID: "1" },
  vitest: { NODE_ENV: "test", VITEST: "true", TEST: "true", MODE: "test", DEV: "1", PROD: "", SSR: "1", BASE_URL: "/", VITEST_WORKER_ID: "1", VITEST_POOL_ID: "1" },
};

/**
 * `{ modules, globals, setup, style, checks, imitate, redirect }` of a runner; `now()` are the tests of the file that is loaded,
 * `redirect` has packages that import the runner get what stands for it.
 * `resets` are what becomes of mocks before each test.
 */
async function open(spec, now) {
  for (const [name, value] of Object.entries(ENVIRONMENT[spec.framework] ?? {})) process.env[name] ??= value;
  const dir = process.cwd();
  const from = createRequire(path.join(dir, "package.json"));
  const own = { "node-test": nodeTest, mocha, jest, vitest }[spec.framework];
  return { imitate: (value) => value, checks: { before() {}, after() {}, reset() {} }, setup: [], globals: {}, ...(await own(now, from, dir, spec)) };
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

/** Functions with which tests say what is given in place of modules; they give what they belong to, `own()`. */
function replacing(now, own) {
  const mock = (specifier, make) => {
    // One that is only watched does what it does.
    const given = make?.spy ? (real) => real() : make;
    now().modules.mocks.set(specifier, callerOf(now()), typeof given === "function" ? given : undefined);
    return own();
  };
  const unmock = (specifier) => {
    now().modules.mocks.delete(specifier, callerOf(now()));
    return own();
  };
  return { mock, unmock };
}

/** The file of the project that calls us; the one that is loaded where none is seen. */
function callerOf({ modules, from }) {
  const files = String(new Error().stack).split("\n").map((line) => fileAt(/(?:\(|at (?:async )?)((?:file:\/\/|\/|[A-Za-z]:).+):\d+:\d+\)?$/.exec(line)?.[1] ?? ""));
  return files.find((file) => modules.touched.has(file)) ?? from;
}

function jest(now, from, _dir, { resets }) {
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
  const { mock, unmock } = replacing(now, () => object);
  const imitate = (value) => mocker.generateFromMetadata(mocker.getMetadata(value));
  const object = {
    mock,
    doMock: mock,
    unmock,
    dontMock: unmock,
    mocked: (value) => value,
    resetModules() {
      now().modules.forget();
      now().modules.mocks.forget();
      return object;
    },
    isolateModules: (work) => now().modules.isolated(work),
    requireActual: (specifier) => now().modules.requireReal(specifier, callerOf(now())),
    requireMock: (specifier) => now().modules.requireFrom(specifier, callerOf(now())),
    createMockFromModule: (specifier) => imitate(now().modules.requireReal(specifier, callerOf(now()))),
    replaceProperty: mocker.replaceProperty?.bind(mocker),
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
    before() {
      expect.setState(fresh);
      for (const kind of resets) object[`${kind}AllMocks`]();
    },
    after() {
      const [wrong] = expect.extractExpectedAssertionsErrors();
      if (wrong) throw wrong.error;
    },
    reset() {
      timers.reset();
      mocker.restoreAllMocks();
    },
  };
  const style = { before: 0, args: () => [] };
  return { modules: new Map([["@jest/globals", globals]]), globals, checks, style, imitate };
}

async function vitest(now, from, _dir, { resets }) {
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
  const { mock, unmock } = replacing(now, () => vi);
  const imitate = (value) => imitation(value, spy.fn);
  const vi = {
    mock,
    doMock: mock,
    unmock,
    doUnmock: unmock,
    importActual: (specifier) => now().modules.importReal(specifier, callerOf(now())),
    importMock: async (specifier) => imitate(await now().modules.importReal(specifier, callerOf(now()))),
    fn: spy.fn,
    spyOn: spy.spyOn,
    isMockFunction: spy.isMockFunction,
    mocked: (value) => value,
    hoisted: (work) => work(),
    clearAllMocks: () => everyMock(spy, "clear"),
    resetAllMocks: () => everyMock(spy, "reset"),
    restoreAllMocks: () => everyMock(spy, "restore"),
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
    stubEnv: (name, value) => (process.env[name] = FLAGS.includes(name) ? (value ? "1" : "") : value),
    unstubAllEnvs() {},
    setConfig() {},
    resetModules: () => now().modules.forget(),
    ...timers.functions,
  };
  const type = new Proxy(() => type, { get: () => type });
  const onTestFinished = (work) => now().cleanups?.push(work);
  const all = { ...made, expect, assert: chai.assert, chai, vi, vitest: vi, expectTypeOf: type, assertType() {}, onTestFinished };
  const fresh = { assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null };
  const checks = {
    before() {
      expect.setState(fresh);
      for (const kind of resets) vi[`${kind}AllMocks`]();
    },
    after() {
      const { assertionCalls, expectedAssertionsNumber, isExpectingAssertions } = expect.getState();
      const isShort = expectedAssertionsNumber !== null && assertionCalls !== expectedAssertionsNumber;
      if (isShort || (isExpectingAssertions && assertionCalls === 0)) throw new Error("too few assertions");
    },
    reset() {
      timers.reset();
      vi.restoreAllMocks();
      // They would be kept for ever.
      spy.mocks?.clear?.();
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
  const style = { before: 1, args: context, cleansUp: true };
  const redirect = () => standFor("vitest", all);
  return { redirect, modules: new Map([["vitest", all]]), globals: all, checks, style, imitate };
}

/** What becomes of all mocks; before version 4 of Vitest only each of them can be asked for it. */
function everyMock(spy, kind) {
  if (spy[`${kind}AllMocks`]) return spy[`${kind}AllMocks`]();
  for (const one of spy.mocks ?? []) one[`mock${kind[0].toUpperCase()}${kind.slice(1)}`]?.();
}

/** Has packages that import a module get something else: what stands for the runner, which works under itself only. */
function standFor(name, value) {
  const key = `greenloop.${name}`;
  globalThis[Symbol.for(key)] = value;
  const names = Object.keys(value).filter((one) => /^[A-Za-z]\w*$/.test(one));
  const code = `export const { ${names.join(", ")} } = globalThis[Symbol.for("${key}")];`;
  const url = `data:text/javascript,${encodeURIComponent(code)}`;
  const hook = `(specifier, context, next) => specifier === "${name}" ? { url: "${url}", shortCircuit: true } : next(specifier, context)`;
  // Node.js before 22.15 has them in a thread of their own alone.
  if (registerHooks) registerHooks({ resolve: new Function(`return ${hook}`)() });
  else register?.(`data:text/javascript,${encodeURIComponent(`export const resolve = ${hook};`)}`);
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

module.exports = { open };
