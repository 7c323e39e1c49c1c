//! `[approval]`: when a person has a say.

use toml::de::DeTable;

use super::reader::{Reader, Taken, count};
use super::{Config, Key, Takes};
use crate::model::approval::{AcceptAlone, When};

/// The words for [`When`].
const WHEN: Takes = Takes::Word(&["never", "always"]);

pub(super) const KEYS: &[Key] = &[
    Key {
        table: "approval",
        name: "plan",
        takes: WHEN,
        doc: "Whether a plan waits for your yes before it is carried out: `never`, the default, or `always`.",
    },
    Key {
        table: "approval",
        name: "steps",
        takes: WHEN,
        doc: "Whether each step waits for your yes before it is begun. As `plan`.",
    },
    Key {
        table: "approval",
        name: "accept",
        takes: Takes::Word(&["nothing", "green"]),
        doc: "What is accepted without asking you: `nothing`, the default, or `green`: all that a run proposes that ended green, \
              as soon as it ends, in an editor unless an open text was edited meanwhile. It can be taken back like any other.",
    },
    Key {
        table: "approval",
        name: "wait_seconds",
        takes: Takes::Count(604_800),
        doc: "How long a yes is waited for; then it is a no. For as long as it takes when left out.",
    },
];

impl Reader<'_> {
    /// What cannot be read counts as unusable: nothing may be done that a person wanted to be asked about.
    pub(super) fn approval(&mut self, table: &DeTable<'_>, config: &mut Config) {
        let n_errors = self.errors.len();
        let mut taken = self.table("approval", table);
        config.n_unusable += self.errors.len() - n_errors;
        let when = |taken: Option<Taken>| match taken {
            Some(Taken::Text(word)) if word == "always" => When::Always,
            _ => When::Never,
        };
        config.approval.plan = when(taken.remove("plan"));
        config.approval.steps = when(taken.remove("steps"));
        config.approval.accept = match taken.remove("accept") {
            Some(Taken::Text(word)) if word == "green" => AcceptAlone::Green,
            _ => AcceptAlone::Nothing,
        };
        config.approval.wait_ms =
            count(taken.remove("wait_seconds")).map(|seconds| seconds * 1_000);
    }
}
