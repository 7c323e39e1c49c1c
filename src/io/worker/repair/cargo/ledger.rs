//! What is known of each edit of a Rust search: whether it compiles, and how much code its arm must repeat.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use super::super::fast_path::Patch;
use super::compile::{Build, CompileError, Spot};
use crate::base::path::RepoPath;
use crate::base::text::edit::Edit;
use crate::repair::schema::{self, Arm, Blame, Piece, Place, Schema, Span};
use crate::repair::{Candidate, Source};

/// What is known of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// As far as is known it compiles, with an arm that repeats this much.
    Open(Span),
    /// It does not compile.
    Invalid,
    /// No schema can hold it.
    OutOfReach,
}

/// The edits of a patch in one function, and what is known of them.
struct Known {
    path: RepoPath,
    edits: Vec<Edit>,
    fate: Fate,
}

/// All edits that were looked at so far.
#[derive(Default)]
pub(super) struct Ledger {
    known: Vec<Known>,
    by_edits: HashMap<(RepoPath, Vec<Edit>), usize>,
}

/// The sources of one build, with the arms of the edits they hold.
#[derive(Default)]
pub(super) struct Plan {
    files: BTreeMap<RepoPath, File>,
    arms: HashMap<usize, Arm>,
}

/// A source with arms.
struct File {
    schema: Schema,
    /// The places of the schema's pieces in the ledger.
    members: Vec<usize>,
}

impl Ledger {
    /// The places of a patch's edits, those in one function together.
    pub fn places(&mut self, patch: &Patch<'_>) -> Vec<usize> {
        let mut parts: BTreeMap<(&RepoPath, Option<usize>), Vec<Edit>> = BTreeMap::new();
        for Candidate { path, edits, function, .. } in patch {
            let function = function.as_ref().map(|range| range.start);
            parts.entry((path, function)).or_default().extend(edits.iter().cloned());
        }
        parts.into_iter().map(|((path, _), edits)| self.place(path, edits)).collect()
    }

    fn place(&mut self, path: &RepoPath, mut edits: Vec<Edit>) -> usize {
        edits.sort();
        *self.by_edits.entry((path.clone(), edits.clone())).or_insert_with(|| {
            self.known.push(Known { path: path.clone(), edits, fate: Fate::Open(Span::Smallest) });
            self.known.len() - 1
        })
    }

    /// What is known of edits together: the worst of each.
    pub fn fate(&self, places: &[usize]) -> Fate {
        let fates = || places.iter().map(|place| self.known[*place].fate);
        let worst = [Fate::Invalid, Fate::OutOfReach]
            .into_iter()
            .find(|bad| fates().any(|fate| fate == *bad));
        worst.unwrap_or(Fate::Open(Span::Smallest))
    }

    /// Sources that hold all these edits, as far as they are open. Edits that no schema can hold are noted.
    pub fn plan(&mut self, sources: &[Source], places: &[usize]) -> Plan {
        let mut plan = Plan::default();
        let mut first_unit = 0;
        for source in sources {
            let of_source = |place: &&usize| {
                let known = &self.known[**place];
                known.path == source.path && matches!(known.fate, Fate::Open(_))
            };
            let mut members: Vec<usize> = places.iter().filter(of_source).copied().collect();
            members.sort_unstable();
            members.dedup();
            if members.is_empty() {
                continue;
            }
            let pieces: Vec<Piece> =
                members.iter().map(|place| self.known[*place].piece()).collect();
            let schema = schema::build(&source.text, &pieces, first_unit);
            first_unit = schema.next_unit;
            for (place, made) in members.iter().zip(&schema.places) {
                match made {
                    Place::Arm(arm) => drop(plan.arms.insert(*place, *arm)),
                    Place::Malformed => self.known[*place].fate = Fate::Invalid,
                    Place::OutOfReach => self.known[*place].fate = Fate::OutOfReach,
                }
            }
            plan.files.insert(source.path.clone(), File { schema, members });
        }
        plan
    }

