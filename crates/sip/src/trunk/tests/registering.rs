//! Trunks that we register at.
use super::*;

fn registering() -> Bench {
    let mut config = config("a");
    (config.probing, config.register) = (None, Some(register()));
    Bench::new(vec![config])
}

#[test]
fn it_registers_as_soon_as_the_address_is_known_and_names_its_line() {
    let mut bench = registering();
    bench.until(5_000);
    assert!(bench.registers.is_empty() && bench.told.is_empty());
    bench.targets("a", Role::Registrar, vec![target(1, 1, 0)]);
    bench.until(5_000);
    let (_, to, request) = &bench.registers[0];
    assert_eq!(to.remote.ip().to_string(), "10.0.0.1");
    assert_eq!(request.uri, "sip:sip.carrier.example");
    let contact = request.headers.get("Contact");
    assert_eq!(contact, Some("<sip:line7@192.0.2.1:5060;line=s3cret>"));
    bench.answers(200, &[]);
    assert_eq!(bench.trunks.standing(bench.now)[0].registered, Some(true));
    assert!(!bench.trunks.is_withdrawn());
    bench.input(Input::Withdraw);
    let (_, _, request) = bench.registers.last().unwrap();
    assert_eq!(request.headers.get("Expires"), Some("0"));
    bench.answers(200, &[]);
    assert!(bench.trunks.is_withdrawn());
    assert_eq!(bench.told, ["  5000 a: registered"]);
}

#[test]
fn a_line_is_the_same_after_a_restart_and_nobody_elses() {
    let ours = line_of("secret", "a", "sip:line7@sip.carrier.example");
    assert_eq!(
        ours,
        line_of("secret", "a", "sip:line7@sip.carrier.example")
    );
    let others = [
        line_of("guess", "a", "sip:line7@sip.carrier.example"),
        line_of("secret", "b", "sip:line7@sip.carrier.example"),
        line_of("secret", "a", "sip:line8@sip.carrier.example"),
    ];
    assert!(!others.contains(&ours) && ours.len() == 32, "{ours}");
}

#[test]
fn a_name_without_an_address_is_a_loss() {
    let mut bench = registering();
    bench.until(60_000);
    bench.targets("a", Role::Registrar, vec![target(1, 1, 0)]);
    bench.until(60_000);
    bench.answers(200, &[]);
    bench.targets("a", Role::Registrar, Vec::new());
    bench.until(120_000);
    let told = [
        " 10000 a: unregistered 0",
        " 60000 a: registered",
        " 70000 a: unregistered 0",
    ];
    assert_eq!(bench.told, told);
}

#[test]
fn a_registrar_that_was_silent_for_an_hour_has_us_back_within_seconds() {
    let mut bench = registering();
    bench.targets("a", Role::Registrar, vec![target(1, 1, 0)]);
    bench.until(3_600_000);
    assert_eq!(bench.told, ["  8000 a: unregistered 0"], "once an episode");
    bench.alive = vec![1];
    let before = bench.registers.len();
    bench.until(3_605_000);
    assert!(bench.registers.len() > before, "it is asked by OPTIONS");
    bench.answers(200, &[]);
    assert!(bench.told[1].ends_with("registered"), "{:?}", bench.told);
}

#[test]
fn a_call_from_the_trunk_shows_that_its_registrar_is_back() {
    let mut bench = registering();
    bench.targets("a", Role::Registrar, vec![target(1, 1, 0)]);
    bench.until(110_000);
    let before = bench.registers.len();
    bench.input(Input::Called("a"));
    bench.until(110_000);
    assert_eq!(bench.registers.len(), before + 1);
}

