//! REFER in a dialog of ours, both roles (RFC 3515, RFC 4488): what a party asks for, how it is kept informed, and what
//! we ask of a party.
use std::time::Duration;

use super::arrived::Arrived;
use super::call::Call;
use super::core::Core;
use super::tables::Asker;
use super::talk::Leaving;
use super::{Event, Session};
use crate::dialog::Dialog;
use crate::message::{Headers, Method, Response, phrase};
use crate::refer::{ReferTo, status_of_fragment};
use crate::uri::Uri;

/// How long the application may leave a REFER unanswered; then 500.
pub const REFER_LIMIT: Duration = Duration::from_secs(10);
/// How long a party is kept informed of what it asked for; then the subscription ends with `reason=timeout`.
pub const REFER_LIFE: Duration = Duration::from_secs(180);

/// What a party asks for. One at a time in a session; a further one meets 491.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refer {
    /// Its number in the session.
    pub number: u32,
    /// Whom to call; without headers.
    pub to: Uri,
    /// The session whose party is meant: attended transfer. The peer of *that* session takes part in it.
    pub replaces: Option<Session>,
    /// `Referred-By` as written (RFC 3892).
    pub by: Option<String>,
}

/// A REFER of theirs, from its arrival to the last NOTIFY.
#[derive(Clone, Debug)]
pub(super) struct Referral {
    number: u32,
    /// Its server transaction and what the answer repeats, until the application has answered.
    unanswered: Option<(u128, Headers)>,
    /// `Refer-Sub: false`: they do not want to be told (RFC 4488).
    silent: bool,
    ends: Duration,
    /// A NOTIFY is under way: the next waits, so that they come in order.
    notifying: bool,
    /// The newest word that was not told yet.
    news: Option<News>,
    /// The last NOTIFY is out.
    closing: bool,
    /// The dialog, once its call is over: the subscription outlives it (RFC 5057 §4).
    dialog: Option<Dialog>,
}

/// What is told of a reference.
#[derive(Clone, Copy, Debug)]
struct News {
    status: u16,
    /// The last word, and why it is.
    last: Option<&'static str>,
}

/// A REFER of ours.
#[derive(Clone, Debug)]
pub(super) struct Referring {
    pub(super) ends: Duration,
}

impl Referral {
    pub(super) fn next(&self) -> Option<Duration> {
        (!self.closing).then_some(self.ends)
    }

    /// Whether the last word is known, and not heard yet.
    pub(super) fn has_last_word(&self) -> bool {
        self.closing || self.news.is_some_and(|news| news.last.is_some())
    }

    /// The call is over; the subscription goes on in its dialog.
    pub(super) fn inherit(&mut self, dialog: &Dialog) {
        self.dialog = Some(dialog.clone());
    }
}

// Theirs.
impl Call {
    /// A REFER. `replaces` is the session its `Replaces` names: None where there is none such.
    pub(super) fn on_refer(
        &mut self,
        core: &mut Core,
        arrived: &Arrived,
        refer: &ReferTo,
        replaces: Option<Session>,
    ) {
        let session = self.id;
        if self.referral.is_some() {
            return core.refuse_request(arrived, 491, &[]);
        }
        // Not 481: this dialog is well. There is no such call here to take the place in.
        if refer.replaces.is_some() && replaces.is_none() {
            return core.refuse_request(arrived, 603, &[]);
        }
        let headers = &arrived.request.headers;
        let silent = headers.get("Refer-Sub").is_some_and(|value| {
            let value = value.split(';').next().unwrap_or("").trim();
            value.eq_ignore_ascii_case("false")
        });
        core.open_other(arrived, arrived.dialog_tag().unwrap_or(0));
        self.referral = Some(Box::new(Referral {
            number: arrived.cseq,
            unanswered: Some((arrived.key, arrived.echo(None))),
            silent,
            ends: core.now + REFER_LIMIT,
            notifying: false,
            news: None,
            closing: false,
            dialog: None,
        }));
        let refer = Refer {
            number: arrived.cseq,
            to: refer.uri.clone(),
            replaces,
            by: headers.get("Referred-By").map(str::to_owned),
        };
        self.tell(core, Event::Referred { session, refer });
    }

