//! Who calls, by what they typed: a contract from somebody else's telephone.
use std::time::Duration;

use gudok_dialplan::{Hit, StepEnd};
use gudok_model::{CallEvent, CallId, ClientMatch, LookupError, Name, Now};

use crate::call::Phase;
use crate::output::Output;
use crate::switchboard::Switchboard;
use crate::timers::Timer;

impl Switchboard {
    /// Asks for the client with this value in this field. The call waits for the answer, the call path for nothing.
    pub(crate) fn search(
        &mut self,
        now: Now,
        id: CallId,
        (by, value): (Name, String),
        deadline: Duration,
    ) -> Option<StepEnd> {
        let call = self.calls.get_mut(&id)?;
        let searched = &mut call.searched;
        searched.count = searched.count.saturating_add(1);
        (searched.awaited, searched.by) = (true, Some(by.clone()));
        let search = searched.count;
        call.phase = Phase::LookingUp;
        self.timers.set(Timer::Phase(id), now.mono + deadline);
        self.outputs.push_back(Output::Search {
            call: id,
            search,
            by,
            value,
            deadline,
        });
        None
    }

    /// An answer: the one the plan waits for, or a late one that still reaches the card. That of a search before the last one
    /// is about something else.
    pub(crate) fn on_search(&mut self, now: Now, id: CallId, search: u16, client: ClientMatch) {
        self.touch(id);
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if call.searched.count != search {
            return;
        }
        let waits = std::mem::take(&mut call.searched.awaited);
        // Whoever has hung up meanwhile waits for nothing.
        let awaited = waits && call.phase == Phase::LookingUp;
        let hit = Hit::of(&client);
        if !awaited && hit != Hit::One {
            return;
        }
        self.learn_searched(id, client, !awaited);
        match awaited {
            true => self.advance(now, id, Some(StepEnd::Searched(hit))),
            false => self.enrich(now, id),
        }
    }

    /// The plan has waited long enough.
    pub(crate) fn on_search_due(&mut self, now: Now, id: CallId) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.searched.awaited = false;
        }
        let error = LookupError::Timeout;
        self.learn_searched(id, ClientMatch::Error { error }, false);
        self.advance(now, id, Some(StepEnd::Searched(Hit::Error)));
    }

    /// Who is found alone is the client of the call; several are shown where nobody was known before.
    fn learn_searched(&mut self, id: CallId, client: ClientMatch, late: bool) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let is_known = call.client.client().is_some();
        match Hit::of(&client) {
            Hit::One => {
                call.searched.found = true;
                call.client = client.clone();
            }
            Hit::Many if !is_known => call.client = client.clone(),
            Hit::Many | Hit::None | Hit::Error => {}
        }
        let by = call.searched.by.clone();
        self.fact(id, CallEvent::ClientMatched { client, late, by });
    }
}
