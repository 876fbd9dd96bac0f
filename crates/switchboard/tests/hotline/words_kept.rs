//! What a restart keeps beside people's states: what supervisors set, what people chose, alarms, and a talk that the operator dialled.
use gudok_model::{Actor, AlarmKind, CallEvent, FloorEvent, OperatorId, Wall};
use gudok_switchboard::desk::{DeskCommand, DeskEvent};
use gudok_switchboard::input::ResumedWrapUp;
use gudok_switchboard::wall::View;
use gudok_switchboard::{Input, Output};
use insta::assert_snapshot;

use crate::callbacks::KEPT;
use crate::plans::CALLS;
use crate::world::{World, call_id};

/// Ivan answers one queue, anna another.
const TWO: &str = r#"
[[number]]
did = "+78000000001"
project = "hotline"
answer = "answer"
record = "off"
flow = "main"

[group.support]
operators = ["ivan"]
ring = "15s"

[group.sales]
operators = ["anna"]
ring = "15s"

[queue.support]

[queue.sales]

[[flow.main]]
queue = "support"
wait = "10m"
leave_empty = false
on_timeout = "bye"
on_full = "bye"

[[flow.bye]]
close = "goodbye"
reason = "all_busy"
"#;

const BACK: &str = "anna phone up";

fn played(script: &str) -> World {
    let mut world = World::new(TWO);
    world.play("0 operators ivan anna olga^\n0 ivan sits\n0 anna sits");
    world.play(script);
    world
}

/// For which groups somebody works, where anybody has said so.
fn groups(world: &World, who: &str) -> Option<Vec<String>> {
    let snapshot = world.board.snapshot(&OperatorId::from(who));
    let groups = snapshot.expect("in the config").state.groups?;
    Some(groups.iter().map(ToString::to_string).collect())
}

fn words(groups: &[&str]) -> Option<Vec<String>> {
    Some(groups.iter().map(|it| (*it).to_owned()).collect())
}

/// How often it was told that somebody's groups are the plan's again.
fn as_planned(world: &World) -> usize {
    let facts = world.outputs.iter().filter(|output| {
        let event = match output {
            Output::Floor { event } => Some(event),
            _ => None,
        };
        matches!(event, Some(FloorEvent::GroupsAsPlanned { .. }))
    });
    facts.count()
}

#[test]
fn groups_that_a_supervisor_gave_are_given_after_a_restart_until_the_next_plan() {
    let mut world = played("5 admin root regroup anna support sales");
    for at in [10, 30] {
        world.play(&format!("{at} restart 5"));
        assert_eq!(groups(&world, "anna"), words(&["sales", "support"]));
    }
    // Calls of that queue come to her, and nobody was told a second time.
    world.play(&format!("40 {BACK}\n40 anna desk 1\n41 A calls\n43 end"));
    let asked = world.outputs.iter().any(|output| {
        matches!(output, Output::Fact { fact: CallEvent::Offered { operator, .. }, .. } if operator.as_str() == "anna")
    });
    assert!(asked, "{}", world.story);
    let told = world.story.matches("regrouped").count();
    assert_eq!((told, as_planned(&world)), (1, 0), "{}", world.story);

    // The next plan, in this run or the next, ends it.
    world.plan(&TWO.replace("15s", "20s"));
    assert_eq!((groups(&world, "anna"), as_planned(&world)), (None, 1));
    world.play("200 restart 1");
    assert_eq!((groups(&world, "anna"), as_planned(&world)), (None, 1));
    let mut world = played("5 admin root regroup anna support sales");
    world.lies_on_disk(&TWO.replace("15s", "20s"));
    world.play("10 restart 5");
    assert_eq!((groups(&world, "anna"), as_planned(&world)), (None, 1));
    // And it does not come back with the plan of then.
    world.lies_on_disk(TWO);
    world.play("30 restart 5");
    assert_eq!((groups(&world, "anna"), as_planned(&world)), (None, 1));
}

/// What desks were told of words that are over: to whom, and in which words.
fn told_over(world: &World) -> Vec<(String, String)> {
    let alerts = world.outputs.iter().filter_map(|output| match output {
        Output::Desk {
            operator,
            event: DeskEvent::Alert { what, text },
        } if &**what == "regroup_over" => Some((operator.to_string(), text.clone())),
        _ => None,
    });
    alerts.collect()
}

