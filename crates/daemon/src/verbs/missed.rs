//! `gudok missed`: calls that nobody answered and whose numbers nobody has talked with since, by owner.
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use gudok_model::Wall;
use gudok_store::promises::KEPT_WITHIN;
use gudok_store::{AskedFor, MissedCounts, MissedRow};
use gudok_trace::mask::plain;

use super::calls::date_time;
use super::{block_on, open};
use crate::cli::Missed;
use crate::clock::wall;

/// The figures below the list are of so much time.
const LATELY: Duration = Duration::from_secs(24 * 3_600);

pub(crate) fn missed(path: &Path, arguments: &Missed) -> anyhow::Result<ExitCode> {
    block_on(async {
        let (_, store) = open(path).await?;
        let now = wall();
        let rows = store.missed(None, arguments.all).await?;
        if rows.is_empty() && !arguments.json {
            say!("{}", none(arguments.all));
        }
        for row in &rows {
            match arguments.json {
                true => say!("{}", serde_json::to_string(row)?),
                false => say!("{}", line(row, now)),
            }
        }
        if !arguments.json {
            let lately = i64::try_from(LATELY.as_micros()).unwrap_or(i64::MAX);
            let asked = AskedFor {
                from: Wall(now.0.saturating_sub(lately)),
                to: now,
                project: None,
                within: KEPT_WITHIN,
                now,
            };
            say!("{}", summary(&store.promises(&asked).await?.register));
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn none(all: bool) -> &'static str {
    match all {
        true => "пропущенных нет",
        false => "пропущенных, которым никто не перезвонил, нет",
    }
}

/// Numbers and names come from the network and from a CRM.
fn line(row: &MissedRow, now: Wall) -> String {
    let waited = row
        .waited_ms
        .map_or_else(String::new, |ms| format!(", прождал {} с", ms / 1_000));
    let request = row
        .request_id
        .map_or_else(String::new, |request| format!("  заявка № {request}"));
    let client = row
        .client_name
        .as_ref()
        .map_or_else(String::new, |name| format!("  {name}"));
    plain(&format!(
        "{:<12} {:<14} {}{waited}  {}{request}  вызов {}{client}",
        row.owner.as_deref().unwrap_or("для всех"),
        row.number.as_deref().unwrap_or("номер скрыт"),
        date_time(row.missed_at),
        standing(row, now),
        row.call_id,
    ))
}

fn standing(row: &MissedRow, now: Wall) -> String {
    let by = row.closed_by.as_deref().unwrap_or("?");
    match row.contact_way.as_deref() {
        Some("out") => return format!("перезвонили ({by})"),
        Some(_) => return "позвонил сам, ответили".to_owned(),
        None => {}
    }
    match (&row.closed_note, row.closed_at) {
        (Some(note), Some(_)) => format!("закрыт без разговора ({by}): {note}"),
        (None, Some(_)) => format!("закрыт без разговора ({by})"),
        (_, None) if row.short => "короткий: ушёл сразу".to_owned(),
        (_, None) if row.number.is_none() => "перезвонить некуда".to_owned(),
        (_, None) => {
            let waits = now.since(Wall(row.missed_at)).as_secs();
            format!("ждёт {} ч {} мин", waits / 3_600, waits / 60 % 60)
        }
    }
}

fn summary(counts: &MissedCounts) -> String {
    let (back, reached) = (counts.back(), counts.contacted());
    let percent = reached
        .ratio()
        .map_or_else(String::new, |ratio| format!(" ({:.0}%)", ratio * 100.0));
    format!(
        "за сутки: пропущено {}, из них перезвонить было кому {}: разговор состоялся с {}{percent}, перезвонили сами {}, позвонили снова {}; ждут {}; закрыто без разговора {}; коротких {}, со скрытым номером {}",
        counts.calls,
        back.of,
        reached.part,
        counts.called_back,
        counts.called_again,
        counts.open,
        counts.by_hand,
        counts.short,
        counts.hidden,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_missed_call_says_whose_it_is_and_how_it_stands() {
        let minute = 60_000_000;
        let row = MissedRow {
            call_id: "018f".to_owned(),
            number: Some("+79990000001".to_owned()),
            owner: Some("tech".to_owned()),
            waited_ms: Some(35_400),
            request_id: Some(14),
            ..MissedRow::default()
        };
        let told = line(&row, Wall(135 * minute));
        assert!(told.starts_with("tech         +79990000001   "), "{told}");
        assert!(
            told.ends_with(", прождал 35 с  ждёт 2 ч 15 мин  заявка № 14  вызов 018f"),
            "{told}"
        );
        let back = MissedRow {
            contact_way: Some("out".to_owned()),
            closed_by: Some("101".to_owned()),
            closed_at: Some(minute),
            ..row.clone()
        };
        assert_eq!(standing(&back, Wall(0)), "перезвонили (101)");
        let by_hand = MissedRow {
            closed_by: Some("ivanov".to_owned()),
            closed_at: Some(minute),
            closed_note: Some("робот".to_owned()),
            ..row.clone()
        };
        let said = "закрыт без разговора (ivanov): робот";
        assert_eq!(standing(&by_hand, Wall(0)), said);
        let hidden = MissedRow {
            number: None,
            ..row
        };
        assert_eq!(standing(&hidden, Wall(0)), "перезвонить некуда");
    }

    #[test]
    fn the_sum_below_says_how_many_were_called_back() {
        let counts = MissedCounts {
            calls: 12,
            short: 1,
            hidden: 1,
            called_back: 4,
            called_again: 3,
            by_hand: 1,
            open: 2,
            told: 12,
        };
        assert_eq!(
            summary(&counts),
            "за сутки: пропущено 12, из них перезвонить было кому 10: разговор состоялся с 7 (70%), перезвонили сами 4, позвонили снова 3; ждут 2; закрыто без разговора 1; коротких 1, со скрытым номером 1"
        );
        assert!(summary(&MissedCounts::default()).contains("разговор состоялся с 0, "));
    }
}
