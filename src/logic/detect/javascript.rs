//! JavaScript and TypeScript projects: every `package.json`, what its test script starts, else what its dependencies,
//! configuration and test files speak for.

mod script;
mod shell;

use std::collections::{BTreeMap, BTreeSet};

use globset::{Glob, GlobBuilder};
use serde::Deserialize;
use serde_json::Value;

use self::script::{Follower, Run, Told};
use self::shell::Word;
use super::{Files, Found, check};
use crate::base::ids::CheckId;
use crate::base::path::RepoPath;
use crate::model::check::Runner;

const MANIFEST: &str = "package.json";

/// Runners by package and how their configuration files begin.
const RUNNERS: [(Runner, &str, &[&str]); 3] = [
    (Runner::Jest, "jest", &["jest.config."]),
    (Runner::Vitest, "vitest", &["vitest.config.", "vitest.workspace.", "vite.config."]),
    (Runner::Mocha, "mocha", &[".mocharc."]),
];

/// Words in the names of scripts that are no plain run of all unit tests.
const NOT_PLAIN: [&str; 9] =
    ["watch", "cov", "e2e", "update", "debug", "browser", "bench", "types", "ui"];

type Program<'a> = &'a dyn Fn(&RepoPath, &str) -> Option<String>;

/// What matters of a `package.json`; anything in it may be of another kind than expected.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Manifest {
    scripts: BTreeMap<String, Value>,
    dependencies: BTreeMap<String, Value>,
    #[serde(rename = "devDependencies")]
    dev_dependencies: BTreeMap<String, Value>,
    workspaces: Value,
    jest: Value,
    mocha: Value,
}

struct Package<'a> {
    dir: RepoPath,
    manifest: Manifest,
    files: &'a Files<'a>,
}

pub(super) fn detect(files: &Files<'_>, program: Program<'_>, found: &mut Found) {
    let mut around: Vec<(RepoPath, Cover)> = Vec::new();
    let manifests = files.list.iter().filter(|path| path.file_name() == MANIFEST);
    let mut dirs: Vec<RepoPath> = manifests.map(|path| path.parent()).collect();
    // Folders before those in them.
    dirs.sort();
    for dir in dirs {
        let Some(package) = Package::read(files, dir.clone()) else { continue };
        let above = around.iter().rev().find(|(above, _)| dir != *above && dir.is_within(above));
        let is_member = above.is_none_or(|(above, cover)| cover.has_member(&dir, above));
        let covered: BTreeSet<&str> =
            above.filter(|_| is_member).map(|(_, cover)| cover.runners()).unwrap_or_default();
        let runners = package.checks(program, &covered, is_member, found);
        around.push((dir, Cover { runners, members: package.members() }));
    }
}

/// What the checks of a package do for the packages in it.
struct Cover {
    runners: BTreeSet<&'static str>,
    /// Patterns of the folders of member packages.
    members: Vec<String>,
}

impl Cover {
    fn runners(&self) -> BTreeSet<&str> {
        self.runners.iter().copied().collect()
    }

    fn has_member(&self, dir: &RepoPath, above: &RepoPath) -> bool {
        let Some(inside) = dir.relative_to(above) else { return false };
        let (out, of): (Vec<&String>, Vec<&String>) =
            self.members.iter().partition(|pattern| pattern.starts_with('!'));
        let matches = |pattern: &str| {
            let pattern = pattern.trim_start_matches('!').trim_start_matches("./");
            let glob =
                GlobBuilder::new(pattern.trim_end_matches('/')).literal_separator(true).build();
            glob.is_ok_and(|glob| glob.compile_matcher().is_match(inside.as_str()))
        };
        of.iter().any(|pattern| matches(pattern)) && !out.iter().any(|pattern| matches(pattern))
    }
}

impl<'a> Package<'a> {
    fn read(files: &'a Files<'a>, dir: RepoPath) -> Option<Self> {
        let text = files.text(&dir.join(MANIFEST)?)?;
        let manifest = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
        Some(Self { dir, manifest, files })
    }

