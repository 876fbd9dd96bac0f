use gudok_model::Wall;
use gudok_sip::endpoint::Transport;
use uuid::Uuid;

use super::*;
use crate::peek::peek;

struct Stage {
    keeper: Keeper,
    now: u64,
    told: Vec<Kept>,
    source: Source,
    proof: &'static str,
    /// The number of CSeq, and in the branch.
    attempt: u32,
    body: usize,
    /// Of From, and what To has behind its address.
    tags: (&'static str, &'static str),
}

impl Stage {
    fn new() -> Self {
        Self {
            keeper: Keeper::new(7),
            now: 0,
            told: Vec::new(),
            source: Source::Trunk,
            proof: "Authorization: Digest response=secret\r\n",
            attempt: 1,
            body: 0,
            tags: ("ours", ""),
        }
    }

    fn pass(&mut self, sent: bool, start: &str, call_id: &str, verb: &str) {
        let (attempt, body) = (self.attempt, "x".repeat(self.body));
        let (from, to) = self.tags;
        let text = format!(
            "{start}\r\nVia: SIP/2.0/UDP h;rport;branch=b{attempt}\r\nFrom: <sip:a@b>;tag={from}\r\nTo: <sip:c@d>{to}\r\nCall-ID: {call_id}\r\n\
                 CSeq: {attempt} {verb}\r\n{}\r\n{body}",
            self.proof
        );
        let flow = Flow {
            transport: Transport::Udp,
            local: "127.0.0.1:5060".parse().unwrap(),
            remote: "127.0.0.1:5070".parse().unwrap(),
            connection: 0,
        };
        let now = Now {
            mono: Mono(self.now),
            wall: Wall(0),
        };
        let (told, source) = (&mut self.told, self.source);
        self.keeper.pass(
            now,
            sent,
            &flow,
            text.as_bytes(),
            &peek(text.as_bytes()).unwrap(),
            || source,
            |tag| (tag == "ours" && call_id == "dialled").then_some(leg(1)),
            &mut |seen| told.push(seen.kept()),
        );
    }

    fn bind(&mut self, call_id: &str) {
        let told = &mut self.told;
        self.keeper
            .bind(call_id, "ours", leg(0), &mut |seen| told.push(seen.kept()));
    }

    /// An INVITE with the Call-ID `in` becomes that leg, or is refused.
    fn calls(&mut self, tag: &'static str, attempt: u32, leg: Option<LegId>) {
        (self.tags, self.attempt) = ((tag, ""), attempt);
        self.pass(false, INVITE, "in", "INVITE");
        let told = &mut self.told;
        match leg {
            Some(leg) => self
                .keeper
                .bind("in", tag, leg, &mut |seen| told.push(seen.kept())),
            None => self.pass(true, "SIP/2.0 503 No", "in", "INVITE"),
        }
    }

    fn forget(&mut self, now: Option<u64>) {
        let told = &mut self.told;
        self.keeper
            .forget(now.map(Mono), &mut |seen| told.push(seen.kept()));
    }

    fn starts(&self) -> Vec<(Option<u16>, String)> {
        let start = |kept: &Kept| {
            let text = String::from_utf8(kept.bytes.to_vec()).unwrap();
            assert!(!text.contains("secret"));
            let word = text
                .lines()
                .next()
                .unwrap()
                .trim_end_matches(" SIP/2.0")
                .to_owned();
            (kept.leg.map(|leg| leg.index), word)
        };
        self.told.iter().map(start).collect()
    }
}

fn leg(index: u16) -> LegId {
    LegId {
        call: CallId(Uuid::from_u128(1)),
        index,
    }
}

const INVITE: &str = "INVITE sip:a SIP/2.0";

#[test]
fn a_call_that_is_over_is_remembered_by_little() {
    let mut stage = Stage::new();
    stage.pass(false, INVITE, "in", "INVITE");
    stage.bind("in");
    stage.keeper.over(Mono(0), leg(0));
    let call = stage
        .keeper
        .calls
        .values()
        .next()
        .expect("it is listened to");
    assert_eq!((call.legs.capacity(), call.lines.capacity()), (0, 1));
}

