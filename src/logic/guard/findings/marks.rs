//! Marks and calls that keep a test from running or from counting.

use std::ops::Range;

use super::change::{Change, File, Side};
use super::conditions::n_conditions;
use super::tests::{Pair, last_name};
use crate::logic::guard::code::Code;
use crate::logic::guard::lexer::Language;
use crate::logic::guard::units::Role;
use crate::model::guard::{Class, Finding, FindingKind};

const PYTHON: &[&str] = &[
    "mark . skip*",
    "mark . xfail",
    "unittest . skip*",
    "expectedFailure",
    "pytest . skip (",
    "pytest . xfail (",
    ". skipTest (",
    "SkipTest",
    "importorskip (",
    "@ skip*",
    "@ xfail*",
    "self . skip (",
    "skipif (",
    "skip = True",
    "pytest . mark . slow",
    "raise Skip*",
];
const RUST: &[&str] = &[
    "# [ ignore",
    "# [ cfg (",
    "# [ cfg_attr (",
    "# [ should_panic",
    "# ! [ cfg (",
    "# [ test_log :: ignore",
];
const SCRIPT: &[&str] = &[
    "it . skip",
    "test . skip",
    "describe . skip",
    "this . skip",
    "t . skip",
    "context . skip",
    "suite . skip",
    "ctx . skip",
    "it . todo",
    "test . todo",
    "t . todo",
    "describe . todo",
    "xit (",
    "xtest (",
    "xdescribe (",
    "xspecify (",
    "xcontext (",
    "xsuite (",
    "xit .",
    "xtest .",
    "xdescribe .",
    "skip : true",
    "skip : '*",
    "todo : true",
    "todo : '*",
    "test . fails",
    "it . fails",
    "test . failing",
    "it . failing",
    "skipIf (",
    "runIf (",
    "test . fixme",
    "concurrent . skip",
    "each . skip",
    "only . skip",
    "skip :",
    "pending (",
];
const ONLY: &[&str] = &[
    "it . only",
    "test . only",
    "describe . only",
    "context . only",
    "suite . only",
    "fit (",
    "fdescribe (",
    "only : true",
    "concurrent . only",
    "ftest (",
    "t . only",
];
const GO: &[&str] = &[". Skip (", ". SkipNow (", ". Skipf (", "testing . Short (", "os . Getenv ("];
const BRACES: &[&str] = &[
    "@ Disabled*",
    "@ Ignore*",
    "@ Enabled*",
    "assumeTrue (",
    "assumeFalse (",
    "assumeThat (",
    "assumingThat (",
    "Skip =",
    "[ Ignore",
    "enabled = false",
    "markTestSkipped",
    "markTestIncomplete",
    "GTEST_SKIP",
    "XCTSkip*",
    "Assert . Ignore (",
    "Assert . Inconclusive",
    "( expected =",
    ", expected =",
    "@ Tag ( 'slow'",
    "SkipException",
    "[ Explicit",
    "@ Pending",
];
const RUBY: &[&str] = &[
    "xit",
    "xdescribe",
    "xcontext",
    "xspecify",
    "pending",
    "skip",
    ": skip",
    "skip :",
    "skip =>",
    ": pending",
    "xtest",
    "xscenario",
    "omit",
];
/// Marks that say when they count.
const CONDITIONAL: [&str; 10] = [
    "skipif (",
    "skipIf (",
    "skipUnless (",
    "runIf (",
    "importorskip (",
    "assumeTrue (",
    "assumeFalse (",
    "assumeThat (",
    "# [ cfg (",
    "# [ cfg_attr (",
];
const RUBY_ONLY: &[&str] = &["fit", "fdescribe", "fcontext", ": focus", "focus :"];

fn patterns(language: Language) -> &'static [&'static str] {
    match language {
        Language::Python => PYTHON,
        Language::Rust => RUST,
        Language::Script => SCRIPT,
        Language::Go => GO,
        Language::Braces => BRACES,
        Language::Ruby => RUBY,
        Language::Other => &[],
    }
}

/// Places of such marks in these ranges, one for each.
fn places(code: &Code<'_>, ranges: &[Range<usize>]) -> Vec<usize> {
    let all = patterns(code.language).iter();
    let found = all
        .flat_map(|pattern| ranges.iter().flat_map(move |range| code.find(range.clone(), pattern)));
    let mut found: Vec<usize> = found.filter(|at| is_mark(code, *at)).collect();
    found.sort_unstable();
    // One mark fits several patterns.
    found.dedup_by_key(|at| code.line(*at));
    found
}

/// `skip` as the name of a variable or an argument is none, nor is `#[cfg(test)]`.
fn is_mark(code: &Code<'_>, at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |before| code.at(before));
    match (code.language, code.at(at)) {
        (Language::Ruby, "skip" | "pending" | "omit") => code.tokens[at].is_first || before == ":",
        (Language::Rust, "#") => {
            let end = if code.at(at + 1) == "!" { at + 2 } else { at + 1 };
            let text = code.joined(code.inside(end));
            !(text == "cfg ( test )" || text.starts_with("cfg_attr") && !text.contains("ignore"))
        }
        (Language::Script, "pending") => before != ".",
        (Language::Go, "os") => {
            code.holds(at..at + 40, ". Skip*") || code.holds(at..at + 16, "return")
        }
        (_, _) => true,
    }
}

