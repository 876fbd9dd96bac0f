//! Calls to clients that are asked for over HTTP.
use gudok_model::number::parse;
use gudok_model::{Kind, NumberRules, OperatorId, Parsed};
use gudok_switchboard::desk::CommandResult;
use gudok_switchboard::dial_out::DialOut;
use gudok_web::{Answer, Changed, DialWish, Dialler, Unavailable};
use serde_json::{Value, json};
use tokio::sync::oneshot;

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
            let text = "nobody is called; see the codes of `dial` in crates/cti/protocol.md";
            refused(json!({ "code": code, "actual": actual, "text": text }))
        }
        CommandResult::Denied { rule, place, text } => refused(json!({
            "code": "outbound_denied", "rule": rule, "place": place, "text": text
        })),
    }
}
