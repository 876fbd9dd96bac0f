//! One call through the real switchboard in virtual time: the function behind `gudok simulate`.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use gudok_calendar::Zone;
use gudok_dialplan::Plan;
use gudok_model::{
    CallEvent, CallId, Caller, Dialled, EndCause, LegId, Mono, Now, OperatorId, Outcome, Reason,
    Termination, Wall,
};
use gudok_switchboard::desk::DeskEvent;
use gudok_switchboard::output::DialTarget;
use gudok_switchboard::{Input, Output, Switchboard};
use uuid::Uuid;

use crate::agenda::Agenda;
use crate::before::{BEFORE, Before};
use crate::scene::{Mood, Pressing, Scene, pressed};
use crate::words;

/// The longest a simulated call may last.
pub const STORY_MAX: Duration = Duration::from_secs(6 * 3600);

/// How long the network and the desk take for anything.
pub(crate) const HOP: Duration = Duration::from_millis(20);

/// How long a caller thinks before the first key, and from one key to the next.
const THINKS: Duration = Duration::from_millis(500);
/// See [`THINKS`].
const TYPES: Duration = Duration::from_millis(200);

/// What happened to one call.
#[derive(Clone, PartialEq, Debug)]
pub struct Story {
    /// Time since the INVITE and what happened then, Russian, numbers masked.
    pub lines: Vec<(Duration, String)>,
    /// The facts of the call, as a live one would be journaled.
    pub facts: Vec<(Duration, CallEvent)>,
    /// Whenever somebody was offered the call or it waited: who of the group was not offered it, and why.
    pub not_offered: Vec<(Duration, OperatorId, Reason)>,
    /// How it ended. None: it did not within [`STORY_MAX`], which is a fault of ours.
    pub outcome: Option<(Outcome, Termination)>,
}

/// Plays one call from `from` to `to` at `at`. The same arguments give the same story.
///
/// The decisions are those of the live switchboard: the same code, the same plan.
pub fn simulate(plan: Arc<Plan>, from: Caller, to: Dialled, at: Wall, scene: &Scene) -> Story {
    let mut teller = Teller::new(&plan, &to, at, scene);
    teller.begin(plan);
    teller.tell(Input::CallArrived {
        call: CALL,
        trunk: scene.trunk.clone(),
        caller: from,
        withheld: None,
        dialled: to,
        sip_call_id: "simulated".into(),
        session_id: None,
        brief: false,
        no_digits: false,
    });
    if let Some(patience) = scene.patience {
        teller
            .agenda
            .plan(teller.now.mono + patience, 0, Beat::OutOfPatience);
    }
    teller.play_out();
    Story {
        lines: teller.lines,
        facts: teller.facts,
        not_offered: teller.not_offered,
        outcome: teller.outcome,
    }
}

/// The call's own id; those of others, who were there before, begin with one.
pub(crate) const CALL: CallId = CallId(Uuid::nil());

/// What is to come.
enum Beat {
    Tell(Box<Input>),
    OutOfPatience,
}

struct Teller<'a> {
    scene: &'a Scene,
    /// By which clock the number tells the time.
    zone: Zone,
    board: Switchboard,
    now: Now,
    /// When the call comes.
    start: Mono,
    agenda: Agenda<Beat>,
    before: Before,
    over: BTreeSet<LegId>,
    /// What each caller hears.
    plays: BTreeMap<LegId, u32>,
    /// How long what was played last takes.
    said: Duration,
    /// Questions that were put.
    asked: usize,
    talking: bool,
    lines: Vec<(Duration, String)>,
    facts: Vec<(Duration, CallEvent)>,
    not_offered: Vec<(Duration, OperatorId, Reason)>,
    /// As it was told last.
    told: Vec<String>,
    outcome: Option<(Outcome, Termination)>,
}

