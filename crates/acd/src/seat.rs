//! The person at the desk: seat, phone, desk, and what they want (5.1, 5.2).
use std::time::Duration;

use gudok_model::actor::LOGIN;
use gudok_model::{Actor, Name, Now, OfferEnd, OperatorId, SessionId};

use crate::acd::Acd;
use crate::guard::{Guard, guard};
use crate::operator::{Intent, Next, Operator, Wish, Work};
use crate::output::Output;
use crate::timer::Timer;

/// How long a desk that is lost during a talk or a wrap-up still counts (5.2): the talk does not need it.
pub const DESK_GRACE: Duration = Duration::from_secs(60);

impl Acd {
    /// Somebody sits down. Never ready by it; the same session again changes nothing but that the
    /// desk is there; another session takes the seat over.
    pub(crate) fn login(&mut self, now: Now, id: &OperatorId, session: SessionId) {
        let Some(operator) = self.operators.get(id) else {
            return self.refuse("unknown_operator", None);
        };
        let former = operator.session;
        if former == Some(session) {
            return self.desk(now, id, session, true);
        }
        self.forget_choice(id);
        if let Some(former) = former {
            let operator = id.clone();
            self.outputs.push_back(Output::SessionReplaced {
                operator,
                session: former,
            });
        }
        self.edit(id, |who| {
            who.session = Some(session);
            who.endpoint.desk = true;
            if let Work::WrapUp(wrap_up) = &mut who.work {
                wrap_up.unseated = false;
            }
            let next = Next::NotReady("login".into());
            let by = Actor::Policy(LOGIN.into());
            who.wish(Wish { next, by }, now);
            if !guard(Guard::LoginIsNotReady) {
                who.intent = Intent::Ready;
            }
        });
        self.end_awaiting(id);
        self.end_grace(id);
    }

    /// Somebody leaves; while busy, after the present work.
    pub(crate) fn logout(&mut self, now: Now, id: &OperatorId, by: Actor) {
        if self.seated(id) {
            let next = Next::Logout;
            self.edit(id, |who| who.wish(Wish { next, by }, now));
        }
    }

    /// The desk's connection is there or not. Lost during a talk or a wrap-up it counts on for a while;
    /// lost while an offer is out, the offer ends as a device error.
    pub(crate) fn desk(&mut self, now: Now, id: &OperatorId, session: SessionId, live: bool) {
        let Some(operator) = self.operators.get(id) else {
            return self.refuse("unknown_operator", None);
        };
        if operator.session != Some(session) && guard(Guard::StaleDesk) {
            return self.refuse("stale_session", Some(id));
        }
        if live {
            self.edit(id, |who| who.endpoint.desk = true);
            self.is_back(id);
            return self.end_grace(id);
        }
        let at_work = matches!(
            operator.work,
            Work::Talking(_) | Work::Hold(_) | Work::WrapUp(_) | Work::Out(_)
        );
        if operator.endpoint.desk && at_work && guard(Guard::DeskGrace) {
            let until = now.mono + DESK_GRACE;
            self.timers.set(until, Timer::DeskGrace(id.clone()));
            self.edit(id, |who| who.endpoint.desk_grace_until = Some(until));
        }
        self.edit(id, |who| who.endpoint.desk = false);
        self.give_up_offer_without_endpoint(now, id);
    }

    /// The phone has a live contact or not.
    pub(crate) fn phone(&mut self, now: Now, id: &OperatorId, live: bool) {
        if !self.operators.contains_key(id) {
            return self.refuse("unknown_operator", None);
        }
        self.trust_phone(id);
        self.edit(id, |who| who.endpoint.phone = live);
        self.is_back(id);
        self.give_up_offer_without_endpoint(now, id);
    }

