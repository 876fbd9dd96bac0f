//! The living hotline: one task that owns the SIP machine and the switchboard and carries values between them,
//! the sockets, the media threads, the journal and the desks. It decides nothing.
mod admin;
pub(crate) mod at_doors;
pub(crate) mod audio;
mod behind;
mod calendars;
mod calling;
mod carriers;
mod consultations;
mod curt;
mod desks;
mod dial;
pub(crate) mod directed;
mod down;
mod expiry;
mod floor;
mod legs;
mod marks;
mod outside;
mod paper;
mod passing;
mod perform;
mod probe;
pub(crate) mod promised;
pub(crate) mod reading;
mod reception;
mod rooms;
pub(crate) mod schedules;
mod seeing;
pub(crate) mod shifts;
pub(crate) mod shown;
pub(crate) mod signalling;
mod sound;
pub(crate) mod tap;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod trunks;
mod unwritten;
mod voices;
mod walls;
pub(crate) mod whereabouts;

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use gudok_calendar::{Acceptance, Override};
use gudok_dialplan::plan::Plan;
use gudok_model::{
    Asked, CallEvent, CallId, EndCause, LegId, Mono, Name, Now, OpenRequest, OperatorId,
    PhoneNumber, ProjectId, RefusalWord, RequestWord,
};
use gudok_sip::endpoint::{Endpoint, Input as SipInput, Output as SipOutput};
use gudok_sip::registrar::KeptContact;
use gudok_sip::trunk;
use gudok_switchboard::desk::CommandResult;
use gudok_switchboard::dial_out::DialOut;
use gudok_switchboard::{Input, Output, Probe, SpentBefore, Switchboard, ToSpeaker};
use gudok_wire::sip::{Certificates, SipSockets};
use tokio::sync::{mpsc, watch};

use crate::blocks::Blocks;
use crate::clock::Clock;
use crate::config::Phones;
use crate::control::Ask;
use crate::metrics::Metrics;
use crate::phones_kept;
use crate::records::PlanRecord;
use crate::shadow::Eye;
use crate::upkeep::{Served, Upkeep};
use crate::voice::Voice;
use crate::web::Status;
use calendars::Calendars;
use calling::Calling;
pub(crate) use calling::Dialled;
use expiry::Expiry;
use legs::Legs;
pub(crate) use paper::Paper;
use paper::Word;
use promised::{Closing, RequestKey, Told, Whose};
use reception::Reception;
use schedules::{Done, Wish};
pub(crate) use seeing::Seeing;
use seeing::Who;
use shifts::{AcceptedShift, Accepting, NotTaken};
pub(crate) use sound::Sound;
use trunks::Trunks;
pub(crate) use voices::Voices;
use walls::Walls;

/// Events of the media threads taken in one turn, so that the others have theirs.
const MEDIA_EVENTS_A_TURN: usize = 64;
/// Calls that bugs may end in one run. A panic ends one call; but a machine that broke so often is started anew (the
/// supervisor restarts the process).
const PANICS_MAX: u32 = 50;
/// SIP timers are told up to so much late, so that many share a wake-up: each call leaves half a dozen that end what
/// absorbs repetitions, and the shortest that repeats something is 500 ms (RFC 3261 T1).
const SIP_GRID_MS: u64 = 20;
/// Machine steps in one turn; more is a livelock, which must show itself and not hang the daemon.
const STEPS_A_TURN: usize = 100_000;

/// Longest a stop waits, after the last leg, for measures of legs and seals of recordings. What comes later is told at
/// the next start, from the journal of the recordings.
const LAST_WORDS_MAX: Duration = Duration::from_secs(10);

