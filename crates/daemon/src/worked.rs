//! A report of shifts: by operator and day what each did, second by second, against the roster where there is one; and whether
//! what it is made of is whole. The day is that of the operator's project, by the clock of its first number.
mod told;

use std::collections::{BTreeMap, BTreeSet};

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
}

/// A turn of the roster, and how it was kept.
struct Duty {
    roster: Name,
    from: Wall,
    till: Wall,
    kept: Attendance,
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
        let mut spans = Vec::new();
        let mut is_cut = false;
        for who in people {
            let zone = zone(plan, who.project.as_ref());
            let quarters = wanted.quarters(&zone);
            (from, to) = (from.min(quarters.0), to.max(quarters.1));
            for (day, span) in days(&zone, &who.operator, quarters) {
                is_cut |= spans.len() >= DAYS_MAX;
                if !is_cut {
                    places.push((day, zone.clone(), who.clone()));
                    spans.push(span);
                }
            }
        }
        let turns: Vec<Turn> = places
            .iter()
            .zip(&spans)
            .enumerate()
            .flat_map(|(row, ((_, _, who), span))| turns(plan, row, who, span))
            .collect();
        spans.extend(turns.iter().map(Turn::span));
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
            let kept = attendance(&turn, there.there, wanted.known_to);
            if let Some(row) = rows.get_mut(turn.row) {
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
    let mut people: BTreeMap<OperatorId, Person> = BTreeMap::new();
    for it in store.shift_people().await? {
        let (operator, project, name) = (it.operator.clone(), it.project, it.name);
        let who = Person {
            operator,
            project,
            name,
        };
        people.insert(it.operator, who);
    }
    for profile in store.operators().await? {
        let who = Person {
            operator: profile.id.clone(),
            project: Some(profile.project),
            name: Some(profile.name),
        };
        people.insert(profile.id, who);
    }
    let members = wanted.group.as_ref().map(|group| {
        let groups = plan.map_or(&[][..], Plan::groups).iter();
        let members = groups.filter(|it| it.id == *group);
        members.flat_map(|it| &it.operators).collect()
    });
    people.retain(|_, who| wanted.wants(who, members.as_ref()));
    Ok(people.into_values().collect())
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
fn days(
    zone: &Zone,
    operator: &OperatorId,
    (from, to): (Wall, Wall),
) -> impl Iterator<Item = (Date, Span)> {
    let first = Some(zone.local(from).date);
    let dates = std::iter::successors(first, |day| day.tomorrow().ok());
    let days = dates.map(move |day| {
        let next = day.tomorrow().map_or(to, |next| zone.midnight(next));
        let span = Span {
            operator: operator.clone(),
            from: zone.midnight(day).max(from),
            to: next.min(to),
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
        }
    }

    fn kept(self, kept: Attendance) -> Duty {
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

/// Whoever a roster names as an operator is called has turns to keep.
fn turns(plan: Option<&Plan>, row: usize, who: &Person, span: &Span) -> Vec<Turn> {
    let rosters = plan.into_iter().flat_map(Plan::rosters);
    let turns = rosters.flat_map(|(name, roster)| {
        let own = of_person(roster, &who.operator, span);
        own.map(move |(from, till)| Turn {
            row,
            roster: name.clone(),
            operator: who.operator.clone(),
            from,
            till,
        })
    });
    turns.collect()
}

fn of_person<'r>(
    roster: &'r Roster,
    who: &OperatorId,
    span: &Span,
) -> impl Iterator<Item = (Wall, Wall)> + use<'r> {
    let people = roster.people();
    let place = people.iter().position(|it| *it.name == *who.as_str());
    let begins = span.from..span.to;
    let turns = roster.turns().iter().filter(move |turn| {
        place == Some(turn.substitute.unwrap_or(turn.person)) && begins.contains(&turn.from)
    });
    turns.map(|turn| (turn.from, turn.till))
}

fn attendance(turn: &Turn, there: Option<(Wall, Wall)>, known_to: Wall) -> Attendance {
    let later = |at: Wall, than: Wall| match at.0 - than.0 {
        us if us > IN_TIME_US => us,
        _ => 0,
    };
    let Some((first, last)) = there else {
        let is_absent = later(known_to, turn.from) > 0;
        return Attendance {
            is_absent,
            ..Attendance::default()
        };
    };
    let is_over = known_to >= turn.till;
    Attendance {
        late_us: later(first, turn.from),
        early_us: if is_over { later(turn.till, last) } else { 0 },
        is_absent: false,
    }
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
