//! The one integration binary: the repository's own rules, and the real program against real projects.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on is a failed test")]

mod asking;
mod avoid;
mod bad_input;
mod cheats;
mod checks;
mod command_worker;
mod confinement;
mod conformance;
mod contradiction;
mod corpus;
mod crash;
mod editors;
mod engine;
mod fix;
mod fixtures;
mod gate;
mod guard;
mod interleavings;
mod javascript;
mod ladder;
mod lint;
mod lying;
mod model_worker;
mod models;
mod place;
mod plans;
mod red;
mod repair_go;
mod repair_javascript;
mod repair_python;
mod repair_rust;
mod replanning;
mod restore;
mod runners;
mod schedules;
mod sharing;
mod sim;
mod spending;
mod store;
mod subsets;
mod support;
mod swap;
mod tidy;
mod tool_fixes;
mod wire;
mod words;
mod worlds;

use sim::rng;
