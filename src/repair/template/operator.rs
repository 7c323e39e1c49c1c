//! Another operator: `a + b` → `a - b`, `a and b` → `a or b`, `n += 1` → `n -= 1`, `0..n` → `0..=n`.

use super::Template;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};
use crate::repair::syntax::Node;

pub const ARITHMETIC: Template =
    Template { name: "arithmetic", cost: 2.0, on: &[Role::Arithmetic], make: swap };
pub const TOKENS: Template =
    Template { name: "macro-operator", cost: 2.0, on: &[Role::Tokens], make: swap };
pub const LOGICAL: Template =
    Template { name: "logical", cost: 0.9, on: &[Role::Logical], make: logical };
pub const ASSIGNMENT: Template = Template {
    name: "assignment",
    cost: 2.1,
    on: &[Role::AugmentedAssign, Role::Assign],
    make: swap,
};
pub const LOOP: Template = Template { name: "loop", cost: 2.4, on: &[Role::Loop], make: swap };
pub const RANGE: Template = Template { name: "range", cost: 0.5, on: &[Role::Range], make: swap };

/// What it takes off the cost that a condition says nothing as it is.
const SAYS_NOTHING: f64 = 0.8;

fn logical<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let worth = if says_nothing(site.node) { SAYS_NOTHING } else { 0.0 };
    put_others(site, drafts, -worth);
}

/// Whether a value is to be two things at once, or is asked whether it is other than one of two.
fn says_nothing<'s>(condition: Node<'s>) -> bool {
    let sign = |node: Node<'_>| {
        let signs = node.tokens().map(Node::text).collect::<Vec<_>>();
        signs.join(" ")
    };
    let (Some(a), Some(b)) = (condition.first(), condition.last()) else { return false };
    let texts = |node: Node<'s>| (node.first().map(Node::text), node.last().map(Node::text));
    let ((value, one), (other_value, other)) = (texts(a), texts(b));
    let never = matches!(sign(condition).as_str(), "&&" | "and")
        && matches!(sign(a).as_str(), "==" | "===" | "is");
    let always = matches!(sign(condition).as_str(), "||" | "or")
        && matches!(sign(a).as_str(), "!=" | "!==" | "is not");
    (never || always) && sign(a) == sign(b) && value == other_value && one != other
}

/// Each operator between the node's operands becomes each operator it is confused with.
pub fn swap<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    put_others(site, drafts, 0.0);
}

fn put_others<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>, extra: f64) {
    for token in site.node.tokens() {
        let operators = site.language().operators;
        let Some((_, others)) = operators.iter().find(|(operator, _)| *operator == token.kind())
        else {
            continue;
        };
        for (rank, other) in others.iter().enumerate() {
            drafts.put(token, *other, extra + nth(rank));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LOGICAL;
    use crate::repair::testing::outcomes_of;

    #[test]
    fn a_condition_that_says_nothing_gets_another_operator_first() {
        let check = |path: &str, text: &str| {
            let all = outcomes_of(path, text);
            let (made, _) = all.iter().find(|(made, _)| made.template == "logical").unwrap();
            (made.what.clone(), made.cost < LOGICAL.cost)
        };
        let js = |condition: &str| {
            check("a.js", &format!("function f(v, w) {{\n  return {condition};\n}}\n"))
        };
        assert_eq!(js("v === null && v === undefined"), ("`&&` → `||`".to_owned(), true));
        assert_eq!(js("v !== 'a' || v !== 'b'"), ("`||` → `&&`".to_owned(), true));
        let python = check("a.py", "def f(v):\n    return v == 1 and v == 2\n");
        assert_eq!(python, ("`and` → `or`".to_owned(), true));
        for sound in ["v === null && w === undefined", "v === 'a' || v === 'b'"] {
            assert!(!js(sound).1, "{sound}");
        }
    }
}
