//! Where somebody is, as an admin writes it: an address or a name of the DNS, with or without a port.
use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;

use crate::span::Network;

/// An address or a name, and a port where one is written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Place {
    /// Who.
    pub host: Host,
    /// None: what the DNS says, or what is usual.
    pub port: Option<u16>,
}

/// An address or a name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Host {
    /// An address.
    Address(IpAddr),
    /// A name, in lower case.
    Name(String),
}

/// Whose requests are a trunk's: a network, or whoever a name means.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum Source {
    /// A network.
    Network(Network),
    /// All addresses behind a name.
    Name(String),
}

/// Longest name (RFC 1035 §2.3.4).
const NAME_MAX: usize = 253;
/// Longest part of a name.
const LABEL_MAX: usize = 63;

impl Place {
    /// As it stands in a SIP URI.
    pub(crate) fn in_uri(&self) -> String {
        let host = self.host.in_uri();
        self.port
            .map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
    }

    /// The name, where it is one.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.host {
            Host::Name(name) => Some(name),
            Host::Address(_) => None,
        }
    }
}

impl Host {
    /// As it stands in a SIP URI.
    pub(crate) fn in_uri(&self) -> String {
        match self {
            Self::Address(IpAddr::V6(address)) => format!("[{address}]"),
            Self::Address(address) => address.to_string(),
            Self::Name(name) => name.clone(),
        }
    }
}

impl TryFrom<String> for Place {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || {
            format!(
                "«{text}» — не адрес и не имя; пишите 203.0.113.65:5060 или sip.carrier.example"
            )
        };
        if let Ok(socket) = text.parse::<SocketAddr>() {
            return Ok(Self {
                host: Host::Address(socket.ip()),
                port: Some(socket.port()),
            });
        }
        if let Ok(address) = text.trim_matches(['[', ']']).parse() {
            return Ok(Self {
                host: Host::Address(address),
                port: None,
            });
        }
        let (host, port) = match text.split_once(':') {
            Some((host, port)) => (host, Some(port.parse().map_err(|_| wrong())?)),
            None => (text.as_str(), None),
        };
        let name = name_of(host).ok_or_else(wrong)?;
        Ok(Self {
            host: Host::Name(name),
            port,
        })
    }
}

impl TryFrom<String> for Source {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if let Ok(network) = Network::try_from(text.clone()) {
            return Ok(Self::Network(network));
        }
        name_of(&text).map(Self::Name).ok_or_else(|| {
            format!(
                "«{text}» — не адрес, не сеть и не имя; пишите 203.0.113.7, 203.0.113.0/24 или sip.carrier.example"
            )
        })
    }
}

/// A whole name of the DNS: more than one part, not an address written wrongly. In lower case.
fn name_of(text: &str) -> Option<String> {
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let good = |label: &str| {
        let inside = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        (1..=LABEL_MAX).contains(&label.len()) && label.chars().all(inside)
    };
    let is_whole = name.contains('.') && name.len() <= NAME_MAX && name.split('.').all(good);
    let last = name.rsplit('.').next().unwrap_or_default();
    (is_whole && last.contains(|c: char| c.is_ascii_alphabetic())).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Option<(String, bool)> {
        let place = Place::try_from(text.to_owned()).ok()?;
        Some((place.in_uri(), place.name().is_some()))
    }

    #[test]
    fn addresses_names_and_neither() {
        let known = |text: &str, name| Some((text.to_owned(), name));
        assert_eq!(
            place("203.0.113.65:5060"),
            known("203.0.113.65:5060", false)
        );
        assert_eq!(place("203.0.113.65"), known("203.0.113.65", false));
        assert_eq!(
            place("[2001:db8::1]:5060"),
            known("[2001:db8::1]:5060", false)
        );
        assert_eq!(place("2001:db8::1"), known("[2001:db8::1]", false));
        assert_eq!(
            place("SIP.Carrier.Example."),
            known("sip.carrier.example", true)
        );
        assert_eq!(
            place("sip.carrier.example:5080"),
            known("sip.carrier.example:5080", true)
        );
        for wrong in [
            "carrier",
            "a b.ru",
            "1.2.3.400",
            "sip:a.ru",
            "a..ru",
            "a.ru:x",
            "",
        ] {
            assert_eq!(place(wrong), None, "{wrong}");
        }
        let source = |text: &str| Source::try_from(text.to_owned()).is_ok();
        assert!(source("10.0.0.0/8") && source("sip.carrier.example") && !source("10.0.0.0/64"));
    }
}