/// A plan without the group that was given: whoever worked there hears where they are now, whoever directs them whose word is
/// over, and it is on record; the next plan says nothing more. Nobody else hears of it.
#[test]
fn whose_word_another_plan_ended_is_told() {
    let mut world = played(
        "1 olga desk 1
         5 admin root regroup anna support
         6 admin root regroup ivan sales",
    );
    let plan = TWO.replace("support", "help");
    world.plan(&plan.replace("[\"ivan\"]", "[\"petr\"]"));
    let told = told_over(&world);
    let told: Vec<(&str, &str)> = told.iter().map(|(who, text)| (&**who, &**text)).collect();
    assert_eq!(
        told,
        [
            ("anna", "Новый план: вы снова в своих группах: sales."),
            (
                "ivan",
                "Новый план: то, куда вас перевёл супервизор, кончилось, и групп у вас нет."
            ),
            (
                "olga",
                "Новый план: переводы по группам кончились: anna, ivan."
            ),
        ]
    );
    assert_eq!(as_planned(&world), 2);
    world.plan(TWO);
    assert_eq!((told_over(&world).len(), as_planned(&world)), (3, 2));
}

/// Whoever has chosen among their groups hears of those alone.
#[test]
fn a_choice_that_is_kept_is_what_is_told() {
    let mut world = played(
        "5 admin root regroup anna support sales
         6 anna says serve sales",
    );
    world.plan(&TWO.replace("[\"ivan\"]", "[\"ivan\", \"anna\"]"));
    assert_eq!(groups(&world, "anna"), words(&["sales"]));
    let told = told_over(&world);
    assert_eq!(told[0].1, "Новый план: вы снова в своих группах: sales.");
}

/// As with a plan that comes in a run: who sits again and whoever directs them hear what the plan of the start has ended.
#[test]
fn whose_word_the_plan_of_a_start_ended_is_told() {
    let mut world = played("1 olga desk 1\n5 admin root regroup anna support sales");
    world.lies_on_disk(&TWO.replace("15s", "20s"));
    world.play("10 restart 5");
    let told = told_over(&world);
    let told: Vec<(&str, &str)> = told.iter().map(|(who, text)| (&**who, &**text)).collect();
    assert_eq!(
        told,
        [
            ("anna", "Новый план: вы снова в своих группах: sales."),
            ("olga", "Новый план: переводы по группам кончились: anna.")
        ]
    );
}

#[test]
fn who_chose_among_their_groups_takes_calls_for_these_until_they_leave() {
    let mut world = played(
        "5 admin root regroup anna support sales
         6 anna says serve sales
         10 restart 5",
    );
    assert_eq!(groups(&world, "anna"), words(&["sales"]));
    // Another session has all that were given.
    world.play(&format!("20 {BACK}\n20 anna desk 7"));
    assert_eq!(groups(&world, "anna"), words(&["sales", "support"]));
    world.play("30 restart 5");
    assert_eq!(groups(&world, "anna"), words(&["sales", "support"]));
}

fn alarm(world: &mut World, level: Option<u64>) {
    let (what, subject) = (AlarmKind::OldestWaiting, "support".into());
    world.input(Input::Alarm {
        what,
        subject,
        project: Some("hotline".into()),
        level,
    });
}

/// What is on, since when and until when it is quiet, in seconds of the script.
fn alarms(world: &World) -> Vec<(i64, Option<i64>)> {
    let began = world.now.wall.0 - i64::try_from(world.now.mono.0).expect("a short script");
    let secs = |at: Wall| (at.0 - began) / 1_000_000;
    let picture = world.board.picture(world.now.wall, &View::All);
    let on = picture.alarms.into_values();
    on.map(|it| (secs(it.since), it.quiet_until.map(secs)))
        .collect()
}

#[test]
fn an_alarm_is_on_and_quiet_after_a_restart_as_it_was() {
    let mut world = played("0 olga desk 1\n5 listen");
    alarm(&mut world, Some(310));
    let quiet = DeskCommand::Quiet {
        alarm: "oldest_waiting".into(),
        subject: "support".into(),
        for_s: 600,
    };
    world.input(Input::DeskCommand {
        operator: "olga".into(),
        session: gudok_model::SessionId(1),
        id: "q".into(),
        command: quiet,
    });
    for at in [100, 200] {
        world.play(&format!("{at} restart 5"));
        assert_eq!(alarms(&world), [(5, Some(605))]);
    }
    let facts = |world: &World| {
        let facts = world.outputs.iter().filter_map(|output| match output {
            Output::Floor { event } if event.operator().is_none() => Some(event),
            _ => None,
        });
        facts.count()
    };
    // On it is told once, and off once.
    alarm(&mut world, Some(320));
    assert_eq!(facts(&world), 2);
    world.play("606 end");
    assert_eq!(alarms(&world), [(5, None)]);
    alarm(&mut world, None);
    assert_eq!((alarms(&world), facts(&world)), (vec![], 3));
    world.play("700 restart 5");
    assert_eq!(alarms(&world), []);
}

