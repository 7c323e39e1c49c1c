//! Tests whose names differ from run to run, as where they hold the time: they are told under the names of the baseline.

use std::collections::{BTreeMap, BTreeSet};

use crate::logic::report_parse::phase_scope;
use crate::model::check::{CheckRun, Runner};
use crate::model::report::TestReport;

/// Whether tests of a baseline may have other names in a run: some are missing, and others like them are there.
pub fn may_be_renamed(runner: Runner, baseline: &CheckRun, run: &CheckRun) -> bool {
    // Programs and linters tell of no tests with names of their own.
    let names_tests = !matches!(runner, Runner::Command | Runner::Lint(_));
    let is_told = baseline.is_whole() && run.is_whole();
    names_tests && is_told && {
        let fresh = beyond(&run.report, &[&baseline.report]);
        let gone = beyond(&baseline.report, &[&run.report]);
        gone.keys().any(|form| fresh.contains_key(form))
    }
}

/// The run with the tests that are called otherwise under their names in the baseline. `again` is a run on the files of the
/// baseline: only what differs there too, and nothing but the numbers in it, is taken for another name of the same test.
pub fn under_known_names(baseline: &CheckRun, again: &CheckRun, run: CheckRun) -> CheckRun {
    if !again.is_whole() {
        return run;
    }
    let gone = beyond(&baseline.report, &[&run.report, &again.report]);
    let other = beyond(&again.report, &[&baseline.report]);
    let fresh = beyond(&run.report, &[&baseline.report]);
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for (form, gone) in gone {
        let (Some(other), Some(fresh)) = (other.get(&form), fresh.get(&form)) else { continue };
        // Else it is not known which is which.
        if other.len() != gone.len() {
            continue;
        }
        for (before, other) in gone.iter().zip(other) {
            let (before_numbers, other_numbers) = (numbers(before), numbers(other));
            let is_same = |now: &&&str| {
                let now_numbers = numbers(now);
                let mut all = before_numbers.iter().zip(&other_numbers).zip(&now_numbers);
                all.all(|((before, other), now)| before != other || before == now)
            };
            let free = fresh.iter().filter(|now| !known.contains_key(**now));
            if let Some(now) = free.into_iter().find(is_same) {
                known.insert((*now).to_owned(), (*before).to_owned());
            }
        }
    }
    let mut run = run;
    for case in &mut run.report.cases {
        if let Some(name) = known.remove(&case.id.name) {
            case.id.name = name;
        }
    }
    run
}

/// The names of tests that a report has and none of the others, in its order, by what they are but for their numbers.
fn beyond<'r>(report: &'r TestReport, others: &[&TestReport]) -> BTreeMap<String, Vec<&'r str>> {
    let cases = others.iter().flat_map(|other| &other.cases);
    let known: BTreeSet<&str> = cases.map(|case| &*case.id.name).collect();
    let names = report.cases.iter().map(|case| &*case.id.name);
    let mut all: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for name in names.filter(|name| !known.contains(name) && phase_scope(name).is_none()) {
        let form = pieces(name).map(|piece| if is_number(piece) { "#" } else { piece });
        let form: String = form.collect();
        if form.contains('#') {
            all.entry(form).or_default().push(name);
        }
    }
    all
}

fn numbers(name: &str) -> Vec<&str> {
    pieces(name).filter(|piece| is_number(piece)).collect()
}

/// A name in pieces: numbers, and what is between them. A word of hexadecimal digits is a number.
fn pieces(name: &str) -> impl Iterator<Item = &str> {
    let mut rest = name;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let word = rest.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let end = match &rest[..word] {
            "" => first.len_utf8(),
            word if is_number(word) => word.len(),
            _ => {
                let is_digit = first.is_ascii_digit();
                let differs = |letter: char| {
                    !letter.is_ascii_alphanumeric() || letter.is_ascii_digit() != is_digit
                };
                rest.find(differs).unwrap_or(rest.len())
            }
        };
        let (piece, left) = rest.split_at(end);
        rest = left;
        Some(piece)
    })
}

fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix("0x").unwrap_or(word);
    digits.contains(|letter: char| letter.is_ascii_digit())
        && digits.chars().all(|letter| letter.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logic::verdict::samples::run;

    /// The names of a run, once it is told under those of the baseline.
    fn told(before: &str, again: &str, now: &str) -> String {
        let (before, again, now) = (run(before), run(again), run(now));
        let now = match may_be_renamed(Runner::Pytest, &before, &now) {
            true => under_known_names(&before, &again, now),
            false => now,
        };
        let names: Vec<&str> = now.report.cases.iter().map(|case| &*case.id.name).collect();
        names.join(" ")
    }

    #[test]
    fn names_that_hold_the_time_are_known() {
        let check = |before: &str, again: &str, now: &str, wanted: &str| {
            assert_eq!(told(before, again, now), wanted, "{before} {again} {now}");
        };
        let before = "a: t[at-12:30]=passed u=failed";
        let again = "a: t[at-12:31]=passed u=failed";
        check(before, again, "a: t[at-12:32]=failed u=passed", "t[at-12:30] u");
        check(before, again, "a: t[at-13:32]=passed", "t[at-13:32]");
        check(before, again, "a: u=passed", "u");
        check(before, before, "a: t[at-12:32]=passed", "t[at-12:32]");
        check(before, "a incomplete: u=passed", "a: t[at-12:32]=passed", "t[at-12:32]");
        check(before, again, "a partial: t[at-12:32]=passed", "t[at-12:32]");
        // What is called the same each time has vanished where it is not there.
        let two = "a: t[7]=passed t[1001]=passed";
        check(
            two,
            "a: t[7]=passed t[1002]=passed",
            "a: t[1003]=passed t[1004]=passed",
            "t[1001] t[1004]",
        );
        let alike = "a: t[1-5]=passed t[2-5]=passed";
        check(alike, "a: t[1-6]=passed t[2-6]=passed", "a: t[2-7]=passed", "t[2-5]");
        check("a: t1=passed", "a: t2=passed t3=passed", "a: t4=passed", "t4");
        check("a: f[0x7f3a1c]=passed", "a: f[0x7fe2]=passed", "a: f[0x70]=passed", "f[0x7f3a1c]");
        check("a: v1::t=passed", "a: v1::t=passed", "a: v2::t=passed", "v2::t");
    }

    #[test]
    fn names_fall_into_numbers_and_what_is_between() {
        let check = |name: &str, wanted: &str| {
            assert_eq!(pieces(name).collect::<Vec<_>>().join("|"), wanted);
        };
        check("test_a[12:30 of ü]", "test|_|a|[|12|:|30| |of| |ü|]");
        check("sha256 0x7fa e2e x9", "sha|256| |0x7fa| |e2e| |x|9");
    }
}
