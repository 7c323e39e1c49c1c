// A process that works off orders; patches it tries one after the other, each against the screening test first.
"use strict";

const path = require("path");
const { readFileSync } = require("fs");
const { getHeapStatistics } = require("v8");
const { behave } = require("./behave.cjs");
const { Bench, QUICK_LOOK_MS, failureOf, fileOf, groups, isStray, isTimeout, isWhole } = require("./bench.cjs");
const { observe } = require("./observe.cjs");

const BUDGET_MIN_MS = 60;
// A red test may be red long before its end.
const PATIENT_BUDGET_MIN_MS = 300;
// What takes longer is put off where there is no patience: most of it never ends.
const QUICK_BUDGET_MIN_MS = 12;
const BUDGET_MAX_MS = 5000;
const HUNG_BUDGET_MS = 100;
const HUNG_QUICK_BUDGET_MS = 25;
const BEAT_MS = 300;
const SCREENS_MAX = 8;
const STOP_CHARS_MAX = 2000;
const BUDGET_FACTOR = 10;
// What takes less is over before another process could help.
const WAITING_MIN_MS = 20;
const WAITING_SHARE = 0.25;
// Node.js keeps more and more of what modules were; so much of the heap, and a fresh process takes less time.
const FULL_SHARE = 0.6;
// What goes beyond this would end the process, and take the verdict on a patch with it.
const NO_ROOM_SHARE = 0.85;
// Tests may wait for something, and the machine may be busy.
const WALL_FACTOR = 3;
// Files of tests that pass are gone through for so long with one patch; the checks run on what is found all the same.
const CONFIRM_MS = 10_000;

const STILL_RED = { is: "still-red" };
const LATE = { is: "late" };
const INVALID = { is: "invalid" };

// Bound now, because candidates share this process.
const send = process.send.bind(process);
const on = process.on.bind(process);

class Worker {
  constructor(spec) {
    this.bench = new Bench(spec);
    this.sources = new Map();
    this.killer = null;
    this.told = 0;
    // What the tests were measured for.
    this.measured = "";
    // Tests that have passed without a patch.
    this.known = new Set();
    this.isLeft = false;
    // Files whose tests ended a process.
    this.avoided = new Set();
    this.bench.ended = () => this.beat();
  }

  /** Goes on to an order; its tests get so many milliseconds at first. */
  async serve(spec, budget) {
    this.spec = spec;
    this.first = budget;
    this.bench.serve(spec);
    if (spec.mode !== "search") {
      await this.tell();
      return send({ done: true });
    }
    const measured = JSON.stringify([spec.failing, spec.targets, spec.passing]);
    if (measured !== this.measured) await this.measure();
    this.measured = measured;
    this.quickBudget = this.quick();
    return send({ ready: true, patience: this.budget, stop: this.stopped, waits: waits(this.alone) });
  }

  /** What tests run, or what patches do where no test looks. */
  async tell() {
    const tell = (told) => send({ told });
    if (this.spec.mode === "observe") return observe(this.bench, this.first, (test) => tell({ t: "test", ...test }));
    const overlays = this.spec.patches.map((patch) => this.overlay(patch));
    return behave(this.bench, overlays, this.first, tell, (silence) => send({ busy: true, silence }));
  }

  /** Tells the supervisor that tests go on. */
  beat() {
    if (performance.now() - this.told < BEAT_MS) return;
    this.told = performance.now();
    send({});
  }

  /** The tests without a patch; throws where they do not behave as they do under their runner. */
  async measure() {
    const { failing, passing } = this.spec;
    const alone = await this.screening();
    if (!alone.has(this.screen)) throw new Error(`${this.screen} is not found: ${alone.result.error?.stack}`);
    const { error } = alone.result;
    if (error !== undefined && !isTimeout(error) && !isWhole(this.screen)) throw error;
    const wrong = failureOf(alone.result, this.screen);
    this.groups = [];
    for (const [file, names] of groups([...failing, ...passing])) {
      const group = { file, names };
      this.groups.push(group);
      // Others may be many, and are looked at once a patch comes so far.
      if (!names.some((name) => failing.includes(name))) continue;
      const lost = await this.look(group);
      if (lost !== undefined) throw new Error(`${lost} passes no more`);
    }
    this.expectFaithful();
    // Targets that pass here from the start are red under their runner for another's sake.
    const targets = new Set(failing.slice(0, this.spec.targets));
    this.collateral = this.groups.flatMap(({ green = [] }) => green.filter((name) => targets.has(name)));
    // The first time takes longer.
    const again = await this.try(fileOf(this.screen), [this.screen], new Map(), this.first);
    const stops = [alone, again].map(({ result }) => this.stop(result));
    // Of a test that is red now so and now so, it says nothing how it is.
    this.stopped = stops[0] === stops[1] ? stops[0] : undefined;
    this.alone = again.result;
    this.hangs = isTimeout(wrong);
    this.budget = this.hangs ? PATIENT_BUDGET_MIN_MS : budgetFor(this.alone, PATIENT_BUDGET_MIN_MS);
  }

