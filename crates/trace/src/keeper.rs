//! Whose a message is, and how much of a call is kept.
//!
//! A call keeps its first messages at once and, from a bound on, its last ones: those wait in memory until the call is
//! over, and the middle between them is only counted. An INVITE and what was answered to it are held back until they
//! become a call; what a trunk is refused is kept too, since "why was this call refused" is asked as often.
mod names;
mod refused;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use gudok_model::{CallId, LegId, Mono, Now};
use gudok_sip::endpoint::{Flow, Source};

use crate::mask::hide_secrets;
use crate::message::{Kept, MESSAGE_BYTES_MAX, Seen};
use crate::peek::{Peek, Start, Verb, header};
use names::tag_of;
use refused::is_refusal;

/// Messages of one call that are written down at once. A call with two legs has twenty.
pub const FIRST_MAX: u32 = 200;
/// Bytes of them.
pub const FIRST_BYTES_MAX: usize = 256 << 10;
/// The last messages of a call that has more: the oldest of them makes room.
pub const LAST_MAX: usize = 50;
/// Bytes of the last messages of all such calls together; beyond it new ones are counted as left out.
pub const LAST_BYTES_MAX: usize = 8 << 20;
/// Messages that wait to become a call; the oldest makes room.
pub const WAITING_MAX: usize = 64;
/// How long a call that is over is still listened to: its BYE is repeated for 32 s (RFC 3261 §17.1.2.2).
pub const LINGER: Duration = Duration::from_secs(40);
/// Calls that are listened to; the oldest makes room.
pub const CALLS_MAX: usize = 32_768;
/// Refused INVITEs a second that are written down; a flood of them fills no disk.
pub const REFUSED_A_SECOND: u32 = 20;
/// Bytes of all of them a second: what that many INVITEs with their answers and ACKs usually have.
pub const REFUSED_BYTES_A_SECOND: usize = 64 << 10;
/// Messages of one refused INVITE.
const REFUSED_MESSAGES_MAX: u32 = 12;
/// Refused ones that are listened to, for the ACK.
const REFUSED_MAX: usize = 256;
/// Refused ones beyond the bound that are known as such, so that their ACKs do not wait to become a call.
const PASSED_OVER_MAX: usize = 1_024;

/// Sums since the start.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Sums {
    /// Messages given out to be written.
    pub kept: u64,
    /// Messages of calls that were not: beyond a bound.
    pub left_out: u64,
}

