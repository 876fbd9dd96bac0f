//! What the callee's side says to an INVITE of ours: it rings, it answers, and the first answer wins; it gives up.

use super::call::Call;
use super::core::Core;
use super::fork::{Cancel, Fork};
use super::incoming::{allows_update, offer_of};
use super::outgoing::body_text;
use super::tables::Asker;
use super::talk::Talk;
use super::{Event, Flow};
use crate::dialog::Dialog;
use crate::message::{Response, phrase};

impl Call {
    /// 1xx.
    pub(super) fn on_ringing(
        &mut self,
        core: &mut Core,
        tag: u128,
        source: Flow,
        response: &Response,
    ) {
        let session = self.id;
        let Some(outgoing) = &mut self.outgoing else {
            return;
        };
        let reason = outgoing.reason.clone();
        let Some(fork) = outgoing.fork(tag) else {
            return;
        };
        if fork.cancel == Cancel::Wanted {
            fork.cancel = Cancel::Sent;
            core.cancel(fork.branch, reason.as_deref());
        }
        if response.status <= 100 || fork.cancel != Cancel::No {
            return;
        }
        if !fork.on_provisional(core, session, source, response) {
            return;
        }
        let sdp = body_text(&response.body);
        let news = (response.status, offer_of(core, &response.body));
        if response.status >= 180 && outgoing.rung != Some(news) {
            outgoing.rung = Some(news);
            let status = response.status.clamp(180, 189);
            self.tell(
                core,
                Event::Progress {
                    session,
                    status,
                    sdp,
                },
            );
        }
    }

    /// An answer to a PRACK of one of our INVITEs.
    pub(super) fn on_prack_answered(&mut self, core: &mut Core, tag: u128, response: &Response) {
        let session = self.id;
        let Some(outgoing) = &mut self.outgoing else {
            return;
        };
        let plan = outgoing.plan.clone();
        if let Some(fork) = outgoing.fork(tag) {
            fork.on_prack_answered(core, session, &plan, response);
        }
    }

    /// A 2xx to one of our INVITEs, which went to `source`. The first one wins the session.
    pub(super) fn on_fork_answered(
        &mut self,
        core: &mut Core,
        tag: u128,
        mut dialog: Dialog,
        source: Flow,
        response: &Response,
    ) {
        let fork = self.outgoing.as_mut().and_then(|outgoing| {
            outgoing.hears(response.status);
            let place = outgoing.forks.iter().position(|fork| fork.tag == tag)?;
            Some((outgoing.forks.remove(place), outgoing.plan.clone()))
        });
        let Some((mut fork, plan)) = fork else {
            // Another branch of a proxy's fork answered too.
            return core.bye(&mut dialog, Asker::Nobody, None);
        };
        let remote = response.headers.to_tag();
        let changed = fork.take_changed(remote);
        let sdp = match &changed {
            Some(changed) => Some(changed.1.to_string()),
            None => body_text(&response.body).or_else(|| fork.early_sdp(remote)),
        };
        match sdp {
            Some(sdp) if !self.told && self.talk.is_none() => {
                let local = changed.map_or_else(|| plan.sdp.clone(), |it| it.0.local.into());
                self.won(core, dialog, &fork, local, &sdp, response);
                self.keep_change(tag, remote);
                let session = self.id;
                self.tell(
                    core,
                    Event::Accepted {
                        session,
                        sdp,
                        flow: source,
                    },
                );
            }
            _ => {
                core.dialogs.remove(&tag);
                core.bye(&mut dialog, Asker::Nobody, None);
                if let Some(outgoing) = &mut self.outgoing {
                    outgoing.note_refusal(488, "Answer Without SDP");
                }
            }
        }
        if let Some(outgoing) = &mut self.outgoing {
            outgoing.drop_change(core, tag);
        }
        self.settle(core);
    }

    fn won(
        &mut self,
        core: &mut Core,
        dialog: Dialog,
        fork: &Fork,
        local: String,
        sdp: &str,
        response: &Response,
    ) {
        core.depend_on(dialog.flow);
        let remote = offer_of(core, sdp.as_bytes());
        let mut talk = Talk::new(dialog, local, remote);
        talk.offered = fork.offered.map(|offered| offered.interval);
        talk.least = fork.offered.and_then(|offered| offered.refused());
        let credential = self.outgoing.as_ref().map(|it| &it.plan.credential);
        talk.credential = credential.and_then(Clone::clone).map(Box::new);
        talk.peer_updates = allows_update(&response.headers);
        talk.timer_of_answer(core.now, &response.headers);
        self.talk = Some(Box::new(talk));
        if let Some(outgoing) = &mut self.outgoing {
            outgoing.reason = Some("SIP;cause=200;text=\"Call completed elsewhere\"".to_owned());
        }
        self.cancel_forks(core);
    }

    /// A change of the callee that has just answered waits on, in the talk.
    fn keep_change(&mut self, fork: u128, tag: Option<&str>) {
        let (Some(outgoing), Some(talk)) = (&mut self.outgoing, &mut self.talk) else {
            return;
        };
        let pending = outgoing.change.take_if(|it| it.is_of(fork, tag));
        talk.theirs = pending.map(|it| Box::new(it.change));
    }

    /// Whether this tag names an early dialog of a fork, and with which remote tags.
    pub(super) fn is_early(&self, tag: u128, call_id: Option<&str>, remote: Option<&str>) -> bool {
        let mut forks = self.outgoing.iter().flat_map(|outgoing| &outgoing.forks);
        forks.any(|fork| {
            fork.tag == tag
                && call_id == Some(&fork.call_id)
                && fork.early.iter().any(|early| remote == Some(&*early.tag))
        })
    }

    /// Whether this fork may still win.
    pub(super) fn is_rung(&self, tag: u128) -> bool {
        let mut forks = self.outgoing.iter().flat_map(|outgoing| &outgoing.forks);
        let wanted = forks.any(|fork| fork.tag == tag && fork.cancel == Cancel::No);
        wanted && !self.told && self.talk.is_none()
    }

    /// BYE of a callee that has not answered, as far as we know: its fork is over.
    pub(super) fn callee_gave_up(&mut self, core: &mut Core, tag: u128) {
        let fork = self.outgoing.as_mut().and_then(|o| o.fork(tag));
        if let Some(fork) = fork {
            fork.take_back(core, None);
            self.fork_failed(core, tag, 480, &phrase(480), None);
        }
    }
}
