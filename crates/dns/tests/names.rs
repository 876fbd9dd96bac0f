//! Names against a DNS of a few lines on loopback.
use std::net::SocketAddr;
use std::time::Duration;

use gudok_dns::{Able, FOUND_MAX, Found, Known, Question, Resolver};
use gudok_sip::endpoint::Transport;
use gudok_testkit::names::{Data, Names, Record};
use tokio::sync::mpsc;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);
const ABLE: Able = Able {
    tcp: true,
    tls: true,
    v4: true,
    v6: true,
};

fn host(last: u8) -> Data {
    Data::A([10, 0, 0, last].into())
}

fn zone() -> Vec<Record> {
    vec![
        (
            "carrier.test",
            60,
            Data::Naptr(10, 20, "SIP+D2T", "_sip._tcp.carrier.test"),
        ),
        (
            "carrier.test",
            60,
            Data::Naptr(10, 10, "SIP+D2U", "_sip._udp.carrier.test"),
        ),
        (
            "carrier.test",
            60,
            Data::Naptr(5, 10, "SIP+D2X", "_sip._x.carrier.test"),
        ),
        ("carrier.test", 60, host(99)),
        (
            "_sip._udp.carrier.test",
            60,
            Data::Srv(20, 0, 5060, "b.carrier.test"),
        ),
        (
            "_sip._udp.carrier.test",
            60,
            Data::Srv(10, 5, 5080, "a.carrier.test"),
        ),
        (
            "_sip._tcp.carrier.test",
            60,
            Data::Srv(0, 0, 5062, "a.carrier.test"),
        ),
        ("_sips._tcp.carrier.test", 60, Data::Srv(0, 0, 5061, ".")),
        ("a.carrier.test", 60, host(1)),
        ("a.carrier.test", 60, host(2)),
        ("b.carrier.test", 60, host(3)),
        ("tcp-only.test", 60, host(98)),
        (
            "_sip._tcp.tcp-only.test",
            60,
            Data::Srv(0, 0, 5060, "b.carrier.test"),
        ),
        ("plain.test", 60, host(4)),
    ]
}

/// Without an earlier run, or a later one.
async fn keep<F: Future<Output = bool>>(
    resolver: Resolver,
    question: Question,
    tell: impl FnMut(Vec<Found>) -> F,
) {
    gudok_dns::keep(resolver, question, Known::default(), tell, |_| {}).await;
}

async fn asked(names: &Names, able: Able, question: Question) -> Option<Vec<Found>> {
    let resolver = Resolver::new(&[names.address], able).expect("a resolver");
    let (tell, mut told) = mpsc::channel(1);
    let task = tokio::spawn(keep(resolver, question, move |found| {
        let tell = tell.clone();
        async move { tell.send(found).await.is_ok() }
    }));
    let found = timeout(Duration::from_secs(1), told.recv())
        .await
        .ok()
        .flatten();
    task.abort();
    found
}

fn question(name: &str, port: Option<u16>, transport: Option<Transport>) -> Question {
    Question {
        name: name.to_owned(),
        port,
        transport,
        any_service: false,
    }
}

fn written(found: &[Found]) -> Vec<String> {
    let line = |it: &Found| {
        format!(
            "{} {} {}/{}",
            it.transport.name(),
            it.address,
            it.rank.priority,
            it.rank.weight
        )
    };
    found.iter().map(line).collect()
}

#[tokio::test]
async fn rfc_3263_from_naptr_to_the_address() {
    let names = Names::serve(&zone()).expect("it serves");
    for (name, port, transport, expected) in [
        (
            "carrier.test",
            None,
            None,
            &[
                "UDP 10.0.0.1:5080 10/5",
                "UDP 10.0.0.2:5080 10/5",
                "UDP 10.0.0.3:5060 20/0",
            ][..],
        ),
        (
            "carrier.test",
            None,
            Some(Transport::Tcp),
            &["TCP 10.0.0.1:5062 0/0", "TCP 10.0.0.2:5062 0/0"],
        ),
        // "Decidedly not available": the address itself, by the usual port.
        (
            "carrier.test",
            None,
            Some(Transport::Tls),
            &["TLS 10.0.0.99:5061 0/0"],
        ),
        (
            "carrier.test",
            Some(5099),
            None,
            &["UDP 10.0.0.99:5099 0/0"],
        ),
        (
            "carrier.test",
            Some(5099),
            Some(Transport::Tcp),
            &["TCP 10.0.0.99:5099 0/0"],
        ),
        ("tcp-only.test", None, None, &["TCP 10.0.0.3:5060 0/0"]),
        ("plain.test", None, None, &["UDP 10.0.0.4:5060 0/0"]),
    ] {
        let found = asked(&names, ABLE, question(name, port, transport)).await;
        assert_eq!(
            written(&found.unwrap_or_default()),
            expected,
            "{name} {port:?} {transport:?}"
        );
    }
    let udp_alone = Able { tcp: false, ..ABLE };
    let found = asked(&names, udp_alone, question("tcp-only.test", None, None)).await;
    assert_eq!(
        written(&found.unwrap_or_default()),
        ["UDP 10.0.0.98:5060 0/0"],
        "what we cannot speak is not chosen"
    );
    assert_eq!(
        asked(&names, ABLE, question("nowhere.test", None, None)).await,
        None
    );
}

