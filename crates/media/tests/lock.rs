//! Strangers: nobody is heard, and nobody is spoken to, but the party.
mod common;

use std::net::SocketAddr;

use common::{Party, Stage, keyed, tone};
use gudok_media::control::Command;
use gudok_media::g711::FRAME;
use gudok_media::rtcp::{MAX_REPORT, Report};
use gudok_media::tap::Side;
use gudok_media::{Bank, Kind};

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

/// A report by somebody who claims to be `party`.
fn report(party: &Party) -> Vec<u8> {
    let (ssrc, sent, block) = (party.ssrc, None, None);
    let report = Report {
        ssrc,
        name: 1,
        sent,
        block,
        last_report: (0, 0),
        bye: false,
    };
    let mut buffer = [0; MAX_REPORT];
    let length = report.write(&mut buffer);
    buffer[..length].to_vec()
}

#[test]
fn a_spray_of_perfect_forgeries_reaches_neither_ear_nor_recording() {
    let mut bank = Bank::new();
    let music = bank
        .from_pcm("music", &tone(440.0, 50 * FRAME))
        .expect("room");
    let mut stage = Stage::new(bank);
    let (mut caller, mut operator) = (stage.party(), stage.party());
    stage.tell(Command::Record {
        leg: caller.leg,
        recording: 1,
    });
    stage.play(&operator, &[music], true);
    stage.bridge(&caller, &operator);
    for n in 0..500 {
        for port in 0..20u16 {
            let forged = caller.clone().packet(&[0; 160]);
            let from = SocketAddr::from(([198, 51, 100, 7], 1_000 + port));
            stage.arrive(caller.leg, Kind::Rtp, from, &forged);
            stage.arrive(caller.leg, Kind::Rtcp, from, &report(&caller));
        }
        let same_host = SocketAddr::new(caller.peer.rtp.ip(), 4_002);
        let forged = caller.clone().packet(&[0; 160]);
        stage.arrive(caller.leg, Kind::Rtp, same_host, &forged);
        stage.speak(&mut caller, &keyed(1, n));
        stage.speak(&mut operator, &keyed(2, n));
        stage.wait(20);
    }
    let strangers: Vec<_> = stage
        .net
        .sent
        .iter()
        .filter(|sent| sent.to.port() / 10 != 400)
        .collect();
    assert!(strangers.is_empty(), "{} packets leaked", strangers.len());
    let heard: Vec<_> = stage
        .heard(&operator)
        .into_iter()
        .map(|heard| heard.payload)
        .collect();
    let said: Vec<_> = (0..500).map(|n| keyed(1, n)).collect();
    assert_eq!(heard, said, "nothing injected");
    assert_eq!(stage.recorded(Side::Left), said);
    assert_eq!(stage.close(&caller).foreign, 500 * 41);
}

#[test]
fn a_new_offer_moves_the_lock() {
    let mut stage = Stage::new(Bank::new());
    let (mut caller, operator) = (stage.party(), stage.party());
    stage.bridge(&caller, &operator);
    stage.speak(&mut caller, &keyed(1, 0));
    let old = caller.peer.rtp;
    caller.peer.rtp = address("10.9.9.9:5000");
    caller.peer.rtcp = address("10.9.9.9:5001");
    stage.agree(&caller);
    let stale = caller.clone().packet(&keyed(1, 1));
    stage.arrive(caller.leg, Kind::Rtp, old, &stale);
    stage.speak(&mut caller, &keyed(1, 1));
    assert_eq!(stage.heard(&operator).len(), 2);
    assert_eq!(stage.close(&caller).foreign, 1);
}

#[test]
fn behind_a_nat_the_live_stream_is_learned_and_only_then_answered() {
    let mut bank = Bank::new();
    let music = bank
        .from_pcm("music", &tone(440.0, 50 * FRAME))
        .expect("room");
    let mut stage = Stage::new(bank);
    let mut phone = stage.party();
    phone.peer.learn = Some([203, 0, 113, 9].into());
    phone.peer.rtp = address("192.168.1.5:4000");
    phone.peer.rtcp = address("192.168.1.5:4001");
    stage.agree(&phone);
    stage.play(&phone, &[music], true);
    let (nat, nat_rtcp) = (address("203.0.113.9:61000"), address("203.0.113.9:61001"));
    let mut thief = phone.clone();
    for n in 0..50 {
        for _ in 0..20 {
            let spray = thief.packet(&keyed(9, n));
            stage.arrive(phone.leg, Kind::Rtp, address("198.51.100.7:9"), &spray);
            stage.wait(1);
        }
        let packet = phone.packet(&keyed(1, n));
        stage.arrive(phone.leg, Kind::Rtp, nat, &packet);
        stage.arrive(phone.leg, Kind::Rtcp, nat_rtcp, &report(&phone));
        stage.arrive(
            phone.leg,
            Kind::Rtcp,
            address("198.51.100.7:10"),
            &report(&phone),
        );
    }
    stage.wait(10_000);
    let to = |address| {
        stage
            .net
            .sent
            .iter()
            .filter(|sent| sent.to == address)
            .count()
    };
    assert!(to(nat) > 500, "learned");
    assert!(to(nat_rtcp) >= 1, "its reports came from there");
    assert_eq!(
        to(address("198.51.100.7:9")) + to(address("198.51.100.7:10")),
        0
    );
    let stats = stage.close(&phone);
    assert_eq!(stats.received, 47, "all but the proof");
}

#[test]
fn junk_is_counted_and_harmless() {
    let mut stage = Stage::new(Bank::new());
    let caller = stage.party();
    for junk in [&[][..], &[0x80], &[0xff; 1_500], &[0x80; 11]] {
        stage.arrive(caller.leg, Kind::Rtp, caller.peer.rtp, junk);
        stage.arrive(caller.leg, Kind::Rtcp, caller.peer.rtcp, junk);
    }
    assert_eq!(stage.close(&caller).foreign, 8);
    stage.arrive(caller.leg, Kind::Rtp, caller.peer.rtp, &[0x80; 172]);
    stage.wait(100);
    assert_eq!(
        stage.engine.legs(),
        0,
        "a packet for a closed leg opens nothing"
    );
}

#[test]
fn rtcp_on_the_rtp_port_does_not_upset_the_stream() {
    let mut stage = Stage::new(Bank::new());
    let (mut caller, operator) = (stage.party(), stage.party());
    stage.bridge(&caller, &operator);
    for n in 0..50 {
        stage.speak(&mut caller, &keyed(1, n));
        stage.arrive(caller.leg, Kind::Rtp, caller.peer.rtp, &report(&caller));
        let mut second_source = caller.clone();
        second_source.ssrc = 5;
        let packet = second_source.packet_of(13, 0, &[0]);
        stage.arrive(caller.leg, Kind::Rtp, caller.peer.rtp, &packet);
        stage.wait(20);
    }
    common::assert_one_stream(&stage.heard(&operator));
    let stats = stage.close(&caller);
    assert_eq!((stats.received, stats.lost, stats.unagreed), (50, 0, 100));
}
