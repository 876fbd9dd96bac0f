//! Segments: of each talk of an operator in a call when it was, how long they held it and worked after it, and how it ended.
//! Transfers distort no report: an operator's time ends with their part of the call, not with the call.
use gudok_model::{CallEvent, LegId, OfferEnd, OperatorId};

use super::{Story, int, ms, slug};
use crate::row::SegmentRow;

/// The end of a talk in which nobody was heard before it was over: the call was offered to others.
pub(crate) const TAKEN_BACK: &str = "taken_back";

impl Story {
    /// Beside the columns that other tables make of the same facts.
    pub(super) fn of_segments(&mut self, at: i64, event: &CallEvent) {
        match event {
            CallEvent::Bridged {
                b,
                operator: Some(operator),
                ..
            } => self.segment_begins(at, *b, operator),
            // Somebody outside: whoever talked until then does so no more.
            CallEvent::Bridged { .. } => self.segment_ends(at, "passed_on"),
            CallEvent::Held { leg, on } => self.segment_held(at, *leg, *on),
            CallEvent::Transferred { by, attended, .. } => {
                let end = if *attended {
                    "transferred_attended"
                } else {
                    "transferred"
                };
                self.segment_of(by, |it| it.ends(at, end));
            }
            CallEvent::LegEnded { leg, cause, .. } => {
                self.segment_leg_ended(at, *leg, &slug(cause));
            }
            CallEvent::OfferClosed { offer, end, .. } if *end != OfferEnd::BridgedEnded => {
                self.segment_taken_back(offer.index.into());
            }
            CallEvent::WrapUpEnded { operator, took_ms } => {
                self.segment_of(operator, |it| it.wrapped(at, *took_ms));
            }
            CallEvent::Ended { .. } => self.segment_ends(at, "ended"),
            _ => {}
        }
    }

    /// A phone that is bridged again, after a consultation, goes on with its talk.
    fn segment_begins(&mut self, at: i64, leg: LegId, operator: &OperatorId) {
        let leg_index = i64::from(leg.index);
        let same = |it: &SegmentRow| it.leg_index == leg_index && it.till_at.is_none();
        if self
            .segments
            .values()
            .next_back()
            .is_some_and(|last| same(last))
        {
            return;
        }
        self.segment_ends(at, "passed_on");
        let index = self.segments.keys().next_back().map_or(0, |last| last + 1);
        let offer =
            self.offers.values().rev().find(|it| {
                it.operator.as_deref() == Some(operator.as_str()) && it.ended_at.is_none()
            });
        let row = SegmentRow {
            call_id: self.call.call_id.clone(),
            segment_index: index,
            project: self.call.project.clone(),
            operator: operator.to_string(),
            queue: self.call.queue.clone(),
            leg_index,
            offer_index: offer.map(|it| it.offer_index),
            from_at: at,
            ..SegmentRow::default()
        };
        self.segments.insert(index, Box::new(row));
        self.changed.segments.insert(index);
    }

    fn segment_held(&mut self, at: i64, leg: LegId, on: bool) {
        let theirs = |it: &&mut Box<SegmentRow>| it.leg_index == i64::from(leg.index);
        let last = self.segments.values_mut().next_back();
        let Some(row) = last.filter(theirs).filter(|it| it.till_at.is_none()) else {
            return;
        };
        row.held(at, on);
        self.changed.segments.insert(row.segment_index);
    }

    fn segment_leg_ended(&mut self, at: i64, leg: LegId, cause: &str) {
        let last = self.segments.values().next_back();
        match last.map(|it| it.leg_index == i64::from(leg.index)) {
            Some(true) => self.segment_ends(at, cause),
            Some(false) if leg.is_caller() => self.segment_ends(at, &format!("caller_{cause}")),
            _ => {}
        }
    }

    fn segment_taken_back(&mut self, offer: i64) {
        let of_offer = |it: &&mut Box<SegmentRow>| it.offer_index == Some(offer);
        if let Some(row) = self.segments.values_mut().next_back().filter(of_offer) {
            row.outcome = Some(TAKEN_BACK.to_owned());
            self.changed.segments.insert(row.segment_index);
        }
    }

    /// The talk that is going on, if one is.
    fn segment_ends(&mut self, at: i64, end: &str) {
        if let Some(row) = self.segments.values_mut().next_back() {
            row.ends(at, end);
            self.changed.segments.insert(row.segment_index);
        }
    }

    /// The last one of this operator.
    fn segment_of(&mut self, operator: &OperatorId, change: impl FnOnce(&mut SegmentRow)) {
        let theirs = |it: &&mut Box<SegmentRow>| it.operator == operator.as_str();
        if let Some(row) = self.segments.values_mut().rev().find(theirs) {
            change(row);
            self.changed.segments.insert(row.segment_index);
        }
    }
}

impl SegmentRow {
    /// The first end is the end.
    fn ends(&mut self, at: i64, end: &str) {
        if self.till_at.is_some() {
            return;
        }
        self.held(at, false);
        self.till_at = Some(at);
        self.talk_ms = Some((ms(at - self.from_at) - self.held_ms).max(0));
        self.outcome = Some(end.to_owned());
    }

    fn held(&mut self, at: i64, on: bool) {
        if on {
            self.held_since.get_or_insert(at);
        } else if let Some(since) = self.held_since.take() {
            self.held_ms += ms(at - since);
        }
    }

    fn wrapped(&mut self, at: i64, took_ms: u64) {
        self.wrapped_at = Some(at);
        self.wrap_up_ms = Some(int(took_ms));
    }
}
