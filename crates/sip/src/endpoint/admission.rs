//! Who is let in: policy by source, and the checks of RFC 3261 §8.2 before a request means anything.
//!
//! Whatever is refused here leaves no state behind: a repeated request is judged again.
use std::sync::Arc;

use super::arrived::Arrived;
use super::call::Call;
use super::core::ALLOW;
use super::in_dialog::{abilities, unknown_extensions};
use super::machine::{Endpoint, TRANSACTIONS_MAX};
use super::registering::Proof;
use super::replacing::Met;
use super::turned_away::Way;
use super::{Event, Flow, Origin, Session, UnknownSource};
use crate::dialog::Dialog;
use crate::dialog::session_timer::{self, Agreed, Asked, MIN_SE};
use crate::message::{Headers, Method, Request};
use crate::privacy;
use crate::refer::Replaces;
use crate::shield::{Admission, Valve};

/// How a source stands with us.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Standing {
    Trunk(Arc<str>),
    /// A registered contact speaks from this address: digest will tell who it is.
    Neighbour,
    Unknown,
}

/// How a new call is to be taken.
#[derive(Clone, Copy, Debug)]
struct Asking {
    replaces: Option<Session>,
    brief: bool,
}

impl Endpoint {
    /// A request, whatever it is.
    pub(super) fn on_request(&mut self, flow: Flow, request: Request) {
        let trunk = self.core.trunk_of_request(flow, &request.uri);
        let Some(arrived) = Arrived::new(&self.core.entropy, request, flow, trunk) else {
            return self.core.refusal("malformed", flow);
        };
        match arrived.request.method {
            Method::Ack => {
                if !self.core.absorb_ack(arrived.key) {
                    self.on_dialog_ack(&arrived);
                }
            }
            Method::Cancel => self.on_cancel(&arrived),
            _ if self.core.absorb(&arrived) => {}
            _ if self.transactions() >= TRANSACTIONS_MAX => {
                self.core.refusal("too_many_transactions", flow);
                let later = self.later();
                self.core.reply(&arrived, 503, &[("Retry-After", &later)]);
            }
            _ if arrived.request.headers.to_tag().is_some() => {
                if !self.on_dialog_request(&arrived) {
                    self.refuse(&arrived, "no_dialog", 481, &[]);
                }
            }
            Method::Register => self.on_register(&arrived),
            _ => self.on_stranger(arrived),
        }
    }

    /// CANCEL: 200, and 487 for an INVITE that is still open (RFC 3261 §9.2).
    fn on_cancel(&mut self, arrived: &Arrived) {
        let Some((session, tag)) = self.core.to_cancel(arrived.key) else {
            return self.refuse(arrived, "no_transaction", 481, &[]);
        };
        let response = self.core.response(200, arrived.echo(Some(tag)));
        self.core.send(arrived.back, response.to_bytes());
        if let Some(session) = session {
            self.with_call(session, |call, core| call.on_cancel(core, arrived));
        }
    }

    /// A request outside of any dialog.
    fn on_stranger(&mut self, arrived: Arrived) {
        let standing = self.standing(&arrived);
        if standing == Standing::Unknown {
            return self.refuse(&arrived, "unknown_source", 403, &[]);
        }
        let headers = &arrived.request.headers;
        // A call may go on to somebody else, so its hops count; the rest ends here (RFC 4475 §3.3.11, RFC 7332 §4).
        if headers.max_forwards() == Some(0) && arrived.request.method == Method::Invite {
            return self.refuse(&arrived, "loop", 483, &[]);
        }
        if self.is_looped(&arrived) {
            return self.refuse(&arrived, "loop", 482, &[]);
        }
        if let Some(unknown) = unknown_extensions(&self.core, headers) {
            return self.refuse(&arrived, "extension", 420, &[("Unsupported", &unknown)]);
        }
        if !is_known_scheme(&arrived.request.uri) {
            return self.refuse(&arrived, "scheme", 416, &[]);
        }
        match &arrived.request.method {
            Method::Invite => self.on_invite(arrived, standing),
            Method::Options => self.core.reply(&arrived, 200, &abilities(&self.core)),
            Method::Bye | Method::Update | Method::Info | Method::Prack | Method::Notify => {
                self.refuse(&arrived, "no_dialog", 481, &[]);
            }
            // Who is in no call has nobody to pass on.
            Method::Refer => self.refuse(&arrived, "refer", 403, &[]),
            Method::Other(_) => self.refuse(&arrived, "method", 501, &[("Allow", ALLOW)]),
            _ => self.refuse(&arrived, "method", 405, &[("Allow", ALLOW)]),
        }
    }

