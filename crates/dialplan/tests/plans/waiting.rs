//! What a caller who waits may press: where each key leads, what is said of it, what is proved and tested of it.
use gudok_dialplan::StepEnd::{NoOperators, Silent, TimedOut};
use gudok_dialplan::{Decision, Horizon, Source, StepEnd, accept, load};

use crate::support::{Call, irkutsk, loaded, source, typed};

/// Whoever waits may be called back, or go elsewhere.
const WAITING: &str = r##"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"
allow_closed = []

[group.tech]
operators = ["101"]

[[flow.main]]
queue = "tech"
wait = "5m"
keys = { 1 = [{ callback = "tech" }], "#" = "leave_word" }
offer = { say = ["queue_callback"], after = "45s", every = "90s", position = 3, wait = "2m" }
on_timeout = "leave_word"
on_no_operators = "leave_word"
on_full = "leave_word"

[[flow.leave_word]]
voicemail = ["voicemail_intro"]

[[flow.leave_word]]
close = ["goodbye"]
reason = "word_left"
"##;

fn complaint(sources: &[Source]) -> String {
    let problems = load(sources).expect_err("a bad plan");
    let shown: Vec<_> = problems.iter().map(|problem| problem.render()).collect();
    shown.join("\n")
}

fn noon() -> Call {
    Call::at("+78001234567", "2026-01-12T12:00")
}

fn story(ends: &[StepEnd]) -> String {
    noon().story(&loaded(&source(WAITING)).plan, ends)
}

#[test]
fn a_key_leads_away_and_silence_back_to_the_place() {
    insta::assert_snapshot!(story(&[typed("1"), Silent, Silent, Silent, TimedOut]));
}

#[test]
fn a_key_leads_to_a_flow_for_good() {
    let told = story(&[typed("#")]);
    assert!(
        told.contains("[queue_key] очередь «tech»: нажато #"),
        "{told}"
    );
    assert!(
        told.contains("Voicemail") && !told.contains("[back]"),
        "{told}"
    );
}

/// Forty times one, and no more: the steps that are left are for what comes after.
#[test]
fn who_presses_for_ever_is_heard_no_more_and_not_cut_off() {
    let mut ends: Vec<StepEnd> = Vec::new();
    for _ in 0..60 {
        ends.extend([typed("1"), Silent, Silent, Silent]);
    }
    let plan = loaded(&source(WAITING)).plan;
    let call = noon();
    let (number, mut cursor) = plan.enter(&call.dialled, &call.trunk).expect("ours");
    let (mut end, mut ends, mut left) = (None, ends.into_iter(), 0);
    let last = loop {
        let step = plan.step(number, &cursor, end, &call.facts());
        cursor = step.cursor;
        end = match &step.decision {
            Decision::Queue { keys: None, .. } => break Some(TimedOut),
            Decision::Queue { .. } => {
                left += 1;
                ends.next()
            }
            Decision::Ask { .. } => ends.next(),
            other => panic!("{other:?}"),
        };
    };
    assert!((10..60).contains(&left), "{left}");
    let step = plan.step(number, &cursor, last, &call.facts());
    assert!(
        matches!(step.decision, Decision::Voicemail { .. }),
        "{step:?}"
    );
}

#[test]
fn the_proof_follows_keys_and_takes_nobody_in_a_circle() {
    let plan = loaded(&source(WAITING));
    assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
    let coverage = |text: &str| {
        let plan = loaded(&source(text)).plan;
        let horizon = Horizon::from_now(irkutsk("2026-01-12T12:00")).days(2);
        let coverage = plan.coverage(horizon);
        let number = &coverage.numbers[0];
        let ends = number.stretches[0].ends.iter().map(ToString::to_string);
        (number.gaps.len(), ends.collect::<Vec<_>>())
    };
    let (gaps, ends) = coverage(WAITING);
    assert_eq!(gaps, 0);
    let all = [
        "очередь tech",
        "обратный звонок, группа tech",
        "голосовая почта",
    ];
    assert_eq!(ends, all);
    let closes = WAITING.replace(
        r##""#" = "leave_word""##,
        r##""#" = [{ close = ["goodbye"], reason = "pressed" }]"##,
    );
    assert_eq!(coverage(&closes).0, 1, "a key that ends the call is a gap");
}

