//! From facts to rows: the story of one call as a fold. Pure, so that a replay gives the same rows.
use std::collections::{BTreeMap, BTreeSet};

use gudok_model::{
    CallEvent, Caller, ClientMatch, Dialled, EndReason, LegId, LegQuality, OfferId, Outcome,
};
use serde::Serialize;

use crate::row::{CallRow, Fact, LegRow, OfferRow};

/// Project of a call whose arrival the journal has lost.
pub(crate) const UNKNOWN_PROJECT: &str = "unknown";

/// One call with its legs and offers, as far as its facts are known.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Story {
    pub(crate) call: CallRow,
    /// Boxed, as are the offers: most calls have one or two, and a tree has room for eleven at once.
    pub(crate) legs: BTreeMap<i64, Box<LegRow>>,
    pub(crate) offers: BTreeMap<i64, Box<OfferRow>>,
    /// Rows that changed since they were last written.
    pub(crate) changed: Changed,
}

/// Indices of rows.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Changed {
    pub(crate) legs: BTreeSet<i64>,
    pub(crate) offers: BTreeSet<i64>,
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
        let at = fact.at.0;
        match &fact.event {
            CallEvent::Arrived { .. } => self.arrived(at, &fact.event),
            CallEvent::ClientMatched { client, .. } => self.client(client),
            CallEvent::Answered => {
                self.call.answered_at.get_or_insert(at);
                self.leg(0).answered_at.get_or_insert(at);
            }
            CallEvent::Queued { queue, .. } => {
                self.call.queue = Some(queue.to_string());
                self.call.queued_at = Some(at);
            }
            CallEvent::Offered {
                offer, operator, ..
            } => {
                let row = self.offer(*offer);
                (row.operator, row.offered_at) = (Some(operator.to_string()), Some(at));
            }
            CallEvent::Popped {
                offer,
                acknowledged,
                took_us,
            } => {
                let row = self.offer(*offer);
                row.popped_us = Some(i64::from(*took_us));
                row.pop_acknowledged = Some(i64::from(*acknowledged));
            }
            CallEvent::OfferClosed {
                offer,
                operator,
                end,
            } => {
                let row = self.offer(*offer);
                row.operator.get_or_insert_with(|| operator.to_string());
                (row.ended_at, row.outcome) = (Some(at), Some(slug(end)));
            }
            CallEvent::LegDialled {
                leg,
                operator,
                number,
            } => {
                let row = self.leg(leg.index.into());
                row.dialled_at = Some(at);
                row.operator = operator.as_ref().map(ToString::to_string);
                row.number = number.as_ref().map(ToString::to_string);
            }
            CallEvent::LegRinging { leg } => {
                self.leg(leg.index.into()).ringing_at.get_or_insert(at);
            }
            CallEvent::LegAnswered { leg, session_id } => {
                let row = self.leg(leg.index.into());
                row.answered_at.get_or_insert(at);
                row.session_id.clone_from(session_id);
            }
            CallEvent::LegEnded { leg, cause, said } => {
                self.leg_ended(at, *leg, slug(cause));
                self.said(*leg, said.as_ref());
            }
            CallEvent::LegMeasured { leg, quality } => self.measured(*leg, quality),
            CallEvent::Bridged {
                b,
                operator,
                waited_ms,
                ..
            } => {
                self.call.bridged_at.get_or_insert(at);
                self.call.waited_ms.get_or_insert(int(*waited_ms));
                if let Some(operator) = operator {
                    self.call.operator = Some(operator.to_string());
                }
                self.talk_ends(at);
                (self.call.talking_since, self.call.talking_leg) = (Some(at), Some(b.index.into()));
            }
            CallEvent::Held { leg, on } => self.held(at, *leg, *on),
            CallEvent::RecordingStarted { file, .. } => {
                self.call.recording_file.get_or_insert_with(|| file.clone());
            }
            CallEvent::RecordingSealed {
                file,
                length_ms,
                sha256,
            } => {
                self.call.recording_file = Some(file.clone());
                self.call.recording_ms = Some(int(*length_ms));
                self.call.recording_sha256 = Some(sha256.clone());
            }
            CallEvent::Surveyed { survey, .. } => {
                self.call.survey = Some(survey.to_string());
                self.call.surveyed_at = Some(at);
            }
            CallEvent::Rated { mark, low, .. } => {
                self.call.rating = Some(i64::from(*mark));
                self.call.rating_low = Some(i64::from(*low));
            }
            CallEvent::Resolved { solved, .. } => {
                self.call.solved = Some(i64::from(*solved));
            }
            CallEvent::Disposed { code, note, .. } => {
                self.call.disposition = Some(code.to_string());
                self.call.disposition_note.clone_from(note);
            }
            CallEvent::WrapUpEnded { operator, .. } => self.wrapped_up(at, operator.as_str()),
            CallEvent::Ended {
                outcome,
                termination,
            } => {
                self.ended(at, *outcome);
                self.call.termination_result = Some(slug(&termination.result));
                self.call.termination_reason = Some(termination.reason.to_string());
            }
            // Kept as facts; no column of the call is made of them, requests have rows of their own.
            CallEvent::Decided { .. }
            | CallEvent::NoticePlayed { .. }
            | CallEvent::Announced { .. }
            | CallEvent::MessageBegan { .. }
            | CallEvent::KeyInQueue { .. }
            | CallEvent::Requested { .. }
            | CallEvent::RequestClosed { .. }
            | CallEvent::RecordingGap { .. } => {}
            // `CallEvent` may grow: a fact we do not know is kept as it is.
            _ => {}
        }
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
        call.project = project.to_string();
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
        for (index, leg) in &mut self.legs {
            leg.project = project.to_string();
            self.changed.legs.insert(*index);
        }
        for (index, offer) in &mut self.offers {
            offer.project = project.to_string();
            self.changed.offers.insert(*index);
        }
        self.leg(0).dialled_at = Some(at);
    }

    fn client(&mut self, found: &ClientMatch) {
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

    fn leg_ended(&mut self, at: i64, leg: LegId, cause: String) {
        let row = self.leg(leg.index.into());
        (row.ended_at, row.cause) = (Some(at), Some(cause));
        if let Some(since) = row.held_since.take() {
            row.held_ms += ms(at - since);
        }
        if leg.is_caller() || self.call.talking_leg == Some(leg.index.into()) {
            self.talk_ends(at);
        }
    }

    fn said(&mut self, leg: LegId, said: Option<&EndReason>) {
        if let Some(said) = said {
            let row = self.leg(leg.index.into());
            row.said_sip = said.sip.map(i64::from);
            row.said_q850 = said.q850.map(i64::from);
            row.said.clone_from(&said.text);
        }
    }

    fn talk_ends(&mut self, at: i64) {
        if let Some(since) = self.call.talking_since.take() {
            self.call.talk_ms += ms(at - since);
        }
        self.call.talking_leg = None;
    }

    fn measured(&mut self, leg: LegId, quality: &LegQuality) {
        let row = self.leg(leg.index.into());
        row.codec = Some(quality.codec.clone());
        row.packets = Some(int(quality.received));
        row.lost = Some(int(quality.lost));
        row.jitter_us_max = Some(quality.jitter_us_max.into());
        row.mos = Some(f64::from(quality.mos));
        row.quality = serde_json::to_string(quality).ok();
    }

    fn held(&mut self, at: i64, leg: LegId, on: bool) {
        let row = self.leg(leg.index.into());
        if on {
            row.held_since.get_or_insert(at);
        } else if let Some(since) = row.held_since.take() {
            row.held_ms += ms(at - since);
        }
    }

    /// Of the operator's last talk.
    fn wrapped_up(&mut self, at: i64, operator: &str) {
        let theirs = |row: &&mut Box<OfferRow>| row.operator.as_deref() == Some(operator);
        if let Some(row) = self.offers.values_mut().rev().find(theirs) {
            row.wrapped_at = Some(at);
            self.changed.offers.insert(row.offer_index);
        }
    }

    fn ended(&mut self, at: i64, outcome: Outcome) {
        self.talk_ends(at);
        let call = &mut self.call;
        call.ended_at = Some(at);
        if let (None, Some(queued)) = (call.waited_ms, call.queued_at) {
            call.waited_ms = Some(ms(at - queued));
        }
        let (name, flag) = match outcome {
            Outcome::Answered => ("answered", None),
            Outcome::AbandonedIvr => ("abandoned_ivr", None),
            Outcome::AbandonedQueue { short } => ("abandoned_queue", Some(short)),
            Outcome::CallbackRequested => ("callback_requested", None),
            Outcome::Voicemail => ("voicemail", None),
            Outcome::OverflowedExternal { answered } => ("overflowed_external", Some(answered)),
            Outcome::ClosedMsg => ("closed_msg", None),
            Outcome::RejectedSpam => ("rejected_spam", None),
            Outcome::Failed => ("failed", None),
        };
        call.outcome = Some(name.into());
        call.outcome_flag = flag.map(i64::from);
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

/// Microseconds to milliseconds; a clock that stepped back gives zero.
fn ms(us: i64) -> i64 {
    us.max(0) / 1000
}

fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
