//! Text to a [`Description`]: bounded, and forgiving where it does not touch what we need.
use std::net::{IpAddr, SocketAddr};

use super::addresses::Unfit;

/// The longest description. Bytes.
pub const SDP_MAX: usize = 64 * 1024;
/// Most media lines.
pub const MEDIA_MAX: usize = 32;
/// Most formats on a media line; further ones are not looked at.
pub const FORMATS_MAX: usize = 64;
/// Most `a=rtpmap` and `a=fmtp` lines kept for one media line; further ones are not looked at.
pub const MAPS_MAX: usize = 64;

/// Why a description is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SdpError {
    /// Longer than [`SDP_MAX`].
    #[error("description longer than {SDP_MAX} bytes")]
    TooLong,
    /// More than [`MEDIA_MAX`] media lines.
    #[error("more than {MEDIA_MAX} media lines")]
    TooMany,
    /// It does not begin with `v=0`.
    #[error("no v=0 line at the start")]
    Version,
    /// A line is not `x=value`, or its value is malformed.
    #[error("line {0} is malformed")]
    Line(usize),
    /// No audio over RTP/AVP with a port.
    #[error("no audio stream over RTP/AVP")]
    NoAudio,
    /// The audio stream has no `c=` address, or a name in place of it.
    #[error("no usable connection address")]
    Address,
    /// The party names an address that it may not have.
    #[error("forbidden media address: {0}")]
    Forbidden(Unfit),
    /// The party listens in another family than we do: audio would reach neither side.
    #[error("media address of another family than ours")]
    Family,
    /// None of the offered codecs is ours.
    #[error("no common codec")]
    NoCodec,
    /// An answer that does not fit the offer.
    #[error("the answer does not fit the offer")]
    Mismatch,
}

/// A description as far as we need it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Description {
    /// Media lines in order, with what stands above them filled in.
    pub media: Vec<Media>,
}

/// One `m=` line with its attributes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Media {
    /// `audio`, `video`, `image` …
    pub kind: String,
    /// 0: refused, or not in use.
    pub port: u16,
    /// `RTP/AVP`, `RTP/SAVP` …
    pub protocol: String,
    /// Payload types, or whatever the protocol has, as written.
    pub formats: Vec<String>,
    /// From `c=` of the media or the session; None where it is a name or missing.
    pub address: Option<IpAddr>,
    /// `a=rtpmap`: payload type and `name/clock[/channels]`.
    pub maps: Vec<(u8, String)>,
    /// `a=ptime`. Milliseconds.
    pub ptime: Option<u16>,
    /// Of the media, of the session, or sendrecv.
    pub direction: Direction,
    /// `a=rtcp` (RFC 3605): port and address.
    pub rtcp: Option<(u16, Option<IpAddr>)>,
    /// `a=silenceSupp:on` (RFC 3108 §5.6.3.2): the writer sends nothing while nobody speaks.
    pub silence_suppression: bool,
}

/// Who sends, seen from who wrote the description.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Direction {
    /// Both.
    #[default]
    SendRecv,
    /// The writer only: a hold with music.
    SendOnly,
    /// The other only.
    RecvOnly,
    /// Nobody: a silent hold.
    Inactive,
}

impl Direction {
    /// Of whether the writer sends and receives.
    pub fn of(send: bool, receive: bool) -> Self {
        match (send, receive) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// Whether the writer sends.
    pub fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether the writer receives.
    pub fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The same, seen from the other side.
    pub fn reversed(self) -> Self {
        Self::of(self.receives(), self.sends())
    }

    /// What both allow.
    pub fn and(self, other: Self) -> Self {
        Self::of(
            self.sends() && other.sends(),
            self.receives() && other.receives(),
        )
    }

    /// The attribute's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        let all = [
            Self::SendRecv,
            Self::SendOnly,
            Self::RecvOnly,
            Self::Inactive,
        ];
        all.into_iter()
            .find(|direction| direction.as_str().eq_ignore_ascii_case(name))
    }
}

impl Description {
    /// Parses a description. Line ends may be LF alone (RFC 8866 §5). Lines and attributes that we do not
    /// need are not looked at.
    ///
    /// # Errors
    /// [`SdpError`] where it is too long, does not begin with `v=0`, or a line that we need is malformed.
    pub fn parse(text: &str) -> Result<Self, SdpError> {
        if text.len() > SDP_MAX {
            return Err(SdpError::TooLong);
        }
        let mut lines = text.lines().enumerate();
        if lines
            .next()
            .is_none_or(|(_, line)| line.trim_end() != "v=0")
        {
            return Err(SdpError::Version);
        }
        let mut reader = Reader::default();
        for (at, line) in lines {
            let line = line.trim_end();
            if !line.is_empty() {
                reader
                    .line(line)
                    .map_err(|error| error.unwrap_or(SdpError::Line(at + 1)))?;
            }
        }
        Ok(reader.finish())
    }
}

impl Media {
    /// Where the writer listens for RTP; None without an address.
    pub fn rtp(&self) -> Option<SocketAddr> {
        Some(SocketAddr::new(self.address?, self.port))
    }

    /// Where the writer listens for RTCP: by `a=rtcp`, else the port above RTP's.
    pub fn rtcp(&self) -> Option<SocketAddr> {
        let (port, address) = self.rtcp.unwrap_or((self.port.saturating_add(1), None));
        Some(SocketAddr::new(address.or(self.address)?, port))
    }

