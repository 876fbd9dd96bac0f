//! Two things in one moment: the races of the trade (`cti.md`), by name, in both orders. Where each of the others is tried is in
//! `tests/README.md`.
use std::time::Duration;

use gudok_model::Wall;

use crate::plans::DAY;
use crate::transfers::talking;
use crate::world::World;

/// A caller is offered to Ivan, whose phone rings until 20.001 s; Anna is ready too.
fn ringing() -> World {
    let mut world = World::new(DAY);
    world.play(
        "0 operators ivan anna
         0 ivan sits
         0 anna sits
         1 A calls
         7 ivan rings
         8 listen",
    );
    world
}

/// Both orders of two things that happen at this second.
fn in_both_orders(at: &str, [one, other]: [&str; 2], judge: impl Fn(&str)) {
    for [first, second] in [[one, other], [other, one]] {
        let story = ringing().tell(&format!("{at} {first}\n{at} {second}\n120 end"));
        judge(&story);
        assert_eq!(story.matches("* ENDED").count(), 1, "{story}");
        assert_eq!(story.matches("offer A#1 closed").count(), 1, "{story}");
    }
}

/// The caller's BYE and the phone's 200: nobody is left on the line, whoever was first.
#[test]
fn caller_bye_and_200() {
    in_both_orders("10", ["A hangs up", "ivan answers"], |story| {
        assert!(story.contains("10.000 A/1 hang up"), "{story}");
        assert!(!story.contains("offered A#2"), "{story}");
    });
}

/// The desk says no while the phone says yes: the first word counts.
#[test]
fn desk_reject_and_200() {
    let story = ringing().tell("10 ivan says reject\n 10 ivan answers\n 12 end");
    assert!(!story.contains("bridge"), "{story}");
    assert!(story.contains("offered A#2 to anna"), "{story}");
    let story = ringing().tell("10 ivan answers\n 10 ivan says reject\n 12 end");
    assert!(story.contains("A bridge A/1"), "{story}");
    assert!(
        story.contains("[ivan] error unknown_offer in talking"),
        "{story}"
    );
}

/// A refusal in the very moment the ringing ends is one end of one offer, and the next one is asked once.
#[test]
fn reject_and_ring_timeout() {
    let story = ringing().tell("20.001 ivan says reject\n 34 end");
    assert_eq!(story.matches("offer A#1 closed").count(), 1, "{story}");
    assert_eq!(story.matches("offered A#2 to anna").count(), 1, "{story}");
    let story = ringing().tell("20.001 late ivan says reject\n 34 end");
    assert_eq!(story.matches("offer A#1 closed").count(), 1, "{story}");
    assert_eq!(story.matches("offered A#2 to anna").count(), 1, "{story}");
}

/// The phone answers in the very moment the ringing ends: one of both, never a talk without an offer.
#[test]
fn answer_and_ring_timeout() {
    for late in ["", "late "] {
        let story = ringing().tell(&format!("20.001 {late}ivan answers\n 21 end"));
        let talks = story.contains("A bridge A/1");
        let closed = story.contains("offer A#1 closed: NoAnswer");
        assert!(talks != closed, "{story}");
    }
}

#[test]
fn logout_while_ringing() {
    let story = ringing().tell(
        "10 ivan says logout
         11 ivan answers
         20 A hangs up
         60 end",
    );
    assert!(story.contains("A bridge A/1"), "{story}");
    let (wrap_up, out) = (
        story.find("[ivan] wrap_up"),
        story.find("[ivan] logged_out"),
    );
    assert!(wrap_up.is_some() && wrap_up < out, "{story}");
    let story = ringing().tell("10 ivan says logout\n 11 ivan declines\n 12 end");
    assert!(story.contains("[ivan] logged_out"), "{story}");
    assert!(story.contains("offered A#2 to anna"), "{story}");
}

/// A card that is acknowledged when the phone rings already rings no second phone.
#[test]
fn pop_ack_and_ring() {
    let mut world = World::new(DAY);
    world.play("0 operators ivan\n 0 ivan sits\n 0 ivan is silent\n 1 A calls");
    let story = world.tell(
        "5.25 end\n 5.301 late ivan acks\n 6 ivan rings\n 7 ivan acks\n 10 ivan answers\n 11 end",
    );
    assert_eq!(story.matches(" dial ivan").count(), 1, "{story}");
    assert!(story.contains("A bridge A/1"), "{story}");
}

