//! The hotline that is simulated: two plans, up to twenty-four operators, one Monday.
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use gudok_dialplan::{Plan, Source, load};
use gudok_model::{
    AutoAnswer, Caller, ClientClass, Dialled, IdentitySource, Kind, Mono, Name, Now, NumberRules,
    OperatorId, OperatorProfile, Parsed, Presentation, ProjectId, Role, Wall, number,
};
use gudok_switchboard::Config;

use crate::prng::Prng;
use crate::size::Size;

/// Monday 9 November 2026, 00:00 in Irkutsk (UTC+8).
const MIDNIGHT: Wall = Wall(1_794_153_600_000_000);

/// People who answer.
const OPERATORS: u32 = 24;

/// Those of them who direct the others beside their own calls.
const SUPERVISORS: [u32; 2] = [0, 17];

/// Calls of the whole day.
pub const DAY_CALLS: u32 = 5_000;

/// Numbers that are dialled, with how many in a thousand; the last one is not ours.
const DIALLED: [(&str, u64); 5] = [
    ("+78001234567", 600),
    ("+78001234568", 70),
    ("+78001234569", 160),
    ("+78001234570", 160),
    ("+78005550000", 10),
];

/// Calls by the hour, in proportion.
const BUSYNESS: [u64; 24] = [
    6, 4, 3, 3, 3, 5, 8, 20, 60, 95, 110, 105, 95, 90, 100, 100, 95, 85, 70, 50, 30, 18, 10, 8,
];

/// The plan in force: 0 in the morning, 1 after noon. Read once: to load them costs as much as many calls.
pub(crate) fn plans() -> Result<[Arc<Plan>; 2], String> {
    static PLANS: OnceLock<Result<[Arc<Plan>; 2], String>> = OnceLock::new();
    PLANS.get_or_init(read_plans).clone()
}

fn read_plans() -> Result<[Arc<Plan>; 2], String> {
    let read = |name: &str, text: &str| {
        let source = Source {
            name: name.into(),
            text: text.into(),
        };
        match load(&[source]) {
            Ok(loaded) => Ok(Arc::new(loaded.plan)),
            Err(problems) => Err(problems.iter().map(|it| it.render()).collect::<String>()),
        }
    };
    Ok([
        read("morning.toml", include_str!("hotline/morning.toml"))?,
        read("noon.toml", include_str!("hotline/noon.toml"))?,
    ])
}

/// Both clocks, so long after midnight.
pub(crate) fn clock(at: Mono) -> Now {
    Now {
        mono: at,
        wall: MIDNIGHT + at.since(Mono::default()),
    }
}

/// As the daemon has it, which says who was missed.
pub(crate) fn config() -> Config {
    Config {
        missed: true,
        ..Config::default()
    }
}

/// Everybody of a hotline of this size, with their number among all: two of all work by phone alone, every fifth phone answers
/// by itself.
pub(crate) fn people(size: Size) -> Vec<(u32, OperatorProfile)> {
    let profile = |index: u32| OperatorProfile {
        id: OperatorId::new(format!("{}", 101 + index)),
        name: format!("Оператор {}", 101 + index),
        project: "service".into(),
        auto_answer: if index % 5 == 4 {
            AutoAnswer::All
        } else {
            AutoAnswer::Off
        },
        phone_only: index >= OPERATORS - 2,
        phone: None,
        role: if SUPERVISORS.contains(&index) {
            Role::Supervisor
        } else {
            Role::Operator
        },
    };
    let here = (0..OPERATORS).filter(|index| size.has(*index));
    here.map(|index| (index, profile(index))).collect()
}

/// Everybody of a hotline of this size.
pub(crate) fn operators(size: Size) -> Vec<OperatorProfile> {
    let people = people(size).into_iter();
    people.map(|(_, profile)| profile).collect()
}

/// From when to when an operator works; every sixth one by night.
pub(crate) fn shift(index: u32, rng: &mut Prng) -> (Duration, Duration) {
    let hours = |count: u64| Duration::from_secs(count * 3600);
    let minutes = rng.ms(0, 5_400_000);
    if index % 6 == 5 {
        (hours(19) + minutes, hours(8) + minutes)
    } else if index.is_multiple_of(2) {
        (hours(7) + minutes, hours(18) + minutes)
    } else {
        (hours(8) + minutes, hours(20) + minutes)
    }
}

