//! From a script of a `package.json` to the test runners it starts: wrappers taken off, other scripts followed.

use std::collections::BTreeMap;

use super::shell::{Command, Word, assignment, commands};
use crate::base::path::RepoPath;
use crate::model::check::Runner;

/// Scripts that call scripts are followed this deep.
const DEPTH_MAX: usize = 8;

/// Programs that only run another one; what they take themselves comes before it.
const WRAPPERS: [&str; 16] = [
    "c8",
    "nyc",
    "npx",
    "bunx",
    "time",
    "exec",
    "xvfb-run",
    "dotenv",
    "dotenvx",
    "env-cmd",
    "cross-env",
    "cross-env-shell",
    "env",
    "timeout",
    "nice",
    "retry",
];

/// Programs that run the scripts of other packages.
const DELEGATES: [&str; 7] = ["turbo", "nx", "lerna", "rush", "lage", "moon", "wireit"];

/// Runners of tests that are not read test by test.
const OTHERS: [&str; 24] = [
    "ava",
    "tap",
    "tape",
    "jasmine",
    "karma",
    "uvu",
    "qunit",
    "lab",
    "playwright",
    "cypress",
    "wtr",
    "web-test-runner",
    "ng",
    "react-scripts",
    "vue-cli-service",
    "testem",
    "borp",
    "poku",
    "ts-mocha",
    "bun",
    "deno",
    "tap-mocha-reporter",
    "japa",
    "wdio",
];

/// Programs that make what tests may need.
const BUILDERS: [&str; 14] = [
    "tsc",
    "rollup",
    "webpack",
    "esbuild",
    "babel",
    "swc",
    "tsup",
    "vite",
    "parcel",
    "unbuild",
    "gulp",
    "grunt",
    "tsdown",
    "microbundle",
];

/// What a script comes to.
#[derive(Debug, Default)]
pub struct Told {
    pub runs: Vec<Run>,
    /// Runners that are not read test by test.
    pub others: Vec<String>,
    /// What is built before the tests.
    pub builds: Vec<String>,
    /// Whether the scripts of other packages are run.
    pub delegates: bool,
}

/// One start of a runner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub runner: Runner,
    /// The folder below the package's that it starts in.
    pub dir: RepoPath,
    pub env: BTreeMap<String, String>,
    /// Options of `node` itself.
    pub node: Vec<String>,
    pub args: Vec<Word>,
    /// Whether something is built right before, which it may be for.
    pub is_after_build: bool,
}

/// Takes a start of a runner: options of `node` itself, then the runner's arguments.
type Start<'a> = dyn FnMut(Runner, Vec<String>, &[Word]) + 'a;

/// Follows scripts of one package.
pub struct Follower<'a> {
    pub scripts: &'a BTreeMap<String, String>,
    /// Whether a file below the package holds tests for `node --test`.
    pub uses_node_test: &'a dyn Fn(&str) -> bool,
    /// Whether options of TypeScript, in a file or folder below the package, say that nothing is made.
    pub makes_nothing: &'a dyn Fn(&str) -> bool,
}

