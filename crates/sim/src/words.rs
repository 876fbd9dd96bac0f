//! What happens, in the admin's words (Russian); numbers masked.
use std::collections::BTreeMap;

use gudok_calendar::Zone;
use gudok_dialplan::is_piece;
use gudok_model::{
    CallEvent, CallId, ClientMatch, EndCause, Name, OfferEnd, Outcome, Reason, RequestKind,
    Revoked, Wall,
};
use gudok_switchboard::output::DialTarget;
use gudok_switchboard::{Input, Output};

/// What the world does.
pub(crate) fn input(input: &Input) -> Option<String> {
    Some(match input {
        Input::CallArrived {
            caller,
            dialled,
            trunk,
            ..
        } => {
            let from = caller
                .e164()
                .map_or("номер скрыт или неизвестен".into(), |it| it.masked());
            let to = dialled.number.e164.as_ref();
            let to = to.map_or(dialled.number.raw.clone(), |number| number.to_string());
            format!("вызов: {from} → {to}, транк {trunk}")
        }
        Input::Digit { leg, digit, .. } if !leg.is_caller() => {
            format!("внешний номер: нажато {digit}")
        }
        Input::Digit { digit, .. } => format!("вызывающий нажал {digit}"),
        Input::LegEnded {
            leg,
            cause: EndCause::HungUp,
            ..
        } if leg.is_caller() => "вызывающий положил трубку".into(),
        _ => return None,
    })
}

/// What the switchboard does or knows. Most say one thing, a decision also its reasons.
pub(crate) fn output(
    output: &Output,
    texts: &BTreeMap<String, String>,
    zone: &Zone,
) -> Vec<String> {
    let line = match output {
        Output::Ring { .. } => "180: вызывающий слышит гудки".into(),
        Output::EarlyMedia { .. } => "183: фразы слышны до ответа, бесплатно".into(),
        Output::Answer { .. } => "200: отвечаем".into(),
        Output::Refuse { status, .. } => format!("отказ {status}"),
        // The fact that follows says what it says.
        Output::Play { prompts, .. } if prompts.first().is_some_and(begins_announcement) => {
            return Vec::new();
        }
        Output::Play {
            prompts,
            repeat: false,
            ..
        } => format!("звучит: {}", said(prompts, texts)),
        Output::Play {
            prompts,
            repeat: true,
            ..
        } => {
            format!("звучит по кругу: {}", said(prompts, texts))
        }
        Output::Dial {
            target: DialTarget::Operator { operator },
            ..
        } => {
            format!("звоним на телефон оператора {operator}")
        }
        Output::Dial {
            target: DialTarget::Customer { number, cli, .. },
            ..
        } => {
            format!("звоним клиенту {} с номера {cli}", number.masked())
        }
        Output::Dial {
            target: DialTarget::External { number, .. },
            ..
        } => {
            format!("звоним на внешний номер {}", number.masked())
        }
        Output::StartRecording { .. } => "запись включена".into(),
        Output::MarkRecording { mark, .. } => match &**mark {
            "voicemail_begin" => "сигнал, вызывающий говорит".into(),
            "voicemail_end" => "сообщение записано".into(),
            _ => return Vec::new(),
        },
        Output::Lookup { deadline, .. } => {
            format!("ищем клиента, не дольше {} мс", deadline.as_millis())
        }
        Output::Search { by, deadline, .. } => {
            format!(
                "ищем клиента по «{by}», не дольше {} мс",
                deadline.as_millis()
            )
        }
        Output::Alarm { what, detail } => format!("тревога {what}: {detail}"),
        Output::Fact { fact, .. } => return self::fact(fact, zone),
        _ => return Vec::new(),
    };
    vec![line]
}

/// `11.11.2026 09:20`.
fn moment(zone: &Zone, at: Wall) -> String {
    let local = zone.local(at);
    let (day, month, year) = (local.date.day(), local.date.month(), local.date.year());
    let (hour, minute) = (local.hour, local.minute);
    format!("{day:02}.{month:02}.{year} {hour:02}:{minute:02}")
}

