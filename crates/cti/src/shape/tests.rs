//! Goldens: every server frame as it goes over the wire. A line may gain fields, and never lose one.
use std::collections::BTreeSet;
use std::time::Duration;

use gudok_model::{
    AlarmKind, Client, ClientClass, Confidence, Parsed, Region, RequestKind, RequestOutcome,
    RequestSource, RequestState, Which,
};
use gudok_switchboard::desk::{CallbackAbout, CallbackNews, ResultChoice};
use gudok_switchboard::in_hand::{Asking, Before, CardNote, SupervisedBy};
use gudok_switchboard::wall::{
    AlarmNow, CallNow, GroupOwes, Level, OperatorNow, OwedNow, Picture, QueueNow, Today, TooLong,
    WallEvent,
};

use super::*;
use crate::protocol::WallStream;

const EPOCH: &str = "00c0ffee00c0ffee";
/// 2026-11-22T00:05:00.25Z.
const NOW: Wall = Wall(1_795_305_900_250_000);

fn call() -> CallId {
    CallId(Uuid::from_u128(0x0198_c0de_0000_7000_8000_0000_0000_0001))
}

fn offer() -> OfferId {
    OfferId {
        call: call(),
        index: 2,
    }
}

fn client() -> ClientMatch {
    let client = Client {
        id: "1029384".into(),
        name: "ООО «Ромашка»".into(),
        class: ClientClass::Vip,
        fields: BTreeMap::from([("tariff".into(), "100".into())]),
        source: "crm:isp1".into(),
    };
    ClientMatch::One {
        client,
        took_ms: 84,
    }
}

fn state() -> OperatorState {
    OperatorState {
        version: 7,
        display: "wrap_up".into(),
        reason: None,
        actor: Some(Actor::Supervisor("olga".into())),
        next: Some("lunch".into()),
        endpoint_up: true,
        call_id: Some(call()),
        since: NOW,
        deadline: Some(NOW + Duration::from_secs(30)),
        extended: Some(Extended {
            by_s: 60,
            times: 2,
            max_until: NOW + Duration::from_secs(570),
        }),
        groups: Some(vec!["second".into()]),
    }
}

fn card_with_all() -> Box<Card> {
    let number = PhoneNumber::try_from("+79990000042".to_owned()).unwrap();
    let mut caller = Caller::anonymous();
    caller.number = Parsed {
        raw: "89990000042".into(),
        e164: Some(number),
        kind: Kind::Mobile,
    };
    caller.presentation = Presentation::Allowed;
    caller.display = Some("Иркутск \u{202e}".into());
    caller.region = Some(Region {
        code: "RU-MOW".into(),
        also: Some("RU-MOS".into()),
        name: "Москва и Московская область".into(),
        zone: Some("Europe/Moscow".into()),
        confidence: Confidence::Mixed,
    });
    Box::new(Card {
        offer_id: offer(),
        offer_epoch: 2,
        call_id: call(),
        ring_deadline: NOW + Duration::from_secs(20),
        require: "accept".into(),
        call: CardCall {
            direction: "in".into(),
            did: "+78005550100".into(),
            did_label: "Горячая линия".into(),
            project: "isp1".into(),
            queue: "tech".into(),
            group: "first_line".into(),
            priority: 7,
            waited_ms: 41_200,
            attempt: 2,
            record: true,
            notice_played: true,
            resumed: false,
            before: Before {
                transferred_from: Some("102".into()),
                position_was: Some(3),
                path: vec!["queue tech".into(), "operator 102".into()],
                notes: vec![CardNote {
                    operator: "102".into(),
                    code: "sold".into(),
                    note: Some("перезагрузил роутер".into()),
                }],
            },
        },
        caller,
        client: client(),
        answers: BTreeMap::from([(
            "account".into(),
            Answered {
                text: "45021702".into(),
                valid: true,
            },
        )]),
        request: None,
        why: vec![Reason {
            code: "longest_idle".into(),
            place: Some("8800.toml:41:3".into()),
            text: "дольше всех свободна: 312 с".into(),
        }],
        server_now: NOW,
    })
}

