//! URIs: `sip:` and `sips:` (RFC 3261 §19.1), `tel:` (RFC 3966), and any other scheme as a value.
mod escape;
mod plain;

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use memchr::{memchr, memrchr};

use crate::class;
use crate::params::{self, ParamError, Params};
use crate::text;

pub use escape::{escape_user, unescape};
pub(crate) use plain::{are_plain, is_plain};

/// A URI that was checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Uri {
    /// `sip:` or `sips:`.
    Sip(SipUri),
    /// `tel:`.
    Tel(TelUri),
    /// Any other scheme, whole, as written.
    Other(String),
}

/// A `sip:` or `sips:` URI.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SipUri {
    /// `sips:`.
    pub secure: bool,
    /// The user part as written, escapes kept. [`Self::user_text`] decodes.
    pub user: Option<String>,
    /// Behind the colon of the user part. Never printed by us.
    pub password: Option<String>,
    /// The host.
    pub host: Host,
    /// The port, where written.
    pub port: Option<u16>,
    /// URI parameters.
    pub params: Params,
    /// What follows `?`, as written.
    pub headers: Option<String>,
}

/// A `tel:` URI.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TelUri {
    /// The number as written, visual separators kept.
    pub number: String,
    /// `phone-context`, `ext`, `isub` …
    pub params: Params,
}

/// A host: an address or a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Host {
    /// An address; IPv6 is written in brackets.
    Ip(IpAddr),
    /// A name as written.
    Name(String),
}

/// The text is not a URI.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UriError {
    /// No `scheme:`.
    #[error("no scheme")]
    Scheme,
    /// White space, a control character, a quote or an angle bracket.
    #[error("a character that must be escaped")]
    Character,
    /// An empty or malformed user part.
    #[error("malformed user part")]
    User,
    /// An empty or malformed host.
    #[error("malformed host")]
    Host,
    /// Not a number of 0–65535.
    #[error("malformed port")]
    Port,
    /// Malformed parameters.
    #[error(transparent)]
    Param(#[from] ParamError),
}

impl Uri {
    /// Parses a URI without surrounding brackets.
    pub fn parse(text: &str) -> Result<Self, UriError> {
        let (scheme, rest) = split_scheme(text)?;
        if scheme.eq_ignore_ascii_case("sip") || scheme.eq_ignore_ascii_case("sips") {
            let secure = scheme.len() == 4;
            return Parts::of(rest)?.to_sip(secure).map(Self::Sip);
        }
        if scheme.eq_ignore_ascii_case("tel") {
            return TelUri::parse(rest).map(Self::Tel);
        }
        Ok(Self::Other(text.to_owned()))
    }

    /// Checks without keeping; as strict as [`Self::parse`], and allocates nothing.
    pub fn check(text: &str) -> Result<(), UriError> {
        match is_plain(text) {
            true => Ok(()),
            false => check_parts(text),
        }
    }

    /// The SIP URI, where it is one.
    pub fn as_sip(&self) -> Option<&SipUri> {
        if let Self::Sip(uri) = self {
            Some(uri)
        } else {
            None
        }
    }

    /// As it stands in a Request-URI: without the headers that may follow `?` (RFC 3261 §19.1.1 table 1). A peer that
    /// wants a request of ours to carry Route or anything else does not get it (§19.1.5).
    pub fn to_request_uri(&self) -> String {
        match self {
            Self::Sip(uri) => uri.to_request_uri(),
            other => other.to_string(),
        }
    }

    /// The user part or the telephone number, escapes decoded.
    pub fn user_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Sip(uri) => uri.user_text(),
            Self::Tel(uri) => Some(Cow::Borrowed(&uri.number)),
            Self::Other(_) => None,
        }
    }

    /// A URI parameter as written; `Some("")` for a flag such as `lr`.
    pub fn param(&self, name: &str) -> Option<&str> {
        match self {
            Self::Sip(uri) => uri.params.get(name),
            Self::Tel(uri) => uri.params.get(name),
            Self::Other(_) => None,
        }
    }
}

impl SipUri {
    /// `sip:user@host:port`. The user is escaped where needed.
    pub fn new(user: Option<&str>, host: Host, port: Option<u16>) -> Self {
        let user = user.map(|user| escape_user(user).into_owned());
        let (params, secure) = (Params::new(), false);
        Self {
            secure,
            user,
            password: None,
            host,
            port,
            params,
            headers: None,
        }
    }

