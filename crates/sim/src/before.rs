//! What was there before the call: who sat down when, who talks with another caller, who waits already.
//!
//! Nothing of it is put into the machines by hand. The others call too, in the hours before, and wait or talk because the
//! switchboard lets them; the numbers they call belong to a plan of the same groups and queues that leads straight to them.
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use gudok_calendar::Zone;
use gudok_dialplan::{Plan, Source, load};
use gudok_model::{
    CallId, Caller, Dialled, GroupSettings, IdentitySource, NumberRules, OperatorId, QueueSettings,
    SessionId, SkillSettings, StickyBy, Wall, number,
};
use gudok_switchboard::Input;
use gudok_switchboard::desk::DeskCommand;
use gudok_switchboard::input::ResumedWrapUp;
use uuid::Uuid;

use crate::scene::{Busy, Extra, Mood, Scene};
use crate::story::HOP;

/// So long before the call the day begins; longer than anything may have been so.
pub(crate) const BEFORE: Duration = Duration::from_secs(3 * 3_600);
/// From sitting down to the first call of those who talk already.
const SITS: Duration = Duration::from_secs(1);

/// Those who were there before.
pub(crate) struct Before {
    plan: Option<Arc<Plan>>,
    /// Somebody was there, and no plan came of it.
    lost: bool,
    /// How long the talks of others last that began before.
    talks: BTreeMap<CallId, Duration>,
}

impl Before {
    /// Nobody is there as long as nobody asks.
    pub(crate) fn new(plan: &Plan, scene: &Scene) -> Self {
        let talks = talkers(scene).map(|(index, extra, left)| (call(index), extra.since + left));
        let talks = talks.collect::<BTreeMap<_, _>>();
        let needed = !talks.is_empty() || !scene.waiting.is_empty();
        let plan = needed.then(|| text(plan, scene));
        let plan = plan.and_then(|text| read(&text));
        Self {
            lost: needed && plan.is_none(),
            plan,
            talks,
        }
    }

    /// The plan of those hours; None: that of the call will do.
    pub(crate) fn plan(&self) -> Option<Arc<Plan>> {
        self.plan.clone()
    }

    /// Whether whoever talks and waits is not there after all, which is a fault of ours.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost
    }

    /// How long the talk of this call lasts, if it is one that began before.
    pub(crate) fn talk(&self, call: CallId) -> Option<Duration> {
        self.talks.get(&call).copied()
    }

    /// What happens so long before the call, which comes at `at`; what begins with it is last.
    pub(crate) fn coming(&self, scene: &Scene, at: Wall) -> Vec<(Duration, Input)> {
        let mut coming = Vec::new();
        for (extra, session) in scene.operators.iter().zip(1..) {
            if extra.mood != Mood::Away {
                let seat = seat(extra, SessionId(session), at);
                let ago = sits_down(extra);
                coming.extend(seat.into_iter().map(|input| (ago, input)));
            }
        }
        if self.plan.is_some() {
            for (index, extra, _) in talkers(scene) {
                // Dialled, shown and answered takes two hops each.
                coming.push((extra.since + HOP * 3, arrives(index)));
            }
            for (waiter, index) in scene.waiting.iter().zip(scene.operators.len()..) {
                coming.push((waiter.since.max(HOP * 2), arrives(index)));
            }
        }
        coming
    }
}

fn sits_down(extra: &Extra) -> Duration {
    match extra.busy {
        Some(Busy::Talking(_)) => extra.since + SITS,
        Some(Busy::WrapUp(_)) | None => extra.since,
    }
}

/// Those who talk with somebody else, with their places among the operators.
fn talkers(scene: &Scene) -> impl Iterator<Item = (usize, &Extra, Duration)> {
    let operators = scene.operators.iter().enumerate();
    operators.filter_map(|(index, extra)| match extra.busy {
        Some(Busy::Talking(left)) if extra.mood != Mood::Away => Some((index, extra, left)),
        _ => None,
    })
}

