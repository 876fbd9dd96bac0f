//! The configuration: one TOML file, the environment over it, everything checked before any port is bound.
//!
//! `deploy/gudok.example.toml` shows every key with its meaning; a test holds it against these types.
mod sip;
mod trunk;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use gudok_switchboard::WhenNoDigits;
use serde::Deserialize;

use crate::config_check::check;
use crate::config_error::ConfigError;
use crate::listen::PerFamily;
use crate::place::Place;
use crate::secret::Secret;
use crate::span::{Money, Number, Ports, Span};
pub(crate) use sip::{Digest, Sip, SipTls, Unknown};
pub(crate) use trunk::{
    CallerSource, DialledSource, Identity, Outbound, Private, Register, Transport, Trunk,
    TrunkLimits, WhenFull,
};

/// Everything an admin may set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Signalling.
    pub sip: Sip,
    /// The carrier's links; at least one, or nobody can call.
    #[serde(default, rename = "trunk")]
    pub trunks: Vec<Trunk>,
    /// Audio.
    #[serde(default)]
    pub media: Media,
    /// Where things are kept.
    #[serde(default)]
    pub paths: Paths,
    /// What a plan must be to come into force.
    #[serde(default)]
    pub plans: Plans,
    /// What speaks texts that nobody recorded; absent: such a text is an error.
    #[serde(default)]
    pub speech: Option<Speech>,
    /// The operators' desks.
    #[serde(default)]
    pub cti: Cti,
    /// Health, metrics, sign-in of the desks.
    #[serde(default)]
    pub web: Web,
    /// Outside client directory; none: the local one alone.
    #[serde(default)]
    pub crm: Option<Crm>,
    /// Limits of the hotline.
    #[serde(default)]
    pub limits: Limits,
    /// Whom to ask for the addresses of carriers.
    #[serde(default)]
    pub dns: Dns,
    /// What operators may do with a caller from their phones.
    #[serde(default)]
    pub transfer: Transfer,
    /// How operators' phones are spoken to.
    #[serde(default)]
    pub phones: Phones,
    /// What counts as an attack on a line that the owner pays for.
    #[serde(default)]
    pub attack: Attack,
    /// Lines whose minutes the owner pays for.
    #[serde(default, rename = "line")]
    pub lines: Vec<Line>,
    /// What is written down besides what must be.
    #[serde(default)]
    pub journal: Journal,
    /// A HOMER collector that gets the messages of calls; absent: none.
    #[serde(default)]
    pub hep: Option<Hep>,
}

/// The DNS.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Dns {
    /// Addresses of servers, with a port where it is not 53; none: those of the system.
    pub servers: Vec<Place>,
}

/// What is written down besides what must be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Journal {
    /// The SIP messages of calls, for `gudok ladder`: without passwords and keys, with numbers.
    pub sip: bool,
}

impl Default for Journal {
    fn default() -> Self {
        Self { sip: true }
    }
}

/// A HOMER collector.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hep {
    /// Where it listens, over UDP.
    pub collector: SocketAddr,
    /// Our number there (capture agent id).
    #[serde(default = "hep_id")]
    pub id: u32,
    /// File that holds its password (authentication key), where it wants one.
    pub password_file: Option<PathBuf>,
}

/// Audio.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Media {
    /// Address of the RTP sockets, or one of each family; absent: those of `sip.listen`.
    pub address: Option<PerFamily<IpAddr>>,
    /// RTP and RTCP ports.
    pub ports: Ports,
    /// Media threads; 0: one less than there are processors, at least one.
    pub workers: usize,
    /// Whether each media thread keeps to one processor.
    pub pin: bool,
    /// A leg without RTP and RTCP for this long is ended; not on hold.
    pub silence: Span,
    /// The same for an operator's phone in a talk: its caller goes back to the head of the queue. 2 s or more.
    pub operator_silence: Span,
    /// Whether phones behind NAT are learned once (never while the signalled address speaks).
    pub learn: bool,
}

