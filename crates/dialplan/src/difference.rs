//! What another version of a plan does otherwise, when, and with which callers.
//!
//! The time is cut as for the proof of coverage. In each cell both plans are walked side by side from the number's first step,
//! through every end a step may have and both ways of each condition that only the call can answer; the first step at which
//! they part is the difference.
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use gudok_calendar::{Overrides, Roster};
use gudok_model::{Name, PhoneNumber, QueueSettings, Wall};
use serde::Serialize;

use crate::callers::Who;
use crate::condition::{CLASSES, Tri, Var};
use crate::coverage::{Horizon, LISTED_MAX, Listed};
use crate::flow::{At, What};
use crate::plan::{Number, Plan};
use crate::spell;
use crate::survey::Survey;
use crate::timeline::Timelines;

mod detail;
mod openings;
mod same;
mod settings;
mod side;
mod told;
mod unlike;

use openings::Openings;
use same::Alike;
use side::{Answers, Said, Side, Told, Word};

/// Everything a new version does otherwise than the old one. Empty lists: nothing.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Difference {
    /// Numbers whose calls may go otherwise, new ones, and those that are gone.
    pub numbers: Vec<Otherwise>,
    /// Groups whose settings are others, or that only one version has.
    pub groups: Vec<Named>,
    /// Queues, the same.
    pub queues: Vec<Named>,
    /// Skills that others have, or to another level, or that only one version has.
    pub skills: Vec<Named>,
    /// Limits of operators that are others, or that only one version has.
    pub caps: Vec<Named>,
    /// Rosters with other people or turns, or that only one version has.
    pub rosters: Vec<Named>,
    /// Whether operators choose their dispositions from another list.
    pub dispositions: bool,
    /// The same of the reasons for which they are not ready.
    pub not_ready_reasons: bool,
    /// Whether calls out go by other rules.
    pub outbound: bool,
    /// Whether operators are told of who listens to them in one version only.
    pub supervision: bool,
    /// What binds breaks otherwise: `LUNCH: не дольше (max): нет → 2400 с`. Russian.
    pub breaks: Vec<String>,
    /// At which other levels somebody is called: `тревога oldest_waiting (tech): …`. Russian.
    pub alarms: Vec<String>,
    /// Numbers of which nobody knows: comparing all of them is more work than [`WORK_MAX`].
    pub not_counted: Vec<Name>,
}

/// What has settings of its own.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Named {
    /// Its name.
    pub name: Name,
    /// Which versions have it; both: its settings are others.
    pub served: Served,
    /// Of both: each setting that is another, with what it was and what it will be. Russian.
    pub changes: Vec<String>,
}

/// Most work of one comparison: cells of time looked at and pairs of steps gone through, for all numbers and callers together;
/// a second or two.
pub const WORK_MAX: u64 = 5_000_000;

/// One number.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Otherwise {
    /// As dialled.
    pub did: String,
    /// As people call it.
    pub label: String,
    /// Which versions serve it.
    pub served: Served,
    /// Whether it is answered, recorded (a word aside, too) or reached otherwise, or has a flow for busy times in one version only.
    pub taken_otherwise: bool,
    /// What is written of it otherwise and moves no call: the keys, as in the text.
    pub keys: Vec<&'static str>,
    /// How long a time was looked at. Minutes.
    pub looked_at: i64,
    /// How long calls of somebody may go otherwise. Minutes.
    pub minutes: i64,
    /// How, the longest first.
    pub ways: Vec<Way>,
}

/// Which versions serve a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Served {
    /// Both.
    Both,
    /// The new one only.
    New,
    /// The old one only.
    Old,
}

/// One way in which calls may go otherwise.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Way {
    /// Whose calls; empty: everybody's.
    pub callers: Vec<String>,
    /// Whether it is the way of calls that come when there are more than can be served (`busy`).
    pub busy: bool,
    /// What the old version does where they part, with its place. Russian.
    pub before: String,
    /// What the new one does.
    pub after: String,
    /// How many stretches of time there are.
    pub count: usize,
    /// How long they are together. Minutes.
    pub minutes: i64,
    /// The first of them, at most [`LISTED_MAX`].
    pub stretches: Vec<Listed>,
}

