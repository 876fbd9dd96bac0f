//! What a new version does otherwise, as the admin reads it.
use gudok_calendar::Overrides;
use gudok_dialplan::difference::{Named, Served};
use gudok_dialplan::{Horizon, Source};

use crate::keys::MENU;
use crate::support::{hotline, loaded, source};

/// The hotline against itself with one thing replaced, over four weeks.
fn instead(of: &str, by: &str) -> String {
    let old = hotline();
    let mut new: Vec<Source> = hotline();
    assert!(new[0].text.contains(of), "{of}");
    new[0].text = new[0].text.replace(of, by);
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(28);
    let difference = loaded(&new)
        .plan
        .differs_from(&loaded(&old).plan, horizon, &Overrides::NONE);
    difference.lines().join("\n")
}

#[test]
fn the_same_plan_is_no_other() {
    let moved = instead("[schedule.office]", "# Часы работы.\n[schedule.office]");
    assert_eq!(moved, "вызовы пойдут как прежде");
}

#[test]
fn an_hour_less_in_the_evening_is_five_hours_a_week() {
    insta::assert_snapshot!(instead("mon-fri 09:00-20:00", "mon-fri 09:00-19:00"), @r#"
    номер «Горячая линия» (+78001234567): 5 ч в неделю пойдут иначе
      client.class = blocked: пн 09.11.2026 19:00–20:00, вт 10.11.2026 19:00–20:00, ср 11.11.2026 19:00–20:00 … и ещё 17; всего 20 ч
        было:  закрывающая фраза: goodbye (причина: blocked) (8800.toml:133:1)
        будет: фразы: night_closed (8800.toml:153:1)
      client.class = engineer: пн 09.11.2026 19:00–20:00, вт 10.11.2026 19:00–20:00, ср 11.11.2026 19:00–20:00 … и ещё 17; всего 20 ч
        было:  фразы: please_wait (8800.toml:78:11)
        будет: фразы: duty_transfer (8800.toml:108:1)
      номер скрыт, client.class = regular, client.class = lead, client.class = unknown: пн 09.11.2026 19:00–20:00, вт 10.11.2026 19:00–20:00, ср 11.11.2026 19:00–20:00 … и ещё 17; всего 20 ч
        было:  фразы: please_wait (8800.toml:78:11)
        будет: фразы: night_closed (8800.toml:153:1)
      client.class = vip: пн 09.11.2026 19:00–20:00, вт 10.11.2026 19:00–20:00, ср 11.11.2026 19:00–20:00 … и ещё 17; всего 20 ч
        было:  фразы: vip_greeting (8800.toml:72:5)
        будет: фразы: duty_transfer (8800.toml:108:1)
    "#);
}

#[test]
fn what_only_some_callers_meet_is_said_of_them() {
    insta::assert_snapshot!(instead("client.class == \"vip\"'\nthen", "client.class == \"lead\"'\nthen"), @r#"
    номер «Горячая линия» (+78001234567): 61 ч в неделю пойдут иначе
      client.class = lead: пн 09.11.2026 09:00–20:00, вт 10.11.2026 09:00–20:00, ср 11.11.2026 09:00–20:00 … и ещё 21; всего 244 ч
        было:  фразы: please_wait (8800.toml:78:11)
        будет: фразы: vip_greeting (8800.toml:72:5)
      client.class = vip: пн 09.11.2026 09:00–20:00, вт 10.11.2026 09:00–20:00, ср 11.11.2026 09:00–20:00 … и ещё 21; всего 244 ч
        было:  фразы: vip_greeting (8800.toml:72:5)
        будет: фразы: please_wait (8800.toml:78:11)
    "#);
}

#[test]
fn what_comes_late_in_a_call_is_seen_too() {
    let duty = "external = \"+79990000101\"\n";
    let longer = format!("{duty}ring = \"40s\"\n");
    insta::assert_snapshot!(instead(duty, &longer), @r#"
    номер «Горячая линия» (+78001234567): 168 ч в неделю пойдут иначе
      client.class = vip, client.class = engineer: пн 09.11.2026 00:00 – вс 06.12.2026 24:00; всего 672 ч
        было:  внешний номер +7999•••0101, звонить до 30 с, взять звонок — клавиша 1 (8800.toml:111:1)
        будет: внешний номер +7999•••0101, звонить до 40 с, взять звонок — клавиша 1 (8800.toml:111:1)
    номер «Аварийная линия» (+78001234568): 168 ч в неделю пойдут иначе
      все: пн 09.11.2026 00:00 – вс 06.12.2026 24:00; всего 672 ч
        было:  внешний номер +7999•••0101, звонить до 30 с, взять звонок — клавиша 1 (8800.toml:111:1)
        будет: внешний номер +7999•••0101, звонить до 40 с, взять звонок — клавиша 1 (8800.toml:111:1)
    "#);
}

#[test]
fn another_turn_is_named_and_moves_the_hours_that_ask_for_it() {
    let duty_by = |till: &str, key: &str| {
        let text = format!(
            r#"
[[number]]
did = "+78001234567"
label = "Дежурные"
record = "off"
zone = "Asia/Irkutsk"
flow = "main"

[roster.duty]
zone = "Asia/Irkutsk"
shifts = [{{ person = "ivanov", from = 2026-11-10T00:00:00, till = {till} }}]

[roster.duty.people]
ivanov = "+79990000101"

[[flow.main]]
when = "roster.duty.on_duty > 0"
then = [{{ duty = "duty"{key}, on_nobody = "message" }}]

[[flow.main]]
goto = "message"

[[flow.message]]
close = ["goodbye"]
reason = "nobody"
"#
        );
        loaded(&source(&text)).plan
    };
    let duty = |till: &str| duty_by(till, "");
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
    let (old, new) = (duty("2026-11-11T08:00:00"), duty("2026-11-11T06:00:00"));
    insta::assert_snapshot!(new.differs_from(&old, horizon, &Overrides::NONE).lines().join("\n"), @r#"
номер «Дежурные» (+78001234567): 2 ч в неделю пойдут иначе
  все: ср 11.11.2026 06:00–08:00; всего 2 ч
    было:  дежурные по графику «duty» (8800.toml:18:11)
    будет: закрывающая фраза: goodbye (причина: nobody) (8800.toml:24:1)
график дежурств duty: смены (shifts): другие
"#);
    let key = r#", ack = { prompts = ["greeting"], keys = { 1 = "take" } }"#;
    let with_key = duty_by("2026-11-11T08:00:00", key);
    let told = with_key
        .differs_from(&old, horizon, &Overrides::NONE)
        .lines()
        .join("\n");
    assert!(told.contains("32 ч в неделю пойдут иначе"), "{told}");
}

#[test]
fn numbers_and_groups_come_and_go() {
    insta::assert_snapshot!(instead("did = \"+78001234568\"", "did = \"+78001234569\""), @r"
номер «Аварийная линия» (+78001234569): новый
номер «Аварийная линия» (+78001234568): больше не обслуживается
");
    insta::assert_snapshot!(instead("operators = [\"104\", \"105\"]", "operators = [\"105\"]"), @"группа reserve: операторы (operators): −104");
}

#[test]
fn other_keys_and_other_variables_are_other_ways() {
    let instead = |of: &str, by: &str| {
        assert!(MENU.contains(of), "{of}");
        let (old, new) = (source(MENU), source(&MENU.replacen(of, by, 1)));
        let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
        let difference =
            loaded(&new)
                .plan
                .differs_from(&loaded(&old).plan, horizon, &Overrides::NONE);
        difference.lines().join("\n")
    };
    insta::assert_snapshot!(instead("2 = \"wait\"", "3 = \"wait\""), @r#"
номер «+78001234567» (+78001234567): 168 ч в неделю пойдут иначе
  все: пн 09.11.2026 00:00 – вс 15.11.2026 24:00; всего 168 ч
    было:  меню, фразы: welcome; keys = * 1 2 (8800.toml:11:1)
    будет: меню, фразы: welcome; keys = * 1 3 (8800.toml:11:1)
"#);
    insta::assert_snapshot!(instead("startsWith(\"45\")", "startsWith(\"46\")"), @r#"
номер «+78001234567» (+78001234567): 168 ч в неделю пойдут иначе
  все: пн 09.11.2026 00:00 – вс 15.11.2026 24:00; всего 168 ч
    было:  спрашиваем «account», фразы: say_account; check = answer.startsWith("45") (8800.toml:17:8)
    будет: спрашиваем «account», фразы: say_account; check = answer.startsWith("46") (8800.toml:17:8)
"#);
    insta::assert_snapshot!(instead("times = 1 ", "times = 2 "), @r#"
номер «+78001234567» (+78001234567): 168 ч в неделю пойдут иначе
  все: пн 09.11.2026 00:00 – вс 15.11.2026 24:00; всего 168 ч
    было:  переменные: class, times; times = 1 (8800.toml:22:1)
    будет: переменные: class, times; times = 2 (8800.toml:22:1)
"#);
}

/// Two numbers of a busy line, by the calls that are too many for it.
#[test]
fn what_callers_hear_in_busy_times_is_compared_too() {
    let with = |words: &str| {
        let text = MENU.replace("flow = \"main\"", "flow = \"main\"\nbusy = \"full\"");
        let text = format!("{text}\n[[flow.full]]\nclose = [\"{words}\"]\nreason = \"busy\"\n");
        loaded(&source(&text)).plan
    };
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
    let (old, new) = (with("all_busy"), with("sorry"));
    let difference = new.differs_from(&old, horizon, &Overrides::NONE);
    insta::assert_snapshot!(difference.lines().join("\n"), @r#"
номер «+78001234567» (+78001234567), когда вызовов больше, чем можно принять (busy)
  все: пн 09.11.2026 00:00 – вс 15.11.2026 24:00; всего 168 ч
    было:  закрывающая фраза: all_busy (причина: busy) (8800.toml:48:1)
    будет: закрывающая фраза: sorry (причина: busy) (8800.toml:48:1)
"#);
}

/// The words of a condition are the same, what they name is not: hours another schedule has, asked beside a fact of the call.
#[test]
fn a_condition_about_other_hours_is_another_though_its_words_are_the_same() {
    let with = |hours: &str| {
        let text = format!(
            r#"
[[number]]
did = "+78001234567"
label = "Горячая"
record = "off"
flow = "main"

[schedule.office]
zone = "Asia/Irkutsk"
windows = ["{hours}"]

[group.tech]
operators = ["101"]

[[flow.main]]
when = 'has(client.field.vip) == schedule.office.open'
goto = "message"

[[flow.main]]
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
"#
        );
        loaded(&source(&text)).plan
    };
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
    let (old, new) = (with("daily 09:00-20:00"), with("daily 09:00-19:00"));
    let difference = new.differs_from(&old, horizon, &Overrides::NONE);
    insta::assert_snapshot!(difference.lines().join("\n"), @r#"
номер «Горячая» (+78001234567): 7 ч в неделю пойдут иначе
  все: пн 09.11.2026 19:00–20:00, вт 10.11.2026 19:00–20:00, ср 11.11.2026 19:00–20:00 … и ещё 4; всего 7 ч
    было:  голосовое сообщение до 120 с (8800.toml:27:1)
    будет: очередь «tech», приоритет 0, ждать до 60 с (8800.toml:20:1)
"#);
}

#[test]
fn what_moves_no_call_is_told_too() {
    let label = instead("label = \"Горячая линия\"", "label = \"Горячая\"");
    assert_eq!(
        label,
        "номер «Горячая» (+78001234567): другое значение label"
    );
    let allowed = instead("allow_closed = []", "allow_closed = [\"blocked\"]");
    assert!(
        allowed.contains("другое значение allow_closed"),
        "{allowed}"
    );
    for (of, list) in [
        ("LUNCH = \"Обед\"", "not_ready_reasons"),
        ("CONSULT = \"Консультация\"", "dispositions"),
    ] {
        let told = instead(of, &of.replace(" = \"", " = \"Ещё "));
        assert!(told.contains(&format!("({list}): другой список")), "{told}");
    }
    let idle = "[group.idle]\noperators = [\"104\"]\n\n[group.reserve]";
    let new = instead("[group.reserve]", idle);
    assert_eq!(new, "группа idle: появилась\nочередь idle: появилась");
}

#[test]
fn what_operators_are_told_of_supervisors_is_told() {
    let told = |value| format!("[supervision]\ntold = {value}\n\n[group.reserve]");
    let hidden = instead("[group.reserve]", &told(false));
    let what = "супервизор в разговоре (supervision): оператору показывают иначе";
    assert_eq!(hidden, what);
    let usual = instead("[group.reserve]", &told(true));
    assert_eq!(usual, "вызовы пойдут как прежде");
}

#[test]
fn whose_words_aside_are_recorded_is_told_and_needs_a_call_that_is_recorded() {
    let said = |value| format!("[[number]]\nrecord_consultations = \"{value}\"");
    let otherwise = instead("[[number]]", &said("colleagues"));
    assert!(otherwise.contains("record_consultations"), "{otherwise}");
    assert_eq!(
        instead("[[number]]", &said("off")),
        "вызовы пойдут как прежде"
    );

    let off = "[[number]]\ndid = \"+78001234567\"\nrecord = \"off\"\nflow = \"main\"\n\n\
               [[flow.main]]\nclose = [\"goodbye\"]\nreason = \"night\"\n";
    let refused = off.replacen("flow = ", "record_consultations = \"all\"\nflow = ", 1);
    let problems = gudok_dialplan::load(&source(&refused)).expect_err("nothing would be recorded");
    let codes: Vec<&str> = problems.iter().map(|it| it.code).collect();
    assert_eq!(codes, ["useless_key"]);
}

/// A rule that says what is usual is none; one that is left out is again as usual.
#[test]
fn rules_of_alarms_are_told_by_what_they_are_about() {
    let rules = "[[alarm]]\nwhat = \"oldest_waiting\"\nqueue = \"tech\"\non = \"3m\"\n\n[[alarm]]\nwhat = \"disk\"\non = 5\n\n[[alarm]]\nwhat = \"service_level\"\nfor = \"1m\"\n\n[group.reserve]";
    insta::assert_snapshot!(instead("[group.reserve]", rules), @r"
    тревога service_level: включается, снимается, через сколько (on, off, for): 70, 80, 300 с → 70, 80, 60 с
    тревога oldest_waiting (tech): включается, снимается, через сколько (on, off, for): 300, 60, 0 с → 180, 60, 0 с
    ");
}

/// What binds a break is no other list: it is told by itself.
#[test]
fn rules_of_breaks_are_told_one_by_one() {
    let lunch = "LUNCH = { text = \"Обед\", max = \"40m\", keep_ready = 2 }";
    insta::assert_snapshot!(instead("LUNCH = \"Обед\"", lunch), @r"
    перерыв LUNCH: не дольше (max): сколько угодно → 2400 с
    перерыв LUNCH: на линии остаются (keep_ready): 0 → 2
    ");
    let other = "BREAK = { text = \"Перерыв\", max = \"15m\", keep_ready = 1 }";
    let usual = "BREAK = { text = \"Перерыв\", max = \"20m\", keep_ready = 1 }";
    assert_eq!(
        instead(usual, other),
        "перерыв BREAK: не дольше (max): 1200 с → 900 с"
    );
}

/// Settings that move no step of a route and change who answers, and when: each is told with what it was and what it will be.
#[test]
fn settings_of_queues_and_groups_are_told_one_by_one() {
    let ladder = "aging = \"60s\"\nrelax = [{ after = \"20s\", add = \"reserve\" }]";
    assert_eq!(
        instead("aging = \"60s\"", ladder),
        "очередь tech: лестница (relax): нет → +reserve через 20 с"
    );
    let queue = "weight = 20\ncallers_max = 50\naging = \"60s\"";
    insta::assert_snapshot!(instead(queue, "weight = 30\ncallers_max = 40\ngroup = \"reserve\""), @r#"
очередь tech: группа (group): tech → reserve
очередь tech: доля операторов (weight): 20 → 30
очередь tech: мест (callers_max): 50 → 40
очередь tech: приоритет растёт (aging): через 60 с → никогда
"#);
    insta::assert_snapshot!(instead("strategy = \"longest_idle\"\nring = \"20s\"\nwrap_up = \"15s\"\nreject_delay = \"5s\"\nmisses_max = 3", "strategy = \"linear\"\nring = \"25s\"\nwrap_up = \"20s\"\nreject_delay = \"800ms\"\nrefuse_memory = \"30s\"\nmisses_max = 0"), @r#"
группа tech: кому звонить (strategy): longest_idle → linear
группа tech: звонить одному (ring): 20 с → 25 с
группа tech: обработка (wrap_up): 15 с → 20 с
группа tech: пауза после отказа (reject_delay): 5 с → 800 мс
группа tech: помнить отказ (refuse_memory): 60 с → 30 с
группа tech: пропусков подряд (misses_max): 3 → 0
"#);
    let work = "aging = \"60s\"\nwrap_up = \"30s\"\nwrap_up_max = \"3m\"\nhold_max = \"2m\"";
    insta::assert_snapshot!(instead("aging = \"60s\"", work), @r#"
очередь tech: обработка (wrap_up): как у группы → 30 с
очередь tech: обработка с продлениями (wrap_up_max): обычная → 180 с
очередь tech: предупреждать об удержании (hold_max): никогда → 120 с
"#);
    let operators = "operators = [\"101\", \"102\", \"103\"]";
    insta::assert_snapshot!(instead(operators, "operators = [\"102\", \"101\", \"103\"]"), @"группа tech: операторы (operators): другой порядок");
    insta::assert_snapshot!(instead(operators, "operators = [\"101\", \"102\", \"106\"]"), @"группа tech: операторы (operators): +106, −103");
}

/// Of a long list those are told that changed, not those that come first.
#[test]
fn a_weight_behind_the_fifth_is_told() {
    let with = |last: u8| {
        let text = format!(
            "[[number]]\ndid = \"+78001234567\"\nrecord = \"off\"\nflow = \"main\"\n\n[group.tech]\n\
             operators = [\"a1\", \"a2\", \"a3\", \"a4\", \"a5\", \"a6\", \"a7\"]\nstrategy = \"weighted_random\"\n\
             weights = {{ a1 = 1, a2 = 2, a3 = 3, a4 = 4, a5 = 5, a6 = 6, a7 = {last} }}\n\n[queue.tech]\n\n\
             [[flow.main]]\nqueue = \"tech\"\nwait = \"60s\"\non_timeout = \"bye\"\non_full = \"bye\"\n\
             on_no_operators = \"bye\"\n\n[[flow.bye]]\nclose = \"goodbye\"\nreason = \"bye\"\n"
        );
        loaded(&source(&text)).plan
    };
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(1);
    let difference = with(9).differs_from(&with(7), horizon, &Overrides::NONE);
    assert_eq!(
        difference.lines().join("\n"),
        "группа tech: жребий (weights): a7 7 → a7 9"
    );
}

/// Where both versions do the same by the words of a reason, what else they do is said.
#[test]
fn a_step_that_reads_alike_is_told_whole() {
    let music = instead("music = \"music\"", "music = \"please_wait\"");
    assert!(music.contains("ждать до 90 с; music = music ("), "{music}");
    assert!(
        music.contains("ждать до 90 с; music = please_wait ("),
        "{music}"
    );
}

#[test]
fn settings_of_which_no_line_tells_are_another_version_all_the_same() {
    let plan = loaded(&hotline()).plan;
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(1);
    let mut difference = plan.differs_from(&plan, horizon, &Overrides::NONE);
    difference.groups.push(Named {
        name: "tech".into(),
        served: Served::Both,
        changes: Vec::new(),
    });
    let told = difference.lines();
    assert_eq!(told, ["группа tech: другие настройки или состав"]);
}

#[test]
fn other_rules_of_calls_out_are_told() {
    let mut files = hotline();
    let of = files.iter_mut().find(|it| it.name == "outbound.toml");
    let text = &mut of.expect("it is there").text;
    *text = text.replace("per_hour = 300", "per_hour = 200");
    let (old, new) = (loaded(&hotline()).plan, loaded(&files).plan);
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(1);
    let difference = new.differs_from(&old, horizon, &Overrides::NONE);
    let told = difference.lines();
    assert_eq!(told, ["исходящие (outbound, law): другие правила"]);
    // Where they stand means nothing.
    files[0].text.insert(0, '\n');
    let moved = loaded(&files).plan;
    assert!(
        moved
            .differs_from(&new, horizon, &Overrides::NONE)
            .is_none()
    );
    let of = files.iter_mut().find(|it| it.name == "outbound.toml");
    of.expect("it is there").text.insert(0, '\n');
    let moved = loaded(&files).plan;
    assert!(
        moved
            .differs_from(&new, horizon, &Overrides::NONE)
            .is_none()
    );
}
