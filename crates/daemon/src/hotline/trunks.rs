//! What a trunk's requests mean, and how calls leave by it.
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use gudok_dialplan::plan::Plan;
use gudok_dns::{Found, Question};
use gudok_model::{Caller, Dialled, Parsed, TrunkId};
use gudok_numbering::Numbering;
use gudok_sip::Request;
use gudok_sip::digest::Login;
use gudok_sip::endpoint::{Line, Origin, Policy, UnknownSource};
use gudok_sip::entropy::Entropy;
use gudok_sip::shield::Valve;
use gudok_sip::trunk::{self, Limits, Own, Probing, Register};

use super::down::Down;
use super::marks::Marks;
use super::reading::Reading;
use super::shown::Shown;
use super::whereabouts::{Locals, Whereabouts};
use crate::blocks::Blocks;
use crate::config::{self, Config, Unknown, WhenFull};
use crate::names::kept::Kept;
use crate::span::Span;

/// The pseudo trunk of operators' phones that dial the hotline themselves.
const PHONES: &str = "phones";

/// Every trunk's settings, where the carriers are, and the machine of the trunks' own life.
#[derive(Debug)]
pub(crate) struct Trunks {
    domain: String,
    session_expires: Option<u32>,
    trunks: BTreeMap<TrunkId, Trunk>,
    phones: Trunk,
    /// Makes the marks of withheld numbers.
    pub(super) marks: Marks,
    lines: Vec<Line>,
    /// Of which region a caller is.
    pub(super) numbering: Arc<Numbering>,
    pub(super) whereabouts: Whereabouts,
    pub(super) machine: trunk::Trunks,
    pub(super) down: Down,
    entropy: Entropy,
}

#[derive(Debug)]
struct Trunk {
    reading: Reading,
    outbound: Option<Outbound>,
    when_full: WhenFull,
}

/// How a call leaves.
#[derive(Clone, Debug)]
pub(crate) struct Outbound {
    /// What is seen of us.
    pub shown: Shown,
    /// For a carrier that challenges.
    pub login: Option<Login>,
    /// The session timer offered. Seconds.
    pub session_expires: Option<u32>,
}

/// Who calls whom, on which trunk.
#[derive(Debug)]
pub(crate) struct Heard {
    pub trunk: TrunkId,
    pub caller: Caller,
    /// Stands for the number that is kept back.
    pub withheld: Option<u64>,
    pub dialled: Dialled,
}

impl Trunks {
    /// From the configuration; passwords are read from their files. `seed`: 32 bytes of the system's randomness; `blocks`:
    /// who was blocked when the last run ended.
    ///
    /// # Errors
    /// When a password file cannot be read.
    pub(crate) fn read(
        config: &Config,
        locals: Locals,
        own: &Own,
        seed: [u8; 32],
        blocks: &Blocks,
    ) -> anyhow::Result<Self> {
        let mut entropy = Entropy::new(seed);
        let (mut trunks, mut machines, mut lines) = (BTreeMap::new(), Vec::new(), Vec::new());
        for trunk in &config.trunks {
            let name: Arc<str> = trunk.name.as_str().into();
            let register = trunk.register.as_ref();
            let register = register.map(|it| registering(&name, it, own));
            let register = register.transpose()?;
            let from_anywhere = trunk.register.as_ref().is_some_and(|it| it.from_anywhere);
            lines.extend(register.iter().map(|it| Line {
                token: it.line.clone(),
                user: it.contact_user.clone(),
                trunk: Arc::clone(&name),
                from_anywhere,
            }));
            let outbound = trunk.outbound.as_ref();
            let outbound = outbound.map(|out| outbound_of(config, trunk, out));
            trunks.insert(
                TrunkId::new(Arc::clone(&name)),
                Trunk {
                    reading: Reading::of(trunk),
                    outbound: outbound.transpose()?,
                    when_full: trunk.limits.when_full,
                },
            );
            machines.push(trunk::Config {
                name,
                register,
                probing: trunk
                    .outbound
                    .as_ref()
                    .and_then(|out| probing(out.options, out.options_every, &out.options_ok)),
                limits: limits(&trunk.limits),
            });
        }
        Ok(Self {
            domain: config.sip.realm.clone(),
            session_expires: config.sip.timer_offered(),
            trunks,
            phones: Trunk {
                reading: Reading::of_phones(),
                outbound: None,
                when_full: WhenFull::default(),
            },
            marks: Marks::new(blocks),
            lines,
            numbering: Arc::default(),
            whereabouts: Whereabouts::of(config, locals),
            machine: trunk::Trunks::new(machines, entropy.draw_seed()),
            down: Down::default(),
            entropy,
        })
    }

