//! Those who answer: shifts, breaks, moods, phones and desks that die.
use std::time::Duration;

use gudok_model::{CallId, EndCause, LegId, Name, OfferId, OperatorId, SessionId};
use gudok_switchboard::Input;
use gudok_switchboard::desk::{DeskCommand, DeskEvent};

use crate::hotline;
use crate::world::{Event, Part, World};

/// One operator as they are outside the switchboard.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    shift: (Duration, Duration),
    phone_only: bool,
    /// The phone works; what the switchboard knows of it may lag.
    phone: bool,
    /// The desk is connected.
    pub(crate) desk: bool,
    session: Option<SessionId>,
    sessions: u64,
    /// As the desk shows it.
    pub(crate) display: Name,
    /// At lunch until the next tick.
    away: bool,
}

impl Person {
    /// The daemon is gone: phone and desk come back by themselves, to the session they had.
    pub(crate) fn is_cut_off(&mut self) {
        (self.phone, self.desk) = (false, false);
        self.display = "logged_out".into();
    }
}

impl World {
    /// Everybody comes at their own time.
    pub(crate) fn hire(&mut self) {
        for (index, profile) in hotline::people(self.size) {
            let person = Person {
                shift: hotline::shift(index, &mut self.rng),
                phone_only: profile.phone_only,
                phone: false,
                desk: false,
                session: None,
                sessions: u64::from(index) * 1_000_000,
                display: "logged_out".into(),
                away: false,
            };
            self.operators.insert(profile.id.clone(), person);
            let first = self.rng.ms(0, 30_000);
            self.after(first, Event::Tick(profile.id));
        }
    }

    /// An operator looks around.
    pub(crate) fn tick(&mut self, id: &OperatorId) -> Result<(), String> {
        let next = self.rng.ms(30_000, 90_000);
        self.after(next, Event::Tick(id.clone()));
        self.nobody_writes_for_ever(id)?;
        let Some(person) = self.operators.get(id) else {
            return Ok(());
        };
        let (display, away, phone) = (person.display.clone(), person.away, person.phone);
        if !hotline::works(person.shift, self.now.mono) {
            return self.goes_home(id);
        }
        if person_is_forgotten(&display, phone) {
            self.phone(id, true)?;
        }
        if !self.has_desk(id) {
            return self.sits_down(id, false);
        }
        if &*display == "logged_out" {
            // Whoever was sent home comes back.
            return self.sits_down(id, true);
        }
        if hotline::directs(id) && self.rng.permille(400) {
            return self.directs(id);
        }
        match self.rng.below(1_000) {
            0..=4 => self.breaks(id, Part::Phone),
            5..=10 => self.breaks(id, Part::Desk),
            11..=25 if !away => self.goes_away(id),
            26..=27 => self.sits_down(id, true),
            28 => self.sits_down(id, false),
            29..=40 if hotline::is_free(&display) => self.dials_by_hand(id),
            _ if away || &*display == "not_ready" => self.comes_back(id),
            _ => Ok(()),
        }
    }

    fn has_desk(&self, id: &OperatorId) -> bool {
        let person = self.operators.get(id);
        person.is_some_and(|person| person.phone_only || person.desk)
    }

    fn goes_home(&mut self, id: &OperatorId) -> Result<(), String> {
        let Some(person) = self.operators.get(id).cloned() else {
            return Ok(());
        };
        let (phone, desk) = (person.phone, person.desk);
        if !desk && let Some(person) = self.operators.get_mut(id) {
            // They look at nothing any more, and begin the next day as any other.
            person.display = "logged_out".into();
        }
        if desk && &*person.display != "logged_out" {
            return self.command(id, DeskCommand::Logout);
        }
        if desk {
            self.desk_lost(id)?;
        }
        if phone { self.phone(id, false) } else { Ok(()) }
    }

    fn goes_away(&mut self, id: &OperatorId) -> Result<(), String> {
        if let Some(person) = self.operators.get_mut(id) {
            person.away = true;
        }
        let reason = if self.rng.permille(500) {
            "LUNCH"
        } else {
            "BREAK"
        };
        self.command(
            id,
            DeskCommand::NotReady {
                reason: reason.into(),
            },
        )
    }

