//! From the text of a plan to the plan, with everything that cannot be read.

use std::ops::Range;

use super::lines::{self, Entry, Heading};
use super::values::{self, Broken, Item};
use super::{FieldPlace, Mark, Parsed, Section};
use crate::base::ids::{CheckId, StepId};
use crate::base::limits::{PLAN_BYTES_MAX, PROBLEMS_MAX};
use crate::base::near::near;
use crate::base::text::LineIndex;
use crate::logic::plan_check::Field;
use crate::model::plan::{Plan, Step};
use crate::model::report::TestId;

/// How text that looks like structure is kept as text.
const AS_TEXT: &str = "If it is text, put a `\\` before it.";

pub(super) fn read(text: &str) -> Parsed {
    let mut reader = Reader { lines: Vec::new(), fenced: Vec::new(), marks: Vec::new() };
    if text.len() > PLAN_BYTES_MAX {
        let message = format!("the plan is longer than {PLAN_BYTES_MAX} bytes");
        reader.error(0..0, message, "Put what is long into a file of its own.");
        return Parsed { marks: reader.marks, ..Parsed::default() };
    }
    let index = LineIndex::new(text);
    reader.lines = (0..index.n_lines())
        .map(|line| {
            (index.start_of(line), text[index.range_of(line)].trim_end_matches(['\n', '\r']))
        })
        .collect();
    if let Some(first) = reader.lines.first_mut()
        && let Some(rest) = first.1.strip_prefix('\u{feff}')
    {
        *first = (first.1.len() - rest.len(), rest);
    }
    reader.plan(text.len())
}

struct Reader<'t> {
    /// Where each line starts, and the line without its break.
    lines: Vec<(usize, &'t str)>,
    /// For each line whether it belongs to a code fence.
    fenced: Vec<bool>,
    marks: Vec<Mark>,
}

/// What a section says beside its heading.
#[derive(Default)]
struct Body {
    text: String,
    fields: Vec<Read>,
}

/// A field with its values.
struct Read {
    field: Field,
    check: Option<String>,
    items: Vec<Item>,
    range: Range<usize>,
}

impl<'t> Reader<'t> {
    fn plan(mut self, end: usize) -> Parsed {
        let first = self.lines.iter().position(|(_, line)| !line.trim().is_empty());
        let first = first.unwrap_or(0);
        let title = self.lines.get(first).and_then(|(_, line)| lines::title(line));
        let begin = if title.is_some() { first + 1 } else { first };
        let heads = self.heads(begin);
        let of_title = title.map_or("", |range| &self.lines[first].1[range]).to_owned();
        let intro = self.body(begin..heads.first().copied().unwrap_or(self.lines.len()), false);
        let mut parsed = Parsed { title: self.range_of(first), ..Parsed::default() };
        parsed.plan = Plan { title: of_title, intro: intro.text, steps: Vec::new() };
        let numbers = self.numbers(&heads);
        for (n, (head, id)) in heads.iter().zip(numbers).enumerate() {
            let next = heads.get(n + 1).copied().unwrap_or(self.lines.len());
            let body = self.body(head + 1..next, true);
            let whole = self.lines[*head].0..self.lines.get(next).map_or(end, |line| line.0);
            let heading = self.range_of(*head);
            let entries = body.fields.iter().map(Read::place).collect();
            let title =
                self.heading(*head).map_or("", |heading| &self.lines[*head].1[heading.title]);
            let mut step =
                Step { id, title: title.to_owned(), intent: body.text, ..Step::new(StepId(0), "") };
            self.fill(&mut step, body.fields);
            parsed.plan.steps.push(step);
            parsed.steps.push(Section { whole, heading, entries });
        }
        self.marks.sort_by_key(|mark| (mark.range.start, mark.range.end));
        parsed.marks = self.marks;
        parsed
    }

    /// The lines that begin a step. A fence ends at the next numbered heading, whatever it says.
    fn heads(&mut self, begin: usize) -> Vec<usize> {
        self.fenced = vec![false; self.lines.len()];
        let all: Vec<&str> = self.lines.iter().map(|(_, line)| *line).collect();
        let is_certain = |line: &str| lines::heading(line, true).is_some();
        let mut from = begin;
        while from < all.len() {
            let next = all[from + 1..].iter().position(|line| is_certain(line));
            let to = next.map_or(all.len(), |n| from + 1 + n);
            let fenced = lines::fenced(&all[from..to]);
            self.fenced[from..to].copy_from_slice(&fenced);
            from = to;
        }
        (begin..all.len()).filter(|at| self.heading(*at).is_some()).collect()
    }

