//! A client who calls from a strange telephone and types a contract: who is found, when, and on whose card.
use insta::assert_snapshot;

use crate::world::World;

/// Four digits, then the search, then the queue: vips before others.
const PLAN: &str = r#"
[[number]]
did = "+78000000001"
label = "Договор"
project = "hotline"
record = "off"
flow = "main"

[group.support]
operators = ["ivan"]

[[flow.main]]
ask = "account"
prompts = ["say_account"]
digits = "4"
otherwise = "bye"

[[flow.main]]
lookup = "answer.account"
by = "account"
deadline = "2s"
on_none = [{ play = ["not_found"] }]
on_many = [{ play = ["several"] }]
on_error = [{ play = ["no_answer"] }]

[[flow.main]]
when = 'client.class == "vip"'
then = [{ queue = "support", wait = "1m", priority = 9, on_timeout = "bye", on_no_operators = "bye", on_full = "bye" }]

[[flow.main]]
queue = "support"
wait = "1m"
on_timeout = "bye"
on_no_operators = "bye"
on_full = "bye"

[[flow.bye]]
close = "bye"
reason = "unknown"
"#;

/// The same after the digits 4502 were typed at two seconds.
fn typed(script: &str) -> String {
    let call = "0 operators ivan\n 0 ivan sits\n 1 A calls\n 1.1 A is nobody\n 2 A presses 4\n 2 A presses 5\n 2 A presses 0\n 2 A presses 2\n";
    let told = World::new(PLAN).tell(&format!("{call}{script}"));
    let from = told.find("typed").expect("the digits were typed");
    let begin = told[..from].rfind('\n').map_or(0, |at| at + 1);
    told[begin..].to_owned()
}

#[test]
fn who_is_found_by_a_contract_is_the_client_and_on_the_card() {
    assert_snapshot!(typed(" 2.3 A is vip by 1\n 3 A hangs up\n 4 end"), @r###"
    2.000 A * typed "4502" for account
    2.000 A * decided: lookup by account 2000 ms
    2.000 A search 1 account=4502 within 2s
    2.300 A * client by account vip
    2.300 A * decided: queue support priority 9
    2.300 A * queued in support at 9
    2.300 A play music for ever
    2.300 A * offered A#1 to ivan
    2.300 [ivan] card A#1 waited 0 ms attempt 1 client vip account=4502
    2.300 [ivan] reserved
    2.320 A * popped in 20000 us, seen: true
    2.320 A * dialled A/1
    2.320 A/1 dial ivan showing +79990000001, vip
    3.000 A * A over: HungUp
    3.000 A/1 hang up
    3.000 A * offer A#1 closed: CallerGone
    3.000 [ivan] card A#1 closed: CallerGone
    3.000 [ivan] ready
    3.000 A * ENDED AbandonedQueue { short: true }: Success caller-hung-up
    3.001 A * A/1 over: ByUs
    "###);
}

#[test]
fn who_is_not_found_goes_another_way_and_stays_who_they_were() {
    assert_snapshot!(typed(" 2.3 A is nobody by 1\n 3 A hangs up\n 4 end"), @r###"
    2.000 A * typed "4502" for account
    2.000 A * decided: lookup by account 2000 ms
    2.000 A search 1 account=4502 within 2s
    2.300 A * client by account none
    2.300 A * decided: play not_found
    2.300 A play not_found
    3.000 A * A over: HungUp
    3.000 A * ENDED AbandonedIvr: Success caller-hung-up
    "###);
}

#[test]
fn the_call_waits_no_longer_than_the_step_says_and_a_late_answer_reaches_the_card() {
    let late = " 6.5 A is vip by 1\n 9 A hangs up\n 10 end";
    assert_snapshot!(typed(late), @r###"
    2.000 A * typed "4502" for account
    2.000 A * decided: lookup by account 2000 ms
    2.000 A search 1 account=4502 within 2s
    4.000 A * client by account error
    4.000 A * decided: play no_answer
    4.000 A play no_answer
    6.000 A * decided: queue support priority 0
    6.000 A * queued in support at 0
    6.000 A play music for ever
    6.000 A * offered A#1 to ivan
    6.000 [ivan] card A#1 waited 0 ms attempt 1 client none account=4502
    6.000 [ivan] reserved
    6.020 A * popped in 20000 us, seen: true
    6.020 A * dialled A/1
    6.020 A/1 dial ivan showing +79990000001, no name
    6.500 A * client by account vip, late
    6.500 [ivan] card A#1 client vip
    9.000 A * A over: HungUp
    9.000 A/1 hang up
    9.000 A * offer A#1 closed: CallerGone
    9.000 [ivan] card A#1 closed: CallerGone
    9.000 [ivan] ready
    9.000 A * ENDED AbandonedQueue { short: true }: Success caller-hung-up
    9.001 A * A/1 over: ByUs
    "###);
}

/// The number's own lookup is late, or answers twice; a search that is none of the call's says nothing.
#[test]
fn what_the_number_says_later_does_not_undo_who_was_found() {
    let story = " 2.1 A is anna by 7\n 2.3 A is vip by 1\n 2.5 A is boris\n 3 A hangs up\n 4 end";
    assert_snapshot!(typed(story), @r###"
    2.000 A * typed "4502" for account
    2.000 A * decided: lookup by account 2000 ms
    2.000 A search 1 account=4502 within 2s
    2.300 A * client by account vip
    2.300 A * decided: queue support priority 9
    2.300 A * queued in support at 9
    2.300 A play music for ever
    2.300 A * offered A#1 to ivan
    2.300 [ivan] card A#1 waited 0 ms attempt 1 client vip account=4502
    2.300 [ivan] reserved
    2.320 A * popped in 20000 us, seen: true
    2.320 A * dialled A/1
    2.320 A/1 dial ivan showing +79990000001, vip
    3.000 A * A over: HungUp
    3.000 A/1 hang up
    3.000 A * offer A#1 closed: CallerGone
    3.000 [ivan] card A#1 closed: CallerGone
    3.000 [ivan] ready
    3.000 A * ENDED AbandonedQueue { short: true }: Success caller-hung-up
    3.001 A * A/1 over: ByUs
    "###);
}
