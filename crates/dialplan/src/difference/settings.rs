//! Which settings of a group, a queue or a roster are others, each with what it was and what it will be. Russian.
//!
//! Everything is taken apart by all its fields: a setting that is not told does not compile.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::time::Duration;

use gudok_calendar::{Roster, Schedule, Zone};
use gudok_model::{
    Absence, AlarmKind, AlarmRule, CapSettings, GroupSettings, Name, OperatorId, QueueId,
    QueueSettings, Relax, SkillSettings, StickyTo, Wall, WhenEmpty,
};
use gudok_outbound::Rules;

use crate::decision::Keys;
use crate::edges::{Edges, Empty};
use crate::plan::BreakReason;
use crate::read::{ABSENCES, AT_CLOSE, STICKIES};
use crate::survey::Survey;

/// Most names of one list that are said; the others are counted.
const NAMED_MAX: usize = 5;

/// `приоритет растёт (aging): никогда → через 60 с`.
#[derive(Default)]
struct Changes(Vec<String>);

impl Changes {
    fn of<T: PartialEq>(
        mut self,
        what: &str,
        (before, after): (&T, &T),
        told: impl Fn(&T) -> String,
    ) -> Self {
        if before != after {
            let (before, after) = (told(before), told(after));
            self.0.push(format!("{what}: {before} → {after}"));
        }
        self
    }

    /// Of long lists what is the same in both is left out: else the one that changed might be among those that are counted.
    fn levels<K: Ord + Clone + Display>(
        self,
        what: &str,
        (before, after): (&BTreeMap<K, u8>, &BTreeMap<K, u8>),
    ) -> Self {
        let long = before.len().max(after.len()) > NAMED_MAX;
        let kept = |list: &BTreeMap<K, u8>, other: &BTreeMap<K, u8>| -> BTreeMap<K, u8> {
            let kept = list.iter();
            let kept = kept.filter(|(name, level)| !long || other.get(*name) != Some(level));
            kept.map(|(name, level)| (name.clone(), *level)).collect()
        };
        let (was, is) = (kept(before, after), kept(after, before));
        self.of(what, (&was, &is), levels)
    }
}

pub(super) fn of_group(before: &GroupSettings, after: &GroupSettings) -> Vec<String> {
    let GroupSettings {
        id: _,
        operators,
        strategy,
        ring,
        wrap_up,
        reject_delay,
        misses_max,
        refuse_memory,
        ring_max,
        step,
        weights,
    } = after;
    let mut changes = Changes::default()
        .of(
            "кому звонить (strategy)",
            (&before.strategy, strategy),
            |it| it.word().to_owned(),
        )
        .of("звонить одному (ring)", (&before.ring, ring), secs)
        .of("обработка (wrap_up)", (&before.wrap_up, wrap_up), secs)
        .of(
            "пауза после отказа (reject_delay)",
            (&before.reject_delay, reject_delay),
            secs,
        )
        .of(
            "помнить отказ (refuse_memory)",
            (&before.refuse_memory, refuse_memory),
            secs,
        )
        .of(
            "пропусков подряд (misses_max)",
            (&before.misses_max, misses_max),
            u32::to_string,
        )
        .of(
            "телефонов сразу (ring_max)",
            (&before.ring_max, ring_max),
            u8::to_string,
        )
        .of("ещё один телефон (step)", (&before.step, step), secs)
        .levels("жребий (weights)", (&before.weights, weights));
    changes.0.extend(people(&before.operators, operators));
    changes.0
}

/// Who came, who went, or that the order is another.
fn people(before: &[OperatorId], after: &[OperatorId]) -> Option<String> {
    if before == after {
        return None;
    }
    let (was, is): (BTreeSet<_>, BTreeSet<_>) = (before.iter().collect(), after.iter().collect());
    let come = is.difference(&was).map(|it| format!("+{it}"));
    let gone = was.difference(&is).map(|it| format!("−{it}"));
    let moved: Vec<String> = come.chain(gone).collect();
    Some(match moved.is_empty() {
        true => "операторы (operators): другой порядок".to_owned(),
        false => format!("операторы (operators): {}", named(&moved)),
    })
}

