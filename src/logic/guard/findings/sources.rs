//! Sources that ask whether tests run.

use super::change::{File, Side};
use crate::logic::guard::code::Code;
use crate::logic::guard::units::Role;
use crate::model::guard::{Class, Finding, FindingKind};

/// Questions by which a program finds out that it is tested.
const QUESTIONS: &[&str] = &[
    "'PYTEST_CURRENT_TEST'",
    "'pytest' in sys . modules",
    "'unittest' in sys . modules",
    "'_pytest' in sys . modules",
    "'nose' in sys . modules",
    "sys . modules . get ( 'pytest'",
    "sys . modules . get ( 'unittest'",
    "'pytest' not in sys . modules",
    "'unittest' not in sys . modules",
    "'PYTEST_VERSION'",
    "'PYTEST_XDIST_WORKER'",
    "sys . argv ~ 'pytest'",
    "'pytest' in sys . argv*",
    "'test' in sys . argv*",
    "sys . argv ~ 'test'",
    "sys . argv ~ 'unittest'",
    "'pytest' in ~ sys . argv",
    "'unittest' in ~ sys . argv",
    "'py.test' in ~ sys . argv",
    "cfg ! ( test )",
    "cfg ! ( ~ test )",
    "# [ cfg ( not ( test ) ) ]",
    "if cfg ! ( debug_assertions",
    "'RUST_TEST_THREADS'",
    "'NEXTEST'",
    "'NEXTEST_RUN_ID'",
    "'NEXTEST_EXECUTION_MODE'",
    "JEST_WORKER_ID",
    "'JEST_WORKER_ID'",
    "VITEST",
    "'VITEST'",
    "VITEST_WORKER_ID",
    "VITEST_POOL_ID",
    "NODE_ENV ~ 'test'",
    "NODE_TEST_CONTEXT",
    "'NODE_TEST_CONTEXT'",
    "typeof jest",
    "typeof vi",
    "typeof describe",
    "typeof it",
    "typeof expect",
    "typeof before",
    "globalThis . jest",
    "global . it",
    "globalThis . it",
    "global . describe",
    "globalThis . describe",
    "testing . Testing (",
    "Lookup ( 'test.v'",
    "'test.v'",
    "os . Args ~ '.test'",
    "defined ? ( RSpec",
    "defined ? ( Minitest",
    "Rails . env . test ?",
    "'TESTING'",
    "'RSPEC'",
    "env ~ 'CI'",
    "environ ~ 'CI'",
    "import . meta . env . MODE ~ 'test'",
    "process . env . TEST",
];
/// How the names of our own programs beside the tests begin; no program has a use for them.
const OURS: &str = "greenloop_";
/// What may be there for tests alone without a function doing anything else under test.
const ITEMS: [&str; 13] = [
    "mod",
    "use",
    "fn",
    "impl",
    "struct",
    "const",
    "static",
    "type",
    "pub",
    "enum",
    "trait",
    "macro_rules",
    "#",
];
/// Looks at who calls and what is loaded; suspicious where tests are spoken of near by.
const STACKS: &[&str] = &[
    "inspect . stack (",
    "sys . _getframe (",
    "inspect . currentframe (",
    "traceback . extract_stack (",
    "traceback . format_stack (",
    "new Error ( ) . stack",
    "Error ( ) . stack",
    "runtime . Caller (",
    "runtime . Callers (",
    "Backtrace :: ",
    "thread :: current (",
    "current_exe (",
    "getStackTrace (",
    "caller",
    "caller_locations",
    "Error . captureStackTrace",
    "env :: args (",
    "process . argv",
    "os . Args",
    "debug . Stack (",
    "require . main . filename",
    "in sys . modules",
    "in list ( sys . modules",
    "sys . modules . keys",
];

/// How far around a look at the callers tests may be spoken of, in tokens.
const NEAR: usize = 50;

pub fn find(file: &File<'_>, all: &mut Vec<Finding>) {
    let Some(after) = file
        .after
        .as_ref()
        .filter(|after| file.class == Class::Source && after.code.language.is_code())
    else {
        return;
    };
    let code = &after.code;
    let mut tell = |at: usize| {
        if !after.is_in_test(at) {
            let shown = code.joined(at..code.line_end(at).min(at + 10));
            all.push(file.finding(
                FindingKind::TestDetection,
                code.line(at),
                format!("it asks whether tests run: `{shown}`"),
            ));
        }
    };
    for at in QUESTIONS.iter().flat_map(|pattern| file.new_places(pattern)) {
        if is_question(code, at) {
            tell(at);
        }
    }
    for at in more(file, ours).into_iter().chain(more(file, statements_for_tests)) {
        tell(at);
    }
    for at in STACKS.iter().flat_map(|pattern| file.new_places(pattern)) {
        let near = at.saturating_sub(NEAR)..(at + NEAR).min(code.tokens.len());
        let speaks = code.tokens[near].iter().any(|token| {
            let bare = token.bare().to_lowercase();
            token.is_literal()
                && (bare.contains("test")
                    || bare.contains("spec")
                    || bare.contains("jest")
                    || bare.contains("mocha"))
        });
        if speaks {
            tell(at);
        }
    }
}

/// The places of a kind that the file has more of than before.
fn more(file: &File<'_>, places: fn(&Side<'_>) -> Vec<usize>) -> Vec<usize> {
    let n_before = file.before.as_ref().map_or(0, |side| places(side).len());
    file.after
        .as_ref()
        .map_or_else(Vec::new, |side| places(side).into_iter().skip(n_before).collect())
}

/// Names of our own programs.
fn ours(side: &Side<'_>) -> Vec<usize> {
    let is_ours = |at: &usize| side.code.at(*at).to_lowercase().contains(OURS);
    side.code.all().filter(is_ours).collect()
}

/// Statements of functions that are there for tests alone.
fn statements_for_tests(side: &Side<'_>) -> Vec<usize> {
    let code = &side.code;
    let in_function = |at: &usize| {
        side.units.iter().any(|unit| unit.role == Role::Function && unit.body.contains(at))
    };
    let is_statement =
        |at: &usize| code.closing(at + 1).is_some_and(|end| !ITEMS.contains(&code.at(end + 1)));
    let attributes = code.find(code.all(), "# [ cfg ( ~ test").into_iter();
    attributes.filter(|at| in_function(at) && is_statement(at)).collect()
}

/// A word such as `VITEST` also names things that are no question.
fn is_question(code: &Code<'_>, at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |before| code.at(before));
    match code.at(at) {
        "VITEST" | "JEST_WORKER_ID" | "NODE_TEST_CONTEXT" | "VITEST_WORKER_ID"
        | "VITEST_POOL_ID" => matches!(before, "." | "["),
        _ => true,
    }
}
