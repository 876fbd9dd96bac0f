//! What time it is where the phone rings. Where that may be several places, all of them count: the narrowest window.
use gudok_calendar::{Date, DayKind, Holidays, Local, Span, Week, Weekday, Zone};
use gudok_model::{Name, Region, Wall};
use gudok_numbering::zones_of;

/// A clock on some wall of whoever is called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clock {
    /// The zone.
    pub zone: Zone,
    /// What it shows.
    pub local: Local,
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
    pub fn read(zones: &[Zone], now: Wall) -> Vec<Self> {
        let mut clocks: Vec<Self> = Vec::new();
        for zone in zones {
            let local = zone.local(now);
            if !clocks.iter().any(|known| known.local == local) {
                let zone = zone.clone();
                clocks.push(Self { zone, local });
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

/// The zones in which whoever is called may be: told of the client, else the zones of the region, else that of the prefix.
/// Empty: nobody knows.
pub(crate) fn zones(
    told: Option<&Zone>,
    region: Option<&Region>,
    prefix: Option<&Zone>,
) -> Vec<Zone> {
    if let Some(zone) = told {
        return vec![zone.clone()];
    }
    let names: Vec<Name> = region.map(zones_of).unwrap_or_default();
    // A zone that this database lacks leaves nobody's time known: all or none.
    let known: Option<Vec<Zone>> = names.iter().map(|it| Zone::parse(it).ok()).collect();
    let known = known.unwrap_or_default();
    match (known.is_empty(), prefix) {
        (true, Some(zone)) => vec![zone.clone()],
        _ => known,
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
