//! Which programs can be started by their name. They are looked for and not started.

use std::env;
use std::path::Path;

/// Whether a file of this name lies in a folder of `PATH`.
pub(super) fn is_on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| is_program(&folder.join(program)))
}

fn is_program(path: &Path) -> bool {
    path.is_file() || path.with_extension("exe").is_file()
}
