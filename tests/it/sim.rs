//! Editors in this process, as the real ones behave, on a server in this process: random schedules of typing, accepting,
//! undoing and of messages that cross. An oracle knows who owns every line, so that no byte is lost unseen. Shared by
//! tests and the benchmark `interleavings`.

#[path = "sim/accept.rs"]
mod accept;
#[path = "sim/capabilities.rs"]
mod capabilities;
#[path = "sim/document.rs"]
pub mod document;
#[path = "sim/editor.rs"]
pub mod editor;
#[path = "sim/engine.rs"]
pub mod engine;
#[path = "sim/files.rs"]
mod files;
#[path = "sim/landing.rs"]
mod landing;
#[path = "sim/look.rs"]
mod look;
#[path = "sim/manners.rs"]
pub mod manners;
#[path = "sim/oracle.rs"]
mod oracle;
#[path = "sim/personality.rs"]
pub mod personality;
#[path = "sim/proposals.rs"]
mod proposals;
#[path = "sim/put_back.rs"]
mod put_back;
#[path = "sim/relay.rs"]
pub mod relay;
#[path = "sim/rest.rs"]
mod rest;
#[path = "sim/rivals.rs"]
mod rivals;
#[path = "sim/rng.rs"]
pub mod rng;
#[path = "sim/steps.rs"]
mod steps;
#[path = "sim/tally.rs"]
pub mod tally;
#[path = "sim/text.rs"]
pub mod text;
#[path = "sim/typing.rs"]
mod typing;
#[path = "sim/whole.rs"]
mod whole;
#[path = "sim/wire.rs"]
pub mod wire;
#[path = "sim/world.rs"]
mod world;

use std::time::Duration;

use personality::Personality;
use tally::Tally;
use world::{Fault, World};

/// The project's folder; nothing is ever read or written there.
pub const ROOT: &str = "/greenloop-simulated-project";

/// Steps of one interleaving.
const STEPS_MIN: usize = 4;
const STEPS_MAX: usize = 14;

/// Far more than any schedule takes, on the clock of its runtime.
const LIMIT: Duration = Duration::from_secs(3_600);

/// Runs one interleaving on a runtime of its own, whose clock runs only when nobody has anything to do.
pub fn interleaving(personality: &'static Personality, seed: u64) -> Result<Tally, String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let told = runtime.block_on(async {
        let mut world = World::new(personality, seed).await.map_err(|fault| (fault, Vec::new()))?;
        let done = tokio::time::timeout(LIMIT, schedule(&mut world)).await;
        match done.unwrap_or_else(|_| Err("the server never answered".to_owned())) {
            Ok(()) => {
                let tally = std::mem::take(&mut world.tally);
                world.wire.end(true).await.map_err(|fault| (fault, world.trace))?;
                Ok(tally)
            }
            Err(fault) => Err((fault, world.trace)),
        }
    });
    runtime.shutdown_background();
    told.map_err(|(fault, trace): (Fault, Vec<String>)| {
        format!("{} seed {seed}: {fault}\nschedule:\n  {}", personality.name, trace.join("\n  "))
    })
}

async fn schedule(world: &mut World) -> Result<(), Fault> {
    let total: usize = steps::ALL.iter().map(|step| step.weight).sum();
    let n_steps = world.rng.between(STEPS_MIN, STEPS_MAX);
    for _ in 0..n_steps {
        let mut left = world.rng.below(total);
        let step = steps::ALL.iter().find(|step| {
            let found = left < step.weight;
            left = left.saturating_sub(step.weight);
            found
        });
        let step = step.expect("the weights add up");
        world.note(step.name);
        (step.run)(world).await?;
        world.wire.catch_up().await;
        world.put_back().await?;
        world.put_away_questions().await;
        if let Some(rude) = world.wire.rude.take() {
            return Err(rude);
        }
    }
    steps::finish(world).await?;
    world.tally.interleavings = 1;
    world.tally.steps = n_steps as u64;
    Ok(())
}
