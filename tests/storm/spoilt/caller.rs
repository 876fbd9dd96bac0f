//! A caller's call at the daemon, as far as the message needs that is spoilt, and back to its end.
use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};

use super::line::Line;
use super::scene::{CARRIER, NOBODY};
use super::text::{acknowledgement, header, is_final, status, tag};
use crate::marks::Marked;
use crate::messages::{self, Names, request, sdp};

/// How far the call is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// It rings, and the ringing waits for its PRACK.
    Rung,
    /// It is answered, and the answer waits for its ACK.
    Answered,
    Talking,
}

/// A message of a caller: its name, how far its call is, what the sound one is answered with, and how it is written.
pub(crate) type Message = (&'static str, Phase, &'static str, fn(&Dialog) -> String);

/// All that a caller may say within a call.
pub(crate) const MESSAGES: [Message; 14] = [
    ("CANCEL", Phase::Rung, "200", |it| it.cancel()),
    ("PRACK", Phase::Rung, "200", |it| it.prack()),
    ("early UPDATE", Phase::Rung, "500", |it| {
        it.inside("UPDATE", messages::TIMER, &sdp("sendonly"))
    }),
    ("early BYE", Phase::Rung, "200", |it| {
        it.inside("BYE", "", "")
    }),
    ("ACK", Phase::Answered, "", |it| it.ack()),
    ("second ACK", Phase::Talking, "", |it| it.ack()),
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
    ("OPTIONS", Phase::Talking, "200", |it| {
        it.inside("OPTIONS", "", "")
    }),
    ("MESSAGE", Phase::Talking, "405", |it| {
        it.inside("MESSAGE", "", &sdp("sendrecv"))
    }),
    ("BYE", Phase::Talking, "200", |it| {
        it.inside("BYE", messages::REASON, "")
    }),
];

/// What the messages of a call are written with.
#[derive(Clone, Debug)]
pub(crate) struct Dialog {
    pub(crate) names: Names,
    number: &'static str,
    rseq: String,
    own: SocketAddr,
    transport: &'static str,
}

impl Dialog {
    /// Of a call that nobody has made: messages have the same fields in each.
    pub(crate) fn sample() -> Self {
        let own = SocketAddr::new(CARRIER, 5060);
        let mut sample = Self::of("sample", NOBODY, own, "UDP");
        "sample".clone_into(&mut sample.names.to);
        sample
    }

    /// Before it begins.
    pub(crate) fn new(id: &str, number: &'static str, line: &Line) -> Self {
        Self::of(id, number, line.own, line.transport())
    }

    fn of(id: &str, number: &'static str, own: SocketAddr, transport: &'static str) -> Self {
        let names = Names {
            call_id: id.to_owned(),
            from: id.to_owned(),
            to: String::new(),
            cseq: 1,
            branch: format!("{id}-1"),
        };
        Self {
            names,
            number,
            rseq: "1".to_owned(),
            own,
            transport,
        }
    }

    /// As whoever has this line would write it.
    fn fit(&self, marked: &str) -> String {
        let (host, transport) = (self.own.ip().to_string(), self.transport);
        marked
            .replace("10.0.0.9", &host)
            .replace("88000000000", self.number)
            .replace("via.transport|UDP", &format!("via.transport|{transport}"))
    }

    fn write(&self, method: &str, names: &Names, extra: &str, body: &str) -> String {
        self.fit(&request(method, names, extra, body))
    }

    pub(crate) fn invite(&self, extra: &str) -> String {
        self.write("INVITE", &self.names, extra, &sdp("sendrecv"))
    }

    /// A request within the dialog.
    pub(crate) fn inside(&self, method: &str, extra: &str, body: &str) -> String {
        let (id, cseq) = (&self.names.call_id, self.names.cseq);
        let branch = format!("{id}-{cseq}-{method}");
        let names = Names {
            branch,
            ..self.names.clone()
        };
        self.write(method, &names, extra, body)
    }

    pub(crate) fn prack(&self) -> String {
        let rack = messages::RACK.replace("rseq|1", &format!("rseq|{}", self.rseq));
        self.inside("PRACK", &rack, "")
    }

