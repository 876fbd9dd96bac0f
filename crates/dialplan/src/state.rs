//! The state of the floor at one moment, as text: what `gudok simulate --state` is given.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_calendar::{Acceptance, Override, Set, parse_moment};
use gudok_model::{ClientMatch, Name, OperatorId, QueueId, Wall};
use toml::de::DeTable;

use crate::load::Source;
use crate::plan::Plan;
use crate::problem::Problem;
use crate::read::{choose, each, syntax, text};
use crate::reader::{Item, Table, milliseconds};
use crate::shape::state as shape;
use crate::shape::steps::PRIORITY;
use crate::text::{Problems, Spot, Texts, Word, error};
use crate::trial::{Directory, accepted, client, directory, is_known};

/// Most callers who wait already.
pub const WAITING_MAX: usize = 500;
/// Longest that anything may have been so. Milliseconds; as long as a queue may hold a caller.
pub(crate) const SINCE: (u64, u64) = (0, 7_200_000);
/// Whatever a caller or an operator takes their time for. Milliseconds.
pub(crate) const SPAN: (u64, u64) = (1, 7_200_000);
/// What is set by hand ends by itself, here when nothing else is said.
const UNTIL: Duration = Duration::from_secs(24 * 3_600);

/// Who is there and who waits. What is None is as without the text.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct State {
    /// Operators; those who are not here are not at their desks. None: everybody of the plan is ready.
    pub operators: Option<BTreeMap<OperatorId, OperatorGiven>>,
    /// Callers who wait already, longest first.
    pub waiting: Vec<WaitingGiven>,
    /// What is set by hand over schedules. None: whatever is in force.
    pub overrides: Option<Vec<(Name, Override)>>,
    /// Who has accepted the shift of which roster. None: whoever has.
    pub accepted: Option<Vec<(Name, Acceptance)>>,
    /// What the lookup finds.
    pub client: Option<ClientMatch>,
    /// What a search by something typed finds.
    pub directory: Option<Directory>,
    /// After how long it does.
    pub lookup: Option<Duration>,
    /// When a caller who is not helped hangs up.
    pub patience: Option<Duration>,
    /// How long a talk or a message lasts.
    pub talk: Option<Duration>,
    /// When a number outside answers, or that it does not.
    pub outside: Option<Option<Duration>>,
}

/// One operator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OperatorGiven {
    /// What they do.
    pub work: Work,
    /// For how long already.
    pub since: Duration,
    /// Whether the phone is registered.
    pub phone: bool,
    /// What they do when it rings. None: as without the text.
    pub answers: Option<Answers>,
}

/// What an operator does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Work {
    /// Waits for a call.
    Ready,
    /// Takes none.
    NotReady {
        /// Why: a code of the plan's list. None: they never said that they are ready.
        reason: Option<Name>,
    },
    /// Not at the desk.
    Away,
    /// Talks with another caller.
    Talking {
        /// For how long still.
        left: Duration,
    },
    /// Writes up the last call.
    WrapUp {
        /// For how long still.
        left: Duration,
    },
}

/// What an operator does when the phone rings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answers {
    /// Answers after so long.
    After(Duration),
    /// Lets it ring.
    Never,
    /// Says no.
    Rejects,
    /// The phone is registered, but nobody reaches it.
    Unreachable,
}

/// One caller who waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WaitingGiven {
    /// Where.
    pub queue: QueueId,
    /// For how long already.
    pub since: Duration,
    /// 0–9.
    pub priority: u8,
}

/// Reads the text for a moment `now`; operators, queues and schedules are those of the plan.
///
/// # Errors
/// Everything that is wrong, each with its place.
pub fn read(plan: &Plan, now: Wall, source: &Source) -> Result<State, Vec<Problem>> {
    let names = Names::of(plan, now);
    whole(names, source).map(|(state, _)| state)
}

/// The same of a text that a daemon made by a plan which may be another: who and what this plan lacks is left out, and told of
/// in Russian.
///
/// # Errors
/// Everything else that is wrong, each with its place.
pub fn read_of_another_plan(
    plan: &Plan,
    now: Wall,
    source: &Source,
) -> Result<(State, Vec<String>), Vec<Problem>> {
    let names = Names {
        left_out: Some(Vec::new()),
        ..Names::of(plan, now)
    };
    whole(names, source)
}

