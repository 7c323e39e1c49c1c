//! Names, patterns and numbers in the fields of a plan's text: between backticks, as a string in quotes where backticks
//! cannot hold them, or bare.

use std::ops::Range;

use serde_json::Value;

/// A value and where it stands in the whole text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub text: String,
    pub range: Range<usize>,
}

/// What is wrong with values, and where in the whole text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub range: Range<usize>,
    pub message: &'static str,
}

/// A value as it is written.
pub(super) fn quoted(text: &str) -> String {
    let is_plain = !text.is_empty() && text.trim() == text && !text.contains(char::is_control);
    if !is_plain {
        return Value::String(text.to_owned()).to_string();
    }
    let longest = text.split(|ch| ch != '`').map(str::len).max().unwrap_or(0);
    let ticks = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{ticks}{space}{text}{space}{ticks}")
}

/// The values of one line, with commas between them; `at` is where it stands in the whole text.
pub(super) fn listed(line: &str, at: usize) -> Result<Vec<Item>, Broken> {
    let mut items = Vec::new();
    let mut done = 0;
    loop {
        let rest = line[done..].trim_start();
        let start = line.len() - rest.len();
        if rest.is_empty() {
            let is_cut = line.trim_end().ends_with(',');
            let range = at + line.trim_end().len().saturating_sub(1)..at + line.trim_end().len();
            let broken = Broken { range, message: "a value is missing after the comma" };
            return if is_cut { Err(broken) } else { Ok(items) };
        }
        let broken = |message| Broken { range: at + start..at + line.trim_end().len(), message };
        let (text, n) = if rest.starts_with(['`', '"']) {
            first(rest).map_err(broken)?
        } else {
            let bare = rest.split(',').next().unwrap_or_default().trim_end();
            (bare.to_owned(), bare.len())
        };
        let end = start + n;
        let after = line[end..].trim_start();
        done = line.len() - after.len();
        match after.strip_prefix(',') {
            Some(_) => done += 1,
            None if after.is_empty() => {}
            None => return Err(broken("a comma is missing between two values")),
        }
        if n > 0 {
            items.push(Item { text, range: at + start..at + end });
        }
    }
}

/// The one value of a line of its own.
pub(super) fn whole(line: &str, at: usize) -> Result<Item, Broken> {
    let range = at..at + line.trim_end().len();
    let broken = |message| Broken { range: range.clone(), message };
    if !line.starts_with(['`', '"']) {
        return Ok(Item { text: line.trim_end().to_owned(), range: range.clone() });
    }
    let (text, n) = first(line).map_err(broken)?;
    if !line[n..].trim_end().is_empty() {
        return Err(broken("something follows the value"));
    }
    Ok(Item { text, range: at..at + n })
}

/// The value between backticks or quotes at the start of a text, and how many bytes it takes there.
pub(super) fn first(text: &str) -> Result<(String, usize), &'static str> {
    if text.starts_with('"') {
        let mut strings = serde_json::Deserializer::from_str(text).into_iter::<String>();
        let string = strings.next().and_then(Result::ok);
        let n = strings.byte_offset();
        return string.map(|string| (string, n)).ok_or("the quotes are not closed");
    }
    let n_ticks = text.bytes().take_while(|byte| *byte == b'`').count();
    let mut at = n_ticks;
    while let Some(found) = text[at..].find('`') {
        let start = at + found;
        let n = text[start..].bytes().take_while(|byte| *byte == b'`').count();
        at = start + n;
        if n == n_ticks {
            return Ok((unpadded(&text[n_ticks..start]).to_owned(), at));
        }
    }
    Err("the backticks are not closed")
}

/// Markdown's rule: a blank on both sides is not part of it.
fn unpadded(text: &str) -> &str {
    let inner = text.strip_prefix(' ').and_then(|text| text.strip_suffix(' '));
    inner.filter(|inner| !inner.trim().is_empty()).unwrap_or(text)
}
