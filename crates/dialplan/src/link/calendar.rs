//! Production calendars: which extends which, and what of them is missing at a moment.
use std::collections::BTreeMap;
use std::sync::Arc;

use gudok_calendar::{Date, Holidays, Schedule, Zone};
use gudok_model::{Name, Wall};

use crate::draft::Draft;
use crate::problem::{Advice, Problem};
use crate::text::{Problems, Word, error, warning};

/// From this month on the next year must be there: the government moves days off in autumn.
const ASKED_FROM_MONTH: i8 = 11;

/// A calendar that a schedule goes by.
#[derive(Clone, Debug)]
pub(crate) struct CalendarUse {
    zone: Zone,
    /// The calendar, and after it those it extends.
    chain: Vec<(Name, Arc<Holidays>)>,
    /// What is wrong where a year is missing, before it is known which: it has its place.
    problem: Problem,
}

impl CalendarUse {
    /// The first calendar of the chain that lacks the present year or, from the first of November on, the next one; a
    /// provisional year is lacking, and the flag says so.
    fn missing(&self, now: Wall) -> Option<(&Name, i16, bool)> {
        let today: Date = self.zone.local(now).date;
        let next = (today.month() >= ASKED_FROM_MONTH).then(|| today.year() + 1);
        let years = std::iter::once(today.year()).chain(next);
        let lacks = |year: i16| {
            let mut chain = self.chain.iter();
            chain.find_map(|(name, days)| {
                let provisional = days.is_provisional(year);
                (provisional || !days.covers(year)).then_some((name, year, provisional))
            })
        };
        years.into_iter().find_map(lacks)
    }

    /// The same, as an admin is told it.
    pub(crate) fn problem(&self, now: Wall) -> Option<Problem> {
        let (name, year, provisional) = self.missing(now)?;
        let mut problem = self.problem.clone();
        if provisional {
            problem.message = format!(
                "календарь «{name}» на {year} год неполон (provisional = true): переносов и коротких дней в нём нет"
            );
            problem.message_en = format!("calendar `{name}` of {year} is provisional");
            problem.remedy = Some(Advice::from((
                "внесите переносы по постановлению и короткие дни и уберите provisional",
                "enter the moved days of the decree and the short days, and remove `provisional`",
            )));
            return Some(problem);
        }
        problem.message = format!(
            "в календаре «{name}» нет {year} года: праздники будут обычными днями, а рабочие субботы — выходными"
        );
        problem.message_en = format!("calendar `{name}` has no days of {year}");
        problem.remedy = Some(Advice::from((
            format!(
                "добавьте файл с [[holidays]], calendar = \"{name}\", year = {year}, source — постановление о переносе выходных"
            ),
            format!(
                "add a file with [[holidays]], calendar = \"{name}\", year = {year}, source being the decree on moved days off"
            ),
        )));
        Some(problem)
    }
}

/// Schedules in the order of their names, each with its calendar; the calendars they and calls out go by; and the one of
/// calls out.
pub(super) fn schedules(
    draft: &Draft,
    problems: &mut Problems<'_>,
) -> (Vec<Schedule>, Vec<CalendarUse>, Option<Arc<Holidays>>) {
    let mut known = Calendars::new(draft, problems);
    let (mut schedules, mut uses) = (Vec::new(), Vec::new());
    for draft in draft.schedules.values() {
        let mut schedule = draft.schedule.clone();
        if let Some(word) = &draft.holidays {
            schedule.holidays = known.find(word, problems);
            uses.extend(known.usage(&draft.schedule.zone, word, problems));
        }
        schedules.push(schedule);
    }
    let outbound = draft.outbound.as_ref();
    let outbound = outbound.and_then(|it| Some((it, it.holidays.as_ref()?)));
    let holidays = outbound.and_then(|(outbound, word)| {
        uses.extend(known.usage(&outbound.rules.zone, word, problems));
        known.find(word, problems)
    });
    (schedules, uses, holidays)
}

/// Every calendar with whatever it extends.
struct Calendars<'a> {
    draft: &'a Draft,
    whole: BTreeMap<Name, Arc<Holidays>>,
}

impl<'a> Calendars<'a> {
    fn new(draft: &'a Draft, problems: &mut Problems<'_>) -> Self {
        let mut calendars = Self {
            draft,
            whole: BTreeMap::new(),
        };
        for (name, calendar) in &draft.holidays {
            if let Some(word) = &calendar.extends {
                calendars.check(name, word, problems);
            }
            let mut days = calendar.days.clone();
            for (_, base) in calendars.chain(name).iter().skip(1) {
                days = days.over(base);
            }
            calendars.whole.insert(name.clone(), Arc::new(days));
        }
        calendars
    }

    /// A calendar, the one it extends, and so on; one that would come again ends it.
    fn chain(&self, name: &Name) -> Vec<(Name, &'a Holidays)> {
        let mut chain: Vec<(Name, &Holidays)> = Vec::new();
        let mut next = Some(name.clone());
        while let Some(name) = next.take() {
            let Some((name, calendar)) = self.draft.holidays.get_key_value(&name) else {
                break;
            };
            if chain.iter().any(|(known, _)| known == name) {
                break;
            }
            chain.push((name.clone(), &calendar.days));
            next = calendar
                .extends
                .as_ref()
                .map(|word| word.text.as_str().into());
        }
        chain
    }

    fn check(&self, name: &Name, word: &Word, problems: &mut Problems<'_>) {
        let base = Name::from(word.text.as_str());
        if !self.draft.holidays.contains_key(&base) {
            return self.unknown(word, problems);
        }
        let comes_back = self.chain(&base).iter().any(|(other, _)| other == name);
        if comes_back {
            let ru = format!("календарь «{name}» продолжает сам себя");
            let said = error("endless", ru, format!("calendar `{name}` extends itself"));
            problems.say(
                &word.at,
                said.remedy((
                    "уберите extends у одного из них",
                    "remove `extends` from one of them",
                )),
            );
        }
    }

    fn find(&mut self, word: &Word, problems: &mut Problems<'_>) -> Option<Arc<Holidays>> {
        let found = self.whole.get(&Name::from(word.text.as_str())).cloned();
        if found.is_none() {
            self.unknown(word, problems);
        }
        found
    }

    fn unknown(&self, word: &Word, problems: &mut Problems<'_>) {
        let ru = format!("нет такого календаря: «{}»", word.text);
        let said = error(
            "unknown_holidays",
            ru,
            format!("unknown calendar {:?}", word.text),
        );
        let known: Vec<&Name> = self.draft.holidays.keys().collect();
        let remedy = (
            "положите рядом файл с календарём, например holidays-ru-2026.toml",
            "put a calendar file beside the plan, for example holidays-ru-2026.toml",
        );
        problems.say(&word.at, said.one_of(&word.text, &known).remedy(remedy));
    }

    fn usage(&self, zone: &Zone, word: &Word, problems: &Problems<'_>) -> Option<CalendarUse> {
        let chain = self.chain(&Name::from(word.text.as_str()));
        let chain: Vec<_> = chain
            .into_iter()
            .map(|(name, days)| (name, Arc::new(days.clone())))
            .collect();
        let said = warning("calendar_year", "", "");
        (!chain.is_empty()).then(|| CalendarUse {
            zone: zone.clone(),
            chain,
            problem: problems.texts().problem(&word.at, said),
        })
    }
}
