//! Tests that are gone, no longer found, skipped, or emptied.

use super::change::{Change, File, Side, likeness};
use super::{flow, marks, rows, weakened};
use crate::logic::guard::class::is_discovered;
use crate::logic::guard::lexer::Language;
use crate::logic::guard::units::{Role, Unit};
use crate::model::guard::{Class, Finding, FindingKind};

/// How alike the bodies of a test and of what it became are at least.
const RENAMED_MIN: f64 = 0.6;

/// A test before the change with what it is after it.
pub struct Pair<'a> {
    pub before: (&'a Side<'a>, &'a Unit),
    pub after: (&'a Side<'a>, &'a Unit),
    /// The file it is in after the change.
    pub file: &'a File<'a>,
}

pub fn compare<'a>(file: &'a File<'a>, change: &'a Change<'a>, all: &mut Vec<Finding>) {
    let Some(before) = &file.before else {
        return marks::only(file, all);
    };
    if !before.code.language.is_code() {
        return;
    }
    let (mut gone, mut lost) = (Vec::new(), Vec::new());
    for unit in before.units.iter().filter(|unit| unit.role == Role::Test) {
        match became(unit, file, before, change) {
            Became::Test(pair) => {
                marks::compare(&pair, change, all);
                weakened::compare(&pair, change, all);
                flow::compare(&pair, change, all);
                rows::compare(&pair, change, all);
            }
            Became::Function(line) => lost.push((unit, line)),
            Became::Elsewhere => {}
            Became::Nothing => gone.push(unit),
        }
    }
    if let Some((unit, line)) = lost.first() {
        let why = format!("{} is no longer found as a test", counted(&unit.name, lost.len()));
        all.push(file.finding(FindingKind::Undiscovered, *line, why));
    }
    // People who change what the code does, or write tests anew, also take tests out.
    let n_new = n_new_tests(change);
    let follows = !change.is_attempt() && (change.has_sources || n_new >= gone.len());
    if let Some(unit) = gone.first().filter(|_| !follows) {
        let line = before.code.line(unit.range.start);
        let why = format!("{} is gone", counted(&unit.name, gone.len()));
        all.push(file.finding(FindingKind::Delete, line, why));
    }
    if let Some(after) = &file.after {
        groups(file, before, after, change, all);
        moved_away(file, before, after, change, all);
        hidden(file, before, after, all);
    }
    marks::only(file, all);
}

/// Tests of names that were not there before.
fn n_new_tests(change: &Change<'_>) -> usize {
    let was_there = |name: &str| {
        let before = change.files.iter().filter_map(|file| file.before.as_ref());
        before.into_iter().any(|side| side.unit(name, Role::Test).is_some())
    };
    let after =
        change.files.iter().filter_map(|file| file.after.as_ref()).flat_map(|side| &side.units);
    after.filter(|unit| unit.role == Role::Test && !was_there(&unit.name)).count()
}

fn counted(name: &str, n: usize) -> String {
    if n == 1 { name.to_owned() } else { format!("{name} (and {} more)", n - 1) }
}

enum Became<'a> {
    Test(Pair<'a>),
    /// A function at this line that no runner finds.
    Function(u32),
    /// Part of other tests, or of something that is no longer there.
    Elsewhere,
    Nothing,
}

