//! Requests inside a dialog of ours: who gets them, and what they get (RFC 3261 §12.2.2).
use super::arrived::Arrived;
use super::call::Call;
use super::core::{ALLOW, Core};
use super::machine::Endpoint;
use super::talk::Leaving;
use super::{Event, Session};
use crate::dialog::Order;
use crate::message::{Headers, Method};
use crate::refer::ReferTo;

/// Which part of a session a request means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Talk,
    /// An INVITE of theirs that we have not answered.
    Incoming,
    /// An INVITE of ours, answered provisionally.
    Early,
}

impl Endpoint {
    /// A request with our tag in To. False: no such dialog.
    pub(super) fn on_dialog_request(&mut self, arrived: &Arrived) -> bool {
        let Some((tag, session)) = self.dialog_of(arrived) else {
            return false;
        };
        let Some(part) = self
            .calls
            .get(&session)
            .and_then(|call| call.part(arrived, tag))
        else {
            return false;
        };
        if part == Part::Talk && arrived.request.method == Method::Refer {
            self.on_talk_refer(arrived, session);
            return true;
        }
        self.with_call(session, |call, core| match part {
            Part::Talk => call.on_talk_request(core, arrived),
            Part::Incoming => call.on_unanswered_request(core, arrived),
            Part::Early => call.on_early_request(core, arrived, tag),
        });
        true
    }

    /// A REFER is read here, since it may name another session.
    fn on_talk_refer(&mut self, arrived: &Arrived, session: Session) {
        let refer = ReferTo::of(&arrived.request.headers);
        let named = refer.as_ref().ok().and_then(|to| to.replaces.as_ref());
        let replaces = named.and_then(|names| self.referred_session(names));
        let replaces = replaces.filter(|named| *named != session);
        self.with_call(session, |call, core| {
            if !call.takes_request(core, arrived) {
                return;
            }
            match &refer {
                Ok(refer) => call.on_refer(core, arrived, refer, replaces),
                Err(error) => {
                    core.refusal("refer", arrived.flow);
                    core.refuse_request(arrived, error.status(), &[]);
                }
            }
        });
    }

    /// The ACK of a 2xx. A stray one is ignored.
    pub(super) fn on_dialog_ack(&mut self, arrived: &Arrived) {
        let found = self.dialog_of(arrived).filter(|(tag, session)| {
            let call = self.calls.get(session);
            call.and_then(|call| call.part(arrived, *tag)) == Some(Part::Talk)
        });
        match found {
            Some((_, session)) => {
                self.with_call(session, |call, core| call.on_ack(core, arrived));
            }
            None => self.core.counters.stray += 1,
        }
    }

    fn dialog_of(&self, arrived: &Arrived) -> Option<(u128, Session)> {
        let tag = arrived.dialog_tag()?;
        Some((tag, *self.core.dialogs.get(&tag)?))
    }
}

impl Call {
    /// The part of the session whose dialog the request names in full: both tags and Call-ID.
    fn part(&self, arrived: &Arrived, tag: u128) -> Option<Part> {
        let headers = &arrived.request.headers;
        let (call_id, remote) = (headers.call_id(), headers.from_tag());
        if let Some(talk) = &self.talk
            && talk.dialog.local_tag == tag
        {
            return talk.dialog.is_of(call_id, remote).then_some(Part::Talk);
        }
        if let Some(incoming) = &self.incoming
            && incoming.dialog.local_tag == tag
        {
            return incoming
                .dialog
                .is_of(call_id, remote)
                .then_some(Part::Incoming);
        }
        self.is_early(tag, call_id, remote).then_some(Part::Early)
    }

    fn on_talk_request(&mut self, core: &mut Core, arrived: &Arrived) {
        if !self.takes_request(core, arrived) {
            return;
        }
        match &arrived.request.method {
            Method::Bye => self.on_bye(core, arrived),
            Method::Invite => self.on_reinvite(core, arrived),
            Method::Update => self.on_update(core, arrived),
            Method::Info => self.on_info(core, arrived),
            Method::Prack => self.on_late_prack(core, arrived),
            Method::Notify => self.on_notify(core, arrived),
            _ => core.answer_plain(arrived),
        }
    }