impl<'a> Teller<'a> {
    fn new(plan: &Plan, to: &Dialled, at: Wall, scene: &'a Scene) -> Self {
        let number = to.number.e164.as_ref().and_then(|did| plan.number(did));
        let start = Mono::default() + BEFORE;
        let before = i64::try_from(BEFORE.as_micros()).unwrap_or_default();
        Self {
            scene,
            zone: number.map_or_else(Zone::utc, |number| number.zone.clone()),
            board: Switchboard::new(scene.board.clone()),
            now: Now {
                mono: Mono::default(),
                wall: Wall(at.0.saturating_sub(before)),
            },
            start,
            agenda: Agenda::new(),
            before: Before::new(plan, scene),
            over: BTreeSet::new(),
            plays: BTreeMap::new(),
            said: Duration::ZERO,
            asked: 0,
            talking: false,
            lines: Vec::new(),
            facts: Vec::new(),
            not_offered: Vec::new(),
            told: Vec::new(),
            outcome: None,
        }
    }

    /// Everybody takes their seat, and those who were there before the call come; nothing of it is part of the story.
    fn begin(&mut self, plan: Arc<Plan>) {
        if self.before.is_lost() {
            let lost = "ошибка Гудка: кто говорит и ждёт, не воссоздано, дальше без них";
            self.lines.push((Duration::ZERO, lost.to_owned()));
        }
        let first = self.before.plan().unwrap_or_else(|| Arc::clone(&plan));
        self.board.set_plan(self.now, first);
        let operators = self.scene.profiles();
        let mut inputs = vec![Input::Operators { operators }];
        for (group, number) in &self.scene.duty {
            let (group, number) = (group.clone(), Some(number.clone()));
            inputs.push(Input::DutyNumber { group, number });
        }
        for (schedule, set) in &self.scene.overrides {
            let (schedule, set) = (schedule.clone(), Some(set.clone()));
            inputs.push(Input::Schedule { schedule, set });
        }
        for (roster, acceptance) in &self.scene.accepted {
            let (roster, acceptance) = (roster.clone(), acceptance.clone());
            inputs.push(Input::Accepted { roster, acceptance });
        }
        for input in inputs {
            self.board.handle_input(self.now, input);
        }
        let at = self.now.wall + BEFORE;
        let coming = self.before.coming(self.scene, at).into_iter();
        let (past, present): (Vec<_>, Vec<_>) = coming.partition(|(ago, _)| !ago.is_zero());
        for (ago, input) in past {
            let beat = Beat::Tell(Box::new(input));
            self.agenda.plan(self.start - ago, 0, beat);
        }
        while let Some(at) = self.due().filter(|at| *at < self.start) {
            self.step(at);
        }
        self.now = self.now.plus(self.start.since(self.now.mono));
        self.board.set_plan(self.now, plan);
        for (_, input) in present {
            self.board.handle_input(self.now, input);
        }
        self.drain();
    }

    /// When something happens next.
    fn due(&mut self) -> Option<Mono> {
        let due = self.agenda.next().into_iter();
        due.chain(self.board.poll_timeout()).min()
    }

    /// To the end of the call, and of the work after it.
    fn play_out(&mut self) {
        while self.outcome.is_none() || self.board.project(CALL).is_some() {
            let due = self.due();
            let Some(at) = due.filter(|at| at.since(self.start) <= STORY_MAX) else {
                return;
            };
            self.step(at);
        }
    }

    fn step(&mut self, at: Mono) {
        self.now = self.now.plus(at.since(self.now.mono));
        if self.agenda.next() == Some(at) {
            match self.agenda.take() {
                Some(Beat::Tell(input)) => self.deliver(*input),
                Some(Beat::OutOfPatience) => self.out_of_patience(),
                None => {}
            }
        } else {
            self.board.handle_timeout(self.now);
            self.drain();
        }
    }

    fn after(&mut self, delay: Duration, input: Input) {
        let beat = Beat::Tell(Box::new(input));
        self.agenda.plan(self.now.mono + delay, 0, beat);
    }

