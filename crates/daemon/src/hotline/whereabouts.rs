//! Where the carriers are: what the configuration writes as names, with what the DNS last said of them.
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use gudok_dns::{Able, Found, Question};
use gudok_sip::endpoint::{Flow, Transport, TrunkSource};
use gudok_sip::trunk::{Rank, Role, Target};
use gudok_wire::sip::SipSockets;

use crate::config::{self, Config};
use crate::place::{Host, Place, Source};

/// Our own sockets.
#[derive(Clone, Debug)]
pub(crate) struct Locals(Vec<(Transport, SocketAddr)>);

impl Locals {
    pub(crate) fn of(sockets: &SipSockets) -> Self {
        let of = |transport| sockets.locals(transport).map(move |it| (transport, it));
        let all = [Transport::Udp, Transport::Tcp, Transport::Tls];
        Self(all.into_iter().flat_map(of).collect())
    }

    /// Ours towards an address; None where we do not speak that way.
    fn towards(&self, transport: Transport, remote: SocketAddr) -> Option<SocketAddr> {
        let of = |wanted: Transport| self.0.iter().filter(move |it| it.0 == wanted);
        // What we open ourselves over TLS needs no listener.
        let used = match transport {
            Transport::Tls if of(transport).next().is_none() => Transport::Udp,
            other => other,
        };
        let same = of(used).find(|(_, it)| it.is_ipv4() == remote.is_ipv4());
        // Alone, `[::]` takes both.
        let both = |(_, it): &&(Transport, SocketAddr)| it.is_ipv6() && it.ip().is_unspecified();
        let any = of(used).find(both).filter(|_| of(used).count() == 1);
        same.or(any).map(|(_, it)| *it)
    }

    /// How carriers may be spoken to.
    pub(crate) fn able(&self, tls: bool) -> Able {
        let speaks = |remote: IpAddr| self.towards(Transport::Udp, (remote, 0).into()).is_some();
        Able {
            tcp: self.0.iter().any(|it| it.0 == Transport::Tcp),
            tls,
            v4: speaks(Ipv4Addr::UNSPECIFIED.into()),
            v6: speaks(Ipv6Addr::UNSPECIFIED.into()),
        }
    }
}

/// All places of all trunks.
#[derive(Debug)]
pub(crate) struct Whereabouts {
    locals: Locals,
    networks: Vec<TrunkSource>,
    uses: Vec<Use>,
    /// The last answer to each question.
    found: BTreeMap<Question, Vec<Found>>,
}

/// A place and what it is for.
#[derive(Debug)]
struct Use {
    trunk: Arc<str>,
    what: What,
    place: Place,
    transport: Option<Transport>,
    tls_name: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    /// We send there. Whether its requests are the trunk's, too.
    Send(Role, bool),
    /// Its requests are the trunk's.
    Hear,
}

/// Addresses of one role of one trunk, as the machine of the trunks wants them.
pub(crate) type Targets = (Arc<str>, Role, Vec<Target>);

impl Whereabouts {
    /// Of the configuration; nothing is asked here.
    pub(crate) fn of(config: &Config, locals: Locals) -> Self {
        let mut all = Self {
            locals,
            networks: Vec::new(),
            uses: Vec::new(),
            found: BTreeMap::new(),
        };
        for trunk in &config.trunks {
            all.add(trunk);
        }
        for index in 0..all.uses.len() {
            let used = &all.uses[index];
            if let Some(found) = used.fixed() {
                all.found.insert(used.question(), found);
            }
        }
        all
    }

