//! Bindings that outlive the process: what is written down of a contact, and how it comes back.
//!
//! A registration lasts up to an hour, and a phone that registered over UDP does not notice that we were away. So its
//! contact is kept and asked at once (OPTIONS) whether it is there; until it answers nobody is rung there. Over TCP, TLS and
//! WebSocket the connection is gone with the process, and it is the phone's to make a new one.
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::{
    AGENT_MAX, CONTACTS_MAX, Contact, Outbound, PATH_BYTES_MAX, PATHS_MAX, Registrar, cut,
};
use crate::endpoint::{Flow, Transport};
use crate::phones::Model;
use crate::uri::{SipUri, Uri};

/// Most contacts that one start takes back; of more, the first.
pub const KEPT_MAX: usize = 50_000;
/// Between two contacts that are asked after a start: a thousand phones within two seconds.
const ASKED_EACH: Duration = Duration::from_millis(2);

/// A contact over UDP as it is written down.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptContact {
    /// Whose.
    pub user: String,
    /// As registered.
    pub uri: String,
    /// Our socket.
    pub local: SocketAddr,
    /// Where its packets go.
    pub remote: SocketAddr,
    /// User-Agent, cut.
    pub agent: String,
    /// The proxies that requests to it pass.
    pub routes: Vec<String>,
    /// Device and flow (RFC 5626): `+sip.instance` as written, `reg-id`.
    pub outbound: Option<(String, u32)>,
    /// Of the last REGISTER: an older one that comes late changes nothing (RFC 3261 §10.3 step 7).
    pub call_id: String,
    /// Its number.
    pub cseq: u32,
    /// How long it is good for.
    pub left: Duration,
}

impl Registrar {
    /// What is to be written down of a user: all contacts over UDP, none when there are none any more.
    pub fn kept(&self, user: &str, now: Duration) -> Vec<KeptContact> {
        let contacts = self.of(user).map(|(_, contact)| contact);
        let lasting = contacts.filter(|contact| contact.flow.transport == Transport::Udp);
        lasting.map(|contact| contact.keep(now)).collect()
    }

    /// How many of them there are.
    pub fn lasting(&self, user: &str) -> usize {
        let contacts = self.of(user);
        contacts
            .filter(|(_, it)| it.flow.transport == Transport::Udp)
            .count()
    }

    /// A contact of an earlier run; None where its time is over, its user is gone or has registered since, or it fits nothing.
    /// `nth`: of those that come back together.
    pub fn take_back(&mut self, now: Duration, kept: KeptContact, nth: u32) -> Option<u64> {
        let Ok(Uri::Sip(uri)) = Uri::parse(&kept.uri) else {
            return None;
        };
        if kept.left.is_zero() || !fits(&kept) || !self.has_room_for(&kept.user, &uri) {
            return None;
        }
        self.last_id += 1;
        let ask_at = now + ASKED_EACH * nth;
        self.insert(self.last_id, Contact::of_before(now, ask_at, uri, kept));
        Some(self.last_id)
    }

    fn has_room_for(&self, user: &str, uri: &SipUri) -> bool {
        let is_bound = self.of(user).any(|(_, contact)| contact.uri.is_same(uri));
        self.credentials.contains_key(user) && !is_bound && self.of(user).count() < CONTACTS_MAX
    }
}

impl Contact {
    fn keep(&self, now: Duration) -> KeptContact {
        let outbound = self.outbound.as_ref();
        KeptContact {
            user: self.user.clone(),
            uri: self.uri.to_string(),
            local: self.flow.local,
            remote: self.flow.remote,
            agent: self.agent.clone(),
            routes: self.routes.iter().map(ToString::to_string).collect(),
            outbound: outbound.map(|it| (it.instance.to_string(), it.reg_id)),
            call_id: self.call_id.clone(),
            cseq: self.cseq,
            left: self.expires.saturating_sub(now),
        }
    }

    fn of_before(now: Duration, ask_at: Duration, uri: SipUri, kept: KeptContact) -> Self {
        let agent = cut(&kept.agent, AGENT_MAX);
        let outbound = kept.outbound.map(|(instance, reg_id)| Outbound {
            instance: instance.into(),
            reg_id,
        });
        Self {
            user: kept.user,
            uri,
            flow: Flow {
                transport: Transport::Udp,
                local: kept.local,
                remote: kept.remote,
                connection: 0,
            },
            model: Model::guess(agent),
            agent: agent.to_owned(),
            expires: now + kept.left,
            // Nobody knows yet.
            live: false,
            qualify_at: ask_at,
            armed: None,
            routes: kept.routes.iter().map(|it| Arc::from(&**it)).collect(),
            outbound,
            call_id: kept.call_id,
            cseq: kept.cseq,
        }
    }
}

/// As strict as with a REGISTER.
fn fits(kept: &KeptContact) -> bool {
    kept.routes.len() <= PATHS_MAX && kept.routes.iter().all(|it| it.len() <= PATH_BYTES_MAX)
}
