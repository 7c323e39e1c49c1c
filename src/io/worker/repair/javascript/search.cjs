// Has the patches of an order tried by processes, which stay for the next order.
"use strict";

const { readFileSync } = require("fs");

const OPEN_MS = 60_000;
const SILENCE_MS = 1500;
// So many budgets of what it runs, and a process that waits is taken for dead, or one that computes.
const PATIENCE = 16;
const HOT_PATIENCE = 2;
// The same for a file of tests that is run without a patch.
const LOOKING_MS = 10_000;
const LOOK_MS = 300;
const HOT_MS = 0.8 * LOOK_MS;
// How often what takes too long is ended again, once a process had to be for it.
const AGAIN = 8;
const TICK_MS = 10;
// How long a process may take to leave what it is at, beside its budget, and at most.
const LEAVE_MS = 300;
const LEAVE_MAX_MS = 800;
// After each chunk the tests are looked at, and what it showed is told.
const CHUNK_MAX = 64;
const CHUNK_MIN = 8;
const CHUNK_MS = 1000;
const UNHEALTHY_MAX = 20;
// Patches that are late get one part in so many of the time, once this has passed.
const LATE_PARTS = 4;
const LATE_AFTER_MS = 3000;
const LATE_CHUNK = 4;
// So many processes in turn that end of themselves before they have tried a patch, and it is not the patches.
const SILENT_MAX = 20;
// For each core, where tests only wait.
const WAITING_PER_CORE = 3;
const EXTRA_MAX = 4;
const WAITING_MIN = 16;
// So many ways in which a test is red are told of.
const STOPS_MAX = 1000;
// For tests as they are: a loop without end that fills the memory has to be left before it ends its process.
const FIRST_BUDGETS_MS = [1500, 150];

/** Processor time of a process; `NaN` where the system does not say. */
function computedMs(id) {
  try {
    const after = readFileSync(`/proc/${id}/stat`, "latin1").split(") ").pop().split(" ");
    return (Number(after[11]) + Number(after[12])) * TICK_MS;
  } catch {
    return NaN;
  }
}

class Search {
  /** `fail` ends everything with a reason. */
  constructor(crew, report, fail) {
    this.crew = crew;
    this.report = report;
    this.fail = fail;
    this.members = new Set();
    // Files of tests that pass under their runner, and that ended a process here.
    this.avoided = new Set();
  }

  /** Tries all patches of an order, or as many as it may until it is stopped. */
  run(order, spec) {
    this.order = order;
    this.spec = spec;
    this.waiting = spec.patches.map((patch, index) => [index, patch]);
    this.alone = [];
    this.late = [];
    this.isFound = false;
    // Whether a process was lost to what cannot be ended in it at once, and whether none can be begun that tries harder.
    this.isStubborn = false;
    this.isTender = false;
    // Whether no more than one process for each core can be begun.
    this.isCrowded = false;
    this.stops = new Map();
    this.began = performance.now();
    this.waitedMs = 0;
    this.nUnhealthy = 0;
    this.nSilent = 0;
    this.size = CHUNK_MIN;
    this.budgets = FIRST_BUDGETS_MS;
    this.isStopped = false;
    return new Promise((done) => {
      this.done = done;
      for (const member of [...this.members].slice(spec.workers)) this.dismiss(member);
      for (const member of this.members) member.isExtra = false;
      for (const member of this.members) this.give(member);
      while (this.members.size < spec.workers) this.open();
    });
  }

  stop() {
    this.isStopped = true;
    for (const member of this.members) {
      if (member.isIdle) continue;
      member.worker.send({ leave: true });
      member.leaving = setTimeout(() => end(member), Math.min(LEAVE_MS + member.pace, LEAVE_MAX_MS));
    }
  }

  open(isExtra = false) {
    const worker = this.crew.take(this.order, this.spec);
    const member = { worker, isExtra, chunk: [], verdicts: [], looking: null, isOpen: false, isIdle: false, isPatient: false, began: NaN, timer: null, leaving: null };
    this.members.add(member);
    worker.on("message", (message) => this.members.has(member) && this.hear(member, message));
    worker.on("exit", (code) => {
      rest(member);
      this.members.delete(member);
      if (code === 0 && this.nSilent++ === SILENT_MAX) this.fail("its processes end before they have tried anything");
      if (!member.isIdle) this.over(member);
    });
    this.give(member);
  }

