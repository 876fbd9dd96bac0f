use super::*;
use crate::Message;
use crate::digest::{Algorithm, Authorization, Nonces, Verdict, challenge, ha1, verify};

fn config() -> Config {
    Config {
        registrar: "sip:gudok".into(),
        address: "sip:101@gudok".into(),
        login: Login::new("101", None, "secret"),
        expires_secs: 600,
    }
}

fn way(transport: Transport) -> Way {
    Way {
        contact: "<sip:101@127.0.0.1:5070;line=abc>".into(),
        sent_by: "127.0.0.1:5070".into(),
        transport,
    }
}

fn machine() -> Registration {
    Registration::new(config(), way(Transport::Udp), [7; 32])
}

fn sent(machine: &mut Registration) -> Request {
    let Some(Output::Send(bytes)) = machine.poll_output() else {
        panic!("nothing was sent")
    };
    let Ok(Message::Request(request)) = crate::parse::parse(&bytes) else {
        panic!("no request")
    };
    request
}

fn answer(
    machine: &mut Registration,
    at: u64,
    request: &Request,
    status: u16,
    extra: &[(&'static str, String)],
) {
    let mut headers = crate::endpoint::copied_headers(&request.headers);
    extra
        .iter()
        .for_each(|(name, value)| headers.push(*name, value.clone()));
    let response = Response {
        status,
        reason: String::new(),
        headers,
        body: Vec::new(),
    };
    assert!(
        machine.handle_response(secs(at), &response),
        "it is its own"
    );
}

fn asks(realm: &str, nonce: &str, stale: bool) -> (&'static str, String) {
    let asked = challenge(realm, nonce, Algorithm::Sha256, stale);
    ("WWW-Authenticate", asked)
}

fn grants(secs: u32) -> (&'static str, String) {
    let contact = format!("<sip:101@127.0.0.1:5070;line=abc>;expires={secs}");
    ("Contact", contact)
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn starts(machine: &mut Registration) -> Request {
    machine.handle_timeout(secs(0));
    sent(machine)
}

#[test]
fn registers_with_the_stronger_digest_and_refreshes_in_time() {
    let mut machine = machine();
    let first = starts(&mut machine);
    let challenges = [Algorithm::Md5, Algorithm::Sha256].map(|algorithm| {
        (
            "WWW-Authenticate",
            challenge("gudok", "n", algorithm, false),
        )
    });
    answer(&mut machine, 0, &first, 401, &challenges);
    let second = sent(&mut machine);
    let proof = second.headers.get("Authorization").unwrap();
    assert!(proof.contains("SHA-256"), "{proof}");
    answer(&mut machine, 1, &second, 200, &[grants(100)]);
    assert_eq!(machine.poll_output(), Some(Output::Registered(secs(100))));
    let refresh = machine.poll_timeout().unwrap();
    assert!(
        (secs(71)..=secs(81)).contains(&refresh),
        "within 80 %: {refresh:?}"
    );
}

#[test]
fn a_refresh_answers_the_last_challenge_by_itself_and_the_registrar_believes_it() {
    let mut machine = machine();
    let mut nonces = Nonces::new([1; 32], secs(1_000));
    let nonce = nonces.issue(secs(0), 7);
    let first = starts(&mut machine);
    answer(
        &mut machine,
        0,
        &first,
        401,
        &[asks("carrier", &nonce, false)],
    );
    let secret = ha1(Algorithm::Sha256, "101", "carrier", "secret");
    for at in [0, 500, 1_100] {
        machine.handle_timeout(secs(at));
        let request = sent(&mut machine);
        let proof = request.headers.get("Authorization").unwrap();
        let proof = Authorization::parse(proof).unwrap();
        let verdict = verify(
            &mut nonces,
            &proof,
            &Method::Register,
            "sip:gudok",
            &secret,
            secs(at),
        );
        let expected = if at < 1_100 {
            Verdict::Proved
        } else {
            Verdict::Stale
        };
        assert_eq!(verdict, expected, "at {at}");
        if verdict == Verdict::Proved {
            answer(&mut machine, at, &request, 200, &[grants(500)]);
            machine.poll_output();
        } else {
            answer(
                &mut machine,
                at,
                &request,
                401,
                &[asks("carrier", "n2", true)],
            );
            assert_eq!(
                sent(&mut machine)
                    .headers
                    .get("Authorization")
                    .map(|it| it.contains("n2")),
                Some(true)
            );
        }
    }
}

#[test]
fn each_realm_on_the_way_is_answered_and_foreign_ones_are_not() {
    let mut machine = machine();
    let first = starts(&mut machine);
    answer(
        &mut machine,
        0,
        &first,
        401,
        &[asks("carrier", "n1", false), asks("billing", "n2", false)],
    );
    let second = sent(&mut machine);
    assert_eq!(second.headers.all("Authorization").count(), 2);
    let proxy = challenge("proxy", "n3", Algorithm::Md5, false);
    answer(
        &mut machine,
        0,
        &second,
        407,
        &[("Proxy-Authenticate", proxy)],
    );
    let third = sent(&mut machine);
    assert_eq!(third.headers.all("Authorization").count(), 2);
    assert_eq!(third.headers.all("Proxy-Authorization").count(), 1);

    let config = Config {
        login: Login::new("101", Some("carrier"), "secret"),
        ..config()
    };
    let mut machine = Registration::new(config, way(Transport::Udp), [7; 32]);
    let first = starts(&mut machine);
    answer(&mut machine, 0, &first, 401, &[asks("other", "n", false)]);
    assert_eq!(machine.poll_output(), Some(Output::Failed(401)));
    assert_eq!(machine.poll_output(), None, "the password was not used");
}

#[test]
fn repeats_over_udp_gives_up_and_backs_off_with_jitter() {
    let mut machine = machine();
    let (mut requests, mut repeated, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    let mut last = None;
    while let Some(at) = machine.poll_timeout().filter(|at| *at < secs(3_000)) {
        machine.handle_timeout(at);
        while let Some(output) = machine.poll_output() {
            match output {
                Output::Send(bytes) if last == Some(bytes.clone()) => repeated.push(at.as_millis()),
                Output::Send(bytes) => {
                    requests.push(at);
                    last = Some(bytes);
                }
                _ => failures.push(at),
            }
        }
    }
    assert_eq!(repeated[..4], [500, 1_500, 3_500, 7_500]);
    let pauses: Vec<Duration> = failures
        .iter()
        .zip(&requests[1..])
        .map(|(failed, next)| *next - *failed)
        .collect();
    for (nth, pause) in pauses.iter().enumerate() {
        let whole = secs(1 << nth.min(9)).min(BACK_OFF.1);
        assert!(*pause <= whole && *pause >= whole * 3 / 4, "{pauses:?}");
    }
    let first_minute = requests.iter().filter(|at| **at < secs(60)).count();
    assert!(first_minute <= 10, "{requests:?}");
    let other = Registration::new(config(), way(Transport::Udp), [8; 32]);
    assert_ne!(other.call_id, machine.call_id);
}

#[test]
fn over_tcp_nothing_is_repeated_and_a_lost_connection_is_an_end() {
    let mut machine = Registration::new(config(), way(Transport::Tcp), [7; 32]);
    let first = starts(&mut machine);
    assert!(
        first
            .headers
            .get("Via")
            .unwrap()
            .starts_with("SIP/2.0/TCP ")
    );
    assert_eq!(machine.poll_timeout(), Some(GIVE_UP));
    machine.flow_lost(secs(1));
    assert_eq!(machine.poll_output(), Some(Output::Failed(0)));
    machine.handle_timeout(secs(3));
    let again = sent(&mut machine);
    answer(&mut machine, 3, &again, 200, &[grants(600)]);
    machine.poll_output();
    machine.flow_lost(secs(10));
    let due = machine.poll_timeout().unwrap();
    assert!((secs(10)..secs(11)).contains(&due), "at once: {due:?}");
}

#[test]
fn a_wrong_secret_is_no_endless_loop_and_is_not_insisted_on() {
    let mut machine = machine();
    let first = starts(&mut machine);
    answer(
        &mut machine,
        0,
        &first,
        401,
        &[asks("carrier", "n1", false)],
    );
    let second = sent(&mut machine);
    answer(
        &mut machine,
        0,
        &second,
        401,
        &[asks("carrier", "n2", false)],
    );
    assert_eq!(machine.poll_output(), Some(Output::Failed(401)));
    assert_eq!(machine.poll_output(), None);
    let pause = machine.poll_timeout().unwrap();
    assert!(pause >= REFUSED_PAUSE * 3 / 4, "{pause:?}");
}

#[test]
fn a_nonce_that_is_always_stale_and_a_realm_without_end_are_given_up() {
    for (realms, stale) in [
        (["carrier"; 9], true),
        (["a", "b", "c", "d", "e", "f", "g", "h", "i"], false),
    ] {
        let mut machine = machine();
        let mut request = starts(&mut machine);
        let mut asked = 0;
        loop {
            let nonce = format!("n{asked}");
            answer(
                &mut machine,
                0,
                &request,
                401,
                &[asks(realms[asked], &nonce, stale)],
            );
            asked += 1;
            match machine.poll_output() {
                Some(Output::Send(bytes)) => {
                    let Ok(Message::Request(next)) = crate::parse::parse(&bytes) else {
                        panic!()
                    };
                    request = next;
                }
                other => {
                    assert_eq!(other, Some(Output::Failed(401)));
                    break;
                }
            }
        }
        assert!(asked <= REALMS_MAX + 1, "{asked}");
    }
}

#[test]
fn an_interval_too_brief_is_mended_and_an_endless_one_is_not() {
    let mut machine = machine();
    let first = starts(&mut machine);
    let brief = |secs: u32| ("Min-Expires", secs.to_string());
    answer(&mut machine, 0, &first, 423, &[brief(900)]);
    let mut request = sent(&mut machine);
    assert_eq!(request.headers.get("Expires"), Some("900"));
    for more in 901..901 + u32::from(REQUESTS_MAX) {
        answer(&mut machine, 0, &request, 423, &[brief(more)]);
        match machine.poll_output() {
            Some(Output::Send(bytes)) => {
                let Ok(Message::Request(next)) = crate::parse::parse(&bytes) else {
                    panic!()
                };
                request = next;
            }
            other => {
                assert_eq!(other, Some(Output::Failed(423)));
                break;
            }
        }
    }
    assert!(machine.sent.is_none(), "it came to an end");
    let mut machine = self::machine();
    let first = starts(&mut machine);
    answer(&mut machine, 0, &first, 423, &[brief(u32::MAX)]);
    assert_eq!(machine.poll_output(), Some(Output::Failed(423)));
}

#[test]
fn a_registrar_that_wants_silence_gets_it_and_not_for_a_day() {
    for (wants, gets) in [("90", 90), ("100000 (maintenance);duration=3600", 300)] {
        let mut machine = machine();
        let first = starts(&mut machine);
        answer(
            &mut machine,
            0,
            &first,
            503,
            &[("Retry-After", wants.into())],
        );
        assert_eq!(machine.poll_output(), Some(Output::Failed(503)));
        let due = machine.poll_timeout().unwrap();
        let told = secs(gets)..=secs(gets) * 11 / 10;
        assert!(told.contains(&due), "spread, and never sooner: {due:?}");
        machine.retry(secs(1));
        assert_eq!(
            machine.poll_timeout(),
            Some(machine.silence()),
            "whatever we know"
        );
    }
}

#[test]
fn a_wait_of_nothing_does_not_undo_the_pauses() {
    let mut machine = machine();
    let (mut now, mut requests) = (secs(0), 0);
    while now < secs(600) {
        machine.handle_timeout(now);
        if let Some(Output::Send(bytes)) = machine.poll_output() {
            let Ok(Message::Request(request)) = crate::parse::parse(&bytes) else {
                panic!("no request")
            };
            requests += 1;
            let zero = [("Retry-After", "0".to_owned())];
            answer(&mut machine, now.as_secs(), &request, 503, &zero);
            machine.poll_output();
        }
        now = machine.poll_timeout().unwrap().max(now);
    }
    assert!((8..=14).contains(&requests), "{requests}");
}

#[test]
fn a_server_that_wants_silence_does_not_silence_another() {
    let mut machine = machine();
    let first = starts(&mut machine);
    let wait = [("Retry-After", "300".to_owned())];
    answer(&mut machine, 0, &first, 503, &wait);
    machine.set_way(way(Transport::Tcp), secs(0));
    machine.retry(secs(1));
    assert_eq!(machine.poll_timeout(), Some(secs(1)));
}

#[test]
fn a_connection_that_is_closed_after_each_answer_is_not_made_anew_for_ever() {
    let mut machine = Registration::new(config(), way(Transport::Tcp), [7; 32]);
    let mut requests = Vec::new();
    while let Some(at) = machine.poll_timeout().filter(|at| *at < secs(3_600)) {
        machine.handle_timeout(at);
        let request = sent(&mut machine);
        requests.push(at);
        answer(&mut machine, at.as_secs(), &request, 200, &[grants(600)]);
        assert_eq!(machine.poll_output(), Some(Output::Registered(secs(600))));
        machine.flow_lost(at);
        machine.flow_lost(at);
    }
    assert!(requests[1] <= secs(1), "{requests:?}");
    assert!(requests.len() < 30, "{}", requests.len());
    // One that was of use is worth haste again.
    let at = machine.poll_timeout().unwrap();
    machine.handle_timeout(at);
    let request = sent(&mut machine);
    answer(&mut machine, at.as_secs(), &request, 200, &[grants(600)]);
    machine.flow_lost(at + FLOW_LIVED);
    let due = machine.poll_timeout().unwrap();
    assert!(due <= at + FLOW_LIVED + secs(1), "{due:?}");
}

#[test]
fn of_several_contacts_ours_tells_the_lifetime() {
    let mut machine = machine();
    let first = starts(&mut machine);
    let others = (
        "Contact",
        "<sip:101@10.0.0.9>;expires=9, <sip:101@127.0.0.1:5070;line=abc>;q=1;EXPIRES=400"
            .to_owned(),
    );
    answer(&mut machine, 0, &first, 200, &[others]);
    assert_eq!(machine.poll_output(), Some(Output::Registered(secs(400))));
}

#[test]
fn it_takes_its_contact_back() {
    let mut machine = machine();
    let first = starts(&mut machine);
    answer(
        &mut machine,
        0,
        &first,
        401,
        &[asks("carrier", "n1", false)],
    );
    let second = sent(&mut machine);
    answer(&mut machine, 0, &second, 200, &[grants(600)]);
    machine.poll_output();
    machine.withdraw(secs(5));
    let last = sent(&mut machine);
    assert_eq!(last.headers.get("Expires"), Some("0"));
    assert!(last.headers.get("Authorization").is_some(), "in one go");
    answer(&mut machine, 5, &last, 200, &[]);
    assert_eq!(machine.poll_output(), Some(Output::Withdrawn));
    assert_eq!(machine.poll_timeout(), None);
}

#[test]
fn what_is_asked_while_we_leave_is_taken_back_after_its_answer() {
    // The first request is under way.
    let mut machine = machine();
    let first = starts(&mut machine);
    machine.withdraw(secs(1));
    assert_eq!(machine.poll_output(), None, "not beside it");
    assert!(machine.is_asking());
    answer(&mut machine, 1, &first, 200, &[grants(600)]);
    let last = sent(&mut machine);
    assert_eq!(last.headers.get("Expires"), Some("0"));
    answer(&mut machine, 1, &last, 200, &[]);
    assert_eq!(machine.poll_output(), Some(Output::Withdrawn));
    // It is challenged: what it asked for is not wanted any more.
    let mut machine = self::machine();
    let first = starts(&mut machine);
    machine.withdraw(secs(1));
    answer(&mut machine, 1, &first, 401, &[asks("carrier", "n", false)]);
    assert_eq!(sent(&mut machine).headers.get("Expires"), Some("0"));
    // Nothing is under way, and the registrar does not have us.
    let mut machine = self::machine();
    let first = starts(&mut machine);
    answer(&mut machine, 1, &first, 503, &[]);
    machine.poll_output();
    machine.withdraw(secs(1));
    assert_eq!(machine.poll_output(), Some(Output::Withdrawn));
    machine.flow_lost(secs(2));
    machine.retry(secs(2));
    assert_eq!(machine.poll_timeout(), None, "nor later");
}
