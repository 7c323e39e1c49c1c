//! Neovim tells of an edit of a text's last line with a line break too many, and takes that out later, perhaps with its
//! next notification. Neither is anything typed.

use crate::base::text::Encoding;
use crate::base::text::edit::Edit;
use crate::lsp::awaited::Awaited;
use crate::lsp::documents::Text;

/// What a change is, where edits of ours are awaited.
pub(super) enum Told {
    AsItIs,
    /// An edit of ours, without the break too many.
    TooMuch(Edit),
    /// That break goes.
    Rest,
}

pub(super) fn told(
    awaited: &Awaited,
    is_owed: bool,
    text: &Text,
    change: &Edit,
    (version, encoding): (i32, Encoding),
) -> Told {
    let string = text.string.as_str();
    let is_break = |bytes: &str| matches!(bytes, "\n" | "\r\n");
    if is_owed && change.text.is_empty() && change.end == string.len() {
        return if is_break(&string[change.range()]) { Told::Rest } else { Told::AsItIs };
    }
    let shorter = change.text.strip_suffix('\n').filter(|_| is_break(&string[change.end..]));
    let Some(shorter) = shorter.filter(|_| !awaited.is_empty()) else { return Told::AsItIs };
    let edit = Edit::new(change.range(), shorter.strip_suffix('\r').unwrap_or(shorter));
    let comes = |edit: &Edit| {
        let arrival = awaited.clone().follow(text, edit, version, encoding);
        arrival.is_some_and(|arrival| arrival.is_alone())
    };
    if !comes(change) && comes(&edit) { Told::TooMuch(edit) } else { Told::AsItIs }
}
