//! The machine: one input at a time, outputs in order, one next deadline.
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use gudok_acd::Acd;
use gudok_calendar::{Override, Overrides};
use gudok_dialplan::QueueHours;
use gudok_dialplan::plan::{BreakReason, Plan};
use gudok_model::{
    Alarmed, CallEvent, CallId, GroupId, Mono, Name, Now, OperatorId, PhoneNumber, QueueId, Wall,
};
use gudok_outbound::{Counters, Refusals};

use crate::admission::Arrival;
use crate::after_talk::Asked;
use crate::call::Call;
use crate::callback::{Book, Meetings};
use crate::config::Config;
use crate::cost::Meter;
use crate::desk::DeskEvent;
use crate::floor_facts::OnRecord;
use crate::hidden::Hidden;
use crate::input::Input;
use crate::intercom::Intercom;
use crate::outgoing::Outs;
use crate::output::Output;
use crate::playback::Begun;
use crate::press::Press;
use crate::resume::Resumed;
use crate::resumed_place::Places;
use crate::seat::Seat;
use crate::sticky::LastTalks;
use crate::timers::{Timer, Timers};
use crate::waits::Waits;
use crate::watched::Watched;
use crate::whose::Owners;

/// Every call, every queue and every operator's desk of the hotline.
///
/// After each `handle_*` call, take outputs with [`poll_output`](Self::poll_output) until there are none and
/// perform them in that order, then sleep until [`poll_timeout`](Self::poll_timeout). The same inputs at the
/// same times give the same outputs: that is what a replay proves.
#[derive(Clone, Debug)]
pub struct Switchboard {
    /// Apart, so that a machine on its way through the driver's start stays small.
    pub(crate) config: Box<Config>,
    pub(crate) plan: Option<Arc<Plan>>,
    pub(crate) acd: Acd,
    /// Taken from the ACD while looking for the answer to one question; performed in [`Self::settle`].
    pub(crate) acd_backlog: VecDeque<gudok_acd::Output>,
    pub(crate) calls: BTreeMap<CallId, Call>,
    pub(crate) seats: BTreeMap<OperatorId, Seat>,
    /// What is on record of those who are no operators any more and have a call in hand.
    pub(crate) leaving: BTreeMap<OperatorId, OnRecord>,
    pub(crate) duty: BTreeMap<GroupId, PhoneNumber>,
    pub(crate) timers: Timers,
    /// Wrap-ups of calls of an earlier run.
    pub(crate) resumed: BTreeMap<(CallId, OperatorId), Resumed>,
    /// Calls of operators among themselves.
    pub(crate) intercoms: BTreeMap<CallId, Intercom>,
    /// What rings and talks outside, and what it cost.
    pub(crate) counters: Counters,
    /// Who wants no calls.
    pub(crate) refusals: Refusals,
    /// What calls out are named by, and who looks at whom to call.
    pub(crate) outs: Outs,
    pub(crate) draining: bool,
    /// What is set by hand over the schedules.
    pub(crate) overrides: Overrides,
    /// Of which shifts it is told already that nobody accepts them: roster, person, beginning.
    pub(crate) overdue: BTreeSet<(Name, Name, Wall)>,
    /// Who calls too often.
    pub(crate) press: Press,
    /// Who withholds the number and is blocked.
    pub(crate) hidden: Hidden,
    /// What the lines cost.
    pub(crate) meter: Meter,
    /// How long callers have waited lately.
    pub(crate) waits: Waits,
    /// Which queues expect somebody, as the ACD was told.
    pub(crate) expected: BTreeMap<QueueId, bool>,
    /// How the queues with hours of their own stand, as the ACD was told.
    pub(crate) hours: BTreeMap<QueueId, QueueHours>,
    /// Whether queues of the plan say when they are empty.
    pub(crate) has_edges: bool,
    /// The places of those who hung up while waiting.
    pub(crate) places: Places,
    /// Who is to be called.
    pub(crate) callbacks: Book,
    pub(crate) meetings: Meetings,
    /// Who talked with whom last.
    pub(crate) last_talks: LastTalks,
    /// Calls alive that get a few words.
    pub(crate) briefs: usize,
    /// Playbacks of this step, whose deadlines are to be set.
    pub(crate) begun: Vec<Begun>,
    /// Calls this input had to do with; each must have something to wait for when it is done.
    pub(crate) touched: Vec<CallId>,
    pub(crate) outputs: VecDeque<Output>,
    /// What a version beside is told.
    pub(crate) watched: Watched,
    /// Who was asked of late how a talk was.
    pub(crate) asked: Asked,
    /// Alarms that are on.
    pub(crate) alarmed: Alarmed,
    /// The call this step has to do with; see [`Switchboard::serving`].
    pub(crate) serving: Option<CallId>,
    /// Whose the queues of the plan are.
    pub(crate) owners: Owners,
    /// The plan in force limits somebody.
    has_caps: bool,
}

