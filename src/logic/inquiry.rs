//! What language models ask people: made fit to be shown, whatever a model wrote.

use crate::base::limits::{INQUIRY_BYTES_MAX, INQUIRY_OPTION_BYTES_MAX, INQUIRY_OPTIONS_MAX};
use crate::base::text::in_a_line;
use crate::logic::secrets::withheld;
use crate::model::question::{About, Inquiry, Question};
use crate::model::run::Run;

/// A question of the model `by`; `None` when it says nothing.
pub fn inquiry(by: &str, text: &str, options: &[String]) -> Option<Inquiry> {
    let text = shown(text, INQUIRY_BYTES_MAX);
    let mut kept: Vec<String> = Vec::new();
    for option in options.iter().map(|option| shown(option, INQUIRY_OPTION_BYTES_MAX)) {
        if !option.is_empty() && !kept.contains(&option) && kept.len() < INQUIRY_OPTIONS_MAX {
            kept.push(option);
        }
    }
    (!text.is_empty()).then(|| Inquiry { by: by.to_owned(), text, options: kept })
}

/// What a run asks, with who asks and about what; `None` for what is answered with yes or no.
pub fn told(run: &Run, question: &Question) -> Option<String> {
    let Inquiry { by, text, .. } = question.inquiry.as_ref()?;
    let step = match question.about {
        About::Attempt { attempt } => {
            run.attempts.iter().find(|made| made.id == attempt).and_then(|made| run.step(made.step))
        }
        About::Goal | About::Plan | About::Step { .. } => None,
    };
    let about = match step {
        Some(step) => format!("step {} ({})", step.id, step.title),
        None => "the goal".to_owned(),
    };
    Some(format!("{by} asks about {about}: {text}"))
}

/// What a yes to a step or a plan is about, and what no answer means; empty where nothing is to be said.
pub fn terms(run: &Run, question: &Question) -> String {
    let mut terms = String::new();
    let step = match question.about {
        About::Step { step } => run.step(step),
        About::Plan | About::Goal | About::Attempt { .. } => None,
    };
    if let Some(step) = step {
        if let Some(first) = step.tests.first() {
            let more = step.tests.len() - 1;
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            terms.push_str(&format!(" It has to turn green: {}{more}.", first.name));
        }
        if !step.scope.is_empty() {
            terms.push_str(&format!(" It may change: {}.", step.scope.join(", ")));
        }
    }
    let asked = run.questions.iter().find(|asked| asked.question.id == question.id);
    if let Some((asked, wait)) = asked.zip(question.wait_ms) {
        terms.push_str(&format!(" No answer by {} is a no.", time(asked.at_ms + wait)));
    }
    terms
}

/// The time of day, in UTC, of milliseconds since 1970.
fn time(at_ms: u64) -> String {
    let minutes = at_ms / 60_000;
    format!("{:02}:{:02} UTC", minutes / 60 % 24, minutes % 60)
}

/// On one line, without secrets, without what terminals obey, and without links: a notification of VS Code runs the command
/// that one names.
fn shown(text: &str, bytes_max: usize) -> String {
    let text: String = withheld(text).chars().map(|c| if is_hidden(c) { ' ' } else { c }).collect();
    in_a_line(&text.replace("](", "] ("), bytes_max)
}

/// Control characters, and those that reorder the text around them (Unicode Bidi_Control).
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, options: &[&str]) -> (String, Vec<String>) {
        let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
        let made = inquiry("m", text, &options).unwrap();
        (made.text, made.options)
    }

    #[test]
    fn a_question_is_a_line_that_does_nothing() {
        let (text, options) = check(
            "Which\n\x1b[2Jrate?\u{202e}",
            &["7 %", "7 %", " ", "[yes](command:workbench.action.quit)"],
        );
        assert_eq!(text, "Which [2Jrate?");
        assert_eq!(options, ["7 %", "[yes] (command:workbench.action.quit)"]);
        assert_eq!(inquiry("m", " \n", &[]), None);
    }

    #[test]
    fn secrets_are_withheld_and_length_has_a_bound() {
        let key = "AKIAIOSFODNN7EXAMPLE";
        let (text, options) = check(&format!("Is {key} right?"), &[key]);
        assert!(!text.contains(key) && !options[0].contains(key), "{text} {options:?}");
        let many: Vec<String> = (0..50).map(|n| format!("{n}{}", "é".repeat(500))).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let (text, options) = check(&"é".repeat(100_000), &many);
        assert!(text.len() <= INQUIRY_BYTES_MAX + 3, "{}", text.len());
        assert_eq!(options.len(), INQUIRY_OPTIONS_MAX);
        assert!(options.iter().all(|option| option.len() <= INQUIRY_OPTION_BYTES_MAX + 3));
    }
}
