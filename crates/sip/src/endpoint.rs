//! The contract of the SIP machine: what goes in, what comes out. One machine owns all transactions,
//! dialogs and registrations of the daemon.
//!
//! Run loop: after each `handle_input` or `handle_timeout`, drain `poll_output` until `None`, then ask
//! `poll_timeout`. Times are monotonic, since the start of the daemon.
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::digest::Login;
use crate::message::{Headers, Request, Response};
use crate::phones::ForPhone;
use crate::reason::Reason;
use crate::session_id::SessionId;
use crate::uri::SipUri;

mod acknowledge;
mod admission;
mod answering;
mod arrived;
mod asking;
mod call;
mod challenge;
mod core;
mod curt;
mod early_update;
mod fork;
mod guard;
mod in_dialog;
mod incoming;
mod machine;
mod outgoing;
mod own_address;
mod past;
mod prack;
mod refer;
mod registering;
mod reliable;
mod reoffer;
mod replacing;
mod responses;
mod tables;
mod talk;
mod timers;
mod turned_away;

pub use curt::Curt;
pub use guard::{BAN, Ban, FAILURES_APART, FAILURES_MAX, SOURCES_MAX};
pub use incoming::{ANSWER_LIMIT, REMINDER};
pub use machine::{Counters, Endpoint, TRANSACTIONS_MAX};
pub use outgoing::{CHALLENGES_MAX, FORKED_MAX, LENGTHENED_MAX, REDIRECTS_MAX, RING_LIMIT};
pub use prack::RELIABLE_MAX;
pub use refer::{REFER_LIFE, REFER_LIMIT, Refer};
pub use registering::{QUALIFY_EVERY, QUALIFY_WAIT};
pub use reoffer::{GLARE_TRIES, REOFFER_LIMIT};
pub use turned_away::{REMEMBERED, TURNED_AWAY_MAX};

/// One call leg as the SIP machine sees it: an INVITE session with its dialog. Given out by the machine,
/// never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Session(pub u64);

/// How messages travel.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Transport {
    /// RFC 3261 §18, timers A, E, G run.
    Udp,
    /// A reliable flow; answers go back on it (RFC 5626 §5.3).
    Tcp,
    /// The same, and nobody on the way reads it (RFC 3261 §26.3.1).
    Tls,
    /// A WebSocket of a browser: its Contact is no address, the flow is the only way to it (RFC 7118).
    Ws,
    /// The same, and nobody on the way reads it.
    Wss,
}

impl Transport {
    /// Whether a flow delivers by itself, and has a life of its own.
    pub fn is_reliable(self) -> bool {
        self != Self::Udp
    }

    /// Whether browsers speak so, and proxies on their behalf: the address says nothing of who it is.
    pub fn is_of_browsers(self) -> bool {
        matches!(self, Self::Ws | Self::Wss)
    }

    /// As in Via (RFC 3261 §20.42).
    pub fn name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Ws => "WS",
            Self::Wss => "WSS",
        }
    }

    /// As in the `transport` parameter of a URI; `ws` is for both kinds of WebSocket (RFC 7118 §5.3).
    pub fn parameter(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Ws | Self::Wss => "ws",
        }
    }

    /// Whether a `transport` parameter of a URI means this one; without one it is UDP (RFC 3263 §4.1).
    pub fn is_named(self, parameter: Option<&str>) -> bool {
        parameter.map_or(self == Self::Udp, |name| {
            name.eq_ignore_ascii_case(self.parameter())
        })
    }
}

/// Where a message came from, or where it is to go. On all but UDP `connection` names the flow; 0 means
/// "open one to `remote`".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Flow {
    /// How.
    pub transport: Transport,
    /// Our side.
    pub local: SocketAddr,
    /// Their side.
    pub remote: SocketAddr,
    /// The driver's number of the connection, different over all transports; 0 on UDP.
    pub connection: u64,
}

