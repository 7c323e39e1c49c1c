//! The reports of our own programs inside test runners: one JSON object per line, read while they are written.

use serde::Deserialize;

use super::{Cases, FindPath, add_problem};
use crate::base::ids::CheckId;
use crate::model::check::Problem;
use crate::model::report::{Place, TestCase, TestOutcome, TestReport};

/// A line longer than this is no line of ours, in bytes.
const LINE_BYTES_MAX: usize = 1024 * 1024;

/// Reads a report piece by piece.
#[derive(Debug)]
pub struct Reader {
    cases: Cases,
    /// What every line has to hold; empty where lines hold no key.
    key: String,
    problems: Vec<Problem>,
    /// A line that has not ended yet.
    partial: Vec<u8>,
    /// The test that was begun and not yet told.
    running: Option<String>,
    n_announced: Option<usize>,
    n_told: usize,
    /// What the last line said, once it came.
    n_at_end: Option<usize>,
    is_garbled: bool,
}

/// What a report said.
#[derive(Debug, PartialEq, Eq)]
pub struct Reported {
    pub report: TestReport,
    pub problems: Vec<Problem>,
    /// The test during which the report broke off.
    pub running: Option<String>,
    /// Whether the runner reached its end.
    pub ended: bool,
}

/// A line with the key of who wrote it.
#[derive(Deserialize)]
struct Signed {
    #[serde(default)]
    key: String,
    #[serde(flatten)]
    line: Line,
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Line {
    Announced {
        count: usize,
    },
    Start {
        name: String,
    },
    Case {
        name: String,
        outcome: TestOutcome,
        #[serde(default)]
        message: String,
        at: Option<(String, u32)>,
        #[serde(default)]
        frames: Vec<(String, u32)>,
        #[serde(default)]
        seconds: f64,
    },
    Problem {
        message: String,
        at: Option<(String, u32)>,
    },
    End {
        count: usize,
    },
}

impl Reader {
    /// A report in which a line without this key, which tests are not told, spoils the whole.
    pub fn new(check: &CheckId, key: &str) -> Self {
        Self {
            cases: Cases::new(check),
            key: key.to_owned(),
            problems: Vec::new(),
            partial: Vec::new(),
            running: None,
            n_announced: None,
            n_told: 0,
            n_at_end: None,
            is_garbled: false,
        }
    }

