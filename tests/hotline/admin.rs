//! What an admin does: changes plans while calls come, makes mistakes, looks at the demo.
use std::net::UdpSocket;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use gudok_testkit::audio::read_wav;
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::Setup;
use gudok_testkit::process::{Process, gudok};
use gudok_testkit::tones::{GOODBYE, NIGHT};

use crate::{CALLER, HOTLINE, PATIENCE, hotline, plans};

/// The demo says its prompts in full.
const DEMO: Duration = Duration::from_secs(60);

#[test]
fn a_bad_plan_is_refused_with_its_place_while_the_old_one_works() -> Result<()> {
    let mut daemon = hotline(&plans::only_says("night_closed")).start()?;
    let bad = plans::only_says("goodbye").replace("reason", "raeson");
    daemon.folder.write("dialplans/8800.toml", &bad)?;
    let refused = daemon.reload()?;
    assert!(refused.contains("refused"), "{refused}");
    daemon.log_line("8800.toml:10:1")?;
    call(daemon.sip)?;
    daemon
        .folder
        .write("dialplans/8800.toml", &plans::only_says("goodbye"))?;
    let taken = daemon.reload()?;
    assert!(taken.contains("in force"), "{taken}");
    call(daemon.sip)?;

    let records = daemon.records()?;
    let [by_old, by_new] = records.as_slice() else {
        panic!("{} calls", records.len())
    };
    let heard = |record: &gudok_testkit::record::Record| {
        Ok::<_, anyhow::Error>(record.sound(&daemon.folder)?.1)
    };
    assert!(heard(by_old)?.secs_of(NIGHT) > 0.2 && heard(by_new)?.secs_of(GOODBYE) > 0.2);
    assert_ne!(
        by_old.text("plan"),
        by_new.text("plan"),
        "each call names the plan it was decided by"
    );
    Ok(())
}

/// A call that the plan ends by itself.
fn call(sip: std::net::SocketAddr) -> Result<()> {
    Call::new(CALLER, HOTLINE)
        .hold(PATIENCE)
        .start(sip)?
        .finish(PATIENCE)
}

#[test]
fn a_bad_configuration_ends_with_64_before_anything_is_opened() -> Result<()> {
    let folder = Setup::default().plan(&plans::open()).folder()?;
    let (taken, address) = taken_port()?;
    folder.write(
        "gudok.toml",
        &format!("[sip]\nlisten = \"{address}\"\nlissten_tcp = \"{address}\"\n"),
    )?;
    let refused = folder.run(&["serve"])?;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(64), "{said}");
    assert!(said.contains("gudok.toml:3:1"), "{said}");
    drop(taken);
    Ok(())
}

#[test]
fn a_bad_plan_at_the_start_ends_with_64_before_anything_is_opened() -> Result<()> {
    let plan = plans::open().replace("linear", "linaer");
    let (taken, address) = taken_port()?;
    let folder = Setup::default()
        .plan(&plan)
        .set("sip.listen", &address)
        .folder()?;
    let refused = folder.run(&["serve"])?;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(64), "{said}");
    assert!(
        said.contains("8800.toml:") && said.contains("linear"),
        "the place and what was meant: {said}"
    );
    assert!(
        !folder.path("journal").exists() && !folder.path("gudok.db").exists(),
        "nothing was made"
    );
    drop(taken);
    Ok(())
}

#[test]
fn the_demo_shows_a_whole_call() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let mut command = Command::new(gudok()?);
    command
        .args(["demo", "--once", "--port", "0", "--dir"])
        .arg(dir.path());
    let mut demo = Process::start("demo", &mut command)?;
    let status = demo.wait(DEMO)?;
    let told = demo.printed();
    assert!(status.success(), "{status}: {told}");
    for line in [
        "карточка на экране: +79990001122, ООО «Пример»",
        "запись готова",
        "история:",
        "CDR:",
    ] {
        assert!(told.contains(line), "no «{line}» in {told}");
    }
    let place = told
        .lines()
        .find_map(|line| line.strip_prefix("запись:"))
        .unwrap_or_default();
    let channels = read_wav(std::path::Path::new(place.trim()))?;
    assert!(
        channels.iter().all(|channel| channel.secs_loud() > 3.0),
        "both speak in the recording"
    );
    Ok(())
}

/// A port that is taken: who binds before reading what it is told would end otherwise.
fn taken_port() -> Result<(UdpSocket, String)> {
    let taken = UdpSocket::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    Ok((taken, address))
}
