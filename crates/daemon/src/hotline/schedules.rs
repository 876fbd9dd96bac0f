//! What an admin sets by hand over a schedule while the daemon runs, and how the schedules stand.
use std::fmt::Write as _;
use std::sync::Arc;

use gudok_calendar::by_hand::{LENGTH_MAX, OVERRIDES_MAX, WORDS_MAX};
use gudok_calendar::{Override, Overrides, Schedule, Set, Zone, minute_of_day};
use gudok_dialplan::{Number, Plan, in_locale};
use gudok_model::{Name, Now, Wall};
use gudok_store::OverrideRow;
use gudok_switchboard::Input;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Hotline;
use crate::span::Span;
use crate::voice::Voice;

/// To people who decided something while the disk refuses the journal.
pub(crate) const NOT_JOURNALED: &str = "журнал не пишется: ничего не сделано, действует прежнее; посмотрите место на диске журнала и повторите";

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Wish {
    /// Which schedule.
    pub schedule: Name,
    /// What to set; None takes back whatever is set.
    pub set: Option<Set>,
    /// Until when, as it was written: `2h`, `18:00`, `2026-11-22T18:00` in the zone of the schedule.
    pub until: String,
    /// Who asks.
    pub who: String,
    /// Why.
    pub why: String,
}

/// What was done, for the one who asked and for the record.
#[derive(Debug)]
pub(crate) struct Done {
    /// Russian.
    pub told: String,
    /// What is to be written down.
    pub kept: Kept,
    /// The plan in force, and everything that is set by hand over it now: for a proof elsewhere.
    pub plan: Arc<Plan>,
    /// See there.
    pub by_hand: Overrides,
}

/// For the record of who set what.
#[derive(Debug)]
pub(crate) enum Kept {
    /// A new row.
    Set(OverrideRow),
    /// Rows that are over.
    Cleared {
        /// Whose.
        schedule: Name,
        /// When.
        at: Wall,
        /// By whom.
        who: String,
    },
}

impl Hotline {
    /// Sets it for every decision from now on, or says in Russian why not.
    pub(super) fn set_by_hand(&mut self, now: Now, wish: Wish) -> Result<Done, String> {
        let plan = Arc::clone(&self.plan);
        // What was set may outlive its schedule: it can be taken back, so that it is not there when the name comes again.
        if wish.set.is_none() && self.is_left(now, &wish.schedule) {
            return self.clear_by_hand(wish);
        }
        let Some(schedule) = plan.schedule(&wish.schedule) else {
            let known: Vec<&str> = plan.schedules().map(|(name, _)| &**name).collect();
            let known = known.join(", ");
            return Err(format!("нет графика «{}»; есть: {known}", wish.schedule));
        };
        let numbers = numbers_of(&plan, &wish.schedule);
        let Some(set) = wish.set.clone() else {
            let name = &wish.schedule;
            return Err(format!(
                "графику «{name}» вручную ничего не задано: снимать нечего"
            ));
        };
        self.can_be_set(now, &set, &numbers)?;
        let set = Override {
            set,
            since: now.wall,
            until: until(&wish.until, &schedule.zone, now.wall)?,
            who: words("--by", &wish.who)?,
            why: words("--why", &wish.why)?,
        };
        let told = set.told(&schedule.zone);
        let what = set.set.code();
        let row = row(&wish.schedule, &set);
        let name = wish.schedule;
        let state = match set.set {
            Set::Open => "открыт",
            Set::Closed => "закрыт",
            Set::Announce { .. } => "объявление",
        };
        let mut by_hand = self.switchboard.overrides().clone();
        by_hand.set(now.wall, &name, set.clone());
        let who = set.who.clone();
        self.schedule(&name, Some(set))?;
        tracing::warn!(schedule = %name, what, who, "a schedule is set by hand");
        let numbers = if numbers.is_empty() {
            "ни одного".to_owned()
        } else {
            labels(&numbers)
        };
        Ok(Done {
            told: format!("график «{name}»: {state} {told}\nномера: {numbers}\n"),
            kept: Kept::Set(row),
            plan: Arc::clone(&self.plan),
            by_hand,
        })
    }

