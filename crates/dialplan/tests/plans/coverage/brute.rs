//! A clock read every minute finds what the proof says, and nothing that it does not.
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use gudok_calendar::{Override, Overrides, Set};
use gudok_dialplan::coverage::{Covered, Ending};
use gudok_dialplan::{Cursor, Decision, Facts, Horizon, Plan, Step, StepEnd};
use gudok_model::{ClientClass, Name, Wall};
use proptest::prelude::*;

use super::MINUTE;
use crate::large::ZONES;
use crate::support::{Call, irkutsk, source, typed};

/// A condition with facts of the call that no other asks: `u` is how many there were before.
fn condition() -> impl Strategy<Value = String> {
    let time = prop_oneof![
        prop::sample::select(&["a", "b"][..]).prop_map(|s| format!("schedule.{s}.open")),
        (
            prop::sample::select(&["a", "b"][..]),
            prop::sample::select(&["open", "date", "holiday", "day_off", "weekday", "hours"][..])
        )
            .prop_map(|(s, why)| format!("schedule.{s}.reason == \"{why}\"")),
        (0..3).prop_map(|count| format!("roster.r.on_duty >= {count}")),
        prop::sample::select(&["x", "y", ""][..])
            .prop_map(|who| format!("roster.r.first == \"{who}\"")),
        (0..24).prop_map(|hour| format!("now.hour >= {hour}")),
        (0..1440).prop_map(|minute| format!("now.hour * 60 + now.minute < {minute}")),
        prop::sample::select(&["mon", "sat", "sun"][..])
            .prop_map(|day| format!("now.weekday == \"{day}\"")),
        Just("now.date == \"2026-10-25\"".to_owned()),
    ];
    let call = Just("has(client.field.U)".to_owned());
    let leaf = prop_oneof![3 => time, 1 => call];
    leaf.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.prop_map(|a| format!("!({a})")),
        ]
    })
}

/// What a call comes to: where a condition leads, a key, or the end of a flow.
fn branch() -> impl Strategy<Value = &'static str> {
    prop::sample::select(
        &[
            "{ goto = \"next\" }",
            "{ goto = \"main\" }",
            "{ close = [\"goodbye\"], reason = \"one\" }",
            "{ close = [\"goodbye\"], reason = \"two\" }",
            "{ voicemail = [\"voicemail_intro\"] }, { close = [\"goodbye\"], reason = \"message_taken\" }",
            "{ play = [\"greeting\"] }",
            "{ duty = \"r\", on_nobody = \"last\" }",
            "{ queue = \"tech\", wait = \"60s\", on_timeout = \"next\", on_no_operators = \"last\", on_full = \"next\" }",
            "{ queue = \"tech\", wait = \"20s\", leave_empty = false, on_timeout = \"last\", on_full = \"next\" }",
            "{ queue = \"tech\", wait = \"60s\", on_timeout = \"next\", on_no_operators = \"next\", on_full = \"next\", on_error = \"last\", on_removed = \"next\" }",
            "{ queue = \"tech\", wait = \"90s\", keys = { 1 = [{ play = [\"greeting\"] }], 2 = [{ when = 'schedule.a.open', goto = \"next\" }], 9 = [{ close = [\"goodbye\"], reason = \"key\" }] }, on_timeout = \"next\", on_no_operators = \"last\", on_full = \"next\" }",
        ][..],
    )
}

/// A step of a flow. `U` stands for a fact of the call.
fn step() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (condition(), branch()).prop_map(|(asked, then)| format!("when = '{asked}'\nthen = [{then}]")),
        2 => Just("play = [\"greeting\"]".to_owned()),
        1 => Just("lookup = true".to_owned()),
        2 => (branch(), branch(), branch(), 1..3).prop_map(|(one, two, otherwise, tries)| {
            format!("menu = [\"welcome\"]\ntries = {tries}\notherwise = [{otherwise}]\nkeys = {{ 1 = [{one}], 2 = [{two}] }}")
        }),
    ]
}

fn windows() -> impl Strategy<Value = String> {
    let days = prop::sample::select(&["mon-fri", "sat,sun", "daily", "sun", "fri"][..]);
    let time = prop_oneof![3 => (0u16..96).prop_map(|q| q * 15), 1 => 0u16..1440];
    (days, time.clone(), time).prop_filter_map("empty", |(days, from, to)| {
        (from != to).then(|| {
            format!(
                "\"{days} {:02}:{:02}-{:02}:{:02}\"",
                from / 60,
                from % 60,
                to / 60,
                to % 60
            )
        })
    })
}

