//! Supervisors' words: who may say them of whom, what comes of them, and what of it is told and on record.
use gudok_model::{CallEvent, FloorEvent};
use gudok_switchboard::desk::{CommandResult, DeskEvent};
use gudok_switchboard::{ANNOUNCED_MAX, Config, Output, REGROUPED_MAX};
use insta::assert_snapshot;

use crate::world::World;

/// Two projects: `support` and its people are of the first, `alien` of the other; `mixed` has people of both.
const FLOOR: &str = r#"
[not_ready_reasons]
LUNCH = "Обед"

[[number]]
did = "+78000000001"
project = "hotline"
record = "off"
flow = "main"

[[number]]
did = "+78000000002"
project = "other"
record = "off"
flow = "other"

[group.first]
operators = ["ivan", "anna"]
strategy = "linear"
ring = "15s"

[group.second]
operators = ["petr"]
ring = "15s"

[group.foreign]
operators = ["boris"]

[group.mixed]
operators = ["ivan", "boris"]

[queue.support]
group = "first"
aging = "60s"
relax = [{ after = "5m", add = "second" }]

[queue.alien]
group = "foreign"

[queue.shared]
group = "mixed"

# Operators alone pass callers on to it.
[queue.passed]
group = "first"

[[flow.main]]
play = "greeting"

[[flow.main]]
queue = "support"
priority = 3
wait = "20m"
leave_empty = false
on_no_operators = "bye"
on_timeout = "bye"
on_full = "bye"

[[flow.other]]
play = "outage"

[[flow.other]]
queue = "alien"
wait = "20m"
leave_empty = false
on_no_operators = "bye"
on_timeout = "shared"
on_full = "bye"

[[flow.shared]]
queue = "shared"
wait = "20m"
leave_empty = false
on_no_operators = "bye"
on_timeout = "bye"
on_full = "bye"

[[flow.bye]]
close = "all_busy"
reason = "queue_full"
"#;

/// Everybody sits; nobody takes calls but who is said to.
const PEOPLE: &str = "
    0 operators ivan anna petr boris@other olga^ oleg^@other root!
    0 ivan sits
    0 ivan says not_ready LUNCH
    0 anna sits
    0 anna says not_ready LUNCH
    0 petr sits
    0 petr says not_ready LUNCH
    0 boris sits
    0 boris says not_ready LUNCH
    0 olga sits
    0 oleg sits
    0 root sits";

fn floor() -> World {
    let mut world = World::new(FLOOR);
    world.play(PEOPLE);
    world
}

/// The story from here on, without what callers hear anyway.
fn told(world: World, script: &str) -> String {
    let mut world = world;
    world.play("1 listen");
    world.tell(script)
}

/// What came of the last word, wherever it was said.
fn answer(world: &World) -> String {
    let results = world.outputs.iter().rev();
    let mut results = results.filter_map(|output| match output {
        Output::DeskResult { result, .. } | Output::Directed { result, .. } => Some(result),
        _ => None,
    });
    match results.next().expect("a word has an answer") {
        CommandResult::Ok => "done".into(),
        CommandResult::Error { code, .. } => code.to_string(),
        CommandResult::Denied { rule, .. } => format!("denied by {rule}"),
    }
}

