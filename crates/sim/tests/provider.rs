//! The hotline of a provider of five regions, told call by call: support by the region's own day, sales, engineers, important
//! clients, an emergency, the night, New Year.
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use gudok_dialplan::{Horizon, Plan, Source, accept, load};
use gudok_model::{
    Caller, Client, ClientClass, ClientMatch, Dialled, IdentitySource, NumberRules, Presentation,
    Wall, number,
};
use gudok_numbering::Numbering;
use gudok_sim::{Mood, Scene, simulate};

const PLAN: &str = include_str!("provider/provider.toml");
const HOTLINE: &str = "88001234567";
const ENGINEERS: &str = "88001234570";
const HOUR: i64 = 3_600_000_000;
/// Tuesday 24 November 2026 and Friday 1 January 2027, midnight in Moscow.
const TUESDAY: i64 = 1_795_467_600_000_000;
const NEW_YEAR: i64 = 1_798_750_800_000_000;
/// One number of each region, and of none.
const MOSCOW: &str = "84951234567";
const KAZAN: &str = "88432345678";
const NOVOSIBIRSK: &str = "83832345678";
const IRKUTSK: &str = "83952345678";
const VLADIVOSTOK: &str = "84232345678";
const MOBILE: &str = "89990001974";

fn sources() -> [Source; 1] {
    [Source {
        name: "provider.toml".into(),
        text: PLAN.into(),
    }]
}

fn plan() -> Arc<Plan> {
    let loaded = load(&sources());
    Arc::new(loaded.expect("the plan is good").plan)
}

/// One call, by the hour in Moscow; everybody is at work and answers, unless the scene was changed.
struct Told {
    plan: Arc<Plan>,
    scene: Scene,
}

impl Told {
    fn new() -> Self {
        let plan = plan();
        let scene = Scene::staffed(&plan);
        Self { plan, scene }
    }

    fn without(mut self, who: &[&str]) -> Self {
        let operators = self.scene.operators.iter_mut();
        operators
            .filter(|extra| who.contains(&extra.operator.as_str()))
            .for_each(|extra| extra.mood = Mood::Away);
        self
    }

    fn presses(mut self, keys: &[&str]) -> Self {
        self.scene.digits = keys.iter().map(|keys| (*keys).to_owned().into()).collect();
        self
    }

    fn of_class(mut self, class: ClientClass) -> Self {
        let client = Client {
            id: "17".into(),
            name: "ООО «Пример»".into(),
            class,
            fields: BTreeMap::new(),
            source: "local".into(),
        };
        let took = Duration::from_millis(40);
        let found = ClientMatch::One {
            client,
            took_ms: 40,
        };
        self.scene.client = (found, took);
        self
    }

    fn nobody_outside(mut self) -> Self {
        self.scene.outside_answers = None;
        self
    }

    /// What became of the call: its lines without those of the questions, which are the same each time.
    fn call(self, from: &str, to: &str, at: i64) -> String {
        let rules = NumberRules::default();
        let number = number::parse(from, &rules);
        let region = number.e164.as_ref();
        let region = region.and_then(|e164| Numbering::built_in().region_of(e164));
        let from = Caller {
            number,
            display: None,
            presentation: Presentation::Allowed,
            asserted_by: IdentitySource::Pai,
            region,
        };
        let to = Dialled {
            number: number::parse(to, &rules),
            found_in: IdentitySource::RequestUri,
        };
        let story = simulate(self.plan, from, to, Wall(at), &self.scene);
        let mut text = String::new();
        for (at, line) in &story.lines {
            writeln!(text, "{:>7.2} {line}", at.as_secs_f64()).expect("a string takes all");
        }
        assert!(story.outcome.is_some(), "no end:\n{text}");
        text
    }
}

