//! The repair templates, and how one is described.

mod accumulate;
mod arguments;
mod r#await;
mod boolean;
mod borrow;
mod branch;
mod call;
mod cast;
mod clamp;
mod comparison;
mod condition;
mod declare;
mod default;
mod end_early;
mod entry;
mod expression;
mod fallback;
mod guard;
mod insert;
mod jump;
mod keep_last;
mod keep_up;
mod keyword;
mod lines;
mod name;
mod negate;
mod number;
mod one_off;
mod only_if;
mod operand;
mod operator;
mod pattern;
mod precedence;
mod presence;
mod receiver;
mod recursion;
mod refuse;
mod remember;
mod result;
mod scale;
mod set_field;
mod shift;
mod sibling;
mod take_up;
mod text;
mod wrap;

#[cfg(test)]
mod tests;

use super::language::Role;
use super::site::{Drafts, Site};

/// A way to change a node. `make` is called for every suspicious node that plays one of the roles.
pub struct Template {
    pub name: &'static str,
    /// The lower the likelier to be right, as -ln of the share of repairs.
    pub cost: f64,
    pub on: &'static [Role],
    pub make: for<'s> fn(&Site<'s>, &mut Drafts<'s>),
}

const TEMPLATES: &[&Template] = &[
    &arguments::SWAP,
    &arguments::PARAMETERS,
    &arguments::DROP,
    &arguments::ADD,
    &arguments::ADD_NAME,
    &arguments::ADD_TEXT,
    &arguments::SPREADS,
    &r#await::AWAIT,
    &boolean::FLIP,
    &borrow::BORROW,
    &borrow::BRANCH,
    &borrow::BESIDE,
    &branch::KEYWORD,
    &branch::BODIES,
    &branch::VALUES,
    &branch::OTHERWISE,
    &branch::CHAIN,
    &insert::RESULT,
    &operator::TOKENS,
    &branch::ARMS,
    &call::ASK,
    &call::LIKE,
    &call::NAMED,
    &cast::TYPE,
    &cast::WANTED,
    &cast::WIDEN,
    &expression::BOTH,
    &expression::LIKE,
    &expression::PAIR,
    &insert::NEAR_COPY,
    &comparison::OPERATOR,
    &comparison::OPERANDS,
    &condition::COMBINE,
    &condition::LIKE,
    &condition::REPLACE,
    &declare::DECLARE,
    &default::FRESH,
    &expression::DONOR,
    &expression::NEAR,
    &expression::NAME,
    &expression::INITIAL,
    &expression::ADJUST,
    &expression::AROUND,
    &expression::FIELD_VALUE,
    &expression::COMBINE,
    &fallback::FALLBACK,
    &guard::GUARD,
    &guard::GUARD_VALUE,
    &insert::SKIP,
    &insert::COPY,
    &insert::OWN,
    &insert::UPDATE,
    &insert::FLUSH,
    &jump::JUMP,
    &jump::GO_ON,
    &keep_last::LAST,
    &lines::DELETE,
    &lines::SWAP,
    &lines::OUT,
    &lines::IN,
    &name::VARIABLE,
    &name::FUNCTION,
    &name::FIELD,
    &name::VARIANT,
    &negate::NEGATE,
    &number::BY_ONE,
    &number::OTHER,
    &number::DIFFERENCE,
    &one_off::ONE_OFF,
    &only_if::ONLY_IF,
    &operand::DROP,
    &operand::BOUND,
    &operand::FILTER,
    &operand::ADD_FILTER,
    &operator::ARITHMETIC,
    &operator::LOGICAL,
    &operator::ASSIGNMENT,
    &refuse::FIRST,
    &refuse::BETWEEN,
    &operator::LOOP,
    &operator::RANGE,
    &pattern::FLAGS,
    &pattern::ANCHORS,
    &pattern::PARTS,
    &precedence::GROUP,
    &precedence::UNGROUP,
    &precedence::REORDER,
    &precedence::SPREAD,
    &presence::PRESENCE,
    &presence::WITHIN,
    &presence::EXACTLY,
    &receiver::OWN,
    &receiver::FIELD,
    &receiver::LOCAL,
    &receiver::SHORTEN,
    &accumulate::ACCUMULATE,
    &remember::FILL,
    &remember::COUNT,
    &remember::ANEW,
    &result::KEEP,
    &shift::SHIFT,
    &shift::SHIFT_KEYS,
    &sibling::SIBLING,
    &sibling::AS_BESIDE,
    &take_up::VALUE,
    &take_up::CALL,
    &take_up::ARGUMENT,
    &take_up::VARIABLE,
    &text::DONOR,
    &text::CHANGE,
    &wrap::UNWRAP,
    &wrap::WRAP,
    &wrap::COPY,
    &wrap::CHAIN,
    &wrap::SWAP_LINKS,
    &arguments::KEYS,
    &arguments::NAMES,
    &expression::FIRST,
    &wrap::OWN,
    &wrap::REWRITE,
    &arguments::FILL,
    &clamp::CLAMP,
    &end_early::BEFORE,
    &entry::ENTRY,
    &entry::LIKE,
    &keep_up::FIELD,
    &keep_up::START,
    &keep_up::ADD,
    &keep_up::ADD_TO,
    &keep_up::RESULT,
    &keep_up::MIRROR,
    &keyword::KEYWORD,
    &recursion::CALL,
    &recursion::BOTH,
    &recursion::PART,
    &scale::REST,
    &scale::MEAN,
    &scale::SCALE,
    &set_field::SET,
    &text::REWORD,
    &text::SEPARATOR,
    &text::BALANCE,
    &text::LACKING,
    &text::AROUND,
];

/// The most that a template takes off its own cost for an edit.
const BONUS_MAX: f64 = 1.5;
/// What it takes off the cost of putting another name in the place of one that a failing test says nothing has.
const UNKNOWN: f64 = 1.5;
/// The templates that do so.
const RENAMES: &[&str] = &["variable", "function", "field", "own-field", "sibling"];

/// What every template that fits the node makes of it.
pub fn make_all<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    drafts.near = Some(site.near());
    let is_unknown = site.is_unknown();
    for template in TEMPLATES.iter().filter(|template| template.on.contains(&site.node.role())) {
        let is_renamed = is_unknown && RENAMES.contains(&template.name);
        let unknown = if is_renamed { UNKNOWN } else { 0.0 };
        drafts.by(template.name, template.cost + site.hints.bonus(template.name) - unknown);
        if !drafts.is_too_dear(-BONUS_MAX) {
            (template.make)(site, drafts);
        }
    }
}