/// What the hotline is made of; [`Hotline::new`] takes it whole.
pub(crate) struct Parts {
    pub clock: Clock,
    pub sockets: SipSockets,
    pub endpoint: Endpoint,
    /// So that nobody can tell which sources the table of sources keeps.
    pub source_seed: u64,
    pub switchboard: Switchboard,
    pub plan: Arc<Plan>,
    pub voices: Voices,
    pub sound: Sound,
    pub paper: Paper,
    pub bridge: gudok_cti::Bridge,
    pub lookups: crate::lookups::Lookups,
    pub trunks: Trunks,
    pub phones: Phones,
    /// Where phones are, for the next run.
    pub phone_book: phones_kept::Book,
    /// What the sums of each line are counted in.
    pub currencies: BTreeMap<PhoneNumber, String>,
    /// Shown over TLS, where something is.
    pub certificates: Option<Certificates>,
    pub seeing: Seeing,
    pub metrics: Metrics,
    pub status: Status,
}

/// The queues the hotline listens to; all bounded by their makers.
pub(crate) struct Ears {
    pub media: mpsc::Receiver<gudok_media::control::Event>,
    pub desks: mpsc::Receiver<gudok_cti::CtiInput>,
    pub lookups: mpsc::Receiver<Input>,
    pub recordings: mpsc::Receiver<gudok_recorder::Event>,
    pub durable: watch::Receiver<u64>,
    pub orders: mpsc::Receiver<Order>,
    /// How many of the orders are the start's own: they lie first.
    pub at_start: usize,
}

/// What the rest of the daemon asks of the hotline.
#[derive(Debug)]
pub(crate) enum Order {
    /// A new plan is in force for new calls.
    Plan(
        Arc<Plan>,
        Box<PlanRecord>,
        tokio::sync::oneshot::Sender<bool>,
    ),
    /// The prompts were read anew.
    Voice(Arc<Voice>, tokio::sync::oneshot::Sender<bool>),
    /// A version beside sees what is decided from now on, or none does.
    Shadow(Option<Box<Eye>>),
    /// The operators changed.
    Operators(
        Vec<gudok_model::OperatorProfile>,
        Vec<gudok_sip::endpoint::Credential>,
    ),
    /// Where phones were when the last run ended; once, after the first operators.
    Phones(Vec<KeptContact>),
    /// The DNS has answered.
    Found(gudok_dns::Question, Vec<gudok_dns::Found>),
    /// How callers were served before this run; once, after a start.
    Served(Served),
    /// How things are beside the calls.
    Upkeep(Box<Upkeep>),
    /// What is known of numbers from now on.
    Numbering(Arc<gudok_numbering::Numbering>),
    /// What the last run leaves of people and callers (`before`); once, after the first operators.
    Before(Vec<Input>),
    /// What the lines have cost before this run; once.
    Spent(Vec<SpentBefore>),
    /// What is still set by hand over schedules; once, after a start.
    Overrides(Vec<(Name, Override)>),
    /// Shifts that people accepted before this run, oldest first; once, after a start.
    Accepted(Vec<(Name, Acceptance)>),
    /// A shift is to be accepted; why it is not.
    Accept(
        Accepting,
        tokio::sync::oneshot::Sender<Result<AcceptedShift, NotTaken>>,
    ),
    /// An operator calls a client; what comes of it.
    Dial(
        OperatorId,
        Box<DialOut>,
        tokio::sync::oneshot::Sender<Dialled>,
    ),
    /// Something is to be set by hand over a schedule, or taken back; in Russian why it is not.
    Schedule(Wish, tokio::sync::oneshot::Sender<Result<Done, String>>),
    /// Whoever withheld the number in this call is to be blocked for so long, or no more: the answer in Russian, and what
    /// is to be written down for the next start.
    Block(
        CallId,
        Option<Duration>,
        tokio::sync::oneshot::Sender<(String, Option<Blocks>)>,
    ),
    /// A question or an order of the admin, answered in Russian, or by a capture.
    Ask(Ask, tokio::sync::oneshot::Sender<Vec<u8>>),
    /// Who was to be called when the last run ended; once, after the first operators.
    Owed(Vec<OpenRequest>),
    /// Somebody asks for a call by a form or a program; under an id that no call has.
    AskForCall(CallId, Box<Asked>, tokio::sync::oneshot::Sender<Told>),
    /// Somebody says something of a request.
    Word(RequestKey, RequestWord, tokio::sync::oneshot::Sender<Told>),
    /// Somebody says that one is done, or that a message is not needed: whoever owes it, or an admin.
    CloseRequest(
        Box<(Closing, Option<Whose>)>,
        tokio::sync::oneshot::Sender<Told>,
    ),
    /// Somebody says that a customer wants no calls for this (None: for anything), or may be called again.
    Refusal(
        Box<(ProjectId, PhoneNumber, Option<Name>, RefusalWord)>,
        tokio::sync::oneshot::Sender<Told>,
    ),
    /// Take no new calls; the answer comes when the last one has ended.
    Drain(tokio::sync::oneshot::Sender<()>),
    /// A bug in a timer of the oldest call, due at once.
    #[cfg(test)]
    Bug,
    /// The disk takes nothing from now on, or does again.
    #[cfg(test)]
    Refuse(bool),
    /// Nothing of what is written from now on is on disk, or it is again.
    #[cfg(test)]
    Slow(bool),
}

