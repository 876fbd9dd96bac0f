//! A promise that its customer's own call has closed, and what becomes of it when nobody talks with them in that call; and who a
//! request belongs to when people work for other groups than the plan says.
use gudok_model::{
    Asked, CallEvent, CallId, Name, OpenRequest, RequestAbout, RequestKind, RequestSource,
    RequestState, Wall,
};
use gudok_switchboard::desk::{CallbackNews, DeskEvent};
use gudok_switchboard::{CALLBACKS_SHOWN, Config, Input, Output};
use insta::assert_snapshot;

use crate::callbacks::{KEPT, asked, asks, left_open, told};
use crate::schedules::replays;
use crate::world::{World, call_id, feed};

/// Ivan talks with Z; A and B wait, A asks to be called in their place and is gone; the register is kept.
fn promised(config: Config) -> World {
    let mut world = World::with(config, KEPT, 0);
    world.play(
        "0 operators ivan
         0 ivan sits
         1 Z calls +79990000009
         2 ivan answers
         5 A calls
         6 B calls +79990000002
         30 A presses 1
         35 A presses 1
         50 listen",
    );
    world
}

fn with_register() -> Config {
    Config {
        missed: true,
        ..Config::default()
    }
}

/// What becomes of requests, with the lines of the register.
fn story(world: &World) -> String {
    let register = |line: &&str| line.contains("MISSED") || line.contains("SHORT");
    let lines = world.story.lines().map(str::trim);
    lines
        .filter(|line| register(line) || !told(line).is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

fn again(world: &World, config: Config) {
    let mut board = gudok_switchboard::Switchboard::new(config);
    let mut outputs = Vec::new();
    for (now, event) in &world.journal {
        feed(&mut board, *now, event.clone());
        outputs.extend(std::iter::from_fn(|| board.poll_output()));
    }
    assert!(outputs == world.outputs, "a replay differs");
}

#[test]
fn who_calls_first_and_hangs_up_at_once_is_called_as_was_promised() {
    let mut world = promised(with_register());
    world.play(
        "55 C calls
         58 C hangs up
         60 ivan hangs-up
         63 ivan answers
         70 customer answers
         90 customer hangs-up
         95 end",
    );
    again(&world, with_register());
    let told = story(&world);
    assert_snapshot!(told);
    // In the step of the end: before its last word, after what the register says.
    let back = told.find("A * Callback BACK").expect("it is open again");
    let short = told.find("C * SHORT").expect("a row of the register");
    let ended = told.find("C * ENDED").expect("an end");
    assert!(back < short && short < ended, "{told}");
    // Before B, who came to the queue later than A had.
    assert!(told.contains("dial +79990000001"), "{told}");
    assert!(!told.contains("OWED Missed"), "{told}");
}

#[test]
fn who_calls_first_and_waits_in_vain_is_owed_the_promise_and_no_second_call() {
    let mut world = promised(with_register());
    world.play(
        "55 C calls
         120 C hangs up
         125 end",
    );
    again(&world, with_register());
    let told = story(&world);
    assert_snapshot!(told);
    assert!(told.contains("C * MISSED"), "{told}");
    assert!(!told.contains("OWED Missed"), "{told}");
}

#[test]
fn who_calls_first_and_is_answered_is_owed_nothing() {
    let mut world = promised(with_register());
    world.play(
        "55 C calls
         60 ivan hangs-up
         62 ivan answers
         70 C hangs up
         80 end",
    );
    again(&world, with_register());
    assert!(!world.story.contains("BACK"), "{}", world.story);
    // Also where that was by another call than the one that hangs up later.
    let mut world = promised(with_register());
    world.play(
        "55 C calls
         56 D calls +79990000001
         57 B hangs up
         60 ivan hangs-up
         61 ivan rings
         62 operators ivan anna
         62 anna sits
         64 anna answers
         66 D hangs up
         70 C hangs up
         85 end",
    );
    assert!(
        world.story.contains("D * ENDED Answered"),
        "{}",
        world.story
    );
    assert!(!world.story.contains("BACK"), "{}", world.story);
}

#[test]
fn what_was_put_off_to_an_hour_is_called_at_that_hour_all_the_same() {
    let mut world = World::new(KEPT);
    world.play(
        "0 operators ivan\n 0 ivan sits\n 1 Z calls +79990000009\n 2 ivan answers\n 3 listen",
    );
    let at = Wall(world.now.wall.0 + 3_600_000_000);
    let later = Asked {
        not_before: Some(at),
        ..asked("+79990000001")
    };
    asks(&mut world, 'W', later);
    world.play("10 A calls\n 20 A hangs up\n 30 ivan hangs-up\n 40 end");
    let told = story(&world);
    assert!(
        told.contains("20.000 W * Callback BACK: отложена"),
        "{told}"
    );
    assert!(!told.contains("dial +7"), "{told}");
    let back = world.outputs.iter().find_map(|output| match output {
        Output::Fact {
            fact: CallEvent::RequestBack { to, .. },
            ..
        } => Some(to.clone()),
        _ => None,
    });
    assert_eq!(back, Some(RequestState::Scheduled { at }));
    world.play("3610 ivan answers\n 3611 end");
    replays(&world);
    assert!(world.story.contains("dial +79990000001"), "{}", world.story);
}

/// Whoever calls from the number of a promise that another of its calls has closed is not to be called once more.
#[test]
fn who_calls_twice_is_owed_the_one_promise() {
    let mut world = promised(with_register());
    world.play("55 C calls\n 56 D calls +79990000001\n 70 D hangs up\n 75 C hangs up\n 80 end");
    again(&world, with_register());
    let told = story(&world);
    assert!(
        told.contains("D * MISSED") && told.contains("C * MISSED"),
        "{told}"
    );
    assert!(told.contains("75.000 A * Callback BACK"), "{told}");
    assert!(!told.contains("OWED"), "{told}");
}

/// A form asks anew while the customer waits: that one stands, and there is one.
#[test]
fn what_is_asked_for_anew_meanwhile_stands_in_its_stead() {
    let mut world = promised(Config::default());
    world.play("55 C calls\n 56 listen");
    asks(&mut world, 'W', asked("+79990000001"));
    world.play("58 C hangs up\n 59 end");
    replays(&world);
    assert!(!world.story.contains("BACK"), "{}", world.story);
    assert!(
        world.story.contains("W stands for W, new: true"),
        "{}",
        world.story
    );
}

/// What was asked for anew is closed by a person: what it stood for is closed with it.
#[test]
fn what_stood_in_its_stead_and_was_closed_by_a_person_leaves_nothing_to_come_back() {
    let mut world = promised(Config::default());
    world.play("55 C calls\n 56 listen");
    asks(&mut world, 'W', asked("+79990000001"));
    world.play("57 ivan says callback_cancel W не нужно\n 58 C hangs up\n 59 end");
    replays(&world);
    assert!(world.story.contains("W * Callback OVER"), "{}", world.story);
    assert!(!world.story.contains("BACK"), "{}", world.story);
}

/// There is no room for it any more: people keep it, and the same caller is not to be called as missed besides.
#[test]
fn a_promise_that_comes_back_to_a_full_book_is_owed_once() {
    let mut world = promised(with_register());
    world.play("55 C calls\n 56 listen");
    let at = Wall(world.now.wall.0 + 3_600_000_000);
    let requests = (0..4_096u32).map(|n| OpenRequest {
        id: CallId(uuid::Uuid::from_u128(0xb00c_0000 + u128::from(n))),
        number: format!("+7999100{n:04}").try_into().expect("a number"),
        ..left_open(RequestState::Scheduled { at }, world.now.wall)
    });
    let requests = requests.collect();
    world.input(Input::Owed { requests });
    world.play("90 C hangs up\n 91 end");
    again(&world, with_register());
    let told = story(&world);
    assert!(told.contains("callbacks_full"), "{told}");
    assert!(told.contains("90.000 A * Callback BACK"), "{told}");
    assert!(told.contains("C * MISSED"), "{told}");
    assert!(!told.contains("OWED Missed"), "{told}");
}

/// The second promise goes to another number; nobody calls the first one any more.
#[test]
fn who_is_promised_a_call_anew_has_the_new_promise() {
    let mut world = promised(Config::default());
    world.play("55 C calls\n 70 C presses 1\n 75 C presses 1\n 90 end");
    replays(&world);
    assert!(!world.story.contains("BACK"), "{}", world.story);
    let owed = world.story.matches("OWED Callback").count();
    assert_eq!(owed, 1, "{}", world.story);
}

#[test]
fn a_journal_of_an_earlier_version_leaves_it_closed() {
    let config = Config {
        promise_returns: false,
        ..with_register()
    };
    let mut world = promised(config);
    world.play("55 C calls\n 58 C hangs up\n 90 end");
    assert!(world.story.contains("OVER"), "{}", world.story);
    assert!(!world.story.contains("BACK"), "{}", world.story);
}

/// The plan sends callers on where others wait; the one promise that stands in the queue is nobody who waits.
fn sends_on(config: Config) -> String {
    let plan = KEPT.replace(
        "[[flow.main]]\nqueue",
        "[[flow.main]]\nwhen = 'queue.support.waiting > 0 || queue.support.longest_wait > 30'\nthen = \"sorry\"\n\n[[flow.main]]\nqueue",
    );
    let mut world = World::with(config, &plan, 0);
    world.play("0 operators ivan\n 0 ivan sits\n 1 Z calls +79990000009\n 2 ivan answers");
    asks(&mut world, 'W', asked("+79990000001"));
    world.play("60 listen\n 61 B calls +79990000002\n 62 C calls +79990000003\n 70 end");
    let decided = |line: &&str| line.contains("queue support") || line.contains("close sorry");
    let lines = world.story.lines().map(str::trim).filter(decided);
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_promise_in_the_queue_sends_no_caller_elsewhere() {
    let told = sends_on(Config::default());
    let of = |caller: &str| told.lines().find(|line| line.contains(caller));
    assert!(
        of(" B ").is_some_and(|line| line.contains("queue support")),
        "{told}"
    );
    // B waits by now.
    assert!(
        of(" C ").is_some_and(|line| line.contains("close sorry")),
        "{told}"
    );
    let earlier = sends_on(Config {
        promises_apart: false,
        ..Config::default()
    });
    assert!(!earlier.contains("queue support"), "{earlier}");
}

/// Petr is of no group of the plan that owes; Ivan is of the one that does.
const MOVED: &str = r#"
[[number]]
did = "+78000000001"
project = "hotline"
record = "off"
flow = "main"

[group.support]
operators = ["ivan"]

[group.others]
operators = ["petr"]

[queue.support]
relax = [{ after = "5m", add = "others" }]

[queue.others]

[[flow.main]]
queue = "support"
wait = "10m"
leave_empty = false
on_timeout = "others"
on_full = "others"

[[flow.others]]
queue = "others"
wait = "10m"
leave_empty = false
on_timeout = "sorry"
on_full = "sorry"

[[flow.sorry]]
close = "all_busy"
reason = "sorry"
"#;

fn moved(config: Config) -> World {
    let mut world = World::with(config, MOVED, 0);
    world.play(
        "0 operators ivan petr olga^
         0 ivan sits
         0 petr sits
         0 olga sits
         1 olga says regroup petr support
         2 olga says regroup ivan others
         3 listen",
    );
    asks(&mut world, 'W', asked("+79990000001"));
    world
}

#[test]
fn who_was_moved_to_the_group_owns_its_requests_and_who_was_moved_away_does_not() {
    let mut world = moved(Config::default());
    world.play(
        "5 ivan says callback_later W 600
         6 petr says callback_later W 600
         7 olga says reserve others on
         8 end",
    );
    replays(&world);
    let story = &world.story;
    assert!(story.contains("[ivan] error not_allowed"), "{story}");
    assert!(story.contains("[petr] callback scheduled"), "{story}");
    assert!(!story.contains("[ivan] callback"), "{story}");
    let heard = |who: &str| {
        let mut lines = story.lines();
        lines.any(|line| line.contains(who) && line.contains("reserve_raised"))
    };
    assert!(heard("[ivan]") && !heard("[petr]"), "{story}");

    let mut world = moved(Config {
        requests_shown: false,
        ..Config::default()
    });
    world.play("5 ivan says callback_later W 600\n 6 end");
    let story = &world.story;
    assert!(story.contains("[ivan] callback scheduled"), "{story}");
}

fn with_proof(number: &str) -> Asked {
    Asked {
        basis: Some("форма 17".into()),
        ..asked(number)
    }
}

/// What Ivan's card says of the request, and what the law was shown for the call.
fn card_and_proof(world: &World) -> (Option<CallbackNews>, Option<Name>) {
    let card = world.outputs.iter().find_map(|output| match output {
        Output::Desk {
            event: DeskEvent::OfferCreated(card),
            ..
        } => card.request.as_deref().cloned(),
        _ => None,
    });
    let proof = world.outputs.iter().find_map(|output| match output {
        Output::Fact {
            fact: CallEvent::Dialled { basis, .. },
            ..
        } => basis.as_ref()?.reference.clone(),
        _ => None,
    });
    (card, proof)
}

#[test]
fn who_calls_back_sees_what_for_and_the_law_sees_what_proves_it() {
    let mut world = World::new(KEPT);
    world.play("0 operators ivan\n 0 ivan sits\n 1 listen");
    let at = world.now.wall;
    asks(&mut world, 'W', with_proof("+79990000001"));
    // They write again: the later word is the one that is shown.
    let again = Asked {
        note: Some("касса заработала, вопрос о тарифе".into()),
        ..asked("+79990000001")
    };
    world.play("2 end");
    let (card, _) = card_and_proof(&world);
    let card = card.expect("a request on the card");
    assert_eq!(
        (card.request, card.kind),
        (call_id('W'), RequestKind::Callback)
    );
    assert_eq!(card.attempts, 0);
    let about = card.about.expect("what it is about");
    assert_eq!((about.asked_at, about.source), (at, RequestSource::Web));
    assert_eq!(about.note.as_deref(), Some("не работает касса"));
    assert_eq!(about.basis.as_deref(), Some("форма 17"));
    asks(&mut world, 'X', again);
    let shown = world
        .board
        .snapshot(&"ivan".into())
        .expect("a desk")
        .callbacks;
    let about = shown[0].about.clone().expect("what it is about");
    assert!(about.note.is_some_and(|it| it.contains("о тарифе")));
    assert_eq!(about.basis.as_deref(), Some("форма 17"));
    world.play("3 ivan answers\n 5 end");
    replays(&world);
    assert_eq!(card_and_proof(&world).1.as_deref(), Some("форма 17"));
}

#[test]
fn what_forms_say_is_known_after_a_restart_and_to_no_journal_of_an_earlier_version() {
    let taken_up = |config| {
        let mut world = World::with(config, KEPT, 0);
        world.play("0 operators ivan\n 0 ivan sits\n 1 listen");
        let about = RequestAbout {
            source: RequestSource::Web,
            note: Some("не работает касса".into()),
            basis: Some("форма 17".into()),
        };
        let left = left_open(RequestState::ByHand, world.now.wall);
        let requests = vec![OpenRequest { about, ..left }];
        world.input(Input::Owed { requests });
        world.play("3 ivan answers\n 5 end");
        card_and_proof(&world)
    };
    let (card, proof) = taken_up(Config::default());
    let about = card.and_then(|card| card.about).expect("what it is about");
    assert_eq!(about.note.as_deref(), Some("не работает касса"));
    assert_eq!(proof.as_deref(), Some("форма 17"));
    let (card, proof) = taken_up(Config {
        requests_shown: false,
        ..Config::default()
    });
    assert_eq!(card, None);
    assert_eq!(proof.as_deref(), Some(&*call_id('A').to_string()));
}

#[test]
fn a_desk_that_opens_has_its_open_requests_those_due_first() {
    let mut world = World::new(KEPT);
    world.play("0 operators ivan petr@other\n 0 petr sits\n 1 listen");
    for n in 0..203_i64 {
        let due = Wall(world.now.wall.0 + (1_000 - n) * 1_000_000);
        let number = format!("+7999000{:04}", n + 1);
        let one = Asked {
            due: Some(due),
            ..asked(&number)
        };
        world.input(Input::Asked {
            id: CallId(uuid::Uuid::from_u128(
                0x1_0000 + u128::from(n.unsigned_abs()),
            )),
            asked: Box::new(one),
        });
    }
    let desk = |who: &str| world.board.snapshot(&who.into()).expect("a desk");
    let (own, others) = (desk("ivan"), desk("petr"));
    assert_eq!(
        (own.callbacks.len(), own.callbacks_more),
        (CALLBACKS_SHOWN, 3)
    );
    let due: Vec<Wall> = own.callbacks.iter().map(|it| it.due).collect();
    assert!(due.is_sorted(), "{due:?}");
    assert_eq!(own.callbacks[0].number.as_str(), "+79990000203");
    assert_eq!((others.callbacks.len(), others.callbacks_more), (0, 0));
}
