//! The state of one leg.
use std::net::SocketAddr;

use crate::control::{Codec, MediaLeg, Peer, Stats};
use crate::dtmf;
use crate::emodel::Impairment;
use crate::g711;
use crate::outgoing::Outgoing;
use crate::play::Playback;
use crate::reception::{Place, Reception};
use crate::rtp::Header;
use crate::source::Source;
use crate::tones::Detector;

pub(crate) struct Leg {
    pub(crate) id: MediaLeg,
    /// The millisecond of 20 in which its frames are made.
    pub(crate) phase: u8,
    pub(crate) party: Option<Party>,
    pub(crate) reception: Reception,
    pub(crate) out: Outgoing,
    pub(crate) listener: dtmf::Listener,
    /// Digits in the voice are awaited.
    pub(crate) listens: bool,
    /// Hears digits in the voice, while they are awaited; and beyond, until the one that was told has ended, lest it
    /// is told again to the next question.
    pub(crate) tones: Option<Box<Detector>>,
    pub(crate) digits: dtmf::Sender,
    /// Timestamp of the digit that is being sent.
    pub(crate) digit_ts: u32,
    pub(crate) playback: Option<Playback>,
    pub(crate) bridge: Option<MediaLeg>,
    /// Its room's place in the engine.
    pub(crate) room: Option<u16>,
    pub(crate) recording: Option<Recording>,
    pub(crate) life: Life,
    pub(crate) reports: Reports,
    pub(crate) foreign: u64,
    pub(crate) unagreed: u64,
}

/// The party at the other end, once its SDP is known.
pub(crate) struct Party {
    pub(crate) peer: Peer,
    pub(crate) source: Source,
    pub(crate) learned_rtcp: Option<SocketAddr>,
}

/// Signs of life.
pub(crate) struct Life {
    pub(crate) heard: bool,
    /// Latest RTP or RTCP, or the moment its silence began to mean something.
    pub(crate) last_at: u64,
    /// Latest RTP.
    pub(crate) last_rtp_at: Option<u64>,
    pub(crate) gap_us_max: u64,
    pub(crate) silence_told: bool,
    /// When the talk began, or went on after something that we played into it.
    pub(crate) talk_since: u64,
    /// It is known to send nothing while nobody speaks.
    pub(crate) suppresses: bool,
    /// The latest packet was comfort noise: silence is what it said would come.
    pub(crate) in_comfort: bool,
    /// It sends RTCP, so its silence means something.
    pub(crate) reports: bool,
    /// Place and timestamp of the latest audio.
    pub(crate) voice: Option<(Place, u32)>,
}

/// Comfort noise at 8000 Hz: 13 (RFC 3551 §6), and 19, which stood for it before.
const COMFORT_NOISE: [u8; 2] = [13, 19];
/// A step of timestamps between two packets in a row beyond which the sender paused by itself: twice the longest
/// packet. Samples.
const PAUSE: u32 = 960;

impl Life {
    /// Any packet of the party, agreed or not, is a sign of life.
    pub(crate) fn note(&mut self, now: u64, payload_type: u8) {
        (self.last_at, self.silence_told) = (now, false);
        self.in_comfort = COMFORT_NOISE.contains(&payload_type);
        self.suppresses |= self.in_comfort;
    }

    /// Audio in its order: numbers that go on after the clock has jumped tell of a pause that the sender made.
    pub(crate) fn note_voice(&mut self, place: Place, ts: u32) {
        if let Some((last, last_ts)) = self.voice.replace((place, ts)) {
            let step = ts.wrapping_sub(last_ts);
            let follows = (last.stream, last.ext + 1) == (place.stream, place.ext);
            self.suppresses |= follows && (PAUSE..u32::MAX / 2).contains(&step);
        }
    }

    /// It said that silence comes, and never sent what would go on in silence.
    pub(crate) fn may_stay_silent(&self) -> bool {
        self.in_comfort && !self.reports
    }
}

/// RTCP both ways.
#[derive(Default)]
pub(crate) struct Reports {
    pub(crate) next_at: u64,
    pub(crate) count: u32,
    /// Packets we had sent at the last report.
    pub(crate) packets: u64,
    /// Time in the party's last sender report, and its arrival.
    pub(crate) sender_report: Option<(u32, u64)>,
    /// Packets it says it lost, of how many we had sent.
    pub(crate) remote: Option<(i32, u64)>,
    pub(crate) rtt_us: Option<u32>,
}

#[derive(Clone, Copy)]
pub(crate) struct Recording {
    pub(crate) number: u64,
    pub(crate) since: u64,
    pub(crate) wall: i64,
    pub(crate) paused: bool,
    /// Frames of the third track so far, wrapping.
    pub(crate) aside: u16,
    /// Holes in the journal when its start was last told.
    pub(crate) told_at: u64,
}

/// What an agreed payload type is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Audio(Codec),
    Digit,
}