    fn heading(&self, at: usize) -> Option<Heading<'t>> {
        lines::heading(self.lines[at].1, self.fenced[at])
    }

    /// The steps' numbers; one that has none gets one that is free.
    fn numbers(&mut self, heads: &[usize]) -> Vec<StepId> {
        let number = |heading: &Heading<'_>| heading.number.and_then(|digits| digits.parse().ok());
        let headings: Vec<Option<Heading<'t>>> = heads.iter().map(|at| self.heading(*at)).collect();
        let highest = headings.iter().flatten().filter_map(number).max().unwrap_or(0u32);
        let mut free = highest;
        let mut ids = Vec::new();
        for (at, heading) in heads.iter().zip(headings.iter().flatten()) {
            let range = self.range_of(*at);
            let title = &self.lines[*at].1[heading.title.clone()];
            let id = number(heading).unwrap_or_else(|| {
                free = free.saturating_add(1);
                free
            });
            let hint = format!("Write `## {id}. {title}`. {AS_TEXT}");
            if heading.number.is_none() {
                self.error(range, "the step has no number".to_owned(), &hint);
            } else if number(heading).is_none() {
                self.error(range, "the step's number is too large".to_owned(), &hint);
            } else if heading.level != 2 {
                self.error(range, "the heading of a step begins with two `#`".to_owned(), &hint);
            }
            ids.push(StepId(id));
        }
        ids
    }

    /// Reads lines below a heading.
    fn body(&mut self, range: Range<usize>, is_step: bool) -> Body {
        let mut body = Body::default();
        let mut text: Vec<String> = Vec::new();
        // Where fields are expected, and nothing else can begin with a word and a colon.
        let mut is_head = is_step;
        let mut at = range.start;
        while at < range.end {
            let (start, line) = self.lines[at];
            at += 1;
            let entry = lines::entry(line).filter(|_| !self.fenced[at - 1]);
            match entry.filter(|entry| is_head || entry.is_plain()) {
                Some(entry) if is_step => match self.field(&entry, start, line) {
                    Some(mut read) => {
                        at = self.below(&mut read, at..range.end);
                        body.fields.push(read);
                    }
                    None => text.push(lines::unescaped(line)),
                },
                Some(entry) => {
                    let message = format!("`{}` stands in no step", entry.word);
                    let hint = format!("Put it below the heading of a step. {AS_TEXT}");
                    self.error(self.range_of(at - 1), message, &hint);
                    text.push(lines::unescaped(line));
                }
                None => {
                    if is_head && lines::nested(line).is_some() {
                        let hint = "Put the field above it that it belongs to, for example - tests of `cargo test`:.";
                        self.error(
                            self.range_of(at - 1),
                            "this item belongs to no field".to_owned(),
                            hint,
                        );
                    }
                    let is_over = !line.trim().is_empty() || !body.fields.is_empty();
                    is_head &= !is_over;
                    text.push(lines::unescaped(line));
                }
            }
        }
        body.text = text.join("\n").trim().to_owned();
        body
    }

    /// Reads the line of a field; `None` for one that is none.
    fn field(&mut self, entry: &Entry<'_>, start: usize, line: &str) -> Option<Read> {
        let range = start..start + line.trim_end().len();
        let Some(field) = entry.field() else {
            let words = Field::LISTED.map(Field::word);
            let hint = match near(entry.word, words, 1).first() {
                Some(meant) => format!("Did you mean `{meant}`? {AS_TEXT}"),
                None => format!("There are {}. {AS_TEXT}", words.join(", ")),
            };
            self.error(range, format!("`{}` is not a field of a step", entry.word), &hint);
            return None;
        };
        let Some(value) = entry.value else {
            let message = format!("a colon is missing after `{}`", field.word());
            self.error(range, message, &format!("{} {AS_TEXT}", example(field)));
            return None;
        };
        let check = entry.check.clone().map(|at| values::whole(&line[at], 0));
        let check = check.and_then(Result::ok).map(|item| item.text);
        if field == Field::Tests && check.is_none() {
            let message = "it is not said of which check the tests are".to_owned();
            self.error(range.clone(), message, example(field));
        }
        let items = match values::listed(&line[value..], start + value) {
            Ok(items) => items,
            Err(broken) => {
                self.broken(broken, field);
                Vec::new()
            }
        };
        Some(Read { field, check, items, range })
    }

    /// Reads the items below a field; gives back the line after them.
    fn below(&mut self, read: &mut Read, range: Range<usize>) -> usize {
        let mut at = range.start;
        let mut done = range.start;
        while at < range.end {
            let (start, line) = self.lines[at];
            let item_at = lines::nested(line).filter(|_| !self.fenced[at]);
            at += 1;
            if let Some(item_at) = item_at {
                match values::whole(&line[item_at..], start + item_at) {
                    Ok(item) => read.items.push(item),
                    Err(broken) => self.broken(broken, read.field),
                }
                read.range.end = start + line.trim_end().len();
                done = at;
            } else if line.trim().is_empty() {
                // A list may have gaps.
            } else {
                if at == done + 1 && line.starts_with([' ', '\t']) {
                    let message =
                        format!("this line belongs to nothing in `{}`", read.field.word());
                    let hint = format!("Put `-` before what is one of the list. {AS_TEXT}");
                    self.error(self.range_of(at - 1), message, &hint);
                }
                break;
            }
        }
        done
    }

    fn fill(&mut self, step: &mut Step, fields: Vec<Read>) {
        let mut said: Vec<Field> = Vec::new();
        for Read { field, check, items, range } in fields {
            let is_said = said.contains(&field);
            if !is_said {
                said.push(field);
            } else if field != Field::Tests {
                let message = format!("`{}` is said twice in this step", field.word());
                self.error(range, message, "Leave one of them, or begin a new step before it.");
                continue;
            }
            if items.is_empty() && !self.is_marked(&range) {
                let hint = format!("{} Leave it out when there is nothing to say.", example(field));
                self.error(range.clone(), format!("`{}` says nothing", field.word()), &hint);
            }
            let texts = || items.iter().map(|item| item.text.clone());
            match field {
                Field::Title => {}
                Field::Tests => {
                    let check = CheckId::new(check.unwrap_or_default());
                    step.tests.extend(texts().map(|name| TestId { check: check.clone(), name }));
                }
                Field::Scope => step.scope = texts().collect(),
                Field::Checks => step.checks = texts().map(CheckId::new).collect(),
                Field::After => {
                    step.after = items.iter().filter_map(|item| self.after(item)).collect();
                }
                Field::Worker => {
                    step.worker = self.only(field, &items).map(|item| item.text.clone());
                }
                Field::Skip => {
                    step.skip = self.only(field, &items).is_some_and(|item| self.skip(item));
                }
            }
        }
    }

    fn only<'i>(&mut self, field: Field, items: &'i [Item]) -> Option<&'i Item> {
        if let Some(more) = items.get(1) {
            let message = format!("`{}` takes one value", field.word());
            self.error(more.range.clone(), message, "Leave the one that counts.");
        }
        items.first()
    }

    fn after(&mut self, item: &Item) -> Option<StepId> {
        let number = item.text.strip_prefix('#').unwrap_or(&item.text).parse().ok();
        if number.is_none() {
            let message = format!("`{}` is not the number of a step", item.text);
            self.error(item.range.clone(), message, example(Field::After));
        }
        number.map(StepId)
    }

    fn skip(&mut self, item: &Item) -> bool {
        let is = |word: &str| item.text.eq_ignore_ascii_case(word);
        if !is("yes") && !is("no") {
            let message = format!("`{}` is neither `yes` nor `no`", item.text);
            self.error(item.range.clone(), message, example(Field::Skip));
        }
        is("yes")
    }

    fn broken(&mut self, broken: Broken, field: Field) {
        self.error(broken.range, broken.message.to_owned(), example(field));
    }

    /// Whether something in a range is wrong already.
    fn is_marked(&self, range: &Range<usize>) -> bool {
        self.marks.iter().any(|mark| range.start <= mark.range.start && mark.range.end <= range.end)
    }

    fn error(&mut self, range: Range<usize>, message: String, hint: &str) {
        if self.marks.len() < PROBLEMS_MAX {
            self.marks.push(Mark { range, is_error: true, message, hint: hint.to_owned() });
        }
    }

    /// A line from its first letter to its last.
    fn range_of(&self, at: usize) -> Range<usize> {
        let Some((start, line)) = self.lines.get(at) else { return 0..0 };
        let n_blank = line.len() - line.trim_start().len();
        start + n_blank..start + line.trim_end().len().max(n_blank)
    }
}

impl Read {
    fn place(&self) -> FieldPlace {
        let items = self.items.iter().map(|item| item.range.clone()).collect();
        FieldPlace { field: self.field, range: self.range.clone(), items }
    }
}

/// How a field is written.
fn example(field: Field) -> &'static str {
    match field {
        Field::Title => "For example: ## 2. Round down.",
        Field::Tests => {
            "For example: - tests of `cargo test`: and each test on a line below, as - `name`."
        }
        Field::Scope => "For example: - scope: `src/**/*.py`, `setup.py`.",
        Field::Worker => "For example: - worker: `repair`.",
        Field::Checks => "For example: - checks: `cargo test`.",
        Field::After => "For example: - after: 1, 3.",
        Field::Skip => "For example: - skip: yes.",
    }
}
