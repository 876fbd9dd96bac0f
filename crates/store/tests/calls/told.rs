//! One call as it is told, and a database to tell it to.
use gudok_model::{
    CallEvent, CallId, Caller, Confidence, Dialled, EndCause, EndReason, IdentitySource, LegId,
    LegQuality, NumberRules, OfferEnd, OfferId, Outcome, Parsed, Presentation, Region, Termination,
    Wall, number,
};
use gudok_store::{Fact, Store};

/// 2026-11-21 10:00 UTC.
pub(crate) const TEN: i64 = 1_795_255_200_000_000;
pub(crate) const MS: i64 = 1000;

pub(crate) fn call(n: u128) -> CallId {
    CallId(uuid::Uuid::from_u128((0x0193_0000_u128 << 96) + n))
}

pub(crate) fn parsed(raw: &str) -> Parsed {
    number::parse(raw, &NumberRules::default())
}

/// What the operator's phone says of its end in the Session-ID.
pub(crate) const PHONES_SESSION_ID: &str = "47755a9de7794ba387653f2099600ef2";

pub(crate) fn arrived() -> CallEvent {
    CallEvent::Arrived {
        project: "demo".into(),
        trunk: "carrier".into(),
        caller: Caller {
            number: parsed("8 (999) 000-00-01"),
            display: None,
            presentation: Presentation::Allowed,
            asserted_by: IdentitySource::Pai,
            region: Some(Region {
                code: "RU-IRK".into(),
                also: None,
                name: "Иркутская область".into(),
                zone: Some("Asia/Irkutsk".into()),
                confidence: Confidence::Mobile,
            }),
        },
        dialled: Dialled {
            number: parsed("88000000000"),
            found_in: IdentitySource::RequestUri,
        },
        sip_call_id: "abc@192.0.2.1".into(),
        session_id: Some("ab30317f1a784dc48ff824d0d3715d86".into()),
        plan: "8800.toml#1".into(),
    }
}

/// A whole call: half a second of greeting, ten seconds in the queue, a minute of talk.
pub(crate) fn story(call: CallId) -> Vec<(i64, CallEvent)> {
    let (caller, phone) = (LegId::caller(call), LegId { call, index: 1 });
    let offer = OfferId { call, index: 1 };
    let quality = LegQuality {
        received: 3500,
        lost: 7,
        mos: 4.25,
        codec: "PCMA".into(),
        ..LegQuality::default()
    };
    vec![
        (0, arrived()),
        (20, CallEvent::Answered),
        (
            40,
            CallEvent::RecordingStarted {
                file: "2026/11/21/x".into(),
                offset_ms: 0,
            },
        ),
        (
            520,
            CallEvent::Queued {
                queue: "sales".into(),
                priority: 5,
            },
        ),
        (
            5000,
            CallEvent::Offered {
                offer,
                operator: "anna".into(),
                group: Some("second".into()),
                reasons: vec![],
            },
        ),
        (
            5030,
            CallEvent::Popped {
                offer,
                acknowledged: true,
                took_us: 28_000,
            },
        ),
        (
            5031,
            CallEvent::LegDialled {
                leg: phone,
                operator: Some("anna".into()),
                number: None,
            },
        ),
        (5100, CallEvent::LegRinging { leg: phone }),
        (
            10_500,
            CallEvent::LegAnswered {
                leg: phone,
                session_id: Some(PHONES_SESSION_ID.into()),
            },
        ),
        (
            10_520,
            CallEvent::Bridged {
                a: caller,
                b: phone,
                operator: Some("anna".into()),
                waited_ms: 10_000,
            },
        ),
        (
            20_000,
            CallEvent::Held {
                leg: phone,
                on: true,
            },
        ),
        (
            25_000,
            CallEvent::Held {
                leg: phone,
                on: false,
            },
        ),
        (
            70_520,
            CallEvent::LegEnded {
                leg: caller,
                cause: EndCause::HungUp,
                said: Some(EndReason {
                    sip: None,
                    q850: Some(16),
                    text: Some("Terminated".into()),
                }),
            },
        ),
        (
            70_530,
            CallEvent::LegEnded {
                leg: phone,
                cause: EndCause::ByUs,
                said: None,
            },
        ),
        (
            70_530,
            CallEvent::OfferClosed {
                offer,
                operator: "anna".into(),
                end: OfferEnd::BridgedEnded,
                revoked: None,
            },
        ),
        (
            70_531,
            CallEvent::Ended {
                outcome: Outcome::Answered,
                termination: Termination::success("caller-hung-up"),
            },
        ),
        (
            70_600,
            CallEvent::LegMeasured {
                leg: caller,
                quality,
            },
        ),
        (
            70_900,
            CallEvent::RecordingSealed {
                file: "2026/11/21/x.wav".into(),
                length_ms: 70_500,
                sha256: "ab".into(),
            },
        ),
        (
            80_000,
            CallEvent::Disposed {
                operator: "anna".into(),
                code: "sold".into(),
                note: Some("перезвонить".into()),
            },
        ),
    ]
}

pub(crate) fn facts(first: u64, call: CallId) -> Vec<Fact> {
    let events = story(call).into_iter().zip(first..);
    events
        .map(|((ms, event), seq)| Fact {
            seq,
            at: Wall(TEN + ms * MS),
            call,
            event,
        })
        .collect()
}

pub(crate) async fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Store::open(&dir.path().join("gudok.db"))
        .await
        .expect("a fresh database");
    (dir, store)
}
