//! A real editor at the other end of a socket: what it says, and what is said to it.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::thread;

use serde_json::Value;
use tokio::sync::mpsc::{Receiver, channel};

/// Messages read ahead.
const HEARD_MAX: usize = 10_000;

pub struct Relay {
    editor: UnixStream,
    pub heard: Receiver<Value>,
    /// It has said that it is initialized.
    pub is_initialized: bool,
    /// The ids of its commands that are not answered.
    commands: BTreeSet<String>,
    /// The answer to its latest command.
    pub answered: Option<Value>,
    /// The ids of what it has answered.
    pub replies: BTreeSet<String>,
}

impl Relay {
    pub fn new(editor: UnixStream) -> Relay {
        let (sender, heard) = channel(HEARD_MAX);
        let mut input = BufReader::new(editor.try_clone().unwrap());
        thread::spawn(move || {
            while let Some(message) = read(&mut input) {
                if sender.blocking_send(message).is_err() {
                    return;
                }
            }
        });
        let (commands, replies) = (BTreeSet::new(), BTreeSet::new());
        Relay { editor, heard, is_initialized: false, commands, answered: None, replies }
    }

    pub fn hear(&mut self, message: &Value) {
        let id = || message["id"].to_string();
        match message["method"].as_str() {
            Some("initialized") => self.is_initialized = true,
            Some("workspace/executeCommand") => drop(self.commands.insert(id())),
            None => drop(self.replies.insert(id())),
            Some(_) => {}
        }
    }

    /// Passes on what is meant for the editor. Edits are not: what becomes of them is up to the scenario.
    pub fn tell(&mut self, message: &Value) {
        if message["method"] == "workspace/applyEdit" {
            return;
        }
        if message["method"].is_null() && self.commands.remove(&message["id"].to_string()) {
            self.answered = Some(message["result"].clone());
        }
        self.send(message);
    }

    pub fn send(&mut self, message: &Value) {
        let body = message.to_string();
        // An editor that has gone is seen by whoever waits for it.
        drop(write!(self.editor, "Content-Length: {}\r\n\r\n{body}", body.len()));
    }
}

fn read(input: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if input.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().ok()?;
            }
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
