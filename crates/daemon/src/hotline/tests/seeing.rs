//! What is kept, told and logged of messages.
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use gudok_trace::{Kept, Seen};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tracing_subscriber::fmt::MakeWriter;

use super::*;
use crate::records::{MESSAGE, entries, records};

/// What no file and no line may hold.
const SECRET: &str = "5ec2e75ec2e75ec2e75ec2e75ec2e75e";

/// Headers and lines that hold it, as a carrier might send them.
fn secrets() -> (String, String) {
    let headers = format!(
        "Proxy-Authorization: Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:a\", response=\"{SECRET}\"\r\n"
    );
    let offer = format!(
        "{OFFER}a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{SECRET}\r\na=ice-pwd:{SECRET}\r\n"
    );
    (headers, offer)
}

fn messages(folder: &Folder) -> Vec<Kept> {
    let config = folder.config();
    let records = records(&config.paths.journal, Seq(0));
    let messages = records.filter(|record| record.kind == MESSAGE);
    messages
        .map(|record| Seen::read(&record.payload).expect("whole").kept())
        .collect()
}

/// Under a Call-ID of its own; what was sent before has been taken then.
async fn another_asks(running: &Running) {
    let mut other = Caller::named(running, "probe").await;
    other.asks_whether_we_live().await;
}