fn named(all: &[String]) -> String {
    let some = all[..all.len().min(NAMED_MAX)].join(", ");
    match all.len().checked_sub(NAMED_MAX) {
        Some(more) if more > 0 => format!("{some} и ещё {more}"),
        _ => some,
    }
}

/// A queue with what is asked after its talks, its edges, and the schedule by which somebody is expected behind it.
pub(super) type Queue<'a> = (
    &'a QueueSettings,
    Option<Survey>,
    Edges,
    Option<&'a Schedule>,
);

pub(super) fn of_queue(
    (before, asked, had, was_open): &Queue<'_>,
    (after, asks, has, is_open): &Queue<'_>,
) -> Vec<String> {
    let QueueSettings {
        id: _,
        group,
        weight,
        callers_max,
        aging,
        relax,
        wrap_up,
        wrap_up_max,
        hold_max,
        needs,
        preempt,
        aging_max,
        max_starve,
        sticky,
    } = after;
    let mut changes = Changes::default()
        .of(
            "группа (group)",
            (&before.group, group),
            ToString::to_string,
        )
        .of(
            "доля операторов (weight)",
            (&before.weight, weight),
            u8::to_string,
        )
        .of(
            "мест (callers_max)",
            (&before.callers_max, callers_max),
            u32::to_string,
        )
        .of(
            "приоритет растёт (aging)",
            (&before.aging, aging),
            |it| {
                it.as_ref().map_or("никогда".to_owned(), |it| {
                    format!("через {}", secs(it))
                })
            },
        )
        .of(
            "растёт до (aging_max)",
            (&before.aging_max, aging_max),
            u8::to_string,
        )
        .of(
            "терпит весомые очереди (max_starve)",
            (&before.max_starve, max_starve),
            secs,
        )
        .of(
            "свой оператор (sticky)",
            (&before.sticky, sticky),
            |it| {
                it.as_ref()
                    .map_or("нет".to_owned(), |StickyTo { by, wait }| {
                        let found = STICKIES.iter().find(|(_, known)| known == by);
                        let word = found.map_or("", |(word, _)| *word);
                        format!("{word}, ждать {}", secs(wait))
                    })
            },
        )
        .levels("навыки (needs)", (&before.needs, needs))
        .of(
            "экстренный снимает звонящий телефон (preempt)",
            (&before.preempt, preempt),
            yes,
        )
        .of("лестница (relax)", (&before.relax, relax), |it| {
            ladder(it)
        })
        .of(
            "обработка (wrap_up)",
            (&before.wrap_up, wrap_up),
            |it| it.as_ref().map_or("как у группы".to_owned(), secs),
        )
        .of(
            "обработка с продлениями (wrap_up_max)",
            (&before.wrap_up_max, wrap_up_max),
            |it| it.as_ref().map_or("обычная".to_owned(), secs),
        )
        .of(
            "предупреждать об удержании (hold_max)",
            (&before.hold_max, hold_max),
            |it| it.as_ref().map_or("никогда".to_owned(), secs),
        );
    changes.0.extend(match (asked, asks) {
        (None, None) => Vec::new(),
        (Some(asked), None) => vec![format!("опрос (survey): {} → нет", asked.name)],
        (None, Some(asks)) => vec![format!("опрос (survey): нет → {}", asks.name)],
        (Some(asked), Some(asks)) => of_survey(asked, asks),
    });
    changes.0.extend(of_edges(had, has));
    changes.0.extend(of_hours(has, (*was_open, *is_open)));
    changes.0
}

