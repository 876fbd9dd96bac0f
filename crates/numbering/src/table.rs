//! Ranges of numbers as one binary file that is searched as it lies: only its header is read at the start.
//!
//! All numbers are little-endian, whatever machine wrote them; the mark in the header says so again.
//!
//! | from | bytes | what |
//! |---|---|---|
//! | 0 | 8 | `GUDOKNUM` |
//! | 8 | 4 | the mark `0x01020304` |
//! | 12 | 2 | version of the format, 1 |
//! | 14 | 2 | bytes of a range, 12 |
//! | 16 | 4 | ranges |
//! | 20 | 4 | regions |
//! | 24 | 4 | operators |
//! | 28 | 4 | bytes of text |
//! | 32 | 8 | date of the source. Microseconds since 1970 UTC |
//! | 40 | 4 | bytes of text that name the source; they are its first |
//! | 44 | 4 | CRC-32C of the header before this field and of everything behind it |
//! | 48 | 12 each | ranges, in order: first number (5), how many more (3), region (2), operator (2) |
//! | … | 48 each | regions: subject (8), the other subject (8), zone (32); ASCII, filled with zeros |
//! | … | 8 each | operators: where the name begins in the text (4), its bytes (4) |
//! | … | | text, UTF-8 |
//!
//! Numbers are the ten digits behind `+7`. The file carries the zones, so that a change of the law needs no new program.
mod write;

use std::fmt;

use gudok_model::Wall;

pub use write::{Range, TooMuch, write};

/// What the file begins with.
const MAGIC: &[u8; 8] = b"GUDOKNUM";
const ORDER: u32 = 0x0102_0304;
/// Version of the format.
pub const VERSION: u16 = 1;

const HEADER: usize = 48;
const CHECKED: usize = 44;
const RANGE: usize = 12;
const REGION: usize = 48;
const CODE: usize = 8;
const ZONE: usize = 32;
const OPERATOR: usize = 8;

/// Largest file taken. The whole registry makes less than one MiB.
pub const TABLE_BYTES_MAX: usize = 16 << 20;

/// The ranges of a registry.
#[derive(Clone)]
pub struct Table {
    /// The head and the rows.
    bytes: Vec<u8>,
    /// Names of files and operators, behind them in the file.
    text: String,
    ranges: usize,
    regions: usize,
    operators: usize,
    source: usize,
    made: Wall,
}

/// Why a file is no table of ours.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TableError {
    /// It begins with something else.
    #[error("это не таблица номеров: сделайте её командой gudok numbers import")]
    Foreign,
    /// Made by a program with another format.
    #[error(
        "формат {0} таблицы номеров здесь не известен (известен {VERSION}): сделайте её заново командой gudok numbers import"
    )]
    Version(u16),
    /// The header promises another length.
    #[error("в таблице номеров {found} байт, а должно быть {wanted}: скопируйте её ещё раз")]
    Length {
        /// By the header.
        wanted: usize,
        /// As it is.
        found: usize,
    },
    /// Something in it was changed.
    #[error("контрольная сумма таблицы номеров не сходится: скопируйте её ещё раз")]
    Checksum,
    /// Beyond [`TABLE_BYTES_MAX`].
    #[error("таблица номеров больше {TABLE_BYTES_MAX} байт не бывает")]
    TooLarge,
}

/// What a table says of one number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry<'a> {
    /// First number of the range, the ten digits behind `+7`.
    pub first: u64,
    /// Last number of it.
    pub last: u64,
    /// Code of the subject; empty where the registry names none.
    pub subject: &'a str,
    /// The other subject, or empty.
    pub also: &'a str,
    /// IANA name of the zone, or empty.
    pub zone: &'a str,
    /// To whom the range was given, or empty. A number may have been ported to another operator since.
    pub operator: &'a str,
}

