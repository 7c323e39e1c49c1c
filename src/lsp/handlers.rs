//! One request of the protocol per file.

pub mod code_action;
pub mod code_action_resolve;
pub mod code_lens;
pub mod initialize;
pub mod inlay_hint;
pub mod text_sync;
