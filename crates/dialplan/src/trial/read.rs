//! `[[test]]` from the text.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::time::Duration;

use gudok_calendar::{Zone, parse_moment};
use gudok_model::{
    Caller, Client, ClientClass, ClientMatch, Dialled, IdentitySource, LookupError, Name,
    NumberRules, Presentation, QueueId, TrunkId, Wall, number,
};
use gudok_numbering::{Numbering, Subject, region_called};
use toml::de::{DeTable, DeValue};

use super::accepted::accepted;
use super::{ENDS, Expect, Given, Happens, QueueGiven, Said, Trial, directory};
use crate::plan::Plan;
use crate::read::{by_name, choose, each, levels, syntax, text};
use crate::reader::{Item, Table, milliseconds};
use crate::shape::plan::LEVEL;
use crate::shape::steps::PRIORITY;
use crate::shape::trial as shape;
use crate::shape::words;
use crate::text::{Problems, Spot, Texts, Word, error};
use crate::typed::Typed;

const CLASSES: [(&str, ClientClass); 5] = [
    ("regular", ClientClass::Regular),
    ("vip", ClientClass::Vip),
    ("lead", ClientClass::Lead),
    ("engineer", ClientClass::Engineer),
    ("blocked", ClientClass::Blocked),
];

const HAPPENS: [(&str, Happens); 9] = [
    ("answered", Happens::Answered),
    ("timed_out", Happens::TimedOut),
    ("no_operators", Happens::NoOperators),
    ("full", Happens::Full),
    ("failed", Happens::Failed),
    ("removed", Happens::Removed),
    ("closed", Happens::Closed),
    ("not_answered", Happens::NotAnswered),
    ("silent", Happens::Silent),
];

/// The words of a client's class.
pub(crate) const CLASS_WORDS: [&str; 5] = words(&CLASSES);

/// The words of [`Happens`] that stand alone.
pub(crate) const HAPPEN_WORDS: [&str; 9] = words(&HAPPENS);

/// What a lookup may bring besides a client.
pub(crate) const LOOKUPS: [&str; 4] = ["none", "error", "many", "pending"];

/// Every test of these files that can be understood, with the place of its name.
pub(super) fn trials(
    plan: &Plan,
    files: &[usize],
    texts: &Texts,
    problems: &mut Problems<'_>,
) -> Vec<(Trial, Spot)> {
    let mut trials = Vec::new();
    for &file in files {
        let text = texts.text(file);
        let (document, errors) = DeTable::parse_recoverable(text);
        for broken in &errors {
            syntax(file, text, broken, problems);
        }
        if !errors.is_empty() {
            continue;
        }
        let table = Table::new(document.get_ref(), Spot { file, span: 0..0 }, &shape::FILE);
        let items = each(table.get("test"), problems);
        trials.extend(
            items
                .into_iter()
                .filter_map(|item| trial(item, plan, problems)),
        );
        table.finish("в файле тестов", problems);
    }
    trials
}

fn trial(item: Item<'_>, plan: &Plan, problems: &mut Problems<'_>) -> Option<(Trial, Spot)> {
    let table = item.shaped(&shape::TEST, problems)?;
    let name = table.need("name", problems);
    let at = name.map_or_else(|| table.at().clone(), |name| name.at());
    let name = name.and_then(|name| text(name, problems));
    let given = table
        .need("given", problems)
        .and_then(|item| given(item, plan, problems));
    let happens = table.get("happens").map(Item::one_or_more);
    let happens = happens.unwrap_or_default().into_iter();
    let happens = happens
        .filter_map(|item| happening(item, problems))
        .collect();
    let expect = table
        .need("expect", problems)
        .and_then(|item| expect(item, plan, problems));
    table.finish("в [[test]]", problems);
    let trial = Trial {
        name: name?,
        given: given?,
        happens,
        expect: expect?,
    };
    Some((trial, at))
}