    /// Encoding name and clock rate of a payload type: by its map, or of the static ones we know
    /// (RFC 3551 §6).
    pub fn encoding(&self, payload_type: u8) -> Option<(&str, u32)> {
        let map = self.maps.iter().find(|(mapped, _)| *mapped == payload_type);
        let encoding = match (map, payload_type) {
            (Some((_, encoding)), _) => encoding.as_str(),
            (None, 0) => "PCMU/8000",
            (None, 8) => "PCMA/8000",
            (None, 13) => "CN/8000",
            _ => return None,
        };
        let mut parts = encoding.split('/');
        let (name, clock) = (parts.next()?, parts.next()?.parse().ok()?);
        let mono = parts.next().is_none_or(|channels| channels == "1");
        mono.then_some((name, clock))
    }

    /// The first offered payload type of an encoding at 8000 Hz.
    pub fn payload_type(&self, name: &str) -> Option<u8> {
        self.payload_types().find(|&payload_type| {
            let encoding = self.encoding(payload_type);
            encoding.is_some_and(|(n, clock)| n.eq_ignore_ascii_case(name) && clock == 8000)
        })
    }

    /// The payload types in order of preference.
    pub fn payload_types(&self) -> impl Iterator<Item = u8> {
        self.formats
            .iter()
            .filter_map(|format| format.parse().ok())
            .filter(|pt| *pt < 128)
    }
}

/// A description while it is read.
#[derive(Default)]
struct Reader {
    media: Vec<Media>,
    /// Of the session, for media lines without their own.
    address: Option<IpAddr>,
    direction: Direction,
}

/// None: the line is malformed.
type LineError = Option<SdpError>;

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), LineError> {
        let (kind, value) = line.split_once('=').ok_or(None)?;
        match kind {
            "m" if self.media.len() == MEDIA_MAX => return Err(Some(SdpError::TooMany)),
            "m" => self.media.push(self.media_line(value).ok_or(None)?),
            "c" => {
                let address = connection(value).ok_or(None)?;
                *self
                    .media
                    .last_mut()
                    .map_or(&mut self.address, |media| &mut media.address) = address;
            }
            "a" => self.attribute(value),
            _ if kind.len() == 1 => {}
            _ => return Err(None),
        }
        Ok(())
    }

    /// `audio 49170[/2] RTP/AVP 8 101`; `c=` and direction are those of the session until its own come.
    fn media_line(&self, value: &str) -> Option<Media> {
        // What is refused is sent back in its place: it must be fit to be sent.
        if !value.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
            return None;
        }
        let mut words = value.split_ascii_whitespace();
        let kind = words.next()?.to_owned();
        let port = words.next()?.split('/').next()?.parse().ok()?;
        let protocol = words.next()?.to_owned();
        let formats: Vec<_> = words.take(FORMATS_MAX).map(str::to_owned).collect();
        let (address, direction) = (self.address, self.direction);
        let (maps, ptime, rtcp) = (Vec::new(), None, None);
        let known = !formats.is_empty();
        known.then_some(Media {
            kind,
            port,
            protocol,
            formats,
            address,
            maps,
            ptime,
            direction,
            rtcp,
            silence_suppression: false,
        })
    }

    /// A malformed attribute is as good as none.
    fn attribute(&mut self, attribute: &str) {
        let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
        let media = self.media.last_mut();
        if let Some(direction) = Direction::parse(name) {
            *media.map_or(&mut self.direction, |media| &mut media.direction) = direction;
            return;
        }
        let Some(media) = media else { return };
        match name {
            "rtpmap" if media.maps.len() < MAPS_MAX => media.maps.extend(payload_map(value)),
            "ptime" => media.ptime = value.trim().parse().ok(),
            "rtcp" => media.rtcp = rtcp(value),
            "silenceSupp" => {
                media.silence_suppression = value.split_ascii_whitespace().next() == Some("on");
            }
            _ => {}
        }
    }

    fn finish(self) -> Description {
        Description { media: self.media }
    }
}

/// `IN IP4 192.0.2.1[/ttl]`; Some(None) for a name, None for what is no connection line.
fn connection(value: &str) -> Option<Option<IpAddr>> {
    let mut words = value.split_ascii_whitespace();
    let (net, family, address) = (words.next()?, words.next()?, words.next()?);
    let known = net.eq_ignore_ascii_case("IN")
        && ["IP4", "IP6"]
            .iter()
            .any(|f| family.eq_ignore_ascii_case(f));
    let address = address.split('/').next()?.parse().ok();
    known.then_some(address)
}

/// `8 PCMA/8000`.
fn payload_map(value: &str) -> Option<(u8, String)> {
    let (payload_type, encoding) = value.trim().split_once(' ')?;
    let payload_type = payload_type.parse().ok().filter(|pt| *pt < 128)?;
    Some((payload_type, encoding.trim().to_owned()))
}

/// `53020[ IN IP4 126.16.64.4]`.
fn rtcp(value: &str) -> Option<(u16, Option<IpAddr>)> {
    let (port, rest) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
    let address = if rest.is_empty() {
        None
    } else {
        connection(rest)?
    };
    Some((port.parse().ok().filter(|port| *port != 0)?, address))
}

#[cfg(test)]
mod tests;
