//! From facts to rows: the story of one call as a fold. Pure, so that a replay gives the same rows.
//!
//! A fact is looked for among those of the call, then of its offers (`offers`), its legs (`legs`), its talk and what comes after it
//! (`talk`); what makes no column stays a fact. Beside that the same facts make the talks of operators (`segments`).
mod dialled;
mod legs;
mod offers;
mod segments;
mod talk;

use std::collections::{BTreeMap, BTreeSet};

use gudok_model::{
    CallEvent, Caller, ClientMatch, Dialled, OfferId, Outcome, QueueId, Termination,
};
use serde::Serialize;

use crate::row::{CallRow, Fact, LegRow, OfferRow, SegmentRow};

/// Project of a call whose arrival the journal has lost.
pub(crate) const UNKNOWN_PROJECT: &str = "unknown";

/// One call with its legs and offers, as far as its facts are known.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Story {
    pub(crate) call: CallRow,
    /// Boxed, as are the offers: most calls have one or two, and a tree has room for eleven at once.
    pub(crate) legs: BTreeMap<i64, Box<LegRow>>,
    pub(crate) offers: BTreeMap<i64, Box<OfferRow>>,
    pub(crate) segments: BTreeMap<i64, Box<SegmentRow>>,
    /// Rows that changed since they were last written.
    pub(crate) changed: Changed,
}

/// Indices of rows.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Changed {
    pub(crate) legs: BTreeSet<i64>,
    pub(crate) offers: BTreeSet<i64>,
    pub(crate) segments: BTreeSet<i64>,
}

impl Story {
    /// A call of which this is the first fact that is known.
    pub(crate) fn new(first: &Fact) -> Self {
        let call = CallRow {
            call_id: first.call.to_string(),
            project: UNKNOWN_PROJECT.into(),
            arrived_at: first.at.0,
            ..CallRow::default()
        };
        Self {
            call,
            legs: BTreeMap::new(),
            offers: BTreeMap::new(),
            segments: BTreeMap::new(),
            changed: Changed::default(),
        }
    }

    /// Applies the next fact; one that was applied before changes nothing.
    pub(crate) fn apply(&mut self, fact: &Fact) {
        let seq = i64::try_from(fact.seq).unwrap_or(i64::MAX);
        if seq <= self.call.last_seq {
            return;
        }
        self.call.last_seq = seq;
        // Sooner than the offers' own: an open one is how a talk knows by which it came.
        self.of_segments(fact.at.0, &fact.event);
        self.of_call(fact.at.0, &fact.event);
    }

    /// Of the call itself; what is not is of its offers, and so on down to what makes no column.
    fn of_call(&mut self, at: i64, event: &CallEvent) {
        match event {
            CallEvent::Arrived { .. } => self.arrived(at, event),
            CallEvent::Dialled { .. } => self.dialled(at, event),
            CallEvent::ClientMatched { client, by, .. } => self.client(client, by.is_some()),
            CallEvent::Answered => self.answered(at),
            CallEvent::Queued { queue, .. } => self.queued(at, queue),
            CallEvent::Ended {
                outcome,
                termination,
            } => self.ended(at, *outcome, termination),
            event => self.of_offer(at, event),
        }
    }

    fn answered(&mut self, at: i64) {
        self.call.answered_at.get_or_insert(at);
        self.leg(0).answered_at.get_or_insert(at);
    }

    fn queued(&mut self, at: i64, queue: &QueueId) {
        self.call.queue = Some(queue.to_string());
        self.call.queued_at = Some(at);
    }

    fn arrived(&mut self, at: i64, event: &CallEvent) {
        let CallEvent::Arrived {
            project,
            trunk,
            caller,
            dialled,
            sip_call_id,
            session_id,
            plan,
        } = event
        else {
            return;
        };
        let Caller {
            number,
            display,
            presentation,
            region,
            ..
        } = caller;
        let Dialled { number: did, .. } = dialled;
        let call = &mut self.call;
        call.trunk = Some(trunk.to_string());
        call.did_raw = Some(did.raw.clone());
        call.did_e164 = did.e164.as_ref().map(ToString::to_string);
        call.caller_raw = Some(number.raw.clone());
        call.caller_e164 = number.e164.as_ref().map(ToString::to_string);
        call.caller_kind = Some(slug(&number.kind));
        call.caller_presentation = Some(slug(presentation));
        call.caller_display.clone_from(display);
        call.caller_region = region.as_ref().map(|it| it.code.to_string());
        call.caller_zone = region
            .as_ref()
            .and_then(|it| Some(it.zone.as_ref()?.to_string()));
        call.caller_region_confidence = region.as_ref().map(|it| slug(&it.confidence));
        call.sip_call_id = Some(sip_call_id.clone());
        call.session_id.clone_from(session_id);
        call.plan = Some(plan.to_string());
        call.arrived_at = at;
        self.belongs_to(project.as_str());
        self.leg(0).dialled_at = Some(at);
    }