    /// When a carrier whose call is beyond the limits of its trunk may come again: not with all the others. Seconds.
    pub(super) fn later(&mut self) -> u64 {
        Valve::retry_after(self.entropy.draw())
    }

    /// Whether every password can be read, before anything is bound.
    ///
    /// # Errors
    /// When a password file cannot be read.
    pub(crate) fn check(config: &Config) -> anyhow::Result<()> {
        for trunk in &config.trunks {
            if let Some(register) = &trunk.register {
                password(&register.password_file)?;
            }
            if let Some(out) = &trunk.outbound {
                login(out)?;
            }
        }
        Ok(())
    }

    /// Who may speak to us, as far as the addresses are known.
    pub(crate) fn policy(&self, unknown: Unknown) -> Policy {
        Policy {
            trunks: self.whereabouts.sources(),
            lines: self.lines.clone(),
            unknown: match unknown {
                Unknown::Drop => UnknownSource::Drop,
                Unknown::Forbid => UnknownSource::Forbid,
            },
        }
    }

    /// Whether there is such a trunk.
    pub(super) fn has(&self, name: &str) -> bool {
        self.trunks.contains_key(&TrunkId::from(name))
    }

    /// What is to be asked of the DNS.
    pub(crate) fn questions(&self) -> Vec<Question> {
        self.whereabouts.questions()
    }

    /// The DNS has answered.
    pub(super) fn learn(&mut self, question: Question, found: Vec<Found>) {
        self.whereabouts.learn(question, found);
    }

    /// What an earlier run found, before the DNS has said anything.
    pub(crate) fn recall(&mut self, kept: &Kept) {
        for (question, found) in kept.all() {
            tracing::info!(name = %question.name, addresses = found.len(), "dns: the last run's answer serves until there is a new one");
            self.learn(question, found);
        }
    }

    /// The session timer that phones are offered. Seconds.
    pub(super) fn session_expires(&self) -> Option<u32> {
        self.session_expires
    }

    /// The domain of the addresses we write.
    pub(crate) fn domain(&self) -> &str {
        &self.domain
    }

    /// The trunk of an origin.
    pub(super) fn name_of(origin: &Origin) -> TrunkId {
        match origin {
            Origin::Trunk(name) => TrunkId::new(Arc::clone(name)),
            Origin::User(_) => TrunkId::from(PHONES),
        }
    }

    /// What a caller beyond the limits gets.
    pub(super) fn when_full(&self, trunk: &TrunkId) -> WhenFull {
        let trunk = self.trunks.get(trunk);
        trunk.map_or(WhenFull::default(), |trunk| trunk.when_full)
    }

    /// Who calls whom.
    pub(super) fn hear(&mut self, origin: &Origin, request: &Request, plan: &Plan) -> Heard {
        let name = Self::name_of(origin);
        let trunk = self.trunks.get(&name).unwrap_or(&self.phones);
        // A phone proved who it is; what it writes into From proves nothing.
        let (mut caller, withheld) = match origin {
            Origin::Trunk(_) => trunk.reading.caller_told(request),
            Origin::User(user) => (trunk.reading.caller_named(user), None),
        };
        caller.region = caller
            .e164()
            .and_then(|number| self.numbering.region_of(number));
        let dialled = trunk.reading.dialled_of(request, plan);
        Heard {
            trunk: name,
            caller,
            withheld: withheld.map(|number| self.marks.of(&number)),
            dialled,
        }
    }

