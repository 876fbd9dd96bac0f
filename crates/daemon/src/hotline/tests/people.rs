//! What is told of a caller, to whom, and what is not.
use tokio::runtime::Handle;

use super::*;
use crate::blocks::{Blocks, Lasting};
use crate::control::Ask;
use crate::records::entries;
use crate::verbs::calls::of_session;

/// In a P-Asserted-Identity; From has another one.
const ASSERTED: &str = "+79990007788";

/// Everything on record but the messages: what the switchboard was told, what it asked for, facts and rows.
pub(super) async fn on_record(folder: &Folder) -> String {
    let config = folder.config();
    let mut told = String::new();
    for (_, entry) in entries(&config.paths.journal, Seq(0)) {
        told += &serde_json::to_string(&entry).expect("it is JSON there");
    }
    let store = open_store(&config).await.expect("it opens");
    let rows = store.calls(&CallFilter::default()).await.expect("readable");
    told + &serde_json::to_string(&rows).expect("plain")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withheld_number_is_known_where_the_trunk_says_so_and_never_outside() {
    for (setting, out, privacy, known) in [
        ("", "private = \"as_caller\"", "user;critical", false),
        ("", "", "header", false),
        (
            "show_private = true\n",
            "private = \"as_caller\"",
            "id",
            true,
        ),
    ] {
        let carrier = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
        let identity = format!("identity = [\"from\", \"pai\", \"rpid\", \"diversion\"]\n{out}");
        let folder = Folder::overflowing(carrier.local_addr().expect("bound"), &identity);
        folder.set_of_trunk(setting);
        let running = serve::start(folder.config(), &Handle::current())
            .await
            .expect("it starts");
        // As some border controllers name calls.
        let caller = Caller::named(&running, "79990007788-1a2b").await;
        let more =
            format!("P-Asserted-Identity: \"Ann\" <sip:{ASSERTED}@c>\r\nPrivacy: {privacy}\r\n");
        caller.send_with("INVITE", &more, OFFER).await;
        let invite = timeout(PATIENCE, invite_to(&carrier))
            .await
            .expect("it dials");
        running.shut_down(true).await;
        // Ours is hidden where the trunk is set so: there are phones that take no anonymous calls.
        for word in ["\r\nPrivacy: id\r\n", "privacy=full"] {
            assert_eq!(invite.contains(word), !out.is_empty(), "{word}: {invite}");
        }
        for secret in ["79990007788", "79990001122", "Ann"] {
            assert!(!invite.contains(secret), "{privacy}: {secret} in {invite}");
        }
        let told = on_record(&folder).await;
        assert_eq!(told.contains("79990007788"), known, "{privacy}: {told}");
        assert!(!told.contains("79990001122"), "{privacy}: {told}");
        assert_eq!(told.contains("Ann"), known, "{privacy}: {told}");
        assert!(told.contains("\"restricted\""), "{privacy}: {told}");
        // Limits hold for it all the same.
        assert_eq!(told.contains("\"withheld\":"), !known, "{told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_withholds_nothing_is_no_private_caller_outside() {
    let carrier = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let folder = Folder::overflowing(carrier.local_addr().expect("bound"), "");
    let running = serve::start(folder.config(), &Handle::current())
        .await
        .expect("it starts");
    let caller = Caller::new(&running).await;
    let none = "Privacy: none\r\n";
    caller.send_with("INVITE", none, OFFER).await;
    let invite = timeout(PATIENCE, invite_to(&carrier))
        .await
        .expect("it dials");
    running.shut_down(true).await;
    assert!(!invite.contains("Privacy"), "{invite}");
    assert!(on_record(&folder).await.contains("79990001122"));
}

/// What a caller says of its end, and how its leg is told of afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_caller_says_of_its_end_is_on_record() {
    let reason = "Reason: Q.850 ;cause=16 ;text=\"Bye +79990007788 \u{202e}\", SIP;cause=200\r\n";
    for (method, answer) in [
        ("BYE", "answer = \"answer\""),
        ("CANCEL", "answer = \"ring\""),
    ] {
        let folder = Folder::new();
        let plan = OUTSIDE.replace("answer = \"answer\"", answer);
        folder.write("dialplans/8800.toml", &plan);
        let carrier = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
        folder.set_outbound(carrier.local_addr().expect("bound"), "");
        let running = serve::start(folder.config(), &Handle::current())
            .await
            .expect("it starts");
        let mut caller = Caller::new(&running).await;
        if method == "BYE" {
            caller.call(OFFER, "").await;
            caller.send_with("BYE", reason, "").await;
        } else {
            caller.send("INVITE", OFFER).await;
            caller.expect("SIP/2.0 180", "1 INVITE").await;
            caller.cancel(reason).await;
        }
        caller.expect("SIP/2.0 200", method).await;
        running.shut_down(true).await;
        let config = folder.config();
        let store = open_store(&config).await.expect("it opens");
        let rows = store.calls(&CallFilter::default()).await.expect("readable");
        let call = CallId(rows[0].call_id.parse().expect("an id"));
        let told = store.call(call).await.expect("readable").expect("there");
        let leg = &told.legs[0];
        assert_eq!(
            (leg.said_q850, leg.said_sip),
            (Some(16), Some(200)),
            "{method}"
        );
        assert_eq!(leg.said.as_deref(), Some("Bye +7999•••7788"), "{method}");
        let story: Vec<String> = told
            .events
            .iter()
            .filter_map(|event| event.decode())
            .flat_map(|fact| crate::story::lines(&fact))
            .collect();
        let words =
            "сторона положила трубку; Q.850 16 (обычное завершение), SIP 200, «Bye +7999•••7788»";
        assert!(story.iter().any(|line| line.ends_with(words)), "{story:#?}");
        let verdict = replay(&config.paths.journal, call, Seq(1)).expect("replayed");
        assert!(verdict.differences.is_empty(), "{:?}", verdict.differences);
    }
}

/// By its number in the carrier's log: as the carrier said it, as we answered it, with hyphens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_found_by_the_session_id_of_the_carriers_log() {
    let folder = Folder::new();
    let running = serve::start(folder.config(), &Handle::current())
        .await
        .expect("it starts");
    let theirs = "ab30317f1a784dc48ff824d0d3715d86";
    let nil = "0".repeat(32);
    let said = format!("Session-ID: {theirs};remote={nil}\r\n");
    let caller = Caller::new(&running).await;
    caller.send_with("INVITE", &said, OFFER).await;
    let accepted = caller.expect("SIP/2.0 200", "1 INVITE").await;
    let other = Caller::named(&running, "other").await;
    other.send("INVITE", OFFER).await;
    other.expect("SIP/2.0 200", "1 INVITE").await;
    running.shut_down(true).await;
    let answered = accepted
        .lines()
        .find(|line| line.starts_with("Session-ID: "))
        .expect("it says one");
    let store = open_store(&folder.config()).await.expect("it opens");
    let hyphens = "AB30317F-1A78-4DC4-8FF8-24D0D3715D86";
    for written in [theirs, said.trim(), answered, hyphens] {
        let found = of_session(&store, written).await.expect("a number");
        assert_eq!(found.len(), 1, "{written}");
        assert_eq!(found[0].session_id.as_deref(), Some(theirs));
        let call = CallId(found[0].call_id.parse().expect("an id"));
        let told = store.call(call).await.expect("readable").expect("there");
        let arrived = told.events[0].decode().expect("known");
        let lines = crate::story::lines(&arrived).join("\n");
        assert!(
            lines.ends_with(&format!("· Session-ID {theirs}")),
            "{lines}"
        );
    }
    let unknown = of_session(&store, &"f".repeat(32)).await;
    assert!(unknown.expect("a number").is_empty());
    assert!(of_session(&store, "ab30").await.is_err());
}

/// Ten wrong passwords from one address: a ban of the user there, and of the address.
#[tokio::test]
async fn bans_are_told_when_they_are_set_and_when_they_are_lifted() {
    let lines = seeing::Lines::default();
    let _told = lines.listen("info");
    let folder = Folder::new();
    folder.hire(&["101"]).await;
    let running = serve::start(folder.config(), &Handle::current())
        .await
        .expect("it starts");
    for _ in 0..10 {
        let guess = phones::Phone::sign_in(&running, "101", "Desk 1.0", "battery-staple").await;
        guess.expect("SIP/2.0 401").await;
    }
    let (answer, told) = tokio::sync::oneshot::channel();
    let lift = Ask::Lift("127.0.0.1".parse().expect("an address"));
    let order = Order::Ask(lift, answer);
    running.orders.send(order).await.expect("it lives");
    let told = String::from_utf8(told.await.expect("answered")).expect("text");
    assert!(told.contains("снято запретов — 2"), "{told}");
    let page = seeing::metrics(&running).await;
    for what in ["set", "lifted"] {
        let line = format!("gudok_bans_total{{what=\"{what}\"}} 2");
        assert!(page.contains(&line), "{line} in {page}");
    }
    running.shut_down(true).await;
    let log = lines.text();
    for words in ["one user", "everybody", "bans lifted by hand"] {
        assert!(log.contains(words), "{words} in {log}");
    }
    assert!(!log.contains("battery-staple"), "{log}");
}

/// The only call on record, as soon as it is there.
async fn first_call(folder: &Folder) -> CallId {
    let store = open_store(&folder.config()).await.expect("it opens");
    let found = async {
        loop {
            let rows = store.calls(&CallFilter::default()).await.expect("readable");
            if let Some(row) = rows.first() {
                return CallId(row.call_id.parse().expect("an id"));
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, found).await.expect("it is written")
}

/// By an admin who never learns the number, and a plan that has a block list.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_withholds_the_number_is_blocked_by_a_call_of_theirs() {
    let folder = Folder::new();
    let running = serve::start(folder.config(), &Handle::current())
        .await
        .expect("it starts");
    let hidden = format!("P-Asserted-Identity: <sip:{ASSERTED}@c>\r\nPrivacy: id\r\n");
    let first = Caller::named(&running, "first").await;
    first.send_with("INVITE", &hidden, OFFER).await;
    first.expect("SIP/2.0 200", "1 INVITE").await;
    let call = first_call(&folder).await;
    let path = crate::control::path(&folder.config());
    let ask = |request: String| {
        let path = path.clone();
        async move {
            let asked = tokio::task::spawn_blocking(move || crate::control::ask(&path, &request));
            asked.await.expect("no panic").expect("an answer")
        }
    };
    let none = CallId(uuid::Uuid::nil());
    let told = ask(format!("block {none} 60")).await;
    assert!(told.contains("такого нет"), "{told}");
    let told = until_written(&folder, format!("block {call} 3600")).await;
    assert!(told.contains(&format!("{call}: ещё ")), "{told}");
    let second = Caller::named(&running, "second").await;
    second.send_with("INVITE", &hidden, OFFER).await;
    second.expect("SIP/2.0 200", "1 INVITE").await;
    let told = until_written(&folder, format!("unblock {call}")).await;
    assert!(told.contains("больше не заблокирован"), "{told}");
    assert_eq!(
        ask("blocks".to_owned()).await,
        "скрытых номеров в блоке нет\n"
    );
    // Once more, beyond the end of this run.
    until_written(&folder, format!("block {call} 3600")).await;
    running.shut_down(true).await;
    blocked_after_a_restart(&folder, &hidden, call).await;
    let config = folder.config();
    let store = open_store(&config).await.expect("it opens");
    let rows = store.calls(&CallFilter::default()).await.expect("readable");
    let clients: Vec<Option<String>> = rows.iter().map(|row| row.client_id.clone()).collect();
    let by_call = Some(format!("block:{call}"));
    assert_eq!(clients, [None, by_call.clone(), by_call, None]);
    assert!(!on_record(&folder).await.contains("79990007788"));
    let blocked = CallId(rows[1].call_id.parse().expect("an id"));
    let told = store.call(blocked).await.expect("readable").expect("told");
    let first = Seq(told.events[0].seq.try_into().expect("positive"));
    let verdict = replay(&config.paths.journal, blocked, first).expect("replayed");
    assert!(verdict.differences.is_empty(), "{:?}", verdict.differences);
}

/// On one thread the hotline has not run by then: whoever orders something in the very first instant meets what the run before left.
#[tokio::test]
async fn who_asks_in_the_first_instant_is_told_who_is_blocked() {
    let folder = Folder::new();
    let (call, mut blocks) = (CallId(uuid::Uuid::nil()), Blocks::fresh().expect("random"));
    blocks.blocked.push(Lasting {
        call,
        mark: 7,
        until: crate::clock::wall() + Duration::from_secs(3_600),
    });
    let path = crate::blocks::path(&folder.config());
    blocks.write(&path).expect("written");
    let office = tokio::runtime::Builder::new_multi_thread();
    let office = { office }.worker_threads(1).enable_all().build();
    let office = office.expect("a runtime");
    let running = serve::start(folder.config(), office.handle())
        .await
        .expect("it starts");
    let (answer, told) = tokio::sync::oneshot::channel();
    let asked = running.orders.try_send(Order::Ask(Ask::Blocks, answer));
    asked.expect("there is room");
    let told = String::from_utf8(told.await.expect("an answer")).expect("text");
    assert!(told.contains(&format!("{call}: ещё ")), "{told}");
    running.shut_down(true).await;
    office.shutdown_background();
}

/// Asks again, as an admin does, while the answer is that the disk is busy: what is not written down is not known to the
/// next run, and the same order twice is no other one.
async fn until_written(folder: &Folder, order: String) -> String {
    let path = crate::control::path(&folder.config());
    loop {
        let (path, order) = (path.clone(), order.clone());
        let asked = tokio::task::spawn_blocking(move || crate::control::ask(&path, &order));
        let told = asked.await.expect("no panic").expect("an answer");
        if !told.contains("диск занят") {
            return told;
        }
    }
}

/// Another run: the block is listed, holds, and is lifted by the call of the run before.
async fn blocked_after_a_restart(folder: &Folder, hidden: &str, call: CallId) {
    let running = serve::start(folder.config(), &Handle::current())
        .await
        .expect("it starts");
    let path = crate::control::path(&folder.config());
    let ask = async |request: String| {
        let path = path.clone();
        let asked = tokio::task::spawn_blocking(move || crate::control::ask(&path, &request));
        asked.await.expect("no panic").expect("an answer")
    };
    let told = ask("blocks".to_owned()).await;
    assert!(told.contains(&format!("{call}: ещё ")), "{told}");
    let calls = async |name: &'static str| {
        let caller = Caller::named(&running, name).await;
        caller.send_with("INVITE", hidden, OFFER).await;
        caller.expect("SIP/2.0 200", "1 INVITE").await;
    };
    calls("third").await;
    let told = until_written(folder, format!("unblock {call}")).await;
    assert!(told.contains("больше не заблокирован"), "{told}");
    calls("fourth").await;
    running.shut_down(true).await;
    let kept = std::fs::read_to_string(crate::blocks::path(&folder.config()));
    assert!(kept.expect("it is there").contains("\"blocked\":[]"));
}
