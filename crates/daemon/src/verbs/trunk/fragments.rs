//! Parts of IP packets to whole ones (RFC 791 §3.2, RFC 8200 §4.5): an INVITE with many headers is longer than a frame.
//!
//! A part that says otherwise than those before it begins its packet anew, as the ids of IPv4 come again (and RFC 5722 wants
//! no overlap believed); a part that is repeated changes nothing.
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Most packets put together beside each other; the one that was silent for the longest makes room. Each holds at most
/// [`WHOLE_MAX`].
pub(super) const PACKETS_MAX: usize = 128;
/// Longest packet.
const WHOLE_MAX: usize = 65_535;

/// Where a part belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Part {
    /// Of its packet.
    pub id: u32,
    /// The place of its first byte.
    pub at: usize,
    /// Whether nothing follows.
    pub last: bool,
}

/// What came of a part.
#[derive(Default, Debug)]
pub(super) struct Taken {
    /// What its packet carries, and the kind of that, where it was the last that lacked.
    pub whole: Option<(u8, Vec<u8>)>,
    /// Parts that will not become a packet any more.
    pub given_up: usize,
}

/// Packets of which something is missing.
#[derive(Default, Debug)]
pub(super) struct Fragments {
    packets: BTreeMap<Key, Pieces>,
    parts: u64,
}

/// Who sends to whom, the id, and for IPv4 what.
type Key = (IpAddr, IpAddr, u32, u8);

#[derive(Default, Debug)]
struct Pieces {
    pieces: BTreeMap<usize, Vec<u8>>,
    /// What the first one says that it is.
    kind: Option<u8>,
    /// Known from the last one.
    length: Option<usize>,
    /// Which of all parts was its last.
    heard: u64,
}

impl Part {
    /// Whether it is all of its packet.
    pub(super) fn is_whole(&self) -> bool {
        self.at == 0 && self.last
    }
}

impl Fragments {
    /// Takes a part: what it is said to be, its place, its bytes.
    pub(super) fn take(
        &mut self,
        (from, to): (IpAddr, IpAddr),
        (kind, part): (u8, Part),
        bytes: &[u8],
    ) -> Taken {
        let end = part.at + bytes.len();
        let is_odd = !part.last && !bytes.len().is_multiple_of(8);
        if bytes.is_empty() || is_odd || end > WHOLE_MAX {
            return Taken::lost(1);
        }
        self.parts += 1;
        // Of IPv6 the first part alone says what they are.
        let key = (from, to, part.id, if from.is_ipv4() { kind } else { 0 });
        let mut taken = Taken::default();
        let known = self.packets.remove(&key);
        let mut pieces = known.unwrap_or_default();
        if !pieces.agree(part, bytes) {
            taken.given_up = pieces.pieces.len();
            pieces = Pieces::default();
        }
        pieces.add(kind, part, bytes);
        pieces.heard = self.parts;
        match pieces.whole() {
            Some(whole) => taken.whole = Some(whole),
            None => {
                taken.given_up += self.make_room();
                self.packets.insert(key, pieces);
            }
        }
        taken
    }

    /// Parts whose packet is not complete.
    pub(super) fn left(&self) -> usize {
        self.packets.values().map(|it| it.pieces.len()).sum()
    }

    /// How many parts had to go.
    fn make_room(&mut self) -> usize {
        if self.packets.len() < PACKETS_MAX {
            return 0;
        }
        let silent = self.packets.iter().min_by_key(|(_, it)| it.heard);
        let key = silent.map(|(key, _)| *key);
        let gone = key.and_then(|key| self.packets.remove(&key));
        gone.map_or(0, |gone| gone.pieces.len())
    }
}

impl Taken {
    fn lost(given_up: usize) -> Self {
        Self {
            whole: None,
            given_up,
        }
    }
}

impl Pieces {
    /// Whether a part fits between those that are there, or is one of them.
    fn agree(&self, part: Part, bytes: &[u8]) -> bool {
        if self.pieces.get(&part.at).is_some_and(|it| it == bytes) {
            return true;
        }
        let end = part.at + bytes.len();
        let before = self.pieces.range(..=part.at).next_back();
        let clear = before.is_none_or(|(at, it)| at + it.len() <= part.at);
        let after = self.pieces.range(part.at..).next();
        let clear = clear && after.is_none_or(|(at, _)| end <= *at);
        let ends = match (self.length, part.last) {
            (Some(length), true) => end == length,
            (Some(length), false) => end < length,
            (None, true) => after.is_none(),
            (None, false) => true,
        };
        clear && ends
    }

    fn add(&mut self, kind: u8, part: Part, bytes: &[u8]) {
        if part.at == 0 {
            self.kind = Some(kind);
        }
        if part.last {
            self.length = Some(part.at + bytes.len());
        }
        self.pieces.entry(part.at).or_insert_with(|| bytes.to_vec());
    }

    /// As pieces do not overlap, they are all there when they are as long as the whole.
    fn whole(&self) -> Option<(u8, Vec<u8>)> {
        let (kind, length) = (self.kind?, self.length?);
        let held: usize = self.pieces.values().map(Vec::len).sum();
        (held == length).then(|| (kind, self.pieces.values().flatten().copied().collect()))
    }
}
