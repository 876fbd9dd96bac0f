//! One question, asked to its end.
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

use crate::{Found, Question, usual_port};

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

/// Addresses, and until when they are good.
pub(crate) type Answer = (Vec<Found>, Instant);

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

    /// Asks everything a question needs.
    ///
    /// # Errors
    /// [`ResolveError`]; what was found before is as good as it was.
    pub(crate) async fn resolve(&self, question: &Question) -> Result<Answer, ResolveError> {
        let mut asking = Asking {
            resolver: self,
            found: Vec::new(),
            good_until: None,
        };
        asking.whole(question).await?;
        match asking.good_until {
            Some(until) if !asking.found.is_empty() => {
                asking.found.truncate(FOUND_MAX);
                Ok((asking.found, until))
            }
            _ => Err(ResolveError::Nothing),
        }
    }
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
    found: Vec<Found>,
    /// That of the answer that ends first.
    good_until: Option<Instant>,
}

impl Asking<'_> {
    /// RFC 3263 §4.1 and §4.2.
    async fn whole(&mut self, question: &Question) -> Result<(), ResolveError> {
        let Question {
            name,
            port,
            transport,
            any_service,
        } = question;
        if *any_service {
            return self.everything(name).await;
        }
        if let Some(port) = port {
            let transport = transport.unwrap_or(Transport::Udp);
            return self.hosts(name, *port, transport, Rank::default()).await;
        }
        if let Some(transport) = transport {
            self.services(&service_of(name, *transport), *transport)
                .await?;
        } else {
            self.any_transport(name).await?;
        }
        if !self.found.is_empty() {
            return Ok(());
        }
        let transport = transport.unwrap_or(Transport::Udp);
        self.hosts(name, usual_port(transport), transport, Rank::default())
            .await
    }

    /// The domain's wish by NAPTR; without one, what has SRV records, in our order.
    async fn any_transport(&mut self, name: &str) -> Result<(), ResolveError> {
        let mut wishes = self.wishes(name).await?;
        let wished = !wishes.is_empty();
        if !wished {
            let each = [Transport::Udp, Transport::Tcp, Transport::Tls]
                .map(|it| (service_of(name, it), it));
            wishes.extend(each);
        }
        for (service, transport) in wishes {
            if self.resolver.able.speaks(transport) {
                self.services(&service, transport).await?;
            }
            if !self.found.is_empty() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The services that NAPTR names, best first.
    async fn wishes(&mut self, name: &str) -> Result<Vec<(String, Transport)>, ResolveError> {
        let records = self.records(name, RecordType::NAPTR).await?;
        let mut wishes: Vec<(u16, u16, String, Transport)> = records
            .into_iter()
            .filter_map(|data| match data {
                RData::NAPTR(naptr) => wish(&naptr),
                _ => None,
            })
            .collect();
        wishes.sort_by_key(|(order, preference, ..)| (*order, *preference));
        Ok(wishes
            .into_iter()
            .map(|(_, _, service, transport)| (service, transport))
            .collect())
    }

    /// The servers of a service (RFC 2782).
    async fn services(&mut self, service: &str, transport: Transport) -> Result<(), ResolveError> {
        let records = self.records(service, RecordType::SRV).await?;
        for data in records.into_iter().take(FOUND_MAX) {
            let RData::SRV(SRV {
                priority,
                weight,
                port,
                target,
                ..
            }) = data
            else {
                continue;
            };
            // "Decidedly not available at this domain".
            if target.is_root() {
                continue;
            }
            let rank = Rank { priority, weight };
            self.hosts(&target.to_utf8(), port, transport, rank).await?;
        }
        Ok(())
    }

    async fn hosts(
        &mut self,
        name: &str,
        port: u16,
        transport: Transport,
        rank: Rank,
    ) -> Result<(), ResolveError> {
        let able = self.resolver.able;
        let kinds = [(able.v4, RecordType::A), (able.v6, RecordType::AAAA)];
        for (_, kind) in kinds.into_iter().filter(|(able, _)| *able) {
            for data in self.records(name, kind).await? {
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
        Ok(())
    }

    /// All addresses of a name: its own, and those of its services.
    async fn everything(&mut self, name: &str) -> Result<(), ResolveError> {
        for transport in [Transport::Udp, Transport::Tcp, Transport::Tls] {
            self.services(&service_of(name, transport), transport)
                .await?;
        }
        self.hosts(name, 0, Transport::Udp, Rank::default()).await
    }

    /// The records of a name; none where there are none.
    async fn records(&mut self, name: &str, kind: RecordType) -> Result<Vec<RData>, ResolveError> {
        let whole = format!("{}.", name.trim_end_matches('.'));
        match self.resolver.dns.lookup(whole, kind).await {
            Ok(lookup) => {
                let until = lookup.valid_until();
                self.good_until = Some(self.good_until.map_or(until, |it| it.min(until)));
                Ok(of_kind(&lookup, kind))
            }
            Err(error) if error.is_no_records_found() && !is_failure(&error) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
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

/// A NAPTR record that leads to a service we know of (RFC 3263 §4.1).
fn wish(naptr: &NAPTR) -> Option<(u16, u16, String, Transport)> {
    if !naptr.flags.eq_ignore_ascii_case(b"s") {
        return None;
    }
    let transport = match naptr.services.to_ascii_uppercase().as_slice() {
        b"SIP+D2U" => Transport::Udp,
        b"SIP+D2T" => Transport::Tcp,
        b"SIPS+D2T" => Transport::Tls,
        _ => return None,
    };
    let service = naptr.replacement.to_utf8();
    Some((naptr.order, naptr.preference, service, transport))
}
