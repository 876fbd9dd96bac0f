//! Who answers and who waits: rosters, groups, queues.
use std::collections::{BTreeMap, BTreeSet};

use gudok_calendar::{Person, Schedule, Turn, Zone};
use gudok_model::{
    Absence, CapSettings, GroupId, GroupSettings, Name, OperatorId, QueueSettings, Relax,
    SkillSettings, StickyTo, Wall, WhenEmpty,
};

use super::document::{Document, Table, Value, list, word_of};
use super::steps::exits_of;
use super::tables::windows_of;
use crate::draft::{
    DraftCap, DraftEdges, DraftEmpty, DraftGroup, DraftQueue, DraftRoster, DraftSkill, Turns,
};
use crate::edges::{Edges, Retry};
use crate::read::{ABSENCES, AT_CLOSE, HANDOVER_WORDS, STICKIES, STRATEGIES};
use crate::text::Word;

pub(super) fn roster(name: &Name, roster: &DraftRoster, document: &mut Document) {
    let DraftRoster {
        people,
        turns,
        // The shifts of a table beside the plan stand in the document.
        sheet: _,
        hours,
        accept_within,
        at: _,
    } = roster;
    let Schedule {
        zone,
        windows,
        // A roster has its hours and no more of a schedule.
        holidays: _,
        week: _,
        dates: _,
        short_by: _,
    } = hours;
    let [by_clock, by_acceptance] = HANDOVER_WORDS;
    let shifts = match turns {
        Turns::Here(turns) => turns.iter().map(|it| turn(it, people, zone)).collect(),
        // One that is not there: such a plan is not printed.
        Turns::Sheet(_) => Vec::new(),
    };
    let table = Table::default()
        .with("zone", zone.name())
        .with("hours", windows_of(windows))
        .with(
            "handover",
            match accept_within {
                None => by_clock,
                Some(_) => by_acceptance,
            },
        )
        .may("accept_within", *accept_within)
        .with("shifts", Value::Rows(shifts));
    document.table(&format!("roster.{name}"), &table);
    let people = people.iter().fold(Table::default(), person);
    document.table(&format!("roster.{name}.people"), &people);
}

fn person(people: Table, person: &Person) -> Table {
    let Person {
        name,
        label,
        number,
        ring,
    } = person;
    let table = Table::default()
        .with("number", number.as_str())
        .with("name", label.as_str())
        .with("ring", *ring);
    people.with(name, table)
}

fn turn(turn: &Turn, people: &[Person], zone: &Zone) -> Table {
    let Turn {
        person,
        substitute,
        from,
        till,
        order,
    } = turn;
    let name = |place: usize| people.get(place).map(|it| &it.name);
    Table::default()
        .may("person", name(*person))
        .with("from", clock(zone, *from).as_str())
        .with("till", clock(zone, *till).as_str())
        .with("order", u32::from(*order))
        .may("substitute", substitute.and_then(name))
}

/// What the clock of the roster shows: shifts begin and end at whole minutes of it.
fn clock(zone: &Zone, at: Wall) -> String {
    let local = zone.local(at);
    format!("{}T{:02}:{:02}", local.date, local.hour, local.minute)
}

pub(super) fn group(name: &Name, group: &DraftGroup, document: &mut Document) {
    let DraftGroup {
        settings,
        // The same people as in the settings, with their places.
        weighed: _,
        at: _,
    } = group;
    let GroupSettings {
        // Its name.
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
    } = settings;
    let operators = operators.iter().map(|it| it.as_str());
    let table = Table::default()
        .with("operators", Value::List(list(operators)))
        .with("strategy", word_of(&STRATEGIES, strategy))
        .with("ring", *ring)
        .with("wrap_up", *wrap_up)
        .with("reject_delay", *reject_delay)
        .with("refuse_memory", *refuse_memory)
        .with("misses_max", *misses_max)
        .with("ring_max", *ring_max)
        .with("step", *step);
    document.table(&format!("group.{name}"), &table);
    if !weights.is_empty() {
        document.table(&format!("group.{name}.weights"), &levels(weights));
    }
}

pub(super) fn skill(name: &Name, skill: &DraftSkill, document: &mut Document) {
    let DraftSkill {
        settings,
        // The same people as in the settings, with their places.
        people: _,
        ends,
        at: _,
    } = skill;
    let SkillSettings {
        // Its name.
        id: _,
        levels: known,
        // As it is written.
        until: _,
    } = settings;
    let until = |who: &OperatorId| ends.iter().find(|(it, _)| it.text == who.as_str());
    let table = known.iter().fold(Table::default(), |table, (who, level)| {
        let ending = |(_, until): &(Word, Word)| {
            let known = Table::default().with("level", *level);
            Value::Table(known.with("until", until))
        };
        match until(who) {
            Some(end) => table.with(who.as_str(), ending(end)),
            None => table.with(who.as_str(), *level),
        }
    });
    document.table(&format!("skill.{name}"), &table);
}