/// A turn of these days, by people who may be there together or not at all.
fn turn() -> impl Strategy<Value = String> {
    let hours = (0u16..72, 1u16..30, 0u16..60);
    (prop::sample::select(&["x", "y"][..]), hours, 0..3).prop_map(
        |(who, (from, long, minute), order)| {
            let at = |hour: u16| {
                format!(
                    "2026-10-{:02}T{:02}:{minute:02}:00",
                    24 + hour / 24,
                    hour % 24
                )
            };
            format!(
                "{{ person = \"{who}\", from = {}, till = {}, order = {order} }}",
                at(from),
                at(from + long)
            )
        },
    )
}

/// What is set by hand over schedule `b`, from an hour of the three days on.
fn by_hand() -> impl Strategy<Value = Overrides> {
    let set = prop::sample::select(&[None, Some(Set::Open), Some(Set::Closed)][..]);
    (set, 0..60i64, 1..20i64).prop_map(|(set, since, long)| {
        let mut all = Overrides::NONE;
        let begin = irkutsk("2026-10-24T00:00");
        let since = begin + Duration::from_secs(since.unsigned_abs() * 3_600);
        let until = since + Duration::from_secs(long.unsigned_abs() * 3_600);
        if let Some(set) = set {
            let (who, why) = ("ivanov".into(), "авария".into());
            let set = Override {
                set,
                since,
                until,
                who,
                why,
            };
            all.set(begin, &"b".into(), set);
        }
        all
    })
}

prop_compose! {
    /// A plan over the days on which clocks are set back in Berlin and some are exceptions, and how many facts of the call it asks.
    pub(crate) fn plan()(
        zones in prop::collection::vec(prop::sample::select(&ZONES[..]), 3),
        windows in prop::collection::vec(prop::collection::vec(windows(), 1..3), 2),
        date in prop::sample::select(&["\"closed\"", "\"10:00-12:30\"", "[\"00:00-02:00\", \"02:10-24:00\"]"][..]),
        kind in prop::sample::select(&["holiday", "off", "short", "short_work", "work"][..]),
        turns in prop::collection::vec(turn(), 0..4),
        main in prop::collection::vec(step(), 1..4),
        next in prop::collection::vec(step(), 0..3),
        ends in (branch(), branch()),
    ) -> (String, usize) {
        let mut text = format!(
            "[[number]]\ndid = \"+78001234567\"\nrecord = \"off\"\nzone = \"{}\"\nschedule = \"a\"\nflow = \"main\"\nafter_hours = \"next\"\nallow_closed = []\n\n[group.tech]\noperators = [\"101\"]\n\n[[holidays]]\ncalendar = \"ru\"\nyear = 2026\nsource = \"test\"\ndays = [{{ date = 2026-10-26, kind = \"{kind}\" }}]\n", zones[2]);
        for (name, (zone, windows)) in ["a", "b"].iter().zip(zones.iter().zip(&windows)) {
            let windows = windows.join(", ");
            write!(text, "\n[schedule.{name}]\nzone = \"{zone}\"\nwindows = [{windows}]\nholidays = \"ru\"\nshort_days = \"1h\"\n\n[schedule.{name}.dates]\n2026-10-25 = {date}\n").expect("a string takes all");
        }
        let turns = turns.join(", ");
        write!(text, "\n[roster.r]\nzone = \"{}\"\nshifts = [{turns}]\n\n[roster.r.people]\nx = \"+79990000111\"\ny = \"+79990000112\"\n", zones[0]).expect("a string takes all");
        let mut unknown = 0;
        for (flow, steps, end) in [("main", main, ends.0), ("next", next, ends.1)] {
            for step in steps {
                let mut named = String::new();
                for (i, part) in step.split(".U").enumerate() {
                    if i > 0 {
                        write!(named, ".u{unknown}").expect("a string takes all");
                        unknown += 1;
                    }
                    named.push_str(part);
                }
                write!(text, "\n[[flow.{flow}]]\n{named}\n").expect("a string takes all");
            }
            write!(text, "\n[[flow.{flow}]]\nwhen = 'now.hour >= 0'\nthen = [{end}]\n\n[[flow.{flow}]]\ngoto = \"last\"\n").expect("a string takes all");
        }
        text.push_str("\n[[flow.last]]\nclose = [\"goodbye\"]\nreason = \"last\"\n");
        (text, unknown)
    }
}

