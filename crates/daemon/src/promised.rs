//! A report of promises: how soon those were called who were promised a call, and what became of who was not answered. Each figure
//! is named with its formula, and whether they agree with the journal is told with them.
use std::time::Duration;

use gudok_model::Wall;
use gudok_store::levels::Share;
use gudok_store::report::Asked;
use gudok_store::{AskedFor, Kept, Promises, QueryError, Store};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::clock::wall;
use crate::report::{csv_line, csv_number, in_zone, marked};

const KEPT: &str = "contact≤T / (requests − open<T − given_up<T)";
const WAIT: &str = "nearest rank of contact_at − max(created_at, not_before)";
const ATTEMPTS: &str = "dialled / contacted";
const BACK: &str = "called_back / (missed − short − hidden)";
const REACHED: &str = "(called_back + called_again) / (missed − short − hidden)";

/// The figures and what was asked.
pub(crate) struct Promised {
    pub from: Wall,
    pub to: Wall,
    pub within: Duration,
    pub report: Promises,
}

impl Promised {
    /// Counts.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn of(
        store: &Store,
        asked: &Asked<'_>,
        within: Duration,
    ) -> Result<Self, QueryError> {
        let asked = AskedFor {
            from: asked.from,
            to: asked.to,
            project: asked.project,
            within,
            now: wall(),
        };
        Ok(Self {
            from: asked.from,
            to: asked.to,
            within,
            report: store.promises(&asked).await?,
        })
    }

    fn rows(&self) -> [(&'static str, &Kept); 2] {
        [
            ("callback", &self.report.callback),
            ("missed", &self.report.missed),
        ]
    }

    /// For a program: nothing is rounded, each figure with what it was counted of.
    pub(crate) fn json(&self) -> Value {
        let rows = self.rows().map(|(kind, kept)| {
            json!({
                "key": kind,
                "counts": kept,
                "kept": share("kept", KEPT, kept.kept()),
                "wait_p50_us": micros(kept.wait(50)),
                "wait_p95_us": micros(kept.wait(95)),
                "wait": WAIT,
                "attempts_per_contact": { "formula": ATTEMPTS, "value": kept.attempts_per_contact() },
            })
        });
        let register = &self.report.register;
        json!({
            "by": "callbacks",
            "from": self.from,
            "to": self.to,
            "t_ms": u64::try_from(self.within.as_millis()).unwrap_or(u64::MAX),
            "rows": rows,
            "register": {
                "counts": register,
                "called_back": share("called_back", BACK, register.back()),
                "contacted": share("contacted", REACHED, register.contacted()),
            },
            "adds_up": {
                "holds": self.report.adds_up(),
                "journal": self.report.journal,
                "talks_lost": self.report.talks_lost,
                "cut": self.report.is_cut,
            },
        })
    }

    /// A header and a line of each kind, by semicolons; the formula stands in the name of its column.
    pub(crate) fn csv(&self) -> String {
        let t = self.within.as_millis();
        let head = [
            "kind".to_owned(),
            "requests".to_owned(),
            "contacted".to_owned(),
            "in_t".to_owned(),
            "said_done".to_owned(),
            "given_up".to_owned(),
            "open".to_owned(),
            format!("kept: {KEPT} (T={t} ms)"),
            "wait_p50_s".to_owned(),
            "wait_p95_s".to_owned(),
            "oldest_open_s".to_owned(),
            format!("attempts per contact: {ATTEMPTS}"),
        ];
        let rows = self.rows().map(|(kind, kept)| {
            let counts = [
                kept.requests,
                kept.contacted,
                kept.in_t,
                kept.said_done,
                kept.given_up,
                kept.open,
            ];
            let counts = counts.map(|count| count.to_string());
            let secs =
                |it: Option<Duration>| it.map_or_else(String::new, |it| it.as_secs().to_string());
            let rest = [
                csv_number(kept.kept().ratio()),
                secs(kept.wait(50)),
                secs(kept.wait(95)),
                secs(kept.oldest_us.map(Duration::from_micros)),
                csv_number(kept.attempts_per_contact()),
            ];
            csv_line([kind.to_owned()].into_iter().chain(counts).chain(rest))
        });
        let lines: Vec<_> = [csv_line(head.into_iter())]
            .into_iter()
            .chain(rows)
            .collect();
        marked(&lines)
    }

    /// For people.
    pub(crate) fn text(&self, zone: &TimeZone) -> String {
        let moment = |at| in_zone(at, zone, "%Y-%m-%d %H:%M");
        let t = clock(self.within);
        let mut lines = vec![
            format!("с {} до {}", moment(self.from), moment(self.to)),
            format!("в срок = разговор за {t} / (обещано − ещё не опоздали − отменены раньше {t})"),
            "ожидание: от просьбы (или часа, раньше которого не звонить) до разговора".to_owned(),
            String::new(),
            HEAD.to_owned(),
        ];
        lines.extend(self.rows().map(|(kind, kept)| line(kind, kept)));
        lines.push(String::new());
        lines.push(self.register());
        lines.push(self.whether_it_adds_up());
        lines.join("\n")
    }

    fn register(&self) -> String {
        let it = &self.report.register;
        format!(
            "пропущено {}: коротких {}, со скрытым номером {}; из остальных перезвонили сами {}, поговорили {} (в том числе позвонили снова {}), закрыто без разговора {}, ждут {}",
            it.calls,
            it.short,
            it.hidden,
            percent(it.back()),
            percent(it.contacted()),
            it.called_again,
            it.by_hand,
            it.open,
        )
    }

    fn whether_it_adds_up(&self) -> String {
        let Promises {
            journal,
            register,
            talks_lost,
            ..
        } = &self.report;
        let told = format!(
            "обещаний в журнале {}, из них новых {} и повторных {}; пропущенных в журнале {}, в реестре {}",
            journal.promised, journal.opened, journal.joined, register.told, register.calls
        );
        match self.report.adds_up() {
            true => format!("сходится: {told}"),
            false => format!(
                "НЕ СХОДИТСЯ: {told}; разговоров без записи {talks_lost}. Журнал или база неполны, или промежуток велик: цифрам выше верить нельзя"
            ),
        }
    }
}

