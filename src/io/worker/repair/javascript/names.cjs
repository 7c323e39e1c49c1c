// Names of modules that stand for others, as a project's configuration says, and the parts of names of tests.
"use strict";

/** The file that a test's name begins with. */
function pathIn(test) {
  return test.replace(/ \((import|hooks|unhandled)\)$/, "").split("::")[0];
}

/** What may be the name of one of several projects, which stands before the titles. */
function projectIn(test) {
  return /^.*?::\[(.*?)\] /.exec(test)?.[1] ?? "";
}

/** A test's name without that of its project, which is one of `projects`. */
function plain(test, projects) {
  const name = projectIn(test);
  return name && projects.includes(name) ? test.replace(`::[${name}] `, () => "::") : test;
}

class Names {
  /** `names` and `paths` as `settings.cjs` finds them. */
  constructor(names, paths) {
    this.names = names.map(([find, to]) => [typeof find === "string" ? find : new RegExp(find.source, find.flags), to]);
    this.paths = paths;
  }

  /** The name that one stands for: itself where no other is said. */
  real(specifier) {
    for (const [find, to] of this.names) {
      if (typeof find !== "string") {
        if (specifier.search(find) >= 0) return specifier.replace(find, to);
      } else if (specifier === find || specifier.startsWith(find.endsWith("/") ? find : `${find}/`)) {
        return to + specifier.slice(find.length);
      }
    }
    return specifier;
  }

  /** Files, without their endings, that a name may stand for where nothing else has it. */
  targets(specifier) {
    return this.paths.flatMap(([pattern, targets]) => {
      const [before, after] = pattern.split("*");
      if (after === undefined) return specifier === pattern ? targets : [];
      if (!specifier.startsWith(before) || !specifier.endsWith(after)) return [];
      const inner = specifier.slice(before.length, specifier.length - after.length);
      return targets.map((target) => target.replace("*", () => inner));
    });
  }
}

module.exports = { Names, projectIn, pathIn, plain };
