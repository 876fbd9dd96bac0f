//! What a call that is over costs in the half minute in which its repetitions are still absorbed (RFC 3261, timers J
//! and L): a busy line has thousands of such calls.
#![expect(
    unsafe_code,
    reason = "counting bytes takes a global allocator, which is an unsafe trait"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use gudok_sip::endpoint::{
    Command, Config, Endpoint, Event, Flow, Input, Output, Policy, Transport, TrunkSource,
    UnknownSource,
};

struct Counting;

thread_local! {
    /// Of this thread: the test runner has threads of its own.
    static HELD: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.set(HELD.get().wrapping_add(layout.size()));
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        HELD.set(HELD.get().wrapping_sub(layout.size()));
        // SAFETY: the caller's promise, passed on.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SDP: &str = "v=0\r\no=a 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8\r\n";

/// Enough that the tables are full of them, few enough for an instant.
const CALLS: u32 = 2_000;
/// What each may hold: two rows of the table of what is over, their turns, and one in the index of merged requests.
const BYTES_A_CALL: usize = 700;

/// Of tables that are empty again.
const BYTES_AT_REST: usize = 100_000;

#[test]
fn a_call_that_is_over_is_remembered_by_a_few_hundred_bytes() {
    let mut line = Line::new();
    let empty = HELD.get();
    for call in 0..CALLS {
        line.call(call);
    }
    let held = HELD.get().wrapping_sub(empty) / CALLS as usize;
    eprintln!("HELD {held}");
    assert!(held <= BYTES_A_CALL, "{held} bytes of each call");
    assert_eq!(line.sip.transactions(), 2 * CALLS as usize);

    let repeated = request("BYE", CALLS / 2, 2, &line.tag, "");
    let first = line.hear(&repeated);
    assert!(first[0].starts_with("SIP/2.0 200 OK\r\n"), "{first:?}");
    assert_eq!(line.hear(&repeated), first, "each time the same");

    while let Some(due) = line.sip.poll_timeout() {
        assert!(
            due < Duration::from_secs(36),
            "timers J and L, and a little"
        );
        line.sip.handle_timeout(due);
    }
    assert!(line.sip.is_idle());
    let left = HELD.get().wrapping_sub(empty);
    assert!(left < BYTES_AT_REST, "{left} bytes are left");
}

struct Line {
    sip: Endpoint,
    flow: Flow,
    now: Duration,
    /// Ours, of the call in the middle.
    tag: String,
}

impl Line {
    fn new() -> Self {
        let trunk = TrunkSource {
            trunk: "north".into(),
            network: ("10.0.0.0".parse().expect("an address"), 8),
        };
        let config = Config {
            contact_udp: "192.0.2.1:5060".into(),
            contact_tcp: None,
            contact_tls: None,
            contacts: Vec::new(),
            prack: true,
            realm: "gudok.example".into(),
            agent: "gudok".into(),
            policy: Policy {
                trunks: vec![trunk],
                lines: Vec::new(),
                unknown: UnknownSource::Drop,
            },
            nonce_life: Duration::from_secs(60),
            expires_secs: (30, 3600),
            sessions_max: 100,
            t1: Duration::from_millis(500),
        };
        let flow = Flow {
            transport: Transport::Udp,
            local: "192.0.2.1:5060".parse().expect("an address"),
            remote: "10.0.0.9:5060".parse().expect("an address"),
            connection: 0,
        };
        Self {
            sip: Endpoint::new(config, [9; 32]),
            flow,
            now: Duration::ZERO,
            tag: String::new(),
        }
    }

    /// Rings, is answered, is acknowledged, hangs up.
    fn call(&mut self, call: u32) {
        self.now += Duration::from_millis(1);
        self.say(&request("INVITE", call, 1, "", SDP));
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
        let answer = self.said().pop().expect("it is answered");
        let to = answer.lines().find(|line| line.starts_with("To:"));
        let to = to.expect("an answer has one");
        let tag = to[to.find(";tag=").expect("ours")..].to_owned();
        self.hear(&request("ACK", call, 1, &tag, ""));
        self.hear(&request("BYE", call, 2, &tag, ""));
        if call == CALLS / 2 {
            self.tag = tag;
        }
    }

    fn say(&mut self, message: &str) {
        let (flow, bytes) = (self.flow, message.as_bytes());
        let input = Input::Received { flow, bytes };
        self.sip.handle_input(self.now, input);
    }

    fn said(&mut self) -> Vec<String> {
        let outputs = std::iter::from_fn(|| self.sip.poll_output());
        let sent = outputs.filter_map(|output| match output {
            Output::Send { bytes, .. } => Some(String::from_utf8(bytes).expect("text")),
            Output::Event(_) => None,
        });
        sent.collect()
    }

    fn hear(&mut self, message: &str) -> Vec<String> {
        self.say(message);
        self.said()
    }
}

fn request(method: &str, call: u32, cseq: u32, tag: &str, body: &str) -> String {
    let kind = match body {
        "" => "",
        _ => "Content-Type: application/sdp\r\n",
    };
    format!(
        "{method} sip:88001234567@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK-{method}-{call}-{cseq}\r\nFrom: <sip:79990000000@10.0.0.9>;tag=a{call}\r\nTo: <sip:88001234567@192.0.2.1>{tag}\r\nCall-ID: {call}@10.0.0.9\r\nCSeq: {cseq} {method}\r\nContact: <sip:10.0.0.9:5060>\r\nMax-Forwards: 70\r\n{kind}Content-Length: {}\r\n\r\n{body}",
        body.len(),
    )
}
