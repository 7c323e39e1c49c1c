//! What many interleavings came to.

use std::fmt;

/// Counts; see `Display` for what each is.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub interleavings: u64,
    pub steps: u64,
    pub keystrokes: u64,
    pub landings: u64,
    pub accepts: u64,
    pub accepted: u64,
    pub untouched: u64,
    pub untouched_at_once: u64,
    pub untouched_again: u64,
    pub undone: u64,
    pub together: u64,
    pub landed_together: u64,
    pub clean_together: u64,
    pub landed_clean_together: u64,
    pub whole_proposals: u64,
    pub carried_over: u64,
    pub late_but_right: u64,
    pub merged_by_editor: u64,
    pub misplaced_by_editor: u64,
    pub misplaced_unversioned: u64,
    pub put_back: u64,
    pub put_back_by_undo: u64,
    pub brought_back: u64,
    pub never_seen: u64,
    pub by_hand: u64,
    pub asked: u64,
    pub settled: u64,
    pub refused: Vec<(String, u64)>,
}

impl Tally {
    pub fn refuse(&mut self, reason: &str) {
        match self.refused.iter_mut().find(|(known, _)| known == reason) {
            Some((_, n)) => *n += 1,
            None => self.refused.push((reason.to_owned(), 1)),
        }
    }

    pub fn add(&mut self, other: &Tally) {
        let pairs = [
            (&mut self.interleavings, other.interleavings),
            (&mut self.steps, other.steps),
            (&mut self.keystrokes, other.keystrokes),
            (&mut self.landings, other.landings),
            (&mut self.accepts, other.accepts),
            (&mut self.accepted, other.accepted),
            (&mut self.untouched, other.untouched),
            (&mut self.untouched_at_once, other.untouched_at_once),
            (&mut self.untouched_again, other.untouched_again),
            (&mut self.undone, other.undone),
            (&mut self.together, other.together),
            (&mut self.landed_together, other.landed_together),
            (&mut self.clean_together, other.clean_together),
            (&mut self.landed_clean_together, other.landed_clean_together),
            (&mut self.whole_proposals, other.whole_proposals),
            (&mut self.carried_over, other.carried_over),
            (&mut self.late_but_right, other.late_but_right),
            (&mut self.merged_by_editor, other.merged_by_editor),
            (&mut self.misplaced_by_editor, other.misplaced_by_editor),
            (&mut self.misplaced_unversioned, other.misplaced_unversioned),
            (&mut self.put_back, other.put_back),
            (&mut self.put_back_by_undo, other.put_back_by_undo),
            (&mut self.brought_back, other.brought_back),
            (&mut self.never_seen, other.never_seen),
            (&mut self.by_hand, other.by_hand),
            (&mut self.asked, other.asked),
            (&mut self.settled, other.settled),
        ];
        pairs.into_iter().for_each(|(sum, n)| *sum += n);
        for (reason, n) in &other.refused {
            match self.refused.iter_mut().find(|(known, _)| known == reason) {
                Some((_, sum)) => *sum += n,
                None => self.refused.push((reason.clone(), *n)),
            }
        }
    }

    /// Of the accepted hunks that no typing touches or abuts, how many per cent went in without a worker.
    pub fn untouched_share(&self) -> f64 {
        share(self.untouched_at_once + self.untouched_again, self.untouched)
    }

    /// Of the files and proposals of which nothing contradicts the texts, how many per cent went in at once.
    pub fn together_share(&self) -> f64 {
        share(self.landed_clean_together, self.clean_together)
    }
}

fn share(part: u64, all: u64) -> f64 {
    if all == 0 { 100.0 } else { 100.0 * part as f64 / all as f64 }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = self.untouched_share();
        writeln!(
            f,
            "  {} interleavings, {} steps, {} keystrokes",
            self.interleavings, self.steps, self.keystrokes
        )?;
        writeln!(
            f,
            "  {} edits of the server landed and were checked line by line, {} of them less strictly \
             where the user had made a part by hand",
            self.landings, self.by_hand
        )?;
        writeln!(f, "  {} accepts tried, {} landed", self.accepts, self.accepted)?;
        writeln!(
            f,
            "  {} files, proposals, undos and redos with one edit tried, {} landed; \
             of {} files and proposals that nothing contradicts {:.3} %",
            self.together,
            self.landed_together,
            self.clean_together,
            self.together_share()
        )?;
        writeln!(
            f,
            "  {} of them on hunks no typing touches: {share:.3} % landed without a worker \
             ({} at once, {} when chosen again)",
            self.untouched, self.untouched_at_once, self.untouched_again
        )?;
        writeln!(
            f,
            "  {} accepts undone in the editor, {} whole proposals compared byte for byte",
            self.undone, self.whole_proposals
        )?;
        writeln!(
            f,
            "  {} answers about the rest of an edit that came in part, {} finished or rolled back",
            self.asked, self.settled
        )?;
        writeln!(
            f,
            "  late edits: {} carried over by the editor, {} right all the same, {} merged by the editor into typing, \
             {} misplaced by the editor, {} misplaced for want of a version",
            self.carried_over,
            self.late_but_right,
            self.merged_by_editor,
            self.misplaced_by_editor,
            self.misplaced_unversioned
        )?;
        writeln!(
            f,
            "  of those that went wrong: {} put back by the server ({} with a line that the user had taken out by hand), \
             {} by undo in the editor ({} came with typing that the server had not been told of)",
            self.put_back, self.brought_back, self.put_back_by_undo, self.never_seen
        )?;
        let mut refused = self.refused.clone();
        refused.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        for (reason, n) in refused {
            writeln!(f, "  refused {n}: {reason}")?;
        }
        Ok(())
    }
}
