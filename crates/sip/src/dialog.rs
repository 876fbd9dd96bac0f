//! Who talks: the dialog of RFC 3261 §12, its route set, targets and sequence numbers.
use std::fmt::Write as _;
use std::sync::Arc;

use crate::endpoint::Flow;
use crate::entropy::write_hex;
use crate::message::{Headers, Method, Request};
use crate::session_id::SessionId;
use crate::uri::{SipUri, Uri};

mod next_hop;
pub mod session_timer;

pub use next_hop::next_hop;

/// Most routes kept for a dialog; further ones are an attack or a loop. The INVITE is refused with 400.
pub const ROUTES_MAX: usize = 16;

/// A dialog, early or confirmed: everything a request inside it is made of.
#[derive(Clone, Debug)]
pub struct Dialog {
    /// Call-ID.
    pub call_id: Arc<str>,
    /// Our side as written in From, tag included.
    pub local: Arc<str>,
    /// Their side as written in To, tag included.
    pub remote: Arc<str>,
    /// Our tag. Random, so that it alone names the dialog.
    pub local_tag: u128,
    /// Their tag; empty for an RFC 2543 peer.
    pub remote_tag: Box<str>,
    /// Where requests are addressed: the peer's Contact.
    pub target: Arc<str>,
    /// The route set, first hop first.
    pub routes: Arc<[Arc<str>]>,
    /// Where packets go.
    pub flow: Flow,
    /// Number of our last request.
    pub local_cseq: u32,
    /// Number of their last request; None before the first.
    pub remote_cseq: Option<u32>,
    /// Whether we sent the first INVITE: the owner of the Call-ID waits longer after a glare.
    pub caller: bool,
    /// Whether addresses in Contact and Record-Route are followed; without, packets go back to where
    /// theirs came from.
    pub follow: bool,
    /// What our requests say of the two ends; None towards a caller that says nothing of it.
    pub session_id: Option<SessionId>,
}

/// How a request in a dialog stands to the former ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// The next one.
    New,
    /// Older than one we have seen: 500 (RFC 3261 §12.2.2).
    Old,
}

impl Dialog {
    /// The dialog an INVITE opens with us. None without a usable Contact (from a peer of RFC 3261), or with too many
    /// routes.
    pub fn of_request(request: &Request, flow: Flow, tag: u128, follow: bool) -> Option<Self> {
        let headers = &request.headers;
        let target = match headers.contact() {
            Some(contact) => contact.uri,
            // A peer of RFC 2543 may leave Contact out; it is called back at its From.
            None if !has_cookie(headers) => headers.from()?.uri,
            None => return None,
        };
        let routes = route_set(headers.list("Record-Route"))?;
        let mut dialog = Self {
            call_id: headers.call_id()?.into(),
            local: tagged(headers.get("To")?, tag).into(),
            remote: headers.get("From")?.into(),
            local_tag: tag,
            remote_tag: headers.from_tag().unwrap_or("").into(),
            target: target.to_request_uri().into(),
            routes,
            flow,
            local_cseq: 0,
            remote_cseq: headers.cseq().map(|cseq| cseq.number),
            caller: false,
            follow,
            session_id: SessionId::in_answer(request, Some(tag)),
        };
        dialog.aim(flow);
        Some(dialog)
    }

    /// Their end has another number now, where a message of theirs says so.
    pub fn hear_session_id(&mut self, headers: &Headers) {
        if let (Some(ours), Some(theirs)) = (&mut self.session_id, SessionId::read(headers)) {
            ours.other = Some(theirs.own);
        }
    }

    /// The route set of a response's Record-Route: the other way round (RFC 3261 §12.1.2).
    pub fn routes_of_response(headers: &Headers) -> Option<Arc<[Arc<str>]>> {
        let mut routes: Vec<Arc<str>> = route_set(headers.list("Record-Route"))?.to_vec();
        routes.reverse();
        Some(routes.into())
    }

    /// Points the packets: along the first route or the target, or back over `source`.
    pub fn aim(&mut self, source: Flow) {
        let hop = match self.routes.first() {
            Some(route) => uri_of(route),
            None => &self.target,
        };
        self.flow = if self.follow {
            next_hop(source, hop)
        } else {
            source
        };
    }

    /// The connection of this number is gone: what is said goes over a new one, where the peer can be called.
    pub(crate) fn lose_connection(&mut self, connection: u64) {
        if connection != 0 && self.flow.connection == connection {
            self.flow.connection = 0;
            self.aim(self.flow);
        }
    }

    /// Whether it is the phone behind this contact, and what is said to it goes over its former flow, or over one that is
    /// gone.
    pub(crate) fn is_with_phone(&self, contact: &SipUri, former: Option<Flow>) -> bool {
        let is_gone = self.flow.transport.is_reliable() && self.flow.connection == 0;
        let is_its =
            matches!(Uri::parse(&self.target), Ok(Uri::Sip(target)) if target.is_same(contact));
        is_its && (is_gone || Some(self.flow) == former)
    }

