//! Greenloop takes a coding goal to green: it plans, works in isolated copies, runs the project's own checks and
//! offers the result for review. Modules in reading order, lowest floor first; see `ARCHITECTURE.md`.

pub mod base;
pub mod cli;
pub mod engine;
pub mod io;
pub mod logic;
pub mod lsp;
pub mod model;
pub mod repair;
