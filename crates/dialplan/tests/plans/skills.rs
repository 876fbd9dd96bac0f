//! Skills, strategies and the other keys by which operators are chosen: read, checked, printed and compared.
use gudok_calendar::Overrides;
use gudok_dialplan::print::printed;
use gudok_dialplan::{Horizon, Source, load};
use gudok_model::Wall;

use crate::support::{loaded, source};

/// A queue that asks for a skill, and less of it later.
const SKILLED: &str = r##"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"
allow_closed = []

[group.tech]
operators = ["101", "102"]
strategy = "progressive"
step = "4s"
ring_max = 3

[group.reserve]
operators = ["201"]
strategy = "weighted_random"
weights = { 201 = 7 }

[skill.english]
102 = 4
201 = 1

[queue.tech]
needs = { english = 3 }
preempt = true
sticky = { by = "manager", wait = "15s" }
aging = "30s"
aging_max = 6
max_starve = "2m"
relax = [{ after = "20s", needs = { english = 1 } }, { after = "45s", add = "reserve", needs = { english = 0 } }]

[[flow.main]]
queue = "tech"
wait = "5m"
on_timeout = "leave_word"
on_no_operators = "leave_word"
on_full = "leave_word"

[[flow.leave_word]]
voicemail = ["voicemail_intro"]

[[flow.leave_word]]
close = ["goodbye"]
reason = "word_left"
"##;

fn instead(from: &str, to: &str) -> Vec<Source> {
    assert!(SKILLED.contains(from), "{from}");
    source(&SKILLED.replace(from, to))
}

fn complaint(from: &str, to: &str) -> String {
    let problems = load(&instead(from, to)).expect_err("a bad plan");
    let told = problems
        .iter()
        .map(|it| format!("{}: {}", it.place(), it.message));
    told.collect::<Vec<_>>().join("\n")
}

fn warned(from: &str, to: &str) -> String {
    let warnings = loaded(&instead(from, to)).warnings;
    let told = warnings
        .iter()
        .map(|it| format!("{} {}: {}", it.code, it.place(), it.message));
    told.collect::<Vec<_>>().join("\n")
}

