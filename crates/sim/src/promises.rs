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
    /// What calls of their customers have closed: it comes back where nobody talks with them.
    closed: BTreeMap<CallId, OpenRequest>,
    /// By which lease the customer was rung last.
    dialled: BTreeMap<CallId, u32>,
    /// Our calls whose customer was rung.
    rung: BTreeSet<CallId>,
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
                    due: *due,
                    place: detail.place.clone(),
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
            } => self.moved(id, &(project.clone(), number.clone(), *kind), to),
            CallEvent::RequestOver {
                project,
                number,
                kind,
                end,
                ..
            } => {
                self.named(id, &(project.clone(), number.clone(), *kind))?;
                let came = *end == RequestOutcome::CancelledByCustomer;
                let closed = self.open.get(&id).filter(|_| came).cloned();
                self.closed.extend(closed.map(|it| (id, it)));
                self.forget(id);
                self.count(end.word());
                Ok(())
            }
            CallEvent::RequestBack { to, .. } => self.comes_back(id, to),
            _ => Ok(()),
        }
    }

    /// Nobody talked with its customer in the call that had closed it.
    fn comes_back(&mut self, id: CallId, to: &RequestState) -> Result<(), String> {
        let closed = self.closed.remove(&id);
        let mut back = closed.ok_or_else(|| format!("5.6: {id} is back and was not closed"))?;
        let key = (back.project.clone(), back.number.clone(), back.kind);
        if let Some(other) = self.keys.insert(key, id) {
            return Err(format!("5.6: {id} is back, and {other} is open"));
        }
        back.state = to.clone();
        self.count("back");
        self.open.insert(id, back);
        Ok(())
    }

    /// Of one key there is one: the second wish joins the first.
    fn asked(&mut self, request: OpenRequest) {
        let key = (
            request.project.clone(),
            request.number.clone(),
            request.kind,
        );
        let first = self.keys.get(&key).and_then(|id| self.open.get_mut(id));
        if let Some(first) = first {
            first.due = first.due.min(request.due);
            let since = |it: &OpenRequest| it.place.as_ref().map(|place| place.since);
            if since(&request).is_some_and(|new| since(first).is_none_or(|old| new < old)) {
                first.place = request.place;
            }
            return;
        }
        self.count("opened");
        self.keys.insert(key, request.id);
        self.open.insert(request.id, request);
    }

    fn named(&self, id: CallId, key: &Key) -> Result<(), String> {
        match self.keys.get(key) {
            Some(open) if *open == id => Ok(()),
            other => Err(format!("5.6: {id} is told of, and open is {other:?}")),
        }
    }

    fn moved(&mut self, id: CallId, key: &Key, to: &RequestState) -> Result<(), String> {
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
        if let Some(request) = self.open.remove(&id) {
            self.keys
                .remove(&(request.project, request.number, request.kind));
        }
        self.dialled.remove(&id);
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
        let late = |it: &&OpenRequest| now.0 - it.due.0 > BROKEN_US;
        match self.open.values().filter(waits).find(late) {
            None => Ok(()),
            Some(it) => Err(format!("5.6: the promise {} is broken: {it:?}", it.id)),
        }
    }

    pub(crate) fn count(&mut self, word: &str) {
        *self.counts.entry(word.into()).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use gudok_model::{OperatorId, RequestDetail, RequestOutcome};
    use uuid::Uuid;

    use super::*;

    const FIRST: CallId = CallId(Uuid::from_u128(1));
    const SECOND: CallId = CallId(Uuid::from_u128(2));
    const OUT: CallId = CallId(Uuid::from_u128(3));
    const KIND: RequestKind = RequestKind::Callback;

    fn number() -> PhoneNumber {
        PhoneNumber::try_from("+79990000001".to_owned()).expect("a number")
    }

    fn tell(promises: &mut Promises, id: CallId, fact: &CallEvent) -> Result<(), String> {
        promises.fact(Wall(0), id, &"service".into(), fact)
    }

    fn asked() -> CallEvent {
        CallEvent::Requested {
            kind: KIND,
            number: Some(number()),
            due: Wall(1_000),
            group: None,
            length_ms: None,
            waited_ms: None,
            detail: Box::<RequestDetail>::default(),
        }
    }

    fn moved(to: RequestState) -> CallEvent {
        CallEvent::RequestMoved {
            project: "service".into(),
            number: number(),
            kind: KIND,
            to,
        }
    }

    fn anna() -> OperatorId {
        "anna".into()
    }

    fn leased(epoch: u32) -> CallEvent {
        moved(RequestState::Leased {
            by: anna(),
            epoch,
            until: Wall(1),
            call: OUT,
        })
    }

    fn dialing(epoch: u32) -> CallEvent {
        moved(RequestState::Dialing {
            by: anna(),
            epoch,
            call: OUT,
        })
    }

    #[test]
    fn a_lease_that_dials_twice_and_one_given_again_are_seen() {
        let mut promises = Promises::default();
        for fact in [asked(), leased(1), dialing(1)] {
            tell(&mut promises, FIRST, &fact).expect("in order");
        }
        tell(&mut promises, FIRST, &dialing(1)).expect_err("the second dial of a lease");
        tell(&mut promises, FIRST, &leased(1)).expect_err("the same lease again");
        tell(&mut promises, FIRST, &leased(2)).expect("the next lease");
        tell(&mut promises, FIRST, &dialing(2)).expect("and its dial");
    }

    #[test]
    fn a_second_request_of_one_key_is_seen_once_it_moves() {
        let mut promises = Promises::default();
        tell(&mut promises, FIRST, &asked()).expect("the first");
        tell(&mut promises, SECOND, &asked()).expect("joins it");
        assert_eq!(promises.open().len(), 1);
        tell(&mut promises, SECOND, &leased(1)).expect_err("two are open");
        let over = CallEvent::RequestOver {
            project: "service".into(),
            number: number(),
            kind: KIND,
            end: RequestOutcome::Done,
            contact: None,
            note: None,
        };
        tell(&mut promises, FIRST, &over).expect("its end");
        tell(&mut promises, FIRST, &over).expect_err("its second end");
    }

    #[test]
    fn a_promise_is_kept_or_with_people_within_a_day() {
        let mut promises = Promises::default();
        tell(&mut promises, FIRST, &asked()).expect("a promise");
        promises.close(Wall(BROKEN_US)).expect("there is time");
        promises
            .close(Wall(2 * BROKEN_US))
            .expect_err("it was forgotten");
        tell(&mut promises, FIRST, &moved(RequestState::ByHand)).expect("people have it");
        promises.close(Wall(2 * BROKEN_US)).expect("they were told");
    }
}
