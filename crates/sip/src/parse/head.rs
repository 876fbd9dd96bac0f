//! The headers, and the checks on those that a transaction, a dialog or an answer builds on.
use super::start::StartLine;
use super::{HEADERS_MAX, LIST_MAX, MESSAGE_MAX, Malformed, VIA_MAX, split_header};
use crate::address::{AddressError, RawNameAddr, RawVia, split_cseq};
use crate::message::{Headers, Method, split_commas};
use crate::names;

/// The headers while they are read.
pub(super) struct Head {
    pub(super) headers: Headers,
    pub(super) checks: Checks,
}

/// What is asked of headers, whoever keeps them.
#[derive(Default)]
pub(super) struct Checks {
    count: usize,
    /// Bits by [`names::single`].
    seen: u16,
    vias: usize,
    pub(super) content_length: Option<usize>,
}

impl Head {
    /// Most messages hold fewer headers than there is room for; what an answer or a stack adds then
    /// needs no second allocation.
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            headers: Headers::with_capacity(24, bytes.min(TEXT_ROOM)),
            checks: Checks::default(),
        }
    }

    /// Takes one header line.
    pub(super) fn add(&mut self, line: &[u8]) -> Result<(), Malformed> {
        self.checks.count()?;
        let (name, value) = split_header(line)?;
        match self.checks.take(name, &value)? {
            Some(known) => self.headers.push(known, value),
            None => self.headers.push(name.to_owned(), value),
        }
        Ok(())
    }

    /// The five of RFC 3261 §8.1.1 (Max-Forwards is forgiven: RFC 2543 has none), and the method.
    pub(super) fn complete(&self, start: &StartLine) -> Result<(), Malformed> {
        for name in MANDATORY {
            self.headers.get(name).ok_or(Malformed::Missing(name))?;
        }
        let cseq = self
            .headers
            .get("CSeq")
            .and_then(|value| split_cseq(value).ok());
        match (start, cseq) {
            (StartLine::Request(method, _), Some((_, named))) if method.as_str() != named => {
                Err(match method {
                    Method::Other(_) => Malformed::UnknownMethod,
                    _ => Malformed::MethodMismatch,
                })
            }
            _ => Ok(()),
        }
    }
}

impl Checks {
    /// One more line.
    pub(super) fn count(&mut self) -> Result<(), Malformed> {
        if self.count == HEADERS_MAX {
            return Err(Malformed::TooMany);
        }
        self.count += 1;
        Ok(())
    }

    /// Checks one header; the canonical spelling of its name where it is known.
    pub(super) fn take(
        &mut self,
        name: &str,
        value: &str,
    ) -> Result<Option<&'static str>, Malformed> {
        let Some(known) = names::canonical(name) else {
            return Ok(None);
        };
        self.once(known)?;
        self.check(known, value)?;
        Ok(Some(known))
    }

    /// The body as long as Content-Length says, or the rest.
    pub(super) fn body<'a>(&self, rest: &'a [u8]) -> Result<&'a [u8], Malformed> {
        match self.content_length {
            Some(length) => rest.get(..length).ok_or(Malformed::BodyShort),
            None => Ok(rest),
        }
    }

    /// Refuses the second of a header that stands once.
    fn once(&mut self, name: &'static str) -> Result<(), Malformed> {
        let Some(place) = names::single(name) else {
            return Ok(());
        };
        let bit = 1_u16 << place;
        if self.seen & bit != 0 {
            return Err(Malformed::Twice(name));
        }
        self.seen |= bit;
        Ok(())
    }

    /// Checks what we, or an answer, will build on.
    fn check(&mut self, name: &'static str, value: &str) -> Result<(), Malformed> {
        let refused = |_: AddressError| Malformed::Value(name);
        match name {
            "Via" => self.via(value),
            "From" | "To" => RawNameAddr::check(value).map_err(refused),
            "Contact" if value == "*" => Ok(()),
            "Contact" | "Route" | "Record-Route" => each(value, LIST_MAX, name, RawNameAddr::check),
            "CSeq" => split_cseq(value).map(drop).map_err(refused),
            "Call-ID" if !is_call_id(value) => Err(Malformed::Value(name)),
            "Max-Forwards" if !is_below(value, 256) => Err(Malformed::Value(name)),
            "Content-Length" if !is_below(value, MESSAGE_MAX) => Err(Malformed::Value(name)),
            "Content-Length" => {
                self.content_length = value.parse().ok();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn via(&mut self, value: &str) -> Result<(), Malformed> {
        let count = |value| {
            self.vias += 1;
            RawVia::check(value)
        };
        each(value, VIA_MAX, "Via", count)?;
        if self.vias > VIA_MAX {
            Err(Malformed::TooMany)
        } else {
            Ok(())
        }
    }
}

/// Bytes set aside for the values of one message; more are found when they are there.
const TEXT_ROOM: usize = 2048;

/// Without these there is no transaction.
pub(super) const MANDATORY: [&str; 5] = ["Via", "From", "To", "Call-ID", "CSeq"];
/// Checks each value of a list; an empty list is malformed.
fn each<'a>(
    value: &'a str,
    most: usize,
    name: &'static str,
    mut check: impl FnMut(&'a str) -> Result<(), AddressError>,
) -> Result<(), Malformed> {
    let mut count = 0;
    for one in split_commas(value) {
        count += 1;
        if count > most {
            return Err(Malformed::TooMany);
        }
        check(one).map_err(|_| Malformed::Value(name))?;
    }
    if count == 0 {
        Err(Malformed::Value(name))
    } else {
        Ok(())
    }
}

/// `word[@word]` (RFC 3261 §25.1), read widely: visible ASCII without spaces.
fn is_call_id(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|b| b.is_ascii_graphic())
}

fn is_below(value: &str, limit: usize) -> bool {
    let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    digits && value.parse().is_ok_and(|number: usize| number < limit)
}
