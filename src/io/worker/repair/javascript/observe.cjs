// Runs each test alone in one process and tells which lines of the project it ran.
"use strict";

const path = require("path");
const { failureOf, fileOf, isTimeout } = require("./bench.cjs");
const { Inspection, fileAt } = require("./inspection.cjs");
const { segments } = require("./transform.cjs");

/** So many targets are observed whatever time it takes; where many are red, some tell as much as all. */
const TARGETS_MIN = 8;

/** A test gets so many milliseconds. */
async function observe(bench, budget, tell) {
  const { spec } = bench;
  const coverage = new Coverage(bench);
  const begun = performance.now();
  for (const [place, name] of spec.failing.slice(0, spec.targets).entries()) {
    if (place >= TARGETS_MIN && performance.now() > begun + spec.seconds * 1000) break;
    tell(await one(bench, coverage, name, budget));
  }
  const started = performance.now();
  const until = started + spec.seconds * 1000;
  // Other red tests may hang, and the sample of passing ones tells more.
  for (const name of spec.failing.slice(spec.targets)) {
    if (performance.now() > started + spec.seconds * 250) break;
    tell(await one(bench, coverage, name, budget));
  }
  for (const name of spec.passing) {
    if (performance.now() > until) break;
    tell(await one(bench, coverage, name, budget));
  }
}

async function one(bench, coverage, name, budget) {
  coverage.take();
  const failure = failureOf(await bench.run(fileOf(name), [name], new Map(), budget), name);
  const outcome = isTimeout(failure) ? "hung" : failure === undefined ? "passed" : "red";
  return { id: name, outcome, lines: coverage.take() };
}

class Coverage {
  constructor(bench) {
    this.bench = bench;
    this.inspection = new Inspection();
    this.maps = new Map();
    this.inspection.post("Profiler.enable");
    this.inspection.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Lines run since it was last asked, by path as seen from the root. */
  take() {
    const lines = {};
    for (const { url, functions } of this.inspection.post("Profiler.takePreciseCoverage").result) {
      const file = fileAt(url);
      // Others are what compilers of the project are told.
      if (!path.isAbsolute(file) || !this.bench.files.texts.has(file)) continue;
      const name = path.relative(this.bench.files.root, file).split(path.sep).join("/");
      if (!this.bench.spec.sources.includes(name)) continue;
      const found = this.lines(file, functions);
      lines[name] = [...new Set([...(lines[name] || []), ...found])].sort((a, b) => a - b);
    }
    return lines;
  }

  lines(file, functions) {
    const { code, map } = this.made(file);
    const counts = new Uint8Array(code.length);
    const ranges = functions.flatMap((one) => one.ranges);
    ranges.sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
    for (const { startOffset, endOffset, count } of ranges) counts.fill(count > 0 ? 1 : 0, startOffset, endOffset);
    return map ? mapped(code, counts, map) : plain(code, counts);
  }

  made(file) {
    if (!this.maps.has(file)) {
      const text = this.bench.files.text(file);
      const isSame = this.bench.files.code(file, text) === text;
      const made = isSame ? { code: text, map: null } : this.bench.files.made(file, text);
      this.maps.set(file, { code: made.code, map: made.map && segments(made.map) });
    }
    return this.maps.get(file);
  }
}

function plain(code, counts) {
  const lines = [];
  let [line, ran] = [1, false];
  for (let at = 0; at < code.length; at++) {
    const character = code.charCodeAt(at);
    if (character === 10) {
      if (ran) lines.push(line);
      [line, ran] = [line + 1, false];
    } else if (counts[at] && !isNothing(character)) {
      ran = true;
    }
  }
  if (ran) lines.push(line);
  return lines;
}

/** White space and closing brackets, which count to what is before them. */
function isNothing(character) {
  return character <= 32 || character === 125 || character === 59 || character === 41 || character === 93;
}

function mapped(code, counts, map) {
  const lines = [];
  let start = 0;
  code.split("\n").forEach((text, row) => {
    for (const [column, line] of map[row] || []) {
      const at = start + column;
      if (counts[at] && !isNothing(code.charCodeAt(at))) lines.push(line);
    }
    start += text.length + 1;
  });
  return lines;
}

module.exports = { observe };
