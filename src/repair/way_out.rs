//! How a loop or a function can be left early.

use crate::repair::donor::only;
use crate::repair::language::Role;
use crate::repair::site::Site;
use crate::repair::statement::filled;
use crate::repair::syntax::Node;

const RESULTS_MAX: usize = 4;

/// How a loop goes on or ends before a statement of it, and what the function gives back: first what it gives elsewhere.
pub(super) fn ways_out<'s>(site: &Site<'s>, function: Node<'s>) -> Vec<String> {
    let snippets = &site.language().snippets;
    let jumps = snippets.jumps.iter().map(|jump| (*jump).to_owned());
    let results = results(&Site { node: function, ..*site }, snippets.blanks);
    let results = results.into_iter().map(|result| filled(snippets.result, result, ""));
    let fits =
        |jump: &String| in_loop(site.node) && (goes_round(site.node) || jump.starts_with("break"));
    jumps.filter(fits).chain(results.take(RESULTS_MAX)).collect()
}

fn goes_round(node: Node<'_>) -> bool {
    node.ancestors().any(|outer| outer.is(&[Role::Loop, Role::While]))
}

pub(super) fn in_loop(node: Node<'_>) -> bool {
    node.ancestors().any(|outer| outer.is(&[Role::Loop, Role::While, Role::Switch]))
}

/// What the function returns elsewhere, then what functions return when there is nothing: first what is of the sort.
pub(super) fn results<'s>(site: &Site<'s>, blanks: &'static [&'static str]) -> Vec<&'s str> {
    let returns = site.node.descendants().filter(|node| node.role() == Role::Return);
    let own: Vec<Node<'_>> =
        returns.filter_map(Node::first).map(|given| only(given).unwrap_or(given)).collect();
    let gives = |roles: &[Role]| own.iter().any(|node| node.is(roles));
    let mut results: Vec<&str> =
        own.iter().map(|node| node.text()).filter(|text| text.len() < 24).collect();
    results.dedup();
    results.truncate(3);
    let is_number = gives(&[Role::Arithmetic, Role::Negative, Role::Integer, Role::Float]);
    let is_list = gives(&[Role::List, Role::Comprehension]);
    let is_boolean = gives(&[Role::Boolean]);
    let (yes, no) = site.language().booleans;
    let mut blanks: Vec<&str> =
        blanks.iter().copied().filter(|blank| !results.contains(blank)).collect();
    blanks.sort_by_key(|blank| {
        let fits = (is_number && blank.parse::<f64>().is_ok())
            || (is_list && *blank == "[]")
            || (is_boolean && [yes, no].contains(blank));
        !fits
    });
    results.into_iter().chain(blanks).collect()
}
