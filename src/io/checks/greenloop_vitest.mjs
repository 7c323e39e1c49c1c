// A reporter of Vitest that tells each test to a file.

import { createRequire } from "node:module";

const report = createRequire(import.meta.url)("./greenloop_report.cjs");

export default class Reporter {
  #told = new Set();
  #isOver = false;
  #hasGroups = false;

  onInit(vitest) {
    this.#hasGroups = (vitest.projects?.length || 0) > 1;
  }

  onTestModuleStart(module) {
    report.running(module.moduleId, []);
  }

  onTestModuleEnd(module) {
    this.#tellFile(module.task);
  }

  /** From version 3 on. */
  onTestRunEnd(modules, errors, reason) {
    const files = modules.map((module) => module.task);
    this.#finish(files, errors, reason === "interrupted");
  }

  /** Up to version 3. */
  onFinished(files = [], errors = []) {
    this.#finish(files, errors, false);
  }

  #finish(files, errors, isInterrupted) {
    if (this.#isOver) return;
    this.#isOver = true;
    files.forEach((file) => this.#tellFile(file));
    errors.forEach((error) => this.#tellUnhandled(error, files));
    if (!isInterrupted) report.end(files.reduce((sum, file) => sum + count(file, isUnfinished), 0));
  }

  #tellFile(file) {
    if (this.#told.has(file)) return;
    this.#told.add(file);
    const group = this.#hasGroups ? file.projectName || "" : "";
    const errors = file.result?.errors || [];
    if (errors.length > 0) {
      const phase = file.tasks.length > 0 ? "hooks" : "import";
      report.test({ file: file.filepath, group, phase, outcome: "errored", error: errors[0] });
    } else if (file.result?.state === "fail" && file.tasks.length === 0) {
      report.test({ file: file.filepath, group, phase: "import", outcome: "errored", message: "it has no tests" });
    }
    file.tasks.forEach((task) => tellTask(task, [], { file: file.filepath, group }));
  }

  #tellUnhandled(error, files) {
    const path = error.VITEST_TEST_PATH || files[0]?.filepath;
    if (path) {
      const message = (error.type || "unhandled error").toLowerCase();
      report.test({ file: path, phase: "unhandled", outcome: "errored", error, message });
    } else {
      report.problem(error);
    }
  }
}

function tellTask(task, above, common) {
  const titles = [...above, task.name];
  const { result } = task;
  const line = task.location?.line;
  const error = result?.errors?.[0] || result?.error;
  if (task.type === "suite") {
    if (error) report.test({ ...common, titles, line, phase: "hooks", outcome: "errored", error });
    task.tasks.forEach((one) => tellTask(one, titles, common));
    return;
  }
  const seconds = (result?.duration || 0) / 1000;
  if (result?.state === "pass") {
    report.test({ ...common, titles, line, outcome: "passed", seconds });
  } else if (result?.state === "fail") {
    const failure = error || { name: "Error", message: "failed" };
    report.test({ ...common, titles, line, outcome: report.outcomeOf(failure), error: failure, seconds });
  } else if (!isUnfinished(task)) {
    const message = result?.note || (task.mode === "todo" ? "todo" : "");
    report.test({ ...common, titles, line, outcome: "skipped", message });
  }
}

/** A test that was to run and did not come to an end. */
function isUnfinished(test) {
  const state = test.result?.state;
  return state === "run" || state === "queued" || (state === undefined && (test.mode === "run" || test.mode === "queued"));
}

function count(task, is) {
  if (task.type === "test" || task.type === "custom") return is(task) ? 1 : 0;
  return task.tasks.reduce((sum, one) => sum + count(one, is), 0);
}
