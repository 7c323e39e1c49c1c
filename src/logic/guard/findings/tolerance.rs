//! How far off a value may be.

use super::assertions::Assertion;
use super::strength::strength;

/// Words before a number that says how far off a value may be, and whether more is wider.
const TOLERANCES: [(&str, bool); 19] = [
    ("be_within", true),
    ("delta", true),
    ("rel", true),
    ("abs", true),
    ("abs_tol", true),
    ("rel_tol", true),
    ("atol", true),
    ("rtol", true),
    ("tolerance", true),
    ("tol", true),
    ("eps", true),
    ("epsilon", true),
    ("places", false),
    ("max_relative", true),
    ("max_ulps", true),
    ("precision", false),
    ("decimal", false),
    ("within", true),
    ("offset", true),
];
/// Whether the new one lets pass what is further off: it compares nearly where the old one did exactly, or less nearly.
pub fn tolerances_widened(old: &Assertion<'_>, new: &Assertion<'_>) -> bool {
    match (tolerance(old), tolerance(new)) {
        (Some((was, wide)), Some((is, _))) => {
            if wide {
                is > was
            } else {
                is < was
            }
        }
        (None | Some(_), None) | (None, Some(_)) => {
            strength(old) == 8 && strength(new) < 8 && is_near(new) && !is_near(old)
        }
    }
}

/// Whether it compares nearly.
fn is_near(one: &Assertion<'_>) -> bool {
    let words =
        ["almost", "closeto", "approx", "delta", "near", "within", "epsilon", "close", "ulps"];
    let calls = ["approx (", "isclose (", "allclose (", "abs (", "Abs ("];
    words.iter().any(|word| one.verb.contains(word))
        || one.args.iter().any(|arg| calls.iter().any(|call| one.code.holds(arg.clone(), call)))
        || tolerance(one).is_some()
}

/// The deviation an assertion allows, and whether a larger number allows more.
fn tolerance(one: &Assertion<'_>) -> Option<(f64, bool)> {
    let code = one.code;
    let number = |at: usize| {
        code.at(at)
            .trim_end_matches(|ch: char| ch.is_alphabetic() && ch != 'e')
            .replace('_', "")
            .parse::<f64>()
            .ok()
    };
    for (word, wide) in TOLERANCES {
        let named = code.find(one.range.clone(), word);
        let is_set = |at: &usize| ["=", ":", "("].contains(&code.at(at + 1));
        if let Some(value) = named.into_iter().filter(is_set).find_map(|at| number(at + 2)) {
            return Some((value, wide));
        }
    }
    // The last argument of those that compare nearly.
    let last = one.args.last()?;
    let verb = one.verb.as_str();
    let places = ["closeto", "almostequal", "almost_equal"].iter().any(|word| verb.contains(word));
    let delta =
        ["delta", "within", "near", "epsilon", "approx"].iter().any(|word| verb.contains(word))
            || verb == "assertequals" && one.args.len() == 3;
    let is_chai = verb.contains("to.be.closeto");
    if places && !is_chai && one.args.len() >= 3 {
        return number(last.start).map(|value| (value, false));
    }
    if (delta || is_chai) && one.args.len() >= 3 {
        return number(last.start).map(|value| (value, true));
    }
    let compares = one.args.first().filter(|_| one.args.len() <= 2)?;
    let is_near = code.holds(compares.clone(), "abs (") || code.holds(compares.clone(), "Abs (");
    let less = code
        .find(compares.clone(), "<")
        .into_iter()
        .chain(code.find(compares.clone(), "<="))
        .chain(code.find(compares.clone(), ">"));
    is_near.then(|| less.last().and_then(|at| number(at + 1)).map(|value| (value, true)))?
}