    /// Adds the checks of the package but for those that a package around it runs; returns who runs its tests. What lies
    /// in a package and is no member of it, such as an example, is somebody else's when it cannot run.
    fn checks(
        &self,
        program: Program<'_>,
        covered: &BTreeSet<&str>,
        is_member: bool,
        found: &mut Found,
    ) -> BTreeSet<&'static str> {
        let scripts = self.scripts();
        let uses_node_test = |path: &str| self.holds_node_tests(path);
        let makes_nothing = |path: &str| self.makes_nothing(path);
        let follower = Follower {
            scripts: &scripts,
            uses_node_test: &uses_node_test,
            makes_nothing: &makes_nothing,
        };
        let (script, told) = best_script(&follower, &scripts);
        let mut blocks = Vec::new();
        let mut runners = BTreeSet::new();
        let runs: Vec<(Run, String)> = if told.runs.is_empty() && !told.delegates {
            self.spoken_for().into_iter().collect()
        } else {
            let text = scripts.get(&script).map_or("", String::as_str);
            let why = format!("`{}` runs `{text}`", self.path(MANIFEST));
            told.runs.iter().map(|run| (run.clone(), why.clone())).collect()
        };
        let is_unread = |name: &&String| runs.is_empty() || !name.starts_with("node ");
        blocks.extend(told.others.iter().find(is_unread).map(|name| self.unknown(name)));
        let own = runs.into_iter().filter(|(run, _)| !covered.contains(name_of(run.runner)));
        let own: Vec<(Run, String, Option<Vec<String>>)> = own
            .map(|(run, why)| {
                let argv = self.argv(&run, program);
                (run, why, argv)
            })
            .collect();
        let mut after_builds = Vec::new();
        let is_any_plain = own.iter().any(|(run, _, argv)| !run.is_after_build && argv.is_some());
        for (run, why, argv) in own {
            let name = name_of(run.runner);
            match argv {
                // Tests of what is built are red where nothing is.
                Some(argv) if is_any_plain && run.is_after_build => {
                    after_builds.push(self.add(run, argv, why, true, found));
                }
                Some(argv) => {
                    runners.insert(name);
                    self.add(run, argv, why, false, found);
                }
                None => blocks.push(self.missing(&why, name)),
            }
        }
        found.blocked.extend(blocks.into_iter().filter(|_| is_member));
        let is_told = !after_builds.is_empty() || is_member && !runners.is_empty();
        if let Some(build) = told.builds.first().filter(|_| is_told) {
            let after = match after_builds.as_slice() {
                [] => String::new(),
                names => format!("; run only when named: {}", listed(names)),
            };
            found.notes.push(format!(
                "`{}` runs `{build}` before its tests, which is left out here: tests of what it makes need it in a \
                 `[[check]]` entry of their own{after}",
                self.path(MANIFEST)
            ));
        }
        runners
    }

    fn scripts(&self) -> BTreeMap<String, String> {
        let scripts = self.manifest.scripts.iter();
        scripts.filter_map(|(name, text)| Some((name.clone(), text.as_str()?.to_owned()))).collect()
    }

    /// Without a script that says it: an installed runner with its configuration or its tests, or tests that use
    /// `node:test`.
    fn spoken_for(&self) -> Option<(Run, String)> {
        let manifest = &self.manifest;
        for (runner, package, configs) in RUNNERS {
            let is_dependency = manifest.dev_dependencies.contains_key(package)
                || manifest.dependencies.contains_key(package);
            if !is_dependency {
                continue;
            }
            let names = self.files.by_folder.get(&self.dir).into_iter().flatten();
            let mut names =
                names.filter(|name| configs.iter().any(|start| name.starts_with(start)));
            let is_inside = match runner {
                Runner::Jest => !manifest.jest.is_null(),
                Runner::Mocha => !manifest.mocha.is_null(),
                _ => false,
            };
            let why = match (names.next(), self.tests().next()) {
                (Some(name), _) => format!("`{}` configures {package}", self.path(name)),
                (None, _) if is_inside => format!("`{}` configures {package}", self.path(MANIFEST)),
                (None, Some(test)) => {
                    format!("`{}` asks for {package} and `{test}` is a test", self.path(MANIFEST))
                }
                (None, None) => continue,
            };
            return Some((plain_run(runner, Vec::new()), why));
        }
        let mut tests = self.tests().filter(|path| self.text_uses_node_test(path));
        let test = tests.next()?;
        let args = vec![Word { text: "--test".to_owned(), is_pattern: false }];
        Some((plain_run(Runner::NodeTest, args), format!("`{test}` uses node:test")))
    }

    /// Test files of this package and of none in it.
    fn tests(&self) -> impl Iterator<Item = &'a RepoPath> {
        let files = self.files;
        let dir = self.dir.clone();
        files.list.iter().copied().filter(move |path| {
            let mut folders = path.parent().ancestors();
            let own = folders.find(|folder| files.has(folder, MANIFEST));
            path.is_within(&dir) && own.as_ref() == Some(&dir) && is_test_file(path)
        })
    }

    fn holds_node_tests(&self, path: &str) -> bool {
        self.dir.join(path).is_some_and(|path| {
            self.files.has(&path.parent(), path.file_name()) && self.text_uses_node_test(&path)
        })
    }

    fn text_uses_node_test(&self, path: &RepoPath) -> bool {
        let text = self.files.text(path).unwrap_or_default();
        text.contains("'node:test'") || text.contains("\"node:test\"")
    }

    /// Whether the options of TypeScript at a path, a file's or its folder's, say that it only looks at the types.
    fn makes_nothing(&self, path: &str) -> bool {
        let named = self.dir.join(path);
        let inside = named.iter().filter_map(|folder| folder.join("tsconfig.json"));
        let texts = named.iter().cloned().chain(inside).filter_map(|path| self.files.text(&path));
        texts.take(1).any(|text| script::makes_nothing(&text))
    }

    /// The command of a run; `None` when its program is not installed.
    fn argv(&self, run: &Run, program: Program<'_>) -> Option<Vec<String>> {
        let dir = self.dir.join(run.dir.as_str()).unwrap_or_else(|| self.dir.clone());
        let mut argv = vec!["node".to_owned()];
        argv.extend(run.node.iter().cloned());
        if run.runner != Runner::NodeTest {
            argv.push(program(&dir, name_of(run.runner))?);
        }
        argv.extend((run.runner == Runner::Vitest).then(|| "run".to_owned()));
        argv.extend(run.args.iter().map(|word| self.as_the_shell_has_it(word, &dir)));
        Some(argv)
    }

    /// A pattern that the shell would have replaced by files, in which `**` is no more than `*`.
    fn as_the_shell_has_it(&self, word: &Word, dir: &RepoPath) -> String {
        let shell = word.text.replace("**", "*");
        if !word.is_pattern || shell == word.text {
            return word.text.clone();
        }
        let pattern = shell.strip_prefix("./").unwrap_or(&shell);
        let Ok(glob) = GlobBuilder::new(pattern).literal_separator(true).build() else {
            return word.text.clone();
        };
        let matcher = Glob::compile_matcher(&glob);
        let mut files = self.files.list.iter().filter_map(|path| path.relative_to(dir));
        if files.any(|path| matcher.is_match(path.as_str())) { shell } else { word.text.clone() }
    }

    /// Adds a check, and gives back what it is called.
    fn add(
        &self,
        run: Run,
        argv: Vec<String>,
        why: String,
        on_request: bool,
        found: &mut Found,
    ) -> CheckId {
        let dir = self.dir.join(run.dir.as_str()).unwrap_or_else(|| self.dir.clone());
        let base = name_of(run.runner);
        let mut names = [base.to_owned()].into_iter().chain((2..).map(|n| format!("{base}-{n}")));
        let is_new = |name: &String| {
            let id = check(name, run.runner, &dir, Vec::new(), String::new()).id;
            !found.checks.iter().any(|known| known.id == id)
        };
        let name = names.find(is_new).unwrap_or_else(|| base.to_owned());
        let mut check = check(&name, run.runner, &dir, argv, why);
        (check.env, check.on_request) = (run.env, on_request);
        let id = check.id.clone();
        found.checks.push(check);
        id
    }

    /// What to do about tests that nobody here reads.
    fn unknown(&self, name: &str) -> String {
        let words: Vec<String> = name.split(' ').map(|word| format!("\"{word}\"")).collect();
        let start = if name.starts_with("node ") { "" } else { "\"npx\", " };
        format!(
            "`{}` runs its tests with `{name}`, which is not read test by test: add a `[[check]]` entry with \
             `runner = \"command\"` and `command = [{start}{}]` to greenloop.toml",
            self.path(MANIFEST),
            words.join(", ")
        )
    }

    /// What to do about a runner that is asked for and not there.
    fn missing(&self, why: &str, name: &str) -> String {
        if self.dir.ancestors().any(|folder| self.files.has(&folder, ".pnp.cjs")) {
            return format!(
                "{why}, but Yarn's Plug'n'Play is not supported: set `nodeLinker: node-modules` and run \
                 `yarn install`, or add a `[[check]]` entry with `runner = \"command\"` to greenloop.toml"
            );
        }
        format!("{why}, but {name} is not installed: run `{}`", self.install())
    }

    /// The command that installs what the package asks for, by the lock file at or above it.
    fn install(&self) -> &'static str {
        let locks = [
            ("pnpm-lock.yaml", "pnpm install"),
            ("yarn.lock", "yarn install"),
            ("bun.lockb", "bun install"),
            ("bun.lock", "bun install"),
        ];
        let is_there =
            |lock: &str| self.dir.ancestors().any(|folder| self.files.has(&folder, lock));
        locks.iter().find(|(lock, _)| is_there(lock)).map_or("npm install", |(_, command)| command)
    }

    /// Patterns of the folders of member packages, as npm, yarn and pnpm have them.
    fn members(&self) -> Vec<String> {
        let listed = match &self.manifest.workspaces {
            Value::Object(table) => table.get("packages"),
            list => Some(list),
        };
        let texts = listed.and_then(Value::as_array).into_iter().flatten();
        let mut members: Vec<String> =
            texts.filter_map(|text| Some(text.as_str()?.to_owned())).collect();
        let name = "pnpm-workspace.yaml";
        if self.files.has(&self.dir, name)
            && let Some(text) = self.dir.join(name).and_then(|path| self.files.text(&path))
        {
            let lines = text.lines().skip_while(|line| !line.starts_with("packages:")).skip(1);
            let items =
                lines.take_while(|line| line.starts_with([' ', '-', '#']) || line.is_empty());
            let items = items.filter_map(|line| line.trim().strip_prefix('-'));
            members.extend(items.map(|item| item.trim().trim_matches(['"', '\'']).to_owned()));
        }
        members
    }

    fn path(&self, name: &str) -> String {
        self.dir.join(name).map_or_else(|| name.to_owned(), |path| path.as_str().to_owned())
    }
}

