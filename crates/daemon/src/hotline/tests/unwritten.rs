//! What people decide while the disk refuses the journal: an error, and nothing is in force.
use gudok_calendar::Set;
use gudok_cti::Token;
use gudok_cti::client::DeskClient;
use gudok_model::RequestEnd;
use gudok_switchboard::{Directive, Speaker};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::*;
use crate::changes::Told;
use crate::control::Ask;
use crate::hotline::directed::{Came, Said};
use crate::hotline::promised::{self, Closing};
use crate::hotline::schedules::Wish;
use crate::hotline::shifts::Accepting;
use crate::versions::Why;

/// By acceptance, for years; the schedule is open at all hours.
const MORE: &str = r#"
[schedule.office]
zone = "UTC"
windows = ["daily 00:00-24:00"]

[roster.duty]
zone = "UTC"
handover = "accept"
accept_within = "30m"
people = { ivanov = "+79990000101" }
shifts = [{ person = "ivanov", from = 2026-01-01T00:00:00, till = 2126-01-01T00:00:00 }]
"#;

/// Rosters are of people with numbers outside; nobody is called.
fn leading_outside() -> Folder {
    let folder = Folder::new();
    folder.set_outbound(SocketAddr::from(([127, 0, 0, 1], 9)), "");
    folder
}

async fn reload(running: &Running) -> Told {
    running.reloader.reload(Why::signal()).await
}

async fn closes(running: &Running) -> Result<String, String> {
    let wish = Wish {
        schedule: "office".into(),
        set: Some(Set::Closed),
        until: "2h".into(),
        who: "ivanov".into(),
        why: "outage".into(),
    };
    let (answer, told) = oneshot::channel();
    let order = Order::Schedule(wish, answer);
    running.orders.send(order).await.expect("it obeys");
    told.await.expect("it answers").map(|done| done.told)
}

/// Accepts the shift, or takes that back; the code of what is wrong.
async fn accepts(running: &Running, undo_because: Option<&str>) -> Result<String, &'static str> {
    let wish = Accepting {
        roster: "duty".into(),
        person: "ivanov".into(),
        by: "ivanov".into(),
        undo_because: undo_because.map(str::to_owned),
    };
    let (answer, told) = oneshot::channel();
    let order = Order::Accept(wish, answer);
    running.orders.send(order).await.expect("it obeys");
    let told = told.await.expect("it answers");
    told.map(|it| it.told).map_err(|why| why.code)
}

/// Ticks off a request by hand, over HTTP.
async fn ticks_off(running: &Running) -> promised::Told {
    let closing = Closing {
        call: CallId(uuid::Uuid::from_u128(7)),
        request: 7,
        end: RequestEnd::Done,
        by: "ivanov".into(),
        note: None,
        key: None,
    };
    let (answer, told) = oneshot::channel();
    let order = Order::CloseRequest(Box::new((closing, None)), answer);
    running.orders.send(order).await.expect("it obeys");
    told.await.expect("it answers")
}

async fn refuses(running: &Running, on: bool) {
    running
        .orders
        .send(Order::Refuse(on))
        .await
        .expect("it obeys");
}