    fn standing(&self, arrived: &Arrived) -> Standing {
        match &arrived.trunk {
            Some(trunk) => Standing::Trunk(trunk.clone()),
            None if self.registrar.is_neighbour(arrived.flow.remote.ip()) => Standing::Neighbour,
            None => Standing::Unknown,
        }
    }

    /// Whether one of the Vias is ours: the request came back to us.
    fn is_looped(&self, arrived: &Arrived) -> bool {
        let mut vias = arrived.request.headers.list("Via");
        vias.any(|via| self.core.wrote(via))
    }

    /// A new INVITE of somebody we know.
    fn on_invite(&mut self, arrived: Arrived, standing: Standing) {
        let merged = arrived.merged_key(&self.core.entropy);
        if self.core.merged.contains_key(&merged) {
            return self.refuse(&arrived, "merged", 482, &[]);
        }
        if !carries_sdp(&arrived.request) {
            return self.refuse(&arrived, "body", 415, &[("Accept", "application/sdp")]);
        }
        if !takes_sdp(&arrived.request.headers) {
            return self.refuse(&arrived, "body", 406, &[]);
        }
        if let Some(unmet) = privacy::unmet(&arrived.request.headers) {
            self.core.refusal("privacy", arrived.flow);
            let phrase = Some(format!("Privacy Failure: {unmet}"));
            return self.core.reply_saying(&arrived, 500, phrase, &[]);
        }
        let timer = match session_timer::asked(&arrived.request.headers) {
            Asked::TooSmall => {
                let min = MIN_SE.to_string();
                return self.refuse(&arrived, "session_timer", 422, &[("Min-SE", &min)]);
            }
            Asked::No => None,
            Asked::Every(agreed) => Some(agreed),
        };
        if self.turned_away.holds(self.core.now, arrived.key) {
            return self.turn_away(&arrived, "repeated");
        }
        if self.calls.len() >= self.core.config.sessions_max {
            return self.turn_away(&arrived, "too_many_sessions");
        }
        let origin = match standing {
            Standing::Trunk(trunk) => Origin::Trunk(trunk),
            _ => match self.prove(&arrived) {
                Proof::Of(user) => Origin::User(user),
                Proof::Wanting(challenges) => return self.challenge(&arrived, &challenges),
                Proof::Banned => return self.core.refusal("banned", arrived.flow),
            },
        };
        let replaces = match self.replaced(&arrived, &origin) {
            Ok(replaces) => replaces,
            Err(status) => return self.refuse(&arrived, "replaces", status, &[]),
        };
        // Who takes the place of another is no new call.
        let admission = match replaces {
            Some(_) => Admission::Whole,
            None => self.valve.admit(self.core.now),
        };
        if admission == Admission::Refused {
            return self.turn_away(&arrived, "crowded");
        }
        let brief = admission == Admission::Brief;
        self.open_session(arrived, origin, timer, Asking { replaces, brief });
    }

    /// 503: not now. The caller goes elsewhere with it, so a copy of the INVITE that is still on its way hears the same.
    pub(super) fn turn_away(&mut self, arrived: &Arrived, what: &'static str) {
        self.turned_away.note(self.core.now, arrived.key, Way::Told);
        let later = self.later();
        self.refuse(arrived, what, 503, &[("Retry-After", &later)]);
    }

