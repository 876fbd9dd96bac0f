//! Two endpoints and a bad network, in virtual time: whatever is lost, doubled or overtaken, every call
//! ends once on both sides, and nothing is left behind.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gudok_sip::endpoint::{
    Command, Endpoint, Event, Flow, Input, Invite, Output, Session, Target, TrunkSource,
};

use crate::bench::{config, ms, udp};

/// SplitMix64: enough for dice, and the same on each machine.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// What the network does to packets.
#[derive(Clone, Copy)]
struct Weather {
    loss: u64,
    doubled: u64,
    /// Longest delay in milliseconds; different delays overtake one another.
    delay: u64,
}

/// How wild the parties are.
#[derive(Clone, Copy, PartialEq)]
enum Manners {
    /// Calls are answered, talked and hung up.
    Plain,
    /// Everything at any time.
    Wild,
}

/// What the two know of RFC 3262; the network rewrites the INVITEs.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Hundred {
    Unknown,
    Supported,
    Required,
}

const CALLER: usize = 0;
const CALLEE: usize = 1;

/// What one side's application has seen of a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Ringing,
    Talking,
    Over,
}

struct World {
    dice: Dice,
    weather: Weather,
    manners: Manners,
    hundred: Hundred,
    now: Duration,
    serial: u64,
    sides: [Endpoint; 2],
    /// Packets under way: (arrival, serial) → receiver and bytes.
    packets: BTreeMap<(Duration, u64), (usize, Vec<u8>)>,
    /// What the applications will do: (time, serial) → side and command.
    plans: BTreeMap<(Duration, u64), (usize, Command)>,
    phases: [BTreeMap<Session, Phase>; 2],
    failed: Vec<String>,
    answered: usize,
    /// PRACKs sent, repetitions included.
    pracks: usize,
}

fn address(side: usize) -> &'static str {
    ["192.0.2.1:5060", "192.0.2.2:5060"][side]
}

/// As `side` sees the other one.
fn flow(side: usize) -> Flow {
    Flow {
        local: address(side).parse().unwrap(),
        ..udp(address(1 - side))
    }
}

impl World {
    fn new(seed: u64, weather: Weather, manners: Manners, hundred: Hundred) -> Self {
        let sides = [CALLER, CALLEE].map(|side| {
            let mut config = config();
            config.contact_udp = address(side).into();
            config.contact_tcp = None;
            config.sessions_max = 100_000;
            config.policy.trunks = vec![TrunkSource {
                trunk: "other".into(),
                network: ("192.0.2.0".parse().unwrap(), 24),
            }];
            Endpoint::new(config, [u8::try_from(side).unwrap() + 1; 32])
        });
        Self {
            dice: Dice(seed),
            weather,
            manners,
            hundred,
            now: Duration::ZERO,
            serial: 0,
            sides,
            packets: BTreeMap::new(),
            plans: BTreeMap::new(),
            phases: Default::default(),
            failed: Vec::new(),
            answered: 0,
            pracks: 0,
        }
    }

    fn plan(&mut self, side: usize, after: u64, command: Command) {
        self.serial += 1;
        self.plans
            .insert((self.now + ms(after), self.serial), (side, command));
    }

    /// Something within so many milliseconds.
    fn soon(&mut self, side: usize, within: u64, command: Command) {
        let after = self.dice.below(within);
        self.plan(side, after, command);
    }

    fn dial(&mut self, at: u64) {
        let session = self.sides[CALLER].allocate();
        self.phases[CALLER].insert(session, Phase::Ringing);
        let invite = Command::Invite(Box::new(Invite {
            session,
            target: Target::Address {
                uri: format!("sip:hotline@{}", address(CALLEE)),
                flow: flow(CALLER),
            },
            from_uri: format!("sip:+79990000001@{}", address(CALLER)),
            from_display: None,
            headers: Vec::new(),
            sdp: format!("offer {}", session.0),
            credential: None,
            patience: None,
            session_id: None,
            session_expires: None,
            phone: None,
        }));
        self.plan(CALLER, at, invite);
        if self.manners == Manners::Wild && self.dice.percent(40) {
            let after = at + self.dice.below(8000);
            self.plan(CALLER, after, end(session));
        }
    }

    /// Runs until nothing is planned, under way or due.
    fn run(&mut self) {
        loop {
            let due = self.sides.iter().filter_map(Endpoint::poll_timeout).min();
            let packet = self.packets.first_key_value().map(|(key, _)| key.0);
            let plan = self.plans.first_key_value().map(|(key, _)| key.0);
            let Some(next) = [due, packet, plan].into_iter().flatten().min() else {
                break;
            };
            self.now = self.now.max(next);
            self.step(next);
            assert!(self.now < ms(3_600_000), "an hour and no end");
        }
    }

