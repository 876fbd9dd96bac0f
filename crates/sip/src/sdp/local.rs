//! Our side of one session's media: offers, answers, and what the next of them must repeat.
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::addresses::{AddressPolicy, PORT_MIN, Unfit};
use super::description::{Description, Direction, Media, SdpError};

/// A codec we speak.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Codec {
    /// G.711 A-law, payload type 8.
    Pcma,
    /// G.711 µ-law, payload type 0.
    Pcmu,
}

impl Codec {
    /// The encoding name in `a=rtpmap`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pcma => "PCMA",
            Self::Pcmu => "PCMU",
        }
    }

    /// The static payload type (RFC 3551 §6).
    pub fn payload_type(self) -> u8 {
        match self {
            Self::Pcma => 8,
            Self::Pcmu => 0,
        }
    }
}

/// What we can, and whom we believe.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Capabilities {
    /// In our order of preference, which decides when we answer. Both legs of a bridge must get the
    /// same one, so a leg that is dialled for a caller offers the caller's codec only.
    pub codecs: Vec<Codec>,
    /// Our payload type of telephone-event when we offer; None: not offered, refused in answers.
    pub dtmf: Option<u8>,
    /// Which addresses a party may name.
    pub addresses: AddressPolicy,
}

impl Default for Capabilities {
    fn default() -> Self {
        let codecs = vec![Codec::Pcma, Codec::Pcmu];
        Self {
            codecs,
            dtmf: Some(101),
            addresses: AddressPolicy::default(),
        }
    }
}

/// What both sides agreed on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agreed {
    /// Where the party listens for RTP. The unspecified address (an old-style hold) says nothing about
    /// where it is: keep the address known before.
    pub rtp: SocketAddr,
    /// Where the party listens for RTCP; the unspecified address: nowhere.
    pub rtcp: SocketAddr,
    /// What is spoken.
    pub codec: Codec,
    /// The payload type of the codec, as the party numbers it.
    pub payload_type: u8,
    /// The payload type of telephone-event to send with; None: not agreed.
    pub dtmf: Option<u8>,
    /// The payload type of telephone-event to expect; another than `dtmf` only where an answer
    /// numbers it differently from our offer.
    pub dtmf_in: Option<u8>,
    /// Audio per packet that the party wants. Milliseconds, 10–60.
    pub ptime_ms: u16,
    /// What we may do: `sends` whether we may send, `receives` whether the party will.
    pub direction: Direction,
    /// Whether the party may send nothing while nobody speaks: its description names comfort noise (RFC 3389), which
    /// we never offer and which phones use all the same, or `a=silenceSupp:on`.
    pub suppresses_silence: bool,
}

impl Agreed {
    /// Whether the party holds us: it wants to hear nothing from us.
    pub fn is_held(&self) -> bool {
        !self.direction.sends()
    }
}

/// Payload types of the codecs, and of telephone-event.
type Formats<'a> = (&'a [(u8, Codec)], Option<u8>);

impl MediaLine {
    fn audio(&self) -> Option<Formats<'_>> {
        match self {
            Self::Audio { formats, dtmf } => Some((formats, *dtmf)),
            Self::Refused(_) => None,
        }
    }
}

/// Our side of one session. Keeps what RFC 3264 §8 wants repeated: the session id, the version (one more
/// with each change), the places of refused media lines, and payload types once agreed.
#[derive(Clone, Debug)]
pub struct Local {
    session: u64,
    version: u64,
    rtp: SocketAddr,
    rtcp_port: u16,
    capabilities: Capabilities,
    lines: Vec<MediaLine>,
    /// The codec agreed last.
    agreed: Option<Codec>,
    /// What was sent last, without the version.
    last: String,
}

/// A media line in its place.
#[derive(Clone, PartialEq, Eq, Debug)]
enum MediaLine {
    Audio {
        formats: Vec<(u8, Codec)>,
        dtmf: Option<u8>,
    },
    /// `kind 0 protocol formats`, as it is written.
    Refused(String),
}

impl Local {
    /// `session` is random, below 2⁶³; `rtp` and `rtcp_port` are where we listen.
    pub fn new(session: u64, rtp: SocketAddr, rtcp_port: u16, capabilities: Capabilities) -> Self {
        let (lines, last) = (Vec::new(), String::new());
        Self {
            session,
            version: 0,
            rtp,
            rtcp_port,
            capabilities,
            lines,
            agreed: None,
            last,
        }
    }

