//! Two phones over loopback: they ring, talk, hold and hang up, and each hears the other's tone.
use std::net::SocketAddr;
use std::time::Duration;

use gudok_media::goertzel;
use gudok_phone::{Answer, Event, Keys, Phone, Setup};
use tokio::sync::mpsc::Receiver;

const CALLER: f64 = 440.0;
const CALLEE: f64 = 1_209.0;
/// A step that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn they_hear_each_other_and_hang_up() {
    let (callee, mut at_callee) = phone(
        "102",
        nobody(),
        CALLEE,
        Answer::After(Duration::from_millis(50)),
    );
    let (caller, mut at_caller) = phone("101", callee.local(), CALLER, Answer::Never);
    caller.dial("102", "101").await;
    until(&mut at_callee, |event| {
        matches!(event, Event::Incoming { .. })
    })
    .await;
    until(&mut at_caller, |event| {
        matches!(event, Event::Established { .. })
    })
    .await;
    until_heard(&caller, CALLEE).await;
    until_heard(&callee, CALLER).await;
    caller.hang_up().await;
    until(&mut at_callee, |event| {
        matches!(event, Event::Ended { by_peer: true })
    })
    .await;
    until(&mut at_caller, |event| {
        matches!(event, Event::Ended { by_peer: false })
    })
    .await;
}

#[tokio::test]
async fn a_busy_phone_says_so() {
    let (callee, _at_callee) = phone("102", nobody(), CALLEE, Answer::Busy(Duration::ZERO));
    let (caller, mut at_caller) = phone("101", callee.local(), CALLER, Answer::Never);
    caller.dial("102", "101").await;
    until(&mut at_caller, |event| *event == Event::Refused(486)).await;
}

/// Nothing is ever sent there.
fn nobody() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 9))
}

fn phone(user: &str, server: SocketAddr, tone: f64, answer: Answer) -> (Phone, Receiver<Event>) {
    let step = std::f64::consts::TAU * tone / 8_000.0;
    Phone::start(Setup {
        user: user.to_owned(),
        password: "secret".to_owned(),
        realm: "gudok".to_owned(),
        server,
        bind: [127, 0, 0, 1].into(),
        says: (0..8_000)
            .map(|i| ((f64::from(i) * step).sin() * 8_000.0) as i16)
            .collect(),
        answer,
        keys: Keys::Events,
    })
    .expect("loopback has sockets")
}

async fn until(events: &mut Receiver<Event>, wanted: impl Fn(&Event) -> bool) {
    let found = async { while events.recv().await.is_some_and(|event| !wanted(&event)) {} };
    tokio::time::timeout(PATIENCE, found)
        .await
        .expect("the event comes");
}

/// A tenth of a second of the tone; looks again as audio comes in, every 20 ms as packets do.
async fn until_heard(phone: &Phone, tone: f64) {
    let mut packets = tokio::time::interval(Duration::from_millis(20));
    let heard = async {
        loop {
            packets.tick().await;
            let samples = phone.heard();
            if samples
                .chunks_exact(800)
                .any(|window| goertzel::share(window, tone, 8_000) > 0.9)
            {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, heard)
        .await
        .expect("the tone is heard");
}
