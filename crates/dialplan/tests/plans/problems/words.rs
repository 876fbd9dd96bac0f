//! Words that are none, values that cannot be, and names that lead nowhere.
use gudok_dialplan::Source;

use super::{GOOD, instead, shown, with};
use crate::support::source;

#[test]
fn unknown_keys_with_what_was_meant() {
    insta::assert_snapshot!(instead("wait = ", "wiat = "), @r#"
    missing_key

      × не хватает ключа «wait»
        ╭─[8800.toml:26:1]
     25 │
     26 │ [[flow.main]]
        · ─────────────
     27 │ queue = "tech"
        ╰────

      добавьте строку wait = …
      [en] missing key `wait`
      add a line wait = …

    unknown_key

      × неизвестный ключ «wiat» в шаге queue
        ╭─[8800.toml:28:1]
     27 │ queue = "tech"
     28 │ wiat = "60s"
        · ────
     29 │ on_timeout = "night"
        ╰────

      возможно, вы имели в виду (did you mean): wait
      допустимо (allowed): queue, wait, priority, leave_empty, music, announce, keys, offer,
      on_timeout, on_full, on_no_operators, on_error, on_removed, on_closed
      [en] unknown key `wiat`
    "#);
    insta::assert_snapshot!(instead("[group.tech]", "[grup.tech]"), @r#"
    unknown_key

      × неизвестный ключ «grup» на верхнем уровне файла
        ╭─[8800.toml:12:2]
     11 │
     12 │ [grup.tech]
        ·  ────
     13 │ operators = ["101", "102"]
        ╰────

      возможно, вы имели в виду (did you mean): group
      допустимо (allowed): number, holidays, schedule, roster, group, skill, cap, queue, survey, flow,
      outbound, law, alarm, not_ready_reasons, dispositions, supervision
      [en] unknown key `grup`

    unknown_queue

      × нет такой очереди и такой группы: «tech»
        ╭─[8800.toml:27:9]
     26 │ [[flow.main]]
     27 │ queue = "tech"
        ·         ──────
     28 │ wait = "60s"
        ╰────

      [en] unknown queue "tech"
    "#);
    insta::assert_snapshot!(instead("play = [", "paly = ["), @r#"
    unknown_step

      × непонятный шаг: нет ни одного действия
        ╭─[8800.toml:16:1]
     15 │ [[flow.main]]
     16 │ paly = ["greeting", "notice"]
        · ────
     17 │ notice = true
        ╰────

      возможно, вы имели в виду (did you mean): play
      допустимо (allowed): play, menu, ask, set, needs, lookup, when, call, queue, operator, external,
      duty, callback, voicemail, close, hangup, goto
      [en] no action in this step
    "#);
}

#[test]
fn wrong_words_and_values() {
    insta::assert_snapshot!(instead("operators = ", "strategy = \"longest_iddle\"
operators = "), @r#"
    unknown_word

      × нет такой стратегии: «longest_iddle»
        ╭─[8800.toml:13:12]
     12 │ [group.tech]
     13 │ strategy = "longest_iddle"
        ·            ───────────────
     14 │ operators = ["101", "102"]
        ╰────

      возможно, вы имели в виду (did you mean): longest_idle
      допустимо (allowed): longest_idle, fewest_calls, least_talk, least_occupied, round_robin,
      linear, random, weighted_random, ring_all, progressive
      [en] unknown strategy "longest_iddle"

    missing_exit

      × нет выхода «on_no_operators»: здесь звонок кончился бы молчанием
        ╭─[8800.toml:28:1]
     27 │ [[flow.main]]
     28 │ queue = "tech"
        · ─────
     29 │ wait = "60s"
        ╰────

      добавьте on_no_operators = "ветка"; есть ветки: main, night
      [en] missing exit `on_no_operators`: the call would end in silence
      add on_no_operators = "flow"; there are flows: main, night

    unknown_key

      × неизвестный ключ «on_no_strategy» в шаге queue
        ╭─[8800.toml:31:1]
     30 │ on_timeout = "night"
     31 │ on_no_strategy = "longest_iddle"
        · ──────────────
     32 │ operators = "night"
        ╰────

      допустимо (allowed): queue, wait, priority, leave_empty, music, announce, keys, offer,
      on_timeout, on_full, on_no_operators, on_error, on_removed, on_closed
      [en] unknown key `on_no_strategy`

    unknown_key

      × неизвестный ключ «operators» в шаге queue
        ╭─[8800.toml:32:1]
     31 │ on_no_strategy = "longest_iddle"
     32 │ operators = "night"
        · ─────────
     33 │ on_full = "night"
        ╰────

      допустимо (allowed): queue, wait, priority, leave_empty, music, announce, keys, offer,
      on_timeout, on_full, on_no_operators, on_error, on_removed, on_closed
      [en] unknown key `operators`
    "#);
    insta::assert_snapshot!(instead("Asia/Irkutsk", "Asia/Irkutks"), @r#"
    unknown_zone

      × нет такого часового пояса: «Asia/Irkutks»
        ╭─[8800.toml:9:8]
      8 │ [schedule.office]
      9 │ zone = "Asia/Irkutks"
        ·        ──────────────
     10 │ windows = ["mon-fri 09:00-20:00"]
        ╰────

      возможно, вы имели в виду (did you mean): Asia/Irkutsk
      имя пояса из базы IANA, например Asia/Irkutsk или Europe/Moscow
      [en] unknown time zone "Asia/Irkutks"
      the name of an IANA zone, for example Asia/Irkutsk or Europe/Moscow
    "#);
    insta::assert_snapshot!(instead("mon-fri 09", "mon-fry 09"), @r#"
    unknown_weekday

      × нет такого дня недели: «fry»
        ╭─[8800.toml:10:17]
      9 │ zone = "Asia/Irkutsk"
     10 │ windows = ["mon-fry 09:00-20:00"]
        ·                 ───
     11 │
        ╰────

      возможно, вы имели в виду (did you mean): fri
      допустимо (allowed): mon, tue, wed, thu, fri, sat, sun, daily
      [en] unknown weekday "fry"
    "#);
    insta::assert_snapshot!(instead("20:00", "25:00"), @r#"
    bad_time

      × это не время суток: «25:00»
        ╭─[8800.toml:10:27]
      9 │ zone = "Asia/Irkutsk"
     10 │ windows = ["mon-fri 09:00-25:00"]
        ·                           ─────
     11 │
        ╰────

      время пишется от 00:00 до 23:59, конец может быть 24:00
      [en] not a time of day: "25:00"
      times are 00:00 to 23:59, an end may be 24:00
    "#);
    insta::assert_snapshot!(instead("09:00-20:00", "09:00-09:00"), @r#"
    empty_window

      × окно начинается и кончается в одно время
        ╭─[8800.toml:10:21]
      9 │ zone = "Asia/Irkutsk"
     10 │ windows = ["mon-fri 09:00-09:00"]
        ·                     ───────────
     11 │
        ╰────

      круглые сутки пишутся 00:00-24:00
      [en] the window begins and ends at the same time
      the whole day is written 00:00-24:00
    "#);
    insta::assert_snapshot!(instead("mon-fri 09:00-20:00", "nine to five"), @r#"
    unknown_weekday

      × нет такого дня недели: «nine»
        ╭─[8800.toml:10:13]
      9 │ zone = "Asia/Irkutsk"
     10 │ windows = ["nine to five"]
        ·             ────
     11 │
        ╰────

      допустимо (allowed): mon, tue, wed, thu, fri, sat, sun, daily
      [en] unknown weekday "nine"
    "#);
    insta::assert_snapshot!(instead("\"60s\"", "\"60 sec\""), @r#"
    bad_duration

      × непонятная длительность «60 sec»
        ╭─[8800.toml:28:8]
     27 │ queue = "tech"
     28 │ wait = "60 sec"
        ·        ────────
     29 │ on_timeout = "night"
        ╰────

      напишите целое число и единицу в кавычках: "800ms", "20s", "2m", "1h"
      [en] not a duration: "60 sec"
      write an integer and a unit in quotes: "800ms", "20s", "2m", "1h"
    "#);
    insta::assert_snapshot!(instead("\"60s\"", "60"), @r#"
    wrong_type

      × здесь нужна другая запись: ожидается строка в кавычках, а написано: целое число
        ╭─[8800.toml:28:8]
     27 │ queue = "tech"
     28 │ wait = 60
        ·        ──
     29 │ on_timeout = "night"
        ╰────

      [en] expected a string, found a whole number
    "#);
    insta::assert_snapshot!(instead("\"60s\"", "\"5h\""), @r#"
    out_of_range

      × длительность вне границ: допустимо от 1s до 120m
        ╭─[8800.toml:28:8]
     27 │ queue = "tech"
     28 │ wait = "5h"
        ·        ────
     29 │ on_timeout = "night"
        ╰────

      [en] duration out of range: 1s to 120m
    "#);
    insta::assert_snapshot!(instead("+78001234567", "8 (800) 123-45-67"), @r#"
    bad_number

      × это не номер в формате E.164: «8 (800) 123-45-67»
       ╭─[8800.toml:3:7]
     2 │ [[number]]
     3 │ did = "8 (800) 123-45-67"
       ·       ───────────────────
     4 │ schedule = "office"
       ╰────

      напишите "+78001234567"
      [en] not an E.164 number: "8 (800) 123-45-67"
      write "+78001234567"
    "#);
    insta::assert_snapshot!(instead("\"60s\"", "\"60s\"\npriority = 10"), @r#"
    out_of_range

      × число вне границ: допустимо от 0 до 9
        ╭─[8800.toml:29:12]
     28 │ wait = "60s"
     29 │ priority = 10
        ·            ──
     30 │ on_timeout = "night"
        ╰────

      [en] number out of range: 0 to 9
    "#);
    insta::assert_snapshot!(instead("reason = \"night\"", "reason = \"Ночь\""), @r#"
    bad_name

      × имя «Ночь» не годится
        ╭─[8800.toml:35:10]
     34 │ close = ["night_closed"]
     35 │ reason = "Ночь"
        ·          ──────
        ╰────

      имя — строчные латинские буквы, цифры и «_», не больше 40 знаков
      [en] not a name: "Ночь"
      a name is small Latin letters, digits and `_`, 40 characters at most
    "#);
}

#[test]
fn alarms_that_would_never_be_right() {
    let codes = |rule: &str| {
        let told = instead(
            "[group.tech]",
            &format!("[[alarm]]\n{rule}\n\n[group.tech]"),
        );
        told.lines().next().unwrap_or_default().to_owned()
    };
    for (rule, code) in [
        ("what = \"mood\"", "unknown_word"),
        ("queue = \"tech\"", "missing_key"),
        ("what = \"disk\"\nqueue = \"tech\"", "not_of_queue"),
        (
            "what = \"oldest_waiting\"\nqueue = \"tehc\"",
            "unknown_queue",
        ),
        ("what = \"service_level\"\non = 90", "unsteady_alarm"),
        ("what = \"oldest_waiting\"\non = \"30s\"", "unsteady_alarm"),
        ("what = \"oldest_waiting\"\non = 300", "wrong_type"),
        ("what = \"service_level\"\noff = 101", "out_of_range"),
        ("what = \"disk\"\n\n[[alarm]]\nwhat = \"disk\"", "duplicate"),
        ("what = \"disk\"\nlevel = 3", "unknown_key"),
    ] {
        assert_eq!(codes(rule), code, "{rule}");
    }
    let unsteady = "[[alarm]]\nwhat = \"oldest_waiting\"\non = \"30s\"\n\n[group.tech]";
    let told = instead("[group.tech]", unsteady);
    for words in [
        "тревога мигала бы: on должен быть больше off",
        "задайте оба: on и off",
    ] {
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn a_break_that_is_bound_by_nothing_that_can_be() {
    let lunch = |rule: &str| format!("[not_ready_reasons]\nLUNCH = {rule}\n\n[group.tech]");
    insta::assert_snapshot!(instead("[group.tech]", &lunch("{ text = \"Обед\", keep_ready = 501 }")), @r#"
    out_of_range

      × число вне границ: допустимо от 0 до 500
        ╭─[8800.toml:13:43]
     12 │ [not_ready_reasons]
     13 │ LUNCH = { text = "Обед", keep_ready = 501 }
        ·                                       ───
     14 │
        ╰────

      [en] number out of range: 0 to 500
    "#);
    insta::assert_snapshot!(instead("[group.tech]", &lunch("{ max = \"40m\" }")), @r#"
    missing_key

      × не хватает ключа «text»
        ╭─[8800.toml:13:9]
     12 │ [not_ready_reasons]
     13 │ LUNCH = { max = "40m" }
        ·         ───────────────
     14 │
        ╰────

      добавьте строку text = …
      [en] missing key `text`
      add a line text = …
    "#);
    let queue = "[queue.tech]\nwrap_up = \"60s\"\nwrap_up_max = \"30s\"\n\n[group.tech]";
    insta::assert_snapshot!(instead("[group.tech]", queue), @r#"
    out_of_range

      × wrap_up больше, чем wrap_up_max
        ╭─[8800.toml:14:1]
     13 │ wrap_up = "60s"
     14 │ wrap_up_max = "30s"
        · ───────────
     15 │
        ╰────

      [en] wrap_up is more than wrap_up_max
    "#);
}

#[test]
fn names_that_lead_nowhere() {
    insta::assert_snapshot!(instead("on_full = \"night\"", "on_full = \"nigth\""), @r#"
    unknown_flow

      × нет такой ветки: «nigth»
        ╭─[8800.toml:31:11]
     30 │ on_no_operators = "night"
     31 │ on_full = "nigth"
        ·           ───────
     32 │
        ╰────

      возможно, вы имели в виду (did you mean): night
      допустимо (allowed): main, night
      [en] unknown flow "nigth"
    "#);
    insta::assert_snapshot!(instead("queue = \"tech\"", "queue = \"teck\""), @r#"
    unknown_queue

      × нет такой очереди и такой группы: «teck»
        ╭─[8800.toml:27:9]
     26 │ [[flow.main]]
     27 │ queue = "teck"
        ·         ──────
     28 │ wait = "60s"
        ╰────

      возможно, вы имели в виду (did you mean): tech
      допустимо (allowed): tech
      [en] unknown queue "teck"
    "#);
    insta::assert_snapshot!(instead("schedule = \"office\"", "schedule = \"ofice\""), @r#"
    unknown_schedule

      × нет такого графика: «ofice»
       ╭─[8800.toml:4:12]
     3 │ did = "+78001234567"
     4 │ schedule = "ofice"
       ·            ───────
     5 │ flow = "main"
       ╰────

      возможно, вы имели в виду (did you mean): office
      допустимо (allowed): office
      [en] unknown schedule "ofice"
    "#);
    insta::assert_snapshot!(with("[queue.vip]\ngroup = \"tehc\"\n"), @r#"
    unknown_group

      × нет такой группы: «tehc»
        ╭─[8800.toml:37:9]
     36 │ [queue.vip]
     37 │ group = "tehc"
        ·         ──────
        ╰────

      возможно, вы имели в виду (did you mean): tech
      допустимо (allowed): tech
      [en] unknown group "tehc"
    "#);
    insta::assert_snapshot!(instead("windows", "holidays = \"ru\"\nwindows"), @r#"
    unknown_holidays

      × нет такого календаря: «ru»
        ╭─[8800.toml:10:12]
      9 │ zone = "Asia/Irkutsk"
     10 │ holidays = "ru"
        ·            ────
     11 │ windows = ["mon-fri 09:00-20:00"]
        ╰────

      положите рядом файл с календарём, например holidays-ru-2026.toml
      [en] unknown calendar "ru"
      put a calendar file beside the plan, for example holidays-ru-2026.toml
    "#);
}

#[test]
fn the_same_thing_twice() {
    insta::assert_snapshot!(with("[[number]]\ndid = \"+78001234567\"\nflow = \"main\"\n"), @r#"
    duplicate

      × номер +78001234567 уже описан в 8800.toml:2:1
        ╭─[8800.toml:37:7]
     36 │ [[number]]
     37 │ did = "+78001234567"
        ·       ──────────────
     38 │ flow = "main"
        ╰────

      [en] +78001234567 is already defined at 8800.toml:2:1
    "#);
    insta::assert_snapshot!(instead("\"102\"", "\"101\""), @r#"
    duplicate

      × оператор «101» уже есть в этой группе
        ╭─[8800.toml:13:21]
     12 │ [group.tech]
     13 │ operators = ["101", "101"]
        ·                     ─────
     14 │
        ╰────

      [en] "101" is listed twice
    "#);
    let second = Source {
        name: "second.toml".into(),
        text: "[group.tech]\noperators = [\"103\"]\n".into(),
    };
    let first = source(GOOD).remove(0);
    insta::assert_snapshot!(shown(&[first, second]), @r#"
    duplicate

      × группа «tech» уже описана в 8800.toml:12:8
       ╭─[second.toml:1:8]
     1 │ [group.tech]
       ·        ────
     2 │ operators = ["103"]
       ╰────

      [en] "tech" is already defined at 8800.toml:12:8
    "#);
    let told = |name: &str| Source {
        name: name.into(),
        text: "[supervision]\ntold = false\n".into(),
    };
    let plan = [
        source(GOOD).remove(0),
        told("first.toml"),
        told("second.toml"),
    ];
    insta::assert_snapshot!(shown(&plan), @"
    duplicate

      × [supervision] уже есть в first.toml:1:2
       ╭─[second.toml:1:2]
     1 │ [supervision]
       ·  ───────────
     2 │ told = false
       ╰────

      [en] [supervision] is already at first.toml:1:2
    ");
}

#[test]
fn an_offer_to_call_back_names_a_group_that_is_there_two_keys_and_a_way_on() {
    let offer = |group: &str, keys: &str| {
        let step = format!("[[flow.night]]\ncallback = \"{group}\"\n{keys}\n");
        let closes = "[[flow.sorry]]\nclose";
        instead("[[flow.night]]\nclose", &format!("{step}\n{closes}"))
    };
    insta::assert_snapshot!(offer("teh", "otherwise = \"sorry\""), @r#"
    unknown_group

      × нет такой группы: «teh»
        ╭─[8800.toml:34:12]
     33 │ [[flow.night]]
     34 │ callback = "teh"
        ·            ─────
     35 │ otherwise = "sorry"
        ╰────

      возможно, вы имели в виду (did you mean): tech
      допустимо (allowed): tech
      [en] unknown group "teh"
    "#);
    insta::assert_snapshot!(
        offer("tech", "key = \"3\"\nother_key = \"3\"\notherwise = \"sorry\""),
        @r#"
    two_meanings

      × клавиша 3 значит и свой номер, и другой
        ╭─[8800.toml:36:13]
     35 │ key = "3"
     36 │ other_key = "3"
        ·             ───
     37 │ otherwise = "sorry"
        ╰────

      разведите их: key = "1", other_key = "2"
      [en] key 3 means both the caller's number and another
      use two keys: key = "1", other_key = "2"
    "#
    );
    insta::assert_snapshot!(offer("tech", "key = \"D\"\ndue = \"20s\""), @r#"
    unknown_key_pressed

      × нет такой клавиши: «D»
        ╭─[8800.toml:35:7]
     34 │ callback = "tech"
     35 │ key = "D"
        ·       ───
     36 │ due = "20s"
        ╰────

      допустимо (allowed): 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, *, #
      [en] no such key: "D"

    out_of_range

      × длительность вне границ: допустимо от 1m до 10080m
        ╭─[8800.toml:36:7]
     35 │ key = "D"
     36 │ due = "20s"
        ·       ─────
     37 │
        ╰────

      [en] duration out of range: 1m to 10080m
    "#);
    insta::assert_snapshot!(offer("tech", ""), @r#"
    missing_exit

      × нет выхода «otherwise»: здесь звонок кончился бы молчанием
        ╭─[8800.toml:34:1]
     33 │ [[flow.night]]
     34 │ callback = "tech"
        · ────────
     35 │
        ╰────

      добавьте otherwise = "ветка"; есть ветки: main, night, sorry
      [en] missing exit `otherwise`: the call would end in silence
      add otherwise = "flow"; there are flows: main, night, sorry
    "#);
}