impl Default for Media {
    fn default() -> Self {
        Self {
            address: None,
            ports: Ports {
                first: 40_000,
                last: 59_999,
            },
            workers: 0,
            pin: true,
            silence: Span(Duration::from_secs(30)),
            operator_silence: Span(Duration::from_secs(5)),
            learn: false,
        }
    }
}

/// Where things are kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Paths {
    /// Folder of the dialplans.
    pub dialplans: PathBuf,
    /// Folder of the recordings.
    pub recordings: PathBuf,
    /// Folder of the journal.
    pub journal: PathBuf,
    /// How long the journal is kept: as far back reach `replay` and a database made anew.
    pub journal_keep: Span,
    /// The database.
    pub database: PathBuf,
    /// Folder of further prompts: `name.wav`, 8 kHz mono 16 bit. They replace built-in ones of the same name.
    pub prompts: Option<PathBuf>,
    /// Table of numbers, as `gudok numbers import` makes it; without it geographic codes alone tell the region.
    pub numbering: Option<PathBuf>,
    /// Folder of compiled time zones, such as `/usr/share/zoneinfo`: they go before those that are compiled in.
    pub zoneinfo: Option<PathBuf>,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            dialplans: "dialplans".into(),
            recordings: "recordings".into(),
            journal: "var/journal".into(),
            journal_keep: Span(Duration::from_secs(30 * 24 * 3_600)),
            database: "var/gudok.db".into(),
            prompts: None,
            numbering: None,
            zoneinfo: None,
        }
    }
}

/// What a plan must be to come into force.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Plans {
    /// Whether hours without an answer refuse a plan whose number does not say how its calls may end, too.
    pub strict: bool,
}

/// A command that speaks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Speech {
    /// Program and arguments. `{text}` is the text, which comes on stdin without it; `{out}` the WAV to write, to stdout
    /// without it; `{locale}` is `ru` or `en`, `{voice}` the voice.
    pub command: Vec<String>,
    /// The voice, for the command and the list of prompts.
    #[serde(default)]
    pub voice: String,
    /// After this the command is ended, with all it has started.
    #[serde(default = "speech_timeout")]
    pub timeout: Span,
    /// Folder of what was spoken.
    #[serde(default = "speech_cache")]
    pub cache: PathBuf,
}

/// The operators' desks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Cti {
    /// WebSocket address.
    pub listen: SocketAddr,
    /// Origins browsers may come from; programs without an Origin may always.
    pub origins: Vec<String>,
    /// How long a call waits for the desk to show the card before the phone rings anyway.
    pub pop_budget: Span,
}

impl Default for Cti {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8_001)),
            origins: Vec::new(),
            pop_budget: Span(Duration::from_millis(300)),
        }
    }
}

/// Health, metrics, sign-in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Web {
    /// HTTP address.
    pub listen: SocketAddr,
}

impl Default for Web {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8_000)),
        }
    }
}

/// Outside client directory over HTTP and JSON.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Crm {
    /// Shown as the source on the card: `crm:<name>`.
    pub name: String,
    /// `https://crm.example/clients?phone={number}`; `{number_digits}` is without the `+`.
    pub url: String,
    /// By what else than a number it may be asked: the field of a client, and the address with `{value}`.
    #[serde(default)]
    pub by: BTreeMap<String, String>,
    /// Further request headers.
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,
    /// File whose content is sent as `Authorization`.
    pub authorization_file: Option<PathBuf>,
    /// After this the answer is not waited for any more.
    #[serde(default = "crm_timeout")]
    pub timeout: Span,
    /// Where the answer holds what: JSON pointers (RFC 6901).
    pub map: CrmMap,
}

/// JSON pointers into the answer (or into each element of `list`).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrmMap {
    /// The list of clients; absent: the answer is one client.
    pub list: Option<String>,
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Class: `regular`, `vip`, `lead`, `engineer`, `blocked`.
    pub class: Option<String>,
    /// Further fields of the card.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