/// Lines that are copied with as much work as one step takes.
const LINES_A_STEP: u64 = 8;
/// Most different cells of one number and kind of caller that are remembered.
const KNOWN_MAX: usize = 20_000;

/// A stretch of time.
type Span = (Wall, Wall);

/// What the two do where they part.
type Parting = (String, String);

impl Plan {
    /// What this version does otherwise than `old`, over the horizon, while this is set by hand over the schedules of both.
    pub fn differs_from(&self, old: &Self, horizon: Horizon, by_hand: &Overrides) -> Difference {
        self.differs_within(old, horizon, by_hand, WORK_MAX)
    }

    fn differs_within(
        &self,
        old: &Self,
        horizon: Horizon,
        by_hand: &Overrides,
        most: u64,
    ) -> Difference {
        let zones = old.numbers.iter().chain(&self.numbers);
        let (from, to) = horizon.widest(zones.map(|number| &number.zone));
        let mut lines = (
            Timelines::new(old, (from, to), by_hand),
            Timelines::new(self, (from, to), by_hand),
        );
        let dids: BTreeSet<&PhoneNumber> = old.by_did.keys().chain(self.by_did.keys()).collect();
        let mut pairs: BTreeMap<(Option<usize>, Option<usize>), &PhoneNumber> = BTreeMap::new();
        for did in dids {
            let pair = (old.by_did.get(did).copied(), self.by_did.get(did).copied());
            pairs.entry(pair).or_insert(did);
        }
        let (mut numbers, mut not_counted) = (Vec::new(), Vec::new());
        let mut work = Work { done: 0, most };
        for ((before, after), did) in pairs {
            let before = before.and_then(|index| old.numbers.get(index));
            let after = after.and_then(|index| self.numbers.get(index));
            numbers.extend(match (before, after) {
                (Some(before), Some(after)) => {
                    let sides = (Side::new(old, before), Side::new(self, after));
                    match both(did, &sides, horizon, &mut lines, &mut work) {
                        Ok(found) => found,
                        Err(TooMuch) => {
                            not_counted.push(after.label.as_str().into());
                            None
                        }
                    }
                }
                (Some(only), None) => Some(alone(did, only, Served::Old)),
                (None, Some(only)) => Some(alone(did, only, Served::New)),
                (None, None) => None,
            });
        }
        Difference {
            numbers,
            not_counted,
            dispositions: old.dispositions != self.dispositions,
            not_ready_reasons: settings::lists_others(
                &old.not_ready_reasons,
                &self.not_ready_reasons,
            ),
            outbound: settings::is_outbound_other(
                old.outbound.as_deref(),
                self.outbound.as_deref(),
            ),
            supervision: old.supervision_told != self.supervision_told,
            breaks: settings::of_breaks(&old.not_ready_reasons, &self.not_ready_reasons),
            alarms: settings::of_alarms(&old.alarms, &self.alarms),
            groups: changed(
                (&old.groups, &self.groups),
                |group| group.id.as_str(),
                settings::of_group,
            ),
            queues: changed(
                (&queues(old), &queues(self)),
                |queue| queue.0.id.as_str(),
                settings::of_queue,
            ),
            skills: changed(
                (&old.skills, &self.skills),
                |skill| skill.id.as_str(),
                settings::of_skill,
            ),
            caps: changed((&old.caps, &self.caps), |cap| &*cap.id, settings::of_cap),
            rosters: changed(
                (&rosters(old), &rosters(self)),
                |(name, _): &(&Name, &Roster)| name,
                |(_, before), (_, after)| settings::of_roster(before, after),
            ),
        }
    }
}

