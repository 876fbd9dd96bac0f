//! Damaged and forged messages in the middle of real calls: no panic, no leak, and what we say stays
//! well-formed (the bench parses everything that is sent).
use gudok_sip::endpoint::{Command, Event, Session};

use crate::bench::{ANSWER, Bench, CONTACT, OFFER, Peer, answer, tcp, trunk, udp};
use crate::simulation::Dice;

/// Messages of an incoming and an outgoing call and a registration.
fn corpus(bench: &mut Bench) -> Vec<String> {
    let mut peer = Peer::new("a");
    peer.extra = "Record-Route: <sip:10.0.0.2;lr>, <sip:10.0.0.3>\r\nSupported: timer\r\nSession-Expires: 90;refresher=uas\r\n".into();
    let mut texts = vec![peer.invite()];
    bench.hear(&texts[0]).accept(Session(1));
    for (method, cseq, body) in [
        ("ACK", 1, ""),
        ("INVITE", 2, "hold"),
        ("ACK", 2, ""),
        ("UPDATE", 3, OFFER),
        ("INFO", 4, "Signal=5"),
        ("OPTIONS", 5, ""),
        ("BYE", 6, ""),
    ] {
        texts.push(peer.next(bench, method, cseq, body));
    }
    texts.push(peer.cancel());
    bench.dial_trunk();
    let invite = bench.last_request("INVITE").clone();
    for (status, body) in [(180, ""), (200, ANSWER), (407, ""), (491, "")] {
        let extra = format!("{CONTACT}WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n");
        texts.push(answer(&invite, status, "t", &extra, body));
    }
    texts.push(
        "REGISTER sip:gudok.example SIP/2.0\r\nVia: SIP/2.0/TCP 1.2.3.4;branch=z9hG4bKr\r\nFrom: <sip:op7@g>;tag=f\r\nTo: <sip:op7@g>\r\nCall-ID: r\r\nCSeq: 1 REGISTER\r\nContact: *\r\nExpires: 0\r\nAuthorization: Digest username=\"op7\", realm=\"gudok.example\", nonce=\"00\", uri=\"sip:g\", response=\"00\"\r\n\r\n".into(),
    );
    texts
}

/// A few bytes replaced, removed or doubled; lines swapped or repeated.
fn damage(dice: &mut Dice, text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=dice.below(3) {
        if bytes.is_empty() {
            break;
        }
        let at = dice.below(bytes.len() as u64) as usize;
        match dice.below(5) {
            0 => bytes[at] = b"\r\n;,<>\"@:= \t0z\\%"[dice.below(16) as usize],
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, bytes[at]),
            3 => bytes.truncate(at),
            _ => {
                let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
                let (a, b) = (
                    dice.below(lines.len() as u64),
                    dice.below(lines.len() as u64),
                );
                let (a, b) = (a as usize, b as usize);
                if dice.percent(50) {
                    lines.swap(a, b);
                } else {
                    lines.insert(a, lines[b]);
                }
                bytes = lines.join(&b'\n');
            }
        }
    }
    bytes
}

#[test]
fn damaged_messages_do_no_damage() {
    let flows = [trunk(), udp("203.0.113.66:5060"), tcp("10.0.0.9:40000", 3)];
    let mut dice = Dice(99);
    for _ in 0..150 {
        let mut bench = Bench::new();
        let corpus = corpus(&mut bench);
        for _ in 0..40 {
            let text = &corpus[dice.below(corpus.len() as u64) as usize];
            let bytes = damage(&mut dice, text);
            let flow = flows[dice.below(3) as usize];
            bench.hear_bytes(flow, &bytes).after(dice.below(3000));
            if dice.percent(5) {
                bench.closed(flow);
            }
        }
        let sessions: Vec<Session> = bench
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Incoming { session, .. } => Some(*session),
                _ => None,
            })
            .collect();
        for session in sessions.into_iter().chain([Session(2)]) {
            let reason = Some("SIP;cause=200\r\nX: y".into());
            bench.say(Command::End { session, reason });
        }
        bench.run_out();
    }
}