    /// The application takes a reference upon itself, or refuses it.
    pub(super) fn answer_refer(&mut self, core: &mut Core, number: u32, status: u16) {
        let Some(referral) = self.referral.as_mut().filter(|it| it.number == number) else {
            return;
        };
        let Some((server, echo)) = referral.unanswered.take() else {
            return;
        };
        let taken = (200..300).contains(&status);
        let mut response = core.response(if taken { 202 } else { status.clamp(300, 699) }, echo);
        if taken {
            let flow = self.talk.as_ref().map(|talk| talk.dialog.flow);
            if let Some(flow) = flow {
                response.headers.push("Contact", core.contact(flow));
            }
            if referral.silent {
                response.headers.push("Refer-Sub", "false");
            }
        }
        core.respond(server, &response);
        if !taken || referral.silent {
            self.referral = None;
            return;
        }
        referral.ends = core.now + REFER_LIFE;
        self.notify(
            core,
            News {
                status: 100,
                last: None,
            },
        );
    }

    /// How the reference goes; from 200 on it is over.
    pub(super) fn refer_progress(&mut self, core: &mut Core, number: u32, status: u16) {
        let known = |it: &Referral| it.number == number && it.unanswered.is_none();
        if self.referral.as_deref().is_some_and(known) {
            let last = (status >= 200).then_some("noresource");
            self.notify(core, News { status, last });
        }
    }

    /// Tells the referrer, now or behind the word that is under way.
    fn notify(&mut self, core: &mut Core, news: News) {
        let session = self.id;
        let Some(referral) = self.referral.as_mut().filter(|it| !it.closing) else {
            return;
        };
        if referral.notifying {
            referral.news = Some(news);
            return;
        }
        let dialog = match (&mut referral.dialog, &mut self.talk) {
            (Some(dialog), _) => dialog,
            (None, Some(talk)) => &mut talk.dialog,
            (None, None) => {
                self.referral = None;
                return;
            }
        };
        let mut request = dialog.request(Method::Notify);
        let headers = &mut request.headers;
        headers.push("Contact", core.contact(dialog.flow));
        headers.push("Event", format!("refer;id={}", referral.number));
        let state = match news.last {
            Some(reason) => format!("terminated;reason={reason}"),
            None => {
                let left = referral.ends.saturating_sub(core.now).as_secs();
                format!("active;expires={left}")
            }
        };
        headers.push("Subscription-State", state);
        headers.push("Content-Type", "message/sipfrag;version=2.0");
        let (status, words) = (news.status, phrase(news.status));
        request.body = format!("SIP/2.0 {status} {words}\r\n").into_bytes();
        referral.notifying = true;
        referral.closing = news.last.is_some();
        core.ask(request, dialog.flow, Asker::Notify(session), None);
    }

    /// The answer to a NOTIFY; None: none came. Whoever does not want to know is not told any more.
    pub(super) fn on_notify_answered(&mut self, core: &mut Core, response: Option<&Response>) {
        let status = response.map_or(408, |response| response.status);
        let Some(referral) = self.referral.as_mut().filter(|_| status >= 200) else {
            return;
        };
        referral.notifying = false;
        if referral.closing || status >= 300 {
            self.referral = None;
            self.leave_after_refer(core);
        } else if let Some(news) = referral.news.take() {
            self.notify(core, news);
        }
    }

    pub(super) fn on_refer_timeout(&mut self, core: &mut Core) {
        let now = core.now;
        self.referring.take_if(|ours| ours.ends <= now);
        let Some(referral) = &mut self.referral else {
            return;
        };
        if referral.closing || referral.ends > now {
            return;
        }
        if let Some((server, echo)) = referral.unanswered.take() {
            if let Some(talk) = &self.talk {
                core.refusal("unanswered", talk.dialog.flow);
            }
            let response = core.response(500, echo);
            core.respond(server, &response);
            self.referral = None;
            return;
        }
        // Whatever waited is told with it: nothing follows.
        referral.notifying = false;
        let status = referral.news.take().map_or(100, |news| news.status);
        let last = Some("timeout");
        self.notify(core, News { status, last });
    }

