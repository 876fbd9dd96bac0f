//! The numbers that we may show, and what is registered for each with the carrier (41-ФЗ; 126-ФЗ, ст. 45, п. 9.1).
//!
//! The carrier shows the label, not we: here is kept what the contract with it says, so that nobody is called from a
//! number whose contract is over or that is in no contract.
use std::fmt;

use gudok_calendar::Date;
use gudok_model::{Name, PhoneNumber};

use crate::purpose::Purpose;

/// Longest label. Characters (126-ФЗ, ст. 45, п. 9.1 and the order of the government on it).
pub const LABEL_MAX: usize = 32;

/// Most numbers of one register.
pub const CLIS_MAX: usize = 1_000;

/// One number that we may show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cli {
    /// The number.
    pub number: PhoneNumber,
    /// Whose it is, as in the contract.
    pub owner: Option<String>,
    /// What the phone of whoever is called shows. Keeps to [`label_fault`].
    pub label: Option<String>,
    /// Category of the calls, as in the contract: `Услуги связи`.
    pub category: Option<String>,
    /// The contract with the carrier that lists the number.
    pub contract: Option<String>,
    /// The last day on which the contract counts; None: it has no end.
    pub valid_to: Option<Date>,
    /// What it may be shown for. Empty: anything.
    pub purposes: Vec<Purpose>,
    /// Where it is written.
    pub place: Name,
}

/// Why a text is no label.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LabelFault {
    /// Nothing is shown.
    Empty,
    /// So many characters, more than [`LABEL_MAX`].
    TooLong(usize),
    /// A character that is neither of the Cyrillic or Latin letters nor a digit nor a space.
    Character(char),
}

impl fmt::Display for LabelFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("текст пуст"),
            Self::TooLong(count) => write!(f, "знаков {count}, а можно не больше {LABEL_MAX}"),
            Self::Character(it) => write!(
                f,
                "знак «{it}»: можно буквы кириллицы и латиницы, цифры и пробел"
            ),
        }
    }
}

/// What is wrong with a label. None: nothing.
pub fn label_fault(label: &str) -> Option<LabelFault> {
    let count = label.chars().count();
    if label.trim().is_empty() {
        return Some(LabelFault::Empty);
    }
    if count > LABEL_MAX {
        return Some(LabelFault::TooLong(count));
    }
    let fits =
        |it: char| it == ' ' || it.is_ascii_alphanumeric() || matches!(it, 'А'..='я' | 'Ё' | 'ё');
    let odd = label.chars().find(|it| !fits(*it));
    odd.map(LabelFault::Character)
}

impl Cli {
    /// Whether the contract counts on this day.
    pub fn is_valid(&self, today: Date) -> bool {
        self.valid_to.is_none_or(|last| today <= last)
    }

    /// Whether it may be shown for this.
    pub fn serves(&self, purpose: Purpose) -> bool {
        self.purposes.is_empty() || self.purposes.contains(&purpose)
    }

    /// What the law wants of a number that calls mobile ones and is not written of it. Russian, in the order of the file.
    pub fn lacks(&self) -> Vec<&'static str> {
        let parts = [
            ("owner", self.owner.is_some()),
            ("label", self.label.is_some()),
            ("category", self.category.is_some()),
            ("contract", self.contract.is_some()),
        ];
        let lacking = parts.into_iter().filter(|(_, is_there)| !is_there);
        lacking.map(|(key, _)| key).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_32_letters_digits_and_spaces() {
        for label in ["Ромашка поддержка", "Ёлка 24 Service", &"Я".repeat(32)]
        {
            assert_eq!(label_fault(label), None, "{label}");
        }
        assert_eq!(label_fault(" "), Some(LabelFault::Empty));
        assert_eq!(label_fault(&"Я".repeat(33)), Some(LabelFault::TooLong(33)));
        for (label, odd) in [("ООО «Ромашка»", '«'), ("a\nb", '\n'), ("Їжак", 'Ї')]
        {
            assert_eq!(label_fault(label), Some(LabelFault::Character(odd)));
        }
    }
}