    /// As it stands in a Request-URI; see [`Uri::to_request_uri`].
    pub fn to_request_uri(&self) -> String {
        if self.headers.is_none() {
            return self.to_string();
        }
        let headers = None;
        Self {
            headers,
            ..self.clone()
        }
        .to_string()
    }

    /// The user with escapes decoded (lossy where the escapes are not UTF-8).
    pub fn user_text(&self) -> Option<Cow<'_, str>> {
        self.user.as_deref().map(unescape)
    }

    /// The socket address, where the host is an address. Port 5060 (5061 for `sips:` and over TLS, RFC 3261 §19.1.2)
    /// unless written.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        let Host::Ip(ip) = self.host else { return None };
        let transport = self.params.get("transport");
        let tls = transport.is_some_and(|name| name.eq_ignore_ascii_case("tls"));
        let default = if self.secure || tls { 5061 } else { 5060 };
        Some(SocketAddr::new(ip, self.port.unwrap_or(default)))
    }

    /// Whether both name the same resource (RFC 3261 §19.1.4, URI headers left out).
    pub fn is_same(&self, other: &Self) -> bool {
        let users = self.user_text() == other.user_text() && self.password == other.password;
        let hosts = self.host.is_same(&other.host) && self.port == other.port;
        let one_way =
            |a: &Self, b: &Self| a.params.iter().all(|(name, value)| b.agrees(name, value));
        self.secure == other.secure
            && users
            && hosts
            && one_way(self, other)
            && one_way(other, self)
    }

    /// A parameter of both must match; these five must not be in one only.
    fn agrees(&self, name: &str, value: Option<&str>) -> bool {
        match self.params.get(name) {
            Some(own) => own.eq_ignore_ascii_case(value.unwrap_or("")),
            None => !["user", "ttl", "method", "maddr", "transport"]
                .iter()
                .any(|special| special.eq_ignore_ascii_case(name)),
        }
    }
}

impl TelUri {
    fn parse(rest: &str) -> Result<Self, UriError> {
        let (number, params) = check_tel(rest)?;
        Ok(Self {
            number: number.to_owned(),
            params: Params::parse(params)?,
        })
    }
}

impl Host {
    /// Parses an IPv4 address, an IPv6 address in brackets, or a name.
    pub fn parse(text: &str) -> Result<Self, UriError> {
        if let Some(inner) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            // The grammar of RFC 3261 lets a third colon in, by mistake (RFC 5118 §4.10).
            let ip = inner
                .parse()
                .or_else(|_| inner.replacen(":::", "::", 1).parse());
            return Ok(Self::Ip(IpAddr::V6(ip.map_err(|_| UriError::Host)?)));
        }
        if !is_host_name(text) {
            return Err(UriError::Host);
        }
        match text.parse() {
            Ok(ip) => Ok(Self::Ip(IpAddr::V4(ip))),
            Err(_) => Ok(Self::Name(text.to_owned())),
        }
    }

    /// Checks without keeping.
    pub(crate) fn check(text: &str) -> Result<(), UriError> {
        match text.starts_with('[') {
            true => Self::parse(text).map(drop),
            false if is_host_name(text) => Ok(()),
            false => Err(UriError::Host),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Name(a), Self::Name(b)) => a.eq_ignore_ascii_case(b),
            _ => self == other,
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
            Self::Ip(ip) => ip.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// The password is left out: it is no secret on the wire, but it must not spread (RFC 3261 §19.1.1).
impl fmt::Display for SipUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.secure { "sips:" } else { "sip:" })?;
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        self.host.fmt(f)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        self.params.fmt(f)?;
        self.headers
            .iter()
            .try_for_each(|headers| write!(f, "?{headers}"))
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sip(uri) => uri.fmt(f),
            Self::Tel(uri) => write!(f, "tel:{}{}", uri.number, uri.params),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// A SIP URI cut at its separators, nothing copied.
