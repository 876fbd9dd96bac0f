//! INVITEs of ours, one per fork, until one is answered (RFC 3261 §13.2).
use std::sync::Arc;
use std::time::Duration;

use super::call::Call;
use super::core::Core;
use super::early_update::CalleeChange;
use super::fork::{Cancel, Fork, Plan};
use super::manners::Manners;
use super::prack::Early;
use super::{Event, Flow, Invite, Reached};
use crate::address::NameAddr;
use crate::dialog::session_timer::MIN_SE;
use crate::message::{Response, phrase};
use crate::phones::Model;
use crate::reason::Reason;
use crate::registration::retry_after;
use crate::transaction::earlier;
use crate::uri::{SipUri, Uri};

/// How long a call of ours may ring, whatever the application says (timer C of RFC 3261 §16.6).
pub const RING_LIMIT: Duration = Duration::from_secs(180);
/// Most early dialogs, and most 2xx, of one INVITE that we deal with: beyond it somebody forks us to
/// death. Further ones are ignored.
pub const FORKED_MAX: usize = 8;
/// Most contacts of a 3xx that are read.
pub const REDIRECTS_MAX: usize = 4;
/// Most challenges answered for one request.
pub const CHALLENGES_MAX: u8 = 2;
/// How often an INVITE is sent anew with a longer session timer: each server on the way may want its own. Then it goes
/// without one.
pub const LENGTHENED_MAX: u8 = 2;

/// A dialled session before its answer.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub(super) plan: Arc<Plan>,
    pub(super) forks: Vec<Fork>,
    limit: Duration,
    /// When it is given up, unless something is heard before.
    first_answer: Option<Duration>,
    /// When it is given up, unless the callee's side is heard before.
    first_progress: Option<Duration>,
    /// The farthest that any fork got.
    reached: Reached,
    /// The longest Retry-After of the refusals.
    retry_after: Option<Duration>,
    /// The refusal to tell when all forks have failed.
    refusal: Option<(u16, String)>,
    /// What the refusal that says most, of those with a Reason, says of itself; with its status.
    said: Option<(u16, Reason)>,
    /// Where the first 3xx points.
    contacts: Vec<SipUri>,
    /// The last ringing told, so that a repetition is no event.
    pub(super) rung: Option<(u16, Option<u128>)>,
    /// Value of Reason for the CANCELs, once the session is being given up.
    pub(super) reason: Option<String>,
    /// A callee's change of what an acknowledged 18x has agreed on, waiting for the application.
    pub(super) change: Option<Box<CalleeChange>>,
}

/// Where one fork goes.
#[derive(Clone, Debug)]
pub(super) struct Hop {
    /// Request-URI.
    pub(super) uri: String,
    pub(super) flow: Flow,
    /// Route values on the way, of the Path it registered by.
    pub(super) routes: Arc<[Arc<str>]>,
    /// What it seems to be.
    pub(super) model: Model,
}

impl Outgoing {
    pub(super) fn next(&self) -> Option<Duration> {
        let change = self.change.as_ref().map(|it| it.change.limit);
        earlier(self.ends(), change)
    }

    /// When it is given up.
    fn ends(&self) -> Option<Duration> {
        let silent = self.first_answer.filter(|_| self.reached < Reached::Server);
        let dull = (self.first_progress).filter(|_| self.reached < Reached::Callee);
        silent.into_iter().chain(dull).chain([self.limit]).min()
    }

    /// Something was heard, final or not.
    pub(super) fn hears(&mut self, status: u16) {
        let reached = if status > 100 {
            Reached::Callee
        } else {
            Reached::Server
        };
        self.reached = self.reached.max(reached);
    }

    pub(super) fn fork(&mut self, tag: u128) -> Option<&mut Fork> {
        self.forks.iter_mut().find(|fork| fork.tag == tag)
    }

    /// An early dialog: our tag, and theirs.
    pub(super) fn early(&mut self, fork: u128, tag: &str) -> Option<&mut Early> {
        let fork = self.fork(fork)?;
        fork.early.iter_mut().find(|early| *early.tag == *tag)
    }

