//! REGISTER, digest proofs, and the question "are you there?" (RFC 3261 §10.3, §22).
use std::net::IpAddr;
use std::time::Duration;

use super::arrived::Arrived;
use super::guard::place;
use super::machine::Endpoint;
use super::tables::Asker;
use super::timers::Owner;
use super::{Credential, Event, Flow, Probe};
use crate::dialog::tagged;
use crate::digest::{self, Algorithm, Authorization, Verdict};
use crate::entropy::write_hex;
use crate::message::{Headers, Method, Request, Response};
use crate::registrar::{Binding, KEPT_MAX, KeptContact, PATHS_MAX, RegisterError, Wish};
use crate::uri::SipUri;

/// How often a registered contact is asked whether it is there.
pub const QUALIFY_EVERY: Duration = Duration::from_secs(30);
/// How long it may take to answer. A phone that vanished is noticed within the sum of both: 35 s.
pub const QUALIFY_WAIT: Duration = Duration::from_secs(5);
/// How long the flow of a phone may carry nothing, as we tell phones that keep flows alive (RFC 5626 §6, §4.4.1). We ask
/// over it more often than that; this is for what is in between.
const FLOW_TIMER: Duration = Duration::from_secs(120);

/// What the digest of a request proves.
#[derive(Debug)]
pub(super) enum Proof {
    /// It comes from this user.
    Of(String),
    /// Nothing yet: these challenges are to be answered.
    Wanting(Vec<String>),
    /// It failed too often: silence.
    Banned,
}

impl Endpoint {
    /// REGISTER, from wherever: the digest decides.
    pub(super) fn on_register(&mut self, arrived: &Arrived) {
        let headers = &arrived.request.headers;
        let known = format!("{}, path, outbound", self.core.supported());
        if let Some(unknown) = super::in_dialog::unknown_of(&known, headers) {
            return self.core.reply(arrived, 420, &[("Unsupported", &unknown)]);
        }
        let user = match self.prove(arrived) {
            Proof::Of(user) => user,
            Proof::Wanting(challenges) => return self.challenge(arrived, &challenges),
            Proof::Banned => return self.core.refusal("banned", arrived.flow),
        };
        let to = headers.to();
        // An address-of-record is a SIP URI (RFC 3261 §10.3 step 5, RFC 4475 §3.3.4).
        if to.as_ref().is_none_or(|to| to.uri.as_sip().is_none()) {
            return self.core.reply(arrived, 400, &[]);
        }
        let asked = to.as_ref().and_then(|to| to.uri.user_text());
        if asked.as_deref() != Some(&user) {
            self.core.refusal("foreign_user", arrived.flow);
            return self.core.reply(arrived, 403, &[]);
        }
        let limits = self.core.config.expires_secs;
        match self.registrar.check(&user, &arrived.request, limits) {
            Ok(wish) => {
                self.apply(&user, wish, arrived);
                self.answer_register(&user, arrived);
            }
            Err(RegisterError::TooBrief) => {
                let shortest = limits.0.to_string();
                self.core.reply(arrived, 423, &[("Min-Expires", &shortest)]);
            }
            Err(error) => self.core.reply(arrived, error.status(), &[]),
        }
    }

    fn apply(&mut self, user: &str, wish: Wish, arrived: &Arrived) {
        let before = self.registrar.is_live(user);
        let lasting = self.registrar.lasting(user);
        match wish {
            Wish::Query => return,
            Wish::Clear => {
                let all: Vec<u64> = self.registrar.of(user).map(|(id, _)| id).collect();
                all.into_iter().for_each(|id| self.drop_contact(id));
            }
            Wish::Bind(list) => {
                for binding in list {
                    self.bind(user, binding, arrived);
                }
            }
        }
        self.tell_liveness(user, before);
        self.tell_bound(user, lasting);
    }

