// Processes of ours in which tests run. Those that will be needed soon are begun before.
"use strict";

const { fork } = require("child_process");
const path = require("path");

const MB = 1024 * 1024;
// Of what candidates may take, all processes that try edits and one more together; the rest is for what is not on their
// heaps.
const MEMORY_SHARE = 0.75;
const MEMORY_MIN_MB = 384;

class Crew {
  /** `fail` ends everything with a reason. */
  constructor(fail) {
    this.fail = fail;
    this.ready = [];
  }

  /** Begins processes until so many are ready for what comes after an order. */
  prepare(order, spec, n) {
    this.ready = this.ready.filter(isAlive);
    while (this.ready.length < n) this.ready.push(start(order, spec));
  }

  take(order, spec) {
    this.ready = this.ready.filter(isAlive);
    const one = this.ready.shift() ?? start(order, spec);
    // Of one that could not be started there is nothing else to hear.
    one.on("error", (error) => one.pid === undefined && this.fail(String(error)));
    return one;
  }
}

function isAlive({ pid, exitCode, signalCode }) {
  return pid !== undefined && exitCode === null && signalCode === null;
}

/** A process that loads what all orders need, and then waits for them. */
function start(order, { memory, workers }) {
  const options = ["--experimental-vm-modules", "--experimental-import-meta-resolve", "--no-warnings"];
  options.push(`--max-old-space-size=${Math.max(MEMORY_MIN_MB, Math.floor(MEMORY_SHARE * (memory / MB / (workers + 1))))}`);
  const one = fork(path.join(__dirname, "worker.cjs"), [order], { execArgv: options, stdio: ["ignore", "ignore", "ignore", "ipc"] });
  // What is told to one that has ended is lost; who waits for it hears of its end.
  one.on("error", () => {});
  return one;
}

module.exports = { Crew };
