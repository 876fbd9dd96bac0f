//! What the network brought, and whose turn it is. While there is time for all of it, messages go from the sockets to
//! the SIP machine as they come. When there is not, they are taken off the sockets quickly, so that the system's buffer
//! loses none, and wait here by rank: talks under way, new calls, the rest, strangers.
use std::collections::{BTreeSet, VecDeque};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use gudok_model::Now;
use gudok_sip::endpoint::{Flow, Input as SipInput, Source};
use gudok_sip::shield::{Letter, Limits, Place, Pressure, Pushed, Rank, Shield, Waiting};
use gudok_sip::trunk;
use gudok_wire::sip::Arrival;

use super::Hotline;
use super::curt::{Concerned, Curtness};
use super::seeing::Who;
use crate::metrics::Metrics;

/// Messages served in one turn, so that timers and desks have theirs.
const SERVED_A_TURN: usize = 64;
/// Messages looked at in one turn; most of a flood is dropped unread.
const JUDGED_A_TURN: usize = 1_024;
/// Longest turn while others wait: meanwhile the system's buffer fills.
const TURN_MAX: Duration = Duration::from_millis(5);
/// Longest time in which messages are taken off the sockets, while those that wait are to be served.
const GATHER_MAX: Duration = Duration::from_millis(10);
/// Messages between two looks at the clock: a fraction of a millisecond, and what waits in the sockets came before it all the
/// same.
const LOOKED_AT_ONCE: usize = 16;
/// Peers remembered that we have called ourselves and that are neither trunks nor phones; the one we have not called for
/// the longest is forgotten. Where carriers are called and registered at is beside them, and never forgotten.
const CALLED_MAX: usize = 64;
/// A flood is told once in so long.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// The guard, and who waits.
pub(super) struct Reception {
    shield: Shield,
    waiting: Waiting,
    /// There is more than a turn's worth: messages wait by rank.
    crowded: bool,
    expected: Expected,
    told: Option<Duration>,
    told_of: u64,
    /// What refuses calls without parsing them.
    curt: Curtness,
    /// When an answer of somebody who was not asked was told last.
    told_foreign: Option<Duration>,
}

/// What became of the next message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    None,
    Unread,
    Served,
}

impl Reception {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            shield: Shield::new(Limits::default(), seed),
            waiting: Waiting::new(seed.rotate_left(16)),
            crowded: false,
            expected: Expected::default(),
            told: None,
            told_of: 0,
            curt: Curtness::default(),
            told_foreign: None,
        }
    }

    /// We call this address: its answers are not those of a stranger.
    pub(super) fn expects(&mut self, address: IpAddr) {
        self.expected.called(address);
    }

    /// Where carriers are, as far as it is known now.
    pub(super) fn expects_alone(&mut self, targets: BTreeSet<IpAddr>) {
        self.expected.targets = targets;
    }

    /// Lets a message wait for its turn; the copy of a call that waits is as good as heard. Where it finds no place and
    /// its sender is to be told, the place it found; and the calls that made room for it, to be told too.
    fn let_wait(
        &mut self,
        now: Duration,
        (source, rank): (Source, Option<Rank>),
        flow: Flow,
        bytes: &[u8],
        brief_free: impl FnOnce() -> bool,
    ) -> (Option<Place>, Vec<Letter>) {
        let place = match rank {
            Some(Rank::Call) if self.waiting.holds(flow, bytes) => return (None, Vec::new()),
            Some(Rank::Call) => self.waiting.place(now),
            _ => Place::InTime,
        };
        let mut pushed = match (rank, place) {
            (None, _) => Pushed::default(),
            (Some(rank), Place::InTime) => self.waiting.push(now, rank, flow, bytes),
            (Some(_), Place::Late) if brief_free() => self.waiting.push_late(now, flow, bytes),
            (Some(_), _) => {
                let tells = self.shield.turns_away(now, bytes);
                return (tells.then_some(place), Vec::new());
            }
        };
        pushed
            .out
            .retain(|letter| self.shield.turns_away(now, &letter.bytes));
        let tells = !pushed.waits
            && self.shield.tells(now, source, bytes)
            && !self.waiting.holds(flow, bytes);
        (tells.then_some(place), pushed.out)
    }

    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The sums, and a word when a flood is under way.
    pub(super) fn tell(&mut self, now: Duration, metrics: &Metrics) {
        let (unread, dropped) = (self.shield.refused(), self.waiting.dropped());
        metrics.unread(unread, dropped, self.waiting.len());
        let sum = unread.strangers + unread.phones + unread.trunks + dropped;
        if sum == self.told_of || self.told.is_some_and(|told| now < told + TOLD_EVERY) {
            return;
        }
        let more = sum - self.told_of;
        (self.told, self.told_of) = (Some(now), sum);
        metrics.alarm("flood");
        tracing::warn!(
            messages = more,
            strangers = unread.strangers,
            phones = unread.phones,
            trunks = unread.trunks,
            "more SIP comes than its senders may send: dropped unread"
        );
    }
}