/// Limits of the hotline.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// Calls at one time; beyond it a few words ([`Self::busy_calls`]), and 503 with Retry-After where there is no room for
    /// those.
    pub calls: usize,
    /// Longest call.
    pub call_length: Span,
    /// New calls a second that are served whole; more get a few words, then 503. Absent: as many as there is time for.
    pub calls_per_second: Option<u16>,
    /// Calls at one time that get a few words: the number's `busy` flow, or `all_busy` where it has none.
    pub busy_calls: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls: 2_000,
            call_length: Span(Duration::from_secs(4 * 3_600)),
            calls_per_second: None,
            busy_calls: 100,
        }
    }
}

/// What counts as an attack on a line that the owner pays for. Nothing, unless set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Attack {
    /// Calls of one number within `within`; more are refused.
    pub caller_calls: Option<u32>,
    /// Calls of one prefix within `within`; more are asked for a digit.
    pub prefix_calls: Option<u32>,
    /// Leading digits that make a prefix, country code included.
    pub prefix_digits: u8,
    /// Calls of all within `within`; beyond it everybody unknown is asked for a digit.
    pub all_calls: Option<u32>,
    /// The time for the three.
    pub within: Span,
    /// Callers asked at one time.
    pub checks: u16,
    /// What becomes of a caller whose carrier agreed to no telephone-event.
    pub when_no_digits: WhenNoDigits,
    /// Numbers never asked and never refused.
    pub allow: Vec<Number>,
}

impl Default for Attack {
    fn default() -> Self {
        Self {
            caller_calls: None,
            prefix_calls: None,
            prefix_digits: 7,
            all_calls: None,
            within: Span(Duration::from_secs(600)),
            checks: 1_000,
            when_no_digits: WhenNoDigits::Ask,
            allow: Vec::new(),
        }
    }
}

/// What the minutes of a line cost.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    /// The line, as dialled.
    pub number: Number,
    /// What a minute costs the owner.
    pub cost_per_minute: Money,
    /// Shown after sums.
    #[serde(default = "currency")]
    pub currency: String,
    /// What the carrier rounds up to.
    #[serde(default)]
    pub billed_per: BilledPer,
    /// At this sum somebody is told, once a day.
    pub alarm_per_day: Option<Money>,
    /// At this sum somebody is told, once a month.
    pub alarm_per_month: Option<Money>,
    /// At this sum of a day `at_limit` rules until midnight.
    pub limit_per_day: Option<Money>,
    /// At this sum of a month `at_limit` rules until its end.
    pub limit_per_month: Option<Money>,
    /// What a limit does.
    #[serde(default)]
    pub at_limit: AtLimit,
}

/// What the carrier rounds up to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BilledPer {
    /// Started seconds.
    Second,
    /// Started minutes.
    #[default]
    Minute,
}

/// What a limit of cost does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AtLimit {
    /// Tells somebody, and nothing else.
    #[default]
    Alarm,
    /// Strangers get the number's `busy` flow.
    Brief,
}

/// Transfers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Transfer {
    /// Numbers outside to which callers may be passed on, or who may be consulted: `+74951234567`, `+7495*`.
    pub outside: Vec<String>,
    /// How long a colleague who is consulted rings, and a number outside.
    pub ring: Span,
}

impl Default for Transfer {
    fn default() -> Self {
        Self {
            outside: Vec::new(),
            ring: Span(Duration::from_secs(30)),
        }
    }
}

/// A call that a phone redirects (forwarding set on it).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Redirect {
    /// Its operator has declined.
    #[default]
    Refuse,
    /// The same; and the colleague it points to is asked next.
    Users,
}

/// Operators' phones.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Phones {
    /// What becomes of a call that a phone redirects.
    pub redirect: Redirect,
    /// Whether phones are told who calls, a caller or a colleague, so that they ring differently.
    pub distinctive_ring: bool,
}

fn yes() -> bool {
    true
}

fn currency() -> String {
    "руб.".to_owned()
}

