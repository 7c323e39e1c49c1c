//! Cassettes: exchanges with models as files without keys, so that they can be had again without a network.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::key::Key;
use crate::base::hash::ContentHash;
use crate::model::failure::{Failure, FailureKind};
use crate::model::provider::Model;

/// What becomes of exchanges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tape {
    #[default]
    Off,
    /// They are written into this folder as well.
    Record(PathBuf),
    /// They come from this folder; nothing is sent and no key is needed.
    Replay(PathBuf),
}

impl Tape {
    /// As the variables `GREENLOOP_RECORD` and `GREENLOOP_REPLAY` say, which name a folder.
    pub fn from_env() -> Result<Tape, Failure> {
        let folder = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        match (folder("GREENLOOP_RECORD"), folder("GREENLOOP_REPLAY")) {
            (None, None) => Ok(Tape::Off),
            (Some(record), None) => Ok(Tape::Record(record.into())),
            (None, Some(replay)) => Ok(Tape::Replay(replay.into())),
            (Some(_), Some(_)) => Err(Failure::new(
                FailureKind::Config,
                "GREENLOOP_RECORD and GREENLOOP_REPLAY are both set",
                "Set one of them.",
            )),
        }
    }
}

/// One exchange.
#[derive(Debug, Serialize, Deserialize)]
struct Cassette {
    request: Value,
    status: u16,
    /// Those that matter for reading the answer.
    headers: Vec<(String, String)>,
    /// As they came over the wire.
    chunks: Vec<Chunk>,
    /// The connection was cut after them.
    cut: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Chunk {
    Text(String),
    /// A character was cut in two.
    Bytes(Vec<u8>),
}

const HEADERS: &[&str] = &["content-type", "location", "retry-after", "retry-after-ms"];

/// The file for the `n`th exchange of this request, counted from 1. Where the server is does not matter, nor how its
/// cache is told apart.
fn file(folder: &Path, model: &Model, body: &Value, n: u32) -> PathBuf {
    let mut body = body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("prompt_cache_key");
    }
    let hash = ContentHash::of(json!([model.dialect, body]).to_string());
    folder.join(format!("{hash}-{n}.json"))
}

/// An exchange that is being written down.
pub(super) struct Recording {
    folder: PathBuf,
    model: Model,
    cassette: Cassette,
    bytes: Vec<Vec<u8>>,
}

impl Recording {
    pub(super) fn new(
        folder: &Path,
        model: &Model,
        body: &Value,
        status: u16,
        headers: &[(String, String)],
    ) -> Self {
        let kept = headers.iter().filter(|(name, _)| HEADERS.contains(&name.as_str()));
        let cassette = Cassette {
            request: body.clone(),
            status,
            headers: kept.cloned().collect(),
            chunks: Vec::new(),
            cut: false,
        };
        Self { folder: folder.to_owned(), model: model.clone(), cassette, bytes: Vec::new() }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.push(bytes.to_vec());
    }

    pub(super) fn cut(&mut self) {
        self.cassette.cut = true;
    }

    /// `Err` says for people why it could not be kept.
    pub(super) fn write(mut self, key: Option<&Key>) -> Result<(), String> {
        let request = self.cassette.request.clone();
        let mut chunks = std::mem::take(&mut self.bytes);
        let mut text = |chunks: &[Vec<u8>]| {
            self.cassette.chunks = chunks.iter().map(|chunk| chunk_of(chunk)).collect();
            serde_json::to_string_pretty(&self.cassette).map_err(|error| error.to_string())
        };
        let mut file_text = text(&chunks)?;
        if let Some(key) = key {
            // It may have been cut in two.
            let whole = chunks.concat();
            if find(&whole, key.text().as_bytes()) {
                chunks = vec![key.redact(&String::from_utf8_lossy(&whole)).into_bytes()];
                file_text = text(&chunks)?;
            }
            file_text = key.redact(&file_text);
        }
        let place = self.folder.display();
        fs::create_dir_all(&self.folder).map_err(|error| format!("{place}: {error}"))?;
        for n in 1.. {
            let path = file(&self.folder, &self.model, &request, n);
            match fs::File::create_new(&path) {
                Ok(mut new) => {
                    let written = new.write_all(file_text.as_bytes());
                    return written.map_err(|error| format!("{}: {error}", path.display()));
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(format!("{}: {error}", path.display())),
            }
        }
        Ok(())
    }
}

fn chunk_of(bytes: &[u8]) -> Chunk {
    match std::str::from_utf8(bytes) {
        Ok(text) => Chunk::Text(text.to_owned()),
        Err(_) => Chunk::Bytes(bytes.to_vec()),
    }
}

fn find(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// An exchange from a file.
pub(super) struct Taped {
    cassette: Cassette,
    chunks: VecDeque<Vec<u8>>,
}

impl Taped {
    /// The next exchange of this request in this process. `Err` says for people that there is none.
    pub(super) fn find(folder: &Path, model: &Model, body: &Value) -> Result<Taped, String> {
        static PLAYED: Mutex<BTreeMap<PathBuf, u32>> = Mutex::new(BTreeMap::new());
        let n = {
            let mut played = PLAYED.lock().unwrap_or_else(PoisonError::into_inner);
            let n = played.entry(file(folder, model, body, 0)).or_default();
            *n += 1;
            *n
        };
        let path = file(folder, model, body, n);
        let text = fs::read_to_string(&path).map_err(|error| {
            format!("there is no recording of this request: {}: {error}", path.display())
        })?;
        let mut cassette: Cassette = serde_json::from_str(&text)
            .map_err(|error| format!("{} is no recording: {error}", path.display()))?;
        let chunks = std::mem::take(&mut cassette.chunks).into_iter().map(|chunk| match chunk {
            Chunk::Text(text) => text.into_bytes(),
            Chunk::Bytes(bytes) => bytes,
        });
        Ok(Taped { chunks: chunks.collect(), cassette })
    }

    pub(super) fn status(&self) -> u16 {
        self.cassette.status
    }

    pub(super) fn headers(&self) -> Vec<(String, String)> {
        self.cassette.headers.clone()
    }

    pub(super) fn chunk(&mut self) -> Result<Option<Vec<u8>>, String> {
        match self.chunks.pop_front() {
            None if self.cassette.cut => {
                Err("the connection was cut when this was recorded".to_owned())
            }
            chunk => Ok(chunk),
        }
    }
}
