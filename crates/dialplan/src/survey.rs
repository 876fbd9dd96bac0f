//! What a caller is asked when the operator has hung up: how the talk was, from one to five, and whether the matter is settled.
//!
//! It is a machine of its own and no step of a flow: a flow leads to people, this comes after them. It cannot send a caller
//! anywhere, and nothing of the proofs is asked of it. Live calls and the tests beside a plan go through it alike; keys are taken
//! as those of a menu are ([`pressing`](crate::pressing)).
use std::sync::Arc;
use std::time::Duration;

use gudok_model::{Name, Reason, Wall};

use crate::decision::{Keys, StepEnd};

/// The worst and the best mark; the keys are those digits.
pub const MARKS: (u8, u8) = (1, 5);

/// Said to who gave no mark.
pub(crate) const UNANSWERED: &str = "goodbye";

/// `[survey.NAME]` of a plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Survey {
    /// The name in the plan.
    pub name: Name,
    /// Where it is written: `8800.toml:41:1`.
    pub place: Name,
    /// How a mark is asked for: names in the pack.
    pub prompts: Vec<Name>,
    /// How it is asked whether the matter is settled; empty: it is not asked.
    pub ask_solved: Vec<Name>,
    /// Said after the answers.
    pub thanks: Vec<Name>,
    /// Said before a question is put again to who pressed another key.
    pub on_invalid: Vec<Name>,
    /// The same, to who pressed none.
    pub on_timeout: Vec<Name>,
    /// How keys are taken.
    pub keys: Keys,
    /// How often a question is put, the first time included.
    pub tries: u8,
    /// A mark up to this is low: somebody should look.
    pub low: u8,
    /// How many of a hundred callers are asked.
    pub share: u8,
    /// A caller is asked once within it at most. Zero: after every talk.
    pub again: Duration,
    /// Nobody is asked after a shorter talk.
    pub talk_min: Duration,
    /// Whether the operator's desk is told the answers.
    pub tell_operator: bool,
}

/// What is known of a talk that the operator has ended.
#[derive(Clone, Copy, Debug)]
pub struct Talked {
    /// How long it was.
    pub length: Duration,
    /// When it ended.
    pub ended: Wall,
    /// When this caller was asked last.
    pub asked: Option<Wall>,
    /// By chance, 0 to 99; the same for the same call.
    pub draw: u8,
}

/// What the caller has answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// How the talk was, within [`MARKS`].
    Mark(u8),
    /// Whether the matter is settled.
    Solved(bool),
}

/// What comes next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// Say these and take one key.
    Ask {
        /// Names in the pack.
        prompts: Vec<Name>,
        /// How it is taken.
        keys: Keys,
    },
    /// Say these and hang up.
    Over {
        /// Names in the pack.
        prompts: Vec<Name>,
    },
}

/// How the caller took a question, and what comes of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heard {
    /// None: nothing, or a key that means nothing.
    pub answer: Option<Answer>,
    /// In words, with the place of the survey. Russian.
    pub reason: Reason,
    /// What comes next.
    pub next: Next,
}

/// A survey that is under way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Surveying {
    survey: Arc<Survey>,
    question: Question,
    /// How often it was put in vain.
    tried: u8,
    is_answered: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Question {
    Mark,
    Solved,
}

impl Survey {
    /// Why nobody is asked after this talk; None: the caller is.
    pub fn spares(&self, talked: &Talked) -> Option<Reason> {
        let since = talked.asked.map(|asked| talked.ended.0 - asked.0);
        let again = i64::try_from(self.again.as_micros()).unwrap_or(i64::MAX);
        let text = if talked.length < self.talk_min {
            let (length, least) = (talked.length.as_secs(), self.talk_min.as_secs());
            format!("не спрашиваем: разговор {length} с, а нужен от {least} с")
        } else if since.is_some_and(|since| since < again) {
            "не спрашиваем: этого звонящего уже спрашивали недавно".to_owned()
        } else if talked.draw >= self.share {
            format!("не спрашиваем: спрашиваем {} из 100", self.share)
        } else {
            return None;
        };
        Some(self.because("survey_spared", text))
    }

