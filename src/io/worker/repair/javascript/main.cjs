// Works off orders: observes tests, has patches tried or compares what they do, in processes of ours, and reports in JSON
// lines on standard output, each time with a last line that says so.
"use strict";

const { existsSync, readFileSync, writeFileSync, writeSync } = require("fs");
const path = require("path");
const { Crew } = require("./crew.cjs");
const { FIRST_BUDGETS_MS, OPEN_MS, SILENCE_MS, Search } = require("./search.cjs");
const settings = require("./settings.cjs");

const LOOK_MS = 5;

/**
 * Orders in a folder, one after the other: `1.json` and so on. `1.stop` says that the first is not wanted any more, `end` that
 * no other comes.
 */
class Orders {
  constructor(folder) {
    this.folder = folder;
    this.n = 0;
    this.parent = process.ppid;
  }

  /** The next one; `null` when no other comes. */
  next() {
    this.n += 1;
    const order = this.path(`${this.n}.json`);
    return new Promise((found) => {
      const look = () => {
        if (existsSync(order)) return found(order);
        if (existsSync(this.path("end")) || process.ppid !== this.parent) return found(null);
        return setTimeout(look, LOOK_MS);
      };
      look();
    });
  }

  /** Waits for work, which is stopped when it is not wanted any more. */
  async until(work, stop) {
    const look = setInterval(() => {
      if (!existsSync(this.path(`${this.n}.stop`))) return;
      clearInterval(look);
      stop();
    }, LOOK_MS);
    await work;
    clearInterval(look);
  }

  path(name) {
    return path.join(this.folder, name);
  }
}

function report(value) {
  let data = Buffer.from(`${JSON.stringify(value)}\n`);
  while (data.length > 0) data = data.subarray(writeSync(1, data));
}

function fail(reason) {
  process.stdout.write(`${reason}\n`);
  process.exit(1);
}

/** One process that tells what tests run, or what patches do where no test looks. */
class Relay {
  constructor(crew, order, spec) {
    Object.assign(this, { crew, order, spec });
    this.observed = {};
    this.isDone = false;
    this.isStopped = false;
  }

  /** Reports what it tells, and keeps what tests ran for later. */
  async run() {
    for (const budget of FIRST_BUDGETS_MS) {
      await this.attempt(budget);
      if (this.isDone) break;
    }
    if (this.spec.mode === "observe") writeFileSync(path.join(this.spec.scratch, "observed.json"), JSON.stringify(this.observed));
  }

  attempt(budget) {
    const worker = this.crew.take(this.order, this.spec);
    this.worker = worker;
    const end = () => worker.kill("SIGKILL");
    let silenceMs = 10 * SILENCE_MS;
    let timer = setTimeout(end, OPEN_MS);
    worker.on("message", ({ told, done, broken, silence = silenceMs }) => {
      this.isDone = this.isDone || Boolean(told || done || this.spec.mode === "behave");
      silenceMs = silence;
      clearTimeout(timer);
      timer = setTimeout(end, silenceMs);
      if (told) report(told);
      if (told?.t === "test") this.observed[told.id] = told;
      // What patches do where no test looks need not be known.
      if (broken && this.spec.mode === "behave") end();
      else if (broken) fail(broken);
      if (done) end();
    });
    worker.send({ order: this.order, budget });
    return new Promise((over) => {
      worker.on("exit", () => {
        clearTimeout(timer);
        over();
      });
    });
  }

  stop() {
    this.isDone = this.isStopped = true;
    this.worker.kill("SIGKILL");
  }
}

async function main() {
  const orders = new Orders(process.argv[2]);
  const crew = new Crew(fail);
  const search = new Search(crew, report, fail);
  for (let order = await orders.next(); order !== null; order = await orders.next()) {
    const spec = JSON.parse(readFileSync(order, "utf8"));
    settings.find(order, spec);
    if (spec.mode === "search") {
      await orders.until(search.run(order, spec), () => search.stop());
    } else {
      const relay = new Relay(crew, order, spec);
      await orders.until(relay.run(), () => relay.stop());
      if (spec.mode === "observe" && !relay.isStopped) crew.prepare(order, spec, spec.workers);
    }
    report({ t: "end", of: orders.n });
  }
  search.close();
  process.exit(0);
}

main();
