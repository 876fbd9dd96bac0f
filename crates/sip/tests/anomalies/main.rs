//! Every field of every message, spoilt in every way that we know of, in the middle of real calls.
//!
//! [`messages`] writes the messages with their fields marked, [`marks`] finds these, [`spoil`] is the list of what may
//! be wrong with one, [`stage`] the machine with a call in some phase and a talk beside it. After each case OPTIONS is
//! answered, the talk beside goes on and ends as it should, whatever was said can be read and is no longer than what it
//! answers allows, strangers hear nothing, and with time nothing is left.
#![cfg(test)]

mod marks;
mod messages;
mod spoil;
mod stage;

use std::collections::BTreeSet;

use marks::Marked;
use spoil::SPOILS;
use stage::{Phase, Stage};

/// Plays a message with each of its fields spoilt in each way. Gives how many cases that was.
fn play(phase: Phase, what: impl Fn(&Stage) -> String) -> usize {
    let stage = Stage::new(phase);
    let marked = Marked::parse(&what(&stage));
    let mut count = 0;
    for field in &marked.fields {
        for (name, spoil) in SPOILS {
            let bytes = marked.spoilt(field, spoil);
            let case = format!("{phase:?}: {} {name}", field.name);
            stage.clone().survives(&case, &bytes);
            count += 1;
        }
    }
    // The sound one, too; a message that nobody can read would prove nothing.
    assert!(
        gudok_sip::parse::parse(marked.text.as_bytes()).is_ok(),
        "{}",
        marked.text
    );
    stage.clone().survives("sound", marked.text.as_bytes());
    count
}

fn invite(_: &Stage) -> String {
    messages::invite()
}

fn register(stage: &Stage) -> String {
    messages::register(&stage.proof())
}

fn report(what: &str, counts: impl IntoIterator<Item = usize>) {
    let total: usize = counts.into_iter().sum();
    println!("{what}: {total} cases");
    assert!(total > 1_000, "{what}: {total}");
}

#[test]
fn there_are_enough_of_both() {
    let stage = Stage::new(Phase::Quiet);
    let all = messages::all(&stage.proof());
    let names: BTreeSet<String> = all
        .iter()
        .flat_map(|text| Marked::parse(text).fields)
        .map(|field| field.name)
        .collect();
    println!("{} anomalies × {} fields", SPOILS.len(), names.len());
    assert!(SPOILS.len() >= 60 && names.len() >= 80);
    let distinct: BTreeSet<&str> = SPOILS.iter().map(|(name, _)| *name).collect();
    assert_eq!(distinct.len(), SPOILS.len());
}

#[test]
fn the_sound_ones_do_what_they_say() {
    let effect = |phase, what: &dyn Fn(&Stage) -> String| {
        let stage = Stage::new(phase);
        stage.effect(&what(&stage))
    };
    let offer = messages::sdp("sendonly");
    assert_eq!(effect(Phase::Quiet, &invite), "100 Incoming");
    assert_eq!(effect(Phase::Quiet, &register), "200 Registered Bound");
    let cancel = |stage: &Stage| stage.cancel();
    assert_eq!(effect(Phase::Rung, &cancel), "200 487 Cancelled");
    let prack = |stage: &Stage| stage.prack();
    assert_eq!(effect(Phase::Rung, &prack), "200");
    let ack = |stage: &Stage| stage.ack();
    assert_eq!(effect(Phase::Answered, &ack), "Confirmed");
    let hold = |stage: &Stage| stage.inside("INVITE", messages::TIMER, &offer);
    assert_eq!(effect(Phase::Talking, &hold), "100 Reoffered");
    let digit = |stage: &Stage| stage.inside("INFO", messages::RELAY, messages::DIGIT);
    assert_eq!(effect(Phase::Talking, &digit), "200 Digit");
    let bye = |stage: &Stage| stage.inside("BYE", messages::REASON, "");
    assert_eq!(effect(Phase::Talking, &bye), "200 Ended");
    let ok = |stage: &Stage| stage.answer("INVITE", 200, messages::TIMER, &offer);
    assert_eq!(effect(Phase::Dialled, &ok), "ACK Accepted");
    assert_eq!(effect(Phase::Cancelled, &ok), "ACK BYE");
    assert_eq!(effect(Phase::Offered, &ok), "ACK ReofferAnswered");
    let challenge = |stage: &Stage| stage.answer("INVITE", 401, messages::CHALLENGE, "");
    assert_eq!(effect(Phase::Dialled, &challenge), "ACK INVITE");
}

