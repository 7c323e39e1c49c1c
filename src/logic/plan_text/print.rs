//! A plan as its text.

use super::lines::{escaped, fenced};
use super::values::quoted;
use crate::logic::plan_check::Field;
use crate::model::plan::{Plan, Step};

/// The text of a plan, the same for the same plan.
pub fn print(plan: &Plan) -> String {
    let mut page = format!("# {}\n", one_line(&plan.title)).replace("# \n", "#\n");
    paragraph(&mut page, &plan.intro, false);
    for step in &plan.steps {
        let heading = format!("## {}. {}", step.id, one_line(&step.title));
        page.push_str(&format!("\n{}\n", heading.trim_end()));
        let fields = fields(step);
        if !fields.is_empty() {
            page.push('\n');
            page.push_str(&fields);
        }
        paragraph(&mut page, &step.intent, fields.is_empty());
    }
    page
}

/// The plan that is read back from a plan's text: titles are one line, texts have no blank around them.
pub fn canonical(plan: &Plan) -> Plan {
    let step = |step: &Step| Step {
        title: one_line(&step.title),
        intent: text_lines(&step.intent).join("\n"),
        ..step.clone()
    };
    Plan {
        title: one_line(&plan.title),
        intro: text_lines(&plan.intro).join("\n"),
        steps: plan.steps.iter().map(step).collect(),
    }
}

fn one_line(title: &str) -> String {
    let parts = title.split(['\n', '\r']).map(str::trim).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ")
}

/// The lines of a text without blank around it, each without its break.
pub(super) fn text_lines(text: &str) -> Vec<&str> {
    let lines = crate::base::text::lines(text.trim());
    lines.iter().map(|line| line.trim_end_matches(['\n', '\r'])).collect()
}

/// Adds a text after an empty line, so that none of it is taken for a heading or a field.
fn paragraph(page: &mut String, text: &str, is_first: bool) {
    let lines = text_lines(text);
    let fenced = fenced(&lines);
    for (at, (line, is_fenced)) in lines.iter().zip(fenced).enumerate() {
        if at == 0 {
            page.push('\n');
        }
        page.push_str(&escaped(line, is_fenced, is_first && at == 0));
        page.push('\n');
    }
}

fn fields(step: &Step) -> String {
    let mut list = tests(step);
    let mut add = |field: Field, values: Vec<String>| {
        if !values.is_empty() {
            list.push_str(&format!("- {}: {}\n", field.word(), values.join(", ")));
        }
    };
    add(Field::Scope, step.scope.iter().map(|pattern| quoted(pattern)).collect());
    add(Field::Worker, step.worker.iter().map(|name| quoted(name)).collect());
    add(Field::Checks, step.checks.iter().map(|check| quoted(check.as_str())).collect());
    add(Field::After, step.after.iter().map(ToString::to_string).collect());
    add(Field::Skip, step.skip.then(|| "yes".to_owned()).into_iter().collect());
    list
}

/// Each check once, as long as its tests stand together.
fn tests(step: &Step) -> String {
    let groups = step.tests.chunk_by(|one, other| one.check == other.check);
    let group = |tests: &[_]| {
        let (mut list, mut check) = (String::new(), None);
        for test in tests {
            let test: &crate::model::report::TestId = test;
            check.get_or_insert(&test.check);
            list.push_str(&format!("  - {}\n", quoted(&test.name)));
        }
        let check = check.map_or("", |check| check.as_str());
        format!("- tests of {}:\n{list}", quoted(check))
    };
    groups.map(group).collect()
}
