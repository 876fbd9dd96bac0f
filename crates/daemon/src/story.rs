//! The facts of a call as people read them. Russian.
use gudok_dialplan::Typed;
use gudok_model::{
    CallEvent, Caller, ClientMatch, Dialled, EndCause, OfferEnd, OperatorId, Outcome, Reason,
    RequestEnd, RequestKind, Revoked, Side, SupervisionMode, TrunkId,
};
use gudok_trace::mask::plain;

use crate::on_floor::by as whose;
use crate::verbs::calls::date_time;
use crate::{numbers, said, slugs};

/// One line for a fact, and indented ones for its reasons; what is of the network or of a CRM moves no cursor and turns no
/// line around.
pub(crate) fn lines(fact: &CallEvent) -> Vec<String> {
    let mut lines = vec![headline(fact)];
    if let CallEvent::Decided { reasons, .. } | CallEvent::Offered { reasons, .. } = fact {
        lines.extend(reasons.iter().map(reason));
    }
    if let CallEvent::Dialled { rules, .. } = fact {
        lines.extend(rules.iter().map(reason));
    }
    if let CallEvent::Arrived { caller, .. } = fact {
        let region = caller.region.as_ref();
        lines.extend(region.map(|region| format!("    · регион: {}", numbers::told(region))));
    }
    if let CallEvent::Arrived {
        session_id: Some(id),
        ..
    }
    | CallEvent::LegAnswered {
        session_id: Some(id),
        ..
    } = fact
    {
        lines.push(format!("    · Session-ID {id}"));
    }
    lines.iter().map(|line| plain(line)).collect()
}

fn reason(reason: &Reason) -> String {
    let place = reason
        .place
        .as_ref()
        .map_or_else(String::new, |place| format!(" [{place}]"));
    format!("    · {}{place}", reason.text)
}

/// The facts that explain messages, in a few words: what a ladder tells beside them. Nothing of the client.
pub(crate) fn caption(fact: &CallEvent) -> Option<String> {
    Some(match fact {
        CallEvent::Arrived { .. } => "пришёл".to_owned(),
        CallEvent::Dialled { .. } => "звоним мы".to_owned(),
        CallEvent::OutboundDenied { .. } => "звонить нельзя".to_owned(),
        CallEvent::Answered => "ответ".to_owned(),
        CallEvent::RecordingStarted { .. } => "запись пошла".to_owned(),
        CallEvent::RecordingSealed { .. } => "запись готова".to_owned(),
        CallEvent::Decided { .. }
        | CallEvent::NoticePlayed { .. }
        | CallEvent::Typed { .. }
        | CallEvent::Acknowledged { .. }
        | CallEvent::Queued { .. }
        | CallEvent::Announced { .. }
        | CallEvent::KeyInQueue { .. }
        | CallEvent::Resumed { .. }
        | CallEvent::Relaxed { .. }
        | CallEvent::Offered { .. }
        | CallEvent::LegEnded { .. }
        | CallEvent::Bridged { .. }
        | CallEvent::Held { .. }
        | CallEvent::Ended { .. } => headline(fact),
        _ => return None,
    })
}

/// What was pressed; of an answer, which may be an account number, only its end.
fn typed(answer: Option<&str>, digits: &str) -> String {
    let keys = Typed::try_from(digits.to_owned()).unwrap_or_default();
    match answer {
        _ if keys.is_empty() => "звонящий ничего не нажал".to_owned(),
        None => format!("звонящий нажал {digits}"),
        Some(answer) => format!("звонящий набрал «{answer}»: {}", keys.masked()),
    }
}

/// Who called whom, and by which way.
pub(crate) fn arrival(trunk: &TrunkId, caller: &Caller, dialled: &Dialled) -> String {
    let from = caller
        .e164()
        .map_or_else(|| format!("«{}»", caller.number.raw), ToString::to_string);
    let to = dialled
        .number
        .e164
        .as_ref()
        .map_or_else(|| dialled.number.raw.clone(), ToString::to_string);
    format!("вызов с {from} на {to}, транк {trunk}")
}

fn headline(fact: &CallEvent) -> String {
    let told = of_the_caller(fact)
        .or_else(|| of_a_leg(fact))
        .or_else(|| of_an_operator(fact))
        .or_else(|| of_the_recording(fact))
        .or_else(|| of_a_request(fact));
    told.unwrap_or_else(|| format!("{fact:?}"))
}

