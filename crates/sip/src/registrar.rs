//! Who is where: digest users and their contacts (RFC 3261 §10.3).
//!
//! Pure bookkeeping; asking contacts whether they are alive is the endpoint's business.
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::address::NameAddr;
use crate::endpoint::{Credential, Flow, Transport};
use crate::message::{Headers, Request};
use crate::params::Params;
use crate::phones::Model;
use crate::shield::network;
use crate::transaction::earlier;
use crate::uri::{SipUri, Uri};

/// Most contacts of one user. A further one takes the place of a dead one, or of the one that would
/// expire first.
pub const CONTACTS_MAX: usize = 5;
/// Most Contact values of one REGISTER.
const CONTACTS_PER_REQUEST: usize = 2 * CONTACTS_MAX;
/// Bytes kept of a phone's User-Agent.
const AGENT_MAX: usize = 80;
/// Most Path values of one REGISTER, and most bytes of each; beyond it 400.
pub const PATHS_MAX: usize = 4;
const PATH_BYTES_MAX: usize = 256;
/// Most bytes of an instance id; a longer one names nothing.
const INSTANCE_MAX: usize = 128;

/// The users and their contacts.
#[derive(Clone, Default, Debug)]
pub struct Registrar {
    credentials: BTreeMap<String, Credential>,
    contacts: BTreeMap<u64, Contact>,
    users: BTreeMap<String, Vec<u64>>,
    /// How many contacts speak from an IPv4 address, or an IPv6 /64.
    sources: BTreeMap<IpAddr, u32>,
    last_id: u64,
}

/// One place where a user can be rung.
#[derive(Clone, Debug)]
pub struct Contact {
    /// Whose.
    pub user: String,
    /// As registered.
    pub uri: SipUri,
    /// Where its packets go: the flow it registered over, so that a NAT lets them through.
    pub flow: Flow,
    /// User-Agent, cut.
    pub agent: String,
    /// The make that it names.
    pub model: Model,
    /// When the binding ends.
    pub expires: Duration,
    /// Whether it answered when it was asked last.
    pub live: bool,
    /// When it is asked next.
    pub qualify_at: Duration,
    /// The deadline its timer is set to.
    pub armed: Option<Duration>,
    /// The proxies that requests to it pass (RFC 3327), as Route values. They name hops behind `flow`: nothing is ever sent
    /// to an address because a Path says so.
    pub routes: Arc<[Arc<str>]>,
    outbound: Option<Outbound>,
    call_id: String,
    cseq: u32,
}

/// Why a REGISTER of a proved user is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RegisterError {
    /// 423; answer with Min-Expires.
    #[error("expiry below the shortest one")]
    TooBrief,
    /// 400: `*` with other contacts, or without `Expires: 0`; a contact that is no SIP URI; too many. A Path that is no loose
    /// route (RFC 3327 §4), too long or too many.
    #[error("contacts that cannot be bound")]
    Contacts,
    /// 500: an older request came later (RFC 3261 §10.3 step 7).
    #[error("older than the binding it would change")]
    OutOfOrder,
}

impl RegisterError {
    /// Its status.
    pub fn status(self) -> u16 {
        match self {
            Self::TooBrief => 423,
            Self::Contacts => 400,
            Self::OutOfOrder => 500,
        }
    }
}

/// One of the flows of one device (RFC 5626 §4.1, §4.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outbound {
    /// `+sip.instance`, as written.
    instance: Box<str>,
    /// `reg-id`.
    reg_id: u32,
}

mod kept;
pub use kept::{KEPT_MAX, KeptContact};

/// A contact that is to be bound.
#[derive(Clone, Debug)]
pub struct Binding {
    /// As in Contact.
    pub uri: SipUri,
    /// Until it ends; 0 takes it away.
    pub seconds: u32,
    /// Which flow of which device, where the phone says so and speaks to us directly.
    pub outbound: Option<Outbound>,
}

impl Contact {
    /// Whether it is bound by device and flow rather than by its URI.
    pub fn is_outbound(&self) -> bool {
        self.outbound.is_some()
    }

