//! A report by operator: who talked how often and how long, and how many of those talks they dialled. Made of talks, not of calls: who passes a caller on has their own
//! part of the call and no more.
use gudok_model::Wall;
use gudok_store::report::Asked;
use gudok_store::{OperatorLine, OperatorReport, QueryError, Store};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::report::{csv_line, in_zone, marked};

/// The talks and what was asked.
pub(crate) struct Talks {
    pub from: Wall,
    pub to: Wall,
    pub report: OperatorReport,
}

impl Talks {
    /// Counts.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn of(store: &Store, asked: &Asked<'_>) -> Result<Self, QueryError> {
        Ok(Self {
            from: asked.from,
            to: asked.to,
            report: store.report_by_operator(asked).await?,
        })
    }

    /// For a program.
    pub(crate) fn json(&self) -> Value {
        let OperatorReport {
            rows,
            answered,
            talked,
        } = &self.report;
        json!({
            "by": "operator",
            "from": self.from,
            "to": self.to,
            "rows": rows,
            "total": total(rows),
            "adds_up": {
                "holds": self.report.adds_up(),
                "answered": answered,
                "talked": talked,
            },
        })
    }

    /// A header and a line of each operator, by semicolons.
    pub(crate) fn csv(&self) -> String {
        let names = [
            "operator",
            "talks",
            "dialled",
            "calls",
            "open",
            "passed_on",
            "talk_ms",
            "held_ms",
            "wrap_up_ms",
            "rejected",
            "missed",
        ];
        let rows = self.report.rows.iter().map(|row| {
            let figures = [
                row.talks,
                row.dialled,
                row.calls,
                row.open,
                row.passed_on,
                row.talk_ms,
                row.held_ms,
                row.wrap_up_ms,
                row.rejected,
                row.missed,
            ];
            let figures = figures.into_iter().map(|it| it.to_string());
            csv_line([row.operator.clone()].into_iter().chain(figures))
        });
        let head = csv_line(names.into_iter().map(str::to_owned));
        marked(&[head].into_iter().chain(rows).collect::<Vec<_>>())
    }

    /// For people.
    pub(crate) fn text(&self, zone: &TimeZone) -> String {
        let moment = |at| in_zone(at, zone, "%Y-%m-%d %H:%M");
        let OperatorReport {
            rows,
            answered,
            talked,
        } = &self.report;
        let mut lines = vec![
            format!("с {} до {}", moment(self.from), moment(self.to)),
            String::new(),
            HEAD.to_owned(),
        ];
        lines.extend(rows.iter().map(line));
        lines.push(line(&total(rows)));
        lines.push(String::new());
        lines.push(match self.report.adds_up() {
            true => format!("сходится: отвечено {answered}, из них с разговором {talked}"),
            false => format!(
                "НЕ СХОДИТСЯ: отвечено {answered}, из них с разговором {talked}; разговоров, записанных до этой версии Гудка, здесь нет"
            ),
        });
        lines.join("\n")
    }
}

const HEAD: &str = "оператор        разговоров исходящих вызовов  идут передано  разговор удержание обработка отказов не взял";

fn line(row: &OperatorLine) -> String {
    let OperatorLine {
        operator,
        talks,
        dialled,
        calls,
        open,
        passed_on,
        talk_ms,
        held_ms,
        wrap_up_ms,
        rejected,
        missed,
    } = row;
    let [talk, held, wrap_up] = [talk_ms, held_ms, wrap_up_ms].map(|ms| clock(*ms));
    format!(
        "{operator:<16}{talks:>10}{dialled:>10}{calls:>8}{open:>6}{passed_on:>9}{talk:>10}{held:>10}{wrap_up:>10}{rejected:>8}{missed:>8}"
    )
}

/// A call of two operators is in the calls of both.
fn total(rows: &[OperatorLine]) -> OperatorLine {
    let mut total = OperatorLine {
        operator: "всего".to_owned(),
        ..OperatorLine::default()
    };
    for row in rows {
        total.talks += row.talks;
        total.dialled += row.dialled;
        total.calls += row.calls;
        total.open += row.open;
        total.passed_on += row.passed_on;
        total.talk_ms += row.talk_ms;
        total.held_ms += row.held_ms;
        total.wrap_up_ms += row.wrap_up_ms;
        total.rejected += row.rejected;
        total.missed += row.missed;
    }
    total
}

/// `1:02:03`.
fn clock(ms: i64) -> String {
    let secs = ms / 1_000;
    format!("{}:{:02}:{:02}", secs / 3_600, secs / 60 % 60, secs % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn talks(talked: i64) -> Talks {
        let row = |operator: &str, talks| OperatorLine {
            operator: operator.to_owned(),
            talks,
            dialled: 1,
            calls: talks,
            open: 0,
            passed_on: 1,
            talk_ms: 3_723_999,
            held_ms: 10_000,
            wrap_up_ms: 61_000,
            rejected: 2,
            missed: 0,
        };
        Talks {
            from: Wall(0),
            to: Wall(3_600_000_000),
            report: OperatorReport {
                rows: vec![row("101", 12), row("102", 3)],
                answered: 15,
                talked,
            },
        }
    }

    #[test]
    fn each_operator_has_a_line_and_what_is_missing_is_said() {
        let text = talks(15).text(&TimeZone::UTC);
        assert_eq!(
            text,
            "с 1970-01-01 00:00 до 1970-01-01 01:00\n\n\
             оператор        разговоров исходящих вызовов  идут передано  разговор удержание обработка отказов не взял\n\
             101                     12         1      12     0        1   1:02:03   0:00:10   0:01:01       2       0\n\
             102                      3         1       3     0        1   1:02:03   0:00:10   0:01:01       2       0\n\
             всего                   15         2      15     0        2   2:04:07   0:00:20   0:02:02       4       0\n\n\
             сходится: отвечено 15, из них с разговором 15"
        );
        let text = talks(14).text(&TimeZone::UTC);
        assert!(text.contains("НЕ СХОДИТСЯ: отвечено 15, из них с разговором 14;"));
        let json = talks(14).json();
        assert_eq!(
            json["adds_up"],
            json!({"holds": false, "answered": 15, "talked": 14})
        );
        let csv = talks(15).csv();
        assert!(
            csv.ends_with("\r\n102;3;1;3;0;1;3723999;10000;61000;2;0"),
            "{csv}"
        );
    }
}
