//! What a party says of the end of its leg (Reason, RFC 3326): kept without anybody's number, told in Russian.
use gudok_model::EndReason;
use gudok_sip::reason::Reason;
use gudok_trace::mask::{hide_numbers, plain};

/// What goes on record of it.
pub(crate) fn kept(said: Reason) -> EndReason {
    let Reason { sip, q850, text } = said;
    EndReason {
        sip,
        q850,
        text: text.map(|text| hide_numbers(&plain(&text))),
    }
}

/// `Q.850 16 (обычное завершение), SIP 200, «Terminated»`.
pub(crate) fn told(said: &EndReason) -> String {
    let cause = said.q850.map(|cause| match word(cause) {
        "" => format!("Q.850 {cause}"),
        word => format!("Q.850 {cause} ({word})"),
    });
    let status = said.sip.map(|status| format!("SIP {status}"));
    let text = said.text.as_ref().map(|text| format!("«{text}»"));
    let told: Vec<String> = [cause, status, text].into_iter().flatten().collect();
    told.join(", ")
}

/// The causes that carriers say most.
fn word(cause: u8) -> &'static str {
    match cause {
        1 => "номер не назначен",
        3 => "нет пути к номеру",
        16 => "обычное завершение",
        17 => "занято",
        18 | 19 => "не отвечает",
        20 => "абонент недоступен",
        21 => "отклонён",
        22 => "номер изменён",
        27 => "направление не работает",
        28 => "неверный номер",
        31 => "обычное, без причины",
        34 => "нет свободных каналов",
        38 => "сеть не работает",
        41 => "временный сбой",
        42 => "перегрузка",
        47 => "нет ресурсов",
        50 => "услуга не подключена",
        57 | 58 => "услуга недоступна",
        88 => "несовместимый вызов",
        102 => "истёк таймер сети",
        111 => "ошибка протокола",
        127 => "сбой стыка сетей",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_whole_and_without_a_number() {
        let said = kept(Reason {
            sip: Some(200),
            q850: Some(16),
            text: Some("to +7 999 000-11-22\u{1b}[2J".to_owned()),
        });
        assert_eq!(
            told(&said),
            "Q.850 16 (обычное завершение), SIP 200, «to +7999•••1122·[2J»"
        );
        let odd = EndReason {
            q850: Some(99),
            ..EndReason::default()
        };
        assert_eq!(told(&odd), "Q.850 99");
    }
}
