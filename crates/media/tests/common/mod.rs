//! A stage for stories: an engine in virtual time, parties that speak, and everything that was sent.
#![expect(
    dead_code,
    unreachable_pub,
    reason = "each test file is a crate of its own and uses its part"
)]

pub mod talk;

use std::net::SocketAddr;
use std::sync::Arc;

use gudok_media::control::{Codec, Command, Event, MediaLeg, Peer, Stats};
use gudok_media::engine::Config;
use gudok_media::g711::{self, FRAME};
use gudok_media::rtp::{Header, Stamp};
use gudok_media::tap::{BlockQueue, Packet, Record, Side, TapWriter, read};
use gudok_media::{Bank, Engine, Kind, Transmit};

/// Silence after which a leg is told to be silent.
pub const SILENCE_US: u64 = 30_000_000;

pub struct Stage {
    pub engine: Engine,
    pub now: u64,
    pub net: Net,
    pub events: Vec<Event>,
    pub taps: Arc<BlockQueue>,
    bank: Arc<Bank>,
    slots: u16,
}

/// Everything that was sent.
#[derive(Default)]
pub struct Net {
    pub sent: Vec<Sent>,
    now: u64,
}

#[derive(Clone, Debug)]
pub struct Sent {
    pub at: u64,
    pub leg: MediaLeg,
    pub kind: Kind,
    pub to: SocketAddr,
    pub bytes: Vec<u8>,
}

/// An RTP packet that a party heard.
#[derive(Clone, Debug)]
pub struct Heard {
    pub at: u64,
    pub header: Header,
    pub payload: Vec<u8>,
}

/// One party: an address, a leg and a stream of its own.
#[derive(Clone, Debug)]
pub struct Party {
    pub leg: MediaLeg,
    pub peer: Peer,
    pub ssrc: u32,
    pub seq: u16,
    pub ts: u32,
}

impl Transmit for Net {
    fn send(&mut self, leg: MediaLeg, kind: Kind, to: SocketAddr, datagram: &[u8]) {
        self.sent.push(Sent {
            at: self.now,
            leg,
            kind,
            to,
            bytes: datagram.to_vec(),
        });
    }
}

impl Net {
    /// What is sent from now on is sent at this time.
    pub fn at(&mut self, now: u64) {
        self.now = now;
    }
}

impl Stage {
    pub fn new(bank: Bank) -> Self {
        let taps = Arc::new(BlockQueue::new(64, || ()));
        Self::with_taps(bank, taps)
    }

    pub fn with_taps(bank: Bank, taps: Arc<BlockQueue>) -> Self {
        let config = Config {
            worker: 3,
            seed: 42,
            silence_us: SILENCE_US,
        };
        let tap = TapWriter::new(3, taps.sink());
        let mut engine = Engine::new(config, Some(tap));
        engine.set_wall_offset(1_700_000_000_000_000);
        Self {
            engine,
            now: 0,
            net: Net::default(),
            events: Vec::new(),
            taps,
            bank: Arc::new(bank),
            slots: 0,
        }
    }

    /// A party at 10.0.0.N, speaking A-law.
    pub fn party(&mut self) -> Party {
        self.party_speaking(Codec::Pcma)
    }

    pub fn party_speaking(&mut self, codec: Codec) -> Party {
        let leg = MediaLeg::new(3, 1, self.slots);
        self.slots += 1;
        let host = [10, 0, 0, self.slots as u8];
        let (rtp, rtcp) = ((host, 4_000).into(), (host, 4_001).into());
        let payload_type = codec.static_payload_type();
        let (dtmf, send, receive, learn) = (Some(101), true, true, None);
        let peer = Peer {
            rtp,
            rtcp,
            codec,
            payload_type,
            dtmf,
            send,
            receive,
            learn,
            talk_silence_us: None,
        };
        self.engine.open(self.now, leg);
        let party = Party {
            leg,
            peer,
            ssrc: 1_000 + u32::from(self.slots),
            seq: 65_500,
            ts: 9,
        };
        self.agree(&party);
        party
    }

    pub fn agree(&mut self, party: &Party) {
        self.tell(Command::Peer {
            leg: party.leg,
            peer: party.peer.clone(),
        });
    }

    pub fn bridge(&mut self, a: &Party, b: &Party) {
        self.tell(Command::Bridge { a: a.leg, b: b.leg });
    }

    pub fn play(&mut self, party: &Party, prompts: &[u32], repeat: bool) {
        self.tell(Command::Play {
            leg: party.leg,
            play: 1,
            bank: Arc::clone(&self.bank),
            prompts: prompts.into(),
            repeat,
        });
    }

    pub fn tell(&mut self, command: Command) {
        self.net.now = self.now;
        self.engine.command(self.now, command, &mut self.net);
        self.take_events();
    }

    /// Lets milliseconds pass.
    pub fn wait(&mut self, ms: u64) {
        for _ in 0..ms {
            self.now += 1_000;
            self.net.now = self.now;
            self.engine.tick(self.now, &mut self.net);
            self.take_events();
        }
    }

