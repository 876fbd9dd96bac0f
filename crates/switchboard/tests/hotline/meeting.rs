//! Who calls us while an operator is about to ring them meets that operator, in whichever order the two calls cross; and an attempt
//! in vain costs little.
use gudok_switchboard::Config;
use insta::assert_snapshot;

use crate::callbacks::{KEPT, asked, asks, promised, told};
use crate::schedules::replays;
use crate::world::World;

/// Callers hear some words before they come to the queue.
fn greeted() -> String {
    KEPT.replace(
        "[[flow.main]]\nqueue",
        "[[flow.main]]\nplay = \"greeting\"\n\n[[flow.main]]\nqueue",
    )
}

/// As [`promised`], by another plan.
fn promised_by(plan: &str, config: Config) -> World {
    let mut world = World::with(config, plan, 0);
    world.play(
        "0 operators ivan
         0 ivan sits
         1 Z calls +79990000009
         4 ivan answers
         5 A calls
         8 B calls +79990000002
         30 A presses 1
         35 A presses 1
         50 listen",
    );
    world
}

fn played(mut world: World, script: &str) -> String {
    world.play(script);
    replays(&world);
    told(&world.story)
}

/// Ours first: their phone rings for us as they call. B has waited for long, and does not come between.
#[test]
fn who_calls_as_we_ring_them_is_connected_to_the_operator_who_rang() {
    assert_snapshot!(played(promised('1'),
        "60 ivan hangs-up
         62 ivan answers
         63 customer rings
         65 C calls
         67 ivan answers
         70 C hangs up
         75 end"
    ), @r"
    60.000 A * Callback: у оператора ivan, звонит его телефон
    60.000 [ivan] callback leased
    60.001 Z * ENDED Answered: Success operator-hung-up
    60.020 ?/1 dial ivan showing +79990000001, no name
    62.000 A * Callback: ivan звонит клиенту
    62.000 [ivan] callback dialing
    62.000 ? dial +79990000001 from +78000000001 showing withheld, no name
    65.000 A * Callback: ждёт оператора
    65.000 [ivan] callback requested
    65.001 ? * ENDED Out { reached: false }: Success called-in
    65.001 C * RESUMED, waits for 60000 ms
    65.001 [ivan] callback requested cancelled_by_customer
    65.001 A * Callback OVER: CancelledByCustomer
    65.021 C/1 dial ivan showing +79990000001, no name
    67.000 C bridge C/1
    67.000 C * bridged with C/1 after 1999 ms
    70.000 C * ENDED Answered: Success caller-hung-up
    70.020 B/1 dial ivan showing +79990000002, no name
    ");
}

/// Theirs first: the operator's phone rings for them already. Nobody else's rings, and nobody dials them.
#[test]
fn who_calls_as_the_operators_phone_rings_is_connected_to_that_operator() {
    assert_snapshot!(played(promised('1'),
        "51 operators ivan anna
         60 ivan hangs-up
         61 ivan rings
         62 anna sits
         63 C calls
         66 ivan answers
         70 end"
    ), @r"
    60.000 A * Callback: у оператора ivan, звонит его телефон
    60.000 [ivan] callback leased
    60.001 Z * ENDED Answered: Success operator-hung-up
    60.020 ?/1 dial ivan showing +79990000001, no name
    62.020 B/1 dial anna showing +79990000002, no name
    63.001 A * Callback: ждёт оператора
    63.001 [anna] callback requested
    63.001 [ivan] callback requested
    63.001 C * RESUMED, waits for 58000 ms
    63.001 [anna] callback requested cancelled_by_customer
    63.001 [ivan] callback requested cancelled_by_customer
    63.001 A * Callback OVER: CancelledByCustomer
    63.001 ? * ENDED Out { reached: false }: Success called-in
    63.021 C/1 dial ivan showing +79990000001, no name
    66.000 C bridge C/1
    66.000 C * bridged with C/1 after 2999 ms
    ");
}

/// Theirs first: they hear the greeting as the operator answers. The operator is nobody's but theirs until they come to the queue.
#[test]
fn who_hears_the_greeting_as_the_operator_answers_is_waited_for() {
    assert_snapshot!(played(promised_by(&greeted(), Config::default()),
        "60 ivan hangs-up
         61 C calls
         62 ivan answers
         67 ivan answers
         70 end"
    ), @r"
    60.000 A * Callback: у оператора ivan, звонит его телефон
    60.000 [ivan] callback leased
    60.001 Z * ENDED Answered: Success operator-hung-up
    60.020 ?/1 dial ivan showing +79990000001, no name
    62.000 A * Callback: ждёт оператора
    62.000 [ivan] callback requested
    62.000 ? * ENDED Out { reached: false }: Success called-in
    63.001 C * RESUMED, waits for 56000 ms
    63.001 [ivan] callback requested cancelled_by_customer
    63.001 A * Callback OVER: CancelledByCustomer
    63.021 C/1 dial ivan showing +79990000001, no name
    67.000 C bridge C/1
    67.000 C * bridged with C/1 after 3999 ms
    ");
}

/// A phone that is dialling us is busy for us: their call comes a moment after the 486.
#[test]
fn whose_phone_was_busy_because_they_called_us_meets_the_one_who_tried() {
    let plan = KEPT.replace("wrap_up = \"0s\"", "wrap_up = \"60s\"");
    let mut world = promised_by(&plan, Config::default());
    world.play(
        "60 ivan hangs-up
         121 ivan answers
         122 customer busy
         124 C calls
         126 ivan answers
         130 end",
    );
    replays(&world);
    assert_snapshot!(told(&world.story), @r"
    60.001 Z * ENDED Answered: Success operator-hung-up
    120.000 A * Callback: у оператора ivan, звонит его телефон
    120.000 [ivan] callback leased
    120.020 ?/1 dial ivan showing +79990000001, no name
    121.000 A * Callback: ivan звонит клиенту
    121.000 [ivan] callback dialing
    121.000 ? dial +79990000001 from +78000000001 showing withheld, no name
    122.000 A * Callback: дозвона нет (busy), попытка 1, повторим
    122.000 [ivan] callback retry_wait
    124.000 ? * ENDED Out { reached: false }: UpstreamError busy
    124.001 C * RESUMED, waits for 119000 ms
    124.001 [ivan] callback retry_wait cancelled_by_customer
    124.001 A * Callback OVER: CancelledByCustomer
    124.021 C/1 dial ivan showing +79990000001, no name
    126.000 C bridge C/1
    126.000 C * bridged with C/1 after 1999 ms
    ");
}

/// The plan says nothing before the queue: they are there before the tone that says «busy» is over.
#[test]
fn who_calls_while_the_one_who_tried_hears_the_busy_tone_meets_them() {
    assert_snapshot!(played(promised('1'),
        "60 ivan hangs-up
         62 ivan answers
         63 customer busy
         63.5 C calls
         66 ivan answers
         70 end"
    ), @r"
    60.000 A * Callback: у оператора ivan, звонит его телефон
    60.000 [ivan] callback leased
    60.001 Z * ENDED Answered: Success operator-hung-up
    60.020 ?/1 dial ivan showing +79990000001, no name
    62.000 A * Callback: ivan звонит клиенту
    62.000 [ivan] callback dialing
    62.000 ? dial +79990000001 from +78000000001 showing withheld, no name
    63.000 A * Callback: дозвона нет (busy), попытка 1, повторим
    63.000 [ivan] callback retry_wait
    63.500 ? * ENDED Out { reached: false }: UpstreamError busy
    63.501 C * RESUMED, waits for 58500 ms
    63.501 [ivan] callback retry_wait cancelled_by_customer
    63.501 A * Callback OVER: CancelledByCustomer
    63.521 C/1 dial ivan showing +79990000001, no name
    66.000 C bridge C/1
    66.000 C * bridged with C/1 after 2499 ms
    ");
}

/// The tone takes two seconds, the work after it ten: until its end the two meet.
#[test]
fn who_calls_at_the_end_of_the_work_after_the_tone_meets_the_one_who_tried() {
    let plan = KEPT.replace("wrap_up = \"0s\"", "wrap_up = \"60s\"");
    let mut world = promised_by(&plan, Config::default());
    world.play(
        "60 ivan hangs-up
         121 ivan answers
         122 customer busy
         133 C calls
         135 ivan answers
         140 end",
    );
    replays(&world);
    let met = world.story.contains("135.000 C bridge C/1");
    assert!(met, "{}", world.story);
}

/// A queue of which nobody is free is empty for others; for the caller for whom its one operator is kept it is not.
#[test]
fn who_is_waited_for_is_not_sent_away_because_nobody_else_is_free() {
    let plan = KEPT
        .replace(
            "[queue.support]",
            "[queue.support]\nempty = { join = [\"logged_out\", \"in_use\", \"ringing\"], leave = [\"logged_out\"] }",
        )
        .replace(
            "leave_empty = false",
            "leave_empty = true\non_no_operators = \"sorry\"",
        );
    let mut world = World::new(&plan);
    world.play("0 operators ivan\n 0 ivan sits\n 1 listen");
    asks(&mut world, 'W', asked("+79990000001"));
    world.play(
        "3 ivan answers
         5 C calls
         6 B calls +79990000002
         8 ivan answers
         12 end",
    );
    replays(&world);
    let story = &world.story;
    assert!(story.contains("8.000 C bridge C/1"), "{story}");
    assert!(story.contains("B * decided: close sorry"), "{story}");
}

/// By hand: the own phone of the one who takes the request rings.
#[test]
fn who_calls_as_the_own_phone_of_the_one_who_took_it_rings_meets_them() {
    assert_snapshot!(played(promised('1'),
        "51 B hangs up
         52 ivan says callback_later A 600
         60 ivan hangs-up
         100 ivan says callback_take A
         101 D calls +79990000004
         102 C calls
         104 ivan answers
         110 end"
    ), @r"
    51.000 B * ENDED AbandonedQueue { short: false }: Success caller-hung-up
    52.000 A * Callback: отложена
    52.000 [ivan] callback scheduled
    52.000 ? * ENDED Out { reached: false }: ServerError nobody-in-queue
    60.001 Z * ENDED Answered: Success operator-hung-up
    100.000 ?/1 dial ivan showing +79990000001, no name
    100.000 A * Callback: ждёт оператора
    100.000 [ivan] callback requested
    100.000 A * Callback: у оператора ivan, звонит его телефон
    100.000 [ivan] callback leased
    102.000 A * Callback: ждёт оператора
    102.000 [ivan] callback requested
    102.000 ? * ENDED Out { reached: false }: Success called-in
    102.001 C * RESUMED, waits for 97000 ms
    102.001 [ivan] callback requested cancelled_by_customer
    102.001 A * Callback OVER: CancelledByCustomer
    102.021 C/1 dial ivan showing +79990000001, no name
    104.000 C bridge C/1
    104.000 C * bridged with C/1 after 1999 ms
    ");
}

/// Who hears words for longer than half a minute has the place, and whoever is free.
#[test]
fn nobody_is_kept_for_long() {
    let words = format!("play = [{}]", ["\"greeting\""; 12].join(", "));
    let twice = format!("{words}\n\n[[flow.main]]\n{words}");
    let plan = greeted().replace("play = \"greeting\"", &twice);
    let mut world = World::new(&plan);
    world.play("0 operators ivan\n 0 ivan sits\n 1 B calls +79990000002\n 39 listen");
    asks(&mut world, 'W', asked("+79990000001"));
    world.play("40 C calls\n 42 ivan answers\n 71 end");
    assert!(!world.story.contains("B/1 dial"), "{}", world.story);
    world.play("73 end");
    assert!(world.story.contains("B/1 dial ivan"), "{}", world.story);
    replays(&world);
}

/// Who hangs up on the greeting leaves the operator to the others, and is called later.
#[test]
fn who_hangs_up_before_the_queue_frees_the_operator() {
    assert_snapshot!(played(promised_by(&greeted(), Config::default()),
        "60 ivan hangs-up
         61 C calls
         62 ivan answers
         63 C hangs up
         65 ivan answers
         70 end"
    ), @r"
    60.000 A * Callback: у оператора ivan, звонит его телефон
    60.000 [ivan] callback leased
    60.001 Z * ENDED Answered: Success operator-hung-up
    60.020 ?/1 dial ivan showing +79990000001, no name
    62.000 A * Callback: ждёт оператора
    62.000 [ivan] callback requested
    62.000 ? * ENDED Out { reached: false }: Success called-in
    63.000 C * ENDED AbandonedIvr: Success caller-hung-up
    63.020 B/1 dial ivan showing +79990000002, no name
    65.000 B bridge B/1
    65.000 B * bridged with B/1 after 54999 ms
    ");
}

/// Seconds from the end of an attempt in vain to the next card.
fn next_card_after(config: Config) -> String {
    let plan = KEPT.replace("wrap_up = \"0s\"", "wrap_up = \"60s\"");
    let mut world = promised_by(&plan, config);
    world.play(
        "60 ivan hangs-up
         121 ivan answers
         125 customer busy
         200 end",
    );
    let next = world
        .story
        .lines()
        .find(|line| line.contains("B/1 dial ivan"));
    let next = next.and_then(|line| line.trim().split(' ').next());
    next.unwrap_or("never").to_owned()
}

#[test]
fn an_attempt_in_vain_costs_ten_seconds_and_not_the_work_of_the_queue() {
    assert_eq!(next_card_after(Config::default()), "137.020");
    let before = Config {
        meets: false,
        ..Config::default()
    };
    assert_eq!(next_card_after(before), "187.020", "as it was decided then");
}
