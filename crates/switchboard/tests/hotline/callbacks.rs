//! Calls back: the place in the queue is kept, the operator's phone rings, then the customer's, and nobody is dialled twice.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::{
    Actor, Asked, CallEvent, CallId, Needs, OpenRequest, RequestAbout, RequestKind, RequestPlace,
    RequestSource, RequestState, RequestWord, Wall,
};
use gudok_switchboard::desk::CommandResult;
use gudok_switchboard::{Config, Input, Output};
use insta::assert_snapshot;
use proptest::prelude::*;

use crate::schedules::replays;
use crate::world::{World, call_id};

/// A queue whose callers may be called back, in their place by 1 and as the last by 2.
pub(crate) const KEPT: &str = r#"
[not_ready_reasons]
LUNCH = "Обед"

[outbound]
zone = "Europe/Moscow"
night = "23:00-07:00"
talk_max = "10m"
limits = { at_once = 5, per_hour = 60, roubles_per_day = 5000 }
operator = { at_once = 2, per_hour = 60, roubles_per_day = 5000 }

[outbound.prefixes]
"+79" = { minute = "2.50", zone = "Europe/Moscow" }

[[outbound.cli]]
number = "+78000000001"

[law.hours]
article = "порядок организации"
from = 2020-01-01
hours = "09:00-21:00"

[[number]]
did = "+78000000001"
project = "hotline"
zone = "Europe/Moscow"
record = "off"
flow = "main"

[group.support]
operators = ["ivan", "anna"]
strategy = "linear"
ring = "20s"
wrap_up = "0s"

[queue.support]
callback = { tries = 2, pause = "2m" }

[[flow.main]]
queue = "support"
wait = "10m"
leave_empty = false
keys = { 1 = [{ callback = "support", keep_place = true }], 2 = [{ callback = "support" }] }
on_timeout = "sorry"
on_full = "sorry"

[[flow.sorry]]
close = "all_busy"
reason = "sorry"
"#;

/// What becomes of requests, who is rung and who talks.
pub(crate) fn told(story: &str) -> String {
    let words = [
        "OWED", "Callback", "dial ", "bridge", "ENDED", "RESUMED", "! ", "callback", "stands",
        "error",
    ];
    let lines = story.lines().map(str::trim);
    let lines = lines.filter(|line| words.iter().any(|word| line.contains(word)));
    lines.collect::<Vec<_>>().join("\n")
}

/// Ivan talks with Z; A and B wait, A asks to be called by a key and is gone.
pub(crate) fn promised(key: char) -> World {
    let mut world = World::new(KEPT);
    world.play(&format!(
        "0 operators ivan
         0 ivan sits
         1 Z calls +79990000009
         2 ivan answers
         5 A calls
         6 B calls +79990000002
         30 A presses {key}
         35 A presses 1
         50 listen"
    ));
    world
}

fn after_promise(script: &str) -> String {
    let mut world = promised('1');
    world.play(script);
    replays(&world);
    told(&world.story)
}

