//! What an admin does: changes plans while calls come, makes mistakes, looks at the demo.
use std::fs::OpenOptions;
use std::net::UdpSocket;
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::Duration;

use anyhow::{Result, ensure};
use gudok_testkit::audio::read_wav;
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::Setup;
use gudok_testkit::process::{Process, gudok};
use gudok_testkit::tones::{GOODBYE, NIGHT};

use crate::{CALLER, HOTLINE, PATIENCE, hotline, plans};

/// The demo says its prompts in full.
const DEMO: Duration = Duration::from_secs(60);

#[test]
fn the_attack_mode_and_the_bans_are_ruled_from_the_command_line() -> Result<()> {
    let mut daemon = hotline(&plans::open()).start()?;
    let verb = |arguments: &[&str]| daemon.folder.verb(arguments);
    assert!(verb(&["attack"])?.contains("сам, по числу вызовов; сейчас не проверяем"));
    assert!(verb(&["attack", "on"])?.contains("включён вручную; сейчас проверяем"));
    assert!(verb(&["attack"])?.contains("включён вручную"), "it stays");
    assert!(verb(&["bans", "list"])?.contains("запретов нет"));
    assert!(verb(&["bans", "lift", "203.0.113.5"])?.contains("снято запретов — 0"));
    // Who says nothing to the question is let go, and the record says why.
    let call = Call::new(CALLER, HOTLINE)
        .until_killed()
        .start(daemon.sip)?;
    let ended = daemon.log_line("call ended")?;
    assert!(ended.contains("human-check"), "{ended}");
    drop(call);
    daemon.stop()?;
    assert!(daemon.folder.verb(&["attack"]).is_err(), "nobody is there");
    Ok(())
}

#[test]
fn what_a_line_costs_is_told_and_is_still_known_after_a_crash() -> Result<()> {
    let line =
        format!("[[line]]\nnumber = \"{HOTLINE}\"\ncost_per_minute = 1.80\nalarm_per_day = 3.60\n");
    let setup = hotline(&plans::only_says("goodbye")).config(&line);
    let mut daemon = setup.start()?;
    assert!(daemon.folder.verb(&["cost"])?.contains("0.00 руб."));
    call(daemon.sip)?;
    daemon.log_line("call ended")?;
    let told = daemon.folder.verb(&["cost"])?;
    assert!(
        told.contains("1:00") && told.contains("1.80 руб."),
        "{told}"
    );
    let mut daemon = daemon.crash_and_restart()?;
    let told = daemon.folder.verb(&["cost"])?;
    assert!(
        told.contains("1:00") && told.contains("1.80 руб."),
        "{told}"
    );
    call(daemon.sip)?;
    daemon.log_line("cost_alarm_day")?;
    let told = daemon.folder.verb(&["cost"])?;
    assert!(
        told.contains("2:00") && told.contains("3.60 руб."),
        "{told}"
    );
    daemon.stop()
}

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
    for (record, prompt) in [(by_old, NIGHT), (by_new, GOODBYE)] {
        let (_, heard) = record.sound(&daemon.folder)?;
        let (secs, length) = (heard.secs_of(prompt), heard.secs());
        assert!(
            secs > 0.2,
            "{secs} of {length} s:\n{}",
            record.story.join("\n")
        );
    }
    assert_ne!(
        by_old.text("plan"),
        by_new.text("plan"),
        "each call names the plan it was decided by"
    );
    Ok(())
}