    /// Whether a request comes in order, to a session that lives, and asks for nothing unknown. Otherwise it is refused.
    fn takes_request(&mut self, core: &mut Core, arrived: &Arrived) -> bool {
        let Some(talk) = &mut self.talk else {
            return false;
        };
        if talk.dialog.take_cseq(arrived.cseq) == Order::Old {
            core.refuse_request(arrived, 500, &[]);
            return false;
        }
        talk.dialog.hear_session_id(&arrived.request.headers);
        if arrived.request.method == Method::Bye {
            return true;
        }
        if talk.leaving != Leaving::No {
            core.refuse_request(arrived, 481, &[]);
            return false;
        }
        core.is_understood(arrived)
    }

    /// BYE of the caller before our answer ends it like a CANCEL (RFC 3261 §15.1.2).
    fn on_unanswered_request(&mut self, core: &mut Core, arrived: &Arrived) {
        let Some(incoming) = &mut self.incoming else {
            return;
        };
        let headers = &arrived.request.headers;
        // An INFO may have overtaken the PRACK; refused, that would not come again, and with it the call would end.
        let is_awaited = arrived.request.method == Method::Prack && incoming.awaits(headers);
        if incoming.dialog.take_cseq(arrived.cseq) == Order::Old && !is_awaited {
            return core.refuse_request(arrived, 500, &[]);
        }
        match &arrived.request.method {
            Method::Bye => {
                core.answer_status(arrived, 200);
                self.caller_gave_up(core, headers);
            }
            Method::Update if arrived.request.body.is_empty() => {
                if incoming.change.is_some() {
                    core.refuse_later(arrived, 500);
                } else if core.is_understood(arrived) {
                    incoming.dialog.refresh_target(headers, arrived.flow);
                    core.answer_refresh(arrived);
                }
            }
            Method::Update => {
                if core.is_understood(arrived) {
                    self.on_early_update(core, arrived);
                }
            }
            // Our answer to the first INVITE is still due (RFC 3261 §14.2).
            Method::Invite => core.refuse_later(arrived, 500),
            _ if !core.is_understood(arrived) => {}
            Method::Info => self.on_info(core, arrived),
            Method::Prack => self.on_prack(core, arrived),
            _ => core.answer_plain(arrived),
        }
    }

    /// The callee speaks before its answer. One that is being called off, as another has answered, has no say any more in
    /// the session that they have in common.
    fn on_early_request(&mut self, core: &mut Core, arrived: &Arrived, tag: u128) {
        match &arrived.request.method {
            Method::Bye => {
                core.answer_status(arrived, 200);
                self.callee_gave_up(core, tag);
            }
            _ if !self.is_rung(tag) => core.refuse_request(arrived, 481, &[]),
            Method::Invite => core.refuse_request(arrived, 491, &[]),
            _ if !core.is_understood(arrived) => {}
            Method::Update => self.on_callee_update(core, arrived, tag),
            Method::Info => self.on_info(core, arrived),
            _ => core.answer_plain(arrived),
        }
    }

    /// DTMF by INFO.
    fn on_info(&mut self, core: &mut Core, arrived: &Arrived) {
        let session = self.id;
        let request = &arrived.request;
        if request.body.is_empty() {
            return core.answer_status(arrived, 200);
        }
        match digit_of(&request.headers, &request.body) {
            Some(digit) => {
                core.answer_status(arrived, 200);
                self.tell(core, Event::Digit { session, digit });
            }
            // A key we do not know (flash, 16) is no reason to refuse: some peers give the call up for it.
            None if is_of_keys(&request.headers) => core.answer_status(arrived, 200),
            None => core.refuse_request(
                arrived,
                415,
                &[("Accept", "application/dtmf-relay, application/dtmf")],
            ),
        }
    }
}

impl Core {
    /// 200 to an UPDATE that changes nothing but the target; its answer names ours (RFC 3311 §5.2).
    pub(super) fn answer_refresh(&mut self, arrived: &Arrived) {
        let mut response = self.response(200, arrived.echo(None));
        let contact = self.contact(arrived.flow);
        response.headers.push("Contact", contact);
        self.answer(arrived, &response);
    }

    /// Refuses a request that requires what we do not know (RFC 3261 §8.2.2.3). True: it does not.
    fn is_understood(&mut self, arrived: &Arrived) -> bool {
        let unknown = unknown_extensions(self, &arrived.request.headers);
        if let Some(unknown) = &unknown {
            self.refuse_request(arrived, 420, &[("Unsupported", unknown)]);
        }
        unknown.is_none()
    }

