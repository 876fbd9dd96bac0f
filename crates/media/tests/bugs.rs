//! A bug costs the leg it is met on: a driver that catches a panic, gives that leg up and goes on.
mod common;

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use common::{Heard, Net, Party, Stage, assert_one_stream, keyed, tone};
use gudok_media::control::{ClosedBy, Command, Event, Hears, MediaLeg};
use gudok_media::engine::{Config, MAX_EVENTS};
use gudok_media::g711::FRAME;
use gudok_media::tap::{BLOCK_BYTES, Block, BlockSink, TapWriter};
use gudok_media::{Bank, Engine, Kind, Transmit};

/// A way out with a bug: sending for one leg panics.
struct Broken<'a> {
    net: &'a mut Net,
    for_leg: MediaLeg,
}

impl Transmit for Broken<'_> {
    fn send(&mut self, leg: MediaLeg, kind: Kind, to: SocketAddr, datagram: &[u8]) {
        assert_ne!(leg, self.for_leg, "a bug");
        self.net.send(leg, kind, to, datagram);
    }
}

/// Lets milliseconds pass as a worker does; gives how many panics it caught.
fn wait(stage: &mut Stage, ms: u64, broken: MediaLeg) -> u32 {
    let mut panics = 0;
    for _ in 0..ms {
        stage.now += 1_000;
        let (now, engine) = (stage.now, &mut stage.engine);
        stage.net.at(now);
        let mut out = Broken {
            net: &mut stage.net,
            for_leg: broken,
        };
        while catch_unwind(AssertUnwindSafe(|| engine.tick(now, &mut out))).is_err() {
            panics += 1;
            let leg = engine.at_work().expect("a leg's work");
            engine.give_up(now, leg);
        }
    }
    panics
}

fn end_of(stage: &mut Stage, party: &Party) -> Option<ClosedBy> {
    std::iter::from_fn(|| stage.engine.poll_event()).find_map(|event| match event {
        Event::Closed { leg, by, .. } if leg == party.leg => Some(by),
        _ => None,
    })
}

#[test]
fn a_panic_in_the_tick_closes_its_leg_and_the_neighbours_hear_every_frame() {
    let mut bank = Bank::new();
    let music = bank
        .from_pcm("music", &tone(440.0, 50 * FRAME))
        .expect("room");
    let mut stage = Stage::new(bank);
    // Sixty legs: three in each of the twenty milliseconds, the broken one between two others.
    let parties: Vec<Party> = (0..60).map(|_| stage.party()).collect();
    for party in &parties {
        stage.play(party, &[music], true);
    }
    let broken = &parties[25];
    assert_eq!(wait(&mut stage, 1_000, broken.leg), 1);
    for party in parties.iter().filter(|party| party.leg != broken.leg) {
        let heard: Vec<Heard> = stage.heard(party);
        assert_eq!(heard.len(), 50, "{:?}", party.leg);
        assert_one_stream(&heard);
    }
    assert_eq!(stage.heard(broken).len(), 0);
    assert_eq!(end_of(&mut stage, broken), Some(ClosedBy::Bug));
    assert_eq!(stage.engine.legs(), 59);
}

#[test]
fn a_panic_while_relaying_takes_the_listener_and_leaves_the_speaker_free() {
    let mut stage = Stage::new(Bank::new());
    let (mut caller, operator, mut other) = (stage.party(), stage.party(), stage.party());
    stage.bridge(&caller, &operator);
    let packet = caller.packet(&keyed(1, 0));
    let mut out = Broken {
        net: &mut stage.net,
        for_leg: operator.leg,
    };
    let (engine, from) = (&mut stage.engine, caller.peer.rtp);
    let met = catch_unwind(AssertUnwindSafe(|| {
        engine.packet(
            0,
            caller.leg,
            Kind::Rtp,
            from,
            &mut packet.clone(),
            &mut out,
        );
    }));
    assert!(met.is_err());
    assert_eq!(engine.at_work(), Some(operator.leg));
    engine.give_up(0, operator.leg);
    assert_eq!(end_of(&mut stage, &operator), Some(ClosedBy::Bug));
    stage.bridge(&caller, &other);
    stage.speak(&mut caller, &keyed(1, 1));
    stage.speak(&mut other, &keyed(2, 0));
    assert_eq!(stage.heard(&other).len(), 1, "the caller talks to another");
    assert_eq!(stage.heard(&caller).len(), 1);
}

#[test]
fn a_panic_in_a_room_takes_the_party_it_was_met_on_and_the_others_hear_each_other() {
    let mut stage = Stage::new(Bank::new());
    let mut parties: Vec<Party> = (0..4).map(|_| stage.party()).collect();
    let legs: Vec<MediaLeg> = parties.iter().map(|party| party.leg).collect();
    let hears = |&leg: &MediaLeg| Hears {
        leg,
        from: legs.clone(),
    };
    stage.tell(Command::Mix {
        room: legs[1],
        parties: legs.iter().map(hears).collect(),
    });
    let broken = parties[1].clone();
    assert_eq!(wait(&mut stage, 100, broken.leg), 1);
    assert_eq!(end_of(&mut stage, &broken), Some(ClosedBy::Bug));
    let voice = [0x2a; FRAME];
    for _ in 0..10 {
        stage.speak(&mut parties[0], &voice);
        stage.wait(20);
    }
    for party in [&parties[2], &parties[3]] {
        let heard = stage.heard(party);
        assert!(
            (14..=15).contains(&heard.len()),
            "one beat at most was lost"
        );
        assert_eq!(heard.last().expect("some").payload, voice);
    }
    assert_eq!(stage.engine.legs(), 3);
}