/// What may be named, and what becomes of another name.
struct Names<'p> {
    plan: &'p Plan,
    now: Wall,
    /// What was left out; None: another name is a mistake.
    left_out: Option<Vec<String>>,
}

impl<'p> Names<'p> {
    fn of(plan: &'p Plan, now: Wall) -> Self {
        Self {
            plan,
            now,
            left_out: None,
        }
    }

    /// Whether what has this name is read on; a name that is a mistake was complained of, so that all the rest of it is too.
    fn takes(
        &mut self,
        word: &Word,
        (ru, en): (&str, &str),
        known: &[&str],
        problems: &mut Problems<'_>,
    ) -> bool {
        match &mut self.left_out {
            Some(left_out) if !known.contains(&word.text.as_str()) => {
                let told = format!("нет {ru}: «{}»", word.text);
                if !left_out.contains(&told) {
                    left_out.push(told);
                }
                false
            }
            Some(_) => true,
            None => {
                is_known(word, ru, en, known, problems);
                true
            }
        }
    }
}

fn whole(mut names: Names<'_>, source: &Source) -> Result<(State, Vec<String>), Vec<Problem>> {
    let texts = Texts::new(std::slice::from_ref(source));
    let mut problems = Problems::new(&texts);
    let (document, errors) = DeTable::parse_recoverable(texts.text(0));
    for broken in &errors {
        syntax(0, texts.text(0), broken, &mut problems);
    }
    let state = match errors.is_empty() {
        true => state(&mut names, document.get_ref(), &mut problems),
        false => State::default(),
    };
    match problems.has_errors() {
        true => Err(problems.into_list()),
        false => Ok((state, names.left_out.unwrap_or_default())),
    }
}

fn state(names: &mut Names<'_>, document: &DeTable<'_>, problems: &mut Problems<'_>) -> State {
    let at = Spot {
        file: 0,
        span: 0..0,
    };
    let table = Table::new(document, at, &shape::FILE);
    let operators = table
        .get("operator")
        .map(|item| operators(names, item, problems));
    let waiting = waiting(names, &table, problems);
    let overrides = table
        .get("schedule")
        .map(|item| overrides(names, item, problems));
    let accepted = table
        .get("accepted")
        .map(|item| accepted(names.plan, names.now, item, problems));
    let client = table.get("client").and_then(|item| client(item, problems));
    let searched = table.get("directory");
    let searched = searched.map(|item| directory(item, problems));
    let mut span = |key| {
        let item = table.get(key)?;
        item.duration(problems, SPAN)
    };
    let (lookup, patience, talk) = (span("lookup"), span("patience"), span("talk"));
    let outside = table
        .get("outside")
        .and_then(|item| outside(item, problems));
    table.finish("в файле состояния", problems);
    State {
        operators,
        waiting,
        overrides,
        accepted,
        client,
        directory: searched,
        lookup,
        patience,
        talk,
        outside,
    }
}

/// `[operator.101]`.
fn operators(
    names: &mut Names<'_>,
    item: Item<'_>,
    problems: &mut Problems<'_>,
) -> BTreeMap<OperatorId, OperatorGiven> {
    let groups = names.plan.groups().iter();
    let known: Vec<&str> = groups
        .flat_map(|group| &group.operators)
        .map(OperatorId::as_str)
        .collect();
    let entries = item.table(problems).map(|table| table.entries());
    let mut operators = BTreeMap::new();
    for (word, item) in entries.unwrap_or_default() {
        let what = ("в плане такого оператора", "operator");
        if !names.takes(&word, what, &known, problems) {
            continue;
        }
        if let Some(given) = operator(names, item, problems) {
            operators.insert(OperatorId::new(word.text), given);
        }
    }
    operators
}

#[derive(Clone, Copy)]
pub(crate) enum Does {
    Ready,
    NotReady,
    Away,
    Talking,
    WrapUp,
}

