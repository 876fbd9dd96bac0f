//! Who is on duty, and whom a call rings in which order.
use gudok_calendar::Acceptance;
use gudok_dialplan::StepEnd::{Answered, NotAnswered};
use gudok_dialplan::{Horizon, Plan, Source, accept, load};

use crate::support::{Call, irkutsk, loaded};

const DID: &str = "+78001234567";

const PLAN: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"
zone = "Asia/Irkutsk"

[group.tech]
operators = ["101"]

[roster.duty]
zone = "Asia/Irkutsk"
shifts = "duty.roster.csv"
ring = "25s"

[roster.duty.people]
ivanov = "+79990000101"
petrova = { number = "+79990000102", name = "Анна Петрова", ring = "40s" }
sidorov = "+79990000103"

[[flow.main]]
when = 'roster.duty.on_duty > 0 && roster.duty.first != "sidorov"'
then = [{ duty = "duty", on_nobody = "message" }]

[[flow.main]]
queue = "tech"
wait = "60s"
on_timeout = "message"
on_no_operators = "message"
on_full = "message"

[[flow.message]]
close = ["goodbye"]
reason = "nobody"
"#;

/// As a Russian spreadsheet saves it.
const SHEET: &str = "\u{feff}Сотрудник;С;По;Порядок;Замена\r\n\
    ivanov;12.01.2026 20:00;13.01.2026 8:00;1;\r\n\
    petrova;2026-01-12 20:00;2026-01-13T09:00:00;2;\r\n\
    ;;;;\r\n\
    ivanov;13.01.2026 20:00;14.01.2026 08:00;1;\"sidorov\"\r\n";

fn sources(sheet: &str) -> Vec<Source> {
    let source = |name: &str, text: &str| Source {
        name: name.into(),
        text: text.into(),
    };
    vec![source("8800.toml", PLAN), source("duty.roster.csv", sheet)]
}

