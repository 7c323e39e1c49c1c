// Turns TypeScript into JavaScript by what the project itself has installed.
"use strict";

const { createRequire, stripTypeScriptTypes } = require("module");
const path = require("path");
const { through, within } = require("./packages.cjs");

/** What TypeScript has where fields are defined, not assigned, unless it is told otherwise. */
const DEFINES = /^(es202[2-9]|esnext)$/i;

/**
 * `(file, text) => ({ code, map })`; throws where nothing installed can do it. `compiler` has options as in `tsconfig.json`;
 * `isRequiring` is whether whatever runs the tests has imports made into `require`.
 */
async function openTransform(dir, compiler, isRequiring) {
  const from = createRequire(path.join(dir, "package.json"));
  const options = { useDefineForClassFields: DEFINES.test(compiler.target), ...compiler };
  // What types are when the program runs, only these write down.
  const all = options.emitDecoratorMetadata ? [typescript, swc] : [rolldown, esbuild, typescript, swc, babel, built];
  for (const open of all) {
    try {
      const transform = await open(from, options, isRequiring, dir);
      if (transform) return transform;
    } catch {
      // It is not installed.
    }
  }
  return (file) => {
    throw new Error(`nothing installed can compile ${file}`);
  };
}

async function rolldown(from, options) {
  const { jsx, jsxImportSource: importSource } = options;
  const runtime = isAutomatic(jsx) ? "automatic" : "classic";
  const names = { pragma: options.jsxFactory, pragmaFrag: options.jsxFragmentFactory };
  const written = isAutomatic(jsx) ? { runtime, importSource } : { runtime, ...names };
  const given = { sourcemap: true, sourceType: "module", ...(jsx && { jsx: written }) };
  if (options.experimentalDecorators) given.decorator = { legacy: true };
  if (!options.useDefineForClassFields) {
    given.assumptions = { setPublicClassFields: true };
    given.typescript = { removeClassFieldsWithoutInitializer: true };
  }
  for (const way of [["rolldown"], ["vite", "rolldown"], ["vitest", "vite", "rolldown"]]) {
    try {
      const at = way.slice(0, -1).reduce((at, name) => createRequire(at.resolve(`${name}/package.json`)), from);
      const found = at.resolve("rolldown/package.json");
      const { transformSync } = await import(path.join(path.dirname(found), "dist/utils-index.mjs"));
      if (!transformSync) continue;
      return (file, text) => {
        const made = transformSync(file, text, given);
        if (made.errors?.length) throw new SyntaxError(made.errors[0].message);
        return { code: made.code, map: typeof made.map === "string" ? JSON.parse(made.map) : made.map };
      };
    } catch {
      // Not this way.
    }
  }
  return null;
}

/** Whether JSX needs nothing imported by whoever writes it; what is preserved is left to compilers that do it so. */
function isAutomatic(jsx) {
  return /^(react-jsx(dev)?|preserve)$/.test(jsx);
}

function esbuild(from, { experimentalDecorators, useDefineForClassFields, ...options }) {
  const { jsx, jsxImportSource, jsxFactory, jsxFragmentFactory } = options;
  const tsconfigRaw = { compilerOptions: { experimentalDecorators, useDefineForClassFields } };
  const written = isAutomatic(jsx) ? { jsx: "automatic", jsxImportSource } : { jsxFactory, jsxFragment: jsxFragmentFactory };
  const given = { sourcemap: "external", target: "es2022", tsconfigRaw, ...written };
  for (const way of [[], ["vite/package.json"], ["vitest/package.json", "vite/package.json"], ["tsx/package.json"]]) {
    try {
      const { transformSync } = through(from, ...way)("esbuild");
      return (file, text) => {
        const loader = /x$/.test(file) ? (file.endsWith(".jsx") ? "jsx" : "tsx") : "ts";
        const made = transformSync(text, { ...given, loader, sourcefile: file });
        return { code: made.code, map: JSON.parse(made.map) };
      };
    } catch {
      // Not this way.
    }
  }
  return null;
}

