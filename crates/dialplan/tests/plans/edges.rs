//! The edges of a queue: how they are read, what is wrong with them, and what printing and differences know of them.
use gudok_calendar::Overrides;
use gudok_calendar::{Override, Set};
use gudok_dialplan::{Horizon, Source, accept, load};
use gudok_model::{QueueId, Wall};

use crate::support::{loaded, source};

const PLAN: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
allow_closed = ["bye", "fault", "removed"]
flow = "main"

[group.tech]
operators = ["101"]

[schedule.office]
zone = "Europe/Moscow"
windows = ["mon-fri 09:00-18:00"]

[queue.tech]
resume_window = "3m"
empty = { leave = ["logged_out", "paused"], expects = "office" }

[[flow.main]]
queue = "tech"
wait = "60s"
on_timeout = "bye"
on_full = "bye"
on_no_operators = "bye"
on_error = "fault"
on_removed = "removed"

[[flow.bye]]
close = "goodbye"
reason = "bye"

[[flow.fault]]
close = "all_busy"
reason = "fault"

[[flow.removed]]
close = "all_busy"
reason = "removed"
"#;

/// What a version with the one text in the place of the other does otherwise.
fn differs(of: &str, by: &str) -> String {
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
    let new = loaded(&source(&PLAN.replacen(of, by, 1))).plan;
    let old = loaded(&source(PLAN)).plan;
    new.differs_from(&old, horizon, &Overrides::NONE)
        .lines()
        .join("\n")
}

fn complaint(of: &str, by: &str) -> String {
    assert!(PLAN.contains(of), "{of}");
    let problems = load(&source(&PLAN.replacen(of, by, 1))).expect_err("it is wrong");
    let first = problems.first().expect("a problem");
    format!("{}: {}", first.code, first.message)
}

#[test]
fn how_long_a_place_is_kept_is_two_minutes_where_nothing_is_said() {
    let window = |text: &str, queue: &str| {
        let plan = loaded(&source(text)).plan;
        plan.resume_window(&QueueId::new(queue)).as_secs()
    };
    assert_eq!(window(PLAN, "tech"), 180);
    assert_eq!(
        window(&PLAN.replace("resume_window = \"3m\"", ""), "tech"),
        120
    );
    assert_eq!(window(&PLAN.replace("\"3m\"", "\"0s\""), "tech"), 0);
    assert_eq!(window(PLAN, "of_an_older_plan"), 120);
}

#[test]
fn a_version_that_keeps_places_otherwise_is_another() {
    assert_eq!(
        differs("resume_window = \"3m\"", ""),
        "очередь tech: прежнее место перезвонившему (resume_window): 180 с → 120 с"
    );
    assert_eq!(
        differs("resume_window = \"3m\"", "resume_window = \"180s\""),
        "вызовы пойдут как прежде"
    );
}

#[test]
fn how_often_somebody_is_called_back_is_of_the_queue() {
    let retry = |key: &str| {
        let text = PLAN.replace("resume_window", &format!("{key}\nresume_window"));
        let retry = loaded(&source(&text)).plan.retry(&QueueId::new("tech"));
        (retry.tries, retry.pause.as_secs())
    };
    assert_eq!(retry(""), (3, 300));
    assert_eq!(retry("callback = { tries = 5 }"), (5, 300));
    assert_eq!(
        retry("callback = { tries = 1, pause = \"1h\" }"),
        (1, 3_600)
    );
    assert_eq!(
        differs("resume_window", "callback = { tries = 5 }\nresume_window"),
        "очередь tech: перезвон (callback): 3 раз через 300 с → 5 раз через 300 с"
    );
    let wrong = "callback = { tries = 11 }\nresume_window";
    assert!(complaint("resume_window", wrong).starts_with("out_of_range"));
}