/// A phone, a desk and, if that is the mood, readiness.
fn seat(extra: &Extra, session: SessionId, at: Wall) -> Vec<Input> {
    let operator = &extra.operator;
    let phone = |live| Input::Phone {
        operator: operator.clone(),
        live,
    };
    // Who is ready had a phone when they became so.
    let lost = (!extra.phone).then(|| phone(false));
    let desk = Input::DeskConnected {
        operator: operator.clone(),
        session,
        takeover: false,
    };
    let command = match (&extra.mood, &extra.reason) {
        (Mood::NotReady, None) => None,
        (Mood::NotReady, Some(reason)) => Some(DeskCommand::NotReady {
            reason: reason.clone(),
        }),
        _ => Some(DeskCommand::Ready),
    };
    let command = command.map(|command| Input::DeskCommand {
        operator: operator.clone(),
        session,
        id: format!("before-{operator}"),
        command,
    });
    let wraps_up = match extra.busy {
        Some(Busy::WrapUp(left)) => Some(wraps_up(operator, extra.since, at, left)),
        Some(Busy::Talking(_)) | None => None,
    };
    [phone(true), desk]
        .into_iter()
        .chain(wraps_up)
        .chain(command)
        .chain(lost)
        .collect()
}

fn wraps_up(operator: &OperatorId, since: Duration, at: Wall, left: Duration) -> Input {
    let micros = i64::try_from(since.as_micros()).unwrap_or_default();
    let wrap_up = ResumedWrapUp {
        call: CallId(Uuid::from_u128(u128::MAX)),
        operator: operator.clone(),
        since: Wall(at.0.saturating_sub(micros)),
        until: at + left,
        disposed: false,
    };
    Input::Resumed {
        wrap_ups: vec![wrap_up],
        over: Vec::new(),
    }
}

/// Talkers are counted by their place among the operators, waiters after them all.
fn call(index: usize) -> CallId {
    CallId(Uuid::from_u128(index as u128 + 1))
}

fn did(index: usize) -> String {
    format!("+7800{index:07}")
}

fn arrives(index: usize) -> Input {
    Input::CallArrived {
        call: call(index),
        trunk: "before".into(),
        caller: Caller::anonymous(),
        withheld: None,
        dialled: Dialled {
            number: number::parse(&did(index), &NumberRules::default()),
            found_in: IdentitySource::RequestUri,
        },
        sip_call_id: format!("before-{index}"),
        session_id: None,
        brief: false,
        no_digits: true,
    }
}

fn read(text: &str) -> Option<Arc<Plan>> {
    let source = Source {
        name: "before.toml".into(),
        text: text.to_owned(),
    };
    load(&[source]).ok().map(|loaded| Arc::new(loaded.plan))
}

/// The groups and queues of the plan, and a number for each who is there before. An operator who talks is a group alone.
fn text(plan: &Plan, scene: &Scene) -> String {
    let mut text = String::new();
    for settings in plan.groups() {
        group(
            &mut text,
            settings.id.as_str(),
            settings,
            &settings.operators,
        );
    }
    for settings in plan.skills() {
        skill(&mut text, settings);
    }
    for settings in plan.queues() {
        queue(&mut text, settings);
    }
    for (index, extra, _) in talkers(scene) {
        let groups = plan.groups().iter();
        let mut theirs = groups.filter(|group| group.operators.contains(&extra.operator));
        if let Some(settings) = theirs.next() {
            let name = format!("before_alone_{index}");
            let alone = std::slice::from_ref(&extra.operator);
            group(&mut text, &name, settings, alone);
            number_of(&mut text, index, &name, 0);
        }
    }
    for (waiter, index) in scene.waiting.iter().zip(scene.operators.len()..) {
        number_of(&mut text, index, waiter.queue.as_str(), waiter.priority);
    }
    text += "[[flow.before_over]]\nclose = [\"goodbye\"]\nreason = \"over\"\n";
    text
}

fn group(text: &mut String, name: &str, settings: &GroupSettings, operators: &[OperatorId]) {
    let strategy = settings.strategy.word();
    let whose = operators;
    let operators: Vec<String> = operators
        .iter()
        .map(|it| format!("{:?}", it.as_str()))
        .collect();
    let _ = writeln!(
        text,
        "[group.{name}]\noperators = [{}]\nstrategy = \"{strategy}\"\nring = \"{}ms\"\nmisses_max = {}",
        operators.join(", "),
        settings.ring.as_millis(),
        settings.misses_max
    );
    for (key, time) in [
        ("wrap_up", settings.wrap_up),
        ("reject_delay", settings.reject_delay),
        ("refuse_memory", settings.refuse_memory),
    ] {
        let _ = writeln!(text, "{key} = \"{}ms\"", time.as_millis());
    }
    let (most, step) = (settings.ring_max, settings.step.as_millis());
    let _ = writeln!(text, "ring_max = {most}\nstep = \"{step}ms\"");
    let weights = settings.weights.iter();
    let weights = weights.filter(|(operator, _)| whose.contains(operator));
    let _ = writeln!(text, "weights = {}", row(weights));
}

