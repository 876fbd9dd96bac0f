//! The built-in softphone at either end of a call, with an ear that can be asked while it listens.
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use gudok_phone::{Answer, Event, Keys, Phone, Setup};
use tokio::sync::mpsc::Receiver;
use tokio::time::{interval, timeout};

use crate::audio::{Sound, tone};
use crate::daemon::PASSWORD;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often the ear is asked: as often as packets come.
const PACKET: Duration = Duration::from_millis(20);

/// A phone that says one tone.
#[derive(Debug)]
pub struct Softphone {
    phone: Phone,
    events: Receiver<Event>,
}

impl Softphone {
    /// A phone on loopback whose server is the daemon.
    pub fn start(user: &str, server: SocketAddr, says: f64, answer: Answer) -> Result<Self> {
        Self::start_at(server.ip(), user, server, says, answer)
    }

    /// The same at another address: what comes from a trunk's is the trunk's, and no phone's.
    pub fn start_at(
        bind: IpAddr,
        user: &str,
        server: SocketAddr,
        says: f64,
        answer: Answer,
    ) -> Result<Self> {
        Self::set_up(setup((bind, user, server), says, answer))
    }

    /// A caller that knows no telephone-events: it presses keys as tones in its voice, and says nothing else from then on.
    pub fn by_tones(user: &str, server: SocketAddr, says: f64) -> Result<Self> {
        Self::set_up(Setup {
            keys: Keys::Tones,
            ..setup((server.ip(), user, server), says, Answer::Never)
        })
    }

    fn set_up(setup: Setup) -> Result<Self> {
        let (phone, events) = Phone::start(setup)?;
        Ok(Self { phone, events })
    }

    /// Registers; returns when the registrar has said yes.
    pub async fn register(&mut self) -> Result<()> {
        self.phone.register().await;
        self.until("the registration", |event| *event == Event::Registered)
            .await
            .map(drop)
    }

    /// Calls `number` from `from`.
    pub async fn dial(&self, number: &str, from: &str) {
        self.phone.dial(number, from).await;
    }

    /// Ends the call in hand.
    pub async fn hang_up(&self) {
        self.phone.hang_up().await;
    }

    /// Waits until it rings, and takes the call.
    pub async fn pick_up(&mut self) -> Result<()> {
        self.ringing().await?;
        self.phone.pick_up().await;
        Ok(())
    }

    /// Puts the other side on hold, or takes it back.
    pub async fn hold(&self, on: bool) {
        self.phone.hold(on).await;
    }

    /// Presses these keys.
    pub async fn press(&self, digits: &str) {
        self.phone.press(digits).await;
    }

    /// Passes the caller on, blind.
    pub async fn transfer(&self, to: &str) {
        self.phone.transfer(to).await;
    }

    /// Passes the caller on to whom the second line speaks with.
    pub async fn join(&self) {
        self.phone.join().await;
    }

    /// Waits for this word on a transfer.
    pub async fn transferred(&mut self, status: u16) -> Result<()> {
        let what = format!("{status} of the transfer");
        self.until(&what, |event| *event == Event::Transfer(status))
            .await
            .map(drop)
    }

    /// Waits until it rings.
    pub async fn ringing(&mut self) -> Result<Event> {
        self.until("a call", |event| matches!(event, Event::Incoming { .. }))
            .await
    }

    /// Waits until the other side has answered, or until we did.
    pub async fn established(&mut self) -> Result<()> {
        self.until("an answer", |event| {
            matches!(event, Event::Established { .. })
        })
        .await
        .map(drop)
    }

    /// Waits until the other side has hung up.
    pub async fn hung_up_on(&mut self) -> Result<()> {
        self.until("the end", |event| *event == Event::Ended { by_peer: true })
            .await
            .map(drop)
    }

    /// Waits until the ear has heard so much of a tone, ever.
    pub async fn hears(&self, frequency: f64, secs: f32) -> Result<()> {
        self.hears_after(0, frequency, secs).await
    }

    /// Waits until the ear has heard so much of a tone from now on.
    pub async fn hears_now(&self, frequency: f64, secs: f32) -> Result<()> {
        self.hears_after(self.heard().0.len(), frequency, secs)
            .await
    }

    /// Waits until the ear has heard so long, from now on, each of these tones and none of those.
    pub async fn hears_only(&self, tones: &[f64], not: &[f64], secs: f32) -> Result<()> {
        let samples = self.heard().0.len();
        let listen = async {
            let mut packets = interval(PACKET);
            while self.heard_since(samples).secs_of_only(tones, not) < secs {
                packets.tick().await;
            }
        };
        let heard = timeout(PATIENCE, listen).await;
        heard.with_context(|| format!("no {secs} s of {tones:?} Hz without {not:?} Hz are heard"))
    }

    /// Waits for one of these tones; gives its place among them.
    pub async fn hears_one_of(&self, frequencies: &[f64]) -> Result<usize> {
        let listen = async {
            let mut packets = interval(PACKET);
            loop {
                let heard = self.heard();
                let sounds = |hertz: &f64| heard.secs_of(*hertz) >= 0.2;
                if let Some(at) = frequencies.iter().position(sounds) {
                    return at;
                }
                packets.tick().await;
            }
        };
        let heard = timeout(PATIENCE, listen).await;
        heard.with_context(|| format!("none of {frequencies:?} Hz is heard"))
    }

    async fn hears_after(&self, samples: usize, frequency: f64, secs: f32) -> Result<()> {
        let listen = async {
            let mut packets = interval(PACKET);
            while self.heard_since(samples).secs_of(frequency) < secs {
                packets.tick().await;
            }
        };
        let heard = timeout(PATIENCE, listen).await;
        heard.with_context(|| format!("no {secs} s of {frequency} Hz are heard"))
    }

    /// What was heard after so many samples.
    pub fn heard_since(&self, samples: usize) -> Sound {
        Sound(self.heard().0.split_off(samples))
    }

    /// Everything heard so far.
    pub fn heard(&self) -> Sound {
        Sound(self.phone.heard())
    }

    async fn until(&mut self, what: &str, wanted: impl Fn(&Event) -> bool) -> Result<Event> {
        let next = async {
            while let Some(event) = self.events.recv().await {
                match event {
                    event if wanted(&event) => return Ok(event),
                    Event::Refused(status) | Event::NotRegistered(status) => {
                        bail!("refused with {status}")
                    }
                    _ => {}
                }
            }
            bail!("the phone has ended")
        };
        timeout(PATIENCE, next)
            .await
            .with_context(|| format!("{what} does not come"))?
    }
}

fn setup((bind, user, server): (IpAddr, &str, SocketAddr), says: f64, answer: Answer) -> Setup {
    Setup {
        user: user.to_owned(),
        password: PASSWORD.to_owned(),
        realm: "gudok".to_owned(),
        server,
        bind,
        says: tone(says, Duration::from_secs(1)).0,
        answer,
        keys: Keys::Events,
    }
}