impl Follower<'_> {
    pub fn follow(&self, name: &str) -> Told {
        let mut told = Told::default();
        self.script(name, &[], 0, &mut told);
        told
    }

    fn script(&self, name: &str, more: &[Word], depth: usize, told: &mut Told) {
        let Some(script) = self.scripts.get(name).filter(|_| depth < DEPTH_MAX) else { return };
        if let Some(before) = self.scripts.get(&format!("pre{name}")) {
            self.lines(before, &[], depth + 1, told);
        }
        self.lines(script, more, depth, told);
    }

    fn lines(&self, script: &str, more: &[Word], depth: usize, told: &mut Told) {
        let mut commands = commands(script);
        if let Some(last) = commands.last_mut() {
            last.words.extend_from_slice(more);
        }
        let mut dir = RepoPath::root();
        for command in commands {
            match command.words.as_slice() {
                [cd, to] if cd.text == "cd" => dir = dir.join(&to.text).unwrap_or(dir),
                _ => self.command(command, &dir, depth, told),
            }
        }
    }

    fn command(&self, mut command: Command, dir: &RepoPath, depth: usize, told: &mut Told) {
        unwrap(&mut command);
        let words = command.words;
        let Some(first) = words.first().map(|word| program_name(&word.text).to_owned()) else {
            return;
        };
        let env: BTreeMap<String, String> = command.env.into_iter().collect();
        let (mut runs, is_after_build) = (Vec::new(), !told.builds.is_empty());
        let mut run = |runner, node: Vec<String>, args: &[Word]| {
            runs.push(Run {
                runner,
                dir: dir.clone(),
                env: env.clone(),
                node,
                args: args.to_vec(),
                is_after_build,
            });
        };
        match first.as_str() {
            "jest" => run(Runner::Jest, Vec::new(), &words[1..]),
            "mocha" | "_mocha" => run(Runner::Mocha, Vec::new(), &words[1..]),
            "vitest" => vitest(&words[1..], &mut run),
            "node" => self.node(&words[1..], dir, &mut run, told),
            "tsx" if words.iter().any(|word| word.text == "--test") => {
                let mut args = vec![plain("--import"), plain("tsx")];
                args.extend_from_slice(&words[1..]);
                run(Runner::NodeTest, Vec::new(), &args);
            }
            "npm" | "pnpm" | "yarn" => self.manager(&words, depth, told),
            "run-s" | "run-p" | "npm-run-all" | "npm-run-all2" => {
                words[1..].iter().for_each(|word| self.named(&word.text, depth, told));
            }
            "concurrently" => words[1..]
                .iter()
                .filter(|word| !word.text.starts_with('-'))
                .for_each(|word| match word.text.strip_prefix("npm:") {
                    Some(name) => self.named(name, depth, told),
                    None => self.lines(&word.text, &[], depth + 1, told),
                }),
            name if DELEGATES.contains(&name) => told.delegates = true,
            name if OTHERS.contains(&name) => told.others.push(name.to_owned()),
            "tsc" if self.only_looks(&words, dir) => {}
            name if BUILDERS.contains(&name) => told.builds.push(joined(&words)),
            _ => {}
        }
        told.runs.append(&mut runs);
    }

    /// Whether TypeScript is told, here or in the options it goes by, to make nothing.
    fn only_looks(&self, words: &[Word], dir: &RepoPath) -> bool {
        let is_option = |word: &Word, names: &[&str]| {
            let name = word.text.trim_start_matches('-');
            name.len() < word.text.len()
                && names.iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        let after = |names: &[&str]| words.iter().position(|word| is_option(word, names));
        if let Some(at) = after(&["noEmit"]) {
            return words.get(at + 1).is_none_or(|word| word.text != "false");
        }
        let project = after(&["p", "project"]);
        // The options of a folder say nothing of others that are built with it, nor of single files.
        let is_file =
            |word: &Word| [".ts", ".tsx", ".js"].iter().any(|end| word.text.ends_with(end));
        if after(&["b", "build"]).is_some() || project.is_none() && words[1..].iter().any(is_file) {
            return false;
        }
        let options = project.and_then(|at| words.get(at + 1));
        let options = options.map_or("tsconfig.json", |path| path.text.as_str());
        dir.join(options).is_some_and(|path| (self.makes_nothing)(path.as_str()))
    }

    /// Scripts by name, all that begin so for `test:*`.
    fn named(&self, name: &str, depth: usize, told: &mut Told) {
        match name.strip_suffix('*') {
            Some(start) => {
                let names = self.scripts.keys().filter(|known| known.starts_with(start));
                names.for_each(|name| self.script(name, &[], depth + 1, told));
            }
            None => self.script(name, &[], depth + 1, told),
        }
    }

    /// `npm run NAME`, `yarn NAME`, `pnpm exec PROGRAM`, and what runs the scripts of other packages.
    fn manager(&self, words: &[Word], depth: usize, told: &mut Told) {
        let is_other = |word: &Word| {
            [
                "--workspaces",
                "-ws",
                "-r",
                "--recursive",
                "--filter",
                "-F",
                "-w",
                "workspace",
                "workspaces",
            ]
            .contains(&word.text.as_str())
                || ["--workspace", "--filter=", "--prefix"]
                    .iter()
                    .any(|start| word.text.starts_with(start))
        };
        let end = words.iter().position(|word| word.text == "--").unwrap_or(words.len());
        if words[..end].iter().any(is_other) {
            told.delegates = true;
            return;
        }
        let mut rest = words[1..]
            .iter()
            .filter(|word| word.text != "--")
            .skip_while(|word| word.text.starts_with('-'));
        let Some(mut verb) = rest.next() else { return };
        if ["run", "run-script", "exec", "x"].contains(&verb.text.as_str()) {
            let Some(next) = rest.find(|word| !word.text.starts_with('-')) else { return };
            verb = next;
        }
        let name = if verb.text == "t" { "test" } else { verb.text.as_str() };
        let more: Vec<Word> = rest.cloned().collect();
        if self.scripts.contains_key(name) {
            self.script(name, &more, depth + 1, told);
        } else {
            let words = [verb.clone()].into_iter().chain(more).collect();
            let command = Command { env: Vec::new(), words };
            if depth < DEPTH_MAX {
                self.command(command, &RepoPath::root(), depth + 1, told);
            }
        }
    }

    /// `node --test`, `node node_modules/.bin/jest`, or a file that uses `node:test`.
    fn node(&self, words: &[Word], dir: &RepoPath, run: &mut Start<'_>, told: &mut Told) {
        if words.iter().any(|word| word.text == "--test") {
            return run(Runner::NodeTest, Vec::new(), words);
        }
        let mut is_value = false;
        let file = words.iter().position(|word| {
            let is_file = !is_value && !word.text.starts_with('-');
            is_value = VALUES.contains(&word.text.as_str());
            is_file
        });
        let Some(at) = file else { return };
        let node = words[..at].iter().map(|word| word.text.clone()).collect();
        let (file, args) = (&words[at].text, &words[at + 1..]);
        match installed_program(file) {
            Some("jest") => run(Runner::Jest, node, args),
            Some("mocha" | "_mocha") => run(Runner::Mocha, node, args),
            Some("vitest") => vitest(args, &mut |runner, _, args| run(runner, node.clone(), args)),
            Some(other) if OTHERS.contains(&other) => told.others.push(other.to_owned()),
            Some(_) => {}
            None if dir.join(file).is_some_and(|path| (self.uses_node_test)(path.as_str())) => {
                let mut all = words[..at].to_vec();
                all.push(plain("--test"));
                all.extend_from_slice(&words[at..]);
                run(Runner::NodeTest, Vec::new(), &all);
            }
            None => told.others.push(format!("node {file}")),
        }
    }
}

