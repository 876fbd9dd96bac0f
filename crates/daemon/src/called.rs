//! A report of calls out: how many were tried, whom it reached, why not, how long they talked and what that costs, by operator,
//! number or day; and whether the journal's facts and the rows of calls agree.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::Wall;
use gudok_outbound::Kopecks;
use gudok_store::report::Asked;
use gudok_store::{CalledIn, OutCalls, QueryError, Store};
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::{Value, json};

use crate::clock::wall;
use crate::report::{csv_line, in_zone, marked};

/// Rows of one report; what comes beyond is counted together, as [`OTHERS`].
const ROWS_MAX: usize = 10_000;
/// The row of those beyond.
const OTHERS: &str = "прочие";

/// By what calls out are told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CalledBy {
    /// Who called.
    Operator,
    /// Whom.
    Number,
    /// The date by the clock of the machine.
    Day,
}

/// The figures and what was asked.
pub(crate) struct Called {
    pub by: CalledBy,
    pub from: Wall,
    pub to: Wall,
    rows: BTreeMap<String, Line>,
    total: Line,
    calls: OutCalls,
    is_cut: bool,
}

/// What came of attempts. Each has one end or goes on.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub(crate) struct Line {
    /// All that were wanted.
    attempts: u64,
    /// They answered.
    reached: u64,
    busy: u64,
    no_answer: u64,
    declined: u64,
    /// There is no such number, or no way to it.
    unreachable: u64,
    /// A rule said no, at the first question or the second.
    denied: u64,
    /// The operator did not take the own phone, or left.
    cancelled: u64,
    /// They called us first, nobody of a queue took it, or it was our doing.
    other: u64,
    /// Nobody has answered yet, and it goes on.
    ringing: u64,
    /// Of those reached: they talk.
    talking: u64,
    talk_ms: u64,
    /// Begun minutes by the price of the direction.
    kopecks: u64,
    /// Which rules said no, and how often.
    rules: BTreeMap<String, u64>,
}

impl CalledBy {
    /// As `--by` has it.
    fn word(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Number => "number",
            Self::Day => "day",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Operator => "оператор",
            Self::Number => "номер",
            Self::Day => "день",
        }
    }

    fn key(self, call: &gudok_store::Called, zone: &TimeZone) -> String {
        match self {
            Self::Operator => call.operator.clone().unwrap_or_default(),
            Self::Number => call.number.clone(),
            Self::Day => in_zone(Wall(call.began_at), zone, "%Y-%m-%d"),
        }
    }
}

impl Line {
    fn add(&mut self, call: &gudok_store::Called, now: Wall) {
        self.attempts += 1;
        if let Some(rule) = &call.rule {
            *self.rules.entry(rule.clone()).or_default() += 1;
        }
        let end = match call.result.as_deref() {
            Some("answered") => return self.talked(call, now),
            None => &mut self.ringing,
            Some("busy") => &mut self.busy,
            Some("no-answer") => &mut self.no_answer,
            Some("declined") => &mut self.declined,
            Some("not-found" | "unreachable" | "refused" | "no-common-codec") => {
                &mut self.unreachable
            }
            Some("outbound-denied") => &mut self.denied,
            Some("operator-hung-up" | "operator-no-answer") => &mut self.cancelled,
            Some(_) => &mut self.other,
        };
        *end += 1;
    }

    fn talked(&mut self, call: &gudok_store::Called, now: Wall) {
        self.reached += 1;
        self.talking += u64::from(call.ended_at.is_none());
        let till = call.ended_at.unwrap_or(now.0);
        let talk = call.answered_at.map_or(0, |at| till - at);
        let talk = Duration::from_micros(talk.try_into().unwrap_or(0));
        self.talk_ms += u64::try_from(talk.as_millis()).unwrap_or(u64::MAX);
        let minute = Kopecks(call.minute_kopecks.try_into().unwrap_or(0));
        self.kopecks += minute.for_talk(talk).0;
    }

    /// Each attempt has one end, or goes on.
    fn adds_up(&self) -> bool {
        let failed = self.busy + self.no_answer + self.declined + self.unreachable;
        let ours = self.denied + self.cancelled + self.other;
        self.attempts == self.reached + failed + ours + self.ringing
    }

    fn counts(&self) -> [u64; 9] {
        [
            self.attempts,
            self.reached,
            self.busy,
            self.no_answer,
            self.declined,
            self.unreachable,
            self.denied,
            self.cancelled,
            self.other + self.ringing,
        ]
    }
}

