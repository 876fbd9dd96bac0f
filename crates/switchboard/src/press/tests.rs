use gudok_model::{Now, Wall};

use super::*;

/// SplitMix64: the same seed, the same day.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }
}

fn number(of: u64) -> Whose {
    let number = PhoneNumber::try_from(format!("+7{:010}", 9_000_000_000 + of));
    Whose::Number(number.expect("eleven digits"))
}

fn ms(ms: u64) -> Mono {
    Mono(ms * 1_000)
}

fn limit(calls: u32, secs: u64) -> Option<Limit> {
    let within = Duration::from_secs(secs);
    Some(Limit { calls, within })
}

fn limits() -> PressLimits {
    PressLimits {
        caller: limit(10, 600),
        prefix: limit(60, 60),
        prefix_digits: 7,
        attack: limit(600, 60),
        ..PressLimits::default()
    }
}

#[test]
fn one_number_may_call_so_often_in_any_stretch_of_the_time() {
    let mut press = Press::new(limits());
    let caller = number(1);
    let verdicts: Vec<Verdict> = (0..12)
        .map(|call| press.judge(ms(call * 1_000), Some(&caller)))
        .collect();
    assert!(
        verdicts[..10]
            .iter()
            .all(|verdict| *verdict == Verdict::Pass)
    );
    assert_eq!(verdicts[10..], [Verdict::TooMany; 2]);
    // Across the border of the window too, and forgiven when it was quiet.
    assert_eq!(press.judge(ms(601_000), Some(&caller)), Verdict::TooMany);
    assert_eq!(press.judge(ms(3_000_000), Some(&caller)), Verdict::Pass);
    let mut allowed = limits();
    allowed.allow.extend(caller.number().cloned());
    let mut press = Press::new(allowed);
    assert!((0..50).all(|call| press.judge(ms(call), Some(&caller)) == Verdict::Pass));
}

#[test]
fn a_prefix_that_calls_too_often_is_asked_and_withheld_numbers_are_one() {
    let mut press = Press::new(limits());
    for call in 0..60 {
        assert_eq!(press.judge(ms(call), Some(&number(call))), Verdict::Pass);
    }
    assert_eq!(press.judge(ms(100), Some(&number(99))), Verdict::Check);
    assert_eq!(
        press.judge(ms(100), Some(&number(5_000_000))),
        Verdict::Pass,
        "another prefix"
    );
    let withheld = (0..61).map(|call| press.judge(ms(200 + call), None)).last();
    assert_eq!(withheld, Some(Verdict::Check));
    // Who has shown that it is a person is asked no more.
    press.knows(ms(250), &number(99));
    assert_eq!(press.judge(ms(300), Some(&number(99))), Verdict::Pass);
}

#[test]
fn an_attack_begins_at_once_ends_when_it_was_quiet_for_long_and_a_hand_goes_before_both() {
    let mut press = Press::new(limits());
    let mut call = 0;
    let mut at = |press: &mut Press, ms_now: u64| {
        call += 1;
        press.judge(ms(ms_now), Some(&number(call * 1_000_003)))
    };
    for step in 0..600 {
        assert_eq!(at(&mut press, step * 50), Verdict::Pass);
    }
    assert_eq!(at(&mut press, 30_000), Verdict::Check);
    assert!(press.is_attacked());
    // Half as many keep it up: no flapping.
    for step in 0..2_000 {
        at(&mut press, 60_000 + step * 150);
    }
    assert!(press.is_attacked());
    for step in 0..70 {
        at(&mut press, 400_000 + step * 10_000);
    }
    assert!(!press.is_attacked());
    press.mode = AttackMode::On;
    assert_eq!(at(&mut press, 1_200_000), Verdict::Check);
    press.mode = AttackMode::Off;
    for step in 0..2_000 {
        assert_eq!(at(&mut press, 1_300_000 + step), Verdict::Pass);
    }
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut press = Press::new(limits());
    for call in 0..20_000 {
        press.judge(ms(call), Some(&number(call * 1_009)));
        press.knows(ms(call), &number(call));
        press.missed(ms(call), &number(call));
    }
    assert!(press.callers.len() <= COUNTED_MAX && press.prefixes.len() <= COUNTED_MAX);
    assert!(press.misses.len() <= COUNTED_MAX);
    assert_eq!(press.known.callers.len(), KNOWN_MAX);
    assert_eq!(press.known.order.len(), KNOWN_MAX);
}