    /// The party is known better now, and with it what it may name: before the answer of one that we called.
    pub fn judge_by(&mut self, addresses: AddressPolicy) {
        self.capabilities.addresses = addresses;
    }

    /// An offer: the first of a session, or a new one within it. Once a codec is agreed, only that one is
    /// offered again, so that the two sides of a bridge do not drift apart.
    pub fn offer(&mut self, direction: Direction) -> String {
        let line = self
            .lines
            .iter_mut()
            .find(|line| matches!(line, MediaLine::Audio { .. }));
        match (line, self.agreed) {
            (Some(MediaLine::Audio { formats, .. }), Some(agreed)) => {
                formats.retain(|(_, codec)| *codec == agreed);
            }
            (Some(_), _) => {}
            (None, _) => {
                let codecs = self.capabilities.codecs.iter();
                let formats = codecs.map(|codec| (codec.payload_type(), *codec)).collect();
                let dtmf = self.capabilities.dtmf;
                self.lines.push(MediaLine::Audio { formats, dtmf });
            }
        }
        self.write(direction)
    }

    /// Answers an offer. `wish` narrows what the offer allows ([`Direction::SendRecv`] takes all of it).
    /// The answer names one codec, so that the party cannot change it in the middle of a call: the one
    /// agreed before where it is offered again, else the first of ours that is offered.
    ///
    /// # Errors
    /// [`SdpError`]: answer the request with 488; the session stays as it was.
    pub fn answer(&mut self, offer: &str, wish: Direction) -> Result<(Agreed, String), SdpError> {
        let offer = Description::parse(offer)?;
        let at = offer
            .media
            .iter()
            .position(is_ours)
            .ok_or(SdpError::NoAudio)?;
        let media = &offer.media[at];
        let chosen = self.choose(media).ok_or(SdpError::NoCodec)?;
        let dtmf = self
            .capabilities
            .dtmf
            .and_then(|_| media.payload_type("telephone-event"));
        let agreed = self.agree(media, chosen, (dtmf, dtmf), wish)?;
        self.lines = offer.media.iter().map(refused).collect();
        self.lines[at] = MediaLine::Audio {
            formats: vec![chosen],
            dtmf,
        };
        self.agreed = Some(agreed.codec);
        let sdp = self.write(agreed.direction);
        Ok((agreed, sdp))
    }

    /// The codec of an answer, and its payload type.
    fn choose(&self, media: &Media) -> Option<(u8, Codec)> {
        let mut wanted = self.agreed.iter().chain(&self.capabilities.codecs);
        wanted.find_map(|codec| Some((media.payload_type(codec.name())?, *codec)))
    }

    /// Takes the answer to our last offer. `wish` is the direction that was offered.
    ///
    /// # Errors
    /// [`SdpError`]: end the session, since the party believes that it is answered.
    pub fn apply_answer(&mut self, answer: &str, wish: Direction) -> Result<Agreed, SdpError> {
        let answer = Description::parse(answer)?;
        if answer.media.len() != self.lines.len() {
            return Err(SdpError::Mismatch);
        }
        let mut pairs = self.lines.iter().zip(&answer.media);
        let ours = pairs.find_map(|(line, media)| Some((line.audio()?, media)));
        let ((formats, dtmf_in), media) = ours.ok_or(SdpError::Mismatch)?;
        if !is_ours(media) {
            return Err(SdpError::NoAudio);
        }
        let chosen = media.payload_types().find_map(|payload_type| {
            let (name, clock) = media.encoding(payload_type)?;
            let is = |codec: Codec| clock == 8000 && codec.name().eq_ignore_ascii_case(name);
            let codec = formats.iter().find(|(_, codec)| is(*codec))?.1;
            Some((payload_type, codec))
        });
        let chosen = chosen.ok_or(SdpError::NoCodec)?;
        let dtmf = dtmf_in.and_then(|_| media.payload_type("telephone-event"));
        let agreed = self.agree(media, chosen, (dtmf, dtmf.and(dtmf_in)), wish)?;
        self.agreed = Some(agreed.codec);
        Ok(agreed)
    }

