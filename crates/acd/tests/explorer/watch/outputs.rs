//! What the machine says, held against what it may say.
use gudok_acd::{EXTEND_MAX, LEASE_SLACK, Output, PHONE_DISTRUST, WaitEnd};
use gudok_model::{CallId, GroupSettings, Mono, Now, OfferEnd, OfferId, OperatorId, Strategy};

use super::Watch;
use super::case::Stage;
use super::order::Order;
use super::person::{Dialling, Hand, Ring};

impl Watch {
    /// The machine says something; it is held against what it may say.
    pub(crate) fn sees(&mut self, now: Now, output: Output) -> Result<(), String> {
        let now = now.mono;
        match output {
            Output::Offer {
                offer,
                operator,
                group,
                ring_deadline,
                expires,
                ..
            } => {
                let terms = self.terms(&group);
                let ring = Ring {
                    offer,
                    terms,
                    until: ring_deadline,
                    expires,
                    alerted: false,
                    heard: false,
                    interrupts: false,
                };
                self.sees_offer(now, &operator, ring)
            }
            Output::Won { offer, operator } => self.sees_won(now, offer, &operator),
            Output::OfferClosed {
                offer,
                operator,
                end,
                ..
            } => self.sees_closed(now, offer, &operator, end),
            Output::WrapUpEnded { operator, call, .. } => self.sees_written(now, &operator, call),
            Output::WaitEnded { call, why } => self.sees_wait_end(now, call, why),
            Output::PreviewEnded {
                operator,
                timed_out,
                ..
            } => self.sees_preview_end(now, &operator, timed_out),
            _ => Ok(()),
        }
    }

    fn sees_offer(&mut self, now: Mono, id: &OperatorId, ring: Ring) -> Result<(), String> {
        let offer = ring.offer;
        self.nobody_is_kept_for_nobody();
        let case = &self.cases[&offer.call];
        let place = case.place.as_ref();
        let deadline = place.map_or(now, |place| place.deadline);
        let who = &self.people[id];
        if case.stage != Stage::Waits {
            return Err(format!("{offer} for a caller who is {:?}", case.stage));
        }
        if self.draining && case.named.is_none() {
            return Err(format!("Q15: {offer} in a drain"));
        }
        let by_name = case.named.as_ref().filter(|(named, _)| named == id);
        let may_be = match by_name {
            Some(_) => who.may_be_rung(false),
            None => who.is_routable(),
        };
        if !may_be {
            return Err(format!("5.1: {offer} to {id}, who is {who:?}"));
        }
        if ring.until > deadline || ring.expires != ring.until + LEASE_SLACK {
            return Err(format!("Q7: {offer} rings until {:?}", ring.until));
        }
        if let Some((_, interrupts)) = by_name {
            let ring = Ring {
                interrupts: *interrupts,
                ..ring
            };
            self.who(id).hand = Hand::Rings(ring);
            return Ok(());
        }
        let rung = self.people.values().any(|it| it.rings_for(offer.call));
        let by_steps = ring.terms.strategy == Strategy::Progressive;
        if rung && by_steps && !self.more.iter().any(|(call, _)| *call == offer.call) {
            return Err(format!("Q6: {offer} is one phone more too early"));
        }
        let at = (now, self.seen(now));
        Order::of(&self.plan, &self.hands).first(
            &self.cases,
            &self.people,
            (offer.call, id),
            at,
        )?;
        self.more.retain(|(call, _)| *call != offer.call);
        if !rung {
            self.case(offer.call).step_at = by_steps.then(|| now + ring.terms.step);
        }
        self.case(offer.call).kept_for = None;
        self.who(id).hand = Hand::Rings(ring);
        Ok(())
    }

    fn sees_preview_end(
        &mut self,
        now: Mono,
        id: &OperatorId,
        timed_out: bool,
    ) -> Result<(), String> {
        let who = self.who(id);
        match who.hand {
            Hand::Dials(Dialling::Looks(until)) if !timed_out || now >= until => {
                who.is_freed();
                Ok(())
            }
            _ => Err(format!(
                "5.2: {id} looked at nobody, or not so long: {who:?}"
            )),
        }
    }

