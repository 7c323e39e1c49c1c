//! `greenloop lsp`: the language server.

use std::fs::OpenOptions;
use std::path::PathBuf;

use lexopt::prelude::*;

use super::Stop;
use crate::engine::{Consent, LocalEngines};
use crate::lsp;
use crate::model::failure::Failure;

/// Options of other servers that editors add by themselves are taken and ignored.
pub(super) fn main(mut parser: lexopt::Parser) -> Result<i32, Stop> {
    let mut log: Option<PathBuf> = None;
    let mut consent = Consent::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("log") => log = Some(parser.value()?.into()),
            Long("unsandboxed") => consent.unsandboxed = true,
            Long("trust") => consent.trusted = true,
            Long(_) | Short(_) => drop(parser.optional_value()),
            Value(_) => {}
        }
    }
    let log = log.map(open_log).transpose()?;
    let log = log.map(|file| Box::new(file) as _);
    Ok(lsp::serve_stdio(lsp::Options { log, engines: Box::new(LocalEngines(consent)) }))
}

fn open_log(path: PathBuf) -> Result<std::fs::File, Failure> {
    OpenOptions::new().create(true).append(true).open(&path).map_err(|error| {
        Failure::environment(
            format!("the log {} cannot be written: {error}", path.display()),
            "Name a file in a folder that exists and that you may write to.",
        )
    })
}
