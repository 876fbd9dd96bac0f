//! A search by something that was typed: how it is read, where it leads, what is proved of it and what tests say of it.
use gudok_dialplan::{Hit, Horizon, Source, StepEnd, accept, load};

use crate::coverage::gaps;
use crate::support::{Call, irkutsk, loaded, source, typed};

/// The account is asked for, searched, and vips have a queue of their own; nobody but vips comes to `gone`.
const PLAN: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
allow_closed = []
flow = "main"

[group.tech]
operators = ["101"]

[[flow.main]]
ask = "account"
prompts = ["ask_account"]
digits = "4-10"
otherwise = "message"

[[flow.main]]
lookup = "answer.account"
by = "account"
deadline = "2s"
on_none = [{ play = ["menu_invalid"] }]
on_many = "people"
on_error = "people"

[[flow.main]]
when = 'client.class == "vip" && client.field.tariff == "gold"'
then = [{ set = { vip = true } }]

[[flow.main]]
goto = "people"

[[flow.people]]
queue = "tech"
wait = "60s"
on_timeout = "message"
on_no_operators = "message"
on_full = "message"

[[flow.message]]
voicemail = ["voicemail_intro"]

[[flow.message]]
close = ["goodbye"]
reason = "taken"
"#;

fn story(hit: Hit) -> String {
    let plan = loaded(&source(PLAN)).plan;
    let call = Call::at("+78001234567", "2026-11-10T12:00");
    call.story(&plan, &[typed("450217"), StepEnd::Searched(hit)])
}

