//! Operators: whose word makes them what they are, what binds their breaks, and what goes on record of it.
use gudok_model::{Actor, FloorEvent, OperatorId};
use gudok_switchboard::desk::{CommandResult, DeskEvent};
use gudok_switchboard::{Config, Output};
use insta::assert_snapshot;

use crate::plans::DAY;
use crate::world::World;

/// What desks and the record are told of people, a line each.
fn told(world: &World) -> String {
    let lines = world.outputs.iter().filter_map(|output| match output {
        Output::Desk {
            operator,
            event: DeskEvent::State(state),
        } => {
            let actor = state.actor.as_ref();
            let by = actor.map_or_else(|| "nobody".to_owned(), ToString::to_string);
            let extended = state.extended.map(|it| {
                let most = it.max_until.since(state.since).as_secs();
                format!(
                    ", extended by {} in {}, {most} s at most",
                    it.by_s, it.times
                )
            });
            let extended = extended.unwrap_or_default();
            Some(format!("[{operator}] {} by {by}{extended}", state.display))
        }
        Output::Floor { event } => Some(fact(event)),
        Output::DeskResult {
            operator,
            result: CommandResult::Error { code, .. },
            ..
        } => Some(format!("[{operator}] {code}")),
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn fact(event: &FloorEvent) -> String {
    match event {
        FloorEvent::SatDown { operator, session } => format!("* {operator} sat down {}", session.0),
        FloorEvent::State {
            operator,
            display,
            actor,
            ..
        } => format!("* {operator} {display} by {actor}"),
        FloorEvent::WrapUpSet {
            operator,
            since,
            until,
            extensions,
            ..
        } => {
            let lasts = until.since(*since).as_secs();
            format!("* {operator} writes up for {lasts} s, extended {extensions} times")
        }
        FloorEvent::Counted { operator, tally } => {
            let (calls, rejects, more) = (tally.calls, tally.rejects, tally.extensions);
            format!("* {operator} calls {calls} rejects {rejects} extensions {more}")
        }
        FloorEvent::Forced {
            operator, actor, ..
        } => format!("* {operator} forced by {actor}"),
        FloorEvent::Left { operator, shift } => {
            let sum: u64 = shift.states_us.values().sum();
            assert_eq!(sum, shift.length_us, "I5");
            format!("* {operator} left after {} s", shift.length_us / 1_000_000)
        }
        other => format!("* {other:?}"),
    }
}

#[test]
fn whose_word_it_was_is_told_and_on_record() {
    let mut world = World::new(DAY);
    world.play(
        "0 operators ivan anna*
         0 ivan sits
         1 ivan forced LUNCH olga
         2 anna phone up
         5 ivan says logout
         6 end",
    );
    assert_snapshot!(told(&world), @"
    [ivan] not_ready by policy login
    * ivan sat down 1
    * ivan not_ready by policy login
    * ivan ready by operator ivan
    [ivan] ready by operator ivan
    * ivan forced by supervisor olga
    * ivan not_ready by supervisor olga
    [ivan] not_ready by supervisor olga
    * anna sat down 18446744073709551615
    * anna ready by policy phone_only
    * ivan left after 5 s
    * ivan logged_out by operator ivan
    [ivan] logged_out by operator ivan
    ");
}

/// A journal of an earlier version is told again as it was told then.
#[test]
fn an_earlier_version_told_nothing_of_it() {
    let config = Config {
        floor: false,
        ..Config::default()
    };
    let mut world = World::with(config, DAY, 0);
    world.play("0 operators ivan\n0 ivan sits\n1 ivan says not_ready LUNCH\n2 end");
    assert_snapshot!(told(&world), @"
    [ivan] not_ready by nobody
    [ivan] ready by nobody
    [ivan] not_ready by nobody
    ");
    let written = serde_json::to_string(&Config::default()).expect("plain data");
    let mut written: serde_json::Value = serde_json::from_str(&written).expect("JSON");
    let fields = written.as_object_mut().expect("an object");
    assert_eq!(fields.remove("floor"), Some(true.into()));
    let earlier: Config = serde_json::from_value(written).expect("readable");
    assert!(!earlier.floor, "what does not say so told nothing");
}

/// Work after a talk: its end is on record when it begins and with each extension, and a call names it.
#[test]
fn a_wrap_up_is_extended_from_the_desk() {
    let plan = DAY.replace("callers_max = 2", "callers_max = 2\nwrap_up_max = \"60s\"");
    let mut world = World::new(&plan);
    world.play(
        "0 operators ivan
         0 ivan sits
         1 A calls
         6 ivan answers
         10 A hangs up",
    );
    world.outputs.clear();
    world.play(
        "15 ivan says extend 10
         16 ivan says extend 600
         17 ivan says extend 1
         80 ivan says extend 1",
    );
    assert_snapshot!(told(&world), @"
    * ivan calls 1 rejects 0 extensions 1
    * ivan writes up for 30 s, extended 1 times
    * ivan wrap_up by operator ivan
    [ivan] wrap_up by operator ivan, extended by 10 in 1, 60 s at most
    * ivan calls 1 rejects 0 extensions 2
    * ivan writes up for 60 s, extended 2 times
    * ivan wrap_up by operator ivan
    [ivan] wrap_up by operator ivan, extended by 40 in 2, 60 s at most
    [ivan] extend_limit
    * ivan ready by operator ivan
    [ivan] ready by operator ivan
    [ivan] invalid_state
    ");
}

#[test]
fn breaks_are_bound_by_the_rules_of_the_plan() {
    let rule = "LUNCH = { text = \"Обед\", max = \"1m\", keep_ready = 1 }";
    let plan = DAY.replace("LUNCH = \"Обед\"", rule);
    let story = World::new(&plan).tell(
        "0 operators ivan anna
         0 ivan sits
         0 anna sits
         1 ivan says not_ready LUNCH
         2 anna says not_ready LUNCH
         3 anna forced LUNCH olga
         4 anna forced NAP olga
         5 ivan says ready
         200 end",
    );
    assert_snapshot!(story, @"
      0.000 [ivan] not_ready login
      0.000 [ivan] ready
      0.000 [anna] not_ready login
      0.000 [anna] ready
      1.000 [ivan] not_ready LUNCH
      2.000 [anna] error break_quota in ready
      3.000 [anna] alert forced
      3.000 anna is forced by supervisor olga
      3.000 [anna] not_ready LUNCH
      4.000 anna is not forced: unknown_reason
      5.000 [ivan] ready
     63.000 [anna] alert break_too_long
     63.000 ! break_too_long
    ");
}

/// A registration that is renewed is nobody's word: who works by phone alone stays off until a supervisor says otherwise.
#[test]
fn a_phone_does_not_undo_what_a_supervisor_said() {
    let mut world = World::new(DAY);
    let anna = OperatorId::from("anna");
    let shown = |world: &World| {
        let view = world.board.snapshot(&anna).expect("there is an anna");
        (view.state.display.to_string(), view.state.actor)
    };
    world.play("0 operators anna*\n1 anna phone up\n2 anna forced LUNCH olga\n3 anna phone up");
    let olga = Some(Actor::Supervisor("olga".into()));
    assert_eq!(shown(&world), ("not_ready".to_owned(), olga.clone()));
    world.play("4 anna forced logged_out olga\n5 anna phone down\n6 anna phone up");
    assert_eq!(shown(&world), ("logged_out".to_owned(), olga));
}

/// Whoever has ended a wrap-up of somebody else is on record, and the call is written up as nobody did.
#[test]
fn a_supervisor_ends_a_wrap_up() {
    let story = World::new(DAY).tell(
        "0 operators ivan
         0 ivan sits
         1 A calls
         6 ivan answers
         10 A hangs up
         11 listen
         11 ivan forced wrap_up_over olga
         12 ivan forced wrap_up_over olga
         13 end",
    );
    assert_snapshot!(story, @"
    11.000 [ivan] alert forced
    11.000 ivan is forced by supervisor olga
    11.000 A * ivan says AUTO
    11.000 A * ivan wrapped up in 1000 ms
    11.000 [ivan] ready
    12.000 ivan is not forced: no_wrap_up
    ");
}

/// What the operators of the script are, in the order in which they became so.
fn states(world: &World) -> Vec<String> {
    let facts = world.outputs.iter().filter_map(|output| match output {
        Output::Floor {
            event: FloorEvent::State { display, actor, .. },
        } => Some(format!("{display} by {actor}")),
        _ => None,
    });
    let mut states: Vec<String> = facts.collect();
    states.dedup();
    states
}

/// Who works by phone alone has no desk to sit down at again: a supervisor's word that logged them out is undone by one, and
/// by no registration of their phone.
#[test]
fn who_was_logged_out_by_a_word_comes_back_by_a_word() {
    let mut world = World::new(DAY);
    world.play(
        "0 operators anna*
         1 anna phone up
         2 anna forced logged_out olga
         3 anna phone up
         4 anna phone down
         5 anna forced ready olga
         6 anna phone up
         7 anna forced ready olga
         8 end",
    );
    assert_eq!(
        states(&world),
        [
            "ready by policy phone_only",
            "logged_out by supervisor olga",
            "ready by supervisor olga",
        ]
    );
    let refused = world.outputs.iter().filter_map(|output| match output {
        Output::Forced {
            result: CommandResult::Error { code, .. },
            ..
        } => Some(&**code),
        _ => None,
    });
    assert_eq!(
        refused.collect::<Vec<_>>(),
        ["not_logged_in"],
        "no phone, no seat"
    );
}

/// What a supervisor wishes for the time after the talk stands, however often the phone registers meanwhile.
#[test]
fn a_pending_word_outlives_a_registration() {
    let mut world = World::new(DAY);
    world.play(
        "0 operators anna*
         1 anna phone up
         2 A calls
         8 anna answers
         9 anna forced LUNCH olga
         10 anna phone up
         20 A hangs up
         60 end",
    );
    let states = states(&world);
    assert_eq!(
        states.last().map(String::as_str),
        Some("not_ready by supervisor olga"),
        "{states:#?}"
    );
}

/// A word about others is a supervisor's, of their own project; an admin's about everybody.
#[test]
fn who_may_have_a_word_about_whom() {
    let mut world = World::new(DAY);
    world.play(
        "0 operators anna ivan^ olga^@other root!
         1 anna sits
         1 ivan sits
         1 olga sits
         1 root sits
         5 anna says force ivan LUNCH
         6 olga says force anna LUNCH
         7 ivan says force nobody LUNCH
         8 ivan says force anna NONSENSE
         9 ivan says force anna LUNCH
         10 root says force anna ready
         11 root says force olga LUNCH
         12 end",
    );
    let told = told(&world);
    let later = told.split("[root] ready by operator root\n").last();
    assert_snapshot!(later.unwrap_or_default(), @r"
    [anna] not_allowed
    [olga] unknown_operator
    [ivan] unknown_operator
    [ivan] unknown_reason
    * anna forced by supervisor ivan
    * anna not_ready by supervisor ivan
    [anna] not_ready by supervisor ivan
    * anna forced by admin root
    * anna ready by admin root
    [anna] ready by admin root
    * olga forced by admin root
    * olga not_ready by admin root
    [olga] not_ready by admin root
    ");
}
