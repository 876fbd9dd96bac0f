//! SIPp as the carrier: it calls the hotline over the trunk and plays a tone in A-law (or µ-law).
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use gudok_media::control::Codec;

use crate::audio;
use crate::process::{Process, free_port, free_ports};

/// One call of the carrier, to be set up and started.
#[derive(Clone, Debug)]
pub struct Call {
    from: String,
    to: String,
    headers: String,
    hold: Duration,
    ending: Ending,
    transport: &'static str,
    codec: Codec,
    /// Our 183 is acknowledged (RFC 3262).
    reliable: bool,
    /// Keys sent by INFO once we have answered.
    infos: String,
    /// Whether telephone-events are offered.
    events: bool,
    /// Keys that are played as tones, again and again.
    plays: String,
    /// Keys that SIPp sends as telephone-events by itself.
    sends: String,
}

/// Length of the tones that SIPp repeats.
const TONE: Duration = Duration::from_secs(10);

/// How the caller's side ends the call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ending {
    /// BYE after the hold time, unless we hang up first.
    Bye,
    /// CANCEL after the time, before any answer.
    Cancel,
    /// Says nothing any more: the process is killed.
    Vanish,
    /// Is refused by us with this status.
    Refused(u16),
}

/// A call under way.
#[derive(Debug)]
pub struct Running {
    process: Process,
    _dir: tempfile::TempDir,
}

impl Call {
    /// A call from this number (as the trunk writes it) to that one.
    pub fn new(from: &str, to: &str) -> Self {
        Self {
            from: format!("<sip:{from}@[local_ip]:[local_port]>"),
            to: to.to_owned(),
            headers: String::new(),
            hold: Duration::from_secs(5),
            ending: Ending::Bye,
            transport: "u1",
            codec: Codec::Pcma,
            reliable: false,
            infos: String::new(),
            events: true,
            plays: String::new(),
            sends: String::new(),
        }
    }

    /// A caller who withholds the number.
    pub fn anonymous(to: &str) -> Self {
        let mut call = Self::new("unused", to);
        call.from = "\"Anonymous\" <sip:anonymous@anonymous.invalid>".to_owned();
        call.headers = "Privacy: id\n".to_owned();
        call
    }

    /// Another header line.
    #[must_use]
    pub fn header(mut self, line: &str) -> Self {
        self.headers += line;
        self.headers.push('\n');
        self
    }

    /// Talks this long after the answer, then BYE.
    #[must_use]
    pub fn hold(mut self, hold: Duration) -> Self {
        self.hold = hold;
        self
    }

    /// Gives up after it has rung so long, before any answer.
    #[must_use]
    pub fn cancel_after(mut self, patience: Duration) -> Self {
        self.hold = patience;
        self.ending = Ending::Cancel;
        self
    }

    /// Never hangs up by itself; [`Running::vanish`] ends it without a word.
    #[must_use]
    pub fn until_killed(mut self) -> Self {
        self.hold = Duration::from_secs(600);
        self.ending = Ending::Vanish;
        self
    }

    /// Must be refused with this status.
    #[must_use]
    pub fn refused(mut self, status: u16) -> Self {
        self.ending = Ending::Refused(status);
        self
    }

    /// Over TCP.
    #[must_use]
    pub fn tcp(mut self) -> Self {
        self.transport = "t1";
        self
    }

    /// Over a carrier that requires 100rel: it acknowledges our 183 (RFC 3262).
    #[must_use]
    pub fn acknowledges_early_media(mut self) -> Self {
        self.reliable = true;
        self
    }

    /// Speaks µ-law and nothing else.
    #[must_use]
    pub fn mulaw(mut self) -> Self {
        self.codec = Codec::Pcmu;
        self
    }

    /// Presses these keys by SIP INFO, one after the other, as soon as it is answered. Each must get its 200.
    #[must_use]
    pub fn presses_by_info(mut self, digits: &str) -> Self {
        self.infos = digits.to_owned();
        self
    }

    /// Presses these keys as telephone-events of SIPp's own making (RFC 4733), a second after the answer. Nothing else is
    /// heard of it. SIPp writes its packets itself, which takes the right to raw sockets.
    #[must_use]
    pub fn presses_by_events(mut self, keys: &str) -> Self {
        self.sends = keys.to_owned();
        self
    }

    /// Offers no telephone-event.
    #[must_use]
    pub fn without_events(mut self) -> Self {
        self.events = false;
        self
    }

    /// Offers no telephone-event and plays these keys as tones, again after a pause of some seconds.
    #[must_use]
    pub fn plays_keys(mut self, keys: &str) -> Self {
        self.plays = keys.to_owned();
        self.without_events()
    }

