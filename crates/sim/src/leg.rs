//! A party's connection as the driver knows it, and what the driver is asked to do with it.
use std::time::Duration;

use gudok_model::{AutoAnswer, CallId, EndCause, LegId, Mono, OperatorId};
use gudok_switchboard::Input;
use gudok_switchboard::output::DialTarget;

use crate::hotline;
use crate::world::{Event, World};

/// The longest a caller may hear nothing: the lookup's deadline and a late end of a prompt fit in.
pub(crate) const SILENCE_MAX: Duration = Duration::from_millis(2_500);

/// The longest an operator hears the tone that tells them that nobody was reached: ten seconds, and its end may be told late.
pub(crate) const IN_VAIN_MAX: Duration = Duration::from_secs(11);

/// A talk lasts so long at least, and so much longer on average.
pub(crate) const TALK_MIN: Duration = Duration::from_secs(5);
pub(crate) const TALK_MEAN: Duration = Duration::from_secs(95);

/// One leg.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leg {
    /// Whose phone it is; None: the caller's or a number outside.
    pub(crate) operator: Option<OperatorId>,
    pub(crate) answered: bool,
    /// We hung up or refused; its end is on the way.
    pub(crate) told: bool,
    /// `LegEnded` was given.
    pub(crate) over: bool,
    /// When it was.
    pub(crate) over_at: Option<Mono>,
    /// What it hears: a playback that runs.
    pub(crate) play: Option<u32>,
    /// Hears the other party.
    pub(crate) bridged: bool,
    /// Speaks after the tone.
    pub(crate) speaks: bool,
    /// Keys are awaited: it may be silent meanwhile.
    pub(crate) asked: bool,
    /// The talk's end is planned.
    pub(crate) talks: bool,
    /// The caller hears nothing since.
    pub(crate) silent_since: Option<Mono>,
}

impl Leg {
    /// Whether the party is there and hears nothing.
    pub(crate) fn is_in_silence(&self) -> bool {
        let there = self.answered && !self.told && !self.over;
        there && self.play.is_none() && !self.bridged && !self.speaks && !self.asked
    }
}

/// Whether somebody who was never reached is gone since so short a time that whoever called them hears the tone of it still.
pub(crate) fn is_heard_in_vain(gone: &Leg, of: &Leg, now: Mono) -> bool {
    let since = gone.over_at.map(|at| now.since(at));
    !gone.answered && of.play.is_some() && since.is_some_and(|since| since < IN_VAIN_MAX)
}

impl World {
    /// 200 to the caller. One in three hundred never gets the ACK.
    pub(crate) fn answer(&mut self, leg: LegId) {
        let delay = self.rng.ms(1, 30);
        self.tell_after(
            delay,
            Input::LegAnswered {
                leg,
                session_id: None,
            },
        );
        if self.rng.permille(3) {
            let cause = EndCause::SessionTimeout;
            self.tell_after(
                Duration::from_secs(32),
                Input::LegEnded {
                    leg,
                    cause,
                    said: None,
                },
            );
        }
    }

    /// We end a leg; mostly the other side hears of it at once, sometimes never.
    pub(crate) fn end_leg(&mut self, leg: LegId) {
        if let Some(known) = self.legs.get_mut(&leg) {
            known.told = true;
            known.play = None;
            known.bridged = false;
        }
        let delay = match self.rng.below(100) {
            0 => Duration::from_secs(32),
            1..=4 => self.rng.ms(500, 4_000),
            _ => self.rng.ms(1, 80),
        };
        self.tell_after(
            delay,
            Input::LegEnded {
                leg,
                cause: EndCause::ByUs,
                said: None,
            },
        );
    }

    /// A new leg is dialled.
    pub(crate) fn dial(&mut self, leg: LegId, target: DialTarget, auto: AutoAnswer) {
        match target {
            DialTarget::Operator { operator } => {
                let operator_leg = Leg {
                    operator: Some(operator.clone()),
                    ..Leg::default()
                };
                self.legs.insert(leg, operator_leg);
                self.ring_operator(leg, &operator, auto != AutoAnswer::Off);
            }
            DialTarget::External { .. } | DialTarget::Customer { .. } => {
                self.legs.insert(leg, Leg::default());
                self.ring_outside(leg);
            }
        }
    }

    fn ring_outside(&mut self, leg: LegId) {
        let rings = self.rng.ms(200, 2_500);
        self.tell_after(rings, Input::LegRinging { leg });
        match self.rng.below(10) {
            0 => self.leg_ends_within(2_000, 9_000, leg, EndCause::Busy),
            1 => self.leg_ends_within(100, 500, leg, EndCause::Unreachable),
            2 | 3 => {}
            _ => {
                let answers = self.rng.ms(3_000, 25_000);
                self.tell_after(
                    answers,
                    Input::LegAnswered {
                        leg,
                        session_id: None,
                    },
                );
            }
        }
    }