    fn add(&mut self, trunk: &config::Trunk) {
        let name: Arc<str> = trunk.name.as_str().into();
        for source in &trunk.sources {
            match source {
                Source::Network(network) => self.networks.push(TrunkSource {
                    trunk: Arc::clone(&name),
                    network: (network.address, network.prefix),
                }),
                Source::Name(text) => self.uses.push(Use {
                    trunk: Arc::clone(&name),
                    what: What::Hear,
                    place: Place {
                        host: Host::Name(text.clone()),
                        port: None,
                    },
                    transport: None,
                    tls_name: None,
                }),
            }
        }
        let register = trunk.register.as_ref();
        if let Some(register) = register {
            self.uses.push(Use {
                trunk: Arc::clone(&name),
                what: What::Send(Role::Registrar, true),
                place: register.registrar.clone(),
                transport: register.transport.map(Into::into),
                tls_name: register.tls_name.clone(),
            });
        }
        let Some(out) = &trunk.outbound else { return };
        let registrar = register.map(|it| (&it.registrar, it.transport, &it.tls_name));
        let own = out.address.as_ref();
        let (place, transport, tls_name) = match (own, registrar) {
            (Some(place), _) => (place, out.transport, &out.tls_name),
            (None, Some((place, transport, name))) => {
                let own_name = out.tls_name.as_ref().map(|_| &out.tls_name);
                (place, out.transport.or(transport), own_name.unwrap_or(name))
            }
            // The check of the configuration has refused it.
            (None, None) => return,
        };
        self.uses.push(Use {
            trunk: name,
            what: What::Send(Role::Calls, register.is_some()),
            place: place.clone(),
            transport: transport.map(Into::into),
            tls_name: tls_name.clone(),
        });
    }

    /// What is to be asked of the DNS.
    pub(crate) fn questions(&self) -> Vec<Question> {
        let named = self.uses.iter().filter(|it| it.place.name().is_some());
        let mut questions: Vec<Question> = named.map(Use::question).collect();
        questions.sort();
        questions.dedup();
        questions
    }

    /// The DNS has answered.
    pub(crate) fn learn(&mut self, question: Question, found: Vec<Found>) {
        self.found.insert(question, found);
    }

    /// All addresses we send to, as far as they are known.
    pub(crate) fn targets(&self) -> Vec<Targets> {
        let of = |used: &Use| {
            let What::Send(role, _) = used.what else {
                return None;
            };
            let found = self.found.get(&used.question())?;
            let targets = found.iter().filter_map(|it| self.target(used, it));
            Some((Arc::clone(&used.trunk), role, targets.collect()))
        };
        self.uses.iter().filter_map(of).collect()
    }

    fn target(&self, used: &Use, found: &Found) -> Option<Target> {
        let local = self.locals.towards(found.transport, found.address)?;
        Some(Target {
            flow: Flow {
                transport: found.transport,
                local,
                remote: found.address,
                connection: 0,
            },
            host: used.place.in_uri(),
            rank: found.rank,
        })
    }

    /// Whose requests are which trunk's, as far as it is known.
    pub(crate) fn sources(&self) -> Vec<TrunkSource> {
        let mut all = self.networks.clone();
        for used in &self.uses {
            let found = self.found.get(&used.question());
            let found = found.filter(|_| used.what != What::Send(Role::Calls, false));
            for found in found.into_iter().flatten() {
                all.push(TrunkSource::host(&used.trunk, found.address.ip()));
            }
        }
        all
    }

    /// The names that servers must prove (RFC 5922 §4: the name that was asked for, not those it led to).
    pub(crate) fn proofs(&self) -> Vec<(SocketAddr, String)> {
        let mut all = Vec::new();
        for used in &self.uses {
            let name = used.tls_name.as_deref().or(used.place.name());
            let found = self.found.get(&used.question());
            let private = found.into_iter().flatten();
            let private = private.filter(|it| it.transport == Transport::Tls);
            all.extend(private.filter_map(|it| Some((it.address, name?.to_owned()))));
        }
        all
    }
}

impl Use {
    fn question(&self) -> Question {
        Question {
            name: self.place.host.in_uri(),
            port: self.place.port,
            transport: self.transport,
            any_service: self.what == What::Hear,
        }
    }

    /// The address, where it is written as one.
    fn fixed(&self) -> Option<Vec<Found>> {
        let Host::Address(address) = self.place.host else {
            return None;
        };
        let transport = self.transport.unwrap_or(Transport::Udp);
        let port = self.place.port.unwrap_or(gudok_dns::usual_port(transport));
        Some(vec![Found {
            transport,
            address: SocketAddr::new(address, port),
            rank: Rank::default(),
        }])
    }
}

impl From<config::Transport> for Transport {
    fn from(transport: config::Transport) -> Self {
        match transport {
            config::Transport::Udp => Self::Udp,
            config::Transport::Tcp => Self::Tcp,
            config::Transport::Tls => Self::Tls,
        }
    }
}
