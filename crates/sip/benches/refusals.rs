//! What one packet of a flood costs: dropped before it is read, against read whole and refused. And what it costs to turn
//! a trunk's call away for want of time: parsed, and unparsed, and all that is done of it without the system.
//!
//! `cargo bench -p gudok-sip --bench refusals`. The last one alone, for who counts instructions (`valgrind --tool=callgrind`):
//! with `-- crowd`.
#![expect(clippy::print_stdout, reason = "a bench prints its result")]
#![expect(clippy::disallowed_methods, reason = "a bench looks at the clock")]
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use gudok_sip::endpoint::{
    Command, Config, Endpoint, Flow, Input, Policy, Source, Transport, TrunkSource, UnknownSource,
};
use gudok_sip::parse::parse;
use gudok_sip::shield::{Limits, Place, Rank, Shield, Waiting};

const PACKETS: u32 = 400_000;
/// Calls that are turned away, over and over, each time as if it were another one: what was remembered is past by then.
const CALLS: u32 = 10_000;
/// Addresses of the trunk that they come from.
const ADDRESSES: u32 = 48;
/// Batches of which the quickest counts: a machine has other things to do.
const BATCHES: u32 = 20;

fn invite() -> String {
    let sdp = "v=0\r\no=- 1 1 IN IP4 203.0.113.66\r\ns=-\r\nc=IN IP4 203.0.113.66\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8\r\n";
    format!(
        "INVITE sip:88001234567@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.66:5060;branch=z9hG4bK1\r\n\
         Max-Forwards: 70\r\nFrom: \"Caller\" <sip:+79990000001@203.0.113.66>;tag=1\r\nTo: <sip:88001234567@192.0.2.1>\r\n\
         Call-ID: flood@203.0.113.66\r\nCSeq: 1 INVITE\r\nContact: <sip:caller@203.0.113.66>\r\nUser-Agent: flood\r\n\
         Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    )
}

fn endpoint() -> Endpoint {
    let config = Config {
        contact_udp: "192.0.2.1:5060".into(),
        contact_tcp: None,
        contact_tls: None,
        contacts: Vec::new(),
        prack: true,
        realm: "bench".into(),
        agent: "gudok".into(),
        policy: Policy {
            trunks: Vec::new(),
            lines: Vec::new(),
            unknown: UnknownSource::Drop,
        },
        nonce_life: Duration::from_secs(300),
        expires_secs: (30, 3_600),
        sessions_max: 1_000,
        t1: Duration::from_millis(500),
    };
    Endpoint::new(config, [1; 32])
}

/// The same with a trunk in 10/8.
fn of_trunk() -> Endpoint {
    let mut endpoint = endpoint();
    let north = TrunkSource {
        trunk: "north".into(),
        network: (Ipv4Addr::new(10, 0, 0, 0).into(), 8),
    };
    let sources = Command::Sources(vec![north]);
    endpoint.handle_input(Duration::ZERO, Input::Command(sources));
    endpoint
}

fn each(what: &str, mut one: impl FnMut(u32)) -> f64 {
    let batch = PACKETS / BATCHES;
    let batches = (0..BATCHES).map(|place| {
        let began = Instant::now();
        (place * batch..(place + 1) * batch).for_each(&mut one);
        began.elapsed()
    });
    let quickest = batches.min().unwrap_or_default();
    let nanos = quickest.as_nanos() as f64 / f64::from(batch);
    println!("{what}: {nanos:.0} ns");
    nanos
}

fn from(address: IpAddr) -> Flow {
    Flow {
        transport: Transport::Udp,
        local: SocketAddr::from(([192, 0, 2, 1], 5060)),
        remote: SocketAddr::new(address, 5060),
        connection: 0,
    }
}

fn main() {
    if !std::env::args().any(|arg| arg == "crowd") {
        floods();
        turn_away();
    }
    crowd();
}

fn floods() {
    let invite = invite();
    let bytes = invite.as_bytes();
    // 20 000 a second.
    let at = |packet: u32| Duration::from_micros(u64::from(packet) * 50);
    let mut shield = Shield::new(Limits::default(), 1);
    let one = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 66));
    let dropped = each("one source floods: dropped unread", |packet| {
        black_box(shield.judge(at(packet), from(one), Source::Stranger, bytes, || false));
    });
    let mut shield = Shield::new(Limits::default(), 1);
    each(
        "each packet from another source: dropped unread",
        |packet| {
            let source = IpAddr::V4(Ipv4Addr::from_bits(0xCB00_0000 + packet));
            black_box(shield.judge(at(packet), from(source), Source::Stranger, bytes, || false));
        },
    );
    let mut shield = Shield::new(Limits::default(), 1);
    each("a trunk's INVITE: ranked", |packet| {
        black_box(shield.judge(at(packet * 10), from(one), Source::Trunk, bytes, || false));
    });
    let parsed = each("the same INVITE: parsed", |_| {
        let _ = black_box(parse(bytes));
    });
    let mut endpoint = endpoint();
    let flow = from(one);
    let refused = each("parsed and refused by the endpoint", |packet| {
        endpoint.handle_input(at(packet), Input::Received { flow, bytes });
        while black_box(endpoint.poll_output()).is_some() {}
    });
    println!(
        "unread: 1/{:.0} of parsing, 1/{:.0} of refusing",
        parsed / dropped,
        refused / dropped
    );
}

