//! A report of a span: for people, for a table, for a program. Each figure is named with its formula and its terms, and
//! whether the outcomes add up is told with them.
use std::time::Duration;

use gudok_model::Wall;
use gudok_store::levels::{FORMULAS, Formula, Share, Terms};
use gudok_store::report::Asked;
use gudok_store::{QueryError, Report, ReportCall, Store, Tally};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::slugs;

/// By what the calls of a span are told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum By {
    /// The queue a call was in last.
    Queue,
    /// The hour it arrived in, by the clock of the machine.
    Hour,
    /// The number it dialled.
    Number,
}

/// The figures and what was asked.
pub(crate) struct Sheet {
    pub by: By,
    pub from: Wall,
    pub to: Wall,
    pub terms: Terms,
    pub report: Report,
}

impl By {
    /// The row a call belongs to; empty: it came to no queue, or nobody knows what it dialled.
    pub(crate) fn key(self, call: &ReportCall, zone: &TimeZone) -> String {
        match self {
            Self::Queue => call.queue.clone().unwrap_or_default(),
            Self::Number => call.number.clone().unwrap_or_default(),
            Self::Hour => in_zone(Wall(call.arrived_at), zone, "%Y-%m-%dT%H:00%:z"),
        }
    }

    /// As `by=` of the page and `--by` have it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Hour => "hour",
            Self::Number => "number",
        }
    }

    /// As people say it.
    fn name(self) -> &'static str {
        match self {
            Self::Queue => "очередь",
            Self::Hour => "час",
            Self::Number => "номер",
        }
    }
}

pub(crate) fn in_zone(at: Wall, zone: &TimeZone, format: &str) -> String {
    let at = Timestamp::from_microsecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(zone.clone()).strftime(format).to_string()
}

impl Sheet {
    /// Counts. Hours are those of the zone.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn of(
        store: &Store,
        by: By,
        asked: &Asked<'_>,
        zone: &TimeZone,
    ) -> Result<Self, QueryError> {
        let report = store.report(asked, |call| by.key(call, zone)).await?;
        Ok(Self {
            by,
            from: asked.from,
            to: asked.to,
            terms: asked.terms,
            report,
        })
    }

    /// For a program: nothing is rounded, each figure with what it was counted of.
    pub(crate) fn json(&self) -> Value {
        let rows = self.report.rows.iter();
        let rows: Vec<Value> = rows
            .map(|(key, tally)| {
                let mut row = object(tally);
                row.insert("key".to_owned(), json!(key));
                Value::Object(row)
            })
            .collect();
        json!({
            "by": self.by.word(),
            "from": self.from,
            "to": self.to,
            "t_ms": millis(self.terms.t),
            "short_ms": millis(self.terms.short),
            "rows": rows,
            "total": object(&self.report.total),
            "adds_up": {
                "holds": self.report.adds_up(),
                "arrived": self.report.arrivals,
                "ended": self.report.total.ended(),
                "open": self.report.total.open,
            },
        })
    }

    /// A header and a line of each row, by semicolons; the formula stands in the name of its column.
    pub(crate) fn csv(&self) -> String {
        let (t, short) = (millis(self.terms.t), millis(self.terms.short));
        let columns =
            FORMULAS.map(|it| format!("{}: {} (T={t} ms short={short} ms)", it.name, it.written));
        let head = [
            self.by.word(),
            "calls",
            "open",
            "offered",
            "answered",
            "answered_in_t",
        ];
        let more = ["abandoned", "abandoned_in_t", "abandoned_short"];
        let names = head.iter().chain(&more).map(|it| (*it).to_owned());
        let mut lines = vec![csv_line(names.chain(columns))];
        let total = ("total".to_owned(), &self.report.total);
        let rows = self
            .report
            .rows
            .iter()
            .map(|(key, tally)| (key.clone(), tally));
        for (key, tally) in rows.chain([total]) {
            let counts = figures(tally).map(|count| count.to_string());
            let levels = FORMULAS.map(|it| csv_number((it.of)(&tally.counts).ratio()));
            lines.push(csv_line([key].into_iter().chain(counts).chain(levels)));
        }
        marked(&lines)
    }

    /// For people.
    pub(crate) fn text(&self, zone: &TimeZone) -> String {
        let moment = |at| in_zone(at, zone, "%Y-%m-%d %H:%M");
        let (t, short) = (secs(self.terms.t), secs(self.terms.short));
        let mut lines = vec![
            format!("с {} до {}", moment(self.from), moment(self.to)),
            format!("SL1 = отвечено за {t} / отвечено"),
            format!("SL2 = (отвечено за {t} + ушли за {t}) / (отвечено + ушли)"),
            format!("SL3 = отвечено за {t} / (пришли в очередь − ушли раньше {short})"),
            String::new(),
            head(self.by.name()),
        ];
        for (key, tally) in &self.report.rows {
            lines.push(row(if key.is_empty() { "—" } else { key }, tally));
        }
        lines.push(row("всего", &self.report.total));
        lines.push(String::new());
        lines.push(self.outcomes());
        lines.push(self.whether_it_adds_up());
        lines.join("\n")
    }

    fn outcomes(&self) -> String {
        let outcomes = self.report.total.outcomes.iter();
        let told: Vec<String> = outcomes
            .map(|(it, count)| format!("{} {count}", slugs::outcome(it)))
            .collect();
        format!("исходы: {}", told.join(", "))
    }

    fn whether_it_adds_up(&self) -> String {
        let Report {
            total, arrivals, ..
        } = &self.report;
        let (ended, open) = (total.ended(), total.open);
        let told = format!("пришло {arrivals}, исходов {ended}, ещё идут {open}");
        match self.report.adds_up() {
            true => format!("сходится: {told}"),
            false => format!(
                "НЕ СХОДИТСЯ: {told}; у части вызовов журнал или база неполны, цифрам выше верить нельзя"
            ),
        }
    }
}

