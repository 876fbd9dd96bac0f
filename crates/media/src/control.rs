//! The contract between the call side and a media worker: commands in, events out, both over bounded queues.
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::bank::Bank;

/// One leg of one worker. Given out by the driver, never used twice; the worker is in the upper bits, so that
/// all legs of a call are opened on the same worker.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MediaLeg(pub u64);

impl MediaLeg {
    /// Worker in the upper 16 bits, generation in the middle 32, place in the worker's table in the lower 16.
    pub fn new(worker: u16, generation: u32, slot: u16) -> Self {
        Self(u64::from(worker) << 48 | u64::from(generation) << 16 | u64::from(slot))
    }

    /// The worker all packets of this leg pass through.
    pub fn worker(self) -> u16 {
        (self.0 >> 48) as u16
    }

    /// The place in the worker's table.
    pub fn slot(self) -> u16 {
        self.0 as u16
    }
}

/// What a worker is told.
#[derive(Clone, Debug)]
pub enum Command {
    /// What the SDP said about the party: where it listens and what it speaks. Again after a re-INVITE.
    Peer {
        /// Which leg.
        leg: MediaLeg,
        /// Agreed media.
        peer: Peer,
    },
    /// Plays frames of a bank, one prompt after the other; replaces what plays now. It plays on from that bank, whatever
    /// others come.
    Play {
        /// To whom.
        leg: MediaLeg,
        /// Returned with [`Event::PlayEnded`].
        play: u32,
        /// Where the frames are. Whoever sends this should keep the bank until [`Event::PlayEnded`] or the end of the
        /// leg: the last to hold it frees it, which is no work for the thread of the audio.
        bank: Arc<Bank>,
        /// Prompts by number in the bank.
        prompts: Arc<[u32]>,
        /// From the start again after the end.
        repeat: bool,
    },
    /// Ends a playback.
    Stop {
        /// On which leg.
        leg: MediaLeg,
    },
    /// The two hear each other from the next frame on. Both are of this worker.
    Bridge {
        /// One.
        a: MediaLeg,
        /// The other.
        b: MediaLeg,
    },
    /// Ends the bridge of this leg.
    Unbridge {
        /// One of the two.
        leg: MediaLeg,
    },
    /// A room from the next frame on, or the room of this name as it is from now on: the parties hear whom they are to
    /// hear, mixed. A party in no room and bridge before hears nothing more of what was; what was played to one that
    /// heard nobody stops when it hears somebody. No parties: the room is over. Telephone-events reach nobody in it.
    Mix {
        /// Any leg of this worker as its name, open or not.
        room: MediaLeg,
        /// All who are in it, at most [`PARTIES_MAX`](crate::room::PARTIES_MAX); further ones, and legs that are not
        /// open, are left out. Who is only heard is in it too.
        parties: Vec<Hears>,
    },
    /// The room is over: its parties hear nothing until told otherwise.
    Unmix {
        /// Its name.
        room: MediaLeg,
    },
    /// Taps this leg from now on: what comes from it is left, what is sent to it is right.
    Record {
        /// The caller's leg, or that of whoever is asked aside.
        leg: MediaLeg,
        /// Number of the recording in the journal.
        recording: u64,
    },
    /// The recording of this leg is over; the leg goes on.
    StopRecording {
        /// The recorded leg.
        leg: MediaLeg,
    },
    /// No audio reaches the journal while paused; the timeline goes on.
    PauseRecording {
        /// The caller's leg.
        leg: MediaLeg,
        /// On or off.
        on: bool,
    },
    /// Sends digits as telephone-events (RFC 4733).
    SendDigits {
        /// To whom.
        leg: MediaLeg,
        /// `0`–`9`, `*`, `#`, `A`–`D`.
        digits: String,
    },
    /// Listens for digits in the voice of this leg, or not any more ([`crate::tones`]); none are heard while its party
    /// agrees to telephone-events. A digit that sounds on from one listening to the next is told once.
    Listen {
        /// Whose voice.
        leg: MediaLeg,
        /// On or off.
        on: bool,
    },
    /// Listens for `#` alone in the voice of this leg, by a press that is held for long: the party speaks meanwhile
    /// ([`crate::tones::GUARD`]). Ends with [`Command::Listen`].
    ListenForHash {
        /// Whose voice.
        leg: MediaLeg,
    },
    /// The leg is over: its ports drain, its statistics come out as [`Event::Closed`].
    Close {
        /// Which.
        leg: MediaLeg,
    },
}

impl Command {
    /// The leg it is about; of two, the first.
    pub fn leg(&self) -> MediaLeg {
        match *self {
            Self::Peer { leg, .. }
            | Self::Play { leg, .. }
            | Self::Stop { leg }
            | Self::Bridge { a: leg, .. }
            | Self::Unbridge { leg }
            | Self::Mix { room: leg, .. }
            | Self::Unmix { room: leg }
            | Self::Record { leg, .. }
            | Self::StopRecording { leg }
            | Self::PauseRecording { leg, .. }
            | Self::SendDigits { leg, .. }
            | Self::Listen { leg, .. }
            | Self::ListenForHash { leg }
            | Self::Close { leg } => leg,
        }
    }
}

