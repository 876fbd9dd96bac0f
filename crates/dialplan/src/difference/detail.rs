//! What an operation says and asks beyond what a reason of a decision tells of it: where two versions read alike and are not.
//!
//! Each is taken apart by all its fields: what two versions may differ in can be told.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::{Name, Owed, TrunkId};

use crate::decision::{Ack, Announce, Hint, Keys};
use crate::flow::{
    AskOp, Assign, Assigned, DutyOp, FindOp, MenuOp, OperatorOp, PromiseOp, Question, QueueOp, What,
};
use crate::line::{Utterance, shown};
use crate::memory::Value;
use crate::reader::spoken;
use crate::words;

/// Keys with their values, as in the text; those that lead somewhere and what the reason tells are left out.
pub(super) fn of(what: &What) -> Vec<String> {
    match what {
        What::Menu(MenuOp {
            question,
            reads: _,
            keys,
        }) => {
            let mut parts = vec![keys_of(keys)];
            parts.extend(asked(question));
            parts
        }
        What::Ask(ask) => of_ask(ask),
        What::Set(list) => list.iter().map(assigned).collect(),
        What::Needs(needs) => vec![format!("needs = {}", words::levels(needs))],
        What::Queue(queue) => of_queue(queue),
        What::External {
            number: _,
            trunk,
            ring: _,
            music,
            ack,
            on_not_answered: _,
        } => outside(trunk.as_ref(), music, ack.as_ref()),
        What::Duty(DutyOp {
            roster: _,
            name: _,
            trunk,
            music,
            ack,
            on_nobody: _,
        }) => outside(trunk.as_ref(), music, ack.as_ref()),
        What::Promise(PromiseOp {
            owed,
            keep_place,
            typed: _,
            thanks,
        }) => {
            let mut parts = owes(owed);
            if *keep_place {
                parts.push("место в очереди сохраняется".to_owned());
            }
            parts.push(said("thanks", thanks));
            parts
        }
        What::Voicemail {
            prompts,
            max: _,
            owed,
        } => {
            let mut parts = vec![said("voicemail", prompts)];
            parts.extend(owes(owed));
            parts
        }
        What::Find(find) => {
            let FindOp {
                value: _,
                by,
                within,
                ways: _,
            } = &**find;
            let deadline = within.map(|it| long("deadline", it));
            [format!("by = {by}")].into_iter().chain(deadline).collect()
        }
        What::Operator(call) => {
            let OperatorOp {
                who: _,
                ring,
                music,
                on_not_answered: _,
                on_unavailable: _,
                on_unknown: _,
            } = &**call;
            vec![long("ring", *ring), format!("music = {music}")]
        }
        // Their reasons tell all there is.
        What::Play { .. }
        | What::Lookup
        | What::When { .. }
        | What::Jump(_)
        | What::Back(_)
        | What::Goto(_)
        | What::Call(_)
        | What::Close { .. }
        | What::HangUp { .. } => Vec::new(),
    }
}

fn of_ask(ask: &AskOp) -> Vec<String> {
    let AskOp {
        name: _,
        question,
        least,
        check,
        phone: _,
        valid: _,
    } = ask;
    let mut parts = vec![format!("digits = {least}-{}", question.keys.most)];
    parts.extend(check.iter().map(|it| format!("check = {}", it.text)));
    parts.extend(asked(question));
    parts
}

fn asked(question: &Question) -> Vec<String> {
    let Question {
        prompts: _,
        keys,
        tries,
        on_invalid,
        on_timeout,
        otherwise: _,
    } = question;
    let Keys {
        most: _,
        end,
        first,
        between,
        barge_in,
        type_ahead,
        has: _,
    } = keys;
    let end = end.map(String::from).unwrap_or_default();
    vec![
        format!("tries = {tries}"),
        long("timeout", *first),
        long("between", *between),
        format!("end = {end:?}"),
        format!("barge_in = {barge_in}"),
        format!("type_ahead = {type_ahead}"),
        said("on_invalid", on_invalid),
        said("on_timeout", on_timeout),
    ]
}

