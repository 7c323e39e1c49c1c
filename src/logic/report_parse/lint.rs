//! What compilers, type checkers and linters print, line by line, as findings. A finding is a red case that leaves
//! nothing behind when it is well; it is called by file, rule and message, not by its line, which moves with every edit.

use std::collections::HashMap;

use serde_json::Value;

use super::{Cases, FINDING, FindPath};
use crate::base::ids::CheckId;
use crate::model::check::Linter;
use crate::model::report::{Place, TestCase, TestOutcome, TestReport};

/// Reads the output of one run of a linter.
#[derive(Debug)]
pub struct Reader {
    linter: Linter,
    cases: Cases,
    /// The lines at which a finding was told, by its name.
    told: HashMap<String, Vec<u32>>,
    /// Errors that have no place in the project.
    pub n_elsewhere: usize,
}

/// One finding as a tool tells it.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    /// As the tool spells it.
    path: String,
    line: u32,
    rule: String,
    message: String,
}

impl Reader {
    pub fn new(linter: Linter, check: &CheckId) -> Reader {
        Reader { linter, cases: Cases::new(check), told: HashMap::new(), n_elsewhere: 0 }
    }

    /// Takes a line of the output.
    pub fn line(&mut self, line: &[u8], find: FindPath<'_>, on_case: &mut dyn FnMut(&TestCase)) {
        let text = String::from_utf8_lossy(line);
        let Some(finding) = finding(self.linter, &text) else { return };
        match find(&finding.path) {
            Some(path) => {
                let at = Place { path, line: finding.line.max(1) };
                self.add(&finding, at, on_case);
            }
            None => self.n_elsewhere += 1,
        }
    }

    /// The report of a run that came to its end: the run itself as a test that passed, and the findings.
    pub fn finish(mut self, on_case: &mut dyn FnMut(&TestCase)) -> TestReport {
        let name = self.cases.check.to_string();
        let ran = case(&self.cases, &name, TestOutcome::Passed);
        if let Some(case) = self.cases.add(ran) {
            on_case(case);
        }
        TestReport { complete: !self.cases.is_cut, cases: self.cases.list }
    }

    fn add(&mut self, finding: &Finding, at: Place, on_case: &mut dyn FnMut(&TestCase)) {
        let Finding { rule, message, .. } = finding;
        let first = message.lines().next().unwrap_or_default();
        let rule = if rule.is_empty() { String::new() } else { format!("{rule}: ") };
        let name = format!("{}: {rule}{first}", at.path);
        let lines = self.told.entry(name.clone()).or_default();
        // Compilers tell the same of a file for every target it is part of.
        if lines.contains(&at.line) {
            return;
        }
        lines.push(at.line);
        let name = match lines.len() {
            1 => format!("{name} {FINDING}"),
            n => format!("{name} #{n} {FINDING}"),
        };
        let case = TestCase {
            message: format!("{rule}{message}"),
            at: Some(at),
            ..case(&self.cases, &name, TestOutcome::Failed)
        };
        if let Some(case) = self.cases.add(case) {
            on_case(case);
        }
    }
}

fn case(cases: &Cases, name: &str, outcome: TestOutcome) -> TestCase {
    TestCase {
        id: cases.id(name),
        outcome,
        message: String::new(),
        at: None,
        frames: Vec::new(),
        duration_ms: 0,
    }
}

fn finding(linter: Linter, line: &str) -> Option<Finding> {
    match linter {
        Linter::CargoCheck | Linter::Clippy => cargo(line),
        Linter::Tsc => tsc(line),
        Linter::Eslint => eslint(line),
        Linter::Ruff => ruff(line),
        Linter::Mypy => mypy(line),
        Linter::GoVet => go_vet(line),
    }
}

/// Errors among `cargo --message-format=json`'s lines. Warnings are none, as they are none to cargo's exit code.
fn cargo(line: &str) -> Option<Finding> {
    let told: Value =
        serde_json::from_str(line).ok().filter(|_| line.starts_with("{\"reason\""))?;
    let message = &told["message"];
    if !message["level"].as_str()?.starts_with("error") {
        return None;
    }
    let span = message["spans"].as_array()?.iter().find(|span| span["is_primary"] == true)?;
    Some(Finding {
        path: span["file_name"].as_str()?.to_owned(),
        line: number(&span["line_start"]),
        rule: message["code"]["code"].as_str().unwrap_or_default().to_owned(),
        message: message["message"].as_str()?.to_owned(),
    })
}

/// `src/a.ts(3,7): error TS2322: Type 'string' is …`, as with `--pretty false`.
fn tsc(line: &str) -> Option<Finding> {
    let (place, rest) = line.split_once("): error ")?;
    let (path, at) = place.rsplit_once('(')?;
    let (rule, message) = rest.split_once(": ")?;
    Some(Finding {
        path: path.to_owned(),
        line: at.split(',').next()?.parse().ok()?,
        rule: rule.to_owned(),
        message: message.trim_end().to_owned(),
    })
}

/// A line of our own formatter (`io/checks/greenloop_eslint.cjs`).
fn eslint(line: &str) -> Option<Finding> {
    let told: Value = serde_json::from_str(line).ok()?;
    Some(Finding {
        path: told["path"].as_str()?.to_owned(),
        line: number(&told["line"]),
        // A file that cannot be parsed breaks no rule.
        rule: told["rule"].as_str().unwrap_or_default().to_owned(),
        message: told["message"].as_str()?.to_owned(),
    })
}

