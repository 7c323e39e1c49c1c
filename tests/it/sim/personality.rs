//! How real editors differ where it matters to who edits their texts. One table, as measured with the editors.

use serde_json::{Value, json};

use super::capabilities;

/// What an editor does with an edit that names a version its text has left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Refuses the edits of a server if any document has moved on, but typing can slip in between the look and the
    /// edit; the edits of code actions are not looked at.
    Racy,
    /// Looks at the first document only, and never when the version named is 0.
    FirstUnlessZero,
    /// Refuses if any document has moved on.
    All,
    /// Goes from one document to the next and stops at the first that has moved on.
    InTurn,
    /// Carries the edit over to the newer text.
    Rebase,
    /// Takes no versions, and applies whatever comes to the text as it is.
    Never,
}

/// What it answers when it did not apply an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    SaysNo,
    SaysYes,
    Error,
}

impl Refusal {
    /// The answer to an edit that was not applied.
    pub fn answer(self) -> Result<Value, Value> {
        match self {
            Self::SaysNo => Ok(json!({"applied": false, "failureReason": "the text changed"})),
            Self::SaysYes => Ok(json!({"applied": true})),
            Self::Error => Err(json!({"code": -32603, "message": "Internal error"})),
        }
    }
}

/// Of which chosen actions it asks for the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolves {
    WithoutEdit,
    WithoutEditOrCommand,
    WithoutBoth,
    Every,
    Never,
}

impl Resolves {
    /// Whether it asks for the rest of this action once it is chosen.
    pub fn asks(self, action: &Value) -> bool {
        let (no_edit, no_command) = (action["edit"].is_null(), action["command"].is_null());
        match self {
            Self::WithoutEdit => no_edit,
            Self::WithoutEditOrCommand => no_edit || no_command,
            Self::WithoutBoth => no_edit && no_command && !action["data"].is_null(),
            Self::Every => true,
            Self::Never => false,
        }
    }
}

/// What becomes of line breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endings {
    /// All are made the document's.
    Documents,
    /// Files of any kind are shown and sent with line feeds.
    LineFeeds,
    AsTheyCome,
}

impl Endings {
    /// What becomes of those that a person types.
    pub fn typed(self) -> Self {
        if self == Self::AsTheyCome { Self::Documents } else { self }
    }
}

/// How it tells the server of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// One message for each; of an edit of a server only the characters that differ, in several pieces.
    One,
    /// Several in one message.
    Several,
    /// One comparison with the text it told last.
    Difference,
    /// All of the text, whatever changed.
    Whole,
}

/// What becomes of the text on the screen when its file is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletes {
    Closes,
    /// It stays where it was not saved.
    ClosesUnchanged,
    Keeps,
}

#[expect(clippy::struct_excessive_bools, reason = "each is one habit an editor has or has not")]
pub struct Personality {
    pub name: &'static str,
    pub capabilities: fn() -> Value,
    pub first_version: i64,
    /// How far one change may move the version.
    pub version_step_max: usize,
    pub check: Check,
    pub refusal: Refusal,
    pub runs_command_after_refusal: bool,
    pub resolves: Resolves,
    /// Finds the chosen action by its title.
    pub chooses_by_title: bool,
    /// Shows no actions if the text changed since it asked for them.
    pub drops_old_actions: bool,
    /// Shows no diagnostics that name another version than the text's.
    pub drops_old_diagnostics: bool,
    /// Lists no actions that cannot be chosen.
    pub hides_disabled: bool,
    /// How many characters are selected where nothing is.
    pub cursor_width: usize,
    /// Lists actions by their kind, then by whether they are about diagnostics or preferred.
    pub sorts_actions: bool,
    pub endings: Endings,
    pub telling: Telling,
    /// Asks its user about edits of files that are not open, and says yes whatever the answer is.
    pub confirms_unopened: bool,
    pub deletes: Deletes,
    /// Shows a file that it made as one empty line.
    pub shows_a_line: bool,
    /// Empties a file that it is to make and that is there, unless it is told to leave it.
    pub writes_over: bool,
    /// Renames a file to one that is there, unless it is told to leave it.
    pub renames_over: bool,
}

