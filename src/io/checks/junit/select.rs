//! How tools are asked for some of their tests. A tool that is not known runs them all, and the others are left out of
//! the report.

use crate::base::limits::SELECT_BYTES_MAX;

/// A command that runs at least the tests called `names`; all when there are none.
pub(super) fn argv(argv: &[String], names: &[String]) -> Vec<String> {
    let n_bytes: usize = names.iter().map(|name| name.len() + 1).sum();
    let arguments = match tool(argv) {
        _ if names.is_empty() || n_bytes > SELECT_BYTES_MAX => None,
        "mvn" | "mvnw" => maven(names),
        "gradle" | "gradlew" => gradle(names),
        "ctest" => Some(vec!["-R".to_owned(), format!("^({})$", escaped(names))]),
        _ => None,
    };
    argv.iter().cloned().chain(arguments.unwrap_or_default()).collect()
}

/// The program, or the name that a script is given: `sh -c SCRIPT NAME`.
fn tool(argv: &[String]) -> &str {
    let is_script = argv.len() == 4 && argv[1] == "-c";
    let program = if is_script { argv.last() } else { argv.first() };
    let program = program.map_or("", String::as_str);
    program.rsplit('/').next().unwrap_or_default()
}

/// Classes only: methods with parameters are called by names that Maven does not take.
fn maven(names: &[String]) -> Option<Vec<String>> {
    let classes = classes(names)?.join(",");
    let quiet = "-Dsurefire.failIfNoSpecifiedTests=false";
    Some(vec![format!("-Dtest={classes}"), quiet.to_owned()])
}

fn gradle(names: &[String]) -> Option<Vec<String>> {
    let classes = classes(names)?;
    Some(classes.into_iter().flat_map(|class| ["--tests".to_owned(), class.to_owned()]).collect())
}

/// The classes of `CLASS NAME`, each once; `None` when a name has none.
fn classes(names: &[String]) -> Option<Vec<&str>> {
    let is_class = |class: &str| {
        class.chars().all(|ch| ch.is_alphanumeric() || "._$".contains(ch)) && class.contains('.')
    };
    let of = |name: &'_ String| -> Option<usize> {
        name.split_once(' ').filter(|(class, _)| is_class(class)).map(|(class, _)| class.len())
    };
    let mut classes = Vec::new();
    for name in names {
        classes.push(&name[..of(name)?]);
    }
    classes.sort_unstable();
    classes.dedup();
    Some(classes)
}

/// Names as one regular expression, as CMake writes them.
fn escaped(names: &[String]) -> String {
    let escaped = names.iter().map(|name| {
        let special = |ch: char| r"\^$.|?*+()[]{}".contains(ch);
        name.chars().flat_map(|ch| special(ch).then_some('\\').into_iter().chain([ch])).collect()
    });
    escaped.collect::<Vec<String>>().join("|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_asked_in_their_own_words() {
        let check = |command: &str, names: &[&str], tail: &str| {
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(argv(&words, &names).join(" "), format!("{command}{tail}"));
        };
        check("mvn -o test", &[], "");
        check(
            "mvn -o test",
            &["com.A adds", "com.A subtracts(int)[1]", "com.B x"],
            " -Dtest=com.A,com.B -Dsurefire.failIfNoSpecifiedTests=false",
        );
        check("mvn -o test", &["(unnamed)"], "");
        check("./gradlew test", &["com.A adds it"], " --tests com.A");
        check("ctest --test-dir build", &["a.b", "c+"], r" -R ^(a\.b|c\+)$");
        check("sh -c script ctest", &["a"], " -R ^(a)$");
        check("sh run.sh", &["a"], "");
        let long = "x".repeat(SELECT_BYTES_MAX);
        check("ctest", &[&long], "");
    }
}