#[test]
fn each_answer_has_its_way_and_what_was_typed_is_masked() {
    let told: Vec<String> = Hit::ALL
        .map(|hit| format!("{hit:?}\n{}", story(hit)))
        .into();
    assert!(
        !told
            .concat()
            .replace("Typed(6 keys)", "")
            .contains("450217 ")
    );
    insta::assert_snapshot!(told.join("\n"), @r###"
    One
      8800.toml:12:1 [ask] спрашиваем «account», фразы: ask_account
    Ask { prompts: ["ask_account"], answer: Some("account"), keys: Keys { most: 10, end: Some('#'), first: 7s, between: 4s, barge_in: true, type_ahead: false, has: "" } }
      8800.toml:12:1 [typed] «account»: набрано ••••17
      8800.toml:18:1 [find] ищем клиента, у которого «account» — ••••17, не дольше 2000 мс
    Find { by: "account", value: "450217", deadline: 2s }
      8800.toml:18:1 [found] поиск по «account»: найден один клиент, дальше звонок его
      8800.toml:26:1 [condition_false] неверно: client.class == "vip" && client.field.tariff == "gold" (client.class = "unknown"; client.field.tariff: нет такого поля)
      8800.toml:30:1 [goto] переход в ветку «people»
      8800.toml:33:1 [queue] очередь «tech», приоритет 0, ждать до 60 с
    Queue { queue: tech, priority: 0, wait_max: 60s, leave_empty: true, music: "music", announce: None, keys: None }
    None
      8800.toml:12:1 [ask] спрашиваем «account», фразы: ask_account
    Ask { prompts: ["ask_account"], answer: Some("account"), keys: Keys { most: 10, end: Some('#'), first: 7s, between: 4s, barge_in: true, type_ahead: false, has: "" } }
      8800.toml:12:1 [typed] «account»: набрано ••••17
      8800.toml:18:1 [find] ищем клиента, у которого «account» — ••••17, не дольше 2000 мс
    Find { by: "account", value: "450217", deadline: 2s }
      8800.toml:18:1 [not_found] поиск по «account»: никто не найден
      8800.toml:21:14 [play] фразы: menu_invalid
    Play { prompts: ["menu_invalid"], notice: false }
      8800.toml:21:14 [played] доиграно
      8800.toml:26:1 [condition_false] неверно: client.class == "vip" && client.field.tariff == "gold" (client.class = "unknown"; client.field.tariff: нет такого поля)
      8800.toml:30:1 [goto] переход в ветку «people»
      8800.toml:33:1 [queue] очередь «tech», приоритет 0, ждать до 60 с
    Queue { queue: tech, priority: 0, wait_max: 60s, leave_empty: true, music: "music", announce: None, keys: None }
    Many
      8800.toml:12:1 [ask] спрашиваем «account», фразы: ask_account
    Ask { prompts: ["ask_account"], answer: Some("account"), keys: Keys { most: 10, end: Some('#'), first: 7s, between: 4s, barge_in: true, type_ahead: false, has: "" } }
      8800.toml:12:1 [typed] «account»: набрано ••••17
      8800.toml:18:1 [find] ищем клиента, у которого «account» — ••••17, не дольше 2000 мс
    Find { by: "account", value: "450217", deadline: 2s }
      8800.toml:18:1 [found_many] поиск по «account»: найдено несколько клиентов
      8800.toml:18:1 [goto] переход в ветку «people»
      8800.toml:33:1 [queue] очередь «tech», приоритет 0, ждать до 60 с
    Queue { queue: tech, priority: 0, wait_max: 60s, leave_empty: true, music: "music", announce: None, keys: None }
    Error
      8800.toml:12:1 [ask] спрашиваем «account», фразы: ask_account
    Ask { prompts: ["ask_account"], answer: Some("account"), keys: Keys { most: 10, end: Some('#'), first: 7s, between: 4s, barge_in: true, type_ahead: false, has: "" } }
      8800.toml:12:1 [typed] «account»: набрано ••••17
      8800.toml:18:1 [find] ищем клиента, у которого «account» — ••••17, не дольше 2000 мс
    Find { by: "account", value: "450217", deadline: 2s }
      8800.toml:18:1 [not_searched] поиск по «account»: справочник не ответил
      8800.toml:18:1 [goto] переход в ветку «people»
      8800.toml:33:1 [queue] очередь «tech», приоритет 0, ждать до 60 с
    Queue { queue: tech, priority: 0, wait_max: 60s, leave_empty: true, music: "music", announce: None, keys: None }
    "###);
}

/// An expression that comes to nothing finds nobody, and nobody is asked.
#[test]
fn nothing_is_searched_where_there_is_nothing() {
    let text = PLAN.replace(
        "lookup = \"answer.account\"",
        "lookup = 'client.field.contract'",
    );
    let plan = loaded(&source(&text)).plan;
    let call = Call::at("+78001234567", "2026-11-10T12:00");
    let told = call.story(&plan, &[typed("450217")]);
    assert!(told.contains("искать по полю «account» нечего"), "{told}");
    assert!(!told.contains("Find"), "{told}");
}

#[test]
fn mistakes_have_their_places() {
    let wrong = |of: &str, bad: &str| {
        let text = PLAN.replace(of, bad);
        assert_ne!(text, PLAN, "{of}");
        let problems = load(&source(&text)).expect_err("refused");
        let shown = problems.iter().map(|problem| problem.render());
        shown.collect::<Vec<_>>().join("\n")
    };
    let told = [
        wrong("by = \"account\"\n", ""),
        wrong("lookup = \"answer.account\"", "lookup = true"),
        wrong("lookup = \"answer.account\"", "lookup = 'caller.anonymous'"),
        wrong("lookup = \"answer.account\"", "lookup = 'answer.acount'"),
        wrong("on_many = \"people\"", "on_many = \"poeple\""),
        wrong("deadline = \"2s\"", "deadline = \"20s\""),
    ];
    insta::assert_snapshot!(told.join("\n\n"), @r#"
    missing_key

      × не хватает ключа «by»
        ╭─[8800.toml:17:1]
     16 │
     17 │ [[flow.main]]
        · ─────────────
     18 │ lookup = "answer.account"
        ╰────

      добавьте строку by = …
      [en] missing key `by`
      add a line by = …


    misplaced

      × при lookup = true ключа «by» не бывает: по номеру ищут с начала звонка
        ╭─[8800.toml:19:1]
     18 │ lookup = true
     19 │ by = "account"
        · ──
     20 │ deadline = "2s"
        ╰────

      напишите, что искать: lookup = "answer.account", by = "account"
      [en] `by` needs an expression in `lookup`
      say what to search for: lookup = "answer.account", by = "account"


    wrong_type

      × искать можно текст или число, а это: да/нет
        ╭─[8800.toml:18:10]
     17 │ [[flow.main]]
     18 │ lookup = 'caller.anonymous'
        ·          ──────────────────
     19 │ by = "account"
        ╰────

      нужно то, что набрал звонящий: "answer.account"
      [en] cannot search for a value of the type bool
      say what the caller typed: "answer.account"


    unknown_answer

      × ни один шаг не спрашивает «acount»
        ╭─[8800.toml:18:18]
     17 │ [[flow.main]]
     18 │ lookup = 'answer.acount'
        ·                  ──────
     19 │ by = "account"
        ╰────

      возможно, вы имели в виду (did you mean): account
      допустимо (allowed): account
      [en] no step asks for `acount`


    unknown_flow

      × нет такой ветки: «poeple»
        ╭─[8800.toml:22:11]
     21 │ on_none = [{ play = ["menu_invalid"] }]
     22 │ on_many = "poeple"
        ·           ────────
     23 │ on_error = "people"
        ╰────

      возможно, вы имели в виду (did you mean): people
      допустимо (allowed): main, message, people
      [en] unknown flow "poeple"


    out_of_range

      × длительность вне границ: допустимо от 100ms до 10s
        ╭─[8800.toml:20:12]
     19 │ by = "account"
     20 │ deadline = "20s"
        ·            ─────
     21 │ on_none = [{ play = ["menu_invalid"] }]
        ╰────

      [en] duration out of range: 100ms to 10s
    "#);
}

/// Closes for these callers behind the search; before it for nobody.
fn closes(condition: &str, search: &str) -> String {
    let closing = format!(
        "[[flow.main]]\nwhen = '{condition}'\nthen = [{{ close = [\"goodbye\"], reason = \"gone\" }}]\n\n[[flow.main]]\ngoto = \"people\""
    );
    let text = PLAN.replace("[[flow.main]]\ngoto = \"people\"", &closing);
    let begin = text.find("[[flow.main]]\nlookup").expect("the search");
    let end = text.find("[[flow.main]]\nwhen").expect("what follows");
    let text = format!("{}{search}{}", &text[..begin], &text[end..]);
    gaps(&text, "2026-11-10", 1)
}

#[test]
fn the_client_is_free_again_behind_a_search() {
    let search = "[[flow.main]]\nlookup = \"answer.account\"\nby = \"account\"\n\n";
    // Whoever hides the number is no client of theirs, but may type a contract.
    for condition in [
        "caller.anonymous && client.class == \"vip\"",
        "caller.number == \"\" && client.match == \"many\"",
        "caller.anonymous && client.class == \"regular\"",
    ] {
        assert_eq!(closes(condition, ""), "", "{condition}");
        assert!(closes(condition, search).contains("gone"), "{condition}");
    }
    let never = "client.match != \"one\" && client.class == \"vip\"";
    assert_eq!(closes(never, search), "");
}

/// Behind the branch of who is found the client is one; behind the others nobody new need be.
#[test]
fn who_was_found_is_one_client() {
    let branches = "[[flow.main]]\nlookup = \"answer.account\"\nby = \"account\"\non_none = \"people\"\non_many = \"people\"\non_error = \"people\"\n\n";
    assert_eq!(closes("client.match != \"one\"", branches), "");
    let open = branches.replace("on_error = \"people\"\n", "");
    assert!(closes("client.match != \"one\"", &open).contains("gone"));
}

fn tried(digits: &str, expect: &str) -> Result<usize, String> {
    let text = format!(
        "[[test]]\nname = \"один\"\ngiven = {{ from = \"+79990000042\", to = \"+78001234567\", at = \"2026-11-10T12:00\", directory = {{ account = {{ 450217 = {{ class = \"vip\", tariff = \"gold\" }}, 777777 = \"many\", 900000 = \"error\" }} }} }}\nhappens = [\"keys {digits}\", \"answered\"]\nexpect = {{ {expect} }}\n"
    );
    let sets = "then = [{ set = { vip = true } }]";
    let plan = PLAN.replace(sets, "then = [{ play = [\"please_wait\"] }]");
    let mut sources = source(&plan);
    sources.push(Source {
        name: "8800.test.toml".into(),
        text,
    });
    let horizon = Horizon::from_now(irkutsk("2026-11-10T12:00"));
    match accept(&sources, horizon) {
        Ok(accepted) => Ok(accepted.tests),
        Err(problems) => Err(problems.iter().map(|it| it.render()).collect()),
    }
}

#[test]
fn tests_beside_the_plan_say_who_is_found() {
    let (vip, unknown) = ("says = \"please_wait\"", "says = \"menu_invalid\"");
    assert_eq!(tried("450217#", vip), Ok(1));
    assert_eq!(tried("123456#", unknown), Ok(1));
    let quiet = "not_says = [\"please_wait\", \"menu_invalid\"], flow = [\"main\", \"people\"]";
    assert_eq!(tried("777777#", quiet), Ok(1));
    assert_eq!(tried("900000#", quiet), Ok(1));
    assert!(tried("123456#", vip).is_err());
}
