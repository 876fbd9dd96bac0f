//! The facts of the floor: what the ACD says of its people goes on record as it goes to their desks.
use gudok_acd::{Mind, OperatorView};
use gudok_model::{Actor, CallId, FloorEvent, Kept, Now, OperatorId, SessionId, Shift, Wall};

use crate::output::Output;
use crate::restored::kept;
use crate::switchboard::Switchboard;

/// What of an operator is on record.
#[derive(Clone, Debug, Default)]
pub(crate) struct OnRecord {
    /// The session that began last and is not over.
    pub(crate) session: Option<SessionId>,
    /// Version of the state.
    version: Option<u64>,
    /// The wrap-up, and its end.
    wrap_up: Option<(CallId, Wall)>,
    /// What is not displayed, of this session.
    mind: Option<Mind>,
    /// Whose word made them what they are.
    actor: Option<Actor>,
}

impl Switchboard {
    /// A fact for the journal; journals of an earlier version have none.
    pub(crate) fn floor_fact(&mut self, event: FloorEvent) {
        if self.config.floor {
            self.outputs.push_back(Output::Floor { event });
        }
    }

    /// What of an operator is on record: of whoever has a seat, and of who has none any more and has a call in hand.
    fn on_record(&mut self, operator: &OperatorId) -> Option<&mut OnRecord> {
        match self.seats.get_mut(operator) {
            Some(seat) => Some(&mut seat.on_record),
            None => self.leaving.get_mut(operator),
        }
    }

    /// A session begins.
    pub(crate) fn record_arrival(&mut self, operator: OperatorId, session: SessionId) {
        if let Some(on_record) = self.on_record(&operator) {
            on_record.session = Some(session);
            on_record.mind = None;
        }
        self.floor_fact(FloorEvent::SatDown { operator, session });
    }

    /// A session is over.
    pub(crate) fn record_departure(&mut self, operator: OperatorId, shift: Shift) {
        if let Some(on_record) = self.on_record(&operator) {
            on_record.session = None;
            on_record.mind = None;
        }
        self.floor_fact(FloorEvent::Left { operator, shift });
    }

    /// The state that is shown from now on, each version once and after the session it belongs to has begun, and the end of a
    /// work after a talk where it is another.
    pub(crate) fn record_state(&mut self, now: Now, operator: &OperatorId) {
        let Some(view) = self.acd.operator(operator) else {
            self.leaving.remove(operator);
            return;
        };
        let Some(on_record) = self.on_record(operator) else {
            return;
        };
        if on_record.session != view.session || on_record.version == Some(view.version) {
            return;
        }
        on_record.version = Some(view.version);
        self.record_wrap_up(&view);
        let kept = self.kept_anew(now, operator);
        self.record_view(view, kept);
    }

    fn record_view(&mut self, view: OperatorView, kept: Option<Box<Kept>>) {
        if let Some(on_record) = self.on_record(&view.operator) {
            on_record.actor = Some(view.actor.clone());
        }
        self.floor_fact(FloorEvent::State {
            operator: view.operator,
            version: view.version,
            display: view.display,
            reason: view.reason,
            next: view.next,
            since: view.since,
            call: view.call,
            actor: view.actor,
            dialled: view.dialled && self.config.words_kept,
            kept,
        });
    }

    /// What is behind the state is another, and the state is not. By whose word goes with the state alone, which is told again
    /// where it is another's.
    pub(crate) fn record_mind(&mut self, now: Now, operator: OperatorId) {
        let on_record = self.on_record(&operator);
        let on_record = on_record.filter(|on_record| on_record.session.is_some());
        let Some(told) = on_record.map(|on_record| on_record.actor.clone()) else {
            return;
        };
        let Some(kept) = self.kept_anew(now, &operator) else {
            return;
        };
        let view = self.acd.operator(&operator);
        let by_another = |view: &OperatorView| told.as_ref() != Some(&view.actor);
        match view.filter(|view| self.config.words_kept && by_another(view)) {
            Some(view) => self.record_view(view, Some(kept)),
            None => self.floor_fact(FloorEvent::Kept { operator, kept }),
        }
    }

    /// What is not displayed, where it is not as it was told last.
    fn kept_anew(&mut self, now: Now, operator: &OperatorId) -> Option<Box<Kept>> {
        let mind = self.acd.mind(operator).filter(|_| self.config.restores)?;
        let told = &mut self.on_record(operator)?.mind;
        let is_new = told.as_ref() != Some(&mind);
        *told = Some(mind.clone());
        is_new.then(|| Box::new(kept(now, mind)))
    }

    fn record_wrap_up(&mut self, view: &OperatorView) {
        let set = wrap_up_end(view);
        let on_record = self.on_record(&view.operator);
        let before = on_record.and_then(|it| std::mem::replace(&mut it.wrap_up, set));
        let (Some((call, until)), Some(wrap_up)) = (set, view.wrap_up) else {
            return;
        };
        if before == set {
            return;
        }
        self.floor_fact(FloorEvent::WrapUpSet {
            operator: view.operator.clone(),
            call,
            since: wrap_up.since,
            until,
            extended_us: wrap_up.extended.as_micros().try_into().unwrap_or(u64::MAX),
            extensions: wrap_up.extensions,
        });
    }
}

fn wrap_up_end(view: &OperatorView) -> Option<(CallId, Wall)> {
    view.wrap_up?;
    view.call.zip(view.deadline)
}