    fn step(&mut self, next: Duration) {
        if let Some(entry) = self
            .plans
            .first_entry()
            .filter(|entry| entry.key().0 == next)
        {
            let (side, command) = entry.remove();
            self.sides[side].handle_input(self.now, Input::Command(command.clone()));
            self.note_command(side, &command);
            return self.drain(side);
        }
        if let Some(entry) = self
            .packets
            .first_entry()
            .filter(|entry| entry.key().0 == next)
        {
            let (side, bytes) = entry.remove();
            let input = Input::Received {
                flow: flow(side),
                bytes: &bytes,
            };
            self.sides[side].handle_input(self.now, input);
            return self.drain(side);
        }
        for side in [CALLER, CALLEE] {
            self.sides[side].handle_timeout(self.now);
            self.drain(side);
        }
    }

    /// A session the application ends or refuses before the answer is over without an event.
    fn note_command(&mut self, side: usize, command: &Command) {
        if side == CALLEE
            && let Command::End { session, .. } | Command::Refuse { session, .. } = command
        {
            let phase = self.phases[side].get_mut(session).expect("a known session");
            if *phase == Phase::Ringing {
                *phase = Phase::Over;
            }
        }
        // The callee talks from its 200 on, whatever becomes of the ACK.
        if let Command::Accept { session, .. } = command {
            let phase = self.phases[side].get_mut(session).expect("a known session");
            if *phase == Phase::Ringing {
                *phase = Phase::Talking;
            }
        }
    }

    fn drain(&mut self, side: usize) {
        while let Some(output) = self.sides[side].poll_output() {
            match output {
                Output::Send { flow: to, bytes } => {
                    assert_eq!(to, flow(side), "packets go to the other side");
                    self.transmit(1 - side, bytes);
                }
                Output::Event(event) => self.on_event(side, event),
            }
        }
    }

    /// What the receiver is to read of 100rel.
    fn rewrite(&self, bytes: Vec<u8>) -> Vec<u8> {
        let supported = "Supported: timer, 100rel, replaces, norefersub\r\n";
        let new = match self.hundred {
            Hundred::Unknown => "Supported: timer\r\n",
            Hundred::Required => "Require: 100rel\r\nSupported: timer, 100rel\r\n",
            Hundred::Supported => return bytes,
        };
        if !bytes.starts_with(b"INVITE") {
            return bytes;
        }
        let text = String::from_utf8(bytes).expect("we write UTF-8");
        text.replace(supported, new).into_bytes()
    }

    fn transmit(&mut self, to: usize, bytes: Vec<u8>) {
        self.pracks += usize::from(bytes.starts_with(b"PRACK"));
        let bytes = self.rewrite(bytes);
        let copies = 1 + u64::from(self.dice.percent(self.weather.doubled));
        for _ in 0..copies {
            if !self.dice.percent(self.weather.loss) {
                self.serial += 1;
                let delay = ms(1 + self.dice.below(self.weather.delay));
                self.packets
                    .insert((self.now + delay, self.serial), (to, bytes.clone()));
            }
        }
    }

    fn on_event(&mut self, side: usize, event: Event) {
        match event {
            Event::Incoming { session, .. } => {
                let known = self.phases[side].insert(session, Phase::Ringing);
                assert_eq!(known, None, "a session comes once");
                self.on_incoming(session);
            }
            Event::Accepted { session, .. } => {
                self.expect(side, session, Phase::Ringing, Phase::Talking, "accepted");
                self.answered += 1;
                self.talk(side, session);
            }
            Event::Confirmed { session, .. } => {
                self.expect(side, session, Phase::Talking, Phase::Talking, "confirmed");
                self.talk(side, session);
            }
            Event::Progress { session, .. } => {
                self.expect(side, session, Phase::Ringing, Phase::Ringing, "progress");
            }
            Event::Refused {
                session,
                status,
                reason,
                ..
            } => {
                self.expect(side, session, Phase::Ringing, Phase::Over, "refused");
                self.failed.push(format!("{status} {reason}"));
            }
            Event::Cancelled { session, .. } => {
                self.expect(side, session, Phase::Ringing, Phase::Over, "cancelled");
            }
            Event::Ended { session, by, .. } => {
                self.expect(side, session, Phase::Talking, Phase::Over, "ended");
                self.failed.push(format!("{by:?}"));
            }
            Event::Reoffered { session, .. } | Event::OfferWanted { session } => {
                self.expect(side, session, Phase::Talking, Phase::Talking, "reoffered");
                let sdp = self
                    .dice
                    .percent(80)
                    .then(|| format!("new answer {}", self.serial));
                self.soon(side, 300, Command::AnswerReoffer { session, sdp });
            }
            Event::ReofferAnswered { session, .. } => {
                self.expect(
                    side,
                    session,
                    Phase::Talking,
                    Phase::Talking,
                    "reoffer answered",
                );
            }
            Event::Probed { .. } | Event::Registrar { .. } => {}
            Event::Banned(_) | Event::Refusal { .. } => {}
            Event::Referred { session, refer } => {
                self.expect(side, session, Phase::Talking, Phase::Talking, "referred");
                self.on_referred(side, session, refer.number);
            }
            Event::ReferAnswered { session, .. } | Event::ReferProgress { session, .. } => {
                self.expect(side, session, Phase::Talking, Phase::Talking, "refer told");
            }
            Event::Digit { .. } | Event::Registered { .. } | Event::Bound { .. } => {
                panic!("nobody does that here")
            }
        }
    }

