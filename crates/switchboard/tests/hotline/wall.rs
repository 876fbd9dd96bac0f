//! The wall: what supervisors see, how often they are told, and what they never see.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use gudok_model::{
    Actor, AlarmKind, AlarmRule, FloorEvent, GroupId, Mono, Name, OperatorId, ProjectId, SessionId,
    Wall,
};
use gudok_switchboard::alarms::Alarms;
use gudok_switchboard::desk::{CommandResult, DeskCommand};
use gudok_switchboard::output::DialTarget;
use gudok_switchboard::wall::{
    AlarmNow, GroupOwes, OwedNow, Picture, TOLD_EVERY, Teller, Told, View, WallEvent,
};
use gudok_switchboard::{Config, Input, Output, measured};
use insta::assert_snapshot;
use proptest::prelude::*;

use crate::plans::{CALLS, DAY};
use crate::world::World;

fn hotline() -> View {
    View::Project("hotline".into())
}

/// Seconds after the beginning of the world.
fn secs(world: &World, at: Wall) -> String {
    let ago = world.now.wall.since(at).as_secs_f64();
    let now = world.now.mono.since(Mono::default()).as_secs_f64();
    format!("{:.1}", now - ago)
}

/// As a person would draw it.
fn drawn(world: &World, picture: &Picture) -> String {
    let mut told = String::new();
    for it in picture.queues.values() {
        let oldest = it.oldest.map_or("-".to_owned(), |at| secs(world, at));
        let emergency = it
            .oldest_emergency
            .map_or("-".to_owned(), |at| secs(world, at));
        let people = (it.ready, it.busy, it.wrap_up, it.not_ready);
        writeln!(
            told,
            "queue {}: {} wait since {oldest} (9: {emergency}), {} talk, people {people:?}",
            it.queue, it.waiting, it.talking
        )
        .expect("a string takes all");
    }
    for it in picture.operators.values() {
        let since = secs(world, it.since);
        writeln!(
            told,
            "{} {} since {since} in {:?}",
            it.operator, it.display, it.queues
        )
        .expect("a string takes all");
    }
    for it in picture.calls.values() {
        let queue = it.queue.as_ref().map_or("-", |it| it.as_str());
        let talks = it.talks_since.map_or("-".to_owned(), |at| secs(world, at));
        let number = it.number.as_deref().unwrap_or("-");
        let people: Vec<&str> = it.operators.iter().map(OperatorId::as_str).collect();
        writeln!(
            told,
            "call {} {queue} {number} talks {talks} {people:?}",
            it.phase
        )
        .expect("a string takes all");
    }
    told
}

fn seen(world: &World, view: &View) -> String {
    drawn(world, &world.board.picture(world.now.wall, view))
}

