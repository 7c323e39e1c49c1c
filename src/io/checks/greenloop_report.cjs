// What all JavaScript reporters share: one line of JSON per fact, and failures told in project lines.
"use strict";

// Bound now, because tests that share this process may replace them.
const { openSync, readFileSync, realpathSync, unlinkSync, writeSync } = require("fs");
const { basename, isAbsolute, join, relative, resolve, sep } = require("path");
const { fileURLToPath } = require("url");
const { inspect } = require("util");
const { stringify, parse } = JSON;
const { from } = Buffer;

const MESSAGE_CHARS_MAX = 6000;
const VALUE_CHARS_MAX = 1500;
const FRAMES_MAX = 64;
const TRACE_LINES_MAX = 12;
const START = process.cwd();
// Terminal colours.
const COLOURS = /\u001b\[[0-9;]*m/g;
// `at name (path:line:column)`, `at path:line:column`.
const FRAME = /^\s*at (?:async )?(?:(.*?) \()?((?:file:\/\/)?[^()\s][^()]*?):(\d+):\d+\)?$/;
const INSPECTED = { depth: 4, maxArrayLength: 50, maxStringLength: VALUE_CHARS_MAX, breakLength: 100 };

// The task lies beside this file and is taken away, like the report's name, before any test runs: a test that is to
// write a report of its own has to know the file and the key, and finds neither.
const task = join(__dirname, "greenloop.json");
const { report, root: givenRoot, key } = parse(readFileSync(task, "utf8"));
const root = realpathSync(givenRoot);
const handle = openSync(report, "a");
[task, report].forEach((file) => {
  try {
    unlinkSync(file);
  } catch {
    // Some systems keep a file that is open.
  }
});

const known = new Map();
const sources = new Map();
const named = new Map();
let written = 0;

function line(event, fields) {
  let data = from(stringify({ event, key, ...fields }) + "\n");
  while (data.length > 0) data = data.subarray(writeSync(handle, data));
}

/** The path of a file of the project, `null` for any other file. */
function projectPath(spelled) {
  if (!known.has(spelled)) known.set(spelled, findProjectPath(spelled));
  return known.get(spelled);
}

function findProjectPath(spelled) {
  try {
    const path = spelled.startsWith("file:") ? fileURLToPath(spelled) : spelled.replace(/[?#].*$/, "");
    if (path.startsWith("node:") || (!isAbsolute(path) && !/[./\\]/.test(path))) return null;
    const real = realpathSync(resolve(START, path));
    const inside = real.startsWith(root.endsWith(sep) ? root : root + sep);
    return inside && !real.split(sep).includes("node_modules") ? real : null;
  } catch {
    return null;
  }
}

/** A file as tests are called after it: seen from the folder that the check runs in. */
function fileName(path) {
  const real = projectPath(path) || resolve(START, path);
  return relative(realpathSync(START), real).split(sep).join("/") || basename(real);
}

/** `FILE::SUITE > TEST`; a name that was given before gets a number. Without titles it is the file. */
function nameOf(file, titles, group) {
  const chain = titles.map((title) => clean(title).replace(/\s+/g, " ").trim()).join(" > ");
  return fileName(file) + (titles.length > 0 ? "::" + (group ? `[${group}] ` : "") + chain : "");
}

function numbered(name) {
  const count = (named.get(name) || 0) + 1;
  named.set(name, count);
  return count > 1 ? `${name} #${count}` : name;
}

/** Project lines of a stack as [path, line, function], innermost first. */
function framesOf(stack) {
  const frames = [];
  for (const text of clean(stack || "").split("\n")) {
    const match = FRAME.exec(text);
    const path = match && projectPath(match[2]);
    if (path) frames.push([path, Number(match[3]) || 1, match[1] || ""]);
  }
  return frames.slice(0, FRAMES_MAX);
}

/** The place that the text of a syntax error tells: `path:line`, or `path: message (line:column)`. */
function headPlace(text) {
  for (const one of clean(text || "").split("\n").slice(0, 40)) {
    const match = /^\s*((?:file:\/\/)?\S.*?):(\d+)(?::\d+)?$/.exec(one) || /(\/\S+?): .*\((\d+):\d+\)/.exec(one);
    const path = match && projectPath(match[1]);
    if (path) return [path, Number(match[2]) || 1];
  }
  return null;
}

/** What an error says without its stack. */
function said(error) {
  const { name, message, stack } = error;
  const text = clean(message === undefined || message === null ? "" : message);
  const head = clean(stack || "").split(/\n\s+at /)[0].trim();
  if (!text) return head || clean(name || "Error");
  const isNamed = !name || /^[\w.]*(Error|Exception|Failure)\b/.test(text);
  return (isNamed ? "" : clean(name) + ": ") + text.split(/\n\s+at /)[0].trim();
}

/** Expected and actual value, where the message does not show them. */
function values(error, text) {
  if (!("expected" in error) || !("actual" in error)) return [];
  const show = (value) => clip(typeof value === "string" ? value : inspect(value, INSPECTED), VALUE_CHARS_MAX);
  const [expected, actual] = [show(error.expected), show(error.actual)];
  if (expected === actual || (text.includes(expected) && text.includes(actual))) return [];
  return [`  expected: ${expected}`, `  actual: ${actual}`];
}

/** Message, frames from the outermost on, and the place of a failure in the test's own file if it can be. */
function told(error, file) {
  const plain = error !== null && typeof error === "object" ? error : { name: "Error", message: inspect(error) };
  const text = said(plain);
  const frames = framesOf(plain.stack);
  const lines = [clip(text, MESSAGE_CHARS_MAX), ...values(plain, text), ""];
  for (const [path, at, name] of frames.slice(0, TRACE_LINES_MAX).reverse()) {
    lines.push(`  ${relative(root, path).split(sep).join("/")}:${at}${name && " in " + name}`);
    const source = sourceLine(path, at);
    if (source) lines.push("    " + source);
  }
  const cause = plain.cause;
  if (cause && typeof cause === "object" && cause.message) lines.push("  after " + said(cause).split("\n")[0]);
  const own = file && projectPath(file);
  const { loc } = plain;
  const located = loc && projectPath(loc.file || file || "") && [projectPath(loc.file || file), loc.line || 1];
  const place =
    frames.find(([path]) => path === own) || frames[0] || located || headPlace(plain.stack) || headPlace(text);
  return {
    message: lines.join("\n").trimEnd(),
    frames: frames.map(([path, at]) => [path, at]).reverse(),
    at: place ? [place[0], place[1]] : null,
  };
}

function sourceLine(path, number) {
  if (!sources.has(path)) {
    try {
      sources.set(path, readFileSync(path, "utf8").split("\n"));
    } catch {
      sources.set(path, []);
    }
  }
  return (sources.get(path)[number - 1] || "").trim().slice(0, 200);
}

/** Whether an assertion did not hold, in the words of the assertion libraries. */
function isAssertion(error) {
  if (error === null || typeof error !== "object") return false;
  return (
    error.code === "ERR_ASSERTION" ||
    "matcherResult" in error ||
    /AssertionError/.test(error.name || "") ||
    ("expected" in error && "actual" in error)
  );
}

/** Tells one test or one phase. `line` is where it stands. */
function test({ file, titles = [], group = "", phase = "", outcome, error, message, line: stands, seconds = 0 }) {
  const plain = nameOf(file, titles, group);
  const name = phase ? `${plain} (${phase})` : numbered(plain);
  const own = projectPath(file);
  const failure = error === undefined ? { message: message || "", frames: [], at: null } : told(error, file);
  if (error !== undefined && message) failure.message = `${message}\n${failure.message}`;
  const at = failure.at || (own ? [own, stands || 1] : null);
  written += 1;
  line("case", { name, outcome, message: clip(failure.message, 2 * MESSAGE_CHARS_MAX), at, frames: failure.frames, seconds });
}

function problem(error, file) {
  const { message, at } = told(error, file);
  line("problem", { message, at });
}

/** The last line. `missing` is how many tests were begun or promised and not told. */
function end(missing) {
  line("announced", { count: written + missing });
  line("end", { count: written });
}

function clip(text, most) {
  const plain = clean(text);
  return plain.length <= most ? plain : `${plain.slice(0, most)}\n... ${plain.length - most} characters more`;
}

/** Text that every JSON reader takes, without colours. */
function clean(text) {
  const plain = String(text).replace(COLOURS, "");
  return plain.toWellFormed ? plain.toWellFormed() : from(plain, "utf8").toString("utf8");
}

module.exports = {
  end,
  isAssertion,
  problem,
  projectPath,
  running: (file, titles) => line("start", { name: nameOf(file, titles) }),
  test,
  outcomeOf: (error) => (isAssertion(error) ? "failed" : "errored"),
};
