//! The languages there are.
use serde::{Deserialize, Serialize};

use crate::phrase::{PAUSE, Phrase, Piece};
use crate::{en, ru};

/// A language that callers hear.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locale {
    /// Russian.
    #[default]
    Ru,
    /// English.
    En,
}

impl Locale {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Ru, Self::En];

    /// As in a plan, a manifest and a folder of prompts: `ru`.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Ru => "ru",
            Self::En => "en",
        }
    }

    /// The language of a slug.
    pub fn of(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|locale| locale.slug() == slug)
    }

    /// Every piece a phrase of this language may be made of: the name of the prompt, and what it says. No name comes twice.
    pub fn pieces(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let tables: &[&[Piece]] = match self {
            Self::Ru => &ru::TABLES,
            Self::En => &en::TABLES,
        };
        tables.iter().flat_map(|table| table.iter().copied())
    }
}

/// Whether a prompt of this name is a piece of phrases in some language.
pub fn is_piece(name: &str) -> bool {
    name == PAUSE.0
        || Locale::ALL
            .iter()
            .any(|locale| piece(*locale, name).is_some())
}

/// What the pieces of one phrase say: `Номер вашей заявки один два три, четыре пять`.
pub fn text_of<'a>(locale: Locale, pieces: impl IntoIterator<Item = &'a str>) -> String {
    let mut said = Phrase::new();
    for name in pieces {
        match name == PAUSE.0 {
            true => said.push(PAUSE),
            false => piece(locale, name).into_iter().for_each(|it| said.push(it)),
        }
    }
    said.text
}

fn piece(locale: Locale, name: &str) -> Option<Piece> {
    locale.pieces().find(|(known, _)| *known == name)
}
