// A module system of ours: each registry loads the project's files anew, with other texts for some, and shares
// everything else with all registries.
"use strict";

const fs = require("fs");
const path = require("path");
const vm = require("vm");
const { builtinModules, createRequire } = require("module");
const { fileURLToPath, pathToFileURL } = require("url");
const { isModuleNamespaceObject } = require("util").types;
const { COMMONJS, CommonJs, OWN, merge, mixed, offered, whole } = require("./commonjs.cjs");

const ENDINGS = ["", ".ts", ".tsx", ".mts", ".js", ".mjs", ".cjs", ".jsx", ".json"];
const INDEXES = ["/index.ts", "/index.tsx", "/index.js", "/index.mjs", "/index.cjs"];
const TYPED = /\.[mc]?tsx?$|\.jsx$/;
/** Why a package can only be imported. */
const ONLY_IMPORTED = ["ERR_REQUIRE_ESM", "ERR_REQUIRE_ASYNC_MODULE", "ERR_PACKAGE_PATH_NOT_EXPORTED"];
/** What every function has. */
const OF_FUNCTIONS = ["length", "name", "prototype", "arguments", "caller"];
const ESM_SYNTAX = /^\s*(import\s*["'{*\w]|export\s+(default|const|let|var|function|class|async|type|interface|enum|abstract|\{|\*))/m;

class Files {
  constructor(spec, transform, names) {
    this.root = fs.realpathSync(spec.root);
    this.transform = transform;
    this.names = names;
    this.framework = spec.framework;
    // Whether the runner leaves ES modules what they are.
    this.isNative = [process.env.NODE_OPTIONS, ...spec.args].some((word) => word?.includes("--experimental-vm-modules"));
    this.requiring = new Map();
    this.commonJs = new CommonJs(this);
    this.texts = new Map();
    this.kinds = new Map();
    this.places = new Map();
    this.scripts = new Map();
    this.compiled = new Map();
  }

  /** Whether a file is loaded anew by each registry. */
  isOwn(file) {
    return file.startsWith(this.root + path.sep) && !file.includes(`${path.sep}node_modules${path.sep}`);
  }

  text(file) {
    if (!this.texts.has(file)) this.texts.set(file, fs.readFileSync(file, "utf8"));
    return this.texts.get(file);
  }

  /** JavaScript for a file's text; throws what is wrong with it. */
  code(file, text) {
    if (!TYPED.test(file)) return text;
    if (text !== this.texts.get(file)) return this.transform(file, text).code;
    if (!this.scripts.has(file)) this.scripts.set(file, this.transform(file, text).code);
    return this.scripts.get(file);
  }

  isEsm(file) {
    if (!this.kinds.has(file)) this.kinds.set(file, this._isEsm(file));
    return this.kinds.get(file);
  }

  _isEsm(file) {
    if (/\.(cjs|cts|json)$/.test(file)) return false;
    return this._isDeclared(file) || ESM_SYNTAX.test(this.text(file));
  }

  /** Whether its name or its package says that a file is an ES module. */
  _isDeclared(file) {
    return /\.(mjs|mts)$/.test(file) || (/\.js$/.test(file) && this._type(path.dirname(file)) === "module");
  }

  /** Whether a file with ES syntax may use what CommonJS has: whatever runs it turns it into that first. */
  mayMix(file) {
    return this.framework === "vitest" || !this._isDeclared(file);
  }

  /** Whether whatever runs a file turns what it imports into what it requires. */
  isRequiring(file) {
    if (!this.requiring.has(file)) this.requiring.set(file, this._isRequiring(file));
    return this.requiring.get(file);
  }

  _isRequiring(file) {
    if (/\.m[jt]s$/.test(file)) return false;
    if (this.framework === "jest") return !this.isNative;
    return this.framework === "mocha" && TYPED.test(file) && this._type(path.dirname(file)) !== "module";
  }

  _type(folder) {
    for (let at = folder; ; at = path.dirname(at)) {
      const manifest = path.join(at, "package.json");
      if (fs.existsSync(manifest)) return JSON.parse(fs.readFileSync(manifest, "utf8")).type;
      if (at === path.dirname(at) || !at.startsWith(this.root)) return undefined;
    }
  }

  /** The file of the project that a specifier names; `null` for everything else. */
  find(specifier, from) {
    specifier = this.names.real(specifier);
    const key = `${specifier}\n${path.dirname(from)}`;
    if (!this.places.has(key)) this.places.set(key, this._find(specifier, from));
    return this.places.get(key);
  }

  _find(specifier, from) {
    if (specifier.startsWith("file:")) return this._existing(fileURLToPath(specifier.replace(/[?#].*$/, "")));
    if (/^\.{0,2}\//.test(specifier) || specifier === "." || specifier === "..") {
      return this._existing(path.resolve(path.dirname(from), specifier.replace(/\?.*$/, "")));
    }
    if (isBuiltin(specifier)) return null;
    try {
      // A package may lie in the project, or be the project itself.
      const file = createRequire(from).resolve(specifier);
      return path.isAbsolute(file) && this.isOwn(fs.realpathSync(file)) ? fs.realpathSync(file) : null;
    } catch {
      for (const file of this.names.targets(specifier)) {
        const found = this._existing(file);
        if (found) return found;
      }
      return null;
    }
  }

  _existing(file) {
    const others = [file.replace(/\.([mc]?)js(x?)$/, ".$1ts$2"), file.replace(/\.js$/, ".tsx")];
    const all = [...ENDINGS.map((end) => file + end), ...others, ...INDEXES.map((end) => file + end)];
    const found = all.find((one) => fs.statSync(one, { throwIfNoEntry: false })?.isFile());
    if (found) return this.isOwn(fs.realpathSync(found)) ? fs.realpathSync(found) : null;
    return null;
  }
}

function isBuiltin(specifier) {
  return specifier.startsWith("node:") || builtinModules.includes(specifier);
}

/** What is not of the project, by specifier and folder: modules that all registries share. */
class Outside {
  constructor(replaced, files) {
    this.replaced = replaced;
    this.files = files;
    this.known = new Map();
  }

  require(specifier, from) {
    if (this.replaced.has(specifier)) return this.replaced.get(specifier);
    return createRequire(from)(specifier);
  }

  async module(specifier, from) {
    const isEverywhere = this.replaced.has(specifier) || isBuiltin(specifier);
    const key = isEverywhere ? specifier : [specifier, path.dirname(from), this.files.isRequiring(from)].join("\n");
    if (!this.known.has(key)) this.known.set(key, await this._module(specifier, from));
    return this.known.get(key);
  }

  async _module(specifier, from) {
    if (this.replaced.has(specifier)) return synthetic(this.replaced.get(specifier), specifier);
    if (isBuiltin(specifier)) return synthetic(require(specifier), specifier);
    if (this.files.isRequiring(from)) {
      try {
        return synthetic(this.require(specifier, from), specifier);
      } catch (error) {
        if (!ONLY_IMPORTED.includes(error?.code)) throw error;
      }
    }
    return synthetic(await importOutside(specifier, from), specifier);
  }
}

/** Imports a package as a file of the project does. */
async function importOutside(specifier, from) {
  if (/^\.{0,2}\//.test(specifier)) return import(pathToFileURL(path.resolve(path.dirname(from), specifier)).href);
  const { resolve } = await import(pathToFileURL(path.join(__dirname, "resolve.mjs")).href);
  return import(resolve(specifier, pathToFileURL(from).href));
}

/** An ES module that exports what `value` has. */
function synthetic(value, name) {
  const all = namesOf(value);
  return new vm.SyntheticModule(["default", ...all], function () {
    for (const key of all) {
      try {
        this.setExport(key, value[key]);
      } catch {
        // It is there to say that it is no more.
      }
    }
    const isInner = isModuleNamespaceObject(value) || (isObject(value) && value.__esModule && "default" in value);
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
    this.esm = new Map();
    this.cjs = new Map();
    this.ready = new Map();
    // Of files that mix both: what they export with ES syntax alone, and what they see of CommonJS.
    this.own = new Map();
    this.seen = new Map();
    this.unlinked = new Set();
    // Node.js 20 keeps the functions that belong to a module for ever, and with them what they refer to.
    this.weak = new WeakRef(this);
  }

  code(file) {
    const text = this.overlay.get(file);
    return this.files.code(file, text === undefined ? this.files.text(file) : text);
  }

  /** Does what loading files needs to have done before. */
  async prepare(files) {
    const own = files.filter((file) => this.files.isOwn(file));
    const required = [...new Set(own.flatMap((file) => this.files.commonJs.requiredBy(file)))];
    for (let at = 0; at < required.length; at++) {
      if (await this.isLinked(required[at])) continue;
      // Without it all begins anew: others may hang on what it left half done.
      for (const known of [this.esm, this.cjs, this.ready, this.own, this.seen]) known.clear();
      at = -1;
    }
    for (const file of own.filter((file) => this.files.isEsm(file))) this.ready.set(file, await this.linked(file));
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
    const module = await this.module(file);
    if (module.status === "unlinked") await module.link((specifier, from) => this.link(specifier, from.identifier));
    return module;
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
    if (module.status !== "evaluated") yield evaluated;
    return module.namespace;
  }

  link(specifier, identifier) {
    const from = fileURLToPath(identifier);
    if (specifier === OWN) return this.own.get(from);
    if (specifier === COMMONJS) return this.seenBy(from).offered;
    const file = this.files.find(specifier, from);
    return file ? this.module(file) : this.outside.module(this.files.names.real(specifier), from);
  }

  async module(file) {
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
    const code = this.code(file);
    // Where code was kept, Node.js 20 knows nothing of how it imports what it comes to later.
    const isKept = !this.overlay.has(file) && !/\bimport\s*\(/.test(code);
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
        meta.env = process.env;
      },
      importModuleDynamically: (specifier) => alive(weak).import(specifier, url),
    });
    if (isKept && !this.files.compiled.has(file)) this.files.compiled.set(file, made.createCachedData());
    return made;
  }

  async import(specifier, url) {
    const file = this.files.find(specifier, fileURLToPath(url));
    for (const one of file ? this.files.commonJs.requiredBy(file) : []) await this.isLinked(one);
    const module = await this.link(specifier, url);
    if (module.status === "unlinked") await module.link((name, from) => this.link(name, from.identifier));
    if (module.status !== "evaluated") await module.evaluate();
    return module;
  }

  require(file) {
    const known = this.cjs.get(file);
    if (known) return known.exports;
    const module = moduleFor(file);
    this.cjs.set(file, module);
    if (file.endsWith(".json")) {
      module.exports = JSON.parse(this.overlay.get(file) ?? this.files.text(file));
      return module.exports;
    }
    const names = ["exports", "require", "module", "__filename", "__dirname"];
    const own = this.requireOf(file);
    const { weak } = this;
    const run = vm.compileFunction(this.code(file).replace(/^#!/, "//"), names, {
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

module.exports = { Files, Outside, Registry, within };
