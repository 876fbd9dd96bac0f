//! Typed header values: name-addr (From, To, Contact, Route …), Via, CSeq; and the getters that read
//! them from [`Headers`].
//!
//! A message that passed [`parse`](crate::parse::parse) has well-formed Via, From, To, Contact, Route,
//! Record-Route and CSeq, so the getters give None only for messages built by hand or absent headers.
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use memchr::memchr2;

use crate::message::{Headers, Method};
use crate::params::{self, ParamError, Params};
use crate::text;
use crate::uri::{self, Host, Uri, UriError};

/// `"display" <uri>;params`, or `uri;params` (RFC 3261 §20.10).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameAddr {
    /// The display name without quotes; None when absent or empty.
    pub display: Option<String>,
    /// The URI.
    pub uri: Uri,
    /// Header parameters (`tag`, `expires`, `q` …), not those of the URI.
    pub params: Params,
}

/// One value of Via (RFC 3261 §20.42).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Via {
    /// `UDP`, `TCP`, `TLS`, `WS` … in upper case.
    pub transport: String,
    /// Host of sent-by.
    pub host: Host,
    /// Port of sent-by, where written.
    pub port: Option<u16>,
    /// `branch`, `received`, `rport` …
    pub params: Params,
}

/// The value of CSeq (RFC 3261 §20.16).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CSeq {
    /// Below 2³¹.
    pub number: u32,
    /// The method.
    pub method: Method,
}

/// A header value is malformed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AddressError {
    /// Quotes or brackets without their pair, or text where none may be.
    #[error("malformed name-addr")]
    NameAddr,
    /// `;`, `,` or `?` in a URI without brackets (RFC 3261 §20.10), or no URI.
    #[error(transparent)]
    Uri(#[from] UriError),
    /// Malformed header parameters.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// Not `SIP/2.0/TRANSPORT host[:port]`.
    #[error("malformed Via")]
    Via,
    /// Not a number below 2³¹ and a method.
    #[error("malformed CSeq")]
    CSeq,
}

impl NameAddr {
    /// `<uri>` without display and parameters.
    pub fn new(uri: Uri) -> Self {
        Self {
            display: None,
            uri,
            params: Params::new(),
        }
    }

    /// Parses one value; a list is cut by [`Headers::list`] first.
    pub fn parse(value: &str) -> Result<Self, AddressError> {
        let raw = RawNameAddr::parse(value)?;
        let display = params::unquote(raw.display);
        Ok(Self {
            display: Some(display.trim().to_owned()).filter(|text| !text.is_empty()),
            uri: Uri::parse(raw.uri)?,
            params: Params::parse(raw.params)?,
        })
    }

    /// The `tag` parameter.
    pub fn tag(&self) -> Option<&str> {
        self.params.get("tag")
    }

    /// The same with this tag.
    pub fn with_tag(mut self, tag: &str) -> Self {
        self.params.set("tag", Some(tag));
        self
    }
}

impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(display) = &self.display {
            write!(f, "{} ", params::quote(display))?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}

impl Via {
    /// Parses one value; a list is cut by [`Headers::list`] first.
    pub fn parse(value: &str) -> Result<Self, AddressError> {
        let raw = RawVia::parse(value)?;
        Ok(Self {
            transport: raw.transport.to_ascii_uppercase(),
            host: Host::parse(raw.host)?,
            port: raw.port,
            params: Params::parse(raw.params)?,
        })
    }

    /// The `branch` parameter.
    pub fn branch(&self) -> Option<&str> {
        self.params.get("branch")
    }

    /// The `received` parameter, where it is an address.
    pub fn received(&self) -> Option<IpAddr> {
        let text = self.params.get("received")?;
        text.trim_start_matches('[')
            .trim_end_matches(']')
            .parse()
            .ok()
    }

