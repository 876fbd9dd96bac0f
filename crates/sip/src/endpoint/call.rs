//! A session: an INVITE of ours or theirs, and the talk that may come of it.
use std::time::Duration;

use super::core::Core;
use super::incoming::Incoming;
use super::outgoing::Outgoing;
use super::refer::{Referral, Referring};
use super::talk::Talk;
use super::timers::Owner;
use super::{EndedBy, Event, Flow, Session};
use crate::session_id::SessionId;
use crate::transaction::earlier;
use crate::uri::SipUri;

/// One session. It is over, and is dropped, when none of its parts is left.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) id: Session,
    /// The application knows that the session is over; it hears nothing of it any more.
    pub(super) told: bool,
    /// An INVITE of theirs without a final answer.
    pub(super) incoming: Option<Box<Incoming>>,
    /// INVITEs of ours without a final answer.
    pub(super) outgoing: Option<Box<Outgoing>>,
    /// The established dialog.
    pub(super) talk: Option<Box<Talk>>,
    /// A REFER of theirs; it may outlive the talk.
    pub(super) referral: Option<Box<Referral>>,
    /// A REFER of ours.
    pub(super) referring: Option<Box<Referring>>,
    pub(super) armed: Option<Duration>,
    /// The registered user at the other end; none: a trunk.
    pub(super) user: Option<Box<str>>,
}

impl Call {
    pub(super) fn new(id: Session) -> Self {
        Self {
            id,
            told: false,
            incoming: None,
            outgoing: None,
            talk: None,
            referral: None,
            referring: None,
            armed: None,
            user: None,
        }
    }

    /// Whether nothing is left of it.
    pub(super) fn is_over(&self) -> bool {
        let silent = self.incoming.is_none() && self.outgoing.is_none() && self.talk.is_none();
        silent && self.referral.is_none()
    }

    /// Tells the application, unless the session is over for it.
    pub(super) fn tell(&self, core: &mut Core, event: Event) {
        if !self.told {
            core.event(event);
        }
    }

    /// Tells the application the last thing about this session, once.
    pub(super) fn tell_last(&mut self, core: &mut Core, event: Event) {
        self.tell(core, event);
        self.told = true;
    }

    /// What our requests in its dialog say of the two ends.
    pub(super) fn session_id(&mut self) -> Option<&mut SessionId> {
        let dialog = match (&mut self.talk, &mut self.incoming) {
            (Some(talk), _) => &mut talk.dialog,
            (None, Some(incoming)) => &mut incoming.dialog,
            (None, None) => return None,
        };
        dialog.session_id.as_mut()
    }

    /// Ends the session in whatever phase it is.
    pub(super) fn end(&mut self, core: &mut Core, reason: Option<&str>) {
        if self.told {
            return;
        }
        if self.incoming.is_some() {
            if self.is_accepted() {
                let (session, by, said) = (self.id, EndedBy::Us, None);
                self.tell(core, Event::Ended { session, by, said });
            }
            self.refuse(
                core,
                480,
                reason
                    .map(|r| ("Reason".to_owned(), r.to_owned()))
                    .as_slice(),
            );
        } else if self.talk.is_some() {
            self.hang_up(core, reason);
        } else if self.outgoing.is_some() {
            self.give_up(core, 487, reason);
        }
    }

    /// The phone that is talked to, or that waits for our answer, speaks over a new flow since its last registration: what is
    /// said in the dialog goes there too, and the answer (RFC 5626 §5.3). Its former flow was `former`, or is gone.
    pub(super) fn follow_phone(
        &mut self,
        core: &mut Core,
        uri: &SipUri,
        former: Option<Flow>,
        flow: Flow,
    ) {
        if let Some(incoming) = &mut self.incoming
            && incoming.dialog.is_with_phone(uri, former)
        {
            incoming.follow(core, flow);
        }
        if let Some(talk) = &mut self.talk
            && talk.dialog.is_with_phone(uri, former)
        {
            talk.follow(core, flow);
        }
    }

    /// The connection of this number is gone.
    pub(super) fn lose_connection(&mut self, core: &mut Core, connection: u64) {
        if let Some(incoming) = &mut self.incoming {
            incoming.lose_connection(core, connection);
        }
        if let Some(talk) = &mut self.talk {
            talk.lose_connection(connection);
        }
    }

    /// Fires what is due.
    pub(super) fn on_timeout(&mut self, core: &mut Core) {
        self.armed = None;
        self.on_incoming_timeout(core);
        self.on_outgoing_timeout(core);
        self.on_talk_timeout(core);
        self.on_refer_timeout(core);
    }

    /// Plans the next deadline.
    pub(super) fn arm(&mut self, core: &mut Core) {
        let incoming = self.incoming.as_ref().and_then(|part| part.next());
        let outgoing = self.outgoing.as_ref().and_then(|part| part.next());
        let talk = self.talk.as_ref().and_then(|part| part.next());
        let theirs = self.referral.as_ref().and_then(|part| part.next());
        let ours = self.referring.as_ref().map(|part| part.ends);
        let next = earlier(earlier(incoming, outgoing), talk);
        let next = earlier(next, earlier(theirs, ours));
        core.timers
            .arm(Owner::Session(self.id), &mut self.armed, next);
    }
}