    fn sees_won(&mut self, now: Mono, offer: OfferId, id: &OperatorId) -> Result<(), String> {
        let seen = self.seen(now);
        if self.cases[&offer.call].stage != Stage::Waits {
            return Err(format!("I2: {offer} is won by {id} after all was over"));
        }
        let who = self.who(id);
        let Hand::Rings(ring) = std::mem::take(&mut who.hand) else {
            return Err(format!("I2: {id} had nothing to win"));
        };
        if ring.offer != offer {
            return Err(format!("I2: {id} had {}, and won {offer}", ring.offer));
        }
        who.misses = 0;
        who.taken.push(now);
        who.hand = Hand::Talks(offer, ring.terms);
        let case = self.case(offer.call);
        (case.stage, case.talks_since) = (Stage::Talks, seen);
        (case.named, case.taken) = (None, true);
        Ok(())
    }

    fn sees_closed(
        &mut self,
        now: Mono,
        offer: OfferId,
        id: &OperatorId,
        end: OfferEnd,
    ) -> Result<(), String> {
        let who = self.who(id);
        match std::mem::take(&mut who.hand) {
            Hand::Rings(ring) if ring.offer == offer => {
                let memory = ring.terms.refuse_memory;
                who.rang(now, &ring, end)?;
                who.lost = Some(offer);
                self.case(offer.call)
                    .named
                    .take_if(|(named, _)| named == id);
                if matches!(end, OfferEnd::Rejected | OfferEnd::NoAnswer) {
                    self.case(offer.call)
                        .refusals
                        .insert(id.clone(), now + memory);
                }
                Ok(())
            }
            Hand::Talks(held, terms) if held == offer => self.talked(now, offer, id, end, &terms),
            hand => Err(format!("I3: {id} has {hand:?}, and {offer} is closed")),
        }
    }

    fn talked(
        &mut self,
        now: Mono,
        offer: OfferId,
        id: &OperatorId,
        end: OfferEnd,
        terms: &GroupSettings,
    ) -> Result<(), String> {
        let seen = self.seen(now);
        let aging = self.aging(offer.call);
        let case = self.case(offer.call);
        match end {
            OfferEnd::BridgedEnded => {
                case.refusals.insert(id.clone(), now + terms.refuse_memory);
                self.who(id)
                    .writes(offer.call, now + terms.wrap_up, EXTEND_MAX);
                Ok(())
            }
            // The caller is back in their place.
            OfferEnd::DeviceError => {
                case.stage = Stage::Waits;
                case.skipped += case.steps(aging, seen) - case.steps(aging, case.talks_since);
                let who = self.who(id);
                who.is_freed();
                who.distrust = Some(now + PHONE_DISTRUST);
                Ok(())
            }
            other => Err(format!("a talk ended as {other:?}")),
        }
    }

    fn sees_written(&mut self, now: Mono, id: &OperatorId, call: CallId) -> Result<(), String> {
        let who = self.who(id);
        match std::mem::take(&mut who.hand) {
            Hand::Writes(it) if it.call == call && (it.done || now >= it.until) => {
                who.is_freed();
                Ok(())
            }
            hand => Err(format!(
                "I7: {id} wrote up {call} no more: {hand:?} at {now:?}"
            )),
        }
    }

    fn sees_wait_end(&mut self, now: Mono, id: CallId, why: WaitEnd) -> Result<(), String> {
        let case = self.cases[&id].clone();
        let place = case.place.clone().ok_or("nobody waited")?;
        let there = self.plan.queues.iter().any(|it| it.id == place.queue);
        let comes = self.came == Some(id);
        let nobody = self.is_empty(&place, false) || (comes && self.is_empty(&place, true));
        let right = match why {
            WaitEnd::TimedOut => now >= place.deadline,
            WaitEnd::NoOperators => self.draining || (place.leave_empty && nobody),
            WaitEnd::Full => self.full == Some(id),
            WaitEnd::Removed => !there,
            WaitEnd::Closed => there && self.is_turned_out(id, &place),
        };
        if !right || !matches!(case.stage, Stage::Waits | Stage::Aside) {
            return Err(format!("{id} leaves as {why:?}: {case:?}"));
        }
        // Let in, and let go in the same step: they have waited there.
        let was_in = comes && self.shut.is_none() && !self.draining;
        self.case(id).known |= was_in && why == WaitEnd::NoOperators;
        (self.full, self.shut) = (None, None);
        self.case(id).stage = Stage::Over;
        Ok(())
    }
}