  /** Runs the tests of a file without a patch, and notes how they are; one that passed before and does not, if there is any. */
  async look(group) {
    const { file, names } = group;
    let found = await this.try(file, names, new Map(), this.first);
    const red = names.filter((name) => this.spec.failing.includes(name) && !found.passed(name));
    // A test that hangs hides those after it, and says nothing of how long they take.
    const hangs = isLate(found.result);
    if (hangs) found = await this.try(file, names.filter((name) => !red.includes(name)), new Map(), this.first);
    const green = names.filter((name) => !red.includes(name) && found.passed(name));
    const lost = names.find((name) => this.known.has(name) && !found.passed(name));
    green.forEach((name) => this.known.add(name));
    const least = red.length > 0 ? PATIENT_BUDGET_MIN_MS : BUDGET_MIN_MS;
    const budget = isLate(found.result) ? Math.max(HUNG_BUDGET_MS, least) : budgetFor(found.result, least);
    const { took } = found.result;
    Object.assign(group, { green, red, took, loaded: new Set(found.result.loaded()), budget });
    return lost;
  }

  /** The same while a patch is tried, which is not to answer for what the file does. */
  async lookLate(group) {
    send({ looking: group.file });
    try {
      await this.look(group);
    } catch {
      Object.assign(group, { green: [], red: [] });
    }
    send({ looked: true });
  }

  /** How long a patch is waited for at first. A red test may be red long before its end: it may take as long as its file. */
  quick() {
    const { took } = this.groups.find(({ file }) => file === fileOf(this.screen));
    const needed = this.hangs ? Math.max(HUNG_QUICK_BUDGET_MS, WALL_FACTOR * took) : Math.max(budgetFor(this.alone, QUICK_BUDGET_MIN_MS), took);
    return Math.min(Math.ceil(needed), this.budget);
  }

  /**
   * Finds the test that screens: the first that fails here too. Some runners end tests for what another one does. For what
   * nothing handles a whole file has to run.
   */
  async screening() {
    const tests = this.spec.failing.filter((name) => !isStray(name));
    const strays = this.spec.failing.filter(isStray);
    const names = [...tests.slice(0, SCREENS_MAX), ...strays.slice(0, SCREENS_MAX)];
    for (const name of names) {
      const alone = await this.try(fileOf(name), [name], new Map(), this.first);
      this.screen = name;
      if (!alone.passed(name)) return alone;
    }
    throw new Error(`${this.screen} passes`);
  }

  /** Throws where tests beside the screening one do not pass that pass under their runner. */
  expectFaithful() {
    const file = fileOf(this.screen);
    const known = this.spec.passing.filter((name) => fileOf(name) === file);
    const found = new Set(this.groups.find((group) => group.file === file)?.green);
    const nGreen = known.filter((name) => found.has(name)).length;
    if (2 * nGreen < known.length) throw new Error(`only ${nGreen} of ${known.length} tests of ${file} pass`);
  }

  async try(file, names, overlay, budget, look) {
    send({ budget });
    const result = await this.bench.run(file, names, overlay, budget, look);
    return {
      result,
      has: (name) => isWhole(name) || isStray(name) || result.ran.has(name) || result.error !== undefined,
      passed: (name) => failureOf(result, name) === undefined,
    };
  }

  /** The texts of a patch, by file. */
  overlay(patch) {
    return new Map(patch.map(([name, edits]) => [path.join(this.bench.files.root, name), this.edited(name, edits)]));
  }

  edited(name, edits) {
    if (!this.sources.has(name)) this.sources.set(name, readFileSync(path.join(this.bench.files.root, name)));
    const source = this.sources.get(name);
    const parts = [];
    let at = 0;
    for (const [start, end, text] of edits) {
      parts.push(source.subarray(at, start), Buffer.from(text));
      at = end;
    }
    parts.push(source.subarray(at));
    return Buffer.concat(parts).toString("utf8");
  }

  async verdict(patch, isPatient) {
    const overlay = this.overlay(patch);
    const [budget, look] = isPatient ? [this.budget, undefined] : [this.quickBudget, QUICK_LOOK_MS];
    const screened = await this.try(fileOf(this.screen), [this.screen], overlay, budget, look);
    if (!screened.passed(this.screen)) {
      const { result } = screened;
      // Less than it could have had with patience.
      const isShort = !isPatient && Math.min(budget, result.took) < this.budget;
      if (isShort && isLate(result)) return LATE;
      return result.error instanceof SyntaxError ? INVALID : this.red(result);
    }
    return this.confirm(overlay);
  }