impl Reception {
    /// A word, and not too often, of an answer that was not believed: a carrier's other address is missing, or somebody
    /// reads along. True where it was said.
    pub(super) fn tell_foreign(
        &mut self,
        now: Duration,
        trunk: Option<&str>,
        asked: Flow,
        from: Flow,
    ) -> bool {
        if self
            .told_foreign
            .is_some_and(|told| now < told + TOLD_EVERY)
        {
            return false;
        }
        self.told_foreign = Some(now);
        tracing::warn!(
            trunk,
            asked = %asked.remote,
            from = %from.remote,
            "an answer came from where nobody was asked and was dropped: if it is the carrier's, add its address to the \
             trunk's sources"
        );
        true
    }
}

/// Whose answers we wait for.
#[derive(Debug, Default)]
struct Expected {
    /// Carriers' addresses: bounded by the trunks of the configuration.
    targets: BTreeSet<IpAddr>,
    /// The last one called is at the end.
    called: VecDeque<IpAddr>,
}

impl Expected {
    fn called(&mut self, address: IpAddr) {
        let address = address.to_canonical();
        self.called.retain(|known| *known != address);
        if self.called.len() >= CALLED_MAX {
            self.called.pop_front();
        }
        self.called.push_back(address);
    }

    /// Who is judged as what: a peer that we have called ranks with the phones.
    fn standing(&self, source: Source, address: IpAddr) -> Source {
        let address = address.to_canonical();
        match source {
            Source::Stranger
                if self.targets.contains(&address) || self.called.contains(&address) =>
            {
                Source::Phone
            }
            source => source,
        }
    }
}

impl Hotline {
    /// Takes what the network brought. A bug that one message meets costs that message.
    pub(super) fn receive(&mut self) {
        if !self.reception.crowded {
            self.reception.crowded = !self.receive_all();
        }
        if self.reception.crowded {
            self.receive_by_rank();
        }
        // While messages wait, another turn comes at once.
        if !self.reception.has_waiting() || self.reception.curt.is_due(self.clock.elapsed()) {
            self.answer_refused();
        }
    }

    /// Sends the answers to those who were refused since the last time.
    fn answer_refused(&mut self) {
        self.sockets.send_all(&mut self.reception.curt.answers);
    }

    /// One more can be refused then.
    fn keep_room(&mut self) {
        if self.reception.curt.answers.is_full() {
            self.answer_refused();
        }
    }

    /// False when there was more than fits a turn.
    fn receive_all(&mut self) -> bool {
        let mut served = 0;
        for _ in 0..JUDGED_A_TURN {
            let mut next = Next::Served;
            self.keep_room();
            self.survive(|hotline| next = hotline.receive_one());
            match next {
                Next::None => return true,
                Next::Unread => {}
                Next::Served => served += 1,
            }
            if served == SERVED_A_TURN {
                return false;
            }
        }
        false
    }

    fn receive_one(&mut self) -> Next {
        let now = self.clock.elapsed();
        let (endpoint, reception) = (&self.endpoint, &mut self.reception);
        let input = match self.sockets.take(|address| endpoint.source(address)) {
            Some(Arrival::Message { flow, bytes }) => {
                let from = flow.remote.ip();
                let source = reception.expected.standing(endpoint.source_of(flow), from);
                let returns = || endpoint.brings_our_nonce(from, bytes);
                let rank = reception.shield.judge(now, flow, source, bytes, returns);
                if rank.is_none() {
                    if !reception.shield.tells(now, source, bytes) {
                        return Next::Unread;
                    }
                    let bytes = bytes.to_owned();
                    self.send_away((flow, &bytes), Pressure::default());
                    return Next::Served;
                }
                let who = Who {
                    endpoint,
                    legs: &self.legs,
                };
                let now = self.clock.now();
                self.seeing.heard(now, &flow, bytes, who, &mut self.paper);
                SipInput::Received { flow, bytes }
            }
            Some(Arrival::Closed {
                flow, by_remote, ..
            }) => {
                self.trunk_input(trunk::Input::FlowClosed(flow));
                SipInput::FlowClosed { flow, by_remote }
            }
            None => return Next::None,
        };
        self.endpoint.press(Pressure {
            waited: Duration::ZERO,
            brief_free: self.switchboard.has_brief_room(),
        });
        self.endpoint.handle_input(now, input);
        self.settle();
        Next::Served
    }

