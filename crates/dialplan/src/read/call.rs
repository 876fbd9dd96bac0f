//! Sub-flows: `params` declares what one is given, `call` goes through it.
use gudok_model::Name;
use toml::de::DeValue;

use super::choose;
use crate::draft::{Action, DraftArgument, DraftCall, ParamKind, Params, param_of};
use crate::memory::{TEXT_MAX, Value};
use crate::reader::{Item, Table, slug};
use crate::shape::ANY;
use crate::shape::steps::PARAMS;
use crate::text::{Problems, Said, Word, error};

/// Most parameters of a sub-flow.
const PARAMS_MAX: usize = 16;

/// Keys whose texts are expressions; what is wrong with these is said where they are compiled.
const EXPRESSIONS: [&str; 4] = ["when", "check", "set", "value"];

/// `params = { line = "queue", vip = "bool" }`: alone in the first `[[flow.NAME]]`. None: it is no sub-flow.
pub(super) fn declared(first: Option<&Item<'_>>, problems: &mut Problems<'_>) -> Option<Params> {
    let DeValue::Table(_) = first?.value else {
        return None;
    };
    let table = first?.shaped(&PARAMS, problems)?;
    if !table.has("params") {
        return None;
    }
    let item = table.get("params");
    table.finish("рядом с params", problems);
    Some(
        item.and_then(|item| params(item, problems))
            .unwrap_or_default(),
    )
}

fn params(item: Item<'_>, problems: &mut Problems<'_>) -> Option<Params> {
    let at = item.at();
    let entries = item.table(problems)?.entries();
    if entries.len() > PARAMS_MAX {
        let ru = format!("слишком много параметров: больше {PARAMS_MAX}");
        let en = format!("more than {PARAMS_MAX} parameters");
        problems.say(&at, error("too_long", ru, en));
    }
    let mut params = Params::new();
    for (word, item) in entries {
        let name = slug(&word, problems);
        let unknown = ("нет такого вида параметра:", "unknown kind of parameter");
        let kind = choose(Some(item), unknown, &ParamKind::WORDS, problems);
        params.extend(name.zip(kind));
    }
    Some(params)
}

/// Complains of each text that names a parameter the flow does not have.
pub(super) fn named(item: &Item<'_>, params: &Params, problems: &mut Problems<'_>) {
    match item.value {
        DeValue::String(text) => {
            if let Some(name) = param_of(text).filter(|name| !params.contains_key(*name)) {
                problems.say(&item.at(), unknown(name, params));
            }
        }
        DeValue::Array(_) => item
            .one_or_more()
            .iter()
            .for_each(|item| named(item, params, problems)),
        DeValue::Table(table) => {
            for (key, item) in Table::new(table, item.at(), &ANY).entries() {
                match key.text.as_str() {
                    key if EXPRESSIONS.contains(&key) => {}
                    "with" => given(&item, params, problems),
                    _ => named(&item, params, problems),
                }
            }
        }
        _ => {}
    }
}

/// The same of what a call gives, whatever the parameters there are called.
fn given(item: &Item<'_>, params: &Params, problems: &mut Problems<'_>) {
    let DeValue::Table(table) = item.value else {
        return named(item, params, problems);
    };
    for (_, item) in Table::new(table, item.at(), &ANY).entries() {
        named(&item, params, problems);
    }
}

/// What is said of a parameter that is not there.
pub(crate) fn unknown(name: &str, params: &Params) -> Said {
    let ru = format!("у ветки нет параметра «{name}»");
    let en = format!("the flow has no parameter {name:?}");
    let known: Vec<String> = params.keys().map(|name| format!("param.{name}")).collect();
    let said = error("unknown_param", ru, en).one_of(&format!("param.{name}"), &known);
    match params.is_empty() {
        true => said.remedy((
            "параметры есть у подветки: её первый шаг — params = { имя = \"вид\" }",
            "a sub-flow has parameters: its first step is params = { name = \"type\" }",
        )),
        false => said,
    }
}

/// `call = "offer"`, `with = { line = "tech" }`.
pub(super) fn call(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Action> {
    let name = table.get("call")?.word(problems);
    let with = match table.get("with") {
        Some(item) => item.table(problems)?.entries(),
        None => Vec::new(),
    };
    let count = with.len();
    let argument = |(word, item): (Word, Item<'_>)| {
        let (value, at) = (value(item, problems)?, item.at().into());
        Some((word, DraftArgument { value, at }))
    };
    let with: Vec<_> = with.into_iter().filter_map(argument).collect();
    // A value that could not be read was complained of; its absence is not complained of again.
    (with.len() == count).then_some(Action::Call(DraftCall { name: name?, with }))
}

fn value(item: Item<'_>, problems: &mut Problems<'_>) -> Option<Value> {
    match item.value {
        DeValue::Boolean(flag) => Some(Value::Bool(*flag)),
        DeValue::Integer(digits) => {
            let number = i64::from_str_radix(digits.as_str(), digits.radix()).ok();
            if number.is_none() {
                let ru = "слишком большое число";
                problems.say(
                    &item.at(),
                    error("out_of_range", ru, "the number is too large"),
                );
            }
            number.map(Value::Int)
        }
        _ => {
            let Word { text, at } = item.word(problems)?;
            if text.chars().count() > TEXT_MAX {
                let said = error(
                    "out_of_range",
                    "слишком длинный текст",
                    "the text is too long",
                );
                problems.say(
                    &at,
                    said.remedy((
                        format!("не больше {TEXT_MAX} знаков"),
                        format!("{TEXT_MAX} characters at most"),
                    )),
                );
                return None;
            }
            Some(Value::Text(text))
        }
    }
}

/// The name of a prompt, or of the parameter that gives it.
pub(super) fn prompt(word: &Word, problems: &mut Problems<'_>) -> Option<Name> {
    match param_of(&word.text) {
        Some(_) => Some(word.text.as_str().into()),
        None => slug(word, problems),
    }
}