    /// What was planned, if it may still happen.
    fn deliver(&mut self, input: Input) {
        if matches!(&input, Input::PlayEnded { leg, play } if self.plays.get(leg) != Some(play)) {
            return;
        }
        let leg = match &input {
            Input::LegEnded { leg, .. }
            | Input::LegAnswered { leg, .. }
            | Input::LegRinging { leg } => Some(*leg),
            _ => None,
        };
        if leg.is_some_and(|leg| self.over.contains(&leg)) {
            return;
        }
        if let Input::LegEnded { leg, .. } = &input {
            self.over.insert(*leg);
        }
        self.tell(input);
    }

    /// Who talks stays.
    fn out_of_patience(&mut self) {
        if !self.talking {
            let leg = LegId::caller(CALL);
            self.deliver(Input::LegEnded {
                leg,
                cause: EndCause::HungUp,
                said: None,
            });
        }
    }

    fn tell(&mut self, input: Input) {
        if input.call() == Some(CALL) {
            self.line(words::input(&input));
        }
        self.board.handle_input(self.now, input);
        self.drain();
    }

    fn line(&mut self, line: Option<String>) {
        self.lines
            .extend(line.map(|line| (self.now.mono.since(self.start), line)));
    }

    fn drain(&mut self) {
        let mut changed = false;
        // Whose keys are awaited in the end: a queue that does not let the call in has awaited none.
        let mut awaited = BTreeSet::new();
        while let Some(output) = self.board.poll_output() {
            let ours = words::about(&output).is_none_or(|call| call == CALL);
            if ours && self.now.mono >= self.start {
                for line in words::output(&output, &self.scene.texts, &self.zone) {
                    self.line(Some(line));
                }
            }
            if let Output::Fact { call, fact } = &output {
                match *call == CALL {
                    true => changed |= self.fact(fact),
                    false if self.now.mono >= self.start => self.line(words::another(fact)),
                    false => {}
                }
            }
            if let Output::AwaitDigits { leg, on } = &output {
                awaited.remove(leg);
                awaited.extend(on.then_some(*leg));
            }
            self.perform(output);
        }
        for leg in awaited {
            self.press(leg);
        }
        if changed {
            self.explain();
        }
    }

    /// Keeps it; whether it is one after which others might be offered the call.
    fn fact(&mut self, fact: &CallEvent) -> bool {
        let at = self.now.mono.since(self.start);
        self.facts.push((at, fact.clone()));
        if let CallEvent::Ended {
            outcome,
            termination,
        } = fact
        {
            self.outcome = Some((*outcome, termination.clone()));
        }
        matches!(
            fact,
            CallEvent::Queued { .. } | CallEvent::Offered { .. } | CallEvent::OfferClosed { .. }
        )
    }

    /// Who is not offered the call: why not? Told when it is not as it was told before.
    fn explain(&mut self) {
        let mut why = self.board.why_waiting(CALL);
        why.retain(|(_, reason)| &*reason.code != "offered");
        let told = words::not_offered(&why);
        if told != self.told {
            for line in &told {
                self.line(Some(line.clone()));
            }
            let at = self.now.mono.since(self.start);
            let why = why.into_iter().map(|(who, reason)| (at, who, reason));
            self.not_offered.extend(why);
            self.told = told;
        }
    }

