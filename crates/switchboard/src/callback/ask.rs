//! How requests come: promised on a call, left by a call that nobody answered, asked for by a form, kept by the run before.
use gudok_model::request::CALLBACK_DUE;
use gudok_model::{
    Asked, CallEvent, CallId, GroupId, Mono, Needs, Now, OpenRequest, PhoneNumber, Region,
    RequestAbout, RequestDetail, RequestKind, RequestPlace, RequestSource, RequestState, Wall,
};

use gudok_outbound::{DNC, Home};

use super::book::{Callback, Key, moment, past};
use super::machine::{Course, Step};
use super::{AFTER_CUT, LOOK_EVERY};
use crate::output::Output;
use crate::switchboard::Switchboard;

/// The plan lets no call go there, at no hour: nobody could keep the promise.
pub const NO_PREFIX: &str = "no_prefix";

/// A request that is to be kept.
pub(crate) struct Opening {
    pub(crate) id: CallId,
    pub(crate) key: Key,
    pub(crate) region: Option<Region>,
    pub(crate) line: Option<PhoneNumber>,
    pub(crate) group: Option<GroupId>,
    pub(crate) place: Option<RequestPlace>,
    pub(crate) needs: Needs,
    pub(crate) due: Wall,
    /// When its customer asks for it themself, if they do.
    pub(crate) wished: Option<Wall>,
    pub(crate) about: RequestAbout,
}

impl Switchboard {
    /// A call has brought a promise, and the record has it: to its caller's number or another.
    pub(crate) fn keep_promise(
        &mut self,
        now: Now,
        id: CallId,
        number: PhoneNumber,
        (group, due): (Option<GroupId>, Wall),
        (place, wished): (Option<RequestPlace>, Option<Wall>),
    ) {
        if let Some(opening) = self.opening(id, (number, RequestKind::Callback), (group, due)) {
            let opening = Opening {
                place,
                wished,
                ..opening
            };
            self.open_request(now, opening);
        }
    }

    /// Nobody answered a call that showed its number: it is to be called, unless that is promised already, or it talks with
    /// somebody by another call.
    pub(crate) fn owe_missed(
        &mut self,
        now: Now,
        id: CallId,
        number: Option<&PhoneNumber>,
        (group, short): (Option<GroupId>, bool),
    ) {
        let Some(number) = number.filter(|_| self.config.callbacks && !short) else {
            return;
        };
        let due = now.wall + CALLBACK_DUE;
        let owed = (group.clone(), due);
        let Some(opening) = self.opening(id, (number.clone(), RequestKind::Missed), owed) else {
            return;
        };
        let promise = Key {
            kind: RequestKind::Callback,
            ..opening.key.clone()
        };
        let is_promised =
            self.callbacks.find(&promise).is_some() || self.callbacks.is_remembered(&promise);
        if is_promised
            || self.talks_by_another(id, &promise)
            || !self.room_for_request(&opening.key)
        {
            return;
        }
        self.fact(
            id,
            CallEvent::Requested {
                kind: RequestKind::Missed,
                number: Some(number.clone()),
                due,
                group,
                length_ms: None,
                waited_ms: None,
                detail: Box::default(),
            },
        );
        self.open_request(now, opening);
    }

    fn opening(
        &self,
        id: CallId,
        (number, kind): (PhoneNumber, RequestKind),
        (group, due): (Option<GroupId>, Wall),
    ) -> Option<Opening> {
        let call = self.calls.get(&id).filter(|_| self.config.callbacks)?;
        let is_own = call.caller.e164() == Some(&number);
        Some(Opening {
            id,
            region: call.caller.region.clone().filter(|_| is_own),
            line: call.dialled.number.e164.clone(),
            key: Key {
                project: call.number.project.clone(),
                number,
                kind,
            },
            group,
            place: None,
            needs: self.promised_needs(id, kind),
            due,
            wished: None,
            about: RequestAbout::default(),
        })
    }

    /// What whoever calls back has to know: what the plan said of the caller on the way to the promise. Messages and missed calls
    /// are for people.
    pub(crate) fn promised_needs(&self, id: CallId, kind: RequestKind) -> Needs {
        let is_kept = self.config.promise_needs && kind == RequestKind::Callback;
        let call = self.calls.get(&id).filter(|_| is_kept);
        call.map_or_else(Needs::new, |call| call.memory.needs.clone())
    }

    /// One that joins what is open needs none.
    fn room_for_request(&self, key: &Key) -> bool {
        self.callbacks.find(key).is_some() || !self.callbacks.is_full(key.kind)
    }

