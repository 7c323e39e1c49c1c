// Loaded before each test file of `node --test`. A file that ends its process in the middle loses the results of its
// tests, and the runner takes its exit code 0 for a pass.
"use strict";

const { isMainThread } = require("worker_threads");

if (process.env.NODE_TEST_CONTEXT && isMainThread && !process.execArgv.includes("--test-force-exit")) {
  let isIdle = false;
  process.on("beforeExit", () => {
    isIdle = true;
  });
  process.on("exit", (code) => {
    const hasTests = process.moduleLoadList.includes("NativeModule test");
    if (code === 0 && !isIdle && hasTests) {
      process.exitCode = 1;
      process._rawDebug("Error: process.exit was called before the tests of this file were over");
    }
  });
}
