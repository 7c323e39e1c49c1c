//! Documents that are not followed.

use std::fmt;

use crate::base::limits;

/// Why a document is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    NotOpen,
    /// It, or all open ones together.
    TooLarge,
    TooManyChanges,
    TooMany,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOpen => write!(f, "ignored a change, as it is not open"),
            Self::TooLarge => write!(
                f,
                "its text is not followed, as it needs more than {} MiB, or all open texts more than {}. \
                 Save it: runs use what is on disk. Reopen it once it is smaller or others are closed.",
                limits::DOCUMENT_BYTES_MAX >> 20,
                limits::DOCUMENTS_BYTES_MAX >> 20
            ),
            Self::TooManyChanges => write!(
                f,
                "its text is not known, as more changed in it at once than can be followed. \
                 Close it and open it again.",
            ),
            Self::TooMany => write!(
                f,
                "it is not followed, as {} documents are open or their names alone take too much. \
                 Close some and open it again.",
                limits::DOCUMENTS_OPEN_MAX
            ),
        }
    }
}
