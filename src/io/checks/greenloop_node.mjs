// A reporter of `node --test` that tells each test to a file.

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import report from "./greenloop_report.cjs";

const NOISE_CHARS_MAX = 16_000;
const START = process.cwd();

/** The titles around the test that is told, by depth. */
const around = [];
/** What each file's process printed as errors. */
const noise = new Map();
/** Files of which a test was told. */
const spoken = new Set();
/** How many tests of a file have begun and are not over. */
const open = new Map();
let over = 0;

export default async function* tell(source) {
  for await (const { type, data } of source) {
    if (type in take) take[type](data);
  }
  // The oldest versions tell of no end.
  const missing = [...open.values()].reduce((sum, count) => sum + Math.max(0, count), 0);
  report.end(over > 0 ? missing : 0);
}

const take = {
  "test:enqueue": (data) => count(data, 1),
  "test:complete": (data) => {
    over += 1;
    count(data, -1);
    if (isFile(data)) tellEnd(data);
  },
  "test:dequeue": (data) => isFile(data) || report.running(data.file, [data.name]),
  "test:start": (data) => (around[data.nesting] = data.name),
  "test:stderr": ({ file, message }) => hear(file, message),
  "test:diagnostic": ({ file, message }) => /generated asynchronous activity/.test(message) && hear(file || "", message),
  "test:pass": (data) => tellTest(data, "passed"),
  "test:fail": (data) => tellTest(data, undefined),
};

function count({ file }, by) {
  const from = absolute(file);
  open.set(from, (open.get(from) || 0) + by);
}

function hear(file, message) {
  const from = absolute(file);
  noise.set(from, ((noise.get(from) || "") + message).slice(-NOISE_CHARS_MAX));
}

/** A file as all versions could have spelled it. */
function absolute(file) {
  return file ? resolve(START, file.startsWith("file:") ? fileURLToPath(file) : file) : "";
}

/** A file is a test of its own, called by its path. */
function isFile({ name, nesting, file }) {
  return nesting === 0 && file !== undefined && absolute(name) === absolute(file);
}

function tellTest(data, outcome) {
  const error = data.details?.error;
  const seconds = (data.details?.duration_ms || 0) / 1000;
  if (isFile(data)) return tellFile(data, outcome, error, seconds);
  spoken.add(absolute(data.file));
  const titles = [...around.slice(0, data.nesting), data.name];
  const { file, line } = data;
  const isOff = (mark) => mark !== undefined && mark !== false;
  if (data.details?.type === "suite") {
    // What fails in a suite is told by its tests, unless it is the suite's own code.
    if (outcome || error?.failureType === "subtestsFailed" || isOff(data.todo)) return;
    report.test({ file, line, titles, phase: "hooks", outcome: "errored", error: reason(error), seconds });
    return;
  }
  if (isOff(data.skip) || isOff(data.todo)) {
    const why = [data.skip, data.todo].find((text) => typeof text === "string") || (isOff(data.todo) ? "todo" : "");
    report.test({ file, line, titles, outcome: "skipped", message: why, seconds });
  } else if (outcome) {
    report.test({ file, line, titles, outcome, seconds });
  } else {
    const cause = reason(error);
    const isOwn = error?.failureType === "testCodeFailure" || error?.failureType === "subtestsFailed";
    const kind = error?.failureType === "subtestsFailed" ? "failed" : report.outcomeOf(cause);
    const failed = error?.failureType === "testTimeoutFailure" ? "timed-out" : "errored";
    report.test({ file, line, titles, outcome: isOwn ? kind : failed, error: cause, seconds });
  }
}

/** A file whose process ended before all that it had begun, with tests that failed: nothing else tells of its end. */
function tellEnd({ file: spelled, details }) {
  const file = absolute(spelled);
  const { exitCode, signal, failureType } = details?.error || {};
  if (failureType !== "subtestsFailed" || !(exitCode || signal) || !(open.get(file) > 0)) return;
  open.set(file, -Infinity);
  const how = signal ? `ended by signal ${signal}` : `exit code ${exitCode}`;
  report.test({ file, phase: "unhandled", outcome: "errored", error: { name: "Error", message: how, stack: "" } });
}

/** A file is told by itself when it has no tests, cannot be loaded or ends badly. */
function tellFile({ file: spelled, skip }, outcome, error, seconds) {
  const file = absolute(spelled);
  if (outcome) {
    if (!spoken.has(file)) report.test({ file, outcome: skip ? "skipped" : outcome, seconds });
    return;
  }
  const { exitCode, signal, failureType, message } = error || {};
  if (failureType === "testTimeoutFailure") {
    report.test({ file, phase: "import", outcome: "timed-out", error: { name: "Error", message, stack: "" }, message, seconds });
    return;
  }
  if (failureType === "subtestsFailed" && spoken.has(file)) return;
  // What it had begun is told with it; nothing more comes from there.
  open.set(file, -Infinity);
  const how = signal ? `ended by signal ${signal}` : `exit code ${exitCode ?? "unknown"}`;
  const heard = [file, ""].map((from) => noise.get(from) || "").join("").trim();
  const failure = { name: "Error", message: heard ? saidBy(heard) : how, stack: heard };
  const phase = spoken.has(file) ? "unhandled" : "import";
  report.test({ file, phase, outcome: "errored", error: failure, message: heard && `${how} of this file's process`, seconds });
}

/** The line that names the error in what a dying process prints, and what follows but for the stack. */
function saidBy(heard) {
  const lines = heard.split("\n");
  const at = lines.findIndex((line) => /^(\w+: )?[\w.]*Error\b.*|^Error: Test "/.test(line));
  return lines
    .slice(at < 0 ? 0 : at)
    .filter((line) => !/^\s+at |^Node\.js v|^\}?$/.test(line))
    .slice(0, 20)
    .join("\n");
}

/** What went wrong inside the wrapping that the runner puts around it. */
function reason(error) {
  if (!error) return { name: "Error", message: "failed" };
  const { cause } = error;
  if (cause !== null && typeof cause === "object") return cause;
  return { name: "Error", message: typeof cause === "string" ? cause : error.message, stack: "" };
}
