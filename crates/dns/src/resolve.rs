//! One question, asked to its end.
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use gudok_sip::endpoint::Transport;
use gudok_sip::trunk::Rank;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::rdata::{NAPTR, SRV};
use hickory_resolver::proto::rr::{RData, RecordType};

use crate::{Found, Question, STALE_MAX, usual_port};

/// Most addresses taken of one name; the rest is not used.
pub const FOUND_MAX: usize = 16;
/// How long one server may take for one query; two tries.
pub const LOOKUP_TIME: Duration = Duration::from_secs(2);

/// What we can speak; names are not resolved to what we cannot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Able {
    /// TCP.
    pub tcp: bool,
    /// TLS.
    pub tls: bool,
    /// IPv4.
    pub v4: bool,
    /// IPv6.
    pub v6: bool,
}

impl Able {
    fn speaks(self, transport: Transport) -> bool {
        match transport {
            Transport::Udp => true,
            Transport::Tcp => self.tcp,
            Transport::Tls => self.tls,
            // Browsers' alone.
            Transport::Ws | Transport::Wss => false,
        }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The name has no address of a kind we can speak to.
    #[error("the name has no address of use")]
    Nothing,
    /// The domain says by NAPTR that it is spoken to in these ways alone.
    #[error("the domain wants {0}, which is not set up here")]
    Unable(String),
    /// No server answered, or it failed.
    #[error("the DNS does not answer: {0}")]
    Dns(#[from] NetError),
}

/// Asks the DNS.
#[derive(Clone)]
pub struct Resolver {
    dns: TokioResolver,
    able: Able,
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Resolver({:?})", self.able)
    }
}

/// What was found, and how long it is good.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Best first; at most [`FOUND_MAX`].
    pub(crate) found: Vec<Found>,
    /// None: nothing of it is fresh.
    pub(crate) until: Option<Instant>,
    /// The first of the queries that failed; what it said the last time stands in its place.
    pub(crate) failed: Option<ResolveError>,
}

/// What each query of a question last said: a server that fails says nothing of a name, so this holds, for a day.
#[derive(Debug, Default)]
pub(crate) struct Memory(BTreeMap<(String, RecordType), (Vec<RData>, Instant)>);

impl Resolver {
    /// Asks these servers; none: those of the system. Within a tokio runtime.
    ///
    /// # Errors
    /// When the system's settings cannot be read.
    pub fn new(servers: &[SocketAddr], able: Able) -> Result<Self, ResolveError> {
        let mut builder = if servers.is_empty() {
            TokioResolver::builder_tokio()?
        } else {
            let servers = servers.iter().map(server).collect();
            let config = ResolverConfig::from_parts(None, Vec::new(), servers);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        };
        let options: &mut ResolverOpts = builder.options_mut();
        options.timeout = LOOKUP_TIME;
        options.attempts = 1;
        Ok(Self {
            dns: builder.build()?,
            able,
        })
    }

    /// Asks everything a question needs. A query that fails does not take the others with it: what it said the last time
    /// stands in its place, else nothing.
    ///
    /// # Errors
    /// [`ResolveError`] where nothing at all was found; what was found before is as good as it was.
    pub(crate) async fn resolve(
        &self,
        question: &Question,
        memory: &mut Memory,
    ) -> Result<Answer, ResolveError> {
        let mut asking = Asking {
            resolver: self,
            before: std::mem::take(memory),
            said: Memory::default(),
            found: Vec::new(),
            good_until: None,
            failed: None,
        };
        let unable = asking.whole(question).await;
        *memory = asking.said;
        if asking.found.is_empty() {
            return Err(asking.failed.or(unable).unwrap_or(ResolveError::Nothing));
        }
        best_first(&mut asking.found, |it| it.rank);
        asking.found.truncate(FOUND_MAX);
        Ok(Answer {
            found: asking.found,
            until: asking.good_until,
            failed: asking.failed,
        })
    }
}

/// By priority; within one the heaviest first, so that it is not what is cut off.
fn best_first<T>(all: &mut [T], rank: impl Fn(&T) -> Rank) {
    all.sort_by_key(|it| (rank(it).priority, Reverse(rank(it).weight)));
}

