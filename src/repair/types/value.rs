//! The type of an expression, by the types of what it is made of.

use std::collections::BTreeMap;

use super::declared::{Signature, element, is_char, is_float};
use super::{At, Kind, Known, Types};
use crate::repair::language::Role;
use crate::repair::syntax::Node;

impl<'t> Types<'t> {
    pub(super) fn kind_of<'a>(&self, node: Node<'a>, at: At<'a>) -> Option<Kind> {
        self.kind(self.type_of(node, at)?)
    }

    /// The type of an expression as it would be written.
    pub(super) fn type_of<'a>(&self, node: Node<'a>, at: At<'a>) -> Option<&'a str>
    where
        't: 'a,
    {
        let part = |fields: &[&str]| node.part(fields);
        match node.role() {
            Role::String if node.text().starts_with('b') => None,
            Role::Integer if is_float(node.text()) => Some("f64"),
            Role::String if is_char(node, self.words) => Some(self.words.char_literal),
            Role::Integer
            | Role::Float
            | Role::String
            | Role::List
            | Role::Map
            | Role::Tuple
            | Role::Lambda
            | Role::Function
            | Role::Range => self.literal(node.role()),
            Role::Logical if self.words.loose.is_some() => self.agreed(node, at),
            Role::Boolean | Role::Comparison | Role::Logical => Some("bool"),
            Role::Not if self.words.loose.is_some() => Some("bool"),
            Role::Unary if self.unary(node).is_some() => self.unary(node),
            Role::Conditional => self.agreed(node, at),
            Role::Not => self.type_of(node.first()?, at),
            Role::Negative | Role::Group | Role::Unary | Role::Slice => {
                self.type_of(node.first()?, at)
            }
            Role::Cast => part(&["type"]).map(Node::text),
            Role::Name => match self.known(node, at) {
                Known::Here(local) => local.of,
                Known::Nothing if self.functions.contains_key(&(None, node.text())) => {
                    self.literal(Role::Function)
                }
                Known::Nothing => self.words.gives(node.text()),
                Known::Elsewhere => None,
            },
            Role::Attribute => self.type_of_field(node, at),
            Role::Call => self.type_of_call(node, at),
            Role::Arithmetic => self.type_of_arithmetic(node, at),
            Role::Index => {
                let (list, key) = (self.type_of(node.first()?, at)?, node.last()?);
                match self.kind_of(key, at)? {
                    Kind::Iterator => Some(list),
                    Kind::Integer | Kind::Number => element(list),
                    _ => None,
                }
            }
            _ if node.kind() == "macro_invocation" => {
                let name = part(&["macro"])?.text();
                self.words
                    .gives
                    .iter()
                    .find(|(known, _)| known.strip_suffix('!') == Some(name))
                    .map(|(_, of)| *of)
            }
            _ => None,
        }
    }

    fn type_of_arithmetic<'a>(&self, node: Node<'a>, at: At<'a>) -> Option<&'a str>
    where
        't: 'a,
    {
        // A sum may be one of texts.
        if self.words.loose.is_some() && node.tokens().all(|token| token.text() != "+") {
            return self.literal(Role::Integer);
        }
        let (first, last) = (self.type_of(node.first()?, at)?, self.type_of(node.last()?, at)?);
        let (a, b) = (self.kind(first)?, self.kind(last)?);
        let is_text = self.words.loose.is_some() && b == Kind::Text;
        let of = if a == Kind::Number || is_text { last } else { first };
        // Types of the file have operators that may give anything.
        Some(of).filter(|_| a != Kind::Own && b != Kind::Own)
    }

    fn type_of_field<'a>(&self, node: Node<'a>, at: At<'a>) -> Option<&'a str>
    where
        't: 'a,
    {
        let (object, name) = (node.first()?, node.last()?.text());
        if let Some(owner) = self.owner_of(object, at) {
            let is_method = self.functions.contains_key(&(Some(owner), name));
            let method = if is_method { self.literal(Role::Function) } else { None };
            return self.fields.get(&(owner, name)).copied().flatten().or(method);
        }
        let is_known = self.fields.keys().any(|(_, known)| *known == name);
        let properties = self.words.properties.iter();
        let mut known = properties.filter(|(known, _)| *known == name && !is_known);
        known.next().map(|(_, of)| *of)
    }

    /// The type of a literal, and of what else shows its type.
    pub(super) fn literal(&self, role: Role) -> Option<&'static str> {
        self.words.literals.iter().find(|(known, _)| *known == role).map(|(_, of)| *of)
    }

    /// What an operator before a value gives, if that is always the same.
    fn unary(&self, node: Node<'_>) -> Option<&'static str> {
        let operator = node.tokens().next()?.text();
        self.words.unary.iter().find(|(known, _)| *known == operator).map(|(_, of)| *of)
    }

    /// The type of two values of which one is taken, where they have the same.
    fn agreed<'a>(&self, node: Node<'a>, at: At<'a>) -> Option<&'a str>
    where
        't: 'a,
    {
        let last = node.last()?;
        let first = node.parts().filter(|part| part.id() != last.id()).last()?;
        let (first, last) = (self.type_of(first, at)?, self.type_of(last, at)?);
        (self.kind(first)? == self.kind(last)?).then_some(first)
    }

    fn type_of_call<'a>(&self, call: Node<'a>, at: At<'a>) -> Option<&'a str>
    where
        't: 'a,
    {
        if let Some(class) = call.part(&["constructor"]) {
            return Some(class.text());
        }
        let callee = call.part(&["function"])?;
        let whole = callee.text();
        let name = callee
            .last()
            .filter(|_| callee.is(&[Role::Attribute, Role::Path]))
            .unwrap_or(callee)
            .text();
        let head = whole.strip_suffix(name).map_or("", |head| head.trim_end_matches(['.', ':']));
        if callee.role() == Role::Path
            && matches!(name, "new" | "with_capacity" | "from" | "default")
        {
            return self.kind(head).map(|_| head);
        }
        if let Some(signature) = self.signature(callee, at) {
            return signature.gives;
        }
        if self.functions.keys().any(|(_, known)| *known == name) {
            return None;
        }
        // Conversions of Go look like calls.
        if callee.role() == Role::Name && self.words.names.iter().any(|(known, _)| *known == name) {
            return Some(name);
        }
        if callee.role() == Role::Attribute && self.words.keeps.contains(&name) {
            let of = self.type_of(callee.first()?, at)?;
            // A copy of what is lent is one's own.
            let of = if name == "clone" { of.trim_start_matches('&') } else { of };
            let of = of.strip_prefix("mut ").unwrap_or(of);
            return Some(of).filter(|of| self.kind(of) != Some(Kind::Iterator));
        }
        let is_variable = matches!(self.known(callee, at), Known::Here(_));
        let fits = |known: &str| match (known.strip_prefix('.'), known.strip_suffix('*')) {
            (Some(method), _) => {
                let start = method.strip_suffix('*');
                callee.role() == Role::Attribute
                    && start.map_or(name == method, |start| name.starts_with(start))
            }
            (None, Some(start)) => whole.starts_with(start),
            (None, None) => known == whole && !is_variable,
        };
        let of = self.words.gives.iter().find(|(known, _)| fits(known)).map(|(_, of)| *of)?;
        // What other types have by these names may give something.
        let is_sure =
            self.kind(of) != Some(Kind::Nothing) || self.kind_of(callee.first()?, at).is_some();
        is_sure.then_some(of)
    }

    /// The type of the file that a value is of.
    pub(super) fn owner_of<'a>(&self, object: Node<'a>, at: At<'a>) -> Option<&'a str>
    where
        't: 'a,
    {
        let own = object.tree.language.own;
        if !own.is_empty() && object.text() == own {
            return at.owner;
        }
        let of = self.type_of(object, at)?.trim_start_matches(['&', '*', ' ']);
        let of = of.strip_prefix("mut ").unwrap_or(of);
        Some(of).filter(|of| self.own.contains(of))
    }

    /// The function or method of the file that a callee is.
    pub(super) fn signature<'a>(&self, callee: Node<'a>, at: At<'a>) -> Option<&Signature<'a>>
    where
        't: 'a,
    {
        let key = match callee.role() {
            Role::Name if !matches!(self.known(callee, at), Known::Here(_)) => {
                (None, callee.text())
            }
            Role::Attribute => (Some(self.owner_of(callee.first()?, at)?), callee.last()?.text()),
            _ => return None,
        };
        let functions: &BTreeMap<(Option<&'a str>, &'a str), _> = &self.functions;
        functions.get(&key)?.as_ref()
    }
}