impl Table {
    /// Takes a file as it was read. What is checked is the header, the length and the checksum; nothing is unpacked.
    ///
    /// # Errors
    /// When it is no table, was cut or was changed.
    pub fn read(mut bytes: Vec<u8>) -> Result<Self, TableError> {
        if bytes.len() > TABLE_BYTES_MAX {
            return Err(TableError::TooLarge);
        }
        if bytes.len() < HEADER || !bytes.starts_with(MAGIC) || u32_at(&bytes, 8) != ORDER {
            return Err(TableError::Foreign);
        }
        let (version, row) = (u16_at(&bytes, 12), u16_at(&bytes, 14));
        if version != VERSION || usize::from(row) != RANGE {
            return Err(TableError::Version(version));
        }
        let count = |at| u32_at(&bytes, at) as usize;
        let (ranges, regions, operators) = (count(16), count(20), count(24));
        let (text, source) = (count(28), count(40));
        let wanted = [
            (ranges, RANGE),
            (regions, REGION),
            (operators, OPERATOR),
            (text, 1),
        ]
        .iter()
        .fold(HEADER, |sum, (count, size)| {
            sum.saturating_add(count.saturating_mul(*size))
        });
        let found = bytes.len();
        if wanted != found || source > text {
            return Err(TableError::Length { wanted, found });
        }
        if checksum(&bytes) != u32_at(&bytes, CHECKED) {
            return Err(TableError::Checksum);
        }
        let made = Wall(u64_of(&bytes[32..40]).cast_signed());
        // Once, and not for every caller.
        let text = String::from_utf8(bytes.split_off(found - text));
        let text = text.map_err(|_| TableError::Foreign)?;
        Ok(Self {
            bytes,
            text,
            ranges,
            regions,
            operators,
            source,
            made,
        })
    }

    /// The range that has this number: the ten digits behind `+7`.
    pub fn find(&self, number: u64) -> Option<Entry<'_>> {
        let (mut low, mut high) = (0, self.ranges);
        while low < high {
            let middle = low.midpoint(high);
            match self.first(middle) <= number {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        let row = self.row(low.checked_sub(1)?);
        let first = u64_of(&row[..5]);
        let last = first + u64_of(&row[5..8]);
        (number <= last).then(|| self.entry(first, last, row))
    }

    fn entry(&self, first: u64, last: u64, row: &[u8]) -> Entry<'_> {
        let region = self.region(usize::from(u16_at(row, 8)));
        Entry {
            first,
            last,
            subject: ascii(region, 0, CODE),
            also: ascii(region, CODE, CODE),
            zone: ascii(region, 2 * CODE, ZONE),
            operator: self.operator(usize::from(u16_at(row, 10))),
        }
    }

    fn first(&self, at: usize) -> u64 {
        u64_of(&self.row(at)[..5])
    }

    fn row(&self, at: usize) -> &[u8] {
        &self.bytes[HEADER + at * RANGE..][..RANGE]
    }

    /// Empty for an index that the file does not have.
    fn region(&self, at: usize) -> &[u8] {
        let from = HEADER + self.ranges * RANGE + at * REGION;
        match at < self.regions {
            true => &self.bytes[from..from + REGION],
            false => &[],
        }
    }

    fn operator(&self, at: usize) -> &str {
        if at >= self.operators {
            return "";
        }
        let names = HEADER + self.ranges * RANGE + self.regions * REGION;
        let entry = names + at * OPERATOR;
        let (from, length) = (
            u32_at(&self.bytes, entry) as usize,
            u32_at(&self.bytes, entry + 4) as usize,
        );
        self.text
            .get(from..from.saturating_add(length))
            .unwrap_or("")
    }

    /// How many ranges it has.
    pub fn ranges(&self) -> usize {
        self.ranges
    }

    /// What it was made of: names of files.
    pub fn source(&self) -> &str {
        self.text.get(..self.source).unwrap_or("")
    }

    /// The date of the source.
    pub fn made(&self) -> Wall {
        self.made
    }

    /// Bytes of the file.
    pub fn size(&self) -> usize {
        self.bytes.len() + self.text.len()
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table({} ranges of {:?})", self.ranges, self.source())
    }
}

fn checksum(bytes: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&bytes[..CHECKED]), &bytes[HEADER..])
}

/// Little-endian, of up to eight bytes.
fn u64_of(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// A word that was filled with zeros; empty where there is none.
fn ascii(region: &[u8], from: usize, length: usize) -> &str {
    let field = region.get(from..from + length).unwrap_or_default();
    let word = field.split(|byte| *byte == 0).next().unwrap_or_default();
    std::str::from_utf8(word).unwrap_or("")
}

#[cfg(test)]
mod tests;