fn fact(fact: &CallEvent, zone: &Zone) -> Vec<String> {
    let line = match fact {
        CallEvent::Decided { decision, reasons } => {
            let said = std::iter::once(format!("решение: {decision}"));
            return said.chain(reasons.iter().map(because)).collect();
        }
        CallEvent::ClientMatched { client, late, by } => {
            let by = by.as_ref();
            let by = by.map_or_else(String::new, |by| format!(" по «{by}»"));
            format!(
                "клиент{by}: {}{}",
                found(client),
                if *late { " (поздно)" } else { "" }
            )
        }
        CallEvent::Queued { queue, priority } => {
            format!("в очереди {queue}, приоритет {priority}")
        }
        CallEvent::Resumed { waited_ms, .. } => {
            format!(
                "звонит снова: прежнее место, ждёт уже {} с",
                waited_ms / 1_000
            )
        }
        CallEvent::Announced { text, .. } => format!("объявляем: {text}"),
        CallEvent::MessageBegan { .. } => "звонящий говорит сообщение".to_owned(),
        CallEvent::Relaxed {
            queue,
            step,
            waited_ms,
        } => format!(
            "лестница очереди {queue}: ступень {step}, ждёт {} с",
            waited_ms / 1000
        ),
        CallEvent::KeyInQueue { queue, key, .. } => {
            format!("в очереди {queue} нажата клавиша {key}, место за звонящим")
        }
        CallEvent::Requested {
            kind,
            number,
            due,
            group,
            ..
        } => {
            let what = match kind {
                RequestKind::Callback => "перезвонить",
                RequestKind::Missed => "пропущен, перезвонить",
                RequestKind::Voicemail => "прослушать сообщение",
            };
            let whom = number.as_ref();
            let whom = whom.map_or("номер неизвестен".into(), |it| it.masked());
            let group = group.as_ref();
            let group = group.map_or_else(String::new, |it| format!(", группа {it}"));
            let due = moment(zone, *due);
            format!("заявка: {what}, {whom}{group}, до {due}")
        }
        CallEvent::Missed { short: true, .. } => "пропущен: ушёл сразу".into(),
        CallEvent::Missed { group, .. } => {
            let group = group.as_ref();
            let whose = group.map_or("для всех".into(), |it| format!("группа {it}"));
            format!("пропущен: {whose}")
        }
        CallEvent::RequestMoved { to, .. } => {
            let at = to.at().map(|at| format!(", {}", moment(zone, at)));
            format!("заявка: {}{}", to.told(), at.unwrap_or_default())
        }
        CallEvent::RequestOver { end, .. } => format!("заявка: {}", end.told()),
        CallEvent::CallsRefused { .. } => "просит не звонить".to_owned(),
        CallEvent::CallsAllowed { .. } => "снова можно звонить".to_owned(),
        CallEvent::RequestBack { to, .. } => format!("заявка снова открыта: {}", to.told()),
        CallEvent::Offered {
            operator, reasons, ..
        } => {
            let said = std::iter::once(format!("предлагаем оператору {operator}"));
            return said.chain(reasons.iter().map(because)).collect();
        }
        CallEvent::Popped {
            acknowledged: true, ..
        } => "карточка на экране".into(),
        CallEvent::Popped {
            acknowledged: false,
            ..
        } => "карточка не подтверждена".into(),
        CallEvent::LegRinging { .. } => "телефон звонит".into(),
        CallEvent::OfferClosed {
            operator,
            revoked: Some(Revoked::Preempted),
            ..
        } => format!("оператор {operator}: его занял экстренный вызов"),
        CallEvent::OfferClosed { operator, end, .. } => {
            format!("оператор {operator}: {}", offer_end(*end))
        }
        CallEvent::Bridged {
            operator,
            waited_ms,
            ..
        } => {
            let who = operator.as_ref();
            let who = who.map_or("с внешним номером".into(), |it| {
                format!("с оператором {it}")
            });
            format!("разговор {who}, ожидание {} с", waited_ms / 1000)
        }
        CallEvent::Surveyed { operator, .. } => {
            format!("оператор {operator} положил трубку, спрашиваем звонящего о разговоре")
        }
        CallEvent::Rated { mark, low, .. } => {
            let low = if *low { ", низкая" } else { "" };
            format!("оценка разговора: {mark}{low}")
        }
        CallEvent::Resolved { solved: true, .. } => "вопрос решён".into(),
        CallEvent::Resolved { solved: false, .. } => "вопрос не решён".into(),
        CallEvent::Acknowledged { taken: true, .. } => "внешний номер взял звонок клавишей".into(),
        CallEvent::Acknowledged { taken: false, .. } => "внешний номер звонок не взял".into(),
        CallEvent::WrapUpEnded { operator, took_ms } => {
            format!(
                "оператор {operator} закончил обработку, {} с",
                took_ms / 1000
            )
        }
        CallEvent::Ended {
            outcome,
            termination,
        } => {
            format!("итог: {} ({})", self::outcome(*outcome), termination.reason)
        }
        _ => return Vec::new(),
    };
    vec![line]
}