  /** One more process, as long as there is work for it. */
  openMore() {
    const { workers } = this.spec;
    const isFull = this.members.size >= Math.min(WAITING_PER_CORE * workers, workers + EXTRA_MAX);
    if (!isFull && !this.isCrowded && !this.isStopped && !this.isFound && this.waiting.length > WAITING_MIN) this.open(true);
  }

  /** Ends a process that has nothing to do. */
  dismiss(member) {
    this.members.delete(member);
    member.isIdle = true;
    end(member);
  }

  /** Ends all processes: one that computes without end would not hear that it is alone. */
  close() {
    for (const member of this.members) this.dismiss(member);
  }

  /** Tells a process which order it works for now. */
  give(member) {
    const budget = this.budgets[0];
    Object.assign(member, { isIdle: false, isPatient: false, began: NaN, budget, pace: budget });
    this.wait(member);
    member.worker.send({ order: this.order, budget, nAgain: this.isStubborn ? AGAIN : 0, avoid: [...this.avoided] });
  }

  hear(member, message) {
    if (member.isIdle) return;
    if (message.budget) member.pace = message.budget;
    if (message.looking || message.looked) member.looking = message.looking ?? null;
    this.wait(member);
    // What it was given before may be the reason; one that was given nothing says how the tests are.
    if (message.broken) return member.isOpen || member.isExtra || this.isStubborn ? end(member) : this.fail(message.broken.split("\n")[0]);
    if (message.ready) {
      Object.assign(member, { isOpen: true, patience: message.patience });
      this.place(message.stop);
      if (message.waits) this.openMore();
    }
    if (message.verdict) {
      member.verdicts.push([message.index, { ...message.verdict, stop: this.place(message.verdict.stop) }]);
      this.nSilent = 0;
    }
    if (message.verdict?.is === "plausible") {
      this.settle(member);
      // Only what is near is of interest now, and whether it was tried.
      this.isFound = true;
      this.waitNoMore();
      this.crew.prepare(this.order, this.spec, 1);
    }
    if (message.idle && !this.accept(member, message)) return end(member);
    return message.ready || message.idle ? this.hand(member) : undefined;
  }

  /** The number of a way in which the screening test is red; it is told where it is new. */
  place(stop) {
    if (stop === undefined || this.stops.has(stop)) return this.stops.get(stop);
    if (this.stops.size === STOPS_MAX) return undefined;
    this.stops.set(stop, this.stops.size);
    this.report({ t: "stop", at: this.stops.get(stop), text: stop });
    return this.stops.get(stop);
  }

  /** Ends a process that says nothing for long: soon when it computes all the time, as nothing but a loop does. */
  wait(member) {
    const { worker, pace } = member;
    clearTimeout(member.timer);
    if (!member.isOpen) {
      member.timer = setTimeout(end, OPEN_MS, member);
      return;
    }
    if (member.looking !== null) {
      member.timer = setTimeout(end, LOOKING_MS, member);
      return;
    }
    const until = performance.now() + SILENCE_MS + PATIENCE * pace;
    const look = (before) => {
      const now = computedMs(worker.pid);
      // More processes than cores share them.
      const isHot = now - before > HOT_MS * Math.min(1, this.spec.workers / this.members.size);
      this.isStubborn ||= isHot && !this.isTender;
      if (isHot || performance.now() > until) end(member);
      else member.timer = setTimeout(look, LOOK_MS, now);
    };
    member.timer = setTimeout(look, SILENCE_MS / 2 + HOT_PATIENCE * pace, NaN);
  }

  /**
   * Reports what a chunk showed, unless the process behaves differently after it: then its patches are tried alone. Whether
   * the process can go on.
   */
  accept(member, { healthy, full }) {
    if (!healthy && member.chunk.length > 1 && this.nUnhealthy < UNHEALTHY_MAX) {
      this.nUnhealthy += 1;
      this.alone.push(...member.chunk.map((item) => [item, member.isPatient]));
      member.chunk = [];
      return false;
    }
    this.settle(member);
    member.chunk = [];
    return healthy && !full;
  }

