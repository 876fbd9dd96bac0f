//! The phone of an operator, which says what is spoilt.
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::runtime::Handle;

use super::caller::plain;
use super::cases::{Case, cases};
use super::health::Health;
use super::line::Line;
use super::phone::{Asked, MESSAGES, Message, Phase, Ring, registers};
use super::scene::{CARRIER, OFFICE, World};
use super::{LEFT_MAX, rounds, seed};

/// Between two cases: an address with phones may say 500 messages a second, and what is beyond is dropped unread.
const PAUSE: Duration = Duration::from_millis(6);

/// The phone of operator 102, and who calls for it to ring.
pub(crate) struct Phones {
    pub(crate) world: World,
    pub(crate) health: Health,
    phone: Option<Line>,
    line: Option<Line>,
    talk: Option<Ring>,
    registers: u32,
}

impl Phones {
    pub(crate) fn open(world: World) -> Result<Self> {
        let mut phones = Self {
            health: Health::new(&world)?,
            phone: None,
            line: Some(Line::open(CARRIER, world.sip, "UDP")?),
            world,
            talk: None,
            registers: 0,
        };
        phones.phone = Some(phones.registered("UDP")?);
        Handle::current().block_on(phones.world.desk.ready())?;
        Ok(phones)
    }

    fn registered(&mut self, transport: &'static str) -> Result<Line> {
        let phone = self
            .phone
            .take()
            .filter(|phone| phone.transport() == transport);
        let mut phone = match phone {
            Some(phone) => phone,
            None => Line::open(OFFICE, self.world.sip, transport)?,
        };
        registers(&mut phone, &mut self.registers)?;
        Ok(phone)
    }

    pub(crate) fn rings(
        &mut self,
        phase: Phase,
        transport: &'static str,
        id: &str,
    ) -> Result<Ring> {
        match self.talk.take() {
            Some(ring) if phase == Phase::Talking && ring.phone.transport() == transport => {
                return Ok(ring);
            }
            Some(ring) => self.ends(ring).context("the call before")?,
            None => {}
        }
        let phone = self.registered(transport)?;
        let line = self.line.take().context("the caller's line")?;
        Ring::begin(phone, line, id, phase)
    }

    pub(crate) fn ends(&mut self, ring: Ring) -> Result<()> {
        let (phone, line) = ring.end()?;
        (self.phone, self.line) = (Some(phone), Some(line));
        Ok(())
    }

    /// Every message of the phone, spoilt.
    pub(crate) fn all(mut self) -> Result<()> {
        let sample = Asked::sample();
        let texts = MESSAGES.map(|(.., write)| write(&sample));
        for (number, message) in MESSAGES.iter().enumerate() {
            self.sound(message, 1_000_000 + number)
                .with_context(|| format!("a sound {}", message.0))?;
        }
        let cases = cases(&texts, seed(), rounds());
        for (number, case) in cases.iter().enumerate() {
            let text = &texts[case.message];
            self.case(case, number)
                .with_context(|| case.told(MESSAGES[case.message].0, text))?;
        }
        let health = self.goes_home()?;
        health.nothing_is_left(LEFT_MAX)?;
        health.tell("spoilt words of phones", cases.len())
    }

    /// Ends the call and closes the lines.
    pub(crate) fn goes_home(mut self) -> Result<Health> {
        if let Some(ring) = self.talk.take() {
            self.ends(ring)?;
        }
        Ok(self.health)
    }

    /// Registers in the middle of a call, where the connection it came by has been given up.
    pub(crate) fn register(&mut self, ring: &mut Ring) -> Result<()> {
        match ring.phone.transport() {
            "TCP" => registers(&mut ring.phone, &mut self.registers),
            _ => Ok(()),
        }
    }

    fn sound(&mut self, message: &Message, id: usize) -> Result<()> {
        let (_, phase, follows, write) = *message;
        let mut ring = self.rings(phase, "UDP", &format!("rings{id}"))?;
        let text = plain(&write(&ring.asked));
        ring.phone.brings_about(&text, follows)?;
        self.ends(ring)
    }

    fn case(&mut self, case: &Case, number: usize) -> Result<()> {
        std::thread::sleep(PAUSE);
        let (_, phase, _, write) = MESSAGES[case.message];
        let mut ring = self.rings(phase, case.transport, &format!("rings{number}"))?;
        let text = write(&ring.asked);
        ring.phone.spoil(&case.bytes(&text))?;
        self.register(&mut ring)?;
        self.health.check()?;
        if phase != Phase::Talking {
            // As it should have been said at once.
            ring.phone.say(&plain(&text))?;
        } else if ring.goes_on()? {
            self.talk = Some(ring);
            return Ok(());
        }
        self.ends(ring)
    }
}
