//! Reliable provisional responses of ours: what goes out reliably, what waits, and the PRACK that ends
//! the repetitions (RFC 3262 §3, §5).
use std::time::Duration;

use super::arrived::Arrived;
use super::call::Call;
use super::core::Core;
use super::incoming::{Incoming, attach_sdp, offer_of};
use super::outgoing::body_text;
use super::talk::Talk;
use crate::message::{Headers, Method};
use crate::transaction::{Resend, earlier};

/// What the caller understands of this, and how far we are. Kept only for callers that know it.
#[derive(Clone, Debug)]
pub(super) struct Reliable {
    /// `Require: 100rel`: all of 101–199 goes out reliably; otherwise only what brings SDP.
    required: bool,
    /// RSeq of the last one; 0 before the first.
    rseq: u32,
    under_way: Option<Unacknowledged>,
    /// The next ringing, behind the one under way. The newest wins.
    waiting: Option<Ringing>,
    /// The SDP that went out reliably: our answer, or our offer where theirs comes late.
    described: Option<Box<str>>,
    /// Their answer to it, from a PRACK.
    answer: Option<Box<str>>,
    /// The application has accepted; its 200 waits for the PRACK.
    accepted: Option<Box<Accepted>>,
}

/// A 1xx that waits for its PRACK.
#[derive(Clone, Debug)]
struct Unacknowledged {
    resend: Resend,
    ends: Duration,
    /// It brought SDP, so that a 2xx has to wait for its PRACK (RFC 3262 §3).
    sdp: bool,
}

/// What the application wants to have been said.
#[derive(Clone, Debug)]
pub(super) struct Ringing {
    pub(super) status: u16,
    pub(super) sdp: Option<String>,
}

/// A 2xx that waits.
#[derive(Clone, Debug)]
struct Accepted {
    sdp: String,
    /// The application's next offer, for the established session.
    wanted: Option<Box<str>>,
}

/// How a ringing goes out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    Plain,
    /// With this RSeq.
    Reliable(u32),
    /// Not now, or not at all.
    Held,
}

/// What is left for the established session.
#[derive(Clone, Debug, Default)]
pub(super) struct Remains {
    /// RSeq of the one that is still to be acknowledged.
    pub(super) rseq: Option<u32>,
    pub(super) described: Option<Box<str>>,
    pub(super) answer: Option<Box<str>>,
    pub(super) wanted: Option<Box<str>>,
}

/// RAck: RSeq, number and method of the response that is acknowledged (RFC 3262 §7.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Rack {
    rseq: u32,
    cseq: u32,
    method: Method,
}

impl Rack {
    /// That of the response `rseq` to the INVITE number `cseq`.
    pub(super) fn new(rseq: u32, cseq: u32) -> Self {
        let method = Method::Invite;
        Self { rseq, cseq, method }
    }

    /// None where there is none, or an unreadable one.
    pub(super) fn of(headers: &Headers) -> Option<Self> {
        let mut words = headers.get("RAck")?.split_ascii_whitespace();
        let mut number = || words.next().filter(|word| is_number(word))?.parse().ok();
        let (rseq, cseq) = (number()?, number()?);
        let method = Method::from_token(words.next()?);
        words
            .next()
            .is_none()
            .then_some(Self { rseq, cseq, method })
    }
}

impl std::fmt::Display for Rack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.rseq, self.cseq, self.method)
    }
}

/// RSeq of a response that asks to be acknowledged; None for an unreliable one (RFC 3262 §4).
pub(super) fn rseq_of(headers: &Headers) -> Option<u32> {
    let mut tags = headers.list("Require");
    if !tags.any(|tag| tag.eq_ignore_ascii_case("100rel")) {
        return None;
    }
    let value = headers.get("RSeq").filter(|value| is_number(value))?;
    value.parse().ok().filter(|rseq| *rseq > 0)
}

/// Digits and nothing else; `parse` alone would take a sign.
fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

