//! The ladder for programs.
use serde_json::{Value, json};

use super::{Class, Ladder, Row};

/// One object: parties, our place among them, rows. `full`: with every message, numbers shortened.
pub fn draw(ladder: &Ladder, full: bool) -> Value {
    let parties: Vec<Value> = ladder
        .parties
        .iter()
        .map(|party| json!({ "name": party.name, "address": party.address }))
        .collect();
    let rows: Vec<Value> = ladder
        .rows
        .iter()
        .map(|row| object(ladder, row, full))
        .collect();
    json!({
        "title": ladder.title,
        "subtitle": ladder.subtitle,
        "parties": parties,
        "gudok": ladder.us,
        "started_at_us": ladder.start.wall.0,
        "rows": rows,
    })
}

fn object(ladder: &Ladder, row: &Row, full: bool) -> Value {
    let since = |now: gudok_model::Now| micros(now.mono.since(ladder.start.mono));
    match row {
        Row::Arrow(arrow) => {
            let (from, to) = if arrow.sent {
                (ladder.us, arrow.party)
            } else {
                (arrow.party, ladder.us)
            };
            let repeated: Vec<u64> = arrow
                .repeated
                .iter()
                .map(|at| micros(at.since(ladder.start.mono)))
                .collect();
            let mut object = json!({
                "kind": "message",
                "at_us": since(arrow.now),
                "from": from,
                "to": to,
                "leg": arrow.leg,
                "transport": arrow.transport,
                "label": arrow.label,
                "class": class(arrow.class),
                "details": arrow.details,
                "repeated_at_us": repeated,
            });
            if full {
                object["text"] = json!(arrow.text);
            }
            object
        }
        Row::Note { now, text } => json!({ "kind": "note", "at_us": since(*now), "text": text }),
        Row::Pause(time) => json!({ "kind": "pause", "length_us": micros(*time) }),
        Row::LeftOut(count) => json!({ "kind": "left_out", "messages": count }),
    }
}

fn micros(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn class(class: Class) -> &'static str {
    match class {
        Class::Request => "request",
        Class::Provisional => "provisional",
        Class::Success => "success",
        Class::Redirected => "redirected",
        Class::Refusal => "refusal",
    }
}