/// A recorder whose door panics.
struct BrokenSink;

impl BlockSink for BrokenSink {
    fn swap(&mut self, _full: Block) -> Result<Block, Block> {
        panic!("a bug")
    }
}

/// A stage whose first full block is a panic.
fn with_a_broken_tap() -> Stage {
    let config = Config {
        worker: 3,
        seed: 42,
        silence_us: common::SILENCE_US,
    };
    let mut stage = Stage::new(Bank::new());
    let tap = TapWriter::new(3, Box::new(BrokenSink));
    stage.engine = Engine::new(config, Some(tap));
    stage
}

#[test]
fn a_panic_in_the_tap_costs_the_recordings_and_no_leg() {
    let mut stage = with_a_broken_tap();
    let (mut caller, operator) = (stage.party(), stage.party());
    stage.bridge(&caller, &operator);
    stage.tell(Command::Record {
        leg: caller.leg,
        recording: 1,
    });
    let mut lost = 0;
    for n in 0..100 {
        stage.speak(&mut caller, &keyed(1, n));
        stage.now += 20_000;
        let (now, engine, net) = (stage.now, &mut stage.engine, &mut stage.net);
        while catch_unwind(AssertUnwindSafe(|| engine.tick(now, net))).is_err() {
            assert_eq!(engine.at_work(), None, "no leg's work");
            lost += u32::from(engine.lose_tap());
        }
    }
    assert_eq!(lost, 1);
    assert_eq!(stage.heard(&operator).len(), 100);
    stage.wait(1);
    let told = |event: &Event| matches!(event, Event::TapLost { worker: 3 });
    assert!(stage.events.iter().any(told), "{:?}", stage.events);
}

/// Whether the command went through.
fn obeys(stage: &mut Stage, command: Command) -> bool {
    let (engine, net) = (&mut stage.engine, &mut stage.net);
    catch_unwind(AssertUnwindSafe(|| engine.command(0, command, net))).is_ok()
}

/// A recorded leg that is paused and resumed so often, or until the tap panics; and how often it was.
fn recorded(times: usize) -> (Stage, Party, usize) {
    let mut stage = with_a_broken_tap();
    let caller = stage.party();
    let (leg, recording) = (caller.leg, 1);
    stage.tell(Command::Record { leg, recording });
    let toggle = |n: &usize| Command::PauseRecording {
        leg,
        on: n.is_multiple_of(2),
    };
    let toggled = (0..times).take_while(|n| obeys(&mut stage, toggle(n)));
    let toggled = toggled.count();
    (stage, caller, toggled)
}

#[test]
fn a_leg_whose_tap_panics_while_it_is_closed_is_closed_and_told_once() {
    // The block has room for so many records, and the end of the recording is one more.
    let (_, _, room) = recorded(BLOCK_BYTES);
    let (mut stage, caller, _) = recorded(room);
    assert!(!obeys(&mut stage, Command::Close { leg: caller.leg }));
    assert_eq!(stage.engine.at_work(), None, "no leg's work");
    assert!(stage.engine.lose_tap());
    assert_eq!(stage.engine.legs(), 0);
    assert_eq!(end_of(&mut stage, &caller), Some(ClosedBy::Command));
    assert_eq!(end_of(&mut stage, &caller), None, "once");
}

#[test]
fn the_end_of_a_leg_is_told_even_when_nobody_takes_events() {
    let mut stage = Stage::new(Bank::new());
    let (caller, leg) = (stage.party(), MediaLeg::new(3, 9, 9));
    let (engine, net) = (&mut stage.engine, &mut stage.net);
    // Playbacks of nothing end at once, and nobody polls.
    for n in 0..MAX_EVENTS as u64 + 10 {
        let (leg, prompts) = (caller.leg, [].into());
        let play = Command::Play {
            leg,
            play: 1,
            bank: std::sync::Arc::default(),
            prompts,
            repeat: false,
        };
        engine.command(n * 20_000, play, net);
        engine.tick(n * 20_000, net);
    }
    assert!(engine.events_dropped() > 0);
    engine.command(0, Command::Close { leg: caller.leg }, net);
    engine.open(0, leg);
    engine.give_up(0, leg);
    let ends = std::iter::from_fn(|| engine.poll_event())
        .filter_map(|event| match event {
            Event::Closed { leg, by, .. } => Some((leg, by)),
            _ => None,
        })
        .collect::<Vec<_>>();
    assert_eq!(
        ends,
        [(caller.leg, ClosedBy::Command), (leg, ClosedBy::Bug)]
    );
}
