//! Runners and assertions that are replaced, programs that end before they judged, and equality that is always so.

use super::change::{File, Side};
use crate::logic::guard::code::Code;
use crate::logic::guard::lexer::{Kind, Language};
use crate::logic::guard::units::{Role, Unit};
use crate::model::guard::{Class, Finding, FindingKind};

/// Hooks and assignments by which a runner judges otherwise.
const PATCHES: &[&str] = &[
    "pytest_runtest_makereport",
    "pytest_collection_modifyitems",
    "pytest_ignore_collect",
    "pytest_runtest_call",
    "pytest_pyfunc_call",
    "pytest_runtest_protocol",
    "pytest_report_teststatus",
    "pytest_sessionfinish",
    "pytest_runtest_logreport",
    "pytest_collect_file",
    "pytest_pycollect_makeitem",
    "pytest_itemcollected",
    "pytest_deselected",
    "pytest_runtestloop",
    "pytest_cmdline_main",
    "pytest_exception_interact",
    "pytest_runtest_setup",
    "pytest_runtest_teardown",
    "pytest_collectstart",
    "pytest_unconfigure",
    "TestCase . * =",
    "TestResult . * =",
    "TextTestResult . * =",
    "TextTestRunner . * =",
    "TestLoader . * =",
    "unittest . * =",
    "pytest . * =",
    "builtins . * =",
    "_pytest . ~ =",
    "setattr ( unittest",
    "setattr ( builtins",
    "setattr ( pytest",
    "setattr ( TestCase",
    "setattr ( unittest . TestCase",
    "sys . modules [ * ] =",
    "sys . excepthook =",
    ". outcome = 'passed'",
    ". exitstatus = 0",
    "exitstatus = 0",
    "force_result (",
    "sys . settrace (",
    "__builtins__",
    "AssertionError . * =",
    "faulthandler . register",
    ". wasSuccessful =",
    "addFailure =",
    "addError =",
    "self . failureException =",
    "failureException =",
    "global . expect =",
    "globalThis . expect =",
    "global . it =",
    "globalThis . it =",
    "global . test =",
    "globalThis . test =",
    "global . describe =",
    "globalThis . describe =",
    "globalThis . assert =",
    "global . assert =",
    "assert . * = (",
    "assert . * = function",
    "assert . * = async",
    "Object . is =",
    "Object . assign ( assert",
    "Object . assign ( expect",
    "Object . assign ( global",
    "overwriteMethod (",
    "overwriteProperty (",
    "Assertion . prototype",
    "Matchers . prototype",
    "process . exitCode = 0",
    "process . on ( 'exit'",
    "process . once ( 'exit'",
    "beforeExit",
    "require . cache [",
    "Module . _load =",
    "Module . prototype . require =",
    "process . exit =",
    "process . reallyExit",
    "globalThis . fetch =",
    "Mocha . Runner . prototype",
    "Runner . prototype",
    "Test . prototype",
    "runner . ~ =",
    "macro_rules ! assert",
    "macro_rules ! assert_eq",
    "macro_rules ! assert_ne",
    "panic :: set_hook (",
    "set_hook (",
    "std :: panic :: set_hook",
    "handleTestExecutionException",
    "InvocationInterceptor",
    "IInvokedMethodListener",
    "setStatus (",
    "TestExecutionListener",
    "IHookable",
    "ITestListener",
    "interceptTestMethod",
    "TestRule",
    "MethodRule",
    "class Minitest",
    "module RSpec",
    "filter_run_excluding",
    "exclusion_filter",
    "at_exit",
    "class RSpec",
    "module Minitest",
    "class Object",
    "class BasicObject",
    "config . around (",
];
/// Names of functions that decide on equality or that assert.
const EQUALITIES: &[&str] = &[
    "__eq__",
    "eq",
    "equals",
    "Equals",
    "Equal",
    "==",
    "isEqual",
    "__contains__",
    "is_equal",
    "asymmetricMatch",
    "eql?",
];
/// Calls that end the program well.
const EXITS: &[&str] = &[
    "os . _exit (",
    "sys . exit (",
    "exit (",
    "quit (",
    "process . exit (",
    "process :: exit (",
    "os . Exit (",
    "System . exit (",
    "exit !",
    "exit",
    "atexit . register (",
    "os . kill (",
    "pytest . exit (",
    "os . abort (",
    "syscall . Exit (",
    "Runtime . getRuntime",
    "Process . exit",
    "raise SystemExit",
    "SystemExit (",
    "libc :: exit",
    "libc :: _exit",
    "Deno . exit (",
    "os . execv*",
    "Environment . Exit (",
    "_exit (",
    "halt (",
];

