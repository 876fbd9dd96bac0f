//! The trunks' own life, without sockets: registrations, probes, which address a call goes to and which comes next when
//! that one fails, how much a trunk carries.
//!
//! Beside the endpoint, since none of it belongs to a call. Run loop: after each `handle_input` or `handle_timeout` drain
//! `poll_output`, then ask `poll_timeout`. A target is never refused a call on the word of probes alone: when all are
//! down the call goes to one of them all the same.
mod contract;
mod limits;
mod one;
mod order;
mod register;
mod registrar;
mod target;
#[cfg(test)]
mod tests;
mod watch;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::endpoint::{Flow, Probe};
use crate::entropy::Entropy;
use contract::is_fault;
pub use contract::{Change, Config, Hop, Input, Outcome, Output, Probing, Role, Standing};
use limits::Bucket;
pub use limits::{Direction, Full, Limits};
use one::{Asked, Trunk};
pub use order::{Rank, ordered, taking_turns};
pub use register::{Own, Register, line_of};
use registrar::Registrar;
pub use registrar::{LOST_PROBE_EVERY, LOST_PROBE_WAIT, NOWHERE, UNWELL_PROBE_EVERY};
use target::Row;
pub use target::{HOLD, PROBE_AGAIN, PROBES_FAILED, State, Target};

/// Most addresses of one role of a trunk; of a longer answer of the DNS the rest is not used.
pub const TARGETS_MAX: usize = 16;
/// Most addresses tried for one call, over all trunks.
pub const TRIES_MAX: usize = 4;
/// Most trunks tried for one call: the one wanted and one more. Those without an address of use are not among them.
pub const TRUNKS_TRIED: usize = 2;
/// How long a probe may take.
pub const PROBE_WAIT: Duration = Duration::from_secs(4);
/// How long the first answer to a call may take, be it 100; then the next address has its turn.
pub const FIRST_ANSWER: Duration = Duration::from_secs(4);
/// How long the first word of the callee's side (180–199, or a final answer) may take where another address is left; then
/// that one has its turn. A carrier that says 100 and nothing else has lost the call.
pub const FIRST_PROGRESS: Duration = Duration::from_secs(12);

/// All trunks.
#[derive(Debug)]
pub struct Trunks {
    trunks: BTreeMap<Arc<str>, Trunk>,
    entropy: Entropy,
    /// Probes under way: whose, and what for.
    probes: BTreeMap<u64, (Arc<str>, Asked)>,
    last_probe: u64,
    /// Of all trunks; asked for after every message.
    next: Option<Duration>,
    outputs: VecDeque<Output>,
}

impl Trunks {
    /// Nothing happens before the first [`Input::Targets`]. `seed`: 32 bytes of the system's randomness.
    pub fn new(configs: Vec<Config>, seed: [u8; 32]) -> Self {
        let mut entropy = Entropy::new(seed);
        let trunks = configs.into_iter().map(|config| {
            let seed = entropy.draw_seed();
            let trunk = Trunk {
                registrar: config.register.map(|it| Registrar::new(it, seed)),
                name: Arc::clone(&config.name),
                rows: Vec::new(),
                probing: config.probing,
                limits: config.limits,
                coming: config.limits.in_per_second.map(Bucket::new),
                going: config.limits.out_per_second.map(Bucket::new),
            };
            (config.name, trunk)
        });
        Self {
            trunks: trunks.collect(),
            entropy,
            probes: BTreeMap::new(),
            last_probe: 0,
            // To be asked at once for what is due when.
            next: Some(Duration::ZERO),
            outputs: VecDeque::new(),
        }
    }

    /// Takes one input.
    pub fn handle_input(&mut self, now: Duration, input: Input<'_>) {
        match input {
            Input::Targets {
                trunk,
                role,
                targets,
            } => self.set_targets(now, trunk, role, targets),
            Input::Probed {
                id,
                status,
                retry_after,
            } => self.probed(now, id, status, retry_after),
            Input::Registrar { flow, response } => {
                let mut registrars = self
                    .trunks
                    .values_mut()
                    .filter_map(|it| it.registrar.as_mut());
                registrars.any(|it| it.heard(now, flow, response));
            }
            Input::FlowClosed(flow) => {
                let registrars = self
                    .trunks
                    .values_mut()
                    .filter_map(|it| it.registrar.as_mut());
                registrars.for_each(|it| it.flow_closed(now, flow));
            }
            Input::Called(trunk) => {
                let trunk = self.trunks.get_mut(trunk);
                if let Some(registrar) = trunk.and_then(|it| it.registrar.as_mut()) {
                    registrar.shows_life(now);
                }
            }
            Input::Tried {
                trunk,
                flow,
                outcome,
            } => self.tried(now, trunk, flow, outcome),
            Input::Withdraw => {
                let registrars = self
                    .trunks
                    .values_mut()
                    .filter_map(|it| it.registrar.as_mut());
                registrars.for_each(|it| it.withdraw(now));
            }
        }
        self.collect(now);
    }