fn figures(tally: &Tally) -> [u64; 8] {
    let it = &tally.counts;
    [
        tally.calls,
        tally.open,
        it.offered,
        it.answered,
        it.answered_in_t,
        it.abandoned,
        it.abandoned_in_t,
        it.abandoned_short,
    ]
}

fn object(tally: &Tally) -> Map<String, Value> {
    let levels: Vec<Value> = FORMULAS.iter().map(|it| level(it, tally)).collect();
    let mut object = Map::new();
    object.insert("calls".to_owned(), json!(tally.calls));
    object.insert("open".to_owned(), json!(tally.open));
    object.insert("outcomes".to_owned(), json!(tally.outcomes));
    object.insert("counts".to_owned(), json!(tally.counts));
    object.insert("levels".to_owned(), json!(levels));
    object
}

fn level(formula: &Formula, tally: &Tally) -> Value {
    let share = (formula.of)(&tally.counts);
    json!({
        "name": formula.name,
        "formula": formula.written,
        "value": share.ratio(),
        "part": share.part,
        "of": share.of,
    })
}

/// What spreadsheets know UTF-8 by.
const MARK: char = '\u{feff}';

/// A head and rows as a Russian spreadsheet opens them: every table of ours is one.
pub(crate) fn csv_file(rows: impl Iterator<Item = Vec<String>>) -> String {
    let lines = rows.map(|cells| csv_line(cells.into_iter()));
    marked(&lines.collect::<Vec<_>>())
}

/// Lines of such a table with what it is known by.
pub(crate) fn marked(lines: &[String]) -> String {
    format!("{MARK}{}", lines.join("\r\n"))
}

/// A share or a mean, with the comma of that spreadsheet.
pub(crate) fn csv_number(number: Option<f64>) -> String {
    number.map_or_else(String::new, |it| format!("{it:.4}").replace('.', ","))
}

/// RFC 4180 by semicolons: what has one, a quote or a line end is quoted; what a spreadsheet would take for a formula begins with `'`.
pub(crate) fn csv_line(cells: impl Iterator<Item = String>) -> String {
    let cells = cells.map(|cell| {
        let cell = match cell.starts_with(['=', '@', '-']) {
            true => format!("'{cell}"),
            false => cell,
        };
        match cell.contains([';', '"', '\r', '\n']) {
            true => format!("\"{}\"", cell.replace('"', "\"\"")),
            false => cell,
        }
    });
    cells.collect::<Vec<_>>().join(";")
}

fn head(by: &str) -> String {
    let [calls, offered, answered, in_t] = ["вызовов", "в очередь", "отвечено", "за T"];
    let [left, short] = ["ушли", "коротких"];
    format!(
        "{by:<26}{calls:>8}{offered:>10}{answered:>10}{in_t:>8}{left:>7}{in_t:>8}{short:>10}  {:<15}{:<15}SL3",
        "SL1", "SL2"
    )
}

fn row(key: &str, tally: &Tally) -> String {
    let [
        calls,
        _,
        offered,
        answered,
        in_t,
        abandoned,
        gone_in_t,
        short,
    ] = figures(tally);
    let [sl1, sl2, sl3] = FORMULAS.map(|it| percent((it.of)(&tally.counts)));
    let line = format!(
        "{key:<26}{calls:>8}{offered:>10}{answered:>10}{in_t:>8}{abandoned:>7}{gone_in_t:>8}{short:>10}  {sl1:<15}{sl2:<15}{sl3:<15}"
    );
    line.trim_end().to_owned()
}

/// With what it is of: 100 % of one call is not 100 % of a thousand.
fn percent(share: Share) -> String {
    let Share { part, of } = share;
    match share.ratio() {
        Some(ratio) => format!("{:.1}% {part}/{of}", ratio * 100.0),
        None => "—".to_owned(),
    }
}

