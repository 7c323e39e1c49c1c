//! What each template should cost, from how often it makes the text that was right among all the edits near a fault: costs
//! are taken for negative logarithms of likelihoods, and each template's share is corrected by what makes the faults of the
//! corpus likeliest, drawn towards no correction. Projects that are unseen only say whether that helps elsewhere.

use std::collections::BTreeMap;

use crate::corpus::{Fault, Seeded};
use crate::figures::quantile;
use crate::reach::near;

/// How much likelier an edit is that costs one less, as a logarithm.
const SHARPNESS: f64 = 1.6;
/// How strongly corrections are drawn to none.
const SHRINKAGE: f64 = 1.5;
const STEPS: usize = 400;
const STEP: f64 = 0.5;

/// The edits near one fault: what the right one costs, and all by template.
pub struct Case {
    template: &'static str,
    cost: f64,
    all: BTreeMap<&'static str, Vec<f64>>,
}

type Corrections = BTreeMap<&'static str, f64>;

impl Case {
    /// `None` where the right text is not among the edits.
    pub fn of(seeded: &Seeded, fault: &Fault) -> Option<Case> {
        let (made, right) = near(seeded, fault)?;
        let right = &made[right?];
        let mut all: BTreeMap<&'static str, Vec<f64>> = BTreeMap::new();
        for one in &made {
            all.entry(one.template).or_default().push(one.cost);
        }
        Some(Case { template: right.template, cost: right.cost, all })
    }

    /// How many edits would stand before the right one.
    fn place(&self, corrections: &Corrections) -> f64 {
        let more = |template: &str| corrections.get(template).copied().unwrap_or(0.0);
        let own = self.cost + more(self.template);
        let before = self.all.iter().map(|(template, costs)| {
            costs.iter().filter(|cost| **cost + more(template) < own).count()
        });
        before.sum::<usize>() as f64
    }

    /// The weight of each template beside the right edit's, without corrections.
    fn weights(&self) -> Vec<(&'static str, f64)> {
        let weight = |cost: &f64| (SHARPNESS * (self.cost - cost)).exp();
        let sum = |costs: &Vec<f64>| costs.iter().map(weight).sum();
        self.all.iter().map(|(template, costs)| (*template, sum(costs))).collect()
    }
}

/// What to add to the cost of each template.
fn fit(cases: &[Case]) -> Corrections {
    let weights: Vec<_> = cases.iter().map(Case::weights).collect();
    let mut n_right: BTreeMap<&str, f64> = BTreeMap::new();
    let mut found = Corrections::new();
    for case in cases {
        *n_right.entry(case.template).or_default() += 1.0;
        found.extend(case.all.keys().map(|template| (*template, 0.0)));
    }
    for _ in 0..STEPS {
        let mut expected: BTreeMap<&str, f64> = BTreeMap::new();
        for (case, weights) in cases.iter().zip(&weights) {
            let scaled = |(template, weight): &(&'static str, f64)| {
                (*template, weight * (SHARPNESS * (found[case.template] - found[template])).exp())
            };
            let scaled: Vec<_> = weights.iter().map(scaled).collect();
            let sum: f64 = scaled.iter().map(|(_, weight)| weight).sum();
            for (template, weight) in scaled {
                *expected.entry(template).or_default() += weight / sum;
            }
        }
        for (template, correction) in &mut found {
            let n = n_right.get(template).copied().unwrap_or(0.0);
            let slope = SHARPNESS * (expected[template] - n) - SHRINKAGE * *correction;
            *correction += STEP * slope / (5.0 + n);
        }
    }
    found
}

/// Prints corrections from the projects that are looked at, and what they would do to the places of right edits.
pub fn print(seen: &[Case], unseen: &[Case]) {
    let found = fit(seen);
    for (template, correction) in &found {
        let n = seen.iter().filter(|case| case.template == *template).count();
        println!("{template:20} {n:4} {correction:+.1}");
    }
    for (name, cases) in [("looked at", seen), ("unseen", unseen)] {
        let median = |corrections: &Corrections| {
            quantile(cases.iter().map(|case| case.place(corrections)).collect(), 0.5)
        };
        let (now, then) = (median(&Corrections::new()), median(&found));
        println!("{name}: {} faults, median place {now:.0}, then {then:.0}", cases.len());
    }
}
