//! Whose a message is, and how much of a call is kept.
//!
//! A call keeps its first messages at once and, from a bound on, its last ones: those wait in memory until the call is
//! over, and the middle between them is only counted. An INVITE and what was answered to it are held back until they
//! become a call; what a trunk is refused is kept too, since "why was this call refused" is asked as often.
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hasher};
use std::time::Duration;

use gudok_model::{CallId, LegId, Mono, Now};
use gudok_sip::endpoint::{Flow, Source};

use crate::mask::hide_secrets;
use crate::message::{Kept, MESSAGE_BYTES_MAX, Seen};
use crate::peek::{Peek, Start, Verb, attempt, header, peek};

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
    legs: BTreeSet<LegId>,
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
        if let Some(call) = self.calls.get_mut(&leg.call)
            && call.legs.remove(&leg)
            && call.legs.is_empty()
        {
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

    fn key(&self, call_id: &[u8]) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(self.seed);
        hasher.write(call_id);
        hasher.finish()
    }

    /// Which INVITE it is among those with one Call-ID; answers to it and the ACK of its refusal give the same.
    fn which(&self, bytes: &[u8]) -> u64 {
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
    fn is_anew(&mut self, key: u64, line: Line, sent: bool, bytes: &[u8], peek: &Peek<'_>) -> bool {
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
    fn waiting_invite(&self, key: u64) -> u64 {
        let of_key = self.waiting.iter().rev().filter(|(other, _)| *other == key);
        let mut bytes = of_key.map(|(_, kept)| &*kept.bytes);
        let invite = |bytes: &&[u8]| {
            peek(bytes).is_some_and(|peek| peek.start == Start::Request(Verb::Invite))
        };
        bytes.find(invite).map_or(0, |bytes| self.which(bytes))
    }

    fn tag_key(&self, tag: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(!self.seed);
        hasher.write(tag.as_bytes());
        hasher.finish()
    }

    fn is_shared(&self, key: u64) -> bool {
        let line = self.lines.get(&key);
        line.is_some_and(|line| matches!(line.whose, Whose::Shared(_)))
    }

    /// Whose message it is of the calls with one Call-ID: who began it is named in From, or in To where the other side asks.
    fn own_key(&self, key: u64, bytes: &[u8]) -> u64 {
        let tag = |name| header(bytes, name).and_then(tag_of).unwrap_or_default();
        let [from, to] = ["From", "To"].map(|name| key ^ self.tag_key(tag(name)));
        if !self.lines.contains_key(&from) && self.lines.contains_key(&to) {
            return to;
        }
        from
    }

    /// The key of a call that comes, and that of the Call-ID where others have it too. One that lives and was begun under
    /// another tag keeps its messages.
    fn place_for(&mut self, key: u64, tag: u64, leg: LegId) -> (u64, u64) {
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
    fn part(&mut self, key: u64, line: Line) {
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
    fn share(&mut self, shares: u64, more: bool) {
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

    fn name(&mut self, key: u64, leg: LegId, last: u64, (tag, shares): (u64, u64)) {
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
        call.legs.insert(leg);
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

    fn keep_refused(&mut self, key: u64, count: u32, seen: Seen<'_>, sink: Sink<'_>) {
        self.begin_second(seen.now.mono);
        let bytes = self.refusals.bytes + seen.bytes.len();
        if count >= REFUSED_MESSAGES_MAX || bytes > REFUSED_BYTES_A_SECOND {
            self.sums.left_out += 1;
            return;
        }
        self.refusals.bytes = bytes;
        if let Some(line) = self.lines.get_mut(&key) {
            line.whose = Whose::Refused(count + 1);
        }
        self.sums.kept += 1;
        sink(&seen);
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

    fn begin_second(&mut self, now: Mono) {
        if now.since(self.refusals.since) >= Duration::from_secs(1) {
            self.refusals = Refusals {
                since: now,
                ..Refusals::default()
            };
        }
    }

    /// A trunk's INVITE came to nothing.
    fn refuse(&mut self, key: u64, seen: Seen<'_>, sink: Sink<'_>) {
        self.begin_second(seen.now.mono);
        self.refusals.count = self.refusals.count.saturating_add(1);
        let beyond =
            self.refusals.count > REFUSED_A_SECOND || self.refusals.bytes >= REFUSED_BYTES_A_SECOND;
        let (known, most, whose) = if beyond {
            (&mut self.passed_over, PASSED_OVER_MAX, Whose::PassedOver)
        } else {
            (&mut self.refused, REFUSED_MAX, Whose::Refused(0))
        };
        let oldest = (known.len() == most).then(|| known.pop_front()).flatten();
        known.push_back(key);
        if let Some(oldest) = oldest
            && let Some(line) = self.lines.get(&oldest)
            && !matches!(line.whose, Whose::Of(_) | Whose::Shared(_))
        {
            self.lines.remove(&oldest);
        }
        let last = self.waiting_invite(key);
        let (open, tag, shares) = (0, 0, 0);
        let line = Line {
            whose,
            last,
            open,
            tag,
            shares,
        };
        self.lines.insert(key, line);
        self.write_refusal(key, whose, seen, sink);
    }

    /// So did an INVITE with a Call-ID that is known: it is told where that is.
    fn refuse_anew(&mut self, key: u64, seen: Seen<'_>, sink: Sink<'_>) {
        let Some(line) = self.lines.get_mut(&key) else {
            return;
        };
        (line.last, line.open) = (line.open, 0);
        let whose = line.whose;
        self.write_refusal(key, whose, seen, sink);
    }

    fn write_refusal(&mut self, key: u64, whose: Whose, seen: Seen<'_>, sink: Sink<'_>) {
        self.release(key, whose, sink);
        let whose = self.lines.get(&key).map_or(whose, |line| line.whose);
        self.known(key, whose, seen, sink);
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

/// The final refusal of an INVITE; a challenge is none.
fn is_refusal(peek: &Peek<'_>) -> bool {
    let status = match peek.start {
        Start::Response(status) => status,
        Start::Request(_) => return false,
    };
    peek.verb == Verb::Invite && status >= 300 && !matches!(status, 401 | 407)
}

/// The tag of a From of ours.
fn tag_of(from: &[u8]) -> Option<&str> {
    let from = std::str::from_utf8(from).ok()?;
    let (_, tag) = from.rsplit_once(";tag=")?;
    Some(tag.split(';').next().unwrap_or(tag))
}

// What waits is bounded in bytes as well.
const _: () = assert!(WAITING_MAX * MESSAGE_BYTES_MAX <= 1 << 20);

#[cfg(test)]
mod tests {
    use gudok_model::Wall;
    use gudok_sip::endpoint::Transport;
    use uuid::Uuid;

    use super::*;
    use crate::peek::peek;

    struct Stage {
        keeper: Keeper,
        now: u64,
        told: Vec<Kept>,
        source: Source,
        proof: &'static str,
        /// The number of CSeq, and in the branch.
        attempt: u32,
        body: usize,
        /// Of From, and what To has behind its address.
        tags: (&'static str, &'static str),
    }

    impl Stage {
        fn new() -> Self {
            Self {
                keeper: Keeper::new(7),
                now: 0,
                told: Vec::new(),
                source: Source::Trunk,
                proof: "Authorization: Digest response=secret\r\n",
                attempt: 1,
                body: 0,
                tags: ("ours", ""),
            }
        }

        fn pass(&mut self, sent: bool, start: &str, call_id: &str, verb: &str) {
            let (attempt, body) = (self.attempt, "x".repeat(self.body));
            let (from, to) = self.tags;
            let text = format!(
                "{start}\r\nVia: SIP/2.0/UDP h;rport;branch=b{attempt}\r\nFrom: <sip:a@b>;tag={from}\r\nTo: <sip:c@d>{to}\r\nCall-ID: {call_id}\r\n\
                 CSeq: {attempt} {verb}\r\n{}\r\n{body}",
                self.proof
            );
            let flow = Flow {
                transport: Transport::Udp,
                local: "127.0.0.1:5060".parse().unwrap(),
                remote: "127.0.0.1:5070".parse().unwrap(),
                connection: 0,
            };
            let now = Now {
                mono: Mono(self.now),
                wall: Wall(0),
            };
            let (told, source) = (&mut self.told, self.source);
            self.keeper.pass(
                now,
                sent,
                &flow,
                text.as_bytes(),
                &peek(text.as_bytes()).unwrap(),
                || source,
                |tag| (tag == "ours" && call_id == "dialled").then_some(leg(1)),
                &mut |seen| told.push(seen.kept()),
            );
        }

        fn bind(&mut self, call_id: &str) {
            let told = &mut self.told;
            self.keeper
                .bind(call_id, "ours", leg(0), &mut |seen| told.push(seen.kept()));
        }

        /// An INVITE with the Call-ID `in` becomes that leg, or is refused.
        fn calls(&mut self, tag: &'static str, attempt: u32, leg: Option<LegId>) {
            (self.tags, self.attempt) = ((tag, ""), attempt);
            self.pass(false, INVITE, "in", "INVITE");
            let told = &mut self.told;
            match leg {
                Some(leg) => self
                    .keeper
                    .bind("in", tag, leg, &mut |seen| told.push(seen.kept())),
                None => self.pass(true, "SIP/2.0 503 No", "in", "INVITE"),
            }
        }

        fn forget(&mut self, now: Option<u64>) {
            let told = &mut self.told;
            self.keeper
                .forget(now.map(Mono), &mut |seen| told.push(seen.kept()));
        }

        fn starts(&self) -> Vec<(Option<u16>, String)> {
            let start = |kept: &Kept| {
                let text = String::from_utf8(kept.bytes.to_vec()).unwrap();
                assert!(!text.contains("secret"));
                let word = text
                    .lines()
                    .next()
                    .unwrap()
                    .trim_end_matches(" SIP/2.0")
                    .to_owned();
                (kept.leg.map(|leg| leg.index), word)
            };
            self.told.iter().map(start).collect()
        }
    }

    fn leg(index: u16) -> LegId {
        LegId {
            call: CallId(Uuid::from_u128(1)),
            index,
        }
    }

    const INVITE: &str = "INVITE sip:a SIP/2.0";

    #[test]
    fn what_came_before_the_call_is_written_when_it_exists_and_other_peoples_is_not() {
        let mut stage = Stage::new();
        stage.pass(false, INVITE, "in", "INVITE");
        stage.pass(false, INVITE, "elsewhere", "INVITE");
        stage.pass(true, "SIP/2.0 100 Trying", "in", "INVITE");
        stage.pass(false, "OPTIONS sip:a SIP/2.0", "probe", "OPTIONS");
        assert!(stage.told.is_empty());
        stage.bind("in");
        stage.pass(true, INVITE, "dialled", "INVITE");
        stage.pass(false, "SIP/2.0 180 Ringing", "dialled", "INVITE");
        stage.pass(false, "BYE sip:a SIP/2.0", "in", "BYE");
        let told = [
            (0, "INVITE sip:a"),
            (0, "SIP/2.0 100 Trying"),
            (1, "INVITE sip:a"),
            (1, "SIP/2.0 180 Ringing"),
            (0, "BYE sip:a"),
        ];
        let told = told.map(|(leg, start)| (Some(leg), start.to_owned()));
        assert_eq!(stage.starts(), told);
    }

    #[test]
    fn a_phone_that_proves_itself_from_elsewhere_has_its_invite_kept_a_mere_stranger_has_not() {
        let mut stage = Stage::new();
        stage.source = Source::Stranger;
        for proof in ["", stage.proof] {
            stage.proof = proof;
            stage.pass(false, INVITE, "in", "INVITE");
            stage.proof = "";
            stage.pass(true, "SIP/2.0 100 Trying", "in", "INVITE");
        }
        stage.bind("in");
        assert_eq!(stage.told.len(), 2, "{:?}", stage.starts());
    }

    #[test]
    fn a_trunks_refused_invite_is_kept_a_strangers_and_a_phones_are_not() {
        let mut stage = Stage::new();
        for (source, call_id) in [
            (Source::Phone, "p"),
            (Source::Stranger, "s"),
            (Source::Trunk, "t"),
        ] {
            stage.source = source;
            stage.pass(false, INVITE, call_id, "INVITE");
            stage.pass(true, "SIP/2.0 503 No", call_id, "INVITE");
            stage.pass(false, "ACK sip:a SIP/2.0", call_id, "ACK");
        }
        assert_eq!(stage.told.len(), 3, "{:?}", stage.starts());
        assert!(stage.told.iter().all(|kept| kept.leg.is_none()));
        for n in 0..1_000 {
            let call_id = n.to_string();
            stage.pass(false, INVITE, &call_id, "INVITE");
            stage.pass(true, "SIP/2.0 503 No", &call_id, "INVITE");
        }
        assert_eq!(stage.told.len(), 3 + 2 * (REFUSED_A_SECOND as usize - 1));
        assert!(stage.keeper.lines.len() <= REFUSED_MAX + PASSED_OVER_MAX);
        let waiting = stage.keeper.waiting.len();
        for n in 0..1_000 {
            stage.pass(false, "ACK sip:a SIP/2.0", &n.to_string(), "ACK");
        }
        assert_eq!(stage.keeper.waiting.len(), waiting);
    }

    #[test]
    fn a_flood_of_long_refused_invites_fills_no_disk() {
        let mut stage = Stage::new();
        stage.body = MESSAGE_BYTES_MAX;
        for second in 1..4_u64 {
            stage.now = second * 1_000_000;
            for n in 0..1_000 {
                let call_id = format!("{second}-{n}");
                stage.pass(false, INVITE, &call_id, "INVITE");
                stage.pass(true, "SIP/2.0 503 No", &call_id, "INVITE");
            }
        }
        let bytes: usize = stage.told.iter().map(|kept| kept.bytes.len()).sum();
        assert!(bytes <= 3 * REFUSED_BYTES_A_SECOND, "{bytes}");
        assert!(bytes > REFUSED_BYTES_A_SECOND, "{bytes}");
    }

    #[test]
    fn an_invite_that_is_said_anew_is_of_the_call_that_it_becomes() {
        let mut stage = Stage::new();
        let refused = |stage: &mut Stage, status: &str| {
            stage.pass(false, INVITE, "in", "INVITE");
            stage.pass(true, status, "in", "INVITE");
            stage.pass(false, "ACK sip:a SIP/2.0", "in", "ACK");
            stage.attempt += 1;
        };
        refused(&mut stage, "SIP/2.0 422 Interval");
        refused(&mut stage, "SIP/2.0 420 Extension");
        assert!(stage.told.iter().all(|kept| kept.leg.is_none()));
        assert_eq!(stage.told.len(), 6);
        stage.pass(false, INVITE, "in", "INVITE");
        stage.pass(true, "SIP/2.0 100 Trying", "in", "INVITE");
        assert_eq!(stage.told.len(), 6);
        stage.bind("in");
        stage.pass(false, INVITE, "in", "INVITE");
        stage.pass(true, "SIP/2.0 200 OK", "in", "INVITE");
        let told = [
            "INVITE sip:a",
            "SIP/2.0 100 Trying",
            "INVITE sip:a",
            "SIP/2.0 200 OK",
        ];
        let told = told.map(|start| (Some(0), start.to_owned()));
        assert_eq!(stage.starts()[6..], told);
    }

    #[test]
    fn a_call_tried_again_soon_is_another_call_and_a_refused_copy_of_it_is_not() {
        let mut stage = Stage::new();
        stage.pass(false, INVITE, "in", "INVITE");
        stage.bind("in");
        stage.pass(true, "SIP/2.0 488 No", "in", "INVITE");
        stage.keeper.over(Mono(0), leg(0));
        // It comes by another way (RFC 3261 §8.2.2.2).
        stage.attempt = 2;
        stage.pass(false, INVITE, "in", "INVITE");
        stage.pass(true, "SIP/2.0 482 Loop", "in", "INVITE");
        stage.pass(false, "ACK sip:a SIP/2.0", "in", "ACK");
        assert!(stage.starts().iter().all(|(leg, _)| *leg == Some(0)));
        assert_eq!(stage.told.len(), 5);
        stage.attempt = 3;
        stage.pass(false, INVITE, "in", "INVITE");
        let told = &mut stage.told;
        let again = LegId::caller(CallId(Uuid::from_u128(2)));
        stage
            .keeper
            .bind("in", "ours", again, &mut |seen| told.push(seen.kept()));
        stage.pass(true, "SIP/2.0 200 OK", "in", "INVITE");
        assert!(stage.told[5..].iter().all(|kept| kept.leg == Some(again)));
        assert_eq!(stage.told.len(), 7);
        stage.forget(Some(LINGER.as_micros() as u64));
        stage.pass(false, "BYE sip:a SIP/2.0", "in", "BYE");
        assert_eq!(stage.told[7].leg, Some(again));
    }

    #[test]
    fn our_own_invite_that_comes_back_to_us_is_another_call() {
        let mut stage = Stage::new();
        stage.pass(true, INVITE, "dialled", "INVITE");
        stage.attempt = 2;
        stage.pass(false, INVITE, "dialled", "INVITE");
        stage.bind("dialled");
        assert_eq!(stage.starts().last().unwrap().0, Some(0));
    }

    /// Two carriers, or two phones behind one exchange, that number their calls alike.
    #[test]
    fn two_calls_with_one_call_id_at_one_time_are_told_apart_by_who_began_them() {
        let mut stage = Stage::new();
        let calls = [1, 2, 3].map(|n| LegId::caller(CallId(Uuid::from_u128(n))));
        let tags = ["one", "two", "three"];
        for ((tag, leg), attempt) in tags.into_iter().zip(calls).zip(1..) {
            (stage.tags, stage.attempt) = ((tag, ""), attempt);
            stage.pass(false, INVITE, "in", "INVITE");
            stage.pass(true, "SIP/2.0 100 Trying", "in", "INVITE");
            let told = &mut stage.told;
            stage
                .keeper
                .bind("in", tag, leg, &mut |seen| told.push(seen.kept()));
            stage.pass(true, "SIP/2.0 200 OK", "in", "INVITE");
        }
        let whose = |stage: &Stage| -> Vec<_> {
            let legs = stage.told.iter().map(|kept| kept.leg);
            legs.map(|leg| calls.iter().position(|call| Some(*call) == leg))
                .collect()
        };
        let each = [0, 1, 2].map(|n| [Some(n); 3]).concat();
        assert_eq!(whose(&stage), each);
        stage.told.clear();
        // The caller of the first goes on; in the second we ask; a refused one is of nobody.
        for (tags, sent) in [(("one", ";tag=x"), false), (("x", ";tag=two"), true)] {
            stage.tags = tags;
            stage.pass(sent, "BYE sip:a SIP/2.0", "in", "BYE");
        }
        (stage.tags, stage.attempt) = (("four", ""), 9);
        stage.pass(false, INVITE, "in", "INVITE");
        stage.pass(true, "SIP/2.0 503 No", "in", "INVITE");
        assert_eq!(whose(&stage), [Some(0), Some(1), None, None]);
        for call in calls {
            stage.keeper.over(Mono(0), call);
        }
        stage.forget(None);
        assert_eq!(stage.keeper.lines.len(), 1, "that of the refused one");
    }

    /// Who shares a Call-ID with others, is refused, and is taken when it tries again, counts like them.
    #[test]
    fn a_shared_call_id_is_shared_until_the_last_of_its_calls_is_over() {
        let mut stage = Stage::new();
        let [first, second, third] = [1, 2, 3].map(|n| LegId::caller(CallId(Uuid::from_u128(n))));
        stage.calls("one", 1, Some(first));
        stage.calls("two", 2, Some(second));
        stage.calls("three", 3, None);
        stage.calls("three", 4, Some(third));
        for over in [first, third] {
            stage.keeper.over(Mono(0), over);
        }
        stage.forget(Some(LINGER.as_micros() as u64));
        stage.told.clear();
        stage.tags = ("two", ";tag=x");
        stage.pass(false, "BYE sip:a SIP/2.0", "in", "BYE");
        assert_eq!(stage.starts().len(), 1);
        assert_eq!(stage.told[0].leg, Some(second));
        stage.keeper.over(Mono(0), second);
        stage.forget(None);
        assert!(stage.keeper.lines.is_empty());
    }

    /// So is one whose first INVITE was refused, however many others are refused after it.
    #[test]
    fn refusals_make_nobody_forget_a_shared_call_id() {
        let mut stage = Stage::new();
        let [first, second] = [1, 2].map(|n| LegId::caller(CallId(Uuid::from_u128(n))));
        stage.calls("one", 1, None);
        stage.calls("one", 2, Some(first));
        stage.calls("two", 3, Some(second));
        for n in 0..REFUSED_MAX as u64 {
            stage.now = n * 1_000_000;
            stage.pass(false, INVITE, &n.to_string(), "INVITE");
            stage.pass(true, "SIP/2.0 503 No", &n.to_string(), "INVITE");
        }
        stage.told.clear();
        for (tag, leg) in [("one", first), ("two", second)] {
            stage.tags = (tag, ";tag=x");
            stage.pass(false, "BYE sip:a SIP/2.0", "in", "BYE");
            assert_eq!(stage.told.pop().and_then(|kept| kept.leg), Some(leg));
        }
    }

    #[test]
    fn what_was_left_out_is_told_with_the_next_message() {
        let mut stage = Stage::new();
        stage.keeper.last_bytes = LAST_BYTES_MAX;
        stage.bind("in");
        stage.body = MESSAGE_BYTES_MAX - 1_000;
        for _ in 0..20 {
            stage.pass(false, "INFO sip:a SIP/2.0", "in", "INFO");
        }
        let left_out = 20 - stage.told.len() as u32;
        assert!(left_out > 0);
        stage.body = 0;
        stage.proof = "";
        stage.pass(false, "BYE sip:a SIP/2.0", "in", "BYE");
        assert_eq!(stage.told.last().unwrap().left_out, left_out);
    }

    #[test]
    fn of_a_long_call_the_first_and_the_last_are_kept_and_the_middle_is_counted() {
        let mut stage = Stage::new();
        stage.bind("in");
        let whole = FIRST_MAX as usize + LAST_MAX + 30;
        for n in 0..whole {
            stage.now = n as u64;
            stage.pass(false, &format!("INFO sip:{n} SIP/2.0"), "in", "INFO");
        }
        assert_eq!(stage.told.len(), FIRST_MAX as usize);
        stage.keeper.over(Mono(0), leg(0));
        stage.forget(Some(LINGER.as_micros() as u64 - 1));
        assert_eq!(stage.told.len(), FIRST_MAX as usize);
        stage.forget(Some(LINGER.as_micros() as u64));
        assert_eq!(stage.told.len(), FIRST_MAX as usize + LAST_MAX);
        let left_out: Vec<u32> = stage.told.iter().map(|kept| kept.left_out).collect();
        assert_eq!(left_out.iter().sum::<u32>(), 30);
        assert_eq!(left_out[FIRST_MAX as usize], 30);
        assert_eq!(stage.told.last().unwrap().now.mono.0, whole as u64 - 1);
        assert_eq!(stage.keeper.sums().left_out, 30);
        assert!(stage.keeper.lines.is_empty() && stage.keeper.calls.is_empty());
        assert_eq!(stage.keeper.last_bytes, 0);
    }

    #[test]
    fn nothing_grows_without_bound() {
        let mut stage = Stage::new();
        for n in 0..CALLS_MAX + 50 {
            let id = LegId::caller(CallId(Uuid::from_u128(n as u128 + 1)));
            stage.keeper.bind(&n.to_string(), "ours", id, &mut |_| {});
            stage.pass(false, INVITE, &format!("w{n}"), "INVITE");
        }
        stage.forget(Some(0));
        assert_eq!(stage.keeper.calls.len(), CALLS_MAX);
        assert_eq!(stage.keeper.lines.len(), CALLS_MAX);
        assert_eq!(stage.keeper.waiting.len(), WAITING_MAX);
        stage.forget(None);
        assert!(stage.keeper.calls.is_empty() && stage.keeper.lines.is_empty());
    }
}
