//! Schedules that an admin sets by hand while the daemon runs.
use std::time::Duration;

use anyhow::Result;
use gudok_testkit::carrier::{Call, Callee};
use gudok_testkit::daemon::Daemon;
use gudok_testkit::desk::get;
use gudok_testkit::tones::{GOODBYE, NIGHT};

use crate::{CALLER, HOTLINE, PATIENCE, hotline, plans};

/// A call that the plan ends by itself.
fn call(daemon: &mut Daemon) -> Result<()> {
    Call::new(CALLER, HOTLINE)
        .hold(PATIENCE)
        .start(daemon.sip)?
        .finish(PATIENCE)?;
    daemon.log_line("call ended")?;
    Ok(())
}

#[test]
fn a_schedule_set_by_hand_rules_at_once_and_after_a_crash_and_is_on_record() -> Result<()> {
    // Round the clock; nobody is at work, so that an open hotline says `goodbye`.
    let plan = plans::closed().replace("windows = [\"", "windows = [\"daily 00:00-24:00\", \"");
    let mut daemon = hotline(&plan).start()?;
    let verb = |daemon: &Daemon, arguments: &str| {
        let words: Vec<&str> = arguments.split(' ').collect();
        daemon.folder.verb(&words)
    };
    for refused in [
        "schedule ofice closed --until 2h --why outage",
        "schedule office closed --until yesterday --why outage",
        "schedule office closed --until 2h",
        "schedule office announce nothing --until 2h --why outage",
    ] {
        assert!(verb(&daemon, refused).is_err(), "{refused}");
    }
    assert!(verb(&daemon, "schedule list")?.contains("office: открыт"));

    let set = "schedule office closed --until 2h --why outage --by petrova";
    let told = verb(&daemon, set)?;
    assert!(
        told.contains("закрыт вручную до") && told.contains("Горячая линия"),
        "{told}"
    );
    // Callers meet nobody for it: said at once, seen by the proof, and said again after a crash.
    assert!(told.contains("внимание: номер «Горячая линия»"), "{told}");
    let proof = verb(&daemon, "coverage --days 1")?;
    assert!(
        proof.contains("график «office» сейчас closed вручную до")
            && proof.contains("если закрыть график office вручную — ветка night"),
        "{proof}"
    );
    call(&mut daemon)?;

    let mut daemon = daemon.crash_and_restart()?;
    daemon.logged("план: из-за заданного вручную")?;
    let listed = verb(&daemon, "schedule list")?;
    assert!(listed.contains("office: закрыт вручную до"), "{listed}");
    assert!(listed.contains("outage (petrova)"), "{listed}");
    // A simulation counts it, as long as it holds.
    let simulated = "simulate --from +79990001122 --to 88001234567";
    let told = verb(&daemon, simulated)?;
    assert!(told.contains("закрыт: вручную до"), "{told}");
    let later = verb(&daemon, &format!("{simulated} --at 2099-01-01T12:00+03:00"))?;
    assert!(!later.contains("вручную"), "{later}");
    verb(
        &daemon,
        "schedule office announce night_closed --until 2h --why outage",
    )?;
    verb(&daemon, "schedule office open --until 1h --why repaired")?;
    call(&mut daemon)?;

    verb(&daemon, "schedule office --clear --by sidorov")?;
    let again = daemon.folder.run(&["schedule", "office", "--clear"])?;
    let again = String::from_utf8(again.stderr)?;
    assert!(again.contains("вручную ничего не задано"), "{again}");
    let listed = verb(&daemon, "schedule list")?;
    assert!(listed.contains("office: открыт\n"), "{listed}");
    assert!(
        listed.contains("снято") && listed.contains("(sidorov)"),
        "{listed}"
    );

    let records = daemon.records()?;
    let [closed, announced] = records.as_slice() else {
        panic!("{} calls", records.len())
    };
    let story = closed.story.join("\n");
    assert!(
        story.contains("график «office» закрыт: вручную до"),
        "{story}"
    );
    assert!(story.contains("outage (petrova)"), "{story}");
    let story = announced.story.join("\n");
    assert!(
        story.contains("объявление «night_closed» вручную до"),
        "{story}"
    );
    assert!(
        story.contains("график «office» открыт вручную до"),
        "{story}"
    );
    let (_, heard) = announced.sound(&daemon.folder)?;
    let (first, last) = (heard.first(NIGHT), heard.first(GOODBYE));
    assert!(first.is_some() && first < last, "{first:?} {last:?}");
    for record in &records {
        let replayed = daemon.folder.verb(&["replay", record.id()])?;
        assert!(replayed.contains("различий — 0"), "{replayed}");
    }
    Ok(())
}