#[test]
fn one_that_was_silent_longest_makes_room_not_one_that_began_first() {
    let mut press = Press::new(limits());
    let early = number(0);
    for call in 1..COUNTED_MAX as u64 {
        press.judge(ms(call), Some(&number(call * 1_009)));
        // It begins before all others, and goes on.
        press.judge(ms(call), Some(&early));
    }
    for call in 0..100 {
        press.judge(ms(10_000 + call), Some(&number(100_000_000 + call)));
    }
    assert_eq!(press.judge(ms(11_000), Some(&early)), Verdict::TooMany);
}

#[test]
fn a_passed_check_lifts_the_question_for_a_day_and_no_other_limit() {
    let mut press = Press::new(limits());
    press.mode = AttackMode::On;
    let caller = number(1);
    assert_eq!(press.judge(ms(0), Some(&caller)), Verdict::Check);
    press.knows(ms(1_000), &caller);
    let verdicts: Vec<Verdict> = (2..13)
        .map(|call| press.judge(ms(call * 1_000), Some(&caller)))
        .collect();
    assert!(
        verdicts[..9]
            .iter()
            .all(|verdict| *verdict == Verdict::Pass)
    );
    assert_eq!(verdicts[9..], [Verdict::TooMany; 2]);
    let day = 24 * 3_600_000;
    assert_eq!(press.judge(ms(day), Some(&caller)), Verdict::Pass);
    assert_eq!(press.judge(ms(day + 2_000), Some(&caller)), Verdict::Check);
}

#[test]
fn one_who_misses_the_digit_again_and_again_is_refused_unless_it_turns_out_to_be_real() {
    let mut press = Press::new(limits());
    press.mode = AttackMode::On;
    let caller = number(1);
    for miss in 0..u64::from(MISSES_MAX) {
        let at = ms(miss * 10_000);
        assert_eq!(press.judge(at, Some(&caller)), Verdict::Check);
        press.missed(at, &caller);
    }
    assert_eq!(press.judge(ms(70_000), Some(&caller)), Verdict::NoPerson);
    assert_eq!(press.judge(ms(70_000), Some(&number(2))), Verdict::Check);
    let mut forgiven = MISSES_WITHIN.as_millis() as u64 * 2;
    assert_eq!(press.judge(ms(forgiven), Some(&caller)), Verdict::Check);
    for _ in 0..MISSES_MAX {
        press.missed(ms(forgiven), &caller);
    }
    press.knows(ms(forgiven), &caller);
    forgiven += 1_000;
    assert_eq!(press.judge(ms(forgiven), Some(&caller)), Verdict::Pass);
    // Where nobody is asked, a number that failed calls as it likes.
    for _ in 0..MISSES_MAX {
        press.missed(ms(forgiven), &number(3));
    }
    press.mode = AttackMode::Auto;
    assert_eq!(press.judge(ms(forgiven), Some(&number(3))), Verdict::Pass);
}

#[test]
fn switched_off_by_hand_nobody_is_asked_and_the_limit_of_one_number_holds() {
    let mut press = Press::new(limits());
    press.mode = AttackMode::Off;
    for call in 0..200 {
        assert_eq!(press.judge(ms(call), Some(&number(call))), Verdict::Pass);
        assert_eq!(press.judge(ms(call), None), Verdict::Pass, "withheld");
    }
    let verdicts = (0..11).map(|_| press.judge(ms(300), Some(&number(999))));
    assert_eq!(verdicts.last(), Some(Verdict::TooMany));
}

