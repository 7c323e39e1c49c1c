//! The few things that are looked for in a YAML diagnostic, as the writers of TAP spell them.

use super::super::stack::places_in;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Yaml {
    pub(super) message: String,
    /// Where the test stands or failed.
    pub(super) place: Option<(String, u32)>,
    pub(super) duration_ms: Option<u64>,
}

impl Yaml {
    pub(super) fn read(text: &str) -> Yaml {
        let mut yaml = Yaml::default();
        let (mut file, mut line) = (None, None);
        let lines: Vec<&str> = text.lines().collect();
        for (at, whole) in lines.iter().enumerate() {
            let Some((key, value)) = whole.trim().split_once(':') else { continue };
            let value = unquoted(value.trim());
            match key {
                "message" | "error" if yaml.message.is_empty() => {
                    yaml.message = scalar(value, whole, &lines[at + 1..]);
                }
                "location" | "at" if yaml.place.is_none() => {
                    yaml.place = places_in(value).into_iter().next();
                }
                "file" | "fileName" => file = Some(value.to_owned()),
                "line" | "lineNumber" => line = value.parse().ok(),
                "duration_ms" => {
                    yaml.duration_ms = value.parse().ok().map(|ms: f64| ms.max(0.0).round() as u64);
                }
                _ => {}
            }
        }
        yaml.place = yaml.place.or_else(|| file.zip(line));
        yaml
    }
}

/// A value in the same line, or the lines set in below a `|` or `>`.
fn scalar(value: &str, whole: &str, below: &[&str]) -> String {
    if !value.starts_with(['|', '>']) {
        return value.to_owned();
    }
    let margin = |line: &str| line.len() - line.trim_start().len();
    let inside = |line: &&&str| line.trim().is_empty() || margin(line) > margin(whole);
    let lines: Vec<&str> = below.iter().take_while(inside).map(|line| line.trim()).collect();
    lines.join("\n").trim().to_owned()
}

fn unquoted(value: &str) -> &str {
    let inside = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    inside('\'').or_else(|| inside('"')).unwrap_or(value)
}