#[test]
fn skills_and_needs_are_read() {
    let loaded = loaded(&source(SKILLED));
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    insta::assert_debug_snapshot!(loaded.plan.skills(), @r"
    [
        SkillSettings {
            id: english,
            levels: {
                102: 4,
                201: 1,
            },
            until: {},
        },
    ]
    ");
    let queues = loaded.plan.queues();
    let tech = queues.iter().find(|it| it.id.as_str() == "tech");
    let tech = tech.expect("there");
    insta::assert_debug_snapshot!(tech, @r"
    QueueSettings {
        id: tech,
        group: tech,
        weight: 10,
        callers_max: 100,
        aging: Some(
            30s,
        ),
        relax: [
            Relax {
                after: 20s,
                group: None,
                needs: {
                    english: 1,
                },
            },
            Relax {
                after: 45s,
                group: Some(
                    reserve,
                ),
                needs: {
                    english: 0,
                },
            },
        ],
        needs: {
            english: 3,
        },
        preempt: true,
        aging_max: 6,
        max_starve: 120s,
        wrap_up: None,
        wrap_up_max: None,
        hold_max: None,
        sticky: Some(
            StickyTo {
                by: Manager,
                wait: 15s,
            },
        ),
    }
    ");
    assert_eq!(tech.needs_at(1).len(), 1);
    assert!(tech.needs_at(2).is_empty());
    let groups = loaded.plan.groups();
    let told = groups.iter().map(|it| {
        let weights = it.weights.len();
        format!(
            "{} {} {:?} {} {weights}",
            it.id,
            it.strategy.word(),
            it.step,
            it.ring_max
        )
    });
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r"
    reserve weighted_random 5s 50 1
    tech progressive 4s 3 0
    ");
}

/// Every strategy of the list is read by its name; any other is an error with the list.
#[test]
fn a_strategy_that_there_is_not_is_refused_with_the_list() {
    for word in [
        "longest_idle",
        "fewest_calls",
        "least_talk",
        "least_occupied",
        "round_robin",
        "linear",
        "random",
        "weighted_random",
        "ring_all",
        "progressive",
    ] {
        let plan = loaded(&instead("\"progressive\"", &format!("{word:?}"))).plan;
        assert_eq!(plan.groups()[1].strategy.word(), word);
    }
    let problems = load(&instead("\"progressive\"", "\"fewestcalls\"")).expect_err("unknown");
    let told: Vec<_> = problems.iter().map(|it| it.render()).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    unknown_word

      × нет такой стратегии: «fewestcalls»
        ╭─[8800.toml:10:12]
      9 │ operators = ["101", "102"]
     10 │ strategy = "fewestcalls"
        ·            ─────────────
     11 │ step = "4s"
        ╰────

      возможно, вы имели в виду (did you mean): fewest_calls
      допустимо (allowed): longest_idle, fewest_calls, least_talk, least_occupied, round_robin,
      linear, random, weighted_random, ring_all, progressive
      [en] unknown strategy "fewestcalls"
    "#);
}

#[test]
fn mistakes_of_skills_have_a_place() {
    let told = [
        ("{ english", "{ englsh"),
        ("needs = { english = 3 }", "needs = { english = 10 }"),
        ("102 = 4", "103 = 4"),
        ("102 = 4", "102 = 0"),
        ("201 = 7", "101 = 7"),
        ("{ english = 1 } }", "{ english = 3 } }"),
        ("{ english = 1 } }", "{ law = 1 } }"),
        ("needs = { english = 1 } }", "needs = {} }"),
        ("after = \"45s\"", "after = \"20s\""),
        ("step = \"4s\"", "step = \"4m\""),
        ("ring_max = 3", "ring_max = 0"),
        ("aging_max = 6", "aging_max = 9"),
        ("by = \"manager\"", "by = \"boss\""),
        (", wait = \"15s\"", ""),
    ]
    .map(|(from, to)| format!("{to}\n  {}", complaint(from, to)));
    insta::assert_snapshot!(told.join("\n"), @r#"
    { englsh
      8800.toml:24:11: нет такого навыка: «englsh»
    8800.toml:30:37: нет такого навыка: «englsh»
    8800.toml:30:97: нет такого навыка: «englsh»
    needs = { english = 10 }
      8800.toml:24:21: число вне границ: допустимо от 1 до 9
    8800.toml:30:37: лестница смягчает, а навыка «english» никто не требует: ни needs этой очереди, ни шаги needs
    8800.toml:30:98: лестница смягчает, а навыка «english» никто не требует: ни needs этой очереди, ни шаги needs
    103 = 4
      8800.toml:20:1: нет такого оператора: «103»
    102 = 0
      8800.toml:20:7: число вне границ: допустимо от 1 до 9
    101 = 7
      8800.toml:17:13: нет такого оператора: «101»
    { english = 3 } }
      8800.toml:30:37: лестница смягчает: сейчас нужен 3, а здесь 3
    { law = 1 } }
      8800.toml:30:37: нет такого навыка: «law»
    needs = {} }
      8800.toml:30:10: не хватает ключа «add»
    after = "20s"
      8800.toml:30:77: ступени идут по времени: каждая позже предыдущей
    step = "4m"
      8800.toml:11:8: длительность вне границ: допустимо от 1s до 1m
    ring_max = 0
      8800.toml:12:12: число вне границ: допустимо от 1 до 50
    aging_max = 9
      8800.toml:28:13: число вне границ: допустимо от 0 до 8
    by = "boss"
      8800.toml:26:17: нет такого слова в sticky: «boss»

      8800.toml:26:10: не хватает ключа «wait»
    "#);
}

/// A queue whose callers nobody of its groups will ever know enough for waits in vain.
#[test]
fn a_queue_that_nobody_knows_enough_for_is_refused() {
    let ladder = "{ english = 0 } }]";
    assert_eq!(warned("102 = 4\n201 = 1", "101 = 1"), "");
    let text = SKILLED
        .replace(ladder, "{} }]")
        .replace("102 = 4\n201 = 1", "102 = 1");
    assert!(load(&source(&text)).is_ok(), "the ladder asks for 1");
    let text = text.replace("{ english = 1 } }", "{ english = 2 } }");
    let problems = load(&source(&text)).expect_err("nobody has 2");
    let told: Vec<_> = problems.iter().map(|it| it.render()).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    nobody_knows

      × никто из групп этой очереди не знает достаточно: english = 2
        ╭─[8800.toml:22:8]
     21 │
     22 │ [queue.tech]
        ·        ────
     23 │ needs = { english = 3 }
        ╰────

      добавьте навык операторам в [skill.ИМЯ], снизьте уровень или добавьте ступень relax
      [en] nobody of the groups of this queue knows enough: english = 2
      give operators the skill in [skill.NAME], lower the level or add a step to `relax`
    ");
}

#[test]
fn what_nothing_goes_by_is_warned_of() {
    let told = [
        warned("\"weighted_random\"", "\"random\""),
        warned("[skill.english]", "[skill.law]\n101 = 1\n\n[skill.english]"),
        warned("wait = \"5m\"", "wait = \"15s\""),
    ];
    insta::assert_snapshot!(told.join("\n"), @r#"
    unused 8800.toml:17:13: weights действуют только при strategy = "weighted_random"
    unused 8800.toml:19:8: навык «law» не нужен ни одной очереди и ни одному шагу needs
    dead_rung 8800.toml:30:10: эта ступень не сработает для тех, кто пришёл по шагам плана: в очереди «tech» они ждут самое большее 15 с; навыки смягчатся лишь для переведённых операторами
    dead_rung 8800.toml:30:77: эта ступень не сработает для тех, кто пришёл по шагам плана: в очереди «tech» они ждут самое большее 15 с; группу «reserve» спросят лишь для переведённых операторами
    "#);
}

/// What is printed is read back, and both versions of a plan are told apart by each of these keys.
#[test]
fn skills_are_printed_and_compared() {
    let text = printed(&source(SKILLED)).expect("a plan");
    let part = text.split("\n[[flow").next().unwrap_or_default();
    let part = part
        .split_once("[group.reserve]")
        .map_or("", |(_, rest)| rest);
    insta::assert_snapshot!(part, @r#"

    operators = ["201"]
    strategy = "weighted_random"
    ring = "20s"
    wrap_up = "10s"
    reject_delay = "5s"
    refuse_memory = "1m"
    misses_max = 3
    ring_max = 50
    step = "5s"

    [group.reserve.weights]
    201 = 7

    [group.tech]
    operators = ["101", "102"]
    strategy = "progressive"
    ring = "20s"
    wrap_up = "10s"
    reject_delay = "5s"
    refuse_memory = "1m"
    misses_max = 3
    ring_max = 3
    step = "4s"

    [skill.english]
    102 = 4
    201 = 1

    [queue.tech]
    group = "tech"
    weight = 10
    callers_max = 100
    aging = "30s"
    aging_max = 6
    max_starve = "2m"
    preempt = true
    needs = { english = 3 }
    relax = [
      { after = "20s", needs = { english = 1 } },
      { after = "45s", add = "reserve", needs = { english = 0 } },
    ]
    sticky = { by = "manager", wait = "15s" }
    "#);
    let old = loaded(&source(SKILLED)).plan;
    let new = SKILLED
        .replace("102 = 4", "101 = 2\n102 = 5")
        .replace("needs = { english = 3 }", "needs = { english = 2 }")
        .replace("preempt = true\n", "")
        .replace("\"manager\", wait = \"15s\"", "\"last\", wait = \"20s\"")
        .replace("aging_max = 6\nmax_starve = \"2m\"\n", "")
        .replace("{ after = \"20s\", needs = { english = 1 } }, ", "")
        .replace("step = \"4s\"\nring_max = 3\n", "")
        .replace("201 = 7", "201 = 2")
        + "\n[skill.law]\n101 = 1\n";
    let new = loaded(&source(&new)).plan;
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(1);
    let difference = new.differs_from(&old, horizon, &Overrides::NONE);
    insta::assert_snapshot!(difference.lines().join("\n"), @r"
    группа reserve: жребий (weights): 201 7 → 201 2
    группа tech: телефонов сразу (ring_max): 3 → 50
    группа tech: ещё один телефон (step): 4 с → 5 с
    очередь tech: растёт до (aging_max): 6 → 8
    очередь tech: терпит весомые очереди (max_starve): 120 с → 300 с
    очередь tech: свой оператор (sticky): manager, ждать 15 с → last, ждать 20 с
    очередь tech: навыки (needs): english 3 → english 2
    очередь tech: экстренный снимает звонящий телефон (preempt): да → нет
    очередь tech: лестница (relax): english 1 через 20 с, +reserve, english 0 через 45 с → +reserve, english 0 через 45 с
    навык english: кто знает: 102 4, 201 1 → 101 2, 102 5, 201 1
    навык law: появился
    ");
}

/// A level that ends, in Moscow.
fn ending(until: &str) -> Vec<Source> {
    let text = SKILLED.replace(
        "record = \"off\"",
        "record = \"off\"\nzone = \"Europe/Moscow\"",
    );
    source(&text.replace(
        "102 = 4",
        &format!("102 = {{ level = 4, until = {until} }}"),
    ))
}

#[test]
fn a_level_may_end_at_midnight_or_at_a_moment() {
    let end = |until: &str| {
        let plan = loaded(&ending(until)).plan;
        let ends = plan.skills()[0]
            .until
            .values()
            .map(|it| (it.at.0, it.day.to_string()));
        ends.collect::<Vec<_>>()
    };
    // Moscow is three hours before UTC.
    let midnight = vec![(1_803_848_400_000_000, "01.03.2027".to_owned())];
    assert_eq!(end("\"2027-03-01\""), midnight);
    assert_eq!(end("2027-03-01"), midnight);
    assert_eq!(end("\"2027-02-28T21:00Z\""), midnight);
    assert_eq!(end("2027-03-01T00:00:00+03:00"), midnight);
}

#[test]
fn a_level_that_ends_at_no_day_is_told() {
    let complaint = |until: &str| {
        let problems = load(&ending(until)).expect_err("a bad plan");
        let told = problems
            .iter()
            .map(|it| format!("{}: {}", it.code, it.message));
        told.collect::<Vec<_>>().join("\n")
    };
    let no_day = "bad_time: не день: нужна дата, или дата, часы и сдвиг от UTC";
    assert_eq!(complaint("\"soon\""), no_day);
    assert_eq!(complaint("\"2027-02-30\""), no_day);
    assert_eq!(complaint("\"2027-03-01T00:00\""), no_day);
    let problems = load(&instead("102 = 4", "102 = { level = 4 }")).expect_err("no end");
    assert_eq!(problems[0].message, "не хватает ключа «until»");
    let two = ending("\"2027-03-01\"");
    let other = "[[number]]\ndid = \"+78001234568\"\nzone = \"Asia/Irkutsk\"\nrecord = \"off\"\nflow = \"main\"\nallow_closed = []\n";
    let problems = load(&source(&format!("{}{other}", two[0].text))).expect_err("two midnights");
    assert_eq!(
        problems[0].message,
        "у номеров плана разные пояса: нужны дата, часы и сдвиг от UTC"
    );
}

/// Two weeks before and from then on; a plan that says nothing of it is quiet.
#[test]
fn who_will_not_know_it_soon_is_told_of() {
    let plan = loaded(&ending("\"2027-03-01\"")).plan;
    let told = |days: i64| {
        let at = Wall(1_803_848_400_000_000 + days * 86_400_000_000);
        let problems = plan.skills_that_end(at);
        let told = problems
            .iter()
            .map(|it| format!("{} {}: {}", it.code, it.place(), it.message));
        told.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(told(-15), "");
    assert_eq!(
        told(-14),
        "skill_ends 8800.toml:21:28: навык «english» у «102» истекает 01.03.2027"
    );
    assert_eq!(
        told(0),
        "skill_ends 8800.toml:21:28: навык «english» у «102» истёк 01.03.2027: звонков, где он нужен, ему нет"
    );
    assert!(
        loaded(&source(SKILLED))
            .plan
            .skills_that_end(Wall(i64::MAX))
            .is_empty()
    );
}

/// A queue and a step for which the last who knows enough does so no more are told of besides; not where a ladder asks for less, or
/// somebody else knows it for good.
#[test]
fn whom_nobody_will_be_asked_for_is_told_of() {
    let told = |plan: &str| {
        let problems = load(&source(plan)).expect("a plan").plan;
        let problems = problems.skills_that_end(Wall(1_803_848_400_000_000));
        let nobody = problems.iter().filter(|it| it.message.contains("никто"));
        let told = nobody.map(|it| it.message.clone());
        told.collect::<Vec<_>>().join("\n")
    };
    let lowered = ending("\"2027-03-01\"")[0].text.clone();
    assert_eq!(told(&lowered), "");
    let whole = lowered.replace(", needs = { english = 1 }", ", add = \"reserve\"");
    let whole = whole.replace(", needs = { english = 0 }", "");
    let whole = whole.replace(", { after = \"45s\", add = \"reserve\" }", "");
    let step = whole.replace(
        "[[flow.main]]\nqueue",
        "[[flow.main]]\nneeds = { english = 2 }\n\n[[flow.main]]\nqueue",
    );
    assert_eq!(
        told(&step),
        "очередь «tech»: с 01.03.2027 нужного ей не знает никто из её групп\nс 01.03.2027 того, что требует этот шаг needs, не знает никто"
    );
    assert_eq!(told(&step.replace("201 = 1", "201 = 3")), "");
}

#[test]
fn an_end_is_printed_and_told_of_between_versions() {
    let sources = ending("\"2027-03-01\"");
    let text = printed(&sources).expect("a plan");
    assert!(text.contains("until = \"2027-03-01\""), "{text}");
    let again = loaded(&source(&text)).plan;
    assert_eq!(again.skills(), loaded(&sources).plan.skills());
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
    let (new, old) = (loaded(&sources).plan, loaded(&source(SKILLED)).plan);
    let told = new.differs_from(&old, horizon, &Overrides::NONE).lines();
    let told = told.join("\n");
    let line = "навык english: 102 знает до (until): бессрочно → 01.03.2027";
    assert!(told.contains(line), "{told}");
}