/// The very code that serves calls, asked what comes next of everything that may happen to one.
struct Explorer<'a> {
    plan: &'a Plan,
    /// The kinds of callers the plan can tell.
    calls: &'a [Call],
    /// How long a step that takes time may take.
    pauses: &'a [u64],
}

/// How long a call is followed.
const WAY_MAX: i64 = 12 * MINUTE;

/// A call under way.
#[derive(Clone)]
struct Way {
    cursor: Cursor,
    end: Option<StepEnd>,
    caller: usize,
    now: Wall,
    /// When it stood in its first queue.
    queued: Option<Wall>,
    /// The queue that was left by a key last.
    aside: Option<(Name, u16)>,
}

impl Explorer<'_> {
    fn decide(&self, way: &Way) -> Step {
        let call = &self.calls[way.caller];
        let (number, _) = self
            .plan
            .enter(&call.dialled, &call.trunk)
            .expect("our number");
        // The proof knows since when something is set; a call comes to know of it then.
        let is_set = |(_, set): (&Name, &Override)| set.since <= way.now;
        let overrides = match call.overrides.list(way.now).any(is_set) {
            true => &call.overrides,
            false => &Overrides::NONE,
        };
        let facts = Facts {
            now: way.now,
            overrides,
            ..call.facts()
        };
        self.plan.step(number, &way.cursor, way.end, &facts)
    }

    fn begin(&self, now: Wall, caller: usize) -> Way {
        let call = &self.calls[caller];
        let (_, cursor) = self
            .plan
            .enter(&call.dialled, &call.trunk)
            .expect("our number");
        Way {
            cursor,
            end: None,
            caller,
            now,
            queued: None,
            aside: None,
        }
    }

    /// Every end that some call of this minute comes to first, the limit of steps apart.
    fn ends(&self, at: Wall) -> BTreeSet<Ending> {
        let mut ends = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut left: Vec<Way> = (0..self.calls.len())
            .map(|caller| self.begin(at, caller))
            .collect();
        while let Some(mut way) = left.pop() {
            // The limit of steps is another matter.
            way.cursor.taken = 1;
            if way.now.0 - at.0 > WAY_MAX {
                continue;
            }
            let end = way.end.map(|end| match end {
                StepEnd::Typed(keys) => keys.as_str().to_owned(),
                other => format!("{other:?}"),
            });
            let place = (way.cursor.flow.clone(), way.cursor.step, way.cursor.asked);
            if !seen.insert((
                place,
                end,
                way.caller,
                way.now,
                way.queued,
                way.aside.clone(),
            )) {
                continue;
            }
            let step = self.decide(&way);
            ends.extend(ending(&step));
            left.extend(self.after(&way, &step));
        }
        ends
    }

    /// How it may go on.
    fn after(&self, way: &Way, step: &Step) -> Vec<Way> {
        let now = way.now;
        let (ends, pauses, queued): (Vec<StepEnd>, Vec<u64>, _) = match &step.decision {
            Decision::Play { .. } => (vec![StepEnd::Played], self.pauses.to_vec(), way.queued),
            Decision::AwaitLookup { .. } => (vec![StepEnd::LookedUp], vec![0], way.queued),
            Decision::Ask { .. } => {
                let ends = vec![typed("1"), typed("2"), typed("9"), StepEnd::Silent];
                (ends, self.pauses.to_vec(), way.queued)
            }
            Decision::Queue { wait_max, keys, .. } => {
                let since = way.queued.unwrap_or(now);
                let here = (step.cursor.flow.clone(), step.cursor.step);
                // Whoever has waited there before they pressed a key has had their wait.
                let is_back = way.aside.as_ref() == Some(&here);
                let used_up = !is_back && since + *wait_max <= now;
                // Their place is kept meanwhile: to them no queue is full.
                let mut ways = match is_back {
                    true => Vec::new(),
                    false => self.ended(way, step, StepEnd::Full, &[0], Some(since)),
                };
                if used_up {
                    ways.extend(self.ended(way, step, StepEnd::TimedOut, &[0], Some(since)));
                }
                let within: Vec<u64> = self
                    .pauses
                    .iter()
                    .copied()
                    .filter(|it| *it <= wait_max.as_secs())
                    .collect();
                ways.extend(self.ended(way, step, StepEnd::NoOperators, &within, Some(since)));
                let most = wait_max.as_secs() + 30;
                let late = self.pauses.iter().copied().filter(|it| *it <= most);
                let late: Vec<u64> = late.collect();
                if self.plan.has_error_exit(&step.cursor) {
                    ways.extend(self.ended(way, step, StepEnd::Failed, &late, Some(since)));
                }
                if self.plan.has_removed_exit(&step.cursor) {
                    ways.extend(self.ended(way, step, StepEnd::Removed, &within, Some(since)));
                }
                for key in keys.iter().flat_map(|it| it.keys.keys()) {
                    let pressed = typed(&key.to_string());
                    let mut left = self.ended(way, step, pressed, &within, Some(since));
                    left.iter_mut()
                        .for_each(|way| way.aside = Some(here.clone()));
                    ways.extend(left);
                }
                return ways;
            }
            _ => return Vec::new(),
        };
        let after = |end| self.ended(way, step, end, &pauses, queued);
        ends.into_iter().flat_map(after).collect()
    }

    /// After each of these pauses; the directory may have told something else by then.
    fn ended(
        &self,
        way: &Way,
        step: &Step,
        end: StepEnd,
        pauses: &[u64],
        queued: Option<Wall>,
    ) -> Vec<Way> {
        let callers = 0..self.calls.len();
        let pairs = callers.flat_map(|caller| pauses.iter().map(move |pause| (caller, *pause)));
        let at_once = end == StepEnd::Full || end == StepEnd::TimedOut;
        let may = pairs.filter(|(caller, _)| !at_once || *caller == way.caller);
        may.map(|(caller, pause)| Way {
            cursor: step.cursor.clone(),
            end: Some(end),
            caller,
            now: way.now + Duration::from_secs(pause),
            queued,
            aside: way.aside.clone(),
        })
        .collect()
    }

    /// Whether one call that goes at random takes more steps than it may.
    fn is_too_long(&self, at: Wall, mut luck: u64) -> bool {
        let mut way = self.begin(at, 0);
        loop {
            let step = self.decide(&way);
            if let Decision::Close { reason, .. } = &step.decision {
                return **reason == *"steps_exceeded";
            }
            let ways = self.after(&way, &step);
            if ways.is_empty() {
                return false;
            }
            luck = luck
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let chosen = usize::try_from(luck >> 33).expect("31 bits") % ways.len();
            way = ways[chosen].clone();
        }
    }
}

