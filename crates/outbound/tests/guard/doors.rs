//! Whoever tries everything: random rules, random numbers, random commands. Nothing that is denied is called, no limit is
//! passed by one.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_calendar::{Span, Zone};
use gudok_model::{LegId, Now, OperatorId, PhoneNumber, Wall};
use gudok_outbound::{
    Attempt, Basis, Counters, Decision, Door, Ground, Home, Input, Kopecks, Limits, Output,
    Prefixes, Purpose, Rules, Terms, decide,
};
use proptest::prelude::*;

use crate::limits::leg;
use crate::world::{Call, allowed, moscow, now, number, prefixes, rules, zone};

/// What somebody does.
#[derive(Clone, Debug)]
enum Move {
    Call {
        operator: u8,
        number: usize,
        purpose: usize,
        door: usize,
    },
    Answer(usize),
    End(usize),
    Wait(u32),
}

/// Numbers that tell prefixes apart.
const NUMBERS: [&str; 8] = [
    "+74950000002",
    "+74950000003",
    "+79990000002",
    "+78090000001",
    "+78000000001",
    "+375290000001",
    "+881600000001",
    "+77010000001",
];

const BEGINNINGS: [&str; 8] = [
    "+7",
    "+79",
    "+7495",
    "+74950000002",
    "+7809",
    "+3",
    "+8816",
    "+78",
];

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let call = (0..3_u8, 0..NUMBERS.len(), 0..4_usize, 0..3_usize);
    let call = call.prop_map(|(operator, number, purpose, door)| Move::Call {
        operator,
        number,
        purpose,
        door,
    });
    let one = prop_oneof![
        5 => call,
        3 => any::<usize>().prop_map(Move::Answer),
        2 => any::<usize>().prop_map(Move::End),
        2 => (1..40_000_u32).prop_map(Move::Wait),
    ];
    prop::collection::vec(one, 1..120)
}

prop_compose! {
    fn some_rules()(
        terms in prop::collection::vec((0..BEGINNINGS.len(), prop::option::of(0..2_000_u64)), 0..8),
        at_once in 0..4_u32,
        per_hour in 0..12_u32,
        roubles in 0..400_u64,
        own in (0..3_u32, 0..8_u32, 0..300_u64),
        night in prop::option::of((0..1_440_u16, 0..1_440_u16)),
        lawless in any::<bool>(),
    ) -> Rules {
        let terms: Vec<(&str, Terms)> = terms
            .into_iter()
            .map(|(at, price)| (BEGINNINGS[at], price.map_or(Terms::Denied, allowed)))
            .collect();
        let mut rules = rules();
        rules.prefixes = prefixes(&terms);
        rules.limits = Limits { at_once, per_hour, per_day: Kopecks::roubles(roubles) };
        let (at_once, per_hour, roubles) = own;
        rules.operator = Limits { at_once, per_hour, per_day: Kopecks::roubles(roubles) };
        rules.night = night.and_then(|(from, to)| Span::new(from, to));
        if lawless {
            rules.law = BTreeMap::new();
        }
        rules
    }
}

/// What really happened, counted anew from the whole story.
#[derive(Default)]
struct Story {
    calls: Vec<Told>,
}

struct Told {
    leg: LegId,
    operator: OperatorId,
    number: PhoneNumber,
    purpose: Purpose,
    door: Door,
    price: u64,
    began: Wall,
    answered: Option<Wall>,
    ended: Option<Wall>,
}

impl Told {
    fn cost(&self, now: Wall) -> u64 {
        let talked = self.answered.map(|it| self.ended.unwrap_or(now).since(it));
        let minutes = talked.map_or(0, |it| it.as_micros().div_ceil(60_000_000));
        self.price * u64::try_from(minutes).expect("few")
    }
}