impl Switchboard {
    /// Without a plan and without operators: every call is refused until [`set_plan`](Self::set_plan).
    pub fn new(config: Config) -> Self {
        let acd = match config.no_loose_ends {
            true => Acd::new(),
            false => Acd::new().with_loose_ends(),
        };
        let acd = match config.floor_whole {
            true => acd,
            false => acd.counting_twice(),
        };
        let acd = match config.limits_whole {
            true => acd,
            false => acd.serving_freely(),
        };
        Self {
            press: Press::new(config.press.clone()),
            hidden: Hidden::default(),
            meter: Meter::new(config.lines.clone()),
            waits: Waits::default(),
            places: Places::default(),
            callbacks: Book::default(),
            meetings: Meetings::default(),
            expected: BTreeMap::new(),
            hours: BTreeMap::new(),
            has_edges: false,
            last_talks: LastTalks::default(),
            briefs: 0,
            config: Box::new(config),
            plan: None,
            acd,
            acd_backlog: VecDeque::new(),
            calls: BTreeMap::new(),
            seats: BTreeMap::new(),
            leaving: BTreeMap::new(),
            duty: BTreeMap::new(),
            overrides: Overrides::NONE,
            overdue: BTreeSet::new(),
            timers: Timers::default(),
            resumed: BTreeMap::new(),
            intercoms: BTreeMap::new(),
            counters: Counters::default(),
            refusals: Refusals::default(),
            outs: Outs::default(),
            draining: false,
            begun: Vec::new(),
            touched: Vec::new(),
            outputs: VecDeque::new(),
            watched: Watched::default(),
            asked: Asked::default(),
            alarmed: Alarmed::default(),
            serving: None,
            owners: Owners::default(),
            has_caps: false,
        }
    }

    /// Puts a plan in force for the calls to come. Those that live keep their own generation; their places in
    /// the queues stay (behaviour Q16), and a queue that is gone hands its callers on as if it had nobody.
    pub fn set_plan(&mut self, now: Now, plan: Arc<Plan>) {
        self.serving = None;
        self.plan = Some(plan.clone());
        self.owners = Owners::of(&plan);
        self.take_back_groups();
        self.set_edges(now);
        self.look_at_hours(now);
        self.acd.handle_input(
            now,
            gudok_acd::Input::Configured {
                groups: plan.groups().to_vec(),
                queues: plan.queues().to_vec(),
                skills: plan.skills().to_vec(),
            },
        );
        let reasons = plan.not_ready_reasons().iter();
        let rules = reasons.map(BreakReason::rule).collect();
        self.tell_acd(now, gudok_acd::Input::Breaks(rules));
        self.set_caps(now, &plan);
        self.meter.set_zones(&plan);
        self.waits.keep(&plan);
        self.watch_handovers(now);
        self.look_at_requests(now);
        self.ask_laws_again(now);
        self.settle(now);
    }

    /// The limits of people; a plan without any, after one that had none either, tells nothing.
    fn set_caps(&mut self, now: Now, plan: &Plan) {
        let caps = plan.caps().to_vec();
        if !caps.is_empty() || self.has_caps {
            self.has_caps = !caps.is_empty();
            self.tell_acd(now, gudok_acd::Input::Caps(caps));
        }
    }

    /// Takes in one event. What does not fit (a leg that is over, an offer that is closed) changes nothing.
    pub fn handle_input(&mut self, now: Now, input: Input) {
        self.end_what_is_over(now);
        self.serving = input.call();
        self.dispatch(now, input);
        self.settle(now);
    }

    /// Fires every deadline that is due at `now`, in order. Calling it early or twice does no harm.
    pub fn handle_timeout(&mut self, now: Now) {
        self.end_what_is_over(now);
        self.cut_long_talks(now);
        while let Some(timer) = self.timers.pop_due(now.mono) {
            self.serving = timer.call();
            self.on_timer(now, timer);
            self.settle(now);
        }
    }