const HEAD: &str = "заявки        обещано поговорили сказано отменено  ждут  в срок          p50      p95   старшая попыток";

fn line(kind: &str, kept: &Kept) -> String {
    let name = match kind {
        "missed" => "пропущенные",
        _ => "перезвонить",
    };
    let time = |it: Option<Duration>| it.map_or_else(|| "—".to_owned(), clock);
    let attempts = kept.attempts_per_contact();
    let attempts = attempts.map_or_else(|| "—".to_owned(), |it| format!("{it:.2}"));
    format!(
        "{name:<13}{:>8}{:>11}{:>8}{:>9}{:>6}  {:<13}{:>8} {:>8}{:>10}{attempts:>8}",
        kept.requests,
        kept.contacted,
        kept.said_done,
        kept.given_up,
        kept.open,
        percent(kept.kept()),
        time(kept.wait(50)),
        time(kept.wait(95)),
        time(kept.oldest_us.map(Duration::from_micros)),
    )
}

fn share(name: &str, formula: &str, share: Share) -> Value {
    json!({
        "name": name,
        "formula": formula,
        "value": share.ratio(),
        "part": share.part,
        "of": share.of,
    })
}

/// With what it is of: 100 % of one call is not 100 % of a thousand.
fn percent(share: Share) -> String {
    let Share { part, of } = share;
    match share.ratio() {
        Some(ratio) => format!("{:.1}% {part}/{of}", ratio * 100.0),
        None => "—".to_owned(),
    }
}

fn micros(span: Option<Duration>) -> Option<u64> {
    span.map(|span| span.as_micros().try_into().unwrap_or(u64::MAX))
}

/// `1:02:03`.
fn clock(span: Duration) -> String {
    let secs = span.as_secs();
    format!("{}:{:02}:{:02}", secs / 3_600, secs / 60 % 60, secs % 60)
}

#[cfg(test)]
mod tests {
    use gudok_store::MissedCounts;

    use super::*;

    fn promised() -> Promised {
        let minutes = |minutes: u64| minutes * 60_000_000;
        let callback = Kept {
            requests: 8,
            contacted: 4,
            in_t: 3,
            said_done: 1,
            given_up: 1,
            given_up_in_t: 1,
            open: 2,
            young: 1,
            attempts: 6,
            oldest_us: Some(minutes(50)),
            waits_us: [5, 10, 20, 40].map(minutes).to_vec(),
        };
        let register = MissedCounts {
            calls: 12,
            short: 1,
            hidden: 1,
            called_back: 4,
            called_again: 3,
            by_hand: 1,
            open: 2,
            told: 12,
        };
        let journal = gudok_store::Promised {
            promised: 9,
            opened: 8,
            joined: 1,
        };
        Promised {
            from: Wall(0),
            to: Wall(3_600_000_000),
            within: Duration::from_secs(1_200),
            report: Promises {
                callback,
                register,
                journal,
                ..Promises::default()
            },
        }
    }

    #[test]
    fn people_read_how_promises_were_kept_and_whether_it_adds_up() {
        insta::assert_snapshot!(promised().text(&TimeZone::UTC), @r#"
        с 1970-01-01 00:00 до 1970-01-01 01:00
        в срок = разговор за 0:20:00 / (обещано − ещё не опоздали − отменены раньше 0:20:00)
        ожидание: от просьбы (или часа, раньше которого не звонить) до разговора

        заявки        обещано поговорили сказано отменено  ждут  в срок          p50      p95   старшая попыток
        перезвонить         8          4       1        1     2  50.0% 3/6     0:10:00  0:40:00   0:50:00    1.50
        пропущенные         0          0       0        0     0  —                   —        —         —       —

        пропущено 12: коротких 1, со скрытым номером 1; из остальных перезвонили сами 40.0% 4/10, поговорили 70.0% 7/10 (в том числе позвонили снова 3), закрыто без разговора 1, ждут 2
        сходится: обещаний в журнале 9, из них новых 8 и повторных 1; пропущенных в журнале 12, в реестре 12
        "#);
        let mut wrong = promised();
        wrong.report.register.told = 13;
        let said = wrong.text(&TimeZone::UTC);
        assert!(said.contains("НЕ СХОДИТСЯ: обещаний в журнале 9"), "{said}");
    }

    #[test]
    fn a_table_and_a_program_have_the_formulas() {
        insta::assert_snapshot!(promised().csv().replace(['\r', '\u{feff}'], ""), @r#"
        kind;requests;contacted;in_t;said_done;given_up;open;kept: contact≤T / (requests − open<T − given_up<T) (T=1200000 ms);wait_p50_s;wait_p95_s;oldest_open_s;attempts per contact: dialled / contacted
        callback;8;4;3;1;1;2;0,5000;600;2400;3000;1,5000
        missed;0;0;0;0;0;0;;;;;
        "#);
        let told = promised().json();
        let back = &told["register"]["called_back"];
        assert_eq!((&back["part"], &back["of"]), (&json!(4), &json!(10)));
        assert_eq!(back["formula"], json!(BACK));
        assert_eq!(told["rows"][0]["wait_p95_us"], json!(2_400_000_000_u64));
        assert_eq!(told["adds_up"]["holds"], json!(true));
    }
}