/// How the real callers of ten minutes fare beside bots, and what a bot costs. `bots`: calls a second of how many numbers.
/// Every second bot offers no telephone-event.
fn day_of_attack(seed: u64, bots: u64, numbers: u64, limits: PressLimits) -> (f64, f64) {
    /// Paid by the owner for one who says nothing: the question twice.
    const ASKED: u64 = 9_700;
    /// In the queue, until the far end or the wait gives up.
    const QUEUED: u64 = 60_000;
    /// Real callers who miss the digit, of a hundred.
    const CLUMSY: u64 = 3;
    let (mut press, mut dice) = (Press::new(limits), Dice(seed));
    let (mut asked, mut answered, mut real) = (Vec::<u64>::new(), 0_u64, 0_u64);
    let (mut paid, mut bogus) = (0_u64, 0_u64);
    for tick in 0..600_000_u64 {
        let is_bot = dice.below(1_000) < bots;
        let is_real = dice.below(1_000) < 2;
        asked.retain(|until| *until > tick);
        if is_bot {
            bogus += 1;
            let no_digits = dice.below(2) == 0;
            let caller = number(100_000_000 + dice.below(numbers) * 13);
            match press.judge(ms(tick), Some(&caller)) {
                Verdict::TooMany | Verdict::NoPerson => {}
                Verdict::Check if no_digits && press.passes_no_digits() => paid += QUEUED,
                Verdict::Check if asked.len() >= press.checks_max() => {}
                Verdict::Check => {
                    asked.push(tick + ASKED);
                    paid += ASKED;
                }
                Verdict::Pass => paid += QUEUED,
            }
        }
        if is_real {
            real += 1;
            let caller = number(dice.below(100_000_000));
            let is_taken = match press.judge(ms(tick), Some(&caller)) {
                Verdict::Pass => true,
                Verdict::TooMany | Verdict::NoPerson => false,
                Verdict::Check => asked.len() < press.checks_max() && dice.below(100) >= CLUMSY,
            };
            answered += u64::from(is_taken);
            if is_taken {
                press.knows(ms(tick), &caller);
            }
        }
    }
    (
        answered as f64 / real as f64,
        paid as f64 / 1_000.0 / bogus as f64,
    )
}

#[test]
fn real_callers_are_answered_beside_bots_and_a_bot_costs_less_than_fifteen_seconds() {
    for (bots, numbers) in [(200, 50), (50, 100_000_000)] {
        for seed in 0..2 {
            let (answered, paid) = day_of_attack(seed, bots, numbers, limits());
            assert!(answered >= 0.95, "{bots} a second of {numbers}: {answered}");
            assert!(
                paid <= 15.0,
                "{bots} a second of {numbers}: {paid} s a bogus call"
            );
        }
    }
}

/// What the mercy for a carrier costs: see `deploy/gudok.example.toml`.
#[test]
fn bots_that_offer_no_events_are_dear_where_such_callers_pass_unasked() {
    let merciful = PressLimits {
        when_no_digits: WhenNoDigits::Pass,
        ..limits()
    };
    let (_, paid) = day_of_attack(0, 50, 100_000_000, merciful);
    assert!(paid > 15.0, "{paid} s a bogus call");
}

