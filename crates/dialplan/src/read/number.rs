//! `[[number]]`: what is dialled, and how it begins.
use gudok_model::{PhoneNumber, ProjectId, TrunkId};
use gudok_speech::Locale;

use super::{choose, schedule, text};
use crate::decision::{AnswerFirst, RecordConsultations, RecordPolicy};
use crate::draft::{Draft, DraftNumber};
use crate::plan::LOOKUP_DEADLINE;
use crate::reader::Item;
use crate::shape::plan as shape;
use crate::text::{Place, Problems, Said, Word, error};

pub(crate) const ANSWERS: [(&str, AnswerFirst); 3] = [
    ("answer", AnswerFirst::Answer),
    ("ring", AnswerFirst::Ring),
    ("early_media", AnswerFirst::EarlyMedia),
];

pub(crate) const RECORDS: [(&str, RecordPolicy); 3] = [
    ("after_notice", RecordPolicy::AfterNotice),
    ("from_answer", RecordPolicy::FromAnswer),
    ("off", RecordPolicy::Off),
];

pub(crate) const CONSULTATIONS: [(&str, RecordConsultations); 3] = [
    ("off", RecordConsultations::Off),
    ("colleagues", RecordConsultations::Colleagues),
    ("all", RecordConsultations::All),
];

pub(crate) const LOCALES: [(&str, Locale); 2] = [("ru", Locale::Ru), ("en", Locale::En)];

/// Reads one `[[number]]`.
pub(super) fn read(item: Item<'_>, draft: &mut Draft, problems: &mut Problems<'_>) {
    let Some(table) = item.shaped(&shape::NUMBER, problems) else {
        return;
    };
    let dids = table
        .need("did", problems)
        .map(|item| dids(item, problems))
        .unwrap_or_default();
    let label = table.get("label").and_then(|item| text(item, problems));
    let project = table.get("project").and_then(|item| text(item, problems));
    let trunk = table.get("trunk").and_then(|item| text(item, problems));
    let answer = choose(
        table.get("answer"),
        ("нет такого ответа:", "unknown answer"),
        &ANSWERS,
        problems,
    );
    let record = table.get("record");
    let record = choose(
        record,
        ("нет такого правила записи:", "unknown record rule"),
        &RECORDS,
        problems,
    );
    let aside = table.get("record_consultations");
    let aside_at = aside.as_ref().map(Item::at);
    let record_consultations = choose(
        aside,
        (
            "нет такого правила записи консультаций:",
            "unknown rule of recorded consultations",
        ),
        &CONSULTATIONS,
        problems,
    )
    .unwrap_or_default();
    let wanted = record_consultations != RecordConsultations::Off;
    if let Some(at) = aside_at.filter(|_| wanted && record == Some(RecordPolicy::Off)) {
        problems.say(&at, nothing_recorded());
    }
    let locale = choose(
        table.get("locale"),
        ("нет фраз на таком языке:", "no prompts in this language"),
        &LOCALES,
        problems,
    );
    let deadline = table
        .get("lookup_deadline")
        .and_then(|item| item.duration(problems, shape::LOOKUP));
    let zone = table
        .get("zone")
        .and_then(|item| schedule::zone(item, problems));
    let mut word = |key| table.get(key).and_then(|item| item.word(problems));
    let (schedule, after_hours) = (word("schedule"), word("after_hours"));
    let busy = word("busy");
    let allow_closed = table
        .get("allow_closed")
        .and_then(|item| reasons(item, problems));
    let flow = table
        .need("flow", problems)
        .and_then(|item| item.word(problems));
    let at = table.at().clone().into();
    table.finish("в [[number]]", problems);
    draft.numbers.push(DraftNumber {
        dids,
        label,
        project: ProjectId::new(project.unwrap_or_else(|| "main".into())),
        trunk: trunk.map(TrunkId::new),
        answer: answer.unwrap_or_default(),
        record: record.unwrap_or_default(),
        record_consultations,
        locale: locale.unwrap_or_default(),
        lookup_deadline: deadline.unwrap_or(LOOKUP_DEADLINE),
        zone,
        flow,
        schedule,
        after_hours,
        busy,
        allow_closed,
        at,
    });
}

/// A word aside is recorded while its call is, and no longer.
fn nothing_recorded() -> Said {
    let (ru, en) = (
        "record = \"off\": при незаписанном звонке консультации не записываются",
        "record = \"off\": of a call that is not recorded no consultation is",
    );
    error("useless_key", ru, en).remedy((
        "уберите record_consultations или разрешите запись звонка",
        "leave record_consultations out, or let the call be recorded",
    ))
}

/// `["night", "holiday"]`; an empty list allows none.
fn reasons(item: Item<'_>, problems: &mut Problems<'_>) -> Option<Vec<Word>> {
    let items = item.list(problems)?;
    let read = |item: Item<'_>| item.word(problems);
    Some(items.into_iter().filter_map(read).collect())
}

fn dids(item: Item<'_>, problems: &mut Problems<'_>) -> Vec<(PhoneNumber, Place)> {
    let mut dids = Vec::new();
    for item in item.one_or_more() {
        let number = item
            .word(problems)
            .and_then(|word| phone(&word, problems).zip(Some(word.at.into())));
        dids.extend(number);
    }
    dids
}

/// A number in E.164, as it is compared with the normalised one of a call.
pub(super) fn phone(word: &Word, problems: &mut Problems<'_>) -> Option<PhoneNumber> {
    if let Ok(number) = PhoneNumber::try_from(word.text.clone()) {
        return Some(number);
    }
    let ru = format!("это не номер в формате E.164: «{}»", word.text);
    let said = error(
        "bad_number",
        ru,
        format!("not an E.164 number: {:?}", word.text),
    );
    let said = match e164_of(&word.text) {
        Some(meant) => said.remedy((
            format!("напишите \"{meant}\""),
            format!("write \"{meant}\""),
        )),
        None => said.remedy((
            "напишите «+», код страны и номер без пробелов: \"+78001234567\"",
            "write `+`, the country code and the number without spaces: \"+78001234567\"",
        )),
    };
    problems.say(&word.at, said);
    None
}

/// The number a Russian admin most likely means.
pub(crate) fn e164_of(text: &str) -> Option<PhoneNumber> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let national = match digits.len() {
        10 => digits.as_str(),
        11 if digits.starts_with(['7', '8']) => &digits[1..],
        _ => return None,
    };
    PhoneNumber::try_from(format!("+7{national}")).ok()
}
