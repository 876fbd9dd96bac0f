//! Trunks: whose calls come in, how they are read, and how calls leave.
use std::path::PathBuf;
use std::time::Duration;

use gudok_model::DialFormat;
use serde::Deserialize;

use crate::place::{Place, Source};
use crate::span::{Digits, Number, Span};

/// One trunk.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trunk {
    /// Its name in dialplans, logs and reports.
    pub name: String,
    /// Networks its requests come from, or names of whoever sends them. May be left out where we register.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// Headers that hold the caller's number, best first.
    #[serde(default = "caller_sources")]
    pub caller: Vec<CallerSource>,
    /// Headers that hold the dialled number, best first.
    #[serde(default = "dialled_sources")]
    pub dialled: Vec<DialledSource>,
    /// The dialled number when no header has one of ours.
    pub default_did: Option<Number>,
    /// A number that its caller withholds is shown and looked up all the same; never to anybody outside.
    #[serde(default)]
    pub show_private: bool,
    /// Area code for local caller numbers.
    pub home_code: Option<Digits>,
    /// Digits the carrier puts before every number.
    pub strip: Option<Digits>,
    /// Where outgoing calls go; absent: none go through this trunk.
    pub outbound: Option<Outbound>,
    /// Where we register; absent: the carrier knows us by our address.
    pub register: Option<Register>,
    /// How much it carries.
    #[serde(default)]
    pub limits: TrunkLimits,
}

/// Our registration at a carrier.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Register {
    /// The carrier's registrar.
    pub registrar: Place,
    /// `udp`, `tcp` or `tls`; absent: what the DNS says of a name, else UDP.
    pub transport: Option<Transport>,
    /// The name that the carrier's certificate must be of, with `tls`; absent: that of `registrar`.
    pub tls_name: Option<String>,
    /// Digest user, and the user of our address there.
    pub user: String,
    /// File that holds the password.
    pub password_file: PathBuf,
    /// Challenges of other realms are not answered; absent: whatever realm the registrar names.
    pub realm: Option<String>,
    /// Lifetime asked for.
    #[serde(default = "register_expires")]
    pub expires: Span,
    /// User of our Contact: where calls come to; absent: `user`.
    pub contact_user: Option<String>,
    /// Calls to our Contact are taken from any address, not from those of the registrar, of `outbound` and of `sources`
    /// alone: whoever has read the Contact on the way may call as this trunk. From other
    /// addresses as many messages are read as of a stranger; beyond that there is silence instead of 503.
    #[serde(default)]
    pub from_anywhere: bool,
    /// Whether the address that has our contact is asked by OPTIONS if it lives; not where `outbound` asks it already.
    #[serde(default = "super::yes")]
    pub options: bool,
    /// How often: 15 s tell a death within 25 s, and keep the way open that a NAT forgets after 30 s.
    #[serde(default = "register_options_every")]
    pub options_every: Span,
    /// Answers that mean "I live"; absent: all but 408 and 5xx other than 501 and 505.
    #[serde(default)]
    pub options_ok: Vec<u16>,
}

/// How much a trunk carries.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TrunkLimits {
    /// Calls at one time, both directions together: the channels of the contract.
    pub max_calls: Option<usize>,
    /// New calls a second that come in.
    pub max_cps_in: Option<u32>,
    /// New calls a second that go out.
    pub max_cps_out: Option<u32>,
    /// What a caller beyond the limits gets.
    pub when_full: WhenFull,
}

/// What a caller beyond the limits of a trunk gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WhenFull {
    /// 503 with Retry-After: the carrier may try another way.
    #[default]
    Unavailable,
    /// 486: the caller hears busy.
    Busy,
}

/// How calls leave through a trunk.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outbound {
    /// The carrier's address; absent: that of the registrar.
    pub address: Option<Place>,
    /// `udp`, `tcp` or `tls`; absent: what the DNS says of a name, else that of the registration, else UDP.
    pub transport: Option<Transport>,
    /// The name that the carrier's certificate must be of, with `tls`; absent: that of `address`.
    pub tls_name: Option<String>,
    /// The number shown; the contract with the carrier must list it.
    pub number: Number,
    /// How the carrier wants numbers written: the one dialled and the one shown.
    #[serde(default)]
    pub dial_format: DialFormat,
    /// Further numbers that may be shown; no other one ever leaves.
    #[serde(default)]
    pub allowed_numbers: Vec<Number>,
    /// Headers that hold our number.
    #[serde(default = "identity")]
    pub identity: Vec<Identity>,
    /// What a callee sees of us when the call is made for a caller who withholds the number.
    #[serde(default)]
    pub private: Private,
    /// The name shown with it; absent: none.
    pub display_name: Option<String>,
    /// Whether the carrier's addresses are asked by OPTIONS if they live.
    #[serde(default = "super::yes")]
    pub options: bool,
    /// How often.
    #[serde(default = "options_every")]
    pub options_every: Span,
    /// Answers that mean "I live"; absent: all but 408 and 5xx other than 501 and 505.
    #[serde(default)]
    pub options_ok: Vec<u16>,
    /// Whether calls offer the session timer of `[sip]`.
    #[serde(default = "super::yes")]
    pub session_timers: bool,
    /// Digest user, where the carrier challenges; `password_file` and `realm` go with it.
    pub user: Option<String>,
    /// Digest realm of the carrier, as its 401 or 407 names it: the password is hashed with it.
    pub realm: Option<String>,
    /// File that holds the password.
    pub password_file: Option<PathBuf>,
}

/// UDP, TCP or TLS.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Transport {
    /// UDP.
    #[default]
    Udp,
    /// TCP.
    Tcp,
    /// TLS.
    Tls,
}

/// What is seen of us in a call made for a caller who withholds the number. Of the caller nothing is seen either way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Private {
    /// Our number: there are phones that take no anonymous calls.
    #[default]
    Open,
    /// The carrier is asked to show no number.
    AsCaller,
}

/// A header that holds our number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Identity {
    /// From; without it From holds the user of the registration or of the digest.
    From,
    /// P-Asserted-Identity.
    Pai,
    /// Remote-Party-ID.
    Rpid,
    /// Diversion, with the number of ours that was dialled.
    Diversion,
}

/// A header with the caller's number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CallerSource {
    /// From.
    From,
    /// P-Asserted-Identity.
    Pai,
    /// Remote-Party-ID.
    Rpid,
}

/// A header with the dialled number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DialledSource {
    /// The Request-URI.
    RequestUri,
    /// To.
    To,
    /// Diversion.
    Diversion,
    /// History-Info.
    HistoryInfo,
}

fn register_expires() -> Span {
    Span(Duration::from_secs(600))
}

fn register_options_every() -> Span {
    Span(Duration::from_secs(15))
}

fn options_every() -> Span {
    Span(Duration::from_secs(10))
}

fn identity() -> Vec<Identity> {
    vec![Identity::From, Identity::Pai]
}

fn caller_sources() -> Vec<CallerSource> {
    vec![CallerSource::Pai, CallerSource::Rpid, CallerSource::From]
}

fn dialled_sources() -> Vec<DialledSource> {
    vec![
        DialledSource::RequestUri,
        DialledSource::To,
        DialledSource::Diversion,
        DialledSource::HistoryInfo,
    ]
}
