//! What people, phones and desks do, as the switchboard is told of it.
use std::time::Duration;

use gudok_model::{CallId, Caller, Dialled, IdentitySource, LegId, OfferId, Parsed, Presentation};
use gudok_switchboard::input::{ReferTo, ResumedWrapUp};
use gudok_switchboard::{Input, Switchboard};

use crate::deeds::{Deed, Word};
use crate::wire::{Hears, Who};
use crate::world::{CUSTOMER, DESK, World, call, parsed};

impl World {
    pub(crate) fn arrives(&mut self, call: CallId) -> Result<(), String> {
        self.wire.begins(LegId::caller(call), Who::Caller);
        self.tell(Input::CallArrived {
            call,
            trunk: "carrier".into(),
            caller: Caller {
                number: parsed(CUSTOMER),
                display: None,
                presentation: Presentation::Allowed,
                asserted_by: IdentitySource::From,
                region: None,
            },
            withheld: None,
            dialled: Dialled {
                number: parsed("+78000000001"),
                found_in: IdentitySource::RequestUri,
            },
            sip_call_id: "call@carrier".into(),
            session_id: None,
            brief: false,
            no_digits: false,
        })
    }

    pub(crate) fn deed(&mut self, leg: LegId, deed: Deed) -> Result<(), String> {
        let line = self.wire.line_mut(leg).expect("a leg that is not over");
        match deed {
            Deed::Rings => line.rings = true,
            Deed::Answers => line.answered = true,
            Deed::Heard => line.heard = true,
            Deed::Holds(on) => line.holds = on,
            Deed::Declines | Deed::Unreachable | Deed::HangsUp | Deed::Dies | Deed::Ends => {
                self.wire.is_over(leg);
            }
        }
        self.tell(deed.input(leg))
    }

    pub(crate) fn said(&mut self, leg: LegId) -> Result<(), String> {
        let Some(line) = self.wire.line_mut(leg) else {
            return Ok(());
        };
        line.hears = Hears::Nothing;
        let play = line.play;
        self.tell(Input::PlayEnded { leg, play })
    }

    pub(crate) fn pop_acked(&mut self, who: u8) -> Result<(), String> {
        let operator = self.operator(who);
        let card = self.wire.seat_mut(who).card.as_mut().expect("a card");
        card.shown = true;
        let offer = card.offer;
        self.tell(Input::PopAcked { operator, offer })
    }

    pub(crate) fn says(&mut self, who: u8, word: Word) -> Result<(), String> {
        let operator = self.operator(who);
        self.said += 1;
        self.tell(Input::DeskCommand {
            session: DESK,
            id: format!("c{}", self.said),
            command: word.command(self.in_hand(who)),
            operator,
        })
    }

    /// The offer that rings, or that of the call in hand.
    fn in_hand(&self, who: u8) -> OfferId {
        let card = self.wire.seat(who).card.map(|card| card.offer);
        let view = self.board.snapshot(&self.operator(who));
        let call = view.and_then(|view| view.state.call_id).unwrap_or(call(0));
        card.unwrap_or(OfferId { call, index: 1 })
    }

    pub(crate) fn refers(&mut self, who: u8, to: ReferTo) -> Result<(), String> {
        let leg = self
            .wire
            .talk(&self.operator(who))
            .or(self.wire.second(&self.operator(who)));
        self.said += 1;
        self.tell(Input::Referred {
            leg: leg.expect("a leg"),
            refer: self.said,
            to,
        })
    }

    /// In the call of their talk, or in a call of operators alone.
    pub(crate) fn dials(&mut self, who: u8, to: Parsed) -> Result<(), String> {
        let operator = self.operator(who);
        let alone = (0..9).map(|nth| call(100 + 10 * who + nth));
        let alone = alone
            .into_iter()
            .find(|id| self.wire.of_call(*id).next().is_none());
        let alone = LegId::caller(alone.expect("one that is over"));
        self.watch.forgets(alone.call);
        let leg = self.board.consult_leg(&operator).unwrap_or(alone);
        self.wire.begins(leg, Who::Second(operator.clone()));
        self.tell(Input::OperatorDials { leg, operator, to })
    }

    pub(crate) fn contact(&mut self, who: u8, live: bool) -> Result<(), String> {
        self.wire.seat_mut(who).phone = live;
        let operator = self.operator(who);
        self.tell(Input::Phone { operator, live })
    }

    pub(crate) fn desk(&mut self, who: u8, live: bool) -> Result<(), String> {
        self.wire.seat_mut(who).desk = live;
        let (operator, session) = (self.operator(who), DESK);
        self.tell(match live {
            true => Input::DeskConnected {
                operator,
                session,
                takeover: false,
            },
            false => Input::DeskLost { operator, session },
        })
    }

    /// The daemon is killed and starts anew: calls are cut, wrap-ups go on, phones are there as before, nobody sits.
    pub(crate) fn restart(&mut self) -> Result<(), String> {
        let phones = [0, 1, 2].map(|who| self.wire.seat(who).phone);
        let (since, until) = (self.now.wall, self.now.wall + Duration::from_secs(20));
        let left = self.watch.cut().into_iter();
        let wrap_ups = left.map(|(operator, call)| ResumedWrapUp {
            call,
            operator,
            since,
            until,
            disposed: false,
        });
        let wrap_ups = wrap_ups.collect();
        self.wire.cut();
        self.board = Switchboard::new(self.config.clone());
        self.begin(&phones)?;
        let requests = self.watch.requests.cut();
        self.tell(Input::Owed { requests })?;
        let over = Vec::new();
        self.tell(Input::Resumed { wrap_ups, over })
    }
}