/// The hours by which somebody is expected, where the schedule of that name has others than it had.
fn of_hours(has: &Edges, (was, is): (Option<&Schedule>, Option<&Schedule>)) -> Option<String> {
    let name = has.empty.as_ref()?.expects.as_ref()?.names.first()?;
    let other = was.zip(is).is_some_and(|(was, is)| was != is);
    other.then(|| format!("когда никого нет (empty): часы графика {name} другие"))
}

fn of_edges(before: &Edges, after: &Edges) -> Vec<String> {
    let Edges {
        resume_window,
        empty,
        retry,
        hours,
    } = after;
    let changes = Changes::default()
        .of(
            "прежнее место перезвонившему (resume_window)",
            (&before.resume_window, resume_window),
            secs,
        )
        .of("когда никого нет (empty)", (&before.empty, empty), emptied)
        .of("перезвон (callback)", (&before.retry, retry), |it| {
            format!("{} раз через {}", it.tries, secs(&it.pause))
        })
        .of(
            "свой график (schedule, at_close)",
            (&before.hours, hours),
            |it| {
                it.as_ref().map_or("нет".to_owned(), |it| {
                    let found = AT_CLOSE.iter().find(|(_, known)| *known == it.at_close);
                    let word = found.map_or("", |(word, _)| *word);
                    format!("{}, {word}", it.schedule)
                })
            },
        );
    changes.0
}

/// `english 2, law 1`.
fn levels<K: Display>(levels: &BTreeMap<K, u8>) -> String {
    let one = |(name, level): (&K, &u8)| format!("{name} {level}");
    let all: Vec<String> = levels.iter().map(one).collect();
    match all.is_empty() {
        true => "нет".to_owned(),
        false => named(&all),
    }
}

pub(super) fn of_skill(before: &SkillSettings, after: &SkillSettings) -> Vec<String> {
    let SkillSettings {
        id: _,
        levels: it,
        until,
    } = after;
    let mut changes = Changes::default().levels("кто знает", (&before.levels, it));
    let whose: BTreeSet<&OperatorId> = before.until.keys().chain(until.keys()).collect();
    for who in whose {
        let (was, is) = (before.until.get(who), until.get(who));
        changes = changes.of(
            &format!("{who} знает до (until)"),
            (&was, &is),
            |it| it.map_or("бессрочно".to_owned(), |it| it.day.to_string()),
        );
    }
    changes.0
}

pub(super) fn of_cap(before: &CapSettings, after: &CapSettings) -> Vec<String> {
    let CapSettings {
        id: _,
        operators,
        calls_per_hour,
        talk_max,
        until,
    } = after;
    let people = |people: &BTreeSet<OperatorId>| {
        let people: Vec<String> = people.iter().map(ToString::to_string).collect();
        named(&people)
    };
    let changes = Changes::default()
        .of(
            "операторы (operators)",
            (&before.operators, operators),
            people,
        )
        .of(
            "звонков за час (calls_per_hour)",
            (&before.calls_per_hour, calls_per_hour),
            |it| {
                it.map_or("сколько угодно".to_owned(), |it| {
                    it.to_string()
                })
            },
        )
        .of(
            "разговоров за смену (talk_max)",
            (&before.talk_max, talk_max),
            |it| it.as_ref().map_or("сколько угодно".to_owned(), secs),
        )
        .of("допуск до (until)", (&before.until, until), |it| {
            it.map_or("бессрочно".to_owned(), told_at)
        });
    changes.0
}

/// `2027-02-28T21:00Z`.
fn told_at(at: Wall) -> String {
    let Ok(utc) = Zone::parse("UTC") else {
        return at.0.to_string();
    };
    let local = utc.local(at);
    format!("{}T{:02}:{:02}Z", local.date, local.hour, local.minute)
}

