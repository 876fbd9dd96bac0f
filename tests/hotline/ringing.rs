//! What an operator hears who calls a client, over real sockets: our ringing tone, the carrier's own sound, why nobody was reached.
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use gudok_testkit::outside::{Outside, ear, hears_at, says, sdp};

use crate::outgoing::Scene;

/// Of the Russian network's ringing and busy tone. Hz.
const NETWORK: f64 = 425.0;
/// The first of the three tones of a number that cannot be reached. Hz.
const UNOBTAINABLE: f64 = 950.0;
/// What the carrier says. Hz.
const ANNOUNCEMENT: f64 = 1_610.0;
const CLIENT: &str = "+74951234567";

#[tokio::test(flavor = "multi_thread")]
async fn the_clients_phone_is_heard_to_ring_and_then_to_be_busy() -> Result<()> {
    let carrier = Outside::new()?;
    let mut scene = Scene::with(carrier.address).await?;
    scene.dial(CLIENT).await?;
    let invite = carrier.hears("INVITE")?;
    carrier.answers(&invite, 180, "", "")?;
    scene.phone.hears(NETWORK, 0.8).await?;
    carrier.answers(&invite, 486, "", "")?;
    scene.comes_to("busy").await?;
    // Of one ring less is left.
    scene.phone.hears_now(NETWORK, 0.8).await?;
    scene.phone.hung_up_on().await?;
    let record = scene.daemon.record()?;
    assert_eq!(record.text("termination_reason"), "busy");
    let replayed = scene.daemon.folder.verb(&["replay", record.id()])?;
    assert!(replayed.contains("различий — 0"), "{replayed}");
    Ok(())
}

/// The operator is not heard there: nobody talks for nothing before an answer.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_carrier_says_before_an_answer_is_heard_and_it_hears_nobody() -> Result<()> {
    let (carrier, ear) = (Outside::new()?, ear()?);
    let mut scene = Scene::with(carrier.address).await?;
    scene.dial(CLIENT).await?;
    let invite = carrier.hears("INVITE")?;
    carrier.answers(&invite, 183, "", &sdp(1, &ear)?)?;
    let (to, more) = (hears_at(&invite)?, AtomicBool::new(true));
    let voice = ear.try_clone()?;
    let heard = std::thread::scope(|scope| {
        scope.spawn(|| says(&voice, to, ANNOUNCEMENT, || more.load(Ordering::Relaxed)));
        let heard = tokio::task::block_in_place(|| {
            let hears = scene.phone.hears(ANNOUNCEMENT, 1.0);
            tokio::runtime::Handle::current().block_on(hears)
        });
        more.store(false, Ordering::Relaxed);
        heard
    });
    heard?;
    ear.set_nonblocking(true)?;
    assert!(ear.recv(&mut [0; 2_048]).is_err(), "it hears the operator");
    carrier.answers(&invite, 404, "", "")?;
    scene.comes_to("not_found").await?;
    scene.phone.hears_now(UNOBTAINABLE, 0.2).await?;
    scene.phone.hung_up_on().await?;
    Ok(())
}
