//! Who is to be called instead: `Refer-To` (RFC 3515) and the dialog it is to take the place of: `Replaces` (RFC 3891).
use crate::address::NameAddr;
use crate::message::{Headers, Method};
use crate::uri::{Uri, unescape};

/// Longest value of `Replaces` that is looked at. Bytes; a Call-ID and two tags of ours have 120.
const REPLACES_MAX: usize = 1024;

/// Which dialog a call is to take the place of, as whoever receives that call names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replaces {
    /// Its Call-ID.
    pub call_id: String,
    /// The tag of whoever receives the call.
    pub to_tag: String,
    /// The tag of the other side.
    pub from_tag: String,
    /// Only while it rings (RFC 3891 §4).
    pub early_only: bool,
}

/// Where somebody is to call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReferTo {
    /// Whom; without headers and without `method`.
    pub uri: Uri,
    /// In whose place.
    pub replaces: Option<Replaces>,
}

/// Why a REFER is refused before anybody thinks about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReferError {
    /// None, several or unreadable ones: 400 (RFC 3515 §2.4.2).
    #[error("not exactly one readable Refer-To")]
    Address,
    /// Something else than a call is asked for: 603.
    #[error("a method other than INVITE")]
    Method,
    /// Neither `sip:`, `sips:` nor `tel:`: 416.
    #[error("an unknown scheme")]
    Scheme,
    /// `Replaces` that names no dialog: 400.
    #[error("malformed Replaces")]
    Replaces,
}

impl ReferError {
    /// Its status.
    pub fn status(self) -> u16 {
        match self {
            Self::Address | Self::Replaces => 400,
            Self::Method => 603,
            Self::Scheme => 416,
        }
    }
}

impl ReferTo {
    /// Reads the one `Refer-To` of a REFER. Of the headers in its URI only `Replaces` means something: nobody may write
    /// the rest of our requests.
    ///
    /// # Errors
    /// When it is missing, asks for something else than a call, or names a dialog unreadably.
    pub fn of(headers: &Headers) -> Result<Self, ReferError> {
        let mut values = headers.list("Refer-To");
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(ReferError::Address);
        };
        let address = NameAddr::parse(value).map_err(|_| ReferError::Address)?;
        match address.uri {
            Uri::Sip(mut uri) => {
                let asked = uri.params.get("method").map(Method::from_token);
                if asked.is_some_and(|method| method != Method::Invite) {
                    return Err(ReferError::Method);
                }
                uri.params.remove("method");
                let replaces = match uri.headers.take() {
                    Some(headers) => replaces_in(&headers)?,
                    None => None,
                };
                let uri = Uri::Sip(uri);
                Ok(Self { uri, replaces })
            }
            uri @ Uri::Tel(_) => Ok(Self {
                uri,
                replaces: None,
            }),
            Uri::Other(_) => Err(ReferError::Scheme),
        }
    }
}

/// The one `Replaces` among the headers of a URI (`name=value&name=value`, escaped).
fn replaces_in(headers: &str) -> Result<Option<Replaces>, ReferError> {
    let pairs = headers.split('&').filter_map(|pair| pair.split_once('='));
    let mut found = pairs.filter(|(name, _)| name.eq_ignore_ascii_case("Replaces"));
    let Some((_, value)) = found.next() else {
        return Ok(None);
    };
    if found.next().is_some() {
        return Err(ReferError::Replaces);
    }
    Replaces::parse(&unescape(value)).map(Some)
}