fn given(item: Item<'_>, plan: &Plan, problems: &mut Problems<'_>) -> Option<Given> {
    let table = item.shaped(&shape::GIVEN, problems)?;
    let from = table
        .need("from", problems)
        .and_then(|item| item.word(problems));
    let to = table
        .need("to", problems)
        .and_then(|item| item.word(problems));
    let at = table
        .need("at", problems)
        .and_then(|item| moment_word(item, problems));
    let region = table
        .get("region")
        .and_then(|item| item.word(problems))
        .inspect(|word| is_known(word, "такого региона", "region", &Subject::WORDS, problems));
    let trunk = table.get("trunk").and_then(|item| text(item, problems));
    let client = table.get("client").map(|item| client(item, problems));
    let searched = table.get("directory");
    let searched = searched.map(|item| directory(item, problems));
    let queues = table.get("queues").and_then(|item| item.table(problems));
    let queues = queues.map(|table| queues_given(&table, plan, problems));
    let told = table.get("accepted");
    table.finish("в given", problems);
    let caller = from.and_then(|word| caller(&word, region.as_ref(), problems));
    let dialled = to.and_then(|word| dialled(&word, plan, problems));
    let (dialled, zone) = dialled?;
    let at = at.and_then(|word| moment(&word, &zone, problems))?;
    let accepted = told.map(|item| accepted(plan, at, item, problems));
    let caller = caller?;
    let unknown = match caller.e164() {
        Some(_) => ClientMatch::None { took_ms: 0 },
        None => ClientMatch::NoNumber,
    };
    Some(Given {
        caller,
        dialled,
        trunk: trunk.map(TrunkId::new),
        at,
        client: client.unwrap_or(Some(unknown))?,
        directory: searched.unwrap_or_default(),
        queues: queues.unwrap_or_default(),
        accepted: accepted.unwrap_or_default(),
    })
}

/// Who calls, from the region that is told, else from the one of a geographic code.
fn caller(word: &Word, region: Option<&Word>, problems: &mut Problems<'_>) -> Option<Caller> {
    if word.text == "anonymous" {
        return Some(Caller::anonymous());
    }
    let number = number::parse(&word.text, &NumberRules::default());
    let Some(e164) = &number.e164 else {
        let ru = format!("это не номер телефона: «{}»", word.text);
        let said = error("bad_number", ru, format!("not a number: {:?}", word.text));
        problems.say(
            &word.at,
            said.remedy((
                "пишите \"+79990000042\" или \"anonymous\"",
                "write \"+79990000042\" or \"anonymous\"",
            )),
        );
        return None;
    };
    let region = match region {
        Some(told) => region_called(&told.text, e164),
        None => Numbering::built_in().region_of(e164),
    };
    Some(Caller {
        number,
        display: None,
        presentation: Presentation::Allowed,
        asserted_by: IdentitySource::From,
        region,
    })
}

/// A number of the plan, and its zone.
fn dialled(word: &Word, plan: &Plan, problems: &mut Problems<'_>) -> Option<(Dialled, Zone)> {
    let parsed = number::parse(&word.text, &NumberRules::default());
    let known = parsed.e164.as_ref().and_then(|did| plan.number(did));
    let Some(known) = known else {
        let ru = format!("номера «{}» нет в плане", word.text);
        let said = error(
            "unknown_number",
            ru,
            format!("{:?} is not in the plan", word.text),
        );
        let dids = plan.numbers().iter().flat_map(|number| &number.dids);
        let dids: Vec<&str> = dids.map(|did| did.as_str()).collect();
        problems.say(&word.at, said.one_of(&word.text, &dids));
        return None;
    };
    let dialled = Dialled {
        number: parsed,
        found_in: IdentitySource::RequestUri,
    };
    Some((dialled, known.zone.clone()))
}

/// A moment in quotes, or a date and time as TOML has them.
fn moment_word(item: Item<'_>, problems: &mut Problems<'_>) -> Option<Word> {
    match item.value {
        DeValue::Datetime(at) => Some(Word {
            text: at.to_string(),
            at: item.at(),
        }),
        _ => item.word(problems),
    }
}

fn moment(word: &Word, zone: &Zone, problems: &mut Problems<'_>) -> Option<Wall> {
    let at = parse_moment(&word.text, zone);
    if at.is_none() {
        let ru = format!("это не время: «{}»", word.text);
        let said = error("bad_time", ru, format!("not a moment: {:?}", word.text));
        let remedy = (
            "пишите \"2026-12-30T12:30\" (по часам номера) или \"2026-12-30T12:30+08:00\"",
            "write \"2026-12-30T12:30\" (by the clock of the number) or \"2026-12-30T12:30+08:00\"",
        );
        problems.say(&word.at, said.remedy(remedy));
    }
    at
}

