// A module system of ours: each registry loads the project's files anew, with other texts for some, and shares
// everything else with all registries.
"use strict";

const fs = require("fs");
const path = require("path");
const vm = require("vm");
const { createRequire } = require("module");
const { fileURLToPath, pathToFileURL } = require("url");
const { isModuleNamespaceObject } = require("util").types;
const { COMMONJS, OWN, merge, mixed, offered, whole } = require("./commonjs.cjs");
const { isBuiltin } = require("./files.cjs");
const { Mocks, hoisted } = require("./mocks.cjs");
const { Types } = require("./types.cjs");

/** Why a package can only be imported. */
const ONLY_IMPORTED = ["ERR_REQUIRE_ESM", "ERR_REQUIRE_ASYNC_MODULE", "ERR_PACKAGE_PATH_NOT_EXPORTED"];
/** What every function has. */
const OF_FUNCTIONS = ["length", "name", "prototype", "arguments", "caller"];

/** For names of types that cannot be told from values before linking. */
const RELINKS_MAX = 200;

/** What is not of the project, by specifier and folder: modules that all registries share. */
class Outside {
  /** `now()` are the tests of the file that is loaded. */
  constructor({ modules, imitate, redirect }, files, now) {
    this.replaced = modules;
    this.imitate = imitate;
    this.redirect = redirect;
    this.files = files;
    this.now = now;
    this.known = new Map();
    this.places = new Map();
    // By places: what was set for the tests while something was loaded.
    this.hooks = new Map();
  }

  require(specifier, from) {
    if (this.replaced.has(specifier)) return this.replaced.get(specifier);
    const load = createRequire(from);
    if (isBuiltin(specifier)) return load(specifier);
    const key = `${specifier}\n${path.dirname(from)}`;
    if (!this.places.has(key)) this.places.set(key, load.resolve(specifier));
    return this.loaded(this.places.get(key), () => load(specifier));
  }

  /** Loads something; what it sets for the tests when it is loaded first is set for those of each file. */
  loaded(place, load) {
    const { hooks } = this.now();
    const n = hooks.length;
    const value = load();
    this.keep(place, n);
    return value;
  }

  /** Sets for the tests what was set when something was loaded first, after which there are more than `n` hooks. */
  keep(place, n) {
    const tests = this.now();
    if (this.hooks.has(place)) tests.adopt(this.hooks.get(place));
    else this.hooks.set(place, tests.hooks.slice(n));
  }

  async module(specifier, from) {
    const isEverywhere = this.replaced.has(specifier) || isBuiltin(specifier);
    const key = isEverywhere ? specifier : [specifier, path.dirname(from), this.files.isRequiring(from)].join("\n");
    if (!this.known.has(key)) this.known.set(key, await this._module(specifier, from));
    const { module, place } = this.known.get(key);
    if (place) this.keep(place, 0);
    return module;
  }

  async _module(specifier, from) {
    if (this.replaced.has(specifier)) return { module: synthetic(this.replaced.get(specifier), specifier) };
    if (isBuiltin(specifier)) return { module: synthetic(require(specifier), specifier) };
    if (this.files.isRequiring(from)) {
      try {
        const value = this.require(specifier, from);
        return { module: synthetic(value, specifier), place: this.places.get(`${specifier}\n${path.dirname(from)}`) };
      } catch (error) {
        if (!ONLY_IMPORTED.includes(error?.code)) throw error;
      }
    }
    const place = await placeOf(specifier, from);
    return { module: synthetic(await this.imported(place), specifier), place };
  }

  async imported(place) {
    if (this.redirect && knows(place, this.files.framework)) {
      this.redirect();
      this.redirect = null;
    }
    const n = this.now().hooks.length;
    const value = await import(place);
    this.keep(place, n);
    return value;
  }
}