impl Reliable {
    /// None for a caller that knows nothing of it.
    pub(super) fn of_invite(headers: &Headers) -> Option<Box<Self>> {
        let has = |name| {
            headers
                .list(name)
                .any(|tag| tag.eq_ignore_ascii_case("100rel"))
        };
        let required = has("Require");
        (required || has("Supported")).then(|| {
            Box::new(Self {
                required,
                rseq: 0,
                under_way: None,
                waiting: None,
                described: None,
                answer: None,
                accepted: None,
            })
        })
    }

    /// Decides how a ringing goes out; what may not be said again is taken from it. `late`: their
    /// INVITE had no offer.
    pub(super) fn way(&mut self, core: &mut Core, ringing: &mut Ringing, late: bool) -> Way {
        if self.under_way.is_some() {
            self.wait(ringing);
            return Way::Held;
        }
        // An answer is given once; SDP behind it would be a new offer (RFC 3262 §5).
        if self.described.is_some() {
            ringing.sdp = None;
        }
        if !self.required && ringing.sdp.is_none() {
            return Way::Plain;
        }
        // The first reliable response to an INVITE without an offer has to bring one (RFC 3262 §5).
        if late && ringing.sdp.is_none() && self.described.is_none() {
            return Way::Held;
        }
        self.rseq = match self.rseq {
            0 => first_rseq(core),
            last => last + 1,
        };
        if let Some(sdp) = &ringing.sdp {
            self.described = Some(sdp.as_str().into());
        }
        self.under_way = Some(Unacknowledged {
            resend: Resend::start(core.now, &core.timing),
            ends: core.now + core.timing.give_up(),
            sdp: ringing.sdp.is_some(),
        });
        Way::Reliable(self.rseq)
    }

    /// Room for one: the newest wins, and keeps the SDP of the one whose place it takes.
    fn wait(&mut self, ringing: &mut Ringing) {
        let former = self.waiting.take().and_then(|former| former.sdp);
        self.waiting = Some(Ringing {
            status: ringing.status,
            sdp: ringing.sdp.take().or(former),
        });
    }

    /// Keeps the application's answer back where it has to wait. False: it may go out.
    pub(super) fn hold(&mut self, sdp: &str) -> bool {
        if self.accepted.is_some() {
            return true;
        }
        let held = self.under_way.as_ref().is_some_and(|one| one.sdp);
        if held {
            self.waiting = None;
            self.accepted = Some(Box::new(Accepted {
                sdp: sdp.to_owned(),
                wanted: None,
            }));
        }
        held
    }

    /// Whether this is of the PRACK that is waited for; `cseq` is that of the INVITE.
    pub(super) fn awaits(&self, rack: &Rack, cseq: u32) -> bool {
        self.under_way.is_some() && *rack == Rack::new(self.rseq, cseq)
    }

    /// The PRACK of the one under way? Gives whether it had brought SDP.
    fn acknowledge(&mut self, rack: &Rack, cseq: u32) -> Option<bool> {
        let ours = self.awaits(rack, cseq);
        let one = self.under_way.take_if(|_| ours)?;
        Some(one.sdp)
    }

    /// Whether what went out reliably with SDP has been acknowledged.
    pub(super) fn is_answered(&self) -> bool {
        let open = self.under_way.as_ref().is_some_and(|one| one.sdp);
        self.described.is_some() && !open
    }

    /// The SDP that went out reliably.
    pub(super) fn described(&self) -> Option<&str> {
        self.described.as_deref()
    }

    pub(super) fn is_accepted(&self) -> bool {
        self.accepted.is_some()
    }

    /// An offer of the application for the time after its answer. The latest wins.
    pub(super) fn want(&mut self, sdp: String) {
        if let Some(accepted) = &mut self.accepted {
            accepted.wanted = Some(sdp.into());
        }
    }

    pub(super) fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// Whether nobody has acknowledged in 64·T1.
    pub(super) fn has_failed(&self, now: Duration) -> bool {
        self.under_way.as_ref().is_some_and(|one| one.ends <= now)
    }

    /// Whether the one under way is to be said again. The interval doubles without a cap.
    pub(super) fn is_due(&mut self, core: &Core) -> bool {
        let cap = core.timing.give_up();
        self.under_way
            .as_mut()
            .is_some_and(|one| one.resend.fire(core.now, cap))
    }

