//! Offers: to whom, how the card came, how each ended, and the work after it.
use gudok_model::{CallEvent, OfferEnd, OfferId, OperatorId};

use super::{Story, slug};
use crate::row::OfferRow;

impl Story {
    pub(super) fn of_offer(&mut self, at: i64, event: &CallEvent) {
        match event {
            CallEvent::Offered {
                offer, operator, ..
            } => self.offered(at, *offer, operator),
            CallEvent::Popped {
                offer,
                acknowledged,
                took_us,
            } => self.popped(*offer, *acknowledged, *took_us),
            CallEvent::OfferClosed {
                offer,
                operator,
                end,
                ..
            } => self.offer_closed(at, *offer, operator, *end),
            CallEvent::WrapUpEnded { operator, .. } => self.wrapped_up(at, operator.as_str()),
            event => self.of_leg(at, event),
        }
    }

    fn offered(&mut self, at: i64, offer: OfferId, operator: &OperatorId) {
        let row = self.offer(offer);
        (row.operator, row.offered_at) = (Some(operator.to_string()), Some(at));
    }

    fn popped(&mut self, offer: OfferId, acknowledged: bool, took_us: u32) {
        let row = self.offer(offer);
        row.popped_us = Some(i64::from(took_us));
        row.pop_acknowledged = Some(i64::from(acknowledged));
    }

    fn offer_closed(&mut self, at: i64, offer: OfferId, operator: &OperatorId, end: OfferEnd) {
        let row = self.offer(offer);
        row.operator.get_or_insert_with(|| operator.to_string());
        (row.ended_at, row.outcome) = (Some(at), Some(slug(&end)));
    }

    /// Of the operator's last talk, and of those before it whose end a crash has swallowed: in one call a person has one work.
    fn wrapped_up(&mut self, at: i64, operator: &str) {
        let theirs = |row: &&mut Box<OfferRow>| row.operator.as_deref() == Some(operator);
        let mut theirs = self.offers.values_mut().rev().filter(theirs);
        let last = theirs.next();
        let ended = slug(&OfferEnd::BridgedEnded);
        let lost =
            theirs.filter(|row| row.outcome.as_ref() == Some(&ended) && row.wrapped_at.is_none());
        for row in last.into_iter().chain(lost) {
            row.wrapped_at = Some(at);
            self.changed.offers.insert(row.offer_index);
        }
    }
}