fn became<'a>(
    unit: &'a Unit,
    file: &'a File<'a>,
    before: &'a Side<'a>,
    change: &'a Change<'a>,
) -> Became<'a> {
    let pair = |file: &'a File<'a>, side: &'a Side<'a>, after: &'a Unit| {
        Became::Test(Pair { before: (before, unit), after: (side, after), file })
    };
    if let Some(after) = &file.after {
        let same: Vec<&Unit> = before
            .units
            .iter()
            .filter(|other| other.role == Role::Test && other.name == unit.name)
            .collect();
        let place = same.iter().position(|other| other.range == unit.range).unwrap_or(0);
        let mut named =
            after.units.iter().filter(|other| other.role == Role::Test && other.name == unit.name);
        if let Some(found) = named.nth(place) {
            return pair(file, after, found);
        }
        let stays = |name: &str| calls(change, last_name(name)) || is_inherited(name, after);
        if let Some(found) = after.unit(&unit.name, Role::Function) {
            let line = after.code.line(found.range.start);
            return if stays(&unit.name) { Became::Elsewhere } else { Became::Function(line) };
        }
    }
    // Its own file first: it was renamed there sooner than moved.
    let mut best: Option<(f64, &'a File<'a>, &'a Side<'a>, &'a Unit)> = None;
    for other in std::iter::once(file).chain(&change.files) {
        let Some(side) = &other.after else { continue };
        for found in &side.units {
            let is_new = other
                .before
                .as_ref()
                .is_none_or(|before| before.unit(&found.name, found.role).is_none());
            if found.role == Role::Group || !is_new {
                continue;
            }
            let is_same_name =
                last_name(&found.name) == last_name(&unit.name) && found.role == Role::Test;
            let alike = likeness(&before.code, &unit.body, &side.code, &found.body)
                + f64::from(u8::from(is_same_name)) * 0.3;
            if alike >= RENAMED_MIN && best.as_ref().is_none_or(|(known, ..)| alike > *known + 1e-9)
            {
                best = Some((alike, other, side, found));
            }
        }
    }
    match best {
        Some((_, other, side, found)) if found.role == Role::Test => pair(other, side, found),
        Some((_, _, side, found)) if is_inherited(&found.name, side) => Became::Elsewhere,
        Some((_, _, side, found)) if !calls(change, last_name(&found.name)) => {
            Became::Function(side.code.line(found.range.start))
        }
        _ if change.speaks_of_dropped(&before.code, unit.range.clone()) => Became::Elsewhere,
        _ if change.moved(&before.code, unit.body.clone()) || is_in_new(unit, before, change) => {
            Became::Elsewhere
        }
        _ => Became::Nothing,
    }
}

/// Whether a new test asserts what the same functions give, and names all the values that this one did.
fn is_in_new(unit: &Unit, before: &Side<'_>, change: &Change<'_>) -> bool {
    let called = flow::called(before, unit);
    let body = before.code.tokens[unit.body.clone()].iter();
    let values: Vec<&str> =
        body.filter(|token| token.is_literal()).map(|token| token.text).collect();
    let is_new = |file: &File<'_>, name: &str| {
        file.before.as_ref().is_none_or(|before| before.unit(name, Role::Test).is_none())
    };
    let takes_over = |file: &File<'_>, side: &Side<'_>, test: &Unit| {
        let tokens = side.code.tokens[test.range.clone()].iter();
        let texts: Vec<&str> = tokens.map(|token| token.text).collect();
        is_new(file, &test.name)
            && flow::called(side, test).iter().any(|name| called.contains(name))
            && values.iter().all(|value| texts.contains(value))
    };
    let among = |file: &File<'_>, side: &Side<'_>| {
        side.units.iter().any(|test| test.role == Role::Test && takes_over(file, side, test))
    };
    !values.is_empty()
        && change.files.iter().any(|file| file.after.as_ref().is_some_and(|side| among(file, side)))
}

/// Whether the tests after the change call a function or hand it on, so that a test became a part of others.
fn calls(change: &Change<'_>, name: &str) -> bool {
    change.files.iter().filter_map(|file| file.after.as_ref()).any(|side| {
        let code = &side.code;
        code.find(code.all(), name).into_iter().any(|at| {
            let before = at.checked_sub(1).map_or("", |before| code.at(before));
            let is_called = code.at(at + 1) == "("
                && !["def", "fn", "func", "function", "void"].contains(&before);
            is_called || matches!(before, "(" | ",") && matches!(code.at(at + 1), ")" | ",")
        })
    })
}

/// Whether classes of the file inherit the one that a method is in, and with it the test.
fn is_inherited(name: &str, side: &Side<'_>) -> bool {
    let Some((class, _)) = name.rsplit_once('.') else { return false };
    let code = &side.code;
    let heads = code.find(code.all(), "class * (");
    code.language == Language::Python
        && heads.into_iter().any(|at| code.holds(code.inside(at + 2), last_name(class)))
}

pub fn last_name(name: &str) -> &str {
    name.rsplit(['.', '/']).next().unwrap_or(name)
}