pub fn find(file: &File<'_>, all: &mut Vec<Finding>) {
    let Some(after) = &file.after else { return };
    if !after.code.language.is_code() {
        return;
    }
    for at in PATCHES.iter().flat_map(|pattern| file.new_places(pattern)) {
        if is_patch(&after.code, at, file) {
            let why = format!("it changes how tests are judged: `{}`", shown(&after.code, at));
            all.push(file.finding(FindingKind::PatchedRunner, after.code.line(at), why));
        }
    }
    for unit in after.units.iter().filter(|unit| unit.role != Role::Group) {
        let old = file
            .before
            .as_ref()
            .and_then(|before| before.unit(&unit.name, unit.role).map(|old| (before, old)));
        if is_hollow(after, unit) && !old.is_some_and(|(before, old)| is_hollow(before, old)) {
            let why = format!("`{}` says yes whatever it is given", unit.name);
            all.push(file.finding(
                FindingKind::PatchedRunner,
                after.code.line(unit.range.start),
                why,
            ));
        }
    }
    replaced_assertion(file, after, all);
    methods(file, after, all);
    exits(file, after, all);
    stand_ins(file, after, all);
}

fn shown(code: &Code<'_>, at: usize) -> String {
    code.joined(at..code.line_end(at).min(at + 12))
}

fn is_patch(code: &Code<'_>, at: usize, file: &File<'_>) -> bool {
    let text = code.at(at);
    let before = at.checked_sub(1).map_or("", |before| code.at(before));
    if text == "assert" && file.class == Class::Source {
        return false;
    }
    match code.language {
        // Names of hooks also stand in texts and calls of other hooks.
        Language::Python => !text.starts_with("pytest_") || before == "def",
        Language::Script => before != "." || text == "prototype",
        Language::Ruby => !matches!(text, "class" | "module") || code.tokens[at].is_first,
        Language::Rust => text != "eq",
        _ => true,
    }
}

/// Equality that looks at nothing.
fn is_hollow(side: &Side<'_>, unit: &Unit) -> bool {
    let name = unit.name.rsplit('.').next().unwrap_or("");
    let body = side.code.joined(unit.body.clone());
    let is_yes = ["return True", "true", "return true ;", "return true", "True", "pass"]
        .contains(&body.as_str());
    is_yes && EQUALITIES.contains(&name) && body != "pass"
}

/// A function of the name of an assertion in a test or hook, that asserts nothing.
fn replaced_assertion(file: &File<'_>, after: &Side<'_>, all: &mut Vec<Finding>) {
    if file.class == Class::Source {
        return;
    }
    let names = [
        "assertEqual",
        "assertTrue",
        "assertRaises",
        "assertIn",
        "assertAlmostEqual",
        "assertEquals",
        "assert",
        "expect",
        "assert_equal",
        "assert_eq",
        "raises",
        "fail",
        "assertThat",
        "assertListEqual",
        "assertDictEqual",
    ];
    for unit in after.units.iter().filter(|unit| unit.role == Role::Function) {
        let name = unit.name.rsplit('.').next().unwrap_or("");
        let is_known = file
            .before
            .as_ref()
            .is_some_and(|before| before.unit(&unit.name, Role::Function).is_some());
        if names.contains(&name) && !is_known {
            let why = format!("it puts a `{name}` of its own in place of the runner's");
            all.push(file.finding(
                FindingKind::PatchedRunner,
                after.code.line(unit.range.start),
                why,
            ));
        }
    }
}

