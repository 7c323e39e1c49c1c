//! Stand-ins for what is tested, put there for all tests of a file or project.

use super::change::{File, Side};
use super::hooks::shown;
use crate::logic::guard::code::Code;
use crate::logic::guard::lexer::Kind;
use crate::logic::guard::units::Role;
use crate::model::guard::{Class, Finding, FindingKind};

/// Hooks that put something in place of the project's own functions.
pub fn find(file: &File<'_>, after: &Side<'_>, all: &mut Vec<Finding>) {
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
    if is_hook {
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
fn imported(code: &Code<'_>, name: &str) -> bool {
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
