//! Every kind of mistake, as the admin sees it.
use gudok_dialplan::{Severity, Source, load};

use crate::support::{loaded, source};

/// A small plan without a mistake.
const GOOD: &str = r#"
[[number]]
did = "+78001234567"
schedule = "office"
flow = "main"
after_hours = "night"

[schedule.office]
zone = "Asia/Irkutsk"
windows = ["mon-fri 09:00-20:00"]

[group.tech]
operators = ["101", "102"]

[[flow.main]]
play = ["greeting", "notice"]
notice = true

[[flow.main]]
lookup = true

[[flow.main]]
when = 'client.class == "vip"'
goto = "night"

[[flow.main]]
queue = "tech"
wait = "60s"
on_timeout = "night"
on_no_operators = "night"
on_full = "night"

[[flow.night]]
close = ["night_closed"]
reason = "night"
"#;

/// The good plan with one thing replaced, as it is refused.
fn instead(of: &str, bad: &str) -> String {
    assert!(GOOD.contains(of), "{of}");
    refused(&GOOD.replace(of, bad))
}

/// The good plan with something added, as it is refused.
fn with(more: &str) -> String {
    refused(&format!("{GOOD}{more}"))
}

fn refused(text: &str) -> String {
    shown(&source(text))
}

fn shown(sources: &[Source]) -> String {
    let problems = match load(sources) {
        Ok(loaded) => loaded.warnings,
        Err(problems) => {
            assert!(
                problems
                    .iter()
                    .any(|problem| problem.severity == Severity::Error)
            );
            problems
        }
    };
    let shown: Vec<_> = problems.iter().map(|problem| problem.render()).collect();
    shown.join("\n")
}

#[test]
fn the_good_plan_is_good() {
    assert!(loaded(&source(GOOD)).warnings.is_empty());
}

#[test]
fn a_file_that_is_not_toml() {
    insta::assert_snapshot!(refused("[[number]]\ndid = +7800\nflow = \"main"), @r#"
    syntax

      × это не TOML: строка не закрыта кавычкой
       ╭─[8800.toml:3:12]
     2 │ did = +7800
     3 │ flow = "main
       ·            ─
       ╰────

      проверьте кавычки, скобки и знак «=» в этой строке
      [en] invalid basic string, expected `"`
    "#);
}

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

    unknown_key

      × неизвестный ключ «wiat» в шаге queue
        ╭─[8800.toml:28:1]
     27 │ queue = "tech"
     28 │ wiat = "60s"
        · ────
     29 │ on_timeout = "night"
        ╰────

      возможно, вы имели в виду: wait
      допустимо: queue, wait, priority, leave_empty, music, announce, on_timeout, on_full,
      on_no_operators
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

      возможно, вы имели в виду: group
      допустимо: number, holidays, schedule, roster, group, queue, flow, not_ready_reasons,
      dispositions
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

      возможно, вы имели в виду: play
      допустимо: play, menu, ask, set, lookup, when, queue, external, duty, voicemail, close, hangup,
      goto
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

      возможно, вы имели в виду: longest_idle
      допустимо: longest_idle, round_robin, linear, ring_all
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

    unknown_key

      × неизвестный ключ «on_no_strategy» в шаге queue
        ╭─[8800.toml:31:1]
     30 │ on_timeout = "night"
     31 │ on_no_strategy = "longest_iddle"
        · ──────────────
     32 │ operators = "night"
        ╰────

      допустимо: queue, wait, priority, leave_empty, music, announce, on_timeout, on_full,
      on_no_operators
      [en] unknown key `on_no_strategy`

    unknown_key

      × неизвестный ключ «operators» в шаге queue
        ╭─[8800.toml:32:1]
     31 │ on_no_strategy = "longest_iddle"
     32 │ operators = "night"
        · ─────────
     33 │ on_full = "night"
        ╰────

      допустимо: queue, wait, priority, leave_empty, music, announce, on_timeout, on_full,
      on_no_operators
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

      возможно, вы имели в виду: Asia/Irkutsk
      имя пояса из базы IANA, например Asia/Irkutsk или Europe/Moscow
      [en] unknown time zone "Asia/Irkutks"
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

      возможно, вы имели в виду: fri
      допустимо: mon, tue, wed, thu, fri, sat, sun, daily
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

      допустимо: mon, tue, wed, thu, fri, sat, sun, daily
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

      возможно, вы имели в виду: night
      допустимо: main, night
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

      возможно, вы имели в виду: tech
      допустимо: tech
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

      возможно, вы имели в виду: office
      допустимо: office
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

      возможно, вы имели в виду: tech
      допустимо: tech
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
}