    /// A form asks. Answered exactly once, with the request that stands for it.
    pub(crate) fn on_asked(&mut self, now: Now, id: CallId, asked: Asked) {
        let due = asked.due.unwrap_or_else(|| {
            let from = asked.not_before.map_or(now.wall, |at| at.max(now.wall));
            from + CALLBACK_DUE
        });
        let key = Key {
            project: asked.project.clone(),
            number: asked.number.clone(),
            kind: RequestKind::Callback,
        };
        let open = self.callbacks.find(&key);
        if open.is_none() && (!self.room_for_request(&key) || !self.config.callbacks) {
            let refused = Some("callbacks_full".into());
            return self.answer_asked(id, (id, due), (false, refused));
        }
        let lets =
            |plan: &std::sync::Arc<gudok_dialplan::plan::Plan>| plan.lets_call(&asked.number);
        if self.config.promise_prefix && !self.plan.as_ref().is_none_or(lets) {
            let refused = Some(NO_PREFIX.into());
            return self.answer_asked(id, (id, due), (false, refused));
        }
        let by_us = asked.source == RequestSource::Api;
        if by_us && self.is_refused_to(&asked.project, &asked.number) {
            let refused = Some(DNC.into());
            return self.answer_asked(id, (id, due), (false, refused));
        }
        if !self.has_group(asked.group.as_ref()) {
            let refused = Some("unknown_group".into());
            return self.answer_asked(id, (id, due), (false, refused));
        }
        let about = RequestAbout {
            source: asked.source,
            note: asked.note.clone(),
            basis: asked.basis.clone(),
        };
        let detail = RequestDetail {
            source: asked.source,
            project: Some(asked.project),
            line: asked.line.clone(),
            not_before: asked.not_before,
            place: None,
            note: asked.note,
            basis: asked.basis,
            needs: Needs::new(),
            unasked: by_us,
        };
        self.fact(
            id,
            CallEvent::Requested {
                kind: RequestKind::Callback,
                number: Some(asked.number),
                due,
                group: asked.group.clone(),
                length_ms: None,
                waited_ms: None,
                detail: Box::new(detail),
            },
        );
        let opening = Opening {
            id,
            key,
            region: asked.region,
            line: asked.line,
            group: asked.group,
            place: None,
            needs: Needs::new(),
            due,
            wished: (!by_us).then_some(now.wall),
            about: self.shown(about),
        };
        let (stands, due) = self.open_request(now, opening);
        if let Some(at) = asked.not_before.filter(|at| *at > now.wall) {
            self.leave_queue(now, stands);
            self.step_request(now, stands, Step::Later { at });
        }
        self.answer_asked(id, (stands, due), (open.is_none(), None));
    }

    /// Where there is no plan yet, nobody can say that it is none.
    fn has_group(&self, group: Option<&GroupId>) -> bool {
        let (Some(group), Some(plan)) = (group, self.plan.as_ref()) else {
            return true;
        };
        plan.groups().iter().any(|it| it.id == *group)
    }

    fn answer_asked(
        &mut self,
        id: CallId,
        (open, due): (CallId, Wall),
        (is_new, refused): (bool, Option<gudok_model::Name>),
    ) {
        self.outputs.push_back(Output::Asked {
            id,
            open,
            is_new,
            due,
            refused,
        });
    }

    /// Keeps it, or joins the one that is open: the earlier time holds, and the better place. Gives the one that stands for it.
    fn open_request(&mut self, now: Now, opening: Opening) -> (CallId, Wall) {
        if let Some(id) = self.callbacks.find(&opening.key) {
            return self.join_request(now, id, opening);
        }
        let (id, due, kind) = (opening.id, opening.due, opening.key.kind);
        let (mut course, mut look) = (Course::new(), now.mono);
        if kind == RequestKind::Missed {
            // People call those; who may be called was not asked. Nothing comes of a look at one.
            (course.state, look) = (RequestState::ByHand, Mono(u64::MAX));
        }
        let since = opening.place.as_ref().map(|place| past(now, place.since));
        let callback = Callback {
            id,
            key: opening.key,
            region: opening.region,
            line: opening.line,
            group: opening.group,
            place: opening.place,
            needs: opening.needs,
            since: since.unwrap_or(now.mono),
            created: now.wall,
            wished: opening.wished,
            due,
            about: opening.about,
            course,
            home: Home::default(),
            turn: None,
            look,
            urgent: false,
            told_due: false,
        };
        if !self.callbacks.open(callback) && kind != RequestKind::Missed {
            self.alarm("callbacks_full", format!("{id} is for people to call"));
        }
        self.time_request(now, id);
        (id, due)
    }

