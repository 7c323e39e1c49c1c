// A reporter of Jest that tells each test to a file.
"use strict";

const report = require("./greenloop_report.cjs");

class Reporter {
  constructor() {
    this.files = 0;
  }

  onTestFileStart(test) {
    report.running(test.path, []);
  }

  onTestFileResult({ path: file, context }, result) {
    this.files += 1;
    const group = groupOf(context.config);
    for (const one of result.testResults) tellTest(file, group, one);
    const hasRun = result.testResults.length > 0;
    if (result.testExecError || (result.failureMessage && !hasRun)) {
      const error = errorOf(result.testExecError, hasRun ? "" : result.failureMessage);
      report.test({ file, group, phase: hasRun ? "unhandled" : "import", outcome: "errored", error });
    }
  }

  // What Jest calls before version 25, and later ones only where the others are missing.
  onTestStart(test) {
    this.onTestFileStart(test);
  }

  onTestResult(test, result) {
    this.onTestFileResult(test, result);
  }

  onRunComplete(_contexts, results) {
    if (results.runExecError) report.problem(errorOf(results.runExecError, ""));
    if (results.wasInterrupted || results.runExecError) return;
    report.end(Math.max(0, results.numTotalTestSuites - this.files));
  }
}

/** What tells a project of several from the others. */
function groupOf({ displayName }) {
  return displayName ? displayName.name || String(displayName) : "";
}

function tellTest(file, group, one) {
  const titles = [...one.ancestorTitles, one.title];
  const line = one.location ? one.location.line : undefined;
  const seconds = (one.duration || 0) / 1000;
  if (one.status === "passed") {
    report.test({ file, group, titles, line, outcome: "passed", seconds });
  } else if (one.status === "failed") {
    const detail = (one.failureDetails || [])[0];
    const error = errorOf(detail, (one.failureMessages || []).join("\n\n"));
    const isAssertion = report.isAssertion(unwrapped(detail)) || /^(\w+: )?(expect|assert)[.(]/.test(error.message);
    report.test({ file, group, titles, line, outcome: isAssertion ? "failed" : "errored", error, seconds });
  } else {
    report.test({ file, group, titles, line, outcome: "skipped", message: one.status === "todo" ? "todo" : "", seconds });
  }
}

/** jest-circus wraps errors together with where they were made. */
function unwrapped(detail) {
  return detail && typeof detail === "object" && detail.error ? detail.error : detail;
}

/** The formatted text holds what every kind of error says, and its stack. */
function errorOf(detail, formatted) {
  const inner = unwrapped(detail) || {};
  const text = (formatted || inner.stack || inner.message || String(inner)).replace(/\u001b\[[0-9;]*m/g, "");
  const [head] = text.replace(/^\s*● Test suite failed to run\s*/, "").split(/\n\s+at /);
  const stack = /\n\s+at /.test(text) ? text : inner.stack || text;
  return { name: "", message: head.trim(), stack };
}

module.exports = Reporter;
