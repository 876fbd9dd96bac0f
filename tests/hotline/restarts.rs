//! What a restart must not lose.
use anyhow::Result;
use gudok_testkit::daemon::PASSWORD;
use gudok_testkit::desk::{Cards, Desk, sign_in};
use serde_json::json;

use crate::{hotline, plans};

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_comes_back_after_a_crash_with_the_token_it_has() -> Result<()> {
    let daemon = hotline(&plans::open()).start()?;
    let kept = sign_in(daemon.web, "101", PASSWORD).await?;
    let ended = sign_in(daemon.web, "102", PASSWORD).await?;
    let before = Desk::open_with(daemon.cti, &kept, Cards::Acknowledged).await?;
    let daemon = daemon.crash_and_restart()?;
    drop(before);

    let desk = Desk::open_with(daemon.cti, &kept, Cards::Acknowledged).await?;
    let (operator, face) = (
        &desk.snapshot["operator"],
        &desk.snapshot["agent"]["display"],
    );
    assert_eq!(*operator, json!("101"), "{}", desk.snapshot);
    assert_ne!(*face, json!("logged_out"), "{}", desk.snapshot);
    drop(Desk::open_with(daemon.cti, &ended, Cards::Acknowledged).await?);

    // A new password ends what the old one began, in this run and in the next.
    daemon.folder.write("password", "another-password")?;
    let again = ["--name", "102", "--password-file", "password"];
    let verb = [&["operators", "add", "102"], again.as_slice()].concat();
    daemon.folder.verb(&verb)?;
    let mut daemon = daemon;
    daemon.reload()?;
    let refused = Desk::open_with(daemon.cti, &ended, Cards::Acknowledged).await;
    assert!(refused.is_err(), "{refused:?}");
    let daemon = daemon.crash_and_restart()?;
    let refused = Desk::open_with(daemon.cti, &ended, Cards::Acknowledged).await;
    assert!(refused.is_err(), "{refused:?}");
    drop(desk);
    Desk::open_with(daemon.cti, &kept, Cards::Acknowledged).await?;
    Ok(())
}