    /// What is to be written down of a user's contacts now. Of who has none that lasts, and had none, there is nothing to say.
    fn tell_bound(&mut self, user: &str, before: usize) {
        let contacts = self.registrar.kept(user, self.core.now);
        if before + contacts.len() > 0 {
            let user = user.to_owned();
            self.core.event(Event::Bound { user, contacts });
        }
    }

    /// The contacts of the run before this one. They are asked one after the other; who answers can be rung.
    pub(super) fn on_bound_before(&mut self, contacts: Vec<KeptContact>) {
        let now = self.core.now;
        for (nth, kept) in (0..).zip(contacts.into_iter().take(KEPT_MAX)) {
            if let Some(id) = self.registrar.take_back(now, kept, nth) {
                self.arm_contact(id);
            }
        }
    }

    fn bind(&mut self, user: &str, binding: Binding, arrived: &Arrived) {
        if binding.seconds == 0 {
            if let Some(id) = self.registrar.bound_to(user, &binding) {
                self.drop_contact(id);
            }
            return;
        }
        let former = self.registrar.bound_to(user, &binding);
        let former = former.and_then(|id| Some(self.registrar.contact(id)?.flow));
        let uri = binding.uri.clone();
        let (now, headers) = (self.core.now, &arrived.request.headers);
        let (id, gone) = self
            .registrar
            .bind(now, user, binding, headers, arrived.flow);
        if let Some(gone) = gone {
            self.drop_contact(gone);
        }
        self.arm_contact(id);
        self.move_talks(user, &uri, former, id);
    }

    /// Talks with a phone follow it to the flow of its registration. A refresh over the same one costs nothing.
    fn move_talks(&mut self, user: &str, uri: &SipUri, former: Option<Flow>, id: u64) {
        let Some(flow) = self.registrar.contact(id).map(|contact| contact.flow) else {
            return;
        };
        if former == Some(flow) {
            return;
        }
        let calls = self.calls.values_mut();
        for call in calls.filter(|call| call.user.as_deref() == Some(user)) {
            call.follow_phone(&mut self.core, uri, former, flow);
        }
    }

    /// 200 with all bindings (RFC 3261 §10.3 step 8).
    fn answer_register(&mut self, user: &str, arrived: &Arrived) {
        let tag = self.core.entropy.draw();
        let mut response = self.core.response(200, arrived.echo(Some(tag)));
        for (_, contact) in self.registrar.of(user) {
            let left = contact.expires.saturating_sub(self.core.now).as_secs();
            let value = format!("<{}>;expires={left}", contact.uri);
            response.headers.push("Contact", value);
        }
        self.add_route_back(user, arrived, &mut response);
        self.core.answer(arrived, &response);
    }

    /// What the phone and the proxies before it must know of the way back to it: the Path as it came (RFC 3327 §5.3), and
    /// how long its flow may be silent (RFC 5626 §6).
    fn add_route_back(&self, user: &str, arrived: &Arrived, response: &mut Response) {
        let headers = &arrived.request.headers;
        for path in headers.list("Path").take(PATHS_MAX) {
            response.headers.push("Path", path);
        }
        response.headers.push("Supported", "path, outbound");
        let call_id = headers.call_id();
        let mut bound = self.registrar.of(user).map(|(_, contact)| contact);
        if bound.any(|contact| contact.is_outbound() && contact.is_of_call(call_id)) {
            response.headers.push("Require", "outbound");
            if arrived.flow.transport.is_reliable() {
                response
                    .headers
                    .push("Flow-Timer", FLOW_TIMER.as_secs().to_string());
            }
        }
    }