    fn can_be_set(&self, now: Now, set: &Set, numbers: &[&Number]) -> Result<(), String> {
        if self.switchboard.overrides().list(now.wall).count() >= OVERRIDES_MAX {
            return Err(format!(
                "вручную задано уже {OVERRIDES_MAX}: снимите лишнее"
            ));
        }
        let Set::Announce { prompt } = set else {
            return Ok(());
        };
        // Each number says it in its own language; what is not there would be silence.
        let lacks = |number: &&Number| {
            let said = in_locale(number.locale, prompt);
            !self.voices.has(&said)
        };
        let lacking: Vec<&Number> = numbers.iter().copied().filter(lacks).collect();
        if !lacking.is_empty() {
            let on = labels(&lacking);
            return Err(format!("нет фразы «{prompt}» на языке номеров: {on}"));
        }
        // Who announces something to nobody has mistaken the schedule.
        if numbers.is_empty() {
            return Err("у этого графика нет номеров: объявление никто не услышит".into());
        }
        Ok(())
    }

    fn schedule(&mut self, schedule: &Name, set: Option<Override>) -> Result<(), String> {
        let schedule = schedule.clone();
        match self.decide(Input::Schedule { schedule, set }) {
            true => Ok(()),
            false => Err(NOT_JOURNALED.to_owned()),
        }
    }

    fn is_left(&self, now: Now, schedule: &Name) -> bool {
        let mut list = self.switchboard.overrides().list(now.wall);
        list.any(|(name, _)| name == schedule)
    }

    fn clear_by_hand(&mut self, wish: Wish) -> Result<Done, String> {
        let (schedule, who) = (wish.schedule, words("--by", &wish.who)?);
        let mut by_hand = self.switchboard.overrides().clone();
        by_hand.clear(&schedule);
        self.schedule(&schedule, None)?;
        tracing::warn!(%schedule, who, "a schedule rules again, by hand");
        Ok(Done {
            told: format!("график «{schedule}»: всё заданное вручную снято\n"),
            kept: Kept::Cleared {
                schedule,
                at: self.clock.now().wall,
                who,
            },
            plan: Arc::clone(&self.plan),
            by_hand,
        })
    }

    /// How each schedule stands, and what is set by hand.
    pub(super) fn schedules(&self, now: Now) -> String {
        let mut told = String::new();
        for (name, schedule) in self.plan.schedules() {
            let state = self.state(now, name, schedule);
            let _ = writeln!(told, "{name}: {state}");
            let announced = self.switchboard.overrides().announcement(now.wall, name);
            if let Some((prompt, set)) = announced {
                let _ = writeln!(told, "  объявление «{prompt}» {}", set.told(&schedule.zone));
            }
        }
        for (name, set) in self.switchboard.overrides().list(now.wall) {
            if self.plan.schedule(name).is_none() {
                let (what, set) = (set.set.code(), set.told(&Zone::utc()));
                let _ = writeln!(
                    told,
                    "{name}: такого графика в плане нет; {what} {set}, время UTC"
                );
            }
        }
        if told.is_empty() {
            told.push_str("в плане нет графиков\n");
        }
        told
    }

    fn state(&self, now: Now, name: &Name, schedule: &Schedule) -> String {
        let by_hand = self.switchboard.overrides().hours(now.wall, name);
        match (by_hand, schedule.closed_because(now.wall)) {
            (Some(set), _) if set.set == Set::Open => {
                format!("открыт {}", set.told(&schedule.zone))
            }
            (Some(set), _) => format!("закрыт {}", set.told(&schedule.zone)),
            (None, None) => "открыт".into(),
            (None, Some(why)) => format!("закрыт: {why}"),
        }
    }
}

