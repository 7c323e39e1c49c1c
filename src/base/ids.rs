//! Identifiers, one type each, so that they cannot be mixed up.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A run, shown as ten lower-case base-32 digits: milliseconds since 1970 and eight random bits, so ids sort by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub u64);

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |shift: u32| DIGITS[(self.0 >> shift & 31) as usize] as char;
        let text: String = (0..10).rev().map(|place| digit(place * 5)).collect();
        f.write_str(&text)
    }
}

impl RunId {
    /// Reads what `Display` wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<RunId> {
        if text.len() != 10 {
            return None;
        }
        text.bytes()
            .try_fold(0u64, |value, byte| {
                let digit = DIGITS.iter().position(|known| *known == byte)?;
                Some(value << 5 | digit as u64)
            })
            .map(RunId)
    }
}

/// One acceptance of changes, shown as the moment it was asked for, so ids sort by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AcceptanceId(pub RunId);

impl fmt::Display for AcceptanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for RunId {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RunId {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        RunId::parse(&text).ok_or_else(|| serde::de::Error::custom("not a run id"))
    }
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Arc<str>);

        impl $name {
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name_type! {
    /// A tree in the private store: 40 hexadecimal digits of git's SHA-1.
    TreeId
}
name_type! {
    /// A blob in the private store: 40 hexadecimal digits of git's SHA-1.
    BlobId
}
name_type! {
    /// A check of the project, for example `cargo test` or `unittest:backend`. Unique within one run.
    CheckId
}

macro_rules! number_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_type! {
    /// One attempt of a run, counted from 1.
    AttemptId
}
number_type! {
    /// A step of a run's plan, counted from 1. A step keeps its number while a plan is edited.
    StepId
}
number_type! {
    /// What a run asked people, counted from 1.
    QuestionId
}

impl StepId {
    pub fn first() -> StepId {
        StepId(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_ids_survive_their_text_and_sort_by_age() {
        for value in [0, 1, 31, 32, 1_790_000_000_000 << 8 | 7] {
            assert_eq!(RunId::parse(&RunId(value).to_string()), Some(RunId(value)));
        }
        assert_eq!(RunId::parse("short"), None);
        assert_eq!(RunId::parse("0123456u89"), None);
        assert!(RunId(255).to_string() < RunId(256).to_string());
    }
}