fn parked() -> ParkedCall {
    ParkedCall {
        call_id: call(),
        slot: 7,
        by: "101".into(),
        until: NOW + Duration::from_secs(120),
    }
}

fn supervising() -> Supervising {
    Supervising {
        call_id: call(),
        operator: Some("102".into()),
        mode: SupervisionMode::Barge,
        state: "on".into(),
    }
}

fn asked(state: &str) -> AskedAside {
    AskedAside {
        call_id: call(),
        by: "101".into(),
        name: "Оператор 101".into(),
        state: state.into(),
        card: Some(card_with_all()),
    }
}

fn events() -> Vec<DeskEvent> {
    let call_id = call();
    vec![
        DeskEvent::State(state()),
        DeskEvent::OfferCreated(card_with_all()),
        DeskEvent::OfferUpdated(card_with_all()),
        DeskEvent::OfferClosed {
            offer_id: offer(),
            call_id,
            reason: OfferEnd::CallerGone,
        },
        DeskEvent::Ringing { call_id },
        DeskEvent::Dialling {
            call_id,
            state: "busy".into(),
        },
        DeskEvent::Answered { call_id },
        DeskEvent::Held { call_id },
        DeskEvent::Resumed { call_id },
        DeskEvent::Consult {
            call_id,
            with: "102".into(),
            state: "ringing".into(),
        },
        DeskEvent::AskedAside(Box::new(asked("ringing"))),
        DeskEvent::AskedAside(Box::new(AskedAside {
            card: None,
            ..asked("over")
        })),
        DeskEvent::Transferred {
            call_id,
            to: "second_line".into(),
            attended: false,
        },
        DeskEvent::Muted { call_id, on: true },
        DeskEvent::SupervisionStarted {
            call_id,
            by: "303".into(),
            mode: SupervisionMode::Whisper,
        },
        DeskEvent::SupervisionStopped {
            call_id,
            by: "303".into(),
        },
        DeskEvent::Supervision(supervising()),
        DeskEvent::Parked(parked()),
        DeskEvent::Unparked {
            call_id,
            slot: 7,
            by: Some("102".into()),
        },
        DeskEvent::Ended {
            call_id,
            by: "caller".into(),
        },
        DeskEvent::Rated {
            call_id,
            mark: 2,
            low: true,
            solved: None,
        },
        DeskEvent::ClientEnriched {
            call_id,
            client: ClientMatch::None { took_ms: 1_204 },
        },
        DeskEvent::RecordingStarted { call_id },
        DeskEvent::Alert {
            what: "drain".into(),
            text: "Сервер останавливается".into(),
        },
    ]
}

