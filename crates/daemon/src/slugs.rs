//! The words of the machines as an admin reads them. Russian; what is not known here (a code of the plan) stays as it is.
use gudok_model::RequestState;
use gudok_outbound::Purpose;

/// What an operator does.
pub(crate) fn state(slug: &str) -> &str {
    match slug {
        "logged_out" => "не на смене",
        "reserved" => "получает звонок",
        "ringing" => "телефон звонит",
        "talking" => "разговор",
        "hold" => "удержание",
        "consult" => "консультация",
        "conference" => "конференция",
        "wrap_up" => "оформление",
        "dialing" => "звонит сам",
        "preview" => "смотрит, кому звонить",
        "device_down" => "нет связи с телефоном или рабочим местом",
        "not_ready" => "не на линии",
        "ready" => "на линии",
        reason => reason,
    }
}

/// Why an operator is not ready: a code of the plan, or one of ours.
pub(crate) fn reason(code: &str) -> &str {
    match code {
        "login" => "только вошёл",
        "device" => "не было связи",
        "rona" => "не брал трубку",
        code => code,
    }
}

/// A rule of ours in whose name something was done.
pub(crate) fn policy(name: &str) -> &str {
    match name {
        "phone_only" => "телефон на связи",
        "login" => "вход не выводит на линию",
        "rona" => "звонки без ответа",
        "restart" => "после перезапуска не вернулся",
        "due" => "обещанный звонок ждёт",
        name => name,
    }
}

/// What a call does.
pub(crate) fn phase(slug: &str) -> &str {
    match slug {
        "survey" => "опрос",
        "answering" => "отвечаем",
        "prompt" => "слушает фразу",
        "lookup" => "ищем клиента",
        "queue" => "в очереди",
        "ringing" => "звоним оператору",
        "dialling" => "звоним клиенту",
        "hold" => "на удержании",
        "talk" => "разговор",
        "outside_ringing" => "звоним наружу",
        "outside_talk" => "говорит с внешним номером",
        "aside" => "без звонящего",
        "parked" => "припаркован",
        "message" => "оставляет сообщение",
        "closing" => "прощаемся",
        "ended" => "закончен",
        other => other,
    }
}

/// How a call ended, as in the database.
pub(crate) fn outcome(slug: &str) -> &str {
    match slug {
        "answered" => "поговорили с оператором",
        "abandoned_ivr" => "положили трубку до очереди",
        "abandoned_queue" => "не дождались в очереди",
        "callback_requested" => "обещан перезвон",
        "voicemail" => "оставили сообщение",
        "overflowed_external" => "отданы внешнему номеру",
        "closed_msg" => "выслушали сообщение о закрытии",
        "rejected_spam" => "отклонены как нежелательные",
        "failed" => "не состоялись по нашей вине или по вине сети",
        "out" => "звонили мы",
        other => other,
    }
}

/// What somebody is called for: [`gudok_outbound::Purpose`].
pub(crate) fn purpose(word: &str) -> &str {
    let known = Purpose::WORDS.iter().find(|(known, _)| *known == word);
    known.map_or(word, |(_, purpose)| purpose.told())
}

/// By what right: [`gudok_outbound::Ground`].
pub(crate) fn ground(word: &str) -> &str {
    match word {
        "request" => "просил позвонить",
        "contract" => "договор",
        "consent" => "согласие",
        "debt" => "долг",
        other => other,
    }
}

/// How far a request to call somebody is.
pub(crate) fn request(state: &RequestState) -> String {
    match state {
        RequestState::RetryWait { attempts, why, .. } => {
            let why = unreached(why);
            format!("дозвона нет ({why}), попытка {attempts}, повторим")
        }
        state => state.told(),
    }
}

/// Why a client was not reached.
fn unreached(why: &str) -> &str {
    match why {
        "no_answer" => "не ответил",
        "busy" => "занято",
        "declined" => "отклонил",
        "not_found" => "нет такого номера",
        "unreachable" => "недоступен",
        "cut" | "cut_off" => "прервано перезапуском",
        "operator_gone" => "оператор не дождался",
        "lost" => "связь с ним пропала",
        "failed" => "сбой связи",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use gudok_model::Wall;
    use gudok_outbound::Ground;

    use super::*;

    #[test]
    fn what_is_known_here_is_in_russian_and_the_rest_as_it_is() {
        for (word, _) in Ground::WORDS {
            assert_ne!(ground(word), word);
        }
        for (word, _) in Purpose::WORDS {
            assert_ne!(purpose(word), word);
        }
        assert_eq!((ground("§ 5"), purpose("§ 5")), ("§ 5", "§ 5"));
        let again = RequestState::RetryWait {
            attempts: 2,
            at: Wall(0),
            why: "no_answer".into(),
        };
        let told = "дозвона нет (не ответил), попытка 2, повторим";
        assert_eq!(request(&again), told);
        assert_eq!(request(&RequestState::Requested), "ждёт оператора");
    }
}