/// Whether somebody who reads the file would say that such a number is denied: without the guard's own search.
fn is_denied(prefixes: &Prefixes, number: &PhoneNumber) -> bool {
    let fits = prefixes
        .iter()
        .filter(|(it, _)| number.as_str().starts_with(&***it));
    let longest = fits.max_by_key(|(it, _)| it.len());
    longest.is_none_or(|(_, it)| it.terms == Terms::Denied)
}

impl Story {
    fn open(&self) -> Vec<usize> {
        let open = self
            .calls
            .iter()
            .enumerate()
            .filter(|(_, it)| it.ended.is_none());
        open.map(|(at, _)| at).collect()
    }

    /// No limit is passed, by one call or by a kopeck.
    fn check(&self, rules: &Rules, now: Wall) {
        let everybody: Vec<&Told> = self.calls.iter().collect();
        within(&everybody, rules.limits, now);
        for operator in ["0", "1", "2"] {
            let own = everybody
                .iter()
                .filter(|it| it.operator.as_str() == operator);
            let own: Vec<&Told> = own.copied().collect();
            within(&own, rules.operator, now);
        }
        if !rules.law.is_empty() {
            contacts(&everybody);
        }
    }
}

fn within(calls: &[&Told], limits: Limits, now: Wall) {
    let at_once = calls.iter().filter(|it| it.ended.is_none()).count();
    assert!(at_once <= limits.at_once as usize, "at once: {at_once}");
    let hour = |it: &&&Told| now.since(it.began) < Duration::from_secs(3_600);
    let hour = calls.iter().filter(hour).count();
    assert!(hour <= limits.per_hour as usize, "an hour: {hour}");
    let day = |it: &&&Told| now.since(it.ended.unwrap_or(now)) < Duration::from_secs(86_400);
    let cost: u64 = calls.iter().filter(day).map(|it| it.cost(now)).sum();
    assert!(cost <= limits.per_day.0, "a day: {cost} of {limits:?}");
}

/// One talk of a debt with one number on one date there, two in seven dates.
fn contacts(calls: &[&Told]) {
    for text in NUMBERS {
        let moments: Vec<Wall> = calls
            .iter()
            .filter(|it| it.door == Door::Client && it.purpose == Purpose::Debt)
            .filter(|it| it.number == number(text))
            .filter_map(|it| it.answered)
            .collect();
        let there: Zone = zone("Europe/Moscow");
        let dates: Vec<_> = moments.iter().map(|at| there.local(*at)).collect();
        for (at, last) in dates.iter().enumerate() {
            let days = |most: i64| {
                dates[..=at]
                    .iter()
                    .filter(|it| it.days_to(last) < most)
                    .count()
            };
            assert!(days(1) <= 1 && days(7) <= 2, "{text}: {dates:?}");
        }
    }
}

struct World {
    rules: Rules,
    counters: Counters,
    story: Story,
    now: Now,
}

impl World {
    fn call(&mut self, operator: u8, to: usize, purpose: usize, door: usize) {
        let purpose = Purpose::WORDS[purpose].1;
        let mut call = Call::to(NUMBERS[to], purpose, Ground::WORDS[usize::from(operator)].1);
        call.door = [Door::Client, Door::Operator, Door::Plan][door];
        call.operator = Some(operator.to_string().as_str().into());
        // Everybody lives in Moscow: hours are for other tests, the narrowest window would leave no calls to count.
        call.home = Some(Home::in_zone(zone("Europe/Moscow")));
        if purpose == Purpose::Debt {
            call.basis = Some(Basis {
                ground: Ground::Debt,
                reference: None,
            });
        }
        let facts = call.facts(&self.counters, self.now);
        let decision = decide(&self.rules, &facts, self.now.wall);
        let Decision::Allowed {
            cli,
            per_minute,
            counted,
            ..
        } = decision
        else {
            return;
        };
        assert!(
            !is_denied(&self.rules.prefixes, &call.number),
            "{:?}",
            call.number
        );
        assert_eq!(cli.is_some(), call.door == Door::Client);
        let leg = leg(u16::try_from(self.story.calls.len()).expect("few"));
        let attempt = Attempt {
            operator: call.operator.clone(),
            number: call.number.clone(),
            contact: counted.then_some(purpose),
            per_minute,
            talk_max: self.rules.talk_max,
        };
        self.counters
            .handle_input(self.now, Input::Began { leg, attempt });
        self.story.calls.push(Told {
            leg,
            operator: call.operator.expect("somebody"),
            number: call.number,
            purpose,
            door: call.door,
            price: per_minute.0,
            began: self.now.wall,
            answered: None,
            ended: None,
        });
    }