#[test]
fn who_hides_the_number_is_held_alone_and_those_who_hide_theirs_too_are_not_asked_for_it() {
    let mut press = Press::new(limits());
    let (nuisance, other) = (Whose::Withheld(7), Whose::Withheld(8));
    let verdicts: Vec<Verdict> = (0..200)
        .map(|call| press.judge(ms(call), Some(&nuisance)))
        .collect();
    assert!(verdicts[10..].iter().all(|it| *it == Verdict::TooMany));
    assert_eq!(press.judge(ms(300), Some(&other)), Verdict::Pass);
    assert_eq!(press.judge(ms(300), None), Verdict::Pass);
    // In an attack it is asked, and neither its silence nor its answer is another's.
    press.mode = AttackMode::On;
    for miss in 0..u64::from(MISSES_MAX) {
        press.missed(ms(400 + miss), &other);
    }
    assert_eq!(press.judge(ms(500), Some(&other)), Verdict::NoPerson);
    let third = Whose::Withheld(9);
    assert_eq!(press.judge(ms(500), Some(&third)), Verdict::Check);
    press.knows(ms(600), &third);
    assert_eq!(press.judge(ms(700), Some(&third)), Verdict::Pass);
    assert!(press.is_known(ms(700), &third) && !press.is_known(ms(700), &other));
}

#[test]
fn a_restart_lets_nobody_off_and_asks_nobody_again_who_has_pressed_the_digit() {
    let mut press = Press::new(limits());
    let day = i64::try_from(KNOWN_FOR.as_micros()).expect("a day");
    let e164 = |of: u64| number(of).number().cloned().expect("a number");
    let (human, yesterday, bot, nuisance) = (e164(1), e164(2), e164(3), e164(9_000_000));
    let now = Now {
        mono: ms(1_000),
        wall: Wall(day * 3),
    };
    let hours = |hours: i64| Wall(now.wall.0 - hours * 3_600_000_000);
    let before = PressBefore {
        known: vec![(human.clone(), hours(7)), (yesterday.clone(), hours(25))],
        failed: vec![(bot.clone(), MISSES_MAX / 2), (human.clone(), 3)],
        called: vec![
            (Some(nuisance.clone()), 10),
            (None, 60),
            (Some(bot.clone()), 3),
        ],
        calls: 601,
    };
    press.remember(now, before);
    assert!(press.is_attacked(), "the attack goes on");
    let judge =
        |press: &mut Press, at, of: &PhoneNumber| press.judge(at, Some(&Whose::Number(of.clone())));
    assert_eq!(judge(&mut press, now.mono, &human), Verdict::Pass);
    assert_eq!(judge(&mut press, now.mono, &yesterday), Verdict::Check);
    assert_eq!(judge(&mut press, now.mono, &bot), Verdict::NoPerson);
    assert_eq!(judge(&mut press, now.mono, &nuisance), Verdict::TooMany);
    let later = |hours: u64| ms(1_000 + hours * 3_600_000);
    press.mode = AttackMode::On;
    assert_eq!(judge(&mut press, later(16), &human), Verdict::Pass);
    assert_eq!(
        judge(&mut press, later(17), &human),
        Verdict::Check,
        "a day is over"
    );
    // Those who hide are one prefix, and were counted too.
    let mut quiet = Press::new(limits());
    let called = vec![(None, 60)];
    quiet.remember(
        now,
        PressBefore {
            called,
            calls: 60,
            ..PressBefore::default()
        },
    );
    assert!(!quiet.is_attacked());
    assert_eq!(quiet.judge(now.mono, None), Verdict::Check);
}

#[test]
fn what_is_brought_from_before_is_bounded_too() {
    let mut press = Press::new(limits());
    let e164 = |of: u64| number(of * 1_009).number().cloned().expect("a number");
    let many = || (0..20_000).map(e164);
    let before = PressBefore {
        known: many().map(|it| (it, Wall(0))).collect(),
        failed: many().map(|it| (it, 1)).collect(),
        called: many().map(|it| (Some(it), 1)).collect(),
        calls: 20_000,
    };
    let now = Now {
        mono: ms(0),
        wall: Wall(0),
    };
    press.remember(now, before);
    assert!(press.callers.len() <= COUNTED_MAX && press.prefixes.len() <= COUNTED_MAX);
    assert!(press.misses.len() <= COUNTED_MAX);
    assert_eq!(press.known.callers.len(), KNOWN_MAX);
}