/** Whether the package that a file is of names another one. */
function knows(place, name) {
  const [, folder] = /^file:\/\/(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(place) ?? [];
  try {
    return folder !== undefined && fs.readFileSync(path.join(decodeURIComponent(folder), "package.json"), "utf8").includes(`"${name}"`);
  } catch {
    return false;
  }
}

/** Where a package is that a file of the project imports. */
async function placeOf(specifier, from) {
  if (/^\.{0,2}\//.test(specifier)) return pathToFileURL(path.resolve(path.dirname(from), specifier)).href;
  const { resolve } = await import(pathToFileURL(path.join(__dirname, "resolve.mjs")).href);
  return resolve(specifier, pathToFileURL(from).href);
}

/** An ES module that exports what `value` has, which may be a module itself. */
function synthetic(value, name, isModule = isModuleNamespaceObject(value)) {
  const all = namesOf(value);
  return new vm.SyntheticModule(["default", ...all], function () {
    for (const key of all) {
      try {
        this.setExport(key, value[key]);
      } catch {
        // It is there to say that it is no more.
      }
    }
    const isInner = isModule || (isObject(value) && value.__esModule && "default" in value);
    this.setExport("default", isInner ? value.default : value);
  }, { identifier: `outside:${name}` });
}

function isObject(value) {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** What a value has that can be imported by its name; of functions too what is hidden, but for what is computed when asked. */
function namesOf(value) {
  if (!isObject(value)) return [];
  const names = new Set(Object.keys(value));
  const hidden = typeof value === "function" ? Object.entries(Object.getOwnPropertyDescriptors(value)) : [];
  for (const [key, was] of hidden) if ("value" in was && !OF_FUNCTIONS.includes(key)) names.add(key);
  names.delete("default");
  return [...names];
}

class Registry {
  /** `overlay` has other texts of files. */
  constructor(files, outside, overlay) {
    this.files = files;
    this.outside = outside;
    this.overlay = overlay;
    // What other texts lack says nothing of the project's own.
    this.types = overlay.size > 0 ? new Types(files, overlay, files.types.left) : files.types;
    this.esm = new Map();
    this.cjs = new Map();
    this.ready = new Map();
    // Of files that mix both: what they export with ES syntax alone, and what they see of CommonJS.
    this.own = new Map();
    this.seen = new Map();
    this.unlinked = new Set();
    // All that was ever loaded or linked.
    this.touched = new Set();
    // Whether what was loaded before is to be loaded anew.
    this.isForgotten = false;
    // Whether any file may wait for something before it is loaded.
    this.mayWait = false;
    this.mocks = new Mocks(this, outside.imitate);
    // Node.js 20 keeps the functions that belong to a module for ever, and with them what they refer to.
    this.weak = new WeakRef(this);
  }

  /** Has what is loaded from now on loaded anew. */
  forget() {
    this.isForgotten = true;
    for (const known of [this.esm, this.cjs, this.own, this.seen]) known.clear();
  }

  /** Has what `work` requires be loaded for it alone. */
  isolated(work) {
    const { cjs, isForgotten } = this;
    Object.assign(this, { cjs: new Map(), isForgotten: true });
    try {
      work();
    } finally {
      Object.assign(this, { cjs, isForgotten });
    }
  }

  code(file) {
    const text = this.overlay.get(file);
    return this.files.code(file, text === undefined ? this.files.text(file) : text);
  }

  /** The code of a file with its mocks before everything else. */
  arranged(file, isEsm) {
    const { arranged } = this.files;
    const arrange = () => hoisted(this.code(file).replace(/^#!/, "//"), isEsm);
    if (this.overlay.has(file)) return arrange();
    if (!arranged.has(file)) arranged.set(file, arrange());
    return arranged.get(file);
  }

  /** Links what files require, with ES syntax, before any of them is loaded: `require` cannot wait. */
  async prepare(files) {
    const own = files.filter((file) => this.files.isOwn(file));
    const required = [...new Set(own.flatMap((file) => this.files.commonJs.requiredBy(file)))];
    for (let at = 0; at < required.length; at++) {
      if (await this.isLinked(required[at])) continue;
      // Without it all begins anew: others may hang on what it left half done.
      for (const known of [this.esm, this.cjs, this.ready, this.own, this.seen]) known.clear();
      at = -1;
    }
  }

  /** Does what loading a file needs to have done before. */
  async open(file) {
    if (this.files.isOwn(file) && this.files.isEsm(file)) this.ready.set(file, await this.linked(file));
  }

  /** Links what may be required, if that has not been tried; what cannot be linked may never be required. */
  async isLinked(file) {
    if (this.ready.has(file) || this.unlinked.has(file)) return true;
    try {
      this.ready.set(file, await this.linked(file));
      return true;
    } catch {
      this.unlinked.add(file);
      return false;
    }
  }

  async linked(file) {
    return this.linkedBy(() => this.module(file));
  }

  /** Links what `find` gives, anew without names of types that nothing exports. */
  async linkedBy(find) {
    for (let n = 0; ; n++) {
      const module = await find();
      if (module.status !== "unlinked") return module;
      try {
        await module.link((specifier, from) => this.link(specifier, from.identifier));
        return module;
      } catch (error) {
        if (n >= RELINKS_MAX || !this.types.leaveOut(error, this.touched)) throw error;
        await this.unlink();
      }
    }
  }

  /** Has linked anew what is not loaded yet. */
  async unlink() {
    const isLoaded = ({ status }) => status === "evaluating" || status === "evaluated" || status === "errored";
    for (const known of [this.esm, this.own]) {
      for (const [file, made] of known) if (!isLoaded(await Promise.resolve(made).catch(() => ({})))) known.delete(file);
    }
    const ready = [...this.ready].filter(([, module]) => !isLoaded(module)).map(([file]) => file);
    for (const file of ready) this.ready.delete(file);
    for (const file of ready) await this.isLinked(file);
  }

  /** Loads a file that is prepared, and yields the promise of one that waits for something. */
  *load(file) {
    if (!this.files.isEsm(file)) return this.require(file);
    const module = this.ready.get(file);
    const evaluated = module.evaluate();
    if (module.status === "errored") {
      evaluated.catch(() => {});
      throw module.error;
    }
    // What waits for something counts as evaluated all the same.
    if (this.mayWait || module.status !== "evaluated") yield evaluated;
    return module.namespace;
  }

  link(specifier, identifier) {
    const from = fileURLToPath(identifier);
    if (specifier === OWN) return this.own.get(from);
    if (specifier === COMMONJS) return this.seenBy(from).offered;
    const mock = this.mocks.find(specifier, from);
    // What stands in may need itself what it stands for.
    if (mock?.standIn) return this.module(mock.standIn);
    return mock ? this.mocked(mock) : this.real(specifier, from);
  }

  real(specifier, from) {
    const file = this.files.find(specifier, from);
    return file ? this.module(file) : this.outside.module(this.files.names.real(specifier), from);
  }

  async mocked(mock) {
    const value = await this.mocks.imported(mock);
    const isModule = this.files.framework === "vitest" || mock.isModule || isModuleNamespaceObject(value);
    mock.module ??= synthetic(value, mock.specifier, isModule);
    return mock.module;
  }

  async module(file) {
    this.touched.add(file);
    if (!this.esm.has(file)) this.esm.set(file, this._module(file));
    return this.esm.get(file);
  }

  async _module(file) {
    if (!this.files.isEsm(file)) return synthetic(this.require(file), file);
    const names = this.files.commonJs.exportedBy(file);
    if (!names) return this.compiled(file);
    this.own.set(file, this.compiled(file));
    return whole(file, names);
  }

  compiled(file) {
    const url = pathToFileURL(file).href;
    const code = this.types.without(file, this.arranged(file, true));
    this.mayWait ||= /\bawait\b/.test(code);
    // Where code was kept, Node.js 20 knows nothing of how it imports what it comes to later.
    const isKept = !this.overlay.has(file) && !this.types.isOf(file) && !/\bimport\s*\(/.test(code);
    const { files, weak } = this;
    const made = new vm.SourceTextModule(mixed(code, files.commonJs.lackedBy(file)), {
      identifier: url,
      cachedData: isKept ? this.files.compiled.get(file) : undefined,
      initializeImportMeta: (meta) => {
        meta.url = url;
        meta.filename = file;
        meta.dirname = path.dirname(file);
        meta.resolve = (specifier) => {
          const found = files.find(specifier, file);
          return found ? pathToFileURL(found).href : specifier;
        };
        meta.env = files.framework === "vitest" ? VITE_ENV : process.env;
      },
      importModuleDynamically: (specifier) => alive(weak).import(specifier, url),
    });
    if (isKept && !this.files.compiled.has(file)) this.files.compiled.set(file, made.createCachedData());
    return made;
  }

  async import(specifier, url) {
    const file = this.files.find(specifier, fileURLToPath(url));
    for (const one of file ? this.files.commonJs.requiredBy(file) : []) await this.isLinked(one);
    return this.evaluated(() => this.link(specifier, url));
  }

  async evaluated(find) {
    const module = await this.linkedBy(find);
    if (module.status !== "evaluated") await module.evaluate();
    return module;
  }

  /** What `import` gives, whatever is given in its place. */
  async importReal(specifier, from) {
    return (await this.evaluated(() => this.real(specifier, from))).namespace;
  }

  require(file) {
    this.touched.add(file);
    const known = this.cjs.get(file);
    if (known) return known.exports;
    const module = moduleFor(file);
    this.cjs.set(file, module);
    if (file.endsWith(".json")) {
      module.exports = JSON.parse(this.overlay.get(file) ?? this.files.text(file));
      return module.exports;
    }
    const standIn = this.files.standIn(file);
    if (standIn !== undefined) return (module.exports = standIn);
    const names = ["exports", "require", "module", "__filename", "__dirname"];
    const own = this.requireOf(file);
    const { weak } = this;
    const code = this.arranged(file, false);
    const run = vm.compileFunction(code, names, {
      filename: file,
      importModuleDynamically: (specifier) => alive(weak).import(specifier, pathToFileURL(file).href),
    });
    run.call(module.exports, module.exports, own, module, file, path.dirname(file));
    module.loaded = true;
    return module.exports;
  }

  /**
   * What a file with ES syntax sees of CommonJS: its `module`, all of it as a module to import it from, what it exports
   * things with at first, and whether that has what it exports with ES syntax.
   */
  seenBy(file) {
    if (!this.seen.has(file)) {
      const module = moduleFor(file);
      const { exports } = module;
      const { weak } = this;
      const values = () => ({ require: alive(weak).requireOf(file), module, exports, __filename: file, __dirname: path.dirname(file) });
      this.seen.set(file, { module, offered: offered(file, values), exports, isMerged: false });
    }
    return this.seen.get(file);
  }

  /** What `require` gives for a file with ES syntax that is prepared. */
  requireEsm(file) {
    if (this.isForgotten) throw new Error("what is required and has ES syntax is loaded once");
    const seen = this.seenBy(file);
    const module = this.ready.get(file);
    if (module.status === "linked") module.evaluate().catch(() => {});
    if (module.status === "errored") throw module.error;
    if (!seen.isMerged) {
      seen.isMerged = true;
      merge(seen.exports, (this.own.get(file) ?? module).namespace);
    }
    return seen.module.exports;
  }

  requireFrom(specifier, from) {
    const mock = this.mocks.find(specifier, from);
    return mock ? this.mocks.required(mock) : this.requireReal(specifier, from);
  }

  requireReal(specifier, from) {
    const file = this.files.find(specifier, from);
    if (file && !this.files.isEsm(file)) return this.require(file);
    if (file && this.ready.has(file)) return this.requireEsm(file);
    return this.outside.require(this.files.names.real(specifier), from);
  }

  requireOf(from) {
    const real = createRequire(from);
    const { files, weak } = this;
    const own = (specifier) => alive(weak).requireFrom(specifier, from);
    own.resolve = (specifier) => files.find(specifier, from) || real.resolve(specifier);
    own.cache = {};
    own.main = undefined;
    return own;
  }
}

/** What of the environment is no text in Vitest. */
const FLAGS = ["DEV", "PROD", "SSR"];
const VITE_ENV = new Proxy(process.env, {
  get: (env, name) => (FLAGS.includes(name) ? Boolean(env[name]) : env[name]),
  set(env, name, value) {
    env[name] = FLAGS.includes(name) ? (value ? "1" : "") : value;
    return true;
  },
});

function moduleFor(file) {
  return { exports: {}, filename: file, id: file, loaded: false, children: [], paths: [] };
}

function alive(weak) {
  const registry = weak.deref();
  if (!registry) throw new Error("its run is over");
  return registry;
}

const CALL = new vm.Script("globalThis[Symbol.for('greenloop.call')]()");

const AGAIN_MS = 3;

/**
 * Calls a function that is ended after `timeout` milliseconds, however deep it is in a loop. Node.js swallows that where it
 * notes that a promise is rejected: it is done `nAgain` times more, a little later each.
 */
function within(timeout, call, nAgain = 0) {
  if (nAgain > 0) return within(timeout + nAgain * AGAIN_MS, () => within(timeout, call, nAgain - 1));
  let value;
  globalThis[Symbol.for("greenloop.call")] = () => {
    delete globalThis[Symbol.for("greenloop.call")];
    value = call();
  };
  CALL.runInThisContext({ timeout: Math.ceil(timeout) });
  return value;
}

module.exports = { FLAGS, ONLY_IMPORTED, Outside, Registry, within };