fn server(address: &SocketAddr) -> NameServerConfig {
    let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
    for connection in &mut connections {
        connection.port = address.port();
    }
    let mut server = NameServerConfig::udp(address.ip());
    server.connections = connections;
    server
}

struct Asking<'a> {
    resolver: &'a Resolver,
    /// Of the last time.
    before: Memory,
    /// Of this time; what is not asked any more is forgotten.
    said: Memory,
    found: Vec<Found>,
    /// That of the answer that ends first.
    good_until: Option<Instant>,
    failed: Option<ResolveError>,
}

impl Asking<'_> {
    /// RFC 3263 §4.1 and §4.2. What is wrong with the name, where it is not the DNS.
    async fn whole(&mut self, question: &Question) -> Option<ResolveError> {
        let Question {
            name,
            port,
            transport,
            any_service,
        } = question;
        if *any_service {
            self.everything(name).await;
            return None;
        }
        if let Some(port) = port {
            let transport = transport.unwrap_or(Transport::Udp);
            self.hosts(name, *port, transport, Rank::default()).await;
            return None;
        }
        let transport = match transport {
            Some(transport) => {
                self.services(&service_of(name, *transport), *transport)
                    .await;
                *transport
            }
            None => match self.any_transport(name).await {
                Ok(transport) => transport,
                Err(unable) => return Some(unable),
            },
        };
        if self.found.is_empty() {
            self.hosts(name, usual_port(transport), transport, Rank::default())
                .await;
        }
        None
    }

    /// The domain's wish by NAPTR; without one, what has SRV records, in our order. Gives the transport for the name's own
    /// addresses, should no service have led anywhere.
    ///
    /// # Errors
    /// The domain wants what we cannot speak, and nothing else: it is not to be spoken to in another way.
    async fn any_transport(&mut self, name: &str) -> Result<Transport, ResolveError> {
        let able = self.resolver.able;
        let wishes = self.wishes(name).await;
        let wanted: BTreeSet<&str> = wishes.iter().map(|it| it.transport.name()).collect();
        let wanted = wanted.into_iter().collect::<Vec<&str>>().join(", ");
        let mut wishes = of_first_order(wishes, able);
        if wishes.is_empty() && !wanted.is_empty() {
            return Err(ResolveError::Unable(wanted));
        }
        let own = wishes.first().map_or(Transport::Udp, |(_, it)| *it);
        if wishes.is_empty() {
            let each = [Transport::Udp, Transport::Tcp, Transport::Tls];
            let each = each.into_iter().filter(|it| able.speaks(*it));
            wishes.extend(each.map(|it| (service_of(name, it), it)));
        }
        for (service, transport) in wishes {
            self.services(&service, transport).await;
            if !self.found.is_empty() {
                break;
            }
        }
        Ok(own)
    }

    /// The services that NAPTR names, best first.
    async fn wishes(&mut self, name: &str) -> Vec<Wish> {
        let records = self.records(name, RecordType::NAPTR).await;
        let mut wishes: Vec<Wish> = records
            .into_iter()
            .filter_map(|data| match data {
                RData::NAPTR(naptr) => wish(&naptr),
                _ => None,
            })
            .collect();
        wishes.sort_by_key(|it| (it.order, it.preference));
        wishes
    }

    /// The servers of a service (RFC 2782); beyond [`FOUND_MAX`] the worst are left out.
    async fn services(&mut self, service: &str, transport: Transport) {
        let records = self.records(service, RecordType::SRV).await;
        let mut servers: Vec<SRV> = records
            .into_iter()
            .filter_map(|data| match data {
                // "Decidedly not available at this domain".
                RData::SRV(srv) if !srv.target.is_root() => Some(srv),
                _ => None,
            })
            .collect();
        best_first(&mut servers, rank_of);
        for srv in servers.into_iter().take(FOUND_MAX) {
            let host = srv.target.to_utf8();
            self.hosts(&host, srv.port, transport, rank_of(&srv)).await;
        }
    }

    async fn hosts(&mut self, name: &str, port: u16, transport: Transport, rank: Rank) {
        let able = self.resolver.able;
        let kinds = [(able.v4, RecordType::A), (able.v6, RecordType::AAAA)];
        for (_, kind) in kinds.into_iter().filter(|(able, _)| *able) {
            for data in self.records(name, kind).await {
                let address = match data {
                    RData::A(address) => IpAddr::V4(address.0),
                    RData::AAAA(address) => IpAddr::V6(address.0),
                    _ => continue,
                };
                // Nobody else's packets are to be caught by what a zone says.
                if address.is_unspecified() || address.is_multicast() {
                    continue;
                }
                self.found.push(Found {
                    transport,
                    address: SocketAddr::new(address, port),
                    rank,
                });
            }
        }
    }

    /// All addresses of a name: its own, and those of its services.
    async fn everything(&mut self, name: &str) {
        for transport in [Transport::Udp, Transport::Tcp, Transport::Tls] {
            self.services(&service_of(name, transport), transport).await;
        }
        self.hosts(name, 0, Transport::Udp, Rank::default()).await;
    }

    /// The records of a name; none where there are none. Where the server fails: those it had.
    async fn records(&mut self, name: &str, kind: RecordType) -> Vec<RData> {
        let name = name.trim_end_matches('.');
        let answer = self.resolver.dns.lookup(format!("{name}."), kind).await;
        let now = Instant::now();
        let (records, at) = match answer {
            Ok(lookup) => {
                let until = lookup.valid_until();
                self.good_until = Some(self.good_until.map_or(until, |it| it.min(until)));
                (of_kind(&lookup, kind), now)
            }
            Err(error) if error.is_no_records_found() && !is_failure(&error) => (Vec::new(), now),
            Err(error) => {
                self.failed.get_or_insert(error.into());
                let known = self.before.0.get(&(name.to_owned(), kind));
                let young = |at: Instant| now.saturating_duration_since(at) < STALE_MAX;
                match known.filter(|(_, at)| young(*at)) {
                    Some(known) => known.clone(),
                    None => return Vec::new(),
                }
            }
        };
        let said = (records.clone(), at);
        self.said.0.insert((name.to_owned(), kind), said);
        records
    }
}

