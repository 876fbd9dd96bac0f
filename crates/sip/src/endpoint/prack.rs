//! Early dialogs of a call of ours, and the PRACKs that acknowledge their reliable provisional
//! responses (RFC 3262 §4).
use std::sync::Arc;

use super::acknowledge::dialog_of;
use super::arrived::Arrived;
use super::challenge::answer_challenge;
use super::core::Core;
use super::fork::{Fork, Plan};
use super::incoming::{Changed, offer_of};
use super::outgoing::{CHALLENGES_MAX, FORKED_MAX, body_text};
use super::reliable::{Rack, rseq_of};
use super::tables::{Asker, ClientKey, Head};
use super::{Flow, Session};
use crate::dialog::{Dialog, Order};
use crate::message::{Headers, Method, Response};

/// Most reliable responses acknowledged in one early dialog; further ones are ignored.
pub const RELIABLE_MAX: u8 = 32;

/// An early dialog, by the tag of whoever rings.
#[derive(Clone, Debug)]
pub(super) struct Early {
    pub(super) tag: Box<str>,
    /// Its last SDP.
    pub(super) sdp: Option<Arc<str>>,
    acknowledged: Option<Box<Acknowledged>>,
    /// Our offer has its answer for good: it came in a response that we have acknowledged.
    answered: bool,
    /// What an UPDATE of the callee offers.
    proposed: Option<Box<str>>,
    /// What such an UPDATE has led to, and what it offered.
    changed: Option<Box<(Changed, Box<str>)>>,
}

/// What has been acknowledged.
#[derive(Clone, Debug)]
struct Acknowledged {
    dialog: Dialog,
    rseq: u32,
    count: u8,
    /// Challenges answered for the last PRACK.
    challenges: u8,
}

impl Early {
    /// Whether this reliable response is the next one: no repetition, and none is missing before it.
    fn expects(&self, rseq: u32) -> bool {
        let Some(former) = &self.acknowledged else {
            return true;
        };
        former.rseq.checked_add(1) == Some(rseq) && former.count < RELIABLE_MAX
    }

    /// Whether our offer has its answer for good.
    pub(super) fn is_answered(&self) -> bool {
        self.answered
    }

    /// Takes the number of a request of the callee. Without a dialog of ours there is no order.
    pub(super) fn take_cseq(&mut self, number: u32) -> Order {
        let dialog = self.acknowledged.as_mut().map(|it| &mut it.dialog);
        dialog.map_or(Order::New, |dialog| dialog.take_cseq(number))
    }

    /// The callee is reached elsewhere, maybe: our next PRACK goes there.
    pub(super) fn refresh_target(&mut self, arrived: &Arrived) {
        if let Some(former) = &mut self.acknowledged {
            let headers = &arrived.request.headers;
            former.dialog.refresh_target(headers, arrived.flow);
        }
    }

    /// The callee's SDP as it is now.
    pub(super) fn remote(&self, core: &Core) -> Option<u128> {
        match &self.changed {
            Some(changed) => changed.0.remote,
            None => offer_of(core, self.sdp.as_deref()?.as_bytes()),
        }
    }

    /// Our SDP, where it is not that of the INVITE any more.
    pub(super) fn local(&self) -> Option<String> {
        let changed = self.changed.as_ref()?;
        Some(changed.0.local.to_string())
    }

    /// The callee offers this.
    pub(super) fn propose(&mut self, sdp: &str) {
        self.proposed = Some(sdp.into());
    }

    /// The callee's offer was taken.
    pub(super) fn change(&mut self, changed: Changed) {
        if let Some(offered) = self.proposed.take() {
            self.changed = Some(Box::new((changed, offered)));
        }
    }
}

impl Fork {
    /// Takes a response of 101–199. False: it is a repetition, out of order or one too many, and
    /// nobody hears of it.
    pub(super) fn on_provisional(
        &mut self,
        core: &mut Core,
        session: Session,
        source: Flow,
        response: &Response,
    ) -> bool {
        let place = self.note_early(&response.headers);
        if let Some(rseq) = rseq_of(&response.headers) {
            let Some(place) = place else {
                return false;
            };
            if !self.acknowledge(core, session, source, response, (place, rseq)) {
                return false;
            }
            self.early[place].answered |= !response.body.is_empty();
        }
        if let Some(sdp) = body_text(&response.body) {
            let sdp: Arc<str> = sdp.into();
            if let Some(place) = place {
                self.early[place].sdp = Some(sdp.clone());
            }
            self.early_sdp = Some(sdp);
        }
        true
    }