    /// A Retry-After that differs from one caller to the next.
    fn later(&mut self) -> String {
        Valve::retry_after(self.core.entropy.draw()).to_string()
    }

    /// The session that the INVITE wants to take the place of, or why it may not. Carriers have no business with the
    /// dialogs of others: only whoever proved who it is may name one.
    fn replaced(&self, arrived: &Arrived, origin: &Origin) -> Result<Option<Session>, u16> {
        let replaces = Replaces::of(&arrived.request.headers).map_err(|error| error.status())?;
        match (replaces, origin) {
            (None, _) => Ok(None),
            (Some(_), Origin::Trunk(_)) => Err(403),
            (Some(replaces), Origin::User(_)) => match self.meet(&replaces) {
                Met::Session(session) => Ok(Some(session)),
                Met::Refusal(status) => Err(status),
            },
        }
    }

    fn open_session(
        &mut self,
        arrived: Arrived,
        origin: Origin,
        timer: Option<Agreed>,
        asking: Asking,
    ) {
        let tag = self.core.entropy.draw();
        let follow = matches!(origin, Origin::Trunk(_));
        let Some(dialog) = Dialog::of_request(&arrived.request, arrived.flow, tag, follow) else {
            return self.refuse(&arrived, "malformed", 400, &[]);
        };
        let session = self.allocate();
        let mut call = Call::of_invite(&mut self.core, session, &arrived, dialog, timer);
        if let Origin::User(user) = &origin {
            call.user = Some(user.as_str().into());
        }
        self.add_call(call);
        let (flow, request) = (arrived.flow, Arc::new(arrived.request));
        self.core.event(Event::Incoming {
            session,
            origin,
            request,
            flow,
            brief: asking.brief,
            replaces: asking.replaces,
        });
    }

    /// Refuses and counts; an unknown source may get silence instead.
    fn refuse(
        &mut self,
        arrived: &Arrived,
        what: &'static str,
        status: u16,
        extra: &[(&'static str, &str)],
    ) {
        let unknown = self.standing(arrived) == Standing::Unknown;
        let what = if unknown { "unknown_source" } else { what };
        self.core.refusal(what, arrived.flow);
        match self.core.config.policy.unknown {
            UnknownSource::Drop if unknown => {}
            UnknownSource::Forbid if unknown => self.core.reply(arrived, 403, &[]),
            _ => self.core.reply(arrived, status, extra),
        }
    }
}

impl Call {
    /// CANCEL of an INVITE of theirs, by its server transaction. After the final answer it is nothing.
    fn on_cancel(&mut self, core: &mut super::core::Core, cancel: &Arrived) {
        if self.is_unanswered(cancel.key) {
            self.caller_gave_up(core, &cancel.request.headers);
        } else {
            self.cancel_reoffer(core, cancel.key);
        }
    }
}

/// Whether the body is none, or SDP.
fn carries_sdp(request: &Request) -> bool {
    let Some(kind) = request.headers.get("Content-Type") else {
        return true;
    };
    let kind = kind.split(';').next().unwrap_or("").trim();
    request.body.is_empty() || kind.eq_ignore_ascii_case("application/sdp")
}

/// Whether the answer may be SDP. An empty Accept would forbid any body (RFC 3261 §20.1) and is taken for a slip.
fn takes_sdp(headers: &Headers) -> bool {
    let mut kinds = headers.list("Accept").peekable();
    kinds.peek().is_none()
        || kinds.any(|kind| {
            let kind = kind.split(';').next().unwrap_or("").trim();
            ["application/sdp", "application/*", "*/*"]
                .iter()
                .any(|ours| ours.eq_ignore_ascii_case(kind))
        })
}

/// Whether we can be called by such a Request-URI.
fn is_known_scheme(uri: &str) -> bool {
    let scheme = uri.split(':').next().unwrap_or("");
    ["sip", "sips", "tel"]
        .iter()
        .any(|ours| ours.eq_ignore_ascii_case(scheme))
}
