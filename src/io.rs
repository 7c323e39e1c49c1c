//! Floor 3: everything that touches the machine: processes, sandboxes, the private store, checks, workers, the
//! journal. Blocking functions called from threads; each takes a `CancelToken` where it can take long.

pub mod checks;
pub mod clock;
pub mod dirs;
pub mod drafts;
pub mod fault;
pub mod journal;
pub mod lessons;
pub mod linked;
pub mod model;
pub mod presence;
pub mod process;
pub mod prompts;
pub mod repo_maps;
pub mod run_lock;
pub mod sandbox;
pub mod store;
pub mod worker;
pub mod worlds;
