//! What callers are promised becomes a request, and only that.
use std::time::Duration;

use gudok_model::{CallEvent, Wall};
use gudok_switchboard::{Config, Output};
use insta::assert_snapshot;

use crate::plans::{DAY, RING};
use crate::schedules::replays;
use crate::world::World;

/// Facts that tell what is owed, and how calls ended.
fn owed(story: &str) -> String {
    let told = story
        .lines()
        .filter(|line| line.contains("OWED") || line.contains("ENDED"));
    told.map(str::trim).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_message_is_to_be_heard_by_the_group_that_the_plan_names() {
    let plan = RING.replace(
        "max = \"30s\"",
        "max = \"30s\"\ngroup = \"support\"\ndue = \"2h\"",
    );
    let mut world = World::new(&plan);
    world.play("1 A calls\n 70 A hangs up\n 100 end");
    let begun = world.now.wall;
    let dues = world.outputs.iter().filter_map(|output| match output {
        Output::Fact {
            fact: CallEvent::Requested { due, .. },
            ..
        } => Some(*due),
        _ => None,
    });
    // Hung up 30 s before the end of the script.
    let due = Wall(begun.0 + (2 * 3_600 - 30) * 1_000_000);
    assert_eq!(dues.collect::<Vec<_>>(), [due]);
    assert_snapshot!(owed(&World::new(&plan).tell("1 A calls\n 70 A hangs up\n 100 end")), @"
    70.000 A * OWED Voicemail of 4999 ms for +79990000001 by support
    70.000 A * ENDED Voicemail: Success caller-hung-up
    ");
}

#[test]
fn who_hangs_up_at_the_tone_has_left_no_message() {
    // The tone ends at 65.001.
    let left = |at: &str| {
        let script = format!("1 A calls\n {at} A hangs up\n 100 end");
        owed(&World::new(RING).tell(&script))
    };
    assert_snapshot!(left("68"), @"68.000 A * ENDED AbandonedQueue { short: false }: Success caller-hung-up");
    assert_snapshot!(left("68.002"), @"
    68.002 A * OWED Voicemail of 3001 ms for +79990000001 by everybody
    68.002 A * ENDED Voicemail: Success caller-hung-up
    ");
}

#[test]
fn a_message_that_is_ended_by_a_key_and_thanked_is_owed_however_short() {
    let story = World::new(RING).tell("1 A calls\n 67 A presses #\n 100 end");
    assert_snapshot!(owed(&story), @"
    67.000 A * OWED Voicemail of 1999 ms for +79990000001 by everybody
    69.001 A * ENDED Voicemail: Success message_taken
    ");
}

#[test]
fn a_message_that_ends_by_its_length_is_owed_before_thanks_are_said() {
    let story = World::new(RING).tell("1 A calls anonymous\n 65 listen\n 100 end");
    assert_snapshot!(story, @r"
    65.001 A mark voicemail_begin
    65.001 A * a message begins
    65.001 A hash awaited
    95.001 A mark voicemail_end
    95.001 A keys not awaited
    95.001 A * OWED Voicemail of 30000 ms for nobody knows by everybody
    95.001 A * decided: close message_taken
    95.001 A play goodbye
    97.001 A hang up
    97.002 A * A over: ByUs
    97.002 A * ENDED Voicemail: Success message_taken
    ");
}

#[test]
fn who_comes_when_there_are_too_many_is_owed_a_call_where_there_is_a_number() {
    let plan = DAY
        .replace("flow = \"main\"\n", "flow = \"main\"\nbusy = \"busy\"\n")
        .replace(
            "close = \"all_busy\"\nreason = \"queue_full\"",
            "close = [\"all_busy\", \"callback_promise\"]\nreason = \"queue_full\"",
        );
    let told = |call: &str| owed(&World::new(&plan).tell(&format!("0 crowd\n 1 A {call}\n 9 end")));
    assert_snapshot!(told("calls"), @"
    1.001 A * OWED Callback for +79990000001 by everybody
    5.002 A * ENDED CallbackRequested: Success queue_full
    ");
    let nothing = "3.002 A * ENDED ClosedMsg: Success queue_full";
    assert_eq!(told("calls anonymous"), nothing);
    // From abroad, and from a line that costs whoever calls it.
    assert_eq!(told("calls +375290000001"), nothing);
    assert_eq!(told("calls +78090000001"), nothing);
}

#[test]
fn a_busy_flow_that_promises_nothing_owes_nothing() {
    let plan = DAY.replace("flow = \"main\"\n", "flow = \"main\"\nbusy = \"busy\"\n");
    let story = World::new(&plan).tell("0 crowd\n 1 A calls\n 9 end");
    assert_snapshot!(owed(&story), @"3.002 A * ENDED ClosedMsg: Success queue_full");
}

#[test]
fn a_journal_of_an_earlier_version_is_played_as_it_was() {
    let config = Config {
        requests: false,
        ..Config::default()
    };
    let story = World::with(config, RING, 0).tell("1 A calls\n 66 A hangs up\n 100 end");
    assert_snapshot!(owed(&story), @"66.000 A * ENDED Voicemail: Success caller-hung-up");
    let of_old = serde_json::to_value(Config::default()).map(|mut config| {
        config.as_object_mut().expect("a table").remove("requests");
        serde_json::from_value::<Config>(config).expect("readable")
    });
    assert!(!of_old.expect("plain data").requests);
}

#[test]
fn a_promise_of_an_earlier_version_is_read_and_written_as_it_was() {
    let old = serde_json::json!({
        "event": "requested", "kind": "callback", "number": "+79990000001", "due": 5, "group": "tech",
    });
    let fact: CallEvent = serde_json::from_value(old.clone()).expect("readable");
    let CallEvent::Requested { detail, .. } = &fact else {
        panic!("{fact:?}");
    };
    assert!(detail.is_plain());
    assert_eq!(serde_json::to_value(&fact).expect("plain data"), old);
}

/// The offer at once, on a number that is answered first.
const OFFER: &str = r#"
[[number]]
did = "+78000000001"
project = "hotline"
record = "off"
flow = "main"

[group.support]
operators = ["ivan"]

[[flow.main]]
callback = "support"
otherwise = "sorry"

[[flow.sorry]]
close = "goodbye"
reason = "no_callback"
"#;

#[test]
fn a_call_back_is_owed_before_the_promise_is_heard() {
    let story = World::new(OFFER).tell("1 A calls\n 2 A presses 1\n 30 end");
    assert_snapshot!(story, @r#"
     1.000 A * arrived for hotline
     1.000 A lookup within 800ms
     1.000 A answer
     1.001 A * answered
     1.001 A * decided: menu callback_offer
     1.001 A play callback_offer
     1.001 A keys awaited
     2.000 A silence
     2.000 A keys not awaited
     2.000 A * typed "1" for the menu
     2.000 A * decided: callback
     2.000 A * OWED Callback for +79990000001 by support
     2.000 A play callback_within g_20 minute_many goodbye
    10.000 A hang up
    10.001 A * A over: ByUs
    10.001 A * ENDED CallbackRequested: Success callback_promised
    "#);
}

#[test]
fn a_promise_that_was_made_is_the_outcome_though_its_words_are_cut() {
    let config = Config {
        call_max: Duration::from_secs(3),
        ..Config::default()
    };
    let story = World::with(config, OFFER, 0).tell("1 A calls\n 2 A presses 1\n 30 end");
    assert_snapshot!(owed(&story), @"
    2.000 A * OWED Callback for +79990000001 by support
    4.001 A * ENDED CallbackRequested: ServerError call-limit
    ");
}

#[test]
fn the_number_that_was_typed_is_the_one_to_call() {
    let presses = |keys: &str| {
        let keys = keys.chars().zip(20..);
        let pressed: String = keys
            .map(|(key, at)| format!("{at} A presses {key}\n"))
            .collect();
        format!("1 A calls anonymous\n {pressed} 60 A presses 1\n 90 end")
    };
    let story = World::new(OFFER).tell(&presses("89990000077#"));
    assert_snapshot!(owed(&story), @"
    60.000 A * OWED Callback for +79990000077 by support
    68.001 A * ENDED CallbackRequested: Success callback_promised
    ");
    let story = World::new(OFFER).tell(&presses("88090000077#"));
    assert_snapshot!(owed(&story), @"47.001 A * ENDED ClosedMsg: Success no_callback");
}

/// Somebody is to be called back, not listened to; and whoever is not to be recorded is not asked to speak.
#[test]
fn a_message_that_is_not_recorded_is_no_message() {
    let told = |at: &str| {
        let script = format!("1 A calls\n {at} A is not recorded\n 72 A hangs up\n 100 end");
        let story = World::new(RING).tell(&script);
        let said = story.contains("play technical_problem");
        format!("{}\ntechnical problem said: {said}", owed(&story))
    };
    assert_snapshot!(told("65.002"), @r"
    72.000 A * OWED Voicemail for +79990000001 by everybody
    72.000 A * ENDED Voicemail: Success caller-hung-up
    technical problem said: false
    ");
    assert_snapshot!(told("63"), @r"
    63.000 A * OWED Voicemail for +79990000001 by everybody
    65.001 A * ENDED Failed: ServerError not-recorded
    technical problem said: true
    ");
    // Of a call that was to be recorded from the beginning it is known before, and asked once more.
    let script = "1 A calls\n 2 A is not recorded\n 59 listen\n 66 A hangs up\n 100 end";
    let story =
        World::new(&RING.replace("record = \"off\"", "record = \"from_answer\"")).tell(script);
    assert!(story.contains("A record"), "{story}");
}

/// The offer in the hours of an office in Moscow.
fn in_hours(plan: &str) -> String {
    format!(
        "{plan}\n[schedule.work]\nzone = \"Europe/Moscow\"\nwindows = [\"mon-fri 09:00-20:00\"]\n"
    )
}

/// When what was promised is due.
fn dues(world: &World) -> Vec<Wall> {
    let outputs = world.outputs.iter();
    let dues = outputs.filter_map(|output| match output {
        Output::Fact {
            fact: CallEvent::Requested { due, .. },
            ..
        } => Some(*due),
        _ => None,
    });
    dues.collect()
}

#[test]
fn what_is_promised_at_night_is_due_and_said_for_the_morning() {
    let plan = OFFER.replace("otherwise", "schedule = \"work\"\notherwise");
    // Monday 22:00.
    let mut world = World::at(&in_hours(&plan), 10);
    let noon = Wall(world.now.wall.0 - 10 * HOUR);
    world.play("1 A calls\n 2 A presses 1\n 30 end");
    let morning = Wall(noon.0 + 21 * HOUR + HOUR / 3);
    assert_eq!(dues(&world), [morning]);
    replays(&world);
    let told = world.tell("31 end");
    let said = "play callback_tomorrow g_9 hour_many g_20 minute_many goodbye";
    assert!(told.contains(said), "{told}");
    // By day at once.
    let mut world = World::new(&in_hours(&plan));
    world.play("1 A calls\n 2 A presses 1\n 30 end");
    assert_eq!(dues(&world), [Wall(noon.0 + 2_000_000 + HOUR / 3)]);
}

#[test]
fn a_message_of_the_night_is_due_so_long_after_the_morning_also_where_it_is_cut() {
    let due = "max = \"30s\"\ndue = \"2h\"\nschedule = \"work\"";
    let plan = RING.replace("max = \"30s\"", due);
    let mut world = World::at(&in_hours(&plan), 10);
    let noon = Wall(world.now.wall.0 - 10 * HOUR);
    world.play("1 A calls\n 70 A hangs up\n 100 end");
    assert_eq!(dues(&world), [Wall(noon.0 + 23 * HOUR)]);
    let mut outputs = world.outputs.iter();
    let within = outputs.find_map(|output| match output {
        Output::Fact {
            fact: CallEvent::MessageBegan { within_ms, .. },
            ..
        } => Some(*within_ms),
        _ => None,
    });
    // The tone ends at 65.001: from there on to eleven in the morning.
    assert_eq!(within, Some(13 * 3_600_000 - 65_001));
}

/// Microseconds in an hour.
const HOUR: i64 = 3_600_000_000;
