//! Everything that can happen, one entry each, and how often.

use std::future::Future;
use std::pin::Pin;

use greenloop::base::ids::RunId;
use serde_json::{Value, json};

use super::accept::{Aim, Attempt};
use super::look::{self, compare_states};
use super::oracle::{Known, Way, same_lines};
use super::rivals::Room;
use super::whole::Whole;
use super::world::{Fault, World};

type Doing<'a> = Pin<Box<dyn Future<Output = Result<(), Fault>> + 'a>>;

/// One thing that can happen next.
pub struct Step {
    pub name: &'static str,
    /// Of all weights together.
    pub weight: usize,
    pub run: for<'a> fn(&'a mut World) -> Doing<'a>,
}

/// A new command of the server is one more entry.
pub const ALL: &[Step] = &[
    Step { name: "type", weight: 26, run: |world| Box::pin(typing(world)) },
    Step { name: "undo", weight: 7, run: |world| Box::pin(undo(world)) },
    Step { name: "redo", weight: 4, run: |world| Box::pin(redo(world)) },
    Step { name: "save", weight: 4, run: |world| Box::pin(save(world)) },
    Step { name: "open or close", weight: 4, run: |world| Box::pin(open_or_close(world)) },
    Step { name: "wait", weight: 5, run: |world| Box::pin(wait(world)) },
    Step { name: "fix or propose", weight: 8, run: |world| Box::pin(fix_or_propose(world)) },
    Step { name: "accept by action", weight: 22, run: |world| Box::pin(accept(world, false)) },
    Step { name: "accept by command", weight: 12, run: |world| Box::pin(accept(world, true)) },
    Step {
        name: "accept file",
        weight: 4,
        run: |world| Box::pin(accept_together(world, "greenloop.file.accept")),
    },
    Step {
        name: "accept proposal",
        weight: 5,
        run: |world| Box::pin(accept_together(world, "greenloop.proposal.accept")),
    },
    Step { name: "accept a file's change", weight: 6, run: |world| Box::pin(accept_whole(world)) },
    Step {
        name: "undo acceptance",
        weight: 5,
        run: |world| Box::pin(acceptance(world, "greenloop.proposal.undo", Way::Out)),
    },
    Step {
        name: "redo acceptance",
        weight: 4,
        run: |world| Box::pin(acceptance(world, "greenloop.proposal.redo", Way::In)),
    },
    Step { name: "accept part", weight: 4, run: |world| Box::pin(accept_part(world)) },
    Step { name: "look around", weight: 4, run: |world| Box::pin(look::around(world)) },
    Step {
        name: "reject",
        weight: 4,
        run: |world| Box::pin(decide(world, "greenloop.hunk.reject")),
    },
    Step {
        name: "restore",
        weight: 3,
        run: |world| Box::pin(decide(world, "greenloop.hunk.restore")),
    },
    Step { name: "answer late", weight: 3, run: |world| Box::pin(answer_late(world)) },
    Step { name: "compare states", weight: 4, run: |world| Box::pin(compare_states(world)) },
    Step { name: "accept all", weight: 3, run: |world| Box::pin(accept_all(world)) },
    Step { name: "restart", weight: 1, run: |world| Box::pin(world.restart()) },
];

pub fn any_open(world: &mut World) -> Option<usize> {
    let documents = world.editor.documents.iter().enumerate();
    let open: Vec<usize> =
        documents.filter(|(_, document)| document.is_open).map(|(at, _)| at).collect();
    world.rng.pick(&open).copied()
}

async fn typing(world: &mut World) -> Result<(), Fault> {
    let Some(at) = any_open(world) else { return Ok(()) };
    for _ in 0..world.rng.between(1, 3) {
        world.type_somewhere(at).await;
    }
    Ok(())
}

async fn undo(world: &mut World) -> Result<(), Fault> {
    jump(world, true).await
}

async fn redo(world: &mut World) -> Result<(), Fault> {
    jump(world, false).await
}