    /// Checks the digest of a request. The same work and the same answer for users we know and for
    /// those we do not.
    pub(super) fn prove(&mut self, arrived: &Arrived) -> Proof {
        let (now, source) = (self.core.now, arrived.flow.remote.ip());
        if self.guard.bans(now, source, None) {
            return Proof::Banned;
        }
        let proofs = arrived.request.headers.all("Authorization");
        let ours = |proof: &Authorization| proof.realm == self.core.config.realm;
        let Some(proof) = proofs
            .filter_map(|v| Authorization::parse(v).ok())
            .find(ours)
        else {
            return Proof::Wanting(self.challenges(source, false));
        };
        let user = self
            .core
            .entropy
            .fingerprint(&[b"user", proof.username.as_bytes()]);
        if self.guard.bans(now, source, Some(user)) {
            return Proof::Banned;
        }
        // Before anything is judged: who guesses with a nonce that another place received could not be counted.
        if !self.nonces.was_issued_to(&proof.nonce, place(source)) {
            self.core.refusal("foreign_nonce", arrived.flow);
            return Proof::Wanting(self.challenges(source, true));
        }
        match self.verdict(arrived, &proof) {
            Verdict::Proved => {
                self.guard.proved(source, user);
                Proof::Of(proof.username)
            }
            Verdict::Stale => Proof::Wanting(self.challenges(source, true)),
            Verdict::Wrong => {
                let trusted = self.registrar.is_neighbour(source);
                self.core.refusal("bad_digest", arrived.flow);
                for ban in self.guard.failed(now, source, user, trusted) {
                    self.core.event(Event::Banned(ban));
                }
                Proof::Wanting(self.challenges(source, false))
            }
        }
    }

    fn verdict(&mut self, arrived: &Arrived, proof: &Authorization) -> Verdict {
        let known = self.registrar.credential(&proof.username);
        let ha1 = known.and_then(|credential| match proof.algorithm {
            Algorithm::Md5 => credential.ha1_md5.clone(),
            Algorithm::Sha256 => credential.ha1_sha256.clone(),
        });
        // Made for everybody, so that who is unknown takes no longer.
        let nobody = self.nobody(proof.algorithm);
        let (ha1, known) = match ha1 {
            Some(ha1) => (ha1, true),
            None => (nobody, false),
        };
        let (method, uri) = (&arrived.request.method, &arrived.request.uri);
        let now = self.core.now;
        let verdict = digest::verify(&mut self.nonces, proof, method, uri, &ha1, now);
        if known { verdict } else { Verdict::Wrong }
    }

    /// A hash nobody has the password of.
    fn nobody(&self, algorithm: Algorithm) -> String {
        let half = write_hex(self.core.entropy.fingerprint(&[b"nobody"]));
        match algorithm {
            Algorithm::Md5 => half,
            Algorithm::Sha256 => half.repeat(2),
        }
    }

    /// The strongest algorithm first (RFC 8760 §2.4).
    fn challenges(&mut self, source: IpAddr, stale: bool) -> Vec<String> {
        let nonce = self.nonces.issue(self.core.now, place(source));
        let realm = &self.core.config.realm;
        let offered = [
            (Algorithm::Sha256, self.registrar.offers_sha256()),
            (Algorithm::Md5, self.registrar.offers_md5()),
        ];
        offered
            .into_iter()
            .filter(|(_, offers)| *offers)
            .map(|(algorithm, _)| digest::challenge(realm, &nonce, algorithm, stale))
            .collect()
    }