/// The lines that say where a call went.
fn way(story: &str) -> String {
    let told = ["разговор с", "итог", "звоним на внешний", "заявка"];
    let lines = story.lines().filter(|line| {
        let is_queued = line.contains(" в очереди ") && !line.contains("первый");
        is_queued || told.iter().any(|it| line.contains(it))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn no_hour_of_the_next_four_hundred_days_is_without_an_answer() {
    let horizon = Horizon::from_date("2026-11-23").expect("a date");
    let accepted = accept(&sources(), horizon);
    let problems = accepted.expect("accepted").warnings;
    let told: Vec<_> = problems.iter().map(|problem| problem.render()).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

/// At one moment it is night in Moscow and day in Vladivostok.
#[test]
fn each_region_is_served_by_its_own_people_in_its_own_day() {
    let at = |hour: i64| {
        let mut told = String::new();
        for from in [MOSCOW, KAZAN, NOVOSIBIRSK, IRKUTSK, VLADIVOSTOK, MOBILE] {
            let story =
                Told::new()
                    .presses(&["1", "4502170#"])
                    .call(from, HOTLINE, TUESDAY + hour * HOUR);
            writeln!(told, "{from}\n{}", way(&story)).expect("a string takes all");
        }
        told
    };
    insta::assert_snapshot!(at(2), @r"
    84951234567
      18.42 в очереди night, приоритет 4
      23.46 разговор с оператором 901, ожидание 5 с
      83.46 итог: отвечен (caller-hung-up)
    88432345678
      18.42 в очереди night, приоритет 4
      23.46 разговор с оператором 901, ожидание 5 с
      83.46 итог: отвечен (caller-hung-up)
    83832345678
      18.42 в очереди night, приоритет 4
      23.46 разговор с оператором 901, ожидание 5 с
      83.46 итог: отвечен (caller-hung-up)
    83952345678
      18.42 в очереди night, приоритет 4
      23.46 разговор с оператором 901, ожидание 5 с
      83.46 итог: отвечен (caller-hung-up)
    84232345678
      18.42 в очереди far_east, приоритет 3
      23.46 разговор с оператором 501, ожидание 5 с
      83.46 итог: отвечен (caller-hung-up)
    89990001974
      18.42 в очереди night, приоритет 4
      23.46 разговор с оператором 901, ожидание 5 с
      83.46 итог: отвечен (caller-hung-up)
    ");
    insta::assert_snapshot!(at(12), @r"
    84951234567
      18.42 в очереди moscow, приоритет 3
      23.46 разговор с оператором 101, ожидание 5 с
      83.46 итог: отвечен (caller-hung-up)
    88432345678
      18.42 в очереди volga, приоритет 3
      23.46 разговор с оператором 201, ожидание 5 с
      83.46 итог: отвечен (caller-hung-up)
    83832345678
      18.42 в очереди siberia, приоритет 3
      23.46 разговор с оператором 301, ожидание 5 с
      83.46 итог: отвечен (caller-hung-up)
    83952345678
      18.42 в очереди baikal, приоритет 3
      23.46 разговор с оператором 401, ожидание 5 с
      83.46 итог: отвечен (caller-hung-up)
    84232345678
      18.42 в очереди night, приоритет 4
      23.46 разговор с оператором 901, ожидание 5 с
      83.46 итог: отвечен (caller-hung-up)
    89990001974
      18.42 в очереди night, приоритет 4
      23.46 разговор с оператором 901, ожидание 5 с
      83.46 итог: отвечен (caller-hung-up)
    ");
}

#[test]
fn whoever_is_silent_in_the_menu_is_helped_all_the_same() {
    insta::assert_snapshot!(Told::new().presses(&["", ""]).call(KAZAN, HOTLINE, TUESDAY + 12 * HOUR), @r#"
      0.00 вызов: +7843•••5678 → +78001234567, транк simulated
      0.00 ищем клиента, не дольше 800 мс
      0.00 200: отвечаем
      0.02 клиент: не найден
      0.02 решение: play greeting notice
      0.02   фразы: greeting, notice (уведомление о записи) — provider.toml:99:1
      0.02 звучит: greeting, notice
      8.02 запись включена
      8.02 решение: lookup 800 ms
      8.02   доиграно — provider.toml:99:1
      8.02   ждём поиск клиента, не дольше 800 мс от начала звонка — provider.toml:103:1
      8.02 решение: menu menu_main
      8.02   поиск клиента окончен — provider.toml:103:1
      8.02   неверно: client.class == "blocked" (client.class = "unknown") — provider.toml:106:1
      8.02   неверно: client.class == "vip" (client.class = "unknown") — provider.toml:110:1
      8.02   меню, фразы: menu_main — provider.toml:114:1
      8.02 звучит: menu_main
     17.02 решение: menu menu_main
     17.02   ничего не нажато — provider.toml:114:1
     17.02   спрашиваем ещё раз: попытка 2 из 3 — provider.toml:114:1
     17.02 звучит: menu_main
     26.02 решение: menu menu_main
     26.02   ничего не нажато — provider.toml:114:1
     26.02   спрашиваем ещё раз: попытка 3 из 3 — provider.toml:114:1
     26.02 звучит: menu_main
     35.02 решение: ask account
     35.02   ничего не нажато — provider.toml:114:1
     35.02   попыток было 3, больше не спрашиваем — provider.toml:114:1
     35.02   переход в ветку «support» — provider.toml:114:1
     35.02   спрашиваем «account», фразы: ask_account — provider.toml:131:1
     35.02 звучит: ask_account
     46.02 решение: queue volga priority 3
     46.02   «account»: ничего не набрано — provider.toml:131:1
     46.02   попыток было 1, больше не спрашиваем — provider.toml:131:1
     46.02   переменная «nameless» задана — provider.toml:135:16
     46.02   неверно: caller.region in ["RU-MOW", "RU-MOS"] && schedule.moscow.open (caller.region = "RU-TA"; график «moscow» открыт) — provider.toml:138:1
     46.02   верно: caller.region == "RU-TA" && schedule.volga.open (caller.region = "RU-TA"; график «volga» открыт) — provider.toml:142:1
     46.02   вызов подветки «region» — provider.toml:143:11
     46.02   очередь «volga», приоритет 3, ждать до 120 с, клавиши: 1 — provider.toml:164:1 (вызов provider.toml:143:11)
     46.02 в очереди volga, приоритет 3
     46.02 звучит по кругу: music
     46.02 предлагаем оператору 201
     46.02   свободен дольше всех: 46 с
     46.02   первый в очереди volga: ждёт 0 с, приоритет 3
     46.04 карточка на экране
     46.04 звоним на телефон оператора 201
     46.06 телефон звонит
     51.06 разговор с оператором 201, ожидание 5 с
    111.06 вызывающий положил трубку
    111.06 оператор 201: разговор окончен
    111.06 итог: отвечен (caller-hung-up)
    121.06 оператор 201 закончил обработку, 10 с
    "#);
}

#[test]
fn an_important_client_goes_past_the_menu_and_before_the_others() {
    insta::assert_snapshot!(Told::new().of_class(ClientClass::Vip).call(MOBILE, HOTLINE, TUESDAY + 12 * HOUR), @r#"
     0.00 вызов: +7999•••1974 → +78001234567, транк simulated
     0.00 ищем клиента, не дольше 800 мс
     0.00 200: отвечаем
     0.02 решение: play greeting notice
     0.02   фразы: greeting, notice (уведомление о записи) — provider.toml:99:1
     0.02 звучит: greeting, notice
     0.04 клиент: ООО «Пример» (Vip)
     8.02 запись включена
     8.02 решение: lookup 800 ms
     8.02   доиграно — provider.toml:99:1
     8.02   ждём поиск клиента, не дольше 800 мс от начала звонка — provider.toml:103:1
     8.02 решение: play vip_greeting
     8.02   поиск клиента окончен — provider.toml:103:1
     8.02   неверно: client.class == "blocked" (client.class = "vip") — provider.toml:106:1
     8.02   верно: client.class == "vip" (client.class = "vip") — provider.toml:110:1
     8.02   переход в ветку «vip» — provider.toml:110:1
     8.02   фразы: vip_greeting — provider.toml:119:1
     8.02 звучит: vip_greeting
    12.02 решение: queue moscow priority 8
    12.02   доиграно — provider.toml:119:1
    12.02   очередь «moscow», приоритет 8, ждать до 60 с — provider.toml:122:1
    12.02 в очереди moscow, приоритет 8
    12.02 звучит по кругу: music
    12.02 предлагаем оператору 101
    12.02   свободен дольше всех: 12 с
    12.02   первый в очереди moscow: ждёт 0 с, приоритет 8
    12.02   не предлагаем 102: свободен не дольше того, кому предложили
    12.04 карточка на экране
    12.04 звоним на телефон оператора 101
    12.06 телефон звонит
    17.06 разговор с оператором 101, ожидание 5 с
    77.06 вызывающий положил трубку
    77.06 оператор 101: разговор окончен
    77.06 итог: отвечен (caller-hung-up)
    87.06 оператор 101 закончил обработку, 10 с
    "#);
}

#[test]
fn sales_are_there_in_office_hours_and_say_so_otherwise() {
    let sales = |at| way(&Told::new().presses(&["2"]).call(MOBILE, HOTLINE, at));
    insta::assert_snapshot!(sales(TUESDAY + 12 * HOUR), @r"
    12.52 в очереди sales, приоритет 0
    17.56 разговор с оператором 110, ожидание 5 с
    77.56 итог: отвечен (caller-hung-up)
    ");
    insta::assert_snapshot!(sales(TUESDAY + 20 * HOUR), @"  20.54 итог: закрывающая фраза (sales_closed)");
    insta::assert_snapshot!(sales(NEW_YEAR + 12 * HOUR), @"  20.54 итог: закрывающая фраза (sales_closed)");
}

/// Nobody of the region, nobody of the night: the caller waits no more than the plan says, and is called back.
#[test]
fn in_the_new_year_night_with_nobody_at_work_a_callback_is_promised() {
    let told = Told::new()
        .without(&["901", "902", "401", "402"])
        .presses(&["1", "4502170#", "1"]);
    insta::assert_snapshot!(told.call(IRKUTSK, HOTLINE, NEW_YEAR - HOUR), @r#"
     0.00 вызов: +7395•••5678 → +78001234567, транк simulated
     0.00 ищем клиента, не дольше 800 мс
     0.00 200: отвечаем
     0.02 клиент: не найден
     0.02 решение: play greeting notice
     0.02   фразы: greeting, notice (уведомление о записи) — provider.toml:99:1
     0.02 звучит: greeting, notice
     8.02 запись включена
     8.02 решение: lookup 800 ms
     8.02   доиграно — provider.toml:99:1
     8.02   ждём поиск клиента, не дольше 800 мс от начала звонка — provider.toml:103:1
     8.02 решение: menu menu_main
     8.02   поиск клиента окончен — provider.toml:103:1
     8.02   неверно: client.class == "blocked" (client.class = "unknown") — provider.toml:106:1
     8.02   неверно: client.class == "vip" (client.class = "unknown") — provider.toml:110:1
     8.02   меню, фразы: menu_main — provider.toml:114:1
     8.02 звучит: menu_main
    12.52 вызывающий нажал 1
    12.52 решение: ask account
    12.52   нажато 1 — provider.toml:114:1
    12.52   переход в ветку «support» — provider.toml:114:1
    12.52   спрашиваем «account», фразы: ask_account — provider.toml:131:1
    12.52 звучит: ask_account
    17.02 вызывающий нажал 4
    17.22 вызывающий нажал 5
    17.42 вызывающий нажал 0
    17.62 вызывающий нажал 2
    17.82 вызывающий нажал 1
    18.02 вызывающий нажал 7
    18.22 вызывающий нажал 0
    18.42 вызывающий нажал #
    18.42 решение: queue night priority 4
    18.42   «account»: набрано •••••70 — provider.toml:131:1
    18.42   неверно: caller.region in ["RU-MOW", "RU-MOS"] && schedule.moscow.open (caller.region = "RU-IRK"; график «moscow» закрыт: 23:00, четверг, рабочие часы 08:00–22:00) — provider.toml:138:1
    18.42   неверно: caller.region == "RU-TA" && schedule.volga.open (caller.region = "RU-IRK"; график «volga» закрыт: 23:00, четверг, рабочие часы 08:00–20:00) — provider.toml:142:1
    18.42   неверно: caller.region == "RU-NVS" && schedule.siberia.open (caller.region = "RU-IRK"; график «siberia» закрыт: 03:00, пятница, рабочие часы 08:00–20:00) — provider.toml:146:1
    18.42   неверно: caller.region == "RU-IRK" && schedule.baikal.open (caller.region = "RU-IRK"; график «baikal» закрыт: 04:00, пятница, рабочие часы 08:00–20:00) — provider.toml:150:1
    18.42   неверно: caller.region == "RU-PRI" && schedule.far_east.open (caller.region = "RU-IRK"; график «far_east» закрыт: 06:00, пятница, рабочие часы 09:00–19:00) — provider.toml:154:1
    18.42   переход в ветку «asleep» — provider.toml:158:1
    18.42   очередь «night», приоритет 4, ждать до 240 с — provider.toml:175:1
    18.42 в очереди night, приоритет 4
    18.42 звучит по кругу: music
    18.42 решение: menu callback_offer
    18.42   очередь «night»: в группе никого нет — provider.toml:175:1
    18.42   верно: !caller.anonymous && caller.kind in ["mobile", "geo"] (caller.anonymous = false; caller.kind = "geo") — provider.toml:183:1
    18.42   меню, фразы: callback_offer — provider.toml:183:1
    18.42 звучит: callback_offer
    22.92 вызывающий нажал 1
    22.92 решение: callback
    22.92   нажато 1 — provider.toml:183:1
    22.92   обещаем перезвонить на его номер за 20 мин, группа «night», по графику «around» — provider.toml:183:1
    22.92 заявка: перезвонить, +7395•••5678, группа night, до 31.12.2026 20:20
    22.92 звучит: «callback_within g_20 minute_many», goodbye
    38.94 итог: заказан обратный звонок (callback_promised)
    "#);
}

#[test]
fn who_waits_for_the_own_region_may_ask_to_be_called() {
    let mut told = Told::new().presses(&["1", "4502170#", "1", "1"]);
    told.scene.digits[2].after = Some(Duration::from_secs(40));
    told.scene
        .operators
        .iter_mut()
        .for_each(|it| it.mood = Mood::NotReady);
    insta::assert_snapshot!(way(&told.call(IRKUTSK, HOTLINE, TUESDAY + 6 * HOUR)), @r#"
    18.42 в очереди baikal, приоритет 3
    58.42 в очереди baikal нажата клавиша 1, место за звонящим
    62.92 заявка: перезвонить, +7395•••5678, группа night, до 24.11.2026 03:21
    78.94 итог: заказан обратный звонок (callback_promised)
    "#);
}

#[test]
fn in_an_emergency_those_on_duty_are_called_one_after_the_other() {
    let told = Told::new().without(&["901", "902"]).presses(&["0"]);
    insta::assert_snapshot!(told.call(MOSCOW, HOTLINE, TUESDAY + 3 * HOUR), @r#"
     0.00 вызов: +7495•••4567 → +78001234567, транк simulated
     0.00 ищем клиента, не дольше 800 мс
     0.00 200: отвечаем
     0.02 клиент: не найден
     0.02 решение: play greeting notice
     0.02   фразы: greeting, notice (уведомление о записи) — provider.toml:99:1
     0.02 звучит: greeting, notice
     8.02 запись включена
     8.02 решение: lookup 800 ms
     8.02   доиграно — provider.toml:99:1
     8.02   ждём поиск клиента, не дольше 800 мс от начала звонка — provider.toml:103:1
     8.02 решение: menu menu_main
     8.02   поиск клиента окончен — provider.toml:103:1
     8.02   неверно: client.class == "blocked" (client.class = "unknown") — provider.toml:106:1
     8.02   неверно: client.class == "vip" (client.class = "unknown") — provider.toml:110:1
     8.02   меню, фразы: menu_main — provider.toml:114:1
     8.02 звучит: menu_main
    12.52 вызывающий нажал 0
    12.52 решение: play emergency
    12.52   нажато 0 — provider.toml:114:1
    12.52   переход в ветку «emergency» — provider.toml:114:1
    12.52   фразы: emergency — provider.toml:207:1
    12.52 звучит: emergency
    16.52 решение: queue night priority 9
    16.52   доиграно — provider.toml:207:1
    16.52   очередь «night», приоритет 9, ждать до 60 с — provider.toml:210:1
    16.52 в очереди night, приоритет 9
    16.52 звучит по кругу: music
    16.52 решение: external +7999•••0101
    16.52   очередь «night»: в группе никого нет — provider.toml:210:1
    16.52   график дежурств «engineers», 1-й по порядку: ivanov, +7999•••0101, звонить до 30 с — provider.toml:218:1
    16.52 звучит по кругу: music
    16.52 звоним на внешний номер +7999•••0101
    16.54 телефон звонит
    24.52 звучит: duty_ack
    29.02 внешний номер: нажато 1
    29.02 внешний номер взял звонок клавишей
    29.02 разговор с внешним номером, ожидание 12 с
    89.02 вызывающий положил трубку
    89.02 итог: передан на внешний номер, ответили (caller-hung-up)
    "#);
    let nobody = Told::new()
        .without(&["901", "902"])
        .presses(&["0"])
        .nobody_outside();
    insta::assert_snapshot!(way(&nobody.call(MOSCOW, HOTLINE, TUESDAY + 3 * HOUR)), @r#"
     16.52 в очереди night, приоритет 9
     16.52 звоним на внешний номер +7999•••0101
     46.52 звоним на внешний номер +7999•••0102
    144.52 заявка: прослушать сообщение, +7495•••4567, группа night, до 25.11.2026 00:02
    152.54 итог: оставлено сообщение (message_taken)
    "#);
}

#[test]
fn engineers_say_who_they_are() {
    let right = Told::new().presses(&["1111", "4502"]);
    insta::assert_snapshot!(right.call(MOBILE, ENGINEERS, TUESDAY + 3 * HOUR), @r#"
     0.00 вызов: +7999•••1974 → +78001234570, транк simulated
     0.00 ищем клиента, не дольше 800 мс
     0.00 200: отвечаем
     0.02 клиент: не найден
     0.02 решение: ask pin
     0.02   спрашиваем «pin», фразы: ask_pin — provider.toml:224:1
     0.02 звучит: ask_pin
     4.52 вызывающий нажал 1
     4.72 вызывающий нажал 1
     4.92 вызывающий нажал 1
     5.12 вызывающий нажал 1
     5.12 решение: ask pin
     5.12   «pin»: набрано •••• — provider.toml:224:1
     5.12   неверно: answer == "4502" || answer == "7781" (answer = "••••") — provider.toml:224:1
     5.12   спрашиваем ещё раз: попытка 2 из 2 — provider.toml:224:1
     5.12 звучит: pin_wrong, ask_pin
    13.62 вызывающий нажал 4
    13.82 вызывающий нажал 5
    14.02 вызывающий нажал 0
    14.22 вызывающий нажал 2
    14.22 решение: external +7999•••0101
    14.22   «pin»: набрано •••• — provider.toml:224:1
    14.22   верно: answer == "4502" || answer == "7781" (answer = "••••") — provider.toml:224:1
    14.22   переход в ветку «engineer» — provider.toml:233:1
    14.22   график дежурств «engineers», 1-й по порядку: ivanov, +7999•••0101, звонить до 30 с — provider.toml:218:1
    14.22 звучит по кругу: music
    14.22 звоним на внешний номер +7999•••0101
    14.24 телефон звонит
    22.22 звучит: duty_ack
    26.72 внешний номер: нажато 1
    26.72 внешний номер взял звонок клавишей
    26.72 разговор с внешним номером, ожидание 0 с
    86.72 вызывающий положил трубку
    86.72 итог: передан на внешний номер, ответили (caller-hung-up)
    "#);
    let wrong = Told::new().presses(&["1111", "2222"]);
    insta::assert_snapshot!(way(&wrong.call(MOBILE, ENGINEERS, TUESDAY + 3 * HOUR)), @"  18.24 итог: закрывающая фраза (wrong_pin)");
}
