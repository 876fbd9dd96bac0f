//! `gudok clients import`: a CSV as people have it, all good rows in one transaction, a line-numbered report of the rest.
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};

use gudok_model::number::parse;
use gudok_model::{ClientClass, Kind, NumberRules, ProjectId, Wall};
use serde::Serialize;

use crate::sql;
use crate::store::{QueryError, Store};

mod sheet;

use sheet::{Columns, Row, Sheet};

/// Largest file that is read.
pub const IMPORT_BYTES_MAX: u64 = 64 << 20;
/// Most problems listed; the rest is counted.
pub const PROBLEMS_MAX: usize = 1000;
/// Most numbers of one client.
pub const NUMBERS_MAX: usize = 16;
/// Most further fields of one client.
pub const FIELDS_MAX: usize = 32;
/// Longest name, id or field. Characters.
pub const TEXT_MAX: usize = 256;
/// Clients per statement.
const BATCH: usize = 500;

/// Why nothing was imported. The words are for the admin.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("файл не читается")]
    Read(#[from] io::Error),
    /// Larger than [`IMPORT_BYTES_MAX`].
    #[error("файл больше {} МБ; разделите его на части", IMPORT_BYTES_MAX >> 20)]
    TooLarge,
    /// Another encoding.
    #[error("строка {line}: файл не в UTF-8{}; сохраните его как «CSV UTF-8»", if *cp1251 { " (похоже на Windows-1251)" } else { "" })]
    NotUtf8 {
        /// Where it shows first.
        line: u64,
        /// The bytes look like Windows-1251.
        cp1251: bool,
    },
    /// No header.
    #[error("файл пуст; нужна строка заголовков, например: имя;телефон")]
    Empty,
    /// A column that must be there.
    #[error("нет столбца «{column}»; есть: {found}. Назовите столбец одним из слов: {words}")]
    NoColumn {
        /// Which.
        column: &'static str,
        /// What the header says.
        found: String,
        /// What it may be called.
        words: &'static str,
    },
    /// A quoted field is opened on line after line and never closed.
    #[error(
        "строка {line}: слишком много незакрытых кавычек; проверьте, что поля в кавычках закрыты"
    )]
    Quotes {
        /// Where it was given up.
        line: u64,
    },
    /// The database. Nothing was imported.
    #[error("база данных не приняла клиентов, ничего не изменено")]
    Query(#[from] QueryError),
}

/// Something about one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RowProblem {
    /// Line in the file; the header is line 1.
    pub line: u64,
    /// Russian, with what to do.
    pub text: String,
    /// The row was left out; otherwise it was taken and this is a remark.
    pub skipped: bool,
}

/// What an import did. `Display` is the report for the admin.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ImportReport {
    /// Rows with anything in them.
    pub rows: u64,
    /// Clients that were not there before.
    pub added: u64,
    /// Clients that were, and have new values now.
    pub updated: u64,
    /// Numbers written.
    pub numbers: u64,
    /// Rows left out.
    pub skipped: u64,
    /// What there is to say, in order of lines.
    pub problems: Vec<RowProblem>,
    /// Problems beyond [`PROBLEMS_MAX`].
    pub omitted: u64,
}

/// One client as the file has it; the keys are those of the statements.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct NewClient {
    id: String,
    name: String,
    class: ClientClass,
    fields: BTreeMap<String, String>,
    numbers: Vec<String>,
    #[serde(skip)]
    line: u64,
}

impl Store {
    /// Imports clients of a project: known ids are replaced with their numbers, others are added, none is removed.
    /// All good rows go in together or, if the database refuses, not at all.
    ///
    /// UTF-8 with or without BOM, `;`, `,` or tab, headers Russian or English in any order. `имя` and `телефон` must be
    /// there (several numbers in one cell, or several columns); `код` and `класс` are known; every other column becomes
    /// a field of the card.
    pub async fn import_clients(
        &self,
        project: &ProjectId,
        file: impl Read,
        rules: &NumberRules,
        at: Wall,
    ) -> Result<ImportReport, ImportError> {
        let text = sheet::read(file)?;
        let mut intake = Intake::new(rules);
        intake.take(&Sheet::open(&text)?)?;
        let (clients, mut report) = intake.finish();
        let known = self.write_clients(project, &clients, at).await?;
        report.updated = known;
        report.added = clients.len() as u64 - known;
        Ok(report)
    }