/// Equality in the languages where methods are no units here: `fn eq` in an `impl`, methods of script classes.
fn methods(file: &File<'_>, after: &Side<'_>, all: &mut Vec<Finding>) {
    let patterns = [
        "fn eq ( ~ { true }",
        "equals ( * ) { return true",
        "toBe ( ~ pass : true",
        "toEqual ( ~ pass : true",
        "toStrictEqual ( ~ pass : true",
        "valueOf ( ) { return",
        "asymmetricMatch ( * ) { return true",
        "asymmetricMatch ( ) { return true",
        "def == ( * ) true",
        "def == ( * ) = true",
        "Equals ( ~ => true",
        "equals ( ~ = true",
        "lambda self , other : True",
        "__eq__ = lambda",
        "fn ne ( ~ { false }",
        "Symbol . for ( 'jest.asymmetricMatch'",
    ];
    for at in patterns.iter().flat_map(|pattern| file.new_places(pattern)) {
        let why = format!("equality is always so: `{}`", shown(&after.code, at));
        all.push(file.finding(FindingKind::PatchedRunner, after.code.line(at), why));
    }
}

fn exits(file: &File<'_>, after: &Side<'_>, all: &mut Vec<Finding>) {
    let code = &after.code;
    for at in EXITS.iter().flat_map(|pattern| file.new_places(pattern)) {
        let before = at.checked_sub(1).map_or("", |before| code.at(before));
        let is_part =
            matches!(before, "." | "::" | "def" | "fn" | "func" | "function" | "os" | "raise")
                && !code.tokens[at].is_first
                && code.at(at) != "SystemExit"
                || code.at(at) == "exit"
                    && !matches!(code.language, Language::Ruby | Language::Python);
        if is_part || in_main(code, at) || is_bare_word(code, at) {
            continue;
        }
        if file.class == Class::Source && !is_sudden(after, at, file) {
            continue;
        }
        if code.language == Language::Go && !code.holds(at..at + 5, "( 0 )") {
            continue;
        }
        let why = format!("the program ends before all is judged: `{}`", shown(code, at));
        all.push(file.finding(FindingKind::EarlyExit, code.line(at), why));
    }
}

/// `exit` as a word of its own, in the languages where it is a call without brackets, is one; elsewhere it is a name.
fn is_bare_word(code: &Code<'_>, at: usize) -> bool {
    let next = code.tokens.get(at + 1);
    let is_alone = next.is_none_or(|next| {
        next.text != "("
            && next.text != "!"
            && next.kind == Kind::Mark
            && !matches!(next.text, "." | "::")
    });
    code.at(at) == "exit"
        && (code.language == Language::Python && code.at(at + 1) != "("
            || is_alone && !code.tokens[at].is_first)
}

/// Where a source is run as a program.
fn in_main(code: &Code<'_>, at: usize) -> bool {
    let mains = code.find(0..at, "if __name__ == '__main__'");
    let in_block = mains.iter().any(|start| code.indented_end(*start) > at);
    in_block
        || code.holds(at..(at + 12).min(code.tokens.len()), "unittest . main (")
        || code.holds(at..(at + 9).min(code.tokens.len()), "m . Run (")
}

/// A source that ends the program while it is loaded, or without handlers being asked.
fn is_sudden(side: &Side<'_>, at: usize, file: &File<'_>) -> bool {
    let code = &side.code;
    let name = file.path.file_name();
    let is_program = ["main.", "cli.", "__main__.", "bin.", "manage.", "setup.", "server.", "app."]
        .iter()
        .any(|start| name.starts_with(start))
        || file.path.as_str().contains("bin/")
        || file.path.as_str().contains("scripts/")
        || file.path.as_str().contains("cmd/");
    let is_hard = code.at(at) == "os" && code.at(at + 2) == "_exit"
        || code.at(at) == "atexit" && code.holds(at..at + 12, "_exit");
    let in_function = side.units.iter().any(|unit| unit.range.contains(&at));
    let ends_well = code.holds(at..at + 8, "( 0 )") || code.holds(at..at + 8, "( )");
    is_hard
        || !is_program
            && !in_function
            && ends_well
            && matches!(code.language, Language::Python | Language::Script)
}