    /// Whether a request or a response of the peer belongs to this dialog, given that our tag does.
    pub fn is_of(&self, call_id: Option<&str>, remote_tag: Option<&str>) -> bool {
        call_id == Some(&self.call_id) && remote_tag.unwrap_or("") == &*self.remote_tag
    }

    /// Takes the number of a request of the peer.
    pub fn take_cseq(&mut self, number: u32) -> Order {
        if self.remote_cseq.is_some_and(|last| number <= last) {
            return Order::Old;
        }
        self.remote_cseq = Some(number);
        Order::New
    }

    /// A target refresh: INVITE, UPDATE, and their 2xx (RFC 3261 §12.2.1.2, RFC 3311 §5.1).
    pub fn refresh_target(&mut self, headers: &Headers, source: Flow) {
        if let Some(contact) = headers.contact() {
            let target = contact.uri.to_request_uri();
            if *self.target != *target {
                self.target = target.into();
            }
            self.aim(source);
        }
    }

    /// The next request of ours. Via, Contact and the body are the caller's business.
    pub fn request(&mut self, method: Method) -> Request {
        self.local_cseq += 1;
        let cseq = format!("{} {method}", self.local_cseq);
        let (uri, routes) = self.addressed();
        let mut headers = Headers::new();
        headers.push("Max-Forwards", "70");
        for route in routes {
            headers.push("Route", route);
        }
        headers.push("From", &*self.local);
        headers.push("To", &*self.remote);
        headers.push("Call-ID", &*self.call_id);
        headers.push("CSeq", cseq);
        if let Some(id) = self.session_id {
            headers.push("Session-ID", id.to_string());
        }
        Request {
            method,
            uri,
            headers,
            body: Vec::new(),
        }
    }

    fn addressed(&self) -> (String, Vec<String>) {
        addressed(&self.target, &self.routes)
    }
}

/// Request-URI and Route of a request to `target` along `routes`: loose routing, and strict routing for
/// a first hop without `lr` (RFC 3261 §12.2.1.1).
pub fn addressed(target: &str, routes: &[Arc<str>]) -> (String, Vec<String>) {
    let Some(first) = routes.first() else {
        return (target.to_owned(), Vec::new());
    };
    if is_loose(first) {
        let routes = routes.iter().map(|route| route.to_string()).collect();
        return (target.to_owned(), routes);
    }
    let mut rest: Vec<String> = routes[1..].iter().map(|route| route.to_string()).collect();
    rest.push(format!("<{target}>"));
    let first = uri_of(first);
    let uri = Uri::parse(first).map_or_else(|_| first.to_owned(), |uri| uri.to_request_uri());
    (uri, rest)
}

/// Whether the branch is one of RFC 3261 (§8.1.1.7).
fn has_cookie(headers: &Headers) -> bool {
    headers
        .top_branch()
        .is_some_and(|branch| branch.starts_with("z9hG4bK"))
}

/// A From or To value with our tag; the tag must not be there yet.
pub fn tagged(value: &str, tag: u128) -> String {
    let mut text = String::with_capacity(value.len() + 40);
    text.push_str(value);
    let _ = write!(text, ";tag={}", write_hex(tag));
    text
}

fn route_set<'a>(values: impl Iterator<Item = &'a str>) -> Option<Arc<[Arc<str>]>> {
    let routes: Vec<Arc<str>> = values.take(ROUTES_MAX + 1).map(Arc::from).collect();
    (routes.len() <= ROUTES_MAX).then(|| routes.into())
}

/// The URI of a route value, which the parser has seen to be a name-addr.
fn uri_of(route: &str) -> &str {
    let from = route.find('<').map_or(0, |at| at + 1);
    let to = route[from..].find('>').map_or(route.len(), |at| from + at);
    &route[from..to]
}

fn is_loose(route: &str) -> bool {
    let mut params = uri_of(route).split(';').skip(1);
    params.any(|param| {
        param
            .split('=')
            .next()
            .unwrap_or("")
            .eq_ignore_ascii_case("lr")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(values: &[&str]) -> Vec<Arc<str>> {
        values.iter().map(|value| Arc::from(*value)).collect()
    }

    #[test]
    fn loose_routes_keep_the_target_in_the_request_uri() {
        let (uri, route) = addressed(
            "sip:a@10.0.0.1",
            &routes(&["<sip:p1;lr>", "<sip:p2;lr=on>"]),
        );
        assert_eq!(uri, "sip:a@10.0.0.1");
        assert_eq!(route, ["<sip:p1;lr>", "<sip:p2;lr=on>"]);
    }

    #[test]
    fn a_strict_first_hop_goes_into_the_request_uri() {
        let (uri, route) = addressed("sip:a@10.0.0.1", &routes(&["<sip:p1>", "<sip:p2;lr>"]));
        assert_eq!(uri, "sip:p1");
        assert_eq!(route, ["<sip:p2;lr>", "<sip:a@10.0.0.1>"]);
    }

    #[test]
    fn a_tag_is_added_behind_whatever_is_there() {
        assert_eq!(
            tagged("<sip:a@b>;x=1", 1),
            "<sip:a@b>;x=1;tag=00000000000000000000000000000001"
        );
    }
}