    /// Whether there is one early dialog and no other.
    pub(super) fn rings_alone(&self) -> bool {
        matches!(self.forks.as_slice(), [fork] if fork.early.len() == 1)
    }

    /// The offer of the INVITEs.
    pub(super) fn offer(&self) -> String {
        self.plan.sdp.clone()
    }

    /// Remembers the refusal that says most: 6xx before 4xx before 5xx before a mere time-out.
    pub(super) fn note_refusal(&mut self, status: u16, reason: &str) {
        let better = |(old, _): &(u16, String)| rank(status) < rank(*old);
        if self.refusal.as_ref().is_none_or(better) {
            self.refusal = Some((status, reason.to_owned()));
        }
    }

    fn note_said(&mut self, response: &Response) {
        let status = response.status;
        let better = |(old, _): &(u16, Reason)| rank(status) < rank(*old);
        if self.said.as_ref().is_none_or(better) {
            let said = Reason::read(&response.headers).map(|said| (status, said));
            self.said = said.or(self.said.take());
        }
    }
}

/// How much a refusal says, the least number most.
fn rank(status: u16) -> u8 {
    match status {
        600.. => 0,
        408 | 487 => 3,
        300..=499 => 1,
        _ => 2,
    }
}

impl Call {
    /// Dials: one INVITE per hop.
    pub(super) fn dial(
        core: &mut Core,
        invite: Invite,
        to: String,
        hops: Vec<Hop>,
    ) -> Result<Self, Refused> {
        let mut manners = Manners::new(&invite)?;
        let plan = Arc::new(Plan {
            to,
            session_id: invite.session_id,
            headers: invite.headers,
            sdp: invite.sdp,
            credential: invite.credential,
            session_expires: invite.session_expires.map(|secs| secs.max(MIN_SE)),
        });
        let mut call = Self::new(invite.session);
        let forks = hops
            .into_iter()
            .map(|hop| {
                let manner = manners.of(hop.model);
                Fork::start(core, call.id, &plan, manner, hop)
            })
            .collect();
        call.outgoing = Some(Box::new(Outgoing {
            plan,
            forks,
            limit: core.now + RING_LIMIT,
            first_answer: invite.patience.map(|it| core.now + it.answer),
            first_progress: (invite.patience)
                .and_then(|it| it.progress)
                .map(|wait| core.now + wait),
            reached: Reached::Silence,
            retry_after: None,
            refusal: None,
            said: None,
            contacts: Vec::new(),
            rung: None,
            reason: None,
            change: None,
        }));
        Ok(call)
    }

    /// A response other than 2xx to one of our INVITEs; the ACK of a refusal is sent already.
    pub(super) fn on_fork_response(
        &mut self,
        core: &mut Core,
        tag: u128,
        source: Flow,
        response: &Response,
    ) {
        if let Some(outgoing) = &mut self.outgoing {
            outgoing.hears(response.status);
        }
        if response.status < 200 {
            return self.on_ringing(core, tag, source, response);
        }
        let id = self.id;
        let Some(outgoing) = &mut self.outgoing else {
            return;
        };
        let given_up = self.told || self.talk.is_some();
        let plan = outgoing.plan.clone();
        outgoing.drop_change(core, tag);
        let Some(fork) = outgoing.fork(tag) else {
            return;
        };
        let goes_on = !given_up && fork.cancel == Cancel::No;
        if goes_on && fork.retry(core, id, &plan, response) {
            return;
        }
        if outgoing.contacts.is_empty() {
            outgoing.contacts = contacts_of(response);
        }
        outgoing.note_said(response);
        let wait = retry_after(response);
        self.fork_failed(core, tag, response.status, &response.reason, wait);
    }

    /// A fork has failed: by a refusal, a time-out, or for want of a way.
    pub(super) fn fork_failed(
        &mut self,
        core: &mut Core,
        tag: u128,
        status: u16,
        reason: &str,
        retry_after: Option<Duration>,
    ) {
        let Some(outgoing) = &mut self.outgoing else {
            return;
        };
        outgoing.drop_change(core, tag);
        outgoing.forks.retain(|fork| fork.tag != tag);
        outgoing.note_refusal(status, reason);
        outgoing.retry_after = outgoing.retry_after.max(retry_after);
        core.dialogs.remove(&tag);
        if status >= 600 {
            self.cancel_forks(core);
        }
        self.settle(core);
    }

