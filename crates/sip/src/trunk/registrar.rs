//! The registration of a trunk: which of the registrar's addresses has its turn, and when it is tried again.
use std::collections::VecDeque;
use std::time::Duration;

use super::target::Row;
use super::watch::Watch;
use super::{Change, Register, State, Target, is_fault, ordered};
use crate::endpoint::{Flow, Transport};
use crate::entropy::Entropy;
use crate::message::Response;
use crate::registration::{self, Output, Registration, Way};

/// While a registrar does not answer it is asked by OPTIONS whether it lives again, so that we are back within seconds of
/// its return however long the pauses between registrations have become.
pub const LOST_PROBE_EVERY: Duration = Duration::from_secs(3);
/// A registrar without an address for so long is lost: its name does not resolve.
pub const NOWHERE: Duration = Duration::from_secs(10);
/// How often it is asked that refuses us by a fault of its own (5xx): it lives, and is left in peace. Where the questions
/// fail too, an answer to one of them says that it is well again.
pub const UNWELL_PROBE_EVERY: Duration = Duration::from_secs(30);
/// How long such a question may take: two datagrams.
pub const LOST_PROBE_WAIT: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) enum Word {
    Send(Flow, Vec<u8>),
    Changed(Change),
}

#[derive(Debug)]
pub(super) struct Registrar {
    register: Register,
    seed: [u8; 32],
    rows: Vec<Row>,
    /// None until the addresses are known.
    machine: Option<Registration>,
    current: Option<Target>,
    /// The connection on which the registrar answered.
    connection: u64,
    registered: bool,
    /// Told that it is lost: once an episode.
    told_lost: bool,
    /// Addresses that failed since the last pause.
    failed_in_a_row: usize,
    /// The last failure was silence, or no connection: a sign of life is news.
    silent: bool,
    /// The last failure was a fault of the server: 5xx, or 408.
    unwell: bool,
    /// A question was not answered since the last sign of life that shortened a pause. A server that lives but does not
    /// register us, however it fails, is asked at the ends of the pauses alone.
    was_dead: bool,
    /// The address to be chosen next is asked at once.
    moves_on: bool,
    probe_at: Option<Duration>,
    /// When to tell that no address is known.
    nowhere_at: Option<Duration>,
    withdrawing: bool,
    /// The address that has our contact, between two registrations.
    pub(super) watch: Watch,
    pub(super) words: VecDeque<Word>,
}

impl Registrar {
    pub(super) fn new(register: Register, seed: [u8; 32]) -> Self {
        Self {
            watch: Watch::new(register.watch.clone()),
            register,
            seed,
            rows: Vec::new(),
            machine: None,
            current: None,
            connection: 0,
            registered: false,
            told_lost: false,
            failed_in_a_row: 0,
            silent: false,
            unwell: false,
            was_dead: false,
            moves_on: false,
            probe_at: None,
            nowhere_at: Some(NOWHERE),
            withdrawing: false,
            words: VecDeque::new(),
        }
    }

    pub(super) fn is_registered(&self) -> bool {
        self.registered
    }

    pub(super) fn is_withdrawn(&self) -> bool {
        let asks = self.machine.as_ref().is_some_and(Registration::is_asking);
        !self.registered && !asks
    }

    pub(super) fn set_targets(&mut self, now: Duration, targets: Vec<Target>) {
        self.rows = Row::renewed(std::mem::take(&mut self.rows), targets);
        if self.withdrawing {
            return;
        }
        let nowhere = || self.nowhere_at.unwrap_or(now + NOWHERE);
        self.nowhere_at = self.rows.is_empty().then(nowhere);
        let flow = self.current.as_ref().map(|it| it.flow);
        let stays = self.rows.iter().any(|row| Some(row.target.flow) == flow);
        if !stays && self.current.take().is_some() {
            // The name means another server now: it does not know us. Who refused us is not asked more often for it.
            self.connection = 0;
            self.watch.end();
            self.moves_on = self.silent && !self.registered;
            if let Some(machine) = &mut self.machine {
                machine.flow_lost(now);
            }
        }
    }

    pub(super) fn withdraw(&mut self, now: Duration) {
        self.withdrawing = true;
        (self.probe_at, self.nowhere_at) = (None, None);
        self.watch.end();
        if let Some(machine) = &mut self.machine {
            machine.withdraw(now);
        }
    }

