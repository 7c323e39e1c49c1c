//! Floor 5: the language server. Turns the editor's messages into commands for engines and what engines say into
//! diagnostics, actions and progress. Nothing outside knows the protocol, nothing in here decides about runs.

mod accept_alone;
mod acceptance;
mod aliases;
mod awaited;
mod board;
mod capabilities;
mod client;
mod commands;
mod documents;
mod error;
mod findings;
mod frames;
mod from_proto;
mod handlers;
mod latency;
mod log;
mod outbox;
mod plan_docs;
mod plans;
#[cfg(debug_assertions)]
mod probe;
mod progress;
mod projects;
mod put_back;
mod questions;
mod review;
mod server;
mod session;
mod settings;
mod started;
mod summary;
mod swaps;
mod tasks;
mod test_list;
mod to_proto;
mod transport;
mod virtual_docs;

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use self::log::Log;
use self::outbox::Outbox;
use self::session::Session;
use crate::base::limits;
use crate::engine::Engines;

pub use self::commands::table::markdown as commands_table;

/// How the server is started.
pub struct Options {
    /// Takes the log.
    pub log: Option<log::Sink>,
    pub engines: Box<dyn Engines>,
}

/// Serves one editor on standard input and output until it leaves. Returns the exit code, which the caller must use at
/// once: a thread may still wait for input.
pub fn serve_stdio(options: Options) -> i32 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .max_blocking_threads(limits::LSP_THREADS_MAX)
        .build();
    let Ok(runtime) = runtime else { return 1 };
    let code = runtime.block_on(serve(options, tokio::io::stdin(), tokio::io::stdout()));
    runtime.shutdown_background();
    code
}

/// Serves one editor until it leaves; the exit code a process of its own would end with.
pub async fn serve(
    options: Options,
    input: impl AsyncRead + Unpin,
    output: impl AsyncWrite + Unpin + Send + 'static,
) -> i32 {
    let outbox = Outbox::default();
    let session =
        Arc::new(Session::new(outbox.clone(), Log::new(options.log, outbox), options.engines));
    let service = server::service(&session);
    let code = transport::serve(service, session.clone(), input, output).await;
    session.close();
    code
}