    fn agree(
        &self,
        media: &Media,
        (payload_type, codec): (u8, Codec),
        (dtmf, dtmf_in): (Option<u8>, Option<u8>),
        wish: Direction,
    ) -> Result<Agreed, SdpError> {
        let rtp = media.rtp().ok_or(SdpError::Address)?;
        let rtcp = media.rtcp().ok_or(SdpError::Address)?;
        let addresses = &self.capabilities.addresses;
        addresses.judge(rtp).map_err(SdpError::Forbidden)?;
        addresses.judge(rtcp).map_err(SdpError::Forbidden)?;
        let is_service = |address: SocketAddr| address.port() < PORT_MIN;
        // The unspecified address is a hold in either family.
        let v6 = |address: SocketAddr| address.ip().to_canonical().is_ipv6();
        if v6(rtp) != v6(self.rtp) && !rtp.ip().is_unspecified() {
            return Err(SdpError::Family);
        }
        // RFC 2543 §B.5: the address 0.0.0.0 asks us not to send.
        let silent = Direction::of(!rtp.ip().is_unspecified(), true);
        let direction = media.direction.reversed().and(silent).and(wish);
        if is_service(rtp) && direction.sends() {
            return Err(SdpError::Forbidden(Unfit::Service));
        }
        // Who wants no reports says so by such a port.
        let rtcp = match is_service(rtcp) {
            true => SocketAddr::new(nowhere(rtcp), rtcp.port()),
            false => rtcp,
        };
        let ptime_ms = media
            .ptime
            .filter(|ms| (10..=60).contains(ms))
            .unwrap_or(20);
        Ok(Agreed {
            rtp,
            rtcp,
            codec,
            payload_type,
            dtmf,
            dtmf_in,
            ptime_ms,
            direction,
            suppresses_silence: media.silence_suppression || media.payload_type("CN").is_some(),
        })
    }

    /// The description, with one more version where it changed (RFC 3264 §8).
    fn write(&mut self, direction: Direction) -> String {
        let ip = self.rtp.ip();
        let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
        let mut rest = format!(" IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\n");
        for line in &self.lines {
            match line {
                MediaLine::Audio { formats, dtmf } => {
                    self.write_audio(&mut rest, formats, *dtmf, direction);
                }
                MediaLine::Refused(line) => push(&mut rest, format_args!("m={line}\r\n")),
            }
        }
        if rest != self.last {
            self.version += 1;
        }
        let text = format!("v=0\r\no=- {} {}{rest}", self.session, self.version);
        self.last = rest;
        text
    }

    fn write_audio(
        &self,
        out: &mut String,
        formats: &[(u8, Codec)],
        dtmf: Option<u8>,
        direction: Direction,
    ) {
        push(out, format_args!("m=audio {} RTP/AVP", self.rtp.port()));
        let types = formats
            .iter()
            .map(|(payload_type, _)| *payload_type)
            .chain(dtmf);
        types.for_each(|payload_type| push(out, format_args!(" {payload_type}")));
        for (payload_type, codec) in formats {
            push(
                out,
                format_args!("\r\na=rtpmap:{payload_type} {}/8000", codec.name()),
            );
        }
        if let Some(dtmf) = dtmf {
            push(
                out,
                format_args!("\r\na=rtpmap:{dtmf} telephone-event/8000\r\na=fmtp:{dtmf} 0-15"),
            );
        }
        push(
            out,
            format_args!("\r\na=ptime:20\r\na={}\r\n", direction.as_str()),
        );
        if Some(self.rtcp_port) != self.rtp.port().checked_add(1) {
            push(out, format_args!("a=rtcp:{}\r\n", self.rtcp_port));
        }
    }
}

/// The unspecified address of the same family.
fn nowhere(address: SocketAddr) -> IpAddr {
    match address {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    }
}

/// Audio that we can speak at all. Which codec is another question.
fn is_ours(media: &Media) -> bool {
    let audio = media.kind.eq_ignore_ascii_case("audio") && media.port != 0;
    audio && media.protocol.eq_ignore_ascii_case("RTP/AVP")
}

/// The line that refuses a media line in its place.
fn refused(media: &Media) -> MediaLine {
    let format = media.formats.first().map_or("0", String::as_str);
    MediaLine::Refused(format!("{} 0 {} {format}", media.kind, media.protocol))
}

/// Writing to a `String` cannot fail.
fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a String takes everything");
}

#[cfg(test)]
mod tests;