/// What becomes of the caller: from the arrival to the outcome.
fn of_the_caller(fact: &CallEvent) -> Option<String> {
    Some(match fact {
        CallEvent::Arrived {
            trunk,
            caller,
            dialled,
            plan,
            ..
        } => {
            format!("{}, план {plan}", arrival(trunk, caller, dialled))
        }
        CallEvent::Dialled {
            by,
            number,
            purpose,
            basis,
            cli,
            plan,
            ..
        } => {
            let who = by.as_ref();
            let who = who.map_or("очередь".to_owned(), |who| format!("оператор {who}"));
            let ground = basis.as_ref();
            let ground = ground.map_or_else(String::new, |it| match &it.reference {
                Some(reference) => {
                    format!(", основание: {} «{reference}»", slugs::ground(&it.ground))
                }
                None => format!(", основание: {}", slugs::ground(&it.ground)),
            });
            let purpose = slugs::purpose(purpose);
            let cli = cli.as_ref();
            let cli = cli.map_or_else(String::new, |cli| format!(", показываем {cli}"));
            format!("звоним мы: {who} — на {number}, цель: {purpose}{ground}{cli}, план {plan}")
        }
        CallEvent::OutboundDenied { rule, place, text } => {
            let place = place.as_ref();
            let place = place.map_or_else(String::new, |place| format!(" [{place}]"));
            format!("звонить нельзя, правило {rule}{place}: {text}")
        }
        CallEvent::Decided { decision, .. } => format!("решение: {decision}"),
        CallEvent::ClientMatched { client, late, by } => {
            let by = by.as_ref();
            let by = by.map_or_else(String::new, |by| format!("по набранному, «{by}»: "));
            format!(
                "{by}{}{}",
                client_line(client),
                if *late {
                    " (позже срока, карточка обновлена)"
                } else {
                    ""
                }
            )
        }
        CallEvent::Answered => "ответили (200)".to_owned(),
        CallEvent::NoticePlayed { notice } => {
            format!("предупреждение о записи проиграно: {notice}")
        }
        CallEvent::Acknowledged { leg, taken: true } => {
            format!("плечо {} взяло звонок клавишей", leg.index)
        }
        CallEvent::Acknowledged { leg, taken: false } => {
            format!("плечо {} звонок не взяло", leg.index)
        }
        CallEvent::Typed { answer, digits } => typed(answer.as_deref(), digits),
        CallEvent::Queued { queue, priority } => format!("в очереди {queue}, приоритет {priority}"),
        CallEvent::Resumed { former, waited_ms } => {
            let secs = waited_ms / 1_000;
            format!("ждал и положил трубку в звонке {former}: прежнее место, ждёт уже {secs} с")
        }
        CallEvent::Announced { text, .. } => format!("объявлено: {text}"),
        CallEvent::Relaxed {
            queue,
            step,
            waited_ms,
        } => format!(
            "лестница очереди {queue}: ступень {step}, ждёт {} с",
            waited_ms / 1_000
        ),
        CallEvent::KeyInQueue {
            queue,
            key,
            waited_ms,
        } => {
            let secs = waited_ms / 1_000;
            format!("прождав {secs} с, нажал в очереди {queue} клавишу {key}, место за ним")
        }
        CallEvent::Bridged {
            operator,
            waited_ms,
            ..
        } => {
            let who = operator.as_ref().map_or_else(
                || "внешний номер".to_owned(),
                |who| format!("оператор {who}"),
            );
            format!(
                "соединены: {who}, ожидание {:.1} с",
                *waited_ms as f64 / 1_000.0
            )
        }
        CallEvent::Ended {
            outcome,
            termination,
        } => {
            format!(
                "исход: {} — {} ({})",
                outcome_word(*outcome),
                termination.reason,
                side_word(termination.result)
            )
        }
        _ => return None,
    })
}

