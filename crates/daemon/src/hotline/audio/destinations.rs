//! Every address and port that a description may name, in an offer and in an answer: what we say to it, and where packets
//! of ours go then. Beside the rules this is what holds: nothing leaves for where nothing may be sent.
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use gudok_media::engine::{Config, Engine};
use gudok_media::{Bank, Kind, Transmit};
use gudok_sip::endpoint::Transport;
use insta::assert_snapshot;

use super::*;

/// Where the party's SIP comes from; a party on this machine, and one on the wire.
const AFAR: &str = "198.51.100.1:5060";
const HERE: &str = "127.0.0.1:5060";
const WIRE: &str = "169.254.3.3:5060";
const WIRE_6: &str = "[fe80::3%2]:5060";

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn capabilities(v6: bool) -> Capabilities {
    let own = |advertised: &str, bound: &str| OwnMedia {
        advertised: advertised.parse().expect("an address"),
        bound: bound.parse().expect("an address"),
        machine: ["10.0.0.5", "2001:db8::5"]
            .map(|it| it.parse().expect("an address"))
            .into(),
        ports: (40_000, 40_999),
        signalling: ["0.0.0.0:5060", "[::]:5060"].map(address).into(),
    };
    Capabilities {
        own: match v6 {
            false => own("203.0.113.10", "0.0.0.0"),
            true => own("2001:db8::10", "::"),
        },
        other: None,
        learn: true,
        operator_silence: Duration::from_secs(5),
    }
}

fn port(v6: bool) -> Port {
    let host = if v6 { "[::]" } else { "0.0.0.0" };
    Port {
        leg: MediaLeg::new(0, 1, 0),
        rtp: address(&format!("{host}:40000")),
        rtcp: address(&format!("{host}:40001")),
    }
}

fn flow(remote: &str) -> Flow {
    Flow {
        transport: Transport::Udp,
        local: address("203.0.113.10:5060"),
        remote: address(remote),
        connection: 0,
    }
}

/// A description of one audio stream; `rest` are further lines of it.
fn description(host: &str, port: u16, rest: &str) -> String {
    let family = if host.contains(':') { "IP6" } else { "IP4" };
    format!(
        "v=0\r\no=- 1 1 IN {family} {host}\r\ns=-\r\nc=IN {family} {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\n{rest}"
    )
}

/// Destinations of everything that is sent.
#[derive(Default)]
struct Sent(BTreeSet<(bool, SocketAddr)>);

impl Transmit for Sent {
    fn send(&mut self, _: MediaLeg, kind: Kind, to: SocketAddr, _: &[u8]) {
        self.0.insert((kind == Kind::Rtcp, to));
    }
}

/// Where the engine sends with that peer: music for ten seconds, reports, and the last word.
fn destinations(command: Command) -> String {
    let mut bank = Bank::new();
    let music = bank.from_pcm("music", &[1_000; 1_600]).expect("room");
    let config = Config {
        worker: 0,
        seed: 7,
        silence_us: 60_000_000,
    };
    let mut engine = Engine::new(config, None);
    let (leg, mut sent) = (command.leg(), Sent::default());
    engine.open(0, leg);
    engine.command(0, command, &mut sent);
    let (prompts, repeat) = ([music].into(), true);
    let play = Command::Play {
        leg,
        play: 1,
        bank: Arc::new(bank),
        prompts,
        repeat,
    };
    engine.command(0, play, &mut sent);
    for tick in 1..=10_000 {
        engine.tick(tick * 1_000, &mut sent);
    }
    engine.command(10_001_000, Command::Close { leg }, &mut sent);
    let told = sent.0.iter().map(|(reports, to)| {
        let kind = if *reports { "RTCP" } else { "RTP" };
        format!("{kind} {to}")
    });
    let told: Vec<String> = told.collect();
    match told.is_empty() {
        true => "nothing is sent".to_owned(),
        false => told.join(", "),
    }
}

/// As an offer of theirs and as the answer to ours, from a party that is there.
fn told(from: &str, host: &str, port_of_theirs: u16, rest: &str) -> (String, String) {
    let v6 = host.contains(':');
    let sdp = description(host, port_of_theirs, rest);
    let offered = Audio::offered(port(v6), sdp.as_bytes(), flow(from), capabilities(v6));
    let offered = match offered {
        Ok(audio) => destinations(audio.peer().expect("agreed")),
        Err(error) => format!("488: {error}"),
    };
    let (mut audio, _) = Audio::offering(port(v6), Callee::Outside, capabilities(v6));
    let answered = match audio.answered(&sdp, Some(flow(from))) {
        Ok(command) => destinations(command),
        Err(error) => format!("BYE: {error}"),
    };
    (offered, answered)
}

