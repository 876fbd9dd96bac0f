//! What may happen to a message on its way, by the dice: a byte, an end, a line, a piece of another dialog.

/// SplitMix64: enough for dice, and the same on each machine.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    pub(crate) fn one_of(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }
}

/// What means something somewhere.
const WORDS: [&[u8]; 16] = [
    b"\r\n",
    b"\r\n\r\n",
    b"\r\n ",
    b";",
    b",",
    b"<",
    b">",
    b"\"",
    b":",
    b"@",
    b"\0",
    b"\xff",
    b"%00",
    b"4294967296",
    b"=",
    b"-1",
];
/// At most so many of them in one message.
const TIMES_MAX: usize = 3;

/// The message after one to three accidents. `other`: a message of another dialog.
pub(crate) fn mutated(text: &str, other: &str, dice: &mut Dice) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=dice.below(TIMES_MAX) {
        bytes = match dice.below(9) {
            0 | 1 => flipped(bytes, dice),
            2 => truncated(bytes, dice),
            3 => edited(bytes, dice),
            4..=7 => with_lines(&bytes, other, dice),
            _ => spliced(bytes, other, dice),
        };
    }
    bytes
}

fn flipped(mut bytes: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << dice.below(8);
        }
    }
    bytes
}

fn truncated(mut bytes: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    bytes.truncate(dice.below(bytes.len()));
    bytes
}

/// A piece of up to 16 bytes gives way to a word.
fn edited(mut bytes: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    let at = dice.below(bytes.len());
    let to = (at + dice.below(16)).min(bytes.len());
    let word = WORDS[dice.below(WORDS.len())];
    drop(bytes.splice(at..to, word.iter().copied()));
    bytes
}

/// A line comes twice, not at all, in the place of another one, or is one of the other dialog.
fn with_lines(bytes: &[u8], other: &str, dice: &mut Dice) -> Vec<u8> {
    const END: &[u8] = b"\r\n";
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut lines: Vec<&str> = text.split("\r\n").collect();
    let (one, two) = (dice.below(lines.len()), dice.below(lines.len()));
    let foreign: Vec<&str> = other
        .split("\r\n")
        .filter(|line| !line.is_empty())
        .collect();
    match dice.below(4) {
        0 => lines.insert(two, lines[one]),
        1 => drop(lines.remove(one)),
        2 => lines.swap(one, two),
        _ => {
            let name = |line: &str| line.split(':').next().unwrap_or("").to_owned();
            let same = foreign.iter().find(|line| name(line) == name(lines[one]));
            lines[one] = same.copied().unwrap_or("");
        }
    }
    let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
    lines.join(END)
}

/// Begins as one and ends as the other.
fn spliced(mut bytes: Vec<u8>, other: &str, dice: &mut Dice) -> Vec<u8> {
    bytes.truncate(dice.below(bytes.len()));
    let from = dice.below(other.len());
    bytes.extend_from_slice(&other.as_bytes()[from..]);
    bytes
}

#[test]
fn the_same_dice_do_the_same_and_others_do_otherwise() {
    let text = "BYE sip:a@b SIP/2.0\r\nVia: x\r\nTo: <sip:a>;tag=1\r\n\r\n";
    let of = |seed| {
        mutated(
            text,
            "INFO sip:c@d SIP/2.0\r\nTo: <sip:c>;tag=2\r\n\r\n",
            &mut Dice(seed),
        )
    };
    assert_eq!(of(7), of(7));
    let distinct: std::collections::BTreeSet<Vec<u8>> = (0..100).map(of).collect();
    assert!(distinct.len() > 75, "{}", distinct.len());
}
