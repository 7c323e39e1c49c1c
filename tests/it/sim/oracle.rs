//! What must be true of a text after an accepted hunk, worked out from who owns which line and nothing else.

use greenloop::base::ids::RunId;
use greenloop::model::proposal::Hunk;
use serde_json::{Value, json};

use super::text::{Owner, Text, bare, ending, lines};
use super::typing::EQUAL_LINES;

/// A proposed hunk, tied to the lines it was made from.
#[derive(Clone, Debug)]
pub struct Known {
    pub run: RunId,
    pub task: String,
    pub path: String,
    pub hunk: usize,
    /// Only this part of it; empty for all.
    pub parts: Vec<usize>,
    pub document: usize,
    /// It is no decision of its own, but goes with this change of a whole file.
    pub of_whole: Option<usize>,
    pub removed: Vec<(Owner, String)>,
    above: Option<Owner>,
    below: Option<Owner>,
    /// With their breaks.
    pub inserted: Vec<String>,
    /// The lines it put in, and what was above and below then.
    landed: Option<Vec<Owner>>,
    /// The user said no.
    pub is_rejected: bool,
    /// A newer proposal has taken its place.
    pub is_replaced: bool,
    /// No line of its text could be taken for another one.
    is_plain: bool,
}

impl Known {
    /// `base` is the text the hunk was made from.
    pub fn new(run: RunId, path: &str, hunk: (usize, &Hunk), document: usize, base: &Text) -> Self {
        let (number, hunk) = hunk;
        let start = hunk.start as usize;
        // A file of nothing but a mark has no line on the screen.
        let end = (start + hunk.removed.len()).min(base.owners.len());
        let shown = |line: &String| line.trim_start_matches('\u{feff}').to_owned();
        let removed = base.owners[start..end].iter().copied().zip(hunk.removed.iter().map(shown));
        Self {
            run,
            task: run.to_string(),
            path: path.to_owned(),
            hunk: number,
            parts: Vec::new(),
            document,
            of_whole: None,
            removed: removed.collect(),
            above: start.checked_sub(1).map(|line| base.owners[line]),
            below: base.owners.get(end).copied(),
            inserted: hunk.inserted.iter().map(shown).filter(|line| !line.is_empty()).collect(),
            landed: None,
            is_rejected: false,
            is_replaced: false,
            is_plain: !base.lines().iter().any(|line| EQUAL_LINES.contains(&bare(line).0)),
        }
    }

    /// As the server names it.
    pub fn id(&self) -> Value {
        let mut id = json!({"taskId": self.task, "path": self.path, "hunk": self.hunk});
        if !self.parts.is_empty() {
            id["parts"] = json!(self.parts);
        }
        id
    }

    /// One of its lines as a change of its own, where every line takes the place of another one.
    pub fn part(&self, at: usize) -> Option<Self> {
        let n_lines = self.removed.len();
        let is_new =
            |line: &String| !self.removed.iter().any(|(_, old)| bare(old).0 == bare(line).0);
        let in_pairs = self.of_whole.is_none()
            && n_lines == self.inserted.len()
            && self.inserted.iter().all(is_new);
        if !in_pairs || n_lines < 2 || !self.parts.is_empty() {
            return None;
        }
        let owner_of = |line: usize| self.removed.get(line).map(|(owner, _)| *owner);
        Some(Self {
            parts: vec![at],
            above: if at == 0 { self.above } else { owner_of(at - 1) },
            below: if at + 1 == n_lines { self.below } else { owner_of(at + 1) },
            removed: vec![self.removed.get(at)?.clone()],
            inserted: vec![self.inserted[at].clone()],
            landed: None,
            ..self.clone()
        })
    }

    /// The line it starts at where neither its lines nor those beside it were touched.
    pub fn place(&self, text: &Text) -> Option<usize> {
        self.place_of(text, self.removed.iter().map(|(owner, _)| *owner).collect())
    }

    /// Where its own lines stand as they were put in.
    pub fn landed_at(&self, text: &Text) -> Option<usize> {
        self.place_of(text, self.landed.clone()?)
    }

    fn place_of(&self, text: &Text, own: Vec<Owner>) -> Option<usize> {
        let all = &text.owners;
        let start = match (self.above, own.first()) {
            (Some(above), _) => all.iter().position(|owner| *owner == above)? + 1,
            (None, _) => 0,
        };
        let end = start + own.len();
        let fits = all.get(start..end)? == own && all.get(end).copied() == self.below;
        fits.then_some(start)
    }

    /// A line to put the cursor at, also where the text was changed around it.
    pub fn cursor(&self, text: &Text) -> usize {
        let owners =
            self.removed.iter().map(|(owner, _)| *owner).chain(self.below).chain(self.above);
        let mut found =
            owners.filter_map(|owner| text.owners.iter().position(|known| *known == owner));
        found.next().unwrap_or_default()
    }

    /// Whether no line in or beside it can be taken for another one.
    pub fn is_clear(&self) -> bool {
        self.is_plain && !self.inserted.iter().any(|line| EQUAL_LINES.contains(&bare(line).0))
    }

