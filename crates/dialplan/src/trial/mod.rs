//! Tests beside the plan: `*.test.toml`, each a call that is given and what must become of it.
//!
//! `read` takes the files apart, `run` walks the plan by the very [`Plan::step`](crate::plan::Plan::step) that serves live
//! calls, `judge` compares. A test that fails is a problem with a place, and the version is refused.
mod accepted;
mod directory;
mod judge;
mod read;
mod run;
mod survey;

pub(crate) use read::{CLASS_WORDS, HAPPEN_WORDS, LOOKUPS};

use std::collections::BTreeMap;
use std::time::Duration;

use gudok_calendar::Acceptance;
use gudok_model::{Caller, ClientMatch, Dialled, Name, Needs, QueueId, TrunkId, Wall};

pub(crate) use self::accepted::accepted;
pub use self::directory::Directory;
pub(crate) use self::directory::directory;
pub(crate) use self::read::{client, is_known};
use crate::plan::Plan;
use crate::text::{Problems, Spot, Texts, error};
use crate::typed::Typed;

/// What the name of a file with tests ends with.
pub(crate) const SUFFIX: &str = ".test.toml";

/// Most tests of one plan.
const TRIALS_MAX: usize = 2000;

/// One call and what must become of it.
struct Trial {
    name: String,
    given: Given,
    happens: Vec<(Happens, Spot)>,
    expect: Expect,
}

/// The world of the call.
struct Given {
    caller: Caller,
    dialled: Dialled,
    trunk: Option<TrunkId>,
    at: Wall,
    client: ClientMatch,
    directory: Directory,
    queues: BTreeMap<QueueId, QueueGiven>,
    /// Who has accepted the shift.
    accepted: Vec<(Name, Acceptance)>,
}

/// What is told of a queue; the rest is as if everybody of the group sat there and nobody waited.
#[derive(Clone, Copy, Default)]
struct QueueGiven {
    waiting: Option<u32>,
    ready: Option<u32>,
    logged_in: Option<u32>,
    longest_wait: Option<u32>,
}

/// How a queue or a number outside ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Happens {
    Answered,
    /// Somebody would answer after so long; a shorter wait is over before.
    AnsweredAfter(Duration),
    TimedOut,
    NoOperators,
    Full,
    /// A fault of ours.
    Failed,
    /// The queue left the plan.
    Removed,
    /// The queue closed to who waits in it.
    Closed,
    NotAnswered,
    /// These keys are pressed when the plan asks for keys, or while the caller waits in a queue that has them.
    Pressed(Typed),
    /// This key is pressed in a queue after so long.
    PressedAfter(Typed, Duration),
    /// None is.
    Silent,
}

/// What must become of the call; what is not said may be anything.
#[derive(Default)]
struct Expect {
    flow: Option<Said<Vec<Name>>>,
    queue: Option<Said<Vec<Name>>>,
    priority: Option<Said<u32>>,
    /// What the steps of the plan asked of an operator when the call came to its last queue.
    needs: Option<Said<Needs>>,
    external: Option<Said<Vec<Name>>>,
    says: Option<Said<Vec<Name>>>,
    not_says: Option<Said<Vec<Name>>>,
    /// Words of values.
    hears: Option<Said<Vec<String>>>,
    ends: Option<Said<End>>,
    reason: Option<Said<Name>>,
    rating: Option<Said<u32>>,
    solved: Option<Said<bool>>,
}

/// A value of the text with its place.
struct Said<T> {
    value: T,
    at: Spot,
}

/// Where a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Operator,
    External,
    Voicemail,
    Callback,
    Closed,
    HungUp,
}

/// The words of [`End`].
const ENDS: [(&str, End); 6] = [
    ("operator", End::Operator),
    ("external", End::External),
    ("voicemail", End::Voicemail),
    ("callback", End::Callback),
    ("closed", End::Closed),
    ("hangup", End::HungUp),
];

/// Their words alone.
pub(crate) const END_WORDS: [&str; 6] = crate::shape::words(&ENDS);

/// Reads and runs every test of the files; says what fails. How many there are.
pub(crate) fn try_all(
    plan: &Plan,
    files: &[usize],
    texts: &Texts,
    problems: &mut Problems<'_>,
) -> usize {
    let trials = read::trials(plan, files, texts, problems);
    if let Some((_, at)) = trials.get(TRIALS_MAX) {
        let ru = format!("слишком много тестов: больше {TRIALS_MAX}");
        problems.say(
            at,
            error("too_long", ru, format!("more than {TRIALS_MAX} tests")),
        );
        return trials.len();
    }
    for (trial, at) in &trials {
        let story = run::run(plan, trial);
        judge::judge(trial, at, &story, problems);
    }
    trials.len()
}