#[test]
fn a_call_may_not_end_in_silence() {
    insta::assert_snapshot!(instead("on_timeout = \"night\"\n", ""), @r#"
    missing_exit

      × нет выхода «on_timeout»: здесь звонок кончился бы молчанием
        ╭─[8800.toml:27:1]
     26 │ [[flow.main]]
     27 │ queue = "tech"
        · ─────
     28 │ wait = "60s"
        ╰────

      добавьте on_timeout = "ветка"; есть ветки: main, night
      [en] missing exit `on_timeout`: the call would end in silence
    "#);
    insta::assert_snapshot!(instead("close = [\"night_closed\"]\nreason = \"night\"", "play = [\"night_closed\"]"), @r#"
    silent_end

      × после этого шага ветка «night» кончается молчанием
        ╭─[8800.toml:34:1]
     33 │ [[flow.night]]
     34 │ play = ["night_closed"]
        · ────
        ╰────

      закончите очередью (queue), внешним номером (external), закрывающей фразой (close), переходом
      (goto) или hangup с allow_hangup
      [en] flow `night` ends in silence after this step
    "#);
    let voicemail = "voicemail = [\"voicemail_intro\"]";
    insta::assert_snapshot!(instead("close = [\"night_closed\"]\nreason = \"night\"", voicemail), @r#"
    silent_end

      × после этого шага ветка «night» кончается молчанием
        ╭─[8800.toml:34:1]
     33 │ [[flow.night]]
     34 │ voicemail = ["voicemail_intro"]
        · ─────────
        ╰────

      закончите очередью (queue), внешним номером (external), закрывающей фразой (close), переходом
      (goto) или hangup с allow_hangup
      [en] flow `night` ends in silence after this step
    "#);
    insta::assert_snapshot!(instead("close = [\"night_closed\"]\nreason = \"night\"", "hangup = true"), @r#"
    bare_hangup

      × повесить трубку молча нельзя без названной причины
        ╭─[8800.toml:34:1]
     33 │ [[flow.night]]
     34 │ hangup = true
        · ──────
        ╰────

      назовите причину: allow_hangup = "spam", или попрощайтесь: close = ["goodbye"]
      [en] a bare hang-up needs a named reason
    "#);
    let condition =
        "when = 'caller.anonymous'\nthen = [{ close = [\"goodbye\"], reason = \"anonymous\" }]";
    insta::assert_snapshot!(instead("close = [\"night_closed\"]\nreason = \"night\"", condition), @r#"
    silent_end

      × после этого шага ветка «night» кончается молчанием
        ╭─[8800.toml:34:1]
     33 │ [[flow.night]]
     34 │ when = 'caller.anonymous'
        · ────
     35 │ then = [{ close = ["goodbye"], reason = "anonymous" }]
        ╰────

      закончите очередью (queue), внешним номером (external), закрывающей фразой (close), переходом
      (goto) или hangup с allow_hangup
      [en] flow `night` ends in silence after this step
    "#);
}

#[test]
fn ways_that_are_wrong() {
    insta::assert_snapshot!(with("[[flow.night]]\nplay = [\"goodbye\"]\n"), @r#"
    unreachable

      × до этого шага звонок никогда не дойдёт: предыдущий шаг уводит его навсегда
        ╭─[8800.toml:37:1]
     36 │ [[flow.night]]
     37 │ play = ["goodbye"]
        · ────
        ╰────

      уберите шаг или перенесите его выше
      [en] no call gets to this step
    "#);
    insta::assert_snapshot!(instead("close = [\"night_closed\"]\nreason = \"night\"", "goto = \"night\""), @r#"
    endless

      × бесконечный круг через ветку «night»: в нём никто не ждёт и ничего не звучит
        ╭─[8800.toml:34:1]
     33 │ [[flow.night]]
     34 │ goto = "night"
        · ────
        ╰────

      добавьте в круг фразу или очередь или уберите goto
      [en] an endless circle through flow `night`
    "#);
    let round = "play = [\"night_closed\"]\n[[flow.night]]\ngoto = \"main\"";
    insta::assert_snapshot!(instead("close = [\"night_closed\"]\nreason = \"night\"", round), @r#"
    circle

      ⚠ звонок может ходить по кругу через ветку «main»
        ╭─[8800.toml:16:1]
     15 │ [[flow.main]]
     16 │ play = ["greeting", "notice"]
        · ────
     17 │ notice = true
        ╰────

      круг оборвётся после 200 шагов закрывающей фразой
      [en] a call can go round through flow `main`
    "#);
    insta::assert_snapshot!(with("[[flow.lonely]]\ngoto = \"main\"\n[group.idle]\noperators = [\"9\"]\n"), @r#"
    unused

      ⚠ в ветку «lonely» не ведёт ни один номер
        ╭─[8800.toml:36:8]
     35 │ reason = "night"
     36 │ [[flow.lonely]]
        ·        ──────
     37 │ goto = "main"
        ╰────

      [en] no number leads to flow `lonely`

    unused

      ⚠ в группу «idle» не ведёт ни одна очередь
        ╭─[8800.toml:38:8]
     37 │ goto = "main"
     38 │ [group.idle]
        ·        ────
     39 │ operators = ["9"]
        ╰────

      [en] no queue leads to group `idle`
    "#);
    insta::assert_snapshot!(instead("queue = \"tech\"", "queue = \"tech\"\nexternal = \"+79990000101\""), @r#"
    two_actions

      × в одном шаге и «queue», и «external»
        ╭─[8800.toml:28:1]
     27 │ queue = "tech"
     28 │ external = "+79990000101"
        · ────────
     29 │ wait = "60s"
        ╰────

      один шаг делает одно дело: начните второй с новой строки [[flow.…]]
      [en] both `queue` and `external` in one step
    "#);
}

#[test]
fn nobody_is_recorded_who_was_not_told() {
    insta::assert_snapshot!(instead("notice = true", "notice = false"), @r#"
    no_notice

      × номер «+78001234567»: до разговора можно дойти без уведомления о записи
        ╭─[8800.toml:27:1]
     26 │ [[flow.main]]
     27 │ queue = "tech"
        · ─────
     28 │ wait = "60s"
        ╰────

      проиграйте его раньше: play = ["notice"] с notice = true; или поставьте номеру record = "off"
      [en] 8800.toml:2:1: a talk can be reached without the recording notice
    "#);
    let direct = instead(
        "flow = \"main\"",
        "record = \"from_answer\"\nflow = \"main\"",
    );
    assert_eq!(direct, "");
}

#[test]
fn nothing_is_played_before_the_answer() {
    let ring = "answer = \"ring\"\nrecord = \"off\"\nflow = \"main\"";
    insta::assert_snapshot!(instead("flow = \"main\"", ring), @r#"
    play_before_answer

      × номер «+78001234567» ещё не снял трубку (answer = "ring"): фразу никто не услышит
        ╭─[8800.toml:18:1]
     17 │ [[flow.main]]
     18 │ play = ["greeting", "notice"]
        · ────
     19 │ notice = true
        ╰────

      поставьте номеру answer = "answer" или "early_media" или уберите фразу
      [en] 8800.toml:2:1: nothing can be played before the answer
    "#);
}

#[test]
fn conditions_that_cannot_be_true() {
    let when = |condition: &str| instead(r#"client.class == "vip""#, condition);
    insta::assert_snapshot!(when("client.clas == \"vip\""), @r#"
    unknown_fact

      × у «client» нет «clas»
        ╭─[8800.toml:23:16]
     22 │ [[flow.main]]
     23 │ when = 'client.clas == "vip"'
        ·                ────
     24 │ goto = "night"
        ╰────

      возможно, вы имели в виду: class
      допустимо: match, id, name, class, source, field
      [en] `client` has no `clas`
    "#);
    insta::assert_snapshot!(when("client.class == \"vpi\""), @r#"
    unknown_word

      × сравнение никогда не будет верно: такого слова нет: «vpi»
        ╭─[8800.toml:23:25]
     22 │ [[flow.main]]
     23 │ when = 'client.class == "vpi"'
        ·                         ─────
     24 │ goto = "night"
        ╰────

      возможно, вы имели в виду: vip
      допустимо: regular, vip, lead, engineer, blocked, unknown
      [en] never equal: no such word "vpi"
    "#);
    insta::assert_snapshot!(when("caller.anonymous && schedule.ofice.open"), @r#"
    unknown_schedule

      × нет такого графика: «ofice»
        ╭─[8800.toml:23:38]
     22 │ [[flow.main]]
     23 │ when = 'caller.anonymous && schedule.ofice.open'
        ·                                      ─────
     24 │ goto = "night"
        ╰────

      возможно, вы имели в виду: office
      допустимо: office
      [en] unknown schedule `ofice`
    "#);
    insta::assert_snapshot!(when("queue.tech.wait > 3"), @r#"
    unknown_fact

      × у «queue.tech» нет «wait»
        ╭─[8800.toml:23:20]
     22 │ [[flow.main]]
     23 │ when = 'queue.tech.wait > 3'
        ·                    ────
     24 │ goto = "night"
        ╰────

      допустимо: waiting, ready, logged_in, longest_wait
      [en] `queue.tech` has no `wait`
    "#);
    insta::assert_snapshot!(when("queue.tech.waiting > \"3\""), @r#"
    wrong_type

      × так сравнивать нельзя: целое число и строка
        ╭─[8800.toml:23:28]
     22 │ [[flow.main]]
     23 │ when = 'queue.tech.waiting > "3"'
        ·                            ─
     24 │ goto = "night"
        ╰────

      [en] int and string cannot be compared
    "#);
    insta::assert_snapshot!(when("client.name"), @r#"
    wrong_type

      × условие должно отвечать «да» или «нет», а здесь строка
        ╭─[8800.toml:23:9]
     22 │ [[flow.main]]
     23 │ when = 'client.name'
        ·         ───────────
     24 │ goto = "night"
        ╰────

      сравните значение: ==, !=, <, >, in
      [en] a condition must be a bool, this is string
    "#);
    insta::assert_snapshot!(when("caller.region == \"RU-IRKU\""), @r#"
    unknown_word

      × сравнение никогда не будет верно: такого слова нет: «RU-IRKU»
        ╭─[8800.toml:23:26]
     22 │ [[flow.main]]
     23 │ when = 'caller.region == "RU-IRKU"'
        ·                          ─────────
     24 │ goto = "night"
        ╰────

      возможно, вы имели в виду: RU-IRK
      [en] never equal: no such word "RU-IRKU"
    "#);
    insta::assert_snapshot!(when("caller.number == \"89990000042\""), @r#"
    bad_number

      × сравнение никогда не будет верно: номера здесь в формате E.164
        ╭─[8800.toml:23:26]
     22 │ [[flow.main]]
     23 │ when = 'caller.number == "89990000042"'
        ·                          ─────────────
     24 │ goto = "night"
        ╰────

      напишите "+79990000042"
      [en] never equal: numbers are in E.164 here
    "#);
    insta::assert_snapshot!(when("client.class = \"vip\""), @r#"
    bad_condition

      × условие не читается: token recognition error at: '= '
        ╭─[8800.toml:23:22]
     22 │ [[flow.main]]
     23 │ when = 'client.class = "vip"'
        ·                      ─
     24 │ goto = "night"
        ╰────

      пример: 'client.class == "vip" && schedule.office.open'
      [en] the condition cannot be read: token recognition error at: '= '
    "#);
    insta::assert_snapshot!(when("client.class.startWith(\"v\")"), @r#"
    unknown_function

      × нет такой функции: «startWith»
        ╭─[8800.toml:23:22]
     22 │ [[flow.main]]
     23 │ when = 'client.class.startWith("v")'
        ·                      ─────────
     24 │ goto = "night"
        ╰────

      возможно, вы имели в виду: startsWith
      допустимо: startsWith, endsWith, contains, size, int, double, string, has, exists, all,
      exists_one
      [en] unknown function `startWith`
    "#);
    insta::assert_snapshot!(when("now.weekday in [\"sat\", \"sunday\"] || now.hour"), @r#"
    unknown_word

      × сравнение никогда не будет верно: такого слова нет: «sunday»
        ╭─[8800.toml:23:32]
     22 │ [[flow.main]]
     23 │ when = 'now.weekday in ["sat", "sunday"] || now.hour'
        ·                                ────────
     24 │ goto = "night"
        ╰────

      допустимо: mon, tue, wed, thu, fri, sat, sun
      [en] never equal: no such word "sunday"

    wrong_type

      × здесь нужно «да» или «нет», а это целое число
        ╭─[8800.toml:23:45]
     22 │ [[flow.main]]
     23 │ when = 'now.weekday in ["sat", "sunday"] || now.hour'
        ·                                             ────────
     24 │ goto = "night"
        ╰────

      сравните значение: ==, !=, <, >, in
      [en] expected a bool, found int
    "#);
    insta::assert_snapshot!(when("schedule"), @r#"
    unknown_fact

      × «schedule» — ещё не значение: после точки нужно слово
        ╭─[8800.toml:23:9]
     22 │ [[flow.main]]
     23 │ when = 'schedule'
        ·         ────────
     24 │ goto = "night"
        ╰────

      допустимо: office
      [en] `schedule` is not a value yet: a word must follow
    "#);
}

#[test]
fn the_column_is_right_in_strings_with_escapes() {
    let bad = r#"when = "caller.display == \"Ж\\\"\" && client.clas == \"vip\"""#;
    insta::assert_snapshot!(instead(r#"when = 'client.class == "vip"'"#, bad), @r#"
    unknown_fact

      × у «client» нет «clas»
        ╭─[8800.toml:23:48]
     22 │ [[flow.main]]
     23 │ when = "caller.display == \"Ж\\\"\" && client.clas == \"vip\""
        ·                                               ────
     24 │ goto = "night"
        ╰────

      возможно, вы имели в виду: class
      допустимо: match, id, name, class, source, field
      [en] `client` has no `clas`
    "#);
    let lines = "when = '''\n  caller.anonymous &&\n  client.clas == \"vip\"'''";
    insta::assert_snapshot!(instead(r#"when = 'client.class == "vip"'"#, lines), @r#"
    unknown_fact

      × у «client» нет «clas»
        ╭─[8800.toml:25:10]
     24 │   caller.anonymous &&
     25 │   client.clas == "vip"'''
        ·          ────
     26 │ goto = "night"
        ╰────

      возможно, вы имели в виду: class
      допустимо: match, id, name, class, source, field
      [en] `client` has no `clas`
    "#);
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = GOOD
        .replace("Irkutsk", "Irkutks")
        .replace("\"60s\"", "\"60\"")
        .replace("goto = ", "gto = ");
    let problems = load(&source(&text)).expect_err("mistakes");
    let list: Vec<_> = problems
        .iter()
        .map(|p| format!("{} {}", p.place(), p.code))
        .collect();
    insta::assert_snapshot!(list.join("\n"), @r"
    8800.toml:9:8 unknown_zone
    8800.toml:23:1 missing_key
    8800.toml:24:1 unknown_key
    8800.toml:28:8 bad_duration
    ");
}

#[test]
fn an_empty_plan_is_none() {
    insta::assert_snapshot!(shown(&[]), @r"
    no_numbers

      × в плане нет ни одного номера
       ╭─[dialplan:1:1]
       ╰────

      добавьте [[number]] с did и flow
      [en] the plan has no number
    ");
}

#[test]
fn calendars_are_checked() {
    let days = |days: &str| {
        with(&format!(
            "[[holidays]]\ncalendar = \"ru\"\nyear = 2026\nsource = \"ТК РФ\"\ndays = [\n  {days}\n]\n"
        ))
    };
    insta::assert_snapshot!(days("{ date = 2025-01-01, kind = \"holiday\" }"), @r#"
    wrong_year

      × дата 2025-01-01 не относится к 2026 году
        ╭─[8800.toml:41:12]
     40 │ days = [
     41 │   { date = 2025-01-01, kind = "holiday" }
        ·            ──────────
     42 │ ]
        ╰────

      [en] 2025-01-01 is not in 2026
    "#);
    insta::assert_snapshot!(days("{ date = \"2026-13-01\", kind = \"hollyday\" }"), @r#"
    bad_date

      × это не дата: «2026-13-01»
        ╭─[8800.toml:41:12]
     40 │ days = [
     41 │   { date = "2026-13-01", kind = "hollyday" }
        ·            ────────────
     42 │ ]
        ╰────

      дата пишется ГГГГ-ММ-ДД: 2026-12-31
      [en] not a date: "2026-13-01"

    unknown_word

      × нет такого вида дня: «hollyday»
        ╭─[8800.toml:41:33]
     40 │ days = [
     41 │   { date = "2026-13-01", kind = "hollyday" }
        ·                                 ──────────
     42 │ ]
        ╰────

      возможно, вы имели в виду: holiday
      допустимо: holiday, off, work, short
      [en] unknown kind of day "hollyday"
    "#);
    let two = "[[holidays]]\ncalendar = \"a\"\nextends = \"b\"\nyear = 2026\nsource = \"-\"\ndays = []\n\n\
               [[holidays]]\ncalendar = \"b\"\nextends = \"a\"\nyear = 2026\nsource = \"-\"\ndays = []\n\n\
               [[holidays]]\ncalendar = \"bb\"\nextends = \"bbb\"\nyear = 2026\nsource = \"-\"\n\
               days = [{ date = 2026-01-01, kind = \"off\", week = 7 }]\n";
    insta::assert_snapshot!(with(two), @r#"
    endless

      × календарь «a» продолжает сам себя
        ╭─[8800.toml:38:11]
     37 │ calendar = "a"
     38 │ extends = "b"
        ·           ───
     39 │ year = 2026
        ╰────

      уберите extends у одного из них
      [en] calendar `a` extends itself

    endless

      × календарь «b» продолжает сам себя
        ╭─[8800.toml:45:11]
     44 │ calendar = "b"
     45 │ extends = "a"
        ·           ───
     46 │ year = 2026
        ╰────

      уберите extends у одного из них
      [en] calendar `b` extends itself

    unknown_holidays

      × нет такого календаря: «bbb»
        ╭─[8800.toml:52:11]
     51 │ calendar = "bb"
     52 │ extends = "bbb"
        ·           ─────
     53 │ year = 2026
        ╰────

      возможно, вы имели в виду: bb
      допустимо: a, b, bb
      положите рядом файл с календарём, например holidays-ru-2026.toml
      [en] unknown calendar "bbb"

    out_of_range

      × число вне границ: допустимо от 5 до 6
        ╭─[8800.toml:55:51]
     54 │ source = "-"
     55 │ days = [{ date = 2026-01-01, kind = "off", week = 7 }]
        ·                                                   ─
        ╰────

      [en] number out of range: 5 to 6
    "#);
    let dates = "[schedule.office.dates]\n2026-02-30 = \"closed\"\n2026-03-01 = \"10:00\"\n";
    insta::assert_snapshot!(with(dates), @r#"
    bad_date

      × это не дата: «2026-02-30»
        ╭─[8800.toml:37:1]
     36 │ [schedule.office.dates]
     37 │ 2026-02-30 = "closed"
        · ──────────
     38 │ 2026-03-01 = "10:00"
        ╰────

      дата пишется ГГГГ-ММ-ДД: 2026-12-31
      [en] not a date: "2026-02-30"

    bad_window

      × непонятные часы работы: «10:00»
        ╭─[8800.toml:38:15]
     37 │ 2026-02-30 = "closed"
     38 │ 2026-03-01 = "10:00"
        ·               ─────
        ╰────

      напишите дни и часы: "mon-fri 09:00-20:00", ночь: "daily 22:00-08:00"
      [en] not a window: expected days and hours such as `mon-fri 09:00-20:00`
    "#);
}

#[test]
fn an_announcement_says_something_and_to_somebody_who_hears() {
    insta::assert_snapshot!(instead(
        "wait = \"60s\"",
        "wait = \"60s\"\nannounce = { every = \"30s\" }"
    ));
    insta::assert_snapshot!(instead(
        "wait = \"60s\"",
        "wait = \"60s\"\nannounce = { postion = true, every = \"2s\" }"
    ));
    insta::assert_snapshot!(instead(
        "schedule = \"office\"",
        "locale = \"eng\"\nschedule = \"office\""
    ));
    let rings = GOOD
        .replace(
            "play = [\"greeting\", \"notice\"]\nnotice = true\n\n[[flow.main]]\n",
            "",
        )
        .replace(
            "flow = \"main\"",
            "flow = \"main\"\nanswer = \"ring\"\nrecord = \"off\"",
        )
        .replace(
            "wait = \"60s\"",
            "wait = \"60s\"\nannounce = { position = true }",
        );
    insta::assert_snapshot!(refused(&rings));
}
