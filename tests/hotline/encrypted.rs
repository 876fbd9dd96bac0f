//! Signalling nobody on the way can read.
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use gudok_testkit::audio;
use gudok_testkit::baresip::{Answer, Phone};
use gudok_testkit::carrier::{Call, Callee};
use gudok_testkit::daemon::PASSWORD;
use gudok_testkit::desk::Cards;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::behaviours::Caller;
use crate::{CALLER, HOTLINE, PATIENCE, hotline, plans, ready_desk};

/// A self-signed pair, `tls.crt` and `tls.key`.
pub(crate) fn renew(folder: &Path) -> Result<()> {
    renew_until(folder, 2090)
}

/// The configuration that listens over TLS with that pair.
pub(crate) fn secured(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "[sip.tls]\nlisten = \"127.0.0.1:0\"\ncertificate = \"{folder}/tls.crt\"\nkey = \"{folder}/tls.key\"\n"
    )
}

/// Who trusts that pair and no other.
pub(crate) fn trusts(folder: &Path) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_file_iter(folder.join("tls.crt"))? {
        roots.add(root?)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    Ok(config.with_no_client_auth())
}

/// One that ends at the beginning of this year.
fn renew_until(folder: &Path, year: i32) -> Result<()> {
    let mut params = rcgen::CertificateParams::new(["localhost".to_owned()])?;
    params.not_after = rcgen::date_time_ymd(year, 1, 1);
    let key = rcgen::KeyPair::generate()?;
    std::fs::write(folder.join("tls.crt"), params.self_signed(&key)?.pem())?;
    Ok(std::fs::write(folder.join("tls.key"), key.serialize_pem())?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_over_tls_talks_while_the_certificate_is_renewed() -> Result<()> {
    let pair = tempfile::tempdir()?;
    renew(pair.path())?;
    let mut daemon = hotline(&plans::open())
        .config(&secured(pair.path()))
        .start()?;
    let server = daemon.tls.context("TLS is on")?;
    let mut phone = Phone::register_over("tls", "101", PASSWORD, server, Answer::Manual)?;
    let mut desk = ready_desk(&daemon, "101", Cards::Acknowledged).await?;
    let call = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(6))
        .start(daemon.sip)?;

    desk.event("offer.created").await?;
    phone.event("CALL_INCOMING")?;
    renew(pair.path())?;
    daemon.reload()?;
    daemon.log_line("the certificate is shown")?;
    phone.accept()?;
    desk.event("call.answered").await?;
    Phone::register_over("tls", "102", PASSWORD, server, Answer::Auto)?;
    desk.event("call.ended").await?;
    call.finish(PATIENCE)?;

    let record = daemon.record()?;
    assert_eq!(record.text("outcome"), "answered", "{:#}", record.row);
    let (_, heard) = record.sound(&daemon.folder)?;
    assert!(
        heard.secs_of(audio::OPERATOR) > 2.0,
        "the operator is heard"
    );
    Ok(())
}

/// A carrier that is called over TLS: what it hears goes to SIPp over one TCP connection, and back. Each connection of ours
/// breaks after so long.
async fn encrypted(folder: &Path, behind: SocketAddr, breaks: Duration) -> Result<SocketAddr> {
    let chain = CertificateDer::pem_file_iter(folder.join("tls.crt"))?;
    let chain = chain.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_file(folder.join("tls.key"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    let (acceptor, listener) = (
        TlsAcceptor::from(Arc::new(config)),
        TcpListener::bind("127.0.0.1:0").await?,
    );
    let at = listener.local_addr()?;
    tokio::spawn(async move {
        let mut inside = None;
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut outside) = acceptor.accept(stream).await else {
                continue;
            };
            // Not before we are called: SIPp needs a moment to listen.
            let inside = match &mut inside {
                Some(inside) => inside,
                None => inside.insert(TcpStream::connect(behind).await?),
            };
            let talk = tokio::io::copy_bidirectional(&mut outside, inside);
            let _ = tokio::time::timeout(breaks, talk).await;
        }
        anyhow::Ok(())
    });
    Ok(at)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trunk_is_called_over_tls_where_it_proves_its_name() -> Result<()> {
    let pair = tempfile::tempdir()?;
    renew(pair.path())?;
    let roots = format!("[sip.tls]\nroots = \"{}/tls.crt\"\n", pair.path().display());
    for (name, outcome) in [
        ("localhost", "overflowed_external"),
        ("other.example", "voicemail"),
    ] {
        let callee = Callee::answering_tcp()?;
        let carrier = encrypted(pair.path(), callee.address, PATIENCE).await?;
        let mut daemon = hotline(&plans::with_overflow())
            .outbound(carrier)
            .outbound_key("transport = \"tls\"")
            .outbound_key(&format!("tls_name = \"{name}\""))
            .config(&roots)
            .start()?;
        assert_eq!(daemon.tls, None, "nobody is listened to over TLS");
        Call::new(CALLER, HOTLINE)
            .hold(Duration::from_secs(6))
            .start(daemon.sip)?
            .finish(PATIENCE)?;
        let record = daemon.record()?;
        assert_eq!(record.text("outcome"), outcome, "{name}: {:#}", record.row);
        if name == "localhost" {
            callee.finish(PATIENCE)?;
            let (_, heard) = record.sound(&daemon.folder)?;
            assert!(heard.secs_of(audio::OPERATOR) > 1.5, "the callee is heard");
        } else {
            assert!(daemon.log().contains("TLS: the server is refused"));
        }
    }
    Ok(())
}

/// Between the answer and the goodbye the carrier's connection breaks: a new one brings the goodbye.
#[tokio::test(flavor = "multi_thread")]
async fn a_goodbye_to_a_trunk_goes_over_a_new_connection_where_the_old_one_broke() -> Result<()> {
    let pair = tempfile::tempdir()?;
    renew(pair.path())?;
    let roots = format!("[sip.tls]\nroots = \"{}/tls.crt\"\n", pair.path().display());
    let callee = Callee::answering_tcp()?;
    let carrier = encrypted(pair.path(), callee.address, Duration::from_secs(4)).await?;
    let mut daemon = hotline(&plans::with_overflow())
        .outbound(carrier)
        .outbound_key("transport = \"tls\"")
        .outbound_key("tls_name = \"localhost\"")
        .config(&roots)
        .start()?;
    Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(9))
        .start(daemon.sip)?
        .finish(PATIENCE)?;
    callee.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert!(record.number("talk_ms") > 4_000, "{:#}", record.row);
    Ok(())
}

/// A carrier's own connection to us.
struct Line {
    stream: TlsStream<TcpStream>,
    heard: String,
    /// Came, and nobody has asked for them yet.
    unread: Vec<String>,
}

impl Line {
    /// Opens one; an error where the certificate is another one than that of the folder.
    async fn open(server: SocketAddr, folder: &Path) -> Result<Self> {
        let connector = TlsConnector::from(Arc::new(trusts(folder)?));
        let way = TcpStream::connect(server).await?;
        let stream = connector.connect("localhost".try_into()?, way).await?;
        let (heard, unread) = (String::new(), Vec::new());
        Ok(Self {
            stream,
            heard,
            unread,
        })
    }

    async fn says(&mut self, text: String) -> Result<()> {
        Ok(self.stream.write_all(text.as_bytes()).await?)
    }

    /// The first message that begins so and was not asked for yet, now or when it comes.
    async fn hears(&mut self, beginning: &str) -> Result<String> {
        let coming = async {
            loop {
                let found = |text: &String| text.starts_with(beginning);
                if let Some(at) = self.unread.iter().position(found) {
                    return Ok(self.unread.remove(at));
                }
                let mut chunk = [0; 4_096];
                let count = self.stream.read(&mut chunk).await?;
                anyhow::ensure!(count > 0, "closed before {beginning}");
                self.heard += &String::from_utf8_lossy(&chunk[..count]);
                while let Some(message) = self.take() {
                    self.unread.push(message);
                }
            }
        };
        tokio::time::timeout(PATIENCE, coming).await?
    }

    /// A whole message of what came.
    fn take(&mut self) -> Option<String> {
        let head = self.heard.find("\r\n\r\n")? + 4;
        let mut lines = self.heard[..head].lines();
        let body = lines.find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok());
        let end = head + body.unwrap_or(0_usize);
        (self.heard.len() >= end).then(|| self.heard.drain(..end).collect())
    }
}