/// Leg, way and first word or status of each.
fn told(messages: &[Kept]) -> Vec<String> {
    let tell = |kept: &Kept| {
        let text = String::from_utf8_lossy(&kept.bytes).replace("SIP/2.0 ", "");
        let leg = kept
            .leg
            .map_or_else(|| "-".to_owned(), |leg| leg.index.to_string());
        let way = if kept.sent { "<" } else { ">" };
        format!("{leg}{way} {}", text.split(' ').next().unwrap_or_default())
    };
    messages.iter().map(tell).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_messages_of_a_call_are_on_disk_without_secrets() {
    let folder = Folder::new();
    let running = serve::start(folder.config(), &Handle::current())
        .await
        .expect("it starts");
    let mut caller = Caller::new(&running).await;
    let (headers, offer) = secrets();
    caller.send_with("INVITE", &headers, &offer).await;
    let accepted = caller.expect("SIP/2.0 200", "1 INVITE").await;
    let to = accepted.lines().find_map(|line| line.strip_prefix("To: "));
    to.expect("a To").clone_into(&mut caller.to);
    caller.send("ACK", "").await;
    another_asks(&running).await;
    running.shut_down(true).await;
    caller.expect("BYE ", "").await;
    let kept = messages(&folder);
    assert_eq!(
        told(&kept),
        ["0> INVITE", "0< 100", "0< 200", "0> ACK", "0< BYE"]
    );
    let call = kept[0].leg.expect("a call").call;
    assert!(
        kept.iter()
            .all(|kept| kept.leg.is_some_and(|leg| leg.call == call))
    );
    assert!(
        kept.windows(2)
            .all(|pair| pair[0].now.mono <= pair[1].now.mono)
    );
    for file in std::fs::read_dir(folder.path().join("journal").as_path())
        .into_iter()
        .flatten()
        .flatten()
    {
        let bytes = std::fs::read(file.path()).expect("readable");
        assert!(!String::from_utf8_lossy(&bytes).contains(SECRET));
    }
    for kept in &kept {
        assert!(!String::from_utf8_lossy(&kept.bytes).contains(SECRET));
    }
    // Those who know no messages read on.
    let before = entries(&folder.config().paths.journal, Seq(0)).count();
    assert!(before > 5, "{before}");
    let verdict = replay(&folder.config().paths.journal, call, Seq(1)).expect("replayed");
    assert!(verdict.differences.is_empty(), "{:?}", verdict.differences);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_invite_of_a_trunk_is_kept_and_what_is_no_call_is_not() {
    let folder = Folder::new();
    let running = serve::start(folder.config(), &Handle::current())
        .await
        .expect("it starts");
    let caller = Caller::named(&running, "refused").await;
    caller
        .send_with("INVITE", "Require: telepathy\r\n", OFFER)
        .await;
    caller.expect("SIP/2.0 420", "1 INVITE").await;
    caller.send("ACK", "").await;
    another_asks(&running).await;
    running.shut_down(true).await;
    let kept = messages(&folder);
    assert_eq!(told(&kept), ["-> INVITE", "-< 420", "-> ACK"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_kept_where_nothing_is_wanted() {
    let folder = Folder::new();
    let mut config = folder.config();
    config.journal.sip = false;
    let running = serve::start(config, &Handle::current())
        .await
        .expect("it starts");
    let mut caller = Caller::new(&running).await;
    caller.call(OFFER, "").await;
    caller.asks_whether_we_live().await;
    running.shut_down(true).await;
    assert!(messages(&folder).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_gets_every_message_of_a_call() {
    let folder = Folder::new();
    let homer = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let mut config = folder.config();
    folder.write("key", "k3y\n");
    config.hep = Some(config::Hep {
        collector: homer.local_addr().expect("bound"),
        id: 77,
        password_file: Some(folder.path().join("key")),
    });
    config.journal.sip = false;
    let running = serve::start(config, &Handle::current())
        .await
        .expect("it starts");
    let caller = Caller::new(&running).await;
    let (headers, offer) = secrets();
    caller.send_with("INVITE", &headers, &offer).await;
    caller.expect("SIP/2.0 200", "1 INVITE").await;
    let mut buffer = [0; 4_096];
    let mut correlations = std::collections::BTreeSet::new();
    for start in ["INVITE ", "SIP/2.0 100", "SIP/2.0 200"] {
        let length = timeout(PATIENCE, homer.recv(&mut buffer))
            .await
            .expect("in time")
            .expect("received");
        assert!(buffer.starts_with(b"HEP3"));
        assert_eq!(
            usize::from(u16::from_be_bytes([buffer[4], buffer[5]])),
            length
        );
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        assert!(
            text.contains(start) && text.contains("k3y") && !text.contains(SECRET),
            "{text}"
        );
        let at = buffer
            .windows(6)
            .position(|chunk| chunk == [0, 0, 0, 17, 0, 42])
            .expect("a correlation");
        correlations.insert(buffer[at + 6..at + 42].to_vec());
    }
    assert_eq!(correlations.len(), 1, "{correlations:?}");
    running.shut_down(true).await;
}

/// Lines of the log.
#[derive(Clone, Default)]
pub(super) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// All of them so far.
    pub(super) fn text(&self) -> String {
        let text = self.0.lock().expect("whole").clone();
        String::from_utf8(text).expect("text")
    }

    /// Everything that is logged at this level on the thread it is called on, as long as the guard lives.
    pub(super) fn listen(&self, level: &str) -> tracing::subscriber::DefaultGuard {
        let told = tracing_subscriber::fmt()
            .with_env_filter(level)
            .with_writer(self.clone())
            .with_ansi(false)
            .finish();
        tracing::subscriber::set_default(told)
    }
}

impl Write for Lines {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("whole").extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// A call with secrets, logged at this level: everything that was logged on the line's thread.
async fn logged(level: &str) -> String {
    let lines = Lines::default();
    let _told = lines.listen(level);
    let folder = Folder::new();
    let running = serve::start(folder.config(), &Handle::current())
        .await
        .expect("it starts");
    let mut caller = Caller::new(&running).await;
    let (headers, offer) = secrets();
    caller.send_with("INVITE", &headers, &offer).await;
    caller.expect("SIP/2.0 200", "1 INVITE").await;
    caller.asks_whether_we_live().await;
    running.shut_down(true).await;
    lines.text()
}

#[tokio::test]
async fn the_log_holds_messages_at_trace_alone_and_never_a_secret_or_a_whole_number() {
    for level in ["info", "debug", "trace"] {
        let log = Box::pin(logged(level)).await;
        assert!(log.contains("call arrived"), "{level}: {log}");
        for whole in [
            SECRET,
            "79990001122",
            "89990001122",
            "88001234567",
            "78001234567",
        ] {
            assert!(!log.contains(whole), "{level}: {whole} in {log}");
        }
        let text = log.contains("Max-Forwards: 70");
        assert_eq!(text, level == "trace", "{log}");
        if text {
            assert!(
                log.contains("response=****") && log.contains("+7999•••1122"),
                "{log}"
            );
        }
    }
}

/// The metrics page.
pub(super) async fn metrics(running: &Running) -> String {
    let web = TcpStream::connect(running.addresses.web).await;
    let mut web = web.expect("it listens");
    let asked = web.write_all(b"GET /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    asked.await.expect("sent");
    let mut page = String::new();
    web.read_to_string(&mut page).await.expect("a page");
    page
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_network_says_is_no_label() {
    let folder = Folder::new();
    let running = serve::start(folder.config(), &Handle::current())
        .await
        .expect("it starts");
    let mut caller = Caller::new(&running).await;
    let _flow = TcpStream::connect(running.addresses.sip)
        .await
        .expect("it listens");
    for odd in ["SHOUT", "SHOUT2"] {
        caller.send(odd, "").await;
    }
    caller
        .socket
        .send_to(b"INVITE sip:a SIP/2.0\r\nX", caller.daemon)
        .await
        .expect("sent");
    let unheard = Caller::named(&running, "unheard").await;
    let looped = OFFER.replace("30000", "40000");
    unheard.send("INVITE", &looped).await;
    unheard.expect("SIP/2.0 488", "1 INVITE").await;
    let odd = Caller::named(&running, "odd").await;
    let require = "Require: telepathy\r\n";
    odd.send_with("INVITE", require, OFFER).await;
    odd.expect("SIP/2.0 420", "1 INVITE").await;
    caller.call(OFFER, "").await;
    caller.asks_whether_we_live().await;
    let told = [
        "{transport=\"TCP\"} 1",
        "gudok_sip_requests_total{direction=\"in\",method=\"other\"} 2",
        "gudok_sip_requests_total{direction=\"in\",method=\"INVITE\"} 4",
        "gudok_sip_responses_total{direction=\"out\",class=\"2xx\",method=\"INVITE\"} 1",
        "gudok_sip_malformed_total{what=\"unfinished\"} 1",
        "gudok_sip_retransmissions_total{direction=\"in\"} 0",
        "gudok_sip_transactions ",
        "gudok_trunk_calls_total{trunk=\"loopback\",way=\"in\"} 2",
        "gudok_trunk_failed_total{trunk=\"loopback\",way=\"in\",class=\"4xx\"} 1",
        "gudok_trunk_answered_total{trunk=\"loopback\",way=\"in\"} 1",
        "gudok_trunk_refusals_total{trunk=\"loopback\",what=\"extension\"} 1",
    ];
    // The page is told how things stand once a second, and not of all at once.
    let mut page = String::new();
    let all = timeout(PATIENCE, async {
        while !told.iter().all(|line| page.contains(line)) {
            page = metrics(&running).await;
        }
    });
    let in_time = all.await.is_ok();
    let missing: Vec<_> = told.iter().filter(|line| !page.contains(**line)).collect();
    assert!(in_time, "{missing:?} in {page}");
    assert!(!page.contains("SHOUT"), "{page}");
    running.shut_down(true).await;
}
