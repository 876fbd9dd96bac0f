//! Those who try doors: SIPVicious, let loose in a network that holds the daemon and nothing else.
use anyhow::{Result, ensure};
use gudok_testkit::daemon::{Daemon, PASSWORD};

use crate::{hotline, plans};

/// A daemon that takes nobody on loopback for its trunk.
fn besieged() -> Result<Daemon> {
    hotline(&plans::open())
        .sources("203.0.113.0/24")
        .alone()
        .start()
}

/// What a tool of SIPVicious finds at the daemon.
fn tries(daemon: &Daemon, tool: &str, arguments: &[&str]) -> Result<String> {
    let port = daemon.sip.port().to_string();
    let mut all = vec!["-p", &port];
    all.extend(arguments);
    all.push("127.0.0.1");
    let said = daemon.beside(tool, &all)?;
    ensure!(!said.contains("Usage:"), "{said}");
    Ok(said)
}

/// A counter of the daemon's page, summed over its labels.
pub(crate) fn counted(daemon: &Daemon, name: &str) -> Result<f64> {
    let ask = format!(
        "exec 3<>/dev/tcp/127.0.0.1/{}; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3",
        daemon.web.port()
    );
    let page = daemon.beside("bash", &["-c", &ask])?;
    let lines = page.lines().filter(|line| line.starts_with(name));
    Ok(lines
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum())
}

#[test]
fn a_scan_of_the_network_does_not_see_us() -> Result<()> {
    let mut seen = hotline(&plans::open()).alone().start()?;
    let found = tries(&seen, "sipvicious_svmap", &[])?;
    assert!(found.contains("gudok"), "the tool works: {found}");
    seen.stop()?;

    let mut daemon = besieged()?;
    for method in ["OPTIONS", "INVITE"] {
        let found = tries(&daemon, "sipvicious_svmap", &["-m", method])?;
        assert!(!found.contains("gudok"), "{method}: {found}");
    }
    let strangers = "gudok_sip_refusals_total{what=\"unknown_source\"}";
    assert!(counted(&daemon, strangers)? >= 2.0);
    daemon.stop()
}

#[test]
fn a_war_dialler_finds_nobody() -> Result<()> {
    let mut daemon = besieged()?;
    for method in ["REGISTER", "OPTIONS", "INVITE"] {
        let range = ["-m", method, "-e", "98-106", "--force", "-t", "0.05"];
        let found = tries(&daemon, "sipvicious_svwar", &range)?;
        // Whatever it takes for an answer, those that exist do not stand out.
        let finds = |user: &str| found.contains(&format!("| {user} "));
        assert_eq!(finds("101"), finds("99"), "{method}: {found}");
        assert!(!finds("101") && !finds("102"), "{method}: {found}");
    }
    daemon.stop()
}

#[test]
fn a_guesser_of_passwords_is_shut_out() -> Result<()> {
    let daemon = besieged()?;
    daemon.folder.write("right", PASSWORD)?;
    let found = tries(&daemon, "sipvicious_svcrack", &["-u", "101", "-d", "right"])?;
    assert!(found.contains(PASSWORD), "the tool works: {found}");
    drop(daemon);

    let mut daemon = besieged()?;
    let wrong: Vec<String> = (0..60).map(|number| format!("guess-{number}")).collect();
    let words = [&wrong[..30], &[PASSWORD.to_owned()], &wrong[30..]].concat();
    daemon.folder.write("words", &words.join("\n"))?;
    let guess = ["-u", "101", "-d", "words", "-t", "0.05", "--maximumtime=8"];
    let found = tries(&daemon, "sipvicious_svcrack", &guess)?;
    assert!(!found.contains(PASSWORD), "{found}");
    assert!(counted(&daemon, "gudok_sip_refusals_total{what=\"banned\"}")? > 0.0);
    daemon.stop()
}
