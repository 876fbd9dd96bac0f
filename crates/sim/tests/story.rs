//! One call at a time, told as `gudok simulate` tells it.
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use gudok_dialplan::{Plan, Source, load};
use gudok_model::{
    Caller, Client, ClientClass, ClientMatch, Dialled, IdentitySource, NumberRules, OperatorId,
    Presentation, Wall, number,
};
use gudok_sim::{Mood, Scene, simulate};

/// Monday 9 November 2026 in Irkutsk.
const MIDNIGHT: i64 = 1_794_153_600_000_000;

fn plan() -> Arc<Plan> {
    read(include_str!("../src/hotline/morning.toml"))
}

fn read(text: &str) -> Arc<Plan> {
    let text = text.to_owned();
    let loaded = load(&[Source {
        name: "8800.toml".into(),
        text,
    }]);
    Arc::new(loaded.expect("the plan is good").plan)
}

fn call(to: &str, hour: i64, scene: &Scene) -> String {
    call_by(plan(), to, hour, scene)
}

fn call_by(plan: Arc<Plan>, to: &str, hour: i64, scene: &Scene) -> String {
    let rules = NumberRules::default();
    let from = Caller {
        number: number::parse("89990001974", &rules),
        display: None,
        presentation: Presentation::Allowed,
        asserted_by: IdentitySource::Pai,
        region: None,
    };
    let to = Dialled {
        number: number::parse(to, &rules),
        found_in: IdentitySource::RequestUri,
    };
    let story = simulate(plan, from, to, Wall(MIDNIGHT + hour * 3_600_000_000), scene);
    let mut text = String::new();
    for (at, line) in &story.lines {
        writeln!(text, "{:>7.2} {line}", at.as_secs_f64()).expect("a string takes all");
    }
    assert!(story.outcome.is_some(), "no end:\n{text}");
    text
}

fn ready(who: &[&str]) -> Scene {
    let who: BTreeSet<OperatorId> = who.iter().map(|id| OperatorId::from(*id)).collect();
    Scene::ready(&plan(), &who, Some(Duration::from_secs(5)))
}

#[test]
fn who_waits_is_told_how_things_stand_in_words() {
    let plan = read(include_str!("../src/hotline/noon.toml"));
    let mut scene = Scene::staffed(&plan);
    scene
        .operators
        .iter_mut()
        .for_each(|it| it.mood = Mood::NotReady);
    let story = call_by(plan, "88001234567", 15, &scene);
    let told: Vec<&str> = story
        .lines()
        .filter_map(|line| Some(line.split_once("объявляем: ")?.1))
        .collect();
    assert_eq!(
        told.first(),
        Some(&"Вы первый в очереди. please_wait"),
        "{story}"
    );
    assert!(told.len() > 3 && !story.contains("you_are"), "{story}");
}

