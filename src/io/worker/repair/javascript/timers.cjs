// Timers and a clock that stand still, as runners fake them.
"use strict";

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

module.exports = { fakeTimers };
