//! Operators' phones, as text: who rings for one call.
use std::net::SocketAddr;

use gudok_model::{AutoAnswer, CallId};
use gudok_sip::Method;
use gudok_sip::digest::{Algorithm, Challenge, ha1};
use gudok_store::{CallFilter, CallStory};
use tokio::net::UdpSocket;
use tokio::time::timeout;

use super::{Caller, Folder, OFFER, PASSWORD, PATIENCE};
use crate::control;
use crate::serve::{self, Running};
use crate::verbs::calls::of_session;
use crate::verbs::open_store;

/// An operator's phone, as text.
pub(super) struct Phone {
    socket: UdpSocket,
    daemon: SocketAddr,
    user: &'static str,
}

impl Phone {
    /// Registers with digest; returns when the registrar has said yes.
    pub(super) async fn register(running: &Running, user: &'static str) -> Self {
        Self::register_as(running, user, "Desk 1.0").await
    }

    /// The same, naming itself so.
    async fn register_as(running: &Running, user: &'static str, agent: &str) -> Self {
        let phone = Self::sign_in(running, user, agent, PASSWORD).await;
        phone.expect("SIP/2.0 200").await;
        phone
    }

    /// Asks to be registered, and proves what it is asked to by this password.
    pub(super) async fn sign_in(
        running: &Running,
        user: &'static str,
        agent: &str,
        password: &str,
    ) -> Self {
        let phone = Self {
            socket: UdpSocket::bind("127.0.0.1:0").await.expect("a port"),
            daemon: running.addresses.sip,
            user,
        };
        let agent = format!("User-Agent: {agent}\r\n");
        phone.send_register(1, &agent).await;
        let asked = phone.expect("SIP/2.0 401").await;
        let challenges = asked
            .lines()
            .filter_map(|line| line.strip_prefix("WWW-Authenticate: "));
        let challenge = challenges
            .filter_map(|value| Challenge::parse(value).ok())
            .find(|challenge| challenge.algorithm == Algorithm::Md5)
            .expect("MD5 is offered");
        let secret = ha1(Algorithm::Md5, user, &challenge.realm, password);
        let proof = challenge.answer(user, &secret, &Method::Register, "sip:gudok", "c", 1);
        phone
            .send_register(2, &format!("{agent}Authorization: {proof}\r\n"))
            .await;
        phone
    }

    async fn send_register(&self, number: u32, more: &str) {
        let (here, user) = (self.socket.local_addr().expect("bound"), self.user);
        let text = format!(
            "REGISTER sip:gudok SIP/2.0\r\nVia: SIP/2.0/UDP {here};rport;branch=z9hG4bK{user}{number}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{user}@gudok>;tag=f\r\nTo: <sip:{user}@gudok>\r\nCall-ID: {user}\r\n\
             CSeq: {number} REGISTER\r\nContact: <sip:{user}@{here}>\r\nExpires: 600\r\n{more}\
             Content-Length: 0\r\n\r\n"
        );
        self.send(&text).await;
    }

    async fn send(&self, text: &str) {
        let sent = self.socket.send_to(text.as_bytes(), self.daemon).await;
        sent.expect("sent");
    }

    pub(super) async fn expect(&self, start: &str) -> String {
        let mut buffer = [0; 8_192];
        let found = timeout(PATIENCE, async {
            loop {
                let length = self.socket.recv(&mut buffer).await.expect("received");
                let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                if text.starts_with(start) {
                    return text;
                }
            }
        });
        found
            .await
            .unwrap_or_else(|_| panic!("{}: no {start}", self.user))
    }

    /// Passes the caller on, in the dialog of this INVITE.
    pub(super) async fn refer(&self, invite: &str, to: &str) {
        let line = |name: &str| {
            let start = format!("{name}: ");
            let value = invite.lines().find_map(|line| line.strip_prefix(&start));
            value.expect("each INVITE has it").to_owned()
        };
        let (here, user) = (self.socket.local_addr().expect("bound"), self.user);
        let target = line("Contact");
        let target = target.split(['<', '>']).nth(1).expect("in brackets");
        let text = format!(
            "REFER {target} SIP/2.0\r\nVia: SIP/2.0/UDP {here};rport;branch=z9hG4bKrefer\r\nMax-Forwards: 70\r\n\
             From: {};tag={user}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 1 REFER\r\nContact: <sip:{user}@{here}>\r\n\
             Refer-To: <{to}>\r\nContent-Length: 0\r\n\r\n",
            line("To"),
            line("From"),
            line("Call-ID"),
        );
        self.send(&text).await;
    }