#[test]
fn what_came_before_the_call_is_written_when_it_exists_and_other_peoples_is_not() {
    let mut stage = Stage::new();
    stage.pass(false, INVITE, "in", "INVITE");
    stage.pass(false, INVITE, "elsewhere", "INVITE");
    stage.pass(true, "SIP/2.0 100 Trying", "in", "INVITE");
    stage.pass(false, "OPTIONS sip:a SIP/2.0", "probe", "OPTIONS");
    assert!(stage.told.is_empty());
    stage.bind("in");
    stage.pass(true, INVITE, "dialled", "INVITE");
    stage.pass(false, "SIP/2.0 180 Ringing", "dialled", "INVITE");
    stage.pass(false, "BYE sip:a SIP/2.0", "in", "BYE");
    let told = [
        (0, "INVITE sip:a"),
        (0, "SIP/2.0 100 Trying"),
        (1, "INVITE sip:a"),
        (1, "SIP/2.0 180 Ringing"),
        (0, "BYE sip:a"),
    ];
    let told = told.map(|(leg, start)| (Some(leg), start.to_owned()));
    assert_eq!(stage.starts(), told);
}

#[test]
fn a_phone_that_proves_itself_from_elsewhere_has_its_invite_kept_a_mere_stranger_has_not() {
    let mut stage = Stage::new();
    stage.source = Source::Stranger;
    for proof in ["", stage.proof] {
        stage.proof = proof;
        stage.pass(false, INVITE, "in", "INVITE");
        stage.proof = "";
        stage.pass(true, "SIP/2.0 100 Trying", "in", "INVITE");
    }
    stage.bind("in");
    assert_eq!(stage.told.len(), 2, "{:?}", stage.starts());
}

#[test]
fn a_trunks_refused_invite_is_kept_a_strangers_and_a_phones_are_not() {
    let mut stage = Stage::new();
    for (source, call_id) in [
        (Source::Phone, "p"),
        (Source::Stranger, "s"),
        (Source::Trunk, "t"),
    ] {
        stage.source = source;
        stage.pass(false, INVITE, call_id, "INVITE");
        stage.pass(true, "SIP/2.0 503 No", call_id, "INVITE");
        stage.pass(false, "ACK sip:a SIP/2.0", call_id, "ACK");
    }
    assert_eq!(stage.told.len(), 3, "{:?}", stage.starts());
    assert!(stage.told.iter().all(|kept| kept.leg.is_none()));
    for n in 0..1_000 {
        let call_id = n.to_string();
        stage.pass(false, INVITE, &call_id, "INVITE");
        stage.pass(true, "SIP/2.0 503 No", &call_id, "INVITE");
    }
    assert_eq!(stage.told.len(), 3 + 2 * (REFUSED_A_SECOND as usize - 1));
    assert!(stage.keeper.lines.len() <= REFUSED_MAX + PASSED_OVER_MAX);
    let waiting = stage.keeper.waiting.len();
    for n in 0..1_000 {
        stage.pass(false, "ACK sip:a SIP/2.0", &n.to_string(), "ACK");
    }
    assert_eq!(stage.keeper.waiting.len(), waiting);
}

#[test]
fn a_flood_of_long_refused_invites_fills_no_disk() {
    let mut stage = Stage::new();
    stage.body = MESSAGE_BYTES_MAX;
    for second in 1..4_u64 {
        stage.now = second * 1_000_000;
        for n in 0..1_000 {
            let call_id = format!("{second}-{n}");
            stage.pass(false, INVITE, &call_id, "INVITE");
            stage.pass(true, "SIP/2.0 503 No", &call_id, "INVITE");
        }
    }
    let bytes: usize = stage.told.iter().map(|kept| kept.bytes.len()).sum();
    assert!(bytes <= 3 * REFUSED_BYTES_A_SECOND, "{bytes}");
    assert!(bytes > REFUSED_BYTES_A_SECOND, "{bytes}");
}

#[test]
fn an_invite_that_is_said_anew_is_of_the_call_that_it_becomes() {
    let mut stage = Stage::new();
    let refused = |stage: &mut Stage, status: &str| {
        stage.pass(false, INVITE, "in", "INVITE");
        stage.pass(true, status, "in", "INVITE");
        stage.pass(false, "ACK sip:a SIP/2.0", "in", "ACK");
        stage.attempt += 1;
    };
    refused(&mut stage, "SIP/2.0 422 Interval");
    refused(&mut stage, "SIP/2.0 420 Extension");
    assert!(stage.told.iter().all(|kept| kept.leg.is_none()));
    assert_eq!(stage.told.len(), 6);
    stage.pass(false, INVITE, "in", "INVITE");
    stage.pass(true, "SIP/2.0 100 Trying", "in", "INVITE");
    assert_eq!(stage.told.len(), 6);
    stage.bind("in");
    stage.pass(false, INVITE, "in", "INVITE");
    stage.pass(true, "SIP/2.0 200 OK", "in", "INVITE");
    let told = [
        "INVITE sip:a",
        "SIP/2.0 100 Trying",
        "INVITE sip:a",
        "SIP/2.0 200 OK",
    ];
    let told = told.map(|start| (Some(0), start.to_owned()));
    assert_eq!(stage.starts()[6..], told);
}

