//! Changes of an established session that are ours: new media by re-INVITE, refreshes by UPDATE where they know it (RFC 3261
//! §14, RFC 4028 §10), questions whether they are there by OPTIONS where they know neither, and the glare of two changes at once.
use std::time::Duration;

use super::Event;
use super::QUALIFY_WAIT;
use super::call::Call;
use super::challenge::answer_challenge;
use super::core::{ALLOW, Core, SUPPORTED_INSIDE};
use super::incoming::offer_of;
use super::outgoing::{CHALLENGES_MAX, body_text};
use super::tables::Asker;
use super::talk::{Shows, Talk};
use crate::dialog::session_timer::{self, SessionTimer};
use crate::message::{Method, Response};

/// How often one change of ours is tried against 491.
pub const GLARE_TRIES: u8 = 4;

/// A change of ours.
#[derive(Clone, Debug)]
pub(super) struct Ours {
    what: Change,
    /// Its transaction; None while it waits for `retry_at`.
    branch: Option<u128>,
    /// Whether that is an INVITE, with an offer; else an UPDATE without one, which hinders no change of theirs.
    pub(super) invite: bool,
    /// They have changed the session meanwhile: they are there, whether they answer or not.
    pub(super) outlived: bool,
    pub(super) retry_at: Option<Duration>,
    tries: u8,
    challenges: u8,
}

#[derive(Clone, Debug)]
enum Change {
    /// New media, by re-INVITE.
    Offer(Box<str>),
    /// The session timer, by UPDATE where they know it.
    Refresh,
    /// "Are you there?": who knows neither timers nor UPDATE is asked by OPTIONS in the dialog (pain 6).
    Knock,
}

/// What is known of how somebody takes an OPTIONS in the dialog. Who never answered one may know none, and its silence says
/// nothing: the talk goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Knock {
    /// None was sent yet.
    Unknown,
    /// They have answered one, whatever they said: silence means that they are gone.
    Answers,
    /// They did not: they are asked no more.
    Silent,
}

impl Ours {
    /// Whether an offer of ours waits for its answer.
    pub(super) fn is_open(&self) -> bool {
        self.branch.is_some() && self.invite
    }

    /// Leaves the transaction alone, with an end.
    pub(super) fn abandon(self, core: &mut Core) {
        if let Some(branch) = self.branch {
            core.limit_invite(branch);
        }
    }
}

impl Call {
    /// A new offer of ours: now, or as soon as what is under way has ended.
    pub(super) fn reoffer(&mut self, core: &mut Core, sdp: String) {
        if let Some(talk) = &mut self.talk {
            talk.wanted = Some(sdp.into());
        } else if let Some(incoming) = &mut self.incoming
            && let Some(reliable) = &mut incoming.reliable
        {
            reliable.want(sdp);
        }
        self.offer_wanted(core);
    }

    pub(super) fn offer_wanted(&mut self, core: &mut Core) {
        let Some(talk) = self.talk.as_mut().filter(|talk| talk.is_calm()) else {
            return;
        };
        let untold = talk.shows.as_ref().is_some_and(|shows| !shows.told);
        if let Some(sdp) = talk.wanted.take() {
            talk.ours = Some(Box::new(Ours::new(Change::Offer(sdp))));
            self.change(core, None);
        } else if untold {
            self.refresh(core);
        }
    }

    /// They talk with somebody else from now on (RFC 3325 §9.1, RFC 4916): told by a refresh, as soon as what is under way has
    /// ended, or by what is wanted anyway. A header with a line break in it is left out.
    pub(super) fn show(&mut self, core: &mut Core, headers: Vec<(String, String)>) {
        let Some(talk) = &mut self.talk else {
            return;
        };
        let breaks = |text: &str| text.contains(['\r', '\n']);
        let fits = |(name, value): &(String, String)| !breaks(name) && !breaks(value);
        let headers = headers.into_iter().filter(fits).collect();
        let told = false;
        talk.shows = Some(Box::new(Shows { headers, told }));
        self.offer_wanted(core);
    }

    /// The beat of the session timer: a refresh, or where they agreed to none and know no UPDATE, a question.
    pub(super) fn keep_alive(&mut self, core: &mut Core) {
        let Some(talk) = &mut self.talk else {
            return;
        };
        let alone = talk.timer.as_ref().is_some_and(SessionTimer::is_alone);
        if talk.peer_updates || !alone {
            return self.refresh(core);
        }
        talk.ours = Some(Box::new(Ours::new(Change::Knock)));
        self.change(core, None);
    }

