//! The card of an offer (карточка звонка), and the same for the phone's display.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_dialplan::RecordPolicy;
use gudok_model::{CallId, Client, Mono, Name, Now, OfferId, OperatorId, Presentation, Wall};

use crate::call::{Call, Offer};
use crate::desk::{Answered, Card, CardCall, DeskEvent};
use crate::in_hand::Before;
use crate::legs::millis;
use crate::switchboard::Switchboard;

/// Longest name and longest header value sent to a phone. Characters.
const SHOWN_MAX: usize = 64;

impl Switchboard {
    /// The card of an offer as things stand now.
    pub(crate) fn card(&self, now: Now, id: OfferId) -> Option<Box<Card>> {
        let call = self.calls.get(&id.call)?;
        let offer = call.offers.get(&id)?;
        let seat = self.seats.get(&offer.operator)?;
        Some(Box::new(Card {
            offer_id: id,
            offer_epoch: offer.attempt,
            call_id: id.call,
            ring_deadline: wall_of(now, offer.ring_deadline),
            require: seat.requires(),
            call: CardCall {
                before: match self.config.hand {
                    true => call.course.before(&offer.operator, call.position_said),
                    false => Before::default(),
                },
                ..card_call(now, call, offer)
            },
            caller: call.caller.clone(),
            client: call.client.clone(),
            // A journal of an earlier version has cards without.
            answers: match self.config.keys_ahead {
                true => answers(call),
                false => BTreeMap::new(),
            },
            request: self.request_on_card(call),
            why: offer.reasons.clone(),
            server_now: now.wall,
        }))
    }

    /// Whoever is being asked to take the call sees the card as things stand now.
    pub(crate) fn renew_cards(&mut self, now: Now, id: CallId) {
        let call = self.calls.get(&id);
        let offers = call.map(|call| call.offers.keys().copied().collect::<Vec<_>>());
        for offer in offers.unwrap_or_default() {
            if let Some(card) = self.card(now, offer) {
                let operator = self.hold_card(offer, &card);
                self.tell_desk(operator.as_ref(), DeskEvent::OfferUpdated(card));
            }
        }
    }

    /// Keeps the card at the operator's seat and says whose seat it is.
    pub(crate) fn hold_card(&mut self, id: OfferId, card: &Card) -> Option<OperatorId> {
        let offer = self.calls.get(&id.call)?.offers.get(&id)?;
        let seat = self.seats.get_mut(&offer.operator)?;
        seat.card = Some(Box::new(card.clone()));
        Some(offer.operator.clone())
    }
}

fn card_call(now: Now, call: &Call, offer: &Offer) -> CardCall {
    let did = call.dialled.number.e164.as_ref();
    CardCall {
        direction: if call.is_out() { "out" } else { "in" }.into(),
        did: did.map_or_else(|| call.dialled.number.raw.clone(), ToString::to_string),
        did_label: call.number.label.clone(),
        project: call.number.project.as_str().into(),
        queue: offer.queue.clone(),
        group: offer.group.clone(),
        priority: call.priority(),
        waited_ms: millis(call.waited(now.mono)),
        attempt: offer.attempt,
        record: call.number.record != RecordPolicy::Off,
        notice_played: call.notice_played,
        resumed: call.is_resumed(),
        before: Before::default(),
    }
}

/// What the caller has typed; the plan bounds how many there are.
fn answers(call: &Call) -> BTreeMap<Name, Answered> {
    let typed = call.memory.answers.iter();
    let answered = typed.map(|(name, answer)| {
        let (text, valid) = (answer.text.clone(), answer.valid);
        (name.clone(), Answered { text, valid })
    });
    answered.collect()
}

/// The `X-` headers of an operator's leg. Of a caller who withholds the number none says who it is.
pub(crate) fn headers(call: &Call, offer: &Offer) -> Vec<(String, String)> {
    let client = client_to_show(call).map(|client| client.id.as_str());
    let mut headers = vec![
        ("X-Call-Id".to_owned(), call.id.to_string()),
        ("X-Queue".to_owned(), shown(offer.queue.as_str())),
    ];
    headers.extend(client.map(|id| ("X-Client-Id".to_owned(), shown(id))));
    headers
}

/// The name the phone shows: the client's, or what the network said. None of a caller who withholds the number: desks
/// may know such a caller, phones keep lists of calls and sign nobody in.
pub(crate) fn shown_name(call: &Call) -> Option<String> {
    if is_private(call) {
        return None;
    }
    let client = client_to_show(call).map(|client| &client.name);
    client
        .or(call.caller.display.as_ref())
        .map(|name| shown(name))
}

fn client_to_show(call: &Call) -> Option<&Client> {
    call.client.client().filter(|_| !is_private(call))
}

fn is_private(call: &Call) -> bool {
    call.caller.presentation == Presentation::Restricted
}

/// Fit for a header: client data comes from outside and must not break a line.
fn shown(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_control());
    plain.take(SHOWN_MAX).collect()
}

/// Wall time of a coming deadline.
fn wall_of(now: Now, deadline: Mono) -> Wall {
    let ahead: Duration = deadline.since(now.mono);
    now.wall + ahead
}
