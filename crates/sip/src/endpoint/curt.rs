//! Refusing without parsing: when calls come faster than they can even be parsed, a new INVITE of a trunk is read where it
//! lies ([`Glance`]) and told 503 from there. The words are the same, byte for byte, as if it had been parsed
//! ([`Input::Unread`](super::Input::Unread)): the same tag, so that neither the carrier nor the ACK can tell.
//!
//! Why, and what is given up: `decisions/0005-refusing-without-parsing.md`.
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::arrived::{Named, is_unique, stateless_tag, way_back};
use super::machine::Endpoint;
use super::turned_away::Way;
use super::{Flow, Source};
use crate::address::{RawNameAddr, RawVia};
use crate::entropy::{push_hex, read_hex};
use crate::params;
use crate::parse::{AckHead, Glance};
use crate::session_id::SessionId;
use crate::shield::Valve;
use crate::uri::{Host, are_plain};

/// A call that was refused so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Curt {
    /// Where the answer goes.
    pub back: Flow,
    /// Why, as [`Event::Refusal`](super::Event::Refusal) has it.
    pub what: &'static str,
}

/// The ACK of a refusal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Absorbed<'a> {
    /// Of the call.
    pub call_id: &'a str,
    /// It was refused by [`Endpoint::refuse_unread`]: no event has told of it.
    pub curt: bool,
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
        let top = Top::of(glance.vias().next()?)?;
        let key = top.named(&glance)?.key(&self.core.entropy);
        if self.core.knows(key) {
            return None;
        }
        self.core.now = self.core.now.max(now);
        self.core.counters.received += 1;
        self.core.counters.refused += 1;
        self.core.counters.sent += 1;
        self.turned_away.note(self.core.now, key, Way::Curtly);
        let tag = stateless_tag(&self.core.entropy, key);
        let later = Valve::retry_after(self.core.entropy.draw());
        push_head(answers, &glance, &top, flow.remote, tag);
        push_tail(answers, &self.core.config.agent, later);
        Some(Curt {
            back: way_back(flow, top.via.port, top.asks_for_port),
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
    /// which nobody else can have made (RFC 3261 §8.2.7), and of the rest no more is read than what that tag is made of.
    /// Counted as it would be if it were parsed. None: it is to be.
    pub fn absorbs_ack<'a>(&mut self, flow: Flow, bytes: &'a [u8]) -> Option<Absorbed<'a>> {
        if self.source_of(flow) != Source::Trunk {
            return None;
        }
        let ack = AckHead::of(bytes)?;
        let key = self.refused_by(&ack, bytes)?;
        // A call that was refused so has no transaction, and while that is remembered its copies have none.
        let curt = self.turned_away.holds_curt(self.core.now, key);
        if !curt && self.core.knows(key) {
            return None;
        }
        self.core.counters.received += 1;
        self.core.counters.stray += 1;
        let call_id = ack.call_id;
        Some(Absorbed { call_id, curt })
    }

    /// The INVITE whose refusal an ACK is of, by its transaction.
    fn refused_by(&self, ack: &AckHead<'_>, bytes: &[u8]) -> Option<u128> {
        let to = RawNameAddr::parse(ack.to).ok()?;
        let tag = read_hex(params::find(to.params, "tag")?)?;
        let top = Top::of(ack.via)?;
        let named = match top.named_alone("ACK") {
            Some(named) => named,
            None => top.named(&Glance::of(bytes)?)?,
        };
        let key = named.key(&self.core.entropy);
        (stateless_tag(&self.core.entropy, key) == tag).then_some(key)
    }
}

/// The topmost Via, read once.
struct Top<'a> {
    via: RawVia<'a>,
    host: Host,
    branch: &'a str,
    /// By `rport` (RFC 3581).
    asks_for_port: bool,
}

impl<'a> Top<'a> {
    fn of(value: &'a str) -> Option<Self> {
        let via = RawVia::parse(value).ok()?;
        let host = Host::parse(via.host).ok()?;
        let (mut branch, mut asks_for_port) = (None, false);
        for (name, value) in params::split(via.params).map_while(Result::ok) {
            if branch.is_none() && name.eq_ignore_ascii_case("branch") {
                branch = Some(value.unwrap_or(""));
            }
            asks_for_port |= name.eq_ignore_ascii_case("rport");
        }
        Some(Self {
            via,
            host,
            branch: branch.unwrap_or(""),
            asks_for_port,
        })
    }

    /// What names the transaction of its request.
    fn named<'b>(&'b self, glance: &Glance<'b>) -> Option<Named<'b>> {
        let alone = self.named_alone(glance.method);
        alone.or_else(|| {
            Some(Named {
                branch: self.branch,
                host: &self.host,
                port: self.via.port,
                method: glance.method,
                call_id: glance.call_id,
                from_tag: glance.from_tag().unwrap_or(""),
                cseq: glance.cseq_number()?,
            })
        })
    }

    /// The same where the branch is enough: then nothing else counts.
    fn named_alone<'b>(&'b self, method: &'b str) -> Option<Named<'b>> {
        is_unique(self.branch).then_some(Named {
            branch: self.branch,
            host: &self.host,
            port: self.via.port,
            method,
            call_id: "",
            from_tag: "",
            cseq: 0,
        })
    }
}