#[test]
fn what_does_not_fit_is_said_so() {
    let rule = "empty = { leave = [\"logged_out\", \"paused\"], expects = \"office\" }";
    let wrong = |rule_now: &str| complaint(rule, rule_now);
    assert!(complaint("\"3m\"", "\"2h\"").starts_with("out_of_range"));
    assert!(wrong("empty = { leave = [\"paused\"] }").starts_with("missing_word"));
    assert!(wrong("empty = { leave = [\"logged_out\", \"asleep\"] }").starts_with("unknown_word"));
    assert!(wrong("empty = { within = \"5m\" }").starts_with("missing_key"));
    assert!(wrong("empty = { expects = \"offices\" }").starts_with("unknown_schedule"));
    assert!(complaint("on_error = \"fault\"", "on_error = \"faults\"").starts_with("unknown_flow"));
}

/// A fault that leads back to the same queue at once would go round for ever.
#[test]
fn the_exits_are_part_of_the_proof() {
    for exit in ["on_error = \"fault\"", "on_removed = \"removed\""] {
        let back = format!("{} = \"main\"", exit.split(' ').next().expect("a key"));
        let of_circle = complaint(exit, &back);
        assert!(of_circle.starts_with("endless"), "{of_circle}");
    }
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(2);
    for (allowed, left) in [
        ("\"bye\", \"removed\"", "сбой у нас"),
        ("\"bye\", \"fault\"", "очередь убрали из плана"),
    ] {
        let text = PLAN.replace("\"bye\", \"fault\", \"removed\"", allowed);
        let plan = loaded(&source(&text)).plan;
        let told = format!("{:?}", plan.coverage(horizon).numbers);
        assert!(told.contains(left), "{told}");
    }
}

#[test]
fn a_version_with_other_edges_is_another() {
    let rule = "empty = { leave = [\"logged_out\", \"paused\"], expects = \"office\" }";
    assert_eq!(
        differs(rule, ""),
        "очередь tech: когда никого нет (empty): join logged_out, leave logged_out, paused, ждут по графику office и за 900 с до него → когда все вышли"
    );
    assert_ne!(
        differs("on_error = \"fault\"\n", ""),
        "вызовы пойдут как прежде"
    );
    assert_ne!(
        differs("on_removed = \"removed\"\n", ""),
        "вызовы пойдут как прежде"
    );
    assert_ne!(
        differs(
            "on_error = \"fault\"\non_removed = \"removed\"",
            "on_removed = \"fault\""
        ),
        "вызовы пойдут как прежде"
    );
}

/// Moscow, Tuesday 2026-11-10.
fn tuesday(hour: i64, minute: i64) -> Wall {
    const MIDNIGHT: i64 = 1_794_258_000_000_000;
    Wall(MIDNIGHT + (hour * 60 + minute) * 60_000_000)
}

#[test]
fn somebody_is_expected_while_the_schedule_is_open_and_a_quarter_before() {
    let plan = loaded(&source(PLAN)).plan;
    let asked = |at: Wall, by_hand: &Overrides| {
        let expected = plan.expected(at, by_hand, true);
        let [one] = expected.as_slice() else {
            panic!("{expected:?}")
        };
        (one.is, one.till)
    };
    let none = &Overrides::NONE;
    assert_eq!(asked(tuesday(8, 44), none), (false, Some(tuesday(8, 45))));
    assert_eq!(asked(tuesday(8, 45), none), (true, Some(tuesday(9, 0))));
    assert_eq!(asked(tuesday(9, 0), none), (true, Some(tuesday(18, 0))));
    assert!(!asked(tuesday(18, 0), none).0);
    let mut closed = Overrides::NONE;
    let set = Override {
        set: Set::Closed,
        since: tuesday(9, 0),
        until: tuesday(12, 0),
        who: "ivanov".into(),
        why: "авария".into(),
    };
    assert!(closed.set(tuesday(9, 0), &"office".into(), set));
    assert_eq!(
        asked(tuesday(10, 0), &closed),
        (false, Some(tuesday(11, 45)))
    );
    // They are about to be back, and are waited for as in the morning.
    assert_eq!(
        asked(tuesday(11, 45), &closed),
        (true, Some(tuesday(12, 0)))
    );
}