    /// After the last fork: the refusal is told, unless there is an answer.
    pub(super) fn settle(&mut self, core: &mut Core) {
        let Some(outgoing) = self.outgoing.take_if(|outgoing| outgoing.forks.is_empty()) else {
            return;
        };
        if self.talk.is_some() {
            return;
        }
        let (status, reason) = outgoing.refusal.unwrap_or_else(|| (487, phrase(487)));
        let contacts = match status {
            300..=399 => outgoing.contacts,
            _ => Vec::new(),
        };
        let session = self.id;
        let said = outgoing.said.filter(|(of, _)| *of == status);
        self.tell_last(
            core,
            Event::Refused {
                session,
                reached: outgoing.reached,
                retry_after: outgoing.retry_after,
                status,
                reason,
                said: said.map(|(_, said)| said),
                contacts,
            },
        );
    }

    /// Takes all INVITEs back and tells the application at once; the rest happens behind its back.
    pub(super) fn give_up(&mut self, core: &mut Core, status: u16, reason: Option<&str>) {
        let reached = self.outgoing.as_ref().map(|it| it.reached);
        if let Some(outgoing) = &mut self.outgoing {
            outgoing.reason = reason.map(str::to_owned);
        }
        self.cancel_forks(core);
        let session = self.id;
        let reason = phrase(status);
        self.tell_last(
            core,
            Event::Refused {
                session,
                reached: reached.unwrap_or(Reached::Nothing),
                retry_after: None,
                status,
                reason,
                said: None,
                contacts: Vec::new(),
            },
        );
    }

    pub(super) fn cancel_forks(&mut self, core: &mut Core) {
        let Some(outgoing) = &mut self.outgoing else {
            return;
        };
        let reason = outgoing.reason.as_deref();
        for fork in &mut outgoing.forks {
            fork.take_back(core, reason);
        }
    }

    pub(super) fn on_outgoing_timeout(&mut self, core: &mut Core) {
        let Some(outgoing) = &mut self.outgoing else {
            return;
        };
        outgoing.on_change_timeout(core);
        if outgoing.ends().is_some_and(|at| at > core.now) {
            return;
        }
        // The transactions have their own end after the CANCEL; these are not needed again.
        outgoing.limit = Duration::MAX;
        (outgoing.first_answer, outgoing.first_progress) = (None, None);
        if !self.told && self.talk.is_none() {
            self.give_up(core, 408, None);
        }
    }
}

/// Why a call cannot be dialled.
pub(super) type Refused = (u16, &'static str);

/// The SIP URIs that a 3xx names, by `q` (RFC 3261 §8.1.3.4); none of any other response.
fn contacts_of(response: &Response) -> Vec<SipUri> {
    if !(300..=399).contains(&response.status) {
        return Vec::new();
    }
    let values = response.headers.list("Contact").take(REDIRECTS_MAX);
    let contacts = values.filter_map(|value| NameAddr::parse(value).ok());
    let mut found: Vec<(u32, SipUri)> = contacts
        .filter_map(|contact| match &contact.uri {
            Uri::Sip(uri) => Some((thousandths(contact.params.get("q")), uri.clone())),
            _ => None,
        })
        .collect();
    found.sort_by_key(|(q, _)| std::cmp::Reverse(*q));
    found.into_iter().map(|(_, uri)| uri).collect()
}

/// A qvalue (RFC 3261 §25.1); what is none, or absent, counts as 1.
fn thousandths(q: Option<&str>) -> u32 {
    let (whole, part) = q
        .and_then(|q| q.split_once('.'))
        .unwrap_or((q.unwrap_or("1"), ""));
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    let part = part.parse().unwrap_or(0);
    if whole == "0" { part } else { 1_000 }
}

/// A body as text; None when there is none.
pub(super) fn body_text(body: &[u8]) -> Option<String> {
    (!body.is_empty()).then(|| String::from_utf8_lossy(body).into_owned())
}
