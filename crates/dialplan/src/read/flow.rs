//! `[[flow.NAME]]`: the steps of a call.
use std::time::Duration;

use gudok_model::{Name, Owed, RequestKind, TrunkId};
use toml::de::DeValue;

use super::callback::callback;
use super::say::line;
use super::{call, edges, find, keys, number::phone, operator, skills, taken, text, waiting};
use crate::decision::Announce;
use crate::draft::{
    Action, Branch, Draft, DraftFlow, DraftOwed, DraftQueueStep, DraftStep, DraftSubflow,
    DraftUtterance, Params,
};
use crate::reader::{Item, Table, slug};
use crate::shape::plan::RING;
use crate::shape::steps::{self as shapes, STEPS};
use crate::shape::{ANY, words};
use crate::text::{Problems, Spot, Word, error};

/// What a step may do: exactly one of these keys is there. `goto` alone is a step too.
const ACTIONS: [&str; 17] = words(&STEPS);

/// Steps of one flow, those within conditions not counted.
const STEPS_OF_FLOW_MAX: usize = 200;

/// Conditions within conditions.
const NESTING_MAX: usize = 8;

/// Reads all `[[flow.NAME]]` of one name.
pub(super) fn read(
    name: Name,
    word: Word,
    item: Item<'_>,
    draft: &mut Draft,
    problems: &mut Problems<'_>,
) {
    let at = item.at();
    let items = item.list(problems).unwrap_or_default();
    let params = call::declared(items.first(), problems);
    let declaration = usize::from(params.is_some());
    let items = items.get(declaration..).unwrap_or_default();
    let none = Params::new();
    for item in items {
        call::named(item, params.as_ref().unwrap_or(&none), problems);
    }
    let steps = steps_of(items, &at, 0, problems);
    let flow = draft.flows.get(&name).map(|flow| &flow.at);
    if let Some(first) = flow.or(draft.subflows.get(&name).map(|subflow| &subflow.at)) {
        return taken(&word, "ветка", first, problems);
    }
    let at = word.at.into();
    match params {
        None => drop(draft.flows.insert(name, DraftFlow { steps, at })),
        Some(params) => {
            let subflow = DraftSubflow { params, steps, at };
            draft.subflows.insert(name, subflow);
        }
    }
}

fn steps(item: Item<'_>, depth: usize, problems: &mut Problems<'_>) -> Vec<DraftStep> {
    let at = item.at();
    let items = item.list(problems).unwrap_or_default();
    steps_of(&items, &at, depth, problems)
}

