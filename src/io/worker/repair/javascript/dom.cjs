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
    this.old = [];
  }

  /** Has the globals be what a file of tests wants, by its text; whether they have changed. */
  enter(text) {
    const name = SAYS.exec(text.slice(0, HEAD_CHARS))?.[1] ?? this.name;
    const kind = Object.keys(OPEN).find((one) => path.relative(this.dir, name).includes(one)) ?? "node";
    if (kind === this.kind) return false;
    this.leave();
    this.kind = kind;
    if (kind === "node") return true;
    if (!this.opened.has(kind)) this.opened.set(kind, OPEN[kind](this.from(name), this.url));
    this.populate(this.opened.get(kind));
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

  populate({ window, inner = [] }) {
    const builtin = new Set(vm.runInNewContext("Object.getOwnPropertyNames(globalThis)"));
    const names = new Set([...namesOf(window), ...inner, ...SELF].filter((name) => !builtin.has(name) && !KEPT.includes(name)));
    for (const name of names) {
      this.old.push([name, Object.getOwnPropertyDescriptor(globalThis, name)]);
      define(name, SELF.includes(name) ? () => globalThis : getter(window, name));
    }
  }

  leave() {
    for (const [name, was] of this.old.splice(0)) {
      if (was) Object.defineProperty(globalThis, name, was);
      else delete globalThis[name];
    }
  }

  /** Has the document be as it was at first, but for styles, which packages write once. */
  reset() {
    const { window, clear } = this.opened.get(this.kind) ?? {};
    if (!window) return;
    const { document } = window;
    for (const one of [...(document.head?.children ?? [])]) if (one.localName !== "style") one.remove();
    document.body?.replaceChildren();
    for (const element of [document.documentElement, document.head, document.body]) {
      for (const name of element?.getAttributeNames() ?? []) element.removeAttribute(name);
    }
    for (const storage of [window.localStorage, window.sessionStorage]) storage?.clear();
    clear(this.url);
  }
}

/** Names of all that an object has, of itself or not. */
function namesOf(object) {
  const names = [];
  for (let at = object; at && Object.getPrototypeOf(at); at = Object.getPrototypeOf(at)) names.push(...Object.getOwnPropertyNames(at));
  return names.filter((name) => name !== "constructor");
}

/** What gives something of a window; its functions belong to it, its classes do not. */
function getter(window, name) {
  const value = window[name];
  const bound = typeof value === "function" && /^[a-z]/.test(name) ? value.bind(window) : null;
  return () => bound ?? window[name];
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
