//! The phone as its user sees it.
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gudok_media::Bank;
use gudok_sip::endpoint::{Config, Endpoint, Policy, TrunkSource, UnknownSource};
use gudok_wire::media::{Media, MediaConfig};
use gudok_wire::provider::Provider;
use gudok_wire::sip::{Limits, SipSockets};
use tokio::sync::mpsc;

use crate::ear::Ear;
use crate::line::{Line, Wish};

/// Wishes and events that may wait.
const QUEUE: usize = 64;
/// Our RTP, below what daemons use: a daemon on the same machine refuses a party that names a port of its own range.
const PORTS: RangeInclusive<u16> = 10_000..=19_999;

/// How the phone is set up.
#[derive(Clone, Debug)]
pub struct Setup {
    /// SIP user and digest user.
    pub user: String,
    /// Digest password.
    pub password: String,
    /// Digest realm and domain.
    pub realm: String,
    /// The registrar and proxy.
    pub server: SocketAddr,
    /// Our address.
    pub bind: IpAddr,
    /// What is said into every call, again and again. 8 kHz mono.
    pub says: Vec<i16>,
    /// What happens when it rings.
    pub answer: Answer,
    /// How keys are sent.
    pub keys: Keys,
}

/// How keys are sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keys {
    /// As telephone-events (RFC 4733).
    Events,
    /// As tones in the voice: events are not even offered. What the phone says ends with the first of them.
    Tones,
}

/// What happens when it rings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Picks up after so long.
    After(Duration),
    /// Rings until [`Phone::pick_up`].
    Never,
    /// 486 after so long.
    Busy(Duration),
}

/// What the phone tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The registrar has our contact.
    Registered,
    /// The registrar said no (or nothing: 0).
    NotRegistered(u16),
    /// It rings.
    Incoming {
        /// URI and display name of From, as written.
        from: String,
        /// Value of `X-Call-Id`, where there is one.
        call: Option<String>,
        /// When the INVITE came.
        at: Instant,
    },
    /// What we dialled rings, or plays early media.
    Progress(u16),
    /// The talk begins.
    Established {
        /// When.
        at: Instant,
    },
    /// What became of a transfer that we asked for: 202, 100, 180, 200, a refusal.
    Transfer(u16),
    /// What we dialled said no.
    Refused(u16),
    /// The talk is over.
    Ended {
        /// Whether the other side hung up.
        by_peer: bool,
    },
}

/// Why there is no phone.
#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    /// No sockets or threads.
    #[error("the system gives no sockets or threads")]
    System(#[from] io::Error),
    /// No randomness.
    #[error("the system gives no randomness")]
    Random(#[from] getrandom::Error),
    /// What is said does not fit.
    #[error("what the phone says is no prompt")]
    Says(#[from] gudok_media::bank::BankError),
}

/// A running phone; dropping it ends it without a word, as pulling the plug would.
#[derive(Debug)]
pub struct Phone {
    wishes: mpsc::Sender<Wish>,
    ear: Ear,
    local: SocketAddr,
}

impl Phone {
    /// Opens sockets on free ports and starts; call within a tokio runtime. The events are bounded: a phone whose
    /// events nobody reads stops.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn start(setup: Setup) -> Result<(Self, mpsc::Receiver<Event>), PhoneError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        let any = SocketAddr::new(setup.bind, 0);
        let sockets = SipSockets::open(&mut Provider::binding(), &[any], &[], Limits::default())?;
        let local = sockets.udp_local();
        let endpoint = Endpoint::new(config(&setup, local), seed);
        let mut bank = Bank::new();
        let says = bank.from_pcm("says", &setup.says)?;
        let (ear, epoch) = (Ear::default(), Instant::now());
        let mut media = MediaConfig::new(
            setup.bind,
            epoch,
            u64::from_be_bytes(seed[..8].try_into().unwrap_or_default()),
        );
        media.ports = PORTS;
        (media.workers, media.pin) = (1, false);
        let tap = ear.clone();
        let (media, heard) = Media::start(media, |_| Some(Box::new(tap.clone())))?;
        let (wishes, inbox) = mpsc::channel(QUEUE);
        let (tell, events) = mpsc::channel(QUEUE);
        let line = Line::new(
            setup,
            epoch,
            sockets,
            endpoint,
            media,
            (Arc::new(bank), says),
            &seed,
            tell,
        );
        tokio::spawn(line.run(inbox, heard));
        Ok((Self { wishes, ear, local }, events))
    }

    /// Where it listens.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// Registers and stays registered; [`Event::Registered`] follows.
    pub async fn register(&self) {
        self.wish(Wish::Register).await;
    }

    /// Calls `number` at `server`, showing `from` as our number.
    pub async fn dial(&self, number: &str, from: &str) {
        self.wish(Wish::Dial {
            number: number.to_owned(),
            from: from.to_owned(),
        })
        .await;
    }

    /// Ends the call in hand, whatever its phase.
    pub async fn hang_up(&self) {
        self.wish(Wish::HangUp).await;
    }

    /// Does at once what it would do later with the call that rings ([`Setup::answer`]): takes it, unless it is busy. Nothing
    /// where none rings.
    pub async fn pick_up(&self) {
        self.wish(Wish::PickUp).await;
    }

    /// Puts the other side on hold, or takes it back.
    pub async fn hold(&self, on: bool) {
        self.wish(Wish::Hold(on)).await;
    }

    /// Presses these keys in the first call.
    pub async fn press(&self, digits: &str) {
        self.wish(Wish::Press(digits.to_owned())).await;
    }

    /// Asks for `to` in our place in the first call.
    pub async fn transfer(&self, to: &str) {
        self.wish(Wish::Transfer(to.to_owned())).await;
    }

    /// Asks for whom the second line speaks with in our place in the first call.
    pub async fn join(&self) {
        self.wish(Wish::Join).await;
    }

    /// Everything heard so far, in all calls. 8 kHz mono.
    pub fn heard(&self) -> Vec<i16> {
        self.ear.heard()
    }

    async fn wish(&self, wish: Wish) {
        // A phone that has ended takes no wishes; its events have ended too, which is how one knows.
        let _ = self.wishes.send(wish).await;
    }
}

/// The same machine as the daemon's, which believes everybody: our server is the only one who calls.
fn config(setup: &Setup, local: SocketAddr) -> Config {
    let trunk = TrunkSource {
        trunk: "server".into(),
        network: (setup.server.ip(), 0),
    };
    Config {
        contact_udp: local.to_string(),
        contact_tcp: None,
        contact_tls: None,
        contacts: Vec::new(),
        prack: true,
        realm: setup.realm.clone(),
        agent: "gudok-phone".into(),
        policy: Policy {
            trunks: vec![trunk],
            lines: Vec::new(),
            unknown: UnknownSource::Drop,
        },
        nonce_life: Duration::from_secs(300),
        expires_secs: (60, 3_600),
        sessions_max: 4,
        t1: Duration::from_millis(500),
    }
}