    /// A datagram comes to a leg.
    pub fn arrive(&mut self, leg: MediaLeg, kind: Kind, from: SocketAddr, bytes: &[u8]) {
        self.net.now = self.now;
        self.engine.packet(
            self.now,
            leg,
            kind,
            from,
            &mut bytes.to_vec(),
            &mut self.net,
        );
        self.take_events();
    }

    /// The party sends its next frame.
    pub fn speak(&mut self, party: &mut Party, payload: &[u8]) {
        let packet = party.packet(payload);
        self.arrive(party.leg, Kind::Rtp, party.peer.rtp, &packet);
    }

    /// What the party heard so far.
    pub fn heard(&self, party: &Party) -> Vec<Heard> {
        let to_party = |sent: &&Sent| sent.leg == party.leg && sent.kind == Kind::Rtp;
        self.net
            .sent
            .iter()
            .filter(to_party)
            .map(Heard::read)
            .collect()
    }

    /// Closes the leg and gives its statistics.
    pub fn close(&mut self, party: &Party) -> Stats {
        self.tell(Command::Close { leg: party.leg });
        match self.events.pop() {
            Some(Event::Closed { leg, stats, .. }) if leg == party.leg => *stats,
            other => panic!("{other:?}"),
        }
    }

    /// All records that were tapped, as owned packets of one side.
    pub fn recorded(&mut self, side: Side) -> Vec<Vec<u8>> {
        self.records(|record| match record {
            Record::Packet(Packet {
                side: of, payload, ..
            }) if of == side => Some(payload.to_vec()),
            _ => None,
        })
    }

    /// All records that were tapped, seen through `look`.
    pub fn records<T>(&mut self, look: impl Fn(Record<'_>) -> Option<T>) -> Vec<T> {
        self.engine.flush(self.now);
        let mut seen = Vec::new();
        while let Some(block) = self.taps.next() {
            let records = read(block.bytes()).expect("a block");
            seen.extend(records.filter_map(|tapped| look(tapped.record)));
            self.taps.give_back(block);
        }
        seen
    }

    fn take_events(&mut self) {
        while let Some(event) = self.engine.poll_event() {
            self.events.push(event);
        }
    }
}

impl Party {
    /// The next packet of its stream.
    pub fn packet(&mut self, payload: &[u8]) -> Vec<u8> {
        let packet = self.packet_of(self.peer.payload_type, self.ts, payload);
        self.ts = self.ts.wrapping_add(payload.len() as u32);
        packet
    }

    /// A packet with the next sequence number and anything else.
    pub fn packet_of(&mut self, payload_type: u8, ts: u32, payload: &[u8]) -> Vec<u8> {
        let (seq, ssrc) = (self.seq, self.ssrc);
        self.seq = seq.wrapping_add(1);
        let stamp = Stamp {
            marker: false,
            payload_type,
            seq,
            ts,
            ssrc,
        };
        let mut buffer = [&[0; 12], payload].concat();
        let range = 12..buffer.len();
        stamp.put(&mut buffer, &range).to_vec()
    }
}

impl Heard {
    fn read(sent: &Sent) -> Self {
        let header = Header::read(&sent.bytes).expect("we send RTP");
        let payload = sent.bytes[header.payload.clone()].to_vec();
        Self {
            at: sent.at,
            header,
            payload,
        }
    }
}

/// Bytes that no other frame of no other party has.
pub fn keyed(party: u32, frame: u32) -> Vec<u8> {
    let mut state = u64::from(party) << 32 | u64::from(frame);
    let next = |_| {
        state = state
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 56) as u8
    };
    (0..FRAME).map(next).collect()
}

/// Samples of a sine.
pub fn tone(hertz: f64, samples: usize) -> Vec<i16> {
    let wave = |n: usize| (n as f64 * std::f64::consts::TAU * hertz / 8e3).sin() * 8e3;
    (0..samples).map(|n| wave(n) as i16).collect()
}

/// Frame `n` of a sine, encoded.
pub fn tone_frame(codec: Codec, hertz: f64, n: usize) -> Vec<u8> {
    let samples = tone(hertz, (n + 1) * FRAME);
    samples[n * FRAME..]
        .iter()
        .map(|&sample| g711::encode(codec, sample))
        .collect()
}

/// One stream: one source, dense numbers, timestamps that grow as time does (within 20 ms).
pub fn assert_one_stream(heard: &[Heard]) {
    for pair in heard.windows(2) {
        let [before, after] = pair else {
            unreachable!("windows of two")
        };
        assert_eq!(before.header.ssrc, after.header.ssrc, "one source");
        assert_eq!(
            before.header.seq.wrapping_add(1),
            after.header.seq,
            "dense at {}",
            after.at
        );
        let step = i64::from(after.header.ts.wrapping_sub(before.header.ts)) * 125;
        let elapsed = (after.at - before.at).cast_signed();
        assert!(
            (step - elapsed).abs() <= 20_000,
            "{step} µs of samples in {elapsed} µs"
        );
    }
}
