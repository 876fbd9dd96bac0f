//! Flows: the steps of a call, and the branches within them.
use std::collections::BTreeMap;

use gudok_model::Name;

use super::document::{Document, Table, Value, code};
use super::questions::{ack, ask, callback, due, line, menu};
use crate::decision::{Announce, Hint};
use crate::draft::{
    Action, Branch, DraftArgument, DraftCall, DraftExits, DraftFind, DraftFlow, DraftOperator,
    DraftQueueStep, DraftStep, DraftSubflow, DraftUtterance, DraftValue, Params,
};
use crate::memory;
use crate::text::Word;

/// Flows and sub-flows by their names.
pub(super) fn flows(
    flows: &BTreeMap<Name, DraftFlow>,
    subflows: &BTreeMap<Name, DraftSubflow>,
    document: &mut Document,
) {
    let flows = flows.iter().map(|(name, flow)| {
        let DraftFlow { steps, at: _ } = flow;
        (name, (None, steps))
    });
    let subflows = subflows.iter().map(|(name, subflow)| {
        let DraftSubflow {
            params,
            steps,
            at: _,
        } = subflow;
        (name, (Some(params), steps))
    });
    let all: BTreeMap<&Name, (Option<&Params>, &Vec<DraftStep>)> = flows.chain(subflows).collect();
    for (name, (params, steps)) in all {
        let header = format!("flow.{name}");
        if let Some(params) = params {
            document.row(&header, &declared(params));
        }
        for it in steps {
            document.row(&header, &step(it));
        }
    }
}

fn declared(params: &Params) -> Table {
    let params = params.iter();
    let params = params.fold(Table::default(), |table, (name, kind)| {
        table.with(name, kind.word())
    });
    Table::default().with("params", params)
}

/// The name of a flow, or steps in brackets.
pub(super) fn branch(branch: &Branch) -> Value {
    match branch {
        Branch::Flow(word) => word.into(),
        Branch::Steps(steps) => Value::Rows(steps.iter().map(step).collect()),
    }
}

/// What each key does.
pub(super) fn keys_of(keys: &[(char, Branch)]) -> Table {
    let keys = keys.iter();
    keys.fold(Table::default(), |table, (key, leads)| {
        table.with(&key.to_string(), branch(leads))
    })
}

fn step(step: &DraftStep) -> Table {
    let DraftStep { action, at: _ } = step;
    let start = Table::default();
    match action {
        Action::Play { prompts, notice } => start
            .with("play", Value::List(line(prompts)))
            .with("notice", *notice),
        Action::Lookup => start.with("lookup", true),
        Action::When {
            condition,
            then,
            otherwise,
        } => when(condition, then, otherwise.as_ref()),
        Action::Goto(word) => start.with("goto", word),
        Action::Menu(it) => menu(it),
        Action::Ask(it) => ask(it),
        Action::Callback(it) => callback(it),
        Action::Set(list) => start.with("set", set(list)),
        Action::Needs(list) => start.with("needs", needs(list)),
        Action::Call(it) => call(it),
        Action::Find(it) => find(it),
        Action::Operator(it) => operator(it),
        Action::Queue(it) => queue(it),
        Action::External { .. } | Action::Duty { .. } => outside(action),
        Action::Voicemail { prompts, max, owed } => due(
            start
                .with("voicemail", Value::List(line(prompts)))
                .with("max", *max)
                .may("group", owed.group.as_ref()),
            owed,
        ),
        Action::Close { prompts, reason } => start
            .with("close", Value::List(line(prompts)))
            .with("reason", reason),
        Action::HangUp { reason } => start.with("hangup", true).with("allow_hangup", reason),
    }
}

fn when(condition: &Word, then: &Branch, otherwise: Option<&Branch>) -> Table {
    let key = match then {
        Branch::Flow(_) => "goto",
        Branch::Steps(_) => "then",
    };
    Table::default()
        .with("when", code(condition))
        .with(key, branch(then))
        .may("else", otherwise.map(branch))
}

/// What an operator must know.
fn needs(list: &[(Word, u8)]) -> Table {
    let list = list.iter();
    list.fold(Table::default(), |table, (skill, level)| {
        table.with(&skill.text, *level)
    })
}