pub(super) fn cap(name: &Name, cap: &DraftCap, document: &mut Document) {
    let DraftCap {
        settings,
        // The same people as in the settings, with their places.
        people: _,
        until,
        at: _,
    } = cap;
    let CapSettings {
        // Its name.
        id: _,
        operators,
        calls_per_hour,
        talk_max,
        // As it is written.
        until: _,
    } = settings;
    let people = operators.iter().map(OperatorId::as_str);
    let table = Table::default()
        .with("operators", Value::List(list(people)))
        .may("calls_per_hour", *calls_per_hour)
        .may("talk_max", *talk_max)
        .may("until", until.as_deref());
    document.table(&format!("cap.{name}"), &table);
}

/// Names with numbers.
fn levels<K: std::fmt::Display>(levels: &BTreeMap<K, u8>) -> Table {
    let levels = levels.iter();
    levels.fold(Table::default(), |table, (name, level)| {
        table.with(&name.to_string(), *level)
    })
}

pub(super) fn queue(name: &Name, queue: &DraftQueue, document: &mut Document) {
    let DraftQueue {
        settings,
        group,
        // The same groups as in the settings, with their places.
        added: _,
        // Where the steps and skills of the settings stand.
        rungs: _,
        skills: _,
        survey,
        edges,
        exits,
        at: _,
    } = queue;
    let QueueSettings {
        // Its name, and the group as it was written.
        id: _,
        group: _,
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
    } = settings;
    let mut table = Table::default()
        .with("group", group)
        .with("weight", *weight)
        .with("callers_max", *callers_max)
        .may("aging", *aging)
        .with("aging_max", *aging_max)
        .with("max_starve", *max_starve)
        .with("preempt", *preempt)
        .may("wrap_up", *wrap_up)
        .may("wrap_up_max", *wrap_up_max)
        .may("hold_max", *hold_max);
    if !needs.is_empty() {
        table = table.with("needs", Value::Table(levels(needs)));
    }
    if !relax.is_empty() {
        table = table.with("relax", Value::Rows(relax.iter().map(rung).collect()));
    }
    if let Some(StickyTo { by, wait }) = sticky {
        let one = Table::default()
            .with("by", word_of(&STICKIES, by))
            .with("wait", *wait);
        table = table.with("sticky", Value::Table(one));
    }
    let table = table.may("survey", survey.as_ref());
    let table = exits_of(exits, edges_of(edges, table));
    document.table(&format!("queue.{name}"), &table);
}

fn edges_of(edges: &DraftEdges, table: Table) -> Table {
    let DraftEdges {
        resume_window,
        empty,
        retry,
        hours,
    } = edges;
    let usual = Edges::default();
    let window = Some(*resume_window).filter(|it| *it != usual.resume_window);
    table
        .may("empty", empty.as_ref().map(empty_of))
        .may("resume_window", window)
        .may(
            "callback",
            (*retry != usual.retry).then(|| retry_of(*retry)),
        )
        .may("schedule", hours.as_ref().map(|it| &it.schedule))
        .may(
            "at_close",
            hours.as_ref().map(|it| word_of(&AT_CLOSE, &it.at_close)),
        )
}

fn retry_of(retry: Retry) -> Table {
    Table::default()
        .with("tries", retry.tries)
        .with("pause", retry.pause)
}

fn empty_of(empty: &DraftEmpty) -> Table {
    let DraftEmpty {
        when: WhenEmpty { join, leave },
        expects,
        within,
    } = empty;
    let words = |absences: &BTreeSet<Absence>| {
        let words = absences.iter().map(|it| word_of(&ABSENCES, it));
        Value::List(list(words))
    };
    let within = expects.as_ref().map(|_| *within);
    Table::default()
        .with("join", words(join))
        .with("leave", words(leave))
        .may("expects", expects.as_ref())
        .may("within", within)
}

fn rung(step: &Relax) -> Table {
    let Relax {
        after,
        group,
        needs,
    } = step;
    let table = Table::default()
        .with("after", *after)
        .may("add", group.as_ref().map(GroupId::as_str));
    match needs.is_empty() {
        true => table,
        false => table.with("needs", Value::Table(levels(needs))),
    }
}