impl Called {
    /// Counts. Days are those of the zone.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn of(
        store: &Store,
        by: CalledBy,
        asked: &Asked<'_>,
        zone: &TimeZone,
    ) -> Result<Self, QueryError> {
        let span = CalledIn {
            from: asked.from,
            to: asked.to,
            project: asked.project,
        };
        let (now, mut total, mut rows) = (wall(), Line::default(), BTreeMap::new());
        let told = store.called(&span, |call| {
            total.add(call, now);
            let key = by.key(call, zone);
            let is_known = rows.len() < ROWS_MAX || rows.contains_key(&key);
            let key = if is_known { key } else { OTHERS.to_owned() };
            rows.entry(key).or_insert_with(Line::default).add(call, now);
        });
        let (calls, is_cut) = told.await?;
        Ok(Self {
            by,
            from: asked.from,
            to: asked.to,
            rows,
            total,
            calls,
            is_cut,
        })
    }

    /// The facts and the rows of calls tell the same (I9).
    fn adds_up(&self) -> bool {
        let same = |figure: i64, facts: u64| u64::try_from(figure) == Ok(facts);
        let OutCalls {
            calls,
            reached,
            open,
        } = self.calls;
        let it = &self.total;
        !self.is_cut
            && it.adds_up()
            && same(calls, it.attempts)
            && same(reached, it.reached - it.talking)
            && same(open, it.ringing + it.talking)
    }

    /// For a program.
    pub(crate) fn json(&self) -> Value {
        let rows = self.rows.iter();
        let rows: Vec<Value> = rows
            .map(|(key, line)| json!({ "key": key, "counts": line }))
            .collect();
        json!({
            "by": "outbound",
            "of": self.by.word(),
            "from": self.from,
            "to": self.to,
            "rows": rows,
            "total": self.total,
            "adds_up": { "holds": self.adds_up(), "calls": self.calls },
        })
    }

    /// A header and a line of each row, by semicolons.
    pub(crate) fn csv(&self) -> String {
        let names = [
            self.by.word(),
            "attempts",
            "reached",
            "busy",
            "no_answer",
            "declined",
            "unreachable",
            "denied",
            "cancelled",
            "other_or_open",
            "talk_ms",
            "kopecks",
        ];
        let total = [("total".to_owned(), &self.total)];
        let rows = self.rows.iter().map(|(key, line)| (key.clone(), line));
        let lines = rows.chain(total).map(|(key, line)| {
            let figures = line
                .counts()
                .into_iter()
                .chain([line.talk_ms, line.kopecks]);
            csv_line([key].into_iter().chain(figures.map(|it| it.to_string())))
        });
        let head = csv_line(names.into_iter().map(str::to_owned));
        marked(&[head].into_iter().chain(lines).collect::<Vec<_>>())
    }

    /// For people.
    pub(crate) fn text(&self, zone: &TimeZone) -> String {
        let moment = |at| in_zone(at, zone, "%Y-%m-%d %H:%M");
        let mut lines = vec![
            format!("с {} до {}", moment(self.from), moment(self.to)),
            "стоимость = начатые минуты разговора × цена минуты направления".to_owned(),
            String::new(),
            format!("{:<16}{HEAD}", self.by.name()),
        ];
        for (key, line) in &self.rows {
            lines.push(row(if key.is_empty() { "—" } else { key }, line));
        }
        lines.push(row("всего", &self.total));
        lines.push(String::new());
        lines.extend(self.denials());
        lines.push(self.whether_it_adds_up());
        lines.join("\n")
    }

    fn denials(&self) -> Option<String> {
        let rules = self.total.rules.iter();
        let told: Vec<String> = rules
            .map(|(rule, count)| format!("{rule} {count}"))
            .collect();
        (!told.is_empty()).then(|| format!("запретили правила: {}", told.join(", ")))
    }

    fn whether_it_adds_up(&self) -> String {
        let OutCalls {
            calls,
            reached,
            open,
        } = self.calls;
        let it = &self.total;
        let told = format!(
            "попыток по журналу {}, вызовов {calls}; дозвонились {}, из них закончили {reached}; ещё идут {open}",
            it.attempts, it.reached
        );
        match self.adds_up() {
            true => format!("сходится: {told}"),
            false => format!(
                "НЕ СХОДИТСЯ: {told}. Журнал или база неполны, или промежуток велик: цифрам выше верить нельзя"
            ),
        }
    }
}

const HEAD: &str =
    " попыток дозвон занято не_отв  отказ недост запрет отмена прочее  разговор   стоимость";