async fn jump(world: &mut World, back: bool) -> Result<(), Fault> {
    let Some(at) = any_open(world) else { return Ok(()) };
    let (step, units) = (world.editor.step(&mut world.rng), world.editor.units);
    let document = &mut world.editor.documents[at];
    if back {
        document.undo(step, units)
    } else {
        document.redo(step, units)
    };
    if world.rng.percent(60) {
        world.flush(at).await;
    }
    Ok(())
}

async fn save(world: &mut World) -> Result<(), Fault> {
    if let Some(at) = any_open(world) {
        world.save(at).await;
    }
    Ok(())
}

async fn open_or_close(world: &mut World) -> Result<(), Fault> {
    let at = world.rng.below(world.editor.documents.len());
    if !world.editor.documents[at].is_there {
        return Ok(());
    }
    if !world.editor.documents[at].is_open {
        world.open(at).await;
        return Ok(());
    }
    // Nobody closes a file within the moment that the server takes to put something back.
    world.flush(at).await;
    world.wire.wait(1).await;
    world.put_back().await?;
    if !world.editor.documents[at].is_saved() {
        world.save(at).await;
    }
    world.close(at).await;
    Ok(())
}

async fn wait(world: &mut World) -> Result<(), Fault> {
    world.flush_all().await;
    let ms = [5, 60, 400][world.rng.below(3)];
    world.wire.wait(ms).await;
    Ok(())
}

async fn fix_or_propose(world: &mut World) -> Result<(), Fault> {
    if world.is_at_work() {
        world.propose();
        return Ok(());
    }
    world.ask_for_fix().await
}

/// A hunk that is worth accepting, and sometimes one that is not.
fn any_hunk(world: &mut World) -> Option<usize> {
    let odd = world.rng.percent(5);
    let all = world.known.iter().enumerate();
    let fits = all.filter(|(_, known)| {
        known.of_whole.is_none() && (odd || !(known.is_replaced || known.is_rejected))
    });
    let all: Vec<usize> = fits.map(|(at, _)| at).collect();
    world.rng.pick(&all).copied()
}

async fn accept(world: &mut World, by_command: bool) -> Result<(), Fault> {
    match any_hunk(world) {
        Some(at) => accept_one(world, at, by_command).await,
        None => Ok(()),
    }
}

/// Accepts one line of a hunk, when it can be cut.
async fn accept_part(world: &mut World) -> Result<(), Fault> {
    let Some(at) = any_hunk(world) else { return Ok(()) };
    let line = world.rng.below(world.known[at].removed.len().max(1));
    let Some(part) = world.known[at].part(line) else { return Ok(()) };
    let known = world.known.iter().position(|known| known.id() == part.id());
    let at = known.unwrap_or(world.known.len());
    if known.is_none() {
        world.known.push(part);
    }
    let by_command = world.rng.percent(50);
    accept_one(world, at, by_command).await
}

async fn accept_one(world: &mut World, at: usize, by_command: bool) -> Result<(), Fault> {
    let race = [0, 0, 30, 60][world.rng.below(4)];
    let first = attempt(world, at, by_command, race).await?;
    world.tally.accepts += 1;
    let here = world.known[at].document;
    match first {
        Attempt::Landed => {
            world.tally.accepted += 1;
            world.tally.untouched += 1;
            world.tally.untouched_at_once += 1;
            if world.rng.percent(30) {
                take_back_accepted(world, here).await?;
            }
        }
        Attempt::Refused(reason) => {
            world.note(format!("refused: {reason}"));
            world.tally.refuse(&reason);
            choose_again(world, at, by_command).await?;
        }
    }
    Ok(())
}

