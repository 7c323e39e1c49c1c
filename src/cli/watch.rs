//! Starts an engine, follows one run to its end, and turns Ctrl-C into a cancel.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::runs::waits;
use super::{Stop, say_aside};
use crate::base::ids::RunId;
use crate::base::limits;
use crate::engine::{self, Busy, Command, Consent, Dirs, Engine, Notice, RunView};
use crate::io::worker::Progress;
use crate::logic::machine::{self, Next};
use crate::model::event::Event;
use crate::model::failure::Failure;
use crate::model::run::Run;

/// What a follower sees of its run.
pub(super) enum Seen {
    Event(Event),
    Progress(Progress),
}

#[expect(clippy::large_enum_variant, reason = "each is taken as soon as it comes")]
enum Message {
    Notice(Notice),
    Interrupt,
}

/// Sends `command`, which concerns run `id`, to the engine of a project, shows `see` what happens, and
/// returns the run once it has ended or waits for people.
pub(super) fn follow(
    dirs: Dirs,
    consent: Consent,
    id: RunId,
    command: Command,
    see: &mut dyn FnMut(Seen),
) -> Result<Arc<RunView>, Stop> {
    let (messages, inbox) = sync_channel(limits::NOTICES_WAITING_MAX);
    let notices = messages.clone();
    // A send fails only when nobody follows any more.
    let listener =
        Arc::new(move |notice: &Notice| drop(notices.send(Message::Notice(notice.clone()))));
    let engine = engine::start(dirs, consent, listener)?;
    on_interrupt(messages)?;
    if engine.send(command) == Err(Busy) {
        return Err(Failure::environment("the engine takes no command", "Try again.").into());
    }
    finished(&*engine, id, &inbox, see)
}

fn finished(
    engine: &dyn Engine,
    id: RunId,
    inbox: &Receiver<Message>,
    see: &mut dyn FnMut(Seen),
) -> Result<Arc<RunView>, Stop> {
    // What it waited for before is what we are here for.
    let mut has_begun = false;
    loop {
        let Ok(message) = inbox.recv() else {
            return Err(Failure::environment("the engine ended early", "Try again.").into());
        };
        match message {
            Message::Notice(Notice::Happened { id: run, event }) if run == id => {
                has_begun |= !matches!(event, Event::Resumed { .. });
                see(Seen::Event(event));
            }
            Message::Notice(Notice::Progress { id: run, progress }) if run == id => {
                see(Seen::Progress(progress));
            }
            Message::Notice(Notice::Refused { id: run, failure }) if run == id => {
                return Err(failure.into());
            }
            Message::Notice(Notice::Changed(view))
                if view.run.id == id
                    && (view.run.is_finished() || has_begun && rests(&view.run)) =>
            {
                return Ok(view);
            }
            Message::Notice(Notice::Changed(view)) if view.interrupted && view.run.id != id => {
                let other = view.run.id;
                let told = waits(&view).unwrap_or_else(|| {
                    format!("it was interrupted; `greenloop resume {other}` goes on with it")
                });
                say_aside(&format!("note: run {other}: {told}\n"));
            }
            Message::Notice(Notice::Shared { pid }) => {
                say_aside(&format!("note: process {pid} works on this project too\n"));
            }
            Message::Notice(_) => {}
            Message::Interrupt => {
                if engine.send(Command::Cancel { id }) == Err(Busy) {
                    say_aside("busy; Ctrl-C again ends the program\n");
                }
            }
        }
    }
}

/// Nothing goes on before people have said something.
fn rests(run: &Run) -> bool {
    machine::waits_for_people(run)
        && matches!(machine::decide(run), Next::Do(effects) if effects.is_empty())
}

/// The first Ctrl-C ends the run with what it has found, the second at once, the third ends the program; processes end with
/// it whatever happens.
fn on_interrupt(messages: SyncSender<Message>) -> Result<(), Failure> {
    let fail = |error: std::io::Error| {
        Failure::environment(
            format!("signals cannot be watched: {error}"),
            "Free memory or processes.",
        )
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(fail)?;
    #[expect(
        clippy::disallowed_methods,
        reason = "the third Ctrl-C is to end the program whatever it does"
    )]
    let wait = move || {
        for n in 1.. {
            if runtime.block_on(tokio::signal::ctrl_c()).is_err() {
                return;
            }
            if n > 2 || messages.send(Message::Interrupt).is_err() {
                std::process::exit(130);
            }
        }
    };
    std::thread::Builder::new().name("interrupt".to_owned()).spawn(wait).map_err(fail)?;
    Ok(())
}