    /// Whether this registration made it last.
    pub fn is_of_call(&self, call_id: Option<&str>) -> bool {
        call_id == Some(&self.call_id)
    }

    /// Whether a binding takes its place: of the same flow of the same device, else with the same URI (RFC 5626 §6).
    fn is_replaced_by(&self, binding: &Binding) -> bool {
        match (&self.outbound, &binding.outbound) {
            (Some(own), Some(other)) => own == other,
            _ => self.uri.is_same(&binding.uri),
        }
    }

    /// Its URI and User-Agent, for people.
    pub fn title(&self) -> String {
        format!("{} {}", self.uri, self.agent).trim_end().to_owned()
    }

    /// When something is to be done about it.
    pub fn next(&self) -> Option<Duration> {
        earlier(Some(self.expires), Some(self.qualify_at))
    }

    fn source(&self) -> IpAddr {
        network(self.flow.remote.ip())
    }
}

/// A REGISTER that passed all checks: nothing in it can fail any more.
#[derive(Debug)]
pub enum Wish {
    /// Only asks what is bound.
    Query,
    /// Takes all contacts away.
    Clear,
    /// Binds, or takes away where the seconds are zero.
    Bind(Vec<Binding>),
}

impl Registrar {
    /// Replaces the users. Gives the contacts of users that are no more.
    pub fn set_credentials(&mut self, list: Vec<Credential>) -> Vec<u64> {
        self.credentials = list.into_iter().map(|c| (c.user.clone(), c)).collect();
        let gone = |user: &str| !self.credentials.contains_key(user);
        let contacts = self.contacts.iter();
        contacts
            .filter(|(_, contact)| gone(&contact.user))
            .map(|(id, _)| *id)
            .collect()
    }

    /// The hashes of a user.
    pub fn credential(&self, user: &str) -> Option<&Credential> {
        self.credentials.get(user)
    }

    /// Whether anybody may use MD5. All are offered it then: a challenge must not tell who exists.
    pub fn offers_md5(&self) -> bool {
        self.credentials.values().any(|c| c.ha1_md5.is_some())
    }

    /// Whether SHA-256 is offered: to everybody, unless all are to use MD5. There are phones that give up at an
    /// algorithm they do not know instead of passing over it.
    pub fn offers_sha256(&self) -> bool {
        !self.offers_md5() || self.credentials.values().any(|c| c.ha1_sha256.is_some())
    }

    /// Whether a registered contact speaks from this address, or from the same IPv6 /64: phones of one office have each
    /// their own there, and change it.
    pub fn is_neighbour(&self, source: IpAddr) -> bool {
        self.sources.contains_key(&network(source))
    }

    /// The contacts of a user that are alive.
    pub fn live(&self, user: &str) -> impl Iterator<Item = &Contact> {
        self.of(user)
            .map(|(_, contact)| contact)
            .filter(|contact| contact.live)
    }

    /// Whether a user can be rung.
    pub fn is_live(&self, user: &str) -> bool {
        self.live(user).next().is_some()
    }

    /// All contacts of a user with their numbers.
    pub fn of(&self, user: &str) -> impl Iterator<Item = (u64, &Contact)> {
        let ids = self.users.get(user).into_iter().flatten();
        ids.filter_map(|id| Some((*id, self.contacts.get(id)?)))
    }

    /// All contacts, by user.
    pub fn all(&self) -> impl Iterator<Item = &Contact> {
        let ids = self.users.values().flatten();
        ids.filter_map(|id| self.contacts.get(id))
    }

    /// One contact.
    pub fn contact(&mut self, id: u64) -> Option<&mut Contact> {
        self.contacts.get_mut(&id)
    }

    /// The contacts that were registered over a connection.
    pub fn on_connection(&self, connection: u64) -> Vec<u64> {
        let on = |flow: Flow| flow.transport.is_reliable() && flow.connection == connection;
        let contacts = self.contacts.iter();
        contacts
            .filter(|(_, contact)| on(contact.flow))
            .map(|(id, _)| *id)
            .collect()
    }

    /// How many contacts there are.
    pub fn len(&self) -> usize {
        self.contacts.len()
    }