    /// The `rport` parameter (RFC 3581): None when absent, `Some(None)` when asked for.
    pub fn rport(&self) -> Option<Option<u16>> {
        self.params.get("rport").map(|text| text.parse().ok())
    }

    /// Writes down where the request really came from: `received` where sent-by differs or rport was
    /// asked for, `rport` where it was asked for (RFC 3261 §18.2.1, RFC 3581 §4).
    pub fn stamp(&mut self, source: SocketAddr) {
        let asked = self.params.has("rport");
        let ip = source.ip().to_canonical();
        if asked {
            self.params.set("rport", Some(&source.port().to_string()));
        }
        if asked || self.host != Host::Ip(ip) {
            self.params.set("received", Some(&ip.to_string()));
        }
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}", self.transport, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        self.params.fmt(f)
    }
}

impl CSeq {
    /// Parses the value.
    pub fn parse(value: &str) -> Result<Self, AddressError> {
        let (number, method) = split_cseq(value)?;
        Ok(Self {
            number,
            method: Method::from_token(method),
        })
    }
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

/// What messages are asked most.
impl Headers {
    /// The topmost Via.
    pub fn via(&self) -> Option<Via> {
        self.list("Via")
            .next()
            .and_then(|value| Via::parse(value).ok())
    }

    /// The branch of the topmost Via.
    pub fn top_branch(&self) -> Option<&str> {
        let raw = RawVia::parse(self.list("Via").next()?).ok()?;
        params::find(raw.params, "branch")
    }

    /// From.
    pub fn from(&self) -> Option<NameAddr> {
        NameAddr::parse(self.get("From")?).ok()
    }

    /// To.
    pub fn to(&self) -> Option<NameAddr> {
        NameAddr::parse(self.get("To")?).ok()
    }

    /// The tag of From.
    pub fn from_tag(&self) -> Option<&str> {
        tag_of(self.get("From")?)
    }

    /// The tag of To; None before the dialog.
    pub fn to_tag(&self) -> Option<&str> {
        tag_of(self.get("To")?)
    }

    /// Call-ID.
    pub fn call_id(&self) -> Option<&str> {
        self.get("Call-ID")
    }

    /// CSeq.
    pub fn cseq(&self) -> Option<CSeq> {
        CSeq::parse(self.get("CSeq")?).ok()
    }

    /// The first Contact; None for `*` and none.
    pub fn contact(&self) -> Option<NameAddr> {
        NameAddr::parse(self.list("Contact").next()?).ok()
    }

    /// Max-Forwards.
    pub fn max_forwards(&self) -> Option<u8> {
        self.get("Max-Forwards")?.parse().ok()
    }

    /// Expires in seconds. Longer ones than fit are the longest; garbage is None (RFC 3261 §20.19).
    pub fn expires(&self) -> Option<u32> {
        seconds(self.get("Expires")?)
    }
}

/// Seconds as a header says them, cut at what fits.
pub(crate) fn seconds(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u32::MAX))
}

/// The tag of a From or To value, found without copying.
fn tag_of(value: &str) -> Option<&str> {
    let raw = RawNameAddr::parse(value).ok()?;
    params::find(raw.params, "tag")
}

/// Number and method of a CSeq value.
pub(crate) fn split_cseq(value: &str) -> Result<(u32, &str), AddressError> {
    let mut words = value.split_ascii_whitespace();
    let (number, method) = (words.next(), words.next());
    let (Some(number), Some(method), None) = (number, method, words.next()) else {
        return Err(AddressError::CSeq);
    };
    let number = seconds(number).filter(|&number| number < 1 << 31);
    match number {
        Some(number) if params::is_token(method) => Ok((number, method)),
        _ => Err(AddressError::CSeq),
    }
}

/// A name-addr cut at its brackets, nothing copied; the URI and the parameters are not checked yet.
pub(crate) struct RawNameAddr<'a> {
    /// With its quotes.
    pub(crate) display: &'a str,
    pub(crate) uri: &'a str,
    /// What follows the first `;`.
    pub(crate) params: &'a str,
}

