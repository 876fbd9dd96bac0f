//! What happens, in the admin's words (Russian); numbers masked.
use gudok_model::{CallEvent, ClientMatch, EndCause, Name, OfferEnd, Outcome, Reason};
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
pub(crate) fn output(output: &Output) -> Vec<String> {
    let line = match output {
        Output::Ring { .. } => "180: вызывающий слышит гудки".into(),
        Output::EarlyMedia { .. } => "183: фразы слышны до ответа, бесплатно".into(),
        Output::Answer { .. } => "200: отвечаем".into(),
        Output::Refuse { status, .. } => format!("отказ {status}"),
        // The fact that follows says what it says.
        Output::Play { prompts, .. } if prompts.first().is_some_and(is_piece) => return Vec::new(),
        Output::Play {
            prompts,
            repeat: false,
            ..
        } => format!("звучит: {}", prompts.join(", ")),
        Output::Play {
            prompts,
            repeat: true,
            ..
        } => {
            format!("звучит по кругу: {}", prompts.join(", "))
        }
        Output::Dial {
            target: DialTarget::Operator { operator },
            ..
        } => {
            format!("звоним на телефон оператора {operator}")
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
        Output::Alarm { what, detail } => format!("тревога {what}: {detail}"),
        Output::Fact { fact, .. } => return self::fact(fact),
        _ => return Vec::new(),
    };
    vec![line]
}

fn fact(fact: &CallEvent) -> Vec<String> {
    let line = match fact {
        CallEvent::Decided { decision, reasons } => {
            let said = std::iter::once(format!("решение: {decision}"));
            return said.chain(reasons.iter().map(because)).collect();
        }
        CallEvent::ClientMatched { client, late } => {
            format!(
                "клиент: {}{}",
                found(client),
                if *late { " (поздно)" } else { "" }
            )
        }
        CallEvent::Queued { queue, priority } => {
            format!("в очереди {queue}, приоритет {priority}")
        }
        CallEvent::Announced { text, .. } => format!("объявляем: {text}"),
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

/// Whether a phrase with numbers in it begins so.
fn is_piece(prompt: &Name) -> bool {
    let name = prompt.rsplit('/').next().unwrap_or_default();
    ["you_are", "ahead_of_you", "wait_about", "wait_under_minute"].contains(&name)
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
    }
}
