//! One request of the protocol per file.

pub mod code_action;
pub mod code_action_resolve;
pub mod initialize;
pub mod text_sync;
