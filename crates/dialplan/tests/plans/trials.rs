//! Tests beside the plan: what they see, what they refuse, and how a mistake in one is shown.
use gudok_dialplan::{Horizon, Severity, Source, accept};

use crate::keys::MENU;
use crate::support::{hotline, irkutsk, source};

const TESTS: &str = include_str!("../../../../dialplans/8800.test.toml");

/// The project's own hotline with tests beside it.
fn beside(tests: &str) -> Vec<Source> {
    let mut sources = hotline();
    sources.push(Source {
        name: "8800.test.toml".into(),
        text: tests.into(),
    });
    sources
}

fn today() -> Horizon {
    Horizon::from_now(irkutsk("2026-11-10T12:00"))
}

fn refused(sources: &[Source]) -> String {
    let problems = accept(sources, today()).expect_err("refused");
    let shown = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .map(|problem| problem.render());
    shown.collect::<Vec<_>>().join("\n")
}

/// One test of the hotline, with this given besides caller, number and hour, and this expected.
fn one(given: &str, happens: &str, expect: &str) -> String {
    format!(
        "[[test]]\nname = \"один\"\ngiven = {{ from = \"+79990000042\", to = \"+78001234567\", at = \"2026-11-10T12:00\"{given} }}\nhappens = [{happens}]\nexpect = {{ {expect} }}\n"
    )
}

#[test]
fn the_hotline_passes_its_tests() {
    let accepted = accept(&beside(TESTS), today()).expect("accepted");
    assert!(accepted.tests >= 12, "{}", accepted.tests);
    assert!(accepted.warnings.is_empty(), "{:?}", accepted.warnings);
}

#[test]
fn tests_are_no_part_of_the_generation() {
    let with = accept(&beside(TESTS), today()).expect("accepted").plan;
    let without = accept(&hotline(), today()).expect("accepted").plan;
    assert_eq!(with.generation(), without.generation());
}