    /// A response to this INVITE.
    pub(super) async fn respond(&self, invite: &str, status: &str, body: &str) {
        let here = self.socket.local_addr().expect("bound");
        let mut text = format!("SIP/2.0 {status}\r\n");
        for line in invite.lines() {
            let name = line.split(':').next().unwrap_or_default();
            match name {
                "Via" | "From" | "Call-ID" | "CSeq" => text += &format!("{line}\r\n"),
                "To" => text += &format!("{line};tag={}\r\n", self.user),
                _ => {}
            }
        }
        text += &format!("Contact: <sip:{}@{here}>\r\n", self.user);
        if !body.is_empty() {
            text += "Content-Type: application/sdp\r\n";
        }
        text += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        self.send(&text).await;
    }
}

/// Everybody's phone rings.
pub(super) const ALL_RING: &str = r#"
[[number]]
did = "+78001234567"
label = "Все сразу"
answer = "answer"
record = "off"
flow = "main"
allow_closed = ["nobody"]

[group.all]
operators = ["101", "102"]
strategy = "ring_all"
ring = "20s"

[queue.all]

[[flow.main]]
queue = "all"
wait = "60s"
music = "music"
on_timeout = "sorry"
on_no_operators = "sorry"
on_full = "sorry"

[[flow.sorry]]
close = ["goodbye"]
reason = "nobody"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whose_phone_rang_in_vain_hears_that_another_answered() {
    let folder = Folder::new();
    folder.write("dialplans/8800.toml", ALL_RING);
    folder.hire(&["101", "102"]).await;
    let running = serve::start(folder.config(), &tokio::runtime::Handle::current())
        .await
        .expect("it starts");
    let quick = Phone::register(&running, "101").await;
    let slow = Phone::register(&running, "102").await;
    let mut caller = Caller::new(&running).await;
    caller.call(OFFER, "").await;
    let (asked_quick, asked_slow) = (quick.expect("INVITE ").await, slow.expect("INVITE ").await);
    quick.respond(&asked_quick, "180 Ringing", "").await;
    slow.respond(&asked_slow, "180 Ringing", "").await;
    quick.respond(&asked_quick, "200 OK", OFFER).await;
    let cancel = slow.expect("CANCEL ").await;
    assert!(
        cancel.contains("Reason: SIP;cause=200;text=\"Call completed elsewhere\""),
        "{cancel}"
    );
    running.shut_down(true).await;
}

/// Why somebody refuses is on record, as it is of a goodbye.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_phone_says_of_its_refusal_is_on_record() {
    let folder = Folder::new();
    folder.write("dialplans/8800.toml", ALL_RING);
    folder.hire(&["101"]).await;
    let running = serve::start(folder.config(), &tokio::runtime::Handle::current())
        .await
        .expect("it starts");
    let phone = Phone::register(&running, "101").await;
    let mut caller = Caller::new(&running).await;
    caller.call(OFFER, "").await;
    let asked = phone.expect("INVITE ").await;
    let refusal = "486 Busy\r\nReason: Q.850;cause=17;text=\"Busy +79990007788\"";
    phone.respond(&asked, refusal, "").await;
    phone.expect("ACK ").await;
    running.shut_down(true).await;
    let store = open_store(&folder.config()).await.expect("it opens");
    let rows = store.calls(&CallFilter::default()).await.expect("readable");
    let call = CallId(rows[0].call_id.parse().expect("an id"));
    let told = store.call(call).await.expect("readable").expect("there");
    let said = told
        .legs
        .iter()
        .find_map(|leg| Some((leg.said_q850?, leg.said.clone()?)));
    assert_eq!(said, Some((17, "Busy +7999•••7788".to_owned())));
}

