//! What `greenloop doctor` says about models: whether each is set up, and with `--models`, whether it answers.

use super::Finding;
use crate::base::cancel::CancelToken;
use crate::io::model::{Caller, Pace, Provider, Tape, own_models};
use crate::logic::config::models::Models;
use crate::model::failure::Failure;
use crate::model::provider::{KeySource, Model};
use crate::model::transcript::{Message, Part, Request, Role, ToolChoice};

/// What the user wants to know.
#[derive(Clone, Copy, Default)]
pub(super) struct Asked {
    /// Whether a call is made, which may cost a little.
    pub(super) call: bool,
    /// Whether the models of the project count.
    pub(super) trusted: bool,
}

/// Tokens of the one answer; the least that all take.
const OUTPUT_MAX: u32 = 16;

pub(super) fn findings(project: Option<Models>, asked: Asked) -> Vec<Finding> {
    let (own, errors) = match own_models() {
        Ok(own) => own,
        Err(failure) => return vec![bad(&failure)],
    };
    let mut all: Vec<Finding> = errors
        .into_iter()
        .map(|what| Finding { ok: false, what, hint: "Correct the line.".into() })
        .collect();
    let mut project = project.unwrap_or_default();
    if !asked.trusted && !project.all.is_empty() {
        let names: Vec<_> = project.all.drain(..).map(|model| model.name).collect();
        let what = format!("models of greenloop.toml, only where trusted: {}", names.join(", "));
        all.push(Finding { ok: true, what, hint: "".into() });
    }
    let models = match own.with_project(project, asked.trusted) {
        Ok(models) => models,
        Err(failure) => return vec![bad(&failure)],
    };
    all.extend(models.unknown_roles().into_iter().map(|what| Finding {
        ok: false,
        what,
        hint: "Name a `[[model]]` there is.".into(),
    }));
    all.extend(models.all.iter().map(|model| of(model, &roles(&models, &model.name), asked.call)));
    all
}

fn bad(failure: &Failure) -> Finding {
    Finding { ok: false, what: failure.message.clone(), hint: failure.hint.clone().into() }
}

fn roles(models: &Models, name: &str) -> String {
    let is = |role: &Option<String>| role.as_deref() == Some(name);
    let roles = [
        ("planner", is(&models.roles.planner)),
        ("worker", models.roles.worker.iter().any(|worker| worker == name)),
    ];
    let named: Vec<&str> = roles.iter().filter(|(_, is)| *is).map(|(role, _)| *role).collect();
    if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) }
}

fn of(model: &Model, roles: &str, call: bool) -> Finding {
    let name = format!("model `{}`{roles}: {} at {}", model.name, model.model, model.url);
    let provider = match Provider::with(model, Pace::default(), Tape::Off) {
        Ok(provider) => provider,
        Err(failure) => {
            return Finding { what: format!("{name}: {}", failure.message), ..bad(&failure) };
        }
    };
    if call {
        return match provider.turn(&tiny(), &CancelToken::new(), &mut |_| {}) {
            Ok(_) => Finding { ok: true, what: format!("{name} answers"), hint: "".into() },
            Err(failure) => Finding {
                ok: false,
                what: format!("{name}: {}", failure.message),
                hint: failure.hint.into(),
            },
        };
    }
    // A program that says a key may ask the user something: it is run when it is needed.
    let found = match &model.key {
        KeySource::None => Ok("needs no key".to_owned()),
        KeySource::Command(argv) => {
            Ok(format!("key from `{}`", argv.first().map_or("", String::as_str)))
        }
        KeySource::Env(variable) => {
            provider.has_key(&CancelToken::new()).map(|()| format!("key in {variable}"))
        }
    };
    match found {
        Ok(key) => Finding { ok: true, what: format!("{name}, {key}"), hint: "".into() },
        Err(no) => {
            Finding { ok: false, what: format!("{name}: {}", no.message), hint: no.hint.into() }
        }
    }
}

fn tiny() -> Request {
    let parts = vec![Part::Text { text: "Say ok.".to_owned() }];
    Request {
        system: String::new(),
        messages: vec![Message { role: Role::User, parts }],
        tools: Vec::new(),
        choice: ToolChoice::Auto,
        answer: None,
        output_max: OUTPUT_MAX,
    }
}