    /// The only way into `ready` (I6): a person says so, or a policy that may.
    pub(crate) fn ready(&mut self, now: Now, id: &OperatorId, by: Actor) {
        if !self.seated(id) {
            return;
        }
        if !by.may_make_ready(id) {
            return self.refuse("not_allowed", Some(id));
        }
        let fits = |who: &Operator| who.is_busy() || who.endpoint_up();
        // A policy says it once, as the phone comes: nobody repeats it when the limit binds no more.
        let by_person = !matches!(by, Actor::Policy(_));
        let is_capped = |who: &Operator| by_person && !who.is_busy() && who.capped.is_some();
        if self.operators.get(id).is_some_and(is_capped) {
            return self.refuse("capped", Some(id));
        }
        if self.operators.get(id).is_some_and(fits) {
            let next = Next::Ready;
            self.edit(id, |who| who.wish(Wish { next, by }, now));
        } else {
            self.refuse("endpoint_down", Some(id));
        }
    }

    /// No calls for now, with the reason; refused where too few would stay.
    pub(crate) fn not_ready(&mut self, now: Now, id: &OperatorId, reason: Name, by: Actor) {
        if !self.seated(id) {
            return;
        }
        if self.leaves_too_few(id, &reason, &by) {
            self.refuse("break_quota", Some(id));
        } else {
            let next = Next::NotReady(reason);
            self.edit(id, |who| who.wish(Wish { next, by }, now));
        }
    }

    /// Whether the operator is known and logged in; otherwise the input is refused here.
    pub(crate) fn seated(&mut self, id: &OperatorId) -> bool {
        let code = match self.operators.get(id).map(|who| who.session) {
            Some(Some(_)) => return true,
            Some(None) => "not_logged_in",
            None => "unknown_operator",
        };
        self.refuse(code, Some(id));
        false
    }

    /// A desk that is back, or not needed any more, has no grace running.
    pub(crate) fn end_grace(&mut self, id: &OperatorId) {
        let grace = self
            .operators
            .get(id)
            .and_then(|who| who.endpoint.desk_grace_until);
        if let Some(at) = grace {
            self.timers.cancel(at, Timer::DeskGrace(id.clone()));
            self.edit(id, |who| who.endpoint.desk_grace_until = None);
        }
    }

    /// 5.2: endpoint down while reserved or ringing; not the person's miss.
    fn give_up_offer_without_endpoint(&mut self, now: Now, id: &OperatorId) {
        let Some(operator) = self.operators.get(id).filter(|who| !who.endpoint_up()) else {
            return;
        };
        if let Work::Reserved(ring) | Work::Ringing(ring) = &operator.work
            && guard(Guard::NoEndpointNoOffer)
        {
            let offer = ring.offer;
            self.close_offer(now, offer, OfferEnd::DeviceError);
            self.trust_phone(id);
        }
    }
}

impl Operator {
    /// A wish: done now if idle, otherwise after the present work. The last word counts.
    fn wish(&mut self, wish: Wish, now: Now) {
        if self.is_busy() && guard(Guard::WishWaits) {
            let as_it_is = match &wish.next {
                Next::Ready => self.intent == Intent::Ready,
                Next::NotReady(reason) => self.intent == Intent::NotReady(reason.clone()),
                Next::Logout => false,
            };
            self.next = (!as_it_is).then_some(wish);
            return;
        }
        // Order among equals is kept: who was ready stays where they are in the line.
        if wish.next == Next::Ready && self.intent != Intent::Ready {
            self.idle_since = now.mono;
            self.misses = 0;
        }
        self.take_up(wish);
    }

    /// The work in hand is over.
    pub(crate) fn settle(&mut self) {
        self.work = Work::Idle;
        if let Some(wish) = self.next.take() {
            if wish.next == Next::Ready {
                self.misses = 0;
            }
            self.take_up(wish);
        }
    }

    fn take_up(&mut self, wish: Wish) {
        // Who said ready first stays the one who did: the same word again changes nothing.
        if !(wish.next == Next::Ready && self.intent == Intent::Ready) {
            self.by = wish.by;
        }
        match wish.next {
            Next::Ready => self.intent = Intent::Ready,
            Next::NotReady(reason) => self.intent = Intent::NotReady(reason),
            Next::Logout => {
                self.intent = Intent::NotReady("login".into());
                self.session = None;
                self.endpoint.desk = false;
            }
        }
    }
}
