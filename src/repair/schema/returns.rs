//! Returned values that each have their type written beside them.
//!
//! Of all `return`s of a function the compiler tells of the first only that has another type. Edits put many wrong
//! ones beside each other, and one build is to tell of all.

use crate::base::text::edit::Edit;

/// The edits with `return VALUE` written as `return { let value: TYPE = VALUE; value }`.
pub(super) fn typed(edits: &[Edit], returned: Option<&str>) -> Vec<Edit> {
    let Some(returned) = returned else { return edits.to_vec() };
    let typed = |edit: &Edit| Edit::new(edit.range(), typed_text(&edit.text, returned));
    edits.iter().map(typed).collect()
}

fn typed_text(text: &str, returned: &str) -> String {
    const WORD: &str = "return ";
    let Some(at) = text.find(WORD) else { return text.to_owned() };
    let (before, rest) = text.split_at(at);
    let rest = &rest[WORD.len()..];
    let (value, rest) = rest.split_at(end_of_value(rest));
    let rest = typed_text(rest, returned);
    let is_word = before.ends_with(|ch: char| ch.is_alphanumeric() || ch == '_');
    if is_word || value.trim().is_empty() {
        return format!("{before}{WORD}{value}{rest}");
    }
    format!("{before}return {{ let greenloop_value: {returned} = {value}; greenloop_value }}{rest}")
}

/// Where an expression ends: at what closes or separates it.
fn end_of_value(text: &str) -> usize {
    let mut depth = 0usize;
    let mut in_string = false;
    let mut is_escaped = false;
    for (at, ch) in text.char_indices() {
        match ch {
            _ if is_escaped => is_escaped = false,
            '\\' if in_string => is_escaped = true,
            '"' => in_string = !in_string,
            _ if in_string => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' | ';' | ',' if depth == 0 => return at,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_returned_value_gets_its_type() {
        let typed = |text| typed_text(text, "u8");
        assert_eq!(
            typed("if a { return f(b, ';')[1]; }"),
            "if a { return { let greenloop_value: u8 = f(b, ';')[1]; greenloop_value }; }"
        );
        assert_eq!(
            typed("x => return \"\\\"}\", y => return 2,"),
            "x => return { let greenloop_value: u8 = \"\\\"}\"; greenloop_value }, \
             y => return { let greenloop_value: u8 = 2; greenloop_value },"
        );
        for same in ["return;", "return ;", "no_return x", "a + b"] {
            assert_eq!(typed(same), same);
        }
    }
}
