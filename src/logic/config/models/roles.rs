//! What models are for in a run.

use super::Models;
use crate::model::provider::Model;
use crate::model::worker::{Worker, WorkerKind};

impl Models {
    /// The models that work, as one rung of a ladder: all in order where nothing is said of their roles.
    pub fn worker(&self) -> Option<Worker> {
        let models = match self.roles.worker.as_slice() {
            [] => self.all.clone(),
            names => names.iter().filter_map(|name| self.named(name)).cloned().collect(),
        };
        rung(models)
    }

    /// One model as a rung.
    pub fn worker_named(&self, name: &str) -> Option<Worker> {
        rung(self.named(name).into_iter().cloned().collect())
    }

    /// The models that plan, the first of them first; those that work stand in for it.
    pub fn planners(&self) -> Vec<Model> {
        let named = self.roles.planner.iter().filter_map(|name| self.named(name)).cloned();
        let mut planners: Vec<Model> = named.collect();
        if let Some(WorkerKind::Model { models }) = self.worker().map(|worker| worker.kind) {
            planners.extend(
                models.into_iter().filter(|model| self.roles.planner.as_ref() != Some(&model.name)),
            );
        }
        planners
    }
}

/// `None` without a model.
fn rung(models: Vec<Model>) -> Option<Worker> {
    let name = models.first()?.name.clone();
    Some(Worker { name, llm: true, kind: WorkerKind::Model { models } })
}