struct Parts<'a> {
    user: Option<&'a str>,
    password: Option<&'a str>,
    host: &'a str,
    port: Option<&'a str>,
    params: &'a str,
    headers: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(rest: &'a str) -> Result<Self, UriError> {
        let (userinfo, rest) = match text::cut(rest, b'@') {
            Some((userinfo, rest)) => (Some(userinfo), rest),
            None => (None, rest),
        };
        let (rest, headers) = cut(rest, b'?');
        let (hostport, params) = cut(rest, b';');
        let (host, port) = split_port(hostport);
        let (user, password) = match userinfo {
            Some(info) => {
                let (user, password) = cut(info, b':');
                (Some(user), password)
            }
            None => (None, None),
        };
        // A `;` or `?` with nothing behind it is malformed; None and Some("") differ.
        if params == Some("") || headers == Some("") {
            return Err(ParamError::Name.into());
        }
        let params = params.unwrap_or("");
        Ok(Self {
            user,
            password,
            host,
            port,
            params,
            headers,
        })
    }

    fn check(&self) -> Result<(), UriError> {
        if !self.user.is_none_or(is_user) || !self.password.is_none_or(is_escaped) {
            return Err(UriError::User);
        }
        if text::has(self.host, b'@') || text::has(self.params, b'@') {
            return Err(UriError::User);
        }
        Host::check(self.host)?;
        self.port.map(parse_port).transpose()?;
        params::check(self.params)?;
        Ok(())
    }

    fn to_sip(&self, secure: bool) -> Result<SipUri, UriError> {
        self.check()?;
        Ok(SipUri {
            secure,
            user: self.user.map(str::to_owned),
            password: self.password.map(str::to_owned),
            host: Host::parse(self.host)?,
            port: self.port.map(parse_port).transpose()?,
            params: Params::parse(self.params)?,
            headers: self.headers.map(str::to_owned),
        })
    }
}

/// Any URI, cut at its separators.
fn check_parts(text: &str) -> Result<(), UriError> {
    let (scheme, rest) = split_scheme(text)?;
    if scheme.eq_ignore_ascii_case("sip") || scheme.eq_ignore_ascii_case("sips") {
        return Parts::of(rest)?.check();
    }
    if scheme.eq_ignore_ascii_case("tel") {
        return check_tel(rest).map(drop);
    }
    Ok(())
}

/// Scheme and rest; checks what no URI may hold.
fn split_scheme(text: &str) -> Result<(&str, &str), UriError> {
    let (scheme, rest) = text::cut(text, b':').ok_or(UriError::Scheme)?;
    let follows = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    let begins = scheme
        .as_bytes()
        .first()
        .is_some_and(u8::is_ascii_alphabetic);
    if !begins || !scheme.bytes().all(follows) {
        return Err(UriError::Scheme);
    }
    if !class::all(rest, class::URI) {
        return Err(UriError::Character);
    }
    Ok((scheme, rest))
}

fn check_tel(rest: &str) -> Result<(&str, &str), UriError> {
    let (number, params) = cut(rest, b';');
    // Digits and separators by RFC 3966; letters occur in local numbers of some PBXs.
    let dialled = |b: u8| b.is_ascii_alphanumeric() || b"+-.()*#%_".contains(&b);
    if number.is_empty() || !number.bytes().all(dialled) {
        return Err(UriError::User);
    }
    if params == Some("") {
        return Err(ParamError::Name.into());
    }
    let params = params.unwrap_or("");
    params::check(params)?;
    Ok((number, params))
}

/// Host and port; the colons of a bracketed IPv6 address are not the port's. White space around them is
/// the Via's (RFC 3261 §25.1 COLON) and is trimmed here, since URIs hold none.
pub(crate) fn split_port(hostport: &str) -> (&str, Option<&str>) {
    let bytes = hostport.as_bytes();
    let from = memrchr(b']', bytes).unwrap_or(0);
    let (host, port) = match memchr(b':', &bytes[from..]).map(|at| from + at) {
        Some(colon) => (&hostport[..colon], Some(&hostport[colon + 1..])),
        None => (hostport, None),
    };
    (text::trim(host), port.map(text::trim))
}

pub(crate) fn parse_port(text: &str) -> Result<u16, UriError> {
    if text.is_empty() || text.len() > 5 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(UriError::Port);
    }
    text.parse().map_err(|_| UriError::Port)
}

fn is_host_name(text: &str) -> bool {
    class::all(text, class::HOST)
}

fn is_user(text: &str) -> bool {
    !text.is_empty() && is_escaped(text)
}

/// Whether each `%` has its two digits.
fn is_escaped(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().all(|(at, &byte)| {
        let digits = bytes.get(at + 1..at + 3);
        byte != b'%' || digits.is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit))
    })
}

/// The text before a separator and, where it is there, what follows it.
fn cut(text: &str, at: u8) -> (&str, Option<&str>) {
    text::cut(text, at).map_or((text, None), |(before, after)| (before, Some(after)))
}

#[cfg(test)]
mod tests;
