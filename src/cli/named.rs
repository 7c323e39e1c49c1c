//! Commands about a run that was made before: its name, its project's folder, and what they share.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{RecvError, sync_channel};

use super::{Stop, say_aside};
use crate::base::ids::RunId;
use crate::base::limits;
use crate::engine::{self, Busy, Command, Consent, Dirs, Notice, RunView};
use crate::model::event::Event;
use crate::model::failure::{Failure, FailureKind};

/// A run that somebody names.
pub(super) struct Named {
    pub dirs: Dirs,
    pub view: RunView,
}

/// The run of this name in the project around `folder`.
pub(super) fn find(run: Option<&str>, folder: Option<PathBuf>) -> Result<Named, Stop> {
    let text =
        run.ok_or_else(|| Stop::Usage("name a run; `greenloop runs` lists them".to_owned()))?;
    let id = id(text)?;
    let dirs = Dirs::find(&super::fix::folder_of(folder))?;
    let known = engine::runs(&dirs)?;
    let view = known.into_iter().find(|view| view.run.id == id).ok_or_else(|| {
        Failure::new(
            FailureKind::Project,
            format!("there is no run {id} in {}", dirs.root.display()),
            "Start this in the project's folder; `greenloop runs` lists its runs there.",
        )
    })?;
    Ok(Named { dirs, view })
}

pub(super) fn id(text: &str) -> Result<RunId, Stop> {
    RunId::parse(text).ok_or_else(|| {
        let hint = "A run's id has ten letters and digits; `greenloop runs` lists them.";
        Failure::new(FailureKind::Refused, format!("{text} is no run id"), hint).into()
    })
}

/// Has the engine record something about a run, and waits until it has.
pub(super) fn record(
    dirs: Dirs,
    id: RunId,
    command: Command,
    is_it: impl Fn(&Event) -> bool + Send + Sync + 'static,
) -> Result<(), Failure> {
    let is_end = matches!(command, Command::Cancel { .. });
    let (told, notices) = sync_channel(limits::NOTICES_WAITING_MAX);
    let listener = Arc::new(move |notice: &Notice| drop(told.try_send(notice.clone())));
    let engine = engine::start(dirs, Consent { unsandboxed: true, trusted: false }, listener)?;
    let busy = || Failure::environment("the engine takes no command", "Try again.");
    engine.send(command).map_err(|Busy| busy())?;
    let mut is_recorded = false;
    loop {
        match notices.recv().map_err(|RecvError| busy())? {
            Notice::Happened { id: run, event } if run == id && is_it(&event) => return Ok(()),
            Notice::Refused { id: run, failure } if run == id => return Err(failure),
            Notice::Happened { id: run, event: Event::StopRequested } if run == id => {
                is_recorded = true;
                say_aside(
                    "what it has found is checked; to cancel again ends that too
",
                );
            }
            Notice::Happened { id: run, event: Event::CancelRequested } if run == id => {
                is_recorded = true;
            }
            Notice::Changed(view) if is_recorded && view.run.id == id && view.interrupted => {
                let hint = format!("`greenloop cancel {id}` ends it.");
                let message = "the process that worked on it died before it heard of it";
                return Err(Failure::environment(message, hint));
            }
            // Somebody else was quicker.
            Notice::Changed(view) if is_end && view.run.id == id && view.run.is_finished() => {
                return Ok(());
            }
            _ => {}
        }
    }
}
