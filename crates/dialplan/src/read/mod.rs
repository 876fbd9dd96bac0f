//! From TOML to a [`Draft`]: one module for each kind of table.
mod alarm;
mod breaks;
mod call;
mod callback;
mod cap;
mod dispositions;
mod edges;
mod find;
mod flow;
mod keys;
mod ladder;
mod law;
mod number;
mod operator;
mod outbound;
mod people;
mod roster;
pub(crate) mod say;
mod schedule;
mod sheet;
mod skills;
mod supervision;
mod survey;
mod waiting;

pub(crate) use call::unknown as unknown_param;
pub(crate) use edges::{ABSENCES, AT_CLOSE};
pub(crate) use number::{ANSWERS, CONSULTATIONS, LOCALES, RECORDS, e164_of};
pub(crate) use people::{STICKIES, STRATEGIES, usual_queue};
pub(crate) use roster::HANDOVER_WORDS;
pub use roster::SHEET_ENDING;
pub(crate) use schedule::KINDS;
pub(crate) use skills::{by_name, levels};

use gudok_model::Name;
use toml::de::{DeTable, Error};

use crate::draft::Draft;
use crate::reader::{Item, Table, slug};
use crate::shape::{TEXT_MAX, plan as shape};
use crate::text::{Problems, Spot, Texts, Word, error};

/// Reads these files into one draft.
pub(crate) fn read(
    files: impl Iterator<Item = usize>,
    texts: &Texts,
    problems: &mut Problems<'_>,
) -> Draft {
    let mut draft = Draft::default();
    for file in files {
        let text = texts.text(file);
        if texts.name(file).ends_with(SHEET_ENDING) {
            continue;
        }
        let (document, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            let at = Spot { file, span: 0..0 };
            let table = Table::new(document.get_ref(), at, &shape::FILE);
            file_table(table, &mut draft, problems);
        }
        for broken in errors {
            syntax(file, text, &broken, problems);
        }
    }
    roster::sheets(&mut draft, texts, problems);
    draft
}

/// Not TOML: the rest of that file is not looked at, since it would be misunderstood.
pub(crate) fn syntax(file: usize, text: &str, broken: &Error, problems: &mut Problems<'_>) {
    let span = broken.span().unwrap_or(0..0);
    // A file that breaks off is shown where it does.
    let last = text
        .trim_end()
        .char_indices()
        .next_back()
        .map_or(0, |(at, _)| at);
    let start = if span.start >= text.len() {
        last
    } else {
        span.start
    };
    let at = Spot {
        file,
        span: start..span.end.clamp(start, text.len()),
    };
    let message = broken.message();
    let said = error(
        "syntax",
        format!("это не TOML: {}", in_russian(message)),
        message,
    );
    problems.say(
        &at,
        said.remedy((
            "проверьте кавычки, скобки и знак «=» в этой строке",
            "check quotes, brackets and `=` of this line",
        )),
    );
}

/// The parser's commonest complaints; others stay as they are.
fn in_russian(message: &str) -> String {
    let known = [
        ("duplicate key", "ключ повторяется"),
        (
            "string values must be quoted",
            "текст должен быть в кавычках",
        ),
        ("invalid basic string", "строка не закрыта кавычкой"),
        ("unclosed", "скобка не закрыта"),
        ("key with no value", "после ключа нет значения"),
        ("missing value", "нет значения"),
    ];
    let found = known.iter().find(|(en, _)| message.contains(en));
    found.map_or_else(|| message.to_owned(), |(_, ru)| (*ru).to_owned())
}

fn file_table(table: Table<'_>, draft: &mut Draft, problems: &mut Problems<'_>) {
    for item in each(table.get("number"), problems) {
        number::read(item, draft, problems);
    }
    for item in each(table.get("holidays"), problems) {
        schedule::read_holidays(item, draft, problems);
    }
    for (name, word, item) in named(table.get("schedule"), problems) {
        schedule::read(name, word, item, draft, problems);
    }
    for (name, word, item) in named(table.get("roster"), problems) {
        roster::read(name, word, item, draft, problems);
    }
    for (name, word, item) in named(table.get("group"), problems) {
        people::read_group(name, word, item, draft, problems);
    }
    for (name, word, item) in named(table.get("skill"), problems) {
        skills::read(name, word, item, draft, problems);
    }
    for (name, word, item) in named(table.get("cap"), problems) {
        cap::read(name, word, item, draft, problems);
    }
    for (name, word, item) in named(table.get("queue"), problems) {
        people::read_queue(name, word, item, draft, problems);
    }
    for (name, word, item) in named(table.get("survey"), problems) {
        survey::read(name, word, item, draft, problems);
    }
    for (name, word, item) in named(table.get("flow"), problems) {
        flow::read(name, word, item, draft, problems);
    }
    if let Some(item) = table.get("outbound") {
        outbound::read(item, &table.key_at("outbound"), draft, problems);
    }
    for (name, word, item) in named(table.get("law"), problems) {
        law::read(name, &word, item, draft, problems);
    }
    for item in each(table.get("alarm"), problems) {
        alarm::read(item, draft, problems);
    }
    for (code, item) in codes(table.get("not_ready_reasons"), problems) {
        if is_new(&code, &draft.not_ready_reasons, |it| &it.code, problems) {
            let reason = breaks::read(item, code.text.as_str().into(), problems);
            draft.not_ready_reasons.extend(reason);
        }
    }
    for (code, item) in codes(table.get("dispositions"), problems) {
        if is_new(&code, &draft.dispositions, |it| &it.code, problems) {
            let choice = dispositions::read(item, code.text.as_str().into(), problems);
            draft.dispositions.extend(choice);
        }
    }
    if let Some(item) = table.get("supervision") {
        supervision::read(item, &table.key_at("supervision"), draft, problems);
    }
    table.finish("на верхнем уровне файла", problems);
}