/// `встают: кроме logged_out, ждут: кроме logged_out, paused; по графику office и за 900 с до него`.
fn emptied(empty: &Option<Empty>) -> String {
    let Some(Empty {
        when,
        expects,
        by_default,
    }) = empty
    else {
        return "когда все вышли".to_owned();
    };
    let WhenEmpty { join, leave } = when;
    let words = |absences: &BTreeSet<Absence>| {
        let words = ABSENCES.iter().filter(|(_, it)| absences.contains(it));
        let words: Vec<&str> = words.map(|(word, _)| *word).collect();
        match words.is_empty() {
            true => "никогда".to_owned(),
            false => words.join(", "),
        }
    };
    let expects = expects.as_ref().map_or_else(String::new, |it| {
        let names: Vec<String> = it.names.iter().map(ToString::to_string).collect();
        let names = named(&names);
        format!(
            ", ждут по графику {names} и за {} до него",
            secs(&it.within)
        )
    });
    let unsaid = if *by_default {
        " (по умолчанию)"
    } else {
        ""
    };
    let (join, leave) = (words(join), words(leave));
    format!("join {join}, leave {leave}{expects}{unsaid}")
}

/// `+second через 20 с, english 1 через 40 с`.
fn ladder(steps: &[Relax]) -> String {
    let step = |it: &Relax| {
        let Relax {
            after,
            group,
            needs,
        } = it;
        let added = group.as_ref().map(|group| format!("+{group}"));
        let lowered = (!needs.is_empty()).then(|| levels(needs));
        let what: Vec<String> = added.into_iter().chain(lowered).collect();
        format!("{} через {}", what.join(", "), secs(after))
    };
    let steps: Vec<String> = steps.iter().map(step).collect();
    match steps.is_empty() {
        true => "нет".to_owned(),
        false => steps.join(", "),
    }
}

fn of_survey(before: &Survey, after: &Survey) -> Vec<String> {
    let Survey {
        name,
        place: _,
        prompts,
        ask_solved,
        thanks,
        on_invalid,
        on_timeout,
        keys,
        tries,
        low,
        share,
        again,
        talk_min,
        tell_operator,
    } = after;
    let Keys {
        most: _,
        end: _,
        first,
        // As long as to the first key: there is one.
        between: _,
        barge_in,
        type_ahead: _,
        has: _,
    } = keys;
    let changes = Changes::default()
        .of("опрос (survey)", (&before.name, name), Name::to_string)
        .of("опрос, prompts", (&before.prompts, prompts), |it| {
            said(it)
        })
        .of(
            "опрос, ask_solved",
            (&before.ask_solved, ask_solved),
            |it| said(it),
        )
        .of("опрос, thanks", (&before.thanks, thanks), |it| {
            said(it)
        })
        .of(
            "опрос, on_invalid",
            (&before.on_invalid, on_invalid),
            |it| said(it),
        )
        .of(
            "опрос, on_timeout",
            (&before.on_timeout, on_timeout),
            |it| said(it),
        )
        .of("опрос, timeout", (&before.keys.first, first), secs)
        .of("опрос, barge_in", (&before.keys.barge_in, barge_in), yes)
        .of("опрос, tries", (&before.tries, tries), u8::to_string)
        .of("опрос, low", (&before.low, low), u8::to_string)
        .of("опрос, share", (&before.share, share), u8::to_string)
        .of("опрос, again", (&before.again, again), secs)
        .of("опрос, talk_min", (&before.talk_min, talk_min), secs)
        .of(
            "опрос, tell_operator",
            (&before.tell_operator, tell_operator),
            yes,
        );
    changes.0
}

/// Whether calls out go by other rules, wherever they stand.
pub(super) fn is_outbound_other(before: Option<&Rules>, after: Option<&Rules>) -> bool {
    let said = |rules: Option<&Rules>| {
        let mut rules = rules.cloned();
        rules.iter_mut().for_each(Rules::forget_places);
        rules
    };
    said(before) != said(after)
}

