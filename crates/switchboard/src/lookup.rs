//! Who calls: the lookup runs beside the greeting, and a late answer still reaches the card.
use gudok_dialplan::StepEnd;
use gudok_model::{CallEvent, CallId, ClientMatch, LookupError, Now, OperatorId};

use crate::call::{Call, Phase};
use crate::desk::DeskEvent;
use crate::output::Output;
use crate::switchboard::Switchboard;
use crate::transfer::Whom;

impl Switchboard {
    /// Asks at the INVITE. Without a number there is nothing to ask, but whoever is blocked all the same is known.
    pub(crate) fn start_lookup(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        match call.caller.e164().cloned() {
            Some(number) => self.outputs.push_back(Output::Lookup {
                call: id,
                number,
                deadline: call.number.lookup_deadline,
            }),
            None => {
                let mark = call.withheld;
                let blocked = mark.and_then(|mark| self.hidden.client(now.wall, mark));
                self.learn(id, blocked.unwrap_or(ClientMatch::NoNumber), false);
            }
        }
    }

    /// An answer of the directory or of a CRM, the first or a later one.
    pub(crate) fn on_lookup(&mut self, now: Now, id: CallId, client: ClientMatch) {
        self.touch(id);
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        let waited_for = call.phase == Phase::LookingUp && !call.searched.awaited;
        // Who was found by what they typed is that client, whatever their number says.
        if call.searched.found {
            if waited_for {
                self.advance(now, id, Some(StepEnd::LookedUp));
            }
            return;
        }
        let late = call.lookup_late;
        let found = is_found(&client);
        self.learn(id, client, late);
        if found {
            self.knows_caller(now, id);
            self.is_human(now, id, "client", "номер есть в справочнике");
        }
        if waited_for {
            self.advance(now, id, Some(StepEnd::LookedUp));
        } else if late {
            self.enrich(now, id);
        }
    }

    /// A client will not be asked whether it is a person, whether or not this call was.
    fn knows_caller(&mut self, now: Now, id: CallId) {
        let call = self.calls.get(&id);
        if let Some(caller) = call.and_then(Call::whose) {
            self.press.knows(now.mono, &caller);
        }
    }

    /// The plan has waited for the lookup long enough. The call never waits for a CRM longer.
    pub(crate) fn on_lookup_due(&mut self, now: Now, id: CallId) {
        let timeout = ClientMatch::Error {
            error: LookupError::Timeout,
        };
        let is_found = self.calls.get(&id).is_some_and(|call| call.searched.found);
        if !is_found {
            self.learn(id, timeout, false);
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.lookup_late = true;
        }
        self.advance(now, id, Some(StepEnd::LookedUp));
    }

    fn learn(&mut self, id: CallId, client: ClientMatch, late: bool) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        // A second source that knows nobody does not undo what the first has found.
        if is_found(&client) || !is_found(&call.client) {
            call.client = client.clone();
        }
        let by = None;
        self.fact(id, CallEvent::ClientMatched { client, late, by });
    }

    /// Brings late data to everybody who has the call on the screen: a new card while it is offered, the
    /// client alone while it is talked about or written up.
    pub(crate) fn enrich(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        let talking = call.in_hand().map(|talk| talk.operator.clone());
        let holders: Vec<OperatorId> = talking.iter().chain(&call.wrap_ups).cloned().collect();
        let client = call.client.clone();
        self.renew_cards(now, id);
        for operator in holders {
            self.enrich_held(&operator, id, &client);
        }
        self.enrich_asked(id, client);
    }

    /// Who is asked aside about them has the card on the screen, too.
    fn enrich_asked(&mut self, call_id: CallId, client: ClientMatch) {
        let call = self.calls.get(&call_id);
        let consult = call.and_then(|call| call.consult.as_ref());
        if let Some(Whom::Operator(asked)) = consult.map(|it| it.with.clone())
            && self.config.asked_told
        {
            let news = DeskEvent::ClientEnriched { call_id, client };
            self.tell_desk(Some(&asked), news);
        }
    }

    fn enrich_held(&mut self, operator: &OperatorId, call_id: CallId, client: &ClientMatch) {
        let card = self.seats.get_mut(operator).and_then(|s| s.card.as_mut());
        if let Some(card) = card.filter(|card| card.call_id == call_id) {
            card.client = client.clone();
        }
        let client = client.clone();
        self.tell_desk(
            Some(operator),
            DeskEvent::ClientEnriched { call_id, client },
        );
    }
}

fn is_found(client: &ClientMatch) -> bool {
    matches!(client, ClientMatch::One { .. } | ClientMatch::Many { .. })
}