/// The living hotline.
pub(crate) struct Hotline {
    clock: Clock,
    sockets: SipSockets,
    endpoint: Endpoint,
    reception: Reception,
    switchboard: Switchboard,
    plan: Arc<Plan>,
    /// Of a version beside.
    eye: Option<Box<Eye>>,
    voices: Voices,
    sound: Sound,
    paper: Paper,
    bridge: gudok_cti::Bridge,
    lookups: crate::lookups::Lookups,
    trunks: Trunks,
    phones: Phones,
    phone_book: phones_kept::Book,
    currencies: BTreeMap<PhoneNumber, String>,
    expiry: Expiry,
    calendars: Calendars,
    seeing: Seeing,
    /// Who waits for a call to begin.
    calling: Calling,
    metrics: Metrics,
    status: Status,
    status_due: Mono,
    probe: Probe,
    walls: Walls,
    /// Since the start; more than [`PANICS_MAX`] and the machine is not to be trusted any more.
    panics: u32,
    legs: Legs,
    /// Inputs that arose while an output was performed; told in order, bounded by the outputs of one turn.
    pending: VecDeque<Input>,
    /// What the switchboard said of a request last, for whoever asks just then.
    told_of_request: Option<Output>,
    draining: Option<Draining>,
    /// Words at doors so far, to number them.
    directives: u64,
    /// What came of the one that is being done.
    answered: Option<CommandResult>,
    /// What more there is to say of it.
    told: Option<ToSpeaker>,
}

/// A stop under way.
struct Draining {
    done: tokio::sync::oneshot::Sender<()>,
    /// When the last leg ended.
    silent_since: Option<Mono>,
}

