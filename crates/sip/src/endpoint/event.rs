//! What the application is told.
use std::sync::Arc;
use std::time::Duration;

use super::{Ban, Flow, Refer, Session};
use crate::message::{Request, Response};
use crate::reason::Reason;
use crate::registrar::KeptContact;
use crate::uri::SipUri;

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A new INVITE of a trunk or of a registered user passed policy, limits and parsing. 100 is sent already.
    Incoming {
        /// Its session.
        session: Session,
        /// Whose.
        origin: Origin,
        /// The whole request: identity headers, SDP offer in the body (or none: late offer).
        request: Arc<Request>,
        /// Where it came from.
        flow: Flow,
        /// There are more new calls than can be served: this one is to get a short answer.
        brief: bool,
        /// The living session it wants to take the place of (RFC 3891); of users only, a trunk's is refused.
        replaces: Option<Session>,
    },
    /// The caller gave up before the answer (CANCEL), or never acknowledged a reliable 18x; the refusal is
    /// sent already. The session is over.
    Cancelled {
        /// Which.
        session: Session,
        /// What the caller said of it.
        said: Option<Reason>,
    },
    /// The ACK of our 200 came; with SDP when the INVITE had none (from the PRACK, if it came there).
    Confirmed {
        /// Which.
        session: Session,
        /// The answer, for a late offer.
        sdp: Option<String>,
    },
    /// A dialled session: 180–189.
    Progress {
        /// Which.
        session: Session,
        /// The code.
        status: u16,
        /// Early media.
        sdp: Option<String>,
    },
    /// A dialled session: 200; ACK is sent already.
    Accepted {
        /// Which.
        session: Session,
        /// The answer; after an UPDATE of the callee what that has offered.
        sdp: String,
        /// Where the INVITE that was answered had gone.
        flow: Flow,
    },
    /// A dialled session ended without an answer.
    Refused {
        /// Which.
        session: Session,
        /// How far it got.
        reached: Reached,
        /// For how long it wants to be left alone (Retry-After).
        retry_after: Option<Duration>,
        /// The code; 408 for our own time-out, 487 after our CANCEL, 503 for a transport error,
        /// 480 with `Unregistered` when the user has no contact.
        status: u16,
        /// The phrase.
        reason: String,
        /// What the party said of it, where this status is the party's.
        said: Option<Reason>,
        /// Where a 3xx points, what it prefers first; at most [`REDIRECTS_MAX`](super::REDIRECTS_MAX). Nothing is ever sent there by itself.
        contacts: Vec<SipUri>,
    },
    /// An established session is over.
    Ended {
        /// Which.
        session: Session,
        /// How.
        by: EndedBy,
        /// What the party said of it, where it was the party.
        said: Option<Reason>,
    },
    /// The party offers new media (hold, resume, codec change). Answer with [`Command::AnswerReoffer`](super::Command::AnswerReoffer).
    /// A re-INVITE or UPDATE that only refreshes the session is answered by the machine itself. Of a session that is not
    /// answered yet too, once what it has agreed on early is acknowledged; [`Event::Accepted`] then gives this offer again.
    Reoffered {
        /// Which.
        session: Session,
        /// The new offer.
        sdp: String,
        /// Where it came from.
        flow: Flow,
    },
    /// The party wants our offer: a re-INVITE without SDP (RFC 3264 §5, RFC 6337 §3.1). Offer all that we would speak,
    /// whatever is on hold, by [`Command::AnswerReoffer`](super::Command::AnswerReoffer); its answer comes as [`Event::ReofferAnswered`].
    OfferWanted {
        /// Which.
        session: Session,
    },
    /// The party answered our re-offer; None when it refused.
    ReofferAnswered {
        /// Which.
        session: Session,
        /// The answer.
        sdp: Option<String>,
    },
    /// DTMF by SIP INFO (`application/dtmf-relay`, `application/dtmf`). 200 is sent already.
    Digit {
        /// Which.
        session: Session,
        /// `0`–`9`, `*`, `#`, `A`–`D`.
        digit: char,
    },
    /// The party asks for somebody else to be called in its place (RFC 3515). Answer with [`Command::AnswerRefer`](super::Command::AnswerRefer).
    Referred {
        /// Which.
        session: Session,
        /// Whom, and for which of its sessions.
        refer: Refer,
    },
    /// The party's answer to a REFER of ours.
    ReferAnswered {
        /// Which.
        session: Session,
        /// 2xx: taken; [`Event::ReferProgress`] follows, unless it keeps us uninformed.
        status: u16,
    },
    /// The party tells how what we asked for goes.
    ReferProgress {
        /// Which.
        session: Session,
        /// 100–699.
        status: u16,
        /// Nothing follows.
        last: bool,
    },
    /// A user has a live contact now, or has none any more.
    Registered {
        /// The user.
        user: String,
        /// Whether at least one contact is live.
        live: bool,
        /// The contact's URI and User-Agent, for the admin.
        contact: String,
    },
    /// The contacts of a user over UDP are these from now on: to be written down for the next run. Told with each REGISTER that
    /// changes or prolongs them, and when one is over.
    Bound {
        /// The user.
        user: String,
        /// All of them.
        contacts: Vec<KeptContact>,
    },
    /// The answer to a [`Command::Probe`](super::Command::Probe).
    Probed {
        /// Its number.
        id: u64,
        /// The final status; None: nothing came, or there is no way.
        status: Option<u16>,
        /// For how long the peer wants to be left alone (Retry-After).
        retry_after: Option<Duration>,
    },
    /// A trunk's answer to a REGISTER which this machine has not sent: a [`Registration`](crate::registration) beside
    /// it may have.
    Registrar {
        /// Where it came from.
        flow: Flow,
        /// The answer.
        response: Arc<Response>,
    },
    /// Somebody has guessed passwords once too often and is not listened to any more.
    Banned(Ban),
    /// Something was refused or dropped by policy, one for each message; counted by the application under a bounded label.
    Refusal {
        /// One of a fixed set: `unknown_source`, `malformed`, `bad_digest`, `banned`, `foreign_user`,
        /// `too_many_sessions`, `too_many_transactions`, `crowded`, `too_fast`, `repeated`, `loop`, `merged`,
        /// `extension`, `method`, `no_dialog`, `no_transaction`, `scheme`, `body`, `session_timer`, `unanswered`,
        /// `unacknowledged`, `refer`, `replaces`, `privacy`, `foreign_response`.
        what: &'static str,
        /// From where.
        flow: Flow,
        /// Of a `foreign_response`: who was asked.
        asked: Option<Flow>,
    },
}

/// Whose an incoming call is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A trunk's source address.
    Trunk(Arc<str>),
    /// A registered user, proved by digest.
    User(String),
}

/// How an established session ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EndedBy {
    /// BYE of the party.
    Peer,
    /// Our BYE.
    Us,
    /// No ACK came (RFC 3261 §13.3.1.4); BYE was sent. Or no PRACK, before our 200 could go out; 504 was.
    NoAck,
    /// The session timer ran out (RFC 4028), or a request in the dialog met 408 or 481.
    Lost,
}

/// How far a dialled session got that has failed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reached {
    /// It was never sent: a bound or a fault of ours.
    Nothing,
    /// It was sent, and nothing was heard: no way to the peer, or silence.
    Silence,
    /// 100 was heard, and nothing else.
    Server,
    /// The callee's side has spoken, or the refusal is the peer's own.
    Callee,
}
