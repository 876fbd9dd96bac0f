//! The report of shifts as people, spreadsheets and programs read it. Russian; programs read names of their own.
use gudok_calendar::Zone;
use gudok_model::shifts::CAPPED;
use gudok_model::{Figure, Figures, Name, Wall};
use gudok_store::Worked;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::{
    Duty, OCCUPANCY, OCCUPANCY_RU, RING, Row, Sheet, TALK, occupancy, talk_mean, wrap_up_mean,
};
use crate::report::{csv_file, in_zone};
use crate::slugs;

impl Sheet {
    /// For a program: every figure, microseconds unrounded.
    pub(crate) fn json(&self) -> Value {
        let total = self.total();
        let figures = &total.figures;
        json!({
            "by": "shifts",
            "from": self.from,
            "to": self.to,
            "formulas": { "occupancy": OCCUPANCY },
            "rows": self.rows.iter().map(row_json).collect::<Vec<_>>(),
            "total": worked_json(&total),
            "adds_up": {
                "holds": self.adds_up(),
                "session_us": figures.get(Figure::Session),
                "sessions_checked": figures.get(Figure::Checked),
                "sessions_wrong": figures.get(Figure::Wrong),
                "cut": self.is_cut,
            },
        })
    }

    /// As a Russian spreadsheet opens it.
    pub(crate) fn csv(&self) -> String {
        let head = COLUMNS.iter().map(|it| (*it).to_owned()).collect();
        let rows = self.rows.iter().map(|row| self.cells(row));
        csv_file([head].into_iter().chain(rows))
    }

    fn cells(&self, row: &Row) -> Vec<String> {
        let figures = &row.worked.figures;
        let (came, went) = row.hours();
        let mean = |us: Option<i64>| us.map_or_else(String::new, clock);
        let busy = occupancy(figures).ratio();
        let who = &row.who;
        let mut cells = vec![
            row.day.to_string(),
            row.zone.name().to_string(),
            who.operator.to_string(),
            who.name.clone().unwrap_or_default(),
            who.project
                .as_ref()
                .map_or_else(String::new, ToString::to_string),
            came,
            went,
        ];
        cells.extend(spent(figures).map(clock));
        cells.push(self.reasons(&row.worked));
        cells.extend(done(figures).map(|count| count.to_string()));
        cells.extend([
            clock(figures.get(Figure::BreakUs)),
            clock(figures.get(Figure::TooLongUs)),
            mean(talk_mean(figures)),
            mean(wrap_up_mean(figures)),
            busy.map_or_else(String::new, |it| format!("{it:.4}").replace('.', ",")),
            row.attended(),
        ]);
        cells
    }

    /// For people.
    pub(crate) fn text(&self, zone: &TimeZone) -> String {
        let moment = |at| in_zone(at, zone, "%Y-%m-%d %H:%M");
        let mut lines = vec![
            format!("с {} до {}", moment(self.from), moment(self.to)),
            OCCUPANCY_RU.to_owned(),
            String::new(),
            HEAD.to_owned(),
        ];
        lines.extend(self.rows.iter().map(line));
        let total = self.total();
        lines.push(tail("всего".to_owned(), &total.figures, ""));
        lines.push(String::new());
        if !total.reasons.is_empty() {
            lines.push(format!("не на линии: {}", self.reasons(&total)));
        }
        if self.is_cut {
            let most = super::DAYS_MAX;
            lines.push(format!(
                "показано не всё: больше {most} дней; сузьте промежуток"
            ));
        }
        lines.push(self.whether_it_adds_up(&total.figures));
        lines.join("\n")
    }

    pub(super) fn reasons(&self, worked: &Worked) -> String {
        let told = worked.reasons.iter();
        let told = told.map(|(code, us)| format!("{} {}", self.label(code), clock(*us)));
        told.collect::<Vec<_>>().join(", ")
    }

