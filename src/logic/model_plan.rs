//! A plan as a language model hands it in: the arguments of one tool.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::base::ids::StepId;
use crate::base::limits::TITLE_BYTES_MAX;
use crate::base::near::near;
use crate::base::text::in_a_line;
use crate::model::plan::{Plan, Step};
use crate::model::report::TestId;
use crate::model::transcript::{Arguments, Tool};

/// The tool's name.
pub const TOOL: &str = "plan";

/// The tool as a model is told of it.
pub fn tool() -> Tool {
    let texts =
        |does: &str| json!({"type": "array", "items": {"type": "string"}, "description": does});
    let step = json!({
        "type": "object",
        "properties": {
            "title": {"type": "string", "description": "what is done, in one line"},
            "intent": {"type": "string", "description": "why and how, where, and how one sees that it is done"},
            "scope": texts("patterns of the only files that may change, such as src/shop/**; empty for any"),
            "tests": texts("names of red tests that this step turns green; empty for none"),
            "worker": {"type": ["string", "null"], "description": "who begins; null for the cheapest that can"},
            "after": {
                "type": "array",
                "items": {"type": "integer"},
                "description": "numbers of steps, counted from 1, whose changes it starts from",
            },
        },
        "required": ["title", "intent", "scope", "tests", "worker", "after"],
        "additionalProperties": false,
    });
    Tool {
        name: TOOL.to_owned(),
        description: "Hands in the plan. Ends your turn when it can be carried out.".to_owned(),
        schema: json!({
            "type": "object",
            "properties": {
                "title": {"type": "string", "description": "what all of it is for, in one line"},
                "intro": {"type": "string", "description": "what people should know beside the steps; may be empty"},
                "steps": {"type": "array", "items": step},
            },
            "required": ["title", "intro", "steps"],
            "additionalProperties": false,
        }),
    }
}

#[derive(Deserialize)]
struct Handed {
    title: String,
    #[serde(default)]
    intro: String,
    steps: Vec<HandedStep>,
}

#[derive(Deserialize)]
struct HandedStep {
    title: String,
    #[serde(default)]
    intent: String,
    #[serde(default)]
    scope: Vec<String>,
    #[serde(default)]
    tests: Vec<String>,
    #[serde(default)]
    worker: Option<String>,
    #[serde(default)]
    after: Vec<u32>,
}

/// The plan, its steps numbered from 1; else what is wrong, for who handed it in.
pub fn read(arguments: &Arguments, targets: &[TestId]) -> Result<Plan, String> {
    let given = match arguments {
        Arguments::Object(given) => Value::Object(given.clone()),
        Arguments::Unreadable { problem, .. } => {
            return Err(format!("the plan is no JSON object: {problem}"));
        }
    };
    let handed: Handed = serde_json::from_value(given)
        .map_err(|error| format!("the plan cannot be read: {error}"))?;
    let steps = handed.steps.into_iter().zip(1..).map(|(step, number)| {
        let tests = step.tests.iter().map(|name| test(name, targets)).collect::<Result<_, _>>();
        let tests = tests.map_err(|why| format!("step {number}: {why}"))?;
        Ok(Step {
            intent: step.intent.trim().to_owned(),
            scope: step.scope,
            tests,
            worker: step.worker.filter(|name| !name.trim().is_empty()),
            after: step.after.into_iter().map(StepId).collect(),
            ..Step::new(StepId(number), in_a_line(&step.title, TITLE_BYTES_MAX))
        })
    });
    let steps = steps.collect::<Result<_, String>>()?;
    Ok(Plan {
        title: in_a_line(&handed.title, TITLE_BYTES_MAX),
        intro: handed.intro.trim().to_owned(),
        steps,
    })
}

fn test(name: &str, targets: &[TestId]) -> Result<TestId, String> {
    let mut same = targets.iter().filter(|target| target.name == name);
    if let Some(found) = same.next() {
        return Ok(found.clone());
    }
    let meant = near(name, targets.iter().map(|target| target.name.as_str()), 1);
    let meant = meant.first().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
    Err(format!("`{name}` is none of the red tests{meant}"))
}

/// The plan for a goal in words where nobody breaks it into steps.
pub fn single(text: &str, tests: &[TestId], intro: String) -> Plan {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty());
    let title = in_a_line(first.unwrap_or_default(), TITLE_BYTES_MAX);
    let intent = if text.trim() == title { String::new() } else { text.trim().to_owned() };
    let step = Step { intent, tests: tests.to_vec(), ..Step::new(StepId::first(), title.clone()) };
    Plan { title, intro, steps: vec![step] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::CheckId;

    fn check(given: Value) -> Result<String, String> {
        let Value::Object(given) = given else { unreachable!() };
        let targets = [TestId { check: CheckId::new("unit"), name: "t.one".to_owned() }];
        let plan = read(&Arguments::Object(given), &targets)?;
        Ok(crate::logic::plan_text::print(&plan))
    }

    #[test]
    fn what_is_handed_in_becomes_a_plan_or_is_told() {
        let step = |tests: Value, after: Value| json!({"title": "add\n a field", "intent": " why ", "scope": ["shop/**"], "tests": tests, "worker": null, "after": after});
        let whole = json!({"title": "pay", "intro": "", "steps": [step(json!(["t.one"]), json!([])), step(json!([]), json!([1]))]});
        insta::assert_snapshot!(check(whole).unwrap(), @r#"
        # pay

        ## 1. add a field

        - tests of `unit`:
          - `t.one`
        - scope: `shop/**`

        why

        ## 2. add a field

        - scope: `shop/**`
        - after: 1

        why
        "#);
        let wrong = json!({"title": "pay", "steps": [step(json!(["t.on"]), json!([]))]});
        assert_eq!(
            check(wrong).unwrap_err(),
            "step 1: `t.on` is none of the red tests; did you mean `t.one`?"
        );
        assert_eq!(
            check(json!({"title": "pay"})).unwrap_err(),
            "the plan cannot be read: missing field `steps`"
        );
    }

    #[test]
    fn a_goal_in_words_is_one_step() {
        let plan = single("Pay by card.\n\nNumbers have 16 digits.", &[], String::new());
        assert_eq!(plan.steps[0].title, "Pay by card.");
        assert_eq!(plan.steps[0].intent, "Pay by card.\n\nNumbers have 16 digits.");
        assert_eq!(single("Pay by card.", &[], String::new()).steps[0].intent, "");
    }
}