/// Queues with what is asked after their talks, wherever that stands in the text.
fn queues(plan: &Plan) -> Vec<settings::Queue<'_>> {
    let survey = |queue: &QueueSettings| {
        let found = plan.survey(&queue.id).map(|it| (**it).clone());
        found.map(|it| Survey {
            place: "".into(),
            ..it
        })
    };
    let queues = plan.queues.iter();
    queues
        .map(|queue| {
            let edges = plan.edges_of(&queue.id);
            // Where it follows from a number, its other hours are told of that number.
            let said = edges.empty.as_ref().filter(|it| !it.by_default);
            let expects = said.and_then(|it| it.expects.as_ref()?.names.first());
            let hours = expects.and_then(|name| plan.schedule(name));
            (queue, survey(queue), edges, hours)
        })
        .collect()
}

fn rosters(plan: &Plan) -> Vec<(&Name, &Roster)> {
    plan.rosters().collect()
}

/// What is not the same in both lists, and how.
fn changed<T: PartialEq>(
    (old, new): (&[T], &[T]),
    name: impl Fn(&T) -> &str,
    how: impl Fn(&T, &T) -> Vec<String>,
) -> Vec<Named> {
    let by_name = |list: &[T]| -> BTreeMap<String, usize> {
        let items = list.iter().enumerate();
        items
            .map(|(index, it)| (name(it).to_owned(), index))
            .collect()
    };
    let (was, is) = (by_name(old), by_name(new));
    let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let served = |name: &String| match (was.get(name), is.get(name)) {
        (Some(a), Some(b)) if old[*a] == new[*b] => None,
        (Some(a), Some(b)) => Some((Served::Both, how(&old[*a], &new[*b]))),
        (Some(_), None) => Some((Served::Old, Vec::new())),
        (None, _) => Some((Served::New, Vec::new())),
    };
    let changed = |key: &String| {
        let (name, (served, changes)) = (key.as_str().into(), served(key)?);
        Some(Named {
            name,
            served,
            changes,
        })
    };
    names.into_iter().filter_map(changed).collect()
}

/// How much has been done, and the most that may be.
struct Work {
    done: u64,
    most: u64,
}

impl Work {
    fn is_too_much(&self) -> bool {
        self.done > self.most
    }
}

/// It is more work than may be.
struct TooMuch;

fn alone(did: &PhoneNumber, number: &Number, served: Served) -> Otherwise {
    Otherwise {
        did: did.to_string(),
        label: number.label.clone(),
        served,
        taken_otherwise: false,
        keys: Vec::new(),
        looked_at: 0,
        minutes: 0,
        ways: Vec::new(),
    }
}