/// Who may speak to us. Everything else is refused by policy and counted.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Trunks by source address (network, prefix length).
    pub trunks: Vec<TrunkSource>,
    /// The Contacts of our registrations at carriers.
    pub lines: Vec<Line>,
    /// What unknown sources get for INVITE, OPTIONS and the rest (REGISTER is challenged).
    pub unknown: UnknownSource,
}

/// The Contact of a registration of ours, by which the calls of its trunk are known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Its `line` parameter: nobody can guess it, but everybody on the way can read it. A request whose Request-URI has it
    /// is of this trunk where it comes from a source of this trunk, even if the source is of others too.
    pub token: String,
    /// Its user, which tells the trunks of one source apart where the token is lost on the way.
    pub user: String,
    /// The token is believed whatever the source: whoever has read it once may call as this trunk.
    pub from_anywhere: bool,
    /// Whose.
    pub trunk: Arc<str>,
}

/// One source network of a trunk.
#[derive(Clone, Debug)]
pub struct TrunkSource {
    /// The trunk's name.
    pub trunk: Arc<str>,
    /// Address and prefix length; IPv4-mapped IPv6 is compared as IPv4.
    pub network: (std::net::IpAddr, u8),
}

impl TrunkSource {
    /// One address of a trunk.
    pub fn host(trunk: &Arc<str>, address: std::net::IpAddr) -> Self {
        let prefix = if address.is_ipv4() { 32 } else { 128 };
        Self {
            trunk: Arc::clone(trunk),
            network: (address, prefix),
        }
    }

    /// Whether an address lies in the network.
    pub fn holds(&self, source: std::net::IpAddr) -> bool {
        use std::net::IpAddr::{V4, V6};
        let (network, length) = self.network;
        // A mask of no bits would shift by the whole width.
        match (network.to_canonical(), source.to_canonical()) {
            (V4(a), V4(b)) => {
                let shift = 32 - u32::from(length.min(32));
                (u64::from(a.to_bits()) >> shift) == (u64::from(b.to_bits()) >> shift)
            }
            (V6(a), V6(b)) => {
                let shift = 128 - u32::from(length.min(128));
                let bits = |ip: std::net::Ipv6Addr| ip.to_bits().checked_shr(shift).unwrap_or(0);
                bits(a) == bits(b)
            }
            _ => false,
        }
    }
}

/// Who an address is, as far as it can be told before a byte is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// In a network of a trunk.
    Trunk,
    /// A registered phone speaks from there.
    Phone,
    /// Anybody else; a phone that has yet to register too.
    Stranger,
}

/// What an unknown source gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum UnknownSource {
    /// Nothing: a scanner learns nothing.
    #[default]
    Drop,
    /// 403.
    Forbid,
}

/// What the machine needs to know before the first byte.
#[derive(Clone, Debug)]
pub struct Config {
    /// Put into Contact and Via: the address peers reach us at, per transport (`host:port`).
    pub contact_udp: String,
    /// The same for TCP; None where TCP is off.
    pub contact_tcp: Option<String>,
    /// The same for TLS.
    pub contact_tls: Option<String>,
    /// Further addresses of ours: of WebSockets, and of the other family where we listen on two. Peers are told the one of
    /// the family they speak in, where there is one.
    pub contacts: Vec<(Transport, SocketAddr)>,
    /// Whether ringing and early media are acknowledged (RFC 3262) with who offers or asks for it. Off: never offered,
    /// `Require: 100rel` gets 420; for peers in between that pass the offer on and lose the acknowledgement.
    pub prack: bool,
    /// Digest realm.
    pub realm: String,
    /// `Server` and `User-Agent`.
    pub agent: String,
    /// Who may speak to us.
    pub policy: Policy,
    /// How long a nonce is good. 30 s – 1 h.
    pub nonce_life: Duration,
    /// Registrations: the shortest and the longest expiry given. Seconds.
    pub expires_secs: (u32, u32),
    /// Most sessions at one time; beyond it 503 with Retry-After.
    pub sessions_max: usize,
    /// T1, RFC 3261 §17.1.1.1; 500 ms unless a test says otherwise.
    pub t1: Duration,
}