    /// Dials.
    pub fn start(&self, target: SocketAddr) -> Result<Running> {
        let dir = tempfile::tempdir()?;
        let scenario = dir.path().join("caller.xml");
        std::fs::write(&scenario, self.scenario(dir.path())?)?;
        let here = if target.is_ipv6() { HERE_V6 } else { HERE };
        let target = ["-s".to_owned(), self.to.clone(), target.to_string()];
        let process = sipp(
            &scenario,
            dir.path(),
            self.transport,
            &target,
            free_port()?,
            here,
        )?;
        Ok(Running { process, _dir: dir })
    }

    fn scenario(&self, dir: &Path) -> Result<String> {
        let tone = dir.join("caller.g711");
        let says = match self.plays.as_str() {
            "" => audio::tone(audio::CALLER, TONE),
            keys => audio::keys(keys),
        };
        std::fs::write(&tone, encoded(self.codec, &says))?;
        let (payload_type, name) = match self.codec {
            Codec::Pcma => ("8", "PCMA"),
            Codec::Pcmu => ("0", "PCMU"),
        };
        let skeleton = match (self.ending, self.reliable) {
            (Ending::Refused(_), _) => include_str!("../sipp/caller_refused.xml"),
            (Ending::Cancel, _) => include_str!("../sipp/caller_cancels.xml"),
            (Ending::Bye | Ending::Vanish, false) => include_str!("../sipp/caller.xml"),
            (Ending::Bye | Ending::Vanish, true) => include_str!("../sipp/caller_reliable.xml"),
        };
        let skeleton = match self.sends.as_str() {
            "" => skeleton.to_owned(),
            keys => sends_events(skeleton, keys),
        };
        let status = match self.ending {
            Ending::Refused(status) => status,
            Ending::Bye | Ending::Cancel | Ending::Vanish => 0,
        };
        Ok(skeleton
            .replace("{infos}", &infos(&self.infos))
            .replace("{status}", &status.to_string())
            .replace("{from}", &self.from)
            .replace("{headers}", &self.headers)
            .replace("{events}", &self.events(payload_type, name))
            .replace("{pt}", payload_type)
            .replace("{codec}", name)
            .replace("{hold}", &self.hold.as_millis().to_string())
            .replace("{tone}", &tone.display().to_string()))
    }
}

impl Call {
    /// The formats besides the codec, and what they all are.
    fn events(&self, payload_type: &str, codec: &str) -> String {
        let codec = format!("\na=rtpmap:{payload_type} {codec}/8000");
        match self.events {
            false => codec,
            true => format!(" 101{codec}\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15"),
        }
    }
}

/// The same scenario with telephone-events in the place of the tone. SIPp's have payload type 96 and come from the port of
/// its `media_port`; each key sounds for 100 ms.
fn sends_events(skeleton: &str, keys: &str) -> String {
    let keys = format!(
        "<pause milliseconds=\"1000\"/>\n  <nop><action><exec play_dtmf=\"{keys},100\"/></action></nop>"
    );
    skeleton
        .replace("[rtpstream_audio_port]", "[media_port]")
        .replace(
            "{events}",
            " 96\na=rtpmap:{pt} {codec}/8000\na=rtpmap:96 telephone-event/8000\na=fmtp:96 0-15",
        )
        .replace(
            "<nop><action><exec rtp_stream=\"{tone},-1,{pt},{codec}/8000\"/></action></nop>",
            &keys,
        )
        .replace(
            "<nop><action><exec rtp_stream=\"pause\"/></action></nop>\n",
            "",
        )
}

/// One INFO for each key.
fn infos(digits: &str) -> String {
    let info = |(at, digit): (usize, char)| {
        include_str!("../sipp/info.xml")
            .replace("{cseq}", &(at + 2).to_string())
            .replace("{digit}", &digit.to_string())
    };
    digits.chars().enumerate().map(info).collect()
}

impl Running {
    /// Waits for the end of the call; an error when SIPp met something else than its scenario.
    pub fn finish(mut self, patience: Duration) -> Result<()> {
        let status = self.process.wait(patience)?;
        ensure!(
            status.success(),
            "SIPp failed ({status}):\n{}",
            self.process.printed()
        );
        Ok(())
    }

    /// Ends without BYE, as a line that is cut.
    pub fn vanish(mut self) -> Result<()> {
        self.process.kill()
    }
}

