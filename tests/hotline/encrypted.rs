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
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::{CALLER, HOTLINE, PATIENCE, hotline, plans, ready_desk};

/// A self-signed pair, `tls.crt` and `tls.key`.
fn renew(folder: &Path) -> Result<()> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    std::fs::write(folder.join("tls.crt"), made.cert.pem())?;
    Ok(std::fs::write(
        folder.join("tls.key"),
        made.signing_key.serialize_pem(),
    )?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_over_tls_talks_while_the_certificate_is_renewed() -> Result<()> {
    let pair = tempfile::tempdir()?;
    renew(pair.path())?;
    let folder = pair.path().display();
    let tls = format!(
        "[sip.tls]\nlisten = \"127.0.0.1:0\"\ncertificate = \"{folder}/tls.crt\"\nkey = \"{folder}/tls.key\"\n"
    );
    let mut daemon = hotline(&plans::open()).config(&tls).start()?;
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

/// A carrier that is called over TLS: what it hears goes to SIPp over TCP, and back.
async fn encrypted(folder: &Path, behind: SocketAddr) -> Result<SocketAddr> {
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
        while let Ok((stream, _)) = listener.accept().await {
            let (Ok(mut outside), Ok(mut inside)) = (
                acceptor.accept(stream).await,
                TcpStream::connect(behind).await,
            ) else {
                continue;
            };
            let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
        }
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
        let carrier = encrypted(pair.path(), callee.address).await?;
        let mut daemon = hotline(&plans::with_overflow())
            .outbound(carrier)
            .outbound_key("transport = \"tls\"")
            .outbound_key(&format!("tls_name = \"{name}\""))
            .config(&roots)
            .start()?;
        assert_eq!(daemon.tls, None, "nobody is listened to over TLS");
        Call::new(CALLER, HOTLINE)
            .hold(Duration::from_secs(5))
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
