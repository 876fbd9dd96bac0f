//! Which states are the same: those that read the same but for how far apart their moments are, and for what only tells
//! what has been.
use std::fmt::{Debug, Write};
use std::sync::LazyLock;

/// The clock begins late, so that a moment is told from every other number by its size.
pub(crate) const START: u64 = 1 << 41;

/// Fields that nothing depends on but what is told: the plan and the settings, counters, cards, the record.
const UNSEEN: [&str; 44] = [
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
    "epoch",
    "has_edges",
    "hidden",
    "last_talks",
    "leaving",
    "ledgers",
    "made",
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

/// The same, as numbers in their order.
static HASHED: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let mut hashed = UNSEEN.map(text).to_vec();
    hashed.sort_unstable();
    hashed
});

/// A number for everything that `Debug` tells of these.
pub(crate) fn portrait(of: &[&dyn Debug]) -> u64 {
    let mut reader = Reader::default();
    for value in of {
        write!(reader, "{value:?};").expect("a reader takes all");
    }
    reader.number()
}

/// What `Debug` writes, as it comes: names of fields, values, and brackets around them. A state is read for each move, so nothing is
/// kept of it but a number for what was seen between two moments.
#[derive(Default)]
struct Reader {
    /// Of what was seen since the last moment.
    sum: u64,
    /// Each moment, and the number of what was seen before it.
    moments: Vec<(u64, u64)>,
    /// Ids that the machine makes of the time: told from each other by which is seen first.
    ids: Vec<u64>,
    /// Brackets that are open.
    depth: usize,
    in_text: bool,
    escaped: bool,
    /// The last piece, where it may be the name of a field.
    last: u64,
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
        let (mut opened, mut closed) = (0, 0);
        for byte in piece.bytes() {
            match byte {
                b'{' | b'(' | b'[' => opened += 1,
                b'}' | b')' | b']' => closed += 1,
                _ => {}
            }
        }
        let depth = (self.depth + opened).saturating_sub(closed);
        let comma = piece == ", " && self.blind == Some(self.depth);
        if comma || self.blind.is_some_and(|blind| depth < blind) {
            self.blind = None;
        }
        self.depth = depth;
    }

    fn see(&mut self, piece: &str) {
        if self.blind.is_some() {
            return;
        }
        if piece == ": " && HASHED.binary_search(&self.last).is_ok() {
            self.blind = Some(self.depth);
        }
        self.last = text(piece);
        let seen = match piece.as_bytes() {
            // Moments have thirteen digits and more.
            [b'0'..=b'9', _, _, _, _, _, _, _, _, _, _, _, _, ..] => self.number_seen(piece),
            _ => Some(self.last),
        };
        if let Some(seen) = seen {
            self.sum = mix(self.sum ^ seen.rotate_left(17));
        }
    }

    /// None: a moment, whose place among the others is known at the end.
    fn number_seen(&mut self, piece: &str) -> Option<u64> {
        let is_made = piece.len() == 36 && !piece.starts_with("00000000-");
        if is_made && piece.as_bytes()[8] == b'-' {
            let known = self.ids.iter().position(|id| *id == self.last);
            let at = known.unwrap_or(self.ids.len());
            if known.is_none() {
                self.ids.push(self.last);
            }
            return Some(at as u64 + (1 << 21));
        }
        match piece.parse().ok().filter(|at| *at >= START) {
            Some(at) => {
                self.moments.push((self.sum, at));
                self.sum = 0;
                None
            }
            None => Some(self.last),
        }
    }

    fn number(&self) -> u64 {
        let mut ranks: Vec<u64> = self.moments.iter().map(|(_, at)| *at).collect();
        ranks.sort_unstable();
        ranks.dedup();
        let rank = |at: &u64| ranks.binary_search(at).unwrap_or_default() as u64;
        let numbers = self.moments.iter().map(|(sum, at)| mix(*sum ^ rank(at)));
        let numbers = numbers.chain([self.sum]);
        numbers.fold(1, |sum, it| mix(sum ^ it.rotate_left(17)))
    }
}

fn mix(of: u64) -> u64 {
    let mut z = of.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Eight bytes at a time.
fn text(of: &str) -> u64 {
    let words = of.as_bytes().chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    });
    let step = |sum: u64, word: u64| {
        (sum ^ word)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29)
    };
    words.fold(of.len() as u64, step)
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
