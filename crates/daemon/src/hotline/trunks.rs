//! What a trunk's requests mean, and how calls leave by it.
use std::collections::BTreeMap;
use std::net::SocketAddr;

use gudok_dialplan::plan::Plan;
use gudok_model::{Caller, DialFormat, Dialled, PhoneNumber, TrunkId};
use gudok_sip::Request;
use gudok_sip::digest::{Algorithm, ha1};
use gudok_sip::endpoint::{Credential, Flow, Origin, Transport};

use super::reading::Reading;
use crate::config::{self, Config};

/// The pseudo trunk of operators' phones that dial the hotline themselves.
const PHONES: &str = "phones";

/// Every trunk's settings.
#[derive(Debug)]
pub(crate) struct Trunks {
    domain: String,
    trunks: BTreeMap<TrunkId, Trunk>,
    phones: Trunk,
}

#[derive(Debug)]
struct Trunk {
    reading: Reading,
    outbound: Option<Outbound>,
}

/// How a call leaves.
#[derive(Clone, Debug)]
pub(crate) struct Outbound {
    /// Where the packets go.
    pub flow: Flow,
    /// The number shown: ours, by contract.
    pub number: PhoneNumber,
    /// How this carrier wants numbers written.
    pub format: DialFormat,
    /// For a carrier that challenges.
    pub credential: Option<Credential>,
}

/// Who calls whom, on which trunk.
#[derive(Debug)]
pub(crate) struct Heard {
    pub trunk: TrunkId,
    pub caller: Caller,
    pub dialled: Dialled,
}

impl Trunks {
    /// From the configuration. `local` is our address per transport; passwords are read from their files.
    ///
    /// # Errors
    /// When a password file cannot be read.
    pub(crate) fn read(
        config: &Config,
        udp: SocketAddr,
        tcp: Option<SocketAddr>,
        tls: Option<SocketAddr>,
    ) -> anyhow::Result<Self> {
        let mut trunks = BTreeMap::new();
        for trunk in &config.trunks {
            let outbound = trunk
                .outbound
                .as_ref()
                .map(|out| outbound(out, udp, tcp, tls))
                .transpose()?;
            let reading = Reading::of(trunk);
            let read = Trunk { reading, outbound };
            trunks.insert(TrunkId::new(trunk.name.as_str()), read);
        }
        let phones = Trunk {
            reading: Reading::of_phones(),
            outbound: None,
        };
        Ok(Self {
            domain: config.sip.realm.clone(),
            trunks,
            phones,
        })
    }

    /// Whether every password can be read, before anything is bound.
    ///
    /// # Errors
    /// When a password file cannot be read.
    pub(crate) fn check(config: &Config) -> anyhow::Result<()> {
        let outbound = config
            .trunks
            .iter()
            .filter_map(|trunk| trunk.outbound.as_ref());
        outbound
            .map(credential)
            .try_for_each(|found| found.map(drop))
    }

    /// The domain of the addresses we write.
    pub(crate) fn domain(&self) -> &str {
        &self.domain
    }

    /// Who calls whom.
    pub(super) fn hear(&self, origin: &Origin, request: &Request, plan: &Plan) -> Heard {
        let (name, trunk) = match origin {
            Origin::Trunk(name) => (TrunkId::new(std::sync::Arc::clone(name)), None),
            Origin::User(_) => (TrunkId::from(PHONES), Some(&self.phones)),
        };
        let trunk = trunk
            .or_else(|| self.trunks.get(&name))
            .unwrap_or(&self.phones);
        // A phone proved who it is; what it writes into From proves nothing.
        let caller = match origin {
            Origin::Trunk(_) => trunk.reading.caller_of(request),
            Origin::User(user) => trunk.reading.caller_named(user),
        };
        let dialled = trunk.reading.dialled_of(request, plan);
        Heard {
            trunk: name,
            caller,
            dialled,
        }
    }

    /// How a call leaves: by the trunk named, by the one the caller came in by, or by the first that may.
    pub(super) fn outbound(
        &self,
        named: Option<&TrunkId>,
        came_by: Option<&TrunkId>,
    ) -> Option<Outbound> {
        let by_name = |name: &TrunkId| self.trunks.get(name)?.outbound.clone();
        match named {
            Some(name) => by_name(name),
            None => came_by
                .and_then(by_name)
                .or_else(|| self.trunks.values().find_map(|t| t.outbound.clone())),
        }
    }
}

fn outbound(
    out: &config::Outbound,
    udp: SocketAddr,
    tcp: Option<SocketAddr>,
    tls: Option<SocketAddr>,
) -> anyhow::Result<Outbound> {
    let (transport, local) = match out.transport {
        config::Transport::Udp => (Transport::Udp, udp),
        config::Transport::Tcp => (Transport::Tcp, tcp.unwrap_or(udp)),
        config::Transport::Tls => (Transport::Tls, tls.unwrap_or(udp)),
    };
    let flow = Flow {
        transport,
        local,
        remote: out.address,
        connection: 0,
    };
    Ok(Outbound {
        flow,
        number: out.number.0.clone(),
        format: out.dial_format,
        credential: credential(out)?,
    })
}

/// For a carrier that challenges. Hashed with *its* realm: with ours no carrier would take it.
fn credential(out: &config::Outbound) -> anyhow::Result<Option<Credential>> {
    let (Some(user), Some(realm), Some(file)) = (&out.user, &out.realm, &out.password_file) else {
        return Ok(None);
    };
    let password = std::fs::read_to_string(file).map_err(|error| {
        anyhow::anyhow!("{}: пароль транка не читается: {error}", file.display())
    })?;
    let hash = |algorithm| ha1(algorithm, user, realm, password.trim_end());
    Ok(Some(Credential {
        user: user.clone(),
        ha1_md5: Some(hash(Algorithm::Md5)),
        ha1_sha256: Some(hash(Algorithm::Sha256)),
    }))
}