#[test]
fn an_announcement_that_the_language_of_a_number_lacks_is_refused() -> Result<()> {
    let english = plans::closed().replacen("[[number]]", "[[number]]\nlocale = \"en\"", 1);
    let folder = hotline(&english).folder()?;
    std::fs::copy(
        folder.path("prompts/goodbye.wav"),
        folder.path("prompts/flood.wav"),
    )?;
    let mut daemon = folder.serve()?;
    let set = |prompt: &str| {
        let words = format!("schedule office announce {prompt} --until 2h --why outage");
        let words: Vec<&str> = words.split(' ').collect();
        daemon.folder.run(&words)
    };
    let refused = set("flood")?;
    let told = String::from_utf8(refused.stderr)?;
    assert!(!refused.status.success(), "it would be silence");
    assert!(
        told.contains("нет фразы «flood» на языке номеров: Горячая линия"),
        "{told}"
    );
    assert!(set("emergency")?.status.success(), "the pack has it");
    daemon.stop()
}

#[test]
fn a_recording_that_is_announced_by_hand_is_not_taken_from_callers_by_a_reload() -> Result<()> {
    let plan = plans::closed().replace("windows = [\"", "windows = [\"daily 00:00-24:00\", \"");
    let folder = hotline(&plan).folder()?;
    let recording = folder.path("prompts/flood.wav");
    std::fs::copy(folder.path("prompts/night_closed.wav"), &recording)?;
    let mut daemon = folder.serve()?;
    let verb = |daemon: &Daemon, arguments: &str| {
        let words: Vec<&str> = arguments.split(' ').collect();
        daemon.folder.verb(&words)
    };
    verb(
        &daemon,
        "schedule office announce flood --until 2h --why outage",
    )?;
    std::fs::remove_file(&recording)?;
    let refused = |daemon: &Daemon| -> Result<()> {
        let refused = daemon.folder.run(&["reload"])?;
        let told = String::from_utf8(refused.stderr)?;
        assert!(!refused.status.success(), "it would be silence");
        assert!(
            told.contains("«flood», номера: Горячая линия")
                && told.contains("gudok schedule office --clear"),
            "{told}"
        );
        Ok(())
    };
    // The plan is the same, and another one.
    refused(&daemon)?;
    let another = plan.replace("label = \"", "# another\nlabel = \"");
    daemon.folder.write("dialplans/8800.toml", &another)?;
    refused(&daemon)?;
    call(&mut daemon)?;
    // Whom nobody would hear it from does not need the words.
    verb(&daemon, "schedule office --clear --by sidorov")?;
    let told = verb(&daemon, "reload")?;
    assert!(told.contains("убранных — 1"), "{told}");
    let records = daemon.records()?;
    let [record] = records.as_slice() else {
        panic!("{} calls", records.len())
    };
    let (_, heard) = record.sound(&daemon.folder)?;
    let (first, last) = (heard.first(NIGHT), heard.first(GOODBYE));
    assert!(first.is_some() && first < last, "{first:?} {last:?}");
    Ok(())
}

