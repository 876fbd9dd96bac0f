//! What time it is where the phone rings. Where that may be several places, all of them count: the narrowest window.
use gudok_calendar::{Date, DayKind, Holidays, Local, Span, Week, Weekday, Zone};
use gudok_model::{Region, Wall};
use gudok_numbering::numbering::RUSSIA;
use gudok_numbering::zones_of;

use crate::home::known;

/// A clock on some wall of whoever is called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clock {
    /// The zone.
    pub zone: Zone,
    /// What it shows.
    pub local: Local,
    /// What tells of it.
    pub source: Source,
}

/// What tells where somebody is who is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// The region of the number.
    Number,
    /// The card of the client.
    Card,
    /// The zone of the prefix in the rules.
    Prefix,
    /// The rules themselves: the clock of the house.
    House,
}

impl Source {
    /// As people are told. Russian.
    pub fn told(self) -> &'static str {
        match self {
            Self::Number => "по номеру",
            Self::Card => "по карточке клиента",
            Self::Prefix => "по направлению",
            Self::House => "по часам правил",
        }
    }
}

/// What a date is to those who work five days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DayOf {
    Working,
    Off,
    /// No calendar tells: both hours must be kept.
    Unknown,
}

impl Clock {
    /// What the clocks of these zones show, each time of day once: the first zone that shows it.
    pub fn read(zones: &[(Zone, Source)], now: Wall) -> Vec<Self> {
        let mut clocks: Vec<Self> = Vec::new();
        for (zone, source) in zones {
            let local = zone.local(now);
            if !clocks.iter().any(|known| known.local == local) {
                let zone = zone.clone();
                let source = *source;
                clocks.push(Self {
                    zone,
                    local,
                    source,
                });
            }
        }
        clocks.sort_by_key(|it| (it.local.date, it.minute()));
        clocks
    }

    /// 0–1439.
    pub(crate) fn minute(&self) -> u16 {
        u16::from(self.local.hour) * 60 + u16::from(self.local.minute)
    }

    /// `08:05`.
    pub fn time(&self) -> String {
        format!("{:02}:{:02}", self.local.hour, self.local.minute)
    }
}

/// The zones in which whoever is called may be: those of the number's region and those of the client's card together, the
/// narrowest window; the zone of the prefix where neither tells. A number of which no more is known than that it is Russian
/// tells nothing beside a card. Empty: nobody knows.
pub(crate) fn zones(
    home: &[Zone],
    region: Option<&Region>,
    prefix: Option<&Zone>,
) -> Vec<(Zone, Source)> {
    let region = region.filter(|it| home.is_empty() || *it.code != *RUSSIA);
    let by_number = known(region.map(zones_of).unwrap_or_default());
    let by_card = home.iter().cloned().map(|zone| (zone, Source::Card));
    let by_number = by_number.into_iter().map(|zone| (zone, Source::Number));
    let zones: Vec<(Zone, Source)> = by_number.chain(by_card).collect();
    match (zones.is_empty(), prefix) {
        (true, Some(zone)) => vec![(zone.clone(), Source::Prefix)],
        _ => zones,
    }
}

/// Whether a date is off, as the production calendar has it.
pub(crate) fn day_of(holidays: Option<&Holidays>, date: Date) -> DayOf {
    let year = date.year();
    let Some(holidays) = holidays.filter(|it| it.covers(year) && !it.is_provisional(year)) else {
        return DayOf::Unknown;
    };
    let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
    match holidays.day(Week::Five, date).map(|day| day.kind) {
        Some(DayKind::Holiday | DayKind::Off) => DayOf::Off,
        Some(DayKind::Work | DayKind::Short | DayKind::ShortWork) => DayOf::Working,
        None if weekend => DayOf::Off,
        None => DayOf::Working,
    }
}

/// Whether a minute of the day lies in a span, which may go over midnight. At its end it does not.
pub(crate) fn holds(span: Span, minute: u16) -> bool {
    let after_midnight = minute + gudok_calendar::DAY_MINUTES;
    let within = |at| span.from() <= at && at < span.end();
    within(minute) || within(after_midnight)
}
