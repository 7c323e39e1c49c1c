//! Which tests a change is likeliest to turn red: by who imports the changed files, directly or not. Only an order of
//! running; a change is let through by nothing but all tests.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::path::RepoPath;
use crate::logic::report_parse::phase_scope;
use crate::model::check::CheckRun;
use crate::model::report::TestId;

/// The names of the targets and of the other tests that stand in `near` files, when they are at most half of all;
/// else those of the targets alone; `None` when even they are more than half, or there are none.
pub fn likeliest(
    baseline: &CheckRun,
    targets: &[TestId],
    near: &BTreeSet<RepoPath>,
) -> Option<Vec<String>> {
    let n_all = baseline.report.cases.len();
    let names = |with_near: bool| {
        let is_wanted = |id: &TestId, at: Option<&RepoPath>| {
            targets.contains(id) || (with_near && at.is_some_and(|path| near.contains(path)))
        };
        let cases = baseline.report.cases.iter();
        cases
            .filter(|case| phase_scope(&case.id.name).is_none())
            .filter(|case| is_wanted(&case.id, case.at.as_ref().map(|at| &at.path)))
            .map(|case| case.id.name.clone())
            .collect::<Vec<_>>()
    };
    let is_part = |names: &Vec<String>| !names.is_empty() && names.len() * 2 <= n_all;
    Some(names(true)).filter(is_part).or_else(|| Some(names(false)).filter(is_part))
}

/// Whether imports are read in files of this name.
pub fn has_imports(path: &RepoPath) -> bool {
    Language::of(path).is_some()
}

/// For each file the files of the project that it imports itself.
pub type Imports = BTreeMap<RepoPath, BTreeSet<RepoPath>>;

/// What the files import of each other.
pub fn imported(files: &[(RepoPath, String)]) -> Imports {
    let places = Places::of(files);
    let of = |path: &RepoPath, text: &str| {
        let found = imports(path, text).into_iter().flat_map(|import| places.find(path, &import));
        found.filter(|target| *target != path).cloned().collect::<BTreeSet<_>>()
    };
    files.iter().map(|(path, text)| (path.clone(), of(path, text))).collect()
}

/// The changed files, and all that import them through any number of files.
pub fn importers(files: &[(RepoPath, String)], changed: &[RepoPath]) -> BTreeSet<RepoPath> {
    let imports = imported(files);
    let mut imported_by: BTreeMap<&RepoPath, Vec<&RepoPath>> = BTreeMap::new();
    for (path, targets) in &imports {
        for target in targets {
            imported_by.entry(target).or_default().push(path);
        }
    }
    let mut reached: BTreeSet<RepoPath> = changed.iter().cloned().collect();
    let mut open: Vec<&RepoPath> = changed.iter().collect();
    while let Some(path) = open.pop() {
        for importer in imported_by.get(path).into_iter().flatten() {
            if reached.insert((*importer).clone()) {
                open.push(importer);
            }
        }
    }
    reached
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    Python,
    JavaScript,
    Go,
}

const JAVASCRIPT: [&str; 8] = ["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts"];

impl Language {
    fn of(path: &RepoPath) -> Option<Language> {
        match path.file_name().rsplit_once('.')?.1 {
            "py" => Some(Language::Python),
            "go" => Some(Language::Go),
            end if JAVASCRIPT.contains(&end) => Some(Language::JavaScript),
            _ => None,
        }
    }
}

/// What a file imports, as a path: from its own folder, or from some folder of the project.
#[derive(Debug, PartialEq, Eq)]
enum Import {
    /// From the file's folder, `..` included, without an ending.
    Relative(String),
    /// The end of a path, without an ending.
    Anywhere(String),
}

fn imports(path: &RepoPath, text: &str) -> Vec<Import> {
    match Language::of(path) {
        Some(Language::Python) => text.lines().flat_map(python).collect(),
        Some(Language::JavaScript) => javascript(text),
        Some(Language::Go) => quoted(text).map(|name| Import::Anywhere(name.to_owned())).collect(),
        None => Vec::new(),
    }
}

