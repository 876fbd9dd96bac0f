//! The floor on which one call is played: who is there, what they do, what is known of the caller.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gudok_dialplan::Plan;
use gudok_model::{
    AutoAnswer, ClientMatch, GroupId, LegId, OperatorId, OperatorProfile, PhoneNumber, TrunkId,
};
use gudok_switchboard::{DigitForm, Input};

/// The world around one simulated call.
#[derive(Clone, PartialEq, Debug)]
pub struct Scene {
    /// Where the call comes in.
    pub trunk: TrunkId,
    /// Everybody who may be rung.
    pub operators: Vec<Extra>,
    /// What the lookup finds, and after how long.
    pub client: (ClientMatch, Duration),
    /// When a caller who is not helped hangs up. None: never.
    pub patience: Option<Duration>,
    /// How long a talk or a message lasts.
    pub talk: Duration,
    /// When a number outside answers. None: it does not.
    pub outside_answers: Option<Duration>,
    /// Lengths of prompts by name; a prompt that is not here counts as [`PROMPT`].
    pub prompts: BTreeMap<String, Duration>,
    /// What the caller presses at each question of the plan, in their order: `1`, then `4502#`. At those beyond, and at an
    /// empty one, nothing.
    pub digits: Vec<String>,
    /// The number on duty of a group.
    pub duty: BTreeMap<GroupId, PhoneNumber>,
}

/// One operator of the scene.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Extra {
    /// Who.
    pub operator: OperatorId,
    /// What they do.
    pub mood: Mood,
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
        };
        Self {
            trunk: TrunkId::from("simulated"),
            operators: everybody.into_iter().map(extra).collect(),
            client: (ClientMatch::None { took_ms: 20 }, Duration::from_millis(20)),
            patience: None,
            talk: Duration::from_secs(60),
            outside_answers: Some(Duration::from_secs(8)),
            prompts: BTreeMap::new(),
            digits: Vec::new(),
            duty: BTreeMap::new(),
        }
    }

    pub(crate) fn profiles(&self) -> Vec<OperatorProfile> {
        let profile = |extra: &Extra| OperatorProfile {
            id: extra.operator.clone(),
            name: extra.operator.to_string(),
            project: "simulated".into(),
            auto_answer: AutoAnswer::Off,
            phone_only: false,
            phone: None,
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
