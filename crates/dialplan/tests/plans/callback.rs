//! The offer to call back: who is called where, what is asked on the way, and what is proved, tested and told of it.
use gudok_calendar::Overrides;
use gudok_dialplan::StepEnd::Silent;
use gudok_dialplan::{Decision, Horizon, Source, accept};

use crate::support::{Call, irkutsk, loaded, source, typed};

/// Whoever the queue has no room for is offered a call.
pub(crate) const OFFER: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"
allow_closed = []

[group.tech]
operators = ["101"]

[[flow.main]]
callback = "tech"
due = "30m"
tries = 2
otherwise = [{ voicemail = ["leave_message"] }, { close = ["goodbye"], reason = "message" }]
"#;

fn story(call: &Call, ends: &[gudok_dialplan::StepEnd]) -> String {
    let told = call.story(&loaded(&source(OFFER)).plan, ends);
    let shown = told.lines().map(|line| line.replace("8800.toml:12:1 ", ""));
    shown.collect::<Vec<_>>().join("\n")
}

fn noon() -> Call {
    Call::at("+78001234567", "2026-01-12T12:00")
}

#[test]
fn one_key_promises_a_call_to_the_number_one_calls_from() {
    insta::assert_snapshot!(story(&noon(), &[typed("1")]), @r#"
      [condition_true] верно: !caller.anonymous && caller.kind in ["mobile", "geo"] (caller.anonymous = false; caller.kind = "mobile")
      [menu] меню, фразы: callback_offer
    Ask { prompts: ["callback_offer"], answer: None, keys: Keys { most: 1, end: None, first: 5s, between: 5s, barge_in: true, type_ahead: false, has: "12" } }
      [key] нажато 1
      [callback] обещаем перезвонить на его номер за 30 мин, группа «tech»
    Promise { owed: Owed { group: Some(tech), within: 1800s, schedule: None }, keep_place: false, to: None, prompts: ["callback_within", "g_30", "minute_many", "goodbye"] }
    "#);
}

/// The prefixes let no call go to Irkutsk: that number is asked for once more, and the mobile one is taken.
#[test]
fn a_typed_number_to_which_nobody_may_call_is_asked_for_anew() {
    let prefixes = "\n[outbound]\nzone = \"Europe/Moscow\"\n[outbound.prefixes]\n\"+79\" = { minute = \"2.50\" }\n\"+7952\" = \"denied\"\n";
    let plan = loaded(&source(&format!("{OFFER}{prefixes}"))).plan;
    let ends = [
        typed("2"),
        typed("83952000001"),
        typed("89990000077"),
        typed("1"),
    ];
    let told = noon().story(&plan, &ends);
    let why = "[number_not_callable] по [outbound.prefixes] на такие номера не звонят";
    assert_eq!(told.matches(why).count(), 1, "{told}");
    assert!(told.contains("to: Some(+7999•••0077)"), "{told}");
    let denied = noon().story(&plan, &[typed("2"), typed("89520000001")]);
    assert!(denied.contains(why), "{denied}");
}

#[test]
fn another_number_is_typed_read_back_and_typed_anew() {
    let ends = [
        typed("2"),
        typed("88090000001"),
        typed("89990000077"),
        typed("2"),
        typed("83952000001"),
        typed("1"),
    ];
    insta::assert_snapshot!(story(&noon(), &ends), @r#"
      [condition_true] верно: !caller.anonymous && caller.kind in ["mobile", "geo"] (caller.anonymous = false; caller.kind = "mobile")
      [menu] меню, фразы: callback_offer
    Ask { prompts: ["callback_offer"], answer: None, keys: Keys { most: 1, end: None, first: 5s, between: 5s, barge_in: true, type_ahead: false, has: "12" } }
      [key] нажато 2
      [ask] спрашиваем «callback_number», фразы: callback_number
    Ask { prompts: ["callback_number"], answer: Some("callback_number"), keys: Keys { most: 15, end: Some('#'), first: 10s, between: 4s, barge_in: true, type_ahead: false, has: "" } }
      [typed] «callback_number»: набрано •••••••••01
      [number_not_callable] это не мобильный и не городской номер: на него не перезваниваем
      [asked_again] спрашиваем ещё раз: попытка 2 из 2
    Ask { prompts: ["callback_wrong", "callback_number"], answer: Some("callback_number"), keys: Keys { most: 15, end: Some('#'), first: 10s, between: 4s, barge_in: true, type_ahead: false, has: "" } }
      [typed] «callback_number»: набрано •••••••••77
      [menu] меню, фразы: callback_check
    Ask { prompts: ["you_typed", "plus", "digit_seven", "n_900", "n_90", "digit_nine", "digit_zero", "digit_zero", "digit_zero", "digit_zero", "digit_zero", "n_70", "digit_seven", "callback_check"], answer: None, keys: Keys { most: 1, end: None, first: 5s, between: 5s, barge_in: true, type_ahead: false, has: "12" } }
      [key] нажато 2
      [ask] спрашиваем «callback_number», фразы: callback_number
    Ask { prompts: ["callback_number"], answer: Some("callback_number"), keys: Keys { most: 15, end: Some('#'), first: 10s, between: 4s, barge_in: true, type_ahead: false, has: "" } }
      [typed] «callback_number»: набрано •••••••••01
      [menu] меню, фразы: callback_check
    Ask { prompts: ["you_typed", "plus", "digit_seven", "n_300", "n_90", "digit_five", "n_200", "digit_zero", "digit_zero", "digit_zero", "digit_one", "callback_check"], answer: None, keys: Keys { most: 1, end: None, first: 5s, between: 5s, barge_in: true, type_ahead: false, has: "12" } }
      [key] нажато 1
      [callback] обещаем перезвонить на +7395•••0001 за 30 мин, группа «tech»
    Promise { owed: Owed { group: Some(tech), within: 1800s, schedule: None }, keep_place: false, to: Some(+7395•••0001), prompts: ["callback_within", "g_30", "minute_many", "goodbye"] }
    "#);
}

#[test]
fn who_hides_the_number_is_asked_for_one() {
    let ends = [typed("9990000077"), typed("1")];
    let told = story(&noon().anonymous(), &ends);
    let reasons = told.lines().filter(|line| line.starts_with("  "));
    let reasons: String = reasons.collect();
    assert!(
        !reasons.contains("n_70") && !reasons.contains("0000077"),
        "{reasons}"
    );
    insta::assert_snapshot!(told, @r#"
      [condition_false] неверно: !caller.anonymous && caller.kind in ["mobile", "geo"] (caller.anonymous = true; caller.kind = "unknown")
      [ask] спрашиваем «callback_number», фразы: callback_number
    Ask { prompts: ["callback_number"], answer: Some("callback_number"), keys: Keys { most: 15, end: Some('#'), first: 10s, between: 4s, barge_in: true, type_ahead: false, has: "" } }
      [typed] «callback_number»: набрано ••••••••77
      [menu] меню, фразы: callback_check
    Ask { prompts: ["you_typed", "plus", "digit_seven", "n_900", "n_90", "digit_nine", "digit_zero", "digit_zero", "digit_zero", "digit_zero", "digit_zero", "n_70", "digit_seven", "callback_check"], answer: None, keys: Keys { most: 1, end: None, first: 5s, between: 5s, barge_in: true, type_ahead: false, has: "12" } }
      [key] нажато 1
      [callback] обещаем перезвонить на +7999•••0077 за 30 мин, группа «tech»
    Promise { owed: Owed { group: Some(tech), within: 1800s, schedule: None }, keep_place: false, to: Some(+7999•••0077), prompts: ["callback_within", "g_30", "minute_many", "goodbye"] }
    "#);
}

#[test]
fn who_does_not_want_it_goes_on() {
    let goes_on = |ends: &[gudok_dialplan::StepEnd]| story(&noon(), ends).contains("voicemail");
    assert!(goes_on(&[Silent, Silent]));
    assert!(goes_on(&[typed("2"), Silent, Silent]));
    let twice_wrong = [
        typed("2"),
        typed("89990000077"),
        typed("2"),
        typed("89990000078"),
        typed("2"),
    ];
    assert!(goes_on(&twice_wrong));
    assert!(!goes_on(&[Silent, typed("1")]));
}

#[test]
fn the_proof_takes_a_promise_for_an_answer() {
    let plan = loaded(&source(OFFER));
    assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
    let horizon = Horizon::from_now(irkutsk("2026-01-12T12:00")).days(2);
    let coverage = plan.plan.coverage(horizon);
    assert!(coverage.numbers[0].gaps.is_empty());
    let ends = coverage.numbers[0].stretches[0].ends.iter();
    let ends: Vec<String> = ends.map(ToString::to_string).collect();
    assert_eq!(ends, ["обратный звонок, группа tech", "голосовая почта"]);
}

#[test]
fn the_plan_has_every_phrase_that_may_be_said() {
    let prompts = loaded(&source(OFFER)).plan;
    let prompts = prompts.prompts();
    for said in [
        "callback_offer",
        "callback_number",
        "callback_wrong",
        "callback_check",
        "callback_within",
        "you_typed",
        "plus",
        "n_900",
        "g_30",
        "minute_many",
    ] {
        assert!(prompts.contains_key(said), "{said}");
    }
    let english = loaded(&source(
        &OFFER.replace("flow = ", "locale = \"en\"\nflow = "),
    ));
    assert!(english.plan.prompts().contains_key("en/callback_within"));
}

#[test]
fn a_test_beside_the_plan_says_callback() {
    let tried = |happens: &str, ends: &str| {
        let text = format!(
            "[[test]]\nname = \"один\"\ngiven = {{ from = \"+79990000042\", to = \"+78001234567\", at = \"2026-11-10T12:00\" }}\nhappens = [{happens}]\nexpect = {{ {ends} }}\n"
        );
        let mut sources = source(OFFER);
        sources.push(Source {
            name: "8800.test.toml".into(),
            text,
        });
        accept(&sources, Horizon::from_now(irkutsk("2026-11-10T12:00"))).is_ok()
    };
    let promised = "ends = \"callback\", reason = \"callback_promised\", says = [\"callback_offer\", \"callback_within\"]";
    assert!(tried("\"keys 1\"", promised));
    assert!(tried(
        "\"keys 2\", \"keys 89990000077#\", \"keys 1\"",
        "ends = \"callback\""
    ));
    assert!(tried("\"silent\", \"silent\"", "ends = \"voicemail\""));
    assert!(!tried("\"keys 1\"", "ends = \"voicemail\""));
}

#[test]
fn a_plan_that_promises_otherwise_is_another() {
    let differs = |of: &str, by: &str| {
        assert!(OFFER.contains(of), "{of}");
        let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
        let new = loaded(&source(&OFFER.replace(of, by)));
        let difference =
            new.plan
                .differs_from(&loaded(&source(OFFER)).plan, horizon, &Overrides::NONE);
        difference.lines().join("\n")
    };
    assert_eq!(differs("tries", "\ntries"), "вызовы пойдут как прежде");
    let later = differs("30m", "1h");
    assert!(
        later.contains("за 30 мин") && later.contains("за 60 мин"),
        "{later}"
    );
    let asked = differs("tries = 2", "tries = 2\nask_number = \"say_number\"");
    assert!(asked.contains("say_number"), "{asked}");
}

#[test]
fn the_number_that_was_typed_is_a_fact_and_only_the_promise_has_it_whole() {
    let loaded = loaded(&source(OFFER));
    let call = noon();
    let (number, cursor) = loaded.plan.enter(&call.dialled, &call.trunk).expect("ours");
    let mut step = loaded.plan.step(number, &cursor, None, &call.facts());
    let mut call = call;
    for keys in ["2", "89990000077", "1"] {
        step = loaded
            .plan
            .step(number, &step.cursor, Some(typed(keys)), &call.facts());
        call.memory = step.memory.clone().unwrap_or(call.memory);
    }
    let Decision::Promise {
        to: Some(to), owed, ..
    } = step.decision
    else {
        panic!("{:?}", step.decision)
    };
    assert_eq!(to.as_str(), "+79990000077");
    assert_eq!(owed.within.as_secs(), 30 * 60);
    assert_eq!(call.memory.answers["callback_number"].text, "89990000077");
}