    fn comes_back(&mut self, id: &OperatorId) -> Result<(), String> {
        if self.rng.permille(600) {
            return Ok(());
        }
        if let Some(person) = self.operators.get_mut(id) {
            person.away = false;
        }
        self.command(id, DeskCommand::Ready)
    }

    /// A new session; with `takeover` even over a live one, without it over the seat's own leftovers.
    fn sits_down(&mut self, id: &OperatorId, takeover: bool) -> Result<(), String> {
        let Some(person) = self
            .operators
            .get_mut(id)
            .filter(|person| !person.phone_only)
        else {
            return Ok(());
        };
        let live = person.desk;
        person.sessions += 1;
        let session = SessionId(person.sessions);
        if !live || takeover {
            person.session = Some(session);
            person.desk = true;
        }
        self.tell(Input::DeskConnected {
            operator: id.clone(),
            session,
            takeover,
        })?;
        let operator = id.clone();
        if !live || takeover {
            self.after(Duration::from_secs(3), Event::Mends(operator, Part::Desk));
        }
        Ok(())
    }

    /// A phone or a desk fails. The switchboard hears of it later, or from the failure itself.
    fn breaks(&mut self, id: &OperatorId, part: Part) -> Result<(), String> {
        let known_after = self.rng.ms(0, 35_000);
        let mends = known_after + self.rng.ms(1_000, 200_000);
        let operator = id.clone();
        self.after(mends, Event::Mends(operator.clone(), part));
        match part {
            Part::Phone => {
                if let Some(person) = self.operators.get_mut(id) {
                    person.phone = false;
                }
                self.tell_after(
                    known_after,
                    Input::Phone {
                        operator,
                        live: false,
                    },
                );
                Ok(())
            }
            Part::Desk => self.desk_lost(id),
        }
    }

    /// It works again: a phone registers, a desk resumes its session and the operator goes on.
    pub(crate) fn mends(&mut self, id: &OperatorId, part: Part) -> Result<(), String> {
        let Some(person) = self.operators.get_mut(id) else {
            return Ok(());
        };
        match part {
            Part::Phone if hotline::works(person.shift, self.now.mono) => self.phone(id, true),
            Part::Phone => Ok(()),
            Part::Desk if person.desk => self.command(id, DeskCommand::Ready),
            Part::Desk => self.resumes(id),
        }
    }

    /// The desk is back with its session; otherwise the operator sits down anew when they notice.
    fn resumes(&mut self, id: &OperatorId) -> Result<(), String> {
        let resumes = self.rng.permille(700);
        let Some(person) = self.operators.get_mut(id).filter(|_| resumes) else {
            return Ok(());
        };
        let Some(session) = person.session else {
            return Ok(());
        };
        person.desk = true;
        let operator = id.clone();
        self.tell(Input::DeskConnected {
            operator,
            session,
            takeover: false,
        })
    }

    fn phone(&mut self, id: &OperatorId, live: bool) -> Result<(), String> {
        if let Some(person) = self.operators.get_mut(id) {
            person.phone = live;
        }
        self.tell(Input::Phone {
            operator: id.clone(),
            live,
        })
    }

    fn desk_lost(&mut self, id: &OperatorId) -> Result<(), String> {
        let Some(person) = self.operators.get_mut(id) else {
            return Ok(());
        };
        person.desk = false;
        match person.session {
            Some(session) => self.tell(Input::DeskLost {
                operator: id.clone(),
                session,
            }),
            None => Ok(()),
        }
    }

