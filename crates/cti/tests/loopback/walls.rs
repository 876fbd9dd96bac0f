//! The streams of supervisors: who gets them, that nothing is missed, and that a right taken back ends them.
use std::collections::{BTreeMap, BTreeSet};

use gudok_cti::client::DeskClient;
use gudok_cti::config::{WATCH_KEPT, WATCHES_MAX};
use gudok_cti::{Config, CtiInput, WallRequest, WallStream};
use gudok_model::Mono;
use gudok_switchboard::wall::{OwedNow, Picture, QueueNow, Told, View, WallEvent};
use serde_json::{Value, json};

use crate::rig::{NOW, Rig};

const BEGUN: Mono = Mono(1_000_000);

fn isp() -> View {
    View::Project("isp1".into())
}

fn queue(name: &str, waiting: u32) -> QueueNow {
    QueueNow {
        queue: name.into(),
        waiting,
        oldest: (waiting > 0).then_some(NOW),
        oldest_emergency: None,
        talking: 0,
        ready: 1,
        busy: 0,
        wrap_up: 0,
        not_ready: 0,
        owed: Some(OwedNow::default()),
        today: None,
    }
}

fn news(name: &str, waiting: u32) -> Told {
    Told {
        event: WallEvent::Queue(queue(name, waiting)),
        queues: BTreeSet::from([name.into()]),
    }
}

fn picture(names: &[&str]) -> Picture {
    let queues = names.iter().map(|name| ((*name).into(), queue(name, 0)));
    Picture {
        queues: queues.collect(),
        ..Picture::default()
    }
}

/// Anna supervises isp1, Boris nobody.
async fn rig_with(config: Config) -> Rig {
    let rig = Rig::start_with(config).await;
    rig.bridge.staff(BTreeMap::from([("anna".into(), isp())]));
    rig
}

async fn ask(desk: &mut DeskClient, stream: &str, after: Option<(&str, u64)>) {
    let mut frame = json!({"type": "subscribe", "stream": stream});
    if let Some((epoch, seq)) = after {
        (frame["epoch"], frame["from_seq"]) = (epoch.into(), seq.into());
    }
    desk.send(&frame).await.unwrap();
}

async fn wanted(rig: &mut Rig) -> WallRequest {
    match rig.wish().await {
        CtiInput::WallWanted(request) => request,
        other => panic!("expected WallWanted, got {other:?}"),
    }
}

/// A desk that watches a stream and has its picture.
async fn watching(rig: &mut Rig, stream: &str) -> DeskClient {
    let (mut desk, _) = rig.desk("anna-1").await;
    rig.connected().await;
    bring_up(rig, &mut desk, stream).await;
    desk
}

async fn bring_up(rig: &mut Rig, desk: &mut DeskClient, stream: &str) -> Value {
    ask(desk, stream, None).await;
    let request = wanted(rig).await;
    let all = picture(&["tech", "sales"]);
    rig.bridge.wall_snapshot(&request, Some(&all), (BEGUN, NOW));
    let frame = desk.next().await.unwrap();
    assert_eq!(
        (&frame["type"], &frame["stream"]),
        (&json!("snapshot"), &json!(stream))
    );
    frame
}

/// `stream seq type` of the next frames.
async fn read(desk: &mut DeskClient, count: usize) -> Vec<String> {
    let mut seen = Vec::new();
    for _ in 0..count {
        let frame = desk.next().await.unwrap();
        let text = |key: &str| frame[key].as_str().unwrap_or("-").to_owned();
        seen.push(format!(
            "{} {} {}",
            text("stream"),
            frame["seq"],
            text("type")
        ));
    }
    seen
}

#[tokio::test]
async fn a_supervisor_gets_the_picture_and_then_the_news() {
    let mut rig = rig_with(Config::default()).await;
    let mut desk = watching(&mut rig, "supervisor").await;
    rig.bridge
        .wall(&isp(), &[news("tech", 1), news("sales", 2)], NOW);
    assert_eq!(
        read(&mut desk, 2).await,
        ["supervisor 1 queue.stats", "supervisor 2 queue.stats"]
    );
    assert_eq!(rig.bridge.views(BEGUN), BTreeSet::from([isp()]));
}