    /// The place of the early dialog a response belongs to. None without a tag, or if it is one too
    /// many.
    fn note_early(&mut self, headers: &Headers) -> Option<usize> {
        let tag = headers.to_tag()?;
        let known = self.early.iter().position(|early| *early.tag == *tag);
        if known.is_some() || self.early.len() >= FORKED_MAX {
            return known;
        }
        self.early.push(Early {
            tag: tag.into(),
            sdp: None,
            acknowledged: None,
            answered: false,
            proposed: None,
            changed: None,
        });
        Some(self.early.len() - 1)
    }

    fn acknowledge(
        &mut self,
        core: &mut Core,
        session: Session,
        source: Flow,
        response: &Response,
        (place, rseq): (usize, u32),
    ) -> bool {
        let early = &mut self.early[place];
        if !early.expects(rseq) {
            core.counters.absorbed += 1;
            return false;
        }
        match &mut early.acknowledged {
            Some(former) => {
                former.rseq = rseq;
                former.count += 1;
                former.challenges = 0;
            }
            None => {
                let follow = core.trunk_of(source).is_some();
                let Some(head) = head_of(core, self.branch) else {
                    return false;
                };
                let Some(dialog) = dialog_of(head, response, self.tag, source, follow) else {
                    return false;
                };
                early.acknowledged = Some(Box::new(Acknowledged {
                    dialog,
                    rseq,
                    count: 1,
                    challenges: 0,
                }));
            }
        }
        self.prack(core, session, place, None);
        true
    }

    /// Sends the PRACK of the last reliable response.
    fn prack(
        &mut self,
        core: &mut Core,
        session: Session,
        place: usize,
        credentials: Option<(&'static str, String)>,
    ) {
        let Some(former) = &mut self.early[place].acknowledged else {
            return;
        };
        let Some(head) = head_of(core, self.branch) else {
            return;
        };
        // All early dialogs of an INVITE count together, so that the dialog of any 2xx goes on behind.
        former.dialog.local_cseq = head.last_cseq;
        let mut request = former.dialog.request(Method::Prack);
        head.last_cseq = former.dialog.local_cseq;
        let rack = Rack::new(former.rseq, head.cseq);
        request.headers.push("RAck", rack.to_string());
        if let Some((name, value)) = credentials {
            request.headers.push(name, value);
        }
        let asker = Asker::Prack(session, self.tag);
        core.ask(request, former.dialog.flow, asker, None);
    }

    /// The answer to a PRACK: a challenge is answered. A refusal ends nothing, the INVITE has its own
    /// final answer.
    pub(super) fn on_prack_answered(
        &mut self,
        core: &mut Core,
        session: Session,
        plan: &Plan,
        response: &Response,
    ) {
        let tag = response.headers.to_tag();
        let found = self.early.iter().position(|e| Some(&*e.tag) == tag);
        let (Some(place), Some(credential)) = (found, &plan.credential) else {
            return;
        };
        let Some(former) = &mut self.early[place].acknowledged else {
            return;
        };
        if former.challenges >= CHALLENGES_MAX {
            return;
        }
        let (uri, again) = (former.dialog.target.clone(), former.challenges > 0);
        let found = answer_challenge(core, credential, &Method::Prack, &uri, response, again);
        if found.is_some() {
            former.challenges += 1;
            self.prack(core, session, place, found);
        }
    }

    /// What an UPDATE before the 2xx of this tag has led to, and the callee's SDP: what the 2xx says is older.
    pub(super) fn take_changed(&mut self, tag: Option<&str>) -> Option<Box<(Changed, Box<str>)>> {
        let early = self.early.iter_mut().find(|e| Some(&*e.tag) == tag)?;
        early.changed.take()
    }

    /// The SDP that was heard before the 2xx of this tag, which may leave it out.
    pub(super) fn early_sdp(&self, tag: Option<&str>) -> Option<String> {
        let early = self.early.iter().find(|e| Some(&*e.tag) == tag);
        let own = early.and_then(|early| early.sdp.as_ref());
        own.or(self.early_sdp.as_ref()).map(|sdp| sdp.to_string())
    }
}

fn head_of(core: &mut Core, branch: u128) -> Option<&mut Head> {
    let key = ClientKey {
        branch,
        cancel: false,
    };
    core.clients.get_mut(&key)?.head.as_deref_mut()
}