/// Hooks that put something in place of the project's own functions.
fn stand_ins(file: &File<'_>, after: &Side<'_>, all: &mut Vec<Finding>) {
    let code = &after.code;
    if matches!(file.class, Class::Source | Class::Fixture) {
        return;
    }
    let is_hook = file.class == Class::Hook;
    let mut tell = |at: usize, what: &str| {
        let why = format!("{what}: `{}`", shown(code, at));
        all.push(file.finding(FindingKind::Mocked, code.line(at), why));
    };
    let patterns = [
        "jest . mock (",
        "vi . mock (",
        "monkeypatch . setattr (",
        "mock . patch (",
        "mocker . patch (",
        "patch ( '*",
        "jest . doMock (",
        "proxyquire",
        "td . replace (",
        "allow_any_instance_of",
        "rewire (",
        "define_method",
    ];
    for at in patterns.iter().flat_map(|pattern| file.new_places(pattern)) {
        if is_hook || replaces_import(file, code, at) {
            tell(at, "what is tested is replaced for all tests");
        }
    }
    // Attributes of imported modules, set while the file is loaded or in a fixture.
    if is_hook || !after.units.is_empty() {
        for at in code.all().filter(|at| {
            code.tokens[*at].is_first && code.at(at + 1) == "." && code.at(at + 3) == "="
        }) {
            let is_new = file.before.as_ref().is_none_or(|before| {
                !before
                    .code
                    .holds(before.code.all(), &format!("{} . {} =", code.at(at), code.at(at + 2)))
            });
            let in_unit =
                after.units.iter().any(|unit| unit.role != Role::Group && unit.range.contains(&at));
            let is_module = imported(code, code.at(at))
                && ![
                    "os", "sys", "settings", "process", "config", "logging", "global", "self",
                    "this", "exports", "module",
                ]
                .contains(&code.at(at));
            let is_function = code.at(at + 4) == "lambda"
                || code
                    .tokens
                    .get(at + 4)
                    .is_some_and(|token| token.kind == Kind::Word || token.text == "(");
            if is_new && is_module && is_function && (is_hook || !in_unit) {
                tell(at, "a function of what is tested is replaced");
            }
        }
    }
}

/// Whether a file imports something under this name.
pub fn imported(code: &Code<'_>, name: &str) -> bool {
    code.all().any(|at| {
        code.at(at) == name && {
            let start = (0..=at).rev().find(|place| code.tokens[*place].is_first).unwrap_or(at);
            let end = code.line_end(start);
            (start..end).contains(&at)
                && (matches!(code.at(start), "import" | "from" | "use")
                    || code.holds(start..end, "require ("))
                && start != at
        }
    })
}

/// A module that the tests of the file import is mocked as a whole.
fn replaces_import(file: &File<'_>, code: &Code<'_>, at: usize) -> bool {
    let Some(open) = (at..at + 6).find(|place| code.at(*place) == "(") else { return false };
    let Some(target) = code.tokens.get(open + 1).filter(|token| token.kind == Kind::Text) else {
        return false;
    };
    let name = target.bare();
    let is_import = |place: &usize| {
        let token = &code.tokens[*place];
        token.kind == Kind::Text
            && token.bare() == name
            && *place != open + 1
            && name.starts_with('.')
    };
    let had_tests = file
        .before
        .as_ref()
        .is_some_and(|before| before.units.iter().any(|unit| unit.role == Role::Test));
    let keeps = code.holds(code.inside(open), "requireActual")
        || code.holds(code.inside(open), "importActual");
    had_tests && !keeps && code.all().any(|place| is_import(&place)) && n_imports(code) <= 1
}

/// Modules of the project that a file imports.
fn n_imports(code: &Code<'_>) -> usize {
    let from =
        code.find(code.all(), "from '*").into_iter().chain(code.find(code.all(), "require ( '*"));
    let own = from.filter(|at| {
        (*at..at + 3)
            .any(|place| code.tokens.get(place).is_some_and(|token| token.bare().starts_with('.')))
    });
    own.count()
}