#[tokio::test]
async fn what_people_decide_is_refused_and_does_not_hold_and_calls_go_on() {
    let folder = leading_outside();
    let plan = std::fs::read_to_string(folder.path().join("dialplans/8800.toml"));
    let plan = plan.expect("readable") + MORE;
    folder.write("dialplans/8800.toml", &plan);
    let running = serve::start(folder.config(), &tokio::runtime::Handle::current()).await;
    let running = running.expect("it starts");
    let first = reload(&running).await;
    assert_eq!((first.done, first.version), (true, 1));

    refuses(&running, true).await;
    let other = plan.replace("label = \"", "label = \"Новая: ");
    assert_ne!(other, plan);
    folder.write("dialplans/8800.toml", &other);
    let refused = reload(&running).await;
    assert_eq!(
        (refused.done, refused.version),
        (false, 1),
        "{}",
        refused.text
    );
    assert!(
        refused.text.contains("журнал не пишется"),
        "{}",
        refused.text
    );
    let closed = closes(&running)
        .await
        .expect_err("it is not in the journal");
    assert!(closed.contains("журнал не пишется"), "{closed}");
    assert_eq!(accepts(&running, None).await, Err("not_journaled"));
    assert_eq!(
        ticks_off(&running).await,
        promised::Told::Refused("disk".into())
    );
    // Calls are worth more than their record.
    let mut caller = Caller::new(&running).await;
    caller.asks_whether_we_live().await;

    // What was refused has left nothing behind: it is not there to be taken back, and comes into force as new.
    refuses(&running, false).await;
    assert_eq!(
        accepts(&running, Some("nothing was said")).await,
        Err("not_accepted")
    );
    let store = open_store(&folder.config()).await.expect("a database");
    let last = store.last_version().await.expect("asked");
    assert_eq!(
        last.map(|last| last.number),
        Some(1),
        "no version on record"
    );
    let clear = Wish {
        schedule: "office".into(),
        set: None,
        until: String::new(),
        who: "ivanov".into(),
        why: String::new(),
    };
    let (answer, told) = oneshot::channel();
    running
        .orders
        .send(Order::Schedule(clear, answer))
        .await
        .expect("it obeys");
    assert!(told.await.expect("it answers").is_err(), "nothing is set");
    assert!(matches!(ticks_off(&running).await, promised::Told::Done(_)));
    assert!(closes(&running).await.is_ok());
    assert!(accepts(&running, None).await.is_ok());
    let taken = reload(&running).await;
    assert_eq!((taken.done, taken.version), (true, 2), "{}", taken.text);

    // What was accepted is taken back only where that is written too.
    refuses(&running, true).await;
    let undone = accepts(&running, Some("not he")).await;
    assert_eq!(undone, Err("not_journaled"));
    refuses(&running, false).await;
    assert!(accepts(&running, Some("not he")).await.is_ok());
    running.shut_down(true).await;
}

/// As `gudok check` and the log of a start do.
#[tokio::test]
async fn a_reload_warns_of_a_number_without_a_busy_flow() {
    let folder = leading_outside();
    let path = folder.path().join("dialplans/8800.toml");
    let plan = std::fs::read_to_string(&path).expect("readable");
    let running = serve::start(folder.config(), &tokio::runtime::Handle::current()).await;
    let running = running.expect("it starts");
    let warned = |told: &Told| told.warnings.iter().any(|it| it.contains("ветки busy"));
    assert!(!warned(&reload(&running).await));
    let without = plan.replace("busy = \"busy\"\n", "");
    assert_ne!(without, plan);
    folder.write("dialplans/8800.toml", &without);
    let told = reload(&running).await;
    assert!(told.done && warned(&told), "{}", told.text);
    running.shut_down(true).await;
}

/// Somebody should look at a plan that comes into force all the same: whoever asked for it is told so.
#[tokio::test]
async fn what_to_look_at_is_part_of_the_answer_of_a_reload() {
    let folder = leading_outside();
    let running = serve::start(folder.config(), &tokio::runtime::Handle::current()).await;
    let running = running.expect("it starts");
    let quiet = reload(&running).await;
    let more = "\n[roster.night]\nzone = \"UTC\"\npeople = { ivanov = \"+79990000101\" }\n\
                shifts = [{ person = \"ivanov\", from = 2020-01-01T00:00:00, till = 2020-01-02T00:00:00 }]\n";
    let path = folder.path().join("dialplans/8800.toml");
    let plan = std::fs::read_to_string(&path).expect("readable");
    folder.write("dialplans/8800.toml", &(plan + more));
    for again in ["it comes into force", "it is the same"] {
        let told = reload(&running).await;
        assert!(told.done, "{again}: {}", told.text);
        let new = told
            .warnings
            .iter()
            .filter(|it| !quiet.warnings.contains(it));
        let new: Vec<&String> = new.collect();
        assert!(
            new.iter()
                .any(|it| it.contains("8800.toml:") && it.contains("night")),
            "{again}: {new:?}"
        );
        assert!(
            told.text.contains(&format!("ВНИМАНИЕ: {}", new[0])),
            "{again}"
        );
    }
    running.shut_down(true).await;
}

/// An alarm is to be quiet, by word of the command line.
async fn silences(running: &Running) -> Came {
    let said = Said {
        by: Speaker::Admin("ivanov".into()),
        directive: Directive::Quiet {
            alarm: "disk".into(),
            subject: "".into(),
            project: None,
            for_s: 60,
        },
    };
    let (answer, told) = oneshot::channel();
    let order = Order::Ask(Ask::Direct(said), answer);
    running.orders.send(order).await.expect("it obeys");
    let told = told.await.expect("it answers");
    serde_json::from_slice(&told).expect("an answer")
}

