//! What the user wants language models to be told instead of our words.

use std::fs;
use std::path::Path;

use crate::logic::prompts::{Prompt, Prompts};

/// The texts in `prompts/` in the folder of the user's configuration, in place of ours; and what is wrong with them, for
/// people.
pub fn load(folder: &Path) -> (Prompts, Vec<String>) {
    let own = Prompt::ALL.into_iter().filter_map(|prompt| {
        let path = folder.join("prompts").join(format!("{}.md", prompt.name()));
        Some((prompt, fs::read_to_string(path).ok()?))
    });
    Prompts::with(own)
}