/// Whom one party of a room hears.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hears {
    /// Who.
    pub leg: MediaLeg,
    /// Exactly these; nobody: it hears what is played to it, or silence.
    pub from: Vec<MediaLeg>,
}

/// The agreed media of a leg.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Peer {
    /// Where the party listens for RTP. Packets are accepted from here only (or by `learn`).
    pub rtp: SocketAddr,
    /// Where it listens for RTCP; port + 1 unless `a=rtcp` said otherwise.
    pub rtcp: SocketAddr,
    /// What is spoken.
    pub codec: Codec,
    /// Payload type of `codec`, as the party numbers it.
    pub payload_type: u8,
    /// Payload type of telephone-event, where agreed.
    pub dtmf: Option<u8>,
    /// Whether we may send (`sendonly` and `inactive` of the party's hold forbid it) .
    pub send: bool,
    /// Whether the party will send.
    pub receive: bool,
    /// NAT: the one host from which the party may speak though it said another address, and that is where its SIP
    /// comes from; learned once, never while the signalled address speaks. None: nothing is learned.
    pub learn: Option<IpAddr>,
    /// In a talk the party is [`Event::Silent`] after so long already. Microseconds; None: as long as at any time.
    pub talk_silence_us: Option<u64>,
}

/// A codec we pass without transcoding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Codec {
    /// G.711 A-law, payload type 8.
    Pcma,
    /// G.711 µ-law, payload type 0.
    Pcmu,
}

impl Codec {
    /// The payload type RFC 3551 §6 gives it.
    pub fn static_payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
        }
    }

    /// The codec that RFC 3551 §6 gives this payload type to.
    pub fn of_static(payload_type: u8) -> Option<Self> {
        match payload_type {
            0 => Some(Self::Pcmu),
            8 => Some(Self::Pcma),
            _ => None,
        }
    }
}

/// What a worker tells.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// The first accepted packet of the party.
    Heard {
        /// Whose.
        leg: MediaLeg,
    },
    /// A playback came to its end by itself.
    PlayEnded {
        /// On which leg.
        leg: MediaLeg,
        /// Which.
        play: u32,
    },
    /// A digit was pressed; once per press.
    Digit {
        /// On which leg.
        leg: MediaLeg,
        /// Which.
        digit: char,
        /// Heard as a tone in the voice; else a telephone-event (RFC 4733).
        by_tone: bool,
    },
    /// Neither RTP nor RTCP for the time set, and no hold.
    ///
    /// Silent is who sends no packet at all, not who says nothing. Whoever is known to stop sending between words
    /// (it has sent comfort noise, RFC 3389, or its numbers went on after a pause of its clock) is given the longer
    /// time even in a talk; and where its latest packet was comfort noise and it never sent RTCP, nothing can be said.
    Silent {
        /// Whose.
        leg: MediaLeg,
    },
    /// A party of a room began or stopped to speak, by the energy of its voice; told when speech has outweighed silence
    /// by 200 ms, or silence speech. Who leaves the room speaks no more.
    Speaks {
        /// Who.
        leg: MediaLeg,
        /// Began, or stopped.
        on: bool,
    },
    /// The leg is closed; its statistics. Exactly one for each leg that was opened, never dropped.
    Closed {
        /// Which.
        leg: MediaLeg,
        /// Why.
        by: ClosedBy,
        /// Over its life.
        stats: Box<Stats>,
    },
    /// The recorder did not keep up: audio of all recordings of this worker is missing (a hole marks the place).
    RecordingHole {
        /// Whose.
        worker: u16,
        /// Blocks dropped since the worker started.
        blocks: u64,
    },
    /// A bug in the tap: this worker records nothing from now on, so that its talks can go on.
    TapLost {
        /// Whose.
        worker: u16,
    },
}

/// Why a leg is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClosedBy {
    /// [`Command::Close`].
    Command,
    /// A panic in our code while it worked on this leg: nobody told it to end, so its party still waits for us.
    Bug,
}

/// Statistics of one leg over its life.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Stats {
    /// RTP packets received and accepted.
    pub received: u64,
    /// RTP packets sent.
    pub sent: u64,
    /// Missing by sequence number.
    pub lost: u64,
    /// Received twice.
    pub duplicate: u64,
    /// Received out of order.
    pub reordered: u64,
    /// Highest interarrival jitter (RFC 3550 §6.4.1). Microseconds.
    pub jitter_us_max: u32,
    /// Mean of the same.
    pub jitter_us_mean: u32,
    /// Longest pause between packets while the party was to send. Milliseconds.
    pub gap_ms_max: u32,
    /// What the party's RTCP says it lost of ours. Parts per thousand.
    pub remote_loss_permille: Option<u16>,
    /// Round trip by RTCP. Microseconds.
    pub rtt_us: Option<u32>,
    /// Packets of anybody else; dropped.
    pub foreign: u64,
    /// Packets of the party whose payload type was not agreed, or that came while it was not to send; dropped.
    pub unagreed: u64,
    /// E-model (G.107), 1.0–4.5; 0 when nothing was received, so nothing can be said.
    pub mos: f32,
}
