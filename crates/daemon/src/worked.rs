//! A report of shifts: by operator and day what each did, second by second, against the roster where there is one; and whether
//! what it is made of is whole. The day is that of the operator's project, by the clock of its first number.
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use gudok_calendar::{Date, Roster, Zone};
use gudok_dialplan::plan::Plan;
use gudok_model::shifts::QUARTER_US;
use gudok_model::{Figure, Figures, GroupId, Name, OperatorId, ProjectId, Wall};
use gudok_store::levels::Share;
use gudok_store::{QueryError, Span, Store, Worked};

/// Most days of all people together in one report.
pub(crate) const DAYS_MAX: usize = 100_000;
/// Who comes so much later, or leaves so much sooner, is in time. Microseconds.
const IN_TIME_US: i64 = 60_000_000;

/// At the phone, of the time for it.
const RING: [Figure; 2] = [Figure::Reserved, Figure::Ringing];
const TALK: [Figure; 3] = [Figure::Talking, Figure::Consult, Figure::Conference];
/// How the occupancy is counted, as programs and people read it.
pub(crate) const OCCUPANCY: &str = "(ring + talk + hold + wrap_up) / (session − down − breaks)";
const OCCUPANCY_RU: &str =
    "занятость = (вызов + разговор + удержание + оформление) / (смена − простой − перерывы)";

/// Of whose time, and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Wanted {
    /// The first moment; the quarter of an hour it is in counts whole.
    pub from: Edge,
    /// The first one after it, as above.
    pub to: Edge,
    /// Of this business only.
    pub project: Option<ProjectId>,
    /// Members of this group only, as the plan has it now.
    pub group: Option<GroupId>,
    /// Of this operator only.
    pub operator: Option<OperatorId>,
    /// Up to when it is known what people do.
    pub known_to: Wall,
}

/// Where a span begins or ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Edge {
    /// The same for everybody.
    Moment(Wall),
    /// When this day begins, by the clock of each project.
    Day(Date),
    /// When the present day began, by the clock of each project.
    Today,
}

/// The report.
pub(crate) struct Sheet {
    from: Wall,
    to: Wall,
    rows: Vec<Row>,
    labels: BTreeMap<Name, String>,
    is_cut: bool,
}

/// One day of one operator.
struct Row {
    day: Date,
    zone: Zone,
    who: Person,
    worked: Worked,
    duties: Vec<Duty>,
}

#[derive(Clone)]
struct Person {
    operator: OperatorId,
    project: Option<ProjectId>,
    name: Option<String>,
    /// Somebody of another project has this id too, or had it.
    is_shared: bool,
}

/// A turn of the roster, and how it was kept.
struct Duty {
    roster: Name,
    from: Wall,
    till: Wall,
    /// None: it has not begun, or nothing is known of the time when it did.
    kept: Option<Attendance>,
}

/// How a turn was kept. Microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Attendance {
    late_us: i64,
    /// Left sooner by so much.
    early_us: i64,
    is_absent: bool,
}

impl Wanted {
    /// Where whole quarters begin and end.
    fn quarters(&self, zone: &Zone) -> (Wall, Wall) {
        let (from, to) = (self.at(self.from, zone), self.at(self.to, zone));
        let from = from.0.div_euclid(QUARTER_US) * QUARTER_US;
        let to = (to.0 - 1).div_euclid(QUARTER_US) * QUARTER_US + QUARTER_US;
        (Wall(from), Wall(to))
    }

    fn at(&self, edge: Edge, zone: &Zone) -> Wall {
        match edge {
            Edge::Moment(at) => at,
            Edge::Day(day) => zone.midnight(day),
            Edge::Today => zone.midnight(zone.local(self.known_to).date),
        }
    }

    fn wants(&self, who: &Person, members: Option<&BTreeSet<&OperatorId>>) -> bool {
        let project = self.project.as_ref();
        project.is_none_or(|it| who.project.as_ref() == Some(it))
            && members.is_none_or(|it| it.contains(&who.operator))
            && self.operator.as_ref().is_none_or(|it| *it == who.operator)
    }
}

