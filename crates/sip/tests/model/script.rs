//! Messages of a peer, written out, and a machine to read them.
use std::fmt::Write as _;
use std::time::Duration;

use gudok_sip::endpoint::{Config, Endpoint, Flow, Policy, Transport, TrunkSource, UnknownSource};
use gudok_sip::{Request, Response};

pub(crate) const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
pub(crate) const ANSWER: &str = "v=0\r\no=- 7 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8\r\n";

pub(crate) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// The two addresses of these plays.
pub(crate) fn address(side: usize) -> &'static str {
    ["192.0.2.1:5060", "192.0.2.2:5060"][side]
}

/// As `side` sees the other one.
pub(crate) fn flow(side: usize) -> Flow {
    Flow {
        transport: Transport::Udp,
        local: address(side).parse().unwrap(),
        remote: address(1 - side).parse().unwrap(),
        connection: 0,
    }
}

/// A machine that takes the other side for its trunk.
pub(crate) fn endpoint(side: usize) -> Endpoint {
    let config = Config {
        contact_udp: address(side).into(),
        contact_tcp: None,
        contact_tls: None,
        contacts: Vec::new(),
        prack: false,
        realm: "gudok.example".into(),
        agent: "gudok".into(),
        policy: Policy {
            trunks: vec![TrunkSource {
                trunk: "other".into(),
                network: ("192.0.2.0".parse().unwrap(), 24),
            }],
            lines: Vec::new(),
            unknown: UnknownSource::Drop,
        },
        nonce_life: Duration::from_secs(300),
        expires_secs: (30, 3600),
        sessions_max: 100,
        t1: ms(500),
    };
    Endpoint::new(config, [side as u8 + 1; 32])
}

/// The machine without its sums, which no future depends on.
pub(crate) fn portrait(sip: &Endpoint) -> String {
    let all = format!("{sip:?}");
    let (before, sums) = all
        .split_once("counters: Counters {")
        .expect("there are sums");
    let (_, after) = sums.split_once('}').expect("they end");
    format!("{before}{after}")
}

/// A request of the peer in a dialog whose tags are `from` (theirs) and `to` (ours).
pub(crate) fn request(
    method: &str,
    (cseq, branch): (u32, &str),
    (from, to): (&str, &str),
    call_id: &str,
    body: &str,
) -> String {
    let (peer, us) = (address(1), address(0));
    let to = match to {
        "" => String::new(),
        tag => format!(";tag={tag}"),
    };
    let kind = match body {
        "" => "",
        _ => "Content-Type: application/sdp\r\n",
    };
    format!(
        "{method} sip:gudok@{us} SIP/2.0\r\nVia: SIP/2.0/UDP {peer};rport;branch=z9hG4bK{branch}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:peer@{peer}>;tag={from}\r\nTo: <sip:gudok@{us}>{to}\r\n\
         Call-ID: {call_id}\r\nCSeq: {cseq} {method}\r\nContact: <sip:peer@{peer}>\r\n{kind}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The peer's answer to a request of ours.
pub(crate) fn answer(request: &Request, status: u16, tag: &str, body: &str) -> String {
    let mut text = format!("SIP/2.0 {status} Phrase\r\n");
    for (name, value) in request.headers.iter() {
        match name {
            "Via" | "From" | "Call-ID" | "CSeq" => write!(text, "{name}: {value}\r\n").unwrap(),
            "To" if status > 100 && !value.contains(";tag=") => {
                write!(text, "To: {value};tag={tag}\r\n").unwrap();
            }
            "To" => write!(text, "To: {value}\r\n").unwrap(),
            _ => {}
        }
    }
    write!(text, "Contact: <sip:peer@{}>\r\n", address(1)).unwrap();
    if !body.is_empty() {
        text += "Content-Type: application/sdp\r\n";
    }
    write!(text, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    text
}

/// Whether this is the end of what was asked.
pub(crate) fn is_final(response: &Response) -> bool {
    response.status >= 200
}