/// One party and its phone.
fn of_a_leg(fact: &CallEvent) -> Option<String> {
    Some(match fact {
        CallEvent::LegDialled {
            leg,
            operator,
            number,
        } => {
            let whom = operator
                .as_ref()
                .map(|operator| format!("оператору {operator}"));
            let whom = whom
                .or_else(|| number.as_ref().map(|number| format!("на {number}")))
                .unwrap_or_default();
            format!("звоним {whom} (плечо {})", leg.index)
        }
        CallEvent::LegRinging { leg } => format!("плечо {} звонит", leg.index),
        CallEvent::LegAnswered { leg, .. } => format!("плечо {} ответило", leg.index),
        CallEvent::LegEnded { leg, cause, said } => {
            let said = said.as_ref();
            let said = said.map_or_else(String::new, |said| format!("; {}", said::told(said)));
            format!(
                "плечо {} закончено: {}{said}",
                leg.index,
                cause_word(*cause)
            )
        }
        CallEvent::LegMeasured { leg, quality } => format!(
            "плечо {}: {} принято {}, потеряно {}, джиттер до {:.1} мс, MOS {:.2}",
            leg.index,
            quality.codec,
            quality.received,
            quality.lost,
            f64::from(quality.jitter_us_max) / 1_000.0,
            quality.mos
        ),
        CallEvent::Held { leg, on } => {
            format!(
                "плечо {} {}",
                leg.index,
                if *on {
                    "поставило на удержание"
                } else {
                    "сняло с удержания"
                }
            )
        }
        _ => return None,
    })
}

/// Offers, cards, and what operators do with a call.
fn of_an_operator(fact: &CallEvent) -> Option<String> {
    Some(match fact {
        CallEvent::Offered { operator, .. } => format!("предложен оператору {operator}"),
        CallEvent::Popped {
            acknowledged: true,
            took_us,
            ..
        } => {
            format!(
                "карточка на экране через {:.1} мс",
                f64::from(*took_us) / 1_000.0
            )
        }
        CallEvent::Popped {
            acknowledged: false,
            ..
        } => "карточка не подтверждена вовремя, звоним всё равно".to_owned(),
        CallEvent::OfferClosed {
            operator,
            end,
            revoked,
            ..
        } => {
            let why = revoked.map_or("", revoked_word);
            format!("предложение {operator}: {}{why}", offer_word(*end))
        }
        CallEvent::Muted { leg, on: true } => {
            format!("голос оператора (плечо {}) отключён", leg.index)
        }
        CallEvent::Muted { leg, on: false } => {
            format!("голос оператора (плечо {}) включён", leg.index)
        }
        CallEvent::Conferenced { parties } => format!("конференция, участников: {}", parties.len()),
        CallEvent::Reprioritised { by, from, to } => {
            format!("{} меняет приоритет: {from} → {to}", whose(by, None))
        }
        CallEvent::Assigned { by, to } => {
            format!("{} отдаёт звонок оператору {to}", whose(by, None))
        }
        CallEvent::AnnouncedByHand { by, text } => {
            format!("{} объявляет ждущим: {text}", whose(by, None))
        }
        CallEvent::Supervised { by, mode, on } => supervised(by, *mode, *on),
        CallEvent::Parked { by, slot } => {
            format!("оператор {by} поставил звонок на парковку {slot}")
        }
        CallEvent::Unparked { by: Some(by), slot } => {
            format!("оператор {by} снял звонок с парковки {slot}")
        }
        CallEvent::Unparked { by: None, slot } => format!("парковка {slot} освободилась сама"),
        CallEvent::KeysSent { by, count } => {
            format!("оператор {by} отправил звонящему тонов: {count}")
        }
        CallEvent::Transferred { by, to, attended } => {
            let how = if *attended {
                "после консультации"
            } else {
                "вслепую"
            };
            format!("оператор {by} перевёл звонок: {to}, {how}")
        }
        CallEvent::Surveyed {
            survey, operator, ..
        } => format!("{operator} положил трубку, опрос «{survey}»"),
        CallEvent::Rated {
            operator,
            mark,
            low,
            ..
        } => {
            let low = if *low { ", низкая" } else { "" };
            format!("оценка разговора с {operator}: {mark}{low}")
        }
        CallEvent::Resolved { solved: true, .. } => "вопрос решён, говорит звонящий".to_owned(),
        CallEvent::Resolved { solved: false, .. } => "вопрос не решён, говорит звонящий".to_owned(),
        CallEvent::Disposed {
            operator,
            code,
            note,
        } => {
            let note = note
                .as_ref()
                .map_or_else(String::new, |note| format!(": {note}"));
            format!("результат от {operator}: {code}{note}")
        }
        CallEvent::WrapUpEnded { operator, took_ms } => {
            format!(
                "{operator} закончил обработку за {:.1} с",
                *took_ms as f64 / 1_000.0
            )
        }
        _ => return None,
    })
}

