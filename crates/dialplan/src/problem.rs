//! What is wrong with the admin's text, where, and what to write instead.
use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

use gudok_model::Name;
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode,
};

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// The plan cannot be used.
    Error,
    /// The plan can be used; someone should look.
    Warning,
}

/// Why there is no plan. As a list it is what is shown; the counts are of all there is.
#[derive(Clone, Debug)]
pub struct Mistakes {
    /// The first errors and warnings, in the order of the text. Never empty.
    pub list: Vec<Problem>,
    /// Errors there are, listed or not. At least 1.
    pub errors: usize,
    /// Errors of them that are hours without an answer ([`UNCOVERED`](crate::accept::UNCOVERED)).
    pub gaps: usize,
}

impl Mistakes {
    /// Whether everything but hours without an answer is right.
    pub fn is_only_gaps(&self) -> bool {
        self.gaps == self.errors
    }
}

impl Deref for Mistakes {
    type Target = [Problem];

    fn deref(&self) -> &[Problem] {
        &self.list
    }
}

impl IntoIterator for Mistakes {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl<'a> IntoIterator for &'a Mistakes {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

/// One thing that is wrong at one place of one file.
#[derive(Clone)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// Stable and short: `unknown_key`, `silent_end` …
    pub code: &'static str,
    /// The file, as the source was named.
    pub file: Name,
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
    /// The line of the source.
    pub source_line: String,
    /// What is wrong. Russian.
    pub message: String,
    /// What is wrong. English.
    pub message_en: String,
    /// What may stand here, in the order of the documentation; empty where that is not a list.
    pub allowed: Vec<String>,
    /// What was probably meant, where something allowed is spelled nearly so.
    pub meant: Option<String>,
    /// What to write or do instead.
    pub remedy: Option<Advice>,
    /// The calls through which a step of a sub-flow is come to, the innermost first: `8800.toml:41:3`. Empty elsewhere.
    pub called_from: Vec<Name>,
    /// Bytes of the source that are underlined.
    pub(crate) span: Range<usize>,
    /// The whole source, for the picture.
    pub(crate) text: NamedSource<Arc<str>>,
}

impl Problem {
    /// `8800.toml:41:3`.
    pub fn place(&self) -> Name {
        format!("{}:{}:{}", self.file, self.line, self.column).into()
    }

    /// The problem as people read it: the message, the line underlined, what is allowed. No colour.
    pub fn render(&self) -> String {
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
            .with_links(false)
            .with_context_lines(1)
            .with_width(RENDER_WIDTH)
            .with_footer(self.footer());
        let mut out = String::new();
        match handler.render_report(&mut out, self) {
            Ok(()) => out
                .lines()
                .flat_map(|line| [line.trim_end(), "\n"])
                .collect(),
            Err(fmt::Error) => self.to_string(),
        }
    }

    /// The same for a place that is not in a text: the message and what to do, in Russian.
    pub fn in_words(&self) -> String {
        let mut lines = vec![self.message.clone()];
        lines.extend(self.what_to_do());
        lines.join("\n  ")
    }

    fn footer(&self) -> String {
        let mut lines = self.what_to_do();
        if !self.called_from.is_empty() {
            let from = self.called_from.join(" ← ");
            lines.push(format!("вызвано отсюда (called from): {from}"));
        }
        lines.push(format!("[en] {}", self.message_en));
        lines.extend(self.remedy.iter().map(|it| it.en.clone()));
        lines.join("\n")
    }

    fn what_to_do(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(meant) = &self.meant {
            lines.push(format!("возможно, вы имели в виду (did you mean): {meant}"));
        }
        if !self.allowed.is_empty() {
            lines.push(format!("допустимо (allowed): {}", self.allowed.join(", ")));
        }
        lines.extend(self.remedy.iter().map(|it| it.ru.clone()));
        lines
    }
}

/// What to write or do instead, in both languages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Advice {
    /// Russian.
    pub ru: String,
    /// English. Says what the Russian says.
    pub en: String,
}

impl Advice {
    /// This, and `more` on a line below it.
    pub(crate) fn and(&self, more: &Self) -> Self {
        Self {
            ru: format!("{}\n{}", self.ru, more.ru),
            en: format!("{}\n{}", self.en, more.en),
        }
    }
}

impl<R: Into<String>, E: Into<String>> From<(R, E)> for Advice {
    fn from((ru, en): (R, E)) -> Self {
        let (ru, en) = (ru.into(), en.into());
        Self { ru, en }
    }
}

/// Columns of the rendered text.
const RENDER_WIDTH: usize = 100;

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} {} {}: {}",
            self.severity,
            self.place(),
            self.code,
            self.message
        )
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.text)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new_with_span(None, self.span.clone());
        Some(Box::new(std::iter::once(label)))
    }
}