#[test]
fn a_call_tried_again_soon_is_another_call_and_a_refused_copy_of_it_is_not() {
    let mut stage = Stage::new();
    stage.pass(false, INVITE, "in", "INVITE");
    stage.bind("in");
    stage.pass(true, "SIP/2.0 488 No", "in", "INVITE");
    stage.keeper.over(Mono(0), leg(0));
    // It comes by another way (RFC 3261 §8.2.2.2).
    stage.attempt = 2;
    stage.pass(false, INVITE, "in", "INVITE");
    stage.pass(true, "SIP/2.0 482 Loop", "in", "INVITE");
    stage.pass(false, "ACK sip:a SIP/2.0", "in", "ACK");
    assert!(stage.starts().iter().all(|(leg, _)| *leg == Some(0)));
    assert_eq!(stage.told.len(), 5);
    stage.attempt = 3;
    stage.pass(false, INVITE, "in", "INVITE");
    let told = &mut stage.told;
    let again = LegId::caller(CallId(Uuid::from_u128(2)));
    stage
        .keeper
        .bind("in", "ours", again, &mut |seen| told.push(seen.kept()));
    stage.pass(true, "SIP/2.0 200 OK", "in", "INVITE");
    assert!(stage.told[5..].iter().all(|kept| kept.leg == Some(again)));
    assert_eq!(stage.told.len(), 7);
    stage.forget(Some(LINGER.as_micros() as u64));
    stage.pass(false, "BYE sip:a SIP/2.0", "in", "BYE");
    assert_eq!(stage.told[7].leg, Some(again));
}

#[test]
fn our_own_invite_that_comes_back_to_us_is_another_call() {
    let mut stage = Stage::new();
    stage.pass(true, INVITE, "dialled", "INVITE");
    stage.attempt = 2;
    stage.pass(false, INVITE, "dialled", "INVITE");
    stage.bind("dialled");
    assert_eq!(stage.starts().last().unwrap().0, Some(0));
}

/// Two carriers, or two phones behind one exchange, that number their calls alike.
#[test]
fn two_calls_with_one_call_id_at_one_time_are_told_apart_by_who_began_them() {
    let mut stage = Stage::new();
    let calls = [1, 2, 3].map(|n| LegId::caller(CallId(Uuid::from_u128(n))));
    let tags = ["one", "two", "three"];
    for ((tag, leg), attempt) in tags.into_iter().zip(calls).zip(1..) {
        (stage.tags, stage.attempt) = ((tag, ""), attempt);
        stage.pass(false, INVITE, "in", "INVITE");
        stage.pass(true, "SIP/2.0 100 Trying", "in", "INVITE");
        let told = &mut stage.told;
        stage
            .keeper
            .bind("in", tag, leg, &mut |seen| told.push(seen.kept()));
        stage.pass(true, "SIP/2.0 200 OK", "in", "INVITE");
    }
    let whose = |stage: &Stage| -> Vec<_> {
        let legs = stage.told.iter().map(|kept| kept.leg);
        legs.map(|leg| calls.iter().position(|call| Some(*call) == leg))
            .collect()
    };
    let each = [0, 1, 2].map(|n| [Some(n); 3]).concat();
    assert_eq!(whose(&stage), each);
    stage.told.clear();
    // The caller of the first goes on; in the second we ask; a refused one is of nobody.
    for (tags, sent) in [(("one", ";tag=x"), false), (("x", ";tag=two"), true)] {
        stage.tags = tags;
        stage.pass(sent, "BYE sip:a SIP/2.0", "in", "BYE");
    }
    (stage.tags, stage.attempt) = (("four", ""), 9);
    stage.pass(false, INVITE, "in", "INVITE");
    stage.pass(true, "SIP/2.0 503 No", "in", "INVITE");
    assert_eq!(whose(&stage), [Some(0), Some(1), None, None]);
    for call in calls {
        stage.keeper.over(Mono(0), call);
    }
    stage.forget(None);
    assert_eq!(stage.keeper.lines.len(), 1, "that of the refused one");
}

