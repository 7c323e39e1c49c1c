// Names of types that files of TypeScript export from one another: what compiles one file alone cannot tell them from values, and
// runners that turn `export` into properties never miss them.
"use strict";

const LACKING = /^The requested module '([^']*)' does not provide an export named '([^']+)'$/;
const LISTED = /\b(import|export)\b\s*(?:[\w$]+\s*,\s*)?\{([^{}]*)\}(?:\s*from\s*["']([^"'\n]+)["'])?/g;
const COMMENT = /\/\*[^]*?\*\/|\/\/.*/g;
const TYPED = /\.[mc]?tsx?$/;

/** The names that are left out of one set of texts of the project's files. */
class Types {
  /** `overlay` has other texts of files, and `known` are the names that are left out without them: what it has may be there now. */
  constructor(files, overlay = new Map(), known = []) {
    this.files = files;
    this.overlay = overlay;
    const texts = [...overlay.values()];
    const isSame = ({ name }) => !texts.some((text) => text.includes(name));
    // `{ file, specifier, name }` of what nothing exports.
    this.left = [...known].filter(isSame);
  }

  /** Takes a name that could not be linked out of those that the `loaded` files export from elsewhere; whether there is any. */
  leaveOut(error, loaded) {
    const [, specifier, name] = LACKING.exec(error?.message) ?? [];
    if (error?.name !== "SyntaxError" || name === undefined || name === "default") return false;
    const isKnown = (file) => this.left.some((one) => one.file === file && one.specifier === specifier && one.name === name);
    const fresh = [...loaded].filter((file) => this.mayLack(file) && !isKnown(file) && passedOn(this.text(file), specifier).includes(name));
    for (const file of fresh) this.left.push({ file, specifier, name }, ...this.alike(file, specifier, name));
    return fresh.length > 0;
  }

  /** Other names that a file has from the same place, where they are types: what is linked anew for each takes long where there are many. */
  alike(file, specifier, name) {
    const from = this.files.find(specifier, file);
    const text = from ? this.text(from).replace(COMMENT, "") : "";
    const isType = (other) => other !== name && isTypeOf(text, other) && !mayOffer(text, other);
    return passedOn(this.text(file), specifier).filter(isType).map((other) => ({ file, specifier, name: other }));
  }

  text(file) {
    return this.overlay.get(file) ?? this.files.text(file);
  }

  /** Whether whatever runs a file does not miss what is exported and is not there. */
  mayLack(file) {
    return TYPED.test(file) && (this.files.framework === "vitest" || this.files.isRequiring(file));
  }

  isOf(file) {
    return this.left.some((one) => one.file === file);
  }

  /** Code without the names that were left out, each line of it where it was. */
  without(file, code) {
    const left = this.left.filter((one) => one.file === file);
    if (left.length === 0) return code;
    const isFrom = (from) => (part) => left.some((one) => one.specifier === from && one.name === part.name);
    const imported = [...code.matchAll(LISTED)].filter(([, kind, , from]) => kind === "import" && from);
    const own = imported.flatMap(([, , listed, from]) => parts(listed).filter(isFrom(from)).map((part) => part.as));
    return code.replace(LISTED, (whole, _kind, listed, from) => {
      const isLeft = from ? isFrom(from) : (part) => own.includes(part.name);
      const all = parts(listed);
      if (!all.some(isLeft)) return whole;
      const kept = all.map((part) => (isLeft(part) ? part.text.replace(/\S/g, " ") : part.text.trim() && `${part.text},`));
      return whole.replace(`{${listed}}`, () => `{${kept.join("")}}`);
    });
  }
}

/** The names that a text has from elsewhere and exports, at once or after importing them. */
function passedOn(text, specifier) {
  const lists = [...text.replace(COMMENT, "").matchAll(LISTED)];
  const listed = (kind, from) => lists.filter((list) => list[1] === kind && list[3] === from).flatMap(([, , list]) => parts(list));
  const own = new Set(listed("export", undefined).map(({ name }) => name));
  const imported = listed("import", specifier).filter(({ as }) => own.has(as));
  return [...new Set([...listed("export", specifier), ...imported].map(({ name }) => name).filter((name) => name !== ""))];
}

/** Whether a text without comments exports a type of that name. */
function isTypeOf(text, name) {
  return new RegExp(`\\bexport\\s+(?:declare\\s+)?(?:type|interface)\\s+${quoted(name)}(?![\\w$])`).test(text);
}

/** Whether a text without comments exports a value of that name, as far as one can see. */
function mayOffer(text, name) {
  const declared = new RegExp(`\\bexport\\s[\\w\\s]*?\\b(?:const|let|var|function|class|enum|namespace)[\\s*]+${quoted(name)}(?![\\w$])`);
  const lists = [...text.matchAll(LISTED)].filter(([, kind]) => kind === "export");
  return declared.test(text) || lists.some(([, , listed]) => parts(listed).some(({ as }) => as === name));
}

function quoted(name) {
  return name.replace(/[^\w]/g, "\\$&");
}

/** What a list names, each with what it is called here. */
function parts(listed) {
  return listed.split(",").map((text) => {
    const [name, as = name] = text.trim().replace(/^type\s+/, "").split(/\s+as\s+/);
    return { text, name, as };
  });
}

module.exports = { Types };
