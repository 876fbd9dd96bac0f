//! What each key of a caller does to the answer that is being given: one machine for live calls and for the tests beside
//! a plan.
use std::collections::VecDeque;
use std::time::Duration;

use crate::decision::{Keys, StepEnd};
use crate::typed::Typed;

/// How often an answer may be begun anew; once more is a try that failed, lest a key that is stuck is waited for until
/// the call is too long.
pub const ERASES_MAX: u8 = 3;

/// A question that is put, and what was pressed by now.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Pressing {
    keys: Keys,
    /// Whether digits are asked for; else one key of a menu.
    is_answer: bool,
    typed: Typed,
    /// How often it was begun anew.
    erased: u8,
}

/// What has come of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pressed {
    /// Nothing: it means nothing here.
    Nothing,
    /// The next one is awaited.
    More,
    /// That was enough, for their number.
    Enough,
    /// That was enough, by this key, which is none of the answer.
    Ended(char),
}

/// What a key does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Meaning {
    Counts,
    Ends,
    /// Forgets what was typed.
    Erases,
    Nothing,
}

impl Pressing {
    /// Nothing is pressed yet. `is_answer`: digits are asked for, else one key of a menu.
    pub fn new(keys: Keys, is_answer: bool) -> Self {
        Self {
            keys,
            is_answer,
            typed: Typed::default(),
            erased: 0,
        }
    }

    /// How keys are taken.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Whether digits are asked for; else it is one key of a menu.
    pub fn is_answer(&self) -> bool {
        self.is_answer
    }

    /// What was pressed and counts.
    pub fn typed(&self) -> Typed {
        self.typed
    }

    /// Until when the next key is awaited, from the last one or from the end of the prompts.
    pub fn patience(&self) -> Duration {
        match self.typed.is_empty() {
            true => self.keys.first,
            false => self.keys.between,
        }
    }

    /// Whether a key is one of the answer.
    pub fn counts(&self, key: char) -> bool {
        self.meaning(key) == Meaning::Counts
    }

    /// Leaves of what was pressed before the question what answers it: nothing that a star took back, and no end before a
    /// beginning. Who pressed a key that the menu does not have was not answering it: no try is used up, as it may be the
    /// only one.
    pub fn settle(&self, ahead: &mut VecDeque<char>) {
        if !self.is_answer && ahead.front().is_some_and(|key| !self.keys.has.has(*key)) {
            return ahead.clear();
        }
        let mut count = 0;
        while count < usize::from(self.keys.most)
            && let Some(key) = ahead.get(count)
        {
            match self.meaning(*key) {
                Meaning::Counts => count += 1,
                Meaning::Ends if count > 0 => return,
                Meaning::Ends | Meaning::Erases => {
                    ahead.drain(..=count);
                    count = 0;
                }
                Meaning::Nothing => {
                    ahead.remove(count);
                }
            }
        }
    }

    /// Takes a key.
    pub fn press(&mut self, key: char) -> Pressed {
        let enough = match self.meaning(key) {
            Meaning::Nothing => return Pressed::Nothing,
            Meaning::Ends => return Pressed::Ended(key),
            Meaning::Counts => {
                let taken = self.typed.push(key);
                !taken || self.typed.len() >= self.keys.most
            }
            Meaning::Erases => {
                self.typed.clear();
                self.erased += 1;
                if self.erased > ERASES_MAX {
                    return Pressed::Ended(key);
                }
                false
            }
        };
        match enough {
            true => Pressed::Enough,
            false => Pressed::More,
        }
    }

    /// How the question ends with this; `ended`: by a key that is none of the answer. With no key at all the caller was
    /// silent.
    pub fn end(&self, ended: Option<char>) -> StepEnd {
        match self.typed.is_empty() && ended.is_none() {
            true => StepEnd::Silent,
            false => StepEnd::Typed(self.typed),
        }
    }

    /// In an answer the star begins anew, unless it ends it.
    fn meaning(&self, key: char) -> Meaning {
        match (key, self.is_answer) {
            _ if Some(key) == self.keys.end => Meaning::Ends,
            ('0'..='9', _) | ('*' | '#', false) => Meaning::Counts,
            ('*', true) => Meaning::Erases,
            _ => Meaning::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::typed::KeySet;

    fn pressing(most: u8, is_answer: bool) -> Pressing {
        let keys = Keys {
            most,
            end: is_answer.then_some('#'),
            first: Duration::from_secs(7),
            between: Duration::from_secs(4),
            barge_in: true,
            type_ahead: false,
            has: KeySet::default(),
        };
        Pressing::new(keys, is_answer)
    }

    fn all(most: u8, is_answer: bool, keys: &str) -> (Option<Pressed>, String) {
        let mut pressing = pressing(most, is_answer);
        let last = keys.chars().map(|key| pressing.press(key)).last();
        (last, pressing.typed().as_str().to_owned())
    }

    #[test]
    fn a_star_begins_anew_and_the_fourth_one_is_a_try_that_failed() {
        let typed = |keys| all(6, true, keys);
        assert_eq!(typed("12*45"), (Some(Pressed::More), "45".into()));
        assert_eq!(typed("***"), (Some(Pressed::More), "".into()));
        assert_eq!(typed("****"), (Some(Pressed::Ended('*')), "".into()));
        assert_eq!(typed("#"), (Some(Pressed::Ended('#')), "".into()));
        assert_eq!(typed("123456"), (Some(Pressed::Enough), "123456".into()));
        // In a menu they are keys as any other.
        assert_eq!(all(1, false, "*"), (Some(Pressed::Enough), "*".into()));
    }

    #[test]
    fn who_presses_the_end_alone_was_not_silent() {
        let pressing = pressing(6, true);
        assert_eq!(pressing.end(None), StepEnd::Silent);
        assert_eq!(pressing.end(Some('#')), StepEnd::Typed(Typed::default()));
        assert_eq!(pressing.patience(), Duration::from_secs(7));
    }
}