/// A supervisor came into the talk of an operator, or left it.
fn supervised(by: &OperatorId, mode: SupervisionMode, on: bool) -> String {
    match (mode, on) {
        (SupervisionMode::Listen, true) => format!("супервизор {by} слушает разговор"),
        (SupervisionMode::Whisper, true) => {
            format!("супервизор {by} подсказывает, слышит только оператор")
        }
        (SupervisionMode::Barge, true) => format!("супервизор {by} вступил в разговор"),
        (SupervisionMode::TakeOver, true) => format!("супервизор {by} забрал разговор"),
        (_, false) => format!("супервизор {by} вышел из разговора"),
    }
}

/// What was promised, and what became of it.
fn of_a_request(fact: &CallEvent) -> Option<String> {
    Some(match fact {
        CallEvent::MessageBegan { .. } => "звонящий говорит сообщение".to_owned(),
        CallEvent::Requested {
            kind,
            number,
            due,
            group,
            length_ms,
            waited_ms,
            detail: _,
        } => {
            let number = number
                .as_ref()
                .map_or_else(|| "номер неизвестен".to_owned(), ToString::to_string);
            let what = match (kind, length_ms) {
                (RequestKind::Callback, _) => format!("перезвонить: {number}"),
                (RequestKind::Missed, _) => format!("пропущен, перезвонить: {number}"),
                (RequestKind::Voicemail, Some(ms)) => {
                    format!(
                        "прослушать сообщение, {:.1} с: {number}",
                        *ms as f64 / 1_000.0
                    )
                }
                (RequestKind::Voicemail, None) => {
                    format!("сообщение не записалось, перезвонить: {number}")
                }
            };
            let group = group
                .as_ref()
                .map_or_else(String::new, |group| format!(", группа {group}"));
            let waited =
                waited_ms.map_or_else(String::new, |ms| format!(", прождал {} с", ms / 1_000));
            format!("заявка {what}{group}{waited}, до {}", date_time(due.0))
        }
        CallEvent::Missed {
            number,
            group,
            short,
            ..
        } => {
            let whose = group
                .as_ref()
                .map_or_else(|| "для всех".to_owned(), |group| format!("группа {group}"));
            match (short, number) {
                (true, _) => "пропущен: ушёл сразу".to_owned(),
                (false, None) => format!("пропущен, номер скрыт: {whose}"),
                (false, Some(number)) => format!("пропущен: {number}, {whose}"),
            }
        }
        CallEvent::RequestMoved { number, to, .. } => {
            let at = to
                .at()
                .map_or_else(String::new, |at| format!(", {}", date_time(at.0)));
            format!("заявка {number}: {}{at}", slugs::request(to))
        }
        CallEvent::RequestOver {
            number, end, note, ..
        } => {
            let note = note
                .as_ref()
                .map_or_else(String::new, |note| format!(": {note}"));
            format!("заявка {number}: {}{note}", end.told())
        }
        CallEvent::CallsRefused { refusal } => format!(
            "{} просит не звонить{}, записал {}: {}",
            refusal.number,
            purpose_told(refusal.purpose.as_deref()),
            refusal.who(),
            refusal.why
        ),
        CallEvent::CallsAllowed {
            number,
            purpose,
            why,
            ..
        } => format!(
            "{number} снова можно звонить{}: {why}",
            purpose_told(purpose.as_deref())
        ),
        CallEvent::RequestBack { number, to, .. } => {
            let at = to
                .at()
                .map_or_else(String::new, |at| format!(", {}", date_time(at.0)));
            let told = slugs::request(to);
            format!("заявка {number} снова открыта, с клиентом не поговорили: {told}{at}")
        }
        CallEvent::RequestClosed {
            request,
            end,
            by,
            note,
        } => {
            let how = match end {
                RequestEnd::Done => "выполнена",
                RequestEnd::Cancelled => "отменена",
            };
            let note = note
                .as_ref()
                .map_or_else(String::new, |note| format!(": {note}"));
            format!("заявка № {request} {how} ({by}){note}")
        }
        _ => return None,
    })
}

/// Where it is and what it lacks.
fn of_the_recording(fact: &CallEvent) -> Option<String> {
    Some(match fact {
        CallEvent::RecordingStarted { file, offset_ms } => {
            format!(
                "запись началась через {:.1} с после ответа: {file}.wav",
                *offset_ms as f64 / 1_000.0
            )
        }
        CallEvent::RecordingGap {
            at_ms,
            length_ms,
            reason,
        } => {
            format!("в записи пропуск: {length_ms} мс с {at_ms}-й мс ({reason})")
        }
        CallEvent::ConsultationRecorded {
            by,
            with,
            file,
            length_ms,
            sha256,
            ..
        } => {
            format!(
                "консультация оператора {by} ({with}) записана отдельно: {file}, {:.1} с, SHA-256 {sha256}",
                *length_ms as f64 / 1_000.0
            )
        }
        CallEvent::RecordingSealed {
            file,
            length_ms,
            sha256,
        } => {
            format!(
                "запись готова: {file}, {:.1} с, SHA-256 {sha256}",
                *length_ms as f64 / 1_000.0
            )
        }
        _ => return None,
    })
}

