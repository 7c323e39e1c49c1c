//! Who works: `[[worker]]` entries and the list of `workers`.

use std::collections::BTreeSet;

use toml::de::{DeArray, DeValue};

use super::models::Models;
use super::reader::{Reader, Value, count, flag, text, texts};
use super::{Config, WorkerConfig, keys_of};
use crate::base::limits::WORKER_WALL_DEFAULT;
use crate::base::near::near;
use crate::model::worker::Worker;

/// Who is there to work, beside models.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Staff {
    /// Our own search and the programs.
    pub known: Vec<Worker>,
    /// Who of them and of the models works, in which order; `None` where nothing is said.
    pub names: Option<Vec<String>>,
}

impl Staff {
    /// Who works on a run, from cheap to dear; models last where nothing is said.
    pub fn ladder(&self, models: &Models) -> Vec<Worker> {
        let mut ladder = self.all(models);
        // The same name twice would be the first one twice.
        let mut seen = BTreeSet::new();
        ladder.retain(|worker| seen.insert(worker.name.clone()));
        ladder
    }

    fn all(&self, models: &Models) -> Vec<Worker> {
        let known = || self.known.iter().cloned();
        let Some(names) = &self.names else {
            return known().chain(models.worker()).collect();
        };
        let named = |name: &String| {
            known().find(|worker| worker.name == *name).or_else(|| models.worker_named(name))
        };
        names.iter().filter_map(named).collect()
    }
}

impl Reader<'_> {
    pub(super) fn workers(&mut self, entries: &DeArray<'_>, config: &mut Config) {
        for entry in entries {
            let Some(worker) = self.worker(entry) else {
                config.n_unusable += 1;
                continue;
            };
            let name = &worker.name;
            let problem = if name == Worker::REPAIR {
                Some(format!("`{name}` is the name of our own search: choose another"))
            } else if config.workers.iter().any(|known| known.name == *name) {
                Some(format!("`{name}` is used twice: give each worker its own"))
            } else {
                None
            };
            if let Some(problem) = problem {
                config.n_unusable += 1;
                self.error("worker.name", entry, &problem);
            } else {
                config.workers.push(worker);
            }
        }
    }

    fn worker(&mut self, entry: &Value<'_>) -> Option<WorkerConfig> {
        let DeValue::Table(table) = entry.get_ref() else {
            self.error("worker", entry, "is a list of tables: write `[[worker]]`");
            return None;
        };
        let n_errors = self.errors.len();
        let mut taken = self.table("worker", table);
        for key in ["name", "command"] {
            if !taken.contains_key(key) && !table.contains_key(key) {
                self.error(&format!("worker.{key}"), entry, "is missing");
            }
        }
        // A program that would run otherwise than written, or unlabelled, is not the worker that was asked for.
        let is_whole = !self.errors[n_errors..].iter().any(|error| {
            ["worker.name", "worker.command", "worker.llm"].contains(&error.key.as_str())
        });
        is_whole.then_some(())?;
        Some(WorkerConfig {
            name: text(taken.remove("name"))?,
            command: texts(taken.remove("command"))?,
            timeout_ms: count(taken.remove("timeout_seconds"))
                .map_or(WORKER_WALL_DEFAULT.as_millis() as u64, |seconds| seconds * 1_000),
            llm: flag(taken.remove("llm")).unwrap_or(false),
        })
    }

    /// Once all workers are known.
    pub(super) fn ladder(&mut self, value: &Value<'_>, config: &mut Config) {
        let key = keys_of("").find(|key| key.name == "workers");
        let names = key.and_then(|key| texts(self.take(key, "workers", value)));
        let Some(names) = names else {
            config.n_unusable += 1;
            return;
        };
        let mut known = vec![Worker::REPAIR];
        known.extend(config.workers.iter().map(|worker| worker.name.as_str()));
        known.extend(config.models.all.iter().map(|model| model.name.as_str()));
        let mut problems = Vec::new();
        if names.is_empty() {
            problems.push("names nobody: leave it out, or name who is to work".to_owned());
        }
        for (place, name) in names.iter().enumerate() {
            if names[..place].contains(name) {
                problems.push(format!("names `{name}` twice"));
            } else if !known.contains(&name.as_str()) {
                problems.push(match near(name, known.iter().copied(), 1).first() {
                    Some(meant) => {
                        format!("names `{name}`, which is no worker; did you mean `{meant}`?")
                    }
                    None => format!(
                        "names `{name}`, which is no worker; there are {}",
                        known.join(", ")
                    ),
                });
            }
        }
        config.n_unusable += problems.len();
        problems.iter().for_each(|problem| self.error("workers", value, problem));
        config.ladder = problems.is_empty().then_some(names);
    }
}
