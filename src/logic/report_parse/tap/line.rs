//! One line of TAP.

use super::point::{Directive, Point};

#[derive(Debug)]
pub(super) enum Line<'a> {
    Version,
    Plan(usize),
    Point(Box<Point>),
    Comment(&'a str),
    YamlStart,
    BailOut(String),
}

/// Blanks at the start of a line.
pub(super) fn indent(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

impl<'a> Line<'a> {
    /// `None` when it is no TAP.
    pub(super) fn read(text: &'a str) -> Option<Line<'a>> {
        let text = text.trim_start();
        if let Some(why) = text.strip_prefix("Bail out!") {
            return Some(Line::BailOut(why.trim().to_owned()));
        }
        if let Some(comment) = text.strip_prefix('#') {
            return Some(Line::Comment(comment));
        }
        match text {
            "---" => Some(Line::YamlStart),
            _ if text.starts_with("TAP version ") => Some(Line::Version),
            _ => plan(text)
                .map(Line::Plan)
                .or_else(|| point(text).map(|point| Line::Point(Box::new(point)))),
        }
    }
}

/// `1..4`, `1..0 # SKIP nothing to do`.
fn plan(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("1..")?;
    let number = rest.split_once('#').map_or(rest, |(number, _)| number).trim();
    number.parse().ok()
}

/// `not ok 3 - adds # todo later`.
fn point(text: &str) -> Option<Point> {
    let (rest, is_ok) = match text.strip_prefix("not ok") {
        Some(rest) => (rest, false),
        None => (text.strip_prefix("ok")?, true),
    };
    if !rest.is_empty() && !rest.starts_with(' ') {
        return None;
    }
    let rest = rest.trim_start();
    let n_digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let ends_there = rest[n_digits..].chars().next().is_none_or(char::is_whitespace);
    let number = if ends_there { rest[..n_digits].parse::<usize>().ok() } else { None };
    let rest = if number.is_some() { rest[n_digits..].trim_start() } else { rest };
    let rest = rest.strip_prefix("- ").unwrap_or(if rest == "-" { "" } else { rest });
    let (name, remark) = described(rest);
    let mut point = Point { is_ok, number, name, ..Point::default() };
    point.remark(&remark);
    // A block follows of the old kind of subtest, `ok 1 - name {`.
    Some(point)
}

/// The description with its escapes undone, and what follows the `#` that is none of it.
fn described(text: &str) -> (String, String) {
    let (mut name, mut is_escaped) = (String::new(), false);
    for (at, ch) in text.char_indices() {
        match ch {
            '\\' if !is_escaped => {
                is_escaped = true;
                continue;
            }
            '#' if !is_escaped && (name.is_empty() || name.ends_with(' ')) => {
                let remark = text[at + 1..].trim().to_owned();
                return (name.trim().to_owned(), remark);
            }
            '#' | '\\' if is_escaped => {}
            _ if is_escaped => name.push('\\'),
            _ => {}
        }
        is_escaped = false;
        name.push(ch);
    }
    (name.trim().to_owned(), String::new())
}

impl Point {
    /// Takes what stands behind the `#`: `SKIP why`, `todo why`, `time=3ms`, `in 3 ms`.
    fn remark(&mut self, remark: &str) {
        let (word, why) = remark.split_once(' ').unwrap_or((remark, ""));
        let word = word.trim_end_matches(':').to_ascii_lowercase();
        if word.starts_with("skip") {
            self.directive = Some(Directive::Skip);
            self.text = why.to_owned();
        } else if word == "todo" {
            self.directive = Some(Directive::Todo);
            self.text = why.to_owned();
        } else if let Some(time) = remark.strip_prefix("time=").or(remark.strip_prefix("in ")) {
            let time = time.trim_end_matches("ms").trim();
            self.duration_ms = time.parse::<f64>().map_or(0, |ms| ms.max(0.0).round() as u64);
        }
    }
}