#[test]
fn a_plan_that_fails_the_test_beside_it_is_refused_while_the_old_one_works() -> Result<()> {
    let mut daemon = hotline(&plans::only_says("goodbye")).start()?;
    let good = plans::only_says("goodbye").replace("\"closed\"", "\"bye\"");
    daemon.folder.write("dialplans/8800.test.toml", BYE)?;
    let refused = daemon.reload()?;
    assert!(refused.contains("refused"), "{refused}");
    daemon.log_line("8800.test.toml:4:21")?;
    let checked = daemon.folder.run(&["check"])?;
    let said = String::from_utf8_lossy(&checked.stderr);
    assert_eq!(checked.status.code(), Some(64), "{said}");
    assert!(said.contains("а вышло: \"closed\""), "{said}");
    call(daemon.sip)?;

    daemon.folder.write("dialplans/8800.toml", &good)?;
    let taken = daemon.reload()?;
    assert!(taken.contains("in force"), "{taken}");
    daemon.log_line("168 ч в неделю пойдут иначе")?;
    let checked = daemon.folder.verb(&["check"])?;
    assert!(checked.contains("тестов — 1"), "{checked}");
    let against = daemon.folder.verb(&["check", "--against", "running"])?;
    assert!(against.contains("вызовы пойдут как прежде"), "{against}");
    let strict = good.replace("record =", "allow_closed = []\nrecord =");
    daemon.folder.write("dialplans/8800.toml", &strict)?;
    let refused = daemon.reload()?;
    assert!(refused.contains("refused"), "{refused}");
    daemon.log_line("uncovered")?;
    // Who has to start with it starts: the gap is told, and calls are answered.
    let mut daemon = daemon.crash_and_restart()?;
    daemon.logged("uncovered")?;
    call(daemon.sip)?;
    daemon.stop()
}

/// A plan whose number does not say how its calls may end: who wants to know is told, who wants it strict is refused.
#[test]
fn a_gap_of_a_number_that_says_nothing_is_an_error_for_who_is_strict() -> Result<()> {
    let plan = plans::only_says("goodbye");
    let allowed = plan.replace("record =", "allow_closed = [\"closed\"]\nrecord =");
    let folder = hotline(&plan).folder()?;
    let warned = folder.verb(&["check"])?;
    assert!(warned.contains("uncovered"), "{warned}");
    let refused = folder.run(&["check", "--strict"])?;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(64), "{said}");
    assert!(
        said.contains("uncovered") && said.contains("ошибок — 1"),
        "{said}"
    );
    folder.write("dialplans/8800.toml", &allowed)?;
    folder.verb(&["check", "--strict"])?;

    let mut daemon = hotline(&allowed).set("plans.strict", "true").start()?;
    daemon.folder.verb(&["coverage"])?;
    daemon.folder.write("dialplans/8800.toml", &plan)?;
    assert_eq!(daemon.folder.run(&["check"])?.status.code(), Some(64));
    assert_eq!(daemon.folder.run(&["coverage"])?.status.code(), Some(1));
    let refused = daemon.reload()?;
    assert!(refused.contains("refused"), "{refused}");
    daemon.log_line("uncovered")?;
    let mut daemon = daemon.crash_and_restart()?;
    daemon.logged("uncovered")?;
    call(daemon.sip)?;
    daemon.stop()
}

/// What the good plan of that story says, and the first one does not.
const BYE: &str = r#"[[test]]
name = "goodbye"
given = { from = "+79990000042", to = "+78001234567", at = "2026-11-10T12:00+03:00" }
expect = { reason = "bye", ends = "closed" }
"#;

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
fn what_nobody_recorded_is_spoken_once_and_then_known_without_the_command() -> Result<()> {
    let command = "[speech]\ncommand = [\"sh\", \"voice.sh\", \"{out}\"]\ncache = \"spoken\"\n";
    let plan = plans::only_says("flood");
    let folder = Setup::default().plan(&plan).config(command).folder()?;
    let script = |text: &str| {
        let head = "name = \"Офис\"\nlocale = \"ru\"\nvoice = \"-\"\nlicence = \"-\"\n[prompt]\n";
        folder.write("prompts/pack.toml", &format!("{head}flood = \"{text}\"\n"))
    };
    script("Авария")?;
    // The text is what the voice hears.
    let voice = "grep -q Авария && cp prompts/goodbye.wav \"$1\"";
    folder.write("voice.sh", voice)?;
    let build = || folder.verb(&["prompts", "build"]);
    assert!(build()?.contains("озвучено фраз — 1, были озвучены раньше — 0"));
    std::fs::remove_file(folder.path("voice.sh"))?;
    assert!(build()?.contains("озвучено фраз — 0, были озвучены раньше — 1"));
    folder.verb(&["check"])?;
    assert!(folder.verb(&["prompts"])?.contains("синтез: sh"));

    script("Потоп")?;
    let refused = folder.run(&["check"])?;
    let told = String::from_utf8(refused.stderr)?;
    assert_eq!(refused.status.code(), Some(64), "{told}");
    assert!(
        told.contains("pack.toml: фраза «flood»: команда «sh» закончила"),
        "{told}"
    );
    Ok(())
}

