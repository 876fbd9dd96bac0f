//! Where a caller's number was issued: from the registry's file to the decision, the record and the report.
use anyhow::Result;
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::Folder;
use gudok_testkit::desk::get;

use crate::simulated::agrees;
use crate::{CALLER, HOTLINE, PATIENCE, hotline};

/// Callers of Irkutsk and of Omsk, each by a mobile number, hear different words.
const PLAN: &str = r#"
[[number]]
did = "+78001234567"
record = "from_answer"
flow = "main"

[[flow.main]]
when = 'caller.region == "RU-IRK" && caller.zone == "Asia/Irkutsk" && caller.local_hour >= 0'
then = [{ close = ["goodbye"], reason = "irkutsk" }]

[[flow.main]]
when = 'caller.region == "RU-OMS" && caller.region_confidence == "mobile"'
then = [{ close = ["night_closed"], reason = "omsk" }]

[[flow.main]]
close = ["all_busy"]
reason = "nowhere"
"#;

/// The caller's range as a registry of invented rows has it, and one row that is odd.
fn import(folder: &Folder, region: &str) -> Result<String> {
    let text = format!(
        "\u{feff}АВС/ DEF;От;До;Емкость;Оператор;Регион;Территория ГАР;ИНН\n\
         999;0000000;0999999;1000000;ООО \"Связь\";{region};{region};0000000000\n\
         999;0002000;0001000;0;ООО \"Связь\";{region};{region};0000000000\n"
    );
    folder.write("def.csv", &text)?;
    folder.verb(&[&IMPORT[..], &["--force"]].concat())
}

const IMPORT: [&str; 5] = ["numbers", "import", "def.csv", "--out", "numbering.gdk"];

#[test]
fn a_table_with_holes_takes_the_place_of_none_unawares() -> Result<()> {
    let folder = hotline(PLAN).folder()?;
    let rows = |good: u32| {
        let good = (0..good)
            .map(|at| format!("999;{at:07};{at:07};1;Связь;Омская обл.;Омская область;0\n"));
        let rows: String = good.collect();
        let header = "АВС/ DEF;От;До;Емкость;Оператор;Регион;Территория ГАР;ИНН\n";
        folder.write(
            "def.csv",
            &format!("{header}{rows}999;9;0;0;Связь;Омская обл.;Омская область;0\n"),
        )
    };
    let import = || -> Result<(Option<i32>, String)> {
        let output = folder.run(&IMPORT)?;
        let said = [output.stdout, output.stderr].concat();
        Ok((
            output.status.code(),
            String::from_utf8_lossy(&said).into_owned(),
        ))
    };
    rows(50)?;
    let (code, said) = import()?;
    assert_ne!(code, Some(0));
    assert!(said.contains("пропущено строк — 1 из 51"), "{said}");
    assert!(!folder.path("numbering.gdk").exists(), "{said}");
    rows(150)?;
    let (code, said) = import()?;
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.lines()
            .last()
            .is_some_and(|it| it.contains("пропущено — 1")),
        "{said}"
    );
    assert!(folder.path("numbering.gdk").exists());
    folder.verb(&[&IMPORT[..], &["--force"]].concat())?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_spoilt_does_not_keep_the_hotline_from_starting() -> Result<()> {
    let setup = hotline(PLAN).set("paths.numbering", "numbering.gdk");
    let folder = setup.folder()?;
    folder.write("numbering.gdk", "GUDOKNUM")?;
    assert_eq!(folder.run(&["check"])?.status.code(), Some(64));
    let mut daemon = folder.serve()?;
    let page = get(daemon.web, "/metrics").await?;
    let page = page.as_str().unwrap_or_default();
    let alarm = "gudok_alarms_total{what=\"numbering\"} 1";
    assert!(page.contains(alarm), "{page}");
    daemon.logged("the table of numbers cannot be used")?;
    daemon.stop()
}

fn call(sip: std::net::SocketAddr) -> Result<()> {
    Call::new(CALLER, HOTLINE)
        .hold(PATIENCE)
        .start(sip)?
        .finish(PATIENCE)
}

#[test]
fn a_caller_is_served_by_region_and_a_new_table_is_taken_without_a_restart() -> Result<()> {
    let setup = hotline(PLAN).set("paths.numbering", "numbering.gdk");
    let folder = setup.folder()?;
    let refused = folder.run(&["check"])?;
    assert_eq!(refused.status.code(), Some(64), "there is no table yet");
    let told = import(&folder, "Иркутская обл.")?;
    assert!(
        told.contains("def.csv:3: ошибка: диапазон перевёрнут"),
        "{told}"
    );
    assert!(
        told.contains("строк — 2, пропущено — 1, диапазонов — 1"),
        "{told}"
    );

    let mut daemon = folder.serve()?;
    call(daemon.sip)?;
    import(&daemon.folder, "Омская область")?;
    daemon.reload()?;
    daemon.log_line("the table of numbers is in force")?;
    call(daemon.sip)?;
    // What is spoilt changes nothing.
    daemon.folder.write("numbering.gdk", "GUDOKNUM")?;
    daemon.reload()?;
    daemon.log_line("the table of numbers stays as it was")?;
    call(daemon.sip)?;

    let records = daemon.records()?;
    let told: Vec<[&str; 4]> = records
        .iter()
        .map(|it| {
            [
                "caller_region",
                "caller_zone",
                "caller_region_confidence",
                "termination_reason",
            ]
            .map(|column| it.text(column))
        })
        .collect();
    let omsk = ["RU-OMS", "Asia/Omsk", "mobile", "omsk"];
    assert_eq!(
        told,
        [["RU-IRK", "Asia/Irkutsk", "mobile", "irkutsk"], omsk, omsk]
    );
    assert!(records[0].tells("регион: Иркутская область (RU-IRK), Asia/Irkutsk"));
    for record in &records {
        let again = daemon.folder.verb(&["replay", record.id()])?;
        assert!(again.contains("различий — 0"), "{again}");
    }
    let verb = |arguments: &[&str]| daemon.folder.verb(arguments);
    let report = verb(&["calls", "--by-region"])?;
    let counted: Vec<&str> = report.lines().map(|line| &line[..6]).collect();
    assert_eq!(counted, ["RU-OMS", "RU-IRK"], "{report}");
    let of_irkutsk = verb(&["calls", "--region", "RU-IRK"])?;
    assert_eq!(of_irkutsk.lines().count(), 1, "{of_irkutsk}");
    import(&daemon.folder, "Омская область")?;
    agrees(&records[1], &daemon.folder, &[])
}

