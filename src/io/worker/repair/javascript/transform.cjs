// Turns TypeScript into JavaScript by what the project itself has installed.
"use strict";

const { createRequire, stripTypeScriptTypes } = require("module");
const path = require("path");
const { through } = require("./packages.cjs");

/** `(file, text) => ({ code, map })`; throws where nothing installed can do it. */
async function openTransform(dir) {
  const from = createRequire(path.join(dir, "package.json"));
  const all = [rolldown, esbuild, typescript, swc, built];
  for (const open of all) {
    try {
      const transform = await open(from);
      if (transform) return transform;
    } catch {
      // It is not installed.
    }
  }
  return (file) => {
    throw new Error(`nothing installed can compile ${file}`);
  };
}

async function rolldown(from) {
  for (const way of [["rolldown"], ["vite", "rolldown"], ["vitest", "vite", "rolldown"]]) {
    try {
      const at = way.slice(0, -1).reduce((at, name) => createRequire(at.resolve(`${name}/package.json`)), from);
      const found = at.resolve("rolldown/package.json");
      const { transformSync } = await import(path.join(path.dirname(found), "dist/utils-index.mjs"));
      if (!transformSync) continue;
      return (file, text) => {
        const made = transformSync(file, text, { sourcemap: true, sourceType: "module" });
        if (made.errors?.length) throw new SyntaxError(made.errors[0].message);
        return { code: made.code, map: typeof made.map === "string" ? JSON.parse(made.map) : made.map };
      };
    } catch {
      // Not this way.
    }
  }
  return null;
}

function esbuild(from) {
  for (const way of [[], ["vite/package.json"], ["vitest/package.json", "vite/package.json"], ["tsx/package.json"]]) {
    try {
      const { transformSync } = through(from, ...way)("esbuild");
      return (file, text) => {
        const loader = /x$/.test(file) ? (file.endsWith(".jsx") ? "jsx" : "tsx") : "ts";
        const made = transformSync(text, { loader, sourcemap: "external", sourcefile: file, target: "es2022" });
        return { code: made.code, map: JSON.parse(made.map) };
      };
    } catch {
      // Not this way.
    }
  }
  return null;
}

function typescript(from) {
  const ts = from("typescript");
  const options = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    jsx: ts.JsxEmit.ReactJSX,
    sourceMap: true,
    isolatedModules: true,
    experimentalDecorators: true,
  };
  return (file, text) => {
    const made = ts.transpileModule(text, { compilerOptions: options, fileName: file, reportDiagnostics: true });
    const wrong = (made.diagnostics || []).find((one) => one.category === ts.DiagnosticCategory.Error);
    if (wrong) throw new SyntaxError(ts.flattenDiagnosticMessageText(wrong.messageText, "\n"));
    return { code: made.outputText, map: JSON.parse(made.sourceMapText) };
  };
}

function swc(from) {
  const { transformSync } = from("@swc/core");
  return (file, text) => {
    const parser = { syntax: "typescript", tsx: /x$/.test(file), decorators: true };
    const made = transformSync(text, { filename: file, sourceMaps: true, swcrc: false, jsc: { parser, target: "es2022" } });
    return { code: made.code, map: JSON.parse(made.map) };
  };
}

/** Newer versions of Node.js blank types out, so that everything else stays where it was. */
function built() {
  if (!stripTypeScriptTypes) return null;
  return (_file, text) => ({ code: stripTypeScriptTypes(text), map: null });
}

const DIGITS = new Map([..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"].map((digit, at) => [digit, at]));

/** The line of the source, counted from 1, for each segment of a line of what was made from it: `[column, line]`. */
function segments(map) {
  let source = 0;
  return map.mappings.split(";").map((line) => {
    let column = 0;
    const found = [];
    for (const one of line.split(",").filter(Boolean)) {
      const numbers = decoded(one);
      column += numbers[0];
      if (numbers.length < 4) continue;
      source += numbers[2];
      found.push([column, source + 1]);
    }
    return found;
  });
}

function decoded(text) {
  const numbers = [];
  let [value, shift] = [0, 0];
  for (const digit of text) {
    const bits = DIGITS.get(digit);
    value += (bits & 31) << shift;
    shift += 5;
    if (bits & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}

module.exports = { openTransform, segments };