/// Each call is another one, as in a press.
fn turn_away() {
    let flow = from(Ipv4Addr::new(10, 0, 0, 9).into());
    let texts: Vec<[String; 2]> = (0..CALLS).map(call).collect();
    let text = |packet: u32| &texts[(packet % CALLS) as usize];
    let (mut endpoint, mut answer) = (of_trunk(), String::new());
    let parsed = each("a trunk's call turned away: parsed", |packet| {
        let bytes = text(packet)[0].as_bytes();
        endpoint.handle_input(later(packet), Input::Unread { flow, bytes });
        while black_box(endpoint.poll_output()).is_some() {}
    });
    let mut endpoint = of_trunk();
    let unparsed = each("the same unparsed", |packet| {
        let bytes = text(packet)[0].as_bytes();
        answer.clear();
        let refused = endpoint.refuse_unread(later(packet), flow, bytes, &mut answer);
        assert!(black_box(refused).is_some(), "a look is enough");
    });
    let told = texts
        .iter()
        .map(|text| acknowledged(&mut endpoint, flow, text));
    let acks: Vec<String> = told.collect();
    let mut whole = of_trunk();
    let read = each("its ACK: parsed", |packet| {
        let bytes = acks[(packet % CALLS) as usize].as_bytes();
        whole.handle_input(later(packet), Input::Received { flow, bytes });
    });
    let known = each("its ACK: known by its tag", |packet| {
        let ack = acks[(packet % CALLS) as usize].as_bytes();
        assert!(black_box(endpoint.absorbs_ack(flow, ack)).is_some(), "ours");
    });
    println!(
        "a call: {:.0} ns, was {:.0}",
        unparsed + known,
        parsed + read
    );
}

/// All of a call for which there is no place, but the sockets and what is counted: as many wait as may.
fn crowd() {
    let flow = |call: u32| from(Ipv4Addr::from_bits(0x0A00_0001 + call % ADDRESSES).into());
    let (mut endpoint, mut answers) = (of_trunk(), String::new());
    let texts: Vec<[String; 2]> = (0..CALLS).map(call).collect();
    let told = texts.iter().zip(0..CALLS);
    let told = told.map(|(text, call)| acknowledged(&mut endpoint, flow(call), text));
    let acks: Vec<String> = told.collect();
    let (mut shield, mut waiting) = (Shield::new(Limits::default(), 1), Waiting::new(1));
    let mut others = CALLS..;
    while waiting.place(Duration::ZERO) != Place::None {
        let other = others.next().unwrap_or_default();
        let [invite, _] = call(other);
        waiting.push(Duration::ZERO, Rank::Call, flow(other), invite.as_bytes());
    }
    each("a call, all but the system", |packet| {
        let (now, flow, place) = (
            later(packet),
            flow(packet % CALLS),
            (packet % CALLS) as usize,
        );
        let bytes = texts[place][0].as_bytes();
        let rank = shield.judge(now, flow, Source::Trunk, bytes, || false);
        assert_eq!(rank, Some(Rank::Call));
        assert!(!waiting.holds(flow, bytes) && waiting.place(now) == Place::None);
        assert!(shield.turns_away(now, bytes));
        answers.clear();
        let refused = endpoint.refuse_unread(now, flow, bytes, &mut answers);
        assert!(black_box(refused).is_some(), "a look is enough");
        let ack = acks[place].as_bytes();
        let rank = shield.judge(now, flow, Source::Trunk, ack, || false);
        assert_eq!(rank, Some(Rank::Talk));
        assert!(black_box(endpoint.absorbs_ack(flow, ack)).is_some(), "ours");
    });
}

/// So late that what was remembered of the same call is past.
fn later(packet: u32) -> Duration {
    Duration::from_millis(u64::from(packet) * 4)
}

/// One of them: its INVITE, and its ACK but for our tag.
fn call(number: u32) -> [String; 2] {
    let invite = invite().replace("z9hG4bK1", &format!("z9hG4bK-{number}"));
    let ack = invite.replace("INVITE", "ACK");
    [invite, ack]
}

/// Its ACK.
fn acknowledged(endpoint: &mut Endpoint, flow: Flow, [invite, ack]: &[String; 2]) -> String {
    let mut answer = String::new();
    endpoint.refuse_unread(Duration::ZERO, flow, invite.as_bytes(), &mut answer);
    let to = answer.lines().find(|line| line.starts_with("To: "));
    ack.replace("To: <sip:88001234567@192.0.2.1>", to.unwrap_or_default())
}
