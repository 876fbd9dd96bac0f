//! Who is to be called back, as the record has it: one open request of a kind per number, one dial of the customer per lease, one
//! phone at a time, and none that gets lost.
use std::collections::BTreeMap;

use gudok_model::{
    CallEvent, CallId, LegId, Needs, OpenRequest, RequestAbout, RequestDetail, RequestKind,
    RequestOutcome, RequestState, Wall,
};

use crate::wire::{Who, Wire};

/// Requests that are open. All of the one number that calls here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requests {
    open: BTreeMap<RequestKind, OpenRequest>,
    /// Those that a call of the customer's has closed, by that call, as long as it lasts.
    closed: BTreeMap<CallId, OpenRequest>,
    /// By call of ours: whether its customer was rung.
    rung: BTreeMap<CallId, u32>,
}

impl Requests {
    /// The promise that is open.
    pub(crate) fn promise(&self) -> Option<&OpenRequest> {
        self.open.get(&RequestKind::Callback)
    }

    /// Nobody has it in hand.
    pub(crate) fn is_idle(&self) -> bool {
        self.promise().is_some_and(|it| !is_in_hand(&it.state))
    }

    /// As a run that was cut leaves them.
    pub(crate) fn cut(&mut self) -> Vec<OpenRequest> {
        self.rung.clear();
        self.closed.clear();
        self.open.values().cloned().collect()
    }

    pub(crate) fn fact(&mut self, now: Wall, id: CallId, fact: &CallEvent) -> Result<(), String> {
        match fact {
            CallEvent::Requested {
                kind,
                number: Some(number),
                due,
                detail,
                ..
            } if *kind != RequestKind::Voicemail => {
                let open = self.open.entry(*kind).or_insert_with(|| OpenRequest {
                    id,
                    project: "main".into(),
                    number: number.clone(),
                    kind: *kind,
                    region: None,
                    group: None,
                    line: None,
                    created: now,
                    wished: None,
                    due: *due,
                    place: None,
                    needs: Needs::new(),
                    about: RequestAbout::default(),
                    state: RequestState::Requested,
                    attempts: 0,
                    epoch: 0,
                });
                joins(open, *due, detail);
                Ok(())
            }
            CallEvent::RequestMoved { kind, to, .. } => self.moves(id, *kind, to),
            CallEvent::RequestOver {
                kind, end, contact, ..
            } => match self.open.remove(kind) {
                Some(open) if open.id == id => {
                    let by = contact.filter(|_| *end == RequestOutcome::CancelledByCustomer);
                    self.closed.extend(by.map(|by| (by, open)));
                    Ok(())
                }
                other => Err(format!("5.6: {id} is over, and {other:?} is open")),
            },
            CallEvent::RequestBack { call, to, .. } => self.is_back(id, *call, to),
            CallEvent::Ended { .. } => {
                self.closed.remove(&id);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// By the call alone that had closed it, and never beside another.
    fn is_back(&mut self, id: CallId, by: CallId, to: &RequestState) -> Result<(), String> {
        let closed = self.closed.remove(&by).filter(|it| it.id == id);
        let Some(mut request) = closed.filter(|it| !self.open.contains_key(&it.kind)) else {
            return Err(format!("5.6: {id} is back, and {by} has not closed it"));
        };
        request.state = to.clone();
        self.open.insert(request.kind, request);
        Ok(())
    }

    fn moves(&mut self, id: CallId, kind: RequestKind, to: &RequestState) -> Result<(), String> {
        let open = self.open.get_mut(&kind).filter(|open| open.id == id);
        let open = open.ok_or_else(|| format!("5.6: {id} goes on and is not open"))?;
        match to {
            RequestState::Leased { epoch, .. } if *epoch != open.epoch => {
                let next = !is_in_hand(&open.state) && *epoch == open.epoch + 1;
                if !next {
                    return Err(format!("5.6: lease {epoch} of {id} after {:?}", open.state));
                }
                open.epoch = *epoch;
            }
            RequestState::RetryWait { attempts, .. } | RequestState::Exhausted { attempts } => {
                open.attempts = *attempts;
            }
            _ => {}
        }
        open.state = to.clone();
        Ok(())
    }

    /// The customer is rung by this leg of ours.
    pub(crate) fn rings(&mut self, wire: &Wire, leg: LegId) -> Result<(), String> {
        let on_line = |(other, line): &(&LegId, &crate::wire::Line)| {
            let theirs = line.who == Who::Caller || line.who == Who::Outside && other.index == 0;
            theirs && !line.dismissed
        };
        if let Some((other, _)) = wire.lines().find(on_line) {
            return Err(format!("5.6: {leg} rings who is on the line by {other}"));
        }
        let rung = self.rung.entry(leg.call).or_default();
        *rung += 1;
        match self.promise().map(|it| &it.state) {
            Some(RequestState::Dialing { call, .. })
                if *call == leg.call && self.rung[call] > 1 =>
            {
                Err(format!("5.6: {leg} is dialled twice by one lease"))
            }
            Some(RequestState::Leased { call, .. }) if *call == leg.call => {
                Err(format!("5.6: {leg} is dialled before it is told"))
            }
            _ => Ok(()),
        }
    }
}

fn is_in_hand(state: &RequestState) -> bool {
    matches!(
        state,
        RequestState::Leased { .. } | RequestState::Dialing { .. } | RequestState::Connected { .. }
    )
}

/// The earlier time holds, and the better place.
fn joins(open: &mut OpenRequest, due: Wall, detail: &RequestDetail) {
    open.due = open.due.min(due);
    let better = |place: &gudok_model::RequestPlace| match &open.place {
        Some(held) => place.since < held.since,
        None => true,
    };
    if let Some(place) = detail.place.clone().filter(|place| better(place)) {
        open.place = Some(place);
    }
}