    /// The session is over: what was not answered yet is refused, and who is informed stays so, in the same dialog.
    pub(super) fn part_from_refer(&mut self, core: &mut Core) {
        self.referring = None;
        let Some(referral) = &mut self.referral else {
            return;
        };
        if let Some((server, echo)) = referral.unanswered.take() {
            let response = core.response(487, echo);
            core.respond(server, &response);
            self.referral = None;
        } else if let Some(talk) = &self.talk {
            referral.inherit(&talk.dialog);
        }
    }
}

// Ours.
impl Call {
    /// Asks the party to call `to`, in the place of a dialog where `replaces` names one.
    pub(super) fn refer(&mut self, core: &mut Core, to: &str, replaces: Option<&str>) {
        let session = self.id;
        let Some(talk) = self
            .talk
            .as_mut()
            .filter(|talk| talk.leaving == Leaving::No)
        else {
            return;
        };
        if self.referring.is_some() || Uri::check(to).is_err() {
            let status = 491;
            return core.event(Event::ReferAnswered { session, status });
        }
        let mut request = talk.dialog.request(Method::Refer);
        let headers = &mut request.headers;
        headers.push("Contact", core.contact(talk.dialog.flow));
        let target = match replaces {
            Some(replaces) => format!("<{to}?Replaces={}>", escape_header(replaces)),
            None => format!("<{to}>"),
        };
        headers.push("Refer-To", target);
        let own = talk.dialog.local.split(";tag=").next().unwrap_or("");
        headers.push("Referred-By", own);
        self.referring = Some(Box::new(Referring {
            ends: core.now + REFER_LIFE,
        }));
        core.ask(request, talk.dialog.flow, Asker::Refer(session), None);
    }

    /// The answer to our REFER; None: none came.
    pub(super) fn on_refer_answered(&mut self, core: &mut Core, response: Option<&Response>) {
        let session = self.id;
        let status = response.map_or(408, |response| response.status);
        if status < 200 || self.referring.is_none() {
            return;
        }
        let unsubscribed = response.is_some_and(|response| {
            let value = response.headers.get("Refer-Sub");
            value.is_some_and(|value| value.trim().eq_ignore_ascii_case("false"))
        });
        if status >= 300 || unsubscribed {
            self.referring = None;
        }
        self.tell(core, Event::ReferAnswered { session, status });
    }

    /// A NOTIFY: how what we asked for goes.
    pub(super) fn on_notify(&mut self, core: &mut Core, arrived: &Arrived) {
        let session = self.id;
        let headers = &arrived.request.headers;
        let event = headers.get("Event").unwrap_or("").split(';').next();
        if !event.unwrap_or("").trim().eq_ignore_ascii_case("refer") {
            return core.refuse_request(arrived, 489, &[("Allow-Events", "refer")]);
        }
        if self.referring.is_none() {
            return core.refuse_request(arrived, 481, &[]);
        }
        let Some(status) = status_of_fragment(&arrived.request.body) else {
            return core.refuse_request(arrived, 400, &[]);
        };
        core.answer_status(arrived, 200);
        let state = headers.get("Subscription-State").unwrap_or("");
        let state = state.split(';').next().unwrap_or("").trim();
        let last = state.eq_ignore_ascii_case("terminated");
        if last {
            self.referring = None;
        }
        let told = Event::ReferProgress {
            session,
            status,
            last,
        };
        self.tell(core, told);
    }

    /// The dialog as the other side's peer would name it in `Replaces`.
    pub(super) fn as_replaced(&self) -> Option<String> {
        let dialog = &self.talk.as_ref()?.dialog;
        Some(format!(
            "{};to-tag={};from-tag={}",
            dialog.call_id,
            dialog.remote_tag,
            crate::entropy::write_hex(dialog.local_tag)
        ))
    }
}

/// Escapes what must not stand in a header value of a URI (RFC 3261 §25.1).
fn escape_header(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len() + 24);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
