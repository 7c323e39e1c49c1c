//! The environment of sandboxed commands: an allow-list, never our own as it is.

use std::env;
use std::path::{Path, PathBuf};

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

/// Parts of names whose values are nobody's business.
const SECRET: [&str; 9] =
    ["TOKEN", "SECRET", "PASSW", "PASSPHRASE", "CREDENTIAL", "KEY", "AUTH", "COOKIE", "SESSION"];

/// The allow-listed environment with temporary files in `temporary`, what `more` lets through, and `own` on top, each
/// name once.
pub fn allowed(
    temporary: &Path,
    more: &[String],
    own: &[(String, String)],
) -> Vec<(String, String)> {
    let passed = env::vars_os().filter_map(|(name, value)| {
        let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
        let is_listed = PASSED_ON.contains(&name.as_str()) || name.starts_with("LC_");
        (is_listed || more.iter().any(|door| lets_through(door, &name))).then_some((name, value))
    });
    let fixed = FIXED.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let temporary = [("TMPDIR".to_owned(), temporary.to_string_lossy().into_owned())];
    let all = passed.chain(fixed).chain(temporary).chain(own.iter().cloned());
    all.collect::<std::collections::BTreeMap<_, _>>().into_iter().collect()
}

/// A secret passes only by its whole name.
fn lets_through(door: &str, name: &str) -> bool {
    match door.strip_suffix('*') {
        Some(start) => name.starts_with(start) && !looks_secret(name),
        None => name == door,
    }
}

fn looks_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    SECRET.iter().any(|part| name.contains(part))
}

/// Paths of doors with `~` written out; what lies in a home that is not known is left out.
pub fn expanded(doors: &[String]) -> impl Iterator<Item = PathBuf> {
    let home = env::var_os("HOME").map(PathBuf::from);
    doors.iter().filter_map(move |path| match path.strip_prefix("~/") {
        Some(rest) => Some(home.as_ref()?.join(rest)),
        None => Some(path.into()),
    })
}

/// The file that tells how names of hosts are looked up, which may lie among the sockets that are hidden.
pub fn name_service() -> Option<PathBuf> {
    Path::new("/etc/resolv.conf").canonicalize().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_names_pass_and_the_commands_own_win() {
        let own = [("CI".to_owned(), "0".to_owned()), ("MINE".to_owned(), "x".to_owned())];
        let environment = allowed(Path::new("/scratch"), &[], &own);
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

    #[test]
    fn a_secret_passes_only_by_its_whole_name() {
        let cases = [
            ("PGHOST", "PGHOST", true),
            ("PG*", "PGHOST", true),
            ("PG*", "PGPASSWORD", false),
            ("PGPASSWORD", "PGPASSWORD", true),
            ("*", "MY_API_KEY", false),
            ("PG", "PGHOST", false),
        ];
        for (door, name, passes) in cases {
            assert_eq!(lets_through(door, name), passes, "{door} {name}");
        }
    }
}
