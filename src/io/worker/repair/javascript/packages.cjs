// Finds packages where others that depend on them do: package managers put them in different places.
"use strict";

const { createRequire } = require("module");

/** The `require` of a package that another one depends on; throws where one of them is not there. */
function through(from, ...names) {
  return names.reduce((at, name) => createRequire(at.resolve(name)), from);
}

/** The same by names of packages, of which several stand for the first that is there, and none for the one before. */
function within(from, ...names) {
  const there = (at, name) => {
    try {
      return createRequire(at.resolve(`${name}/package.json`));
    } catch {
      return undefined;
    }
  };
  return names.reduce((at, any) => [].concat(any).reduce((found, name) => found ?? there(at, name), undefined) ?? at, from);
}

module.exports = { through, within };
