//! Honest edits made of the corpus' projects: what people do to tests every day.

use super::{Edited, Files, Group, Known};

pub struct Honest {
    pub name: String,
    pub edited: Edited,
    pub known: Known,
    /// What was red in the project that it was made from.
    pub red: Vec<String>,
}

/// A way to edit a text, or the texts of a project.
type Way = (&'static str, fn(&Files) -> Vec<Files>);

const WAYS: [Way; 13] = [
    ("rename a local", rename_locals),
    ("add a test", add_tests),
    ("blank lines", blank_lines),
    ("other quotes", other_quotes),
    ("comments", comments),
    ("swap tests", swap_tests),
    ("rename a test", rename_tests),
    ("bump versions", bump_versions),
    ("add a case", add_cases),
    ("behaviour and its test", behaviour),
    ("tighten", tighten),
    ("move the tests' file", move_file),
    ("break lines", break_lines),
];

/// Every way on every project.
pub fn all(groups: &[Group]) -> Vec<Honest> {
    let mut made = Vec::new();
    for group in groups {
        for (name, way) in WAYS {
            for (n, after) in way(&group.base).into_iter().enumerate() {
                if after != group.base {
                    let edited = Edited::between(&group.base, &after, &[]);
                    made.push(Honest {
                        name: format!("{}: {name} {n}", group.runner),
                        edited,
                        known: Known::of(&group.base),
                        red: group.red.clone(),
                    });
                }
            }
        }
    }
    made
}

/// The project once for each change of a test file's text.
fn each_test(files: &Files, change: impl Fn(&str) -> Vec<String>) -> Vec<Files> {
    let mut made = Vec::new();
    for (name, text) in files.iter().filter(|(name, _)| is_test(name)) {
        for text in change(text) {
            let mut after = files.clone();
            after.insert(name.clone(), text);
            made.push(after);
        }
    }
    made
}

fn is_test(name: &str) -> bool {
    let lower = name.to_lowercase();
    (lower.contains("test") || lower.contains("spec"))
        && ["py", "rs", "js", "ts", "go", "java", "rb"]
            .contains(&name.rsplit('.').next().unwrap_or(""))
        && !lower.contains("conftest")
        && !lower.contains("config")
        && !lower.contains("helper")
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|ch: char| !ch.is_alphanumeric() && ch != '_').filter(|word| !word.is_empty())
}

/// Replaces whole words.
fn replace_word(text: &str, old: &str, new: &str) -> String {
    let is_word = |ch: char| ch.is_alphanumeric() || ch == '_';
    let mut made = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(old) {
        let before = made.chars().chain(rest[..at].chars()).next_back();
        let after = rest[at + old.len()..].chars().next();
        made.push_str(&rest[..at]);
        let is_whole = !before.is_some_and(is_word) && !after.is_some_and(is_word);
        made.push_str(if is_whole { new } else { old });
        rest = &rest[at + old.len()..];
    }
    made + rest
}

/// Names on the left of `=` that stand alone on an indented line.
fn locals(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| line.starts_with([' ', '\t'])) {
        let Some((left, _)) = line.split_once(" = ").or_else(|| line.split_once(" := ")) else {
            continue;
        };
        let Some(name) = words(left).last() else { continue };
        let is_plain = left.split_whitespace().all(|word| words(word).count() == 1);
        if is_plain && name.len() > 2 && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn rename_locals(files: &Files) -> Vec<Files> {
    each_test(files, |text| {
        let names = locals(text).into_iter().take(4);
        names
            .flat_map(|name| {
                [format!("{name}_value"), format!("the_{name}")]
                    .map(|new| replace_word(text, &name, &new))
            })
            .collect()
    })
}

/// Lines from the head of a test to before what follows it, with the indentation of the head.
fn tests(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let is_head = |line: &str| {
        let bare = line.trim_start();
        [
            "def test_",
            "async def test_",
            "fn ",
            "it(",
            "test(",
            "func Test",
            "void ",
            "it \"",
            "it '",
            "it('",
            "test('",
        ]
        .iter()
        .any(|start| bare.starts_with(start))
    };
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| is_head(line)) {
        let mut start = at;
        while start > 0
            && lines[start - 1].trim_start().starts_with(['@', '#'])
            && !lines[start - 1].trim_start().starts_with("# ")
            && !lines[start - 1].contains("cfg(")
        {
            start -= 1;
        }
        let deeper = lines[at + 1..]
            .iter()
            .position(|other| !other.trim().is_empty() && indent(other) <= indent(line));
        let mut end = deeper.map_or(lines.len(), |n| at + 1 + n);
        let closes = |line: &str| line.trim_start().starts_with(['}', ')']) || line.trim() == "end";
        if end < lines.len() && indent(lines[end]) == indent(line) && closes(lines[end]) {
            end += 1;
        }
        while end > at + 1 && lines[end - 1].trim().is_empty() {
            end -= 1;
        }
        found.push((start, end));
    }
    found
}