/// All of these rows together, for a proof.
pub(crate) fn overrides(now: Wall, rows: Vec<OverrideRow>) -> Overrides {
    let mut all = Overrides::NONE;
    for (schedule, set) in rows.into_iter().filter_map(of_row) {
        all.set(now, &schedule, set);
    }
    all
}

/// What was in force when the last run ended.
pub(crate) fn of_row(row: OverrideRow) -> Option<(Name, Override)> {
    let set = match (row.what.as_str(), row.prompt) {
        ("open", _) => Set::Open,
        ("closed", _) => Set::Closed,
        ("announce", Some(prompt)) => Set::Announce {
            prompt: prompt.into(),
        },
        _ => return None,
    };
    let set = Override {
        set,
        since: Wall(row.since),
        until: Wall(row.until),
        who: row.who,
        why: row.why,
    };
    Some((row.schedule.into(), set))
}

fn row(schedule: &Name, set: &Override) -> OverrideRow {
    OverrideRow {
        schedule: schedule.to_string(),
        what: set.set.code().into(),
        prompt: match &set.set {
            Set::Announce { prompt } => Some(prompt.to_string()),
            Set::Open | Set::Closed => None,
        },
        since: set.since.0,
        until: set.until.0,
        who: set.who.clone(),
        why: set.why.clone(),
        ended_at: None,
        ended_by: None,
    }
}

fn words(key: &str, text: &str) -> Result<String, String> {
    one_line(text).ok_or_else(|| format!("{key}: от 1 до {WORDS_MAX} знаков в одну строку"))
}

/// Words of a person for the record; None: none, more than [`WORDS_MAX`] characters, or more than a line.
pub(crate) fn one_line(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = (1..=WORDS_MAX).contains(&text.chars().count());
    (fits && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

fn until(text: &str, zone: &Zone, now: Wall) -> Result<Wall, String> {
    let wrong = || {
        format!(
            "--until: «{text}» — не время; пишите 2h, 18:00 или 2026-11-22T18:00 (в поясе графика, {})",
            zone.name()
        )
    };
    let at = moment(text, zone, now).ok_or_else(wrong)?;
    if at <= now {
        return Err(format!("--until: «{text}» уже прошло"));
    }
    if at.0 - now.0 > LENGTH_MAX {
        let days = LENGTH_MAX / 86_400_000_000;
        return Err(format!(
            "--until: не дальше {days} дней; надолго график правят в плане"
        ));
    }
    Ok(at)
}

fn moment(text: &str, zone: &Zone, now: Wall) -> Option<Wall> {
    if let Ok(Span(length)) = Span::try_from(text.to_owned()) {
        let length = i64::try_from(length.as_micros()).ok()?;
        return Some(Wall(now.0.saturating_add(length)));
    }
    if let Some(of_day) = minute_of_day(text) {
        let today = zone.local(now).date;
        let at = zone.instant(today, of_day);
        return match at > now {
            true => Some(at),
            false => Some(zone.instant(today.tomorrow().ok()?, of_day)),
        };
    }
    if let Some(at) = zone.moment(text) {
        return Some(at);
    }
    let exact: Timestamp = text.parse().ok()?;
    Some(Wall(exact.as_microsecond()))
}

/// What is set by hand and nobody will hear by this plan, as it names no such schedule or lacks the words. Russian.
pub(crate) fn unheard(plan: &Plan, voice: &Voice, by_hand: &Overrides, now: Wall) -> Vec<String> {
    let told = |(schedule, set): (&Name, &Override)| {
        if plan.schedule(schedule).is_none() {
            return Some(format!(
                "графика «{schedule}», у которого вручную задано «{}», в плане нет: gudok schedule {schedule} --clear снимет",
                set.set.code()
            ));
        }
        let Set::Announce { prompt } = &set.set else {
            return None;
        };
        let mut lacking = numbers_of(plan, schedule);
        if lacking.is_empty() {
            return Some(format!(
                "объявление «{prompt}» графика «{schedule}» никто не услышит: номеров у него больше нет"
            ));
        }
        lacking.retain(|it| !says(voice, it, prompt));
        (!lacking.is_empty()).then(|| {
            let on = labels(&lacking);
            format!("объявления «{prompt}» графика «{schedule}» нет на языке номеров: {on}")
        })
    };
    by_hand.list(now).filter_map(told).collect()
}

/// An announcement set by hand that callers hear now and would hear no more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Silenced {
    pub schedule: Name,
    pub prompt: Name,
    /// Labels of the numbers that would be silent.
    pub numbers: String,
}

impl std::fmt::Display for Silenced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (prompt, schedule, numbers) = (&self.prompt, &self.schedule, &self.numbers);
        write!(
            f,
            "«{prompt}», номера: {numbers} (верните запись или снимите: gudok schedule {schedule} --clear)"
        )
    }
}