/// Nobody listens at the address the carrier names: what is said to it goes over its own connection, which outlives the
/// certificate it was opened with.
#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_over_its_own_connection_is_talked_with_there_while_the_certificate_is_renewed()
-> Result<()> {
    let pair = tempfile::tempdir()?;
    renew(pair.path())?;
    let mut daemon = hotline(&plans::only_says("goodbye"))
        .config(&secured(pair.path()))
        .start()?;
    let server = daemon.tls.context("TLS is on")?;
    let mut line = Line::open(server, pair.path()).await?;
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let mut caller = Caller::new("TLS", nowhere, server);
    line.says(caller.request("INVITE", 1, "sendrecv")).await?;
    caller.learn(&line.hears("SIP/2.0 200").await?);
    line.says(caller.request("ACK", 1, "")).await?;

    let old = tempfile::tempdir()?;
    std::fs::copy(pair.path().join("tls.crt"), old.path().join("tls.crt"))?;
    renew(pair.path())?;
    daemon.reload()?;
    daemon.log_line("the certificate is shown")?;
    let refused = Line::open(server, old.path()).await;
    assert!(refused.is_err(), "the old one is shown still");
    Line::open(server, pair.path()).await?;

    line.says(caller.request("OPTIONS", 2, "")).await?;
    line.hears("SIP/2.0 200").await?;
    let goodbye = line.hears("BYE").await?;
    assert!(
        goodbye.starts_with("BYE sip:trunk@127.0.0.1:9"),
        "{goodbye}"
    );
    line.says(answer_to(&goodbye)).await?;
    let record = daemon.record()?;
    let reason = record.text("termination_reason");
    assert_eq!(reason, "closed", "{:#?}", record.story);
    Ok(())
}