#[tokio::test]
async fn each_stream_has_its_own_numbers_and_its_own_news() {
    let mut rig = rig_with(Config::default()).await;
    let mut desk = watching(&mut rig, "supervisor").await;
    bring_up(&mut rig, &mut desk, "queue:sales").await;
    rig.bridge
        .wall(&isp(), &[news("tech", 1), news("sales", 2)], NOW);
    let mut seen = read(&mut desk, 3).await;
    seen.sort_unstable();
    assert_eq!(
        seen,
        [
            "queue:sales 1 queue.stats",
            "supervisor 1 queue.stats",
            "supervisor 2 queue.stats"
        ]
    );
    // Of another project nobody who sees this one hears.
    rig.bridge
        .wall(&View::Project("isp2".into()), &[news("sales", 9)], NOW);
    rig.bridge.wall(&View::All, &[news("sales", 9)], NOW);
    rig.bridge.wall(&isp(), &[news("tech", 3)], NOW);
    assert_eq!(read(&mut desk, 1).await, ["supervisor 3 queue.stats"]);
}

#[tokio::test]
async fn who_does_not_supervise_is_refused_and_stays_connected() {
    let mut rig = rig_with(Config::default()).await;
    let (mut desk, _) = rig.desk("boris-1").await;
    rig.connected().await;
    for stream in ["supervisor", "queue:tech"] {
        ask(&mut desk, stream, None).await;
        let frame = desk.next().await.unwrap();
        assert_eq!(
            frame,
            json!({"type": "refused", "v": 1, "stream": stream, "code": "not_allowed"})
        );
    }
    rig.bring_up(&mut desk, "boris").await;
}

#[tokio::test]
async fn the_queue_of_a_foreign_project_is_as_if_it_were_not() {
    let mut rig = rig_with(Config::default()).await;
    let (mut desk, _) = rig.desk("anna-1").await;
    rig.connected().await;
    ask(&mut desk, "queue:foreign", None).await;
    let request = wanted(&mut rig).await;
    assert_eq!(
        (&request.view, &request.stream),
        (&isp(), &WallStream::Queue("foreign".into()))
    );
    rig.bridge.wall_snapshot(&request, None, (BEGUN, NOW));
    let frame = desk.next().await.unwrap();
    assert_eq!(
        frame,
        json!({"type": "refused", "v": 1, "stream": "queue:foreign", "code": "unknown_stream"})
    );
    // Nothing of it comes later either.
    rig.bridge.wall(&isp(), &[news("foreign", 1)], NOW);
    bring_up(&mut rig, &mut desk, "supervisor").await;
}

#[tokio::test]
async fn a_stream_is_resumed_where_it_was_left() {
    let mut rig = rig_with(Config::default()).await;
    let mut desk = watching(&mut rig, "supervisor").await;
    rig.bridge.wall(&isp(), &[news("tech", 1)], NOW);
    read(&mut desk, 1).await;
    drop(desk);
    let session = rig.lost().await;
    rig.bridge
        .wall(&isp(), &[news("tech", 2), news("tech", 3)], NOW);

    let (mut desk, _) = rig.desk("anna-1").await;
    assert_eq!(rig.connected().await, (session, false));
    let epoch = rig.bridge.epoch();
    ask(&mut desk, "supervisor", Some((&epoch, 1))).await;
    let resumed = desk.next().await.unwrap();
    assert_eq!(
        (&resumed["type"], &resumed["from_seq"], &resumed["seq"]),
        (&json!("resumed"), &json!(1), &json!(3))
    );
    assert_eq!(
        read(&mut desk, 2).await,
        ["supervisor 2 queue.stats", "supervisor 3 queue.stats"]
    );
    ask(&mut desk, "supervisor", Some(("another-epoch", 3))).await;
    wanted(&mut rig).await;
}

/// On one thread the connection cannot run between these events, so it has fallen behind for certain.
#[tokio::test]
async fn a_slow_client_is_reset_and_starts_from_a_picture() {
    let config = Config {
        ring_events_max: 5,
        ..Config::default()
    };
    let mut rig = rig_with(config).await;
    let mut desk = watching(&mut rig, "supervisor").await;
    let many: Vec<Told> = (1..=6).map(|waiting| news("tech", waiting)).collect();
    rig.bridge.wall(&isp(), &many, NOW);
    assert_eq!(read(&mut desk, 1).await, ["supervisor null reset"]);
    let request = wanted(&mut rig).await;
    let all = picture(&["tech"]);
    rig.bridge.wall_snapshot(&request, Some(&all), (BEGUN, NOW));
    rig.bridge.wall(&isp(), &[news("tech", 0)], NOW);
    assert_eq!(
        read(&mut desk, 2).await,
        ["supervisor 6 snapshot", "supervisor 7 queue.stats"]
    );
    assert_eq!(rig.bridge.stats().resets, 1);
}