    /// What is due in the ACD comes before whatever else there is, and is settled first: an input that comes a moment after a
    /// deadline would else meet it in the middle of its own work, and a wait that is over would be ended twice.
    fn end_what_is_over(&mut self, now: Now) {
        self.serving = None;
        if self.acd.poll_timeout().is_some_and(|at| at <= now.mono) {
            self.acd.handle_timeout(now);
            self.settle(now);
        }
    }

    /// The call that is worked at, inside a `handle_*` alone: of an input the one it names, of a timer its owner, of
    /// what the ACD says the one it speaks of. A driver that survives a panic ends this call and no other.
    pub fn serving(&self) -> Option<CallId> {
        self.acd.serving().or(self.serving)
    }

    /// The next thing to do, oldest first.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called. None: nothing is due ever.
    pub fn poll_timeout(&self) -> Option<Mono> {
        let counted = self.counters.poll_timeout();
        let due = [self.timers.next(), self.acd.poll_timeout(), counted];
        due.into_iter().flatten().min()
    }

    fn dispatch(&mut self, now: Now, input: Input) {
        match input {
            Input::Operators { operators } => self.set_operators(now, operators),
            Input::CallArrived {
                call,
                trunk,
                caller,
                withheld,
                dialled,
                sip_call_id,
                session_id,
                brief,
                no_digits,
            } => {
                let arrival = Arrival {
                    brief,
                    no_digits,
                    call,
                    trunk,
                    caller,
                    withheld,
                    dialled,
                    sip_call_id,
                    session_id,
                };
                self.arrive(now, arrival);
            }
            Input::LegRinging { leg } | Input::LegHeard { leg } if self.is_intercom(leg) => {}
            Input::LegAnswered { leg, .. } if self.is_intercom(leg) => {
                self.on_intercom_answered(now, leg);
            }
            Input::LegEnded { leg, cause, .. } if self.is_intercom(leg) => {
                self.on_intercom_ended(now, leg, cause);
            }
            Input::LegRinging { leg } => self.on_ringing(now, leg),
            Input::LegAnswered { leg, session_id } => self.on_answered(now, leg, session_id),
            Input::LegEnded { leg, cause, said } => self.on_leg_ended(now, leg, cause, said),
            Input::LegRedirected { leg, to } => self.on_redirected(now, leg, to),
            Input::LegHeld { leg, on } => self.on_held(now, leg, on),
            Input::LegHeard { leg } => self.on_heard(leg),
            Input::Referred { leg, refer, to } => self.on_referred(now, leg, refer, to),
            Input::OperatorDials { leg, operator, to } => {
                self.on_operator_dials(now, leg, &operator, &to);
            }
            Input::PlayEnded { leg, play } => self.on_play_ended(now, leg, play),
            Input::Digit { leg, digit, form } => self.on_digit(now, leg, digit, form),
            Input::LookupDone { call, client } => self.on_lookup(now, call, client),
            Input::SearchDone {
                call,
                search,
                client,
            } => self.on_search(now, call, search, client),
            Input::Phone { operator, live } => self.on_phone(now, &operator, live),
            Input::DeskConnected {
                operator,
                session,
                takeover,
            } => self.on_desk(now, &operator, session, takeover),
            Input::DeskLost { operator, session } => self.on_desk_lost(now, &operator, session),
            Input::PopAcked { operator, offer } => self.on_pop_acked(now, &operator, offer),
            Input::DeskCommand {
                operator,
                session,
                id,
                command,
            } => self.on_command(now, operator, session, id, command),
            Input::Force {
                operator,
                to,
                actor,
            } => self.on_force(now, operator, to, actor),
            Input::Directed { by, id, directive } => self.on_directed(now, by, id, directive),
            Input::WordsBefore { given, alarms } => self.go_by_words(now, given, alarms),
            Input::Restored { cut, people } => self.restore(now, cut, people),
            Input::GroupsBefore { cursors, raised } => {
                self.ask_on(now, cursors);
                self.raise_again(now, raised);
            }
            Input::PlacesLeft { places } => self.keep_places_left(now, places),
            Input::TalkedBefore { talks } => self.talked_before(talks),
            Input::TalkedLately { talks } => self.count_on(now, talks),
            Input::Alarm {
                what,
                subject,
                project,
                level,
            } => self.on_alarm(now, (what, subject, project), level),
            Input::Resumed { wrap_ups, over } => self.resume(now, wrap_ups, over),
            Input::Dial { operator, id, dial } => self.on_dial(now, operator, id, &dial),
            Input::OutboundBefore { attempts } => self.called_before(now, attempts),
            Input::Asked { id, asked } => self.on_asked(now, id, *asked),
            Input::RequestWord {
                project,
                number,
                kind,
                word,
            } => self.on_request_word(now, (project, number, kind), word),
            Input::Refusal {
                project,
                number,
                purpose,
                word,
            } => self.on_refusal(now, (project, number, purpose), word),
            Input::RefusedBefore { refusals } => self.refused_before(refusals),
            Input::Owed { requests } => self.on_owed(now, requests),
            Input::Drain => self.drain(now),
            Input::Spent { lines } => self.on_spent(now, &lines),
            Input::Attack { mode } => self.press.mode = mode,
            Input::PressBefore { before } => self.press.remember(now, *before),
            Input::Block { call, until } => self.block(now, call, until),
            Input::Blocked { blocked } => self.block_again(blocked),
            Input::Surveyed { callers } => self.asked_before(callers),
            Input::NotRecorded { call } => self.on_not_recorded(now, call),
            Input::Schedule { schedule, set } => self.set_by_hand(now, &schedule, set),
            Input::Accepted { roster, acceptance } => self.accept(&roster, acceptance),
            Input::TakenBack {
                roster, person, at, ..
            } => self.undo_acceptance(now, (&roster, &person), at),
            Input::Prompts { lengths } => self.config.prompt_lengths = lengths,
            Input::DutyNumber { group, number } => {
                match number {
                    Some(number) => self.duty.insert(group, number),
                    None => self.duty.remove(&group),
                };
            }
        }
    }

