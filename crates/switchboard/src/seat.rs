//! The operators' seats: who sits where, with which phone and which desk.
//!
//! Named policies: `phone_only` operators are logged in and made ready when their phone registers, by this
//! policy as the actor (behaviour I6), and again when it registers anew after calls were missed. A second
//! session does not get the seat of a live one unless it asks for a takeover.
use gudok_acd::{OperatorView, WrapUpView};
use gudok_dialplan::plan::{BreakReason, Choice};
use gudok_model::actor::PHONE_ONLY;
use gudok_model::{Actor, AutoAnswer, Mono, Name, Now, OperatorId, OperatorProfile, SessionId};

use crate::desk::{
    BreakChoice, Card, DeskEvent, DeskSnapshot, Extended, OperatorState, ResultChoice,
};
use crate::floor_facts::OnRecord;
use crate::output::Output;
use crate::switchboard::Switchboard;

/// The session of those who work without a desk; no desk ever has it.
pub(crate) const PHONE_SESSION: SessionId = SessionId(u64::MAX);

/// One operator's seat.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    pub(crate) profile: OperatorProfile,
    /// The desk's session, kept while the desk is away for a moment.
    pub(crate) session: Option<SessionId>,
    desk_live: bool,
    phone_live: bool,
    /// The card of the offer, of the talk or of the wrap-up in hand.
    pub(crate) card: Option<Box<Card>>,
    /// Version of the state the desk was told last.
    told: Option<u64>,
    pub(crate) on_record: OnRecord,
    /// Colleagues rang in vain: not again before this moment.
    pub(crate) rests_until: Option<Mono>,
    /// Colleagues this phone has rung in a row without an answer.
    pub(crate) rung_in_vain: u8,
}

impl Seat {
    fn new(profile: OperatorProfile) -> Self {
        Self {
            profile,
            session: None,
            desk_live: false,
            phone_live: false,
            card: None,
            told: None,
            on_record: OnRecord::default(),
            rests_until: None,
            rung_in_vain: 0,
        }
    }

    /// Whether somebody can acknowledge a card.
    pub(crate) fn has_live_desk(&self) -> bool {
        self.desk_live
    }

    /// Whether the operator accepts calls or the phone does.
    pub(crate) fn requires(&self) -> Name {
        match self.profile.auto_answer {
            AutoAnswer::Off => "accept".into(),
            AutoAnswer::CallInfo
            | AutoAnswer::AlertInfo
            | AutoAnswer::AnswerMode
            | AutoAnswer::All
            | AutoAnswer::ByPhone => "auto".into(),
        }
    }
}

/// Whether it is a supervisor's or an admin's word what somebody is, or will be after the present work.
fn is_commanded(view: &OperatorView) -> bool {
    let next = view.next_by.as_ref();
    view.actor.commands() || next.is_some_and(Actor::commands)
}

/// Of a wrap-up that was extended.
fn extended(wrap_up: WrapUpView) -> Option<Extended> {
    (wrap_up.extensions > 0).then_some(Extended {
        by_s: wrap_up.extended.as_secs(),
        times: wrap_up.extensions,
        max_until: wrap_up.until_most,
    })
}

impl Switchboard {
    /// How an operator is set up.
    pub fn profile(&self, operator: &OperatorId) -> Option<&OperatorProfile> {
        self.seats.get(operator).map(|seat| &seat.profile)
    }

    /// Everything a desk needs to draw itself from nothing. None: there is no such operator.
    pub fn snapshot(&self, operator: &OperatorId) -> Option<DeskSnapshot> {
        let seat = self.seats.get(operator)?;
        let plan = self.plan.as_ref();
        let reasons = plan.map_or(&[][..], |plan| plan.not_ready_reasons());
        let dispositions = plan.map_or(&[][..], |plan| plan.dispositions());
        let (callbacks, callbacks_more) = self.callbacks_of(operator);
        Some(DeskSnapshot {
            operator: operator.clone(),
            name: seat.profile.name.clone(),
            state: self.state(operator)?,
            card: seat.card.clone(),
            talk: self.in_hand(operator),
            asked: self.asked_aside(operator),
            supervising: self.supervised_at(operator),
            parked: self.parked_calls(operator),
            reasons: reasons.iter().map(|choice| choice.code.clone()).collect(),
            breaks: reasons
                .iter()
                .map(|it| self.break_choice(operator, it))
                .collect(),
            groups: self.acd.groups_of_theirs(operator),
            dispositions: dispositions.iter().map(|c| c.code.clone()).collect(),
            results: dispositions.iter().map(result_choice).collect(),
            noted: dispositions
                .iter()
                .filter(|it| it.needs_note)
                .map(|it| it.code.clone())
                .collect(),
            callbacks,
            callbacks_more,
            resumed: self.has_resumed(operator),
        })
    }

