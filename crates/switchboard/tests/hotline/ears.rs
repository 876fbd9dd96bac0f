//! A supervisor in the talk of somebody else: each way, each end, and what does not fit.
use std::fmt::Write as _;

use gudok_switchboard::desk::CommandResult;
use gudok_switchboard::{Config, Output, SUPERVISORS_MAX};
use insta::assert_snapshot;

use crate::plans::DAY;
use crate::world::World;

/// Everybody at their desks: Anna in a break, Olga, Vera and Nina supervise, Petr supervises another project.
fn floor_in(plan: &str) -> World {
    let config = Config {
        transfer_outside: vec!["+7495*".into()],
        follow_redirects: true,
        ..Config::default()
    };
    let mut world = World::with(config, plan, 0);
    world.play(
        "0 operators ivan anna petr^@other olga^ root! vera^ nina^
         0 ivan sits",
    );
    world
}

/// The same, and Ivan talks with A.
fn talking_in(plan: &str) -> World {
    let mut world = floor_in(plan);
    world.play(
        "1 A calls
         6 ivan answers
         7 anna sits
         7 anna says not_ready LUNCH
         7 petr sits
         7 olga sits
         7 root sits
         7 vera sits
         7 nina sits
         8 listen",
    );
    world
}

fn told(script: &str) -> String {
    talking_in(DAY).tell(script)
}

/// Olga listens from 12 s on; the story begins at 20 s.
fn listening(script: &str) -> String {
    told(&format!(
        "10 olga says listen A\n 12 olga answers\n 20 listen\n {script}"
    ))
}

/// The lines of a story that hold one of these words.
fn only(told: &str, words: &[&str]) -> String {
    let lines = told.lines();
    let lines = lines.filter(|line| words.iter().any(|word| line.contains(word)));
    lines.collect::<Vec<_>>().join("\n")
}

/// Who hears whom, and what Olga and the record are told of it.
fn ears(told: &str) -> String {
    only(told, &["mix", "bridge", "[olga]", "* olga"])
}