fn hep_id() -> u32 {
    2_001
}

fn speech_timeout() -> Span {
    Span(Duration::from_secs(20))
}

fn speech_cache() -> PathBuf {
    "var/speech".into()
}

fn crm_timeout() -> Span {
    Span(Duration::from_secs(2))
}

/// Reads and checks the file. Nothing is bound, opened or created.
///
/// The environment may override single keys: `GUDOK__SIP__LISTEN=127.0.0.1:5060`.
///
/// # Errors
/// With file, line and column where the text is to blame, with the key where a value is.
pub(crate) fn read(path: &Path) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
        path: path.to_owned(),
        error,
    })?;
    parse(path, &text)?;
    let environment = config::Environment::with_prefix("GUDOK")
        .prefix_separator("__")
        .separator("__");
    let config: Config = config::Config::builder()
        .add_source(config::File::from_str(&text, config::FileFormat::Toml))
        .add_source(environment.try_parsing(true))
        .build()
        .and_then(config::Config::try_deserialize)
        .map_err(|error| ConfigError::environment(&error.to_string()))?;
    check(path, &text, &config)?;
    Ok(config)
}

/// The text alone, with places: serde's errors carry the span of what they do not like.
fn parse(path: &Path, text: &str) -> Result<Config, ConfigError> {
    toml::from_str(text).map_err(|error| ConfigError::syntax(path, text, &error))
}

impl Config {
    /// The address in Contact and SDP for peers of this family, where there is one.
    pub(crate) fn advertised(&self, v6: bool) -> Option<IpAddr> {
        let named = self.sip.advertise.as_ref().and_then(|it| it.of(v6));
        let bound = || self.sip.listen.of(v6).map(|address| address.ip());
        named.or_else(|| bound().filter(|ip| !ip.is_unspecified()))
    }

    /// The same, or what comes nearest.
    pub(crate) fn advertised_to(&self, v6: bool) -> IpAddr {
        self.advertised(v6)
            .or_else(|| self.advertised(!v6))
            .unwrap_or(self.sip.listen.first().ip())
    }