/// The script `test`, else the first of its kind that starts a runner we know.
fn best_script(follower: &Follower<'_>, scripts: &BTreeMap<String, String>) -> (String, Told) {
    let test = follower.follow("test");
    if !test.runs.is_empty() || test.delegates {
        return ("test".to_owned(), test);
    }
    let is_plain = |name: &str| {
        (name.starts_with("test") || name.starts_with("unit"))
            && !NOT_PLAIN.iter().any(|word| name.contains(word))
    };
    let others = scripts.keys().filter(|name| is_plain(name));
    let mut told = others.map(|name| (name.clone(), follower.follow(name)));
    told.find(|(_, told)| !told.runs.is_empty()).unwrap_or(("test".to_owned(), test))
}

fn plain_run(runner: Runner, args: Vec<Word>) -> Run {
    let (dir, env, node) = (RepoPath::root(), BTreeMap::new(), Vec::new());
    Run { runner, dir, env, node, args, is_after_build: false }
}

fn listed(names: &[CheckId]) -> String {
    names.iter().map(CheckId::as_str).collect::<Vec<_>>().join(", ")
}

/// The package of a runner, which is what its check is called.
fn name_of(runner: Runner) -> &'static str {
    let known = RUNNERS.iter().find(|(known, ..)| *known == runner);
    known.map_or("node-test", |(_, name, _)| name)
}

fn is_test_file(path: &RepoPath) -> bool {
    let name = path.file_name();
    let is_script =
        ["js", "mjs", "cjs", "ts", "mts", "cts", "jsx", "tsx"].contains(&path.extension());
    let is_named = name.contains(".test.") || name.contains(".spec.") || name.starts_with("test");
    let folders = path.parent();
    let is_below =
        folders.as_str().split('/').any(|part| ["test", "tests", "__tests__"].contains(&part));
    is_script && (is_named || is_below)
}
