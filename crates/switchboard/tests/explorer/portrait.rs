//! Which states are the same: those that read the same but for how far apart their moments are, and for what only tells
//! what has been.
use std::collections::BTreeSet;
use std::fmt::{Debug, Write};

/// The clock begins late, so that a moment is told from every other number by its size.
pub(crate) const START: u64 = 1 << 41;

/// Fields that nothing depends on but what is told: the plan and the settings, counters, cards, the record.
const UNSEEN: [&str; 41] = [
    "asked",
    "benches",
    "breaks",
    "card",
    "caller",
    "config",
    "counters",
    "course",
    "dialled",
    "empty",
    "has_edges",
    "hidden",
    "last_talks",
    "ledgers",
    "meter",
    "next_leg",
    "next_play",
    "number",
    "offers_made",
    "on_record",
    "outputs",
    "plan",
    "play",
    "playing",
    "press",
    "presses",
    "profile",
    "reasons",
    "round",
    "sip_call_id",
    "seq",
    "settings",
    "shelf",
    "shown",
    "skills",
    "standing",
    "tallies",
    "told",
    "version",
    "waits",
    "watched",
];

/// A number for everything that `Debug` tells of these.
pub(crate) fn portrait(of: &[&dyn Debug]) -> u64 {
    let mut reader = Reader::default();
    for value in of {
        write!(reader, "{value:?};").expect("a reader takes all");
    }
    let moments: Vec<u64> = reader.moments.iter().copied().collect();
    let number = |token: &Token| match token {
        Token::Text(text) => *text,
        Token::Moment(at) => moments.binary_search(at).unwrap_or_default() as u64 + (1 << 20),
    };
    let numbers = reader.tokens.iter().map(number);
    numbers.fold(1, |sum, it| mix(sum ^ it.rotate_left(17)))
}

enum Token {
    Text(u64),
    Moment(u64),
}

/// What `Debug` writes, as it comes: names of fields, values, and brackets around them.
#[derive(Default)]
struct Reader {
    tokens: Vec<Token>,
    moments: BTreeSet<u64>,
    /// Brackets that are open.
    depth: usize,
    in_text: bool,
    escaped: bool,
    /// The last piece, where it may be the name of a field.
    name: Option<&'static str>,
    /// Until the brackets are closed to this depth, or a comma comes in it, nothing is seen.
    blind: Option<usize>,
}

impl Write for Reader {
    fn write_str(&mut self, piece: &str) -> std::fmt::Result {
        if self.in_text || piece == "\"" {
            self.text(piece);
            self.see(piece);
            return Ok(());
        }
        self.ends(piece);
        self.see(piece);
        self.begins(piece);
        Ok(())
    }
}

impl Reader {
    fn text(&mut self, piece: &str) {
        let escaped = self.escaped;
        self.escaped = piece == "\\" && !escaped;
        if piece == "\"" && !escaped {
            self.in_text = !self.in_text;
        }
    }

    /// A closing bracket, or a comma, ends what is not looked at.
    fn ends(&mut self, piece: &str) {
        let closed = piece.matches(['}', ')', ']']).count();
        let opened = piece.matches(['{', '(', '[']).count();
        let depth = (self.depth + opened).saturating_sub(closed);
        let comma = piece == ", " && self.blind == Some(self.depth);
        if comma || self.blind.is_some_and(|blind| depth < blind) {
            self.blind = None;
        }
        self.depth = depth;
    }

    fn begins(&mut self, piece: &str) {
        if piece == ": " && self.name.is_some() && self.blind.is_none() {
            self.blind = Some(self.depth);
        }
        self.name = UNSEEN.into_iter().find(|name| *name == piece);
    }

    fn see(&mut self, piece: &str) {
        if self.blind.is_some() {
            return;
        }
        let moment = piece.parse().ok().filter(|at| *at >= START);
        self.moments.extend(moment);
        self.tokens.push(match moment {
            Some(at) => Token::Moment(at),
            None => Token::Text(text(piece)),
        });
    }
}

fn mix(of: u64) -> u64 {
    let mut z = of.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// FNV-1a.
fn text(of: &str) -> u64 {
    let step = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    of.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    #[expect(dead_code, reason = "read by its `Debug`")]
    struct State {
        name: &'static str,
        version: (u32, [u8; 2]),
        due: u64,
        since: u64,
    }

    fn state(name: &'static str, version: u32, due: u64, since: u64) -> u64 {
        let version = (version, [1, 2]);
        let state = State {
            name,
            version,
            due: START + due,
            since: START + since,
        };
        portrait(&[&state])
    }

    #[test]
    fn only_the_order_of_moments_is_seen_and_no_counters() {
        let one = state("a \"} ,", 1, 5, 9);
        assert_eq!(
            one,
            state("a \"} ,", 2, 7, 70),
            "later, and another version"
        );
        assert_ne!(one, state("a \"} ,", 1, 9, 5), "the other order");
        assert_ne!(one, state("a \"} ,", 1, 5, 5), "at once");
        assert_ne!(one, state("b", 1, 5, 9), "another name");
    }
}