/// What is announced by hand on numbers of this plan in the first of the voices, and that the second cannot say.
pub(crate) fn silenced(
    plan: &Plan,
    (before, after): (&Voice, &Voice),
    by_hand: &Overrides,
    now: Wall,
) -> Vec<Silenced> {
    let told = |(schedule, set): (&Name, &Override)| {
        let Set::Announce { prompt } = &set.set else {
            return None;
        };
        let falls = |it: &&Number| says(before, it, prompt) && !says(after, it, prompt);
        let mut numbers = numbers_of(plan, schedule);
        numbers.retain(falls);
        (!numbers.is_empty()).then(|| Silenced {
            schedule: schedule.clone(),
            prompt: prompt.clone(),
            numbers: labels(&numbers),
        })
    };
    by_hand.list(now).filter_map(told).collect()
}

fn numbers_of<'p>(plan: &'p Plan, schedule: &Name) -> Vec<&'p Number> {
    let numbers = plan.numbers().iter();
    let of_it = numbers.filter(|number| number.schedule.as_ref() == Some(schedule));
    of_it.collect()
}

/// In the language of the number.
fn says(voice: &Voice, number: &Number, prompt: &Name) -> bool {
    voice.number(&in_locale(number.locale, prompt)).is_some()
}

fn labels(numbers: &[&Number]) -> String {
    let labels: Vec<&str> = numbers.iter().map(|number| number.label.as_str()).collect();
    labels.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noon of 22 November 2026 in Irkutsk.
    const NOON: Wall = Wall(1_795_320_000_000_000);
    const HOUR: i64 = 3_600_000_000;

    #[test]
    fn the_end_is_told_as_people_tell_time() {
        let zone = Zone::parse("Asia/Irkutsk").expect("a zone");
        let hours = |text: &str| until(text, &zone, NOON).map(|at| (at.0 - NOON.0) / HOUR);
        assert_eq!(zone.local(NOON).hour, 12);
        for (text, expected) in [
            ("2h", 2),
            ("18:00", 6),
            ("24:00", 12),
            ("09:00", 21),
            ("2026-11-23T12:00", 24),
            ("2026-11-23 12:00", 24),
            ("2026-11-22T06:00:00Z", 2),
            ("2026-11-22T15:00+09:00", 2),
        ] {
            assert_eq!(hours(text), Ok(expected), "{text}");
        }
        for wrong in ["", "soon", "25:00", "2026-11-22T11:00", "2027-03-01T00:00"] {
            assert!(hours(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_written_down_is_what_was_set() {
        for set in [
            Set::Open,
            Set::Closed,
            Set::Announce {
                prompt: "emergency".into(),
            },
        ] {
            let set = Override {
                set,
                since: NOON,
                until: Wall(NOON.0 + HOUR),
                who: "ivanov".into(),
                why: "авария".into(),
            };
            let office = Name::from("office");
            assert_eq!(of_row(row(&office, &set)), Some((office, set)));
        }
    }
}
