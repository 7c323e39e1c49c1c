//! Kinds of failure, the words of messages that tell them, and the repairs that they speak for.

/// A kind of failure that speaks for certain repairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// Two numbers differ by one, or two sequences by one element at an end.
    ByOne,
    /// Same number, other sign.
    Negated,
    /// Same text, but for upper and lower case.
    Case,
    /// Same text, but for white space.
    Space,
    /// Same parts in another order.
    Order,
    /// A key, name or attribute is not known.
    Missing,
    /// Outside the bounds of a sequence, or of a number's type.
    Bounds,
    /// Something is `None`, empty or zero that should not be.
    Nothing,
    /// Division by zero.
    Zero,
    /// Recursion or a loop did not end.
    Endless,
    /// A value has the wrong type.
    Type,
    /// An expected refusal did not come, or another did.
    Raises,
    /// What is to come is taken for the value, or fails where nothing waits for it.
    Unawaited,
}

pub(super) const PHRASES: &[(Sign, &[&str])] = &[
    (
        Sign::Missing,
        &[
            "KeyError",
            "NameError",
            "UnboundLocalError",
            "has no attribute",
            "unexpected keyword",
            "is not defined",
            "is not a function",
            "properties of undefined",
        ],
    ),
    (
        Sign::Bounds,
        &["IndexError", "out of range", "out of bounds", "with overflow", "Invalid array length"],
    ),
    (
        Sign::Nothing,
        &[
            "ZeroDivisionError",
            "divide by zero",
            "divisor of zero",
            "NoneType",
            "properties of undefined",
            "properties of null",
            "of empty array",
            "NaN",
            "Infinity",
            "`None` value",
            "nil pointer dereference",
            "nil map",
            "empty sequence",
            "argument is empty",
            "arg is an empty",
            "from empty list",
            "at least one data point",
        ],
    ),
    (
        Sign::Endless,
        &[
            "RecursionError",
            "stack overflow",
            "overflowed its stack",
            "stack exceeds",
            "call stack size",
            "timed out",
            "did not end within",
            "imeout",
            "generated asynchronous activity",
        ],
    ),
    (
        Sign::Unawaited,
        &[
            "Promise {",
            "[object Promise]",
            "coroutine object",
            "was never awaited",
            "unhandled rejection",
            "unhandledRejection",
            "asynchronous activity",
        ],
    ),
    (Sign::Type, &["TypeError", "unsupported operand", "not iterable", "not subscriptable"]),
    (
        Sign::Raises,
        &[
            "DID NOT RAISE",
            "not raised",
            "did not panic",
            "should panic",
            "called `Result::unwrap_err()`",
            "want error",
            "want an error",
            "wanted error",
            "expected error",
            "expected an error",
            "<nil>, want",
            "Missing expected exception",
            "Missing expected rejection",
            "did not throw",
            "to throw",
            "instead of rejecting",
        ],
    ),
];

/// Templates that a sign makes likelier, and by how much.
pub(super) const BONUSES: &[(Sign, f64, &[&str])] = &[
    (
        Sign::ByOne,
        0.5,
        &[
            "off-by-one",
            "one-off",
            "comparison",
            "range",
            "bound",
            "initial",
            "update",
            "copy-statement",
        ],
    ),
    (Sign::Negated, 0.6, &["operands", "arithmetic", "assignment", "negate"]),
    (
        Sign::Order,
        0.6,
        &[
            "operands",
            "swap-arguments",
            "swap-names",
            "swap-statements",
            "swap-keys",
            "sibling",
            "comparison",
        ],
    ),
    (
        Sign::Missing,
        0.7,
        &["other-text", "variable", "function", "field", "own-field", "local", "text"],
    ),
    (
        Sign::Bounds,
        0.5,
        &[
            "off-by-one",
            "one-off",
            "comparison",
            "range",
            "rewrite",
            "guard",
            "bound",
            "widen",
            "within",
        ],
    ),
    (Sign::Nothing, 1.4, &["guard", "add-argument", "skip"]),
    (Sign::Nothing, 0.5, &["initial", "only-if", "condition"]),
    (
        Sign::Endless,
        0.6,
        &[
            "update",
            "assignment",
            "variable",
            "one-off",
            "comparison",
            "arithmetic",
            "guard",
            "copy-statement",
        ],
    ),
    (Sign::Type, 0.5, &["wrap", "unwrap", "cast", "add-argument", "copy-value", "combine"]),
    (Sign::Raises, 1.2, &["refuse"]),
    (Sign::Raises, 0.6, &["await"]),
    (Sign::Type, 0.6, &["await"]),
    (Sign::Unawaited, 1.4, &["await"]),
    (Sign::Raises, 0.4, &["sibling", "condition", "comparison", "other-condition", "logical"]),
];

/// Parts of a form that a sign makes likelier.
pub(super) const FAVOURS: &[(Sign, &[&str])] = &[
    (
        Sign::Case,
        &[
            "lower",
            "upper",
            "title",
            "capitalize",
            "casefold",
            "LowerCase",
            "UpperCase",
            "Lower",
            "Upper",
            "Fold",
        ],
    ),
    (Sign::Space, &["strip", "trim", "split", "Trim", "Fields"]),
    (Sign::Order, &["sort", "rev", "Reverse", "[::-1]"]),
    (
        Sign::Type,
        &[
            "int(", "str(", "list(", "float(", "tuple(", "set(", "dict(", "Number(", "String(",
            "...", "await ",
        ],
    ),
    (Sign::Negated, &["abs", "-$", "unsigned"]),
    (Sign::ByOne, &["+ 1", "- 1", "1:", ":-1", "skip(1)"]),
    (Sign::Nothing, &["get(", "default", "0", " or ", "unwrap_or", "??", "||", "?."]),
    (Sign::Bounds, &["saturating", "wrapping", "checked", "max(0", "% ", "abs_diff", "get("]),
];