#[test]
fn events_on_the_wire() {
    let lines = events()
        .into_iter()
        .zip(1..)
        .map(|(event, seq)| event_text(EPOCH, seq, NOW, &event));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_request_to_call_somebody_on_the_wire() {
    let news = CallbackNews {
        request: call(),
        kind: RequestKind::Callback,
        number: "+79990000001".to_owned().try_into().expect("a number"),
        group: Some("tech".into()),
        due: NOW,
        state: RequestState::RetryWait {
            attempts: 1,
            at: NOW,
            why: "busy".into(),
        },
        attempts: 1,
        end: None,
        about: Some(CallbackAbout {
            asked_at: NOW,
            source: RequestSource::Web,
            note: Some("не работает касса".into()),
            basis: Some("форма 17".into()),
        }),
    };
    let sent = |event| {
        let text = event_text(EPOCH, 1, NOW, &event);
        serde_json::from_str::<serde_json::Value>(&text).expect("JSON")
    };
    let changed = sent(DeskEvent::CallbackChanged(Box::new(news.clone())));
    assert_eq!(changed["type"], "callback.changed");
    let told = serde_json::json!({
        "request": call(), "kind": "callback", "number": "+79990000001", "group": "tech",
        "due": "2026-11-22T00:05:00.25Z", "state": "retry_wait", "at": "2026-11-22T00:05:00.25Z", "attempts": 1,
        "asked_at": "2026-11-22T00:05:00.25Z", "source": "web", "note": "не работает касса", "basis": "форма 17",
    });
    assert_eq!(changed["data"], told);
    // On the card of our call, and in the snapshot: the same.
    let mut card = *card_with_all();
    card.request = Some(Box::new(news.clone()));
    let shown = sent(DeskEvent::OfferUpdated(Box::new(card)));
    assert_eq!(shown["data"]["request"], changed["data"]);
    let snapshot = DeskSnapshot {
        callbacks: vec![news.clone()],
        callbacks_more: 3,
        ..snapshot()
    };
    let text = ServerFrame::snapshot(EPOCH, 40, NOW, &snapshot).text();
    let shown: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let state = &shown["state"];
    assert_eq!(state["callbacks"][0], changed["data"]);
    assert_eq!(state["callbacks_more"], 3);
    let over = CallbackNews {
        state: RequestState::Connected {
            by: "101".into(),
            call: call(),
        },
        end: Some(RequestOutcome::Done),
        ..news
    };
    let due = sent(DeskEvent::CallbackDue(Box::new(over)));
    assert_eq!(due["type"], "callback.due");
    assert_eq!([&due["data"]["by"], &due["data"]["end"]], ["101", "done"]);
}

fn snapshot() -> DeskSnapshot {
    DeskSnapshot {
        operator: "anna".into(),
        name: "Анна".into(),
        state: state(),
        card: Some(card_with_all()),
        talk: Some(InHand {
            held: true,
            muted: true,
            consult: Some(Asking {
                with: "102".into(),
                answered: true,
                conference: false,
                caller_gone: false,
            }),
            supervised: vec![SupervisedBy {
                by: "303".into(),
                mode: SupervisionMode::Listen,
            }],
        }),
        asked: Some(asked("answered")),
        supervising: Some(supervising()),
        parked: vec![parked()],
        reasons: vec!["lunch".into(), "training".into()],
        breaks: vec![BreakChoice {
            code: "lunch".into(),
            text: "Обед".into(),
            max_s: Some(2_400),
            allowed: false,
        }],
        groups: vec!["first".into(), "second".into()],
        dispositions: vec!["sold".into()],
        results: vec![ResultChoice {
            code: "sold".into(),
            text: "Продано".to_owned(),
            note: false,
        }],
        noted: vec!["sold".into()],
        callbacks: Vec::new(),
        callbacks_more: 0,
        resumed: false,
    }
}

#[test]
fn other_frames_on_the_wire() {
    let operator = OperatorId::from("anna");
    let snapshot = snapshot();
    let id = Uuid::from_u128(5);
    let refused = CommandResult::Error {
        code: "invalid_state".into(),
        actual: Some("talking".into()),
    };
    let denied = CommandResult::Denied {
        rule: "house_hours".into(),
        place: Some("outbound.toml:40:6".into()),
        text: "порядок организации: там 21:30, звонить можно 09:00-21:00".into(),
    };
    let frames = [
        ServerFrame::hello(EPOCH, NOW),
        ServerFrame::welcome(&operator, 17, true, EPOCH, 40),
        ServerFrame::desk(true),
        ServerFrame::snapshot(EPOCH, 40, NOW, &snapshot),
        ServerFrame::resumed(EPOCH, 30, 40),
        ServerFrame::reset(EPOCH, "slow"),
        ServerFrame::result(id, &CommandResult::Ok),
        ServerFrame::result(id, &refused),
        ServerFrame::result(id, &denied),
        ServerFrame::ping(NOW, 40),
        ServerFrame::pong(NOW),
        ServerFrame::error("seat_taken", "this operator is at work elsewhere"),
    ];
    insta::assert_snapshot!(frames.map(|frame| frame.text()).join("\n"));
}

#[test]
fn a_time_beyond_the_calendar_is_still_a_time() {
    let times = [i64::MIN, -1, 0, i64::MAX]
        .map(|micros| serde_json::to_string(&Time(Wall(micros))).unwrap());
    insta::assert_snapshot!(times.join(" "), @r###""1970-01-01T00:00:00Z" "1969-12-31T23:59:59.999999Z" "1970-01-01T00:00:00Z" "1970-01-01T00:00:00Z""###);
}

fn picture() -> Picture {
    let queue = QueueNow {
        queue: "tech".into(),
        waiting: 2,
        oldest: Some(NOW),
        oldest_emergency: None,
        talking: 1,
        ready: 0,
        busy: 1,
        wrap_up: 0,
        not_ready: 1,
        owed: Some(OwedNow {
            open: 3,
            overdue: 1,
            oldest: Some(NOW),
            missed: 5,
            missed_overdue: 2,
            exhausted: 1,
        }),
        today: Some(Today {
            since: NOW,
            offered: 10,
            answered: 8,
            abandoned: 2,
            t_ms: 20_000,
            short_ms: 5_000,
            levels: vec![Level {
                name: "sl1",
                formula: "answered≤T / answered",
                part: 7,
                of: 8,
            }],
        }),
    };
    let operator = OperatorNow {
        operator: "anna".into(),
        name: "Анна".into(),
        project: "isp1".into(),
        groups: vec!["tech".into()],
        queues: BTreeSet::from(["tech".into()]),
        display: "talking".into(),
        reason: None,
        next: Some("lunch".into()),
        since: NOW,
        deadline: None,
        too_long: Some(TooLong {
            what: AlarmKind::HoldTooLong,
            since: NOW,
        }),
        actor: Some(Actor::Operator("anna".into())),
        call: Some(call()),
    };
    let brief = CallNow {
        call: call(),
        project: "isp1".into(),
        label: "Горячая линия".into(),
        phase: "talk".into(),
        queue: Some("tech".into()),
        priority: None,
        arrived: NOW,
        waits_since: None,
        talks_since: Some(NOW),
        operators: vec!["anna".into()],
        number: Some("+7999•••0042".into()),
    };
    let alarm = AlarmNow {
        which: Which {
            what: "service_level".into(),
            subject: "tech".into(),
            project: Some("isp1".into()),
        },
        since: NOW,
        level: 55,
        quiet_until: Some(NOW),
    };
    Picture {
        queues: BTreeMap::from([("tech".into(), queue)]),
        operators: BTreeMap::from([("anna".into(), operator)]),
        calls: BTreeMap::from([(call(), brief)]),
        owed: [None, Some("tech".into())]
            .map(|group: Option<GroupId>| {
                let owed = OwedNow {
                    open: 1,
                    missed: 2,
                    ..OwedNow::default()
                };
                (group.clone(), GroupOwes { group, owed })
            })
            .into(),
        alarms: BTreeMap::from([(alarm.which.clone(), alarm)]),
    }
}

#[test]
fn walls_on_the_wire() {
    let picture = picture();
    let stream = WallStream::Queue("tech".into());
    let first = |name: &str| {
        picture
            .alarms
            .values()
            .next()
            .filter(|it| *it.which.what == *name)
            .unwrap()
            .clone()
    };
    let events = [
        WallEvent::Queue(picture.queues.values().next().unwrap().clone()),
        WallEvent::QueueGone("tech".into()),
        WallEvent::Operator(picture.operators.values().next().unwrap().clone()),
        WallEvent::OperatorGone("anna".into()),
        WallEvent::Owed(picture.owed[&None].clone()),
        WallEvent::Call(picture.calls[&call()].clone()),
        WallEvent::CallGone(call()),
        WallEvent::Alarm(first("service_level")),
        WallEvent::AlarmOff(first("service_level")),
    ];
    let snapshot = ServerFrame::wall_snapshot((EPOCH, 41, NOW), &WallStream::Supervisor, &picture);
    let page = wall_json(&picture, NOW);
    assert_eq!(page["now"], "2026-11-22T00:05:00.25Z");
    assert_eq!(page["queues"][0]["today"]["answered"], 8);
    let mut lines = vec![
        snapshot.text(),
        ServerFrame::wall_resumed(EPOCH, &stream, (40, 57)).text(),
        ServerFrame::wall_reset(EPOCH, &stream).text(),
        ServerFrame::refused(&stream, "unknown_stream").text(),
    ];
    lines.extend(
        events
            .iter()
            .map(|event| wall_text((EPOCH, 42, NOW), &stream, event)),
    );
    insta::assert_snapshot!(lines.join("\n"));
}
