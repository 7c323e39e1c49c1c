//! A scenario as it is written in `tests/conformance/*.toml`: plain data, the same for every editor.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// One file of scenarios.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    pub scenario: Vec<Scenario>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub name: String,
    /// What is on disk at first, by path.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// Opened at first, in this order; without it every file.
    pub open: Option<Vec<String>>,
    /// A first proposal, made once the files are open.
    pub propose: Option<Changes>,
    /// Merged into what the editor says of itself; `false` takes a whole table away.
    #[serde(default)]
    pub capabilities: Value,
    pub steps: Vec<Step>,
}

/// What becomes of files, by the path they have in the end.
pub type Changes = BTreeMap<String, Change>;

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Change {
    /// A new text; of a file that is not there: a new file.
    Text(String),
    File(FileChange),
}

/// A file that goes, or that comes from another place, with the old text or a new one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileChange {
    #[serde(default)]
    pub delete: bool,
    #[serde(default)]
    pub from: String,
    pub text: Option<String>,
    /// The guard keeps it out of the proposal.
    #[serde(default, rename = "left-out")]
    pub left_out: bool,
}

/// What a user, an editor or the engine does next, or what must be true then.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    Open(String),
    Close(String),
    Save(String),
    /// One undo in the editor.
    Undo(String),
    Redo(String),
    Type(Typing),
    /// A document that is no file of the project, by URI.
    OpenForeign(Foreign),
    /// Another server takes the place of this one: `politely`, or `killed`.
    Restart(Ending),
    /// The user asks for a fix and gets this proposal.
    Propose(Changes),
    /// The user chooses a code action.
    Action(Choosing),
    Command(Order),
    /// The user clicks a lens: the one with this title, below the line that holds a text.
    Lens(Choosing),
    /// The user answers the open question: a choice, or nothing, which puts it away.
    Answer(Given),
    /// Time goes by, in milliseconds.
    Wait(u64),
    /// What the editor does with the next edit.
    Reply(Reply),
    /// The user ends the newest run at its progress bar.
    CancelProgress,
    /// What happens to the newest run.
    Run(Fate),
    Expect(Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    Politely,
    Killed,
}

/// Puts `with` in place of the first `replace`, or puts lines in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typing {
    pub path: String,
    pub replace: String,
    pub with: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Foreign {
    pub uri: String,
    pub text: String,
}

/// An action or lens by the start of its title, at the line that holds a text.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choosing {
    pub title: String,
    /// Without it the first file that is open.
    pub path: Option<String>,
    pub at: String,
    /// What is selected ends at the line that holds this.
    pub to: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    pub name: String,
    /// `$task`, `$acceptance` and `$question` stand for the newest, `$task1` for the first.
    #[serde(default)]
    pub argument: Value,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// Without it the question is put away.
    pub choice: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// Applies it, if it is this editor's way with the version it names.
    #[default]
    AsUsual,
    Refused,
    /// Comes to it only after the next typing.
    Late,
    /// Applies the first document's part and leaves out the rest.
    Half,
    /// Applies nothing and never answers.
    Never,
}

/// What happens to a run.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It ends without a proposal.
    Cancelled,
    /// It found nothing.
    Stuck,
    /// The process that worked on it died.
    Interrupted,
    /// It has a plan with a step for each of these titles, and asks whether to carry it out.
    Plans(Vec<String>),
    /// It proposes.
    Proposes(Changes),
    /// Its checks have run.
    Checked(Checked),
    /// A verdict on the part of the proposal that was asked for last.
    Verdict(Verdict),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checked {
    /// Which, with the same result each.
    #[serde(default = "unittest")]
    pub checks: Vec<String>,
    pub printed: String,
    /// Red tests by name, each at the line that holds a text.
    pub red: BTreeMap<String, At>,
}

fn unittest() -> Vec<String> {
    vec!["unittest".into()]
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct At {
    pub path: String,
    pub at: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Green,
    Red,
}

/// What must be true. What is not there is not looked at.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Facts {
    /// What the editor shows, by path, and what is on disk.
    pub text: BTreeMap<String, String>,
    pub disk: BTreeMap<String, String>,
    /// What the newest run saw on the screen.
    pub seen: BTreeMap<String, String>,
    /// Files that are not there.
    pub gone: Vec<String>,
    /// Documents the editor shows.
    pub open: Option<Vec<String>>,
    /// The state of every hunk that counts, in order.
    pub hunks: Option<Vec<String>>,
    /// How many acceptances stand.
    pub acceptances: Option<usize>,
    /// The answer to the last command: `done`, or the reason of the refusal.
    pub answered: Option<String>,
    /// Part of each message to the user since this was last asked; nothing else may have been said.
    pub told: Option<Vec<String>>,
    /// What the engine was asked since this was last asked.
    pub asked: Option<Vec<String>>,
    /// Part of the open question, empty for none.
    pub question: Option<String>,
    pub actions: Option<Offer>,
    pub lenses: Option<Titles>,
    pub hints: Option<Titles>,
    /// The codes of a document's diagnostics, in order.
    pub diagnostics: BTreeMap<String, Vec<String>>,
    /// Part of what a diagnostic says.
    pub says: BTreeMap<String, String>,
    pub document: Option<Document>,
    /// The titles of progress bars that are still open.
    pub progress: Option<Vec<String>>,
    /// The choices of the question that an editor with our plugin shows.
    pub choices: Option<Vec<String>>,
    /// The newest `greenloop/state`: the state of every hunk in it.
    pub states: Option<Vec<String>>,
}

/// The code actions at a line.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Offer {
    pub path: Option<String>,
    pub at: String,
    pub to: Option<String>,
    pub only: Option<Vec<String>>,
    pub automatic: bool,
    /// All titles, in order.
    pub are: Option<Vec<String>>,
    /// All of those that cannot be chosen.
    pub disabled: Option<Vec<String>>,
}

/// All lenses or hints of a document, each `line: title`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Titles {
    pub path: Option<String>,
    pub are: Vec<String>,
}

/// The document that the editor was last told to show.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Document {
    /// `by name` or `as a file`.
    pub shown: String,
    pub holds: String,
}