    /// OPTIONS, and everything a session has no use for.
    fn answer_plain(&mut self, arrived: &Arrived) {
        match &arrived.request.method {
            Method::Options => {
                let mut response = self.response(200, arrived.echo(None));
                for (name, value) in abilities(self) {
                    response.headers.push(name, value);
                }
                self.answer(arrived, &response);
            }
            // We have rung nobody here.
            Method::Prack | Method::Notify => self.refuse_request(arrived, 481, &[]),
            // Before the answer there is nobody to pass on.
            Method::Refer => self.refuse_request(arrived, 403, &[]),
            Method::Other(_) => self.refuse_request(arrived, 501, &[("Allow", ALLOW)]),
            _ => self.refuse_request(arrived, 405, &[("Allow", ALLOW)]),
        }
    }
}

/// What an answer to OPTIONS says (RFC 3261 §11.2).
pub(super) fn abilities(core: &Core) -> [(&'static str, &'static str); 3] {
    [
        ("Allow", ALLOW),
        ("Accept", "application/sdp, application/dtmf-relay"),
        ("Supported", core.supported()),
    ]
}

/// The option tags of Require that we do not know; None when there are none.
pub(super) fn unknown_extensions(core: &Core, headers: &Headers) -> Option<String> {
    unknown_of(core.supported(), headers)
}

/// The option tags of Require that are not in this list.
pub(super) fn unknown_of(known: &str, headers: &Headers) -> Option<String> {
    let tags = headers.list("Require");
    let known = |tag: &&str| {
        let mut known = known.split(", ");
        known.any(|known| tag.eq_ignore_ascii_case(known))
    };
    let unknown: Vec<&str> = tags.filter(|tag| !known(tag)).collect();
    (!unknown.is_empty()).then(|| unknown.join(", "))
}

/// Whether an INFO is about keys at all.
fn is_of_keys(headers: &Headers) -> bool {
    let kind = headers.get("Content-Type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or("").trim();
    ["application/dtmf-relay", "application/dtmf"]
        .iter()
        .any(|known| kind.eq_ignore_ascii_case(known))
}

/// The digit of an INFO: `Signal=5` (`application/dtmf-relay`) or `5` (`application/dtmf`).
fn digit_of(headers: &Headers, body: &[u8]) -> Option<char> {
    let kind = headers.get("Content-Type")?;
    let kind = kind.split(';').next().unwrap_or("").trim();
    let text = std::str::from_utf8(body).ok()?;
    let signal = if kind.eq_ignore_ascii_case("application/dtmf-relay") {
        text.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            name.trim().eq_ignore_ascii_case("Signal").then_some(value)
        })?
    } else if kind.eq_ignore_ascii_case("application/dtmf") {
        text
    } else {
        return None;
    };
    // Some phones number the star and the pound (RFC 4733 §3.2).
    match signal.trim() {
        "10" => Some('*'),
        "11" => Some('#'),
        one => {
            let mut chars = one.chars();
            let digit = chars.next()?.to_ascii_uppercase();
            let known = digit.is_ascii_digit() || "*#ABCD".contains(digit);
            (known && chars.next().is_none()).then_some(digit)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digit(kind: &str, body: &str) -> Option<char> {
        let mut headers = Headers::new();
        headers.push("Content-Type", kind);
        digit_of(&headers, body.as_bytes())
    }

    #[test]
    fn digits_are_read_in_both_forms() {
        let relay = "application/dtmf-relay";
        assert_eq!(digit(relay, "Signal=5\r\nDuration=160\r\n"), Some('5'));
        assert_eq!(digit(relay, "Signal= *\r\nDuration=160"), Some('*'));
        assert_eq!(digit(relay, "Signal=11"), Some('#'));
        assert_eq!(digit("application/dtmf; x=1", "d\r\n"), Some('D'));
        for (kind, body) in [
            (relay, "5"),
            (relay, "Signal=12"),
            ("text/plain", "5"),
            (relay, ""),
        ] {
            assert_eq!(digit(kind, body), None, "{kind} {body}");
        }
    }

    #[test]
    fn what_is_about_keys_is_never_refused() {
        for (kind, is_of_keys) in [
            ("application/dtmf-relay", true),
            ("Application/DTMF; x=1", true),
            ("text/plain", false),
        ] {
            let mut headers = Headers::new();
            headers.push("Content-Type", kind);
            assert_eq!(super::is_of_keys(&headers), is_of_keys, "{kind}");
        }
    }
}