/// Options of `node` that take the next word.
const VALUES: [&str; 8] = [
    "--import",
    "--require",
    "-r",
    "--loader",
    "--experimental-loader",
    "--conditions",
    "-C",
    "--env-file",
];

fn vitest(words: &[Word], run: &mut Start<'_>) {
    match words.first().map(|word| word.text.as_str()) {
        Some("run" | "watch" | "dev") => run(Runner::Vitest, Vec::new(), &words[1..]),
        Some("bench" | "list" | "init" | "related") => {}
        Some(_) | None => run(Runner::Vitest, Vec::new(), words),
    }
}

/// Takes off programs that only run another one, keeping the variables they set.
fn unwrap(command: &mut Command) {
    let is_wrapper = |word: &Word| WRAPPERS.contains(&program_name(&word.text));
    let is_program = |word: &Word| {
        let name = program_name(&word.text);
        let runners = ["jest", "mocha", "_mocha", "vitest", "node", "tsx", "npm", "pnpm", "yarn"];
        let own = [&runners[..], &WRAPPERS, &OTHERS, &BUILDERS].concat();
        own.contains(&name) || name == "concurrently"
    };
    while command.words.first().is_some_and(is_wrapper) {
        let found = command.words.iter().skip(1).position(is_program);
        let at = found.map_or(command.words.len(), |at| at + 1);
        let passed: Vec<Word> = command.words.drain(..at).collect();
        command.env.extend(passed.iter().filter_map(|word| assignment(&word.text)));
    }
}

/// Whether a configuration of TypeScript says so, comments left out.
pub fn makes_nothing(text: &str) -> bool {
    text.match_indices("\"noEmit\"").any(|(at, name)| {
        let before = text[..at].rsplit('\n').next().unwrap_or("");
        let is_comment = before.contains("//") || before.contains("/*");
        let value = text[at + name.len()..].trim_start_matches([':', ' ']);
        !is_comment && value.starts_with("true")
    })
}

/// `jest` for `./node_modules/.bin/jest`.
fn program_name(word: &str) -> &str {
    let name = word.rsplit('/').next().unwrap_or(word);
    name.split_once('@').filter(|(name, _)| !name.is_empty()).map_or(name, |(name, _)| name)
}

/// The package whose program a path such as `node_modules/jest/bin/jest.js` names.
fn installed_program(path: &str) -> Option<&str> {
    let (_, inside) = path.split_once("node_modules/")?;
    let inside = inside.strip_prefix(".bin/").unwrap_or(inside);
    inside.split('/').next()
}

