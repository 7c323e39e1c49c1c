// What patches that pass do where no test looks: the calls that tests make of the patched functions, and those calls with
// one value in them changed.
"use strict";

const { readFileSync } = require("fs");
const path = require("path");
const { Alive, isClass, usesThis } = require("./alive.cjs");
const { fileOf, groups, inTime, isTimeout } = require("./bench.cjs");
const { within } = require("./loader.cjs");
const { copy, cut, isShown, leaves, replaced, show, variants, wordsOf, written } = require("./values.cjs");

const TESTS_MAX = 40;
const RECORD_MS = 5000;
const CALLS_MAX = 24;
const COPIES_MAX = 400;
const INPUTS_MAX = 60;
const LEAVES_MAX = 40;
const ITEMS_MAX = 50;
const CALL_MS = 50;
const PATIENCE_MAX = 3;
const TOTAL_CPU_MS = 1500;
const TOTAL_MS = 4000;
// Calls that promise without end block this process; so long without a word, and the supervisor ends it.
const SILENCE_MS = 2000;
const ENDLESS = "does not end";

/**
 * Tells what each of the patches, whose texts by file are `overlays`, makes of calls; `beat` says that it still
 * works, and how long it may be silent from then on.
 */
async function behave(bench, overlays, budget, tell, beat) {
  // Frames tell where the code stands, which is another place with each patch.
  Error.stackTraceLimit = 0;
  const loader = new Loader(bench, budget);
  // What comes out otherwise a second time tells nothing.
  const registries = await loader.load([...overlays, overlays[0]], beat);
  const isEverywhere = (key) => registries.every(({ byKey }) => byKey.has(key));
  const keys = new Set(overlays.flatMap((overlay, at) => loader.changed(overlay, registries[at])));
  const notes = new Notes([...keys].filter(isEverywhere), registries[0]);
  await loader.record(overlays[0], notes, beat);
  const caller = new Caller(bench, registries, () => beat(SILENCE_MS));
  const until = performance.now() + TOTAL_MS;
  const cpu = process.cpuUsage();
  for (const call of inputs(notes.calls())) {
    const gives = await caller.all(call);
    if (gives) tell({ t: "response", call: cut(written(call)), gives });
    if (worked(cpu) > TOTAL_CPU_MS || performance.now() > until) break;
  }
}

class Loader {
  constructor(bench, budget) {
    this.bench = bench;
    this.budget = budget;
    this.alive = new Alive();
    this.codes = new Map();
  }

  /** The functions that each patch has when all is loaded and no test has run. */
  async load(overlays, beat) {
    const loads = [];
    for (const overlay of overlays) {
      let load;
      this.bench.loaded = (registry) => {
        load = this.note(registry, overlay);
      };
      const { error } = await this.bench.run(fileOf(this.bench.spec.failing[0]), [], overlay, this.budget);
      this.bench.loaded = null;
      if (!load) throw error ?? new Error("nothing was loaded");
      loads.push(load);
      beat();
    }
    // To look for functions takes as long whether one patch is loaded or all of them.
    return this.alive.take(loads);
  }

  note(registry, overlay) {
    const { root } = this.bench.files;
    const files = this.bench.spec.sources.map((name) => path.join(root, name));
    const loaded = files.filter((file) => registry.esm.has(file) || registry.cjs.has(file));
    const codes = new Map(loaded.map((file) => [file, registry.code(file)]));
    this.codes.set(overlay, codes);
    // What tests hold is alive as long as they are.
    return { registry, tests: this.bench.tests, codes, scripts: this.alive.scriptsOf(loaded) };
  }

  /** Keys of the functions that a patch changes, or that read a name which it changes. */
  changed(overlay, functions) {
    const { files } = this.bench;
    return [...overlay.keys()].filter((file) => this.codes.get(overlay).has(file)).flatMap((file) => {
      const code = this.codes.get(overlay).get(file);
      const [from, to] = difference(files.code(file, files.text(file)), code);
      const around = functions.around(file, from, to);
      if (around.length > 0) return around;
      const name = declared(code.slice(0, to));
      return name ? functions.reading(file, name) : [];
    });
  }

  /** Runs tests under a patch and notes the calls they make. */
  async record(overlay, notes, beat) {
    const until = performance.now() + RECORD_MS;
    for (const [file, names] of groups(tests(this.bench, overlay))) {
      this.bench.loaded = async (registry) => {
        this.alive.hearNoMore();
        // The search for functions is none of the project's work, which has a budget.
        await null;
        const [functions] = this.alive.take([this.note(registry, overlay)]);
        notes.watch(functions, this.alive);
      };
      await this.bench.run(file, names, overlay, this.budget);
      this.alive.hearNoMore();
      beat();
      if (performance.now() > until) break;
    }
    this.bench.loaded = null;
  }
}

/** The red tests, then those that ran a changed file, so far as that was observed. */
function tests({ spec, files }, overlay) {
  const observed = readObserved(spec);
  const changed = [...overlay.keys()].map((file) => path.relative(files.root, file).split(path.sep).join("/"));
  const passing = spec.passing.filter((name) => {
    const seen = observed[name];
    return !seen || (seen.outcome === "passed" && changed.some((file) => seen.lines[file]?.length > 0));
  });
  const seenFirst = passing.sort((a, b) => (b in observed) - (a in observed));
  return [...spec.failing, ...seenFirst].slice(0, TESTS_MAX);
}

function readObserved({ scratch }) {
  try {
    return JSON.parse(readFileSync(path.join(scratch, "observed.json"), "utf8"));
  } catch {
    return {};
  }
}