    /// Whether nobody is registered.
    pub fn is_empty(&self) -> bool {
        self.contacts.is_empty()
    }

    /// Reads a REGISTER and checks it against the bindings of its user. `limits`: the shortest and the
    /// longest expiry in seconds.
    pub fn check(
        &self,
        user: &str,
        request: &Request,
        limits: (u32, u32),
    ) -> Result<Wish, RegisterError> {
        let headers = &request.headers;
        let wish = wish_of(headers, limits)?;
        let touched = |contact: &Contact| match &wish {
            Wish::Query => false,
            Wish::Clear => true,
            Wish::Bind(list) => list.iter().any(|binding| contact.is_replaced_by(binding)),
        };
        let (call_id, cseq) = names_of(headers);
        let older = |contact: &Contact| contact.call_id == call_id && cseq <= contact.cseq;
        let late = self
            .of(user)
            .any(|(_, contact)| touched(contact) && older(contact));
        if late {
            Err(RegisterError::OutOfOrder)
        } else {
            Ok(wish)
        }
    }

    /// Binds one contact, in place of the same one or of the least useful one. Gives its number, and
    /// the number of the contact that had to go.
    pub fn bind(
        &mut self,
        now: Duration,
        user: &str,
        binding: Binding,
        headers: &Headers,
        flow: Flow,
    ) -> (u64, Option<u64>) {
        let (call_id, cseq) = names_of(headers);
        let same = self.bound_to(user, &binding);
        let Binding {
            uri,
            seconds,
            outbound,
        } = binding;
        let replaced = same.and_then(|id| self.remove(id));
        let gone = same.is_none().then(|| self.least_useful(user)).flatten();
        let id = same.unwrap_or_else(|| {
            self.last_id += 1;
            self.last_id
        });
        let agent = cut(headers.get("User-Agent").unwrap_or(""), AGENT_MAX);
        let contact = Contact {
            user: user.to_owned(),
            flow: flow_to(&uri, flow),
            uri,
            model: Model::guess(agent),
            agent: agent.to_owned(),
            expires: now + Duration::from_secs(seconds.into()),
            live: true,
            qualify_at: now + crate::endpoint::QUALIFY_EVERY,
            // The timer of the same binding goes on under its number.
            armed: replaced.and_then(|contact| contact.armed),
            routes: headers
                .list("Path")
                .take(PATHS_MAX)
                .map(Arc::from)
                .collect(),
            outbound,
            call_id: call_id.to_owned(),
            cseq,
        };
        self.insert(id, contact);
        (id, gone)
    }

    fn insert(&mut self, id: u64, contact: Contact) {
        *self.sources.entry(contact.source()).or_default() += 1;
        let own = self.users.entry(contact.user.clone()).or_default();
        own.push(id);
        self.contacts.insert(id, contact);
    }

    /// Takes a contact away.
    pub fn remove(&mut self, id: u64) -> Option<Contact> {
        let contact = self.contacts.remove(&id)?;
        if let Some(ids) = self.users.get_mut(&contact.user) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.users.remove(&contact.user);
            }
        }
        let source = contact.source();
        if let Some(count) = self.sources.get_mut(&source) {
            *count -= 1;
            if *count == 0 {
                self.sources.remove(&source);
            }
        }
        Some(contact)
    }

    /// The number of the contact of a user whose place a binding takes.
    pub fn bound_to(&self, user: &str, binding: &Binding) -> Option<u64> {
        let mut contacts = self.of(user);
        contacts
            .find(|(_, contact)| contact.is_replaced_by(binding))
            .map(|(id, _)| id)
    }

    /// The contact to give up when the user has all it may have.
    fn least_useful(&self, user: &str) -> Option<u64> {
        if self.of(user).count() < CONTACTS_MAX {
            return None;
        }
        let worst = self
            .of(user)
            .min_by_key(|(_, contact)| (contact.live, contact.expires));
        worst.map(|(id, _)| id)
    }
}

