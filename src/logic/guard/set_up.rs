//! Files that run around the tests because a configuration names them: `setupFiles: ["./config/env.ts"]`,
//! `mocha -r lib/prepare`.

use std::collections::BTreeSet;

use super::code::Code;
use super::lexer::Kind;
use crate::base::path::RepoPath;

/// Settings whose values are files that run around the tests, in small letters.
const KEYS: [&str; 5] =
    ["setupfiles", "setupfilesafterenv", "setupfile", "globalsetup", "globalteardown"];
/// The same in files of Mocha's own; in a manifest these words name what a package exports.
const MOCHA_KEYS: [&str; 3] = ["require", "import", "file"];
/// Programs whose flags are read.
const RUNNERS: [&str; 6] = ["mocha", "jest", "vitest", "ts-node", "tap", "ava"];
const FLAGS: [&str; 4] = ["--require", "-r", "--import", "--file"];
/// Settings of runners lie in files whose names hold one of these.
const CONFIGS: [&str; 8] =
    ["package.json", "jest", "vitest", "vite.config", "mocha", "playwright", "karma", "wdio"];
const ENDINGS: [&str; 8] = ["", ".js", ".ts", ".cjs", ".mjs", ".mts", ".tsx", "/index.js"];

/// The files among `paths` that the configuration `text` at `config` names.
pub fn named(config: &RepoPath, text: &str, paths: &BTreeSet<&RepoPath>) -> Vec<RepoPath> {
    let folder = config.parent();
    let find = |name: &str| {
        let name = name.trim_start_matches("<rootDir>/").trim_start_matches("./");
        let mut places =
            ENDINGS.iter().filter_map(|ending| folder.join(&format!("{name}{ending}")));
        places.find(|place| paths.contains(place))
    };
    names(config, text).iter().filter_map(|name| find(name)).collect()
}

/// Whether a file may say what runs around the tests.
pub fn may_name(path: &RepoPath) -> bool {
    let name = path.file_name().to_lowercase();
    CONFIGS.iter().any(|config| name.contains(config))
        && ["json", "js", "cjs", "mjs", "ts", "cts", "mts", "yml", "yaml", "mocharc", "jsonc"]
            .contains(&path.extension())
}

fn names(config: &RepoPath, text: &str) -> Vec<String> {
    let in_mocha = config.file_name().contains("mocha");
    let is_key = |word: &str| {
        let word = word.to_lowercase();
        KEYS.contains(&word.as_str()) || in_mocha && MOCHA_KEYS.contains(&word.as_str())
    };
    let code = Code::parse(config, text);
    let mut names = Vec::new();
    for at in code.all() {
        let token = &code.tokens[at];
        if token.kind == Kind::Text {
            names.extend(flagged(token.bare()));
        }
        if is_key(token.bare()) && matches!(code.at(at + 1), ":" | "=") {
            let value = at + 2;
            let range = if code.at(value) == "[" { code.inside(value) } else { value..value + 1 };
            let range = range.start..range.end.min(code.tokens.len());
            let literals = code.tokens[range].iter().filter(|token| token.kind == Kind::Text);
            names.extend(literals.map(|token| token.bare().to_owned()));
        }
    }
    if ["yml", "yaml", "mocharc"].contains(&config.extension()) {
        names.extend(listed(text, is_key));
    }
    names
}

/// What follows a flag of a runner in a command; the same flags mean other things to other programs.
fn flagged(command: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in command.split(['&', '|', ';']) {
        let words: Vec<&str> = part.split([' ', '=']).filter(|word| !word.is_empty()).collect();
        let runs_tests = words.iter().any(|word| RUNNERS.contains(word) || *word == "--test");
        let pairs = words.windows(2).filter(|pair| runs_tests && FLAGS.contains(&pair[0]));
        names.extend(pairs.map(|pair| pair[1].to_owned()));
    }
    names
}

/// `require: a.js`, and `- a.js` in the lines below `require:`.
fn listed(text: &str, is_key: impl Fn(&str) -> bool) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_open = false;
    for line in text.lines() {
        let bare = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
        if let Some(item) = line.trim_start().strip_prefix("- ") {
            names.extend(is_open.then(|| bare(item)));
        } else if let Some((key, value)) = line.split_once(':') {
            is_open = is_key(&bare(key));
            names.extend((is_open && !value.trim().is_empty()).then(|| bare(value)));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_configurations_name_are_found() {
        let paths = ["config/env.ts", "lib/prepare.js", "a/setup.js", "src/a.js"];
        let paths: Vec<RepoPath> = paths.iter().map(|path| RepoPath::new(path).unwrap()).collect();
        let check = |config: &str, text: &str, wanted: &str| {
            let config = RepoPath::new(config).unwrap();
            assert!(may_name(&config), "{config}");
            let found = named(&config, text, &paths.iter().collect());
            let found: Vec<&str> = found.iter().map(RepoPath::as_str).collect();
            assert_eq!(found.join(" "), wanted, "{text}");
        };
        check(
            "package.json",
            "{\"jest\": {\"setupFilesAfterEnv\": [\"<rootDir>/config/env.ts\", \"gone.js\"]}}",
            "config/env.ts",
        );
        check(
            "package.json",
            "{\"scripts\": {\"test\": \"mocha -r ./lib/prepare --exit\"}}",
            "lib/prepare.js",
        );
        check(
            "vitest.config.ts",
            "export default { test: { setupFiles: './config/env.ts' } }",
            "config/env.ts",
        );
        check(
            "a/.mocharc.yml",
            "recursive: true\nrequire:\n  - ./setup.js\nspec: x.js\n",
            "a/setup.js",
        );
        check("a/jest.config.js", "module.exports = { globalSetup: './setup' };", "a/setup.js");
        check("jest.config.js", "module.exports = { verbose: true };", "");
        check("package.json", "{\"scripts\": {\"a\": \"cp -r lib/prepare dist && mocha\"}}", "");
        check("package.json", "{\"exports\": {\"require\": \"./src/a.js\"}}", "");
    }
}