#[test]
fn people_on_duty_are_called_in_order_until_somebody_answers() {
    let plan = loaded(&sources(SHEET)).plan;
    let call = Call::at(DID, "2026-01-12T21:00");
    insta::assert_snapshot!(call.story(&plan, &[NotAnswered, NotAnswered]), @r#"
      8800.toml:22:1 [condition_true] верно: roster.duty.on_duty > 0 && roster.duty.first != "sidorov" (roster.duty.on_duty = 2; roster.duty.first = "ivanov")
      8800.toml:23:11 [duty] график дежурств «duty», 1-й по порядку: ivanov, +7999•••0101, звонить до 25 с
    External { number: +7999•••0101, trunk: None, ring: 25s, music: "music", ack: None }
      8800.toml:23:11 [not_answered] график дежурств «duty»: не ответили
      8800.toml:23:11 [duty] график дежурств «duty», 2-й по порядку: Анна Петрова, +7999•••0102, звонить до 40 с
    External { number: +7999•••0102, trunk: None, ring: 40s, music: "music", ack: None }
      8800.toml:23:11 [not_answered] график дежурств «duty»: не ответили
      8800.toml:23:11 [duty_nobody] график дежурств «duty»: не ответил никто, звонили — 2
      8800.toml:33:1 [close] закрывающая фраза: goodbye (причина: nobody)
    Close { prompts: ["goodbye"], reason: "nobody" }
    "#);
    insta::assert_snapshot!(call.story(&plan, &[NotAnswered, Answered]), @r#"
      8800.toml:22:1 [condition_true] верно: roster.duty.on_duty > 0 && roster.duty.first != "sidorov" (roster.duty.on_duty = 2; roster.duty.first = "ivanov")
      8800.toml:23:11 [duty] график дежурств «duty», 1-й по порядку: ivanov, +7999•••0101, звонить до 25 с
    External { number: +7999•••0101, trunk: None, ring: 25s, music: "music", ack: None }
      8800.toml:23:11 [not_answered] график дежурств «duty»: не ответили
      8800.toml:23:11 [duty] график дежурств «duty», 2-й по порядку: Анна Петрова, +7999•••0102, звонить до 40 с
    External { number: +7999•••0102, trunk: None, ring: 40s, music: "music", ack: None }
    "#);
    // The hour has come: the hand-over is to whoever stands in the table.
    let later = Call::at(DID, "2026-01-13T08:00");
    insta::assert_snapshot!(later.story(&plan, &[Answered]), @r#"
      8800.toml:22:1 [condition_true] верно: roster.duty.on_duty > 0 && roster.duty.first != "sidorov" (roster.duty.on_duty = 1; roster.duty.first = "petrova")
      8800.toml:23:11 [duty] график дежурств «duty», 1-й по порядку: Анна Петрова, +7999•••0102, звонить до 40 с
    External { number: +7999•••0102, trunk: None, ring: 40s, music: "music", ack: None }
    "#);
    let stood_in = Call::at(DID, "2026-01-13T21:00");
    insta::assert_snapshot!(stood_in.story(&plan, &[Answered]), @r#"
      8800.toml:22:1 [condition_false] неверно: roster.duty.on_duty > 0 && roster.duty.first != "sidorov" (roster.duty.on_duty = 1; roster.duty.first = "sidorov")
      8800.toml:26:1 [queue] очередь «tech», приоритет 0, ждать до 60 с
    Queue { queue: tech, priority: 0, wait_max: 60s, leave_empty: true, music: "music", announce: None, keys: None }
    "#);
}

#[test]
fn gaps_and_the_end_of_a_roster_are_told_with_its_place() {
    let plan = loaded(&sources(SHEET)).plan;
    let told = |local: &str| {
        let problems = plan.bare_rosters(irkutsk(local));
        let shown: Vec<_> = problems.iter().map(|problem| problem.render()).collect();
        shown.join("\n")
    };
    insta::assert_snapshot!(told("2026-01-12T12:00"), @r#"
    roster_gap

      ⚠ в графике дежурств «duty» никого нет:
      │   с 2026-01-12 12:00 по 2026-01-12 20:00
      │   с 2026-01-13 09:00 по 2026-01-13 20:00
      │ график дежурств «duty» кончается 2026-01-14 08:00
        ╭─[8800.toml:11:9]
     10 │
     11 │ [roster.duty]
        ·         ────
     12 │ zone = "Asia/Irkutsk"
        ╰────

      добавьте смены, или назовите в hours часы, когда дежурный обязателен
      [en] roster `duty`: gaps: 2, it ends soon
      add shifts, or name in `hours` when somebody must be on duty
    "#);
    insta::assert_snapshot!(told("2026-01-14T09:00"), @r#"
    roster_gap

      ⚠ график дежурств «duty» кончается 2026-01-14 08:00
        ╭─[8800.toml:11:9]
     10 │
     11 │ [roster.duty]
        ·         ────
     12 │ zone = "Asia/Irkutsk"
        ╰────

      добавьте смены, или назовите в hours часы, когда дежурный обязателен
      [en] roster `duty`: gaps: 0, it ends soon
      add shifts, or name in `hours` when somebody must be on duty
    "#);
}

#[test]
fn what_is_wrong_in_a_table_has_its_place() {
    let refused = |sheet: &str| {
        let problems = load(&sources(sheet)).expect_err("it is wrong");
        let shown: Vec<_> = problems.iter().map(|problem| problem.render()).collect();
        shown.join("\n")
    };
    insta::assert_snapshot!(refused("кто;с;по;примечание\nivanow;12.01.2026 20:00;13.01.2026 08:00;-\n"), @r#"
    unknown_key

      × неизвестный столбец «примечание»
       ╭─[duty.roster.csv:1:16]
     1 │ кто;с;по;примечание
       ·          ──────────
     2 │ ivanow;12.01.2026 20:00;13.01.2026 08:00;-
       ╰────

      допустимо (allowed): person, from, till, order, substitute
      [en] unknown column "примечание"

    unknown_person

      × в people нет «ivanow»
       ╭─[duty.roster.csv:2:1]
     1 │ кто;с;по;примечание
     2 │ ivanow;12.01.2026 20:00;13.01.2026 08:00;-
       · ──────
       ╰────

      возможно, вы имели в виду (did you mean): ivanov
      допустимо (allowed): ivanov, petrova, sidorov
      [en] unknown person "ivanow"
    "#);
    insta::assert_snapshot!(refused("person,from,till,order\nivanov,31.02.2026 20:00,13.01.2026 08:00,0\npetrova,2026-01-12 20:00,2026-01-12 08:00,1\n"), @r#"
    bad_time

      × это не время смены: «31.02.2026 20:00»
       ╭─[duty.roster.csv:2:8]
     1 │ person,from,till,order
     2 │ ivanov,31.02.2026 20:00,13.01.2026 08:00,0
       ·        ────────────────
     3 │ petrova,2026-01-12 20:00,2026-01-12 08:00,1
       ╰────

      пишите 2026-11-23T20:00, 2026-11-23 20:00 или 23.11.2026 20:00
      [en] not a date and a time: "31.02.2026 20:00"
      write 2026-11-23T20:00, 2026-11-23 20:00 or 23.11.2026 20:00

    out_of_range

      × порядок — число от 1 до 99, а не «0»
       ╭─[duty.roster.csv:2:42]
     1 │ person,from,till,order
     2 │ ivanov,31.02.2026 20:00,13.01.2026 08:00,0
       ·                                          ─
     3 │ petrova,2026-01-12 20:00,2026-01-12 08:00,1
       ╰────

      1 — кому звонят первым
      [en] not an order: "0"
      1 is who is called first

    empty_window

      × смена кончается не позже, чем началась
       ╭─[duty.roster.csv:3:26]
     2 │ ivanov,31.02.2026 20:00,13.01.2026 08:00,0
     3 │ petrova,2026-01-12 20:00,2026-01-12 08:00,1
       ·                          ────────────────
       ╰────

      [en] the shift ends before it begins
    "#);
}

#[test]
fn what_is_wrong_in_a_roster_has_its_place() {
    let refused = |of: &str, bad: &str| {
        assert!(PLAN.contains(of), "{of}");
        let mut files = sources(SHEET);
        files[0].text = PLAN.replace(of, bad);
        let problems = load(&files).expect_err("it is wrong");
        let shown: Vec<_> = problems.iter().map(|problem| problem.render()).collect();
        shown.join("\n")
    };
    insta::assert_snapshot!(refused("duty = \"duty\", on_nobody = \"message\"", "duty = \"dutty\""), @r#"
    missing_exit

      × нет выхода «on_nobody»: здесь звонок кончился бы молчанием
        ╭─[8800.toml:23:11]
     22 │ when = 'roster.duty.on_duty > 0 && roster.duty.first != "sidorov"'
     23 │ then = [{ duty = "dutty" }]
        ·           ────
     24 │
        ╰────

      добавьте on_nobody = "ветка"; есть ветки: main, message
      [en] missing exit `on_nobody`: the call would end in silence
      add on_nobody = "flow"; there are flows: main, message

    unknown_roster

      × нет такого графика дежурств: «dutty»
        ╭─[8800.toml:23:18]
     22 │ when = 'roster.duty.on_duty > 0 && roster.duty.first != "sidorov"'
     23 │ then = [{ duty = "dutty" }]
        ·                  ───────
     24 │
        ╰────

      возможно, вы имели в виду (did you mean): duty
      допустимо (allowed): duty
      [en] unknown roster "dutty"
    "#);
    insta::assert_snapshot!(refused("duty.roster.csv", "dyti.roster.csv"), @r#"
    unknown_file

      × нет таблицы смен «dyti.roster.csv»
        ╭─[8800.toml:13:10]
     12 │ zone = "Asia/Irkutsk"
     13 │ shifts = "dyti.roster.csv"
        ·          ─────────────────
     14 │ ring = "25s"
        ╰────

      возможно, вы имели в виду (did you mean): duty.roster.csv
      допустимо (allowed): duty.roster.csv
      положите её в папку с планом: gudok roster import
      [en] no file "dyti.roster.csv"
      put it into the folder of the plan: gudok roster import
    "#);
    insta::assert_snapshot!(refused("roster.duty.first", "roster.duty.frist"), @r#"
    unknown_fact

      × у «roster.duty» нет «frist»
        ╭─[8800.toml:22:48]
     21 │ [[flow.main]]
     22 │ when = 'roster.duty.on_duty > 0 && roster.duty.frist != "sidorov"'
        ·                                                ─────
     23 │ then = [{ duty = "duty", on_nobody = "message" }]
        ╰────

      возможно, вы имели в виду (did you mean): first
      допустимо (allowed): on_duty, first
      [en] `roster.duty` has no `frist`
    "#);
    let here =
        "[{ person = \"ivanov\", from = 2026-01-12T20:00:00, till = \"tomorrow\", order = 1 }]";
    insta::assert_snapshot!(refused("\"duty.roster.csv\"", here), @r#"
    bad_time

      × это не время смены: «tomorrow»
        ╭─[8800.toml:13:67]
     12 │ zone = "Asia/Irkutsk"
     13 │ shifts = [{ person = "ivanov", from = 2026-01-12T20:00:00, till = "tomorrow", order = 1 }]
        ·                                                                   ──────────
     14 │ ring = "25s"
        ╰────

      пишите 2026-11-23T20:00, 2026-11-23 20:00 или 23.11.2026 20:00
      [en] not a date and a time: "tomorrow"
      write 2026-11-23T20:00, 2026-11-23 20:00 or 23.11.2026 20:00
    "#);
}

fn refused(plan: &str, sheet: &str) -> String {
    let mut sources = sources(sheet);
    sources[0].text = plan.into();
    match load(&sources) {
        Ok(loaded) => {
            let warnings = loaded.warnings.iter();
            // What is said of the plan of these tests, whatever the table is.
            let others = warnings.filter(|it| it.code != "no_ack");
            others.map(|it| it.render()).collect()
        }
        Err(problems) => problems.iter().map(|it| it.render()).collect(),
    }
}

/// A mobile that is off answers by its mailbox; numbers of companies are left alone.
#[test]
fn a_mobile_outside_takes_a_call_by_a_key_or_there_is_a_warning() {
    let warned = |step: &str| {
        let duty = "duty = \"duty\", ";
        assert!(PLAN.contains(duty));
        let mut files = sources(SHEET);
        files[0].text = PLAN
            .replace(duty, step)
            .replace("on_nobody", "on_not_answered");
        let warnings = loaded(&files).warnings;
        let told = warnings.iter().filter(|it| it.code == "no_ack");
        told.map(|it| format!("{}\n{}", it.message, it.message_en))
            .collect::<String>()
    };
    let told = warned("external = \"+79990000105\", ");
    assert!(told.contains("мобильный +7999•••0105:"), "{told}");
    // A start writes it into its log.
    assert!(!told.contains("+79990000105"), "{told}");
    let asked = "external = \"+79990000105\", ack = { prompts = [\"duty_ack\"] }, ";
    assert_eq!(warned(asked), "");
    assert_eq!(warned("external = \"+73952000105\", "), "");
}

/// An answering machine of the first would end the ladder.
#[test]
fn people_on_duty_take_a_call_by_a_key_or_there_is_a_warning() {
    let warned = |plan: &str, sheet: &str| {
        let mut files = sources(sheet);
        files[0].text = plan.into();
        let warnings = loaded(&files).warnings;
        let codes = warnings.iter().map(|it| it.code.to_string());
        codes.collect::<Vec<_>>().join(" ")
    };
    let alone = "кто;с;по\nivanov;12.01.2026 20:00;13.01.2026 08:00\n";
    let asked = PLAN.replace(
        "duty = \"duty\", ",
        "duty = \"duty\", ack = { prompts = [\"duty_ack\"] }, ",
    );
    assert_eq!(warned(PLAN, SHEET), "no_ack");
    assert_eq!(warned(&asked, SHEET), "");
    // Neither does one alone: the call would end at the machine.
    assert_eq!(warned(PLAN, alone), "no_ack");
    assert_eq!(warned(&asked, alone), "");
    // By acceptance whoever had the shift is called too.
    let accept = PLAN.replacen("ring", "handover = \"accept\"\nring", 1);
    assert_eq!(warned(&accept, alone), "no_ack");
    let mut files = sources(SHEET);
    files[0].text = PLAN.into();
    let told = loaded(&files).warnings[0].render();
    assert!(
        told.contains("8800.toml:23:11") && told.contains("duty_ack"),
        "{told}"
    );
}

#[test]
fn a_table_without_shifts_and_cells_that_mean_nothing_are_refused() {
    let header = "сотрудник;с;по\n";
    for empty in ["", "\u{feff}", header, "сотрудник;с;по\n;;\n"] {
        let told = refused(PLAN, empty);
        assert!(told.contains("нет ни одной смены"), "{empty:?}: {told}");
        assert!(told.contains("8800.toml:13:"), "{told}");
    }
    let row = "ivanov;12.01.2026 20:00;13.01.2026 08:00";
    let twice = format!("сотрудник;с;по;кто\n{row};petrova\n");
    let told = refused(PLAN, &twice);
    assert!(told.contains("второй с тем же смыслом"), "{told}");
    assert!(told.contains("duty.roster.csv:1:"), "{told}");
    let told = refused(PLAN, &format!("{header}{row};;sidorov\n"));
    assert!(told.contains("правее последнего столбца"), "{told}");
    assert!(told.contains("duty.roster.csv:2:"), "{told}");
    assert_eq!(refused(PLAN, &format!("{header}{row};;\n")), "");
    // Whose column has no name is not dropped: it may be who stands in.
    let told = refused(PLAN, &format!("сотрудник;с;по;;\n{row};;sidorov\n"));
    assert!(told.contains("под столбцом без названия"), "{told}");
    assert!(told.contains("duty.roster.csv:2:43"), "{told}");
    let told = refused(PLAN, &format!("сотрудник;с;по;;\n{row};;\n"));
    assert_eq!(told, "");
    // A date alone is no moment: whether its midnight or its end is meant, nobody knows.
    let told = refused(
        PLAN,
        &format!("{header}ivanov;12.01.2026 20:00;30.11.2026\n"),
    );
    assert!(told.contains("это не время смены: «30.11.2026»"), "{told}");
}

/// `wait` is counted from the first queue: whoever comes back to it has none left.
#[test]
fn people_outside_do_not_lead_back_to_the_queue() {
    let steps = |night: &str| {
        let plan = PLAN.replace("on_timeout = \"message\"", "on_timeout = \"night\"");
        assert_ne!(plan, PLAN);
        refused(&format!("{plan}\n[[flow.night]]\n{night}\n"), SHEET)
    };
    let duty = "duty = \"duty\"\non_nobody";
    let external = "external = \"+79990000105\"\nring = \"10s\"\non_not_answered";
    for outside in [duty, external] {
        let told = steps(&format!("{outside} = \"main\""));
        assert!(told.contains("× круг через ветку «main»"), "{told}");
        assert_eq!(steps(&format!("{outside} = \"message\"")), "");
        // A prompt between them makes it slow, and a warning.
        let told = steps(&format!(
            "play = [\"goodbye\"]\n[[flow.night]]\n{outside} = \"main\""
        ));
        assert!(told.contains("⚠ звонок может ходить по кругу"), "{told}");
    }
}

/// A day and a night that follow each other; one of them is called as people call her.
const SHIFTS: &str = "кто;с;по\nivanov;12.01.2026 08:00;12.01.2026 20:00\n\
                      анна петрова;12.01.2026 20:00;13.01.2026 08:00\n";

fn by_acceptance() -> Vec<Source> {
    let mut files = sources(SHIFTS);
    let key = "handover = \"accept\"\naccept_within = \"20m\"\nring";
    files[0].text = PLAN.replacen("ring", key, 1);
    files
}

/// As `gudok roster accept` does.
fn accepts(call: &mut Call, plan: &Plan, person: &str, local: &str) {
    let at = irkutsk(local);
    let known = call.overrides.handovers();
    let shift = plan.shift_to_accept(("duty", person), at, known);
    let acceptance = Acceptance {
        person: person.into(),
        shift: shift.expect("a shift"),
        at,
        by: person.into(),
    };
    assert!(call.overrides.accept(&"duty".into(), acceptance));
}

#[test]
fn until_a_shift_is_accepted_whoever_had_it_is_called_and_it_is_said_why() {
    let plan = loaded(&by_acceptance()).plan;
    let mut early = Call::at(DID, "2026-01-12T20:05");
    let mut late = Call::at(DID, "2026-01-12T20:20");
    for call in [&mut early, &mut late] {
        accepts(call, &plan, "ivanov", "2026-01-12T08:10");
    }
    let told = early.story(&plan, &[NotAnswered, NotAnswered]);
    let awaited =
        "[duty_awaited] график дежурств «duty»: смену с 12.01 20:00 не принимает Анна Петрова; ";
    assert!(
        told.contains(&format!(
            "{awaited}принять надо до 12.01 20:20, пока первым звонят тому, кто дежурил до этого"
        )),
        "{told}"
    );
    assert!(told.contains("1-й по порядку: ivanov"), "{told}");
    // Whoever should be there is called too, if the other does not answer.
    assert!(told.contains("2-й по порядку: Анна Петрова"), "{told}");
    assert!(told.contains("не ответил никто, звонили — 2"), "{told}");
    // Said once a step, whoever does not answer.
    let told = late.story(&plan, &[NotAnswered, NotAnswered]);
    assert_eq!(told.matches(awaited).count(), 1, "{told}");
    assert!(
        told.contains(
            "надо было до 12.01 20:20; звонят заступающему, затем тому, кто дежурил до этого"
        ),
        "{told}"
    );
    assert!(told.contains("1-й по порядку: Анна Петрова"), "{told}");
    assert!(told.contains("2-й по порядку: ivanov"), "{told}");
    accepts(&mut late, &plan, "petrova", "2026-01-12T20:10");
    let told = late.story(&plan, &[Answered]);
    assert!(!told.contains("duty_awaited"), "{told}");
    assert!(told.contains("1-й по порядку: Анна Петрова"), "{told}");
}

#[test]
fn who_has_not_accepted_is_told_and_who_may_not() {
    let plan = loaded(&by_acceptance()).plan;
    let call = Call::at(DID, "2026-01-12T20:05");
    let (now, none) = (call.now, call.overrides.handovers());
    let [awaited] = &plan.awaited_shifts(now, none)[..] else {
        panic!("one shift")
    };
    assert_eq!(
        (&*awaited.person, awaited.is_overdue(now)),
        ("petrova", false)
    );
    assert!(awaited.is_overdue(irkutsk("2026-01-12T20:20")));
    assert_eq!(
        plan.next_handover_due(now),
        Some(irkutsk("2026-01-12T20:20"))
    );
    let refused = |roster: &str, person: &str| {
        let why = plan.shift_to_accept((roster, person), now, none);
        let why = why.expect_err("refused");
        format!("{}: {why}", why.code)
    };
    assert_eq!(
        refused("dutty", "petrova"),
        "unknown_roster: нет графика дежурств «dutty»; есть: duty"
    );
    assert!(
        refused("duty", "petrov")
            .starts_with("unknown_person: в графике дежурств «duty» нет «petrov»; есть: ivanov, ")
    );
    assert_eq!(
        refused("duty", "ivanov"),
        "not_on_duty: в графике дежурств «duty» у ivanov нет смен впереди"
    );
    let by_clock = loaded(&sources(SHEET)).plan;
    let why = by_clock.shift_to_accept(("duty", "ivanov"), now, none);
    assert_eq!(why.map_err(|it| it.code), Err("by_clock"));
    assert!(by_clock.awaited_shifts(now, none).is_empty());
}

/// In a test beside the plan nobody has accepted, but for whom it says so.
#[test]
fn a_test_says_who_has_accepted() {
    let test = |accepted: &str, external: &str| {
        let mut files = by_acceptance();
        let called = external.split(',').count();
        let happens = vec!["\"not_answered\""; called].join(", ");
        files.push(Source {
            name: "8800.test.toml".into(),
            text: format!(
                "[[test]]\nname = \"ночь\"\ngiven = {{ from = \"+79990000042\", to = \"{DID}\", at = \"2026-01-12T20:05\"{accepted} }}\nexpect = {{ external = [\"{external}\"] }}\nhappens = [{happens}]\n"
            ),
        });
        let horizon = Horizon::from_now(irkutsk("2026-01-12T12:00"));
        let told = accept(&files, horizon).map_err(|problems| {
            let shown = problems.iter().map(|it| it.render());
            shown.collect::<String>()
        });
        told.map(|accepted| accepted.tests)
    };
    // Nobody of the roster ever did: it goes by the clock.
    assert_eq!(test("", "+79990000102"), Ok(1));
    // Her shift has begun, and whoever had the one before is called first.
    assert_eq!(
        test(
            ", accepted = { duty = [\"ivanov\"] }",
            "+79990000101\", \"+79990000102"
        ),
        Ok(1)
    );
    assert_eq!(
        test(", accepted = { duty = [\"petrova\"] }", "+79990000102"),
        Ok(1)
    );
    let wrong = test(", accepted = { duty = \"petrov\" }", "+79990000102");
    let wrong = wrong.expect_err("nobody is called so");
    assert!(
        wrong.contains("в графике дежурств «duty» нет «petrov»")
            && wrong.contains("8800.test.toml:3:"),
        "{wrong}"
    );
}

#[test]
fn how_a_shift_passes_is_one_of_two_words() {
    let told = |keys: &str| {
        let mut files = sources(SHEET);
        files[0].text = PLAN.replacen("ring", &format!("{keys}\nring"), 1);
        match load(&files) {
            Ok(_) => String::new(),
            Err(problems) => problems.iter().map(|it| it.render()).collect(),
        }
    };
    assert_eq!(told("handover = \"clock\""), "");
    assert_eq!(told("handover = \"accept\""), "");
    let wrong = told("handover = \"acept\"");
    assert!(
        wrong.contains("возможно, вы имели в виду (did you mean): accept"),
        "{wrong}"
    );
    let alone = told("accept_within = \"20m\"");
    assert!(
        alone.contains("значит что-то только при handover"),
        "{alone}"
    );
    let long = told("handover = \"accept\"\naccept_within = \"13h\"");
    assert!(
        long.contains("8800.toml:14:17") || long.contains("8800.toml:15:17"),
        "{long}"
    );
}
