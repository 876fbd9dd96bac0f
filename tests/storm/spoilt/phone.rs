//! A call that the daemon makes to an operator's phone, as far as the message needs that is spoilt, and back to its end.
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use super::caller::{FAR, Phase as Far, Talk, plain};
use super::line::{Line, PATIENCE};
use super::scene::{OPERATOR, RINGS_PHONE};
use super::text::{header, method, status, tag};
use crate::messages::{self, Names, request, response, sdp};
use crate::phones::{proof, register};

/// How far the call is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// The phone has heard the INVITE.
    Invited,
    /// The caller has gone, and the phone has heard CANCEL.
    Cancelled,
    Talking,
    /// The caller has gone, and the phone has heard BYE.
    Left,
}

/// A message of a phone: its name, how far its call is, what follows the sound one, and how it is written.
pub(crate) type Message = (&'static str, Phase, &'static str, fn(&Asked) -> String);

/// All that a phone may say within a call that it was called for.
pub(crate) const MESSAGES: [Message; 21] = [
    ("100", Phase::Invited, "", |it| it.answer(100, "", "")),
    ("180", Phase::Invited, "", |it| it.answer(180, "", "")),
    ("reliable 183", Phase::Invited, "PRACK", |it| {
        it.answer(183, messages::RELIABLE, &sdp("sendrecv"))
    }),
    ("200", Phase::Invited, "ACK", |it| {
        it.answer(200, messages::TIMER, &sdp("sendrecv"))
    }),
    ("401", Phase::Invited, "ACK", |it| {
        it.answer(401, messages::CHALLENGE, "")
    }),
    ("302", Phase::Invited, "ACK", |it| {
        it.answer(302, messages::ELSEWHERE, "")
    }),
    ("404", Phase::Invited, "ACK", |it| it.answer(404, "", "")),
    ("486", Phase::Invited, "ACK", |it| {
        it.answer(486, messages::REASON, "")
    }),
    ("503", Phase::Invited, "ACK", |it| {
        it.answer(503, messages::LATER, "")
    }),
    ("200 of CANCEL", Phase::Cancelled, "", |it| {
        it.answer(200, "", "")
    }),
    ("487", Phase::Cancelled, "ACK", |it| it.of_invite(487, "")),
    ("200 that crosses CANCEL", Phase::Cancelled, "ACK", |it| {
        it.of_invite(200, &sdp("sendrecv"))
    }),
    ("re-INVITE", Phase::Talking, "200", |it| {
        it.inside("INVITE", messages::TIMER, &sdp("sendonly"))
    }),
    ("UPDATE", Phase::Talking, "200", |it| {
        it.inside("UPDATE", messages::TIMER, "")
    }),
    ("INFO", Phase::Talking, "200", |it| {
        it.inside("INFO", messages::RELAY, messages::DIGIT)
    }),
    ("REFER", Phase::Talking, "603", |it| {
        it.inside("REFER", messages::REFER, "")
    }),
    ("NOTIFY", Phase::Talking, "481", |it| {
        it.inside("NOTIFY", messages::NOTIFY, messages::FRAGMENT)
    }),
    ("MESSAGE", Phase::Talking, "405", |it| {
        it.inside("MESSAGE", "", "")
    }),
    ("BYE", Phase::Talking, "200", |it| {
        it.inside("BYE", messages::REASON, "")
    }),
    ("200 of BYE", Phase::Left, "", |it| it.answer(200, "", "")),
    ("401 of BYE", Phase::Left, "", |it| {
        it.answer(401, messages::CHALLENGE, "")
    }),
];

/// What the daemon has said to the phone.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) invite: String,
    /// The request to answer.
    last: String,
    host: String,
    transport: &'static str,
    pub(crate) cseq: u32,
}

/// Of the phone.
const TAG: &str = "callee";

impl Asked {
    pub(crate) fn by(invite: &str, line: &Line) -> Self {
        Self {
            invite: invite.to_owned(),
            last: invite.to_owned(),
            host: line.own.ip().to_string(),
            transport: line.transport(),
            cseq: 1,
        }
    }

    /// Of an INVITE that nobody has sent: messages have the same fields whatever they answer.
    pub(crate) fn sample() -> Self {
        let invite = "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP b;branch=z9hG4bKx\r\nFrom: <sip:b>;tag=x\r\n\
             To: <sip:a>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\r\n";
        Self {
            invite: invite.to_owned(),
            last: invite.to_owned(),
            host: "10.0.1.7".to_owned(),
            transport: "UDP",
            cseq: 1,
        }
    }

    fn fit(&self, marked: &str) -> String {
        marked
            .replace("10.0.0.9", &self.host)
            .replace("10.0.0.2", &self.host)
            .replace(
                "via.transport|UDP",
                &format!("via.transport|{}", self.transport),
            )
    }

    pub(crate) fn answer(&self, status: u16, extra: &str, body: &str) -> String {
        self.answer_to(&self.last, status, extra, body)
    }

    pub(crate) fn of_invite(&self, status: u16, body: &str) -> String {
        self.answer_to(&self.invite, status, "", body)
    }

