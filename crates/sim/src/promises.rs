//! Who is owed a call, as the facts tell it: what a start gives back, and what must never be of it (behaviour 5.6).
use std::collections::{BTreeMap, BTreeSet};

use gudok_model::{
    CallEvent, CallId, Name, OpenRequest, PhoneNumber, ProjectId, RequestAbout, RequestKind,
    RequestOutcome, RequestState, Wall,
};
use gudok_switchboard::Output;
use gudok_switchboard::output::DialTarget;

/// So long after its time a promise is with people, or it was broken: a night of the law is shorter. Microseconds.
const BROKEN_US: i64 = 24 * 3_600 * 1_000_000;

type Key = (ProjectId, PhoneNumber, RequestKind);

/// Those that are open.
#[derive(Clone, Debug, Default)]
pub(crate) struct Promises {
    open: BTreeMap<CallId, OpenRequest>,
    keys: BTreeMap<Key, CallId>,
    /// By which lease the customer was rung last.
    dialled: BTreeMap<CallId, u32>,
    /// Whom somebody asked for anew, or put off, as of when: the time of the first wish is no measure of a machine then.
    anew: BTreeMap<CallId, Wall>,
    /// Our calls whose customer was rung.
    rung: BTreeSet<CallId>,
    /// Those that their customers' own calls have closed, with the call, as long as it lasts.
    closed: BTreeMap<CallId, (CallId, OpenRequest)>,
    /// How they ended, by the word of the wire; `opened` counts them all.
    pub(crate) counts: BTreeMap<Name, u64>,
}

impl Promises {
    /// Whom somebody is to call.
    pub(crate) fn open(&self) -> impl ExactSizeIterator<Item = &OpenRequest> {
        self.open.values()
    }

    pub(crate) fn get(&self, id: CallId) -> Option<&OpenRequest> {
        self.open.get(&id)
    }