impl Sheet {
    /// Counts. Without a plan there are no groups, no rosters, and days are of the machine.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn of(
        store: &Store,
        plan: Option<&Plan>,
        wanted: &Wanted,
    ) -> Result<Self, QueryError> {
        let people = people(store, plan, wanted).await?;
        let (mut from, mut to) = wanted.quarters(&zone(plan, wanted.project.as_ref()));
        let mut places = Vec::new();
        let (mut spans, mut turns) = (Vec::new(), Vec::new());
        let mut is_cut = false;
        for who in people {
            let zone = zone(plan, who.project.as_ref());
            let quarters = wanted.quarters(&zone);
            (from, to) = (from.min(quarters.0), to.max(quarters.1));
            let first = spans.len();
            // One more than there is room for tells that something is left out.
            let days = days(&zone, &who, quarters).take(DAYS_MAX - first + 1);
            for (day, span) in days {
                places.push((day, zone.clone(), who.clone()));
                spans.push(span);
            }
            is_cut = spans.len() > DAYS_MAX;
            spans.truncate(DAYS_MAX);
            places.truncate(DAYS_MAX);
            turns.extend(own_turns(plan, &who, first, &spans[first..]));
            if is_cut {
                break;
            }
            // Others of this thread come first.
            tokio::task::yield_now().await;
        }
        spans.extend(turns.iter().map(Turn::span));
        let since = store.shifts_since().await?;
        let mut worked = store.worked(&spans, wanted.known_to).await?;
        let on_duty = worked.split_off(places.len());
        let rows = places.into_iter().zip(worked);
        let mut rows: Vec<Row> = rows
            .map(|((day, zone, who), worked)| Row {
                day,
                zone,
                who,
                worked,
                duties: Vec::new(),
            })
            .collect();
        for (turn, there) in turns.into_iter().zip(on_duty) {
            let kept = attendance(&turn, there.there, (since, wanted.known_to));
            // Whose turn it was that nobody kept, if the id is more than one's, is not known.
            let is_whose = |row: &&mut Row| !row.who.is_shared || there.there.is_some();
            if let Some(row) = rows.get_mut(turn.row).filter(is_whose) {
                row.duties.push(turn.kept(kept));
            }
        }
        rows.retain(|row| row.worked.there.is_some() || !row.duties.is_empty());
        rows.sort_by(|a, b| (a.day, &a.who.operator).cmp(&(b.day, &b.who.operator)));
        let reasons = plan.map_or(&[][..], Plan::not_ready_reasons).iter();
        Ok(Self {
            from,
            to,
            rows,
            labels: reasons
                .map(|it| (it.code.clone(), it.label.clone()))
                .collect(),
            is_cut,
        })
    }

    /// All of it.
    fn total(&self) -> Worked {
        let mut total = Worked::default();
        for row in &self.rows {
            total.figures += &row.worked.figures;
            for (reason, us) in &row.worked.reasons {
                *total.reasons.entry(reason.clone()).or_default() += us;
            }
        }
        total
    }

    /// I5: the states of each day are the time of the day with a seat, and no session is another than the floor counted.
    fn adds_up(&self) -> bool {
        let figures = self.rows.iter().map(|row| &row.worked.figures);
        figures.clone().all(Figures::is_whole)
            && self.rows.iter().all(|row| {
                let reasons: i64 = row.worked.reasons.values().sum();
                reasons == row.worked.figures.get(Figure::NotReady)
            })
            && figures.map(|it| it.get(Figure::Wrong)).sum::<i64>() == 0
    }
}

/// Everybody who has been at a desk or may be, as far as they are wanted.
async fn people(
    store: &Store,
    plan: Option<&Plan>,
    wanted: &Wanted,
) -> Result<Vec<Person>, QueryError> {
    let mut people: BTreeMap<(OperatorId, Option<ProjectId>), Option<String>> = BTreeMap::new();
    for it in store.shift_people().await? {
        people.insert((it.operator, it.project), it.name);
    }
    for profile in store.operators().await? {
        people.insert((profile.id, Some(profile.project)), Some(profile.name));
    }
    let mut owners: BTreeMap<OperatorId, usize> = BTreeMap::new();
    for (operator, _) in people.keys() {
        *owners.entry(operator.clone()).or_default() += 1;
    }
    let people = people
        .into_iter()
        .map(|((operator, project), name)| Person {
            is_shared: owners.get(&operator).is_some_and(|owners| *owners > 1),
            operator,
            project,
            name,
        });
    let members = wanted.group.as_ref().map(|group| {
        let groups = plan.map_or(&[][..], Plan::groups).iter();
        let members = groups.filter(|it| it.id == *group);
        members.flat_map(|it| &it.operators).collect()
    });
    let wanted = people.filter(|who| wanted.wants(who, members.as_ref()));
    Ok(wanted.collect())
}

/// The clock of the project's first number; of who has none, of the plan's first; without a plan, of the machine.
fn zone(plan: Option<&Plan>, project: Option<&ProjectId>) -> Zone {
    let numbers = plan.map_or(&[][..], Plan::numbers);
    let own = numbers.iter().find(|it| Some(&it.project) == project);
    if let Some(number) = own.or(numbers.first()) {
        return number.zone.clone();
    }
    let machine = jiff::tz::TimeZone::system();
    let machine = machine.iana_name().and_then(|name| Zone::parse(name).ok());
    machine.unwrap_or_else(Zone::utc)
}

