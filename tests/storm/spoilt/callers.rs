//! Who calls, and says what is spoilt.
use anyhow::{Context as _, Result};

use super::caller::{Dialog, MESSAGES, Phase, Talk, plain};
use super::cases::cases;
use super::health::Health;
use super::line::Line;
use super::scene::{CARRIER, NOBODY, RINGS, World};
use super::{LEFT_MAX, rounds, seed};

/// Every message of a caller, spoilt.
pub(crate) fn callers(world: &World) -> Result<()> {
    let mut health = Health::new(world)?;
    let sample = Dialog::sample();
    let texts = MESSAGES.map(|(.., write)| write(&sample));
    let cases = cases(&texts, seed(), rounds());
    let mut caller = Caller::default();
    for (number, (name, phase, follows, write)) in MESSAGES.into_iter().enumerate() {
        let mut talk = caller.calls(world, phase, "UDP", 1_000_000 + number)?;
        let text = plain(&write(&talk.dialog));
        talk.line
            .brings_about(&text, follows)
            .with_context(|| format!("a sound {name}"))?;
        caller.line = Some(talk.end()?);
    }
    for (number, case) in cases.iter().enumerate() {
        let (name, phase, _, write) = MESSAGES[case.message];
        let told = || case.told(name, &texts[case.message]);
        let mut talk = caller.calls(world, phase, case.transport, number)?;
        let bytes = case.bytes(&write(&talk.dialog));
        let spoilt = talk.line.spoil(&bytes).and_then(|()| health.check());
        spoilt.with_context(told)?;
        if phase == Phase::Talking && talk.goes_on().with_context(told)? {
            caller.talk = Some(talk);
            continue;
        }
        caller.line = Some(talk.end().with_context(told)?);
    }
    caller.ends()?;
    health.nothing_is_left(LEFT_MAX)?;
    health.tell("spoilt words of callers", cases.len())
}

/// Who calls again and again, each time by the line and in the talk of the time before where these will do.
#[derive(Default)]
struct Caller {
    line: Option<Line>,
    talk: Option<Talk>,
}

impl Caller {
    fn calls(
        &mut self,
        world: &World,
        phase: Phase,
        transport: &'static str,
        id: usize,
    ) -> Result<Talk> {
        match self.talk.take() {
            Some(talk) if talk.phase == phase && talk.line.transport() == transport => {
                return Ok(talk);
            }
            Some(talk) => self.line = Some(talk.end().context("the call before")?),
            None => {}
        }
        let number = match phase {
            Phase::Rung => RINGS,
            Phase::Answered | Phase::Talking => NOBODY,
        };
        let line = self
            .line
            .take()
            .filter(|line| line.transport() == transport);
        let line = match line {
            Some(line) => line,
            None => Line::open(CARRIER, world.sip, transport)?,
        };
        Talk::begin(line, number, &format!("spoilt{id}"), phase).context("a new call")
    }

    fn ends(self) -> Result<()> {
        self.talk.map_or(Ok(()), |talk| talk.end().map(drop))
    }
}