    /// Serves what is due; the address to ask, when it is time to.
    pub(super) fn handle_timeout(&mut self, now: Duration) -> Option<Target> {
        if let Some(machine) = self.machine.as_mut().filter(|_| self.current.is_some()) {
            machine.handle_timeout(now);
        }
        if self.nowhere_at.take_if(|at| *at <= now).is_some() {
            self.lost(0);
        }
        self.probe_at.take_if(|at| *at <= now)?;
        self.current.clone()
    }

    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        let machine = self.machine.as_ref().filter(|_| self.current.is_some());
        let next = machine.and_then(Registration::poll_timeout);
        let others = self.probe_at.into_iter().chain(self.nowhere_at);
        let others = others.chain(self.watch.poll_timeout());
        next.into_iter().chain(others).min()
    }

    /// A response; true when it is ours.
    pub(super) fn heard(&mut self, now: Duration, flow: Flow, response: &Response) -> bool {
        let known = self.rows.iter().any(|row| {
            let remote = row.target.flow.remote;
            remote.ip().to_canonical() == flow.remote.ip().to_canonical()
        });
        let Some(machine) = self.machine.as_mut().filter(|_| known) else {
            return false;
        };
        let ours = machine.handle_response(now, response);
        if ours {
            self.connection = flow.connection;
        }
        ours
    }

    pub(super) fn flow_closed(&mut self, now: Duration, closed: Flow) {
        let Some(current) = &self.current else { return };
        let same = closed.transport == current.flow.transport
            && closed.remote == current.flow.remote
            && (closed.connection == 0 || [0, closed.connection].contains(&self.connection));
        if same && let Some(machine) = &mut self.machine {
            self.connection = 0;
            machine.flow_lost(now);
        }
    }

    /// The registrar lives: no use in waiting, where it was silent before. Once for each time it was.
    pub(super) fn shows_life(&mut self, now: Duration) {
        if self.registered || self.withdrawing || !(self.silent && self.was_dead) {
            return;
        }
        if let Some(machine) = &mut self.machine {
            (self.probe_at, self.was_dead) = (None, false);
            machine.hasten(now);
        }
    }

    /// The trunk, which was down by its probes, answers them well again. Where we are registered it may have forgotten us:
    /// a carrier that was started anew often has.
    pub(super) fn is_up_again(&mut self, now: Duration) {
        if self.registered {
            return self.confirm(now);
        }
        self.was_dead |= self.unwell;
        self.is_well(now);
    }

    /// An address does not answer probes any more. Where it has our contact the registration has to prove itself, so that
    /// another address of the name has its turn in seconds, not at the next refresh.
    pub(super) fn is_down(&mut self, now: Duration, flow: Flow) {
        if self.registered && self.current.as_ref().is_some_and(|it| it.flow == flow) {
            self.confirm(now);
        }
    }

    fn confirm(&mut self, now: Duration) {
        if let Some(machine) = self.machine.as_mut().filter(|_| !self.withdrawing) {
            machine.confirm(now);
        }
    }

    /// The address that has our contact was asked, and answered so, or not.
    pub(super) fn watched(&mut self, now: Duration, flow: Flow, status: Option<u16>) {
        if !self.registered || self.withdrawing {
            return;
        }
        let Some(probed) = self.watch.probed(now, flow, status) else {
            return;
        };
        let (state, is_new) = (probed.state, probed.before != probed.state);
        match state {
            State::Up if probed.is_back => self.is_up_again(now),
            State::Down if is_new => self.is_down(now, flow),
            State::Unknown | State::Up | State::Down | State::Held => {}
        }
        if is_new {
            self.tell(Change::Target { flow, state });
        }
    }

    fn is_well(&mut self, now: Duration) {
        if self.silent || self.registered || self.withdrawing || !(self.unwell && self.was_dead) {
            return self.shows_life(now);
        }
        if let Some(machine) = &mut self.machine {
            (self.probe_at, self.was_dead) = (None, false);
            machine.revive(now);
        }
    }

    /// A question was answered so, or not. Whoever was silent lives by any word but 503; whoever fails has to answer well.
    pub(super) fn probed(&mut self, now: Duration, status: Option<u16>) {
        if self.registered || self.withdrawing {
            return;
        }
        let well = |status: u16| match self.unwell {
            true => !is_fault(status),
            false => status != 503,
        };
        if status.is_some_and(well) {
            self.is_well(now);
        } else {
            self.was_dead = true;
            self.probe_at = Some(now + self.probe_every());
        }
    }

    fn probe_every(&self) -> Duration {
        match self.silent {
            true => LOST_PROBE_EVERY,
            false => UNWELL_PROBE_EVERY,
        }
    }

    /// Chooses an address where there is none, and carries what the registration says.
    pub(super) fn settle(&mut self, now: Duration, entropy: &mut Entropy) {
        loop {
            self.choose(now, entropy);
            let Some(machine) = &mut self.machine else {
                return;
            };
            let Some(output) = machine.poll_output() else {
                return;
            };
            self.carry(now, output);
        }
    }

    fn carry(&mut self, now: Duration, output: Output) {
        match output {
            Output::Send(bytes) => {
                if let Some(current) = &self.current {
                    self.words.push_back(Word::Send(current.flow, bytes));
                }
            }
            Output::Registered(granted) => self.succeeded(now, granted),
            Output::Failed(_) if self.withdrawing => self.registered = false,
            Output::Failed(status) => self.failed(now, status),
            Output::Withdrawn => self.registered = false,
        }
    }

    fn succeeded(&mut self, now: Duration, granted: Duration) {
        if let Some(row) = self.current_row() {
            row.works(now);
        }
        (self.failed_in_a_row, self.probe_at) = (0, None);
        (self.silent, self.unwell, self.was_dead) = (false, false, false);
        self.told_lost = false;
        if !std::mem::replace(&mut self.registered, true) {
            self.tell(Change::Registered { granted });
        }
        let current = self.current.as_ref();
        let revived = current.filter(|it| self.watch.begin(now, it));
        if let Some(flow) = revived.map(|it| it.flow) {
            let state = State::Unknown;
            self.tell(Change::Target { flow, state });
        }
    }

    fn lost(&mut self, status: u16) {
        self.registered = false;
        self.watch.end();
        if !std::mem::replace(&mut self.told_lost, true) {
            self.tell(Change::Unregistered { status });
        }
    }

    fn tell(&mut self, change: Change) {
        self.words.push_back(Word::Changed(change));
    }

    fn failed(&mut self, now: Duration, status: u16) {
        self.lost(status);
        self.silent = status == 0;
        let by_server = matches!(status, 0 | 408 | 500..=599);
        self.unwell = by_server && !self.silent;
        if !by_server {
            self.probe_at = None;
            return;
        }
        let silence = self.machine.as_ref().map_or(now, Registration::silence);
        self.probe_at = Some(silence.max(now + self.probe_every()));
        if let Some(row) = self.current_row() {
            row.failed(now, silence.checked_sub(now).filter(|wait| !wait.is_zero()));
        }
        self.failed_in_a_row += 1;
        if self.rows.len() < 2 {
            return;
        }
        // Another address of the same name: at once, unless all had their turn (RFC 3263 §4.3).
        self.current = None;
        self.connection = 0;
        self.moves_on = self.failed_in_a_row < self.rows.len();
        if !self.moves_on {
            self.failed_in_a_row = 0;
        }
    }

    fn current_row(&mut self) -> Option<&mut Row> {
        let flow = self.current.as_ref()?.flow;
        self.rows.iter_mut().find(|row| row.target.flow == flow)
    }

    fn choose(&mut self, now: Duration, entropy: &mut Entropy) {
        if self.current.is_some() || self.rows.is_empty() {
            return;
        }
        let Some(chosen) = self.best(now, entropy) else {
            return;
        };
        let way = self.way(chosen.flow);
        let moves_on = std::mem::take(&mut self.moves_on);
        let of_chosen = self.rows.iter().find(|row| row.target.flow == chosen.flow);
        let silence = of_chosen.map_or(Duration::ZERO, Row::silent_until);
        match &mut self.machine {
            Some(machine) => {
                machine.set_way(way, silence);
                if moves_on {
                    machine.retry(now);
                }
            }
            None if self.withdrawing => return,
            None => {
                let Register {
                    registrar,
                    address,
                    login,
                    expires_secs,
                    ..
                } = self.register.clone();
                let config = registration::Config {
                    registrar,
                    address,
                    login,
                    expires_secs,
                };
                self.machine = Some(Registration::new(config, way, self.seed));
            }
        }
        self.current = Some(chosen);
    }

    /// Of those that are not known to fail; else of those that did not ask for silence; else the one whose silence ends
    /// first.
    fn best(&self, now: Duration, entropy: &mut Entropy) -> Option<Target> {
        let of = |fits: &dyn Fn(&Row) -> bool| {
            let rows = self.rows.iter().filter(|row| fits(row));
            rows.map(|row| row.target.clone()).collect::<Vec<Target>>()
        };
        let mut targets = of(&|row| row.is_good(now));
        if targets.is_empty() {
            targets = of(&|row| row.is_last_resort(now));
        }
        let chosen = ordered(entropy, targets, |it| it.rank).into_iter().next();
        let soonest = || self.rows.iter().min_by_key(|row| row.silent_until());
        chosen.or_else(|| soonest().map(|row| row.target.clone()))
    }

    fn way(&self, flow: Flow) -> Way {
        let transport = flow.transport;
        let Register {
            contact_user,
            line,
            own,
            ..
        } = &self.register;
        let (sent_by, named) = (own.towards(flow), transport.name());
        let parameter = match transport {
            Transport::Udp => String::new(),
            _ => format!(";transport={}", named.to_lowercase()),
        };
        Way {
            contact: format!("<sip:{contact_user}@{sent_by}{parameter};line={line}>"),
            sent_by,
            transport,
        }
    }
}
