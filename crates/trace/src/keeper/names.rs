//! Whose a message is: by its Call-ID alone, or, where calls share one, by the tag of who began it.
use std::hash::{DefaultHasher, Hasher};

use gudok_model::LegId;

use super::{Keeper, Line, OURS, Whose};
use crate::peek::{Peek, Start, Verb, attempt, header, peek};

impl Keeper {
    pub(super) fn key(&self, call_id: &[u8]) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(self.seed);
        hasher.write(call_id);
        hasher.finish()
    }

    /// Which INVITE it is among those with one Call-ID; answers to it and the ACK of its refusal give the same.
    pub(super) fn which(&self, bytes: &[u8]) -> u64 {
        let attempt = attempt(bytes);
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(self.seed);
        hasher.write(attempt.branch);
        hasher.write_u8(0);
        hasher.write(attempt.number);
        hasher.finish().clamp(1, OURS - 1)
    }

    /// Whether a message with a known Call-ID is of an INVITE that its party sends anew, outside a dialog: one that was
    /// asked to say it otherwise (422), or tries again. Nothing is decided on it yet.
    pub(super) fn is_anew(
        &mut self,
        key: u64,
        line: Line,
        sent: bool,
        bytes: &[u8],
        peek: &Peek<'_>,
    ) -> bool {
        let comes = !sent && peek.start == Start::Request(Verb::Invite);
        if !matches!(peek.verb, Verb::Invite | Verb::Ack) || (!comes && line.open == 0) {
            return false;
        }
        let which = self.which(bytes);
        if !comes || which == line.open {
            return which == line.open;
        }
        if which == line.last || attempt(bytes).inside {
            return false;
        }
        let known = self.lines.get_mut(&key).filter(|_| line.last != 0);
        if let Some(known) = known {
            known.open = which;
            return true;
        }
        self.lines.insert(
            key,
            Line {
                last: which,
                ..line
            },
        );
        false
    }

    /// The last INVITE with this Call-ID that waits.
    pub(super) fn waiting_invite(&self, key: u64) -> u64 {
        let of_key = self.waiting.iter().rev().filter(|(other, _)| *other == key);
        let mut bytes = of_key.map(|(_, kept)| &*kept.bytes);
        let invite = |bytes: &&[u8]| {
            peek(bytes).is_some_and(|peek| peek.start == Start::Request(Verb::Invite))
        };
        bytes.find(invite).map_or(0, |bytes| self.which(bytes))
    }

    pub(super) fn tag_key(&self, tag: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(!self.seed);
        hasher.write(tag.as_bytes());
        hasher.finish()
    }

    pub(super) fn is_shared(&self, key: u64) -> bool {
        let line = self.lines.get(&key);
        line.is_some_and(|line| matches!(line.whose, Whose::Shared(_)))
    }

    /// Whose message it is of the calls with one Call-ID: who began it is named in From, or in To where the other side asks.
    pub(super) fn own_key(&self, key: u64, bytes: &[u8]) -> u64 {
        let tag = |name| header(bytes, name).and_then(tag_of).unwrap_or_default();
        let [from, to] = ["From", "To"].map(|name| key ^ self.tag_key(tag(name)));
        if !self.lines.contains_key(&from) && self.lines.contains_key(&to) {
            return to;
        }
        from
    }

    /// The key of a call that comes, and that of the Call-ID where others have it too. One that lives and was begun under
    /// another tag keeps its messages.
    pub(super) fn place_for(&mut self, key: u64, tag: u64, leg: LegId) -> (u64, u64) {
        match self.lines.get(&key).copied() {
            Some(line) if line.whose.is_another(leg) && line.tag != tag => self.part(key, line),
            Some(Line {
                whose: Whose::Shared(_),
                ..
            }) => {}
            _ => return (key, 0),
        }
        (key ^ tag, key)
    }

    /// Who has had the Call-ID alone shares it from now on.
    pub(super) fn part(&mut self, key: u64, line: Line) {
        let own = key ^ line.tag;
        let alone = Line {
            open: 0,
            shares: key,
            ..line
        };
        let shared = Line {
            whose: Whose::Shared(1),
            last: 0,
            open: 0,
            tag: 0,
            shares: 0,
        };
        self.lines.insert(key, shared);
        self.lines.insert(own, alone);
        if let Whose::Of(leg) = line.whose
            && let Some(call) = self.calls.get_mut(&leg.call)
        {
            call.lines.retain(|line| *line != key);
            call.lines.push(own);
        }
        let mut waiting = std::mem::take(&mut self.waiting);
        for (of, kept) in waiting.iter_mut().filter(|(of, _)| *of == key) {
            *of = self.own_key(key, &kept.bytes);
        }
        self.waiting = waiting;
    }

    /// One more shares a Call-ID, or one less; the last one takes the mark away.
    pub(super) fn share(&mut self, shares: u64, more: bool) {
        let Some(Line {
            whose: Whose::Shared(calls),
            ..
        }) = self.lines.get_mut(&shares)
        else {
            return;
        };
        *calls = if more { *calls + 1 } else { *calls - 1 };
        if *calls == 0 {
            self.lines.remove(&shares);
        }
    }

    pub(super) fn name(&mut self, key: u64, leg: LegId, last: u64, (tag, shares): (u64, u64)) {
        let line = Line {
            whose: Whose::Of(leg),
            last,
            open: 0,
            tag,
            shares,
        };
        if let Some(Line {
            whose: Whose::Of(other),
            ..
        }) = self.lines.insert(key, line)
            && other.call != leg.call
            && let Some(call) = self.calls.get_mut(&other.call)
        {
            // Two calls begun alike: the newer one has it.
            call.lines.retain(|line| *line != key);
        }
        let call = self.calls.entry(leg.call).or_default();
        if !call.lines.contains(&key) {
            call.lines.push(key);
        }
        if !call.legs.contains(&leg) {
            call.legs.push(leg);
        }
    }
}

/// The tag of a From of ours.
pub(super) fn tag_of(from: &[u8]) -> Option<&str> {
    let from = std::str::from_utf8(from).ok()?;
    let (_, tag) = from.rsplit_once(";tag=")?;
    Some(tag.split(';').next().unwrap_or(tag))
}