#[test]
fn what_is_known_of_a_number_is_shown_and_simulated() -> Result<()> {
    let folder = hotline(PLAN)
        .set("paths.numbering", "numbering.gdk")
        .folder()?;
    import(&folder, "Омская область")?;
    let shown = folder.verb(&["numbers", "show", "8 (999) 000-11-22"])?;
    for part in [
        "Омская область (RU-OMS), Asia/Omsk",
        "мобильный",
        "ООО \"Связь\"",
        "def.csv",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let at = ["--to", HOTLINE, "--at", "2026-11-07T03:05+03:00"];
    let told = folder.verb(&[&["simulate", "--from", CALLER], &at[..]].concat())?;
    assert!(told.contains("там 06:05, сб"), "{told}");
    assert!(
        told.contains("omsk") || told.contains("night_closed"),
        "{told}"
    );
    Ok(())
}

/// Open from nine to ten in Irkutsk.
const OFFICE: &str = r#"
[schedule.office]
zone = "Asia/Irkutsk"
windows = ["daily 09:00-10:00"]

[[number]]
did = "+78001234567"
record = "off"
flow = "main"

[[flow.main]]
when = 'schedule.office.open'
then = [{ close = ["goodbye"], reason = "opened" }]

[[flow.main]]
close = ["night_closed"]
reason = "shut"
"#;

/// A compiled zone whose clock is always nine hours ahead of UTC (RFC 9636): a block of version 1, one of version 2, and the
/// rule for all time.
fn nine_hours_ahead() -> Vec<u8> {
    let counts = [0, 0, 0, 0, 1, 4].map(u32::to_be_bytes);
    let kind = [&(9 * 3_600_i32).to_be_bytes()[..], &[0, 0], b"ZZZ\0"].concat();
    let block = [b"TZif2", &[0; 15][..], counts.as_flattened(), &kind].concat();
    [&block[..], &block, b"\n<+09>-9\n"].concat()
}

/// Which way a call goes at half past nine of the clock that is nine hours ahead.
fn at_half_past_nine(folder: &Folder) -> Result<String> {
    let at = ["--to", HOTLINE, "--at", "2026-11-23T09:30+09:00"];
    folder.verb(&[&["simulate", "--from", CALLER], &at[..]].concat())
}

#[test]
fn a_region_that_has_changed_its_hour_is_open_by_the_zones_of_the_system() -> Result<()> {
    let told = at_half_past_nine(&hotline(OFFICE).folder()?)?;
    assert!(told.contains("shut") && !told.contains("opened"), "{told}");

    let folder = hotline(OFFICE).set("paths.zoneinfo", "zoneinfo").folder()?;
    std::fs::create_dir_all(folder.path("zoneinfo/Asia"))?;
    std::fs::write(folder.path("zoneinfo/Asia/Irkutsk"), nine_hours_ahead())?;
    folder.write("zoneinfo/tzdata.zi", "# version 2099z\n")?;
    let told = at_half_past_nine(&folder)?;
    assert!(told.contains("opened") && !told.contains("shut"), "{told}");

    let checked = folder.verb(&["check"])?;
    let differ = checked.lines().filter(|it| it.contains("встроенной базе"));
    let differ: Vec<&str> = differ.collect();
    assert_eq!(differ.len(), 1, "{checked}");
    assert!(differ[0].contains("Asia/Irkutsk: уже сейчас "), "{checked}");
    assert!(checked.contains("версия tzdata 2099z"), "{checked}");
    let mut daemon = folder.serve()?;
    daemon.logged("версия tzdata 2099z")?;
    daemon.stop()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_that_is_spoilt_is_named_and_does_not_keep_the_hotline_from_starting() -> Result<()>
{
    let folder = hotline(OFFICE).set("paths.zoneinfo", "zoneinfo").folder()?;
    std::fs::create_dir_all(folder.path("zoneinfo/Asia"))?;
    folder.write("zoneinfo/Asia/Irkutsk", "TZif")?;
    let refused = folder.run(&["check"])?;
    assert_eq!(refused.status.code(), Some(64));
    let said = String::from_utf8(refused.stderr)?;
    assert!(said.contains("zoneinfo/Asia/Irkutsk"), "{said}");
    let mut daemon = folder.serve()?;
    let page = get(daemon.web, "/metrics").await?;
    let page = page.as_str().unwrap_or_default();
    let alarm = "gudok_alarms_total{what=\"zoneinfo\"} 1";
    assert!(page.contains(alarm), "{page}");
    daemon.logged("those compiled in count")?;
    daemon.stop()
}
