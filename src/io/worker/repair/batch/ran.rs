//! One run of a test program.

use std::collections::HashSet;
use std::time::Duration;

use super::dialect::{self, Dialect};
use super::{ARGUMENT, Spec};
use crate::base::cancel::CancelToken;
use crate::base::ids::CheckId;
use crate::base::path::RepoPath;
use crate::io::process;
use crate::logic::report_parse::libtest::Reader;
use crate::model::report::TestOutcome;
use crate::repair::stop::Stop;

/// What a run of a test program showed.
pub(super) struct Ran {
    /// Tests that passed.
    pub names: HashSet<String>,
    /// Where the first stopped that did not.
    pub stop: Option<Stop>,
    pub took: Duration,
}

/// Runs some tests of a program one after the other, in a process of their own.
pub(super) fn passed(
    spec: &Spec,
    program: usize,
    names: &[&str],
    variable: (&str, &str),
    limit: Duration,
) -> Ran {
    let program = &spec.programs[program];
    let mut argv = vec![program.path.to_string_lossy().into_owned()];
    argv.extend(program.dialect.arguments(names));
    let mut env: Vec<(String, String)> =
        std::env::vars().chain(program.env.iter().cloned()).collect();
    env.extend(program.dialect.environment(limit));
    env.push((variable.0.to_owned(), variable.1.to_owned()));
    let run = process::Spec { argv, cwd: program.dir.clone(), env, deadline: limit };
    if program.dialect == Dialect::Go {
        let (mut passed, mut stop) = (HashSet::new(), None);
        let output = process::run(&run, &CancelToken::new(), &mut |line| {
            passed.extend(dialect::go_passed(line).filter(|name| names.contains(&name.as_str())));
            stop = stop.take().or_else(|| dialect::go_stop(line));
        });
        return Ran { names: passed, stop, took: output.duration };
    }
    let mut reader = Reader::new(&CheckId::new(ARGUMENT));
    let find = |path: &str| RepoPath::new(path);
    reader.line(b"     Running tests (./tests)", &find, &mut |_| {});
    let output = process::run(&run, &CancelToken::new(), &mut |line| {
        reader.line(line, &find, &mut |_| {});
    });
    let cases = reader.finish(&find, &mut |_| {}).report.cases;
    let passed = cases.iter().filter(|case| case.outcome == TestOutcome::Passed);
    let names = passed.filter_map(|case| Some(case.id.name.strip_prefix("tests ")?.to_owned()));
    let stop = cases.iter().find_map(|case| {
        case.at.as_ref().map(|at| Stop::new(at.path.as_str(), at.line, &case.message))
    });
    Ran { names: names.collect(), stop, took: output.duration }
}
