//! The contract of the SIP machine: what goes in, what comes out. One machine owns all transactions,
//! dialogs and registrations of the daemon.
//!
//! Run loop: after each `handle_input` or `handle_timeout`, drain `poll_output` until `None`, then ask
//! `poll_timeout`. Times are monotonic, since the start of the daemon.
use crate::message::Headers;

mod acknowledge;
mod admission;
mod answering;
mod arrived;
mod asking;
mod call;
mod callee;
mod challenge;
mod command;
mod core;
mod curt;
mod early_update;
mod event;
mod fork;
mod guard;
mod in_dialog;
mod incoming;
mod machine;
mod manners;
mod our_change;
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
mod settings;
mod sieve;
mod tables;
mod talk;
mod timers;
mod turned_away;
mod ways;

pub use command::{Command, Credential, Invite, Patience, Probe, Target};
pub use curt::{Absorbed, Curt};
pub use event::{EndedBy, Event, Origin, Reached};
pub use guard::{BAN, Ban, FAILURES_APART, FAILURES_MAX, SOURCES_MAX};
pub use incoming::{ANSWER_LIMIT, REMINDER};
pub use machine::{Counters, Endpoint, TRANSACTIONS_MAX};
pub use our_change::GLARE_TRIES;
pub use outgoing::{CHALLENGES_MAX, FORKED_MAX, LENGTHENED_MAX, REDIRECTS_MAX, RING_LIMIT};
pub use prack::RELIABLE_MAX;
pub use refer::{REFER_LIFE, REFER_LIMIT, Refer};
pub use registering::{QUALIFY_EVERY, QUALIFY_WAIT};
pub use reoffer::REOFFER_LIMIT;
pub use settings::{Config, Line, Policy, Source, TrunkSource, UnknownSource};
pub use turned_away::{REMEMBERED, TURNED_AWAY_MAX};
pub use ways::{Flow, Transport};

/// One call leg as the SIP machine sees it: an INVITE session with its dialog. Given out by the machine,
/// never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Session(pub u64);

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
