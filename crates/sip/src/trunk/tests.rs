use super::*;
use crate::digest::Login;
use crate::endpoint::Transport;
use crate::message::{Message, Request};

fn at(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn flow(last: u8, transport: Transport) -> Flow {
    Flow {
        transport,
        local: "192.0.2.1:5060".parse().unwrap(),
        remote: format!("10.0.0.{last}:5060").parse().unwrap(),
        connection: 0,
    }
}

fn target(last: u8, priority: u16, weight: u16) -> Target {
    Target {
        flow: flow(last, Transport::Udp),
        host: "sip.carrier.example".into(),
        rank: Rank { priority, weight },
    }
}

fn register() -> Register {
    Register {
        registrar: "sip:sip.carrier.example".into(),
        address: "sip:line7@sip.carrier.example".into(),
        contact_user: "line7".into(),
        line: "s3cret".into(),
        login: Login::new("line7", None, "secret"),
        expires_secs: 600,
        own: Own(vec![
            (Transport::Udp, "192.0.2.1:5060".parse().unwrap()),
            (Transport::Tcp, "[2001:db8::1]:5062".parse().unwrap()),
            (Transport::Tcp, "192.0.2.1:5062".parse().unwrap()),
        ]),
    }
}

fn config(name: &str) -> Config {
    Config {
        name: name.into(),
        register: None,
        probing: Some(Probing {
            every: at(10_000),
            accepted: Vec::new(),
        }),
        limits: Limits::default(),
    }
}

/// The machine, the time, and a carrier of which some addresses live.
struct Bench {
    trunks: Trunks,
    now: Duration,
    alive: Vec<u8>,
    /// What a living address says to OPTIONS.
    says: u16,
    registers: Vec<(Duration, Flow, Request)>,
    told: Vec<String>,
}

impl Bench {
    fn new(configs: Vec<Config>) -> Self {
        Self {
            trunks: Trunks::new(configs, [3; 32]),
            now: Duration::ZERO,
            alive: Vec::new(),
            says: 200,
            registers: Vec::new(),
            told: Vec::new(),
        }
    }

    fn input(&mut self, input: Input<'_>) {
        self.trunks.handle_input(self.now, input);
        self.drain();
    }

    fn targets(&mut self, trunk: &str, role: Role, targets: Vec<Target>) {
        self.input(Input::Targets {
            trunk,
            role,
            targets,
        });
    }

    fn until(&mut self, end: u64) {
        while let Some(due) = self.trunks.poll_timeout().filter(|due| *due <= at(end)) {
            self.now = self.now.max(due);
            self.trunks.handle_timeout(self.now);
            self.drain();
        }
        self.now = at(end);
    }

    /// Until this holds, by tenths of a second; for an hour at most.
    fn wait(&mut self, holds: impl Fn(&Self) -> bool) {
        let end = self.now + at(3_600_000);
        while !holds(self) {
            assert!(self.now < end, "it never comes");
            let next = self.now + at(100);
            self.until(u64::try_from(next.as_millis()).expect("an hour"));
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.trunks.poll_output() {
            match output {
                Output::Send { flow, bytes } => {
                    let Ok(Message::Request(request)) = crate::parse::parse(&bytes) else {
                        panic!("no request")
                    };
                    self.registers.push((self.now, flow, request));
                }
                Output::Probe(probe) => self.probed(&probe),
                Output::Changed { trunk, change } => {
                    let ms = self.now.as_millis();
                    let what = match change {
                        Change::Registered { .. } => "registered".to_owned(),
                        Change::Unregistered { status } => format!("unregistered {status}"),
                        Change::Target { flow, state } => {
                            format!("{} {}", flow.remote.ip(), state.name())
                        }
                    };
                    self.told.push(format!("{ms:>6} {trunk}: {what}"));
                }
            }
        }
    }

    /// The network: an address that lives answers at once, silence takes its time.
    fn probed(&mut self, probe: &Probe) {
        let std::net::IpAddr::V4(ip) = probe.flow.remote.ip() else {
            panic!("of IPv4")
        };
        let status = self.alive.contains(&ip.octets()[3]).then_some(self.says);
        if status.is_none() {
            // What falls due meanwhile is late by as much; nothing here depends on it.
            self.now += probe.wait;
        }
        self.input(Input::Probed {
            id: probe.id,
            status,
            retry_after: None,
        });
    }

    fn answers(&mut self, status: u16, extra: &[(&'static str, &str)]) {
        let (_, flow, request) = self.registers.last().expect("it registers").clone();
        let mut headers = crate::endpoint::copied_headers(&request.headers);
        for (name, value) in extra {
            headers.push(*name, *value);
        }
        let response = Response {
            status,
            reason: String::new(),
            headers,
            body: Vec::new(),
        };
        self.input(Input::Registrar {
            flow,
            response: &response,
        });
    }

    /// Requests without their repetitions.
    fn asked(&self) -> usize {
        let numbers = self.registers.iter().filter_map(|it| it.2.headers.cseq());
        let numbers: std::collections::BTreeSet<u32> = numbers.map(|it| it.number).collect();
        numbers.len()
    }

    fn route(&mut self, trunks: &[&str]) -> Vec<u8> {
        let hops = self.trunks.route(self.now, trunks);
        let last = |hop: Hop| match hop.target.flow.remote.ip() {
            std::net::IpAddr::V4(ip) => ip.octets()[3],
            std::net::IpAddr::V6(_) => 0,
        };
        hops.into_iter().map(last).collect()
    }

    fn tried(&mut self, last: u8, outcome: Outcome) {
        self.input(Input::Tried {
            trunk: "a",
            flow: flow(last, Transport::Udp),
            outcome,
        });
    }
}

#[test]
fn an_address_that_stops_answering_is_down_in_time_and_its_calls_go_elsewhere() {
    let mut bench = Bench::new(vec![config("a")]);
    bench.alive = vec![1, 2];
    bench.targets("a", Role::Calls, vec![target(1, 1, 0), target(2, 2, 0)]);
    bench.until(30_000);
    assert_eq!(bench.route(&["a"]), [1, 2]);
    bench.alive = vec![2];
    bench.until(55_000);
    assert_eq!(bench.route(&["a"]), [2, 1], "the dead one comes last");
    assert!(
        bench.told.iter().any(|line| line.contains("10.0.0.1 down")),
        "{:?}",
        bench.told
    );
    bench.alive = vec![1, 2];
    bench.until(70_000);
    assert_eq!(bench.route(&["a"]), [1, 2], "it is back");
}

#[test]
fn carriers_that_do_not_know_options_live_and_those_that_ignore_it_are_not_dead() {
    let mut bench = Bench::new(vec![config("a")]);
    (bench.alive, bench.says) = (vec![1], 405);
    bench.targets("a", Role::Calls, vec![target(1, 1, 0), target(2, 1, 0)]);
    bench.until(60_000);
    let standing = &bench.trunks.standing(bench.now)[0];
    let states: Vec<State> = standing.targets.iter().map(|(_, state)| *state).collect();
    assert_eq!(states, [State::Up, State::Unknown]);
    let accepted = |accepted: &[u16], status| {
        Probing {
            every: at(1),
            accepted: accepted.to_vec(),
        }
        .accepts(status)
    };
    let default = [200, 403, 404, 405, 481, 501, 408, 500, 503];
    let lives = default.map(|status| accepted(&[], status));
    assert_eq!(
        lives,
        [true, true, true, true, true, true, false, false, false]
    );
    assert!(accepted(&[200, 404], 404) && !accepted(&[200, 404], 405));
}

#[test]
fn an_address_that_fails_a_call_is_held_longer_each_time_and_is_still_the_last_resort() {
    let mut config = config("a");
    config.probing = None;
    let mut bench = Bench::new(vec![config]);
    bench.targets("a", Role::Calls, vec![target(1, 1, 0), target(2, 2, 0)]);
    bench.tried(1, Outcome::Failed(None));
    assert_eq!(bench.route(&["a"]), [2, 1]);
    bench.until(59_999);
    assert_eq!(bench.route(&["a"]), [2, 1]);
    bench.until(60_000);
    assert_eq!(bench.route(&["a"]), [1, 2]);
    bench.tried(1, Outcome::Failed(None));
    bench.until(179_999);
    assert_eq!(bench.route(&["a"]), [2, 1], "twice as long");
    bench.until(180_000);
    bench.tried(1, Outcome::Works);
    bench.tried(1, Outcome::Failed(None));
    bench.until(240_000);
    assert_eq!(bench.route(&["a"]), [1, 2], "from the beginning");
    bench.tried(2, Outcome::Failed(None));
    bench.tried(1, Outcome::Failed(None));
    assert_eq!(bench.route(&["a"]).len(), 1, "one of two that fail");
}

#[test]
fn who_asks_for_silence_gets_no_call_at_all() {
    let mut bench = Bench::new(vec![config("a")]);
    bench.alive = vec![1];
    bench.targets("a", Role::Calls, vec![target(1, 1, 0)]);
    bench.tried(1, Outcome::Failed(Some(at(20_000))));
    bench.until(19_000);
    assert!(bench.route(&["a"]).is_empty(), "nor because of a probe");
    bench.until(20_000);
    assert_eq!(bench.route(&["a"]), [1]);
    bench.tried(1, Outcome::Failed(Some(at(86_400_000))));
    bench.until(20_000 + 300_000);
    assert_eq!(bench.route(&["a"]), [1], "not for a day");
}

#[test]
fn a_wait_of_nothing_holds_a_target_that_failed_as_long_as_any() {
    let mut config = config("a");
    config.probing = None;
    let mut bench = Bench::new(vec![config]);
    bench.targets("a", Role::Calls, vec![target(1, 1, 0), target(2, 2, 0)]);
    bench.tried(1, Outcome::Failed(Some(at(0))));
    bench.until(59_000);
    assert_eq!(bench.route(&["a"]), [2, 1], "last, and there for want");
    bench.until(60_000);
    assert_eq!(bench.route(&["a"]), [1, 2]);
}

#[test]
fn trunks_without_an_address_of_use_do_not_stand_in_the_way() {
    let names = ["a", "b", "c", "d"];
    let mut bench = Bench::new(names.map(config).to_vec());
    bench.targets("a", Role::Calls, vec![target(1, 1, 0)]);
    bench.targets("c", Role::Calls, vec![target(3, 1, 0)]);
    bench.targets("d", Role::Calls, vec![target(4, 1, 0)]);
    bench.tried(1, Outcome::Failed(None));
    // "a" fails, of "b" no address is known.
    assert_eq!(bench.route(&names), [3, 4, 1]);
}

#[test]
fn a_call_tries_one_more_trunk_and_never_without_end() {
    let mut bench = Bench::new(vec![config("a"), config("b"), config("c")]);
    bench.targets("a", Role::Calls, (1..=3).map(|n| target(n, 1, 1)).collect());
    bench.targets(
        "b",
        Role::Calls,
        (4..=40).map(|n| target(n, 1, 1)).collect(),
    );
    bench.targets("c", Role::Calls, vec![target(99, 1, 1)]);
    let route = bench.route(&["a", "b", "c"]);
    assert!(
        route.len() <= TRIES_MAX && !route.contains(&99),
        "{route:?}"
    );
    assert_eq!(bench.route(&["c"]), [99]);
    let held = bench.trunks.standing(bench.now)[1].targets.len();
    assert_eq!(held, TARGETS_MAX);
}

#[test]
fn what_is_known_of_an_address_outlives_a_new_answer_of_the_dns() {
    let mut bench = Bench::new(vec![config("a")]);
    bench.targets("a", Role::Calls, vec![target(1, 1, 0), target(2, 2, 0)]);
    bench.tried(1, Outcome::Failed(None));
    bench.targets("a", Role::Calls, vec![target(3, 9, 0), target(1, 1, 0)]);
    assert_eq!(bench.route(&["a"]), [3, 1]);
}

#[test]
fn a_trunk_carries_what_its_contract_says() {
    let mut config = config("a");
    config.limits = Limits {
        calls: Some(30),
        in_per_second: Some(2),
        out_per_second: Some(1),
    };
    let mut trunks = Trunks::new(vec![config], [3; 32]);
    use Direction::{In, Out};
    assert_eq!(trunks.admit(at(0), "a", In, 30), Err(Full::Calls));
    let came = [0, 0, 0, 600].map(|ms| trunks.admit(at(ms), "a", In, 0));
    assert_eq!(came, [Ok(()), Ok(()), Err(Full::Rate), Ok(())]);
    let went = [600, 600].map(|ms| trunks.admit(at(ms), "a", Out, 29));
    assert_eq!(went, [Ok(()), Err(Full::Rate)]);
    assert_eq!(trunks.admit(at(0), "phones", In, 1_000), Ok(()));
}

#[test]
fn room_is_looked_for_without_being_taken() {
    let mut config = config("a");
    config.limits = Limits {
        calls: Some(2),
        in_per_second: None,
        out_per_second: Some(1),
    };
    let mut trunks = Trunks::new(vec![config], [3; 32]);
    for _ in 0..3 {
        assert!(trunks.has_room(at(0), "a", 1));
    }
    assert!(!trunks.has_room(at(0), "a", 2));
    assert_eq!(trunks.admit(at(0), "a", Direction::Out, 0), Ok(()));
    assert!(!trunks.has_room(at(0), "a", 0), "the rate");
    assert!(trunks.has_room(at(1_000), "a", 0));
}

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