    fn join_request(&mut self, now: Now, id: CallId, opening: Opening) -> (CallId, Wall) {
        let Some(open) = self.callbacks.get_mut(id) else {
            return (id, opening.due);
        };
        open.due = open.due.min(opening.due);
        open.wished = opening.wished.or(open.wished);
        open.about.join(opening.about);
        // What they asked for last holds; a form asks for nothing.
        if !opening.needs.is_empty() {
            open.needs = opening.needs;
        }
        if let Some(place) = opening.place {
            let since = past(now, place.since);
            if open.place.is_none() || since < open.since {
                open.since = since.min(open.since);
                open.place = Some(place);
            }
        }
        let due = open.due;
        self.wake_asked_again(now, id);
        self.time_request(now, id);
        (id, due)
    }

    /// Whoever asks again is called as one who asks: what had come to a stop, or waited for its moment, goes on at once. What
    /// somebody has in hand stays there.
    fn wake_asked_again(&mut self, now: Now, id: CallId) {
        let Some(callback) = self.callbacks.get_mut(id) else {
            return;
        };
        let wakes = match &callback.course.state {
            RequestState::Exhausted { .. } => {
                callback.course.attempts = 0;
                true
            }
            RequestState::Scheduled { .. }
            | RequestState::RetryWait { .. }
            | RequestState::BlockedByLaw { .. } => true,
            RequestState::ByHand => self.has_way(now, id),
            RequestState::Requested
            | RequestState::Leased { .. }
            | RequestState::Dialing { .. }
            | RequestState::Connected { .. } => false,
        };
        if wakes {
            self.step_request(now, id, Step::Due);
        }
    }

    /// What the run before left open. What was in somebody's hand was cut with it: the phone it rang outside may ring on, so
    /// nobody dials it again before that is over.
    pub(crate) fn on_owed(&mut self, now: Now, requests: Vec<OpenRequest>) {
        if !self.config.callbacks {
            return;
        }
        for request in requests {
            let is_one = matches!(request.kind, RequestKind::Callback | RequestKind::Missed);
            let id = request.id;
            let about = self.shown(request.about.clone());
            let owed = owed(
                now,
                OpenRequest {
                    about,
                    ..request.clone()
                },
            );
            if is_one && self.callbacks.open(owed) {
                self.take_up_again(now, &request);
                self.time_request(now, id);
            }
        }
        // What was told of nothing but the promise comes as one for people; it may have a way.
        self.look_at_requests(now);
    }

    fn take_up_again(&mut self, now: Now, request: &OpenRequest) {
        let again = now.wall + AFTER_CUT;
        match &request.state {
            // The last word of the run before may be lost: the customer may be rung all the same.
            RequestState::Leased { .. } => {
                self.step_request(now, request.id, Step::Withdrawn);
                self.step_request(now, request.id, Step::Later { at: again });
            }
            RequestState::Dialing { .. } | RequestState::Connected { .. } => {
                let (why, tries) = ("cut".into(), self.tries_of(request.id));
                self.step_request(now, request.id, Step::Unreached { why, again, tries });
                self.alarm_if_exhausted(request.id);
            }
            _ => {}
        }
    }
}

/// When one of the run before is looked at: what waited for a moment waits for it still, and what only people call is not looked at.
fn look(now: Now, state: &RequestState) -> Mono {
    let soon: Mono = now.mono + LOOK_EVERY;
    match state {
        RequestState::Scheduled { at } | RequestState::RetryWait { at, .. } => {
            moment(now, *at).max(soon)
        }
        RequestState::BlockedByLaw { until, .. } => moment(now, *until).max(soon),
        RequestState::Exhausted { .. } | RequestState::ByHand => Mono(u64::MAX),
        RequestState::Requested
        | RequestState::Leased { .. }
        | RequestState::Dialing { .. }
        | RequestState::Connected { .. } => soon,
    }
}

fn owed(now: Now, request: OpenRequest) -> Callback {
    let look = look(now, &request.state);
    let since = request
        .place
        .as_ref()
        .map_or(request.created, |it| it.since);
    let course = Course {
        state: request.state,
        attempts: request.attempts,
        epoch: request.epoch,
        dialled: request.epoch,
    };
    Callback {
        id: request.id,
        key: Key {
            project: request.project,
            number: request.number,
            kind: request.kind,
        },
        region: request.region,
        line: request.line,
        group: request.group,
        place: request.place,
        needs: request.needs,
        since: past(now, since),
        created: request.created,
        wished: request.wished,
        due: request.due,
        about: request.about,
        course,
        home: Home::default(),
        turn: None,
        look,
        urgent: false,
        told_due: request.due <= now.wall,
    }
}
