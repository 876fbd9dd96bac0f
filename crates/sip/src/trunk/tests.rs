use super::*;
use crate::digest::Login;
use crate::endpoint::Transport;
use crate::message::{Message, Request, Response};

mod registering;
mod watched;

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
        watch: None,
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
    /// Probes so far.
    questions: usize,
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
            questions: 0,
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
        self.questions += 1;
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