/// A number that both versions serve; None where they do the same.
///
/// # Errors
/// It is more work than is left.
fn both<'a>(
    did: &PhoneNumber,
    sides: &(Side<'a>, Side<'a>),
    horizon: Horizon,
    lines: &mut (Timelines<'_>, Timelines<'_>),
    work: &mut Work,
) -> Result<Option<Otherwise>, TooMuch> {
    let (old, new) = (sides.0.number, sides.1.number);
    let span = horizon.span(&new.zone);
    let mut found: BTreeMap<(Parting, Vec<Span>, bool), Vec<String>> = BTreeMap::new();
    let classes = match is_same_text(sides, work) {
        true => Vec::new(),
        false => classes(&sides.0, &sides.1),
    };
    let openings = match classes.is_empty() {
        true => Openings::default(),
        false => Openings::new(sides, lines),
    };
    for (class, name) in &classes {
        if work.is_too_much() {
            return Err(TooMuch);
        }
        let asked = Asked {
            old: sides.0.answers(*class, &mut lines.0),
            new: sides.1.answers(*class, &mut lines.1),
            openings: &openings,
        };
        for (busy, start) in starts(old, new) {
            let partings = partings(sides, start, &asked, span, work).ok_or(TooMuch)?;
            for (parting, spans) in partings {
                let callers = found.entry((parting, spans, busy)).or_default();
                callers.push(name.clone());
            }
        }
    }
    let taken = |number: &Number| {
        let (busy, schedule) = (number.busy.is_some(), number.schedule.clone());
        let trunk = number.trunk.clone();
        let record = (number.record, number.record_consultations);
        (trunk, number.answer, record, busy, schedule, number.locale)
    };
    let taken_otherwise = taken(old) != taken(new);
    let keys = other_keys(old, new);
    if found.is_empty() && !taken_otherwise && keys.is_empty() {
        return Ok(None);
    }
    // Busy times are none of the clock: their ways are told, and count no hours.
    let usual = found.keys().filter(|(.., busy)| !busy);
    let minutes = union(usual.flat_map(|(_, spans, _)| spans).copied().collect());
    let mut ways: Vec<Way> = found
        .into_iter()
        .map(|((parting, spans, busy), mut callers)| {
            if callers.len() == classes.len() {
                callers.clear();
            }
            Way {
                busy,
                ..way(new, parting, &spans, callers)
            }
        })
        .collect();
    ways.sort_by_key(|way| (way.busy, -way.minutes));
    Ok(Some(Otherwise {
        did: did.to_string(),
        label: new.label.clone(),
        served: Served::Both,
        taken_otherwise,
        keys,
        looked_at: (span.1.0 - span.0.0) / MINUTE,
        minutes,
        ways,
    }))
}

/// What moves no call and is seen all the same: in lists, in reports, in what a proof refuses.
fn other_keys(old: &Number, new: &Number) -> Vec<&'static str> {
    let keys = [
        ("label", old.label != new.label),
        ("project", old.project != new.project),
        ("allow_closed", old.allow_closed != new.allow_closed),
    ];
    let others = keys.into_iter().filter(|(_, is_other)| *is_other);
    others.map(|(key, _)| key).collect()
}

/// Where calls of both versions begin, and whether only in busy times.
fn starts(old: &Number, new: &Number) -> Vec<(bool, (At, At))> {
    let usual = (old.entry, new.entry);
    let busy = old.busy_entry.zip(new.busy_entry);
    let starts = std::iter::once((false, usual)).chain(busy.map(|flows| (true, flows)));
    starts
        .map(|(busy, (a, b))| (busy, ((a, 0), (b, 0))))
        .collect()
}

/// Microseconds in a minute.
const MINUTE: i64 = 60_000_000;
fn way(number: &Number, parting: Parting, spans: &[Span], callers: Vec<String>) -> Way {
    let listed = |(from, until): &Span| Listed {
        from: *from,
        until: *until,
        shown: spell::between(&number.zone, *from, *until),
    };
    Way {
        callers,
        busy: false,
        before: parting.0,
        after: parting.1,
        count: spans.len(),
        minutes: spans.iter().map(|(a, b)| (b.0 - a.0) / MINUTE).sum(),
        stretches: spans.iter().take(LISTED_MAX).map(listed).collect(),
    }
}

/// How long stretches that may overlap are together. Minutes.
fn union(spans: BTreeSet<Span>) -> i64 {
    let (mut sum, mut reached) = (0, Wall(i64::MIN));
    for (from, until) in spans {
        let from = from.max(reached);
        if until > from {
            sum += until.0 - from.0;
            reached = until;
        }
    }
    sum / MINUTE
}

