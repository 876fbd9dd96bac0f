//! Parts of IP packets to whole ones (RFC 791 §3.2, RFC 8200 §4.5): an INVITE with many headers is longer than a frame.
//!
//! A part that says otherwise than those before it begins its packet anew, as the ids of IPv4 come again (and RFC 5722 wants
//! no overlap believed); a part that is repeated changes nothing, be its packet whole already: a capture on a mirrored port
//! or on `any` has each packet twice. No packet is made of parts of two: what is repeated within [`MIRRORED`] is of the packet
//! it was of, though the next one of its id has begun meanwhile, and nothing waits longer than [`WINDOW`] for the rest.
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

/// Most packets that are held, whole ones among them; a whole one makes room first, then the one that was silent for the
/// longest. Each holds at most [`WHOLE_MAX`].
pub(super) const PACKETS_MAX: usize = 128;
/// How long parts wait for others, as the captures tell the time. Hosts wait for 15 to 60 s (RFC 791 §3.2, RFC 8200 §4.5).
pub(super) const WINDOW: Duration = Duration::from_secs(30);
/// How much later a mirrored port shows a packet again, at most; an id comes again later than that.
pub(super) const MIRRORED: Duration = Duration::from_secs(2);
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

/// Packets of which something is missing, and whole ones whose parts may come again.
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
    /// Bytes of all pieces.
    held: usize,
    /// Which of all parts was its last.
    heard: u64,
    /// When that was; None: the capture does not say.
    at: Option<Duration>,
    /// It was whole: those of its parts that came again later than [`MIRRORED`], which may as well be the first of the next
    /// packet of its id.
    again: Option<BTreeSet<usize>>,
    /// Of the packet before this one, which a mirrored port may still show.
    before: BTreeMap<usize, Vec<u8>>,
}

impl Part {
    /// Whether it is all of its packet.
    pub(super) fn is_whole(&self) -> bool {
        self.at == 0 && self.last
    }
}

impl Fragments {
    /// Takes a part: when it came, between whom, what it is said to be, its place, its bytes.
    pub(super) fn take(
        &mut self,
        at: Option<Duration>,
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
        let apart = at.zip(pieces.at).map(|(now, before)| now.abs_diff(before));
        if apart.is_some_and(|apart| apart > WINDOW) {
            taken.given_up = pieces.lacking();
            pieces = Pieces::default();
        }
        let mirrored = apart.is_none_or(|apart| apart <= MIRRORED);
        if mirrored && pieces.was_before(part, bytes) {
            self.packets.insert(key, pieces);
            return taken;
        }
        if !pieces.agree(part, bytes) {
            taken.given_up += pieces.begin_anew();
            if !pieces.agree(part, bytes) {
                taken.given_up += pieces.begin_anew();
            }
        }
        pieces.add(kind, part, bytes, mirrored);
        (pieces.heard, pieces.at) = (self.parts, at);
        taken.whole = pieces.whole();
        taken.given_up += self.make_room();
        self.packets.insert(key, pieces);
        taken
    }

    /// Parts whose packet is not complete.
    pub(super) fn left(&self) -> usize {
        self.packets.values().map(Pieces::lacking).sum()
    }

    /// How many parts had to go.
    fn make_room(&mut self) -> usize {
        if self.packets.len() < PACKETS_MAX {
            return 0;
        }
        let least = |(_, it): &(&Key, &Pieces)| (it.again.is_none(), it.heard);
        let silent = self.packets.iter().min_by_key(least);
        let key = silent.map(|(key, _)| *key);
        let gone = key.and_then(|key| self.packets.remove(&key));
        gone.map_or(0, |gone| gone.lacking())
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
    /// Whether a part is one of the packet before, and none of this.
    fn was_before(&self, part: Part, bytes: &[u8]) -> bool {
        let is =
            |pieces: &BTreeMap<usize, Vec<u8>>| pieces.get(&part.at).is_some_and(|it| it == bytes);
        is(&self.before) && !is(&self.pieces)
    }

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

    fn add(&mut self, kind: u8, part: Part, bytes: &[u8], mirrored: bool) {
        if part.at == 0 {
            self.kind = Some(kind);
        }
        if part.last {
            self.length = Some(part.at + bytes.len());
        }
        if let Some(again) = self.again.as_mut().filter(|_| !mirrored) {
            again.insert(part.at);
        }
        if let Entry::Vacant(place) = self.pieces.entry(part.at) {
            place.insert(bytes.to_vec());
            self.held += bytes.len();
        }
    }

    /// The packet, once: as pieces do not overlap, they are all there when they are as long as the whole.
    fn whole(&mut self) -> Option<(u8, Vec<u8>)> {
        let (kind, length) = (self.kind?, self.length?);
        if self.held != length || self.again.is_some() {
            return None;
        }
        self.again = Some(BTreeSet::new());
        Some((kind, self.pieces.values().flatten().copied().collect()))
    }

    /// Another packet of the same id: of a whole one those parts stay that came again since. Gives how many parts are lost.
    fn begin_anew(&mut self) -> usize {
        let lost = self.lacking();
        let old = std::mem::take(self);
        for at in old.again.into_iter().flatten() {
            let Some(bytes) = old.pieces.get(&at) else {
                continue;
            };
            let last = old.length == Some(at + bytes.len());
            let part = Part { id: 0, at, last };
            self.add(old.kind.unwrap_or_default(), part, bytes, true);
        }
        // Begun anew twice for one part, the older one is what a mirror may still show.
        self.before = match old.pieces.is_empty() {
            true => old.before,
            false => old.pieces,
        };
        lost
    }

    /// Parts that wait for others.
    fn lacking(&self) -> usize {
        match self.again {
            Some(_) => 0,
            None => self.pieces.len(),
        }
    }
}