#[test]
fn a_queue_with_keys_takes_the_call_so_that_keys_are_heard() {
    let rings = WAITING.replace("record = \"off\"", "record = \"off\"\nanswer = \"ring\"");
    let announces = rings.replace("on_full", "announce = { position = true }\non_full");
    assert!(loaded(&source(&announces)).warnings.is_empty());
    let without = announces
        .lines()
        .filter(|line| !line.starts_with("keys") && !line.starts_with("offer"));
    let without: String = without.map(|line| format!("{line}\n")).collect();
    assert!(complaint(&source(&without)).contains("ещё не снял трубку"));
}

#[test]
fn mistakes_have_a_place_and_a_remedy() {
    let complains = |from: &str, to: &str| complaint(&source(&WAITING.replace(from, to)));
    let no_keys = WAITING.lines().filter(|line| !line.starts_with("keys"));
    let no_keys: String = no_keys.map(|line| format!("{line}\n")).collect();
    let told = [
        complaint(&source(&no_keys)),
        complains("\"#\" = \"leave_word\"", "12 = \"leave_word\""),
        complains("\"#\" = \"leave_word\"", "\"#\" = \"leave_wrod\""),
        complains("say = [\"queue_callback\"], ", ""),
        complains("after = \"45s\"", "after = \"1s\""),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

/// Elsewhere than behind a key of a queue silence must lead somewhere.
#[test]
fn an_offer_outside_a_queue_still_says_where_silence_leads() {
    let outside = WAITING.replace(
        "[[flow.leave_word]]\nvoicemail",
        "[[flow.leave_word]]\ncallback = \"tech\"\n\n[[flow.leave_word]]\nvoicemail",
    );
    assert!(complaint(&source(&outside)).contains("otherwise"));
}

fn tried(tests: &str) -> Result<(), String> {
    tried_of(WAITING, tests)
}

fn tried_of(plan: &str, tests: &str) -> Result<(), String> {
    let tests = Source {
        name: "8800.test.toml".into(),
        text: tests.into(),
    };
    let mut sources = source(plan);
    sources.push(tests);
    match accept(&sources, Horizon::from_now(irkutsk("2026-01-12T12:00"))) {
        Ok(_) => Ok(()),
        Err(problems) => Err(problems.iter().map(|it| it.render()).collect()),
    }
}

fn test(happens: &str, expect: &str) -> String {
    format!(
        "[[test]]\nname = \"t\"\ngiven = {{ from = \"+79990000042\", to = \"+78001234567\", at = \"2026-01-12T12:00\", queues = {{ tech = {{ ready = 0 }} }} }}\nhappens = {happens}\nexpect = {{ {expect} }}\n"
    )
}

#[test]
fn tests_beside_the_plan_press_keys_in_a_queue() {
    let promised = "queue = [\"tech\"], ends = \"callback\", says = [\"callback_offer\"]";
    let good = [
        test("[\"keys 1 after 40s\", \"keys 1\"]", promised),
        test(
            "[\"keys 1\", \"silent\", \"silent\", \"silent\", \"answered after 20s\"]",
            "queue = [\"tech\"], ends = \"operator\"",
        ),
        test("[\"keys # after 2m\"]", "ends = \"voicemail\""),
        // Too late: the wait is over before.
        test(
            "[\"keys 1 after 6m\"]",
            "ends = \"voicemail\", not_says = [\"callback_offer\"]",
        ),
    ];
    assert_eq!(tried(&good.concat()), Ok(()));
    let wrong = tried(&test("[\"keys 5 after 10s\"]", promised)).expect_err("no such key");
    assert!(wrong.contains("так не кончается"), "{wrong}");
}

#[test]
fn nobody_there_leads_on_whatever_keys_there_are() {
    assert!(story(&[NoOperators]).contains("Voicemail"));
}

/// Whoever does not want to wait may try those on duty, and waits on where they were if nobody takes it.
const TRIES: &str = r##"
[roster.night]
zone = "UTC"
people = { ivanov = "+79990000101", petrova = "+79990000102" }
shifts = [
  { person = "ivanov", from = 2020-01-01T00:00:00, till = 2100-01-01T00:00:00 },
  { person = "petrova", from = 2020-01-01T00:00:00, till = 2026-01-12T13:00:00, order = 2 },
]
"##;

fn tries() -> String {
    let keys = r##"2 = [{ duty = "night", ack = { prompts = ["duty_ack"] } }, { external = "+73952000105", ring = "10s" }], "#" = "leave_word""##;
    WAITING.replace(r##""#" = "leave_word""##, keys) + TRIES
}

#[test]
fn people_outside_are_tried_from_the_queue_and_the_place_is_kept() {
    let plan = loaded(&source(&tries()));
    assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
    let ends = [
        typed("2"),
        StepEnd::NotAnswered,
        StepEnd::NotAnswered,
        StepEnd::NotAnswered,
        typed("2"),
        StepEnd::Answered,
    ];
    insta::assert_snapshot!(noon().story(&plan.plan, &ends));
    // In a test beside the plan it is one queue all the time, and its wait runs on.
    let test = |happens: &str, expect: &str| {
        let text = test(happens, expect);
        tried_of(&tries(), &text)
    };
    let rung = "\"not_answered\", \"not_answered\", \"not_answered\"";
    let numbers = "external = [\"+79990000101\", \"+79990000102\", \"+73952000105\"]";
    let back = test(
        &format!("[\"keys 2 after 40s\", {rung}, \"answered after 1m\"]"),
        &format!("queue = [\"tech\"], {numbers}, ends = \"operator\""),
    );
    assert_eq!(back, Ok(()));
    let late = test(
        &format!("[\"keys 2 after 4m\", {rung}]"),
        "ends = \"voicemail\"",
    );
    assert_eq!(late, Ok(()));
}

/// Elsewhere nobody goes on in silence.
#[test]
fn outside_a_queue_people_outside_still_lead_somewhere() {
    let outside = tries().replace(
        "[[flow.leave_word]]\nvoicemail",
        "[[flow.leave_word]]\nduty = \"night\"\n\n[[flow.leave_word]]\nvoicemail",
    );
    assert!(complaint(&source(&outside)).contains("нет выхода «on_nobody»"));
}

/// Back in the queue if nobody takes it: a step of the same queue with a longer wait, however full it is by then.
#[test]
fn after_people_outside_the_same_queue_is_waited_in_on() {
    let plan = WAITING.replace("on_timeout = \"leave_word\"", "on_timeout = \"night\"")
        + TRIES
        + r#"
[queue.tech]
callers_max = 2

[[flow.night]]
duty = "night"
ack = { prompts = ["duty_ack"] }
on_nobody = "again"

[[flow.again]]
queue = "tech"
wait = "10m"
on_timeout = "leave_word"
on_no_operators = "leave_word"
on_full = "turned_away"

[[flow.turned_away]]
voicemail = ["voicemail_intro"]

[[flow.turned_away]]
close = ["goodbye"]
reason = "word_left"
"#;
    let known = loaded(&source(&plan));
    assert!(known.warnings.is_empty(), "{:?}", known.warnings);
    let test = |waiting: u32, happens: &str, expect: &str| {
        let test = test(happens, expect);
        let queues = format!("{{ ready = 0, waiting = {waiting} }}");
        tried_of(&plan, &test.replace("{ ready = 0 }", &queues))
    };
    let rung = "\"not_answered\", \"not_answered\"";
    // Nothing is said of the second wait: it is not turned away as one who comes when there are too many.
    let back = test(
        2,
        &format!("[\"timed_out\", {rung}]"),
        "queue = [\"tech\", \"tech\"], flow = [\"main\", \"night\", \"again\", \"leave_word\"], ends = \"voicemail\"",
    );
    assert_eq!(back, Ok(()));
    let answered = test(
        2,
        &format!("[\"timed_out\", {rung}, \"answered after 3m\"]"),
        "queue = [\"tech\", \"tech\"], ends = \"operator\"",
    );
    assert_eq!(answered, Ok(()));
}

/// What is behind `on_no_operators` of a queue that keeps its callers is heard in a drain: it is looked at as everything else.
#[test]
fn a_drain_is_a_way_to_the_proofs_too() {
    let kept = WAITING
        .replace("wait = \"5m\"", "wait = \"5m\"\nleave_empty = false")
        .replace(
            "on_no_operators = \"leave_word\"",
            "on_no_operators = \"drained\"",
        )
        .replace("record = \"off\"", "record = \"off\"\nlocale = \"en\"")
        + "\n[[flow.drained]]\nplay = [\"going_down\"]\n\n[[flow.drained]]\ngoto = \"leave_word\"\n";
    let loaded = loaded(&source(&kept));
    let warned: Vec<String> = loaded.warnings.iter().map(|it| it.render()).collect();
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(
        warned[0].contains("только при остановке службы"),
        "{}",
        warned[0]
    );
    let said: Vec<String> = loaded
        .plan
        .prompts()
        .keys()
        .map(ToString::to_string)
        .collect();
    assert!(said.contains(&"en/going_down".to_owned()), "{said:?}");
    let chart = loaded.plan.chart(&loaded.plan.numbers()[0]);
    assert!(
        chart
            .ways
            .iter()
            .any(|way| way.when.contains("служба останавливается"))
    );
}

/// The ladder of a queue is by time, of groups that there are, each once.
#[test]
fn a_ladder_is_read_and_its_mistakes_have_a_place() {
    let queue = |relax: &str| {
        format!(
            "{WAITING}\n[group.second]\noperators = [\"201\"]\n\n[queue.tech]\nrelax = [{relax}]\n"
        )
    };
    let good = loaded(&source(&queue("{ after = \"20s\", add = \"second\" }")));
    assert!(good.warnings.is_empty(), "{:?}", good.warnings);
    let queues = good.plan.queues();
    let tech = queues
        .iter()
        .find(|it| it.id.as_str() == "tech")
        .expect("there");
    let added = tech
        .relax
        .iter()
        .map(|it| (it.after.as_secs(), it.group.as_ref().map(|it| it.as_str())));
    assert_eq!(added.collect::<Vec<_>>(), [(20, Some("second"))]);
    let told: Vec<String> = [
        "{ after = \"20s\", add = \"secnd\" }",
        "{ after = \"20s\", add = \"tech\" }",
        "{ after = \"20s\" }",
        "{ after = \"20s\", add = \"second\" }, { after = \"40s\", add = \"second\" }",
        "",
    ]
    .iter()
    .map(|relax| complaint(&source(&queue(relax))))
    .collect();
    insta::assert_snapshot!(told.join("\n"));
}

/// A group that would be asked when everybody has left already is asked for those alone whom operators pass on.
#[test]
fn a_rung_that_nobody_waits_for_is_warned_of() {
    let warned = |after: &str| -> Vec<String> {
        let text = format!(
            "{WAITING}\n[group.second]\noperators = [\"201\"]\n\n[queue.tech]\nrelax = [{{ after = \"{after}\", add = \"second\" }}]\n"
        );
        let warnings = loaded(&source(&text)).warnings;
        let dead = warnings.iter().filter(|it| it.code == "dead_rung");
        dead.map(|it| format!("{}: {}", it.place(), it.message))
            .collect()
    };
    assert_eq!(warned("299s"), Vec::<String>::new());
    insta::assert_snapshot!(warned("300s").join("\n"), @"8800.toml:31:34: эта ступень не сработает для тех, кто пришёл по шагам плана: в очереди «tech» они ждут самое большее 300 с; группу «second» спросят лишь для переведённых операторами");
}

/// The words of the packs name keys; with others they mislead, and `check` says so.
#[test]
fn built_in_words_with_other_keys_are_warned_of() {
    let warned = |from: &str, to: &str| -> Vec<String> {
        let plan = loaded(&source(&WAITING.replace(from, to)));
        plan.warnings.iter().map(|it| it.code.to_string()).collect()
    };
    let other = "words_of_other_keys";
    assert_eq!(warned("keys = { 1 =", "keys = { 3 ="), [other]);
    let callback = "[{ callback = \"tech\" }]";
    let keyed = "[{ callback = \"tech\", key = \"5\" }]";
    assert_eq!(warned(callback, keyed), [other]);
    let own =
        "[{ callback = \"tech\", key = \"5\", prompts = [\"ours\"], check_number = [\"ours\"] }]";
    assert!(warned(callback, own).is_empty());
}