pub const ALL: &[Personality] = &[
    Personality {
        name: "vscode",
        capabilities: capabilities::vscode,
        first_version: 1,
        version_step_max: 1,
        check: Check::Racy,
        refusal: Refusal::SaysNo,
        runs_command_after_refusal: true,
        resolves: Resolves::WithoutEdit,
        chooses_by_title: false,
        drops_old_actions: true,
        drops_old_diagnostics: false,
        hides_disabled: false,
        cursor_width: 0,
        sorts_actions: false,
        endings: Endings::Documents,
        telling: Telling::One,
        confirms_unopened: false,
        deletes: Deletes::ClosesUnchanged,
        shows_a_line: false,
        writes_over: false,
        renames_over: false,
    },
    Personality {
        name: "neovim",
        capabilities: capabilities::neovim,
        first_version: 0,
        version_step_max: 5,
        check: Check::FirstUnlessZero,
        refusal: Refusal::SaysYes,
        runs_command_after_refusal: true,
        resolves: Resolves::WithoutEditOrCommand,
        chooses_by_title: false,
        drops_old_actions: false,
        drops_old_diagnostics: false,
        hides_disabled: false,
        cursor_width: 0,
        sorts_actions: false,
        endings: Endings::Documents,
        telling: Telling::Difference,
        confirms_unopened: false,
        deletes: Deletes::Closes,
        shows_a_line: true,
        writes_over: true,
        renames_over: false,
    },
    Personality {
        name: "helix",
        capabilities: capabilities::helix,
        first_version: 0,
        version_step_max: 1,
        check: Check::InTurn,
        refusal: Refusal::SaysNo,
        runs_command_after_refusal: true,
        resolves: Resolves::WithoutEditOrCommand,
        chooses_by_title: false,
        drops_old_actions: false,
        drops_old_diagnostics: true,
        hides_disabled: true,
        cursor_width: 1,
        sorts_actions: true,
        endings: Endings::AsTheyCome,
        telling: Telling::Several,
        confirms_unopened: false,
        deletes: Deletes::Keeps,
        shows_a_line: false,
        writes_over: true,
        renames_over: true,
    },
    Personality {
        name: "emacs",
        capabilities: capabilities::emacs,
        first_version: 0,
        version_step_max: 1,
        check: Check::All,
        refusal: Refusal::Error,
        runs_command_after_refusal: false,
        resolves: Resolves::WithoutBoth,
        chooses_by_title: true,
        drops_old_actions: false,
        drops_old_diagnostics: false,
        hides_disabled: false,
        cursor_width: 0,
        sorts_actions: false,
        endings: Endings::LineFeeds,
        telling: Telling::Several,
        confirms_unopened: true,
        deletes: Deletes::Keeps,
        shows_a_line: false,
        writes_over: false,
        renames_over: false,
    },
    Personality {
        name: "zed",
        capabilities: capabilities::zed,
        first_version: 0,
        version_step_max: 1,
        check: Check::Rebase,
        refusal: Refusal::SaysYes,
        runs_command_after_refusal: true,
        resolves: Resolves::Every,
        chooses_by_title: false,
        drops_old_actions: false,
        drops_old_diagnostics: false,
        hides_disabled: false,
        cursor_width: 0,
        sorts_actions: false,
        endings: Endings::LineFeeds,
        telling: Telling::Several,
        confirms_unopened: false,
        deletes: Deletes::Keeps,
        shows_a_line: false,
        writes_over: false,
        renames_over: false,
    },
];

/// The least an editor can be: the protocol's first version, without versions in edits, without an action's data, telling all
/// of a text at every change. No real editor is measured; scenarios of what real ones show leave it out.
pub const LEAST: &Personality = &Personality {
    name: "least",
    capabilities: capabilities::least,
    first_version: 1,
    version_step_max: 1,
    check: Check::Never,
    refusal: Refusal::SaysNo,
    runs_command_after_refusal: true,
    resolves: Resolves::Never,
    chooses_by_title: false,
    drops_old_actions: false,
    drops_old_diagnostics: false,
    hides_disabled: false,
    cursor_width: 0,
    sorts_actions: false,
    endings: Endings::AsTheyCome,
    telling: Telling::Whole,
    confirms_unopened: false,
    deletes: Deletes::Keeps,
    shows_a_line: false,
    writes_over: false,
    renames_over: false,
};

/// All whose schedules are random.
pub fn simulated() -> Vec<&'static Personality> {
    ALL.iter().chain([LEAST]).collect()
}
