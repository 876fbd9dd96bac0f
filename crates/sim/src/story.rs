//! One call through the real switchboard in virtual time: the function behind `gudok simulate`.
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use gudok_dialplan::Plan;
use gudok_model::{
    CallEvent, CallId, Caller, Dialled, EndCause, LegId, Mono, Now, OperatorId, Outcome, SessionId,
    Termination, Wall,
};
use gudok_switchboard::desk::{DeskCommand, DeskEvent};
use gudok_switchboard::output::DialTarget;
use gudok_switchboard::{Config, Input, Output, Switchboard};
use uuid::Uuid;

use crate::agenda::Agenda;
use crate::scene::{Mood, Scene, pressed};
use crate::words;

/// The longest a simulated call may last.
pub const STORY_MAX: Duration = Duration::from_secs(6 * 3600);

/// How long the network and the desk take for anything.
const HOP: Duration = Duration::from_millis(20);

/// How long a caller thinks before the first key, and from one key to the next.
const THINKS: Duration = Duration::from_millis(500);
/// See [`THINKS`].
const TYPES: Duration = Duration::from_millis(200);

/// What happened to one call.
#[derive(Clone, PartialEq, Debug)]
pub struct Story {
    /// Time since the INVITE and what happened then, Russian, numbers masked.
    pub lines: Vec<(Duration, String)>,
    /// How it ended. None: it did not within [`STORY_MAX`], which is a fault of ours.
    pub outcome: Option<(Outcome, Termination)>,
}

/// Plays one call from `from` to `to` at `at`. The same arguments give the same story.
///
/// The decisions are those of the live switchboard: the same code, the same plan.
pub fn simulate(plan: Arc<Plan>, from: Caller, to: Dialled, at: Wall, scene: &Scene) -> Story {
    let mut teller = Teller::new(plan, at, scene);
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
        outcome: teller.outcome,
    }
}

/// The call's own id: there is only one.
const CALL: CallId = CallId(Uuid::nil());

/// What is to come.
enum Beat {
    Tell(Box<Input>),
    OutOfPatience,
}

struct Teller<'a> {
    scene: &'a Scene,
    board: Switchboard,
    now: Now,
    agenda: Agenda<Beat>,
    over: BTreeSet<LegId>,
    /// The playback that the caller hears.
    play: Option<u32>,
    /// How long what was played last takes.
    said: Duration,
    /// Questions that were put.
    asked: usize,
    talking: bool,
    lines: Vec<(Duration, String)>,
    outcome: Option<(Outcome, Termination)>,
}

impl<'a> Teller<'a> {
    fn new(plan: Arc<Plan>, at: Wall, scene: &'a Scene) -> Self {
        let mut teller = Self {
            scene,
            board: Switchboard::new(Config::default()),
            now: Now {
                mono: Mono::default(),
                wall: at,
            },
            agenda: Agenda::new(),
            over: BTreeSet::new(),
            play: None,
            said: Duration::ZERO,
            asked: 0,
            talking: false,
            lines: Vec::new(),
            outcome: None,
        };
        teller.board.set_plan(teller.now, plan);
        teller.seat_everybody();
        teller
    }

    /// Everybody takes their seat before the call; nothing of it is part of the story.
    fn seat_everybody(&mut self) {
        let operators = self.scene.profiles();
        let mut inputs = vec![Input::Operators { operators }];
        for (group, number) in &self.scene.duty {
            let (group, number) = (group.clone(), Some(number.clone()));
            inputs.push(Input::DutyNumber { group, number });
        }
        for (extra, session) in self.scene.operators.iter().zip(1..) {
            if extra.mood != Mood::Away {
                inputs.extend(seat(&extra.operator, &extra.mood, SessionId(session)));
            }
        }
        for input in inputs {
            self.board.handle_input(self.now, input);
        }
        while self.board.poll_output().is_some() {}
    }