    /// A fact under this id, of a call of this project.
    pub(crate) fn fact(
        &mut self,
        now: Wall,
        id: CallId,
        project: &ProjectId,
        fact: &CallEvent,
    ) -> Result<(), String> {
        match fact {
            CallEvent::Requested {
                kind: kind @ (RequestKind::Callback | RequestKind::Missed),
                number: Some(number),
                due,
                group,
                detail,
                ..
            } => {
                let project = detail.project.as_ref().unwrap_or(project);
                self.asked(OpenRequest {
                    id,
                    project: project.clone(),
                    number: number.clone(),
                    kind: *kind,
                    region: None,
                    group: group.clone(),
                    line: detail.line.clone(),
                    created: now,
                    wished: (!detail.unasked && *kind == RequestKind::Callback).then_some(now),
                    due: *due,
                    place: detail.place.clone(),
                    needs: detail.needs.clone(),
                    about: RequestAbout::default(),
                    state: match kind {
                        RequestKind::Missed => RequestState::ByHand,
                        _ => RequestState::Requested,
                    },
                    attempts: 0,
                    epoch: 0,
                });
                Ok(())
            }
            CallEvent::RequestMoved {
                project,
                number,
                kind,
                to,
            } => self.moved(now, id, &(project.clone(), number.clone(), *kind), to),
            CallEvent::RequestOver {
                project,
                number,
                kind,
                end,
                contact,
                ..
            } => {
                self.named(id, &(project.clone(), number.clone(), *kind))?;
                let by = contact.filter(|_| *end == RequestOutcome::CancelledByCustomer);
                self.over(id, by);
                self.count(end.word());
                Ok(())
            }
            CallEvent::RequestBack { call, to, .. } => self.is_back(id, *call, to),
            CallEvent::Ended { .. } => {
                self.closed.retain(|_, (by, _)| *by != id);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Of one key there is one: the second wish joins the first.
    fn asked(&mut self, request: OpenRequest) {
        let key = key(&request);
        let first = self.keys.get(&key).and_then(|id| self.open.get_mut(id));
        if let Some(first) = first {
            first.due = first.due.min(request.due);
            let since = |it: &OpenRequest| it.place.as_ref().map(|place| place.since);
            if since(&request).is_some_and(|new| since(first).is_none_or(|old| new < old)) {
                first.place = request.place;
            }
            if !request.needs.is_empty() {
                first.needs = request.needs;
            }
            return;
        }
        self.count("opened");
        self.keys.insert(key, request.id);
        self.open.insert(request.id, request);
    }

    /// It is over, by this call of its customer's.
    fn over(&mut self, id: CallId, by: Option<CallId>) {
        let open = self.open.get(&id).cloned();
        if let Some(closed) = by.zip(open) {
            self.closed.insert(id, closed);
        } else {
            self.dialled.remove(&id);
            self.anew.remove(&id);
        }
        if let Some(request) = self.open.remove(&id) {
            self.keys.remove(&key(&request));
        }
    }

    /// Nobody talked with its customer in the call that had closed it.
    fn is_back(&mut self, id: CallId, by: CallId, to: &RequestState) -> Result<(), String> {
        let Some((_, request)) = self.closed.remove(&id).filter(|(call, _)| *call == by) else {
            return Err(format!("5.6: {id} is back, and {by} has not closed it"));
        };
        if self.keys.contains_key(&key(&request)) {
            return Err(format!("5.6: {id} is back beside another of its key"));
        }
        self.opens_again(request, to.clone());
        Ok(())
    }

    fn opens_again(&mut self, mut request: OpenRequest, to: RequestState) {
        request.state = to;
        self.keys.insert(key(&request), request.id);
        self.open.insert(request.id, request);
        self.count("back");
    }

    /// A run is cut: whom no call of it has settled is owed as before, as the daemon has it at its next start.
    pub(crate) fn cut(&mut self, is_settled: impl Fn(CallId) -> bool) {
        for (by, request) in std::mem::take(&mut self.closed).into_values() {
            if is_settled(by) || self.keys.contains_key(&key(&request)) {
                continue;
            }
            let to = match &request.state {
                RequestState::Leased { .. }
                | RequestState::Dialing { .. }
                | RequestState::Connected { .. } => RequestState::Requested,
                stood => stood.clone(),
            };
            self.opens_again(request, to);
        }
    }

    fn named(&self, id: CallId, key: &Key) -> Result<(), String> {
        match self.keys.get(key) {
            Some(open) if *open == id => Ok(()),
            other => Err(format!("5.6: {id} is told of, and open is {other:?}")),
        }
    }

    fn moved(&mut self, now: Wall, id: CallId, key: &Key, to: &RequestState) -> Result<(), String> {
        self.named(id, key)?;
        let Some(request) = self.open.get_mut(&id) else {
            return Err(format!("5.6: {id} moves and is not open"));
        };
        match to {
            RequestState::Leased { epoch, call, .. } => {
                let held = match &request.state {
                    RequestState::Leased { call: before, .. } => before == call,
                    _ => false,
                };
                if *epoch < request.epoch || (*epoch == request.epoch && !held) {
                    return Err(format!("5.6: lease {epoch} of {id} is given again"));
                }
                request.epoch = *epoch;
            }
            RequestState::Dialing { epoch, .. } => {
                let last = self.dialled.insert(id, *epoch);
                let is_next = last.is_none_or(|last| last < *epoch);
                is_next
                    .then_some(())
                    .ok_or_else(|| format!("5.6: lease {epoch} of {id} dials twice"))?;
            }
            RequestState::RetryWait { attempts, .. } | RequestState::Exhausted { attempts } => {
                request.attempts = *attempts;
            }
            RequestState::Requested if matches!(request.state, RequestState::Exhausted { .. }) => {
                // Asked for anew.
                request.attempts = 0;
                self.anew.insert(id, now);
            }
            RequestState::Scheduled { at } => {
                self.anew.insert(id, *at);
            }
            _ => {}
        }
        request.state = to.clone();
        Ok(())
    }

    /// What is asked of the world: no call of ours rings its customer twice.
    pub(crate) fn sees(&mut self, output: &Output) -> Result<(), String> {
        let Output::Dial {
            leg,
            target: DialTarget::Customer { .. },
            ..
        } = output
        else {
            return Ok(());
        };
        match self.rung.insert(leg.call) {
            true => Ok(()),
            false => Err(format!("5.6: {} rings its customer twice", leg.call)),
        }
    }

    /// The machine has let it go, as it was told: the record has its end.
    pub(crate) fn forget(&mut self, id: CallId) {
        self.over(id, None);
    }

    /// A promise is kept, or with people who were told; whose time was over a day ago and which still waits for a machine is neither.
    pub(crate) fn close(&self, now: Wall) -> Result<(), String> {
        let waits = |it: &&OpenRequest| {
            matches!(
                it.state,
                RequestState::Requested
                    | RequestState::Scheduled { .. }
                    | RequestState::RetryWait { .. }
            )
        };
        let due = |it: &OpenRequest| self.anew.get(&it.id).map_or(it.due, |at| it.due.max(*at));
        let late = |it: &&OpenRequest| now.0 - due(it).0 > BROKEN_US;
        match self.open.values().filter(waits).find(late) {
            None => Ok(()),
            Some(it) => Err(format!("5.6: the promise {} is broken: {it:?}", it.id)),
        }
    }

    pub(crate) fn count(&mut self, word: &str) {
        *self.counts.entry(word.into()).or_default() += 1;
    }
}

/// Of each there is one.
fn key(request: &OpenRequest) -> Key {
    (
        request.project.clone(),
        request.number.clone(),
        request.kind,
    )
}

#[cfg(test)]
mod tests;
