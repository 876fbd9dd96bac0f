//! The real daemon on loopback against one socket that speaks SIP as text.
mod names;
mod people;
mod phones;
mod private;
mod seeing;
mod unwritten;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use gudok_journal::Seq;
use gudok_model::{AutoAnswer, CallId, OperatorProfile};
use gudok_store::{CallFilter, NewOperator};
use tokio::net::UdpSocket;
use tokio::time::timeout;

use crate::config::{self, Config};
use crate::hotline::Order;
use crate::replay::replay;
use crate::serve::{self, Running};
use crate::verbs::open_store;

/// What takes longer has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
    m=audio 30000 RTP/AVP 8\r\n";

/// Of every operator of these tests.
const PASSWORD: &str = "correct-horse";

/// Nobody answers here but a number outside.
const OUTSIDE: &str = r#"
[[number]]
did = "+78001234567"
label = "Наружу"
answer = "answer"
record = "off"
flow = "main"

[[flow.main]]
external = "+79990000009"
ring = "20s"
music = "music"
on_not_answered = "sorry"

[[flow.sorry]]
close = ["goodbye"]
reason = "nobody"
"#;

/// A configuration with the plan of the demo, in a folder of its own.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(dir.path().join("dialplans")).expect("a folder");
        let plan = include_str!("../demo/8800.toml");
        std::fs::write(dir.path().join("dialplans/8800.toml"), plan).expect("written");
        let path = |name: &str| format!("{:?}", dir.path().join(name));
        let text = format!(
            "[sip]\nlisten = \"127.0.0.1:0\"\nlisten_tcp = \"127.0.0.1:0\"\n\n\
             [[trunk]]\nname = \"loopback\"\nsources = [\"127.0.0.0/8\"]\n\n\
             [paths]\ndialplans = {}\nrecordings = {}\njournal = {}\ndatabase = {}\n\n\
             [cti]\nlisten = \"127.0.0.1:0\"\n\n[web]\nlisten = \"127.0.0.1:0\"\n",
            path("dialplans"),
            path("recordings"),
            path("journal"),
            path("gudok.db"),
        );
        std::fs::write(dir.path().join("gudok.toml"), text).expect("written");
        Self(dir)
    }

    /// Calls go outside at once, by an outbound section that ends so.
    fn overflowing(carrier: SocketAddr, dial_format: &str) -> Self {
        let folder = Self::new();
        std::fs::write(folder.0.path().join("dialplans/8800.toml"), OUTSIDE).expect("written");
        folder.set_outbound(carrier, dial_format);
        folder
    }

    /// Calls leave to this carrier.
    fn set_outbound(&self, carrier: SocketAddr, dial_format: &str) {
        let path = self.path().join("gudok.toml");
        let text = std::fs::read_to_string(&path).expect("readable");
        let outbound = format!(
            "[trunk.outbound]\naddress = \"{carrier}\"\nnumber = \"8 800 123-45-67\"\n{dial_format}\n[paths]"
        );
        std::fs::write(path, text.replace("[paths]", &outbound)).expect("written");
    }

    /// Further lines of the trunk.
    fn set_of_trunk(&self, lines: &str) {
        let path = self.path().join("gudok.toml");
        let text = std::fs::read_to_string(&path).expect("readable");
        let name = "name = \"loopback\"\n";
        std::fs::write(path, text.replace(name, &format!("{name}{lines}"))).expect("written");
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).expect("written");
    }

    /// The configuration.
    fn text(&self) -> String {
        std::fs::read_to_string(self.path().join("gudok.toml")).expect("readable")
    }

    /// Operators who work by phone alone.
    async fn hire(&self, operators: &[&str]) {
        for id in operators {
            self.hire_with(id, |_| {}).await;
        }
    }

    /// One of them, set up so.
    async fn hire_with(&self, id: &str, set_up: impl FnOnce(&mut OperatorProfile)) {
        let config = self.config();
        let store = open_store(&config).await.expect("it opens");
        let mut profile = OperatorProfile {
            id: id.into(),
            name: id.to_owned(),
            project: "main".into(),
            auto_answer: AutoAnswer::Off,
            phone_only: true,
            phone: None,
            role: gudok_model::Role::Operator,
        };
        set_up(&mut profile);
        let new = NewOperator {
            profile,
            realm: &config.sip.realm,
            password: PASSWORD,
        };
        let added = store.add_operator(&new, crate::clock::wall()).await;
        added.expect("a new one");
        store.close().await;
    }

    pub(crate) fn config(&self) -> Config {
        config::read(&self.0.path().join("gudok.toml")).expect("a good configuration")
    }

    /// What ended each call, oldest first.
    async fn ends(&self) -> Vec<String> {
        let store = open_store(&self.config()).await.expect("it opens");
        let rows = store.calls(&CallFilter::default()).await.expect("readable");
        let reasons = rows.into_iter().rev();
        reasons.filter_map(|row| row.termination_reason).collect()
    }
}

/// A caller on a trunk.
pub(crate) struct Caller {
    socket: UdpSocket,
    daemon: SocketAddr,
    to: String,
    call_id: &'static str,
    /// Before the address of From, as it is written.
    display: String,
}

