// What a browser has, for tests that want it, by what their runner takes it from.
"use strict";

const { createRequire } = require("module");
const path = require("path");
const vm = require("vm");

/** How a file of tests says what it wants, before anything else. */
const SAYS = /@(?:jest|vitest)-environment\s+([\w@./-]+)/;
const HEAD_CHARS = 1000;
/** What of Node.js stays where a browser has it too: tests have it watched, or it does the same. */
const KEPT = ["console", "crypto", "fetch", "globalThis", "performance", "process", "queueMicrotask", "structuredClone"];
KEPT.push("setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "clearImmediate", "Buffer");
KEPT.push("Headers", "Request", "Response", "URL", "URLSearchParams", "TextDecoder", "TextEncoder");
/** What stands for the window is the global object. */
const SELF = ["window", "self", "top", "parent", "frames"];
const OPEN = { jsdom, "happy-dom": happyDom };

class Dom {
  /** `name` is that of an environment or its file, `url` where the tests are. */
  constructor({ name = "node", url }, dir) {
    Object.assign(this, { name, url, dir });
    this.kind = "node";
    this.opened = new Map();
    // What globals were, by their names.
    this.old = [];
  }

  /** Has the globals be what a file of tests wants, by its text; whether they have changed. */
  enter(text) {
    const said = SAYS.exec(text.slice(0, HEAD_CHARS))?.[1];
    const name = said ?? this.name;
    const kind = Object.keys(OPEN).find((one) => path.relative(this.dir, name).includes(one)) ?? "node";
    if (kind === this.kind) return false;
    this.leave();
    if (kind === "node") return true;
    try {
      if (!this.opened.has(kind)) this.opened.set(kind, new Page(OPEN[kind](this.from(name), this.url), this.url));
      this.populate(this.opened.get(kind));
      this.kind = kind;
    } catch (error) {
      this.leave();
      // What older versions of Jest have where nothing is said may not be there, nor wanted.
      if (said) throw error;
    }
    return true;
  }

  /** Where an environment finds what it is made of. */
  from(name) {
    const own = createRequire(path.join(this.dir, "package.json"));
    for (const one of [name, `jest-environment-${name}`]) {
      try {
        return createRequire(own.resolve(one));
      } catch {
        // It is no module.
      }
    }
    return own;
  }

  populate(page) {
    const builtin = new Set(vm.runInNewContext("Object.getOwnPropertyNames(globalThis)"));
    const names = new Set([...page.names(), ...SELF].filter((name) => !builtin.has(name) && !KEPT.includes(name)));
    for (const name of names) {
      this.old.push([name, Object.getOwnPropertyDescriptor(globalThis, name)]);
      define(name, SELF.includes(name) ? () => globalThis : page.getter(name));
    }
  }

  leave() {
    this.kind = "node";
    for (const [name, was] of this.old.splice(0)) {
      if (was) Reflect.defineProperty(globalThis, name, was);
      else Reflect.deleteProperty(globalThis, name);
    }
  }

  /** Has the document be as it was at first; whether the globals have changed for that. */
  reset() {
    const page = this.opened.get(this.kind);
    if (!page || page.reset()) return false;
    this.opened.delete(this.kind);
    this.leave();
    return true;
  }
}

/** A window that several runs have after each other. */
class Page {
  /** `clear` has it be at a URL without cookies; `inner` are names that the window does not list. */
  constructor({ window, inner = [], clear }, url) {
    Object.assign(this, { window, inner, clear, url });
    this.frames = new Set();
    this.listeners = [];
    // Whether something was done that cannot be undone.
    this.isSpoiled = false;
    for (const target of [window, window.document]) this.watch(target);
    const { customElements } = window;
    const define = customElements?.define;
    if (!define) return;
    customElements.define = (...args) => {
      this.isSpoiled ||= !isOfPackage(new Error().stack);
      return define.apply(customElements, args);
    };
  }

  /** Notes what listens to a target, but for packages, which begin to do so once. */
  watch(target) {
    const add = target.addEventListener;
    target.addEventListener = (...args) => {
      if (!isOfPackage(new Error().stack)) this.listeners.push([target, ...args]);
      return add.apply(target, args);
    };
  }

  names() {
    return [...namesOf(this.window), ...this.inner];
  }

  /** What gives something of the window; its functions belong to it, its classes do not. */
  getter(name) {
    const { window } = this;
    if (name === "requestAnimationFrame") return () => this.frame;
    const value = guarded(() => window[name]);
    const bound = typeof value === "function" && /^[a-z]/.test(name) ? value.bind(window) : null;
    return () => bound ?? window[name];
  }

  frame = (work) => {
    const id = this.window.requestAnimationFrame(work);
    this.frames.add(id);
    return id;
  };

  /** Whether everything is as it was at first, but for styles of packages, which write them once. */
  reset() {
    try {
      this.empty();
      return !this.isSpoiled;
    } catch {
      return false;
    }
  }

  empty() {
    const { window } = this;
    const { document } = window;
    for (const id of this.frames) window.cancelAnimationFrame(id);
    this.frames.clear();
    for (const [target, ...args] of this.listeners.splice(0)) target.removeEventListener(...args);
    for (const one of [...document.head.childNodes]) if (one.localName !== "style") one.remove();
    for (const one of [...document.body.childNodes]) one.remove();
    for (const element of [document.documentElement, document.head, document.body]) {
      for (const { name } of [...element.attributes]) element.removeAttribute(name);
    }
    for (const name of ["localStorage", "sessionStorage"]) guarded(() => window[name]?.clear());
    this.clear(this.url);
  }
}

/** Whether what is at the second place of a stack, after ourselves, belongs to a package. */
function isOfPackage(stack) {
  return /node_modules/.test(String(stack).split("\n")[2] ?? "");
}

/** What `get` gives; nothing where that is refused, as storages are where a window has no address. */
function guarded(get) {
  try {
    return get();
  } catch {
    return undefined;
  }
}

/** Names of all that an object has, of itself or not. */
function namesOf(object) {
  const names = [];
  for (let at = object; at && Object.getPrototypeOf(at); at = Object.getPrototypeOf(at)) names.push(...Object.getOwnPropertyNames(at));
  return names.filter((name) => name !== "constructor");
}

/** Makes a global of something that stays as it is until something else is assigned. */
function define(name, get) {
  const set = (value) => Object.defineProperty(globalThis, name, { value, configurable: true, enumerable: true, writable: true });
  Object.defineProperty(globalThis, name, { get, set, configurable: true, enumerable: true });
}

function jsdom(from, url) {
  const { JSDOM } = from("jsdom");
  const dom = new JSDOM("<!DOCTYPE html>", { url, pretendToBeVisual: true, runScripts: "dangerously" });
  const clear = (to) => {
    dom.cookieJar.removeAllCookiesSync();
    dom.reconfigure({ url: to });
  };
  // Where scripts may run, a window does not list its classes.
  const { window: plain } = new JSDOM("");
  const inner = Object.getOwnPropertyNames(plain);
  plain.close();
  return { window: dom.window, inner, clear };
}

function happyDom(from, url) {
  const { GlobalWindow, Window } = from("happy-dom");
  const window = new (GlobalWindow ?? Window)({ url });
  return { window, clear: (to) => window.happyDOM?.setURL?.(to) };
}

module.exports = { Dom };
