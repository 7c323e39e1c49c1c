//! What a step says.

/// What a step says, one thing each. `Title` is also that of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    Title,
    Tests,
    Scope,
    Worker,
    Checks,
    After,
    Skip,
}

impl Field {
    /// Those that stand in a list below a step's title, in this order.
    pub const LISTED: [Field; 6] =
        [Field::Tests, Field::Scope, Field::Worker, Field::Checks, Field::After, Field::Skip];

    /// Its name in a plan's text.
    pub fn word(self) -> &'static str {
        match self {
            Field::Title => "title",
            Field::Tests => "tests",
            Field::Scope => "scope",
            Field::Worker => "worker",
            Field::Checks => "checks",
            Field::After => "after",
            Field::Skip => "skip",
        }
    }

    /// What it says, for people, in a sentence.
    pub fn doc(self) -> &'static str {
        match self {
            Field::Title => "What is done, in one line.",
            Field::Tests => "The red tests that the step has to turn green.",
            Field::Scope => "Patterns of the files that may change; left out for any.",
            Field::Worker => "Who begins; left out for the first on the ladder.",
            Field::Checks => "The checks that are run while it is worked on; left out for all.",
            Field::After => "The steps whose changes it starts from.",
            Field::Skip => "With `yes` neither it nor what comes after it is carried out.",
        }
    }

    /// The listed field of that name, in large or small letters.
    pub fn named(word: &str) -> Option<Field> {
        Field::LISTED.into_iter().find(|field| field.word().eq_ignore_ascii_case(word))
    }
}