/// A phone outside that SIPp plays: it rings and answers, as a duty engineer would.
#[derive(Debug)]
pub struct Callee {
    process: Process,
    /// Where it listens.
    pub address: SocketAddr,
    _dir: tempfile::TempDir,
}

impl Callee {
    /// Answers one call after ringing for a while, and waits for BYE.
    pub fn answering() -> Result<Self> {
        Self::start(include_str!("../sipp/callee.xml"), "u1")
    }

    /// The same over IPv6.
    pub fn answering_v6() -> Result<Self> {
        Self::start_at(include_str!("../sipp/callee.xml"), "u1", HERE_V6)
    }

    /// The same over TCP.
    pub fn answering_tcp() -> Result<Self> {
        Self::start(include_str!("../sipp/callee.xml"), "t1")
    }

    /// The same, where the INVITE has these headers: name, and what its value must match.
    pub fn checking(headers: &[(&str, &str)]) -> Result<Self> {
        let check = |(at, (name, value)): (usize, &(&str, &str))| {
            format!(
                "<ereg regexp=\"{value}\" search_in=\"hdr\" header=\"{name}:\" check_it=\"true\" assign_to=\"{}\"/>",
                at + 1
            )
        };
        let checks: String = headers.iter().enumerate().map(check).collect();
        let names: Vec<String> = (1..=headers.len()).map(|at| at.to_string()).collect();
        let recv =
            format!("<recv request=\"INVITE\" rrs=\"true\"><action>{checks}</action></recv>");
        let reference = format!("<Reference variables=\"{}\"/></scenario>", names.join(","));
        let skeleton = include_str!("../sipp/callee.xml")
            .replace("<recv request=\"INVITE\" rrs=\"true\"/>", &recv)
            .replace("</scenario>", &reference);
        Self::start(&skeleton, "u1")
    }

    /// A registrar that asks who we are, finds the proof stale, the time too brief, and lets us in; then it waits for us
    /// to go.
    pub fn registrar() -> Result<Self> {
        Self::start(include_str!("../sipp/registrar.xml"), "u1")
    }

    /// Says busy to one call.
    pub fn busy() -> Result<Self> {
        Self::start(include_str!("../sipp/callee_busy.xml"), "u1")
    }

    fn start(skeleton: &str, transport: &str) -> Result<Self> {
        Self::start_at(skeleton, transport, HERE)
    }

    fn start_at(skeleton: &str, transport: &str, here: &str) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let (scenario, tone) = (dir.path().join("callee.xml"), dir.path().join("callee.al"));
        std::fs::write(
            &tone,
            encoded(Codec::Pcma, &audio::tone(audio::OPERATOR, TONE)),
        )?;
        std::fs::write(
            &scenario,
            skeleton.replace("{tone}", &tone.display().to_string()),
        )?;
        let port = free_port()?;
        let address = SocketAddr::new(here.parse()?, port);
        let process = sipp(&scenario, dir.path(), transport, &[], port, here)?;
        Ok(Self {
            process,
            address,
            _dir: dir,
        })
    }

    /// Waits until its one call is over.
    pub fn finish(mut self, patience: Duration) -> Result<()> {
        let status = self.process.wait(patience)?;
        ensure!(
            status.success(),
            "the callee failed ({status}):\n{}",
            self.process.printed()
        );
        Ok(())
    }
}

/// One call over one socket, its scenario to the end. RTP on ports of its own.
pub(crate) fn sipp(
    scenario: &Path,
    dir: &Path,
    transport: &str,
    target: &[String],
    port: u16,
    here: &str,
) -> Result<Process> {
    let media = free_ports(RTP_PORTS)?;
    let log: PathBuf = dir.join("errors.log");
    let mut command = Command::new("sipp");
    command
        .current_dir(dir)
        .args(target)
        .args(["-sf", &scenario.display().to_string()])
        .args([
            "-m", "1", "-t", transport, "-nostdin", "-i", here, "-mi", here,
        ])
        .args(["-p", &port.to_string(), "-mp", &media.to_string()])
        .args(["-trace_err", "-error_file", &log.display().to_string()]);
    Process::start("sipp", &mut command)
}

/// Where SIPp is, unless it is told to speak IPv6.
const HERE: &str = "127.0.0.1";
/// The same over IPv6.
const HERE_V6: &str = "::1";

/// RTP and RTCP for audio and video, twice.
const RTP_PORTS: u16 = 8;

/// G.711 bytes of PCM, for SIPp's stream.
fn encoded(codec: Codec, sound: &audio::Sound) -> Vec<u8> {
    sound
        .0
        .iter()
        .map(|sample| gudok_media::g711::encode(codec, *sample))
        .collect()
}