#[test]
fn a_call_is_seen_to_come_to_wait_to_be_answered_and_to_go() {
    let mut world = World::new(DAY);
    world.play("0 operators ivan anna\n0 ivan sits\n1 A calls\n2 end");
    let mut told = seen(&world, &hotline());
    world.play("6 B calls\n11 end");
    told += &seen(&world, &hotline());
    world.play("12 ivan answers\n13 ivan holds\n14 end");
    told += &seen(&world, &hotline());
    world.play("20 A hangs up\n21 B hangs up\n22 end");
    told += &seen(&world, &hotline());
    assert_snapshot!(told, @r#"
    queue support: 0 wait since - (9: -), 0 talk, people (1, 0, 0, 0)
    anna logged_out since 0.0 in {support}
    ivan ready since 0.0 in {support}
    call prompt - +7999•••0001 talks - []
    queue support: 2 wait since 5.0 (9: -), 0 talk, people (0, 1, 0, 0)
    anna logged_out since 0.0 in {support}
    ivan reserved since 5.0 in {support}
    call ringing support +7999•••0001 talks - ["ivan"]
    call queue support +7999•••0001 talks - []
    queue support: 1 wait since 10.0 (9: -), 1 talk, people (0, 1, 0, 0)
    anna logged_out since 0.0 in {support}
    ivan hold since 13.0 in {support}
    call hold support +7999•••0001 talks 12.0 ["ivan"]
    call queue support +7999•••0001 talks - []
    queue support: 0 wait since - (9: -), 0 talk, people (0, 0, 1, 0)
    anna logged_out since 0.0 in {support}
    ivan wrap_up since 20.0 in {support}
    "#);
}

#[test]
fn an_admin_sees_numbers_a_supervisor_sees_them_masked_and_nobody_sees_what_is_hidden() {
    let mut world = World::new(DAY);
    world.play("0 operators ivan\n1 A calls +79161234567\n1 B calls private\n2 end");
    let numbers = |view| {
        let picture = world.board.picture(world.now.wall, &view);
        let numbers = picture.calls.values().map(|it| it.number.clone());
        numbers.collect::<Vec<_>>()
    };
    assert_eq!(numbers(View::All), [Some("+79161234567".to_owned()), None]);
    assert_eq!(numbers(hotline()), [Some("+7916•••4567".to_owned()), None]);
    assert!(numbers(View::Project("other".into())).is_empty());
}

#[test]
fn who_has_a_wall_and_of_what() {
    let mut world = World::new(DAY);
    world.play("0 operators ivan olga^ root! boss^@other");
    let views = world.board.views();
    let told: Vec<_> = views
        .iter()
        .map(|(id, view)| (id.as_str(), view.clone()))
        .collect();
    let other = View::Project("other".into());
    assert_eq!(
        told,
        [("boss", other), ("olga", hotline()), ("root", View::All)]
    );
}

fn kinds(told: &[Told]) -> Vec<String> {
    let kind = |told: &Told| match &told.event {
        WallEvent::Queue(it) => format!("queue {} waits {}", it.queue, it.waiting),
        WallEvent::Owed(it) => format!("{:?} owes {}", it.group, it.owed.open),
        WallEvent::Operator(it) => format!("{} {}", it.operator, it.display),
        WallEvent::Call(it) => format!("call {}", it.phase),
        WallEvent::CallGone(_) => "call gone".to_owned(),
        WallEvent::Alarm(it) => {
            format!("alarm {} quiet {}", it.which.what, it.quiet_until.is_some())
        }
        WallEvent::AlarmOff(it) => format!("alarm {} off", it.which.what),
        WallEvent::QueueGone(id) => format!("queue {id} gone"),
        WallEvent::OperatorGone(id) => format!("{id} gone"),
    };
    told.iter().map(kind).collect()
}

fn subject(event: &WallEvent) -> String {
    match event {
        WallEvent::Queue(it) => format!("queue {}", it.queue),
        WallEvent::QueueGone(it) => format!("queue {it}"),
        WallEvent::Owed(it) => format!("owed {:?}", it.group),
        WallEvent::Operator(it) => format!("operator {}", it.operator),
        WallEvent::OperatorGone(it) => format!("operator {it}"),
        WallEvent::Call(it) => format!("call {}", it.call),
        WallEvent::CallGone(it) => format!("call {it}"),
        WallEvent::Alarm(it) | WallEvent::AlarmOff(it) => {
            format!("alarm {:?}", it.which)
        }
    }
}

/// Looked at ten times a second.
#[test]
fn each_thing_is_told_whole_and_at_most_once_a_second() {
    let mut world = World::new(DAY);
    world.play("0 operators ivan\n0 ivan sits\n0.5 end");
    let mut teller = Teller::of(world.board.picture(world.now.wall, &hotline()));
    let (mut last, mut told_of) = (BTreeMap::new(), Vec::new());
    let deeds = [
        (10, "1 A calls"),
        (60, "6 ivan answers"),
        (63, "6.3 ivan holds"),
        (65, "6.5 ivan resumes"),
        (90, "9 A hangs up"),
    ];
    for tenth in 5..120_u32 {
        if let Some((_, deed)) = deeds.iter().find(|(at, _)| *at == tenth) {
            world.play(deed);
        }
        world.play(&format!("{} end", f64::from(tenth) / 10.0));
        let picture = world.board.picture(world.now.wall, &hotline());
        let told = teller.tell(world.now.mono, &picture);
        for (it, line) in told.iter().zip(kinds(&told)) {
            let before: Option<u32> = last.insert(subject(&it.event), tenth);
            let spaced = before.is_none_or(|before| tenth - before >= 10);
            assert!(spaced, "{line} again at {tenth} tenths, after {before:?}");
            told_of.push(line);
        }
    }
    for line in [
        "call ringing",
        "call talk",
        "call gone",
        "ivan talking",
        "ivan wrap_up",
    ] {
        assert!(
            told_of.iter().any(|it| it == line),
            "{line} is not in {told_of:?}"
        );
    }
    let picture = world.board.picture(world.now.wall, &hotline());
    let late = world.now.mono + TOLD_EVERY;
    let rest = teller.tell(late, &picture);
    assert!(rest.is_empty(), "all of it was told: {rest:?}");
}

#[test]
fn news_of_a_call_goes_to_the_queue_it_left_and_to_the_one_it_came_to() {
    let mut world = World::new(crate::plans::TWO_QUEUES);
    world.play("0 operators ivan anna\n1 A calls\n2 end");
    let mut teller = Teller::of(world.board.picture(world.now.wall, &View::All));
    world.play("22 end");
    let picture = world.board.picture(world.now.wall, &View::All);
    let told = teller.tell(world.now.mono, &picture);
    let of_call = told
        .iter()
        .find(|it| matches!(it.event, WallEvent::Call(_)));
    let queues = &of_call.expect("it moved").queues;
    assert_eq!(*queues, BTreeSet::from(["first".into(), "second".into()]));
    let second = picture
        .clone()
        .of_queue(&"second".into())
        .expect("a queue of the plan");
    assert_eq!((second.calls.len(), second.queues.len()), (1, 1));
    assert_eq!(second.operators.len(), 1);
    assert_eq!(picture.of_queue(&"third".into()), None);
}

fn alarm(on: bool) -> Input {
    Input::Alarm {
        what: AlarmKind::ServiceLevel,
        subject: "support".into(),
        project: Some("hotline".into()),
        level: on.then_some(55),
    }
}

/// What became of a desk's wish to hear no more of an alarm.
fn quiet(world: &mut World, who: &str, what: &str, subject: &str, for_s: u32) -> String {
    let operator = OperatorId::from(who);
    world.input(Input::DeskConnected {
        operator: operator.clone(),
        session: SessionId(1),
        takeover: false,
    });
    world.outputs.clear();
    world.input(Input::DeskCommand {
        operator,
        session: SessionId(1),
        id: "1".into(),
        command: DeskCommand::Quiet {
            alarm: what.into(),
            subject: subject.into(),
            for_s,
        },
    });
    let answer = world.outputs.iter().find_map(|output| match output {
        Output::DeskResult { result, .. } => Some(result.clone()),
        _ => None,
    });
    match answer.expect("an answer") {
        CommandResult::Ok => "ok".to_owned(),
        CommandResult::Error { code, .. } => code.to_string(),
        CommandResult::Denied { rule, .. } => format!("denied by {rule}"),
    }
}

fn floor(world: &World) -> Vec<FloorEvent> {
    let facts = world.outputs.iter().filter_map(|output| match output {
        Output::Floor { event } if event.operator().is_none() => Some(event.clone()),
        _ => None,
    });
    facts.collect()
}

#[test]
fn an_alarm_is_on_record_when_it_comes_and_when_it_goes_once_each() {
    let mut world = World::new(DAY);
    world.play("0 operators ivan");
    world.outputs.clear();
    for on in [true, true, false, false] {
        world.input(alarm(on));
    }
    let (what, subject) = (Name::from("service_level"), Name::from("support"));
    let project = Some(ProjectId::from("hotline"));
    let on = FloorEvent::AlarmOn {
        what: what.clone(),
        subject: subject.clone(),
        project: project.clone(),
        level: 55,
    };
    let off = FloorEvent::AlarmOff {
        what,
        subject,
        project,
    };
    assert_eq!(floor(&world), [on, off]);
}

#[test]
fn who_directs_a_queue_may_quiet_its_alarms_and_an_admin_all() {
    let mut world = World::new(DAY);
    world.play("0 operators ivan olga^ root! boss^@other");
    world.input(alarm(true));
    let mut table = String::new();
    for who in ["ivan", "olga", "boss", "root"] {
        for (what, subject) in [
            ("service_level", "support"),
            ("trunk_down", "carrier"),
            ("mood", ""),
        ] {
            let answer = quiet(&mut world, who, what, subject, 600);
            writeln!(table, "{who} {what}: {answer}").expect("a string takes all");
        }
    }
    assert_snapshot!(table, @"
    ivan service_level: not_allowed
    ivan trunk_down: not_allowed
    ivan mood: not_allowed
    olga service_level: ok
    olga trunk_down: unknown_alarm
    olga mood: unknown_alarm
    boss service_level: unknown_alarm
    boss trunk_down: unknown_alarm
    boss mood: unknown_alarm
    root service_level: ok
    root trunk_down: ok
    root mood: unknown_alarm
    ");
    let fact = quiet(&mut world, "olga", "service_level", "support", 600);
    assert_eq!(fact, "ok");
    let told = floor(&world);
    let actor = Actor::Supervisor("olga".into());
    let until = Some(world.now.wall + Duration::from_secs(600));
    assert!(
        matches!(&told[..], [FloorEvent::AlarmQuiet { actor: by, until: end, .. }] if *by == actor && *end == until),
        "{told:?}"
    );
}

#[test]
fn a_quiet_alarm_stays_on_and_is_loud_again_by_itself_or_by_word() {
    let mut world = World::new(DAY);
    world.play("0 operators olga^");
    world.input(alarm(true));
    let is_quiet = |world: &World| {
        let picture = world.board.picture(world.now.wall, &hotline());
        let alarm = picture.alarms.values().next().expect("it is on");
        alarm.quiet_until.is_some()
    };
    assert!(!is_quiet(&world));
    quiet(&mut world, "olga", "service_level", "support", 60);
    assert!(is_quiet(&world));
    world.play("59 end");
    assert!(is_quiet(&world));
    world.play("60 end");
    assert!(!is_quiet(&world), "its time is over");
    quiet(&mut world, "olga", "service_level", "support", 60);
    quiet(&mut world, "olga", "service_level", "support", 0);
    assert!(!is_quiet(&world), "by word");
    // Of a queue that is not theirs nobody hears.
    let other = world
        .board
        .picture(world.now.wall, &View::Project("other".into()));
    assert!(other.alarms.is_empty() && other.queues.is_empty());
}

/// Two businesses on one hotline: numbers, a queue of each, and one queue of both; operators of each, some in foreign groups.
const TWO_PROJECTS: &str = r#"
[[number]]
did = "+78000000001"
project = "hotline"
record = "from_answer"
flow = "main"

[[number]]
did = "+78000000002"
project = "other"
record = "from_answer"
flow = "others"

[group.mine]
operators = ["ivan", "anna"]
ring = "15s"
wrap_up = "5s"

[group.foreign]
operators = ["boris", "anna"]
ring = "15s"
wrap_up = "5s"

[group.both]
operators = ["ivan", "boris"]

[queue.line_a]
group = "mine"

[queue.line_b]
group = "foreign"

[[flow.main]]
queue = "line_a"
wait = "20s"
leave_empty = false
on_timeout = "shared"
on_full = "shared"
on_no_operators = "shared"

[[flow.others]]
queue = "line_b"
wait = "20s"
leave_empty = false
on_timeout = "shared"
on_full = "shared"
on_no_operators = "shared"

[[flow.shared]]
queue = "both"
wait = "60s"
leave_empty = false
on_timeout = "sorry"
on_full = "sorry"
on_no_operators = "sorry"

[[flow.sorry]]
close = "all_busy"
reason = "nobody_came"
"#;

/// What of the news of one project is of the other one.
fn foreign(told: &[Told], project: &ProjectId) -> Vec<String> {
    let words: &[&str] = match project.as_str() {
        "hotline" => &["boris", "boss", "+78000000002", "line_b"],
        _ => &["ivan", "anna", "olga", "+78000000001", "line_a"],
    };
    let said = told.iter().map(|it| format!("{it:?}"));
    said.filter(|text| words.iter().any(|word| text.contains(word)))
        .collect()
}

#[derive(Clone, Debug)]
enum Deed {
    Calls(&'static str),
    HangsUp(usize),
    Answers(&'static str),
    Sits(&'static str),
}

fn deed() -> impl Strategy<Value = Deed> {
    let operator = || prop::sample::select(vec!["ivan", "anna", "boris"]);
    let number = prop::sample::select(vec!["+78000000001", "+78000000002"]);
    prop_oneof![
        3 => number.prop_map(Deed::Calls),
        1 => (0..20_usize).prop_map(Deed::HangsUp),
        3 => operator().prop_map(Deed::Answers),
        2 => operator().prop_map(Deed::Sits),
    ]
}

/// What cannot be is left out: nobody answers a phone that was never rung.
fn happens(world: &mut World, deed: &Deed, called: &mut usize) {
    let at = world.now.mono.since(Mono::default()).as_secs_f64();
    let letter = |n: usize| char::from(b'A' + u8::try_from(n).expect("a few"));
    let rung = |world: &World, who: &str| {
        world.outputs.iter().any(|output| match output {
            Output::Dial {
                target: DialTarget::Operator { operator },
                ..
            } => operator.as_str() == who,
            _ => false,
        })
    };
    match deed {
        Deed::Calls(number) if *called < 26 => {
            world.arrives(letter(*called), "+79160000001", number);
            *called += 1;
        }
        Deed::HangsUp(n) if n < called => world.play(&format!("{at} {} hangs up", letter(*n))),
        Deed::Answers(who) if rung(world, who) => world.play(&format!("{at} {who} answers")),
        Deed::Sits(who) => world.sits(who),
        _ => {}
    }
}

/// What is measured now, as the driver does each second, made known by a rule that lets nothing pass.
fn measures(world: &mut World, alarms: &mut Alarms) {
    let rule = |what| AlarmRule {
        what,
        queue: None,
        on: 1,
        off: 0,
        lasts: Duration::ZERO,
    };
    let rules = [rule(AlarmKind::OldestWaiting)];
    let picture = world.board.picture(world.now.wall, &View::All);
    let mut readings = measured::waits(world.now.wall, &picture);
    readings.extend(measured::too_long(world.now.wall, &picture));
    for change in alarms.look(world.now.mono, &rules, &readings) {
        world.input(Input::Alarm {
            what: change.what,
            subject: change.subject,
            project: change.project,
            level: change.on.then_some(change.level),
        });
    }
}

/// The alarms of a view: what, of whom, whose, by what it came on, and whether it is quiet.
fn alarms_seen(world: &World, view: &View) -> String {
    let picture = world.board.picture(world.now.wall, view);
    let line = |it: &AlarmNow| {
        let quiet = if it.quiet_until.is_some() {
            ", quiet"
        } else {
            ""
        };
        format!("{}{quiet}\n", it.text())
    };
    picture.alarms.values().map(line).collect()
}

/// Callers of two projects wait in the queue that both share, nobody of one of them longer than a moment.
#[test]
fn in_a_shared_queue_each_project_is_alarmed_of_its_own_callers() {
    let mut world = World::new(TWO_PROJECTS);
    world.play("0 operators ivan anna boris@other boss^@other olga^ root!");
    let mut alarms = Alarms::default();
    world.sits("ivan");
    world.sits("boris");
    for (at, letter, number) in [(1, 'A', "+78000000001"), (1, 'B', "+78000000002")] {
        world.play(&format!("{at} end"));
        world.arrives(letter, "+79160000001", number);
    }
    // Both are rung by their own queues, answer nothing, and come to the shared one 20 s later.
    world.play("26 end");
    measures(&mut world, &mut alarms);
    let told = [View::All, hotline(), View::Project("other".into())]
        .map(|view| alarms_seen(&world, &view));
    assert_snapshot!(told.join("—\n"), @"
    both (hotline): Звонящий ждёт 24 с
    both (other): Звонящий ждёт 24 с
    —
    both (hotline): Звонящий ждёт 24 с
    —
    both (other): Звонящий ждёт 24 с
    ");
    // Each keeps their own quiet and no other's; an admin all.
    for (who, project) in [("olga", "hotline"), ("boss", "other")] {
        assert_eq!(quiet(&mut world, who, "oldest_waiting", "both", 600), "ok");
        let told = floor(&world);
        assert!(
            matches!(&told[..], [FloorEvent::AlarmQuiet { project: Some(it), .. }] if it.as_str() == project),
            "{told:?}"
        );
        let seen = View::Project(project.into());
        assert!(alarms_seen(&world, &seen).contains("quiet"), "{project}");
        if who == "olga" {
            let other = alarms_seen(&world, &View::Project("other".into()));
            assert!(!other.contains("quiet"), "{other}");
        }
    }
    let loud = quiet(&mut world, "root", "oldest_waiting", "both", 0);
    assert_eq!(loud, "ok");
    assert!(!alarms_seen(&world, &View::All).contains("quiet"));
    // What is measured no more goes off by itself, the other's stays.
    world.play("27 A hangs up\n29 end");
    measures(&mut world, &mut alarms);
    assert_eq!(alarms_seen(&world, &hotline()), "");
    assert_ne!(alarms_seen(&world, &View::Project("other".into())), "");
}

/// Ivan is at lunch and boris of the other project keeps a caller on hold, each for longer than the plan lets them be.
#[test]
fn who_is_away_or_holds_for_too_long_is_seen_with_since_when_and_alarmed_to_their_project() {
    let lunch = "\n[not_ready_reasons]\nLUNCH = { text = \"Обед\", max = \"1m\" }\n";
    let held = "[queue.line_b]\nhold_max = \"10s\"\n";
    let plan = TWO_PROJECTS.replace("[queue.line_b]\n", held) + lunch;
    let mut world = World::new(&plan);
    world.play("0 operators ivan anna boris@other boss^@other olga^");
    world.sits("ivan");
    world.sits("boris");
    world.play("1 ivan says not_ready LUNCH\n2 end");
    world.arrives('A', "+79160000001", "+78000000002");
    world.play("4 boris answers\n5 boris holds\n14 end");
    let mut alarms = Alarms::default();
    let mut told = String::new();
    let views = [hotline(), View::Project("other".into())];
    for at in [14, 16, 63, 64] {
        world.play(&format!("{at} end"));
        measures(&mut world, &mut alarms);
        for view in &views {
            let picture = world.board.picture(world.now.wall, view);
            let mut people = picture.operators.values();
            let long = people.find_map(|it| it.too_long);
            let long = long.map_or_else(String::new, |it| {
                format!("{} since {}", it.what.word(), secs(&world, it.since))
            });
            let alarms = alarms_seen(&world, view);
            let line = format!("{at} {view:?}: {long}; {}", alarms.trim_end());
            writeln!(told, "{}", line.trim_end_matches(": ; ")).expect("a string");
        }
    }
    // Each of them ends it: it goes off.
    world.play("70 ivan says ready\n70 boris resumes\n71 end");
    measures(&mut world, &mut alarms);
    told += &alarms_seen(&world, &View::All);
    assert_snapshot!(told, @"
    14 Project(hotline)
    14 Project(other)
    16 Project(hotline)
    16 Project(other): hold_too_long since 15.0; boris (other): Клиент на удержании дольше положенного
    63 Project(hotline): break_too_long since 61.0; ivan (hotline): Перерыв дольше положенного
    63 Project(other): hold_too_long since 15.0; boris (other): Клиент на удержании дольше положенного
    64 Project(hotline): break_too_long since 61.0; ivan (hotline): Перерыв дольше положенного
    64 Project(other): hold_too_long since 15.0; boris (other): Клиент на удержании дольше положенного
    ");
}

/// Ivan is at lunch for too long, and calls a client from there, whom he keeps on hold for too long.
#[test]
fn who_talks_is_not_away_and_keeps_a_client_they_have_called_on_hold_as_any_other() {
    let limits = "[queue.support]\nhold_max = \"10s\"\n
        [not_ready_reasons]\nLUNCH = { text = \"Обед\", max = \"1m\" }\n\n[dispositions]";
    let config = Config {
        transfer_outside: vec!["+7495*".into()],
        ..Config::default()
    };
    let mut world = World::with(config, &CALLS.replace("[dispositions]", limits), 0);
    world.play("0 operators ivan\n0 ivan sits\n1 ivan says not_ready LUNCH");
    let mut told = String::new();
    for deed in [
        "65 end",
        "70 ivan says dial +74951234567",
        "73 ivan answers",
        "80 customer answers",
        "85 ivan says hold",
        "96 end",
        "100 ivan says resume",
        "105 customer hangs-up",
        "110 ivan says disposition SOLVED done",
    ] {
        world.play(deed);
        let picture = world.board.picture(world.now.wall, &View::All);
        let ivan = picture.operators.values().next().expect("ivan");
        let long = ivan.too_long.map_or("-".to_owned(), |it| {
            format!("{} since {}", it.what.word(), secs(&world, it.since))
        });
        writeln!(told, "{deed}: {}, {long}", ivan.display).expect("a string");
    }
    assert_snapshot!(told, @"
    65 end: not_ready, break_too_long since 61.0
    70 ivan says dial +74951234567: dialing, -
    73 ivan answers: dialing, -
    80 customer answers: dialing, -
    85 ivan says hold: hold, -
    96 end: hold, hold_too_long since 95.0
    100 ivan says resume: talking, -
    105 customer hangs-up: wrap_up, -
    110 ivan says disposition SOLVED done: not_ready, break_too_long since 61.0
    ");
}

/// What an earlier version measured of all projects together is told to nobody who sees one of them alone.
#[test]
fn an_alarm_of_all_projects_together_is_no_news_for_one_of_them() {
    let mut world = World::new(TWO_PROJECTS);
    world.play("0 operators ivan boris@other olga^");
    world.input(Input::Alarm {
        what: AlarmKind::OldestWaiting,
        subject: "both".into(),
        project: None,
        level: Some(310),
    });
    world.input(Input::Alarm {
        what: AlarmKind::NobodyReady,
        subject: "both".into(),
        project: None,
        level: Some(0),
    });
    assert_snapshot!(alarms_seen(&world, &View::All), @"
    both: Звонки некому принять
    both: Звонящий ждёт 310 с
    ");
    assert_snapshot!(alarms_seen(&world, &hotline()), @"both: Звонки некому принять");
}

/// S07: a trunk and what is overdue are of all projects together; disks and bugs are everybody's.
#[test]
fn alarms_of_all_projects_are_told_where_there_is_one() {
    let seen = |plan: &str, view: View| {
        let mut world = World::new(plan);
        world.play("0 operators ivan");
        for (what, subject) in [
            (AlarmKind::TrunkDown, "carrier"),
            (AlarmKind::CallbackOverdue, ""),
            (AlarmKind::Disk, ""),
        ] {
            world.input(Input::Alarm {
                what,
                subject: subject.into(),
                project: None,
                level: Some(1),
            });
        }
        let picture = world.board.picture(world.now.wall, &view);
        let alarms = picture.alarms.into_keys().map(|it| it.what.to_string());
        alarms.collect::<Vec<_>>()
    };
    let all = ["callback_overdue", "disk", "trunk_down"];
    assert_eq!(seen(DAY, hotline()), all);
    assert_eq!(seen(TWO_PROJECTS, View::All), all);
    assert_eq!(seen(TWO_PROJECTS, hotline()), ["disk"]);
}

proptest! {
    /// S07: whatever happens, nothing of a foreign project is in what a supervisor is told.
    #[test]
    fn nothing_of_a_foreign_project_is_ever_told(
        deeds in prop::collection::vec((deed(), 1..15_u32), 1..60)
    ) {
        let mut world = World::new(TWO_PROJECTS);
        world.play("0 operators ivan anna boris@other boss^@other olga^");
        let views = ["hotline", "other"].map(ProjectId::from);
        let mut tellers = [Teller::default(), Teller::default()];
        let (mut at, mut called, mut told_of) = (0, 0, 0);
        let mut alarms = Alarms::default();
        for (deed, wait) in deeds {
            at += wait;
            world.play(&format!("{at} end"));
            happens(&mut world, &deed, &mut called);
            measures(&mut world, &mut alarms);
            for (project, teller) in views.iter().zip(&mut tellers) {
                let view = View::Project(project.clone());
                let picture = world.board.picture(world.now.wall, &view);
                let told = teller.tell(world.now.mono, &picture);
                let wrong = foreign(&told, project);
                prop_assert!(wrong.is_empty(), "{project} is told {wrong:?}");
                prop_assert!(picture.calls.values().all(|it| it.project == *project));
                told_of += told.len();
            }
        }
        prop_assert!(told_of > 0, "somebody was told of the operators");
    }
}

/// What a group owes is told once, when it is another, to those who watch everything; what is owed no more is none.
#[test]
fn debts_are_told_once_for_each_group_and_to_no_stream_of_a_queue() {
    let owes = |open, missed| {
        let owed = OwedNow {
            open,
            missed,
            ..OwedNow::default()
        };
        (None, GroupOwes { group: None, owed })
    };
    let picture = |owed: &[(Option<GroupId>, GroupOwes)]| Picture {
        owed: owed.iter().cloned().collect(),
        ..Picture::default()
    };
    let mut teller = Teller::default();
    let mut tell = |secs: u64, seen: &Picture| teller.tell(Mono(secs * 1_000_000), seen);
    let news = tell(1, &picture(&[owes(1, 2)]));
    let expected = WallEvent::Owed(owes(1, 2).1);
    assert_eq!(news.len(), 1);
    assert_eq!((&news[0].event, news[0].queues.len()), (&expected, 0));
    assert_eq!(tell(3, &picture(&[owes(1, 2)])), []);
    let news = tell(5, &picture(&[]));
    let none = WallEvent::Owed(owes(0, 0).1);
    assert_eq!(news.iter().map(|it| &it.event).collect::<Vec<_>>(), [&none]);
}