/// The classes of callers that the two plans tell apart on this number, as people name them.
fn classes(old: &Side<'_>, new: &Side<'_>) -> Vec<(Who, String)> {
    let asks = |wanted: &Var| {
        let conditions = old.asked.iter().chain(&new.asked);
        conditions
            .into_iter()
            .any(|(_, condition)| condition.vars.iter().any(|(_, var)| var == wanted))
    };
    let (by_hidden, by_class) = (asks(&Var::CallerAnonymous), asks(&Var::ClientClass));
    let mut classes = Vec::new();
    if by_hidden {
        let hidden = Who {
            anonymous: Some(true),
            class: by_class.then_some("unknown"),
            ..Who::ANYBODY
        };
        classes.push((hidden, "номер скрыт".to_owned()));
    }
    let shown = Who {
        anonymous: by_hidden.then_some(false),
        ..Who::ANYBODY
    };
    if !by_class {
        classes.push((shown, "номер не скрыт".to_owned()));
        return classes;
    }
    let of_class = |class| {
        let class = Some(class);
        Who { class, ..shown }
    };
    let named = |class| (of_class(class), format!("client.class = {class}"));
    classes.extend(CLASSES.into_iter().map(named));
    classes
}

/// What both ask, over time.
struct Asked<'a> {
    old: Answers,
    new: Answers,
    openings: &'a Openings,
}

/// Where the two part in each cell of the span, and the stretches of each parting. None: it is too much work.
fn partings(
    sides: &(Side<'_>, Side<'_>),
    start: (At, At),
    asked: &Asked<'_>,
    span: Span,
    work: &mut Work,
) -> Option<BTreeMap<Parting, Vec<Span>>> {
    let first = asked.old.lines();
    let both = first + asked.new.lines();
    let changes = asked.old.changes(0).chain(asked.new.changes(first));
    let mut changes: Vec<_> = changes.chain(asked.openings.changes(both)).collect();
    changes.sort_unstable();
    let mut changes = changes.into_iter().peekable();
    let mut now: Said = vec![Word::Condition(Tri::Either); both + asked.openings.lines()];
    let mut known: BTreeMap<Said, Option<Parting>> = BTreeMap::new();
    let mut found: BTreeMap<Parting, Vec<Span>> = BTreeMap::new();
    let mut at = span.0;
    while at < span.1 {
        while let Some((_, line, word)) = changes.next_if(|(change, ..)| *change <= at) {
            now[line] = word;
        }
        let until = changes.peek().map_or(span.1, |(change, ..)| *change);
        let until = until.min(span.1);
        work.done += 1 + now.len() as u64 / LINES_A_STEP;
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        if !known.contains_key(&now) {
            let (said, openings) = now.split_at(both);
            let (old, new) = said.split_at(first);
            let told = (asked.old.told(old), asked.new.told(new));
            let opening = |a, b| asked.openings.are_alike(sides, openings, (a, b));
            known.insert(now.clone(), part_at(sides, start, &told, &opening, work));
        }
        if work.is_too_much() {
            return None;
        }
        if let Some(Some(parting)) = known.get(&now) {
            let spans = found.entry(parting.clone()).or_default();
            match spans.last_mut() {
                Some(last) if last.1 == at => last.1 = until,
                _ => spans.push((at, until)),
            }
        }
        at = until;
    }
    Some(found)
}

/// The first step at which the two do not do the same at a time of which this is told; None: there is none.
fn part_at(
    sides: &(Side<'_>, Side<'_>),
    start: (At, At),
    told: &(Told, Told),
    opening: &dyn Fn(usize, usize) -> bool,
    work: &mut Work,
) -> Option<Parting> {
    let hours = |a: usize, b: usize| told.0.schedules.get(&a) == told.1.schedules.get(&b);
    let conditions = (&told.0.conditions, &told.1.conditions);
    let alike = Alike {
        hours: &hours,
        opening,
    };
    part(sides, start, conditions, alike, work)
}

/// Whether the two do the same whatever the hour: the same steps, with the same questions about the same schedules, by which
/// also what is set by hand is the same.
fn is_same_text(sides: &(Side<'_>, Side<'_>), work: &mut Work) -> bool {
    let (old, new) = (sides.0.plan, sides.1.plan);
    let same = |a: usize, b: usize| {
        let named = old.schedule_names.get(a) == new.schedule_names.get(b);
        named && old.schedules.get(a) == new.schedules.get(b)
    };
    let unknown = BTreeMap::new();
    let conditions = (&unknown, &unknown);
    let alike = Alike {
        hours: &same,
        opening: &same,
    };
    let mut starts = starts(sides.0.number, sides.1.number).into_iter();
    starts.all(|(_, start)| part(sides, start, conditions, alike, work).is_none())
}

