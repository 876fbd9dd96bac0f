use super::*;

fn number() -> PhoneNumber {
    PhoneNumber::try_from("+78001234567".to_owned()).expect("a number")
}

fn call(n: u128) -> CallId {
    serde_json::from_value(serde_json::json!(format!(
        "00000000-0000-0000-0000-{n:012}"
    )))
    .expect("an id")
}

/// 2026-11-30, the time in Irkutsk (+08:00).
fn at(hour: i64, minute: i64, second: i64) -> Wall {
    const MIDNIGHT: i64 = 1_795_968_000;
    Wall((MIDNIGHT + hour * 3_600 + minute * 60 + second) * 1_000_000)
}

/// 1.80 a minute.
fn line(billed: Billed) -> LineCost {
    LineCost {
        number: number(),
        per_minute: 180,
        billed,
        alarm: Budget::default(),
        limit: Budget::default(),
        at_limit: AtLimit::Alarm,
    }
}

fn meter(cost: LineCost) -> Meter {
    let mut meter = Meter::new(vec![cost]);
    let line = meter.lines.get_mut(&number()).expect("the line");
    line.zone = Zone::parse("Asia/Irkutsk").expect("a zone");
    meter
}

/// Seconds and kopecks of the day and of the month.
fn sums(meter: &Meter, now: Wall) -> [(u64, u64); 2] {
    let spent = meter.spent(now);
    [spent[0].day, spent[0].month].map(|it| (it.seconds, it.kopecks))
}

fn talk(meter: &mut Meter, id: u128, from: Wall, to: Wall) -> Vec<&'static str> {
    assert!(meter.begin(from, call(id), &number()));
    let crossed = meter.end(to, call(id), &number());
    crossed.into_iter().map(|(what, _)| what).collect()
}

#[test]
fn started_seconds_or_started_minutes_are_billed() {
    for (billed, lasts, expected) in [
        (Billed::Second, 0, (0, 0)),
        (Billed::Second, 1, (1, 3)),
        (Billed::Second, 61, (61, 183)),
        (Billed::Minute, 1, (60, 180)),
        (Billed::Minute, 60, (60, 180)),
        (Billed::Minute, 61, (120, 360)),
    ] {
        let mut meter = meter(line(billed));
        talk(&mut meter, 1, at(12, 0, 0), at(12, 0, lasts));
        let got = sums(&meter, at(12, 5, 0));
        assert_eq!(got, [expected; 2], "{billed:?} {lasts} s");
    }
    let part = Wall(at(12, 0, 0).0 + 1);
    let spent = line(Billed::Second).of(at(12, 0, 0), part);
    assert_eq!(spent.seconds, 1, "a microsecond is a started second");
    let back = line(Billed::Minute).of(at(12, 0, 1), at(12, 0, 0));
    assert_eq!(back, Spent::default(), "a clock that was set back");
}

#[test]
fn another_number_costs_nothing() {
    let mut meter = meter(line(Billed::Minute));
    let other = PhoneNumber::try_from("+78007654321".to_owned()).expect("a number");
    assert!(!meter.begin(at(12, 0, 0), call(1), &other));
    assert!(meter.end(at(13, 0, 0), call(1), &other).is_empty());
    assert_eq!(sums(&meter, at(13, 0, 0)), [(0, 0); 2]);
}

#[test]
fn a_call_under_way_counts_already() {
    let mut meter = meter(line(Billed::Second));
    meter.begin(at(12, 0, 0), call(1), &number());
    assert_eq!(sums(&meter, at(12, 10, 0)), [(600, 1_800); 2]);
    assert!(meter.is_running());
    meter.end(at(12, 10, 0), call(1), &number());
    assert_eq!(
        sums(&meter, at(12, 20, 0)),
        [(600, 1_800); 2],
        "and not twice"
    );
    assert!(!meter.is_running());
}