/// Each prompt with its words, where they are known; of a value its words alone.
fn said(prompts: &[Name], texts: &BTreeMap<String, String>) -> String {
    let prompt = |name: &Name| match texts.get(&**name) {
        Some(text) => format!("{name} «{text}»"),
        None => name.to_string(),
    };
    let runs = prompts.chunk_by(|a, b| is_piece(bare(a)) && is_piece(bare(b)));
    let words = runs.map(|run| match run {
        [_, _, ..] => format!("«{}»", value(run, texts)),
        alone => alone.iter().map(prompt).collect(),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// The words of pieces, one after the other.
fn value(pieces: &[Name], texts: &BTreeMap<String, String>) -> String {
    let word = |name: &Name| match texts.get(&**name) {
        Some(text) => format!(" {text}"),
        None if bare(name) == "pause" => ",".to_owned(),
        None => format!(" {name}"),
    };
    let words: String = pieces.iter().map(word).collect();
    words.trim_start().to_owned()
}

/// A prompt without its language.
fn bare(prompt: &Name) -> &str {
    prompt.rsplit('/').next().unwrap_or_default()
}

/// Whose call an output is about; None: nobody's.
pub(crate) fn about(output: &Output) -> Option<CallId> {
    match output {
        Output::Ring { leg }
        | Output::EarlyMedia { leg }
        | Output::Answer { leg }
        | Output::Refuse { leg, .. }
        | Output::Dial { leg, .. }
        | Output::HangUp { leg, .. }
        | Output::Play { leg, .. }
        | Output::StopPlay { leg }
        | Output::AwaitDigits { leg, .. } => Some(leg.call),
        Output::StartRecording { call }
        | Output::MarkRecording { call, .. }
        | Output::Lookup { call, .. }
        | Output::Search { call, .. }
        | Output::Fact { call, .. } => Some(*call),
        _ => None,
    }
}

/// What another call does with an operator, as far as it matters to ours.
pub(crate) fn another(fact: &CallEvent) -> Option<String> {
    Some(match fact {
        CallEvent::Offered { operator, .. } => {
            format!("другой вызов: предлагаем оператору {operator}")
        }
        CallEvent::Bridged {
            operator: Some(operator),
            ..
        } => format!("другой вызов: разговор с оператором {operator}"),
        CallEvent::OfferClosed { operator, end, .. } => {
            format!("другой вызов, оператор {operator}: {}", offer_end(*end))
        }
        CallEvent::WrapUpEnded { operator, .. } => {
            format!("другой вызов: оператор {operator} закончил обработку")
        }
        _ => return None,
    })
}

/// Who is not offered a call, by why not, in the order of the group.
pub(crate) fn not_offered(why: &[(gudok_model::OperatorId, Reason)]) -> Vec<String> {
    let mut lines: Vec<(&str, Vec<&str>)> = Vec::new();
    for (operator, reason) in why {
        let known = lines.iter_mut().find(|(text, _)| *text == reason.text);
        match known {
            Some((_, who)) => who.push(operator.as_str()),
            None => lines.push((&reason.text, vec![operator.as_str()])),
        }
    }
    let line =
        |(text, who): (&str, Vec<&str>)| format!("  не предлагаем {}: {text}", who.join(", "));
    lines.into_iter().map(line).collect()
}

/// Whether a phrase with numbers in it begins so.
fn begins_announcement(prompt: &Name) -> bool {
    ["you_are", "ahead_of_you", "wait_about", "wait_under_minute"].contains(&bare(prompt))
}

fn because(reason: &Reason) -> String {
    match &reason.place {
        Some(place) => format!("  {} — {place}", reason.text),
        None => format!("  {}", reason.text),
    }
}

fn found(client: &ClientMatch) -> String {
    match client {
        ClientMatch::Pending => "ещё ищем".into(),
        ClientMatch::One { client, .. } => format!("{} ({:?})", client.name, client.class),
        ClientMatch::Many { candidates, .. } => format!("несколько: {}", candidates.len()),
        ClientMatch::None { .. } => "не найден".into(),
        ClientMatch::NoNumber => "номера нет, искать нечего".into(),
        ClientMatch::Error { error } => format!("поиск не удался: {error:?}"),
    }
}

fn offer_end(end: OfferEnd) -> &'static str {
    match end {
        OfferEnd::BridgedEnded => "разговор окончен",
        OfferEnd::Rejected => "отказался",
        OfferEnd::NoAnswer => "не ответил",
        OfferEnd::DeviceError => "телефон недоступен",
        OfferEnd::Lost => "ответил другой",
        OfferEnd::CallerGone => "вызывающий ушёл",
        OfferEnd::Revoked => "предложение отозвано",
        OfferEnd::Expired => "телефон так и не зазвонил",
    }
}

/// The outcome in the admin's words.
pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "отвечен",
        Outcome::AbandonedIvr => "ушёл до очереди",
        Outcome::AbandonedQueue { short: true } => "ушёл из очереди сразу",
        Outcome::AbandonedQueue { short: false } => "ушёл из очереди",
        Outcome::CallbackRequested => "заказан обратный звонок",
        Outcome::Voicemail => "оставлено сообщение",
        Outcome::OverflowedExternal { answered: true } => "передан на внешний номер, ответили",
        Outcome::OverflowedExternal { answered: false } => "передан на внешний номер, не ответили",
        Outcome::ClosedMsg => "закрывающая фраза",
        Outcome::RejectedSpam => "отклонён",
        Outcome::Failed => "сбой",
        Outcome::Out { reached: true } => "мы дозвонились",
        Outcome::Out { reached: false } => "мы не дозвонились",
    }
}