fn rank_of(srv: &SRV) -> Rank {
    Rank {
        priority: srv.priority,
        weight: srv.weight,
    }
}

fn of_kind(lookup: &Lookup, kind: RecordType) -> Vec<RData> {
    let answers = lookup.answers().iter();
    let fitting = answers.filter(|record| record.record_type() == kind);
    fitting.map(|record| record.data.clone()).collect()
}

/// A server that fails says nothing of the name.
fn is_failure(error: &NetError) -> bool {
    use hickory_resolver::net::DnsError;
    use hickory_resolver::proto::op::ResponseCode;
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => !matches!(
            none.response_code,
            ResponseCode::NoError | ResponseCode::NXDomain
        ),
        _ => true,
    }
}

fn service_of(name: &str, transport: Transport) -> String {
    match transport {
        Transport::Udp => format!("_sip._udp.{name}"),
        Transport::Tcp => format!("_sip._tcp.{name}"),
        _ => format!("_sips._tcp.{name}"),
    }
}

/// A NAPTR record that leads to a service we know of.
#[derive(Debug)]
struct Wish {
    order: u16,
    preference: u16,
    service: String,
    transport: Transport,
}

/// The services we can speak to, of the first order that has any: records of a higher one are not looked at once one has
/// matched, even where it leads nowhere (RFC 3403 §4.1).
fn of_first_order(mut wishes: Vec<Wish>, able: Able) -> Vec<(String, Transport)> {
    wishes.retain(|it| able.speaks(it.transport));
    let first = wishes.first().map(|it| it.order);
    wishes.retain(|it| Some(it.order) == first);
    let named = wishes.into_iter();
    named.map(|it| (it.service, it.transport)).collect()
}

/// RFC 3263 §4.1.
fn wish(naptr: &NAPTR) -> Option<Wish> {
    if !naptr.flags.eq_ignore_ascii_case(b"s") {
        return None;
    }
    let transport = match naptr.services.to_ascii_uppercase().as_slice() {
        b"SIP+D2U" => Transport::Udp,
        b"SIP+D2T" => Transport::Tcp,
        b"SIPS+D2T" => Transport::Tls,
        _ => return None,
    };
    Some(Wish {
        order: naptr.order,
        preference: naptr.preference,
        service: naptr.replacement.to_utf8(),
        transport,
    })
}
