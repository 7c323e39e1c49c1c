//! Tests whose names differ from run to run, as where they hold the time: they are told under the names of the baseline.

use std::collections::{BTreeMap, BTreeSet};

use crate::logic::report_parse::phase_scope;
use crate::model::check::{CheckRun, Runner};
use crate::model::report::{TestOutcome, TestReport};

/// Whether tests of a baseline may have other names in a run: some that passed are missing, and others like them pass.
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
/// baseline: what differs there too, and nothing but the numbers in it, is taken for another name of the same test. Only of
/// tests that pass each time, and as many of them each time: so it does not matter which of them is which.
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
        let changing = changing(&gone, other);
        let [gone, other, fresh] = [&gone, other, fresh].map(|names| by_rest(names, &changing));
        for (rest, gone) in gone {
            let n = |names: &BTreeMap<Vec<&str>, Vec<&str>>| names.get(&rest).map_or(0, Vec::len);
            if n(&other) != gone.len() || n(&fresh) != gone.len() {
                continue;
            }
            let pairs = fresh[&rest].iter().zip(gone);
            known.extend(pairs.map(|(now, before)| ((*now).to_owned(), before.to_owned())));
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

/// The names of tests that pass in a report and are in none of the others, in its order, by what they are but for their
/// numbers.
fn beyond<'r>(report: &'r TestReport, others: &[&TestReport]) -> BTreeMap<Form<'r>, Vec<&'r str>> {
    let cases = others.iter().flat_map(|other| &other.cases);
    let known: BTreeSet<&str> = cases.map(|case| &*case.id.name).collect();
    let passed = report.cases.iter().filter(|case| case.outcome == TestOutcome::Passed);
    let names = passed.map(|case| &*case.id.name);
    let mut all: BTreeMap<Form<'_>, Vec<&str>> = BTreeMap::new();
    for name in names.filter(|name| !known.contains(name) && phase_scope(name).is_none()) {
        let form: Form<'_> =
            pieces(name).map(|piece| Some(piece).filter(|piece| !is_number(piece))).collect();
        if form.contains(&None) {
            all.entry(form).or_default().push(name);
        }
    }
    all
}

/// What stands between the numbers of a name, `None` for each of those.
type Form<'a> = Vec<Option<&'a str>>;

/// Which numbers of names of one form are others in another run of the same files.
fn changing(before: &[&str], other: &[&str]) -> Vec<bool> {
    let columns = |names: &[&str]| {
        let mut columns: Vec<Vec<String>> = Vec::new();
        for name in names {
            for (at, number) in numbers(name).enumerate() {
                columns.resize_with(columns.len().max(at + 1), Vec::new);
                columns[at].push(number.to_owned());
            }
        }
        columns.iter_mut().for_each(|column| column.sort_unstable());
        columns
    };
    let (before, other) = (columns(before), columns(other));
    before.iter().zip(&other).map(|(before, other)| before != other).collect()
}

/// Names by those of their numbers that do not change.
fn by_rest<'n>(names: &[&'n str], changing: &[bool]) -> BTreeMap<Vec<&'n str>, Vec<&'n str>> {
    let mut all: BTreeMap<Vec<&str>, Vec<&str>> = BTreeMap::new();
    for name in names {
        let kept = numbers(name).zip(changing).filter(|(_, is_changing)| !**is_changing);
        all.entry(kept.map(|(number, _)| number).collect()).or_default().push(name);
    }
    all
}

fn numbers(name: &str) -> impl Iterator<Item = &str> {
    pieces(name).filter(|piece| is_number(piece))
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
        check(before, again, "a: t[at-12:32]=passed u=passed", "t[at-12:30] u");
        check(before, again, "a: t[at-13:32]=passed", "t[at-13:32]");
        check(before, again, "a: u=passed", "u");
        check(before, before, "a: t[at-12:32]=passed", "t[at-12:32]");
        check(before, "a incomplete: u=passed", "a: t[at-12:32]=passed", "t[at-12:32]");
        check(before, again, "a partial: t[at-12:32]=passed", "t[at-12:32]");
        // Which of them is which is known of none, so that red ones are neither mended nor hidden.
        check(before, again, "a: t[at-12:32]=failed u=passed", "t[at-12:32] u");
        check("a: t[1]=failed", "a: t[2]=failed", "a: t[3]=passed", "t[3]");
        check("a: t[1]=passed", "a: t[2]=failed", "a: t[3]=passed", "t[3]");
        let random = ("a: t[7]=passed t[4]=passed", "a: t[5]=passed t[9]=passed");
        check(random.0, random.1, "a: t[2]=passed t[6]=passed", "t[7] t[4]");
        check(random.0, random.1, "a: t[2]=failed t[6]=passed", "t[2] t[6]");
        // What is called the same each time has vanished where it is not there.
        let two = ("a: t[7]=passed t[1001]=passed", "a: t[7]=passed t[1002]=passed");
        check(two.0, two.1, "a: t[7]=passed t[1003]=passed", "t[7] t[1001]");
        check(two.0, two.1, "a: t[1003]=passed", "t[1001]");
        check(two.0, two.1, "a: t[1003]=passed t[1004]=passed", "t[1003] t[1004]");
        let alike = ("a: t[1-5]=passed t[2-5]=passed", "a: t[1-6]=passed t[2-6]=passed");
        check(alike.0, alike.1, "a: t[2-7]=passed t[1-7]=passed", "t[2-5] t[1-5]");
        check(alike.0, alike.1, "a: t[2-7]=passed", "t[2-5]");
        check(alike.0, alike.1, "a: t[2-7]=passed t[3-7]=passed", "t[2-5] t[3-7]");
        check("a: t1=passed", "a: t2=passed t3=passed", "a: t4=passed", "t4");
        check("a: f[0x7f3a1c]=passed", "a: f[0x7fe2]=passed", "a: f[0x70]=passed", "f[0x7f3a1c]");
        check("a: v1::t=passed", "a: v1::t=passed", "a: v2::t=passed", "v2::t");
        check("a: t#[1]=passed", "a: t#[2]=passed", "a: t1[#]=passed", "t1[#]");
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