    /// Takes most references, tells some of them to the end, and forgets one in five.
    fn on_referred(&mut self, side: usize, session: Session, refer: u32) {
        if self.dice.percent(20) {
            return;
        }
        let status = if self.dice.percent(80) { 202 } else { 603 };
        let answer = Command::AnswerRefer {
            session,
            refer,
            status,
        };
        self.soon(side, 500, answer);
        for status in [180, 200] {
            let word = Command::ReferProgress {
                session,
                refer,
                status,
            };
            self.soon(side, 20_000, word);
        }
    }

    fn expect(&mut self, side: usize, session: Session, before: Phase, after: Phase, what: &str) {
        let phase = self.phases[side]
            .get_mut(&session)
            .expect("a known session");
        assert_eq!(
            *phase, before,
            "{what} on side {side}, session {}",
            session.0
        );
        *phase = after;
    }

    fn on_incoming(&mut self, session: Session) {
        let sdp = format!("answer {}", session.0);
        if self.dice.percent(70) {
            let (status, sdp) = (180, None);
            self.soon(CALLEE, 500, progress(session, status, sdp));
        }
        for _ in 0..self.dice.below(3) {
            let sdp = self.dice.percent(70).then(|| sdp.clone());
            self.soon(CALLEE, 2000, progress(session, 183, sdp));
        }
        let wild = self.manners == Manners::Wild;
        match self.dice.below(10) {
            0 if wild => self.soon(CALLEE, 4000, refuse(session)),
            1 if wild => self.soon(CALLEE, 4000, end(session)),
            2 if wild => {
                self.soon(CALLEE, 3000, Command::Accept { session, sdp });
                self.soon(CALLEE, 4000, end(session));
            }
            _ => self.soon(CALLEE, 4000, Command::Accept { session, sdp }),
        }
    }

    /// Both sides plan to hang up; the earlier one does. In wild weather they also change the media.
    fn talk(&mut self, side: usize, session: Session) {
        if self.manners == Manners::Wild {
            for _ in 0..self.dice.below(3) {
                let sdp = format!("offer {}", self.serial);
                self.soon(side, 10_000, Command::Reoffer { session, sdp });
            }
            for _ in 0..self.dice.below(2) {
                let to = "sip:102@gudok.example".into();
                let replaces = None;
                let refer = Command::Refer {
                    session,
                    to,
                    replaces,
                };
                self.soon(side, 10_000, refer);
            }
        }
        let after = 2000 + self.dice.below(20_000);
        self.plan(side, after, end(session));
    }
}

fn progress(session: Session, status: u16, sdp: Option<String>) -> Command {
    Command::Progress {
        session,
        status,
        sdp,
    }
}

fn end(session: Session) -> Command {
    Command::End {
        session,
        reason: None,
    }
}

fn refuse(session: Session) -> Command {
    Command::Refuse {
        session,
        status: 486,
        headers: Vec::new(),
    }
}

/// One run; fails unless every session ended and nothing is left.
fn simulate(seed: u64, calls: u64, weather: Weather, manners: Manners, hundred: Hundred) -> World {
    let mut world = World::new(seed, weather, manners, hundred);
    for call in 0..calls {
        world.dial(call * 50);
    }
    world.run();
    for side in [CALLER, CALLEE] {
        let open: Vec<_> = world.phases[side]
            .iter()
            .filter(|(_, phase)| **phase != Phase::Over)
            .collect();
        assert!(
            open.is_empty(),
            "seed={seed} side {side} never ended: {open:?}"
        );
        assert!(
            world.sides[side].is_idle(),
            "seed={seed} side {side} is not idle: {:?}",
            world.sides[side]
        );
        assert_eq!(world.sides[side].poll_timeout(), None);
    }
    world
}

#[test]
fn ten_percent_loss_each_way_fails_no_call() {
    let weather = Weather {
        loss: 10,
        doubled: 2,
        delay: 60,
    };
    for hundred in [Hundred::Unknown, Hundred::Supported, Hundred::Required] {
        let world = simulate(1, 450, weather, Manners::Plain, hundred);
        assert_eq!(world.answered, 450, "{hundred:?}");
        let ways: BTreeSet<&str> = world.failed.iter().map(String::as_str).collect();
        assert_eq!(ways, BTreeSet::from(["Peer", "Us"]), "{hundred:?}");
        assert_eq!(world.pracks > 200, hundred != Hundred::Unknown);
    }
}

#[test]
fn thousands_of_wild_calls_end_once_and_leave_nothing_behind() {
    for seed in 0..12u64 {
        let weather = Weather {
            loss: [0, 5, 20, 40][seed as usize % 4],
            doubled: 10,
            delay: [20, 300, 1500][seed as usize % 3],
        };
        // Every weather meets every knowledge.
        let hundreds = [Hundred::Unknown, Hundred::Supported, Hundred::Required];
        let hundred = hundreds[(seed / 4) as usize % 3];
        simulate(seed, 130, weather, Manners::Wild, hundred);
    }
}