fn wish_of(headers: &Headers, limits: (u32, u32)) -> Result<Wish, RegisterError> {
    let values: Vec<&str> = headers
        .list("Contact")
        .take(CONTACTS_PER_REQUEST + 1)
        .collect();
    if values.is_empty() {
        return Ok(Wish::Query);
    }
    if values.len() > CONTACTS_PER_REQUEST {
        return Err(RegisterError::Contacts);
    }
    if values.contains(&"*") {
        let clears = values.len() == 1 && headers.expires() == Some(0);
        return if clears {
            Ok(Wish::Clear)
        } else {
            Err(RegisterError::Contacts)
        };
    }
    if !paths_fit(headers) {
        return Err(RegisterError::Contacts);
    }
    let bindings = values
        .into_iter()
        .map(|value| binding_of(value, headers, limits));
    bindings.collect::<Result<_, _>>().map(Wish::Bind)
}

/// URI and seconds of one Contact value (RFC 3261 §10.3 step 7).
fn binding_of(
    value: &str,
    headers: &Headers,
    (shortest, longest): (u32, u32),
) -> Result<Binding, RegisterError> {
    let contact = NameAddr::parse(value).map_err(|_| RegisterError::Contacts)?;
    let Uri::Sip(uri) = contact.uri else {
        return Err(RegisterError::Contacts);
    };
    let own = contact
        .params
        .get("expires")
        .and_then(|text| text.parse::<u32>().ok());
    let seconds = own.or(headers.expires()).unwrap_or(longest).min(longest);
    if seconds != 0 && seconds < shortest {
        return Err(RegisterError::TooBrief);
    }
    Ok(Binding {
        uri,
        seconds,
        outbound: outbound_of(&contact.params, headers),
    })
}

/// Device and flow, where the phone supports it and no proxy is between that does not (RFC 5626 §6): then its URI alone
/// counts. We are the first hop of who brings one Via.
fn outbound_of(params: &Params, headers: &Headers) -> Option<Outbound> {
    let mut supported = headers.list("Supported").chain(headers.list("Require"));
    let first_hop = || headers.list("Path").last();
    let kept = headers.list("Via").count() == 1
        || first_hop().is_some_and(|path| {
            let uri = NameAddr::parse(path).map(|path| path.uri);
            matches!(uri, Ok(Uri::Sip(uri)) if uri.params.has("ob"))
        });
    if !kept || !supported.any(|tag| tag.eq_ignore_ascii_case("outbound")) {
        return None;
    }
    let instance = params.unquoted("+sip.instance")?;
    let reg_id = params.get("reg-id")?.parse().ok().filter(|id| *id > 0)?;
    let named = !instance.is_empty() && instance.len() <= INSTANCE_MAX;
    named.then(|| Outbound {
        instance: instance.into(),
        reg_id,
    })
}

/// Whether the Path of a REGISTER can be kept.
fn paths_fit(headers: &Headers) -> bool {
    let is_loose = |path: &str| match NameAddr::parse(path).map(|path| path.uri) {
        Ok(Uri::Sip(uri)) => uri.params.has("lr"),
        _ => false,
    };
    let mut paths = headers.list("Path");
    let fit = paths
        .by_ref()
        .take(PATHS_MAX)
        .all(|path| path.len() <= PATH_BYTES_MAX && is_loose(path));
    fit && paths.next().is_none()
}

/// Where packets to a contact go: to its own address if it is the one it speaks from, else back to
/// where it speaks from, since it is behind a NAT. A TCP flow is kept.
fn flow_to(uri: &SipUri, source: Flow) -> Flow {
    let own = uri.socket_addr().filter(|own| {
        source.transport == Transport::Udp
            && own.ip().to_canonical() == source.remote.ip().to_canonical()
    });
    match own {
        Some(own) => Flow {
            remote: std::net::SocketAddr::new(source.remote.ip(), own.port()),
            ..source
        },
        None => source,
    }
}

fn names_of(headers: &Headers) -> (&str, u32) {
    let cseq = headers.cseq().map_or(0, |cseq| cseq.number);
    (headers.call_id().unwrap_or(""), cseq)
}

/// At most `most` bytes, whole characters.
fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len()))
        .rev()
        .find(|&at| text.is_char_boundary(at));
    &text[..end.unwrap_or(0)]
}