/// Whether the moment is within the shift; one that ends before it begins goes over midnight.
pub(crate) fn works(shift: (Duration, Duration), at: Mono) -> bool {
    let (from, to) = shift;
    let day = Duration::from_secs(86_400);
    let now = Duration::from_micros(at.0 % 86_400_000_000);
    if from <= to {
        now >= from && now < to
    } else {
        now >= from || now < to.min(day)
    }
}

/// When the calls of the day come in.
pub(crate) fn arrivals(rng: &mut Prng, calls: u32) -> Vec<Mono> {
    let total: u64 = BUSYNESS.iter().sum();
    let mut times: Vec<Mono> = (0..calls)
        .map(|_| {
            let mut lot = rng.below(total);
            let hour = BUSYNESS.iter().position(|&share| {
                let here = lot < share;
                lot = lot.saturating_sub(share);
                here
            });
            let hour = u64::try_from(hour.unwrap_or(12)).unwrap_or(12);
            Mono(hour * 3_600_000_000) + rng.ms(0, 3_599_999)
        })
        .collect();
    times.sort_unstable();
    times
}

/// Who calls: one in twelve hides the number, one in a hundred brings garbage.
pub(crate) fn caller(rng: &mut Prng, size: Size) -> Caller {
    if rng.permille(80) {
        return Caller::anonymous();
    }
    if rng.permille(10) {
        return shown("sip-guest");
    }
    shown(&somebody(rng, size).raw)
}

/// One of the people of this country who have to do with a hotline of this size.
pub(crate) fn somebody(rng: &mut Prng, size: Size) -> Parsed {
    let raw = format!("8999000{:04}", rng.below(size.people()));
    number::parse(&raw, &NumberRules::default())
}

/// A caller who shows this.
pub(crate) fn shown(raw: &str) -> Caller {
    Caller {
        number: number::parse(raw, &NumberRules::default()),
        display: None,
        presentation: Presentation::Allowed,
        asserted_by: IdentitySource::Pai,
        region: None,
    }
}

/// Whose number it is; the plans say the same.
pub(crate) fn project(dialled: &Dialled) -> ProjectId {
    let number = dialled.number.e164.as_ref();
    let sales = number.is_some_and(|number| number.as_str() == "+78001234569");
    if sales { "sales" } else { "service" }.into()
}

/// Whether they direct the others.
pub(crate) fn directs(id: &OperatorId) -> bool {
    let number = id.as_str().parse::<u32>();
    number.is_ok_and(|number| SUPERVISORS.iter().any(|index| 101 + index == number))
}

/// What is displayed of who has nothing in hand.
pub(crate) fn is_free(display: &Name) -> bool {
    matches!(&**display, "ready" | "not_ready")
}

/// Which number.
pub(crate) fn dialled(rng: &mut Prng) -> Dialled {
    let mut lot = rng.below(1_000);
    let chosen = DIALLED.iter().find(|(_, share)| {
        let here = lot < *share;
        lot = lot.saturating_sub(*share);
        here
    });
    let raw = chosen.map_or(DIALLED[0].0, |(did, _)| did);
    let number = number::parse(raw, &NumberRules::default());
    debug_assert_ne!(number.kind, Kind::Unknown, "the numbers above are numbers");
    Dialled {
        number,
        found_in: IdentitySource::RequestUri,
    }
}

/// What the CRM would know of a number, by its last digits.
pub(crate) fn class(lot: u64) -> Option<ClientClass> {
    match lot % 20 {
        0..=7 => None,
        8..=15 => Some(ClientClass::Regular),
        16 => Some(ClientClass::Lead),
        17 => Some(ClientClass::Vip),
        18 => Some(ClientClass::Engineer),
        _ => (lot % 60 == 19).then_some(ClientClass::Blocked),
    }
}

/// How long a prompt of the pack is.
pub(crate) fn prompt_length(name: &str) -> Duration {
    let letters: u64 = name.bytes().map(u64::from).sum();
    Duration::from_millis(1_500 + letters % 4_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_plans_load() {
        plans().unwrap();
    }

    #[test]
    fn a_shift_may_go_over_midnight() {
        let night = (
            Duration::from_secs(20 * 3600),
            Duration::from_secs(8 * 3600),
        );
        let hour = |hour: u64| Mono(hour * 3_600_000_000);
        assert_eq!(
            [2, 10, 21, 26].map(|h| works(night, hour(h))),
            [true, false, true, true]
        );
    }
}