    fn answer(&mut self, which: usize) {
        let open = self.story.open();
        let Some(at) = which.checked_rem(open.len()).map(|it| open[it]) else {
            return;
        };
        let told = &mut self.story.calls[at];
        told.answered.get_or_insert(self.now.wall);
        self.counters
            .handle_input(self.now, Input::Answered { leg: told.leg });
    }

    fn end(&mut self, at: usize) {
        let told = &mut self.story.calls[at];
        told.ended = Some(self.now.wall);
        self.counters
            .handle_input(self.now, Input::Ended { leg: told.leg });
    }

    /// Time goes on, by each moment at which a talk is to be ended.
    fn wait(&mut self, secs: u32) {
        let until = self.now.plus(Duration::from_secs(secs.into()));
        while let Some(due) = self.counters.poll_timeout().filter(|it| *it <= until.mono) {
            self.now = self.now.plus(due.since(self.now.mono));
            self.counters.handle_timeout(self.now);
            while let Some(Output::Cut { leg }) = self.counters.poll_output() {
                let of = self.story.calls.iter().position(|it| it.leg == leg);
                self.end(of.expect("it was begun"));
            }
        }
        self.now = until;
    }

    fn play(&mut self, it: Move) {
        match it {
            Move::Call {
                operator,
                number,
                purpose,
                door,
            } => {
                self.call(operator, number, purpose, door);
            }
            Move::Answer(which) => self.answer(which),
            Move::End(which) => {
                let open = self.story.open();
                if let Some(at) = which.checked_rem(open.len()) {
                    self.end(open[at]);
                }
            }
            Move::Wait(secs) => self.wait(secs),
        }
    }
}

proptest! {
    #[test]
    fn nothing_denied_is_called_and_no_limit_is_passed(rules in some_rules(), moves in moves()) {
        let mut world = World {
            rules,
            counters: Counters::default(),
            story: Story::default(),
            now: now(moscow("2026-11-23T09:30")),
        };
        for it in moves {
            world.play(it);
            world.story.check(&world.rules, world.now.wall);
        }
    }

    /// Any number at any minute of two years: who is let through hears the phone within the hours, on every clock that may
    /// hang there.
    #[test]
    fn no_clock_that_may_be_theirs_shows_another_time(
        digits in 3_000_000_000_u64..9_999_999_999,
        minute in 0..1_051_200_i64,
        debt in any::<bool>(),
    ) {
        let purpose = match debt {
            true => Purpose::Debt,
            false => Purpose::Service,
        };
        let mut call = Call::to(&format!("+7{digits}"), purpose, Ground::Debt);
        call.operator = None;
        let at = Wall(moscow("2026-01-01T00:00").0 + minute * 60_000_000);
        let mut rules = rules();
        rules.limits.per_day = Kopecks(u64::MAX);
        if call.told(&rules, at) == "allowed" {
            let region = call.region.as_ref().expect("its country at least");
            for name in gudok_numbering::zones_of(region) {
                let local = zone(&name).local(at);
                let (from, till) = match debt {
                    true => (8, 22),
                    false => (9, 21),
                };
                prop_assert!((from..till).contains(&local.hour), "{name} {local:?}");
            }
        }
    }
}
