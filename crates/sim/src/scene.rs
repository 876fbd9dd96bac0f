//! The floor on which one call is played: who is there, what they do, what is known of the caller.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gudok_calendar::{Acceptance, Override};
use gudok_dialplan::state::{Answers, OperatorGiven, State, WaitingGiven, Work};
use gudok_dialplan::{Directory, Plan};
use gudok_model::{
    AutoAnswer, ClientMatch, GroupId, LegId, Name, OperatorId, OperatorProfile, PhoneNumber,
    TrunkId,
};
use gudok_switchboard::{Config, DigitForm, Input};

/// The world around one simulated call.
#[derive(Clone, PartialEq, Debug)]
pub struct Scene {
    /// The limits of the switchboard that it runs on.
    pub board: Config,
    /// Where the call comes in.
    pub trunk: TrunkId,
    /// Everybody who may be rung.
    pub operators: Vec<Extra>,
    /// What the lookup finds, and after how long.
    pub client: (ClientMatch, Duration),
    /// What a search by something typed finds, as soon as the lookup does.
    pub directory: Directory,
    /// When a caller who is not helped hangs up. None: never.
    pub patience: Option<Duration>,
    /// How long a talk or a message lasts.
    pub talk: Duration,
    /// When a number outside answers. None: it does not.
    pub outside_answers: Option<Duration>,
    /// Lengths of prompts by name; a prompt that is not here counts as [`PROMPT`].
    pub prompts: BTreeMap<String, Duration>,
    /// What the caller presses at each question of the plan, in their order: `1`, then `4502#`. At those beyond, and at an
    /// empty one, nothing. In a queue that has keys only what is pressed after a time.
    pub digits: Vec<Pressing>,
    /// The number on duty of a group.
    pub duty: BTreeMap<GroupId, PhoneNumber>,
    /// Callers who wait already.
    pub waiting: Vec<WaitingGiven>,
    /// What is set by hand over schedules.
    pub overrides: Vec<(Name, Override)>,
    /// Who has accepted the shift of which roster.
    pub accepted: Vec<(Name, Acceptance)>,
    /// Words of prompts by name, for the story.
    pub texts: BTreeMap<String, String>,
}

/// What the caller presses.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pressing {
    /// The keys, one after the other.
    pub keys: String,
    /// After how long: of a wait in a queue, or of a question's words. None: as soon as a question's words are over.
    pub after: Option<Duration>,
}

impl From<String> for Pressing {
    fn from(keys: String) -> Self {
        Self { keys, after: None }
    }
}

/// One operator of the scene.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Extra {
    /// Who.
    pub operator: OperatorId,
    /// What they do.
    pub mood: Mood,
    /// For how long they are so already.
    pub since: Duration,
    /// What keeps them busy before they take a call.
    pub busy: Option<Busy>,
    /// Why they want no calls; None: they never said that they do.
    pub reason: Option<Name>,
    /// Whether the phone is registered.
    pub phone: bool,
}

/// What an operator has in hand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Busy {
    /// Another caller, for so long still.
    Talking(Duration),
    /// The work after the last call, for so long still.
    WrapUp(Duration),
}

/// What an operator does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mood {
    /// Logged out.
    Away,
    /// Logged in, wants no calls.
    NotReady,
    /// Takes a call after it rang so long.
    Answers(Duration),
    /// Says no after it rang so long.
    Rejects(Duration),
    /// Lets it ring.
    Ignores,
    /// Ready, with a phone that cannot be reached.
    DeadPhone,
}

/// How soon an operator answers when nothing else is said.
pub const ANSWERS: Duration = Duration::from_secs(5);

/// Length of a prompt of which nothing else is known.
pub const PROMPT: Duration = Duration::from_secs(4);

impl Scene {
    /// Everybody of the plan is ready and answers after [`ANSWERS`].
    pub fn staffed(plan: &Plan) -> Self {
        Self::with(plan, |_| Mood::Answers(ANSWERS))
    }

    /// These are ready and answer after so long (None: let it ring); the others are away.
    pub fn ready(plan: &Plan, who: &BTreeSet<OperatorId>, answers: Option<Duration>) -> Self {
        Self::with(plan, |id| {
            if who.contains(id) {
                ready(answers)
            } else {
                Mood::Away
            }
        })
    }