fn plain(text: &str) -> Word {
    Word { text: text.to_owned(), is_pattern: false }
}

fn joined(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the script `test` comes to, beside the scripts of a project.
    fn told(test: &str) -> String {
        let scripts = [
            ("test", test),
            ("lint", "eslint ."),
            ("build", "tsc -p ."),
            ("pretest", ""),
            ("test:unit", "vitest --config unit.ts"),
            ("test:node", "node --test"),
            ("loop", "npm run loop"),
            ("prenode", "npm run build"),
            ("node", "node --test dist"),
        ];
        let scripts = scripts.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        let follower = Follower {
            scripts: &scripts,
            uses_node_test: &|path| path == "test/all.js",
            makes_nothing: &|path| path == "types/tsconfig.json" || path == "types",
        };
        let told = follower.follow("test");
        let run = |run: &Run| {
            let env = run.env.iter().map(|(name, value)| format!("{name}={value} "));
            let dir = if run.dir.is_root() { String::new() } else { format!("in {} ", run.dir) };
            let node = run.node.join(" ");
            let built = if run.is_after_build { "after a build " } else { "" };
            format!(
                "{dir}{}{built}{:?}({node}) {}",
                env.collect::<String>(),
                run.runner,
                joined(&run.args)
            )
        };
        let mut lines: Vec<String> = told.runs.iter().map(run).collect();
        lines.extend(told.others.iter().map(|name| format!("other: {name}")));
        lines.extend(told.builds.iter().map(|text| format!("build: {text}")));
        lines.extend(told.delegates.then(|| "delegates".to_owned()));
        lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn scripts_come_to_runners() {
        let check = |script: &str, expected: &str| assert_eq!(told(script), expected, "{script}");
        check("jest", "Jest()");
        check("npm run lint && jest --coverage", "Jest() --coverage");
        check("cross-env X=1 mocha test/**/*.js", "X=1 Mocha() test/**/*.js");
        check(
            "A=1 cross-env B=2 NODE_OPTIONS=--x npx jest -w 2",
            "A=1 B=2 NODE_OPTIONS=--x Jest() -w 2",
        );
        check("c8 --reporter lcov node --test", "NodeTest() --test");
        check("nyc mocha -R spec && node --test", "Mocha() -R spec; NodeTest() --test");
        check("tsx --test test/*.ts", "NodeTest() --import tsx --test test/*.ts");
        check(
            "node --experimental-vm-modules node_modules/.bin/jest --ci",
            "Jest(--experimental-vm-modules) --ci",
        );
        check("node ./node_modules/vitest/vitest.mjs run a", "Vitest() a");
        check("node test/all.js", "NodeTest() --test test/all.js");
        check("node test/other.js", "other: node test/other.js");
        check("vitest", "Vitest()");
        check("vitest run --coverage && vitest bench", "Vitest() --coverage");
        check("cd sub && yarn jest x", "in sub Jest() x".replace("in sub ", "").as_str());
        check("npm run test:unit -- --run && pnpm lint", "Vitest() --config unit.ts --run");
        check("run-s lint test:*", "NodeTest() --test; Vitest() --config unit.ts");
        check("concurrently 'npm:test:node' \"jest a\"", "NodeTest() --test; Jest() a");
        check(
            "npm run build && npm run node",
            "after a build NodeTest() --test dist; build: tsc -p .; build: tsc -p .",
        );
        for looks in ["tsc --noEmit", "tsc -noemit", "tsc -p types", "cd types && tsc"] {
            check(&format!("jest && {looks}"), "Jest()");
        }
        for builds in ["tsc --noEmit false", "tsc -b types", "cd types && tsc a.ts"] {
            let told = told(&format!("jest && {builds}"));
            assert!(told.starts_with("Jest(); build: tsc"), "{told}");
        }
        check("jest && tsc --noEmit && vitest", "Jest(); Vitest()");
        check("jest && npm run build && jest x", "Jest(); after a build Jest() x; build: tsc -p .");
        check("pnpm -r test", "delegates");
        check("turbo run test", "delegates");
        check("npm test --workspaces --if-present", "delegates");
        check("ava && tape x | tap-spec", "other: ava; other: tape");
        check("echo \"Error: no test specified\" && exit 1", "");
        check("npm run loop", "");
    }
}
