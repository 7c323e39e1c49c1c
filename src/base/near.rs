//! Names that look like a mistyped one.

use std::cmp::Reverse;

/// At most `n_max` of `known`, the nearest to `wanted` first; those with nothing in common are left out.
pub fn near<'a>(
    wanted: &str,
    known: impl IntoIterator<Item = &'a str>,
    n_max: usize,
) -> Vec<&'a str> {
    let mut scored: Vec<(Reverse<usize>, &str)> = known
        .into_iter()
        .map(|name| (Reverse(likeness(wanted, name)), name))
        .filter(|(likeness, _)| likeness.0 >= 50)
        .collect();
    scored.sort_unstable();
    scored.dedup();
    scored.into_iter().take(n_max).map(|(_, name)| name).collect()
}

/// 0 to 100: the share of letter pairs two names have in common (Sørensen–Dice).
fn likeness(a: &str, b: &str) -> usize {
    let pairs = |text: &str| -> Vec<(char, char)> {
        let letters: Vec<char> = text.to_lowercase().chars().collect();
        letters.windows(2).map(|two| (two[0], two[1])).collect()
    };
    let (first, mut second) = (pairs(a), pairs(b));
    let n_both = first.len() + second.len();
    let common = first.iter().filter(|pair| {
        let found = second.iter().position(|other| other == *pair);
        found.map(|at| second.swap_remove(at)).is_some()
    });
    (200 * common.count()).checked_div(n_both).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_comes_first_and_strangers_are_left_out() {
        let known = ["timeout_seconds", "command", "env", "name"];
        assert_eq!(near("timeout_second", known, 1), ["timeout_seconds"]);
        assert_eq!(near("comand", known, 3), ["command"]);
        assert_eq!(near("xyz", known, 3), Vec::<&str>::new());
        assert_eq!(near("", known, 3), Vec::<&str>::new());
    }
}