/// The caller hangs up in the moment they are passed on.
#[test]
fn transfer_and_caller_bye() {
    let ways = [
        "ivan says transfer anna",
        "ivan refers anna",
        "ivan says transfer support",
        "ivan says transfer +74951234567",
    ];
    for passes_on in ways {
        for lines in [
            format!("20 {passes_on}\n 20 A hangs up\n 60 end"),
            format!("20 A hangs up\n 20 {passes_on}\n 60 end"),
        ] {
            let story = talking(&lines);
            assert_eq!(story.matches("* ENDED Answered").count(), 1, "{story}");
            assert_eq!(story.matches("A/1 hang up").count(), 1, "{story}");
            assert!(!story.contains("bridge A/2"), "{story}");
            assert!(!story.contains("stuck_call"), "{story}");
        }
    }
}

/// The phone holds with one re-INVITE and passes on with a REFER: whichever is read first, the caller is passed on, and hears
/// music until somebody answers.
#[test]
fn refer_and_hold() {
    for lines in [
        "20 ivan holds\n 20 ivan refers anna",
        "20 ivan refers anna\n 20 ivan holds",
    ] {
        let story = talking(&format!(
            "{lines}\n 25 anna answers\n 30 A hangs up\n 31 end"
        ));
        assert!(story.contains("A/1 refer: 202"), "{story}");
        assert!(story.contains("A bridge A/2"), "{story}");
        assert!(story.contains("[ivan] wrap_up"), "{story}");
    }
}

/// The desk is signed off in the talk (its token has run out): the talk is the phone's, and goes on.
#[test]
fn token_expiry_in_talk() {
    let story = talking("20 ivan desk 1 lost\n 50 ivan desk 1\n 90 A hangs up\n 91 end");
    assert!(!story.contains("50.000 A"), "{story}");
    assert!(story.contains("90.000 [ivan] wrap_up"), "{story}");
}

/// A new plan while the phone rings: the offer goes on by the terms it was made with.
#[test]
fn reload_in_ring() {
    let mut world = ringing();
    world.play("10 end");
    world.plan(&DAY.replace("ring = \"15s\"", "ring = \"60s\""));
    let story = world.tell("34 end");
    assert!(
        story.contains("20.001 A * offer A#1 closed: NoAnswer"),
        "{story}"
    );
    let mut world = ringing();
    world.play("10 end");
    world.plan(&DAY.replace("\"ivan\", ", ""));
    let story = world.tell("12 ivan answers\n 30 A hangs up\n 31 end");
    assert!(
        story.contains("A bridge A/1"),
        "who rang may take it: {story}"
    );
}

/// The wall clock is set back and forth; nothing is due by it.
#[test]
fn clock_step() {
    for hours in [-5_i64, 5] {
        let mut world = ringing();
        world.play("10 end");
        world.now.wall = Wall(world.now.wall.0 + hours * 3_600_000_000);
        let story = world.tell("21 anna answers\n 40 A hangs up\n 70 end");
        assert!(
            story.contains("20.001 A * offer A#1 closed: NoAnswer"),
            "{story}"
        );
        assert!(story.contains("60.000 [anna] ready"), "{story}");
    }
}

/// The directory answers when the call is over, and its operator writes it up, or has.
#[test]
fn crm_after_the_end() {
    let story = talking("20 A hangs up\n 25 listen\n 26 A is vip\n 60 A is vip\n 61 end");
    assert!(!story.contains("bridge"), "{story}");
    assert!(!story.contains("offered"), "{story}");
    let ended = talking("20 A hangs up\n 26 A is vip\n 60 A is vip\n 61 end");
    assert_eq!(ended.matches("* ENDED").count(), 1, "{ended}");
}

/// Time passes in one leap, as on a machine that slept: what was due comes in its order, and nobody is served twice.
#[test]
fn a_machine_that_slept() {
    let mut world = ringing();
    world.now = world.now.plus(Duration::from_secs(45));
    let story = world.tell("60 end");
    assert_eq!(story.matches("offer A#1 closed").count(), 1, "{story}");
}