#[test]
fn a_new_call() {
    report("a new call", [play(Phase::Quiet, invite)]);
}

#[test]
fn a_new_call_of_a_stranger() {
    report("a stranger", [play(Phase::Stranger, invite)]);
}

#[test]
fn requests_outside_of_any_call() {
    let outside = |method| move |_: &Stage| messages::outside(method);
    report(
        "outside of calls",
        [
            play(Phase::Quiet, outside("OPTIONS")),
            play(Phase::Quiet, outside("MESSAGE")),
            play(Phase::Stranger, outside("OPTIONS")),
        ],
    );
}

#[test]
fn registrations() {
    report(
        "registrations",
        [
            play(Phase::Quiet, register),
            play(Phase::Stranger, register),
        ],
    );
}

#[test]
fn a_call_that_rings() {
    report(
        "a call that rings",
        [
            play(Phase::Rung, |stage| stage.cancel()),
            play(Phase::Rung, |stage| stage.prack()),
            play(Phase::Rung, |stage| stage.inside("UPDATE", "", "")),
            play(Phase::Rung, |stage| stage.inside("BYE", "", "")),
        ],
    );
}

#[test]
fn a_call_that_is_answered() {
    report(
        "a call that is answered",
        [
            play(Phase::Answered, |stage| stage.ack()),
            play(Phase::Talking, |stage| stage.ack()),
            play(Phase::Talking, |stage| {
                stage.inside("BYE", messages::REASON, "")
            }),
        ],
    );
}

#[test]
fn a_talk_that_changes() {
    report(
        "a talk that changes",
        [
            play(Phase::Talking, |stage| {
                stage.inside("INVITE", messages::TIMER, &messages::sdp("sendonly"))
            }),
            play(Phase::Talking, |stage| {
                stage.inside("UPDATE", messages::TIMER, "")
            }),
        ],
    );
}

#[test]
fn what_is_said_in_a_talk() {
    report(
        "what is said in a talk",
        [
            play(Phase::Talking, |stage| {
                stage.inside("INFO", messages::RELAY, messages::DIGIT)
            }),
            play(Phase::Talking, |stage| {
                stage.inside("REFER", messages::REFER, "")
            }),
            play(Phase::Talking, |stage| {
                stage.inside("NOTIFY", messages::NOTIFY, messages::FRAGMENT)
            }),
            play(Phase::Talking, |stage| stage.inside("OPTIONS", "", "")),
        ],
    );
}

#[test]
fn ringing_of_a_callee() {
    report(
        "ringing of a callee",
        [
            play(Phase::Dialled, |stage| stage.answer("INVITE", 100, "", "")),
            play(Phase::Dialled, |stage| {
                stage.answer(
                    "INVITE",
                    183,
                    messages::RELIABLE,
                    &messages::sdp("sendrecv"),
                )
            }),
        ],
    );
}

#[test]
fn answers_of_a_callee() {
    report(
        "answers of a callee",
        [
            play(Phase::Dialled, |stage| {
                stage.answer("INVITE", 200, messages::TIMER, &messages::sdp("sendrecv"))
            }),
            play(Phase::Cancelled, |stage| {
                stage.answer("INVITE", 200, "", &messages::sdp("sendrecv"))
            }),
        ],
    );
}

#[test]
fn refusals_of_a_callee() {
    report(
        "refusals of a callee",
        [
            play(Phase::Dialled, |stage| {
                stage.answer("INVITE", 401, messages::CHALLENGE, "")
            }),
            play(Phase::Dialled, |stage| {
                stage.answer("INVITE", 302, messages::ELSEWHERE, "")
            }),
            play(Phase::Dialled, |stage| {
                stage.answer("INVITE", 503, messages::LATER, "")
            }),
            play(Phase::Cancelled, |stage| {
                stage.answer("CANCEL", 200, "", "")
            }),
        ],
    );
}

#[test]
fn answers_in_a_talk() {
    report(
        "answers in a talk",
        [
            play(Phase::Offered, |stage| {
                stage.answer("INVITE", 200, messages::TIMER, &messages::sdp("recvonly"))
            }),
            play(Phase::Offered, |stage| stage.answer("INVITE", 491, "", "")),
            play(Phase::Left, |stage| stage.answer("BYE", 200, "", "")),
            play(Phase::Left, |stage| {
                stage.answer("BYE", 401, messages::CHALLENGE, "")
            }),
        ],
    );
}