#[test]
fn what_is_set_over_a_schedule_that_left_the_plan_is_shown_and_taken_back() -> Result<()> {
    let mut daemon = hotline(&plans::closed()).start()?;
    let verb = |daemon: &Daemon, arguments: &str| {
        let words: Vec<&str> = arguments.split(' ').collect();
        daemon.folder.verb(&words)
    };
    verb(&daemon, "schedule office closed --until 2h --why outage")?;
    let without = plans::only_says("goodbye");
    daemon.folder.write("dialplans/8800.toml", &without)?;
    daemon.reload()?;
    let listed = verb(&daemon, "schedule list")?;
    assert!(
        listed.contains("office: такого графика в плане нет; closed вручную"),
        "{listed}"
    );
    let nameless = daemon
        .folder
        .run(&["schedule", "office", "--clear", "--by", "a\nb"])?;
    assert!(!nameless.status.success(), "who takes it back is on record");
    verb(&daemon, "schedule office --clear")?;
    let listed = verb(&daemon, "schedule list")?;
    assert!(!listed.contains("такого графика в плане нет"), "{listed}");
    assert!(verb(&daemon, "schedule office --clear").is_err());
    daemon.stop()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_that_ends_is_told_with_its_place() -> Result<()> {
    let plan = plans::closed().replace("zone = \"UTC\"", "zone = \"UTC\"\nholidays = \"ru\"")
        + "\n[[holidays]]\ncalendar = \"ru\"\nyear = 2020\nsource = \"-\"\ndays = []\n\
           [roster.duty]\nzone = \"UTC\"\npeople = { ivanov = \"+79990000101\" }\n\
           shifts = [{ person = \"ivanov\", from = 2020-01-01T00:00:00, till = 2020-01-02T00:00:00 }]\n";
    // Nobody is there, and nobody is called.
    let nobody = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
    let mut daemon = hotline(&plan).outbound(nobody).start()?;
    daemon.log_line("calendar `ru` has no days of 20")?;
    // Behind the calendar's: what the load said of it came before.
    daemon.log_line("roster `duty`: gaps")?;
    let health = get(daemon.web, "/healthz").await?;
    let missing = health["details"]["calendars_missing"][0].as_str();
    assert!(missing.is_some_and(|it| it.contains("`ru`")), "{health:#}");
    assert_eq!(health["ready"], true, "calls are taken all the same");
    let page = get(daemon.web, "/metrics").await?;
    let page = page.as_str().unwrap_or_default();
    assert!(page.contains("gudok_calendars_missing 1"), "{page}");
    assert!(page.contains("gudok_rosters_bare 1"), "{page}");
    let alarm = "gudok_alarms_total{what=\"roster_gap\"} 1";
    assert!(page.contains(alarm), "{page}");
    let checked = daemon.folder.verb(&["check"])?;
    assert!(checked.contains("в календаре «ru» нет 20"), "{checked}");
    assert!(checked.contains("8800.toml:"), "{checked}");
    daemon.stop()
}

#[test]
fn whoever_is_on_duty_by_a_table_is_called() -> Result<()> {
    let callee = Callee::answering()?;
    let roster = "\n[roster.duty]\nzone = \"Asia/Irkutsk\"\nshifts = \"duty.roster.csv\"\n\
                  people = { ivanov = \"+79990000101\", petrova = \"+79990000102\" }\n";
    let external = "external = \"+79990000101\"\nring = \"10s\"\non_not_answered = \"message\"";
    let plan = plans::with_overflow();
    assert!(plan.contains(external));
    let plan = plan.replace(external, "duty = \"duty\"\non_nobody = \"message\"") + roster;
    let folder = hotline(&plan).outbound(callee.address).folder()?;
    // Without its table there is no plan; with it there is.
    assert!(folder.verb(&["check"]).is_err());
    let table = "\u{feff}Сотрудник;С;По;Порядок\r\n\
                 petrova;01.01.2026 00:00;01.01.2126 00:00;2\r\n\
                 ivanov;01.01.2026 00:00;01.01.2126 00:00;1\r\n";
    folder.write("wrong.csv", &table.replace("ivanov", "ivanow"))?;
    folder.write("table.csv", table)?;
    assert!(
        folder
            .verb(&["roster", "import", "duty", "wrong.csv"])
            .is_err()
    );
    folder.verb(&["roster", "import", "duty", "table.csv"])?;
    // Nothing but a header takes no table's place.
    folder.write("empty.csv", "Сотрудник;С;По\r\n")?;
    let refused = folder.run(&["roster", "import", "duty", "empty.csv"])?;
    assert_eq!(refused.status.code(), Some(64));
    let shown = folder.verb(&["roster", "show", "duty"])?;
    assert!(
        shown.contains("1. ivanov") && shown.contains("2. petrova"),
        "{shown}"
    );
    folder.verb(&["roster", "export", "duty", "again.csv"])?;
    let again = std::fs::read_to_string(folder.path("again.csv"))?;
    assert_eq!(again.lines().count(), 3, "{again}");
    folder.verb(&["roster", "import", "duty", "again.csv"])?;

    let mut daemon = folder.serve()?;
    Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(4))
        .start(daemon.sip)?
        .finish(PATIENCE)?;
    callee.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(
        record.text("outcome"),
        "overflowed_external",
        "{:#}",
        record.row
    );
    assert!(
        record.tells("1-й по порядку: ivanov"),
        "{:#?}",
        record.story
    );
    Ok(())
}