    fn break_choice(&self, operator: &OperatorId, reason: &BreakReason) -> BreakChoice {
        BreakChoice {
            code: reason.code.clone(),
            text: reason.label.clone(),
            max_s: reason.max.map(|max| max.as_secs()),
            allowed: self.acd.may_break(operator, &reason.code),
        }
    }

    /// The displayed state of an operator.
    pub(crate) fn state(&self, operator: &OperatorId) -> Option<OperatorState> {
        let view = self.acd.operator(operator)?;
        let capped = view.capped.filter(|_| &*view.display == "not_ready");
        let actor = capped.map_or(view.actor, Actor::Policy);
        Some(OperatorState {
            version: view.version,
            display: view.display,
            reason: view.reason,
            actor: self.config.floor.then_some(actor),
            next: view.next,
            endpoint_up: view.endpoint_up,
            call_id: view.call,
            since: view.since,
            deadline: view.deadline,
            extended: view.wrap_up.and_then(extended),
            groups: view.groups,
        })
    }

    /// Tells the desk its state, each version once.
    pub(crate) fn tell_state(&mut self, operator: &OperatorId) {
        let Some(state) = self.state(operator) else {
            return;
        };
        let Some(seat) = self.seats.get_mut(operator) else {
            return;
        };
        if seat.told != Some(state.version) {
            seat.told = Some(state.version);
            self.tell_desk(Some(operator), DeskEvent::State(state));
        }
    }

    /// Something of theirs lasts too long: the operator is told, and whoever looks after alarms.
    pub(crate) fn on_too_long(&mut self, operator: &OperatorId, what: Name, detail: String) {
        let text = match &*what {
            "break_too_long" => "Перерыв длится дольше, чем положено.",
            _ => "Клиент слишком долго на удержании.",
        };
        let alert = DeskEvent::Alert {
            what: what.clone(),
            text: text.into(),
        };
        self.tell_desk(Some(operator), alert);
        self.outputs.push_back(Output::Alarm { what, detail });
    }

    /// An event for whoever sits there; an empty seat hears nothing.
    pub(crate) fn tell_desk(&mut self, operator: Option<&OperatorId>, event: DeskEvent) {
        let seat = operator.and_then(|operator| self.seats.get(operator));
        if let Some((operator, _)) = operator.zip(seat.and_then(|seat| seat.session)) {
            self.outputs.push_back(Output::Desk {
                operator: operator.clone(),
                event,
            });
        }
    }

    /// Takes the card of a closed offer off the seat.
    pub(crate) fn drop_card(&mut self, operator: &OperatorId, offer: gudok_model::OfferId) {
        if let Some(seat) = self.seats.get_mut(operator)
            && seat
                .card
                .as_ref()
                .is_some_and(|card| card.offer_id == offer)
        {
            seat.card = None;
        }
    }

    /// The operators as the admin has them now; seats are kept by id, the desks of those who are gone closed.
    pub(crate) fn set_operators(&mut self, now: Now, profiles: Vec<OperatorProfile>) {
        self.tell_acd(now, gudok_acd::Input::Operators(profiles.clone()));
        let mut former = std::mem::take(&mut self.seats);
        for profile in profiles {
            let seat = former.remove(&profile.id);
            let seat = seat.map(|seat| Seat {
                profile: profile.clone(),
                ..seat
            });
            let id = profile.id.clone();
            let mut seat = seat.unwrap_or_else(|| Seat::new(profile));
            if let Some(on_record) = self.leaving.remove(&id) {
                seat.on_record = on_record;
            }
            self.seats.insert(id.clone(), seat);
            self.seat_phone_only(now, &id);
        }
        for (operator, seat) in former {
            if let Some(session) = seat.session {
                let operator = operator.clone();
                self.outputs
                    .push_back(Output::DeskClose { operator, session });
            }
            // Who is gone and has a call in hand is on record until it is over.
            if self.config.floor_whole && self.acd.operator(&operator).is_some() {
                self.leaving.insert(operator, seat.on_record);
            }
        }
        self.revoke_supervisions(now);
    }