    fn label(&self, code: &Name) -> String {
        let known = self.labels.get(code).cloned();
        known.unwrap_or_else(|| match code.strip_prefix(CAPPED) {
            Some(limit) => format!("предел {limit}"),
            None => slugs::reason(code).to_owned(),
        })
    }

    fn whether_it_adds_up(&self, total: &Figures) -> String {
        let (checked, wrong) = (total.get(Figure::Checked), total.get(Figure::Wrong));
        let length = clock(total.get(Figure::Session));
        let told = format!("смены {length}, законченных сверено {checked}, не сошлось {wrong}");
        match self.adds_up() {
            true => format!("сходится: сумма состояний каждого дня — вся смена; {told}"),
            false => {
                format!("НЕ СХОДИТСЯ: {told}. Журнал или база неполны: цифрам выше верить нельзя")
            }
        }
    }
}

impl Row {
    /// When they came and went that day; who was there over midnight came with it.
    fn hours(&self) -> (String, String) {
        let Some((came, went)) = self.worked.there else {
            return (String::new(), String::new());
        };
        let went = match self.worked.sits {
            true => String::new(),
            false => time(&self.zone, went),
        };
        (time(&self.zone, came), went)
    }

    /// How the roster was kept, in a few words.
    pub(super) fn attended(&self) -> String {
        let told = self.duties.iter().map(|duty| {
            let Duty {
                from, till, kept, ..
            } = duty;
            let turn = format!("{}–{}", time(&self.zone, *from), time(&self.zone, *till));
            let Some(kept) = kept else {
                return format!("{turn} —");
            };
            match (kept.is_absent, kept.late_us, kept.early_us) {
                (true, ..) => format!("{turn} не был"),
                (_, 0, 0) => format!("{turn} вовремя"),
                (_, late, 0) => format!("{turn} опоздал на {}", clock(late)),
                (_, 0, early) => format!("{turn} ушёл раньше на {}", clock(early)),
                (_, late, early) => format!(
                    "{turn} опоздал на {}, ушёл раньше на {}",
                    clock(late),
                    clock(early)
                ),
            }
        });
        told.collect::<Vec<_>>().join(", ")
    }
}

const COLUMNS: [&str; 33] = [
    "День",
    "Пояс",
    "Оператор",
    "Имя",
    "Проект",
    "Вход",
    "Выход",
    "Смена",
    "На линии",
    "Вызов",
    "Разговор",
    "Удержание",
    "Звонит сам",
    "Оформление",
    "Не на линии",
    "Нет связи",
    "Простой сервиса",
    "По причинам",
    "Ответил",
    "Позвонил",
    "Отказался",
    "Не взял",
    "Потеряно по связи",
    "Оформил",
    "Продлений",
    "Перерывов",
    "Перерывов сверх меры",
    "Перерывы",
    "Сверх меры",
    "Средний разговор",
    "Среднее оформление",
    "Занятость",
    "По графику",
];

/// Where the time went; together the session.
fn spent(figures: &Figures) -> [i64; 10] {
    [
        figures.get(Figure::Session),
        figures.get(Figure::Ready),
        figures.sum(&RING),
        figures.sum(&TALK),
        figures.get(Figure::Hold),
        figures.sum(&[Figure::Dialing, Figure::Preview, Figure::Other]),
        figures.get(Figure::WrapUp),
        figures.get(Figure::NotReady),
        figures.get(Figure::DeviceDown),
        figures.get(Figure::Down),
    ]
}

fn done(figures: &Figures) -> [i64; 9] {
    [
        Figure::Calls,
        Figure::Dialled,
        Figure::Rejects,
        Figure::Misses,
        Figure::Lost,
        Figure::WrapUps,
        Figure::Extensions,
        Figure::Breaks,
        Figure::TooLong,
    ]
    .map(|figure| figures.get(figure))
}

