//! Desks: who sits where, and what is not done for them.
use gudok_model::OperatorId;
use insta::assert_snapshot;

use crate::plans::DAY;
use crate::world::World;

#[test]
fn a_second_desk_gets_the_seat_only_by_takeover() {
    let story = World::new(DAY).tell(
        "0 operators ivan
         0 ivan sits
         1 ivan desk 2
         2 ivan takes over 3
         3 ivan says ready
         4 ivan desk 1 lost
         5 ivan desk 3 lost
         6 ivan desk 3
         7 end",
    );
    assert_snapshot!(story, @"
    0.000 [ivan] not_ready login
    0.000 [ivan] ready
    1.000 [ivan] close desk 2
    2.000 [ivan] close desk 1
    2.000 [ivan] not_ready login
    3.000 [ivan] error stale_session in not_ready
    5.000 [ivan] device_down
    6.000 [ivan] not_ready login
    ");
}

#[test]
fn what_does_not_fit_is_said_so() {
    let story = World::new(DAY).tell(
        "0 operators ivan
         0 ivan sits
         1 ivan says not_ready nonsense
         2 ivan says reject
         3 ivan says hang_up
         4 ivan says disposition SOLVED
         5 ivan says logout
         6 ivan says ready
         7 end",
    );
    assert_snapshot!(story, @"
    0.000 [ivan] not_ready login
    0.000 [ivan] ready
    1.000 [ivan] error unknown_reason in ready
    2.000 [ivan] error unknown_offer in ready
    3.000 [ivan] error unknown_call in ready
    4.000 [ivan] error unknown_call in ready
    5.000 [ivan] logged_out
    6.000 [ivan] error not_logged_in in logged_out
    ");
}

/// Behaviour 5.2: what the plan requires besides the code is required in the talk and in the work after it, over a restart too.
#[test]
fn what_needs_a_note_is_refused_without_one() {
    let solved = "SOLVED = { text = \"Решено\", note = true }\nWRONG = \"Не туда\"";
    let plan = DAY.replace("SOLVED = \"Решено\"", solved);
    let mut world = World::new(&plan);
    world.play(
        "0 operators ivan
         0 ivan sits
         1 A calls
         6 ivan answers
         7 listen
         8 ivan says disposition SOLVED
         9 ivan says disposition WRONG
         10 A hangs up
         11 ivan says disposition SOLVED done
         12 end",
    );
    let snapshot = world.board.snapshot(&"ivan".into()).expect("a seat");
    let codes = ["SOLVED", "WRONG"].map(Into::into);
    assert_eq!(
        (snapshot.dispositions, snapshot.noted),
        (codes.to_vec(), vec!["SOLVED".into()])
    );
    assert_eq!(&*snapshot.state.display, "wrap_up", "it goes on");
    world.play("13 ivan says disposition SOLVED rebooted done");
    let answers = world
        .story
        .lines()
        .filter(|it| it.contains("note_required") || it.contains("says"));
    let answers: Vec<&str> = answers.map(str::trim).collect();
    assert_eq!(
        answers,
        [
            "8.000 [ivan] error note_required in talking",
            "9.000 A * ivan says WRONG",
            "11.000 [ivan] error note_required in wrap_up",
            "13.000 A * ivan says SOLVED",
        ]
    );
}

#[test]
fn wishes_in_a_talk_come_true_after_it() {
    let story = World::new(DAY).tell(
        "0 operators ivan
         0 ivan sits
         1 A calls
         6 ivan answers
         7 listen
         8 ivan says not_ready LUNCH
         9 ivan says disposition WEATHER
         10 ivan says disposition SOLVED
         12 ivan says hang_up
         13 ivan says hang_up
         40 end",
    );
    assert_snapshot!(story, @"
     8.000 [ivan] talking, next LUNCH
     9.000 [ivan] error unknown_code in talking
    10.000 A * ivan says SOLVED
    12.000 A/1 hang up
    12.000 [ivan] talk ended by operator
    12.000 A hang up
    12.000 A * offer A#1 closed: BridgedEnded
    12.000 [ivan] card A#1 closed: BridgedEnded
    12.000 [ivan] wrap_up, next LUNCH
    12.001 A * A/1 over: ByUs
    12.001 A * A over: ByUs
    12.001 A * ENDED Answered: Success operator-hung-up
    13.000 [ivan] error invalid_state in wrap_up
    32.000 A * ivan wrapped up in 20000 ms
    32.000 [ivan] not_ready LUNCH
    ");
}

#[test]
fn a_desk_that_comes_back_in_a_talk_can_draw_itself_from_nothing() {
    let mut world = World::new(DAY);
    world.play(
        "0 operators ivan
         0 ivan sits
         1 A calls
         6 ivan answers
         7 ivan desk 1 lost
         8 A is Olga
         9 ivan desk 1",
    );
    let ivan = OperatorId::from("ivan");
    let snapshot = world.board.snapshot(&ivan).expect("there is an ivan");
    let card = snapshot.card.expect("the card of the talk");
    assert_eq!(&*snapshot.state.display, "talking");
    assert_eq!(card.client.client().map(|c| c.name.as_str()), Some("Olga"));
    assert_eq!(snapshot.reasons, ["LUNCH".into()]);
    assert_eq!(snapshot.dispositions, ["SOLVED".into()]);

    world.play("10 A hangs up\n 40 end");
    let snapshot = world.board.snapshot(&ivan).expect("there is an ivan");
    assert_eq!(snapshot.card, None);
}

#[test]
fn what_lives_is_shown() {
    let mut world = World::new(DAY);
    world.play(
        "0 operators ivan anna
         0 ivan sits
         1 A calls
         2 B calls
         7 ivan answers",
    );
    let live = world.board.live(world.now.mono);
    let states: Vec<&str> = live.iter().map(|call| &*call.state).collect();
    assert_eq!(states, ["talk", "queue"]);
    assert_eq!(live[1].waited_ms, 999);
    let operators = world.board.operators();
    let shown: Vec<&str> = operators.iter().map(|o| &*o.state.display).collect();
    assert_eq!(shown, ["logged_out", "talking"]);
}

#[test]
fn work_after_a_talk_goes_on_after_a_restart() {
    let mut world = World::new(DAY);
    world.play("0 operators ivan\n0 resumed A ivan 5 10");
    let desk = world.board.snapshot(&OperatorId::from("ivan"));
    assert!(desk.expect("ivan is known").resumed, "the desk may say so");
    let story = world.tell(
        "1 ivan sits
         4 ivan says disposition NONSENSE
         5 ivan says disposition SOLVED
         11 ivan says disposition SOLVED
         12 end",
    );
    assert_snapshot!(story, @"
     1.000 [ivan] wrap_up
     1.000 [ivan] wrap_up, next ready
     4.000 [ivan] error unknown_code in wrap_up
     5.000 A * ivan says SOLVED
    10.000 A * ivan wrapped up in 15000 ms
    10.000 [ivan] ready
    11.000 [ivan] error unknown_call in ready
    ");
}

#[test]
fn a_wrap_up_of_somebody_who_does_not_come_back_ends_by_itself() {
    let story = World::new(DAY).tell(
        "0 operators ivan anna*
         0 resumed A ivan 5 10
         0 resumed B anna 5 3
         0 resumed C anna 25 -5
         0 resumed D olga 5 5
         1 anna phone up
         12 end",
    );
    assert_snapshot!(story, @"
     0.000 C * anna says AUTO
     0.000 C * anna wrapped up in 20000 ms
     0.000 D * olga says AUTO
     0.000 D * olga wrapped up in 5000 ms
     3.000 B * anna says AUTO
     3.000 B * anna wrapped up in 8000 ms
    10.000 A * ivan says AUTO
    10.000 A * ivan wrapped up in 15000 ms
    ");
}