/// Somebody who is no operator is called.
fn outside(action: &Action) -> Table {
    let start = Table::default();
    match action {
        Action::External {
            number,
            trunk,
            ring,
            music,
            ack: by_key,
            on_not_answered,
        } => start
            .with("external", number.as_str())
            .may("trunk", trunk.as_ref().map(|it| it.as_str()))
            .with("ring", *ring)
            .with("music", music)
            .may("ack", by_key.as_ref().map(ack))
            .may("on_not_answered", on_not_answered.as_ref()),
        Action::Duty {
            roster,
            trunk,
            music,
            ack: by_key,
            on_nobody,
        } => start
            .with("duty", roster)
            .may("trunk", trunk.as_ref().map(|it| it.as_str()))
            .with("music", music)
            .may("ack", by_key.as_ref().map(ack))
            .may("on_nobody", on_nobody.as_ref()),
        _ => start,
    }
}

/// A client is searched for by something that was typed.
fn find(search: &DraftFind) -> Table {
    let DraftFind {
        value,
        by,
        within,
        on_none,
        on_many,
        on_error,
    } = search;
    Table::default()
        .with("lookup", code(value))
        .with("by", by)
        .may("deadline", *within)
        .may("on_none", on_none.as_ref().map(branch))
        .may("on_many", on_many.as_ref().map(branch))
        .may("on_error", on_error.as_ref().map(branch))
}

/// One operator is called by name.
fn operator(called: &DraftOperator) -> Table {
    let DraftOperator {
        who,
        ring,
        music,
        on_not_answered,
        on_unavailable,
        on_unknown,
    } = called;
    Table::default()
        .with("operator", code(who))
        .with("ring", *ring)
        .with("music", music)
        .may("on_not_answered", on_not_answered.as_ref())
        .may("on_unavailable", on_unavailable.as_ref())
        .may("on_unknown", on_unknown.as_ref())
}

fn set(list: &[(Word, DraftValue)]) -> Table {
    let list = list.iter();
    list.fold(Table::default(), |table, (name, value)| {
        let value = match value {
            DraftValue::Fixed(value) => fixed(value),
            DraftValue::Told(word) => code(word),
        };
        table.with(&name.text, value)
    })
}

fn fixed(value: &memory::Value) -> Value {
    match value {
        memory::Value::Bool(flag) => Value::Flag(*flag),
        memory::Value::Int(number) => Value::Int(*number),
        memory::Value::Text(text) => Value::Text(text.clone()),
    }
}

fn call(call: &DraftCall) -> Table {
    let DraftCall { name, with } = call;
    let table = Table::default().with("call", name);
    if with.is_empty() {
        return table;
    }
    let given = with.iter();
    let given = given.fold(Table::default(), |table, (name, argument)| {
        let DraftArgument { value, at: _ } = argument;
        table.with(&name.text, fixed(value))
    });
    table.with("with", given)
}

fn queue(step: &DraftQueueStep) -> Table {
    let DraftQueueStep {
        queue,
        priority,
        wait,
        leave_empty,
        music,
        announce,
        keys,
        hint,
        exits,
    } = step;
    let keys = (!keys.is_empty()).then(|| keys_of(keys));
    let table = Table::default()
        .with("queue", queue)
        .with("wait", *wait)
        .with("priority", *priority)
        .with("leave_empty", *leave_empty)
        .with("music", music)
        .may("announce", announce.as_ref().map(announced))
        .may("offer", hint.as_ref().map(offered))
        .may("keys", keys);
    exits_of(exits, table)
}

/// Of a step, or of a queue.
pub(super) fn exits_of(exits: &DraftExits, table: Table) -> Table {
    let DraftExits {
        on_timeout,
        on_no_operators,
        on_full,
        on_error,
        on_removed,
        on_closed,
    } = exits;
    table
        .may("on_timeout", on_timeout.as_ref())
        .may("on_no_operators", on_no_operators.as_ref())
        .may("on_full", on_full.as_ref())
        .may("on_error", on_error.as_ref())
        .may("on_removed", on_removed.as_ref())
        .may("on_closed", on_closed.as_ref())
}

fn announced(announce: &Announce<DraftUtterance>) -> Table {
    let Announce {
        position,
        wait,
        every,
        prompts,
    } = announce;
    Table::default()
        .with("position", *position)
        .with("wait", *wait)
        .with("every", *every)
        .unless_empty("say", line(prompts))
}

fn offered(hint: &Hint<DraftUtterance>) -> Table {
    let Hint {
        prompts,
        after,
        every,
        position,
        wait,
    } = hint;
    Table::default()
        .with("say", Value::List(line(prompts)))
        .with("after", *after)
        .with("every", *every)
        .may("position", *position)
        .may("wait", *wait)
}