#[tokio::test]
async fn a_right_that_is_taken_back_ends_the_stream_at_once() {
    let mut rig = rig_with(Config::default()).await;
    let mut desk = watching(&mut rig, "supervisor").await;
    let elsewhere = View::Project("isp2".into());
    for staff in [
        BTreeMap::new(),
        BTreeMap::from([("anna".into(), elsewhere)]),
    ] {
        rig.bridge.wall(&isp(), &[news("tech", 7)], NOW);
        rig.bridge.staff(staff);
        let frame = desk.next().await.unwrap();
        assert_eq!(
            (&frame["type"], &frame["code"]),
            (&json!("refused"), &json!("not_allowed"))
        );
        rig.bridge.staff(BTreeMap::from([("anna".into(), isp())]));
        bring_up(&mut rig, &mut desk, "supervisor").await;
    }
}

/// What nobody watches is let go after a while, and no position of before is gone on from.
#[tokio::test]
async fn a_stream_that_nobody_watches_is_let_go() {
    let mut rig = rig_with(Config::default()).await;
    let mut desk = watching(&mut rig, "supervisor").await;
    rig.bridge.wall(&isp(), &[news("tech", 1)], NOW);
    read(&mut desk, 1).await;
    drop(desk);
    rig.lost().await;
    let kept = BEGUN + WATCH_KEPT;
    assert_eq!(rig.bridge.views(kept), BTreeSet::from([isp()]));
    assert!(rig.bridge.views(kept + WATCH_KEPT).is_empty());
    let (mut desk, _) = rig.desk("anna-1").await;
    rig.connected().await;
    let epoch = rig.bridge.epoch();
    for seq in [0, 1, 2] {
        ask(&mut desk, "supervisor", Some((&epoch, seq))).await;
        let request = wanted(&mut rig).await;
        rig.bridge.wall_snapshot(&request, None, (kept, NOW));
        assert_eq!(
            desk.next().await.unwrap()["code"],
            "unknown_stream",
            "{seq}"
        );
    }
}

#[tokio::test]
async fn a_connection_may_watch_so_many_streams_and_no_more() {
    let mut rig = rig_with(Config::default()).await;
    let (mut desk, _) = rig.desk("anna-1").await;
    rig.connected().await;
    for n in 0..WATCHES_MAX {
        bring_up(&mut rig, &mut desk, &format!("queue:q{n}")).await;
    }
    ask(&mut desk, "queue:more", None).await;
    assert_eq!(desk.next().await.unwrap()["code"], "too_many_streams");
    // One of those it has may be asked for anew.
    bring_up(&mut rig, &mut desk, "queue:q0").await;
}

/// A picture costs a look at everybody: a client that asks again before it has come is given that one.
#[tokio::test]
async fn who_asks_again_before_the_picture_comes_asks_for_no_other() {
    let mut rig = rig_with(Config::default()).await;
    let (mut desk, _) = rig.desk("anna-1").await;
    rig.connected().await;
    for stream in ["supervisor", "supervisor", "supervisor", "queue:tech"] {
        ask(&mut desk, stream, None).await;
    }
    assert_eq!(wanted(&mut rig).await.stream, WallStream::Supervisor);
    let next = wanted(&mut rig).await.stream;
    assert_eq!(next, WallStream::Queue("tech".into()));
}

/// The numbers of another view are of other events.
#[tokio::test]
async fn who_sees_something_else_goes_on_from_no_number() {
    let mut rig = rig_with(Config::default()).await;
    let mut desk = watching(&mut rig, "supervisor").await;
    rig.bridge.wall(&isp(), &[news("tech", 1)], NOW);
    read(&mut desk, 1).await;
    let elsewhere = View::Project("isp2".into());
    let staff = BTreeMap::from([("anna".into(), elsewhere.clone())]);
    rig.bridge.staff(staff);
    assert_eq!(desk.next().await.unwrap()["code"], "not_allowed");
    bring_up(&mut rig, &mut desk, "supervisor").await;
    let many = [news("tech", 1), news("tech", 2)];
    rig.bridge.wall(&elsewhere, &many, NOW);
    read(&mut desk, 2).await;
    let epoch = rig.bridge.epoch();
    ask(&mut desk, "supervisor", Some((&epoch, 1))).await;
    assert_eq!(wanted(&mut rig).await.view, elsewhere);
}