    fn receive_by_rank(&mut self) {
        let is_all = self.gather();
        // However long that took: whoever is in time is served beside those who are turned away.
        let began = Instant::now();
        for _ in 0..SERVED_A_TURN {
            let Some(letter) = self.reception.waiting.pop(self.clock.elapsed()) else {
                self.reception.crowded = !is_all;
                return;
            };
            self.keep_room();
            self.survive(|hotline| hotline.serve(&letter));
            self.reception.waiting.give_back(letter);
            if began.elapsed() >= TURN_MAX {
                return;
            }
        }
    }

    /// Takes messages off the sockets and lets them wait, as many as there is time for; true when nothing is left there.
    fn gather(&mut self) -> bool {
        let (now, began) = (self.clock.now(), Instant::now());
        for looked in 0..JUDGED_A_TURN {
            if looked % LOOKED_AT_ONCE == 0 && began.elapsed() >= GATHER_MAX {
                return false;
            }
            let mut more = true;
            self.keep_room();
            self.survive(|hotline| more = hotline.gather_one(now));
            if !more {
                return true;
            }
        }
        false
    }

    /// False when nothing is left on the sockets.
    fn gather_one(&mut self, moment: Now) -> bool {
        let now = moment.mono.since_start();
        let (endpoint, reception) = (&self.endpoint, &mut self.reception);
        match self.sockets.take(|address| endpoint.source(address)) {
            Some(Arrival::Message { flow, bytes }) => {
                let from = flow.remote.ip();
                let source = reception.expected.standing(endpoint.source_of(flow), from);
                let returns = || endpoint.brings_our_nonce(from, bytes);
                let rank = reception.shield.judge(now, flow, source, bytes, returns);
                let is_ack = rank == Some(Rank::Talk) && bytes.starts_with(b"ACK ");
                if is_ack && let Some(ack) = self.endpoint.absorbs_ack(flow, bytes) {
                    let who = Who {
                        endpoint: &self.endpoint,
                        legs: &self.legs,
                    };
                    let (ack, now) = ((bytes, ack), || self.clock.now());
                    self.seeing.absorbed(now, &flow, ack, who, &mut self.paper);
                    return true;
                }
                let brief_free = || self.switchboard.has_brief_room();
                let (told, out) = reception.let_wait(now, (source, rank), flow, bytes, brief_free);
                if let Some(place) = told {
                    let (call, pressure) = ((flow, bytes), pressure_of(place));
                    let concerned = Concerned {
                        endpoint: &mut self.endpoint,
                        seeing: &mut self.seeing,
                        metrics: &self.metrics,
                    };
                    if !reception.curt.refuse(moment, concerned, call, pressure) {
                        let bytes = bytes.to_owned();
                        self.survive(|hotline| hotline.send_away_unread((flow, &bytes), pressure));
                    }
                }
                for Letter { flow, bytes, .. } in out {
                    let pressure = pressure_of(Place::None);
                    self.survive(|hotline| hotline.send_away((flow, &bytes), pressure));
                }
            }
            Some(Arrival::Closed {
                flow, by_remote, ..
            }) => {
                let closed = SipInput::FlowClosed { flow, by_remote };
                self.trunk_input(trunk::Input::FlowClosed(flow));
                self.endpoint.handle_input(now, closed);
                self.settle();
            }
            None => return false,
        }
        true
    }

    /// A trunk's call that there is no time for: it is told, so that the carrier takes it elsewhere.
    fn send_away(&mut self, call: (Flow, &[u8]), pressure: Pressure) {
        if !self.send_away_curtly(call, pressure) {
            self.send_away_unread(call, pressure);
        }
    }

    /// False where it cannot be refused without parsing.
    fn send_away_curtly(&mut self, call: (Flow, &[u8]), pressure: Pressure) -> bool {
        let concerned = Concerned {
            endpoint: &mut self.endpoint,
            seeing: &mut self.seeing,
            metrics: &self.metrics,
        };
        let curt = &mut self.reception.curt;
        curt.refuse(self.clock.now(), concerned, call, pressure)
    }

    /// The same by the parser, and seen.
    fn send_away_unread(&mut self, (flow, bytes): (Flow, &[u8]), pressure: Pressure) {
        let who = Who {
            endpoint: &self.endpoint,
            legs: &self.legs,
        };
        let now = self.clock.now();
        self.seeing.missed(now, &flow, bytes, who, &mut self.paper);
        self.endpoint.press(pressure);
        let unread = SipInput::Unread { flow, bytes };
        self.endpoint.handle_input(now.mono.since_start(), unread);
        self.settle();
    }