impl Caller {
    pub(crate) async fn new(running: &Running) -> Self {
        Self::named(running, "c").await
    }

    async fn named(running: &Running, call_id: &'static str) -> Self {
        Self {
            socket: UdpSocket::bind("127.0.0.1:0").await.expect("a port"),
            daemon: running.addresses.sip,
            to: "<sip:88001234567@gudok>".to_owned(),
            call_id,
            display: String::new(),
        }
    }

    async fn send(&self, method: &str, body: &str) {
        self.send_with(method, "", body).await;
    }

    /// CANCEL of the INVITE: of its transaction.
    async fn cancel(&self, more: &str) {
        let (here, id) = (self.socket.local_addr().expect("bound"), self.call_id);
        let text = format!(
            "CANCEL sip:88001234567@gudok SIP/2.0\r\nVia: SIP/2.0/UDP {here};rport;branch=z9hG4bKINVITE{id}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:+79990001122@carrier>;tag=f\r\nTo: {}\r\nCall-ID: {id}\r\n\
             CSeq: 1 CANCEL\r\n{more}Content-Length: 0\r\n\r\n",
            self.to
        );
        let sent = self.socket.send_to(text.as_bytes(), self.daemon).await;
        sent.expect("sent");
    }

    /// With further headers, each with its line end.
    async fn send_with(&self, method: &str, more: &str, body: &str) {
        let (here, to) = (self.socket.local_addr().expect("bound"), &self.to);
        let (id, display) = (self.call_id, &self.display);
        // After the INVITE, in its dialog.
        let number = if method == "BYE" { 2 } else { 1 };
        let kind = if body.is_empty() {
            ""
        } else {
            "Content-Type: application/sdp\r\n"
        };
        let text = format!(
            "{method} sip:88001234567@gudok SIP/2.0\r\nVia: SIP/2.0/UDP {here};rport;branch=z9hG4bK{method}{id}\r\n\
             Max-Forwards: 70\r\nFrom: {display}<sip:+79990001122@carrier>;tag=f\r\nTo: {to}\r\nCall-ID: {id}\r\n\
             CSeq: {number} {method}\r\nContact: <sip:carrier@{here}>\r\n{more}{kind}Content-Length: {}\r\n\r\n{body}",
            body.len(),
        );
        let sent = self.socket.send_to(text.as_bytes(), self.daemon).await;
        sent.expect("sent");
    }

    /// The next message that begins so and holds this.
    async fn expect(&self, start: &str, part: &str) -> String {
        let mut buffer = vec![0; 16_384];
        let found = timeout(PATIENCE, async {
            loop {
                let length = self.socket.recv(&mut buffer).await.expect("received");
                let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                if text.starts_with(start) && text.contains(part) {
                    return text;
                }
            }
        });
        found.await.unwrap_or_else(|_| panic!("no {start}"))
    }

    /// INVITE, 200, ACK.
    async fn call(&mut self, offer: &str, answer: &str) {
        self.send("INVITE", offer).await;
        let accepted = self.expect("SIP/2.0 200", "1 INVITE").await;
        self.acknowledge(&accepted, answer).await;
    }

    async fn acknowledge(&mut self, accepted: &str, answer: &str) {
        let to = accepted.lines().find_map(|line| line.strip_prefix("To: "));
        self.to = to.expect("a To").to_owned();
        self.send("ACK", answer).await;
    }

    /// Whether the INVITE got its 200, which is acknowledged, and not 400.
    async fn is_taken(&mut self) -> bool {
        loop {
            let answer = self.expect("SIP/2.0 ", "1 INVITE").await;
            match answer.get(8..11) {
                Some("100") => {}
                Some("200") => {
                    self.acknowledge(&answer, "").await;
                    return true;
                }
                other => {
                    assert_eq!(other, Some("400"), "{answer}");
                    return false;
                }
            }
        }
    }