fn steps_of(
    items: &[Item<'_>],
    at: &Spot,
    depth: usize,
    problems: &mut Problems<'_>,
) -> Vec<DraftStep> {
    if items.len() > STEPS_OF_FLOW_MAX || depth > NESTING_MAX {
        let ru = format!("не больше {STEPS_OF_FLOW_MAX} шагов и {NESTING_MAX} вложенных условий");
        let en = format!("at most {STEPS_OF_FLOW_MAX} steps and {NESTING_MAX} nested conditions");
        problems.say(at, error("too_long", ru, en));
        return Vec::new();
    }
    items
        .iter()
        .filter_map(|item| step(*item, depth, problems))
        .collect()
}

fn step(item: Item<'_>, depth: usize, problems: &mut Problems<'_>) -> Option<DraftStep> {
    let table = item.table(problems)?;
    // `goto` belongs to a `when` beside it.
    let action_of = |key: &&str| table.has(key) && (*key != "goto" || !table.has("when"));
    let found: Vec<_> = ACTIONS.into_iter().filter(action_of).collect();
    let key = match found[..] {
        [key] => key,
        [] => return unknown_step(&table, problems),
        [first, second, ..] => {
            let ru = format!("в одном шаге и «{first}», и «{second}»");
            let said = error(
                "two_actions",
                ru,
                format!("both `{first}` and `{second}` in one step"),
            );
            let remedy = (
                "один шаг делает одно дело: начните второй с новой строки [[flow.…]]",
                "a step does one thing: begin the second with a line [[flow.…]] of its own",
            );
            problems.say(&table.key_at(second), said.remedy(remedy));
            return None;
        }
    };
    let at = table.key_at(key).into();
    let shape = STEPS.iter().find(|(action, _)| *action == key);
    let table = table.shaped(shape.map_or(&ANY, |(_, shape)| shape));
    let action = action(key, &table, depth, problems);
    table.finish(&format!("в шаге {key}"), problems);
    action.map(|action| DraftStep { action, at })
}

fn unknown_step(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<DraftStep> {
    if table.has("params") {
        let ru = "params стоит в ветке первым и один, без действия рядом";
        let said = error(
            "misplaced",
            ru,
            "`params` stands first in its flow, and alone",
        );
        problems.say(&table.key_at("params"), said);
        return None;
    }
    let first = table.entries().into_iter().next();
    let (at, word) = match first {
        Some((key, _)) => (key.at, key.text),
        None => (table.at().clone(), String::new()),
    };
    let ru = "непонятный шаг: нет ни одного действия";
    problems.say(
        &at,
        error("unknown_step", ru, "no action in this step").one_of(&word, &ACTIONS),
    );
    None
}

fn action(
    key: &str,
    table: &Table<'_>,
    depth: usize,
    problems: &mut Problems<'_>,
) -> Option<Action> {
    match key {
        "play" => play(table, problems),
        "menu" => keys::menu(table, depth, problems),
        "ask" => keys::ask(table, depth, problems),
        "set" => keys::set(table, problems),
        "needs" => skills::needed(table, problems),
        "lookup" => find::lookup(table, depth, problems),
        "when" => when(table, depth, problems),
        "call" => call::call(table, problems),
        "queue" => queue(table, depth, problems),
        "operator" => operator::operator(table, problems),
        "external" => external(table, problems),
        "duty" => duty(table, problems),
        "callback" => callback(table, depth, problems),
        "voicemail" => voicemail(table, problems),
        "close" => close(table, problems),
        "hangup" => hang_up(table, problems),
        _ => Some(Action::Goto(table.get("goto")?.word(problems)?)),
    }
}

fn play(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Action> {
    let prompts = line(table.get("play")?, problems);
    let notice = table
        .get("notice")
        .and_then(|item| item.flag(problems))
        .unwrap_or(false);
    Some(Action::Play {
        prompts: prompts?,
        notice,
    })
}

/// `lookup = true`: said aloud, and nothing else can be said.
pub(super) fn must_be_true(item: Item<'_>, problems: &mut Problems<'_>) -> bool {
    let flag = item.flag(problems);
    if flag == Some(false) {
        let said = error(
            "wrong_type",
            "здесь может стоять только true",
            "only true may stand here",
        );
        problems.say(
            &item.at(),
            said.remedy((
                "если шаг не нужен, уберите его",
                "remove the step if it is not needed",
            )),
        );
    }
    flag == Some(true)
}

fn when(table: &Table<'_>, depth: usize, problems: &mut Problems<'_>) -> Option<Action> {
    let condition = table.get("when")?.word(problems);
    let goto = table
        .get("goto")
        .and_then(|item| item.word(problems))
        .map(Branch::Flow);
    let then = table
        .get("then")
        .and_then(|item| branch(item, depth, problems));
    let otherwise = table
        .get("else")
        .and_then(|item| branch(item, depth, problems));
    if table.has("goto") == table.has("then") {
        let said = error(
            "missing_key",
            "у условия должно быть либо «goto», либо «then»",
            "a condition needs either `goto` or `then`",
        );
        let remedy = (
            "goto = \"ветка\" уводит в другую ветку, then = [{ … }] выполняет шаги здесь",
            "goto = \"flow\" leads to another flow, then = [{ … }] takes steps here",
        );
        problems.say(&table.key_at("when"), said.remedy(remedy));
        return None;
    }
    Some(Action::When {
        condition: condition?,
        then: goto.or(then)?,
        otherwise,
    })
}

/// The name of a flow, or steps in square brackets.
pub(super) fn branch(item: Item<'_>, depth: usize, problems: &mut Problems<'_>) -> Option<Branch> {
    match item.value {
        DeValue::String(_) => item.word(problems).map(Branch::Flow),
        _ => Some(Branch::Steps(steps(item, depth + 1, problems))),
    }
}

fn queue(table: &Table<'_>, depth: usize, problems: &mut Problems<'_>) -> Option<Action> {
    let queue = table.get("queue")?.word(problems);
    let wait = table
        .need("wait", problems)
        .and_then(|i| i.duration(problems, shapes::WAIT));
    let priority = table
        .get("priority")
        .and_then(|item| item.number(problems, shapes::PRIORITY));
    let leave_empty = table
        .get("leave_empty")
        .and_then(|item| item.flag(problems));
    let music = music(table, problems);
    let announce = table
        .get("announce")
        .and_then(|item| announce(item, problems));
    let pressed = waiting::keys(table, depth, problems);
    let exits = edges::exits(table, problems);
    let waiting::WaitingKeys { keys, hint } = pressed?;
    Some(Action::Queue(Box::new(DraftQueueStep {
        queue: queue?,
        priority: priority.and_then(|p| u8::try_from(p).ok()).unwrap_or(0),
        wait: wait?,
        leave_empty: leave_empty.unwrap_or(true),
        music,
        announce,
        keys,
        hint,
        exits,
    })))
}

/// `announce = { position = true, wait = true, every = "30s", say = ["please_wait"] }`.
fn announce(item: Item<'_>, problems: &mut Problems<'_>) -> Option<Announce<DraftUtterance>> {
    let table = item.shaped(&shapes::ANNOUNCE, problems)?;
    let mut flag = |key| table.get(key).and_then(|item| item.flag(problems));
    let (position, wait) = (flag("position"), flag("wait"));
    let every = table
        .get("every")
        .and_then(|item| item.duration(problems, shapes::EVERY));
    let prompts = table.get("say").map(|item| line(item, problems));
    let at = table.at().clone();
    table.finish("в announce", problems);
    let announce = Announce {
        position: position.unwrap_or(false),
        wait: wait.unwrap_or(false),
        every: every.unwrap_or(Duration::from_secs(30)),
        prompts: prompts.unwrap_or_else(|| Some(Vec::new()))?,
    };
    if !announce.position && !announce.wait && announce.prompts.is_empty() {
        let said = error(
            "missing_key",
            "в announce нечего сказать",
            "`announce` has nothing to say",
        );
        let remedy = (
            "добавьте position = true, wait = true или say = [\"please_wait\"]",
            "add position = true, wait = true or say = [\"please_wait\"]",
        );
        problems.say(&at, said.remedy(remedy));
        return None;
    }
    Some(announce)
}

fn external(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Action> {
    let number = table
        .get("external")?
        .word(problems)
        .and_then(|word| phone(&word, problems));
    let trunk = table
        .get("trunk")
        .and_then(|item| text(item, problems))
        .map(TrunkId::new);
    let ring = table
        .get("ring")
        .and_then(|item| item.duration(problems, RING));
    let music = music(table, problems);
    let on_not_answered = table
        .get("on_not_answered")
        .and_then(|item| item.word(problems));
    let ring = ring.unwrap_or(Duration::from_secs(30));
    let ack = match table.get("ack") {
        Some(item) => Some(keys::ack(item, problems)?),
        None => None,
    };
    Some(Action::External {
        number: number?,
        trunk,
        ring,
        music,
        ack,
        on_not_answered,
    })
}

fn duty(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Action> {
    let roster = table.get("duty")?.word(problems);
    let trunk = table
        .get("trunk")
        .and_then(|item| text(item, problems))
        .map(TrunkId::new);
    let music = music(table, problems);
    let on_nobody = table.get("on_nobody").and_then(|item| item.word(problems));
    let ack = match table.get("ack") {
        Some(item) => Some(keys::ack(item, problems)?),
        None => None,
    };
    Some(Action::Duty {
        roster: roster?,
        trunk,
        music,
        ack,
        on_nobody,
    })
}

fn voicemail(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Action> {
    let prompts = line(table.get("voicemail")?, problems);
    let max = table
        .get("max")
        .and_then(|item| item.duration(problems, shapes::MESSAGE));
    let group = table.get("group").and_then(|item| item.word(problems));
    let owed = DraftOwed {
        group,
        ..owed(table, RequestKind::Voicemail, problems)
    };
    Some(Action::Voicemail {
        prompts: prompts?,
        max: max.unwrap_or(Duration::from_secs(120)),
        owed,
    })
}

/// `due = "20m"` and `schedule = "office"`, of nobody by name.
pub(super) fn owed(table: &Table<'_>, kind: RequestKind, problems: &mut Problems<'_>) -> DraftOwed {
    let within = table
        .get("due")
        .and_then(|item| item.duration(problems, shapes::DUE));
    let schedule = table.get("schedule");
    DraftOwed {
        group: None,
        schedule: schedule.and_then(|item| item.word(problems)),
        within: within.unwrap_or(Owed::usual(kind).within),
    }
}

fn close(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Action> {
    let prompts = line(table.get("close")?, problems);
    let reason = table
        .need("reason", problems)
        .and_then(|item| item.word(problems));
    let reason = reason.and_then(|word| slug(&word, problems));
    Some(Action::Close {
        prompts: prompts?,
        reason: reason?,
    })
}

fn hang_up(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Action> {
    let fits = must_be_true(table.get("hangup")?, problems);
    let Some(item) = table.get("allow_hangup") else {
        let said = error(
            "bare_hangup",
            "повесить трубку молча нельзя без названной причины",
            "a bare hang-up needs a named reason",
        );
        let remedy = (
            "назовите причину: allow_hangup = \"spam\", или попрощайтесь: close = [\"goodbye\"]",
            "name the reason: allow_hangup = \"spam\", or say goodbye: close = [\"goodbye\"]",
        );
        problems.say(&table.key_at("hangup"), said.remedy(remedy));
        return None;
    };
    let reason = item.word(problems).and_then(|word| slug(&word, problems));
    reason
        .filter(|_| fits)
        .map(|reason| Action::HangUp { reason })
}

pub(super) fn music(table: &Table<'_>, problems: &mut Problems<'_>) -> Name {
    let word = table.get("music").and_then(|item| item.word(problems));
    word.and_then(|word| call::prompt(&word, problems))
        .unwrap_or_else(|| "music".into())
}