/// How often it asks in ten minutes when every REGISTER gets this, and `meanwhile` happens each second.
fn asked_in_ten_minutes(
    bench: &mut Bench,
    status: u16,
    extra: &[(&'static str, &str)],
    mut meanwhile: impl FnMut(&mut Bench),
) -> usize {
    let mut answered = 0;
    for second in 0..600 {
        bench.until(second * 1_000);
        while answered < bench.registers.len() {
            answered = bench.registers.len();
            bench.answers(status, extra);
        }
        meanwhile(bench);
    }
    bench.asked()
}

#[test]
fn a_registrar_that_says_503_and_answers_options_is_not_stormed() {
    let mut bench = registering();
    bench.alive = vec![1];
    bench.targets("a", Role::Registrar, vec![target(1, 1, 0)]);
    let asked = asked_in_ten_minutes(&mut bench, 503, &[], |_| {});
    assert!((5..=12).contains(&asked), "{asked}");
}

/// Its questions fail as well, as long as it is unwell; the pauses have become minutes long by then.
#[test]
fn a_registrar_that_refused_everybody_for_an_hour_has_us_back_within_half_a_minute() {
    let mut bench = registering();
    bench.targets("a", Role::Registrar, vec![target(1, 1, 0)]);
    let mut answered = 0;
    for second in 0..3_600 {
        bench.until(second * 1_000);
        while answered < bench.registers.len() {
            answered = bench.registers.len();
            bench.answers(503, &[]);
        }
    }
    let before = bench.asked();
    bench.alive = vec![1];
    bench.wait(|bench| bench.asked() > before);
    assert!(bench.now < at(3_632_000), "{:?}", bench.now);
    bench.answers(200, &[]);
    assert!(bench.told[1].ends_with("registered"), "{:?}", bench.told);
}

/// A server in trouble may fail its questions by other faults than its registrations; that is no sign that it is well.
#[test]
fn a_registrar_that_answers_options_by_a_fault_is_not_well_yet() {
    for says in [408, 500, 502, 503, 504] {
        let mut bench = registering();
        (bench.alive, bench.says) = (vec![1], says);
        bench.targets("a", Role::Registrar, vec![target(1, 1, 0)]);
        let asked = asked_in_ten_minutes(&mut bench, 503, &[], |_| {});
        assert!((5..=12).contains(&asked), "{says}: {asked}");
        // The next pause lasts for minutes.
        while bench.asked() == asked {
            let next = bench.now + at(1_000);
            bench.until(u64::try_from(next.as_millis()).expect("an hour"));
        }
        bench.answers(503, &[]);
        let (since, asked) = (bench.now, bench.asked());
        bench.until(u64::try_from(since.as_millis()).expect("an hour") + 61_000);
        assert_eq!(bench.asked(), asked, "{says}: it is left in peace");
        bench.says = 200;
        bench.wait(|bench| bench.asked() > asked);
        assert!(bench.now < since + at(93_000), "{says}: {:?}", bench.now);
    }
}

/// A call failed there meanwhile: the address is held, and its first good answer says that it is well all the same.
#[test]
fn a_trunk_that_failed_a_call_and_is_up_again_is_registered_at_once() {
    let mut config = config("a");
    config.register = Some(register());
    let mut bench = Bench::new(vec![config]);
    bench.alive = vec![2];
    bench.targets("a", Role::Registrar, vec![target(1, 1, 0)]);
    bench.targets("a", Role::Calls, vec![target(2, 1, 0)]);
    let dies = |bench: &mut Bench| match bench.now < at(590_000) {
        true => {}
        false => bench.alive.clear(),
    };
    let asked = asked_in_ten_minutes(&mut bench, 503, &[], dies);
    bench.tried(2, Outcome::Failed(None));
    bench.until(615_000);
    let held = bench
        .told
        .last()
        .is_some_and(|line| line.ends_with(" held"));
    assert!(held, "{:?}", bench.told);
    bench.alive = vec![2];
    let up = |line: &&String| line.ends_with(" up");
    bench.wait(|bench| bench.told.iter().filter(up).count() == 2);
    assert_eq!(bench.asked(), asked, "not yet by its own pause");
    let since = bench.now;
    bench.wait(|bench| bench.asked() > asked);
    assert!(bench.now <= since + at(1_100), "{:?}", bench.now);
}

/// The trunk's own probes say the same, sooner: once for each time that they failed.
#[test]
fn a_trunk_that_is_up_again_is_registered_at_once() {
    let mut config = config("a");
    config.register = Some(register());
    let mut bench = Bench::new(vec![config]);
    bench.targets("a", Role::Registrar, vec![target(1, 1, 0)]);
    bench.targets("a", Role::Calls, vec![target(2, 1, 0)]);
    // Only what has lived can die.
    let dies = |bench: &mut Bench| match bench.now < at(60_000) {
        true => bench.alive = vec![2],
        false => bench.alive.clear(),
    };
    let asked = asked_in_ten_minutes(&mut bench, 503, &[], dies);
    bench.alive = vec![2];
    let up = |line: &&String| line.ends_with(" up");
    bench.wait(|bench| bench.told.iter().filter(up).count() == 2);
    assert_eq!(bench.asked(), asked, "not all come at once");
    let since = bench.now;
    bench.wait(|bench| bench.asked() > asked);
    assert!(bench.now <= since + at(1_100), "{:?}", bench.now);
    for second in 620..1_220 {
        bench.answers(503, &[]);
        bench.until(second * 1_000);
    }
    assert!(bench.asked() <= asked + 12, "{asked} {}", bench.asked());
}

#[test]
fn calls_from_a_carrier_that_refuses_us_do_not_make_us_insist() {
    let mut bench = registering();
    bench.targets("a", Role::Registrar, vec![target(1, 1, 0)]);
    let called = |bench: &mut Bench| bench.input(Input::Called("a"));
    let asked = asked_in_ten_minutes(&mut bench, 403, &[], called);
    assert!((3..=7).contains(&asked), "{asked}");
}

#[test]
fn connections_that_are_refused_do_not_make_us_ask_more_often() {
    let mut bench = registering();
    let mut tcp = target(1, 1, 0);
    tcp.flow.transport = Transport::Tcp;
    let flow = tcp.flow;
    bench.targets("a", Role::Registrar, vec![tcp]);
    for second in 0..600 {
        bench.until(second * 1_000);
        // Of the REGISTER, or of the question whether it lives.
        bench.input(Input::FlowClosed(flow));
    }
    let asked = bench.asked();
    assert!((5..=14).contains(&asked), "{asked}");
    bench.alive = vec![1];
    bench.until(605_000);
    assert_eq!(bench.asked(), asked + 1, "it lives again");
}

#[test]
fn a_registrar_that_comes_back_slowly_is_asked_often_at_first() {
    let mut bench = registering();
    bench.targets("a", Role::Registrar, vec![target(1, 1, 0)]);
    bench.until(3_600_000);
    bench.alive = vec![1];
    bench.until(3_605_000);
    bench.answers(503, &[]);
    let before = bench.asked();
    bench.until(3_607_000);
    assert_eq!(bench.asked(), before + 1, "the pauses begin anew");
}

#[test]
fn a_server_that_wants_silence_does_not_silence_the_other_of_the_name() {
    let mut bench = registering();
    bench.targets("a", Role::Registrar, vec![target(1, 1, 0), target(2, 2, 0)]);
    bench.until(0);
    bench.answers(503, &[("Retry-After", "300")]);
    bench.until(0);
    assert_eq!(bench.registers.len(), 2, "at once");
    bench.answers(503, &[]);
    for _ in 0..4 {
        let before = bench.asked();
        let mut now = u64::try_from(bench.now.as_millis()).unwrap();
        while bench.asked() == before {
            now += 100;
            bench.until(now);
        }
        bench.answers(503, &[]);
    }
    assert!(bench.now < at(20_000), "{:?}", bench.now);
    let asked = bench.registers[1..].iter();
    let mut hosts = asked.map(|it| it.1.remote.ip().to_string());
    assert!(
        hosts.all(|host| host == "10.0.0.2"),
        "the first is left alone"
    );
}

#[test]
fn a_stop_leaves_no_registration_behind_that_was_under_way() {
    let mut bench = registering();
    bench.targets("a", Role::Registrar, vec![target(1, 1, 0)]);
    bench.until(0);
    bench.input(Input::Withdraw);
    assert!(!bench.trunks.is_withdrawn(), "its answer may be yes");
    bench.answers(200, &[]);
    let (_, _, request) = bench.registers.last().unwrap();
    assert_eq!(request.headers.get("Expires"), Some("0"));
    bench.answers(200, &[]);
    assert!(bench.trunks.is_withdrawn());

    let mut bench = registering();
    bench.targets("a", Role::Registrar, vec![target(1, 1, 0)]);
    bench.until(0);
    bench.answers(503, &[]);
    bench.input(Input::Withdraw);
    assert!(bench.trunks.is_withdrawn());
    bench.targets("a", Role::Registrar, vec![target(2, 1, 0)]);
    bench.until(3_600_000);
    assert_eq!(bench.registers.len(), 1, "nor later");
}

#[test]
fn another_server_of_the_name_has_its_turn_at_once() {
    let mut bench = registering();
    bench.targets("a", Role::Registrar, vec![target(1, 1, 0), target(2, 2, 0)]);
    bench.until(0);
    bench.answers(503, &[]);
    bench.until(0);
    let (_, to, _) = bench.registers.last().unwrap();
    assert_eq!(to.remote.ip().to_string(), "10.0.0.2");
    bench.answers(200, &[]);
    bench.targets("a", Role::Registrar, vec![target(3, 1, 0)]);
    bench.until(1_000);
    let (_, to, _) = bench.registers.last().unwrap();
    assert_eq!(to.remote.ip().to_string(), "10.0.0.3", "the name has moved");
}

#[test]
fn a_lost_connection_is_made_anew_and_strangers_confirm_nothing() {
    let mut bench = registering();
    let mut tcp = target(1, 1, 0);
    tcp.flow.transport = Transport::Tcp;
    bench.targets("a", Role::Registrar, vec![tcp]);
    bench.until(0);
    let (_, _, request) = &bench.registers[0];
    let contact = request.headers.get("Contact").unwrap();
    assert!(
        contact.contains("192.0.2.1:5062;transport=tcp"),
        "{contact}"
    );
    let mut forged = bench.registers[0].clone();
    forged.1.remote = "10.9.9.9:5060".parse().unwrap();
    bench.registers.push(forged);
    bench.answers(200, &[]);
    assert_eq!(bench.trunks.standing(bench.now)[0].registered, Some(false));
    bench.registers.pop();
    bench.registers[0].1.connection = 7;
    bench.answers(200, &[]);
    bench.until(60_000);
    let (other, ours) = (bench.registers[0].1, bench.registers[0].1);
    bench.input(Input::FlowClosed(Flow {
        connection: 9,
        ..other
    }));
    bench.until(62_000);
    assert_eq!(bench.registers.len(), 1, "somebody else's connection");
    bench.input(Input::FlowClosed(ours));
    bench.until(64_000);
    assert_eq!(bench.registers.len(), 2);
}