/// What a call comes to first.
fn ending(step: &Step) -> Option<Ending> {
    let place = || -> Name {
        let last = step.reasons.last().and_then(|reason| reason.place.clone());
        last.expect("a place")
    };
    match &step.decision {
        Decision::Queue { queue, .. } => Some(Ending::Queue {
            queue: queue.as_str().into(),
        }),
        Decision::External { .. } => Some(Ending::Duty { roster: "r".into() }),
        Decision::Voicemail { .. } => Some(Ending::Voicemail),
        Decision::Promise { owed, .. } => Some(Ending::Callback {
            group: owed.group.as_ref().map_or("", |it| it.as_str()).into(),
        }),
        Decision::Close { reason, .. } => Some(Ending::Closed {
            reason: reason.clone(),
            place: place(),
        }),
        Decision::HangUp { reason } => Some(Ending::HungUp {
            reason: reason.clone(),
        }),
        Decision::AwaitLookup { .. }
        | Decision::Find { .. }
        | Decision::Operator { .. }
        | Decision::Play { .. }
        | Decision::Ask { .. } => None,
    }
}

fn is_limit(ending: &Ending) -> bool {
    matches!(ending, Ending::Round { .. } | Ending::TooLong { .. })
}

/// Minutes worth looking at: around every change of what is proved, and some others.
fn minutes(covered: &Covered, luck: u64) -> BTreeSet<Wall> {
    let stretches = covered.stretches.iter().map(|stretch| stretch.from);
    let seams = covered
        .seams
        .iter()
        .flat_map(|seam| seam.at.iter().copied());
    let changes: BTreeSet<Wall> = stretches.chain(seams).collect();
    let around = changes
        .into_iter()
        .take(8)
        .flat_map(|at| [-2, -1, 0].map(|by| at.0 + by * MINUTE));
    let all = (covered.to.0 - covered.from.0) / MINUTE;
    let luck = i64::try_from(luck >> 1).expect("63 bits");
    let others = (0..3).map(|nth| covered.from.0 + (luck / (nth * 1_009 + 1)) % all * MINUTE);
    let chosen = around.chain(others).map(Wall);
    chosen
        .filter(|at| covered.from <= *at && *at < covered.to)
        .collect()
}