#[test]
fn a_talk_that_was_dialled_is_written_up_and_counted_as_dialled() {
    let mut world = World::new(CALLS);
    world.play(
        "0 operators ivan
         0 ivan sits
         10 ivan says dial +74951234567
         13 ivan answers
         20 customer answers
         42 restart 5",
    );
    let snapshot = world.board.snapshot(&"ivan".into()).expect("known");
    assert_eq!(snapshot.state.display, "wrap_up".into());
    let tally = world.floor.seats[&"ivan".into()].tally;
    let counted = (tally.calls, tally.dialled, tally.talk_us / 1_000_000);
    assert_eq!(counted, (0, 1, 20));
    world.play("50 ivan phone up\n50 ivan desk 1\n68 end");
    let snapshot = world.board.snapshot(&"ivan".into()).expect("known");
    assert_eq!(snapshot.state.display, "ready".into());
}

/// Of what was done before something else nothing goes on, whoever does what; both come to an end on record.
#[test]
fn work_that_is_over_is_told_as_over_and_disturbs_nobody() {
    let mut world = played("100 end");
    let now = world.now.wall;
    let back = |secs: i64| Wall(now.0 - secs * 1_000_000);
    let idle = |world: &World| {
        let kept = &world.floor.seats[&"ivan".into()].kept;
        kept.as_ref().map(|kept| kept.idle_since)
    };
    let before = idle(&world);
    world.input(Input::Resumed {
        wrap_ups: Vec::new(),
        over: vec![ResumedWrapUp {
            call: call_id('Z'),
            operator: "ivan".into(),
            since: back(60),
            until: back(48),
            disposed: false,
        }],
    });
    let facts = world.outputs.iter().filter_map(|output| match output {
        Output::Fact {
            fact: CallEvent::Disposed { code, .. },
            ..
        } => Some(code.to_string()),
        Output::Fact {
            fact: CallEvent::WrapUpEnded { took_ms, .. },
            ..
        } => Some(took_ms.to_string()),
        _ => None,
    });
    assert_eq!(facts.collect::<Vec<_>>(), ["AUTO", "12000"]);
    assert_eq!(idle(&world), before, "the line of the free is as it was");
}

/// What each is shown as, with the call in hand and how long it lasts yet.
fn faces(world: &World) -> String {
    let faces = ["ivan", "anna", "olga"].map(|who| {
        let snapshot = world.board.snapshot(&OperatorId::from(who));
        let state = snapshot.expect("in the config").state;
        let left = state.deadline.map_or_else(String::new, |until| {
            format!(" for {} s", until.since(world.now.wall).as_secs())
        });
        let by = match state.actor {
            Some(Actor::Policy(_)) => "",
            _ => " by a person",
        };
        format!("{who} {}{left}{by}", state.display)
    });
    faces.join(", ")
}