/// What the lookup brings: a table with the class and fields of a client, or one of [`LOOKUPS`].
pub(crate) fn client(item: Item<'_>, problems: &mut Problems<'_>) -> Option<ClientMatch> {
    if let DeValue::String(_) = item.value {
        let word = item.word(problems)?;
        return match word.text.as_str() {
            "none" => Some(ClientMatch::None { took_ms: 0 }),
            "pending" => Some(ClientMatch::Pending),
            "error" => Some(ClientMatch::Error {
                error: LookupError::Timeout,
            }),
            "many" => Some(ClientMatch::Many {
                candidates: Vec::new(),
                took_ms: 0,
            }),
            _ => {
                let ru = format!("нет такого ответа справочника: «{}»", word.text);
                let said = error(
                    "unknown_word",
                    ru,
                    format!("unknown lookup {:?}", word.text),
                );
                problems.say(&word.at, said.one_of(&word.text, &LOOKUPS));
                None
            }
        };
    }
    let table = item.shaped(&shape::CLIENT, problems)?;
    let class = choose(
        table.get("class"),
        ("нет такого класса:", "unknown class"),
        &CLASSES,
        problems,
    );
    let fields = table
        .entries()
        .into_iter()
        .filter(|(key, _)| key.text != "class");
    let fields: BTreeMap<String, String> = fields
        .filter_map(|(key, item)| Some((key.text, item.word(problems)?.text)))
        .collect();
    let one = |key: &str, usual: &str| fields.get(key).map_or(usual, String::as_str).to_owned();
    let client = Client {
        id: one("id", "test"),
        name: one("name", "Клиент"),
        class: class.unwrap_or_default(),
        source: "test".into(),
        fields,
    };
    Some(ClientMatch::One { client, took_ms: 0 })
}

fn queues_given(
    table: &Table<'_>,
    plan: &Plan,
    problems: &mut Problems<'_>,
) -> BTreeMap<QueueId, QueueGiven> {
    let mut queues = BTreeMap::new();
    for (word, item) in table.entries() {
        let known: Vec<&str> = plan.queues().iter().map(|q| q.id.as_str()).collect();
        is_known(&word, "такой очереди", "queue", &known, problems);
        let Some(table) = item.shaped(&shape::QUEUE, problems) else {
            continue;
        };
        let mut count = |key| {
            table
                .get(key)
                .and_then(|item| item.number(problems, shape::COUNT))
        };
        let given = QueueGiven {
            waiting: count("waiting"),
            ready: count("ready"),
            logged_in: count("logged_in"),
            longest_wait: count("longest_wait"),
        };
        table.finish("у очереди", problems);
        queues.insert(QueueId::new(word.text.as_str()), given);
    }
    queues
}

fn happening(item: Item<'_>, problems: &mut Problems<'_>) -> Option<(Happens, Spot)> {
    let word = item.word(problems)?;
    if let Some(after) = word.text.strip_prefix("answered after ") {
        if let Some(ms) = milliseconds(after) {
            let after = Happens::AnsweredAfter(Duration::from_millis(ms));
            return Some((after, word.at));
        }
    } else if let Some(keys) = word.text.strip_prefix("keys ") {
        if let Some((keys, after)) = keys.split_once(" after ")
            && let (Ok(keys), Some(ms)) = (Typed::try_from(keys.to_owned()), milliseconds(after))
        {
            let after = Duration::from_millis(ms);
            return Some((Happens::PressedAfter(keys, after), word.at));
        }
        if let Ok(keys) = Typed::try_from(keys.to_owned()) {
            return Some((Happens::Pressed(keys), word.at));
        }
    } else if let Some((_, found)) = HAPPENS.iter().find(|(name, _)| *name == word.text) {
        return Some((*found, word.at));
    }
    let ru = format!("так ничего не кончается: «{}»", word.text);
    let said = error("unknown_word", ru, format!("unknown end {:?}", word.text));
    let mut allowed: Vec<&str> = HAPPENS.iter().map(|(name, _)| *name).collect();
    allowed.extend(["answered after 20s", "keys 1", "keys 1 after 40s"]);
    problems.say(&word.at, said.one_of(&word.text, &allowed));
    None
}

