//! Floor 2: decisions. Deterministic functions from data to data: no files, clocks, randomness, threads or editors.

pub mod acceptance;
pub mod affected;
pub mod avoid;
pub mod config;
pub mod detect;
pub mod diff;
pub mod flaky;
pub mod guard;
pub mod ledger;
pub mod lessons;
pub mod machine;
pub mod outline;
pub mod overview;
pub mod plan_check;
pub mod plan_edit;
pub mod plan_text;
pub mod planner;
pub mod repo_map;
pub mod report;
pub mod report_parse;
pub mod review;
pub mod signature;
pub mod stall;
pub mod subset;
pub mod verdict;