    /// The phone of an operator is dialled.
    pub(crate) fn ring_operator(&mut self, leg: LegId, id: &OperatorId, auto: bool) {
        let works = self.operators.get(id).is_some_and(|person| person.phone);
        if !works {
            // A dead contact: an error of the transport, or nothing at all.
            if self.rng.permille(700) {
                let delay = self.rng.ms(10, 2_000);
                self.leg_ends_after(delay, leg, EndCause::Unreachable);
            }
            return;
        }
        let rings = self.rng.ms(30, 400);
        if !self.rng.permille(10) {
            self.tell_after(rings, Input::LegRinging { leg });
        }
        let rings_on = rings
            + if auto {
                Duration::ZERO
            } else {
                self.rng.ms(500, 14_000)
            };
        match self.rng.below(100) {
            0..=4 => self.leg_ends_after(rings_on, leg, EndCause::Declined),
            5 => self.leg_ends_after(rings, leg, EndCause::Busy),
            6 => self.leg_ends_after(rings, leg, EndCause::NotFound),
            // Nobody there; some phones give up by themselves.
            7..=10 => {}
            11 => self.leg_ends_within(12_000, 18_000, leg, EndCause::NoAnswer),
            // The caller leaves at the very instant of the answer.
            12 | 13 => {
                self.tell_after(
                    rings_on,
                    Input::LegAnswered {
                        leg,
                        session_id: None,
                    },
                );
                self.after(rings_on, Event::Leaves(leg.call));
            }
            _ => self.tell_after(
                rings_on,
                Input::LegAnswered {
                    leg,
                    session_id: None,
                },
            ),
        }
    }

    /// What the desk shows, and what its operator does about it.
    pub(crate) fn desk_event(&mut self, id: &OperatorId, event: DeskEvent) {
        let Some(person) = self.operators.get_mut(id) else {
            return;
        };
        match event {
            DeskEvent::State(state) => person.display = state.display,
            DeskEvent::OfferCreated(card) if person.desk => self.shows(id, card.offer_id),
            DeskEvent::Ended { call_id, .. } => {
                let writes = self.rng.ms(500, 25_000);
                self.after(writes, Event::Disposes(id.clone(), call_id));
            }
            _ => {}
        }
    }

    /// The card is drawn and acknowledged: mostly in time, sometimes late, sometimes not at all.
    fn shows(&mut self, id: &OperatorId, offer: OfferId) {
        let delay = match self.rng.below(50) {
            0 => return,
            1 | 2 => self.rng.ms(250, 900),
            _ => self.rng.ms(10, 120),
        };
        self.tell_after(
            delay,
            Input::PopAcked {
                operator: id.clone(),
                offer,
            },
        );
        if self.rng.permille(20) {
            let refuses = self.rng.ms(100, 8_000);
            self.after(refuses, Event::Refuses(id.clone(), offer));
        }
    }

    pub(crate) fn disposes(&mut self, id: &OperatorId, call_id: CallId) -> Result<(), String> {
        if self.rng.permille(250) {
            return Ok(());
        }
        let done = self.rng.permille(700);
        self.command(
            id,
            DeskCommand::Disposition {
                call_id,
                code: "CONSULT".into(),
                note: None,
                done,
            },
        )
    }

    pub(crate) fn refuses(&mut self, id: &OperatorId, offer_id: OfferId) -> Result<(), String> {
        self.command(id, DeskCommand::Reject { offer_id })
    }

    pub(crate) fn hangs_up_at_desk(
        &mut self,
        id: &OperatorId,
        call_id: CallId,
    ) -> Result<(), String> {
        self.command(id, DeskCommand::HangUp { call_id })
    }

    /// The desk's session was closed by the switchboard.
    pub(crate) fn desk_closed(&mut self, id: &OperatorId, session: SessionId) {
        let person = self.operators.get_mut(id);
        if let Some(person) = person.filter(|person| person.session == Some(session)) {
            person.desk = false;
            person.session = None;
            person.display = "logged_out".into();
        }
    }

    /// Whether commands can be given.
    pub(crate) fn is_at_desk(&self, id: &OperatorId) -> bool {
        self.operators.get(id).is_some_and(|person| person.desk)
    }

    pub(crate) fn command(&mut self, id: &OperatorId, command: DeskCommand) -> Result<(), String> {
        let person = self.operators.get(id).filter(|person| person.desk);
        let Some(session) = person.and_then(|person| person.session) else {
            return Ok(());
        };
        self.commands += 1;
        let (operator, id) = (id.clone(), self.commands.to_string());
        self.tell(Input::DeskCommand {
            operator,
            session,
            id,
            command,
        })
    }
}

/// A phone that works registers again and again, whatever the switchboard believes; a broken one does so when
/// it is mended, and everybody switches theirs on who comes to work.
fn person_is_forgotten(display: &str, phone: bool) -> bool {
    (phone && display == "device_down") || (!phone && display == "logged_out")
}