fn client_line(client: &ClientMatch) -> String {
    match client {
        ClientMatch::Pending => "клиент: ищем".to_owned(),
        ClientMatch::One { client, took_ms } => {
            format!(
                "клиент: {} ({}), найден за {took_ms} мс, {}",
                client.name,
                class(client),
                client.source
            )
        }
        ClientMatch::Many {
            candidates,
            took_ms,
        } => {
            format!(
                "клиентов с этим номером: {}, найдены за {took_ms} мс",
                candidates.len()
            )
        }
        ClientMatch::None { took_ms } => format!("клиент неизвестен ({took_ms} мс)"),
        ClientMatch::NoNumber => "номер скрыт, искать некого".to_owned(),
        ClientMatch::Error { error } => format!("справочник не ответил: {error:?}"),
    }
}

fn class(client: &gudok_model::Client) -> String {
    format!("{:?}", client.class).to_lowercase()
}

fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "поговорил с оператором",
        Outcome::AbandonedIvr => "положил трубку до очереди",
        Outcome::AbandonedQueue { short: true } => "положил трубку, едва встав в очередь",
        Outcome::AbandonedQueue { short: false } => "не дождался в очереди",
        Outcome::CallbackRequested => "обещан перезвон",
        Outcome::Voicemail => "оставил сообщение",
        Outcome::OverflowedExternal { answered: true } => "ответил внешний номер",
        Outcome::OverflowedExternal { answered: false } => "внешний номер не ответил",
        Outcome::ClosedMsg => "выслушал сообщение о закрытии",
        Outcome::RejectedSpam => "отклонён как нежелательный",
        Outcome::Failed => "не состоялся по нашей вине или по вине сети",
        Outcome::Out { reached: true } => "дозвонились клиенту",
        Outcome::Out { reached: false } => "клиенту не дозвонились",
    }
}

fn side_word(side: Side) -> &'static str {
    match side {
        Side::Success => "штатно",
        Side::CallerError => "сторона звонящего",
        Side::UpstreamError => "транк или телефон",
        Side::ServerError => "наша ошибка",
        Side::Unknown => "причина неясна",
    }
}

fn cause_word(cause: EndCause) -> &'static str {
    match cause {
        EndCause::HungUp => "сторона положила трубку",
        EndCause::ByUs => "закончили мы",
        EndCause::Busy => "занято",
        EndCause::Declined => "отказ",
        EndCause::NoAnswer => "не отвечает",
        EndCause::NotFound => "нет такого номера",
        EndCause::Unreachable => "недоступен",
        EndCause::NoCommonCodec => "нет общего кодека",
        EndCause::MediaAddress => "недопустимый адрес звука в SDP",
        EndCause::Refused => "отклонён нами",
        EndCause::MediaTimeout => "пропал звук",
        EndCause::SessionTimeout => "сторона пропала",
        EndCause::Panic => "внутренняя ошибка",
        EndCause::Cut => "сервер был прерван",
    }
}

fn revoked_word(why: Revoked) -> &'static str {
    match why {
        Revoked::Requeue => ": звонок идёт дальше",
        Revoked::State => ": оператор больше не может принять",
        Revoked::Shutdown => ": остановка службы",
        Revoked::Preempted => ": оператора занял экстренный вызов",
    }
}

fn offer_word(end: OfferEnd) -> &'static str {
    match end {
        OfferEnd::BridgedEnded => "разговор состоялся",
        OfferEnd::Rejected => "оператор отказался",
        OfferEnd::NoAnswer => "оператор не ответил",
        OfferEnd::DeviceError => "телефон недоступен",
        OfferEnd::Lost => "ответил другой",
        OfferEnd::CallerGone => "звонящий ушёл",
        OfferEnd::Revoked => "отозвано",
        OfferEnd::Expired => "время вышло",
    }
}
fn purpose_told(purpose: Option<&str>) -> String {
    purpose.map_or_else(String::new, |it| format!(" (цель {it})"))
}
