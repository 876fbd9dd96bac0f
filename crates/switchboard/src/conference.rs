//! Who hears whom where that is more, or less, than two legs of a bridge: a conference of three, an operator whose voice is
//! taken off, and supervisors (`heard`).
//!
//! The room is a function of the call's state, said as a whole whenever it is another one than before. Named policies: a
//! conference is of the caller, the operator and whoever they asked aside from the desk; the operator who hangs up, at the phone or
//! at the desk, or whose phone is lost, leaves the two others with each other, as by `complete`; when the caller leaves, the other two talk on (`apart`). A voice stays off over
//! hold, a word aside and a conference, until it is put on again, the caller is gone or the talk ends.
use gudok_model::{CallEvent, CallId, EndCause, LegId, Now};

use crate::call::{Call, Phase, Talk};
use crate::consult::Consult;
use crate::desk::DeskEvent;
use crate::floor::Rejection;
use crate::heard::with_supervisors;
use crate::in_hand::Party;
use crate::output::{Hears, Output};
use crate::switchboard::Switchboard;
use crate::transfer::GONE_AWAY;

impl Switchboard {
    /// The operator's voice reaches nobody, or does again.
    pub(crate) fn mute(&mut self, talk: &Talk, on: bool) -> Result<(), Rejection> {
        let call_id = talk.leg.call;
        let call = self.calls.get_mut(&call_id);
        let Some(Phase::Talking(talk)) = call.map(|call| &mut call.phase) else {
            return Err(refused());
        };
        if std::mem::replace(&mut talk.muted, on) != on {
            let talk = talk.clone();
            self.tell_muted(&talk, on);
        }
        Ok(())
    }

    /// On the record, and at the desk.
    pub(crate) fn tell_muted(&mut self, talk: &Talk, on: bool) {
        let (leg, call_id) = (talk.leg, talk.leg.call);
        self.fact(call_id, CallEvent::Muted { leg, on });
        self.tell_desk(Some(&talk.operator), DeskEvent::Muted { call_id, on });
    }

    /// The caller comes into the word aside.
    pub(crate) fn confer(&mut self, now: Now, talk: &Talk) -> Result<(), Rejection> {
        let id = talk.leg.call;
        let call = self.calls.get_mut(&id);
        let consult = call.and_then(|call| call.consult.as_mut());
        let at_desk = |it: &&mut Consult| it.answered && it.own.is_none() && !it.conference;
        let other = consult.filter(at_desk).ok_or_else(refused)?.other;
        if talk.hold.phone {
            return Err(Rejection {
                code: "phone_holds".into(),
                actual: None,
            });
        }
        self.aside_is_over(id);
        self.set_hold(now, id, |hold| hold.desk = false);
        let call = self.calls.get_mut(&id);
        if let Some(consult) = call.and_then(|call| call.consult.as_mut()) {
            consult.conference = true;
        }
        let parties = vec![LegId::caller(id), talk.leg, other];
        self.fact(id, CallEvent::Conferenced { parties });
        if self.config.hand_told {
            let operator = talk.operator.clone();
            self.tell_acd(now, gudok_acd::Input::Conferring { operator, on: true });
        }
        self.tell_consult(id, "conference");
        self.tell_asked(id, "conference");
        Ok(())
    }

    /// One of three is sent out; the two others go on.
    pub(crate) fn drop_party(
        &mut self,
        now: Now,
        talk: &Talk,
        party: Party,
    ) -> Result<(), Rejection> {
        if !self.is_conference(talk) {
            return Err(refused());
        }
        let id = talk.leg.call;
        match party {
            Party::Caller => self.send_caller_out(now, id),
            Party::Asked => self.consult_over(now, id, GONE_AWAY, "cancelled"),
        }
        Ok(())
    }

    /// For the two others the caller is gone at once, not when the line says so: whatever they do meanwhile is theirs alone.
    fn send_caller_out(&mut self, now: Now, id: CallId) {
        let cause = EndCause::ByUs;
        let end = self.end_of_caller(now, id, cause);
        self.dismiss(LegId::caller(id), false);
        if let Some(end) = end.filter(|_| self.config.told_once) {
            self.talks_on(now, id, (cause, &end));
        }
    }

