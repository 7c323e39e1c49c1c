// Names of modules that stand for others, as a project's configuration says, and the parts of names of tests.
"use strict";

/** The file that a test's name begins with. */
function pathIn(test) {
  return test.replace(/ \((import|hooks|unhandled)\)$/, "").split("::")[0];
}

/** The one of several projects whose name stands before a test's titles. */
function projectOf(test, projects) {
  const titles = test.slice(pathIn(test).length);
  const fits = (name) => name !== "" && titles.startsWith(`::[${name}] `);
  return projects.filter(fits).sort((a, b) => b.length - a.length)[0] ?? "";
}

/** A test's name without that of its project. */
function plain(test, projects) {
  const name = projectOf(test, projects);
  if (name === "") return test;
  const path = pathIn(test);
  return `${path}::${test.slice(path.length + name.length + "::[] ".length)}`;
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

module.exports = { Names, pathIn, plain, projectOf };
