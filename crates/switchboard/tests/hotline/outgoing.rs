//! Calls that begin with us: by an operator's hand, in every phase and with every end.
use std::collections::BTreeSet;

use gudok_model::{CallEvent, CallId, LegId, Outcome};
use gudok_switchboard::output::DialTarget;
use gudok_switchboard::{Config, Output};
use insta::assert_snapshot;

use crate::plans::CALLS;
use crate::world::World;

const CLIENT: &str = "+74951234567";

/// Ivan and Anna at their desks, ready.
fn floor_of(plan: &str, hours: i64) -> World {
    let config = Config {
        transfer_outside: vec!["+7495*".into()],
        ..Config::default()
    };
    let mut world = World::with(config, plan, hours);
    world.play(
        "0 operators ivan anna petr
         0 ivan sits
         0 anna sits
         0 anna says not_ready LUNCH
         1 listen",
    );
    world
}

pub(crate) fn story(script: &str) -> String {
    floor_of(CALLS, 0).tell(&script.replace("CLIENT", CLIENT))
}

/// The lines that have one of these.
pub(crate) fn lines(story: &str, words: &[&str]) -> String {
    let with = story.lines().map(str::trim);
    let with = with.filter(|it| words.iter().any(|word| it.contains(word)));
    with.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_own_phone_the_customer_the_notice_and_the_talk() {
    assert_snapshot!(story(
        "10 ivan says dial CLIENT
         11 ivan rings
         13 ivan answers
         14 customer rings
         20 customer answers
         40 customer hangs-up
         45 ivan says disposition SOLVED done
         50 end"
    ), @r"
    10.000 ? * ivan calls +74951234567 for service, showing +78000000001
    10.000 ? lookup within 800ms
    10.000 [ivan] card ?#0 client pending
    10.000 [ivan] dialling: phone
    10.000 ? * dialled ?/1
    10.000 ?/1 dial ivan showing +74951234567, no name
    10.000 [ivan] dialing
    11.000 ? * ?/1 rings
    11.000 [ivan] phone rings
    13.000 ? * ?/1 answered
    13.000 ? * dialled ?
    13.000 ? dial +74951234567 from +78000000001 showing withheld, no name
    13.000 [ivan] dialling: customer
    14.000 ? * ? rings
    14.000 [ivan] dialling: ringing
    14.000 ?/1 play ringing_tone for ever
    20.000 ? * ? answered
    20.000 ?/1 silence
    20.000 ? play notice
    20.000 [ivan] dialling: notice
    22.000 ? * notice notice played
    22.000 ? record
    22.000 ? bridge ?/1
    22.000 ? * bridged with ?/1 after 0 ms
    22.000 [ivan] talk begins
    22.000 [ivan] recording
    22.000 [ivan] talking
    40.000 ? * ? over: HungUp
    40.000 ?/1 hang up
    40.000 [ivan] talk ended by caller
    40.000 [ivan] wrap_up
    40.000 ? * ENDED Out { reached: true }: Success caller-hung-up
    40.001 ? * ?/1 over: ByUs
    45.000 ? * ivan says SOLVED
    45.000 ? * ivan wrapped up in 5000 ms
    45.000 [ivan] ready
    ");
}

#[test]
fn a_customer_who_is_not_reached() {
    for (what, reason, shown) in [
        ("busy", "busy", "busy"),
        ("declines", "declined", "declined"),
        ("unreachable", "unreachable", "unreachable"),
    ] {
        let told = story(&format!(
            "10 ivan says dial CLIENT
             13 ivan answers
             20 customer {what}
             40 end"
        ));
        let ended = lines(
            &told,
            &["ENDED", "dialling", "wrapped", "bridge", "says AUTO"],
        );
        assert!(ended.contains("ENDED Out { reached: false }"), "{told}");
        assert!(ended.contains(reason), "{told}");
        assert!(ended.contains(&format!("dialling: {shown}")), "{told}");
        // They hear it, have a short work after it, and are as ready as they were.
        assert!(
            ended.contains("32.000 ? * ivan wrapped up in 10000 ms"),
            "{told}"
        );
        assert!(
            !ended.contains("bridge") && !ended.contains("AUTO"),
            "{told}"
        );
        assert!(told.contains("32.000 [ivan] ready"), "{told}");
    }
}

#[test]
fn a_phone_that_rings_in_vain() {
    let told = story(
        "10 ivan says dial CLIENT
         13 ivan answers
         14 customer rings
         90 end",
    );
    assert_snapshot!(lines(&told, &["dialling", "ENDED", "hang up", "[ivan] ready", "over"]), @r"
    10.000 [ivan] dialling: phone
    13.000 [ivan] dialling: customer
    14.000 [ivan] dialling: ringing
    58.000 [ivan] dialling: no_answer
    58.000 ? hang up
    58.001 ? * ? over: ByUs
    60.000 ?/1 hang up
    60.000 ? * ENDED Out { reached: false }: UpstreamError no-answer
    60.001 ? * ?/1 over: ByUs
    70.000 [ivan] ready
    ");
}

#[test]
fn the_operator_does_not_answer_the_own_phone() {
    let told = story(
        "10 ivan says dial CLIENT
         11 ivan rings
         60 end",
    );
    assert_snapshot!(lines(&told, &["dial", "ENDED", "hang up", "[ivan]", "over"]), @r"
    10.000 [ivan] card ?#0 client pending
    10.000 [ivan] dialling: phone
    10.000 ? * dialled ?/1
    10.000 ?/1 dial ivan showing +74951234567, no name
    10.000 [ivan] dialing
    11.000 [ivan] phone rings
    40.000 [ivan] dialling: cancelled
    40.000 ?/1 hang up
    40.000 [ivan] talk ended by system
    40.000 [ivan] ready
    40.000 ? * ENDED Out { reached: false }: Success operator-no-answer
    40.001 ? * ?/1 over: ByUs
    ");
}

#[test]
fn the_operator_hangs_up_while_the_customer_is_rung() {
    for leaves in ["ivan hangs-up", "ivan says hang_up"] {
        let told = story(&format!(
            "10 ivan says dial CLIENT
             13 ivan answers
             14 customer rings
             15 {leaves}
             40 end"
        ));
        let ended = lines(
            &told,
            &["ENDED", "? hang up", "bridge", "dialling: cancelled"],
        );
        assert!(ended.contains("15.000 ? hang up"), "{told}");
        assert!(ended.contains("operator-hung-up"), "{told}");
        assert!(ended.contains("dialling: cancelled"), "{told}");
        assert!(!ended.contains("bridge"), "{told}");
    }
}

/// A contact: they answered, and hear that something went wrong.
#[test]
fn the_customer_answers_as_the_operator_leaves() {
    let told = story(
        "10 ivan says dial CLIENT debt
         13 ivan answers
         20 customer answers
         20.5 ivan hangs-up
         60 ivan says dial CLIENT debt
         61 end",
    );
    assert_snapshot!(lines(&told, &["play", "ENDED", "record", "bridge", "denied"]), @r"
    20.000 ? play notice
    20.500 ? play technical_problem
    22.501 ? * ENDED Out { reached: true }: Success operator-hung-up
    60.000 ? * denied by debts
    60.000 ? * ENDED Out { reached: false }: CallerError outbound-denied
    60.000 [ivan] denied by debts at plan.toml:28:6
    ");
}

/// Their own call goes before ours, in every phase in which they have not answered.
#[test]
fn the_customer_calls_in_meanwhile() {
    for before in ["", "13 ivan answers", "13 ivan answers\n14 customer rings"] {
        let told = story(&format!(
            "10 ivan says dial CLIENT
             {before}
             16 A calls CLIENT
             20 ivan is silent
             30 end"
        ));
        assert!(told.contains("called-in"), "{told}");
        assert!(
            lines(&told, &["offered"]).contains("A * offered A#1 to ivan"),
            "{told}"
        );
    }
    // Who talks with us already calls in by another line.
    let told = story(
        "10 ivan says dial CLIENT
         13 ivan answers
         20 customer answers
         30 A calls CLIENT
         31 end",
    );
    assert!(!told.contains("called-in"), "{told}");
}

#[test]
fn what_the_rules_do_not_allow_is_told_with_its_place_and_is_on_record() {
    let told = story(
        "10 ivan says dial +74991234567
         11 ivan says dial +79161234567
         12 ivan says dial CLIENT advertising contract
         13 ivan says dial CLIENT advertising consent
         14 end",
    );
    assert_snapshot!(lines(&told, &["denied", "ENDED", "dial ", "calls"]), @r"
    10.000 ? * ivan calls +74991234567 for service, showing nothing
    10.000 ? * denied by prefix
    10.000 ! outbound_denied
    10.000 ? * ENDED Out { reached: false }: CallerError outbound-denied
    10.000 [ivan] denied by prefix at plan.toml:11:1
    11.000 ? * ivan calls +79161234567 for service, showing nothing
    11.000 ? * denied by prefix
    11.000 ! outbound_denied
    11.000 ? * ENDED Out { reached: false }: CallerError outbound-denied
    11.000 [ivan] denied by prefix at plan.toml:2:2
    12.000 ? * ivan calls +74951234567 for advertising, showing nothing
    12.000 ? * denied by consent
    12.000 ? * ENDED Out { reached: false }: CallerError outbound-denied
    12.000 [ivan] denied by consent at plan.toml:21:6
    13.000 ? * ivan calls +74951234567 for advertising, showing +78000000001
    13.000 ?/1 dial ivan showing +74951234567, no name
    ");
    let late = floor_of(CALLS, 10).tell(&format!("10 ivan says dial {CLIENT}\n11 end"));
    assert!(
        late.contains("[ivan] denied by hours at plan.toml:"),
        "{late}"
    );
    let without =
        floor_of(crate::plans::DAY, 0).tell(&format!("10 ivan says dial {CLIENT}\n11 end"));
    assert!(
        without.contains("denied by outbound at nowhere"),
        "{without}"
    );
    assert!(!without.contains(" dial "), "{without}");
}

/// The second question: a plan that came in between has closed the way.
#[test]
fn a_reload_between_the_two_answers() {
    let mut world = floor_of(CALLS, 0);
    world.play(&format!("10 ivan says dial {CLIENT}\n12 ivan rings"));
    world.plan(&CALLS.replace(r#""+7495" = { minute = "1.90" }"#, ""));
    let told = world.tell("13 ivan answers\n30 end");
    assert_snapshot!(lines(&told, &["denied", "ENDED", "dial ", "hang up", "wrapped"]), @r"
    10.000 ?/1 dial ivan showing +74951234567, no name
    13.000 ? * denied by prefix
    13.000 [ivan] dialling: denied
    15.000 ?/1 hang up
    15.000 ? * ENDED Out { reached: false }: CallerError outbound-denied
    25.000 ? * ivan wrapped up in 10000 ms
    ");
}

#[test]
fn a_drain_between_the_two_answers() {
    let told = story(
        "10 ivan says dial CLIENT
         12 drain
         13 ivan answers
         14 anna says dial CLIENT
         30 end",
    );
    assert!(
        told.contains("ENDED Out { reached: false }: ServerError draining"),
        "{told}"
    );
    assert!(told.contains("[anna] error draining"), "{told}");
    assert!(!told.contains("dial +7495"), "{told}");
}

#[test]
fn words_that_do_not_fit_are_refused() {
    let told = story(
        "10 ivan says dial 12
         11 ivan says dial CLIENT sale
         12 ivan says dial CLIENT service whim
         13 ivan says skip
         14 A calls
         17 ivan answers
         18 ivan says dial CLIENT
         19 ivan says preview CLIENT
         20 petr says dial CLIENT
         21 end",
    );
    assert_snapshot!(lines(&told, &["error", "denied"]), @r"
    10.000 [ivan] error bad_number in ready
    11.000 [ivan] error unknown_purpose in ready
    12.000 [ivan] error unknown_basis in ready
    13.000 [ivan] error invalid_state in ready
    18.000 [ivan] error invalid_state in talking
    19.000 [ivan] error invalid_state in talking
    20.000 [petr] error stale_session in logged_out
    ");
}

#[test]
fn a_look_at_whom_to_call() {
    let told = story(
        "10 ivan says preview +74991234567
         11 ivan says preview CLIENT
         12 ivan says skip
         13 ivan says preview CLIENT
         90 ivan says preview CLIENT
         91 ivan says dial CLIENT
         92 end",
    );
    assert_snapshot!(lines(&told, &["[ivan]", "dial "]), @r"
    10.000 [ivan] denied by prefix at plan.toml:11:1
    11.000 [ivan] preview
    12.000 [ivan] ready
    13.000 [ivan] preview
    73.000 [ivan] ready
    90.000 [ivan] preview
    91.000 [ivan] card ?#0 client pending
    91.000 [ivan] dialling: phone
    91.000 ?/1 dial ivan showing +74951234567, no name
    91.000 [ivan] dialing
    ");
}

/// Hold, a word aside, a transfer: as of any talk.
#[test]
fn the_talk_is_in_the_hand_of_its_operator() {
    let told = story(
        "10 ivan says dial CLIENT
         13 ivan answers
         20 customer answers
         30 ivan says hold
         31 ivan says resume
         32 ivan says consult anna
         33 anna answers
         34 ivan says complete
         40 anna says hold
         41 anna says resume
         45 customer hangs-up
         46 anna says disposition SOLVED done
         70 end",
    );
    assert_snapshot!(lines(&told, &["bridge", "held", "resumed", "passes", "ENDED", "[anna]", "wrapped", "[ivan]"]), @r"
    10.000 [ivan] card ?#0 client pending
    10.000 [ivan] dialling: phone
    10.000 [ivan] dialing
    13.000 ? dial +74951234567 from +78000000001 showing withheld, no name
    13.000 [ivan] dialling: customer
    20.000 [ivan] dialling: notice
    22.000 ? bridge ?/1
    22.000 ? * bridged with ?/1 after 0 ms
    22.000 [ivan] talk begins
    22.000 [ivan] recording
    22.000 [ivan] talking
    30.000 ? unbridge
    30.000 [ivan] held
    30.000 [ivan] hold
    31.000 ? bridge ?/1
    31.000 [ivan] resumed
    31.000 [ivan] talking
    32.000 ? unbridge
    32.000 [ivan] held
    32.000 [anna] asked by ivan: ringing, client pending
    32.000 ?/2 dial anna showing withheld, ivan (ivan)
    32.000 [ivan] asks anna: ringing
    32.000 [ivan] hold
    32.000 [anna] talking
    33.000 ?/1 bridge ?/2
    33.000 [anna] asked by ivan: answered, client pending
    33.000 [ivan] asks anna: answered
    34.000 [ivan] talk ended by operator
    34.000 [ivan] passed on to anna, attended: true
    34.000 ? * ivan passes on to operator anna, with a word
    34.000 [anna] talking
    34.000 [anna] asked by ivan: over
    34.000 [anna] card ?#0 client pending
    34.000 ? bridge ?/2
    34.000 ? * bridged with ?/2 after 0 ms
    34.000 [anna] talk begins
    34.000 [anna] recording
    34.000 [ivan] wrap_up
    40.000 ? unbridge
    40.000 [anna] held
    40.000 [anna] hold
    41.000 ? bridge ?/2
    41.000 [anna] resumed
    41.000 [anna] talking
    45.000 [anna] talk ended by caller
    45.000 [anna] wrap_up
    45.000 ? * ENDED Out { reached: true }: Success caller-hung-up
    46.000 [ivan] card ?#0 client pending
    46.000 ? * anna wrapped up in 1000 ms
    46.000 [anna] not_ready LUNCH
    54.000 ? * ivan wrapped up in 20000 ms
    54.000 [ivan] ready
    ");
}

#[test]
fn a_customer_is_passed_on_and_comes_back() {
    let told = story(
        "10 ivan says dial CLIENT
         13 ivan answers
         20 customer answers
         30 ivan says transfer anna
         32 anna declines
         34 ivan answers
         40 ivan hangs-up
         70 end",
    );
    assert_snapshot!(lines(&told, &["bridge", "passes", "ENDED", "offered", "wrapped", "dial "]), @r"
    10.000 ?/1 dial ivan showing +74951234567, no name
    13.000 ? dial +74951234567 from +78000000001 showing withheld, no name
    22.000 ? bridge ?/1
    22.000 ? * bridged with ?/1 after 0 ms
    30.000 ? * ivan passes on to operator anna, blind
    30.000 ? * offered ?#1 to anna
    30.020 ?/2 dial anna showing +74951234567, no name
    32.000 ? * ivan wrapped up in 2000 ms
    32.000 ? * offered ?#2 to ivan
    32.020 ?/3 dial ivan showing +74951234567, no name
    34.000 ? bridge ?/3
    34.000 ? * bridged with ?/3 after 4000 ms
    40.001 ? * ENDED Out { reached: true }: Success operator-hung-up
    60.000 ? * ivan wrapped up in 20000 ms
    ");
}

/// Nothing that is not allowed is ever dialled, whatever is asked for (S03).
#[test]
fn the_phone_of_a_thief_reaches_what_the_rules_allow_and_no_more() {
    let mut world = floor_of(CALLS, 0);
    let mut at = 10.0;
    for round in 0..40 {
        for number in [
            "+74951234567",
            "+74991234567",
            "+79161234567",
            "+375291234567",
            "+74957654321",
        ] {
            world.play(&format!(
                "{at} ivan says dial {number} {}\n{at} end",
                ["service", "advertising", "debt"][round % 3]
            ));
            if world.last_leg("ivan").is_some() {
                world.play(&format!("{} ivan answers", at + 1.0));
            }
            if world.last_leg("customer").is_some() {
                world.play(&format!("{} customer busy", at + 2.0));
            }
            at += 25.0;
        }
    }
    let dialled = world.outputs.iter().filter_map(|output| match output {
        Output::Dial {
            target: DialTarget::Customer { number, cli, .. },
            ..
        } => Some((number.to_string(), cli.to_string())),
        _ => None,
    });
    let dialled: Vec<_> = dialled.collect();
    let allowed = |it: &(String, String)| it.0.starts_with("+7495") && it.1 == "+78000000001";
    assert!(
        dialled.len() > 5 && dialled.iter().all(allowed),
        "{dialled:?}"
    );
    // 5 000 s, ten an hour.
    assert!(dialled.len() <= 20, "{}", dialled.len());
    let ended: BTreeSet<(CallId, bool)> = world.outputs.iter().filter_map(reached).collect();
    assert!(ended.len() >= 100 && ended.iter().all(|(_, reached)| !reached));
    let legs = world.outputs.iter().filter_map(|output| match output {
        Output::Dial { leg, .. } => Some(*leg),
        _ => None,
    });
    assert_eq!(
        legs.filter(|leg| leg.is_caller())
            .collect::<Vec<LegId>>()
            .len(),
        dialled.len()
    );
}

fn reached(output: &Output) -> Option<(CallId, bool)> {
    match output {
        Output::Fact {
            call,
            fact:
                CallEvent::Ended {
                    outcome: Outcome::Out { reached },
                    ..
                },
        } => Some((*call, *reached)),
        _ => None,
    }
}

/// A client on hold for longer than the queue lets its callers be, by whose settings the work after the talk goes too.
#[test]
fn a_client_on_hold_for_too_long_is_told_of() {
    let plan = CALLS.replace(
        "[dispositions]",
        "[queue.support]\nhold_max = \"20s\"\n\n[dispositions]",
    );
    let told = |plan: &str| {
        let script = "10 ivan says dial CLIENT\n 13 ivan answers\n 20 customer answers
             25 ivan says hold\n 50 ivan says resume\n 60 end";
        floor_of(plan, 0).tell(&script.replace("CLIENT", CLIENT))
    };
    let words = &["too_long", "[ivan] hold", "[ivan] talking"];
    assert_snapshot!(lines(&told(&plan), words), @r"
    22.000 [ivan] talking
    25.000 [ivan] hold
    45.000 [ivan] alert hold_too_long
    45.000 ! hold_too_long
    50.000 [ivan] talking
    ");
    assert!(!told(CALLS).contains("too_long"));
}
