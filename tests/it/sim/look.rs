//! What editors ask for in between: states, lenses, hints, documents of ours. What is shown must be what is there.

use serde_json::{Value, json};

use super::oracle::Known;
use super::rivals::Room;
use super::steps::any_open;
use super::text::bare;
use super::world::{Fault, World};

/// What the server says of hunks must follow from who owns the lines.
pub async fn compare_states(world: &mut World) -> Result<(), Fault> {
    let states = world.hunk_states().await?;
    let counts =
        |known: &&Known| !known.is_replaced && known.parts.is_empty() && known.of_whole.is_none();
    for known in world.known.iter().filter(counts) {
        let id = known.id();
        let document = &world.editor.documents[known.document];
        if !document.is_there {
            continue;
        }
        let text = &document.text;
        let state = states.iter().find(|(of, _)| *of == id).map(|(_, state)| state.as_str());
        let room = known.room_beside(&world.known, &world.wholes, text);
        let expected = match (known.place(text), known.landed_at(text)) {
            (Some(_), _) if known.is_rejected => "rejected",
            (Some(_), _) if room == Room::Taken => "superseded",
            (Some(_), _) if room == Room::Unknown => continue,
            (Some(_), _) => "pending",
            (None, Some(_)) => "applied",
            (None, None) => continue,
        };
        if state != Some(expected) && known.is_clear() && is_clear(text.lines()) {
            return Err(format!("{id} is {state:?}, should be {expected}, in {:?}", text.string));
        }
    }
    Ok(())
}

/// Whether no two lines read the same.
fn is_clear(lines: Vec<&str>) -> bool {
    let mut bare: Vec<&str> = lines.into_iter().map(|line| bare(line).0).collect();
    let n_lines = bare.len();
    bare.sort_unstable();
    bare.dedup();
    bare.len() == n_lines
}

/// Asks for all that this editor can show of an open file and of a proposal for it.
pub async fn around(world: &mut World) -> Result<(), Fault> {
    let Some(at) = any_open(world) else { return Ok(()) };
    world.flush(at).await;
    let asks_for = |what: &str| world.wire.capabilities()["textDocument"][what].is_object();
    let (lenses, hints) = (asks_for("codeLens"), asks_for("inlayHint"));
    if lenses {
        look_at_lenses(world, at).await?;
    }
    if hints {
        look_at_hints(world, at).await?;
    }
    look_at_document(world, at).await
}

/// A change that nobody has touched is offered once, at its first line.
async fn look_at_lenses(world: &mut World, at: usize) -> Result<(), Fault> {
    let params = json!({"textDocument": {"uri": world.editor.documents[at].uri}});
    let lenses = ask(world, "textDocument/codeLens", params).await?;
    let text = &world.editor.documents[at].text;
    if !is_clear(text.lines()) {
        return Ok(());
    }
    for known in world.known.iter().filter(|known| known.document == at && known.is_clear()) {
        let is_open = !known.is_rejected && known.parts.is_empty() && known.of_whole.is_none();
        let is_open = is_open && known.room_beside(&world.known, &world.wholes, text) == Room::Free;
        let Some(line) = known.place(text).filter(|_| is_open) else { continue };
        let line = if known.removed.is_empty() { line.saturating_sub(1) } else { line };
        let (id, accept) = (known.id(), "greenloop.hunk.accept");
        let is_own = |lens: &&Value| {
            lens["command"]["command"] == accept && lens["command"]["arguments"][0] == id
        };
        let lines: Vec<&Value> =
            lenses.iter().filter(is_own).map(|lens| &lens["range"]["start"]["line"]).collect();
        if lines != [&json!(line)] {
            return Err(format!("{id} has lenses at {lines:?}, not at {line}: {:?}", text.string));
        }
    }
    Ok(())
}

/// All of them stand in the text.
async fn look_at_hints(world: &mut World, at: usize) -> Result<(), Fault> {
    let n_lines = world.editor.documents[at].text.lines().len();
    let params = json!({
        "textDocument": {"uri": world.editor.documents[at].uri},
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": n_lines, "character": 0}},
    });
    let hints = ask(world, "textDocument/inlayHint", params).await?;
    let is_outside = |hint: &&Value| hint["position"]["line"].as_u64() > Some(n_lines as u64);
    match hints.iter().find(is_outside) {
        Some(hint) => Err(format!("a hint outside of {n_lines} lines: {hint}")),
        None => Ok(()),
    }
}

fn is_shown(known: &Known, document: usize) -> bool {
    known.document == document && known.of_whole.is_none()
}

/// What a file was and what it would be, word for word.
async fn look_at_document(world: &mut World, at: usize) -> Result<(), Fault> {
    let here: Vec<usize> =
        (0..world.known.len()).filter(|known| is_shown(&world.known[*known], at)).collect();
    let Some(known) = world.rng.pick(&here).copied() else { return Ok(()) };
    let (run, path) = (world.known[known].run, world.known[known].path.clone());
    let what = if world.rng.percent(50) { "base" } else { "proposed" };
    let wanted = json!({"what": what, "taskId": run, "path": path});
    let reply = world.command("greenloop.show", wanted).await?;
    let uri = reply["uri"].as_str().ok_or_else(|| format!("{reply} shows nothing"))?.to_owned();
    let text = match uri.strip_prefix("file://") {
        Some(path) => world.engine.document(path.as_ref()),
        None => {
            let params = json!({"uri": uri});
            let answer = world.wire.ask("workspace/textDocumentContent", params).await;
            answer.map_err(|error| error.to_string())?["text"].as_str().map(str::to_owned)
        }
    };
    let review = world.engine.view(run).review.ok_or("a proposal without a review")?;
    let file = review.files.iter().find(|file| file.path.as_str() == path);
    let file = file.ok_or("a proposal without its file")?;
    let expected = if what == "base" { &file.before } else { &file.after };
    match text.as_deref() == Some(&**expected) {
        true => Ok(()),
        false => Err(format!("{uri} holds {text:?}, not {expected:?}")),
    }
}

async fn ask(world: &mut World, method: &str, params: Value) -> Result<Vec<Value>, Fault> {
    let answer = world.wire.ask(method, params).await;
    let answer = answer.map_err(|error| format!("{method} failed: {error}"))?;
    Ok(answer.as_array().cloned().unwrap_or_default())
}
