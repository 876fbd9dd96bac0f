//! Ranges to the bytes of a table.
use std::collections::BTreeMap;

use gudok_model::Wall;

use super::{CHECKED, CODE, HEADER, MAGIC, ORDER, RANGE, VERSION, ZONE, checksum};

/// Numbers with one region, issued to one operator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Range {
    /// First number: the ten digits behind `+7`.
    pub first: u64,
    /// Last number, at least the first.
    pub last: u64,
    /// Code of the subject; empty for the country alone.
    pub subject: String,
    /// The other subject, or empty.
    pub also: String,
    /// IANA name of the zone, or empty.
    pub zone: String,
    /// To whom it was given, or empty.
    pub operator: String,
}

/// What does not fit into a table.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TooMuch {
    /// More regions or operators than an index can count.
    #[error("a table has room for 65535 {0}")]
    Kinds(&'static str),
    /// A code or a zone that is longer than its field.
    #[error("«{0}» is too long for a table")]
    Word(String),
    /// A range that runs backwards, overlaps the one before, or is longer than a code.
    #[error("the range from {0} does not follow the one before")]
    Order(u64),
    /// A text or a number of ranges that cannot be counted.
    #[error("the table would be too large")]
    Size,
}

/// Writes ranges that are in order and do not overlap. `source` and `made` say what they are of.
///
/// Neighbours of one region and one operator become one.
///
/// # Errors
/// When something does not fit.
pub fn write(ranges: &[Range], source: &str, made: Wall) -> Result<Vec<u8>, TooMuch> {
    let (mut regions, mut operators) = (Kinds::new("regions"), Kinds::new("operators"));
    let mut rows: Vec<[u8; RANGE]> = Vec::new();
    let mut before = None;
    for range in merged(ranges) {
        let count = range.last.checked_sub(range.first);
        let count = count.filter(|count| *count < 1 << 24 && range.first < 1 << 40);
        let count = count.filter(|_| before.is_none_or(|before| range.first > before));
        let count = count.ok_or(TooMuch::Order(range.first))?;
        before = Some(range.last);
        let region = regions.number(region(&range)?)?;
        let operator = operators.number(range.operator)?;
        rows.push(row(range.first, count, region, operator));
    }
    let mut text = source.to_owned();
    let mut names = Vec::new();
    for name in operators.in_order() {
        names.extend(counted(text.len())?.to_le_bytes());
        names.extend(counted(name.len())?.to_le_bytes());
        text += &name;
    }
    let mut bytes = MAGIC.to_vec();
    bytes.extend(ORDER.to_le_bytes());
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend((RANGE as u16).to_le_bytes());
    for count in [rows.len(), regions.known.len(), names.len() / 8, text.len()] {
        bytes.extend(counted(count)?.to_le_bytes());
    }
    bytes.extend(made.0.to_le_bytes());
    bytes.extend(counted(source.len())?.to_le_bytes());
    bytes.extend([0; HEADER - CHECKED]);
    bytes.extend(rows.into_iter().flatten());
    bytes.extend(regions.in_order().into_iter().flatten());
    bytes.extend(names);
    bytes.extend(text.as_bytes());
    let sum = checksum(&bytes).to_le_bytes();
    bytes[CHECKED..HEADER].copy_from_slice(&sum);
    Ok(bytes)
}

/// Neighbours that tell the same as one range, as long as that stays within a code of three digits.
fn merged(ranges: &[Range]) -> Vec<Range> {
    let mut merged: Vec<Range> = Vec::new();
    let same = |a: &Range, b: &Range| {
        let told = |it: &Range| {
            (
                it.subject.clone(),
                it.also.clone(),
                it.zone.clone(),
                it.operator.clone(),
            )
        };
        a.last + 1 == b.first && a.first / 10_000_000 == b.last / 10_000_000 && told(a) == told(b)
    };
    for range in ranges {
        match merged.last_mut() {
            Some(before) if same(before, range) => before.last = range.last,
            _ => merged.push(range.clone()),
        }
    }
    merged
}

fn row(first: u64, count: u64, region: u16, operator: u16) -> [u8; RANGE] {
    let mut row = [0; RANGE];
    row[..5].copy_from_slice(&first.to_le_bytes()[..5]);
    row[5..8].copy_from_slice(&count.to_le_bytes()[..3]);
    row[8..10].copy_from_slice(&region.to_le_bytes());
    row[10..].copy_from_slice(&operator.to_le_bytes());
    row
}

fn region(range: &Range) -> Result<Vec<u8>, TooMuch> {
    let mut bytes = Vec::new();
    for (word, length) in [
        (&range.subject, CODE),
        (&range.also, CODE),
        (&range.zone, ZONE),
    ] {
        if word.len() > length || !word.is_ascii() {
            return Err(TooMuch::Word(word.clone()));
        }
        bytes.extend(word.as_bytes());
        bytes.resize(bytes.len() + length - word.len(), 0);
    }
    Ok(bytes)
}

fn counted(count: usize) -> Result<u32, TooMuch> {
    u32::try_from(count).map_err(|_| TooMuch::Size)
}

/// Things numbered as they come.
struct Kinds<T> {
    what: &'static str,
    known: BTreeMap<T, u16>,
}

impl<T: Ord + Clone> Kinds<T> {
    fn new(what: &'static str) -> Self {
        Self {
            what,
            known: BTreeMap::new(),
        }
    }

    fn number(&mut self, thing: T) -> Result<u16, TooMuch> {
        let next = u16::try_from(self.known.len())
            .ok()
            .filter(|next| *next < u16::MAX);
        let next = next.ok_or(TooMuch::Kinds(self.what))?;
        Ok(*self.known.entry(thing).or_insert(next))
    }

    fn in_order(&self) -> Vec<T> {
        let mut things: Vec<(&T, &u16)> = self.known.iter().collect();
        things.sort_by_key(|(_, number)| **number);
        things.into_iter().map(|(thing, _)| thing.clone()).collect()
    }
}