function typescript(from, compiler, isRequiring) {
  const ts = from("typescript");
  const { emitDecoratorMetadata, esModuleInterop, jsxFactory, jsxFragmentFactory, jsxImportSource } = compiler;
  const isReact = compiler.jsx === "react";
  // Imports of what is only a type, which are in what is written down of types, are none where they are made into `require`.
  const module = emitDecoratorMetadata && isRequiring ? ts.ModuleKind.CommonJS : ts.ModuleKind.ESNext;
  // What decorators see of a class hangs on it.
  const own = compiler.experimentalDecorators ? ts.ScriptTarget[String(compiler.target).toUpperCase().replace(/^ES6$/, "ES2015")] : undefined;
  const options = {
    target: own >= ts.ScriptTarget.ES2015 ? own : ts.ScriptTarget.ES2022,
    module,
    jsx: isReact ? ts.JsxEmit.React : ts.JsxEmit.ReactJSX,
    ...(isReact ? { jsxFactory, jsxFragmentFactory } : { jsxImportSource }),
    sourceMap: true,
    isolatedModules: true,
    esModuleInterop,
    experimentalDecorators: compiler.experimentalDecorators ?? true,
    emitDecoratorMetadata,
    useDefineForClassFields: compiler.useDefineForClassFields,
  };
  return (file, text) => {
    const made = ts.transpileModule(text, { compilerOptions: options, fileName: file, reportDiagnostics: true });
    const wrong = (made.diagnostics || []).find((one) => one.category === ts.DiagnosticCategory.Error && isSyntax(one));
    if (wrong) throw new SyntaxError(ts.flattenDiagnosticMessageText(wrong.messageText, "\n"));
    return { code: made.outputText, map: JSON.parse(made.sourceMapText) };
  };
}

/** Whether a diagnostic of TypeScript is about how a text is written: their numbers are below 2000. */
function isSyntax({ code }) {
  return code < 2000;
}

function swc(from, { emitDecoratorMetadata, useDefineForClassFields, jsx, jsxImportSource }, isRequiring) {
  const { transformSync } = from("@swc/core");
  const react = isAutomatic(jsx) ? { runtime: "automatic", importSource: jsxImportSource } : {};
  const transform = { legacyDecorator: true, decoratorMetadata: emitDecoratorMetadata, useDefineForClassFields, react };
  const module = { type: emitDecoratorMetadata && isRequiring ? "commonjs" : "es6" };
  return (file, text) => {
    const parser = { syntax: "typescript", tsx: /x$/.test(file), decorators: true };
    const given = { filename: file, sourceMaps: true, swcrc: false, module };
    const made = transformSync(text, { ...given, jsc: { parser, transform, target: "es2022" } });
    return { code: made.code, map: JSON.parse(made.map) };
  };
}

/** By what the project says to Babel, but that ES modules stay what they are. */
function babel(from, _options, _isRequiring, dir) {
  const { transformSync } = besideJest(from)("@babel/core");
  const caller = { name: "greenloop", supportsStaticESM: true, supportsDynamicImport: true, supportsTopLevelAwait: true };
  return (file, text) => {
    const made = transformSync(text, { filename: file, cwd: dir, caller, sourceMaps: true, compact: false });
    if (!made) throw Object.assign(new Error(`Babel is told to leave ${file} alone`), { isLeftAlone: true });
    return { code: made.code, map: made.map };
  };
}

/** Newer versions of Node.js blank types out, so that everything else stays where it was. */
function built() {
  if (!stripTypeScriptTypes) return null;
  return (_file, text) => ({ code: stripTypeScriptTypes(text), map: null });
}

/** Where Jest finds Babel, if Jest is there. */
function besideJest(from) {
  return within(from, "jest", ["@jest/core", "jest-cli"], "jest-config", "babel-jest");
}

/** Babel for JavaScript that only it can read, loaded once it is needed; `null` where it is not installed. */
function openBabel(dir) {
  const from = createRequire(path.join(dir, "package.json"));
  let transform = null;
  try {
    besideJest(from).resolve("@babel/core");
  } catch {
    return null;
  }
  return (file, text) => {
    transform ??= babel(from, {}, true, dir);
    return transform(file, text);
  };
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

module.exports = { openBabel, openTransform, segments };