    /// The phone has a live contact or has none any more.
    pub(crate) fn on_phone(&mut self, now: Now, operator: &OperatorId, live: bool) {
        let Some(seat) = self.seats.get_mut(operator) else {
            return;
        };
        seat.phone_live = live;
        let phone = gudok_acd::Input::Phone {
            operator: operator.clone(),
            live,
        };
        self.tell_acd(now, phone);
        if live {
            self.seat_phone_only(now, operator);
        }
    }

    /// The policy `phone_only`: a live phone is a login and a readiness.
    fn seat_phone_only(&mut self, now: Now, id: &OperatorId) {
        let Some(seat) = self.seats.get(id) else {
            return;
        };
        if !seat.profile.phone_only || !seat.phone_live {
            return;
        }
        let view = self.acd.operator(id);
        if view.as_ref().is_some_and(is_commanded) {
            // Off by a supervisor's word, now or after the present work, and on by it again (`force`): a registration that is
            // renewed is nobody's word.
            return;
        }
        let session = view.and_then(|view| view.session);
        if session.is_some_and(|session| session != PHONE_SESSION) {
            // At a desk they decide for themselves.
            return;
        }
        self.sit_by_phone(now, id);
        let ready = gudok_acd::Input::Ready {
            operator: id.clone(),
            actor: Actor::Policy(PHONE_ONLY.into()),
        };
        self.tell_acd(now, ready);
    }

    /// Whoever works without a desk has a seat wherever the phone is; at a desk, or with a seat already, nothing changes.
    pub(crate) fn sit_by_phone(&mut self, now: Now, id: &OperatorId) {
        let seat = self.seats.get(id);
        let by_phone = seat.is_some_and(|seat| seat.profile.phone_only && seat.phone_live);
        let view = self.acd.operator(id).filter(|_| by_phone);
        if view.is_some_and(|view| !view.logged_in) {
            let (operator, session) = (id.clone(), PHONE_SESSION);
            self.tell_acd(now, gudok_acd::Input::Login { operator, session });
        }
    }

    /// A desk connected: the same session comes back, or a new one takes the seat.
    pub(crate) fn on_desk(
        &mut self,
        now: Now,
        id: &OperatorId,
        session: SessionId,
        takeover: bool,
    ) {
        let operator = id.clone();
        let Some(seat) = self.seats.get_mut(id) else {
            return self
                .outputs
                .push_back(Output::DeskClose { operator, session });
        };
        let returns = seat.session == Some(session);
        if seat.desk_live && !returns && !takeover {
            return self
                .outputs
                .push_back(Output::DeskClose { operator, session });
        }
        let replaced = seat
            .session
            .replace(session)
            .filter(|_| seat.desk_live && !returns);
        seat.desk_live = true;
        seat.told = None;
        let input = if returns {
            gudok_acd::Input::Desk {
                operator,
                session,
                live: true,
            }
        } else {
            gudok_acd::Input::Login { operator, session }
        };
        self.tell_acd(now, input);
        self.close_desk(id, replaced);
        self.tell_state(id);
    }

    fn close_desk(&mut self, operator: &OperatorId, session: Option<SessionId>) {
        if let Some(session) = session {
            let operator = operator.clone();
            self.outputs
                .push_back(Output::DeskClose { operator, session });
        }
    }

    /// The desk's connection is gone. A late word of an old session changes nothing.
    pub(crate) fn on_desk_lost(&mut self, now: Now, id: &OperatorId, session: SessionId) {
        let Some(seat) = self.seats.get_mut(id) else {
            return;
        };
        if seat.session != Some(session) {
            return;
        }
        seat.desk_live = false;
        let operator = id.clone();
        self.tell_acd(
            now,
            gudok_acd::Input::Desk {
                operator,
                session,
                live: false,
            },
        );
    }
}

fn result_choice(choice: &Choice) -> ResultChoice {
    ResultChoice {
        code: choice.code.clone(),
        text: choice.label.clone(),
        note: choice.needs_note,
    }
}
