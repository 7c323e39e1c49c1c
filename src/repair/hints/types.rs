//! Types of which a message says that they were wanted where a value has another: `interface {} is int64, not int32`.

/// What a line has before such a type, and what stands right before and behind the type.
const WANTED: &[(&str, &str, &str)] = &[
    ("interface conversion:", ", not ", ""),
    ("cannot use ", ") as ", " value in"),
    ("mismatched types", "expected `", "`"),
];

/// Those that a message gives, some of them more than once.
pub(super) fn wanted(message: &str) -> impl Iterator<Item = &str> {
    message.lines().flat_map(|line| {
        WANTED.iter().filter_map(move |(start, before, behind)| {
            let (_, rest) = line.split_once(start)?.1.split_once(before)?;
            let end = if behind.is_empty() { rest.find(' ') } else { rest.find(behind) };
            let end = end.or(behind.is_empty().then_some(rest.len()))?;
            Some(rest[..end].trim_end_matches([',', '.', ';', ')']))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_give_types_that_were_wanted() {
        let check = |message: &str| wanted(message).collect::<Vec<_>>().join(" ");
        assert_eq!(check("panic: interface conversion: interface {} is int64, not int32"), "int32");
        assert_eq!(
            check("interface conversion: interface {} is int, not string [recovered]"),
            "string"
        );
        let message = "./a.go:7:9: cannot use n (variable of type int64) as int32 value in return";
        assert_eq!(check(message), "int32");
        assert_eq!(check("error[E0308]: mismatched types: expected `u32`, found `u64`"), "u32");
        assert_eq!(check("expected `a`, not `b`\ncannot use this"), "");
    }
}