impl Leg {
    pub(crate) fn new(now: u64, id: MediaLeg, phase: u8, out: Outgoing) -> Self {
        Self {
            id,
            phase,
            party: None,
            reception: Reception::default(),
            out,
            listener: dtmf::Listener::default(),
            listens: false,
            tones: None,
            digits: dtmf::Sender::default(),
            digit_ts: 0,
            playback: None,
            bridge: None,
            room: None,
            recording: None,
            life: Life {
                heard: false,
                last_at: now,
                last_rtp_at: None,
                gap_us_max: 0,
                silence_told: false,
                talk_since: now,
                suppresses: false,
                in_comfort: false,
                reports: false,
                voice: None,
            },
            reports: Reports::default(),
            foreign: 0,
            unagreed: 0,
        }
    }

    /// What the party's SDP says, first or again.
    pub(crate) fn agree(&mut self, now: u64, peer: Peer) {
        let on_hold = |peer: &Peer| !peer.send || !peer.receive;
        let was_on_hold = self.party.as_ref().is_none_or(|party| on_hold(&party.peer));
        if was_on_hold && !on_hold(&peer) {
            (self.life.last_at, self.life.silence_told) = (now, false);
        }
        (self.life.last_rtp_at, self.life.voice) = (None, None);
        self.out.pause();
        match &mut self.party {
            Some(party) => {
                party.source.signal(peer.rtp, peer.learn);
                if party.peer.rtcp != peer.rtcp {
                    party.learned_rtcp = None;
                }
                party.peer = peer;
            }
            None => {
                let source = Source::new(peer.rtp, peer.learn);
                self.party = Some(Party {
                    peer,
                    source,
                    learned_rtcp: None,
                });
            }
        }
    }

    /// Counts a packet that was agreed; true for the first one.
    pub(crate) fn alive(&mut self, now: u64) -> bool {
        if let Some(last) = self.life.last_rtp_at.replace(now) {
            self.life.gap_us_max = self.life.gap_us_max.max(now.saturating_sub(last));
        }
        !std::mem::replace(&mut self.life.heard, true)
    }

    /// Where RTP may be sent, if it may.
    pub(crate) fn target(&self) -> Option<(SocketAddr, &Peer)> {
        let party = self.party.as_ref()?;
        let to = party.source.target();
        (party.peer.send && is_real(to)).then_some((to, &party.peer))
    }

    pub(crate) fn stats(&self) -> Stats {
        let heard = &self.reception;
        let (lost, expected) = (heard.lost(), heard.expected());
        let loss_percent = 100.0 * lost as f32 / expected.max(1) as f32;
        let rtt_us = self.reports.rtt_us;
        let sound = Impairment::measured(loss_percent, heard.jitter_us_mean(), rtt_us);
        Stats {
            received: heard.received(),
            sent: self.out.packets(),
            lost,
            duplicate: heard.duplicate(),
            reordered: heard.reordered(),
            jitter_us_max: heard.jitter_us_max(),
            jitter_us_mean: heard.jitter_us_mean(),
            gap_ms_max: u32::try_from(self.life.gap_us_max / 1_000).unwrap_or(u32::MAX),
            remote_loss_permille: self.reports.remote.map(|(lost, of)| permille(lost, of)),
            rtt_us,
            foreign: self.foreign,
            unagreed: self.unagreed,
            mos: if heard.received() == 0 {
                0.0
            } else {
                sound.mos()
            },
        }
    }
}

impl Leg {
    /// Listens for digits in the voice, or not any more.
    pub(crate) fn listen(&mut self, on: bool) {
        self.listens = on;
        if on {
            self.tones.get_or_insert_default().open();
        } else {
            self.tones.take_if(|tones| !tones.is_sounding());
        }
    }

    /// Listens for `#` while the party speaks.
    pub(crate) fn listen_for_hash(&mut self) {
        self.listens = true;
        self.tones.get_or_insert_default().guard('#');
    }

    /// The digit that begins to sound in the voice with this packet. Who agreed to telephone-events presses none: what
    /// sounds like a key there is a voice.
    pub(crate) fn tone(&mut self, codec: Codec, header: &Header, payload: &[u8]) -> Option<char> {
        let tones = self.tones.as_mut()?;
        if self.party.as_ref()?.peer.dtmf.is_some() {
            return None;
        }
        tones.packet(header);
        let digit = tones.hear(payload.iter().map(|byte| g711::decode(codec, *byte)));
        if self.listens {
            return digit;
        }
        if digit.is_some() || !tones.is_sounding() {
            self.tones = None;
        }
        None
    }
}

impl Party {
    pub(crate) fn role(&self, payload_type: u8) -> Option<Role> {
        if payload_type == self.peer.payload_type {
            Some(Role::Audio(self.peer.codec))
        } else if Some(payload_type) == self.peer.dtmf {
            Some(Role::Digit)
        } else {
            None
        }
    }
}

/// An address of a hold (`c=0.0.0.0`) or a refused stream (port 0) is no place to send to.
pub(crate) fn is_real(address: SocketAddr) -> bool {
    !address.ip().is_unspecified() && address.port() != 0
}

fn permille(lost: i32, of: u64) -> u16 {
    let lost = u64::try_from(lost).unwrap_or(0);
    (lost * 1_000 / of.max(1)).min(1_000) as u16
}