#[tokio::test]
async fn a_word_at_a_door_is_answered_yes_when_the_disk_has_it_and_not_before() {
    let folder = Folder::new();
    let running = serve::start(folder.config(), &tokio::runtime::Handle::current()).await;
    let running = running.expect("it starts");
    assert_eq!(silences(&running).await.refused, None);
    let slow = async |on| running.orders.send(Order::Slow(on)).await;
    slow(true).await.expect("it obeys");
    let late = silences(&running).await;
    assert_eq!(late.refused.as_deref(), Some("not_written"), "{late:?}");
    slow(false).await.expect("it obeys");
    assert_eq!(silences(&running).await.refused, None);
    refuses(&running, true).await;
    let refused = silences(&running).await.refused;
    assert_eq!(refused.as_deref(), Some("not_journaled"));
    running.shut_down(true).await;
}

/// A desk of ivan, at the snapshot.
async fn desk(running: &Running, token: &str) -> DeskClient {
    let (mut desk, _) = DeskClient::connect(running.addresses.cti)
        .await
        .expect("it is open");
    let welcome = desk.auth(&Token::new(token), false).await.expect("welcome");
    assert_eq!(welcome["type"], "welcome", "{welcome}");
    desk.subscribe(None).await.expect("sent");
    answer(&mut desk, "snapshot").await;
    desk
}

/// The next frame of this type.
async fn answer(desk: &mut DeskClient, kind: &str) -> Value {
    let mut others = Vec::new();
    loop {
        let Ok(frame) = timeout(PATIENCE, desk.next()).await else {
            panic!("no {kind} among {others:?}");
        };
        let frame = frame.expect("connected");
        if frame["type"] == kind {
            return frame;
        }
        others.push(frame);
    }
}

async fn on_break(desk: &mut DeskClient, id: u128) {
    let reason = if id == 1 { "LUNCH" } else { "TEA" };
    let args = json!({ "reason": reason });
    let id = uuid::Uuid::from_u128(id);
    let command = json!({ "type": "command", "id": id, "cmd": "not_ready", "args": args });
    desk.send(&command).await.expect("sent");
}

/// All it said has come to the server.
async fn is_heard(desk: &mut DeskClient) {
    desk.send(&json!({ "type": "ping" })).await.expect("sent");
    answer(desk, "pong").await;
}

/// The desk's own connection is lost while its word is written; it comes back and asks with the same id.
#[tokio::test]
async fn a_desk_that_was_lost_meanwhile_hears_what_is_true_of_its_word() {
    let folder = Folder::new();
    let plan = include_str!("../../demo/8800.toml").to_owned();
    let reasons = "\n[not_ready_reasons]\nLUNCH = \"Обед\"\nTEA = \"Чай\"\n";
    folder.write("dialplans/8800.toml", &(plan + reasons));
    folder.hire_with("ivan", |it| it.phone_only = false).await;
    let running = serve::start(folder.config(), &tokio::runtime::Handle::current()).await;
    let running = running.expect("it starts");
    let tokens = &running.reloader.tokens;
    let issued = tokens.issue(&"ivan".into(), &"main".into(), crate::clock::wall());
    let token = issued.expect("randomness").token;
    let slow = async |on| {
        running
            .orders
            .send(Order::Slow(on))
            .await
            .expect("it obeys");
    };

    let mut lost = desk(&running, &token).await;
    slow(true).await;
    on_break(&mut lost, 1).await;
    is_heard(&mut lost).await;
    drop(lost);
    let mut back = desk(&running, &token).await;
    on_break(&mut back, 1).await;
    let late = answer(&mut back, "result").await;
    assert_eq!(late["error"]["code"], "not_written", "{late}");
    // It stands until the disk has it, and is no answer from then on.
    on_break(&mut back, 1).await;
    let again = answer(&mut back, "result").await;
    assert_eq!(again["error"]["code"], "not_written", "{again}");
    slow(false).await;
    let _ = silences(&running).await;
    on_break(&mut back, 1).await;
    let written = answer(&mut back, "result").await;
    assert_eq!(written["ok"], true, "{written}");

    // In time: who comes back hears of it once, and what it is.
    slow(true).await;
    on_break(&mut back, 2).await;
    is_heard(&mut back).await;
    drop(back);
    let mut back = desk(&running, &token).await;
    on_break(&mut back, 2).await;
    slow(false).await;
    let written = answer(&mut back, "result").await;
    assert_eq!(
        (&written["ok"], &written["id"]),
        (&json!(true), &json!(uuid::Uuid::from_u128(2)))
    );
    running.shut_down(true).await;
}