/// 200 to a request of ours.
fn answer_to(request: &str) -> String {
    let repeated = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
    let lines = request.lines();
    let lines = lines.filter(|line| repeated.iter().any(|name| line.starts_with(name)));
    let lines: String = lines.map(|line| format!("{line}\r\n")).collect();
    format!("SIP/2.0 200 OK\r\n{lines}Content-Length: 0\r\n\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_ends_is_told_of_until_it_is_renewed() -> Result<()> {
    let pair = tempfile::tempdir()?;
    renew_until(pair.path(), 2021)?;
    let mut daemon = hotline(&plans::open())
        .config(&secured(pair.path()))
        .start()?;
    let told = "what=\"certificate_ends\"";
    let page = until(daemon.web, "/metrics", |page| page.contains(told)).await?;
    assert!(
        page.contains("gudok_sip_certificate_end_seconds 1609459200"),
        "{page}"
    );
    renew(pair.path())?;
    daemon.reload()?;
    daemon.log_line("the certificate is shown")?;
    assert!(daemon.log().contains("the certificate ends soon"));
    let renewed = |page: &str| !page.contains("\"certificate_days\":-");
    until(daemon.web, "/healthz", renewed).await.map(drop)
}

/// The page, once it is as it should be. A page can only be asked again and again, as a monitor does; the test fails by
/// its patience alone.
pub(crate) async fn until(
    web: SocketAddr,
    path: &str,
    good: impl Fn(&str) -> bool,
) -> Result<String> {
    let coming = async {
        loop {
            let page = get(web, path).await?;
            if good(&page) {
                return Ok(page);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(PATIENCE, coming).await?
}

/// A page of the daemon.
async fn get(web: SocketAddr, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(web).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut page = String::new();
    stream.read_to_string(&mut page).await?;
    Ok(page)
}