pub(crate) const DOES: [(&str, Does); 5] = [
    ("ready", Does::Ready),
    ("not_ready", Does::NotReady),
    ("away", Does::Away),
    ("talking", Does::Talking),
    ("wrap_up", Does::WrapUp),
];

/// How long another talk or the work after it goes on, when nothing is said.
const TALK_LEFT: Duration = Duration::from_secs(180);
const WRAP_UP_LEFT: Duration = Duration::from_secs(10);

fn operator(
    names: &mut Names<'_>,
    item: Item<'_>,
    problems: &mut Problems<'_>,
) -> Option<OperatorGiven> {
    let table = item.shaped(&shape::OPERATOR, problems)?;
    let state = table.need("state", problems);
    let does = choose(
        state,
        ("нет такого состояния:", "unknown state"),
        &DOES,
        problems,
    );
    let since = table
        .get("since")
        .and_then(|it| it.duration(problems, SINCE));
    let phone = table.get("phone").and_then(|it| it.flag(problems));
    let answers = table.get("answers").and_then(|it| answers(it, problems));
    let mut left = |usual| {
        let left = table.get("left").and_then(|it| it.duration(problems, SPAN));
        left.unwrap_or(usual)
    };
    let does = does?;
    let work = match does {
        Does::Ready => Work::Ready,
        Does::Away => Work::Away,
        Does::Talking => Work::Talking {
            left: left(TALK_LEFT),
        },
        Does::WrapUp => Work::WrapUp {
            left: left(WRAP_UP_LEFT),
        },
        Does::NotReady => Work::NotReady {
            reason: reason(names, &table, problems),
        },
    };
    let keys = match does {
        Does::Ready | Does::Away => &shape::THERE,
        Does::Talking | Does::WrapUp => &shape::LEAVING,
        Does::NotReady => &shape::BREAK,
    };
    let table = table.shaped(keys);
    table.finish("в [operator.…] при таком state", problems);
    Some(OperatorGiven {
        work,
        since: since.unwrap_or_default(),
        phone: phone.unwrap_or(true),
        answers,
    })
}

/// Of the plan's list.
fn reason(names: &mut Names<'_>, table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Name> {
    let word = table.get("reason")?.word(problems)?;
    let known: Vec<&str> = names
        .plan
        .not_ready_reasons()
        .iter()
        .map(|choice| &*choice.code)
        .collect();
    let what = ("в плане такой причины", "reason");
    let takes = names.takes(&word, what, &known, problems);
    takes.then(|| word.text.as_str().into())
}

fn answers(item: Item<'_>, problems: &mut Problems<'_>) -> Option<Answers> {
    let word = item.word(problems)?;
    match word.text.as_str() {
        "never" => Some(Answers::Never),
        "rejects" => Some(Answers::Rejects),
        "unreachable" => Some(Answers::Unreachable),
        other if milliseconds(other).is_some() => item.duration(problems, SPAN).map(Answers::After),
        other => {
            let ru = format!("нет такого ответа оператора: «{other}»");
            let said = error("unknown_word", ru, format!("unknown answer {other:?}"));
            let allowed = ["5s", "never", "rejects", "unreachable"];
            problems.say(&word.at, said.one_of(other, &allowed));
            None
        }
    }
}

/// `outside = "8s"` or `"never"`.
fn outside(item: Item<'_>, problems: &mut Problems<'_>) -> Option<Option<Duration>> {
    let word = item.word(problems)?;
    match word.text.as_str() {
        "never" => Some(None),
        _ => item.duration(problems, SPAN).map(Some),
    }
}

/// `[[waiting]]`.
fn waiting(
    names: &mut Names<'_>,
    table: &Table<'_>,
    problems: &mut Problems<'_>,
) -> Vec<WaitingGiven> {
    let queues = names.plan.queues();
    let queues: Vec<&str> = queues.iter().map(|it| it.id.as_str()).collect();
    let items = each(table.get("waiting"), problems);
    if let Some(item) = items.get(WAITING_MAX) {
        let ru = format!("слишком много ждущих: больше {WAITING_MAX}");
        let en = format!("more than {WAITING_MAX} waiting");
        problems.say(&item.at(), error("too_long", ru, en));
        return Vec::new();
    }
    let mut waiting: Vec<WaitingGiven> = items
        .into_iter()
        .filter_map(|item| waiter((names, &queues), item, problems))
        .collect();
    waiting.sort_by_key(|it| std::cmp::Reverse(it.since));
    waiting
}