#[tokio::test]
async fn a_query_that_fails_does_not_take_the_others_with_it() {
    let (naptr, aaaa, a, srv) = (35, 28, 1, 33);
    let names = Names::serve(&[
        ("naptr.test", 60, Data::Fails(naptr)),
        ("naptr.test", 60, host(1)),
        ("v6.test", 60, Data::Fails(aaaa)),
        ("v6.test", 60, host(2)),
        (
            "_sip._udp.half.test",
            60,
            Data::Srv(1, 0, 5060, "down.test"),
        ),
        ("_sip._udp.half.test", 60, Data::Srv(2, 0, 5060, "v6.test")),
        ("down.test", 60, Data::Fails(a)),
        ("down.test", 60, Data::Fails(aaaa)),
        ("_sip._udp.srv.test", 60, Data::Fails(srv)),
        ("srv.test", 60, host(3)),
    ])
    .expect("it serves");
    for (name, expected) in [
        ("naptr.test", &["UDP 10.0.0.1:5060 0/0"][..]),
        ("v6.test", &["UDP 10.0.0.2:5060 0/0"]),
        ("half.test", &["UDP 10.0.0.2:5060 2/0"]),
        ("srv.test", &["UDP 10.0.0.3:5060 0/0"]),
        ("down.test", &[]),
    ] {
        let found = asked(&names, ABLE, question(name, None, None)).await;
        assert_eq!(written(&found.unwrap_or_default()), expected, "{name}");
    }
}

#[tokio::test]
async fn of_the_part_that_fails_the_last_answer_holds() {
    let both = [
        ("_sip._udp.pair.test", 1, Data::Srv(1, 0, 5060, "a.test")),
        ("_sip._udp.pair.test", 1, Data::Srv(2, 0, 5060, "b.test")),
        ("a.test", 1, host(1)),
        ("b.test", 1, host(2)),
    ];
    let names = Names::serve(&both).expect("it serves");
    let resolver = Resolver::new(&[names.address], ABLE).expect("a resolver");
    let (tell, mut told) = mpsc::channel(4);
    let task = tokio::spawn(keep(
        resolver,
        question("pair.test", None, None),
        move |found| {
            let tell = tell.clone();
            async move { tell.send(found).await.is_ok() }
        },
    ));
    let first = timeout(PATIENCE, told.recv()).await.expect("an answer");
    assert_eq!(first.map(|it| it.len()), Some(2));
    let mut half = both;
    half[2].2 = Data::Fails(1);
    half[3].2 = host(3);
    names.change(&half);
    let second = timeout(PATIENCE, told.recv()).await.expect("news");
    assert_eq!(
        written(&second.unwrap_or_default()),
        ["UDP 10.0.0.1:5060 1/0", "UDP 10.0.0.3:5060 2/0"]
    );
    task.abort();
}

#[tokio::test]
async fn a_domain_that_wants_tls_alone_is_not_spoken_to_in_the_clear() {
    let wants = |service, replacement| ("safe.test", 60, Data::Naptr(1, 1, service, replacement));
    let names = Names::serve(&[
        wants("SIPS+D2T", "_sips._tcp.safe.test"),
        ("_sips._tcp.safe.test", 60, Data::Srv(1, 0, 5061, "a.test")),
        ("safe.test", 60, host(1)),
        ("a.test", 60, host(2)),
    ])
    .expect("it serves");
    let plain = Able { tls: false, ..ABLE };
    let question = || question("safe.test", None, None);
    assert_eq!(asked(&names, plain, question()).await, None);
    let found = asked(&names, ABLE, question()).await.unwrap_or_default();
    assert_eq!(written(&found), ["TLS 10.0.0.2:5061 1/0"]);
    // The services lead nowhere: the name itself, in the way it wants.
    names.change(&[
        wants("SIPS+D2T", "_sips._tcp.safe.test"),
        ("safe.test", 60, host(1)),
    ]);
    let found = asked(&names, ABLE, question()).await.unwrap_or_default();
    assert_eq!(written(&found), ["TLS 10.0.0.1:5061 0/0"]);
}