    /// 401. Leaves no state: the answer brings its own nonce back.
    pub(super) fn challenge(&mut self, arrived: &Arrived, challenges: &[String]) {
        let extra: Vec<(&'static str, &str)> = challenges
            .iter()
            .map(|value| ("WWW-Authenticate", value.as_str()))
            .collect();
        self.core.reply(arrived, 401, &extra);
    }

    /// The users have changed.
    pub(super) fn on_credentials(&mut self, list: Vec<Credential>) {
        for id in self.registrar.set_credentials(list) {
            self.lose_contact(id);
        }
    }

    /// A contact expires, or is to be asked.
    pub(super) fn on_contact_due(&mut self, id: u64) {
        let now = self.core.now;
        let Some(contact) = self.registrar.contact(id) else {
            return;
        };
        contact.armed = None;
        if contact.expires <= now {
            return self.lose_contact(id);
        }
        if contact.qualify_at <= now {
            contact.qualify_at = now + QUALIFY_EVERY;
            let (uri, flow) = (contact.uri.to_request_uri(), contact.flow);
            let routes = contact.routes.clone();
            let mut request = self.options(uri, flow);
            for route in routes.iter().rev() {
                request.headers.push_front("Route", &**route);
            }
            let asker = Asker::Qualify(id);
            self.core.ask(request, flow, asker, Some(QUALIFY_WAIT));
        }
        self.arm_contact(id);
    }

    /// Asks a trunk.
    pub(super) fn probe(&mut self, probe: Probe) {
        let Probe {
            id,
            uri,
            flow,
            wait,
        } = probe;
        let request = self.options(uri, flow);
        self.core.ask(request, flow, Asker::Probe(id), Some(wait));
    }

    fn options(&mut self, uri: String, flow: Flow) -> Request {
        let own = format!("<sip:gudok@{}>", self.core.sent_by(flow));
        let mut headers = Headers::new();
        headers.push("Max-Forwards", "70");
        headers.push("From", tagged(&own, self.core.entropy.draw()));
        headers.push("To", format!("<{uri}>"));
        headers.push("Call-ID", write_hex(self.core.entropy.draw()));
        headers.push("CSeq", "1 OPTIONS");
        headers.push("Contact", self.core.contact(flow));
        let mut request = Request::new(Method::Options, uri);
        request.headers = headers;
        request
    }

    /// A contact answered, or did not. Any answer is a sign of life.
    pub(super) fn on_qualified(&mut self, id: u64, live: bool) {
        let Some(contact) = self.registrar.contact(id) else {
            return;
        };
        let user = contact.user.clone();
        let before = self.registrar.is_live(&user);
        if let Some(contact) = self.registrar.contact(id) {
            contact.live = live;
        }
        self.tell_liveness(&user, before);
    }

    /// The contacts of a connection go with it: only the phone can open a new one.
    pub(super) fn on_contact_flow_closed(&mut self, flow: Flow) {
        for id in self.registrar.on_connection(flow.connection) {
            self.lose_contact(id);
        }
    }

    fn lose_contact(&mut self, id: u64) {
        let Some(contact) = self.registrar.contact(id) else {
            return;
        };
        let user = contact.user.clone();
        let before = self.registrar.is_live(&user);
        let lasting = self.registrar.lasting(&user);
        self.drop_contact_telling(id, &user, before);
        self.tell_bound(&user, lasting);
    }

    fn drop_contact_telling(&mut self, id: u64, user: &str, before: bool) {
        let title = self.registrar.contact(id).map(|contact| contact.title());
        self.drop_contact(id);
        if before && !self.registrar.is_live(user) {
            self.core.event(Event::Registered {
                user: user.to_owned(),
                live: false,
                contact: title.unwrap_or_default(),
            });
        }
    }

    fn drop_contact(&mut self, id: u64) {
        if let Some(mut contact) = self.registrar.remove(id) {
            self.core
                .timers
                .arm(Owner::Contact(id), &mut contact.armed, None);
        }
    }

    fn arm_contact(&mut self, id: u64) {
        if let Some(contact) = self.registrar.contact(id) {
            let next = contact.next();
            self.core
                .timers
                .arm(Owner::Contact(id), &mut contact.armed, next);
        }
    }

    /// Tells when a user has got a first live contact, or has lost the last.
    fn tell_liveness(&mut self, user: &str, before: bool) {
        let live = self.registrar.is_live(user);
        if live == before {
            return;
        }
        let contact = self
            .registrar
            .of(user)
            .find(|(_, contact)| contact.live == live);
        let contact = contact
            .map(|(_, contact)| contact.title())
            .unwrap_or_default();
        self.core.event(Event::Registered {
            user: user.to_owned(),
            live,
            contact,
        });
    }
}

#[cfg(test)]
mod tests;