#[test]
fn a_simulation_says_what_it_assumes_and_refuses_what_would_not_come() -> Result<()> {
    let vip = "then = [{ play = [\"vip_greeting\"] }]\n\n[[flow.main]]\nqueue";
    let plan = plans::open().replacen(
        "[[flow.main]]\nqueue",
        &format!("[[flow.main]]\nwhen = 'client.class == \"vip\"'\n{vip}"),
        1,
    );
    let crm = "[[trunk]]\nname = \"second\"\nsources = [\"192.0.2.1\"]\n\
               [crm]\nname = \"x\"\nurl = \"http://127.0.0.1:9/{number}\"\n\
               [crm.map]\nid = \"/id\"\nname = \"/name\"\n";
    let folder = Setup::default().plan(&plan).config(crm).folder()?;
    let simulate = |more: &[&str]| {
        let call = ["simulate", "--from", CALLER];
        folder.run(&[call.as_slice(), more].concat())
    };
    let told = |more: &[&str]| -> Result<String> {
        let run = simulate(more)?;
        let said = String::from_utf8_lossy(&run.stdout).into_owned();
        anyhow::ensure!(
            run.status.success(),
            "{said}{}",
            String::from_utf8_lossy(&run.stderr)
        );
        Ok(said)
    };
    let plain = told(&["--to", HOTLINE])?;
    assert!(
        plain.contains("внешний справочник не спрашиваем"),
        "{plain}"
    );
    assert!(
        plain.contains("транк carrier") && !plain.contains("vip_greeting"),
        "{plain}"
    );
    let vip = [
        "--to",
        HOTLINE,
        "--trunk",
        "second",
        "--client",
        "class=vip",
    ];
    let vip = told(&vip)?;
    assert!(
        vip.contains("транк second") && vip.contains("vip_greeting"),
        "{vip}"
    );
    for (wrong, what) in [
        (vec!["--to", "88009999999"], "есть: +78001234567"),
        (
            vec!["--to", HOTLINE, "--trunk", "third"],
            "есть: carrier, second",
        ),
        (
            vec!["--to", HOTLINE, "--client", "class=king"],
            "regular, vip",
        ),
    ] {
        let refused = simulate(&wrong)?;
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(
            !refused.status.success() && said.contains(what),
            "{wrong:?}: {said}"
        );
    }
    Ok(())
}

#[test]
fn the_trunk_trainer_learns_from_a_capture_and_refuses_an_empty_one() -> Result<()> {
    let folder = Setup::default().plan(&plans::open()).folder()?;
    let invite = format!(
        "INVITE sip:74990000002@192.0.2.10 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\n\
         From: <sip:74990000001@192.0.2.1>;tag=a\nTo: <sip:{HOTLINE}@192.0.2.10>\nCall-ID: 1\nCSeq: 1 INVITE\n\
         Remote-Party-ID: <sip:89990001122@192.0.2.1>\nContent-Length: 0\n\n"
    );
    folder.write("calls.txt", &invite)?;
    folder.write("empty.txt", "2026-11-22 10:00:00 nothing here\n")?;
    let file = |name: &str| folder.path(name).display().to_string();
    let (calls, empty) = (file("calls.txt"), file("empty.txt"));
    let told = folder.verb(&["trunk", "learn", &calls, "--expect", CALLER])?;
    assert!(
        told.contains("caller = [\"rpid\"]\ndialled = [\"to\"]\n"),
        "{told}"
    );
    for (arguments, what) in [
        (vec!["trunk", "learn", &empty], "Вызовов: 0"),
        (
            vec!["trunk", "learn", &calls, "--expect", "nobody"],
            "--expect",
        ),
    ] {
        let refused = folder.run(&arguments)?;
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(64), "{said}");
        assert!(said.contains(what), "{said}");
    }
    Ok(())
}