pub fn compare(pair: &Pair<'_>, change: &Change<'_>, all: &mut Vec<Finding>) {
    let ((before, was), (after, is)) = (pair.before, pair.after);
    let own_before = places(&before.code, &before.own(was));
    let own_after = places(&after.code, &after.own(is));
    if own_after.len() <= own_before.len() {
        return;
    }
    let seen: Vec<String> = own_before.iter().map(|at| line_text(&before.code, *at)).collect();
    let new = own_after.iter().find(|at| !seen.contains(&line_text(&after.code, **at)));
    let is_counted = |at: &&usize| {
        counts(&after.code, **at, change)
            && (change.is_attempt() || n_conditions(&after.code, is, **at) == 0)
    };
    let Some(at) = new.or(own_after.last()).filter(is_counted) else { return };
    let text = after.code.joined(*at..(at + 4).min(after.code.tokens.len())).replace(' ', "");
    let how = if text.contains("only") { "shuts others out" } else { "is skipped or may fail" };
    let why = format!("{} {how}: `{text}`", last_name(&is.name));
    all.push(pair.file.finding(FindingKind::Skip, after.code.line(*at), why));
}

/// People leave tests out where a platform cannot run them; an attempt has no business doing so.
fn counts(code: &Code<'_>, at: usize, change: &Change<'_>) -> bool {
    let before = at.checked_sub(1).map_or("", |before| code.at(before));
    let is_chosen = code.language == Language::Script && matches!(before, "?" | ":" | "||" | "&&");
    let line = line_text(code, at).to_lowercase();
    let platforms = [
        "platform",
        "version_info",
        "os . name",
        "goos",
        "unix",
        "windows",
        "target_os",
        "target_arch",
        "target_pointer",
        "feature =",
        "miri",
        "onos",
        "onjre",
        "pypy",
        "implementation",
        "debug_assertions",
        "wasm",
        "find_spec",
        "nightly",
        "version",
        " if ",
        " ? ",
    ];
    let names_condition =
        CONDITIONAL.iter().any(|pattern| code.holds(at..(at + 6).min(code.tokens.len()), pattern));
    change.is_attempt()
        || !(is_chosen || names_condition || platforms.iter().any(|word| line.contains(word)))
}

fn line_text(code: &Code<'_>, at: usize) -> String {
    code.joined(at..code.line_end(at))
}

/// The same for what is outside of tests and groups, such as `pytestmark`, and for marks that take a file out of
/// discovery.
pub fn outside(
    file: &File<'_>,
    (before, after): (&Side<'_>, &Side<'_>),
    change: &Change<'_>,
    all: &mut Vec<Finding>,
) {
    let had_tests = before.units.iter().any(|unit| unit.role == Role::Test);
    let outside = |side: &Side<'_>| {
        let helpers: Vec<Range<usize>> = side
            .units
            .iter()
            .filter(|unit| unit.role == Role::Function)
            .map(|unit| unit.range.clone())
            .collect();
        let mut found = places(&side.code, &side.outside());
        // A helper may skip for itself; in an attempt it may be one that every test goes through.
        found.retain(|at| change.is_attempt() || !helpers.iter().any(|range| range.contains(at)));
        found
    };
    let (was, is) = (outside(before), outside(after));
    let last = is.last().filter(|at| is.len() > was.len() && counts(&after.code, **at, change));
    if let Some(at) = last.copied().filter(|_| had_tests) {
        let why = format!("all its tests are skipped: `{}`", line_text(&after.code, at));
        all.push(file.finding(FindingKind::Skip, after.code.line(at), why));
    }
    let lost = [
        "__test__ = False",
        "collect_ignore*",
        "def load_tests",
        "del test*",
        "del Test*",
        "self . __test__",
    ];
    for at in lost
        .iter()
        .flat_map(|pattern| file.new_places(pattern))
        .filter(|_| file.class != Class::Source)
    {
        let why = format!("tests are taken out: `{}`", line_text(&after.code, at));
        all.push(file.finding(FindingKind::Undiscovered, after.code.line(at), why));
    }
    let tags = |side: &Side<'_>| {
        let is_tag = |text: &&str| text.starts_with("//go:build") || text.starts_with("// +build");
        side.code.comments.iter().map(|comment| comment.text).filter(is_tag).count()
    };
    if had_tests && tags(after) > tags(before) && change.is_attempt() {
        let why = "a build tag leaves its tests out".to_owned();
        all.push(file.finding(FindingKind::Undiscovered, 1, why));
    }
}

/// Marks that let only some tests run, wherever they are put.
pub fn only(file: &File<'_>, all: &mut Vec<Finding>) {
    let Some(after) = &file.after else { return };
    let patterns = match after.code.language {
        Language::Script => ONLY,
        Language::Ruby => RUBY_ONLY,
        _ => return,
    };
    if file.class == Class::Source {
        return;
    }
    for at in patterns.iter().flat_map(|pattern| file.new_places(pattern)) {
        let before = at.checked_sub(1).map_or("", |before| after.code.at(before));
        if before == "." || before == "function" {
            continue;
        }
        let why = format!(
            "only it runs, no other test: `{}`",
            after.code.joined(at..(at + 3).min(after.code.tokens.len()))
        );
        all.push(file.finding(FindingKind::Skip, after.code.line(at), why));
    }
}