fn expect(item: Item<'_>, plan: &Plan, problems: &mut Problems<'_>) -> Option<Expect> {
    let table = item.shaped(&shape::EXPECT, problems)?;
    let flows = plan.flow_index.keys().chain(&plan.subflows);
    let flows: Vec<&str> = flows.map(|name| &**name).collect();
    let queues: Vec<&str> = plan.queues().iter().map(|q| q.id.as_str()).collect();
    // A test names phrases as the plan does; the pack of the number's language is chosen later.
    let bare = |name: &Name| {
        name.rsplit_once('/')
            .map_or(&**name, |(_, bare)| bare)
            .to_owned()
    };
    let prompts: BTreeSet<String> = plan.prompts().keys().map(bare).collect();
    let prompts: Vec<&str> = prompts.iter().map(String::as_str).collect();
    let outside: Vec<&str> = plan.external_numbers().iter().map(|n| n.as_str()).collect();
    let mut names = |key, what: (&str, &str), known: &[&str]| {
        let item = table.get(key)?;
        Some(known_names(item, what, known, problems))
    };
    let flow = names("flow", ("такой ветки", "flow"), &flows);
    let queue = names("queue", ("такой очереди", "queue"), &queues);
    let external = names("external", ("в плане такого номера", "number"), &outside);
    let says = names("says", ("в плане такой фразы", "prompt"), &prompts);
    let not_says = names("not_says", ("в плане такой фразы", "prompt"), &prompts);
    let hears = table.get("hears").map(|item| Said {
        value: texts(item, problems),
        at: item.at(),
    });
    let priority = table.get("priority").and_then(|item| {
        let value = item.number(problems, PRIORITY)?;
        Some(Said {
            value,
            at: item.at(),
        })
    });
    let needs = table.get("needs").map(|item| Said {
        value: by_name(levels(Some(item), LEVEL, problems)),
        at: item.at(),
    });
    let ends = table.get("ends");
    let ends = ends.and_then(|item| {
        let unknown = ("так вызов не кончается:", "unknown end");
        let value = choose(Some(item), unknown, &ENDS, problems)?;
        Some(Said {
            value,
            at: item.at(),
        })
    });
    let reason = table.get("reason").and_then(|item| item.word(problems));
    let reason = reason.map(|word| Said {
        value: word.text.as_str().into(),
        at: word.at,
    });
    let rating = table.get("rating").and_then(|item| {
        let value = item.number(problems, shape::RATING)?;
        Some(Said {
            value,
            at: item.at(),
        })
    });
    let solved = table.get("solved").and_then(|item| {
        let value = item.flag(problems)?;
        Some(Said {
            value,
            at: item.at(),
        })
    });
    if table.entries().is_empty() {
        let said = error(
            "missing_key",
            "тест ничего не ждёт",
            "the test expects nothing",
        );
        problems.say(
            table.at(),
            said.remedy((
                "назовите хоть что-нибудь: expect = { ends = \"operator\" }",
                "expect something: expect = { ends = \"operator\" }",
            )),
        );
    }
    table.finish("в expect", problems);
    Some(Expect {
        flow,
        queue,
        priority,
        needs,
        external,
        says,
        not_says,
        hears,
        ends,
        reason,
        rating,
        solved,
    })
}

/// One text or a list.
fn texts(item: Item<'_>, problems: &mut Problems<'_>) -> Vec<String> {
    let texts = item.one_or_more().into_iter();
    texts
        .filter_map(|item| Some(item.word(problems)?.text))
        .collect()
}

/// One name or a list, each of them one that the plan has.
fn known_names(
    item: Item<'_>,
    what: (&str, &str),
    known: &[&str],
    problems: &mut Problems<'_>,
) -> Said<Vec<Name>> {
    let mut value = Vec::new();
    for item in item.one_or_more() {
        if let Some(word) = item.word(problems) {
            is_known(&word, what.0, what.1, known, problems);
            value.push(word.text.as_str().into());
        }
    }
    Said {
        value,
        at: item.at(),
    }
}

/// Complains of a word that the plan does not have.
pub(crate) fn is_known(
    word: &Word,
    what_ru: impl Display,
    what_en: &str,
    known: &[&str],
    problems: &mut Problems<'_>,
) {
    if !known.contains(&word.text.as_str()) {
        let ru = format!("нет {what_ru}: «{}»", word.text);
        let said = error(
            "unknown_word",
            ru,
            format!("unknown {what_en} {:?}", word.text),
        );
        problems.say(&word.at, said.one_of(&word.text, known));
    }
}
