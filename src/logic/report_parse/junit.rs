//! JUnit XML, in the dialects of all who write it: cases at any depth, with or without suites around them, names and
//! places where each dialect has them. A document type is never looked into, so no entity means anything but the five
//! of XML.
//!
//! A test is called `CLASS NAME`; without a class, by the suites around it; a second one of the same name is `… #2`.

mod case;
mod suite;
mod text;

use std::collections::HashMap;
use std::io::{BufReader, Read};

use quick_xml::Reader as Xml;
use quick_xml::events::{BytesStart, Event};

use super::{Cases, FindPath};
use crate::base::ids::CheckId;
use crate::model::report::{TestCase, TestReport};
use case::{Attributes, Open, Part};
use suite::Suite;
use text::Text;

/// Elements inside one another; a file with more is not a report.
const DEPTH_MAX: usize = 200;
/// Elements whose ends cannot be missing; text outside them is ignored.
const OUTPUTS: [&str; 2] = ["system-out", "system-err"];

/// Reads the files of one run, one after the other.
#[derive(Debug)]
pub struct Reader {
    cases: Cases,
    /// How often a name was told.
    n_told: HashMap<String, usize>,
    n_files: usize,
    /// The first thing that makes the report less than whole.
    trouble: Option<String>,
}

/// What the files said.
#[derive(Debug, PartialEq, Eq)]
pub struct Reported {
    pub report: TestReport,
    pub n_files: usize,
    /// Why the report is not complete, when there were files.
    pub trouble: Option<String>,
}

impl Reader {
    pub fn new(check: &CheckId) -> Self {
        Self { cases: Cases::new(check), n_told: HashMap::new(), n_files: 0, trouble: None }
    }

    /// Reads a file as far as it can be read. `name` is for people.
    pub fn file(
        &mut self,
        name: &str,
        input: &mut dyn Read,
        find: FindPath<'_>,
        on_case: &mut dyn FnMut(&TestCase),
    ) {
        self.n_files += 1;
        let mut file = File {
            reader: self,
            find,
            on_case,
            suites: Vec::new(),
            case: None,
            open: Vec::new(),
            has_root: false,
        };
        if let Err(trouble) = file.read(input) {
            self.distrust(format!("`{name}` {trouble}"));
        }
    }

    /// Notes why the report cannot be complete; the first reason is kept.
    pub fn distrust(&mut self, trouble: String) {
        self.trouble.get_or_insert(trouble);
    }

    /// The report as far as it came.
    pub fn finish(self) -> Reported {
        let complete = self.trouble.is_none() && !self.cases.list.is_empty();
        let report = TestReport { cases: self.cases.list, complete };
        Reported { report, n_files: self.n_files, trouble: self.trouble }
    }

    fn add(&mut self, mut case: TestCase, on_case: &mut dyn FnMut(&TestCase)) {
        let n_told = self.n_told.entry(case.id.name.clone()).or_default();
        *n_told += 1;
        if *n_told > 1 {
            case.id.name = format!("{} #{n_told}", case.id.name);
        }
        if let Some(case) = self.cases.add(case) {
            on_case(case);
        }
    }
}

/// One file that is being read.
struct File<'a> {
    reader: &'a mut Reader,
    find: FindPath<'a>,
    on_case: &'a mut dyn FnMut(&TestCase),
    suites: Vec<Suite>,
    case: Option<Open>,
    /// The elements we are in.
    open: Vec<String>,
    has_root: bool,
}

impl File<'_> {
    /// `Err` says why the file is not a whole report.
    fn read(&mut self, input: &mut dyn Read) -> Result<(), String> {
        let mut xml = Xml::from_reader(BufReader::new(Text::new(input)));
        xml.config_mut().allow_dangling_amp = true;
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            if self.reader.cases.is_cut {
                return Err("holds too many tests".to_owned());
            }
            match xml.read_event_into(&mut buffer) {
                Ok(Event::Start(tag)) => self.start(&tag)?,
                Ok(Event::Empty(tag)) => {
                    self.start(&tag)?;
                    self.end()?;
                }
                Ok(Event::End(_)) => self.end()?,
                Ok(Event::Text(text)) => self.text(&String::from_utf8_lossy(&text)),
                Ok(Event::CData(text)) => self.text(&String::from_utf8_lossy(&text)),
                Ok(Event::GeneralRef(entity)) => {
                    let raw = format!("&{};", String::from_utf8_lossy(&entity));
                    self.text(&case::unescaped(&raw));
                }
                Ok(Event::Eof) if !self.open.is_empty() => {
                    return Err("breaks off in the middle".to_owned());
                }
                Ok(Event::Eof) if !self.has_root => return Err("is empty".to_owned()),
                Ok(Event::Eof) => return Ok(()),
                Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_)) => {}
                Err(error) => return Err(format!("is not well formed: {error}")),
            }
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        let name = String::from_utf8_lossy(tag.local_name().as_ref()).into_owned();
        if self.open.len() >= DEPTH_MAX {
            return Err("is nested too deeply".to_owned());
        }
        match name.as_str() {
            "testsuite" | "testsuites" if self.case.is_none() => {
                self.suites.push(Suite::open(&Attributes::of(tag)));
            }
            "testcase" if self.case.is_none() => {
                self.case = Some(Open::new(&Attributes::of(tag), &self.suites));
            }
            _ => self.start_inside(&name, tag),
        }
        self.open.push(name);
        self.has_root = true;
        Ok(())
    }

    /// What says how a test ended, or how a whole suite did.
    fn start_inside(&mut self, name: &str, tag: &BytesStart<'_>) {
        let Some(part) = Part::read(name, tag) else { return };
        if self.case.is_none() {
            let Some(suite) = self.suites.last().filter(|_| part.is_red()) else { return };
            self.case = Some(Open::of_suite(suite, self.open.len()));
        }
        if let Some(case) = &mut self.case
            && case.part.is_none()
        {
            case.part = Some((self.open.len(), part));
        }
    }

    fn text(&mut self, text: &str) {
        let Some(case) = &mut self.case else { return };
        let in_output = self.open.iter().any(|name| OUTPUTS.contains(&name.as_str()));
        case.text(text, in_output);
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(name) = self.open.pop() else { return Ok(()) };
        if let Some(case) = &mut self.case {
            case.end_part(self.open.len());
        }
        let is_case = |case: &Open| name == "testcase" && case.suite_depth.is_none();
        let is_over = |case: &Open| is_case(case) || case.suite_depth == Some(self.open.len());
        if let Some(case) = self.case.take_if(|case| is_over(case)) {
            if let Some(suite) = self.suites.last_mut() {
                suite.count(&case);
            }
            let case = case.finish(self.reader.cases.id(""), self.find);
            self.reader.add(case, self.on_case);
        } else if self.case.is_none()
            && matches!(name.as_str(), "testsuite" | "testsuites")
            && let Some(suite) = self.suites.pop()
        {
            if let Some(contradiction) = suite.contradiction() {
                self.reader.distrust(contradiction);
            }
            if let Some(above) = self.suites.last_mut() {
                above.add(&suite);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
