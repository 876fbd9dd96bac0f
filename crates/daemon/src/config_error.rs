//! What is wrong with the configuration: where, what, and what to write instead. Russian, whoever found it.
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
        /// What, and what to write.
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
    #[error("{place}: {key}: {what}; {remedy}")]
    Value {
        /// file:line:column, or a variable of the environment.
        place: String,
        /// Which key.
        key: String,
        /// What is wrong.
        what: &'static str,
        /// What to write instead.
        remedy: &'static str,
    },
}

impl ConfigError {
    /// From serde's error with its span.
    pub(crate) fn syntax(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start);
        let Spot {
            place,
            line,
            column,
        } = spot(path, text, at);
        Self::Syntax {
            place,
            message: in_russian(error.message()),
            line,
            marker: format!("{}^", " ".repeat(column - 1)),
        }
    }

    /// From what the environment's values were refused with.
    pub(crate) fn environment(error: &str) -> Self {
        let error = in_russian(error);
        Self::Environment { error }
    }
}

/// A place in a text, for people.
pub(crate) struct Spot {
    /// file:line:column.
    pub place: String,
    /// The line.
    pub line: String,
    /// From 1. Characters.
    pub column: usize,
}

/// Where byte `at` of the file is.
pub(crate) fn spot(path: &Path, text: &str, at: usize) -> Spot {
    let before = text.get(..at).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    let number = before.matches('\n').count() + 1;
    let line = text.get(start..).and_then(|rest| rest.lines().next());
    Spot {
        place: format!("{}:{number}:{column}", path.display()),
        line: line.unwrap_or_default().to_owned(),
        column,
    }
}

/// What serde and toml say, for an admin. What is not known here is passed on as it is.
fn in_russian(message: &str) -> String {
    let message = message.trim();
    let quoted = |text: &str| text.split('`').nth(1).unwrap_or_default().to_owned();
    let choices = |text: &str| {
        let words: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
        words.join(", ")
    };
    if let Some((what, known)) = message.split_once(", expected") {
        let word = quoted(what);
        if what.starts_with("unknown field") {
            return format!(
                "неизвестный ключ «{word}»; здесь бывают: {}",
                choices(known)
            );
        }
        if what.starts_with("unknown variant") {
            return format!("неизвестное значение «{word}»; бывают: {}", choices(known));
        }
        if what.starts_with("invalid type") || what.starts_with("invalid value") {
            return format!(
                "здесь не то значение; нужно {}",
                wanted(known.trim_start_matches(" one of").trim())
            );
        }
    }
    if message.starts_with("missing field") {
        return format!(
            "нет ключа «{}»; добавьте его в этот раздел",
            quoted(message)
        );
    }
    match message {
        "invalid socket address syntax" => "не адрес с портом; пишите 203.0.113.10:5060".to_owned(),
        "invalid IP address syntax" => "не IP-адрес; пишите 203.0.113.10".to_owned(),
        "duplicate key" => "ключ повторяется; оставьте один".to_owned(),
        ours if ours.contains('«') => ours.to_owned(),
        other => format!("так в TOML не пишут ({other}); сверьтесь с gudok.example.toml"),
    }
}

/// The type that serde names.
fn wanted(kind: &str) -> String {
    match kind {
        "a string" | "string" => "значение в кавычках",
        "a boolean" => "true или false",
        "a sequence" => "список в квадратных скобках",
        "a map" => "раздел с ключами",
        "usize" | "u8" | "u16" | "u32" | "u64" => "целое число не меньше нуля",
        other => return format!("другое ({other})"),
    }
    .to_owned()
}