impl Hotline {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts {
            clock,
            sockets,
            endpoint,
            source_seed,
            switchboard,
            plan,
            voices,
            sound,
            paper,
            bridge,
            lookups,
            trunks,
            phones,
            phone_book,
            currencies,
            certificates,
            seeing,
            metrics,
            status,
        } = parts;
        Self {
            clock,
            sockets,
            endpoint,
            reception: Reception::new(source_seed),
            switchboard,
            plan,
            eye: None,
            voices,
            sound,
            paper,
            bridge,
            lookups,
            trunks,
            phones,
            phone_book,
            currencies,
            expiry: Expiry::of(certificates),
            calendars: Calendars::default(),
            seeing,
            calling: Calling::default(),
            metrics,
            status,
            status_due: Mono(0),
            probe: Probe::default(),
            walls: Walls::new(),
            panics: 0,
            legs: Legs::default(),
            told_of_request: None,
            pending: VecDeque::new(),
            draining: None,
            directives: 0,
            answered: None,
            told: None,
        }
    }

    /// Runs until the orders end (the daemon stops: whoever still talks is told) or a drain is complete.
    pub(crate) async fn run(mut self, mut ears: Ears) {
        self.open_trunks();
        // Who the operators are, and their hashes: a phone that registers in the first instant is no stranger whose
        // right password counts as a wrong guess. Nobody else's order yet: whoever is that quick would meet a hotline that does not
        // know what the runs before left to it, who is blocked and who wants no calls.
        for _ in 0..ears.at_start {
            let Ok(order) = ears.orders.try_recv() else {
                break;
            };
            self.obey(order);
        }
        loop {
            self.survive(Self::settle);
            if self.sound.is_gone() {
                tracing::error!(
                    "a media thread has ended: ending, so that a fresh start takes the calls"
                );
                return;
            }
            if self.panics > PANICS_MAX {
                tracing::error!(
                    "too many bugs in a row: ending, so that a fresh start takes the calls"
                );
                return;
            }
            if self.is_drained() {
                self.seeing.close(&mut self.paper);
                return;
            }
            self.tell_status();
            let due = self.due().map(|at| self.clock.instant(at));
            // Words to an overloaded media worker wait for nobody else's event.
            let behind = self.sound.catch_up().then_some(sound::OFFERED_AGAIN);
            tokio::select! {
                () = self.sockets.readable() => self.receive(),
                // Others of this thread have their turn first.
                () = tokio::task::yield_now(), if self.reception.has_waiting() => self.receive(),
                Some(event) = ears.media.recv() => {
                    self.media_event(event);
                    for _ in 0..MEDIA_EVENTS_A_TURN {
                        let Ok(event) = ears.media.try_recv() else { break };
                        self.media_event(event);
                    }
                }
                Some(input) = ears.desks.recv() => self.desk_input(input),
                Some(found) = ears.lookups.recv() => self.tell(found),
                Some(outcome) = ears.recordings.recv() => self.recorder_event(outcome),
                Ok(()) = ears.durable.changed() => {}
                order = ears.orders.recv() => match order {
                    Some(order) => self.obey(order),
                    None => return self.part(),
                },
                () = sleep_until(due) => {}
                () = tokio::time::sleep(behind.unwrap_or_default()), if behind.is_some() => {}
            }
        }
    }

    /// The daemon goes at once: every party is told, so that nobody is left with a silent line that costs money,
    /// and every call has its end on record.
    fn part(&mut self) {
        for leg in self.legs.all() {
            self.hang_up(leg, None, EndCause::ByUs);
        }
        self.trunk_input(trunk::Input::Withdraw);
        self.survive(Self::settle);
        self.seeing.close(&mut self.paper);
    }

    /// Runs a step whose panic must not end the daemon. Nothing runs for ever by it: machines take a deadline out
    /// before they serve it.
    fn survive(&mut self, step: impl FnOnce(&mut Self)) {
        if catch_unwind(AssertUnwindSafe(|| step(self))).is_err() {
            self.metrics.alarm("panic");
            self.panics += 1;
            tracing::error!("a bug: what was under way is lost, the daemon goes on");
        }
    }

    /// Carries values between the machines until both are quiet.
    fn settle(&mut self) {
        for _ in 0..STEPS_A_TURN {
            if let Some(output) = self.endpoint.poll_output() {
                match output {
                    SipOutput::Send { flow, bytes } => {
                        let who = Who {
                            endpoint: &self.endpoint,
                            legs: &self.legs,
                        };
                        let now = self.clock.now();
                        self.seeing.said(now, &flow, &bytes, who, &mut self.paper);
                        self.sockets.send(flow, bytes);
                    }
                    SipOutput::Event(event) => self.sip_event(event),
                }
            } else if let Some(output) = self.trunks.machine.poll_output() {
                self.trunk_output(output);
            } else if let Some(input) = self.pending.pop_front() {
                self.tell_now(&input);
            } else if !self.fire_due() {
                return;
            }
        }
        tracing::error!("the machines do not come to rest");
    }

    /// Fires what is due and lets go what the disk has; false when nothing was.
    fn fire_due(&mut self) -> bool {
        let now = self.clock.now();
        let (words, late) = self.paper.released(now.mono);
        let late = late + self.paper.tell_at_doors(now.mono);
        if late > 0 {
            self.metrics.alarm("journal_slow");
            tracing::error!(late, "journal: the disk is too slow, answered without it");
        }
        let released = !words.is_empty();
        for word in words {
            self.say(now.mono, word);
        }
        let sip = self
            .endpoint
            .poll_timeout()
            .is_some_and(|at| at <= now.mono.since_start());
        if sip {
            self.endpoint.handle_timeout(now.mono.since_start());
        }
        let carriers = self.trunks.machine.poll_timeout();
        let carriers = carriers.is_some_and(|at| at <= now.mono.since_start());
        if carriers {
            let now = now.mono.since_start();
            self.trunks.machine.handle_timeout(now);
        }
        let board = self
            .switchboard
            .poll_timeout()
            .is_some_and(|at| at <= now.mono);
        if board {
            self.paper.timeout(now);
            self.guarded(now, |switchboard| switchboard.handle_timeout(now));
        }
        sip || board || carriers || released
    }

    /// When to wake without an event.
    fn due(&self) -> Option<Duration> {
        let board = self.switchboard.poll_timeout().map(Mono::since_start);
        let held = self.paper.due().map(Mono::since_start);
        let status = Some(self.status_due.since_start());
        [
            self.endpoint.poll_timeout().map(on_sip_grid),
            self.trunks.machine.poll_timeout().map(on_sip_grid),
            board,
            held,
            status,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Tells the switchboard something, after what is pending already.
    fn tell(&mut self, input: Input) {
        self.pending.push_back(input);
    }

    fn tell_now(&mut self, input: &Input) {
        let now = self.clock.now();
        self.paper.input(now, input);
        let are_others = matches!(input, Input::Operators { .. });
        let input = input.clone();
        self.guarded(now, |switchboard| {
            switchboard.handle_input(now, input);
        });
        if are_others {
            self.bridge.staff(self.switchboard.views());
        }
    }

    /// Runs one step of the switchboard and performs what it asks for. A panic ends the call that was worked at, never
    /// another one or the daemon; what the step had asked for before it is performed.
    fn guarded(&mut self, now: Now, step: impl FnOnce(&mut Switchboard)) {
        let switchboard = &mut self.switchboard;
        let stepped = catch_unwind(AssertUnwindSafe(|| step(switchboard)));
        let broken = stepped.is_err().then(|| switchboard.serving());
        let outputs: Vec<Output> = std::iter::from_fn(|| switchboard.poll_output()).collect();
        if let Some(eye) = &mut self.eye {
            eye.watch(switchboard);
            ended(&outputs).for_each(|call| eye.ended(call));
        }
        self.perform_all(now, outputs);
        if let Some(call) = broken {
            self.panicked(call);
        }
    }

    fn perform_all(&mut self, now: Now, outputs: Vec<Output>) {
        let lost = self.paper.lost();
        for output in &outputs {
            self.paper.output(now, output);
            self.walls.note(now, output);
        }
        let is_written = self.paper.lost() == lost;
        for output in outputs {
            match output {
                // What the operator is told is done, is on record, and so is that they were told.
                Output::DeskResult {
                    result: CommandResult::Ok,
                    ..
                } if is_written => self.paper.hold_result(now.mono, output),
                Output::DeskResult {
                    result: CommandResult::Ok,
                    operator,
                    id,
                    ..
                } => self.bridge.unwritten(&operator, &id),
                output => self.perform(now, output),
            }
        }
    }

    /// A word that waited for the disk goes out.
    fn say(&mut self, now: Mono, word: Word) {
        match word {
            Word::Answer(leg) => self.answer(now, leg),
            Word::Result(output) => self.perform(self.clock.now(), *output),
            Word::Unwritten(output) => {
                if let Output::DeskResult { operator, id, .. } = *output {
                    self.bridge.unwritten(&operator, &id);
                }
            }
        }
    }

    /// A bug met this call: its legs end, and the switchboard hears of it as of any end. One of no call costs nothing
    /// but the step.
    fn panicked(&mut self, call: Option<CallId>) {
        self.metrics.alarm("panic");
        self.panics += 1;
        let Some(call) = call else {
            return tracing::error!(panics = self.panics, "a bug: a step of no call is lost");
        };
        tracing::error!(%call, panics = self.panics, "a bug ended a call");
        let legs: Vec<LegId> = self.legs.of_call(call).map(|leg| leg.id).collect();
        for leg in legs {
            self.hang_up(leg, None, EndCause::Panic);
        }
    }

    fn obey(&mut self, order: Order) {
        let now = self.clock.now();
        match order {
            Order::Shadow(eye) => {
                self.switchboard.watch(eye.is_some());
                self.eye = eye;
            }
            Order::Voice(voice, journaled) => {
                let _ = journaled.send(self.set_voice(now, voice));
            }
            Order::Plan(plan, record, journaled) => {
                let taken = self.paper.plan(now, &record);
                if taken {
                    self.go_by(now, plan);
                }
                let _ = journaled.send(taken);
            }
            Order::Operators(operators, credentials) => {
                let command = gudok_sip::endpoint::Command::Credentials(credentials);
                self.endpoint
                    .handle_input(now.mono.since_start(), SipInput::Command(command));
                self.tell(Input::Operators { operators });
            }
            Order::Phones(contacts) => self.phones_before(now, contacts),
            Order::Served(served) => self.walls.served_before(now, served),
            Order::Upkeep(upkeep) => self.walls.set_upkeep(*upkeep),
            Order::Numbering(numbering) => self.trunks.numbering = numbering,
            Order::Found(question, found) => self.found(question, found),
            Order::Before(inputs) => self.begin_from(inputs),
            Order::Spent(lines) if lines.is_empty() => {}
            Order::Spent(lines) => self.tell(Input::Spent { lines }),
            Order::Overrides(list) => {
                for (schedule, set) in list {
                    let set = Some(set);
                    self.tell(Input::Schedule { schedule, set });
                }
            }
            Order::Accepted(list) => {
                for (roster, acceptance) in list {
                    self.tell(Input::Accepted { roster, acceptance });
                }
            }
            Order::Accept(wish, answer) => {
                let _ = answer.send(self.accept_shift(now, wish));
            }
            Order::Dial(operator, dial, answer) => self.calls_client(operator, dial, answer),
            Order::Schedule(wish, answer) => {
                let _ = answer.send(self.set_by_hand(now, wish));
            }
            Order::Block(call, span, answer) => {
                let _ = answer.send(self.block(now, call, span));
            }
            Order::Ask(Ask::Direct(said), answer) => self.directed(&said, answer),
            Order::Ask(ask, answer) => {
                let told = self.asked(now, &ask);
                let _ = answer.send(told);
            }
            Order::Owed(requests) => self.take_up(requests),
            Order::AskForCall(id, asked, answer) => {
                let _ = answer.send(self.ask_for_call(now, id, *asked));
            }
            Order::Word(key, word, answer) => {
                let _ = answer.send(self.word(now, key, word));
            }
            Order::CloseRequest(closing, answer) => {
                let (closing, whose) = *closing;
                let _ = answer.send(self.close_request_of(now, &closing, whose.as_ref()));
            }
            Order::Refusal(wish, answer) => {
                let (project, number, purpose, word) = *wish;
                let input = Input::Refusal {
                    project,
                    number,
                    purpose,
                    word,
                };
                let _ = answer.send(self.refusal(now, input));
            }
            Order::Drain(done) => {
                self.draining = Some(Draining {
                    done,
                    silent_since: None,
                });
                self.tell(Input::Drain);
                // Who looks for us from now on finds another way at once.
                self.trunk_input(trunk::Input::Withdraw);
            }
            #[cfg(test)]
            Order::Refuse(refuses) => self.paper.is_refused = refuses,
            #[cfg(test)]
            Order::Slow(slow) => self.paper.is_slow = slow,
            #[cfg(test)]
            Order::Bug => {
                let oldest = self
                    .switchboard
                    .live(now.mono)
                    .first()
                    .map(|call| call.call);
                let oldest = oldest.expect("the test has called");
                self.switchboard.plant_bug(oldest, now.mono);
            }
        }
    }

    /// The plan of a start: a hotline without one would serve nobody, whatever the disk takes.
    pub(crate) fn begin_with(&mut self, now: Now, plan: Arc<Plan>, record: &PlanRecord) {
        self.paper.first_plan(now, record);
        self.go_by(now, plan);
    }

    fn go_by(&mut self, now: Now, plan: Arc<Plan>) {
        self.plan = Arc::clone(&plan);
        self.guarded(now, |switchboard| switchboard.set_plan(now, plan));
    }

    /// Other prompts; false: the journal does not take it, and they are as they were.
    fn set_voice(&mut self, now: Now, voice: Arc<Voice>) -> bool {
        let lengths = voice.lengths();
        let is_set = self.decide(Input::Prompts { lengths });
        if is_set {
            self.voices.comes(now.mono, voice);
        }
        is_set
    }

    /// Tells the switchboard at once what people decided, once the journal has it; false: the journal does not take it, and
    /// nothing was done.
    fn decide(&mut self, input: Input) -> bool {
        let now = self.clock.now();
        let taken = self.paper.decided(now, &input);
        if taken {
            self.guarded(now, |switchboard| switchboard.handle_input(now, input));
        }
        taken
    }

    /// A stop is complete when the last leg is over and everything that is known of the calls is on record.
    fn is_drained(&mut self) -> bool {
        let now = self.clock.now().mono;
        let silent = self.legs.len() == 0 && self.pending.is_empty();
        let recorded = self.legs.is_quiet() && self.sound.is_sealed();
        let Some(draining) = self.draining.as_mut().filter(|_| silent) else {
            return false;
        };
        let since = *draining.silent_since.get_or_insert(now);
        let left = self.has_left(now, since);
        if !(recorded && left) && now.since(since) < LAST_WORDS_MAX {
            return false;
        }
        if let Some(draining) = self.draining.take() {
            let _ = draining.done.send(());
        }
        true
    }
}

fn ended(outputs: &[Output]) -> impl Iterator<Item = CallId> {
    outputs.iter().filter_map(|output| match output {
        Output::Fact {
            call,
            fact: CallEvent::Ended { .. },
        } => Some(*call),
        _ => None,
    })
}

fn on_sip_grid(at: Duration) -> Duration {
    let millis = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis((millis / SIP_GRID_MS + 1).saturating_mul(SIP_GRID_MS))
}

async fn sleep_until(due: Option<tokio::time::Instant>) {
    match due {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod grid {
    use super::*;

    #[test]
    fn a_sip_timer_is_told_late_and_at_most_by_the_grid() {
        for micros in [0, 1, 19_999, 20_000, 500_000, 31_999_999] {
            let at = Duration::from_micros(micros);
            let late = on_sip_grid(at) - at;
            assert!(late <= Duration::from_millis(SIP_GRID_MS), "{at:?}");
            assert!(
                on_sip_grid(at)
                    .as_millis()
                    .is_multiple_of(u128::from(SIP_GRID_MS))
            );
        }
    }
}
