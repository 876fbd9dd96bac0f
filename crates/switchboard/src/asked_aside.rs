//! Who is asked aside sees about whom: the card of the asking operator is on the colleague's desk before their phone rings
//! (`cti.md`: operators never answer blind).
use gudok_model::{CallId, Name, OperatorId};
use serde::{Deserialize, Serialize};

use crate::consult::Consult;
use crate::desk::{Card, DeskEvent};
use crate::switchboard::Switchboard;
use crate::transfer::Whom;

/// A colleague asks, in the middle of a talk.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AskedAside {
    /// The call.
    pub call_id: CallId,
    /// Who asks.
    pub by: OperatorId,
    /// As shown.
    pub name: String,
    /// `ringing`, `answered`, `conference`; `over`: by whomever, or the caller is theirs now and their own card follows.
    pub state: Name,
    /// The card of whoever asks: its offer is theirs. None when it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Box<Card>>,
}

impl Switchboard {
    /// The desk of whoever is asked in this call learns how it goes.
    pub(crate) fn tell_asked(&mut self, id: CallId, state: &str) {
        let call = self.calls.get(&id);
        let Some(consult) = call.and_then(|call| call.consult.as_ref()) else {
            return;
        };
        if let Some((asked, event)) = self.asked_about(id, consult, state) {
            self.tell_desk(Some(&asked), DeskEvent::AskedAside(Box::new(event)));
        }
    }

    /// It is over for this one, who is asked no more.
    pub(crate) fn asked_no_more(&mut self, id: CallId, consult: &Consult) {
        if let Some((asked, event)) = self.asked_about(id, consult, "over") {
            self.tell_desk(Some(&asked), DeskEvent::AskedAside(Box::new(event)));
        }
    }

    fn asked_about(
        &self,
        id: CallId,
        consult: &Consult,
        state: &str,
    ) -> Option<(OperatorId, AskedAside)> {
        let Whom::Operator(asked) = &consult.with else {
            return None;
        };
        let seat = self.seats.get(&consult.by)?;
        let card = seat.card.as_ref().filter(|card| card.call_id == id);
        let event = AskedAside {
            call_id: id,
            by: consult.by.clone(),
            name: seat.profile.name.clone(),
            state: state.into(),
            card: card.filter(|_| state != "over").cloned(),
        };
        self.config.asked_told.then(|| (asked.clone(), event))
    }

    /// By whom this operator is asked now, for a desk that draws itself from nothing.
    pub(crate) fn asked_aside(&self, operator: &OperatorId) -> Option<AskedAside> {
        let asked =
            |consult: &Consult| matches!(&consult.with, Whom::Operator(it) if it == operator);
        let mut consults = self.calls.values().filter_map(|call| {
            let consult = call.consult.as_ref().filter(|it| asked(it))?;
            Some((call.id, consult))
        });
        let (id, consult) = consults.next()?;
        let state = match (consult.answered, consult.conference) {
            (_, true) => "conference",
            (true, false) => "answered",
            (false, false) => "ringing",
        };
        self.asked_about(id, consult, state).map(|(_, asked)| asked)
    }
}