impl Replaces {
    /// Reads `call-id;to-tag=…;from-tag=…;early-only`.
    ///
    /// # Errors
    /// When the Call-ID or a tag is missing or stands twice (RFC 3891 §6.1).
    pub fn parse(value: &str) -> Result<Self, ReferError> {
        if value.len() > REPLACES_MAX || value.contains(',') {
            return Err(ReferError::Replaces);
        }
        let mut parts = value.split(';').map(str::trim);
        let call_id = parts.next().filter(|id| !id.is_empty());
        let (mut to_tag, mut from_tag, mut early_only) = (None, None, false);
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let place = match name.trim() {
                name if name.eq_ignore_ascii_case("to-tag") => &mut to_tag,
                name if name.eq_ignore_ascii_case("from-tag") => &mut from_tag,
                name => {
                    early_only |= name.eq_ignore_ascii_case("early-only");
                    continue;
                }
            };
            if place.replace(value.trim().to_owned()).is_some() {
                return Err(ReferError::Replaces);
            }
        }
        match (call_id, to_tag, from_tag) {
            (Some(call_id), Some(to_tag), Some(from_tag)) => Ok(Self {
                call_id: call_id.to_owned(),
                to_tag,
                from_tag,
                early_only,
            }),
            _ => Err(ReferError::Replaces),
        }
    }

    /// The `Replaces` of an INVITE; None where there is none.
    ///
    /// # Errors
    /// When it is unreadable, or there are several.
    pub fn of(headers: &Headers) -> Result<Option<Self>, ReferError> {
        let mut values = headers.all("Replaces");
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => Self::parse(value).map(Some),
            (Some(_), Some(_)) => Err(ReferError::Replaces),
        }
    }
}

/// The status of a `message/sipfrag` that tells how a reference goes: of its first line (RFC 3515 §2.4.5).
pub fn status_of_fragment(body: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(body).ok()?;
    let rest = text.lines().next()?.strip_prefix("SIP/2.0 ")?;
    let status: u16 = rest.split(' ').next()?.parse().ok()?;
    (100..700).contains(&status).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refer_to(value: &str) -> Result<ReferTo, ReferError> {
        let mut headers = Headers::new();
        headers.push("Refer-To", value);
        ReferTo::of(&headers)
    }

    #[test]
    fn a_reference_says_whom_and_in_whose_place() {
        let plain = refer_to("\"Анна\" <sip:102@gudok.example;method=INVITE>").unwrap();
        assert_eq!(plain.uri, Uri::parse("sip:102@gudok.example").unwrap());
        assert_eq!(plain.replaces, None);
        let attended = refer_to(
            "<sip:102@gudok.example?Replaces=a%40b%3Bto-tag%3Dours%3Bfrom-tag%3Dtheirs%3Bearly-only&Route=%3Csip%3Aevil%3E>",
        )
        .unwrap();
        let replaces = Replaces {
            call_id: "a@b".into(),
            to_tag: "ours".into(),
            from_tag: "theirs".into(),
            early_only: true,
        };
        assert_eq!(attended.uri, Uri::parse("sip:102@gudok.example").unwrap());
        assert_eq!(attended.replaces, Some(replaces));
    }

    #[test]
    fn hostile_references_have_their_refusals() {
        for (value, wanted) in [
            ("<sip:102@g;method=BYE>", ReferError::Method),
            ("<http://example/>", ReferError::Scheme),
            ("<sip:102@g>, <sip:103@g>", ReferError::Address),
            ("<sip:102@g", ReferError::Address),
            ("<sip:102@g?Replaces=a>", ReferError::Replaces),
            (
                "<sip:102@g?Replaces=a%3Bto-tag%3D1%3Bto-tag%3D2%3Bfrom-tag%3D3>",
                ReferError::Replaces,
            ),
            (
                "<sip:102@g?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D3&replaces=b>",
                ReferError::Replaces,
            ),
            (
                "<sip:102@g?Replaces=%3Bto-tag%3D1%3Bfrom-tag%3D3>",
                ReferError::Replaces,
            ),
        ] {
            assert_eq!(refer_to(value), Err(wanted), "{value}");
        }
        assert_eq!(ReferTo::of(&Headers::new()), Err(ReferError::Address));
    }

    #[test]
    fn a_fragment_is_its_status_line() {
        assert_eq!(
            status_of_fragment(b"SIP/2.0 180 Ringing\r\nX: y"),
            Some(180)
        );
        for body in [
            &b""[..],
            b"SIP/2.0 99 A",
            b"SIP/2.0 x",
            b"SIP/1.0 200 OK",
            b"\xff",
        ] {
            assert_eq!(status_of_fragment(body), None);
        }
    }
}