    /// Gives how many of them were there before.
    async fn write_clients(
        &self,
        project: &ProjectId,
        clients: &[NewClient],
        at: Wall,
    ) -> Result<u64, QueryError> {
        let failed = QueryError::because("import clients");
        let mut transaction = self.writer.begin().await.map_err(&failed)?;
        let mut known = 0;
        for batch in clients.chunks(BATCH) {
            let rows = serde_json::to_string(batch).expect("plain structs with string keys");
            let count: i64 = sqlx::query_scalar(sql::CLIENTS_KNOWN)
                .bind(project.as_str())
                .bind(&rows)
                .fetch_one(&mut *transaction)
                .await
                .map_err(&failed)?;
            known += count.unsigned_abs();
            let upsert = sqlx::query(sql::CLIENTS_UPSERT)
                .bind(project.as_str())
                .bind(&rows)
                .bind(at.0);
            upsert.execute(&mut *transaction).await.map_err(&failed)?;
            for statement in [
                sql::CLIENT_NUMBERS_DELETE,
                sql::CLIENT_NUMBERS_INSERT,
                sql::CLIENT_FIELDS_DELETE,
                sql::CLIENT_FIELDS_INSERT,
            ] {
                let query = sqlx::query(statement).bind(project.as_str()).bind(&rows);
                query.execute(&mut *transaction).await.map_err(&failed)?;
            }
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(known)
    }
}

/// Rows in, clients and remarks out.
struct Intake<'a> {
    rules: &'a NumberRules,
    clients: Vec<NewClient>,
    /// Index in `clients`.
    by_id: BTreeMap<String, usize>,
    /// First client with a number.
    by_number: BTreeMap<String, usize>,
    report: ImportReport,
}

impl<'a> Intake<'a> {
    fn new(rules: &'a NumberRules) -> Self {
        Self {
            rules,
            clients: Vec::new(),
            by_id: BTreeMap::new(),
            by_number: BTreeMap::new(),
            report: ImportReport::default(),
        }
    }

    fn take(&mut self, sheet: &Sheet<'_>) -> Result<(), ImportError> {
        sheet.rows(|row| match row {
            Row::Cells { line, cells } => {
                self.report.rows += 1;
                match self.client(line, &cells, &sheet.columns) {
                    Ok(client) => self.add(client),
                    Err(why) => self.skip(line, why),
                }
            }
            Row::Bad { line, why } => {
                self.report.rows += 1;
                self.skip(line, why);
            }
        })
    }

    fn finish(mut self) -> (Vec<NewClient>, ImportReport) {
        self.report.problems.sort_by_key(|problem| problem.line);
        self.report.numbers = self
            .clients
            .iter()
            .map(|client| client.numbers.len() as u64)
            .sum();
        (self.clients, self.report)
    }

    /// The client of a row, or why it is none.
    fn client(
        &mut self,
        line: u64,
        cells: &[String],
        columns: &Columns,
    ) -> Result<NewClient, String> {
        let name = self.short(line, "имя", &cells[columns.name]);
        if name.is_empty() {
            return Err("нет имени".into());
        }
        let numbers = self.numbers(line, cells, columns);
        let Some(first) = numbers.first() else {
            return Err("нет ни одного годного номера телефона".into());
        };
        let class = columns
            .class
            .map_or(Ok(ClientClass::Regular), |column| class(&cells[column]))?;
        let id = columns
            .id
            .map(|column| self.short(line, "код", &cells[column]))
            .unwrap_or_default();
        let id = if id.is_empty() {
            format!("tel:{first}")
        } else {
            id
        };
        let mut fields = BTreeMap::new();
        for (column, title) in &columns.fields {
            let value = self.short(line, title, &cells[*column]);
            if !value.is_empty() {
                fields.insert(title.clone(), value);
            }
        }
        Ok(NewClient {
            id,
            name,
            class,
            fields,
            numbers,
            line,
        })
    }

