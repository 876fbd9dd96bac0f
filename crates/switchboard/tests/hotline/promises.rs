//! What is promised is neither doubled nor closed by what is not its own: two phones of ours, another business, an operator who
//! leaves too soon, another group.
use gudok_model::{Asked, CallEvent, RequestKind, RequestState};
use gudok_switchboard::Output;

use crate::callbacks::{KEPT, asked, asks, promised, told};
use crate::schedules::replays;
use crate::world::World;

/// Anna rings A from the queue; Ivan wants to ring the same number by hand.
#[test]
fn two_phones_of_ours_never_ring_one_number() {
    let mut world = promised('1');
    world.play(
        "51 B hangs up
         51 operators ivan anna
         52 anna sits
         54 anna answers
         55 customer rings
         60 ivan hangs-up
         64 ivan says dial +79990000001
         66 ivan answers
         68 customer answers
         70 end",
    );
    replays(&world);
    let rung = world.story.matches("dial +79990000001").count();
    assert_eq!(rung, 1, "{}", world.story);
    let told = told(&world.story);
    assert!(told.contains("Success called-in"), "{told}");
    assert!(
        told.contains("A * Callback: anna говорит с клиентом"),
        "{told}"
    );
}

/// Who is told of the recording and loses the operator meanwhile has talked with nobody: they are called again.
#[test]
fn an_operator_who_leaves_at_the_notice_has_kept_no_promise() {
    let plan = KEPT
        .replace("record = \"off\"", "record = \"after_notice\"")
        .replace(
            "[[flow.main]]\nqueue",
            "[[flow.main]]\nplay = [\"notice\"]\nnotice = true\n\n[[flow.main]]\nqueue",
        );
    let mut world = World::new(&plan);
    world.play("0 operators ivan\n 0 ivan sits\n 1 listen");
    asks(&mut world, 'W', asked("+79990000001"));
    world.play(
        "3 ivan answers
         5 customer answers
         6 ivan hangs-up
         20 end",
    );
    replays(&world);
    let told = told(&world.story);
    assert!(told.contains("дозвона нет (cut_off)"), "{told}");
    assert!(!told.contains("OVER"), "{told}");
}

/// An answered callback whose operator hangs up first was a talk.
#[test]
fn an_operator_who_hangs_up_first_has_talked_all_the_same() {
    let mut world = World::new(KEPT);
    world.play("0 operators ivan\n 0 ivan sits\n 1 listen");
    asks(&mut world, 'W', asked("+79990000001"));
    world.play("3 ivan answers\n 5 customer answers\n 9 ivan hangs-up\n 20 end");
    replays(&world);
    let told = told(&world.story);
    assert!(told.ends_with("W * Callback OVER: Done"), "{told}");
}

/// The same number calls another business: what this one owes stands, and is called when the line is free.
#[test]
fn a_call_to_another_project_closes_nothing() {
    let other = r#"[[number]]
did = "+78000000002"
project = "other"
zone = "Europe/Moscow"
record = "off"
flow = "main"

[group.support]"#;
    let mut world = World::new(&KEPT.replacen("[group.support]", other, 1));
    world.play(
        "0 operators ivan
         0 ivan sits
         1 Z calls +79990000009
         2 ivan answers
         3 listen",
    );
    asks(&mut world, 'W', asked("+79990000001"));
    world.play(
        "5 C calls +79990000001 +78000000002
         9 ivan hangs-up
         10 ivan answers
         20 end",
    );
    replays(&world);
    let over = |output: &&Output| {
        matches!(
            output,
            Output::Fact {
                fact: CallEvent::RequestOver { .. },
                ..
            }
        )
    };
    assert_eq!(world.outputs.iter().filter(over).count(), 0);
    assert!(!world.story.contains("RESUMED"), "{}", world.story);
}

/// A key in the queue of one group, and a form for another: one request, at the earlier time.
#[test]
fn two_groups_never_owe_one_number() {
    let sales = "[group.sales]\noperators = [\"anna\"]\n\n[queue.sales]\n\n[group.support]";
    let mut world = World::new(&KEPT.replacen("[group.support]", sales, 1));
    world.play(
        "0 operators ivan anna
         0 ivan sits
         1 Z calls +79990000009
         2 ivan answers
         5 A calls
         30 A presses 1
         35 A presses 1
         50 listen",
    );
    let theirs = Asked {
        group: Some("sales".into()),
        ..asked("+79990000001")
    };
    asks(&mut world, 'W', theirs);
    world.play(
        "60 ivan hangs-up
         62 ivan answers
         64 customer answers
         70 customer hangs-up
         200 end",
    );
    replays(&world);
    let stands = world.outputs.iter().any(
        |output| matches!(output, Output::Asked { id, open, is_new: false, .. } if id != open),
    );
    assert!(stands, "the form has the request of the call");
    let dials = world.outputs.iter().filter(|output| {
        let Output::Fact { fact, .. } = output else {
            return false;
        };
        matches!(
            fact,
            CallEvent::RequestMoved {
                kind: RequestKind::Callback,
                to: RequestState::Dialing { .. },
                ..
            }
        )
    });
    assert_eq!(dials.count(), 1, "{}", told(&world.story));
}
