//! Where the daemon listens, and what it says of itself there.
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use gudok_sip::endpoint::{self, Policy};
use gudok_sip::trunk::Own;
use gudok_wire::provider::Provider;
use gudok_wire::sip::{Limits, SipSockets};
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use crate::certificates::Tls;
use crate::config::Config;

/// Where the daemon listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses {
    pub sip: SocketAddr,
    /// SIP over TLS, where it is on.
    pub tls: Option<SocketAddr>,
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
            tls: sip.tls_local(),
            cti: cti.local_addr()?,
            web: web.local_addr()?,
        })
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
    let (udp, tcp) = (config.sip.listen, config.sip.listen_tcp);
    let mut sockets = SipSockets::open(provider, udp, tcp, Limits::default())
        .with_context(|| format!("SIP на {udp} не открывается"))?;
    let listen = config.sip.tls.as_ref().and_then(|tls| tls.listen);
    if let (Some(listen), Some(certificates)) = (listen, &tls.certificates) {
        sockets
            .listen_tls(provider, listen, certificates, Limits::default())
            .with_context(|| format!("SIP TLS на {listen} не открывается"))?;
    }
    if let Some(trust) = &tls.trust {
        sockets.call_tls(trust.clone(), Limits::default())?;
    }
    Ok(sockets)
}

/// Where we are reached by each transport.
pub(crate) fn reached_at(config: &Config, sockets: &SipSockets) -> Own {
    let contact =
        |local: SocketAddr| SocketAddr::new(config.advertised(), local.port()).to_string();
    Own {
        udp: contact(sockets.udp_local()),
        tcp: sockets.tcp_local().map(contact),
        tls: sockets.tls_local().map(contact),
    }
}

/// What the SIP machine is made with.
pub(crate) fn endpoint_config(config: &Config, own: Own, policy: Policy) -> endpoint::Config {
    endpoint::Config {
        contact_udp: own.udp,
        contact_tcp: own.tcp,
        contact_tls: own.tls,
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
        .tcp(name, address)
        .with_context(|| format!("{name}: {address} не открывается"))?;
    Ok(TcpListener::from_std(listener)?)
}