    /// Whether the leg of this talk is one of three.
    pub(crate) fn is_conference(&self, talk: &Talk) -> bool {
        let call = self.calls.get(&talk.leg.call);
        let consult = call.and_then(|call| call.consult.as_ref());
        consult.is_some_and(|consult| consult.conference)
    }

    /// Says who hears whom, where that has changed; where nothing is mixed any more, the two who are left hear each other.
    pub(crate) fn say_room(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let parties = room(call);
        let (left, same) = (
            std::mem::take(&mut call.room.left),
            parties == call.room.parties,
        );
        if same && !left {
            return;
        }
        call.room.parties.clone_from(&parties);
        let pair = pair(call).filter(|_| parties.is_empty());
        if !same {
            self.outputs.push_back(Output::Mix { call: id, parties });
        }
        if let Some((a, b)) = pair {
            self.outputs.push_back(Output::Bridge { a, b });
        }
    }

    /// Nobody hears anybody by the room any more: said before whatever else its legs are to hear.
    pub(crate) fn leave_room(&mut self, id: CallId) {
        let call = self.calls.get_mut(&id);
        let Some(call) = call.filter(|call| !call.room.parties.is_empty()) else {
            return;
        };
        (call.room.parties, call.room.left) = (Vec::new(), true);
        let parties = Vec::new();
        self.outputs.push_back(Output::Mix { call: id, parties });
    }
}

/// What was said last of who hears whom.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Room {
    parties: Vec<Hears>,
    /// It was left in this step: whoever is to hear each other now is told so at its end.
    left: bool,
}

/// Who hears whom; empty: a bridge is enough.
fn room(call: &Call) -> Vec<Hears> {
    let Some(talk) = call.in_hand() else {
        return Vec::new();
    };
    with_supervisors(call, talk, talkers(call, talk))
}

/// The same, supervisors apart.
fn talkers(call: &Call, talk: &Talk) -> Vec<Hears> {
    let (caller, own) = (call.caller_leg(), talk.leg);
    let apart = matches!(call.phase, Phase::Apart(_));
    let asked = call.consult.as_ref().filter(|it| it.own.is_none());
    let spoken_with = match asked {
        Some(asked) if asked.conference && !apart => return three(talk, caller, asked.other),
        Some(asked) => asked.answered.then_some(asked.other),
        None => (!talk.hold.is_on() && !apart).then_some(caller),
    };
    match spoken_with.filter(|_| talk.muted) {
        Some(other) => vec![hears(other, &[]), hears(own, &[other])],
        None => Vec::new(),
    }
}

fn three(talk: &Talk, caller: LegId, other: LegId) -> Vec<Hears> {
    let own = talk.leg;
    let voice: &[LegId] = if talk.muted { &[] } else { &[own] };
    vec![
        hears(caller, &[voice, &[other]].concat()),
        hears(own, &[caller, other]),
        hears(other, &[voice, &[caller]].concat()),
    ]
}

pub(crate) fn hears(leg: LegId, from: &[LegId]) -> Hears {
    Hears {
        leg,
        from: from.to_vec(),
    }
}

/// The two who hear each other where nothing is mixed.
pub(crate) fn pair(call: &Call) -> Option<(LegId, LegId)> {
    let caller = call.caller_leg();
    match (&call.phase, &call.consult) {
        (Phase::Apart(talk), Some(consult)) => Some(consult.legs(talk).into()),
        (Phase::Talking(talk), Some(consult)) if consult.own.is_none() => {
            consult.answered.then_some((talk.leg, consult.other))
        }
        (Phase::Talking(talk), _) => (!talk.hold.is_on()).then_some((caller, talk.leg)),
        (Phase::TalkingOut { leg }, _) => Some((caller, *leg)),
        _ => None,
    }
}

fn refused() -> Rejection {
    Rejection {
        code: "invalid_state".into(),
        actual: None,
    }
}
