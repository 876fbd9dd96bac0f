//! The law as dated data while calls run: a reload, and a rule that begins tomorrow.
use crate::outgoing::lines;
use crate::plans::CALLS;
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
