//! Signalling: where we listen, what we show, whom we let speak.
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::listen::PerFamily;
use crate::span::Span;

/// Signalling.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sip {
    /// UDP address to listen on, or one of each family; `[::]` alone takes both.
    pub listen: PerFamily<SocketAddr>,
    /// TCP, in the same way; port 0 takes the number of UDP. Absent: no TCP.
    pub listen_tcp: Option<PerFamily<SocketAddr>>,
    /// WebSockets, for phones in browsers; absent: off.
    #[serde(default)]
    pub ws: Option<SipWs>,
    /// TLS, for phones and carriers that connect to us by it, and for carriers that we call by it; absent: nobody connects.
    #[serde(default)]
    pub tls: Option<SipTls>,
    /// Address written into Contact and SDP, or one of each family; absent: those of `listen`.
    pub advertise: Option<PerFamily<IpAddr>>,
    /// Digest realm. Changing it makes every stored password useless.
    #[serde(default = "realm")]
    pub realm: String,
    /// What unknown sources get.
    #[serde(default)]
    pub unknown: Unknown,
    /// How phones prove their passwords.
    #[serde(default)]
    pub digest: Digest,
    /// Whether ringing and early media are acknowledged with peers that can (RFC 3262).
    #[serde(default = "super::yes")]
    pub prack: bool,
    /// Whether calls of ours offer a session timer (RFC 4028), so that a call ends whose goodbye was lost.
    #[serde(default = "super::yes")]
    pub session_timers: bool,
    /// The interval offered; half of it is the time between refreshes.
    #[serde(default = "session_expires")]
    pub session_expires: Span,
}

impl Sip {
    /// The interval that calls of ours offer. Seconds.
    pub(crate) fn timer_offered(&self) -> Option<u32> {
        let secs = self.session_expires.0.as_secs();
        self.session_timers
            .then(|| u32::try_from(secs).unwrap_or(u32::MAX))
    }
}

/// Signalling over TLS.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SipTls {
    /// Address to listen on, usually port 5061; absent: only trunks are called over TLS. With `certificate` and `key`.
    pub listen: Option<PerFamily<SocketAddr>>,
    /// Our certificate and those it rests on, PEM, ours first: for who connects to us, and for carriers that ask who calls
    /// them. Read anew at a reload.
    pub certificate: Option<PathBuf>,
    /// Its key, PEM.
    pub key: Option<PathBuf>,
    /// Whom a carrier's certificate must rest on, PEM; absent: whom the system trusts. Read anew at a reload.
    pub roots: Option<PathBuf>,
}

/// Signalling over WebSockets (RFC 7118).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SipWs {
    /// Address to listen on, openly: for a proxy on this machine that speaks TLS. One of the two at least.
    pub listen: Option<PerFamily<SocketAddr>>,
    /// Address to listen on over TLS, with the certificate of `[sip.tls]`.
    pub listen_tls: Option<PerFamily<SocketAddr>>,
    /// Origins browsers may come from; programs without an Origin may always.
    #[serde(default)]
    pub origins: Vec<String>,
}

/// Algorithms offered to phones.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Digest {
    /// SHA-256 first, then MD5 (RFC 8760 §2.4): the phone takes the best it knows.
    #[default]
    Both,
    /// SHA-256 alone; most phones do not know it.
    Sha256,
    /// MD5 alone: for phones that give up when they see an algorithm they do not know.
    Md5,
}

/// What unknown sources get.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unknown {
    /// Nothing.
    #[default]
    Drop,
    /// 403.
    Forbid,
}

fn realm() -> String {
    "gudok".to_owned()
}

/// What carriers expect (half an hour).
fn session_expires() -> Span {
    Span(Duration::from_secs(1_800))
}