fn row_json(row: &Row) -> Value {
    let mut told = worked_json(&row.worked);
    let zone = &row.zone;
    let there = row.worked.there;
    let sits = row.worked.sits;
    let duties = row.duties.iter().map(|duty| {
        json!({
            "roster": duty.roster,
            "from": duty.from,
            "till": duty.till,
            "late_us": duty.kept.map(|it| it.late_us),
            "early_us": duty.kept.map(|it| it.early_us),
            "absent": duty.kept.map(|it| it.is_absent),
        })
    });
    told.insert("day".to_owned(), json!(row.day.to_string()));
    told.insert("zone".to_owned(), json!(zone.name()));
    told.insert("operator".to_owned(), json!(row.who.operator));
    told.insert("name".to_owned(), json!(row.who.name));
    told.insert("project".to_owned(), json!(row.who.project));
    told.insert("login".to_owned(), json!(there.map(|it| it.0)));
    let logout = there.map(|it| it.1).filter(|_| !sits);
    told.insert("logout".to_owned(), json!(logout));
    told.insert("sits".to_owned(), json!(sits));
    told.insert("roster".to_owned(), duties.collect());
    Value::Object(told)
}

fn worked_json(worked: &Worked) -> Map<String, Value> {
    let figures = &worked.figures;
    let each = Figure::all().map(|it| (it.name().to_owned(), json!(figures.get(it))));
    let share = occupancy(figures);
    let mut told = Map::new();
    told.insert("figures".to_owned(), Value::Object(each.collect()));
    told.insert("reasons_us".to_owned(), json!(worked.reasons));
    told.insert(
        "occupancy".to_owned(),
        json!({ "value": share.ratio(), "part_us": share.part, "of_us": share.of }),
    );
    told.insert("talk_mean_us".to_owned(), json!(talk_mean(figures)));
    told.insert("wrap_up_mean_us".to_owned(), json!(wrap_up_mean(figures)));
    told
}

const HEAD: &str = "день       оператор        вход  выход    смена на линии    вызов разговор   удерж. сам зв.  оформл. не на л. нет св.  простой  перер. (n/сверх) ответ. звон. отказ не вз. потер. продл.  ср.разг. ср.оформ. занят.";

fn line(row: &Row) -> String {
    let (came, went) = row.hours();
    let went = if row.worked.sits {
        "…".to_owned()
    } else {
        went
    };
    let (day, who) = (row.day, row.who.operator.as_str());
    let head = format!("{day} {who:<15} {came:<5} {went:<5}");
    tail(head, &row.worked.figures, &row.attended())
}

fn tail(head: String, figures: &Figures, attended: &str) -> String {
    let spent = spent(figures)
        .map(|us| format!("{:>9}", clock(us)))
        .concat();
    let breaks = clock(figures.get(Figure::BreakUs));
    let [
        calls,
        dialled,
        rejects,
        misses,
        lost,
        _,
        extensions,
        breaks_n,
        too_long,
    ] = done(figures);
    let mean = |us: Option<i64>| us.map_or_else(|| "—".to_owned(), clock);
    let (talk, wrap_up) = (mean(talk_mean(figures)), mean(wrap_up_mean(figures)));
    let busy = occupancy(figures).ratio();
    let busy = busy.map_or_else(|| "—".to_owned(), |it| format!("{:.1}%", it * 100.0));
    let counted = format!("{breaks_n}/{too_long}");
    let line = format!(
        "{head:<38}{spent}{breaks:>9} {counted:<6}{calls:>7}{dialled:>6}{rejects:>6}{misses:>7}{lost:>7}{extensions:>7}{talk:>10}{wrap_up:>10}{busy:>7}  {attended}"
    );
    line.trim_end().to_owned()
}

fn time(zone: &Zone, at: Wall) -> String {
    let local = zone.local(at);
    format!("{:02}:{:02}", local.hour, local.minute)
}

/// `1:02:03`.
fn clock(us: i64) -> String {
    let secs = us / 1_000_000;
    format!("{}:{:02}:{:02}", secs / 3_600, secs / 60 % 60, secs % 60)
}