/// Marks, assertions and flow of what is around tests: groups by name, helpers by name, and what is outside of all.
fn groups<'a>(
    file: &'a File<'a>,
    before: &'a Side<'a>,
    after: &'a Side<'a>,
    change: &'a Change<'a>,
    all: &mut Vec<Finding>,
) {
    let has_tests = |side: &Side<'_>| side.units.iter().any(|unit| unit.role == Role::Test);
    let judges = |unit: &&Unit| {
        file.class != Class::Source || unit.is_test_only || holds_tests(before, unit)
    };
    for unit in before.units.iter().filter(|unit| unit.role == Role::Group).filter(judges) {
        match after.unit(&unit.name, Role::Group) {
            Some(found) => {
                let pair = Pair { before: (before, unit), after: (after, found), file };
                marks::compare(&pair, change, all);
            }
            None if unit.is_test_only
                && unit.body.is_empty()
                && before.code.language == Language::Rust =>
            {
                let stays = !change
                    .files
                    .iter()
                    .any(|other| other.after.is_none() && other.path.as_str().contains(&unit.name));
                let why = format!("the module {} is no longer part of the program", unit.name);
                let line = before.code.line(unit.range.start);
                all.extend(stays.then(|| file.finding(FindingKind::Undiscovered, line, why)));
            }
            None => {}
        }
    }
    let is_for_tests = !matches!(file.class, Class::Source | Class::Fixture) || has_tests(before);
    if !is_for_tests {
        return;
    }
    for unit in before.units.iter().filter(|unit| unit.role == Role::Function) {
        if let Some(found) =
            after.unit(&unit.name, Role::Function).filter(|_| file.class != Class::Source)
        {
            weakened::compare(
                &Pair { before: (before, unit), after: (after, found), file },
                change,
                all,
            );
        }
    }
    marks::outside(file, (before, after), change, all);
}

fn holds_tests(side: &Side<'_>, group: &Unit) -> bool {
    let is_inside =
        |unit: &&Unit| unit.role == Role::Test && group.range.contains(&unit.range.start);
    side.units.iter().any(|unit| is_inside(&unit))
}

/// A test of which another one of the same name takes the place, in languages where the last one wins.
fn hidden(file: &File<'_>, before: &Side<'_>, after: &Side<'_>, all: &mut Vec<Finding>) {
    if !matches!(after.code.language, Language::Python | Language::Ruby) {
        return;
    }
    // Blocks such as `it "…" do` may be of one name.
    let is_method = |side: &Side<'_>, unit: &Unit| {
        unit.range.clone().any(|at| side.code.at(at) == "def" && side.code.tokens[at].is_first)
    };
    let n = |side: &Side<'_>, name: &str| {
        let tests = side.units.iter().filter(|unit| unit.role == Role::Test && unit.name == name);
        tests.filter(|unit| is_method(side, unit)).count()
    };
    let is_hiding = |unit: &&Unit| {
        let was = n(before, &unit.name);
        unit.role == Role::Test && was > 0 && n(after, &unit.name) > was && !unit.name.contains(' ')
    };
    if let Some(unit) = after.units.iter().rev().find(is_hiding) {
        let why = format!("{} is hidden by another one of its name", last_name(&unit.name));
        all.push(file.finding(FindingKind::Undiscovered, after.code.line(unit.range.start), why));
    }
}

/// A file that moved to where its tests are not looked for.
fn moved_away(
    file: &File<'_>,
    before: &Side<'_>,
    after: &Side<'_>,
    change: &Change<'_>,
    all: &mut Vec<Finding>,
) {
    let (from, to) = (before.code.path, after.code.path);
    let has_tests = before.units.iter().any(|unit| unit.role == Role::Test);
    // People who put their scripts in order know how deep their runner looks.
    let is_deeper = to.is_within(&from.parent()) && after.code.language == Language::Script;
    if is_deeper && !change.is_attempt() {
        return;
    }
    if from != to && has_tests && is_discovered(from) && !is_discovered(to) {
        let why = format!("tests of {from} are not looked for in {to}");
        all.push(file.finding(FindingKind::Undiscovered, 1, why));
    }
}