#[test]
fn by_day_the_operator_who_is_ready_answers() {
    insta::assert_snapshot!(call("88001234567", 12, &ready(&["103"])), @r#"
     0.00 вызов: +7999•••1974 → +78001234567, транк simulated
     0.00 ищем клиента, не дольше 800 мс
     0.00 200: отвечаем
     0.02 клиент: не найден
     0.02 решение: play greeting notice
     0.02   верно: schedule.office.open (график «office» открыт) — 8800.toml:7:12
     0.02   переход в ветку «main» — 8800.toml:7:12
     0.02   фразы: greeting, notice (уведомление о записи) — 8800.toml:107:1
     0.02 звучит: greeting, notice
     8.02 запись включена
     8.02 решение: lookup 800 ms
     8.02   доиграно — 8800.toml:107:1
     8.02   ждём поиск клиента, не дольше 800 мс от начала звонка — 8800.toml:111:1
     8.02 решение: queue tech priority 3
     8.02   поиск клиента окончен — 8800.toml:111:1
     8.02   неверно: client.class == "blocked" (client.class = "unknown") — 8800.toml:114:1
     8.02   неверно: client.class == "vip" (client.class = "unknown") — 8800.toml:118:1
     8.02   переход в ветку «tech» — 8800.toml:125:1
     8.02   очередь «tech», приоритет 3, ждать до 120 с — 8800.toml:128:1
     8.02 в очереди tech, приоритет 3
     8.02 звучит по кругу: music
     8.02 предлагаем оператору 103
     8.02   свободен дольше всех: 8 с
     8.02   первый в очереди tech: ждёт 0 с, приоритет 3
     8.02   не предлагаем 101, 102, 104, 105, 106, 107, 108, 109, 110, 111, 112: не на рабочем месте
     8.04 карточка на экране
     8.04 звоним на телефон оператора 103
     8.06 телефон звонит
    13.06 разговор с оператором 103, ожидание 5 с
    73.06 вызывающий положил трубку
    73.06 оператор 103: разговор окончен
    73.06 итог: отвечен (caller-hung-up)
    88.06 оператор 103 закончил обработку, 15 с
    "#);
}

#[test]
fn one_says_no_the_next_one_has_a_dead_phone_the_third_answers() {
    let mut scene = ready(&["103", "104", "105"]);
    scene
        .operators
        .iter_mut()
        .for_each(|extra| match extra.operator.as_str() {
            "103" => extra.mood = Mood::Rejects(Duration::from_secs(2)),
            "104" => extra.mood = Mood::DeadPhone,
            _ => {}
        });
    insta::assert_snapshot!(call("88001234567", 12, &scene), @r#"
     0.00 вызов: +7999•••1974 → +78001234567, транк simulated
     0.00 ищем клиента, не дольше 800 мс
     0.00 200: отвечаем
     0.02 клиент: не найден
     0.02 решение: play greeting notice
     0.02   верно: schedule.office.open (график «office» открыт) — 8800.toml:7:12
     0.02   переход в ветку «main» — 8800.toml:7:12
     0.02   фразы: greeting, notice (уведомление о записи) — 8800.toml:107:1
     0.02 звучит: greeting, notice
     8.02 запись включена
     8.02 решение: lookup 800 ms
     8.02   доиграно — 8800.toml:107:1
     8.02   ждём поиск клиента, не дольше 800 мс от начала звонка — 8800.toml:111:1
     8.02 решение: queue tech priority 3
     8.02   поиск клиента окончен — 8800.toml:111:1
     8.02   неверно: client.class == "blocked" (client.class = "unknown") — 8800.toml:114:1
     8.02   неверно: client.class == "vip" (client.class = "unknown") — 8800.toml:118:1
     8.02   переход в ветку «tech» — 8800.toml:125:1
     8.02   очередь «tech», приоритет 3, ждать до 120 с — 8800.toml:128:1
     8.02 в очереди tech, приоритет 3
     8.02 звучит по кругу: music
     8.02 предлагаем оператору 103
     8.02   свободен дольше всех: 8 с
     8.02   первый в очереди tech: ждёт 0 с, приоритет 3
     8.02   не предлагаем 101, 102, 106, 107, 108, 109, 110, 111, 112: не на рабочем месте
     8.02   не предлагаем 104, 105: свободен не дольше того, кому предложили
     8.04 карточка на экране
     8.04 звоним на телефон оператора 103
     8.06 телефон звонит
    10.06 оператор 103: отказался
    10.06 предлагаем оператору 104
    10.06   свободен дольше всех: 10 с
    10.06   первый в очереди tech: ждёт 2 с, приоритет 3
    10.06   не предлагаем 101, 102, 106, 107, 108, 109, 110, 111, 112: не на рабочем месте
    10.06   не предлагаем 103: пауза после отказа от звонка
    10.06   не предлагаем 105: свободен не дольше того, кому предложили
    10.08 карточка на экране
    10.08 звоним на телефон оператора 104
    10.10 оператор 104: телефон недоступен
    10.10 предлагаем оператору 105
    10.10   свободен дольше всех: 10 с
    10.10   первый в очереди tech: ждёт 2 с, приоритет 3
    10.10   не предлагаем 101, 102, 106, 107, 108, 109, 110, 111, 112: не на рабочем месте
    10.10   не предлагаем 103: пауза после отказа от звонка
    10.10   не предлагаем 104: телефон не на связи
    10.12 карточка на экране
    10.12 звоним на телефон оператора 105
    10.14 телефон звонит
    15.14 разговор с оператором 105, ожидание 7 с
    75.14 вызывающий положил трубку
    75.14 оператор 105: разговор окончен
    75.14 итог: отвечен (caller-hung-up)
    90.14 оператор 105 закончил обработку, 15 с
    "#);
}

#[test]
fn by_night_a_message_is_taken() {
    insta::assert_snapshot!(call("88001234567", 3, &ready(&[])), @r#"
     0.00 вызов: +7999•••1974 → +78001234567, транк simulated
     0.00 ищем клиента, не дольше 800 мс
     0.00 200: отвечаем
     0.02 клиент: не найден
     0.02 решение: play greeting notice
     0.02   неверно: schedule.office.open (график «office» закрыт: 03:00, понедельник, рабочие часы 08:00–21:00) — 8800.toml:7:12
     0.02   переход в ветку «night» — 8800.toml:9:15
     0.02   фразы: greeting, notice (уведомление о записи) — 8800.toml:178:1
     0.02 звучит: greeting, notice
     8.02 запись включена
     8.02 решение: lookup 800 ms
     8.02   доиграно — 8800.toml:178:1
     8.02   ждём поиск клиента, не дольше 800 мс от начала звонка — 8800.toml:182:1
     8.02 решение: play night_closed
     8.02   поиск клиента окончен — 8800.toml:182:1
     8.02   неверно: client.class in ["vip", "engineer"] (client.class = "unknown") — 8800.toml:185:1
     8.02   фразы: night_closed — 8800.toml:189:1
     8.02 звучит: night_closed
    12.02 решение: voicemail
    12.02   доиграно — 8800.toml:189:1
    12.02   переход в ветку «message» — 8800.toml:192:1
    12.02   голосовое сообщение до 60 с — 8800.toml:162:1
    12.02 звучит: voicemail_intro
    16.02 звучит: beep
    20.02 сигнал, вызывающий говорит
    20.02 звонящий говорит сообщение
    80.02 вызывающий нажал #
    80.02 сообщение записано
    80.02 заявка: прослушать сообщение, +7999•••1974, до 10.11.2026 03:01
    80.02 решение: close message_taken
    80.02   доиграно — 8800.toml:162:1
    80.02   закрывающая фраза: voicemail_thanks, goodbye (причина: message_taken) — 8800.toml:166:1
    80.02 звучит: voicemail_thanks, goodbye
    88.04 итог: оставлено сообщение (message_taken)
    "#);
}

/// By day and by night an offer to call back, in the hours of the office.
const OFFER: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"

[schedule.office]
zone = "Asia/Irkutsk"
windows = "mon-fri 09:00-20:00"

[group.tech]
operators = ["101"]

[[flow.main]]
callback = "tech"
schedule = "office"
otherwise = [{ voicemail = ["leave_message"], due = "2h", schedule = "office" }, { close = ["goodbye"], reason = "message" }]
"#;

/// What was promised, how it was said and when it is due: of a call at this hour in which these keys are pressed.
fn promised(hour: i64, digits: &str) -> String {
    let plan = read(OFFER);
    let mut scene = Scene::ready(&plan, &BTreeSet::new(), None);
    scene.digits = vec![digits.to_owned().into()];
    let told = call_by(plan, "88001234567", hour, &scene);
    let of_promise = |line: &&str| {
        let told = ["заявка", "обещаем", "срок", "звучит: callback", "итог"];
        told.iter().any(|word| line.contains(word))
    };
    let lines: Vec<&str> = told.lines().filter(of_promise).collect();
    lines.join("\n")
}

#[test]
fn what_is_promised_at_night_is_due_in_the_morning() {
    insta::assert_snapshot!(promised(3, "1"), @r#"
     0.02 звучит: callback_offer
     4.52   обещаем перезвонить на его номер за 20 мин, группа «tech», по графику «office» — 8800.toml:15:1
     4.52   срок считается по графику «office»: до 09.11 09:20 — 8800.toml:15:1
     4.52 заявка: перезвонить, +7999•••1974, группа tech, до 09.11.2026 09:20
    28.54 итог: заказан обратный звонок (callback_promised)
    "#);
    insta::assert_snapshot!(promised(12, "1"), @r#"
     0.02 звучит: callback_offer
     4.52   обещаем перезвонить на его номер за 20 мин, группа «tech», по графику «office» — 8800.toml:15:1
     4.52 заявка: перезвонить, +7999•••1974, группа tech, до 09.11.2026 12:20
    20.54 итог: заказан обратный звонок (callback_promised)
    "#);
    insta::assert_snapshot!(promised(21, ""), @r#"
     0.02 звучит: callback_offer
     9.02 звучит: callback_offer
    18.02 звучит: callback_offer
    95.02 заявка: прослушать сообщение, +7999•••1974, до 10.11.2026 11:00
    99.04 итог: оставлено сообщение (message)
    "#);
}

#[test]
fn an_emergency_with_nobody_there_goes_to_the_number_on_duty() {
    insta::assert_snapshot!(call("88001234568", 3, &ready(&[])), @r"
      0.00 вызов: +7999•••1974 → +78001234568, транк simulated
      0.00 ищем клиента, не дольше 800 мс
      0.00 200: отвечаем
      0.02 клиент: не найден
      0.02 решение: play emergency notice
      0.02   фразы: emergency, notice (уведомление о записи) — 8800.toml:195:1
      0.02 звучит: emergency, notice
      8.02 запись включена
      8.02 решение: queue tech priority 9
      8.02   доиграно — 8800.toml:195:1
      8.02   очередь «tech», приоритет 9, ждать до 60 с — 8800.toml:199:1
      8.02 в очереди tech, приоритет 9
      8.02 звучит по кругу: music
      8.02 тревога queue_without_operators: a caller waits in queue tech and nobody of its group is logged in
      8.02   не предлагаем 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112: не на рабочем месте
     68.02 решение: play duty_transfer
     68.02   очередь «tech»: не дождались ответа — 8800.toml:199:1
     68.02   фразы: duty_transfer — 8800.toml:152:1
     68.02 звучит: duty_transfer
     72.02 решение: external +7999•••0101
     72.02   доиграно — 8800.toml:152:1
     72.02   внешний номер +7999•••0101, звонить до 30 с, взять звонок — клавиша 5 — 8800.toml:156:1
     72.02 звучит по кругу: music
     72.02 звоним на внешний номер +7999•••0101
     72.04 телефон звонит
     80.02 звучит: duty_ack
     84.52 внешний номер: нажато 5
     84.52 внешний номер взял звонок клавишей
     84.52 разговор с внешним номером, ожидание 76 с
    144.52 вызывающий положил трубку
    144.52 итог: передан на внешний номер, ответили (caller-hung-up)
    ");
}

#[test]
fn an_impatient_vip_waits_in_vain() {
    let mut scene = ready(&["103"]);
    scene.operators.iter_mut().for_each(|extra| {
        if extra.operator.as_str() == "103" {
            extra.mood = Mood::NotReady;
        }
    });
    let client = Client {
        id: "1".into(),
        name: "Клиент".into(),
        class: ClientClass::Vip,
        fields: std::collections::BTreeMap::new(),
        source: "local".into(),
    };
    scene.client = (
        ClientMatch::One {
            client,
            took_ms: 40,
        },
        Duration::from_millis(40),
    );
    scene.patience = Some(Duration::from_secs(30));
    insta::assert_snapshot!(call("88001234567", 12, &scene), @r#"
     0.00 вызов: +7999•••1974 → +78001234567, транк simulated
     0.00 ищем клиента, не дольше 800 мс
     0.00 200: отвечаем
     0.02 решение: play greeting notice
     0.02   верно: schedule.office.open (график «office» открыт) — 8800.toml:7:12
     0.02   переход в ветку «main» — 8800.toml:7:12
     0.02   фразы: greeting, notice (уведомление о записи) — 8800.toml:107:1
     0.02 звучит: greeting, notice
     0.04 клиент: Клиент (Vip)
     8.02 запись включена
     8.02 решение: lookup 800 ms
     8.02   доиграно — 8800.toml:107:1
     8.02   ждём поиск клиента, не дольше 800 мс от начала звонка — 8800.toml:111:1
     8.02 решение: play vip_greeting
     8.02   поиск клиента окончен — 8800.toml:111:1
     8.02   неверно: client.class == "blocked" (client.class = "vip") — 8800.toml:114:1
     8.02   верно: client.class == "vip" (client.class = "vip") — 8800.toml:118:1
     8.02   фразы: vip_greeting — 8800.toml:120:5
     8.02 звучит: vip_greeting
    12.02 решение: queue vip priority 6
    12.02   доиграно — 8800.toml:120:5
    12.02   очередь «vip», приоритет 6, ждать до 45 с — 8800.toml:121:5
    12.02 в очереди vip, приоритет 6
    12.02 звучит по кругу: music
    12.02 решение: queue tech priority 3
    12.02   очередь «vip»: в группе никого нет — 8800.toml:121:5
    12.02   очередь «tech», приоритет 3, ждать до 120 с — 8800.toml:128:1
    12.02 в очереди tech, приоритет 3
    12.02 звучит по кругу: music
    12.02   не предлагаем 101, 102, 104, 105, 106, 107, 108, 109, 110, 111, 112: не на рабочем месте
    12.02   не предлагаем 103: не готов: login
    30.00 вызывающий положил трубку
    30.00 итог: ушёл из очереди (caller-hung-up)
    "#);
}

#[test]
fn a_number_that_is_not_ours_is_refused() {
    insta::assert_snapshot!(call("88005550000", 12, &ready(&["103"])), @r"
    0.00 вызов: +7999•••1974 → +78005550000, транк simulated
    0.00 отказ 404
    0.00 итог: сбой (unknown-number)
    ");
}