/// What goes in.
#[derive(Debug)]
pub enum Input<'a> {
    /// A datagram, or one framed message of a flow.
    Received {
        /// From where.
        flow: Flow,
        /// The bytes. Hostile until parsed.
        bytes: &'a [u8],
    },
    /// The same, where there is no time for it: a new INVITE of a trunk hears 503 with a Retry-After, without state, and
    /// the repetition of one that was heard what that one hears. Everything else is as if it had not come.
    Unread {
        /// From where.
        flow: Flow,
        /// The bytes. Hostile.
        bytes: &'a [u8],
    },
    /// A flow is gone, or could not be opened (then its `connection` is 0).
    FlowClosed {
        /// Which.
        flow: Flow,
        /// Messages for `connection` 0 of its peer went over it, and are lost with it.
        by_remote: bool,
    },
    /// The application wants something.
    Command(Command),
}

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
    /// 18x that brought SDP; from now on the session counts as established and ends by [`Event::Ended`].
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
    /// Answers a re-INVITE or UPDATE that brought an offer ([`Event::Reoffered`]) or wants one ([`Event::OfferWanted`]).
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
    /// Answers a REFER ([`Event::Referred`]).
    AnswerRefer {
        /// Which session.
        session: Session,
        /// [`Refer::number`].
        refer: u32,
        /// 2xx takes it (202 goes out, and the party is told 100), 300–699 refuses it.
        status: u16,
    },
    /// How a reference goes that was taken. Goes on to be told after the session's end, in its dialog (RFC 5057).
    ReferProgress {
        /// Which session.
        session: Session,
        /// [`Refer::number`].
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
    /// The networks of the trunks, after an address behind a name has changed; replaces the former list. Calls that
    /// there are stay.
    Sources(Vec<TrunkSource>),
    /// Where trunks are called and registered at, in place of what was known: they may answer from there too.
    CalledAt(Vec<TrunkSource>),
    /// "Are you there?": one OPTIONS out of any dialog. [`Event::Probed`] tells the answer.
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

/// What comes out.
#[derive(Clone, Debug)]
pub enum Output {
    /// Bytes to send.
    Send {
        /// Where to.
        flow: Flow,
        /// What.
        bytes: Vec<u8>,
    },
    /// Something happened.
    Event(Event),
}

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
        /// Where a 3xx points, what it prefers first; at most [`REDIRECTS_MAX`]. Nothing is ever sent there by itself.
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
    /// The party offers new media (hold, resume, codec change). Answer with [`Command::AnswerReoffer`].
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
    /// whatever is on hold, by [`Command::AnswerReoffer`]; its answer comes as [`Event::ReofferAnswered`].
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
    /// The party asks for somebody else to be called in its place (RFC 3515). Answer with [`Command::AnswerRefer`].
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
    /// The answer to a [`Command::Probe`].
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

/// Headers the machine writes itself; a [`Invite::headers`] entry of these names is ignored.
pub const OWN_HEADERS: [&str; 21] = [
    "Session-ID",
    "Via",
    "From",
    "To",
    "Call-ID",
    "CSeq",
    "Contact",
    "Max-Forwards",
    "Content-Length",
    "Content-Type",
    "Route",
    "Record-Route",
    "Authorization",
    "Proxy-Authorization",
    "Allow",
    "Supported",
    "Require",
    "Session-Expires",
    "Min-SE",
    "User-Agent",
    "Server",
];

/// Headers of a response that are copied from its request (RFC 3261 §8.2.6.2).
pub fn copied_headers(request: &Headers) -> Headers {
    let mut headers = Headers::new();
    for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
        for value in request.all(name) {
            headers.push(name, value);
        }
    }
    headers
}