    fn serve(&mut self, letter: &Letter) {
        let now = self.clock.elapsed();
        let pressure = Pressure {
            waited: letter.waited(now),
            brief_free: self.switchboard.has_brief_room(),
        };
        let call = (letter.flow, &*letter.bytes);
        let is_lost = letter.is_late_call(now) && !pressure.brief_free;
        if is_lost && self.send_away_curtly(call, pressure) {
            return;
        }
        self.endpoint.press(pressure);
        let (flow, bytes) = (letter.flow, letter.bytes.as_slice());
        let who = Who {
            endpoint: &self.endpoint,
            legs: &self.legs,
        };
        let came = self.clock.earlier(letter.since);
        self.seeing.heard(came, &flow, bytes, who, &mut self.paper);
        self.endpoint
            .handle_input(now, SipInput::Received { flow, bytes });
        self.settle();
    }
}

/// What the endpoint is told of a call that found such a place, and is refused.
fn pressure_of(place: Place) -> Pressure {
    let waited = match place {
        Place::InTime => Duration::ZERO,
        Place::Late | Place::None => Duration::MAX,
    };
    Pressure {
        waited,
        brief_free: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(last: u8) -> IpAddr {
        [203, 0, 113, last].into()
    }

    fn flow() -> Flow {
        Flow {
            transport: gudok_sip::endpoint::Transport::Udp,
            local: ([192, 0, 2, 1], 5060).into(),
            remote: (host(9), 5060).into(),
            connection: 0,
        }
    }

    #[test]
    fn the_copy_of_a_call_that_waits_is_neither_refused_nor_a_call() {
        let (mut reception, now) = (Reception::new(7), Duration::ZERO);
        let invite = |number: usize| format!("INVITE sip:{number} SIP/2.0\r\nTo: <sip:a>\r\n\r\n");
        let mut come = |rank, bytes: &str| {
            let whose = (Source::Trunk, rank);
            let (told, out) = reception.let_wait(now, whose, flow(), bytes.as_bytes(), || false);
            assert!(out.is_empty());
            (told, reception.waiting.len())
        };
        let call = Some(Rank::Call);
        assert_eq!(come(call, &invite(0)), (None, 1));
        assert_eq!(come(call, &invite(0)), (None, 1), "its copy");
        let mut number = 1;
        while come(call, &invite(number)).0.is_none() {
            number += 1;
        }
        assert_eq!(come(call, &invite(9_999)).0, Some(Place::Late), "full");
        assert_eq!(come(call, &invite(0)), (None, number), "its copy then");
        assert_eq!(come(None, &invite(0)), (None, number), "above the rate");
        assert_eq!(come(None, &invite(9_999)).0, Some(Place::InTime));
    }

    #[test]
    fn calls_that_make_room_for_talks_are_told() {
        let (mut reception, now) = (Reception::new(7), Duration::ZERO);
        let talk = (Source::Trunk, Some(Rank::Talk));
        let call = (Source::Trunk, Some(Rank::Call));
        reception.let_wait(now, call, flow(), b"INVITE sip:a SIP/2.0\r\n\r\n", || true);
        let bye = b"BYE sip:a SIP/2.0\r\n\r\n";
        let mut out = Vec::new();
        for _ in 0..gudok_sip::shield::WAITING_MAX {
            out.extend(reception.let_wait(now, talk, flow(), bye, || true).1);
        }
        let out: Vec<&[u8]> = out.iter().map(|it| it.bytes.as_slice()).collect();
        assert_eq!(out, [b"INVITE sip:a SIP/2.0\r\n\r\n"]);
    }

    #[test]
    fn answers_of_others_are_told_once_a_minute() {
        let mut reception = Reception::new(7);
        let told: Vec<bool> = [0, 1, 59, 60, 61]
            .map(|secs| {
                let now = Duration::from_secs(secs);
                reception.tell_foreign(now, Some("north"), flow(), flow())
            })
            .into();
        assert_eq!(told, [true, false, false, true, false]);
    }

    #[test]
    fn who_is_called_again_and_where_carriers_are_is_not_forgotten() {
        let mut expected = Expected {
            targets: [host(1)].into(),
            ..Expected::default()
        };
        expected.called(host(2));
        expected.called(host(3));
        for last in 0..CALLED_MAX - 1 {
            expected.called([198, 51, 100, u8::try_from(last).expect("small")].into());
            expected.called(host(2));
        }
        let of = |last| expected.standing(Source::Stranger, host(last));
        assert_eq!(of(1), Source::Phone, "a carrier");
        assert_eq!(of(2), Source::Phone, "called again and again");
        assert_eq!(of(3), Source::Stranger, "called once, long ago");
        assert_eq!(expected.called.len(), CALLED_MAX);
    }
}
