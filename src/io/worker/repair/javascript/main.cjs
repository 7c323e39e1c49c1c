// Reads a specification, has patches tried by worker processes, and reports in JSON lines on standard output.
"use strict";

const { fork } = require("child_process");
const { readFileSync, writeFileSync, writeSync } = require("fs");
const path = require("path");
const settings = require("./settings.cjs");

const OPEN_MS = 60_000;
const SILENCE_MS = 1500;
// So many budgets of what it runs, and a process that waits is taken for dead, or one that computes.
const PATIENCE = 16;
const HOT_PATIENCE = 2;
const LOOK_MS = 300;
const HOT_MS = 0.8 * LOOK_MS;
const TICK_MS = 10;
const CHUNK_MAX = 64;
const FIRST_CHUNK = 8;
const MB = 1024 * 1024;
// Of what candidates may take, all processes together; the rest is for what is not on their heaps.
const MEMORY_SHARE = 0.75;
const MEMORY_MIN_MB = 384;
const UNHEALTHY_MAX = 20;
// So many processes in turn that end of themselves before they have tried a patch, and it is not the patches.
const SILENT_MAX = 20;
// For tests as they are: a loop without end that fills the memory has to be left before it ends its process.
const FIRST_BUDGETS_MS = [1500, 150];

const spec = JSON.parse(readFileSync(process.argv[2], "utf8"));

function report(value) {
  let data = Buffer.from(`${JSON.stringify(value)}\n`);
  while (data.length > 0) data = data.subarray(writeSync(1, data));
}

/** A process, one of so many, that gives tests so many milliseconds at first. */
function start(budget, nProcesses) {
  const options = ["--experimental-vm-modules", "--experimental-import-meta-resolve", "--no-warnings"];
  options.push(`--max-old-space-size=${Math.max(MEMORY_MIN_MB, Math.floor(MEMORY_SHARE * (spec.memory / MB / nProcesses)))}`);
  return fork(path.join(__dirname, "worker.cjs"), [process.argv[2], String(budget)], { execArgv: options, stdio: ["ignore", "ignore", "ignore", "ipc"] });
}

/** Reports what one process tells, and keeps what tests ran for later. */
function relay([budget, ...smaller] = FIRST_BUDGETS_MS) {
  const worker = start(budget, 1);
  const observed = {};
  let isDone = false;
  let silenceMs = 10 * SILENCE_MS;
  let timer = setTimeout(() => worker.kill("SIGKILL"), OPEN_MS);
  worker.on("message", ({ told, done, broken, silence = silenceMs }) => {
    isDone = isDone || Boolean(told || done || spec.mode === "behave");
    silenceMs = silence;
    clearTimeout(timer);
    timer = setTimeout(() => worker.kill("SIGKILL"), silenceMs);
    if (told) report(told);
    if (told?.t === "test") observed[told.id] = told;
    if (broken) fail(broken);
  });
  worker.on("exit", () => {
    clearTimeout(timer);
    if (!isDone && smaller.length > 0) return relay(smaller);
    if (spec.mode === "observe") writeFileSync(path.join(path.dirname(process.argv[2]), "observed.json"), JSON.stringify(observed));
    report({ t: "end" });
    process.exit(0);
  });
}

/** Processor time of a process; `NaN` where the system does not say. */
function computedMs(id) {
  try {
    const after = readFileSync(`/proc/${id}/stat`, "latin1").split(") ").pop().split(" ");
    return (Number(after[11]) + Number(after[12])) * TICK_MS;
  } catch {
    return NaN;
  }
}

function fail(reason) {
  process.stdout.write(`${reason}\n`);
  process.exit(1);
}

class Search {
  constructor() {
    this.waiting = spec.patches.map((patch, index) => [index, patch]);
    this.alone = [];
    this.nRunning = 0;
    this.nUnhealthy = 0;
    this.nSilent = 0;
    this.size = FIRST_CHUNK;
    this.budgets = FIRST_BUDGETS_MS;
  }

