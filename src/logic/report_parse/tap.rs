//! The Test Anything Protocol, versions 12 to 14: points, plans, subtests, YAML, directives. Read line by line while it
//! comes; lines that are not TAP are let pass.
//!
//! A test is called by its description, inside a subtest by `OUTER > INNER`; without one by its number, `test 3`; a
//! second one of the same name is `… #2`. A subtest with tests in it is no test itself.

mod line;
mod point;
mod yaml;

use std::collections::HashMap;

use super::{Cases, FindPath};
use crate::base::ids::CheckId;
use crate::model::report::{TestCase, TestReport};
use line::{Line, indent};
use point::{Level, Point};

/// Subtests inside one another that are followed.
const DEPTH_MAX: usize = 32;
/// Blanks by which a subtest is set in.
const INDENT: usize = 4;

/// Reads one or several documents, one after the other.
#[derive(Debug)]
pub struct Reader {
    cases: Cases,
    n_told: HashMap<String, usize>,
    /// The document's points and those of the subtests that are open, outermost first.
    levels: Vec<Level>,
    /// How far the YAML block is set in that we are in.
    yaml: Option<usize>,
    n_documents: usize,
    trouble: Option<String>,
    bailed_out: Option<String>,
}

/// What the lines said.
#[derive(Debug, PartialEq, Eq)]
pub struct Reported {
    pub report: TestReport,
    /// Whether there was a plan or a point at all.
    pub is_tap: bool,
    /// Why the report is not complete, when there was one.
    pub trouble: Option<String>,
    /// Why the tests gave up.
    pub bailed_out: Option<String>,
}

impl Reader {
    pub fn new(check: &CheckId) -> Self {
        Self {
            cases: Cases::new(check),
            n_told: HashMap::new(),
            levels: vec![Level::default()],
            yaml: None,
            n_documents: 0,
            trouble: None,
            bailed_out: None,
        }
    }

    /// Takes the next line, with or without its line break.
    pub fn line(&mut self, line: &[u8], find: FindPath<'_>, on_case: &mut dyn FnMut(&TestCase)) {
        if self.cases.is_cut {
            return;
        }
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end();
        if self.in_yaml(text) {
            return;
        }
        let depth = indent(text) / INDENT;
        if depth > self.levels.len() || depth >= DEPTH_MAX {
            return;
        }
        let Some(line) = Line::read(text) else { return };
        match line {
            Line::Version if depth == 0 => self.document(find, on_case),
            Line::Version => {}
            Line::Plan(n) => self.plan(depth, n),
            Line::Point(point) => self.point(depth, *point, find, on_case),
            Line::Comment(text) => self.comment(depth, text),
            Line::YamlStart => {
                let is_of_point = self.levels.get(depth).is_some_and(Level::has_point);
                self.yaml = is_of_point.then(|| indent(text));
            }
            Line::BailOut(why) => {
                self.bailed_out.get_or_insert(why);
            }
        }
    }

    /// The report as far as it came.
    pub fn finish(mut self, find: FindPath<'_>, on_case: &mut dyn FnMut(&TestCase)) -> Reported {
        if self.yaml.is_some() {
            self.distrust("it breaks off in a diagnostic".to_owned());
        }
        self.document(find, on_case);
        if self.cases.is_cut {
            self.distrust("there are too many tests".to_owned());
        }
        let is_whole = self.trouble.is_none() && self.bailed_out.is_none();
        let complete = is_whole && !self.cases.list.is_empty();
        Reported {
            report: TestReport { cases: self.cases.list, complete },
            is_tap: self.n_documents > 0,
            trouble: self.trouble,
            bailed_out: self.bailed_out,
        }
    }

    /// Notes why the report cannot be complete; the first reason is kept.
    pub fn distrust(&mut self, trouble: String) {
        self.trouble.get_or_insert(trouble);
    }

    fn in_yaml(&mut self, text: &str) -> bool {
        let Some(margin) = self.yaml else { return false };
        let inside = text.get(margin.min(text.len())..).unwrap_or(text);
        let is_set_in = indent(text) >= margin || text.trim().is_empty();
        if text.trim() == "..." && indent(text) == margin {
            self.yaml = None;
        } else if is_set_in {
            let depth = margin / INDENT;
            if let Some(level) = self.levels.get_mut(depth) {
                level.yaml(inside);
            }
        } else {
            // Whoever forgot the end.
            self.yaml = None;
            return false;
        }
        true
    }

    fn plan(&mut self, depth: usize, n: usize) {
        self.open(depth);
        if let Some(trouble) = self.levels[depth].plan(n) {
            self.distrust(trouble);
        }
    }

    fn point(
        &mut self,
        depth: usize,
        mut point: Point,
        find: FindPath<'_>,
        on_case: &mut dyn FnMut(&TestCase),
    ) {
        self.open(depth);
        point.inside = self.close_inside(depth);
        if let Some(trouble) = self.levels[depth].count(&mut point) {
            self.distrust(trouble);
        }
        if depth == 0 {
            self.tell(find, on_case);
        }
        self.levels[depth].points.push(point);
    }

    fn comment(&mut self, depth: usize, text: &str) {
        if text.starts_with(" Subtest") {
            return self.open(depth);
        }
        if let Some(level) = self.levels.get_mut(depth) {
            level.comment(text);
        }
    }

    /// Makes sure that there is a level at `depth`, at most one below the last.
    fn open(&mut self, depth: usize) {
        if depth == self.levels.len() {
            self.levels.push(Level::default());
        }
    }

    /// The points of the subtests below `depth`, which end with the point that follows them.
    fn close_inside(&mut self, depth: usize) -> Vec<Point> {
        let mut inside = Vec::new();
        while self.levels.len() > depth + 1 {
            let Some(mut level) = self.levels.pop() else { break };
            level.adopt(inside);
            if let Some(trouble) = level.contradiction() {
                self.distrust(trouble);
            }
            inside = level.points;
        }
        inside
    }

    /// Ends a document, if there is one.
    fn document(&mut self, find: FindPath<'_>, on_case: &mut dyn FnMut(&TestCase)) {
        let inside = self.close_inside(0);
        if !inside.is_empty() {
            self.distrust("a subtest has no end".to_owned());
        }
        self.levels[0].adopt(inside);
        if self.levels[0].is_empty() {
            return;
        }
        self.n_documents += 1;
        if let Some(trouble) = self.levels[0].contradiction() {
            self.distrust(trouble);
        }
        self.tell(find, on_case);
        self.levels[0] = Level::default();
    }

    /// Tells the outermost points that can have no more to say.
    fn tell(&mut self, find: FindPath<'_>, on_case: &mut dyn FnMut(&TestCase)) {
        for point in std::mem::take(&mut self.levels[0].points) {
            if let Some(trouble) = point.contradiction() {
                self.distrust(trouble);
            }
            point.tell("", &mut |name, leaf| {
                let n_told = self.n_told.entry(name.clone()).or_default();
                *n_told += 1;
                let name = if *n_told > 1 { format!("{name} #{n_told}") } else { name };
                let id = self.cases.id(&name);
                if let Some(case) = self.cases.add(leaf.case(id, find)) {
                    on_case(case);
                }
            });
        }
    }
}

#[cfg(test)]
mod tests;