fn row(key: &str, line: &Line) -> String {
    let [attempts, rest @ ..] = line.counts();
    let rest = rest.map(|it| format!("{it:>7}")).concat();
    let secs = line.talk_ms / 1_000;
    let talk = format!("{}:{:02}:{:02}", secs / 3_600, secs / 60 % 60, secs % 60);
    let cost = Kopecks(line.kopecks).to_string();
    format!("{key:<16}{attempts:>8}{rest}{talk:>10}{cost:>12}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn call(operator: &str, result: Option<&str>, talk: Option<(i64, i64)>) -> gudok_store::Called {
        gudok_store::Called {
            call_id: "1".to_owned(),
            operator: Some(operator.to_owned()),
            number: "+74951234567".to_owned(),
            began_at: 0,
            answered_at: talk.map(|(from, _)| from * SECOND),
            ended_at: talk.map(|(_, to)| to * SECOND),
            minute_kopecks: 190,
            result: result.map(str::to_owned),
            ..gudok_store::Called::default()
        }
    }

    /// By hand: 101 talks 61 s (two minutes) and 10 s (one), is busy once and denied once; 102 is not answered, and rings.
    fn called() -> Called {
        let denied = gudok_store::Called {
            rule: Some("debt_hours".to_owned()),
            ..call("101", Some("outbound-denied"), None)
        };
        let calls = [
            call("101", Some("answered"), Some((10, 71))),
            call("101", Some("answered"), Some((100, 110))),
            call("101", Some("busy"), None),
            denied,
            call("102", Some("no-answer"), None),
            call("102", None, None),
        ];
        let (mut total, mut rows) = (Line::default(), BTreeMap::new());
        for call in &calls {
            total.add(call, Wall(0));
            let key = CalledBy::Operator.key(call, &TimeZone::UTC);
            let line: &mut Line = rows.entry(key).or_default();
            line.add(call, Wall(0));
        }
        Called {
            by: CalledBy::Operator,
            from: Wall(0),
            to: Wall(3_600 * SECOND),
            rows,
            total,
            calls: OutCalls {
                calls: 6,
                reached: 2,
                open: 1,
            },
            is_cut: false,
        }
    }

    #[test]
    fn people_read_what_came_of_calls_out_and_what_they_cost() {
        insta::assert_snapshot!(called().text(&TimeZone::UTC), @r"
        с 1970-01-01 00:00 до 1970-01-01 01:00
        стоимость = начатые минуты разговора × цена минуты направления

        оператор         попыток дозвон занято не_отв  отказ недост запрет отмена прочее  разговор   стоимость
        101                    4      2      1      0      0      0      1      0      0   0:01:11      5,70 ₽
        102                    2      0      0      1      0      0      0      0      1   0:00:00      0,00 ₽
        всего                  6      2      1      1      0      0      1      0      1   0:01:11      5,70 ₽

        запретили правила: debt_hours 1
        сходится: попыток по журналу 6, вызовов 6; дозвонились 2, из них закончили 2; ещё идут 1
        ");
        let mut wrong = called();
        wrong.calls.reached = 1;
        let said = wrong.text(&TimeZone::UTC);
        assert!(said.contains("НЕ СХОДИТСЯ: попыток по журналу 6"), "{said}");
    }

    #[test]
    fn a_table_and_a_program_have_every_figure() {
        insta::assert_snapshot!(called().csv().replace(['\r', '\u{feff}'], ""), @r"
        operator;attempts;reached;busy;no_answer;declined;unreachable;denied;cancelled;other_or_open;talk_ms;kopecks
        101;4;2;1;0;0;0;1;0;0;71000;570
        102;2;0;0;1;0;0;0;0;1;0;0
        total;6;2;1;1;0;0;1;0;1;71000;570
        ");
        let told = called().json();
        assert_eq!(told["rows"][0]["counts"]["kopecks"], json!(570));
        assert_eq!(told["total"]["rules"], json!({ "debt_hours": 1 }));
        assert_eq!(told["adds_up"]["holds"], json!(true));
    }

    #[test]
    fn every_end_of_an_attempt_is_in_one_column() {
        let ends = [
            "busy",
            "no-answer",
            "declined",
            "not-found",
            "unreachable",
            "refused",
            "outbound-denied",
            "operator-hung-up",
            "operator-no-answer",
            "called-in",
            "nobody-in-queue",
            "draining",
            "daemon-restarted",
        ];
        let mut line = Line::default();
        for end in ends {
            line.add(&call("101", Some(end), None), Wall(0));
        }
        assert!(line.adds_up(), "{line:?}");
        assert_eq!(line.counts(), [13, 0, 1, 1, 1, 3, 1, 2, 4]);
    }
}