/// Whether operators choose from another list of reasons, whatever binds them.
pub(super) fn lists_others(before: &[BreakReason], after: &[BreakReason]) -> bool {
    let seen = |list: &[BreakReason]| -> Vec<(Name, String)> {
        let seen = list.iter().map(|it| (it.code.clone(), it.label.clone()));
        seen.collect()
    };
    seen(before) != seen(after)
}

/// What binds a break otherwise that both versions have; of a new one, what binds it at all.
pub(super) fn of_breaks(before: &[BreakReason], after: &[BreakReason]) -> Vec<String> {
    let changes = after.iter().flat_map(|reason| {
        let BreakReason {
            code,
            label: _,
            max,
            keep_ready,
        } = reason;
        let known = before.iter().find(|it| it.code == *code);
        let (was_max, was_kept) = known.map_or((None, 0), |it| (it.max, it.keep_ready));
        let changes = Changes::default()
            .of("не дольше (max)", (&was_max, max), |it| {
                it.as_ref().map_or("сколько угодно".to_owned(), secs)
            })
            .of(
                "на линии остаются (keep_ready)",
                (&was_kept, keep_ready),
                u32::to_string,
            );
        let told = move |change| format!("перерыв {code}: {change}");
        changes.0.into_iter().map(told)
    });
    changes.collect()
}

/// By what rules alarms come and go otherwise; what the plan does not say is as usual.
pub(super) fn of_alarms(before: &[AlarmRule], after: &[AlarmRule]) -> Vec<String> {
    let named: BTreeSet<_> = before
        .iter()
        .chain(after)
        .map(|rule| (rule.what, rule.queue.clone()))
        .collect();
    let told = named.into_iter().flat_map(|(what, queue)| {
        let changes = Changes::default().of(
            "включается, снимается, через сколько (on, off, for)",
            (
                &rule_of(before, what, queue.as_ref()),
                &rule_of(after, what, queue.as_ref()),
            ),
            |rule| format!("{}, {}, {}", rule.on, rule.off, secs(&rule.lasts)),
        );
        let whose = queue.map_or_else(String::new, |queue| format!(" ({queue})"));
        let told = move |change| format!("тревога {}{whose}: {change}", what.word());
        changes.0.into_iter().map(told)
    });
    told.collect()
}

/// The rule for this queue, else that for all, else the usual one, with no queue in it.
fn rule_of(rules: &[AlarmRule], what: AlarmKind, queue: Option<&QueueId>) -> AlarmRule {
    let of = |queue: Option<&QueueId>| {
        rules
            .iter()
            .find(|it| it.what == what && it.queue.as_ref() == queue)
    };
    let rule = of(queue).or_else(|| of(None)).cloned();
    let rule = rule.unwrap_or_else(|| what.usual());
    AlarmRule {
        queue: None,
        ..rule
    }
}

/// What of a roster is another: whoever wants to see the shifts looks at the table.
pub(super) fn of_roster(before: &Roster, after: &Roster) -> Vec<String> {
    let parts = [
        ("люди (people)", before.people() == after.people()),
        ("смены (shifts)", before.turns() == after.turns()),
        ("часы (hours, zone)", before.hours() == after.hours()),
        (
            "приём смены (handover, accept_within)",
            before.accept_within() == after.accept_within(),
        ),
    ];
    let others = parts.into_iter().filter(|(_, is_same)| !is_same);
    others.map(|(what, _)| format!("{what}: другие")).collect()
}

fn said(prompts: &[Name]) -> String {
    match prompts {
        [] => "нет".to_owned(),
        _ => prompts.join(", "),
    }
}

fn yes(flag: &bool) -> String {
    if *flag { "да" } else { "нет" }.to_owned()
}

/// `20 с`, `800 мс`.
fn secs(time: &Duration) -> String {
    match time.subsec_millis() {
        0 => format!("{} с", time.as_secs()),
        _ => format!("{} мс", time.as_millis()),
    }
}
