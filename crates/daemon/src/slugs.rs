//! The words of the machines as an admin reads them. Russian; what is not known here (a code of the plan) stays as it is.

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