    fn answer_to(&self, request: &str, status: u16, extra: &str, body: &str) -> String {
        let cseq = header(request, "CSeq");
        let (number, method) = cseq.split_once(' ').unwrap_or(("1", "INVITE"));
        let names = Names {
            call_id: header(request, "Call-ID").to_owned(),
            from: header(request, "From").to_owned(),
            to: TAG.to_owned(),
            cseq: number.parse().unwrap_or(1),
            branch: String::new(),
        };
        let via = header(request, "Via");
        self.fit(&response(status, via, &names, method, extra, body))
    }

    /// A request of the phone in the dialog.
    pub(crate) fn inside(&self, method: &str, extra: &str, body: &str) -> String {
        let call_id = header(&self.invite, "Call-ID").to_owned();
        let names = Names {
            from: TAG.to_owned(),
            to: tag(header(&self.invite, "From")).to_owned(),
            cseq: self.cseq,
            branch: format!("{call_id}-{}-{method}", self.cseq),
            call_id: call_id.clone(),
        };
        // The request is written with a host behind its Call-ID; this one is the daemon's.
        let text = self.fit(&request(method, &names, extra, body));
        text.replace(&format!("@«callid.host|{}»", self.host), "")
    }
}

/// The phone, its call, and the caller for whom it is made.
pub(crate) struct Ring {
    pub(crate) phone: Line,
    pub(crate) asked: Asked,
    caller: Option<Talk>,
    /// The caller's line, once the caller has gone.
    line: Option<Line>,
}

/// Takes the registration back and registers, soundly: a phone that failed a call is trusted anew. `count`: of its
/// REGISTERs until now.
pub(crate) fn registers(phone: &mut Line, count: &mut u32) -> Result<()> {
    for expires in ["Expires: 0", "Expires: 3600"] {
        let mut proved = String::new();
        for status_wanted in [401, 200] {
            *count += 1;
            let text = register(OPERATOR, phone.transport(), phone.own, *count, &proved);
            let answer = phone.ask(&text.replace("Expires: 60", expires))?;
            ensure!(
                status(&answer) == status_wanted,
                "no registration: {answer}"
            );
            if status_wanted == 401 {
                proved = proof(OPERATOR, &answer)?;
            }
        }
    }
    Ok(())
}

impl Ring {
    /// A caller calls, the phone is called, and both are as far.
    pub(crate) fn begin(mut phone: Line, line: Line, id: &str, phase: Phase) -> Result<Self> {
        let caller = Talk::begin(line, RINGS_PHONE, id, Far::Talking)?;
        let is_new = |text: &str| method(text) == "INVITE" && tag(header(text, "To")).is_empty();
        let invite = phone.hear(is_new).context("the operator is not called")?;
        phone.invite.clone_from(&invite);
        let mut ring = Self {
            asked: Asked::by(&invite, &phone),
            phone,
            caller: Some(caller),
            line: None,
        };
        match phase {
            Phase::Invited => {}
            Phase::Cancelled => {
                ring.says(180, "")?;
                ring.caller_leaves("CANCEL")?;
            }
            Phase::Talking => ring.answers()?,
            Phase::Left => {
                ring.answers()?;
                ring.caller_leaves("BYE")?;
            }
        }
        Ok(ring)
    }

    fn says(&mut self, status: u16, body: &str) -> Result<()> {
        let text = plain(&self.asked.of_invite(status, body));
        self.phone.say(&text)
    }

    fn answers(&mut self) -> Result<()> {
        self.says(200, &sdp("sendrecv"))?;
        let ack = self.phone.hear(|text| method(text) == "ACK");
        ack.context("no ACK").map(drop)
    }

    /// The caller goes, and the phone hears of it by this request.
    fn caller_leaves(&mut self, method_wanted: &str) -> Result<()> {
        self.caller_ends()?;
        let heard = self.phone.hear(|text| method(text) == method_wanted);
        self.asked.last = heard.with_context(|| format!("no {method_wanted}"))?;
        Ok(())
    }

    fn caller_ends(&mut self) -> Result<()> {
        if let Some(talk) = self.caller.take() {
            self.line = Some(talk.end()?);
        }
        Ok(())
    }

    /// A request in the dialog that changes nothing: whether the dialog is there.
    pub(crate) fn goes_on(&mut self) -> Result<bool> {
        for number in [self.asked.cseq + 1, FAR.max(self.asked.cseq + 2)] {
            self.asked.cseq = number;
            let answer = self
                .phone
                .ask(&plain(&self.asked.inside("OPTIONS", "", "")))?;
            match status(&answer) {
                200 => return Ok(true),
                481 => return Ok(false),
                // The spoilt one has moved the numbers on (RFC 3261 §12.2.2).
                other => ensure!(other == 500, "neither goes on nor is over: {answer}"),
            }
        }
        anyhow::bail!("the dialog takes no request")
    }

    /// Brings the call to its end as a sound caller and a sound phone do, however far it is now. Gives back the lines of
    /// the phone and of the caller.
    pub(crate) fn end(mut self) -> Result<(Line, Line)> {
        self.caller_ends()?;
        let until = Instant::now() + PATIENCE;
        while self.goes_on()? {
            ensure!(Instant::now() < until, "the phone is left in a talk");
        }
        self.phone.catch_up()?;
        Ok((self.phone, self.line.context("the caller has gone")?))
    }
}