/// Accepts what is left of a file's hunks or of a whole proposal with one edit.
async fn accept_together(world: &mut World, command: &str) -> Result<(), Fault> {
    let Some(at) = any_hunk(world) else { return Ok(()) };
    let (task, path) = (world.known[at].task.clone(), world.known[at].path.clone());
    let mut selection = json!({ "taskId": task });
    let one_file = command == "greenloop.file.accept";
    if one_file {
        selection["path"] = json!(path);
    }
    let run = world.known[at].run;
    let is_meant = |of: RunId, at: &str, is_rejected: bool| {
        of == run && !is_rejected && (!one_file || at == path)
    };
    let is_hunk = |known: &Known| {
        let whole = known.of_whole.map(|at| &world.wholes[at]);
        let is_rejected = whole.map_or(known.is_rejected, |whole| whole.is_rejected);
        known.parts.is_empty() && is_meant(known.run, &known.path, is_rejected)
    };
    let is_whole = |whole: &Whole| is_meant(whole.run, &whole.path, whole.is_rejected);
    let aim = world.aim(is_hunk, is_whole, Way::In);
    let is_clean = world.is_clean(&aim);
    let attempt = together(world, command, selection, aim).await?;
    // What comes too late or is declined once the server has agreed is the editor's doing.
    match attempt {
        Attempt::Landed if is_clean => {
            world.tally.clean_together += 1;
            world.tally.landed_clean_together += 1;
        }
        Attempt::Refused(reason) if is_clean && reason.starts_with("command") => {
            world.tally.clean_together += 1;
        }
        Attempt::Landed | Attempt::Refused(_) => {}
    }
    Ok(())
}

/// Accepts that a file is made, deleted or renamed.
async fn accept_whole(world: &mut World) -> Result<(), Fault> {
    let all = world.wholes.iter().enumerate();
    let fits = all.filter(|(_, whole)| !whole.is_replaced && !whole.is_rejected);
    let all: Vec<usize> = fits.map(|(at, _)| at).collect();
    let Some(at) = world.rng.pick(&all).copied() else { return Ok(()) };
    let is_line = |known: &Known| known.of_whole == Some(at);
    let aim = Aim { wholes: vec![at], ..world.aim(is_line, |_| false, Way::In) };
    let id = world.wholes[at].id();
    together(world, "greenloop.hunk.accept", id, aim).await.map(drop)
}

/// Takes the latest acceptance back, or makes the one again that was taken back last.
async fn acceptance(world: &mut World, command: &str, way: Way) -> Result<(), Fault> {
    // Which hunks are meant is known once the server names the acceptance.
    together(world, command, json!({}), Aim::nothing(way)).await.map(drop)
}

async fn together(
    world: &mut World,
    command: &str,
    selection: Value,
    mut aim: Aim,
) -> Result<Attempt, Fault> {
    world.note(format!("{command} {selection}"));
    let race = [0, 0, 30, 60][world.rng.below(4)];
    let reply = world.command(command, selection).await?;
    if aim.is_empty() && reply["ok"] == true {
        aim = world.accepted_as(&reply, aim.way)?;
    }
    world.tally.together += 1;
    let attempt = world.edit_after(&aim, &reply, race).await?;
    match &attempt {
        Attempt::Landed => world.tally.landed_together += 1,
        Attempt::Refused(reason) => {
            world.note(format!("refused: {reason}"));
            world.tally.refuse(&format!("together: {reason}"));
        }
    }
    Ok(attempt)
}

async fn attempt(
    world: &mut World,
    at: usize,
    by_command: bool,
    race: usize,
) -> Result<Attempt, Fault> {
    let here = world.known[at].document;
    let id = world.known[at].id();
    world.note(format!("accept {id} {}", if by_command { "by command" } else { "by action" }));
    if by_command || !world.editor.documents[here].is_open {
        return world.accept_by_command(at, race).await;
    }
    world.accept_by_action(at, race).await
}

