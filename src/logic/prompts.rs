//! What language models are told, as texts with gaps: `{{name}}`. They lie beside this file; a user may put others in
//! their place.

use std::collections::BTreeMap;

/// A text with gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Prompt {
    /// What a worker is, before any task.
    Worker,
    /// A worker's task.
    Task,
    /// What is still red after a worker was done.
    Red,
    /// What a planner is.
    Planner,
    /// What is to be planned.
    Goal,
    /// A step that is to be planned anew.
    Replan,
}

impl Prompt {
    pub const ALL: [Prompt; 6] =
        [Prompt::Worker, Prompt::Task, Prompt::Red, Prompt::Planner, Prompt::Goal, Prompt::Replan];

    /// Its name; the user's own is `prompts/NAME.md` beside the user's configuration.
    pub fn name(self) -> &'static str {
        match self {
            Prompt::Worker => "worker",
            Prompt::Task => "task",
            Prompt::Red => "red",
            Prompt::Planner => "planner",
            Prompt::Goal => "goal",
            Prompt::Replan => "replan",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Prompt::Worker => include_str!("prompts/worker.md"),
            Prompt::Task => include_str!("prompts/task.md"),
            Prompt::Red => include_str!("prompts/red.md"),
            Prompt::Planner => include_str!("prompts/planner.md"),
            Prompt::Goal => include_str!("prompts/goal.md"),
            Prompt::Replan => include_str!("prompts/replan.md"),
        }
    }
}

/// The texts in use, the user's own before ours.
#[derive(Clone, Debug, Default)]
pub struct Prompts(BTreeMap<Prompt, String>);

impl Prompts {
    /// Takes the user's own texts by name. Those with a gap that nobody fills are told and not used.
    pub fn with(own: impl IntoIterator<Item = (Prompt, String)>) -> (Prompts, Vec<String>) {
        let (mut prompts, mut notes) = (Prompts::default(), Vec::new());
        for (prompt, text) in own {
            let ours = gaps(prompt.text());
            match gaps(&text).into_iter().find(|gap| !ours.contains(gap)) {
                Some(gap) => notes.push(format!(
                    "prompts/{}.md is not used: it has the gap {{{{{gap}}}}}, which nothing fills; there are {}",
                    prompt.name(),
                    ours.iter().map(|gap| format!("{{{{{gap}}}}}")).collect::<Vec<_>>().join(", ")
                )),
                None => drop(prompts.0.insert(prompt, text)),
            }
        }
        (prompts, notes)
    }

    /// A text with its gaps filled; those that nothing is given for are left out with their line.
    pub fn fill(&self, prompt: Prompt, given: &[(&str, &str)]) -> String {
        let text = self.0.get(&prompt).map_or(prompt.text(), String::as_str);
        let mut filled: Vec<String> = Vec::new();
        for line in text.lines() {
            let names = gaps(line);
            let value = |name: &str| {
                given.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value.trim())
            };
            let mut line = line.to_owned();
            let is_gap = names.len() == 1 && line.trim() == format!("{{{{{}}}}}", names[0]);
            let is_after_blank = filled.last().is_some_and(String::is_empty);
            if is_gap && value(names[0]).is_empty() || line.is_empty() && is_after_blank {
                continue;
            }
            for name in &names {
                line = line.replace(&format!("{{{{{name}}}}}"), value(name));
            }
            // Each block stands by itself.
            if is_gap && filled.last().is_some_and(|last| !last.is_empty()) {
                filled.push(String::new());
            }
            filled.push(line);
        }
        filled.join("\n").trim().to_owned()
    }
}

/// The names of a text's gaps.
fn gaps(text: &str) -> Vec<&str> {
    let starts = text.split("{{").skip(1);
    starts.filter_map(|rest| rest.split_once("}}").map(|(name, _)| name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_whole_with_and_without_what_goes_in() {
        for prompt in Prompt::ALL {
            let names = gaps(prompt.text());
            let given: Vec<(&str, &str)> =
                names.iter().map(|name| (*name, "something {{red}}")).collect();
            let full = Prompts::default().fill(prompt, &given);
            assert_eq!(full.matches("something").count(), names.len(), "{prompt:?}");
            let bare = Prompts::default().fill(prompt, &[]);
            assert!(!bare.contains("{{") && !bare.contains("\n\n\n"), "{prompt:?}: {bare}");
        }
    }

    #[test]
    fn a_users_own_text_takes_the_place_of_ours() {
        let own = [
            (Prompt::Red, "Still red: {{red}}!\n".to_owned()),
            (Prompt::Task, "{{task}}\n{{tests}}\n".to_owned()),
        ];
        let (prompts, notes) = Prompts::with(own);
        assert_eq!(prompts.fill(Prompt::Red, &[("red", "a")]), "Still red: a!");
        assert!(prompts.fill(Prompt::Task, &[("task", "x")]).starts_with("# Task"));
        assert_eq!(
            notes,
            [
                "prompts/task.md is not used: it has the gap {{tests}}, which nothing fills; there are {{task}}, \
              {{scope}}, {{red}}, {{said}}, {{answers}}, {{made}}, {{tried}}, {{lessons}}, {{code}}, {{map}}"
            ]
        );
    }
}