#[test]
fn a_call_over_midnight_is_of_the_day_it_was_answered() {
    // From the last minute of November into December, where the line is.
    let mut meter = meter(line(Billed::Second));
    talk(&mut meter, 1, at(12, 0, 0), at(12, 1, 0));
    meter.begin(at(23, 59, 0), call(2), &number());
    assert_eq!(sums(&meter, at(23, 59, 30)), [(90, 270); 2]);
    assert_eq!(sums(&meter, at(24, 0, 30)), [(0, 0); 2], "a new month");
    meter.end(at(24, 1, 0), call(2), &number());
    assert_eq!(
        sums(&meter, at(24, 1, 0)),
        [(0, 0); 2],
        "November has paid for it"
    );
    talk(&mut meter, 3, at(24, 2, 0), at(24, 2, 10));
    assert_eq!(sums(&meter, at(24, 3, 0)), [(10, 30); 2]);
    // The next midnight ends the day alone.
    assert_eq!(sums(&meter, at(48, 0, 0)), [(0, 0), (10, 30)]);
    talk(&mut meter, 4, at(48, 0, 0), at(48, 0, 10));
    assert_eq!(sums(&meter, at(48, 1, 0)), [(10, 30), (20, 60)]);
}

#[test]
fn midnight_is_that_of_the_line() {
    let mut meter = Meter::new(vec![line(Billed::Second)]);
    talk(&mut meter, 1, at(7, 59, 0), at(7, 59, 10));
    // By UTC it was still the 29th.
    assert_eq!(sums(&meter, at(8, 0, 0)), [(0, 0), (10, 30)]);
}

#[test]
fn each_threshold_is_told_once_in_its_period() {
    let mut cost = line(Billed::Minute);
    cost.alarm = Budget {
        day: Some(360),
        month: Some(720),
    };
    cost.limit.day = Some(540);
    let mut meter = meter(cost);
    let mut minute =
        |id: u32, hour: i64| talk(&mut meter, id.into(), at(hour, 0, 0), at(hour, 0, 30)).join(" ");
    // The 30th, then two days of December.
    let told: Vec<String> = [0, 1, 2, 3, 24, 25, 26, 27, 48, 49]
        .into_iter()
        .zip(1..)
        .map(|(hour, id)| minute(id, hour))
        .collect();
    assert_eq!(
        told,
        [
            "",
            "cost_alarm_day",
            "cost_limit_day",
            "cost_alarm_month",
            "",
            "cost_alarm_day",
            "cost_limit_day",
            "cost_alarm_month",
            "",
            "cost_alarm_day",
        ]
    );
}

#[test]
fn long_calls_reach_a_threshold_before_they_end() {
    let mut cost = line(Billed::Second);
    cost.limit.day = Some(1_800);
    cost.at_limit = AtLimit::Brief;
    let mut meter = meter(cost);
    meter.begin(at(12, 0, 0), call(1), &number());
    assert!(meter.look(at(12, 9, 59)).is_empty());
    assert!(!meter.is_closed(at(12, 9, 59), &number()));
    let told = meter.look(at(12, 10, 0));
    assert_eq!(told[0].0, "cost_limit_day");
    assert!(told[0].1.ends_with("has cost 18.00 of 18.00"), "{told:?}");
    assert!(meter.is_closed(at(23, 59, 59), &number()));
    assert!(
        !meter.is_closed(at(24, 0, 0), &number()),
        "a new day, a new budget"
    );
}

#[test]
fn a_limit_that_only_alarms_closes_nothing() {
    let mut cost = line(Billed::Minute);
    cost.limit.month = Some(180);
    let mut meter = meter(cost);
    assert_eq!(
        talk(&mut meter, 1, at(1, 0, 0), at(1, 0, 1)),
        ["cost_limit_month"]
    );
    assert!(meter.spent(at(2, 0, 0))[0].over);
    assert!(!meter.is_closed(at(2, 0, 0), &number()));
}

#[test]
fn what_earlier_runs_have_spent_is_of_its_day() {
    let spent = |seconds| Spent {
        seconds,
        kopecks: seconds * 3,
    };
    let before = SpentBefore {
        number: number(),
        at: at(23, 59, 59),
        day: spent(10),
        month: spent(100),
    };
    let restored = |now| {
        let mut cost = line(Billed::Second);
        cost.alarm.month = Some(300);
        let mut meter = meter(cost);
        let told = meter.restore(now, &before).len();
        (sums(&meter, now), told)
    };
    assert_eq!(restored(at(23, 59, 59)), ([(10, 30), (100, 300)], 1));
    assert_eq!(
        restored(at(24, 0, 0)),
        ([(0, 0); 2], 0),
        "a month has begun since"
    );
}
