//! The names that files give to a territory, to subjects.
use super::sheet::Row;
use crate::subject::Subject;

/// What a row says of its territory.
#[derive(Default)]
pub(super) struct Place {
    pub(super) subject: Option<&'static Subject>,
    pub(super) also: Option<&'static Subject>,
    /// What is doubtful about it, and what was done.
    pub(super) doubt: Option<String>,
}

/// By the column «Территория ГАР», which newer files have, else by «Регион».
pub(super) fn place(row: &Row<'_>) -> Place {
    let mut unread = Vec::new();
    for text in [row.territory(), row.region()].into_iter().flatten() {
        if is_country(text) {
            return Place::default();
        }
        let (subjects, unknown) = named(text);
        if !subjects.is_empty() {
            return of(text, &subjects, &unknown);
        }
        unread.extend((text != "-" && !text.is_empty()).then_some(text));
    }
    let said = match unread.first() {
        Some(text) => format!("регион «{text}» неизвестен"),
        None => "регион не указан".to_owned(),
    };
    Place {
        doubt: Some(format!("{said}; номера взяты без региона")),
        ..Place::default()
    }
}

fn of(text: &str, subjects: &[&'static Subject], unknown: &[&str]) -> Place {
    let (subject, also) = in_order(subjects[0], subjects.get(1).copied());
    let doubt = if subjects.len() > 2 {
        Some(format!(
            "«{text}»: больше двух регионов; взяты {}",
            both(subject, also)
        ))
    } else if also.is_some_and(|also| also.zone != subject.zone) {
        Some(format!(
            "«{text}»: у регионов разное время; взято время первого, {}",
            subject.name
        ))
    } else {
        let unknown = unknown.first();
        unknown.map(|unknown| {
            format!(
                "регион «{unknown}» неизвестен; взято {}",
                both(subject, also)
            )
        })
    };
    Place {
        subject: Some(subject),
        also,
        doubt,
    }
}

fn both(subject: &Subject, also: Option<&Subject>) -> String {
    also.map_or(subject.name.to_owned(), |also| {
        format!("{} и {}", subject.name, also.name)
    })
}

/// Files write the two of a pair in either order; conditions want one. Moscow and Saint Petersburg, where more people live,
/// go before their regions; else the order of the codes, which puts the larger one first as well.
fn in_order(
    one: &'static Subject,
    other: Option<&'static Subject>,
) -> (&'static Subject, Option<&'static Subject>) {
    const CITIES: [&str; 2] = ["RU-MOW", "RU-SPE"];
    let Some(other) = other else {
        return (one, None);
    };
    let rank = |it: &Subject| (!CITIES.contains(&it.code), it.code);
    match rank(one) <= rank(other) {
        true => (one, Some(other)),
        false => (other, Some(one)),
    }
}

fn is_country(text: &str) -> bool {
    ["российская федерация", "россия"].contains(&text.to_lowercase().as_str())
}

/// Subjects of a list, each once, and its parts that are none. A part may be a path from the town up to the subject:
/// `г. Псков|г.о. город Псков|Псковская область`, where what is not the subject is no mistake.
fn named(text: &str) -> (Vec<&'static Subject>, Vec<&str>) {
    let (mut subjects, mut unknown): (Vec<&'static Subject>, Vec<&str>) = (Vec::new(), Vec::new());
    let is_path = text.contains('|');
    for part in text.split([',', '*']).flat_map(|part| part.split(" и ")) {
        let subject = part.rsplit('|').find_map(|it| Subject::by_name(it.trim()));
        match subject {
            Some(subject) if subjects.contains(&subject) => {}
            Some(subject) => subjects.push(subject),
            None if is_path => {}
            None => unknown.push(part.trim()),
        }
    }
    (subjects, unknown)
}