    fn with(plan: &Plan, mood: impl Fn(&OperatorId) -> Mood) -> Self {
        let members = plan.groups().iter().flat_map(|group| &group.operators);
        let everybody: BTreeSet<&OperatorId> = members.collect();
        let extra = |id: &OperatorId| Extra {
            operator: id.clone(),
            mood: mood(id),
            since: Duration::ZERO,
            busy: None,
            reason: None,
            phone: true,
        };
        Self {
            board: Config::default(),
            trunk: TrunkId::from("simulated"),
            operators: everybody.into_iter().map(extra).collect(),
            client: (ClientMatch::None { took_ms: 20 }, Duration::from_millis(20)),
            directory: Directory::default(),
            patience: None,
            talk: Duration::from_secs(60),
            outside_answers: Some(Duration::from_secs(8)),
            prompts: BTreeMap::new(),
            digits: Vec::new(),
            duty: BTreeMap::new(),
            waiting: Vec::new(),
            overrides: Vec::new(),
            accepted: Vec::new(),
            texts: BTreeMap::new(),
        }
    }

    /// As the text of a state says; what it does not say stays as it was.
    pub fn set(&mut self, state: State) {
        if let Some(operators) = &state.operators {
            for extra in &mut self.operators {
                extra.set(operators.get(&extra.operator));
            }
        }
        self.waiting = state.waiting;
        let (lookup, client) = (state.lookup, state.client);
        self.client.0 = client.unwrap_or_else(|| self.client.0.clone());
        self.directory = state.directory.unwrap_or_else(|| self.directory.clone());
        self.client.1 = lookup.unwrap_or(self.client.1);
        self.overrides = state.overrides.unwrap_or_else(|| self.overrides.clone());
        self.accepted = state.accepted.unwrap_or_else(|| self.accepted.clone());
        self.patience = state.patience.or(self.patience);
        self.talk = state.talk.unwrap_or(self.talk);
        self.outside_answers = state.outside.unwrap_or(self.outside_answers);
    }

    pub(crate) fn profiles(&self) -> Vec<OperatorProfile> {
        let profile = |extra: &Extra| OperatorProfile {
            id: extra.operator.clone(),
            name: extra.operator.to_string(),
            project: "simulated".into(),
            auto_answer: AutoAnswer::Off,
            phone_only: false,
            phone: None,
            role: gudok_model::Role::Operator,
        };
        self.operators.iter().map(profile).collect()
    }

    pub(crate) fn mood(&self, operator: &OperatorId) -> &Mood {
        let extra = self
            .operators
            .iter()
            .find(|extra| extra.operator == *operator);
        extra.map_or(&Mood::Away, |extra| &extra.mood)
    }

    pub(crate) fn prompt(&self, name: &str) -> Duration {
        self.prompts.get(name).copied().unwrap_or(PROMPT)
    }
}

impl Extra {
    /// None: not at the desk.
    fn set(&mut self, given: Option<&OperatorGiven>) {
        let Some(given) = given else {
            self.mood = Mood::Away;
            return;
        };
        (self.since, self.phone) = (given.since, given.phone);
        let rings = match (given.answers, &self.mood) {
            (Some(Answers::After(delay)), _) => Mood::Answers(delay),
            (Some(Answers::Never), _) => Mood::Ignores,
            (Some(Answers::Rejects), _) => Mood::Rejects(ANSWERS),
            (Some(Answers::Unreachable), _) => Mood::DeadPhone,
            (None, Mood::Away | Mood::NotReady) => Mood::Answers(ANSWERS),
            (None, usual) => usual.clone(),
        };
        self.mood = match &given.work {
            Work::Away => Mood::Away,
            Work::NotReady { .. } => Mood::NotReady,
            Work::Ready | Work::Talking { .. } | Work::WrapUp { .. } => rings,
        };
        self.busy = match given.work {
            Work::Talking { left } => Some(Busy::Talking(left)),
            Work::WrapUp { left } => Some(Busy::WrapUp(left)),
            Work::Ready | Work::Away | Work::NotReady { .. } => None,
        };
        if let Work::NotReady { reason } = &given.work {
            self.reason.clone_from(reason);
        }
    }
}

fn ready(answers: Option<Duration>) -> Mood {
    answers.map_or(Mood::Ignores, Mood::Answers)
}

/// A key of the caller's.
pub(crate) fn pressed(leg: LegId, digit: char) -> Input {
    Input::Digit {
        leg,
        digit,
        form: DigitForm::Event,
    }
}