/// The tables of `[[what]]`.
pub(crate) fn each<'a>(item: Option<Item<'a>>, problems: &mut Problems<'_>) -> Vec<Item<'a>> {
    item.and_then(|item| item.list(problems))
        .unwrap_or_default()
}

/// The tables of `[what.NAME]`.
fn named<'a>(item: Option<Item<'a>>, problems: &mut Problems<'_>) -> Vec<(Name, Word, Item<'a>)> {
    let Some(table) = item.and_then(|item| item.table(problems)) else {
        return Vec::new();
    };
    let entry = |(word, item)| slug(&word, problems).map(|name| (name, word, item));
    table.entries().into_iter().filter_map(entry).collect()
}

/// The entries of a list that operators choose from; what is no code is complained of.
fn codes<'a>(item: Option<Item<'a>>, problems: &mut Problems<'_>) -> Vec<(Word, Item<'a>)> {
    let Some(table) = item.and_then(|item| item.table(problems)) else {
        return Vec::new();
    };
    let upper = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    let mut entries = table.entries();
    entries.retain(|(code, _)| {
        let fits = code.text.bytes().all(upper) && code.text.len() <= crate::reader::SLUG_MAX;
        if !fits {
            let ru = format!("код «{}» не годится", code.text);
            let said = error("bad_name", ru, format!("not a code: {:?}", code.text));
            let remedy = (
                "код — прописные латинские буквы, цифры и «_»",
                "a code is capital Latin letters, digits and `_`",
            );
            problems.say(&code.at, said.remedy(remedy));
        }
        fits
    });
    entries
}

/// Whether a list of several files has this code for the first time; else it is complained of.
fn is_new<T>(
    code: &Word,
    list: &[T],
    code_of: impl Fn(&T) -> &Name,
    problems: &mut Problems<'_>,
) -> bool {
    let is_new = list.iter().all(|known| **code_of(known) != *code.text);
    if !is_new {
        let ru = format!("код «{}» уже есть", code.text);
        let en = format!("{:?} is there already", code.text);
        problems.say(&code.at, error("duplicate", ru, en));
    }
    is_new
}

/// Complains that a name is taken.
fn taken(word: &Word, what_ru: &str, first: &Spot, problems: &mut Problems<'_>) {
    let place = problems.texts().place(first);
    let ru = format!("{what_ru} «{}» уже описана в {place}", word.text);
    let en = format!("{:?} is already defined at {place}", word.text);
    problems.say(&word.at, error("duplicate", ru, en));
}

/// Complains of a word that is not one of those allowed.
fn not_one_of(
    word: &Word,
    what_ru: &str,
    what_en: &str,
    allowed: &[&str],
    problems: &mut Problems<'_>,
) {
    let ru = format!("{what_ru} «{}»", word.text);
    let said = error("unknown_word", ru, format!("{what_en} {:?}", word.text));
    problems.say(&word.at, said.one_of(&word.text, allowed));
}

/// The words of a closed list, by their names in the file.
pub(crate) fn choose<T: Copy>(
    item: Option<Item<'_>>,
    (what_ru, what_en): (&str, &str),
    words: &[(&'static str, T)],
    problems: &mut Problems<'_>,
) -> Option<T> {
    let word = item?.word(problems)?;
    let found = words
        .iter()
        .find(|(name, _)| *name == word.text)
        .map(|(_, value)| *value);
    if found.is_none() {
        let names: Vec<_> = words.iter().map(|(name, _)| *name).collect();
        not_one_of(&word, what_ru, what_en, &names, problems);
    }
    found
}

/// A short text for people: at most 200 characters.
pub(crate) fn text(item: Item<'_>, problems: &mut Problems<'_>) -> Option<String> {
    let word = item.word(problems)?;
    if word.text.chars().count() > TEXT_MAX as usize {
        let said = error(
            "out_of_range",
            "слишком длинный текст",
            "the text is too long",
        );
        problems.say(
            &word.at,
            said.remedy((
                format!("не больше {TEXT_MAX} знаков"),
                format!("{TEXT_MAX} characters at most"),
            )),
        );
        return None;
    }
    Some(word.text)
}