    /// The two hear each other. The talk's length is drawn at the first bridge.
    pub(crate) fn bridge(&mut self, a: LegId, b: LegId) -> Result<(), String> {
        for leg in [a, b] {
            let known = self.legs.get_mut(&leg).filter(|known| !known.over);
            let known = known.ok_or(format!("a bridge to {leg}, which is over"))?;
            known.play = None;
            known.bridged = true;
            known.silent_since = None;
        }
        let talks = self
            .legs
            .get_mut(&b)
            .map(|leg| std::mem::replace(&mut leg.talks, true));
        if talks == Some(false) {
            self.begin_talk(b);
        }
        Ok(())
    }

    fn begin_talk(&mut self, leg: LegId) {
        match self.rng.below(100) {
            // Gone before the first word: asterisk#1557.
            0 => self.leg_ends_within(10, 600, leg, EndCause::HungUp),
            // Never heard of in media.
            1 => {}
            _ => {
                let heard = self.rng.ms(20, 400);
                self.tell_after(heard, Input::LegHeard { leg });
            }
        }
        let length = TALK_MIN + self.rng.about(TALK_MEAN);
        self.after(length, Event::TalkOver(leg));
        if self.rng.permille(8) {
            let dies = self.rng.ms(1_000, 60_000) + Duration::from_secs(30);
            self.leg_ends_after(dies, leg, EndCause::MediaTimeout);
        }
        if self.rng.permille(100) {
            let (from, to) = (self.rng.ms(2_000, 30_000), self.rng.ms(1_000, 40_000));
            self.after(from, Event::Hold(leg, true));
            self.after(from + to, Event::Hold(leg, false));
        }
    }

    /// One of the two hangs up, or the operator does at the desk.
    pub(crate) fn talk_over(&mut self, leg: LegId) -> Result<(), String> {
        if self.legs.get(&leg).is_none_or(|leg| leg.over || leg.told) {
            return Ok(());
        }
        let operator = self.legs.get(&leg).and_then(|leg| leg.operator.clone());
        let caller = LegId::caller(leg.call);
        match (self.rng.below(10), operator) {
            (0, Some(operator)) if self.is_at_desk(&operator) => {
                // The desk of somebody who only listens is told no: they try another way.
                self.after(TALK_MEAN, Event::TalkOver(leg));
                self.hangs_up_at_desk(&operator, leg.call)
            }
            (1..=3, _) => self.leg_ends(leg, EndCause::HungUp),
            // Both at the same instant.
            (4, _) => {
                self.leg_ends(leg, EndCause::HungUp)?;
                self.leg_ends(caller, EndCause::HungUp)
            }
            (_, _) => self.leg_ends(caller, EndCause::HungUp),
        }
    }

    /// Prompts begin; the driver tells when they end, once in a while late and very seldom never.
    pub(crate) fn play(&mut self, leg: LegId, play: u32, prompts: &[gudok_model::Name], on: bool) {
        let Some(known) = self.legs.get_mut(&leg) else {
            return;
        };
        known.play = Some(play);
        known.silent_since = None;
        known.bridged = false;
        if on {
            return;
        }
        let length: Duration = prompts.iter().map(|it| hotline::prompt_length(it)).sum();
        let late = if self.rng.permille(5) {
            self.rng.ms(100, 1_500)
        } else {
            Duration::ZERO
        };
        if self.rng.below(20_000) == 0 {
            return self.watch.lost_an_event();
        }
        self.tell_after(length + late, Input::PlayEnded { leg, play });
    }

    /// The party ends its leg between the two moments. Milliseconds.
    pub(crate) fn leg_ends_within(&mut self, from: u64, to: u64, leg: LegId, cause: EndCause) {
        let delay = self.rng.ms(from, to);
        self.leg_ends_after(delay, leg, cause);
    }

    pub(crate) fn leg_ends_after(&mut self, delay: Duration, leg: LegId, cause: EndCause) {
        self.tell_after(
            delay,
            Input::LegEnded {
                leg,
                cause,
                said: None,
            },
        );
    }

    /// The party ends its leg, unless it is over or being ended.
    pub(crate) fn leg_ends(&mut self, leg: LegId, cause: EndCause) -> Result<(), String> {
        self.deliver(Input::LegEnded {
            leg,
            cause,
            said: None,
        })
    }

    /// A moment of silence is allowed: it is looked at again.
    pub(crate) fn mind_silence(&mut self, call: CallId) {
        let now = self.now.mono;
        let Some(caller) = self.legs.get_mut(&LegId::caller(call)) else {
            return;
        };
        if !caller.is_in_silence() {
            caller.silent_since = None;
        } else if caller.silent_since.is_none() {
            caller.silent_since = Some(now);
            self.after(SILENCE_MAX, Event::Look(call));
        }
    }
}
