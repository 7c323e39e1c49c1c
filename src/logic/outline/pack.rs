//! An outline as a run of bytes: a tenth of the memory, written to disk as it stands, and read without making a copy.

use std::sync::Arc;

use super::{Definition, Kind, Outline, Reference};

/// Cheap to clone. Whatever its bytes are, reading it is safe: it ends where they make no sense.
///
/// Numbers are LEB128, texts a length and UTF-8. First the number of definitions, then each: kind, lines after the last
/// one's start, lines it has after its first, distance to its parent or 0, name, signature. Then the number of references and each:
/// name, number of lines, and the lines, each as the distance to the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedOutline(Arc<[u8]>);

/// A definition as a graph needs it.
pub struct PackedDefinition<'a> {
    pub name: &'a str,
    pub kind: Kind,
    pub first_line: u32,
    n_more_lines: u32,
    parent: Option<u32>,
    signature: &'a str,
}

/// A name that is used, with the number of lines it is used in.
pub struct PackedReference<'a> {
    pub name: &'a str,
    pub n_lines: u32,
    lines: Reader<'a>,
}

/// As numbered.
const KINDS: [Kind; 6] =
    [Kind::Function, Kind::Type, Kind::Implementation, Kind::Module, Kind::Constant, Kind::Macro];

impl PackedOutline {
    pub fn of(outline: &Outline) -> PackedOutline {
        let mut bytes = Vec::new();
        put(&mut bytes, outline.definitions.len() as u32);
        let mut line = 0;
        for (at, definition) in outline.definitions.iter().enumerate() {
            put(&mut bytes, definition.kind as u32);
            put(&mut bytes, definition.first_line.wrapping_sub(line));
            put(&mut bytes, definition.last_line.wrapping_sub(definition.first_line));
            put(&mut bytes, definition.parent.map_or(0, |parent| at as u32 - parent));
            put_text(&mut bytes, &definition.name);
            put_text(&mut bytes, &definition.signature);
            line = definition.first_line;
        }
        put(&mut bytes, outline.references.len() as u32);
        for reference in &outline.references {
            put_text(&mut bytes, &reference.name);
            put(&mut bytes, reference.lines.len() as u32);
            let mut last = 0;
            for line in &reference.lines {
                put(&mut bytes, line - last);
                last = *line;
            }
        }
        PackedOutline(bytes.into())
    }

    /// Takes what was written to disk.
    pub fn from_bytes(bytes: &[u8]) -> PackedOutline {
        PackedOutline(bytes.into())
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn outline(&self) -> Outline {
        Outline {
            definitions: self.definitions().map(|packed| packed.definition()).collect(),
            references: self.references().map(|packed| packed.reference()).collect(),
        }
    }

    pub fn definitions(&self) -> impl Iterator<Item = PackedDefinition<'_>> {
        self.all_definitions()
    }

    pub fn references(&self) -> impl Iterator<Item = PackedReference<'_>> {
        let mut definitions = self.all_definitions();
        definitions.by_ref().for_each(drop);
        let mut reader = definitions.reader;
        let n = reader.number().unwrap_or(0);
        (0..n).map_while(move |_| reader.reference())
    }

    fn all_definitions(&self) -> Definitions<'_> {
        let mut reader = Reader(&self.0);
        let n_left = reader.number().unwrap_or(0);
        Definitions { reader, n_left, at: 0, line: 0 }
    }
}

struct Definitions<'a> {
    reader: Reader<'a>,
    n_left: u32,
    at: u32,
    line: u32,
}

impl<'a> Iterator for Definitions<'a> {
    type Item = PackedDefinition<'a>;

    fn next(&mut self) -> Option<PackedDefinition<'a>> {
        self.n_left = self.n_left.checked_sub(1)?;
        let read = self.reader.definition(self.at, self.line);
        self.at += 1;
        match &read {
            Some(definition) => self.line = definition.first_line,
            None => self.n_left = 0,
        }
        read
    }
}

impl PackedDefinition<'_> {
    pub fn definition(&self) -> Definition {
        Definition {
            name: self.name.into(),
            kind: self.kind,
            first_line: self.first_line,
            last_line: self.first_line.wrapping_add(self.n_more_lines),
            signature: self.signature.into(),
            parent: self.parent,
        }
    }
}

impl PackedReference<'_> {
    pub fn reference(&self) -> Reference {
        let mut reader = self.lines;
        let mut last = 0u32;
        let lines = (0..self.n_lines).map_while(|_| {
            last = last.wrapping_add(reader.number()?);
            Some(last)
        });
        Reference { name: self.name.into(), lines: lines.collect() }
    }
}

/// The bytes that are not read yet.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn number(&mut self) -> Option<u32> {
        let mut number = 0u32;
        for shift in (0..35).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u32::from(byte & 127).wrapping_shl(shift);
            if byte & 128 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn text(&mut self) -> Option<&'a str> {
        let n = self.number()? as usize;
        let (text, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    fn definition(&mut self, at: u32, line: u32) -> Option<PackedDefinition<'a>> {
        let kind = *KINDS.get(self.number()? as usize)?;
        let first_line = line.wrapping_add(self.number()?);
        let n_more_lines = self.number()?;
        let parent = match self.number()? {
            0 => None,
            distance => Some(at.checked_sub(distance)?),
        };
        let (name, signature) = (self.text()?, self.text()?);
        Some(PackedDefinition { name, kind, first_line, n_more_lines, parent, signature })
    }

    fn reference(&mut self) -> Option<PackedReference<'a>> {
        let name = self.text()?;
        let n_lines = self.number()?;
        let lines = *self;
        for _ in 0..n_lines {
            self.number()?;
        }
        Some(PackedReference { name, n_lines, lines })
    }
}

fn put(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 128 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put(bytes, text.len() as u32);
    bytes.extend_from_slice(text.as_bytes());
}
