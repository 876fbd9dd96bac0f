//! Schedules and production calendars.
use super::with;

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
      a date is written YYYY-MM-DD: 2026-12-31

    unknown_word

      × нет такого вида дня: «hollyday»
        ╭─[8800.toml:41:33]
     40 │ days = [
     41 │   { date = "2026-13-01", kind = "hollyday" }
        ·                                 ──────────
     42 │ ]
        ╰────

      возможно, вы имели в виду (did you mean): holiday
      допустимо (allowed): holiday, off, work, short, short_work
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
      remove `extends` from one of them

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
      remove `extends` from one of them

    unknown_holidays

      × нет такого календаря: «bbb»
        ╭─[8800.toml:52:11]
     51 │ calendar = "bb"
     52 │ extends = "bbb"
        ·           ─────
     53 │ year = 2026
        ╰────

      возможно, вы имели в виду (did you mean): bb
      допустимо (allowed): a, b, bb
      положите рядом файл с календарём, например holidays-ru-2026.toml
      [en] unknown calendar "bbb"
      put a calendar file beside the plan, for example holidays-ru-2026.toml

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
      a date is written YYYY-MM-DD: 2026-12-31

    bad_window

      × непонятные часы работы: «10:00»
        ╭─[8800.toml:38:15]
     37 │ 2026-02-30 = "closed"
     38 │ 2026-03-01 = "10:00"
        ·               ─────
        ╰────

      напишите дни и часы: "mon-fri 09:00-20:00", ночь: "daily 22:00-08:00"
      [en] not a window: expected days and hours such as `mon-fri 09:00-20:00`
      write days and hours: "mon-fri 09:00-20:00", a night: "daily 22:00-08:00"
    "#);
}
