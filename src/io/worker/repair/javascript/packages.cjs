// Finds packages where others that depend on them do: package managers put them in different places.
"use strict";

const { createRequire } = require("module");

/** The `require` of a package that another one depends on; throws where one of them is not there. */
function through(from, ...names) {
  return names.reduce((at, name) => createRequire(at.resolve(name)), from);
}

/** The same by names of packages, of which several stand for the first that is there; those that are not are passed over. */
function within(from, ...names) {
  let at = from;
  for (const any of names) {
    for (const name of [].concat(any)) {
      try {
        at = createRequire(at.resolve(`${name}/package.json`));
        break;
      } catch {
        // It is not there.
      }
    }
  }
  return at;
}

module.exports = { through, within };