/** The part of a text that another one does not have. */
function difference(before, after) {
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && before[from] === after[from]) from++;
  let same = 0;
  while (same < shorter - from && before[before.length - 1 - same] === after[after.length - 1 - same]) same++;
  return [from, after.length - same];
}

/** The name of the file's own that is declared last. */
function declared(text) {
  const all = [...text.matchAll(/^(?:export\s+)?(?:const|let|var)\s+([\w$]+)/gm)];
  return all.at(-1)?.[1];
}

/** The calls of some functions, kept as calls in one registry. */
class Notes {
  constructor(keys, home) {
    this.home = home;
    this.known = new Map(keys.map((key) => [key, new Map()]));
    this.nCopies = 0;
  }

  watch(functions, alive) {
    for (const [key, known] of this.known) {
      const one = functions.byKey.get(key);
      if (one) alive.hear(one, (self, args) => this.note(key, known, functions, self, args));
    }
  }

  note(key, known, functions, self, args) {
    if (known.size >= CALLS_MAX || this.nCopies >= COPIES_MAX) return;
    this.nCopies += 1;
    const one = this.home.byKey.get(key);
    try {
      const [own, values] = copy([self, args], (inner) => functions.counterpart(inner, this.home));
      const call = { key, name: one.name, isNew: isClass(one), self: usesThis(one) ? own : undefined, args: values };
      const text = written(call);
      if (!known.has(text)) known.set(text, call);
    } catch {
      // What cannot be copied is not called again.
    }
  }

  calls() {
    return [...this.known.values()].flatMap((known) => [...known.values()]);
  }
}

/** The calls as they are, then changed ones, from one call after the other. */
function* inputs(noted) {
  yield* noted.slice(0, CALLS_MAX);
  const seen = new Set(noted.map(written));
  const words = wordsOf(noted.slice(0, CALLS_MAX).map(({ self, args }) => [args, self]));
  let waiting = noted.map((call) => changes(call, words));
  for (let left = INPUTS_MAX; waiting.length > 0; ) {
    const still = [];
    for (const one of waiting) {
      const { value, done } = one.next();
      if (done) continue;
      still.push(one);
      const text = written(value);
      if (seen.has(text)) continue;
      seen.add(text);
      yield value;
      if (--left === 0) return;
    }
    waiting = still;
  }
}

function* changes(call, words) {
  const { self, args } = call;
  let left = LEAVES_MAX;
  for (const place of leaves({ args, self })) {
    if (left-- === 0) return;
    const old = place.reduce((value, part) => value[part], call);
    for (const other of variants(old, words)) yield replaced(call, place, other);
  }
}

/** Makes calls in every registry; the last one has the first patch again. */
class Caller {
  constructor(bench, registries, beat) {
    this.bench = bench;
    this.registries = registries;
    this.beat = beat;
  }

  /** What each patch makes of a call, in words; `null` where that tells nothing. */
  async all(call) {
    const gives = [];
    this.isAllShown = true;
    for (const registry of this.registries) {
      this.beat();
      const said = await this.patiently(registry, call);
      if (said === null) return null;
      gives.push(said);
    }
    if (gives.pop() !== gives[0]) return null;
    // What is not shown looks the same whatever it is, and without an end nothing is known.
    const isBlank = !this.isAllShown || /\[(class|\w*Function)\b/.test(gives[0]) || gives[0] === ENDLESS;
    return isBlank && gives.every((one) => one === gives[0]) ? null : gives.map(cut);
  }

  /** What one patch makes of a call; `null` for what cannot be told. Processor time tells waiting from a loop. */
  async patiently(registry, call) {
    for (let patience = 1; ; patience *= 3) {
      const cpu = process.cpuUsage();
      const said = await this.once(registry, call, CALL_MS * patience);
      if (said !== ENDLESS || worked(cpu) > CALL_MS / 4) return said;
      if (patience >= PATIENCE_MAX) return null;
    }
  }

  async once(registry, call, budget) {
    let own, values;
    try {
      [own, values] = copy([call.self, call.args], (inner) => this.registries[0].counterpart(inner, registry));
    } catch {
      return null;
    }
    const held = own === undefined ? values : [own, ...values];
    const before = held.map(show);
    const { run } = registry.byKey.get(call.key);
    const said = await outcome(() => (call.isNew ? Reflect.construct(run, values) : Reflect.apply(run, own, values)), budget, (value) => {
      this.isAllShown &&= isShown(value);
    });
    this.bench.cleanUp();
    const left = held.map(show).filter((now, at) => now !== before[at]);
    return left.length === 0 || said === ENDLESS ? said : `${said} and leaves ${left.join(", ")}`;
  }
}

/** What comes of work, in words; `look` sees the value that it gives. */
async function outcome(work, budget, look) {
  try {
    let value;
    within(budget, () => {
      value = work();
    });
    if (typeof value?.then === "function") value = await inTime(value, budget);
    return within(budget, () => {
      const given = finished(value);
      look(given);
      return `gives ${show(given)}`;
    });
  } catch (error) {
    if (isTimeout(error)) return ENDLESS;
    return `throws ${error instanceof Error ? error.constructor.name : show(error)}`;
  }
}

/** What a generator comes to. */
function finished(value) {
  if (Object.prototype.toString.call(value) !== "[object Generator]") return value;
  const items = [];
  for (const item of value) if (items.push(item) >= ITEMS_MAX) break;
  return items;
}

function worked(since) {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

module.exports = { behave };