/// `{ "101" = 3 }`.
fn row<'a, K: std::fmt::Display + 'a>(levels: impl Iterator<Item = (&'a K, &'a u8)>) -> String {
    let levels = levels.map(|(name, level)| format!("\"{name}\" = {level}"));
    format!("{{ {} }}", levels.collect::<Vec<_>>().join(", "))
}

fn skill(text: &mut String, settings: &SkillSettings) {
    let _ = writeln!(text, "[skill.{}]", settings.id);
    for (operator, level) in &settings.levels {
        let _ = match settings.until.get(operator) {
            None => writeln!(text, "\"{operator}\" = {level}"),
            Some(end) => writeln!(
                text,
                "\"{operator}\" = {{ level = {level}, until = \"{}\" }}",
                utc(end.at)
            ),
        };
    }
}

/// `2027-02-28T21:00:00Z`.
fn utc(at: Wall) -> String {
    let Ok(utc) = Zone::parse("UTC") else {
        return at.0.to_string();
    };
    let local = utc.local(at);
    format!("{}T{:02}:{:02}:00Z", local.date, local.hour, local.minute)
}

fn queue(text: &mut String, settings: &QueueSettings) {
    let (id, group) = (&settings.id, &settings.group);
    let (weight, most) = (settings.weight, settings.callers_max);
    let _ = writeln!(
        text,
        "[queue.{id}]\ngroup = \"{group}\"\nweight = {weight}\ncallers_max = {most}"
    );
    if let Some(aging) = settings.aging {
        let _ = writeln!(text, "aging = \"{}ms\"", aging.as_millis());
    }
    let (most, starve) = (settings.aging_max, settings.max_starve.as_millis());
    let _ = writeln!(
        text,
        "aging_max = {most}\nmax_starve = \"{starve}ms\"\npreempt = {}\nneeds = {}",
        settings.preempt,
        row(settings.needs.iter())
    );
    let times = [
        ("wrap_up", settings.wrap_up),
        ("wrap_up_max", settings.wrap_up_max),
        ("hold_max", settings.hold_max),
    ];
    for (key, time) in times {
        if let Some(time) = time {
            let _ = writeln!(text, "{key} = \"{}ms\"", time.as_millis());
        }
    }
    if let Some(sticky) = settings.sticky {
        let by = match sticky.by {
            StickyBy::Agent => "agent",
            StickyBy::Manager => "manager",
            StickyBy::Last => "last",
        };
        let wait = sticky.wait.as_millis();
        let _ = writeln!(text, "sticky = {{ by = \"{by}\", wait = \"{wait}ms\" }}");
    }
    for step in &settings.relax {
        let after = step.after.as_millis();
        let _ = writeln!(text, "[[queue.{id}.relax]]\nafter = \"{after}ms\"");
        if let Some(group) = &step.group {
            let _ = writeln!(text, "add = \"{group}\"");
        }
        let _ = writeln!(text, "needs = {}", row(step.needs.iter()));
    }
}

/// Straight to a queue, and there for as long as a plan allows.
fn number_of(text: &mut String, index: usize, queue: &str, priority: u8) {
    let did = did(index);
    let _ = writeln!(
        text,
        "[[number]]\ndid = \"{did}\"\nrecord = \"off\"\nflow = \"before_{index}\"\n\
         [[flow.before_{index}]]\nqueue = \"{queue}\"\npriority = {priority}\nwait = \"2h\"\nleave_empty = false\n\
         on_timeout = \"before_over\"\non_full = \"before_over\""
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hotline;
    use gudok_dialplan::state::WaitingGiven;

    /// Whatever a plan has, its groups and queues can be written again.
    #[test]
    fn the_plan_of_the_hours_before_loads_and_has_the_same_queues() {
        for plan in hotline::plans().expect("they load") {
            let mut scene = Scene::staffed(&plan);
            for extra in &mut scene.operators {
                extra.busy = Some(Busy::Talking(Duration::from_secs(60)));
            }
            let waits = plan.queues().iter().map(|queue| WaitingGiven {
                queue: queue.id.clone(),
                since: Duration::from_secs(30),
                priority: 5,
            });
            scene.waiting = waits.collect();
            let before = Before::new(&plan, &scene).plan().expect("it loads");
            for queue in plan.queues() {
                assert!(before.queues().contains(queue), "{queue:?}");
            }
            for group in plan.groups() {
                let same = before.groups().iter().find(|it| it.id == group.id);
                let same = same.expect("the group");
                assert_eq!(
                    (&same.operators, same.strategy, same.ring),
                    (&group.operators, group.strategy, group.ring)
                );
            }
        }
    }
}