/// `import a.b, c` and `from ..a import b, c`. A name that is imported may be a module itself.
fn python(line: &str) -> Vec<Import> {
    let names = |list: &str| {
        let bare = list.split('#').next().unwrap_or_default().replace(['(', ')', '\\'], " ");
        let first = |part: &str| part.split_whitespace().next().map(str::to_owned);
        bare.split(',').filter_map(first).collect::<Vec<_>>()
    };
    let line = line.trim();
    if let Some(list) = line.strip_prefix("import ") {
        return names(list).iter().map(|name| Import::Anywhere(name.replace('.', "/"))).collect();
    }
    let Some((from, list)) = line.strip_prefix("from ").and_then(|rest| rest.split_once(" import"))
    else {
        return Vec::new();
    };
    let module = from.trim_start_matches('.');
    let n_dots = from.len() - module.len();
    let module = module.trim().replace('.', "/");
    let up = "../".repeat(n_dots.saturating_sub(1));
    let made = |tail: String| {
        if n_dots > 0 { Import::Relative(format!("{up}{tail}")) } else { Import::Anywhere(tail) }
    };
    let inside = |name: &String| match module.as_str() {
        "" => name.clone(),
        module => format!("{module}/{name}"),
    };
    let parts: Vec<String> = names(list).iter().map(inside).collect();
    [module].into_iter().filter(|module| !module.is_empty()).chain(parts).map(made).collect()
}

fn javascript(text: &str) -> Vec<Import> {
    let is_import =
        |line: &&str| ["import", "from", "require"].iter().any(|word| line.contains(word));
    let names = text.lines().filter(is_import).flat_map(quoted);
    names
        .map(|name| {
            let bare = name.rsplit_once('.').filter(|(_, end)| JAVASCRIPT.contains(end));
            let bare = bare.map_or(name, |(bare, _)| bare).to_owned();
            if bare.starts_with('.') { Import::Relative(bare) } else { Import::Anywhere(bare) }
        })
        .collect()
}

/// What stands between quotes on one line each.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        line.split(['"', '\'', '`']).skip(1).step_by(2).filter(|name| !name.is_empty())
    })
}

/// The files of a project by the names they are imported by.
struct Places<'a> {
    /// By path without its ending; a package's own file by its folder; Go's files by their folder.
    by_name: BTreeMap<String, Vec<&'a RepoPath>>,
    /// The names that end in this part.
    by_last: BTreeMap<String, Vec<String>>,
}

impl<'a> Places<'a> {
    fn of(files: &'a [(RepoPath, String)]) -> Places<'a> {
        let mut by_name: BTreeMap<String, Vec<&RepoPath>> = BTreeMap::new();
        for (path, _) in files {
            let Some(language) = Language::of(path) else { continue };
            let bare = path.as_str().rsplit_once('.').map_or(path.as_str(), |(bare, _)| bare);
            let folder = path.parent().as_str().to_owned();
            let is_package = matches!(path.file_name(), "__init__.py") || bare.ends_with("index");
            if language == Language::Go || is_package {
                by_name.entry(folder).or_default().push(path);
            }
            if language != Language::Go {
                by_name.entry(bare.to_owned()).or_default().push(path);
            }
        }
        let mut by_last: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in by_name.keys() {
            by_last.entry(last(name).to_owned()).or_default().push(name.clone());
        }
        Places { by_name, by_last }
    }

    fn find(&self, importer: &RepoPath, import: &Import) -> Vec<&'a RepoPath> {
        let names: Vec<String> = match import {
            Import::Relative(path) => joined(&importer.parent(), path).into_iter().collect(),
            // A path may begin above what the project holds, as Go's do, or below it, as below `src`.
            Import::Anywhere(path) => {
                let known = self.by_last.get(last(path)).into_iter().flatten();
                known.filter(|name| ends_in(name, path) || ends_in(path, name)).cloned().collect()
            }
        };
        names.iter().filter_map(|name| self.by_name.get(name)).flatten().copied().collect()
    }
}

fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Whether `end` is the last parts of `name`.
fn ends_in(name: &str, end: &str) -> bool {
    name.strip_suffix(end).is_some_and(|head| head.is_empty() || head.ends_with('/'))
}

/// A path from a folder, `.` and `..` resolved; `None` when it leaves the project.
fn joined(folder: &RepoPath, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.as_str().split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logic::verdict::samples::{id, run};
    use crate::model::report::Place;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text).unwrap()
    }

    #[test]
    fn a_change_reaches_all_that_import_it() {
        let check = |files: &[(&str, &str)], changed: &str, wanted: &str| {
            let files: Vec<(RepoPath, String)> =
                files.iter().map(|(name, text)| (path(name), (*text).to_owned())).collect();
            let reached = importers(&files, &[path(changed)]);
            let reached: Vec<&str> = reached.iter().map(RepoPath::as_str).collect();
            assert_eq!(reached.join(" "), wanted);
        };
        let python = [
            ("src/shop/__init__.py", "from .money import Money\n"),
            ("src/shop/money.py", "import decimal\n"),
            ("src/shop/tax.py", "from . import money, rates\n"),
            ("src/shop/rates.py", ""),
            ("tests/test_money.py", "from shop.money import Money\n"),
            ("tests/test_tax.py", "import shop.tax as tax  # all of it\n"),
            ("tests/test_rates.py", "    from shop import (rates,\n"),
            ("tests/test_none.py", "import money_like\n"),
        ];
        check(
            &python,
            "src/shop/money.py",
            "src/shop/__init__.py src/shop/money.py src/shop/tax.py tests/test_money.py tests/test_rates.py \
             tests/test_tax.py",
        );
        check(
            &python,
            "src/shop/rates.py",
            "src/shop/rates.py src/shop/tax.py tests/test_rates.py tests/test_tax.py",
        );
        let javascript = [
            ("src/a.ts", "export const a = 1;"),
            ("src/b/index.js", "import { a } from '../a';"),
            ("test/b.test.js", "const b = require(\"../src/b\");"),
            ("test/a.test.mjs", "import('../src/a.ts')"),
            ("test/c.test.js", "const text = '../src/a';"),
        ];
        check(&javascript, "src/a.ts", "src/a.ts src/b/index.js test/a.test.mjs test/b.test.js");
        let go = [
            ("money/money.go", "package money"),
            ("money/money_test.go", "package money"),
            ("shop/shop.go", "import (\n\t\"fmt\"\n\t\"example.org/x/money\"\n)"),
            ("other/other.go", "import \"example.org/x/mone\""),
        ];
        check(&go, "money/money.go", "money/money.go shop/shop.go");
    }

    #[test]
    fn targets_come_first_and_at_most_half_of_all() {
        let check = |baseline: &str, near: &[&str], wanted: Option<&str>| {
            let mut baseline = run(baseline);
            for case in &mut baseline.report.cases {
                let file = path(&format!("{}.py", &case.id.name[..1]));
                case.at = Some(Place { path: file, line: 1 });
            }
            let near = near.iter().map(|name| path(name)).collect();
            let found = likeliest(&baseline, &[id("a/t1")], &near);
            assert_eq!(found.map(|names| names.join(" ")).as_deref(), wanted);
        };
        let six = "a: t1=failed t2=passed u1=passed u2=passed v1=passed v2=passed";
        check(six, &[], Some("t1"));
        check(six, &["u.py"], Some("t1 u1 u2"));
        check(six, &["u.py", "v.py"], Some("t1"));
        check("a: t1=failed", &["t.py"], None);
        check("a: u1=failed u2=passed", &[], None);
    }
}
