//! Floor 1: plain data of the domain. Serialised as it stands into the journal, the JSON output and the answers to
//! editors; no behaviour beyond small questions about itself, no files, no editor types.

pub mod approval;
pub mod budget;
pub mod check;
pub mod event;
pub mod failure;
pub mod guard;
pub mod lesson;
pub mod plan;
pub mod policy;
pub mod proposal;
pub mod provider;
pub mod question;
pub mod report;
pub mod run;
pub mod snapshot;
pub mod subset;
pub mod transcript;
pub mod worker;
