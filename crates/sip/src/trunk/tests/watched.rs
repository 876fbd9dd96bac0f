//! A registrar that forgot us, or died, while we count as registered.
use super::*;

/// How often the address that has our contact is asked here.
const EVERY: u64 = 15_000;

/// Where calls go to the second address as well, its probes are the trunk's.
fn registered(calls_too: bool) -> Bench {
    let mut config = config("a");
    let mut register = register();
    let every = Duration::from_millis(EVERY);
    let accepted = Vec::new();
    register.watch = (!calls_too).then_some(Probing { every, accepted });
    config.register = Some(register);
    let mut bench = Bench::new(vec![config]);
    bench.alive = vec![1, 2];
    bench.targets("a", Role::Registrar, vec![target(1, 1, 0)]);
    if calls_too {
        bench.targets("a", Role::Calls, vec![target(2, 1, 0)]);
    }
    bench.until(1_000);
    bench.answers(200, &[]);
    bench
}

fn stands(bench: &Bench, state: &str) -> bool {
    let last = bench.told.last();
    last.is_some_and(|line| line.ends_with(&format!(" {state}")))
}

fn is_registered(bench: &Bench) -> bool {
    bench.trunks.standing(bench.now)[0].registered == Some(true)
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).expect("an hour")
}

#[test]
fn a_carrier_that_comes_back_is_asked_whether_it_still_knows_us() {
    let mut bench = registered(true);
    bench.until(30_000);
    bench.alive = vec![1];
    bench.until(60_000);
    assert!(stands(&bench, "down"), "{:?}", bench.told);
    assert_eq!(bench.asked(), 1, "what calls go to is not the registrar");
    bench.alive = vec![1, 2];
    bench.wait(|bench| stands(bench, "up"));
    let since = bench.now;
    bench.wait(|bench| bench.asked() == 2);
    assert!(bench.now <= since + at(2_100), "{:?}", bench.now);
    assert!(is_registered(&bench), "until it says no");
    bench.answers(200, &[]);
    bench.until(ms(bench.now) + 300_000);
    assert_eq!(bench.asked(), 2, "once an episode");
    assert!(bench.told.iter().all(|it| !it.contains("unregistered")));
}

#[test]
fn a_line_that_comes_and_goes_storms_no_registrar() {
    let mut bench = registered(true);
    let mut answered = bench.asked();
    for second in 2..600 {
        // Down by two missed probes in each half minute, and up again.
        bench.alive = if second % 30 < 15 {
            vec![1]
        } else {
            vec![1, 2]
        };
        bench.until(second * 1_000);
        if bench.asked() > answered {
            answered = bench.asked();
            bench.answers(200, &[]);
        }
    }
    let ups = bench.told.iter().filter(|it| it.ends_with(" up")).count();
    assert!(ups > 10, "{ups}");
    assert!((10..=21).contains(&answered), "{answered} for {ups}");
}

/// Nothing but its OPTIONS tells that a registrar that is called by nobody has died.
#[test]
fn a_registrar_that_dies_is_noticed_within_half_a_minute_and_asked_at_once() {
    let mut bench = registered(false);
    bench.until(100_000);
    assert!(stands(&bench, "up"), "{:?}", bench.told);
    bench.alive.clear();
    bench.wait(|bench| stands(bench, "down"));
    assert!(bench.now <= at(125_100), "{:?}", bench.now);
    assert!(is_registered(&bench));
    bench.wait(|bench| bench.asked() == 2);
    assert!(bench.now <= at(127_200), "{:?}", bench.now);
    bench.wait(|bench| stands(bench, "unregistered 0"));
    let since = bench.now;
    bench.alive = vec![1];
    let asked = bench.asked();
    bench.wait(|bench| bench.asked() > asked);
    assert!(bench.now <= since + at(5_000), "{:?}", bench.now);
}

#[test]
fn a_registrar_that_forgot_us_while_it_was_down_is_asked_again() {
    let mut bench = registered(false);
    bench.until(100_000);
    bench.alive.clear();
    // It still answers REGISTER, and is started anew only then.
    bench.wait(|bench| bench.asked() == 2);
    bench.answers(200, &[]);
    bench.until(200_000);
    bench.alive = vec![1];
    bench.wait(|bench| stands(bench, "up"));
    let since = bench.now;
    bench.wait(|bench| bench.asked() == 3);
    assert!(bench.now <= since + at(2_100), "{:?}", bench.now);
}

#[test]
fn of_a_name_with_two_servers_the_other_has_us_when_one_dies() {
    let mut bench = registered(false);
    let both = vec![target(1, 1, 0), target(2, 2, 0)];
    bench.targets("a", Role::Registrar, both);
    bench.until(100_000);
    bench.alive = vec![2];
    bench.wait(|bench| {
        let last = bench.registers.last();
        last.is_some_and(|it| it.1.remote.ip().to_string() == "10.0.0.2")
    });
    assert!(bench.now <= at(136_000), "{:?}", bench.now);
}

/// Of one that never answered an OPTIONS nothing is known, and nothing is said.
#[test]
fn a_registrar_that_knows_no_options_is_left_in_peace() {
    let mut bench = registered(false);
    bench.alive.clear();
    bench.until(300_000);
    assert_eq!(bench.asked(), 1);
    assert_eq!(bench.told, ["  1000 a: registered"]);
}

#[test]
fn an_address_that_calls_go_to_as_well_is_not_asked_twice() {
    let mut both = config("a");
    let mut register = register();
    register.watch.clone_from(&both.probing);
    both.register = Some(register);
    let mut bench = Bench::new(vec![both]);
    bench.alive = vec![1];
    for role in [Role::Registrar, Role::Calls] {
        bench.targets("a", role, vec![target(1, 1, 0)]);
    }
    bench.until(1_000);
    bench.answers(200, &[]);
    let before = bench.questions;
    bench.until(101_000);
    assert_eq!(bench.questions - before, 10, "one in ten seconds");
    assert_eq!(bench.trunks.standing(bench.now)[0].targets.len(), 1);
}
