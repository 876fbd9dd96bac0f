//! What seeing a message costs the line's thread: looking at it, finding its call, taking out its secrets, making the
//! record. The journal's copy comes on top (a memcpy and a checksum).
//!
//! `cargo bench -p gudok-trace`
#![expect(clippy::print_stdout, reason = "a bench prints its result")]
#![expect(clippy::disallowed_methods, reason = "a bench looks at the clock")]
use std::hint::black_box;
use std::time::Instant;

use gudok_model::{CallId, LegId, Mono, Now, Wall};
use gudok_sip::endpoint::{Flow, Source, Transport};
use gudok_trace::{Keeper, peek};
use uuid::Uuid;

const CALLS: u64 = 20_000;
const MESSAGES: u64 = 10;

fn main() {
    let invite = |call: u64| {
        format!(
            "INVITE sip:88001234567@127.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-1-{call}-0;rport\r\n\
             From: \"8 999 000-11-22\" <sip:+79990001122@127.0.0.1>;tag=1SIPpTag00{call}\r\nTo: <sip:88001234567@127.0.0.1>\r\n\
             Call-ID: {call}-9@127.0.0.1\r\nCSeq: 1 INVITE\r\nContact: <sip:carrier@127.0.0.1:5070>\r\nMax-Forwards: 70\r\n\
             Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, PRACK\r\nSupported: timer, 100rel\r\n\
             P-Asserted-Identity: <sip:+79990001122@127.0.0.1>\r\nContent-Type: application/sdp\r\nContent-Length: 153\r\n\r\n\
             v=0\r\no=user1 53655765 2353687637 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8\r\n\
             a=rtpmap:8 PCMA/8000\r\n"
        )
        .into_bytes()
    };
    let flow = Flow {
        transport: Transport::Udp,
        local: "127.0.0.1:5060".parse().expect("an address"),
        remote: "127.0.0.1:5070".parse().expect("an address"),
        connection: 0,
    };
    let texts: Vec<Vec<u8>> = (0..CALLS).map(invite).collect();
    let mut keeper = Keeper::new(7);
    let (mut record, mut bytes) = (Vec::new(), 0);
    let mut rounds = Vec::new();
    for (number, text) in texts.iter().enumerate() {
        let begun = Instant::now();
        let number = number as u64;
        let leg = LegId::caller(CallId(Uuid::from_u128(u128::from(number) + 1)));
        let mut sink = |seen: &gudok_trace::Seen<'_>| {
            record.clear();
            seen.write(&mut record);
            bytes += black_box(&record).len();
        };
        let (call_id, tag) = (
            format!("{number}-9@127.0.0.1"),
            format!("1SIPpTag00{number}"),
        );
        keeper.bind(&call_id, &tag, leg, &mut sink);
        for at in 0..MESSAGES {
            let now = Now {
                mono: Mono(number * 10_000 + at),
                wall: Wall(0),
            };
            let seen = peek(black_box(text)).expect("a message");
            keeper.pass(
                now,
                false,
                &flow,
                text,
                &seen,
                || Source::Trunk,
                |_| None,
                &mut sink,
            );
        }
        keeper.over(Mono(number * 10_000), leg);
        keeper.forget(Some(Mono(number * 10_000)), &mut sink);
        rounds.push(begun.elapsed().as_nanos() / u128::from(MESSAGES));
    }
    // The middle of them: other work of the machine is not ours.
    rounds.sort_unstable();
    let each = rounds[rounds.len() / 2];
    let length = bytes / (CALLS * MESSAGES) as usize;
    println!("{each} ns a message, {length} bytes of record, {CALLS} calls listened to");
}
