//! The language server over its wire: the real program, a client that behaves like an editor.

mod client;
mod driver;
mod editor;
mod lasting;
mod review;
