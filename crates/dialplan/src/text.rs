//! The admin's files and the list of what is wrong with them.
use std::ops::{Deref, Range};
use std::sync::Arc;

use gudok_model::Name;
use miette::NamedSource;

use crate::accept::UNCOVERED;
use crate::load::Source;
use crate::problem::{Advice, Mistakes, Problem, Severity};
use crate::suggest::nearest;

/// Most errors that are listed, and most warnings; the rest is only counted.
pub(crate) const PROBLEMS_MAX: usize = 100;

/// A stretch of one of the files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Spot {
    pub(crate) file: usize,
    pub(crate) span: Range<usize>,
}

/// Where something of a draft stands. No part of what it says: two drafts are equal when they say the same.
#[derive(Clone, Debug)]
pub(crate) struct Place(Spot);

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl From<Spot> for Place {
    fn from(at: Spot) -> Self {
        Self(at)
    }
}

impl Deref for Place {
    type Target = Spot;

    fn deref(&self) -> &Spot {
        &self.0
    }
}

/// A word of the admin's and where it stands. It is the same word wherever it stands.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) at: Spot,
}

impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        let (Self { text, at: _ }, Self { text: same, at: _ }) = (self, other);
        text == same
    }
}

/// A place at which something was laid out, and the calls of sub-flows through which it came there: the innermost first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Laid {
    pub(crate) at: Spot,
    pub(crate) calls: Vec<Spot>,
}

impl From<Spot> for Laid {
    fn from(at: Spot) -> Self {
        let calls = Vec::new();
        Self { at, calls }
    }
}

/// The files as they were read.
pub(crate) struct Texts {
    files: Vec<File>,
}

struct File {
    name: Name,
    text: Arc<str>,
    lines: Vec<usize>,
}

impl Texts {
    pub(crate) fn new(sources: &[Source]) -> Self {
        Self {
            files: sources.iter().map(File::new).collect(),
        }
    }

    pub(crate) fn text(&self, file: usize) -> &str {
        &self.files[file].text
    }

    pub(crate) fn name(&self, file: usize) -> &Name {
        &self.files[file].name
    }

    /// The names of all files.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Name> {
        self.files.iter().map(|file| &file.name)
    }

    /// The file of this name.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.files.iter().position(|file| *file.name == *name)
    }

    pub(crate) fn slice(&self, at: &Spot) -> &str {
        self.files[at.file].text.get(at.span.clone()).unwrap_or("")
    }

    /// `8800.toml:41:3`.
    pub(crate) fn place(&self, at: &Spot) -> Name {
        let file = &self.files[at.file];
        let (line, column) = file.position(at.span.start);
        format!("{}:{line}:{column}", file.name).into()
    }

    /// The same with the calls that lead there: `8800.toml:41:3 (вызов 8800.toml:12:3)`.
    pub(crate) fn place_of(&self, laid: &Laid) -> Name {
        let place = self.place(&laid.at);
        if laid.calls.is_empty() {
            return place;
        }
        let calls: Vec<Name> = laid.calls.iter().map(|call| self.place(call)).collect();
        format!("{place} (вызов {})", calls.join(" ← ")).into()
    }

    pub(crate) fn problem(&self, at: &Spot, said: Said) -> Problem {
        let file = &self.files[at.file];
        let (line, column) = file.position(at.span.start);
        let shown = at.span.start.min(file.text.len())..at.span.end.min(file.text.len());
        Problem {
            severity: said.severity,
            code: said.code,
            file: file.name.clone(),
            line,
            column,
            source_line: file.line(line).to_owned(),
            message: said.ru,
            message_en: said.en,
            allowed: said.allowed,
            meant: said.meant,
            remedy: said.remedy,
            called_from: Vec::new(),
            span: shown,
            text: NamedSource::new(&file.name, Arc::clone(&file.text)),
        }
    }
}

impl File {
    fn new(source: &Source) -> Self {
        let ends = source.text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            name: source.name.as_str().into(),
            text: source.text.as_str().into(),
            lines: std::iter::once(0).chain(ends).collect(),
        }
    }

    /// Line and column (in characters), from 1.
    fn position(&self, offset: usize) -> (u32, u32) {
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        let before = self.text.get(self.lines[line - 1]..offset).unwrap_or("");
        (count(line), count(before.chars().count() + 1))
    }

    fn line(&self, line: u32) -> &str {
        self.text
            .lines()
            .nth(line.saturating_sub(1) as usize)
            .unwrap_or("")
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// What is wrong, in words, before it has a place.
pub(crate) struct Said {
    severity: Severity,
    code: &'static str,
    ru: String,
    en: String,
    allowed: Vec<String>,
    meant: Option<String>,
    remedy: Option<Advice>,
}

/// Says what is wrong, in Russian and in English.
pub(crate) fn error(code: &'static str, ru: impl Into<String>, en: impl Into<String>) -> Said {
    let (ru, en) = (ru.into(), en.into());
    let severity = Severity::Error;
    Said {
        severity,
        code,
        ru,
        en,
        allowed: Vec::new(),
        meant: None,
        remedy: None,
    }
}

/// Says what someone should look at.
pub(crate) fn warning(code: &'static str, ru: impl Into<String>, en: impl Into<String>) -> Said {
    Said {
        severity: Severity::Warning,
        ..error(code, ru, en)
    }
}

impl Said {
    /// What to do instead.
    pub(crate) fn remedy(self, remedy: impl Into<Advice>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            ..self
        }
    }

    /// One more thing to know, after what there is.
    pub(crate) fn and_remedy(self, more: impl Into<Advice>) -> Self {
        let more = more.into();
        let remedy = match &self.remedy {
            Some(remedy) => remedy.and(&more),
            None => more,
        };
        self.remedy(remedy)
    }

    /// What may stand there, and which of it is spelled nearly like `word`. A long list is not printed.
    pub(crate) fn one_of<S: AsRef<str>>(self, word: &str, allowed: &[S]) -> Self {
        let meant = nearest(word, allowed.iter().map(AsRef::as_ref));
        let listed = if allowed.len() > ALLOWED_SHOWN_MAX {
            &[]
        } else {
            allowed
        };
        let allowed = listed.iter().map(|s| s.as_ref().to_owned()).collect();
        Self {
            allowed,
            meant,
            ..self
        }
    }
}