    /// The addresses of the RTP sockets: the first, and that of the other family.
    pub(crate) fn media_addresses(&self) -> (IpAddr, Option<IpAddr>) {
        let found: Vec<IpAddr> = match &self.media.address {
            Some(named) => named.all().to_vec(),
            None => self.sip.listen.all().iter().map(|it| it.ip()).collect(),
        };
        let (first, other) = (found.first().copied(), found.get(1).copied());
        let first = first.unwrap_or(self.sip.listen.first().ip());
        // What listens for both families talks in both, each leg over a socket of its own.
        let both = first == IpAddr::V6(Ipv6Addr::UNSPECIFIED);
        let v4 = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        (first, other.or_else(|| both.then_some(v4)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        let result = parse(Path::new("gudok.toml"), text)
            .and_then(|config| check(Path::new("gudok.toml"), text, &config));
        result.expect_err("the text is wrong").to_string()
    }

    #[test]
    fn an_unknown_key_is_named_with_its_place() {
        insta::assert_snapshot!(problem(
            "[sip]\nlisten = \"127.0.0.1:5060\"\nlissten_tcp = 1\n"
        ));
    }

    #[test]
    fn a_wrong_value_is_named_with_its_place() {
        insta::assert_snapshot!(problem("[sip]\nlisten = \"127.0.0.1\"\n"));
    }

    #[test]
    fn no_trunk_means_nobody_can_call() {
        insta::assert_snapshot!(problem("[sip]\nlisten = \"127.0.0.1:5060\"\n"));
    }

    /// A good file with one line changed or added to its trunk, its way out or at its end.
    fn with(part: &str, line: &str) -> String {
        let mut text = String::new();
        for (name, lines) in [
            ("sip", "[sip]\nlisten = \"127.0.0.1:5060\"\n"),
            (
                "trunk",
                "[[trunk]]\nname = \"a\"\nsources = [\"127.0.0.1\"]\n",
            ),
            (
                "outbound",
                "[trunk.outbound]\naddress = \"127.0.0.1:5070\"\nnumber = \"+78001234567\"\n",
            ),
            ("end", ""),
        ] {
            let key = line.split('=').next().unwrap_or_default();
            let kept = lines
                .lines()
                .filter(|it| name != part || !it.starts_with(key));
            kept.for_each(|it| text += &format!("{it}\n"));
            if name == part {
                text += &format!("{line}\n");
            }
        }
        text
    }

    #[test]
    fn every_complaint_has_its_place_and_its_remedy() {
        let told: Vec<String> = [
            ("outbound", "user = \"u\"\npassword_file = \"p\""),
            ("outbound", "transport = \"tcp\""),
            ("outbound", "transport = \"tls\""),
            ("outbound", "tls_name = \"sip.carrier.example\""),
            (
                "outbound",
                "transport = \"tls\"\ntls_name = \"sip carrier\"",
            ),
            ("end", "[sip.tls]\nlisten = \"127.0.0.1:5061\""),
            ("end", "[sip.tls]\ncertificate = \"tls.crt\""),
            ("outbound", "dial_format = \"8\""),
            ("outbound", "number = \"call us\""),
            ("outbound", "address = \"carrier\""),
            ("outbound", "address = \"127.0.0.1:0\""),
            ("outbound", "allowed_numbers = [\"+73952000001\"]"),
            ("outbound", "identity = []"),
            ("outbound", "identity = [\"pai\"]"),
            ("outbound", "identity = [\"to\"]"),
            ("outbound", "display_name = \"<b>\""),
            ("outbound", "options_every = \"1s\""),
            ("outbound", "options_ok = [20]"),
            ("trunk", "[trunk.limits]\nmax_calls = 0"),
            (
                "trunk",
                "[trunk.register]\nregistrar = \"sip.carrier.example\"\nuser = \"a b\"\npassword_file = \"p\"",
            ),
            (
                "trunk",
                "[trunk.register]\nregistrar = \"carrier\"\nuser = \"a\"\npassword_file = \"p\"",
            ),
            (
                "trunk",
                "[trunk.register]\nregistrar = \"sip.carrier.example\"\nuser = \"a\"\npassword_file = \"p\"\nexpires = \"5s\"",
            ),
            (
                "trunk",
                "[trunk.register]\nregistrar = \"sip.carrier.example\"\nuser = \"a\"\npassword_file = \"p\"\noptions_every = \"1s\"",
            ),
            (
                "trunk",
                "[trunk.register]\nregistrar = \"sip.carrier.example\"\nuser = \"a\"\npassword_file = \"p\"\noptions_ok = [100]",
            ),
            ("end", "[dns]\nservers = [\"dns.example.ru\"]"),
            ("trunk", "default_did = \"8-800\""),
            ("trunk", "home_code = \"Иркутск\""),
            ("trunk", "sources = []"),
            ("trunk", "sources = [\"carrier example\"]"),
            ("trunk", "caller = []"),
            ("sip", "listen = \"0.0.0.0:5060\""),
            ("sip", "listen = [\"127.0.0.1:5060\", \"[::]:5060\"]"),
            ("sip", "listen = [\"127.0.0.1:5060\", \"10.0.0.1:5060\"]"),
            ("sip", "listen = [\"127.0.0.1\"]"),
            ("sip", "listen = []"),
            ("sip", "advertise = [\"203.0.113.10\", \"carrier\"]"),
            ("end", "[sip.ws]\norigins = [\"https://desk.example\"]"),
            ("end", "[sip.ws]\nlisten_tls = \"127.0.0.1:8443\""),
            (
                "end",
                "[media]\naddress = \"127.0.0.1\"\n[sip.ws]\nlisten = \"[::1]:8080\"",
            ),
            ("sip", "listen_tcp = \"[::1]:5060\""),
            ("outbound", "address = \"[2001:db8::1]:5060\""),
            (
                "trunk",
                "[trunk.register]\nregistrar = \"[2001:db8::1]\"\nuser = \"a\"\npassword_file = \"p\"",
            ),
            ("sip", "realm = \"a b\""),
            ("sip", "unknown = \"ban\""),
            ("sip", "session_expires = \"1m\""),
            ("sip", "session_expires = \"48h\""),
            ("outbound", "session_timers = \"no\""),
            ("outbound", "private = \"id\""),
            ("end", "[speech]\ncommand = []"),
            ("end", "[speech]\ncommand = [\"say\"]\ntimeout = \"1h\""),
            ("end", "[limits]\ncalls = 0"),
            ("end", "[limits]\ncalls = -1"),
            ("end", "[limits]\ncalls_per_second = 0"),
            ("end", "[attack]\ncaller_calls = 0"),
            ("end", "[attack]\nprefix_digits = 0"),
            ("end", "[attack]\nwhen_no_digits = \"refuse\""),
            ("end", "[attack]\nallow = [\"call us\"]"),
            ("end", "[[line]]\nnumber = \"+78001234567\"\ncost_per_minute = -1"),
            ("end", "[[line]]\nnumber = \"+78001234567\"\ncost_per_minute = 1.805"),
            ("end", "[[line]]\nnumber = \"+78001234567\"\ncost_per_minute = \"two\""),
            ("end", "[[line]]\nnumber = \"+78001234567\"\ncost_per_minute = 0"),
            (
                "end",
                "[[line]]\nnumber = \"+78001234567\"\ncost_per_minute = 2\nalarm_per_day = 0",
            ),
            (
                "end",
                "[[line]]\nnumber = \"+78001234567\"\ncost_per_minute = 2\nat_limit = \"brief\"",
            ),
            (
                "end",
                "[[line]]\nnumber = \"+78001234567\"\ncost_per_minute = 2\ncurrency = \"\"",
            ),
            (
                "end",
                "[[line]]\nnumber = \"+78001234567\"\ncost_per_minute = 2\n[[line]]\nnumber = \"88001234567\"\ncost_per_minute = 2",
            ),
            ("end", "[limits]\ncall_length = \"0s\""),
            ("end", "[cti]\npop_budget = \"300\""),
            ("end", "[media]\nports = \"80-90\""),
            ("end", "[media]\nports = \"5000-5001\""),
            ("end", "[media]\noperator_silence = \"500ms\""),
            ("end", "[media]\npin = \"yes\""),
            ("end", "[crm]\nname = \"x\""),
            ("end", "[transfer]\noutside = [\"8495*\"]"),
            ("end", "[phones]\nredirect = \"outside\""),
            ("end", "[phones]\ndistinctive_ring = \"yes\""),
            ("end", "[transfer]\nring = \"0s\""),
            ("end", "[journal]\nsip = \"yes\""),
            ("end", "[hep]\ncollector = \"homer:9060\""),
            ("end", "[hep]\ncollector = \"127.0.0.1:0\""),
            ("end", "[hep]\ncollector = \"127.0.0.1:9060\"\nid = -1"),
            ("end", "[web\n"),
        ]
        .into_iter()
        .map(|(part, line)| {
            let told = problem(&with(part, line));
            told.lines().next().unwrap_or_default().to_owned()
        })
        .collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn the_file_these_complaints_are_made_from_is_good() {
        let text = with("end", "");
        let config = parse(Path::new("gudok.toml"), &text).unwrap();
        check(Path::new("gudok.toml"), &text, &config).unwrap();
    }

    #[test]
    fn the_example_file_is_a_valid_configuration() {
        let text = include_str!("../../../deploy/gudok.example.toml");
        let config = parse(Path::new("gudok.example.toml"), text).unwrap();
        check(Path::new("gudok.example.toml"), text, &config).unwrap();
        assert_eq!(config.trunks.len(), 1);
        assert!(config.crm.is_some(), "the example shows every section");
    }
}