/// The days of a span, as the clock of the zone has them.
fn days(zone: &Zone, who: &Person, (from, to): (Wall, Wall)) -> impl Iterator<Item = (Date, Span)> {
    let first = Some(zone.local(from).date);
    let dates = std::iter::successors(first, |day| day.tomorrow().ok());
    let days = dates.map(move |day| {
        let next = day.tomorrow().map_or(to, |next| zone.midnight(next));
        let span = Span {
            operator: who.operator.clone(),
            from: zone.midnight(day).max(from),
            to: next.min(to),
            project: who.project.clone(),
        };
        (day, span)
    });
    days.take_while(move |(_, span)| span.from < to)
}

/// A turn of somebody that begins on their day.
struct Turn {
    row: usize,
    roster: Name,
    operator: OperatorId,
    project: Option<ProjectId>,
    from: Wall,
    till: Wall,
}

impl Turn {
    fn span(&self) -> Span {
        let quarter = self.from.0.div_euclid(QUARTER_US) * QUARTER_US;
        Span {
            operator: self.operator.clone(),
            from: Wall(quarter),
            to: self.till,
            project: self.project.clone(),
        }
    }

    fn kept(self, kept: Option<Attendance>) -> Duty {
        let Self {
            roster, from, till, ..
        } = self;
        Duty {
            roster,
            from,
            till,
            kept,
        }
    }
}

/// Whoever a roster calls as an operator is called, by the id or by the name, has turns to keep. `days` are theirs, in order, the first of them in this row.
fn own_turns(plan: Option<&Plan>, who: &Person, first: usize, days: &[Span]) -> Vec<Turn> {
    let whole = days.first().zip(days.last());
    let whole = whole.map(|(first, last)| first.from..last.to);
    let turns = whole.into_iter().flat_map(|whole| {
        let rosters = plan.into_iter().flat_map(Plan::rosters);
        rosters.flat_map(move |(name, roster)| {
            let own = of_person(roster, who, whole.clone());
            own.map(move |(from, till)| (name, from, till))
        })
    });
    let turns = turns.map(|(roster, from, till)| Turn {
        row: first + days.partition_point(|day| day.to <= from),
        roster: roster.clone(),
        operator: who.operator.clone(),
        project: who.project.clone(),
        from,
        till,
    });
    turns.collect()
}

fn of_person<'r>(
    roster: &'r Roster,
    who: &Person,
    begins: Range<Wall>,
) -> impl Iterator<Item = (Wall, Wall)> + use<'r> {
    let is_them =
        |called: &str| called == who.operator.as_str() || Some(called) == who.name.as_deref();
    let mut people = roster.people().iter();
    let place = people.position(|it| is_them(&it.name) || is_them(&it.label));
    let turns = place.map(|_| roster.turns()).into_iter().flatten();
    let turns = turns.filter(move |turn| {
        place == Some(turn.substitute.unwrap_or(turn.person)) && begins.contains(&turn.from)
    });
    turns.map(|turn| (turn.from, turn.till))
}

/// None: it has not begun for longer than who comes late is in time, or before anything is known of anybody.
fn attendance(
    turn: &Turn,
    there: Option<(Wall, Wall)>,
    (since, known_to): (Option<Wall>, Wall),
) -> Option<Attendance> {
    let later = |at: Wall, than: Wall| match at.0 - than.0 {
        us if us > IN_TIME_US => us,
        _ => 0,
    };
    let is_known = since.is_some_and(|since| since <= turn.from);
    if !is_known || later(known_to, turn.from) == 0 {
        return None;
    }
    let Some((first, last)) = there else {
        return Some(Attendance {
            is_absent: true,
            ..Attendance::default()
        });
    };
    let is_over = known_to >= turn.till;
    Some(Attendance {
        late_us: later(first, turn.from),
        early_us: if is_over { later(turn.till, last) } else { 0 },
        is_absent: false,
    })
}

/// See [`OCCUPANCY`]. Microseconds.
fn occupancy(figures: &Figures) -> Share {
    let work =
        figures.sum(&RING) + figures.sum(&TALK) + figures.sum(&[Figure::Hold, Figure::WrapUp]);
    let away = figures.sum(&[Figure::Down, Figure::BreakUs]);
    let count = |us: i64| u64::try_from(us).unwrap_or(0);
    Share {
        part: count(work),
        of: count(figures.get(Figure::Session) - away),
    }
}

/// Talk of each talk. Microseconds; None: there was none.
fn talk_mean(figures: &Figures) -> Option<i64> {
    let talks = figures.sum(&[Figure::Calls, Figure::Dialled]);
    figures.get(Figure::TalkUs).checked_div(talks)
}

/// Work after each talk.
fn wrap_up_mean(figures: &Figures) -> Option<i64> {
    let talks = figures.get(Figure::WrapUps);
    figures.get(Figure::WrapUp).checked_div(talks)
}

#[cfg(test)]
mod tests;