impl<'a> RawNameAddr<'a> {
    pub(crate) fn parse(value: &'a str) -> Result<Self, AddressError> {
        let value = text::trim(value);
        let Some(open) = params::find_unquoted(value, b'<') else {
            return Self::addr_spec(value);
        };
        let display = text::trim(&value[..open]);
        let rest = &value[open + 1..];
        let (uri, rest) = text::cut(rest, b'>').ok_or(AddressError::NameAddr)?;
        let rest = text::trim(rest);
        let params = match rest.strip_prefix(';') {
            Some(params) if !text::trim(params).is_empty() => params,
            None if rest.is_empty() => "",
            _ => return Err(AddressError::NameAddr),
        };
        check_display(display)?;
        Ok(Self {
            display,
            uri,
            params,
        })
    }

    /// Without brackets, all parameters are the header's, and the URI must hold none of `,` `?`
    /// (RFC 3261 §20.10: such a URI must be in brackets).
    fn addr_spec(value: &'a str) -> Result<Self, AddressError> {
        let (uri, params) = match text::cut(value, b';') {
            Some((_, "")) => return Err(AddressError::NameAddr),
            Some((uri, params)) => (text::trim(uri), params),
            None => (value, ""),
        };
        if uri.contains([',', '?', '>', '"']) {
            return Err(AddressError::NameAddr);
        }
        Ok(Self {
            display: "",
            uri,
            params,
        })
    }

    /// Whether the whole value is well-formed.
    pub(crate) fn check(value: &'a str) -> Result<(), AddressError> {
        let raw = Self::parse(value)?;
        Uri::check(raw.uri)?;
        params::check(raw.params)?;
        Ok(())
    }
}

/// A quoted string, or words. Words are wider than the RFC's tokens, since PBXs send Cyrillic and
/// brackets there; what could be mistaken for structure is refused.
fn check_display(display: &str) -> Result<(), AddressError> {
    let words = || !display.contains(['"', ',', ';', '>', '\\']);
    if params::is_quoted(display) || words() {
        Ok(())
    } else {
        Err(AddressError::NameAddr)
    }
}

/// A Via value cut at its separators, nothing copied; the parameters are not checked yet.
pub(crate) struct RawVia<'a> {
    pub(crate) transport: &'a str,
    pub(crate) host: &'a str,
    pub(crate) port: Option<u16>,
    pub(crate) params: &'a str,
}

impl<'a> RawVia<'a> {
    pub(crate) fn parse(value: &'a str) -> Result<Self, AddressError> {
        let (front, params) = match text::cut(value, b';') {
            Some((_, params)) if text::trim(params).is_empty() => return Err(AddressError::Via),
            Some((front, params)) => (front, params),
            None => (value, ""),
        };
        let (name, rest) = text::cut(front, b'/').ok_or(AddressError::Via)?;
        let (version, rest) = text::cut(rest, b'/').ok_or(AddressError::Via)?;
        let is = |part: &str, wanted: &str| text::trim(part).eq_ignore_ascii_case(wanted);
        if !is(name, "SIP") || !is(version, "2.0") {
            return Err(AddressError::Via);
        }
        let rest = text::trim(rest);
        let space = memchr2(b' ', b'\t', rest.as_bytes()).ok_or(AddressError::Via)?;
        let (transport, sent_by) = (&rest[..space], &rest[space + 1..]);
        let (host, port) = uri::split_port(text::trim(sent_by));
        let port = port.map(uri::parse_port).transpose()?;
        if !params::is_token(transport) {
            return Err(AddressError::Via);
        }
        Ok(Self {
            transport,
            host,
            port,
            params,
        })
    }

    /// Whether the whole value is well-formed.
    pub(crate) fn check(value: &'a str) -> Result<(), AddressError> {
        let raw = Self::parse(value)?;
        Host::check(raw.host)?;
        params::check(raw.params)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