    /// Every prompt it may say.
    pub(crate) fn said(&self) -> impl Iterator<Item = Name> {
        let lists = [&self.prompts, &self.ask_solved, &self.thanks];
        let again = [&self.on_invalid, &self.on_timeout];
        let said = lists.into_iter().chain(again).flatten().cloned();
        said.chain([UNANSWERED.into()])
    }

    fn because(&self, code: &str, text: String) -> Reason {
        Reason {
            code: code.into(),
            place: Some(self.place.clone()),
            text,
        }
    }
}

impl Surveying {
    /// The operator has hung up: the first question, and why it is put.
    pub fn begin(survey: Arc<Survey>) -> (Self, Reason, Next) {
        let text = format!("оператор положил трубку: опрос «{}»", survey.name);
        let reason = survey.because("survey", text);
        let begun = Self {
            survey,
            question: Question::Mark,
            tried: 0,
            is_answered: false,
        };
        let next = begun.ask(&[]);
        (begun, reason, next)
    }

    /// Which it is.
    pub fn survey(&self) -> &Survey {
        &self.survey
    }

    /// Goes on with how the question ended.
    pub fn heard(&mut self, end: StepEnd) -> Heard {
        let key = match end {
            StepEnd::Typed(typed) => typed.as_str().chars().next(),
            _ => None,
        };
        let answer = key.and_then(|key| self.meaning(key));
        let text = match (answer, key) {
            (Some(Answer::Mark(mark)), _) => format!("оценка {mark}"),
            (Some(Answer::Solved(true)), _) => "вопрос решён".to_owned(),
            (Some(Answer::Solved(false)), _) => "вопрос не решён".to_owned(),
            (None, Some(key)) => format!("нажато {key}: это не ответ"),
            (None, None) => "ничего не нажато".to_owned(),
        };
        let next = match answer {
            Some(answer) => self.answered(answer),
            None => self.again(key.is_some()),
        };
        Heard {
            answer,
            reason: self.survey.because("survey_answer", text),
            next,
        }
    }

    fn meaning(&self, key: char) -> Option<Answer> {
        let (worst, best) = MARKS;
        match (self.question, key.to_digit(10)) {
            (Question::Mark, Some(digit)) => {
                let mark = u8::try_from(digit).ok()?;
                (worst..=best).contains(&mark).then_some(Answer::Mark(mark))
            }
            (Question::Solved, Some(1)) => Some(Answer::Solved(true)),
            (Question::Solved, Some(2)) => Some(Answer::Solved(false)),
            (_, _) => None,
        }
    }

    fn answered(&mut self, answer: Answer) -> Next {
        self.is_answered = true;
        self.tried = 0;
        let asks_on = matches!(answer, Answer::Mark(_)) && !self.survey.ask_solved.is_empty();
        if asks_on {
            self.question = Question::Solved;
            return self.ask(&[]);
        }
        self.over()
    }

    fn again(&mut self, pressed: bool) -> Next {
        self.tried = self.tried.saturating_add(1);
        if self.tried >= self.survey.tries {
            return self.over();
        }
        let before = match pressed {
            true => &self.survey.on_invalid,
            false => &self.survey.on_timeout,
        };
        self.ask(before)
    }

    fn ask(&self, before: &[Name]) -> Next {
        let question = match self.question {
            Question::Mark => &self.survey.prompts,
            Question::Solved => &self.survey.ask_solved,
        };
        Next::Ask {
            prompts: before.iter().chain(question).cloned().collect(),
            keys: self.survey.keys,
        }
    }

    /// Who gave no mark is not thanked for one.
    fn over(&self) -> Next {
        let prompts = match self.is_answered {
            true => self.survey.thanks.clone(),
            false => vec![UNANSWERED.into()],
        };
        Next::Over { prompts }
    }
}