/// What is closed by hand till after the hours opens with the next ones.
#[test]
fn closed_by_hand_till_the_evening_is_closed_till_the_morning() {
    let plan = loaded(&source(PLAN)).plan;
    let mut closed = Overrides::NONE;
    let set = Override {
        set: Set::Closed,
        since: tuesday(9, 0),
        until: tuesday(20, 0),
        who: "ivanov".into(),
        why: "авария".into(),
    };
    assert!(closed.set(tuesday(9, 0), &"office".into(), set));
    let asked = |at| plan.expected(at, &closed, true).remove(0);
    let evening = asked(tuesday(17, 50));
    let before_nine = tuesday(24 + 8, 45);
    assert_eq!((evening.is, evening.till), (false, Some(before_nine)));
}

/// A schedule that nothing else asks has other hours: somebody waits at other times.
#[test]
fn other_hours_by_which_somebody_is_expected_are_told() {
    assert_eq!(
        differs("mon-fri 09:00-18:00", "mon-fri 09:00-19:00"),
        "очередь tech: когда никого нет (empty): часы графика office другие"
    );
}

#[test]
fn who_is_on_duty_is_expected_too() {
    let roster = "[roster.duty]\nzone = \"Europe/Moscow\"\npeople = { anna = \"+79990000002\" }\n\
        shifts = [{ person = \"anna\", from = 2026-11-10T09:00:00, till = 2026-11-10T18:00:00 }]\n\n[queue.tech]";
    let text = PLAN.replace("[queue.tech]", roster).replace(
        "expects = \"office\"",
        "expects = \"duty\", within = \"1h\"",
    );
    let plan = loaded(&source(&text)).plan;
    let is = |at| plan.expected(at, &Overrides::NONE, true)[0].is;
    assert!(!is(tuesday(7, 59)) && is(tuesday(8, 0)) && is(tuesday(17, 59)) && !is(tuesday(18, 0)));
}

/// Tests of a plan know both exits, and that nobody is sent away whom the schedule lets wait.
#[test]
fn trials_know_the_edges() {
    let trials = r#"
[[test]]
name = "a fault"
given = { from = "+79990000001", to = "+78001234567", at = "2026-11-10T12:00" }
happens = "failed"
expect = { queue = ["tech"], ends = "closed", reason = "fault" }

[[test]]
name = "removed"
given = { from = "+79990000001", to = "+78001234567", at = "2026-11-10T12:00" }
happens = "removed"
expect = { queue = ["tech"], ends = "closed", reason = "removed" }

[[test]]
name = "waits for those who are late"
given = { from = "+79990000001", to = "+78001234567", at = "2026-11-10T08:50", queues = { tech = { logged_in = 0 } } }
expect = { queue = ["tech"], ends = "closed", reason = "bye" }
"#;
    let tried = |plan: &str| {
        let mut sources = source(plan);
        sources.push(Source {
            name: "8800.test.toml".into(),
            text: trials.into(),
        });
        let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
        let accepted = accept(&sources, horizon).map(|accepted| accepted.tests);
        accepted.map_err(|problems| format!("{problems:#?}"))
    };
    assert_eq!(tried(PLAN), Ok(3));
    let without = PLAN.replace("on_error = \"fault\"\n", "");
    let without = without.replace("\"bye\", \"fault\", \"removed\"", "\"bye\", \"removed\"");
    let without = without.replace(
        "[[flow.fault]]\nclose = \"all_busy\"\nreason = \"fault\"\n",
        "",
    );
    let told = tried(&without).expect_err("it cannot fail so");
    assert!(told.contains("так не кончается"), "{told}");
}

