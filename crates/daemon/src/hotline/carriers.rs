//! The trunks' own life, carried: registrations, probes and names go out and come back; what changed is logged.
use std::sync::Arc;

use gudok_dns::{Found, Question};
use gudok_model::{Mono, TrunkId};
use gudok_sip::endpoint::{Command, Origin, Session, TrunkSource};
use gudok_sip::trunk::{Change, Direction, Input, Output, Role, State};

use super::Hotline;
use super::trunks::Trunks;
use crate::config::WhenFull;

/// Longest a stop waits for registrars to let us go.
const WITHDRAW_MAX: std::time::Duration = std::time::Duration::from_secs(2);

impl Hotline {
    /// What is known before the first answer of the DNS: addresses that are written as such.
    pub(super) fn open_trunks(&mut self) {
        self.aim_trunks();
    }

    /// The DNS has answered. Calls under way stay where they are.
    pub(super) fn found(&mut self, question: Question, found: Vec<Found>) {
        self.trunks.learn(question, found);
        let sources = self.trunks.whereabouts.sources();
        self.command_sip(Command::Sources(sources));
        self.aim_trunks();
    }

    fn aim_trunks(&mut self) {
        for (address, name) in self.trunks.whereabouts.proofs() {
            self.sockets.expect_name(address, &name);
        }
        let all = self.trunks.whereabouts.targets();
        let targets = all.iter().flat_map(|(_, _, targets)| targets);
        let hosts = targets.map(|it| it.flow.remote.ip().to_canonical());
        self.reception.expects_alone(hosts.collect());
        let called_at = all.iter().flat_map(|(trunk, _, targets)| {
            targets
                .iter()
                .map(|it| TrunkSource::host(trunk, it.flow.remote.ip()))
        });
        let called_at = called_at.collect();
        self.command_sip(Command::CalledAt(called_at));
        for (trunk, role, targets) in all {
            let input = Input::Targets {
                trunk: &trunk,
                role,
                targets,
            };
            self.trunks
                .machine
                .handle_input(self.clock.elapsed(), input);
        }
    }

    pub(super) fn trunk_input(&mut self, input: Input<'_>) {
        self.trunks
            .machine
            .handle_input(self.clock.elapsed(), input);
    }

    pub(super) fn trunk_output(&mut self, output: Output) {
        match output {
            Output::Send { flow, bytes } => self.sockets.send(flow, bytes),
            Output::Probe(probe) => self.command_sip(Command::Probe(probe)),
            Output::Changed { trunk, change } => self.trunk_changed(&trunk, &change),
        }
    }

    fn trunk_changed(&mut self, trunk: &Arc<str>, change: &Change) {
        match change {
            Change::Registered { granted } => {
                tracing::info!(%trunk, granted_secs = granted.as_secs(), "trunk registered");
            }
            Change::Unregistered { status } => {
                self.metrics.alarm("trunk_unregistered");
                tracing::error!(%trunk, status, "trunk not registered: no calls come from it");
            }
            Change::Target { flow, state } => {
                let (remote, state_name) = (flow.remote, state.name());
                match state {
                    State::Up => tracing::info!(%trunk, %remote, "trunk address is up"),
                    State::Unknown => {
                        tracing::info!(%trunk, %remote, "trunk address answers REGISTER, if not OPTIONS");
                    }
                    State::Down | State::Held => {
                        tracing::warn!(%trunk, %remote, state = state_name, "trunk address fails");
                    }
                }
            }
        }
        self.alarm_if_down(trunk);
    }

    /// One alarm when the last way out has failed, one when the address has that holds our registration.
    fn alarm_if_down(&mut self, trunk: &Arc<str>) {
        let all = self.trunks.machine.standing(self.clock.elapsed());
        let Some(standing) = all.iter().find(|it| it.trunk == *trunk) else {
            return;
        };
        for role in self.trunks.down.learn(standing) {
            self.metrics.alarm("trunk_down");
            match role {
                Role::Calls => tracing::error!(%trunk, "no address of the trunk works"),
                Role::Registrar => {
                    tracing::error!(%trunk, "the trunk's registrar fails: no call may come in");
                }
            }
        }
    }

    /// Whether a new call fits into its trunk; if not, it is refused here, and nothing more is known of it.
    pub(super) fn fits(&mut self, session: Session, origin: &Origin) -> bool {
        let trunk = Trunks::name_of(origin);
        let (now, calls) = (self.clock.elapsed(), self.legs.count(&trunk));
        let machine = &mut self.trunks.machine;
        let admitted = machine.admit(now, trunk.as_str(), Direction::In, calls);
        machine.handle_input(now, Input::Called(trunk.as_str()));
        let Err(full) = admitted else { return true };
        tracing::warn!(%trunk, %full, "a call meets the limits of its trunk");
        self.metrics.trunk_full(trunk.as_str(), "in", full);
        // The call is in no record; `gudok ladder --refused` tells why by what we have said.
        let mut headers = vec![("Warning".to_owned(), full.warning().to_owned())];
        let status = match self.trunks.when_full(&trunk) {
            WhenFull::Busy => 486,
            WhenFull::Unavailable => {
                let later = self.trunks.later().to_string();
                headers.push(("Retry-After".to_owned(), later));
                503
            }
        };
        self.command_sip(Command::Refuse {
            session,
            status,
            headers,
        });
        false
    }

    /// How the trunks stand, for the pages.
    pub(super) fn trunks_status(&self) -> serde_json::Value {
        let standing = self.trunks.machine.standing(self.clock.elapsed());
        let trunks = standing.into_iter().map(|it| {
            let calls = self.legs.count(&TrunkId::new(Arc::clone(&it.trunk)));
            let targets = it.addresses();
            let targets =
                targets.map(|(flow, state)| (flow.remote.to_string(), state.name().into()));
            let targets: serde_json::Map<String, serde_json::Value> = targets.collect();
            let told = serde_json::json!({
                "registered": it.registered,
                "targets": targets,
                "calls": calls,
            });
            self.metrics.trunk(&it);
            (it.trunk.to_string(), told)
        });
        trunks.collect::<serde_json::Map<_, _>>().into()
    }

    /// Whether a stop need not wait for the registrars any more.
    pub(super) fn has_left(&self, now: Mono, since: Mono) -> bool {
        self.trunks.machine.is_withdrawn() || now.since(since) >= WITHDRAW_MAX
    }
}