/// Over three days, every caller the plan can tell from another, every key, every way a queue may be left; and no call
/// under way as time passes comes to anything that is not told as a seam.
fn agrees(
    (text, unknown): &(String, usize),
    set: &Overrides,
    luck: u64,
) -> Result<(), TestCaseError> {
    // Where a step can never be come to, or a circle never ends, there is no plan; the proof is about plans.
    let Ok(loaded) = gudok_dialplan::load(&source(text)) else {
        return Err(TestCaseError::reject("no plan"));
    };
    let plan = loaded.plan;
    let coverage = plan.coverage_under(
        Horizon::from_date("2026-10-24").expect("a date").days(3),
        set,
    );
    let covered = &coverage.numbers[0];
    let names: Vec<String> = (0..*unknown).map(|i| format!("u{i}")).collect();
    let calls: Vec<Call> = (0..1usize << *unknown)
        .map(|mask| {
            let fields: Vec<(&str, &str)> = names
                .iter()
                .enumerate()
                .filter(|(i, _)| mask >> i & 1 == 1)
                .map(|(_, n)| (n.as_str(), "x"))
                .collect();
            let call = Call::at("+78001234567", "2026-01-12T12:00")
                .of_client(ClientClass::Regular, &fields);
            Call {
                overrides: set.clone(),
                ..call
            }
        })
        .collect();
    let at_once = Explorer {
        plan: &plan,
        calls: &calls,
        pauses: &[0],
    };
    let slow = Explorer {
        pauses: &[0, 60, 290],
        ..at_once
    };
    for at in minutes(covered, luck) {
        let stretch = covered
            .stretches
            .iter()
            .find(|stretch| stretch.from <= at && at < stretch.until);
        let proved = &stretch.expect("the span is covered").ends;
        let found = at_once.ends(at);
        let told: BTreeSet<Ending> = proved
            .iter()
            .filter(|ending| !is_limit(ending))
            .cloned()
            .collect();
        prop_assert_eq!(&found, &told, "at {:?} of\n{}", at, text);
        // A call that outlives the span comes to what only a longer span tells.
        if covered.to.0 - at.0 <= WAY_MAX {
            continue;
        }
        let seams = covered.seams.iter().filter(|seam| {
            seam.at
                .iter()
                .any(|moment| at < *moment && moment.0 - at.0 < 240 * MINUTE)
        });
        let may: BTreeSet<Ending> = seams
            .map(|seam| seam.ending.clone())
            .chain(proved.iter().cloned())
            .collect();
        let found = slow.ends(at);
        prop_assert!(
            found.is_subset(&may),
            "under way from {:?}: {:?} of {:?} in\n{}",
            at,
            found,
            may,
            text
        );
        let limit = may.iter().any(is_limit);
        prop_assert!(
            limit || !slow.is_too_long(at, luck),
            "round from {:?} in\n{}",
            at,
            text
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, max_global_rejects: 4096, ..ProptestConfig::default() })]

    #[test]
    fn the_proof_is_what_each_minute_says(plan in plan(), set in by_hand(), luck in any::<u64>()) {
        prop_assume!(plan.1 <= 2);
        agrees(&plan, &set, luck)?;
    }
}

/// Whoever pressed a key of a queue and comes back to it has kept their place: there is always one for them.
#[test]
fn who_comes_back_by_a_key_never_finds_the_queue_full() -> Result<(), TestCaseError> {
    let text = r##"
[[number]]
did = "+78001234567"
record = "off"
zone = "Asia/Irkutsk"
schedule = "a"
flow = "main"
after_hours = "next"
allow_closed = []

[group.tech]
operators = ["101"]

[schedule.a]
zone = "Asia/Irkutsk"
windows = ["daily 09:00-12:30"]

[[flow.main]]
when = 'schedule.a.open'
then = [{ queue = "tech", wait = "90s", keys = { 1 = [{ play = ["greeting"] }], 2 = [{ when = 'schedule.a.open', goto = "next" }], 9 = [{ close = ["goodbye"], reason = "key" }] }, on_timeout = "next", on_no_operators = "last", on_full = "next" }]

[[flow.main]]
goto = "last"

[[flow.next]]
when = '!(schedule.a.open)'
then = [{ close = ["goodbye"], reason = "one" }]

[[flow.next]]
goto = "last"

[[flow.last]]
close = ["goodbye"]
reason = "last"
"##;
    agrees(&(text.to_owned(), 0), &Overrides::NONE, 0)
}
