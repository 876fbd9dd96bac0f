//! Conditions that cannot be read or can never hold.
use super::instead;

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

      возможно, вы имели в виду (did you mean): class
      допустимо (allowed): match, id, name, class, source, field
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

      возможно, вы имели в виду (did you mean): vip
      допустимо (allowed): regular, vip, lead, engineer, blocked, unknown
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

      возможно, вы имели в виду (did you mean): office
      допустимо (allowed): office
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

      допустимо (allowed): waiting, ready, logged_in, longest_wait
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
      compare the value: ==, !=, <, >, in
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

      возможно, вы имели в виду (did you mean): RU-IRK
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
      write "+79990000042"
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
      for example: 'client.class == "vip" && schedule.office.open'
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

      возможно, вы имели в виду (did you mean): startsWith
      допустимо (allowed): startsWith, endsWith, contains, size, int, double, string, has, exists,
      all, exists_one
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

      допустимо (allowed): mon, tue, wed, thu, fri, sat, sun
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
      compare the value: ==, !=, <, >, in
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

      допустимо (allowed): office
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

      возможно, вы имели в виду (did you mean): class
      допустимо (allowed): match, id, name, class, source, field
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

      возможно, вы имели в виду (did you mean): class
      допустимо (allowed): match, id, name, class, source, field
      [en] `client` has no `clas`
    "#);
}