/// A phone whose forwarding is set, by its owner or by whoever got at it: the caller goes to the next operator, and nothing
/// goes where the phone points.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_forwards_has_declined_and_nobody_is_called_there() {
    let folder = Folder::new();
    folder.write(
        "dialplans/8800.toml",
        &ALL_RING.replace("ring_all", "linear"),
    );
    folder.hire(&["101", "102"]).await;
    let running = serve::start(folder.config(), &tokio::runtime::Handle::current())
        .await
        .expect("it starts");
    let first = Phone::register(&running, "101").await;
    let second = Phone::register(&running, "102").await;
    let stranger = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let there = stranger.local_addr().expect("bound");
    let mut caller = Caller::new(&running).await;
    caller.call(OFFER, "").await;
    let asked = first.expect("INVITE ").await;
    let moved = format!("302 Moved Temporarily\r\nContact: <sip:900@{there}>");
    first.respond(&asked, &moved, "").await;
    second.expect("INVITE ").await;
    let mut buffer = [0; 64];
    assert!(
        stranger.try_recv(&mut buffer).is_err(),
        "nobody is called there"
    );
    running.shut_down(true).await;
}

/// One name for the call on both its legs (RFC 7989): the caller's number comes to the phone, the phone's to the caller.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn caller_and_phone_hear_each_others_session_id() {
    let (caller_id, phone_id) = ("a".repeat(32), "b".repeat(32));
    let nil = "0".repeat(32);
    let folder = Folder::new();
    folder.write("dialplans/8800.toml", ALL_RING);
    folder.hire(&["101"]).await;
    let running = serve::start(folder.config(), &tokio::runtime::Handle::current())
        .await
        .expect("it starts");
    let phone = Phone::register(&running, "101").await;
    let mut caller = Caller::new(&running).await;
    caller.to += &format!("\r\nSession-ID: {caller_id};remote={nil}");
    caller.call(OFFER, "").await;
    let asked = phone.expect("INVITE ").await;
    assert!(
        asked.contains(&format!("Session-ID: {caller_id};remote={nil}\r\n")),
        "{asked}"
    );
    let ok = format!("200 OK\r\nSession-ID: {phone_id};remote={caller_id}");
    phone.respond(&asked, &ok, OFFER).await;
    let ack = phone.expect("ACK ").await;
    assert!(
        ack.contains(&format!("Session-ID: {caller_id};remote={phone_id}\r\n")),
        "{ack}"
    );
    running.shut_down(true).await;
    // The phone's own log leads to the call as well as the carrier's.
    let told = found_by(&folder, &phone_id).await;
    assert_eq!(told.call.session_id, Some(caller_id.clone()));
    let answered = told.events.iter().filter_map(|event| event.decode());
    let answered = answered.map(|fact| crate::story::lines(&fact).join("\n"));
    let line = format!("плечо 1 ответило\n    · Session-ID {phone_id}");
    assert_eq!(answered.filter(|it| *it == line).count(), 1);
    let title = title(&folder, &told);
    assert!(
        title.ends_with(&format!(" · Session-ID {caller_id}")),
        "{title}"
    );
}

async fn found_by(folder: &Folder, number: &str) -> CallStory {
    let store = open_store(&folder.config()).await.expect("it opens");
    let rows = of_session(&store, number).await.expect("a number");
    let [row] = &rows[..] else {
        panic!("{number}: {rows:?}");
    };
    let call = CallId(row.call_id.parse().expect("an id"));
    store.call(call).await.expect("readable").expect("there")
}

/// What stands above the ladder of the call.
fn title(folder: &Folder, told: &CallStory) -> String {
    let call = CallId(told.call.call_id.parse().expect("an id"));
    let first = u64::try_from(told.events[0].seq).expect("a number");
    crate::verbs::ladder::of_call(&folder.config(), call, first).title
}