  /** The verdict on a patch with which the screening test fails so, with how where that is otherwise than without. */
  red(result) {
    const isKnown = this.stopped === undefined || isLate(result);
    const stop = isKnown ? this.stopped : this.stop(result);
    return stop === this.stopped ? STILL_RED : { ...STILL_RED, stop };
  }

  /** Where in its own file the screening test failed, as a line or 0, and with what words. Tests throw all sorts of things. */
  stop(result) {
    try {
      const failure = failureOf(result, this.screen);
      const file = `${fileOf(this.screen)}:`;
      // What the file itself does when it is loaded comes before all tests.
      const frames = result.error === undefined ? String(failure?.stack ?? "").split("\n") : [];
      const frame = frames.reverse().find((line) => line.includes(file)) ?? "";
      const line = /^\d+/.exec(frame.slice(frame.indexOf(file) + file.length))?.[0] ?? 0;
      const said = `${line} ${String(failure?.name)}: ${String(failure?.message ?? failure)}`;
      // Half of a pair says nothing to others.
      return said.slice(0, STOP_CHARS_MAX).replace(/[\ud800-\udfff]/g, "?");
    } catch {
      return "0 ";
    }
  }

  /** All tests of files that load what is changed, those with red ones and those that broke last first. */
  async confirm(overlay) {
    const fixed = new Set(this.collateral);
    const isTouched = ({ loaded }) => [...overlay.keys()].some((file) => loaded.has(file));
    const worth = ({ file, red }) => (red?.length > 0 ? 2 : 0) + (file === this.killer ? 1 : 0);
    const began = performance.now();
    for (const group of [...this.groups].sort((a, b) => worth(b) - worth(a))) {
      const isLong = isFull(NO_ROOM_SHARE) || performance.now() - began > CONFIRM_MS;
      if (isLong && !(group.red?.length > 0)) break;
      if (this.avoided.has(group.file)) continue;
      if (group.green === undefined) await this.lookLate(group);
      const { file, green, red, budget } = group;
      if (green.length + red.length === 0 || !isTouched(group)) continue;
      const found = await this.try(file, [...green, ...red], overlay, budget);
      const broken = green.find((name) => !found.passed(name));
      if (broken !== undefined) {
        this.killer = file;
        return { is: "breaks", by: broken };
      }
      red.filter((name) => found.passed(name)).forEach((name) => fixed.add(name));
    }
    fixed.add(this.screen);
    const places = this.spec.failing.flatMap((name, at) => (fixed.has(name) ? [at] : []));
    return places.length === this.spec.failing.length ? { is: "plausible" } : { is: "partial", fixed: places };
  }

  /** Tries patches until it is told to leave them. */
  async work(chunk, isPatient) {
    this.isLeft = false;
    for (const [index, patch] of chunk) {
      if (this.isLeft) break;
      let verdict = STILL_RED;
      try {
        verdict = await this.verdict(patch, isPatient);
      } catch {
        // A candidate that damages us is none.
      }
      send({ index, verdict });
    }
    send({ idle: true, healthy: await this.isHealthy().catch(() => false), full: isFull() });
  }

  /** Whether this process still behaves as at first. */
  async isHealthy() {
    const budget = this.hangs ? this.quickBudget : this.budget;
    const red = await this.try(fileOf(this.screen), [this.screen], new Map(), budget);
    if (red.passed(this.screen)) return false;
    const group = this.groups.find(({ file, green }) => file === fileOf(this.screen) && green.length > 0);
    if (!group) return true;
    const green = await this.try(group.file, group.green, new Map(), group.budget);
    return group.green.every((name) => green.passed(name));
  }
}

function isFull(share = FULL_SHARE) {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return used > share * limit;
}

function isLate({ ran, error }) {
  return [...ran.values(), error].some(isTimeout);
}

/** Whether a test has nothing to do most of the time, however busy the machine is. */
function waits({ took, active }) {
  return took > WAITING_MIN_MS && active < WAITING_SHARE * took;
}

function budgetFor({ took, worked }, min = BUDGET_MIN_MS) {
  const needed = Math.max(min, BUDGET_FACTOR * worked, WALL_FACTOR * took);
  return Math.ceil(Math.min(BUDGET_MAX_MS, needed));
}

async function main() {
  const read = (order) => JSON.parse(readFileSync(order, "utf8"));
  const worker = new Worker(read(process.argv[2]));
  const opened = worker.bench.open();
  // Who gives the first order is told.
  opened.catch(() => {});
  on("message", async ({ order, budget, nAgain, avoid, chunk, patient, leave }) => {
    if (leave) worker.isLeft = true;
    if (avoid) worker.avoided = new Set(avoid);
    if (order) worker.bench.nAgain = nAgain ?? 0;
    if (order) await opened.then(() => worker.serve(read(order), budget)).catch((error) => send({ broken: String(error?.stack || error) }));
    if (chunk) await worker.work(chunk, patient || worker.spec.patient);
  });
  on("disconnect", () => process.kill(process.pid, "SIGKILL"));
}

main();
