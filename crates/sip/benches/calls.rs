//! What a call costs as a bare UAS: INVITE, 100, 200, ACK, BYE, 200, bytes to bytes, and what memory it
//! holds in the 32 s in which its transactions absorb repetitions.
//!
//! `cargo bench -p gudok-sip`
#![expect(clippy::print_stdout, reason = "a bench prints its result")]
#![expect(clippy::disallowed_methods, reason = "a bench looks at the clock")]
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gudok_sip::endpoint::{
    Command, Config, Endpoint, Event, Flow, Input, Output, Policy, Transport, TrunkSource,
    UnknownSource,
};

struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

#[expect(
    unsafe_code,
    reason = "counting bytes is what a global allocator is for"
)]
// SAFETY: everything is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SDP: &str = "v=0\r\no=user1 53655765 2353687637 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n";

/// New calls per second of virtual time.
const RATE: u32 = 1000;
/// Calls that are not hung up.
const TALKING: u32 = 1000;

fn main() {
    let mut bench = Bench::new();
    // Past the first 64·T1 the tables are as full as they get.
    let calls = 40 * RATE;
    let start = Instant::now();
    for call in 0..calls {
        bench.call(call, true);
    }
    let each = start.elapsed() / calls;
    let window = 32 * RATE;
    let held = HELD.load(Ordering::Relaxed) - bench.empty;
    println!("{calls} calls at {RATE} per second: {each:?} each by the wall clock");
    println!(
        "{} bytes held per call of the last 32 s ({} transactions)",
        held / window as usize,
        bench.sip.transactions()
    );
    bench.drain_all();
    let left = HELD.load(Ordering::Relaxed).saturating_sub(bench.empty);
    let idle = bench.sip.is_idle();
    println!("{left} bytes held after all calls, idle: {idle}");
    for call in 0..TALKING {
        bench.call(calls + call, false);
    }
    bench.drain_all();
    let held = HELD
        .load(Ordering::Relaxed)
        .saturating_sub(bench.empty + left);
    println!(
        "{} bytes held per call that goes on",
        held / TALKING as usize
    );
}

struct Bench {
    sip: Endpoint,
    flow: Flow,
    now: Duration,
    empty: usize,
}

impl Bench {
    fn new() -> Self {
        let address = "127.0.0.1:5060".parse().expect("an address");
        let config = Config {
            contact_udp: "127.0.0.2:5060".into(),
            contact_tcp: None,
            contact_tls: None,
            contacts: Vec::new(),
            prack: true,
            realm: "bench".into(),
            agent: "gudok".into(),
            policy: Policy {
                trunks: vec![TrunkSource {
                    trunk: "bench".into(),
                    network: ("127.0.0.0".parse().expect("an address"), 8),
                }],
                lines: Vec::new(),
                unknown: UnknownSource::Drop,
            },
            nonce_life: Duration::from_secs(60),
            expires_secs: (30, 3600),
            sessions_max: 100_000,
            t1: Duration::from_millis(500),
        };
        let sip = Endpoint::new(config, [9; 32]);
        Self {
            sip,
            flow: Flow {
                transport: Transport::Udp,
                local: address,
                remote: address,
                connection: 0,
            },
            now: Duration::ZERO,
            empty: HELD.load(Ordering::Relaxed),
        }
    }

    fn call(&mut self, call: u32, hang_up: bool) {
        self.now += Duration::from_secs(1) / RATE;
        self.sip.handle_timeout(self.now);
        self.hear(&request("INVITE", call, 1, "", SDP));
        let mut incoming = None;
        while let Some(output) = self.sip.poll_output() {
            if let Output::Event(Event::Incoming { session, .. }) = output {
                incoming = Some(session);
            }
        }
        let session = incoming.expect("the call comes in");
        let sdp = SDP.to_owned();
        let accept = Input::Command(Command::Accept { session, sdp });
        self.sip.handle_input(self.now, accept);
        let tag = self.answer_tag();
        self.hear(&request("ACK", call, 1, &tag, ""));
        if hang_up {
            self.hear(&request("BYE", call, 2, &tag, ""));
        }
        while self.sip.poll_output().is_some() {}
    }

    fn hear(&mut self, message: &str) {
        let input = Input::Received {
            flow: self.flow,
            bytes: message.as_bytes(),
        };
        self.sip.handle_input(self.now, input);
    }

    /// `;tag=…` of the 200.
    fn answer_tag(&mut self) -> String {
        let mut tag = String::new();
        while let Some(output) = self.sip.poll_output() {
            if let Output::Send { bytes, .. } = output {
                let text = String::from_utf8(bytes).expect("text");
                let to = text
                    .lines()
                    .find(|line| line.starts_with("To:"))
                    .expect("To");
                tag = to[to.find(";tag=").expect("our tag")..].to_owned();
            }
        }
        tag
    }

    fn drain_all(&mut self) {
        while let Some(due) = self.sip.poll_timeout() {
            self.sip.handle_timeout(due);
            while self.sip.poll_output().is_some() {}
        }
    }
}

/// As SIPp's default client writes them.
fn request(method: &str, call: u32, cseq: u32, tag: &str, body: &str) -> String {
    let kind = match body {
        "" => "",
        _ => "Content-Type: application/sdp\r\n",
    };
    format!(
        "{method} sip:service@127.0.0.2:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK-1-{call}-{cseq}{}\r\nFrom: sipp <sip:sipp@127.0.0.1:5060>;tag=1SIPpTag00{call}\r\nTo: service <sip:service@127.0.0.2:5060>{tag}\r\nCall-ID: {call}-1@127.0.0.1\r\nCSeq: {cseq} {method}\r\nContact: sip:sipp@127.0.0.1:5060\r\nMax-Forwards: 70\r\nSubject: Performance Test\r\n{kind}Content-Length: {}\r\n\r\n{body}",
        if method == "ACK" { "a" } else { "" },
        body.len(),
    )
}
