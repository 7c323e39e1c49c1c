//! Runners and assertions that are replaced, and equality that is always so.

use super::change::{Change, File, Side};
use super::{exits, stand_ins};
use crate::logic::guard::code::Code;
use crate::logic::guard::lexer::Language;
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
    "__builtins__ [ * ] =",
    "__builtins__ . * =",
    "setattr ( __builtins__",
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

pub fn find(file: &File<'_>, change: &Change<'_>, all: &mut Vec<Finding>) {
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
    by_name(file, after, all);
    methods(file, after, all);
    exits::find(file, change, all);
    stand_ins::find(file, after, all);
}

pub fn shown(code: &Code<'_>, at: usize) -> String {
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
        Language::Script => {
            before != "." || ["prototype", "overwriteMethod", "overwriteProperty"].contains(&text)
        }
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

/// Assertions and hooks of Python that are put in place by their names, whatever the class is called here.
fn by_name(file: &File<'_>, after: &Side<'_>, all: &mut Vec<Finding>) {
    let code = &after.code;
    if code.language != Language::Python {
        return;
    }
    let set = file.new_places("setattr (").into_iter().filter(|at| {
        let mut given = code.inside(at + 1);
        given.any(|at| code.tokens[at].is_literal() && is_judge(code.tokens[at].bare()))
    });
    let assigned = code.all().filter(|at| {
        let is_put = code.at(at + 1) == "=" && *at > 0 && code.at(at - 1) == ".";
        is_put && is_judge(code.at(*at))
    });
    let n_before = file.before.as_ref().map_or(0, |before| {
        let code = &before.code;
        code.all().filter(|at| code.at(at + 1) == "=" && is_judge(code.at(*at))).count()
    });
    let hooked = file.new_places("specname =").into_iter();
    for at in set.chain(assigned.skip(n_before)).chain(hooked).collect::<Vec<_>>() {
        let why = format!("it changes how tests are judged: `{}`", shown(code, at));
        all.push(file.finding(FindingKind::PatchedRunner, code.line(at), why));
    }
}

/// Whether a name is that of an assertion of unittest or of a hook of pytest.
fn is_judge(name: &str) -> bool {
    name.strip_prefix("assert").is_some_and(|rest| rest.starts_with(char::is_uppercase))
        || name.starts_with("pytest_runtest")
}

/// Equality in the languages where methods are no units here: `fn eq` in an `impl`, methods of script classes.
fn methods(file: &File<'_>, after: &Side<'_>, all: &mut Vec<Finding>) {
    let patterns = [
        "fn eq ( ~ { true }",
        "equals ( * ) { return true",
        "toBe * ~ pass : true",
        "toEqual * ~ pass : true",
        "toStrictEqual * ~ pass : true",
        "toMatchObject * ~ pass : true",
        "toContain * ~ pass : true",
        "toThrow * ~ pass : true",
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