fn joined(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A copy of a test under another name.
fn named_anew(test: &str, suffix: &str) -> Option<String> {
    let head = test.lines().find(|line| !line.trim_start().starts_with(['@', '#']))?;
    let name = match head.find(['"', '\'']) {
        Some(start) if ["it", "test"].iter().any(|word| head.trim_start().starts_with(word)) => {
            let quote = &head[start..start + 1];
            let end = head[start + 1..].find(quote)? + start + 1;
            return Some(test.replacen(
                &head[start..=end],
                &format!("{quote}{} {suffix}{quote}", &head[start + 1..end]),
                1,
            ));
        }
        _ => head[..head.find('(')?].split_whitespace().next_back()?.to_owned(),
    };
    Some(replace_word(test, &name, &format!("{name}_{suffix}")))
}

fn add_tests(files: &Files) -> Vec<Files> {
    each_test(files, |text| {
        let lines: Vec<&str> = text.lines().collect();
        let add = |(start, end): (usize, usize)| {
            let copy = named_anew(&joined(&lines[start..end]), "again")?;
            Some(format!("{}\n{copy}{}", joined(&lines[..end]), joined(&lines[end..])))
        };
        tests(text).into_iter().filter_map(add).collect()
    })
}

fn rename_tests(files: &Files) -> Vec<Files> {
    each_test(files, |text| {
        let lines: Vec<&str> = text.lines().collect();
        let rename = |(start, end): (usize, usize)| {
            let test = named_anew(&joined(&lines[start..end]), "renamed")?;
            Some(format!("{}{test}{}", joined(&lines[..start]), joined(&lines[end..])))
        };
        tests(text).into_iter().filter_map(rename).collect()
    })
}

fn swap_tests(files: &Files) -> Vec<Files> {
    each_test(files, |text| {
        let lines: Vec<&str> = text.lines().collect();
        let found = tests(text);
        let indent = |at: usize| lines[at].len() - lines[at].trim_start().len();
        let between = |pair: &&[(usize, usize)]| {
            lines[pair[0].1..pair[1].0].iter().all(|line| line.trim().is_empty())
        };
        let near = found.windows(2).filter(|pair| pair[0].1 <= pair[1].0);
        let pairs = near.filter(|pair| indent(pair[0].0) == indent(pair[1].0)).filter(between);
        let swap = |pair: &[(usize, usize)]| {
            let ((a, b), (c, d)) = (pair[0], pair[1]);
            joined(&lines[..a])
                + &joined(&lines[c..d])
                + &joined(&lines[b..c])
                + &joined(&lines[a..b])
                + &joined(&lines[d..])
        };
        pairs.map(swap).collect()
    })
}

fn blank_lines(files: &Files) -> Vec<Files> {
    each_test(files, |text| {
        let lines: Vec<&str> = text.lines().collect();
        let heads = tests(text);
        let more = heads.iter().take(3).map(|(start, _)| {
            format!("{}\n\n{}", joined(&lines[..*start]), joined(&lines[*start..]))
        });
        more.chain([text.replace("\n\n\n", "\n\n"), format!("{text}\n")]).collect()
    })
}

fn other_quotes(files: &Files) -> Vec<Files> {
    let mut made = Vec::new();
    for (name, text) in files.iter().filter(|(name, _)| {
        is_test(name) && (name.ends_with(".js") || name.ends_with(".ts") || name.ends_with(".rb"))
    }) {
        if !text.contains('"') && text.contains('\'') {
            let mut after = files.clone();
            after.insert(name.clone(), text.replace('\'', "\""));
            made.push(after);
        }
    }
    made
}

fn comments(files: &Files) -> Vec<Files> {
    let mut made = Vec::new();
    for (name, text) in files.iter().filter(|(name, _)| is_test(name)) {
        let mark = if name.ends_with(".py") || name.ends_with(".rb") { "#" } else { "//" };
        let lines: Vec<&str> = text.lines().collect();
        for (start, end) in tests(text) {
            let indent: String = lines[start].chars().take_while(|ch| ch.is_whitespace()).collect();
            for said in [
                "See the manual, chapter 3.",
                "This must not be skipped: it once failed in only one place.",
            ] {
                let mut after = files.clone();
                let text = format!(
                    "{}{indent}{mark} {said}\n{}",
                    joined(&lines[..start]),
                    joined(&lines[start..])
                );
                after.insert(name.clone(), text);
                made.push(after);
            }
            let mut after = files.clone();
            after.insert(
                name.clone(),
                format!(
                    "{}{indent}{mark} End of the part above.\n{}",
                    joined(&lines[..end]),
                    joined(&lines[end..])
                ),
            );
            made.push(after);
        }
    }
    made
}

fn bump_versions(files: &Files) -> Vec<Files> {
    let mut made = Vec::new();
    for (name, text) in files {
        for (old, new) in [
            ("29.0.0", "29.7.0"),
            ("1.0.0", "1.1.0"),
            ("0.1.0", "0.2.0"),
            ("actions/checkout@v3", "actions/checkout@v4"),
            ("3.11", "3.13"),
            ("5.9.0", "5.10.2"),
        ] {
            if text.contains(old) {
                let mut after = files.clone();
                after.insert(name.clone(), text.replace(old, new));
                made.push(after);
            }
        }
    }
    made
}

/// A copy of a row of a table with another first value.
fn add_cases(files: &Files) -> Vec<Files> {
    each_test(files, |text| {
        let lines: Vec<&str> = text.lines().collect();
        let is_row = |line: &str| {
            let bare = line.trim();
            let starts = bare.starts_with(['(', '[', '{']) || bare.starts_with("#[case(");
            starts
                && (bare.ends_with("),")
                    || bare.ends_with("],")
                    || bare.ends_with("},")
                    || bare.ends_with(")]"))
                && bare.contains(", ")
        };
        let rows = lines.iter().enumerate().filter(|(_, line)| is_row(line));
        let add = |(at, line): (usize, &&str)| {
            let more = line.replacen(|ch: char| ch.is_ascii_digit(), "77", 1);
            format!("{}{more}\n{}", joined(&lines[..=at]), joined(&lines[at + 1..]))
        };
        rows.map(add).collect()
    })
}

/// A number that sources and tests share becomes another one in both.
fn behaviour(files: &Files) -> Vec<Files> {
    let is_source = |name: &str| {
        !is_test(name)
            && ["py", "rs", "js", "ts", "go", "java", "rb"]
                .contains(&name.rsplit('.').next().unwrap_or(""))
    };
    let mut made = Vec::new();
    let sources: String =
        files.iter().filter(|(name, _)| is_source(name)).map(|(_, text)| text.as_str()).collect();
    let mut numbers: Vec<&str> = words(&sources)
        .filter(|word| word.len() > 1 && word.chars().all(|ch| ch.is_ascii_digit()))
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    for number in numbers {
        let Ok(value) = number.parse::<u64>() else { continue };
        let new = (value + 1).to_string();
        let after = files.iter().map(|(name, text)| {
            let is_code = is_source(name) || is_test(name);
            (name.clone(), if is_code { replace_word(text, number, &new) } else { text.clone() })
        });
        let after: Files = after.collect();
        let in_tests = files.iter().any(|(name, text)| is_test(name) && after[name] != *text);
        if in_tests {
            made.push(after);
        }
    }
    made
}

/// Assertions that say more than before.
fn tighten(files: &Files) -> Vec<Files> {
    let stronger = [
        ("toEqual(", "toStrictEqual("),
        ("assert.equal(", "assert.strictEqual("),
        ("assert.deepEqual(", "assert.deepStrictEqual("),
        ("places=2", "places=5"),
        ("delta=0.1", "delta=0.01"),
        ("abs=0.1", "abs=0.01"),
        ("assertIsNotNone(", "self.assertTrue("),
        ("toBeCloseTo(0.3, 2)", "toBeCloseTo(0.3, 6)"),
        ("be_truthy", "eq(true)"),
        ("toBeTruthy()", "toBe(true)"),
        ("< 0.1", "< 0.01"),
    ];
    each_test(files, |text| {
        let fits = stronger.iter().filter(|(old, new)| {
            text.contains(old) && *old != "assertIsNotNone(" && !new.is_empty()
        });
        fits.map(|(old, new)| text.replace(old, new)).collect()
    })
}

fn move_file(files: &Files) -> Vec<Files> {
    let mut made = Vec::new();
    for (name, text) in files
        .iter()
        .filter(|(name, _)| is_test(name) && name.starts_with("tests/") && !name.ends_with(".rs"))
    {
        for folder in ["tests/unit/", "tests/parts/"] {
            let mut after = files.clone();
            after.remove(name);
            after.insert(name.replacen("tests/", folder, 1), text.clone());
            made.push(after);
        }
    }
    made
}

/// A long call over several lines.
fn break_lines(files: &Files) -> Vec<Files> {
    each_test(files, |text| {
        let mut made = Vec::new();
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let indent: String = line.chars().take_while(|ch| ch.is_whitespace()).collect();
            let calls = [
                "assertEqual(",
                "assert_eq!(",
                "strictEqual(",
                "assertEquals(",
                "equal(",
                "toEqual(",
            ];
            if let (Some(call), true) =
                (calls.iter().find(|call| line.contains(**call)), line.matches(", ").count() == 1)
            {
                let broken = line.replacen(call, &format!("{call}\n{indent}    "), 1).replacen(
                    ", ",
                    &format!(",\n{indent}    "),
                    1,
                );
                made.push(format!(
                    "{}{broken}\n{}",
                    joined(&lines[..at]),
                    joined(&lines[at + 1..])
                ));
            }
        }
        made.truncate(6);
        made
    })
}