/// The first step at which the two do not do the same; None: there is none.
fn part(
    (old, new): &(Side<'_>, Side<'_>),
    start: (At, At),
    told: (&BTreeMap<At, Tri>, &BTreeMap<At, Tri>),
    alike: Alike<'_>,
    work: &mut Work,
) -> Option<Parting> {
    let mut seen = BTreeSet::from([start]);
    let mut left = VecDeque::from([start]);
    while let Some((a, b)) = left.pop_front() {
        work.done += 1;
        let (a, b) = (old.settle(a, told.0), new.settle(b, told.1));
        let (before, after) = (old.op(a)?, new.op(b)?);
        let ways: Vec<(At, At)> = match (&before.what, &after.what) {
            (
                What::When {
                    condition: asked,
                    otherwise,
                    ..
                },
                What::When {
                    condition: same,
                    otherwise: other,
                    ..
                },
            ) if same::is_told_alike((old, asked), (new, same), alike) => {
                vec![
                    ((a.0, a.1 + 1), (b.0, b.1 + 1)),
                    ((a.0, *otherwise), (b.0, *other)),
                ]
            }
            (What::When { otherwise, .. }, _) => vec![((a.0, a.1 + 1), b), ((a.0, *otherwise), b)],
            (_, What::When { otherwise, .. }) => vec![(a, (b.0, b.1 + 1)), (a, (b.0, *otherwise))],
            (before_what, after_what) => {
                let (ways, others) = (before_what.edges(a), after_what.edges(b));
                let is_same = same::is_same((old, before_what), (new, after_what), alike);
                // A way that only one of them has: ways are compared by their order.
                if !is_same || ways.len() != others.len() {
                    return Some(side::told((old, before), (new, after), alike));
                }
                let both = ways.into_iter().zip(others);
                both.map(|(way, other)| (way.to, other.to)).collect()
            }
        };
        left.extend(ways.into_iter().filter(|pair| seen.insert(*pair)));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{Source, load};

    fn plan(last: &str) -> Plan {
        let number = |number: usize| {
            format!(
                "[[number]]\ndid = \"+7800123450{number}\"\nlabel = \"n{number}\"\nrecord = \"off\"\nzone = \"UTC\"\nflow = \"f{number}\"\n\n\
                 [[flow.f{number}]]\nwhen = 'now.hour < {number}'\nthen = [{{ play = [\"notice\"] }}]\n\n\
                 [[flow.f{number}]]\nclose = [\"{last}\"]\nreason = \"night\"\n\n"
            )
        };
        let source = Source {
            name: "8800.toml".into(),
            text: (1..=5).map(number).collect(),
        };
        load(&[source]).expect("a plan").plan
    }

    #[test]
    fn a_comparison_that_is_too_much_work_says_so_and_the_same_text_is_none() {
        let horizon = Horizon::from_date("2026-11-09").expect("a date").days(28);
        let (old, new) = (plan("goodbye"), plan("night_closed"));
        let within = |most| new.differs_within(&old, horizon, &Overrides::NONE, most);
        assert!(within(WORK_MAX).not_counted.is_empty());
        let some = within(150);
        assert_eq!((some.numbers.len(), some.not_counted.len()), (2, 3));
        let lines = some.lines();
        let last = lines.last().map(String::as_str);
        let expected = "разница не досчитана, это слишком много работы; номера: n3, n4, n5";
        assert_eq!(last, Some(expected));
        // What is written the same is compared once, and not for every hour.
        let same = plan("goodbye").differs_within(&old, horizon, &Overrides::NONE, 30);
        assert!(same.is_none(), "{:?}", same.lines());
    }
}