/// The start line and what a response repeats (RFC 3261 §8.2.6.2). No line end is in any of it: a glance has none.
fn push_head(out: &mut String, glance: &Glance<'_>, top: &Top<'_>, source: SocketAddr, tag: u128) {
    out.push_str("SIP/2.0 503 Service Unavailable\r\n");
    push_stamped(out, top, source);
    for via in glance.vias().skip(1) {
        push_all(out, &["Via: ", via, "\r\n"]);
    }
    push_all(
        out,
        &["From: ", glance.from, "\r\nTo: ", glance.to, ";tag="],
    );
    push_hex(out, tag);
    push_all(
        out,
        &[
            "\r\nCall-ID: ",
            glance.call_id,
            "\r\nCSeq: ",
            glance.cseq,
            "\r\n",
        ],
    );
    let session = glance.session_id;
    if let Some(id) = session.and_then(|value| SessionId::answering(value, Some(tag))) {
        push_all(out, &["Session-ID: ", &id.to_string(), "\r\n"]);
    }
}

fn push_tail(out: &mut String, agent: &str, later: u64) {
    out.push_str("Server: ");
    for (nth, line) in agent.split(['\r', '\n']).enumerate() {
        push_all(out, &[if nth == 0 { "" } else { " " }, line]);
    }
    out.push_str("\r\nRetry-After: ");
    push_number(out, later);
    out.push_str("\r\nContent-Length: 0\r\n\r\n");
}

/// The topmost Via, stamped as [`Via::stamp`](crate::address::Via::stamp) does it.
fn push_stamped(out: &mut String, top: &Top<'_>, source: SocketAddr) {
    let (via, ip, asks) = (&top.via, source.ip().to_canonical(), top.asks_for_port);
    let mut port = asks.then(|| source.port());
    let mut received = (asks || top.host != Host::Ip(ip)).then_some(ip);
    out.push_str("Via: SIP/2.0/");
    push_upper(out, via.transport);
    out.push(' ');
    push_host(out, &top.host, via.host);
    if let Some(port) = via.port {
        out.push(':');
        push_number(out, port.into());
    }
    if !asks && received.is_none() && are_plain(via.params.as_bytes()) {
        return push_all(out, &[";", via.params, "\r\n"]);
    }
    for (name, value) in params::split(via.params).map_while(Result::ok) {
        push_all(out, &[";", name]);
        let is = |own: &str| name.eq_ignore_ascii_case(own);
        match (value, &mut port, &mut received) {
            (_, port @ Some(_), _) if is("rport") => {
                out.push('=');
                push_number(out, port.take().unwrap_or(0).into());
            }
            (_, _, Some(ip)) if is("received") => {
                out.push('=');
                push_ip(out, *ip);
                received = None;
            }
            (Some(value), _, _) => push_all(out, &["=", value]),
            (None, _, _) => {}
        }
    }
    if let Some(ip) = received {
        out.push_str(";received=");
        push_ip(out, ip);
    }
    out.push_str("\r\n");
}

/// What follows is what `Display` writes, without going through its formats: they are a fifth of what an answer takes.
fn push_all(out: &mut String, parts: &[&str]) {
    parts.iter().for_each(|part| out.push_str(part));
}

fn push_upper(out: &mut String, text: &str) {
    let from = out.len();
    out.push_str(text);
    out[from..].make_ascii_uppercase();
}

/// `written`: what it was read from. Names stay as they are, and IPv4 has one way to be written.
fn push_host(out: &mut String, host: &Host, written: &str) {
    match host {
        Host::Name(_) | Host::Ip(IpAddr::V4(_)) => out.push_str(written),
        Host::Ip(ip @ IpAddr::V6(_)) => push_all(out, &["[", &ip.to_string(), "]"]),
    }
}

fn push_ip(out: &mut String, ip: IpAddr) {
    let IpAddr::V4(ip) = ip else {
        return out.push_str(&ip.to_string());
    };
    for (place, octet) in ip.octets().into_iter().enumerate() {
        if place > 0 {
            out.push('.');
        }
        push_number(out, octet.into());
    }
}

fn push_number(out: &mut String, number: u64) {
    if number >= 10 {
        push_number(out, number / 10);
    }
    out.push(char::from(b'0' + (number % 10) as u8));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_addresses_are_written_as_they_are_shown() {
        let mut out = String::new();
        for number in [0, 9, 10, 5060, 65_535, u64::MAX] {
            out.clear();
            push_number(&mut out, number);
            assert_eq!(out, number.to_string());
        }
        for text in [
            "0.0.0.0",
            "192.0.2.10",
            "255.255.255.255",
            "[2001:DB8:0::1]",
            "sbc.Example.ru",
        ] {
            out.clear();
            let host = Host::parse(text).expect("a host");
            push_host(&mut out, &host, text);
            assert_eq!(out, host.to_string());
            if let Host::Ip(ip @ IpAddr::V4(_)) = host {
                out.clear();
                push_ip(&mut out, ip);
                assert_eq!(out, text);
            }
        }
        // Else an address would have to be written anew.
        assert!(matches!(Host::parse("192.0.2.010"), Ok(Host::Name(_))));
    }
}
