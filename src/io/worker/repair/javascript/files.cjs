// The project's files: what names stand for, what they are written in, and the JavaScript that is made of them.
"use strict";

const fs = require("fs");
const path = require("path");
const vm = require("vm");
const { builtinModules, createRequire } = require("module");
const { fileURLToPath } = require("url");
const { CommonJs } = require("./commonjs.cjs");
const { openBabel, openTransform } = require("./transform.cjs");
const { Types } = require("./types.cjs");

const ENDINGS = ["", ".ts", ".tsx", ".mts", ".js", ".mjs", ".cjs", ".jsx", ".json"];
const INDEXES = ["/index.ts", "/index.tsx", "/index.js", "/index.jsx", "/index.mjs", "/index.cjs"];
const TYPED = /\.[mc]?tsx?$|\.jsx$/;
const ESM_SYNTAX = /^\s*(import\s*["'{*\w]|export\s+(default|const|let|var|function|class|async|type|interface|enum|abstract|\{|\*))/m;

const STYLE = /\.(?:css|less|s[ac]ss|styl(?:us)?|p(?:ost)?css|sss)$/;
const ASSET = /\.(?:svg|png|jpe?g|gif|webp|avif|bmp|ico|mp[34]|webm|ogg|wav|flac|aac|woff2?|eot|[ot]tf|pdf)$/;

class Files {
  /** `manual` has files that stand for packages in every test that does not say otherwise. */
  constructor(spec, names, manual) {
    this.root = fs.realpathSync(spec.root);
    this.names = names;
    this.manual = manual;
    this.framework = spec.framework;
    // Whether the runner leaves ES modules what they are.
    this.isNative = [process.env.NODE_OPTIONS, ...spec.args].some((word) => word?.includes("--experimental-vm-modules"));
    this.transform = null;
    this.babel = null;
    this.foreign = new Map();
    // By files: their code as it is loaded.
    this.arranged = new Map();
    this.requiring = new Map();
    this.commonJs = new CommonJs(this);
    this.types = new Types(this);
    this.texts = new Map();
    this.kinds = new Map();
    this.places = new Map();
    this.scripts = new Map();
    this.compiled = new Map();
  }

  /** Opens what compiles them, with options as in `tsconfig.json`. */
  async open(compiler, dir) {
    const { framework } = this;
    // Node.js itself blanks out types alone.
    const own = framework === "node-test" ? { useDefineForClassFields: true, ...compiler } : compiler;
    this.transform = await openTransform(dir, own, this.isRequiring(path.join(dir, "any.ts")));
    if (framework === "jest" || framework === "mocha") this.babel = openBabel(dir);
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
    if (!this.isForeign(file)) return text;
    if (text !== this.texts.get(file)) return this.made(file, text).code;
    if (!this.scripts.has(file)) this.scripts.set(file, this.made(file, text).code);
    return this.scripts.get(file);
  }

  /** What is made of a text that Node.js does not read, and where it came from. */
  made(file, text) {
    return TYPED.test(file) ? this.transform(file, text) : this.babel(file, text);
  }

  /** Whether a file is written in what has to be compiled. */
  isForeign(file) {
    if (TYPED.test(file)) return true;
    if (!this.babel || !file.endsWith(".js")) return false;
    if (!this.foreign.has(file)) this.foreign.set(file, this._isForeign(file));
    return this.foreign.get(file);
  }

  /** Text that Babel cannot read either may be what is wrong. */
  _isForeign(file) {
    const text = this.text(file);
    if (isJavaScript(text)) return false;
    try {
      return Boolean(this.babel(file, text));
    } catch (error) {
      return !error.isLeftAlone;
    }
  }

  /** What stands for a file that is no code, as what bundles the project gives it; `undefined` for others. */
  standIn(file) {
    if (ASSET.test(file)) return `/${path.relative(this.root, file).split(path.sep).join("/")}`;
    if (!STYLE.test(file)) return undefined;
    return /\.module\.\w+$/.test(file) ? new Proxy({}, { get: (_, name) => (typeof name === "string" ? name : undefined) }) : "";
  }

  isEsm(file) {
    if (!this.kinds.has(file)) this.kinds.set(file, this._isEsm(file));
    return this.kinds.get(file);
  }

  _isEsm(file) {
    if (/\.(cjs|cts|json)$/.test(file) || this.standIn(file) !== undefined) return false;
    if (this._isDeclared(file)) return true;
    const code = this.readable(file);
    // Imports of types alone are gone when it is compiled.
    return ESM_SYNTAX.test(code) || (TYPED.test(file) && ESM_SYNTAX.test(this.text(file)) && !/\bexports\.__esModule|"__esModule"/.test(code));
  }

  /** What is made of a file; its text where nothing can be made of it. */
  readable(file) {
    const text = this.text(file);
    try {
      return this.code(file, text);
    } catch {
      return text;
    }
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

/** Whether Node.js can read a text, as a module or as a script. */
function isJavaScript(text) {
  try {
    new vm.SourceTextModule(text);
    return true;
  } catch {
    try {
      vm.compileFunction(text.replace(/^#!/, "//"));
      return true;
    } catch {
      return false;
    }
  }
}

module.exports = { Files, isBuiltin };