/// A user whose accept came to nothing tries once more without typing.
async fn choose_again(world: &mut World, at: usize, by_command: bool) -> Result<(), Fault> {
    let known = &world.known[at];
    let text = &world.editor.documents[known.document].text;
    // The last line of a hunk that is left is offered as the hunk.
    let room = known.room_beside(&world.known, &world.wholes, text);
    let is_offered = known.parts.is_empty() && room == Room::Free;
    if !is_offered || known.is_rejected || known.place(text).is_none() {
        return Ok(());
    }
    let here = known.document;
    world.tally.untouched += 1;
    world.wire.wait(60).await;
    open_to_go_on(world, here).await;
    match attempt(world, at, by_command, 0).await? {
        Attempt::Landed => {
            world.tally.accepted += 1;
            world.tally.untouched_again += 1;
        }
        Attempt::Refused(reason) => {
            world.note(format!("refused again: {reason}"));
            world.tally.refuse(&format!("untouched, again: {reason}"));
        }
    }
    Ok(())
}

/// After an edit of a file that is not open came to nothing, its user opens it.
async fn open_to_go_on(world: &mut World, here: usize) -> bool {
    let document = &world.editor.documents[here];
    let is_closed = document.is_there && !document.is_open;
    if is_closed {
        world.open(here).await;
    }
    is_closed
}

/// One undo in the editor takes an accepted hunk back, exactly.
async fn take_back_accepted(world: &mut World, here: usize) -> Result<(), Fault> {
    let (step, units) = (world.editor.step(&mut world.rng), world.editor.units);
    let document = &mut world.editor.documents[here];
    if document.undo(step, units) {
        world.tally.undone += 1;
        world.flush(here).await;
        world.note("undone");
        compare_states(world).await?;
    }
    Ok(())
}

async fn decide(world: &mut World, command: &str) -> Result<(), Fault> {
    let Some(at) = any_hunk(world) else { return Ok(()) };
    let id = world.known[at].id();
    world.note(format!("{command} {id}"));
    world.command(command, id).await?;
    Ok(())
}

async fn answer_late(world: &mut World) -> Result<(), Fault> {
    for (request, answer) in std::mem::take(&mut world.owed) {
        world.wire.respond(&request, answer).await;
    }
    Ok(())
}

/// A new proposal on texts nobody touches since: accepted hunk by hunk it must come out byte for byte.
async fn accept_all(world: &mut World) -> Result<(), Fault> {
    while world.is_at_work() {
        world.propose_with(0);
    }
    // Nothing that came too late before is still being put back.
    world.flush_all().await;
    world.wire.wait(1).await;
    world.put_back().await?;
    world.ask_for_fix().await?;
    let files = world.propose_with(0);
    let Some(task) =
        world.known.last().map(|known| known.task.clone()).filter(|_| !files.is_empty())
    else {
        return Ok(());
    };
    let all = world.known.iter().enumerate().filter(|(_, known)| known.task == task);
    let mut all: Vec<usize> = all.map(|(at, _)| at).collect();
    while !all.is_empty() {
        let at = all.swap_remove(world.rng.below(all.len()));
        let by_command = world.rng.percent(40);
        while let Attempt::Refused(reason) = attempt(world, at, by_command, 0).await? {
            let here = world.known[at].document;
            if !open_to_go_on(world, here).await {
                return Err(format!(
                    "{} of an untouched text was refused: {reason}",
                    world.known[at].id()
                ));
            }
        }
    }
    for (here, after) in files {
        world.save(here).await;
        let document = &world.editor.documents[here];
        let bytes = String::from_utf8(document.bytes()).unwrap();
        let endings = world.editor.personality.endings;
        let shown = [&after, &document.normalised(&after, endings)];
        let is_exact = bytes == after || shown.contains(&&document.text.string);
        if !is_exact || !same_lines(&bytes, &after) {
            return Err(format!(
                "accepted as a whole:\n{:?} is not\n{after:?}",
                document.text.string
            ));
        }
    }
    world.tally.whole_proposals += 1;
    Ok(())
}

/// The last word: what the server holds is what the editor shows. A run sees it.
pub async fn finish(world: &mut World) -> Result<(), Fault> {
    answer_late(world).await?;
    compare_states(world).await?;
    world.ask_for_fix().await?;
    world.command("greenloop.task.status", Value::Null).await?;
    Ok(())
}