/// A line of `ruff check --output-format json-lines`.
fn ruff(line: &str) -> Option<Finding> {
    let told: Value = serde_json::from_str(line).ok()?;
    Some(Finding {
        path: told["filename"].as_str()?.to_owned(),
        line: number(&told["location"]["row"]),
        // A file that cannot be parsed breaks no rule that has a code.
        rule: told["code"].as_str().unwrap_or_default().to_owned(),
        message: told["message"].as_str()?.to_owned(),
    })
}

/// A line of `mypy --output json`.
fn mypy(line: &str) -> Option<Finding> {
    let told: Value = serde_json::from_str(line).ok()?;
    (told["severity"] == "error").then_some(())?;
    Some(Finding {
        path: told["file"].as_str()?.to_owned(),
        line: number(&told["line"]),
        rule: told["code"].as_str().unwrap_or_default().to_owned(),
        message: told["message"].as_str()?.to_owned(),
    })
}

/// `vet: ./a.go:3:7: undefined: x` of the compiler, `./a.go:3:7: message` of the analyses.
fn go_vet(line: &str) -> Option<Finding> {
    let told = line.strip_prefix("vet: ").unwrap_or(line);
    let (path, rest) = told.split_once(".go:")?;
    let (at, message) = rest.split_once(": ")?;
    Some(Finding {
        path: format!("{}.go", path.strip_prefix("./").unwrap_or(path)),
        line: at.split(':').next()?.parse().ok()?,
        rule: String::new(),
        message: message.trim_end().to_owned(),
    })
}

fn number(value: &Value) -> u32 {
    value.as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::path::RepoPath;

    /// Findings as `path:line name`, files below `/out` being none of the project's.
    fn check(linter: Linter, output: &str) -> String {
        let find = |path: &str| RepoPath::new(path.trim_start_matches("/p/"));
        let mut reader = Reader::new(linter, &CheckId::new("lint"));
        output.lines().for_each(|line| reader.line(line.as_bytes(), &find, &mut |_| {}));
        let told = |case: &TestCase| {
            let line = case.at.as_ref().map_or(0, |at| at.line);
            format!("{line} {} = {:?}\n", case.id.name, case.outcome)
        };
        reader.finish(&mut |_| {}).cases.iter().map(told).collect()
    }

    #[test]
    fn findings_are_read_from_every_tool() {
        insta::assert_snapshot!(check(Linter::Ruff, r#"{"code":"F401","filename":"/p/a.py","location":{"column":8,"row":1},"message":"`os` imported but unused"}
{"code":"F401","filename":"/p/a.py","location":{"column":8,"row":4},"message":"`os` imported but unused"}
{"code":null,"filename":"/p/b.py","location":{"column":1,"row":2},"message":"Expected an expression"}
All checks passed!"#), @r"
        1 a.py: F401: `os` imported but unused (finding) = Failed
        4 a.py: F401: `os` imported but unused #2 (finding) = Failed
        2 b.py: Expected an expression (finding) = Failed
        0 lint = Passed
        ");
        insta::assert_snapshot!(check(Linter::Mypy, r#"{"file": "a.py", "line": 6, "column": 11, "message": "Incompatible return value type", "hint": null, "code": "return-value", "severity": "error"}
{"file": "a.py", "line": 6, "column": 11, "message": "See the docs", "hint": null, "code": "return-value", "severity": "note"}"#), @r"
        6 a.py: return-value: Incompatible return value type (finding) = Failed
        0 lint = Passed
        ");
        insta::assert_snapshot!(check(Linter::Tsc, "src/a(b).ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.\n  The rest of it.\nerror TS18003: No inputs were found.\n"), @r"
        3 src/a(b).ts: TS2322: Type 'string' is not assignable to type 'number'. (finding) = Failed
        0 lint = Passed
        ");
        insta::assert_snapshot!(check(Linter::Eslint, r#"{"path":"/p/a.js","rule":"no-undef","message":"'x' is not defined.","line":1}
{"path":"/p/a.js","rule":null,"message":"Parsing error: Unexpected token","line":9}"#), @r"
        1 a.js: no-undef: 'x' is not defined. (finding) = Failed
        9 a.js: Parsing error: Unexpected token (finding) = Failed
        0 lint = Passed
        ");
        insta::assert_snapshot!(check(Linter::Clippy, r#"{"reason":"compiler-message","message":{"level":"error","code":{"code":"clippy::eq_op"},"message":"equal expressions","spans":[{"file_name":"src/lib.rs","line_start":3,"is_primary":true}]}}
{"reason":"compiler-message","message":{"level":"warning","code":null,"message":"unused","spans":[{"file_name":"src/lib.rs","line_start":9,"is_primary":true}]}}
{"reason":"compiler-message","message":{"level":"error","code":null,"message":"aborting due to 1 previous error","spans":[]}}
{"reason":"build-finished","success":false}"#), @r"
        3 src/lib.rs: clippy::eq_op: equal expressions (finding) = Failed
        0 lint = Passed
        ");
        insta::assert_snapshot!(check(Linter::GoVet, "# example.org/a\nvet: ./b.go:3:7: undefined: x\nsub/a.go:5:2: fmt.Printf format %d has arg \"x\" of wrong type string\n"), @r#"
        3 b.go: undefined: x (finding) = Failed
        5 sub/a.go: fmt.Printf format %d has arg "x" of wrong type string (finding) = Failed
        0 lint = Passed
        "#);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read(lines: Vec<Vec<u8>>) {
            for linter in Linter::ALL {
                let mut reader = Reader::new(linter, &CheckId::new("lint"));
                lines.iter().for_each(|line| reader.line(line, &|_| None, &mut |_| {}));
                assert_eq!(reader.finish(&mut |_| {}).cases.len(), 1);
            }
        }
    }
}
