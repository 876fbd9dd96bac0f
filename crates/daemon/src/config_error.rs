//! What is wrong with the configuration: where, what, and what to write instead.
use std::path::{Path, PathBuf};

/// Why a configuration was refused. Exit code 64; nothing was bound.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file cannot be read.
    #[error("{}: файл не читается: {error}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The text is not what it should be.
    #[error("{place}: {message}\n  | {line}\n  | {marker}")]
    Syntax {
        /// file:line:column.
        place: String,
        /// What, in the words of the parser.
        message: String,
        /// The line to blame.
        line: String,
        /// Points below it.
        marker: String,
    },
    /// An override of the environment does not fit.
    #[error("переменная окружения GUDOK__…: {error}")]
    Environment {
        /// Which and why.
        error: String,
    },
    /// A value that types cannot refuse.
    #[error("{}: {key}: {what}; {remedy}", path.display())]
    Value {
        /// Which file.
        path: PathBuf,
        /// Which key.
        key: String,
        /// What is wrong.
        what: String,
        /// What to write instead.
        remedy: String,
    },
}

impl ConfigError {
    /// From serde's error with its span.
    pub(crate) fn syntax(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let before = text.get(..at).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(start..).unwrap_or_default().chars().count() + 1;
        let number = before.matches('\n').count() + 1;
        let line = text
            .get(start..)
            .and_then(|rest| rest.lines().next())
            .unwrap_or_default();
        Self::Syntax {
            place: format!("{}:{number}:{column}", path.display()),
            message: error.message().to_owned(),
            line: line.to_owned(),
            marker: format!("{}^", " ".repeat(column - 1)),
        }
    }
}
