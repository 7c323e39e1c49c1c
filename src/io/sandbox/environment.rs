//! The environment of sandboxed commands: an allow-list, never our own as it is.

use std::env;
use std::path::Path;

/// Taken from our own environment when set there.
const PASSED_ON: [&str; 13] = [
    "PATH",
    "LANG",
    "HOME",
    "USER",
    "TZ",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "PYENV_ROOT",
    "VIRTUAL_ENV",
    "GOPATH",
    "GOCACHE",
    "JAVA_HOME",
    "NVM_DIR",
];

/// The same for every command: quiet tools, no downloads, repeatable hashes.
const FIXED: [(&str, &str); 5] = [
    ("TERM", "dumb"),
    ("CI", "1"),
    ("PYTHONHASHSEED", "0"),
    ("CARGO_NET_OFFLINE", "true"),
    ("PIP_NO_INDEX", "1"),
];

/// The allow-listed environment with temporary files in `temporary` and `own` on top, each name once.
pub fn allowed(temporary: &Path, own: &[(String, String)]) -> Vec<(String, String)> {
    let passed = env::vars_os().filter_map(|(name, value)| {
        let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
        (PASSED_ON.contains(&name.as_str()) || name.starts_with("LC_")).then_some((name, value))
    });
    let fixed = FIXED.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let temporary = [("TMPDIR".to_owned(), temporary.to_string_lossy().into_owned())];
    let all = passed.chain(fixed).chain(temporary).chain(own.iter().cloned());
    all.collect::<std::collections::BTreeMap<_, _>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_names_pass_and_the_commands_own_win() {
        let own = [("CI".to_owned(), "0".to_owned()), ("MINE".to_owned(), "x".to_owned())];
        let environment = allowed(Path::new("/scratch"), &own);
        let value = |name: &str| {
            environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
        };
        assert_eq!(value("CI"), Some("0"));
        assert_eq!(value("MINE"), Some("x"));
        assert_eq!(value("TMPDIR"), Some("/scratch"));
        assert!(value("PATH").is_some());
        assert!(
            env::var("CARGO_MANIFEST_DIR").is_ok(),
            "the test needs a name that is set and not listed"
        );
        assert_eq!(value("CARGO_MANIFEST_DIR"), None);
    }
}