    fn numbers(&mut self, line: u64, cells: &[String], columns: &Columns) -> Vec<String> {
        let mut numbers = Vec::new();
        let written = columns
            .phones
            .iter()
            .flat_map(|column| cells[*column].split([',', ';', '|', '\n']));
        for raw in written.map(str::trim).filter(|raw| !raw.is_empty()) {
            let parsed = parse(raw, self.rules);
            match parsed.e164 {
                Some(number) if parsed.kind != Kind::Short => {
                    let number = String::from(number);
                    if !numbers.contains(&number) {
                        numbers.push(number);
                    }
                }
                _ => self.remark(
                    line,
                    format!("«{}» — не номер телефона, пропущен", shown(raw)),
                ),
            }
        }
        if numbers.len() > NUMBERS_MAX {
            self.remark(
                line,
                format!("номеров больше {NUMBERS_MAX}, лишние пропущены"),
            );
            numbers.truncate(NUMBERS_MAX);
        }
        numbers
    }

    /// Adds a client, or what it brings to one of the same id.
    fn add(&mut self, client: NewClient) {
        let line = client.line;
        let Some(index) = self.by_id.get(&client.id).copied() else {
            self.by_id.insert(client.id.clone(), self.clients.len());
            self.clients.push(NewClient {
                numbers: Vec::new(),
                ..client.clone()
            });
            return self.add_numbers(line, self.clients.len() - 1, client.numbers);
        };
        let known = &mut self.clients[index];
        let (before, same) = (known.line, known.name == client.name);
        for (title, value) in client.fields {
            known.fields.entry(title).or_insert(value);
        }
        let kept = if same {
            ""
        } else {
            ", имя оставлено прежнее"
        };
        self.remark(
            line,
            format!("повтор: этот клиент уже был в строке {before}; строки объединены{kept}"),
        );
        self.add_numbers(line, index, client.numbers);
    }

    fn add_numbers(&mut self, line: u64, index: usize, numbers: Vec<String>) {
        for number in numbers {
            match self.by_number.get(&number) {
                Some(other) if *other != index => {
                    let before = self.clients[*other].line;
                    let text =
                        format!("номер есть и у клиента из строки {before}; оператор увидит обоих");
                    self.remark(line, text);
                }
                Some(_) => {}
                None => {
                    self.by_number.insert(number.clone(), index);
                }
            }
            let client = &mut self.clients[index];
            if client.numbers.len() < NUMBERS_MAX && !client.numbers.contains(&number) {
                client.numbers.push(number);
            }
        }
    }

    /// A text within the limit.
    fn short(&mut self, line: u64, what: &str, text: &str) -> String {
        if text.chars().count() <= TEXT_MAX {
            return text.to_owned();
        }
        self.remark(
            line,
            format!("«{what}» длиннее {TEXT_MAX} знаков, обрезано"),
        );
        text.chars().take(TEXT_MAX).collect()
    }

    fn skip(&mut self, line: u64, why: String) {
        self.report.skipped += 1;
        self.say(RowProblem {
            line,
            text: why,
            skipped: true,
        });
    }

    fn remark(&mut self, line: u64, text: String) {
        self.say(RowProblem {
            line,
            text,
            skipped: false,
        });
    }

    fn say(&mut self, problem: RowProblem) {
        if self.report.problems.len() < PROBLEMS_MAX {
            self.report.problems.push(problem);
        } else {
            self.report.omitted += 1;
        }
    }
}

/// The class by any of its words.
fn class(text: &str) -> Result<ClientClass, String> {
    match text.to_lowercase().as_str() {
        "" | "regular" | "обычный" => Ok(ClientClass::Regular),
        "vip" | "вип" => Ok(ClientClass::Vip),
        "lead" | "лид" => Ok(ClientClass::Lead),
        "engineer" | "инженер" => Ok(ClientClass::Engineer),
        "blocked" | "заблокирован" => Ok(ClientClass::Blocked),
        _ => Err(format!(
            "неизвестный класс «{}»; бывает: обычный, vip, лид, инженер, заблокирован",
            shown(text)
        )),
    }
}

/// Foreign text inside a message.
fn shown(text: &str) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.take(40).collect()
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rows,
            added,
            updated,
            numbers,
            skipped,
            ..
        } = self;
        writeln!(
            f,
            "Строк: {rows}. Клиентов добавлено: {added}, обновлено: {updated}. Номеров: {numbers}. Пропущено строк: {skipped}."
        )?;
        for RowProblem {
            line,
            text,
            skipped,
        } in &self.problems
        {
            let mark = if *skipped { "пропущена: " } else { "" };
            writeln!(f, "строка {line}: {mark}{text}")?;
        }
        if self.omitted > 0 {
            writeln!(f, "и ещё замечаний: {}", self.omitted)?;
        }
        Ok(())
    }
}