#[test]
fn listening_whispering_barging_and_back_without_another_ring() {
    assert_snapshot!(told(
        "10 olga says listen A
         10.5 olga rings
         12 olga answers
         14 olga says whisper A
         15 olga says whisper A
         16 olga says barge A
         18 olga says listen A
         20 olga says leave A
         21 olga says leave A
         22 end"
    ), @"
    10.000 A * dialled A/2
    10.000 A/2 dial olga showing withheld, Слушать: ivan (ivan)
    10.000 [olga] Listen of ivan: ringing
    10.000 [olga] talking
    10.500 A * A/2 rings
    12.000 A * A/2 answered
    12.000 A * olga: Listen, true
    12.000 [olga] Listen of ivan: on
    12.000 [ivan] olga is there: Listen
    12.000 A mix: A hears [A/1], A/1 hears [A], A/2 hears [A A/1]
    14.000 A * olga: Whisper, true
    14.000 [olga] Whisper of ivan: on
    14.000 [ivan] olga is there: Whisper
    14.000 A mix: A hears [A/1], A/1 hears [A A/2], A/2 hears [A A/1]
    16.000 A * olga: Barge, true
    16.000 [olga] Barge of ivan: on
    16.000 [ivan] olga is there: Barge
    16.000 A mix: A hears [A/1 A/2], A/1 hears [A A/2], A/2 hears [A A/1]
    18.000 A * olga: Listen, true
    18.000 [olga] Listen of ivan: on
    18.000 [ivan] olga is there: Listen
    18.000 A mix: A hears [A/1], A/1 hears [A], A/2 hears [A A/1]
    20.000 A/2 hang up
    20.000 A * olga: Listen, false
    20.000 [ivan] olga is gone
    20.000 [olga] Listen of ivan: left
    20.000 [olga] ready
    20.000 A mix ends
    20.000 A bridge A/1
    20.001 A * A/2 over: ByUs
    21.000 [olga] error invalid_state in ready
    ");
}

#[test]
fn taking_over_makes_the_talk_theirs() {
    assert_snapshot!(told(
        "10 olga says whisper A
         12 olga answers
         13 vera says listen A
         14 vera answers
         20 listen
         20 olga says take_over A
         21 olga says leave A
         30 A hangs up
         31 end"
    ), @"
    20.000 [ivan] talk ended by supervisor
    20.000 A * olga: TakeOver, true
    20.000 [ivan] alert taken_over
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 A mix ends
    20.000 [olga] TakeOver of ivan: taken_over
    20.000 A/1 hang up
    20.000 A/2 talks with +79990000001, no name
    20.000 A * offered A#2 to olga
    20.000 [olga] card A#2 client error
    20.000 A bridge A/2
    20.000 A * bridged with A/2 after 14999 ms
    20.000 [olga] talk begins
    20.000 [olga] recording
    20.000 [olga] vera is there: Listen
    20.000 [ivan] wrap_up
    20.000 [olga] talking
    20.000 A mix: A hears [A/2], A/2 hears [A], A/3 hears [A A/2]
    20.001 A * A/1 over: ByUs
    21.000 [olga] error invalid_state in talking
    30.000 A * A over: HungUp
    30.000 A mix ends
    30.000 A/2 hang up
    30.000 [olga] talk ended by caller
    30.000 A/3 hang up
    30.000 A * offer A#2 closed: BridgedEnded
    30.000 [olga] card A#2 closed: BridgedEnded
    30.000 [olga] wrap_up
    30.000 A * vera: Listen, false
    30.000 [vera] Listen of nobody: talk_over
    30.000 A * ENDED Answered: Success caller-hung-up
    30.000 [vera] ready
    30.001 A * A/2 over: ByUs
    30.001 A * A/3 over: ByUs
    ");
}

#[test]
fn taking_over_at_once_is_done_when_the_phone_answers() {
    assert_snapshot!(told(
        "10 olga says take_over A
         12 olga answers
         20 olga hangs-up
         21 end"
    ), @"
    10.000 A * dialled A/2
    10.000 A/2 dial olga showing withheld, Забрать разговор: ivan (ivan)
    10.000 [olga] TakeOver of ivan: ringing
    10.000 [olga] talking
    12.000 A * A/2 answered
    12.000 [ivan] talk ended by supervisor
    12.000 A * olga: TakeOver, true
    12.000 [ivan] alert taken_over
    12.000 A * offer A#1 closed: BridgedEnded
    12.000 [ivan] card A#1 closed: BridgedEnded
    12.000 [olga] TakeOver of ivan: taken_over
    12.000 A/1 hang up
    12.000 A/2 talks with +79990000001, no name
    12.000 A * offered A#2 to olga
    12.000 [olga] card A#2 client error
    12.000 A bridge A/2
    12.000 A * bridged with A/2 after 6999 ms
    12.000 [olga] talk begins
    12.000 [olga] recording
    12.000 [ivan] wrap_up
    12.000 [olga] talking
    12.001 A * A/1 over: ByUs
    20.000 A * A/2 over: HungUp
    20.000 [olga] talk ended by operator
    20.000 A hang up
    20.000 A * offer A#2 closed: BridgedEnded
    20.000 [olga] card A#2 closed: BridgedEnded
    20.000 [olga] wrap_up
    20.001 A * A over: ByUs
    20.001 A * ENDED Answered: Success operator-hung-up
    ");
}

#[test]
fn whoever_ends_the_talk_ends_the_listening() {
    let ends = [
        "25 A hangs up",
        "25 ivan hangs-up",
        "25 ivan dies",
        "25 ivan says park",
        "25 ivan says transfer anna",
        "25 ivan says transfer +74951234567",
    ];
    for end in ends {
        let told = listening(&format!("{end}\n 26 end"));
        assert!(told.contains("25.000 A mix ends"), "{end}: {told}");
        assert!(told.contains("A/2 hang up"), "{end}: {told}");
        assert!(
            told.contains("25.000 A * olga: Listen, false"),
            "{end}: {told}"
        );
        assert!(
            told.contains("[olga] Listen of nobody: talk_over"),
            "{end}: {told}"
        );
        assert!(told.contains("25.000 [olga] ready"), "{end}: {told}");
        assert!(!told.contains("[ivan] olga is gone"), "{end}: {told}");
    }
}

#[test]
fn the_supervisor_leaves_and_the_two_talk_on() {
    for end in ["olga hangs-up", "olga dies", "olga says leave A"] {
        let told = listening(&format!("25 {end}\n 26 end"));
        assert!(
            told.contains("25.000 A * olga: Listen, false"),
            "{end}: {told}"
        );
        assert!(told.contains("25.000 [ivan] olga is gone"), "{end}: {told}");
        assert!(
            told.contains("25.000 [olga] Listen of ivan: left"),
            "{end}: {told}"
        );
        assert!(told.contains("25.000 [olga] ready"), "{end}: {told}");
        assert!(
            told.contains("A mix ends\n 25.000 A bridge A/1"),
            "{end}: {told}"
        );
        assert!(!told.contains("[ivan] talk ended"), "{end}: {told}");
    }
}

#[test]
fn a_phone_that_is_not_answered_is_in_no_talk() {
    let ways = [
        ("15 olga declines", "declined"),
        ("15 olga busy", "busy"),
        // Another's phone would be somebody else's ear.
        ("15 olga points-to-anna", "declined"),
        ("41 end", "no_answer"),
        ("15 olga says leave A", "left"),
    ];
    for (way, state) in ways {
        let told = told(&format!(
            "10 olga says listen A\n 14 listen\n {way}\n 50 end"
        ));
        assert!(
            told.contains(&format!("[olga] Listen of ivan: {state}")),
            "{way}: {told}"
        );
        assert!(told.contains("[olga] ready"), "{way}: {told}");
        let quiet = ["mix", "* olga", "[ivan]", "dial"];
        assert!(
            quiet.iter().all(|word| !told.contains(word)),
            "{way}: {told}"
        );
    }
}

/// A talk is nobody's who has left their seat.
#[test]
fn who_logs_out_before_the_phone_answers_takes_nothing_over() {
    let told = told(
        "10 olga says take_over A\n 11 olga says logout\n 12 listen\n 12 olga answers\n 13 end",
    );
    assert!(told.contains("A/2 hang up"), "{told}");
    assert!(told.contains("[olga] TakeOver of ivan: refused"), "{told}");
    let quiet = ["* olga", "[ivan]", "mix", "bridge"];
    assert!(quiet.iter().all(|word| !told.contains(word)), "{told}");
}

#[test]
fn who_logs_out_before_the_phone_answers_hears_nothing() {
    let told =
        told("10 olga says listen A\n 11 olga says logout\n 12 listen\n 12 olga answers\n 13 end");
    assert!(told.contains("A/2 hang up"), "{told}");
    assert!(told.contains("[olga] Listen of ivan: refused"), "{told}");
    let quiet = ["* olga", "[ivan]", "mix", "bridge"];
    assert!(quiet.iter().all(|word| !told.contains(word)), "{told}");
}

#[test]
fn who_logs_out_is_in_no_talk_any_more() {
    let told = listening("21 olga says logout\n 22 end");
    assert!(told.contains("A/2 hang up"), "{told}");
    assert!(told.contains("* olga: Listen, false"), "{told}");
    assert!(told.contains("[olga] Listen of ivan: left"), "{told}");
}

/// The caller hears music and the listener nothing; who whispers and the operator hear each other.
#[test]
fn on_hold() {
    assert_snapshot!(ears(&listening(
        "21 ivan says hold
         22 olga says whisper A
         23 olga says barge A
         24 olga says listen A
         25 ivan says resume
         26 end"
    )), @"
    21.000 A mix ends
    21.000 A unbridge
    21.000 A mix: A/1 hears [], A/2 hears []
    22.000 A * olga: Whisper, true
    22.000 [olga] Whisper of ivan: on
    22.000 A mix: A/1 hears [A/2], A/2 hears [A/1]
    23.000 A * olga: Barge, true
    23.000 [olga] Barge of ivan: on
    24.000 A * olga: Listen, true
    24.000 [olga] Listen of ivan: on
    24.000 A mix: A/1 hears [], A/2 hears []
    25.000 A bridge A/1
    25.000 A mix: A hears [A/1], A/1 hears [A], A/2 hears [A A/1]
    ");
}

#[test]
fn over_a_word_aside_a_conference_and_a_voice_that_is_off() {
    assert_snapshot!(ears(&listening(
        "21 ivan says consult anna
         22 anna answers
         23 olga says whisper A
         24 olga says barge A
         25 ivan says conference
         26 ivan says mute on
         27 olga says whisper A
         28 ivan says mute off
         29 ivan says drop asked
         30 end"
    )), @"
    21.000 A mix ends
    21.000 A unbridge
    21.000 A mix: A/1 hears [], A/2 hears []
    22.000 A/1 bridge A/3
    22.000 A mix: A/1 hears [A/3], A/3 hears [A/1], A/2 hears [A/1 A/3]
    23.000 A * olga: Whisper, true
    23.000 [olga] Whisper of ivan: on
    23.000 A mix: A/1 hears [A/3 A/2], A/3 hears [A/1], A/2 hears [A/1 A/3]
    24.000 A * olga: Barge, true
    24.000 [olga] Barge of ivan: on
    24.000 A mix: A/1 hears [A/3 A/2], A/3 hears [A/1 A/2], A/2 hears [A/1 A/3]
    25.000 A bridge A/1
    25.000 A mix: A hears [A/1 A/3 A/2], A/1 hears [A A/3 A/2], A/3 hears [A/1 A A/2], A/2 hears [A A/1 A/3]
    26.000 A mix: A hears [A/3 A/2], A/1 hears [A A/3 A/2], A/3 hears [A A/2], A/2 hears [A A/3]
    27.000 A * olga: Whisper, true
    27.000 [olga] Whisper of ivan: on
    27.000 A mix: A hears [A/3], A/1 hears [A A/3 A/2], A/3 hears [A], A/2 hears [A A/3]
    28.000 A mix: A hears [A/1 A/3], A/1 hears [A A/3 A/2], A/3 hears [A/1 A], A/2 hears [A A/1 A/3]
    29.000 A mix ends
    29.000 A mix: A hears [A/1], A/1 hears [A A/2], A/2 hears [A A/1]
    ");
}

/// After a word aside the talk is Anna's at once, and Olga in it still.
#[test]
fn one_talk_becomes_another() {
    let told = listening(
        "21 ivan says consult anna
         22 anna answers
         23 ivan says complete
         24 end",
    );
    assert_snapshot!(only(&told, &["mix", "bridge", "[olga]", "* olga", "[anna]"]), @"
    21.000 A mix ends
    21.000 A unbridge
    21.000 [anna] asked by ivan: ringing, client error
    21.000 [anna] talking
    21.000 A mix: A/1 hears [], A/2 hears []
    22.000 A/1 bridge A/3
    22.000 [anna] asked by ivan: answered, client error
    22.000 A mix: A/1 hears [A/3], A/3 hears [A/1], A/2 hears [A/1 A/3]
    23.000 A mix ends
    23.000 [anna] asked by ivan: over
    23.000 [anna] card A#2 client error
    23.000 A bridge A/3
    23.000 A * bridged with A/3 after 17999 ms
    23.000 [anna] talk begins
    23.000 [anna] recording
    23.000 [anna] olga is there: Listen
    23.000 [anna] talking
    23.000 A mix: A hears [A/3], A/3 hears [A], A/2 hears [A A/3]
    ");
}

/// What the operator asked aside ends with their part.
#[test]
fn taken_over_in_the_middle_of_a_word_aside() {
    for aside in ["", "\n 24 ivan says conference"] {
        let told = listening(&format!(
            "21 ivan says consult anna\n 22 anna answers{aside}\n 25 listen\n 25 olga says take_over A\n 26 end"
        ));
        let gone = [
            "A/1 hang up",
            "A/3 hang up",
            "[ivan] wrap_up",
            "[anna] not_ready LUNCH",
        ];
        assert!(gone.iter().all(|word| told.contains(word)), "{told}");
        assert!(told.contains("A bridge A/2"), "{told}");
    }
}

/// Music of a phone that holds is nobody's word.
#[test]
fn a_supervisors_phone_that_holds_is_silent() {
    assert_snapshot!(ears(&listening(
        "21 olga says barge A
         22 olga holds
         23 olga says take_over A
         24 olga resumes
         25 end"
    )), @"
    21.000 A * olga: Barge, true
    21.000 [olga] Barge of ivan: on
    21.000 A mix: A hears [A/1 A/2], A/1 hears [A A/2], A/2 hears [A A/1]
    22.000 A mix: A hears [A/1], A/1 hears [A], A/2 hears [A A/1]
    23.000 [olga] error phone_holds in talking
    24.000 A mix: A hears [A/1 A/2], A/1 hears [A A/2], A/2 hears [A A/1]
    ");
}

#[test]
fn whoever_is_no_supervisor_any_more_hears_nothing_more() {
    for operators in ["ivan anna olga", "ivan anna olga^@other", "ivan anna"] {
        let told = listening(&format!("25 operators {operators}\n 26 end"));
        assert!(told.contains("25.000 A mix ends"), "{operators}: {told}");
        assert!(
            told.contains("A * olga: Listen, false"),
            "{operators}: {told}"
        );
    }
}

/// What the operators' plan says of who listens; whoever is heard is told of in any case.
#[test]
fn a_plan_that_does_not_tell() {
    let plan = format!("{DAY}\n[supervision]\ntold = false\n");
    let mut world = talking_in(&plan);
    world.play(
        "10 olga says listen A
         12 olga answers
         14 olga says whisper A
         16 olga says listen A
         18 olga says leave A
         20 end",
    );
    let told = world.tell("21 end");
    assert_snapshot!(only(&told, &["[ivan]"]), @"
    14.000 [ivan] olga is there: Whisper
    16.000 [ivan] olga is gone
    ");
}

#[test]
fn a_drain_hinders_nobody_from_listening() {
    let told = told("9 drain\n 10 olga says listen A\n 12 olga answers\n 13 end");
    assert!(told.contains("[olga] Listen of ivan: on"), "{told}");
}

/// The answer to the last command.
fn answer(world: &World) -> String {
    let mut results = world.outputs.iter().filter_map(|output| match output {
        Output::DeskResult { result, .. } => Some(result),
        _ => None,
    });
    match results.next_back() {
        Some(CommandResult::Ok) => "ok".into(),
        Some(CommandResult::Error { code, actual }) => {
            format!("{code} in {}", actual.as_deref().unwrap_or("-"))
        }
        Some(CommandResult::Denied { rule, .. }) => format!("denied by {rule}"),
        None => "nothing".into(),
    }
}

const COMMANDS: [&str; 5] = ["listen", "whisper", "barge", "take_over", "leave"];

/// What comes of each command at 50 s, after each of these scripts; what is refused changes nothing.
fn table(states: &[(&str, &str)], by: &str) -> String {
    let mut table = String::new();
    for (state, script) in states {
        for command in COMMANDS {
            let mut world = floor_in(DAY);
            world.play("0 olga sits\n 0 vera sits\n 0 anna sits\n 0 anna says not_ready LUNCH\n 0 petr sits\n 0 root sits");
            world.play(script);
            world.play("50 end");
            let before = world.outputs.len();
            world.play(&format!("50 {by} says {command} A"));
            let answer = answer(&world);
            let quiet = world.outputs.len() - before == 1;
            assert!(answer == "ok" || quiet, "{state}: {command} did something");
            writeln!(table, "{state:<20} {command:<10} {answer}").expect("a string takes all");
        }
    }
    table
}

const TALK: &str = "1 A calls\n 6 ivan answers\n ";

fn in_talk(states: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let states = states.iter();
    states
        .map(|(name, script)| (*name, format!("{TALK}{script}")))
        .collect()
}

#[test]
fn every_command_in_every_state_of_a_call() {
    let mut states = vec![
        ("nothing", "1 B calls".to_owned()),
        (
            "queue",
            "1 ivan says not_ready LUNCH\n 2 A calls".to_owned(),
        ),
        ("ringing", "1 ivan is silent\n 44.9 A calls".to_owned()),
    ];
    states.extend(in_talk(&[
        ("talk", "45 end"),
        ("hold", "45 ivan says hold"),
        (
            "a word aside",
            "45 ivan says consult anna\n 46 anna answers",
        ),
        ("parked", "45 ivan says park"),
        (
            "outside",
            "45 ivan says transfer +74951234567\n 46 outside answers",
        ),
        (
            "the caller is gone",
            "45 ivan says consult anna\n 46 anna answers\n 47 A hangs up",
        ),
        ("over", "45 A hangs up"),
    ]));
    let states: Vec<(&str, &str)> = states
        .iter()
        .map(|(name, it)| (*name, it.as_str()))
        .collect();
    assert_snapshot!(table(&states, "olga"), @"
    nothing              listen     unknown_call in ready
    nothing              whisper    unknown_call in ready
    nothing              barge      unknown_call in ready
    nothing              take_over  unknown_call in ready
    nothing              leave      unknown_call in ready
    queue                listen     invalid_state in queue
    queue                whisper    invalid_state in queue
    queue                barge      invalid_state in queue
    queue                take_over  invalid_state in queue
    queue                leave      invalid_state in ready
    ringing              listen     invalid_state in ringing
    ringing              whisper    invalid_state in ringing
    ringing              barge      invalid_state in ringing
    ringing              take_over  invalid_state in ringing
    ringing              leave      invalid_state in ready
    talk                 listen     ok
    talk                 whisper    ok
    talk                 barge      ok
    talk                 take_over  ok
    talk                 leave      invalid_state in ready
    hold                 listen     ok
    hold                 whisper    ok
    hold                 barge      ok
    hold                 take_over  ok
    hold                 leave      invalid_state in ready
    a word aside         listen     ok
    a word aside         whisper    ok
    a word aside         barge      ok
    a word aside         take_over  ok
    a word aside         leave      invalid_state in ready
    parked               listen     invalid_state in parked
    parked               whisper    invalid_state in parked
    parked               barge      invalid_state in parked
    parked               take_over  invalid_state in parked
    parked               leave      invalid_state in ready
    outside              listen     invalid_state in outside_talk
    outside              whisper    invalid_state in outside_talk
    outside              barge      invalid_state in outside_talk
    outside              take_over  invalid_state in outside_talk
    outside              leave      invalid_state in ready
    the caller is gone   listen     invalid_state in aside
    the caller is gone   whisper    invalid_state in aside
    the caller is gone   barge      invalid_state in aside
    the caller is gone   take_over  invalid_state in aside
    the caller is gone   leave      invalid_state in ready
    over                 listen     invalid_state in ended
    over                 whisper    invalid_state in ended
    over                 barge      invalid_state in ended
    over                 take_over  invalid_state in ended
    over                 leave      invalid_state in ready
    ");
}

#[test]
fn every_command_in_every_state_of_a_supervisor() {
    let states = in_talk(&[
        ("it rings", "45 olga says listen A"),
        ("listens", "45 olga says listen A\n 46 olga answers"),
        (
            "barges, holds",
            "45 olga says barge A\n 46 olga answers\n 47 olga holds",
        ),
        (
            "has taken over",
            "45 olga says take_over A\n 46 olga answers",
        ),
        (
            "asked about it",
            "45 ivan says consult olga\n 46 olga answers",
        ),
        ("rings a colleague", "45 olga dials vera"),
        ("no phone", "45 olga phone down"),
    ]);
    let states: Vec<(&str, &str)> = states
        .iter()
        .map(|(name, it)| (*name, it.as_str()))
        .collect();
    assert_snapshot!(table(&states, "olga"), @"
    it rings             listen     ok
    it rings             whisper    ok
    it rings             barge      ok
    it rings             take_over  ok
    it rings             leave      ok
    listens              listen     ok
    listens              whisper    ok
    listens              barge      ok
    listens              take_over  ok
    listens              leave      ok
    barges, holds        listen     ok
    barges, holds        whisper    ok
    barges, holds        barge      ok
    barges, holds        take_over  phone_holds in talking
    barges, holds        leave      ok
    has taken over       listen     invalid_state in talking
    has taken over       whisper    invalid_state in talking
    has taken over       barge      invalid_state in talking
    has taken over       take_over  invalid_state in talking
    has taken over       leave      invalid_state in talking
    asked about it       listen     invalid_state in talking
    asked about it       whisper    invalid_state in talking
    asked about it       barge      invalid_state in talking
    asked about it       take_over  invalid_state in talking
    asked about it       leave      invalid_state in talking
    rings a colleague    listen     invalid_state in talking
    rings a colleague    whisper    invalid_state in talking
    rings a colleague    barge      invalid_state in talking
    rings a colleague    take_over  invalid_state in talking
    rings a colleague    leave      invalid_state in talking
    no phone             listen     invalid_state in device_down
    no phone             whisper    invalid_state in device_down
    no phone             barge      invalid_state in device_down
    no phone             take_over  invalid_state in device_down
    no phone             leave      invalid_state in device_down
    ");
}

/// Of another project, and of none (S07); an admin is of all.
#[test]
fn whose_talk_it_is() {
    let states = in_talk(&[("talk", "45 end")]);
    let states: Vec<(&str, &str)> = states
        .iter()
        .map(|(name, it)| (*name, it.as_str()))
        .collect();
    for (by, answer) in [("anna", "not_allowed"), ("petr", "unknown_call")] {
        let table = table(&states, by);
        assert!(table.lines().all(|line| line.contains(answer)), "{table}");
    }
    let table = table(&states, "root");
    assert_eq!(table.matches(" ok").count(), 4, "{table}");
    let own = self::table(&states, "ivan");
    assert!(
        own.lines().all(|line| line.contains("not_allowed")),
        "{own}"
    );
}

#[test]
fn so_many_and_no_more() {
    let mut world = talking_in(DAY);
    let all = ["olga", "vera", "nina", "root"];
    for name in &all[..SUPERVISORS_MAX] {
        world.play(&format!("10 {name} says whisper A\n 11 {name} answers"));
        assert_eq!(answer(&world), "ok");
    }
    world.play(&format!("12 {} says listen A", all[SUPERVISORS_MAX]));
    assert_eq!(answer(&world), "supervisors_max in ready");
    world.play("13 ivan says consult anna\n 14 anna answers\n 15 ivan says conference\n 16 end");
    assert_snapshot!(only(&world.tell("16 end"), &["16.0", "15.000 A mix"]), @" 15.000 A mix: A hears [A/1 A/5], A/1 hears [A A/5 A/2 A/3 A/4], A/5 hears [A/1 A], A/2 hears [A A/1 A/5 A/3 A/4], A/3 hears [A A/1 A/5 A/2 A/4], A/4 hears [A A/1 A/5 A/2 A/3]");
}

/// Nobody is in two talks, and nobody else's call reaches a supervisor meanwhile.
#[test]
fn one_talk_at_a_time() {
    let told = listening(
        "21 ivan says consult olga
         22 ivan says transfer olga
         23 vera dials olga
         24 end",
    );
    assert_snapshot!(told, @"
    21.000 [ivan] error target_busy in talking
    22.000 [ivan] error target_busy in talking
    23.000 ? refuse 486
    ");
}
