//! Calls to clients that are asked for over HTTP.
use gudok_model::number::parse;
use gudok_model::{Kind, NumberRules, OperatorId, Parsed};
use gudok_switchboard::desk::CommandResult;
use gudok_switchboard::dial_out::DialOut;
use gudok_web::{Answer, Changed, DialWish, Dialler, Unavailable};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::hotline::at_doors::NOT_WRITTEN;
use crate::hotline::{Dialled, Order};
use crate::web::Shelf;

impl Dialler for Shelf {
    fn dial<'a>(&'a self, operator: &'a OperatorId, wish: DialWish) -> Answer<'a, Changed> {
        let stops = |error: String| Unavailable(format!("dial: the daemon stops: {error}"));
        Box::pin(async move {
            let (answer, told) = oneshot::channel();
            let order = Order::Dial(operator.clone(), Box::new(wanted(wish)), answer);
            let sent = self.orders.send(order).await;
            sent.map_err(|error| stops(error.to_string()))?;
            let told = told.await.map_err(|error| stops(error.to_string()))?;
            Ok(changed(told))
        })
    }
}

/// The number is read where it is known how phones dial here, ours as in the register.
fn wanted(wish: DialWish) -> DialOut {
    let name = |text: Option<String>| text.map(|text| text.as_str().into());
    DialOut {
        number: Parsed {
            raw: wish.number,
            e164: None,
            kind: Kind::Unknown,
        },
        purpose: wish.purpose.as_str().into(),
        basis: name(wish.basis),
        reference: name(wish.reference),
        cli: wish.cli.map(|cli| parse(&cli, &NumberRules::default())),
        region: None,
    }
}

fn changed((call, result): Dialled) -> Changed {
    let refused = |error: Value| Changed {
        done: false,
        answer: json!({ "error": error }),
    };
    match result {
        CommandResult::Ok => Changed {
            done: true,
            answer: json!({ "call": call }),
        },
        CommandResult::Error { code, actual } => {
            let text = match &*code {
                // It may have begun.
                NOT_WRITTEN => why(&code).to_owned(),
                _ => format!("никому не звоним: {}", why(&code)),
            };
            refused(json!({ "code": code, "actual": actual, "text": text }))
        }
        CommandResult::Denied { rule, place, text } => refused(json!({
            "code": "outbound_denied", "rule": rule, "place": place, "text": text
        })),
    }
}

/// In words, with what to do about it. Russian.
fn why(code: &str) -> &'static str {
    match code {
        "bad_number" => "это не номер телефона; пишите его целиком: +79990001122",
        "unknown_purpose" => {
            "такой цели нет; бывают service, debt, advertising и survey (gudok outbound check)"
        }
        "unknown_basis" => {
            "такого основания нет; бывают request, contract, consent и debt (gudok outbound check)"
        }
        "no_queue" => "план не ведёт ни в одну очередь групп этого оператора: [group], [queue]",
        "no_number" => {
            "нечего показать тому, кому звоним: нет [[outbound.cli]] с номером этого проекта, или названный номер не из них"
        }
        "no_plan" => "план ещё не загружен: gudok check",
        "too_many_calls" => {
            "звонков уже столько, сколько разрешают настройки (limits.calls); повторите позже"
        }
        "draining" => {
            "сервер заканчивает работу и новых звонков не начинает; повторите после перезапуска"
        }
        "not_logged_in" | "stale_session" => "оператор не на смене: пусть войдёт на рабочем месте",
        "endpoint_down" => "телефон или рабочее место оператора не на связи",
        "capped" => "оператор дошёл до предела своих звонков",
        "invalid_state" => "оператор занят: сначала пусть закончит то, что делает",
        "unknown_operator" => "этого оператора нет ни в одной группе плана: [group]",
        "not_allowed" => "этому оператору так звонить нельзя",
        NOT_WRITTEN => {
            "журнал ещё не на диске; звонок мог начаться, посмотрите gudok calls и место на диске"
        }
        "not_journaled" => "журнал не пишется; посмотрите место на диске журнала и повторите",
        _ => "сервер отказал; почему, скажет его журнал (gudok floor)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each that the switchboard has for a wish to call, in words of its own.
    #[test]
    fn a_refusal_says_in_russian_what_to_do() {
        let codes = [
            "bad_number",
            "unknown_purpose",
            "unknown_basis",
            "no_queue",
            "no_number",
            "no_plan",
            "too_many_calls",
            "draining",
            "not_logged_in",
            "endpoint_down",
            "invalid_state",
            "unknown_operator",
        ];
        for code in codes {
            assert_ne!(why(code), why("nonsense"), "{code}");
        }
        let error = CommandResult::Error {
            code: "bad_number".into(),
            actual: None,
        };
        let Changed { done, answer } = changed((None, error));
        assert!(!done);
        assert_eq!(
            answer["error"]["text"],
            json!("никому не звоним: это не номер телефона; пишите его целиком: +79990001122")
        );
    }
}
