//! Programs that end before all is judged.

use super::change::{Change, File, Side};
use super::hooks::shown;
use crate::logic::guard::code::Code;
use crate::logic::guard::lexer::{Kind, Language};
use crate::model::guard::{Class, Finding, FindingKind};

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

pub fn find(file: &File<'_>, change: &Change<'_>, all: &mut Vec<Finding>) {
    let Some(after) = &file.after else { return };
    let code = &after.code;
    for at in EXITS.iter().flat_map(|pattern| file.new_places(pattern)) {
        let before = at.checked_sub(1).map_or("", |before| code.at(before));
        // A word by itself may be anything's name; one with its module before it is not.
        let is_word = matches!(code.at(at), "exit" | "quit" | "halt" | "_exit" | "SystemExit");
        let is_hard = is_hard(code, at);
        let follows = !is_hard
            && matches!(
                before,
                "." | ":" | "::" | "def" | "fn" | "func" | "function" | "raise" | "new"
            );
        let is_shell =
            code.at(at) == "exit" && !matches!(code.language, Language::Ruby | Language::Python);
        let is_part = is_word && (follows && !code.tokens[at].is_first || is_shell);
        if is_part || in_main(code, at) || is_bare_word(code, at) {
            continue;
        }
        if file.class == Class::Source && !is_sudden(after, at, file, change) {
            continue;
        }
        if code.language == Language::Go && !code.holds(at..at + 6, "( 0 )") || fails(code, at) {
            continue;
        }
        let why = format!("the program ends before all is judged: `{}`", shown(code, at));
        all.push(file.finding(FindingKind::EarlyExit, code.line(at), why));
    }
}

/// `posix._exit(0)`, `CDLL(None)._exit(0)`, `_exit(0)` of Python: not a method of the program's own that is called so.
fn is_hard(code: &Code<'_>, at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map_or("", |before| code.at(before));
    let of_system = matches!(before(2), "os" | "posix" | "libc" | "nt" | ")");
    code.at(at) == "_exit"
        && match before(1) {
            "." => of_system,
            "def" | "::" => false,
            _ => code.language == Language::Python,
        }
}

/// Whether the program says that it failed.
fn fails(code: &Code<'_>, at: usize) -> bool {
    let open = (at..at + 6).find(|place| code.at(*place) == "(").unwrap_or(at);
    let given = code.inside(open);
    given.len() == 1 && code.at(given.start).parse::<u8>().is_ok_and(|status| status > 0)
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

/// A source that ends the program while it is loaded, or without handlers being asked; or anywhere with success, where
/// red tests are to turn green and the language has its programs in files of their own.
fn is_sudden(side: &Side<'_>, at: usize, file: &File<'_>, change: &Change<'_>) -> bool {
    let code = &side.code;
    let name = file.path.file_name();
    let programs = [
        "main.",
        "cli",
        "__main__.",
        "bin.",
        "manage.",
        "setup.",
        "server.",
        "app.",
        "arg",
        "flag",
        "opt",
        "usage",
        "help",
        "version",
        "command",
        "cmd",
    ];
    let is_program = programs.iter().any(|start| name.starts_with(start))
        || file.path.as_str().contains("cli/")
        || file.path.as_str().contains("bin/")
        || file.path.as_str().contains("scripts/")
        || file.path.as_str().contains("cmd/");
    let is_hard = code.at(at) == "os" && code.at(at + 2) == "_exit"
        || is_hard(code, at)
        || code.at(at) == "atexit" && code.holds(at..at + 12, "_exit");
    let in_function = side.units.iter().any(|unit| unit.range.contains(&at));
    let ends_well = code.holds(at..at + 8, "( 0 )") || code.holds(at..at + 8, "( )");
    let is_apart = matches!(code.language, Language::Rust | Language::Go | Language::Braces);
    let at_once = !in_function && matches!(code.language, Language::Python | Language::Script);
    is_hard || !is_program && ends_well && (at_once || is_apart && change.is_attempt())
}