    fn perform(&mut self, output: Output) {
        let cause = EndCause::ByUs;
        match output {
            Output::Answer { leg } => self.after(
                HOP,
                Input::LegAnswered {
                    leg,
                    session_id: None,
                },
            ),
            Output::Refuse { leg, .. } | Output::HangUp { leg, .. } => {
                self.after(
                    HOP,
                    Input::LegEnded {
                        leg,
                        cause,
                        said: None,
                    },
                );
            }
            Output::Dial { leg, target, .. } => self.dial(leg, &target),
            Output::Play {
                leg,
                play,
                prompts,
                repeat,
            } => {
                self.plays.insert(leg, play);
                if !repeat {
                    let length = prompts.iter().map(|name| self.scene.prompt(name)).sum();
                    if leg.call == CALL {
                        self.said = length;
                    }
                    self.after(length, Input::PlayEnded { leg, play });
                }
            }
            Output::Bridge { a, b } => self.talk(a, b),
            Output::MarkRecording { mark, .. } if &*mark == "voicemail_begin" => {
                let leg = LegId::caller(CALL);
                self.after(self.scene.talk, pressed(leg, '#'));
            }
            Output::Lookup { call, .. } if call == CALL => {
                let (client, delay) = self.scene.client.clone();
                self.after(delay, Input::LookupDone { call, client });
            }
            Output::Search {
                call,
                search,
                by,
                value,
                ..
            } if call == CALL => {
                let (client, delay) = (self.scene.directory.find(&by, &value), self.scene.client.1);
                let done = Input::SearchDone {
                    call,
                    search,
                    client,
                };
                self.after(delay, done);
            }
            Output::Desk {
                operator,
                event: DeskEvent::OfferCreated(card),
            } => {
                self.after(
                    HOP,
                    Input::PopAcked {
                        operator,
                        offer: card.offer_id,
                    },
                );
            }
            _ => {}
        }
    }

    /// A question is put: its words are heard to their end, then the keys of the scene are pressed.
    fn press(&mut self, leg: LegId) {
        let due = self.said + THINKS;
        if !leg.is_caller() {
            // Who answers outside takes the call.
            if let Some(key) = self.board.key_that_takes(leg) {
                self.after(due, pressed(leg, key));
            }
            return;
        }
        if leg.call != CALL {
            return;
        }
        let keys = self.scene.digits.get(self.asked);
        let waits = self.board.is_waiting(CALL);
        if waits && keys.is_none_or(|keys| keys.after.is_none()) {
            return;
        }
        self.asked += 1;
        let Some(Pressing { keys, after }) = keys else {
            return;
        };
        let mut due = match after {
            Some(after) if waits => *after,
            Some(after) => self.said + *after,
            None => due,
        };
        for key in keys.chars() {
            self.after(due, pressed(leg, key));
            due += TYPES;
        }
    }

    fn talk(&mut self, a: LegId, b: LegId) {
        self.talking |= a.call == CALL;
        self.plays.remove(&a);
        self.after(HOP, Input::LegHeard { leg: b });
        let length = self.before.talk(a.call).unwrap_or(self.scene.talk);
        // Where something is asked after the talk the operator hangs up, so that it is seen.
        let is_asked = a.call == CALL && self.board.has_survey(a.call);
        self.after(
            length,
            Input::LegEnded {
                leg: if is_asked { b } else { a },
                cause: EndCause::HungUp,
                said: None,
            },
        );
    }

    fn dial(&mut self, leg: LegId, target: &DialTarget) {
        let DialTarget::Operator { operator } = target else {
            self.after(HOP, Input::LegRinging { leg });
            if let Some(answers) = self.scene.outside_answers {
                self.after(
                    answers,
                    Input::LegAnswered {
                        leg,
                        session_id: None,
                    },
                );
            }
            return;
        };
        let ended = |cause| Input::LegEnded {
            leg,
            cause,
            said: None,
        };
        let mood = match self.before.talk(leg.call) {
            // Whoever talks already has answered.
            Some(_) => Mood::Answers(Duration::ZERO),
            None => self.scene.mood(operator).clone(),
        };
        match mood {
            Mood::DeadPhone => return self.after(HOP, ended(EndCause::Unreachable)),
            Mood::Answers(delay) => self.after(
                HOP + delay,
                Input::LegAnswered {
                    leg,
                    session_id: None,
                },
            ),
            Mood::Rejects(delay) => self.after(HOP + delay, ended(EndCause::Declined)),
            Mood::Away | Mood::NotReady | Mood::Ignores => {}
        }
        self.after(HOP, Input::LegRinging { leg });
    }
}