/// What became of a message.
pub type Sink<'a> = &'a mut dyn FnMut(&Seen<'_>);

/// Knows which Call-ID belongs to which leg. Pure: the time and the seed are arguments.
#[derive(Debug)]
pub struct Keeper {
    seed: u64,
    lines: BTreeMap<u64, Line>,
    calls: BTreeMap<CallId, Call>,
    waiting: VecDeque<(u64, Kept)>,
    /// Calls without legs, in the order in which they are forgotten.
    over: VecDeque<(Mono, CallId)>,
    refused: VecDeque<u64>,
    passed_over: VecDeque<u64>,
    refusals: Refusals,
    last_bytes: usize,
    sums: Sums,
    /// The message without secrets, kept so that steady work allocates nothing.
    text: Vec<u8>,
}

/// What was refused in the second that began then.
#[derive(Debug, Default)]
struct Refusals {
    since: Mono,
    count: u32,
    bytes: usize,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    whose: Whose,
    /// The last INVITE that came outside a dialog; zero where that is not known.
    last: u64,
    /// Such a one that came since and is not decided on: it may become another call. Zero for none.
    open: u64,
    /// Of the tag of whoever began it.
    tag: u64,
    /// The key of the Call-ID it shares with others; zero where it has it alone.
    shares: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Whose {
    Of(LegId),
    /// With the messages of it that were written.
    Refused(u32),
    /// Refused, beyond the bound.
    PassedOver,
    /// Of so many calls at one time, told apart by the tag of whoever began them.
    Shared(u32),
}

impl Whose {
    fn is_another(self, leg: LegId) -> bool {
        matches!(self, Self::Of(other) if other.call != leg.call)
    }
}

/// In place of [`Line::last`] for an INVITE of ours: whoever sends us one with its Call-ID begins another call.
const OURS: u64 = u64::MAX;

#[derive(Debug, Default)]
struct Call {
    lines: Vec<u64>,
    /// Those that live: a handful.
    legs: Vec<LegId>,
    first: u32,
    first_bytes: usize,
    left_out: u32,
    last: VecDeque<Kept>,
}

impl Keeper {
    /// Knows nothing yet. `seed` is secret: it keeps strangers from making two calls one.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            lines: BTreeMap::new(),
            calls: BTreeMap::new(),
            waiting: VecDeque::new(),
            over: VecDeque::new(),
            refused: VecDeque::new(),
            passed_over: VecDeque::new(),
            refusals: Refusals::default(),
            last_bytes: 0,
            sums: Sums::default(),
            text: Vec::new(),
        }
    }

    /// Sums since the start.
    pub fn sums(&self) -> Sums {
        self.sums
    }

    /// A message passes. `source` tells who is at the other end; `leg_of` which leg a From tag of ours belongs to, asked for
    /// an INVITE of ours that is not known yet. What is to be written goes to `sink`.
    #[expect(
        clippy::too_many_arguments,
        reason = "a message, who is who, and where to"
    )]
    pub fn pass(
        &mut self,
        now: Now,
        sent: bool,
        flow: &Flow,
        bytes: &[u8],
        peek: &Peek<'_>,
        source: impl FnOnce() -> Source,
        leg_of: impl FnOnce(&str) -> Option<LegId>,
        sink: Sink<'_>,
    ) {
        if peek.call_id.is_empty() {
            return;
        }
        let mut key = self.key(peek.call_id);
        if self.is_shared(key) {
            key = self.own_key(key, bytes);
        }
        if let Some(line) = self.lines.get(&key).copied()
            && !self.is_anew(key, line, sent, bytes, peek)
        {
            return self.known(key, line.whose, Seen::new(now, sent, flow, bytes), sink);
        }
        if !matches!(peek.verb, Verb::Invite | Verb::Ack) {
            return;
        }
        let seen = Seen::new(now, sent, flow, bytes);
        if sent && peek.start == Start::Request(Verb::Invite) {
            let tag = header(bytes, "From").and_then(tag_of);
            if let Some(leg) = tag.and_then(leg_of) {
                let tag = self.tag_key(tag.unwrap_or_default());
                self.name(key, leg, OURS, (tag, 0));
                return self.known(key, Whose::Of(leg), seen, sink);
            }
        }
        match source() {
            // A stranger's INVITE costs nothing, unless it may prove that it is a phone that speaks from elsewhere.
            Source::Stranger if !self.may_become_a_call(key, bytes) => {}
            _ if sent && is_refusal(peek) && self.lines.contains_key(&key) => {
                self.refuse_anew(key, seen, sink);
            }
            Source::Trunk if sent && is_refusal(peek) => self.refuse(key, seen, sink),
            _ => self.wait(key, &seen),
        }
    }

    /// Whether one more refused INVITE would be kept now; asked where it costs much to let it pass. It counts none.
    pub fn keeps_refused(&mut self, now: Mono) -> bool {
        self.begin_second(now);
        !self.is_beyond(0)
    }

    /// Whether messages with this Call-ID are of a call, or of a refused INVITE that is kept.
    pub fn knows(&self, call_id: &[u8]) -> bool {
        let line = self.lines.get(&self.key(call_id));
        line.is_some_and(|line| line.whose != Whose::PassedOver)
    }

    /// The INVITE with this Call-ID and From tag is that leg; what waited for it is written.
    pub fn bind(&mut self, call_id: &str, tag: &str, leg: LegId, sink: Sink<'_>) {
        let (key, tag) = (self.key(call_id.as_bytes()), self.tag_key(tag));
        let (key, shares) = self.place_for(key, tag, leg);
        let last = self.waiting_invite(key);
        // One that was refused there before did not count.
        let counts = self
            .lines
            .get(&key)
            .is_some_and(|line| line.shares == shares);
        if shares != 0 && !counts {
            self.share(shares, true);
        }
        self.name(key, leg, last, (tag, shares));
        self.release(key, Whose::Of(leg), sink);
    }

    /// A leg is over. After the last one the call is listened to for [`LINGER`].
    pub fn over(&mut self, now: Mono, leg: LegId) {
        let Some(call) = self.calls.get_mut(&leg.call) else {
            return;
        };
        let Some(at) = call.legs.iter().position(|other| *other == leg) else {
            return;
        };
        call.legs.swap_remove(at);
        if call.legs.is_empty() {
            // It is remembered for longer than most calls live.
            call.legs = Vec::new();
            call.lines.shrink_to_fit();
            self.over.push_back((now + LINGER, leg.call));
        }
    }

    /// Forgets what has been over long enough, after its last messages. To be called now and then; with `None` when
    /// nothing comes after: then everything is given out.
    pub fn forget(&mut self, now: Option<Mono>, sink: Sink<'_>) {
        while let Some((due, call)) = self.over.front().copied() {
            if now.is_some_and(|now| now < due) {
                break;
            }
            self.over.pop_front();
            if self
                .calls
                .get(&call)
                .is_some_and(|call| call.legs.is_empty())
            {
                self.end(call, sink);
            }
        }
        if now.is_none() {
            while let Some(call) = self.calls.keys().next().copied() {
                self.end(call, sink);
            }
        }
        while self.calls.len() > CALLS_MAX {
            let Some(oldest) = self.calls.keys().next().copied() else {
                return;
            };
            self.end(oldest, sink);
        }
    }

    fn known(&mut self, key: u64, whose: Whose, seen: Seen<'_>, sink: Sink<'_>) {
        if whose == Whose::PassedOver {
            self.sums.left_out += 1;
            return;
        }
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        text.extend_from_slice(seen.bytes);
        hide_secrets(&mut text);
        let seen = Seen {
            bytes: &text,
            ..seen
        };
        match whose {
            Whose::Of(leg) => self.keep(leg, seen, sink),
            Whose::Refused(count) => self.keep_refused(key, count, seen, sink),
            Whose::PassedOver | Whose::Shared(_) => {}
        }
        self.text = text;
    }

    fn keep(&mut self, leg: LegId, mut seen: Seen<'_>, sink: Sink<'_>) {
        seen.leg = Some(leg);
        let Some(call) = self.calls.get_mut(&leg.call) else {
            return;
        };
        let room = call.first_bytes + seen.bytes.len() <= FIRST_BYTES_MAX;
        if call.first < FIRST_MAX && room && call.last.is_empty() {
            call.first += 1;
            call.first_bytes += seen.bytes.len();
            seen.left_out = std::mem::take(&mut call.left_out);
            self.sums.kept += 1;
            return sink(&seen);
        }
        while call.last.len() >= LAST_MAX
            || (self.last_bytes + seen.bytes.len() > LAST_BYTES_MAX && !call.last.is_empty())
        {
            let oldest = call.last.pop_front();
            self.last_bytes -= oldest.map_or(0, |oldest| oldest.bytes.len());
            call.left_out += 1;
            self.sums.left_out += 1;
        }
        if self.last_bytes + seen.bytes.len() > LAST_BYTES_MAX {
            call.left_out += 1;
            self.sums.left_out += 1;
        } else {
            self.last_bytes += seen.bytes.len();
            call.last.push_back(seen.kept());
        }
    }

    /// Whether it brings a proof, or answers what waits.
    fn may_become_a_call(&self, key: u64, bytes: &[u8]) -> bool {
        let proves = ["Authorization", "Proxy-Authorization"];
        proves.iter().any(|name| header(bytes, name).is_some())
            || self.waiting.iter().any(|(other, _)| *other == key)
    }

    fn wait(&mut self, key: u64, seen: &Seen<'_>) {
        if self.waiting.len() == WAITING_MAX {
            self.waiting.pop_front();
        }
        self.waiting.push_back((key, seen.kept()));
    }

    fn release(&mut self, key: u64, whose: Whose, sink: Sink<'_>) {
        let mut waited = VecDeque::new();
        std::mem::swap(&mut waited, &mut self.waiting);
        for (other, kept) in waited.drain(..) {
            if other == key {
                let whose = self.lines.get(&key).map_or(whose, |line| line.whose);
                self.known(key, whose, kept.seen(), sink);
            } else {
                self.waiting.push_back((other, kept));
            }
        }
    }

    /// The call is forgotten; its last messages are written, the first of them with the number of those missing.
    fn end(&mut self, id: CallId, sink: Sink<'_>) {
        let Some(call) = self.calls.remove(&id) else {
            return;
        };
        for key in call.lines {
            if let Some(line) = self.lines.remove(&key) {
                self.share(line.shares, false);
            }
        }
        let mut left_out = call.left_out;
        for kept in call.last {
            self.last_bytes -= kept.bytes.len();
            self.sums.kept += 1;
            let mut seen = kept.seen();
            seen.left_out = std::mem::take(&mut left_out);
            sink(&seen);
        }
    }
}

// What waits is bounded in bytes as well.
const _: () = assert!(WAITING_MAX * MESSAGE_BYTES_MAX <= 1 << 20);