#[tokio::test]
async fn of_a_long_answer_the_best_are_used() {
    let mut zone: Vec<Record> = (0..40)
        .map(|n| {
            let srv = Data::Srv(100 - n, 0, 6_000 + n, "a.test");
            ("_sip._udp.long.test", 60, srv)
        })
        .collect();
    // Whatever the DNS says first.
    zone.rotate_left(10);
    zone.push(("a.test", 60, host(1)));
    zone.push(("a.test", 60, host(2)));
    let names = Names::serve(&zone).expect("it serves");
    let found = asked(&names, ABLE, question("long.test", None, None)).await;
    let found = found.unwrap_or_default();
    assert_eq!(found.len(), FOUND_MAX);
    let ranks: Vec<u16> = found.iter().map(|it| it.rank.priority).collect();
    let expected: Vec<u16> = (61..69).flat_map(|n| [n, n]).collect();
    assert_eq!(ranks, expected);
}

#[tokio::test]
async fn whoever_a_name_means_may_send_to_us() {
    let names = Names::serve(&zone()).expect("it serves");
    let question = Question {
        any_service: true,
        ..question("carrier.test", None, None)
    };
    let found = asked(&names, ABLE, question).await.unwrap_or_default();
    let mut hosts: Vec<String> = found.iter().map(|it| it.address.ip().to_string()).collect();
    hosts.sort();
    hosts.dedup();
    assert_eq!(hosts, ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.99"]);
}

#[tokio::test]
async fn a_change_is_told_after_the_ttl_and_a_dns_that_is_down_changes_nothing() {
    let (one, two) = ([("plain.test", 1, host(4))], [("plain.test", 1, host(5))]);
    let names = Names::serve(&one).expect("it serves");
    let resolver = Resolver::new(&[names.address], ABLE).expect("a resolver");
    let (tell, mut told) = mpsc::channel(4);
    let task = tokio::spawn(keep(
        resolver,
        question("plain.test", None, None),
        move |found| {
            let tell = tell.clone();
            async move { tell.send(found).await.is_ok() }
        },
    ));
    let address = |found: Option<Vec<Found>>| found.map(|it| it[0].address);
    let expected = |last| Some(SocketAddr::from(([10, 0, 0, last], 5060)));
    let first = timeout(PATIENCE, told.recv()).await.expect("an answer");
    assert_eq!(address(first), expected(4));
    names.change(&two);
    let second = timeout(PATIENCE, told.recv()).await.expect("news");
    assert_eq!(address(second), expected(5));
    names.silence();
    let before = names.asked();
    let silence = timeout(Duration::from_secs(8), told.recv()).await;
    assert!(silence.is_err(), "nothing is told: {silence:?}");
    assert!(names.asked() > before, "it was asked all the same");
    task.abort();
}

/// RFC 3403 §4.1: what the domain wants first is not weighed against what it prefers, and a higher order is not looked at once
/// a record of a lower one fits us.
#[tokio::test]
async fn the_order_of_naptr_comes_before_its_preference_and_is_not_gone_beyond() {
    let tcp = (
        "_sip._tcp.far.test",
        60,
        Data::Srv(0, 0, 5062, "t.far.test"),
    );
    let of = |order, preference, service, to| {
        ("far.test", 60, Data::Naptr(order, preference, service, to))
    };
    let udp_first = of(10, 90, "SIP+D2U", "_sip._udp.far.test");
    let tcp_next = of(20, 5, "SIP+D2T", "_sip._tcp.far.test");
    let tcp_beside = of(10, 95, "SIP+D2T", "_sip._tcp.far.test");
    let tls_before = of(5, 1, "SIPS+D2T", "_sips._tcp.far.test");
    let udp = (
        "_sip._udp.far.test",
        60,
        Data::Srv(0, 0, 5080, "u.far.test"),
    );
    let hosts = [
        ("far.test", 60, host(9)),
        ("t.far.test", 60, host(1)),
        ("u.far.test", 60, host(2)),
    ];
    let no_tls = Able { tls: false, ..ABLE };
    for (records, expected) in [
        (
            vec![tcp_next.clone(), udp_first.clone(), udp],
            "UDP 10.0.0.2:5080 0/0",
        ),
        // It fits and leads nowhere: to the name itself, by what was wanted.
        (
            vec![tcp_next.clone(), udp_first.clone()],
            "UDP 10.0.0.9:5060 0/0",
        ),
        (vec![tcp_beside, udp_first], "TCP 10.0.0.1:5062 0/0"),
        (vec![tls_before, tcp_next], "TCP 10.0.0.1:5062 0/0"),
    ] {
        let zone = [&records[..], std::slice::from_ref(&tcp), &hosts].concat();
        let names = Names::serve(&zone).expect("it serves");
        let found = asked(&names, no_tls, question("far.test", None, None)).await;
        assert_eq!(
            written(&found.expect("an answer")),
            [expected],
            "{records:?}"
        );
    }
}