    /// Whether it is in a text already, or out of it.
    pub fn is_as_wanted(&self, text: &Text, way: Way) -> bool {
        match way {
            Way::In => self.landed_at(text).is_some(),
            Way::Out => self.place(text).is_some(),
        }
    }

    /// Where it is to change a text, how many lines go and which come.
    fn change(&self, text: &Text, way: Way) -> Option<(usize, usize, Vec<&str>)> {
        Some(match way {
            Way::In => {
                let new = self.inserted.iter().map(String::as_str).collect();
                (self.place(text)?, self.removed.len(), new)
            }
            Way::Out => {
                let old = self.removed.iter().map(|(_, line)| line.as_str()).collect();
                (self.landed_at(text)?, self.inserted.len(), old)
            }
        })
    }

    /// Remembers who owns the lines it has put in, or put back, at `place`.
    pub fn settle(&mut self, place: usize, way: Way, text: &mut Text) {
        match way {
            Way::In => {
                let own = text.owners.get(place..place + self.inserted.len());
                self.landed = own.map(<[Owner]>::to_vec);
            }
            Way::Out => {
                let own = text.owners[place..].iter_mut().zip(&self.removed);
                own.for_each(|(owner, (first, _))| *owner = *first);
            }
        }
    }
}

/// Whether hunks go in or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    In,
    Out,
}

/// A weaker check, for hunks that the user has made or taken back by hand in part: only lines of theirs went and came,
/// and all others are there in their order.
pub fn check_by_hand(hunks: &[&Known], way: Way, before: &Text, after: &Text) -> bool {
    let removed = hunks.iter().flat_map(|known| known.removed.iter().map(|(_, line)| bare(line)));
    let removed: Vec<(&str, bool)> = removed.collect();
    let inserted = hunks.iter().flat_map(|known| known.inserted.iter().map(|line| bare(line)));
    let inserted: Vec<(&str, bool)> = inserted.collect();
    let (going, coming) = match way {
        Way::In => (removed, inserted),
        Way::Out => (inserted, removed),
    };
    let (old, new) = (before.lines(), after.lines());
    // How far one can get in both: by line of the old text, the lines of the new one that can be next.
    let mut reached = vec![vec![false; new.len() + 1]; old.len() + 1];
    reached[0][0] = true;
    for (at_old, at_new) in
        (0..=old.len()).flat_map(|old| (0..=new.len()).map(move |new| (old, new)))
    {
        if !reached[at_old][at_new] {
            continue;
        }
        let (gone, come) = (old.get(at_old), new.get(at_new));
        if gone.is_some_and(|line| going.contains(&bare(line))) {
            reached[at_old + 1][at_new] = true;
        }
        if come.is_some_and(|line| coming.contains(&bare(line))) {
            reached[at_old][at_new + 1] = true;
        }
        if gone.is_some() && gone == come {
            reached[at_old + 1][at_new + 1] = true;
        }
    }
    reached[old.len()][new.len()]
}

/// Checks that exactly these hunks went in, or out, each at its place, and that every other line is as it was. Says
/// where each is then.
pub fn check(
    hunks: &[&Known],
    way: Way,
    before: &Text,
    after: &Text,
) -> Result<Vec<usize>, String> {
    let mut changes = Vec::new();
    for (at, known) in hunks.iter().enumerate() {
        let change = known.change(before, way);
        changes.push((change.ok_or("changed what was touched before")?, at));
    }
    changes.sort_unstable();
    let (old, new) = (before.lines(), after.lines());
    // A text that had no line left has the breaks it was opened with.
    let breaks = ["", ending(&before.string), ending(&after.string)];
    let mut places = vec![0; hunks.len()];
    let (mut done, mut at_new) = (0, 0);
    for ((start, n_old, lines), at) in changes {
        let kept = &old[done..start];
        if new.get(at_new..at_new + kept.len()) != Some(kept) {
            return Err("changed other lines".into());
        }
        at_new += kept.len();
        places[at] = at_new;
        for wanted in lines {
            let Some(line) = new.get(at_new) else { return Err(format!("left out {wanted:?}")) };
            let own = &line[bare(line).0.len()..];
            let raw = &wanted[bare(wanted).0.len()..];
            if bare(line) != bare(wanted) || !(breaks.contains(&own) || own == raw) {
                return Err(format!("put in {line:?} for {wanted:?}"));
            }
            at_new += 1;
        }
        done = start + n_old;
    }
    if new[at_new..] != old[done..] { Err("changed other lines".into()) } else { Ok(places) }
}

/// A text that differs from another one only in the style of its line breaks.
pub fn same_lines(a: &str, b: &str) -> bool {
    let plain = |text: &str| {
        let text = text.trim_start_matches('\u{feff}');
        lines(text)
            .into_iter()
            .map(|line| {
                let (text, ended) = bare(line);
                (text.to_owned(), ended)
            })
            .collect::<Vec<_>>()
    };
    plain(a) == plain(b)
}