    pub(super) fn next(&self) -> Option<Duration> {
        let one = self.under_way.as_ref()?;
        earlier(Some(one.resend.at()), Some(one.ends))
    }

    /// What the 2xx leaves to the session.
    pub(super) fn into_remains(self) -> Remains {
        Remains {
            rseq: self.under_way.map(|_| self.rseq),
            described: self.described,
            answer: self.answer,
            wanted: self.accepted.and_then(|accepted| accepted.wanted),
        }
    }
}

/// 1 to 2^31 - 1 (RFC 3262 §3).
fn first_rseq(core: &mut Core) -> u32 {
    let below = core.entropy.below((1 << 31) - 1);
    1 + u32::try_from(below).expect("it is below 2^31")
}

// The PRACK.
impl Call {
    /// A PRACK before our final answer.
    pub(super) fn on_prack(&mut self, core: &mut Core, arrived: &Arrived) {
        let Some(incoming) = &mut self.incoming else {
            return;
        };
        let Some(rack) = Rack::of(&arrived.request.headers) else {
            return core.answer_status(arrived, 400);
        };
        let cseq = incoming.cseq;
        let reliable = incoming.reliable.as_mut();
        let Some(sdp) = reliable.and_then(|reliable| reliable.acknowledge(&rack, cseq)) else {
            return core.answer_status(arrived, 481);
        };
        incoming.answer_prack(core, arrived, sdp);
        self.after_prack(core);
    }

    /// What has waited for the PRACK: the 200, or the next ringing.
    fn after_prack(&mut self, core: &mut Core) {
        let Some(incoming) = &mut self.incoming else {
            return;
        };
        let Some(reliable) = &mut incoming.reliable else {
            return;
        };
        if let Some(accepted) = &reliable.accepted {
            let sdp = accepted.sdp.clone();
            return self.establish(core, sdp);
        }
        if let Some(ringing) = reliable.waiting.take() {
            incoming.ring(core, ringing);
        }
    }

    /// A PRACK behind our 200, which had no need to wait for it: known, if it is that of the last 1xx
    /// (RFC 3262 §3).
    pub(super) fn on_late_prack(&mut self, core: &mut Core, arrived: &Arrived) {
        let Some(talk) = &mut self.talk else {
            return;
        };
        let Some(rack) = Rack::of(&arrived.request.headers) else {
            return core.answer_status(arrived, 400);
        };
        let known = talk.unpracked.take_if(|one| **one == rack).is_some();
        let status = match (known, arrived.request.body.is_empty()) {
            (false, _) => 481,
            (true, true) => 200,
            (true, false) => 488,
        };
        core.answer_status(arrived, status);
    }
}

impl Talk {
    /// Takes over what was said and heard before the 2xx to the INVITE number `cseq`.
    pub(super) fn inherit(&mut self, core: &Core, remains: Remains, cseq: u32) {
        let rack = remains.rseq.map(|rseq| Rack::new(rseq, cseq));
        self.unpracked = rack.map(Box::new);
        self.wanted = remains.wanted;
        if let (Some(answer), Some(unacked)) = (remains.answer, &mut self.unacked) {
            self.remote_sdp = offer_of(core, answer.as_bytes());
            unacked.answer = Some(answer);
        }
    }
}

impl Incoming {
    /// 200, with our SDP again if the PRACK offers what is agreed on already. Any other offer gets 488:
    /// it may come again when the session stands. The 1xx counts as acknowledged in any case.
    fn answer_prack(&mut self, core: &mut Core, arrived: &Arrived, had_sdp: bool) {
        let body = &arrived.request.body;
        let mut response = core.response(200, arrived.echo(None));
        if let Some(reliable) = self.reliable.as_mut().filter(|_| !body.is_empty()) {
            let known = self.offer.is_some() && offer_of(core, body) == self.offer;
            match &reliable.described {
                Some(_) if had_sdp && self.offer.is_none() => {
                    reliable.answer = body_text(body).map(Box::from);
                }
                Some(ours) if known => attach_sdp(&mut response, ours.to_string()),
                _ => return core.answer_status(arrived, 488),
            }
        }
        core.answer(arrived, &response);
    }
}
