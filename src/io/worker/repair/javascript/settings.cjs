// Finds out what the project's configuration says of modules and of what tests find, by what reads it for the project's runner,
// and keeps it.
"use strict";

const { spawnSync } = require("child_process");
const fs = require("fs");
const { builtinModules, createRequire } = require("module");
const path = require("path");
const { pathIn, projectOf } = require("./names.cjs");
const { within } = require("./packages.cjs");

const WALL_MS = 20_000;
const TSCONFIGS_MAX = 20;
const FOLDERS_MAX = 5_000;
/** What Jest finds where nothing else is said. */
const EXTENSIONS = ["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "json", "node"];
/** What of a compiler's options changes what code does. */
const COMPILER = ["target", "jsx", "jsxImportSource", "jsxFactory", "jsxFragmentFactory", "esModuleInterop"];
COMPILER.push("experimentalDecorators", "emitDecoratorMetadata", "useDefineForClassFields");
const NOTHING = { names: [], paths: [], setup: [], compiler: {}, environment: {}, resets: [], projects: [], manual: [] };
/** Where projects of Vitest stood before they had a place in its configuration. */
const WORKSPACES = /^vitest\.(workspace|projects)\.[cm]?[jt]s(on)?$/;

const fileIn = (scratch) => path.join(scratch, "settings.json");

/** Has them found by a process of its own, as readers of configurations stay in memory. */
function find(order, { scratch }) {
  if (fs.existsSync(fileIn(scratch))) return;
  // For a reader that does not end.
  fs.writeFileSync(fileIn(scratch), JSON.stringify(NOTHING));
  spawnSync(process.execPath, [__filename, order], { stdio: "ignore", timeout: WALL_MS, killSignal: "SIGKILL" });
}

/**
 * What was found: `names` are `[find, to]`, where `find` is a name, whole or before a slash, or the source of a regular
 * expression and its flags; `paths` are `[pattern, targets]` as in `tsconfig.json`, with whole paths; `setup` are files that are
 * loaded before each file of tests; `compiler` are options of TypeScript; `environment` has what stands for a browser, its
 * `name` or file, and the `url` it is at; `resets` are what becomes of mocks before each test; `projects` are the names of
 * those that the configuration is of, where there are several: all else is of the one whose test is the first to fail;
 * `manual` are packages and the files that stand for them.
 */
function read({ scratch }) {
  try {
    return { ...NOTHING, ...JSON.parse(fs.readFileSync(fileIn(scratch), "utf8")) };
  } catch {
    return NOTHING;
  }
}

/** The value of an option among a check's words. */
function option(args, ...names) {
  for (const [at, word] of args.entries()) {
    for (const name of names) {
      if (word === name) return args[at + 1];
      if (word.startsWith(`${name}=`)) return word.slice(name.length + 1);
    }
  }
  return undefined;
}

async function vitest(from, dir, args, _found, test) {
  const { createVitest, resolveConfig } = await import(from.resolve("vitest/node"));
  const config = option(args, "--config", "-c");
  const root = path.resolve(dir, option(args, "--root", "-r") ?? ".");
  const options = { root, config, watch: false, run: true };
  const { viteConfig, vitestConfig } = await resolveConfig(options);
  const isSplit = vitestConfig.projects || vitestConfig.workspace || fs.readdirSync(root).some((name) => WORKSPACES.test(name));
  const whole = ofVitest(viteConfig, vitestConfig);
  if (!isSplit) return whole;
  try {
    const { projects } = await createVitest("test", options);
    const named = projects.map((project) => [project.name ?? project.getName(), project]);
    // The only one is not named.
    const names = named.length > 1 ? named.map(([name]) => name) : [];
    const own = projectOf(test, names);
    const [, one] = named.find(([name]) => name === own) ?? named[0];
    return { ...ofVitest((one.vite ?? one.server).config, one.config), projects: names };
  } catch {
    return whole;
  }
}

function ofVitest(viteConfig, vitestConfig) {
  const isOwn = ({ replacement }) => typeof replacement === "string" && !replacement.startsWith("/@fs/");
  const names = viteConfig.resolve.alias.filter(isOwn).map(({ find, replacement }) => {
    return [find instanceof RegExp ? { source: find.source, flags: find.flags } : find, replacement];
  });
  const { environment: name, environmentOptions: options, setupFiles: setup = [] } = vitestConfig;
  const environment = { name, url: options?.[name === "happy-dom" ? "happyDOM" : name]?.url ?? "http://localhost:3000" };
  const { jsx, jsxImportSource } = viteConfig.esbuild || viteConfig.oxc?.jsx || {};
  const isAutomatic = jsx === "automatic" || viteConfig.oxc?.jsx?.runtime === "automatic";
  const compiler = isAutomatic ? { jsx: "react-jsx", jsxImportSource: jsxImportSource ?? viteConfig.oxc?.jsx?.importSource } : {};
  return { names, setup, compiler, environment, resets: resets(vitestConfig) };
}

async function jest(from, dir, args, _found, test) {
  const { readConfig, readConfigs } = within(from, "jest", ["@jest/core", "jest-cli"])("jest-config");
  const argv = { _: [], $0: "jest", config: option(args, "--config", "-c") };
  const { configs } = (await readConfigs?.(argv, [dir])) ?? { configs: [(await readConfig(argv, dir)).projectConfig] };
  const nameOf = ({ displayName }) => displayName?.name ?? displayName ?? "";
  const holds = ({ rootDir }) => path.resolve(dir, pathIn(test)).startsWith(path.join(rootDir, path.sep));
  const projects = configs.map(nameOf);
  const own = projectOf(test, projects);
  const [projectConfig = configs[0]] = configs
    .filter((one) => nameOf(one) === own && (own !== "" || holds(one)))
    .sort((a, b) => b.rootDir.length - a.rootDir.length);
  const { moduleNameMapper, setupFiles = [], setupFilesAfterEnv = [] } = projectConfig;
  // Before version 24.
  const { setupTestFrameworkScriptFile: only } = projectConfig;
  // The whole name is replaced, wherever the expression fits.
  const whole = (source) => ({ source: `^[^]*?(?:${source})[^]*$`, flags: "" });
  // Older versions give an empty object where nothing is said.
  const mapped = Array.isArray(moduleNameMapper) ? moduleNameMapper : Object.entries(moduleNameMapper ?? {});
  const { rootDir, roots = [rootDir] } = projectConfig;
  const names = mapped.map(([source, to]) => [whole(source), [].concat(to)[0]]);
  const { testEnvironment: name, testEnvironmentOptions, testURL = "http://localhost/" } = projectConfig;
  const environment = { name, url: testEnvironmentOptions?.url ?? testURL };
  const setup = [...setupFiles, ...setupFilesAfterEnv, ...(only ? [only] : [])];
  const isNative = [process.env.NODE_OPTIONS, ...args].some((word) => word?.includes("--experimental-vm-modules"));
  const manual = isNative ? [] : roots.flatMap((root) => manualMocks(root, projectConfig));
  return { names, setup, environment, resets: resets(projectConfig), tsconfig: tsconfigOf(projectConfig), projects, manual };
}

/** Packages whose stand-ins lie in folders of that name where Jest looks for tests: those are taken without being asked for. */
function manualMocks(root, { moduleFileExtensions = EXTENSIONS, modulePathIgnorePatterns = [] }) {
  const isSeen = (file) => {
    const isModule = moduleFileExtensions.includes(path.extname(file).slice(1));
    return isModule && !modulePathIgnorePatterns.some((pattern) => new RegExp(pattern).test(file));
  };
  const named = [];
  const folders = [{ folder: root, inner: null }];
  for (let n = 0; folders.length > 0 && n < FOLDERS_MAX; n++) {
    const { folder, inner } = folders.shift();
    for (const entry of entries(folder)) {
      const at = path.join(folder, entry.name);
      const name = inner === null ? null : path.posix.join(inner, entry.name);
      if (entry.isFile() && name !== null && isSeen(at)) {
        const bare = name.slice(0, -path.extname(name).length);
        named.push([bare, fs.realpathSync(at)]);
      }
      if (entry.isDirectory() && !/^(?:node_modules|\..*)$/.test(entry.name)) {
        folders.push({ folder: at, inner: entry.name === "__mocks__" ? "" : name });
      }
    }
  }
  const inFolders = named.filter(([name]) => name.endsWith("/index")).map(([name, at]) => [path.posix.dirname(name), at]);
  return [...inFolders, ...named].filter(([name]) => !builtinModules.includes(name));
}

/** What is in a folder; nothing where that cannot be read. */
function entries(folder) {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** What ts-jest is told to go by: a file, or options themselves; before version 29 as a global. */
function tsconfigOf({ rootDir, globals, transform = [] }) {
  const [, , options] = transform.find(([, file]) => /ts-jest/.test(file)) ?? [];
  const { tsconfig, tsConfig = tsconfig } = { ...globals?.["ts-jest"], ...options };
  if (typeof tsConfig === "object" && tsConfig !== null) return { compilerOptions: tsConfig };
  return typeof tsConfig === "string" ? path.resolve(rootDir, tsConfig.replace("<rootDir>", rootDir)) : undefined;
}

/** What becomes of mocks before each test. */
function resets({ clearMocks, mockReset, resetMocks, restoreMocks }) {
  const all = { clear: clearMocks, reset: mockReset || resetMocks, restore: restoreMocks };
  return Object.keys(all).filter((kind) => all[kind]);
}

/** What compilers and loaders of TypeScript go by: the nearest of a file, of those it extends and of those it is made of. */
function typescript(_from, dir, _args, { tsconfig }) {
  const waiting = [tsconfig ?? process.env.TS_NODE_PROJECT ?? path.join(dir, "tsconfig.json")];
  const found = { compiler: {} };
  for (let n = 0; waiting.length > 0 && n < TSCONFIGS_MAX; n++) {
    const file = waiting.shift();
    const { compilerOptions = {}, extends: bases = [], references = [], files } = typeof file === "string" ? readable(file) : file;
    if (compilerOptions.paths && !found.paths) {
      const folder = typeof file === "string" ? path.dirname(file) : dir;
      const whole = (target) => path.resolve(folder, compilerOptions.baseUrl ?? ".", target);
      found.paths = Object.entries(compilerOptions.paths).map(([pattern, targets]) => [pattern, targets.map(whole)]);
    }
    for (const name of COMPILER) if (name in compilerOptions) found.compiler[name] ??= compilerOptions[name];
    waiting.unshift(...[].concat(bases).map((name) => extended(name, file)).reverse());
    // A file that only names others, as those of Vite's templates.
    if (files?.length === 0) waiting.push(...references.map((one) => referenced(one.path, file)));
  }
  return found;
}

/** What a file says; nothing where it is not there or is no JSON. */
function readable(file) {
  try {
    return relaxed(fs.readFileSync(file, "utf8"));
  } catch {
    return {};
  }
}

/** The file of a project that another one is made of: it is named, or lies in the folder that is. */
function referenced(name, file) {
  const base = path.resolve(path.dirname(file), name);
  return base.endsWith(".json") ? base : path.join(base, "tsconfig.json");
}

function extended(name, file) {
  if (!/^[./]/.test(name)) return installed(name, file);
  const base = path.resolve(path.dirname(file), name);
  return fs.existsSync(base) ? base : `${base}.json`;
}

function installed(name, file) {
  for (const one of [name, `${name}/tsconfig.json`, `${name}.json`]) {
    try {
      return createRequire(file).resolve(one);
    } catch {
      // It has another name.
    }
  }
  return name;
}

/** JSON with comments and commas at the end. */
function relaxed(text) {
  const without = (pattern, text) => text.replace(pattern, (_, string = "") => string);
  const told = without(/("(?:\\.|[^"\\])*")|\/\/.*|\/\*[^]*?\*\//g, text);
  return JSON.parse(without(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g, told));
}

async function main(order) {
  const spec = JSON.parse(fs.readFileSync(order, "utf8"));
  const dir = process.cwd();
  const from = createRequire(path.join(dir, "package.json"));
  const found = { ...NOTHING };
  if (spec.framework === "jest" || spec.framework === "vitest") process.env.NODE_ENV ??= "test";
  for (const reader of [{ vitest, jest }[spec.framework], typescript]) {
    try {
      const { compiler, ...rest } = (await reader?.(from, dir, spec.args, found, spec.failing[0])) ?? {};
      Object.assign(found, rest, { compiler: { ...compiler, ...found.compiler } });
    } catch {
      // What cannot be read is left to the slow way.
    }
  }
  fs.writeFileSync(fileIn(spec.scratch), JSON.stringify(found));
  process.exit(0);
}

if (require.main === module) main(process.argv[2]);

module.exports = { find, read };