/// Two calls of the carrier, over UDP and TCP, with its login in From; and one from an address that no trunk has.
#[test]
fn the_trunk_trainer_listens_to_live_calls_and_to_who_is_not_let_in() -> Result<()> {
    let daemon = hotline(&plans::closed()).start()?;
    let learn = ["trunk", "learn", "--live", "--count", "2", "--for", "60s"];
    let mut learn = daemon.folder.begin(&learn)?;
    learn.line_with("Слушаю 60 с: INVITE транка «carrier»", PATIENCE)?;
    let second = daemon.folder.run(&["trunk", "learn", "--live"])?;
    let said = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(64), "{said}");
    assert!(said.contains("уже слушает"), "{said}");

    let call = |caller: &str| {
        let identity = format!("P-Asserted-Identity: <tel:{caller}>");
        Call::new("74990000001", HOTLINE).header(&identity)
    };
    let _first = call(CALLER).start(daemon.sip)?;
    learn.line_with("1. INVITE от 127.0.0.1", PATIENCE)?;
    learn.line_with("74990000001", PATIENCE)?;
    let now = learn.line_with("сейчас: ", PATIENCE)?;
    assert!(
        now.contains("звонящий +79990001122, набран +78001234567 (наш: "),
        "{now}"
    );
    let stranger = UdpSocket::bind("127.0.0.2:0")?;
    let here = stranger.local_addr()?;
    let invite = format!(
        "INVITE sip:{HOTLINE}@gudok SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKodd\r\nMax-Forwards: 70\r\n\
         From: <sip:101:secret@carrier>;tag=f\r\nTo: <sip:{HOTLINE}@gudok>\r\nCall-ID: odd\r\nCSeq: 1 INVITE\r\n\
         Contact: <sip:carrier@{here}>\r\nContent-Length: 0\r\n\r\n"
    );
    stranger.send_to(invite.as_bytes(), daemon.sip)?;
    learn.line_with(
        "2. INVITE от 127.0.0.2 — этого адреса нет в sources",
        PATIENCE,
    )?;
    // A stranger is none of the two.
    let _second = call("+79990001133").tcp().start(daemon.sip)?;
    learn.line_with("3. INVITE от 127.0.0.1", PATIENCE)?;

    assert!(learn.wait(PATIENCE)?.success());
    let told = learn.printed();
    assert!(
        told.contains("Вызовов: 2\nПропущено 1: INVITE не с адресов этого транка"),
        "{told}"
    );
    assert!(told.contains("\ncaller = [\"pai\"]\n"), "{told}");
    assert!(!told.contains("secret"), "{told}");
    Ok(())
}

/// Whoever starts it may change their mind: told to stop before it is ready, it goes at once, as from a stop that it knows,
/// and the next start finds nothing in its way.
#[test]
fn told_to_stop_before_it_is_ready_it_goes_and_leaves_nothing() -> Result<()> {
    let folder = hotline(&plans::only_says("goodbye"))
        .set("paths.numbering", "numbering.gdk")
        .folder()?;
    let table = folder.path("numbering.gdk");
    let made = Command::new("mkfifo").arg(&table).status()?;
    ensure!(made.success(), "mkfifo");
    for signal in ["TERM", "INT"] {
        let mut daemon = folder.begin(&["serve"])?;
        // A pipe in the place of the table of numbers is open when the daemon reads it, to its end: it has begun, and cannot
        // be ready.
        let (opened, is_open) = channel();
        let pipe = table.clone();
        std::thread::spawn(move || opened.send(OpenOptions::new().write(true).open(pipe)));
        let pipe = is_open.recv_timeout(PATIENCE)??;
        daemon.signal(signal)?;
        drop(pipe);
        let status = daemon.wait(PATIENCE)?;
        assert!(status.success(), "{status}\n{}", daemon.printed());
        assert!(!folder.path("gudok.sock").exists());
    }
    std::fs::remove_file(&table)?;
    let mut daemon = folder.serve()?;
    call(daemon.sip)?;
    daemon.stop()
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