fn assigned(assign: &Assign) -> String {
    let Assign {
        name,
        kind: _,
        value,
    } = assign;
    match value {
        Assigned::Fixed(Value::Bool(flag)) => format!("{name} = {flag}"),
        Assigned::Fixed(Value::Int(number)) => format!("{name} = {number}"),
        Assigned::Fixed(Value::Text(text)) => format!("{name} = {text:?}"),
        Assigned::Told(condition) => format!("{name} = {}", condition.text),
    }
}

fn of_queue(queue: &QueueOp) -> Vec<String> {
    let QueueOp {
        queue: _,
        priority: _,
        wait: _,
        leave_empty,
        music,
        announce,
        keys,
        hint,
        on_timeout,
        on_no_operators,
        on_full,
        on_error,
        on_removed,
        on_closed,
    } = queue;
    let mut parts = vec![
        format!("leave_empty = {leave_empty}"),
        format!("music = {music}"),
        keys_of(keys),
    ];
    parts.extend(announce.iter().flat_map(announced));
    parts.extend(hint.iter().flat_map(offered));
    let exits = [
        ("on_timeout", on_timeout),
        ("on_no_operators", on_no_operators),
        ("on_full", on_full),
    ];
    let missing = exits.into_iter().filter(|(_, target)| target.is_none());
    parts.extend(missing.map(|(exit, _)| format!("без {exit}")));
    let besides = [
        ("on_error", on_error),
        ("on_removed", on_removed),
        ("on_closed", on_closed),
    ];
    let there = besides.into_iter().filter(|(_, target)| target.is_some());
    parts.extend(there.map(|(exit, _)| format!("есть {exit}")));
    parts
}

fn announced(announce: &Announce<Utterance>) -> Vec<String> {
    let Announce {
        position,
        wait,
        every,
        prompts,
    } = announce;
    vec![
        format!("announce: position = {position}"),
        format!("wait = {wait}"),
        long("every", *every),
        said("say", prompts),
    ]
}

fn offered(hint: &Hint<Utterance>) -> Vec<String> {
    let Hint {
        prompts,
        after,
        every,
        position,
        wait,
    } = hint;
    let mut parts = vec![
        format!("offer: {}", said("say", prompts)),
        long("after", *after),
        long("every", *every),
    ];
    parts.extend(position.map(|it| format!("position = {it}")));
    parts.extend(wait.map(|it| long("wait", it)));
    parts
}

fn outside(trunk: Option<&TrunkId>, music: &Name, ack: Option<&Ack<Utterance>>) -> Vec<String> {
    let mut parts = vec![format!("music = {music}")];
    parts.extend(trunk.map(|it| format!("trunk = {it}")));
    parts.extend(ack.map(acknowledged));
    parts
}

fn acknowledged(ack: &Ack<Utterance>) -> String {
    let Ack {
        prompts,
        take,
        pass,
        timeout,
    } = ack;
    let pass = pass.map(|it| format!(", pass = {it}")).unwrap_or_default();
    let (said, timeout) = (said("prompts", prompts), long("timeout", *timeout));
    format!("ack: {said}, take = {take}{pass}, {timeout}")
}

fn owes(owed: &Owed) -> Vec<String> {
    let Owed {
        group,
        within,
        schedule,
    } = owed;
    let mut parts = vec![long("due", *within)];
    parts.extend(schedule.iter().map(|it| format!("schedule = {it}")));
    parts.extend(group.iter().map(|it| format!("group = {it}")));
    parts
}

fn keys_of(keys: &BTreeMap<char, usize>) -> String {
    let keys: Vec<String> = keys.keys().map(ToString::to_string).collect();
    format!("keys = {}", keys.join(" "))
}

fn said(key: &str, line: &[Utterance]) -> String {
    format!("{key} = {}", shown(line).join(" "))
}

fn long(key: &str, time: Duration) -> String {
    let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    format!("{key} = {}", spoken(ms))
}