  settle(member) {
    const isKept = ([, { is }]) => is === "late" && !this.isFound;
    const late = new Set(member.verdicts.filter(isKept).map(([index]) => index));
    this.late.push(...member.chunk.filter(([index]) => late.has(index)));
    const told = member.verdicts.filter(([index]) => !late.has(index));
    if (told.length > 0) this.report({ t: "verdicts", verdicts: told });
    const done = new Set(member.verdicts.map(([index]) => index));
    member.chunk = member.chunk.filter(([index]) => !done.has(index));
    member.verdicts = [];
  }

  hand(member) {
    member.chunk = this.next(member);
    if (member.chunk.length > 0) return member.worker.send({ chunk: member.chunk, patient: member.isPatient });
    rest(member);
    member.isIdle = true;
    return this.endIfDone();
  }

  next(member) {
    const took = this.charge(member);
    if (this.isStopped) return [];
    if (this.alone.length > 0) {
      const [item, isPatient] = this.alone.shift();
      if (isPatient) this.reserve(member, 1);
      return [item];
    }
    const nLate = Math.min(this.late.length, this.nWaits(member));
    if (nLate > 0) {
      this.reserve(member, nLate);
      return this.late.splice(0, nLate);
    }
    const chunk = this.waiting.splice(0, this.size);
    this.size = took > CHUNK_MS ? Math.max(CHUNK_MIN, this.size / 2) : Math.min(CHUNK_MAX, 2 * this.size);
    return chunk;
  }

  /** How many of those that are late there is time for now. */
  nWaits({ patience }) {
    const spent = performance.now() - this.began;
    const left = spent > LATE_AFTER_MS ? spent / LATE_PARTS - this.waitedMs : 0;
    return Math.min(LATE_CHUNK, Math.floor((left * this.spec.workers) / patience));
  }

  /** What waiting may take counts from the start. */
  reserve(member, n) {
    member.isPatient = true;
    member.reserved = (n * member.patience) / this.spec.workers;
    this.waitedMs += member.reserved;
  }

  /** How long a process took for its chunk. */
  charge(member) {
    const took = performance.now() - member.began;
    if (member.isPatient) this.waitedMs += took / this.spec.workers - member.reserved;
    Object.assign(member, { isPatient: false, began: performance.now() });
    return took;
  }

  waitNoMore() {
    const verdicts = this.late.splice(0).map(([index]) => [index, { is: "late" }]);
    if (verdicts.length > 0) this.report({ t: "verdicts", verdicts });
  }

  endIfDone() {
    for (const member of this.members) if (member.isExtra && !member.isOpen) this.dismiss(member);
    if (![...this.members].every(({ isIdle }) => isIdle)) return;
    this.waitNoMore();
    this.done();
  }

  /** A process ended: the patch it was at is none unless a file ended it by itself, and one that had done nothing may need another budget. */
  over(member) {
    if (this.isStopped) return this.endIfDone();
    // Some tests bear no others beside them.
    if (!member.isOpen && member.isExtra) {
      this.isCrowded = true;
      return this.endIfDone();
    }
    // Some do not bear to be ended in that way.
    if (!member.isOpen && this.isStubborn) {
      [this.isStubborn, this.isTender] = [false, true];
      return this.open();
    }
    if (!member.isOpen && member.budget === this.budgets[0]) this.budgets = this.budgets.slice(1);
    if (this.budgets.length === 0) this.fail("the tests could not be loaded");
    const isToBlame = member.looking === null;
    if (!isToBlame) this.avoided.add(member.looking);
    const rest = member.chunk.slice(member.verdicts.length);
    if (member.chunk.length > 0) {
      if (isToBlame && rest.length > 0) member.verdicts.push([rest[0][0], { is: "still-red" }]);
      this.settle(member);
      (member.isPatient ? this.late : this.waiting).unshift(...rest.slice(isToBlame ? 1 : 0));
      this.charge(member);
    }
    return this.waiting.length + this.alone.length > 0 ? this.open() : this.endIfDone();
  }
}

function end({ worker }) {
  worker.kill("SIGKILL");
}

/** Nothing is expected of a process any more. */
function rest(member) {
  clearTimeout(member.timer);
  clearTimeout(member.leaving);
}

module.exports = { FIRST_BUDGETS_MS, OPEN_MS, SILENCE_MS, Search };
