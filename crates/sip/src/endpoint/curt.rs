//! Refusing without parsing: when calls come faster than they can even be parsed, a new INVITE of a trunk is read where it
//! lies ([`Glance`]) and told 503 from there. The words are the same, byte for byte, as if it had been parsed
//! ([`Input::Unread`](super::Input::Unread)): the same tag, so that neither the carrier nor the ACK can tell.
//!
//! Why, and what is given up: `decisions/0005-refusing-without-parsing.md`.
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use super::arrived::{Named, stateless_tag, way_back};
use super::machine::Endpoint;
use super::{Flow, Source};
use crate::address::RawVia;
use crate::entropy::read_hex;
use crate::params;
use crate::parse::Glance;
use crate::session_id::SessionId;
use crate::shield::Valve;
use crate::uri::Host;

/// A call that was refused so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Curt {
    /// Where the answer goes.
    pub back: Flow,
    /// Why, as [`Event::Refusal`](super::Event::Refusal) has it.
    pub what: &'static str,
}

impl Endpoint {
    /// Refuses a trunk's new INVITE that there is no time to parse, and writes the answer into `answers`, behind what is
    /// there. None: nothing was done, and [`Input::Unread`](super::Input::Unread) is to judge it: a request in a
    /// dialog, of nobody we know, of a call that is taken, or one that takes more than a look.
    ///
    /// Counted like a refusal; but no event tells of it, what comes back does.
    pub fn refuse_unread(
        &mut self,
        now: Duration,
        flow: Flow,
        bytes: &[u8],
        answers: &mut String,
    ) -> Option<Curt> {
        let glance = Glance::of(bytes).filter(|it| it.method == "INVITE")?;
        if glance.to_tag().is_some() {
            return None;
        }
        self.core.trunk_of_request(flow, glance.uri)?;
        let (via, host) = top(&glance)?;
        let key = named(&glance, &via, &host)?.key(&self.core.entropy);
        if self.core.knows(key) {
            return None;
        }
        self.core.now = self.core.now.max(now);
        self.core.counters.received += 1;
        self.core.counters.refused += 1;
        self.core.counters.sent += 1;
        self.turned_away.note(self.core.now, key);
        let tag = stateless_tag(&self.core.entropy, key);
        let later = Valve::retry_after(self.core.entropy.draw());
        let asks = asks_for_port(&via);
        write_head(answers, &glance, (&via, &host), flow.remote, tag).ok()?;
        let agent = self.core.config.agent.as_str();
        write_tail(answers, agent, later).ok()?;
        Some(Curt {
            back: way_back(flow, via.port, asks),
            what: self.lateness(),
        })
    }

    /// Why a call is refused unread.
    pub(super) fn lateness(&self) -> &'static str {
        if self.valve.is_late() {
            "crowded"
        } else {
            "too_fast"
        }
    }

    /// Whether this is the ACK of a refusal that left no trace: nothing is to be done about it. It is told by its tag,
    /// which nobody else can have made (RFC 3261 §8.2.7). Counted as it would be if it were parsed, and its Call-ID is given;
    /// None: it is to be.
    pub fn absorbs_ack<'a>(&mut self, flow: Flow, bytes: &'a [u8]) -> Option<&'a str> {
        if self.source_of(flow) != Source::Trunk {
            return None;
        }
        let call_id = self.refused_call(bytes)?;
        self.core.counters.received += 1;
        self.core.counters.stray += 1;
        Some(call_id)
    }

    /// The Call-ID of the ACK of a refusal.
    fn refused_call<'a>(&self, bytes: &'a [u8]) -> Option<&'a str> {
        let glance = Glance::of(bytes).filter(|it| it.method == "ACK")?;
        let tag = read_hex(glance.to_tag()?)?;
        let (via, host) = top(&glance)?;
        let key = named(&glance, &via, &host)?.key(&self.core.entropy);
        let is_ours = stateless_tag(&self.core.entropy, key) == tag;
        (is_ours && !self.core.knows(key)).then_some(glance.call_id)
    }
}

fn top<'a>(glance: &Glance<'a>) -> Option<(RawVia<'a>, Host)> {
    let via = glance.top_via()?;
    let host = Host::parse(via.host).ok()?;
    Some((via, host))
}

fn named<'a>(glance: &Glance<'a>, via: &RawVia<'a>, host: &'a Host) -> Option<Named<'a>> {
    Some(Named {
        branch: params::find(via.params, "branch").unwrap_or(""),
        host,
        port: via.port,
        method: glance.method,
        call_id: glance.call_id,
        from_tag: glance.from_tag().unwrap_or(""),
        cseq: glance.cseq_number()?,
    })
}

fn asks_for_port(via: &RawVia<'_>) -> bool {
    params::find(via.params, "rport").is_some()
}

/// The start line and what a response repeats (RFC 3261 §8.2.6.2). No line end is in any of it: a glance has none.
fn write_head(
    out: &mut String,
    glance: &Glance<'_>,
    (via, host): (&RawVia<'_>, &Host),
    source: SocketAddr,
    tag: u128,
) -> std::fmt::Result {
    out.push_str("SIP/2.0 503 Service Unavailable\r\n");
    write_stamped(out, via, host, source)?;
    for via in glance.vias().skip(1) {
        write!(out, "Via: {via}\r\n")?;
    }
    write!(out, "From: {}\r\n", glance.from)?;
    write!(out, "To: {};tag={tag:032x}\r\n", glance.to)?;
    write!(out, "Call-ID: {}\r\n", glance.call_id)?;
    write!(out, "CSeq: {}\r\n", glance.cseq)?;
    let session = glance.session_id;
    if let Some(id) = session.and_then(|value| SessionId::answering(value, Some(tag))) {
        write!(out, "Session-ID: {id}\r\n")?;
    }
    Ok(())
}

fn write_tail(out: &mut String, agent: &str, later: u64) -> std::fmt::Result {
    out.push_str("Server: ");
    let plain = |c: char| if matches!(c, '\r' | '\n') { ' ' } else { c };
    out.extend(agent.chars().map(plain));
    write!(out, "\r\nRetry-After: {later}\r\nContent-Length: 0\r\n\r\n")
}

/// The topmost Via, stamped as [`Via::stamp`](crate::address::Via::stamp) does it.
fn write_stamped(
    out: &mut String,
    via: &RawVia<'_>,
    host: &Host,
    source: SocketAddr,
) -> std::fmt::Result {
    let (ip, asks) = (source.ip().to_canonical(), asks_for_port(via));
    let mut port = asks.then(|| source.port());
    let mut received = (asks || *host != Host::Ip(ip)).then_some(ip);
    out.push_str("Via: SIP/2.0/");
    out.extend(via.transport.chars().map(|c| c.to_ascii_uppercase()));
    write!(out, " {host}")?;
    if let Some(port) = via.port {
        write!(out, ":{port}")?;
    }
    for (name, value) in params::split(via.params).map_while(Result::ok) {
        write!(out, ";{name}")?;
        let is = |own: &str| name.eq_ignore_ascii_case(own);
        match (value, &mut port, &mut received) {
            (_, port @ Some(_), _) if is("rport") => write!(out, "={}", port.take().unwrap_or(0))?,
            (_, _, Some(ip)) if is("received") => {
                write!(out, "={ip}")?;
                received = None;
            }
            (Some(value), _, _) => write!(out, "={value}")?,
            (None, _, _) => {}
        }
    }
    if let Some(ip) = received {
        write!(out, ";received={ip}")?;
    }
    out.push_str("\r\n");
    Ok(())
}
