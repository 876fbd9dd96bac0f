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

/// Registered at the first address, which is watched; calls go to this one, asked if it lives or not.
fn calling(to: u8, probed: bool) -> Bench {
    let mut config = config("a");
    let mut register = register();
    register.watch.clone_from(&config.probing);
    config.register = Some(register);
    config.probing.take_if(|_| !probed);
    let mut bench = Bench::new(vec![config]);
    bench.alive = vec![1, 2];
    bench.targets("a", Role::Registrar, vec![target(1, 1, 0)]);
    bench.targets("a", Role::Calls, vec![target(to, 1, 0)]);
    bench.until(1_000);
    bench.answers(200, &[]);
    bench
}

fn standing(bench: &Bench) -> Standing {
    bench.trunks.standing(bench.now).remove(0)
}

/// Whether every way out fails, and whether the address that has our contact does.
fn fails(bench: &Bench) -> (bool, bool) {
    let standing = standing(bench);
    let fails = |role| standing.fails(role);
    (fails(Role::Calls), fails(Role::Registrar))
}

/// The address that has our contact, where it is watched.
fn watched(bench: &Bench) -> Option<State> {
    standing(bench).watched.map(|(_, state)| state)
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
    assert_eq!(bench.asked(), 2, "it has proved itself");
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

#[test]
fn dead_ways_out_are_seen_whatever_the_registrar_does() {
    for (registrar, state) in [(&[1][..], State::Up), (&[], State::Unknown)] {
        let mut bench = calling(2, true);
        bench.alive = [registrar, &[2]].concat();
        bench.until(30_000);
        assert_eq!(fails(&bench), (false, false));
        bench.alive = registrar.to_vec();
        bench.wait(|bench| stands(bench, "down"));
        assert_eq!(fails(&bench), (true, false));
        assert_eq!(watched(&bench), Some(state));
    }
}

#[test]
fn a_dead_registrar_is_seen_though_calls_leave_elsewhere() {
    for probed in [true, false] {
        let mut bench = calling(2, probed);
        bench.until(30_000);
        bench.alive = vec![2];
        bench.wait(|bench| stands(bench, "down"));
        assert_eq!(fails(&bench), (false, true));
    }
}

/// The page shows the one address once, and dead.
#[test]
fn a_dead_registrar_is_seen_where_calls_go_to_it_unasked() {
    let mut bench = calling(1, false);
    let shown = |bench: &Bench| standing(bench).addresses().collect::<Vec<_>>();
    let first = flow(1, Transport::Udp);
    bench.until(30_000);
    assert_eq!(shown(&bench), [(first, State::Up)]);
    bench.alive.clear();
    bench.wait(|bench| stands(bench, "down"));
    assert_eq!(fails(&bench), (false, true));
    assert_eq!(shown(&bench), [(first, State::Down)]);
    bench.tried(1, Outcome::Failed(None));
    assert_eq!(shown(&bench), [(first, State::Held)], "calls pass it over");
}

/// OPTIONS may be what it does not answer, be it for its load alone: a REGISTER is the better witness.
#[test]
fn a_registrar_that_answers_a_register_is_not_down() {
    let mut bench = calling(2, true);
    bench.until(30_000);
    bench.alive = vec![2];
    bench.wait(|bench| bench.asked() == 2);
    assert_eq!(watched(&bench), Some(State::Down));
    bench.answers(200, &[]);
    assert!(stands(&bench, "10.0.0.1 unknown"), "{:?}", bench.told);
    assert_eq!(fails(&bench), (false, false));
    bench.until(300_000);
    assert_eq!(watched(&bench), Some(State::Unknown), "until it answers");
    bench.alive = vec![1, 2];
    bench.wait(|bench| watched(bench) == Some(State::Up));
    bench.wait(|bench| bench.asked() == 3);
    bench.answers(200, &[]);
    bench.alive = vec![2];
    bench.wait(|bench| watched(bench) == Some(State::Down));
}

#[test]
fn an_address_that_left_the_name_is_asked_no_more() {
    let mut bench = calling(2, false);
    bench.until(30_000);
    assert_eq!(watched(&bench), Some(State::Up));
    let questions = bench.questions;
    bench.targets("a", Role::Registrar, vec![target(3, 1, 0)]);
    assert_eq!(watched(&bench), None);
    bench.wait(|bench| bench.asked() == 2);
    bench.answers(200, &[]);
    bench.until(39_000);
    assert_eq!(bench.questions, questions, "the new one not yet");
    assert_eq!(
        standing(&bench).watched,
        Some((flow(3, Transport::Udp), State::Unknown))
    );
}