/// Role × command (S07): an operator directs nobody, a supervisor those of the own project, an admin all; what is of another
/// project is unknown. At every door the same.
#[test]
fn who_may_say_what_of_whom() {
    let words = [
        "force ivan ready",
        "force boris ready",
        "force nobody ready",
        "reserve second on",
        "reserve foreign on",
        "reserve mixed on",
        "reserve nothing on",
        "regroup petr first",
        "regroup petr foreign",
        "regroup petr first mixed",
        "regroup boris first",
        "priority A 5",
        "priority B 5",
        "priority Z 5",
        "assign A anna",
        "assign A boris",
        "assign B anna",
        "announce support greeting",
        "announce alien greeting",
        "announce shared greeting",
        "announce nothing greeting",
        "announce support nonsense",
        "announce passed greeting",
        "announce passed nonsense",
        "quiet service_level support 60",
        "quiet service_level alien 60",
        "quiet trunk_down carrier 60",
        "quiet mood support 60",
    ];
    let speakers = ["ivan", "olga", "oleg", "root"];
    let mut table = String::new();
    for word in words {
        let answers = speakers.map(|who| {
            let said = |how: String| {
                let mut world = floor();
                world.play("1 A calls\n1 B calls +79990000002 +78000000002");
                world.play(&format!("9 {how} {word}"));
                answer(&world)
            };
            let (desk, page) = (said(format!("{who} says")), said(format!("page {who}")));
            assert_eq!(desk, page, "{who}: {word}");
            desk
        });
        let [ivan, olga, oleg, root] = answers;
        table += &format!("{word:<30} {ivan:<12} {olga:<17} {oleg:<17} {root}\n");
    }
    assert_snapshot!(table, @r"
    force ivan ready               not_allowed  done              unknown_operator  done
    force boris ready              not_allowed  unknown_operator  done              done
    force nobody ready             not_allowed  unknown_operator  unknown_operator  unknown_operator
    reserve second on              not_allowed  done              unknown_group     done
    reserve foreign on             not_allowed  unknown_group     no_ladder         no_ladder
    reserve mixed on               not_allowed  unknown_group     unknown_group     no_ladder
    reserve nothing on             not_allowed  unknown_group     unknown_group     unknown_group
    regroup petr first             not_allowed  done              unknown_operator  done
    regroup petr foreign           not_allowed  unknown_group     unknown_operator  done
    regroup petr first mixed       not_allowed  unknown_group     unknown_operator  done
    regroup boris first            not_allowed  unknown_operator  unknown_group     done
    priority A 5                   not_allowed  done              unknown_call      done
    priority B 5                   not_allowed  unknown_call      done              done
    priority Z 5                   not_allowed  unknown_call      unknown_call      unknown_call
    assign A anna                  not_allowed  done              unknown_call      done
    assign A boris                 not_allowed  unknown_operator  unknown_call      done
    assign B anna                  not_allowed  unknown_call      unknown_operator  done
    announce support greeting      not_allowed  done              unknown_queue     done
    announce alien greeting        not_allowed  unknown_queue     done              done
    announce shared greeting       not_allowed  unknown_queue     done              done
    announce nothing greeting      not_allowed  unknown_queue     unknown_queue     unknown_queue
    announce support nonsense      not_allowed  unknown_prompt    unknown_queue     unknown_prompt
    announce passed greeting       not_allowed  done              unknown_queue     done
    announce passed nonsense       not_allowed  unknown_prompt    unknown_queue     unknown_prompt
    quiet service_level support 60 not_allowed  done              unknown_alarm     done
    quiet service_level alien 60   not_allowed  unknown_alarm     done              done
    quiet trunk_down carrier 60    not_allowed  unknown_alarm     unknown_alarm     done
    quiet mood support 60          not_allowed  unknown_alarm     unknown_alarm     unknown_alarm
    ");
}

/// Raised, it would be raised for nobody; who was raised by an earlier version is lowered all the same.
#[test]
fn a_group_that_no_ladder_adds_is_not_raised() {
    let story = told(
        floor(),
        "2 admin root_ssh reserve foreign on
         3 admin root_ssh reserve first on
         4 admin root_ssh reserve second on
         5 admin root_ssh reserve foreign off
         6 end",
    );
    assert_snapshot!(story, @"
    2.000 admin root_ssh: no_ladder
    3.000 admin root_ssh: no_ladder
    4.000 admin root_ssh: done
    4.000 [petr] alert reserve_raised
    5.000 admin root_ssh: done
    5.000 [boris] alert reserve_lowered
    ");
    let before = Config {
        reserve_helps: false,
        ..Config::default()
    };
    let mut world = World::with(before, FLOOR, 0);
    world.play(PEOPLE);
    world.play("9 admin root_ssh reserve foreign on");
    assert_eq!(answer(&world), "done", "as journals of before have it");
}

/// How many hear it, and that it comes later, is told with the answer: at a desk as an alert.
#[test]
fn whoever_speaks_is_told_how_many_hear_it_and_what_comes_later() {
    let mut world = floor();
    world.play("1 A calls\n5 B calls +79990000002\n10 listen");
    let story = world.tell(
        "10 admin root_ssh announce support outage
         11 olga says announce alien outage
         11 root says announce alien outage
         12 ivan says ready
         13 ivan answers
         14 admin root_ssh force ivan LUNCH
         15 olga says force ivan ready
         16 admin root_ssh force ivan wrap_up_over
         17 end",
    );
    assert_snapshot!(story, @"
    10.000 A play outage
    10.000 A * admin root_ssh says outage
    10.000 B play outage
    10.000 B * admin root_ssh says outage
    10.000 admin root_ssh: done, Heard(2)
    11.000 [olga] error unknown_queue in ready
    11.000 [root] alert announced
    12.000 A play music for ever
    12.000 B play music for ever
    12.000 A * offered A#1 to ivan
    12.000 [ivan] card A#1 waited 8999 ms attempt 1 client pending
    12.000 [ivan] reserved
    12.020 A * popped in 20000 us, seen: true
    12.020 A * dialled A/1
    12.020 A/1 dial ivan showing +79990000001, no name
    13.000 A * A/1 answered
    13.000 A bridge A/1
    13.000 A * bridged with A/1 after 9999 ms
    13.000 [ivan] talk begins
    13.000 [ivan] talking
    14.000 [ivan] alert forced
    14.000 admin root_ssh: done, AfterWork
    14.000 [ivan] talking, next LUNCH
    15.000 [ivan] alert forced
    15.000 [ivan] talking
    16.000 admin root_ssh: no_wrap_up
    ");
}

/// Whose word it was, and the break by its name in the plan.
#[test]
fn who_is_directed_hears_by_whom_and_why() {
    let heard = |script: &str| {
        let mut world = floor();
        world.play(script);
        let alerts = world.outputs.iter().filter_map(|output| match output {
            Output::Desk {
                event: DeskEvent::Alert { text, .. },
                ..
            } => Some(text.clone()),
            _ => None,
        });
        alerts.collect::<Vec<_>>().join(" ")
    };
    let told = [
        heard("2 admin root_ssh force ivan LUNCH"),
        heard("2 olga says force ivan LUNCH"),
        heard("2 root says regroup petr first"),
        heard("2 olga says regroup petr"),
    ];
    assert_snapshot!(told.join("\n"), @"
    Администратор снял вас с линии: Обед.
    Супервизор снял вас с линии: Обед.
    Администратор перевёл вас в группы: first.
    Супервизор вывел вас из всех групп.
    ");
}

/// Whoever runs the server has the word of an admin, in their own name.
#[test]
fn an_admin_at_the_command_line() {
    let story = told(
        floor(),
        "2 admin root_ssh force ivan ready
         3 admin root_ssh reserve foreign on
         4 admin root_ssh regroup nobody first
         5 end",
    );
    assert_snapshot!(story, @r"
    2.000 [ivan] alert forced
    2.000 admin root_ssh: done
    2.000 [ivan] ready
    3.000 admin root_ssh: no_ladder
    4.000 admin root_ssh: unknown_operator
    ");
}

#[test]
fn a_reserve_is_raised_and_lowered_by_hand() {
    let mut world = floor();
    world.play("1 listen\n1 A calls\n4 petr says ready\n10 olga says reserve second on");
    let facts: Vec<FloorEvent> = floor_facts(&world);
    assert!(
        facts
            .iter()
            .any(|it| matches!(it, FloorEvent::Reserved { on: true, .. }))
    );
    let story = world.tell(
        "11 petr rings
         12 petr answers
         13 A hangs up
         14 olga says reserve second off
         40 B calls
         60 end",
    );
    assert_snapshot!(story, @r"
     1.000 A * arrived for hotline
     1.000 A lookup within 800ms
     1.000 A answer
     1.001 A * answered
     1.001 A * decided: play greeting
     1.001 A play greeting
     3.001 A * decided: queue support priority 3
     3.001 A * queued in support at 3
     3.001 A play music for ever
     4.000 [petr] ready
    10.000 [petr] alert reserve_raised
    10.000 A * offered A#1 to petr
    10.000 [petr] card A#1 waited 6999 ms attempt 1 client pending
    10.000 [petr] reserved
    10.020 A * popped in 20000 us, seen: true
    10.020 A * dialled A/1
    10.020 A/1 dial petr showing +79990000001, no name
    11.000 A * A/1 rings
    11.000 [petr] phone rings
    11.000 [petr] ringing
    12.000 A * A/1 answered
    12.000 A bridge A/1
    12.000 A * bridged with A/1 after 8999 ms
    12.000 [petr] talk begins
    12.000 [petr] talking
    13.000 A * A over: HungUp
    13.000 A/1 hang up
    13.000 [petr] talk ended by caller
    13.000 A * offer A#1 closed: BridgedEnded
    13.000 [petr] card A#1 closed: BridgedEnded
    13.000 [petr] wrap_up
    13.000 A * ENDED Answered: Success caller-hung-up
    13.001 A * A/1 over: ByUs
    14.000 [petr] alert reserve_lowered
    23.000 A * petr says AUTO
    23.000 A * petr wrapped up in 10000 ms
    23.000 [petr] ready
    40.000 B * arrived for hotline
    40.000 B lookup within 800ms
    40.000 B answer
    40.001 B * answered
    40.001 B * decided: play greeting
    40.001 B play greeting
    42.001 B * decided: queue support priority 3
    42.001 B * queued in support at 3
    42.001 B play music for ever
    ");
}

fn floor_facts(world: &World) -> Vec<FloorEvent> {
    let facts = world.outputs.iter().filter_map(|output| match output {
        Output::Floor { event } => Some(event.clone()),
        _ => None,
    });
    facts.collect()
}

#[test]
fn an_operator_works_for_another_group_until_the_next_plan() {
    let mut world = floor();
    world.play("1 listen\n1 A calls\n4 petr says ready\n10 olga says regroup petr first second");
    assert!(
        floor_facts(&world)
            .iter()
            .any(|it| matches!(it, FloorEvent::Regrouped { groups, .. } if groups.len() == 2))
    );
    world.play("12 petr declines");
    world.plan(FLOOR);
    let story = world.tell("200 B calls +79990000002\n220 end");
    assert_snapshot!(story, @r"
      1.000 A * arrived for hotline
      1.000 A lookup within 800ms
      1.000 A answer
      1.001 A * answered
      1.001 A * decided: play greeting
      1.001 A play greeting
      3.001 A * decided: queue support priority 3
      3.001 A * queued in support at 3
      3.001 A play music for ever
      4.000 [petr] ready
     10.000 [petr] alert regrouped
     10.000 A * offered A#1 to petr
     10.000 [petr] card A#1 waited 6999 ms attempt 1 client pending
     10.000 [petr] reserved
     10.020 A * popped in 20000 us, seen: true
     10.020 A * dialled A/1
     10.020 A/1 dial petr showing +79990000001, no name
     12.000 A * A/1 over: Declined
     12.000 A * offer A#1 closed: Rejected
     12.000 [petr] card A#1 closed: Rejected
     12.000 [petr] ready
     12.000 [petr] alert regroup_over
     12.000 [olga] alert regroup_over
     12.000 [root] alert regroup_over
     12.000 [petr] ready
    200.000 B * arrived for hotline
    200.000 B lookup within 800ms
    200.000 B answer
    200.001 B * answered
    200.001 B * decided: play greeting
    200.001 B play greeting
    202.001 B * decided: queue support priority 3
    202.001 B * queued in support at 3
    202.001 B play music for ever
    ");
}

/// A desk says for which of its groups it takes calls: it is shown, on record, and over with the session. What one may choose from,
/// and which breaks are free now, is in the snapshot.
#[test]
fn an_operator_sits_down_for_some_of_their_groups() {
    let plan = FLOOR
        .replace(
            "LUNCH = \"Обед\"",
            "LUNCH = { text = \"Обед\", max = \"40m\", keep_ready = 1 }",
        )
        .replace("operators = [\"petr\"]", "operators = [\"petr\", \"ivan\"]");
    let mut world = World::new(&plan);
    world.play(
        "0 operators ivan anna petr boris
         0 ivan sits
         0 anna sits
         1 ivan says serve second",
    );
    assert_eq!(answer(&world), "break_quota", "nobody else of `mixed`");
    world.play(
        "1 boris sits
         1 ivan says serve second
         2 ivan says serve foreign",
    );
    assert_eq!(answer(&world), "unknown_group");
    let shown = |world: &World, who: &str| {
        let snapshot = world.board.snapshot(&who.into()).expect("a seat");
        let breaks = snapshot.breaks.iter();
        let breaks: Vec<_> = breaks.map(|it| (it.max_s, it.allowed)).collect();
        (snapshot.state.groups, snapshot.groups, breaks)
    };
    let [first, second, mixed] = ["first", "mixed", "second"].map(gudok_model::GroupId::from);
    let home = vec![first.clone(), second.clone(), mixed.clone()];
    let alone = (Some(vec![mixed]), home.clone(), vec![(Some(2_400), false)]);
    assert_eq!(
        shown(&world, "ivan"),
        alone,
        "nobody else of his group is on the line"
    );
    let chosen = floor_facts(&world).into_iter().find_map(|fact| match fact {
        FloorEvent::Regrouped { actor, .. } => Some(actor.to_string()),
        _ => None,
    });
    assert_eq!(chosen.as_deref(), Some("operator ivan"));
    world.play(
        "3 A calls
         9 A hangs up
         10 ivan says logout
         10 ivan desk 1 lost
         11 ivan desk 2",
    );
    assert_eq!(shown(&world, "ivan").0, None, "another session");
    let rang = world.outputs.iter().find_map(|output| match output {
        Output::Desk {
            operator,
            event: DeskEvent::OfferCreated(_),
        } => Some(operator.to_string()),
        _ => None,
    });
    assert_eq!(
        rang.as_deref(),
        Some("anna"),
        "the first of the list took no calls of this queue"
    );
}

/// Who is put before the others is next; the card says so, and so does whatever comes after a phone has died.
#[test]
fn a_caller_goes_before_the_others_by_hand() {
    let mut world = floor();
    world.play(
        "1 listen
         1 A calls
         2 B calls +79990000002
         40 olga says priority B 7
         45 petr says ready
         50 ivan says ready
         51 ivan rings
         52 olga says priority B 8
         53 ivan answers
         53.2 ivan dies
         55 anna says ready
         60 end",
    );
    let ranks: Vec<u8> = world
        .outputs
        .iter()
        .filter_map(|output| match output {
            Output::Desk {
                event: DeskEvent::OfferCreated(card) | DeskEvent::OfferUpdated(card),
                ..
            } => Some(card.call.priority),
            _ => None,
        })
        .collect();
    assert_eq!(
        ranks,
        [7, 8, 8],
        "as it was said, and after the phone has died too"
    );
    assert_snapshot!(world.tell("61 end"), @r"
     1.000 A * arrived for hotline
     1.000 A lookup within 800ms
     1.000 A answer
     1.001 A * answered
     1.001 A * decided: play greeting
     1.001 A play greeting
     2.000 B * arrived for hotline
     2.000 B lookup within 800ms
     2.000 B answer
     2.001 B * answered
     2.001 B * decided: play greeting
     2.001 B play greeting
     3.001 A * decided: queue support priority 3
     3.001 A * queued in support at 3
     3.001 A play music for ever
     4.001 B * decided: queue support priority 3
     4.001 B * queued in support at 3
     4.001 B play music for ever
    40.000 B * supervisor olga: priority 3 to 7
    45.000 [petr] ready
    50.000 B * offered B#1 to ivan
    50.000 [ivan] card B#1 waited 45999 ms attempt 1 client pending
    50.000 [ivan] reserved
    50.020 B * popped in 20000 us, seen: true
    50.020 B * dialled B/1
    50.020 B/1 dial ivan showing +79990000002, no name
    51.000 B * B/1 rings
    51.000 [ivan] phone rings
    51.000 [ivan] ringing
    52.000 B * supervisor olga: priority 7 to 8
    52.000 [ivan] card B#1 client pending
    53.000 B * B/1 answered
    53.000 B bridge B/1
    53.000 B * bridged with B/1 after 48999 ms
    53.000 [ivan] talk begins
    53.000 [ivan] talking
    53.200 B * B/1 over: MediaTimeout
    53.200 [ivan] talk ended by system
    53.200 [ivan] alert phone_lost
    53.200 B * decided: requeue support
    53.200 B play please_wait
    53.200 B * queued in support at 8
    53.200 B * offer B#1 closed: BridgedEnded
    53.200 [ivan] card B#1 closed: BridgedEnded
    53.200 [ivan] wrap_up
    55.000 B * offered B#2 to anna
    55.000 [anna] card B#2 waited 50999 ms attempt 1 client pending
    55.000 [anna] reserved
    55.020 B * popped in 20000 us, seen: true
    55.020 B * dialled B/2
    55.020 B/2 dial anna showing +79990000002, no name
    55.200 B play music for ever
    ");
}

/// The word holds wherever the caller comes to wait; an emergency of the plan goes before it.
#[test]
fn a_priority_that_was_said_holds_on_the_way() {
    let plan = FLOOR.replace(
        "[queue.alien]",
        "callers_max = 9\n\n[queue.urgent]\ngroup = \"first\"\n\n[queue.alien]",
    );
    let plan = plan.replacen("on_timeout = \"bye\"", "on_timeout = \"next\"", 1)
        + r#"
[[flow.next]]
queue = "urgent"
priority = 1
wait = "30m"
leave_empty = false
on_no_operators = "bye"
on_timeout = "last"
on_full = "bye"

[[flow.last]]
queue = "support"
priority = 9
wait = "40m"
leave_empty = false
on_no_operators = "bye"
on_timeout = "bye"
on_full = "bye"
"#;
    let mut world = World::new(&plan);
    world.play(PEOPLE);
    world.play("1 A calls\n60 olga says priority A 6\n2000 end");
    let queued: Vec<(String, u8)> = world
        .outputs
        .iter()
        .filter_map(|output| match output {
            Output::Fact {
                fact: CallEvent::Queued { queue, priority },
                ..
            } => Some((queue.to_string(), *priority)),
            _ => None,
        })
        .collect();
    let queued: Vec<(&str, u8)> = queued
        .iter()
        .map(|(queue, it)| (queue.as_str(), *it))
        .collect();
    assert_eq!(queued, [("support", 3), ("urgent", 6), ("support", 9)]);
}

/// A caller goes to whom the supervisor says, ready or not; not taken, they wait where they had waited.
#[test]
fn a_caller_is_given_to_one_operator() {
    let story = told(
        floor(),
        "1 A calls
         10 olga says assign A anna
         11 anna rings
         12 anna declines
         20 olga says assign A ivan
         21 ivan answers
         22 olga says assign A anna
         30 end",
    );
    assert_snapshot!(story, @r"
     1.000 A * arrived for hotline
     1.000 A lookup within 800ms
     1.000 A answer
     1.001 A * answered
     1.001 A * decided: play greeting
     1.001 A play greeting
     3.001 A * decided: queue support priority 3
     3.001 A * queued in support at 3
     3.001 A play music for ever
    10.000 A * supervisor olga: to anna
    10.000 A * offered A#1 to anna
    10.000 [anna] card A#1 waited 6999 ms attempt 1 client pending
    10.000 [anna] reserved
    10.020 A * popped in 20000 us, seen: true
    10.020 A * dialled A/1
    10.020 A/1 dial anna showing +79990000001, no name
    11.000 A * A/1 rings
    11.000 [anna] phone rings
    11.000 [anna] ringing
    12.000 A * A/1 over: Declined
    12.000 A * offer A#1 closed: Rejected
    12.000 [anna] card A#1 closed: Rejected
    12.000 [anna] not_ready LUNCH
    20.000 A * supervisor olga: to ivan
    20.000 A * offered A#2 to ivan
    20.000 [ivan] card A#2 waited 16999 ms attempt 2 client pending
    20.000 [ivan] reserved
    20.020 A * popped in 20000 us, seen: true
    20.020 A * dialled A/2
    20.020 A/2 dial ivan showing +79990000001, no name
    21.000 A * A/2 answered
    21.000 A bridge A/2
    21.000 A * bridged with A/2 after 17999 ms
    21.000 [ivan] talk begins
    21.000 [ivan] talking
    22.000 [olga] error unknown_call in ready
    ");
}

/// Words to a queue are heard by those who wait, in the music, and give way to an offer; who is being offered does not hear
/// them, nor who waits in another queue.
#[test]
fn words_to_a_queue_are_heard_by_those_who_wait() {
    let mut world = floor();
    world.play(
        "1 listen
         1 A calls
         2 B calls +79990000002
         3 C calls +79990000003 +78000000002
         10 ivan says ready
         11 ivan rings
         20 olga says announce support outage outage
         21 anna says ready
         22 end",
    );
    let facts = floor_facts(&world);
    let heard = facts.iter().find_map(|fact| match fact {
        FloorEvent::AnnouncedTo { heard, .. } => Some(*heard),
        _ => None,
    });
    assert_eq!(heard, Some(1), "A is being offered, C waits elsewhere");
    assert_snapshot!(world.tell("23 end"), @r"
     1.000 A * arrived for hotline
     1.000 A lookup within 800ms
     1.000 A answer
     1.001 A * answered
     1.001 A * decided: play greeting
     1.001 A play greeting
     2.000 B * arrived for hotline
     2.000 B lookup within 800ms
     2.000 B answer
     2.001 B * answered
     2.001 B * decided: play greeting
     2.001 B play greeting
     3.000 C * arrived for other
     3.000 C lookup within 800ms
     3.000 C answer
     3.001 A * decided: queue support priority 3
     3.001 A * queued in support at 3
     3.001 A play music for ever
     3.001 C * answered
     3.001 C * decided: play outage
     3.001 C play outage
     4.001 B * decided: queue support priority 3
     4.001 B * queued in support at 3
     4.001 B play music for ever
     5.001 C * decided: queue alien priority 0
     5.001 C * queued in alien at 0
     5.001 C play music for ever
    10.000 A * offered A#1 to ivan
    10.000 [ivan] card A#1 waited 6999 ms attempt 1 client pending
    10.000 [ivan] reserved
    10.020 A * popped in 20000 us, seen: true
    10.020 A * dialled A/1
    10.020 A/1 dial ivan showing +79990000001, no name
    11.000 A * A/1 rings
    11.000 [ivan] phone rings
    11.000 [ivan] ringing
    20.000 B play outage outage
    20.000 B * supervisor olga says outage, outage
    20.000 [olga] alert announced
    21.000 B * offered B#1 to anna
    21.000 B play music for ever
    21.000 [anna] card B#1 waited 16999 ms attempt 1 client pending
    21.000 [anna] reserved
    21.020 B * popped in 20000 us, seen: true
    21.020 B * dialled B/1
    21.020 B/1 dial anna showing +79990000002, no name
    ");
}

/// Who is just being told why they wait again hears the words after it.
#[test]
fn words_to_a_queue_wait_for_an_explanation() {
    let story = told(
        floor(),
        "1 A calls
         10 ivan says ready
         11 ivan answers
         12 ivan dies
         13 olga says announce support outage
         20 end",
    );
    assert_snapshot!(story, @r"
     1.000 A * arrived for hotline
     1.000 A lookup within 800ms
     1.000 A answer
     1.001 A * answered
     1.001 A * decided: play greeting
     1.001 A play greeting
     3.001 A * decided: queue support priority 3
     3.001 A * queued in support at 3
     3.001 A play music for ever
    10.000 A * offered A#1 to ivan
    10.000 [ivan] card A#1 waited 6999 ms attempt 1 client pending
    10.000 [ivan] reserved
    10.020 A * popped in 20000 us, seen: true
    10.020 A * dialled A/1
    10.020 A/1 dial ivan showing +79990000001, no name
    11.000 A * A/1 answered
    11.000 A bridge A/1
    11.000 A * bridged with A/1 after 7999 ms
    11.000 [ivan] talk begins
    11.000 [ivan] talking
    12.000 A * A/1 over: MediaTimeout
    12.000 [ivan] talk ended by system
    12.000 [ivan] alert phone_lost
    12.000 A * decided: requeue support
    12.000 A play please_wait
    12.000 A * queued in support at 3
    12.000 A * offer A#1 closed: BridgedEnded
    12.000 [ivan] card A#1 closed: BridgedEnded
    12.000 [ivan] wrap_up
    13.000 A * supervisor olga says outage
    13.000 [olga] alert announced
    14.000 A play outage
    16.000 A play music for ever
    ");
}

/// A word that names too much does nothing: a page that repeats a group, or a prompt, is told so.
#[test]
fn a_word_names_so_many_groups_and_prompts_at_most() {
    let refused = |word: &str, name: &str, most: usize| {
        let mut world = floor();
        world.play(&format!(
            "10 olga says {word} {}",
            format!("{name} ").repeat(most)
        ));
        let fits = answer(&world);
        world.play(&format!(
            "20 olga says {word} {}",
            format!("{name} ").repeat(most + 1)
        ));
        (fits, answer(&world))
    };
    assert_eq!(
        refused("regroup petr", "second", REGROUPED_MAX),
        ("done".to_owned(), "too_many_groups".to_owned())
    );
    assert_eq!(
        refused("announce support", "greeting", ANNOUNCED_MAX),
        ("done".to_owned(), "too_many_prompts".to_owned())
    );
}