    /// What came before the first fact has its project too.
    fn belongs_to(&mut self, project: &str) {
        self.call.project = project.to_owned();
        for (index, leg) in &mut self.legs {
            leg.project = project.to_owned();
            self.changed.legs.insert(*index);
        }
        for (index, offer) in &mut self.offers {
            offer.project = project.to_owned();
            self.changed.offers.insert(*index);
        }
        for (index, segment) in &mut self.segments {
            segment.project = project.to_owned();
            self.changed.segments.insert(*index);
        }
    }

    /// What was searched by something typed and did not find one client takes nothing from what the number said.
    fn client(&mut self, found: &ClientMatch, searched: bool) {
        let many = matches!(found, ClientMatch::Many { .. }) && self.call.client_id.is_none();
        if searched && found.client().is_none() && !many {
            return;
        }
        let kind = match found {
            ClientMatch::Pending => "pending",
            ClientMatch::One { .. } => "one",
            ClientMatch::Many { .. } => "many",
            ClientMatch::None { .. } => "none",
            ClientMatch::NoNumber => "no_number",
            ClientMatch::Error { .. } => "error",
        };
        self.call.client_match = Some(kind.into());
        if let Some(client) = found.client() {
            self.call.client_id = Some(client.id.clone());
            self.call.client_name = Some(client.name.clone());
        }
    }

    fn ended(&mut self, at: i64, outcome: Outcome, why: &Termination) {
        self.talk_ends(at);
        let call = &mut self.call;
        call.ended_at = Some(at);
        if let (None, Some(queued)) = (call.waited_ms, call.queued_at) {
            call.waited_ms = Some(ms(at - queued));
        }
        let (name, flag) = self::outcome(outcome);
        call.outcome = Some(name.into());
        call.outcome_flag = flag.map(i64::from);
        call.termination_result = Some(slug(&why.result));
        call.termination_reason = Some(why.reason.to_string());
    }

    fn leg(&mut self, index: i64) -> &mut LegRow {
        let call = &self.call;
        self.changed.legs.insert(index);
        self.legs.entry(index).or_insert_with(|| {
            Box::new(LegRow {
                call_id: call.call_id.clone(),
                leg_index: index,
                project: call.project.clone(),
                ..LegRow::default()
            })
        })
    }

    fn offer(&mut self, offer: OfferId) -> &mut OfferRow {
        let (call, index) = (&self.call, i64::from(offer.index));
        self.changed.offers.insert(index);
        self.offers.entry(index).or_insert_with(|| {
            Box::new(OfferRow {
                call_id: call.call_id.clone(),
                offer_index: index,
                project: call.project.clone(),
                ..OfferRow::default()
            })
        })
    }
}

/// The word serde writes for a plain enum.
pub(crate) fn slug(word: &impl Serialize) -> String {
    match serde_json::to_value(word) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// The word of an outcome, and what is said beside it.
pub(crate) fn outcome(outcome: Outcome) -> (&'static str, Option<bool>) {
    match outcome {
        Outcome::Answered => ("answered", None),
        Outcome::AbandonedIvr => ("abandoned_ivr", None),
        Outcome::AbandonedQueue { short } => ("abandoned_queue", Some(short)),
        Outcome::CallbackRequested => ("callback_requested", None),
        Outcome::Voicemail => ("voicemail", None),
        Outcome::OverflowedExternal { answered } => ("overflowed_external", Some(answered)),
        Outcome::ClosedMsg => ("closed_msg", None),
        Outcome::RejectedSpam => ("rejected_spam", None),
        Outcome::Failed => ("failed", None),
        Outcome::Out { reached } => ("out", Some(reached)),
    }
}

/// Microseconds to milliseconds; a clock that stepped back gives zero.
fn ms(us: i64) -> i64 {
    us.max(0) / 1000
}

fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