    /// OPTIONS, 200; what was sent before has been taken then.
    pub(crate) async fn asks_whether_we_live(&mut self) {
        self.to = "<sip:gudok>".to_owned();
        self.send("OPTIONS", "").await;
        self.expect("SIP/2.0 200", "1 OPTIONS").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ack_without_the_answer_to_our_offer_ends_the_call() {
    let folder = Folder::new();
    let running = serve::start(folder.config(), &tokio::runtime::Handle::current())
        .await
        .expect("it starts");
    let mut caller = Caller::new(&running).await;
    caller.call("", "").await;
    caller.expect("BYE ", "").await;
    running.shut_down(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_may_not_send_us_to_ourselves() {
    let folder = Folder::new();
    let running = serve::start(folder.config(), &tokio::runtime::Handle::current())
        .await
        .expect("it starts");
    let caller = Caller::new(&running).await;
    let looped = OFFER.replace("30000", "40000");
    caller.send("INVITE", &looped).await;
    caller.expect("SIP/2.0 488", "1 INVITE").await;
    running.shut_down(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_at_once_says_goodbye_to_whoever_talks() {
    let folder = Folder::new();
    let running = serve::start(folder.config(), &tokio::runtime::Handle::current())
        .await
        .expect("it starts");
    let mut caller = Caller::new(&running).await;
    caller.call(OFFER, "").await;
    // The ACK has been taken when what follows it is answered.
    caller.asks_whether_we_live().await;
    running.shut_down(true).await;
    caller.expect("BYE ", "").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bug_in_a_timer_ends_its_call_and_no_other() {
    let folder = Folder::new();
    let running = serve::start(folder.config(), &tokio::runtime::Handle::current())
        .await
        .expect("it starts");
    let mut unlucky = Caller::named(&running, "unlucky").await;
    unlucky.call(OFFER, "").await;
    let mut other = Caller::named(&running, "other").await;
    other.call(OFFER, "").await;
    running.orders.send(Order::Bug).await.expect("it lives");
    unlucky.expect("BYE ", "").await;
    // What is told after it is told in order: the other one hears nothing before the stop.
    other.asks_whether_we_live().await;
    running.shut_down(true).await;
    other.expect("BYE ", "").await;
    assert_eq!(folder.ends().await, ["panic", "hung-up-by-us"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_carrier_is_dialled_as_it_wants_numbers_written() {
    for (setting, dialled, own) in [
        ("", "+79990000009", "+78001234567"),
        ("dial_format = \"e164\"", "+79990000009", "+78001234567"),
        ("dial_format = \"national8\"", "89990000009", "88001234567"),
        ("dial_format = \"national7\"", "79990000009", "78001234567"),
    ] {
        let carrier = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
        let folder = Folder::overflowing(carrier.local_addr().expect("bound"), setting);
        let running = serve::start(folder.config(), &tokio::runtime::Handle::current())
            .await
            .expect("it starts");
        let mut caller = Caller::new(&running).await;
        caller.call(OFFER, "").await;
        let invite = timeout(PATIENCE, invite_to(&carrier))
            .await
            .expect("it dials");
        let line = |start: &str| invite.lines().find(|line| line.starts_with(start));
        for (start, number) in [
            ("INVITE ", dialled),
            ("To: ", dialled),
            ("From: ", own),
            ("P-Asserted-Identity: ", own),
        ] {
            let line = line(start).unwrap_or_default();
            assert!(
                line.contains(&format!("sip:{number}@")),
                "{setting}: {line}"
            );
        }
        running.shut_down(true).await;
    }
}

/// The first INVITE that comes; whether the carrier is there is asked beside it.
async fn invite_to(carrier: &UdpSocket) -> String {
    let mut buffer = [0; 4_096];
    loop {
        let length = carrier.recv(&mut buffer).await.expect("received");
        let text = String::from_utf8_lossy(&buffer[..length]);
        if text.starts_with("INVITE ") {
            return text.into_owned();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_begins_where_the_run_of_its_call_began() {
    let folder = Folder::new();
    for run in ["first", "second"] {
        let running = serve::start(folder.config(), &tokio::runtime::Handle::current())
            .await
            .expect("it starts");
        let mut caller = Caller::named(&running, run).await;
        caller.call(OFFER, "").await;
        running.shut_down(true).await;
    }
    let config = folder.config();
    let store = open_store(&config).await.expect("it opens");
    let rows = store.calls(&CallFilter::default()).await.expect("readable");
    let mut froms = Vec::new();
    for row in rows.iter().rev() {
        let call = CallId(row.call_id.parse().expect("an id"));
        let told = store.call(call).await.expect("readable").expect("there");
        let first = Seq(told.events[0].seq.try_into().expect("positive"));
        let verdict = replay(&config.paths.journal, call, first).expect("replayed");
        assert!(verdict.differences.is_empty(), "{:?}", verdict.differences);
        assert!(verdict.steps > 0 && verdict.from < first.0, "{verdict:?}");
        froms.push((verdict.from, first.0));
    }
    assert_eq!(froms[0].0, 1, "the journal begins with a start");
    assert!(
        froms[1].0 > froms[0].1,
        "nothing of the first run is read: {froms:?}"
    );
}

/// `gudok ladder --refused` tells why by what the refusal says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trunk_that_calls_faster_than_agreed_is_told_so() {
    let folder = Folder::new();
    let limited = "[trunk.limits]\nmax_cps_in = 1\n\n[paths]";
    folder.write("gudok.toml", &folder.text().replace("[paths]", limited));
    let running = serve::start(folder.config(), &tokio::runtime::Handle::current())
        .await
        .expect("it starts");
    let first = Caller::named(&running, "first").await;
    let second = Caller::named(&running, "second").await;
    first.send("INVITE", OFFER).await;
    second.send("INVITE", OFFER).await;
    let refusal = second.expect("SIP/2.0 503", "1 INVITE").await;
    let why = "Warning: 399 gudok \"trunk limit: calls per second\"\r\n";
    assert!(refusal.contains(why), "{refusal}");
    first.expect("SIP/2.0 200", "1 INVITE").await;
    running.shut_down(true).await;
}