    /// Draws the conclusions from a build of `plan` that failed: fewer edits are open or arms have grown, so that
    /// building again and again ends. Returns the edits that share a place with one the compiler objected to.
    pub fn learn(&mut self, plan: &Plan, errors: &[CompileError], root: &Path) -> Vec<usize> {
        let mut steps: BTreeMap<usize, Step> = BTreeMap::new();
        let blames: Vec<Blamed> = errors.iter().map(|error| plan.blame(error, root)).collect();
        let mut note = |place: usize, step: Step| {
            steps.entry(place).and_modify(|known| *known = step.max(*known)).or_insert(step);
        };
        let spoilt: BTreeSet<(usize, &str)> =
            blames.iter().zip(errors).flat_map(|(blamed, error)| blamed.spoilt(error)).collect();
        for (blamed, error) in blames.iter().zip(errors) {
            let own =
                blamed.arms().iter().filter(|place| !spoilt.contains(&(**place, error.said())));
            own.for_each(|place| note(*place, self.step(*place, plan, error, blamed)));
            // An arm may spoil the type of all beside it, the original's included.
            blamed.tied.iter().for_each(|place| note(*place, Step::Widen));
        }
        // Other errors around arms often follow from those inside, so they count only when there are none of these.
        if steps.is_empty() {
            let around = blames.iter().flat_map(|blamed| &blamed.around);
            steps.extend(around.map(|place| (*place, Step::Widen)));
        }
        if steps.is_empty() {
            self.give_up(plan);
        }
        let beside = steps.keys().flat_map(|place| plan.beside(*place)).collect();
        steps.into_iter().for_each(|(place, step)| self.take(place, step));
        beside
    }

    /// Gives all edits of a plan up.
    pub fn give_up(&mut self, plan: &Plan) {
        plan.arms.keys().for_each(|place| self.take(*place, Step::GiveUp));
    }

    /// What an error that is blamed on an edit's arm means for the edit.
    fn step(&self, place: usize, plan: &Plan, error: &CompileError, blamed: &Blamed) -> Step {
        let is_tied = plan.is_tied(place);
        let is_whole = self.known[place].fate == Fate::Open(Span::Function);
        let widens = match error.code.as_str() {
            _ if is_about_two_arms(error) => true,
            "E0308" | "E0277" | "E0282" | "E0283" | "E0369" | "E0597" | "E0716" => is_tied,
            code => BORROW_CODES.contains(&code) && !is_whole && blamed.reaches_further(),
        };
        if widens { Step::Widen } else { Step::Refuse }
    }

    fn take(&mut self, place: usize, step: Step) {
        let fate = &mut self.known[place].fate;
        *fate = match (step, *fate) {
            (_, Fate::Invalid) | (Step::Refuse, _) => Fate::Invalid,
            (Step::GiveUp, _) => Fate::OutOfReach,
            (Step::Widen, Fate::Open(Span::Smallest)) => Fate::Open(Span::Statement),
            (Step::Widen, Fate::Open(Span::Statement)) => Fate::Open(Span::Function),
            (Step::Widen, Fate::Open(Span::Function) | Fate::OutOfReach) => Fate::OutOfReach,
        };
    }
}

/// What happens to an edit after a build that failed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// Its arm repeats more.
    Widen,
    GiveUp,
    Refuse,
}

/// Errors about moves and borrows, which may come from two arms that never run together.
const BORROW_CODES: [&str; 8] =
    ["E0382", "E0499", "E0502", "E0503", "E0505", "E0506", "E0507", "E0381"];

impl Known {
    fn piece(&self) -> Piece {
        let span = match self.fate {
            Fate::Open(span) => span,
            Fate::Invalid | Fate::OutOfReach => Span::Smallest,
        };
        Piece { edits: self.edits.clone(), span }
    }
}

/// Types that no two arms can share, although each alone would do.
fn is_about_two_arms(error: &CompileError) -> bool {
    ["closure", "opaque type", "array with a size", "coroutine"]
        .iter()
        .any(|word| error.text.contains(word))
        && ["incompatible types", "mismatched types"].iter().any(|word| error.text.contains(word))
}

/// Whose fault an error of a build is, by places in the ledger.
#[derive(Default)]
struct Blamed {
    /// Edits whose arms the compiler objects to.
    primary: Vec<usize>,
    /// Edits whose arms it mentions.
    secondary: Vec<usize>,
    /// Edits whose arms stand beside original code that it objects to, and depend on it for their type.
    tied: Vec<usize>,
    /// Edits that the code it objects to or mentions is put around.
    around: Vec<usize>,
}

impl Blamed {
    fn arms(&self) -> &[usize] {
        if self.primary.is_empty() { &self.secondary } else { &self.primary }
    }

    /// Edits beside original code that the compiler objects to, with what it says: it is an arm elsewhere that gives a
    /// variable another type, and who it says the same of here may be as innocent.
    fn spoilt<'e>(&self, error: &'e CompileError) -> impl Iterator<Item = (usize, &'e str)> {
        let beside = if self.arms().is_empty() { self.around.as_slice() } else { &[] };
        beside.iter().map(|place| (*place, error.said()))
    }

    /// Whether more than one arm is part of it.
    fn reaches_further(&self) -> bool {
        let arms = || self.primary.iter().chain(&self.secondary);
        !self.around.is_empty() || arms().any(|arm| Some(arm) != arms().next())
    }
}