    /// Whom an operator means by this.
    pub(super) fn dialled_by_phone(&self, user: &str) -> Parsed {
        self.phones.reading.dialled(user)
    }

    /// By which trunks a call may leave, best first: the trunk named and no other; else the one the caller came in by,
    /// then the others.
    pub(super) fn ways_out(
        &self,
        named: Option<&TrunkId>,
        came_by: Option<&TrunkId>,
    ) -> Vec<TrunkId> {
        let may = |name: &&TrunkId| self.outbound(name).is_some();
        if let Some(name) = named {
            return Some(name).filter(may).cloned().into_iter().collect();
        }
        let first = came_by.filter(may);
        let others = self.trunks.keys().filter(may);
        let others = others.filter(|name| Some(*name) != first);
        first.into_iter().chain(others).cloned().collect()
    }

    /// How a call leaves by a trunk.
    pub(super) fn outbound(&self, trunk: &TrunkId) -> Option<&Outbound> {
        self.trunks.get(trunk)?.outbound.as_ref()
    }
}

fn registering(name: &str, register: &config::Register, own: &Own) -> anyhow::Result<Register> {
    let (user, host) = (&register.user, register.registrar.in_uri());
    let password = password(&register.password_file)?;
    let secs = register.expires.0.as_secs();
    let address = format!("sip:{user}@{host}");
    Ok(Register {
        registrar: format!("sip:{host}"),
        contact_user: register.contact_user.as_ref().unwrap_or(user).clone(),
        line: trunk::line_of(&password, name, &address),
        address,
        login: Login::new(user, register.realm.as_deref(), &password),
        expires_secs: u32::try_from(secs).unwrap_or(u32::MAX),
        own: own.clone(),
        watch: probing(
            register.options,
            register.options_every,
            &register.options_ok,
        ),
    })
}

fn outbound_of(
    config: &Config,
    trunk: &config::Trunk,
    out: &config::Outbound,
) -> anyhow::Result<Outbound> {
    let register = trunk.register.as_ref();
    let login = match (login(out)?, register) {
        (Some(login), _) => Some(login),
        (None, Some(it)) => {
            let password = password(&it.password_file)?;
            Some(Login::new(&it.user, it.realm.as_deref(), &password))
        }
        (None, None) => None,
    };
    let host = register.map(|it| it.registrar.in_uri());
    let host = host.unwrap_or_else(|| config.sip.realm.clone());
    Ok(Outbound {
        shown: Shown::of(out, login.as_ref().map(Login::user), &host),
        login,
        session_expires: config.sip.timer_offered().filter(|_| out.session_timers),
    })
}

fn probing(wanted: bool, every: Span, accepted: &[u16]) -> Option<Probing> {
    wanted.then(|| Probing {
        every: every.0,
        accepted: accepted.to_vec(),
    })
}

fn limits(limits: &config::TrunkLimits) -> Limits {
    Limits {
        calls: limits.max_calls,
        in_per_second: limits.max_cps_in,
        out_per_second: limits.max_cps_out,
    }
}

/// For a carrier that challenges.
fn login(out: &config::Outbound) -> anyhow::Result<Option<Login>> {
    let (Some(user), Some(realm), Some(file)) = (&out.user, &out.realm, &out.password_file) else {
        return Ok(None);
    };
    Ok(Some(Login::new(user, Some(realm), &password(file)?)))
}

fn password(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        anyhow::anyhow!("{}: пароль транка не читается: {error}", file.display())
    })?;
    Ok(text.trim_end().to_owned())
}
