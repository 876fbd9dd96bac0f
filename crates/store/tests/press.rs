//! What the record of calls says of callers to the run that comes next.
use gudok_model::{
    CallEvent, CallId, Caller, Dialled, IdentitySource, NumberRules, Outcome, PhoneNumber,
    Presentation, Reason, Termination, Wall, number,
};
use gudok_store::{Callers, Fact, Projector, Since, Store};

const MINUTE: i64 = 60_000_000;

/// The facts of a call in this minute: it arrives, and this.
fn call(minute: u32, from: &str, then: CallEvent) -> Vec<Fact> {
    let parsed = |raw| number::parse(raw, &NumberRules::default());
    let arrived = CallEvent::Arrived {
        project: "demo".into(),
        trunk: "carrier".into(),
        caller: Caller {
            number: parsed(from),
            display: None,
            presentation: Presentation::Allowed,
            asserted_by: IdentitySource::Pai,
            region: None,
        },
        dialled: Dialled {
            number: parsed("88000000000"),
            found_in: IdentitySource::RequestUri,
        },
        sip_call_id: "abc@192.0.2.1".into(),
        session_id: None,
        plan: "8800.toml#1".into(),
    };
    let id = CallId(uuid::Uuid::from_u128(
        (0x0193_0000_u128 << 96) + u128::from(minute),
    ));
    let fact = |(event, n): (CallEvent, u32)| Fact {
        seq: u64::from(minute * 10 + n),
        at: Wall(i64::from(minute) * MINUTE),
        call: id,
        event,
    };
    [arrived, then].into_iter().zip(0..).map(fact).collect()
}

fn passed(code: &str) -> CallEvent {
    let reason = Reason {
        code: code.into(),
        place: None,
        text: String::new(),
    };
    CallEvent::Decided {
        decision: "human check: passed".to_owned(),
        reasons: vec![reason],
    }
}

fn failed() -> CallEvent {
    CallEvent::Ended {
        outcome: Outcome::RejectedSpam,
        termination: Termination::caller_error("human-check"),
    }
}

const HUMAN: &str = "+79990000001";
const UNHEARD: &str = "+79990000002";
const BOT: &str = "+79990000003";

async fn hotline() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("gudok.db");
    let store = Store::open(&path).await.expect("a fresh database");
    let mut projector = Projector::new(&store);
    for facts in [
        call(1, HUMAN, passed("pressed")),
        call(2, UNHEARD, passed("playback_lost")),
        call(3, BOT, failed()),
        call(4, BOT, failed()),
        call(5, "anonymous", failed()),
    ] {
        projector.project(&facts).await.expect("written down");
    }
    (dir, store)
}

#[tokio::test]
async fn who_pressed_the_digit_is_known_who_did_not_has_failed_and_all_are_counted() {
    let (_dir, store) = hotline().await;
    let number = |text: &str| PhoneNumber::try_from(text.to_owned()).expect("a number");
    let since = |minute: i64| {
        let at = Wall(minute * MINUTE);
        let (known, failed, called) = (at, at, at);
        Since {
            known,
            failed,
            called,
        }
    };
    let told = store.callers_before(since(0), 10, 10).await.unwrap();
    let expected = Callers {
        known: vec![(number(HUMAN), Wall(MINUTE))],
        failed: vec![(number(BOT), 2)],
        called: vec![
            (Some(number(BOT)), 2),
            (None, 1),
            (Some(number(HUMAN)), 1),
            (Some(number(UNHEARD)), 1),
        ],
        calls: 5,
    };
    assert_eq!(told, expected);
    let late = store.callers_before(since(4), 1, 1).await.unwrap();
    let called = vec![(None, 1)];
    let failed = vec![(number(BOT), 1)];
    assert_eq!(
        (late.known, late.failed, late.called, late.calls),
        (vec![], failed, called, 2)
    );
}

#[tokio::test]
async fn the_attack_mode_is_as_it_was_set_last() {
    let (_dir, store) = hotline().await;
    assert_eq!(store.attack_mode().await.unwrap(), None);
    for (mode, at) in [("on", 7), ("off", 5)] {
        store.set_attack_mode(mode, Wall(at)).await.unwrap();
    }
    assert_eq!(store.attack_mode().await.unwrap().as_deref(), Some("off"));
}