impl Plan {
    /// The value of the variable that switches these edits on; `None` when the plan does not hold them all.
    pub fn arms(&self, places: &[usize]) -> Option<String> {
        let arm = |place: &usize| {
            let Arm { unit, arm, .. } = self.arms.get(place)?;
            Some(format!("{unit}={arm}"))
        };
        places.iter().map(arm).collect::<Option<Vec<String>>>().map(|arms| arms.join(","))
    }

    fn is_tied(&self, place: usize) -> bool {
        self.arms.get(&place).is_some_and(|arm| arm.is_tied)
    }

    /// What each file is to hold.
    pub fn texts(&self) -> BTreeMap<RepoPath, String> {
        self.files.iter().map(|(path, file)| (path.clone(), file.schema.text.clone())).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.arms.is_empty()
    }

    /// Edits whose arms stand beside the arm of this one, itself included.
    fn beside(&self, place: usize) -> impl Iterator<Item = usize> {
        let unit = self.arms.get(&place).map(|arm| arm.unit);
        self.arms.iter().filter(move |(_, arm)| Some(arm.unit) == unit).map(|(place, _)| *place)
    }

    /// Whether what the compiler objected to is of one of these edits.
    pub fn is_blamed(&self, build: &Build, root: &Path) -> bool {
        let blames = build.errors.iter().map(|error| self.blame(error, root));
        blames.into_iter().any(|blamed| !blamed.arms().is_empty() || !blamed.around.is_empty())
    }

    fn blame(&self, error: &CompileError, root: &Path) -> Blamed {
        let mut blamed = Blamed::default();
        let sides = [(&error.primary, true), (&error.secondary, false)];
        for (spot, is_primary) in
            sides.into_iter().flat_map(|(spots, side)| spots.iter().map(move |spot| (spot, side)))
        {
            let Some(file) = self.file(spot, root) else { continue };
            match (file.schema.blame(spot.line), is_primary) {
                (Blame::Arm(piece), true) => blamed.primary.push(file.members[piece]),
                (Blame::Arm(piece), false) => blamed.secondary.push(file.members[piece]),
                (Blame::Around(pieces), _) => {
                    let around = pieces.iter().map(|piece| file.members[*piece]);
                    blamed.around.extend(around.clone());
                    blamed.tied.extend(around.filter(|place| is_primary && self.is_tied(*place)));
                }
                (Blame::Nobody, _) => {}
            }
        }
        blamed
    }

    fn file(&self, spot: &Spot, root: &Path) -> Option<&File> {
        let named = |(path, _): &(&RepoPath, &File)| is_same(&path.under(root), &spot.file);
        self.files.iter().find(named).map(|(_, file)| file)
    }
}

/// Whether the compiler, which names files from the folder of the workspace, means `path`.
pub(super) fn is_same(path: &Path, named: &str) -> bool {
    path.ends_with(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of `&&` → `||` and `<` → `<=` in one condition when the compiler says this of the original, the first
    /// and the second.
    fn check(said: [&str; 3]) -> [Fate; 2] {
        let text = "fn f(a: i64, b: i64) -> bool {\n    if a < b && b > 1 {\n        return true;\n    }\n    false\n}\n";
        let path = RepoPath::new("src/a.rs").unwrap();
        let source = Source { path, text: text.into(), is_test: false };
        let mut ledger = Ledger::default();
        let mut place = |old: &str, new: &str| {
            let start = text.find(old).unwrap();
            ledger.place(&source.path, vec![Edit::new(start..start + old.len(), new)])
        };
        let places = [place("&&", "||"), place("< b", "<= b")];
        let plan = ledger.plan(&[source], &places);
        let built = plan.texts().into_values().next().unwrap();
        let line = |code: &str| {
            let at = built.lines().position(|line| line.trim() == code);
            at.unwrap_or_else(|| panic!("no `{code}` in {built}")) as u32 + 1
        };
        let codes = ["a < b && b > 1", "a < b || b > 1", "a <= b && b > 1"];
        let errors = codes.iter().zip(said).filter(|(_, said)| !said.is_empty());
        let errors = errors.map(|(code, said)| CompileError {
            primary: vec![Spot { file: "src/a.rs".to_owned(), line: line(code) }],
            secondary: Vec::new(),
            code: "E0277".to_owned(),
            text: said.to_owned(),
        });
        ledger.learn(&plan, &errors.collect::<Vec<_>>(), Path::new(""));
        places.map(|place| ledger.fate(&[place]))
    }

    #[test]
    fn who_the_compiler_says_the_same_of_as_of_the_original_is_innocent() {
        let open = Fate::Open(Span::Smallest);
        assert_eq!(check(["", "no", "no"]), [Fate::Invalid, Fate::Invalid]);
        assert_eq!(check(["no", "no", "not so"]), [open, Fate::Invalid]);
    }
}