/// One schedule is changed: the office shuts at seven.
#[test]
fn a_changed_schedule_is_refused_with_the_test_that_fails() {
    let mut sources = beside(TESTS);
    sources[0].text = sources[0]
        .text
        .replace("mon-fri 09:00-20:00", "mon-fri 09:00-19:00");
    insta::assert_snapshot!(refused(&sources), @r#"
    test_failed

      × тест «обычный вторник: в 19:30 ещё открыто» не прошёл: ожидалось flow = ["main"], а вышло:
      │ ["night", "opening", "message"]
        ╭─[8800.test.toml:91:19]
     90 │ given = { from = "+79990000042", to = "+78001234567", at = "2026-11-10T19:30" }
     91 │ expect = { flow = "main", ends = "operator" }
        ·                   ──────
     92 │
        ╰────

      как шёл вызов:
        8800.toml:12:12: неверно: schedule.office.open (график «office» закрыт: 19:30, вторник,
      рабочие часы 09:00–19:00)
        8800.toml:14:15: переход в ветку «night»
        8800.toml:138:1: фразы: greeting, notice (уведомление о записи)
        8800.toml:138:1: доиграно
        8800.toml:142:1: ждём поиск клиента, не дольше 800 мс от начала звонка
        8800.toml:142:1: поиск клиента окончен
        8800.toml:145:1: неверно: client.class in ["vip", "engineer"] (client.class = "unknown")
        8800.toml:149:1: неверно: schedule.office.reason == "holiday" (график «office» закрыт: 19:30,
      вторник, рабочие часы 09:00–19:00)
        8800.toml:153:1: фразы: night_closed
        8800.toml:153:1: доиграно
        8800.toml:156:1: вызов подветки «opening»
        8800.toml:182:1 (вызов 8800.toml:156:1): неверно: schedule.office.opens_in_days == 0
      (schedule.office.opens_in_days = 1)
        8800.toml:186:1 (вызов 8800.toml:156:1): верно: schedule.office.opens_in_days == 1
      (schedule.office.opens_in_days = 1)
        8800.toml:187:11 (вызов 8800.toml:156:1): фразы: opens_tomorrow,
      time(schedule.office.opens_time)
        8800.toml:187:11 (вызов 8800.toml:156:1): говорим time(schedule.office.opens_time): «девять
      часов ровно»
        8800.toml:187:11 (вызов 8800.toml:156:1): доиграно
        8800.toml:190:1 (вызов 8800.toml:156:1): неверно: schedule.office.opens_in_days > 1
      (schedule.office.opens_in_days = 1)
        8800.toml:159:1: переход в ветку «message»
        8800.toml:116:1: голосовое сообщение до 120 с
        8800.toml:116:1: доиграно
        8800.toml:120:1: закрывающая фраза: voicemail_thanks, goodbye (причина: message_taken)
      [en] test "обычный вторник: в 19:30 ещё открыто" failed: expected flow = ["main"], got ["night",
      "opening", "message"]
      the way of the call is told above, in Russian

    test_failed

      × тест «обычный вторник: в 19:30 ещё открыто» не прошёл: ожидалось ends = "operator", а вышло:
      │ "voicemail"
        ╭─[8800.test.toml:91:34]
     90 │ given = { from = "+79990000042", to = "+78001234567", at = "2026-11-10T19:30" }
     91 │ expect = { flow = "main", ends = "operator" }
        ·                                  ──────────
     92 │
        ╰────

      [en] test "обычный вторник: в 19:30 ещё открыто" failed: expected ends = "operator", got
      "voicemail"
    "#);
}

#[test]
fn what_is_expected_and_what_came_are_both_shown() {
    let asked = one(
        "",
        "\"timed_out\", \"full\"",
        "queue = \"tech\", priority = 7, says = [\"notice\", \"greeting\"], not_says = \"all_busy\", ends = \"operator\", reason = \"all_busy\", external = \"+79990000101\"",
    );
    insta::assert_snapshot!(refused(&beside(&asked)), @r#"
    test_failed

      × тест «один» не прошёл: ожидалось queue = ["tech"], а вышло: ["tech", "reserve"]
       ╭─[8800.test.toml:5:20]
     4 │ happens = ["timed_out", "full"]
     5 │ expect = { queue = "tech", priority = 7, says = ["notice", "greeting"], not_says = "all_busy", ends = "operator", reason = "all_busy", external = "+79990000101" }
       ·                    ──────
       ╰────

      как шёл вызов:
        8800.toml:12:12: верно: schedule.office.open (график «office» открыт)
        8800.toml:12:12: переход в ветку «main»
        8800.toml:59:1: фразы: greeting, notice (уведомление о записи)
        8800.toml:59:1: доиграно
        8800.toml:63:1: ждём поиск клиента, не дольше 800 мс от начала звонка
        8800.toml:63:1: поиск клиента окончен
        8800.toml:66:1: неверно: client.class == "blocked" (client.class = "unknown")
        8800.toml:70:1: неверно: client.class == "vip" (client.class = "unknown")
        8800.toml:77:1: неверно: queue.tech.ready == 0 (queue.tech.ready = 3)
        8800.toml:81:1: очередь «tech», приоритет 3, ждать до 90 с
        8800.toml:81:1: очередь «tech»: не дождались ответа
        8800.toml:91:1: фразы: overflow_transfer
        8800.toml:91:1: доиграно
        8800.toml:94:1: очередь «reserve», приоритет 5, ждать до 150 с
        8800.toml:94:1: очередь «reserve»: очередь заполнена
        8800.toml:125:1: неверно: caller.anonymous (caller.anonymous = false)
        8800.toml:129:1: закрывающая фраза: all_busy, callback_promise, goodbye (причина: all_busy)
      [en] test "один" failed: expected queue = ["tech"], got ["tech", "reserve"]
      the way of the call is told above, in Russian

    test_failed

      × тест «один» не прошёл: ожидалось priority = 7, а вышло: 3
       ╭─[8800.test.toml:5:39]
     4 │ happens = ["timed_out", "full"]
     5 │ expect = { queue = "tech", priority = 7, says = ["notice", "greeting"], not_says = "all_busy", ends = "operator", reason = "all_busy", external = "+79990000101" }
       ·                                       ─
       ╰────

      [en] test "один" failed: expected priority = 7, got 3

    test_failed

      × тест «один» не прошёл: ожидалось says = ["notice", "greeting"], а вышло: ["greeting",
      │ "notice", "overflow_transfer", "all_busy", "callback_promise", "goodbye"]
       ╭─[8800.test.toml:5:49]
     4 │ happens = ["timed_out", "full"]
     5 │ expect = { queue = "tech", priority = 7, says = ["notice", "greeting"], not_says = "all_busy", ends = "operator", reason = "all_busy", external = "+79990000101" }
       ·                                                 ──────────────────────
       ╰────

      [en] test "один" failed: expected says = ["notice", "greeting"], got ["greeting", "notice",
      "overflow_transfer", "all_busy", "callback_promise", "goodbye"]

    test_failed

      × тест «один» не прошёл: ожидалось not_says = ["all_busy"], а вышло: ["greeting", "notice",
      │ "overflow_transfer", "all_busy", "callback_promise", "goodbye"]
       ╭─[8800.test.toml:5:84]
     4 │ happens = ["timed_out", "full"]
     5 │ expect = { queue = "tech", priority = 7, says = ["notice", "greeting"], not_says = "all_busy", ends = "operator", reason = "all_busy", external = "+79990000101" }
       ·                                                                                    ──────────
       ╰────

      [en] test "один" failed: expected not_says = ["all_busy"], got ["greeting", "notice",
      "overflow_transfer", "all_busy", "callback_promise", "goodbye"]

    test_failed

      × тест «один» не прошёл: ожидалось ends = "operator", а вышло: "closed"
       ╭─[8800.test.toml:5:103]
     4 │ happens = ["timed_out", "full"]
     5 │ expect = { queue = "tech", priority = 7, says = ["notice", "greeting"], not_says = "all_busy", ends = "operator", reason = "all_busy", external = "+79990000101" }
       ·                                                                                                       ──────────
       ╰────

      [en] test "один" failed: expected ends = "operator", got "closed"

    test_failed

      × тест «один» не прошёл: ожидалось external = ["+79990000101"], а вышло: []
       ╭─[8800.test.toml:5:147]
     4 │ happens = ["timed_out", "full"]
     5 │ expect = { queue = "tech", priority = 7, says = ["notice", "greeting"], not_says = "all_busy", ends = "operator", reason = "all_busy", external = "+79990000101" }
       ·                                                                                                                                                   ──────────────
       ╰────

      [en] test "один" failed: expected external = ["+79990000101"], got []
    "#);
}

#[test]
fn what_cannot_happen_is_told() {
    let never = one(
        ", queues = { tech = { ready = 1 } }",
        "\"answered\", \"full\"",
        "ends = \"operator\"",
    );
    insta::assert_snapshot!(refused(&beside(&never)), @r#"
    test_failed

      × тест «один» не прошёл: вызов кончился раньше: до этого не дошло
       ╭─[8800.test.toml:4:24]
     3 │ given = { from = "+79990000042", to = "+78001234567", at = "2026-11-10T12:00", queues = { tech = { ready = 1 } } }
     4 │ happens = ["answered", "full"]
       ·                        ──────
     5 │ expect = { ends = "operator" }
       ╰────

      как шёл вызов:
        8800.toml:12:12: верно: schedule.office.open (график «office» открыт)
        8800.toml:12:12: переход в ветку «main»
        8800.toml:59:1: фразы: greeting, notice (уведомление о записи)
        8800.toml:59:1: доиграно
        8800.toml:63:1: ждём поиск клиента, не дольше 800 мс от начала звонка
        8800.toml:63:1: поиск клиента окончен
        8800.toml:66:1: неверно: client.class == "blocked" (client.class = "unknown")
        8800.toml:70:1: неверно: client.class == "vip" (client.class = "unknown")
        8800.toml:77:1: неверно: queue.tech.ready == 0 (queue.tech.ready = 1)
        8800.toml:81:1: очередь «tech», приоритет 3, ждать до 90 с
      [en] test "один" failed: the call did not get so far
      the way of the call is told above, in Russian
    "#);
    let queue = one("", "\"not_answered\"", "ends = \"operator\"");
    let told = refused(&beside(&queue));
    assert!(told.contains("очередь «tech» так не кончается"), "{told}");
}

/// `wait` counts from the first queue: the second one rings nobody for who has none left, in a test as on a line.
#[test]
fn a_queue_that_has_no_wait_left_is_answered_by_nobody() {
    let beside = |happens: &str, expect: &str| {
        let mut sources = beside(&one("", happens, expect));
        sources[0].text = sources[0].text.replace("wait = \"150s\"", "wait = \"90s\"");
        sources
    };
    let left = beside(
        "\"timed_out\"",
        "queue = [\"tech\", \"reserve\"], ends = \"voicemail\"",
    );
    assert_eq!(accept(&left, today()).expect("accepted").tests, 1);
    for happens in ["answered", "answered after 1s", "full"] {
        let told = refused(&beside(
            &format!("\"timed_out\", \"{happens}\""),
            "ends = \"operator\"",
        ));
        assert!(
            told.contains("очередь «reserve» так не кончается"),
            "{told}"
        );
    }
}

#[test]
fn mistakes_in_a_test_are_shown_with_what_was_meant() {
    let wrong = "[[test]]\nname = \"один\"\ngivn = 1\ngiven = { from = \"+79990000042\", to = \"+78001234569\", at = \"2026-11-10T12:00\" }\nexpect = {}\n\n[[test]]\nname = \"два\"\ngiven = { from = \"здравствуйте\", to = \"+78001234567\", at = \"завтра\", client = { class = \"wip\" }, queues = { teck = { redy = 1 } } }\nhappens = [\"answerd\"]\nexpect = { flow = \"nigt\", queue = \"teck\", says = \"greting\", ends = \"operater\" }\n";
    insta::assert_snapshot!(refused(&beside(wrong)), @r#"
    unknown_key

      × неизвестный ключ «givn» в [[test]]
       ╭─[8800.test.toml:3:1]
     2 │ name = "один"
     3 │ givn = 1
       · ────
     4 │ given = { from = "+79990000042", to = "+78001234569", at = "2026-11-10T12:00" }
       ╰────

      возможно, вы имели в виду (did you mean): given
      допустимо (allowed): name, given, happens, expect
      [en] unknown key `givn`

    unknown_number

      × номера «+78001234569» нет в плане
       ╭─[8800.test.toml:4:39]
     3 │ givn = 1
     4 │ given = { from = "+79990000042", to = "+78001234569", at = "2026-11-10T12:00" }
       ·                                       ──────────────
     5 │ expect = {}
       ╰────

      возможно, вы имели в виду (did you mean): +78001234567
      допустимо (allowed): +78001234567, +78001234568
      [en] "+78001234569" is not in the plan

    missing_key

      × тест ничего не ждёт
       ╭─[8800.test.toml:5:10]
     4 │ given = { from = "+79990000042", to = "+78001234569", at = "2026-11-10T12:00" }
     5 │ expect = {}
       ·          ──
     6 │
       ╰────

      назовите хоть что-нибудь: expect = { ends = "operator" }
      [en] the test expects nothing
      expect something: expect = { ends = "operator" }

    bad_number

      × это не номер телефона: «здравствуйте»
        ╭─[8800.test.toml:9:18]
      8 │ name = "два"
      9 │ given = { from = "здравствуйте", to = "+78001234567", at = "завтра", client = { class = "wip" }, queues = { teck = { redy = 1 } } }
        ·                  ──────────────
     10 │ happens = ["answerd"]
        ╰────

      пишите "+79990000042" или "anonymous"
      [en] not a number: "здравствуйте"
      write "+79990000042" or "anonymous"

    bad_time

      × это не время: «завтра»
        ╭─[8800.test.toml:9:72]
      8 │ name = "два"
      9 │ given = { from = "здравствуйте", to = "+78001234567", at = "завтра", client = { class = "wip" }, queues = { teck = { redy = 1 } } }
        ·                                                            ────────
     10 │ happens = ["answerd"]
        ╰────

      пишите "2026-12-30T12:30" (по часам номера) или "2026-12-30T12:30+08:00"
      [en] not a moment: "завтра"
      write "2026-12-30T12:30" (by the clock of the number) or "2026-12-30T12:30+08:00"

    unknown_word

      × нет такого класса: «wip»
        ╭─[8800.test.toml:9:107]
      8 │ name = "два"
      9 │ given = { from = "здравствуйте", to = "+78001234567", at = "завтра", client = { class = "wip" }, queues = { teck = { redy = 1 } } }
        ·                                                                                         ─────
     10 │ happens = ["answerd"]
        ╰────

      возможно, вы имели в виду (did you mean): vip
      допустимо (allowed): regular, vip, lead, engineer, blocked
      [en] unknown class "wip"

    unknown_word

      × нет такой очереди: «teck»
        ╭─[8800.test.toml:9:127]
      8 │ name = "два"
      9 │ given = { from = "здравствуйте", to = "+78001234567", at = "завтра", client = { class = "wip" }, queues = { teck = { redy = 1 } } }
        ·                                                                                                             ────
     10 │ happens = ["answerd"]
        ╰────

      возможно, вы имели в виду (did you mean): tech
      допустимо (allowed): emergency, reserve, tech
      [en] unknown queue "teck"

    unknown_key

      × неизвестный ключ «redy» у очереди
        ╭─[8800.test.toml:9:136]
      8 │ name = "два"
      9 │ given = { from = "здравствуйте", to = "+78001234567", at = "завтра", client = { class = "wip" }, queues = { teck = { redy = 1 } } }
        ·                                                                                                                      ────
     10 │ happens = ["answerd"]
        ╰────

      возможно, вы имели в виду (did you mean): ready
      допустимо (allowed): waiting, ready, logged_in, longest_wait
      [en] unknown key `redy`

    unknown_word

      × так ничего не кончается: «answerd»
        ╭─[8800.test.toml:10:12]
      9 │ given = { from = "здравствуйте", to = "+78001234567", at = "завтра", client = { class = "wip" }, queues = { teck = { redy = 1 } } }
     10 │ happens = ["answerd"]
        ·            ─────────
     11 │ expect = { flow = "nigt", queue = "teck", says = "greting", ends = "operater" }
        ╰────

      возможно, вы имели в виду (did you mean): answered
      допустимо (allowed): answered, timed_out, no_operators, full, failed, removed, closed,
      not_answered, silent, answered after 20s, keys 1, keys 1 after 40s
      [en] unknown end "answerd"

    unknown_word

      × нет такой ветки: «nigt»
        ╭─[8800.test.toml:11:19]
     10 │ happens = ["answerd"]
     11 │ expect = { flow = "nigt", queue = "teck", says = "greting", ends = "operater" }
        ·                   ──────
        ╰────

      возможно, вы имели в виду (did you mean): night
      допустимо (allowed): @+78001234567, busy, duty, emergency, last_resort, main, message, night,
      overflow, refuse, opening
      [en] unknown flow "nigt"

    unknown_word

      × нет такой очереди: «teck»
        ╭─[8800.test.toml:11:35]
     10 │ happens = ["answerd"]
     11 │ expect = { flow = "nigt", queue = "teck", says = "greting", ends = "operater" }
        ·                                   ──────
        ╰────

      возможно, вы имели в виду (did you mean): tech
      допустимо (allowed): emergency, reserve, tech
      [en] unknown queue "teck"

    unknown_word

      × нет в плане такой фразы: «greting»
        ╭─[8800.test.toml:11:50]
     10 │ happens = ["answerd"]
     11 │ expect = { flow = "nigt", queue = "teck", says = "greting", ends = "operater" }
        ·                                                  ─────────
        ╰────

      возможно, вы имели в виду (did you mean): greeting
      [en] unknown prompt "greting"

    unknown_word

      × так вызов не кончается: «operater»
        ╭─[8800.test.toml:11:68]
     10 │ happens = ["answerd"]
     11 │ expect = { flow = "nigt", queue = "teck", says = "greting", ends = "operater" }
        ·                                                                    ──────────
        ╰────

      возможно, вы имели в виду (did you mean): operator
      допустимо (allowed): operator, external, voicemail, callback, closed, hangup
      [en] unknown end "operater"
    "#);
}

/// Where the caller is from: what is told, else what the code of the number says.
#[test]
fn the_region_of_a_caller_is_given_or_that_of_the_code() {
    let far = |from: &str, region: &str, end: &str| {
        let mut sources = hotline();
        let (of, ask) = (
            "[[flow.main]]",
            "[[flow.main]]\nwhen = 'caller.region == \"RU-IRK\"'\nthen = [{ close = [\"goodbye\"], reason = \"blocked\" }]\n\n[[flow.main]]",
        );
        sources[0].text = sources[0].text.replacen(of, ask, 1);
        let text = format!(
            "[[test]]\nname = \"один\"\ngiven = {{ from = \"{from}\", to = \"+78001234567\", at = \"2026-11-10T12:00\"{region} }}\nexpect = {{ ends = \"{end}\" }}\n"
        );
        sources.push(Source {
            name: "8800.test.toml".into(),
            text,
        });
        match accept(&sources, today()) {
            Ok(accepted) => format!("tests: {}", accepted.tests),
            Err(problems) => problems[0].render(),
        }
    };
    let cases = [
        ("+79990000042", ", region = \"RU-IRK\"", "closed"),
        ("+79990000042", "", "operator"),
        ("+73952000042", "", "closed"),
        ("+73952000042", ", region = \"\"", "operator"),
    ];
    for (from, region, end) in cases {
        assert_eq!(far(from, region, end), "tests: 1", "{from}{region}");
    }
    let unknown = far("+79990000042", ", region = \"RU-IRQ\"", "operator");
    insta::assert_snapshot!(unknown, @r#"
    unknown_word

      × нет такого региона: «RU-IRQ»
       ╭─[8800.test.toml:3:89]
     2 │ name = "один"
     3 │ given = { from = "+79990000042", to = "+78001234567", at = "2026-11-10T12:00", region = "RU-IRQ" }
       ·                                                                                         ────────
     4 │ expect = { ends = "operator" }
       ╰────

      возможно, вы имели в виду (did you mean): RU-IRK
      [en] unknown region "RU-IRQ"
    "#);
}

/// What is pressed stands among what happens; who is not said to press anything is silent.
#[test]
fn a_test_presses_keys() {
    let tried = |happens: &str, expect: &str| {
        let mut sources = source(MENU);
        let tests = one("", happens, expect);
        sources.push(Source {
            name: "8800.test.toml".into(),
            text: tests,
        });
        match accept(&sources, today()) {
            Ok(accepted) => format!("tests: {}", accepted.tests),
            Err(problems) => problems[0].message.clone(),
        }
    };
    let gold = [
        "\"keys 1\", \"keys 123#\", \"keys 45021702\"",
        "reason = \"gold\"",
    ];
    let found = [
        tried(gold[0], gold[1]),
        tried(
            "\"silent\", \"keys 2\", \"answered\"",
            "says = \"are_you_there\", ends = \"operator\"",
        ),
        tried("\"timed_out\"", "queue = \"tech\", reason = \"sorry\""),
        tried("\"keys 1\", \"keys 45021702\"", "reason = \"plain\""),
        tried("\"keys 2\", \"keys 1\"", "reason = \"sorry\""),
        tried("\"keys 1x\"", "reason = \"sorry\""),
    ];
    insta::assert_debug_snapshot!(found, @r#"
[
    "tests: 1",
    "tests: 1",
    "tests: 1",
    "тест «один» не прошёл: ожидалось reason = \"plain\", а вышло: \"gold\"",
    "тест «один» не прошёл: очередь «tech» так не кончается",
    "так ничего не кончается: «keys 1x»",
]
"#);
}

/// A question of four to eight digits, a minute before noon.
const ASK: &str = r#"
[[number]]
did = "+78001234567"
zone = "Asia/Irkutsk"
record = "off"
flow = "main"

[[flow.main]]
ask = "account"
prompts = ["say_account"]
digits = "4-8"
between = "60s"
tries = 2
on_invalid = ["wrong_account"]
on_timeout = ["are_you_there"]
otherwise = [{ close = ["sorry"], reason = "tries" }]

[[flow.main]]
when = 'now.hour == 12'
then = [{ close = ["goodbye"], reason = "noon" }]

[[flow.main]]
when = 'answer.account == "4502"'
then = [{ close = ["goodbye"], reason = "right" }]

[[flow.main]]
close = ["goodbye"]
reason = "wrong"
"#;

/// As the live machine takes them: one test each in `switchboard`.
#[test]
fn keys_are_taken_as_in_a_live_call() {
    for (happens, expect) in [
        // The star begins anew; what comes behind the end is lost.
        ("\"keys 99*4502#7\"", "reason = \"right\""),
        ("\"keys 12345678#\"", "reason = \"wrong\""),
        // The end alone is an answer, and a wrong one; the fourth star too.
        (
            "\"keys #\", \"keys 4502#\"",
            "says = \"wrong_account\", not_says = \"are_you_there\", reason = \"right\"",
        ),
        (
            "\"keys ****\", \"keys #\"",
            "says = \"wrong_account\", reason = \"tries\"",
        ),
        // Who stops has paused for as long as the next digit is awaited, who erases it all for as long as the first is.
        ("\"keys 4502\"", "reason = \"noon\""),
        (
            "\"keys 45*\", \"keys 4502#\"",
            "says = \"are_you_there\", reason = \"right\"",
        ),
    ] {
        let test = format!(
            "[[test]]\nname = \"клавиши\"\ngiven = {{ from = \"+79990000042\", to = \"+78001234567\", at = \"2026-11-10T11:59\" }}\nhappens = [{happens}]\nexpect = {{ {expect} }}\n"
        );
        let mut sources = source(ASK);
        sources.push(Source {
            name: "8800.test.toml".into(),
            text: test,
        });
        let accepted = accept(&sources, today());
        let told = accepted.map(|accepted| accepted.tests).map_err(|problems| {
            let shown = problems.iter().map(|problem| problem.render());
            shown.collect::<Vec<_>>().join("\n")
        });
        assert_eq!(told, Ok(1), "{happens}");
    }
}