/// Who shares a Call-ID with others, is refused, and is taken when it tries again, counts like them.
#[test]
fn a_shared_call_id_is_shared_until_the_last_of_its_calls_is_over() {
    let mut stage = Stage::new();
    let [first, second, third] = [1, 2, 3].map(|n| LegId::caller(CallId(Uuid::from_u128(n))));
    stage.calls("one", 1, Some(first));
    stage.calls("two", 2, Some(second));
    stage.calls("three", 3, None);
    stage.calls("three", 4, Some(third));
    for over in [first, third] {
        stage.keeper.over(Mono(0), over);
    }
    stage.forget(Some(LINGER.as_micros() as u64));
    stage.told.clear();
    stage.tags = ("two", ";tag=x");
    stage.pass(false, "BYE sip:a SIP/2.0", "in", "BYE");
    assert_eq!(stage.starts().len(), 1);
    assert_eq!(stage.told[0].leg, Some(second));
    stage.keeper.over(Mono(0), second);
    stage.forget(None);
    assert!(stage.keeper.lines.is_empty());
}

/// So is one whose first INVITE was refused, however many others are refused after it.
#[test]
fn refusals_make_nobody_forget_a_shared_call_id() {
    let mut stage = Stage::new();
    let [first, second] = [1, 2].map(|n| LegId::caller(CallId(Uuid::from_u128(n))));
    stage.calls("one", 1, None);
    stage.calls("one", 2, Some(first));
    stage.calls("two", 3, Some(second));
    for n in 0..REFUSED_MAX as u64 {
        stage.now = n * 1_000_000;
        stage.pass(false, INVITE, &n.to_string(), "INVITE");
        stage.pass(true, "SIP/2.0 503 No", &n.to_string(), "INVITE");
    }
    stage.told.clear();
    for (tag, leg) in [("one", first), ("two", second)] {
        stage.tags = (tag, ";tag=x");
        stage.pass(false, "BYE sip:a SIP/2.0", "in", "BYE");
        assert_eq!(stage.told.pop().and_then(|kept| kept.leg), Some(leg));
    }
}

#[test]
fn what_was_left_out_is_told_with_the_next_message() {
    let mut stage = Stage::new();
    stage.keeper.last_bytes = LAST_BYTES_MAX;
    stage.bind("in");
    stage.body = MESSAGE_BYTES_MAX - 1_000;
    for _ in 0..20 {
        stage.pass(false, "INFO sip:a SIP/2.0", "in", "INFO");
    }
    let left_out = 20 - stage.told.len() as u32;
    assert!(left_out > 0);
    stage.body = 0;
    stage.proof = "";
    stage.pass(false, "BYE sip:a SIP/2.0", "in", "BYE");
    assert_eq!(stage.told.last().unwrap().left_out, left_out);
}

#[test]
fn of_a_long_call_the_first_and_the_last_are_kept_and_the_middle_is_counted() {
    let mut stage = Stage::new();
    stage.bind("in");
    let whole = FIRST_MAX as usize + LAST_MAX + 30;
    for n in 0..whole {
        stage.now = n as u64;
        stage.pass(false, &format!("INFO sip:{n} SIP/2.0"), "in", "INFO");
    }
    assert_eq!(stage.told.len(), FIRST_MAX as usize);
    stage.keeper.over(Mono(0), leg(0));
    stage.forget(Some(LINGER.as_micros() as u64 - 1));
    assert_eq!(stage.told.len(), FIRST_MAX as usize);
    stage.forget(Some(LINGER.as_micros() as u64));
    assert_eq!(stage.told.len(), FIRST_MAX as usize + LAST_MAX);
    let left_out: Vec<u32> = stage.told.iter().map(|kept| kept.left_out).collect();
    assert_eq!(left_out.iter().sum::<u32>(), 30);
    assert_eq!(left_out[FIRST_MAX as usize], 30);
    assert_eq!(stage.told.last().unwrap().now.mono.0, whole as u64 - 1);
    assert_eq!(stage.keeper.sums().left_out, 30);
    assert!(stage.keeper.lines.is_empty() && stage.keeper.calls.is_empty());
    assert_eq!(stage.keeper.last_bytes, 0);
}

#[test]
fn nothing_grows_without_bound() {
    let mut stage = Stage::new();
    for n in 0..CALLS_MAX + 50 {
        let id = LegId::caller(CallId(Uuid::from_u128(n as u128 + 1)));
        stage.keeper.bind(&n.to_string(), "ours", id, &mut |_| {});
        stage.pass(false, INVITE, &format!("w{n}"), "INVITE");
    }
    stage.forget(Some(0));
    assert_eq!(stage.keeper.calls.len(), CALLS_MAX);
    assert_eq!(stage.keeper.lines.len(), CALLS_MAX);
    assert_eq!(stage.keeper.waiting.len(), WAITING_MAX);
    stage.forget(None);
    assert!(stage.keeper.calls.is_empty() && stage.keeper.lines.is_empty());
}