fn waiter(
    (names, queues): (&mut Names<'_>, &[&str]),
    item: Item<'_>,
    problems: &mut Problems<'_>,
) -> Option<WaitingGiven> {
    let table = item.shaped(&shape::WAITING, problems)?;
    let queue = table
        .need("queue", problems)
        .and_then(|it| it.word(problems));
    let what = ("в плане такой очереди", "queue");
    if let Some(word) = &queue
        && !names.takes(word, what, queues, problems)
    {
        return None;
    }
    let since = table.need("since", problems);
    let since = since.and_then(|it| it.duration(problems, SINCE));
    let priority = table
        .get("priority")
        .and_then(|it| it.number(problems, PRIORITY));
    table.finish("в [[waiting]]", problems);
    Some(WaitingGiven {
        queue: QueueId::new(queue?.text),
        since: since?,
        priority: priority.and_then(|it| u8::try_from(it).ok()).unwrap_or(0),
    })
}

#[derive(Clone, Copy)]
pub(crate) enum Hand {
    Open,
    Closed,
}

pub(crate) const HANDS: [(&str, Hand); 2] = [("open", Hand::Open), ("closed", Hand::Closed)];

/// `[schedule.office]`, as `gudok schedule` sets it.
fn overrides(
    names: &mut Names<'_>,
    item: Item<'_>,
    problems: &mut Problems<'_>,
) -> Vec<(Name, Override)> {
    let (plan, now) = (names.plan, names.now);
    let known: Vec<&str> = plan.schedules().map(|(name, _)| &**name).collect();
    let entries = item.table(problems).map(|table| table.entries());
    let mut overrides = Vec::new();
    for (word, item) in entries.unwrap_or_default() {
        let what = ("в плане такого графика", "schedule");
        if !names.takes(&word, what, &known, problems) {
            continue;
        }
        let Some(table) = item.shaped(&shape::BY_HAND, problems) else {
            continue;
        };
        let zone = plan.schedule(&word.text).map(|schedule| &schedule.zone);
        let hours = table.get("set");
        let hours = choose(
            hours,
            ("так график не задать:", "unknown word"),
            &HANDS,
            problems,
        );
        let announce = table.get("announce").and_then(|it| text(it, problems));
        let until = table.get("until").and_then(|it| {
            let word = it.word(problems)?;
            let span = milliseconds(&word.text).map(|ms| now + Duration::from_millis(ms));
            let at = span.or_else(|| parse_moment(&word.text, zone?));
            if at.is_none() && zone.is_some() {
                let ru = format!("это не время: «{}»", word.text);
                let said = error("bad_time", ru, format!("not a moment: {:?}", word.text));
                let remedy = (
                    "пишите \"2h\" или \"2026-12-30T12:30\" (по часам графика)",
                    "write \"2h\" or \"2026-12-30T12:30\" (by the clock of the schedule)",
                );
                problems.say(&word.at, said.remedy(remedy));
            }
            at
        });
        let mut said = |key, usual: &str| {
            let said = table.get(key).and_then(|it| text(it, problems));
            said.unwrap_or_else(|| usual.to_owned())
        };
        let (why, who) = (said("why", "как будто"), said("who", "simulate"));
        table.finish("в [schedule.…]", problems);
        let hours = hours.map(|hand| match hand {
            Hand::Open => Set::Open,
            Hand::Closed => Set::Closed,
        });
        let announce = announce.map(|prompt| Set::Announce {
            prompt: prompt.as_str().into(),
        });
        overrides.extend([hours, announce].into_iter().flatten().map(|set| {
            let set = Override {
                set,
                since: now,
                until: until.unwrap_or(now + UNTIL),
                who: who.clone(),
                why: why.clone(),
            };
            (Name::from(word.text.as_str()), set)
        }));
    }
    overrides
}

#[cfg(test)]
mod tests;
