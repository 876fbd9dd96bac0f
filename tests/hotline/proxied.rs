//! A carrier behind a proxy that stays in the route: Kamailio, over each transport.
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::Daemon;
use gudok_testkit::proxy::Proxy;

use crate::{CALLER, HOTLINE, PATIENCE, hotline, plans};

/// A daemon with all three transports.
fn open(plan: &str, folder: &Path) -> Result<Daemon> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    std::fs::write(folder.join("tls.crt"), made.cert.pem())?;
    std::fs::write(folder.join("tls.key"), made.signing_key.serialize_pem())?;
    let folder = folder.display();
    let tls = format!(
        "[sip.tls]\nlisten = \"127.0.0.1:0\"\ncertificate = \"{folder}/tls.crt\"\nkey = \"{folder}/tls.key\"\n"
    );
    hotline(plan).config(&tls).start()
}

/// A call through the proxy that the caller ends, and one that we end: both BYEs find their way along the route.
fn passes(transport: &str) -> Result<()> {
    for (plan, hold, reason) in [
        (plans::patient(), Duration::from_secs(1), "caller-hung-up"),
        (
            plans::only_says("goodbye"),
            Duration::from_secs(20),
            "closed",
        ),
    ] {
        let pair = tempfile::tempdir()?;
        let mut daemon = open(&plan, pair.path())?;
        let target = match transport {
            "tls" => daemon.tls.context("TLS is on")?,
            _ => daemon.sip,
        };
        let proxy = Proxy::to(target, transport, pair.path())?;
        Call::new(CALLER, HOTLINE)
            .hold(hold)
            .start(proxy.address)?
            .finish(PATIENCE)?;
        let record = daemon.record()?;
        assert_eq!(
            record.text("termination_reason"),
            reason,
            "{transport}: {:#?}",
            record.story
        );
    }
    Ok(())
}

#[test]
fn a_carrier_behind_a_proxy_over_udp() -> Result<()> {
    passes("udp")
}

#[test]
fn a_carrier_behind_a_proxy_over_tcp() -> Result<()> {
    passes("tcp")
}

#[test]
fn a_carrier_behind_a_proxy_over_tls() -> Result<()> {
    passes("tls")
}
