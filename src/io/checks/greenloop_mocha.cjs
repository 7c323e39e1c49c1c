// A reporter of Mocha that tells each test to a file. Loaded by `--require` first, it sees to it that a file which
// cannot be loaded is told and the others still run.
"use strict";

const { createRequire } = require("module");
const { resolve } = require("path");
const report = require("./greenloop_report.cjs");

const START = process.cwd();

/** Files that could not be loaded, and why. */
const broken = [];
/** Promises that nobody waited for, by promise: Mocha goes on as if nothing had been. */
const rejected = new Map();
/** The test that runs. */
let current = null;

process.on("unhandledRejection", (error, promise) => rejected.set(promise, { error, file: current && fileOf(current) }));
process.on("rejectionHandled", (promise) => rejected.delete(promise));

/** Mocha's loader of test files, where this version has it there. */
function loader() {
  const load = createRequire(process.argv[1]);
  for (const name of ["esm-utils.js", "esm-utils.cjs"]) {
    try {
      return load(`../lib/nodejs/${name}`);
    } catch {
      // Another version has it elsewhere, or not at all: then a file that cannot be loaded ends the run.
    }
  }
  return null;
}

const modules = loader();
if (modules && modules.loadFilesAsync && modules.requireOrImport) {
  modules.loadFilesAsync = async (files, before, after, decorate) => {
    for (const file of files) {
      before(file);
      try {
        after(file, await modules.requireOrImport(resolve(file), decorate));
      } catch (error) {
        broken.push([file, error]);
      }
    }
  };
}

class Reporter {
  constructor(runner) {
    this.results = new Map();
    this.begun = new Set();
    runner.on("test", (test) => {
      this.begun.add(test);
      current = test;
      report.running(fileOf(test), titlesOf(test));
    });
    runner.on("retry", (test) => this.begun.delete(test));
    runner.on("pending", (test) => this.results.set(test, "skipped"));
    runner.on("pass", (test) => this.note(test, undefined));
    runner.on("fail", (test, error) => this.note(test, error === undefined ? new Error("failed") : error));
    runner.on("test end", (test) => this.tell(test));
    runner.on("end", () => this.finish(runner));
  }

  /** A test that fails after it passed has failed. */
  note(test, error) {
    if (test.type === "hook") {
      this.tellHook(test, error);
    } else if (!this.results.has(test) || (error !== undefined && !this.results.get(test).error)) {
      this.results.set(test, { error });
      if (error !== undefined && test.duration === undefined) test.duration = 0;
    }
  }

  tell(test) {
    const result = this.results.get(test);
    this.begun.delete(test);
    if (result === undefined) return;
    const common = { file: fileOf(test), titles: titlesOf(test), seconds: (test.duration || 0) / 1000 };
    const isSkipped = result === "skipped" || test.pending;
    console.log(`  ${isSkipped ? "-" : result.error === undefined ? "ok" : "FAILED"} ${common.titles.join(" > ")}`);
    if (isSkipped) {
      report.test({ ...common, outcome: "skipped" });
    } else if (result.error === undefined) {
      report.test({ ...common, outcome: "passed" });
    } else {
      console.log(result.error);
      report.test({ ...common, outcome: report.outcomeOf(result.error), error: result.error });
    }
    this.results.delete(test);
  }

  /** The test that a hook around each test was for is given up with it. */
  tellHook(hook, error) {
    console.log(`  FAILED ${hook.title}`);
    console.log(error);
    if (hook.ctx) this.begun.delete(hook.ctx.currentTest);
    const titles = titlesOf(hook.parent);
    report.test({ file: fileOf(hook), titles, phase: "hooks", outcome: "errored", error, message: hook.title });
  }

  finish(runner) {
    for (const test of [...this.results.keys()]) this.tell(test);
    for (const [file, error] of broken) {
      console.log(`  FAILED ${file}`);
      console.log(error);
      report.test({ file, phase: "import", outcome: "errored", error });
    }
    for (const { error, file } of rejected.values()) {
      console.log(error);
      const common = { phase: "unhandled", outcome: "errored", error, message: "unhandled rejection" };
      report.test({ file: file || START, ...common });
    }
    runner.failures += broken.length + rejected.size;
    report.end(this.begun.size);
  }
}

/** The file a test is in: only the tests of a file know it, not those around all files. */
function fileOf(runnable) {
  for (let at = runnable; at; at = at.parent) if (at.file) return at.file;
  return "";
}

function titlesOf(runnable) {
  const titles = [];
  for (let at = runnable; at && !at.root; at = at.parent) titles.unshift(at.title);
  return titles;
}

module.exports = Reporter;
