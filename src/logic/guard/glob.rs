//! Patterns of paths: `*` is any part of a name, `**` any folders, `?` one character. A pattern without `/` is about
//! names in any folder; one that names a folder is about all below it.

use crate::base::path::RepoPath;

/// Whether a path fits a pattern.
pub fn matches(pattern: &str, path: &RepoPath) -> bool {
    let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
    if !pattern.contains('/') {
        return path.as_str().split('/').any(|part| fits(pattern.as_bytes(), part.as_bytes()));
    }
    let wanted: Vec<&str> = pattern.trim_start_matches('/').split('/').collect();
    let parts: Vec<&str> = path.as_str().split('/').collect();
    (1..=parts.len()).rev().any(|n| all_fit(&wanted, &parts[..n]))
}

fn all_fit(wanted: &[&str], parts: &[&str]) -> bool {
    match wanted.split_first() {
        None => parts.is_empty(),
        Some((&"**", rest)) => (0..=parts.len()).any(|n| all_fit(rest, &parts[n..])),
        Some((first, rest)) => parts.split_first().is_some_and(|(part, others)| {
            fits(first.as_bytes(), part.as_bytes()) && all_fit(rest, others)
        }),
    }
}

fn fits(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some((b'*', rest)) => (0..=name.len()).any(|n| fits(rest, &name[n..])),
        Some((b'?', rest)) => name.split_first().is_some_and(|(_, others)| fits(rest, others)),
        Some((byte, rest)) => {
            name.split_first().is_some_and(|(first, others)| first == byte && fits(rest, others))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_paths() {
        let check = |pattern: &str, path: &str| matches(pattern, &RepoPath::new(path).unwrap());
        for (pattern, path) in [
            ("*.snap", "a/b.snap"),
            ("golden", "x/golden/a.txt"),
            ("golden/**", "golden/a/b"),
            ("golden/", "golden/a/b"),
            ("tests/*.py", "tests/a.py"),
            ("./tests/a?.py", "tests/ab.py"),
            ("**/data/*.json", "data/a.json"),
            ("**/data/*.json", "x/y/data/a.json"),
        ] {
            assert!(check(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("*.snap", "a/b.snapper"),
            ("golden/**", "x/golden/a"),
            ("tests/*.py", "tests/deep/a.py"),
            ("tests/a?.py", "tests/a.py"),
        ] {
            assert!(!check(pattern, path), "{pattern} {path}");
        }
    }
}
