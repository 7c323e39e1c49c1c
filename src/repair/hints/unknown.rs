//! Names of which a message says that nothing has them: `'Cart' object has no attribute 'totl'`, and such as were read of
//! what was nothing: `'NoneType' object has no attribute 'total'`.

use std::collections::BTreeSet;

/// What stands before a name that nothing has, and what stands behind it.
const UNKNOWN: &[(&str, &str)] = &[
    ("has no attribute '", "'"),
    ("name '", "' is not defined"),
    ("variable '", "' where it is not associated with a value"),
    ("variable '", "' referenced before assignment"),
    ("unexpected keyword argument '", "'"),
    ("ReferenceError: ", " is not defined"),
    (".", " is not a function"),
    ("TypeError: ", " is not a function"),
];

/// What stands before a name that was read of nothing, and what stands behind it.
const OF_NOTHING: &[(&str, &str)] = &[
    ("'NoneType' object has no attribute '", "'"),
    ("of null (reading '", "')"),
    ("of undefined (reading '", "')"),
    ("of null (setting '", "')"),
    ("of undefined (setting '", "')"),
];
/// Said where something was read of nothing, by languages that do not say what.
pub(super) const UNNAMED: &str = "nil pointer dereference";

/// Those that a message gives, some of them more than once.
pub(super) fn names(message: &str) -> impl Iterator<Item = &str> {
    let of_nothing: BTreeSet<&str> = of_nothing(message).collect();
    let names = UNKNOWN.iter().flat_map(|(before, behind)| between(message, before, behind));
    names.filter(move |name| !of_nothing.contains(name))
}

/// Those that were read of nothing, some of them more than once.
pub(super) fn of_nothing(message: &str) -> impl Iterator<Item = &str> {
    OF_NOTHING.iter().flat_map(|(before, behind)| between(message, before, behind))
}

/// Names that stand between these two texts.
fn between<'m>(message: &'m str, before: &str, behind: &str) -> impl Iterator<Item = &'m str> {
    let is_part = |ch: char| ch.is_alphanumeric() || matches!(ch, '_' | '$');
    message.match_indices(before).filter_map(move |(at, _)| {
        let rest = &message[at + before.len()..];
        let (name, rest) = rest.split_at(rest.find(|ch| !is_part(ch)).unwrap_or(rest.len()));
        (!name.is_empty() && rest.starts_with(behind)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_give_names_that_nothing_has() {
        let check = |message: &str| {
            let names: BTreeSet<&str> = names(message).collect();
            names.into_iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(check("AttributeError: 'Cart' object has no attribute 'totl'"), "totl");
        assert_eq!(check("NameError: name 'lst' is not defined. Did you mean: 'list'?"), "lst");
        assert_eq!(
            check(
                "UnboundLocalError: cannot access local variable 'n' where it is not associated with a value"
            ),
            "n"
        );
        assert_eq!(check("TypeError: f() got an unexpected keyword argument 'siz'"), "siz");
        assert_eq!(check("ReferenceError: $q is not defined"), "$q");
        assert_eq!(check("TypeError: this.rows.pusch is not a function"), "pusch");
        assert_eq!(check("TypeError: pusch is not a function"), "pusch");
        assert_eq!(check("AssertionError: the name 'a' is not here"), "");
        assert_eq!(check("AttributeError: 'NoneType' object has no attribute 'total'"), "");
    }

    #[test]
    fn messages_give_names_that_were_read_of_nothing() {
        let check = |message: &str| of_nothing(message).collect::<Vec<_>>().join(" ");
        assert_eq!(check("AttributeError: 'NoneType' object has no attribute 'total'"), "total");
        assert_eq!(check("TypeError: Cannot read properties of null (reading 'next')"), "next");
        assert_eq!(check("Cannot set properties of undefined (setting '$a')"), "$a");
        assert_eq!(check("AttributeError: 'Cart' object has no attribute 'totl'"), "");
    }
}