    pub(crate) fn cancel(&self) -> String {
        let names = Names {
            to: String::new(),
            cseq: 1,
            branch: format!("{}-1", self.names.call_id),
            ..self.names.clone()
        };
        self.write("CANCEL", &names, messages::REASON, "")
    }

    pub(crate) fn ack(&self) -> String {
        let names = Names {
            cseq: 1,
            branch: format!("{}-ack", self.names.call_id),
            ..self.names.clone()
        };
        self.write("ACK", &names, "", "")
    }
}

/// Further than any spoilt number that is a number still (RFC 3261 §8.1.1.5: less than 2^31).
pub(crate) const FAR: u32 = 2_147_000_000;

/// A call, and the line it is on.
pub(crate) struct Talk {
    pub(crate) line: Line,
    pub(crate) dialog: Dialog,
    pub(crate) phase: Phase,
}

/// Without the marks.
pub(crate) fn plain(marked: &str) -> String {
    Marked::parse(marked).text
}

impl Talk {
    /// Calls, until the call is as far.
    pub(crate) fn begin(
        mut line: Line,
        number: &'static str,
        id: &str,
        phase: Phase,
    ) -> Result<Self> {
        let mut dialog = Dialog::new(id, number, &line);
        let extra = match phase {
            Phase::Rung => "Require: 100rel\r\n",
            Phase::Answered | Phase::Talking => "",
        };
        line.talk.clear();
        let invite = plain(&dialog.invite(extra));
        let answer = line.exchange(&invite, |text| {
            let is_far = match phase {
                Phase::Rung => status(text) > 100,
                Phase::Answered | Phase::Talking => is_final(text),
            };
            is_far && header(text, "Call-ID").starts_with(&format!("{id}@"))
        })?;
        ensure!(status(&answer) < 300, "no call: {answer}");
        tag(header(&answer, "To")).clone_into(&mut dialog.names.to);
        header(&answer, "RSeq").clone_into(&mut dialog.rseq);
        line.talk.clone_from(&dialog.names.to);
        if phase == Phase::Talking {
            line.say(&acknowledgement(&answer, line.own, line.transport(), id))?;
        }
        dialog.names.cseq += 1;
        Ok(Self {
            line,
            dialog,
            phase,
        })
    }

    /// A request in the dialog that changes nothing: whether the dialog is there.
    pub(crate) fn goes_on(&mut self) -> Result<bool> {
        let mut answer = self.asks("OPTIONS")?;
        if status(&answer) == 500 {
            // The spoilt one has moved the numbers on (RFC 3261 §12.2.2).
            self.dialog.names.cseq = FAR.max(self.dialog.names.cseq);
            answer = self.asks("OPTIONS")?;
        }
        ensure!(
            matches!(status(&answer), 200 | 481),
            "the dialog neither goes on nor is over: {answer}{}",
            self.line.told()
        );
        Ok(status(&answer) == 200)
    }

    fn asks(&mut self, method: &str) -> Result<String> {
        self.dialog.names.cseq += 1;
        let text = plain(&self.dialog.inside(method, "", ""));
        self.line.ask(&text)
    }

    /// Brings the call to its end as a sound caller does, however far it is now.
    pub(crate) fn end(mut self) -> Result<Line> {
        if self.phase == Phase::Rung {
            return self.gives_up();
        }
        if self.phase == Phase::Answered {
            let ack = plain(&self.dialog.ack());
            self.line.say(&ack)?;
        }
        if self.goes_on()? {
            let answer = self.asks("BYE")?;
            ensure!(matches!(status(&answer), 200 | 481), "no end: {answer}");
        }
        self.line.catch_up()?;
        Ok(self.line)
    }

    fn gives_up(mut self) -> Result<Line> {
        // The spoilt one had the same number and may have been refused.
        let is_over = |text: &str| {
            header(text, "CSeq").ends_with("CANCEL") && matches!(status(text), 200 | 481)
        };
        let cancel = plain(&self.dialog.cancel());
        self.line.exchange(&cancel, is_over).context("CANCEL")?;
        self.line.catch_up()?;
        Ok(self.line)
    }
}
