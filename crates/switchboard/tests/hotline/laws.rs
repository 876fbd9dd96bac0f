//! The law as dated data while calls run: a reload, and a rule that begins tomorrow.
use gudok_model::{Client, ClientClass, ClientMatch, Wall};
use gudok_switchboard::Input;

use crate::callbacks::{KEPT, asked, asks};
use crate::outgoing::lines;
use crate::plans::CALLS;
use crate::schedules::replays;
use crate::world::World;

const CLIENT: &str = "+74951234567";

fn floor() -> World {
    let mut world = World::new(CALLS);
    world.play("0 operators ivan anna\n0 ivan sits\n0 anna sits\n1 listen");
    world
}

/// A rule of the law, as it is added to the file.
fn with(from: &str, demand: &str) -> String {
    format!("{CALLS}\n[law.new]\narticle = \"ст. 1\"\nfrom = {from}\n{demand}\n")
}

#[test]
fn a_law_that_a_reload_brings_holds_for_the_next_call_and_ends_no_talk() {
    let mut world = floor();
    world.play(&format!(
        "10 ivan says dial {CLIENT}
         13 ivan answers
         20 customer answers
         23 anna says dial +74957654321
         24 anna answers"
    ));
    world.plan(&with("2020-01-01", "basis = [\"consent\"]"));
    let told = world.tell(&format!(
        "30 customer answers
         40 ivan hangs-up
         70 ivan says dial {CLIENT}
         71 end"
    ));
    let told = lines(&told, &["bridge", "ENDED", "denied by"]);
    // Whoever was rung by the law of before talks, and is talked with to the end.
    assert!(told.contains("32.000 ? bridge"), "{told}");
    assert!(
        told.contains("40.001 ? * ENDED Out { reached: true }"),
        "{told}"
    );
    assert!(
        told.contains("70.000 [ivan] denied by new at plan.toml:"),
        "{told}"
    );
}

#[test]
fn a_rule_that_begins_tomorrow_holds_from_midnight_without_a_reload() {
    let mut world = floor();
    // It is Monday, 2 March 2026, noon in Moscow.
    world.plan(&with("2026-03-03", "hours = \"15:00-16:00\""));
    let told = world.tell(&format!(
        "10 ivan says dial {CLIENT}
         11 ivan says hang_up
         86410 ivan says dial {CLIENT}
         97300 ivan says dial {CLIENT}
         97301 end"
    ));
    let told = lines(&told, &["dial ivan", "denied by"]);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 4, "{told}");
    assert!(lines[0].starts_with("10.000 ?/1 dial ivan"), "{told}");
    assert!(
        lines[1].starts_with("86410.000 ? * denied by new"),
        "{told}"
    );
    assert!(lines[3].starts_with("97300.000 ?/1 dial ivan"), "{told}");
}

/// Their number is of Moscow, their card of Vladivostok.
fn of_vladivostok() -> ClientMatch {
    let zone = ("zone".into(), "Asia/Vladivostok".into());
    ClientMatch::One {
        client: Client {
            id: "C-1".into(),
            name: "Иванов".into(),
            class: ClientClass::Regular,
            fields: [zone].into(),
            source: "local".into(),
        },
        took_ms: 5,
    }
}

/// The request keeps what the card said at the first attempt: nobody is rung for it in the evening and the night of their zone.
#[test]
fn nobody_is_rung_in_the_night_of_a_customer_whose_card_names_another_zone() {
    let mut world = World::new(KEPT);
    // 14:30 in Moscow, 21:30 in Vladivostok.
    world.now.wall = Wall(world.now.wall.0 + 150 * 60 * 1_000_000);
    world.play("0 operators ivan\n 0 ivan sits\n 1 listen");
    asks(&mut world, 'W', asked("+79990000001"));
    world.play("2 listen");
    let call = world.last_offer("ivan").expect("a phone rings").call;
    let client = of_vladivostok();
    world.input(Input::LookupDone { call, client });
    // Our own night ends at seven in Moscow; there it is two in the afternoon.
    world.play("3 ivan answers\n 59399 end");
    let rung = |world: &World| world.story.matches("dial ivan").count();
    assert!(
        world.story.contains("звонить нельзя (hours)"),
        "{}",
        world.story
    );
    assert_eq!(rung(&world), 0, "{}", world.story);
    world.play("59403 ivan answers\n 59405 end");
    replays(&world);
    assert_eq!(rung(&world), 1, "{}", world.story);
    assert!(world.story.contains("dial +79990000001"), "{}", world.story);
}

/// Promised under a plan that let it. No hour opens a direction that the next one does not have: people are told once, and the plan
/// that has it again calls.
#[test]
fn a_promise_to_where_the_plan_calls_nobody_is_for_people_until_another_plan() {
    let elsewhere = KEPT.replace("\"+79\" =", "\"+7495\" =");
    let mut world = World::new(KEPT);
    world.play("0 operators ivan\n 1 listen");
    asks(&mut world, 'W', asked("+79990000001"));
    world.plan(&elsewhere);
    world.play("2 ivan sits\n 7200 end");
    let moved = world.story.matches("Callback: ").count();
    assert_eq!(moved, 1, "{}", world.story);
    assert!(
        world.story.contains("! callback_no_prefix"),
        "{}",
        world.story
    );
    assert!(!world.story.contains("dial "), "{}", world.story);
    world.plan(KEPT);
    world.play("7205 ivan answers\n 7207 end");
    replays(&world);
    assert!(world.story.contains("dial +79990000001"), "{}", world.story);
}
