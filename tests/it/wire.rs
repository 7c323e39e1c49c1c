//! The language server over its wire: the real program, a client that behaves like an editor.

mod accept;
mod advertised;
mod client;
mod driver;
mod editor;
mod folders;
mod hostile;
mod lasting;
mod listing;
pub mod model;
mod models;
mod parts;
mod plans;
mod review;
mod steps;
mod swaps;