/// A caller whose side says no Session-ID: phones are told the call's own number, by which it is found.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_without_a_session_id_is_found_by_the_one_its_phones_are_told() {
    let folder = Folder::new();
    folder.write("dialplans/8800.toml", ALL_RING);
    folder.hire(&["101"]).await;
    let running = serve::start(folder.config(), &tokio::runtime::Handle::current())
        .await
        .expect("it starts");
    let phone = Phone::register(&running, "101").await;
    let mut caller = Caller::new(&running).await;
    caller.call(OFFER, "").await;
    let asked = phone.expect("INVITE ").await;
    let said = asked.lines().find_map(|it| it.strip_prefix("Session-ID: "));
    let said = said.expect("it says one").to_owned();
    phone.respond(&asked, "486 Busy Here", "").await;
    phone.expect("ACK ").await;
    running.shut_down(true).await;
    let told = found_by(&folder, &said).await;
    assert_eq!(told.call.session_id, None);
    let (number, _) = said.split_once(';').expect("two numbers");
    let title = title(&folder, &told);
    assert!(
        title.ends_with(&format!(" · Session-ID {number}")),
        "{title}"
    );
}

/// The make an admin set rules over what the phone names itself; both are told to who asks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_is_spoken_to_in_the_words_of_its_make() {
    let folder = Folder::new();
    folder.write("dialplans/8800.toml", ALL_RING);
    folder.write(
        "gudok.toml",
        &(folder.text() + "\n[phones]\ndistinctive_ring = true\n"),
    );
    folder.hire(&["101"]).await;
    folder
        .hire_with("102", |profile| {
            profile.auto_answer = AutoAnswer::ByPhone;
            profile.phone = Some("snom".into());
        })
        .await;
    let running = serve::start(folder.config(), &tokio::runtime::Handle::current())
        .await
        .expect("it starts");
    let guessed = Phone::register_as(&running, "101", "Yealink SIP-T31P 124.86.0.40").await;
    let named = Phone::register_as(&running, "102", "Desk 1.0").await;
    let mut caller = Caller::new(&running).await;
    caller.call(OFFER, "").await;
    let (first, second) = (
        guessed.expect("INVITE ").await,
        named.expect("INVITE ").await,
    );
    let rings = "Alert-Info: <http://127.0.0.1>;info=alert-external;x-line-id=0\r\n";
    assert!(first.contains(rings), "{first}");
    let answers = "Alert-Info: <http://gudok>;info=alert-autoanswer;delay=0\r\n";
    assert!(
        second.contains(answers) && !first.contains(answers),
        "{second}"
    );
    let told = tokio::task::spawn_blocking({
        let path = control::path(&folder.config());
        move || control::ask(&path, "phones")
    });
    let told = told.await.expect("asked").expect("answered");
    let mut lines = told.lines();
    let (first, second) = (
        lines.next().unwrap_or_default(),
        lines.next().unwrap_or_default(),
    );
    assert!(
        first.starts_with("101\tyealink (угадано)\tUDP 127.0.0.1:"),
        "{told}"
    );
    assert!(first.ends_with("Yealink SIP-T31P 124.86.0.40"), "{told}");
    assert!(second.starts_with("102\tsnom (задано)\t"), "{told}");
    running.shut_down(true).await;
}

/// Where it is allowed, the colleague that the phone names is asked, though nobody of that group; still nothing goes to the
/// host that it names.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_forwards_to_a_colleague_is_followed_where_that_is_allowed() {
    let folder = Folder::new();
    let plan = ALL_RING.replace("[\"101\", \"102\"]", "[\"101\"]");
    folder.write("dialplans/8800.toml", &plan);
    let text = folder.text() + "\n[phones]\nredirect = \"users\"\n";
    folder.write("gudok.toml", &text);
    folder.hire(&["101", "102"]).await;
    let running = serve::start(folder.config(), &tokio::runtime::Handle::current())
        .await
        .expect("it starts");
    let first = Phone::register(&running, "101").await;
    let second = Phone::register(&running, "102").await;
    let stranger = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let there = stranger.local_addr().expect("bound");
    let mut caller = Caller::new(&running).await;
    caller.call(OFFER, "").await;
    let asked = first.expect("INVITE ").await;
    let moved = format!("302 Moved Temporarily\r\nContact: <sip:102@{there}>");
    first.respond(&asked, &moved, "").await;
    second.expect("INVITE ").await;
    let mut buffer = [0; 64];
    assert!(
        stranger.try_recv(&mut buffer).is_err(),
        "nobody is called there"
    );
    running.shut_down(true).await;
}