#[test]
fn what_a_party_may_name_and_where_we_send_then() {
    let mut table = String::new();
    for (from, host, port, rest) in [
        (AFAR, "198.51.100.1", 4000, ""),
        (AFAR, "192.168.1.5", 4000, ""),
        (AFAR, "100.64.0.9", 4000, ""),
        (AFAR, "fd00::5", 4000, ""),
        (AFAR, "0.0.0.0", 4000, ""),
        (AFAR, "0.0.0.0", 9, ""),
        (AFAR, "::", 4000, ""),
        (AFAR, "0.0.0.1", 4000, ""),
        (AFAR, "127.0.0.1", 4000, ""),
        (AFAR, "127.8.8.8", 4000, ""),
        (AFAR, "::1", 4000, ""),
        (HERE, "127.0.0.1", 4000, ""),
        (AFAR, "224.0.0.1", 4000, ""),
        (AFAR, "239.255.255.250", 1900, ""),
        (AFAR, "ff02::1", 4000, ""),
        (AFAR, "255.255.255.255", 4000, ""),
        (AFAR, "240.0.0.1", 4000, ""),
        (AFAR, "169.254.169.254", 8000, ""),
        (AFAR, "169.254.7.7", 4000, ""),
        (WIRE, "169.254.7.7", 4000, ""),
        (AFAR, "fe80::1", 4000, ""),
        (WIRE_6, "fe80::1", 4000, ""),
        (AFAR, "203.0.113.10", 40_002, ""),
        (AFAR, "203.0.113.10", 5060, ""),
        (AFAR, "203.0.113.10", 4000, ""),
        (AFAR, "10.0.0.5", 40_002, ""),
        (AFAR, "2001:db8::5", 40_002, ""),
        (HERE, "127.0.0.1", 5060, ""),
        (AFAR, "::ffff:198.51.100.1", 4000, ""),
        (AFAR, "::ffff:127.0.0.1", 4000, ""),
        (AFAR, "phone.example", 4000, ""),
        (AFAR, "198.51.100.1", 0, ""),
        (AFAR, "198.51.100.1", 1, ""),
        (AFAR, "198.51.100.1", 22, ""),
        (AFAR, "198.51.100.1", 53, ""),
        (AFAR, "198.51.100.1", 80, ""),
        (AFAR, "198.51.100.1", 9, "a=inactive\r\n"),
        (AFAR, "198.51.100.1", 1023, ""),
        (AFAR, "198.51.100.1", 1024, ""),
        (AFAR, "198.51.100.1", 65_535, ""),
        (AFAR, "198.51.100.1", 4000, "a=rtcp:53\r\n"),
        (AFAR, "198.51.100.1", 4000, "a=rtcp:9 IN IP4 0.0.0.0\r\n"),
        (
            AFAR,
            "198.51.100.1",
            4000,
            "a=rtcp:4001 IN IP4 127.0.0.1\r\n",
        ),
        (
            AFAR,
            "198.51.100.1",
            4000,
            "a=rtcp:40001 IN IP4 203.0.113.10\r\n",
        ),
        (
            AFAR,
            "198.51.100.1",
            4000,
            "a=rtcp:4001 IN IP4 239.1.1.1\r\n",
        ),
    ] {
        let (offered, answered) = told(from, host, port, rest);
        let whence = match from {
            AFAR => "afar",
            HERE => "here",
            _ => "wire",
        };
        let rest = rest.trim_end();
        let named = format!("{whence} {host} {port} {rest}");
        let _ = writeln!(table, "{}", named.trim_end());
        let _ = writeln!(table, "    offer:  {offered}\n    answer: {answered}");
    }
    assert_snapshot!(table);
}

#[test]
fn a_phone_that_names_a_link_local_address_is_learnt_where_it_speaks() {
    let sdp = description("169.254.7.7", 4000, "");
    let offered = |learn| {
        let capabilities = Capabilities {
            learn,
            ..capabilities(false)
        };
        Audio::offered(port(false), sdp.as_bytes(), flow(AFAR), capabilities)
    };
    assert!(offered(false).is_err(), "nothing would be heard");
    let audio = offered(true).expect("it may be learnt");
    let Some(Command::Peer { peer, .. }) = audio.peer() else {
        panic!("agreed");
    };
    assert!(peer.send, "as soon as it is known where");
    assert_eq!(peer.rtp, address("0.0.0.0:4000"));
    assert_eq!(peer.learn, Some(address(AFAR).ip()));
}
