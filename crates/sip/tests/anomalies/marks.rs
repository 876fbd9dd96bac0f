//! A message with its fields marked: `«name|text»`, one within another where a field has parts.
use std::ops::Range;

/// A message without its marks, and where its fields are.
pub(crate) struct Marked {
    pub(crate) text: String,
    pub(crate) fields: Vec<Field>,
}

/// A field.
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) place: Range<usize>,
}

/// What a spoil has to work with: all that is around the field.
pub(crate) struct Place<'a> {
    pub(crate) before: &'a str,
    pub(crate) field: &'a str,
    pub(crate) after: &'a str,
}

impl Marked {
    pub(crate) fn parse(marked: &str) -> Self {
        let (mut text, mut fields, mut open) = (String::new(), Vec::new(), Vec::new());
        let mut chars = marked.chars();
        while let Some(c) = chars.next() {
            match c {
                '«' => {
                    let name: String = chars.by_ref().take_while(|c| *c != '|').collect();
                    open.push((name, text.len()));
                }
                '»' => {
                    let (name, from) = open.pop().expect("marks are balanced");
                    let place = from..text.len();
                    fields.push(Field { name, place });
                }
                other => text.push(other),
            }
        }
        assert!(open.is_empty(), "marks are balanced: {open:?}");
        Self { text, fields }
    }

    /// The message with one field spoilt. Where that is in the body the length is told right, or the body would
    /// never be looked at.
    pub(crate) fn spoilt(&self, field: &Field, spoil: fn(Place<'_>) -> Vec<u8>) -> Vec<u8> {
        let (before, rest) = self.text.split_at(field.place.start);
        let (field_text, after) = rest.split_at(field.place.len());
        let bytes = spoil(Place {
            before,
            field: field_text,
            after,
        });
        match self.text.split_once("\r\n\r\n") {
            Some((head, _)) if field.place.start > head.len() => with_length(head, &bytes),
            _ => bytes,
        }
    }
}

fn with_length(head: &str, bytes: &[u8]) -> Vec<u8> {
    let Some(body) = bytes.get(head.len() + 4..) else {
        return bytes.to_vec();
    };
    let lines = head
        .split("\r\n")
        .filter(|line| !line.starts_with("Content-Length"));
    let mut head = lines.collect::<Vec<_>>().join("\r\n");
    head += &format!("\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}
