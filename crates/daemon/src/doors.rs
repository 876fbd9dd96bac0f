//! Where the daemon listens, and what it says of itself there.
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use gudok_sip::endpoint::{self, Policy, Transport};
use gudok_sip::trunk::Own;
use gudok_wire::provider::{Family, Provider};
use gudok_wire::sip::{Limits, Origins, SipSockets};
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use crate::certificates::Tls;
use crate::config::Config;
use crate::listen::PerFamily;

/// Where the daemon listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses {
    pub sip: SocketAddr,
    /// SIP over the other family, where it is on.
    pub sip6: Option<SocketAddr>,
    /// SIP over TLS, where it is on.
    pub tls: Option<SocketAddr>,
    /// The same over the other family.
    pub tls6: Option<SocketAddr>,
    /// SIP over WebSockets, openly.
    pub ws: Option<SocketAddr>,
    /// SIP over WebSockets and TLS.
    pub wss: Option<SocketAddr>,
    pub cti: SocketAddr,
    pub web: SocketAddr,
}

impl Addresses {
    pub(crate) fn of(
        sip: &SipSockets,
        cti: &TcpListener,
        web: &TcpListener,
    ) -> std::io::Result<Self> {
        Ok(Self {
            sip: sip.udp_local(),
            sip6: sip.locals(Transport::Udp).nth(1),
            tls: sip.tls_local(),
            tls6: sip.locals(Transport::Tls).nth(1),
            ws: sip.locals(Transport::Ws).next(),
            wss: sip.locals(Transport::Wss).next(),
            cti: cti.local_addr()?,
            web: web.local_addr()?,
        })
    }
}

impl Addresses {
    /// Those that are not always there.
    pub(crate) fn further(&self) -> [Option<SocketAddr>; 5] {
        [self.sip6, self.tls, self.tls6, self.ws, self.wss]
    }
}

/// All that is bound.
pub(crate) struct Doors {
    pub sip: SipSockets,
    /// The desks'.
    pub cti: TcpListener,
    /// The pages', of the office's runtime.
    pub web: TcpListener,
}

impl Doors {
    /// Binds what the configuration names, or takes what was handed over. Within the line's runtime.
    ///
    /// # Errors
    /// With the address that cannot be bound.
    pub(crate) fn open(config: &Config, tls: &Tls, office: &Handle) -> anyhow::Result<Self> {
        let mut provider =
            Provider::inheriting(std::process::id(), |name| std::env::var(name).ok());
        let sip = open_sip(config, &mut provider, tls)?;
        let cti = listen(&mut provider, "cti", config.cti.listen)?;
        let _office = office.enter();
        let web = listen(&mut provider, "web", config.web.listen)?;
        Ok(Self { sip, cti, web })
    }
}

fn open_sip(config: &Config, provider: &mut Provider, tls: &Tls) -> anyhow::Result<SipSockets> {
    let (udp, tcp) = (config.sip.listen.all(), config.sip.listen_tcp.as_ref());
    let tcp = tcp.map_or(&[][..], PerFamily::all);
    let limits = Limits::default();
    let mut sockets = SipSockets::open(provider, udp, tcp, limits)
        .with_context(|| format!("SIP на {} не открывается", list(udp)))?;
    let listen = config.sip.tls.as_ref().and_then(|tls| tls.listen.as_ref());
    if let (Some(listen), Some(certificates)) = (listen, &tls.certificates) {
        sockets
            .listen_tls(provider, listen.all(), certificates, limits)
            .with_context(|| format!("SIP TLS на {} не открывается", list(listen.all())))?;
    }
    if let Some(ws) = &config.sip.ws {
        let certificates = tls.certificates.as_ref();
        let open = ws.listen.iter().map(|listen| (listen, None));
        let private = ws.listen_tls.iter().map(|listen| (listen, certificates));
        for (listen, certificates) in open.chain(private) {
            let (listen, origins) = (listen.all(), Origins::new(&ws.origins));
            sockets
                .listen_ws(provider, listen, certificates, origins, limits)
                .with_context(|| format!("SIP WebSocket на {} не открывается", list(listen)))?;
        }
    }
    if let Some(trust) = &tls.trust {
        sockets.call_tls(trust.clone(), Limits::default())?;
    }
    Ok(sockets)
}

fn list(addresses: &[SocketAddr]) -> String {
    let named: Vec<String> = addresses.iter().map(SocketAddr::to_string).collect();
    named.join(", ")
}

/// Where peers reach us: each listener at the advertised address of its family, or of both families.
fn contacts(config: &Config, sockets: &SipSockets, transport: Transport) -> Vec<SocketAddr> {
    let alone = sockets.locals(transport).count() == 1;
    let of = |local: SocketAddr| {
        let both = alone && local.is_ipv6() && local.ip().is_unspecified();
        let other = both.then_some(!local.is_ipv6());
        let families = [Some(local.is_ipv6()), other].into_iter().flatten();
        families.filter_map(move |v6| Some(SocketAddr::new(config.advertised(v6)?, local.port())))
    };
    sockets.locals(transport).flat_map(of).collect()
}

/// Every transport we speak.
const TRANSPORTS: [Transport; 5] = [
    Transport::Udp,
    Transport::Tcp,
    Transport::Tls,
    Transport::Ws,
    Transport::Wss,
];

/// Where we are reached by each transport.
pub(crate) fn reached_at(config: &Config, sockets: &SipSockets) -> Own {
    let all = TRANSPORTS.into_iter().flat_map(|transport| {
        let found = contacts(config, sockets, transport);
        found.into_iter().map(move |address| (transport, address))
    });
    Own(all.collect())
}

/// What the SIP machine is made with.
pub(crate) fn endpoint_config(
    config: &Config,
    sockets: &SipSockets,
    own: Own,
    policy: Policy,
) -> endpoint::Config {
    let first = |transport| {
        let found = contacts(config, sockets, transport);
        found.first().map(SocketAddr::to_string)
    };
    endpoint::Config {
        contact_udp: first(Transport::Udp).unwrap_or_else(|| sockets.udp_local().to_string()),
        contact_tcp: first(Transport::Tcp),
        contact_tls: first(Transport::Tls),
        contacts: own.0,
        prack: config.sip.prack,
        realm: config.sip.realm.clone(),
        agent: concat!("gudok/", env!("CARGO_PKG_VERSION")).into(),
        policy,
        nonce_life: Duration::from_secs(300),
        expires_secs: (60, 3_600),
        // A call has a caller's session and, while it rings at a group, one for each phone.
        sessions_max: config.limits.calls.saturating_mul(4),
        t1: Duration::from_millis(500),
    }
}

fn listen(provider: &mut Provider, name: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = provider
        .tcp(name, address, Family::Both)
        .with_context(|| format!("{name}: {address} не открывается"))?;
    Ok(TcpListener::from_std(listener)?)
}