    /// Takes the next bytes of the report, however they are cut.
    pub fn feed(&mut self, bytes: &[u8], find: FindPath<'_>, on_case: &mut dyn FnMut(&TestCase)) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.partial.len() + piece.len() > LINE_BYTES_MAX {
                self.is_garbled = true;
                self.partial.clear();
                continue;
            }
            self.partial.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.partial);
                self.line(&line, find, on_case);
            }
        }
    }

    /// The report as far as it came.
    pub fn finish(self) -> Reported {
        let ended = self.n_at_end.is_some();
        let complete = self.n_at_end == Some(self.n_told)
            && self.n_announced.is_some_and(|n_announced| self.n_told >= n_announced)
            && !self.is_garbled
            && !self.cases.is_cut;
        Reported {
            report: TestReport { cases: self.cases.list, complete },
            problems: self.problems,
            running: self.running,
            ended,
        }
    }

    fn line(&mut self, line: &[u8], find: FindPath<'_>, on_case: &mut dyn FnMut(&TestCase)) {
        let signed = serde_json::from_slice::<Signed>(line).ok();
        let Some(Signed { line, .. }) = signed.filter(|signed| signed.key == self.key) else {
            self.is_garbled = true;
            return;
        };
        let place = |at: (String, u32)| find(&at.0).map(|path| Place { path, line: at.1.max(1) });
        match line {
            Line::Announced { count } => self.n_announced = Some(count),
            Line::Start { name } => self.running = Some(name),
            Line::Problem { message, at } => {
                add_problem(&mut self.problems, Problem { at: at.and_then(place), message });
            }
            Line::End { count } => self.n_at_end = Some(count),
            Line::Case { name, outcome, message, at, frames, seconds } => {
                self.n_told += 1;
                self.running = None;
                let case = TestCase {
                    id: self.cases.id(&name),
                    outcome,
                    message,
                    at: at.and_then(place),
                    frames: frames.into_iter().filter_map(place).collect(),
                    duration_ms: (seconds.max(0.0) * 1_000.0).round() as u64,
                };
                if let Some(case) = self.cases.add(case) {
                    on_case(case);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::path::RepoPath;
    use proptest::prelude::*;

    fn read(pieces: &[&[u8]]) -> Reported {
        let mut reader = Reader::new(&CheckId::new("unittest"), "");
        let find = |path: &str| RepoPath::new(path.strip_prefix("/p/")?);
        for piece in pieces {
            reader.feed(piece, &find, &mut |_| {});
        }
        reader.finish()
    }

    fn told(text: &str) -> String {
        let read = read(&[text.as_bytes()]);
        let cases: String = read
            .report
            .cases
            .iter()
            .map(|case| {
                let at = case.at.as_ref().map(|at| format!(" at {}:{}", at.path, at.line));
                format!(
                    "{:?} {}{} {:?} +{} {}ms\n",
                    case.outcome,
                    case.id.name,
                    at.unwrap_or_default(),
                    case.message,
                    case.frames.len(),
                    case.duration_ms
                )
            })
            .collect();
        format!(
            "{cases}complete: {}, ended: {}, running: {:?}",
            read.report.complete, read.ended, read.running
        )
    }

    const WHOLE: &str = r#"{"event":"announced","count":2}
{"event":"start","name":"t.A.a"}
{"event":"case","name":"t.A.a","outcome":"passed","message":"","at":["/p/t.py",3],"frames":[],"seconds":0.0126}
{"event":"start","name":"t.A.b"}
{"event":"case","name":"t.A.b","outcome":"failed","message":"1 != 2","at":["/p/t.py",0],"frames":[["/p/t.py",9],["/usr/lib/x.py",1]],"seconds":-1}
{"event":"end","count":2}
"#;

    #[test]
    fn a_whole_report() {
        insta::assert_snapshot!(told(WHOLE), @r#"
        Passed t.A.a at t.py:3 "" +0 13ms
        Failed t.A.b at t.py:1 "1 != 2" +1 0ms
        complete: true, ended: true, running: None
        "#);
    }

    #[test]
    fn reports_that_are_not_whole() {
        let without_end: String = WHOLE.split_inclusive('\n').take(4).collect();
        insta::assert_snapshot!(told(&without_end), @r#"
        Passed t.A.a at t.py:3 "" +0 13ms
        complete: false, ended: false, running: Some("t.A.b")
        "#);
        let one_less: String =
            WHOLE.split_inclusive('\n').filter(|line| !line.contains("1 != 2")).collect();
        insta::assert_snapshot!(told(&one_less), @r#"
        Passed t.A.a at t.py:3 "" +0 13ms
        complete: false, ended: true, running: Some("t.A.b")
        "#);
        insta::assert_snapshot!(told(&format!("{WHOLE}boom\n")).lines().last().unwrap(), @"complete: false, ended: true, running: None");
        assert!(!read(&[&vec![b'x'; LINE_BYTES_MAX + 1], b"\n", WHOLE.as_bytes()]).report.complete);
    }

    #[test]
    fn a_report_is_complete_when_all_that_was_announced_was_told() {
        let with = |announced: &str, end: &str| {
            let text = WHOLE.replace("\"count\":2}\n{\"event\":\"start", announced);
            let text = text.replace("\"end\",\"count\":2", end);
            read(&[text.as_bytes()]).report.complete
        };
        let (announced, end) = ("\"count\":2}\n{\"event\":\"start", "\"end\",\"count\":2");
        assert!(with(announced, end));
        assert!(!with(&announced.replace('2', "3"), end));
        assert!(!with(announced, &end.replace('2', "3")));
        // Fixtures that fail are told beside the tests that were announced.
        assert!(with(&announced.replace('2', "1"), end));
    }

    #[test]
    fn a_line_with_another_key_spoils_the_report() {
        let signed = WHOLE.replace("{\"event\"", "{\"key\":\"k\",\"event\"");
        let is_complete = |text: &str| {
            let mut reader = Reader::new(&CheckId::new("jest"), "k");
            reader.feed(text.as_bytes(), &|_| None, &mut |_| {});
            reader.finish().report.complete
        };
        assert!(is_complete(&signed));
        let forged = r#"{"event":"case","name":"t.A.b","outcome":"passed"}"#;
        assert!(!is_complete(&format!("{forged}\n{signed}")));
        assert!(!is_complete(&signed.replacen("\"k\"", "\"j\"", 1)));
        assert!(!is_complete(WHOLE));
    }

    #[test]
    fn a_problem_keeps_its_place() {
        let line = r#"{"event":"problem","message":"SyntaxError","at":["/p/conftest.py",2]}"#;
        let read = read(&[line.as_bytes(), b"\n"]);
        let path = RepoPath::new("conftest.py").unwrap();
        let problem = Problem { at: Some(Place { path, line: 2 }), message: "SyntaxError".into() };
        assert_eq!(read.problems, [problem]);
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(cut in 0..WHOLE.len()) {
            let (head, tail) = WHOLE.as_bytes().split_at(cut);
            prop_assert_eq!(read(&[head, tail]), read(&[WHOLE.as_bytes()]));
        }

        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            read(&[&bytes]);
        }

        #[test]
        fn a_report_with_a_line_missing_is_never_complete(n in 0..6usize) {
            let lines: Vec<&str> = WHOLE.split_inclusive('\n').collect();
            let rest: String = lines.iter().enumerate().filter(|(at, _)| *at != n).map(|(_, line)| *line).collect();
            let matters = !lines[n].contains("start");
            prop_assert_eq!(read(&[rest.as_bytes()]).report.complete, !matters);
        }
    }
}