/// Of the plan above, without a word of when the queue is empty, and with a number that is open by a schedule.
fn by_number() -> String {
    let rule = "empty = { leave = [\"logged_out\", \"paused\"], expects = \"office\" }\n";
    let open = "schedule = \"office\"\nafter_hours = \"bye\"\nflow = \"main\"";
    PLAN.replace(rule, "").replacen("flow = \"main\"", open, 1)
}

/// Q8: the usual rule goes by the schedules of the numbers that lead to the queue while they are open.
#[test]
fn without_a_word_those_are_waited_for_who_are_late_by_the_schedule_of_a_number() {
    let plan = loaded(&source(&by_number())).plan;
    let queues = |plan: &gudok_dialplan::Plan| {
        let told = plan.expects_by_default();
        let told = told.map(|(queue, names)| format!("{queue}: {}", names.join(", ")));
        told.collect::<Vec<_>>()
    };
    assert_eq!(queues(&plan), ["tech: office"]);
    let is = |at| plan.expected(at, &Overrides::NONE, true)[0].is;
    assert!(
        !is(tuesday(8, 44)) && is(tuesday(8, 45)) && is(tuesday(17, 59)) && !is(tuesday(18, 0))
    );
    assert_eq!(plan.when_empty(true).len(), 1);
    // As journals of an earlier version have it.
    assert!(plan.when_empty(false).is_empty());
    assert!(
        plan.expected(tuesday(12, 0), &Overrides::NONE, false)
            .is_empty()
    );
    // By night alone, without a schedule, or where the plan has its own word: nothing follows.
    let by_night = by_number().replacen(
        "after_hours = \"bye\"\nflow = \"main\"",
        "after_hours = \"main\"\nflow = \"bye\"",
        1,
    );
    for other in [&by_night, PLAN] {
        assert!(queues(&loaded(&source(other)).plan).is_empty());
    }
    let own = by_number().replace(
        "[queue.tech]",
        "[queue.tech]\nempty = { leave = [\"logged_out\"] }",
    );
    let own = loaded(&source(&own)).plan;
    assert!(
        queues(&own).is_empty()
            && own
                .expected(tuesday(12, 0), &Overrides::NONE, true)
                .is_empty()
    );
}

/// Two numbers with two schedules lead to one queue: either is enough.
#[test]
fn of_two_schedules_one_is_enough() {
    let two = by_number().replacen(
        "[group.tech]",
        "[[number]]\ndid = \"+78001234568\"\nrecord = \"off\"\nallow_closed = [\"bye\", \"fault\", \"removed\"]\n\
         schedule = \"late\"\nflow = \"main\"\nafter_hours = \"bye\"\n\n[schedule.late]\nzone = \"Europe/Moscow\"\n\
         windows = [\"mon-fri 17:00-22:00\"]\n\n[group.tech]",
        1,
    );
    let plan = loaded(&source(&two)).plan;
    let one = |at| {
        let told = plan.expected(at, &Overrides::NONE, true).remove(0);
        (told.is, told.till)
    };
    assert_eq!(one(tuesday(12, 0)), (true, Some(tuesday(16, 45))));
    assert_eq!(one(tuesday(17, 30)), (true, Some(tuesday(18, 0))));
    assert!(one(tuesday(21, 59)).0 && !one(tuesday(22, 0)).0);
}

/// What an admin writes to keep the old way, and what the difference of two versions tells of it.
#[test]
fn the_usual_rule_is_told_as_such() {
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
    let old = loaded(&source(&by_number().replace(
        "[queue.tech]",
        "[queue.tech]\nempty = { leave = [\"logged_out\"] }",
    )))
    .plan;
    let new = loaded(&source(&by_number())).plan;
    let told = new
        .differs_from(&old, horizon, &Overrides::NONE)
        .lines()
        .join("\n");
    assert_eq!(
        told,
        "очередь tech: когда никого нет (empty): join logged_out, leave logged_out → join logged_out, leave logged_out, \
         ждут по графику office и за 900 с до него (по умолчанию)"
    );
}