    /// Serves what is due.
    pub fn handle_timeout(&mut self, now: Duration) {
        for trunk in self.trunks.values_mut() {
            for (id, asked, target) in trunk.due(now, &mut self.last_probe) {
                self.probes.insert(id, (Arc::clone(&trunk.name), asked));
                let wait = match asked {
                    Asked::Lost => LOST_PROBE_WAIT,
                    Asked::Calls | Asked::Watched(_) => PROBE_WAIT,
                };
                self.outputs.push_back(ask(id, &target, wait));
            }
        }
        self.collect(now);
    }

    /// The next output, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Self::handle_timeout`] is due next.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.next
    }

    fn earliest(&self) -> Option<Duration> {
        let of = |trunk: &Trunk| {
            let rows = trunk.rows.iter().filter(|row| row.probe.is_none());
            let probes = rows.filter_map(|row| row.probe_at).min();
            let registrar = trunk.registrar.as_ref().and_then(Registrar::poll_timeout);
            probes.into_iter().chain(registrar).min()
        };
        self.trunks.values().filter_map(of).min()
    }

    /// Whether one more call fits; `calls` are there already. Counts it into the rate.
    ///
    /// # Errors
    /// With what is full.
    pub fn admit(
        &mut self,
        now: Duration,
        trunk: &str,
        direction: Direction,
        calls: usize,
    ) -> Result<(), Full> {
        let Some(trunk) = self.trunks.get_mut(trunk) else {
            return Ok(());
        };
        if trunk.limits.calls.is_some_and(|most| calls >= most) {
            return Err(Full::Calls);
        }
        let bucket = match direction {
            Direction::In => &mut trunk.coming,
            Direction::Out => &mut trunk.going,
        };
        match bucket.as_mut().map(|bucket| bucket.take(now)) {
            Some(false) => Err(Full::Rate),
            _ => Ok(()),
        }
    }

    /// Whether one more call out would be admitted now; nothing is counted.
    pub fn has_room(&self, now: Duration, trunk: &str, calls: usize) -> bool {
        let Some(trunk) = self.trunks.get(trunk) else {
            return true;
        };
        let full = trunk.limits.calls.is_some_and(|most| calls >= most);
        let mut going = trunk.going.clone();
        !full && going.as_mut().is_none_or(|bucket| bucket.take(now))
    }

    /// The addresses to try for a call, in order: of the first [`TRUNKS_TRIED`] trunks that have any those that are not
    /// known to fail, IPv6 and IPv4 in turns; then one that is, rather than none. At most [`TRIES_MAX`].
    pub fn route(&mut self, now: Duration, trunks: &[&str]) -> VecDeque<Hop> {
        let (mut good, mut poor) = (Vec::new(), None);
        let mut used = 0;
        for name in trunks {
            let Some(trunk) = self.trunks.get(*name) else {
                continue;
            };
            let mut hops = |fits: &dyn Fn(&Row) -> bool| {
                let rows = trunk.rows.iter().filter(|row| fits(row));
                let targets = rows.map(|row| row.target.clone()).collect();
                let ordered = ordered(&mut self.entropy, targets, |it| it.rank);
                let is_v6 = |it: &Target| it.flow.remote.is_ipv6();
                let ordered = taking_turns(ordered, |it| it.rank, is_v6);
                let trunk = &trunk.name;
                let hops = ordered.into_iter().map(|target| Hop {
                    trunk: Arc::clone(trunk),
                    target,
                });
                hops.collect::<Vec<Hop>>()
            };
            let found = hops(&|row| row.is_good(now));
            poor = poor.or_else(|| hops(&|row| row.is_last_resort(now)).into_iter().next());
            used += usize::from(!found.is_empty());
            good.extend(found);
            if used == TRUNKS_TRIED {
                break;
            }
        }
        good.truncate(TRIES_MAX - 1);
        good.extend(poor);
        good.into()
    }

    /// How all trunks stand.
    pub fn standing(&self, now: Duration) -> Vec<Standing> {
        self.trunks.values().map(|it| it.standing(now)).collect()
    }

    /// Whether no registrar still has to be told that we go.
    pub fn is_withdrawn(&self) -> bool {
        let mut registrars = self.trunks.values().filter_map(|it| it.registrar.as_ref());
        registrars.all(Registrar::is_withdrawn)
    }

    fn set_targets(&mut self, now: Duration, trunk: &str, role: Role, mut targets: Vec<Target>) {
        let Some(trunk) = self.trunks.get_mut(trunk) else {
            return;
        };
        targets.sort_by_key(|it| it.rank.priority);
        targets.truncate(TARGETS_MAX);
        if role == Role::Registrar {
            if let Some(registrar) = &mut trunk.registrar {
                registrar.set_targets(now, targets);
            }
            return;
        }
        trunk.rows = Row::renewed(std::mem::take(&mut trunk.rows), targets);
        let Some(probing) = &trunk.probing else {
            return;
        };
        let every = u64::try_from(probing.every.as_millis()).unwrap_or(u64::MAX);
        for row in trunk.rows.iter_mut().filter(|row| row.probe_at.is_none()) {
            // Not all at once, and the first ones soon.
            let wait = self.entropy.below(every.min(1_000));
            row.probe_at = Some(now + Duration::from_millis(wait));
        }
    }

    fn probed(
        &mut self,
        now: Duration,
        id: u64,
        status: Option<u16>,
        retry_after: Option<Duration>,
    ) {
        let Some((name, asked)) = self.probes.remove(&id) else {
            return;
        };
        let Some(trunk) = self.trunks.get_mut(&name) else {
            return;
        };
        if asked != Asked::Calls {
            if let Some(registrar) = &mut trunk.registrar {
                match asked {
                    Asked::Watched(flow) => registrar.watched(now, flow, status),
                    Asked::Lost | Asked::Calls => registrar.probed(now, status),
                }
            }
            return;
        }
        let row = trunk.rows.iter_mut().find(|row| row.probe == Some(id));
        let (Some(row), Some(probing)) = (row, &trunk.probing) else {
            return;
        };
        let before = row.state(now);
        // A call that failed there holds it before its probes say that it is down.
        let was_ill = before == State::Down || (before == State::Held && row.is_missed());
        row.probed(now, status.is_some_and(|it| probing.accepts(it)), probing);
        if status == Some(503) && retry_after.is_some() {
            row.failed(now, retry_after);
        }
        let (state, flow) = (row.state(now), row.target.flow);
        if let Some(registrar) = &mut trunk.registrar {
            match state {
                State::Up if was_ill => registrar.is_up_again(now),
                State::Down if before != state => registrar.is_down(now, flow),
                State::Unknown | State::Up | State::Down | State::Held => {}
            }
        }
        self.tell_target(&name, flow, before, state);
    }

    fn tried(&mut self, now: Duration, trunk: &str, flow: Flow, outcome: Outcome) {
        let Some(trunk) = self.trunks.get_mut(trunk) else {
            return;
        };
        let name = Arc::clone(&trunk.name);
        let Some(row) = trunk.rows.iter_mut().find(|row| row.target.flow == flow) else {
            return;
        };
        let before = row.state(now);
        match outcome {
            Outcome::Works => row.works(now),
            Outcome::Failed(retry_after) => row.failed(now, retry_after),
        }
        let state = row.state(now);
        self.tell_target(&name, flow, before, state);
    }

    fn tell_target(&mut self, trunk: &Arc<str>, flow: Flow, before: State, state: State) {
        if before != state {
            let trunk = Arc::clone(trunk);
            let change = Change::Target { flow, state };
            self.outputs.push_back(Output::Changed { trunk, change });
        }
    }

    /// What the registrars say.
    fn collect(&mut self, now: Duration) {
        for trunk in self.trunks.values_mut() {
            let Some(registrar) = &mut trunk.registrar else {
                continue;
            };
            registrar.settle(now, &mut self.entropy);
            while let Some(word) = registrar.words.pop_front() {
                self.outputs.push_back(match word {
                    registrar::Word::Send(flow, bytes) => Output::Send { flow, bytes },
                    registrar::Word::Changed(change) => Output::Changed {
                        trunk: Arc::clone(&trunk.name),
                        change,
                    },
                });
            }
        }
        self.next = self.earliest();
    }
}

/// The OPTIONS of a probe.
fn ask(id: u64, target: &Target, wait: Duration) -> Output {
    Output::Probe(Probe {
        id,
        uri: format!("sip:{}", target.host),
        flow: target.flow,
        wait,
    })
}