/// Wherever the crash finds somebody: who was in a talk has it to write up, all others are what they were before, and take calls
/// when phone and desk are back.
#[test]
fn wherever_it_is_cut_nobody_is_left_in_a_state_of_the_run_before() {
    let talk = "10 A calls\n15 ivan answers\n";
    let out = "10 ivan says dial +74951234567\n";
    let promised = "10 A calls\n20 A presses 1\n25 A presses 1\n40 ivan says ready\n";
    let ways = [
        (
            "preview",
            CALLS,
            "10 ivan says preview +74951234567\n".to_owned(),
        ),
        ("own phone rings", CALLS, out.to_owned()),
        ("customer rings", CALLS, format!("{out}13 ivan answers\n")),
        (
            "dialled talk",
            CALLS,
            format!("{out}13 ivan answers\n20 customer answers\n25 end\n"),
        ),
        ("talk", CALLS, talk.to_owned()),
        (
            "consultation",
            CALLS,
            format!("{talk}20 ivan says consult anna\n24 anna answers\n"),
        ),
        (
            "conference",
            CALLS,
            format!("{talk}20 ivan says consult anna\n24 anna answers\n26 ivan says conference\n"),
        ),
        ("parked", CALLS, format!("{talk}20 ivan says park\n")),
        (
            "overheard",
            CALLS,
            format!("{talk}20 olga says listen A\n24 olga answers\n"),
        ),
        ("promise rings the operator", KEPT, promised.to_owned()),
        (
            "promise rings the customer",
            KEPT,
            format!("{promised}44 ivan answers\n46 customer rings\n"),
        ),
        (
            "promise kept",
            KEPT,
            format!("{promised}44 ivan answers\n46 customer answers\n"),
        ),
    ];
    let mut told = String::new();
    for (name, plan, script) in ways {
        let mut world = World::new(plan);
        world.play("0 operators ivan anna olga!\n0 ivan sits\n0 anna sits\n0 olga sits\n1 anna says not_ready LUNCH");
        if plan == KEPT {
            world.play("2 ivan says not_ready LUNCH");
        }
        world.play(&script);
        let cut = if plan == KEPT { 48 } else { 30 };
        world.play(&format!("{cut} end"));
        let before = faces(&world);
        world.play(&format!("{cut} restart 2"));
        for who in ["ivan", "anna", "olga"] {
            world.play(&format!("{cut} {who} phone up\n{cut} {who} desk 1"));
        }
        let cut_off = faces(&world);
        world.play("90 end");
        told += &format!("{name}\n  {before}\n  {cut_off}\n  {}\n", faces(&world));
    }
    assert_snapshot!(told, @"
    preview
      ivan preview for 40 s by a person, anna not_ready by a person, olga ready by a person
      ivan ready by a person, anna not_ready by a person, olga ready by a person
      ivan ready by a person, anna not_ready by a person, olga ready by a person
    own phone rings
      ivan dialing by a person, anna not_ready by a person, olga ready by a person
      ivan ready by a person, anna not_ready by a person, olga ready by a person
      ivan ready by a person, anna not_ready by a person, olga ready by a person
    customer rings
      ivan dialing by a person, anna not_ready by a person, olga ready by a person
      ivan ready by a person, anna not_ready by a person, olga ready by a person
      ivan ready by a person, anna not_ready by a person, olga ready by a person
    dialled talk
      ivan talking by a person, anna not_ready by a person, olga ready by a person
      ivan wrap_up for 20 s by a person, anna not_ready by a person, olga ready by a person
      ivan ready by a person, anna not_ready by a person, olga ready by a person
    talk
      ivan talking by a person, anna not_ready by a person, olga ready by a person
      ivan wrap_up for 20 s by a person, anna not_ready by a person, olga ready by a person
      ivan ready by a person, anna not_ready by a person, olga ready by a person
    consultation
      ivan consult by a person, anna talking by a person, olga ready by a person
      ivan wrap_up for 20 s by a person, anna not_ready by a person, olga ready by a person
      ivan ready by a person, anna not_ready by a person, olga ready by a person
    conference
      ivan conference by a person, anna talking by a person, olga ready by a person
      ivan wrap_up for 20 s by a person, anna not_ready by a person, olga ready by a person
      ivan ready by a person, anna not_ready by a person, olga ready by a person
    parked
      ivan wrap_up for 10 s by a person, anna not_ready by a person, olga ready by a person
      ivan wrap_up for 8 s by a person, anna not_ready by a person, olga ready by a person
      ivan ready by a person, anna not_ready by a person, olga ready by a person
    overheard
      ivan talking by a person, anna not_ready by a person, olga talking by a person
      ivan wrap_up for 20 s by a person, anna not_ready by a person, olga ready by a person
      ivan ready by a person, anna not_ready by a person, olga ready by a person
    promise rings the operator
      ivan reserved for 12 s by a person, anna not_ready by a person, olga ready by a person
      ivan ready by a person, anna not_ready by a person, olga ready by a person
      ivan ready by a person, anna not_ready by a person, olga ready by a person
    promise rings the customer
      ivan talking by a person, anna not_ready by a person, olga ready by a person
      ivan wrap_up for 20 s by a person, anna not_ready by a person, olga ready by a person
      ivan ready by a person, anna not_ready by a person, olga ready by a person
    promise kept
      ivan talking by a person, anna not_ready by a person, olga ready by a person
      ivan wrap_up for 20 s by a person, anna not_ready by a person, olga ready by a person
      ivan ready by a person, anna not_ready by a person, olga ready by a person
    ");
}

/// At another desk, with a colleague on the phone.
#[test]
fn who_was_sent_to_the_line_while_a_colleague_rang_is_on_it_after_a_restart() {
    let world = played(
        "1 ivan dials anna
         2 ivan takes over 2
         3 admin root force ivan ready
         4 restart 0
         4 ivan phone up
         4 ivan desk 2
         100 end",
    );
    assert_eq!(
        faces(&world),
        "ivan ready by a person, anna device_down, olga logged_out"
    );
}

/// As an earlier version wrote a start and an alarm down: of all projects together.
#[test]
fn alarms_of_a_journal_of_an_earlier_version_name_no_project() {
    let start = r#"{"input":"words_before","given":[],"alarms":[{"what":"oldest_waiting","subject":"support","since":5,"level":310}]}"#;
    let input: Input = serde_json::from_str(start).expect("it is read");
    let Input::WordsBefore { alarms, .. } = &input else {
        panic!("{input:?}");
    };
    assert_eq!(
        (&*alarms[0].which.subject, &alarms[0].which.project),
        ("support", &None)
    );
    assert_eq!(serde_json::to_string(&input).expect("written"), start);
    let alarm = r#"{"input":"alarm","what":"disk","subject":"","level":4}"#;
    let input: Input = serde_json::from_str(alarm).expect("it is read");
    assert!(
        matches!(input, Input::Alarm { project: None, .. }),
        "{input:?}"
    );
}