  run() {
    for (let at = 0; at < spec.workers; at++) this.open();
  }

  open() {
    this.nRunning += 1;
    const budget = this.budgets[0];
    const worker = start(budget, spec.workers);
    const state = { chunk: [], verdicts: [], isOpen: false, timer: null, budget, pace: budget };
    this.wait(worker, state);
    worker.on("message", (message) => {
      if (message.budget) state.pace = message.budget;
      this.wait(worker, state);
      if (message.broken) fail(message.broken.split("\n")[0]);
      if (message.ready) state.isOpen = true;
      if (message.verdict) {
        state.verdicts.push([message.index, message.verdict]);
        this.nSilent = 0;
      }
      if (message.verdict?.is === "plausible") this.settle(state);
      if (message.idle && !this.take(state, message.healthy)) return worker.kill("SIGKILL");
      if (message.ready || message.idle) this.hand(worker, state);
    });
    // Where it has ended before it could be told what to do next, "exit" follows.
    worker.on("error", (error) => worker.pid === undefined && fail(String(error)));
    worker.on("exit", (code) => {
      clearTimeout(state.timer);
      if (code === 0 && this.nSilent++ === SILENT_MAX) fail("its processes end before they have tried anything");
      this.over(state);
    });
  }

  /** Ends a process that says nothing for long: soon when it computes all the time, as nothing but a loop does. */
  wait(worker, state) {
    clearTimeout(state.timer);
    if (!state.isOpen) {
      state.timer = setTimeout(() => worker.kill("SIGKILL"), OPEN_MS);
      return;
    }
    const until = performance.now() + SILENCE_MS + PATIENCE * state.pace;
    const look = (before) => {
      const now = computedMs(worker.pid);
      if (now - before > HOT_MS || performance.now() > until) worker.kill("SIGKILL");
      else state.timer = setTimeout(look, LOOK_MS, now);
    };
    state.timer = setTimeout(look, SILENCE_MS / 2 + HOT_PATIENCE * state.pace, NaN);
  }

  /** Reports what a chunk showed, unless the process behaves differently after it: then its patches are tried alone. */
  take(state, healthy) {
    if (!healthy && state.chunk.length > 1 && this.nUnhealthy < UNHEALTHY_MAX) {
      this.nUnhealthy += 1;
      this.alone.push(...state.chunk);
      state.chunk = [];
      return false;
    }
    this.settle(state);
    state.chunk = [];
    return healthy;
  }

  settle(state) {
    if (state.verdicts.length > 0) report({ t: "verdicts", verdicts: state.verdicts });
    const done = new Set(state.verdicts.map(([index]) => index));
    state.chunk = state.chunk.filter(([index]) => !done.has(index));
    state.verdicts = [];
  }

  hand(worker, state) {
    state.chunk = this.alone.length > 0 ? this.alone.splice(0, 1) : this.waiting.splice(0, this.size);
    this.size = Math.min(CHUNK_MAX, 2 * this.size);
    if (state.chunk.length === 0) return worker.kill("SIGKILL");
    return worker.send(state.chunk);
  }

  /** A process ended: the patch it was at is none. */
  over(state) {
    this.nRunning -= 1;
    if (!state.isOpen) {
      if (state.budget === this.budgets[0]) this.budgets = this.budgets.slice(1);
      if (this.budgets.length === 0) fail("the tests could not be loaded");
      return this.open();
    }
    const done = state.verdicts.length;
    const rest = state.chunk.slice(done);
    if (state.chunk.length > 0) {
      if (rest.length > 0) state.verdicts.push([rest[0][0], { is: "still-red" }]);
      this.settle(state);
      this.waiting.unshift(...rest.slice(1));
    }
    if (this.waiting.length + this.alone.length > 0) this.open();
    else if (this.nRunning === 0) {
      report({ t: "end" });
      process.exit(0);
    }
  }
}

settings.find(process.argv[2]);
if (spec.mode === "search") new Search().run();
else relay();
