//! What the application asks for.
use std::time::Duration;

use super::{Flow, Session, TrunkSource};
use crate::digest::Login;
use crate::phones::ForPhone;
use crate::registrar::KeptContact;
use crate::session_id::SessionId;

/// What the application wants.
#[derive(Clone, Debug)]
pub enum Command {
    /// 18x with or without early media for an incoming session. Where it goes out reliably (RFC 3262),
    /// the next one waits for its PRACK, and its SDP is the answer for good.
    Progress {
        /// Which.
        session: Session,
        /// 180–189.
        status: u16,
        /// SDP answer for early media.
        sdp: Option<String>,
    },
    /// 200 for an incoming session. Repeated until the ACK comes. It waits for the PRACK of a reliable
    /// 18x that brought SDP; from now on the session counts as established and ends by [`Event::Ended`](super::Event::Ended).
    Accept {
        /// Which.
        session: Session,
        /// SDP answer (or the offer, when the INVITE had none). Not said, where a reliable 18x has said
        /// another one.
        sdp: String,
    },
    /// A final refusal for an incoming session.
    Refuse {
        /// Which.
        session: Session,
        /// 300–699.
        status: u16,
        /// Further headers (Retry-After, Warning, Reason).
        headers: Vec<(String, String)>,
    },
    /// Dials. The session comes from [`Endpoint::allocate`](crate::endpoint).
    Invite(Box<Invite>),
    /// Ends a session in whatever phase it is: CANCEL, ACK+BYE, BYE or a refusal. Always safe.
    End {
        /// Which.
        session: Session,
        /// Value of a `Reason` header (RFC 3326), such as `SIP;cause=200;text="Call completed elsewhere"`.
        reason: Option<String>,
    },
    /// Answers a re-INVITE or UPDATE that brought an offer ([`Event::Reoffered`](super::Event::Reoffered)) or wants one ([`Event::OfferWanted`](super::Event::OfferWanted)).
    AnswerReoffer {
        /// Which.
        session: Session,
        /// The SDP answer (or offer), or None to refuse with 488 and keep the session as it was.
        sdp: Option<String>,
    },
    /// Sends a re-INVITE with a new offer.
    Reoffer {
        /// Which.
        session: Session,
        /// The offer.
        sdp: String,
    },
    /// The party of an established session talks with somebody else from now on: these headers (P-Asserted-Identity) in our
    /// further changes of it, and at once in an UPDATE where it knows that, else in a re-INVITE that changes no media.
    Show {
        /// Which.
        session: Session,
        /// Who the other end is.
        headers: Vec<(String, String)>,
    },
    /// Answers a REFER ([`Event::Referred`](super::Event::Referred)).
    AnswerRefer {
        /// Which session.
        session: Session,
        /// [`Refer::number`](super::Refer::number).
        refer: u32,
        /// 2xx takes it (202 goes out, and the party is told 100), 300–699 refuses it.
        status: u16,
    },
    /// How a reference goes that was taken. Goes on to be told after the session's end, in its dialog (RFC 5057).
    ReferProgress {
        /// Which session.
        session: Session,
        /// [`Refer::number`](super::Refer::number).
        refer: u32,
        /// 100–199, or the last word: 200–699.
        status: u16,
    },
    /// Asks the party to call somebody else; one at a time.
    Refer {
        /// Which session's party.
        session: Session,
        /// Whom: a URI.
        to: String,
        /// The session whose peer is meant: attended transfer.
        replaces: Option<Session>,
    },
    /// The party of a session talks with this end from now on: the number of its Session-ID (RFC 7989 §7), in our further
    /// requests. Nothing is sent because of it, and nothing changes for a party that says no Session-ID.
    TalksWith {
        /// Which.
        session: Session,
        /// [`SessionId::own`] of the other end.
        number: u128,
    },
    /// The digest hashes of the people who may register; replaces the former list.
    Credentials(Vec<Credential>),
    /// The contacts of the run before this one, as [`Event::Bound`](super::Event::Bound) told them; once, after the
    /// credentials. Each is asked whether it is there before anybody is rung at it.
    BoundBefore(Vec<KeptContact>),
    /// The networks of the trunks, after an address behind a name has changed; replaces the former list. Calls that
    /// there are stay.
    Sources(Vec<TrunkSource>),
    /// Where trunks are called and registered at, in place of what was known: they may answer from there too.
    CalledAt(Vec<TrunkSource>),
    /// "Are you there?": one OPTIONS out of any dialog. [`Event::Probed`](super::Event::Probed) tells the answer.
    Probe(Probe),
}

/// One OPTIONS to a trunk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Probe {
    /// The application's number of it; two at one time are told apart by it.
    pub id: u64,
    /// Request-URI and To.
    pub uri: String,
    /// Where the packets go.
    pub flow: Flow,
    /// How long it may take.
    pub wait: Duration,
}

/// A digest user. Hashes only; `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// SIP user, the operator's id.
    pub user: String,
    /// MD5(user:realm:password), hex. None: MD5 is not allowed for this user.
    pub ha1_md5: Option<String>,
    /// SHA-256(user:realm:password), hex. None: this user proves by MD5 alone.
    pub ha1_sha256: Option<String>,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credential({})", self.user)
    }
}

/// A call to make.
#[derive(Clone, Debug)]
pub struct Invite {
    /// From [`Endpoint::allocate`](crate::endpoint).
    pub session: Session,
    /// Where to send it.
    pub target: Target,
    /// The user and host of From, and the display name: the *customer's*, so that phones show it.
    pub from_uri: String,
    /// Display name of From; quoted and cleaned by the machine.
    pub from_display: Option<String>,
    /// Further headers: P-Asserted-Identity, Call-Info, Alert-Info, X-Call-Id … Checked for CR and LF.
    pub headers: Vec<(String, String)>,
    /// The SDP offer.
    pub sdp: String,
    /// Who we are to a trunk that challenges us. None: a challenge ends the call.
    pub credential: Option<Login>,
    /// When the call is given up for want of words, so that it can be tried elsewhere. None: where nothing at all was
    /// heard, after 64·T1 (timer B).
    pub patience: Option<Patience>,
    /// Whom the call is made for, to be told to the callee and in all that is said to it (RFC 7989). None: ourselves.
    pub session_id: Option<SessionId>,
    /// The session timer to offer (RFC 4028): the session is refreshed at half of it, by whom the callee says, and ends
    /// when nobody does. A callee that knows no timers is asked by UPDATE, where it knows that. Seconds, at least
    /// [`MIN_SE`](crate::dialog::session_timer::MIN_SE). None: no timer unless the callee wants one.
    pub session_expires: Option<u32>,
    /// What the phones are told in the words of their makes: who calls (again), to answer by themselves, how to ring. Each
    /// contact hears its own. None: [`headers`](Self::headers) are all.
    pub phone: Option<ForPhone>,
}

/// How long a dialled session waits for words of its peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// For anything, be it 100.
    pub answer: Duration,
    /// For what the callee's side says: 101–199, or a final answer. None: as long as it may ring.
    pub progress: Option<Duration>,
}

/// Where a call goes.
#[derive(Clone, Debug)]
pub enum Target {
    /// To the registered contacts of a user (all of them fork; the first 200 wins). No contact: `Unregistered`.
    User(String),
    /// To an address, for a trunk.
    Address {
        /// Request-URI.
        uri: String,
        /// Where the packets go.
        flow: Flow,
    },
}