fn millis(span: Duration) -> u64 {
    span.as_millis().try_into().unwrap_or(u64::MAX)
}

fn secs(span: Duration) -> String {
    format!("{} с", span.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(queue: Option<&str>, outcome: Option<&str>, waited_s: i64) -> ReportCall {
        let queued_at = queue.map(|_| 0);
        ReportCall {
            arrived_at: 0,
            number: Some("+78001234567".to_owned()),
            queue: queue.map(str::to_owned),
            queued_at,
            ended_at: outcome.map(|_| waited_s * 1_000_000),
            outcome: outcome.map(str::to_owned),
            waited_ms: Some(waited_s * 1_000),
            ..ReportCall::default()
        }
    }

    fn sheet(by: By, arrivals: u64) -> Sheet {
        let terms = Terms::default();
        let mut report = Report {
            arrivals,
            ..Report::default()
        };
        for call in [
            call(Some("support"), Some("answered"), 10),
            call(Some("support"), Some("answered"), 30),
            call(Some("support"), Some("abandoned_queue"), 3),
            call(None, Some("abandoned_ivr"), 0),
            call(Some("a,\"b"), None, 0),
        ] {
            report.add(by.key(&call, &TimeZone::UTC), &call, &terms);
        }
        Sheet {
            by,
            from: Wall(0),
            to: Wall(3_600_000_000),
            terms,
            report,
        }
    }

    #[test]
    fn people_read_the_formula_beside_the_figure_and_whether_it_adds_up() {
        insta::assert_snapshot!(sheet(By::Queue, 5).text(&TimeZone::UTC), @r##"
        с 1970-01-01 00:00 до 1970-01-01 01:00
        SL1 = отвечено за 20 с / отвечено
        SL2 = (отвечено за 20 с + ушли за 20 с) / (отвечено + ушли)
        SL3 = отвечено за 20 с / (пришли в очередь − ушли раньше 5 с)

        очередь                    вызовов в очередь  отвечено    за T   ушли    за T  коротких  SL1            SL2            SL3
        —                                1         0         0       0      0       0         0  —              —              —
        a,"b                             1         0         0       0      0       0         0  —              —              —
        support                          3         3         2       1      1       1         1  50.0% 1/2      66.7% 2/3      50.0% 1/2
        всего                            5         3         2       1      1       1         1  50.0% 1/2      66.7% 2/3      50.0% 1/2

        исходы: положили трубку до очереди 1, не дождались в очереди 1, поговорили с оператором 2
        сходится: пришло 5, исходов 4, ещё идут 1
        "##);
        let wrong = sheet(By::Hour, 6).text(&TimeZone::UTC);
        let said = "НЕ СХОДИТСЯ: пришло 6, исходов 4, ещё идут 1;";
        assert!(wrong.contains(said), "{wrong}");
    }

    #[test]
    fn a_table_names_its_formulas_and_no_cell_is_another() {
        insta::assert_snapshot!(sheet(By::Queue, 5).csv().replace(['\r', MARK], ""), @r##"
        queue;calls;open;offered;answered;answered_in_t;abandoned;abandoned_in_t;abandoned_short;sl1: answered≤T / answered (T=20000 ms short=5000 ms);sl2: (answered≤T + abandoned≤T) / (answered + abandoned) (T=20000 ms short=5000 ms);sl3: answered≤T / (offered − abandoned<short) (T=20000 ms short=5000 ms)
        ;1;0;0;0;0;0;0;0;;;
        "a,""b";1;1;0;0;0;0;0;0;;;
        support;3;0;3;2;1;1;1;1;0,5000;0,6667;0,5000
        total;5;1;3;2;1;1;1;1;0,5000;0,6667;0,5000
        "##);
        let hostile = csv_line(["=1+1".to_owned(), "a\nb".to_owned()].into_iter());
        assert_eq!(hostile, "'=1+1;\"a\nb\"");
    }

    #[test]
    fn a_program_gets_shares_with_what_they_are_of() {
        let told = sheet(By::Number, 5).json();
        let level = &told["total"]["levels"][2];
        assert_eq!((&level["part"], &level["of"]), (&json!(1), &json!(2)));
        assert_eq!(
            level["formula"],
            json!("answered≤T / (offered − abandoned<short)")
        );
        assert_eq!(told["rows"][0]["key"], json!("+78001234567"));
        let adds_up = json!({"holds": true, "arrived": 5, "ended": 4, "open": 1});
        assert_eq!(told["adds_up"], adds_up);
        let hours = sheet(By::Hour, 5).json();
        assert_eq!(hours["rows"][0]["key"], json!("1970-01-01T00:00+00:00"));
    }
}