    /// A refresh of ours for the session timer.
    pub(super) fn refresh(&mut self, core: &mut Core) {
        if let Some(talk) = &mut self.talk {
            talk.ours = Some(Box::new(Ours::new(Change::Refresh)));
            self.change(core, None);
        }
    }

    /// Sends the change of ours.
    pub(super) fn change(&mut self, core: &mut Core, credentials: Option<(&'static str, String)>) {
        let session = self.id;
        let Some(talk) = &mut self.talk else {
            return;
        };
        let Some(ours) = &mut talk.ours else {
            return;
        };
        let (method, sdp) = match &ours.what {
            Change::Offer(sdp) => (Method::Invite, Some(sdp.as_bytes().to_vec())),
            Change::Refresh if talk.peer_updates => (Method::Update, None),
            Change::Refresh => (Method::Invite, Some(talk.local_sdp.as_bytes().to_vec())),
            Change::Knock => (Method::Options, None),
        };
        let changes = method != Method::Options;
        (ours.invite, ours.outlived) = (method == Method::Invite, false);
        let mut request = talk.dialog.request(method);
        let headers = &mut request.headers;
        headers.push("Contact", core.contact(talk.dialog.flow));
        if let Some((name, value)) = credentials {
            headers.push(name, value);
        }
        headers.push("Allow", ALLOW);
        headers.push("Supported", SUPPORTED_INSIDE);
        if let Some(shows) = talk.shows.as_mut().filter(|_| changes) {
            shows.told = true;
            for (name, value) in &shows.headers {
                headers.push(name.clone(), value.clone());
            }
        }
        if let Some(timer) = talk.timer.as_ref().filter(|_| changes) {
            headers.push("Session-Expires", timer.header());
            if let Some(least) = talk.least {
                headers.push("Min-SE", least.to_string());
            }
        }
        if let Some(sdp) = sdp {
            headers.push("Content-Type", "application/sdp");
            request.body = sdp;
        }
        ours.retry_at = None;
        ours.tries += 1;
        // Changes of ours wait for it, and who knows no such question never answers.
        let wait = (!changes && talk.knock == Knock::Unknown).then_some(QUALIFY_WAIT);
        ours.branch = Some(core.ask(request, talk.dialog.flow, Asker::Change(session), wait));
    }

    /// An answer to the change of ours, the ACK of a 2xx being sent already; or what it counts as that none came: 408 for
    /// silence, 503 for a connection that is gone (RFC 3261 §8.1.3.1). That one ends nothing: the party may be reached
    /// another way, or is back soon, and where it is not the session timer ends the call (RFC 4028 §10).
    pub(super) fn on_change_answered(&mut self, core: &mut Core, answer: Result<&Response, u16>) {
        let Some(talk) = &mut self.talk else {
            return;
        };
        let Some(ours) = &talk.ours else {
            return;
        };
        let (Some(branch), outlived) = (ours.branch, ours.outlived) else {
            return;
        };
        let (status, response) = match answer {
            Ok(response) => (response.status, Some(response)),
            Err(status) => (status, None),
        };
        let knocks = matches!(ours.what, Change::Knock);
        // Who has answered no such question yet may not answer any; a connection that is gone says nothing of the talk either.
        let silent = matches!((status, response.is_some()), (408 | 481, _) | (503, false));
        let in_vain = knocks && silent && talk.knock == Knock::Unknown;
        match (status, response) {
            (..=199, _) => core.limit_invite(branch),
            // The timer began anew with their change.
            (408, None) if outlived => self.change_forgotten(core),
            _ if in_vain => self.knocked_in_vain(core),
            (200..=299, Some(_)) if knocks => self.change_refused(core, status, true),
            (200..=299, Some(response)) => self.change_granted(core, response),
            // A 2xx that nobody can acknowledge is a 502.
            (408 | 481, _) | (502, None) => self.lost(core),
            (401 | 407, Some(response)) if self.change_proved(core, response) => {}
            (491, _) if self.change_later(core) => {}
            (422, Some(response)) if self.change_longer(core, response) => {}
            _ => self.change_refused(core, status, response.is_some()),
        }
    }

    fn change_granted(&mut self, core: &mut Core, response: &Response) {
        let session = self.id;
        let Some((talk, ours)) = self.take_ours() else {
            return;
        };
        talk.dialog
            .refresh_target(&response.headers, talk.dialog.flow);
        talk.timer_of_answer(core.now, &response.headers);
        let sdp = body_text(&response.body);
        if sdp.is_some() {
            talk.remote_sdp = offer_of(core, &response.body);
        }
        if let Change::Offer(local) = ours.what {
            talk.local_sdp = local;
            self.tell(core, Event::ReofferAnswered { session, sdp });
        }
        self.offer_wanted(core);
    }

    /// `heard`: they have said so.
    fn change_refused(&mut self, core: &mut Core, status: u16, heard: bool) {
        let session = self.id;
        let (now, wait) = (core.now, core.timing.t2);
        let Some((talk, ours)) = self.take_ours() else {
            return;
        };
        match ours.what {
            Change::Offer(_) => self.tell(core, Event::ReofferAnswered { session, sdp: None }),
            Change::Refresh => {
                // UPDATE was not meant after all: the next refresh is a re-INVITE.
                talk.peer_updates &= !matches!(status, 405 | 501);
                match &mut talk.timer {
                    // It is there, whatever it says.
                    Some(timer) if timer.is_alone() && heard => talk.keep_time(now, None),
                    Some(timer) => timer.refresh_later(now, wait),
                    None => {}
                }
            }
            Change::Knock => {
                if heard {
                    talk.knock = Knock::Answers;
                    talk.keep_time(now, None);
                } else if let Some(timer) = &mut talk.timer {
                    timer.refresh_later(now, wait);
                }
            }
        }
        self.offer_wanted(core);
    }

    /// Who never answered such a question is not taken for gone.
    fn knocked_in_vain(&mut self, core: &mut Core) {
        if let Some((talk, _)) = self.take_ours() {
            talk.knock = Knock::Silent;
            // What they have agreed to meanwhile stays.
            talk.timer.take_if(|timer| timer.is_alone());
        }
        self.offer_wanted(core);
    }

    fn change_forgotten(&mut self, core: &mut Core) {
        self.take_ours();
        self.offer_wanted(core);
    }

    /// After 491: again, in the RFC's time (RFC 3261 §14.1). False: it was tried often enough.
    fn change_later(&mut self, core: &mut Core) -> bool {
        let Some(talk) = &mut self.talk else {
            return false;
        };
        let Some(ours) = talk.ours.as_mut().filter(|ours| ours.tries < GLARE_TRIES) else {
            return false;
        };
        let tens = if talk.dialog.caller {
            210 + core.entropy.below(191)
        } else {
            core.entropy.below(201)
        };
        ours.branch = None;
        ours.retry_at = Some(core.now + Duration::from_millis(tens * 10));
        // A newer offer takes the place of the one that failed.
        if let (Some(sdp), Change::Offer(old)) = (talk.wanted.take(), &mut ours.what) {
            *old = sdp;
        }
        true
    }

    /// After 422: again, with the interval they want (RFC 4028 §7.4). False: they do not say, or it was tried often enough.
    fn change_longer(&mut self, core: &mut Core, refusal: &Response) -> bool {
        let Some(talk) = &mut self.talk else {
            return false;
        };
        let least = session_timer::least(&refusal.headers);
        let (Some(timer), Some(least)) = (&mut talk.timer, least) else {
            return false;
        };
        let tries = talk.ours.as_ref().map_or(GLARE_TRIES, |ours| ours.tries);
        if tries >= GLARE_TRIES || !timer.lengthen(core.now, least) {
            return false;
        }
        talk.least = Some(least);
        self.change(core, None);
        true
    }

    fn change_proved(&mut self, core: &mut Core, refusal: &Response) -> bool {
        let Some(talk) = &mut self.talk else {
            return false;
        };
        let (Some(credential), Some(ours)) = (&talk.credential, &mut talk.ours) else {
            return false;
        };
        if ours.challenges >= CHALLENGES_MAX {
            return false;
        }
        let method = match &ours.what {
            Change::Refresh if talk.peer_updates => Method::Update,
            Change::Knock => Method::Options,
            Change::Refresh | Change::Offer(_) => Method::Invite,
        };
        let (uri, again) = (talk.dialog.target.clone(), ours.challenges > 0);
        let found = answer_challenge(core, credential, &method, &uri, refusal, again);
        if found.is_none() {
            return false;
        }
        ours.challenges += 1;
        self.change(core, found);
        true
    }

    fn take_ours(&mut self) -> Option<(&mut Talk, Ours)> {
        let talk = self.talk.as_mut()?;
        let ours = talk.ours.take()?;
        Some((talk, *ours))
    }
}

impl Ours {
    fn new(what: Change) -> Self {
        Self {
            what,
            branch: None,
            invite: false,
            outlived: false,
            retry_at: None,
            tries: 0,
            challenges: 0,
        }
    }
}