    /// To the end of the call.
    fn play_out(&mut self) {
        while self.outcome.is_none() || self.board.calls_alive() > 0 {
            let due = self
                .agenda
                .next()
                .into_iter()
                .chain(self.board.poll_timeout())
                .min();
            let Some(at) = due.filter(|at| at.since_start() <= STORY_MAX) else {
                return;
            };
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
    }

    fn after(&mut self, delay: Duration, input: Input) {
        let beat = Beat::Tell(Box::new(input));
        self.agenda.plan(self.now.mono + delay, 0, beat);
    }

    /// What was planned, if it may still happen.
    fn deliver(&mut self, input: Input) {
        if matches!(&input, Input::PlayEnded { play, .. } if self.play != Some(*play)) {
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
        self.line(words::input(&input));
        self.board.handle_input(self.now, input);
        self.drain();
    }

    fn line(&mut self, line: Option<String>) {
        self.lines
            .extend(line.map(|line| (self.now.mono.since_start(), line)));
    }

    fn drain(&mut self) {
        let (mut queued, mut offered) = (false, false);
        while let Some(output) = self.board.poll_output() {
            for line in words::output(&output) {
                self.line(Some(line));
            }
            if let Output::Fact { fact, .. } = &output {
                queued |= matches!(fact, CallEvent::Queued { .. });
                offered |= matches!(fact, CallEvent::Offered { .. });
                if let CallEvent::Ended {
                    outcome,
                    termination,
                } = fact
                {
                    self.outcome = Some((*outcome, termination.clone()));
                }
            }
            self.perform(output);
        }
        if queued && !offered {
            self.explain();
        }
    }

    /// Nobody was offered the call: why not?
    fn explain(&mut self) {
        for (operator, reason) in self.board.why_waiting(CALL) {
            self.line(Some(format!(
                "  оператору {operator} не предлагаем: {}",
                reason.text
            )));
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
                self.play = Some(play);
                if !repeat {
                    let length = prompts.iter().map(|name| self.scene.prompt(name)).sum();
                    self.said = length;
                    self.after(length, Input::PlayEnded { leg, play });
                }
            }
            Output::AwaitDigits { leg, on: true } => self.press(leg),
            Output::Bridge { a, b } => self.talk(a, b),
            Output::MarkRecording { mark, .. } if &*mark == "voicemail_begin" => {
                let leg = LegId::caller(CALL);
                self.after(self.scene.talk, pressed(leg, '#'));
            }
            Output::Lookup { call, .. } => {
                let (client, delay) = self.scene.client.clone();
                self.after(delay, Input::LookupDone { call, client });
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
        let mut due = self.said + THINKS;
        if !leg.is_caller() {
            // Who answers outside takes the call.
            return self.after(due, pressed(leg, '1'));
        }
        let keys = self.scene.digits.get(self.asked);
        self.asked += 1;
        for key in keys.map_or("", String::as_str).chars() {
            self.after(due, pressed(leg, key));
            due += TYPES;
        }
    }

    fn talk(&mut self, a: LegId, b: LegId) {
        self.talking = true;
        self.play = None;
        self.after(HOP, Input::LegHeard { leg: b });
        self.after(
            self.scene.talk,
            Input::LegEnded {
                leg: a,
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
        match self.scene.mood(operator).clone() {
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

/// A phone, a desk and, if that is the mood, readiness.
fn seat(operator: &OperatorId, mood: &Mood, session: SessionId) -> Vec<Input> {
    let phone = Input::Phone {
        operator: operator.clone(),
        live: true,
    };
    let desk = Input::DeskConnected {
        operator: operator.clone(),
        session,
        takeover: false,
    };
    let ready = Input::DeskCommand {
        operator: operator.clone(),
        session,
        id: format!("ready-{operator}"),
        command: DeskCommand::Ready,
    };
    let wants = (*mood != Mood::NotReady).then_some(ready);
    [phone, desk].into_iter().chain(wants).collect()
}