#[test]
fn who_hangs_up_on_a_promise_keeps_the_place_and_is_called_in_turn() {
    assert_snapshot!(after_promise(
        "60 ivan hangs-up
         63 ivan answers
         65 customer rings
         70 customer answers
         90 customer hangs-up
         95 ivan answers
         100 end"
    ), @r"
    60.000 A * Callback: у оператора ivan, звонит его телефон
    60.000 [ivan] callback leased
    60.001 Z * ENDED Answered: Success operator-hung-up
    60.020 ?/1 dial ivan showing +79990000001, no name
    63.000 A * Callback: ivan звонит клиенту
    63.000 [ivan] callback dialing
    63.000 ? dial +79990000001 from +78000000001 showing withheld, no name
    70.000 A * Callback: ivan говорит с клиентом
    70.000 [ivan] callback connected
    70.000 ? bridge ?/1
    70.000 ? * bridged with ?/1 after 0 ms
    90.000 ? * ENDED Out { reached: true }: Success caller-hung-up
    90.000 [ivan] callback connected done
    90.000 A * Callback OVER: Done
    90.020 B/1 dial ivan showing +79990000002, no name
    95.000 B bridge B/1
    95.000 B * bridged with B/1 after 88999 ms
    ");
}

/// B waits on the line; with the promise that A has stands nobody who could hear music.
#[test]
fn a_promise_is_on_the_wall_as_no_caller_who_waits() {
    let mut world = promised('1');
    world.play("55 end");
    let calls = world.board.live(world.now.mono);
    let promises = calls.iter().filter(|it| world.board.is_promise(it.call));
    assert_eq!(promises.count(), 1);
    let all = gudok_switchboard::wall::View::All;
    let picture = world.board.picture(world.now.wall, &all);
    let waiting: Vec<u32> = picture.queues.values().map(|it| it.waiting).collect();
    assert_eq!(waiting, [1]);
}

#[test]
fn without_keep_place_the_promise_stands_at_the_end() {
    let mut world = promised('2');
    world.play(
        "60 ivan hangs-up
         63 ivan answers
         90 ivan hangs-up
         95 ivan answers
         97 end",
    );
    assert_snapshot!(told(&world.story), @r"
    60.001 Z * ENDED Answered: Success operator-hung-up
    60.020 B/1 dial ivan showing +79990000002, no name
    63.000 B bridge B/1
    63.000 B * bridged with B/1 after 56999 ms
    90.000 A * Callback: у оператора ivan, звонит его телефон
    90.000 [ivan] callback leased
    90.001 B * ENDED Answered: Success operator-hung-up
    90.020 ?/1 dial ivan showing +79990000001, no name
    95.000 A * Callback: ivan звонит клиенту
    95.000 [ivan] callback dialing
    95.000 ? dial +79990000001 from +78000000001 showing withheld, no name
    ");
}

#[test]
fn who_is_not_reached_is_called_again_and_then_left_to_people() {
    assert_snapshot!(after_promise(
        "59 B hangs up
         60 ivan hangs-up
         63 ivan answers
         65 customer busy
         190 ivan answers
         195 customer rings
         300 end"
    ), @r"
    59.000 B * ENDED AbandonedQueue { short: false }: Success caller-hung-up
    60.000 A * Callback: у оператора ivan, звонит его телефон
    60.000 [ivan] callback leased
    60.001 Z * ENDED Answered: Success operator-hung-up
    60.020 ?/1 dial ivan showing +79990000001, no name
    63.000 A * Callback: ivan звонит клиенту
    63.000 [ivan] callback dialing
    63.000 ? dial +79990000001 from +78000000001 showing withheld, no name
    65.000 A * Callback: дозвона нет (busy), попытка 1, повторим
    65.000 [ivan] callback retry_wait
    67.000 ? * ENDED Out { reached: false }: UpstreamError busy
    185.000 A * Callback: ждёт оператора
    185.000 [ivan] callback requested
    185.000 A * Callback: у оператора ivan, звонит его телефон
    185.000 [ivan] callback leased
    185.020 ?/1 dial ivan showing +79990000001, no name
    190.000 A * Callback: ivan звонит клиенту
    190.000 [ivan] callback dialing
    190.000 ? dial +79990000001 from +78000000001 showing withheld, no name
    235.000 A * Callback: попытки кончились (2), звонят люди
    235.000 [ivan] callback exhausted
    235.000 ! callback_exhausted
    237.000 ? * ENDED Out { reached: false }: UpstreamError no-answer
    ");
}

#[test]
fn an_operator_who_does_not_answer_has_no_lease_and_the_place_stands() {
    assert_snapshot!(after_promise(
        "59 B hangs up
         60 ivan hangs-up
         61 ivan rings
         100 ivan answers
         105 customer answers
         110 customer hangs-up
         120 end"
    ), @r"
    59.000 B * ENDED AbandonedQueue { short: false }: Success caller-hung-up
    60.000 A * Callback: у оператора ivan, звонит его телефон
    60.000 [ivan] callback leased
    60.001 Z * ENDED Answered: Success operator-hung-up
    60.020 ?/1 dial ivan showing +79990000001, no name
    80.000 A * Callback: ждёт оператора
    80.000 [ivan] callback requested
    80.000 A * Callback: у оператора ivan, звонит его телефон
    80.000 [ivan] callback leased
    80.020 ?/2 dial ivan showing +79990000001, no name
    100.000 A * Callback: ivan звонит клиенту
    100.000 [ivan] callback dialing
    100.000 ? dial +79990000001 from +78000000001 showing withheld, no name
    105.000 A * Callback: ivan говорит с клиентом
    105.000 [ivan] callback connected
    105.000 ? bridge ?/2
    105.000 ? * bridged with ?/2 after 0 ms
    110.000 ? * ENDED Out { reached: true }: Success caller-hung-up
    110.000 [ivan] callback connected done
    110.000 A * Callback OVER: Done
    ");
}

#[test]
fn who_calls_first_has_the_place_and_nobody_calls_them() {
    assert_snapshot!(after_promise(
        "55 C calls
         60 ivan hangs-up
         62 ivan answers
         70 C hangs up
         75 ivan answers
         80 end"
    ), @r"
    55.001 C * RESUMED, waits for 50000 ms
    55.001 [ivan] callback requested cancelled_by_customer
    55.001 A * Callback OVER: CancelledByCustomer
    55.001 ? * ENDED Out { reached: false }: Success called-in
    60.001 Z * ENDED Answered: Success operator-hung-up
    60.020 C/1 dial ivan showing +79990000001, no name
    62.000 C bridge C/1
    62.000 C * bridged with C/1 after 6999 ms
    70.000 C * ENDED Answered: Success caller-hung-up
    70.020 B/1 dial ivan showing +79990000002, no name
    75.000 B bridge B/1
    75.000 B * bridged with B/1 after 68999 ms
    ");
}

#[test]
fn who_calls_while_the_operators_phone_rings_for_them_is_the_one_who_is_talked_with() {
    assert_snapshot!(after_promise(
        "60 ivan hangs-up
         61 ivan rings
         62 C calls
         64 ivan answers
         80 end"
    ), @r"
    60.000 A * Callback: у оператора ivan, звонит его телефон
    60.000 [ivan] callback leased
    60.001 Z * ENDED Answered: Success operator-hung-up
    60.020 ?/1 dial ivan showing +79990000001, no name
    62.001 A * Callback: ждёт оператора
    62.001 [ivan] callback requested
    62.001 C * RESUMED, waits for 57000 ms
    62.001 [ivan] callback requested cancelled_by_customer
    62.001 A * Callback OVER: CancelledByCustomer
    62.001 ? * ENDED Out { reached: false }: Success called-in
    62.021 C/1 dial ivan showing +79990000001, no name
    64.000 C bridge C/1
    64.000 C * bridged with C/1 after 1999 ms
    ");
}

#[test]
fn who_calls_while_we_ring_them_stops_our_call() {
    assert_snapshot!(after_promise(
        "60 ivan hangs-up
         62 ivan answers
         63 customer rings
         65 C calls
         70 end"
    ), @r"
    60.000 A * Callback: у оператора ivan, звонит его телефон
    60.000 [ivan] callback leased
    60.001 Z * ENDED Answered: Success operator-hung-up
    60.020 ?/1 dial ivan showing +79990000001, no name
    62.000 A * Callback: ivan звонит клиенту
    62.000 [ivan] callback dialing
    62.000 ? dial +79990000001 from +78000000001 showing withheld, no name
    65.000 A * Callback: ждёт оператора
    65.000 [ivan] callback requested
    65.001 ? * ENDED Out { reached: false }: Success called-in
    65.001 C * RESUMED, waits for 60000 ms
    65.001 [ivan] callback requested cancelled_by_customer
    65.001 A * Callback OVER: CancelledByCustomer
    65.021 C/1 dial ivan showing +79990000001, no name
    ");
}

#[test]
fn who_calls_and_leaves_before_the_queue_is_called_all_the_same() {
    let plan = KEPT.replace(
        "[[flow.main]]\nqueue",
        "[[flow.main]]\nplay = \"greeting\"\n\n[[flow.main]]\nqueue",
    );
    let mut world = World::new(&plan);
    world.play(
        "0 operators ivan
         0 ivan sits
         1 Z calls +79990000009
         4 ivan answers
         5 A calls
         30 A presses 1
         35 A presses 1
         50 listen
         60 C calls
         61 C hangs up
         62 ivan hangs-up
         64 ivan answers
         66 customer answers
         70 customer hangs-up
         71 end",
    );
    assert_snapshot!(told(&world.story), @r"
    61.000 C * ENDED AbandonedIvr: Success caller-hung-up
    62.000 A * Callback: у оператора ivan, звонит его телефон
    62.000 [ivan] callback leased
    62.001 Z * ENDED Answered: Success operator-hung-up
    62.020 ?/1 dial ivan showing +79990000001, no name
    64.000 A * Callback: ivan звонит клиенту
    64.000 [ivan] callback dialing
    64.000 ? dial +79990000001 from +78000000001 showing withheld, no name
    66.000 A * Callback: ivan говорит с клиентом
    66.000 [ivan] callback connected
    66.000 ? bridge ?/1
    66.000 ? * bridged with ?/1 after 0 ms
    70.000 ? * ENDED Out { reached: true }: Success caller-hung-up
    70.000 [ivan] callback connected done
    70.000 A * Callback OVER: Done
    ");
}

#[test]
fn a_promise_goes_before_others_when_half_of_its_time_is_over() {
    let mut world = promised('2');
    world.play(
        "690 D calls +79990000004
         691 ivan hangs-up
         692 ivan answers
         695 customer answers
         700 end",
    );
    let story = told(&world.story);
    let first = story.lines().find(|line| line.contains("bridge"));
    assert!(first.is_some_and(|line| line.contains("?")), "{story}");
}

#[test]
fn at_night_the_law_forbids_it_and_it_waits_for_the_morning() {
    // 20:50 in Moscow: ten minutes before the law's evening.
    let mut world = World::at(KEPT, 0);
    world.now.wall = Wall(world.now.wall.0 + (8 * 60 + 50) * 60 * 1_000_000);
    world.play(
        "0 operators ivan
         0 ivan sits
         1 Z calls +79990000009
         2 ivan answers
         5 A calls
         30 A presses 1
         35 A presses 1
         50 listen
         640 ivan hangs-up
         645 ivan answers
         43799 end
         43802 ivan answers
         43804 end",
    );
    assert_snapshot!(told(&world.story), @r"
    640.000 A * Callback: у оператора ivan, звонит его телефон
    640.000 [ivan] callback leased
    640.001 Z * ENDED Answered: Success operator-hung-up
    640.020 ?/1 dial ivan showing +79990000001, no name
    645.000 A * Callback: звонить нельзя (hours)
    645.000 [ivan] callback blocked_by_law
    647.000 ? * ENDED Out { reached: false }: CallerError outbound-denied
    1235.000 [ivan] callback due, blocked_by_law
    43800.000 A * Callback: ждёт оператора
    43800.000 [ivan] callback requested
    43800.000 A * Callback: у оператора ivan, звонит его телефон
    43800.000 [ivan] callback leased
    43800.020 ?/1 dial ivan showing +79990000001, no name
    43802.000 A * Callback: ivan звонит клиенту
    43802.000 [ivan] callback dialing
    43802.000 ? dial +79990000001 from +78000000001 showing withheld, no name
    ");
}

pub(crate) fn asked(number: &str) -> Asked {
    Asked {
        project: "hotline".into(),
        number: number.to_owned().try_into().expect("a number"),
        region: None,
        source: RequestSource::Web,
        due: None,
        not_before: None,
        group: Some("support".into()),
        line: None,
        note: Some("не работает касса".into()),
        basis: None,
    }
}

pub(crate) fn asks(world: &mut World, letter: char, asked: Asked) {
    world.input(Input::Asked {
        id: call_id(letter),
        asked: Box::new(asked),
    });
}

#[test]
fn a_form_is_one_request_however_often_it_is_sent() {
    let mut world = World::new(KEPT);
    world.play("0 operators ivan\n 0 ivan sits\n 1 listen");
    asks(&mut world, 'W', asked("+79990000001"));
    asks(&mut world, 'X', asked("+79990000001"));
    world.play(
        "3 ivan answers
         5 customer answers
         9 customer hangs-up
         20 end",
    );
    replays(&world);
    assert_snapshot!(told(&world.story), @r"
    1.000 W * OWED Callback for +79990000001 by support
    1.000 W stands for W, new: true
    1.000 X * OWED Callback for +79990000001 by support
    1.000 W stands for X, new: false
    1.000 W * Callback: у оператора ivan, звонит его телефон
    1.000 [ivan] callback leased
    1.020 ?/1 dial ivan showing +79990000001, no name
    3.000 W * Callback: ivan звонит клиенту
    3.000 [ivan] callback dialing
    3.000 ? dial +79990000001 from +78000000001 showing withheld, no name
    5.000 W * Callback: ivan говорит с клиентом
    5.000 [ivan] callback connected
    5.000 ? bridge ?/1
    5.000 ? * bridged with ?/1 after 0 ms
    9.000 ? * ENDED Out { reached: true }: Success caller-hung-up
    9.000 [ivan] callback connected done
    9.000 W * Callback OVER: Done
    ");
}

#[test]
fn a_form_that_names_an_hour_is_called_then() {
    let mut world = World::new(KEPT);
    world.play("0 operators ivan\n 0 ivan sits\n 1 listen");
    let at = Wall(world.now.wall.0 + 3_600_000_000);
    let later = Asked {
        not_before: Some(at),
        ..asked("+79990000001")
    };
    asks(&mut world, 'W', later);
    world.play("3600 end");
    assert!(!world.story.contains("dial "), "{}", world.story);
    world.play("3602 end");
    assert!(world.story.contains("dial ivan"), "{}", world.story);
}

#[test]
fn an_operator_takes_puts_off_and_cancels_what_is_theirs() {
    assert_snapshot!(after_promise(
        "51 ivan says callback_take A
         52 ivan says callback_later A 600
         53 ivan says callback_cancel A
         54 ivan says callback_cancel A позвонит сам
         55 ivan says callback_cancel A снова
         59 end"
    ), @r#"
    51.000 [ivan] error invalid_state in talking
    52.000 A * Callback: отложена
    52.000 [ivan] callback scheduled
    52.000 ? * ENDED Out { reached: false }: ServerError nobody-in-queue
    53.000 [ivan] error reason_missing in talking
    54.000 [ivan] callback scheduled cancelled_by
    54.000 A * Callback OVER: CancelledBy { who: "ivan" }
    55.000 [ivan] error unknown_request in talking
    "#);
    let mut world = promised('1');
    world.play(
        "51 B hangs up
         52 ivan says callback_later A 600
         60 ivan hangs-up
         100 ivan says callback_take A
         102 ivan answers
         104 customer answers
         110 ivan hangs-up
         120 end",
    );
    replays(&world);
    assert_snapshot!(told(&world.story), @r"
    51.000 B * ENDED AbandonedQueue { short: false }: Success caller-hung-up
    52.000 A * Callback: отложена
    52.000 [ivan] callback scheduled
    52.000 ? * ENDED Out { reached: false }: ServerError nobody-in-queue
    60.001 Z * ENDED Answered: Success operator-hung-up
    100.000 ?/1 dial ivan showing +79990000001, no name
    100.000 A * Callback: ждёт оператора
    100.000 [ivan] callback requested
    100.000 A * Callback: у оператора ivan, звонит его телефон
    100.000 [ivan] callback leased
    102.000 A * Callback: ivan звонит клиенту
    102.000 [ivan] callback dialing
    102.000 ? dial +79990000001 from +78000000001 showing withheld, no name
    104.000 A * Callback: ivan говорит с клиентом
    104.000 [ivan] callback connected
    104.000 ? bridge ?/1
    104.000 ? * bridged with ?/1 after 0 ms
    110.001 ? * ENDED Out { reached: true }: Success operator-hung-up
    110.001 [ivan] callback connected done
    110.001 A * Callback OVER: Done
    ");
}

#[test]
fn who_is_of_another_project_has_no_word() {
    let mut world = promised('1');
    world.play(
        "51 operators ivan olga@other\n 51 olga sits\n 52 olga says callback_cancel A нет\n 53 end",
    );
    assert!(
        world.story.contains("[olga] error not_allowed"),
        "{}",
        world.story
    );
    assert!(!world.story.contains("OVER"), "{}", world.story);
}

pub(crate) fn left_open(state: RequestState, now: Wall) -> OpenRequest {
    let ago = |secs: i64| Wall(now.0 - secs * 1_000_000);
    OpenRequest {
        id: call_id('A'),
        project: "hotline".into(),
        number: "+79990000001".to_owned().try_into().expect("a number"),
        kind: RequestKind::Callback,
        region: None,
        group: Some("support".into()),
        line: None,
        created: ago(120),
        wished: Some(ago(120)),
        due: Wall(now.0 + 1_080_000_000),
        about: RequestAbout::default(),
        needs: Needs::new(),
        place: Some(RequestPlace {
            queue: "support".into(),
            priority: 0,
            since: ago(150),
        }),
        state,
        attempts: 0,
        epoch: 1,
    }
}

#[test]
fn what_was_cut_while_it_rang_is_not_dialled_again_before_that_phone_is_silent() {
    let call = call_id('O');
    let by = || "ivan".into();
    let cut = [
        RequestState::Dialing {
            by: by(),
            epoch: 1,
            call,
        },
        RequestState::Leased {
            by: by(),
            epoch: 1,
            until: Wall(0),
            call,
        },
    ];
    for state in cut {
        let mut world = World::new(KEPT);
        world.play("0 operators ivan\n 0 ivan sits");
        let request = left_open(state.clone(), world.now.wall);
        let requests = vec![request];
        world.input(Input::Owed { requests });
        world.play("89 end");
        assert!(!world.story.contains("dial "), "{state:?}: {}", world.story);
        world.play("151 end");
        assert!(
            world.story.contains("dial ivan"),
            "{state:?}: {}",
            world.story
        );
        replays(&world);
    }
}

#[test]
fn what_waited_when_the_run_ended_has_its_place_in_the_next() {
    let mut world = World::new(KEPT);
    world.play("0 operators ivan\n 0 ivan sits\n 1 Z calls +79990000009\n 2 ivan answers");
    let requests = vec![left_open(RequestState::Requested, world.now.wall)];
    world.play("3 B calls +79990000002");
    world.input(Input::Owed { requests });
    world.play("90 listen\n 91 ivan hangs-up\n 92 ivan answers\n 93 end");
    assert!(world.story.contains("dial +79990000001"), "{}", world.story);
}

#[test]
fn a_promise_of_which_nothing_else_was_told_is_kept_after_a_restart() {
    let mut world = World::new(KEPT);
    world.play("0 operators ivan\n 0 ivan sits");
    let requests = vec![left_open(RequestState::ByHand, world.now.wall)];
    world.input(Input::Owed { requests });
    world.play("1 ivan answers\n 2 end");
    assert!(world.story.contains("dial +79990000001"), "{}", world.story);
}

/// One that the run before left open, with Ivan ready.
fn taken_up(change: impl FnOnce(OpenRequest) -> OpenRequest) -> World {
    let mut world = World::new(KEPT);
    world.play("0 operators ivan\n 0 ivan sits\n 1 listen");
    let requests = vec![change(left_open(RequestState::ByHand, world.now.wall))];
    world.input(Input::Owed { requests });
    world
}

#[test]
fn what_waited_for_a_moment_waits_for_it_after_a_restart() {
    let mut world = taken_up(|it| OpenRequest {
        state: RequestState::Scheduled {
            at: it.due + Duration::from_secs(600),
        },
        ..it
    });
    world.play("1600 end");
    assert!(!world.story.contains("dial "), "{}", world.story);
    world.play("1700 end");
    assert!(world.story.contains("dial ivan"), "{}", world.story);
    replays(&world);
}

#[test]
fn who_asks_again_is_called_though_the_attempts_were_over() {
    let mut world = taken_up(|it| OpenRequest {
        state: RequestState::Exhausted { attempts: 2 },
        attempts: 2,
        ..it
    });
    world.play("300 end");
    assert!(!world.story.contains("dial "), "{}", world.story);
    asks(&mut world, 'W', asked("+79990000001"));
    world.play("305 end");
    assert!(world.story.contains("dial ivan"), "{}", world.story);
    replays(&world);
}

#[test]
fn what_was_due_days_ago_stays_with_people() {
    let mut world = taken_up(|it| OpenRequest {
        due: Wall(it.created.0 - 25 * 3_600_000_000),
        ..it
    });
    world.play("300 end");
    assert!(!world.story.contains("dial "), "{}", world.story);
}

#[test]
fn everybodys_request_has_the_first_queue_of_its_project_and_a_group_that_is_none_is_refused() {
    let mut world = World::new(KEPT);
    world.play("0 operators ivan\n 0 ivan sits\n 1 listen");
    let nobodys = Asked {
        group: Some("nobody".into()),
        ..asked("+79990000001")
    };
    asks(&mut world, 'W', nobodys);
    let is_refused = |output: &Output| {
        let Output::Asked {
            refused: Some(why), ..
        } = output
        else {
            return false;
        };
        **why == *"unknown_group"
    };
    assert!(world.outputs.iter().any(is_refused), "{}", world.story);
    let everybodys = Asked {
        group: None,
        ..asked("+79990000001")
    };
    asks(&mut world, 'X', everybodys);
    world.play("5 end");
    assert!(world.story.contains("dial ivan"), "{}", world.story);
}

#[test]
fn nobody_is_called_from_the_number_of_another_project() {
    let cli = "[[outbound.cli]]\nnumber = ";
    let first = format!("{cli}\"+78000000002\"\n\n{cli}");
    let number = r#"[[number]]
did = "+78000000002"
project = "other"
zone = "Europe/Moscow"
record = "off"
flow = "main"

[group.support]"#;
    let plan = KEPT.replacen(cli, &first, 1);
    let plan = plan.replacen("[group.support]", number, 1);
    let mut world = World::new(&plan);
    world.play("0 operators ivan\n 0 ivan sits\n 1 listen");
    asks(&mut world, 'W', asked("+79990000001"));
    world.play("3 ivan answers\n 5 end");
    let told = "dial +79990000001 from +78000000001";
    assert!(world.story.contains(told), "{}", world.story);
}

#[test]
fn people_close_a_request_and_the_machine_lets_it_go() {
    let mut world = promised('1');
    let word = |word| Input::RequestWord {
        project: "hotline".into(),
        number: "+79990000001".to_owned().try_into().expect("a number"),
        kind: RequestKind::Callback,
        word,
    };
    world.input(word(RequestWord::Closed));
    world.input(word(RequestWord::Cancel {
        by: Actor::Admin("root".into()),
        why: "поздно".into(),
    }));
    world.play("60 ivan hangs-up\n 62 ivan answers\n 80 ivan hangs-up\n 90 end");
    assert_snapshot!(told(&world.story), @r#"
    50.000 Callback by hand: Ok
    50.000 ? * ENDED Out { reached: false }: ServerError nobody-in-queue
    50.000 Callback by hand: Error { code: "unknown_request", actual: None }
    60.001 Z * ENDED Answered: Success operator-hung-up
    60.020 B/1 dial ivan showing +79990000002, no name
    62.000 B bridge B/1
    62.000 B * bridged with B/1 after 55999 ms
    80.001 B * ENDED Answered: Success operator-hung-up
    "#);
}

/// A word about what A is owed, from a door that is no desk.
fn says(world: &mut World, kind: RequestKind, word: RequestWord) {
    world.input(Input::RequestWord {
        project: "hotline".into(),
        number: "+79990000001".to_owned().try_into().expect("a number"),
        kind,
        word,
    });
}

#[test]
fn at_every_door_a_word_is_of_those_who_owe_it_and_says_why() {
    let mut world = promised('1');
    world.play("51 operators ivan olga\n 51 olga sits\n 52 listen");
    let kind = RequestKind::Callback;
    let olga = || Actor::Operator("olga".into());
    let at = Wall(world.now.wall.0 + 600_000_000);
    for word in [
        RequestWord::Take { by: "olga".into() },
        RequestWord::Later { by: olga(), at },
        RequestWord::Cancel {
            by: olga(),
            why: "не моё".into(),
        },
        RequestWord::Cancel {
            by: Actor::Operator("ivan".into()),
            why: " ".into(),
        },
        RequestWord::Cancel {
            by: Actor::Operator("ivan".into()),
            why: "позвонит сам".into(),
        },
    ] {
        says(&mut world, kind, word);
    }
    replays(&world);
    assert_snapshot!(told(&world.story), @r#"
    52.000 Callback by hand: Error { code: "not_allowed", actual: None }
    52.000 Callback by hand: Error { code: "not_allowed", actual: None }
    52.000 Callback by hand: Error { code: "not_allowed", actual: None }
    52.000 Callback by hand: Error { code: "reason_missing", actual: None }
    52.000 [ivan] callback requested cancelled_by
    52.000 A * Callback OVER: CancelledBy { who: "ivan" }
    52.000 Callback by hand: Ok
    52.000 ? * ENDED Out { reached: false }: ServerError nobody-in-queue
    "#);
}

#[test]
fn a_law_that_forbids_a_call_back_is_told_with_its_text() {
    // 21:00 in Moscow: the law's evening.
    let mut world = World::at(KEPT, 0);
    world.now.wall = Wall(world.now.wall.0 + 9 * 3_600_000_000);
    world.play("0 operators ivan\n 0 ivan sits\n 1 listen");
    asks(&mut world, 'W', asked("+79990000001"));
    world.play("2 end");
    let by = "ivan".into();
    says(&mut world, RequestKind::Callback, RequestWord::Take { by });
    let text = world.outputs.iter().find_map(|output| match output {
        Output::RequestDone {
            result: CommandResult::Denied { rule, text, .. },
            ..
        } => Some(format!("{rule}: {text}")),
        _ => None,
    });
    let text = text.expect("the law says no");
    assert!(
        text.starts_with("hours: ") && text.contains("09:00"),
        "{text}"
    );
    replays(&world);
}

#[test]
fn a_journal_of_an_earlier_version_calls_nobody() {
    let config = Config {
        callbacks: false,
        ..Config::default()
    };
    let mut world = World::with(config, KEPT, 0);
    world.play(
        "0 operators ivan
         0 ivan sits
         1 Z calls +79990000009
         2 ivan answers
         5 A calls
         30 A presses 1
         35 A presses 1
         60 ivan hangs-up
         90 end",
    );
    assert!(!world.story.contains("Callback:"), "{}", world.story);
    assert!(!world.story.contains("dial +7"), "{}", world.story);
}

/// What may happen around one promise.
const DEEDS: [&str; 20] = [
    "ivan answers",
    "ivan rings",
    "ivan hangs-up",
    "ivan declines",
    "ivan unreachable",
    "anna answers",
    "anna hangs-up",
    "customer rings",
    "customer answers",
    "customer busy",
    "customer hangs-up",
    "customer dies",
    "C calls",
    "C presses 1",
    "C hangs up",
    "ivan says ready",
    "ivan says callback_take A",
    "ivan says callback_later A 30",
    "anna says callback_take A",
    "ivan says hang_up",
];

/// What must be true of every story: one open request of a number, each lease dials once, and only while it is held.
fn check(world: &World) -> Result<(), TestCaseError> {
    let mut open = 0_i32;
    let mut leases: BTreeMap<CallId, u32> = BTreeMap::new();
    let mut dialled: BTreeMap<u32, usize> = BTreeMap::new();
    for output in &world.outputs {
        let Output::Fact { call, fact } = output else {
            continue;
        };
        match fact {
            CallEvent::RequestMoved { to, .. } => match to {
                RequestState::Leased { epoch, call, .. } => {
                    leases.insert(*call, *epoch);
                }
                RequestState::Dialing { epoch, .. } => {
                    *dialled.entry(*epoch).or_default() += 1;
                    prop_assert_eq!(dialled[epoch], 1, "lease {} dialled twice", epoch);
                }
                _ => {}
            },
            CallEvent::LegDialled {
                leg,
                number: Some(_),
                ..
            } if leg.is_caller() => {
                let epoch = leases.get(call);
                prop_assert!(
                    epoch.is_some_and(|epoch| dialled.contains_key(epoch)),
                    "{} has no lease",
                    call
                );
            }
            CallEvent::RequestOver { .. } => open -= 1,
            CallEvent::RequestBack { .. } => open += 1,
            _ => {}
        }
        prop_assert!(open >= -2, "over more often than it was open");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_happens_no_lease_dials_twice(deeds in prop::collection::vec((0..DEEDS.len(), 1..90_u64), 1..40)) {
        let mut world = promised('1');
        world.play("50 operators ivan anna\n 50 anna sits");
        let mut at = 50_u64;
        let mut called = 0_u8;
        for (deed, pause) in deeds {
            at += pause;
            let what = DEEDS[deed];
            let name = what.split(' ').next().expect("a name");
            let is_phone = !what.contains("says") && name.len() > 1;
            if is_phone && world.last_leg(name).is_none() {
                continue;
            }
            // Each call has an id of its own.
            let mut what = what.to_owned();
            if name == "C" {
                called += u8::from(what == "C calls");
                if !(1..26).contains(&called) {
                    continue;
                }
                what = what.replacen('C', &char::from(b'a' + called).to_string(), 1);
            }
            world.play(&format!("{at} {what}"));
        }
        world.run_until(gudok_model::Mono((at + 4_000) * 1_000_000));
        check(&world)?;
        replays(&world);
    }
}

/// Its place is a call without a caller, and no call lasts for ever: the promise outlives it.
#[test]
fn a_place_that_lasted_as_long_as_a_call_may_is_taken_anew() {
    let config = Config {
        call_max: Duration::from_secs(600),
        ..Config::default()
    };
    let mut world = World::with(config, KEPT, 0);
    world.play(
        "0 operators ivan
         0 ivan sits
         0 ivan says not_ready LUNCH
         5 A calls
         30 A presses 1
         35 A presses 1
         900 ivan says ready
         905 end",
    );
    let story = told(&world.story);
    assert!(story.contains("[ivan] callback leased"), "{story}");
}