/// Longer lists help nobody.
const ALLOWED_SHOWN_MAX: usize = 40;

/// Everything that is wrong so far. Errors and warnings are bounded each by itself: no number of warnings hides an error.
pub(crate) struct Problems<'a> {
    texts: &'a Texts,
    /// The calls of sub-flows that are being laid out, the outermost first.
    calls: Vec<Spot>,
    errors: Listed,
    warnings: Listed,
    gaps: usize,
}

/// The first of them, and how many there are.
#[derive(Default)]
struct Listed {
    list: Vec<Problem>,
    count: usize,
}

impl Listed {
    fn has(&self, problem: &Problem) -> bool {
        let same = |known: &Problem| {
            let place = (&known.file, &known.span) == (&problem.file, &problem.span);
            place && (known.code, &known.message) == (problem.code, &problem.message)
        };
        self.list.iter().any(same)
    }

    fn push(&mut self, problem: Problem) {
        self.count += 1;
        if self.list.len() < PROBLEMS_MAX {
            self.list.push(problem);
        }
    }

    /// In the order of the text. When the list is full, its last entry says how many were left out.
    fn sorted(mut self, what: (&str, &str)) -> Vec<Problem> {
        self.list.sort_by_key(|p| (p.file.clone(), p.span.start));
        let more = self.count - self.list.len();
        if let (true, Some(last)) = (more > 0, self.list.last_mut()) {
            let (what, what_en) = what;
            let note = Advice::from((
                format!("и ещё {what}: {more}; сначала исправьте показанные"),
                format!("{more} more {what_en}; mend those shown first"),
            ));
            let remedy = last.remedy.take().map(|it| it.and(&note));
            last.remedy = Some(remedy.unwrap_or(note));
        }
        self.list
    }
}

impl<'a> Problems<'a> {
    pub(crate) fn new(texts: &'a Texts) -> Self {
        Self {
            texts,
            calls: Vec::new(),
            errors: Listed::default(),
            warnings: Listed::default(),
            gaps: 0,
        }
    }

    pub(crate) fn texts(&self) -> &'a Texts {
        self.texts
    }

    pub(crate) fn say(&mut self, at: &Spot, said: Said) {
        let laid = self.laid(at);
        self.say_laid(&laid, said);
    }

    /// What is said until [`Problems::leave`] is said of a sub-flow that this step calls.
    pub(crate) fn enter(&mut self, call: Spot) {
        self.calls.push(call);
    }

    pub(crate) fn leave(&mut self) {
        self.calls.pop();
    }

    /// A place with the calls that lead there now.
    pub(crate) fn laid(&self, at: &Spot) -> Laid {
        Laid {
            at: at.clone(),
            calls: self.calls.iter().rev().cloned().collect(),
        }
    }

    /// Says what is wrong at a place and through which calls one gets there. What is wrong with a sub-flow by itself is
    /// said once, not of each call again.
    pub(crate) fn say_laid(&mut self, laid: &Laid, said: Said) {
        let mut problem = self.texts.problem(&laid.at, said);
        let calls = laid.calls.iter().map(|call| self.texts.place(call));
        problem.called_from = calls.collect();
        let is_error = problem.severity == Severity::Error;
        let listed = match is_error {
            true => &mut self.errors,
            false => &mut self.warnings,
        };
        if !laid.calls.is_empty() && listed.has(&problem) {
            return;
        }
        self.gaps += usize::from(is_error && problem.code == UNCOVERED);
        listed.push(problem);
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.errors.count > 0
    }

    /// In the order of the text.
    pub(crate) fn into_list(self) -> Vec<Problem> {
        let mut list = self.errors.sorted(("ошибок", "errors"));
        list.extend(self.warnings.sorted(("замечаний", "warnings")));
        list.sort_by_key(|p| (p.file.clone(), p.span.start, p.severity));
        list
    }

    /// The same with how much there is of it.
    pub(crate) fn refused(self) -> Mistakes {
        let (errors, gaps) = (self.errors.count, self.gaps);
        let list = self.into_list();
        Mistakes { list, errors, gaps }
    }
}
