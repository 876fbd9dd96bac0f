//! What a trunk's requests mean, and how calls leave by it.
use std::collections::BTreeMap;
use std::net::SocketAddr;

use gudok_dialplan::plan::Plan;
use gudok_model::number::parse;
use gudok_model::{
    Caller, DialFormat, Dialled, IdentitySource, NumberRules, Parsed, PhoneNumber, Presentation,
    TrunkId,
};
use gudok_sip::Request;
use gudok_sip::digest::{Algorithm, ha1};
use gudok_sip::endpoint::{Credential, Flow, Origin, Transport};
use gudok_sip::identity::{self, CallerSource, DialledSource, Settings, extract};

use super::signalling::bounded;
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
    caller: Vec<CallerSource>,
    dialled: Vec<DialledSource>,
    default_did: Option<PhoneNumber>,
    rules: NumberRules,
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
    ) -> anyhow::Result<Self> {
        let mut trunks = BTreeMap::new();
        for trunk in &config.trunks {
            let outbound = trunk
                .outbound
                .as_ref()
                .map(|out| outbound(out, udp, tcp))
                .transpose()?;
            let rules = NumberRules {
                home_code: trunk.home_code.as_ref().map(|code| code.0.clone()),
                strip: trunk.strip.as_ref().map(|prefix| prefix.0.clone()),
            };
            let read = Trunk {
                caller: trunk.caller.iter().copied().map(caller_source).collect(),
                dialled: trunk.dialled.iter().copied().map(dialled_source).collect(),
                default_did: trunk.default_did.as_ref().map(|did| did.0.clone()),
                rules,
                outbound,
            };
            trunks.insert(TrunkId::new(trunk.name.as_str()), read);
        }
        let phones = Trunk {
            caller: vec![CallerSource::From],
            dialled: vec![DialledSource::RequestUri],
            default_did: None,
            rules: NumberRules::default(),
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

    /// Who calls whom. Of the headers that may hold the dialled number the first one that has a number of ours
    /// wins, since 8-800 calls often arrive under a technical number (russia.md).
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
            Origin::Trunk(_) => trunk.caller_of(request),
            Origin::User(user) => Caller {
                number: parse(user, &trunk.rules),
                display: None,
                presentation: Presentation::Allowed,
                asserted_by: IdentitySource::From,
            },
        };
        let dialled = trunk.dialled_of(request, plan);
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

impl Trunk {
    fn caller_of(&self, request: &Request) -> Caller {
        let settings = Settings {
            caller: self.caller.clone(),
            dialled: Vec::new(),
            default_dialled: None,
        };
        let found = extract(request, &settings);
        let presentation = match found.presentation {
            identity::Presentation::Allowed => Presentation::Allowed,
            identity::Presentation::Restricted => Presentation::Restricted,
            identity::Presentation::Unavailable => Presentation::Unavailable,
        };
        let asserted_by = match found.caller_source {
            CallerSource::From => IdentitySource::From,
            CallerSource::AssertedIdentity => IdentitySource::Pai,
            CallerSource::RemotePartyId => IdentitySource::Rpid,
        };
        Caller {
            number: parse(&found.caller_raw, &self.rules),
            display: found.caller_display.as_deref().map(bounded),
            presentation,
            asserted_by,
        }
    }

    fn dialled_of(&self, request: &Request, plan: &Plan) -> Dialled {
        let found: Vec<Dialled> = self
            .dialled
            .iter()
            .map(|source| self.dialled_in(request, *source))
            .collect();
        let is_ours = |parsed: &Parsed| {
            parsed
                .e164
                .as_ref()
                .is_some_and(|number| plan.number(number).is_some())
        };
        if let Some(ours) = found.iter().find(|dialled| is_ours(&dialled.number)) {
            return ours.clone();
        }
        let default = self.default_did.as_ref().map(|did| Dialled {
            number: parse(did.as_str(), &self.rules),
            found_in: IdentitySource::TrunkDefault,
        });
        default
            .or_else(|| found.into_iter().next())
            .unwrap_or_else(|| Dialled {
                number: parse("", &self.rules),
                found_in: IdentitySource::RequestUri,
            })
    }

    fn dialled_in(&self, request: &Request, source: DialledSource) -> Dialled {
        let settings = Settings {
            caller: Vec::new(),
            dialled: vec![source],
            default_dialled: None,
        };
        let raw = extract(request, &settings).dialled_raw;
        let found_in = match source {
            DialledSource::RequestUri => IdentitySource::RequestUri,
            DialledSource::To => IdentitySource::To,
            DialledSource::Diversion => IdentitySource::Diversion,
            DialledSource::HistoryInfo => IdentitySource::HistoryInfo,
            DialledSource::Default => IdentitySource::TrunkDefault,
        };
        Dialled {
            number: parse(&raw, &self.rules),
            found_in,
        }
    }
}

fn outbound(
    out: &config::Outbound,
    udp: SocketAddr,
    tcp: Option<SocketAddr>,
) -> anyhow::Result<Outbound> {
    let (transport, local) = match out.transport {
        config::Transport::Udp => (Transport::Udp, udp),
        config::Transport::Tcp => (Transport::Tcp, tcp.unwrap_or(udp)),
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

fn caller_source(source: config::CallerSource) -> CallerSource {
    match source {
        config::CallerSource::From => CallerSource::From,
        config::CallerSource::Pai => CallerSource::AssertedIdentity,
        config::CallerSource::Rpid => CallerSource::RemotePartyId,
    }
}

fn dialled_source(source: config::DialledSource) -> DialledSource {
    match source {
        config::DialledSource::RequestUri => DialledSource::RequestUri,
        config::DialledSource::To => DialledSource::To,
        config::DialledSource::Diversion => DialledSource::Diversion,
        config::DialledSource::HistoryInfo => DialledSource::HistoryInfo,
    }
}
