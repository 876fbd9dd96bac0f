//! Calls to the project's own hotline, with the trace of why.
use crate::support::{Call, hotline, irkutsk, loaded, source};
use gudok_dialplan::Source;
use gudok_dialplan::StepEnd::{NoOperators, NotAnswered, TimedOut};
use gudok_model::{ClientClass, Wall};

const HOTLINE: &str = "+78001234567";

#[test]
fn the_hotline_loads_without_a_warning() {
    let loaded = loaded(&hotline());
    let warnings: Vec<_> = loaded
        .warnings
        .iter()
        .map(|problem| problem.render())
        .collect();
    assert_eq!(warnings, Vec::<String>::new());
    let plan = loaded.plan;
    let prompts: Vec<_> = plan.prompts().keys().map(|name| &**name).collect();
    insta::assert_snapshot!(prompts.join(" "), @"all_busy beep callback_promise dg_1 dg_10 dg_11 dg_12 dg_13 dg_14 dg_15 dg_16 dg_17 dg_18 dg_19 dg_2 dg_20 dg_3 dg_30 dg_4 dg_5 dg_6 dg_7 dg_8 dg_9 digit_eight digit_five digit_four digit_nine digit_one digit_seven digit_six digit_three digit_two digit_zero duty_ack duty_transfer emergency goodbye greeting holiday_closed hour_few hour_many hour_one minute_acc minute_few minute_many month_1 month_10 month_11 month_12 month_2 month_3 month_4 month_5 month_6 month_7 month_8 month_9 music n_10 n_11 n_12 n_13 n_14 n_15 n_16 n_17 n_18 n_19 n_1a n_20 n_2f n_30 n_40 n_50 night_closed notice opens_at opens_today opens_tomorrow overflow_transfer please_wait sharp technical_problem vip_greeting voicemail_intro voicemail_thanks");
    insta::assert_debug_snapshot!(plan.external_numbers(), @r"
    {
        +7999•••0101,
    }
    ");
    insta::assert_debug_snapshot!(plan.queues()[1], @r#"
    QueueSettings {
        id: reserve,
        group: reserve,
        weight: 10,
        callers_max: 100,
        aging: None,
        relax: [],
        needs: {},
        preempt: false,
        aging_max: 8,
        max_starve: 300s,
        wrap_up: None,
        wrap_up_max: None,
        hold_max: None,
        sticky: None,
    }
    "#);
}

/// It is told by `gudok check` and at a start; a plan alone says nothing of it.
#[test]
fn a_number_without_a_flow_for_busy_times_is_warned_of_at_its_place() {
    assert!(loaded(&hotline()).plan.numbers_without_busy().is_empty());
    let mut sources = hotline();
    sources[0].text = sources[0].text.replacen("busy = \"busy\"", "", 1);
    let plan = loaded(&sources).plan;
    let told: Vec<_> = plan.numbers_without_busy().iter().collect();
    let [told] = told[..] else {
        panic!("one number: {told:?}");
    };
    assert_eq!(
        (&*told.code.to_string(), &*told.place()),
        ("no_busy_flow", "8800.toml:4:1")
    );
    let remedy = told.remedy.as_ref().map_or("", |it| it.ru.as_str());
    assert!(remedy.contains("callback_promise"), "{remedy}");
}

#[test]
fn the_plan_of_the_readme_loads() {
    let readme = include_str!("../../../../dialplans/README.md");
    let plan = readme
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let loaded = loaded(&source(plan.expect("the first plan of the page")));
    assert!(loaded.warnings.is_empty());
}

/// The production calendar of 2026 has 247 working days, 4 of them short: 1972 hours of a 40-hour week.
#[test]
fn the_calendar_of_2026_has_the_official_hours() {
    let week = r#"
[schedule.week]
zone = "Asia/Irkutsk"
windows = ["mon-fri 09:00-17:00"]
holidays = "ru"
short_days = "1h"
"#;
    let mut files = hotline();
    files.push(Source {
        name: "week.toml".into(),
        text: week.into(),
    });
    let plan = loaded(&files).plan;
    let week = plan.schedule("week").expect("the schedule");
    let (start, end) = (irkutsk("2026-01-01T00:00"), irkutsk("2027-01-01T00:00"));
    let halves = (end.0 - start.0) / HALF_HOUR;
    let open = |half: &i64| {
        week.closed_because(Wall(start.0 + half * HALF_HOUR))
            .is_none()
    };
    assert_eq!((0..halves).filter(open).count(), 1972 * 2);
}

const HALF_HOUR: i64 = 1_800_000_000;

#[test]
fn a_caller_on_a_working_day() {
    let plan = loaded(&hotline()).plan;
    let call = Call::at(HOTLINE, "2026-01-12T12:00");
    insta::assert_snapshot!(call.story(&plan, &[TimedOut, NoOperators]), @r#"
      8800.toml:12:12 [condition_true] верно: schedule.office.open (график «office» открыт)
      8800.toml:12:12 [goto] переход в ветку «main»
      8800.toml:59:1 [play] фразы: greeting, notice (уведомление о записи)
    Play { prompts: ["greeting", "notice"], notice: true }
      8800.toml:59:1 [played] доиграно
      8800.toml:63:1 [lookup] ждём поиск клиента, не дольше 800 мс от начала звонка
    AwaitLookup { deadline: 800ms }
      8800.toml:63:1 [looked_up] поиск клиента окончен
      8800.toml:66:1 [condition_false] неверно: client.class == "blocked" (client.class = "unknown")
      8800.toml:70:1 [condition_false] неверно: client.class == "vip" (client.class = "unknown")
      8800.toml:77:1 [condition_false] неверно: queue.tech.ready == 0 (queue.tech.ready = 1)
      8800.toml:81:1 [queue] очередь «tech», приоритет 3, ждать до 90 с
    Queue { queue: tech, priority: 3, wait_max: 90s, leave_empty: true, music: "music", announce: None, keys: None }
      8800.toml:81:1 [timed_out] очередь «tech»: не дождались ответа
      8800.toml:91:1 [play] фразы: overflow_transfer
    Play { prompts: ["overflow_transfer"], notice: false }
      8800.toml:91:1 [played] доиграно
      8800.toml:94:1 [queue] очередь «reserve», приоритет 5, ждать до 150 с
    Queue { queue: reserve, priority: 5, wait_max: 150s, leave_empty: true, music: "music", announce: None, keys: None }
      8800.toml:94:1 [no_operators] очередь «reserve»: в группе никого нет
      8800.toml:103:1 [condition_false] неверно: client.class in ["vip", "engineer"] (client.class = "unknown")
      8800.toml:103:1 [goto] переход в ветку «message»
      8800.toml:116:1 [voicemail] голосовое сообщение до 120 с
    Voicemail { prompts: ["voicemail_intro"], max: 120s, owed: Owed { group: None, within: 86400s, schedule: None } }
      8800.toml:116:1 [played] доиграно
      8800.toml:120:1 [close] закрывающая фраза: voicemail_thanks, goodbye (причина: message_taken)
    Close { prompts: ["voicemail_thanks", "goodbye"], reason: "message_taken" }
    "#);
}

#[test]
fn a_vip_goes_first_and_is_never_left_alone() {
    let plan = loaded(&hotline()).plan;
    let call = Call::at(HOTLINE, "2026-01-12T12:00").of_client(ClientClass::Vip, &[]);
    insta::assert_snapshot!(call.story(&plan, &[TimedOut, TimedOut, NotAnswered]), @r#"
      8800.toml:12:12 [condition_true] верно: schedule.office.open (график «office» открыт)
      8800.toml:12:12 [goto] переход в ветку «main»
      8800.toml:59:1 [play] фразы: greeting, notice (уведомление о записи)
    Play { prompts: ["greeting", "notice"], notice: true }
      8800.toml:59:1 [played] доиграно
      8800.toml:63:1 [lookup] ждём поиск клиента, не дольше 800 мс от начала звонка
    AwaitLookup { deadline: 800ms }
      8800.toml:63:1 [looked_up] поиск клиента окончен
      8800.toml:66:1 [condition_false] неверно: client.class == "blocked" (client.class = "vip")
      8800.toml:70:1 [condition_true] верно: client.class == "vip" (client.class = "vip")
      8800.toml:72:5 [play] фразы: vip_greeting
    Play { prompts: ["vip_greeting"], notice: false }
      8800.toml:72:5 [played] доиграно
      8800.toml:73:5 [queue] очередь «tech», приоритет 7, ждать до 90 с
    Queue { queue: tech, priority: 7, wait_max: 90s, leave_empty: true, music: "music", announce: None, keys: None }
      8800.toml:73:5 [timed_out] очередь «tech»: не дождались ответа
      8800.toml:91:1 [play] фразы: overflow_transfer
    Play { prompts: ["overflow_transfer"], notice: false }
      8800.toml:91:1 [played] доиграно
      8800.toml:94:1 [queue] очередь «reserve», приоритет 5, ждать до 150 с
    Queue { queue: reserve, priority: 5, wait_max: 150s, leave_empty: true, music: "music", announce: None, keys: None }
      8800.toml:94:1 [timed_out] очередь «reserve»: не дождались ответа
      8800.toml:103:1 [condition_true] верно: client.class in ["vip", "engineer"] (client.class = "vip")
      8800.toml:103:1 [goto] переход в ветку «duty»
      8800.toml:108:1 [play] фразы: duty_transfer
    Play { prompts: ["duty_transfer"], notice: false }
      8800.toml:108:1 [played] доиграно
      8800.toml:111:1 [external] внешний номер +7999•••0101, звонить до 30 с, взять звонок — клавиша 1
    External { number: +7999•••0101, trunk: None, ring: 30s, music: "music", ack: Some(Ack { prompts: ["duty_ack"], take: '1', pass: Some('2'), timeout: 10s }) }
      8800.toml:111:1 [not_answered] внешний номер +7999•••0101: не ответили
      8800.toml:116:1 [voicemail] голосовое сообщение до 120 с
    Voicemail { prompts: ["voicemail_intro"], max: 120s, owed: Owed { group: None, within: 86400s, schedule: None } }
      8800.toml:116:1 [played] доиграно
      8800.toml:120:1 [close] закрывающая фраза: voicemail_thanks, goodbye (причина: message_taken)
    Close { prompts: ["voicemail_thanks", "goodbye"], reason: "message_taken" }
    "#);
}

#[test]
fn an_anonymous_caller_at_night() {
    let plan = loaded(&hotline()).plan;
    let call = Call::at(HOTLINE, "2026-01-12T23:30").anonymous();
    insta::assert_snapshot!(call.story(&plan, &[]), @r#"
      8800.toml:12:12 [condition_false] неверно: schedule.office.open (график «office» закрыт: 23:30, понедельник, рабочие часы 09:00–20:00)
      8800.toml:14:15 [goto] переход в ветку «night»
      8800.toml:138:1 [play] фразы: greeting, notice (уведомление о записи)
    Play { prompts: ["greeting", "notice"], notice: true }
      8800.toml:138:1 [played] доиграно
      8800.toml:142:1 [lookup] ждём поиск клиента, не дольше 800 мс от начала звонка
    AwaitLookup { deadline: 800ms }
      8800.toml:142:1 [looked_up] поиск клиента окончен
      8800.toml:145:1 [condition_false] неверно: client.class in ["vip", "engineer"] (client.class = "unknown")
      8800.toml:149:1 [condition_false] неверно: schedule.office.reason == "holiday" (график «office» закрыт: 23:30, понедельник, рабочие часы 09:00–20:00)
      8800.toml:153:1 [play] фразы: night_closed
    Play { prompts: ["night_closed"], notice: false }
      8800.toml:153:1 [played] доиграно
      8800.toml:156:1 [call] вызов подветки «opening»
      8800.toml:182:1 (вызов 8800.toml:156:1) [condition_false] неверно: schedule.office.opens_in_days == 0 (schedule.office.opens_in_days = 1)
      8800.toml:186:1 (вызов 8800.toml:156:1) [condition_true] верно: schedule.office.opens_in_days == 1 (schedule.office.opens_in_days = 1)
      8800.toml:187:11 (вызов 8800.toml:156:1) [play] фразы: opens_tomorrow, time(schedule.office.opens_time)
      8800.toml:187:11 (вызов 8800.toml:156:1) [said] говорим time(schedule.office.opens_time): «девять часов ровно»
    Play { prompts: ["opens_tomorrow", "digit_nine", "hour_many", "sharp"], notice: false }
      8800.toml:187:11 (вызов 8800.toml:156:1) [played] доиграно
      8800.toml:190:1 (вызов 8800.toml:156:1) [condition_false] неверно: schedule.office.opens_in_days > 1 (schedule.office.opens_in_days = 1)
      8800.toml:159:1 [goto] переход в ветку «message»
      8800.toml:116:1 [voicemail] голосовое сообщение до 120 с
    Voicemail { prompts: ["voicemail_intro"], max: 120s, owed: Owed { group: None, within: 86400s, schedule: None } }
      8800.toml:116:1 [played] доиграно
      8800.toml:120:1 [close] закрывающая фраза: voicemail_thanks, goodbye (причина: message_taken)
    Close { prompts: ["voicemail_thanks", "goodbye"], reason: "message_taken" }
    "#);
}

#[test]
fn a_caller_in_the_new_year_holidays() {
    let plan = loaded(&hotline()).plan;
    let call = Call::at(HOTLINE, "2026-01-04T12:00");
    insta::assert_snapshot!(call.story(&plan, &[]), @r#"
      8800.toml:12:12 [condition_false] неверно: schedule.office.open (график «office» закрыт: 4 января — нерабочий праздничный день (Новогодние каникулы))
      8800.toml:14:15 [goto] переход в ветку «night»
      8800.toml:138:1 [play] фразы: greeting, notice (уведомление о записи)
    Play { prompts: ["greeting", "notice"], notice: true }
      8800.toml:138:1 [played] доиграно
      8800.toml:142:1 [lookup] ждём поиск клиента, не дольше 800 мс от начала звонка
    AwaitLookup { deadline: 800ms }
      8800.toml:142:1 [looked_up] поиск клиента окончен
      8800.toml:145:1 [condition_false] неверно: client.class in ["vip", "engineer"] (client.class = "unknown")
      8800.toml:149:1 [condition_true] верно: schedule.office.reason == "holiday" (график «office» закрыт: 4 января — нерабочий праздничный день (Новогодние каникулы))
      8800.toml:150:11 [play] фразы: holiday_closed
    Play { prompts: ["holiday_closed"], notice: false }
      8800.toml:150:11 [played] доиграно
      8800.toml:150:42 [call] вызов подветки «opening»
      8800.toml:182:1 (вызов 8800.toml:150:42) [condition_false] неверно: schedule.office.opens_in_days == 0 (schedule.office.opens_in_days = 6)
      8800.toml:186:1 (вызов 8800.toml:150:42) [condition_false] неверно: schedule.office.opens_in_days == 1 (schedule.office.opens_in_days = 6)
      8800.toml:190:1 (вызов 8800.toml:150:42) [condition_true] верно: schedule.office.opens_in_days > 1 (schedule.office.opens_in_days = 6)
      8800.toml:191:11 (вызов 8800.toml:150:42) [play] фразы: opens_at, time(schedule.office.opens_time), date(schedule.office.opens_date)
      8800.toml:191:11 (вызов 8800.toml:150:42) [said] говорим time(schedule.office.opens_time): «десять часов ровно»
      8800.toml:191:11 (вызов 8800.toml:150:42) [said] говорим date(schedule.office.opens_date): «десятого января»
    Play { prompts: ["opens_at", "n_10", "hour_many", "sharp", "dg_10", "month_1"], notice: false }
      8800.toml:191:11 (вызов 8800.toml:150:42) [played] доиграно
      8800.toml:150:64 [close] закрывающая фраза: goodbye (причина: holiday)
    Close { prompts: ["goodbye"], reason: "holiday" }
    "#);
}

#[test]
fn the_emergency_line_at_night() {
    let plan = loaded(&hotline()).plan;
    let call = Call::at("+78001234568", "2026-01-05T03:05");
    insta::assert_snapshot!(call.story(&plan, &[NoOperators, NotAnswered]), @r#"
      8800.toml:163:1 [play] фразы: emergency, notice (уведомление о записи)
    Play { prompts: ["emergency", "notice"], notice: true }
      8800.toml:163:1 [played] доиграно
      8800.toml:167:1 [lookup] ждём поиск клиента, не дольше 800 мс от начала звонка
    AwaitLookup { deadline: 800ms }
      8800.toml:167:1 [looked_up] поиск клиента окончен
      8800.toml:170:1 [queue] очередь «emergency», приоритет 9, ждать до 60 с
    Queue { queue: emergency, priority: 9, wait_max: 60s, leave_empty: true, music: "music", announce: None, keys: None }
      8800.toml:170:1 [no_operators] очередь «emergency»: в группе никого нет
      8800.toml:108:1 [play] фразы: duty_transfer
    Play { prompts: ["duty_transfer"], notice: false }
      8800.toml:108:1 [played] доиграно
      8800.toml:111:1 [external] внешний номер +7999•••0101, звонить до 30 с, взять звонок — клавиша 1
    External { number: +7999•••0101, trunk: None, ring: 30s, music: "music", ack: Some(Ack { prompts: ["duty_ack"], take: '1', pass: Some('2'), timeout: 10s }) }
      8800.toml:111:1 [not_answered] внешний номер +7999•••0101: не ответили
      8800.toml:116:1 [voicemail] голосовое сообщение до 120 с
    Voicemail { prompts: ["voicemail_intro"], max: 120s, owed: Owed { group: None, within: 86400s, schedule: None } }
      8800.toml:116:1 [played] доиграно
      8800.toml:120:1 [close] закрывающая фраза: voicemail_thanks, goodbye (причина: message_taken)
    Close { prompts: ["voicemail_thanks", "goodbye"], reason: "message_taken" }
    "#);
}

#[test]
fn another_number_is_not_ours() {
    let plan = loaded(&hotline()).plan;
    assert_eq!(
        Call::at("+78009999999", "2026-01-12T12:00").story(&plan, &[]),
        "not our number"
    );
}

#[test]
fn every_piece_that_an_announcement_may_need_is_asked_of_the_pack_of_its_language() {
    let plan = |locale: &str| {
        let text = format!(
            r#"
[[number]]
did = "+78001234567"
record = "off"
locale = "{locale}"
flow = "main"

[group.tech]
operators = ["101"]

[queue.tech]
callers_max = 3

[[flow.main]]
queue = "tech"
wait = "60s"
announce = {{ position = true, wait = true, say = ["please_wait"] }}
on_timeout = "sorry"
on_no_operators = "sorry"
on_full = "sorry"

[[flow.sorry]]
close = ["goodbye"]
reason = "sorry"
"#
        );
        let plan = loaded(&source(&text)).plan;
        let said = plan
            .prompts()
            .iter()
            .map(|(name, place)| format!("{name} {place}"));
        said.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(plan("ru"));
    let named: Vec<String> = plan("en").lines().map(str::to_owned).collect();
    assert!(
        named.iter().all(|line| line.starts_with("en/")),
        "{named:?}"
    );
    assert!(
        named.contains(&"en/o_3 8800.toml:15:1".to_owned()),
        "{named:?}"
    );
}
