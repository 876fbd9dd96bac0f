//! What the schedules of a plan tell their admin.
use anyhow::Result;
use gudok_testkit::desk::get;

use crate::{hotline, plans};

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_that_ends_is_told_with_its_place() -> Result<()> {
    let plan = plans::closed().replace("zone = \"UTC\"", "zone = \"UTC\"\nholidays = \"ru\"")
        + "\n[[holidays]]\ncalendar = \"ru\"\nyear = 2020\nsource = \"-\"\ndays = []\n";
    let mut daemon = hotline(&plan).start()?;
    daemon.log_line("calendar `ru` has no days of 20")?;
    let health = get(daemon.web, "/healthz").await?;
    let missing = health["details"]["calendars_missing"][0].as_str();
    assert!(missing.is_some_and(|it| it.contains("`ru`")), "{health:#}");
    assert_eq!(health["ready"], true, "calls are taken all the same");
    let page = get(daemon.web, "/metrics").await?;
    let page = page.as_str().unwrap_or_default();
    assert!(page.contains("gudok_calendars_missing 1"), "{page}");
    let checked = daemon.folder.verb(&["check"])?;
    assert!(checked.contains("в календаре «ru» нет 20"), "{checked}");
    assert!(checked.contains("8800.toml:"), "{checked}");
    daemon.stop()
}
