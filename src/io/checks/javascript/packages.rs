//! Installed packages: where the program of one lies. Looked at, never started.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::base::path::RepoPath;
use crate::model::check::Runner;

/// What of a `package.json` says where its program is.
#[derive(Deserialize)]
struct Manifest {
    bin: Option<Value>,
    #[serde(default)]
    version: String,
}

impl Manifest {
    fn of(installed: &Path) -> Option<Manifest> {
        serde_json::from_slice(&fs::read(installed.join("package.json")).ok()?).ok()
    }
}

/// The package of a runner; Node.js brings its own.
pub fn name_of(runner: Runner) -> &'static str {
    match runner {
        Runner::Jest => "jest",
        Runner::Vitest => "vitest",
        Runner::Mocha => "mocha",
        _ => "node",
    }
}

/// The program of `package` for a check in `dir`, as seen from there: `../node_modules/jest/bin/jest.js`. Node.js looks
/// in every folder up to the project's root.
pub fn program(root: &Path, dir: &RepoPath, package: &str) -> Option<String> {
    let mut way = String::new();
    for folder in dir.ancestors() {
        let inside = format!("node_modules/{package}");
        let installed = folder.under(root).join(&inside);
        if let Some(program) = bin(&installed, package) {
            return Some(format!("{way}{inside}/{program}"));
        }
        way.push_str("../");
    }
    None
}

/// The major version of the `package` that a check in `dir` gets.
pub fn major(root: &Path, dir: &RepoPath, package: &str) -> Option<u32> {
    let mut places = dir.ancestors().map(|folder| folder.under(root).join("node_modules"));
    let manifest = places.find_map(|folder| Manifest::of(&folder.join(package)))?;
    manifest.version.split('.').next()?.parse().ok()
}

/// The program that a package names for itself.
fn bin(installed: &Path, package: &str) -> Option<String> {
    let named = match Manifest::of(installed)?.bin? {
        Value::String(path) => path,
        Value::Object(programs) => {
            let own = package.rsplit('/').next().unwrap_or(package);
            programs.get(own)?.as_str()?.to_owned()
        }
        _ => return None,
    };
    let path = RepoPath::new(&named)?;
    installed.join(path.as_str()).is_file().then(|| path.as_str().to_owned())
}
