//! What keys of the file take.

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A folder inside the project.
    Folder,
    Texts,
    Flag,
    /// Names with texts.
    TextTable,
    /// One pattern for files, or a list of them.
    Patterns,
    /// A whole number from 1 to this one.
    Count(u64),
    /// Absolute paths, and such below `~/`.
    Paths,
    /// A flag, or a list of `host:port`.
    Network,
    /// The address of a server.
    Url,
    /// The name of an environment variable.
    Variable,
    /// Dollars.
    Price,
}

impl Takes {
    /// For people.
    pub(super) fn wanted(self) -> String {
        match self {
            Takes::Text => "a text".to_owned(),
            Takes::Word(words) => format!("one of {}", words.join(", ")),
            Takes::Folder => "a folder inside the project".to_owned(),
            Takes::Texts => "a list of texts, for example [\"python3\", \"-m\", \"pytest\"]".to_owned(),
            Takes::Flag => "true or false".to_owned(),
            Takes::TextTable => "a table of texts, for example { TZ = \"UTC\" }".to_owned(),
            Takes::Url => "an address like \"https://host/v1\", without a key in it".to_owned(),
            Takes::Variable => "the name of an environment variable, never the key itself".to_owned(),
            Takes::Price => "a number of dollars, for example 2.5".to_owned(),
            Takes::Paths => {
                "a list of paths that begin with `/` or `~/`, without `..`, for example [\"~/.cache/foo\"]".to_owned()
            }
            Takes::Network => "true, false, or a list like [\"localhost:5432\"]".to_owned(),
            Takes::Patterns => {
                "one pattern, or a list of them, for files in `dir`, for example \"out/*.xml\""
                    .to_owned()
            }
            Takes::Count(max) => format!("a whole number from 1 to {max}"),
        }
    }
}