    /// For the calls to come and for those that have yet to ask.
    fn set_by_hand(&mut self, now: Now, schedule: &Name, set: Option<Override>) {
        match set {
            None => self.overrides.clear(schedule),
            Some(set) => {
                if !self.overrides.set(now.wall, schedule, set) {
                    self.alarm("overrides_full", format!("{schedule} stays as it is"));
                }
            }
        }
        self.on_expected_due(now);
        self.look_at_hours(now);
    }

    /// What is set by hand over the schedules now.
    pub fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    fn on_timer(&mut self, now: Now, timer: Timer) {
        match timer {
            Timer::Pop(offer) => self.on_pop_budget(now, offer),
            Timer::Phase(call) => self.on_phase_due(now, call),
            Timer::Announce(call) => self.on_announcement_due(now, call),
            Timer::Hint(call) => self.on_hint_due(now, call),
            Timer::Consult(call) => self.on_consult_due(now, call),
            Timer::Life(call) => self.on_life_over(now, call),
            Timer::Sweep(call) => self.on_sweep(now, call),
            Timer::Cost => self.on_cost_due(now),
            Timer::Handover => self.on_handover_due(now),
            Timer::Expected => self.on_expected_due(now),
            Timer::Hours => self.look_at_hours(now),
            Timer::Playback(leg) => self.on_playback_lost(now, leg),
            Timer::Supervise(leg) => self.on_supervise_due(now, leg),
            Timer::Request(request) => self.on_request_due(now, request),
            Timer::Kept(call) => self.end_meeting(now, call),
            #[cfg(feature = "faults")]
            Timer::Fault(call) => panic!("the bug that was asked for in call {call}"),
        }
    }

    /// A timer of this call that panics when it is due: so the tests of a driver see what a bug costs.
    #[cfg(feature = "faults")]
    pub fn plant_bug(&mut self, call: CallId, due: Mono) {
        self.timers.set(Timer::Fault(call), due);
    }

    /// Behaviour Q15: nothing new, what lives goes on.
    fn drain(&mut self, now: Now) {
        self.draining = true;
        self.acd.handle_input(now, gudok_acd::Input::Drain);
        let operators: Vec<OperatorId> = self.seats.keys().cloned().collect();
        for operator in operators {
            let alert = DeskEvent::Alert {
                what: "drain".into(),
                text: "Сервер готовится к остановке: новых звонков не будет.".into(),
            };
            self.tell_desk(Some(&operator), alert);
        }
        self.end_surveys(now);
    }

    pub(crate) fn touch(&mut self, call: CallId) {
        if !self.touched.contains(&call) {
            self.touched.push(call);
        }
    }

    pub(crate) fn fact(&mut self, call: CallId, fact: CallEvent) {
        self.outputs.push_back(Output::Fact { call, fact });
    }

    pub(crate) fn alarm(&mut self, what: &str, detail: String) {
        self.outputs.push_back(Output::Alarm {
            what: what.into(),
            detail,
        });
    }
}
